"""Resources of the file, and built-in ones: configuration is not changed, state is."""

import unittest

from conformance import FILED, Conformance

# A resource of the file, and of those that are built in, by kind.
OF_THE_FILE = {
    "carillon/Destination": FILED,
    "carillon/Key": FILED + "/keys/first",
    "carillon/Subscription": "tenants/acme/subscriptions/filed",
    "carillon/Tenant": "tenants/filed",
    "carillon/EventType": "eventTypes/filed.type",
}
BUILT_IN = {"carillon/EventType": "eventTypes/session.create"}
# What changes no configuration, and works for resources of any origin.
ALLOWED = ["DisableDestination", "EnableDestination", "PauseDestination", "ResumeDestination",
           "ReleaseDestination", "TestDestination", "ReplayEvents"]


class Origins(Conformance):
    def refusals(self, names, reason):
        """Calls every change of configuration with the names; how many it called."""
        asked = 0
        for method in self.methods(lambda method: method.audited and method.short not in ALLOWED):
            member, carried = method.resource()
            named = next((m for m in method.members if m.path in ("name", f"{member}.name")), None)
            if named is None or named.kind not in names or method.short.startswith("Create"):
                continue
            request = self.fixture(method)
            if member:
                request[member]["name"] = names[carried]
            else:
                request["name"] = names[named.kind]
            for more in ({}, {"validate_only": True}, {"allow_missing": True}, {"force": True}):
                if all(method.has(name) for name in more):
                    with self.subTest(method.name, **more):
                        answer = self.call(method, {**request, **more})
                        self.refused(answer, 400, reason)
                        self.assertEqual(answer.json["code"], "failed_precondition")
                        asked += 1
        return asked

    def test_of_the_file(self):
        before = {kind: self.shown(kind, name) for kind, name in OF_THE_FILE.items()}
        for kind, shown in before.items():
            if kind != "carillon/Key":
                with self.subTest(kind):
                    self.assertEqual(shown["origin"]["kind"], "FILE")
        self.assertGreater(self.refusals(OF_THE_FILE, "READ_ONLY_FILE"), 25)
        for kind, name in OF_THE_FILE.items():
            with self.subTest(kind):
                self.assertEqual(self.shown(kind, name), before[kind], "nothing was changed")

    def test_built_in(self):
        self.assertEqual(self.shown("carillon/EventType", BUILT_IN["carillon/EventType"])["origin"],
                         {"kind": "BUILT_IN"})
        self.assertGreater(self.refusals(BUILT_IN, "READ_ONLY_BUILT_IN"), 6)

    def shown(self, kind, name):
        found = self.find(kind, name)
        self.assertEqual(found.status, 200, found.body)
        return {member: value for member, value in found.json.items()
                if member not in ("status", "lastUseTime")}

    def test_a_key_is_not_made_in_a_destination_of_the_file(self):
        self.refused(self.call("CreateKey", {"parent": FILED, "key": {}}), 400, "READ_ONLY_FILE")

    def test_their_names_are_taken(self):
        for kind, name in OF_THE_FILE.items():
            create = self.creator(kind)
            if create.short == "CreateKey":
                continue
            member, _ = create.resource()
            request = {**self.creation(create), f"{member}_id": name.rpartition("/")[2]}
            for more in ({}, {"validate_only": True}):
                with self.subTest(create.name, **more):
                    self.refused(self.call(create, {**request, **more}), 409, "NAME_IN_FILE")
        create = self.method("CreateEventType")
        request = {**self.creation(create), "event_type_id": "session.create"}
        self.refused(self.call(create, request), 409, "RESOURCE_EXISTS")

    def test_a_token_of_the_file_is_not_made_again(self):
        answer = self.call("CreateToken", {"token_id": "operator",
                                           "token": {"role": "ROLE_OPERATOR"}})
        self.refused(answer, 409, "NAME_IN_FILE")

    def test_state_works(self):
        for short in filter(self.contract.by_short.get, ALLOWED):
            method = self.method(short)
            member = next(m for m in method.members if m.path in ("name", "destination"))
            request = {**self.fixture(method), member.path: OF_THE_FILE[member.kind]}
            with self.subTest(method.name):
                self.ok(method, request)
        for short, state in (("DisableDestination", "DISABLED"), ("EnableDestination", "ACTIVE"),
                             ("PauseDestination", "PAUSED"), ("ResumeDestination", "ACTIVE")):
            self.assertEqual(self.ok(short, {"name": FILED})["state"], state)


if __name__ == "__main__":
    unittest.main()
