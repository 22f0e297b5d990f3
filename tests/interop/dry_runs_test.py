"""validate_only: the verdict of the real call, and nothing changes: no resource, no revision, no
entry of the audit log, no metric of what the service does."""

import unittest

from conformance import FILED, Conformance, put
from harness import eventually

# Metrics of what there is and what was done with it.
OF_RESOURCES = ("carillon_destinations", "carillon_events_", "carillon_subscription")

MOVING = {"status", "lastUseTime", "updateTime", "deliveredCount", "deadCount"}
OF_ATTEMPTS = {"state", "attemptCount", "lastAttemptTime", "endTime", "outcome", "nextAttemptTime",
               "trigger"}
# What comes with being stored, or with being counted only.
OF_STORED = {"uid", "etag", "revision", "createTime", "updateTime", "keys", "secret", "publicKey",
             "status", "sha256", "expireTime", "operation", "matchedCount", "estimated", "sample",
             "changes"}


class DryRuns(Conformance):
    def dry(self):
        return self.methods(lambda method: method.has("validate_only"))

    def world(self):
        """All that can be seen of what there is."""
        seen = {"revision": self.ok("GetServerInfo", {})["appliedRevision"]}
        for method in self.methods(lambda one: one.short.startswith("List")):
            request = {"page_size": 500}
            for member in method.members:
                if member.path == "parent" and "parent" in method.required:
                    of_one = method.short == "ListKeys"
                    request["parent"] = FILED if of_one else member.name("-", "-")
            rows = self.ok(method, request)
            if method.short == "ListAttempts":
                continue  # some are made later, of what an earlier call began
            seen[method.short] = [self.still(row) for value in rows.values()
                                  if isinstance(value, list) for row in value]
        seen["metrics"] = {name: value for name, value in self.carillond.metrics().items()
                           if name.startswith(OF_RESOURCES)}
        return seen

    def settled(self):
        """The world, once nothing is under way in it that an earlier call began."""
        def look():
            first = self.world()
            done = all(one.get("done") for one in first["ListOperations"])
            return first if done and first == self.world() else None

        return eventually(look, "what earlier calls began is done")

    @staticmethod
    def still(row):
        """Without what moves by itself."""
        return {name: value for name, value in row.items()
                if name not in MOVING and not ("attemptCount" in row and name in OF_ATTEMPTS)}

    def test_nothing_changes_and_then_the_real_call_succeeds(self):
        for method in self.dry():
            request = self.fixture(method)
            with self.subTest(method.name):
                before = self.settled()
                dry = self.ok(method, {**request, "validate_only": True})
                remembered = {"request_id": "dry"} if method.has("request_id") else {}
                self.ok(method, {**request, "validate_only": True, **remembered})
                after = self.world()
                for part, seen in before.items():
                    self.assertEqual(after[part], seen, part)
                real = self.ok(method, {**request, **remembered})
                self.alike(method, dry, real)
                if method.short not in ("ReplayEvents", "ResendDeliveries", "PurgeDeliveries",
                                        "RewrapSecrets"):
                    self.assertNotEqual(self.world(), before, "what the real call does shows")

    def alike(self, method, dry, real):
        """What a dry run says of a resource is what becomes of it."""
        member, _ = method.resource()
        made = set() if method.has(f"{member}_id") else {"name", "url"}  # by the server, each time
        for name, value in dry.items():
            if name in OF_STORED | (made if method.short.startswith("Create") else set()):
                continue
            self.assertEqual(real.get(name), value, f"{method.name}: {name}")
        if method.short.startswith("Create"):
            for name in ("uid", "etag", "revision", "createTime", "token"):
                self.assertNotIn(name, dry)

    def test_it_shows_no_secret(self):
        for method in self.dry():
            answer = self.ok(method, {**self.fixture(method), "validate_only": True})
            with self.subTest(method.name):
                for marker in ("whsec_", "whsk_", "car_"):
                    self.assertNotIn(marker, str(answer))

    def test_what_is_refused_is_refused_alike(self):
        asked = 0
        for method in self.dry():
            for what, request in self.wrongs(method):
                dry = self.call(method, {**request, "validate_only": True})
                real = self.call(method, request)
                with self.subTest(method.name, what=what):
                    self.assertEqual(dry.verdict, real.verdict)
                    self.assertNotEqual(real.status, 200, "it was meant to be refused")
                    self.assertNotEqual(real.status, 500, real.body)
                asked += 1
        self.assertGreater(asked, 60)

    def wrongs(self, method):
        """(what is wrong, request) of calls that no server could take."""
        creates = method.short.startswith("Create")
        if method.members and not creates:
            yield "nothing is there", method.request("acme", "absent")
        right = self.fixture(method)
        for name in method.required:
            yield f"no {name}", {k: v for k, v in right.items() if k != name}
        for member in method.members:
            outer = member.path.partition(".")[0]
            if outer in right and not isinstance(right[outer], list) and not (
                    creates and "." in member.path):
                yield f"{member.path} is no name", put(right, member.path, "a b")
        if method.etag():
            yield "another etag", put(right, method.etag(), '"another"')
        carried, kind = method.resource()
        for text in ("display_name", "description"):
            if carried and text in self.contract.resources[kind].fields_by_name:
                wrong = put(right, f"{carried}.{text}", "x" * 5000)
                yield "a text that is too long", {name: value for name, value in wrong.items()
                                                  if name != "update_mask"}
        if creates and method.has(f"{carried}_id"):
            self.ok(method, right)
            yield "it is there", right
        if method.has("update_mask"):
            yield "a mask of nothing there is", {**right, "update_mask": "noSuchMember"}


if __name__ == "__main__":
    unittest.main()
