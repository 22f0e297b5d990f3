"""Too few descriptors: nobody is blamed for it, nothing is lost by it, and one can see it."""

import resource
import socket
import unittest

from harness import PATIENCE, EndToEnd, Server, eventually, of_tenant, outcome, session

IDLE_CLOSED = 'carillon_local_shortage_total{effect="idle_closed",resource="descriptors"}'
POSTPONED = 'carillon_local_shortage_total{effect="postponed",resource="descriptors"}'


def connect(address, send=b""):
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), timeout=PATIENCE)
    connection.sendall(send)
    return connection


class FewDescriptors(EndToEnd):
    def test_two_thousand_destinations_with_1024(self):
        receiver = self.sink()
        self.write_config(
            [{"name": of_tenant("other", f"d{i}") if i >= 1990 else f"d{i}",
              "url": receiver.url(f"/d{i}"), "retry": {"none": True}} for i in range(2000)],
            [{"name": of_tenant("other" if first == 1990 else "default", f"s{first}", "subscriptions"),
              "types": ["*"], "destinations": [f"d{i}" for i in range(first, first + step)]}
             for first, step in (*((n, 199) for n in range(0, 1990, 199)), (1990, 10))])
        server = self.server(descriptors=1024)
        self.assertTrue(server.log("there are fewer file descriptors than limits.max_in_flight "
                                   "asks for: raise the hard limit (ulimit -n)"))
        for i in range(2):
            self.publish_events(server, [{"session": session(i)},
                                         {"session": session(i), "tenant": "other"}])
            self.assertEqual(server.get("/healthz")[0], 200)
        server.wait_metric("carillon_delivered_total", 4000)
        metrics = server.metrics()
        self.assertEqual(metrics["carillon_dead_total"], 0)
        self.assertEqual(metrics['carillon_attempts_total{outcome="success"}'], 4000)
        server.wait_gauge('carillon_destinations{state="open"}', 0)
        self.assertEqual(metrics[POSTPONED], 0)
        self.assertGreater(metrics[IDLE_CLOSED], 0)
        connections = sum(value for name, value in metrics.items()
                          if name.startswith("carillon_destination_connections{"))
        self.assertLessEqual(connections, metrics["carillon_destination_connections_limit"])
        line = ("more destinations are busy than connections fit into the file descriptors: "
                "idle ones are closed early")
        eventually(lambda: server.log(line), "the log says why")
        self.assertEqual(server.stop(), 0)

    def test_without_any_left_deliveries_wait_and_count_no_attempt(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/flaky/2"),
                            "retry": {"delays": ["3s"], "jitter": 0},
                            "breaker": {"consecutive_failures": 2},
                            "disabling": {"when_retries_end": True}}],
                          delivery={"idle_connection_timeout": "1s"})
        server = self.server()
        self.publish_events(server, [{"session": session()}])
        receiver.wait_records(1)
        server.wait_metric(outcome("one", "http_5xx"), 1)
        pid = server.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (4, before[1]))
        server.wait_message(server.stderr_path, "this machine is short of what deliveries need: "
                                                "they wait, and no attempt is counted")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        server.wait_metric("carillon_delivered_total", 1)
        metrics = server.metrics()
        self.assertGreater(metrics[outcome("one", "local_shortage")], 0)
        self.assertEqual(metrics[outcome("one", "http_5xx")], 1)
        self.assertEqual(metrics["carillon_dead_total"], 0)
        self.assertGreater(metrics[POSTPONED], 0)

    def test_the_soft_limit_is_raised(self):
        self.write_config()
        server = self.server(descriptors=(100, 3000))
        self.assertEqual(server.metric("process_max_fds"), 3000)

    def test_too_few_to_start_is_said(self):
        self.write_config()
        for number in (24, 40, 60):
            server = self.started(Server(self.folder, self.folder / "carillon.yaml",
                                         descriptors=number))
            self.assertEqual(server.wait(), 1)
            [line] = server.log("cannot start")
            self.assertIn(f"at most {number} file descriptors may be open", line["error"])
            self.assertIn("are needed to start", line["error"])


class AdminPort(EndToEnd):
    def test_idle_and_half_sent_connections_keep_nobody_out(self):
        self.write_config()
        server = self.server(descriptors=200)
        held = []
        try:
            for i in range(256):
                held.append(connect(server.admin_address, (b"", b"GET /healthz HT")[i % 2]))
            for path in ("/healthz", "/readyz", "/metrics") * 3:
                self.assertEqual(server.get(path)[0], 200)
            self.assertLess(server.metric("process_open_fds"), 120)
        finally:
            for connection in held:
                connection.close()


if __name__ == "__main__":
    unittest.main()
