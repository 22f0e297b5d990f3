"""What the tests of this folder share: receivers as child processes, and where they send."""

import base64
import json
import pathlib
import shutil
import sys

from harness import EndToEnd, Program, contract, eventually

HERE = pathlib.Path(__file__).resolve().parent
KNOWN = contract("standard-webhooks")["known_answers"]
ED25519 = next(k for k in KNOWN if k["secret"].startswith("whsk_"))
# Secrets of the least and the greatest length that the specification allows.
SHORT = "whsec_" + base64.b64encode(bytes(range(24))).decode()
LONG = "whsec_" + base64.b64encode(bytes(range(64))).decode()


class Receiver(Program):
    """A receiver of this folder; `requests()` is what it made of what came."""

    def __init__(self, folder, command, script, secrets):
        super().__init__(folder, script, [HERE / script, json.dumps(secrets)], command=command)
        self.address = self.wait_message(self.stdout_path, "ready")["address"]

    def url(self, path):
        return f"http://{self.address}{path}"

    def requests(self, count):
        def look():
            found = [line for line in self.lines(self.stdout_path) if "target" in line]
            return found if len(found) >= count else None

        return eventually(look, f"{count} requests at the receiver")


class Interop(EndToEnd):
    def node(self, secrets=None):
        node = shutil.which("node")
        self.assertIsNotNone(node, "node is missing: scripts/install.sh test installs it")
        return self.started(Receiver(self.folder, node, "receiver.js", secrets or {}))

    def python(self, secrets):
        return self.started(Receiver(self.folder, sys.executable, "receiver.py", secrets))

    def deliver(self, receiver, destinations, events):
        """Sends every event to every destination; the requests by their path."""
        self.write_config([{"name": f"d{number}", "url": receiver.url(path), **members}
                           for number, (path, members) in enumerate(destinations.items())])
        self.publish_events(self.server(), events)
        by_path = {path: [] for path in destinations}
        for request in receiver.requests(len(destinations) * len(events)):
            by_path[request["target"]].append(request)
        self.assertEqual({path: len(found) for path, found in by_path.items()},
                         {path: len(events) for path in destinations})
        return by_path


def keys(*secrets):
    return [{"name": f"key-{number}", "secret": secret} for number, secret in enumerate(secrets)]
