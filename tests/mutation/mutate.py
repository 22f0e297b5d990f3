"""Breaks the code in each of the ways that are listed, and says which of them no test notices.

All mutants are built at once: in a copy of the sources each place that is listed becomes a choice
between what it is and its mutant, by the environment variable CARILLON_MUTANT. So there is one
build, and one run of tests for each mutant. The working tree is never touched.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COPY = ROOT / "build/mutants/source"
BUILD = COPY / "build/release"
CHOICE = "carillon/base/mutant.h"
# Where tests write: in memory, where there is such a folder. Many of them wait for the disk.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
HEADER = """#pragma once

#include <cstdlib>

#pragma clang diagnostic ignored "-Weverything"

namespace carillon {
/// Whether the tests run with this mutant.
inline bool IsMutant(int number) {
  static const char* const chosen = std::getenv("CARILLON_MUTANT");
  static const int mutant = chosen == nullptr ? 0 : std::atoi(chosen);
  return mutant == number;
}
}  // namespace carillon
"""


class Mistake(Exception):
    """The list, or the build, is not as it should be."""


def balanced(text):
    """Whether every block that is opened in it is closed in it, and no other."""
    depth = 0
    for sign in re.findall(r"[{}]", text):
        depth += 1 if sign == "{" else -1
        if depth < 0:
            return False
    return depth == 0


@dataclasses.dataclass
class Mutant:
    name: str
    part: str
    file: str
    old: str
    new: str
    nth: int = 1
    short: bool = False
    killers: list = dataclasses.field(default_factory=list)
    equivalent: str = ""
    number: int = 0

    def span(self, text):
        """Where `old` is in the file: its only place, or the nth where that is said."""
        places = [found.start() for found in re.finditer(re.escape(self.old), text)]
        if len(places) < self.nth or (self.nth == 1 and len(places) > 1 and not self.nth_is_said):
            raise Mistake(f"{self.part}.toml: '{self.name}': its text is in {self.file} "
                          f"{len(places)} times")
        return places[self.nth - 1], places[self.nth - 1] + len(self.old)

    nth_is_said: bool = False

    def check_form(self):
        """An expression stands alone: what is no whole statement becomes one side of a choice."""
        for text in (self.old, self.new):
            bare = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])\'', "0", text).strip()
            if self.old.endswith((";", "}")):
                if not balanced(bare):
                    raise Mistake(f"{self.part}.toml: '{self.name}': '{text}' is part of a block "
                                  "and part of what is around it")
                continue
            dangling = bare == "" or re.search(
                r"^(&&|\|\||(if|else|for|while|return|case)\b)|(&&|\|\||\{)$", bare)
            if dangling or bare.count("(") != bare.count(")"):
                raise Mistake(f"{self.part}.toml: '{self.name}': '{text}' is neither a whole "
                              "expression nor a whole statement")

    def choice(self):
        chosen = f"::carillon::IsMutant({self.number})"
        if self.old.endswith((";", "}")):
            return f"if ({chosen}) {{ {self.new} }} else {{ {self.old} }}"
        return f"({chosen} ? ({self.new}) : ({self.old}))"


def read_list(folder=HERE):
    mutants = []
    for path in sorted(folder.glob("*.toml")):
        with path.open("rb") as file:
            content = tomllib.load(file)
        for entry in content["mutant"]:
            entry.setdefault("killers", content["killers"])
            mutants.append(Mutant(part=path.stem, nth_is_said="nth" in entry,
                                  number=len(mutants) + 1, **entry))
    names = [mutant.name for mutant in mutants]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise Mistake(f"names stand twice: {', '.join(sorted(twice))}")
    return mutants


def mutate(text, mutants):
    """The file with a choice in each place."""
    spans = sorted((mutant.span(text), mutant) for mutant in mutants)
    for (one, first), (other, second) in zip(spans, spans[1:]):
        if one[1] > other[0]:
            raise Mistake(f"'{first.name}' and '{second.name}' overlap")
    for (begin, end), mutant in reversed(spans):
        text = text[:begin] + mutant.choice() + text[end:]
    if text.startswith("#pragma once"):
        return text.replace("#pragma once\n", f'#pragma once\n\n#include "{CHOICE}"\n', 1)
    return f'#include "{CHOICE}"\n' + text


Mutant.__lt__ = lambda self, other: self.number < other.number


def by_file(mutants):
    files = {}
    for mutant in mutants:
        files.setdefault(mutant.file, []).append(mutant)
    return files


def check(mutants):
    """Whether each mutant still has its place in the code."""
    mistakes = []
    for mutant in mutants:
        try:
            path = ROOT / mutant.file
            if not path.is_file():
                raise Mistake(f"{mutant.part}.toml: '{mutant.name}': there is no {mutant.file}")
            mutant.span(path.read_text())
            mutant.check_form()
        except Mistake as mistake:
            mistakes.append(str(mistake))
    for file, those in by_file(mutants).items():
        try:
            if not mistakes:
                mutate((ROOT / file).read_text(), those)
        except Mistake as mistake:
            mistakes.append(str(mistake))
    if mistakes:
        raise Mistake("\n".join(mistakes) + "\nThe code there changed: say how it is broken now.")


def put(path, content):
    """Writes only what is another, so that only that is built again."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def copy_sources(mutants):
    done = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                          cwd=ROOT, check=True, capture_output=True)
    wanted = {name for name in done.stdout.decode().split("\0")
              if name and (ROOT / name).is_file()}
    mutated = by_file(mutants)
    for name in wanted:
        content = (ROOT / name).read_bytes()
        if name in mutated:
            content = mutate(content.decode(), mutated[name]).encode()
        put(COPY / name, content)
        shutil.copymode(ROOT / name, COPY / name)
    put(COPY / "lib/base/include" / CHOICE, HEADER.encode())
    for path in [*COPY.glob("lib/**/*"), *COPY.glob("tests/**/*")]:
        name = str(path.relative_to(COPY))
        if path.is_file() and name not in wanted and not name.endswith(CHOICE):
            path.unlink()  # it is gone from the tree


def build(mutants, jobs):
    programs = sorted({killer.split(":")[0] for mutant in mutants for killer in mutant.killers})
    if not (BUILD / "build.ninja").is_file():
        subprocess.run(["cmake", "--preset", "release", "-DCMAKE_UNITY_BUILD=ON",
                        "-DCMAKE_UNITY_BUILD_BATCH_SIZE=12", "-DCARILLON_PRECOMPILE=OFF",
                        "-DCMAKE_CXX_FLAGS_RELEASE=-O1"],
                       cwd=COPY, check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(["ninja", "-C", BUILD, f"-j{jobs}", *programs], capture_output=True,
                          text=True)
    if done.returncode != 0:
        raise Mistake("the mutants do not build:\n" + done.stdout[-6000:])


class TooSlow(Exception):
    """The tests did not end in the time that they were given."""


def run(killer, number, timeout, runs):
    """None where all tests passed; else the first that did not. Raises TooSlow."""
    program, _, which = killer.partition(":")
    # A folder of its own: what runs beside it must neither fail it nor help it.
    with tempfile.TemporaryDirectory(prefix="mutant-", dir=MEMORY, ignore_cleanup_errors=True) as own:
        environment = dict(os.environ, CARILLON_MUTANT=str(number), CARILLON_SIM_RUNS=str(runs),
                           TEST_TMPDIR=own, TMPDIR=own)
        try:
            done = subprocess.run(
                [BUILD / "tests" / program, "--gtest_brief=1", "--gtest_fail_fast",
                 "--gtest_filter=" + (which or "*")],
                cwd=BUILD, env=environment, capture_output=True, text=True, errors="replace",
                timeout=timeout)
        except subprocess.TimeoutExpired:
            raise TooSlow(f"{program} did not end") from None
    if done.returncode == 0:
        return None
    failed = re.search(r"\[  FAILED  \] ([\w./]+)", done.stdout)
    return failed.group(1) if failed else f"{program} ended with {done.returncode}"


class Trial:
    """Runs the tests on the mutants, the quick ones first."""

    def __init__(self, runs):
        self.runs = runs
        self.timeouts = {}

    def prove(self, killers):
        """The tests have to pass where nothing is broken. That tells how long they take, too."""
        for killer in killers:
            self.timeouts[killer] = self.limit(killer)

    def limit(self, killer):
        """In which time the tests have to end, as fast as the machine is now."""
        start = time.monotonic()
        failed = run(killer, 0, 1800, self.runs)
        if failed:
            raise Mistake(f"{failed} fails though nothing is broken")
        return 30 + 6 * (time.monotonic() - start)

    def kill(self, mutant):
        for killer in mutant.killers:
            by = self.failed(killer, mutant)
            if by:
                return by
        return None

    def failed(self, killer, mutant):
        """As run. Tests that do not end in a time in which they do without the mutant have noticed
        it; what else the machine does makes both slow."""
        while True:
            limit = self.timeouts[killer]
            try:
                return run(killer, mutant.number, limit, self.runs)
            except TooSlow as slow:
                now = self.limit(killer)
                if now <= limit:
                    return str(slow)
                self.timeouts[killer] = now


def try_all(mutants, trial, jobs):
    survivors = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        trials = {pool.submit(trial.kill, mutant): mutant for mutant in mutants}
        for done in concurrent.futures.as_completed(trials):
            mutant, by = trials[done], done.result()
            print(f"{'killed  ' if by else 'SURVIVED'}  {mutant.part}/{mutant.name}"
                  + (f"  by {by}" if by else ""), flush=True)
            if by is None:
                survivors.append(mutant)
    return survivors


def choose(mutants, options):
    chosen = [mutant for mutant in mutants
              if (not options.part or mutant.part in options.part)
              and (not options.only or mutant.name in options.only)
              and (not options.short or mutant.short)]
    unknown = set(options.only) - {mutant.name for mutant in mutants}
    unknown |= set(options.part) - {mutant.part for mutant in mutants}
    if unknown or not chosen:
        raise Mistake(f"there is no such mutant or part: {', '.join(sorted(unknown))}")
    return chosen


def parse():
    parser = argparse.ArgumentParser(prog="scripts/mutate.sh", description=__doc__)
    parser.add_argument("--part", action="append", default=[], help="only of delivery, policy, ...")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only this one")
    parser.add_argument("--short", action="store_true", help="a dozen of them, in some minutes")
    parser.add_argument("--list", action="store_true", help="print what there is")
    parser.add_argument("--check", action="store_true",
                        help="only whether each has its place in the code; builds nothing")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sim-runs", type=int, default=600, help="seeds of a simulation")
    return parser.parse_args()


def main():
    options = parse()
    mutants = read_list()
    check(mutants)
    chosen = choose(mutants, options)
    if options.list:
        for mutant in chosen:
            print(f"{mutant.part}/{mutant.name}  {mutant.file}")
    if options.list or options.check:
        return 0
    copy_sources(mutants)
    equivalents = [mutant for mutant in chosen if mutant.equivalent]
    for mutant in equivalents:
        print(f"equivalent  {mutant.part}/{mutant.name}: {mutant.equivalent}", flush=True)
    chosen = [mutant for mutant in chosen if not mutant.equivalent]
    build(chosen, options.jobs)
    trial = Trial(options.sim_runs)
    trial.prove(dict.fromkeys(killer for mutant in chosen for killer in mutant.killers))
    survivors = try_all(chosen, trial, options.jobs)
    print(f"{len(chosen)} mutants, {len(survivors)} survived; {len(equivalents)} equivalent")
    return 1 if survivors else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Mistake as mistake:
        print(f"mutate.sh: {mistake}", file=sys.stderr)
        sys.exit(2)
