"""Tenants that have much are deleted step by step, while all else goes on, through a kill."""

import os
import time
import unittest

from control_api_test import ACME, DESTINATIONS, MASTER, OPERATOR, TOKENS
from harness import all_come, eventually
from json_api_test import PUBLISH, event
from judging import Judging
from tenants_test import TENANTS, TenantsApi

APPLY = "carillon.v1.ConfigService/ApplyConfig"
OPERATIONS = "carillon.v1.OperationService/"
AT_ONCE = 2500  # resources that one request of the test applies


class DeletionApi(TenantsApi):
    def fill(self, tenant, count):
        """A tenant with so many destinations, half as many subscriptions, and a token."""
        self.make(tenant, maxDestinations=100000, maxSubscriptions=100000)
        for begin in range(0, count, AT_ONCE):
            numbers = range(begin, min(begin + AT_ONCE, count))
            self.call(APPLY, {"parent": f"tenants/{tenant}", "config": {
                "destinations": [{"name": f"d{n}", "url": "http://127.0.0.1:9/",
                                  "unsignedRequests": True} for n in numbers],
                "subscriptions": [{"name": f"s{n}", "types": ["session.*"],
                                   "destinations": [f"d{n}"]} for n in numbers if n % 2]}},
                      OPERATOR)
        return self.call(TOKENS + "CreateToken", {
            "parent": f"tenants/{tenant}", "tokenId": "own",
            "token": {"role": "ROLE_TENANT_ADMIN"}}, OPERATOR)["token"]

    def delete(self, tenant, **more):
        return self.call(TENANTS + "DeleteTenant",
                         {"name": f"tenants/{tenant}", "force": True, **more}, OPERATOR)

    def operation(self, name, verb="Get", **more):
        return self.call(OPERATIONS + f"{verb}Operation", {"name": name, **more}, OPERATOR)

    def pause(self, name, paused=True):
        return self.call(OPERATIONS + "UpdateOperation", {
            "operation": {"name": name, "paused": paused}, "updateMask": "paused"}, OPERATOR)

    def count(self, tenant):
        return self.call(TENANTS + "GetTenant", {"name": f"tenants/{tenant}"},
                         OPERATOR).get("destinationCount", 0)

    def restart(self):
        self.carillond.kill()
        self.carillond = self.server(env={"MASTER_KEY": MASTER})

    def wait_destinations(self, count):
        """Until so many are in force, whatever their state."""
        def in_force():
            return sum(value for name, value in self.carillond.metrics().items()
                       if name.startswith("carillon_destinations{"))

        eventually(lambda: in_force() == count, lambda: f"{in_force()} destinations in force")

    def assert_takes_nothing(self, tenant, token):
        answer = self.call(DESTINATIONS + "CreateDestination", {
            "parent": f"tenants/{tenant}", "destinationId": "late",
            "destination": {"url": "http://127.0.0.1:9/"}}, OPERATOR, 400)
        self.assertEqual(answer.reason, "STATE_CONFLICT")
        answer = self.call(PUBLISH, {"events": [event(1, tenant=tenant)]}, OPERATOR, 400)
        self.assertEqual(answer.reason, "TENANT_DISABLED")
        answer = self.call(TENANTS + "EnableTenant", {"name": f"tenants/{tenant}"}, OPERATOR, 400)
        self.assertEqual(answer.reason, "STATE_CONFLICT")
        self.call(DESTINATIONS + "ListDestinations", {"parent": f"tenants/{tenant}"}, token, 401)


class Deletion(DeletionApi):
    COUNT = 5000

    def begin_and_pause(self):
        self.begin()
        token = self.fill("big", self.COUNT)
        tried = self.delete("big", validateOnly=True)
        self.assertEqual((tried["destinationCount"], tried["subscriptionCount"],
                          tried["tokenCount"]), (self.COUNT, self.COUNT // 2, 1))
        self.assertNotIn("operation", tried)
        begun = self.delete("big")["operation"]
        self.assertEqual(begun["target"], "tenants/big")
        self.pause(begun["name"])
        self.assert_takes_nothing("big", token)
        return begun["name"], token

    def test_it_goes_on_after_a_kill_and_retires_the_name(self):
        name, token = self.begin_and_pause()
        self.restart()
        self.assertEqual(self.operation(name)["state"], "PAUSED")
        self.assert_takes_nothing("big", token)
        self.assertEqual(self.delete("big")["operation"]["name"], name, "the same goes on")
        self.pause(name, False)
        self.restart()
        # The token went with the call.
        count = self.COUNT + self.COUNT // 2
        all_come(lambda: int(self.operation(name).get("processedCount", "0")), count, "deleted")
        eventually(lambda: self.operation(name).get("done"), "it is done")
        ended = self.operation(name)
        self.assertEqual(ended["state"], "SUCCEEDED", ended)
        self.assertEqual(int(ended["processedCount"]), count)
        self.call(TENANTS + "GetTenant", {"name": "tenants/big"}, OPERATOR, 404)
        self.wait_destinations(0)
        self.call(TENANTS + "CreateTenant", {"tenantId": "big", "tenant": {}, "reuseName": True},
                  OPERATOR)
        self.call(DESTINATIONS + "CreateDestination", {
            "parent": "tenants/big", "destinationId": "d1",
            "destination": {"url": "http://127.0.0.1:9/"}}, OPERATOR)
        self.assertEqual(self.operation(name)["state"], "SUCCEEDED")
        self.restart()
        self.assertEqual(self.count("big"), 1, "what came after it stays")

    def test_canceled_it_leaves_the_rest_to_be_enabled(self):
        name, _ = self.begin_and_pause()
        ended = self.operation(name, "Cancel")
        self.assertEqual(ended["state"], "CANCELLED")
        left = self.count("big")
        self.assertGreater(left, 0)
        answer = self.call(PUBLISH, {"events": [event(1, tenant="big")]}, OPERATOR, 400)
        self.assertEqual(answer.reason, "TENANT_DISABLED")
        self.restart()
        self.call(TENANTS + "EnableTenant", {"name": "tenants/big"}, OPERATOR)
        self.call(PUBLISH, {"events": [event(1, tenant="big")]}, OPERATOR)
        self.assertEqual(self.count("big"), left)


class RetiredName(DeletionApi):
    """What is kept of a tenant that was deleted is seen by none that takes its name."""

    WAYS = (
        (TENANTS + "CreateTenant", {"tenantId": "acme", "tenant": {}}),
        (TENANTS + "UpdateTenant", {"tenant": {"name": "tenants/acme"}, "allowMissing": True}),
        (DESTINATIONS + "CreateDestination", {
            "parent": "tenants/acme", "destinationId": "late",
            "destination": {"url": "http://127.0.0.1:9/"}}),
        (TOKENS + "CreateToken", {"parent": "tenants/acme", "tokenId": "late",
                                  "token": {"role": "ROLE_TENANT_ADMIN"}}),
        ("carillon.v1.SubscriptionService/CreateSubscription", {
            "parent": "tenants/acme", "subscriptionId": "late",
            "subscription": {"types": ["session.*"], "destinations": ["late"]}}),
        ("carillon.v1.PortalService/CreatePortalSession", {
            "parent": "tenants/acme", "portalSession": {"subject": "u"}}),
        (APPLY, {"parent": "tenants/acme", "config": {
            "destinations": [{"name": "late", "url": "http://127.0.0.1:9/"}]}}),
        (APPLY, {"parent": "tenants/-", "config": {"tenants": [{"name": "tenants/acme"}]}}),
    )

    def begin(self, **more):
        self.write_config([], [], access={"tokens": self.TOKENS, "public_url": "https://c.example"},
                          secrets={"master_key": {"env": "MASTER_KEY"}}, **more)
        self.carillond = self.server(env={"MASTER_KEY": MASTER})

    def assert_retired(self):
        for method, message in self.WAYS:
            with self.subTest(method=method):
                answer = self.call(method, message, OPERATOR, 400)
                self.assertEqual(answer.reason, "TENANT_NAME_RETIRED", answer)
        answer = self.call(PUBLISH, {"events": [event(1, tenant="acme")]}, OPERATOR, 400)
        self.assertEqual(answer.reason, "TENANT_NAME_RETIRED")
        self.assertIn("its name is retired until", str(answer.body))
        self.call(TENANTS + "GetTenant", {"name": "tenants/acme"}, OPERATOR, 404)

    def events(self):
        return self.call("carillon.v1.EventService/ListEvents",
                         {"parent": "tenants/acme"}, OPERATOR).get("events", [])

    def test_it_is_made_again_only_as_the_same(self):
        with Judging() as receiver:
            self.begin()
            self.make()
            self.create(receiver.url("/ok"))
            self.subscribe()
            self.publish_one(0)
            eventually(lambda: len(receiver.answers_given) == 1, "it is delivered")
            ended = self.delete("acme")["operation"]
            self.assertEqual(ended["state"], "SUCCEEDED", ended)
            self.assert_retired()
            self.restart()
            self.assert_retired()
            self.assertNotIn("tenants/acme", str(self.call(TENANTS + "ListTenants", {}, OPERATOR)))
            self.call(TENANTS + "CreateTenant",
                      {"tenantId": "acme", "tenant": {}, "reuseName": True}, OPERATOR)
            self.assertEqual(len(self.events()), 1, "it sees what is kept")
            self.create(receiver.url("/ok"))
            self.subscribe()
            self.restart()
            self.publish_one(1)
            eventually(lambda: len(receiver.answers_given) == 2, "it is a tenant as others are")

    def test_what_the_file_defines_is_in_force(self):
        with Judging() as receiver:
            self.begin()
            self.make()
            self.delete("acme")
            self.assert_retired()
            self.carillond.kill()
            self.begin(tenants=[{"name": "acme"}])
            self.create(receiver.url("/ok"))
            self.subscribe()
            self.publish_one(0)
            eventually(lambda: len(receiver.answers_given) == 1, "it is delivered")
            self.assertEqual([line["tenant"] for line in
                              self.carillond.lines(self.carillond.stderr_path)
                              if "the name of one that was deleted" in line.get("message", "")],
                             ["acme"])


class BesideOthers(DeletionApi):
    # 30000 in a run by hand; each takes its time to be made.
    COUNT = int(os.environ.get("CARILLON_DELETED_DESTINATIONS", "6000"))

    def test_deliveries_and_calls_of_another_tenant_go_on(self):
        with Judging() as receiver:
            self.begin()
            self.fill("big", self.COUNT)
            self.make()
            self.create(receiver.url("/ok"))
            self.subscribe()
            began = time.monotonic()
            name = self.delete("big")["operation"]["name"]
            number, slowest, beside = 0, 0.0, 0
            while not self.operation(name).get("done"):
                asked = time.monotonic()
                self.publish_one(number)
                self.call(DESTINATIONS + "UpdateDestination", {
                    "destination": {"name": "tenants/acme/destinations/orders",
                                    "displayName": f"n{number}"},
                    "updateMask": "displayName"}, ACME)
                slowest = max(slowest, time.monotonic() - asked)
                number += 1
                beside = len(receiver.answers_given)
            took = time.monotonic() - began
            print(f"{self.COUNT} destinations in {took:.1f} s; beside it {number} events published "
                  f"and as many changes made, the slowest in {slowest:.2f} s, {beside} delivered")
            ended = self.operation(name)
            self.assertEqual(ended["state"], "SUCCEEDED", ended)
            self.assertEqual(int(ended["processedCount"]), self.COUNT + self.COUNT // 2)
            self.assertGreater(number, 1, "another tenant's calls are answered meanwhile")
            self.assertGreater(beside, 0, "and its events delivered")
            eventually(lambda: len(receiver.answers_given) == number, "all arrive")
            self.wait_destinations(1)


if __name__ == "__main__":
    unittest.main()
