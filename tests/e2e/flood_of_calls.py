"""Floods that are work more than memory: tens of thousands of calls, each legal, beside a well-behaved
publisher at another address, and at the same. One of them is in flood_test.py; `scripts/campaign.sh
flood` runs these."""

import unittest

from flood_test import CALLS_P99_SECONDS, FloodCase
from http2 import END_HEADERS, HEADERS, PUBLISH, PUBLISH_STREAM, frame, request_headers


class Calls:
    """What both have in common."""

    def test_streams_left_open(self):
        self.flood(lambda: self.begin_calls(PUBLISH_STREAM), p99=CALLS_P99_SECONDS)

    def test_calls_without_a_message(self):
        self.flood(lambda: self.begin_calls(PUBLISH), p99=CALLS_P99_SECONDS)

    def test_more_streams_than_the_server_allows(self):
        head = request_headers(PUBLISH_STREAM)

        def attack():
            connection = self.connect()
            if not connection:
                return
            connection.serve()
            connection.try_send(b"".join(frame(HEADERS, END_HEADERS, connection.next_stream(), head)
                                         for _ in range(1000)))

        self.flood(attack, p99=CALLS_P99_SECONDS)


class FloodOfAnotherAddress(Calls, FloodCase):
    attacker = "127.0.0.2"


class FloodOfTheSameAddress(Calls, FloodCase):
    pass


if __name__ == "__main__":
    unittest.main()
