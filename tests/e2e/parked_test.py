"""A destination that is down, with thousands of deliveries due, costs the others nothing they would
notice; when it comes back it sees no more than its limits allow, and its backlog in order."""

import json
import random
import socket
import unittest
from datetime import datetime

from harness import EndToEnd, Sink, compact, session

EVENTS = 20_000
KEYS = 200
CONCURRENCY = 8
RATE = {"per_second": 4000, "burst": 50}
PATH = "/slow/1/dead"  # answers after a millisecond, so that requests do overlap
RETRY = {"delays": ["10s"] * 64, "jitter": 0}
MEMORY_MB = 300
DELIVERED = 'carillon_destination_delivered_total{tenant="default",destination="%s"}'
PARKED = 'carillon_destination_deliveries{tenant="default",destination="dead",state="parked"}'


def over_rate(times, per_second):
    """By how many requests the fullest span of time had more than `per_second` allows."""
    most = level = 0.0
    for before, now in zip([times[0], *times], times):
        level = max(level - (now - before) * per_second, 0) + 1
        most = max(most, level)
    return most


class Parked(EndToEnd):
    def configure(self, policy, **more):
        dead = {"name": "dead", "url": f"http://127.0.0.1:{self.port}{PATH}", "format": "payload",
                "concurrency": CONCURRENCY, "retry": RETRY, **policy, **more}
        other = {"name": "other", "url": self.receiver.url("/ok/other"), "format": "payload"}
        self.write_config([dead, other], subscriptions=[
            {"name": "dead", "types": ["session.create"], "destinations": ["dead"]},
            {"name": "other", "types": ["session.delete"], "destinations": ["other"]}])

    def publish_numbered(self, server, kind, count):
        """In the order of their numbers, each with a key drawn by lot."""
        lot = random.Random(count)
        path = self.folder / f"{kind}.jsonl"
        with open(path, "w") as out:
            for number in range(count):
                key = f"key-{lot.randrange(KEYS)}"
                event = {"type": f"session.{kind}", "ordering_key": key,
                         "session": session(key, action=kind, customerid=number)}
                out.write(compact(event) + "\n")
        self.publish(server, "--file", path, "--batch", "1000", "--in-flight", "1")

    def recovers(self, policy, ordered, parks):
        self.receiver = self.sink()
        # Bound and not listened on, it refuses connections and nobody else gets it.
        silent = self.enterContext(socket.socket())
        silent.bind(("127.0.0.1", 0))
        self.port = silent.getsockname()[1]
        self.configure(policy)
        server = self.server()
        self.publish_numbered(server, "create", EVENTS)
        if parks:
            server.wait_metric(PARKED, EVENTS)
        self.publish_numbered(server, "delete", 1000)
        server.wait_metric(DELIVERED % "other", 1000)
        self.assertLess(server.memory_mb(), MEMORY_MB)

        self.configure(policy, rate=RATE, retry={**RETRY, "budget": {"min_per_second": 100_000}})
        server.wait_metric('carillon_config_reloads_total{result="ok"}', 1)
        silent.close()
        back = self.started(Sink(self.folder, port=self.port))
        server.wait_metric(DELIVERED % "dead", EVENTS)
        self.assertLess(server.memory_mb(), MEMORY_MB)
        self.check(back, ordered)

    def check(self, back, ordered):
        self.assertLessEqual(back.stats()["targets"][PATH]["max_concurrent"], CONCURRENCY)
        records = back.records()
        bodies = [json.loads(record["body"]) for record in records]
        self.assertEqual(sorted(b["customerid"] for b in bodies), list(range(EVENTS)))
        # What was in flight together may arrive together.
        times = [datetime.fromisoformat(record["time"]).timestamp() for record in records]
        self.assertLessEqual(over_rate(times, RATE["per_second"]), RATE["burst"] + CONCURRENCY + 1)
        if not ordered:
            return
        newest = {}
        for body in bodies:
            self.assertLess(newest.get(body["uuid"], -1), body["customerid"], body["uuid"])
            newest[body["uuid"]] = body["customerid"]

    def test_each_was_tried_and_is_parked(self):
        self.recovers({"breaker": {"off": True}}, ordered=False, parks=True)

    def test_each_waits_behind_the_one_of_its_key_that_is_parked(self):
        self.recovers({"breaker": {"off": True}, "order": {"by": "key"}}, ordered=True, parks=True)

    def test_a_breaker_leaves_them_in_the_journal(self):
        self.recovers({"breaker": {"delay": "5s", "max_delay": "5s"}, "order": {"by": "key"}},
                      ordered=True, parks=False)


if __name__ == "__main__":
    unittest.main()
