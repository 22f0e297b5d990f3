"""Events that were accepted: one, lists of them, and why they go where they go."""

import unittest

from cli_test import NOT_FOUND, WRONG_INPUT, Cli
from control_api_test import ACME, NAME, OPERATOR, READER
from delivery_log_test import DeliveryLog, Talking
from harness import eventually
from json_api_test import PUBLISH, event

EVENTS = "carillon.v1.EventService/"


class Looking(DeliveryLog):
    def list_events(self, parent="tenants/acme", token=READER, status=200, **more):
        return self.call(EVENTS + "ListEvents", {"parent": parent, **more}, token, status)

    def get(self, name, status=200, token=READER, **more):
        return self.call(EVENTS + "GetEvent", {"name": "tenants/acme/events/" + name, **more},
                         token, status)

    def explain(self, name):
        answer = self.call(EVENTS + "ExplainEvent", {"name": "tenants/acme/events/" + name}, READER)
        return {route["destination"].rsplit("/", 1)[-1]: route for route in answer["routes"]}

    def test_events_are_found_listed_and_there_after_a_crash(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver)
            self.publish(*range(1, 8))
            self.call(PUBLISH, {"events": [event(9, tenant="other")]}, OPERATOR)
            one = self.get("evt-3")
            self.assertEqual(one["name"], "tenants/acme/events/evt-3@3")
            self.assertEqual((one["id"], one["position"], one["type"]), ("evt-3", "3", "session.create"))
            self.assertEqual(len(one["json"]), one["payloadBytes"])
            self.assertEqual(self.get("evt-3@3"), one)
            self.assertNotIn("json", self.get("evt-3", view="EVENT_VIEW_BASIC"))
            self.assertEqual(self.get("evt-3@4", 404).reason, "RESOURCE_NOT_FOUND")
            self.assertEqual(self.get("evt-9", 404).reason, "RESOURCE_NOT_FOUND")

            newest = [e["id"] for e in self.list_events()["events"]]
            self.assertEqual(newest, [f"evt-{i}" for i in range(7, 0, -1)])
            first = self.list_events(pageSize=4, orderBy="accept_time")
            self.carillond.kill()
            self.carillond = self.server()
            rest = self.list_events(pageSize=4, orderBy="accept_time",
                                    pageToken=first["nextPageToken"])
            self.assertEqual([e["id"] for e in first["events"] + rest["events"]],
                             list(reversed(newest)), "a token survives a restart")
            self.assertEqual(self.get("evt-3"), one)
            found = self.list_events(filter='id = "evt-2" OR position >= 7', view="EVENT_VIEW_FULL")
            self.assertEqual([e["id"] for e in found["events"]], ["evt-7", "evt-2"])
            self.assertIn("json", found["events"][0])
            before = found["events"][0]["acceptTime"]
            self.assertNotIn("events", self.list_events(filter=f'accept_time > "{before}"'))
            self.assertEqual(len(self.list_events("tenants/-", OPERATOR)["events"]), 8)
            self.assertEqual(self.list_events("tenants/other", status=403).reason, "TENANT_FORBIDDEN")
            self.assertEqual(self.list_events(filter="json = 1", status=400).reason, "FILTER_INVALID")

    def test_an_event_is_explained_as_it_was_delivered(self):
        with Talking([200]) as receiver:
            def to(name):
                return {"name": "tenants/acme/destinations/" + name, "url": receiver.url("/" + name)}

            def subscription(name, **more):
                return {"name": "tenants/acme/subscriptions/" + name, "types": ["session.*"],
                        "destinations": ["tenants/acme/destinations/" + name], **more}

            self.write_config(
                [to("a"), to("filtered"), to("off"), to("other"), to("nothing")],
                [subscription("a"), subscription("off", disabled=True),
                 subscription("filtered", filter={"payload": "location", "equals": "Nowhere"}),
                 subscription("other", types=["list.*"])],
                access={"tokens": self.TOKENS})
            self.carillond = self.server()
            self.publish(1)
            self.wait_for_delivery()
            routes = self.explain("evt-1")
            self.assertEqual({name: route["reason"] for name, route in routes.items()},
                             {"a": "MATCHED", "filtered": "FILTER_NOT_MET",
                              "off": "SUBSCRIPTION_DISABLED", "other": "TYPE_NOT_SUBSCRIBED",
                              "nothing": "TYPE_NOT_SUBSCRIBED"})
            self.assertEqual(routes["a"]["delivery"], "tenants/acme/destinations/a/deliveries/1")
            self.assertEqual(routes["filtered"]["failedCondition"], "filter.equals")
            delivered = self.list(parent="tenants/acme/destinations/-")["deliveries"]
            self.assertEqual({d["name"] for d in delivered},
                             {r["delivery"] for r in routes.values() if "delivery" in r})
            # Nothing would send it there any more.
            self.write_config([to("a")], [], access={"tokens": self.TOKENS})
            eventually(lambda: self.explain("evt-1")["a"]["reason"] == "CHANGED_SINCE",
                       "the subscription is gone")

    def wait_for_delivery(self):
        eventually(lambda: self.list(parent="tenants/acme/destinations/-",
                                     filter="state = DELIVERED").get("deliveries"), "a delivery")

    def test_without_the_delivery_log_events_can_be_looked_at_all_the_same(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver, enabled=False)
            self.publish(1)
            self.assertEqual(self.get("evt-1", token=ACME)["position"], "1")
            route = self.explain("evt-1")[NAME.rsplit("/", 1)[-1]]
            self.assertEqual(route["reason"], "MATCHED")
            self.assertNotIn("delivery", route)


class CommandLine(Cli):
    def test_events_on_the_command_line(self):
        receiver = self.sink()
        self.begin()
        self.cli("destinations", "create", "orders", "--url", receiver.url("/ok"))
        self.cli("destinations", "create", "bills", "--url", receiver.url("/ok"))
        self.cli("subscriptions", "create", "all", "--type", "session.*", "--destination", "orders")
        self.publish_one(1)
        receiver.wait_records(1)
        listed = self.out("events", "list")
        self.assertRegex(listed, r"(?m)^NAME +TYPE +ACCEPTED +BYTES$")
        self.assertRegex(listed, r"(?m)^evt-1@1 +session\.create +20\S+ +\d+$")
        self.assertEqual(self.out("events", "list", "--filter", 'id = "evt-1"', "-o", "name"),
                         "tenants/acme/events/evt-1@1\n")
        self.assertIn('"json"', self.out("events", "get", "evt-1", "-o", "json"))
        eventually(lambda: "\ndeliveries:\n" in self.out("events", "describe", "evt-1"),
                   "the deliveries of an event")
        told = self.out("events", "explain", "evt-1")
        self.assertRegex(told, r"(?m)^orders +matched +all +1$")
        self.assertRegex(told, r"(?m)^bills +type_not_subscribed$")
        self.error("events", "get", "evt-2", code=NOT_FOUND)
        self.error("events", "explain", "evt-1@x", code=WRONG_INPUT)


if __name__ == "__main__":
    unittest.main()
