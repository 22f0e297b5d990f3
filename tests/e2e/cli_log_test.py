"""The command line: tokens, deliveries and attempts."""

import unittest

from cli_test import CONFLICT, FORBIDDEN, NOT_FOUND, WRONG_INPUT, Cli
from control_api_test import ACME, OPERATOR, READER
from delivery_log_test import Talking
from harness import eventually


class Tokens(Cli):
    def test_one_from_its_making_to_its_end(self):
        self.begin()
        made = self.out("tokens", "create", "ci", "--role", "publisher", "--event-type", "session.*",
                        "--display-name", "The build")
        self.assertRegex(made, r"(?m)^NAME +TOKEN \(shown this once\)$")
        token = next(line.split()[1] for line in made.splitlines() if "car_" in line)
        self.assertIn("role: publisher", self.out("whoami", CARILLON_TOKEN=token))
        listed = self.out("tokens", "list")
        self.assertRegex(listed, r"(?m)^ci +publisher +session\.\* +20")
        self.assertNotIn("car_", listed + self.out("tokens", "describe", "ci"))
        self.cli("tokens", "update", "ci", "--expire-time", "9999-12-31T23:59:59Z",
                 CARILLON_TOKEN=OPERATOR)
        self.error("tokens", "create", "ci", "--role", "reader", code=CONFLICT)
        self.error("tokens", "create", "root", "--role", "operator", code=WRONG_INPUT)
        self.error("tokens", "create", "eyes2", "--role", "reader", code=FORBIDDEN,
                   CARILLON_TOKEN=READER)
        self.cli("tokens", "delete", "ci")
        self.cli("whoami", code=FORBIDDEN, CARILLON_TOKEN=token)
        self.error("tokens", "get", "ci", code=NOT_FOUND)

    def test_those_of_no_tenant(self):
        self.begin()
        self.environment["CARILLON_TOKEN"] = OPERATOR
        self.cli("tokens", "create", "tokens/night", "--role", "operator")
        self.assertRegex(self.out("tokens", "list", "--no-tenant"), r"(?m)^tokens/night +operator")
        self.assertNotIn("night", self.out("tokens", "list", "--output", "name"))
        self.assertIn("name: tokens/night", self.out("tokens", "describe", "tokens/night"))
        self.cli("delete", "tokens/night")
        self.error("tokens", "list", "--no-tenant", code=FORBIDDEN, CARILLON_TOKEN=ACME)

    def test_a_hash_that_is_given(self):
        self.begin()
        generated = self.cli("tokens", "generate")
        sha256 = generated.stderr.split()[-1]
        self.cli("tokens", "create", "mine", "--role", "reader", "--sha256", sha256)
        self.assertIn("role: reader", self.out("whoami", CARILLON_TOKEN=generated.stdout.strip()))


class Log(Cli):
    def begin_with(self, *statuses):
        receiver = self.enterContext(Talking(list(statuses)))
        self.begin()
        for name in ("orders", "bills"):
            self.cli("destinations", "create", name, "--url", receiver.url("/"),
                     "--set", "retry.delays=[100ms]")
            self.cli("subscriptions", "create", name, "--type", "session.*", "--destination", name)
        self.publish_one(1)

    def found(self, *arguments, count):
        """The deliveries that are listed, as soon as there are so many."""
        def look():
            listed = self.json("deliveries", "list", *arguments)["deliveries"]
            return listed if len(listed) >= count else None
        return eventually(look, f"{count} deliveries of {arguments}")

    def test_what_was_given_up_is_found_and_looked_into(self):
        self.begin_with(500)
        dead = self.found("--filter", "state = DEAD", count=2)
        self.assertEqual({d["attemptCount"] for d in dead}, {2})
        [one] = self.found("orders", "--filter", "state = DEAD", count=1)
        listed = self.out("deliveries", "list")
        self.assertRegex(listed, r"(?m)^NAME +TYPE +EVENT +STATE +OUTCOME +ATTEMPTS +LAST ATTEMPT$")
        self.assertRegex(listed, r"(?m)^bills/\d+ +session\.create +\S+ +dead +http_5xx +2 +20")
        short = "orders/" + one["name"].rsplit("/", 1)[-1]
        shown = self.out("deliveries", "describe", short)
        self.assertIn("state: dead", shown)
        self.assertRegex(shown, r"attempts:\nNAME +TYPE +EVENT +STARTED +OUTCOME +STATUS +TOOK\n")
        attempts = self.json("attempts", "list", short)["attempts"]
        self.assertEqual(len(attempts), 2)
        self.assertEqual(len(self.json("get", "attempts", short, "--limit", "1")["attempts"]), 1)
        self.assertIn("status: 500", self.out("attempts", "describe", attempts[0]["name"]))
        self.assertIn("\ndeliveries:\n", self.out("describe", "destination", "orders"))

    def test_what_is_wrong_is_said(self):
        self.begin_with(200)
        self.found(count=2)
        self.assertIn("filter", self.error("deliveries", "list", "--filter", "stat = DEAD",
                                           code=WRONG_INPUT))
        self.assertIn("OUTER/NAME", self.error("deliveries", "get", "orders/1/2", code=WRONG_INPUT))
        self.error("deliveries", "get", "orders/999999", code=NOT_FOUND)
        self.error("deliveries", "list", "-A", code=FORBIDDEN)
        self.assertNotEqual(self.carillon("deliveries", "create", "x").returncode, 0)


if __name__ == "__main__":
    unittest.main()
