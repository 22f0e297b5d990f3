"""Deliveries that are made again: one by its name, a part of the journal by an operation."""

import threading
import unittest

from control_api_test import ACME, NAME, OPERATOR, READER
from delivery_log_test import DELIVERIES, DeliveryLog
from harness import eventually, header
from scripted import Scripted

OPERATIONS = "carillon.v1.OperationService/"
TARGET = "/hooks?key=hidden"


class Replay(DeliveryLog):
    def begin_with(self, receiver, delay="100ms"):
        self.write_config(
            [{"name": NAME, "url": receiver.url(TARGET),
              "retry": {"delays": [delay], "jitter": 0}}],
            [{"name": "tenants/acme/subscriptions/all", "types": ["session.*"],
              "destinations": [NAME]}],
            access={"tokens": self.TOKENS})
        self.carillond = self.server()

    def ids(self, receiver):
        return [header(r, "webhook-id") for r in receiver.at(TARGET)]

    def operation(self, name):
        return self.call(OPERATIONS + "GetOperation", {"name": name}, READER)

    def wait_operation(self, name):
        """The operation at its end."""
        def look():
            told = self.call(OPERATIONS + "WaitOperation", {"name": name, "timeout": "30s"}, READER)
            return told if told.get("done") else None
        return eventually(look, lambda: f"its end: {self.operation(name)}")

    def replay(self, token=ACME, **more):
        return self.call(DELIVERIES + "ReplayEvents", {"destination": NAME, **more}, token)


class One(Replay):
    def test_a_dead_one_goes_again_with_its_id(self):
        well = threading.Event()
        with Scripted({TARGET: [lambda: (200 if well.is_set() else 500, {})]}) as receiver:
            self.begin_with(receiver)
            self.publish(1)
            name = self.wait_dead()[0]["name"]
            well.set()
            before = len(self.ids(receiver))
            self.call(DELIVERIES + "ResendDelivery", {"name": name}, READER, 403)
            again = {"name": name, "requestId": "once"}
            answer = self.call(DELIVERIES + "ResendDelivery", again)
            self.assertEqual(answer["state"], "SCHEDULED")
            self.assertEqual(self.call(DELIVERIES + "ResendDelivery", again), answer)
            receiver.wait(TARGET, before + 1)
            self.wait_for("state = DELIVERED")
            self.assertEqual(self.ids(receiver)[before:], ["evt-1"])
            delivery = self.call(DELIVERIES + "GetDelivery", {"name": name}, READER)
            self.assertEqual((delivery["state"], delivery["trigger"]), ("DELIVERED", "RESEND"))
            self.assertEqual([(a["number"], a["trigger"]) for a in delivery["attempts"]],
                             [(3, "RESEND"), (2, "PUBLISH"), (1, "PUBLISH")])

    def test_a_retry_is_brought_forward(self):
        with Scripted({TARGET: [(500, {}), (200, {})]}) as receiver:
            self.begin_with(receiver, delay="1h")
            self.publish(1)
            name = self.wait_for("state = SCHEDULED")[0]["name"]
            self.carillond.settled()
            self.call(DELIVERIES + "ResendDelivery", {"name": name})
            self.wait_for("state = DELIVERED")
            self.assertEqual(self.ids(receiver), ["evt-1", "evt-1"])


class Many(Replay):
    def test_dead_letters_are_sent_again_by_a_filter(self):
        well = threading.Event()
        with Scripted({TARGET: [lambda: (200 if well.is_set() else 500, {})]}) as receiver:
            self.begin_with(receiver)
            self.publish(*range(1, 31))
            self.wait_dead(30)
            dead = {"parent": NAME, "filter": "state = DEAD"}
            counted = self.call(DELIVERIES + "ResendDeliveries", {**dead, "validateOnly": True})
            self.assertEqual(counted["matchedCount"], "30")
            answer = self.call(DELIVERIES + "ResendDeliveries", {"parent": NAME}, status=400)
            self.assertEqual(answer.reason, "FIELD_INVALID")
            well.set()
            before = len(self.ids(receiver))
            begun = self.call(DELIVERIES + "ResendDeliveries", {**dead, "maxRate": 500})
            end = self.wait_operation(begun["operation"]["name"])
            self.assertEqual((end["state"], end["processedCount"]), ("SUCCEEDED", "30"))
            self.wait_for("state = DELIVERED", 30)
            self.assertNotIn("deliveries", self.list(filter="state = DEAD"))
            again = self.ids(receiver)[before:]
            self.assertEqual(sorted(again), sorted(f"evt-{n}" for n in range(1, 31)))


class Range(Replay):
    def test_a_range_is_counted_then_delivered_again(self):
        with Scripted() as receiver:
            self.begin_with(receiver)
            self.publish(*range(1, 8))
            receiver.wait(TARGET, 7)
            two = 'id = "evt-3" OR id = "evt-5"'
            counted = self.replay(validateOnly=True, filter=two)
            self.assertEqual(counted["matchedCount"], "2")
            self.assertEqual(len(counted["sample"]), 2)
            begun = self.replay(filter=two)
            end = self.wait_operation(begun["operation"]["name"])
            self.assertEqual((end["state"], end["processedCount"], end["progress"]),
                             ("SUCCEEDED", "2", 1))
            receiver.wait(TARGET, 9)
            self.assertEqual(sorted(self.ids(receiver)[7:]), ["evt-3", "evt-5"])
            self.wait_for("state = DELIVERED", 7)
            missing = self.replay(validateOnly=True, selection="MISSING")
            self.assertNotIn("matchedCount", missing)
            listed = self.call(OPERATIONS + "ListOperations",
                               {"parent": "tenants/-", "filter": "done = true"}, OPERATOR)
            self.assertEqual([o["name"] for o in listed["operations"]], [end["name"]])

    def test_an_operation_keeps_what_it_was_asked(self):
        with Scripted() as receiver:
            self.begin_with(receiver)
            self.publish(1)
            receiver.wait(TARGET, 1)
            asked = {"filter": 'type = "session.*"', "selection": "MISSING", "maxRate": 7.5,
                     "startTime": "2026-01-02T03:04:05Z", "endTime": "2036-01-02T03:04:05.500Z"}
            begun = self.replay(requestId="once", **asked)["operation"]
            wanted = {"destination": NAME, **asked}
            self.assertEqual(begun["request"], wanted)
            resent = self.call(DELIVERIES + "ResendDeliveries",
                               {"parent": NAME, "filter": "state = DEAD"})["operation"]
            self.assertEqual(resent["request"], {"parent": NAME, "filter": "state = DEAD"})
            purged = self.call(DELIVERIES + "PurgeDeliveries",
                               {"parent": NAME, "filter": "*"})["operation"]
            self.assertEqual(purged["request"], {"parent": NAME, "filter": "*"})
            for operation in (begun, resent, purged):
                self.wait_operation(operation["name"])
            self.carillond.kill()
            self.carillond = self.server()
            self.assertEqual(self.operation(begun["name"])["request"], wanted)
            listed = self.call(OPERATIONS + "ListOperations", {"parent": "tenants/acme"}, READER)
            self.assertEqual({o["kind"]: o["request"] for o in listed["operations"]},
                             {"REPLAY": wanted, "RESEND": resent["request"],
                              "PURGE": purged["request"]})

    def test_what_only_a_replay_sent_is_explained_by_it(self):
        with Scripted() as receiver:
            destinations = [{"name": NAME, "url": receiver.url(TARGET)}]
            access = {"tokens": self.TOKENS}
            self.write_config(destinations, [], access=access)
            self.carillond = self.server()
            self.publish(1)
            self.write_config(destinations,
                              [{"name": "tenants/acme/subscriptions/late", "types": ["session.*"],
                                "destinations": [NAME]}], access=access)
            eventually(lambda: "matchedCount" in self.replay(validateOnly=True), "the subscription")
            self.wait_operation(self.replay()["operation"]["name"])
            receiver.wait(TARGET, 1)
            delivery = self.wait_for("state = DELIVERED")[0]
            self.assertEqual(delivery["trigger"], "REPLAY")

            def routes():
                told = self.call("carillon.v1.EventService/ExplainEvent",
                                 {"name": "tenants/acme/events/evt-1"}, READER)
                return [(route["reason"], route["delivery"]) for route in told["routes"]]

            self.assertEqual(routes(), [("MATCHED", delivery["name"])])
            self.write_config(destinations, [], access=access)
            eventually(lambda: routes() == [("REPLAYED", delivery["name"])], routes)

    def test_what_is_killed_again_and_again_skips_nothing(self):
        with Scripted() as receiver:
            self.begin_with(receiver)
            count = 400
            for first in range(1, count, 100):
                self.publish(*range(first, first + 100))
            receiver.wait(TARGET, count)
            # Slow enough that it is not over before it was killed, on any machine.
            name = self.replay(maxRate=10)["operation"]["name"]
            for _ in range(3):
                before = self.processed(name)
                eventually(lambda before=before: self.processed(name) > before + 5,
                           lambda: f"no progress: {self.operation(name)}")
                self.carillond.kill()
                self.carillond = self.server()
            self.assertEqual(self.operation(name)["state"], "RUNNING", "it ended before the kill")
            self.call(OPERATIONS + "UpdateOperation",
                      {"operation": {"name": name}, "updateMask": "max_rate"})
            end = self.wait_operation(name)
            self.assertEqual(end["state"], "SUCCEEDED", end)
            self.assertGreaterEqual(int(end["processedCount"]), count)

            def again():
                return len(set(self.ids(receiver)[count:]))
            eventually(lambda: again() == count, lambda: f"{again()} of {count} came again")

    def processed(self, name):
        return int(self.operation(name).get("processedCount", "0"))

    def test_is_paused_and_canceled_by_who_may(self):
        with Scripted() as receiver:
            self.begin_with(receiver)
            self.publish(*range(1, 21))
            receiver.wait(TARGET, 20)
            name = self.replay(maxRate=0.5)["operation"]["name"]
            self.call(OPERATIONS + "CancelOperation", {"name": name}, READER, 403)
            paused = self.call(OPERATIONS + "UpdateOperation",
                               {"operation": {"name": name, "paused": True}})
            self.assertEqual(paused["state"], "PAUSED")
            answer = self.call(OPERATIONS + "DeleteOperation", {"name": name}, status=400)
            self.assertEqual(answer.reason, "STATE_CONFLICT")
            canceled = self.call(OPERATIONS + "CancelOperation", {"name": name})
            self.assertEqual((canceled["state"], canceled["done"]), ("CANCELLED", True))
            self.call(OPERATIONS + "DeleteOperation", {"name": name})
            answer = self.call(OPERATIONS + "GetOperation", {"name": name}, status=404)
            self.assertEqual(answer.reason, "RESOURCE_NOT_FOUND")

    def test_nobody_replays_another_tenants(self):
        with Scripted() as receiver:
            self.begin_with(receiver)
            other = NAME.replace("acme", "other")
            answer = self.call(DELIVERIES + "ReplayEvents", {"destination": other}, ACME, 403)
            self.assertEqual(answer.reason, "TENANT_FORBIDDEN")
            name = "tenants/other/operations/1"
            answer = self.call(OPERATIONS + "GetOperation", {"name": name}, ACME, 403)
            self.assertEqual(answer.reason, "TENANT_FORBIDDEN")
            answer = self.call(DELIVERIES + "ReplayEvents",
                               {"destination": NAME, "filter": "payload = 1"}, status=400)
            self.assertEqual(answer.reason, "FILTER_INVALID")


if __name__ == "__main__":
    unittest.main()
