"""The command line over the administration API."""

import json
import os
import pty
import subprocess
import unittest
import urllib.error
import urllib.request

from control_api_test import ACME, OPERATOR, READER, ControlApi, signed_by
from harness import BIN, HERE, PATIENCE, Program, eventually, header

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


class Contexts(Cli):
    def test_the_file_of_contexts(self):
        self.begin()
        (self.folder / "token").write_text(ACME + "\n")
        bare = {"CARILLON_SERVER": "", "CARILLON_TOKEN": "", "CARILLON_TENANT": ""}
        self.assertIn("carillon context set", self.cli("context", "list", **bare).stderr)
        self.cli("context", "set", "test", "--server", self.carillond.publish_address, "--tenant",
                 "acme", "--token-file", str(self.folder / "token"), **bare)
        file = self.folder / ".config/carillon/config.yaml"
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.cli("destinations", "create", "orders", "--url", NOWHERE, **bare)
        self.assertRegex(self.out("context", "list", **bare),
                         r"(?m)^\* +test +127\.0\.0\.1:\d+ +acme$")
        self.cli("context", "set", "other", "--server", "127.0.0.1:1", "--token", ACME, **bare)
        self.cli("context", "use", "other", **bare)
        self.error("get", "destinations", code=UNAVAILABLE, **bare)
        self.out("get", "destinations", "--context", "test", **bare)
        shown = self.out("context", "show", **bare)
        self.assertIn("token: ***", shown.replace('"', ""))
        self.assertNotIn(ACME, shown)
        self.error("get", "destinations", code=FORBIDDEN,
                   **{**bare, "CARILLON_SERVER": self.carillond.publish_address})
        self.cli("context", "delete", "other", **bare)
        self.error("context", "use", "other", code=NOT_FOUND, **bare)
        file.write_text("contexts: [{name: a, sever: x}]")
        self.assertIn("contexts[0]: unknown member 'sever'; did you mean 'server'?",
                      self.error("get", "destinations", code=WRONG_INPUT, **bare))


class Listening(Cli):
    def listen(self, *arguments):
        listening = self.started(Program(self.folder, "carillon", ["listen", *arguments],
                                         self.environment))
        eventually(lambda: "listening: " in listening.stderr_path.read_text()
                   or not listening.alive(), "it listens")
        return listening

    def test_what_arrives_is_verified_and_sent_on_and_nothing_is_left(self):
        receiver = self.sink()
        self.begin()
        listening = self.listen("--type", "session.*", "--forward", receiver.url("/status/204"),
                                "--limit", "2", "--output", "json")
        self.assertEqual(len(self.json("get", "destinations")["destinations"]), 1)
        self.assertIn("published: id ", self.out("trigger", "session.create"))
        self.cli("trigger", "session.delete", "--id", "mine",
                 "--set", "session.location=Kamen Test")
        self.assertEqual(listening.wait(), DONE)
        lines = listening.lines(listening.stdout_path)
        self.assertEqual([(x["verified"], x["status"]) for x in lines], [(True, 204)] * 2)
        bodies = {x["headers"]["webhook-id"]: json.loads(x["body"]) for x in lines}
        self.assertEqual(bodies["mine"]["data"], {
            "uuid": "<uuid>", "action": "delete", "location": "Kamen Test", "stations": 4,
            "customerid": 9007199254740993})
        sent_on = {header(r, "webhook-id"): r["body"] for r in receiver.wait_records(2)}
        self.assertEqual(sent_on, {x["headers"]["webhook-id"]: x["body"] for x in lines})
        self.assertEqual(self.json("get", "destinations"), {"destinations": []})
        self.assertEqual(self.json("get", "subscriptions"), {"subscriptions": []})

    def test_a_signal_ends_it_and_it_cleans_up(self):
        self.begin()
        listening = self.listen()
        self.cli("trigger", "session.create")
        eventually(lambda: "signature verified" in listening.stdout_path.read_text(), "it arrives")
        self.assertEqual(listening.stop(), DONE)
        self.assertEqual(self.json("get", "destinations"), {"destinations": []})

    def expire_time(self):
        return self.json("get", "destinations")["destinations"][0]["expireTime"]

    def test_what_a_kill_leaves_behind_expires(self):
        self.begin()
        listening = self.listen("--expire-after", "10s")
        first = self.expire_time()
        eventually(lambda: self.expire_time() != first, "it is put off")
        listening.kill()
        self.assertEqual(len(self.json("get", "subscriptions")["subscriptions"]), 1)
        eventually(lambda: self.json("get", "destinations") == {"destinations": []}, "it expires")
        self.assertEqual(self.json("get", "subscriptions"), {"subscriptions": []})

    def test_one_whose_destination_is_gone_ends(self):
        self.begin()
        listening = self.listen("--expire-after", "10s")
        name = self.json("get", "destinations")["destinations"][0]["name"]
        self.cli("delete", "destination", name, "--force")
        self.assertEqual(listening.wait(), NOT_FOUND)
        self.assertIn("listen again", listening.stderr_path.read_text())

    def test_what_nobody_signed_and_what_cannot_be_sent_on(self):
        self.begin()
        listening = self.listen("--forward", "1", "--limit", "2")
        url = self.json("get", "destinations")["destinations"][0]["url"]
        wrong = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        for headers, status in ((wrong, 401), ({}, 502)):
            request = urllib.request.Request(url, b"{}", headers)
            with self.assertRaises(urllib.error.HTTPError) as answer:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                    request, timeout=PATIENCE)
            self.assertEqual(answer.exception.code, status)
            answer.exception.close()
        self.assertEqual(listening.wait(), DONE)
        text = listening.stdout_path.read_text()
        self.assertIn("WRONG SIGNATURE", text)
        self.assertIn("not signed; --forward cannot be reached", text)

    def test_what_is_wrong_is_said(self):
        self.begin()
        self.assertIn("--forward", self.error("listen", "--forward", "ftp://a", code=WRONG_INPUT))
        self.assertIn("10s or more", self.error("listen", "--expire-after", "9s",
                                                code=WRONG_INPUT))
        self.assertIn("guard.allow_networks", self.error(
            "listen", "--public-url", "http://10.0.0.1/", code=WRONG_INPUT))
        self.assertIn("TENANT_FORBIDDEN", self.error("listen", "--tenant", "bell", code=FORBIDDEN))
        self.assertIn("no.such", self.error("trigger", "no.such", code=WRONG_INPUT))
        self.assertIn("did you mean 'location'", self.error(
            "trigger", "session.create", "--set", "session.locaton=x", code=WRONG_INPUT))
        self.assertEqual(self.json("get", "destinations"), {"destinations": []})


class Asking(Cli):
    def test_what_a_test_came_to(self):
        receiver = self.sink()
        self.begin()
        for name, path in (("good", "/ok"), ("bad", "/status/503")):
            self.cli("destinations", "create", name, "--url", receiver.url(path))
        shown = self.out("destinations", "test", "good", "--event-type", "session.create")
        self.assertRegex(shown, r"(?m)^outcome +success$")
        self.assertRegex(shown, r"(?m)^response\.status +200$")
        self.assertRegex(shown, r"(?m)^phases\.total +[0-9.]+.?s$")
        self.assertEqual(len(receiver.records("/ok")), 1)
        refused = self.cli("destinations", "test", "bad", "--event-type", "session.create",
                           "--output", "json", code=REFUSED)
        self.assertEqual(json.loads(refused.stdout)["attempt"]["outcome"], "OUTCOME_HTTP_5XX")
        self.error("destinations", "test", "none", "--event-type", "session.create", code=NOT_FOUND)
        self.error("destinations", "test", "good", "--event-type", "no.such", code=WRONG_INPUT)

    def test_the_server_and_the_caller(self):
        self.begin()
        self.cli("destinations", "create", "orders", "--url", NOWHERE)
        status = self.out("status")
        self.assertRegex(status, r"(?m)^version +\d+\.\d+\.\d+$")
        self.assertRegex(status, r"(?m)^role +tenant_admin$")
        self.assertRegex(status, r"(?m)^destinations +1")
        self.assertIn("applied", " ".join(self.json("status")))
        me = self.json("whoami", CARILLON_TOKEN=READER)
        self.assertEqual((me["role"], me["tenants"]), ("ROLE_READER", ["tenants/acme"]))
        self.assertNotIn("carillon.v1.KeyService/CreateKey", me["methods"])
        self.error("settings", code=FORBIDDEN)
        self.assertIn("max_payload_bytes:", self.out("settings", CARILLON_TOKEN=OPERATOR))


class Completing(Cli):
    def bash(self, *words):
        """What the script for bash offers, the last word as far as it is typed."""
        script = self.out("completion", "bash")
        names = " ".join(f"'{word}'" for word in ("carillon", *words))
        done = subprocess.run(
            ["bash", "-c", f'{script}\nCOMP_WORDS=({names}); COMP_CWORD={len(words)}; _carillon; '
                           'printf "%s\\n" "${COMPREPLY[@]}"'],
            capture_output=True, text=True, check=True, timeout=PATIENCE,
            env={**os.environ, **self.environment, "PATH": f"{BIN}:{os.environ['PATH']}"})
        return done.stdout.split()

    def test_in_bash(self):
        self.begin()
        for name in ("orders", "other"):
            self.cli("destinations", "create", name, "--url", NOWHERE)
        self.assertEqual(self.bash("desc"), ["describe"])
        self.assertIn("rotate", self.bash("keys", ""))
        self.assertEqual(self.bash("get", "dest"), ["destinations"])
        self.assertEqual(self.bash("get", "destination", "o"), ["orders", "other"])
        self.assertEqual(self.bash("get", "destinations", "--output", "=", "j"), ["json"])
        self.assertEqual(self.bash("keys", "rotate", "orders/f"), ["orders/first"])
        self.assertEqual(self.bash("get", "--tenant", "bell", "destination", "o"), [])
        self.carillond.kill()
        self.assertEqual(self.bash("get", "destination", "o"), [])

    def test_manual_pages_and_the_reference(self):
        folder = self.folder / "man"
        folder.mkdir()
        self.environment = {}
        self.assertEqual(self.cli("__reference", "man", folder).stdout, "")
        self.assertIn("carillon-destinations-create.1", [p.name for p in folder.iterdir()])
        page = (folder / "carillon-get.1").read_text()
        self.assertTrue(page.startswith(".TH carillon\\-get 1 "), page[:100])
        made = self.out("__reference", "markdown")
        kept = (HERE.parents[1] / "docs/cli.md").read_text()
        self.assertEqual(made, kept, "docs/cli.md is stale: run scripts/cli_docs.sh")


class Terminal(Cli):
    def colored(self, **environment):
        main, side = pty.openpty()
        with subprocess.Popen([str(BIN / "carillon"), "get", "destinations"], stdout=side,
                              env={**os.environ, **self.environment, "TERM": "xterm",
                                   **environment}):
            os.close(side)
            text = b""
            while True:
                try:
                    text += (piece := os.read(main, 4096))
                except OSError:  # the other side is closed
                    piece = b""
                if not piece:
                    break
        os.close(main)
        return text

    def test_colors_are_for_terminals_only(self):
        self.begin()
        self.cli("destinations", "create", "orders", "--url", NOWHERE)
        self.assertIn(b"\x1b[1mNAME\x1b[0m", self.colored())
        self.assertNotIn(b"\x1b", self.colored(NO_COLOR="1"))
        self.assertNotIn("\x1b", self.out("get", "destinations"))


if __name__ == "__main__":
    unittest.main()
