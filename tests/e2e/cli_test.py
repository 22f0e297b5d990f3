"""The command line over the administration API."""

import json
import unittest

from control_api_test import ACME, OPERATOR, READER, ControlApi, signed_by

DONE, REFUSED, WRONG_INPUT, NOT_FOUND, FORBIDDEN, CONFLICT, UNAVAILABLE = 0, 1, 2, 4, 5, 6, 7
NOWHERE = "http://127.0.0.1:9/"


class Cli(ControlApi):
    """Commands as a tenant's administrator, in the tenant acme."""

    def begin(self, *arguments, **more):
        super().begin(*arguments, **more)
        self.environment = {"CARILLON_SERVER": self.carillond.publish_address,
                            "CARILLON_TOKEN": ACME, "CARILLON_TENANT": "acme",
                            "HOME": str(self.folder), "XDG_CONFIG_HOME": "",
                            "CARILLON_CONTEXT_FILE": ""}

    def cli(self, *arguments, code=DONE, stdin=None, **environment):
        done = self.carillon(*arguments, stdin=stdin, env={**self.environment, **environment})
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done

    def out(self, *arguments, **more):
        return self.cli(*arguments, **more).stdout

    def json(self, *arguments, **more):
        return json.loads(self.out(*arguments, "--output", "json", **more))

    def error(self, *arguments, code, **more):
        return self.cli(*arguments, code=code, **more).stderr


class Managing(Cli):
    def test_a_destination_from_its_making_to_its_end(self):
        receiver = self.sink()
        self.begin()
        made = self.out("destinations", "create", "orders", "--url", receiver.url("/ok"),
                        "--display-name", "Orders: to ERP", "--label", "team=billing",
                        "--set", "retry.delays=[5s, 1m]")
        self.assertRegex(made, r"(?m)^NAME +URL +STATE +ORIGIN +UPDATED$")
        self.assertRegex(made, r"(?m)^KEY +SECRET \(shown this once\)$")
        secrets = dict(line.split() for line in made.splitlines() if "whsec_" in line)
        self.assertEqual(sorted(secrets), ["orders/first", "orders/second"])
        shown = self.json("get", "destination", "orders")
        self.assertEqual(shown["retry"]["delays"]["items"], ["5s", "60s"])
        self.assertEqual(shown["labels"], {"team": "billing"})
        self.assertNotIn("whsec_", json.dumps(shown))
        self.cli("subscriptions", "create", "all", "--type", "session.*", "--destination", "orders")
        self.publish_one(1)
        record = receiver.wait_records(1)[0]
        self.assertTrue(signed_by(record, secrets["orders/first"]))
        changed = self.json("destinations", "update", "orders", "--set", "concurrency=4",
                            "--clear", "labels")
        self.assertEqual((changed["concurrency"], changed.get("labels")), (4, None))
        refused = self.error("delete", "destination", "orders", code=REFUSED)
        self.assertIn("tenants/acme/subscriptions/all: take the destination out of it", refused)
        self.assertIn("--force", refused)
        deleted = self.out("delete", "destination", "orders", "--force", "--dry-run")
        self.assertIn("destination tenants/acme/destinations/orders would be deleted", deleted)
        self.assertIn("subscription tenants/acme/subscriptions/all would be deleted", deleted)
        self.json("get", "subscription", "all")
        self.cli("delete", "tenants/acme/destinations/orders", "--force")
        self.error("get", "destination", "orders", code=NOT_FOUND)
        self.cli("delete", "destination", "orders", "--allow-missing")

    def test_keys(self):
        self.begin()
        self.cli("destinations", "create", "orders", "--url", NOWHERE)
        self.assertRegex(self.out("keys", "list", "orders"), r"(?m)^orders/first +\S{4} +20")
        made = self.json("keys", "create", "orders/third", "--algorithm", "ed25519")
        self.assertTrue(made["secret"]["value"].startswith("whsk_"))
        self.assertIn("ed25519", self.out("keys", "get", "orders/third"))
        rotated = self.out("keys", "rotate", "orders/first", "--overlap", "1h")
        self.assertEqual(rotated.count("whsec_"), 1)
        first = self.json("get", "key", "orders/first")
        self.assertIn("expireTime", first)
        self.cli("keys", "update", "orders/second", "--expire-time", "2031-01-31T12:00:00Z")
        self.cli("keys", "delete", "orders/first", "orders/second")
        names = self.out("get", "keys", "orders", "--output", "name").split()
        self.assertEqual(len(names), 2)
        self.assertTrue(all(n.startswith("tenants/acme/destinations/orders/keys/") for n in names))
        self.assertIn("overlap", self.error("keys", "rotate", "orders/third", "--overlap", "soon",
                                            code=WRONG_INPUT))
        self.assertRegex(self.out("keys", "generate"), "^whsec_")

    def test_lists_filters_order_and_pages(self):
        self.begin()
        for number in range(7):
            self.cli("destinations", "create", f"d{number}", "--url", f"{NOWHERE}{number}",
                     "--label", f"odd={number % 2}")
        names = [line.split()[0] for line in self.out("get", "destinations").splitlines()[1:]]
        self.assertEqual(names, [f"d{n}" for n in range(7)])
        found = self.json("get", "destinations", "--filter", 'labels.odd = "1"',
                          "--order-by", "name desc", "--limit", "2")["destinations"]
        self.assertEqual([d["url"] for d in found], [f"{NOWHERE}5", f"{NOWHERE}3"])
        self.assertEqual(self.json("get", "destinations", "--filter", 'labels.odd = "7"'),
                         {"destinations": []})
        self.assertIn("no destinations in tenants/acme that match", self.cli(
            "get", "destinations", "--filter", 'labels.odd = "7"').stderr)
        two = self.out("get", "destinations", "d1", "d3", "--output", "name")
        self.assertEqual(two.split(), [f"tenants/acme/destinations/d{n}" for n in (1, 3)])
        everywhere = self.out("get", "destinations", "--all-tenants", CARILLON_TOKEN=OPERATOR)
        self.assertIn("tenants/acme/destinations/d0", everywhere)
        yaml = self.out("get", "destinations", "d1", "--output", "yaml")
        self.assertIn('labels:\n  odd: "1"\n', yaml)
        self.assertIn("origin:\n  kind: api\n", yaml)
        self.assertIn("odd=1", self.out("destinations", "list", "--output", "wide"))

    def test_describe_shows_what_belongs_to_it(self):
        self.begin()
        self.cli("destinations", "create", "orders", "--url", NOWHERE)
        self.cli("subscriptions", "create", "paid", "--type", "session.*", "--type", "sync.*",
                 "--destination", "orders")
        shown = self.out("describe", "destination", "orders")
        self.assertIn("url: http://127.0.0.1:9/\n", shown)
        self.assertRegex(shown, r"(?m)^paid +session\.\*,sync\.\* +orders")

    def test_a_file_and_an_answer_that_is_sent_back(self):
        self.begin()
        (self.folder / "d.yaml").write_text("url: http://127.0.0.1:9/\nformat: array\n")
        self.cli("destinations", "create", "orders", "--file", "d.yaml")
        shown = self.json("get", "destination", "orders")
        shown["displayName"] = "Orders"
        del shown["keys"]
        changed = self.json("destinations", "update", "orders", "--file", "-",
                            stdin=json.dumps(shown))
        self.assertEqual((changed["displayName"], changed["format"]), ("Orders", "FORMAT_ARRAY"))
        self.assertIn("ETAG_MISMATCH", self.error(
            "destinations", "update", "orders", "--etag", shown["etag"], "--set", "concurrency=2",
            code=CONFLICT))

    def test_repeating_a_call_by_its_request_id(self):
        self.begin()
        arguments = ("destinations", "create", "orders", "--url", NOWHERE, "--request-id", "r-1")
        self.assertEqual(self.out(*arguments), self.out(*arguments))


SHOP = """
destinations:
  - name: orders
    url: http://127.0.0.1:9/orders
    format: array
    keys:
      - {name: first, secret: {env: FIRST_KEY}}
    authorization: {bearer: {token: {file: token}}}
  - {name: other, url: "http://127.0.0.1:9/other"}
---
subscriptions:
  - {name: all, types: [session.*], destinations: [orders, other]}
"""
FIRST_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Applying(Cli):
    def begin(self, *arguments, **more):
        super().begin(*arguments, **more)
        self.environment["FIRST_KEY"] = FIRST_KEY
        (self.folder / "token").write_text("bearer-" + "b" * 40 + "\n")

    def apply(self, yaml, *arguments, **more):
        (self.folder / "shop.yaml").write_text(yaml)
        return self.cli("apply", "-f", "shop.yaml", *arguments, **more)

    def actions(self, yaml, *arguments):
        done = self.apply(yaml, *arguments, "--output", "json")
        return {r["name"].removeprefix("tenants/acme/"): r["action"]
                for r in json.loads(done.stdout)["results"]}

    def test_it_does_what_is_said_once(self):
        self.begin()
        dry = self.apply(SHOP, "--dry-run").stdout
        self.assertIn("destination tenants/acme/destinations/orders would be created", dry)
        self.assertIn("+ format: array", dry)
        self.assertNotIn(FIRST_KEY, dry)
        self.assertNotIn("bearer-", dry)
        self.assertEqual(self.json("get", "destinations"), {"destinations": []})
        made = self.apply(SHOP).stdout
        self.assertIn("subscription tenants/acme/subscriptions/all created", made)
        self.assertIn("other/second   whsec_", made)
        before = self.json("get", "destinations")
        self.assertEqual(set(self.actions(SHOP).values()), {"unchanged"})
        self.assertEqual(self.json("get", "destinations"), before, "not even the revision moved")

    def test_changes_are_shown_and_made(self):
        self.begin()
        self.apply(SHOP)
        changed = SHOP.replace("/other\"}", "/new\", concurrency: 3}").replace("format: array", "")
        dry = self.apply(changed, "--dry-run").stdout
        self.assertIn("  - url: http://127.0.0.1:9/other\n  + url: http://127.0.0.1:9/new\n", dry)
        self.assertIn("  + concurrency: 3\n", dry)
        self.assertIn("  - format: array\n", dry)
        self.assertEqual(self.actions(changed), {
            "destinations/orders": "changed", "destinations/other": "changed",
            "subscriptions/all": "unchanged"})
        self.assertEqual(self.json("get", "destination", "other")["concurrency"], 3)
        self.assertNotIn("format", self.json("get", "destination", "orders"))

    def test_keys_and_secrets(self):
        self.begin()
        self.apply(SHOP)
        (self.folder / "token").write_text("bearer-" + "c" * 40)
        self.assertIn("***cccc", self.apply(SHOP, "--dry-run").stdout)
        self.assertEqual(self.actions(SHOP)["destinations/orders"], "changed")
        self.environment["FIRST_KEY"] = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
        self.assertIn("give the new one another name", self.apply(SHOP, code=WRONG_INPUT).stderr)
        renamed = SHOP.replace("name: first", "name: next")
        dry = self.apply(renamed, "--dry-run").stdout
        self.assertRegex(dry, r"(?s)- keys:.*first.*\+ keys:.*next.*\*\*\*b7oD")
        self.assertEqual(self.actions(renamed), {
            "destinations/orders": "changed", "destinations/other": "unchanged",
            "subscriptions/all": "unchanged"})
        keys = self.out("get", "keys", "orders", "--output", "name").split()
        self.assertEqual([name.rpartition("/")[2] for name in keys], ["next"])
        del self.environment["FIRST_KEY"]
        self.assertIn("keys[0].secret: the variable FIRST_KEY is not set",
                      self.apply(SHOP, code=WRONG_INPUT).stderr)

    def test_pruning_keeps_to_its_set(self):
        self.begin()
        self.cli("destinations", "create", "by-hand", "--url", NOWHERE)
        self.apply(SHOP, "--apply-set", "shop")
        less = "destinations:\n  - {name: other, url: 'http://127.0.0.1:9/other'}\n"
        self.assertEqual(self.actions(less, "--apply-set", "shop"),
                         {"destinations/other": "unchanged"})
        dry = self.apply(less, "--apply-set", "shop", "--prune", "--dry-run").stdout
        self.assertIn("destination tenants/acme/destinations/orders would be deleted", dry)
        self.assertEqual(self.actions(less, "--apply-set", "shop", "--prune"), {
            "destinations/other": "unchanged", "subscriptions/all": "deleted",
            "destinations/orders": "deleted"})
        left = self.out("get", "destinations", "--output", "name").split()
        self.assertEqual([name.rpartition("/")[2] for name in left], ["by-hand", "other"])
        self.assertIn("--apply-set", self.apply(less, "--prune", code=WRONG_INPUT).stderr)
        self.assertIn("hold no resource", self.apply("", "--apply-set", "shop", "--prune",
                                                     code=WRONG_INPUT).stderr)

    def test_what_is_exported_or_shown_can_be_applied(self):
        self.begin()
        self.apply(SHOP)
        self.assertEqual(set(self.actions(self.out("export")).values()), {"unchanged"})
        for form in ("json", "yaml"):
            shown = self.out("get", "subscriptions", "--output", form)
            self.assertEqual(self.actions(shown), {"subscriptions/all": "unchanged"})
        shown = self.out("get", "destination", "other", "--output", "json")
        self.cli("destinations", "update", "other", "--set", "concurrency=2")
        self.assertIn("get it again", self.apply(shown, code=CONFLICT).stderr)
        self.assertNotIn("subscriptions", self.out("export", "destinations"))

    def test_nothing_is_changed_where_one_is_wrong(self):
        self.begin()
        wrong = SHOP + "  - {name: none, types: [session.*], destinations: [missing]}\n"
        refused = self.apply(wrong, code=WRONG_INPUT).stderr
        self.assertIn("tenants/acme/subscriptions/none: ", refused)
        self.assertEqual(self.json("get", "destinations"), {"destinations": []})
        self.assertIn("server: is not applied", self.apply("server: {}", code=WRONG_INPUT).stderr)
        self.assertIn("no kind", self.cli("export", "keys", code=WRONG_INPUT).stderr)

    def test_what_is_not_ones_own_is_not_smuggled_in(self):
        self.begin()
        bells = "destinations: [{name: tenants/bell/destinations/a, url: 'http://127.0.0.1:9'}]"
        for yaml in (bells, SHOP + "---\n" + bells,
                     "tenants: [{name: acme, limits: {max_rate: 9}}]",
                     SHOP + "---\nevent_types: [{name: order.paid}]"):
            with self.subTest(yaml):
                self.apply(yaml, code=FORBIDDEN)
        self.assertEqual(self.json("get", "destinations"), {"destinations": []})

    def test_a_reader_may_not(self):
        self.begin()
        self.apply(SHOP)
        self.environment["CARILLON_TOKEN"] = READER
        self.apply(SHOP, "--dry-run", code=FORBIDDEN)

    def test_it_is_one_change_with_one_entry_in_the_audit_log(self):
        self.begin()
        self.apply(SHOP, "--request-id", "r1")
        again = self.apply(SHOP, "--request-id", "r1").stdout
        self.assertIn("other/second   whsec_", again, "the answer of the first time")
        entries = self.json("get", "audit-entries")["auditEntries"]
        applied = [e for e in entries if e["method"].endswith("/ApplyConfig")]
        self.assertEqual([len(entry["changes"]) for entry in applied], [3])
        revisions = {each["revision"] for kind in ("destinations", "subscriptions")
                     for each in self.json("get", kind)[kind]}
        self.assertEqual(len(revisions), 1, revisions)


class Errors(Cli):
    def test_wrong_arguments_say_what_to_do(self):
        self.begin()
        for arguments, words in (
                (("get", "destinationz"), "did you mean 'destinations'"),
                (("get", "x"), "there are tenants, event-types, destinations, keys, subscriptions"),
                (("get", "destinations", "a/b/c"), "tenants/{tenant}/destinations/{destination}"),
                (("keys", "list"), "OUTER"),
                (("get", "keys"), "name the destination whose keys are meant"),
                (("destinations", "create", "a", "--set", "retry.jiter=1"), "mean 'jitter'"),
                (("destinations", "create", "a", "--set", "concurrency"), "must be NAME=VALUE"),
                (("destinations", "create", "a", "--file", "/none"), "/none: cannot be read"),
                (("destinations", "update", "a"), "nothing to change"),
                (("destinations", "update", "a", "--clear", "bell"), "no such member"),
                (("get", "destinations", "--context", "none"), "no context 'none'"),
                (("get", "destinations", "--deadline", "soon"), "--deadline must be a time"),
                (("get", "destinations", "--output", "xml"), "--output"),
                (("describe", "destinations"), "give its name")):
            with self.subTest(arguments):
                self.assertIn(words, self.error(*arguments, code=WRONG_INPUT))

    def test_what_the_server_refuses(self):
        self.begin([{"name": "tenants/acme/destinations/filed", "url": NOWHERE, "disabled": True}])
        self.cli("destinations", "create", "orders", "--url", NOWHERE)
        create = ("destinations", "create", "orders", "--url", NOWHERE)
        for arguments, code, words, environment in (
                (create, CONFLICT, "RESOURCE_EXISTS", {}),
                (("destinations", "update", "filed", "--set", "concurrency=2"), REFUSED,
                 "configuration file", {}),
                (("destinations", "update", "orders", "--set", "concurrency=2", "--etag", '"x"'),
                 CONFLICT, "get it again", {}),
                (("get", "destination", "none"), NOT_FOUND, "RESOURCE_NOT_FOUND", {}),
                (("destinations", "create", "x", "--url", "ftp://a", "--set", "concurrency=0"),
                 WRONG_INPUT, "destination.concurrency: must be 1 to 1024", {}),
                (("get", "destinations", "--filter", "url ~ 1"), WRONG_INPUT, "FILTER_INVALID", {}),
                (create, FORBIDDEN, "a token with a role that may", {"CARILLON_TOKEN": READER}),
                (create, FORBIDDEN, "give a token", {"CARILLON_TOKEN": ""}),
                (create, FORBIDDEN, "CREDENTIALS_INVALID", {"CARILLON_TOKEN": "car_" + "x" * 43}),
                (create, FORBIDDEN, "name a tenant of yours", {"CARILLON_TENANT": "bell"}),
                (create, UNAVAILABLE, "is carillond running at 127.0.0.1:1?",
                 {"CARILLON_SERVER": "127.0.0.1:1"})):
            with self.subTest(arguments, **environment):
                text = self.error(*arguments, code=code, **environment)
                self.assertIn(words, text)
                self.assertNotIn("\x1b", text)

    def test_a_server_without_tokens(self):
        self.begin(tokens=[])
        self.assertIn("access.tokens", self.error("get", "destinations", code=FORBIDDEN,
                                                  CARILLON_TOKEN=""))


if __name__ == "__main__":
    unittest.main()
