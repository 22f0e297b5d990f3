"""Everything at once: publishers, some of which give up early, calls and streams that are cancelled,
receivers that misbehave, reloads that change destinations, calls that enable, disable and release
them, scrapes, kills and stops. Nothing crashes,
nothing is reported by a sanitizer, every stop is clean, and what was answered arrives where the
receiver is well. Made to be run under the sanitizers, and short everywhere.

CARILLON_E2E_SEED repeats a run's choices, CARILLON_SOAK_SECONDS sets how long a life lasts."""

import json
import os
import pathlib
import random
import signal
import subprocess
import threading
import time
import unittest

from harness import BIN, OWNER, PATIENCE, EndToEnd, compact, eventually, header, http, session
from strays import Strays

SECONDS = float(os.environ.get("CARILLON_SOAK_SECONDS", "6"))
LIVES = 3  # the last but one ends by a kill, the others by SIGTERM
BEHAVIORS = ["ok", "status/503", "status/410", "slow/50", "flaky/3", "hang", "reset", "close",
             "garbage", "short", "hugehead", "endless", "drip"]
STEADY = "/slow/50/steady"


class Publishers:
    """Some publishers at once; those with a short deadline cancel most of their calls."""

    DEADLINES = ["5ms", "50ms", "10s"]

    def __init__(self, folder, address):
        self.ending = threading.Event()
        self.processes = []
        self.feeders = []
        self.outputs = []
        for number, deadline in enumerate(self.DEADLINES):
            path = folder / f"publisher-{number}-{time.monotonic_ns()}"
            with open(f"{path}.stdout", "wb") as out, open(f"{path}.stderr", "wb") as err:
                process = subprocess.Popen(
                    [str(BIN / "carillon"), "publish", "--address", address, "--file", "-",
                     "--batch", "5", "--in-flight", "16", "--output", "json", "--deadline",
                     deadline, "--retry-for", "60s"],
                    stdin=subprocess.PIPE, stdout=out, stderr=err,
                    env={**os.environ, "CARILLON_TOKEN": OWNER})
            self.outputs.append(pathlib.Path(f"{path}.stdout"))
            self.processes.append(process)
            feeder = threading.Thread(target=self.feed, args=(process, number))
            feeder.start()
            self.feeders.append(feeder)

    def feed(self, process, publisher):
        number = 0
        try:
            while not self.ending.is_set():
                lines = [compact({"id": f"{publisher}-{time.monotonic_ns()}-{n}",
                                  "orderingKey": f"key-{n % 7}", "session": session(n)})
                         for n in range(number, number + 10)]
                number += 10
                process.stdin.write(("\n".join(lines) + "\n").encode())
                process.stdin.flush()
                self.ending.wait(0.05)
            process.stdin.close()
        except BrokenPipeError:
            pass

    def kill(self):
        """As a machine that goes away: in the middle of their calls."""
        self.ending.set()
        for process in self.processes:
            process.kill()
            process.wait(PATIENCE)
        for feeder in self.feeders:
            feeder.join(PATIENCE)

    def accepted(self):
        """The ids of the events that were answered; asked once they are killed."""
        lines = [line for output in self.outputs for line in output.read_bytes().split(b"\n")[:-1]]
        return {json.loads(line)["id"] for line in lines}


class Soak(EndToEnd):
    owned = True

    def setUp(self):
        seed = int(os.environ.get("CARILLON_E2E_SEED", random.randrange(1 << 32)))
        print(f"\nsoak: seed {seed}", flush=True)
        self.dice = random.Random(seed)
        self.receiver = self.sink()
        self.well = self.sink()
        self.accepted = set()

    def steady(self):
        """The destination that is always there, and well, if slower than what is published: all that
        was answered arrives, and much of it has not when the server is killed."""
        return {"name": "steady", "url": self.well.url(STEADY), "concurrency": 4,
                "timeouts": {"total": "30s"},
                "breaker": {"off": True},
                "retry": {"delays": ["100ms"] * 60, "budget": {"ratio": 10, "min_per_second": 100_000}}}

    def destination(self, number):
        dice = self.dice
        order = {"by": dice.choice(["none", "key", "strict"])}
        several = dice.random() < 0.3
        return {
            "name": f"d{number}",
            "url": self.receiver.url(f"/{dice.choice(BEHAVIORS)}/d{number}"),
            "format": dice.choice(["array", "cloudevents_batch"] if several else
                                  ["payload", "array", "cloudevents", "cloudevents_binary"]),
            **({"batch": {"max_events": dice.randrange(2, 50), "max_wait": "20ms"}} if several else {}),
            "order": order,
            "concurrency": dice.choice([1, 4, 32]),
            "timeouts": {"connect": "500ms", "total": "1s"},
            "retry": dice.choice([{"none": True}, {"delays": ["10ms", "100ms", "1s"]}]),
            "disabled": dice.random() >= 0.9,
        }

    def configure(self):
        # Some are always there and the others come and go.
        numbers = [n for n in range(12) if n < 4 or self.dice.random() < 0.7]
        self.write_config([self.steady(), *(self.destination(n) for n in numbers)],
                          server={"shutdown_grace": "1s"})

    def live(self, server, life):
        """Some seconds of everything; who published, and goes on with it."""
        publishers = Publishers(self.folder, server.publish_address)
        self.addCleanup(publishers.kill)
        # From addresses of their own: peers take turns.
        strays = [Strays(server.publish_address, f"stray-{life}-{n}", self.dice.random(), f"127.0.0.{n}",
                         OWNER)
                  for n in (2, 3)]
        for stray in strays:
            self.addCleanup(stray.stop)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            self.configure()
            server.signal(signal.SIGHUP)
            self.command(server)
            for path in ("/metrics", "/readyz", "/healthz", "/nothing"):
                http("GET", f"http://{server.admin_address}{path}", timeout=PATIENCE)
            time.sleep(self.dice.uniform(0.1, 0.6))
            self.assertTrue(server.alive(), server.stderr_path.read_text()[-6000:])
        return publishers, strays

    def command(self, server):
        """As the owner of a destination that may be there, and that the file may disable."""
        action = self.dice.choice(["enable", "enable", "enable", "release", "disable"])
        self.call_of_owner(server, action, f"d{self.dice.randrange(12)}", (0, 1, 4))

    def test_everything_at_once(self):
        for life in range(LIVES):
            self.configure()
            server = self.server()
            eventually(lambda s=server: s.get("/readyz")[0] == 200, "it serves")
            publishers, strays = self.live(server, life)
            if life == LIVES - 2:
                server.kill()
            else:
                self.assertEqual(server.stop(), 0, server.stderr_path.read_text()[-6000:])
            publishers.kill()
            self.accepted |= publishers.accepted()
            for stray in strays:
                stray.stop()
                self.assertGreater(stray.calls, 0)
                self.accepted |= stray.accepted
        self.check_arrived()

    def check_arrived(self):
        """After the kill and the stops, what was answered in any of the lives."""
        self.well.set_mode(STEADY, "ok")
        self.write_config([self.steady()])
        server = self.server()
        print(f"soak: {len(self.accepted)} events were answered", flush=True)
        self.assertGreater(len(self.accepted), 0)

        def missing():
            return self.accepted - {header(r, "webhook-id") for r in self.well.records()}

        eventually(lambda: self.well.stats()["distinct"] >= len(self.accepted) and not missing(),
                   lambda: f"{len(missing())} events that were answered arrive: {sorted(missing())[:5]}")
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
