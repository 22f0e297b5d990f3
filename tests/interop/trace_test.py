"""Traces go through: from a publisher's metadata to the receiver's headers, and as spans to a
collector that is made of OpenTelemetry's own Python messages, by gRPC and by HTTP."""

import concurrent.futures
import http.server
import json
import re
import shutil
import socket
import ssl
import threading
import unittest

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as service_grpc
from opentelemetry.proto.trace.v1 import trace_pb2

import http2
from harness import EndToEnd, eventually, header
from tls_test import make_authority, run_openssl

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
EXPORTED = 'carillon_trace_spans_total{result="exported"}'
DROPPED = 'carillon_trace_spans_total{result="dropped"}'


class Spans:
    """What came, in order: (resource attributes, span)."""

    def __init__(self):
        self.lock = threading.Lock()
        self.seen = []
        self.headers = []
        self.clients = []  # the names in their certificates

    def take(self, request, headers, client=b""):
        with self.lock:
            self.headers.append(headers)
            self.clients.append(client.decode())
            for resource in request.resource_spans:
                named = {a.key: a.value.string_value for a in resource.resource.attributes}
                for scope in resource.scope_spans:
                    self.seen += [(named, span) for span in scope.spans]

    def named(self, name):
        with self.lock:
            return [span for _, span in self.seen if span.name == name]

    def wait(self, name, count):
        return eventually(lambda: len(self.named(name)) >= count and self.named(name),
                          lambda: f"{count} spans {name}, there are {len(self.named(name))}")


class GrpcCollector(service_grpc.TraceServiceServicer):
    def __init__(self, spans, folder=None):
        """`folder`: where the PEM files for TLS are; clients have to show a certificate then."""
        self.spans = spans
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        service_grpc.add_TraceServiceServicer_to_server(self, self.server)
        if folder is None:
            port = self.server.add_insecure_port("127.0.0.1:0")
            self.settings = {"endpoint": f"http://127.0.0.1:{port}", "protocol": "grpc"}
        else:
            credentials = grpc.ssl_server_credentials(
                [((folder / "server.key").read_bytes(), (folder / "server.pem").read_bytes())],
                (folder / "ca.pem").read_bytes(), require_client_auth=True)
            port = self.server.add_secure_port("127.0.0.1:0", credentials)
            self.settings = {"endpoint": f"https://localhost:{port}", "protocol": "grpc"}
        self.server.start()

    def Export(self, request, context):  # the name is the protocol's
        names = context.auth_context().get("x509_common_name", [])
        self.spans.take(request, dict(context.invocation_metadata()), *names)
        return service.ExportTraceServiceResponse()

    def stop(self):
        self.server.stop(None).wait()


class HttpCollector:
    def __init__(self, spans, folder=None, statuses=()):
        """`folder`: as above; `statuses`: of the first answers; those after them are 200."""
        left = list(statuses)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = left.pop(0) if left else 200
                if status == 200:
                    assert self.path == "/v1/traces", self.path
                    assert self.headers["Content-Type"] == "application/x-protobuf"
                    spans.take(service.ExportTraceServiceRequest.FromString(body),
                               {k.lower(): v for k, v in self.headers.items()}, *self.names())
                answer = service.ExportTraceServiceResponse().SerializeToString()
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def names(self):
                if folder is None:
                    return []
                subject = self.connection.getpeercert()["subject"]
                return [value.encode() for [(key, value)] in subject if key == "commonName"]

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.settings = {"endpoint": f"http://127.0.0.1:{self.server.server_port}",
                         "protocol": "http/protobuf"}
        if folder is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "server.pem", folder / "server.key")
            context.load_verify_locations(folder / "ca.pem")
            context.verify_mode = ssl.CERT_REQUIRED
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
            self.server.handle_error = lambda *_: None  # a client that does not trust it leaves
            self.settings["endpoint"] = f"https://localhost:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class SilentCollector:
    """The kernel takes what comes; nobody reads it, or answers."""

    def __init__(self, protocol):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.settings = {"endpoint": f"http://127.0.0.1:{self.socket.getsockname()[1]}",
                         "protocol": protocol}

    def stop(self):
        self.socket.close()


def attributes(span):
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}


def field(number, value):
    return bytes([number << 3 | 2, len(value)]) + value


def parts(text):
    return re.fullmatch(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})", text).groups()


class Traces(EndToEnd):
    def setUp(self):
        self.spans = Spans()

    def collector(self, kind, *arguments):
        collector = kind(self.spans, *arguments)
        self.addCleanup(collector.stop)
        return {**collector.settings, "interval": "20ms"}

    def publish_call(self, server, event_id, metadata, own=b""):
        """As a publisher with an instrumented gRPC client does; `own`: further members."""
        with grpc.insecure_channel(server.publish_address) as channel:
            call = channel.unary_unary("/carillon.v1.EventPublisher/Publish")
            call(self.request(event_id, own), metadata=metadata, timeout=240)

    def publish_stream(self, server, event_ids, metadata):
        with grpc.insecure_channel(server.publish_address) as channel:
            call = channel.stream_stream("/carillon.v1.EventPublisher/PublishStream")
            answers = call(iter([self.request(event_id) for event_id in event_ids]),
                           metadata=metadata, timeout=240)
            self.assertEqual(len(list(answers)), len(event_ids))

    @staticmethod
    def request(event_id, own=b""):
        json_member = b"\x82\x01\x02{}"  # 16
        return field(1, field(1, event_id.encode()) + field(2, b"order.paid") + own + json_member)

    def config(self, sink, destinations, **sections):
        self.write_config([{"name": name, "url": sink.url(f"/{name}"), **members}
                           for name, members in destinations.items()],
                          event_types=[{"name": "order.paid"}], **sections)

    def check_spans(self, settings):
        sink = self.sink()
        sink.set_mode("/bad", "status/503")
        self.config(sink, {"good": {}, "bad": {"retry": {"delays": ["100ms"]}}},
                    tracing={**settings, "service_name": "bells",
                             "headers": [{"name": "Api-Key", "value": "k"}]})
        server = self.server()
        self.publish_call(server, "e1", [("traceparent", TRACEPARENT), ("tracestate", "foo=1")])
        [good] = sink.wait_records(1, "/good")
        bad = sink.wait_records(2, "/bad")
        delivers = self.spans.wait("deliver", 3)
        [publish] = self.spans.wait("publish", 1)
        [commit] = self.spans.wait("commit", 1)

        for span in [publish, commit, *delivers]:
            self.assertEqual(span.trace_id.hex(), TRACE)
            self.assertEqual(span.trace_state, "foo=1")
            self.assertLessEqual(span.start_time_unix_nano, span.end_time_unix_nano)
        self.assertEqual(publish.parent_span_id.hex(), PARENT)
        self.assertEqual(commit.parent_span_id, publish.span_id)
        self.assertEqual(publish.kind, trace_pb2.Span.SPAN_KIND_SERVER)
        self.assertEqual({span.kind for span in delivers}, {trace_pb2.Span.SPAN_KIND_CLIENT})
        # What the receiver was told is the span that came of it, and each attempt has its own.
        told = [parts(header(request, "traceparent")) for request in [good, *bad]]
        self.assertEqual({trace for trace, _, _ in told}, {TRACE})
        self.assertEqual({span for _, span, _ in told}, {span.span_id.hex() for span in delivers})
        self.assertEqual(len(told), 3)
        self.assertEqual({header(r, "tracestate") for r in [good, *bad]}, {"foo=1"})
        by_name = {}
        for span in delivers:
            by_name.setdefault(attributes(span)["carillon.destination"], []).append(span)
        [ok] = by_name["good"]
        self.assertEqual(attributes(ok)["http.response.status_code"], 200)
        self.assertEqual(ok.status.code, trace_pb2.Status.STATUS_CODE_UNSET)
        for number, span in enumerate(by_name["bad"], 1):
            self.assertEqual(span.status.code, trace_pb2.Status.STATUS_CODE_ERROR)
            self.assertEqual(attributes(span)["carillon.attempt"], number)
            self.assertEqual(attributes(span)["error.type"], "http_5xx")
            self.assertEqual(attributes(span)["messaging.message.id"], "e1")
        self.assertEqual(self.spans.seen[0][0]["service.name"], "bells")
        self.assertEqual({h["api-key"] for h in self.spans.headers}, {"k"})
        server.wait_metric(EXPORTED, 5)
        self.assertEqual(server.metric(DROPPED), 0)
        # The log says which trace the failure belongs to.
        failed = eventually(
            lambda: server.log("an attempt failed: the receiver did not take it"), "the log's line")
        self.assertEqual(failed[0]["trace_id"], TRACE)
        self.assertEqual(failed[0]["event_id"], "e1")
        self.assertEqual(server.stop(), 0)

    def test_spans_by_grpc(self):
        self.check_spans(self.collector(GrpcCollector))

    def test_spans_by_http(self):
        self.check_spans(self.collector(HttpCollector))

    def client(self, name):
        """The certificate and key of a client, given by the test's authority, at the paths that the
        configuration names."""
        run_openssl(self.folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                    "-keyout", "new.key", "-out", "client.csr")
        run_openssl(self.folder, "x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey",
                    "ca.key", "-CAcreateserial", "-days", "2", "-out", "new.pem")
        for kind in ("key", "pem"):
            (self.folder / f"new.{kind}").replace(self.folder / f"client.{kind}")

    def tls_settings(self, kind):
        collector = self.collector(kind, self.folder)
        (self.folder / "token").write_text("Bearer one\n")
        return {**collector,
                "headers": [{"name": "Authorization", "secret": {"file": str(self.folder / "token")}},
                            {"name": "x-env", "secret": {"env": "COLLECTOR_KEY"}}],
                "tls": {"ca_bundle": {"file": str(self.folder / "ca.pem")},
                        "client_certificate": {"file": str(self.folder / "client.pem")},
                        "client_key": {"file": str(self.folder / "client.key")}}}

    def test_tls_a_client_certificate_and_tokens_which_are_renewed_without_a_restart(self):
        make_authority(self.folder)
        for kind in (GrpcCollector, HttpCollector):
            with self.subTest(kind.__name__):
                self.spans.__init__()
                self.client("first")
                sink = self.sink()
                self.config(sink, {"good": {}}, tracing=self.tls_settings(kind),
                            journal={"data_dir": str(self.folder / kind.__name__)})
                server = self.server(env={"COLLECTOR_KEY": "k"})
                self.publish_call(server, "e1", [("traceparent", TRACEPARENT)])
                self.spans.wait("deliver", 1)
                self.assertEqual(set(self.spans.clients), {"first"})
                self.assertEqual({(h["authorization"], h["x-env"]) for h in self.spans.headers},
                                 {("Bearer one", "k")})
                ends = 'carillon_certificate_not_after_seconds{use="collector_%s",tenant="",destination=""}'
                for use in ("client", "trusted"):
                    self.assertGreater(server.metric(ends % use), 0)
                self.client("second")
                (self.folder / "token").write_text("Bearer two\n")
                published = 1

                def renewed(server=server):
                    nonlocal published
                    published += 1
                    self.publish_call(server, f"e{published}", [("traceparent", TRACEPARENT)])
                    self.spans.wait("deliver", published)
                    return (self.spans.clients[-1] == "second"
                            and self.spans.headers[-1]["authorization"] == "Bearer two")

                eventually(renewed, "the new certificate and token")
                self.assertEqual(server.metric(DROPPED), 0)
                self.assertEqual(server.stop(), 0)

    def test_tls_as_variables_name_it(self):
        make_authority(self.folder)
        self.client("first")
        for kind in (GrpcCollector, HttpCollector):
            with self.subTest(kind.__name__):
                self.spans.__init__()
                sink = self.sink()
                self.config(sink, {"good": {}}, tracing=self.collector(kind, self.folder),
                            journal={"data_dir": str(self.folder / kind.__name__)})
                server = self.server(env={
                    "OTEL_EXPORTER_OTLP_CERTIFICATE": str(self.folder / "ca.pem"),
                    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(self.folder / "client.pem"),
                    "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(self.folder / "client.key")})
                self.publish_call(server, "e1", [("traceparent", TRACEPARENT)])
                self.spans.wait("deliver", 1)
                self.assertEqual(set(self.spans.clients), {"first"})
                self.assertEqual(server.stop(), 0)

    def test_a_collector_that_is_not_trusted_gets_nothing_unless_nobody_looks(self):
        make_authority(self.folder)
        self.client("first")
        for kind in (GrpcCollector, HttpCollector):
            for tls, trusted in ({}, False), ({"insecure_skip_verify": True}, True), (
                    {"ca_bundle": {"file": str(self.folder / "server.pem")}}, True):
                with self.subTest(kind.__name__, tls=tls):
                    self.spans.__init__()
                    settings = self.tls_settings(kind)
                    del settings["tls"]["ca_bundle"]
                    settings["tls"].update(tls)
                    sink = self.sink()
                    folder = self.folder / "store"
                    shutil.rmtree(folder, ignore_errors=True)
                    self.config(sink, {"good": {}}, journal={"data_dir": str(folder)},
                                tracing={**settings, "max_queue": 1})
                    server = self.server(env={"COLLECTOR_KEY": "k"})
                    for number in range(4):
                        self.publish_call(server, f"e{number}", [("traceparent", TRACEPARENT)])
                    sink.wait_records(4)
                    if trusted:
                        eventually(lambda: self.spans.seen, "spans")
                    else:
                        server.wait_metric(DROPPED, 1)
                        self.assertEqual(self.spans.seen, [])
                    off = server.log("TLS VERIFICATION IS OFF: whoever answers is believed and can "
                                     "read what is sent")
                    self.assertEqual([line["unverified"] for line in off],
                                     ["collector of traces"] if "insecure_skip_verify" in tls else [])
                    self.assertEqual(server.stop(), 0)

    def test_a_collector_that_is_busy_is_asked_again(self):
        sink = self.sink()
        self.config(sink, {"good": {}}, tracing=self.collector(HttpCollector, None, [503, 429]))
        server = self.server()
        self.publish_call(server, "e1", [("traceparent", TRACEPARENT)])
        self.spans.wait("deliver", 1)
        server.wait_metric(EXPORTED, 3)
        self.assertEqual(server.metric(DROPPED), 0)

    def test_a_collector_that_is_away_holds_up_nothing(self):
        for protocol in ("grpc", "http/protobuf"):
            with self.subTest(protocol):
                sink = self.sink()
                self.config(sink, {"good": {}}, journal={"data_dir": str(self.folder / protocol[:4])},
                            tracing={"endpoint": "http://127.0.0.1:9", "protocol": protocol,
                                     "max_queue": 1, "interval": "20ms"})
                server = self.server()
                self.publish_events(server, [{"id": f"e{n}", "type": "order.paid", "json": {},
                                              "traceparent": TRACEPARENT} for n in range(20)])
                sink.wait_records(20, "/good")
                server.wait_metric(DROPPED, 1)
                self.assertEqual(server.stop(), 0)

    def test_a_silent_collector_holds_up_nothing_and_is_not_waited_for_at_the_end(self):
        for protocol in ("grpc", "http/protobuf"):
            with self.subTest(protocol):
                collector = SilentCollector(protocol)
                self.addCleanup(collector.stop)
                sink = self.sink()
                self.config(sink, {"good": {}}, journal={"data_dir": str(self.folder / protocol[:4])},
                            tracing={**collector.settings, "timeout": "60s", "max_queue": 4,
                                     "interval": "20ms"})
                server = self.server()
                for part in range(2):
                    self.publish_events(server, [{"id": f"{part}-{n}", "type": "order.paid", "json": {},
                                                  "traceparent": TRACEPARENT} for n in range(20)])
                sink.wait_records(40, "/good")
                server.wait_metric(DROPPED, 30)
                self.assertEqual(server.metric(EXPORTED), 0)
                self.assertEqual(server.stop(timeout=40), 0)  # less than the request may take

    def test_no_proxy_is_asked(self):
        proxy = "http://127.0.0.1:9"
        for kind in (GrpcCollector, HttpCollector):
            with self.subTest(kind.__name__):
                self.spans.seen.clear()
                sink = self.sink()
                self.config(sink, {"good": {}}, tracing=self.collector(kind),
                            journal={"data_dir": str(self.folder / kind.__name__)})
                server = self.server(env={"http_proxy": proxy, "https_proxy": proxy,
                                          "grpc_proxy": proxy, "no_proxy": "", "no_grpc_proxy": ""})
                self.publish_call(server, "e1", [("traceparent", TRACEPARENT)])
                self.spans.wait("deliver", 1)
                self.assertEqual(server.stop(), 0)

    def test_a_trace_that_begins_here_goes_from_the_message_to_the_receiver(self):
        sink = self.sink()
        self.config(sink, {"good": {}}, tracing=self.collector(GrpcCollector))
        server = self.server()
        self.publish_call(server, "e1", [])
        [deliver] = self.spans.wait("deliver", 1)
        [publish] = self.spans.wait("publish", 1)
        [commit] = self.spans.wait("commit", 1)
        self.assertEqual(publish.parent_span_id, b"")
        self.assertEqual(deliver.parent_span_id, publish.span_id)
        self.assertEqual(commit.parent_span_id, publish.span_id)
        self.assertEqual({s.trace_id for s in (publish, commit, deliver)}, {deliver.trace_id})
        self.assertEqual(attributes(publish)["messaging.batch.message_count"], 1)
        [record] = sink.wait_records(1)
        self.assertEqual(parts(header(record, "traceparent")),
                         (deliver.trace_id.hex(), deliver.span_id.hex(), "03"))

    def test_what_nobody_samples_has_no_spans(self):
        sink = self.sink()
        self.config(sink, {"good": {}},
                    tracing={**self.collector(GrpcCollector), "sample_ratio": 0})
        server = self.server()
        for number in range(20):
            self.publish_call(server, f"begun-{number}", [])
        self.publish_call(server, "unsampled", [("traceparent", TRACEPARENT[:-1] + "0")])
        self.publish_call(server, "sampled", [("traceparent", TRACEPARENT)])
        for record in sink.wait_records(22):
            told = header(record, "traceparent")
            if header(record, "webhook-id").startswith("begun-"):
                self.assertIsNone(told)
            else:
                trace, span, flags = parts(told)
                self.assertEqual((trace, flags), (
                    TRACE, "00" if header(record, "webhook-id") == "unsampled" else "01"))
                self.assertNotEqual(span, PARENT)
        self.spans.wait("deliver", 1)
        server.wait_metric(EXPORTED, 3)
        self.assertEqual(server.stop(), 0)  # which sends what is left
        self.assertEqual(sorted(span.name for _, span in self.spans.seen),
                         ["commit", "deliver", "publish"])

    def test_metadata_stands_once_and_goes_for_a_whole_stream(self):
        sink = self.sink()
        self.config(sink, {"good": {}})
        server = self.server()
        # Newer clients of gRPC send one of two by themselves.
        with http2.Connection(server.publish_address) as connection:
            twice = [(b"traceparent", TRACEPARENT.encode())] * 2
            connection.call(b"/carillon.v1.EventPublisher/Publish", self.request("twice"), twice)
        self.publish_call(server, "joined", [("traceparent", TRACEPARENT), ("tracestate", "foo=1"),
                                             ("tracestate", "bar=2")])
        self.publish_call(server, "bad-state", [("traceparent", TRACEPARENT), ("tracestate", "FOO")])
        other = TRACEPARENT.replace(TRACE, "a" * 32)
        self.publish_call(server, "own", [("traceparent", TRACEPARENT), ("tracestate", "foo=1")],
                          field(7, other.encode()))
        self.publish_stream(server, ["s1", "s2"], [("traceparent", TRACEPARENT)])
        seen = {header(r, "webhook-id"): r for r in sink.wait_records(6)}
        self.assertIsNone(header(seen["twice"], "traceparent"))
        self.assertEqual(header(seen["joined"], "tracestate"), "foo=1,bar=2")
        self.assertIsNone(header(seen["bad-state"], "tracestate"))
        self.assertIsNone(header(seen["own"], "tracestate"))
        self.assertEqual(parts(header(seen["own"], "traceparent"))[0], "a" * 32)
        for name in ("joined", "bad-state", "s1", "s2"):
            self.assertEqual(parts(header(seen[name], "traceparent"))[0], TRACE, name)
        ignored = "carillon_trace_contexts_ignored_total"
        self.assertEqual(server.metric(ignored + '{part="traceparent"}'), 1)
        self.assertEqual(server.metric(ignored + '{part="tracestate"}'), 1)

    def test_without_a_collector_traces_go_on_and_events_without_one_have_none(self):
        sink = self.sink()
        self.config(sink, {"plain": {}, "structured": {"format": "cloudevents"},
                           "binary": {"format": "cloudevents_binary"},
                           "batch": {"format": "cloudevents_batch"}})
        server = self.server()
        self.publish_call(server, "none", [])
        self.publish_call(server, "bad", [("traceparent", "00-x")])
        for destination in ("plain", "structured", "binary", "batch"):
            for record in sink.wait_records(2, f"/{destination}"):
                self.assertIsNone(header(record, "traceparent"))
                self.assertNotIn("traceparent", record["body"])
        self.assertEqual(
            server.metric('carillon_trace_contexts_ignored_total{part="traceparent"}'), 1)
        self.publish_events(server, [{"id": "own", "type": "order.paid", "json": {},
                                      "traceparent": TRACEPARENT, "tracestate": "foo=1"}])
        seen = {}
        for destination in ("plain", "structured", "binary", "batch"):
            record = sink.wait_records(3, f"/{destination}")[2]
            trace, span, flags = parts(header(record, "traceparent"))
            self.assertEqual((trace, flags), (TRACE, "01"))
            self.assertNotEqual(span, PARENT)
            seen[destination] = record
        self.assertEqual(json.loads(seen["structured"]["body"])["traceparent"], TRACEPARENT)
        self.assertEqual(json.loads(seen["batch"]["body"])[0]["tracestate"], "foo=1")
        self.assertEqual(header(seen["binary"], "ce-traceparent"), TRACEPARENT)
        self.assertEqual(header(seen["binary"], "ce-tracestate"), "foo=1")

    def test_a_trace_survives_a_restart(self):
        sink = self.sink()
        sink.set_mode("/later", "status/503")
        self.config(sink, {"later": {"retry": {"delays": ["2s", "2s", "2s", "2s", "2s"]}}})
        server = self.server()
        self.publish_call(server, "e1", [("traceparent", TRACEPARENT)])
        sink.wait_records(1)
        server.kill()
        sink.set_mode("/later", "ok")
        self.server()
        first, second = [parts(header(r, "traceparent")) for r in sink.wait_records(2)[:2]]
        self.assertEqual((first[0], second[0]), (TRACE, TRACE))
        self.assertNotEqual(first[1], second[1])


if __name__ == "__main__":
    unittest.main()
