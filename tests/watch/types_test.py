"""The dashboards against Grafana's own types (@grafana/schema), by the TypeScript compiler."""

import copy
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from sources import ROOT, dashboards

PACKAGES = pathlib.Path(os.environ["WATCH_PACKAGES"])
OPTIONS = {"compilerOptions": {
    "strict": True, "noEmit": True, "skipLibCheck": True, "target": "es2022", "types": [],
    "module": "esnext", "moduleResolution": "bundler", "noErrorTruncation": True}}


def compiler_says(checked):
    """What the compiler says of {name: dashboard}."""
    with tempfile.TemporaryDirectory(prefix="carillon-watch-") as name:
        folder = pathlib.Path(name)
        (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
        (folder / "types.ts").write_text((ROOT / "tests/watch/grafana/types.ts").read_text())
        (folder / "tsconfig.json").write_text(json.dumps({**OPTIONS, "include": ["*.ts"]}))
        for name, dashboard in checked.items():
            (folder / f"{name}.ts").write_text(
                "import type { Checked } from './types';\n"
                f"export const dashboard: Checked = {json.dumps(dashboard, indent=1)};\n")
        done = subprocess.run(["node", "node_modules/typescript/bin/tsc", "-p", "."], cwd=folder,
                              capture_output=True, text=True, timeout=300)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def broken():
    """Dashboards that the compiler has to refuse, so that it is known to look."""
    def one(kind, change):
        dashboard = copy.deepcopy(dashboards()["carillon-overview.json"])
        if kind is None:
            change(dashboard)
        else:
            dashboard["panels"] = [next(p for p in dashboard["panels"] if p["type"] == kind)]
            change(dashboard["panels"][0])
        return dashboard

    defaults = lambda panel: panel["fieldConfig"]["defaults"]
    return {
        "unknown_member": one(None, lambda d: d.update(titel="x")),
        "unknown_panel": one("stat", lambda p: p.update(type="singlestat")),
        "unknown_option": one("stat", lambda p: p["options"].update(graphModus="area")),
        "wrong_value": one("stat", lambda p: p["options"].update(colorMode="colorful")),
        "missing_option": one("stat", lambda p: p["options"].pop("textMode")),
        "wrong_type": one("timeseries", lambda p: defaults(p).update(unit=5)),
        "unknown_custom": one("timeseries", lambda p: defaults(p)["custom"].update(fill=1)),
        "threshold_without_color": one("table", lambda p: defaults(p)["thresholds"].update(
            steps=[{"value": None}])),
        "table_option": one("table", lambda p: p["options"].update(showHeader="yes")),
        "query_format": one("table", lambda p: p["targets"][0].update(format="tables")),
    }


class Types(unittest.TestCase):
    def test_grafanas_types_take_the_dashboards_and_nothing_broken(self):
        good = {name.removesuffix(".json"): one for name, one in dashboards().items()}
        bad = broken()
        said = compiler_says({**good, **bad})
        for name in good:
            self.assertNotIn(f"{name}.ts", said, said[:4000])
        for name in bad:
            self.assertIn(f"{name}.ts", said, "the compiler took a broken dashboard")
        self.assertNotIn("types.ts", said, said[:4000])


if __name__ == "__main__":
    unittest.main()
