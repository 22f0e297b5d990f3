"""Start, health, SIGTERM, and what --check-config says."""

import os
import pathlib
import re
import shutil
import signal
import unittest
import urllib.error

from harness import BIN, EndToEnd, Program, eventually, session
from judging import Gate, Judging


class Health(EndToEnd):
    def test_pages_and_grpc_health(self):
        self.write_config()
        server = self.server()
        self.assertEqual(server.get("/healthz")[0], 200)
        self.assertEqual(server.get("/readyz")[0], 200)
        self.assertEqual(server.get("/nothing-here")[0], 404)
        done = self.carillon("health", "--address", server.publish_address)
        self.assertEqual((done.returncode, done.stdout), (0, "SERVING\n"), done.stderr)
        self.assertEqual(server.stop(), 0)
        done = self.carillon("health", "--address", server.publish_address)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is carillond running", done.stderr)

    def test_version_and_help(self):
        for program in ("carillond", "carillon-sink"):
            done = self.run_program(program, "--version")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")
            self.assertEqual(self.run_program(program, "--help").returncode, 0)
        self.assertEqual(self.run_program("carillond", "--nonsense").returncode, 2)
        self.assertEqual(self.run_program("carillond", "--config", "/no/such").returncode, 2)


class Memory(EndToEnd):
    """Whether others of the same user may read the memory, and core dumps hold it."""

    NOBODY = 65534

    def owner(self, *arguments):
        """Who owns /proc/PID/mem: the kernel gives it to root where memory is not to be had."""
        path = self.write_config()
        self.folder.chmod(0o777)
        program = shutil.copy(BIN / "carillond", self.folder)  # where nobody can read it
        command, user = program, os.geteuid()
        arguments = [*arguments, "--config", path]
        if user == 0:
            user = self.NOBODY
            command = shutil.which("setpriv")
            arguments = [f"--reuid={user}", f"--regid={user}", "--clear-groups", program, *arguments]
        server = self.started(Program(self.folder, "carillond", arguments, command=command))
        server.wait_message(server.stderr_path, "ready")
        owner = pathlib.Path(f"/proc/{server.process.pid}/mem").stat().st_uid
        self.assertEqual(server.stop(), 0)
        shutil.rmtree(self.folder / "data")
        return owner, user

    def test_no_core_dump_holds_secrets_unless_asked_for(self):
        owner, _ = self.owner()
        self.assertEqual(owner, 0)
        owner, user = self.owner("--core-dumps")
        self.assertEqual(owner, user)


class Stopping(EndToEnd):
    def stop_while_in_flight(self, number):
        gate = Gate()
        with Judging(lambda _: gate.wait() or 200) as receiver:
            self.write_config([{"name": "slow", "url": receiver.url("/x"),
                                "timeouts": {"total": "120s"}}],
                              server={"shutdown_grace": "120s"})
            self.stopped_while_in_flight(number, receiver, gate)

    def stopped_while_in_flight(self, number, receiver, gate):
        server = self.server()
        self.publish_events(server, [{"session": session()}])
        receiver.wait_open(1)
        server.signal(number)
        server.wait_message(server.stderr_path, "stopping")

        def not_ready():
            try:
                return server.get("/readyz")[0] == 503
            except (urllib.error.URLError, OSError):
                return False

        eventually(not_ready, "/readyz answers 503 while the attempt goes on")
        refused = self.publish_raw(server, "--session", "uuid=late,action=create")
        self.assertEqual(refused.returncode, 1, refused.stdout)
        self.assertIn("UNAVAILABLE", refused.stderr)
        self.assertTrue(server.alive(), "the attempt in flight was not waited for")
        gate.open()
        self.assertEqual(server.wait(), 0)

        server = self.server()
        self.publish_events(server, [{"id": "next", "session": session(2)}])
        server.wait_metric("carillon_delivered_total", 1)
        self.assertEqual(len(receiver.requests), 2, "it was sent again after the restart")

    def test_sigterm_lets_attempts_finish(self):
        self.stop_while_in_flight(signal.SIGTERM)

    def test_sigint_too(self):
        self.stop_while_in_flight(signal.SIGINT)

    def test_the_grace_ends(self):
        receiver = self.sink()
        self.write_config([{"name": "hole", "url": receiver.url("/hang"),
                            "timeouts": {"total": "120s"}}], server={"shutdown_grace": "200ms"})
        server = self.server()
        [result] = self.publish_events(server, [{"session": session()}])
        receiver.wait_records(1)
        self.assertEqual(server.stop(), 0)
        receiver.set_mode("/hang", "ok")
        self.server().wait_metric("carillon_delivered_total", 1)
        self.assertEqual(receiver.stats()["distinct"], 1)


class CheckConfig(EndToEnd):
    def check(self, path):
        """Both programs have to agree."""
        daemon = self.run_program("carillond", "--check-config", path)
        client = self.carillon("config", "check", path)
        self.assertEqual((daemon.returncode, daemon.stdout, daemon.stderr),
                         (client.returncode, client.stdout, client.stderr))
        return client

    def test_good(self):
        path = self.write_config([{"name": "one", "url": "http://127.0.0.1:1/"}])
        done = self.check(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout,
                         re.escape(str(path)) + r": good: 1 destination, 1 subscription, "
                                                r"\d+ event types\n")
        self.assertFalse((self.folder / "data").exists(), "checking opened the store")

    def test_wrong_members_are_named_by_their_path(self):
        path = self.write_config([{"name": "one", "url": "ftp://127.0.0.1/"},
                                  {"name": "two", "url": "http://127.0.0.1:1/", "colour": "red"}])
        done = self.check(path)
        self.assertEqual(done.returncode, 2)
        self.assertIn("destinations[0].url: must start with http:// or https://", done.stderr)
        self.assertIn("destinations[1].colour", done.stderr)
        self.assertEqual(self.run_program("carillond", "--config", path).returncode, 2)

    def test_without_secrets(self):
        path = self.write_config([{"name": "one", "url": "http://127.0.0.1:1/",
                                   "keys": [{"name": "k", "secret": {"env": "CARILLON_NOT_SET"}}]}])
        done = self.check(path)
        self.assertEqual(done.returncode, 2)
        self.assertIn("a variable that is not set: CARILLON_NOT_SET", done.stderr)
        for arguments in (["carillon", "config", "check", "--no-secrets", path],
                          ["carillond", "--no-secrets", "--check-config", path]):
            done = self.run_program(*arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("not looked at (--no-secrets): 1 secret,", done.stdout)

    def test_no_such_file(self):
        self.assertEqual(self.check(self.folder / "absent.yaml").returncode, 2)


if __name__ == "__main__":
    unittest.main()
