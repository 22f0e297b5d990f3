"""What the tests share: a control plane with the namespaces, the Pod Security level and the custom resources."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "chart"))

import chart  # noqa: E402
from cluster import Cluster  # noqa: E402
from crds import definitions  # noqa: E402

NAMESPACE = "hooks"
NAMESPACES = (NAMESPACE, "events", "monitoring", chart.NUMBERS[1])
# A workload whose pods would be refused is taken with a warning.
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}


def first_objects():
    """What is there before the chart: namespaces, and what its value sets name in a cluster."""
    for name in NAMESPACES:
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": RESTRICTED}}
    for name in ("platform-critical", "high"):
        yield {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 1000, "metadata": {"name": name}}


class OnCluster(unittest.TestCase):
    controllers = False

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="carillon-apiserver-")
        cls.addClassCleanup(folder.cleanup)
        crds = definitions()
        cls.cluster = Cluster(chart.programs("kubernetes"), folder.name, cls.controllers)
        cls.addClassCleanup(lambda: print(f"the control plane took {cls.cluster.close():.0f} CPU seconds"))
        for each in [*first_objects(), *crds]:
            cls.cluster.create(each)
        for each in crds:
            cls.cluster.wait(lambda name=each["metadata"]["name"]: cls.established(name))

    @classmethod
    def established(cls, name):
        found = cls.cluster.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", name, "")
        return any((condition["type"], condition["status"]) == ("Established", "True")
                   for condition in found.get("status", {}).get("conditions") or [])
