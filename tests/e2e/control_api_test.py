"""The administration API: destinations, keys and subscriptions that are made while the service runs."""

import base64
import hashlib
import hmac
import json
import pathlib
import signal
import unittest

from harness import eventually, header
from http2 import Connection
from json_api_test import PUBLISH, JsonApi, event

DESTINATIONS = "carillon.v1.DestinationService/"
KEYS = "carillon.v1.KeyService/"
SUBSCRIPTIONS = "carillon.v1.SubscriptionService/"
SERVER = "carillon.v1.ServerService/"
TOKENS = "carillon.v1.TokenService/"
NOT_TAKEN = "the configuration was not taken; the one before stays in force"
OPERATOR = "car_" + "O" * 43
ACME = "car_" + "A" * 43
READER = "car_" + "R" * 43
NAME = "tenants/acme/destinations/orders"
MASTER = base64.b64encode(b"m" * 32).decode()
OTHER_MASTER = base64.b64encode(b"o" * 32).decode()


def sha256(token):
    return hashlib.sha256(token.encode()).hexdigest()


def signed_by(record, secret):
    """Whether a request carries a signature made with the secret (Standard Webhooks)."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = ".".join((header(record, "webhook-id"), header(record, "webhook-timestamp"),
                       record["body"])).encode()
    made = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{made}" in header(record, "webhook-signature").split()


class ControlApi(JsonApi):
    TOKENS = [{"name": "ops", "role": "operator", "sha256": sha256(OPERATOR)},
              {"name": "acme", "role": "tenant_admin", "tenants": ["acme"], "sha256": sha256(ACME)},
              {"name": "eyes", "role": "reader", "tenants": ["acme"], "sha256": sha256(READER)}]

    def begin(self, destinations=(), master=MASTER, tokens=None):
        self.write_config(destinations, [],
                          access={"tokens": self.TOKENS if tokens is None else tokens},
                          **({"secrets": {"master_key": {"env": "MASTER_KEY"}}} if master else {}))
        self.carillond = self.server(env={"MASTER_KEY": master or ""})

    def call(self, method, message, token=ACME, status=200):
        headers = [f"Authorization: Bearer {token}"] if token else []
        answer = self.post(method, message, *headers)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json if status == 200 else answer

    def create(self, url, **more):
        return self.call(DESTINATIONS + "CreateDestination", {
            "parent": "tenants/acme", "destinationId": "orders", "destination": {"url": url, **more}})

    def subscribe(self):
        return self.call(SUBSCRIPTIONS + "CreateSubscription", {
            "parent": "tenants/acme", "subscriptionId": "all",
            "subscription": {"types": ["session.*"], "destinations": ["orders"]}})

    def publish_one(self, number):
        self.call(PUBLISH, {"events": [event(number, tenant="acme")]})


class Managing(ControlApi):
    def test_what_is_made_is_in_force_signed_and_there_after_a_crash(self):
        receiver = self.sink()
        self.begin()
        made = self.create(receiver.url("/ok"))
        secrets = [key["secret"]["value"] for key in made["keys"]]
        self.assertEqual(len(secrets), 2, "two keys, as each receiver is promised")
        self.subscribe()
        self.publish_one(1)  # no waiting: what was answered is in force
        record = receiver.wait_records(1)[0]
        for secret in secrets:
            self.assertTrue(signed_by(record, secret), record)
        shown = self.call(DESTINATIONS + "GetDestination", {"name": NAME}, READER)
        self.assertNotIn("value", json.dumps(shown["keys"]))
        self.assertEqual((shown["uid"], shown["etag"]), (made["uid"], made["etag"]))
        self.carillond.settled()
        self.carillond.kill()
        for file in (self.folder / "data").rglob("*"):
            for secret in secrets:
                self.assertNotIn(secret.encode(), file.read_bytes() if file.is_file() else b"")
        self.carillond = self.server(env={"MASTER_KEY": MASTER})
        self.publish_one(2)
        record = receiver.wait_records(2)[1]
        self.assertTrue(signed_by(record, secrets[0]), record)

    def test_a_change_takes_effect_and_a_stale_one_does_not(self):
        old, new = self.sink(), self.sink()
        self.begin()
        made = self.create(old.url("/ok"))
        self.subscribe()
        self.publish_one(1)
        old.wait_records(1)
        update = {"destination": {"name": NAME, "etag": made["etag"], "url": new.url("/ok")},
                  "updateMask": "url"}
        self.call(DESTINATIONS + "UpdateDestination", update)
        self.publish_one(2)
        new.wait_records(1)
        self.assertEqual(len(old.records()), 1)
        answer = self.call(DESTINATIONS + "UpdateDestination", update, status=409)
        self.assertEqual(answer.reason, "ETAG_MISMATCH")
        rotated = self.call(KEYS + "RotateKey", {"name": made["keys"][0]["name"]})
        self.publish_one(3)
        self.assertTrue(signed_by(new.wait_records(2)[1], rotated["key"]["secret"]["value"]))
        self.call(DESTINATIONS + "DeleteDestination", {"name": NAME, "force": True})
        self.publish_one(4)
        self.carillond.wait_total("carillon_destinations", 0)
        self.assertEqual(len(new.records()), 2)

    def test_the_file_is_read_only_and_keeps_its_names(self):
        self.begin([{"name": NAME, "url": "http://127.0.0.1:9/", "disabled": True}])
        answer = self.call(DESTINATIONS + "UpdateDestination", {
            "destination": {"name": NAME, "url": "http://127.0.0.1:8/"}}, status=400)
        self.assertEqual(answer.reason, "READ_ONLY_FILE")
        answer = self.call(DESTINATIONS + "CreateDestination", {
            "parent": "tenants/acme", "destinationId": "orders",
            "destination": {"url": "http://127.0.0.1:9/"}}, status=409)
        self.assertEqual(answer.reason, "NAME_IN_FILE")
        listed = self.call(DESTINATIONS + "ListDestinations", {"parent": "tenants/acme"})
        self.assertEqual([d["origin"] for d in listed["destinations"]], [{"kind": "FILE"}])
        line = next(number for number, text in enumerate(
            (self.folder / "carillon.yaml").read_text().splitlines(), 1) if NAME in text)
        of_file = {"kind": "FILE", "location": f"carillon.yaml:{line}"}
        listed = self.call(DESTINATIONS + "ListDestinations", {"parent": "tenants/acme"}, OPERATOR)
        self.assertEqual([d["origin"] for d in listed["destinations"]], [of_file], "operators edit it")
        shown = self.call(DESTINATIONS + "GetDestination", {"name": NAME}, OPERATOR)
        self.assertEqual(shown["origin"], of_file)

    def test_a_file_that_takes_a_name_of_the_api_is_refused_as_a_whole(self):
        self.begin()
        self.create("http://127.0.0.1:9/")
        self.write_config([{"name": NAME, "url": "http://127.0.0.1:8/", "disabled": True}], [],
                          access={"tokens": self.TOKENS},
                          secrets={"master_key": {"env": "MASTER_KEY"}})
        self.carillond.signal(signal.SIGHUP)
        eventually(lambda: self.carillond.log(NOT_TAKEN), "the log says that it was not taken")
        shown = self.call(DESTINATIONS + "GetDestination", {"name": NAME})
        self.assertEqual(shown["url"], "http://127.0.0.1:9/")


class WhoMay(ControlApi):
    def test_without_tokens_nobody_manages_anything(self):
        self.begin(tokens=[])
        for token in (None, OPERATOR):
            answer = self.call(DESTINATIONS + "ListDestinations", {"parent": "tenants/acme"}, token, 401)
            self.assertEqual(answer.reason, "CREDENTIALS_MISSING")
            self.assertIn("access.tokens", answer.json["message"])

    def test_a_token_that_a_reload_brings_works_without_a_restart(self):
        self.begin(tokens=[])
        self.write_config([], [], access={"tokens": self.TOKENS},
                          secrets={"master_key": {"env": "MASTER_KEY"}})
        self.carillond.signal(signal.SIGHUP)
        eventually(lambda: self.carillond.log("configuration reloaded"), "it was reloaded")
        self.assertEqual(self.create("http://127.0.0.1:9/")["name"], NAME)

    def test_roles_and_tenants(self):
        self.begin()
        make = {"parent": "tenants/acme", "destination": {"url": "http://127.0.0.1:9/"}}
        for token, message, status, reason in (
                (None, make, 401, "CREDENTIALS_MISSING"),
                (READER, make, 403, "ROLE_FORBIDDEN"),
                (ACME, {**make, "parent": "tenants/bell"}, 403, "TENANT_FORBIDDEN")):
            answer = self.call(DESTINATIONS + "CreateDestination", message, token, status)
            self.assertEqual(answer.reason, reason)
        everywhere = {"parent": "tenants/-"}
        self.assertEqual(self.call(DESTINATIONS + "ListDestinations", everywhere, OPERATOR), {})
        self.call(DESTINATIONS + "ListDestinations", everywhere, ACME, 403)

    def test_the_same_services_on_the_port_of_publishers(self):
        self.begin()
        with Connection(self.carillond.publish_address) as connection:
            for more, status in (([], "16"), ([("authorization", f"Bearer {OPERATOR}")], "0")):
                headers, _ = connection.call("/" + DESTINATIONS + "ListDestinations",
                                             b"\x0a\x0ctenants/acme", more)
                self.assertEqual(headers["grpc-status"], status, headers)

    def test_no_thread_of_grpc_polls_publishers_connections_besides(self):
        self.begin()
        self.call(DESTINATIONS + "ListDestinations", {"parent": "tenants/acme"})
        tasks = pathlib.Path(f"/proc/{self.carillond.process.pid}/task")
        names = {comm.read_text().strip() for comm in tasks.glob("*/comm")}
        self.assertIn("publish", names)
        self.assertNotIn("nexting_thread", names, "the callback API is in use")


class Server(ControlApi):
    def test_a_caller_is_told_who_it_is(self):
        self.begin()
        caller = self.call(TOKENS + "GetCaller", {}, READER)
        self.assertEqual((caller["principal"], caller["kind"], caller["role"], caller["tenants"]),
                         ("token:tokens/eyes", "TOKEN", "ROLE_READER", ["tenants/acme"]))
        self.assertIn(DESTINATIONS + "ListDestinations", caller["methods"])
        self.assertNotIn(DESTINATIONS + "CreateDestination", caller["methods"])
        self.assertNotIn(PUBLISH, caller["methods"])
        self.assertEqual(self.call(TOKENS + "GetCaller", {}, None, 401).reason, "CREDENTIALS_MISSING")

    def test_what_runs_and_under_which_settings(self):
        self.begin()
        made = self.create("http://127.0.0.1:9/")
        info = self.call(SERVER + "GetServerInfo", {}, READER)
        self.assertEqual(info["appliedRevision"], made["revision"])
        self.assertEqual(info["publishAddress"], self.carillond.publish_address)
        self.assertLessEqual(info["startTime"], info["currentTime"])
        settings = self.call(SERVER + "GetSettings", {}, OPERATOR)
        self.assertEqual(settings["server"]["maxBatchEvents"], info["maxBatchEvents"])
        self.assertEqual(settings["secrets"]["masterKey"], {"set": True})
        self.assertNotIn("destinations", settings)
        self.assertEqual(self.call(SERVER + "GetSettings", {}, ACME, 403).reason, "ROLE_FORBIDDEN")
        self.write_config([], [], access={"tokens": self.TOKENS}, limits={"max_in_flight": 17},
                          secrets={"master_key": {"env": "MASTER_KEY"}})
        self.carillond.signal(signal.SIGHUP)
        eventually(lambda: self.call(SERVER + "GetSettings", {}, OPERATOR)["limits"]["maxInFlight"] == 17,
                   "the settings are those of the file")

    def test_where_settings_come_from(self):
        self.begin()
        path = self.folder / "carillon.yaml"
        text = path.read_text()

        def sources():
            told = self.call(SERVER + "GetSettingSources", {}, OPERATOR)
            self.assertEqual(told["file"], str(path))
            return {each.pop("path"): each for each in told["sources"]}

        def line(member):
            lines = path.read_text().splitlines()
            place, = (at for at, each in enumerate(lines, 1) if f'"{member}":' in each)
            return place

        told = sources()
        self.assertEqual(told["journal.data_dir"], {"line": line("data_dir")})
        self.assertEqual(told["access.tokens"], {"line": line("tokens")})
        self.assertEqual(told["secrets.master_key"],
                         {"line": line("master_key"), "reference": "env: MASTER_KEY"})
        self.assertNotIn("delivery.threads", told)
        self.assertFalse([name for name in told if name.split(".")[0] == "destinations"])
        for token in (ACME, READER):
            refused = self.call(SERVER + "GetSettingSources", {}, token, 403)
            self.assertEqual(refused.reason, "ROLE_FORBIDDEN")
        # What is refused changes nothing.
        path.write_text("\n\n" + text.replace('"limits"', '"no_such"').replace(
            '"tokens"', '"no_such"'))
        self.carillond.signal(signal.SIGHUP)
        self.carillond.wait_message(self.carillond.stderr_path, NOT_TAKEN)
        self.assertEqual(sources(), told)
        path.write_text("\n\n" + text)
        self.carillond.signal(signal.SIGHUP)
        eventually(lambda: sources()["journal.data_dir"] == {"line": line("data_dir")},
                   "the lines are those of the file")

    def test_what_a_variable_sets_comes_from_there(self):
        self.write_config([], [], access={"tokens": self.TOKENS}, server={"log_level": "debug"})
        self.carillond = self.server(env={"CARILLON_LOG_LEVEL": "info"})
        told = self.call(SERVER + "GetSettingSources", {}, OPERATOR)
        level, = (each for each in told["sources"] if each["path"] == "server.log_level")
        self.assertEqual(level["variable"], "CARILLON_LOG_LEVEL")
        self.assertGreater(level["line"], 1)

    def test_members_are_described_with_their_bounds_and_comments(self):
        self.begin()
        described = self.call(SERVER + "DescribeType", {"type": "carillon.v1.Destination"}, READER)
        fields = {field["path"]: field for field in described["fields"]}
        self.assertEqual(fields["concurrency"]["rule"], {"default": "32", "min": "1", "max": "1024"})
        self.assertTrue(fields["url"]["required"])
        self.assertTrue(all(field.get("comment") or field.get("outputOnly") for field in fields.values()))
        answer = self.call(SERVER + "DescribeType", {"type": "Destination"}, READER, 400)
        self.assertIn("carillon.v1.Destination", answer.json["message"])


class Tokens(ControlApi):
    def test_one_that_is_made_publishes_until_it_is_revoked_also_after_a_crash(self):
        self.begin()
        made = self.call(TOKENS + "CreateToken", {
            "parent": "tenants/acme", "tokenId": "ci",
            "token": {"role": "ROLE_PUBLISHER", "eventTypes": ["session.*"], "displayName": "CI"}})
        token = made["token"]
        self.assertEqual(self.call(TOKENS + "GetCaller", {}, token=token)["principal"],
                         "token:tenants/acme/tokens/ci")
        self.call(PUBLISH, {"events": [event(1, tenant="acme")]}, token=token)
        other = self.call(PUBLISH, {"events": [event(2, tenant="beta")]}, token=token, status=403)
        self.assertEqual(other.reason, "TENANT_FORBIDDEN")
        self.carillond.kill()
        for path in pathlib.Path(self.folder).rglob("config.db*"):
            self.assertNotIn(token.encode(), path.read_bytes())
        self.carillond = self.server(env={"MASTER_KEY": MASTER})
        self.call(PUBLISH, {"events": [event(3, tenant="acme")]}, token=token)
        listed = self.call(TOKENS + "ListTokens", {"parent": "tenants/acme"})["tokens"]
        self.assertEqual([one["name"] for one in listed], ["tenants/acme/tokens/ci"])
        self.assertNotIn("token", listed[0])
        self.assertIn("lastUseTime", listed[0])
        self.call(TOKENS + "DeleteToken", {"name": made["name"]})
        gone = self.call(PUBLISH, {"events": [event(4, tenant="acme")]}, token=token, status=401)
        self.assertEqual(gone.reason, "CREDENTIALS_INVALID")

    def test_nobody_makes_one_that_may_do_more(self):
        self.begin()
        wants = {"token": {"role": "ROLE_OPERATOR"}}
        for token, message, expected in (
                (ACME, wants, "TENANT_FORBIDDEN"),
                (ACME, {"parent": "tenants/beta", "token": {"role": "ROLE_READER"}},
                 "TENANT_FORBIDDEN"),
                (READER, {"parent": "tenants/acme", "token": {"role": "ROLE_READER"}},
                 "ROLE_FORBIDDEN")):
            answer = self.call(TOKENS + "CreateToken", message, token=token, status=403)
            self.assertEqual(answer.reason, expected, message)
        bad = self.call(TOKENS + "CreateToken", {"parent": "tenants/acme", **wants}, status=400)
        self.assertIn("token.role", json.dumps(bad.json))
        self.call(TOKENS + "CreateToken", wants, token=OPERATOR)


class MasterKey(ControlApi):
    def test_without_one_no_secret_is_taken(self):
        self.begin(master=None)
        answer = self.call(DESTINATIONS + "CreateDestination", {
            "parent": "tenants/acme", "destination": {"url": "http://127.0.0.1:9/"}}, status=400)
        self.assertIn("secrets.master_key", answer.json["message"])

    def test_another_one_stops_the_start_until_it_is_moved(self):
        self.begin()
        self.create("http://127.0.0.1:9/")
        self.carillond.stop()
        done = self.run_program("carillond", "--config", str(self.folder / "carillon.yaml"),
                                env={"MASTER_KEY": OTHER_MASTER})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("master key", done.stderr + done.stdout)
        self.write_config(access={"tokens": self.TOKENS},
                          secrets={"master_key": {"env": "OTHER"},
                                   "previous_master_key": {"env": "MASTER_KEY"}})
        self.carillond = self.server(env={"MASTER_KEY": MASTER, "OTHER": OTHER_MASTER})
        self.assertEqual(self.call(DESTINATIONS + "GetDestination", {"name": NAME})["name"], NAME)


if __name__ == "__main__":
    unittest.main()
