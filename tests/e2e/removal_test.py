"""Deliveries that die with their destination: `--against` says how many before, each is counted, and
the log says how many a reload gave up, or what a start found."""

import contextlib
import http.server
import json
import os
import signal
import socket
import threading
import unittest

from harness import EndToEnd, eventually, session
from judging import Gate, Judging

REMOVED = 'carillon_given_up_total{reason="removed"}'
DISABLED = 'carillon_destinations{state="disabled"}'
OPEN = 'carillon_destinations{state="open"}'
PARKED = 'carillon_deliveries{state="parked"}'
LINE = "deliveries are given up: their destination was taken out of the configuration"
LEFT = "a destination was taken out of the configuration while the service was down: " \
       "what it had left is given up"
CUT_SHORT = "a destination was being taken out of the configuration when the service ended: " \
            "what it had left is given up"


def events(first, end):
    return [{"id": f"e-{n}", "session": session(n)} for n in range(first, end)]


@contextlib.contextmanager
def answering(status, body, length=None):
    """A server that gives everybody this answer."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Removal(EndToEnd):
    def setUp(self):
        self.status = 503

    def judge(self, request):
        return self.status if request["target"] == "/x" else 200

    def write_config(self, *arguments, **more):
        # Syncs are counted: those of the delivery log and the statistics are not among them.
        return super().write_config(*arguments, delivery_log={"enabled": False},
                                    statistics={"enabled": False}, **more)

    def configure(self, receiver, name="one", path=None, **more):
        return self.write_config([{"name": name, "url": receiver.url("/x"), **more},
                                  {"name": "other", "url": receiver.url("/other")}], path=path)

    def begin(self, receiver, count, **more):
        self.configure(receiver, **more)
        server = self.server()
        self.publish_events(server, events(0, count))
        receiver.wait_accepted([f"e-{n}" for n in range(count)], "/other")
        return server

    def gone(self, server, count, **parts):
        """`count` were given up, as metric and log say."""
        server.wait_metric(REMOVED, count)
        self.assertEqual(server.metric(REMOVED), count)
        self.assertEqual(server.metric("carillon_dead_total"), count)
        [line] = eventually(lambda: server.log(LINE), "the log says so")
        self.assertEqual(line["destination"], "default/one")
        self.assertEqual(line["deliveries"], count)
        self.assertEqual({part: line[part] for part in parts}, parts)
        self.assertEqual(self.foretold, count)
        [reloaded] = eventually(lambda: server.log("configuration reloaded"), "the reload is told")
        if not reloaded["given_up_counting"]:
            self.assertEqual(reloaded["given_up"], count)

    def rename(self, server, receiver):
        """Another name: foretold by both programs, and done."""
        # Not the server's own file: that would be taken a second after it was written.
        file = self.configure(receiver, "two", self.folder / "new.yaml", disabled=True)
        url = f"http://{server.admin_address}"
        done = self.carillon("config", "check", "--against", url, file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("2 destinations in force, 1 taken out, 1 new", done.stdout)
        self.assertIn("a reload takes all of it", done.stdout)
        same = self.run_program("carillond", "--check-config", file, "--against", url)
        self.assertEqual((same.returncode, same.stdout), (0, done.stdout))
        self.foretold = int(done.stdout.split("given up in all: ")[1].split("\n")[0])
        file.rename(self.folder / "carillon.yaml")
        server.signal(signal.SIGHUP)

    def test_retries_that_wait(self):
        with Judging(self.judge) as receiver:
            server = self.begin(receiver, 10, retry={"delays": ["1h"]}, breaker={"off": True})
            server.wait_metric(PARKED, 10)
            self.rename(server, receiver)
            self.gone(server, 10, parked=10, unsent=0, behind=0)

    def test_what_a_disabled_destination_kept(self):
        self.status = 410
        with Judging(self.judge) as receiver:
            server = self.begin(receiver, 1)
            server.wait_metric(DISABLED, 1)
            self.publish_events(server, events(1, 3001), "--batch", "500")
            receiver.wait_accepted(["e-3000"], "/other")
            eventually(lambda: server.metric("carillon_journal_watermark") >= 3001,
                       "others are settled")
            self.rename(server, receiver)
            self.gone(server, 3001)

    def test_what_waits_behind_an_open_breaker(self):
        with Judging(self.judge) as receiver:
            server = self.begin(receiver, 40, retry={"delays": ["1h"]}, concurrency=1,
                                breaker={"consecutive_failures": 3, "delay": "10m"})
            server.wait_metric(OPEN, 1)
            self.rename(server, receiver)
            self.gone(server, 40, parked=3)

    def test_what_is_in_flight_and_in_memory(self):
        gate = Gate()

        def judge(request):
            if request["target"] == "/x":
                gate.wait()
            return 200

        with Judging(judge) as receiver:
            server = self.begin(receiver, 20, concurrency=1)
            self.rename(server, receiver)
            self.gone(server, 20, parked=0, behind=0)
            gate.open()

    def test_what_was_taken_out_while_the_service_was_down(self):
        with Judging(self.judge) as receiver:
            server = self.begin(receiver, 10, retry={"delays": ["1h"]}, breaker={"off": True})
            server.wait_metric(PARKED, 10)
            self.assertEqual(server.stop(), 0)
            self.configure(receiver, name="two", disabled=True)
            server = self.server()
            server.wait_metric(REMOVED, 10)
            self.assertEqual(server.metric(REMOVED), 10)
            self.assertEqual(server.metric("carillon_dead_total"), 10)
            [line] = eventually(lambda: server.log(LEFT), "the log says so")
            self.assertEqual((line["destination"], line["parked"], line["events_not_got"]),
                             ("default/one", 10, 0))

    def test_what_a_disabled_one_had_not_got_when_it_was_taken_out_is_told(self):
        self.status = 410
        with Judging(self.judge) as receiver:
            server = self.begin(receiver, 1)
            server.wait_metric(DISABLED, 1)
            self.publish_events(server, events(1, 101), "--batch", "50")
            receiver.wait_accepted(["e-100"], "/other")
            self.assertEqual(server.stop(), 0)
            self.configure(receiver, name="two", disabled=True)
            server = self.server()
            [line] = eventually(lambda: server.log(LEFT), "the log says so")
            self.assertGreaterEqual(line["parked"] + line["events_not_got"], 100)
            self.assertLessEqual(line["parked"] + line["events_not_got"], 102)

    def kill_at_sync(self, syncs):
        """Ten retries wait when their destination is taken out; the service is killed at the sync
        after so many, and the destination put back. Returns what was and is running."""
        hold = self.folder / "hold"
        held, let = self.folder / "hold.held", self.folder / "hold.pass"
        other = {"name": "other", "url": self.receiver.url("/other")}
        before = self.server(env={"LD_PRELOAD": os.environ["CARILLON_HOLD"],
                                  "CARILLON_HOLD_SYNC": str(hold)})
        self.publish_events(before, events(0, 10))
        self.receiver.wait_accepted([f"e-{n}" for n in range(10)], "/other")
        before.wait_metric(PARKED, 10)
        before.settled()
        hold.touch()
        self.write_config([other])
        before.signal(signal.SIGHUP)
        eventually(held.exists, "the first sync")
        for _ in range(syncs):
            let.touch()
            eventually(lambda: not let.exists(), "it goes on")
            eventually(held.exists, "the next sync")
        if syncs:
            eventually(lambda: before.log(LINE), "what is given up is told")
        before.kill()
        hold.unlink()
        self.first, self.status = len(self.receiver.requests), 200
        # What was parked for an hour is brought forward where it is still there.
        self.configure(self.receiver, retry={"delays": ["1s"]})
        return before, self.server()

    def check_new_life(self, after):
        """It got what was accepted since, and nothing else is left."""
        self.publish_events(after, events(10, 20))
        new = [f"e-{n}" for n in range(10, 20)]
        self.receiver.wait_accepted(new, "/x")
        after.wait_metric("carillon_delivered_total", 20)
        _, body = eventually(lambda: (lambda a: a[0] == 200 and a)(after.get("/pending")), "a page")
        for destination in json.loads(body)["destinations"]:
            self.assertEqual({key: destination[key] for key in
                              ("parked", "in_memory", "in_flight", "behind")},
                             {"parked": 0, "in_memory": 0, "in_flight": 0, "behind": 0})
        got = [r["id"] for r in self.receiver.requests[self.first:] if r["target"] == "/x"]
        self.assertEqual(sorted(got), new)

    def killed_at_sync(self, syncs, told):
        """`told`: deliveries that the next start tells of."""
        with Judging(self.judge) as self.receiver:
            self.configure(self.receiver, retry={"delays": ["1h"]}, breaker={"off": True})
            before, after = self.kill_at_sync(syncs)
            self.check_new_life(after)
            self.assertEqual([line["deliveries"] for line in before.log(LINE)],
                             [10] if syncs else [])
            self.assertEqual([(line["destination"], line["parked"]) for line in after.log(CUT_SHORT)],
                             [("default/one", told)] if told else [])
            self.assertEqual(after.log(LEFT), [])
            self.assertEqual(after.metric(REMOVED), told)
            self.assertEqual(after.metric("carillon_dead_total"), told)

    def test_killed_while_it_is_marked_as_taken_out(self):
        self.killed_at_sync(0, told=10)

    def test_killed_when_it_is_out_and_nothing_of_that_is_written(self):
        self.killed_at_sync(1, told=10)  # for the second time

    def test_killed_when_its_retries_are_written_to_be_dead(self):
        self.killed_at_sync(2, told=0)

    def test_the_page(self):
        with Judging(self.judge) as receiver:
            server = self.begin(receiver, 10, retry={"delays": ["1h"]}, breaker={"off": True})
            server.wait_metric(PARKED, 10)
            status, body = eventually(
                lambda: (lambda answer: answer[0] == 200 and answer)(server.get("/pending")),
                "the page is there")
            page = json.loads(body)
            by_name = {d["name"]: d for d in page["destinations"]}
            self.assertEqual(set(by_name), {"one", "other"})
            self.assertEqual(by_name["one"], {
                "tenant": "default", "name": "one", "parked": 10, "in_memory": 0, "in_flight": 0,
                "behind": 0})
            self.assertEqual(page["left_out"], 0)

    def test_what_needs_a_restart_is_named(self):
        with Judging(self.judge) as receiver:
            self.configure(receiver)
            server = self.server()
            file = self.write_config([{"name": "one", "url": receiver.url("/x")}],
                                     path=self.folder / "new.yaml",
                                     server={"max_batch_events": 7}, resolver={"attempts": 1})
            done = self.carillon("config", "check", "--against", f"http://{server.admin_address}",
                                 file)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("restart needed: a reload leaves as it is: server, resolver", done.stdout)
            file.rename(self.folder / "carillon.yaml")
            server.signal(signal.SIGHUP)
            [line] = eventually(lambda: server.log("configuration reloaded"), "it is reloaded")
            self.assertIs(line["restart_needed"], True)
            self.assertEqual(line["restart_needed_for"], "server,resolver")

    def test_a_server_that_cannot_be_asked(self):
        with Judging(self.judge) as receiver:
            self.configure(receiver)
            for url, code, words in self.bad_servers():
                with self.subTest(url=url, words=words):
                    done = self.carillon("config", "check", "--against", url,
                                         self.folder / "carillon.yaml")
                    self.assertEqual(done.returncode, code, done.stderr)
                    self.assertIn(words, done.stderr)
                    same = self.run_program("carillond", "--check-config",
                                            self.folder / "carillon.yaml", "--against", url)
                    self.assertEqual(same.returncode, code, same.stderr)
                    self.assertIn(words, same.stderr)

    def bad_servers(self):
        yield "", 2, "--against"
        yield "localhost:7081", 2, "must start with http"
        yield "https://127.0.0.1:7081", 2, "not https"
        yield "http://127.0.0.1:7081/metrics", 2, "no path"
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as closed:
            port = closed.getsockname()[1]
        yield f"http://127.0.0.1:{port}", 1, "refused"
        with answering(404, b"no such page\n") as url:
            yield url, 1, "older than this program"
        with answering(200, b"<html>") as url:
            yield url, 1, "is not the page /pending"
        with answering(200, b"", length=1 << 40) as url:
            yield url, 1, "longer than"

    def test_nothing_is_said_of_one_that_had_nothing(self):
        self.status = 200
        with Judging(self.judge) as receiver:
            server = self.begin(receiver, 5)
            receiver.wait_accepted([f"e-{n}" for n in range(5)], "/x")
            server.wait_metric("carillon_delivered_total", 10)
            self.rename(server, receiver)
            eventually(lambda: server.metric(DISABLED) == 1, "the change is in force")
            self.assertEqual(self.foretold, 0)
            self.assertEqual(server.metric(REMOVED), 0)
            self.assertEqual(server.log(LINE), [])


if __name__ == "__main__":
    unittest.main()
