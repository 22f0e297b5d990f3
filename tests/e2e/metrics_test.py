"""What a live scrape looks like."""

import shutil
import subprocess
import unittest

from harness import EndToEnd, outcome, session
from judging import Gate, Judging


class Metrics(EndToEnd):
    def test_promtool_takes_a_live_scrape(self):
        promtool = shutil.which("promtool")
        self.assertIsNotNone(promtool, "promtool is missing: run scripts/install.sh test")
        receiver = self.sink()
        self.write_config([{"name": "good", "url": receiver.url("/ok")},
                           {"name": "bad", "url": receiver.url("/status/500"),
                            "retry": {"none": True}}])
        server = self.server()
        self.publish_events(server, [{"session": session(n)} for n in range(10)])
        server.wait_metric("carillon_delivered_total", 10)
        server.wait_metric("carillon_dead_total", 10)
        _, text = server.get("/metrics")
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True,
                              text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

        metrics = server.metrics()
        self.assertEqual(metrics['carillon_events_published_total{result="accepted"}'], 10)
        self.assertEqual(metrics[outcome("good", "success")], 10)
        self.assertEqual(metrics[outcome("bad", "http_5xx")], 10)
        self.assertEqual(metrics["carillon_journal_last_position"], 10)
        self.assertEqual(metrics["carillon_accepted_to_delivered_seconds_count"], 10)
        self.assertGreaterEqual(metrics["carillon_commit_duration_seconds_count"], 1)
        self.assertGreater(metrics["carillon_disk_free_bytes"], 0)
        self.assertGreater(metrics["process_resident_memory_bytes"], 0)
        self.assertTrue(any(name.startswith("carillon_build_info{") for name in metrics))

    def test_gauges_are_true_when_scraped(self):
        def deliveries(state):
            return server.metric(f'carillon_deliveries{{state="{state}"}}')

        gate = Gate()
        with Judging(lambda request: gate.wait() or 200) as slow:
            bad = self.sink()
            self.write_config([{"name": "slow", "url": slow.url("/x"), "concurrency": 2,
                                "timeouts": {"total": "120s"}},
                               {"name": "bad", "url": bad.url("/status/500"),
                                "retry": {"delays": ["1h"]}, "breaker": {"off": True}}])
            server = self.server()
            for n in range(1, 6):
                self.publish_events(server, [{"session": session(n)}])
                slow.wait_open(min(n, 2))
                server.wait_metric(outcome("bad", "http_5xx"), n)
                self.assertEqual(deliveries("in_flight"), min(n, 2))
                self.assertEqual(deliveries("parked"), n)
                self.assertEqual(deliveries("ready"), max(0, n - 2))
                age = server.metric("carillon_oldest_ready_age_seconds")
                self.assertEqual(age > 0, n > 2)
            gate.open()
            server.wait_metric("carillon_delivered_total", 5)
            self.assertEqual(deliveries("in_flight"), 0)

    def test_series_of_destinations_are_bounded(self):
        receiver = self.sink()
        self.write_config([{"name": f"d-{n}", "url": receiver.url("/ok")} for n in range(150)])
        server = self.server()
        self.publish_events(server, [{"session": session()}])
        server.wait_metric("carillon_delivered_total", 150)
        metrics = server.metrics()
        delivered = {name: value for name, value in metrics.items()
                     if name.startswith("carillon_destination_delivered_total{")}
        self.assertEqual(sum(delivered.values()), 150)
        self.assertLessEqual(len(delivered), 101)
        self.assertTrue(any('destination="_other"' in name for name in delivered))


if __name__ == "__main__":
    unittest.main()
