"""The API as JSON over HTTP, called with curl."""

import gzip
import hashlib
import itertools
import json
import socket
import struct
import subprocess
import threading
import time
import unittest
from urllib.parse import quote

from harness import PATIENCE, EndToEnd, eventually, header, session
from http2 import PUBLISH as GRPC_PUBLISH
from http2 import Connection, publish_request, session_event

PUBLISH = "carillon.v1.EventPublisher/Publish"
CHECK = "grpc.health.v1.Health/Check"
WATCH = "grpc.health.v1.Health/Watch"
JSON = "application/json"
RESOURCE_EXHAUSTED = "8"
PUBLISHED = 'carillon_events_published_total{{result="{}"}}'


def event(number, **more):
    return {"id": f"evt-{number}", "session": session(number), **more}


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100"):
            head, _, self.body = self.body.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        fields = (line.split(": ", 1) for line in lines[1:])
        self.headers = {name.lower(): value for name, value in fields}

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def reason(self):
        return self.json["details"][0]["debug"]["reason"]


class JsonApi(EndToEnd):
    def start(self, destinations=(), **sections):
        self.write_config(destinations, **sections)
        self.carillond = self.server()

    def curl(self, target, *arguments, data=None):
        command = ["curl", "-sS", "-i", "--noproxy", "*", "--max-time", str(int(PATIENCE)),
                   *arguments]
        if data is not None:
            command += ["--data-binary", "@-"]
        done = subprocess.run([*command, f"http://{self.carillond.admin_address}/{target}"],
                              input=data, capture_output=True, timeout=2 * PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return Answer(done.stdout)

    def post(self, method, message, *headers, content_type=JSON):
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        more = [x for header in headers for x in ("-H", header)]
        return self.curl(method, "-H", f"Content-Type: {content_type}", *more, data=data)


class Publishing(JsonApi):
    def test_an_event_published_by_curl_is_delivered(self):
        receiver = self.sink()
        self.start([{"name": "one", "url": receiver.url("/ok"), "format": "payload"}])
        answer = self.post(PUBLISH, {"events": [event(1), event(2)]})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.headers["content-type"], JSON)
        self.assertEqual(answer.headers["cache-control"], "no-store")
        self.assertEqual(answer.json, {"results": [{"id": "evt-1", "position": "1"},
                                                   {"id": "evt-2", "position": "2"}]})
        records = receiver.wait_records(2)
        self.assertEqual(sorted(header(r, "webhook-id") for r in records), ["evt-1", "evt-2"])
        again = self.post(PUBLISH, {"events": [event(1)]}).json
        self.assertEqual(again["results"][0], {"id": "evt-1", "duplicate": True, "position": "1"})

    def test_errors_are_those_of_grpc_with_their_code(self):
        self.start()
        unknown = {"type": "no.such", "session": session()}
        answer = self.post(PUBLISH, {"events": [event(1), unknown]})
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.json["code"], "invalid_argument")
        self.assertIn("events[1]", answer.json["message"])
        self.assertEqual(self.carillond.metric(PUBLISHED.format("invalid")), 1)

    def test_an_idempotency_key_is_not_ignored_in_silence(self):
        self.start()
        answer = self.post(PUBLISH, {"events": [event(1)]}, "Idempotency-Key: x")
        self.assertEqual(answer.status, 400)
        self.assertIn("give each event that is published an id", answer.json["message"])

    def test_many_callers_at_once_lose_nothing(self):
        receiver = self.sink()
        self.start([{"name": "one", "url": receiver.url("/ok"), "format": "payload"}])
        results = []

        def publish(caller):
            for number in range(10):
                answer = self.post(PUBLISH, {"events": [event(f"{caller}-{number}")]})
                results.append(answer.status)

        threads = [threading.Thread(target=publish, args=(caller,)) for caller in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [200] * 40)
        ids = {header(r, "webhook-id") for r in receiver.wait_records(40)}
        self.assertEqual(ids, {f"evt-{c}-{n}" for c in range(4) for n in range(10)})


class Access(JsonApi):
    """Tokens count by HTTP as by gRPC."""

    TOKEN = "car_" + "B" * 43
    WRONG = "Authorization: Bearer car_" + "A" * 43

    def setUp(self):
        digest = hashlib.sha256(self.TOKEN.encode()).hexdigest()
        self.start(access={"tokens": [{"name": "shop", "role": "publisher", "tenants": ["acme"],
                                       "sha256": digest}]})

    def test_who_may_publish(self):
        acme = {"events": [event(1, tenant="acme")]}
        answer = self.post(PUBLISH, acme)
        self.assertEqual((answer.status, answer.headers["www-authenticate"]), (401, "Bearer"))
        self.assertEqual(answer.reason, "CREDENTIALS_MISSING")
        right = f"Authorization: Bearer {self.TOKEN}"
        self.assertEqual(self.post(PUBLISH, acme, right).status, 200)
        answer = self.post(PUBLISH, {"events": [event(1, tenant="other")]}, right)
        self.assertEqual((answer.status, answer.json["code"]), (403, "permission_denied"))
        self.assertEqual(self.post(CHECK, {}).status, 200)

    def test_guessing_is_throttled_by_the_address_of_the_client(self):
        message = {"events": [event(1, tenant="acme")]}
        eventually(lambda: self.post(PUBLISH, message, self.WRONG).status == 429,
                   "a call that is throttled")
        # By gRPC it is counted, too, whatever address a call claims.
        claimed = itertools.count()
        with Connection(self.carillond.publish_address) as connection:
            def call():
                return connection.call(GRPC_PUBLISH, publish_request(session_event()), [
                    ("authorization", self.WRONG.split(": ")[1]),
                    ("carillon-peer", f"10.9.9.{next(claimed)}")])[0]["grpc-status"]

            eventually(lambda: call() == RESOURCE_EXHAUSTED, "a call that is throttled")


class Protocol(JsonApi):
    def setUp(self):
        self.start()

    def test_health(self):
        self.assertEqual(self.post(CHECK, {}).json, {"status": "SERVING"})
        answer = self.post(CHECK, {"service": "no.Such"})
        self.assertEqual((answer.status, answer.json["code"]), (404, "not_found"))

    def test_what_is_not_there(self):
        answer = self.post("carillon.v1.EventPublisher/Publsh", {})
        self.assertEqual((answer.status, answer.json["code"]), (404, "unimplemented"))
        self.assertIn("did you mean '/carillon.v1.EventPublisher/Publish'", answer.json["message"])
        self.assertEqual(self.post("carillon.v1.EventPublisher/PublishStream", {}).status, 501)
        self.assertEqual(self.post("no.Such/Method", {}).status, 404)

    def test_get_is_only_for_methods_without_side_effects(self):
        answer = self.curl(f"{PUBLISH}?encoding=json&message={quote('{}')}")
        self.assertEqual((answer.status, answer.headers["allow"]), (405, "POST"))

    def test_no_form_can_call(self):
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
            answer = self.post(PUBLISH, {"events": [event(1)]}, content_type=kind)
            self.assertEqual(answer.status, 415, kind)
        self.assertEqual(self.curl(PUBLISH, "-X", "OPTIONS", "-H", "Origin: http://evil.example",
                                   "-H", "Access-Control-Request-Method: POST").status, 405)
        self.assertEqual(self.carillond.metric(PUBLISHED.format("accepted")), 0)

    def test_json_is_read_strictly(self):
        for text, says in ((b"{'events': []}", "not JSON"), (b"", "empty"),
                           (b"[]", "must be an object"),
                           (b'{"events":[],"events":[]}', "events: is there twice"),
                           (b'{"events":[{"sesion":{}}]}', "did you mean 'session'"),
                           (b'{"events":[null]}', "null"), (b'{"events":{}}', "must be a list"),
                           (b'{"events":[{"id":5}]}', "events[0].id: 5 is not a string"),
                           (b'{"events":' + b"[" * 100 + b"}", "nested more than 32 deep")):
            answer = self.post(PUBLISH, text)
            self.assertEqual((answer.status, answer.reason), (400, "FIELD_INVALID"), text)
            self.assertIn(says, answer.json["message"])

    def test_gzip_both_ways(self):
        events = json.dumps({"events": [event(n) for n in range(100)]}).encode()
        answer = self.post(PUBLISH, gzip.compress(events), "Content-Encoding: gzip",
                           "Accept-Encoding: gzip")
        self.assertEqual((answer.status, answer.headers["content-encoding"]), (200, "gzip"))
        self.assertEqual(len(json.loads(gzip.decompress(answer.body))["results"]), 100)
        bomb = gzip.compress(b" " * (100 << 20))
        answer = self.post(PUBLISH, bomb, "Content-Encoding: gzip")
        self.assertEqual((answer.status, answer.reason), (429, "REQUEST_TOO_LARGE"))

    def test_a_time_that_is_over(self):
        answer = self.post(PUBLISH, {"events": [event(1)]}, "Connect-Timeout-Ms: 0")
        self.assertEqual((answer.status, answer.json["code"]), (504, "deadline_exceeded"))
        self.assertEqual(self.post(PUBLISH, {}, "Connect-Timeout-Ms: soon").status, 400)


class Bounds(JsonApi):
    def setUp(self):
        self.start()

    def test_a_huge_body(self):
        answer = self.post(PUBLISH, b" " * ((8 << 20) + 100), "Expect:")
        self.assertEqual((answer.status, answer.reason), (413, "REQUEST_TOO_LARGE"))
        answer = self.post(PUBLISH, b"{" + b" " * ((8 << 20) - 2) + b"}", "Expect:")
        self.assertEqual((answer.status, answer.json["code"]), (400, "invalid_argument"))

    def test_a_slow_body_ends_and_keeps_nobody_out(self):
        host, port = self.carillond.admin_address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as slow:
            slow.sendall(f"POST /{PUBLISH} HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\n"
                         "Content-Length: 100\r\n\r\n{".encode())
            self.assertEqual(self.post(CHECK, {}).status, 200)
            self.assertEqual(slow.recv(1), b"", "the connection is closed in the end")

    def test_hostile_json_does_not_stand_in_the_way(self):
        lists = b'{"events":[' + b",".join([b"{}"] * 1_000_000) + b"]}"
        threads = [threading.Thread(target=self.post, args=(PUBLISH, lists, "Expect:"))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        self.assertEqual(self.carillond.get("/healthz"), (200, "ok\n"))
        self.publish_events(self.carillond, [event(1)])
        for thread in threads:
            thread.join()
        self.assertEqual(self.post(CHECK, {}).status, 200)


class Streams(JsonApi):
    def test_watching_until_the_server_stops(self):
        self.start()
        watch = subprocess.Popen(
            ["curl", "-sSN", "--noproxy", "*", "-H", "Content-Type: application/connect+json",
             "--data-binary", "@-", f"http://{self.carillond.admin_address}/{WATCH}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(watch.kill)
        watch.stdin.write(struct.pack(">BI", 0, 2) + b"{}")
        watch.stdin.close()

        def message():
            flags, length = struct.unpack(">BI", watch.stdout.read(5))
            return flags, json.loads(watch.stdout.read(length))

        self.assertEqual(message(), (0, {"status": "SERVING"}))
        self.assertEqual(self.carillond.stop(), 0)
        self.assertEqual(message(), (0, {"status": "NOT_SERVING"}))
        flags, end = message()
        self.assertEqual((flags, end["error"]["code"]), (2, "unavailable"))
        watch.stdout.close()
        watch.wait(PATIENCE)


class Stop(JsonApi):
    def test_calls_without_end_do_not_hold_it_up(self):
        self.start()
        stop = threading.Event()
        seen = set()

        def call():
            while not stop.is_set():
                try:
                    seen.add(self.post(PUBLISH, {"events": [event(time.monotonic_ns())]}).status)
                except (AssertionError, IndexError, ValueError):
                    return  # the port is closed

        threads = [threading.Thread(target=call) for _ in range(4)]
        for thread in threads:
            thread.start()
        eventually(lambda: 200 in seen, "the first is answered")
        self.assertEqual(self.carillond.stop(), 0)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertLessEqual(seen, {200, 503})


if __name__ == "__main__":
    unittest.main()
