"""Names that do not answer, and those of others."""

import socket
import struct
import threading
import unittest

from harness import EndToEnd, of_tenant, outcome, session

TYPE_A = 1


def read_name(message):
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode().lower())
        at += message[at] + 1
    return ".".join(labels), at + 1


class NameServer:
    """On 127.0.0.1, by UDP. Names under `healthy.test` are at 127.0.0.1; to others it is silent."""

    def __init__(self):
        self.asked = set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def close(self):
        self.stopping.set()
        self.thread.join()
        self.socket.close()

    def serve(self):
        while not self.stopping.is_set():
            try:
                message, peer = self.socket.recvfrom(1500)
            except TimeoutError:
                continue
            answer = self.answer(message)
            if answer:
                self.socket.sendto(answer, peer)

    def answer(self, message):
        name, end = read_name(message)
        self.asked.add(name)
        if not name.endswith(".healthy.test"):
            return None
        kind, = struct.unpack_from("!H", message, end)
        record = b""
        if kind == TYPE_A:
            record = struct.pack("!HHHIH", 0xC00C, TYPE_A, 1, 3600, 4) + bytes([127, 0, 0, 1])
        head = message[:2] + struct.pack("!HHHHH", 0x8180, 1, 1 if record else 0, 0, 0)
        return head + message[12:end + 4] + record


class Names(EndToEnd):
    def setUp(self):
        self.names = NameServer()
        self.addCleanup(self.names.close)
        self.receiver = self.sink()
        self.port = self.receiver.address.rsplit(":", 1)[1]

    def destination(self, tenant, name, host):
        return {"name": of_tenant(tenant, name), "url": f"http://{host}:{self.port}/{tenant}",
                "retry": {"none": True}}

    def start(self, **resolver):
        silent = [self.destination("a", f"s{i}", f"s{i}.silent.test") for i in range(40)]
        healthy = [self.destination("b", f"h{i}", f"h{i}.healthy.test") for i in range(20)]
        subscriptions = [
            {"name": of_tenant(tenant, "all", "subscriptions"), "types": ["*"],
             "destinations": [d["name"] for d in found]}
            for tenant, found in (("a", silent), ("b", healthy))]
        self.write_config(silent + healthy, subscriptions,
                          resolver={"servers": [self.names.address], **resolver})
        return self.server()

    def test_silent_names_of_one_tenant_hold_up_no_other(self):
        server = self.start()
        events = 0
        for turn in range(5):
            self.publish_events(server, [{"tenant": "a", "session": session(turn)},
                                         {"tenant": "b", "session": session(turn)}])
            events += 1
            self.receiver.wait_records(20 * events, "/b")
        server.wait_metric(outcome("s0", "dns", "a"), 5)
        delivered = sum(value for name, value in server.metrics().items()
                        if name.startswith("carillon_destination_attempts_total{")
                        and 'tenant="b"' in name and 'outcome="success"' in name)
        failed = [name for name, value in server.metrics().items()
                  if name.startswith("carillon_destination_attempts_total{")
                  and 'tenant="b"' in name and 'outcome="success"' not in name and value]
        self.assertEqual(delivered, 20 * events)
        self.assertEqual(failed, [])
        self.assertEqual(self.receiver.records("/a"), [])
        self.assertGreater(server.metric('carillon_dns_lookups_total{result="timeout"}'), 0)
        self.assertEqual(server.metric('carillon_dns_lookups_total{result="ok"}'), 20)

    def test_stopping_waits_for_no_name_server(self):
        server = self.start(timeout="30s", attempts=5)
        self.publish_events(server, [{"tenant": "a", "session": session()}])
        server.wait_metric("carillon_dns_lookups_in_flight", 40)
        server.wait_metric(outcome("s39", "dns", "a"), 1)
        server.wait_gauge("carillon_dns_lookups_in_flight", 40)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
