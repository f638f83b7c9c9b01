#!/usr/bin/env python3
# Runs the conformance program in a folder of its own and compares what it prints with the one expected text.
# SPDX-License-Identifier: MIT
"""compare.py EXPECTED COMMAND… (the program comes last; it gets a name and a file's path)"""
import difflib
import os
import subprocess
import sys
import tempfile

expected_path, *command = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "conformance.page")
    if command[-1].endswith(".exe"):
        path = "Z:" + path
    done = subprocess.run(
        [*command, f"conformance-{os.getpid()}", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=240
    )
printed = done.stdout.decode().replace("\r", "").splitlines()
with open(expected_path, encoding="utf-8") as file:
    expected = file.read().splitlines()
if os.environ.get("SAMEPAGE_UPDATE_EXPECTED"):
    with open(expected_path, "w", encoding="utf-8") as file:
        file.write("\n".join(printed) + "\n")
    sys.exit(0)
for line in difflib.unified_diff(expected, printed, "expected", "printed", lineterm=""):
    print(line)
if done.returncode != 0 or printed != expected:
    sys.exit(f"status {done.returncode}, {len(printed)} of {len(expected)} lines")
print(f"{len(printed)} lines, all as expected")
