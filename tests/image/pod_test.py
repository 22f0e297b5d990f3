"""The pod of the rendered chart, run in the image: its containers' commands, arguments, environment and mounts, its
probes by kubelet's probers, and its end as kubelet ends it."""

import copy
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

import yaml

import image_test
from image_test import RELOADED, USER, Inside

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "chart"))
import chart  # noqa: E402
from harness import SECRET, eventually, http  # noqa: E402

# 0.0.0.0 is listened on.
POD_IP = "127.0.0.9"
SECRETS = {("hooks", "signing-key"): SECRET}
CONTAINER_SECURITY = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                      "capabilities": {"drop": ["ALL"]}}
MOUNTS = {"/etc/carillon": "config", "/var/lib/carillon": "data", "/etc/carillon-secrets/hooks": "secret-hooks"}
POD_UID = "0d0fbd6e-6f54-4c15-a8e9-7f2a5d0a1c11"


def setUpModule():
    for what in ("helm", "probe"):
        chart.programs(what)  # built before this process has a network of its own
    image_test.setUpModule()


def tearDownModule():
    image_test.tearDownModule()


def values(*paths, **more):
    """Values with one destination for each of these paths of the receiver."""
    names = [f"d{n}" for n in range(len(paths))]
    config = {"server": {"shutdown_grace": "8s"},
              "guard": {"allow_networks": ["127.0.0.0/8"], "allow_ports": [8080]},
              "event_types": [{"name": "test.event"}],
              "destinations": [{"name": name, "url": f"http://127.0.0.1:8080{path}",
                                "timeouts": {"total": "60s"}, "keys": [{"name": "k", "secret": {"env": "HOOK_KEY"}}]}
                               for name, path in zip(names, paths)],
              "subscriptions": [{"name": "all", "types": ["*"], "destinations": names}]}
    return {"config": config, "persistence": {"size": "1Gi"}, "preStopSeconds": 3,
            "secretEnv": {"HOOK_KEY": {"secret": "hooks", "key": "signing-key"}}, **more}


def replace_volume(folder, files, mode=0o644):
    """Puts files into the volume of a ConfigMap or Secret as kubelet does: behind a link that is replaced at once."""
    version = len(list(folder.glob("..[0-9]*")))
    inner = folder / f"..{version}"
    inner.mkdir()
    for name, text in files.items():
        path = inner / name
        path.write_text(text)
        path.chmod(mode)
        os.chown(path, 0, USER)  # fsGroup
        if not version:
            (folder / name).symlink_to(f"..data/{name}")
    (folder / "..data_tmp").symlink_to(inner.name)
    os.replace(folder / "..data_tmp", folder / "..data")


class Pod(Inside):
    def setUp(self):
        """A fresh volume of ext4, given to the pod's group."""
        super().setUp()
        (self.data / "lost+found").mkdir(mode=0o700)
        os.chown(self.data, 0, USER)
        self.data.chmod(0o2775)
        self.secrets = self.folder / "secrets"
        (self.secrets / "hooks").mkdir(parents=True)

    def render(self, given, kubernetes="1.35.4"):
        """The pod of these values; its ConfigMap is mounted."""
        done = chart.helm("helm4", "template", "bell", chart.CHART, "--namespace", "hooks", "--values", "-",
                          "--kube-version", kubernetes, input=json.dumps(given))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.objects = [each for each in yaml.load_all(done.stdout, Loader=chart.LOADER) if each]
        self.spec = chart.find(self.objects, "StatefulSet")["spec"]["template"]["spec"]
        self.write_config_map()
        return self.spec

    def write_config_map(self):
        replace_volume(self.config, chart.find(self.objects, "ConfigMap")["data"])

    def write_secrets(self):
        """The Secret that `secretFiles` names."""
        [volume] = [each["secret"] for each in self.spec["volumes"] if each["name"] == "secret-hooks"]
        replace_volume(self.secrets / "hooks", {key: text for (name, key), text in SECRETS.items()
                                                if name == volume["secretName"]}, volume["defaultMode"])

    def environment(self, container, uid):
        found = {}
        for variable in container.get("env", []):
            source = variable.get("valueFrom", {})
            if "secretKeyRef" in source:
                reference = source["secretKeyRef"]
                found[variable["name"]] = SECRETS[reference["name"], reference["key"]]
            elif source:
                self.assertEqual(source, {"fieldRef": {"fieldPath": "metadata.uid"}})
                found[variable["name"]] = uid
            else:
                found[variable["name"]] = variable["value"]
        return found

    def words(self, container, environment):
        """The command line, with its $(NAME) replaced."""
        return [re.sub(r"\$\((\w+)\)", lambda match: environment[match[1]], word)
                for word in [*container["command"], *container.get("args", [])]]

    def command_of(self, container, uid=POD_UID):
        """The command line that runs a container in the image; `enter.sh` does what the security contexts ask for."""
        self.assertEqual(container["securityContext"], CONTAINER_SECURITY)
        mounts = {mount["mountPath"]: mount["name"] for mount in container.get("volumeMounts", [])}
        self.assertLessEqual(mounts.items(), MOUNTS.items())
        environment = self.environment(container, uid)
        return self.command(*self.words(container, environment), env=environment,
                            data=self.data if "/var/lib/carillon" in mounts else None,
                            secrets=self.secrets if "/etc/carillon-secrets/hooks" in mounts else None)

    def run_container(self, container, **options):
        return subprocess.run([str(word) for word in self.command_of(container)], capture_output=True, text=True,
                              timeout=120, **options)

    def start_container(self, container):
        program, *arguments = self.command_of(container)
        return self.started(image_test.Program(self.folder, container["name"], arguments, command=program))

    def start_pod(self, ready=True):
        """The init containers one after the other, then the server, up to the success of its startup probe and, unless
        `ready` is false, of its readiness probe."""
        for container in self.spec["initContainers"]:
            done = self.run_container(container)
            self.assertEqual(done.returncode, 0, done.stderr)
        [container] = self.spec["containers"]
        server = self.start_container(container)

        def started():
            self.assertTrue(server.alive(), "the server ended")
            return self.probe("startupProbe")
        eventually(started, lambda: f"the startup probe: {self.told}")
        if ready:
            eventually(lambda: self.probe("readinessProbe"), lambda: f"the readiness probe: {self.told}")
        return server

    def probe(self, name):
        """Whether this probe of the server's container succeeds."""
        done = subprocess.run([chart.programs("probe") / "probe", POD_IP, name], text=True, capture_output=True,
                              timeout=240, input=json.dumps(self.spec["containers"][0]))
        self.told = done.stdout + done.stderr
        self.assertIn(done.returncode, (0, 1), self.told)
        return done.returncode == 0

    def receiver(self):
        sink = self.start("carillon-sink", "--address", "127.0.0.1:8080", "--secret", SECRET, "--jsonl", "-")
        sink.wait_message(sink.stdout_path, "ready")
        return sink

    def end_as_kubelet(self, server):
        """preStop, SIGTERM, and SIGKILL when the grace is over; returns how long SIGTERM took."""
        grace = self.spec["terminationGracePeriodSeconds"]
        until = time.monotonic() + grace
        hook = self.spec["containers"][0]["lifecycle"]["preStop"]
        if "exec" in hook:
            done = self.run_inside(*hook["exec"]["command"])
            self.assertEqual(done.returncode, 0, done.stderr)
        else:
            time.sleep(hook["sleep"]["seconds"])
        begin = time.monotonic()
        server.signal(signal.SIGTERM)
        try:
            self.assertEqual(server.wait(max(0, until - begin)), 0)
        except subprocess.TimeoutExpired:
            self.fail(f"it had to be killed after {grace} s")
        return time.monotonic() - begin

    def test_the_security_contexts_are_those_that_it_runs_under(self):
        pod = self.render(values("/ok"))["securityContext"]
        self.assertEqual((pod["runAsUser"], pod["runAsGroup"], pod["fsGroup"], pod["runAsNonRoot"]),
                         (USER, USER, USER, True))

    def starts_and_is_probed(self, **more):
        self.render(values("/ok", **more.pop("values", {})), **more)
        sink, server = self.receiver(), self.start_pod()
        for name in ("readinessProbe", "livenessProbe"):
            self.assertTrue(eventually(lambda probe=name: self.probe(probe), lambda: self.told))
        done, ids = self.publish()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_received(sink, ids)
        self.assertEqual([record["verified"] for record in self.received(sink)], [True])
        return server

    def test_it_starts_and_is_probed(self):
        server = self.starts_and_is_probed()
        # A process that does nothing any more.
        server.signal(signal.SIGSTOP)
        for name in ("readinessProbe", "livenessProbe"):
            self.assertFalse(self.probe(name), name)
        server.signal(signal.SIGCONT)
        eventually(lambda: self.probe("livenessProbe"), lambda: self.told)
        self.end_as_kubelet(server)
        self.assertFalse(self.probe("livenessProbe"))

    def test_one_whose_disk_is_nearly_full_starts_and_lives_and_is_not_ready(self):
        """Kubelet would kill what its startup probe waits for: what is undelivered has to go on being delivered."""
        for grpc in (True, False):
            with self.subTest(grpc=grpc):
                given = values("/ok", probes={"grpc": grpc})
                given["config"]["journal"] = {"min_free_bytes": 1 << 50}
                self.render(given)
                server = self.start_pod(ready=False)
                eventually(lambda: self.metric("carillon_recovery_duration_seconds") > 0, "it is open")
                self.assertEqual(self.metric("carillon_publishing_accepted"), 0)
                self.assertTrue(self.probe("startupProbe"), self.told)
                self.assertTrue(self.probe("livenessProbe"), self.told)
                self.assertFalse(self.probe("readinessProbe"))
                self.end_as_kubelet(server)

    def test_it_is_probed_by_http_where_grpc_is_not_wanted(self):
        server = self.starts_and_is_probed(values={"probes": {"grpc": False}}, kubernetes="1.27.0")
        self.assertIn("httpGet", self.spec["containers"][0]["readinessProbe"])
        self.assertIn("exec", self.spec["containers"][0]["lifecycle"]["preStop"])
        begin = time.monotonic()
        self.end_as_kubelet(server)
        self.assertGreaterEqual(time.monotonic() - begin, 3)

    def test_a_key_in_a_mounted_secret(self):
        given = values("/ok", secretFiles={"hooks": {"secret": "hooks"}}, secretEnv={})
        given["config"]["destinations"][0]["keys"] = [
            {"name": "k", "secret": {"file": "/etc/carillon-secrets/hooks/signing-key"}}]
        self.render(given)
        self.write_secrets()
        sink, _ = self.receiver(), self.start_pod()
        _, ids = self.publish()
        self.wait_received(sink, ids)
        self.assertEqual([record["verified"] for record in self.received(sink)], [True])

    def test_it_ends_under_load_within_its_grace_and_loses_nothing(self):
        """One receiver answers, one never does: what is on its way there takes the whole drain time."""
        self.render(values("/slow/20", "/slow/600000"))
        sink, server = self.receiver(), self.start_pod()
        load = self.start("carillon", "publish", "--output", "json", "--type", "test.event", "--json", '{"a":1}',
                          "--repeat", "1000000", "--rate", "500", "--batch", "10", "--in-flight", "4", "--retry")
        eventually(lambda: len(self.received(sink)) > 100, "deliveries")
        before = len(load.lines(load.stdout_path))
        took = self.end_as_kubelet(server)
        accepted = [line["id"] for line in load.lines(load.stdout_path) if "id" in line]
        self.assertGreater(len(accepted), before, "preStop is there so that publishers may go on")
        self.assertGreater(took, 4, "nothing was on its way any more")
        load.kill()
        accepted = [line["id"] for line in load.lines(load.stdout_path) if "id" in line]
        status, _ = http("POST", "http://127.0.0.1:8080/_set?path=/slow/600000&mode=ok")
        self.assertEqual(status, 200)
        [container] = self.spec["containers"]
        self.start_container(container)
        for path in ("/slow/20", "/slow/600000"):
            self.wait_received(sink, accepted, path)

    def test_a_wrong_configuration_ends_the_first_container(self):
        wrong = values("/ok")
        self.render(wrong)
        [check] = self.spec["initContainers"]
        text = chart.find(self.objects, "ConfigMap")["data"]
        text["carillon.yaml"] = text["carillon.yaml"].replace("allow_networks", "allow_netwerks")
        self.write_config_map()
        done = self.run_container(check)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("allow_netwerks", done.stderr)
        without = copy.deepcopy(check)
        without["env"] = [each for each in without["env"] if each["name"] != "HOOK_KEY"]
        self.render(wrong)
        self.assertEqual(self.run_container(without).returncode, 2)

    def test_an_upgrade_that_needs_no_restart_is_taken_while_it_runs(self):
        self.render(values("/ok/a"))
        sink, _ = self.receiver(), self.start_pod()
        template = chart.find(self.objects, "StatefulSet")["spec"]["template"]
        self.render(values("/ok/a", "/ok/b"))
        self.assertEqual(chart.find(self.objects, "StatefulSet")["spec"]["template"], template)
        eventually(lambda: self.metric(RELOADED) == 1, "a reload")
        _, ids = self.publish()
        self.wait_received(sink, ids, "/ok/b")

    def test_the_pod_of_helm_test(self):
        """Its names have no name server here: addresses stand in for them."""
        given = values(helmTest={"echo": {"enabled": True, "networks": ["127.0.0.0/8"]}})
        del given["config"]["subscriptions"]
        self.render(given)
        for each in self.objects:
            if each["kind"] == "ConfigMap":
                each["data"] = {name: re.sub(r"//[\w.-]+-test-echo[\w.]*", "//127.0.0.1", text)
                                for name, text in each["data"].items()}
        self.write_config_map()
        self.start_pod()
        pod = chart.find(self.objects, "Pod")["spec"]
        publish, echo = pod["containers"]
        publish["args"] = [re.sub(r"^bell-carillon\.hooks\.svc:", f"{POD_IP}:", word) for word in publish["args"]]
        sink = self.start_container(echo)
        done = self.run_container(publish)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sink.wait(), 0)


if __name__ == "__main__":
    unittest.main()
