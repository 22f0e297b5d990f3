"""What every campaign does to `carillond`: publish under load, and judge what arrived."""

import collections
import json
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import BIN, Server, Sink, compact, eventually, header, session, tail  # noqa: E402

KEYS = 50
AGAIN = {"delays": ["20ms"] + ["200ms"] * 60, "jitter": 0.2, "budget": {"min_per_second": 100_000}}


class CampaignError(Exception):
    """What did not hold."""


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
    raise CampaignError("no free port")


class Publisher:
    """`carillon publish` fed with lines until it is told to end; its answers go to a file."""

    def __init__(self, folder, address, events_per_second):
        self.answers = folder / "publisher.stdout"
        self.errors = folder / "publisher.stderr"
        self.rate = events_per_second
        with open(self.answers, "wb") as out, open(self.errors, "wb") as err:
            self.process = subprocess.Popen(
                [str(BIN / "carillon"), "publish", "--address", address, "--file", "-", "--batch",
                 "20", "--in-flight", "8", "--output", "json", "--retry-for", "600s", "--deadline",
                 "5s"], stdin=subprocess.PIPE, stdout=out, stderr=err)
        self.ending = threading.Event()
        self.feeder = threading.Thread(target=self.feed)
        self.feeder.start()

    def feed(self):
        number = 0
        try:
            while not self.ending.is_set():
                lines = [compact({"id": f"evt-{n}", "orderingKey": f"key-{n % KEYS}",
                                  "session": session(n)})
                         for n in range(number, number + max(1, self.rate // 50))]
                number += len(lines)
                self.process.stdin.write(("\n".join(lines) + "\n").encode())
                self.process.stdin.flush()
                self.ending.wait(1 / 50)
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # its exit code tells

    def end(self, timeout=120):
        """Publishes what was fed; every event was answered."""
        self.ending.set()
        self.feeder.join(timeout)
        if self.process.wait(timeout) != 0:
            raise CampaignError(f"the publisher failed:\n{tail(self.errors)}")

    def kill(self):
        self.ending.set()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        self.feeder.join(60)

    def answered(self):
        """{id: position} of the events that were answered."""
        found = {}
        for line in self.answers.read_bytes().split(b"\n")[:-1]:
            answer = json.loads(line)
            found[answer["id"]] = int(answer["position"])
        return found


class Site:
    """A folder, a receiver, a publisher, and `carillond` between them; ends all of it."""

    def __init__(self, seed, events_per_second=1_500, folder=None):
        self.dice = random.Random(seed)
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="carillon-campaign-"))
        self.data = pathlib.Path(folder or self.base) / "data"
        self.rate = events_per_second
        self.programs = []
        self.publisher = None
        self.recoveries = []
        self.memory = []
        self.address = f"127.0.0.1:{free_port()}"
        self.receiver = None

    def __enter__(self):
        self.receiver = self.started(Sink(self.base))
        self.write_config()
        return self

    def __exit__(self, kind, *_):
        if self.publisher:
            self.publisher.kill()
        for program in reversed(self.programs):
            program.kill()
        if kind:
            for path in sorted(self.base.glob("carillond-*.stderr"))[-2:]:
                print(f"---- {path.name}\n{tail(path)}", file=sys.stderr)
        subprocess.run(["rm", "-rf", self.base], check=False)

    def started(self, program):
        self.programs.append(program)
        return program

    # One receiver takes everything in the order of the keys; the other fails every first attempt:
    # parked deliveries and what waits behind them have to outlive everything too.
    TARGETS = ("/ok", "/flaky/2")

    def destinations(self):
        return [{"name": "plain", "url": self.receiver.url("/ok"), "order": {"by": "key"},
                 "retry": AGAIN},
                {"name": "flaky", "url": self.receiver.url("/flaky/2"), "breaker": {"off": True},
                 "order": {"by": "key"}, "retry": AGAIN}]

    def write_config(self, **sections):
        config = {
            "server": {"publish_address": self.address, "admin_address": "127.0.0.1:0"},
            "journal": {"data_dir": str(self.data), "min_free_bytes": 0,
                        **sections.pop("journal", {})},
            "guard": {"allow_networks": ["127.0.0.0/8"], "allow_ports": ["1-65535"]},
            "destinations": self.destinations(),
            "subscriptions": [{"name": "all", "types": ["*"],
                               "destinations": [d["name"] for d in self.destinations()]}],
            **sections}
        (self.base / "carillon.yaml").write_text(json.dumps(config))

    def publish(self):
        self.publisher = Publisher(self.base, self.address, self.rate)

    def start(self, env=None, wait=True):
        """Starts `carillond`; how long it took to be ready is noted."""
        begin = time.monotonic()
        server = self.started(Server(self.base, self.base / "carillon.yaml", env))
        if wait:
            server.wait_ready()
            self.recoveries.append(time.monotonic() - begin)
        return server

    def kill(self, server):
        if not server.alive():
            raise CampaignError(f"carillond ended by itself with {server.process.returncode}:\n"
                                + tail(server.stderr_path))
        self.memory.append(server.memory_mb())
        server.kill()
        self.programs.remove(server)

    def settle(self, server, timeout=180):
        """Everything that was answered arrived and is settled."""
        answered = self.publisher.answered()
        for target in self.TARGETS:
            eventually(lambda t=target: self.receiver.stats()["targets"].get(t, {}).get(
                "distinct", 0) >= len(answered), lambda t=target: f"all at {t}: "
                f"{len(answered)} answered, {self.receiver.stats()}", timeout)
        eventually(lambda: server.metric('carillon_deliveries{state="parked"}') == 0
                   and server.metric("carillon_journal_watermark")
                   == server.metric("carillon_journal_last_position"), "everything is settled",
                   timeout)
        self.memory.append(server.memory_mb())

    def judge(self, server=None):
        """The figures; raises when something was lost or out of order."""
        answered = self.publisher.answered()
        lost, doubled, disordered = 0, 0, 0
        for target in self.TARGETS:
            accepted = [header(r, "webhook-id") for r in self.receiver.records(target)
                        if r["status"] == 200]
            counts = collections.Counter(accepted)
            lost += len(answered.keys() - counts.keys())
            doubled += sum(counts.values()) - len(counts)
            disordered += out_of_order(accepted, answered)
        figures = {"answered": len(answered), "due": len(answered) * len(self.TARGETS), "lost": lost,
                   "doubled": doubled, "out_of_order": disordered,
                   "memory_mb": round(max(self.memory, default=0)),
                   "recovery_s": round(max(self.recoveries, default=0), 2)}
        if lost or disordered:
            raise CampaignError(f"{figures}")
        if len(answered) < 100:
            raise CampaignError(f"hardly anything was published: {figures}")
        return figures


def out_of_order(accepted, positions):
    """How many events were first accepted after one of their key that was published later."""
    seen, last, wrong = set(), {}, 0
    for event in accepted:
        position = positions.get(event)
        if event in seen or position is None:
            continue
        seen.add(event)
        key = int(event.removeprefix("evt-")) % KEYS
        if position < last.get(key, 0):
            wrong += 1
        last[key] = max(position, last.get(key, 0))
    return wrong


