"""Starts, watches and ends what the bench runs. Everything is ended by its process id."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from config import WRK_CONNECTIONS

HERE = Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """What went wrong, for the person who runs the bench."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run_json(command, timeout):
    """Runs a program of services/bench and reads its one line of JSON."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0:
        raise BenchError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def cpu_us(pid):
    """User and system time of a process so far."""
    stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) * 1e6 / TICKS


class Program:
    """A process that lives for the length of a `with`; its output goes to `log`."""

    def __init__(self, command, log):
        self.command = command
        self.name = Path(command[0]).name
        self.log = Path(log)
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)

    def __enter__(self):
        try:
            self.ready()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def ready(self):
        """Waits until it serves and learns where."""

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def wait_for(self, pattern, seconds=60):
        """The first match of `pattern` in the output."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(pattern, self.log.read_text(errors="replace"))
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        tail = self.log.read_text(errors="replace")[-1000:]
        raise BenchError(f"{self.name} did not start; its last words:\n{tail}")

    def cpu_us(self):
        """User and system time so far."""
        return cpu_us(self.process.pid)

    def memory_mb(self, member="VmRSS"):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{member}:\s+(\d+) kB", status)[1]) / 1024


class Nginx(Program):
    """One worker that answers every request with 200. `listen` and `server` are more of its
    configuration: parameters of the socket, and directives."""

    scheme = "http"

    def __init__(self, directory, name="nginx", listen="", server=""):
        directory = Path(directory) / name
        directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        conf = (HERE / "nginx.conf.in").read_text()
        for mark, text in (("DIR", str(directory)), ("PORT", str(self.port)), ("LISTEN", listen),
                           ("SERVER", server)):
            conf = conf.replace(f"@{mark}@", text)
        (directory / "nginx.conf").write_text(conf)
        super().__init__(
            ["nginx", "-p", str(directory), "-c", str(directory / "nginx.conf"),
             "-e", str(directory / "nginx-error.log")], directory / "output.log")
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"

    def worker_cpu_us(self):
        """User and system time so far of the process that answers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return sum(cpu_us(int(child)) for child in children.split())

    def ready(self):
        for _ in range(250):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise BenchError(f"nginx did not start: {self.log.read_text()[-500:]}")


class Receiver(Program):
    """carillon-bench-receiver: measures exactly, and hangs on request."""

    def __init__(self, bin_dir, log):
        super().__init__([f"{bin_dir}/carillon-bench-receiver"], log)

    def ready(self):
        self.port = int(self.wait_for(r'"port":(\d+)')[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def stats(self):
        """Latencies since the last call."""
        with urllib.request.urlopen(self.url + "/stats", timeout=10) as answer:
            return json.load(answer)


class Sink(Program):
    """carillon-sink, whose paths are told how to behave while it runs."""

    def __init__(self, bin_dir, log, port=0, *flags):
        super().__init__(
            [f"{bin_dir}/carillon-sink", "--address", f"127.0.0.1:{port}", *flags], log)

    def ready(self):
        self.url = "http://" + self.wait_for(r'"address":"([^"]+)"')[1]

    def set_mode(self, path, mode):
        request = urllib.request.Request(f"{self.url}/_set?path={path}&mode={mode}", method="POST")
        urllib.request.urlopen(request, timeout=10).close()

    def stats(self):
        with urllib.request.urlopen(self.url + "/_stats", timeout=60) as answer:
            return json.load(answer)


class Carillond(Program):
    """The server on a fresh store under `directory`; `settings` are more of its configuration."""

    def __init__(self, bin_dir, directory, name, destinations, subscriptions, **settings):
        self.data_dir = Path(directory) / f"{name}-data"
        self.config = Path(directory) / f"{name}.yaml"
        self.settings = settings
        self.write_config(destinations, subscriptions)
        super().__init__([f"{bin_dir}/carillond", "--config", str(self.config)],
                         Path(directory) / f"{name}.log")

    def again(self):
        """Started anew on what it left."""
        more = object.__new__(Carillond)
        more.__dict__.update(self.__dict__)
        Program.__init__(more, self.command, self.log)
        return more

    def write_config(self, destinations, subscriptions):
        """Also while it runs: it takes a new one within seconds."""
        new = self.config.with_suffix(".new")
        # JSON is YAML.
        new.write_text(json.dumps({
            "server": {"publish_address": "127.0.0.1:0", "admin_address": "127.0.0.1:0"},
            "journal": {"data_dir": str(self.data_dir)},
            # Receivers are on this machine, at any port.
            "guard": {"allow_networks": ["127.0.0.0/8"], "allow_ports": ["1-65535"]},
            "destinations": destinations,
            "subscriptions": subscriptions,
            **self.settings,
        }, indent=1))
        os.replace(new, self.config)

    def ready(self):
        line = self.wait_for(r'\{.*"message": *"ready".*\}', 120)[0]
        ready = json.loads(line)
        self.address = ready["publish_address"]
        self.admin = "http://" + ready["admin_address"]

    def metrics(self):
        """Every series by its name with labels."""
        with urllib.request.urlopen(self.admin + "/metrics", timeout=30) as answer:
            text = answer.read().decode()
        lines = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in lines}


def wrk(url, seconds):
    """Requests a second of wrk against `url`."""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{WRK_CONNECTIONS}", f"-d{seconds}s", "-s", str(HERE / "post.lua"), url + "/wrk"],
        capture_output=True, text=True, timeout=seconds + 30)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if not found or "Non-2xx" in done.stdout:
        raise BenchError(f"wrk failed: {done.stdout}{done.stderr}")
    return float(found[1])
