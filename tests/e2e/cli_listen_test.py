"""`carillon listen` and `trigger`: a receiver for as long as it runs."""

import json
import unittest
import urllib.error
import urllib.request

from cli_test import DONE, FORBIDDEN, NOT_FOUND, WRONG_INPUT, Cli
from harness import PATIENCE, Program, eventually, header


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


if __name__ == "__main__":
    unittest.main()
