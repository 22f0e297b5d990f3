"""A receiver of Python's standard library and the openssl program verifies what Carillon sends."""

import unittest

from harness import OTHER_SECRET, SECRET, session
from support import ED25519, Interop, keys

PUBLIC = ED25519["public"]
# Another valid key: the base point of the curve.
OTHER_PUBLIC = "whpk_WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY="


class Signatures(Interop):
    EVENTS = [{"session": session(location=place)} for place in ("Kamen Test", "Зал 東京 🎮")]

    def verdicts(self, secrets, destinations):
        received = self.deliver(self.python(secrets), destinations, self.EVENTS)
        return {path: [request["verdicts"] for request in requests]
                for path, requests in received.items()}

    def test_v1_and_v1a_of_every_key(self):
        good = {"genuine": True, "altered_body": False}
        secrets = {"/v1": [SECRET], "/v1a": [PUBLIC], "/all": [PUBLIC, SECRET, OTHER_SECRET]}
        got = self.verdicts(secrets, {
            "/v1": {"keys": keys(SECRET)}, "/v1a": {"keys": keys(ED25519["secret"])},
            "/all": {"keys": keys(OTHER_SECRET, ED25519["secret"], SECRET), "format": "array"}})
        for path, used in secrets.items():
            with self.subTest(path):
                self.assertEqual(got[path], [[good] * len(used)] * len(self.EVENTS))

    def test_other_keys_verify_nothing(self):
        bad = {"genuine": False, "altered_body": False}
        got = self.verdicts({"/v1": [OTHER_SECRET, PUBLIC], "/v1a": [OTHER_PUBLIC, SECRET]}, {
            "/v1": {"keys": keys(SECRET)}, "/v1a": {"keys": keys(ED25519["secret"])}})
        for path, verdicts in got.items():
            with self.subTest(path):
                self.assertEqual(verdicts, [[bad, bad]] * len(self.EVENTS))


if __name__ == "__main__":
    unittest.main()
