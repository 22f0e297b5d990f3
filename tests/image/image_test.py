"""The image's final stage and the programs in it, run as Kubernetes' "restricted" profile runs them.
See run.sh (what it needs), make_root.sh (how the stage is made) and enter.sh (how programs run)."""

import ctypes
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parents[1]
sys.path.insert(0, str(SOURCES / "tests/e2e"))
from harness import BIN, SECRET, EndToEnd, Program, eventually, header, http, parse_metrics  # noqa: E402

IMAGE = SOURCES / "image"
VERSION = os.environ["CARILLON_VERSION"]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "carillon"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USER = 65532
GRACE = 10
RELOADED = 'carillon_config_reloads_total{result="ok"}'
REFUSED = 'carillon_config_reloads_total{result="error"}'


def docker_stages():
    """The Dockerfile's stages: lists of (instruction, its text)."""
    text = re.sub(r"\\\n\s*", "", (SOURCES / "Dockerfile").read_text())
    stages = [[]]
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, rest))
    return stages


def of_final_stage(word):
    return [rest for found, rest in docker_stages()[-1] if found == word]


def image_environment():
    return dict(pair.split("=", 1) for text in of_final_stage("ENV") for pair in text.split())


def listed_packages():
    """{name: version} of image/packages."""
    lines = (line.strip() for line in (IMAGE / "packages").read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def setUpModule():
    """Makes the stage, and the programs as they are in the image; then a network of its own."""
    global ROOT, BUILT, work
    ROOT = pathlib.Path(subprocess.run([HERE / "make_root.sh", CACHE, VERSION], check=True,
                                       stdout=subprocess.PIPE, text=True).stdout.strip())
    work = tempfile.TemporaryDirectory(prefix="carillon-image-")
    BUILT = pathlib.Path(work.name)
    subprocess.run([IMAGE / "programs.sh", BIN, BUILT], check=True)
    clone_newnet = 0x40000000
    if ctypes.CDLL(None, use_errno=True).unshare(clone_newnet) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def tearDownModule():
    work.cleanup()


class Inside(EndToEnd):
    """Runs programs in the image."""

    def setUp(self):
        os.chmod(self.folder, 0o755)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        os.chown(self.data, USER, USER)
        self.config = self.folder / "config"
        self.config.mkdir()
        self.versions = 0

    def command(self, *command, env=None, data=None, secrets=None):
        """The command line that runs this in the image."""
        variables = {"PATH": PATH, **image_environment(), **(env or {})}
        return ["/usr/bin/env", "-i", *(f"{k}={v}" for k, v in variables.items()), "unshare", "--mount",
                HERE / "enter.sh", ROOT, BUILT, self.config, data or "-", secrets or "-", *command]

    def start(self, name, *arguments, **options):
        command = self.command(f"/usr/bin/{name}", *arguments, **options)
        return self.started(Program(self.folder, name, command[1:], command=command[0]))

    def run_inside(self, *command, timeout=120, **options):
        return subprocess.run([str(word) for word in self.command(*command, **options)],
                              capture_output=True, text=True, timeout=timeout)

    def mount(self, *paths, **sections):
        """A new version of the configuration, swapped in as kubelet swaps a ConfigMap. Destinations
        lead to these paths of the receiver."""
        self.versions += 1
        folder = self.config / f"..{self.versions}"
        folder.mkdir()
        names = [f"d{n}" for n in range(len(paths))]
        (folder / "carillon.yaml").write_text(json.dumps({
            "server": {"shutdown_grace": f"{GRACE}s"},
            "access": {"trusted_network": True},  # the image listens on all addresses
            "journal": {"min_free_bytes": 0},
            "guard": {"allow_networks": ["127.0.0.0/8"], "allow_ports": [9000]},
            "event_types": [{"name": "test.event"}],
            "destinations": [{"name": name, "url": f"http://127.0.0.1:9000{path}",
                              "keys": [{"name": "k", "secret": {"env": "HOOK_KEY"}}]}
                             for name, path in zip(names, paths)],
            "subscriptions": [{"name": "all", "types": ["test.event"], "destinations": names}],
            **sections}))
        (self.config / "..data_tmp").symlink_to(folder.name)
        os.replace(self.config / "..data_tmp", self.config / "..data")
        if self.versions == 1:
            (self.config / "carillon.yaml").symlink_to("..data/carillon.yaml")

    def sink(self):
        sink = self.start("carillon-sink", "--address", "127.0.0.1:9000", "--secret", SECRET,
                          "--jsonl", "-")
        sink.wait_message(sink.stdout_path, "ready")
        return sink

    def server(self):
        server = self.start("carillond", env={"HOOK_KEY": SECRET}, data=self.data)
        server.wait_message(server.stderr_path, "ready")
        return server

    def publish(self, *arguments):
        done = self.run_inside("/usr/bin/carillon", "publish", "--output", "json", "--type",
                               "test.event", "--json", '{"a":1}', *arguments)
        return done, [json.loads(line)["id"] for line in done.stdout.splitlines()]

    def metric(self, name):
        return parse_metrics(http("GET", "http://127.0.0.1:7081/metrics")[1]).get(name, 0)

    @staticmethod
    def received(sink, target=None):
        return [r for r in sink.lines(sink.stdout_path) if r.get("target") and
                target in (None, r["target"])]

    def wait_received(self, sink, ids, target=None):
        eventually(lambda: set(ids) <= {header(r, "webhook-id") for r in self.received(sink, target)},
                   lambda: f"{len(ids)} events at {target}, {len(self.received(sink))} requests came")


class Programs(Inside):
    def test_an_event_is_published_and_arrives(self):
        self.mount("/ok")
        sink, server = self.sink(), self.server()
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        for line in (f"Uid:\t{USER}", f"Gid:\t{USER}", "CapEff:\t0000000000000000",
                     "CapBnd:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1"):
            self.assertIn(line, status)
        self.assertEqual(http("GET", "http://127.0.0.1:7081/readyz"), (200, "ok\nconfiguration revision 1\n"))
        health = self.run_inside("/usr/bin/carillon", "health")
        self.assertEqual(health.stdout, "SERVING\n", health.stderr)
        done, ids = self.publish()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_received(sink, ids)
        self.assertEqual([r["verified"] for r in self.received(sink)], [True])
        self.assertEqual(server.stop(), 0)
        self.assertEqual(sink.stop(), 0)

    def test_the_console_is_served(self):
        self.mount("/ok")
        server = self.server()
        for path in ("/console/", "/console/destinations/acme/crm"):
            url = f"http://127.0.0.1:7081{path}"
            status, page = http("GET", url)
            self.assertEqual(status, 200, page)
            self.assertIn('<div id="root"></div>', page)
            assets = re.findall(r'(?:src|href)="([^"]+)"', page)
            self.assertGreaterEqual(len(assets), 3)
            for asset in assets:
                self.assertEqual(http("HEAD", urllib.parse.urljoin(url, asset))[0], 200, asset)
        status, licenses = http("GET", "http://127.0.0.1:7081/console/licenses.txt")
        self.assertEqual(status, 200)
        for line in ("Name: react", "Name: uplot", "SIL OPEN FONT LICENSE Version 1.1", "Apache License"):
            self.assertIn(line, licenses)
        status, text = http("GET", "http://127.0.0.1:7081/console/sbom.cdx.json")
        self.assertEqual(status, 200)
        bill = json.loads(text)
        self.assertEqual((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.5"))
        names = {component["name"] for component in bill["components"]}
        self.assertLessEqual({"react", "uplot", "@fontsource-variable/inter"}, names)
        self.assertEqual(server.stop(), 0)

    def test_publisher_and_receiver_of_a_helm_test(self):
        """Two containers of one pod, each of which ends by itself."""
        self.mount("/hook")
        server = self.server()
        pod = "0d0fbd6e-6f54-4c15-a8e9-7f2a5d0a1c11"
        sink = self.start("carillon-sink", "--address", "0.0.0.0:9000", "--secret", SECRET,
                          "--expect", pod, "--within", "120")
        done, ids = self.publish("--id", pod, "--retry-for", "60s")
        self.assertEqual((done.returncode, ids), (0, [pod]), done.stderr)
        self.assertEqual(sink.wait(), 0)
        self.assertEqual(server.stop(), 0)

    def test_a_mounted_config_map_is_taken_while_it_runs(self):
        self.mount("/ok/a")
        sink, server = self.sink(), self.server()
        self.mount("/ok/a", "/ok/b")
        eventually(lambda: self.metric(RELOADED) == 1, "a reload")
        _, ids = self.publish()
        self.wait_received(sink, ids, "/ok/b")
        self.mount("/ok/c", destinations=[{"name": "d0"}])
        eventually(lambda: self.metric(REFUSED) == 1, "a refusal")
        _, ids = self.publish()
        self.wait_received(sink, ids, "/ok/b")
        self.assertEqual(server.stop(), 0)

    def test_sigterm_under_load_loses_nothing(self):
        self.mount("/slow/20")
        sink, server = self.sink(), self.server()
        load = self.start("carillon", "publish", "--output", "json", "--type", "test.event", "--json",
                          '{"a":1}', "--repeat", "1000000", "--rate", "2000", "--batch", "10",
                          "--in-flight", "4")
        eventually(lambda: len(self.received(sink)) > 200, "deliveries")
        begin = time.monotonic()
        self.assertEqual(server.stop(), 0)
        # What the chart gives it: the grace, and 15 s.
        self.assertLess(time.monotonic() - begin, GRACE + 15)
        load.kill()
        accepted = [line["id"] for line in load.lines(load.stdout_path)]
        self.assertGreater(len(accepted), 200)
        self.server()
        self.wait_received(sink, accepted)

    def test_a_data_folder_that_is_not_writable_is_told(self):
        self.mount("/ok")
        others = self.folder / "others"
        others.mkdir(mode=0o755)
        for data, why in ((None, "Read-only file system"), (others, "Permission denied")):
            done = self.run_inside("/usr/bin/carillond", env={"HOOK_KEY": SECRET}, data=data)
            self.assertEqual(done.returncode, 3, done.stderr)
            [line] = [json.loads(x) for x in done.stderr.splitlines() if "cannot start" in x]
            self.assertIn("/var/lib/carillon", line["error"])
            self.assertIn(why, line["error"])

    def test_the_configuration_is_checked_as_in_an_init_container(self):
        self.mount("/ok")
        check = ("/usr/bin/carillond", "--check-config", "/etc/carillon/carillon.yaml")
        done = self.run_inside(*check, env={"HOOK_KEY": SECRET})
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.run_inside(*check)
        self.assertEqual(done.returncode, 2)
        self.assertIn("names a variable that is not set: HOOK_KEY", done.stderr)
        self.assertEqual(self.run_inside(*check, "--no-secrets").returncode, 0)

    def test_only_the_data_folder_can_be_written(self):
        script = "for d in / /tmp /var/tmp /etc/carillon /run /usr/bin /var/lib/carillon; do " \
                 "touch $d/x 2>/dev/null && echo $d; done"
        done = self.run_inside("/bin/sh", "-c", script, data=self.data)
        self.assertEqual(done.stdout, "/var/lib/carillon\n")


class Stage(Inside):
    """What the final stage is made of."""

    def loaded(self):
        """Packages of the libraries that the programs load."""
        found = set()
        for program in ("carillond", "carillon", "carillon-sink"):
            done = self.run_inside("/usr/bin/ldd", f"/usr/bin/{program}")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("not found", done.stdout)
            found |= set(re.findall(r"=> (/\S+)", done.stdout))
        real = self.run_inside("/usr/bin/readlink", "-f", *sorted(found)).stdout.split()
        owners = self.run_inside("/usr/bin/dpkg-query", "-S", *sorted(
            {name for path in real for name in (path, path.removeprefix("/usr"))}))
        return {line.split(":")[0] for line in owners.stdout.splitlines()}

    def installed(self):
        done = self.run_inside("/usr/bin/dpkg-query", "-W", "-f", "${Package}=${Version}\n")
        return dict(line.split("=", 1) for line in done.stdout.splitlines())

    def test_every_library_is_there_and_every_package_is_needed(self):
        installed, listed, loaded = self.installed(), listed_packages(), self.loaded()
        self.assertLessEqual(listed.keys(), installed.keys())
        # The authorities, and what packages above depend on without its being loaded.
        self.assertEqual(listed.keys() - loaded, {"ca-certificates", "libprotoc32", "openssl"})
        self.assertGreater((ROOT / "etc/ssl/certs/ca-certificates.crt").stat().st_size, 100_000)
        newer = {n: installed[n] for n, version in listed.items() if installed[n] != version}
        if newer:
            print(f"image/packages pins others than this mirror has (image/renew.sh): {newer}")

    def test_the_bill_of_materials_tells_all_of_it(self):
        bill = json.loads((ROOT / "usr/share/carillon/sbom.cdx.json").read_text())
        self.assertEqual((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.5"))
        own, *components = bill["components"]
        self.assertEqual((own["name"], own["version"]), ("carillon", VERSION))
        self.assertEqual({c["name"]: c["version"] for c in components}, self.installed())
        for component in components:
            self.assertRegex(component["purl"],
                             r"^pkg:deb/debian/[a-z0-9.%B-]+@[\w.%-]+\?arch=\w+&distro=debian-12$")
        references = [c["bom-ref"] for c in bill["components"]]
        self.assertEqual(len(set(references)), len(references))

    def test_nobody_becomes_somebody_else(self):
        special = [p for folder, _, files in os.walk(ROOT) for p in (os.path.join(folder, f) for f in files)
                   if not os.path.islink(p) and os.stat(p).st_mode & 0o6000]
        self.assertEqual(special, [])
        passwd = (ROOT / "etc/passwd").read_text()
        self.assertIn(f"carillon:x:{USER}:{USER}:Carillon:/var/lib/carillon:/usr/sbin/nologin\n", passwd)

    def test_the_dockerfile_does_the_same(self):
        """It takes its steps from image/ and does nothing beside them."""
        stages = docker_stages()
        self.assertEqual([s[0][1] for s in stages[1:]], ["${BASE} AS build", "${BASE}"])
        runs = [rest for stage in stages for word, rest in stage if word == "RUN"]
        self.assertEqual(runs, [
            'image/snapshot.sh "${SNAPSHOT}" && image/build.sh /out',
            '/tmp/image/snapshot.sh "${SNAPSHOT}" && /tmp/image/root.sh /tmp/image "${VERSION}"'])
        self.assertEqual(of_final_stage("COPY"), ["image /tmp/image", "--from=build /out/ /"])
        self.assertEqual(of_final_stage("USER"), [f"{USER}:{USER}"])
        self.assertEqual(of_final_stage("ENTRYPOINT"), ['["/usr/bin/carillond"]'])
        self.assertEqual(of_final_stage("VOLUME"), [image_environment()["CARILLON_DATA_DIR"]])
        ports = {a.rsplit(":", 1)[1] for n, a in image_environment().items() if n.endswith("_ADDRESS")}
        self.assertEqual(set(of_final_stage("EXPOSE")[0].split()), ports)
        self.assertIn(f"VERSION={VERSION}", of_final_stage("ARG"))
        labels = of_final_stage("LABEL")[0]
        for label in ("title", "description", "version", "revision", "created", "licenses", "vendor",
                      "source", "url", "base.name"):
            self.assertIn(f"org.opencontainers.image.{label}=", labels)
        build = (IMAGE / "build.sh").read_text()
        self.assertIn("image/programs.sh build/release/bin", build)
        self.assertIn("scripts/install.sh build console\n", build)
        self.assertRegex(build, r"--target( [\w-]+)* console\n")
        for line in (SOURCES / ".dockerignore").read_text().splitlines():
            if line.startswith("!"):
                self.assertTrue((SOURCES / line[1:]).exists(), line)


if __name__ == "__main__":
    unittest.main()
