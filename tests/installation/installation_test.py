"""Installs the build into a folder of its own and runs what is there."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from harness import EndToEnd, Program, http  # noqa: E402

BUILD = os.environ["CARILLON_BUILD"]
CMAKE = os.environ.get("CMAKE_COMMAND", "cmake")
VERSION = os.environ["CARILLON_VERSION"]
# Without it the programs would be found by chance, and not by where they were put.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


class Installation(EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.installed = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.installed.cleanup)
        cls.prefix = Path(cls.installed.name)
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", str(cls.prefix)], check=True,
                       stdout=subprocess.DEVNULL, timeout=240)

    def run_program(self, name, *arguments):
        done = subprocess.run([self.prefix / "bin" / name, *arguments], env=ENVIRONMENT, timeout=240,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_programs_tell_their_version(self):
        for name in ("carillond", "carillon", "carillon-sink"):
            self.assertEqual(self.run_program(name, "--version"), f"{name} {VERSION}\n")

    def test_a_configuration_is_checked(self):
        path = self.prefix / "carillon.yaml"
        path.write_text("limits: {max_in_flight: 10}\n")
        self.run_program("carillond", "--check-config", str(path))

    def test_the_console_is_found_and_served(self):
        program = Program(self.folder, "carillond", ["--config", self.write_config()],
                          command=self.prefix / "bin/carillond")
        self.started(program)
        ready = program.wait_message(program.stderr_path, "ready")
        status, page = http("GET", f"http://{ready['admin_address']}/console/")
        self.assertEqual(status, 200, page)
        self.assertIn('<div id="root"></div>', page)
        self.assertEqual(program.stop(), 0)

    def test_nothing_else_is_a_program(self):
        names = {path.name for path in (self.prefix / "bin").iterdir()}
        self.assertEqual(names, {"carillond", "carillon", "carillon-sink"})

    def test_contract_and_documents_are_there(self):
        for path in ("share/carillon/proto/carillon/v1/publisher.proto",
                     "share/doc/carillon/LICENSE", "share/doc/carillon/docs/delivery.md",
                     "share/carillon/rules"):
            self.assertTrue((self.prefix / path).exists(), path)
        self.assertEqual(list(self.prefix.rglob("*.a")) + list(self.prefix.rglob("*.h")), [])

    def test_manual_pages_and_completion_are_those_of_the_program(self):
        page = self.prefix / "share/man/man1/carillon-apply.1"
        text = page.read_text()
        self.assertIn(".TH", text)
        self.assertIn("\\-\\-prune", text)
        for shell, path in (("bash", "bash-completion/completions/carillon"),
                            ("zsh", "zsh/site-functions/_carillon"),
                            ("fish", "fish/vendor_completions.d/carillon.fish")):
            self.assertEqual((self.prefix / "share" / path).read_text(),
                             self.run_program("carillon", "completion", shell))

    def test_the_contract_compiles_from_there(self):
        root = self.prefix / "share/carillon/proto"
        protos = sorted(str(path.relative_to(root)) for path in root.rglob("*.proto"))
        subprocess.run(["protoc", "-I", str(root), "-o", "/dev/null", *protos], check=True,
                       timeout=240)


if __name__ == "__main__":
    unittest.main()
