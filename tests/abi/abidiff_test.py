#!/usr/bin/env python3
# Whether abidiff finds the C ABI as c_abi.xml has it, and notices what breaks it: `abidiff_test.py [CC] [--renew]`.
# SPDX-License-Identifier: MIT
#
# What is compared is what samepage.h declares, as C compiled with debug information: no compiler takes a source of the
# library that defines one of these functions otherwise, and symbols_test.py sees that it shows them and no others.
# The library's own debug information has the insides of handles, and no enumeration, as its functions take integers.
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parent.parent / "include"
BASELINE = HERE / "c_abi.xml"
CC = "cc"
RENEW = f"""
The C ABI isn't what {BASELINE.name} says. If that wasn't meant, undo it: programs that are built already break.
It may change where functions, statuses or fields at the end of a struct are new; until 1.0 otherwise, too. CHANGELOG.md
says so then, and this takes it over:
    python3 {os.path.relpath(__file__)} --renew
"""


def describe(include: pathlib.Path, into: pathlib.Path) -> None:
    """What the header in `include` declares, as abidw writes it."""
    functions = (HERE / "c_functions.txt").read_text().split()
    members = "".join(f"    __typeof__({name})* {name};\n" for name in functions)
    with tempfile.TemporaryDirectory() as scratch:
        source, library = pathlib.Path(scratch, "abi.c"), pathlib.Path(scratch, "abi.so")
        source.write_text(f"#include <samepage/samepage.h>\nunion samepage_abi {{\n{members}}} abi;\n")
        # Freestanding: the types of the system's headers stay out of it.
        subprocess.run([CC, "-std=gnu11", "-ffreestanding", "-g", "-fno-eliminate-unused-debug-types", "-fPIC",
                        "-shared", "-I", include, source, "-o", library], check=True)
        with open(into, "wb") as output:
            subprocess.run(["abidw", "--load-all-types", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs",
                            "--no-elf-needed", "--no-parameter-names", library], stdout=output, check=True)


class abidiff_test(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def differences(self, include):
        """Empty when there are none."""
        describe(include, self.scratch / "abi.xml")
        done = subprocess.run(["abidiff", "--non-reachable-types", BASELINE, self.scratch / "abi.xml"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode & 3, 0, done.stderr)  # abidiff itself failed
        return done.stdout if done.returncode else ""

    def test_it_is_as_it_was(self):
        found = self.differences(INCLUDE)
        if found:
            self.fail(found + RENEW)

    def test_changes_are_noticed(self):
        for file, old, new in (
                ("error_list.h", "X(2, already_exists", "X(30, already_exists"),
                ("samepage.h", "samepage_spin = 1, samepage_sleep = 2", "samepage_sleep = 1, samepage_spin = 2"),
                ("samepage.h", "    uint32_t sole_writer;", "    uint64_t sole_writer;"),
                ("samepage.h", "samepage_cell_version(samepage_cell* cell, uint64_t* version)",
                 "samepage_cell_version(samepage_cell* cell, uint32_t* version)")):
            with self.subTest(new):
                changed = self.scratch / "include"
                shutil.copytree(INCLUDE, changed, dirs_exist_ok=True)
                text = (changed / "samepage" / file).read_text()
                self.assertIn(old, text)
                (changed / "samepage" / file).write_text(text.replace(old, new))
                self.assertTrue(self.differences(changed))


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] != "--renew":
        CC = sys.argv.pop(1)
    if "--renew" in sys.argv:
        describe(INCLUDE, BASELINE)
    else:
        unittest.main()
