"""The wizards of two products, walked with curl in their order."""

import json
import shutil
import subprocess
import unittest

from control_api_test import ACME, DESTINATIONS, KEYS, SUBSCRIPTIONS, ControlApi, signed_by
from harness import eventually, header
from json_api_test import PUBLISH

DELIVERIES = "carillon.v1.DeliveryService/"


class Curl(ControlApi):
    def curl(self, method, message, code=200):
        """What a method answers, called as docs/administration.md shows it."""
        program = shutil.which("curl")
        self.assertIsNotNone(program, "curl is missing: scripts/install.sh test installs it")
        done = subprocess.run(
            [program, "-sS", "--max-time", "60", "-w", "\n%{http_code}",
             f"http://{self.carillond.admin_address}/{method}", "-H", f"Authorization: Bearer {ACME}",
             "-H", "Content-Type: application/json", "-d", json.dumps(message)],
            capture_output=True, text=True, check=True)
        body, _, status = done.stdout.rpartition("\n")
        self.assertEqual(int(status), code, body)
        return json.loads(body)

    def destination(self, url, **more):
        return self.curl(DESTINATIONS + "CreateDestination", {
            "parent": "tenants/acme", "destinationId": "erp", "destination": {"url": url, **more}})

    def subscription(self, **members):
        return self.curl(SUBSCRIPTIONS + "CreateSubscription", {
            "parent": "tenants/acme", "subscriptionId": "erp",
            "subscription": {"destinations": ["erp"], **members}})

    def publish_events(self, *events):
        self.curl(PUBLISH, {"events": [{"tenant": "acme", **event} for event in events]})


class SyncHub(Curl):
    def test_destination_secret_subscription_sample_real_event_signature(self):
        receiver = self.sink()
        self.begin()
        made = self.destination(receiver.url("/orders"), displayName="Orders to the ERP")
        secret = made["keys"][0]["secret"]["value"]
        self.subscription(types=["sync.run.completed"],
                          filter={"payload": "endpoint", "equals": {"stringValue": "orders"}})
        tested = self.curl(DESTINATIONS + "TestDestination", {
            "name": made["name"], "eventType": "eventTypes/sync.run.completed"})["attempt"]
        self.assertEqual(tested["response"]["status"], 200)
        record = receiver.wait_records(1)[0]
        self.assertEqual(header(record, "webhook-test"), "true")
        self.assertTrue(signed_by(record, secret))
        times = {"startedAt": "2026-11-27T10:00:00Z", "endedAt": "2026-11-27T10:01:00Z"}
        self.publish_events(
            {"id": "other", "syncRunCompleted": {"endpoint": "customers", "success": True, **times}},
            {"id": "real", "syncRunCompleted": {"endpoint": "orders", "error": "timed out", **times}})
        record = receiver.wait_records(2)[1]
        self.assertEqual(header(record, "webhook-id"), "real")
        self.assertTrue(signed_by(record, secret))
        told = json.loads(record["body"])["data"]
        self.assertEqual((told["endpoint"], told["success"], told["error"]),
                         ("orders", False, "timed out"))


class Vision6(Curl):
    def test_two_keys_rotation_disabled_after_the_last_retry_enabled_again(self):
        receiver = self.sink()
        self.begin()
        made = self.destination(receiver.url("/ok"), disabling={"whenRetriesEnd": True},
                                retry={"delays": {"items": ["0.05s"] * 5}, "jitter": 0})
        first, second = [key["secret"]["value"] for key in made["keys"]]
        self.subscription(types=["list.*"])
        self.publish_events({"id": "1", "type": "list.created", "json": "{\"list_id\": 1791}"})
        record = receiver.wait_records(1)[0]
        self.assertTrue(signed_by(record, first) and signed_by(record, second))
        rotated = self.curl(KEYS + "RotateKey", {"name": made["keys"][0]["name"],
                                                 "overlap": "86400s"})
        self.publish_events({"id": "2", "type": "list.updated", "json": "{\"list_id\": 1791}"})
        record = receiver.wait_records(2)[1]
        for secret in (first, second, rotated["key"]["secret"]["value"]):
            self.assertTrue(signed_by(record, secret))
        receiver.set_mode("/ok", "status/500")
        self.publish_events({"id": "3", "type": "list.updated", "json": "{\"list_id\": 1791}"})

        def disabled():
            shown = self.curl(DESTINATIONS + "GetDestination", {"name": made["name"]})
            return shown if shown["state"] == "DISABLED" else None
        shown = eventually(disabled, "it is disabled")
        self.assertEqual(shown["status"]["reason"], "RETRIES_EXHAUSTED")
        self.assertEqual(shown["status"]["lastResponseStatus"], 500)
        self.assertEqual(len(receiver.records()), 8, "the first attempt and five retries")
        receiver.set_mode("/ok", "ok")
        enabled = self.curl(DESTINATIONS + "EnableDestination", {"name": made["name"]})
        self.assertEqual(enabled["state"], "ACTIVE")
        self.publish_events({"id": "4", "type": "list.removed", "json": "{\"list_id\": 1791}"})
        self.assertEqual(header(receiver.wait_records(9)[8], "webhook-id"), "4")


if __name__ == "__main__":
    unittest.main()
