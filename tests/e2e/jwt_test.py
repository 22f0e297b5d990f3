"""JSON Web Tokens of an issuer that is configured, made with openssl's command line."""

import base64
import json
import subprocess
import time
import unittest

from control_api_test import NAME, TOKENS, ControlApi
from harness import eventually
from json_api_test import PUBLISH, event

ISSUER = "https://login.example.com"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """An RSA key pair, and what is signed with it."""

    def __init__(self, folder, kid):
        self.kid, self.key = kid, folder / f"{kid}.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                        "-out", str(self.key)], check=True, capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", str(self.key), "-noout", "-modulus"],
                                 check=True, capture_output=True, text=True).stdout.strip()
        self.jwk = {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "e": "AQAB",
                    "n": base64url(bytes.fromhex(modulus.removeprefix("Modulus=")))}

    def token(self, algorithm="RS256", **claims):
        claims = {"iss": ISSUER, "aud": "carillon", "sub": "alice", "exp": int(time.time()) + 600,
                  "role": "reader", "tenant": "acme", **claims}
        parts = [base64url(json.dumps(part).encode())
                 for part in ({"alg": algorithm, "kid": self.kid}, claims)]
        message = ".".join(parts)
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(self.key)],
                                   input=message.encode(), check=True, capture_output=True).stdout
        return message + "." + base64url(signature)


class Jwt(ControlApi):
    def begin_with(self, *issuers):
        self.keys = self.folder / "jwks.json"
        self.write_keys(*issuers)
        self.write_config([{"name": NAME, "url": "http://127.0.0.1:9/hooks"}], [],
                          access={"jwt_issuers": [{"issuer": ISSUER, "audience": "carillon",
                                                   "keys": {"file": str(self.keys)}}]})
        self.carillond = self.server()

    def write_keys(self, *issuers):
        new = self.keys.with_suffix(".new")
        new.write_text(json.dumps({"keys": [issuer.jwk for issuer in issuers]}))
        new.rename(self.keys)

    def destinations(self, token, status=200):
        return self.call("carillon.v1.DestinationService/ListDestinations", {"parent": "tenants/acme"},
                         token, status)

    def test_claims_say_who_calls_and_what_they_may(self):
        issuer = Issuer(self.folder, "k1")
        self.begin_with(issuer)
        self.assertEqual(self.destinations(None, 401).reason, "CREDENTIALS_MISSING")
        self.assertEqual([d["name"] for d in self.destinations(issuer.token())["destinations"]], [NAME])
        caller = self.call(TOKENS + "GetCaller", {}, issuer.token())
        self.assertEqual((caller["principal"], caller["kind"], caller["role"], caller["tenants"]),
                         (f"jwt:{ISSUER}#alice", "JWT", "ROLE_READER", ["tenants/acme"]))
        self.assertEqual(self.destinations(issuer.token(tenant="other"), 403).reason, "TENANT_FORBIDDEN")
        publish = {"events": [event(1, tenant="acme")]}
        self.assertEqual(self.call(PUBLISH, publish, issuer.token(), 403).reason, "ROLE_FORBIDDEN")
        self.call(PUBLISH, publish, issuer.token(role="publisher"))
        for wrong in (issuer.token(aud="other"), issuer.token("none"), issuer.token("HS256"),
                      issuer.token(role="root"), Issuer(self.folder, "k2").token()):
            self.assertEqual(self.destinations(wrong, 401).reason, "CREDENTIALS_INVALID")
        self.assertEqual(self.destinations(issuer.token(exp=1), 401).reason, "CREDENTIALS_EXPIRED")

    def test_keys_are_rotated_while_the_service_runs(self):
        old, new = Issuer(self.folder, "k1"), Issuer(self.folder, "k2")
        self.begin_with(old)
        token = old.token()
        self.destinations(token)
        for reloads, issuers in ((1, (old, new)), (2, (new,))):
            self.write_keys(*issuers)
            eventually(lambda reloads=reloads: len(self.carillond.log("configuration reloaded")) == reloads,
                       "the keys are read again")
            self.destinations(new.token())
            self.destinations(token, 200 if old in issuers else 401)


if __name__ == "__main__":
    unittest.main()
