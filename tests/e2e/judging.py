"""A receiver inside the test that judges each request by itself, can keep it waiting, and writes
down what happens in the order in which it happens."""

import collections
import threading
import time

from harness import PATIENCE, eventually, header
from scripted import Scripted


class Gate:
    """Who passes has to be let through: `open` lets everybody, `let` that many."""

    def __init__(self):
        self.passes = threading.Semaphore(0)
        self.opened = threading.Event()

    def wait(self):
        if not self.opened.is_set():
            self.passes.acquire(timeout=PATIENCE)

    def let(self, count=1):
        self.passes.release(count)

    def open(self):
        self.opened.set()
        self.passes.release(10_000)


class Judging(Scripted):
    """`judge(request)` gives the status of a request; it may block, and may be replaced. Each
    request has `number` (of the requests to all paths), `at` (when it was read), `open` (requests
    that waited for their answer then, itself included), `answers` (given before it came), and once
    it is answered `status`, `answered` (how many requests had come by then) and `until`."""

    def __init__(self, judge=lambda request: 200):
        super().__init__()
        self.judge = judge
        self.open = 0
        self.answers_given = []
        self.tries = collections.Counter()

    def take(self, handler):
        body = handler.rfile.read(int(handler.headers["content-length"])).decode()
        request = {"target": handler.path, "headers": handler.headers.items(), "body": body,
                   "method": handler.command}
        request["id"] = header(request, "webhook-id")
        with self.lock:
            self.open += 1
            request |= {"number": len(self.requests), "at": time.monotonic(), "open": self.open,
                        "answers": list(self.answers_given)}
            same = (request["id"], request["target"])
            request["before"] = self.tries[same]
            self.tries[same] += 1
            self.keep(request)
        status = self.judge(request)
        # Before the answer leaves: what Carillon does on it comes after.
        with self.lock:
            self.open -= 1
            self.answers_given.append(status)
            request |= {"status": status, "answered": len(self.requests),
                        "until": time.monotonic()}
        try:
            handler.send_response(status)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        except OSError:
            handler.close_connection = True  # the sender is gone

    def wait_open(self, count):
        eventually(lambda: self.open >= count,
                   lambda: f"{count} requests at once, there are {self.open}")

    def wait_accepted(self, ids, path=None):
        """Until each of these was answered 200."""
        ids = set(ids)

        def missing():
            with self.lock:
                return ids - {r["id"] for r in self.requests if r.get("status") == 200
                                   and path in (None, r["target"])}

        eventually(lambda: not missing(), lambda: f"accepted: {sorted(missing())[:10]}")

    def ids(self, path=None):
        with self.lock:
            return [r["id"] for r in self.requests if path in (None, r["target"])]
