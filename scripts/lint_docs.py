"""Checks of the documents that no Markdown linter makes; scripts/lint.sh runs it. With --fix it fills
paragraphs anew that have wider lines.

- A link to a file or to a heading of one leads somewhere.
- Prose is at most LINE columns wide; tables, code and lines that are one link may be wider.
- The types that docs/terminology.md names in its column "in code" exist.
- A file or folder of this repository that is named between backquotes exists.
- One spelling: timeout, lookup, authorization (codespell checks the rest of American English).
"""

import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
LINE = 120
FILL = 108  # new lines are shorter, so that a word more does not fill a paragraph anew
SPELLINGS = {r"\btime-outs?\b": "timeout", r"\blook-ups?\b": "lookup", r"\bback-off\b": "backoff",
             r"\boftener\b": "more often", r"\bcircuit-breaker\b(?![)-])": "circuit breaker"}
# Back-off is what another project calls a pause.
QUOTED = {("docs/terminology.md", "backoff")}


def documents():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT,
                            capture_output=True, text=True, check=False).stdout.split()
    if listed:
        return [ROOT / name for name in listed if (ROOT / name).exists()]
    skipped = {"build", "node_modules", ".git"}  # a copy without Git
    return [p for p in ROOT.rglob("*.md") if not skipped.intersection(p.relative_to(ROOT).parts)]


def prose(text):
    """(line number, line) of what is neither code nor comment."""
    fence = None
    for number, line in enumerate(text.split("\n"), 1):
        if mark := re.match(r"\s*(```|~~~)", line):
            fence = None if fence == mark[1] else fence or mark[1]
            continue
        if fence is None:
            yield number, line


def anchors(path, known={}):  # noqa: B006 (a cache)
    """The names under which GitHub shows the headings of a document."""
    if path not in known:
        names = []
        for _, line in prose(path.read_text()):
            if heading := re.match(r"#{1,6} +(.*?) *#*$", line):
                text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
                name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
                count = names.count(name)
                names.append(name)
                if count:
                    names.append(f"{name}-{count}")
            names += re.findall(r'<a (?:id|name)="([^"]+)"', line)
        known[path] = set(names)
    return known[path]


def links(path, text):
    for number, line in prose(text):
        line = re.sub(r"`[^`]*`", "``", line)
        for target in re.findall(r"\]\(<?([^)>\s]+)", line):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            goal = (path.parent / name).resolve() if name else path
            if not goal.exists():
                yield f"{number}: the link {target} leads nowhere"
            elif anchor and goal.suffix == ".md" and anchor not in anchors(goal):
                yield f"{number}: {goal.name} has no heading #{anchor}"


def names(text):
    for number, line in prose(text):
        for name in re.findall(r"`((?:docs|helm|image|lib|proto|scripts|services|tests|cmake)/[\w./*-]+)`", line):
            if not any(ROOT.glob(name.rstrip("/"))):
                yield f"{number}: there is no {name}"


def looks(path, text):
    relative = str(path.relative_to(ROOT))
    for number, line in prose(text):
        only_a_link = re.fullmatch(r"[-*\s]*\[[^\]]*\]\(\S+\)\W*", line)
        if len(line) > LINE and not re.match(r" {4}|\s*\|", line) and not only_a_link:
            yield f"{number}: {len(line)} columns; prose has at most {LINE}"
        for pattern, word in SPELLINGS.items():
            if re.search(pattern, re.sub(r"`[^`]*`", "", line)) and (relative, word) not in QUOTED:
                yield f"{number}: write '{word}'"


def terms(text):
    """Types of the terminology that no source has."""
    code = "\n".join(p.read_text() for p in [*ROOT.glob("lib/**/*.h"), *ROOT.glob("services/**/*.h")])
    column = None
    for number, line in prose(text):
        cells = [cell.strip() for cell in re.sub(r"`[^`]*`", lambda m: m[0].replace("|", ""), line).split("|")]
        if "in code" in cells:
            column = cells.index("in code")
        elif not line.startswith("|"):
            column = None
        elif column and column < len(cells):
            today = re.sub(r"\(planned: [^)]*\)", "", cells[column])
            for name in re.findall(r"`([A-Za-z_]+::)?(\w+)(?:\(\))?`", today):
                if not re.search(rf"\b{name[1]}\b", code):
                    yield f"{number}: no header has {''.join(name)}; name the type of today"


def filled(text):
    """The text with each paragraph or item of a list filled anew that has a line over LINE."""
    out, block, fence = [], [], False

    def end():
        if any(len(line) > LINE for line in block):
            first = re.match(r"\s*(?:[-*] |\d+\. |> )?", block[0])[0]
            rest = re.match(r"\s*(?:> )?", block[1])[0] if len(block) > 1 else " " * len(first)
            words = " ".join([block[0][len(first):], *(line.strip() for line in block[1:])])
            # What would begin an item or a heading at the begin of a line stays behind its word.
            words = re.sub(r" (?=(?:[-+*>|]|#+|\d+[.)]) )", "\0", words)
            block[:] = textwrap.wrap(words, FILL, initial_indent=first, subsequent_indent=rest,
                                     break_long_words=False, break_on_hyphens=False)
            block[:] = [line.replace("\0", " ") for line in block]
        out.extend(block)
        block.clear()

    for line in text.split("\n"):
        if re.match(r"\s*(```|~~~)", line):
            end()
            fence = not fence
            out.append(line)
        elif fence or not line.strip() or re.match(r"\||#|<|    ", line):
            # Code, empty lines, tables, headings, HTML; four spaces: code, or an item of an item.
            if line.startswith("    ") and block and not fence:
                block.append(line)
                continue
            end()
            out.append(line)
        else:
            if re.match(r"\s*(?:[-*] |\d+\. )", line):
                end()
            block.append(line)
    end()
    return "\n".join(out)


def main():
    if "--fix" in sys.argv[1:]:
        for path in documents():
            text = path.read_text()
            if any(fault.endswith(f"at most {LINE}") for fault in looks(path, text)):
                path.write_text(filled(text))
    faults = [f"docs/terminology.md:{fault}" for fault in
              terms((ROOT / "docs/terminology.md").read_text())]
    for path in documents():
        text = path.read_text()
        faults += [f"{path.relative_to(ROOT)}:{fault}" for fault in [*links(path, text), *names(text), *looks(path, text)]]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
