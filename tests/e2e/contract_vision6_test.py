"""Vision6: its event types, its request, its two keys, and which answers it takes for success."""

import json
import socket
import unittest

from harness import (EndToEnd, OTHER_SECRET, SECRET, compact, contract, header, outcome)
from scripted import Scripted

CONTRACT = contract("vision6")
FAST = {"delays": ["1ms"] * 5, "jitter": 0, "budget": {"ratio": 10, "min_per_second": 100_000}}
POLICY = {"format": "array", "success": "below_400"}


def publishable(event):
    """An event of the contract as the API takes it."""
    values = {name: value for name, value in event.items() if name != "type"}
    return {"type": event["type"], event["type"].split(".")[0]: values}


class Vision6(EndToEnd):
    def test_nothing_of_the_contract_is_passed_over(self):
        # "both shown after creation" needs the administration API.
        self.assertEqual(set(CONTRACT), {"systems", "destination", "events", "event_types",
                                         "request", "policy", "cases"})
        self.assertEqual(set(CONTRACT["policy"]), {"success", "failure", "retry"})

    def test_every_event_reaches_who_asked_for_its_object(self):
        receiver = self.sink()
        objects = list(CONTRACT["events"])
        self.write_config(
            [{"name": o, "url": receiver.url(f"/ok/{o}"), **POLICY} for o in objects],
            [{"name": o, "types": [f"{o}.*"], "destinations": [o]} for o in objects])
        server = self.server()
        events = [{"type": f"{o}.{verb}", o: {"list_id": 1, "timestamp": 2}}
                  for o in objects for verb in CONTRACT["events"][o]]
        self.assertEqual(len(events), 11)
        self.publish_events(server, events)
        server.wait_metric("carillon_delivered_total", len(events))
        for o in objects:
            got = [json.loads(r["body"])[0] for r in receiver.records(f"/ok/{o}")]
            self.assertEqual(sorted(e["event"] for e in got), sorted(CONTRACT["events"][o]))
            self.assertEqual({e["object"] for e in got}, {o})

    def test_cases(self):
        self.assertIn("several events in one request", CONTRACT["request"]["body"])
        receiver = self.sink()
        for number, case in enumerate(CONTRACT["cases"]):
            with self.subTest(case["name"]):
                self.write_config(
                    [{"name": "crm", "url": receiver.url(f"/ok/{number}"), **POLICY,
                      "batch": {"max_events": len(case["events"]), "max_wait": "60s"}}],
                    journal={"data_dir": str(self.folder / f"data-{number}")})
                server = self.server()
                self.publish_events(server, map(publishable, case["events"]))
                server.wait_metric("carillon_delivered_total", len(case["events"]))
                [record] = receiver.records(f"/ok/{number}")
                self.assertEqual(record["method"], CONTRACT["request"]["method"])
                self.assertEqual(record["body"], compact(case["body"]))

    def test_either_key_is_replaced_while_the_other_goes_on(self):
        receiver = self.sink("--secret", SECRET, "--secret", OTHER_SECRET)
        third = "whsec_" + "QUJD" * 8

        def configure(first, second):
            self.write_config([{
                "name": "crm", "url": receiver.url("/ok"), "description": "lists and contacts",
                "keys": [{"name": "first", "secret": first}, {"name": "second", "secret": second}],
                **POLICY}])

        pairs = [(SECRET, OTHER_SECRET), (third, OTHER_SECRET), (third, SECRET)]
        configure(*pairs[0])
        server = self.server()
        for number, pair in enumerate(pairs):
            if number > 0:
                configure(*pair)
                server.wait_metric('carillon_config_reloads_total{result="ok"}', number)
            self.publish_events(server, [{"type": "list.created", "list": {"list_id": number}}])
            record = receiver.wait_records(number + 1)[-1]
            self.assertEqual(len(header(record, "webhook-signature").split(" ")), 2)
            self.assertTrue(record["verified"], "one of the receiver's keys is among them")


class Policy(EndToEnd):
    def judged(self, statuses, what):
        with Scripted({f"/{s}": [(s, {})] for s in statuses}) as receiver:
            self.write_config([{"name": f"s{s}", "url": receiver.url(f"/{s}"), **POLICY,
                                "retry": {"none": True}} for s in statuses])
            server = self.server()
            self.publish_events(server, [{"type": "list.created", "list": {"list_id": 1}}])
            server.wait_metric(f"carillon_{what}_total", len(statuses))
            self.assertEqual(len(receiver.requests), len(statuses))

    def test_every_status_outside_400_to_599_is_success(self):
        self.assertEqual(CONTRACT["policy"]["success"], "every status outside 400-599")
        self.judged([200, 204, 299, 300, 301, 304, 399, 600, 799, 999], "delivered")

    def test_400_to_599_is_failure(self):
        self.judged([400, 404, 429, 499, 500, 503, 599], "dead")

    def test_no_answer_and_unreachable_are_failures(self):
        receiver = self.sink()
        with socket.socket() as unheard:  # bound, but not listening: refuses
            unheard.bind(("127.0.0.1", 0))
            urls = {"hangs": (receiver.url("/hang"), "response_timeout"),
                    "closes": (receiver.url("/close"), "reset"),
                    "refuses": (f"http://127.0.0.1:{unheard.getsockname()[1]}/", "connect_refused")}
            self.write_config([{"name": name, "url": url, **POLICY, "retry": {"none": True},
                                "timeouts": {"total": "500ms"}} for name, (url, _) in urls.items()])
            server = self.server()
            self.publish_events(server, [{"type": "list.created", "list": {"list_id": 1}}])
            server.wait_metric("carillon_dead_total", len(urls))
        for name, (_, why) in urls.items():
            self.assertEqual(server.metric(outcome(name, why)), 1, name)

    def test_up_to_five_retries(self):
        self.assertTrue(CONTRACT["policy"]["retry"].startswith("up to 5 retries"))
        with Scripted({"/down": [(500, {})], "/back": [(500, {})] * 5 + [(200, {})]}) as receiver:
            self.write_config([{"name": n, "url": receiver.url(f"/{n}"), **POLICY, "retry": FAST}
                               for n in ("down", "back")])
            server = self.server()
            self.publish_events(server, [{"type": "list.created", "list": {"list_id": 1}}])
            server.wait_metric("carillon_dead_total", 1)
            server.wait_metric("carillon_delivered_total", 1)
            self.assertEqual([len(receiver.at(f"/{n}")) for n in ("down", "back")], [6, 6])
            server.wait_gauge('carillon_deliveries{state="parked"}', 0)

    def test_then_it_is_disabled_and_its_owner_can_see_why(self):
        self.assertTrue(CONTRACT["policy"]["retry"].endswith(
            "then the endpoint counts as failing: it is disabled and its owner can see why"))
        disabled = 'carillon_destinations{state="disabled"}'
        with Scripted({"/down": [(500, {})]}) as receiver:
            self.write_config(
                [{"name": "crm", "url": receiver.url("/down"), **POLICY, "retry": FAST,
                  "concurrency": 1, "disabling": {"when_retries_end": True}},
                 {"name": "owner", "url": receiver.url("/owner")}],
                [{"name": "all", "types": ["list.*"], "destinations": ["crm"]},
                 {"name": "why", "types": ["destination.disabled", "delivery.dead"],
                  "destinations": ["owner"]}])
            server = self.server()
            self.publish_events(server, [
                {"id": "first", "type": "list.created", "list": {"list_id": 1}}])
            server.wait_metric(disabled, 1)
            told = {body["type"]: body["data"] for body in map(
                lambda r: json.loads(r["body"]), receiver.wait("/owner", 2))}
            self.assertEqual(told["delivery.dead"], {
                "destination": "crm", "event_id": "first", "event_type": "list.created",
                "position": 1, "attempts": 6, "outcome": "http_5xx"})
            self.assertEqual(told["destination.disabled"], {
                "destination": "crm", "reason": "retries_ended",
                "failing_since": told["destination.disabled"]["failing_since"],
                "deliveries_kept": True})
            self.assertEqual(server.metric(outcome("crm", "http_5xx")), 6)
            self.publish_events(server, [{"type": "list.updated", "list": {"list_id": 1}}])
            server.settled()
            self.assertEqual(len(receiver.at("/down")), 6)
            self.assertEqual(server.metric(disabled), 1)


if __name__ == "__main__":
    unittest.main()
