"""X-Forwarded-For: believed of trusted proxies, for the audit log and for slowing failed logins."""

import unittest

from control_api_test import ACME, NAME, OPERATOR, TOKENS, ControlApi
from harness import eventually

DISABLE = "carillon.v1.DestinationService/DisableDestination"
AUDIT = "carillon.v1.AuditService/ListAuditEntries"
RELOADED = "configuration reloaded"


class Proxies(ControlApi):
    def write(self, *proxies):
        self.write_config([{"name": NAME, "url": "http://127.0.0.1:9/"}], [],
                          access={"tokens": self.TOKENS, "trusted_proxies": list(proxies)})

    def address_of(self, forwarded):
        """Where the audit log says that a call came from."""
        answer = self.post(DISABLE, {"name": NAME}, f"Authorization: Bearer {ACME}",
                           f"X-Forwarded-For: {forwarded}")
        self.assertEqual(answer.status, 200, answer.body)
        return self.call(AUDIT, {}, OPERATOR)["auditEntries"][0]["remoteAddress"]

    def test_the_audit_log_has_the_client_that_a_trusted_proxy_names(self):
        self.write("127.0.0.1", "10.0.0.0/8")
        self.carillond = self.server()
        self.assertEqual(self.address_of("6.6.6.6, 192.0.2.7, 10.1.2.3"), "192.0.2.7")
        self.assertEqual(self.address_of("unknown"), "127.0.0.1")
        self.write("10.0.0.0/8")
        self.carillond.wait_message(self.carillond.stderr_path, RELOADED)
        eventually(lambda: self.address_of("192.0.2.7") == "127.0.0.1", "it is believed no more")

    def test_who_guesses_behind_a_proxy_slows_nobody_else_down(self):
        self.write("127.0.0.1")
        self.carillond = self.server()

        def guess(address):
            return self.post(TOKENS + "GetCaller", {}, "Authorization: Bearer car_" + "X" * 43,
                             f"X-Forwarded-For: {address}").reason
        eventually(lambda: guess("192.0.2.7") == "LOGIN_THROTTLED", "a guess that is slowed down")
        self.assertEqual(guess("192.0.2.8"), "CREDENTIALS_INVALID")


if __name__ == "__main__":
    unittest.main()
