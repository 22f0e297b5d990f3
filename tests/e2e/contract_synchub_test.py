"""SyncHub: events, the four arrangements of destinations, and what makes a request trustworthy."""

import base64
import hashlib
import hmac
import json
import unittest
from urllib.parse import urlsplit

from harness import (EndToEnd, OTHER_SECRET, SECRET, compact, contract, eventually, header)

CONTRACT = contract("synchub")
TIMES = {"started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-01T00:00:01Z", "rows": 12}
# For each event type its member of the API, what names its subject, and one success, one failure.
SAMPLES = {
    "sync.run.completed": ("syncRunCompleted", "endpoint"),
    "insight.population.completed": ("insightPopulated", "insight"),
}


def sample(event_type, subject, success=True):
    member, names = SAMPLES[event_type]
    values = {names: subject, "success": success, **TIMES}
    if not success:
        values["error"] = "the table is locked"
    return {"type": event_type, member: values}, values


class SyncHub(EndToEnd):
    def test_nothing_of_the_contract_is_passed_over(self):
        # test_payload needs the administration API.
        self.assertEqual(set(CONTRACT), {"systems", "events", "destinations_and_subscriptions",
                                         "scenarios", "security", "test_payload"})
        self.assertEqual(set(CONTRACT["events"]), set(SAMPLES))

    def test_each_event_tells_what_it_must(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/ok")}])
        server = self.server()
        number = 0
        for event_type in CONTRACT["events"]:
            for success in (True, False):
                with self.subTest(event_type, success=success):
                    event, values = sample(event_type, "orders", success)
                    self.publish_events(server, [event])
                    number += 1
                    body = json.loads(receiver.wait_records(number)[-1]["body"])
                    self.assertEqual(body["type"], event_type)
                    self.assertEqual(body["data"], values)

    def test_scenarios(self):
        self.assertEqual(len(CONTRACT["scenarios"]), 4)
        for number, scenario in enumerate(CONTRACT["scenarios"]):
            with self.subTest(scenario["name"]):
                self.arrange(number, scenario)

    def arrange(self, number, scenario):
        """Publishes every type for two endpoints; each URL gets what its subscription asks for."""
        receiver = self.sink()
        destinations, subscriptions, expected = [], [], {}
        cases = [(t, subject) for t in CONTRACT["events"] for subject in ("orders", "users")]
        for n, wanted in enumerate(scenario["subscriptions"]):
            to = urlsplit(wanted["to"])
            path = f"/ok/{to.netloc}{to.path}"
            destinations.append({"name": f"d{n}", "url": receiver.url(path), "format": "payload"})
            subscription = {"name": f"s{n}", "types": wanted["types"], "destinations": [f"d{n}"]}
            if "filter" in wanted:
                self.assertEqual(wanted["filter"], "payload endpoint equals one value")
                subscription["filter"] = {"payload": "endpoint", "equals": "orders"}
            subscriptions.append(subscription)
            expected[path] = sorted(
                compact(sample(t, subject)[1]) for t, subject in cases
                if wanted["types"] == ["*"] or t in wanted["types"]
                if "filter" not in wanted or subject == "orders")
        self.write_config(destinations, subscriptions,
                          journal={"data_dir": str(self.folder / f"data-{number}")})
        server = self.server()
        self.publish_events(server, [sample(*case)[0] for case in cases])
        total = sum(map(len, expected.values()))
        server.wait_metric("carillon_delivered_total", total)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(len(receiver.records()), total)
        for path, bodies in expected.items():
            self.assertEqual(sorted(r["body"] for r in receiver.records(path)), bodies, path)

    def test_destinations_and_subscriptions_are_managed_apart(self):
        receiver = self.sink()
        destinations = [{"name": n, "url": receiver.url(f"/ok/{n}")} for n in ("a", "b")]
        reloads = 'carillon_config_reloads_total{result="ok"}'

        def subscribed(*names):
            self.write_config(destinations, [{"name": "s", "types": ["sync.*"],
                                              "destinations": list(names)}])

        subscribed("a")
        server = self.server()
        for number, names in enumerate((("a",), ("b",), ("a", "b"))):
            if number > 0:
                subscribed(*names)
                server.wait_metric(reloads, number)
            self.publish_events(server, [sample("sync.run.completed", f"table-{number}")[0]])
            for name in names:
                eventually(lambda name=name: any(
                    f"table-{number}" in r["body"] for r in receiver.records(f"/ok/{name}")),
                           f"event {number} at {name}")
        self.assertEqual([len(receiver.records(f"/ok/{n}")) for n in ("a", "b")], [2, 2])

    def test_a_secret_for_each_destination_over_a_content_with_the_time(self):
        self.assertIn("content that includes a time", CONTRACT["security"])
        receiver = self.sink()
        secrets = {"/ok/a": SECRET, "/ok/b": OTHER_SECRET}
        self.write_config([{
            "name": path[-1], "url": receiver.url(path),
            "keys": [{"name": "only", "secret": secret}],
            "signature": {"header": "X-SyncHub-Signature", "template": "{timestamp}.{body}"},
        } for path, secret in secrets.items()])
        self.publish_events(self.server(), [sample("sync.run.completed", "orders")[0]])
        receiver.wait_records(2)
        for path in secrets:
            [record] = receiver.records(path)
            sent = header(record, "x-synchub-signature")
            stamp = int(header(record, "webhook-timestamp"))
            for other, secret in secrets.items():
                for age in (0, 1):
                    key = base64.b64decode(secret.removeprefix("whsec_"))
                    signed = f"{stamp - age}.{record['body']}".encode()
                    made = hmac.new(key, signed, hashlib.sha256).hexdigest()
                    self.assertEqual(sent == made, other == path and age == 0, (path, other, age))


if __name__ == "__main__":
    unittest.main()
