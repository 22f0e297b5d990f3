"""What a principal of one tenant is answered names nothing of another's; `tenants/-` is not for
it."""

import unittest

from conformance import NOBODY_LISTENS, TOKENS, Conformance, of_one_event, put
from contract import is_repeated

MARK = "of-another-tenant"


class Tenancy(Conformance):
    def setUp(self):
        super().setUp()
        self.fill("other")

    def fill(self, tenant):
        """One resource of each kind, an event and an operation of a tenant."""
        parent = f"tenants/{tenant}"
        made = {"parent": parent, "destination_id": MARK, "destination": {
            "url": NOBODY_LISTENS + MARK, "display_name": MARK, "retry": {"none": True}}}
        name = self.ok("CreateDestination", made)["name"]
        self.ok("CreateSubscription", {
            "parent": parent, "subscription_id": MARK,
            "subscription": {"types": ["*"], "destinations": [name], "display_name": MARK}})
        self.ok("CreateToken", {"parent": parent, "token_id": MARK,
                                "token": {"role": "ROLE_READER"}})
        of_one_event(self, tenant)
        self.ok("ReplayEvents", {"destination": name, "selection": "ALL"})

    def allowed(self, role):
        return self.methods(lambda method: method.reads and role in method.roles)

    def test_answers_name_nobody_else(self):
        asked = 0
        for role in ("tenant_admin", "reader", "publisher"):
            for method in self.allowed(role):
                if method.scope == "service":
                    continue  # for who has all tenants
                answer = self.call(method, self.fixture(method), TOKENS[role])
                with self.subTest(method.name, role=role):
                    if answer.status != 200:  # the fixture is in a tenant of its own
                        self.refused(answer, 403, "TENANT_FORBIDDEN")
                    for foreign in (b"tenants/other", MARK.encode()):
                        self.assertNotIn(foreign, answer.body)
                asked += answer.status == 200
        self.assertGreater(asked, 30)

    def test_an_operator_is_told(self):
        """So what is looked for is there to be found."""
        for short in ("ListDestinations", "ListSubscriptions", "ListTokens", "ListOperations"):
            answer = self.call(short, {"parent": "tenants/-"})
            self.assertIn(MARK.encode(), answer.body)

    def test_all_tenants_are_not_for_who_has_one(self):
        asked = 0
        for role in ("tenant_admin", "reader"):
            for method in self.methods(
                    lambda one, role=role: one.scope == "tenant" and role in one.roles):
                for member in method.of_tenant():
                    outer = member.path.partition(".")[0]
                    if outer not in method.required and outer not in ("name", "parent"):
                        continue
                    name = member.name("-", "x")
                    repeated = is_repeated(method.input.fields_by_name[outer])
                    request = put(method.request("acme"), member.path, [name] if repeated else name)
                    with self.subTest(method.name, role=role):
                        self.refused(self.call(method, request, TOKENS[role]), 403,
                                     "TENANT_FORBIDDEN")
                    asked += 1
        self.assertGreater(asked, 50)


if __name__ == "__main__":
    unittest.main()
