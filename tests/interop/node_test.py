"""npm packages read what Carillon sends: `standardwebhooks` and `svix` verify, `cloudevents`
parses."""

import unittest
from urllib.parse import unquote

from harness import OTHER_SECRET, SECRET, compact, session
from support import ED25519, Interop, LONG, SHORT, keys

TIME = "2026-01-02T03:04:05.678Z"
SCRIPTS = session(location="Зал №1, 東京 🎮 \"x\"\\")


class Signatures(Interop):
    def test_two_libraries_verify_every_key_and_every_format(self):
        secrets = {"/one": [SECRET], "/rotation": [SECRET, OTHER_SECRET], "/lengths": [SHORT, LONG],
                   "/beside-ed25519": [SECRET], "/array": [SECRET], "/cloudevents": [SECRET]}
        formats = {"/array": "array", "/cloudevents": "cloudevents"}
        destinations = {path: {"keys": keys(*used), "format": formats.get(path, "standard")}
                        for path, used in secrets.items()}
        destinations["/beside-ed25519"]["keys"] = keys(ED25519["secret"], SECRET)
        events = [{"id": f"evt-{number}", "occur_time": TIME, "session": values}
                  for number, values in enumerate([session(), SCRIPTS])]
        received = self.deliver(self.node(secrets), destinations, events)
        for path, requests in received.items():
            for request in requests:
                with self.subTest(path, body=request["body"]):
                    self.check(request, len(secrets[path]))

    def check(self, request, secrets):
        self.assertEqual([v["library"] for v in request["verdicts"]],
                         ["standardwebhooks", "svix"] * secrets)
        for verdict in request["verdicts"]:
            self.assertTrue(verdict["genuine"]["ok"], verdict)
            self.assertEqual(compact(verdict["genuine"]["value"]), request["body"])
            self.assertFalse(verdict["altered_body"]["ok"], verdict)
            self.assertFalse(verdict["altered_time"]["ok"], verdict)

    def test_they_refuse_another_secret_and_no_signature(self):
        secrets = {"/other": [OTHER_SECRET], "/unsigned": [SECRET]}
        received = self.deliver(self.node(secrets), {"/other": {"keys": keys(SECRET)},
                                                     "/unsigned": {}}, [{"session": session()}])
        for path, [request] in received.items():
            for verdict in request["verdicts"]:
                with self.subTest(path, library=verdict["library"]):
                    self.assertFalse(verdict["genuine"]["ok"], verdict)


class CloudEvents(Interop):
    EVENT = {"id": "evt-1", "type": "session.create", "occur_time": TIME, "session": SCRIPTS,
             "ordering_key": "kamen/7", "attributes": {"region": "eu-west", "subject": "Зал 1 %"}}

    def receive(self, name, **members):
        [request] = self.deliver(self.node(), {"/" + name: {"format": name, **members}},
                                 [self.EVENT])["/" + name]
        self.assertIn("events", request, request["headers"])
        self.assertTrue(request["events"]["ok"], request["events"])
        [event] = request["events"]["value"]
        return request, event

    def check(self, event, source="/carillon/default"):
        self.assertEqual({name: value for name, value in event.items() if name != "data"}, {
            "specversion": "1.0", "id": "evt-1", "type": "session.create", "source": source,
            "time": TIME, "datacontenttype": "application/json", "partitionkey": "kamen/7",
            "region": "eu-west", "subject": "Зал 1 %"})
        self.assertEqual(event["data"], SCRIPTS)

    def test_structured(self):
        request, event = self.receive("cloudevents")
        self.assertEqual(request["headers"]["content-type"], "application/cloudevents+json")
        self.check(event)

    def test_batched(self):
        request, event = self.receive("cloudevents_batch", cloudevents_source="/shop")
        self.assertEqual(request["headers"]["content-type"], "application/cloudevents-batch+json")
        self.assertTrue(request["body"].startswith("["))
        self.check(event, "/shop")

    def test_binary(self):
        request, event = self.receive("cloudevents_binary")
        self.assertEqual(request["headers"]["content-type"], "application/json")
        self.assertEqual(request["body"], compact(SCRIPTS))
        # The library leaves the percent-encoding of the HTTP binding to its user.
        self.check({**event, "subject": unquote(event["subject"])})

    def test_what_is_no_cloud_event_is_not_taken_for_one(self):
        formats = ("standard", "payload", "array")
        received = self.deliver(self.node(), {"/" + name: {"format": name} for name in formats},
                                [self.EVENT])
        for path, [request] in received.items():
            with self.subTest(path):
                self.assertNotIn("events", request)


if __name__ == "__main__":
    unittest.main()
