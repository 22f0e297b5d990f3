"""Members of requests: those that are for output only are ignored, immutable ones and those of the
file refused, unknown ones named."""

import unittest

from conformance import Conformance, camel, put
from contract import IMMUTABLE, OUTPUT_ONLY, is_map, is_repeated

# Immutable members that have a reason of their own to be refused, and another value for the rest.
OTHER = {"tenants": ["other"], "event_types": ["*"], "sha256": "ab" * 32,
         "role": "ROLE_TENANT_ADMIN", "quota": {"events_per_second": 7}, "algorithm": "ED25519"}


def json_path(path):
    return ".".join(camel(part) for part in path.split("."))


class Members(Conformance):
    def carrying(self):
        """(method, member, kind) of each Create and Update."""
        for method in self.methods(lambda method: method.short.startswith(("Create", "Update"))):
            member, kind = method.resource()
            if member:
                yield method, member, kind

    def of(self, kind, behavior):
        return [field for field in self.contract.resources[kind].fields
                if behavior in self.contract.behavior(field)]

    def value(self, field):
        """Some value, as JSON has it."""
        if is_map(field):
            return {"a": "b"}
        if field.message_type:
            times = {"Timestamp": "2001-01-01T00:00:00Z", "Duration": "7s"}
            one = times.get(field.message_type.name, {})
        elif field.enum_type:
            one = field.enum_type.values[-1].name
        else:
            one = {field.CPPTYPE_STRING: "given", field.CPPTYPE_BOOL: True}.get(field.cpp_type, 77)
        return [one] if is_repeated(field) else one

    def test_what_is_for_output_only_is_ignored(self):
        tried = 0
        for method, member, kind in self.carrying():
            for field in self.of(kind, OUTPUT_ONLY):
                if self.contract.rule(field).file_only:
                    continue
                given = self.value(field)
                request = put(self.fixture(method), f"{member}.{field.name}", given)
                if method.has("update_mask"):
                    request["update_mask"] += "," + camel(field.name)
                with self.subTest(method.name, member=field.name):
                    answer = self.ok(method, request)
                    if given not in ({}, "STATE_UNSPECIFIED"):
                        self.assertNotEqual(answer.get(field.json_name), given)
                    tried += 1
        self.assertGreater(tried, 60)

    def test_immutable_ones_are_not_changed(self):
        tried = 0
        for method, member, kind in self.carrying():
            if not method.short.startswith("Update"):
                continue
            for field in self.of(kind, IMMUTABLE):
                self.assertIn(field.name, OTHER)
                name = self.make(kind)
                before = self.find(kind, name).json
                for mask in ({}, {"update_mask": camel(field.name)}):
                    with self.subTest(method.name, member=field.name, **mask):
                        answer = self.call(method, {
                            member: {"name": name, field.name: OTHER[field.name]}, **mask})
                        self.refused(answer, 400, "FIELD_INVALID")
                        self.assertEqual(answer.fields, [f"{member}.{field.json_name}"])
                        self.assertEqual(self.find(kind, name).json, before)
                        tried += 1
        self.assertGreater(tried, 8)

    def test_those_of_the_file_are_refused(self):
        tried, self.certificate = 0, self.pem()
        for method in self.methods():
            for path, field in self.contract.walk(method.input):
                if not self.contract.rule(field).file_only or path.startswith("config."):
                    continue  # what a configuration holds is what other methods have
                request = put(self.fixture(method), path, "/etc/passwd")
                request = self.with_what_it_needs(request, path)
                request.pop("update_mask", None)
                with self.subTest(method.name, member=path):
                    answer = self.call(method, request)
                    self.assertEqual(answer.status, 400, answer.body)
                    self.assertNotIn("root:", str(answer.body))
                    if any(one.get("reason") == "IMMUTABLE" for one in answer.violations.values()):
                        tried += 1
                        continue  # keys are changed by methods of their own
                    why = answer.violations.get(json_path(path))
                    self.assertIsNotNone(why, answer.violations)
                    self.assertIn("configuration file", why["description"])
                    tried += 1
        self.assertGreater(tried, 30)

    def with_what_it_needs(self, request, path):
        """Members beside, so that it is not refused for the lack of them."""
        besides = {}
        outer = path.partition(".authorization.")[0]
        if ".oauth2." in path:
            besides = {f"{outer}.authorization.oauth2.token_url": "https://127.0.0.1:9/",
                       f"{outer}.authorization.oauth2.client_id": "me",
                       f"{outer}.authorization.oauth2.client_secret.value": "secret"}
        elif ".tls." in path:
            besides = {f"{path.partition('.tls.')[0]}.url": "https://127.0.0.1:9/"}
        pair = ("client_key", "client_certificate")
        for one, other in (pair, pair[::-1]):
            before, found, _ = path.partition(f".{one}.")
            if found:
                besides[f"{before}.{other}.value"] = self.certificate[other == "client_key"]
        if path.endswith(".descriptor_set_file"):
            besides[path.replace("descriptor_set_file", "message")] = "acme.Order"
        if "name" in request and "destination" in request:  # a test of one that is not stored
            request = put(request, "destination.name", request.pop("name"))
            besides["destination.url"] = "https://127.0.0.1:9/"
        for member, value in besides.items():
            if not path.startswith(member.removesuffix(".value")):
                request = put(request, member, value)
        return request

    def test_unknown_ones_are_named(self):
        for method in self.methods():
            fixture = self.fixture(method)
            places = ["no_such_member"]
            for name in fixture:
                if isinstance(fixture[name], dict):
                    places.append(f"{name}.no_such_member")
            for place in places:
                with self.subTest(method.name, place=place):
                    answer = self.call(method, put(fixture, place, 1))
                    self.refused(answer, 400, "FIELD_INVALID")
                    self.assertIn("no_such_member", answer.fields[0])

    def test_of_a_wrong_type_they_are_named(self):
        for method in self.methods():
            fixture = self.fixture(method)
            for field in method.input.fields:
                wrong = 17 if is_repeated(field) or field.message_type else {"a": [1]}
                with self.subTest(method.name, member=field.name):
                    answer = self.call(method, {**fixture, field.name: wrong})
                    self.refused(answer, 400, "FIELD_INVALID")
                    self.assertTrue(answer.fields[0] in (field.name, field.json_name) or
                                    answer.fields[0].startswith(field.name + "."), answer.fields)


if __name__ == "__main__":
    unittest.main()
