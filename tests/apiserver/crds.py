"""Definitions of the custom resources that the chart uses, as their projects publish them: out of their Go modules,
each held to the checksum of its content that stands here."""

import json
import pathlib
import subprocess

import chart
import yaml

# (module, version, checksum of go.sum's kind, files)
SOURCES = (
    ("github.com/prometheus-operator/prometheus-operator", "v0.85.0",
     "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
     [f"example/prometheus-operator-crd/monitoring.coreos.com_{name}.yaml"
      for name in ("servicemonitors", "podmonitors", "prometheusrules")]),
    ("github.com/cert-manager/cert-manager", "v1.21.2", "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=",
     ["deploy/crds/cert-manager.io_certificates.yaml"]),
    ("sigs.k8s.io/gateway-api", "v1.6.3", "h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=",
     [f"config/crd/standard/gateway.networking.k8s.io_{name}.yaml" for name in ("grpcroutes", "httproutes")]),
)


def _folder(module, version, checksum):
    """Returns where the module's files are, in the user's module cache. It is fetched where it is not there."""
    done = subprocess.run([chart.HERE / "tools/build.sh", "go", "mod", "download", "-json", f"{module}@{version}"],
                          cwd="/", text=True, timeout=300, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise AssertionError(f"{module}: {done.stdout}{done.stderr}")
    found = json.loads(done.stdout)
    if found["Sum"] != checksum:
        raise AssertionError(f"{module} {version} is {found['Sum']}, not {checksum}")
    return pathlib.Path(found["Dir"])


def definitions():
    """Returns the CustomResourceDefinitions."""
    found = []
    for module, version, checksum, files in SOURCES:
        folder = _folder(module, version, checksum)
        found += [yaml.safe_load((folder / name).read_text()) for name in files]
    return found
