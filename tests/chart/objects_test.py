"""What must be so of the objects that the chart makes, whatever the values."""

import copy
import ipaddress
import json
import os
import pathlib
import re
import subprocess
import tempfile
import textwrap
import unittest

import yaml

import chart
import generate
import restricted


TOKEN = {"name": "ops", "role": "operator", "sha256": 64 * "0"}
# A change of each section of the configuration, to what production.yaml does not say.
CHANGES = {"server": ".max_calls=9", "journal": ".kept_events=9", "delivery": ".threads=9", "event_types": "=[]",
           "destinations": "=[]", "subscriptions": "=[]", "guard": '.allow_ports=["9000"]',
           "proxy": '.url="http://p.example.com:3128"', "limits": ".max_in_flight=1", "resolver": ".attempts=3",
           "secrets": '.master_key={"env":"CARILLON_MASTER_KEY"}', "access": f'.tokens={json.dumps([TOKEN])}',
           "tracing": '.endpoint="http://otel.example.com:4317"', "delivery_log": ".enabled=false",
           "statistics": ".enabled=false", "audit": '.retention_age="30d"', "console": ".disabled=true",
           "tenants": '=[{"name": "bell"}]'}


def schema_of(definition):
    """Returns the names of what a message of the configuration holds."""
    schema = json.loads((chart.CHART / "values.schema.json").read_text())
    return schema["$defs"][definition]["properties"].keys()


def behind(prefix, v4):
    """The address of `v4` behind a NAT64: RFC 6052, 2.2."""
    network, inner = ipaddress.ip_network(prefix), ipaddress.ip_address(v4).packed
    octets, at = bytearray(network.network_address.packed), network.prefixlen // 8
    for octet in inner:
        at += at == 8
        octets[at] = octet
        at += 1
    return ipaddress.ip_address(bytes(octets))


def labels_of(value, path=""):
    """Yields (path, value) of all labels, selectors and annotations of an object."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else []):
        at = f"{path}.{key}"
        if key in ("labels", "matchLabels", "annotations", "nodeSelector") or at in (".spec.selector",):
            flat = {k: v for k, v in inner.items() if not isinstance(v, (dict, list))}
            yield from ((f"{at}.{k}", v) for k, v in flat.items())
        yield from labels_of(inner, at)


def names_of(value, path=""):
    """Yields (path, value) of all that names an object."""
    wanted = ("name", "namespace", "serviceName", "serviceAccountName", "secretName", "storageClassName")
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else []):
        if key in wanted:
            yield f"{path}.{key}", inner
        elif key == "matchNames":
            yield from ((f"{path}.{key}", each) for each in inner)
        yield from names_of(inner, f"{path}.{key}")


def without_runbooks(dashboard):
    """A dashboard without what only `runbooks.url` gives a target."""
    for each in (dashboard, *dashboard["panels"]):
        if "links" in each:
            each["links"] = [link for link in each["links"] if "${runbooks}" not in link["url"]]
    variables = dashboard["templating"]
    variables["list"] = [each for each in variables["list"] if each["name"] != "runbooks"]
    return dashboard


def strings(value, path=""):
    """Yields (path, string) of all that an object holds, keys included."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.{key}", str(key)
            yield from strings(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, path)
    elif isinstance(value, str):
        yield path, value


class Objects(unittest.TestCase):
    def each(self):
        for values in chart.VALUES:
            with self.subTest(values.stem):
                yield values.stem, chart.rendered(values)

    def test_every_pod_is_restricted(self):
        count = 0
        for _, objects in self.each():
            for name, pod in chart.pods(objects):
                self.assertEqual(restricted.violations(pod["spec"]), [], name)
                self.assertIs(pod["spec"]["automountServiceAccountToken"], False)
                self.assertIs(pod["spec"]["enableServiceLinks"], False)
                count += 1
        self.assertGreater(count, len(chart.VALUES))

    def test_the_check_sees_what_is_not_restricted(self):
        _, pod = next(chart.pods(chart.rendered(chart.HERE / "values/default.yaml")))
        for path, value in (("hostPID", True), ("securityContext.runAsNonRoot", False),
                            ("securityContext.seccompProfile", {}), ("containers.0.securityContext", {}),
                            ("volumes.0", {"name": "x", "hostPath": {"path": "/"}})):
            with self.subTest(path):
                spec = copy.deepcopy(pod["spec"])
                *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
                at = spec
                for key in parents:
                    at = at[key]
                at[last] = value
                self.assertNotEqual(restricted.violations(spec), [])

    def test_names_labels_and_namespaces(self):
        for _, objects in self.each():
            seen = set()
            for each in objects:
                meta = each["metadata"]
                self.assertNotIn((each["kind"], meta["name"]), seen)
                seen.add((each["kind"], meta["name"]))
                self.assertLessEqual(len(meta["name"]), 63)
                if "helm.sh/chart" not in meta.get("labels", {}):
                    continue  # one of the user's
                self.assertIn("namespace", meta)
                self.assertTrue(all(len(str(value)) <= 63 for value in meta["labels"].values()))

    def test_names_that_are_numbers_stay_names(self):
        release, namespace = chart.NUMBERS
        for each in chart.rendered(chart.HERE / "values/numbers.yaml"):
            meta = each["metadata"]
            self.assertEqual(meta["namespace"], namespace)
            self.assertEqual(meta["labels"]["app.kubernetes.io/instance"], release)
            for path, value in [*labels_of(each), *names_of(each)]:
                self.assertIsInstance(value, str, f"{each['kind']} {path}")

    def test_every_value_that_may_be_a_template_is_tried_with_one(self):
        tried = set()
        for values in chart.VALUES:
            given = yaml.safe_load(values.read_text()) or {}
            for leaf in generate.leaves(generate.read_values()):
                at = given
                for key in leaf.path:
                    at = at.get(key) if isinstance(at, dict) else None
                if any("{{" in text for _, text in strings([at])):
                    tried.add(".".join(leaf.path))
        described = {".".join(leaf.path) for leaf in generate.leaves(generate.read_values())
                     if re.search(r"\btemplates?\b", leaf.description)}
        self.assertEqual(described - tried, set())
        self.assertGreater(len(described), 50)

    def test_no_template_is_left_in_what_is_rendered(self):
        for _, objects in self.each():
            for each in objects:
                # Alerts and dashboards have templates of their own.
                if each["kind"] != "PrometheusRule" and "dashboards" not in each["metadata"].get("labels", {}):
                    left = [(path, text) for path, text in strings(each) if "{{" in text and ".json" not in path]
                    self.assertEqual(left, [], each["kind"])

    def test_the_echo_receiver_is_reached_by_the_families_of_the_release(self):
        for name, address in (("echo-test", "0.0.0.0:8080"), ("ipv6", "[::]:8080")):
            objects = chart.rendered(chart.HERE / f"values/{name}.yaml")
            [arguments] = [container["args"] for container in chart.find(objects, "Pod")["spec"]["containers"]
                           if container["name"] == "echo"]
            self.assertEqual(arguments[arguments.index("--address") + 1], address)
            families = [[each["spec"].get(key) for key in ("ipFamilyPolicy", "ipFamilies")]
                        for each in objects if each["kind"] == "Service"]
            self.assertEqual(len(families), 4)
            self.assertEqual(families, families[:1] * 4)

    def test_the_startup_probe_asks_whether_it_goes_on_not_whether_it_is_ready(self):
        for _, objects in self.each():
            [container, *_] = chart.find(objects, "StatefulSet")["spec"]["template"]["spec"]["containers"]
            for probe in ("startupProbe", "livenessProbe"):
                self.assertEqual(container[probe]["httpGet"], {"path": "/healthz", "port": "admin"})
            self.assertNotEqual(container["readinessProbe"].get("httpGet"), container["startupProbe"]["httpGet"])

    def test_selectors_find_the_pods_and_nothing_else(self):
        for _, objects in self.each():
            server = chart.find(objects, "StatefulSet")
            labels = server["spec"]["template"]["metadata"]["labels"]
            selector = server["spec"]["selector"]["matchLabels"]
            self.assertLessEqual(selector.items(), labels.items())
            test_pods = [each for each in objects if each["kind"] == "Pod"]
            for pod in test_pods:
                self.assertFalse(selector.items() <= pod["metadata"]["labels"].items())
            for monitor in (each for each in objects if each["kind"] == "ServiceMonitor"):
                wanted = monitor["spec"]["selector"]["matchLabels"].items()
                found = [each for each in objects if each["kind"] == "Service"
                         and wanted <= each["metadata"]["labels"].items()]
                self.assertEqual(len(found), 1)

    def test_stopping_has_its_time(self):
        sleep, before_1_30 = {"sleep": {"seconds": 5}}, {"exec": {"command": ["/usr/bin/sleep", "5"]}}
        for name, seconds, hook in (("production", 5 + 90 + 15, sleep), ("default", 5 + 20 + 15, sleep),
                                    ("old-kubernetes", 5 + 1 + 15, before_1_30), ("http-probes", 20 + 15, None)):
            server = chart.find(chart.rendered(chart.HERE / f"values/{name}.yaml"), "StatefulSet")
            spec = server["spec"]["template"]["spec"]
            self.assertEqual(spec["terminationGracePeriodSeconds"], seconds, name)
            self.assertEqual(spec["containers"][0].get("lifecycle"), hook and {"preStop": hook}, name)

    def test_the_policy_refuses_what_the_guard_refuses(self):
        source = (chart.ROOT / "lib/guard/src/special.cc").read_text()
        v4, v6 = (re.findall(r'\{"([0-9a-f.:]+/\d+)", "', part)
                  for part in re.search(r"kV4 = (.*?)kV6Within = (.*?)kV6Outside", source, re.S).groups())
        policy = chart.find(chart.rendered(chart.HERE / "values/default.yaml"), "NetworkPolicy")
        blocks = {to["ipBlock"]["cidr"]: to["ipBlock"].get("except") for rule in policy["spec"]["egress"]
                  for to in rule["to"] if "ipBlock" in to}
        self.assertEqual(blocks["0.0.0.0/0"], v4)
        self.assertEqual(blocks["2000::/3"], v6)
        ports = re.search(r"ports_ = \{(.*)\};", (chart.ROOT / "lib/guard/include/carillon/guard/rules.h").read_text())
        self.assertEqual([(rule["port"], rule["port"]) for rule in policy["spec"]["egress"][-1]["ports"]],
                         [(int(first), int(last)) for first, last in re.findall(r"\{(\d+), (\d+)\}", ports[1])])

    def test_the_policy_looks_behind_translators_as_the_guard_does(self):
        values = chart.HERE / "values/translators.yaml"
        policy = chart.find(chart.rendered(values), "NetworkPolicy")
        blocks = [to["ipBlock"] for rule in policy["spec"]["egress"] for to in rule["to"] if "ipBlock" in to]
        for block in blocks:
            # Written as Kubernetes wants it, with nothing behind the prefix; what is left out is within.
            outer = ipaddress.ip_network(block["cidr"])
            self.assertEqual(str(outer), block["cidr"])
            for text in block.get("except", []):
                inner = ipaddress.ip_network(text)
                self.assertEqual(str(inner), text)
                self.assertTrue(inner.subnet_of(outer) and inner != outer, f"{text} in {outer}")

        def passes(address):
            return any(address in ipaddress.ip_network(block["cidr"])
                       and not any(address in ipaddress.ip_network(each) for each in block.get("except", []))
                       for block in blocks if block["cidr"].count(":") == 0 or address.version == 6)
        guard = yaml.safe_load(values.read_text())["config"]["guard"]
        prefixes = [*guard["nat64_prefixes"][:-1], "2a00:0:0:7::/96", "64:ff9b::/96"]
        inside = {"192.0.1.1": True, "8.8.8.8": True, "172.15.255.255": True, "10.20.255.1": True, "10.1.2.3": True,
                  "10.1.2.4": False, "10.21.0.1": False, "172.16.0.1": False, "127.0.0.1": False, "0.0.0.1": False,
                  "169.254.169.254": False, "192.168.1.1": False, "168.63.129.16": False, "255.255.255.255": False}
        for prefix in prefixes:
            for v4, expected in inside.items():
                with self.subTest(prefix, v4=v4):
                    self.assertEqual(passes(behind(prefix, v4)), expected)

    def console_paths(self, objects):
        """What the Ingress and the HTTPRoute of the console lead to, and the Service behind them."""
        ingress = chart.find(objects, "Ingress", "bell-carillon-console")["spec"]["rules"][0]["http"]["paths"]
        rules = chart.find(objects, "HTTPRoute", "bell-carillon-console")["spec"]["rules"]
        by_route = [match["path"]["value"] for rule in rules for match in rule["matches"]]
        self.assertEqual([path["path"] for path in ingress], by_route)
        self.assertLessEqual(max(len(rule["matches"]) for rule in rules), 8)
        backends = {path["backend"]["service"]["name"] for path in ingress}
        backends |= {ref["name"] for rule in rules for ref in rule["backendRefs"]}
        self.assertEqual(backends, {"bell-carillon-admin"})
        return by_route

    def test_ways_to_the_console_lead_to_all_that_it_calls_and_nothing_else(self):
        objects = chart.rendered(chart.HERE / "values/console.yaml")
        [port] = chart.find(objects, "Service", "bell-carillon-admin")["spec"]["ports"]
        self.assertEqual((port["name"], port["targetPort"]), ("http-admin", "admin"))
        services = {f"/carillon.v1.{name}" for path in (chart.ROOT / "proto/carillon/v1").glob("*.proto")
                    for name in re.findall(r"^service (\w+) ", path.read_text(), re.M)}
        paths = self.console_paths(objects)
        self.assertEqual(sorted(paths), sorted(services - {"/carillon.v1.EventPublisher"} | {"/console"}))
        calls = {name for path in (chart.ROOT / "services/console/src").rglob("*.ts*") if "gen" not in path.parts
                 for name in re.findall(r"\b([A-Z]\w+Service)\b", path.read_text())}
        self.assertGreater(len(calls), 9)
        self.assertLessEqual({f"/carillon.v1.{name}" for name in calls}, set(paths))

    def test_by_default_no_way_leads_to_the_console_from_outside(self):
        objects = chart.rendered(chart.HERE / "values/default.yaml")
        self.assertEqual([each["kind"] for each in objects if each["kind"] in ("Ingress", "HTTPRoute", "GRPCRoute")], [])
        services = [each["spec"] for each in objects if each["kind"] == "Service"]
        self.assertEqual({each["type"] for each in services}, {"ClusterIP"})

    def test_helm_test_publishes_with_a_token_where_one_is_asked_for(self):
        pod = chart.find(chart.rendered(chart.HERE / "values/console.yaml"), "Pod", "bell-carillon-test")
        [variable] = [each for each in pod["spec"]["containers"][0]["env"] if each["name"] == "CARILLON_TOKEN"]
        self.assertEqual(variable["valueFrom"]["secretKeyRef"], {"name": "example.com-tests", "key": "nginx"})
        pod = chart.find(chart.rendered(chart.HERE / "values/default.yaml"), "Pod", "bell-carillon-test")
        self.assertEqual([each["name"] for each in pod["spec"]["containers"][0]["env"]], ["TEST_ID"])

    def test_what_is_kept_free_follows_the_volume_and_leaves_room_for_the_write_ahead_file(self):
        for size, expected in (("1Gi", 128 << 20), ("2Gi", 128 << 20), ("20Gi", 1280 << 20)):
            done = chart.template("helm4", chart.HERE / "values/default.yaml", "--set", f"persistence.size={size}")
            objects = [each for each in yaml.load_all(done.stdout, Loader=chart.LOADER) if each]
            journal = yaml.safe_load(chart.find(objects, "ConfigMap")["data"]["carillon.yaml"])["journal"]
            self.assertEqual(journal["min_free_bytes"], expected, size)

    def test_a_restart_only_where_one_is_needed(self):
        def checksum(*arguments):
            result = chart.template("helm4", chart.HERE / "values/production.yaml", *arguments)
            objects = [each for each in yaml.load_all(result.stdout, Loader=chart.LOADER) if each]
            return chart.find(objects, "StatefulSet")["spec"]["template"]["metadata"]["annotations"]["checksum/restart"]
        sections = set(re.findall(r'^ +(?:return \{)?\{"(\w+)", MarkOf',
                                  (chart.ROOT / "lib/resource/src/sections.cc").read_text(), re.M))
        same = checksum()
        changed = {section for section, change in CHANGES.items()
                   if checksum("--set-json", f"config.{section}{change}") != same}
        self.assertEqual(changed, sections)
        self.assertEqual(CHANGES.keys(), schema_of("Config"))
        self.assertNotEqual(checksum("--set-json", 'persistence.size="9Gi"'), same)

    def test_dashboards_and_rules_are_the_files(self):
        objects = chart.rendered(chart.HERE / "values/observability.yaml")
        files = {path.name: without_runbooks(json.loads(path.read_text()))
                 for path in (chart.CHART / "dashboards").glob("*.json")}
        shown = {}
        for each in objects:
            if each["metadata"].get("labels", {}).get("dashboards") == "yes":
                shown.update({name: json.loads(text) for name, text in each["data"].items()})
                self.assertNotIn("runbooks", str(each["data"]))
                self.assertEqual(each["metadata"]["annotations"]["k8s-sidecar-target-directory"], "Platform/Carillon")
        self.assertEqual(shown, files)
        groups = [group for path in sorted((chart.CHART / "rules").glob("*.yaml"))
                  for group in yaml.safe_load(path.read_text())["groups"]]
        for group in groups:
            for rule in group["rules"]:
                if "alert" in rule:
                    rule["labels"] = {**rule.get("labels", {}), "team": "platform"}
        self.assertEqual(chart.find(objects, "PrometheusRule")["spec"]["groups"], groups)

    def test_runbooks_are_where_the_value_says(self):
        at = "https://runbooks.example.com/carillon"
        objects = chart.rendered(chart.HERE / "values/runbooks.yaml")
        pages = {path.name for path in (chart.ROOT / "docs/runbooks").glob("*.md")}
        alerts = [rule for group in chart.find(objects, "PrometheusRule")["spec"]["groups"]
                  for rule in group["rules"] if "alert" in rule]
        self.assertGreater(len(alerts), 20)
        for alert in alerts:
            base, page = alert["annotations"]["runbook_url"].rsplit("/", 1)
            self.assertEqual(base, at)
            self.assertIn(page, pages)
        dashboards = [text for each in objects for name, text in each.get("data", {}).items()
                      if name.endswith(".json")]
        self.assertEqual(len(dashboards), 3)
        for text in dashboards:
            self.assertNotIn('"docs/runbooks"', text)
            self.assertIn(f'"{at}"', text)

    def carillond_takes(self, objects):
        program = os.path.join(os.environ["CARILLON_BIN"], "carillond")
        server = chart.find(objects, "StatefulSet")
        text = chart.find(objects, "ConfigMap", server["metadata"]["name"])["data"]["carillon.yaml"]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "carillon.yaml")
            path.write_text(text)
            result = subprocess.run([program, "--check-config", path, "--no-secrets"], text=True, timeout=240,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(result.returncode, 0, result.stdout)

    def test_carillond_takes_the_configuration(self):
        for _, objects in self.each():
            self.carillond_takes(objects)

    def test_the_readme_s_first_event_is_what_the_chart_makes(self):
        steps = (chart.CHART / "README.md").read_text().split("\n## ")[1]
        [values] = re.findall(r"^ +```yaml\n(.*?)^ +```", steps, re.M | re.S)
        done = chart.template("helm4", "-", release="carillon", namespace="carillon", input=textwrap.dedent(values))
        self.assertEqual(done.returncode, 0, done.stderr)
        objects = [each for each in yaml.load_all(done.stdout, Loader=chart.LOADER) if each]
        self.carillond_takes(objects)
        server = chart.find(objects, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]
        # What its commands name: the image, the key, the Service and its port, the pod, the namespace.
        self.assertIn(f"docker build -t {server['image']} .", steps)
        [key] = [each["valueFrom"]["secretKeyRef"] for each in server["env"] if "valueFrom" in each]
        self.assertIn(f"create secret generic {key['name']} --from-literal={key['key']}=", steps)
        named = {kind: set(re.findall(rf"{kind}/([\w-]+)", steps)) for kind in ("service", "statefulset")}
        self.assertEqual(named, {"service": {"carillon"}, "statefulset": {"carillon"}})
        port = chart.find(objects, "Service", "carillon")["spec"]["ports"][0]["port"]
        self.assertEqual(set(re.findall(r" (\d+:\d+)`", steps)), {f"7080:{port}"})
        self.assertIn("exec carillon-0 -c carillon -- /usr/bin/carillon publish --address 127.0.0.1:7080", steps)
        self.assertEqual(set(re.findall(r"(?:-n|--namespace|create namespace) (\S+)", steps)), {"carillon"})

    def check_console_notes(self, warnings):
        """How to reach the console, who can sign in, and what its ways lack."""
        forward = "kubectl -n hooks port-forward service/bell-carillon-admin 7081:7081\n"
        found, text = warnings("default")
        self.assertIn(forward, text)
        self.assertIn("/usr/bin/carillon tokens generate", text)
        self.assertNotIn("console", " ".join(found))
        self.assertIn("port-forward pod/bell-carillon-0 7081:7081\n", warnings("production")[1])
        self.assertNotIn("/console/", warnings("default", **{"config.console": {"disabled": True}})[1])
        found, text = warnings("console")
        self.assertIn(forward, text)
        self.assertIn("and https://hooks.example.com/console/", text)
        self.assertNotIn("tokens generate", text)
        self.assertTrue(any("networkPolicy.adminFrom" in line for line in found), found)
        unsafe = ("config.access.public_url", "console.ingress.tls", "helmTest.token")
        self.assertFalse(any(line.startswith(unsafe) for line in found), found)
        found, text = warnings("console", **{"config.access.public_url": None, "console.ingress.tls": [],
                                             "helmTest.token": None})
        for beginning in unsafe:
            self.assertTrue(any(line.startswith(beginning) for line in found), f"{beginning}: {found}")
        self.assertIn("and http://hooks.example.com/console/", text)

    def test_notes_warn_of_what_is_unsafe(self):
        def warnings(name, **more):
            options = [word for key, value in more.items() for word in ("--set-json", f"{key}={json.dumps(value)}")]
            result = chart.helm("helm4", "install", "bell", chart.CHART, "--dry-run=client", "--namespace", "hooks",
                                "--values", chart.HERE / f"values/{name}.yaml", *options)
            self.assertEqual(result.returncode, 0, result.stderr)
            return re.findall(r"^WARNING: (.*)$", result.stdout, re.M), result.stdout
        for name, lines in (("default", (("does not see it arrive", True), ("runbooks.url", False))),
                            ("echo-test", (("does not see it arrive", False),)),
                            ("observability", (("runbooks.url", True),)), ("runbooks", (("runbooks.url", False),))):
            _, text = warnings(name)
            for line, there in lines:
                self.assertEqual(line in text, there, f"{name}: {line}")
        found, text = warnings("dev")
        self.assertIn("carillon publish", text)
        for beginning in ("dev is", "persistence.enabled", "image.registry", "config.destinations[0].url",
                          "networkPolicy.enabled"):
            self.assertTrue(any(line.startswith(beginning) for line in found), f"{beginning}: {found}")
        self.check_console_notes(warnings)
        usual = warnings("production")[0]
        self.assertEqual([line for line in usual if not line.endswith("sent a request.")], [])
        proxy = {"url": "http://proxy.example.com:3128"}
        tracing = {"endpoint": "https://otel.example.com:4317", "headers": [{"name": "x-team", "value": "hooks"}]}
        ways = ["config.proxy is given: allow the way to it in networkPolicy.extraEgress.",
                "config.tracing is given: allow the way to the collector in networkPolicy.extraEgress."]
        config = {"config.proxy": proxy, "config.tracing": tracing}
        self.assertEqual(warnings("production", **config)[0], usual + ways)
        self.assertEqual(warnings("production", **config, networkPolicy={"extraEgress": [{}]})[0], usual)


if __name__ == "__main__":
    unittest.main()
