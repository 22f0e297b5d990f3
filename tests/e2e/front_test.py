"""The publishing port as a client sees it: bounds and their answers, connections, pings, ages."""

import struct
import time
import unittest

from harness import EndToEnd, eventually
from http2 import (DATA, PING, PUBLISH, PUBLISH_STREAM, REFLECTION, Connection, field, frame,
                   publish_request, session_event)

INVALID = 'carillon_events_published_total{result="invalid"}'
CLOSED = "carillon_publisher_connections_closed_total"


class Front(EndToEnd):
    def start(self, **server):
        self.write_config(server=server)
        self.carillond = self.server()
        return self.carillond.publish_address

    def stream(self, connection, *payloads):
        """The answers to messages of one stream."""
        stream = connection.open(PUBLISH_STREAM)
        for payload in payloads:
            connection.send_message(stream, payload)
        _, answers = connection.answer(stream, until=lambda _, got: len(got) == len(payloads))
        return answers


class Bounds(Front):
    def test_a_message_over_the_bound_is_invalid_and_the_stream_goes_on(self):
        address = self.start(max_payload_bytes="1KiB", max_message_bytes="8KiB")
        good = publish_request(session_event("one"))
        large = publish_request(*[session_event(f"e{i}") for i in range(400)])
        self.assertTrue(8192 < len(large) < 32768)
        with Connection(address) as connection:
            headers, _ = connection.call(PUBLISH, large)
            self.assertEqual(headers["grpc-status"], "3")
            self.assertIn("at most 8192 are allowed (server.max_message_bytes)", headers["grpc-message"])
            refused, accepted = self.stream(connection, large, good)
            self.assertIn(b"server.max_message_bytes", refused)
            self.assertIn(b"one", accepted)
        self.assertEqual(self.carillond.metric(INVALID), 2)

    def test_too_much_metadata_is_invalid(self):
        address = self.start()
        with Connection(address) as connection:
            for size, status in ((4000, "0"), (14_000, "3"), (30_000, "3")):
                more = [("x-a", "v" * (size // 2)), ("x-b", "v" * (size // 2))]
                for path in (PUBLISH, PUBLISH_STREAM):
                    headers, _ = connection.call(path, publish_request(session_event()), more)
                    self.assertEqual(headers["grpc-status"], status, headers)
                if status == "3":
                    self.assertIn("at most 8192 are allowed", headers["grpc-message"])
        self.assertEqual(self.carillond.metric(INVALID), 4)

    def test_initial_metadata_comes_before_anything_is_sent(self):
        address = self.start()
        with Connection(address) as connection:
            stream = connection.open(PUBLISH_STREAM)
            headers, _ = connection.answer(stream, until=lambda got, _: ":status" in got)
            self.assertEqual(headers[":status"], "200")

    def test_streams_are_bounded(self):
        address = self.start(max_streams=3, max_streams_per_peer=2)
        with Connection(address) as connection:
            kept = [connection.open(PUBLISH_STREAM) for _ in range(2)]
            for stream in kept:
                connection.answer(stream, until=lambda got, _: ":status" in got)
            refused = connection.open(PUBLISH_STREAM)
            headers, _ = connection.answer(refused)
            self.assertEqual(headers["grpc-status"], "8")
            self.assertIn("server.max_streams_per_peer", headers["grpc-message"])
            connection.send(frame(DATA, 1, kept[0]))
            self.assertEqual(connection.answer(kept[0])[0]["grpc-status"], "0")
            again = connection.open(PUBLISH_STREAM)
            self.assertEqual(connection.answer(again, until=lambda got, _: ":status" in got)[0],
                             {":status": "200", "content-type": "application/grpc",
                              "grpc-accept-encoding": "identity"})

    def test_a_stream_that_sends_nothing_is_ended(self):
        address = self.start(max_stream_idle="1s")
        with Connection(address) as connection:
            stream = connection.open(PUBLISH_STREAM)
            connection.send_message(stream, publish_request(session_event("one")))
            headers, messages = connection.answer(stream)
            self.assertEqual(headers["grpc-status"], "14")
            self.assertIn("server.max_stream_idle", headers["grpc-message"])
            self.assertEqual(len(messages), 1)


class Connections(Front):
    def test_the_one_idle_for_longest_gives_way(self):
        address = self.start(max_publisher_connections=3)
        busy, idle, other = (Connection(address) for _ in range(3))
        stream = busy.open(PUBLISH_STREAM)
        busy.answer(stream, until=lambda got, _: ":status" in got)
        for connection in (idle, other):
            self.assertEqual(connection.call(PUBLISH, publish_request(session_event()))[0]["grpc-status"], "0")

        def another():
            try:
                with Connection(address) as new:
                    got = new.call(PUBLISH, publish_request(session_event()))
                    return got and got[0]["grpc-status"] == "0"
            except OSError:
                return False  # refused: nobody was idle for long enough yet

        eventually(another, "a fourth publisher has its turn")
        self.assertTrue(idle.closed())
        busy.send_message(stream, publish_request(session_event("still")))
        _, messages = busy.answer(stream, until=lambda _, got: got)
        self.assertIn(b"still", messages[0])
        self.assertGreaterEqual(self.carillond.metric(CLOSED + '{reason="gave_way"}'), 1)
        for connection in (busy, idle, other):
            connection.close()

    def test_busy_ones_do_not_give_way(self):
        address = self.start(max_publisher_connections_per_peer=2)
        kept = []
        for _ in range(2):
            connection = Connection(address)
            connection.answer(connection.open(PUBLISH_STREAM), until=lambda got, _: ":status" in got)
            kept.append(connection)
        with Connection(address) as refused:
            self.assertTrue(refused.closed())
        self.carillond.wait_metric(CLOSED + '{reason="refused"}', 1)
        for connection in kept:
            connection.close()

    def test_what_speaks_no_http2_is_closed(self):
        address = self.start()
        with Connection(address, greet=False) as connection:
            connection.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(connection.closed())


class Life(Front):
    def test_pings_at_the_allowed_pace_are_answered(self):
        address = self.start(min_publisher_ping="1s")
        with Connection(address) as connection:
            stream = connection.open(PUBLISH_STREAM)
            connection.answer(stream, until=lambda got, _: ":status" in got)
            for number in range(6):
                connection.send(frame(PING, 0, 0, struct.pack(">Q", number)))
                eventually(lambda: (got := connection.serve(1)) and got[0] == PING and got[1] == 1,
                           "the ping's answer")
                time.sleep(1)
            self.assertIsNone(connection.goaway)

    def test_too_many_pings_are_told(self):
        address = self.start()
        with Connection(address) as connection:
            connection.answer(connection.open(PUBLISH_STREAM), until=lambda got, _: ":status" in got)
            for _ in range(5):
                connection.send(frame(PING, 0, 0, b"x" * 8))
                connection.serve(1)
            eventually(lambda: connection.serve(1) and connection.goaway, "a GOAWAY")
            self.assertEqual(connection.goaway, (11, "too_many_pings"))

    def test_a_client_that_is_gone_is_found_by_pings(self):
        address = self.start(publisher_ping="1s", publisher_ping_timeout="1s")
        with Connection(address) as connection:
            connection.open(PUBLISH_STREAM)
            self.carillond.wait_metric("carillon_publisher_connections", 1)
            # It reads nothing and answers no ping, as a machine that vanished.
            eventually(lambda: self.carillond.metric("carillon_publisher_connections") == 0,
                       "the connection is given up")

    def test_old_connections_are_asked_to_go(self):
        address = self.start(max_publisher_connection_age="1s", publisher_connection_grace="1s")
        with Connection(address) as connection:
            eventually(lambda: connection.serve(1) and connection.goaway, "a GOAWAY")
            self.assertEqual(connection.goaway[0], 0)
        with Connection(address) as connection:
            self.assertEqual(connection.call(PUBLISH, publish_request(session_event()))[0]["grpc-status"], "0")


class Reflection(Front):
    def test_services_and_files(self):
        address = self.start()
        with Connection(address) as connection:
            stream = connection.open(REFLECTION)
            for question in (field(7, ""), field(4, "carillon.v1.EventPublisher"), field(3, "no/such.proto"),
                             field(5, field(1, "google.protobuf.MessageOptions")), field(6, "carillon.v1.Event"),
                             b""):
                connection.send_message(stream, question)
            _, answers = connection.answer(stream, until=lambda _, got: len(got) == 6)
            services, files, missing, extension, numbers, nothing = answers
            for name in (b"carillon.v1.EventPublisher", b"grpc.health.v1.Health",
                         b"grpc.reflection.v1alpha.ServerReflection"):
                self.assertIn(name, services)
            for name in (b"carillon/v1/publisher.proto", b"carillon/v1/event.proto",
                         b"google/protobuf/timestamp.proto"):
                self.assertIn(name, files)
            for answer in (missing, extension):
                self.assertIn(b"not found", answer)
            self.assertIn(b"carillon.v1.Event", numbers)
            self.assertIn(b"asks nothing", nothing)
            connection.send(frame(DATA, 1, stream))
            self.assertEqual(connection.answer(stream)[0]["grpc-status"], "0")


if __name__ == "__main__":
    unittest.main()
