"""A Kubernetes control plane on loopback, without nodes: etcd, kube-apiserver and, where they are asked for, the
controllers that make objects of objects. For one test: its ports are free ones, its files are in a folder of its own,
and it ends what it started; what it started ends with this process, too."""

import functools
import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import time
import urllib.parse

TOKEN = "only-on-loopback"
CONTROLLERS = "statefulset-controller,serviceaccount-controller,disruption-controller,namespace-controller," \
              "garbage-collector-controller,horizontal-pod-autoscaler-controller"
TYPES = {"PATCH": "application/strategic-merge-patch+json"}


class Refused(AssertionError):
    """What the API server answered."""

    def __init__(self, asked, status, text):
        super().__init__(f"{asked}: {status} {text}")
        self.status = status


def free_ports(count):
    """Returns ports of 127.0.0.1 that are free."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


class Cluster:
    """Starts everything in its constructor; `close` ends it."""

    def __init__(self, programs, folder, controllers=False):
        missing = [name for name in ("etcd", "openssl", "setpriv") if not shutil.which(name)]
        if missing:
            raise AssertionError(f"{' and '.join(missing)} missing: scripts/install.sh test installs it")
        self.programs, self.folder = programs, pathlib.Path(folder)
        self.processes = []
        self.kubeconfig = self.folder / "kubeconfig"
        self.tls = ssl._create_unverified_context()
        try:
            self._start(controllers)
        except BaseException:
            self.close()
            raise

    def _start(self, with_controllers):
        self.port, etcd, peer, controllers = free_ports(4)
        self._write_access()
        key = self.folder / "accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        store, peers = f"http://127.0.0.1:{etcd}", f"http://127.0.0.1:{peer}"
        self._run("etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync",
                  f"--listen-client-urls={store}", f"--advertise-client-urls={store}", f"--listen-peer-urls={peers}",
                  f"--initial-advertise-peer-urls={peers}", f"--initial-cluster=default={peers}")
        self._run(self.programs / "kube-apiserver", f"--etcd-servers={store}",
                  "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={self.port}",
                  f"--cert-dir={self.folder}/certificates", f"--token-auth-file={self.folder}/tokens.csv",
                  "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24,fd00:10::/112",
                  "--endpoint-reconciler-type=none", "--service-account-issuer=https://kubernetes.default.svc",
                  f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
                  "--profiling=false")
        self._wait_ready()
        if with_controllers:
            self._run(self.programs / "kube-controller-manager",
                      f"--kubeconfig={self.kubeconfig}", f"--controllers={CONTROLLERS}", "--leader-elect=false",
                      "--bind-address=127.0.0.1", f"--secure-port={controllers}",
                      f"--cert-dir={self.folder}/certificates-of-controllers",
                      f"--service-account-private-key-file={key}")

    def _write_access(self):
        (self.folder / "tokens.csv").write_text(f"{TOKEN},admin,admin,system:masters\n")
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{self.port}",
                                                   "insecure-skip-tls-verify": True}}],
            "users": [{"name": "u", "user": {"token": TOKEN}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}))

    def _run(self, program, *arguments):
        with open(self.folder / f"{pathlib.Path(program).name}.log", "wb") as log:
            self.processes.append(subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", str(program), *map(str, arguments)], stdout=log, stderr=log,
                cwd=self.folder, stdin=subprocess.DEVNULL))

    def _wait_ready(self):
        until = time.monotonic() + 300
        while time.monotonic() < until and all(process.poll() is None for process in self.processes):
            try:
                self.request("GET", "/readyz")
                return
            except (OSError, Refused):
                time.sleep(0.3)
        raise AssertionError("no API server:\n" + self.logs())

    def logs(self):
        """Returns the end of what each program wrote."""
        return "\n".join(f"{path.name}: {path.read_text(errors='replace')[-3000:]}"
                         for path in sorted(self.folder.glob("*.log")))

    def request(self, method, path, body=None, content=None, also=()):
        """Asks the API server; returns its answer's JSON (text where it is none) and its warnings. A status of `also`
        gives None for an answer, any other failure raises Refused."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=120, context=self.tls)
        try:
            connection.request(method, path, body and json.dumps(body, default=str), {
                "Authorization": f"Bearer {TOKEN}", "Content-Type": content or TYPES.get(method, "application/json")})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        warnings = answer.headers.get_all("Warning") or []
        if answer.status in also:
            return None, warnings
        if answer.status >= 400:
            raise Refused(f"{method} {path}", answer.status, text)
        return (json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text), warnings

    @functools.cache  # noqa: B019
    def kinds(self, version):
        """Returns {kind: what discovery says of it} of a version of the API (`apps/v1`)."""
        found, _ = self.request("GET", f"/apis/{version}" if "/" in version else f"/api/{version}")
        return {each["kind"]: each for each in found["resources"] if "/" not in each["name"]}

    def path(self, version, kind, name="", namespace=""):
        """Returns the path of an object, or of all of a kind."""
        resource = self.kinds(version)[kind]
        parts = ["/apis" if "/" in version else "/api", version]
        if namespace and resource["namespaced"]:
            parts += ["namespaces", namespace]
        return "/".join([*parts, resource["name"], *([name] if name else [])])

    def path_of(self, each, namespace, whole=True):
        """Returns the path of an object, in this namespace where it names none; or, not `whole`, of its collection."""
        meta = each["metadata"]
        return self.path(each["apiVersion"], each["kind"], meta["name"] if whole else "",
                         meta.get("namespace", namespace))

    def kubectl(self, *arguments, **options):
        """Runs kubectl against this control plane."""
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.folder / "kubectl")}
        return subprocess.run([self.programs / "kubectl", *map(str, arguments)], env=environment, text=True,
                              timeout=120, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def create(self, each, namespace=""):
        return self.request("POST", self.path_of(each, namespace, whole=False), each)

    def tries_to_apply(self, each, namespace):
        """What `kubectl apply --server-side --dry-run=server --validate=strict` asks for, of one object; returns the
        warnings."""
        query = urllib.parse.urlencode({"dryRun": "All", "fieldManager": "test", "fieldValidation": "Strict"})
        return self.request("PATCH", f"{self.path_of(each, namespace)}?{query}", each,
                            "application/apply-patch+yaml")[1]

    def tries_to_replace(self, each, namespace):
        return self.request("PUT", f"{self.path_of(each, namespace)}?dryRun=All", each)

    def delete(self, version, kind, name, namespace, how="Background"):
        self.request("DELETE", self.path(version, kind, name, namespace), {"propagationPolicy": how})

    def get(self, version, kind, name, namespace):
        return self.request("GET", self.path(version, kind, name, namespace))[0]

    def list(self, version, kind, label):
        """Returns all objects of a kind that have this label, in all namespaces."""
        query = urllib.parse.urlencode({"labelSelector": label})
        return self.request("GET", f"{self.path(version, kind)}?{query}")[0]["items"]

    def wait(self, what, seconds=300):
        """Waits until `what()` is true."""
        until = time.monotonic() + seconds
        while not what():
            if time.monotonic() > until:
                raise AssertionError(f"it did not come to be within {seconds} s\n{self.logs()}")
            time.sleep(0.3)

    def close(self):
        """Ends the programs; the controllers first, etcd last. Returns the CPU seconds that they took."""
        before = os.times()
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []
        after = os.times()
        return (after.children_user + after.children_system) - (before.children_user + before.children_system)
