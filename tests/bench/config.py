"""The configurations that the bench gives to carillond, and the events it publishes."""

import json
import math

WRK_CONNECTIONS = 32

SESSION = {"uuid": "41509791-3de8-5bb9-b4fc-a9753da95aad", "action": "create",
           "location": "Kamen Test", "stations": 1, "customerid": 7685}


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
    """20 destinations, half of them at `other_path_url`, which may never answer."""
    timeouts = {"connect": "1s", "total": "2s"}
    destinations = [destination(f"a{i}", f"{healthy_url}/a{i}", timeouts=timeouts)
                    for i in range(10)]
    destinations += [destination(f"b{i}", f"{other_path_url}/b{i}", timeouts=timeouts,
                                 retry={"delays": ["5s", "5m", "30m"]}) for i in range(10)]
    return destinations, subscriptions([d["name"] for d in destinations])


def locations(url, count):
    """A URL for each location: `count` destinations, each with its own filter."""
    destinations = [destination(f"d{i}", f"{url}/d{i}") for i in range(count)]
    filters = [{"name": f"s{i}", "types": ["session.*"], "destinations": [f"d{i}"],
                "filter": {"payload": "location", "equals": f"Location {i}"}}
               for i in range(count)]
    return destinations, filters


def write_events(path, count):
    """JSON lines of the session event of the SynthesisVR contract, without ids."""
    line = json.dumps({"type": "session.create", "session": SESSION}, separators=(",", ":"))
    path.write_text((line + "\n") * count)
