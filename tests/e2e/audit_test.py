"""The audit log: who changed what, what was refused, durable with the change and without a secret."""

import json
import unittest

from control_api_test import (ACME, DESTINATIONS, MASTER, NAME, OPERATOR, READER, SUBSCRIPTIONS,
                              ControlApi)
from harness import eventually

AUDIT = "carillon.v1.AuditService/"
SECRET = "a-marker-that-nobody-may-see"


class AuditLog(ControlApi):
    def entries(self, token=OPERATOR, **request):
        return self.call(AUDIT + "ListAuditEntries", request, token).get("auditEntries", [])

    def test_a_change_says_who_when_from_where_before_and_after(self):
        self.begin()
        made = self.create("http://127.0.0.1:9/", headers=[{"name": "x-api-key",
                                                            "secret": {"value": SECRET}}])
        secrets = [key["secret"]["value"] for key in made["keys"]] + [SECRET]
        answer = self.post(DESTINATIONS + "UpdateDestination", {
            "destination": {"name": NAME, "displayName": "Orders"}}, f"Authorization: Bearer {ACME}",
            "User-Agent: a-wizard/7",
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        self.assertEqual(answer.status, 200, answer.body)
        update, creation = self.entries(parent="tenants/acme")
        self.assertEqual(update["principal"], "token:tokens/acme")
        self.assertEqual(update["role"], "ROLE_TENANT_ADMIN")
        self.assertEqual(update["remoteAddress"], "127.0.0.1")
        self.assertEqual(update["userAgent"], "a-wizard/7")
        self.assertEqual(update["traceId"], "0af7651916cd43dd8448eb211c80319c")
        self.assertEqual(update["method"], DESTINATIONS + "UpdateDestination")
        change, = update["changes"]
        self.assertEqual((change["resource"], change["uid"]), (NAME, made["uid"]))
        self.assertEqual(change["paths"], ["display_name"])
        self.assertNotIn("displayName", change["before"])
        self.assertEqual(change["after"]["displayName"], "Orders")
        self.assertNotIn("before", creation["changes"][0])
        self.carillond.kill()
        self.carillond = self.server(env={"MASTER_KEY": MASTER})
        self.assertEqual(self.entries(parent="tenants/acme"), [update, creation])
        self.assertEqual(self.call(AUDIT + "GetAuditEntry", {"name": update["name"]}), update)
        for file in (self.folder / "data").rglob("*"):
            for secret in secrets:
                self.assertNotIn(secret.encode(), file.read_bytes() if file.is_file() else b"")
        for secret in secrets:
            self.assertNotIn(secret, json.dumps(self.entries()))

    def test_what_is_no_configuration_is_there_too_and_once(self):
        self.begin([{"name": NAME, "url": "http://127.0.0.1:9/"}])
        request = {"name": NAME, "requestId": "r1"}
        for _ in range(2):
            self.call(DESTINATIONS + "DisableDestination", request)
        entry, = self.entries(ACME, parent="tenants/acme")
        self.assertEqual(entry["method"], DESTINATIONS + "DisableDestination")
        self.assertEqual(entry["requestId"], "r1")
        self.assertEqual(entry["changes"], [{"resource": NAME}])

    def test_what_has_no_effect_is_not(self):
        self.begin()
        self.create("http://127.0.0.1:9/")
        self.call(DESTINATIONS + "DeleteDestination", {"name": NAME, "validateOnly": True})
        self.call(DESTINATIONS + "UpdateDestination", {
            "destination": {"name": NAME, "etag": '"x"', "displayName": "x"}}, status=409)
        self.call(SUBSCRIPTIONS + "DeleteSubscription", {
            "name": "tenants/acme/subscriptions/none", "allowMissing": True})
        self.call(DESTINATIONS + "ListDestinations", {"parent": "tenants/acme"})
        self.assertEqual(len(self.entries()), 1)

    def test_refused_calls_and_logins(self):
        self.begin()
        self.call(DESTINATIONS + "DeleteDestination", {"name": NAME}, READER, 403)
        self.call(DESTINATIONS + "GetDestination",
                  {"name": "tenants/bell/destinations/x"}, ACME, 403)
        self.call(DESTINATIONS + "ListDestinations", {"parent": "tenants/acme"},
                  "car_" + "X" * 43, 401)
        found = eventually(lambda: (lambda all: all if len(all) == 3 else None)(
            self.entries(orderBy="create_time")), "three entries")
        self.assertEqual([entry["errorReason"] for entry in found],
                         ["ROLE_FORBIDDEN", "TENANT_FORBIDDEN", "CREDENTIALS_INVALID"])
        self.assertEqual(found[0]["principal"], "token:tokens/eyes")
        self.assertEqual(found[1]["changes"], [{"resource": "tenants/bell/destinations/x"}])
        self.assertNotIn("principal", found[2])
        self.assertEqual(found[2]["remoteAddress"], "127.0.0.1")

    def test_who_may_read_it(self):
        self.begin()
        self.create("http://127.0.0.1:9/")
        self.call(AUDIT + "ListAuditEntries", {"parent": "tenants/acme"}, READER, 403)
        for request in ({}, {"parent": "tenants/bell"}, {"parent": "tenants/-"}):
            self.assertEqual(self.call(AUDIT + "ListAuditEntries", request, ACME, 403).reason,
                             "TENANT_FORBIDDEN")
        self.assertEqual(len(self.entries(ACME, parent="tenants/acme")), 1)
        first = self.call(AUDIT + "ListAuditEntries", {"parent": "tenants/acme", "pageSize": 1}, ACME)
        self.assertEqual(len(first["auditEntries"]), 1)


if __name__ == "__main__":
    unittest.main()
