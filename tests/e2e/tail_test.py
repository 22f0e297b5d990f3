"""Attempts as they end: streamed as JSON over HTTP/1.1, and by the command line over gRPC."""

import http.client
import json
import signal
import struct
import unittest

from cli_test import DONE, FORBIDDEN, Cli
from control_api_test import ACME, MASTER, NAME, READER
from delivery_log_test import DeliveryLog, Talking
from harness import PATIENCE, Program, eventually

TAIL = "/carillon.v1.DeliveryService/TailAttempts"


class Stream:
    """One call of TailAttempts; Connect's envelopes, one after another."""

    def __init__(self, address, token=READER, **request):
        host, port = address.rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
        body = json.dumps({"parent": NAME + "/deliveries/-", **request}).encode()
        self.connection.request("POST", TAIL, struct.pack(">BI", 0, len(body)) + body,
                                {"Authorization": f"Bearer {token}",
                                 "Content-Type": "application/connect+json"})
        self.answer = self.connection.getresponse()
        self.attempts, self.token, self.end = [], "", None

    def read(self):
        """The next message; None at the end, which then is in `end`."""
        flags, length = struct.unpack(">BI", self.answer.read(5))
        message = json.loads(self.answer.read(length))
        if flags & 2:
            self.end = message
            return None
        self.attempts += message.get("attempts", [])
        self.token = message["resumeToken"]
        return message

    def read_attempts(self, count):
        while len(self.attempts) < count:
            assert self.read() is not None, self.end
        return [attempt["eventId"] for attempt in self.attempts]

    def close(self):
        self.connection.close()


class Http(DeliveryLog):
    def stream(self, **request):
        stream = Stream(self.carillond.admin_address, **request)
        self.addCleanup(stream.close)
        self.assertEqual(stream.answer.status, 200)
        return stream

    def begun(self, **request):
        stream = self.stream(**request)
        self.assertNotIn("attempts", stream.read(), "the first message says that it has begun")
        return stream

    def test_what_ends_comes_in_order_and_goes_on_after_a_reconnect_and_a_restart(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver)
            stream = self.begun()
            self.publish(1)
            self.assertEqual(stream.read_attempts(1), ["evt-1"])
            self.assertEqual(stream.attempts[0]["outcome"], "OUTCOME_SUCCESS")
            stream.close()
            self.publish(2)
            self.wait_for('event_id = "evt-2"')
            self.carillond.settled()
            self.carillond.kill()
            self.carillond = self.server()
            again = self.stream(resumeToken=stream.token)
            self.publish(3)
            self.assertEqual(again.read_attempts(2), ["evt-2", "evt-3"])

    def test_it_is_filtered_in_the_server_and_has_details_where_they_are_asked_for(self):
        with Talking([200, 500, 200]) as receiver:
            self.begin_with(receiver)
            stream = self.begun(filter="outcome != OUTCOME_SUCCESS", view="DELIVERY_VIEW_FULL")
            self.publish(1, 2)
            self.wait_for("state = DELIVERED", 2)
            self.publish(3)
            self.assertEqual(len(stream.read_attempts(1)), 1)
            self.assertEqual(stream.attempts[0]["response"]["status"], 500)
            self.assertIn("remoteAddress", stream.attempts[0])

    def test_a_token_that_is_taken_away_ends_it(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver)
            stream = self.begun()
            kept = self.begun(token=ACME)
            self.TOKENS = [token for token in self.TOKENS if token["name"] != "eyes"]
            self.write_config([{"name": NAME, "url": receiver.url("/")}], [],
                              access={"tokens": self.TOKENS})
            while stream.read() is not None:
                pass
            self.assertEqual(stream.end["error"]["code"], "unauthenticated")
            self.assertIsNone(kept.end)

    def test_no_more_streams_than_a_principal_may_have(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver)
            streams = [self.begun() for _ in range(10)]
            refused = self.stream()
            self.assertIsNone(refused.read())
            [info] = [d["debug"] for d in refused.end["error"]["details"]
                      if "reason" in d.get("debug", {})]
            self.assertEqual(info["reason"], "TOO_MANY_STREAMS")
            self.begun(token=ACME)
            streams[0].close()

            def free():
                stream = self.stream()
                return stream.read()
            eventually(free, "the place of one that was closed is free")

    def test_a_stop_does_not_wait_for_streams(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver)
            stream = self.begun()
            self.carillond.signal(signal.SIGTERM)
            while stream.read() is not None:
                pass
            self.assertEqual(stream.end["error"]["code"], "unavailable")
            self.assertEqual(self.carillond.wait(), 0)


class CommandLine(Cli):
    def tail(self, *arguments):
        tail = Program(self.folder, "carillon", ["deliveries", "tail", *arguments],
                       env={**self.environment})
        self.addCleanup(tail.kill)
        eventually(lambda: "Ctrl-C" in tail.stderr_path.read_text(), "it has begun")
        return tail

    def test_attempts_are_shown_until_a_signal_and_over_a_restart(self):
        receiver = self.sink()
        self.begin()
        self.cli("destinations", "create", "orders", "--url", receiver.url("/ok"))
        self.cli("subscriptions", "create", "all", "--type", "session.*", "--destination", "orders")
        tail = self.tail("orders")
        self.publish_one(1)
        eventually(lambda: "evt-1" in tail.stdout_path.read_text(), "the first attempt")
        self.assertRegex(tail.stdout_path.read_text(),
                         r"(?m)^20\S+ +success +200 +\S+ +orders/1/1 +session\.create +evt-1$")
        path = self.folder / "carillon.yaml"
        config = json.loads(path.read_text())
        config["server"]["publish_address"] = self.carillond.publish_address
        path.write_text(json.dumps(config))
        self.carillond.kill()
        self.carillond = self.server(env={"MASTER_KEY": MASTER})
        self.publish_one(2)
        eventually(lambda: "evt-2" in tail.stdout_path.read_text(), "it goes on")
        tail.signal(signal.SIGINT)
        self.assertEqual(tail.wait(), DONE)

    def test_so_many_as_json_and_what_may_not_be_read(self):
        receiver = self.sink()
        self.begin()
        self.cli("destinations", "create", "orders", "--url", receiver.url("/ok"))
        self.cli("subscriptions", "create", "all", "--type", "session.*", "--destination", "orders")
        tail = self.tail("--limit", "2", "--output", "json")
        self.publish_one(1)
        self.publish_one(2)
        self.assertEqual(tail.wait(), DONE)
        lines = [json.loads(line) for line in tail.stdout_path.read_text().splitlines()]
        self.assertEqual([line["eventId"] for line in lines], ["evt-1", "evt-2"])
        self.error("deliveries", "tail", code=FORBIDDEN, CARILLON_TENANT="other")


if __name__ == "__main__":
    unittest.main()
