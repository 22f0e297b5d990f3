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

    FACTS = {"machine": "m", "date": "d1", "commit": "c1", "quick": False}
    LATER = {"machine": "m", "date": "d2", "commit": "c2", "quick": True}

    def record(self, *records, page="before\n{}\nold\n{}\nafter\n"):
        """What becomes of a page: each of `records` has the arguments of one `record`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.md"
            path.write_text(page.format(report.BEGIN, report.END))
            for arguments in records:
                report.record(path, *arguments)
            return path.read_text()

    def test_records_between_the_markers_and_nowhere_else(self):
        text = self.record(({"fanout1_ratio": 0.75}, self.FACTS))
        self.assertTrue(text.startswith("before\n") and text.endswith("after\n"))
        self.assertNotIn("\nold\n", text)
        self.assertIn("| `fanout1_ratio` | 0.75 | >= 0.5 | yes |", text)
        self.assertIn("| `unary_ratio` | - | >= 0.7 |  |", text)

    def test_a_section_alone_replaces_its_rows_only(self):
        text = self.record(
            ({"wrk_rps": 90_000, "fanout1_ratio": 0.75, "https_cold_cpu_us": 9}, self.FACTS),
            ({"wrk_rps": 10_000, "https_cold_cpu_us": 301, "rss_mb_https_10k_idle": 7},
             self.LATER, ["https"]))
        self.assertIn("| `fanout1_ratio` | 0.75 | >= 0.5 | yes |", text)
        self.assertIn("| `https_cold_cpu_us` | 301.00 | <= 300 | NO |", text)
        self.assertIn("| `rss_mb_https_10k_idle` | 7.00 |", text)
        self.assertIn("| `unary_ratio` | - |", text)
        self.assertIn("| `wrk_rps` | 90,000 |", text)  # what the other ratios were taken beside
        self.assertEqual(text.count("`https_cold_cpu_us`"), 1)
        self.assertIn(f"{report.BEGIN}\nd1, m, source c1.\n", text)
        self.assertIn("- `https`: d2, m, source c2, `--quick`.\n", text)
        order = [name for name, _, _ in report.FIGURES if f"`{name}`" in text]
        self.assertEqual(order, sorted(order, key=lambda name: text.index(f"`{name}`")))

    def test_each_section_tells_where_it_comes_from_until_all_are_measured(self):
        apart = [({"https_cold_cpu_us": 9}, self.FACTS, ["https"]),
                 ({"blackhole_p99_rise": 0.1}, self.FACTS, ["blackhole"]),
                 ({"https_cold_cpu_us": 8}, self.LATER, ["https"])]
        text = self.record(({}, self.FACTS), *apart)
        self.assertIn("- `https`: d2", text)
        self.assertIn("- `blackhole`: d1", text)
        self.assertEqual(text.count("- `https`"), 1)
        self.assertIn("| `blackhole_p99_rise` | 0.10 |", text)
        text = self.record(({}, self.FACTS), *apart, ({"unary_ratio": 0.8}, self.LATER))
        self.assertNotIn("- `https`", text)
        self.assertIn("| `https_cold_cpu_us` | - |", text)


if __name__ == "__main__":
    unittest.main()
