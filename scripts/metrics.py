#!/usr/bin/env python3
"""Makes code and documents of lib/metrics/metrics.toml, where each metric is told once.

    scripts/metrics.py            writes what is made of it
    scripts/metrics.py --check    says which of it is stale; exit 1 when something is
"""

import json
import pathlib
import re
import subprocess
import sys
import textwrap
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[1]
TABLE = ROOT / "lib/metrics/metrics.toml"
LABELS = ROOT / "lib/metrics/include/carillon/metrics/labels.h"
FAMILIES = ROOT / "lib/metrics/src/families.h"
DOCS = ROOT / "docs/metrics.md"
MADE = "// Made by scripts/metrics.py from lib/metrics/metrics.toml: change that, not this."
HEADER = "| name | type | labels | meaning |\n|---|---|---|---|\n"


class Values:
    """A label's values that are known beforehand."""

    def __init__(self, given):
        self.type = given.get("type")
        self.comment = given.get("comment", "")
        self.items = given.get("items", [])
        self.made_here = "of" not in given
        self.names = given.get("of") or given.get("names") or f"k{self.type}Names"

    def in_words(self):
        return ", ".join(f"`{name}` ({what})" if what else f"`{name}`" for name, what in self.items)


class Metric:
    def __init__(self, given, values):
        self.name, self.type, self.help = given["name"], given["type"], given["help"]
        pairs = [one.partition("=") for one in given.get("labels", [])]
        self.labels = [(name, values[of] if of else None) for name, _, of in pairs]
        words = {name: of.in_words() for name, of in self.labels if of}
        self.meaning = re.sub(r"\{(\w+)\}", lambda found: words[found[1]], given.get("meaning", self.help))

    def constant(self):
        return "k" + camel(self.name.removeprefix("carillon_"))

    def row(self):
        labels = ", ".join(f"`{name}`" for name, _ in self.labels) or "-"
        return f"| `{self.name}` | {self.type} | {labels} | {self.meaning} |\n"


class Table:
    def __init__(self, text):
        given = tomllib.loads(text)
        self.values = [Values(one) for one in given["values"].values()]
        by_name = dict(zip(given["values"], self.values))
        self.sections = [(section["title"], [Metric(one, by_name) for one in section["metric"]])
                         for section in given["section"]]
        self.metrics = [metric for _, metrics in self.sections for metric in metrics]
        names = [metric.name for metric in self.metrics]
        if len(set(names)) < len(names):
            raise ValueError(f"{TABLE.name}: told twice: {sorted({n for n in names if names.count(n) > 1})}")


def camel(name):
    return "".join(word[0].upper() + word[1:] for word in name.split("_"))


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def plain(text):
    """Without what only Markdown reads."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def comment(text, indent=""):
    before = indent + "/// "
    return "\n".join(textwrap.wrap(text, 99, initial_indent=before, subsequent_indent=before,
                                   break_long_words=False, break_on_hyphens=False))


def labels_header(table):
    used = {}
    for metric in table.metrics:
        for label, values in metric.labels:
            used.setdefault(values, []).append(f"label `{label}` of `{metric.name}`")
    out = [MADE, "#pragma once\n", "#include <array>", "#include <cstddef>", "#include <cstdint>",
           "#include <string_view>\n", "namespace carillon::metrics {\n"]
    for values in table.values:
        if not values.made_here:
            continue
        out.append(comment(f"{values.comment.rstrip('.')}: {' and '.join(used[values])}."))
        names = ", ".join(quoted(name) for name, _ in values.items)
        count = len(values.items)
        if values.type:
            out.append(f"enum class {values.type} : uint8_t {{")
            for name, what in values.items:
                if what:
                    out.append(comment(plain(what), "  "))
                out.append(f"  k{camel(name)},")
            out.append(f"}};\ninline constexpr size_t k{values.type}Count = {count};")
            count = f"k{values.type}Count"
        out.append(f"inline constexpr std::array<std::string_view, {count}> {values.names} = {{{names}}};\n")
    out.append("}  // namespace carillon::metrics")
    return formatted(LABELS, "\n".join(out) + "\n")


def families_header(table):
    out = [MADE, "#pragma once\n", "#include <array>\n", '#include "carillon/metrics/labels.h"',
           '#include "carillon/model/outcome.h"', '#include "carillon/model/shortage.h"',
           '#include "family.h"\n', "namespace carillon::metrics::families {\n"]
    for metric in table.metrics:
        labels = ", ".join(f"{{{quoted(name)}, {values.names}}}" if values else f"{{{quoted(name)}, {{}}}}"
                           for name, values in metric.labels)
        out.append(f"inline constexpr Family {metric.constant()}{{{quoted(metric.name)}, {quoted(metric.help)}, "
                   f"prometheus::MetricType::{metric.type.capitalize()}, {{{{{labels}}}}}}};")
    names = ", ".join("&" + metric.constant() for metric in table.metrics)
    out.append(f"\n/// Every one, in the order of docs/metrics.md.\ninline constexpr std::array<const Family*, "
               f"{len(table.metrics)}> kAll = {{{names}}};\n\n}}  // namespace carillon::metrics::families")
    return formatted(FAMILIES, "\n".join(out) + "\n")


def formatted(path, text):
    return subprocess.run(["clang-format-19", f"--assume-filename={path}"], input=text, capture_output=True,
                          text=True, check=True).stdout


def document(table):
    text = DOCS.read_text()
    for title, metrics in table.sections:
        rows = "".join(metric.row() for metric in metrics)
        section = re.compile(rf"(^## {re.escape(title)}\n.*?){re.escape(HEADER)}(?:\|[^\n]*\n)*", re.M | re.S)
        found = section.search(text)
        if not found:
            raise ValueError(f"docs/metrics.md: no table under '{title}'")
        text = text[:found.end(1)] + HEADER + rows + text[found.end():]
    return text


def main():
    table = Table(TABLE.read_text())
    check = sys.argv[1:] == ["--check"]
    stale = 0
    for path, text in ((LABELS, labels_header(table)), (FAMILIES, families_header(table)), (DOCS, document(table))):
        if path.exists() and path.read_text() == text:
            continue
        stale += 1
        if check:
            print(f"{path.relative_to(ROOT)}: not what lib/metrics/metrics.toml says: run scripts/metrics.py")
        else:
            path.write_text(text)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
