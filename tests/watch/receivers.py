"""Receivers that carillon-sink cannot play: one behind TLS that also gives tokens, and one that is
silent from the first packet on. On 127.0.0.1, each on a port of its own, until `close()`."""

import http.server
import json
import socket
import ssl
import subprocess
import threading


def make_certificate(folder, name, days=365):
    """A key and a certificate signed by itself, for 127.0.0.1: NAME.key and NAME.pem."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", str(days), "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key",
                    "-out", f"{name}.pem"], cwd=folder, check=True, capture_output=True)


class Secure:
    """An HTTPS receiver: /token gives an OAuth 2.0 token, everything else is taken."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b"{}"
            if self.path == "/token":
                body = json.dumps({"access_token": "token", "token_type": "Bearer",
                                   "expires_in": 10}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def __init__(self, folder):
        make_certificate(folder, "receiver")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.Handler)
        self.server.handle_error = lambda *_: None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "receiver.pem", folder / "receiver.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"https://127.0.0.1:{self.server.server_address[1]}{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Silent:
    """Listens and never takes a connection: a TLS handshake with it gets no answer."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)

    def url(self, path):
        return f"https://127.0.0.1:{self.socket.getsockname()[1]}{path}"

    def close(self):
        self.socket.close()


def is_free(port):
    """Whether one may listen on this port now."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def free_port():
    """A port that nobody listens on, now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
