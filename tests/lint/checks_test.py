"""The checks of scripts/lint_docs.py and lint_sources.py find the faults that they are for."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


docs = load("lint_docs")
sources = load("lint_sources")


class Documents(unittest.TestCase):
    def setUp(self):
        # Paths in messages are relative to ROOT; what is in build/ no other check looks at.
        (ROOT / "build").mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(dir=ROOT / "build")
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "page.md"
        (Path(folder.name) / "other.md").write_text("# One\n\n## A `code` & more\n\n## Twice\n\n## Twice\n")

    def faults(self, text):
        self.path.write_text(text)
        docs.anchors.__defaults__[0].clear()
        return [*docs.links(self.path, text), *docs.names(text), *docs.looks(self.path, text)]

    def test_what_is_right_is_quiet(self):
        self.assertEqual(self.faults(
            "# Page\n\n[a](other.md) [b](other.md#a-code--more) [c](other.md#twice-1) [d](#page)\n"
            "[e](https://example.com/#x) `lib/http` `tests/unit/journal/*_test.cc`\n\n"
            "```sh\n[no link](nowhere.md) time-out\n```\n\n| [table](other.md#one) |" + "-" * 200 + "|\n"), [])

    def test_links_that_lead_nowhere(self):
        self.assertEqual(len(self.faults("[a](none.md)\n[b](other.md#none)\n[c](#none)\n")), 3)

    def test_files_that_are_gone(self):
        self.assertEqual(len(self.faults("`lib/none/src/x.cc` and `scripts/none.sh`\n")), 2)

    def test_width(self):
        self.assertEqual(len(self.faults("word " * 30 + "\n")), 1)

    def test_spelling(self):
        self.assertEqual(len(self.faults("A time-out.\nTwo look-ups.\nNo `time-out`.\n")), 2)

    def test_filled_paragraphs_keep_their_words_and_items(self):
        text = "# T\n\n- one " + "word " * 40 + "\n- two\n  more\n\n1. first " + "word " * 40 + "\n\n    code " + "x " * 90
        filled = docs.filled(text)
        self.assertEqual(filled.split(), text.split())
        self.assertEqual(len([line for line in filled.split("\n") if line.startswith(("- ", "1. "))]), 3)
        self.assertTrue(filled.endswith("    code " + "x " * 90))
        self.assertLessEqual(max(len(line) for line in filled.split("\n")[:-1]), docs.LINE)

    def test_filling_makes_no_item_of_a_sign(self):
        filled = docs.filled("at most " + "a + b - c 1. d # e > f " * 20)
        self.assertGreater(filled.count("\n"), 2)
        for line in filled.split("\n"):
            self.assertNotRegex(line, r"^([-+*>|]|#+|\d+[.)]) ")

    def test_types_that_are_gone(self):
        page = ROOT / "docs/terminology.md"
        self.assertEqual(list(docs.terms(page.read_text())), [])
        self.assertEqual(len(list(docs.terms("| term | in code |\n|---|---|\n| a | `model::NoSuchType` |\n"
                                             "| b | `model::Event` (planned: `NoSuchType`) |\n"))), 1)


class Locks(unittest.TestCase):
    GUARDED = """#include "carillon/base/mutex.h"
struct Counter {
  void Add() { LOCK; ++value_; }
  carillon::base::Mutex mutex_;
  int value_ ABSL_GUARDED_BY(mutex_) = 0;
};
"""

    def faults(self, code):
        class Given:
            text = {ROOT / "lib/none/src/none.cc": code}
        return list(sources.unseen_locks(Given))

    def test_what_the_compiler_would_not_see(self):
        self.assertEqual(len(self.faults("class A {\n  std::mutex a_;\n  std::condition_variable b_;\n};\n")), 2)
        self.assertEqual(len(self.faults("class A {\n  mutable base::Mutex a_;\n  int b_;\n};\n")), 1)
        self.assertEqual(self.faults("class A {\n  base::Mutex a_;\n  int b_ ABSL_GUARDED_BY(a_);\n};\n"), [])

    def test_a_member_that_is_touched_without_its_lock_does_not_compile(self):
        for lock, compiles in (("", False), ("const carillon::base::MutexLock lock(mutex_)", True)):
            done = subprocess.run(
                ["clang++-19", "-std=c++20", "-fsyntax-only", "-Wthread-safety", "-Werror", "-x", "c++", "-I",
                 ROOT / "lib/base/include", "-"], input=self.GUARDED.replace("LOCK", lock), capture_output=True,
                text=True, timeout=240)
            self.assertEqual(done.returncode == 0, compiles, done.stderr)
        self.assertIn("-Wthread-safety", (ROOT / "CMakeLists.txt").read_text())


class Changed(unittest.TestCase):
    """What scripts/lint_changed.sh takes for changed when nobody names a commit."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.repository = Path(folder.name) / "repository"
        (self.repository / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts/lint_changed.sh", self.repository / "scripts")
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("a")
        self.commit("b")

    def git(self, *arguments, at=None):
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@example.com", *arguments],
                       cwd=at or self.repository, check=True, capture_output=True)

    def commit(self, name):
        (self.repository / "lib").mkdir(exist_ok=True)
        (self.repository / f"lib/{name}.cc").write_text("int x;\n")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", name)

    def changed(self, *base, at=None):
        done = subprocess.run([(at or self.repository) / "scripts/lint_changed.sh", *base], capture_output=True,
                              text=True, timeout=240, env={**os.environ, "CARILLON_LINT_FILES": "0"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return set(re.findall(r"lib/(\w+)[.]cc", done.stdout))

    def test_on_main_it_is_the_last_commit(self):
        self.assertEqual(self.changed(), {"b"})

    def test_on_a_branch_it_is_the_branch(self):
        self.git("checkout", "--quiet", "-b", "branch")
        self.assertEqual(self.changed(), {"b"})
        self.commit("c")
        self.commit("d")
        self.assertEqual(self.changed(), {"c", "d"})
        self.assertEqual(self.changed("main~1"), {"b", "c", "d"})

    def test_without_remotes_branches_or_history(self):
        clone = self.repository.parent / "clone"
        self.git("clone", "--quiet", "--depth=1", f"file://{self.repository}", clone)
        self.git("checkout", "--quiet", "--detach", at=clone)
        self.git("branch", "-D", "main", at=clone)
        self.git("remote", "remove", "origin", at=clone)
        self.assertEqual(self.changed(at=clone), {"a", "b"})

    def test_a_commit_that_there_is_not(self):
        done = subprocess.run([self.repository / "scripts/lint_changed.sh", "none"], capture_output=True)
        self.assertEqual(done.returncode, 2)


class Headers(unittest.TestCase):
    def test_a_name_stands_once_in_libraries_and_programs(self):
        def faults(*paths):
            class Given:
                by_name = {"retry.h": [ROOT / path for path in paths]}
            return list(sources.headers_twice(Given))
        self.assertEqual(len(faults("lib/policy/src/retry.h", "lib/resource/src/retry.h")), 1)
        self.assertEqual(len(faults("lib/policy/src/retry.h", "services/carillon/retry.h")), 1)
        self.assertEqual(faults("lib/policy/src/retry.h", "tests/unit/policy/retry.h"), [])


class Tools(unittest.TestCase):
    def test_shellcheck_and_codespell_see_faults(self):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "a.sh"
            script.write_text("#!/bin/bash\nrm -rf $1/*\n")
            self.assertEqual(subprocess.run(["shellcheck", script], capture_output=True).returncode, 1)
            text = Path(folder) / "a.md"
            text.write_text(" ".join(["behav" + "oir", "te" + "h", "neigh" + "bour"]) + "\n")
            done = subprocess.run(["codespell", "--config", ROOT / ".codespellrc", text],
                                  capture_output=True, text=True)
            self.assertEqual(len(done.stdout.splitlines()), 3, done.stdout)


if __name__ == "__main__":
    sys.exit(unittest.main())
