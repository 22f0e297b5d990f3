"""The log: a reader that is stuck holds nothing up, and nobody forges a line. Signals right after the start."""

import fcntl
import json
import os
import re
import signal
import subprocess
import time
import unittest

from harness import BIN, EndToEnd, eventually, http, parse_metrics
from http2 import (END_HEADERS, HEADERS, PUBLISH, Connection, frame, literal, publish_request,
                   request_headers, session_event)


class StuckReader(EndToEnd):
    def test_a_full_pipe_holds_nothing_up(self):
        """A pipe that is full from the start and that nobody reads."""
        receiver = self.sink()
        # What takes port 0 cannot be asked for it: the log says where, and nobody reads that.
        probe = self.write_config([{"name": "one", "url": receiver.url("/")}])
        first = self.server(probe)
        addresses = {"publish_address": first.publish_address, "admin_address": first.admin_address}
        self.assertEqual(first.stop(), 0)
        path = self.write_config([{"name": "one", "url": receiver.url("/")}],
                                 server={**addresses, "log_level": "debug"})
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETFL, fcntl.fcntl(write, fcntl.F_GETFL) | os.O_NONBLOCK)
        try:
            while True:
                os.write(write, b"x" * 4096)
        except BlockingIOError:
            pass
        fcntl.fcntl(write, fcntl.F_SETFL, fcntl.fcntl(write, fcntl.F_GETFL) & ~os.O_NONBLOCK)
        process = subprocess.Popen([str(BIN / "carillond"), "--config", str(path)], stderr=write,
                                   stdin=subprocess.DEVNULL, cwd=self.folder)
        try:
            def ready():
                try:
                    return http("GET", f"http://{addresses['admin_address']}/readyz", 2)[0] == 200
                except OSError:
                    return False

            eventually(ready, "it is ready")
            for number in range(20):
                path.write_text(path.read_text() + " ")
                process.send_signal(signal.SIGHUP)
                done = self.carillon("publish", "--address", addresses["publish_address"], "--session",
                                     f"uuid=u{number},action=create")
                self.assertEqual(done.returncode, 0, done.stderr)
            receiver.wait_records(20)
            name = 'carillon_config_reloads_total{result="ok"}'
            eventually(lambda: parse_metrics(
                http("GET", f"http://{addresses['admin_address']}/metrics")[1])[name] >= 1, "a reload")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(60), 0)
        finally:
            process.kill()
            process.wait()
            os.close(read)
            os.close(write)


class GrpcLines(EndToEnd):
    def test_headers_forge_no_line_and_write_no_megabytes(self):
        self.write_config()
        server = self.server()
        forged = '\n{"time":"now","level":"error","message":"forged"}\n'
        for _ in range(300):
            with Connection(server.publish_address) as connection:
                stream = connection.next_stream()
                connection.try_send(frame(HEADERS, END_HEADERS, stream, request_headers(PUBLISH) +
                                          literal("grpc-timeout", forged) + literal("te", forged) +
                                          literal("x-bad", forged * 50) + literal("content-type", forged)))
                connection.serve(0.01)
        with Connection(server.publish_address) as connection:
            answer = connection.call(PUBLISH, publish_request(session_event()))
        self.assertEqual(answer[0]["grpc-status"], "0")
        self.assertEqual(server.stop(), 0)
        text = server.stderr_path.read_text()
        for line in text.splitlines():
            self.assertNotEqual(json.loads(line)["message"], "forged")
        self.assertLess(len(text), 200_000)


class Signals(EndToEnd):
    def test_a_signal_during_the_start_is_waited_for(self):
        path = self.write_config([{"name": f"d{i}", "url": f"http://127.0.0.1:9/{i}"} for i in range(3000)],
                                 subscriptions=[])
        for pause in (0.05, 0.1, 0.2, 0.3):
            process = subprocess.Popen([str(BIN / "carillond"), "--config", str(path)],
                                       stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=self.folder)
            try:
                # From the loader on, which is before `main`.
                eventually(lambda: self.blocked(process.pid) or process.poll() is not None,
                           "signals are blocked")
                time.sleep(pause)
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(60), 0)
            finally:
                process.kill()
                process.wait()

    @staticmethod
    def blocked(pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            mask = int(re.search(r"SigBlk:\s*([0-9a-f]+)", file.read())[1], 16)
        return bool(mask >> (signal.SIGTERM - 1) & 1)


if __name__ == "__main__":
    unittest.main()
