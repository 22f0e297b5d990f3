"""Calls whose bodies do not come: one of each method at once. They end, and keep nobody out."""

import threading
import unittest

from hostile_calls_test import RawCalls


class SlowCalls(RawCalls):
    def test_they_keep_nobody_out(self):
        slow = []
        for method in self.methods():
            connection = self.socket()
            connection.sendall(self.head(method, 100) + b"{")
            slow.append((method, connection))
        self.ok("Publish", self.fixture(self.method("Publish")))
        ends = []

        def wait(method, connection):
            ends.append((method.name, self.status(connection)))

        threads = [threading.Thread(target=wait, args=each) for each in slow]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(ends), len(slow))
        for name, status in ends:
            with self.subTest(name):
                self.assertIn(status, (None, 408), "it is closed in the end")
        self.all_answer()


if __name__ == "__main__":
    unittest.main()
