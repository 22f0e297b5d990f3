"""The command line beside its calls: contexts, what it shows of the server, completion, manual pages,
colors."""

import json
import os
import pty
import subprocess
import unittest

from cli_test import FORBIDDEN, NOT_FOUND, NOWHERE, REFUSED, UNAVAILABLE, WRONG_INPUT, Cli
from control_api_test import ACME, OPERATOR, READER
from harness import BIN, HERE, PATIENCE, eventually
from scripted import Scripted


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

    def test_why_a_test_failed(self):
        with Scripted({"/old": [(301, {"Location": "/new"})],
                       "/busy": [(429, {"Retry-After": "30"})]}) as receiver:
            self.begin()
            for name in ("old", "busy"):
                self.cli("destinations", "create", name, "--url", receiver.url("/" + name))
            shown = self.cli("destinations", "test", "old", "--event-type", "session.create",
                             code=REFUSED).stdout
            self.assertRegex(shown, rf"(?m)^detail\.redirect_url +{receiver.url('/new')}$")
            shown = self.cli("destinations", "test", "busy", "--event-type", "session.create",
                             code=REFUSED).stdout
            self.assertRegex(shown, r"(?m)^detail\.retry_after +30s$")
            self.assertNotIn("detail.tls", shown)

    def test_where_a_url_leads(self):
        self.begin()
        allowed = self.cli("destinations", "check-url", NOWHERE)
        self.assertRegex(allowed.stdout, r"(?m)^127\.0\.0\.1 +yes$")
        self.assertIn("requests may go to http://127.0.0.1", allowed.stderr)
        refused = self.cli("destinations", "check-url", "http://10.1.2.3/in", code=REFUSED)
        self.assertRegex(refused.stdout, r"(?m)^10\.1\.2\.3 +no +10\.1\.2\.3 \(10\.0\.0\.0/8, private use\)$")
        self.assertIn("no request goes to http://10.1.2.3/in: ", refused.stderr)
        self.assertIs(self.json("destinations", "check-url", NOWHERE)["allowed"], True)
        self.error("destinations", "check-url", "nonsense", code=WRONG_INPUT)
        self.error("destinations", "check-url", NOWHERE, code=FORBIDDEN, CARILLON_TOKEN=READER)

    def test_how_deliveries_fare(self):
        self.begin()
        self.cli("destinations", "create", "orders", "--url", NOWHERE)
        shown = self.out("summary")
        self.assertRegex(shown, r"(?m)^destinations +1$")
        self.assertRegex(shown, r"(?m)^failing +0$")
        self.assertRegex(shown, r"(?m)^deliveries queued +0$")
        self.assertEqual(self.json("summary")["destinationCount"], 1)
        self.cli("destinations", "disable", "orders", "--reason", "a test")
        self.assertRegex(self.out("summary"), r"(?m)^disabled +1$")
        everywhere = self.json("summary", "--all-tenants", CARILLON_TOKEN=OPERATOR)
        self.assertEqual(everywhere["name"], "tenants/-")
        self.error("summary", code=FORBIDDEN, CARILLON_TENANT="bell")

    def test_what_filters_can_ask_about(self):
        self.begin()
        shown = self.out("event-types", "members", "session.create")
        self.assertRegex(shown, r"(?m)^MEMBER +KIND +TYPES +VALUES +DESCRIPTION$")
        self.assertRegex(shown, r"(?m)^location +text +1 +\S+")
        some = self.json("event-types", "members", "session.*", "--prefix", "loc", "--limit", "1")
        self.assertEqual([m["path"] for m in some["members"]], ["location"])
        self.assertIn("did you mean 'session.create'",
                      self.error("event-types", "members", "session.creat", code=WRONG_INPUT))

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

    def test_where_settings_come_from(self):
        self.begin()
        self.error("settings", "--sources", code=FORBIDDEN)
        table = self.out("settings", "--sources", CARILLON_TOKEN=OPERATOR)
        self.assertRegex(table, r"(?m)^SETTING +VALUE +SOURCE$")
        self.assertRegex(table, r"(?m)^access\.tokens +\(set\) ")
        told = self.json("settings", "--sources", CARILLON_TOKEN=OPERATOR)
        for source in told["sources"]:
            self.assertRegex(table, rf"(?m)^{source['path']} +\S.* {told['file']}:{source['line']}$")


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
        self.assertEqual(self.bash("event-types", "members", "session.create", "session.del"),
                         ["session.delete"])
        self.assertIn("check-url", self.bash("destinations", ""))
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

    def answer(self, text, *arguments):
        """Runs the command at a terminal where somebody types this; what it wrote, and its end."""
        main, side = pty.openpty()
        with subprocess.Popen([str(BIN / "carillon"), *arguments], stdin=side, stderr=side,
                              stdout=subprocess.PIPE, text=True,
                              env={**os.environ, **self.environment}) as process:
            os.close(side)
            asked = b""
            while b"[y/N]" not in asked:
                asked += os.read(main, 4096)
            os.write(main, text)
            out = process.stdout.read()
            code = process.wait()
        os.close(main)
        return asked.decode(), out, code

    def test_who_purges_at_a_terminal_is_asked(self):
        self.begin()
        self.cli("destinations", "create", "orders", "--url", NOWHERE)
        self.cli("subscriptions", "create", "all", "--type", "session.*", "--destination", "orders")
        self.cli("destinations", "pause", "orders")
        self.cli("trigger", "session.create")
        purge = ("deliveries", "purge", "orders", "--filter", "*")
        eventually(lambda: "1 deliveries" in self.out(*purge, "--dry-run"), "one waits")
        asked, out, code = self.answer(b"n\n", *purge)
        self.assertIn("1 deliveries are purged for good", asked)
        self.assertEqual((out, code), ("", 1))
        self.assertIn("1 deliveries", self.out(*purge, "--dry-run"))
        _, out, code = self.answer(b"yes\n", *purge)
        self.assertIn("succeeded", out)
        self.assertEqual(code, 0)
        self.assertIn("0 deliveries", self.out(*purge, "--dry-run"))

    def test_colors_are_for_terminals_only(self):
        self.begin()
        self.cli("destinations", "create", "orders", "--url", NOWHERE)
        self.assertIn(b"\x1b[1mNAME\x1b[0m", self.colored())
        self.assertNotIn(b"\x1b", self.colored(NO_COLOR="1"))
        self.assertNotIn("\x1b", self.out("get", "destinations"))


if __name__ == "__main__":
    unittest.main()
