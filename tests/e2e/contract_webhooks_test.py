"""Standard Webhooks: what the contract says, at a real receiver."""

import base64
import datetime
import email.utils
import hashlib
import hmac
import re
import time
import unittest

from harness import (EndToEnd, OTHER_SECRET, SECRET, compact, contract, eventually, header, outcome,
                     session)
from scripted import Scripted

CONTRACT = contract("standard-webhooks")
NEVER = {"none": True}
UNBOUNDED = {"ratio": 10, "min_per_second": 100_000}


def signature(secret, record):
    """What a receiver computes, by the specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{header(record, 'webhook-id')}.{header(record, 'webhook-timestamp')}.{record['body']}"
    return "v1," + base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()


def keys(*secrets):
    return [{"name": f"key-{n}", "secret": secret} for n, secret in enumerate(secrets)]


class Requests(EndToEnd):
    def test_nothing_of_the_contract_is_passed_over(self):
        # known_answers and v1a: also tests/interop and the unit tests of signing.
        self.assertEqual(set(CONTRACT), {
            "spec", "headers", "signed_content", "schemes", "rotation", "known_answers", "status",
            "retry_after", "schedule_s", "jitter", "payload"})
        self.assertEqual(set(CONTRACT["status"]), {"2xx", "3xx", "410", "429", "502 504", "other"})

    def test_headers_of_two_attempts(self):
        receiver = self.sink("--secret", SECRET)
        self.write_config([{"name": "one", "url": receiver.url("/flaky/2"), "keys": keys(SECRET),
                            "retry": {"delays": ["1100ms"], "jitter": 0}}])
        begin = int(time.time())
        self.publish_events(self.server(), [{"session": session()}])
        first, second = receiver.wait_records(2)
        for name in CONTRACT["headers"]:
            self.assertIsNotNone(header(first, name), name)
        self.assertEqual(header(first, "webhook-id"), header(second, "webhook-id"))
        self.assertNotIn(".", header(first, "webhook-id"))
        times = [int(header(r, "webhook-timestamp")) for r in (first, second)]
        self.assertGreaterEqual(times[0], begin)
        self.assertGreater(times[1], times[0])
        self.assertLessEqual(times[1], time.time())
        for record in (first, second):
            self.assertEqual(header(record, "webhook-signature"), signature(SECRET, record))
            self.assertTrue(record["verified"])

    def test_an_id_with_a_full_stop_is_refused(self):
        self.write_config()
        done = self.publish_raw(self.server(), "--file", "-",
                                stdin=compact({"id": "evt.1", "session": session()}))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("id", done.stderr)

    def test_known_answers_ids_bodies_and_secrets(self):
        receiver = self.sink()
        answers = [a for a in CONTRACT["known_answers"] if a["secret"].startswith("whsec_")]
        self.assertGreaterEqual(len(answers), 2)
        for answer in answers:  # that this test computes what the specification says
            record = {"body": answer["body"], "headers": [
                ["webhook-id", answer["id"]], ["webhook-timestamp", str(answer["timestamp"])]]}
            self.assertEqual(signature(answer["secret"], record), answer["signature"])
        self.write_config([{"name": f"known-{n}", "url": receiver.url(f"/ok/{n}"),
                            "format": "payload", "keys": keys(answer["secret"])}
                           for n, answer in enumerate(answers)],
                          event_types=[{"name": "test.sent"}])
        self.publish(self.server(), "--file", "-", stdin="".join(
            f'{{"id":"{a["id"]}","type":"test.sent","json":{a["body"]}}}\n' for a in answers))
        receiver.wait_records(len(answers) ** 2)
        for n, answer in enumerate(answers):
            by_id = {header(r, "webhook-id"): r for r in receiver.records(f"/ok/{n}")}
            for other in answers:
                record = by_id[other["id"]]
                self.assertEqual(record["body"], re.sub(r"(?<=[:,]) ", "", other["body"]))
                self.assertEqual(header(record, "webhook-signature"),
                                 signature(answer["secret"], record))

    def test_members_of_the_payload(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/ok")}])
        self.publish_events(self.server(), [{"session": session(),
                                             "occur_time": "2026-01-02T03:04:05.5Z"}])
        values = {"type": CONTRACT["payload"]["type"], "timestamp": "2026-01-02T03:04:05.500Z",
                  "data": session()}
        [record] = receiver.wait_records(1)
        self.assertEqual(record["body"],
                         compact({name: values[name] for name in CONTRACT["payload"]}))


class Signatures(EndToEnd):
    def test_signed_with_every_key_over_the_received_bytes(self):
        receiver = self.sink("--secret", SECRET)
        self.write_config([{"name": "signed", "url": receiver.url("/ok"),
                            "keys": [{"name": "new", "secret": SECRET},
                                     {"name": "old", "secret": {"env": "OLD_SECRET"}}]}])
        server = self.server(env={"OLD_SECRET": OTHER_SECRET})
        [result] = self.publish_events(server, [
            {"id": "evt_1", "type": "session.create", "occurTime": "2026-01-02T03:04:05Z",
             "session": session(location="Зал")}])
        [record] = receiver.wait_records(1)
        self.assertEqual(result["id"], "evt_1")
        self.assertEqual(header(record, "webhook-id"), "evt_1")
        self.assertEqual(header(record, "webhook-signature"),
                         f"{signature(SECRET, record)} {signature(OTHER_SECRET, record)}")
        self.assertLess(abs(int(header(record, "webhook-timestamp")) - time.time()), 300)
        self.assertTrue(record["verified"])
        self.assertEqual(record["body"], compact(
            {"type": "session.create", "timestamp": "2026-01-02T03:04:05Z",
             "data": session(location="Зал")}))
        for log in (server.stderr_path, server.stdout_path):
            self.assertNotIn(SECRET[6:].encode(), log.read_bytes())

    def test_another_secret_does_not_verify(self):
        receiver = self.sink("--secret", OTHER_SECRET)
        self.write_config([{"name": "signed", "url": receiver.url("/ok"),
                            "keys": [{"name": "new", "secret": SECRET}]}])
        self.publish_events(self.server(), [{"session": session()}])
        [record] = receiver.wait_records(1)
        self.assertIs(record["verified"], False)


class Keys(EndToEnd):
    def check(self, secret):
        path = self.write_config([{"name": "one", "url": "http://127.0.0.1:1/",
                                   "keys": keys(secret)}])
        return self.run_program("carillond", "--check-config", path)

    def test_the_lengths_of_secrets(self):
        least, most = map(int, re.match(r"(\d+) to (\d+) random bytes",
                                        CONTRACT["schemes"]["v1"]["secret"]).groups())
        for size in (least - 1, least, most, most + 1):
            with self.subTest(size):
                secret = "whsec_" + base64.b64encode(bytes(range(size))).decode()
                done = self.check(secret)
                self.assertEqual(done.returncode, 0 if least <= size <= most else 2, done.stderr)
                self.assertNotIn(secret[6:], done.stderr + done.stdout)

    def test_rotation_every_valid_key_signs_then_the_old_one_is_dropped(self):
        receiver = self.sink()
        end = datetime.datetime.now(datetime.timezone.utc).replace(
            microsecond=0) + datetime.timedelta(seconds=4)
        new, old = keys(SECRET, OTHER_SECRET)
        old["expire_time"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.write_config([{"name": "one", "url": receiver.url("/ok"), "keys": [new, old]}])
        server = self.server()
        sent = 0

        def dropped():
            nonlocal sent
            sent += 1
            self.publish_events(server, [{"session": session(sent)}])
            record = receiver.wait_records(sent)[-1]
            both = f"{signature(SECRET, record)} {signature(OTHER_SECRET, record)}"
            in_overlap = int(header(record, "webhook-timestamp")) < end.timestamp()
            self.assertEqual(header(record, "webhook-signature"),
                             both if in_overlap else signature(SECRET, record))
            return not in_overlap

        eventually(dropped, "the end of the old key")
        self.assertGreater(sent, 1, "the overlap was over before the first request")


class Statuses(EndToEnd):
    owned = True

    def judge(self, statuses, headers, what, expected):
        """Each status at a destination of its own, without retries."""
        with Scripted({f"/{s}": [(s, headers)] for s in statuses}) as receiver:
            self.write_config([{"name": f"s{s}", "url": receiver.url(f"/{s}"), "retry": NEVER}
                               for s in statuses])
            server = self.server()
            self.publish_events(server, [{"session": session()}])
            server.wait_metric(f"carillon_{what}_total", len(statuses))
            metrics = server.metrics()
            for status in statuses:
                with self.subTest(status):
                    self.assertEqual(metrics.get(outcome(f"s{status}", expected(status))), 1)
                    self.assertEqual(len(receiver.at(f"/{status}")), 1)
            self.assertEqual(len(receiver.requests), len(statuses), "followed, or sent again")

    def test_2xx_is_success(self):
        self.judge([200, 201, 202, 203, 204, 206, 226, 299], {}, "delivered", lambda _: "success")

    def test_3xx_is_failure_and_never_followed(self):
        self.judge([300, 301, 302, 303, 304, 307, 308, 399], {"Location": "/followed"}, "dead",
                   lambda _: "http_3xx")

    def test_every_other_is_failure(self):
        names = {4: "http_4xx", 5: "http_5xx"}
        self.judge([400, 401, 403, 404, 408, 409, 413, 451, 499, 500, 501, 503, 505, 599, 600, 999],
                   {}, "dead", lambda status: names.get(status // 100, "protocol"))

    def slowed(self, status):
        """Seconds from the first request, answered with `status`, to each later one."""
        with Scripted({"/x": [(status, {}), (200, {})]}) as receiver:
            self.write_config([{"name": "one", "url": receiver.url("/x"),
                                "retry": {"delays": ["10ms"], "jitter": 0}}],
                              journal={"data_dir": str(self.folder / f"data-{status}")})
            server = self.server()
            self.publish_events(server, [{"session": session(1)}])
            bad = "http_429" if status == 429 else "http_5xx"
            server.wait_metric(outcome("one", bad), 1)
            self.publish_events(server, [{"session": session(2)}])
            times = [r["at"] for r in receiver.wait("/x", 3)]
            self.assertEqual(server.stop(), 0)
        return [at - times[0] for at in times[1:]]

    def test_429_502_and_504_slow_the_destination_down(self):
        for status in [429, *map(int, "502 504".split())]:
            with self.subTest(status):
                self.assertGreaterEqual(min(self.slowed(status)), 1.0)

    def test_410_disables_the_destination(self):
        self.assertEqual(CONTRACT["status"]["410"], "the destination is disabled")
        disabled = 'carillon_destinations{state="disabled"}'
        with Scripted({"/x": [(410, {}), (200, {})]}) as receiver:
            self.write_config([
                {"name": "one", "url": receiver.url("/x"),
                 "retry": {"delays": ["1ms"], "jitter": 0}},
                {"name": "other", "url": receiver.url("/y")}])
            server = self.server()
            self.publish_events(server, [{"session": session(1)}])
            server.wait_metric(disabled, 1)
            self.publish_events(server, [{"session": session(2)}])
            server.wait_metric("carillon_delivered_total", 2)
            self.assertEqual([len(receiver.at(path)) for path in ("/x", "/y")], [1, 2])
            self.call_of_owner(server, "enable", "one")  # its owner says that it is there again
            server.wait_metric("carillon_delivered_total", 4)
            self.assertEqual(len(receiver.at("/x")), 3)
            eventually(lambda: server.metric(disabled) == 0, "it is enabled")

    def test_500_holds_up_that_delivery_alone(self):
        with Scripted({"/x": [(500, {}), (200, {})]}) as receiver:
            self.write_config([{"name": "one", "url": receiver.url("/x"),
                                "retry": {"delays": ["1h"], "jitter": 0}}])
            server = self.server()
            self.publish_events(server, [{"session": session(1)}])
            server.wait_metric(outcome("one", "http_5xx"), 1)
            self.publish_events(server, [{"session": session(2)}])
            server.wait_metric("carillon_delivered_total", 1)


class RetryAfter(EndToEnd):
    def gap(self, value, **retry):
        """Seconds until the second attempt after a 503 with this Retry-After, and the server."""
        with Scripted({"/x": [lambda: (503, {"Retry-After": value()}), (200, {})]}) as receiver:
            self.write_config([{"name": "one", "url": receiver.url("/x"),
                                "retry": {"delays": ["10ms"], "jitter": 0, **retry}}])
            server = self.server()
            self.publish_events(server, [{"session": session()}])
            first, second = receiver.wait("/x", 2)
        return second["at"] - first["at"], server

    def test_seconds(self):
        self.assertGreaterEqual(self.gap(lambda: "2")[0], 2.0)

    def test_a_date(self):
        # A date has whole seconds: three of them are at least two from now.
        self.assertGreaterEqual(
            self.gap(lambda: email.utils.formatdate(time.time() + 3, usegmt=True))[0], 2.0)

    def test_within_a_cap(self):
        # An hour would exceed every patience of these tests.
        self.assertGreaterEqual(self.gap(lambda: "3600", retry_after_cap="1s")[0], 1.0)

    def test_what_makes_no_sense_is_counted_and_passed_over(self):
        for number, value in enumerate(("soon", "-5", "99999999999")):
            with self.subTest(value):
                self.folder_of(number)
                _, server = self.gap(lambda value=value: value)
                self.assertEqual(server.metric("carillon_retry_after_ignored_total"), 1)
                self.assertEqual(server.stop(), 0)

    def folder_of(self, number):
        """A fresh store for each case."""
        self.folder = self.folder / str(number)
        self.folder.mkdir()


class Schedule(EndToEnd):
    def test_the_first_retry_comes_as_the_schedule_says(self):
        with Scripted({"/x": [(500, {}), (200, {})]}) as receiver:
            self.write_config([{"name": "one", "url": receiver.url("/x")}])
            self.publish_events(self.server(), [{"session": session()}])
            first, second = receiver.wait("/x", 2)
        self.assertGreaterEqual(second["at"] - first["at"], 0.8 * CONTRACT["schedule_s"][0])

    def test_retries_do_not_come_as_a_herd(self):
        events = 30
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/flaky/2"),
                            "breaker": {"off": True}, "retry": {
                                "delays": ["2s"], "jitter": 0.5, "budget": UNBOUNDED}}])
        self.publish_events(self.server(), [{"session": session(n)} for n in range(events)])
        times = {}
        for record in receiver.wait_records(2 * events):
            at = datetime.datetime.fromisoformat(record["time"]).timestamp()
            times.setdefault(header(record, "webhook-id"), []).append(at)
        gaps = [second - first for first, second in times.values()]
        self.assertEqual(len(gaps), events)
        self.assertGreaterEqual(min(gaps), 1.0)
        self.assertGreater(max(gaps) - min(gaps), 0.3)  # evenly over 2 s


if __name__ == "__main__":
    unittest.main()
