"""Order, at a real receiver: across retries, restarts and kills, and behind the dead."""

import signal
import unittest
import zlib

from harness import EndToEnd, eventually, session
from judging import Gate, Judging

UNBOUNDED = {"ratio": 10, "min_per_second": 100_000}
AGAIN = {"delays": ["10ms"] * 60, "jitter": 0.2, "budget": UNBOUNDED}


def unfinished(server, *states):
    """Deliveries of the destination that are in one of these states."""
    return sum(server.metric(f'carillon_destination_deliveries{{tenant="default",'
                             f'destination="one",state="{state}"}}') for state in states)


def event(key, number):
    return {"id": f"{key}-{number}", "orderingKey": key, "session": session(number)}


def key_of(event_id):
    return event_id.rsplit("-", 1)[0]


def events(keys, count):
    """Of each key so many, the keys taking turns."""
    return [event(key, number) for number in range(count) for key in keys]


def stumbles(request):
    """Fails the first one to three attempts of every third event."""
    dice = zlib.crc32(request["id"].encode())
    return 500 if dice % 3 == 0 and request["before"] < 1 + dice // 3 % 3 else 200


class Ordered(EndToEnd):
    owned = True

    def start(self, receiver, order, **more):
        self.configure(receiver, order, **more)
        return self.server()

    def configure(self, receiver, order, **more):
        self.write_config([{"name": "one", "url": receiver.url("/x"), "order": order,
                            "breaker": {"off": True}, "retry": AGAIN, **more}])

    def publish_events(self, server, events, *arguments):
        """In their order, however many they are."""
        return super().publish_events(server, events, "--in-flight", 1, *arguments)

    def reload(self, server, receiver, order, **more):
        self.configure(receiver, order, **more)
        server.signal(signal.SIGHUP)

    def wait_held(self, server, count):
        """So many wait, in memory or on disk, and none is in flight."""
        eventually(lambda: unfinished(server, "in_flight") == 0
                   and unfinished(server, "ready", "parked") == count,
                   lambda: f"{count} are held, there are {unfinished(server, 'ready', 'parked')}")

    def check_order(self, receiver, published, key=key_of):
        """Whatever comes, all before it in its order were accepted before: in that order were the
        first deliveries, and nothing overtook while something was tried again."""
        accepted_when = {}  # number of requests that had come when it was first accepted
        for r in receiver.requests:
            if r.get("status") == 200:
                accepted_when[r["id"]] = min(r["answered"], accepted_when.get(r["id"], 1 << 60))
        earlier = {}  # the one published before it in its order
        last = {}
        for one in published:
            earlier[one["id"]] = last.get(key(one["id"]))
            last[key(one["id"])] = one["id"]
        for r in receiver.requests:
            before = earlier[r["id"]]
            if before is not None:
                self.assertLessEqual(accepted_when[before], r["number"],
                                     f"{r['id']} came before {before} was accepted")


class Retries(Ordered):
    def test_each_key_in_publishing_order_while_requests_fail(self):
        published = events([f"k{n}" for n in range(20)], 12)
        with Judging(stumbles) as receiver:
            server = self.start(receiver, {"by": "key"}, retry={**AGAIN, "delays": ["300ms"] * 4})
            for first in range(0, len(published), 20):  # some meet one of their key that is parked
                self.publish_events(server, published[first:first + 20])
            receiver.wait_accepted(e["id"] for e in published)
            self.assertEqual(server.stop(), 0)
        self.check_order(receiver, published)
        self.assertGreater(len(receiver.requests), len(published) + 50)  # many were tried again

    def test_strict_is_one_after_another(self):
        published = events([f"k{n}" for n in range(8)], 8)
        with Judging(stumbles) as receiver:
            server = self.start(receiver, {"by": "strict"})
            self.publish_events(server, published)
            receiver.wait_accepted(e["id"] for e in published)
            self.assertEqual(server.stop(), 0)
        self.check_order(receiver, published, key=lambda _: "all")
        self.assertEqual({r["open"] for r in receiver.requests}, {1})

    def test_keys_that_fail_hold_nobody_else_up(self):
        published = events(["bad"] + [f"k{n}" for n in range(10)], 5)
        good = [e["id"] for e in published if e["orderingKey"] != "bad"]
        with Judging(lambda r: 500 if key_of(r["id"]) == "bad" else 200) as receiver:
            server = self.start(receiver, {"by": "key"}, retry={"delays": ["1h"]})
            self.publish_events(server, published)
            self.publish_events(server, [{"id": "free-0", "session": session()}])  # has no key
            receiver.wait_accepted([*good, "free-0"])
            self.wait_held(server, 5)  # the one that failed, and those behind it
            self.assertEqual(server.stop(), 0)
            server = self.server()
            self.publish_events(server, [event("k0", 5), event("bad", 5)])
            receiver.wait_accepted(["k0-5"])
            self.wait_held(server, 6)
            self.assertEqual([i for i in receiver.ids() if key_of(i) == "bad"], ["bad-0"])


class Kills(Ordered):
    """kill -9 whenever the receiver has got so many more; duplicates are allowed."""

    def killed(self, order, keys, count, key, **more):
        published = events(keys, count)
        with Judging(stumbles) as receiver:
            server = self.start(receiver, order, **more)
            half = len(published) // 2
            self.publish_events(server, published[:half])
            for kill in range(6):
                # Somewhere in the middle of what is left; no further than there is to come.
                receiver.wait("/x", min(len(receiver.requests) + 15, half))
                server.kill()
                server = self.server()
                if kill == 2:
                    self.publish_events(server, published[half:])
            receiver.wait_accepted(e["id"] for e in published)
            self.assertEqual(server.stop(), 0)
        self.check_order(receiver, published, key)

    def test_each_key_stays_in_order(self):
        self.killed({"by": "key"}, [f"k{n}" for n in range(15)], 16, key_of)

    def test_each_key_stays_in_order_under_narrow_bounds(self):
        self.killed({"by": "key"}, [f"k{n}" for n in range(15)], 16, key_of, concurrency=2)

    def test_strict_stays_in_order(self):
        self.killed({"by": "strict"}, ["a", "b", "c"], 40, lambda _: "all")


class BehindTheDead(Ordered):
    BAD = staticmethod(lambda r: 500 if r["id"] in ("bad-0", "bad-3") else 200)

    def test_continue_goes_on(self):
        for number, order in enumerate(("key", "strict")):
            with self.subTest(order), Judging(self.BAD) as receiver:
                self.configure(receiver, {"by": order}, retry={"none": True})
                self.write_config_of(number)
                server = self.server()
                self.publish_events(server, [event("bad", n) for n in range(6)])
                receiver.wait_accepted(["bad-5"])
                self.assertEqual(receiver.ids(), [f"bad-{n}" for n in range(6)])
                server.wait_metric("carillon_dead_total", 2)
                self.assertEqual(server.stop(), 0)

    def write_config_of(self, number):
        """A fresh store for each case."""
        path = self.folder / "carillon.yaml"
        path.write_text(path.read_text().replace(str(self.folder / "data"),
                                                 str(self.folder / f"data-{number}")))

    def held(self, order, others):
        """Held behind bad-0 over a restart and a kill, let go by a call up to bad-3,
        held again behind it, and let go by `continue`."""
        hold = {"by": order, "after_dead": "hold"}
        with Judging(self.BAD) as receiver:
            server = self.start(receiver, hold, retry={"none": True})
            self.publish_events(server, [event("bad", n) for n in range(4)])
            server.wait_metric("carillon_dead_total", 1)
            self.wait_held(server, 3)
            server.settled(1)  # the death is durable
            server.kill()
            server = self.server()
            self.publish_events(server, [event("bad", n) for n in range(4, 6)])
            self.publish_events(server, [event("good", n) for n in range(3)])
            if others:
                receiver.wait_accepted([f"good-{n}" for n in range(3)])
            self.wait_held(server, 5 if others else 8)
            self.assertEqual(server.stop(), 0)
            server = self.server()
            self.assertEqual([i for i in receiver.ids() if others == 0 or key_of(i) == "bad"],
                             ["bad-0"])
            self.call_of_owner(server, "release", "one")
            server.wait_metric("carillon_dead_total", 1)  # bad-3
            self.wait_held(server, 2 if others else 5)
            self.assertEqual([i for i in receiver.ids() if key_of(i) == "bad"],
                             [f"bad-{n}" for n in range(4)])
            self.reload(server, receiver, {"by": order, "after_dead": "continue"},
                        retry={"none": True})
            receiver.wait_accepted(["bad-5", "good-2"])
            self.assertEqual(len(receiver.ids()), 9)
            self.assertEqual([i for i in receiver.ids() if key_of(i) == "bad"],
                             [f"bad-{n}" for n in range(6)])
            self.wait_held(server, 0)

    def test_hold_of_a_key_until_it_is_let_go(self):
        self.held("key", others=1)

    def test_hold_of_all_until_it_is_let_go(self):
        self.held("strict", others=0)


class Elsewhere(Ordered):
    """Order through what other policies do."""

    def test_through_the_breaker_and_a_kill_while_it_is_open(self):
        published = events([f"k{n}" for n in range(12)], 10)
        broken = True
        breaker = {"consecutive_failures": 3, "delay": "100ms", "max_delay": "200ms"}
        with Judging(lambda r: 500 if broken else stumbles(r)) as receiver:
            server = self.start(receiver, {"by": "key"}, breaker=breaker)
            self.publish_events(server, published[:60])
            receiver.wait("/x", 8)
            server.kill()
            server = self.server()
            self.publish_events(server, published[60:])
            receiver.wait("/x", 16)
            broken = False
            receiver.wait_accepted(e["id"] for e in published)
            self.assertEqual(server.stop(), 0)
        self.check_order(receiver, published)

    def test_through_disabling_and_kills(self):
        published = events([f"k{n}" for n in range(12)], 10)
        third = len(published) // 3
        gone_from = 1 << 60
        with Judging(lambda r: 410 if r["number"] >= gone_from else stumbles(r)) as receiver:
            server = self.start(receiver, {"by": "key"}, concurrency=8)
            for times in range(1, 4):
                # It is disabled while some are under way, wait behind them or are parked.
                gone_from = len(receiver.requests) + third // 3
                self.publish_events(server, published[(times - 1) * third:times * third])
                server.wait_metric('carillon_destinations{state="disabled"}', 1)
                server.settled(times * third)
                server.kill()
                server = self.server()
                server.wait_metric('carillon_destinations{state="disabled"}', 1)
                gone_from = 1 << 60
                self.call_of_owner(server, "enable", "one")
            receiver.wait_accepted(e["id"] for e in published)
            self.assertEqual(server.stop(), 0)
        self.check_order(receiver, published)


class Waiting(Ordered):
    def test_those_of_one_key_wait_for_the_one_in_flight(self):
        gate = Gate()

        def judge(request):
            if request["id"] == "slow-0":
                gate.wait()
            return 200

        with Judging(judge) as receiver:
            server = self.start(receiver, {"by": "key"})
            self.publish_events(server, events(["slow", "quick"], 4))
            receiver.wait_accepted([f"quick-{n}" for n in range(4)])
            self.assertNotIn("slow-1", receiver.ids())
            gate.open()
            receiver.wait_accepted([f"slow-{n}" for n in range(4)])
            self.check_order(receiver, events(["slow", "quick"], 4))


if __name__ == "__main__":
    unittest.main()
