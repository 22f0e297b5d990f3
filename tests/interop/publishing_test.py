"""The Node part of docs/publishing.md is run as it stands there, with `@grpc/grpc-js`."""

import json
import re
import shutil
import unittest

from harness import Program
from support import HERE, Interop

ROOT = HERE.parent.parent
BEFORE = """
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const { EventPublisher: EventPublisherClient } = grpc.loadPackageDefinition(
  loader.loadSync("carillon/v1/publisher.proto", { includeDirs: [%s], longs: Number })).carillon.v1;
const request = { events: [{ id: "evt-1", session: { uuid: "u", action: "create" } }] };
const answered = (error, response) => {
  console.log(JSON.stringify({ message: "answered", error: error && error.message, ...response }));
  client.close();
};
"""
AFTER = """
console.log(JSON.stringify({ message: "called" }));
"""
CALLBACK = "(error, response) => { /* ... */ }"
DEADLINE = "Date.now() + 10000"


def snippet(address):
    """The program: the page's, at another address, without haste, its callback filled in."""
    [code] = re.findall(r"^```js\n(.*?)^```", (ROOT / "docs/publishing.md").read_text(),
                        re.DOTALL | re.MULTILINE)
    for old, new in [("dns:///carillon:7080", f"dns:///{address}"), (CALLBACK, "answered"),
                     (DEADLINE, "Date.now() + 120000")]:
        assert code.count(old) == 1, (old, code)
        code = code.replace(old, new)
    return BEFORE % json.dumps(str(ROOT / "proto")) + code + AFTER


class Node(Interop):
    def publisher(self, address):
        node = shutil.which("node")
        self.assertIsNotNone(node, "node is missing: scripts/install.sh test installs it")
        script = self.folder / "publisher.js"
        script.write_text(snippet(address))
        return self.started(Program(self.folder, script.name, [script], command=node))

    def check(self, publisher, duplicate):
        answer = publisher.wait_message(publisher.stdout_path, "answered")
        self.assertIsNone(answer["error"])
        [result] = answer["results"]
        self.assertEqual((result["id"], result.get("duplicate", False)), ("evt-1", duplicate))
        self.assertEqual(publisher.wait(), 0)

    def test_it_publishes_and_waits_for_a_server_that_starts_again(self):
        self.write_config()
        server = self.server()
        self.check(self.publisher(server.publish_address), False)
        server.stop()
        publisher = self.publisher(server.publish_address)
        publisher.wait_message(publisher.stdout_path, "called")
        self.assertTrue(publisher.alive())
        self.write_config(server={"publish_address": server.publish_address})
        self.server()
        self.check(publisher, True)


if __name__ == "__main__":
    unittest.main()
