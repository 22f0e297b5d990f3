"""Rules, their tests and their runbooks fit together, and promtool takes them."""

import re
import subprocess
import unittest

import yaml
from sources import PROMTOOL, ROOT, RULES, RUNBOOKS, alerts, anchors, links

CASES = sorted((ROOT / "tests/watch/rules").glob("*.yaml"))
HEADINGS = ["What it means", "How to see it", "What to do", "How to know it is over"]
SEVERITIES = {"critical", "warning", "info"}


def promtool(*arguments):
    done = subprocess.run([PROMTOOL, *map(str, arguments)], capture_output=True, text=True,
                          timeout=300)
    return done.returncode, done.stdout + done.stderr


def expectations():
    """(alert, [labels of each series that should fire]) of every check of every test."""
    for path in CASES:
        for test in yaml.safe_load(path.read_text())["tests"]:
            for check in test["promql_expr_test"]:
                alert = re.search(r'alertname="(\w+)"', check["expr"])[1]
                yield alert, [dict(re.findall(r'(\w+)="([^"]*)"', sample["labels"]))
                              for sample in check["exp_samples"]]


class Rules(unittest.TestCase):
    def test_promtool_takes_the_rules(self):
        code, text = promtool("check", "rules", *RULES)
        self.assertEqual(code, 0, text)

    def test_alerts_fire_where_they_should_and_not_where_they_should_not(self):
        code, text = promtool("test", "rules", *CASES)
        self.assertEqual(code, 0, text)

    def test_each_alert_has_a_case_that_fires_and_one_that_does_not(self):
        checks = list(expectations())
        for alert in alerts():
            name, labels = alert["alert"], alert["labels"]
            firing = [series for checked, fires in checks if checked == name for series in fires]
            self.assertTrue(any(labels.items() <= series.items() for series in firing),
                            f"no case in which {name} fires with {labels}")
            self.assertTrue(any(checked == name and not fires for checked, fires in checks),
                            f"no case in which {name} is silent")

    def test_annotations_name_labels_that_the_alert_has(self):
        checks = list(expectations())
        for alert in alerts():
            used = set(re.findall(r"\$labels\.(\w+)", str(alert["annotations"])))
            for checked, fires in checks:
                for series in fires:
                    if checked == alert["alert"] and alert["labels"].items() <= series.items():
                        self.assertLessEqual(used, series.keys(), alert["alert"])

    def test_each_alert_says_what_is_needed(self):
        for alert in alerts():
            with self.subTest(alert["alert"]):
                self.assertRegex(alert["alert"], r"^Carillon[A-Z]\w+$")
                self.assertIn(alert["labels"]["severity"], SEVERITIES)
                notes = alert["annotations"]
                self.assertEqual(set(notes), {"summary", "description", "runbook"})
                self.assertEqual(notes["runbook"], f"docs/runbooks/{alert['alert']}.md")
                self.assertTrue((ROOT / notes["runbook"]).is_file(), notes["runbook"])
                self.assertNotIn("{{", notes["summary"], "a summary is the same for all")
                self.assertTrue(notes["summary"].endswith("."))

    def test_recorded_names_say_level_metric_and_operation(self):
        for path in RULES:
            for group in yaml.safe_load(path.read_text())["groups"]:
                for rule in group["rules"]:
                    if "record" in rule:
                        self.assertRegex(rule["record"],
                                         r"^(job|instance|instance_destination):carillon_\w+:\w+$")


class Runbooks(unittest.TestCase):
    def test_there_is_one_for_each_alert_and_those_of_panels(self):
        names = {alert["alert"] for alert in alerts()}
        books = {path.stem for path in RUNBOOKS} - {"README"}
        self.assertEqual({book for book in books if not book.startswith("Panel")}, names)
        index = (ROOT / "docs/runbooks/README.md").read_text()
        self.assertEqual(set(re.findall(r"^\| \[(\w+)\]\(\1\.md\)", index, re.M)), books)

    def test_each_has_the_four_parts(self):
        for path in RUNBOOKS:
            if path.stem != "README":
                text = path.read_text()
                self.assertEqual(re.findall(r"^## (.*)$", text, re.M), HEADINGS, path.name)
                self.assertTrue(text.startswith(f"# {path.stem}\n"), path.name)
                self.assertIn("```promql", text, path.name)

    def test_links_lead_somewhere(self):
        for path in RUNBOOKS:
            for target, anchor in links(path):
                self.assertTrue(target.exists(), f"{path.name}: {target}")
                if anchor:
                    self.assertIn(anchor, anchors(target), f"{path.name}: {target.name}")


if __name__ == "__main__":
    unittest.main()
