"""Retries, fan-out, filters, and receivers that do not answer."""

import datetime
import unittest

from harness import EndToEnd, compact, header, of_tenant, outcome, session


def when(record):
    """A record's time in seconds; Python's own parser knows no nanoseconds."""
    text = record["time"].rstrip("Z")
    whole, _, fraction = text.partition(".")
    moment = datetime.datetime.fromisoformat(whole + "+00:00")
    return moment.timestamp() + float("0." + (fraction or "0"))


class Retries(EndToEnd):
    def test_tried_again_by_the_schedule_under_the_same_id(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/flaky/4"),
                            "retry": {"delays": ["100ms", "200ms", "400ms"], "jitter": 0}}])
        server = self.server()
        [result] = self.publish_events(server, [{"session": session()}])
        records = receiver.wait_records(4)
        server.wait_metric("carillon_delivered_total", 1)
        self.assertEqual([r["status"] for r in records], [503, 503, 503, 200])
        self.assertEqual({header(r, "webhook-id") for r in records}, {result["id"]})
        self.assertEqual(len({r["body"] for r in records}), 1)
        times = [when(r) for r in records]
        for i, delay in enumerate((0.1, 0.2, 0.4)):
            self.assertGreaterEqual(times[i + 1] - times[i], delay - 0.005)
        metrics = server.metrics()
        self.assertEqual(metrics[outcome("one", "http_5xx")], 3)
        self.assertEqual(metrics[outcome("one", "success")], 1)

    def test_dead_after_the_last_failure(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/status/404"),
                            "retry": {"delays": ["50ms", "50ms"], "jitter": 0}}])
        server = self.server()
        self.publish_events(server, [{"session": session()}])
        server.wait_metric("carillon_dead_total", 1)
        metrics = server.metrics()
        self.assertEqual(len(receiver.records()), 3)
        self.assertEqual(metrics[outcome("one", "http_4xx")], 3)
        server.wait_gauge('carillon_deliveries{state="parked"}', 0)
        self.assertEqual(metrics["carillon_delivered_total"], 0)

    def test_outcomes_by_status(self):
        receiver = self.sink()
        paths = {"redirects": ("/redirect", "http_3xx"), "slowdown": ("/retryafter/1", "http_429"),
                 "gone": ("/status/410", "http_4xx"), "broken": ("/status/502", "http_5xx"),
                 "big-head": ("/hugehead", "success"), "fine": ("/status/204", "success"),
                 "big-body": ("/hugebody", "success")}
        self.write_config([{"name": n, "url": receiver.url(p), "retry": {"none": True}}
                           for n, (p, _) in paths.items()])
        server = self.server()
        self.publish_events(server, [{"session": session()}])
        server.wait_metric("carillon_dead_total", 4)
        server.wait_metric("carillon_delivered_total", 3)
        metrics = server.metrics()
        for name, (_, what) in paths.items():
            with self.subTest(name):
                self.assertEqual(metrics.get(outcome(name, what)), 1)
        self.assertEqual(len(receiver.records("/ok")), 0)  # a redirect is not followed

    def test_parked_deliveries_outlive_the_process(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/status/503"),
                            "breaker": {"off": True},
                            "retry": {"delays": ["1s"] * 60, "jitter": 0,
                                      "budget": {"min_per_second": 1000}}}])
        server = self.server()
        results = self.publish_events(server, [{"session": session(n)} for n in range(20)])
        server.wait_metric('carillon_deliveries{state="parked"}', 20)
        server.settled()
        server.kill()
        receiver.set_mode("/status/503", "ok")
        self.server().wait_metric("carillon_delivered_total", 20)
        arrived = [header(r, "webhook-id") for r in receiver.records() if r["status"] == 200]
        self.assertEqual(sorted(arrived), sorted(r["id"] for r in results))


class FanOut(EndToEnd):
    def test_one_event_to_each_destination_that_wants_it(self):
        receiver = self.sink()
        names = ["everything", "sessions", "creates", "gold", "rome", "unpriced", "not-rome", "acme"]
        destinations = [{"name": n, "url": receiver.url(f"/ok/{n}"), "format": "payload"}
                        for n in names[:-1]]
        destinations.append({"name": of_tenant("acme", "acme"), "url": receiver.url("/ok/acme"),
                             "format": "payload"})

        def subscribe(name, types, filter=None, tenant="default"):
            return {"name": of_tenant(tenant, name, "subscriptions"), "types": types,
                    "destinations": [of_tenant(tenant, name)],
                    **({"filter": filter} if filter else {})}

        self.write_config(destinations, [
            subscribe("everything", ["*"]),
            {"name": "twice", "types": ["session.*"], "destinations": ["everything"]},
            subscribe("sessions", ["session.*"]),
            subscribe("creates", ["session.create"]),
            subscribe("gold", ["*"], {"attribute": "tier", "one_of": ["gold", "silver"]}),
            subscribe("rome", ["*"], {"payload": "location", "prefix": "Rome"}),
            subscribe("unpriced", ["*"], {"payload": "price.net", "exists": False}),
            subscribe("not-rome", ["session.*"],
                      {"not": {"payload": "location", "equals": "Rome"}}),
            subscribe("acme", ["*"], tenant="acme"),
        ], event_types=[{"name": "order.paid"}])
        server = self.server()
        first = session(1, location="Rome")
        second = session(2, action="delete", location="Oslo")
        order, foreign = {"price": {"net": 5}}, session(3)
        self.publish_events(server, [
            {"session": first, "attributes": {"tier": "gold"}}, {"session": second},
            {"type": "order.paid", "json": order}, {"tenant": "acme", "session": foreign}])
        expected = {"everything": [first, second, order], "sessions": [first, second],
                    "creates": [first], "gold": [first], "rome": [first],
                    "unpriced": [first, second], "not-rome": [second], "acme": [foreign]}
        server.wait_metric("carillon_delivered_total", sum(map(len, expected.values())))
        for name, payloads in expected.items():
            with self.subTest(name):
                self.assertEqual(sorted(r["body"] for r in receiver.records(f"/ok/{name}")),
                                 sorted(map(compact, payloads)))

    def test_a_black_hole_holds_nobody_up(self):
        receiver = self.sink()
        self.write_config([{"name": "hole", "url": receiver.url("/hang"), "concurrency": 4,
                            "timeouts": {"total": "120s"}},
                           {"name": "well", "url": receiver.url("/ok")}])
        server = self.server()
        self.publish_events(server, [{"session": session(n)} for n in range(2000)])
        receiver.wait_records(2000, "/ok")
        stats = receiver.stats()["targets"]
        self.assertEqual(stats["/ok"]["distinct"], 2000)
        self.assertEqual(stats["/hang"]["requests"], 4)

    def test_concurrency_is_a_bound(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/slow/20"), "concurrency": 3}])
        server = self.server()
        self.publish_events(server, [{"session": session(n)} for n in range(60)])
        server.wait_metric("carillon_delivered_total", 60)
        self.assertEqual(receiver.stats()["targets"]["/slow/20"]["max_concurrent"], 3)


if __name__ == "__main__":
    unittest.main()
