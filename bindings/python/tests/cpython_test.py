# CPython's own tests of shared_memory, with samepage.SharedMemory in its place in all their processes.
# SPDX-License-Identifier: MIT
#
# They run in a virtual environment that puts the class there as any of its Pythons starts, so that whatever a test
# starts has it, too. Some expect what is different (README.md says why) and fail where they do: elsewhere they may not,
# and one that passes is to go from this list and from README.md.
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import venv

import support  # noqa: F401  a directory of their own

DIFFERENT = {
    "test_shared_memory_basics": "self.assertEqual(shm1._name, names[0])",
    "test_shared_memory_recreate": "self.assertEqual(shm1._name, names[0])",
    "test_shared_memory_SharedMemoryManager_basics": "AssertionError: FileNotFoundError not raised",
    # Nothing is left behind, so nobody warns that it is.
    "test_shared_memory_cleaned_after_process_termination": "There appear to be 1 leaked shared_memory objects",
    # Of Python 3.13: nobody warns here either; and one unlinks after it has replaced the private _name.
    "test_shared_memory_tracking": "resource_tracker: There appear to be 1 leaked",
    "test_shared_memory_name_with_embedded_null": "ValueError not raised",
}

STARTUP = ("import multiprocessing.shared_memory, samepage; "
           "multiprocessing.shared_memory.SharedMemory = samepage.SharedMemory")

# What runs in it: by one of multiprocessing's ways to start a process, the tests of the class.
PROGRAM = """
import json, os, sys, unittest
import multiprocessing.shared_memory, samepage, test._test_multiprocessing

assert multiprocessing.shared_memory.SharedMemory is samepage.SharedMemory
made = {"__name__": __name__}
test._test_multiprocessing.install_tests_in_module_dict(made, os.environ["SAMEPAGE_START_METHOD"])
WithProcessesTestSharedMemory = made["WithProcessesTestSharedMemory"]
setUpModule, tearDownModule = made["setUpModule"], made["tearDownModule"]

if __name__ == "__main__":
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    names = [case._testMethodName for case in next(iter(tests))]
    result = unittest.TextTestRunner(stream=open(os.devnull, "w")).run(tests)
    failed = {case.id().split(".")[-1]: why for case, why in result.failures + result.errors}
    with open(sys.argv[1], "w") as report:
        json.dump({"ran": names, "failed": failed, "skipped": len(result.skipped)}, report)
"""


class CPythonTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        venv.create(self.scratch / "venv")
        place = next((self.scratch / "venv").glob("lib/python*/site-packages")) / "samepage_in_place.pth"
        place.write_text(os.environ["PYTHONPATH"] + "\n" + STARTUP + "\n")
        (self.scratch / "program.py").write_text(PROGRAM)

    def run_them(self, method: str) -> dict:
        report = self.scratch / method
        program = [self.scratch / "venv/bin/python", self.scratch / "program.py", report]
        done = subprocess.run(program, env={**os.environ, "SAMEPAGE_START_METHOD": method}, stderr=subprocess.PIPE,
                              text=True, timeout=support.DEADLINE)
        self.assertTrue(report.exists(), done.stderr)
        return json.loads(report.read_text())

    def test_they_pass_but_for_what_is_different(self) -> None:
        for method in ("fork", "forkserver", "spawn"):
            with self.subTest(method):
                result = self.run_them(method)
                self.assertGreaterEqual(len(result["ran"]), 13)
                self.assertEqual(result["skipped"], 0)
                for name, why in result["failed"].items():
                    self.assertIn(DIFFERENT.get(name, "passed"), why, f"{name} must pass, or fail where it says")
                passed = set(result["ran"]) - set(result["failed"])
                self.assertEqual(passed & set(DIFFERENT), set(), "passes; take it from the list")


if __name__ == "__main__":
    unittest.main()
