"""Secrets move to another master key while the server runs, and outlive kill -9 in the middle."""

import threading
import time
import unittest

from control_api_test import (ACME, DESTINATIONS, MASTER, OPERATOR, OTHER_MASTER, SERVER,
                              ControlApi, signed_by)

REWRAP = SERVER + "RewrapSecrets"


class Rewrap(ControlApi):
    def under(self, current, previous=None):
        """Another process with these master keys."""
        secrets = {"master_key": {"env": "MASTER_KEY"}}
        if previous:
            secrets["previous_master_key"] = {"env": "PREVIOUS_KEY"}
        self.write_config([], [], access={"tokens": self.TOKENS}, secrets=secrets)
        self.carillond = self.server(env={"MASTER_KEY": current, "PREVIOUS_KEY": previous or ""})

    def make(self, count, url="http://127.0.0.1:9/"):
        return [self.call(DESTINATIONS + "CreateDestination", {
            "parent": "tenants/acme", "destinationId": f"d{i}", "requestId": f"r{i}",
            "destination": {"url": url}}) for i in range(count)]

    def test_the_previous_key_can_be_taken_out_afterwards(self):
        receiver = self.sink()
        self.under(MASTER)
        made = self.make(3, receiver.url("/ok"))
        self.assertEqual(self.carillond.stop(), 0)
        self.under(OTHER_MASTER, MASTER)
        self.call(REWRAP, {}, ACME, 403)
        self.assertEqual(self.call(REWRAP, {"validateOnly": True}, OPERATOR)["rewrappedCount"], "6")
        done = self.carillon("keys", "rewrap", "--address", self.carillond.publish_address,
                             env={"CARILLON_TOKEN": OPERATOR})
        self.assertEqual((done.returncode, done.stdout),
                         (0, "6 of 6 were put under the current master key\n"), done.stderr)
        # What was only looked at is no change: of an operator the one call is there that rewrapped.
        entries = self.call("carillon.v1.AuditService/ListAuditEntries",
                            {"filter": 'principal = "token:tokens/ops"'}, OPERATOR)["auditEntries"]
        self.assertEqual([entry["method"] for entry in entries if entry["method"] == REWRAP], [REWRAP])
        self.assertEqual(entries[0]["method"], REWRAP)
        self.assertEqual(self.carillond.stop(), 0)
        self.under(OTHER_MASTER)
        self.subscribe_to("d0")
        self.publish_one(1)
        record = receiver.wait_records(1)[0]
        self.assertTrue(signed_by(record, made[0]["keys"][0]["secret"]["value"]), record)
        self.assertEqual(self.call(DESTINATIONS + "CreateDestination", {
            "parent": "tenants/acme", "destinationId": "d1", "requestId": "r1",
            "destination": {"url": receiver.url("/ok")}})["uid"], made[1]["uid"], "answered again")

    def subscribe_to(self, name):
        self.call("carillon.v1.SubscriptionService/CreateSubscription", {
            "parent": "tenants/acme", "subscriptionId": "all",
            "subscription": {"types": ["session.*"], "destinations": [name]}})

    def test_kill_9_in_the_middle_loses_nothing(self):
        self.under(MASTER)
        made = self.make(250)
        self.assertEqual(self.carillond.stop(), 0)
        for delay in (0, 0.002, 0.01):
            self.under(OTHER_MASTER, MASTER)
            asking = threading.Thread(target=self.quietly, args=(REWRAP,))
            asking.start()
            time.sleep(delay)  # any moment will do
            self.carillond.kill()
            asking.join()
        self.under(OTHER_MASTER, MASTER)
        self.call(REWRAP, {}, OPERATOR)
        self.assertEqual(self.call(REWRAP, {}, OPERATOR).get("rewrappedCount", "0"), "0")
        self.assertEqual(self.carillond.stop(), 0)
        self.under(OTHER_MASTER)
        listed = self.call(DESTINATIONS + "ListDestinations", {"parent": "tenants/acme",
                                                               "pageSize": 1000})
        self.assertEqual(listed["totalSize"], len(made))

    def quietly(self, method):
        try:
            self.post(method, {}, f"Authorization: Bearer {OPERATOR}")
        except Exception:  # the server is gone
            pass


if __name__ == "__main__":
    unittest.main()
