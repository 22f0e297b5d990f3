"""Starts the programs, watches them, ends them. Everything that waits has a bound."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("CARILLON_BIN", HERE.parents[1] / "build/release/bin")).resolve()
CONTRACTS = pathlib.Path(os.environ.get("CARILLON_CONTRACTS", HERE.parent / "contracts"))

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

# Far longer than anything takes, also on a busy machine: only a fault gets there.
PATIENCE = 60.0

# What a program that was built with a sanitizer writes when that found something.
REPORT = re.compile(r"^(==\d+==|WARNING: \w+Sanitizer|.*: runtime error: )", re.MULTILINE)
REPORT_LENGTH = 12_000


def contract(name):
    return json.loads((CONTRACTS / f"{name}.json").read_text())


def compact(value):
    """JSON as Carillon writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def eventually(condition, what, timeout=PATIENCE):
    """Waits until `condition()` is truthy and returns what it gave."""
    end = time.monotonic() + timeout
    while True:
        begin = time.monotonic()
        value = condition()
        if value:
            return value
        now = time.monotonic()
        if now > end:
            raise AssertionError(f"not within {timeout:g} s: {what() if callable(what) else what}")
        time.sleep(max(0.02, now - begin))  # what is waited for gets half of the time, at least


def all_come(count, goal, what):
    """Waits until `count()` reaches `goal`, for as long as it goes on growing: how many come in a
    minute is the machine's business."""
    seen = count()
    while seen < goal:
        eventually(lambda seen=seen: count() > seen, lambda: f"{what}: {count()} of {goal}")
        seen = count()


def http(method, url, timeout=PATIENCE):
    """(status, body); statuses are never exceptions."""
    request = urllib.request.Request(url, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def parse_metrics(text):
    """{'name{labels}': value}, labels as they are printed."""
    values = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    return values


class Program:
    """A process with its output in files."""

    def __init__(self, folder, name, arguments, env=None, stdin=None, command=None):
        """`command`: what runs it; by default the program of that name that was built."""
        self.name = name
        stamp = f"{name}-{time.monotonic_ns()}"
        self.stdout_path = folder / f"{stamp}.stdout"
        self.stderr_path = folder / f"{stamp}.stderr"
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            self.process = subprocess.Popen(
                [str(command or BIN / name), *map(str, arguments)], stdin=stdin or subprocess.DEVNULL,
                stdout=out, stderr=err, env={**os.environ, **(env or {})}, cwd=folder)

    def alive(self):
        return self.process.poll() is None

    def lines(self, path):
        """The JSON lines that are complete."""
        found = []
        for line in path.read_bytes().split(b"\n")[:-1]:
            try:
                found.append(json.loads(line))
            except ValueError:
                pass
        return found

    def wait_message(self, path, message, count=1):
        def look():
            found = [x for x in self.lines(path) if x.get("message") == message]
            if len(found) >= count:
                return found[count - 1]
            if not self.alive():
                raise AssertionError(
                    f"{self.name} ended with {self.process.returncode}:\n" + tail(self.stderr_path))
            return None

        return eventually(look, f"{self.name} says {message!r}")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=PATIENCE):
        return self.process.wait(timeout)

    def stop(self, timeout=PATIENCE):
        """SIGTERM; its exit code."""
        if self.alive():
            self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        if self.alive():
            self.process.kill()
        return self.wait()


def tail(path, most=6000):
    data = path.read_bytes()
    return ("..." if len(data) > most else "") + data[-most:].decode(errors="replace")


class Sink(Program):
    """A receiver; `records()` is what arrived."""

    def __init__(self, folder, *arguments, port=0):
        self.jsonl = folder / f"received-{time.monotonic_ns()}.jsonl"
        super().__init__(folder, "carillon-sink",
                         ["--address", f"127.0.0.1:{port}", "--jsonl", self.jsonl, *arguments])
        self.address = self.wait_message(self.stdout_path, "ready")["address"]

    def url(self, path):
        return f"http://{self.address}{path}"

    def records(self, target=None):
        if not self.jsonl.exists():
            return []
        return [r for r in self.lines(self.jsonl) if target in (None, r["target"])]

    def wait_records(self, count, target=None):
        """At least `count` records, as soon as they are there."""
        all_come(lambda: len(self.records(target)), count, f"requests at {target or 'the sink'}")
        return self.records(target)

    def stats(self):
        return json.loads(http("GET", self.url("/_stats"))[1])

    def set_mode(self, path, mode):
        query = urllib.parse.urlencode({"path": path, "mode": mode})
        status, body = http("POST", self.url(f"/_set?{query}"))
        assert status == 200, body


class Server(Program):
    """carillond under a configuration file."""

    def __init__(self, folder, config_path, env=None, descriptors=None):
        """`descriptors`: how many it may have open, soft and hard limit: 1024, or (256, 4096)."""
        command, arguments = None, ["--config", config_path]
        if descriptors:
            soft, hard = descriptors if isinstance(descriptors, tuple) else (descriptors,) * 2
            command = shutil.which("prlimit")
            arguments = [f"--nofile={soft}:{hard}", BIN / "carillond", *arguments]
        super().__init__(folder, "carillond", arguments, env, command=command)
        self.publish_address = None
        self.admin_address = None

    def wait_ready(self):
        ready = self.wait_message(self.stderr_path, "ready")
        self.publish_address = ready["publish_address"]
        self.admin_address = ready["admin_address"]
        return self

    def get(self, path):
        return http("GET", f"http://{self.admin_address}{path}")

    def metrics(self):
        status, text = self.get("/metrics")
        assert status == 200, text
        return parse_metrics(text)

    def metric(self, name):
        return self.metrics().get(name, 0.0)

    def wait_metric(self, name, value):
        """Waits until the metric is at least `value`, for as long as it goes on growing."""
        all_come(lambda: self.metric(name), value, name)

    def wait_gauge(self, name, value):
        """Waits until the metric is there and is `value`. A gauge may be from a moment ago: a
        delivery thread that gets no processor for a while does not answer a scrape in time."""
        return eventually(lambda: self.metrics().get(name) == value,
                          lambda: f"{name} == {value}, it is {self.metrics().get(name)}")

    def wait_total(self, name, value):
        """Waits until all series of the metric together are `value`."""
        def total():
            found = [each for key, each in self.metrics().items() if key.split("{")[0] == name]
            return sum(found) if found else None
        return eventually(lambda: total() == value, lambda: f"{name} == {value}, it is {total()}")

    def settled(self, position=None):
        """Waits until what became of each event up to `position` (by default: of all) is on disk.
        A receiver has got an event, and an attempt is counted or logged, before that: a kill in
        between lets it come again. Before a test kills and then asks how often something came, it
        waits here. Of what is parked this says that it is parked, not how its next retry ended: for
        that publish one more event to the same destination, and wait for it."""
        def look():
            metrics = self.metrics()
            goal = metrics["carillon_journal_last_position"] if position is None else position
            return metrics["carillon_journal_watermark"] >= goal

        eventually(look, lambda: "everything is settled: " + str(
            {key: value for key, value in self.metrics().items() if "_journal_" in key}))

    def memory_mb(self):
        """The most it ever had."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024

    def log(self, message):
        return [x for x in self.lines(self.stderr_path) if x.get("message") == message]


def outcome(destination, what, tenant="default"):
    """Name of the series of one destination's attempts."""
    return (f'carillon_destination_attempts_total{{tenant="{tenant}",destination="{destination}",'
            f'outcome="{what}"}}')


OWNER = "car_" + "W" * 43
OWNER_ENTRY = {"name": "owner", "role": "operator",
               "sha256": hashlib.sha256(OWNER.encode()).hexdigest()}


class EndToEnd(unittest.TestCase):
    """A temporary folder and the programs started in it; logs are shown when a test fails."""

    maxDiff = None
    # With a token of the operator, which the server asks for and commands have.
    owned = False

    def run(self, result=None):
        result = result or self.defaultTestResult()
        before = len(result.errors) + len(result.failures)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carillon-e2e-"))
        self.programs = []
        try:
            super().run(result)
        finally:
            for program in reversed(self.programs):
                program.kill()
            self.check_reports(result)
            if len(result.errors) + len(result.failures) > before:
                self.show_logs()
            shutil.rmtree(self.folder, ignore_errors=True)
        return result

    def check_reports(self, result):
        """Whatever else a test asks: no sanitizer may have found anything in a program it ran."""
        for path in sorted(self.folder.glob("*.stderr")):
            text = path.read_text(errors="replace")
            report = REPORT.search(text)
            if report:
                try:
                    self.fail(f"a sanitizer's report in {path.name}:\n{text[report.start():][:REPORT_LENGTH]}")
                except AssertionError:
                    result.addFailure(self, sys.exc_info())

    def show_logs(self):
        for path in sorted(self.folder.glob("*.std*")):
            print(f"---- {path.name}\n{tail(path)}", file=sys.stderr)

    def started(self, program):
        self.programs.append(program)
        return program

    def sink(self, *arguments):
        return self.started(Sink(self.folder, *arguments))

    def write_config(self, destinations=(), subscriptions=None, path=None, **sections):
        """Writes a configuration (JSON is YAML). Without subscriptions every destination gets
        everything."""
        destinations = list(destinations)
        if subscriptions is None and destinations:
            subscriptions = [{"name": "all", "types": ["*"],
                              "destinations": [d["name"] for d in destinations]}]
        config = {
            "server": {"publish_address": "127.0.0.1:0", "admin_address": "127.0.0.1:0",
                       **sections.pop("server", {})},
            "journal": {"data_dir": str(self.folder / "data"), "min_free_bytes": 0,
                        **sections.pop("journal", {})},
            # Receivers are on this machine, at any port.
            "guard": {"allow_networks": ["127.0.0.0/8", "::1/128"], "allow_ports": ["1-65535"]},
            **({"access": {"tokens": [OWNER_ENTRY]}} if self.owned else {}),
            "destinations": destinations,
            "subscriptions": subscriptions or [],
            **sections,
        }
        path = path or self.folder / "carillon.yaml"
        path.write_text(json.dumps(config, indent=1, ensure_ascii=False))
        return path

    def server(self, config_path=None, env=None, descriptors=None):
        """Starts carillond and waits until it is ready."""
        path = config_path or self.folder / "carillon.yaml"
        return self.started(Server(self.folder, path, env, descriptors)).wait_ready()

    def run_program(self, name, *arguments, stdin=None, timeout=PATIENCE, env=None):
        done = subprocess.run([str(BIN / name), *map(str, arguments)], capture_output=True,
                              text=True, input=stdin, timeout=timeout, cwd=self.folder,
                              env={**os.environ, **(env or {})})
        self.assertNotRegex(done.stderr, REPORT)
        return done

    def carillon(self, *arguments, env=None, **options):
        if self.owned:
            env = {"CARILLON_TOKEN": OWNER, **(env or {})}
        return self.run_program("carillon", *arguments, env=env, **options)

    def caller(self, server):
        """The environment of commands that call the server, and know of no other."""
        return {"CARILLON_SERVER": server.publish_address, "HOME": str(self.folder),
                "CARILLON_CONTEXT_FILE": ""}

    def call_of_owner(self, server, action, name, codes=(0,)):
        """Does what the owner of a destination of the tenant `default` asks for by a call: `enable`,
        `disable`, `release`. It is durable then. `codes`: how the command may end."""
        done = self.carillon("destinations", action, of_tenant("default", name),
                             env=self.caller(server))
        self.assertIn(done.returncode, codes, done.stderr)

    def publish_raw(self, server, *arguments, stdin=None):
        return self.carillon("publish", "--address", server.publish_address, "--output", "json",
                             *arguments, stdin=stdin)

    def publish(self, server, *arguments, stdin=None):
        """Publishes, insists that all was accepted, returns the results."""
        done = self.publish_raw(server, *arguments, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def publish_events(self, server, events, *arguments):
        """Publishes a list of events in protobuf's JSON form."""
        lines = "".join(compact(event) + "\n" for event in events)
        return self.publish(server, "--file", "-", *arguments, stdin=lines)


def session(number=1, **more):
    """A session event's payload."""
    return {"uuid": f"uuid-{number}", "action": "create", "location": "Kamen Test",
            "stations": 1, "customerid": 7685, **more}


def of_tenant(tenant, name, collection="destinations"):
    """Returns the whole name of a tenant's resource."""
    return f"tenants/{tenant}/{collection}/{name}"


def header(record, name):
    """The one value of a header of a received request; None when it is not there."""
    values = [value for key, value in record["headers"] if key.lower() == name]
    assert len(values) < 2, record["headers"]
    return values[0] if values else None
