"""Sections about what a destination can ask for, and what that costs the others."""

import sys
import time
from statistics import median

import config
from measure import delivered, publish_and_drain, wait_until
from programs import Nginx, Receiver, Sink, run_json
from sections import publish_bench, serve

SLOW_PATH = "/ok/slow-one"


def signing(ctx):
    """What v1 adds to a delivery: two sets of destinations of one carillond, one of them signed,
    that get the same events by turns."""
    alone = run_json([f"{ctx.bin}/carillon-bench-signing"], timeout=120)
    events, added = (20_000 if ctx.quick else 60_000), []
    with Nginx(ctx.dir) as nginx, serve(ctx, "signing", config.signed_and_not(nginx.url)) as server:
        def cpu_us(kind, count):
            fan_out = config.TURNS_FAN_OUT
            return publish_and_drain(ctx, server, count, fan_out, kind=kind)["cpu_us"]

        for kind in ("create", "delete"):
            cpu_us(kind, 1000)
        for turn in range(2 * ctx.rounds + 1):
            order = ("create", "delete") if turn % 2 else ("delete", "create")
            cost = {kind: cpu_us(kind, events) for kind in order}
            added.append(cost["delete"] - cost["create"])
    return {"signing_v1_added_cpu_us": median(added), "signing_v1_alone_us": alone["v1_us"],
            "signing_v1a_alone_us": alone["v1a_us"]}


def by_turns(ctx, name, plain, other, events, keys=0):
    """Deliveries a second, and CPU of each, of the one policy over those of the other: two sets of
    destinations of one carillond at one receiver, to which the same events go by turns. `events`:
    in a turn of the one and of the other, so that both take about as long."""
    turns = []
    with Nginx(ctx.dir) as nginx, \
            serve(ctx, name, config.by_turns(nginx.url, plain, other)) as server:
        def measure(kind, count):
            return publish_and_drain(ctx, server, count, config.TURNS_FAN_OUT, kind=kind, keys=keys)

        for kind in events:
            measure(kind, 20_000)
        for turn in range(2 * ctx.rounds):
            order = ("create", "delete") if turn % 2 else ("delete", "create")
            turns.append({kind: measure(kind, events[kind]) for kind in order})
            print("{}: deliveries/s {:,.0f} and {:,.0f}, CPU us {:.2f} and {:.2f}".format(
                name, *(turns[-1][kind][what] for what in ("per_second", "cpu_us")
                        for kind in ("create", "delete"))), file=sys.stderr, flush=True)
    return turns


def batches(ctx):
    """Events delivered in POSTs of 100 beside the same one by one."""
    scale = 1 if ctx.quick else 2
    turns = by_turns(ctx, "batches", {}, {"batch": {"max_events": 100}},
                     {"create": 20_000 * scale, "delete": 60_000 * scale})
    return {"batch_100_over_single": median(
                t["delete"]["per_second"] / t["create"]["per_second"] for t in turns),
            "batch_100_deliveries_per_s": median(t["delete"]["per_second"] for t in turns),
            "cpu_us_batch_100": median(t["delete"]["cpu_us"] for t in turns)}


def order(ctx):
    """In order by one of 1,000 keys beside in no order."""
    events = 20_000 if ctx.quick else 60_000
    turns = by_turns(ctx, "order", {}, {"order": {"by": "key"}},
                     {"create": events, "delete": events}, keys=1000)
    return {"order_by_key_over_none": median(
                t["delete"]["per_second"] / t["create"]["per_second"] for t in turns),
            "order_by_key_added_cpu_us": median(
                t["delete"]["cpu_us"] - t["create"]["cpu_us"] for t in turns)}


def slow_receiver(ctx):
    """How much later 999 destinations are served while one more answers after 14 s. The load is the
    same in both phases, which take turns in one life of carillond."""
    destinations, rate = 1000, 10
    rises, p99s = [], []
    with Receiver(ctx.bin, ctx.dir / "healthy.log") as healthy, \
            Sink(ctx.bin, ctx.dir / "slow.log") as slow, \
            serve(ctx, "slow-receiver", config.one_elsewhere(
                healthy.url, slow.url + SLOW_PATH, destinations)) as server:
        def phase(mode, seconds):
            slow.set_mode(SLOW_PATH, mode)
            before = delivered(server)
            healthy.stats()
            count = publish_bench(ctx, server.address, rate=rate, seconds=seconds)["count"]
            time.sleep(0.5)
            p99 = healthy.stats()["p99_us"] / 1000
            slow.set_mode(SLOW_PATH, "")
            wait_until(lambda: delivered(server) - before, count * destinations, 120)
            return p99

        phase("", 3)  # connections stand, caches are warm
        for turn in range(4 if ctx.quick else 4 * ctx.rounds):
            order = ("", "slow/14000") if turn % 2 else ("slow/14000", "")
            p99 = {mode: phase(mode, 6) for mode in order}
            rises.append(p99["slow/14000"] / p99[""] - 1)
            print("slow_receiver: p99 ms alone {:.1f}, beside the slow one {:.1f}".format(
                p99[""], p99["slow/14000"]), file=sys.stderr, flush=True)
            p99s.append(p99[""])
    return {"slow_receiver_p99_rise": median(rises), "slow_receiver_others_p99_ms": median(p99s)}


SECTIONS = {"signing": signing, "batches": batches, "order": order, "slow_receiver": slow_receiver}
SLOW = {"slow_receiver"}
