"""Stores that must not be opened, and disks that are full."""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import unittest

from harness import BIN, EndToEnd, Server, compact, eventually, header, session


class Stores(EndToEnd):
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


class Refusing(Stores):
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


class Damage(Stores):
    """What a start makes of files that something happened to, and a running process."""

    def killed(self, events=300):
        """A store as kill -9 leaves it; returns the positions that were answered."""
        server = self.server()
        results = self.publish_events(server, [{"session": session(n)} for n in range(events)],
                                      "--batch", "3")
        server.kill()
        return len(results)

    def flip(self, path, at):
        with open(path, "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 4]))

    def damage_event(self, text):
        """Flips a bit in the copy of a text that is read.

        A page that was split still holds what was moved, so the first copy in the file can be one
        that nobody reads.
        """
        at = -1
        data = self.database.read_bytes()
        while (at := data.find(text, at + 1)) >= 0:
            self.flip(self.database, at + len(text) - 1)
            with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro&immutable=1",
                                                    uri=True)) as store:
                chunks = b"".join(bytes(row[0]) for row in store.execute("SELECT records FROM journal"))
            if text not in chunks:
                return
            self.flip(self.database, at + len(text) - 1)
        self.fail(f"{text} is nowhere read")

    def advised(self):
        said = self.refused()
        self.assertIn(f"carillon store verify --data-dir {self.database.parent}", said)
        self.assertIn("carillon store salvage", said)
        return said

    def test_a_flipped_bit_in_the_write_ahead_file(self):
        answered = self.killed()
        wal = self.database.with_name("carillon.db-wal")
        self.flip(wal, wal.stat().st_size // 50)
        said = self.advised()
        self.assertIn("damaged at frame", said)
        self.assertIn(f"to {answered}", said)
        self.advised()  # the same again

    def test_verify_and_salvage(self):
        receiver = self.sink()
        receiver.set_mode("/all", "status/500")
        self.write_config([{"name": "one", "url": receiver.url("/all"), "breaker": {"off": True},
                            "retry": {"delays": ["1h"]}}])
        server = self.server()
        self.publish_events(server, [{"session": session(n)} for n in range(100)], "--batch", "5")
        eventually(lambda: server.metric('carillon_deliveries{state="parked"}') == 100, "parked")
        self.assertEqual(server.stop(), 0)
        verify = ("store", "verify", "--data-dir", self.database.parent)
        done = self.carillon(*verify)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertIn("sound", done.stdout)
        self.damage_event(b'"uuid":"uuid-42"')
        done = self.carillon(*verify)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("are damaged on disk", done.stdout)
        done = self.carillon("store", "salvage", "--data-dir", self.database.parent, "--to",
                             self.folder / "new")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        first, last = map(int, re.search(r"held positions (\d+) to (\d+)", done.stdout).groups())
        lost = last - first + 1
        self.assertIn(f"parked: {lost} deliveries", done.stdout)
        shutil.rmtree(self.database.parent)
        (self.folder / "new").rename(self.database.parent)
        self.assertEqual(self.carillon(*verify).returncode, 0)
        again = self.server()
        eventually(lambda: again.metric('carillon_deliveries{state="parked"}') == 100 - lost, "kept")
        [result] = self.publish_events(again, [{"session": session(200)}])
        self.assertEqual(int(result["position"]), 101)
        self.assertEqual(self.carillon(*verify).returncode, 1)  # in use

    def test_files_that_are_gone(self):
        self.killed()
        wal = self.database.with_name("carillon.db-wal")
        kept = wal.read_bytes()
        wal.unlink()
        self.assertIn("gone or empty", self.advised())
        wal.write_bytes(kept)
        self.database.unlink()
        self.assertIn("carillon.db is gone", self.advised())
        self.assertEqual(wal.read_bytes(), kept)

    def test_a_new_store_is_a_log_line(self):
        server = self.server()
        self.assertTrue(any("a new store was made" in line["message"]
                            for line in server.lines(server.stderr_path)))
        self.publish_events(server, [{"session": session()}])
        self.assertEqual(server.stop(), 0)
        again = self.server()
        self.assertFalse(any("new store" in line["message"]
                             for line in again.lines(again.stderr_path)))
        self.assertEqual(again.stop(), 0)
        for path in self.database.parent.rglob("*"):
            self.assertEqual(path.stat().st_mode & 0o777, 0o700 if path.is_dir() else 0o600, path)

    def test_a_foreign_database(self):
        self.database.parent.mkdir()
        foreign = sqlite3.connect(self.database)
        foreign.execute("CREATE TABLE contacts(name)")
        foreign.commit()
        foreign.close()
        before = self.database.read_bytes()
        self.assertIn("another program", self.refused())
        self.assertEqual(self.database.read_bytes(), before)

    def test_the_folder_is_taken_away_under_the_running_process(self):
        for how in ("deleted", "moved", "replaced"):
            server = self.server()
            self.publish_events(server, [{"session": session(n)} for n in range(3)])
            folder = self.database.parent
            if how == "deleted":
                shutil.rmtree(folder)
            else:
                folder.rename(self.folder / how)
                if how == "replaced":
                    shutil.copytree(self.folder / how, folder)
            self.assertEqual(server.wait(), 4, how)
            self.assertTrue(any("under the running process" in line.get("error", "")
                                for line in server.lines(server.stderr_path)), how)
            shutil.rmtree(folder, ignore_errors=True)

    def test_damage_between_opening_and_ready(self):
        """A parked batch that is damaged shows when its destination is opened."""
        receiver = self.sink()
        receiver.set_mode("/down", "status/500")
        self.write_config([{"name": "one", "url": receiver.url("/down"), "format": "array",
                            "batch": {"max_events": 5, "max_wait": "20ms"},
                            "retry": {"delays": ["1h"]}, "breaker": {"off": True}}])
        server = self.server()
        self.publish_events(server, [{"session": session(n)} for n in range(5)])
        eventually(lambda: server.metric('carillon_deliveries{state="parked"}') == 5, "parked")
        self.assertEqual(server.stop(), 0)
        store = sqlite3.connect(self.database)
        store.execute("UPDATE parked SET rest = x'0102030405'")
        store.commit()
        store.close()
        self.database.with_name("carillon.mark").unlink()
        self.assertIn("carillon store salvage", self.refused())

    def test_a_database_that_cannot_be_written(self):
        self.fill()
        os.chown(self.database.parent, 65534, 65534)
        for path in self.database.parent.glob("*"):
            os.chown(path, 65534, 65534)
        os.chown(self.database, 0, 65534)
        self.database.chmod(0o640)
        self.folder.chmod(0o755)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                   str(BIN / "carillond"), "--config", str(self.folder / "carillon.yaml")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("read and write its files", done.stderr)


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
        if min_free_bytes == 0:
            full = 'carillon_storage_errors_total{kind="full",operation="write"}'
            self.assertGreater(server.metric(full), 0)

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
