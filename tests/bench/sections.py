"""The sections of the bench: each takes the context and returns its figures by name."""

import time
from statistics import median

import config
from measure import (beside_wrk, delivered, parked, publish_and_drain, quantile_ms, start_publishing,
                     wait_until)
from programs import Carillond, Nginx, Program, Receiver, free_port, run_json


def serve(ctx, name, layout):
    destinations, subscriptions = layout
    ctx.count += 1
    return Carillond(ctx.bin, ctx.dir, f"{ctx.count:02}-{name}", destinations, subscriptions)


def publish_bench(ctx, address, **flags):
    command = [f"{ctx.bin}/carillon-bench-publish", "--address", address]
    for flag, value in flags.items():
        command += [f"--{flag}", str(value)]
    return run_json(command, timeout=120)


def fan_out(ctx, count, events):
    """The whole path to `count` destinations, between two runs of wrk."""
    ratios, cpus, rates, memory = [], [], [], []
    with Nginx(ctx.dir) as nginx:
        for _ in range(ctx.rounds):
            with serve(ctx, f"fanout{count}", config.fan_out(nginx.url, count)) as server:
                publish_and_drain(ctx, server, 1000, count)  # connections stand, caches are warm
                result, rps = beside_wrk(
                    ctx, nginx.url, lambda: publish_and_drain(ctx, server, events, count))
                memory.append(server.memory_mb("VmHWM"))
            ratios.append(result["per_second"] / rps)
            cpus.append(result["cpu_us"])
            rates.append(result["per_second"])
    return {f"fanout{count}_ratio": median(ratios), f"cpu_us_fanout{count}": median(cpus),
            f"fanout{count}_deliveries_per_s": median(rates),
            f"fanout{count}_events_per_s": median(rates) / count,
            f"rss_mb_fanout{count}": max(memory)}


def fanout1(ctx):
    return fan_out(ctx, 1, 200_000 if ctx.quick else 500_000)


def fanout10(ctx):
    return fan_out(ctx, 10, 20_000 if ctx.quick else 80_000)


def fanout100(ctx):
    return fan_out(ctx, 100, 2_000 if ctx.quick else 8_000)


def latency(ctx):
    """From accepted to delivered at 1,000 events a second, and as the two ends see it."""
    p50, p99, ends50, ends99 = [], [], [], []
    with Receiver(ctx.bin, ctx.dir / "receiver.log") as receiver:
        with serve(ctx, "latency", config.fan_out(receiver.url, 1)) as server:
            publish_bench(ctx, server.address, rate=1000, seconds=2)
            for _ in range(ctx.rounds):
                receiver.stats()
                before = server.metrics()
                publish_bench(ctx, server.address, rate=1000, seconds=5 if ctx.quick else 10)
                time.sleep(0.2)
                after = server.metrics()
                exact = receiver.stats()
                p50.append(quantile_ms(before, after, 0.50))
                p99.append(quantile_ms(before, after, 0.99))
                ends50.append(exact["p50_us"] / 1000)
                ends99.append(exact["p99_us"] / 1000)
    return {"p50_ms_at_1000": median(p50), "p99_ms_at_1000": median(p99),
            "published_to_received_p50_ms_at_1000": median(ends50),
            "published_to_received_p99_ms_at_1000": median(ends99)}


def courier(ctx):
    """lib/http alone."""
    cpus, ratios = [], []
    with Nginx(ctx.dir) as nginx:
        command = [f"{ctx.bin}/carillon-bench-courier", "--url", nginx.url + "/courier",
                   "--attempts", str(200_000 if ctx.quick else 500_000)]
        for _ in range(ctx.rounds):
            result, rps = beside_wrk(ctx, nginx.url, lambda: run_json(command, timeout=120))
            cpus.append(result["cpu_us"])
            ratios.append(result["per_second"] / rps)
    return {"courier_cpu_us": median(cpus), "courier_ratio": median(ratios)}


CALLERS = 256


def unary(ctx):
    """Single events through unary calls: carillond beside an echo of the same messages. Nothing
    subscribes in the first figure, so that it is publishing alone; in the second every event is
    also delivered. So many calls are under way that the disk's latency, which the echo does not
    have, bounds neither; the third figure is for 64, where it does."""
    seconds = 2 if ctx.quick else 4
    ratios, rates = {"alone": [], "delivering": [], "few": []}, []
    with Nginx(ctx.dir) as nginx, \
            Program([f"{ctx.bin}/carillon-bench-echo"], ctx.dir / "echo.log") as echo, \
            serve(ctx, "unary", ([], [])) as quiet, \
            serve(ctx, "unary-delivering", config.fan_out(nginx.url, 1)) as busy:
        echo_address = "127.0.0.1:" + echo.wait_for(r'"port":(\d+)')[1]

        def rate(address, length, callers=CALLERS):
            before = delivered(busy)
            result = publish_bench(ctx, address, callers=callers, seconds=length)
            if address == busy.address:  # the next measurement finds an idle machine
                wait_until(lambda: delivered(busy) - before, result["count"], 120)
            return result["per_second"]

        for address in (echo_address, quiet.address, busy.address):
            rate(address, 1)
        for _ in range(2 * ctx.rounds):
            ceiling = rate(echo_address, seconds)
            rates.append(rate(quiet.address, seconds))
            ratios["alone"].append(rates[-1] / ceiling)
            ratios["delivering"].append(rate(busy.address, seconds) / ceiling)
            few = rate(echo_address, seconds, 64)
            ratios["few"].append(rate(quiet.address, seconds, 64) / few)
    return {"unary_ratio": median(ratios["alone"]),
            "unary_ratio_while_delivering": median(ratios["delivering"]),
            "unary_ratio_64_callers": median(ratios["few"]),
            "unary_events_per_s": median(rates)}


def idle(ctx):
    """10,000 destinations with a filter each and nothing to do."""
    with Nginx(ctx.dir) as nginx:
        with serve(ctx, "idle", config.locations(nginx.url, 10_000)) as server:
            server.metrics()
            time.sleep(2)
            return {"rss_mb_10k_destinations": server.memory_mb()}


def parked_million(ctx):
    """A million deliveries that wait an hour for their retry."""
    events = 1_000_000
    layout = config.fan_out(f"http://127.0.0.1:{free_port()}", 1,
                            retry={"delays": ["1h", "1h"], "jitter": 0}, breaker={"off": True})
    with serve(ctx, "parked", layout) as server:
        publisher = start_publishing(ctx, server, events)
        try:
            wait_until(lambda: parked(server), events, 900, publisher)
        finally:
            if publisher.poll() is None:
                publisher.kill()
            publisher.wait()
        time.sleep(2)
        return {"rss_mb_parked_1m": server.memory_mb(),
                "rss_mb_parked_1m_peak": server.memory_mb("VmHWM")}


def blackhole_throughput(ctx, events):
    """How much less the healthy half of 20 destinations gets when the other half never answers."""
    losses = []
    with Nginx(ctx.dir) as nginx, Receiver(ctx.bin, ctx.dir / "hole.log") as hole:
        for _ in range(ctx.rounds):
            pace = {}
            for name, url, healthy in (("healthy", nginx.url, 20), ("hole", hole.url + "/hang", 10)):
                with serve(ctx, f"blackhole-{name}", config.halves(nginx.url, url)) as server:
                    all_answer = healthy == 20
                    publish_and_drain(ctx, server, 1000, healthy, all_answer)
                    result = publish_and_drain(ctx, server, events, healthy, all_answer)
                    pace[name] = result["per_second"] * 10 / healthy
            losses.append(1 - pace["hole"] / pace["healthy"])
    return median(losses)


def blackhole_p99(ctx):
    """How much later the healthy half is served, at 100 events a second to 20 destinations."""
    rises = []
    with Receiver(ctx.bin, ctx.dir / "healthy.log") as healthy, \
            Receiver(ctx.bin, ctx.dir / "other.log") as other:
        for _ in range(ctx.rounds + 1):
            p99 = []
            for name, url in (("healthy", other.url), ("hole", other.url + "/hang")):
                with serve(ctx, f"p99-{name}", config.halves(healthy.url, url)) as server:
                    publish_bench(ctx, server.address, rate=100, seconds=3)  # 2 s: the timeout
                    healthy.stats()
                    publish_bench(ctx, server.address, rate=100, seconds=4 if ctx.quick else 8)
                    time.sleep(0.2)
                    p99.append(healthy.stats()["p99_us"])
            rises.append(p99[1] / p99[0] - 1)
    return median(rises)


def blackhole(ctx):
    return {"blackhole_throughput_loss": blackhole_throughput(ctx, 5_000 if ctx.quick else 20_000),
            "blackhole_p99_rise": blackhole_p99(ctx)}


# In the order in which they run; the last ones are left out by --quick.
SECTIONS = {"courier": courier, "fanout1": fanout1, "fanout10": fanout10, "fanout100": fanout100,
            "latency": latency, "unary": unary, "blackhole": blackhole, "idle": idle,
            "parked": parked_million}
SLOW = {"parked"}
