"""Portal sessions: a link that is opened once, what its token may do, and its end."""

import json
import unittest

from control_api_test import (ACME, DESTINATIONS, KEYS, MASTER, NAME, OPERATOR, READER, TOKENS,
                              ControlApi)
from harness import eventually
from json_api_test import PUBLISH, event

PORTAL = "carillon.v1.PortalService/"
OPEN = PORTAL + "OpenPortalSession"
AUDIT = "carillon.v1.AuditService/"
URL = "https://hooks.example.com/console/p#"


class Portal(ControlApi):
    def begin(self, public_url="https://hooks.example.com"):
        self.write_config([], [], access={"tokens": self.TOKENS, "public_url": public_url},
                          secrets={"master_key": {"env": "MASTER_KEY"}})
        self.carillond = self.server(env={"MASTER_KEY": MASTER})

    def make(self, token=ACME, **session):
        made = self.call(PORTAL + "CreatePortalSession", {
            "parent": "tenants/acme",
            "portalSession": {"subject": "user-17", **session}}, token)
        self.assertTrue(made["url"].startswith(URL), made)
        return made, made["url"].removeprefix(URL)

    def open(self, link, status=200):
        return self.call(OPEN, {"link": link}, None, status)

    def test_a_link_becomes_a_session_of_one_tenant(self):
        self.begin()
        made, link = self.make()
        opened = self.open(link)
        token = opened["token"]
        self.assertEqual(opened["portalSession"]["name"], made["name"])
        self.assertEqual(self.open(link, 401).reason, "CREDENTIALS_INVALID")
        caller = self.call(TOKENS + "GetCaller", {}, token)
        self.assertEqual((caller["kind"], caller["role"], caller["tenants"]),
                         ("PORTAL", "ROLE_TENANT_ADMIN", ["tenants/acme"]))
        self.assertEqual(caller["principal"], f"portal:{made['name']}#user-17")
        self.assertIn(DESTINATIONS + "CreateDestination", caller["methods"])
        self.assertNotIn(TOKENS + "CreateToken", caller["methods"])
        self.call(DESTINATIONS + "CreateDestination", {
            "parent": "tenants/acme", "destinationId": "orders",
            "destination": {"url": "http://127.0.0.1:9/"}}, token)
        self.call(KEYS + "ListKeys", {"parent": NAME}, token)
        entry = self.call(AUDIT + "ListAuditEntries", {"parent": "tenants/acme"})["auditEntries"][0]
        self.assertEqual(entry["principal"], f"portal:{made['name']}#user-17")
        self.assertEqual(entry["method"], DESTINATIONS + "CreateDestination")

        refused = self.call(DESTINATIONS + "GetDestination",
                            {"name": "tenants/bell/destinations/orders"}, token, 403)
        self.assertEqual(refused.reason, "TENANT_FORBIDDEN")
        for method, request in (
                (TOKENS + "ListTokens", {"parent": "tenants/acme"}),
                (PORTAL + "CreatePortalSession", {"parent": "tenants/acme", "portalSession": {}}),
                (AUDIT + "ListAuditEntries", {"parent": "tenants/acme"}),
                (PUBLISH, {"events": [event(1, tenant="acme")]})):
            refused = self.call(method, request, token, 403)
            self.assertEqual(refused.reason, "ROLE_FORBIDDEN", method)

    def test_a_reader_reads(self):
        self.begin()
        _, link = self.make(role="ROLE_READER")
        token = self.open(link)["token"]
        self.call(DESTINATIONS + "ListDestinations", {"parent": "tenants/acme"}, token)
        refused = self.call(DESTINATIONS + "CreateDestination", {
            "parent": "tenants/acme", "destination": {"url": "http://127.0.0.1:9/"}}, token, 403)
        self.assertEqual(refused.reason, "ROLE_FORBIDDEN")

    def test_it_outlives_a_crash_and_ends_when_it_is_deleted(self):
        self.begin()
        made, link = self.make()
        _, unopened = self.make()
        token = self.open(link)["token"]
        self.carillond.kill()
        for file in (self.folder / "data").rglob("*"):
            for secret in (link, unopened, token):
                self.assertNotIn(secret.encode(), file.read_bytes() if file.is_file() else b"")
        self.carillond = self.server(env={"MASTER_KEY": MASTER})
        listed = self.call(PORTAL + "ListPortalSessions", {"parent": "tenants/acme"})
        self.assertEqual(listed["totalSize"], 2)
        for secret in (link, unopened, token):
            self.assertNotIn(secret, json.dumps(listed))
        self.call(TOKENS + "GetCaller", {}, token)
        self.open(unopened)
        self.call(PORTAL + "DeletePortalSession", {"name": made["name"]})
        self.assertEqual(self.call(TOKENS + "GetCaller", {}, token, 401).reason,
                         "CREDENTIALS_INVALID")

    def test_with_its_tenant_it_ends(self):
        self.begin()
        self.call("carillon.v1.TenantService/CreateTenant", {"tenantId": "acme", "tenant": {}},
                  OPERATOR)
        _, link = self.make()
        token = self.open(link)["token"]
        self.call("carillon.v1.TenantService/DeleteTenant",
                  {"name": "tenants/acme", "force": True}, OPERATOR)
        eventually(lambda: self.post(TOKENS + "GetCaller", {},
                                     f"Authorization: Bearer {token}").status == 401,
                   "the session's end")

    def test_guesses_are_slowed_down_and_written_down(self):
        self.begin()
        _, link = self.make()
        eventually(lambda: self.post(OPEN, {"link": "x" * 43}).reason == "LOGIN_THROTTLED",
                   "a guess that is slowed down")
        self.assertEqual(self.post(OPEN, {"link": link}).reason, "LOGIN_THROTTLED")
        self.call(TOKENS + "GetCaller", {})  # a valid token need not wait
        eventually(lambda: any(
            entry.get("errorReason") == "CREDENTIALS_INVALID" and entry["method"] == OPEN
            for entry in self.call(AUDIT + "ListAuditEntries", {}, OPERATOR)["auditEntries"]),
            "an entry of a wrong link")

    def test_who_may_make_one(self):
        self.begin()
        request = {"parent": "tenants/acme", "portalSession": {}}
        self.call(PORTAL + "CreatePortalSession", request, READER, 403)
        self.call(PORTAL + "CreatePortalSession", request, None, 401)
        self.call(PORTAL + "CreatePortalSession", request, OPERATOR)
        refused = self.call(PORTAL + "CreatePortalSession",
                            {"parent": "tenants/bell", "portalSession": {}}, ACME, 403)
        self.assertEqual(refused.reason, "TENANT_FORBIDDEN")

    def test_where_people_reach_the_server_has_to_be_known(self):
        self.begin(public_url="")
        refused = self.call(PORTAL + "CreatePortalSession",
                            {"parent": "tenants/acme", "portalSession": {}}, ACME, 400)
        self.assertIn("access.public_url", refused.json["message"])
        self.write_config([], [], access={"tokens": self.TOKENS, "public_url": "hooks.example.com"})
        done = self.run_program("carillond", "--check-config", self.folder / "carillon.yaml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("access.public_url: must start with http:// or https://", done.stderr)

    def test_on_the_command_line(self):
        self.begin()

        def run(*arguments):
            done = self.carillon("portal", *arguments, "--address", self.carillond.publish_address,
                                 "--tenant", "acme", env={"CARILLON_TOKEN": ACME})
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout
        made = run("create", "--subject", "user-17", "--ttl", "30m", "--role", "reader")
        self.assertIn("shown this once", made)
        link = made[made.index(URL) + len(URL):].split()[0]
        self.assertEqual(self.open(link)["portalSession"]["role"], "ROLE_READER")
        name, = run("list", "-o", "name").split()
        self.assertNotIn(link, run("get", name, "-o", "yaml"))
        run("delete", name)
        self.assertEqual(run("list", "-o", "name"), "")


if __name__ == "__main__":
    unittest.main()
