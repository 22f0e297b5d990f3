"""Publishing through the command line: duplicates, refusals, exit codes."""

import json
import time
import unittest

from harness import EndToEnd, compact, header, of_tenant, session


class Duplicates(EndToEnd):
    def test_the_same_id_is_delivered_once_also_after_a_restart(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/ok")}])
        server = self.server()
        events = [{"id": f"evt-{n}", "session": session(n)} for n in range(50)]
        first = self.publish_events(server, events)
        self.assertEqual({r["duplicate"] for r in first}, {False})
        again = self.publish_events(server, events)
        self.assertEqual({r["duplicate"] for r in again}, {True})
        self.assertEqual({r["id"]: r["position"] for r in again},
                         {r["id"]: r["position"] for r in first})
        receiver.wait_records(50)
        self.assertEqual(server.stop(), 0)

        server = self.server()
        after = self.publish_events(server, events)
        self.assertEqual({r["duplicate"] for r in after}, {True})
        self.assertEqual({r["id"]: r["position"] for r in after},
                         {r["id"]: r["position"] for r in first})
        self.publish_events(server, [{"id": "evt-last", "session": session(99)}])
        receiver.wait_records(51)
        ids = [header(r, "webhook-id") for r in receiver.records()]
        self.assertEqual(len(ids), len(set(ids)))
        metrics = server.metrics()
        self.assertEqual(metrics['carillon_events_published_total{result="duplicate"}'], 50)
        self.assertEqual(metrics['carillon_events_published_total{result="accepted"}'], 1)

    def test_twice_in_one_message(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/ok")}])
        server = self.server()
        results = self.publish_events(server, [{"id": "twin", "session": session()}] * 2)
        self.assertEqual(sorted(r["duplicate"] for r in results), [False, True])
        self.assertEqual(len({r["position"] for r in results}), 1)

    def test_tenants_do_not_share_ids(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/ok")}])
        server = self.server()
        results = self.publish_events(server, [{"id": "same", "session": session()},
                                               {"id": "same", "tenant": "b", "session": session()}])
        self.assertEqual([r["duplicate"] for r in results], [False, False])


class Refusals(EndToEnd):
    def setUp(self):
        self.receiver = self.sink()
        self.write_config([{"name": "one", "url": self.receiver.url("/ok"), "format": "payload"}],
                          event_types=[{"name": "order.paid"}])
        self.carillond = self.server()

    def refused(self, event):
        done = self.publish_raw(self.carillond, "--file", "-", stdin=compact(event) + "\n")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("INVALID_ARGUMENT", done.stderr)
        return done.stderr

    def test_the_field_is_named(self):
        cases = [
            ({"type": "no.such", "json": {}}, "events[0].type"),
            ({"id": "a b", "session": session()}, "events[0].id"),
            ({"id": "x" * 129, "session": session()}, "events[0].id"),
            ({"session": session(location="x" * 1025)}, "events[0].session.location"),
            ({"type": "session.delete", "session": session()}, "events[0].type"),
            ({"occurTime": "1999-01-01T00:00:00Z", "session": session()},
             "events[0].occur_time"),
            ({"type": "order.paid", "json": "x" * (300 * 1024)}, "events[0].json"),
            ({"type": "order.paid"}, "events[0]"),
        ]
        for event, field in cases:
            with self.subTest(field):
                self.assertIn(field, self.refused(event))

    def test_the_index_is_named_and_the_others_are_accepted(self):
        events = [{"id": "good-1", "session": session()}, {"id": "bad", "type": "no.such", "json": 1},
                  {"id": "good-2", "session": session()}]
        done = self.publish_raw(self.carillond, "--file", "-",
                                stdin="".join(compact(e) + "\n" for e in events))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("event 2: INVALID_ARGUMENT: events[1].type", done.stderr)
        self.assertIn("2 accepted (0 duplicates), 1 refused, 0 failed", done.stderr)
        self.assertEqual([json.loads(x)["id"] for x in done.stdout.splitlines()],
                         ["good-1", "good-2"])

    def test_bytes_that_are_not_utf8(self):
        path = self.folder / "bad.jsonl"
        path.write_bytes(b'{"session":{"uuid":"a","action":"create","location":"ab\xff"}}\n')
        done = self.publish_raw(self.carillond, "--file", path)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("events[0].session.location", done.stderr)

    def test_json_payloads_arrive_as_they_were_written(self):
        payload = '{"b": 1.10, "a": [1e2, 9007199254740993, "\\u00e9"], "n": null}'
        self.publish(self.carillond, "--file", "-",
                     stdin='{"type": "order.paid", "json": ' + payload + "}\n")
        [record] = self.receiver.wait_records(1)
        self.assertEqual(record["body"],
                         '{"b":1.10,"a":[1e2,9007199254740993,"\\u00e9"],"n":null}')


class CommandLine(EndToEnd):
    def test_flags_make_an_event(self):
        receiver = self.sink()
        self.write_config(
            [{"name": of_tenant("acme", "one"), "url": receiver.url("/ok")}],
            [{"name": of_tenant("acme", "vip", "subscriptions"), "types": ["order.*"],
              "destinations": ["one"], "filter": {"attribute": "tier", "equals": "gold"}}],
            event_types=[{"name": "order.paid"}])
        server = self.server()
        [result] = self.publish(
            server, "--type", "order.paid", "--id", "o-1", "--tenant", "acme", "--ordering-key", "k",
            "--attribute", "tier=gold", "--occur-time", "2026-03-01T10:00:00+01:00",
            "--json", '{"total": 12}')
        self.assertEqual(result, {"id": "o-1", "position": 1, "duplicate": False})
        [record] = receiver.wait_records(1)
        self.assertEqual(record["body"], '{"type":"order.paid","timestamp":"2026-03-01T09:00:00Z",'
                                         '"data":{"total":12}}')

    def test_flags_say_which_trace_the_events_belong_to(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/ok")}])
        server = self.server()
        trace = ("--traceparent", f"00-{'a' * 32}-{'b' * 16}-01", "--tracestate", " foo=1 , bar=2")
        own = {"id": "own", "session": session(), "traceparent": f"00-{'c' * 32}-{'d' * 16}-00"}
        self.publish(server, *trace, "--id", "flags", "--session", "uuid=a,action=create")
        self.publish(server, *trace, "--file", "-", stdin="".join(
            compact(event) + "\n" for event in [{"id": "line", "session": session()}, own]))
        self.publish(server, "--id", "none", "--session", "uuid=a,action=create")
        seen = {header(r, "webhook-id"): r for r in receiver.wait_records(4)}
        for name in ("flags", "line"):
            self.assertRegex(header(seen[name], "traceparent"), f"^00-{'a' * 32}-[0-9a-f]{{16}}-01$")
            self.assertEqual(header(seen[name], "tracestate"), "foo=1,bar=2")
        self.assertRegex(header(seen["own"], "traceparent"), f"^00-{'c' * 32}-")
        self.assertIsNone(header(seen["own"], "tracestate"))
        self.assertIsNone(header(seen["none"], "traceparent"))

    def test_flags_of_a_trace_that_are_wrong_are_named_before_anything_is_sent(self):
        self.write_config()
        server = self.server()
        good = f"00-{'a' * 32}-{'b' * 16}-01"
        for flags, named in [
                (["--traceparent", ""], "--traceparent"),
                (["--traceparent", good[:-1]], "--traceparent"),
                (["--traceparent", f"00-{'0' * 32}-{'b' * 16}-01"], "--traceparent"),
                (["--traceparent", f"cc-{'a' * 32}-{'b' * 16}-01-\x01"], "--traceparent"),
                (["--traceparent", good, "--tracestate", "FOO"], "--tracestate"),
                (["--tracestate", "foo=1"], "--traceparent")]:
            with self.subTest(flags):
                done = self.publish_raw(server, *flags, "--session", "uuid=a,action=create")
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(named, done.stderr)
        self.assertEqual(server.metric('carillon_events_published_total{result="accepted"}'), 0)

    def test_lines_that_cannot_be_read_are_named_and_the_rest_goes(self):
        self.write_config()
        server = self.server()
        lines = ['{"session":{"uuid":"a","action":"create"}}', "{oops", "",
                 '{"session":{"uuid":"b","action":"create","customerid":"9007199254740993"}}',
                 '{"sessions":{}}']
        done = self.publish_raw(server, "--file", "-", stdin="\n".join(lines))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("line 2:", done.stderr)
        self.assertIn("line 5:", done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 2)

    def test_every_payload_of_the_contract_can_be_written(self):
        receiver = self.sink()
        self.write_config([{"name": "one", "url": receiver.url("/ok"), "format": "payload"}])
        server = self.server()
        self.publish_events(server, [
            {"syncRunCompleted": {"endpoint": "orders", "success": True, "rows": "12",
                                  "startedAt": "2026-01-01T00:00:00Z",
                                  "endedAt": "2026-01-01T00:00:01Z"}},
            {"type": "list.created", "list": {"listId": 1791, "timestamp": 1496618829}},
            {"type": "contact.created",
             "contact": {"list_id": "1791", "contact_id": 142, "timestamp": 1496618831}},
        ], "--in-flight", "1")
        bodies = {r["body"] for r in receiver.wait_records(3)}
        self.assertIn('{"list_id":1791,"object":"list","event":"created","timestamp":1496618829}',
                      bodies)
        self.assertIn('{"list_id":1791,"contact_id":142,"object":"contact","event":"created",'
                      '"timestamp":1496618831}', bodies)

    def test_repeat_gives_new_ids(self):
        self.write_config()
        server = self.server()
        path = self.folder / "events.jsonl"
        path.write_text('{"id":"mine","session":{"uuid":"a","action":"create"}}\n' * 1)
        results = self.publish(server, "--file", path, "--repeat", "500", "--batch", "7")
        self.assertEqual(len({r["id"] for r in results}), 500)
        self.assertEqual(sum(r["id"] == "mine" for r in results), 1)
        self.assertEqual(sorted(r["position"] for r in results), list(range(1, 501)))

    def test_it_ends_when_its_work_is_done(self):
        """gRPC's own shutdown could wait 10 s for calls that were answered."""
        self.write_config()
        server = self.server()
        path = self.folder / "few.jsonl"
        path.write_text('{"session":{"uuid":"a","action":"create"}}\n' * 300)
        slowest = 0
        for _ in range(30):
            begun = time.monotonic()
            self.publish(server, "--file", path, "--batch", "10")
            slowest = max(slowest, time.monotonic() - begun)
        self.assertLess(slowest, 9)

    def test_names_with_escapes_are_names(self):
        self.write_config(event_types=[{"name": "order.paid"}])
        server = self.server()
        results = self.publish(server, "--file", "-",
                               stdin='{"\\u0069d":"mine","type":"order.paid","json":{"x":1e400}}\n')
        self.assertEqual([r["id"] for r in results], ["mine"])

    def test_what_was_mistyped_is_named(self):
        for arguments, error in ((["nonsense"], "unknown command 'nonsense'"),
                                 (["publsh", "--json", "1"], "did you mean 'publish'?"),
                                 (["config", "chek", "x"], "did you mean 'check'?"),
                                 (["publish", "--adress", "x"], "did you mean '--address'?"),
                                 (["publish", "--session", "uuid=a,acton=create"],
                                  "no member 'acton'"),
                                 (["publish", "--session", "uuid=a,uuid=b"], "stands twice")):
            with self.subTest(arguments):
                done = self.carillon(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(error, done.stderr)

    def test_unreachable_says_what_to_do(self):
        done = self.carillon("publish", "--address", "127.0.0.1:1", "--type", "a", "--json", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is carillond running at 127.0.0.1:1?", done.stderr)
        self.assertIn("0 accepted (0 duplicates), 0 refused, 1 failed", done.stderr)
        self.assertNotIn("what follows", done.stderr)
        lines = '{"session":{"uuid":"a","action":"create"}}\n' * 5
        done = self.carillon("publish", "--address", "127.0.0.1:1", "--file", "-", "--batch", "2",
                             "--in-flight", "1", stdin=lines)
        self.assertEqual(done.returncode, 1)
        self.assertIn("0 refused, 2 failed", done.stderr)
        self.assertIn("stopped there: what follows was not sent", done.stderr)

    def test_wrong_arguments(self):
        for arguments in ([], ["publish"], ["publish", "--json", "1"], ["nonsense"],
                          ["publish", "--session", "bell=1"],
                          ["publish", "--file", "/no/such/file"],
                          ["publish", "--type", "a", "--json", "1", "--deadline", "soon"]):
            with self.subTest(arguments):
                done = self.carillon(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr)

    def test_help_and_version(self):
        for arguments in (["--help"], ["publish", "--help"], ["config", "check", "--help"]):
            done = self.carillon(*arguments)
            self.assertEqual(done.returncode, 0)
            self.assertIn("Exit codes:", done.stdout)
        self.assertRegex(self.carillon("version").stdout, r"^carillon \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
