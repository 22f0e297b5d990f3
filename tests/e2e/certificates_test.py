"""Client certificates as identities: on both ports, over real TLS."""

import hashlib
import json
import ssl
import unittest
import urllib.error
import urllib.request

from control_api_test import ACME, DESTINATIONS, TOKENS, sha256
from harness import PATIENCE, EndToEnd, eventually, session
from ports_tls_test import TlsServer, make_client
from tls_test import make_authority

RELOADED = "configuration reloaded"


class Certificates(EndToEnd):
    def setUp(self):
        make_authority(self.folder)
        for name in ("shop", "eyes", "stranger"):
            make_client(self.folder, name, "ca")

    def write(self, certificates, tokens=()):
        tls = {"certificate": {"file": str(self.folder / "server.pem")},
               "key": {"file": str(self.folder / "server.key")},
               "client_ca": {"file": str(self.folder / "ca.pem")}}
        self.write_config([{"name": "tenants/acme/destinations/one", "url": "http://127.0.0.1:9/",
                            "disabled": True}], [],
                          server={"publish_tls": tls, "admin_tls": tls},
                          access={"certificates": certificates, "tokens": list(tokens)})

    def begin(self, *certificates, tokens=()):
        self.write(certificates, tokens)
        server = self.started(TlsServer(self.folder, self.folder / "carillon.yaml"))
        server.context = self.context("shop")
        server.wait_ready()
        return server

    def context(self, name):
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def post(self, server, name, method, request, token=None):
        """(status, answer) of the admin port, for who shows that certificate."""
        port = server.admin_address.rsplit(":", 1)[1]
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=self.context(name)))
        asked = urllib.request.Request(f"https://localhost:{port}/{method}",
                                       json.dumps(request).encode(), headers)
        try:
            with opener.open(asked, timeout=PATIENCE) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def publish(self, server, name, tenant="acme", token=None):
        port = server.publish_address.rsplit(":", 1)[1]
        return self.carillon(
            "publish", "--address", f"localhost:{port}", "--ca-file", self.folder / "ca.pem",
            "--certificate-file", self.folder / f"{name}.pem",
            "--key-file", self.folder / f"{name}.key", "--file", "-",
            stdin=json.dumps({"tenant": tenant, "session": session()}) + "\n",
            env={"CARILLON_TOKEN": token} if token else {})

    def test_on_both_ports_the_certificate_says_who_it_is(self):
        server = self.begin({"subject": "CN=shop", "role": "publisher", "tenants": ["acme"]},
                            {"subject": "CN=eyes", "role": "reader", "tenants": ["acme"]})
        done = self.publish(server, "shop")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.publish(server, "shop", tenant="bell")
        self.assertIn("events[0].tenant: not a tenant of the caller", done.stderr)
        done = self.publish(server, "eyes")
        self.assertIn("ROLE_READER may not call carillon.v1.EventPublisher/Publish", done.stderr)
        done = self.publish(server, "stranger")
        self.assertIn("UNAUTHENTICATED", done.stderr)
        self.assertIn("access.certificates", done.stderr)

        status, caller = self.post(server, "eyes", TOKENS + "GetCaller", {})
        self.assertEqual(status, 200, caller)
        self.assertEqual((caller["kind"], caller["principal"], caller["role"], caller["tenants"]),
                         ("CERTIFICATE", "certificate:CN=eyes", "ROLE_READER", ["tenants/acme"]))
        status, answer = self.post(server, "eyes", DESTINATIONS + "ListDestinations",
                                   {"parent": "tenants/acme"})
        self.assertEqual((status, answer["totalSize"]), (200, 1))
        status, answer = self.post(server, "stranger", TOKENS + "GetCaller", {})
        self.assertEqual((status, answer["details"][0]["debug"]["reason"]),
                         (401, "CREDENTIALS_MISSING"))
        # By gRPC, too.
        port = server.publish_address.rsplit(":", 1)[1]
        done = self.carillon("whoami", "--address", f"localhost:{port}",
                             "--ca-file", self.folder / "ca.pem",
                             "--certificate-file", self.folder / "eyes.pem",
                             "--key-file", self.folder / "eyes.key", "-o", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["principal"], "certificate:CN=eyes")

    def test_a_token_goes_before_it_and_a_stranger_may_have_one(self):
        server = self.begin({"subject": "CN=eyes", "role": "reader"},
                            tokens=[{"name": "acme", "role": "tenant_admin", "tenants": ["acme"],
                                     "sha256": sha256(ACME)}])
        for name in ("eyes", "stranger"):
            status, caller = self.post(server, name, TOKENS + "GetCaller", {}, ACME)
            self.assertEqual((status, caller["principal"]), (200, "token:tokens/acme"))
            done = self.publish(server, name, token=ACME)
            self.assertEqual(done.returncode, 0, done.stderr)
        status, _ = self.post(server, "eyes", TOKENS + "GetCaller", {}, "car_" + "X" * 43)
        self.assertEqual(status, 401, "a wrong token is not made good by a certificate")

    def test_by_fingerprint_and_a_reload_changes_it(self):
        der = ssl.PEM_cert_to_DER_cert((self.folder / "shop.pem").read_text())
        by_print = {"subject": f"sha256:{hashlib.sha256(der).hexdigest()}", "role": "operator"}
        server = self.begin(by_print, {"subject": "CN=shop", "role": "reader"})
        _, caller = self.post(server, "shop", TOKENS + "GetCaller", {})
        self.assertEqual((caller["role"], caller["allTenants"]), ("ROLE_OPERATOR", True))
        self.write([{"subject": "CN=eyes", "role": "reader"}])
        server.wait_message(server.stderr_path, RELOADED)
        eventually(lambda: self.post(server, "shop", TOKENS + "GetCaller", {})[0] == 401,
                   "the certificate is nobody's any more")
        self.assertEqual(self.post(server, "eyes", TOKENS + "GetCaller", {})[0], 200)


if __name__ == "__main__":
    unittest.main()
