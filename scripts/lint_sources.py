"""Checks of the C++ sources that no compiler makes; scripts/lint.sh runs it.

- A source includes what it uses (of the names in HEADERS), itself or through headers of this project:
  precompiled headers and unity builds hide what is missing.
- Locks are those of base/mutex.h, and whoever has one says what it guards: clang's -Wthread-safety sees
  no others.
- No two sources of a folder define the same name for themselves alone, nor one that a header of their
  part declares: a unity build compiles them as one.
- A header's name stands once in lib/ and services/: who looks for `retry.h` finds one.
- A library reads no clock but the one that it was given (base::Clock), but for the parts in OWN_TIME."""

import collections
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = ("lib", "services", "tests")

# Name -> the headers that bring it.
HEADERS = {
    "std::array": ["array"], "std::atomic": ["atomic"], "std::chrono": ["chrono"],
    "std::deque": ["deque"],
    "std::function": ["functional"], "std::future": ["future"],
    "std::make_shared": ["memory"], "std::make_unique": ["memory"], "std::map": ["map"],
    "std::nullopt": ["optional"], "std::optional": ["optional"],
    "std::promise": ["future"], "std::set": ["set"], "std::shared_ptr": ["memory"],
    "std::span": ["span"], "std::string": ["string"],
    "std::string_view": ["string_view", "string"], "std::thread": ["thread"],
    "std::unique_ptr": ["memory"], "std::unordered_map": ["unordered_map"],
    "std::variant": ["variant"], "std::vector": ["vector"],
    "absl::StatusOr": ["absl/status/statusor.h"], "absl::StrCat": ["absl/strings/str_cat.h"],
    "absl::flat_hash_map": ["absl/container/flat_hash_map.h"],
}
COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"', re.DOTALL)


class Sources:
    def __init__(self):
        files = [p for folder in FOLDERS for p in sorted((ROOT / folder).rglob("*"))
                 if p.suffix in (".h", ".cc")]
        self.text = {p: p.read_text() for p in files}
        self.includes = {p: re.findall(r'^#include [<"](.*?)[>"]', text, re.MULTILINE)
                         for p, text in self.text.items()}
        self.by_name = collections.defaultdict(list)
        for path in files:
            self.by_name[path.name].append(path)

    def find(self, name, source):
        """The header of this project that `source` includes by that name, or None."""
        beside = pathlib.Path(os.path.normpath(source.parent / name))
        if beside in self.text:
            return beside
        fits = [p for p in self.by_name[name.rpartition("/")[2]] if str(p).endswith("/" + name)]
        return fits[0] if fits else None

    def reached(self, source):
        """The foreign headers that a source has by includes of this project."""
        seen, todo, foreign = set(), [source], set()
        while todo:
            path = todo.pop()
            if path in seen:
                continue
            seen.add(path)
            for name in self.includes[path]:
                header = self.find(name, path)
                if header:
                    todo.append(header)
                else:
                    foreign.add(name)
        return foreign


def missing_includes(sources):
    for path, text in sources.text.items():
        code = COMMENT_OR_TEXT.sub("", text)
        used = set(re.findall(r"(?<![\w:])(?:std|absl)::\w+", code)) & HEADERS.keys()
        has = sources.reached(path)
        for name in sorted(used):
            if not has.intersection(HEADERS[name]):
                yield f"{path.relative_to(ROOT)}: uses {name}, but nothing includes <{HEADERS[name][0]}>"


def unseen_locks(sources):
    for path, text in sources.text.items():
        place = path.relative_to(ROOT)
        if place.parts[0] == "tests" or place.parts[-2:] == ("base", "mutex.h"):
            continue
        code = COMMENT_OR_TEXT.sub("", text)
        for name in sorted(set(re.findall(r"(?<!base_sink<)\bstd::(?:\w*mutex|lock_guard|unique_lock|scoped_lock|"
                                          r"shared_lock|condition_variable\w*)\b", code))):
            yield f"{place}: {name}: take those of carillon/base/mutex.h"
        for name in re.findall(r"^  (?:mutable )?base::Mutex (\w+);", code, re.MULTILINE):
            if not re.search(rf"(?:GUARDED_BY|LOCKS_REQUIRED)\({name}\)", code) and f"guarded by {name}" not in text:
                yield f"{place}: {name}: nothing says what it guards (ABSL_GUARDED_BY)"


def own_names(text):
    """What a source defines in its anonymous namespace; of functions with the types of what they
    take, as they can be overloaded."""
    names, spaces = set(), []
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if space := re.match(r"namespace( [\w:]+)? \{", line):
            spaces.append(space[1])
        elif line.startswith("}  // namespace"):
            spaces = spaces[:-1]
        elif None in spaces and re.match(r"[A-Za-z]", line):
            if found := re.match(r"(?:class|struct|enum class|enum) (?:\w+ )*?(\w+)[^;]*\{", line):
                names.add(found[1])
            elif found := re.match(r"(?!TEST|template|namespace|using|INSTANTIATE)[\w:<>,&*\[\] ]+?[\s&*>](\w+)(\(| =|;|\{|\[)",
                                   line):
                names.add(found[1] + (parameters(lines[number:number + 6], found.end(1))
                                      if found[2] == "(" else ""))
    return names


def parameters(lines, begin):
    """The types in a list of parameters, which begins in the first line."""
    text = " ".join([lines[0][begin:], *lines[1:]])
    depth = 0
    for end, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            break
    without_defaults = re.sub(r" = [^,]+", "", text[1:end])
    return "(" + ",".join(re.sub(r"[ ]*\b\w+$", "", p.strip()) for p in without_defaults.split(",")) + ")"


def names_twice(sources):
    folders = collections.defaultdict(lambda: collections.defaultdict(list))
    for path, text in sources.text.items():
        if path.suffix == ".cc" and path.parent.name != "bench":  # each a program of its own
            for name in own_names(text):
                folders[path.parent][name].append(path.name)
    for folder, names in folders.items():
        for name, files in sorted(names.items()):
            if "(" in name:  # nor may a function have the name of a type, or of a constant
                files = [*files, *names.get(name.partition("(")[0], [])]
            if len(files) > 1:
                yield (f"{folder.relative_to(ROOT)}: {name.partition('(')[0]} is defined by "
                       f"{' and '.join(files)}; rename one, or say it once in a header")


def part_of(path):
    """lib/<part>, services/<program> or tests/<kind>/<part>."""
    steps = path.relative_to(ROOT).parts
    return steps[:3 if steps[0] == "tests" else 2]


def names_of_headers(sources):
    """What a source defines for itself, though a header of its part has the name."""
    declared = collections.defaultdict(dict)
    for path, text in sources.text.items():
        if path.suffix == ".h":
            for name in re.findall(r"^(?:class|struct|enum class|inline constexpr [\w:]+|constexpr [\w:]+) "
                                   r"(\w+)(?=[ ;{(])", text, re.MULTILINE):
                declared[part_of(path)][name] = path.name
    for path, text in sources.text.items():
        if path.suffix == ".cc":
            for name in sorted({name.partition("(")[0] for name in own_names(text)}):
                if header := declared[part_of(path)].get(name):
                    yield f"{path.relative_to(ROOT)}: {name} is declared by {header} too; rename one"


def headers_twice(sources):
    """Headers of one name in different parts."""
    for name, paths in sorted(sources.by_name.items()):
        files = [str(p.relative_to(ROOT)) for p in paths if part_of(p)[0] in ("lib", "services")]
        if name.endswith(".h") and len(files) > 1:
            yield f"{' and '.join(files)}: two headers have one name; rename one"


CLOCK = re.compile(r"\b(?:steady_clock|system_clock|high_resolution_clock|Clock)::now\b|\babsl::Now\b")
# What has a reason to ask the system: base::SystemClock does; admin/fetch is a tool's; the others keep real
# sockets, queues and threads from waiting for ever, and tell nobody a time.
OWN_TIME = ("base", "admin", "config", "log", "web", "rpc", "tracing", "engine")


def own_clocks(sources):
    for path, text in sources.text.items():
        steps = path.relative_to(ROOT).parts
        if steps[0] == "lib" and steps[1] not in OWN_TIME and CLOCK.search(COMMENT_OR_TEXT.sub("", text)):
            yield f"{path.relative_to(ROOT)}: reads the system's clock; take a base::Clock"


def main():
    sources = Sources()
    faults = [*missing_includes(sources), *unseen_locks(sources), *names_twice(sources),
              *names_of_headers(sources), *headers_twice(sources), *own_clocks(sources)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
