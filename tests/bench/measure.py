"""What several sections measure in the same way."""

import math
import os
import subprocess
import time
from statistics import mean

from config import TOKEN, write_events
from programs import BenchError, wrk

HISTOGRAM = "carillon_accepted_to_delivered_seconds"
FILE_EVENTS = 1000
KEYED_FILE_EVENTS = 20_000


def delivered(server):
    return server.metrics().get("carillon_delivered_total", 0)


def failed_attempts(server):
    return sum(value for name, value in server.metrics().items()
               if name.startswith("carillon_attempts_total{") and '"success"' not in name)


def parked(server):
    return sum(value for name, value in server.metrics().items()
               if name.startswith("carillon_deliveries{") and 'state="parked"' in name)


def start_publishing(ctx, server, events, kind="create", keys=0):
    """`carillon publish` from a file in batches of 100; `events` is a multiple of the file."""
    size = KEYED_FILE_EVENTS if keys else FILE_EVENTS
    path = ctx.dir / f"events-{kind}-{keys}.jsonl"
    if not path.exists():
        write_events(path, size, kind, keys)
    return publish_file(ctx, server, path, "--batch", "100", "--in-flight", "8", "--repeat",
                        str(math.ceil(events / size)))


def publish_file(ctx, server, path, *flags):
    return subprocess.Popen(
        [f"{ctx.bin}/carillon", "publish", "--address", server.address, "--file", str(path),
         *flags],
        env={**os.environ, **({"CARILLON_TOKEN": TOKEN} if "access" in server.settings else {})},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def wait_until(count, goal, limit_s, publisher=None):
    """Polls `count()` until it reaches `goal`; tells when that was, interpolated between the last
    two looks."""
    begin = last_time = time.monotonic()
    last = count()
    while time.monotonic() - begin < limit_s:
        if publisher and publisher.poll() not in (None, 0):
            raise BenchError(f"carillon publish failed: {publisher.stderr.read()[-500:]}")
        time.sleep(0.1)
        now, value = time.monotonic(), count()
        if value >= goal:
            # The count stands still at the goal, so the pace so far tells when it got there.
            pace = last / max(last_time - begin, 1e-9)
            guess = last_time + (goal - last) / pace if pace > 0 else now
            return min(guess, now)
        last_time, last = now, value
    raise BenchError(f"only {last:.0f} of {goal:.0f} after {limit_s} s")


def publish_and_drain(ctx, server, events, fan_out, all_answer=True, limit_s=300, kind="create",
                      keys=0):
    """Publishes `events` and waits until each reached its `fan_out` destinations: deliveries a
    second and CPU microseconds of carillond for each."""
    before, failed_before = delivered(server), failed_attempts(server)
    cpu = server.cpu_us()
    begin = time.monotonic()
    publisher = start_publishing(ctx, server, events, kind, keys)
    try:
        goal = events * fan_out
        end = wait_until(lambda: delivered(server) - before, goal, limit_s, publisher)
        cpu = server.cpu_us() - cpu
        publisher.wait(60)
    finally:
        if publisher.poll() is None:
            publisher.kill()
            publisher.wait()
    if all_answer and failed_attempts(server) > failed_before:
        raise BenchError("attempts failed; see carillon_attempts_total")
    return {"per_second": goal / (end - begin), "cpu_us": cpu / goal}


def beside_wrk(ctx, url, work):
    """Runs `work` between two runs of wrk: its result and wrk's requests a second."""
    before = wrk(url, ctx.wrk_seconds)
    result = work()
    rps = mean([before, wrk(url, ctx.wrk_seconds)])
    if not url.startswith("https:"):  # another figure
        ctx.wrk_rps.append(rps)
    return result, rps


def quantile_ms(before, after, q):
    """Quantile of what the histogram took in between two scrapes, interpolated in its bucket."""
    buckets = []
    for name, value in after.items():
        if name.startswith(f"{HISTOGRAM}_bucket"):
            bound = name.split('le="')[1].split('"')[0]
            buckets.append((float(bound), value - before.get(name, 0)))
    buckets.sort()
    if not buckets or buckets[-1][1] == 0:
        raise BenchError("nothing was delivered")
    rank = q * buckets[-1][1]
    low, below = 0.0, 0.0
    for bound, count in buckets:
        if count >= rank:
            if math.isinf(bound):
                return low * 1000
            return (low + (bound - low) * (rank - below) / max(count - below, 1e-9)) * 1000
        low, below = bound, count
    return low * 1000
