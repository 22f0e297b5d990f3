"""kill -9 at random instants under publishing load: nothing that was answered is lost.

CARILLON_E2E_SEED repeats a run's instants, CARILLON_E2E_KILLS sets their number (default 60)."""

import collections
import json
import os
import random
import socket
import subprocess
import threading
import time
import unittest

from harness import BIN, EndToEnd, Server, compact, eventually, header, session

KILLS = int(os.environ.get("CARILLON_E2E_KILLS", "60"))
KILLING_SECONDS = 100  # on a slow machine: fewer kills, but at least the 50 that are asked for
LEAST_KILLS = min(KILLS, 50)
EVENTS_PER_SECOND = 1500


def free_port():
    """A port below the ephemeral range, so that no client's socket takes it while the server is
    down: the publisher has to find the server again at the same place."""
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port")


class Publisher:
    """`carillon publish` fed with lines until it is told to end; its answers go to a file."""

    def __init__(self, folder, address):
        self.answers = folder / "publisher.stdout"
        self.errors = folder / "publisher.stderr"
        with open(self.answers, "wb") as out, open(self.errors, "wb") as err:
            self.process = subprocess.Popen(
                [str(BIN / "carillon"), "publish", "--address", address, "--file", "-", "--batch",
                 "20", "--in-flight", "8", "--output", "json", "--retry-for", "120s", "--deadline",
                 "5s"], stdin=subprocess.PIPE, stdout=out, stderr=err)
        self.ending = threading.Event()
        self.feeder = threading.Thread(target=self.feed)
        self.feeder.start()

    def feed(self):
        number = 0
        try:
            while not self.ending.is_set():
                lines = [compact({"id": f"evt-{number + i}", "session": session(number + i)})
                         for i in range(EVENTS_PER_SECOND // 50)]
                number += len(lines)
                self.process.stdin.write(("\n".join(lines) + "\n").encode())
                self.process.stdin.flush()
                self.ending.wait(1 / 50)
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # its exit code tells

    def end(self):
        self.ending.set()
        self.feeder.join(60)
        return self.process.wait(120)

    def kill(self):
        self.ending.set()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        self.feeder.join(60)

    def answered(self):
        return {json.loads(line)["id"] for line in self.answers.read_text().splitlines()}


class Crash(EndToEnd):
    def setUp(self):
        self.receiver = self.sink()
        port = free_port()
        # One receiver takes everything, the other fails every first attempt: parked deliveries
        # have to outlive the kills too.
        self.targets = ["/ok", "/flaky/2"]
        self.write_config(
            [{"name": "plain", "url": self.receiver.url("/ok")},
             {"name": "flaky", "url": self.receiver.url("/flaky/2"), "breaker": {"off": True},
              "retry": {"delays": ["20ms"] + ["200ms"] * 60, "jitter": 0.2,
                        "budget": {"min_per_second": 100000}}}],
            server={"publish_address": f"127.0.0.1:{port}"})
        self.address = f"127.0.0.1:{port}"

    def kill_again_and_again(self, dice):
        """Starts, waits a random while (also less than the start takes), kills."""
        kills = 0
        end = time.monotonic() + KILLING_SECONDS
        while kills < KILLS and (time.monotonic() < end or kills < LEAST_KILLS):
            server = Server(self.folder, self.folder / "carillon.yaml")
            self.programs.append(server)
            if dice.random() < 0.8:
                server.wait_ready()
            time.sleep(dice.uniform(0.0, 0.8))
            self.assertTrue(server.alive(), "carillond ended by itself: "
                                            f"{server.process.returncode}")
            server.kill()
            self.programs.remove(server)
            kills += 1
        return kills

    def arrivals(self):
        """{target: Counter of the webhook-ids that were answered 200}."""
        counts = {target: collections.Counter() for target in self.targets}
        for record in self.receiver.records():
            if record["status"] == 200:
                counts[record["target"]][header(record, "webhook-id")] += 1
        return counts

    def test_nothing_answered_is_lost(self):
        seed = int(os.environ.get("CARILLON_E2E_SEED", random.randrange(1 << 32)))
        print(f"\ncrash test: seed {seed}", flush=True)
        publisher = Publisher(self.folder, self.address)
        self.addCleanup(publisher.kill)
        kills = self.kill_again_and_again(random.Random(seed))
        server = self.server()
        self.assertEqual(publisher.end(), 0, publisher.errors.read_text()[-2000:])
        answered = publisher.answered()
        for target in self.targets:
            eventually(lambda t=target: self.receiver.stats()["targets"].get(t, {}).get(
                "distinct", 0) >= len(answered), lambda t=target: f"all at {t}: "
                f"{len(answered)} answered, {self.receiver.stats()}")
        eventually(lambda: server.metric('carillon_deliveries{state="parked"}') == 0
                   and server.metric("carillon_journal_watermark")
                   == server.metric("carillon_journal_last_position"), "everything is settled")

        arrivals = self.arrivals()
        duplicates = {t: sum(c.values()) - len(c) for t, c in arrivals.items()}
        print(f"crash test: seed {seed}, {kills} kills, {len(answered)} events answered, "
              f"duplicates {duplicates}", flush=True)
        self.assertGreaterEqual(kills, LEAST_KILLS)
        self.assertGreater(len(answered), 1000)
        for target, counts in arrivals.items():
            lost = answered - counts.keys()
            if lost:
                self.fail(f"{len(lost)} lost at {target}, e.g. {sorted(lost)[:5]}")


if __name__ == "__main__":
    unittest.main()
