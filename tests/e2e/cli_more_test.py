"""The command line: tenants, event types, replays, statistics."""

import json
import pathlib
import subprocess
import unittest

from cli_test import CONFLICT, NOT_FOUND, REFUSED, WRONG_INPUT, Cli
from control_api_test import OPERATOR
from harness import eventually, header


class Catalog(Cli):
    def begin(self, *arguments, **more):
        super().begin(*arguments, **more)
        self.environment["CARILLON_TOKEN"] = OPERATOR

    def test_a_tenant_from_its_making_to_its_end(self):
        self.begin()
        made = self.out("tenants", "create", "bell", "--display-name", "Bell Ltd",
                        "--max-in-flight", "5")
        self.assertRegex(made, r"(?m)^bell +Bell Ltd ")
        shown = self.json("get", "tenant", "bell")
        self.assertEqual((shown["name"], shown["limits"]), ("tenants/bell", {"maxInFlight": 5}))
        self.cli("tenants", "update", "bell", "--max-rate", "2.5")
        self.assertIn("max_rate: 2.5", self.out("tenants", "describe", "bell"))
        self.assertIn("tenants/bell", self.out("tenants", "list", "--output", "name"))
        self.error("tenants", "create", "bell", code=CONFLICT)
        self.cli("tenants", "disable", "bell", "--reason", "unpaid")
        self.assertRegex(self.out("tenants", "describe", "bell"), r"disabled: true[^$]*unpaid")
        self.cli("tenants", "enable", "bell")
        self.assertNotIn("disabled: true", self.out("tenants", "describe", "bell"))
        self.cli("tenants", "update", "bell", "--allow-unsigned-requests", "true")
        self.assertIn("allow_unsigned_requests: true", self.out("tenants", "describe", "bell"))
        self.cli("destinations", "create", "d", "--tenant", "bell", "--url", "http://127.0.0.1:9/")
        self.error("tenants", "delete", "bell", code=REFUSED)
        tried = self.out("tenants", "delete", "bell", "--force", "--dry-run")
        self.assertIn("1 destinations, 0 subscriptions, 0 tokens and 0 portal sessions would be "
                      "deleted\n0 deliveries would be given up", tried)
        self.assertIn("tenants/bell deleted", self.out("delete", "tenant", "bell", "--force"))
        self.error("tenants", "get", "bell", code=NOT_FOUND)

    def test_the_end_of_a_tenant_that_has_much_is_waited_for(self):
        self.begin()
        (self.folder / "all.yaml").write_text(json.dumps({
            "tenants": [{"name": name} for name in ("bell", "cent")],
            "destinations": [{"name": f"tenants/{name}/destinations/d{n}",
                              "url": "http://127.0.0.1:9/", "unsigned_requests": True}
                             for name in ("bell", "cent") for n in range(120)]}))
        self.cli("apply", "-f", self.folder / "all.yaml")
        done = self.json("tenants", "delete", "bell", "--force")
        self.assertEqual((done["kind"], done["state"], done["processedCount"]),
                         ("DELETE_TENANT", "SUCCEEDED", "120"))
        self.error("tenants", "get", "bell", code=NOT_FOUND)
        begun = self.json("tenants", "delete", "cent", "--force", "--no-wait")
        eventually(lambda: self.json("operations", "get", begun["name"])["state"] == "SUCCEEDED",
                   "it goes on without the command")

    def test_tenants_and_types_are_applied_with_what_needs_them(self):
        self.begin()
        (self.folder / "all.yaml").write_text(json.dumps({
            "tenants": [{"name": "bell", "display_name": "Bell"}],
            "event_types": [{"name": "order.paid", "description": "An order was paid"}],
            "destinations": [{"name": "tenants/bell/destinations/erp", "url": "http://127.0.0.1:9/"}],
            "subscriptions": [{"name": "tenants/bell/subscriptions/paid", "types": ["order.paid"],
                               "destinations": ["erp"]}]}))
        self.cli("apply", "--file", "all.yaml")
        again = self.out("apply", "--file", "all.yaml")
        self.assertNotIn("created", again)
        self.assertEqual(self.json("get", "event-type", "order.paid")["description"],
                         "An order was paid")
        exported = self.out("export", "--tenant", "-")
        self.assertIn("tenants/bell/subscriptions/paid", exported)
        self.assertIn("order.paid", exported)
        self.assertIn("tenants/bell", exported)

    def test_event_types_of_a_descriptor_set(self):
        self.begin()
        (self.folder / "orders.proto").write_text("""
            syntax = "proto3";
            package acme.orders.v1;
            import "carillon/v1/options.proto";
            message OrderPaid {
              option (carillon.v1.event_type) = "order.paid";
              int64 total = 1;
            }
            message OrderShipped { string parcel = 1; }
            """)
        subprocess.run(["protoc", f"--proto_path={self.folder}",
                        f"--proto_path={pathlib.Path(__file__).parents[2] / 'proto'}",
                        "--include_imports", f"--descriptor_set_out={self.folder / 'orders.binpb'}",
                        "orders.proto"], check=True)
        imports = ("event-types", "import", "orders.binpb",
                   "--map", "acme.orders.v1.OrderShipped=order.shipped")
        self.assertIn("event-type eventTypes/order.paid would be created\n",
                      self.out(*imports, "--dry-run"))
        self.error("event-types", "get", "order.paid", code=NOT_FOUND)
        self.assertIn("event-type eventTypes/order.shipped created\n", self.out(*imports))
        again = self.cli(*imports)
        self.assertEqual(again.stdout, "")
        self.assertIn("2 unchanged", again.stderr)
        self.cli("publish", "--type", "order.paid", "--json", '{"total": 5}')
        self.assertIn("MESSAGE=EVENT_TYPE", self.error(*imports[:3], "--map", "x", code=WRONG_INPUT))
        self.assertIn("acme.None", self.error(*imports[:3], "--map", "acme.None=a.b",
                                              code=WRONG_INPUT))

    def test_event_types(self):
        self.begin()
        self.assertRegex(self.out("event-types", "list"), r"(?m)^session\.create +active .* built_in")
        (self.folder / "type.yaml").write_text(json.dumps({
            "name": "order.paid", "tags": ["orders"],
            "json_schema": {"schema": json.dumps({"type": "object", "required": ["total"]})}}))
        self.cli("event-types", "create", "--file", "type.yaml")
        wrong = self.carillon("publish", "--type", "order.paid", "--json", "{}",
                              env=self.environment)
        self.assertNotEqual(wrong.returncode, 0)
        self.assertIn("total", wrong.stderr)
        self.cli("publish", "--type", "order.paid", "--json", '{"total": 5}')
        self.assertRegex(self.out("event-types", "archive", "order.paid"), r"(?m)^order\.paid +archived")
        self.assertNotEqual(self.carillon("publish", "--type", "order.paid", "--json",
                                          '{"total": 5}', env=self.environment).returncode, 0)
        self.cli("event-types", "unarchive", "order.paid")
        self.cli("event-types", "delete", "order.paid")
        self.error("event-types", "delete", "session.create", code=REFUSED)


class Again(Cli):
    def test_events_are_replayed_and_one_delivery_is_sent_again(self):
        receiver = self.sink()
        self.begin()
        self.cli("destinations", "create", "orders", "--url", receiver.url("/ok"))
        self.cli("subscriptions", "create", "all", "--type", "session.*", "--destination", "orders")
        for number in range(3):
            self.publish_one(number)
        ids = sorted(header(r, "webhook-id") for r in receiver.wait_records(3))
        counted = self.out("replay", "orders", "--from", "1h", "--dry-run")
        self.assertIn("3 events would be sent", counted)
        self.assertEqual(len(receiver.records()), 3)
        done = self.cli("replay", "orders", "--from", "1h")
        self.assertRegex(done.stdout, r"(?m)^\S+ +replay +succeeded +tenants/acme/destinations/orders|orders")
        records = receiver.wait_records(6)
        self.assertEqual(sorted(header(r, "webhook-id") for r in records[3:]), ids)
        self.assertRegex(self.out("operations", "list"), r"replay +succeeded")
        one = eventually(lambda: self.json("deliveries", "list", "orders").get("deliveries"),
                         "deliveries are in the log")[0]
        self.cli("deliveries", "resend", one["name"])
        self.assertEqual(header(receiver.wait_records(7)[6], "webhook-id"), one["eventId"])
        self.assertIn("--from", self.error("replay", "orders", "--from", "yesterday",
                                           code=WRONG_INPUT))

    def test_dead_letters_are_sent_again(self):
        receiver = self.sink()
        receiver.set_mode("/ok", "status/500")
        self.begin()
        self.cli("destinations", "create", "orders", "--url", receiver.url("/ok"),
                 "--set", "retry.delays=[50ms]")
        self.cli("subscriptions", "create", "all", "--type", "session.*", "--destination", "orders")
        for number in range(2):
            self.publish_one(number)
        eventually(lambda: len(self.json("dead", "list", "orders")["deliveries"]) == 2,
                   "two dead letters")
        self.carillond.wait_gauge("carillon_dead_kept", 2)  # the log has them before
        self.assertIn("2 dead letters would be sent", self.out("dead", "resend", "--dry-run"))
        receiver.set_mode("/ok", "ok")
        self.assertIn("succeeded", self.out("dead", "resend", "orders"))
        again = receiver.wait_records(6)[4:]
        self.assertEqual(len({header(r, "webhook-id") for r in again}), 2)

    def test_dead_letters_and_what_waits_are_purged(self):
        receiver = self.sink()
        receiver.set_mode("/ok", "status/500")
        self.begin()
        self.cli("destinations", "create", "orders", "--url", receiver.url("/ok"),
                 "--set", "retry.delays=[50ms]")
        self.cli("subscriptions", "create", "all", "--type", "session.*", "--destination", "orders")
        for number in range(2):
            self.publish_one(number)
        eventually(lambda: len(self.json("dead", "list", "orders")["deliveries"]) == 2,
                   "two dead letters")
        self.carillond.wait_gauge("carillon_dead_kept", 2)  # the log has them before
        self.assertIn("2 dead letters would be purged", self.out("dead", "purge", "--dry-run"))
        self.assertIn("succeeded", self.out("dead", "purge", "orders", "--yes"))
        self.assertEqual(self.json("dead", "list", "orders").get("deliveries", []), [])
        self.cli("destinations", "pause", "orders")
        self.publish_one(2)
        self.assertIn("--filter", self.error("deliveries", "purge", "orders", code=WRONG_INPUT))
        waiting = ("deliveries", "purge", "orders", "--filter", "state = QUEUED")
        eventually(lambda: "1 deliveries would be purged" in self.out(*waiting, "--dry-run"),
                   "one waits")
        self.assertEqual(self.json(*waiting)["processedCount"], "1")
        self.assertIn("0 deliveries would be purged", self.out(*waiting, "--dry-run"))

    def test_what_a_subscription_would_have_matched_and_who_changed_what(self):
        self.begin()
        self.cli("destinations", "create", "orders", "--url", "http://127.0.0.1:9/")
        self.cli("subscriptions", "create", "all", "--type", "list.*", "--destination", "orders")
        self.publish_one(1)
        self.cli("trigger", "list.created", "--id", "found")
        done = self.cli("subscriptions", "preview", "all")
        self.assertRegex(done.stdout, r"(?m)^found +list\.created +20\S+ +yes")
        self.assertRegex(done.stdout, r"(?m)^evt-1 +session\.create +20\S+ +no +types")
        self.assertIn("1 of the last 2 events match", done.stderr)
        audit = self.out("audit-entries", "list")
        self.assertRegex(audit, r"CreateSubscription +(tenants/acme/subscriptions/)?all")

    def test_statistics(self):
        receiver = self.sink()
        self.begin()
        self.cli("destinations", "create", "orders", "--url", receiver.url("/ok"))
        self.cli("subscriptions", "create", "all", "--type", "session.*", "--destination", "orders")
        self.publish_one(1)
        receiver.wait_records(1)

        def delivered():
            stats = self.json("stats", "orders", "--from", "1h", "--step", "1h")
            return sum(int(point.get("deliveredCount", 0))
                       for series in stats.get("series", []) for point in series["points"]) == 1
        eventually(delivered, "one delivery is counted")
        shown = self.out("stats", "orders", "--from", "1h", "--step", "1h")
        self.assertRegex(shown, r"(?m)^FROM +ATTEMPTS +FAILED +DELIVERED +DEAD +P50 +P90 +P99$")
        self.assertRegex(shown, r"(?m)^20\S+Z +1 +0\.0 % +1 +0 +\S+s +\S+s +\S+s$")
        self.assertRegex(self.out("stats", "--from", "1h", "--step", "1h"), r" +1 +0\.0 % +1 ")


if __name__ == "__main__":
    unittest.main()
