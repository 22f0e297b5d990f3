"""Pace, counted at a real receiver: rate, concurrency, and the caps over all destinations."""

import time
import unittest

from harness import EndToEnd, eventually, of_tenant, session
from judging import Gate, Judging

UNBOUNDED = {"ratio": 10, "min_per_second": 100_000}
AGAIN = {"delays": ["0s"] * 60, "jitter": 0, "budget": UNBOUNDED}
OFF = {"off": True}


def events(first, end, tenant="default"):
    return [{"id": f"{tenant}-{n}", "tenant": tenant, "session": session(n)}
            for n in range(first, end)]


class Rate(EndToEnd):
    PER_SECOND = 40
    BURST = 5

    def run_at(self, judge, count, concurrency):
        """The requests, and a time before the first of them."""
        with Judging(judge) as receiver:
            self.write_config([{"name": "one", "url": receiver.url("/x"), "breaker": OFF,
                                "retry": AGAIN, "concurrency": concurrency,
                                "rate": {"per_second": self.PER_SECOND, "burst": self.BURST}}])
            server = self.server()
            before = time.monotonic()
            self.publish_events(server, events(0, count))
            receiver.wait_accepted(e["id"] for e in events(0, count))
        return receiver.requests, before

    def allowed(self, seconds):
        return self.BURST + self.PER_SECOND * seconds

    def test_never_above_it_in_any_window(self):
        # With one in flight a request is sent after the answer to the one before, so the
        # time from that answer to its arrival holds its sending, however late things are seen:
        # windows begin there, and no tolerance is needed for a receiver that is slow.
        requests, before = self.run_at(lambda _: 200, 160, concurrency=1)
        begins = [before, *(r["until"] for r in requests)]
        for first, begin in enumerate(begins[:-1]):
            for last in range(first, len(requests)):
                seconds = requests[last]["at"] - begin
                self.assertLessEqual(last - first + 1, self.allowed(seconds) + 1e-6, (first, last))
        took = requests[-1]["at"] - before
        self.assertGreaterEqual(took, (160 - self.BURST) / self.PER_SECOND)

    def test_with_many_in_flight_and_retries_that_take_tokens_too(self):
        # Only windows that begin before the first are sure here: of the others, the first
        # request may have been sent long before it was seen.
        requests, before = self.run_at(lambda r: 500 if r["before"] == 0 else 200, 60, 32)
        self.assertGreaterEqual(len(requests), 120)
        for count, at in enumerate(sorted(r["at"] for r in requests), 1):
            self.assertLessEqual(count, self.allowed(at - before) + 1e-6)


class Held(EndToEnd):
    """Receivers that keep requests until the gate lets them through."""

    def setUp(self):
        self.gate = Gate()

    def judge(self, _):
        self.gate.wait()
        return 200

    def ready(self, server, count):
        """So many wait, and so the others are under way."""
        name = 'carillon_deliveries{state="ready"}'
        eventually(lambda: server.metric(name) == count,
                   lambda: f"{count} are ready, there are {server.metric(name)}")

    def drained(self, receiver, count, most):
        """One after another is let through: never are more than `most` open, and always so many
        again while there are enough."""
        for done in range(1, count - most + 1):
            self.gate.let()
            eventually(lambda done=done: len(receiver.answers_given) == done
                       and receiver.open == most, lambda done=done: f"{most} open after {done}, "
                       f"there are {receiver.open} after {len(receiver.answers_given)}")
        self.gate.open()
        eventually(lambda: len(receiver.answers_given) == count, "all are answered")
        self.assertEqual(max(r["open"] for r in receiver.requests), most)


class Concurrency(Held):
    def test_never_more_than_asked_for_and_so_many_where_they_are_there(self):
        with Judging(self.judge) as receiver:
            self.write_config([{"name": "one", "url": receiver.url("/x"), "concurrency": 4}])
            server = self.server()
            self.publish_events(server, events(0, 40))
            receiver.wait_open(4)
            self.ready(server, 36)
            self.drained(receiver, 40, 4)

    def test_adaptive_begins_with_one_and_grows(self):
        with Judging(self.judge) as receiver:
            self.write_config([{"name": "one", "url": receiver.url("/x"), "concurrency": 8,
                                "adaptive_concurrency": True}])
            server = self.server()
            self.publish_events(server, events(0, 300))
            receiver.wait_open(1)
            self.ready(server, 299)
            self.gate.open()
            receiver.wait_accepted(e["id"] for e in events(0, 300))
        self.assertEqual(receiver.requests[0]["open"], 1)
        self.assertLessEqual(max(r["open"] for r in receiver.requests), 8)


class Caps(Held):
    def configure(self, receiver, tenants, limits):
        """Four destinations of each tenant, each of which would have eight in flight."""
        destinations = [{"name": of_tenant(t, f"d{n}"), "concurrency": 8,
                         "url": receiver[t].url(f"/{n}")} for t in tenants for n in range(4)]
        self.write_config(destinations, [{"name": of_tenant(t, "all", "subscriptions"), "types": ["*"],
                                          "destinations": [f"d{n}" for n in range(4)]}
                                         for t in tenants], limits=limits)
        return self.server()

    def test_of_a_tenant_over_all_its_destinations(self):
        with Judging(self.judge) as busy, Judging() as other:
            server = self.configure({"a": busy, "b": other}, "ab",
                                    {"tenant_defaults": {"max_in_flight": 6}})
            self.publish_events(server, events(0, 20, "a"))
            busy.wait_open(6)
            self.ready(server, 74)
            # Another tenant is not held up.
            self.publish_events(server, events(0, 20, "b"))
            eventually(lambda: other.answers_given.count(200) == 80, "all of the other tenant")
            self.assertEqual(busy.open, 6)
            self.drained(busy, 80, 6)
            server.wait_metric("carillon_delivered_total", 160)
        self.assertLessEqual(max(r["open"] for r in other.requests), 6)

    def test_of_all_tenants_together(self):
        with Judging(self.judge) as receiver:
            server = self.configure({"a": receiver, "b": receiver}, "ab", {"max_in_flight": 5})
            self.publish_events(server, events(0, 10, "a") + events(0, 10, "b"))
            receiver.wait_open(5)
            self.ready(server, 75)
            self.drained(receiver, 80, 5)

    def test_changed_by_a_reload(self):
        with Judging(self.judge) as receiver:
            server = self.configure({"a": receiver}, "a", {"tenant_defaults": {"max_in_flight": 2}})
            self.publish_events(server, events(0, 10, "a"))
            receiver.wait_open(2)
            self.ready(server, 38)
            path = self.folder / "carillon.yaml"
            path.write_text(path.read_text().replace('"max_in_flight": 2',
                                                     '"max_in_flight": 7'))
            receiver.wait_open(7)
            self.ready(server, 33)
            self.drained(receiver, 40, 7)


if __name__ == "__main__":
    unittest.main()
