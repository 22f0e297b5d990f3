"""Sections about the control plane: many tenants made through the API, and what tokens, the delivery
log, and statistics add to each delivery and each publish call."""

import http.client
import json
import random
import threading
import time
from statistics import median

import config
from config import TOKEN, with_token
from measure import beside_wrk, publish_and_drain
from programs import BenchError, Carillond, Nginx, run_json
from sections import publish_bench

TENANTS, EACH = 10_000, 3
TENANTS_A_CALL = 500
CHANGES = 1000
CHANGES_A_SECOND = 50
OFF = {"delivery_log": {"enabled": False}, "statistics": {"enabled": False}}


def serve(ctx, name, layout=((), ()), **settings):
    ctx.count += 1
    return Carillond(ctx.bin, ctx.dir, f"{ctx.count:02}-{name}", *map(list, layout), **settings)


class Api:
    """Calls as JSON on one connection."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection(server.admin.removeprefix("http://"), timeout=120)

    def call(self, method, message):
        self.connection.request("POST", f"/carillon.v1.{method}", json.dumps(message), {
            "Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise BenchError(f"{method}: {answer.status} {body[:500]}")
        return json.loads(body)


def make_tenants(api, url, count):
    """`count` tenants with three destinations, each with a subscription whose filter nothing meets."""
    for first in range(0, count, TENANTS_A_CALL):
        destinations, subscriptions = [], []
        for tenant in range(first, min(count, first + TENANTS_A_CALL)):
            for i in range(EACH):
                where = f"tenants/t{tenant}"
                destinations.append({"name": f"{where}/destinations/d{i}", "url": f"{url}/{tenant}/{i}"})
                subscriptions.append({
                    "name": f"{where}/subscriptions/s{i}", "types": ["session.*"],
                    "destinations": [f"{where}/destinations/d{i}"],
                    "filter": {"payload": "location", "equals": {"stringValue": f"Location {i}"}}})
        api.call("ConfigService/ApplyConfig", {
            "parent": "tenants/-",
            "config": {"destinations": destinations, "subscriptions": subscriptions}})


def change_times(ctx, server, changes):
    """Milliseconds from the call to the answer, which says that the change is in force, of so many
    changes of URLs while events are published as fast as they are taken."""
    took = []
    publishing = threading.Thread(
        target=lambda: publish_bench(ctx, server.address, token=TOKEN, tenants=100, callers=64,
                                     seconds=changes / CHANGES_A_SECOND + 1))
    publishing.start()
    try:
        api, lot = Api(server), random.Random(changes)
        begin = time.monotonic()
        for number in range(changes):
            time.sleep(max(0.0, begin + number / CHANGES_A_SECOND - time.monotonic()))
            name = f"tenants/t{lot.randrange(TENANTS)}/destinations/d{lot.randrange(EACH)}"
            called = time.monotonic()
            api.call("DestinationService/UpdateDestination", {
                "destination": {"name": name, "url": f"http://127.0.0.1:9/{number}"},
                "updateMask": "url"})
            took.append((time.monotonic() - called) * 1000)
    finally:
        publishing.join()
    return sorted(took)


def tenants(ctx):
    """10,000 tenants with 3 destinations each, two keys and a subscription each."""
    seconds = 2 if ctx.quick else 4
    one = [{"name": "d", "url": "http://127.0.0.1:9/"}], config.subscriptions(["d"])
    one[1][0]["filter"] = {"payload": "location", "equals": "Location 0"}
    settings = with_token(ctx.dir)
    server = serve(ctx, "tenants", **settings)
    with server:
        make_tenants(Api(server), "http://127.0.0.1:9", TENANTS)
    starts = []
    for _ in range(ctx.rounds):
        server = server.again()
        begin = time.monotonic()
        with server:
            starts.append(time.monotonic() - begin)
            time.sleep(4)  # memory that only the start needed is given back 2 s after it
            memory = server.memory_mb()
    with server.again() as server, serve(ctx, "one", one, **with_token(ctx.dir)) as alone:
        ratios = []
        for _ in range(2 * ctx.rounds):
            rates = [publish_bench(ctx, at.address, token=TOKEN, tenants=count, callers=256,
                                   seconds=seconds)["per_second"]
                     for at, count in ((alone, 0), (server, TENANTS))]
            ratios.append(rates[1] / rates[0])
        took = change_times(ctx, server, CHANGES // 5 if ctx.quick else CHANGES)
    return {"tenants_10k_start_s": median(starts), "rss_mb_tenants_10k": memory,
            "tenants_10k_publishing_ratio": median(ratios),
            "tenants_10k_change_p99_ms": took[int(len(took) * 0.99)],
            "tenants_10k_change_p50_ms": median(took)}


def everything_on(ctx):
    """Deliveries with the delivery log, statistics and a token over those without, by turns: fan-out
    10."""
    events = 10_000 if ctx.quick else 40_000
    ratios, cpus = [], []
    with Nginx(ctx.dir) as nginx:
        for _ in range(ctx.rounds + 1):
            pace = []
            for name, settings in (("off", OFF), ("on", with_token(ctx.dir))):
                with serve(ctx, f"all-{name}", config.fan_out(nginx.url, 10), **settings) as server:
                    publish_and_drain(ctx, server, 1000, 10)
                    pace.append(beside_wrk(
                        ctx, nginx.url, lambda s=server: publish_and_drain(ctx, s, events, 10))[0])
            ratios.append(pace[1]["per_second"] / pace[0]["per_second"])
            cpus.append(pace[1]["cpu_us"] / pace[0]["cpu_us"])
    return {"log_on_deliveries_ratio": median(ratios), "log_on_cpu_ratio": median(cpus)}


class Reading(threading.Thread):
    """Asks for pages of the delivery log, 20 a second, until it is stopped."""

    FILTERS = ("", "outcome = OUTCOME_HTTP_5XX", "state = DEAD", "event_type = \"session.create\"")

    def __init__(self, server):
        super().__init__(daemon=True)
        self.api, self.took, self.going, self.error = Api(server), [], True, None
        self.start()

    def run(self):
        try:
            while self.going:
                self.read()
        except (BenchError, OSError) as error:
            self.error = error

    def read(self):
        begin = time.monotonic()
        self.api.call("DeliveryService/ListDeliveries", {
            "parent": "tenants/-/destinations/-",
            "filter": self.FILTERS[len(self.took) % len(self.FILTERS)]})
        self.took.append((time.monotonic() - begin) * 1000)
        time.sleep(0.05)

    def stop(self):
        self.going = False
        self.join(120)
        if self.error or not self.took:
            raise BenchError(f"a page of the delivery log was not answered: {self.error}")
        return sorted(self.took)


def log_beside_publishing(ctx):
    """Publishing, every event delivered, with a delivery log of 10 million attempts whose pages are
    read meanwhile, over the same without a log."""
    seconds = 2 if ctx.quick else 4
    attempts = 1_000_000 if ctx.quick else 10_000_000
    ratios, took = [], []
    with Nginx(ctx.dir) as nginx:
        layout = config.fan_out(nginx.url, 1)
        full = serve(ctx, "log-full", layout, **with_token(ctx.dir, delivery_log={"retention_bytes": "20GiB"}))
        with full:
            pass  # it makes its folders
        run_json([f"{ctx.bin}/carillon-bench-log", "--folder", str(full.data_dir / "delivery_log"),
                  "--attempts", str(attempts), "--pages", "100"], timeout=1800)
        with full.again() as full, serve(ctx, "log-none", layout, **with_token(ctx.dir, **OFF)) as none:
            for server in (none, full):
                publish_bench(ctx, server.address, token=TOKEN, callers=256, seconds=1)
            for _ in range(2 * ctx.rounds):
                rates = []
                for server in (none, full):
                    reading = Reading(server) if server is full else None
                    rates.append(publish_bench(ctx, server.address, token=TOKEN, callers=256,
                                               seconds=seconds)["per_second"])
                    if reading:
                        took += reading.stop()
                    time.sleep(1)  # what is accepted is delivered
                ratios.append(rates[1] / rates[0])
    took.sort()
    return {"log_publishing_ratio": median(ratios),
            "log_page_beside_publishing_p99_ms": took[int(len(took) * 0.99)]}


SECTIONS = {"tenants": tenants, "everything": everything_on, "log_publishing": log_beside_publishing}
SLOW = set(SECTIONS)
