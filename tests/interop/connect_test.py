"""The API as JSON and as binary protobuf over HTTP, called by npm's `@connectrpc/connect-node`."""

import shutil
import subprocess
import unittest

from harness import Program
from support import HERE, Interop

ROOT = HERE.parent.parent
FILES = ["carillon/v1/publisher.proto", "grpc/health/v1/health.proto",
         "google/rpc/error_details.proto"]
SERVING = 1


class Connect(Interop):
    def setUp(self):
        protoc = shutil.which("protoc")
        self.assertIsNotNone(protoc, "protoc is missing: scripts/install.sh build installs it")
        self.services = self.folder / "services.binpb"
        subprocess.run([protoc, f"--proto_path={ROOT / 'proto'}", "--include_imports",
                        f"--descriptor_set_out={self.services}", *FILES], check=True)
        self.write_config()
        self.carillond = self.server()

    def answered(self, encoding):
        node = shutil.which("node")
        self.assertIsNotNone(node, "node is missing: scripts/install.sh test installs it")
        script = HERE / "connect_client.js"
        client = self.started(Program(
            self.folder, "connect_client", [script, f"http://{self.carillond.admin_address}",
                                            self.services, encoding], command=node))
        return client.wait_message(client.stdout_path, "answered")

    def check(self, encoding):
        told = self.answered(encoding)
        self.assertEqual(told["results"], [["evt-1", "1", "bigint"], ["evt-2", "2", "bigint"]])
        self.assertEqual(told["many"], 200, "compressed both ways")
        self.assertEqual((told["check"], told["watched"]), (SERVING, SERVING))
        self.assertEqual(told["unknown"]["code"], "NotFound")
        self.assertEqual(told["wrong"]["code"], "InvalidArgument")
        self.assertIn("events[1]", told["wrong"]["message"])
        self.assertEqual(told["key"]["code"], "InvalidArgument")
        self.assertEqual(told["key"]["info"][0]["reason"], "HTTP_INVALID")
        self.assertEqual(told["key"]["info"][0]["domain"], "carillon")

    def test_by_json(self):
        self.check("json")

    def test_by_binary_protobuf(self):
        self.check("binary")


if __name__ == "__main__":
    unittest.main()
