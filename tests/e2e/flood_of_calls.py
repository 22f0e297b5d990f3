"""Floods that are work more than memory: tens of thousands of calls, each legal. How long others wait
meanwhile depends on the machine, so this is no test of its own: `scripts/campaign.sh flood` runs it."""

import unittest

from flood_test import FloodCase
from http2 import END_HEADERS, HEADERS, PUBLISH, PUBLISH_STREAM, frame, request_headers


class CallFlood(FloodCase):
    def test_streams_left_open(self):
        head = request_headers(PUBLISH_STREAM)

        def attack():
            connection = self.connect()
            if connection:
                connection.try_send(b"".join(frame(HEADERS, END_HEADERS, connection.next_stream(), head)
                                             for _ in range(100)))

        self.flood(attack, p99=30)  # tens of thousands of calls are work

    def test_calls_without_a_message(self):
        head = request_headers(PUBLISH)

        def attack():
            connection = self.connect()
            if connection:
                connection.try_send(b"".join(frame(HEADERS, END_HEADERS, connection.next_stream(), head)
                                             for _ in range(100)))

        self.flood(attack, "calls", p99=30)  # tens of thousands of calls are work

    def test_more_streams_than_the_server_allows(self):
        head = request_headers(PUBLISH_STREAM)

        def attack():
            connection = self.connect()
            connection.serve()
            connection.try_send(b"".join(frame(HEADERS, END_HEADERS, connection.next_stream(), head)
                                         for _ in range(1000)))

        self.flood(attack, p99=30)  # tens of thousands of calls are work


if __name__ == "__main__":
    unittest.main()
