"""Event types that users register while the service runs: by protoc's descriptor sets, by JSON
Schemas."""

import base64
import json
import pathlib
import subprocess
import unittest

from control_api_test import OPERATOR, READER, SUBSCRIPTIONS, ControlApi
from json_api_test import PUBLISH

EVENT_TYPES = "carillon.v1.EventTypeService/"
ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = "eventTypes/order.paid"
MISFITS = 'carillon_payload_misfits_total{{result="{}"}}'
ORDER = """
syntax = "proto3";
package acme;
import "google/protobuf/timestamp.proto";
message Line { string sku = 1; uint64 amount = 2; }
message OrderPaid {
  int64 order_id = 1;
  string total = 2;
  repeated Line lines = 3;
  google.protobuf.Timestamp paid_at = 4;
}
"""
PAID = """
order_id: 9007199254740993 total: "12.50" lines { sku: "a" amount: 18446744073709551615 }
paid_at { seconds: 1767225600 }
"""
PAID_JSON = ('{"orderId":9007199254740993,"total":"12.50",'
             '"lines":[{"sku":"a","amount":18446744073709551615}],'
             '"paidAt":"2026-01-01T00:00:00Z"}')


class EventTypes(ControlApi):
    def protoc(self, *arguments, data=b""):
        done = subprocess.run(["protoc", *arguments], input=data, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def compiled(self, text):
        """What `protoc` writes for a file."""
        (self.folder / "order.proto").write_text(text)
        out = self.folder / "order.binpb"
        self.protoc(f"-I{self.folder}", "--include_imports", f"--descriptor_set_out={out}",
                    "order.proto")
        return out.read_bytes()

    def schema(self, text=ORDER):
        return {"message": "acme.OrderPaid",
                "descriptorSet": base64.b64encode(self.compiled(text)).decode()}

    def register(self, status=200, **more):
        return self.call(EVENT_TYPES + "CreateEventType",
                         {"eventTypeId": "order.paid", "eventType": more}, OPERATOR, status)

    def subscribed(self):
        receiver = self.sink()
        self.create(receiver.url("/ok"), format="FORMAT_PAYLOAD")
        self.call(SUBSCRIPTIONS + "CreateSubscription", {
            "parent": "tenants/acme", "subscriptionId": "paid",
            "subscription": {"types": ["order.paid"], "destinations": ["orders"]}})
        return receiver

    def publish_any(self, identity, message, of="acme.OrderPaid", status=200):
        """Publishes a message, given in protobuf's text format, in `any`."""
        value = self.protoc(f"-I{self.folder}", "--encode=acme.OrderPaid", "order.proto",
                            data=message.encode())
        escaped = "".join(f"\\{byte:03o}" for byte in value)
        request = self.protoc(
            f"-I{ROOT / 'proto'}", "--encode=carillon.v1.PublishRequest",
            "carillon/v1/publisher.proto",
            data=f'events {{ id: "{identity}" tenant: "acme" type: "order.paid" '
                 f'any {{ type_url: "type.googleapis.com/{of}" value: "{escaped}" }} }}'.encode())
        answer = self.post(PUBLISH, request, f"Authorization: Bearer {OPERATOR}",
                           content_type="application/proto")
        self.assertEqual(answer.status, status, answer.body)
        return answer

    def publish_json(self, identity, text, status=200):
        return self.call(PUBLISH, {"events": [
            {"id": identity, "tenant": "acme", "type": "order.paid", "json": text}]},
            OPERATOR, status)

    def test_a_message_by_protoc_becomes_exact_json(self):
        self.begin()
        answer = self.publish_json("before", "{}", 400)
        self.assertIn("unknown event type 'order.paid'", answer.json["message"])
        made = self.register(description="Paid", protobuf=self.schema())
        self.assertEqual((made["state"], made["origin"]["kind"]), ("ACTIVE", "API"))
        receiver = self.subscribed()
        self.publish_any("in-any", PAID)
        self.assertEqual(receiver.wait_records(1)[0]["body"], PAID_JSON)
        self.publish_json("in-json", PAID_JSON)
        self.assertEqual(receiver.wait_records(2)[1]["body"], PAID_JSON)

        answer = self.publish_json("bad", '{"orderId":"x"}', 400)
        self.assertIn("events[0].json: is no acme.OrderPaid", answer.json["message"])
        answer = self.publish_any("other", PAID, of="acme.Other", status=400)
        self.assertIn("is not acme.OrderPaid, the message of the event type 'order.paid'",
                      answer.json["message"])
        self.carillond.wait_gauge(MISFITS.format("refused"), 2)

        # After a restart it is as it was.
        self.carillond.settled()
        self.carillond.kill()
        self.carillond = self.server(env={"MASTER_KEY": base64.b64encode(b"m" * 32).decode()})
        self.publish_any("again", PAID)
        self.assertEqual(receiver.wait_records(3)[2]["body"], PAID_JSON)

    def test_warned_payloads_are_delivered_and_counted(self):
        self.begin()
        self.register(validation="WARN", protobuf=self.schema())
        receiver = self.subscribed()
        self.publish_json("bad", '{"orderId":"x"}')
        self.assertEqual(receiver.wait_records(1)[0]["body"], '{"orderId":"x"}')
        self.carillond.wait_gauge(MISFITS.format("warned"), 1)

    def test_json_is_checked_by_a_json_schema(self):
        schema = {"type": "object", "required": ["order"], "properties": {
            "order": {"type": "integer", "minimum": 9007199254740993},
            "lines": {"type": "array", "items": {"properties": {"sku": {"pattern": "^[A-Z]+$"}}}}}}
        self.begin()
        made = self.register(jsonSchema={"schema": json.dumps(schema)})
        self.assertEqual(made["schemaVersion"], 1)
        receiver = self.subscribed()
        good = '{"order":9007199254740993,"lines":[{"sku":"A"}]}'
        self.publish_json("good", good)
        self.assertEqual(receiver.wait_records(1)[0]["body"], good)
        for bad, why in (
                ('{"order":9007199254740992}', "events[0].json/order: is below `minimum`"),
                ('{}', "events[0].json: lacks order"),
                ('{"order":9007199254740993,"lines":[{"sku":"a"}]}',
                 "events[0].json/lines/0/sku: does not match `pattern`")):
            self.assertIn(why, self.publish_json("bad", bad, 400).json["message"])
        self.carillond.wait_gauge(MISFITS.format("refused"), 3)
        update = {"eventType": {"name": NAME, "validation": "WARN"}}
        self.call(EVENT_TYPES + "UpdateEventType", update, OPERATOR)
        self.publish_json("warned", "{}")
        self.assertEqual(receiver.wait_records(2)[1]["body"], "{}")
        self.carillond.wait_gauge(MISFITS.format("warned"), 1)

        schema["properties"]["order"]["type"] = ["integer", "string"]
        update = {"eventType": {"name": NAME, "jsonSchema": {"schema": json.dumps(schema)}}}
        answer = self.call(EVENT_TYPES + "UpdateEventType", update, OPERATOR, 400)
        self.assertEqual(answer.reason, "INCOMPATIBLE_SCHEMA")
        self.assertIn("/properties/order allows more types", answer.json["message"])
        schema["properties"]["order"] = {"$ref": "http://127.0.0.1:1/order.json"}
        update = {"eventType": {"name": NAME, "jsonSchema": {"schema": json.dumps(schema)}}}
        answer = self.call(EVENT_TYPES + "UpdateEventType", update, OPERATOR, 400)
        self.assertIn("must lead into the schema itself", answer.json["message"])

    def test_a_breaking_change_needs_force(self):
        self.begin()
        self.register(protobuf=self.schema())
        renamed = self.schema(ORDER.replace("total = 2", "sum = 2"))
        update = {"eventType": {"name": NAME, "protobuf": renamed}}
        answer = self.call(EVENT_TYPES + "UpdateEventType", update, OPERATOR, 400)
        self.assertEqual(answer.reason, "INCOMPATIBLE_SCHEMA")
        self.assertIn("acme.OrderPaid.total is sum in JSON and was total", answer.json["message"])
        changed = self.call(EVENT_TYPES + "UpdateEventType", {**update, "force": True}, OPERATOR)
        self.assertEqual(changed["schemaVersion"], 2)
        more = self.schema(ORDER.replace("total = 2;", "sum = 2; string currency = 9;"))
        changed = self.call(EVENT_TYPES + "UpdateEventType",
                            {"eventType": {"name": NAME, "protobuf": more}}, OPERATOR)
        self.assertEqual(changed["schemaVersion"], 3)

    def test_a_test_of_a_destination_sends_the_sample(self):
        self.begin()
        self.register(protobuf=self.schema())
        self.subscribed()
        shown = self.call(EVENT_TYPES + "GetEventType", {"name": NAME})
        self.assertTrue(shown["sampleGenerated"])
        self.assertIn('"orderId":9007199254740993', shown["sample"])
        answer = self.call("carillon.v1.DestinationService/TestDestination",
                           {"name": "tenants/acme/destinations/orders", "eventType": NAME})
        body = base64.b64decode(answer["attempt"]["request"]["body"]).decode()
        self.assertEqual(body, shown["sample"])

    def test_an_archived_type_is_not_published_any_more(self):
        self.begin()
        self.register()
        receiver = self.subscribed()
        self.publish_json("one", "1")
        receiver.wait_records(1)
        self.call(EVENT_TYPES + "ArchiveEventType", {"name": NAME}, OPERATOR)
        answer = self.publish_json("two", "2", 400)
        self.assertIn("events[0].type: 'order.paid' is archived", answer.json["message"])
        answer = self.call(SUBSCRIPTIONS + "CreateSubscription", {
            "parent": "tenants/acme", "subscriptionId": "late",
            "subscription": {"types": ["order.paid"], "destinations": ["orders"]}}, status=400)
        self.assertIn("unknown event type 'order.paid'", answer.json["message"])
        # What names it already can be changed otherwise.
        self.call(SUBSCRIPTIONS + "UpdateSubscription", {
            "subscription": {"name": "tenants/acme/subscriptions/paid", "displayName": "Paid"}})
        answer = self.call(EVENT_TYPES + "DeleteEventType", {"name": NAME}, OPERATOR, 400)
        self.assertEqual(answer.reason, "RESOURCE_IN_USE")
        self.call(EVENT_TYPES + "UnarchiveEventType", {"name": NAME}, OPERATOR)
        self.publish_json("three", "3")
        receiver.wait_records(2)

    def test_the_catalog_is_listed_with_its_origins(self):
        self.write_config([], [], access={"tokens": self.TOKENS}, event_types=[
            {"name": "of.file", "description": "Of the file", "tags": ["a"]}])
        self.carillond = self.server()
        self.register()
        listed = self.call(EVENT_TYPES + "ListEventTypes", {"pageSize": 1000})
        kinds = {each["name"]: each["origin"]["kind"] for each in listed["eventTypes"]}
        self.assertEqual(kinds["eventTypes/session.create"], "BUILT_IN")
        self.assertEqual(kinds["eventTypes/of.file"], "FILE")
        self.assertEqual(kinds[NAME], "API")
        for name, reason in (("of.file", "READ_ONLY_FILE"),
                             ("session.create", "READ_ONLY_BUILT_IN")):
            answer = self.call(EVENT_TYPES + "DeleteEventType", {"name": f"eventTypes/{name}"},
                               OPERATOR, 400)
            self.assertEqual(answer.reason, reason)
        # The catalog is all tenants'; changing it is the operator's.
        answer = self.call(EVENT_TYPES + "CreateEventType",
                           {"eventTypeId": "a.b", "eventType": {}}, status=403)
        self.assertEqual(answer.reason, "ROLE_FORBIDDEN")

    def test_what_filters_can_ask_about_is_suggested(self):
        self.begin()
        self.register(protobuf=self.schema(), sample='{"orderId":17}')

        def suggest(status=200, token=READER, **request):
            return self.call(EVENT_TYPES + "SuggestMembers", request, token, status)

        found = suggest(types=["order.*"])
        self.assertEqual([(m["path"], m["kind"]) for m in found["members"]],
                         [("lines", "LIST"), ("orderId", "NUMBER"), ("paidAt", "TEXT"),
                          ("total", "TEXT")])
        self.assertEqual(found["members"][1]["sample"], "17")
        self.assertNotIn("truncated", found)
        some = suggest(types=["eventTypes/order.paid"], prefix="p", pageSize=1)
        self.assertEqual([m["names"] for m in some["members"]], [["paidAt"]])
        wrong = suggest(400, types=["order.paid", "order.piad"])
        self.assertEqual(wrong.reason, "FIELD_INVALID")
        self.assertIn("types[1]", str(wrong.json))
        suggest(400, pageSize=-1)
        suggest(401, token="nobody")

    def test_the_file_has_descriptor_sets_in_files(self):
        self.compiled(ORDER)
        receiver = self.sink()
        self.write_config(
            [{"name": "tenants/acme/destinations/orders", "url": receiver.url("/ok"),
              "format": "payload"}],
            [{"name": "tenants/acme/subscriptions/all", "types": ["order.*"],
              "destinations": ["orders"]}],
            access={"tokens": self.TOKENS},
            event_types=[{"name": "order.paid", "protobuf": {
                "message": "acme.OrderPaid",
                "descriptor_set_file": str(self.folder / "order.binpb")}}])
        self.carillond = self.server()
        self.publish_any("in-any", PAID)
        self.assertEqual(receiver.wait_records(1)[0]["body"], PAID_JSON)
        shown = self.call(EVENT_TYPES + "GetEventType", {"name": NAME})
        self.assertEqual(shown["origin"]["kind"], "FILE")
        self.assertIn("descriptorSet", shown["protobuf"])

    def test_a_wrong_set_is_answered(self):
        self.begin()
        answer = self.register(400, protobuf={"message": "acme.OrderPaid", "descriptorSet": "AAAA"})
        self.assertIn("is not a google.protobuf.FileDescriptorSet", answer.json["message"])
        wrong = {**self.schema(), "message": "acme.Gone"}
        answer = self.register(400, protobuf=wrong)
        self.assertIn("is the full name of no message", answer.json["message"])
        file = {"message": "acme.M", "descriptorSetFile": "/etc/passwd"}
        answer = self.register(400, protobuf=file)
        self.assertEqual(answer.reason, "FILE_ONLY")


if __name__ == "__main__":
    unittest.main()
