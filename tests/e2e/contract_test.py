"""The SynthesisVR contract, byte for byte at a real receiver."""

import socket
import time
import unittest

from harness import EndToEnd, compact, contract, header, outcome, session

SYNTHESISVR = contract("synthesisvr")
POLICY = {"format": "array", "success": "any_response", "retry": {"none": True},
          "timeouts": {"total": "2s"}}


def session_flag(values):
    return ",".join(f"{key}={value}" for key, value in values.items())


class SynthesisVr(EndToEnd):
    def start(self, path="/ok"):
        self.receiver = self.sink()
        self.write_config([{"name": "vr", "url": self.receiver.url(path), **POLICY}])
        self.carillond = self.server()

    def test_nothing_of_the_contract_is_passed_over(self):
        self.assertEqual(set(SYNTHESISVR), {"systems", "url_rule", "request", "members_in_order",
                                            "types", "policy", "routing", "cases"})
        self.assertEqual(set(SYNTHESISVR["policy"]), {"timeout", "success", "retry", "visible_as",
                                                      "batching"})

    def test_both_cases_byte_for_byte(self):
        self.start()
        for number, case in enumerate(SYNTHESISVR["cases"], 1):
            with self.subTest(case["name"]):
                self.publish(self.carillond, "--session", session_flag(case["session"]))
                record = self.receiver.wait_records(number)[-1]
                self.assertEqual(record["method"], SYNTHESISVR["request"]["method"])
                self.assertEqual(header(record, "content-type"),
                                 SYNTHESISVR["request"]["content_type"])
                self.assertEqual(record["body"], compact(case["body"]))
                self.assertEqual(list(case["body"][0]), SYNTHESISVR["members_in_order"])
                self.assertEqual(header(record, "content-length"), str(len(record["body"])))

    def test_one_post_carries_several_sessions_in_publishing_order(self):
        self.assertEqual(SYNTHESISVR["policy"]["batching"], "one POST may carry several sessions, "
                         "in the order in which they were published")
        self.receiver = self.sink()
        self.write_config([{"name": "vr", "url": self.receiver.url("/ok"), **POLICY,
                            "batch": {"max_events": 25, "max_wait": "60s"}}])
        sessions = [case["session"] for case in SYNTHESISVR["cases"]]
        sessions += [session(n) for n in range(50 - len(sessions))]
        self.publish_events(self.server(), [{"session": values} for values in sessions])
        bodies = [record["body"] for record in self.receiver.wait_records(2)]
        self.assertEqual(sorted(bodies), sorted([compact(sessions[:25]), compact(sessions[25:])]))
        for record in self.receiver.records():
            self.assertEqual(record["method"], SYNTHESISVR["request"]["method"])
            self.assertEqual(header(record, "content-type"), SYNTHESISVR["request"]["content_type"])

    def test_type_is_taken_from_the_action_and_back(self):
        self.start()
        without_action = {k: v for k, v in session().items() if k != "action"}
        self.publish_events(self.carillond, [{"type": "session.delete", "session": without_action}])
        self.assertIn('"action":"delete"', self.receiver.wait_records(1)[0]["body"])

    def test_digits_and_scripts_are_kept(self):
        self.start()
        values = session(customerid=9223372036854775807, location="Зал №1, 東京 🎮 \"x\"\\")
        self.publish_events(self.carillond, [{"session": values}])
        record = self.receiver.wait_records(1)[0]
        self.assertEqual(record["body"], compact([values]))
        self.assertEqual(header(record, "content-length"), str(len(record["body"].encode())))

    def test_any_response_is_success_whatever_its_status_or_body(self):
        receiver = self.sink()
        modes = ["status/200", "status/204", "status/301", "status/404", "status/410", "status/429",
                 "status/500", "status/999", "redirect", "short", "dripbody", "endless", "hugebody"]
        self.write_config([{"name": mode.replace("/", "-"), "url": receiver.url(f"/{mode}"),
                            **POLICY} for mode in modes])
        server = self.server()
        self.publish_events(server, [{"session": session()}])
        server.wait_metric("carillon_delivered_total", len(modes))
        self.assertEqual(server.metric("carillon_dead_total"), 0)
        self.assertEqual(len(receiver.records()), len(modes))

    def test_a_url_for_each_location(self):
        receiver = self.sink()
        places = [SYNTHESISVR["cases"][0]["session"]["location"], "София 🎮"]
        self.write_config(
            [{"name": f"d{n}", "url": receiver.url(f"/ok/{n}"), **POLICY} for n in range(2)],
            [{"name": f"s{n}", "types": ["session.*"], "destinations": [f"d{n}"],
              "filter": {"payload": "location", "equals": place}}
             for n, place in enumerate(places)])
        server = self.server()
        events = [session(n, location=place) for n, place in enumerate([*places, "Elsewhere"])]
        self.publish_events(server, [{"session": values} for values in events])
        server.wait_metric("carillon_delivered_total", 2)
        for n in range(2):
            self.assertEqual([r["body"] for r in receiver.records(f"/ok/{n}")],
                             [compact([events[n]])])

    def test_any_other_url_is_refused_by_its_field(self):
        self.assertTrue(SYNTHESISVR["url_rule"].startswith("must start with http:// or https://"))
        for url in ("http://h.example/x", "https://h.example/x", "ftp://h.example/", "h.example",
                    "//h.example/", "javascript:alert(1)", ""):
            with self.subTest(url):
                path = self.write_config([{"name": "vr", "url": url, **POLICY}])
                done = self.run_program("carillond", "--check-config", path)
                if url.startswith("http"):
                    self.assertEqual(done.returncode, 0, done.stderr)
                else:
                    self.assertEqual(done.returncode, 2, done.stderr)
                    self.assertIn("destinations[0].url: must start with http:// or https://",
                                  done.stderr)


class Losses(EndToEnd):
    """What is lost is counted by its reason, and never sent again."""

    def test_each_loss_is_counted_by_its_reason(self):
        receiver = self.sink()
        with socket.socket() as unheard:  # bound, but not listening: refuses
            unheard.bind(("127.0.0.1", 0))
            refused = f"http://127.0.0.1:{unheard.getsockname()[1]}/"
            urls = {
                "hangs": (receiver.url("/hang"), "response_timeout"),
                "drips": (receiver.url("/drip"), "response_timeout"),
                "resets": (receiver.url("/reset"), "reset"),
                "garbles": (receiver.url("/garbage"), "protocol"),
                "refuses": (refused, "connect_refused"),
                "unnamed": ("http://nowhere.invalid/", "dns"),
                "no-tls": (f"https://{receiver.address}/ok", "tls"),
            }
            self.write_config([{"name": name, "url": url, **POLICY}
                               for name, (url, _) in urls.items()])
            # Where name servers do not answer at all, the resolver gives up inside the 2 s.
            server = self.server(env={"RES_OPTIONS": "timeout:1 attempts:1", "LOCALDOMAIN": ""})
            start = time.monotonic()
            self.publish_events(server, [{"session": session()}])
            server.wait_metric("carillon_dead_total", len(urls))
            took = time.monotonic() - start
        metrics = server.metrics()
        for name, (_, why) in urls.items():
            with self.subTest(name):
                self.assertEqual(metrics.get(outcome(name, why)), 1,
                                 {k: v for k, v in metrics.items() if f'"{name}"' in k})
        self.assertGreaterEqual(took, 1.9)  # the total timeout is 2 s, and kept
        server.wait_gauge('carillon_deliveries{state="parked"}', 0)
        self.assertEqual(metrics["carillon_delivered_total"], 0)
        for path in ("/hang", "/drip", "/reset", "/garbage"):
            self.assertEqual(len(receiver.records(path)), 1, path)

    def test_lost_ones_stay_lost_over_a_restart(self):
        receiver = self.sink()
        self.write_config([{"name": "vr", "url": receiver.url("/reset"), **POLICY}])
        server = self.server()
        self.publish_events(server, [{"session": session(1)}])
        server.wait_metric("carillon_dead_total", 1)
        self.assertEqual(server.stop(), 0)
        receiver.set_mode("/reset", "ok")
        server = self.server()
        self.publish_events(server, [{"session": session(2)}])
        server.wait_metric("carillon_delivered_total", 1)
        self.assertEqual([r["body"] for r in receiver.records()],
                         [compact([session(1)]), compact([session(2)])])


if __name__ == "__main__":
    unittest.main()
