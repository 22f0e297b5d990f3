"""Calls that nobody should make: without time, given up, huge, deep, malformed. Each is answered,
or its connection closed, and the service goes on."""

import json
import pathlib
import socket
import unittest

from conformance import OPERATOR, PATIENCE, Conformance, an_operation
from harness import eventually

GIVEN_UP = 200  # more than calls there may be at once
MOST = 8 << 20  # bytes of a message


class RawCalls(Conformance):
    """Requests over sockets of their own."""

    def head(self, method, length, *more):
        lines = [f"POST /{method.name} HTTP/1.1", "Host: x", "Content-Type: application/json",
                 f"Authorization: Bearer {OPERATOR}", f"Content-Length: {length}", *more, "", ""]
        return "\r\n".join(lines).encode()

    def socket(self):
        host, port = self.carillond.admin_address.rsplit(":", 1)
        opened = socket.create_connection((host, int(port)), timeout=2 * PATIENCE)
        self.addCleanup(opened.close)
        return opened

    def status(self, connection):
        """The status of what comes, or None if the connection is closed without an answer."""
        try:
            line = connection.makefile("rb").readline()
        except ConnectionResetError:
            return None
        return int(line.split()[1]) if line else None

    def all_answer(self):
        for method in self.methods():
            with self.subTest(method.name):
                self.ok(method, self.fixture(method))


class HostileCalls(RawCalls):
    def test_without_time(self):
        for method in self.methods():
            request = self.fixture(method)
            with self.subTest(method.name):
                answer = self.call(method, request, headers={"Connect-Timeout-Ms": "0"})
                self.assertEqual((answer.status, answer.json["code"]), (504, "deadline_exceeded"))
                answer = self.call(method, request, headers={"Connect-Timeout-Ms": "1"})
                self.assertIn(answer.status, (200, 504), answer.body)
                for wrong in ("soon", "-1", "1.5", "99999999999"):
                    answer = self.call(method, request, headers={"Connect-Timeout-Ms": wrong})
                    self.refused(answer, 400, answer.reason)

    def test_waiting_ends_with_the_deadline(self):
        """WaitOperation, the one that may take long, ends in time for its answer."""
        request = {"name": an_operation(self), "timeout": "60s"}
        answer = self.call("WaitOperation", request, headers={"Connect-Timeout-Ms": "500"})
        self.assertIn(answer.status, (200, 504), answer.body)

    def test_calls_that_are_given_up_leave_their_places(self):
        method = self.method("WaitOperation")
        body = json.dumps({"name": an_operation(self), "timeout": "60s"}).encode()
        before = self.sockets()
        for _ in range(GIVEN_UP):
            connection = self.socket()
            connection.sendall(self.head(method, len(body)) + body)
            connection.close()
        eventually(lambda: self.sockets() <= before, "they are gone")
        eventually(lambda: all(self.call("GetCaller", {}).status == 200 for _ in range(20)),
                   "places are free again")
        self.all_answer()

    def sockets(self):
        """How many the service has open."""
        found = 0
        for path in pathlib.Path(f"/proc/{self.carillond.process.pid}/fd").iterdir():
            try:
                found += str(path.readlink()).startswith("socket:")
            except OSError:
                pass  # closed meanwhile
        return found

    def test_huge_ones(self):
        for method in self.methods():
            connection = self.socket()
            connection.sendall(self.head(method, MOST + 100) + b'{"')
            with self.subTest(method.name):
                self.assertEqual(self.status(connection), 413)
        # As much as there may be, of one member.
        body = json.dumps({"name": "x" * (MOST - 20)})
        answer = self.send("/" + self.method("GetDestination").name, body)
        self.refused(answer, 400, "FIELD_INVALID")
        self.assertLess(len(answer.body), 10_000)
        self.all_answer()

    def test_deep_ones(self):
        for method in self.methods():
            for depth in (33, 100_000):
                for opened, closed in (('{"x":', "}"), ("[", "]")):
                    body = '{"no_such":' + opened * depth + "1" + closed * depth + "}"
                    with self.subTest(method.name, depth=depth, opened=opened):
                        answer = self.send("/" + method.name, body)
                        self.assertEqual(answer.status, 400, answer.body[:300])
                        self.assertLess(len(answer.body), 10_000)

    def test_what_is_no_json(self):
        bodies = [b"", b"nonsense", b"{", b'{"name": "x"', b"[]", b"1", b"null",
                  b'{"a": 1, "a": 2}', b"{'name': 'x'}", b'{"name": "\xff"}', b"{}{}",
                  b'{"name": NaN}', b'\xef\xbb\xbf{}']
        for method in self.methods():
            for body in bodies:
                with self.subTest(method.name, body=body):
                    answer = self.send("/" + method.name, body)
                    self.refused(answer, 400, "FIELD_INVALID")
            for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
                with self.subTest(method.name, kind=kind):
                    answer = self.send("/" + method.name, "{}", {"Content-Type": kind})
                    self.assertEqual(answer.status, 415, answer.body)


if __name__ == "__main__":
    unittest.main()
