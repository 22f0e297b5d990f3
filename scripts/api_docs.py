#!/usr/bin/env python3
"""Makes docs/api.md, the reference of the API, of the comments and options in proto/carillon/v1.

    scripts/api_docs.py            writes it
    scripts/api_docs.py --check    says whether it is stale; exit 1 when it is
"""

import itertools
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs/api.md"
PACKAGE = ".carillon.v1."
# What the options of the contract are written in: protoc shows them by name.
OPTIONS = ["carillon/v1/options.proto", "google/api/field_behavior.proto", "google/api/resource.proto",
           "carillon/v1/portal_service.proto"]

INTRO = """# API reference

<!-- Made by scripts/api_docs.py from proto/carillon/v1: change that, not this. -->

Every service, method and message of [`proto/carillon/v1`](../proto/carillon/v1) that can be called. What holds for
all of them (rights, field masks, etags, filters, pages, repetition) is told in [administration.md](administration.md),
the same by JSON over HTTP in [json-api.md](json-api.md), publishing in [publishing.md](publishing.md). In JSON a member
is named in lowerCamelCase: `display_name` is `displayName`.
"""

# ---- protoc's text format -------------------------------------------------------------------------

TOKEN = re.compile(r"""\s*(?:([{}:])|(\[[\w.]+\])|("(?:[^"\\]|\\.)*")|([^\s{}:"]+))""")


def parse(text):
    """A message as {name: [value, ...]}; values are strings or messages."""
    stack = [{}]
    name = None
    for match in TOKEN.finditer(text):
        mark, extension, string, word = match.groups()
        if mark == "{":
            inner = {}
            stack[-1].setdefault(name, []).append(inner)
            stack.append(inner)
            name = None
        elif mark == "}":
            stack.pop()
        elif mark == ":":
            pass
        elif name is None:
            name = extension or word
            continue
        else:
            value = unquoted(string) if string else word
            stack[-1].setdefault(name, []).append(value)
            name = None
    return stack[0]


def unquoted(string):
    data = re.sub(rb"\\([0-7]{3}|.)",
                  lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3
                  else {b"n": b"\n", b"t": b"\t", b"r": b"\r"}.get(m[1], m[1]),
                  string[1:-1].encode())
    return data.decode()


def one(message, name, otherwise=""):
    return message.get(name, [otherwise])[0]


def descriptors():
    files = sorted(str(p.relative_to(ROOT / "proto")) for p in (ROOT / "proto/carillon/v1").glob("*.proto"))
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["protoc", "-I", "proto", "--include_source_info", "--include_imports",
                        f"--descriptor_set_out={out.name}", *files], cwd=ROOT, check=True)
        text = subprocess.run(["protoc", "-I", "proto", "--decode=google.protobuf.FileDescriptorSet", *OPTIONS,
                               "google/protobuf/descriptor.proto"], cwd=ROOT, check=True,
                              stdin=open(out.name, "rb"), capture_output=True, text=True).stdout
    return [file for file in parse(text)["file"] if one(file, "name") in files]


# ---- what the files say ---------------------------------------------------------------------------

class Type:
    """A message, an enum or a service."""

    def __init__(self, kind, name, proto, comment, comments, path):
        self.kind, self.name, self.proto, self.comment = kind, name, proto, comment
        self._comments, self._path = comments, path

    def comment_of(self, member, index):
        return self._comments.get((*self._path, member, index), "")


class Contract:
    def __init__(self):
        self.types = {}
        self.services = []
        for file in descriptors():
            comments = {}
            for place in one(file, "source_code_info", {}).get("location", []):
                comments[tuple(map(int, place.get("path", [])))] = one(place, "leading_comments")
            for i, service in enumerate(file.get("service", [])):
                name = one(service, "name")
                self.services.append(Type("service", name, service, comments.get((6, i), ""), comments, (6, i)))
            self._add(file, "message_type", 4, "enum_type", 5, "", comments, ())

    def _add(self, scope, messages, message_number, enums, enum_number, prefix, comments, path):
        for i, message in enumerate(scope.get(messages, [])):
            if one(one(message, "options", {}), "map_entry") == "true":
                self.types[prefix + one(message, "name")] = Type("map", "", message, "", {}, ())
                continue
            name, at = prefix + one(message, "name"), (*path, message_number, i)
            self.types[name] = Type("message", name, message, comments.get(at, ""), comments, at)
            self._add(message, "nested_type", 3, "enum_type", 4, name + ".", comments, at)
        for i, enum in enumerate(scope.get(enums, [])):
            name, at = prefix + one(enum, "name"), (*path, enum_number, i)
            self.types[name] = Type("enum", name, enum, comments.get(at, ""), comments, at)

    def reached(self):
        """The names of what a service takes or answers, and of all that is in it."""
        waiting = [one(m, k) for s in self.services for m in s.proto.get("method", [])
                   for k in ("input_type", "output_type")]
        seen = set()
        while waiting:
            name = waiting.pop().removeprefix(PACKAGE)
            if name in seen or name not in self.types:
                continue
            seen.add(name)
            waiting += [one(f, "type_name") for f in self.types[name].proto.get("field", [])
                        if one(f, "type_name")]
        return seen


# ---- Markdown -------------------------------------------------------------------------------------

def paragraphs(comment):
    """A comment as Markdown: its paragraphs filled, indented lines as they stand."""
    lines = [line.removeprefix(" ") for line in comment.rstrip().split("\n")]
    out = []
    for verbatim, group in itertools.groupby(lines, lambda line: line.startswith("  ")):
        if verbatim:
            out += ["```text", *textwrap.dedent("\n".join(group)).split("\n"), "```"]
            continue
        for empty, paragraph in itertools.groupby(group, lambda line: not line):
            out += [""] if empty else filled(" ".join(paragraph))
    return re.sub(r"\n?\n(```text\n)", r"\n\n\1", "\n".join(out))


def filled(text):
    return textwrap.wrap(text, 108, break_long_words=False, break_on_hyphens=False)


def cell(comment):
    text = " ".join(line.strip() for line in comment.strip().split("\n"))
    return text.replace("|", "\\|")


def anchor(name):
    return re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-")


class Document:
    def __init__(self, contract):
        self.contract = contract
        self.shown = {name for name in contract.reached() if contract.types[name].kind != "map"}

    def link(self, name):
        short = name.removeprefix(PACKAGE)
        if short in self.shown:
            return f"[{short}](#{anchor(short)})"
        return f"`{short.removeprefix('.google.protobuf.')}`"

    def type_of(self, field):
        name = one(field, "type_name")
        entry = self.contract.types.get(name.removeprefix(PACKAGE))
        if entry is not None and entry.kind == "map":
            key, value = entry.proto["field"]
            return f"map of {self.type_of(key)} to {self.type_of(value)}"
        text = self.link(name) if name else one(field, "type").removeprefix("TYPE_").lower()
        return f"list of {text}" if one(field, "label") == "LABEL_REPEATED" else text

    @staticmethod
    def remarks(field):
        """What its options say."""
        options = one(field, "options", {})
        words = [behavior.lower().replace("_", " ") for behavior in options.get("[google.api.field_behavior]", [])]
        rule = one(options, "[carillon.v1.rule]", {})
        if "default" in rule:
            words.append(f"default `{one(rule, 'default')}`")
        if "min" in rule or "max" in rule:
            words.append(f"`{one(rule, 'min', '…')}` to `{one(rule, 'max', '…')}`"
                         + (", or 0" if one(rule, "or_zero") == "true" else ""))
        if "max_bytes" in rule:
            words.append(f"at most {one(rule, 'max_bytes')} bytes")
        if "max_items" in rule:
            words.append(f"at most {one(rule, 'max_items')} items")
        if one(rule, "file_only") == "true":
            words.append("only in the file")
        if one(rule, "secret") == "true":
            words.append("never in an answer, except the one that makes it")
        if one(rule, "atomic") == "true":
            words.append("replaced as a whole")
        if one(options, "deprecated") == "true":
            words.append("deprecated")
        return "; ".join(words)

    def service(self, service):
        out = [f"\n## {service.name}\n", paragraphs(service.comment) + "\n"]
        out += ["| method | takes | answers | roles |", "|---|---|---|---|"]
        for method in service.proto.get("method", []):
            access = one(one(method, "options", {}), "[carillon.v1.access]", {})
            roles = ", ".join(f"`{role.removeprefix('ROLE_').lower()}`" for role in access.get("roles", []))
            if one(access, "scope") == "SCOPE_CALLER":
                roles = "every caller"
            if one(method.get("options", [{}])[0], "[carillon.v1.credential_in_request]") == "true":
                roles = "whoever has what the request is to hold"
            if one(access, "portal") == "true":
                roles += "; portal sessions"
            sent = "stream of " if one(method, "client_streaming") == "true" else ""
            answered = "stream of " if one(method, "server_streaming") == "true" else ""
            out.append(f"| {one(method, 'name')} | {sent}{self.link(one(method, 'input_type'))} | "
                       f"{answered}{self.link(one(method, 'output_type'))} | {roles or '-'} |")
        told = [(one(m, "name"), service.comment_of(2, i)) for i, m in enumerate(service.proto.get("method", []))]
        out += ["\n" + paragraphs(f" **{name}**:{comment}") for name, comment in told if comment]
        return "\n".join(out) + "\n"

    def message(self, it):
        out = [f"\n### {it.name}\n"]
        if it.comment:
            out.append(paragraphs(it.comment) + "\n")
        resource = one(one(it.proto, "options", {}), "[google.api.resource]", {})
        if resource:
            names = " or ".join(f"`{pattern}`" for pattern in resource.get("pattern", []))
            out.append(f"A resource, named {names}.\n")
        fields = it.proto.get("field", [])
        if not fields:
            out.append("No members.\n")
            return "\n".join(out)
        groups = [one(group, "name") for group in it.proto.get("oneof_decl", [])]
        out += ["| member | type | meaning |", "|---|---|---|"]
        for i, field in enumerate(fields):
            meaning = [cell(it.comment_of(2, i))]
            if "oneof_index" in field and one(field, "proto3_optional") != "true":
                meaning.append(f"(One of `{groups[int(one(field, 'oneof_index'))]}`.)")
            if remarks := self.remarks(field):
                meaning.append(f"*{remarks[0].upper() + remarks[1:]}.*")
            out.append(f"| `{one(field, 'name')}` | {self.type_of(field)} | {' '.join(filter(None, meaning))} |")
        return "\n".join(out) + "\n"

    @staticmethod
    def enum(it):
        out = [f"\n### {it.name}\n"]
        if it.comment:
            out.append(paragraphs(it.comment) + "\n")
        out += ["| value | meaning |", "|---|---|"]
        for i, value in enumerate(it.proto["value"]):
            if not one(value, "name").endswith("_UNSPECIFIED"):
                out.append(f"| `{one(value, 'name')}` | {cell(it.comment_of(2, i))} |")
        return "\n".join(out) + "\n"

    def text(self):
        services = sorted(self.contract.services, key=lambda service: service.name)
        reasons = self.contract.types["ErrorReason"]
        self.shown.add(reasons.name)
        out = [INTRO, *map(self.service, services), "\n## Messages\n"]
        for name in sorted(self.shown - {reasons.name}):
            it = self.contract.types[name]
            out.append(self.message(it) if it.kind == "message" else self.enum(it))
        out.append("\n## Reasons of errors\n\n"
                   "In the `reason` of `google.rpc.ErrorInfo`, whose domain is `carillon`.\n")
        out.append(self.enum(reasons))
        return "".join(out).rstrip() + "\n"


def main():
    text = Document(Contract()).text()
    if DOCS.exists() and DOCS.read_text() == text:
        return 0
    if sys.argv[1:] == ["--check"]:
        print("docs/api.md: not what proto/carillon/v1 says: run scripts/api_docs.py")
        return 1
    DOCS.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
