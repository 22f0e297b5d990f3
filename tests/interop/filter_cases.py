"""Filters of lists evaluated plainly, as AIP-160 says, over the rows that a list gives. Which
fields there are the server tells (`lists.py`), what they are the contract."""

import datetime
import random

from google.protobuf import json_format, message_factory

from contract import is_map, is_repeated
from harness import eventually
from lists import Lists

OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
COMPARE = {"=": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
           "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}
OTHER_VALUES = {"text": ["", "zz", "tenants/rows", "Ä"], "number": [0, -1, 7, 2**40],
                "bool": [True, False], "time": [(0, 0), (1893456000, 5)],
                "length": [(0, 0), (1, 0)]}


class Field:
    """A path of a filter, `labels.team`: the way through descriptors, the kind of its values."""

    def __init__(self, message, path, key=None):
        self.path, self.key, self.fields = path, key, []
        for name in path.split("."):
            self.fields.append(message.fields_by_name[name])
            message = self.fields[-1].message_type
        leaf = self.fields[-1]
        self.map, self.list = is_map(leaf), is_repeated(leaf) and not is_map(leaf)
        self.kind = self.kind_of(leaf)

    def kind_of(self, leaf):
        if self.map or leaf.cpp_type == leaf.CPPTYPE_STRING:
            return "text"
        if leaf.message_type:
            return "time" if leaf.message_type.name == "Timestamp" else "length"
        return {leaf.CPPTYPE_ENUM: "enum", leaf.CPPTYPE_BOOL: "bool"}.get(leaf.cpp_type, "number")

    @property
    def written(self):
        return self.path if self.key is None else f'{self.path}."{escaped(self.key)}"'

    @property
    def single(self):
        """Whether it is compared, not only looked for."""
        through = any(is_repeated(field) for field in self.fields[:-1])
        return not (through or self.list or (self.map and self.key is None))

    def values(self, message, depth=0):
        """What it has in a message; nothing where it, or what leads to it, is unset."""
        leaf = self.fields[depth]
        if depth + 1 < len(self.fields):
            if is_repeated(leaf):
                return [value for one in getattr(message, leaf.name)
                        for value in self.values(one, depth + 1)]
            inner = message.HasField(leaf.name)
            return self.values(getattr(message, leaf.name), depth + 1) if inner else []
        value = getattr(message, leaf.name)
        if self.map:
            keys = list(value) if self.key is None else []
            return [value[self.key]] if self.key is not None and self.key in value else keys
        if self.list:
            return [self.plain(one) for one in value]
        if leaf.has_presence and not message.HasField(leaf.name):
            return []
        return [self.plain(value)]

    def plain(self, value):
        return (value.seconds, value.nanos) if self.kind in ("time", "length") else value

    def there(self, value):
        leaf = self.fields[-1]
        several = any(is_repeated(field) for field in self.fields)
        return bool(several or leaf.has_presence or value)

    def literal(self, value):
        if self.kind == "text":
            return f'"{escaped(value)}"'
        if self.kind == "time":
            seconds, nanos = value
            moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
            return f'"{moment:%Y-%m-%dT%H:%M:%S}.{nanos:09}Z"'
        if self.kind == "length":
            return f"{value[0]}.{value[1]:09}s"
        if self.kind == "enum":
            return self.fields[-1].enum_type.values_by_number[value].name
        return str(value).lower() if self.kind == "bool" else str(value)


def escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")


def compared(value):
    """Texts are compared byte by byte."""
    return value.encode() if isinstance(value, str) else value


class Filters(Lists):
    def setUp(self):
        super().setUp()
        self.random = random.Random(7)

    def filled(self):
        """(method, request, fields, {name: message of the row}) of each list with a filter."""
        for method in self.lists():
            if not method.has("filter"):
                continue
            self.fill(method)
            message = self.rows_field(method).message_type
            fields = []
            for path in self.filters(method):
                fields.append(Field(message, path))
                if fields[-1].map:
                    fields += [Field(message, path, "team"), Field(message, path, "x")]
            yield method, self.scope(method), fields, message

    def messages(self, method, request, message):
        make = message_factory.GetMessageClass(message)
        return {row["name"]: json_format.ParseDict(row, make(), descriptor_pool=self.contract.pool)
                for row in self.rows(method, {**request, "page_size": 1000})}

    def check(self, method, request, message, text, holds):
        """What the filter lets through is what the evaluation says of the rows at that moment: rows
        of destinations also have what delivery threads tell of them."""
        def look():
            rows = self.messages(method, request, message)
            got = {row["name"] for row in self.rows(method, {**request, "filter": text})}
            wanted = {name for name, row in rows.items() if holds(row)}
            self.last = f"{method.short} {text}\ngot {sorted(got)}\nnot {sorted(wanted)}"
            return got == wanted

        eventually(look, lambda: self.last)

    def candidates(self, field, rows):
        """Values to compare with: those that rows have, and others."""
        found = [value for row in rows.values() for value in field.values(row)]
        if field.kind == "enum":
            found += [value.number for value in field.fields[-1].enum_type.values]
        else:
            found += OTHER_VALUES[field.kind]
        if field.kind == "number":
            found = [value for value in found if value >= 0 or "u" not in self.type_of(field)]
        return list(dict.fromkeys(found))

    @staticmethod
    def type_of(field):
        leaf = field.fields[-1]
        unsigned = (leaf.CPPTYPE_UINT32, leaf.CPPTYPE_UINT64)
        return "unsigned" if leaf.cpp_type in unsigned else ""

    def restrictions(self, field, rows):
        """(text, evaluation) of each operator that the field has, each with some value."""
        values = self.candidates(field, rows)

        def some():
            return self.random.choice(values)

        yield f"{field.written}:*", lambda row: any(field.there(v) for v in field.values(row))
        value = some()
        yield (f"{field.written}:{field.literal(value)}",
               lambda row, value=value: value in field.values(row))
        if field.kind == "text":
            prefix = next((v for v in self.random.sample(values, len(values)) if v), "x")[:3]
            begin = prefix.encode()
            yield (f'{field.written}:"{escaped(prefix)}*"',
                   lambda row: any(v.encode().startswith(begin) for v in field.values(row)))
        if not field.single:
            return
        for operator in OPERATORS if field.kind not in ("enum", "bool") else OPERATORS[:2]:
            value = some()
            yield (f"{field.written} {operator} {field.literal(value)}",
                   lambda row, operator=operator, value=value: any(
                       COMPARE[operator](compared(v), compared(value)) for v in field.values(row)))
