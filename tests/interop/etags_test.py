"""Etags: a method that takes one does its work with the right one, and without; with another it is
refused and says which is right. Of two writers with the same one, one wins."""

import threading
import unittest

from conformance import CHANGEABLE, CHANGED, Conformance, camel, put


class Etags(Conformance):
    def cases(self):
        """(method, path of the etag, request, kind, name) for each method that takes an etag."""
        for method in self.methods(lambda method: method.etag() and method.audited):
            request = self.fixture(method)
            name = self.named(request)
            kind = next(member.kind for member in method.members
                        if member.path in ("name", f"{method.resource()[0]}.name"))
            yield method, method.etag(), request, kind, name

    def current(self, kind, name):
        found = self.find(kind, name)
        self.assertEqual(found.status, 200, found.body)
        self.assertRegex(found.json["etag"], '^".+"$')
        return found.json["etag"]

    def test_the_right_one_a_wrong_one_and_none(self):
        for method, path, request, kind, name in self.cases():
            with self.subTest(method.name):
                right = self.current(kind, name)
                refused = self.call(method, put(request, path, '"another"'))
                self.refused(refused, 409, "ETAG_MISMATCH")
                self.assertEqual(refused.json["code"], "aborted")
                self.assertEqual(refused.detail("reason")["metadata"]["etag"], right)
                self.assertEqual(self.current(kind, name), right, "nothing was changed")
                self.ok(method, put(request, path, right))
            with self.subTest(method.name, etag="none"):
                self.ok(method, self.fixture(method))

    def test_each_change_has_another(self):
        for method, path, request, kind, name in self.cases():
            if not method.short.startswith("Update"):
                continue
            with self.subTest(method.name):
                before = self.current(kind, name)
                answer = self.ok(method, request)
                self.assertEqual(answer["etag"], self.current(kind, name))
                self.assertNotEqual(answer["etag"], before)
                stale = self.call(method, put(request, path, before))
                self.assertEqual(stale.reason, "ETAG_MISMATCH", stale.body)

    def test_of_two_writers_at_once_one_wins(self):
        for method, path, request, kind, name in self.cases():
            if not method.short.startswith("Update"):
                continue
            member, _ = method.resource()
            changed, *values = CHANGEABLE.get(kind, CHANGED)
            etag = self.current(kind, name)
            answers = self.at_once(method, [
                {**request, member: {"name": name, "etag": etag, changed: value}}
                for value in values])
            with self.subTest(method.name):
                self.assertEqual(sorted(answer.status for answer in answers), [200, 409],
                                 [answer.body for answer in answers])
                won, = (value for value, answer in zip(values, answers) if answer.status == 200)
                self.assertEqual(self.find(kind, name).json[camel(changed)], won)

    def at_once(self, method, requests):
        """Calls on connections of their own, which start together; their answers in order."""
        barrier, answers = threading.Barrier(len(requests)), [None] * len(requests)

        def write(index):
            connection = self.connect()
            barrier.wait()
            answers[index] = self.call(method, requests[index], connection=connection)
            connection.close()

        threads = [threading.Thread(target=write, args=(index,)) for index in range(len(requests))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers


if __name__ == "__main__":
    unittest.main()
