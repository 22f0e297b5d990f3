"""What becomes of the figures: a table, JSON, a section of docs/benchmarks.md."""

import datetime
import json
import os
import platform
import re
import subprocess
from pathlib import Path

# Figure, target, what it is. The targets are those that a release has to reach.
FIGURES = [
    ("wrk_rps", None, "wrk's requests/s to nginx, one worker"),
    ("fanout1_ratio", (">=", 0.5), "fan-out 1: deliveries/s over wrk's requests/s"),
    ("fanout10_ratio", (">=", 0.7), "fan-out 10: the same"),
    ("fanout100_ratio", None, "fan-out 100: the same"),
    ("fanout1_deliveries_per_s", None, "fan-out 1: deliveries/s"),
    ("fanout10_deliveries_per_s", None, "fan-out 10: deliveries/s"),
    ("fanout100_deliveries_per_s", None, "fan-out 100: deliveries/s"),
    ("fanout1_events_per_s", None, "fan-out 1: events/s"),
    ("fanout10_events_per_s", None, "fan-out 10: events/s"),
    ("fanout100_events_per_s", None, "fan-out 100: events/s"),
    ("cpu_us_fanout1", ("<=", 35), "CPU us of carillond per delivery, fan-out 1"),
    ("cpu_us_fanout10", ("<=", 20), "CPU us of carillond per delivery, fan-out 10"),
    ("cpu_us_fanout100", None, "CPU us of carillond per delivery, fan-out 100"),
    ("courier_cpu_us", ("<=", 15), "CPU us per attempt, the courier alone"),
    ("courier_ratio", None, "the courier alone, one thread, over wrk"),
    ("p50_ms_at_1000", None, "accepted to delivered at 1,000 events/s, p50, ms"),
    ("p99_ms_at_1000", ("<=", 5), "accepted to delivered at 1,000 events/s, p99, ms"),
    ("published_to_received_p50_ms_at_1000", None, "publisher to receiver, exact, p50, ms"),
    ("published_to_received_p99_ms_at_1000", None, "publisher to receiver, exact, p99, ms"),
    ("unary_ratio", (">=", 0.7), "single-event unary calls over an echo service"),
    ("unary_ratio_64_callers", None, "the same with 64 calls under way, where the disk's latency bounds it"),
    ("unary_ratio_while_delivering", None, "the same while each event is delivered"),
    ("unary_events_per_s", None, "single-event unary calls, events/s"),
    ("rss_mb_fanout1", None, "memory under load, fan-out 1, peak, MB"),
    ("rss_mb_fanout10", None, "memory under load, fan-out 10, peak, MB"),
    ("rss_mb_fanout100", None, "memory under load, fan-out 100, peak, MB"),
    ("rss_mb_parked_1m", ("<", 300), "memory with 1,000,000 parked deliveries, MB"),
    ("rss_mb_parked_1m_peak", None, "the same, peak while they were parked, MB"),
    ("rss_mb_10k_destinations", ("<", 200), "memory with 10,000 idle destinations, MB"),
    ("blackhole_throughput_loss", ("<", 0.10), "healthy half beside a black hole: throughput lost"),
    ("blackhole_p99_rise", ("<", 0.20), "healthy half beside a black hole: rise of p99"),
    ("https_fanout1_ratio", None, "HTTPS, fan-out 1: deliveries/s over wrk's requests/s over TLS"),
    ("https_fanout10_ratio", None, "HTTPS, fan-out 10: the same"),
    ("cpu_us_https_fanout1", None, "HTTPS: CPU us of carillond per delivery, fan-out 1"),
    ("cpu_us_https_fanout10", None, "HTTPS: CPU us of carillond per delivery, fan-out 10"),
    ("https_cold_cpu_us", ("<=", 300), "CPU us per attempt on a new TLS connection, the courier alone"),
    ("https_cold_nginx_cpu_us", None, "the same: CPU us of nginx, the other end"),
    ("https_cold_over_nginx", ("<=", 1.71), "the same: the courier's over nginx's; 300 us over 175"),
    ("https_resumed_cpu_us", ("<=", 100), "the same where sessions are resumed"),
    ("https_resumed_over_cold_nginx", ("<=", 0.57), "the same over nginx's cold; 100 us over 175"),
    ("rss_mb_https_10k_idle", None, "memory with 10,000 HTTPS destinations that got nothing, MB"),
    ("rss_mb_https_10k_open", None, "the same when each got an event over its own connection, MB"),
    ("signing_v1_added_cpu_us", ("<=", 2), "CPU us that a v1 signature adds to a delivery"),
    ("signing_v1_alone_us", None, "a v1 signature alone, CPU us"),
    ("signing_v1a_alone_us", None, "a v1a signature alone, CPU us"),
    ("batch_100_over_single", (">=", 5), "deliveries/s at 100 events a POST over one each"),
    ("batch_100_deliveries_per_s", None, "deliveries/s at 100 events a POST, fan-out 10"),
    ("cpu_us_batch_100", None, "CPU us of carillond per delivery at 100 events a POST"),
    ("order_by_key_over_none", (">=", 0.8), "deliveries/s in order by 1,000 keys over in none"),
    ("order_by_key_added_cpu_us", None, "CPU us that order by key adds to a delivery"),
    ("dead_1m_rss_mb_peak", ("<", 300), "1,000,000 due at a dead destination: memory, peak, MB"),
    ("dead_1m_throughput_loss", ("<", 0.10), "the same: throughput the others lose"),
    ("dead_1m_over_rate", ("<=", 116), "its recovery: requests over the rate; 100 + 16 may be"),
    ("slow_receiver_p99_rise", ("<", 0.05), "999 beside one that answers after 14 s: rise of p99"),
    ("log_page_p99_ms", ("<", 50), "delivery log of 10 million attempts: a page, p99, ms"),
    ("log_page_p50_ms", None, "the same, median, ms"),
    ("log_page_max_ms", None, "the same, the slowest, ms"),
    ("log_written_per_s", None, "the same: attempts written a second while it was filled"),
    ("log_bytes_per_attempt", None, "the same: bytes on disk for each"),
    ("log_publishing_ratio", (">=", 0.95), "publishing with it, and pages read, over none"),
    ("log_page_beside_publishing_p99_ms", ("<", 50), "the same: a page through the API, p99, ms"),
    ("log_on_deliveries_ratio", (">=", 0.9), "fan-out 10: deliveries/s with log, statistics and token over none"),
    ("log_on_cpu_ratio", None, "the same of CPU per delivery"),
    ("over_deliveries_ratio", None, "fan-out 10 with log, statistics, token over the other build"),
    ("over_cpu_ratio", None, "the same of CPU per delivery"),
    ("over_unary_ratio", None, "single-event publishing with a token over the other build"),
    ("tenants_10k_start_s", ("<", 3), "10,000 tenants with 3 destinations: from start to ready, s"),
    ("rss_mb_tenants_10k", ("<", 250), "the same: memory, MB"),
    ("tenants_10k_publishing_ratio", (">=", 0.9), "the same: publishing over that with one destination"),
    ("tenants_10k_change_p99_ms", ("<", 100), "the same, under load: a change until it is in force, p99, ms"),
    ("tenants_10k_change_p50_ms", None, "the same, median, ms"),
    ("slow_receiver_others_p99_ms", None, "the 999 alone, publisher to receiver, p99, ms"),
]
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def reached(target, value):
    sign, bound = target
    return {">=": value >= bound, "<=": value <= bound, "<": value < bound}[sign]


def show(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}"


def rows(figures, every):
    """(name, what, value, target, reached) of what was measured, or of every figure with a target."""
    for name, target, what in FIGURES:
        value = figures.get(name)
        if value is None and not (every and target):
            continue
        verdict = "" if target is None or value is None else "yes" if reached(
            target, value) else "NO"
        yield name, what, show(value), f"{target[0]} {target[1]:g}" if target else "", verdict


def print_table(figures, every):
    print(f"{'figure':38} {'value':>12} {'target':>9} {'reached':>8}  what")
    for name, what, value, target, verdict in rows(figures, every):
        print(f"{name:38} {value:>12} {target:>9} {verdict:>8}  {what}")


def about(quick):
    """The machine, the date and the source that the figures belong to."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True,
                            text=True, cwd=Path(__file__).parent)
    return {
        "machine": f"{cpu[1].strip() if cpu else platform.machine()}, {os.cpu_count()} cores, "
                   f"{memory:.0f} GiB, Linux {platform.release()}",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit.stdout.strip() or None,
        "quick": quick,
    }


def write_json(path, figures, facts):
    every = {name: figures.get(name) for name, _, _ in FIGURES}
    Path(path).write_text(json.dumps({**facts, **every}, indent=2) + "\n")


def origin(facts):
    """When, where and from what source."""
    return (f"{facts['date']}, {facts['machine']}, source {facts['commit']}"
            + (", `--quick`" if facts["quick"] else "") + ".")


def recorded(text):
    """(rows by figure, origins by section) of what `record` wrote."""
    kept = {name: row for row, name in re.findall(r"^(\| `(\w+)` \|.*)$", text, re.MULTILINE)}
    return kept, dict(re.findall(r"^- `(\w+)`: (.*)$", text, re.MULTILINE))


def record(path, figures, facts, sections=()):
    """Replaces what stands between the markers. `sections`: no others were measured, so the rows of
    other figures stay, and a line tells where those of each section come from. `wrk_rps` stays too:
    the other ratios were taken beside it."""
    text = Path(path).read_text()
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    old, origins = recorded(text[start:end]) if sections else ({}, {})
    head = [origin(facts)]
    if sections:
        head = text[start:end].strip().split("\n")[:1]
        figures = {name: value for name, value in figures.items() if name != "wrk_rps"}
        origins.update({section: origin(facts) for section in sections})
        head += ["", "Measured apart:", ""] + [f"- `{s}`: {o}" for s, o in origins.items()]
    lines = [*head, "", "| figure | value | target | reached | what |", "|---|---:|---:|---|---|"]
    new = {name: f"| `{name}` | {value} | {target} | {verdict} | {what} |"
           for name, what, value, target, verdict in rows(figures, True)}
    for name, _, _ in FIGURES:
        kept = old.get(name) if figures.get(name) is None else None
        if row := kept or new.get(name):
            lines.append(row)
    Path(path).write_text(text[:start] + "\n" + "\n".join(lines) + "\n" + text[end:])
