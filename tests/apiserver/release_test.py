"""A release in a real API server with its controllers: installed, upgraded, tested, rolled back and uninstalled by both
of Helm's versions under the Pod Security level "restricted"."""

import base64
import os
import pathlib
import re
import subprocess
import tempfile
import textwrap
import unittest

from base import NAMESPACE, OnCluster, chart
from nodes import Nodes

# What production.yaml asks for and a StatefulSet can't change.
SAME_CLAIMS = ("--set", "persistence.size=20Gi,persistence.storageClass=")
PATIENCE = ("--timeout", "300s")
WAIT = ("--wait", *PATIENCE)
MONITORS = (("monitoring.coreos.com/v1", "PrometheusRule"), ("monitoring.coreos.com/v1", "ServiceMonitor"))
POD, CLAIM = ("v1", "Pod"), ("v1", "PersistentVolumeClaim")
# All kinds of which the chart makes objects.
KINDS = (*MONITORS, POD, CLAIM, ("monitoring.coreos.com/v1", "PodMonitor"), ("apps/v1", "StatefulSet"),
         *(("v1", kind) for kind in ("Service", "ConfigMap", "Secret", "ServiceAccount")),
         *(("networking.k8s.io/v1", kind) for kind in ("NetworkPolicy", "Ingress")),
         *(("gateway.networking.k8s.io/v1", kind) for kind in ("HTTPRoute", "GRPCRoute")),
         ("policy/v1", "PodDisruptionBudget"), ("cert-manager.io/v1", "Certificate"))


def values(name):
    return "--values", chart.HERE / f"values/{name}.yaml"


class Release(OnCluster):
    controllers = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        nodes = Nodes(cls.cluster)
        cls.addClassCleanup(nodes.close)

    def helm(self, version, *arguments):
        return chart.helm(version, *arguments, "--namespace", NAMESPACE, timeout=400,
                          environment={"KUBECONFIG": str(self.cluster.kubeconfig)})

    def helm_does(self, version, *arguments):
        done = self.helm(version, *arguments)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}\n{self.cluster.logs()}")

    def of_release(self, kinds, release):
        """Names of a release's objects."""
        label = f"app.kubernetes.io/instance={release}"
        return sorted(each["metadata"]["name"] for kind in kinds for each in self.cluster.list(*kind, label))

    def get(self, version, kind, name):
        return self.cluster.get(version, kind, name, NAMESPACE)

    def stateful_set(self, name):
        return self.get("apps/v1", "StatefulSet", name)

    def installs(self, version, release):
        name = f"{release}-carillon"
        self.helm_does(version, "install", release, chart.CHART, *values("default"), *WAIT)
        self.assertEqual(self.of_release([POD], release), [f"{name}-0"])
        claim = self.get(*CLAIM, f"data-{name}-0")
        self.assertEqual(claim["spec"]["resources"]["requests"]["storage"], "20Gi")
        self.cluster.wait(lambda: self.get("policy/v1", "PodDisruptionBudget", name)
                          .get("status", {}).get("currentHealthy") == 1)
        self.assertEqual(self.of_release([("networking.k8s.io/v1", "NetworkPolicy")], release), [name])
        return self.stateful_set(name)

    def upgrades(self, version, release, before):
        name = f"{release}-carillon"
        self.helm_does(version, "upgrade", release, chart.CHART, *values("production"), *SAME_CLAIMS, *WAIT)
        after = self.stateful_set(name)
        self.assertEqual(after["metadata"]["uid"], before["metadata"]["uid"])
        self.assertEqual(self.of_release([POD], release), [f"{name}-{i}" for i in range(3)])
        for i in range(3):
            pod = self.get(*POD, f"{name}-{i}")
            self.assertEqual(pod["metadata"]["labels"]["controller-revision-hash"], after["status"]["updateRevision"])
            self.assertEqual(pod["spec"]["priorityClassName"], "platform-critical")
        self.assertEqual(self.of_release(MONITORS, release), [name, name])

    def life(self, version, release):
        name = f"{release}-carillon"
        before = self.installs(version, release)
        self.upgrades(version, release, before)

        self.helm_does(version, "test", release, *PATIENCE)
        self.assertEqual(self.get(*POD, f"{name}-test")["status"]["phase"], "Succeeded")

        self.helm_does(version, "rollback", release, "1", *WAIT)
        self.assertEqual(self.stateful_set(name)["spec"], before["spec"])
        self.cluster.wait(lambda: self.of_release([POD], release) == [f"{name}-0", f"{name}-test"])
        self.assertEqual(self.of_release(MONITORS, release), [])

        self.helm_does(version, "uninstall", release)
        # What `helm test` made is the user's to delete.
        self.cluster.delete(*POD, f"{name}-test", NAMESPACE)
        self.cluster.wait(lambda: self.of_release(KINDS, release) == [f"data-{name}-{i}" for i in range(3)])

    def test_the_life_of_a_release_by_helm_3(self):
        self.life("helm3", "bell3")

    def test_the_life_of_a_release_by_helm_4(self):
        self.life("helm4", "bell4")

    def test_a_larger_volume_as_upgrading_tells(self):
        # Sizes that follow the volume's would replace the pods.
        fixed = ("--set", "config.journal.retention_bytes=5GiB,config.journal.min_free_bytes=1GiB")
        self.helm_does("helm4", "install", "grow", chart.CHART, *values("default"), *fixed, *WAIT)
        larger = ("upgrade", "grow", chart.CHART, *values("default"), *fixed, "--set", "persistence.size=30Gi")
        refused = self.helm("helm4", *larger)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("updates to statefulset spec for fields other than", refused.stderr)
        pod = self.get(*POD, "grow-carillon-0")
        self.cluster.delete("apps/v1", "StatefulSet", "grow-carillon", NAMESPACE, how="Orphan")
        self.cluster.wait(lambda: "grow-carillon" not in self.of_release([("apps/v1", "StatefulSet")], "grow"))
        self.helm_does("helm4", *larger, *WAIT)
        [template] = self.stateful_set("grow-carillon")["spec"]["volumeClaimTemplates"]
        self.assertEqual(template["spec"]["resources"]["requests"]["storage"], "30Gi")
        self.assertEqual(self.get(*POD, "grow-carillon-0")["metadata"]["uid"], pod["metadata"]["uid"])
        self.helm_does("helm4", "uninstall", "grow")

    def test_the_readme_s_first_steps(self):
        """What the chart's README has people type, but for what needs the image or a node that runs it."""
        steps = (chart.CHART / "README.md").read_text().split("\n## ")[1]
        blocks = [textwrap.dedent(block) for block in re.findall(r"^ +```sh\n(.*?)^ +```", steps, re.M | re.S)]
        [values] = re.findall(r"^ +```yaml\n(.*?)^ +```", steps, re.M | re.S)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "my-values.yaml").write_text(textwrap.dedent(values))
            (folder / "helm").symlink_to(chart.ROOT / "helm")
            (folder / "bin").mkdir()
            (folder / "bin/helm").symlink_to(chart.programs("helm") / "helm4")
            (folder / "bin/kubectl").symlink_to(chart.programs("kubernetes") / "kubectl")
            commands = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()
                        if re.match(r"helm|kubectl", line) and " exec " not in line]
            self.assertEqual(len(commands), 6)
            for command in commands:
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, text=True, timeout=300,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={
                                          **os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}",
                                          "KUBECONFIG": str(self.cluster.kubeconfig), "HOME": name})
                self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}")
                # What the control plane warns of; a watch that kubectl begins anew is none of it.
                self.assertNotRegex(done.stdout, r"(?m)^Warning", command)
        secret = self.cluster.get("v1", "Secret", "shop", "carillon")
        self.assertRegex(base64.b64decode(secret["data"]["signing-key"]).decode(), r"^whsec_[\w+/=]{44}$")
        done = self.cluster.kubectl("get", "pods", "--namespace", "carillon", "--output", "name")
        self.assertEqual(set(done.stdout.split()), {"pod/carillon-0", "pod/carillon-test"}, done.stderr)
        self.cluster.delete("v1", "Namespace", "carillon", "")

    def test_an_autoscaler_beside_it_and_objects_of_the_user(self):
        self.helm_does("helm4", "install", "more", chart.CHART, *values("extras"), *WAIT)
        self.assertEqual(self.get("autoscaling/v2", "HorizontalPodAutoscaler", "more-other")["spec"]["maxReplicas"], 2)
        self.assertEqual(self.get("v1", "ConfigMap", "more-carillon-extra")["data"], {"key": "value"})
        self.helm_does("helm4", "uninstall", "more")


if __name__ == "__main__":
    unittest.main()
