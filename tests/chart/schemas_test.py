"""Every rendered object against its kind's schema (npm's kubernetes-models), and against its type, by the TypeScript
compiler: that is what sees unknown fields."""

import copy
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import chart

PACKAGES = pathlib.Path(os.environ["CHART_PACKAGES"])
OTHERS = {"monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
          "gateway.networking.k8s.io": "@kubernetes-models/gateway-api",
          "cert-manager.io": "@kubernetes-models/cert-manager"}
OPTIONS = {"compilerOptions": {
    "strict": True, "noEmit": True, "skipLibCheck": True, "target": "es2022", "types": [],
    "module": "esnext", "moduleResolution": "bundler", "noErrorTruncation": True}}


def module_of(each):
    package = OTHERS.get(each["apiVersion"].split("/")[0], "kubernetes-models")
    return f"{package}/{each['apiVersion']}/{each['kind']}"


def all_objects():
    """Returns {label: object}, each different object of all value sets once."""
    found = {}
    for values in chart.VALUES:
        for each in chart.rendered(values):
            label = f"{values.stem}/{each['kind']}/{each['metadata']['name']}"
            found.setdefault(json.dumps(each, sort_keys=True, default=str), label)
    return {label: json.loads(text) for text, label in found.items()}


def broken():
    """Objects that are wrong, so that both checks are known to look."""
    objects = chart.rendered(chart.HERE / "values/observability.yaml")
    gateway = chart.rendered(chart.HERE / "values/gateway.yaml")
    certificate = chart.rendered(chart.HERE / "values/certificate.yaml")
    def one(source, kind, change):
        each = copy.deepcopy(chart.find(source, kind))
        change(each["spec"])
        return each
    unknown = {
        "unknown/pod": one(objects, "StatefulSet", lambda spec: spec["template"]["spec"].update(hostNetwrk=True)),
        "unknown/probe": one(objects, "StatefulSet", lambda spec: spec["template"]["spec"]["containers"][0]
                             ["livenessProbe"].update(period=3)),
        "unknown/policy": one(objects, "NetworkPolicy", lambda spec: spec["egress"][0].update(too=[])),
        "unknown/monitor": one(objects, "ServiceMonitor", lambda spec: spec["endpoints"][0].update(intervall="5s")),
        "unknown/rule": one(objects, "PrometheusRule", lambda spec: spec["groups"][0]["rules"][0].update(summary="x")),
        "unknown/route": one(gateway, "GRPCRoute", lambda spec: spec["rules"][0].update(backends=[])),
        "unknown/certificate": one(certificate, "Certificate", lambda spec: spec.update(dnsName="x")),
    }
    wrong = {
        "wrong/replicas": one(objects, "StatefulSet", lambda spec: spec.update(replicas="3")),
        "wrong/interval": one(objects, "ServiceMonitor", lambda spec: spec["endpoints"][0].update(interval="soon")),
        "wrong/missing": one(certificate, "Certificate", lambda spec: spec.pop("issuerRef")),
        "wrong/match": one(gateway, "HTTPRoute", lambda spec: spec["rules"][0].update(matches={})),
    }
    return unknown, wrong


def schemas_say(objects):
    """Returns the lines of what is wrong by the schemas."""
    lines = [json.dumps({"path": module_of(each), "kind": each["kind"], "label": label, "object": each})
             for label, each in objects.items()]
    with tempfile.TemporaryDirectory(prefix="carillon-chart-") as name:
        folder = pathlib.Path(name)
        (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
        (folder / "validate.mjs").write_text((chart.HERE / "models/validate.mjs").read_text())
        done = subprocess.run(["node", "validate.mjs"], cwd=folder, input="\n".join(lines), text=True, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def compiler_says(objects):
    """Returns what the compiler says of the objects, with their labels in place of lines."""
    text, labels = [], {}
    for label, each in objects.items():
        labels[len(text) + 1] = label
        text.append(f'export const o{len(text)}: import("{module_of(each)}").I{each["kind"]} = {json.dumps(each)};')
    with tempfile.TemporaryDirectory(prefix="carillon-chart-") as name:
        folder = pathlib.Path(name)
        (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
        (folder / "tsconfig.json").write_text(json.dumps({**OPTIONS, "include": ["objects.ts"]}))
        (folder / "objects.ts").write_text("\n".join(text))
        done = subprocess.run(["node", "node_modules/typescript/bin/tsc", "-p", "."], cwd=folder,
                              capture_output=True, text=True, timeout=300)
    said = []
    for line in done.stdout.splitlines():
        number = line.partition("objects.ts(")[2].partition(",")[0]
        said.append(f"{labels[int(number)]}: {line[:600]}" if number else line)
    return "\n".join(said)


class Schemas(unittest.TestCase):
    def test_schemas_take_every_object_and_none_that_is_wrong(self):
        _, wrong = broken()
        said = schemas_say({**all_objects(), **wrong})
        for label in wrong:
            self.assertIn(f"{label}: ", said)
        self.assertEqual([line for line in said.splitlines() if not line.startswith("wrong/")], [])

    def test_types_take_every_object_and_no_unknown_field(self):
        unknown, _ = broken()
        said = compiler_says({**all_objects(), **unknown})
        for label in unknown:
            self.assertIn(f"{label}: ", said)
        other = [line for line in said.splitlines() if not line.startswith(("unknown/", " "))]
        self.assertEqual(other, [])


if __name__ == "__main__":
    unittest.main()
