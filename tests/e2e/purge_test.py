"""Deliveries that are given up by a call: what waits, what is dead, also amid a kill."""

import threading
import unittest

from control_api_test import ACME, DESTINATIONS, NAME, READER
from harness import all_come, eventually, header
from replay_test import DELIVERIES, OPERATIONS, TARGET, Replay
from scripted import Scripted

OTHER = NAME.replace("orders", "other")


class Purge(Replay):
    def begin_with_two(self, receiver, delay="1h", order=None):
        """A destination that is purged, and one beside it."""
        retry = {"retry": {"delays": [delay], "jitter": 0}, "breaker": {"off": True}}
        self.write_config(
            [{"name": NAME, "url": receiver.url(TARGET), **retry, **(order or {})},
             {"name": OTHER, "url": receiver.url("/other")}],
            [{"name": "tenants/acme/subscriptions/all", "types": ["session.*"],
              "destinations": [NAME, OTHER]}],
            access={"tokens": self.TOKENS})
        self.carillond = self.server()

    def pause(self, on=True):
        self.call(DESTINATIONS + ("PauseDestination" if on else "ResumeDestination"),
                  {"name": NAME})

    def purge(self, filter="*", status=200, token=ACME, parent=NAME, **more):
        return self.call(DELIVERIES + "PurgeDeliveries",
                         {"parent": parent, "filter": filter, **more}, token, status)

    def purged(self, filter="*", **more):
        """Purges, and returns how many were given up."""
        end = self.wait_operation(self.purge(filter, **more)["operation"]["name"])
        self.assertEqual((end["state"], end["kind"]), ("SUCCEEDED", "PURGE"), end)
        return int(end.get("processedCount", "0"))

    def counted(self, filter="*"):
        return int(self.purge(filter, validateOnly=True).get("matchedCount", "0"))

    def sent(self, receiver, target=TARGET):
        return [header(r, "webhook-id") for r in receiver.at(target)]

    def publish_many(self, first, count):
        for begin in range(first, first + count, 500):
            self.publish(*range(begin, min(begin + 500, first + count)))


class Waiting(Purge):
    def test_a_backlog_that_was_never_tried_is_given_up(self):
        with Scripted() as receiver:
            self.begin_with_two(receiver)
            self.pause()
            self.publish(*range(1, 31))
            receiver.wait("/other", 30)
            self.assertEqual(self.counted("state = QUEUED"), 30)
            self.assertEqual(self.counted('event_id = "evt-3"'), 1)
            self.assertEqual(self.counted("state = SCHEDULED"), 0)
            self.assertEqual(self.purged("state = QUEUED"), 30)
            self.assertEqual(self.counted(), 0)
            status = self.call(DESTINATIONS + "GetDestination", {"name": NAME}, READER)["status"]
            self.assertNotIn("queuedCount", status)
            self.publish(31)
            self.pause(False)
            receiver.wait(TARGET, 1)
            self.carillond.settled()
            self.carillond.kill()
            self.carillond = self.server()
            self.publish(32)
            receiver.wait(TARGET, 2)
            self.assertEqual(self.sent(receiver), ["evt-31", "evt-32"])

    def test_what_waits_for_a_retry_or_behind_one_is_given_up(self):
        with Scripted({TARGET: [(500, {}), (200, {})]}) as receiver:
            self.begin_with_two(receiver, order={"order": {"by": "strict"}})
            self.publish(*range(1, 6))
            found = self.wait_for("state = SCHEDULED")
            self.carillond.settled(1)
            self.assertEqual(self.counted(), 5)
            self.assertEqual(self.purged("state = SCHEDULED"), 1)
            # The others go on behind it.
            receiver.wait(TARGET, 5)
            self.assertEqual(self.sent(receiver)[1:], [f"evt-{n}" for n in range(2, 6)])
            self.assertNotIn("deliveries", self.list(filter="state = SCHEDULED"))
            name = found[0]["name"]
            answer = self.call(DELIVERIES + "GetDelivery", {"name": name}, READER, 404)
            self.assertEqual(answer.reason, "RESOURCE_NOT_FOUND")
            attempts = self.list("Attempts", parent=name)["attempts"]
            self.assertEqual([a["number"] for a in attempts], [1])


class Dead(Purge):
    def test_dead_letters_are_forgotten_also_after_a_kill(self):
        well = threading.Event()
        with Scripted({TARGET: [lambda: (200 if well.is_set() else 500, {})]}) as receiver:
            self.begin_with_two(receiver, delay="10ms")
            self.publish(*range(1, 11))
            self.wait_dead(10)
            self.assertEqual(self.counted("state = DEAD"), 10)
            only = 'state = DEAD AND event_id = "evt-3"'
            name = self.list(filter=only)["deliveries"][0]["name"]
            self.assertEqual(self.purged(only), 1)
            self.assertEqual(self.purged("outcome = OUTCOME_HTTP_5XX"), 9)
            for _ in range(2):
                self.assertNotIn("deliveries", self.list(filter="state = DEAD"))
                for method in ("GetDelivery", "ResendDelivery"):
                    answer = self.call(DELIVERIES + method, {"name": name}, status=404)
                    self.assertEqual(answer.reason, "RESOURCE_NOT_FOUND")
                self.carillond.kill()
                self.carillond = self.server()
            well.set()
            before = len(self.sent(receiver))
            end = self.wait_operation(self.replay(filter='id = "evt-3"')["operation"]["name"])
            self.assertEqual(end["processedCount"], "1")
            receiver.wait(TARGET, before + 1)
            [again] = self.wait_for("state = DELIVERED")
            self.assertEqual((again["name"], again["attemptCount"]), (name, 3))

    def test_what_is_held_behind_one_goes_on(self):
        answers = [(500, {}), (500, {}), (200, {})]
        with Scripted({TARGET: answers}) as receiver:
            self.begin_with_two(receiver, delay="10ms",
                                order={"order": {"by": "strict", "after_dead": "hold"}})
            self.publish(1, 2, 3)
            self.wait_dead()
            self.assertEqual(self.counted("state = HELD"), 2)
            self.assertEqual(self.purged("state = DEAD"), 1)
            receiver.wait(TARGET, 4)
            self.assertEqual(self.sent(receiver)[2:], ["evt-2", "evt-3"])


class Killed(Purge):
    def test_amid_a_purge_nothing_else_is_lost(self):
        with Scripted() as receiver:
            self.begin_with_two(receiver)
            self.pause()
            count, first = 2500, 1
            for _ in range(3):
                self.publish_many(first, count)
                name = self.purge()["operation"]["name"]
                self.publish(first + count)  # accepted later
                self.carillond.kill()
                self.carillond = self.server()
                end = self.wait_operation(name)
                self.assertEqual(end["state"], "SUCCEEDED", end)
                first += count + 1
            later = [f"evt-{n}" for n in range(count + 1, first, count + 1)]
            self.pause(False)
            eventually(lambda: later[-1] in self.sent(receiver),
                       lambda: f"the last: {self.sent(receiver)[-5:]}")
            # The last two were accepted before the next purge began.
            self.assertEqual(self.sent(receiver), later[-1:])
            all_come(lambda: len(set(self.sent(receiver, "/other"))), first - 1, "at the other")


class Refused(Purge):
    def test_who_may_not_and_what_makes_no_sense(self):
        with Scripted() as receiver:
            self.begin_with_two(receiver)
            self.purge(token=READER, status=403)
            answer = self.purge(parent=NAME.replace("acme", "other"), status=403)
            self.assertEqual(answer.reason, "TENANT_FORBIDDEN")
            answer = self.call(DELIVERIES + "PurgeDeliveries", {"parent": NAME}, status=400)
            self.assertEqual(answer.reason, "FIELD_INVALID")
            answer = self.purge("colour = 1", status=400)
            self.assertEqual(answer.reason, "FILTER_INVALID")
            first = self.purge(requestId="once")
            self.assertEqual(self.purge(requestId="once"), first)


class Outcomes(Purge):
    def test_an_operation_tells_what_came_of_its_deliveries(self):
        well = threading.Event()
        with Scripted({TARGET: [lambda: (200 if well.is_set() else 500, {})]}) as receiver:
            self.begin_with_two(receiver, delay="10ms")
            self.publish(*range(1, 6))
            self.wait_dead(5)

            def outcomes(name, delivered, dead):
                def look():
                    told = self.call(OPERATIONS + "GetOperation", {"name": name}, READER)
                    return (told.get("deliveredCount"), told.get("deadCount")) == (delivered, dead)
                eventually(look, lambda: self.call(OPERATIONS + "GetOperation", {"name": name}))

            again = self.call(DELIVERIES + "ResendDeliveries",
                              {"parent": NAME, "filter": "state = DEAD"})["operation"]["name"]
            outcomes(again, None, "5")
            well.set()
            replayed = self.replay()["operation"]["name"]
            outcomes(replayed, "5", None)
            self.carillond.kill()
            self.carillond = self.server()
            outcomes(again, None, "5")
            outcomes(replayed, "5", None)


if __name__ == "__main__":
    unittest.main()
