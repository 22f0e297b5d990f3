"""Many random filters of every list against a plain evaluation."""

import unittest

from filter_cases import Filters

RANDOM_FILTERS = 100  # of each list


class RandomFilters(Filters):
    def test_random_ones(self):
        for method, request, fields, message in self.filled():
            rows = self.messages(method, request, message)
            for _ in range(RANDOM_FILTERS):
                text, holds = self.expression(fields, rows, 3)
                if len(text.encode()) <= 2048:
                    self.check(method, request, message, text, holds)

    def expression(self, fields, rows, depth):
        """A random one: (text, evaluation)."""
        choice = self.random.random()
        if depth == 0 or choice < 0.3:
            return self.random.choice(list(self.restrictions(self.random.choice(fields), rows)))
        if choice < 0.45:
            text, holds = self.expression(fields, rows, depth - 1)
            return f"{self.random.choice(('NOT ', '-'))}({text})", lambda row: not holds(row)
        parts = [self.expression(fields, rows, depth - 1) for _ in range(self.random.randint(2, 3))]
        word, combine = self.random.choice((("AND", all), ("OR", any)))
        text = f" {word} ".join(f"({part})" for part, _ in parts)
        return text, lambda row: combine(holds(row) for _, holds in parts)


if __name__ == "__main__":
    unittest.main()
