"""The service under a load, with receivers that are well, slow, failing, silent, unreachable and gone, and
Prometheus with the rules. All on 127.0.0.1; `close()` ends what was started, by its process id.

As a program (scripts/watch.sh): runs until it is interrupted, or for --seconds.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from harness import BIN, Program, Server, Sink, eventually, http  # noqa: E402
from receivers import Secure, Silent, free_port, is_free, make_certificate  # noqa: E402

RULES = ROOT / "helm/carillon/rules"
TYPES = ["order.paid", "order.shipped", "invoice.made", "user.renamed"]  # nobody wants the last


def destinations(sink, secure, silent, refused, folder):
    """Each a way to be; the name says which."""
    quick = {"delays": ["2s", "5s", "10s"]}
    never = {"off": True}
    short = {"connect": "400ms", "total": "800ms"}
    client = {"ca_bundle": {"file": str(folder / "receiver.pem")},
              "client_certificate": {"file": str(folder / "client.pem")},
              "client_key": {"file": str(folder / "client.key")}}
    token = {"token_url": secure.url("/token"), "client_id": "watch", "client_secret": "watch",
             "tls": {"ca_bundle": {"file": str(folder / "receiver.pem")}}}
    return [
        *({"name": f"well-{n}", "url": sink.url(f"/ok/{n}")} for n in range(3)),
        {"name": "secure", "url": secure.url("/"), "tls": client,
         "authorization": {"oauth2": token}},
        {"name": "slow", "url": sink.url("/slow/300"), "concurrency": 2},
        {"name": "limited", "url": sink.url("/ok/limited"), "rate": {"per_second": 5, "burst": 5}},
        {"name": "flaky", "url": sink.url("/flaky/3"), "retry": quick},
        {"name": "paused", "url": sink.url("/retryafter/2"), "retry": quick},
        {"name": "failing", "url": sink.url("/status/503"), "retry": {"delays": ["1s", "1s"]},
         "breaker": never},
        {"name": "rejecting", "url": sink.url("/status/400"), "retry": {"none": True}},
        {"name": "resetting", "url": sink.url("/reset"), "retry": quick},
        {"name": "hanging", "url": sink.url("/hang"), "timeouts": short, "retry": quick,
         "concurrency": 16, "breaker": never},
        {"name": "silent", "url": silent.url("/"), "timeouts": short, "retry": quick},
        {"name": "gone", "url": f"http://127.0.0.1:{refused}/", "retry": quick},
        {"name": "unknown", "url": "http://nowhere.invalid:8080/", "retry": quick,
         "timeouts": short},
        {"name": "not-tls", "url": sink.url("/ok/tls").replace("http:", "https:"), "retry": quick,
         "tls": {"insecure_skip_verify": True}},
        {"name": "odd", "url": sink.url("/garbage"), "retry": quick},
        {"name": "off", "url": sink.url("/ok/off"), "disabled": True},
    ]


class Stack:
    def __init__(self, folder, prometheus_port=0, scrape="2s", rate=60):
        """`scrape`: how often Prometheus scrapes and evaluates; `rate`: events a second."""
        self.folder = pathlib.Path(folder)
        self.programs, self.receivers = [], []
        self.scrape, self.rate = scrape, rate
        self.prometheus_port = prometheus_port or free_port()
        self.config = self.folder / "carillon.yaml"

    def start(self):
        make_certificate(self.folder, "client", days=10)
        self.sink = self.started(Sink(self.folder))
        self.secure, self.silent = Secure(self.folder), Silent()
        self.receivers += [self.secure, self.silent]
        self.refused = free_port()
        self.configure()
        self.server = self.started(Server(self.folder, self.config)).wait_ready()
        self.load = self.started(self.publisher())
        self.prometheus = self.started(self.start_prometheus())
        eventually(lambda: self.asked_ready(), "Prometheus is ready")

    def started(self, program):
        self.programs.append(program)
        return program

    def close(self):
        for program in reversed(self.programs):
            with contextlib.suppress(Exception):
                program.stop(timeout=10)
            program.kill()
        for receiver in self.receivers:
            receiver.close()

    def configure(self, without=(), note=""):
        """Writes the configuration; a running server takes it within seconds."""
        wanted = [one for one in destinations(self.sink, self.secure, self.silent, self.refused,
                                              self.folder) if one["name"] not in without]
        config = {
            "server": {"publish_address": "127.0.0.1:0", "admin_address": "127.0.0.1:0",
                       "shutdown_grace": "1s"},
            "journal": {"data_dir": str(self.folder / "data"), "min_free_bytes": 0},
            "guard": {"allow_networks": ["127.0.0.0/8"], "allow_ports": ["1-65535"]},
            # Nobody answers there: no name is looked up elsewhere.
            "resolver": {"servers": [f"127.0.0.1:{self.refused}"], "timeout": "200ms"},
            "event_types": [{"name": name, "description": note} for name in TYPES],
            "destinations": wanted,
            "subscriptions": [{"name": "all", "types": TYPES[:-1],
                               "destinations": [one["name"] for one in wanted]}],
        }
        self.replace_config(json.dumps(config, indent=1))

    def replace_config(self, text):
        new = self.config.with_suffix(".new")
        new.write_text(text)
        new.rename(self.config)

    def publisher(self):
        events = self.folder / "events.jsonl"
        events.write_text("".join(json.dumps({"type": TYPES[n % len(TYPES)], "json": {"n": n}}) + "\n"
                                  for n in range(100)))
        return Program(self.folder, "carillon", [
            "publish", "--address", self.server.publish_address, "--file", events, "--batch", 5,
            "--rate", self.rate, "--repeat", 1000000, "--retry-for", "1h"])

    def publish_again(self):
        """An event that is known already, but for the first time; and one that is not valid."""
        for more in (["--id", "again", "--type", TYPES[0]], ["--type", "no.such.type"]):
            subprocess.run([BIN / "carillon", "publish", "--address", self.server.publish_address,
                            "--json", "{}", *more], capture_output=True, timeout=240)

    def start_prometheus(self):
        rules = self.folder / "rules"
        rules.mkdir()
        for path in RULES.glob("*.yaml"):
            groups = yaml.safe_load(path.read_text())
            for group in groups["groups"]:
                group["interval"] = self.scrape
            (rules / path.name).write_text(yaml.safe_dump(groups))
        config = {"global": {"scrape_interval": self.scrape, "evaluation_interval": self.scrape,
                             "scrape_timeout": self.scrape},
                  "rule_files": [f"{rules}/*.yaml"],
                  "scrape_configs": [{"job_name": "carillon", "static_configs": [
                      {"targets": [self.server.admin_address]}]}]}
        path = self.folder / "prometheus.yaml"
        path.write_text(yaml.safe_dump(config))
        command = shutil.which("prometheus")
        assert command, "prometheus is missing: run scripts/install.sh test"
        return Program(self.folder, "prometheus", [
            f"--config.file={path}", f"--storage.tsdb.path={self.folder}/tsdb",
            f"--web.listen-address=127.0.0.1:{self.prometheus_port}", "--log.level=warn"],
            command=command)

    @property
    def prometheus_url(self):
        return f"http://127.0.0.1:{self.prometheus_port}"

    def asked_ready(self):
        assert self.prometheus.alive(), self.prometheus.stderr_path.read_text()
        try:
            return http("GET", f"{self.prometheus_url}/-/ready")[0] == 200
        except OSError:
            return False

    def ask(self, path, **parameters):
        """What Prometheus' API says."""
        status, body = http("GET", f"{self.prometheus_url}/api/v1/{path}?"
                                   f"{urllib.parse.urlencode(parameters)}", timeout=240)
        assert status == 200, f"{parameters}: {body}"
        return json.loads(body)["data"]

    def values(self, expression):
        """The series of an instant query: [(labels, value)]."""
        data = self.ask("query", query=expression)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(one["metric"], float(one["value"][1])) for one in data["result"]]


GUIDE = """
  Prometheus   {prometheus}/graph     the alerts: {prometheus}/alerts
  metrics      http://{admin}/metrics
  publishing   {publish}
  the folder   {folder}

Grafana is not started. Where you have one, add a Prometheus data source with the URL above, then Dashboards, New,
Import, and choose each file of
  {dashboards}
The receivers: well, slow, limited, flaky, paused, failing, rejecting, resetting, hanging (response timeouts), silent
(connect timeouts), gone (refused), unknown (no such name), not-tls, odd, off (disabled).

Now, every ten seconds (Ctrl-C ends all of it):
"""

FIGURES = [
    ("published/s", 'sum(rate(carillon_events_published_total{result="accepted"}[30s]))'),
    ("delivered/s", "sum(rate(carillon_delivered_total[30s]))"),
    ("timeouts/s", 'sum(rate(carillon_attempts_total{outcome=~"connect_timeout|response_timeout"}[30s]))'),
    ("unreachable/s", 'sum(rate(carillon_attempts_total{outcome=~"dns|connect_refused|unreachable"}[30s]))'),
    ("waiting", 'sum(carillon_deliveries{state=~"ready|parked"})'),
    ("dead", "sum(carillon_dead_total)"),
    ("alerts", 'count(ALERTS{alertstate="firing"})'),
    ("pending", 'count(ALERTS{alertstate="pending"})'),
]


def show(stack):
    found = {name: stack.values(query) for name, query in FIGURES}
    print("  " + "  ".join(f"{name} {value[0][1]:.4g}" if value else f"{name} -"
                           for name, value in found.items()), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end by itself after these")
    parser.add_argument("--port", type=int, default=9090, help="Prometheus' port (0: any)")
    parser.add_argument("--rate", type=float, default=60, help="events a second")
    arguments = parser.parse_args()
    if not is_free(arguments.port):
        sys.exit(f"watch.sh: port {arguments.port} of 127.0.0.1 is taken; choose another by --port (0: any free one)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="carillon-watch-") as folder:
        stack = Stack(folder, arguments.port, rate=arguments.rate)
        try:
            stack.start()
            print(GUIDE.format(prometheus=stack.prometheus_url, admin=stack.server.admin_address,
                               publish=stack.server.publish_address, folder=folder,
                               dashboards=ROOT / "helm/carillon/dashboards"), flush=True)
            end = time.monotonic() + arguments.seconds
            while time.monotonic() < end:
                for program in stack.programs:
                    if not program.alive():
                        sys.exit(f"{program.name} ended: {program.stderr_path.read_text()[-2000:]}")
                stack.publish_again()
                time.sleep(max(0, min(10, end - time.monotonic())))
                show(stack)
        except KeyboardInterrupt:
            sys.exit(130)
        finally:
            stack.close()


if __name__ == "__main__":
    main()
