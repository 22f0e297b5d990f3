"""Where destinations must not lead, and deliveries through a forward proxy."""

import base64
import http.client
import http.server
import threading
import unittest

from harness import PATIENCE, EndToEnd, outcome, session

ANY_PORT = {"allow_ports": ["1-65535"]}
REFUSED = "carillon_guard_refused_total"


class Proxy(http.server.ThreadingHTTPServer):
    """Answers CONNECT with a tunnel for one request and its response."""

    daemon_threads = True

    def __init__(self):
        self.asked = []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self):
        self.server.asked.append((self.path, self.headers["Proxy-Authorization"]))
        self.send_response(200)
        self.end_headers()
        self.tunnelled = self.path

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        onward = http.client.HTTPConnection(self.tunnelled, timeout=PATIENCE)
        onward.request("POST", self.path, body, dict(self.headers))
        answer = onward.getresponse()
        self.send_response(answer.status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        onward.close()

    def log_message(self, *arguments):
        pass


class Guard(EndToEnd):
    def test_a_name_that_leads_inside_is_not_called(self):
        receiver = self.sink()
        port = receiver.address.rsplit(":", 1)[1]
        self.write_config([{"name": "one", "url": f"http://localhost:{port}/ok",
                            "retry": {"none": True}}], guard=ANY_PORT)
        server = self.server()
        self.publish_events(server, [{"session": session()}])
        server.wait_metric("carillon_dead_total", 1)
        self.assertEqual(server.metric(outcome("one", "blocked")), 1)
        self.assertEqual(server.metric(REFUSED), 1)
        self.assertEqual(receiver.records(), [])

    def test_a_reload_allows_it(self):
        receiver = self.sink()
        port = receiver.address.rsplit(":", 1)[1]
        destination = {"name": "one", "url": f"http://localhost:{port}/ok",
                       "retry": {"delays": ["100ms"] * 60}}
        self.write_config([destination], guard=ANY_PORT)
        server = self.server()
        self.publish_events(server, [{"session": session()}])
        server.wait_metric(REFUSED, 1)
        self.write_config([destination], guard={"allow_networks": ["127.0.0.0/8", "::1"],
                                                **ANY_PORT})
        receiver.wait_records(1)

    def test_an_address_is_refused_with_the_file(self):
        path = self.write_config([{"name": "one", "url": "http://0x7f.1:8080/"}], guard={})
        done = self.carillon("config", "check", path)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("destinations[0].url: leads to 127.0.0.1 (127.0.0.0/8, loopback): "
                      "allow it by guard.allow_networks", done.stderr)


class ForwardProxy(EndToEnd):
    def test_deliveries_go_through_it(self):
        receiver = self.sink()
        proxy = Proxy()
        self.addCleanup(proxy.close)
        self.write_config(
            [{"name": "one", "url": receiver.url("/ok")}],
            proxy={"url": f"http://127.0.0.1:{proxy.server_address[1]}", "basic": {
                "user": "carillon", "password": {"env": "PROXY_PASSWORD"}}})
        server = self.server(env={"PROXY_PASSWORD": "open sesame"})
        self.publish_events(server, [{"session": session(i)} for i in range(3)])
        server.wait_metric(outcome("one", "success"), 3)
        self.assertEqual(len(receiver.records("/ok")), 3)
        credentials = "Basic " + base64.b64encode(b"carillon:open sesame").decode()
        self.assertEqual(set(proxy.asked), {(receiver.address, credentials)})
        self.assertNotIn("sesame", server.stderr_path.read_text())


if __name__ == "__main__":
    unittest.main()
