"""What the chart's tests share: Helm's two versions, the value sets, and rendered objects."""

import functools
import os
import pathlib
import subprocess

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CHART = ROOT / "helm/carillon"
VALUES = sorted((HERE / "values").glob("*.yaml"))
HELMS = ("helm3", "helm4")
# Names that YAML takes for numbers: of the release, and of its namespace.
NUMBERS = ("2024", "1999")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@functools.cache
def programs(what):
    """Returns the folder of programs built from Go modules; builds them when they are not there."""
    out = subprocess.run([HERE / "tools/build.sh", what], check=True, stdout=subprocess.PIPE, text=True)
    return pathlib.Path(out.stdout.strip())


def helm(version, *arguments, **options):
    """Runs Helm with no settings of the user's, and no cluster but one of `environment`."""
    environment = {**os.environ, "KUBECONFIG": "/dev/null", "HELM_CONFIG_HOME": "/nonexistent",
                   **options.pop("environment", {})}
    timeout = options.pop("timeout", 120)
    return subprocess.run([programs("helm") / version, *map(str, arguments)], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, **options)


def template(version, values, *arguments, release="bell", namespace="hooks", **options):
    """Renders the chart with the values of a file, a path of `-` being standard input."""
    stem = getattr(values, "stem", "")
    kubernetes = "1.27.0" if stem == "old-kubernetes" else "1.35.4"
    if stem == "numbers":
        release, namespace = NUMBERS
    return helm(version, "template", release, CHART, "--namespace", namespace, "--values", values,
                "--kube-version", kubernetes, *arguments, **options)


@functools.cache
def rendered(values, version="helm4"):
    """Returns the objects of a value set, in Helm's order."""
    result = template(version, values)
    if result.returncode != 0:
        raise AssertionError(f"{values.stem} with {version}: {result.stderr}")
    return [each for each in yaml.load_all(result.stdout, Loader=LOADER) if each]


def find(objects, kind, name=None):
    """Returns the one object of a kind (and name)."""
    found = [each for each in objects if each["kind"] == kind and name in (None, each["metadata"]["name"])]
    assert len(found) == 1, f"{kind} {name}: {len(found)}"
    return found[0]


def pods(objects):
    """Yields name and pod template (a map with `metadata` and `spec`) of everything that makes pods."""
    for each in objects:
        if each["kind"] == "Pod":
            yield each["metadata"]["name"], each
        elif "template" in each.get("spec", {}):
            yield each["metadata"]["name"], each["spec"]["template"]


def golden_text(objects):
    """Returns the text of a golden file. Dashboards and rules have tests of their own and are left out of it."""
    def shown(each):
        each = dict(each)
        if each["metadata"].get("labels", {}).get("app.kubernetes.io/component") == "dashboard":
            each["data"] = {name: "(a file of dashboards/)" for name in each["data"]}
        if each["kind"] == "PrometheusRule":
            each["spec"] = "(the files of rules/)"
        return each
    ordered = sorted(objects, key=lambda each: (each["kind"], each["metadata"]["name"]))
    return "---\n".join(yaml.safe_dump(shown(each), sort_keys=True, width=120) for each in ordered)
