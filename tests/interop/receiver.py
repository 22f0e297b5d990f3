"""A receiver made of Python's standard library: verifies `v1` with hmac and `v1a` with the openssl
program, and tells of each request in one line of JSON.

    receiver.py '{"/path": ["whsec_... or whpk_...", ...], ...}'
"""

import base64
import hashlib
import hmac
import http.server
import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

SECRETS = json.loads(sys.argv[1])
ED25519_DER = bytes.fromhex("302a300506032b6570032100")  # what precedes the 32 bytes of a key
MOST_BYTES = 1 << 20
OUTPUT = threading.Lock()


def say(line):
    with OUTPUT:
        print(json.dumps(line), flush=True)


def verifies_v1(secret, content, digest):
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    return hmac.compare_digest(hmac.new(key, content, hashlib.sha256).digest(), digest)


def verifies_v1a(public, content, signature):
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / name for name in ("key", "content", "signature")}
        key = base64.b64decode(public.removeprefix("whpk_"), validate=True)
        paths["key"].write_bytes(ED25519_DER + key)
        paths["content"].write_bytes(content)
        paths["signature"].write_bytes(signature)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin",
             "-inkey", paths["key"], "-in", paths["content"], "-sigfile", paths["signature"]],
            capture_output=True, text=True, timeout=240)
    return done.returncode == 0 and "Verified Successfully" in done.stdout


def verify(key, headers, body):
    """Whether one of the request's signatures is made with this key."""
    scheme, check = ("v1a", verifies_v1a) if key.startswith("whpk_") else ("v1", verifies_v1)
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    signatures = (s.split(",", 1) for s in headers.get("webhook-signature", "").split(" "))
    return any(check(key, content, base64.b64decode(text, validate=True))
               for version, text in signatures if version == scheme)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers["content-length"]), MOST_BYTES))
        headers = {name.lower(): value for name, value in self.headers.items()}
        verdicts = [{"genuine": verify(key, headers, body),
                     "altered_body": verify(key, headers, body + b" ")}
                    for key in SECRETS.get(self.path, [])]
        say({"target": self.path, "headers": headers, "body": body.decode(), "verdicts": verdicts})
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


SERVER = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
say({"message": "ready", "address": f"127.0.0.1:{SERVER.server_port}"})
SERVER.serve_forever()
