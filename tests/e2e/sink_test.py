"""The receiver itself: the other tests believe what it says."""

import http.client
import json
import socket
import unittest

from harness import EndToEnd, OTHER_SECRET, PATIENCE, SECRET, contract, eventually, header


class Raw:
    """A bare connection."""

    def __init__(self, sink, timeout=PATIENCE):
        host, port = sink.address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text.encode())
        return self

    def post(self, path, body="{}", headers=""):
        return self.send(f"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}"
                         f"Content-Length: {len(body)}\r\n\r\n{body}")

    def read(self, most=1 << 16):
        return self.socket.recv(most).decode()

    def read_all(self):
        data = b""
        while piece := self.socket.recv(1 << 16):
            data += piece
        return data.decode()


class Expecting(EndToEnd):
    """`--expect`: for a test that ends when what it published came."""

    def post(self, sink, event_id, path="/ok", signature=None):
        headers = {"webhook-id": event_id}
        if signature:
            headers |= {"webhook-timestamp": "1", "webhook-signature": signature}
        connection = http.client.HTTPConnection(sink.address, timeout=PATIENCE)
        connection.request("POST", path, "{}", headers)
        status = connection.getresponse().status
        connection.close()
        return status

    def test_ends_when_all_came(self):
        sink = self.sink("--expect", "a", "--expect", "b", "--within", "600")
        self.assertEqual(self.post(sink, "other"), 200)
        self.assertEqual(self.post(sink, "a"), 200)
        self.assertEqual(self.post(sink, "b", "/status/503"), 503)
        self.assertEqual(self.post(sink, "a"), 200)
        self.assertTrue(sink.alive())
        self.assertEqual(self.post(sink, "b"), 200)
        self.assertEqual(sink.wait(), 0)

    def test_says_what_did_not_come(self):
        sink = self.sink("--expect", "a", "--expect", "b", "--within", "5", "--secret", SECRET)
        self.post(sink, "b", signature="v1,AAAA")
        self.assertEqual(sink.wait(), 3)
        self.assertEqual(sink.stderr_path.read_text(),
                         "carillon-sink: not within 5 s: a, b (its signature is wrong)\n")


class Answers(EndToEnd):
    def setUp(self):
        self.receiver = self.sink("--default-status", "202", "--mode", "/mine=status/418")

    def post(self, path, headers=None, body="{}"):
        connection = http.client.HTTPConnection(self.receiver.address, timeout=PATIENCE)
        connection.request("POST", path, body, headers or {})
        response = connection.getresponse()
        result = response.status, response.read(), response
        connection.close()
        return result

    def test_statuses(self):
        for path, status in (("/ok", 202), ("/anything", 202), ("/status/503", 503),
                             ("/status/204", 204), ("/slow/1", 202), ("/slow/1/500/more", 500),
                             ("/mine", 418), ("/redirect", 302), ("/retryafter/7", 429),
                             ("/status/none", 202)):
            with self.subTest(path):
                self.assertEqual(self.post(path)[0], status)
        self.assertEqual(self.post("/retryafter/7")[2].getheader("Retry-After"), "7")

    def test_flaky_counts_by_id(self):
        for name in ("a", "b"):
            statuses = [self.post("/flaky/3", {"webhook-id": name})[0] for _ in range(4)]
            self.assertEqual(statuses, [503, 503, 202, 202])
        flaky = self.receiver.stats()["targets"]["/flaky/3"]
        self.assertEqual((flaky["requests"], flaky["distinct"], flaky["duplicates"]), (8, 2, 2))

    def test_behaviors_change_at_run_time(self):
        self.assertEqual(self.post("/x")[0], 202)
        self.receiver.set_mode("/x", "status/500")
        self.assertEqual(self.post("/x?query=1")[0], 500)
        self.receiver.set_mode("/x", "")
        self.assertEqual(self.post("/x")[0], 202)
        self.assertEqual(self.post("/_set?path=/x&mode=nonsense")[0], 400)

    def test_what_is_recorded(self):
        body = '{"a": "\u00e9\\" \\\\ \\u0000"}\n'
        self.post("/ok?q=1", {"X-One": "1", "webhook-id": "id-1"}, body.encode())
        [record] = self.receiver.records()
        self.assertEqual((record["method"], record["target"], record["body"], record["status"]),
                         ("POST", "/ok?q=1", body, 202))
        self.assertEqual(header(record, "x-one"), "1")
        self.assertIsNone(record["verified"])

    def test_misbehavior(self):
        with Raw(self.receiver) as raw:
            self.assertEqual(raw.post("/close").read_all(), "")
        with Raw(self.receiver) as raw, self.assertRaises(ConnectionResetError):
            raw.post("/reset").read_all()
        with Raw(self.receiver) as raw:
            self.assertNotIn("HTTP/1.1", raw.post("/garbage").read_all())
        with Raw(self.receiver) as raw:
            answer = raw.post("/short").read_all()
            self.assertIn("Content-Length: 1000", answer)
        with Raw(self.receiver) as raw:
            raw.post("/drip")
            pieces = "".join(raw.read() for _ in range(5))
            self.assertNotIn("\r\n\r\n", pieces)
        with Raw(self.receiver) as raw:
            raw.post("/endless")
            got = sum(len(raw.read()) for _ in range(50))
            self.assertGreater(got, 10_000)
        with Raw(self.receiver, timeout=0.3) as raw, self.assertRaises(TimeoutError):
            raw.post("/hang").read()
        eventually(lambda: self.receiver.stats()["in_flight"] == 0, "left connections are noticed")

    def test_requests_that_are_none(self):
        for text, status in (("nonsense\r\n\r\n", 400), ("\x16\x03\x01", 400),
                             ("GET / HTTP/2\r\n\r\n", 400),
                             ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
                             ("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
                             ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
                             ("GET / HTTP/1.1\r\nX: " + "x" * 70_000 + "\r\n\r\n", 431)):
            with self.subTest(text[:40]), Raw(self.receiver) as raw:
                self.assertIn(f"HTTP/1.1 {status} ", raw.send(text).read())

    def test_pipelined_and_split_requests(self):
        with Raw(self.receiver) as raw:
            raw.post("/ok", "first").post("/ok", "second")
            for piece in ("POST /ok HT", "TP/1.1\r\nContent-Le", "ngth: 5\r\n", "\r\nth", "ird"):
                raw.send(piece)
            self.receiver.wait_records(3)
        self.assertEqual([r["body"] for r in self.receiver.records()],
                         ["first", "second", "third"])
        self.assertEqual({r["connection"] for r in self.receiver.records()}, {1})


class Verifying(EndToEnd):
    def test_known_answers(self):
        answers = [a for a in contract("standard-webhooks")["known_answers"]
                   if a["secret"].startswith("whsec_")]
        receiver = self.sink(*[x for a in answers for x in ("--secret", a["secret"])])
        for answer in answers:
            for body in (answer["body"], answer["body"] + " "):
                with Raw(receiver) as raw:
                    raw.post("/ok", body, f"webhook-id: {answer['id']}\r\n"
                                          f"webhook-timestamp: {answer['timestamp']}\r\n"
                                          f"webhook-signature: v1,bm8= {answer['signature']}\r\n")
                    raw.read()
        self.assertEqual([r["verified"] for r in receiver.records()], [True, False] * len(answers))
        stats = receiver.stats()
        self.assertEqual((stats["verified"], stats["failed"]), (len(answers), len(answers)))

    def test_arguments(self):
        for arguments in (["--secret", "nonsense"], ["--mode", "nonsense"], ["--nonsense"],
                          ["--address", "nowhere"], ["--default-status", "1"]):
            done = self.run_program("carillon-sink", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
        taken = self.sink("--secret", SECRET, "--secret", OTHER_SECRET)
        self.assertEqual(self.run_program("carillon-sink", "--address", taken.address).returncode, 1)
        self.assertEqual(taken.stop(), 0)

    def test_print(self):
        receiver = self.sink("--print")
        with Raw(receiver) as raw:
            raw.post("/ok", '{"a":1}\x1b[31m', "X-Thing: yes\r\n").read()
        text = receiver.stdout_path.read_text()
        for part in ("POST /ok HTTP/1.1", "X-Thing: yes", '{"a":1}', "answered with 200"):
            self.assertIn(part, text)
        self.assertNotIn("\x1b", text)
        self.assertEqual(json.loads(text.splitlines()[0])["message"], "ready")


if __name__ == "__main__":
    unittest.main()
