"""The chart's objects before a real API server: every value set, and every update that an upgrade makes of them."""

import copy
import unittest

import yaml
from base import NAMESPACE, NAMESPACES, OnCluster, chart
from cluster import Refused

IMMUTABLE = "updates to statefulset spec for fields other than"


def server(objects):
    return chart.find(objects, "StatefulSet")


def pod_of(each):
    """Returns the pod that an object makes or is, with its claims as a StatefulSet's controller names them."""
    [(name, pod)] = chart.pods([each])
    pod = copy.deepcopy(pod)
    for claim in each["spec"].get("volumeClaimTemplates", []):
        volume = claim["metadata"]["name"]
        pod["spec"]["volumes"].append(
            {"name": volume, "persistentVolumeClaim": {"claimName": f"{volume}-{name}-0"}})
    meta = {**pod["metadata"], "name": f"{name}-0", "namespace": each["metadata"].get("namespace", NAMESPACE)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod["spec"]}


class Objects(OnCluster):
    def apply(self, objects):
        """Tries them; nothing may be refused, dropped or warned of."""
        for each in objects:
            self.assertEqual(self.cluster.tries_to_apply(each, NAMESPACE), [], each["kind"])

    def need_accounts(self, objects):
        """Makes the service accounts that pods name: one that is only tried is not there for the next object."""
        for each in objects:
            for _, pod in chart.pods([each]):
                name = pod["spec"].get("serviceAccountName", "default")
                namespace = each["metadata"].get("namespace", NAMESPACE)
                self.cluster.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts",
                                     {"metadata": {"name": name}}, also=(409,))

    def test_every_value_set_is_taken(self):
        for path in chart.VALUES:
            with self.subTest(path.stem):
                objects = chart.rendered(path)
                self.assertLessEqual({each["metadata"].get("namespace", NAMESPACE) for each in objects}, {*NAMESPACES})
                self.need_accounts(objects)
                self.apply(objects)

    def test_kubectl_takes_every_value_set(self):
        """As users try what a chart would do: a server-side dry run of all of it at once."""
        for path in chart.VALUES:
            with self.subTest(path.stem):
                objects = copy.deepcopy(chart.rendered(path))
                self.need_accounts(objects)
                for each in objects:  # as Helm does for what names none
                    each["metadata"].setdefault("namespace", NAMESPACE)
                done = self.cluster.kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-",
                                            input=yaml.safe_dump_all(objects, sort_keys=False))
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(len(done.stdout.splitlines()), len(objects), done.stdout)

    def test_every_pod_is_admitted(self):
        """Of the StatefulSet, too: its controller would ask for the same pods."""
        for path in chart.VALUES:
            with self.subTest(path.stem):
                objects = chart.rendered(path)
                self.need_accounts(objects)
                self.apply([pod_of(each) for each in objects if [*chart.pods([each])]])

    def create(self, each):
        """For this test."""
        self.cluster.create(each)
        meta = each["metadata"]
        self.addCleanup(self.cluster.delete, each["apiVersion"], each["kind"], meta["name"], meta["namespace"])

    def test_an_upgrade_changes_all_but_what_upgrading_names(self):
        """From the defaults to each value set, where both are the same set of pods."""
        old = server(chart.rendered(chart.HERE / "values/default.yaml"))
        self.create(old)
        refused = set()
        for path in chart.VALUES:
            new = server(chart.rendered(path))
            if any(new["metadata"][key] != old["metadata"][key] for key in ("name", "namespace")):
                continue
            claims = (yaml.safe_load(path.read_text()) or {}).get("persistence", {}).keys()
            with self.subTest(path.stem):
                if claims - {"whenDeleted", "whenScaled"}:
                    with self.assertRaisesRegex(Refused, IMMUTABLE):
                        self.cluster.tries_to_replace(new, NAMESPACE)
                    refused.add(path.stem)
                else:
                    self.cluster.tries_to_replace(new, NAMESPACE)
        self.assertLessEqual({"dev", "production", "storage"}, refused)

    def test_the_previous_version_s_objects_take_the_update(self):
        for path in sorted((chart.HERE / "previous").glob("*.yaml")):
            with self.subTest(path.stem):
                old = server([*yaml.load_all(path.read_text(), Loader=chart.LOADER)])
                old["metadata"]["name"] = f"previous-{path.stem}"
                self.create(old)
                new = copy.deepcopy(server(chart.rendered(chart.HERE / f"values/{path.name}")))
                new["metadata"]["name"] = old["metadata"]["name"]
                self.cluster.tries_to_replace(new, NAMESPACE)

    def test_what_is_wrong_is_refused(self):
        """That the checks above can fail."""
        objects = chart.rendered(chart.HERE / "values/production.yaml")
        self.need_accounts(objects)
        wrong = (("Pod", ("spec", "securityContext", "runAsNonRoot"), False, "violates PodSecurity"),
                 ("StatefulSet", ("spec", "template", "spec", "securityContext", "runAsNonRoot"), False,
                  "violate PodSecurity"),
                 ("StatefulSet", ("spec", "template", "spec", "graceful"), 1, "graceful: field not declared"),
                 ("ServiceMonitor", ("spec", "endpoints", 0, "intervall"), "1s", "intervall: field not declared"),
                 ("PrometheusRule", ("spec", "groups", 0, "interval"), "often", "spec.groups[0].interval"))
        for kind, path, value, message in wrong:
            with self.subTest(kind, path=path):
                found = copy.deepcopy(chart.find(objects, kind))
                at = found
                for key in path[:-1]:
                    at = at[key]
                at[path[-1]] = value
                with self.assertRaises(AssertionError) as failure:
                    self.apply([found])
                self.assertIn(message, str(failure.exception))


if __name__ == "__main__":
    unittest.main()
