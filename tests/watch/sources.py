"""What the tests of this folder read: rules, runbooks, dashboards, documents."""

import pathlib
import re
import shutil

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "helm/carillon/rules").glob("*.yaml"))
RUNBOOKS = sorted((ROOT / "docs/runbooks").glob("*.md"))
DASHBOARDS = sorted((ROOT / "helm/carillon/dashboards").glob("*.json"))

PROMTOOL = shutil.which("promtool")
assert PROMTOOL, "promtool is missing: run scripts/install.sh test"


def rules():
    """Every rule, in order."""
    return [rule for path in RULES for group in yaml.safe_load(path.read_text())["groups"]
            for rule in group["rules"]]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


def queries(path):
    """The PromQL expressions of a document: each line of its promql blocks; lines that begin with a
    space go on with the one before."""
    for block in re.findall(r"^```promql\n(.*?)^```", path.read_text(), re.M | re.S):
        yield from re.sub(r"\n\s+", " ", block).splitlines()


def links(path):
    """(file, anchor or "") of every relative link of a document."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target:
            file, _, anchor = target.partition("#")
            yield (path.parent / file if file else path).resolve(), anchor


def anchors(path):
    """The anchors of a document's headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", path.read_text(), re.M)}
