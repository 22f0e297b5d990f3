"""The breaker, at a real receiver: when it opens, how it probes, how it lets traffic back in."""

import socket
import time
import unittest

from harness import EndToEnd, Sink, eventually, outcome, session
from judging import Gate, Judging

UNBOUNDED = {"ratio": 10, "min_per_second": 100_000}
AGAIN = {"delays": ["10ms"] * 60, "jitter": 0, "budget": UNBOUNDED}
OPEN = 'carillon_destinations{state="open"}'


def events(first, end):
    return [{"id": f"e-{n}", "session": session(n)} for n in range(first, end)]


def ids(first, end):
    return [f"e-{n}" for n in range(first, end)]


class Breaker(EndToEnd):
    def setUp(self):
        self.status = 500

    def judge(self, request):
        return self.status if request["target"] == "/x" else 200

    def start(self, receiver, breaker, subscriptions=None, others=(), **more):
        self.write_config([{"name": "one", "url": receiver.url("/x"), "retry": AGAIN,
                            "breaker": breaker, **more},
                           *({"name": name, "url": receiver.url(f"/{name}")} for name in others)],
                          subscriptions)
        return self.server()

    def test_it_opens_after_failures_in_a_row_and_sends_nothing_but_probes(self):
        with Judging(self.judge) as receiver:
            server = self.start(receiver, {"consecutive_failures": 3, "failure_rate": 0,
                                           "delay": "200ms", "max_delay": "1h"}, concurrency=1)
            self.publish_events(server, events(0, 30))
            server.wait_metric(OPEN, 1)
            requests = receiver.wait("/x", 6)
            # A request is seen before it is answered, and what is open counts from the answer: it
            # lasts from one to the next for as long as asked at least, -20 %.
            for last, probe in zip(requests[2:], requests[3:]):
                self.assertGreaterEqual(probe["at"] - last["at"], 0.8 * 0.2, probe["number"])
            self.assertEqual(server.metric("carillon_dead_total"), 0)
            self.status = 200
            receiver.wait_accepted(ids(0, 30))
            eventually(lambda: server.metric(OPEN) == 0, "it is closed")

    def test_successes_between_keep_it_closed(self):
        with Judging(lambda r: 500 if r["number"] % 3 else 200) as receiver:
            server = self.start(receiver, {"consecutive_failures": 3, "failure_rate": 0,
                                           "delay": "1h", "max_delay": "1h"}, concurrency=1)
            self.publish_events(server, events(0, 30))
            receiver.wait_accepted(ids(0, 30))
            self.assertEqual(server.metric(OPEN), 0)

    def test_a_rate_of_failures_opens_it(self):
        # 3 of the first 10 fail, which is 0.3, but no two in a row.
        with Judging(lambda r: 500 if r["number"] in (3, 6, 9) else 200) as receiver:
            server = self.start(receiver, {"consecutive_failures": 0, "failure_rate": 0.3,
                                           "min_attempts": 10, "delay": "1h", "max_delay": "1h"},
                                concurrency=1)
            self.publish_events(server, events(0, 40))
            server.wait_metric(OPEN, 1)
            self.assertEqual(len(receiver.requests), 10)

    def test_4xx_speaks_for_the_event_and_not_for_the_receiver(self):
        self.status = 404
        with Judging(self.judge) as receiver:
            server = self.start(receiver, {"consecutive_failures": 1, "delay": "1h",
                                           "max_delay": "1h"}, retry={"none": True})
            self.publish_events(server, events(0, 40))
            server.wait_metric("carillon_dead_total", 40)
            self.assertEqual(server.metric(OPEN), 0)

    def test_off(self):
        with Judging(self.judge) as receiver:
            server = self.start(receiver, {"off": True}, retry={"none": True})
            self.publish_events(server, events(0, 60))
            server.wait_metric("carillon_dead_total", 60)
            self.assertEqual(len(receiver.requests), 60)

    def test_others_go_on_meanwhile(self):
        with Judging(self.judge) as receiver:
            server = self.start(receiver, {"consecutive_failures": 1, "delay": "1h",
                                           "max_delay": "1h"}, others=["y"], concurrency=1)
            self.publish_events(server, events(0, 1))
            server.wait_metric(OPEN, 1)
            self.publish_events(server, events(1, 100))
            receiver.wait_accepted(ids(0, 100), "/y")
            self.assertEqual(receiver.ids("/x"), ids(0, 1))

    def test_traffic_comes_back_by_doubling(self):
        gate = Gate()
        gate.let(2)  # the two that fail

        def judge(request):
            gate.wait()
            return 500 if request["number"] < 2 else 200

        with Judging(judge) as receiver:
            server = self.start(receiver, {"consecutive_failures": 2, "failure_rate": 0,
                                           "delay": "100ms", "max_delay": "100ms"}, concurrency=16)
            self.publish_events(server, events(0, 1))
            receiver.wait("/x", 3)  # the probe
            self.publish_events(server, events(1, 200))
            for allowed in (1, 2, 4, 8, 16):
                receiver.wait_open(allowed)
                self.assertEqual(receiver.open, allowed)
                gate.let()
            gate.open()
            receiver.wait_accepted(ids(0, 200))
        for r in receiver.requests:
            successes = r["answers"].count(200)
            self.assertLessEqual(r["open"], min(16, 2 ** successes), r["number"])

    def test_what_waited_comes_after_a_restart_too(self):
        with Judging(self.judge) as receiver:
            server = self.start(receiver, {"consecutive_failures": 1, "delay": "1h",
                                           "max_delay": "1h"}, concurrency=1)
            self.publish_events(server, events(0, 50))
            server.wait_metric(OPEN, 1)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(len(receiver.requests), 1)
            self.status = 200
            self.server()
            receiver.wait_accepted(ids(0, 50))
            self.assertEqual(len(receiver.requests), 51)

    def test_recovery_is_told(self):
        with Judging(self.judge) as receiver:
            subscriptions = [{"name": "all", "types": ["*"], "destinations": ["one", "star"]},
                             {"name": "ops", "types": ["destination.*"], "destinations": ["ops"]}]
            server = self.start(receiver, {"consecutive_failures": 1, "delay": "100ms"},
                                subscriptions, others=["star", "ops"], concurrency=1)
            self.publish_events(server, events(0, 1))
            server.wait_metric(OPEN, 1)
            self.assertEqual(receiver.ids("/ops"), [])  # opening is no matter for the owner
            self.status = 200
            [told] = receiver.wait("/ops", 1)
            self.assertIn('"data":{"destination":"one","reason":"breaker_closed"}', told["body"])
            receiver.wait_accepted(ids(0, 1), "/star")
            server.wait_metric("carillon_delivered_total", 3)
            server.settled()
            self.assertEqual(server.metric("carillon_journal_last_position"), 2)
            self.assertEqual(receiver.ids("/star"), ids(0, 1))


class Outage(EndToEnd):
    """With the settings that are there by default: it is tried about once a second at first. A
    breaker that doubles its delay from 10 s makes five probes in five minutes."""

    PROBES = 5

    def configure(self, url):
        self.write_config([{"name": "one", "url": url, "timeouts": {"total": "500ms"},
                            "retry": {**AGAIN, "delays": ["500ms"] * 60}}])

    def publish_until(self, server, over):
        """Steadily, until `over()`; how many."""
        count = 0

        def publish():
            nonlocal count
            self.publish_events(server, events(count, count + 10))
            count += 10
            time.sleep(0.2)
            return over()

        eventually(publish, "it is probed")
        return count

    def probed(self, server, attempts):
        """A condition: it is open, and was tried so often since that was seen. `attempts()`: how
        often in all."""
        before = None

        def over():
            nonlocal before
            if before is None and server.metric(OPEN) == 1:
                before = attempts()
            return before is not None and attempts() >= before + self.PROBES

        return over

    def test_of_refused_connections(self):
        silent = self.enterContext(socket.socket())  # bound and not listened on: nobody else gets it
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        self.configure(f"http://127.0.0.1:{port}/x")
        server = self.server()
        refused = outcome("one", "connect_refused")
        count = self.publish_until(server, self.probed(server, lambda: server.metric(refused)))
        self.assertEqual(server.metric("carillon_delivered_total"), 0)
        silent.close()
        self.started(Sink(self.folder, port=port))
        server.wait_metric("carillon_delivered_total", count)
        self.assertEqual(server.metric("carillon_dead_total"), 0)

    def test_of_answers_that_do_not_come(self):
        dead = True

        def judge(request):
            if not dead:
                return 200
            if request["number"] % 2:
                time.sleep(2)  # beyond the timeout
            return 504

        with Judging(judge) as receiver:
            self.configure(receiver.url("/x"))
            server = self.server()
            count = self.publish_until(server,
                                       self.probed(server, lambda: len(receiver.requests)))
            dead = False
            receiver.wait_accepted(ids(0, count))
            self.assertEqual(server.metric("carillon_dead_total"), 0)


if __name__ == "__main__":
    unittest.main()
