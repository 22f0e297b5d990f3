"""Stores that must not be opened, and disks that are full."""

import os
import sqlite3
import subprocess
import unittest

from harness import EndToEnd, Server, compact, eventually, header, session


class Refusing(EndToEnd):
    def setUp(self):
        self.write_config()
        self.database = self.folder / "data" / "carillon.db"

    def fill(self):
        """A store with some events in it."""
        server = self.server()
        self.publish_events(server, [{"session": session(n)} for n in range(2000)])
        self.assertEqual(server.stop(), 0)

    def refused(self):
        """Starts on what is there; returns what it said."""
        server = self.started(Server(self.folder, self.folder / "carillon.yaml"))
        self.assertEqual(server.wait(), 3, "exit code")
        return server.stderr_path.read_text()

    def test_a_newer_schema(self):
        self.fill()
        store = sqlite3.connect(self.database)
        [version] = store.execute("PRAGMA user_version").fetchone()
        store.execute(f"PRAGMA user_version={version + 1}")
        store.close()
        self.assertIn("newer", self.refused())
        store = sqlite3.connect(self.database)
        store.execute(f"PRAGMA user_version={version}")
        store.close()
        self.server()

    def test_a_file_that_is_no_store(self):
        self.fill()
        for path in self.database.parent.glob("carillon.db-*"):
            path.unlink()
        self.database.write_bytes(b"this is not a database\n" * 1000)
        self.assertIn(str(self.database.parent), self.refused())

    def test_pages_that_are_damaged(self):
        self.fill()
        with open(self.database, "r+b") as file:
            file.seek(4096)
            size = os.fstat(file.fileno()).st_size
            file.write(os.urandom(size - 4096))
        self.assertIn(str(self.database.parent), self.refused())

    def test_in_use_by_another_process(self):
        first = self.server()
        self.assertIn("another process", self.refused())
        self.assertTrue(first.alive())
        self.publish_events(first, [{"session": session()}])


class FullDisk(EndToEnd):
    """On a small file system of its own; needs the right to mount one."""

    DISK = "64m"
    BALLAST = 44 << 20  # more than the journal takes while it moves what is in its log

    def setUp(self):
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.DISK}", "tmpfs", self.disk],
                              capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest("mounting a small file system is forbidden here (run as root): "
                          + done.stderr.strip())
        self.addCleanup(self.unmount)
        self.ballast = self.disk / "ballast"
        self.ballast.write_bytes(b"\0" * self.BALLAST)

    def unmount(self):
        for program in self.programs:
            program.kill()
        subprocess.run(["umount", self.disk], check=True)

    def fill_and_recover(self, min_free_bytes):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/ok"), "format": "payload"}],
                          event_types=[{"name": "bulk"}],
                          journal={"data_dir": str(self.disk / "data"),
                                   "min_free_bytes": min_free_bytes})
        server = self.server()
        lines = "".join(compact({"type": "bulk", "json": {"n": n, "fill": "x" * 4000}}) + "\n"
                        for n in range(10_000))
        done = self.publish_raw(server, "--file", "-", "--batch", "50", stdin=lines)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("RESOURCE_EXHAUSTED", done.stderr)
        accepted = done.stdout.count("\n")
        self.assertGreater(accepted, 0)
        self.assertTrue(server.alive())
        # What was accepted is delivered though there is no room.
        eventually(lambda: receiver.stats()["distinct"] >= accepted,
                   lambda: f"{accepted} delivered: {receiver.stats()}")
        self.assertEqual(server.get("/healthz")[0], 200)
        eventually(lambda: server.metric("carillon_publishing_accepted") == 0,
                   "the metric says that publishing is refused")

        self.ballast.unlink()
        extra = self.folder / "extra.jsonl"
        extra.write_text('{"id":"after","session":{"uuid":"after","action":"create"}}\n')
        self.publish(server, "--file", extra, "--retry-for", "30s")
        eventually(lambda: any(header(r, "webhook-id") == "after" for r in receiver.records()),
                   "the event published after space returned arrives")
        self.assertEqual(server.stop(), 0)
        again = self.server()
        self.assertEqual(self.publish(again, "--file", extra)[0]["duplicate"], True)
        self.assertEqual(receiver.stats()["duplicates"], 0)

    def test_below_the_mark(self):
        self.fill_and_recover(6 << 20)

    def test_no_byte_left(self):
        self.fill_and_recover(0)


if __name__ == "__main__":
    unittest.main()
