"""Keys of issuers of JSON Web Tokens that are fetched: at the start, for a new key, after failures."""

import http.server
import json
import ssl
import threading
import unittest

from control_api_test import NAME, TOKENS, ControlApi
from harness import eventually
from jwt_test import ISSUER, Issuer
from tls_test import make_authority

FETCHED = 'carillon_key_set_fetches_total{result="ok"}'
FAILED = 'carillon_key_set_fetches_total{result="error"}'
WHY = "an issuer's keys were not fetched: those before stay in force"


class KeyServer:
    """Publishes a key set, over TLS where it has a certificate."""

    def __init__(self, folder=None):
        self.body, self.status, self.asked = b"", 200, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if folder:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "server.pem", folder / "server.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, *issuers):
        self.body = json.dumps({"keys": [issuer.jwk for issuer in issuers]}).encode()

    @property
    def url(self):
        return f"{self.scheme}://localhost:{self.server.server_address[1]}/keys?set=1"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class KeySets(ControlApi):
    def keys(self, folder=None):
        keys = KeyServer(folder)
        self.addCleanup(keys.close)
        return keys

    def begin_with(self, url, **env):
        self.write_config([{"name": NAME, "url": "http://127.0.0.1:9/hooks"}], [],
                          access={"jwt_issuers": [{"issuer": ISSUER, "audience": "carillon",
                                                   "keys": {"url": url}}]})
        self.carillond = self.server(env=env)

    def status(self, token):
        return self.post(TOKENS + "GetCaller", {}, f"Authorization: Bearer {token}").status

    def test_a_rotation_is_found_by_a_token_of_the_new_key(self):
        one, two = (Issuer(self.folder, kid) for kid in ("one", "two"))
        keys = self.keys()
        keys.publish(one)
        self.begin_with(keys.url)
        token = one.token()
        eventually(lambda: self.status(token) == 200, "the first key")
        keys.publish(one, two)
        new = two.token()
        refused = self.post(TOKENS + "GetCaller", {}, f"Authorization: Bearer {new}")
        self.assertEqual((refused.status, refused.reason), (401, "CREDENTIALS_INVALID"))
        self.assertIn("try again", refused.json["message"])
        eventually(lambda: self.status(new) == 200, "the second key")
        self.assertEqual(self.status(token), 200)
        asked = keys.asked
        for _ in range(5):  # a token that is wrong otherwise fetches nothing
            self.assertEqual(self.status(one.token(sub="x" * 300)), 401)
        self.assertEqual(keys.asked, asked)
        self.assertGreaterEqual(self.carillond.metric(FETCHED), 2)
        # A key that is taken out is believed no more, once that was fetched.
        keys.publish(two)
        wanted = Issuer(self.folder, "three").token()

        def is_gone():
            self.status(wanted)
            return self.status(token) == 401
        eventually(is_gone, "the first key is gone")
        self.assertEqual(self.status(new), 200)

    def test_the_start_does_not_wait_and_a_failure_keeps_the_keys(self):
        one = Issuer(self.folder, "one")
        keys = self.keys()
        keys.publish(one)
        keys.status = 503
        self.begin_with(keys.url)
        line = self.carillond.wait_message(self.carillond.stderr_path, WHY)
        self.assertEqual((line["url"], line["error"]), (keys.url, "it answered 503, not 200"))
        token = one.token()
        self.assertEqual(self.status(token), 401)
        keys.status = 200
        eventually(lambda: self.status(token) == 200, "the keys, after a failure")
        failed = self.carillond.metric(FAILED)
        unknown = Issuer(self.folder, "two").token()
        for body in (b"{}", b" " * (256 * 1024 + 1)):
            keys.body = body
            eventually(lambda before=failed: self.status(unknown) == 401 and
                       self.carillond.metric(FAILED) > before, "another failure")
            failed = self.carillond.metric(FAILED)
            self.assertEqual(self.status(token), 200)

    def test_over_tls_by_the_systems_authorities(self):
        make_authority(self.folder)
        one = Issuer(self.folder, "one")
        keys = self.keys(self.folder)
        keys.publish(one)
        self.begin_with(keys.url, SSL_CERT_FILE=str(self.folder / "ca.pem"))
        token = one.token()
        eventually(lambda: self.status(token) == 200, "the key over TLS")
        self.carillond.stop()
        self.begin_with(keys.url)
        self.carillond.wait_message(self.carillond.stderr_path, WHY)
        self.assertEqual(self.status(token), 401)

    def test_what_is_wrong_is_said(self):
        for url, error in (("http://login.example.com/keys", "must be https://"),
                           ("login.example.com", "must start with http:// or https://")):
            config = self.write_config([], [], access={"jwt_issuers": [{
                "issuer": ISSUER, "audience": "carillon", "keys": {"url": url}}]})
            done = self.run_program("carillond", "--check-config", config)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("access.jwt_issuers[0].keys.url: " + error, done.stderr)


if __name__ == "__main__":
    unittest.main()
