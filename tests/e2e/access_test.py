"""Who may publish: tokens of the configuration, their tenants and event types, their end."""

import hashlib
import unittest

from harness import EndToEnd, compact, eventually, session
from http2 import PUBLISH, PUBLISH_STREAM, REFLECTION, Connection, publish_request, session_event

UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED = "16", "7", "8"
RELOADED = "configuration reloaded"


class Access(EndToEnd):
    def token(self):
        """(token, its hash)."""
        done = self.carillon("tokens", "generate")
        self.assertEqual(done.returncode, 0, done.stderr)
        token = done.stdout.strip()
        self.assertRegex(token, "^car_[A-Za-z0-9_-]{43}$")
        self.assertEqual(done.stderr, f"sha256: {hashlib.sha256(token.encode()).hexdigest()}\n")
        return token, hashlib.sha256(token.encode()).hexdigest()

    def write(self, *tokens):
        return self.write_config([{"name": "one", "url": "http://127.0.0.1:9/", "disabled": True}],
                                 access={"tokens": list(tokens)})

    def publish_as(self, server, token, event):
        return self.carillon("publish", "--address", server.publish_address, "--file", "-",
                             stdin=compact(event) + "\n",
                             env={"CARILLON_TOKEN": token} if token else {})

    def test_a_publisher_has_its_tenants_and_types(self):
        token, digest = self.token()
        self.write({"name": "shop", "role": "publisher", "tenants": ["acme", "bell"],
                    "event_types": ["session.*"], "sha256": digest})
        server = self.server()
        event = {"tenant": "acme", "session": session()}
        for refused, why in (
                (self.publish_as(server, None, event), "UNAUTHENTICATED"),
                (self.publish_as(server, "car_" + "A" * 43, event), "UNAUTHENTICATED"),
                (self.publish_as(server, "nonsense", event), "UNAUTHENTICATED"),
                (self.publish_as(server, token, {"session": session()}), "PERMISSION_DENIED"),
                (self.publish_as(server, token, {**event, "tenant": "other"}),
                 "events[0].tenant: not a tenant of the caller")):
            self.assertEqual(refused.returncode, 1, refused.stderr)
            self.assertIn(why, refused.stderr)
            self.assertNotIn(token, refused.stderr)
        for tenant in ("acme", "bell"):
            done = self.publish_as(server, token, {**event, "tenant": tenant})
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(server.metric("carillon_journal_last_position"), 2)
        self.assertNotIn(token, (self.folder / "carillon.yaml").read_text())

    def test_an_event_type_that_is_not_the_tokens(self):
        token, digest = self.token()
        self.write({"name": "shop", "role": "publisher", "event_types": ["session.delete"],
                    "sha256": digest})
        server = self.server()
        done = self.publish_as(server, token, {"session": session()})
        self.assertIn("events[0].type: not an event type that the caller may publish", done.stderr)
        done = self.publish_as(server, token, {"session": session(action="delete")})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_roles_and_what_is_open(self):
        reader, digest = self.token()
        self.write({"name": "eyes", "role": "reader", "sha256": digest})
        server = self.server()
        done = self.publish_as(server, reader, {"session": session()})
        self.assertIn("ROLE_READER may not call carillon.v1.EventPublisher/Publish", done.stderr)
        done = self.carillon("health", "--address", server.publish_address)
        self.assertEqual((done.returncode, done.stdout), (0, "SERVING\n"))
        with Connection(server.publish_address) as connection:
            for more, status in (([], UNAUTHENTICATED),
                                 ([("authorization", f"Bearer {reader}")], "0")):
                headers, _ = connection.call(REFLECTION, b"\x3a\x00", more)
                self.assertEqual(headers["grpc-status"], status, headers)

    def test_a_token_that_is_taken_away_ends_at_once_for_streams_too(self):
        token, digest = self.token()
        other, other_digest = self.token()
        self.write({"name": "shop", "role": "publisher", "sha256": digest})
        server = self.server()
        with Connection(server.publish_address) as connection:
            stream = connection.open(PUBLISH_STREAM, more=[("authorization", f"Bearer {token}")])
            connection.send_message(stream, publish_request(session_event("one")))
            _, answers = connection.answer(stream, until=lambda _, got: len(got) == 1)
            self.assertIn(b"one", answers[0])
            self.write({"name": "other", "role": "publisher", "sha256": other_digest})
            server.wait_message(server.stderr_path, RELOADED)
            connection.send_message(stream, publish_request(session_event("two")))
            _, answers = connection.answer(stream, until=lambda _, got: len(got) >= 1)
            self.assertIn(b"the credential is none that is known", answers[-1])
        self.assertEqual(self.publish_as(server, token, {"session": session()}).returncode, 1)
        self.assertEqual(self.publish_as(server, other, {"session": session()}).returncode, 0)
        # Without tokens nobody is asked.
        self.write()
        server.wait_message(server.stderr_path, RELOADED, count=2)
        eventually(lambda: self.publish_as(server, None, {"session": session()}).returncode == 0,
                   "nobody is asked")

    def test_guessing_is_throttled_and_the_right_token_is_not(self):
        token, digest = self.token()
        self.write({"name": "shop", "role": "publisher", "sha256": digest})
        server = self.server()
        with Connection(server.publish_address) as connection:
            def call(credential):
                return connection.call(PUBLISH, publish_request(session_event()),
                                       [("authorization", f"Bearer {credential}")])[0]
            for _ in range(10):
                self.assertEqual(call("car_" + "A" * 43)["grpc-status"], UNAUTHENTICATED)
            # Ten a minute may be wrong: a slow machine takes some calls more.
            eventually(lambda: call("car_" + "A" * 43)["grpc-status"] == RESOURCE_EXHAUSTED,
                       "a call that is throttled")
            self.assertEqual(call(token)["grpc-status"], "0")

    def test_what_is_wrong_is_said(self):
        _, digest = self.token()
        good = {"name": "shop", "role": "publisher", "sha256": digest}
        for tokens, error in (
                ([{**good, "sha256": "car_" + "A" * 43}],
                 "access.tokens[0].sha256: must be 64 digits of [0-9a-f]"),
                ([{**good, "name": "A shop"}], "access.tokens[0].name: must be 1-63 characters"),
                ([{k: v for k, v in good.items() if k != "role"}],
                 "access.tokens[0].role: must be operator, tenant_admin, reader or publisher"),
                ([{**good, "role": "operator", "tenants": ["acme"]}],
                 "access.tokens[0].tenants: must be left out"),
                ([{**good, "tenants": ["a b"]}], "access.tokens[0].tenants[0]: must be 1-128"),
                ([{**good, "event_types": ["order*"]}],
                 "access.tokens[0].event_types[0]: must be an event type"),
                ([good, {**good, "name": "other"}],
                 "access.tokens[1].sha256: is that of another token"),
                ([good, {**good, "sha256": "0" * 64}],
                 "access.tokens[1].name: 'shop' is there already")):
            done = self.run_program("carillond", "--check-config", self.write(*tokens))
            self.assertEqual(done.returncode, 2, error)
            self.assertIn(error, done.stderr)
            self.assertNotIn("car_AAAA", done.stderr)


if __name__ == "__main__":
    unittest.main()
