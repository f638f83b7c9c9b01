#!/usr/bin/env python3
# Whether the library shows the C functions of c_functions.txt, the C++ API and nothing else: `symbols_test.py LIBRARY`.
# SPDX-License-Identifier: MIT
import glob
import os
import re
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Functions and data of the namespace; type information of its classes.
CPP = re.compile(r"_Z(N?K?|T[ISV]N?K?)N?K?8samepage")
LIBRARY = ""


def read(path):
    with open(path, encoding="utf-8") as opened:
        return opened.read()


def listed():
    return read(os.path.join(HERE, "c_functions.txt")).split()


class symbols_test(unittest.TestCase):
    def test_the_library_shows_what_is_listed(self):
        output = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", LIBRARY], check=True,
                                capture_output=True, text=True).stdout
        shown = [line.split()[0].split("@")[0] for line in output.splitlines()]
        self.assertGreater(len(shown), 200)
        self.assertEqual(sorted(name for name in shown if not CPP.match(name)), listed())

    def test_the_header_declares_what_is_listed(self):
        header = re.sub(r"/\*.*?\*/", "", read(os.path.join(ROOT, "include", "samepage", "samepage.h")), flags=re.S)
        self.assertEqual(sorted(re.findall(r"\b(samepage_\w+)\(", header)), listed())

    def test_each_is_called_by_the_tests_in_c(self):
        called = set()
        for path in glob.glob(os.path.join(HERE, "c", "*.c")):
            called.update(re.findall(r"\b(samepage_\w+)\(", read(path)))
        self.assertEqual([name for name in listed() if name not in called], [])

    def test_each_is_in_the_table_of_the_documentation(self):
        documented = set(re.findall(r"`(samepage_\w+)`", read(os.path.join(ROOT, "docs", "c-abi.md"))))
        self.assertEqual([name for name in listed() if name not in documented], [])


if __name__ == "__main__":
    LIBRARY = sys.argv.pop(1)
    unittest.main()
