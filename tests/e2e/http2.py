"""HTTP/2 frames by hand: a client that can do what no library lets one do, and a well-behaved one
that measures. Headers are written as HPACK literals; what Carillon answers is read without Huffman,
which its encoder uses for binary metadata alone: those read as empty."""

import select
import socket
import struct
import threading
import time

from harness import PATIENCE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8

PUBLISH = "/carillon.v1.EventPublisher/Publish"
PUBLISH_STREAM = "/carillon.v1.EventPublisher/PublishStream"
WATCH = "/grpc.health.v1.Health/Watch"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"

# RFC 7541, appendix A.
STATIC = [
    (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"),
    (":path", "/index.html"), (":scheme", "http"), (":scheme", "https"), (":status", "200"),
    (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"),
    (":status", "404"), (":status", "500"), ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""),
    ("accept", ""), ("access-control-allow-origin", ""), ("age", ""), ("allow", ""),
    ("authorization", ""), ("cache-control", ""), ("content-disposition", ""),
    ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
    ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""),
    ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""),
    ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
    ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""),
    ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""),
    ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""),
    ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""),
    ("vary", ""), ("via", ""), ("www-authenticate", "")]


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def number(value, bits, first=0):
    """An HPACK integer with a prefix of `bits`."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out = bytearray([first | most])
    value -= most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def literal(name, value):
    """A header that is not indexed."""
    name, value = (x.encode() if isinstance(x, str) else x for x in (name, value))
    return b"\0" + number(len(name), 7) + name + number(len(value), 7) + value


def request_headers(path, more=()):
    return b"".join(literal(n, v) for n, v in [
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"),
        ("te", "trailers"), ("content-type", "application/grpc"), *more])


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(tag, value):
    """A length-delimited field of a protobuf message."""
    value = value.encode() if isinstance(value, str) else value
    return varint(tag << 3 | 2) + varint(len(value)) + value


def session_event(event_id="", attributes=(), unknown=b""):
    """A carillon.v1.Event of a session, in its wire form."""
    body = field(10, field(1, "uuid-1") + field(2, "create")) + unknown
    for key, value in attributes:
        body += field(6, field(1, key) + field(2, value))
    return (field(1, event_id) if event_id else b"") + body


def publish_request(*events):
    return b"".join(field(1, event) for event in events)


def message(payload, compressed=0):
    """gRPC's framing of a message."""
    return bytes([compressed]) + struct.pack(">I", len(payload)) + payload


class Hpack:
    """Reads header blocks of one connection."""

    def __init__(self):
        self.table = []

    def _number(self, data, at, bits):
        most = (1 << bits) - 1
        value = data[at] & most
        at += 1
        shift = 0
        while value >= most and (shift == 0 or data[at - 1] & 128):
            value += (data[at] & 127) << shift
            shift += 7
            at += 1
        return value, at

    def _text(self, data, at):
        huffman = data[at] & 128
        size, at = self._number(data, at, 7)
        if huffman:  # binary metadata: details of errors
            return "", at + size
        return data[at:at + size].decode("latin-1"), at + size

    def _entry(self, index):
        return STATIC[index - 1] if index <= len(STATIC) else self.table[index - len(STATIC) - 1]

    def read(self, data):
        headers, at = [], 0
        while at < len(data):
            first = data[at]
            if first & 128:
                index, at = self._number(data, at, 7)
                headers.append(self._entry(index))
                continue
            if first & 0xE0 == 0x20:
                _, at = self._number(data, at, 5)
                continue
            kept = bool(first & 64)
            index, at = self._number(data, at, 6 if kept else 4)
            if index:
                name = self._entry(index)[0]
            else:
                name, at = self._text(data, at)
            value, at = self._text(data, at)
            headers.append((name, value))
            if kept:
                self.table.insert(0, (name, value))
        return headers


class Connection:
    """One connection, used by one thread. `window`: what the server may send without asking.
    `source`: the address that it comes from."""

    def __init__(self, address, window=1 << 30, settings=b"", greet=True, source=None):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE,
                                               source_address=source and (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = -1
        self.buffer = b""
        self.hpack = Hpack()
        self.settings = {}  # the server's
        self.goaway = None  # (code, words)
        if greet:
            self.send(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, window) + settings) +
                      frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", window)))

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def try_send(self, data, timeout=1.0):
        """Sends what goes within the time; False: the connection is closed, or stuck."""
        view, end = memoryview(data), time.monotonic() + timeout
        self.socket.setblocking(False)
        try:
            while view:
                left = end - time.monotonic()
                if left <= 0:
                    return False
                if select.select([], [self.socket], [], left)[1]:
                    view = view[self.socket.send(view):]
            return True
        except OSError:
            return False
        finally:
            self.socket.settimeout(30)

    def next_stream(self):
        self.stream += 2
        return self.stream

    def open(self, path, more=(), end=False):
        stream = self.next_stream()
        self.send(frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream,
                        request_headers(path, more)))
        return stream

    def read_frame(self, timeout=PATIENCE):
        """(kind, flags, stream, payload) or None at the end, or when nothing comes."""
        end = time.monotonic() + timeout
        while True:
            if len(self.buffer) >= 9:
                size = int.from_bytes(self.buffer[:3], "big")
                if len(self.buffer) >= 9 + size:
                    head, payload = self.buffer[:9], self.buffer[9:9 + size]
                    self.buffer = self.buffer[9 + size:]
                    return head[3], head[4], int.from_bytes(head[5:9], "big"), payload
            left = end - time.monotonic()
            try:
                if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                    return None
                data = self.socket.recv(1 << 16)
            except OSError:
                return None
            if not data:
                return None
            self.buffer += data

    def closed(self, timeout=PATIENCE):
        """Reads until the server closes; False: it did not within the time."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.serve(end - time.monotonic()) is None:
                self.socket.settimeout(0)
                try:
                    return self.socket.recv(1) == b""
                except BlockingIOError:
                    return False
                except OSError:
                    return True
        return False

    def serve(self, timeout=PATIENCE):
        """The next frame, with what a client must do about it done."""
        got = self.read_frame(timeout)
        if got is None:
            return None
        kind, flags, stream, payload = got
        if kind == SETTINGS and not flags & ACK:
            for at in range(0, len(payload), 6):
                key, value = struct.unpack(">HI", payload[at:at + 6])
                self.settings[key] = value
            self.send(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            self.goaway = (int.from_bytes(payload[4:8], "big"), payload[8:].decode("latin-1"))
        elif kind == HEADERS:
            return kind, flags, stream, self.hpack.read(payload)
        return got

    def answer(self, stream, timeout=PATIENCE, until=None):
        """(headers and trailers as a dictionary, messages) of a stream at its end, or as soon as
        `until(headers, messages)`; None when the connection or the time ends first."""
        headers, data, end = {}, b"", time.monotonic() + timeout
        while True:
            messages, at = [], 0
            while len(data) - at >= 5:
                size = int.from_bytes(data[at + 1:at + 5], "big")
                if len(data) - at - 5 < size:
                    break
                messages.append(data[at + 5:at + 5 + size])
                at += 5 + size
            if until and until(headers, messages):
                return headers, messages
            got = self.serve(end - time.monotonic())
            if got is None:
                return None
            kind, flags, of, payload = got
            if of != stream:
                continue
            if kind == HEADERS:
                headers.update(payload)
            elif kind == DATA:
                data += payload
            elif kind == RST_STREAM:
                headers["reset"] = int.from_bytes(payload, "big")
                return headers, messages
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                until = lambda *_: True

    def call(self, path, payload, more=(), timeout=PATIENCE):
        """A unary call."""
        stream = self.open(path, more)
        self.send_message(stream, payload, end=True)
        return self.answer(stream, timeout)

    def send_message(self, stream, payload, end=False, compressed=0):
        """Only for messages that the windows let through."""
        data = message(payload, compressed)
        parts = [data[at:at + 16384] for at in range(0, len(data), 16384)]
        self.send(b"".join(frame(DATA, END_STREAM if end and i + 1 == len(parts) else 0, stream, part)
                           for i, part in enumerate(parts)))


class Publisher(threading.Thread):
    """A well-behaved publisher: one unary call after the other until stopped, each timed. What
    failed: its trailers, or how its connection ended."""

    def __init__(self, address, pause=0.005):
        super().__init__(daemon=True)
        self.address, self.pause = address, pause
        self.times, self.failures = [], []
        self.going = True
        self.start()

    def run(self):
        connection = None
        while self.going:
            begin = time.monotonic()
            try:
                connection = connection or Connection(self.address)
                if connection.stream > 2 ** 20 or connection.goaway:
                    connection.close()
                    connection = Connection(self.address)
                got = connection.call(PUBLISH, publish_request(session_event()))
                if got is None or got[0].get("grpc-status") != "0":
                    self.failures.append(got[0] if got else ("closed", connection.goaway))
            except OSError as error:
                self.failures.append(repr(error))
                got = None
            if got is None and connection:
                connection.close()
                connection = None
            self.times.append(time.monotonic() - begin)
            time.sleep(self.pause)
        if connection:
            connection.close()

    def stop(self):
        self.going = False
        self.join(60)

    def p99(self, start=0):
        times = sorted(self.times[start:])
        return times[min(len(times) - 1, int(len(times) * 0.99))] if times else float("inf")
