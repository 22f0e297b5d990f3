"""What is kept for one destination pins the journal of nobody, has bounds, and what falls out of them
is dead, counted and told."""

import json
import signal
import sqlite3
import unittest

from harness import EndToEnd, eventually
from judging import Judging

DISABLED = 'carillon_destinations{state="disabled"}'
TOO_MUCH = 'carillon_given_up_total{reason="too_much"}'
TENANT_TOO_MUCH = 'carillon_given_up_total{reason="tenant_too_much"}'
TOO_OLD = 'carillon_given_up_total{reason="too_old"}'
MIB = 1 << 20


def bulk(event_type, first, end, size):
    return [{"id": f"{event_type}-{n}", "type": event_type, "json": {"n": n, "fill": "x" * size}}
            for n in range(first, end)]


def ids(event_type, first, end):
    return [f"{event_type}-{n}" for n in range(first, end)]


class Kept(EndToEnd):
    owned = True

    def setUp(self):
        self.status = 410

    def judge(self, request):
        return self.status if request["target"] == "/few" else 200

    def configure(self, receiver, journal, **few):
        """`few` gets events of its own, `many` all others, `ops` is told of destinations."""
        self.write_config(
            [{"name": "few", "url": receiver.url("/few"), "concurrency": 1, **few},
             {"name": "many", "url": receiver.url("/many"), "format": "payload"},
             {"name": "ops", "url": receiver.url("/ops")}],
            [{"name": "few", "types": ["few"], "destinations": ["few"]},
             {"name": "many", "types": ["many"], "destinations": ["many"]},
             {"name": "ops", "types": ["delivery.dead"], "destinations": ["ops"]}],
            event_types=[{"name": "few"}, {"name": "many"}],
            journal={"retention_bytes": MIB, **journal})

    def others_pass(self, server, receiver, first, end):
        self.publish_events(server, bulk("many", first, end, 4000), "--batch", "50")
        receiver.wait_accepted(ids("many", first, end), "/many")

    def events_on_disk(self):
        """Bytes of events and the number of parked deliveries, of the running store."""
        database = sqlite3.connect(f"file:{self.folder / 'data' / 'carillon.db'}?mode=ro", uri=True)
        try:
            [size] = database.execute("SELECT sum(length(records)) FROM journal").fetchone()
            [rows] = database.execute("SELECT count(*) FROM parked").fetchone()
            return size or 0, rows
        finally:
            database.close()

    def enable(self, server):
        self.status = 200
        self.call_of_owner(server, "enable", "few")

    def delivered(self, receiver):
        with receiver.lock:
            return sorted({r["id"] for r in receiver.requests
                           if r["target"] == "/few" and r.get("status") == 200})

    def test_others_events_leave_and_what_is_kept_is_delivered_later(self):
        with Judging(self.judge) as receiver:
            self.configure(receiver, {})
            server = self.server()
            self.publish_events(server, bulk("few", 0, 1, 100))
            server.wait_metric(DISABLED, 1)
            self.publish_events(server, bulk("few", 1, 20, 100))  # and never another one
            for first in range(0, 2000, 500):  # eight times as much as may stay
                self.others_pass(server, receiver, first, first + 500)
            eventually(lambda: self.events_on_disk()[0] < 1.5 * MIB,
                       lambda: f"others' events leave: {self.events_on_disk()}")
            self.assertEqual(server.metric("carillon_publishing_accepted"), 1)
            eventually(lambda: server.metric("carillon_kept_deliveries") >= 19,
                       "what is kept is told")
            kept = [line for line in server.metrics()
                    if line.startswith("carillon_kept_for_bytes") and '"few"' in line]
            self.assertEqual(len(kept), 1)
            server.kill()
            server = self.server()
            self.assertEqual(receiver.ids("/few"), ["few-0"])
            self.enable(server)
            receiver.wait_accepted(ids("few", 0, 20), "/few")
            self.assertEqual(server.metric("carillon_dead_total"), 0)

    def test_what_falls_out_of_the_bounds_is_dead_counted_and_told(self):
        bounds = {"kept_events": 7}
        with Judging(self.judge) as receiver:
            self.configure(receiver, bounds)
            server = self.server()
            self.publish_events(server, bulk("few", 0, 1, 100))
            server.wait_metric(DISABLED, 1)
            self.publish_events(server, bulk("few", 1, 20, 100))
            self.others_pass(server, receiver, 0, 1000)
            server.wait_metric(TOO_MUCH, 13)
            self.assertEqual(server.metric("carillon_dead_total"), 13)
            self.assertEqual(server.metric(TOO_OLD), 0)
            def told():
                with receiver.lock:
                    each = [json.loads(r["body"])["data"] for r in receiver.requests
                            if r["target"] == "/ops"]
                return sum(one["deliveries"] for one in each) == 13

            eventually(told, "the owner is told of each")

            def logged():
                found = server.log("deliveries are given up: more was kept for the destination "
                                   "than may be")
                return found if sum(line["deliveries"] for line in found) >= 13 else None

            lines = eventually(logged, "the log says how many")
            self.assertEqual(sum(line["deliveries"] for line in lines), 13)
            self.assertEqual({line["destination"] for line in lines}, {"default/few"})
            self.enable(server)
            receiver.wait_accepted(ids("few", 13, 20), "/few")
            self.assertEqual(self.delivered(receiver), sorted(ids("few", 13, 20)))
            self.assertEqual(server.metric("carillon_dead_total"), 13)

    def test_what_a_tenant_has_too_much_of_goes_from_its_largest_backlogs(self):
        self.status = 503
        waits = {"retry": {"delays": ["1h"]}, "breaker": {"off": True}}

        def configure(receiver, most):
            """`few` and `many` of one tenant fail, `bell` of another."""
            self.write_config(
                [{"name": "few", "url": receiver.url("/few"), **waits},
                 {"name": "many", "url": receiver.url("/few"), **waits},
                 {"name": "tenants/bell/destinations/one", "url": receiver.url("/few"), **waits}],
                [{"name": name, "types": [name], "destinations": [name]} for name in ("few", "many")]
                + [{"name": "tenants/bell/subscriptions/all", "types": ["*"], "destinations": ["one"]}],
                event_types=[{"name": "few"}, {"name": "many"}],
                tenants=[{"name": "default", "limits": {"max_backlog_bytes": most}}],
                limits={"tenant_defaults": {"max_backlog_bytes": "50MiB"}})

        with Judging(self.judge) as receiver:
            configure(receiver, "20MiB")
            server = self.server()
            self.publish_events(server, bulk("few", 0, 10, 20_000))
            self.publish_events(server, bulk("many", 0, 90, 20_000), "--batch", "10")
            self.publish_events(server, [{**event, "tenant": "bell"}
                                         for event in bulk("many", 0, 90, 20_000)], "--batch", "10")
            # All of it waits for a retry, and within the bound nothing goes.
            eventually(lambda: server.metric("carillon_kept_deliveries") == 190, "all is kept")
            self.assertEqual(server.metric(TENANT_TOO_MUCH), 0)
            configure(receiver, "1MiB")
            server.signal(signal.SIGHUP)
            # 1 MiB has room for 52 of them: ten of `few`, and 42 of `many`.
            server.wait_metric(TENANT_TOO_MUCH, 48)
            eventually(lambda: server.metric("carillon_kept_deliveries") == 142, "they are gone")
            self.assertEqual(server.metric(TENANT_TOO_MUCH), 48)
            self.assertEqual(server.metric("carillon_dead_total"), 48)
            self.assertEqual(server.metric(TOO_MUCH), 0)
            lines = eventually(lambda: server.log("deliveries are given up: more was kept for the "
                                                  "destination than may be"), "it is logged")
            self.assertEqual({line["destination"] for line in lines}, {"default/many"})
            self.assertEqual(sum(line["too_much_of_tenant"] for line in lines),
                             sum(line["deliveries"] for line in lines))
            # So it does for a tenant that is given the bound by a call.
            done = self.carillon("tenants", "create", "bell", "--set",
                                 "limits.max_backlog_bytes=1MiB", env=self.caller(server))
            self.assertEqual(done.returncode, 0, done.stderr)
            server.wait_metric(TENANT_TOO_MUCH, 48 + 38)
            eventually(lambda: server.metric("carillon_kept_deliveries") == 104, "they are gone")
            self.assertEqual(server.metric("carillon_dead_total"), 48 + 38)

    def test_also_for_one_that_is_switched_off(self):
        with Judging(self.judge) as receiver:
            self.configure(receiver, {}, disabled=True)
            server = self.server()
            self.publish_events(server, bulk("few", 0, 20, 100))
            self.others_pass(server, receiver, 0, 1500)
            eventually(lambda: self.events_on_disk()[0] < 1.5 * MIB,
                       lambda: f"others' events leave: {self.events_on_disk()}")
            self.status = 200
            self.configure(receiver, {})
            server.signal(signal.SIGHUP)
            receiver.wait_accepted(ids("few", 0, 20), "/few")
            self.assertEqual(server.metric("carillon_dead_total"), 0)

    def test_also_for_retries_that_are_far_away_and_an_open_breaker(self):
        self.status = 503
        with Judging(self.judge) as receiver:
            few = {"retry": {"delays": ["1h"]}, "breaker": {"consecutive_failures": 3}}
            bounds = {"kept_events": 12}
            self.configure(receiver, bounds, **few)
            server = self.server()
            self.publish_events(server, bulk("few", 0, 20, 100))
            self.others_pass(server, receiver, 0, 1500)
            eventually(lambda: self.events_on_disk()[0] < 1.5 * MIB,
                       lambda: f"others' events leave: {self.events_on_disk()}")
            # The oldest, whose retries are far away, and those that wait for the breaker.
            server.wait_metric(TOO_MUCH, 8)
            self.assertEqual(server.metric("carillon_dead_total"), 8)


if __name__ == "__main__":
    unittest.main()
