"""Bounds of members, from the option `rule` of the contract: the least and the greatest value are
taken, one beyond each is refused by the member's name; DescribeType says what holds."""

import base64
import re
import unittest

from google.protobuf import json_format

from conformance import NOBODY_LISTENS, Conformance, put
from contract import IMMUTABLE, is_map, is_repeated

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
SIZES = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
         "TiB": 1 << 40}
DURATION, TIMESTAMP = "google.protobuf.Duration", "google.protobuf.Timestamp"

# What has to be set besides, so that a value is judged by its own bound: members beside a path, in
# the message that the path lies in, or (`@`) in the one around it.
BESIDES = {
    "timeouts.connect": {"total": "120s"},
    "timeouts.total": {"connect": "0.010s"},
    "exponential.first": {"cap": "2592000s"},
    "exponential.cap": {"first": "0.001s"},
    "batch.max_events": {"@": {"format": "FORMAT_ARRAY"}},
    "batch.max_bytes": {"@": {"format": "FORMAT_ARRAY"}},
    "batch.max_wait": {"@": {"format": "FORMAT_ARRAY"}},
    "rate.burst": {"per_second": 1},
    "breaker.delay": {"max_delay": "86400s"},
    "breaker.max_delay": {"delay": "0.1s"},
}
# The same, relative to the request.
BESIDES_IN_REQUEST = {
    "token.event_types": {"token.role": "ROLE_PUBLISHER"},
    "token.quota": {"token.role": "ROLE_PUBLISHER"},
    "token.tenants": {"parent": ""},
}
# Texts of a length, where not any text will do.
TEXTS = {
    "documentation_url": lambda n: "https://example.com/" + "x" * (n - 20),
    "sample": lambda n: '{"x":"' + "x" * (n - 8) + '"}',
    "descriptor_set": lambda n: base64.b64encode(b"x" * n).decode(),
    "schema": lambda n: '{"description":"' + "x" * (n - 18) + '"}',
}
# Only what lies beyond can be tried: what is greatest would have to exist.
ONLY_BEYOND = {"protobuf.message", "descriptor_set", "mappings"}


def number_of(text):
    """A bound as the option has it: `5s`, `256KiB`, `0.2`."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", text).groups()
    return float(number) * UNITS.get(unit, SIZES.get(unit, 1))


def ends_with(path, suffixes):
    return next((s for s in suffixes if path == s or path.endswith("." + s)), None)


class Bounds(Conformance):
    def setUp(self):
        super().setUp()
        self.made = {}

    def requests(self, wanted=lambda method: True):
        """(method, base request) of every method whose request has bounds."""
        for method in self.methods(wanted):
            bounded = [(path, field, rule) for path, field, rule in self.bounded(method.input)]
            if bounded:
                yield method, self.base(method), bounded

    def bounded(self, message):
        changes = message.name.startswith("Update")
        for path, field in self.contract.walk(message):
            if path.startswith("config."):
                continue  # what a configuration holds has the bounds that its own methods have
            if changes and IMMUTABLE in self.contract.behavior(self.outermost(message, path)):
                continue
            rule = self.contract.rule(field)
            if not rule.file_only and (rule.min or rule.max or rule.max_bytes or rule.max_items):
                yield path, field, rule

    @staticmethod
    def outermost(message, path):
        """The member of the resource in a request that a path leads through."""
        first, _, rest = path.partition(".")
        field = message.fields_by_name[first.partition("[")[0]]
        return field.message_type.fields_by_name[re.split(r"[.\[]", rest)[0]] if rest else field

    def base(self, method):
        if method.short == "TestDestination":  # of one that is not stored: whatever it may have
            return {"destination": {"name": "tenants/acme/destinations/unsaved",
                                    "url": NOBODY_LISTENS},
                    "event_type": "eventTypes/session.create"}
        request = self.fixture(method)
        if method.has("validate_only"):
            request["validate_only"] = True
        if request.pop("update_mask", None):
            member, _ = method.resource()
            request[member] = {"name": request[member]["name"]}
        return request

    def ask(self, method, base, path, value):
        request = base
        top = path.partition(".")[0]
        found = ends_with(path, BESIDES)
        inner = path.rpartition(".")[0]
        for member, value_besides in BESIDES.get(found, {}).items():
            if member == "@":
                inner, [(member, value_besides)] = inner.rpartition(".")[0], value_besides.items()
            request = put(request, f"{inner}.{member}", value_besides)
        for prefix, members in BESIDES_IN_REQUEST.items():
            if path.startswith(prefix):
                for member, besides in members.items():
                    request = put(request, member, besides)
        if not method.has("validate_only") and top != "destination" and "event" not in path:
            request = self.anew(method, request)
        return self.call(method, put(request, path, value))

    def anew(self, method, request):
        """For what cannot be tried: what has an effect is done to something new each time."""
        return request if method.reads else self.base(method)

    def taken(self, method, base, path, value, what):
        answer = self.ask(method, base, path, value)
        with self.subTest(method.name, path=path, what=what):
            self.assertEqual(answer.status, 200, f"{str(value)[:60]}: {answer.body[:1000]}")

    def not_taken(self, method, base, path, value, what):
        answer = self.ask(method, base, path, value)
        with self.subTest(method.name, path=path, what=what):
            self.assertEqual((answer.status, answer.reason), (400, "FIELD_INVALID"),
                             f"{str(value)[:60]}: {answer.body[:1000]}")
            first = path.split("[")[0].split(".")[-1].split("_")[0]
            self.assertTrue(any(first in field for field in answer.fields), answer.fields)

    def test_numbers_and_durations(self):
        for method, base, bounded in self.requests():
            for path, field, rule in bounded:
                if rule.min or rule.max:
                    self.number(method, base, path + "[0]" * is_repeated(field), field, rule)

    def number(self, method, base, path, field, rule):
        is_duration = bool(field.message_type)
        whole = not is_duration and field.cpp_type != field.CPPTYPE_DOUBLE

        def written(number):
            if is_duration:
                return f"{number:.3f}s"
            return int(number) if whole else number

        step = 1 if whole else 0.001
        if rule.min:
            least = number_of(rule.min)
            below = least - step
            if not below and not field.has_presence and "[" not in path:
                below -= step  # 0 is not set
            self.taken(method, base, path, written(least), "least")
            self.not_taken(method, base, path, written(below), "less than the least")
        if rule.max:
            greatest = number_of(rule.max)
            self.taken(method, base, path, written(greatest), "greatest")
            self.not_taken(method, base, path, written(greatest + step), "more than the greatest")
        if rule.or_zero:
            self.taken(method, base, path, written(0), "zero")
        if rule.default:
            self.taken(method, base, path, written(number_of(rule.default)), "default")

    def test_lengths_of_texts(self):
        for method, base, bounded in self.requests():
            for path, field, rule in bounded:
                if rule.max_bytes and not is_repeated(field):
                    text = TEXTS.get(ends_with(path, TEXTS), lambda n: "x" * n)
                    if not ends_with(path, ONLY_BEYOND):
                        self.taken(method, base, path, text(rule.max_bytes), "longest")
                    self.not_taken(method, base, path, text(rule.max_bytes + 1), "too long")

    def test_numbers_of_elements(self):
        for method, base, bounded in self.requests():
            for path, field, rule in bounded:
                if rule.max_items:
                    make = self.elements(path, field)
                    if not ends_with(path, ONLY_BEYOND):
                        self.taken(method, base, path, make(rule.max_items), "most")
                    self.not_taken(method, base, path, make(rule.max_items + 1), "too many")

    def elements(self, path, field):
        name = path.rpartition(".")[2]
        if is_map(field):
            return lambda count: {f"key-{i}": "value" for i in range(count)}
        if field.message_type and field.message_type.full_name == DURATION:
            return lambda count: ["1s"] * count
        kind = {"destinations": "carillon/Destination", "types": "carillon/EventType"}.get(name)
        if kind:
            return lambda count: [name.removeprefix("eventTypes/")
                                  for name in self.many(kind, count)]
        if name == "mappings":
            return lambda count: [{"message": f"some.Type{i}", "event_type": f"some.type{i}"}
                                  for i in range(count)]
        if name == "tenants":
            return lambda count: [f"t{i}" for i in range(count)]
        return lambda count: [f"some.type{i}" for i in range(count)]

    def many(self, kind, count):
        """Names of so many resources of a kind, which are made once."""
        made = self.made.setdefault(kind, [])
        made += [self.make(kind) for _ in range(count - len(made))]
        return made[:count]

    def test_types_are_described_with_what_holds(self):
        rules = 0
        for kind, message in self.contract.resources.items():
            told = {field["path"]: field for field in
                    self.ok("DescribeType", {"type": message.full_name})["fields"]}
            for field in message.fields:
                with self.subTest(kind, member=field.name):
                    one = told[field.name]
                    rule = self.contract.rule(field)
                    said = json_format.ParseDict(one.get("rule", {}), type(rule)(),
                                                 descriptor_pool=self.contract.pool)
                    rules += 1
                    self.assertEqual(said, rule)
        self.assertGreater(rules, 100)


if __name__ == "__main__":
    unittest.main()
