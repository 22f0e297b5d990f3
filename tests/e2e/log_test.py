"""What the log says of deliveries that fail: why, at which address, and what became of it."""

import socket
import unittest

from harness import EndToEnd, eventually, session
from judging import Judging
from tls_test import Receiver, make_authority, run_openssl

FAILED = "an attempt failed"
REFUSED = "an attempt failed: the receiver did not take it"
SECRET = "t0ken-in-the-path"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def make_expired(folder):
    """As make_authority, but what it gave to `localhost` is over."""
    make_authority(folder)
    run_openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "-1", "-extfile", "names", "-out", "server.pem")


class Log(EndToEnd):
    owned = True

    def line(self, server, message, destination):
        """The first such line."""
        def look():
            return [x for x in server.log(message) if x["destination"] == f"default/{destination}"]
        eventually(look, f"the log says of {destination}: {message}")
        return look()[0]

    def test_it_says_why_each_destination_fails(self):
        make_expired(self.folder)
        tls = Receiver(self.folder)
        self.addCleanup(tls.close)
        port = free_port()
        with Judging(lambda request: 503) as receiver:
            self.write_config(
                [{"name": "expired", "url": f"https://localhost:{tls.server_address[1]}/{SECRET}"},
                 {"name": "refused", "url": f"http://127.0.0.1:{port}/{SECRET}"},
                 {"name": "unknown", "url": f"http://no-such-host.invalid/{SECRET}"},
                 {"name": "angry", "url": receiver.url(f"/{SECRET}"), "retry": {"none": True}}])
            server = self.server(env={"SSL_CERT_FILE": str(self.folder / "ca.pem")})
            self.publish_events(server, [{"id": f"e-{n}", "session": session(n)} for n in range(4)])
            line = self.line(server, FAILED, "expired")
            self.assertEqual((line["level"], line["cause"], line["phase"]), ("warn", "tls", "tls"))
            self.assertRegex(line["address"], rf"^(127\.0\.0\.1|\[::1\]):{tls.server_address[1]}$")
            self.assertIn("certificate has expired", line["error"])
            line = self.line(server, FAILED, "refused")
            self.assertEqual((line["cause"], line["phase"], line["address"]),
                             ("connect_refused", "connect", f"127.0.0.1:{port}"))
            line = self.line(server, FAILED, "unknown")
            self.assertEqual((line["cause"], line["phase"], line["address"]), ("dns", "resolve", ""))
            self.assertIn("no-such-host.invalid", line["error"])
            line = self.line(server, REFUSED, "angry")
            self.assertEqual((line["cause"], line["status"]), ("http_5xx", 503))
            line = self.line(server, "a delivery is given up", "angry")
            self.assertEqual((line["level"], line["cause"], line["attempts"]),
                             ("warn", "http_5xx", 1))
            self.assertRegex(line["event_id"], "^e-[0-3]$")
            server.wait_metric('carillon_attempts_total{outcome="http_5xx"}', 4)
            self.assertEqual(server.stop(), 0)
            # One for each destination and cause, however many there were.
            for message, count in ((FAILED, 3), (REFUSED, 1), ("a delivery is given up", 1)):
                self.assertEqual(len(server.log(message)), count)
            self.assertNotIn(SECRET, server.stderr_path.read_text())

    def test_blocked_names_the_rule_and_the_address(self):
        self.write_config([{"name": "inside", "url": "http://localhost:8443/x",
                            "retry": {"none": True}}], guard={})
        server = self.server()
        self.publish_events(server, [{"session": session()}])
        line = self.line(server, FAILED, "inside")
        self.assertEqual((line["cause"], line["phase"]), ("blocked", "resolve"))
        self.assertRegex(line["error"], r"localhost: (127\.0\.0\.1 \(127\.0\.0\.0/8|::1 \(::1)")

    def test_breakers_and_switches(self):
        status = {"/frail": 500, "/gone": 410}
        with Judging(lambda request: status[request["target"]]) as receiver:
            destinations = [
                {"name": "frail", "url": receiver.url("/frail"),
                 "retry": {"delays": ["10ms"] * 60, "budget": {"ratio": 10, "min_per_second": 1000}},
                 "breaker": {"consecutive_failures": 2, "delay": "200ms", "max_delay": "200ms"}},
                {"name": "gone", "url": receiver.url("/gone")}]
            self.write_config(destinations)
            server = self.server()
            self.publish_events(server, [{"session": session()}])
            line = self.line(server, "a breaker opened: the destination is left alone", "frail")
            self.assertGreater(line["seconds"], 0)
            line = self.line(
                server, "a destination is disabled: nothing is sent there until it is enabled",
                "gone")
            self.assertEqual((line["reason"], line["deliveries_kept"]), ("gone", True))
            status |= {"/frail": 200, "/gone": 200}
            # It closes when as many were taken as lead to its full concurrency.
            self.publish_events(server, [{"session": session(n)} for n in range(2, 60)])
            self.line(server, "a breaker closed: the destination has recovered", "frail")
            self.call_of_owner(server, "enable", "gone")
            self.line(server, "a destination is enabled", "gone")


if __name__ == "__main__":
    unittest.main()
