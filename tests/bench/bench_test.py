"""The bench's own arithmetic: a wrong figure would be believed."""

import tempfile
import unittest
from pathlib import Path

import arrivals
import measure
import report


def scrape(*buckets):
    name = measure.HISTOGRAM
    return {f'{name}_bucket{{le="{bound}"}}': float(count) for bound, count in buckets}


class Quantiles(unittest.TestCase):
    def test_interpolates_within_the_bucket(self):
        after = scrape(("0.001", 50), ("0.002", 100), ("+Inf", 100))
        self.assertAlmostEqual(measure.quantile_ms({}, after, 0.50), 1.0)
        self.assertAlmostEqual(measure.quantile_ms({}, after, 0.75), 1.5)

    def test_counts_only_what_came_between_the_scrapes(self):
        before = scrape(("0.001", 1000), ("0.002", 1000), ("+Inf", 1000))
        after = scrape(("0.001", 1000), ("0.002", 1010), ("+Inf", 1010))
        self.assertAlmostEqual(measure.quantile_ms(before, after, 0.50), 1.5)

    def test_beyond_the_last_bound_is_at_least_that_bound(self):
        after = scrape(("0.001", 1), ("+Inf", 100))
        self.assertAlmostEqual(measure.quantile_ms({}, after, 0.99), 1.0)

    def test_nothing_delivered_is_an_error(self):
        with self.assertRaises(measure.BenchError):
            measure.quantile_ms({}, scrape(("+Inf", 0)), 0.5)


class Waiting(unittest.TestCase):
    def test_fails_when_the_goal_is_never_reached(self):
        with self.assertRaises(measure.BenchError):
            measure.wait_until(lambda: 5, 10, 0.2)

    def test_the_end_lies_between_the_last_two_looks(self):
        counts = iter([0, 60, 100, 100])
        looks = []

        def count():
            looks.append(measure.time.monotonic())
            return next(counts)

        end = measure.wait_until(count, 100, 10)
        self.assertGreaterEqual(end, looks[1])
        self.assertLessEqual(end, looks[2] + 0.05)


class Arrivals(unittest.TestCase):
    def test_a_burst_counts_whole_and_what_the_rate_allows_does_not(self):
        even = [i / 10 for i in range(100)]
        self.assertAlmostEqual(arrivals.over_rate(even, 10), 1)
        self.assertAlmostEqual(arrivals.over_rate([*even, *[20.0] * 7], 10), 7)
        self.assertGreater(arrivals.over_rate(even, 5), 40)

    def test_wants_everything_once(self):
        arrivals.check([("a", 1), ("b", 0)], 2, ordered=False)
        for bad in ([("a", 0)], [("a", 0), ("a", 0), ("a", 1)]):
            with self.assertRaises(measure.BenchError):
                arrivals.check(bad, 2, ordered=False)

    def test_wants_the_order_of_each_key(self):
        arrivals.check([("b", 2), ("a", 0), ("a", 1)], 3, ordered=True)
        with self.assertRaises(measure.BenchError):
            arrivals.check([("a", 1), ("b", 2), ("a", 0)], 3, ordered=True)


class Report(unittest.TestCase):
    def test_targets(self):
        self.assertTrue(report.reached((">=", 0.5), 0.5))
        self.assertFalse(report.reached((">=", 0.5), 0.49))
        self.assertTrue(report.reached(("<=", 35), 35))
        self.assertFalse(report.reached(("<", 0.2), 0.2))

    def test_records_between_the_markers_and_nowhere_else(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.md"
            page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
            facts = {"machine": "m", "date": "d", "commit": "c", "quick": False}
            report.record(page, {"fanout1_ratio": 0.75}, facts)
            text = page.read_text()
        self.assertTrue(text.startswith("before\n") and text.endswith("after\n"))
        self.assertNotIn("\nold\n", text)
        self.assertIn("| `fanout1_ratio` | 0.75 | >= 0.5 | yes |", text)
        self.assertIn("| `unary_ratio` | - | >= 0.7 |  |", text)


if __name__ == "__main__":
    unittest.main()
