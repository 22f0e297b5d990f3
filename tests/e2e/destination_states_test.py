"""What the API tells of a destination, and does with it, beside its configuration: tests, states."""

import base64
import json
import unittest

from control_api_test import (ACME, DESTINATIONS, MASTER, NAME, READER, SUBSCRIPTIONS, ControlApi,
                              signed_by)
from harness import eventually, header, session
from json_api_test import PUBLISH, event

SAMPLE = "eventTypes/session.create"


class Testing(ControlApi):
    def send_one(self, name, token=ACME, status=200, **more):
        request = {"name": name, "eventType": SAMPLE, **more}
        return self.call(DESTINATIONS + "TestDestination", request, token, status)

    def test_one_of_the_api_gets_a_full_sample_and_the_caller_what_it_answered(self):
        receiver = self.sink()
        self.begin()
        made = self.create(receiver.url("/status/503"))
        attempt = self.send_one(NAME)["attempt"]
        self.assertEqual(attempt["outcome"], "OUTCOME_HTTP_5XX")
        self.assertEqual(attempt["response"]["status"], 503)
        self.assertIn("total", attempt["phases"])
        self.assertIn("connect", attempt["phases"])
        record = receiver.wait_records(1)[0]
        self.assertEqual(header(record, "webhook-test"), "true")
        self.assertEqual(header(record, "webhook-id"), attempt["webhookId"])
        self.assertTrue(signed_by(record, made["keys"][0]["secret"]["value"]))
        sent = json.loads(record["body"])
        self.assertEqual(sent["type"], "session.create")
        self.assertEqual(sorted(sent["data"]),
                         ["action", "customerid", "location", "stations", "uuid"])
        self.assertEqual(base64.b64decode(attempt["request"]["body"]).decode(), record["body"])
        # Nothing of it counts, and nothing is tried again.
        metrics = self.carillond.metrics()
        counted = {name: value for name, value in metrics.items()
                   if name.startswith(("carillon_attempts_total", "carillon_destination_attempts"))}
        self.assertEqual(sum(counted.values()), 0, counted)
        self.assertEqual(len(receiver.records()), 1)

    def test_one_of_the_file_and_one_of_nobody_yet(self):
        receiver = self.sink()
        self.begin([{"name": NAME, "url": receiver.url("/ok")}])
        self.assertEqual(self.send_one(NAME)["attempt"]["outcome"], "OUTCOME_SUCCESS")
        answer = self.call(DESTINATIONS + "TestDestination", {
            "destination": {"name": "tenants/acme/destinations/new", "url": receiver.url("/ok")},
            "event": {"tenant": "acme", "type": "session.delete", "json": "{\"a\": 1}"}})
        self.assertEqual(answer["attempt"]["outcome"], "OUTCOME_SUCCESS")
        bodies = [json.loads(record["body"])["data"] for record in receiver.wait_records(2)]
        self.assertEqual(bodies[1], {"a": 1})
        listed = self.call(DESTINATIONS + "ListDestinations", {"parent": "tenants/acme"})
        self.assertEqual(len(listed["destinations"]), 1)

    def test_a_url_is_checked_before_it_is_used(self):
        receiver = self.sink()
        self.begin()

        def check(url, token=ACME, status=200):
            return self.call(DESTINATIONS + "CheckUrl", {"parent": "tenants/acme", "url": url},
                             token, status)

        url = receiver.url("/ok")
        answer = check(url + "#fragment")
        self.assertEqual((answer["url"], answer["allowed"]), (url, True))
        self.assertEqual(answer["addresses"], [{"address": "127.0.0.1", "allowed": True}])
        answer = check("http://10.1.2.3:22/")
        self.assertNotIn("allowed", answer)
        self.assertIn("guard.allow_networks", answer["message"])
        self.assertIn("private use", answer["addresses"][0]["message"])
        self.assertEqual(check("ftp://a.example/", status=400).reason, "FIELD_INVALID")
        self.assertEqual(check(url, READER, 403).reason, "ROLE_FORBIDDEN")

    def test_a_silent_receiver_is_told_within_the_callers_time(self):
        receiver = self.sink()
        self.begin()
        self.create(receiver.url("/hang"))
        answer = self.post(DESTINATIONS + "TestDestination", {"name": NAME, "eventType": SAMPLE},
                           f"Authorization: Bearer {ACME}", "Connect-Timeout-Ms: 2000")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json["attempt"]["outcome"], "OUTCOME_RESPONSE_TIMEOUT")
        self.assertIn("deadline", answer.json["attempt"]["message"])

    def test_a_repetition_sends_nothing(self):
        receiver = self.sink()
        self.begin()
        self.create(receiver.url("/ok"))
        first = self.send_one(NAME, requestId="once")
        self.assertEqual(self.send_one(NAME, requestId="once"), first)
        self.assertEqual(len(receiver.records()), 1)

    def test_who_may(self):
        self.begin()
        self.create("http://127.0.0.1:9/")
        self.assertEqual(self.send_one(NAME, READER, 403).reason, "ROLE_FORBIDDEN")
        self.assertEqual(self.send_one("tenants/bell/destinations/orders", ACME, 403).reason,
                         "TENANT_FORBIDDEN")


class States(ControlApi):
    def change(self, what, status=200, name=NAME, **more):
        return self.call(DESTINATIONS + what + "Destination", {"name": name, **more}, ACME, status)

    def fares(self, name=NAME):
        """State, and why: reason, what was said, who, and when a pause ends."""
        found = self.call(DESTINATIONS + "GetDestination", {"name": name}, READER)
        status = found["status"]
        return (found["state"], *(status.get(member) for member in
                                  ("reason", "message", "principal", "pauseEndTime")))

    def passed_by(self, receiver, number):
        """Publishes, and waits until another destination has got it."""
        self.publish_one(number)
        self.comes(receiver, number, "/ok/witness")

    def comes(self, receiver, number, path="/ok/orders"):
        """Waits for an event, whatever else has come, or came twice over a crash."""
        eventually(lambda: f"evt-{number}" in {header(r, "webhook-id")
                                              for r in receiver.records(path)},
                   f"evt-{number} at {path}")

    def test_disabled_and_enabled_by_calls_also_over_a_crash(self):
        receiver = self.sink()
        self.begin()
        made = self.create(receiver.url("/ok/orders"))
        self.call(DESTINATIONS + "CreateDestination", {
            "parent": "tenants/acme", "destinationId": "witness",
            "destination": {"url": receiver.url("/ok/witness")}})
        self.call(SUBSCRIPTIONS + "CreateSubscription", {
            "parent": "tenants/acme", "subscriptionId": "all",
            "subscription": {"types": ["session.*"], "destinations": ["orders", "witness"]}})
        self.passed_by(receiver, 1)
        self.comes(receiver, 1)
        disabled = self.change("Disable", reason="left")
        self.assertEqual((disabled["state"], disabled["etag"]), ("DISABLED", made["etag"]))
        self.passed_by(receiver, 2)
        self.carillond.kill()
        self.carillond = self.server(env={"MASTER_KEY": MASTER})
        self.passed_by(receiver, 3)
        self.assertEqual(len(receiver.records("/ok/orders")), 1)
        self.assertEqual(self.fares()[:3], ("DISABLED", "PRINCIPAL", "left"))
        self.assertEqual(self.change("Enable")["state"], "ACTIVE")
        self.comes(receiver, 3)  # what waited
        self.passed_by(receiver, 4)
        self.comes(receiver, 4)

    def begin_two(self, receiver):
        """One that is paused and enabled, and one that shows that time has passed."""
        self.begin()
        for name in ("orders", "witness"):
            self.call(DESTINATIONS + "CreateDestination", {
                "parent": "tenants/acme", "destinationId": name,
                "destination": {"url": receiver.url("/ok/" + name)}})
        self.call(SUBSCRIPTIONS + "CreateSubscription", {
            "parent": "tenants/acme", "subscriptionId": "all",
            "subscription": {"types": ["session.*"], "destinations": ["orders", "witness"]}})

    def test_paused_with_a_reason_also_over_a_crash_and_resumed(self):
        receiver = self.sink()
        self.begin_two(receiver)
        self.passed_by(receiver, 1)
        self.comes(receiver, 1)
        paused = self.change("Pause", reason="maintenance", requestId="p1")
        self.assertEqual(paused["state"], "PAUSED")
        self.carillond.kill()  # what was answered is durable
        self.carillond = self.server(env={"MASTER_KEY": MASTER})
        self.passed_by(receiver, 2)
        self.assertEqual(self.fares(),
                         ("PAUSED", "PRINCIPAL", "maintenance", "token:tokens/acme", None))
        self.assertEqual(self.change("Pause", reason="maintenance", requestId="p1"), paused)
        self.assertEqual(len(receiver.records("/ok/orders")), 1)
        self.assertEqual(self.change("Resume", reason="over")["state"], "ACTIVE")
        self.comes(receiver, 2)
        self.carillond.kill()
        self.carillond = self.server(env={"MASTER_KEY": MASTER})
        self.passed_by(receiver, 3)
        self.comes(receiver, 3)
        self.assertEqual(self.fares(), ("ACTIVE", "PRINCIPAL", "over", "token:tokens/acme", None))

    def test_a_pause_ends_by_itself_also_while_the_service_is_down(self):
        receiver = self.sink()
        self.begin_two(receiver)
        self.change("Pause", duration="2s")
        self.publish_one(1)
        self.comes(receiver, 1)
        self.assertEqual(self.fares()[0], "ACTIVE")
        self.change("Pause", duration="3600s")
        self.assertIsNotNone(self.fares()[4])
        self.change("Pause", duration="3s")
        self.publish_one(2)
        self.carillond.kill()
        self.carillond = self.server(env={"MASTER_KEY": MASTER})
        self.comes(receiver, 2)

    def test_what_a_dead_delivery_holds_is_released(self):
        receiver = self.sink()
        self.begin()
        self.create(receiver.url("/x"), retry={"none": True},
                    order={"by": "ORDERING_KEY", "afterDead": "AFTER_DEAD_HOLD"})
        self.subscribe()
        receiver.set_mode("/x", "status/500")
        keyed = {"tenant": "acme", "orderingKey": "k"}
        self.call(PUBLISH, {"events": [event(1, **keyed)]})
        self.carillond.wait_metric("carillon_dead_total", 1)
        receiver.set_mode("/x", "ok")
        self.call(PUBLISH, {"events": [event(2, **keyed)]})

        def held():
            found = self.call(DESTINATIONS + "GetDestination", {"name": NAME})
            return found["status"].get("parkedCount") == "1"

        eventually(held, "the second one is held")
        self.assertEqual(len(receiver.records()), 1)
        self.assertEqual(self.change("Release", orderingKey="other"), {})
        self.assertEqual(self.change("Release", requestId="r1"), {"releasedDeliveryCount": "1"})
        receiver.wait_records(2)
        self.assertEqual(self.change("Release", requestId="r1"), {"releasedDeliveryCount": "1"})

    def test_what_is_disabled_is_neither_paused_nor_resumed(self):
        self.begin()
        self.create("http://127.0.0.1:9/")
        self.change("Disable", reason="gone for good")
        for method in ("Pause", "Resume"):
            self.assertEqual(self.change(method, 400).reason, "STATE_CONFLICT")
            self.assertEqual(self.change(method, 400, validateOnly=True).reason, "STATE_CONFLICT")
        self.change("Enable", validateOnly=True)
        self.assertEqual(self.fares()[:3], ("DISABLED", "PRINCIPAL", "gone for good"))

    def test_one_of_the_file_after_a_410(self):
        receiver = self.sink()
        self.write_config([{"name": NAME, "url": receiver.url("/x")}],
                          [{"name": "tenants/acme/subscriptions/all", "types": ["session.*"],
                            "destinations": ["orders"]}],
                          access={"tokens": self.TOKENS})
        receiver.set_mode("/x", "status/410")
        self.carillond = self.server()
        self.publish_one(1)
        receiver.wait_records(1)
        self.carillond.wait_gauge('carillon_destinations{state="disabled"}', 1)
        receiver.set_mode("/x", "ok")
        gone = self.call(DESTINATIONS + "GetDestination", {"name": NAME}, READER)
        status = gone["status"]
        self.assertEqual((gone["state"], status["reason"]), ("DISABLED", "GONE"))
        self.assertEqual(status["lastResponseStatus"], 410)
        self.assertEqual(status["lastOutcome"], "OUTCOME_HTTP_4XX")
        self.assertLessEqual(status["failingSince"], status["stateTime"])
        self.assertNotIn("lastSuccessTime", status)
        self.assertEqual(status["parkedCount"], "1")
        self.assertEqual(self.change("Enable")["state"], "ACTIVE")
        self.publish_one(2)
        eventually(lambda: len(receiver.records()) >= 2, "it is sent to again")

    def test_a_list_says_how_they_fare_and_can_be_filtered_by_it(self):
        receiver = self.sink()
        self.begin()
        for name, mode in (("good", "/ok"), ("down", "/status/503"), ("off", "/ok")):
            self.call(DESTINATIONS + "CreateDestination", {
                "parent": "tenants/acme", "destinationId": name, "destination": {
                    "url": receiver.url(mode),
                    "breaker": {"consecutiveFailures": 1, "delay": "3600s", "maxDelay": "3600s"}}})
        self.call(SUBSCRIPTIONS + "CreateSubscription", {
            "parent": "tenants/acme", "subscriptionId": "all",
            "subscription": {"types": ["session.*"], "destinations": ["good", "down", "off"]}})
        self.change("Disable", name="tenants/acme/destinations/off")
        self.publish_one(1)

        def listed(**more):
            answer = self.call(DESTINATIONS + "ListDestinations",
                               {"parent": "tenants/acme", **more}, READER)
            return {one["name"].rsplit("/", 1)[1]: one for one in answer.get("destinations", [])}

        eventually(lambda: list(listed(filter="status.circuit = OPEN")) == ["down"],
                   "the circuit of the one that is down is open")
        eventually(lambda: list(listed(filter="status.last_outcome = OUTCOME_SUCCESS")) == ["good"],
                   "the other one is known to be well")
        found = listed()
        self.assertEqual({name: one["state"] for name, one in found.items()},
                         {"good": "ACTIVE", "down": "ACTIVE", "off": "DISABLED"})
        self.assertIn("lastSuccessTime", found["good"]["status"])
        self.assertIn("circuitProbeTime", found["down"]["status"])
        self.assertEqual(found["down"]["status"]["parkedCount"], "1")
        self.assertEqual(found["off"]["status"]["reason"], "PRINCIPAL")
        self.assertTrue(found["off"]["status"]["behind"])
        self.assertEqual(list(listed(orderBy="status.parked_count desc"))[0], "down")

    def test_what_the_file_disables_stays_disabled(self):
        self.begin([{"name": NAME, "url": "http://127.0.0.1:9/", "disabled": True}])
        self.assertEqual(self.change("Enable", 400).reason, "DISABLED_BY_FILE")
        found = self.call(DESTINATIONS + "GetDestination", {"name": NAME})
        self.assertEqual((found["state"], found["status"]["reason"]), ("DISABLED", "CONFIGURED"))

    def test_who_may(self):
        self.begin()
        self.create("http://127.0.0.1:9/")
        for method in ("Enable", "Disable", "Pause", "Resume", "Release"):
            answer = self.call(DESTINATIONS + method + "Destination", {"name": NAME}, READER, 403)
            self.assertEqual(answer.reason, "ROLE_FORBIDDEN")
            other = "tenants/bell/destinations/orders"
            self.assertEqual(self.change(method, 403, other).reason, "TENANT_FORBIDDEN")


class Previews(ControlApi):
    def preview(self, token=READER, status=200, parent="tenants/acme", **subscription):
        return self.call(SUBSCRIPTIONS + "PreviewSubscription", {
            "parent": parent, "subscription": {"destinations": ["orders"], **subscription}},
            token, status)

    def test_it_says_what_would_have_matched_and_the_same_is_delivered_then(self):
        receiver = self.sink()
        self.begin()
        self.create(receiver.url("/ok"))
        for number, location in ((1, "Graz"), (2, "Kamen"), (3, "Graz")):
            self.call(PUBLISH, {"events": [
                event(number, tenant="acme", session=session(number, location=location))]})
        wanted = {"types": ["session.*"],
                  "filter": {"payload": "location", "equals": {"stringValue": "Kamen"}}}
        told = self.preview(**wanted)
        self.assertEqual((told["scannedCount"], told["matchedCount"]), (3, 1))
        self.assertEqual([result.get("failedCondition") for result in told["results"]],
                         ["filter.equals", None, "filter.equals"])
        self.assertEqual(told["results"][0]["foundValue"], "Graz")
        self.assertEqual(self.call(SUBSCRIPTIONS + "ListSubscriptions",
                                   {"parent": "tenants/acme"}).get("subscriptions"), None)
        self.assertEqual(self.preview(types=["sync.*"]).get("matchedCount"), None)
        self.assertEqual(self.preview(types=["nothing.*"], status=400).reason, "FIELD_INVALID")

    def test_who_may(self):
        self.begin()
        self.create("http://127.0.0.1:9/")
        self.preview(types=["*"])
        self.assertEqual(self.preview(types=["*"], parent="tenants/bell", status=403).reason,
                         "TENANT_FORBIDDEN")

    def test_a_deletion_says_first_how_much_is_given_up(self):
        receiver = self.sink()
        self.begin()
        self.create(receiver.url("/status/503"),
                    breaker={"consecutiveFailures": 1, "delay": "3600s", "maxDelay": "3600s"})
        self.subscribe()
        self.publish_one(1)
        receiver.wait_records(1)
        self.publish_one(2)
        self.publish_one(3)
        request = {"name": NAME, "force": True, "validateOnly": True}

        def told():
            answer = self.call(DESTINATIONS + "DeleteDestination", request)
            return (answer.get("abandonedDeliveryCount"), answer.get("untriedDeliveryCount"),
                    answer.get("deletedSubscriptions"))

        expected = ("3", "2", ["tenants/acme/subscriptions/all"])
        eventually(lambda: told() == expected, "one was tried, two were not")
        self.call(DESTINATIONS + "DisableDestination", {"name": NAME})
        eventually(lambda: told() == expected, "also where they lie in the journal")
        self.call(DESTINATIONS + "GetDestination", {"name": NAME})
        self.call(DESTINATIONS + "DeleteDestination", {"name": NAME, "force": True})
        self.carillond.wait_metric("carillon_dead_total", 3)


if __name__ == "__main__":
    unittest.main()
