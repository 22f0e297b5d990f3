"""What a live scrape looks like."""

import hashlib
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import time
import unittest

from harness import EndToEnd, compact, eventually, of_tenant, outcome, session
from judging import Gate, Judging
from tls_test import Receiver, make_authority, run_openssl


def of(name, **labels):
    """The series of a metric of all destinations together, as it is printed."""
    return name + "{" + ",".join(f'{key}="{labels[key]}"' for key in labels) + "}"


def phase(name, what="count"):
    return of(f"carillon_attempt_phase_seconds_{what}", phase=name)


def cpu_seconds(server):
    """What the process has taken of the machine's processors so far."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
                              text=True, timeout=240)
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

    def test_a_scrape_of_ten_thousand_destinations_is_small_and_fast(self):
        receiver = self.sink()
        per = 200
        self.write_config(
            [{"name": of_tenant(f"t{n // per}", f"d{n}"), "url": receiver.url("/ok")}
             for n in range(10_000)],
            [{"name": of_tenant(f"t{t}", "all", "subscriptions"), "types": ["*"],
              "destinations": [f"d{n}" for n in range(t * per, t * per + per)]}
             for t in range(10_000 // per)])
        server = self.server()
        self.publish_events(server, [{"session": session(), "tenant": f"t{t}"} for t in range(5)])
        server.wait_metric("carillon_delivered_total", 5 * per)
        took, before = [], cpu_seconds(server)
        for _ in range(10):
            start = time.monotonic()
            _, text = server.get("/metrics")
            took.append(time.monotonic() - start)
        series = [line for line in text.splitlines() if not line.startswith("#")]
        print(f"10,000 destinations: {len(series)} series, {len(text)} bytes, "
              f"{min(took) * 1000:.0f} ms, {statistics.median(took) * 1000:.0f} in the middle", flush=True)
        self.assertLessEqual(len(series), 5000)
        # What the server itself takes: how long it has to wait for a processor is not its business.
        self.assertLess((cpu_seconds(server) - before) / len(took), 0.1)
        self.assertEqual(sum(server.metric(of("carillon_destinations", state=state))
                             for state in ("idle", "active")), 10_000)


class Receivers(EndToEnd):
    """Under failing, slow and dead receivers, what an operator asks is answered."""

    def test_failing_and_dead_ones(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))  # nobody listens there
            port = closed.getsockname()[1]
            failing = self.sink()
            breaker = {"consecutive_failures": 1, "failure_rate": 0, "delay": "1s",
                       "max_delay": "1s"}
            retry = {"delays": ["200ms"] * 50, "jitter": 0}
            self.write_config(
                [{"name": "failing", "url": failing.url("/status/500"), "breaker": breaker,
                  "retry": retry, "concurrency": 1},
                 {"name": "dead", "url": f"http://127.0.0.1:{port}/x", "retry": {"none": True},
                  "breaker": {"off": True}},
                 {"name": "healthy", "url": failing.url("/ok")}])
            server = self.server()
            before = server.metrics()
            self.publish_events(server, [{"session": session(n)} for n in range(3)])
            for state in ("open", "half_open"):
                server.wait_metric(of("carillon_breaker_transitions_total", state=state), 2)
            server.wait_metric(of("carillon_retries_held_total", reason="breaker"), 2)
            server.wait_metric(outcome("dead", "connect_refused"), 3)
            server.wait_gauge("carillon_dead_kept", 3)  # when they are on disk
            server.wait_gauge("carillon_retry_overdue_seconds", 0)
            metrics = server.metrics()
            self.assertEqual(metrics[of("carillon_breaker_transitions_total", state="closed")], 0)
            created = of("carillon_deliveries_created_total", type="session.create")
            self.assertEqual((before[created], metrics[created]), (0, 9))
            # Of `failing` the others wait for its breaker, and are tried when it has probed.
            first = "carillon_accepted_to_first_attempt_seconds"
            self.assertGreaterEqual(metrics[first + "_count"], 7)
            self.assertGreaterEqual(metrics[phase("connect")], 5)
            self.assertGreaterEqual(metrics[phase("first_byte")], 5)
            self.assertEqual(metrics[phase("tls")], 0)
            failing.set_mode("/status/500", "ok")
            server.wait_metric(of("carillon_breaker_transitions_total", state="closed"), 1)
            server.wait_metric("carillon_delivered_total", 6)
            metrics = server.metrics()
            self.assertEqual(metrics[first + "_count"], 9)
            self.assertGreater(metrics["carillon_sync_duration_seconds_count"], 0)
            self.assertEqual(sum(value for name, value in metrics.items()
                                 if name.startswith("carillon_storage_errors_total")), 0)

    def test_a_slow_one_is_busy_and_does_not_make_carillon_late(self):
        gate = Gate()
        with Judging(lambda request: gate.wait() or 200) as slow:
            self.write_config([{"name": "slow", "url": slow.url("/x"), "concurrency": 2,
                                "timeouts": {"total": "120s"}}],
                              limits={"max_in_flight": 77})
            server = self.server()
            self.publish_events(server, [{"session": session(n)} for n in range(8)])
            slow.wait_open(2)
            server.wait_gauge(of("carillon_destination_connections", state="busy"), 2)
            server.wait_gauge(of("carillon_destination_connections", state="idle"), 0)
            self.assertEqual(server.metric("carillon_in_flight_limit"), 77)
            time.sleep(2.5)
            gate.open()
            server.wait_metric("carillon_delivered_total", 8)
            metrics = server.metrics()
            first = "carillon_accepted_to_first_attempt_seconds"
            self.assertEqual(metrics[first + "_count"], 8)
            # Six of them waited for 2.5 s.
            self.assertGreater(metrics["carillon_accepted_to_delivered_seconds_sum"], 8 * 2.4)
            self.assertLess(metrics[first + "_sum"], 6 * 2.4)
            self.assertGreater(metrics[phase("first_byte", "sum")], 2 * 2.4)
            self.assertLess(metrics[phase("body", "sum")], 2)
            server.wait_gauge(of("carillon_destination_connections", state="idle"), 2)

    def test_tls_and_the_certificate_that_ends(self):
        make_authority(self.folder)
        run_openssl(self.folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9",
                    "-subj", "/CN=client", "-keyout", "client.key", "-out", "client.pem")
        receiver = Receiver(self.folder)
        self.addCleanup(receiver.close)
        ports = {"trusted": receiver.server_address[1], "stranger": receiver.server_address[1]}
        own = {"ca_bundle": {"file": "ca.pem"}, "client_certificate": {"file": "client.pem"},
               "client_key": {"file": "client.key"}}
        with socket.socket() as mute:
            mute.bind(("127.0.0.1", 0))
            mute.listen(16)  # connects, and says nothing
            ports["mute"] = mute.getsockname()[1]
            self.write_config(
                [{"name": name, "url": f"https://localhost:{port}/", "retry": {"none": True},
                  "timeouts": {"connect": "3s"}, "tls": own if name == "trusted" else {}}
                 for name, port in ports.items()])
            server = self.server()
            self.publish_events(server, [{"session": session()}])
            for result in ("ok", "failed", "timeout"):
                server.wait_metric(of("carillon_tls_handshakes_total", result=result), 1)
            server.settled()  # so all attempts have ended
            metrics = server.metrics()
        self.assertEqual(metrics[of("carillon_tls_handshakes_total", result="resumed")], 0)
        self.assertEqual(metrics[phase("tls")], 3)
        self.assertGreaterEqual(metrics[phase("tls", "sum")], 0.8)
        end = metrics[of("carillon_certificate_not_after_seconds", use="client", tenant="default",
                         destination="trusted")]
        self.assertAlmostEqual(end, time.time() + 9 * 86400, delta=600)
        end = metrics[of("carillon_certificate_not_after_seconds", use="trusted", tenant="default",
                         destination="trusted")]
        self.assertAlmostEqual(end, time.time() + 2 * 86400, delta=600)
        self.assertEqual(sum(name.startswith("carillon_certificate_not_after") for name in metrics),
                         2)

    def test_events_that_nobody_wants_whatever_thread_they_are_for(self):
        receiver = self.sink()
        self.write_config([{"name": f"d{n}", "url": receiver.url("/ok")} for n in range(3)],
                          [{"name": "s", "types": ["session.*"], "destinations": ["d1"]}],
                          delivery={"threads": 3}, event_types=[{"name": "order.paid"}])
        server = self.server()
        self.publish_events(server, [{"session": session(n)} for n in range(9)])
        self.publish_events(server, [{"type": "order.paid", "json": {}} for n in range(7)])
        unrouted = of("carillon_events_unrouted_total", type="order.paid")
        server.wait_metric("carillon_delivered_total", 9)
        server.wait_metric(unrouted, 7)
        metrics = server.metrics()
        self.assertEqual(metrics[unrouted], 7)
        self.assertEqual(metrics[of("carillon_events_unrouted_total", type="session.create")], 0)
        self.assertEqual(metrics[of("carillon_deliveries_created_total", type="session.create")], 9)
        self.assertEqual(metrics[of("carillon_deliveries_created_total", type="order.paid")], 0)

    def test_reloads_and_the_start(self):
        receiver = self.sink()
        good = [{"name": "good", "url": receiver.url("/ok")}]
        path = self.write_config(good)

        def in_force():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            return server.metrics().get(of("carillon_config_info", hash=digest)) == 1

        server = self.server()
        self.assertEqual(server.metric("carillon_config_generation"), 1)
        self.assertGreater(server.metric("carillon_recovery_duration_seconds"), 0)
        self.assertTrue(in_force())
        self.write_config([{"name": "bad", "url": "no-url"}])
        server.signal(signal.SIGHUP)
        eventually(lambda: server.metrics()["carillon_config_last_reload_successful"] == 0,
                   "a refused configuration")
        self.assertEqual(server.metric("carillon_config_generation"), 1)
        self.assertFalse(in_force())
        self.write_config([*good, {"name": "more", "url": receiver.url("/ok")}])
        server.wait_metric("carillon_config_generation", 2)
        self.assertTrue(in_force())
        metrics = server.metrics()
        self.assertEqual(metrics["carillon_config_last_reload_successful"], 1)
        self.assertGreaterEqual(metrics["carillon_config_reload_duration_seconds_count"], 2)

    def test_publishing_is_refused_for_want_of_space(self):
        self.write_config(journal={"min_free_bytes": 1 << 50})
        server = self.server()
        self.assertEqual(server.get("/readyz"), (503, "not ready: journal refuses publishing for want of space\n"))
        done = self.publish_raw(server, "--file", "-", stdin=compact({"session": session()}) + "\n")
        self.assertEqual(done.returncode, 1, done.stderr)
        server.wait_metric(of("carillon_publishing_refused_total", reason="disk_full"), 1)
        metrics = server.metrics()
        self.assertEqual(metrics["carillon_publishing_accepted"], 0)
        self.assertEqual(metrics["carillon_disk_min_free_bytes"], 1 << 50)
        self.assertEqual(metrics[of("carillon_publishing_refused_total", reason="waiting")], 0)


if __name__ == "__main__":
    unittest.main()
