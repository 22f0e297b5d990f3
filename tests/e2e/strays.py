"""A client that leaves its calls in every state that there is: cancelled before, in the middle of and
behind a message, streams and watches that are dropped, connections that end without a word."""

import random
import struct
import threading

from http2 import (DATA, PUBLISH, PUBLISH_STREAM, REFLECTION, RST_STREAM, WATCH, Connection, field, frame,
                   message, publish_request, session_event)

CANCEL = struct.pack(">I", 8)


class Strays(threading.Thread):
    """One connection after the other, until stopped. `source`: the address that they come from.
    `token`: with which they call.
    `accepted`: the ids of those events of streams that were answered, once it has stopped."""

    PER_CONNECTION = 40

    def __init__(self, address, name, seed, source, token):
        super().__init__(daemon=True)
        self.address, self.tag, self.source = address, name, source
        self.metadata = [("authorization", f"Bearer {token}")]
        self.dice = random.Random(seed)
        self.ending = threading.Event()
        self.accepted = set()
        self.calls = 0
        self.ways = [self.cancelled, self.cancelled_at_once, self.torn, self.left_open, self.stream,
                     self.dropped_stream, self.watch, self.reflection]
        self.start()

    def run(self):
        while not self.ending.is_set():
            try:
                with Connection(self.address, source=self.source) as connection:
                    for _ in range(self.PER_CONNECTION):
                        self.calls += 1
                        self.dice.choice(self.ways)(connection)
                        if self.ending.wait(0.01):
                            return
            except OSError:  # the server ended, or the connection
                self.ending.wait(0.05)

    def stop(self):
        self.ending.set()
        self.join(60)

    def event_id(self):
        self.calls += 1
        return f"{self.tag}-{self.calls}-"

    def request(self):
        return publish_request(session_event(self.event_id()))

    def open(self, connection, path):
        return connection.open(path, self.metadata)

    def cancel(self, connection, stream):
        connection.send(frame(RST_STREAM, 0, stream, CANCEL))

    def cancelled(self, connection):
        stream = self.open(connection, PUBLISH)
        connection.send_message(stream, self.request(), end=True)
        self.cancel(connection, stream)

    def cancelled_at_once(self, connection):
        self.cancel(connection, self.open(connection, self.dice.choice([PUBLISH, PUBLISH_STREAM])))

    def torn(self, connection):
        """Half of a message."""
        stream = self.open(connection, self.dice.choice([PUBLISH, PUBLISH_STREAM]))
        connection.send(frame(DATA, 0, stream, message(self.request())[:-4]))
        if self.dice.random() < 0.5:
            self.cancel(connection, stream)

    def left_open(self, connection):
        """Until the connection ends, or the server."""
        connection.send_message(self.open(connection, PUBLISH_STREAM), self.request())

    def dropped_stream(self, connection):
        stream = self.open(connection, PUBLISH_STREAM)
        for _ in range(self.dice.randrange(1, 10)):
            connection.send_message(stream, self.request())
        self.cancel(connection, stream)

    def stream(self, connection):
        """To its end, with every answer."""
        stream = self.open(connection, PUBLISH_STREAM)
        ids = [self.event_id() for _ in range(self.dice.randrange(1, 10))]
        for event_id in ids:
            connection.send_message(stream, publish_request(session_event(event_id)))
        connection.send(frame(DATA, 1, stream))
        ended = connection.answer(stream)
        if ended is None:
            raise OSError("the connection ended")
        for event_id, answer in zip(ids, ended[1]):
            if event_id.encode() in answer:
                self.accepted.add(event_id)

    def watch(self, connection):
        stream = self.open(connection, WATCH)
        connection.send_message(stream, b"")
        if self.dice.random() < 0.5:
            self.cancel(connection, stream)

    def reflection(self, connection):
        stream = self.open(connection, REFLECTION)
        connection.send_message(stream, field(7, ""))
        if self.dice.random() < 0.5:
            self.cancel(connection, stream)
