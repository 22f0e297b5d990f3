"""TLS of the server's own ports: who is trusted, client certificates, renewal without a restart."""

import shutil
import socket
import ssl
import unittest
import urllib.error
import urllib.request

from harness import PATIENCE, EndToEnd, Server, compact, eventually, outcome, parse_metrics, session
from tls_test import make_authority, run_openssl

RENEWED = "a port has a new certificate"
NOT_TAKEN = "the configuration was not taken; the one before stays in force"
REFUSED = 'carillon_publisher_connections_closed_total{reason="refused"}'
FAILED = "a publisher's TLS handshake failed"


def make_client(folder, name, ca):
    """A client's certificate of the authority `ca`."""
    run_openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.csr")
    run_openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem",
                "-CAkey", f"{ca}.key", "-CAcreateserial", "-days", "2", "-out", f"{name}.pem")


def shown(address):
    """The certificate that a server shows."""
    host, port = address.rsplit(":", 1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            return tls.getpeercert(binary_form=True), tls.selected_alpn_protocol()


class TlsServer(Server):
    """carillond whose admin port speaks TLS, too. `context`: how it is asked."""

    context = None

    def get(self, path):
        port = self.admin_address.rsplit(":", 1)[1]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=self.context))
        try:
            with opener.open(f"https://localhost:{port}{path}", timeout=PATIENCE) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


class PortsTls(EndToEnd):
    def setUp(self):
        make_authority(self.folder)

    def tls(self, **more):
        return {"certificate": {"file": str(self.folder / "server.pem")},
                "key": {"file": str(self.folder / "server.key")}, **more}

    def write(self, url="http://127.0.0.1:9/hook", **server):
        return self.write_config([{"name": "one", "url": url, "retry": {"none": True}}],
                                 server=server)

    def client(self, server, *arguments, name="publish", ca="ca.pem"):
        port = server.publish_address.rsplit(":", 1)[1]
        what = ["--session", "uuid=u,action=create,location=Rome,stations=1,customerid=7"]
        return self.carillon(name, "--address", f"localhost:{port}", "--deadline", "10s",
                             *(["--ca-file", self.folder / ca] if ca else []), *arguments,
                             *(what if name == "publish" else []))

    def test_publishing_over_tls(self):
        sink = self.sink()
        self.write(sink.url("/hook"), publish_tls=self.tls())
        server = self.server()
        for _ in range(3):
            done = self.client(server)
            self.assertEqual(done.returncode, 0, done.stderr)
        # Many events, larger than what passes at once.
        lines = "".join(
            compact({"type": "session.create", "session": session(i, location="x" * 200)}) + "\n"
            for i in range(3000))
        port = server.publish_address.rsplit(":", 1)[1]
        done = self.carillon("publish", "--address", f"localhost:{port}",
                             "--ca-file", self.folder / "ca.pem", "--batch", "1000", "--file", "-",
                             stdin=lines)
        self.assertEqual(done.returncode, 0, done.stderr)
        server.wait_metric(outcome("one", "success"), 3003)
        done = self.client(server, name="health")
        self.assertEqual((done.returncode, done.stdout), (0, "SERVING\n"), done.stderr)
        self.assertEqual(shown(server.publish_address)[1], "h2")
        self.assertEqual(server.stop(), 0)

    def test_who_does_not_trust_it_or_speaks_no_tls_is_not_served(self):
        self.write(publish_tls=self.tls())
        server = self.server()
        run_openssl(self.folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=Another CA", "-keyout", "other.key", "-out", "other.pem",
                    "-addext", "basicConstraints=critical,CA:TRUE")
        done = self.client(server, ca="other.pem")
        self.assertEqual(done.returncode, 1, done.stderr)
        server.wait_message(server.stderr_path, FAILED)
        done = self.client(server, ca=None)  # in plain text
        self.assertEqual(done.returncode, 1, done.stderr)
        server.wait_message(server.stderr_path, FAILED, count=1)
        self.assertEqual(self.client(server).returncode, 0)
        done = self.client(server, ca="missing.pem")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--ca-file", done.stderr)

    def test_half_handshakes_hurt_nobody_and_the_bound_holds(self):
        self.write(publish_tls=self.tls(), max_publisher_connections_per_peer=20)
        server = self.server()
        host, port = server.publish_address.rsplit(":", 1)
        silent = []

        def open_one():
            silent.append(socket.create_connection((host, int(port)), timeout=PATIENCE))

        for _ in range(10):
            open_one()
        done = self.client(server)
        self.assertEqual(done.returncode, 0, done.stderr)

        def one_is_refused():  # those that are silent for 10 s make room again
            for _ in range(21):
                open_one()
            return server.metric(REFUSED) > 0
        eventually(one_is_refused, "a connection that is refused")
        for each in silent:
            each.close()
        eventually(lambda: self.client(server).returncode == 0, "room for another handshake")

    def test_clients_show_a_certificate_of_the_authority(self):
        self.write(publish_tls=self.tls(client_ca={"file": str(self.folder / "ca.pem")}))
        server = self.server()
        make_client(self.folder, "shop", "ca")
        run_openssl(self.folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=stranger", "-keyout", "stranger.key", "-out", "stranger.pem")

        def show(name):
            return ["--certificate-file", self.folder / f"{name}.pem",
                    "--key-file", self.folder / f"{name}.key"]
        self.assertEqual(self.client(server).returncode, 1)
        self.assertEqual(self.client(server, *show("stranger")).returncode, 1)
        done = self.client(server, *show("shop"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_renewed_certificate_is_shown_without_a_restart(self):
        self.write(publish_tls=self.tls(), admin_tls=self.tls())
        server = self.started(TlsServer(self.folder, self.folder / "carillon.yaml"))
        server.context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        server.wait_ready()
        before = shown(server.publish_address)[0]
        self.assertEqual(shown(server.admin_address), (before, "http/1.1"))
        fresh = self.folder / "fresh"
        fresh.mkdir()
        make_authority(fresh)
        # A connection that is open stays so.
        port = int(server.admin_address.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as plain, \
                server.context.wrap_socket(plain, server_hostname="localhost") as kept:
            shutil.copy(self.folder / "ca.pem", self.folder / "old-ca.pem")
            for file in fresh.iterdir():
                shutil.copy(file, self.folder)

            def renewed():  # asks meanwhile: a connection that idles is closed
                kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertTrue(kept.recv(4096).startswith(b"HTTP/1.1 200"))
                return all(shown(address)[0] != before
                           for address in (server.publish_address, server.admin_address))
            eventually(renewed, "the new certificate on both ports")
            eventually(lambda: len(server.log(RENEWED)) == 2, "a line of each port")
        self.assertEqual(self.client(server).returncode, 0)
        self.assertEqual(self.client(server, ca="old-ca.pem").returncode, 1)
        server.context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        # One that is of no use is not taken.
        (self.folder / "server.pem").write_text("nonsense")
        line = server.wait_message(server.stderr_path, NOT_TAKEN)
        self.assertIn("_tls.certificate.file: holds no PEM certificate", line["error"])
        self.assertEqual(self.client(server).returncode, 0)
        self.assertEqual(server.get("/healthz")[0], 200)

    def test_the_admin_port(self):
        self.write(admin_tls=self.tls(client_ca={"file": str(self.folder / "ca.pem")}))
        make_client(self.folder, "prometheus", "ca")
        server = self.started(TlsServer(self.folder, self.folder / "carillon.yaml"))
        server.context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        server.context.load_cert_chain(self.folder / "prometheus.pem",
                                       self.folder / "prometheus.key")
        server.wait_ready()
        self.assertEqual(server.get("/readyz")[0], 200)
        self.assertIn("carillon_publisher_connections", parse_metrics(server.get("/metrics")[1]))
        server.context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        with self.assertRaises((OSError, urllib.error.URLError)):
            server.get("/readyz")
        # The other port has no TLS.
        self.publish_events(server, [{"session": session()}])

    def test_what_is_wrong_is_said_before_the_start(self):
        missing = {"file": str(self.folder / "missing.pem")}
        for server, error in (
                ({"publish_tls": self.tls(certificate=missing)},
                 "server.publish_tls.certificate.file: cannot be opened"),
                ({"admin_tls": self.tls(key=missing)},
                 "server.admin_tls.key.file: cannot be opened"),
                ({"publish_tls": self.tls(key={"file": str(self.folder / "ca.key")})},
                 "server.publish_tls.key.file: does not belong to the certificate"),
                ({"publish_tls": {"certificate": {"file": str(self.folder / "server.pem")}}},
                 "server.publish_tls: needs a certificate and its key"),
                ({"publish_tls": self.tls(client_ca={"file": str(self.folder / "ca.key")})},
                 "server.publish_tls.client_ca.file: holds no PEM certificate")):
            path = self.write(**server)
            done = self.run_program("carillond", "--config", path)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(error, done.stderr)


if __name__ == "__main__":
    unittest.main()
