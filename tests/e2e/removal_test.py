"""Deliveries that die with their destination: each is counted, and the log says how many a reload
gave up."""

import signal
import unittest

from harness import EndToEnd, eventually, session
from judging import Gate, Judging

REMOVED = 'carillon_given_up_total{reason="removed"}'
DISABLED = 'carillon_destinations{state="disabled"}'
OPEN = 'carillon_destinations{state="open"}'
PARKED = 'carillon_deliveries{state="parked"}'
LINE = "deliveries are given up: their destination was taken out of the configuration"


def events(first, end):
    return [{"id": f"e-{n}", "session": session(n)} for n in range(first, end)]


class Removal(EndToEnd):
    def setUp(self):
        self.status = 503

    def judge(self, request):
        return self.status if request["target"] == "/x" else 200

    def configure(self, receiver, name="one", **more):
        self.write_config([{"name": name, "url": receiver.url("/x"), **more},
                           {"name": "other", "url": receiver.url("/other")}])

    def begin(self, receiver, count, **more):
        self.configure(receiver, **more)
        server = self.server()
        self.publish_events(server, events(0, count))
        receiver.wait_accepted([f"e-{n}" for n in range(count)], "/other")
        return server

    def gone(self, server, count, **parts):
        """`count` were given up, as metric and log say."""
        server.wait_metric(REMOVED, count)
        self.assertEqual(server.metric(REMOVED), count)
        self.assertEqual(server.metric("carillon_dead_total"), count)
        [line] = eventually(lambda: server.log(LINE), "the log says so")
        self.assertEqual(line["destination"], "default/one")
        self.assertEqual(line["deliveries"], count)
        self.assertEqual({part: line[part] for part in parts}, parts)

    def rename(self, server, receiver):
        self.configure(receiver, name="two", enabled=False)
        server.signal(signal.SIGHUP)

    def test_retries_that_wait(self):
        with Judging(self.judge) as receiver:
            server = self.begin(receiver, 10, retry={"delays": ["1h"]}, breaker={"off": True})
            server.wait_metric(PARKED, 10)
            self.rename(server, receiver)
            self.gone(server, 10, parked=10, unsent=0, behind=0)

    def test_what_a_disabled_destination_kept(self):
        self.status = 410
        with Judging(self.judge) as receiver:
            server = self.begin(receiver, 1)
            server.wait_metric(DISABLED, 1)
            self.publish_events(server, events(1, 3001), "--batch", "500")
            receiver.wait_accepted(["e-3000"], "/other")
            eventually(lambda: server.metric("carillon_journal_watermark") >= 3001,
                       "others are settled")
            self.rename(server, receiver)
            self.gone(server, 3001)

    def test_what_waits_behind_an_open_breaker(self):
        with Judging(self.judge) as receiver:
            server = self.begin(receiver, 40, retry={"delays": ["1h"]}, concurrency=1,
                                breaker={"consecutive_failures": 3, "delay": "10m"})
            server.wait_metric(OPEN, 1)
            self.rename(server, receiver)
            self.gone(server, 40, parked=3)

    def test_what_is_in_flight_and_in_memory(self):
        gate = Gate()

        def judge(request):
            if request["target"] == "/x":
                gate.wait()
            return 200

        with Judging(judge) as receiver:
            server = self.begin(receiver, 20, concurrency=1)
            self.rename(server, receiver)
            self.gone(server, 20, parked=0, behind=0)
            gate.open()

    def test_nothing_is_said_of_one_that_had_nothing(self):
        self.status = 200
        with Judging(self.judge) as receiver:
            server = self.begin(receiver, 5)
            receiver.wait_accepted([f"e-{n}" for n in range(5)], "/x")
            self.rename(server, receiver)
            eventually(lambda: server.metric(DISABLED) == 1, "the change is in force")
            self.assertEqual(server.metric(REMOVED), 0)
            self.assertEqual(server.log(LINE), [])


if __name__ == "__main__":
    unittest.main()
