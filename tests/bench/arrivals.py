"""What a receiver's record tells: whether limits were kept and everything came, in order."""

import json
from datetime import datetime

from programs import BenchError


def over_rate(times, per_second):
    """By how many requests the fullest span of time had more than `per_second` allows: what the
    burst must be at least."""
    most = level = 0.0
    last = None
    for time in times:
        if last is not None:
            level = max(level - (time - last) * per_second, 0)
        last = time
        level += 1
        most = max(most, level)
    return most


def check(numbers, count, ordered):
    """`numbers`: pairs of key and number as they came; every number below `count` is due once, and
    with `ordered` those of a key in rising order."""
    seen = bytearray(count)
    newest = {}
    for key, number in numbers:
        if seen[number]:
            raise BenchError(f"event {number} came twice")
        seen[number] = 1
        if ordered and newest.get(key, -1) > number:
            raise BenchError(f"event {number} of {key} came after {newest[key]}")
        newest[key] = number
    if missing := count - sum(seen):
        raise BenchError(f"{missing} of {count} events did not come")


def read(jsonl):
    """(seconds, key, number) of each request in a record of carillon-sink, whose bodies are arrays
    of one of config.write_events' events with keys."""
    with open(jsonl) as lines:
        for line in lines:
            request = json.loads(line)
            event = json.loads(request["body"])[0]
            seconds = datetime.fromisoformat(request["time"]).timestamp()
            yield seconds, event["uuid"], event["customerid"]
