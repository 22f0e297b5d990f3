"""Formats, headers and signatures as a receiver sees them."""

import base64
import hashlib
import hmac
import json
import unittest

from harness import EndToEnd, SECRET, compact, contract, header, session


class Formats(EndToEnd):
    def deliver(self, event=None, **members):
        """The one request that a destination with these members gets."""
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/ok"), **members}])
        server = self.server()
        self.publish_events(server, [event or {"id": "evt-1", "session": session(),
                                               "occur_time": "2026-01-02T03:04:05Z"}])
        [record] = receiver.wait_records(1)
        return record

    def event(self):
        return {"specversion": "1.0", "id": "evt-1", "type": "session.create"}

    def check_cloud_event(self, got, source):
        self.assertEqual({key: got[key] for key in self.event()}, self.event())
        self.assertEqual(got["source"], source)
        self.assertEqual(got["time"], "2026-01-02T03:04:05Z")
        self.assertEqual(got["datacontenttype"], "application/json")
        self.assertEqual(got["data"], session())

    def test_standard(self):
        record = self.deliver()
        self.assertEqual(header(record, "content-type"), "application/json")
        self.assertEqual(record["body"], compact({"type": "session.create",
                                                  "timestamp": "2026-01-02T03:04:05Z",
                                                  "data": session()}))

    def test_payload(self):
        self.assertEqual(self.deliver(format="payload")["body"], compact(session()))

    def test_cloudevents(self):
        record = self.deliver(format="cloudevents")
        self.assertEqual(header(record, "content-type"), "application/cloudevents+json")
        self.check_cloud_event(json.loads(record["body"]), "/carillon/default")

    def test_cloudevents_batch(self):
        record = self.deliver(format="cloudevents_batch", cloudevents_source="/shop")
        self.assertEqual(header(record, "content-type"), "application/cloudevents-batch+json")
        [event] = json.loads(record["body"])
        self.check_cloud_event(event, "/shop")

    def test_cloudevents_binary(self):
        record = self.deliver(format="cloudevents_binary")
        self.assertEqual(header(record, "content-type"), "application/json")
        self.assertEqual(record["body"], compact(session()))
        for name, value in {**self.event(), "source": "/carillon/default"}.items():
            self.assertEqual(header(record, "ce-" + name), value)

    def test_headers_of_its_own(self):
        record = self.deliver(headers=[{"name": "X-Api-Key", "value": "s3cret, really"}])
        self.assertEqual(header(record, "x-api-key"), "s3cret, really")

    def test_a_plain_hmac_beside_the_standard_signature(self):
        record = self.deliver(keys=[{"name": "first", "secret": SECRET}],
                              signature={"header": "X-Hub-Signature-256", "prefix": "sha256=",
                                         "template": "{timestamp}.{body}"})
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        signed = f"{header(record, 'webhook-timestamp')}.{record['body']}".encode()
        self.assertEqual(header(record, "x-hub-signature-256"),
                         "sha256=" + hmac.new(key, signed, hashlib.sha256).hexdigest())
        self.assertTrue(header(record, "webhook-signature").startswith("v1,"))

    def test_two_schemes_sign_current_first(self):
        known = contract("standard-webhooks")["known_answers"]
        record = self.deliver(keys=[
            {"name": "ed", "secret": next(k["secret"] for k in known
                                          if k["secret"].startswith("whsk_"))},
            {"name": "old", "secret": SECRET, "expire_time": "2100-01-01T00:00:00Z"}])
        schemes = [part.split(",")[0] for part in header(record, "webhook-signature").split(" ")]
        self.assertEqual(schemes, ["v1a", "v1"])


class RetryAfter(EndToEnd):
    def test_a_receiver_that_asks_for_a_second_gets_it(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/retryafter/1"),
                            "retry": {"delays": ["10ms"], "jitter": 0}}])
        server = self.server()
        self.publish_events(server, [{"session": session()}])
        first = receiver.wait_records(1)[0]
        if first["status"] not in (429, 503):
            self.fail(f"the receiver answered {first['status']}")
        second = receiver.wait_records(2)[1]
        gap = int(header(second, "webhook-timestamp")) - int(header(first, "webhook-timestamp"))
        self.assertGreaterEqual(gap, 1)


if __name__ == "__main__":
    unittest.main()
