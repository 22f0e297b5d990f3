"""The audit log: one entry for each effect and refusal, none without; secrets nowhere but in the
one answer that shows them."""

import json
import unittest

from conformance import TOKENS, Conformance, put
from harness import eventually

MARKER = "marker-that-nobody-may-see"
# Texts of secrets that only some texts are good for.
KEY = "whsec_bWFya2VyLXRoYXQtbm9ib2R5LW1heS1zZWUtMTIzNDU2"
# What has to be set beside a secret, so that it is taken; relative to the resource.
BESIDES = {
    "headers[0].secret.value": {"headers[0].name": "x-api-key"},
    "authorization.basic.password.value": {"authorization.basic.user": "me"},
    "authorization.oauth2.client_secret.value": {
        "authorization.oauth2.token_url": "http://127.0.0.1:9/token",
        "authorization.oauth2.client_id": "me"},
}


class Audit(Conformance):
    def of(self, method):
        return self.entries(filter=f'method = "{method.name}"')

    def test_each_effect_has_one_entry_that_says_who_did_what(self):
        for method in self.methods(lambda method: method.audited and method.short != "Publish"
                                   and not method.open):  # that is done by whom its request says
            request = self.fixture(method)
            before = len(self.of(method))
            self.ok(method, request, headers={"User-Agent": "conformance/1"})
            found = self.of(method)
            with self.subTest(method.name):
                self.assertEqual(len(found), before + 1)
                entry = found[0]
                self.assertEqual(
                    (entry["method"], entry["principal"], entry["role"], entry["remoteAddress"],
                     entry["userAgent"], entry.get("code", 0)),
                    (method.name, "token:tokens/operator", "ROLE_OPERATOR", "127.0.0.1",
                     "conformance/1", 0))
                name = self.named(request)
                if name:
                    # Keys are changed with their destination.
                    self.assertTrue(any(name == change["resource"] or
                                        name.startswith(change["resource"] + "/keys/")
                                        for change in entry["changes"]), entry)
                self.assertEqual(self.ok("GetAuditEntry", {"name": entry["name"]}), entry)

    def test_changes_of_configuration_say_before_and_after(self):
        for method in self.methods(lambda method: method.audited and method.resource()[0]):
            verb = method.short.removesuffix(method.resource()[1].partition("/")[2])
            if verb != "Update" or method.short == "UpdateOperation":
                continue
            request = self.fixture(method)
            member, _ = method.resource()
            changed = next(name for name in request[member] if name != "name")
            self.ok(method, request)
            entry = self.of(method)[0]
            with self.subTest(method.name):
                change, = entry["changes"]
                self.assertEqual(change["paths"],
                                 ["keys"] if member == "key" else [changed])
                self.assertIn("before", change)
                self.assertIn("after", change)

    def test_what_has_no_effect_has_none(self):
        for method in self.methods(lambda method: not method.open):
            request = self.fixture(method)
            before = len(self.entries())
            with self.subTest(method.name):
                if method.reads:
                    self.ok(method, request)
                elif method.has("validate_only"):
                    self.ok(method, {**request, "validate_only": True})
                if method.required:
                    self.assertNotEqual(self.call(method, {}).status, 200)
                if method.etag():
                    self.call(method, put(request, method.etag(), '"another"'))
                self.assertEqual(len(self.entries()), before)

    def test_refusals_are_there(self):
        for method in self.methods():
            role = next((role for role in TOKENS if role not in method.roles), None)
            if method.scope == "caller" or role is None or method.short == "Publish":
                continue  # publishers are refused by their port, which counts it
            # At most ten a second of one principal are kept: each method has one of its own.
            token = self.token(role)
            before = len(self.of(method))
            self.refused(self.call(method, method.request("acme"), token), 403, "ROLE_FORBIDDEN")
            # What changes nothing need not wait for its entry.
            eventually(lambda method=method, before=before: len(self.of(method)) > before,
                       f"an entry of {method.name}")
            found = self.of(method)
            with self.subTest(method.name):
                self.assertEqual(len(found), before + 1)
                self.assertEqual(found[0]["errorReason"], "ROLE_FORBIDDEN")

    def token(self, role):
        wanted = {"role": f"ROLE_{role.upper()}"}
        if role == "publisher":
            wanted["event_types"] = ["*"]
        return self.ok("CreateToken", {"parent": "tenants/acme", "token_id": self.fresh(),
                                       "token": wanted})["token"]


class Secrets(Conformance):
    def secrets(self, kind):
        """Paths of a resource that hold a secret which a caller gives."""
        return [path for path, field in self.contract.walk(self.contract.resources[kind])
                if self.contract.rule(field).secret]

    def given(self, path):
        """(members of a destination with the secret at a path, what may be seen nowhere)."""
        if path.endswith("client_key.value"):
            certificate, key = self.pem()
            members = put({}, path, key)
            outer = path.removesuffix(".client_key.value")
            members = put(members, f"{outer}.client_certificate.value", certificate)
            if outer.startswith("authorization.oauth2"):
                for member, value in BESIDES["authorization.oauth2.client_secret.value"].items():
                    members = put(members, member, value)
                oauth2 = members["authorization"]["oauth2"]
                oauth2["client_secret"] = {"value": MARKER + "-oauth"}
                oauth2["token_url"] = "https://127.0.0.1:9/token"
            else:
                members["url"] = "https://127.0.0.1:9/"
            return members, key.splitlines()[1]
        marker = KEY if path.startswith("keys") else f"{MARKER}-{self.fresh()}"
        members = put({}, path, marker)
        for member, value in BESIDES.get(path, {}).items():
            members = put(members, member, value)
        return members, marker

    def test_given_secrets_are_nowhere(self):
        markers = []
        for path in self.secrets("carillon/Destination"):
            members, marker = self.given(path)
            request = self.creation(self.method("CreateDestination"), **members)
            if path.startswith("keys"):
                request["destination"]["keys"][0]["name"] = "given"
            markers.append(marker)
            with self.subTest(path):
                name = self.ok("CreateDestination", request)["name"]
                self.ok("UpdateDestination", {"destination": {"name": name, **{
                    member: value for member, value in members.items() if member != "keys"}}})
                self.ok("TestDestination", {"name": name,
                                            "event_type": "eventTypes/session.create"})
                # In errors, too.
                for wrong in ({"url": "gopher://x"}, {"no_such_member": 1}):
                    answer = self.call("CreateDestination", {
                        **request, "destination_id": self.fresh(),
                        "destination": {**request["destination"], **wrong}})
                    self.refused(answer, 400, "FIELD_INVALID")
                    self.nowhere([marker], answer.body)
        self.assertGreater(len(markers), 4)
        self.look_everywhere(markers)

    def test_made_ones_are_in_their_answer_only(self):
        destination = self.ok("CreateDestination", self.creation(self.method("CreateDestination")))
        made = [key["secret"]["value"] for key in destination["keys"]]
        key = self.ok("CreateKey", {"parent": destination["name"], "key": {}})
        rotated = self.ok("RotateKey", {"name": destination["keys"][0]["name"]})
        made += [key["secret"]["value"], rotated["key"]["secret"]["value"]]
        made.append(self.ok("CreateToken", {"parent": "tenants/acme", "token_id": "made",
                                            "request_id": "kept",
                                            "token": {"role": "ROLE_READER"}})["token"])
        self.assertEqual(len(set(made)), 5)
        self.look_everywhere(made)

    def look_everywhere(self, markers):
        for role, token in TOKENS.items():
            for method in self.methods(lambda method: method.reads):
                answer = self.call(method, self.reading(method), token)
                with self.subTest(method.name, role=role):
                    self.nowhere(markers, answer.body)
        for kind in ("Destination", "Key", "Token"):
            for row in self.every(kind):
                self.nowhere(markers, self.call(f"Get{kind}", {"name": row["name"]}).body)
        self.nowhere(markers, self.carillond.get("/metrics")[1].encode())
        self.carillond.kill()
        self.nowhere(markers, self.carillond.stderr_path.read_bytes())
        for path in (self.folder / "data").rglob("*"):
            if path.is_file():
                with self.subTest(path.name):
                    self.nowhere(markers, path.read_bytes())

    def reading(self, method):
        request = {"page_size": 500} if method.has("page_size") else {}
        for member in method.members:
            if member.path == "parent" and "parent" in method.required:
                request["parent"] = member.name("-", "-")
        if method.short in ("GetStats", "BatchGetStats", "DescribeType"):
            request = self.fixture(method)
        return request

    def every(self, kind):
        if kind == "Key":
            return [key for one in self.every("Destination") for key in one.get("keys", [])]
        request = {"parent": "tenants/-", "page_size": 500}
        return self.ok(f"List{kind}s", request).get(f"{kind.lower()}s", [])

    def nowhere(self, markers, data):
        for marker in markers:
            at = data.find(marker.encode())
            around = data[max(at - 200, 0):at + 60]
            self.assertEqual(at, -1, around)
            quoted = json.dumps(marker).strip('"').encode()
            self.assertNotIn(quoted, data)


if __name__ == "__main__":
    unittest.main()
