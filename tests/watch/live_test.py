"""Debian's Prometheus scrapes a live carillond under a load; every query of every panel, rule and document
finds something, or stands in a short list with the reason; every metric that is named exists, and every
one that is exported is documented."""

import math
import re
import shutil
import tempfile
import time
import unittest

from sources import (ROOT, RUNBOOKS, alerts, dashboards, metric_names, panels, plain, queries,
                     rules)
from stack import Stack, eventually, http

DOCUMENT = ROOT / "docs/metrics.md"
WINDOW = "20s"
PATIENCE = 150
# How long the load has run at least when the panels are looked at.
LOAD_SECONDS = 60

# Panels that show nothing here, and why.
EMPTY_PANELS = {
    "Storage errors by operation and kind": "the store of this test is well",
    "Short of": "this machine has enough of everything",
}
# Selectors of rules and documents that find nothing here, and why.
EMPTY_SELECTORS = {
    'carillon_destination_attempts_total{outcome="blocked"}':
        "no name of this machine is sure to lead to an address that the guard refuses",
}


def selectors(expression):
    """The vector selectors of an expression, without windows and offsets."""
    found = re.findall(r"(?:(?:job|instance|instance_destination):)?(?:carillon|process)_[\w:]+"
                       r"(?:\{[^}]*\})?|\bup\b", expression)
    return sorted(set(found))


def documented():
    """{metric: its labels} of the tables of docs/metrics.md."""
    rows = re.findall(r"^\| `((?:carillon|process)_\w+)` \| (\w+) \| ([^|]*) \|",
                      DOCUMENT.read_text(), re.M)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="carillon-watch-")
        cls.stack = Stack(cls.folder, scrape="1s", rate=40)
        try:
            cls.stack.start()
            cls.loaded_since = time.monotonic()
            cls.make_things_happen()
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()
        shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def make_things_happen(cls):
        """What a load alone does not bring: repetitions, reloads good and bad, a removed destination."""
        stack = cls.stack
        stack.server.wait_metric('carillon_deliveries{state="parked"}', 20)
        eventually(lambda: stack.values("carillon_build_info"), "a first scrape")
        stack.configure(without=["odd"], note="changed")
        stack.server.wait_metric('carillon_config_reloads_total{result="ok"}', 1)
        stack.replace_config("destinations: 5\n")
        stack.server.wait_metric('carillon_config_reloads_total{result="error"}', 1)
        stack.publish_again()
        stack.configure(without=["odd"], note="changed again")
        stack.server.wait_metric('carillon_config_reloads_total{result="ok"}', 2)

    def until_nothing_is_left(self, asked, what):
        """Asks again and again; `asked`: {name: query}. Repetitions go on being published meanwhile."""
        left, end = dict(asked), time.monotonic() + PATIENCE
        while left and time.monotonic() < end:
            for name in [name for name, query in left.items() if self.finds(query)]:
                del left[name]
            if left:
                self.stack.publish_again()
                time.sleep(1)
        self.assertFalse(left, f"{what} find nothing:\n" + "\n".join(
            name if name.endswith(query) else f"{name}: {query}" for name, query in left.items()))

    def finds(self, query):
        return any(not math.isnan(value) for _, value in self.stack.values(query))

    def after_a_minute(self):
        """Waits until the load has run for that long; repetitions go on being published. Nothing has ended or begun
        anew meanwhile."""
        while (left := self.loaded_since + LOAD_SECONDS - time.monotonic()) > 0:
            self.stack.publish_again()
            time.sleep(min(1, left))
        for program in self.stack.programs:
            self.assertTrue(program.alive(), program.name)
        [(_, scrapes)] = self.stack.values(f"count_over_time(up[{LOAD_SECONDS}s])")
        self.assertGreater(scrapes, LOAD_SECONDS / 4)
        [(_, up)] = self.stack.values(f"min_over_time(up[{LOAD_SECONDS}s])")
        [(_, starts)] = self.stack.values(f"changes(process_start_time_seconds[{LOAD_SECONDS}s])")
        self.assertEqual((up, starts), (1, 0))

    def test_each_panel_shows_something(self):
        self.after_a_minute()
        asked, unused = {}, set(EMPTY_PANELS)
        for name, dashboard in dashboards().items():
            for panel in panels(dashboard):
                for target in panel["targets"]:
                    if panel["title"] in EMPTY_PANELS:
                        unused.discard(panel["title"])
                        self.stack.values(plain(target["expr"], WINDOW))
                    else:
                        asked[f"{name}: {panel['title']}: {target['refId']}"] = plain(
                            target["expr"], WINDOW)
        self.assertEqual(unused, set(), "no such panels")
        self.until_nothing_is_left(asked, "panels")

    def test_each_recording_rule_records(self):
        recorded = {rule["record"]: rule["record"] for rule in rules() if "record" in rule}
        self.until_nothing_is_left(recorded, "recording rules")

    def test_what_each_alert_looks_at_is_there(self):
        asked = {f"{alert['alert']}: {one}": one for alert in alerts()
                 for one in selectors(alert["expr"])}
        self.until_nothing_is_left(asked, "selectors of alerts")

    def test_what_the_runbooks_ask_is_there(self):
        asked = {f"{path.name}: {query}: {one}": one for path in [*RUNBOOKS, DOCUMENT]
                 for query in queries(path) for one in selectors(query)
                 if one not in EMPTY_SELECTORS}
        self.until_nothing_is_left(asked, "selectors of documents")

    def test_prometheus_evaluates_every_rule(self):
        def evaluated():
            return [rule for group in self.stack.ask("rules")["groups"] for rule in group["rules"]]

        eventually(lambda: all(rule["health"] == "ok" for rule in evaluated()),
                   lambda: [rule for rule in evaluated() if rule["health"] != "ok"])
        self.assertEqual(len(evaluated()), len(rules()))

    def test_alerts_see_the_receivers_that_are_not_well(self):
        for alert in ("CarillonDestinationUnreachable", "CarillonTimeoutShareHigh",
                      "CarillonDestinationDisabled", "CarillonDeadLettersRising",
                      "CarillonCertificateExpiring"):
            eventually(lambda: self.stack.values(f'ALERTS{{alertname="{alert}"}}'), alert, PATIENCE)

    def test_every_metric_that_is_exported_is_documented_and_the_other_way_round(self):
        status, text = self.stack.server.get("/metrics")
        self.assertEqual(status, 200)
        exported = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
        known = documented()
        self.assertEqual({name: kind for name, (kind, _) in known.items()}, exported)
        for name, labels in re.findall(r"^(\w+)\{(.*)\} \S+$", text, re.M):
            base = name if name in known else re.sub(r"_(bucket|sum|count)$", "", name)
            keys = set(re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', labels)) - {"le"}
            self.assertEqual(keys, known[base][1], name)

    def test_every_metric_that_is_named_exists(self):
        known = documented().keys()
        named = {f"rule {rule.get('alert') or rule['record']}": rule["expr"] for rule in rules()}
        for name, dashboard in dashboards().items():
            for panel in panels(dashboard):
                named[f"{name}: {panel['title']}"] = " ".join(t["expr"] for t in panel["targets"])
            for one in dashboard["templating"]["list"]:
                named[f"{name}: ${one['name']}"] = str(one.get("query", ""))
        for path in sorted(ROOT.glob("docs/**/*.md")) + [ROOT / "README.md"]:
            text = re.sub(r"`?carillon_\w+\*`?", "", path.read_text())
            named[str(path.relative_to(ROOT))] = text
        for where, text in named.items():
            self.assertLessEqual(metric_names(text), known, where)

    def test_a_refused_configuration_was_seen(self):
        status, text = http("GET", f"{self.stack.prometheus_url}/api/v1/query?query="
                                   "min_over_time(carillon_config_last_reload_successful[5m])")
        self.assertEqual(status, 200)
        self.assertIn('"0"]', text)


if __name__ == "__main__":
    unittest.main()
