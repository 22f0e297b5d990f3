"""Credentials that are no longer good are refused by every method, and so is who guesses."""

import unittest

from conformance import OPERATOR, TOKENS, Conformance, eventually


def asks(method):
    """Whether it asks for a credential beside its request."""
    return not method.open


class Credentials(Conformance):
    def made(self, **more):
        return self.ok("CreateToken", {"token_id": self.fresh(),
                                       "token": {"role": "ROLE_OPERATOR", **more}})

    def test_one_that_is_revoked(self):
        """Every call with it is refused; after ten in a minute guesses of an address are throttled,
        which refuses them, too."""
        token = self.made()
        self.ok("GetCaller", {}, token["token"])
        self.ok("DeleteToken", {"name": token["name"]})
        reasons = []
        for method in self.methods(asks):
            answer = self.call(method, self.fixture(method), token["token"])
            with self.subTest(method.name):
                self.assertIn((answer.status, answer.reason), [(401, "CREDENTIALS_INVALID"),
                                                               (429, "LOGIN_THROTTLED")])
            reasons.append(answer.reason)
        self.assertEqual(reasons[0], "CREDENTIALS_INVALID")
        self.assertEqual(reasons[-1], "LOGIN_THROTTLED")

    def test_one_that_has_expired(self):
        now = self.ok("GetServerInfo", {})["currentTime"]
        seconds = int(now[17:19]) + 2
        token = self.made(expire_time=f"{now[:17]}{seconds:02}Z") if seconds < 60 else None
        if token is None:  # the minute ends
            return self.test_one_that_has_expired()
        eventually(lambda: self.call("GetCaller", {}, token["token"]).status == 401,
                   "it has expired")
        for method in self.methods(asks):
            with self.subTest(method.name):
                answer = self.call(method, self.fixture(method), token["token"])
                self.refused(answer, 401, "CREDENTIALS_EXPIRED")
                self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")

    def test_what_is_no_credential(self):
        headers = ("Basic YTpi", "Bearer", "Bearer ", OPERATOR, "Bearer a b")
        for number, header in enumerate(headers):
            with self.subTest(header):
                method = self.methods()[number]
                answer = self.send("/" + method.name, "{}", {"Authorization": header}, token=None)
                self.assertEqual(answer.status, 401, answer.body)

    def test_a_reader_sees_no_secret_and_no_token(self):
        for short in ("GetToken", "ListTokens", "ListAuditEntries"):
            method = self.method(short)
            self.refused(self.call(method, method.request("acme"), TOKENS["reader"]), 403,
                         "ROLE_FORBIDDEN")


if __name__ == "__main__":
    unittest.main()
