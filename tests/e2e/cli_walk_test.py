"""The wizards of two products, walked through the command line in their order."""

import json
import unittest

from cli_test import Cli
from control_api_test import signed_by
from harness import contract, eventually, header


def secrets_in(table):
    """{key: secret} of what a command shows once."""
    return dict(line.split() for line in table.splitlines() if "whsec_" in line)


class SyncHub(Cli):
    """One endpoint's runs go to a URL, signed over a content that includes the time."""

    def test_destination_secret_subscription_sample_real_event_signature(self):
        one_endpoint = next(s for s in contract("synchub")["scenarios"]
                            if s["name"] == "one endpoint only")["subscriptions"][0]
        self.assertEqual(one_endpoint["filter"], "payload endpoint equals one value")
        receiver = self.sink()
        self.begin()
        # A destination, and the secret that its owner copies.
        shown = self.out("destinations", "create", "erp", "--url", receiver.url("/orders"),
                         "--display-name", "Orders to the ERP")
        secret = secrets_in(shown)["erp/first"]
        # A subscription apart from it: which event, of which endpoint.
        (self.folder / "orders.yaml").write_text(json.dumps({
            "types": one_endpoint["types"], "destinations": ["erp"],
            "filter": {"payload": "endpoint", "equals": "orders"}}))
        self.cli("subscriptions", "create", "orders", "--file", "orders.yaml")
        described = self.out("describe", "destination", "erp")
        self.assertRegex(described, r"(?m)^orders +sync\.run\.completed +erp")
        # A test payload: its outcome is shown, and it is marked as a test.
        self.assertRegex(self.out("destinations", "test", "erp", "--event-type",
                                  "sync.run.completed"), r"(?m)^response\.status +200$")
        test = receiver.wait_records(1)[0]
        self.assertTrue(self.id_of(test).startswith("test_"), test)
        self.assertTrue(signed_by(test, secret), test)
        # Sample events, then a real one: of this endpoint, and of another.
        for endpoint, event_id in (("orders", "sample"), ("customers", "other")):
            self.cli("trigger", "sync.run.completed", "--id", event_id,
                     "--set", f"sync_run_completed.endpoint={endpoint}")
        self.cli("publish", "--type", "sync.run.completed", "--id", "real", "--json", json.dumps({
            "endpoint": "orders", "success": False, "started_at": "2026-11-27T10:00:00Z",
            "ended_at": "2026-11-27T10:01:00Z", "rows": 0, "error": "timed out"}))
        records = {self.id_of(r): r for r in receiver.wait_records(3)[1:]}
        self.assertEqual(sorted(records), ["real", "sample"])
        for record in records.values():
            self.assertTrue(signed_by(record, secret), record)
        told = json.loads(records["real"]["body"])["data"]
        self.assertEqual((told["endpoint"], told["success"], told["error"]),
                         ("orders", False, "timed out"))
        # Unsubscribed, and gone.
        self.cli("subscriptions", "update", "orders", "--disabled", "true")
        self.cli("trigger", "sync.run.completed", "--id", "late",
                 "--set", "sync_run_completed.endpoint=orders")
        self.cli("delete", "destination", "erp", "--force")
        self.assertEqual(len(receiver.records()), 3)

    @staticmethod
    def id_of(record):
        return next(value for name, value in record["headers"] if name.lower() == "webhook-id")


class Vision6(Cli):
    """Two keys from the beginning, either of which a receiver may use; rotation without a gap."""

    def test_two_keys_and_rotation(self):
        receiver = self.sink()
        self.begin()
        shown = self.out("destinations", "create", "lists", "--url", receiver.url("/ok"),
                         "--set", "disabling.when_retries_end=true")
        secrets = secrets_in(shown)
        self.assertEqual(sorted(secrets), ["lists/first", "lists/second"])
        self.cli("subscriptions", "create", "lists", "--type", "list.*", "--type", "contact.*",
                 "--destination", "lists")
        self.cli("trigger", "list.created")
        first = receiver.wait_records(1)[0]
        for secret in secrets.values():
            self.assertTrue(signed_by(first, secret), "both sign each request")
        # The receiver takes the new one at its own time: until then the old one signs, too.
        new = secrets_in(self.out("keys", "rotate", "lists/first", "--overlap", "24h"))
        self.assertEqual(len(new), 1)
        self.cli("trigger", "contact.subscribed")
        second = receiver.wait_records(2)[1]
        for secret in (*secrets.values(), *new.values()):
            self.assertTrue(signed_by(second, secret))
        self.cli("keys", "delete", "lists/first")
        self.cli("trigger", "contact.removed")
        third = receiver.wait_records(3)[2]
        self.assertFalse(signed_by(third, secrets["lists/first"]), "revoked, it signs no more")
        self.assertTrue(signed_by(third, *new.values()))
        self.assertTrue(signed_by(third, secrets["lists/second"]))

    def test_disabled_after_the_last_retry_and_enabled_again(self):
        receiver = self.sink()
        receiver.set_mode("/ok", "status/500")
        self.begin()
        self.cli("destinations", "create", "lists", "--url", receiver.url("/ok"),
                 "--set", "retry.delays=[50ms, 50ms, 50ms, 50ms, 50ms]", "--set", "retry.jitter=0",
                 "--set", "disabling.when_retries_end=true")
        self.cli("subscriptions", "create", "lists", "--type", "list.*", "--destination", "lists")
        self.cli("trigger", "list.created", "--id", "first")
        # Five retries; then its owner sees that it is disabled, and why.
        eventually(lambda: self.json("get", "destination", "lists")["state"] == "DISABLED",
                   "it is disabled")
        self.assertEqual(len(receiver.records()), 6)
        self.assertRegex(self.out("destinations", "list"), r"(?m)^lists +\S+ +disabled ")
        described = self.out("describe", "destination", "lists")
        self.assertIn("reason: retries_exhausted", described)
        self.assertIn("last_response_status: 500", described)
        [dead] = eventually(lambda: self.json("deliveries", "list", "lists", "--filter",
                                              "state = DEAD").get("deliveries"), "it is logged")
        self.assertEqual((dead["eventId"], dead["attemptCount"]), ("first", 6))
        # Nothing goes there meanwhile; what came meanwhile goes when it is enabled.
        self.cli("trigger", "list.updated", "--id", "second")
        receiver.set_mode("/ok", "ok")
        enabled = self.out("destinations", "enable", "lists", "--reason", "mended")
        self.assertRegex(enabled, r"(?m)^lists +\S+ +active ")
        record = receiver.wait_records(7)[6]
        self.assertEqual(header(record, "webhook-id"), "second")


if __name__ == "__main__":
    unittest.main()
