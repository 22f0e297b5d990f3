"""How requests are authorized: basic, bearer, OAuth 2.0 tokens, client certificates, own CAs."""

import base64
import http.server
import json
import ssl
import threading
import time
import unittest
import urllib.parse

from harness import EndToEnd, PATIENCE, eventually, outcome, session
from tls_test import make_authority, run_openssl

SECRET = "not for any log 7f3a"


class Receiver(http.server.ThreadingHTTPServer):
    """Answers POSTs by a function of the request; keeps them. Port 0; TLS when given a context."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer=None, tls=None):
        self.answer = answer or (lambda request: (200, ""))
        self.received = []
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True,
                                          do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that is not let in, or does not trust it, leaves

    def port(self):
        return self.server_address[1]

    def authorizations(self):
        return [headers.get("Authorization") for headers, _ in list(self.received)]

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        request = (dict(self.headers.items()), body)
        status, answer = self.server.answer(request)
        with self.server.lock:
            self.server.received.append(request)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *arguments):
        pass


class TokenServer(Receiver):
    """Gives the tokens token-1, token-2, ...; counts fetches."""

    def __init__(self, expires_in=3600, status=200, delay=0.0):
        self.expires_in, self.status, self.delay = expires_in, status, delay
        self.fetches = 0
        super().__init__(self.give)

    def give(self, request):
        with self.lock:
            self.fetches += 1
            token = f"token-{self.fetches}"
        if self.delay:
            time.sleep(self.delay)  # a server that takes its time, so that many wait
        if self.status != 200:
            return self.status, json.dumps({"error": "invalid_client", "echo": SECRET})
        return 200, json.dumps({"access_token": token, "token_type": "Bearer",
                                "expires_in": self.expires_in})


def server_context(folder, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


class Authorization(EndToEnd):
    def receiver(self, *arguments, **named):
        return self.closing(Receiver(*arguments, **named))

    def token_server(self, **named):
        return self.closing(TokenServer(**named))

    def closing(self, server):
        self.addCleanup(server.close)
        return server

    def destination(self, receiver, scheme="http", host="127.0.0.1", name="one", **members):
        return {"name": name, "format": "array", "retry": {"none": True},
                "url": f"{scheme}://{host}:{receiver.port()}/hook", **members}

    def oauth2(self, tokens, **members):
        (self.folder / "client-secret").write_text(SECRET + "\n")
        return {"oauth2": {"token_url": f"http://127.0.0.1:{tokens.port()}/token",
                           "client_id": "carillon", "client_secret": {"file": "client-secret"}, **members}}

    def start(self, *destinations, **sections):
        self.write_config(destinations, **sections)
        return self.server()

    def publish_sessions(self, server, count):
        self.publish_events(server, [{"session": session(i)} for i in range(count)])

    def assert_secret_was_not_logged(self):
        for path in self.folder.glob("*.std*"):
            self.assertNotIn(SECRET, path.read_text())
            self.assertNotIn("token-1", path.read_text())


class Static(Authorization):
    def test_basic_and_bearer(self):
        (self.folder / "password").write_text("open sesame\n")
        basic, bearer = self.receiver(), self.receiver()
        server = self.start(
            self.destination(basic, authorization={
                "basic": {"user": "Aladdin", "password": {"file": "password"}}}),
            self.destination(bearer, name="two", authorization={"bearer": {"token": "abc.def"}}))
        self.publish_sessions(server, 2)
        server.wait_metric(outcome("one", "success"), 2)
        server.wait_metric(outcome("two", "success"), 2)
        self.assertEqual(basic.authorizations(), ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="] * 2)
        self.assertEqual(bearer.authorizations(), ["Bearer abc.def"] * 2)


class OAuth2(Authorization):
    def test_one_fetch_for_many(self):
        receiver, tokens = self.receiver(), self.token_server(delay=0.5)
        server = self.start(self.destination(
            receiver, concurrency=50,
            authorization=self.oauth2(tokens, scope="hooks:write", audience="https://one")))
        self.publish_sessions(server, 50)
        server.wait_metric(outcome("one", "success"), 50)
        self.assertEqual(receiver.authorizations(), ["Bearer token-1"] * 50)
        self.assertEqual(tokens.fetches, 1)
        headers, body = tokens.received[0]
        client = base64.b64encode(
            f"carillon:{urllib.parse.quote_plus(SECRET)}".encode()).decode()
        self.assertEqual(headers["Authorization"], f"Basic {client}")
        self.assertEqual(urllib.parse.parse_qs(body), {
            "grant_type": ["client_credentials"], "scope": ["hooks:write"],
            "audience": ["https://one"]})
        self.assertEqual(server.metric('carillon_token_fetches_total{result="ok"}'), 1)
        self.assert_secret_was_not_logged()

    def test_the_client_shows_itself_in_the_body(self):
        receiver, tokens = self.receiver(), self.token_server()
        server = self.start(self.destination(
            receiver, authorization=self.oauth2(tokens, client_authentication="body")))
        self.publish_sessions(server, 1)
        server.wait_metric(outcome("one", "success"), 1)
        headers, body = tokens.received[0]
        self.assertNotIn("Authorization", headers)
        self.assertEqual(urllib.parse.parse_qs(body), {
            "grant_type": ["client_credentials"], "client_id": ["carillon"],
            "client_secret": [SECRET]})

    def test_renewed_before_it_ends(self):
        receiver, tokens = self.receiver(), self.token_server(expires_in=2)
        server = self.start(self.destination(receiver, authorization=self.oauth2(tokens)))
        end = time.monotonic() + PATIENCE
        published = 0
        while "Bearer token-3" not in receiver.authorizations():
            self.assertLess(time.monotonic(), end)
            self.publish_sessions(server, 1)
            published += 1
            server.wait_metric(outcome("one", "success"), published)
        self.assertEqual(server.metric(outcome("one", "success")), published)

    def test_a_token_that_is_not_taken_any_more(self):
        revoked = set()
        receiver = self.receiver(
            lambda request: (401 if request[0]["Authorization"] in revoked else 200, ""))
        tokens = self.token_server()
        server = self.start(self.destination(
            receiver, authorization=self.oauth2(tokens),
            retry={"delays": ["100ms"] * 64, "jitter": 0, "budget": {"min_per_second": 1000}}))
        self.publish_sessions(server, 1)
        server.wait_metric(outcome("one", "success"), 1)
        revoked.add("Bearer token-1")
        self.publish_sessions(server, 3)
        # It is kept for its first 5 s; then a 401 makes it be replaced, and the retries go through.
        server.wait_metric(outcome("one", "success"), 4)
        self.assertEqual(tokens.fetches, 2)
        self.assertGreater(server.metric(outcome("one", "http_4xx")), 0)

    def test_a_token_server_that_refuses(self):
        receiver, tokens = self.receiver(), self.token_server(status=401)
        server = self.start(self.destination(receiver, authorization=self.oauth2(tokens)))
        self.publish_sessions(server, 20)
        server.wait_metric(outcome("one", "http_4xx"), 20)
        self.assertEqual(receiver.received, [])
        self.assertLess(tokens.fetches, 10)
        line = server.log("a destination has no token: what is due there fails")[0]
        self.assertEqual(line["destination"], "default/one")
        self.assertEqual(line["error"],
                         "no token: the token server answered 401 (invalid_client)")
        self.assertGreater(server.metric('carillon_token_fetches_total{result="error"}'), 0)
        self.assert_secret_was_not_logged()

    def test_a_token_server_that_is_not_there(self):
        receiver, tokens = self.receiver(), TokenServer()
        tokens.close()
        server = self.start(self.destination(receiver, authorization=self.oauth2(tokens)))
        self.publish_sessions(server, 3)
        server.wait_metric(outcome("one", "connect_refused"), 3)
        self.assertEqual(receiver.received, [])


class Tls(Authorization):
    def setUp(self):
        make_authority(self.folder)
        run_openssl(self.folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=carillon",
                    "-keyout", "client.key", "-out", "client.csr")
        run_openssl(self.folder, "x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey",
                    "ca.key", "-CAcreateserial", "-days", "2", "-out", "client.pem")

    def test_a_client_certificate_and_an_own_ca(self):
        receiver = self.receiver(tls=server_context(self.folder, self.folder / "ca.pem"))
        own = {"ca_bundle": {"file": "ca.pem"}}
        server = self.start(
            self.destination(receiver, "https", "localhost", "with", tls={
                **own, "client_certificate": {"file": "client.pem"}, "client_key": {"file": "client.key"}}),
            self.destination(receiver, "https", "localhost", "without", tls=own),
            self.destination(receiver, "https", "localhost", "system"))
        self.publish_sessions(server, 3)
        server.wait_metric(outcome("with", "success"), 3)
        server.wait_metric(outcome("system", "tls"), 3)
        # With TLS 1.3 the server says no after the client's handshake: with an alert, or by closing.
        eventually(lambda: sum(server.metric(outcome("without", o)) for o in ("tls", "reset")) == 3,
                   "those without a certificate fail")
        self.assertEqual(len(receiver.received), 3)
        self.assertEqual(server.metric("carillon_destinations_unverified"), 0)

    def test_verification_off_is_loud_and_counted(self):
        receiver = self.receiver(tls=server_context(self.folder))
        path = self.write_config([
            self.destination(receiver, "https", "127.0.0.1", "off", tls={"insecure_skip_verify": True}),
            self.destination(receiver, "https", "127.0.0.1", "on")])
        server = self.server(path)
        self.publish_sessions(server, 2)
        server.wait_metric(outcome("off", "success"), 2)
        server.wait_metric(outcome("on", "tls"), 2)
        self.assertEqual(server.metric("carillon_destinations_unverified"), 1)
        message = "TLS VERIFICATION IS OFF: whoever answers is believed and can read what is sent"
        line, = server.log(message)
        self.assertEqual((line["level"], line["destination"]), ("warn", "off"))
        # Verified from now on: also what is connected already.
        self.write_config([
            self.destination(receiver, "https", "127.0.0.1", "off"),
            self.destination(receiver, "https", "127.0.0.1", "on", tls={"insecure_skip_verify": True})])
        server.wait_message(server.stderr_path, message, count=2)
        server.wait_message(server.stderr_path, "configuration reloaded")
        self.publish_sessions(server, 2)
        server.wait_metric(outcome("off", "tls"), 2)
        server.wait_metric(outcome("on", "success"), 2)
        self.assertEqual(server.metric("carillon_destinations_unverified"), 1)

    def test_wrong_files_are_found_before_the_start(self):
        receiver = self.receiver()
        run_openssl(self.folder, "genrsa", "-out", "other.key", "2048")
        for tls, error in (
                ({"client_certificate": {"file": "client.pem"}, "client_key": {"file": "other.key"}},
                 "destinations[0].tls.client_key.file: does not belong to the certificate"),
                ({"ca_bundle": {"file": "ca.key"}},
                 "destinations[0].tls.ca_bundle.file: holds no PEM certificate"),
                ({"client_certificate": {"file": "missing.pem"}, "client_key": {"file": "client.key"}},
                 "destinations[0].tls.client_certificate.file: cannot be opened")):
            path = self.write_config([self.destination(receiver, "https", tls=tls)])
            checked = self.run_program("carillond", "--check-config", path)
            self.assertEqual(checked.returncode, 2)
            self.assertIn(error, checked.stderr)


class Keys(EndToEnd):
    def test_a_new_key_is_one_that_configurations_take(self):
        for arguments, prefix in ((), "whsec_"), (("--v1a",), "whsk_"):
            made = [self.carillon("keys", "generate", *arguments) for _ in range(2)]
            self.assertEqual([m.returncode for m in made], [0, 0])
            self.assertNotEqual(made[0].stdout, made[1].stdout)
            self.assertTrue(made[0].stdout.startswith(prefix))
            (self.folder / "key").write_text(made[0].stdout)
            path = self.write_config([{
                "name": "one", "url": "http://127.0.0.1/",
                "keys": [{"name": "new", "secret": {"file": "key"}}]}])
            checked = self.run_program("carillond", "--check-config", path)
            self.assertEqual(checked.returncode, 0, checked.stderr)


if __name__ == "__main__":
    unittest.main()
