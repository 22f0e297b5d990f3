"""Orders of lists: each field both ways; what is none."""

import unittest

from filter_cases import Field, Filters, compared
from harness import eventually


class Orders(Filters):
    def test_each_order_both_ways(self):
        for method, request, _, message in self.filled():
            for order in self.orders(method):
                ways = ("",) if " desc" in order else ("", " desc")
                for way in ways:
                    with self.subTest(method.name, order=order + way):
                        self.in_order(method, request, message, order + way)

    def in_order(self, method, request, message, order):
        path, _, way = order.partition(" ")
        field = Field(message, path)

        def look():
            rows = list(self.messages(method, {**request, "order_by": order}, message).values())
            self.assertGreater(len(rows), 4)
            # Unset ones are least.
            keys = [(bool(found), [compared(value) for value in found])
                    for found in (field.values(row) for row in rows)]
            return keys == sorted(keys, reverse=bool(way))

        eventually(look, f"{method.short} in the order {order}")

    def test_what_is_no_order_is_refused(self):
        for method in self.lists():
            if not method.has("order_by"):
                continue
            self.fill(method)
            order = self.orders(method)[0].partition(" ")[0]
            for wrong in ("no_such", "name name", f"{order} down", f"{order},,", ",", "x" * 5000,
                          f"{order}, {order}"):
                with self.subTest(method.name, order=wrong[:40]):
                    answer = self.call(method, {**self.scope(method), "order_by": wrong})
                    self.refused(answer, 400, "ORDER_BY_INVALID")


if __name__ == "__main__":
    unittest.main()
