"""What the tests of this folder read: rules, runbooks, dashboards, documents."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile

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


def dashboards():
    return {path.name: json.loads(path.read_text()) for path in DASHBOARDS}


def panels(dashboard):
    """The panels that show something."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def variable_values(window, shown):
    """What stands for the variables of a dashboard in a query outside Grafana."""
    return {"$__rate_interval": window, "$__range": shown, "$namespace": ".*", "$job": ".*",
            "$instance": ".*", "$tenant": ".*", "$destination": ".*"}


def plain(expression, window="5m", shown="1h"):
    for name, value in variable_values(window, shown).items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression


def metric_names(expression):
    """Metrics that a query names, without the suffixes of a histogram's series; recorded series, which
    have a colon, are no metrics."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    return {re.sub(r"_(bucket|sum|count)$", "", name)
            for name in re.findall(r"(?<![\w:])(?:carillon|process)_\w+(?![\w:])", bare)}


def syntax_errors(expressions):
    """What promtool says of queries that it does not take; "" when it takes all."""
    groups = {"groups": [{"name": "queries", "rules": [
        {"record": f"query:number:{i}", "expr": one} for i, one in enumerate(expressions)]}]}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(groups, file)
        file.flush()
        done = subprocess.run([PROMTOOL, "check", "rules", file.name], capture_output=True,
                              text=True, timeout=240)
    return done.stdout + done.stderr if done.returncode else ""
