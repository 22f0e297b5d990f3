"""Tenants: their limits, in force at once, and quotas of what is published."""

import json
import time
import unittest

from control_api_test import ACME, DESTINATIONS, MASTER, OPERATOR, READER, TOKENS, ControlApi
from harness import eventually
from http2 import PUBLISH_STREAM, Connection, field, publish_request, session_event
from json_api_test import PUBLISH, event
from judging import Gate, Judging

TENANTS = "carillon.v1.TenantService/"


class TenantsApi(ControlApi):
    def begin(self, destinations=(), **limits):
        self.write_config(destinations, [], access={"tokens": self.TOKENS},
                          secrets={"master_key": {"env": "MASTER_KEY"}}, limits=limits)
        self.carillond = self.server(env={"MASTER_KEY": MASTER})

    def make(self, tenant="acme", **limits):
        return self.call(TENANTS + "CreateTenant",
                         {"tenantId": tenant, "tenant": {"limits": limits}}, OPERATOR)

    def limit(self, tenant="acme", **limits):
        return self.call(TENANTS + "UpdateTenant", {
            "tenant": {"name": f"tenants/{tenant}", "limits": limits}}, OPERATOR)


class Limits(TenantsApi):
    def test_attempts_in_flight_follow_a_change_while_they_go_on(self):
        gate = Gate()

        def judge(_):
            gate.wait()
            return 200

        with Judging(judge) as receiver:
            self.begin()
            self.make(maxInFlight=2)
            self.create(receiver.url("/x"), concurrency=32)
            self.subscribe()
            for number in range(20):
                self.publish_one(number)
            receiver.wait_open(2)
            self.limit(maxInFlight=7)
            receiver.wait_open(7)
            self.call(TENANTS + "DeleteTenant", {"name": "tenants/acme"}, OPERATOR, 400)
            gate.open()
            eventually(lambda: len(receiver.answers_given) == 20, "all are answered")
        self.assertEqual(max(r["open"] for r in receiver.requests[:2]), 2)

    def test_attempts_a_second_over_all_its_destinations(self):
        with Judging() as receiver:
            self.begin()
            self.make(maxRate=4)
            for name in ("a", "b"):
                self.call(DESTINATIONS + "CreateDestination", {
                    "parent": "tenants/acme", "destinationId": name,
                    "destination": {"url": receiver.url(f"/{name}")}})
            self.call("carillon.v1.SubscriptionService/CreateSubscription", {
                "parent": "tenants/acme", "subscriptionId": "all",
                "subscription": {"types": ["session.*"], "destinations": ["a", "b"]}})
            began = time.monotonic()
            self.call(PUBLISH, {"events": [event(n, tenant="acme") for n in range(8)]})
            eventually(lambda: len(receiver.answers_given) == 16, "all are answered")
            # Four at once, then four a second.
            self.assertGreaterEqual(max(r["at"] for r in receiver.requests) - began, 2.99)
            self.limit(maxRate=100000)
            self.call(PUBLISH, {"events": [event(n, tenant="acme") for n in range(8, 100)]})
            eventually(lambda: len(receiver.answers_given) == 200, "and quickly now")

    def test_as_many_destinations_as_it_may_have(self):
        self.begin(tenant_defaults={"max_destinations": 1})
        self.create("http://127.0.0.1:9/")
        more = {"parent": "tenants/acme", "destinationId": "more",
                "destination": {"url": "http://127.0.0.1:9/"}}
        answer = self.call(DESTINATIONS + "CreateDestination", more, status=429)
        self.assertEqual(answer.reason, "QUOTA_EXCEEDED")
        self.assertIn("max_destinations", answer.json["message"])
        self.make(maxDestinations=2)
        self.call(DESTINATIONS + "CreateDestination", more)

    def test_the_file_has_tenants_too_and_a_reload_changes_them(self):
        self.begin()
        self.write_config([], [], access={"tokens": self.TOKENS}, limits={"require_tenants": True},
                          tenants=[{"name": "bell", "limits": {"max_rate": 5}}],
                          secrets={"master_key": {"env": "MASTER_KEY"}})
        listed = eventually(lambda: self.call(TENANTS + "ListTenants", {}, OPERATOR).get("tenants"),
                            "the file's tenant is listed")
        self.assertEqual([(t["name"], t["origin"]["kind"], t["limits"]["maxRate"]) for t in listed],
                         [("tenants/bell", "FILE", 5)])
        answer = self.call(PUBLISH, {"events": [event(1, tenant="acme")]}, status=400)
        self.assertIn("events[0].tenant", answer.json["message"])
        self.call(PUBLISH, {"events": [event(1, tenant="bell")]}, OPERATOR)
        self.make()
        self.call(PUBLISH, {"events": [event(1, tenant="acme")]})


class Permissions(TenantsApi):
    UNSAFE = {"unsignedRequests": True, "tls": {"insecureSkipVerify": True}}

    def create_unsafe(self, name, token, status=200, **more):
        return self.call(DESTINATIONS + "CreateDestination", {
            "parent": "tenants/acme", "destinationId": name,
            "destination": {"url": "https://127.0.0.1:9/", **more}}, token, status)

    def test_what_a_tenant_may_set_is_the_operators_to_allow(self):
        self.begin()
        for member, path in (("unsignedRequests", "destination.unsigned_requests"),
                             ("tls", "destination.tls.insecure_skip_verify")):
            answer = self.create_unsafe("mine", ACME, 403, **{member: self.UNSAFE[member]})
            self.assertEqual(answer.reason, "FIELD_FORBIDDEN")
            self.assertIn(path, answer.json["message"])
        self.create_unsafe("given", OPERATOR, **self.UNSAFE)
        name = "tenants/acme/destinations/given"
        update = {"destination": {"name": name, "displayName": "Given"},
                  "updateMask": "displayName"}
        self.assertTrue(self.call(DESTINATIONS + "UpdateDestination", update)["unsignedRequests"])
        self.call(TENANTS + "CreateTenant", {"tenantId": "acme", "tenant": {"limits": {
            "allowUnsignedRequests": True}}}, OPERATOR)
        self.create_unsafe("mine", ACME, unsignedRequests=True)
        self.create_unsafe("more", ACME, 403, **self.UNSAFE)

    def test_the_file_allows_it_to_its_tenants_or_to_all(self):
        self.begin(tenant_defaults={"allow_insecure_skip_verify": True})
        self.create_unsafe("mine", ACME, tls={"insecureSkipVerify": True})
        self.create_unsafe("more", ACME, 403, **self.UNSAFE)
        self.write_config([], [], access={"tokens": self.TOKENS},
                          tenants=[{"name": "acme", "limits": {"allow_unsigned_requests": True}}],
                          secrets={"master_key": {"env": "MASTER_KEY"}})
        eventually(lambda: self.call(TENANTS + "GetTenant", {"name": "tenants/acme"}).get("limits"),
                   "the file's tenant is in force")
        self.create_unsafe("more", ACME, unsignedRequests=True)
        self.create_unsafe("last", ACME, 403, tls={"insecureSkipVerify": True})


class Disabled(TenantsApi):
    NAME = "tenants/acme/destinations/orders"

    def test_nothing_is_taken_or_sent_until_it_is_enabled(self):
        gate = Gate()

        def judge(_):
            gate.wait()
            return 200

        with Judging(judge) as receiver:
            self.begin()
            self.make(maxInFlight=1)
            self.create(receiver.url("/x"))
            self.subscribe()
            for number in range(3):
                self.publish_one(number)
            receiver.wait_open(1)
            disabled = self.call(TENANTS + "DisableTenant",
                                 {"name": "tenants/acme", "reason": "unpaid"}, OPERATOR)
            self.assertEqual((disabled["disabled"], disabled["disableReason"]), (True, "unpaid"))
            gate.open()  # what was on its way ends
            eventually(lambda: len(receiver.answers_given) == 1, "the first is answered")
            answer = self.call(PUBLISH, {"events": [event(9, tenant="acme")]}, status=400)
            self.assertEqual(answer.reason, "TENANT_DISABLED")
            self.assertIn("unpaid", answer.json["message"])
            self.call(PUBLISH, {"events": [event(9, tenant="bell")]}, OPERATOR)
            shown = self.call(DESTINATIONS + "GetDestination", {"name": self.NAME})
            status = shown["status"]
            self.assertEqual((shown["state"], status["reason"], status["message"]),
                             ("DISABLED", "TENANT_DISABLED", "unpaid"))
            self.assertEqual(self.call(DESTINATIONS + "ListDestinations", {
                "parent": "tenants/acme", "filter": "state = ACTIVE"}), {})
            tested = self.call(DESTINATIONS + "TestDestination", {
                "name": self.NAME, "eventType": "eventTypes/session.create"}, status=400)
            self.assertEqual(tested.reason, "TENANT_DISABLED")
            self.carillond.kill()
            self.carillond = self.server(env={"MASTER_KEY": MASTER})
            time.sleep(0.5)  # long enough for what must not happen
            self.assertEqual(len(receiver.requests), 1)
            self.call(TENANTS + "EnableTenant", {"name": "tenants/acme"}, OPERATOR)
            # What a kill left unsettled may come twice.
            def arrived():
                return len({request["id"] for request in receiver.requests})

            eventually(lambda: arrived() == 3, "what waited arrives")
            self.publish_one(4)
            eventually(lambda: arrived() == 4, "and what is published")

    def test_what_the_file_disables_no_call_enables(self):
        self.begin()
        self.write_config([], [], access={"tokens": self.TOKENS},
                          tenants=[{"name": "acme", "disabled": True}],
                          secrets={"master_key": {"env": "MASTER_KEY"}})
        eventually(lambda: self.call(TENANTS + "ListTenants", {}, OPERATOR).get("tenants"),
                   "the file's tenant is listed")
        answer = self.call(TENANTS + "EnableTenant", {"name": "tenants/acme"}, OPERATOR, 400)
        self.assertEqual(answer.reason, "DISABLED_BY_FILE")
        answer = self.call(PUBLISH, {"events": [event(1, tenant="acme")]}, status=400)
        self.assertEqual(answer.reason, "TENANT_DISABLED")


class Quotas(TenantsApi):
    def test_of_a_tenant_by_http_and_by_a_stream(self):
        self.begin()
        self.make(publishEventsPerSecond=0.01)
        # What begins within it is taken whole; the next waits until it is paid for.
        self.call(PUBLISH, {"events": [event(f"a{n}", tenant="acme") for n in range(3)]})
        answer = self.call(PUBLISH, {"events": [event(2, tenant="acme")]}, status=429)
        self.assertEqual(answer.reason, "RATE_LIMITED")
        self.assertIn("tenants/acme", answer.json["message"])
        self.assertGreater(int(answer.headers["retry-after"]), 0)
        self.call(PUBLISH, {"events": [event(3, tenant="bell")]}, OPERATOR)
        refused = 'carillon_publishing_refused_total{reason="quota"}'
        self.assertEqual(self.carillond.metric(refused), 1)
        with Connection(self.carillond.publish_address) as connection:
            stream = connection.open(PUBLISH_STREAM, [("authorization", f"Bearer {ACME}")])
            connection.send_message(stream, publish_request(session_event("s") + field(3, "acme")),
                                    end=True)
            headers, answers = connection.answer(stream)
            self.assertEqual(headers["grpc-status"], "0", "the stream goes on")
            self.assertIn(b"tenants/acme", answers[0])
            self.assertRegex(answers[0], rb"\x1a.\x08", "error.retry_delay, of some seconds")
        self.limit(publishEventsPerSecond=1000000)
        self.publish_one(4)
        self.assertEqual(self.carillond.metric("carillon_journal_last_position"), 5)

    def test_of_a_token_made_by_the_api(self):
        self.begin()
        made = self.call(TOKENS + "CreateToken", {
            "parent": "tenants/acme", "tokenId": "shop",
            "token": {"role": "ROLE_PUBLISHER", "quota": {"eventsPerSecond": 0.01}}})
        self.assertEqual(made["quota"], {"eventsPerSecond": 0.01})
        self.call(PUBLISH, {"events": [event(f"a{n}", tenant="acme") for n in range(3)]},
                  made["token"])
        answer = self.call(PUBLISH, {"events": [event(2, tenant="acme")]}, made["token"], 429)
        self.assertEqual(answer.reason, "RATE_LIMITED")
        self.assertIn("token:tenants/acme/tokens/shop", answer.json["message"])
        self.call(PUBLISH, {"events": [event(3, tenant="acme")]})


class WhoMay(TenantsApi):
    def test_only_operators_change_them(self):
        self.begin()
        self.make()
        for token in (ACME, READER):
            for method, message in (("CreateTenant", {"tenantId": "x", "tenant": {}}),
                                    ("UpdateTenant", {"tenant": {"name": "tenants/acme"}}),
                                    ("DeleteTenant", {"name": "tenants/acme"})):
                self.assertEqual(self.call(TENANTS + method, message, token, 403).reason,
                                 "ROLE_FORBIDDEN")
            self.assertEqual(self.call(TENANTS + "GetTenant", {"name": "tenants/acme"}, token)["name"],
                             "tenants/acme")
            for name in ("tenants/other", "tenants/none"):
                answer = self.call(TENANTS + "GetTenant", {"name": name}, token, 403)
                self.assertEqual(answer.reason, "TENANT_FORBIDDEN")
        self.assertIn(self.call(TENANTS + "ListTenants", {}, READER, 403).reason,
                      ("TENANT_FORBIDDEN", "ROLE_FORBIDDEN"))

    def test_one_is_deleted_with_all_that_it_has(self):
        receiver = self.sink()
        self.begin()
        made = self.make()
        self.create(receiver.url("/ok"))
        self.subscribe()
        token = self.call(TOKENS + "CreateToken", {
            "parent": "tenants/acme", "tokenId": "shop",
            "token": {"role": "ROLE_PUBLISHER"}})["token"]
        self.call(PUBLISH, {"events": [event(1, tenant="acme")]}, token)
        receiver.wait_records(1)
        answer = self.call(TENANTS + "DeleteTenant", {"name": "tenants/acme"}, OPERATOR, 400)
        self.assertEqual(answer.reason, "TENANT_NOT_EMPTY")
        removed = self.call(TENANTS + "DeleteTenant", {
            "name": "tenants/acme", "etag": made["etag"], "force": True}, OPERATOR)
        operation = removed.pop("operation")
        self.assertEqual(removed, {"destinationCount": 1, "subscriptionCount": 1, "tokenCount": 1})
        self.assertEqual((operation["kind"], operation["state"], operation["target"]),
                         ("DELETE_TENANT", "SUCCEEDED", "tenants/acme"))
        self.call(PUBLISH, {"events": [event(2, tenant="acme")]}, token, 401)
        self.call(TENANTS + "GetTenant", {"name": "tenants/acme"}, OPERATOR, 404)
        self.call(PUBLISH, {"events": [event(3, tenant="acme")]}, OPERATOR, 400)
        self.carillond.wait_total("carillon_destinations", 0)
        self.assertEqual(len(receiver.records()), 1)
        self.carillond.kill()
        self.carillond = self.server(env={"MASTER_KEY": MASTER})
        self.assertNotIn("tenants/acme", json.dumps(self.call(TENANTS + "ListTenants", {}, OPERATOR)))


if __name__ == "__main__":
    unittest.main()
