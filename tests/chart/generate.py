"""Makes the chart's values.schema.json, and the table of values in its README, from values.yaml and the .proto files.

    generate.py [--check]      with --check nothing is written; exit code 1 where something would change

A value's comment is `# --` and its description; `# @schema` and JSON add to what its default says of its type.
"""

import difflib
import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/carillon"
PROTO = ROOT / "proto/carillon/v1"
PROTOS = ("config", "destination", "event_type", "tenant", "authorization", "options", "resource")

DURATION = {"type": "string", "pattern": r"^(0|([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+)$"}
SIZE = {"type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+(B|KiB|MiB|GiB|TiB)?$"}
SCALARS = {
    "string": {"type": "string"},
    "bytes": {"type": "string"},
    "bool": {"type": "boolean"},
    "double": {"type": "number"},
    "uint32": {"type": "integer", "minimum": 0, "maximum": 4294967295},
    "uint64": SIZE,
    "google.protobuf.Duration": DURATION,
    "google.protobuf.Timestamp": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T"},
    "Scalar": {"type": ["string", "number", "boolean"]},
}


class Value:
    """One value of values.yaml: its dotted path, default, description and what `@schema` says."""

    def __init__(self, path, node, default, comment):
        self.path, self.node, self.default = path, node, default
        text = [line for line in comment if not line.startswith("@schema")]
        self.description = " ".join(text).removeprefix("-- ").strip()
        self.extra = next((json.loads(line[7:]) for line in comment if line.startswith("@schema")), None)
        self.children = []


def comment_above(lines, line):
    """Returns the lines of the comment right above line number `line`, from its `--` on."""
    found = []
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        found.insert(0, lines[line].strip().removeprefix("#").strip())
    starts = [i for i, text in enumerate(found) if text.startswith("--")]
    return found[starts[0]:] if starts else []


def read_values():
    """Returns the tree of values.yaml. A map with `@schema` is one value; others are looked into."""
    text = (CHART / "values.yaml").read_text()
    lines = text.splitlines()
    loader = yaml.SafeLoader(text)

    def walk(node, path):
        values = []
        for key, child in node.value:
            value = Value(path + [key.value], child, loader.construct_object(child, deep=True),
                          comment_above(lines, key.start_mark.line))
            if isinstance(child, yaml.MappingNode) and value.extra is None and child.value:
                value.children = walk(child, value.path)
            values.append(value)
        return values

    return walk(loader.get_single_node(), [])


def type_of(default):
    """Returns the JSON type of a default."""
    for kind, name in ((bool, "boolean"), (int, "integer"), (str, "string"), (list, "array"), (dict, "object")):
        if isinstance(default, kind):
            return {"type": name}
    raise ValueError(f"a default of no known type: {default!r}")


def schema_of(values):
    """Returns the schema of a map that has these values and no others."""
    properties = {}
    for value in values:
        if value.children:
            schema = schema_of(value.children)
        elif value.extra is not None and ("type" in value.extra or "$ref" in value.extra):
            schema = dict(value.extra)
        else:
            schema = {**type_of(value.default), **(value.extra or {})}
        if value.description:
            schema["description"] = value.description
        properties[value.path[-1]] = schema
    return {"type": "object", "additionalProperties": False, "properties": properties}


def enum_values(body):
    """Returns the names of an enum as YAML has them, FORMAT_STANDARD as `standard` too."""
    names = [name for name in re.findall(r"^ +([A-Z][A-Z0-9_]*) = \d+;", body, re.M)]
    prefix = names[0].removesuffix("UNSPECIFIED")
    return [name.removeprefix(prefix).lower() for name in names[1:]] + names[1:]


def proto_definitions():
    """Returns a schema for each message and enum of the configuration."""
    text = "".join((PROTO / f"{name}.proto").read_text() for name in PROTOS)
    text = re.sub(r"//.*", "", text)
    # What only answers have is in no file; other marks of fields are not looked at.
    text = re.sub(r"^ +[^;{}]* = \d+ \[(?![^;]*file_only)[^;]*OUTPUT_ONLY[^;]*\];\n", "", text, flags=re.M)
    text = re.sub(r"^ +string etag = \d+;\n", "", text, flags=re.M)
    text = re.sub(r" \[\n?[^;]*\];", ";", text)
    definitions = {}
    for name, body in re.findall(r"^ *enum (\w+) \{\n(.*?)^ *\}", text, re.M | re.S):
        definitions[name] = {"enum": enum_values(body)}
    for name, body in re.findall(r"^message (\w+) \{\n(.*?)^\}", text, re.M | re.S):
        if name in SCALARS:
            continue
        properties = {}
        for label, kind, field in re.findall(r"^ +(optional |repeated )?([\w.]+) (\w+) = \d+;", body, re.M):
            schema = SCALARS.get(kind) or {"$ref": f"#/$defs/{kind}"}
            if label == "repeated ":
                items = {"type": "object", "allOf": [schema]} if "$ref" in schema else schema
                schema = {"type": "array", "items": items}
            properties[field] = nullable(schema)
        for field in re.findall(r"^ +map<string, string> (\w+) = \d+;", body, re.M):
            properties[field] = nullable({"type": "object", "additionalProperties": nullable({"type": "string"})})
        if properties:
            definitions[name] = {"type": ["object", "null"], "additionalProperties": False, "properties": properties}
    # Those alone that a file has.
    used, more = set(), {"Config"}
    while more:
        used |= more
        found = re.findall(r'"#/\$defs/(\w+)"', json.dumps([definitions[name] for name in used]))
        more = set(found) - used
    definitions = {name: each for name, each in definitions.items() if name in used}
    # What is a number of things is no size.
    for message, fields in (("JournalSettings", ("deduplication_ids", "kept_events", "kept_total_events")),):
        for field in fields:
            definitions[message]["properties"][field] = {"type": ["integer", "null"], "minimum": 0}
    # A list stands for the message.
    delays = definitions["Delays"]
    delays["type"].append("array")
    delays["items"] = delays["properties"]["items"]["items"]
    # So does a text for a message of texts that exclude each other.
    for name in ("Pem", "Secret"):
        definitions[name]["type"].append("string")
    # `9000` is written without quotes as well.
    definitions["GuardSettings"]["properties"]["allow_ports"]["items"] = {
        "type": ["integer", "string"], "minimum": 1, "maximum": 65535, "pattern": "^[0-9]+(-[0-9]+)?$"}
    definitions["Destination"]["required"] = ["name", "url"]
    definitions["Subscription"]["required"] = ["name", "types", "destinations"]
    return definitions


def nullable(schema):
    """A member that is null counts as left out."""
    if "type" not in schema:
        return schema
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": kinds + ["null"]}


def schema_text(values):
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of the chart carillon"}
    schema.update(schema_of(values))
    # Helm gives every chart these, and sub-charts of an umbrella chart an `enabled` besides.
    schema["properties"]["global"] = {"type": "object"}
    schema["properties"]["enabled"] = {"type": "boolean"}
    schema["$defs"] = proto_definitions()
    return json.dumps(schema, indent=1) + "\n"


def leaves(values):
    for value in values:
        yield from leaves(value.children) if value.children else [value]


def table(values):
    """Returns the table of all values."""
    rows = ["| value | default | what it is |", "|---|---|---|"]
    for value in leaves(values):
        if not value.description:
            raise SystemExit(f"values.yaml: {'.'.join(value.path)} has no comment that begins with `# --`")
        default = json.dumps(value.default)
        default = f"`{default}`" if len(default) <= 60 else "see values.yaml"
        rows.append(f"| `{'.'.join(value.path)}` | {default} | {value.description.replace('|', chr(92) + '|')} |")
    return "\n".join(rows)


def main():
    values = read_values()
    readme = (CHART / "README.md").read_text()
    begin, end = "<!-- values: tests/chart/generate.py -->\n", "\n<!-- end of values -->"
    head, rest = readme.split(begin)
    results = {
        CHART / "README.md": head + begin + table(values) + end + rest.split(end)[1],
        CHART / "values.schema.json": schema_text(values),
    }
    different = False
    for path, text in results.items():
        old = path.read_text() if path.exists() else ""
        if old == text:
            continue
        different = True
        if "--check" in sys.argv:
            lines = difflib.unified_diff(old.splitlines(), text.splitlines(), str(path), "generated", lineterm="", n=0)
            print("\n".join(list(lines)[:40]))
        else:
            path.write_text(text)
    if different and "--check" in sys.argv:
        sys.exit("not up to date: run tests/chart/generate.py")


if __name__ == "__main__":
    main()
