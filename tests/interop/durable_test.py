"""kill -9 as soon as a change was answered: it holds. While one is under way: it is there as a
whole, or nothing of it."""

import http.client
import threading
import unittest

from conformance import Conformance

CALLS = 24  # at once, while the process is killed
# What becomes of it is to be seen elsewhere than in the resource.
SEEN_ELSEWHERE = {"TestDestination", "ReleaseDestination", "Publish", "OpenPortalSession",
                  "RewrapSecrets"}


class Durable(Conformance):
    def test_what_was_answered_holds(self):
        changes = self.methods(lambda method: method.audited and method.short not in SEEN_ELSEWHERE)
        for method in changes:
            request = self.fixture(method)
            answer = self.ok(method, request)
            self.restart_by_kill()
            with self.subTest(method.name):
                self.holds(method, request, answer)
                entry = self.entries(filter=f'method = "{method.name}" AND code = 0')
                self.assertTrue(entry, "and so does its entry in the audit log")

    def holds(self, method, request, answer):
        name = answer.get("name") or answer.get("operation", {}).get("name")
        if method.short == "RotateKey":
            self.same(answer["key"], self.find("carillon/Key", answer["key"]["name"]))
        elif method.short.startswith("Delete"):
            kind = next(m.kind for m in method.members if m.path == "name")
            if "operation" in answer:
                self.ok("WaitOperation", {"name": name, "timeout": "30s"})
            self.assertEqual(self.find(kind, request["name"]).status, 404)
        elif "changes" in answer:
            for change in answer["changes"]:
                self.assertEqual(self.find("carillon/Destination", change["resource"]).status, 200)
        elif "created" in answer:
            for created in answer["created"]:
                self.assertEqual(self.find("carillon/EventType", created).status, 200)
        elif method.short.startswith("Resend") or method.short == "ReplayEvents":
            if "operation" in answer:
                self.assertEqual(self.find("carillon/Operation", name).status, 200)
        elif self.contract.kind_of(method.output):
            self.same(answer, self.find(self.contract.kind_of(method.output), name))
        else:
            carried = [(self.contract.kind_of(field.message_type), answer[field.json_name])
                       for field in method.output.fields if field.json_name in answer]
            found = [(kind, row) for kind, rows in carried if kind
                     for row in (rows if isinstance(rows, list) else [rows])]
            self.assertTrue(found, f"{method.name}: where is its effect to be seen?")
            for kind, row in found:
                self.same(row, self.find(kind, row["name"]))

    def same(self, answer, found):
        self.assertEqual(found.status, 200, found.body)
        for member, value in answer.items():
            if member == "url" and "/portalSessions/" in answer["name"]:
                continue  # shown once
            if member in ("uid", "etag", "createTime", "displayName", "expireTime", "state", "url",
                          "types", "role", "description", "maxRate", "schemaVersion"):
                self.assertEqual(found.json.get(member), value, member)

    def test_each_change_is_there_or_nothing_of_it(self):
        """A destination comes with two keys, an etag and an entry, or not at all."""
        for _ in range(3):
            answers = self.killed_amid()
            for name, answer in answers.items():
                found = self.find("carillon/Destination", name)
                entries = self.entries(parent="tenants/acme", filter=f'changes.resource:"{name}"')
                with self.subTest(name, answer=answer and answer.status):
                    if answer and answer.status == 200:
                        self.assertEqual(found.json["etag"], answer.json["etag"])
                    self.assertEqual(len(entries), 1 if found.status == 200 else 0)
                    if found.status == 200:
                        self.assertEqual(len(found.json["keys"]), 2)
                        self.assertEqual(found.json["displayName"], "all of it")

    def killed_amid(self):
        """Makes destinations at once and kills the process when the first is answered: {name: its
        answer, or None}."""
        names = [f"tenants/acme/destinations/{self.fresh()}" for _ in range(CALLS)]
        answers, first = dict.fromkeys(names), threading.Event()

        def make(name):
            connection = self.connect()
            request = {"parent": "tenants/acme", "destination_id": name.rpartition("/")[2],
                       "destination": {"url": "http://127.0.0.1:9/", "display_name": "all of it"}}
            try:
                answers[name] = self.call("CreateDestination", request, connection=connection)
            except (OSError, http.client.HTTPException):
                pass  # killed
            finally:
                first.set()
                connection.close()

        threads = [threading.Thread(target=make, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        first.wait()
        self.carillond.kill()
        for thread in threads:
            thread.join()
        self.start()
        return answers


if __name__ == "__main__":
    unittest.main()
