"""Destinations behind TLS: the certificate is checked against the system's authorities."""

import http.server
import ssl
import subprocess
import threading
import unittest

from harness import EndToEnd, compact, header, outcome, session


def run_openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_authority(folder):
    """A test CA, and a certificate that it gave to `localhost`; PEM files."""
    run_openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem",
                "-addext", "basicConstraints=critical,CA:TRUE")
    run_openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    run_openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what it gets over TLS; port 0."""

    def __init__(self, folder):
        self.received = []
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.socket = context.wrap_socket(self.socket, server_side=True,
                                          do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def handle_error(self, request, client_address):
        pass  # a client that does not trust it leaves

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.received.append((self.request.version(), list(self.headers.items()), body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Tls(EndToEnd):
    def deliver(self, host, trusted):
        make_authority(self.folder)
        receiver = Receiver(self.folder)
        self.addCleanup(receiver.close)
        self.write_config([{"name": "one", "format": "array", "retry": {"none": True},
                            "url": f"https://{host}:{receiver.server_address[1]}/hook"}])
        server = self.server(env={"SSL_CERT_FILE": str(self.folder / "ca.pem")} if trusted else {})
        self.publish_events(server, [{"session": session(i)} for i in range(3)])
        return receiver, server

    def test_a_trusted_certificate(self):
        receiver, server = self.deliver("localhost", trusted=True)
        server.wait_metric(outcome("one", "success"), 3)
        self.assertEqual({version for version, _, _ in receiver.received}, {"TLSv1.3"})
        self.assertEqual(sorted(body for _, _, body in receiver.received),
                         [compact([session(i)]) for i in range(3)])
        for _, headers, _ in receiver.received:
            self.assertTrue(header({"headers": headers}, "webhook-id"))

    def test_an_authority_that_the_system_does_not_know(self):
        receiver, server = self.deliver("localhost", trusted=False)
        server.wait_metric(outcome("one", "tls"), 3)
        self.assertEqual(receiver.received, [])

    def test_a_certificate_of_another_name(self):
        receiver, server = self.deliver("127.0.0.1", trusted=True)
        server.wait_metric(outcome("one", "tls"), 3)
        self.assertEqual(receiver.received, [])


if __name__ == "__main__":
    unittest.main()
