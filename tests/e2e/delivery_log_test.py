"""The delivery log: what became of events, asked with curl."""

import base64
import unittest

from control_api_test import ACME, NAME, OPERATOR, READER, ControlApi
from harness import eventually
from json_api_test import PUBLISH, event
from scripted import Scripted

DELIVERIES = "carillon.v1.DeliveryService/"
BODY = b"the database is down"


class Talking(Scripted):
    """Answers with the statuses of a list, the last of which is repeated, and with a body."""

    def __init__(self, statuses, body=BODY):
        super().__init__()
        self.statuses, self.body = statuses, body

    def take(self, handler):
        handler.rfile.read(int(handler.headers["content-length"]))
        with self.lock:
            self.keep({"target": handler.path})
            status = self.statuses[min(len(self.requests), len(self.statuses)) - 1]
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(self.body)))
        handler.send_header("X-Why", "maintenance")
        handler.send_header("Set-Cookie", "session=hidden")
        handler.end_headers()
        handler.wfile.write(self.body)


class DeliveryLog(ControlApi):
    def begin_with(self, receiver, **log):
        retry = {"delays": ["100ms", "100ms"], "jitter": 0}
        headers = [{"name": "X-Token", "secret": "hidden"}]
        self.write_config(
            [{"name": NAME, "url": receiver.url("/hooks?key=hidden"), "retry": retry, "headers": headers}],
            [{"name": "tenants/acme/subscriptions/all", "types": ["session.*"], "destinations": [NAME]}],
            access={"tokens": self.TOKENS}, **({"delivery_log": log} if log else {}))
        self.carillond = self.server()

    def publish(self, *numbers):
        self.call(PUBLISH, {"events": [event(number, tenant="acme") for number in numbers]})

    def list(self, what="Deliveries", parent=NAME, token=READER, **more):
        return self.call(DELIVERIES + "List" + what, {"parent": parent, **more}, token)

    def wait_for(self, filter, count=1):
        """The deliveries that fulfill the filter, as soon as there are so many."""
        def look():
            found = self.list(filter=filter).get("deliveries", [])
            return found if len(found) >= count else None
        return eventually(look, lambda: f"{count} deliveries with {filter}: {self.list()}")

    def wait_dead(self, count=1):
        """The dead deliveries, as soon as there are so many and the journal has them too: the log
        can have them before, and what is asked to be made again or purged is the journal's."""
        found = self.wait_for("state = DEAD", count)
        self.carillond.wait_gauge("carillon_dead_kept", count)
        return found


class Walk(DeliveryLog):
    def test_every_attempt_of_a_delivery_that_failed_can_be_seen(self):
        with Talking([500, 503, 503]) as receiver:
            self.begin_with(receiver)
            self.publish(1)
            found = self.wait_for("state = DEAD")
            self.assertEqual(len(found), 1)
            delivery = self.call(DELIVERIES + "GetDelivery", {"name": found[0]["name"]}, READER)
        self.assertEqual(delivery["name"], NAME + "/deliveries/1")
        self.assertEqual((delivery["eventId"], delivery["eventType"]), ("evt-1", "session.create"))
        self.assertEqual((delivery["state"], delivery["outcome"], delivery["responseStatus"]),
                         ("DEAD", "OUTCOME_HTTP_5XX", 503))
        self.assertEqual(delivery["attemptCount"], 3)
        attempts = delivery["attempts"]
        self.assertEqual([a["number"] for a in attempts], [3, 2, 1])
        self.assertEqual([a["response"]["status"] for a in attempts], [503, 503, 500])
        for attempt in attempts:
            self.assertEqual(base64.b64decode(attempt["response"]["body"]), BODY)
            headers = {h["name"]: h for h in attempt["response"]["headers"]}
            self.assertEqual(headers["X-Why"]["value"], "maintenance")
            self.assertEqual(headers["Set-Cookie"], {"name": "Set-Cookie", "blanked": True})
            sent = {h["name"]: h for h in attempt["request"]["headers"]}
            self.assertEqual(sent["X-Token"], {"name": "X-Token", "blanked": True})
            self.assertEqual(attempt["webhookId"], "evt-1")
            self.assertTrue(attempt["remoteAddress"].startswith("127.0.0.1:"))
            self.assertNotIn("hidden", str(attempt))
        self.assertIn("nextAttemptTime", attempts[2])
        self.assertNotIn("nextAttemptTime", attempts[0])
        one = self.call(DELIVERIES + "GetAttempt", {"name": attempts[1]["name"]}, READER)
        self.assertEqual(one, attempts[1])

    def test_facts_behind_a_failure_are_kept_for_programs(self):
        with Scripted({"/hooks?key=hidden": [(429, {"Retry-After": "0"}), (503, {}),
                                             (308, {"Location": "/v2?key=2"})]}) as receiver:
            self.begin_with(receiver)
            self.publish(1)
            name = self.wait_for("state = DEAD")[0]["name"]
            attempts = self.list("Attempts", name, view="DELIVERY_VIEW_FULL")["attempts"]
            self.assertEqual([a.get("detail") for a in attempts],
                             [{"redirectUrl": receiver.url("/v2?key=2")}, None,
                              {"retryAfter": "0s"}])
            one = self.call(DELIVERIES + "GetAttempt", {"name": attempts[0]["name"]}, READER)
            self.assertEqual(one["detail"], attempts[0]["detail"])
            # They are there after the next start, too.
            self.publish(2)  # behind the last retry
            self.wait_for("state = DEAD", 2)
            self.carillond.settled()
            self.carillond.kill()
            self.carillond = self.server()
            again = self.call(DELIVERIES + "GetAttempt", {"name": attempts[0]["name"]}, READER)
            self.assertEqual(again["detail"], one["detail"])

    def test_lists_are_filtered_and_go_on_page_by_page(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver)
            self.publish(*range(1, 8))
            self.wait_for("state = DELIVERED", 7)
            names, token = [], ""
            while True:
                page = self.list(pageSize=3, pageToken=token)
                names += [d["name"] for d in page["deliveries"]]
                token = page.get("nextPageToken", "")
                if not token:
                    break
            self.assertEqual(len(names), 7)
            self.assertEqual(len(set(names)), 7)
            self.assertEqual(len(self.list(filter='event_id = "evt-3"')["deliveries"]), 1)
            self.assertEqual(len(self.list("Attempts", NAME + "/deliveries/-",
                                           filter="outcome = OUTCOME_SUCCESS")["attempts"]), 7)
            self.assertNotIn("deliveries", self.list(filter="state = DEAD"))
            self.assertNotIn("deliveries", self.list(filter='last_attempt_time < "2020-01-01T00:00:00Z"'))
            everywhere = self.list(parent="tenants/-/destinations/-", token=OPERATOR)
            self.assertEqual(len(everywhere["deliveries"]), 7)
            first = self.list(pageSize=3)
            wrong = self.call(DELIVERIES + "ListDeliveries", {"parent": NAME, "filter": "state = DEAD",
                              "pageToken": first["nextPageToken"]}, READER, 400)
            self.assertEqual(wrong.reason, "PAGE_TOKEN_INVALID")

    def test_what_was_logged_is_there_after_a_kill(self):
        with Talking([500, 200]) as receiver:
            self.begin_with(receiver)
            self.publish(1)
            self.wait_for("state = DELIVERED")
            self.publish(2)  # behind the retry
            before = self.wait_for("state = DELIVERED", 2)
            self.carillond.settled()
            self.carillond.kill()
            self.carillond = self.server()
            self.assertEqual(self.list()["deliveries"], before)

    def test_nobody_sees_another_tenants(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver)
            other = NAME.replace("acme", "other")
            answer = self.call(DELIVERIES + "ListDeliveries", {"parent": other}, ACME, 403)
            self.assertEqual(answer.reason, "TENANT_FORBIDDEN")
            answer = self.call(DELIVERIES + "GetDelivery", {"name": other + "/deliveries/1"}, READER, 403)
            self.assertEqual(answer.reason, "TENANT_FORBIDDEN")
            answer = self.call(DELIVERIES + "GetDelivery", {"name": NAME + "/deliveries/9"}, READER, 404)
            self.assertEqual(answer.reason, "RESOURCE_NOT_FOUND")


class Settings(DeliveryLog):
    def test_without_details_there_are_outcomes(self):
        with Talking([500]) as receiver:
            self.begin_with(receiver, details="none")
            self.publish(1)
            found = self.wait_for("state = DEAD")
        delivery = self.call(DELIVERIES + "GetDelivery", {"name": found[0]["name"]}, READER)
        self.assertEqual(delivery["attempts"][0]["response"], {"status": 500})
        self.assertNotIn("request", delivery["attempts"][0])

    def test_of_a_long_response_the_beginning_is_kept(self):
        with Talking([500], b"x" * 50_000) as receiver:
            self.begin_with(receiver, body_bytes="4KiB")
            self.publish(1)
            found = self.wait_for("state = DEAD")
        delivery = self.call(DELIVERIES + "GetDelivery", {"name": found[0]["name"]}, READER)
        response = delivery["attempts"][0]["response"]
        self.assertEqual(base64.b64decode(response["body"]), b"x" * 4096)
        self.assertNotIn("bodyBytes", response)

    def test_a_log_that_is_off_says_so(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver, enabled=False)
            answer = self.call(DELIVERIES + "ListDeliveries", {"parent": NAME}, READER, 400)
            self.assertEqual(answer.reason, "STATE_CONFLICT")
            self.publish(1)
            receiver.wait("/hooks?key=hidden", 1)


if __name__ == "__main__":
    unittest.main()
