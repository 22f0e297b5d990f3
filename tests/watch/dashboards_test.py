"""The dashboards: what every panel has, what is in sight, and that they are what their source says."""

import re
import subprocess
import sys
import unittest

from sources import ROOT, RUNBOOKS, dashboards, panels, plain, queries, syntax_errors

UIDS = {"carillon-overview", "carillon-destinations", "carillon-storage"}
VARIABLES = {"datasource", "namespace", "job", "instance", "runbooks"}
# A unit of the grid is 38 pixels high; of a window of 1280 x 800 Grafana's own bars and the variables
# leave some 680.
IN_SIGHT = 18


VOLUME = "neither much nor little of it is bad"
LIMITS = "the line by which to judge it is drawn, or is a setting"
# Panels without a threshold, and why.
WITHOUT_THRESHOLD = {
    "Time of attempts": "the colors of a heat map are its own", "Syncs": "the colors of a heat map are its own",
    "Retries held back": "they wait as they are told to", "Attempts by outcome": VOLUME, "Delivered": VOLUME,
    "Kept in the journal": LIMITS, "Connections to destinations": LIMITS, "TLS handshakes": VOLUME,
    "Name look-ups": VOLUME, "Token servers": VOLUME, "Events published": VOLUME,
    "Deliveries created, by event type": VOLUME, "Delivered, dead, given up": VOLUME,
    "Destinations by state": VOLUME, "What one commit takes": VOLUME, "Free space": LIMITS,
    "Size of the journal": LIMITS, "Kept deliveries": LIMITS, "Waiting for the next commit": LIMITS, "CPU": LIMITS,
    "Memory": LIMITS, "Replicas": VOLUME, "Configuration in force": VOLUME, "Reloads": VOLUME,
    "Connections and calls": VOLUME, "Publishing throttled": VOLUME, "Memory of publishing": LIMITS, "Event ids remembered": LIMITS,
}


class Dashboards(unittest.TestCase):
    where = ""

    def each_panel(self):
        for name, dashboard in dashboards().items():
            for panel in panels(dashboard):
                self.where = f"{name}: {panel['title']}: "
                yield dashboard, panel
        self.where = ""

    def _formatMessage(self, msg, standardMsg):
        return self.where + super()._formatMessage(msg, standardMsg)

    def test_they_are_what_their_source_says(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "helm/dashboards/generate.py", "--check"],
                              capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_uids_are_fixed(self):
        found = {name: one["uid"] for name, one in dashboards().items()}
        self.assertEqual(found, {f"{uid}.json": uid for uid in UIDS})

    def test_each_panel_has_title_description_unit_and_thresholds(self):
        for _, panel in self.each_panel():
            self.assertTrue(panel["title"])
            self.assertRegex(panel["description"], r"\.$")
            defaults = panel["fieldConfig"]["defaults"]
            self.assertTrue(defaults["unit"])
            steps = defaults["thresholds"]["steps"]
            self.assertIsNone(steps[0]["value"])
            values = [step["value"] for step in steps[1:]]
            self.assertEqual(values, sorted(set(values)))
            self.assertNotEqual(bool(values), panel["title"] in WITHOUT_THRESHOLD)
        titles = {panel["title"] for one in dashboards().values() for panel in panels(one)}
        self.assertLessEqual(WITHOUT_THRESHOLD.keys(), titles)

    def test_a_course_is_not_shown_by_the_whole_range(self):
        """What each point of a graph sums over must not change with the range that is looked at."""
        for _, panel in self.each_panel():
            if panel["type"] in ("timeseries", "heatmap"):
                self.assertFalse([one["expr"] for one in panel["targets"] if "$__range]" in one["expr"]])

    def test_titles_and_ids_are_unique(self):
        for name, dashboard in dashboards().items():
            for what in ("title", "id"):
                found = [panel[what] for panel in dashboard["panels"]]
                self.assertEqual(len(found), len(set(found)), (name, what))

    def test_each_query_is_asked_of_the_datasource_variable(self):
        for _, panel in self.each_panel():
            self.assertTrue(panel["targets"])
            for asked in (panel, *panel["targets"]):
                self.assertEqual(asked["datasource"],
                                 {"type": "prometheus", "uid": "${datasource}"})

    def test_each_selector_goes_by_the_variables_and_names_nobody(self):
        chosen = 'namespace=~"$namespace", job=~"$job", instance=~"$instance"'
        for _, panel in self.each_panel():
            for target in panel["targets"]:
                for metric, selector in re.findall(r"((?:carillon|process)_\w+)(\{[^}]*\})?",
                                                   target["expr"]):
                    self.assertTrue(selector.startswith("{" + chosen), f"{metric}{selector}")
                hard = re.findall(r'(?:namespace|job|instance|tenant|destination|type)=~?"([^$"]*)"',
                                  target["expr"])
                self.assertEqual(hard, [])

    def test_windows_are_those_of_grafana(self):
        for _, panel in self.each_panel():
            for target in panel["targets"]:
                windows = re.findall(r"\[([^\]]*)\]", re.sub(r'"[^"]*"', "", target["expr"]))
                self.assertLessEqual(set(windows), {"$__rate_interval", "$__range"})

    def test_queries_are_promql(self):
        asked = [plain(target["expr"]) for _, panel in self.each_panel()
                 for target in panel["targets"]]
        for path in [*RUNBOOKS, ROOT / "docs/metrics.md"]:
            asked += queries(path)
        self.assertEqual(syntax_errors(asked), "")

    def test_there_are_the_variables(self):
        for name, dashboard in dashboards().items():
            by_name = {one["name"]: one for one in dashboard["templating"]["list"]}
            self.assertLessEqual(VARIABLES, by_name.keys(), name)
            self.assertEqual(by_name["datasource"]["type"], "datasource")
            for one in by_name.values():
                if one["type"] == "query":
                    self.assertEqual(one["datasource"]["uid"], "${datasource}")
                    # What has no such label is chosen too: without Kubernetes there is no namespace.
                    self.assertEqual(one["allValue"], ".*")

    def test_they_lead_to_one_another_and_to_runbooks(self):
        books = {path.stem for path in RUNBOOKS}
        used = set()
        for name, dashboard in dashboards().items():
            kinds = {link["type"]: link for link in dashboard["links"]}
            self.assertEqual(kinds["dashboards"]["tags"], dashboard["tags"], name)
            self.assertTrue(kinds["dashboards"]["includeVars"] and kinds["dashboards"]["keepTime"])
            for panel in panels(dashboard):
                self.assertTrue(panel["links"], f"{name}: {panel['title']}")
                for link in panel["links"]:
                    book = re.fullmatch(r"\$\{runbooks\}/(\w+)\.md", link["url"])
                    self.assertIsNotNone(book, link["url"])
                    used.add(book[1])
        self.assertLessEqual(used, books)
        # Absent: where there is no Carillon, no panel shows anything.
        self.assertEqual(books - used, {"README", "CarillonAbsent"})

    def test_links_of_cells_lead_to_a_dashboard_and_variables_that_exist(self):
        by_uid = {one["uid"]: {v["name"] for v in one["templating"]["list"]}
                  for one in dashboards().values()}
        links = [link["url"] for _, panel in self.each_panel()
                 for override in panel["fieldConfig"]["overrides"]
                 for prop in override["properties"] if prop["id"] == "links"
                 for link in prop["value"]]
        self.assertTrue(links)
        for url in links:
            uid = re.match(r"d/([\w-]+)/\?", url)[1]
            self.assertLessEqual(set(re.findall(r"var-(\w+)=", url)), by_uid[uid])

    def test_panels_fill_the_grid_and_do_not_overlap(self):
        for name, dashboard in dashboards().items():
            taken = {}
            for panel in dashboard["panels"]:
                at = panel["gridPos"]
                self.assertLessEqual(at["x"] + at["w"], 24)
                for x in range(at["x"], at["x"] + at["w"]):
                    for y in range(at["y"], at["y"] + at["h"]):
                        self.assertNotIn((x, y), taken, (name, panel["title"]))
                        taken[x, y] = panel["title"]

    def test_panels_are_readable_at_1280_pixels(self):
        for _, panel in self.each_panel():
            # 24 columns take some 1230 pixels.
            self.assertGreaterEqual(panel["gridPos"]["w"], 4 if panel["type"] == "stat" else 8)
            self.assertLessEqual(len(panel["title"]), 18 if panel["type"] == "stat" else 48)

    def test_timeouts_and_unreachable_destinations_are_in_sight(self):
        shown = [panel for panel in panels(dashboards()["carillon-overview.json"])
                 if panel["gridPos"]["y"] + panel["gridPos"]["h"] <= IN_SIGHT]
        for kind in ("stat", "timeseries", "table"):
            asked = " ".join(target["expr"] for panel in shown if panel["type"] == kind
                             for target in panel["targets"])
            for outcome in ("connect_timeout", "response_timeout", "dns", "connect_refused",
                            "unreachable"):
                self.assertIn(outcome, asked, kind)

    def test_nothing_is_drawn_twice(self):
        for name, dashboard in dashboards().items():
            asked = [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
            again = {one for one in asked if asked.count(one) > 1}
            # A number at a glance, and its course.
            self.assertEqual(again, set(), name)


if __name__ == "__main__":
    unittest.main()
