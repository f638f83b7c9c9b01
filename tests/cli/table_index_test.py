# The package index as a table: four processes import it at once, a fifth reads, and one after the other is killed.
# SPDX-License-Identifier: MIT
"""The rows are the fields of some of what dpkg knows: a few thousand. SAMEPAGE_PACKAGE_INDEX names a larger file of
that form, as "apt-cache dumpavail" writes it; then one importer is killed every 50 ms, else sooner."""
import csv
import io
import json
import os
import random
import subprocess
import threading
import time
import unittest

from support import DEADLINE_S, Case, main

LARGE = os.environ.get("SAMEPAGE_PACKAGE_INDEX")
INDEX = LARGE or "/var/lib/dpkg/status"
KILLS = 200 if LARGE else 20
COLUMNS = ["id", "package", "field", "value"]
PARTS = (1, 2, 3, 4)


def rows_of(index):
    """Each field of each package as a row, by its key. Values have commas, quotes and newlines."""
    rows = {}
    with open(index, encoding="utf-8", errors="replace") as file:
        for number, paragraph in enumerate(file.read().split("\n\n")[:None if LARGE else 200]):
            package = field = ""
            for line in paragraph.split("\n"):
                if line.startswith((" ", "\t")):
                    rows[f"{number} {field}"][3] += "\n" + line
                elif line:
                    field, value = line.split(":", 1)
                    package = value.strip() if field == "Package" else package
                    rows[f"{number} {field}"] = [f"{number} {field}", package, field, value.strip()]
    return rows


def of_csv(written):
    return list(csv.reader(io.StringIO(written.decode(), newline=""), strict=True))


class Reader(threading.Thread):
    """Scans again and again. What it saw is there the next time, too, each key once, and whole."""

    def __init__(self, case, rows):
        super().__init__()
        self.case, self.rows = case, rows
        self.wanted = True
        self.scans, self.wrong = 0, None

    def run(self):
        seen = set()
        while self.wanted and not self.wrong:
            before, seen = seen, set()
            out = subprocess.run([os.environ["SAMEPAGE"], "table", "scan", "./t", "--json"], env=self.case.env,
                                 cwd=self.case.files, capture_output=True)
            if out.returncode != 0:
                self.wrong = out.stderr
            for line in out.stdout.splitlines():
                record = json.loads(line)
                key = record["key"]
                if key in seen or of_csv(record["value"].encode()) != [self.rows.get(key, COLUMNS)]:
                    self.wrong = line
                seen.add(key)
            if before - seen:
                self.wrong = f"gone: {before - seen}"
            self.scans += 1


@unittest.skipUnless(os.path.exists(INDEX), "it needs a package index, as every Debian has one")
class Index(Case):
    """A claim: importers that are killed at any moment and started again leave just the rows of the input, in a sound
    table, and a reader sees no row half-done and loses none that it saw."""

    def setUp(self):
        super().setUp()
        self.rows = rows_of(INDEX)
        with open(os.path.join(self.files, "index.csv"), "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *self.rows.values()])
        self.chance = random.Random(1)
        self.kills = 0

    def start_part(self, number):
        self.importers[number] = self.start("table", "import", "./t", "index.csv", "--part", f"{number}/4")

    def restart_part(self, number):
        """Kills it first, or it has ended, and well."""
        process = self.importers[number]
        process.kill()
        _, err = process.communicate(timeout=DEADLINE_S)
        self.assertIn(process.returncode, (0, -9), err)
        self.kills += process.returncode == -9
        self.start_part(number)

    def pause(self):
        time.sleep(0.05 if LARGE else 0.05 * self.chance.random())

    def test_four_import_while_they_are_killed(self):
        self.samepage("table", "import", "./t", "-", "--format", "csv", input=",".join(COLUMNS).encode())
        begun = time.monotonic()
        self.importers = {}
        for number in PARTS:
            self.start_part(number)
        reader = Reader(self, self.rows)
        reader.start()
        self.addCleanup(reader.join)
        self.addCleanup(setattr, reader, "wanted", False)
        # First anyone, so that none gets far; then only the last, until the others are done.
        while self.kills < KILLS:
            self.pause()
            self.restart_part(self.chance.choice(PARTS))
            for number in PARTS:
                if self.importers[number].poll() is not None:
                    self.restart_part(number)
        while any(self.importers[number].poll() is None for number in PARTS[:3]):
            self.pause()
            self.restart_part(4)
        for number in PARTS:
            self.assertEqual(self.finish(self.importers[number]), (b"", b""))
        took_s = time.monotonic() - begun
        reader.wanted = False
        reader.join()
        self.assertIsNone(reader.wrong)
        self.assertGreater(reader.scans, 0)
        self.samepage("table", "verify", "./t")
        self.samepage("table", "export", "./t", "out.csv")
        with open(os.path.join(self.files, "out.csv"), "rb") as file:
            columns, *rows = of_csv(file.read())
        self.assertEqual(columns, COLUMNS)
        self.assertEqual(sorted(rows), sorted(self.rows.values()))
        print(f"{len(rows)} rows, {self.kills} kills, {reader.scans} scans, {took_s:.1f} s")


main()
