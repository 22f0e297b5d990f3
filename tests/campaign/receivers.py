"""Receivers that answer oddly, as real ones do, while the configuration is reloaded again and again.

Each event's first answer is one of ODDITIES, every later one a plain 200. What was taken (the status
line says 2xx and the head came to its end, was too long or could not be read further) is not told
again; what was not is."""

import asyncio
import collections
import json
import random
import signal
import threading
import time

from harness import eventually
from workload import AGAIN, CampaignError, Site

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def answer(head, body=b"", status="200 OK", version="HTTP/1.1"):
    lines = [f"{version} {status}", *head]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


# name: (bytes, the connection is closed after them, the delivery was taken)
TAKEN, AGAIN_PLEASE = True, False
LENGTH = ["Content-Length: 2"]
ODDITIES = {
    "plain": (PLAIN, False, TAKEN),
    "keep-alive with parameters": (
        answer([*LENGTH, "Connection: keep-alive; timeout=5", "Keep-Alive: timeout=5"], b"ok"),
        False, TAKEN),
    "unknown connection option": (answer([*LENGTH, "Connection: X-Foo, keep-alive"], b"ok"), False,
                                  TAKEN),
    "head of 20 KiB": (answer([*LENGTH, *(f"Set-Cookie: c{n}={'x' * 1000}" for n in range(20))],
                              b"ok"), False, TAKEN),
    "head over every bound": (answer([*LENGTH, *(f"X-{n}: {'x' * 8000}" for n in range(40))], b"ok"),
                              False, TAKEN),
    "control characters in the reason": (answer(LENGTH, b"ok", status="200 O\x01K\x7f"), False, TAKEN),
    "no reason": (answer(LENGTH, b"ok", status="200"), False, TAKEN),
    "reason in Latin-1": (answer(LENGTH, b"ok", status="200 d\xe9j\xe0"), False, TAKEN),
    "chunk size with blanks": (answer(["Transfer-Encoding: chunked"], b"2  \r\nok\r\n0\r\n\r\n"), False,
                               TAKEN),
    "chunk extension": (answer(["Transfer-Encoding: chunked"], b"2;a=b\r\nok\r\n0\r\n\r\n"), False,
                        TAKEN),
    "trailer with a framing field": (
        answer(["Transfer-Encoding: chunked"], b"2\r\nok\r\n0\r\nContent-Length: 5\r\n\r\n"), False,
        TAKEN),
    "length beside chunked": (
        answer([*LENGTH, "Transfer-Encoding: chunked"], b"2\r\nok\r\n0\r\n\r\n"), False, TAKEN),
    "twenty interim answers": (b"HTTP/1.1 102 Processing\r\n\r\n" * 20 + PLAIN, False, TAKEN),
    "bare line feeds": (PLAIN.replace(b"\r\n", b"\n"), False, TAKEN),
    "version 1.2": (answer(LENGTH, b"ok", version="HTTP/1.2"), False, TAKEN),
    "version 1.0": (answer(LENGTH, b"ok", version="HTTP/1.0"), True, TAKEN),
    "blanks before a colon": (answer(["Content-Length : 2"], b"ok"), True, TAKEN),
    "empty length": (answer(["Content-Length:"], b"ok"), True, TAKEN),
    "two lengths": (answer(["Content-Length: 2", "Content-Length: 3"], b"ok"), True, TAKEN),
    "line that is no header": (answer([*LENGTH, "what is this"], b"ok"), True, TAKEN),
    "unknown transfer coding": (answer([*LENGTH, "Transfer-Encoding: rot13"], b"bx"), True, TAKEN),
    "body cut off": (answer(["Content-Length: 100"], b"ok"), True, TAKEN),
    "chunks that are none": (answer(["Transfer-Encoding: chunked"], b"zz\r\nok"), True, TAKEN),
    "body to the end": (answer([], b"ok"), True, TAKEN),
    "204 with a body": (answer(LENGTH, b"ok", status="204 No Content"), True, TAKEN),
    "more after the end": (PLAIN + b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", False, TAKEN),
    "nothing": (b"", True, AGAIN_PLEASE),
    "half a status line": (b"HTTP/1.1 20", True, AGAIN_PLEASE),
    "head cut off": (b"HTTP/1.1 200 OK\r\nContent-Le", True, AGAIN_PLEASE),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", True, AGAIN_PLEASE),
    "status of two digits": (answer(LENGTH, b"ok", status="20 OK"), True, AGAIN_PLEASE),
    "503 in bare line feeds": (b"HTTP/1.1 503 Later\nContent-Length: 0\n\n", False, AGAIN_PLEASE),
    "500 with a head over every bound": (
        answer([f"X-{n}: {'x' * 8000}" for n in range(40)], status="500 No"), True, AGAIN_PLEASE),
}


class OddReceiver:
    """In a thread of its own; knows which oddity each event met first, and all that came."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.met = {}  # id: oddity
        self.came = collections.Counter()
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        self.ready.wait(30)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(30)

    def run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(
            asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                fields = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:-2])
                await reader.readexactly(int(fields["content-length"]))
                data, close = self.answer_to(fields["webhook-id"])
                writer.write(data)
                await writer.drain()
                if close:
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def answer_to(self, event):
        self.came[event] += 1
        if event in self.met:
            return PLAIN, False
        self.met[event] = self.dice.choice(list(ODDITIES))
        data, close, _ = ODDITIES[self.met[event]]
        return data, close


class OddSite(Site):
    TARGETS = ()

    def __init__(self, seed, odd):
        self.odd = odd
        super().__init__(seed, events_per_second=400)

    def destinations(self):
        return [{"name": "odd", "url": f"http://127.0.0.1:{self.odd.port}/", "breaker": {"off": True},
                 "concurrency": self.dice.choice([1, 4, 32]),
                 "format": self.dice.choice(["standard", "payload", "cloudevents"]),
                 "retry": AGAIN}]


def run(seed, long):
    with OddReceiver(seed) as odd, OddSite(seed, odd) as site:
        server = site.start()
        site.publish()
        reloads = 60 if long else 12
        for _ in range(reloads):
            site.write_config()
            server.signal(signal.SIGHUP)
            time.sleep(site.dice.uniform(0.2, 1.0))
        site.publisher.end()
        answered = site.publisher.answered()
        eventually(lambda: server.metric("carillon_delivered_total") >= len(answered),
                   lambda: f"{len(answered)} delivered: {server.metric('carillon_delivered_total')}")
        return {"reloads": reloads, **judge(odd, answered)}


def judge(odd, answered):
    told_again, missed = collections.Counter(), collections.Counter()
    for event in answered:
        oddity = odd.met.get(event, "nothing came")
        taken = ODDITIES.get(oddity, (b"", True, AGAIN_PLEASE))[2]
        if taken and odd.came[event] > 1:
            told_again[oddity] += 1
        if not taken and odd.came[event] < 2:
            missed[oddity] += 1
    figures = {"answered": len(answered), "oddities": len(set(odd.met.values())),
               "lost": sum(missed.values()), "doubled": sum(told_again.values())}
    if missed or told_again:
        raise CampaignError(f"{json.dumps(figures)}; told again: {dict(told_again)}; "
                            f"not told again: {dict(missed)}")
    return figures
