"""Disabling, at a real receiver: when a destination is disabled, what becomes of its deliveries, how
it is enabled again, and who is told."""

import json
import signal
import unittest

from harness import EndToEnd, eventually, session
from judging import Judging

UNBOUNDED = {"ratio": 10, "min_per_second": 100_000}
AGAIN = {"delays": ["10ms"] * 3, "jitter": 0, "budget": UNBOUNDED}
DISABLED = 'carillon_destinations{state="disabled"}'


def events(first, end):
    return [{"id": f"e-{n}", "session": session(n)} for n in range(first, end)]


def ids(first, end):
    return [f"e-{n}" for n in range(first, end)]


class Disabled(EndToEnd):
    owned = True

    def setUp(self):
        self.status = 410

    def judge(self, request):
        return self.status if request["target"] == "/x" else 200

    def configure(self, receiver, **more):
        """`one` under test, `star` that gets every event, `ops` that is told of destinations."""
        self.write_config(
            [{"name": "one", "url": receiver.url("/x"), "retry": AGAIN, "concurrency": 1,
              "breaker": {"off": True}, **more},
             {"name": "star", "url": receiver.url("/star")},
             {"name": "ops", "url": receiver.url("/ops")}],
            [{"name": "all", "types": ["*"], "destinations": ["one", "star"]},
             {"name": "health", "types": ["destination.disabled", "destination.recovered",
                                          "delivery.dead"], "destinations": ["ops"]}])

    def start(self, receiver, **more):
        self.configure(receiver, **more)
        return self.server()

    def reload(self, server, receiver, **more):
        self.configure(receiver, **more)
        server.signal(signal.SIGHUP)

    def told(self, receiver, event_type, count):
        """What `ops` was told of that type, as soon as it is so much; each once, since what a kill
        left unsettled comes again, under its id."""
        def look():
            with receiver.lock:
                bodies = {r["id"]: json.loads(r["body"]) for r in receiver.requests
                          if r["target"] == "/ops"}
            found = [b["data"] for b in bodies.values() if b["type"] == event_type]
            return found if len(found) >= count else None

        return eventually(look, f"{count} of {event_type}")

    def passed_by(self, server, receiver, first, end):
        """Publishes, and waits until all others have got it."""
        self.publish_events(server, events(first, end))
        receiver.wait_accepted(ids(first, end), "/star")

    def nothing_told_to_star(self, receiver, end):
        self.assertEqual(sorted(receiver.ids("/star")), sorted(ids(0, end)))

    def enabled_again(self, server, receiver, count):
        """By a call, also of one that the file defines."""
        self.status = 200
        self.call_of_owner(server, "enable", "one")
        self.arrives_again(server, receiver, count)

    def arrives_again(self, server, receiver, count):
        receiver.wait_accepted(ids(0, count), "/x")
        eventually(lambda: server.metric(DISABLED) == 0, "it is enabled")
        self.assertEqual(self.told(receiver, "destination.recovered", 1),
                         [{"destination": "one", "reason": "enabled"}])


class Gone(Disabled):
    def disabled_by_410(self, receiver, kept=True, **more):
        server = self.start(receiver, **more)
        self.passed_by(server, receiver, 0, 20)
        server.wait_metric(DISABLED, 1)
        self.passed_by(server, receiver, 20, 30)
        [told] = self.told(receiver, "destination.disabled", 1)
        self.assertEqual(told, {"destination": "one", "reason": "gone",
                                "failing_since": told["failing_since"], "deliveries_kept": kept})
        self.assertEqual(receiver.ids("/x"), ["e-0"])
        return server

    def test_at_once_and_all_is_kept_until_a_call(self):
        with Judging(self.judge) as receiver:
            server = self.disabled_by_410(receiver)
            self.reload(server, receiver, description="another one")
            self.passed_by(server, receiver, 30, 40)
            self.assertEqual(receiver.ids("/x"), ["e-0"])
            self.enabled_again(server, receiver, 40)
            self.assertEqual(sorted(receiver.ids("/x")), sorted(["e-0", *ids(0, 40)]))
            self.assertEqual(server.metric("carillon_dead_total"), 0)
            self.nothing_told_to_star(receiver, 40)
            # A reload does not end it, nor does a restart.
            self.reload(server, receiver, description="a third one")
            self.passed_by(server, receiver, 40, 50)
            receiver.wait_accepted(ids(40, 50), "/x")
            self.assertEqual(server.stop(), 0)
            server = self.server()
            self.passed_by(server, receiver, 50, 60)
            receiver.wait_accepted(ids(50, 60), "/x")
            self.assertEqual(server.metric(DISABLED), 0)

    def test_over_a_restart(self):
        with Judging(self.judge) as receiver:
            server = self.disabled_by_410(receiver)
            self.assertEqual(server.stop(), 0)
            server = self.server()
            server.wait_metric(DISABLED, 1)
            self.passed_by(server, receiver, 30, 40)
            self.assertEqual(receiver.ids("/x"), ["e-0"])
            self.enabled_again(server, receiver, 40)
            self.assertEqual(len(receiver.ids("/x")), 41)
            self.assertEqual(len(self.told(receiver, "destination.disabled", 1)), 1)

    def test_over_a_kill_and_so_is_that_it_was_enabled(self):
        with Judging(self.judge) as receiver:
            server = self.disabled_by_410(receiver)  # told, so it is durable
            server.kill()
            server = self.server()
            server.wait_metric(DISABLED, 1)
            self.publish_events(server, events(30, 40))
            receiver.wait_accepted(ids(30, 40), "/star")
            self.assertEqual(receiver.ids("/x"), ["e-0"])
            self.status = 503
            self.call_of_owner(server, "enable", "one")
            server.kill()
            self.status = 200
            server = self.server()
            receiver.wait_accepted(ids(1, 40), "/x")
            self.assertEqual(self.told(receiver, "destination.recovered", 1),
                             [{"destination": "one", "reason": "enabled"}])

    def test_its_deliveries_are_dead_where_that_is_asked_for(self):
        with Judging(self.judge) as receiver:
            server = self.disabled_by_410(receiver, kept=False, disabling={"deliveries": "dead"})
            server.wait_metric("carillon_dead_total", 30)
            told = self.told(receiver, "delivery.dead", 30)
            self.assertEqual(sorted(t["event_id"] for t in told), sorted(ids(0, 30)))
            first = min(told, key=lambda t: t["position"])
            self.assertEqual(first, {"destination": "one", "event_id": "e-0",
                                     "event_type": "session.create", "position": 1,
                                     "attempts": 1, "outcome": "cancelled"})
            self.assertEqual({t["attempts"] for t in told}, {0, 1})
            self.status = 200
            self.call_of_owner(server, "enable", "one")
            eventually(lambda: server.metric(DISABLED) == 0, "it is enabled")
            self.passed_by(server, receiver, 30, 31)
            receiver.wait_accepted(["e-30"], "/x")
            self.assertEqual(receiver.ids("/x"), ["e-0", "e-30"])
            self.nothing_told_to_star(receiver, 31)

    def test_not_where_it_is_switched_off(self):
        with Judging(self.judge) as receiver:
            server = self.start(receiver, disabling={"on_gone": False}, retry={"none": True})
            self.passed_by(server, receiver, 0, 5)
            server.wait_metric("carillon_dead_total", 5)
            self.assertEqual(server.metric(DISABLED), 0)
            self.assertEqual(len(self.told(receiver, "delivery.dead", 5)), 5)


class RetriesEnded(Disabled):
    def test_the_first_that_used_them_up_disables(self):
        self.status = 500
        with Judging(self.judge) as receiver:
            server = self.start(receiver, disabling={"when_retries_end": True})
            self.passed_by(server, receiver, 0, 1)
            server.wait_metric(DISABLED, 1)
            self.passed_by(server, receiver, 1, 10)
            [told] = self.told(receiver, "destination.disabled", 1)
            self.assertEqual(told["reason"], "retries_ended")
            [dead] = self.told(receiver, "delivery.dead", 1)
            self.assertEqual(dead, {"destination": "one", "event_id": "e-0",
                                    "event_type": "session.create", "position": 1,
                                    "attempts": 4, "outcome": "http_5xx"})
            self.assertEqual(receiver.ids("/x"), ["e-0"] * 4)
            self.status = 200
            self.call_of_owner(server, "enable", "one")
            receiver.wait_accepted(ids(1, 10), "/x")
            self.assertEqual(len(receiver.ids("/x")), 13)
            self.nothing_told_to_star(receiver, 10)


class Operator(Disabled):
    def test_enabled_false_until_it_is_true(self):
        self.status = 200
        with Judging(self.judge) as receiver:
            server = self.start(receiver, disabled=True)
            server.wait_metric(DISABLED, 1)
            self.passed_by(server, receiver, 0, 10)
            self.assertEqual(self.told(receiver, "destination.disabled", 1), [
                {"destination": "one", "reason": "operator", "deliveries_kept": True}])
            self.assertEqual(server.stop(), 0)
            server = self.server()
            self.passed_by(server, receiver, 10, 20)
            self.assertEqual(receiver.ids("/x"), [])
            self.reload(server, receiver, disabled=False)
            self.arrives_again(server, receiver, 20)
            self.assertEqual(receiver.ids("/x"), ids(0, 20))

    def test_while_it_runs(self):
        self.status = 200
        with Judging(self.judge) as receiver:
            server = self.start(receiver)
            self.passed_by(server, receiver, 0, 10)
            receiver.wait_accepted(ids(0, 10), "/x")
            self.reload(server, receiver, disabled=True)
            self.told(receiver, "destination.disabled", 1)
            self.passed_by(server, receiver, 10, 20)
            self.assertEqual(receiver.ids("/x"), ids(0, 10))
            self.reload(server, receiver)
            self.arrives_again(server, receiver, 20)
            self.assertEqual(receiver.ids("/x"), ids(0, 20))


if __name__ == "__main__":
    unittest.main()
