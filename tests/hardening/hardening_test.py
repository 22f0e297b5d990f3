"""The programs that are shipped are hardened: what the compiler and the linker were asked for is in
the files."""

import os
import pathlib
import platform
import re
import subprocess
import unittest

BIN = pathlib.Path(os.environ["CARILLON_BIN"])
PROGRAMS = ["carillond", "carillon", "carillon-sink"]


def elf(*arguments):
    done = subprocess.run([os.environ["READELF"], "--wide", *map(str, arguments)], check=True,
                          capture_output=True, text=True)
    return done.stdout


class Hardening(unittest.TestCase):
    def each(self):
        for name in PROGRAMS:
            with self.subTest(name):
                yield BIN / name

    def test_addresses_are_random(self):
        for path in self.each():
            self.assertRegex(elf("--file-header", path), r"Type:\s+DYN")
            self.assertNotIn("TEXTREL", elf("--dynamic", path))

    def test_relocations_are_read_only_from_the_start(self):
        for path in self.each():
            self.assertIn("GNU_RELRO", elf("--program-headers", path))
            self.assertRegex(elf("--dynamic", path), r"BIND_NOW|FLAGS.*\bNOW\b")

    def test_the_stack_is_not_executable(self):
        for path in self.each():
            stack = re.search(r"GNU_STACK.*", elf("--program-headers", path))
            self.assertIsNotNone(stack)
            self.assertNotIn("RWE", stack[0])

    def test_nothing_is_writable_and_executable(self):
        for path in self.each():
            loads = re.findall(r"LOAD\s.*", elf("--program-headers", path))
            self.assertTrue(loads)
            self.assertFalse([load for load in loads if "RWE" in load])

    def test_libraries_come_from_the_system_only(self):
        for path in self.each():
            self.assertNotRegex(elf("--dynamic", path), "RPATH|RUNPATH")

    def test_overflows_of_the_stack_are_noticed(self):
        for path in self.each():
            self.assertIn("__stack_chk_fail", elf("--dyn-syms", path))

    def test_calls_of_the_c_library_are_fortified(self):
        for path in self.each():
            self.assertRegex(elf("--dyn-syms", path), r"__(memcpy|memset|snprintf|read|vsnprintf)_chk")

    @unittest.skipUnless(platform.machine() == "x86_64", "a feature of x86-64 processors")
    def test_functions_begin_with_a_landing_place(self):
        for path in self.each():
            done = subprocess.run([os.environ["OBJDUMP"], "--disassemble-symbols=main",
                                   "--no-show-raw-insn", path], check=True, capture_output=True,
                                  text=True)
            self.assertIn("endbr64", done.stdout)


if __name__ == "__main__":
    unittest.main()
