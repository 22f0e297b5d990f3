"""A receiver inside the test: answers each path as a script says, where carillon-sink cannot."""

import collections
import http.server
import sys
import threading
import time

from harness import all_come


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512  # else a burst of connections waits for the kernel to ask again

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # else the sender was killed
            super().handle_error(request, client_address)


class Scripted:
    """`answers` by path: a list of (status, headers), the last of which is repeated; a callable is
    asked when it is due. Any other path gets 200. Used as a context manager. What one request
    costs does not grow with how many came before it."""

    def __init__(self, answers=None):
        self.answers = dict(answers or {})
        self.requests = []
        self.by_target = collections.defaultdict(list)
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.take(self)

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def take(self, handler):
        body = handler.rfile.read(int(handler.headers["content-length"])).decode()
        with self.lock:
            script = self.answers.get(handler.path, [(200, {})])
            answer = script[min(len(self.by_target[handler.path]), len(script) - 1)]
            self.keep({"target": handler.path, "headers": handler.headers.items(), "body": body,
                       "at": time.monotonic()})
        status, headers = answer() if callable(answer) else answer
        handler.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()

    def keep(self, request):
        """Called under the lock."""
        self.requests.append(request)
        self.by_target[request["target"]].append(request)

    def at(self, path):
        with self.lock:
            return list(self.by_target[path])

    def wait(self, path, count):
        """At least `count` requests to `path`, as soon as they are there."""
        all_come(lambda: len(self.at(path)), count, f"requests at {path}")
        return self.at(path)
