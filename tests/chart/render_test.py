"""Both versions of Helm lint, render and package the chart, and render what the golden files say."""

import base64
import difflib
import os
import pathlib
import tarfile
import tempfile
import unittest

import yaml

import chart


class Rendering(unittest.TestCase):
    def test_lint(self):
        for version in chart.HELMS:
            for values in chart.VALUES:
                with self.subTest(values.stem, helm=version):
                    result = chart.helm(version, "lint", "--strict", "--quiet", "--values", values, chart.CHART)
                    self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_golden(self):
        self.assertGreaterEqual(len(chart.VALUES), 15)
        for values in chart.VALUES:
            path = chart.HERE / "golden" / values.name
            with self.subTest(values.stem):
                texts = [chart.golden_text(chart.rendered(values, version)) for version in chart.HELMS]
                self.assertEqual(texts[0], texts[1], "Helm 3 and Helm 4 render different objects")
                if os.environ.get("CHART_UPDATE"):
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(texts[0])
                lines = difflib.unified_diff(path.read_text().splitlines(), texts[0].splitlines(),
                                             "golden", "rendered", lineterm="")
                self.assertEqual("\n".join(lines), "",
                                 "where this is meant: CHART_UPDATE=1 python3 -m unittest render_test")

    def test_no_golden_file_is_left_over(self):
        golden = {path.name for path in (chart.HERE / "golden").glob("*.yaml")}
        self.assertEqual(golden, {values.name for values in chart.VALUES})

    def test_names_of_long_releases_fit(self):
        release = "r" * 53
        result = chart.template("helm4", chart.HERE / "values/default.yaml", release=release)
        self.assertEqual(result.returncode, 0, result.stderr)
        for each in yaml.load_all(result.stdout, Loader=chart.LOADER):
            self.assertLessEqual(len(each["metadata"]["name"]), 63)

    def test_package(self):
        meta = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())
        for version in chart.HELMS:
            with tempfile.TemporaryDirectory() as folder, self.subTest(version):
                result = chart.helm(version, "package", chart.CHART, "--destination", folder)
                self.assertEqual(result.returncode, 0, result.stderr)
                archive = pathlib.Path(folder) / f"carillon-{meta['version']}.tgz"
                with tarfile.open(archive) as tar:
                    names = set(tar.getnames())
                files = {f"carillon/{path.relative_to(chart.CHART)}" for path in chart.CHART.rglob("*")
                         if path.is_file() and path.name != ".helmignore"}
                self.assertEqual(names - {"carillon/.helmignore"}, files)

    def test_versions_are_those_of_the_project(self):
        meta = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())
        cmake = (chart.ROOT / "CMakeLists.txt").read_text()
        self.assertIn(f"VERSION {meta['appVersion']} ", cmake)

    def test_annotations_for_artifact_hub_are_what_it_takes(self):
        """What it does not take it leaves out in silence."""
        notes = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())["annotations"]
        known = {"category": str, "license": str, "prerelease": bool, "operator": bool, "containsSecurityUpdates": bool,
                 "links": {"name", "url"}, "recommendations": {"url"}, "changes": {"kind", "description"}}
        for name, text in notes.items():
            kind = known[name.removeprefix("artifacthub.io/")]
            value = yaml.safe_load(text)
            if isinstance(kind, set):
                self.assertEqual({frozenset(each) for each in value}, {frozenset(kind)}, name)
                self.assertTrue(all(each.get("url", "https://").startswith("https://") for each in value), name)
            else:
                self.assertIsInstance(value, kind, name)
        self.assertEqual(len(notes), len(known))

    def test_the_icon_is_the_file(self):
        icon = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())["icon"]
        self.assertEqual(base64.b64decode(icon.removeprefix("data:image/svg+xml;base64,")),
                         (chart.ROOT / "helm/icon.svg").read_bytes().strip())

    def test_refused_before_its_oldest_kubernetes(self):
        result = chart.template("helm4", chart.HERE / "values/default.yaml", "--kube-version", "1.26.9")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("kubeVersion", result.stderr)
