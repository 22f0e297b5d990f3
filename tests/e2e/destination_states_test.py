"""What the API tells of a destination, and does with it, beside its configuration: tests, states."""

import base64
import json
import unittest

from control_api_test import ACME, DESTINATIONS, NAME, READER, ControlApi, signed_by
from harness import header

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


if __name__ == "__main__":
    unittest.main()
