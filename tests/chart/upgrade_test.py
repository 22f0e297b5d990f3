"""An upgrade from what the version before rendered (`previous/`) changes nothing that can't be changed."""

import copy
import unittest

import yaml

import chart

# What Kubernetes lets an update of a StatefulSet's spec change.
CHANGEABLE = {"replicas", "template", "updateStrategy", "revisionHistoryLimit", "minReadySeconds", "ordinals",
              "persistentVolumeClaimRetentionPolicy"}


def immutable(objects):
    """Returns what must stay: of StatefulSets all but CHANGEABLE, whether a service is headless, and all names."""
    kept = {}
    for each in objects:
        name = (each["kind"], each["metadata"]["namespace"], each["metadata"]["name"])
        if each["kind"] == "StatefulSet":
            kept[name] = {key: value for key, value in each["spec"].items() if key not in CHANGEABLE}
        elif each["kind"] == "Service":
            kept[name] = {"clusterIP": each["spec"].get("clusterIP")}
        else:
            kept[name] = {}
    return kept


class Upgrade(unittest.TestCase):
    def test_nothing_immutable_changes(self):
        previous = sorted((chart.HERE / "previous").glob("*.yaml"))
        self.assertTrue(previous)
        for path in previous:
            with self.subTest(path.stem):
                old = immutable(yaml.load_all(path.read_text(), Loader=chart.LOADER))
                new = immutable(chart.rendered(chart.HERE / "values" / path.name))
                self.assertEqual(old, {name: new.get(name) for name in old})

    def test_a_change_would_be_seen(self):
        objects = chart.rendered(chart.HERE / "values/default.yaml")
        for change in (lambda spec: spec.update(serviceName="other"),
                       lambda spec: spec.update(podManagementPolicy="OrderedReady"),
                       lambda spec: spec["selector"]["matchLabels"].update(more="x"),
                       lambda spec: spec["volumeClaimTemplates"][0]["metadata"]["labels"].update(version="2")):
            changed = copy.deepcopy(objects)
            change(chart.find(changed, "StatefulSet")["spec"])
            self.assertNotEqual(immutable(changed), immutable(objects))

    def test_claims_and_selectors_tell_no_version(self):
        for values in chart.VALUES:
            spec = chart.find(chart.rendered(values), "StatefulSet")["spec"]
            kept = [spec["selector"]] + [claim["metadata"] for claim in spec.get("volumeClaimTemplates", [])]
            self.assertNotIn("version", str(kept))
            self.assertNotIn("helm.sh/chart", str(kept))
