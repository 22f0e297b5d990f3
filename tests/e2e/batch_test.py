"""Batches, at a real receiver: their bounds, their order, and that they stay as they are."""

import base64
import hashlib
import hmac
import json
import time
import unittest

from harness import EndToEnd, SECRET, compact, eventually, header, session
from judging import Gate, Judging

UNBOUNDED = {"ratio": 10, "min_per_second": 100_000}
AGAIN = {"delays": ["50ms"] * 60, "jitter": 0, "budget": UNBOUNDED}
READY = 'carillon_destination_deliveries{tenant="default",destination="one",state="ready"}'


def event(number, size=0):
    return {"id": f"e-{number:04}", "session": session(number, location="x" * size)}


def events(first, end, size=0):
    return [event(number, size) for number in range(first, end)]


def batch_id(ids):
    """As docs/delivery.md says."""
    digest = hashlib.sha256(b"".join(i.encode() + b"\0" for i in ids)).hexdigest()
    return ids[0] if len(ids) == 1 else f"batch_{digest[:32]}"


def numbers(request):
    """Which events a request carries, in its order."""
    return [int((e.get("data") or e)["uuid"].removeprefix("uuid-"))
            for e in json.loads(request["body"])]


class Batched(EndToEnd):
    def configure(self, receiver, batch, **more):
        self.write_config([{"name": "one", "url": receiver.url("/x"), "format": "array",
                            "batch": batch, "retry": AGAIN, "breaker": {"off": True}, **more}],
                          server={"shutdown_grace": "0s"})

    def start(self, receiver, batch, **more):
        self.configure(receiver, batch, **more)
        return self.server()

    def check(self, requests, published):
        """All are there, each request in publishing order, under the id of its events."""
        got = [numbers(r) for r in requests]
        self.assertEqual(sorted(sum(got, [])), list(range(published)))
        for request, carried in zip(requests, got):
            self.assertEqual(carried, list(range(carried[0], carried[0] + len(carried))))
            self.assertEqual(request["id"], batch_id([f"e-{n:04}" for n in carried]))


class Bounds(Batched):
    def test_max_events(self):
        with Judging() as receiver:
            server = self.start(receiver, {"max_events": 10, "max_wait": "60s"})
            self.publish_events(server, events(0, 25))
            receiver.wait("/x", 2)
            server.wait_metric(READY, 5)  # they wait for five more, or a minute
            self.assertEqual(len(receiver.requests), 2)
            self.publish_events(server, events(25, 30))
            requests = receiver.wait("/x", 3)
            self.assertEqual([len(numbers(r)) for r in requests], [10] * 3)
            self.check(requests, 30)

    def test_max_bytes_of_payloads(self):
        sizes = [200] * 20 + [1000] + [100, 400] * 10 + [900] * 4  # 1000: with the rest too large
        published = [event(n, size) for n, size in enumerate(sizes)]
        lengths = [len(compact(e["session"])) for e in published]
        with Judging() as receiver:
            server = self.start(receiver, {"max_events": 1000, "max_bytes": 1024,
                                           "max_wait": "1s"})
            self.publish_events(server, published)
            server.wait_metric("carillon_delivered_total", len(published))
            self.check(receiver.requests, len(published))
        batches = sorted(numbers(r) for r in receiver.requests)
        for batch, following in zip(batches, batches[1:]):
            size = sum(lengths[n] for n in batch)
            self.assertTrue(size <= 1024 or len(batch) == 1, batch)
            self.assertGreater(size + lengths[following[0]], 1024, "the next had fitted in")
        self.assertIn([20], batches)

    def test_max_wait_and_a_batch_of_one_is_an_array(self):
        with Judging() as receiver:
            server = self.start(receiver, {"max_wait": "1500ms"})
            before = time.monotonic()
            self.publish_events(server, events(0, 1))
            [request] = receiver.wait("/x", 1)
            # 10 ms: acceptance is by the time of day, `at` by the steady clock.
            self.assertGreaterEqual(request["at"] - before, 1.49)
            self.assertEqual(request["body"], compact([session(0, location="")]))
            self.assertEqual(request["id"], "e-0000")

    def test_without_a_wait_what_there_is_goes(self):
        gate = Gate()
        with Judging(lambda _: gate.wait() or 200) as receiver:
            server = self.start(receiver, {}, concurrency=1)
            self.publish_events(server, events(0, 1))
            receiver.wait_open(1)
            self.publish_events(server, events(1, 91))
            server.wait_metric(READY, 90)
            gate.open()
            requests = receiver.wait("/x", 2)
            self.assertEqual([len(numbers(r)) for r in requests], [1, 90])
            self.check(requests, 91)

    def test_cloudevents(self):
        with Judging() as receiver:
            server = self.start(receiver, {"max_events": 3, "max_wait": "1s"},
                                format="cloudevents_batch")
            self.publish_events(server, events(0, 4))
            requests = receiver.wait("/x", 2)
            self.assertEqual(sorted(len(numbers(r)) for r in requests), [1, 3])
            self.check(requests, 4)
        for request in requests:
            self.assertEqual(header(request, "content-type"), "application/cloudevents-batch+json")
            self.assertEqual([e["id"] for e in json.loads(request["body"])],
                             [f"e-{n:04}" for n in numbers(request)])


class Signature(Batched):
    def test_it_is_over_the_whole_batch_under_its_id(self):
        with Judging() as receiver:
            server = self.start(receiver, {"max_events": 5, "max_wait": "60s"},
                                keys=[{"name": "only", "secret": SECRET}])
            self.publish_events(server, events(0, 10))
            requests = receiver.wait("/x", 2)
        self.check(requests, 10)
        for r in requests:
            key = base64.b64decode(SECRET.removeprefix("whsec_"))
            signed = f"{r['id']}.{header(r, 'webhook-timestamp')}.{r['body']}".encode()
            made = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
            self.assertEqual(header(r, "webhook-signature"), f"v1,{made}")


class Again(Batched):
    """A batch that failed comes again as it was, whatever has come since."""

    BATCH = {"max_events": 10, "max_wait": "60s"}

    def setUp(self):
        self.broken = True

    def judge(self, request):
        return 500 if self.broken and numbers(request)[0] == 0 else 200

    def repaired(self, receiver, published):
        self.broken = False
        receiver.wait_accepted([batch_id([f"e-{n:04}" for n in range(10)])])
        eventually(lambda: sum(len(numbers(r)) for r in receiver.requests
                               if r.get("status") == 200) >= published, "all are there")
        tried = [r for r in receiver.requests if numbers(r)[0] == 0]
        self.assertEqual(len({(r["id"], r["body"]) for r in tried}), 1)
        self.check([r for r in receiver.requests if r.get("status") == 200], published)
        return tried

    def test_while_the_process_lives(self):
        with Judging(self.judge) as receiver:
            server = self.start(receiver, self.BATCH)
            self.publish_events(server, events(0, 10))
            receiver.wait("/x", 2)
            self.publish_events(server, events(10, 30))
            receiver.wait("/x", 6)
            self.assertGreaterEqual(len(self.repaired(receiver, 30)), 3)

    def test_after_a_restart(self):
        with Judging(self.judge) as receiver:
            server = self.start(receiver, self.BATCH)
            self.publish_events(server, events(0, 10))
            receiver.wait("/x", 1)
            self.assertEqual(server.stop(), 0)
            server = self.server()
            self.publish_events(server, events(10, 20))
            receiver.wait_accepted([batch_id([f"e-{n:04}" for n in range(10, 20)])])
            self.repaired(receiver, 20)

    def test_after_a_kill_once_it_was_parked(self):
        with Judging(self.judge) as receiver:
            server = self.start(receiver, self.BATCH)
            self.publish_events(server, events(0, 10))
            receiver.wait("/x", 1)
            for kill in range(1, 4):
                server.settled()
                server.kill()
                server = self.server()
                self.publish_events(server, events(10 * kill, 10 * kill + 10))
                receiver.wait_accepted([batch_id([f"e-{n:04}" for n in range(10 * kill,
                                                                              10 * kill + 10)])])
            self.repaired(receiver, 40)

    def test_one_in_flight_when_the_process_is_stopped(self):
        gate = Gate()
        with Judging(lambda _: gate.wait() or 200) as receiver:
            server = self.start(receiver, {"max_events": 100}, concurrency=1)
            self.publish_events(server, events(0, 10))
            receiver.wait_open(1)
            first = numbers(receiver.requests[0])  # the first alone, or with others
            self.publish_events(server, events(10, 20))
            server.wait_metric(READY, 20 - len(first))
            self.assertEqual(server.stop(), 0)
            gate.open()
            server = self.server()
            server.wait_metric('carillon_attempts_total{outcome="success"}', 2)
            stopped, *later = receiver.requests
            self.assertEqual([(r["id"], r["body"]) for r in later if numbers(r)[0] == 0],
                             [(stopped["id"], stopped["body"])])
            self.check(later, 20)


class InOrder(Batched):
    def test_of_one_key_in_publishing_order_through_failures(self):
        published = [{**event(n), "orderingKey": f"k{n % 7}"} for n in range(210)]

        def judge(request):
            return 500 if request["before"] == 0 and numbers(request)[0] % 3 == 0 else 200

        with Judging(judge) as receiver:
            server = self.start(receiver, {"max_events": 8}, order={"by": "key"}, concurrency=4)
            for first in range(0, 210, 30):
                self.publish_events(server, published[first:first + 30])
            server.wait_metric("carillon_delivered_total", 210)
            server.stop()
        by_key = {}
        for request in receiver.requests:
            for n in numbers(request):
                if request["status"] == 200:
                    by_key.setdefault(n % 7, []).append(n)
        self.assertEqual(by_key, {k: list(range(k, 210, 7)) for k in range(7)})
        for request in receiver.requests:
            self.assertLessEqual(len(numbers(request)), 8)
        failed = [r for r in receiver.requests if r["status"] == 500]
        self.assertGreater(len(failed), 0)
        for r in failed:
            [again] = [x for x in receiver.requests if x["id"] == r["id"] and x is not r]
            self.assertEqual(again["body"], r["body"])


if __name__ == "__main__":
    unittest.main()
