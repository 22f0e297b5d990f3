"""Wrong values are refused, and the message names the value."""

import unittest

import yaml

import chart

CASES = yaml.safe_load((chart.HERE / "refused.yaml").read_text())
# Beyond these Helm stops looking at the schema of the chart.
DEFAULT = chart.HERE / "values/default.yaml"


def message(version, case):
    """Returns what Helm says to the values of a case; None where it takes them."""
    arguments = ["--set-json", case["set"]] + (["--set-json", case["and"]] if "and" in case else [])
    result = chart.template(version, DEFAULT, *arguments, release=case.get("release", "bell"))
    return result.stderr if result.returncode else None


def names(text, value):
    """Whether a message names a value, in the way of a template or of either validator; says `value: why` as a whole."""
    if ": " in value:
        return value in text
    path = value.replace("[", ".").replace("]", "")
    return value in text or path in text or "/" + path.replace(".", "/") in text


class Refused(unittest.TestCase):
    def check(self, version):
        for case in CASES:
            with self.subTest(case["set"]):
                said = message(version, case)
                self.assertIsNotNone(said, "it is taken")
                self.assertTrue(names(said, case["says"]), said)

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(CASES), 40)

    def test_helm3(self):
        self.check("helm3")

    def test_helm4(self):
        self.check("helm4")
