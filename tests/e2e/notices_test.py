"""Notices: what happened to destinations and to the server, asked as JSON, over restarts."""

import json
import signal
import socket
import unittest

from cli_test import Cli
from control_api_test import ACME, NAME, OPERATOR, READER, ControlApi
from delivery_log_test import Talking
from harness import eventually
from json_api_test import PUBLISH, event

NOTICES = "carillon.v1.NoticeService/"
DESTINATIONS = "carillon.v1.DestinationService/"


class Notices(ControlApi):
    def write(self, url, other=None, **more):
        retry = {"delays": ["100ms"] * 4, "jitter": 0}
        breaker = {"consecutive_failures": 3, "delay": "1s", "max_delay": "1s"}
        destinations = [{"name": NAME, "url": url, "retry": retry, "breaker": breaker, "concurrency": 1, **more}]
        if other:
            destinations.append({"name": "tenants/other/destinations/crm", "url": other, "retry": {"none": True}})
        self.write_config(
            destinations,
            [{"name": f"tenants/{each['name'].split('/')[1]}/subscriptions/all", "types": ["session.*"],
              "destinations": [each["name"]]} for each in destinations],
            access={"tokens": self.TOKENS})

    def publish(self, *numbers, tenant="acme"):
        self.call(PUBLISH, {"events": [event(number, tenant=tenant) for number in numbers]}, OPERATOR)

    def notices(self, token=READER, **request):
        parent = {} if token == OPERATOR else {"parent": "tenants/acme"}
        return self.call(NOTICES + "ListNotices", {**parent, **request}, token).get("notices", [])

    def kinds(self, token=READER, **request):
        return [notice["kind"] for notice in self.notices(token, **request)]

    def wait_for(self, wanted, **request):
        eventually(lambda: self.kinds(**request) == wanted, lambda: f"{wanted}: {self.notices(**request)}")


class Happening(Notices):
    def test_trouble_is_told_once_and_that_it_is_over(self):
        with Talking([503] * 5 + [200]) as receiver:
            self.write(receiver.url("/hooks"))
            self.carillond = self.server()
            self.publish(1)
            self.wait_for(["DEAD", "CIRCUIT_OPENED"])
            self.publish(2)
            self.wait_for(["CIRCUIT_CLOSED", "DEAD", "CIRCUIT_OPENED"])
        closed, dead, opened = self.notices()
        self.assertEqual({opened["destination"], dead["destination"], closed["destination"]}, {NAME})
        self.assertEqual((opened["outcome"], opened["responseStatus"]), ("OUTCOME_HTTP_5XX", 503))
        self.assertLess(opened["sinceTime"], opened["lastTime"])
        self.assertEqual(closed["sinceTime"], opened["firstTime"])
        self.assertEqual((dead["count"], dead["outcome"]), ("1", "OUTCOME_HTTP_5XX"))
        self.assertEqual(self.call(NOTICES + "GetNotice", {"name": dead["name"]}, READER), dead)

    def test_what_is_not_reachable_is_told_apart(self):
        with socket.socket() as taken:  # and nobody listens
            taken.bind(("127.0.0.1", 0))
            self.write(f"http://127.0.0.1:{taken.getsockname()[1]}/hooks")
            self.carillond = self.server()
            self.publish(1)
            eventually(lambda: "CIRCUIT_OPENED" in self.kinds(), self.notices)
        self.assertEqual(self.notices(filter="kind = CIRCUIT_OPENED")[0]["outcome"], "OUTCOME_CONNECT_REFUSED")

    def test_what_happened_is_there_after_the_process_is_killed(self):
        self.write("http://127.0.0.1:9/hooks")
        self.carillond = self.server()
        for method in ("PauseDestination", "ResumeDestination", "PauseDestination"):
            self.call(DESTINATIONS + method, {"name": NAME})
        self.assertEqual(self.kinds(), ["PAUSED", "RESUMED"])  # what a call has shown is written
        paused = self.notices()[0]
        self.assertEqual((paused["count"], paused["principal"]), ("2", "token:tokens/acme"))
        self.carillond.kill()
        self.carillond = self.server()
        self.assertEqual(self.notices()[0], paused)

    def test_each_sees_its_own(self):
        with Talking([404]) as receiver:
            self.write(receiver.url("/hooks"), receiver.url("/crm"))
            self.carillond = self.server()
            self.publish(1, tenant="other")
            self.call(DESTINATIONS + "PauseDestination", {"name": NAME})
            eventually(lambda: "DEAD" in self.kinds(OPERATOR), lambda: self.notices(OPERATOR))
        self.assertEqual(sorted(self.kinds(OPERATOR)), ["DEAD", "PAUSED", "STARTED"])
        self.assertEqual(sorted(self.kinds(OPERATOR, parent="tenants/-")), ["DEAD", "PAUSED"])
        for token in (READER, ACME):
            self.assertEqual(self.kinds(token), ["PAUSED"])
            for request in ({"parent": "tenants/other"}, {"parent": "tenants/-"}, {}):
                self.call(NOTICES + "ListNotices", request, token, 403)
        names = [notice["name"] for notice in self.notices(OPERATOR)]
        for name in names:
            status = 200 if name.startswith("tenants/acme") else 403
            self.call(NOTICES + "GetNotice", {"name": name}, READER, status)

    def test_reloads_are_told_to_operators(self):
        self.write("http://127.0.0.1:9/hooks")
        self.carillond = self.server()
        file = self.folder / "carillon.yaml"
        good = file.read_text()
        file.write_text(json.dumps({**json.loads(good), "no_such_section": 1}))
        self.carillond.signal(signal.SIGHUP)
        eventually(lambda: "RELOAD_REFUSED" in self.kinds(OPERATOR), lambda: self.notices(OPERATOR))
        self.assertIn("no_such_section", self.notices(OPERATOR)[0]["message"])
        file.write_text(good)
        self.carillond.signal(signal.SIGHUP)
        eventually(lambda: self.kinds(OPERATOR)[0] == "RELOADED", lambda: self.notices(OPERATOR))
        self.assertIn("1 destinations, 1 subscriptions", self.notices(OPERATOR)[0]["message"])
        self.assertEqual(self.kinds(READER), [])


class Commands(Cli):
    def test_the_command_line_shows_them(self):
        self.begin()
        self.cli("destinations", "create", "orders", "--url", "http://127.0.0.1:9/hooks")
        self.cli("destinations", "pause", "orders")
        self.assertRegex(self.out("get", "notices"), r"(?m)^NAME +LAST TIME +WHAT .*\n.* paused .*orders")
        self.assertEqual(self.json("get", "notices", "--filter", "kind = PAUSED")["notices"][0]["kind"], "PAUSED")


if __name__ == "__main__":
    unittest.main()
