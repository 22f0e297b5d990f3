"""Request ids: a call that is repeated with the same one has the first answer and one effect, also
after kill -9; another body is refused; another principal, or method, has ids of its own."""

import unittest

from conformance import SECOND_OPERATOR, Conformance

ID = "the-same"


class RequestIds(Conformance):
    def repeatable(self):
        """Methods whose request has an id; the same one serves all of them in these tests."""
        return self.methods(lambda method: method.has("request_id"))

    def effects(self, method):
        """How many entries of the audit log tell of calls of the method."""
        return len(self.entries(filter=f'method = "{method.name}" AND code = 0'))

    def test_every_method_that_changes_something_can_be_repeated(self):
        for method in self.methods(lambda method: method.audited):
            with self.subTest(method.name):
                # What has no id is the same when it is done twice, or works once.
                self.assertTrue(method.has("request_id") or method.short in (
                    "UpdateOperation", "CancelOperation", "DeleteOperation", "OpenPortalSession",
                    "RewrapSecrets"))

    def test_a_repetition_has_the_first_answer_and_one_effect(self):
        done = []
        for method in self.repeatable():
            with self.subTest(method.name):
                request = {**self.fixture(method), "request_id": ID}
                before = self.effects(method)
                first = self.ok(method, request)
                self.assertEqual(self.effects(method), before + 1)
                self.assertEqual(self.ok(method, request), first)
                self.assertEqual(self.effects(method), before + 1, "repeated")
                done.append((method, request, first))
        self.assertGreater(len(done), 15)
        effects = {method: self.effects(method) for method, _, _ in done}
        self.restart_by_kill()
        for method, request, first in done:
            with self.subTest(method.name, after="kill -9"):
                self.assertEqual(self.ok(method, request), first)
                self.assertEqual(self.effects(method), effects[method])

    def test_another_body_is_refused(self):
        for method in self.repeatable():
            with self.subTest(method.name):
                self.ok(method, {**self.fixture(method), "request_id": ID})
                other = {**self.fixture(method), "request_id": ID}
                answer = self.call(method, other)
                self.refused(answer, 400, "REQUEST_ID_REUSED")
                del other["request_id"]
                self.ok(method, other)  # so the refused call had no effect

    def test_another_principal_has_its_own(self):
        for method in self.repeatable():
            with self.subTest(method.name):
                self.ok(method, {**self.fixture(method), "request_id": ID})
                self.ok(method, {**self.fixture(method), "request_id": ID}, SECOND_OPERATOR)

    def test_a_failure_is_not_remembered(self):
        """What was refused under an id may be tried again under it."""
        refused = 0
        for method in self.repeatable():
            if self.call(method, {**method.request("absent"), "request_id": ID}).status == 200:
                continue
            refused += 1
            with self.subTest(method.name):
                self.ok(method, {**self.fixture(method), "request_id": ID})
        self.assertGreater(refused, 10)

    def test_an_idempotency_key_is_one(self):
        for method in self.repeatable():
            with self.subTest(method.name):
                request, key = self.fixture(method), {"Idempotency-Key": ID}
                first = self.ok(method, request, headers=key)
                self.assertEqual(self.ok(method, {**request, "request_id": ID}), first)
                self.assertEqual(self.ok(method, {**request, "request_id": ID}, headers=key), first)
                answer = self.call(method, {**request, "request_id": "another"}, headers=key)
                self.refused(answer, 400, "REQUEST_ID_REUSED")
        for method in self.methods(lambda one: not one.has("request_id") and not one.reads):
            with self.subTest(method.name):
                answer = self.call(method, self.fixture(method), headers={"Idempotency-Key": ID})
                self.assertEqual(answer.status, 400, answer.body)

    def test_one_that_is_none_is_refused(self):
        for method in self.repeatable():
            for wrong in ("x" * 65, "a b", "ä", "a\n"):
                with self.subTest(method.name, wrong=wrong):
                    answer = self.call(method, {**self.fixture(method), "request_id": wrong})
                    self.refused(answer, 400, "FIELD_INVALID")
                    self.assertEqual(answer.fields, ["requestId"])


if __name__ == "__main__":
    unittest.main()
