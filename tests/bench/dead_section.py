"""A destination that is down, with a million deliveries due, and its recovery."""

import socket
import sys
import time
from statistics import median

import arrivals
import config
from config import write_events
from measure import delivered, parked, publish_and_drain, publish_file, wait_until
from programs import BenchError, Nginx, Sink
from sections import serve

EVENTS = 1_000_000
KEYS = 1000
PATH = "/slow/1/dead"  # answers after a millisecond, so that requests do overlap
CONCURRENCY = 16
RATE = {"per_second": 10_000, "burst": 100}
RETRY = {"delays": ["1m"] * 64}
# Without a breaker each delivery is tried and parked; behind one, what comes is left in the journal.
POLICIES = {
    "none": {"breaker": {"off": True}},
    "key": {"breaker": {"off": True}, "order": {"by": "key"}},
    "breaker": {"breaker": {"max_delay": "20s"}, "order": {"by": "key"}},
}


def fill(ctx, server, name):
    """Publishes the events, in the order of their numbers, and waits until all are put aside."""
    path = ctx.dir / "events-numbered.jsonl"
    if not path.exists():
        write_events(path, EVENTS, keys=KEYS)
    begin = time.monotonic()
    publisher = publish_file(ctx, server, path, "--batch", "1000", "--in-flight", "1")
    try:
        if name != "breaker":
            wait_until(lambda: parked(server), EVENTS, 900, publisher)
        publisher.wait(900)
    finally:
        if publisher.poll() is None:
            publisher.kill()
            publisher.wait()
    return time.monotonic() - begin


def throughput_loss(ctx, server, other, events):
    """How much less the healthy destinations of `server` get than those of `other`."""
    def pace(which):
        return publish_and_drain(ctx, which, events, config.TURNS_FAN_OUT, all_answer=False,
                                 kind="delete")["per_second"]

    losses = []
    for which in (server, other):
        pace(which)
    for turn in range(2 * ctx.rounds):
        order = (server, other) if turn % 2 else (other, server)
        paces = {which: pace(which) for which in order}
        losses.append(1 - paces[server] / paces[other])
        print(f"dead_destination: the others get {paces[server]:,.0f} a second, alone {paces[other]:,.0f}", file=sys.stderr, flush=True)
    return median(losses)


def drain(ctx, server, name, silent):
    """Lets the receiver come back and checks what it sees: the largest burst over the rate."""
    jsonl = ctx.dir / f"dead-{name}.jsonl"
    before = delivered(server)
    port = silent.getsockname()[1]
    silent.close()
    with Sink(ctx.bin, ctx.dir / f"dead-{name}.log", port, "--jsonl", str(jsonl)) as sink:
        wait_until(lambda: delivered(server) - before, EVENTS, 900)
        most = sink.stats()["targets"][PATH]["max_concurrent"]
    if most > CONCURRENCY:
        raise BenchError(f"{most} requests at once")
    requests = list(arrivals.read(jsonl))
    jsonl.unlink()
    arrivals.check(((key, number) for _, key, number in requests), EVENTS,
                   ordered=name != "none")
    return arrivals.over_rate((at for at, _, _ in requests), RATE["per_second"])


def dead(ctx, name):
    policy = {"concurrency": CONCURRENCY, "retry": RETRY, **POLICIES[name]}
    # Bound and not listened on, a port refuses connections and nobody else gets it.
    with Nginx(ctx.dir) as nginx, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]

        def layout(**more):
            return config.dead_and_healthy(nginx.url, f"http://127.0.0.1:{port}{PATH}",
                                           **{**policy, **more})

        with serve(ctx, f"dead-{name}", layout()) as server, \
                serve(ctx, f"beside-{name}", layout()) as other:
            filled = fill(ctx, server, name)
            waiting = parked(server)
            loss = throughput_loss(ctx, server, other, 30_000)
            server.write_config(*layout(
                rate=RATE, retry={**RETRY, "budget": {"min_per_second": 100_000}}))
            wait_until(lambda: server.metrics()['carillon_config_reloads_total{result="ok"}'],
                       1, 60)
            begin = time.monotonic()
            burst = drain(ctx, server, name, silent)
            memory = server.memory_mb("VmHWM")
            print(f"dead, {name}: put aside in {filled:.0f} s, {waiting:.0f} rows, others lose "
                  f"{loss:.3f}, drained in {time.monotonic() - begin:.0f} s, {burst:.0f} over the "
                  f"rate, {memory:.0f} MB", file=sys.stderr, flush=True)
    return {"rss_mb": memory, "loss": loss, "burst": burst}


def dead_destination(ctx):
    found = [dead(ctx, name) for name in POLICIES]
    return {"dead_1m_rss_mb_peak": max(f["rss_mb"] for f in found),
            "dead_1m_throughput_loss": max(f["loss"] for f in found),
            "dead_1m_over_rate": max(f["burst"] for f in found)}


SECTIONS = {"dead_destination": dead_destination}
SLOW = {"dead_destination"}
