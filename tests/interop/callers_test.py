"""The administration API, called by clients that others wrote: each walks the same way."""

import base64
import hashlib
import pathlib
import shutil
import subprocess

from callers import Grpcio, Grpcurl, LineCaller
from support import HERE, Interop

ROOT = HERE.parent.parent
OPERATOR, ACME, READER = ("car_" + letter * 43 for letter in "OAR")
FILES = ["google/rpc/error_details.proto", "grpc/health/v1/health.proto"]


def go_clients():
    """The folder of connect-go's client and grpcurl, which are built once."""
    done = subprocess.run([ROOT / "tests/chart/tools/build.sh", "clients"], check=True, text=True,
                          stdout=subprocess.PIPE)
    return pathlib.Path(done.stdout.strip())


def sha256(token):
    return hashlib.sha256(token.encode()).hexdigest()


def details_with(answer, member):
    return [detail for detail in answer["details"] if member in detail]


class Walk(Interop):
    """One destination's life: every kind of answer that the API gives comes up."""

    tokens = [
        {"name": "ops", "role": "operator", "sha256": sha256(OPERATOR)},
        {"name": "acme", "role": "tenant_admin", "tenants": ["acme"], "sha256": sha256(ACME)},
        {"name": "eyes", "role": "reader", "tenants": ["acme"], "sha256": sha256(READER)}]

    def setUp(self):
        self.write_config(access={"tokens": self.tokens}, event_types=[{"name": "order.created"}],
                          secrets={"master_key": {"env": "MASTER_KEY"}})
        self.carillond = self.server(env={"MASTER_KEY": base64.b64encode(b"m" * 32).decode()})
        self.client = None

    def tearDown(self):
        if self.client:
            self.client.close()

    def descriptors(self):
        protoc = shutil.which("protoc")
        self.assertIsNotNone(protoc, "protoc is missing: scripts/install.sh build installs it")
        path = self.folder / "services.binpb"
        files = sorted(str(file.relative_to(ROOT / "proto"))
                       for file in (ROOT / "proto/carillon/v1").glob("*.proto"))
        subprocess.run([protoc, f"--proto_path={ROOT / 'proto'}", "--include_imports",
                        f"--descriptor_set_out={path}", *files, *FILES], check=True)
        return path

    def line_caller(self, command, protocol):
        port = self.carillond.publish_address if protocol == "grpc" else self.carillond.admin_address
        errors = open(self.folder / "client.stderr", "wb")
        self.addCleanup(errors.close)
        return LineCaller([*command, protocol, f"http://{port}", self.descriptors()], errors)

    def ok(self, method, request, token=ACME, service="DestinationService"):
        code, answer = self.client.call(f"carillon.v1.{service}", method, request, token)
        self.assertEqual(code, "ok", answer)
        return answer

    def refused(self, code, reason, method, request, token=ACME, service="DestinationService"):
        got, answer = self.client.call(f"carillon.v1.{service}", method, request, token)
        self.assertEqual(got, code, answer)
        [info] = details_with(answer, "reason")
        self.assertEqual((info["reason"], info["domain"]), (reason, "carillon"))
        return answer

    def walk(self, client):
        self.client = client
        self.create()
        self.page()
        self.change()
        self.be_refused()
        self.publish()
        self.delete()

    def create(self):
        for name in ("orders", "bills", "stock"):
            request = {"parent": "tenants/acme", "destinationId": name, "requestId": f"make-{name}",
                       "destination": {"url": "http://127.0.0.1:9/", "labels": {"team": name}}}
            made = self.ok("CreateDestination", request)
            self.assertEqual(len(made["keys"]), 2)
            self.assertTrue(made["keys"][0]["secret"]["value"].startswith("whsec_"))
            again = self.ok("CreateDestination", request)
            self.assertEqual(again, made, "repeated with the same request id")
            request["requestId"] = "another"
            self.refused("already_exists", "RESOURCE_EXISTS", "CreateDestination", request)

    def page(self):
        names, token = [], ""
        for _ in range(3):
            page = self.ok("ListDestinations", {"parent": "tenants/acme", "pageSize": 1,
                                                "pageToken": token}, READER)
            names += [each["name"].rsplit("/", 1)[-1] for each in page["destinations"]]
            token = page.get("nextPageToken", "")
        self.assertEqual((sorted(names), token), (["bills", "orders", "stock"], ""))
        found = self.ok("ListDestinations", {"parent": "tenants/acme",
                                             "filter": 'labels.team = "stock"'}, READER)
        self.assertEqual(len(found["destinations"]), 1)

    def change(self):
        name = "tenants/acme/destinations/orders"
        old = self.ok("GetDestination", {"name": name}, READER)
        self.assertNotIn("value", old["keys"][0].get("secret", {}))
        update = {"destination": {"name": name, "etag": old["etag"], "displayName": "Übersee 東京"},
                  "updateMask": "displayName"}
        new = self.ok("UpdateDestination", update)
        self.assertEqual((new["displayName"], new["url"]), ("Übersee 東京", old["url"]))
        self.refused("aborted", "ETAG_MISMATCH", "UpdateDestination", update)

    def be_refused(self):
        wrong = self.refused(
            "invalid_argument", "FIELD_INVALID", "CreateDestination",
            {"parent": "tenants/acme", "destinationId": "x", "destination": {"url": "gopher://x"}})
        violations = details_with(wrong, "fieldViolations")[0]["fieldViolations"]
        self.assertIn("url", violations[0]["field"])
        self.refused("not_found", "RESOURCE_NOT_FOUND", "GetDestination",
                     {"name": "tenants/acme/destinations/none"})
        self.refused("permission_denied", "ROLE_FORBIDDEN", "DeleteDestination",
                     {"name": "tenants/acme/destinations/orders"}, READER)
        self.refused("permission_denied", "TENANT_FORBIDDEN", "ListDestinations",
                     {"parent": "tenants/other"})
        self.refused("unauthenticated", "CREDENTIALS_MISSING", "ListDestinations",
                     {"parent": "tenants/acme"}, None)
        self.refused("unauthenticated", "CREDENTIALS_INVALID", "ListDestinations",
                     {"parent": "tenants/acme"}, "car_" + "X" * 43)

    def publish(self):
        event = {"id": "evt-1", "type": "order.created", "tenant": "acme", "data": {"n": 12}}
        for duplicate in (False, True):
            answer = self.ok("Publish", {"events": [event]}, service="EventPublisher")
            [result] = answer["results"]
            self.assertEqual((result["id"], result.get("duplicate", False)), ("evt-1", duplicate))
        wrong = self.refused("invalid_argument", "FIELD_INVALID", "Publish",
                             {"events": [event, {**event, "id": "2", "type": "no.such"}]},
                             service="EventPublisher")
        violations = details_with(wrong, "fieldViolations")[0]["fieldViolations"]
        self.assertEqual(violations[0]["field"], "events[1].type")

    def delete(self):
        name = "tenants/acme/destinations/orders"
        told = self.ok("DeleteDestination", {"name": name, "validateOnly": True})
        self.assertEqual(self.ok("GetDestination", {"name": name})["name"], name, told)
        self.ok("DeleteDestination", {"name": name})
        self.refused("not_found", "RESOURCE_NOT_FOUND", "GetDestination", {"name": name})
        caller = self.ok("GetCaller", {}, service="TokenService")
        self.assertIn("acme", str(caller))


class Connect(Walk):
    """npm's `@connectrpc/connect-node`, and connect-go."""

    def node(self, protocol):
        node = shutil.which("node")
        self.assertIsNotNone(node, "node is missing: scripts/install.sh test installs it")
        self.walk(self.line_caller([node, HERE / "caller.js"], protocol))

    def go(self, protocol):
        self.walk(self.line_caller([go_clients() / "client"], protocol))

    def test_node_by_json(self):
        self.node("connect-json")

    def test_node_by_binary_protobuf(self):
        self.node("connect-binary")

    def test_node_by_grpc(self):
        self.node("grpc")

    def test_go_by_json(self):
        self.go("connect-json")

    def test_go_by_binary_protobuf(self):
        self.go("connect-binary")

    def test_go_by_grpc(self):
        self.go("grpc")


class Reflection(Walk):
    def test_python(self):
        client = Grpcio(self.carillond.publish_address, READER)
        self.assertIn("carillon.v1.DestinationService", client.services)
        self.walk(client)

    def test_grpcurl(self):
        client = Grpcurl(go_clients() / "grpcurl", self.carillond.publish_address, READER)
        self.assertIn("carillon.v1.DestinationService", client.services)
        self.walk(client)
