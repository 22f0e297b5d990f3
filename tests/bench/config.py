"""The configurations that the bench gives to carillond, and the events it publishes."""

import base64
import hashlib
import json
import math
import random

WRK_CONNECTIONS = 32

SESSION = {"uuid": "41509791-3de8-5bb9-b4fc-a9753da95aad", "action": "create",
           "location": "Kamen Test", "stations": 1, "customerid": 7685}


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # of the Standard Webhooks contract


TOKEN = "car_" + "B" * 43


def with_token(folder, **more):
    """Settings with a token that may do everything; its master key lies in `folder`."""
    key = folder / "master.key"
    key.write_text(base64.b64encode(b"k" * 32).decode())
    key.chmod(0o600)
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    return {"access": {"tokens": [{"name": "bench", "sha256": digest, "role": "operator"}]},
            "secrets": {"master_key": {"file": str(key)}}, **more}


def destination(name, url, **more):
    """A destination as SynthesisVR wants to be called: an array, any response, no retry."""
    return {"name": name, "url": url, "format": "array", "success": "any_response",
            "retry": {"none": True}, **more}


def fan_out(url, count, **more):
    """`count` destinations at different paths, and subscriptions of every session to all. Together
    they have as many connections as wrk has, or one each: nginx itself slows down with their
    number."""
    more = {"concurrency": math.ceil(WRK_CONNECTIONS / count), **more}
    destinations = [destination(f"d{i}", f"{url}/d{i}", **more) for i in range(count)]
    names = [d["name"] for d in destinations]
    return destinations, subscriptions(names)


def subscriptions(names):
    return [{"name": f"s{i}", "types": ["session.*"], "destinations": names[i:i + 250]}
            for i in range(0, len(names), 250)]


def halves(healthy_url, other_path_url):
    """20 destinations, half of them at `other_path_url`, which may never answer. No breaker: it
    would end the load after ten timeouts."""
    timeouts = {"connect": "1s", "total": "2s"}
    destinations = [destination(f"a{i}", f"{healthy_url}/a{i}", timeouts=timeouts)
                    for i in range(10)]
    destinations += [destination(f"b{i}", f"{other_path_url}/b{i}", timeouts=timeouts,
                                 retry={"delays": ["5s", "5m", "30m"]},
                                 breaker={"off": True}) for i in range(10)]
    return destinations, subscriptions([d["name"] for d in destinations])


TURNS_FAN_OUT = 10


def by_turns(url, plain, other):
    """Two sets of destinations: `session.create` goes to the one, which has what `plain` tells,
    `session.delete` to the other."""
    sets = {"create": plain, "delete": other}
    more = {"concurrency": math.ceil(WRK_CONNECTIONS / TURNS_FAN_OUT)}
    destinations = [destination(f"{kind}{i}", f"{url}/{kind}{i}", **{**more, **policy})
                    for kind, policy in sets.items() for i in range(TURNS_FAN_OUT)]
    wanted = [{"name": kind, "types": [f"session.{kind}"],
               "destinations": [f"{kind}{i}" for i in range(TURNS_FAN_OUT)]} for kind in sets]
    return destinations, wanted


def signed_and_not(url):
    return by_turns(url, {}, {"keys": [{"name": "key", "secret": SECRET}]})


def dead_and_healthy(healthy_url, dead_url, **dead):
    """`session.create` goes to one destination, `session.delete` to ten others."""
    more = {"concurrency": math.ceil(WRK_CONNECTIONS / TURNS_FAN_OUT)}
    healthy = [destination(f"h{i}", f"{healthy_url}/h{i}", **more) for i in range(TURNS_FAN_OUT)]
    wanted = [{"name": "healthy", "types": ["session.delete"],
               "destinations": [d["name"] for d in healthy]},
              {"name": "dead", "types": ["session.create"], "destinations": ["dead"]}]
    return [*healthy, {"name": "dead", "url": dead_url, "format": "array", **dead}], wanted


def one_elsewhere(url, other_url, count):
    """`count` destinations that get every session, the last of them at `other_url`. The others have
    few connections each, so that the receiver can take them all."""
    destinations = [destination(f"d{i}", f"{url}/d{i}", concurrency=4) for i in range(count - 1)]
    destinations.append(destination("other", other_url))
    return destinations, subscriptions([d["name"] for d in destinations])


def locations(url, count):
    """A URL for each location: `count` destinations, each with its own filter."""
    destinations = [destination(f"d{i}", f"{url}/d{i}") for i in range(count)]
    filters = [{"name": f"s{i}", "types": ["session.*"], "destinations": [f"d{i}"],
                "filter": {"payload": "location", "equals": f"Location {i}"}}
               for i in range(count)]
    return destinations, filters


def write_events(path, count, kind="create", keys=0):
    """JSON lines of the session event of the SynthesisVR contract, without ids; each with one of
    `keys` ordering keys, drawn by lot, and its number as `customerid`."""
    event = {"type": f"session.{kind}", "session": {**SESSION, "action": kind}}
    if not keys:
        path.write_text((json.dumps(event, separators=(",", ":")) + "\n") * count)
        return
    lot = random.Random(count)
    with open(path, "w") as out:
        for number in range(count):
            key = f"key-{lot.randrange(keys)}"
            event["ordering_key"] = event["session"]["uuid"] = key
            event["session"]["customerid"] = number
            out.write(json.dumps(event, separators=(",", ":")) + "\n")
