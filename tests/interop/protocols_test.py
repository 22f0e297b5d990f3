"""Each method over gRPC and over HTTP: the same answers; by GET where nothing changes, 405 where
something does."""

import unittest

from callers import Grpcio
from conformance import OPERATOR, Conformance
from harness import eventually

# A tenant need not have been made.
OF_ANY_TENANT = {"GetTenant", "GetStats", "GetSummary", "DisableTenant", "EnableTenant"}
# What moves between two calls.
MOVING = {"currentTime", "scannedToTime", "lastUseTime", "status"}


def still(message):
    """Without what moves."""
    if isinstance(message, (list, tuple)):
        return [still(one) for one in message]
    if isinstance(message, dict):
        return {name: still(value) for name, value in message.items() if name not in MOVING}
    return message


class Protocols(Conformance):
    def setUp(self):
        super().setUp()
        self.grpc = Grpcio(self.carillond.publish_address, OPERATOR)
        self.addCleanup(self.grpc.close)

    def by_grpc(self, method, request):
        service, _, name = method.name.partition("/")
        mask = request.get("update_mask")
        return self.grpc.call(service, name, {**request, **({"update_mask": mask} if mask else {})},
                              OPERATOR)

    def test_reflection_knows_them(self):
        for method in self.methods():
            self.assertIn(method.name.partition("/")[0], self.grpc.services)

    def test_answers_are_the_same(self):
        for method in self.methods(lambda method: method.reads or method.has("request_id")):
            request = self.fixture(method)
            if not method.reads:
                request["request_id"] = "one-call"
            with self.subTest(method.name):
                # What is read may move meanwhile: an operation goes on.
                eventually(lambda method=method, request=request: self.alike(method, request),
                           lambda: self.last)

    def alike(self, method, request):
        answers = [("ok", self.ok(method, request)), self.by_grpc(method, request)]
        if method.reads:
            by_get = self.get(method, request)
            self.assertEqual((by_get.status, by_get.headers["Cache-Control"]), (200, "no-store"))
            answers.append(("ok", by_get.json))
        self.last = "\n".join(map(str, answers))
        return all(still(answer) == still(answers[0]) for answer in answers)

    def test_errors_are_the_same(self):
        for method in self.methods(lambda method: method.required):
            request = {}
            if any(member.path == "name" for member in method.members) and (
                    method.short not in OF_ANY_TENANT):
                request = method.request("acme", "absent")
            with self.subTest(method.name):
                answer = self.call(method, request)
                self.assertNotEqual(answer.status, 200, answer.body)
                code, told = self.by_grpc(method, request)
                self.assertEqual((code, told["message"]),
                                 (answer.json["code"], answer.json["message"]))
                reasons = [detail["reason"] for detail in told["details"] if "reason" in detail]
                self.assertEqual(reasons, [answer.reason])

    def test_get_is_refused_where_something_changes(self):
        for method in self.methods(lambda method: not method.reads):
            request = self.fixture(method)
            before = len(self.entries())
            with self.subTest(method.name):
                answer = self.get(method, request)
                self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"))
                self.assertEqual(len(self.entries()), before)


if __name__ == "__main__":
    unittest.main()
