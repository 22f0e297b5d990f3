"""The SynthesisVR contract and the signatures, byte for byte at a real receiver."""

import base64
import hashlib
import hmac
import socket
import time
import unittest

from harness import (EndToEnd, OTHER_SECRET, SECRET, compact, contract, header, outcome, session)

SYNTHESISVR = contract("synthesisvr")
POLICY = {"format": "array", "success": "any_response", "retry": {"none": True},
          "timeouts": {"total": "2s"}}


def session_flag(values):
    return ",".join(f"{key}={value}" for key, value in values.items())


def sign(secret, record):
    """What a receiver computes, by the Standard Webhooks specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{header(record, 'webhook-id')}.{header(record, 'webhook-timestamp')}.{record['body']}"
    return "v1," + base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()


class SynthesisVr(EndToEnd):
    def start(self, path="/ok"):
        self.receiver = self.sink()
        self.write_config([{"name": "vr", "url": self.receiver.url(path), **POLICY}])
        self.carillond = self.server()

    def test_both_cases_byte_for_byte(self):
        self.start()
        for number, case in enumerate(SYNTHESISVR["cases"], 1):
            with self.subTest(case["name"]):
                self.publish(self.carillond, "--session", session_flag(case["session"]))
                record = self.receiver.wait_records(number)[-1]
                self.assertEqual(record["method"], SYNTHESISVR["request"]["method"])
                self.assertEqual(header(record, "content-type"),
                                 SYNTHESISVR["request"]["content_type"])
                self.assertEqual(record["body"], compact(case["body"]))
                self.assertEqual(list(case["body"][0]), SYNTHESISVR["members_in_order"])
                self.assertEqual(header(record, "content-length"), str(len(record["body"])))

    def test_type_is_taken_from_the_action_and_back(self):
        self.start()
        without_action = {k: v for k, v in session().items() if k != "action"}
        self.publish_events(self.carillond, [{"type": "session.delete", "session": without_action}])
        self.assertIn('"action":"delete"', self.receiver.wait_records(1)[0]["body"])

    def test_digits_and_scripts_are_kept(self):
        self.start()
        values = session(customerid=9223372036854775807, location="Зал №1, 東京 🎮 \"x\"\\")
        self.publish_events(self.carillond, [{"session": values}])
        record = self.receiver.wait_records(1)[0]
        self.assertEqual(record["body"], compact([values]))
        self.assertEqual(header(record, "content-length"), str(len(record["body"].encode())))

    def test_any_response_is_success(self):
        self.start("/status/500")
        self.publish(self.carillond, "--session", session_flag(session()))
        self.carillond.wait_metric("carillon_delivered_total", 1)
        self.assertEqual(self.carillond.metric("carillon_dead_total"), 0)
        self.assertEqual(len(self.receiver.records()), 1)


class Losses(EndToEnd):
    """What is lost is counted by its reason, and never sent again."""

    def test_each_loss_is_counted_by_its_reason(self):
        receiver = self.sink()
        with socket.socket() as unheard:  # bound, but not listening: refuses
            unheard.bind(("127.0.0.1", 0))
            refused = f"http://127.0.0.1:{unheard.getsockname()[1]}/"
            urls = {
                "hangs": (receiver.url("/hang"), "response_timeout"),
                "drips": (receiver.url("/drip"), "response_timeout"),
                "resets": (receiver.url("/reset"), "reset"),
                "garbles": (receiver.url("/garbage"), "protocol"),
                "refuses": (refused, "connect_refused"),
                "unnamed": ("http://nowhere.invalid/", "dns"),
                "no-tls": (f"https://{receiver.address}/ok", "tls"),
            }
            self.write_config([{"name": name, "url": url, **POLICY}
                               for name, (url, _) in urls.items()])
            # Where name servers do not answer at all, the resolver gives up inside the 2 s.
            server = self.server(env={"RES_OPTIONS": "timeout:1 attempts:1", "LOCALDOMAIN": ""})
            start = time.monotonic()
            self.publish_events(server, [{"session": session()}])
            server.wait_metric("carillon_dead_total", len(urls))
            took = time.monotonic() - start
        metrics = server.metrics()
        for name, (_, why) in urls.items():
            with self.subTest(name):
                self.assertEqual(metrics.get(outcome(name, why)), 1,
                                 {k: v for k, v in metrics.items() if f'"{name}"' in k})
        self.assertGreaterEqual(took, 1.9)  # the total time-out is 2 s, and kept
        self.assertEqual(metrics['carillon_deliveries{state="parked"}'], 0)
        self.assertEqual(metrics["carillon_delivered_total"], 0)
        for path in ("/hang", "/drip", "/reset", "/garbage"):
            self.assertEqual(len(receiver.records(path)), 1, path)

    def test_lost_ones_stay_lost_over_a_restart(self):
        receiver = self.sink()
        self.write_config([{"name": "vr", "url": receiver.url("/reset"), **POLICY}])
        server = self.server()
        self.publish_events(server, [{"session": session(1)}])
        server.wait_metric("carillon_dead_total", 1)
        self.assertEqual(server.stop(), 0)
        receiver.set_mode("/reset", "ok")
        server = self.server()
        self.publish_events(server, [{"session": session(2)}])
        server.wait_metric("carillon_delivered_total", 1)
        self.assertEqual([r["body"] for r in receiver.records()],
                         [compact([session(1)]), compact([session(2)])])


class Signatures(EndToEnd):
    def test_signed_with_every_key_over_the_received_bytes(self):
        receiver = self.sink("--secret", SECRET)
        self.write_config([{"name": "signed", "url": receiver.url("/ok"),
                            "keys": [{"name": "new", "secret": SECRET},
                                     {"name": "old", "secret_env": "OLD_SECRET"}]}])
        server = self.server(env={"OLD_SECRET": OTHER_SECRET})
        [result] = self.publish_events(server, [
            {"id": "evt_1", "type": "session.create", "occurredAt": "2026-01-02T03:04:05Z",
             "session": session(location="Зал")}])
        [record] = receiver.wait_records(1)
        self.assertEqual(result["id"], "evt_1")
        self.assertEqual(header(record, "webhook-id"), "evt_1")
        self.assertEqual(header(record, "webhook-signature"),
                         f"{sign(SECRET, record)} {sign(OTHER_SECRET, record)}")
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


if __name__ == "__main__":
    unittest.main()
