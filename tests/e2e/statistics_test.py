"""Statistics: how deliveries went, asked with curl, over restarts."""

import datetime
import unittest

from control_api_test import ACME, NAME, OPERATOR, READER, ControlApi
from delivery_log_test import Talking
from harness import eventually
from json_api_test import PUBLISH, event

STATS = "carillon.v1.StatsService/"


def ago(**span):
    return (datetime.datetime.now(datetime.UTC) - datetime.timedelta(**span)).isoformat()


class Statistics(ControlApi):
    def begin_with(self, receiver, **statistics):
        retry = {"delays": ["100ms"], "jitter": 0}
        self.write_config(
            [{"name": NAME, "url": receiver.url("/hooks"), "retry": retry},
             {"name": "tenants/other/destinations/orders", "url": receiver.url("/other")}],
            [{"name": f"tenants/{tenant}/subscriptions/all", "types": ["session.*"],
              "destinations": [f"tenants/{tenant}/destinations/orders"]} for tenant in ("acme", "other")],
            access={"tokens": self.TOKENS}, **({"statistics": statistics} if statistics else {}))
        self.carillond = self.server()

    def publish(self, *numbers, tenant="acme"):
        self.call(PUBLISH, {"events": [event(number, tenant=tenant) for number in numbers]}, OPERATOR)

    def stats(self, name=NAME, token=READER, **more):
        return self.call(STATS + "GetStats", {"name": name, "startTime": ago(hours=2), **more}, token)

    def sums(self, name=NAME, token=READER, **more):
        """Attempts by outcome, deliveries that arrived and that were given up, of all points."""
        attempts, delivered, dead = {}, 0, 0
        for point in self.stats(name, token, **more)["series"][0]["points"]:
            delivered += int(point.get("deliveredCount", 0))
            dead += int(point.get("deadCount", 0))
            for count in point.get("attempts", []):
                outcome = count["outcome"].removeprefix("OUTCOME_")
                attempts[outcome] = attempts.get(outcome, 0) + int(count["count"])
        return attempts, delivered, dead

    def wait_for(self, wanted, name=NAME, token=READER):
        eventually(lambda: self.sums(name, token) == wanted,
                   lambda: f"{wanted}: {self.sums(name, token)}")


class Counting(Statistics):
    def test_attempts_deliveries_and_latency_are_counted(self):
        with Talking([500, 503, 200]) as receiver:
            self.begin_with(receiver)
            self.publish(1)  # two attempts in vain
            self.wait_for(({"HTTP_5XX": 2}, 0, 1))
            self.publish(2, 3)
            self.wait_for(({"HTTP_5XX": 2, "SUCCESS": 2}, 2, 1))
            self.publish(4, tenant="other")
            self.wait_for(({"SUCCESS": 1}, 1, 0), "tenants/other", OPERATOR)
        self.assertEqual(self.sums("tenants/acme"), ({"HTTP_5XX": 2, "SUCCESS": 2}, 2, 1))
        self.assertEqual(self.sums("tenants/-", OPERATOR), ({"HTTP_5XX": 2, "SUCCESS": 3}, 3, 1))
        answer = self.stats(quantiles=[0.5, 1], step="3600s", includeSketches=True)
        self.assertEqual(answer["step"], "3600s")
        points = [point for point in answer["series"][0]["points"] if point]
        self.assertEqual(len(points[0]["quantiles"]), 2)
        self.assertGreater(float(points[0]["maxLatency"].removesuffix("s")), 0)
        self.assertGreater(int(points[0]["sentBytes"]), 0)
        counts = [int(count) for point in points for count in point["sketch"]["counts"]]
        self.assertEqual(sum(counts), 4)

    def test_what_is_accepted_and_how_things_stand(self):
        with Talking([500]) as receiver:
            self.begin_with(receiver)
            self.publish(1, 2)
            self.publish(2)  # known already
            self.publish(3, tenant="other")
            self.wait_for(({"HTTP_5XX": 4}, 0, 2))

            def accepted(name, token=READER):
                points = self.stats(name, token)["series"][0]["points"]
                return sum(int(point.get("acceptedCount", 0)) for point in points)

            self.assertEqual(accepted("tenants/acme"), 2)
            self.assertEqual(accepted("tenants/-", OPERATOR), 3)
            self.assertEqual(accepted(NAME), 0)

            def summary(name="tenants/acme", token=READER, status=200):
                return self.call(STATS + "GetSummary", {"name": name}, token, status)

            eventually(lambda: summary()["acceptedPerSecond"] > 0, "five seconds are over")
            self.assertEqual(summary()["acceptedPerSecond"], 2 / 60)
            own = summary()
            self.assertEqual((own["destinationCount"], own["failingCount"]), (1, 1))
            self.assertEqual(own["destinationsByOutcome"],
                             [{"outcome": "OUTCOME_HTTP_5XX", "count": "1"}])
            self.assertEqual(summary("tenants/-", OPERATOR)["destinationCount"], 2)
            self.assertEqual(summary("tenants/other", status=403).reason, "TENANT_FORBIDDEN")

    def test_one_that_is_made_again_begins_anew(self):
        with Talking([200]) as receiver:
            self.begin([])
            for delivered in (1, 2):
                made = self.create(receiver.url("/hooks"))
                self.subscribe()
                self.assertEqual(self.sums(), ({}, 0, 0))
                self.publish(*range(10 * delivered, 11 * delivered))
                self.wait_for(({"SUCCESS": delivered}, delivered, 0))
                grouped = self.stats("tenants/acme", groupBy="DESTINATION")
                self.assertEqual(len(grouped["series"]), delivered)
                self.assertIn(made["uid"], [series["uid"] for series in grouped["series"]])
                self.call("carillon.v1.DestinationService/DeleteDestination",
                          {"name": NAME, "force": True})
            self.assertEqual(self.sums(), ({"SUCCESS": 2}, 2, 0))  # of the last that had the name
            self.assertEqual(self.sums("tenants/acme"), ({"SUCCESS": 3}, 3, 0))

    def test_groups_and_several_names(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver)
            self.publish(1, 2)
            self.publish(3, tenant="other")
            self.wait_for(({"SUCCESS": 3}, 3, 0), "tenants/-", OPERATOR)
        grouped = self.stats("tenants/-", OPERATOR, groupBy="DESTINATION")
        self.assertEqual([series["name"] for series in grouped["series"]],
                         [NAME, "tenants/other/destinations/orders"])
        grouped = self.stats("tenants/-", OPERATOR, groupBy="TENANT")
        self.assertEqual([series["name"] for series in grouped["series"]], ["tenants/acme", "tenants/other"])
        batch = self.call(STATS + "BatchGetStats", {
            "names": ["tenants/acme/destinations/nobody", NAME], "startTime": ago(hours=1)}, READER)
        self.assertEqual([series["name"] for series in batch["series"]],
                         ["tenants/acme/destinations/nobody", NAME])
        self.assertEqual([len(series["points"]) for series in batch["series"]], [61, 61])

    def test_what_was_counted_is_there_after_the_process_is_killed(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver)
            self.publish(*range(1, 21))
            self.wait_for(({"SUCCESS": 20}, 20, 0))
            self.carillond.settled()  # or what comes again counts again
            self.carillond.kill()  # what a call has shown is written
            self.carillond = self.server()
            self.assertEqual(self.sums(), ({"SUCCESS": 20}, 20, 0))
            self.publish(21)
            self.wait_for(({"SUCCESS": 21}, 21, 0))
            self.publish(22)
            receiver.wait("/hooks", 22)
            self.assertEqual(self.carillond.stop(), 0)  # a stop loses nothing
            self.carillond = self.server()
            self.assertEqual(self.sums(), ({"SUCCESS": 22}, 22, 0))

    def test_nobody_sees_another_tenants(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver)
            start = {"startTime": ago(hours=1)}
            for name in ("tenants/other", "tenants/other/destinations/orders", "tenants/-"):
                for token in (ACME, READER):
                    answer = self.call(STATS + "GetStats", {"name": name, **start}, token, 403)
                    self.assertEqual(answer.reason, "TENANT_FORBIDDEN")
                    answer = self.call(STATS + "BatchGetStats", {"names": [NAME, name], **start}, token, 403)
                    self.assertEqual(answer.reason, "TENANT_FORBIDDEN")
            self.call(STATS + "GetStats", {"name": NAME, **start}, None, 401)


class Settings(Statistics):
    def test_statistics_that_are_off_say_so(self):
        with Talking([200]) as receiver:
            self.begin_with(receiver, enabled=False)
            answer = self.call(STATS + "GetStats", {"name": NAME, "startTime": ago(hours=1)}, READER, 400)
            self.assertEqual(answer.reason, "STATE_CONFLICT")
            self.publish(1)
            receiver.wait("/hooks", 1)
        self.assertFalse((self.folder / "data" / "statistics.db").exists())


if __name__ == "__main__":
    unittest.main()
