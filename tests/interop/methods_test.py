"""What holds for every method of the API, made from the contract: a new one cannot be forgotten."""

import http.client
import json
import shutil
import unittest

from callers_test import ROOT, Walk, sha256
from contract import Contract
from support import HERE

TOKENS = {role: "car_" + letter * 43 for role, letter in
          (("operator", "O"), ("tenant_admin", "A"), ("reader", "R"), ("publisher", "P"))}
WRONG_NAMES = ["", "a b", "tenants/acme/destinations/../x", "x" * 10240, "tenants//destinations/x"]


class EveryMethod(Walk):
    def setUp(self):
        self.tokens = [{"name": role.replace("_", "-"), "role": role, "sha256": sha256(token),
                        **({} if role == "operator" else {"tenants": ["acme"]}),
                        **({"event_types": ["*"]} if role == "publisher" else {})}
                       for role, token in TOKENS.items()]
        super().setUp()
        protoc = shutil.which("protoc")
        self.assertIsNotNone(protoc, "protoc is missing: scripts/install.sh build installs it")
        self.contract = Contract(protoc, ROOT / "proto", self.folder)
        host, port = self.carillond.admin_address.rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port), timeout=120)
        self.addCleanup(self.connection.close)

    def methods(self):
        """All that take one message and are for somebody's role."""
        found = [method for method in self.contract.methods
                 if method.scope != "unspecified" and not method.streams]
        self.assertGreater(len(found), 30)
        return found

    def call(self, method, request, token, verb="POST"):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = json.dumps(request) if verb == "POST" else None
        self.connection.request(verb, "/" + method.name, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        told = json.loads(text) if text.startswith(b"{") else {}
        info = [d["debug"] for d in told.get("details", []) if "reason" in d.get("debug", {})]
        return answer.status, (info[0]["reason"] if info else None), told

    def refused(self, method, request, token, *wanted):
        status, reason, told = self.call(method, request, token)
        with self.subTest(method.name, request=str(request)[:200]):
            self.assertEqual((status, reason), wanted, told)
        return told

    def test_nobody_calls_without_a_credential(self):
        for method in self.methods():
            reason = "CREDENTIALS_INVALID" if method.open else "CREDENTIALS_MISSING"
            self.refused(method, method.request("acme"), None, 401, reason)

    def test_a_role_that_may_not_is_told_so(self):
        for method in self.methods():
            for role, token in TOKENS.items():
                if method.scope == "caller" or role in method.roles:
                    continue
                self.refused(method, method.request("acme"), token, 403, "ROLE_FORBIDDEN")

    def test_nobody_touches_another_tenants(self):
        made = {"url": "http://127.0.0.1:9/"}
        self.client = self.line_caller([shutil.which("node"), HERE / "caller.js"], "connect-json")
        self.ok("CreateDestination", {"parent": "tenants/other", "destinationId": "x",
                                      "destination": made}, TOKENS["operator"])
        asked = 0
        for method in self.methods():
            role = next((r for r in ("tenant_admin", "reader", "publisher") if r in method.roles), None)
            if method.scope != "tenant" or role is None:
                continue
            for member in method.of_tenant():
                told = []
                for tenant, rest in (("other", "x"), ("other", "absent"), ("nowhere", "x")):
                    request = method.request("acme", rest)
                    outer, _, inner = member.path.partition(".")
                    if inner:
                        request[outer][inner] = member.name(tenant, rest)
                    else:
                        old = request.get(outer)
                        named = member.name(tenant, rest)
                        request[outer] = [named] if isinstance(old, list) else named
                    answer = self.refused(method, request, TOKENS[role], 403, "TENANT_FORBIDDEN")
                    told.append(answer.get("message", "").replace("nowhere", "other"))
                    asked += 1
                with self.subTest(method.name):
                    self.assertEqual(len(set(told)), 1, "whether it exists makes no difference")
        self.assertGreater(asked, 60)

    def test_what_is_required_is_asked_for_by_name(self):
        for method in self.methods():
            role = next((r for r in TOKENS if r in method.roles), "operator")
            for name in method.required:
                request = method.request("acme")
                del request[name]
                self.wrong(method, request, TOKENS[role], name)

    def wrong(self, method, request, token, name):
        told = self.refused(method, request, token, 400, "FIELD_INVALID")
        violations = [v for d in told.get("details", [])
                      for v in d.get("debug", {}).get("fieldViolations", [])]
        first = name.split("_")[0]
        with self.subTest(method.name, field=name):
            self.assertTrue(any(v["field"].startswith(first) for v in violations), told)

    def test_names_that_are_none_are_refused_by_name(self):
        for method in self.methods():
            role = next((r for r in TOKENS if r in method.roles), "operator")
            for member in method.of_tenant():
                if "." in member.path or self.repeated(method, member):
                    continue
                for name in WRONG_NAMES[member.path not in method.required:]:  # the first is none
                    self.wrong(method, {**method.request("acme"), member.path: name}, TOKENS[role],
                               member.path)

    @staticmethod
    def repeated(method, member):
        field = method.input.fields_by_name[member.path.partition(".")[0]]
        return field.label == field.LABEL_REPEATED

    def test_get_is_for_what_changes_nothing(self):
        for method in self.methods():
            status, _, told = self.call(method, {}, TOKENS["operator"], "GET")
            with self.subTest(method.name):
                if method.reads:
                    self.assertNotEqual(status, 405, told)
                else:
                    self.assertEqual(status, 405, told)


if __name__ == "__main__":
    unittest.main()
