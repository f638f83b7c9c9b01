# samepage table import and export: CSV and JSON lines, all that a field can be, what is malformed, several at once.
# SPDX-License-Identifier: MIT
import csv
import io
import json
import os
import random
import subprocess
import time

from support import DEADLINE_S, PROGRAM, Case, main

COLUMNS = ["id", "name", "note", "price"]
NOTES = ["", "plain", "a, b", 'say "yes"', '"', '""', "two\nlines", "two\r\nlines", "ends with a CR\r", "\n",
         " blanks ", "ünïcödé 漢字", "tab\tand \\ and '", "nul \0 byte", "#columns", ",", "\ufeffx"]


def some_rows(count):
    chance = random.Random(count)
    rows = []
    for number in range(count):
        note = NOTES[number % len(NOTES)] * (1 + chance.randrange(3))
        rows.append([f"key {number}", chance.choice(["bolt", "nut, large", "", '3/4" screw']), note,
                     str(chance.randrange(10 ** 6) / 100)])
    return rows


def as_csv(rows, columns=COLUMNS, **more):
    out = io.StringIO(newline="")
    csv.writer(out, **more).writerows([columns] + rows)
    return out.getvalue().encode()


def of_csv(written):
    columns, *rows = csv.reader(io.StringIO(written.decode(), newline=""), strict=True)
    return columns, sorted(rows)


class Import(Case):
    def export(self, place, *words):
        return self.samepage("table", "export", place, *words)

    def read(self, name):
        with open(os.path.join(self.files, name), "rb") as f:
            return f.read()

    def malformed(self, *words, input=None):
        """Imports what is malformed in part. Returns what it prints and what it says: a line a row, one of all."""
        process = self.start("table", "import", *words, stdin=subprocess.PIPE)
        out, err = self.finish(process, 1, input)
        return out, err.decode().splitlines()

    def test_export_gives_the_rows_back(self):
        rows = some_rows(300)
        for number, form in enumerate(({}, {"lineterminator": "\n"}, {"quoting": csv.QUOTE_ALL})):
            self.file("in.csv", as_csv(rows, **form))
            self.assertEqual(self.samepage("table", "import", f"./t{number}", "in.csv"), b"")
            self.assertEqual(of_csv(self.export(f"./t{number}")), (COLUMNS, sorted(rows)))
            self.assertEqual(self.samepage("table", "count", f"./t{number}"), b"301\n", "the columns are a record too")

    def test_fields_are_bytes(self):
        rows = [b"\xe4,\xff\xfe", b'1,"\xfc,\n"']
        self.file("in.csv", b"\n".join([b"k,v", *rows]) + b"\n")
        self.samepage("table", "import", "./t", "in.csv")
        self.assertIn(self.export("./t"), [b"\n".join([b"k,v", *order, b""]) for order in (rows, rows[::-1])])

    def test_a_row_is_read_as_a_row(self):
        self.file("in.csv", b'id,name,note\n7,bolt,"12, zinc"\n')
        self.samepage("table", "import", "./t", "in.csv")
        self.assertEqual(self.samepage("table", "get", "./t", "7", "#columns"), b'7,bolt,"12, zinc"\nid,name,note\n')
        self.samepage("table", "put", "./t", "8", "8,nut,none")
        self.assertEqual(of_csv(self.export("./t"))[1], [["7", "bolt", "12, zinc"], ["8", "nut", "none"]])

    def test_another_column_is_the_key(self):
        self.file("in.csv", b"\xef\xbb\xbfid,name\r\n1,bolt\r\n2,nut")
        self.samepage("table", "import", "./t", "in.csv", "--key", "name")
        self.assertEqual(self.samepage("table", "get", "./t", "nut"), b"2,nut\n")
        self.samepage("table", "import", "./u", "in.csv", "--key", "id")
        self.assertEqual(self.samepage("table", "get", "./u", "1"), b"1,bolt\n")
        self.assertIn("did you mean name?", self.refused(2, "table", "import", "./v", "in.csv", "--key", "nam"))
        self.assertIn("id,name", self.refused(2, "table", "import", "./v", "in.csv", "--key", "something"))
        self.assertEqual(os.path.exists(os.path.join(self.files, "v")), False, "made for nothing")

    def test_malformed_rows_are_skipped_and_told(self):
        self.file("in.csv", b'id,name,note\n1,bolt,x\n2,nut\n"3"x,a,b\n4,"two\nlines\n",a,b\n,no,key\n#columns,a,b\n'
                            b'5,"a"\rb,c\n\n\r\n6,"ok\nok",z\n7,a 3" screw,a\rb\r\r\n8,"open\nto the end\n')
        _, told = self.malformed("./t", "in.csv")
        self.assertEqual(len(told), 8, told)
        reasons = [("line 3:", "2 fields"), ("line 4:", "closing quote"), ("lines 5 to 7:", "4 fields"),
                   ("line 8:", "empty"), ("line 9:", "#columns"), ("line 10:", "closing quote"),
                   ("lines 16 to 17:", "never closed")]
        for line, (where, why) in zip(told, reasons):
            self.assertIn("in.csv " + where, line)
            self.assertIn(why, line)
            self.assertIn("skipped", line)
        self.assertIn("7 rows of in.csv skipped; 3 records put", told[-1])
        self.assertEqual(of_csv(self.export("./t"))[1],
                         [["1", "bolt", "x"], ["6", "ok\nok", "z"], ["7", 'a 3" screw', "a\rb\r"]])

    def test_strict_ends_at_the_first_malformed_row(self):
        self.file("in.csv", b"id,n\n1,a\n2\n3,c\n")
        line = self.refused(1, "table", "import", "./t", "in.csv", "--strict")
        self.assertIn("in.csv line 3: it has 1 field, and there are 2 columns", line)
        self.assertIn("the 1 before it", line)
        self.assertEqual(of_csv(self.export("./t"))[1], [["1", "a"]])
        self.file("good.csv", b"id,n\n5,e\n")
        self.samepage("table", "import", "./t", "good.csv", "--strict")

    def test_many_malformed_rows_are_counted(self):
        _, told = self.malformed("./t", "-", "--format=csv", "--json", input=b"id,n\n" + b"x\n" * 1000 + b"1,a\n")
        rows = [json.loads(line) for line in told]
        self.assertEqual([r["line"] for r in rows[:-1]], list(range(2, 22)))
        self.assertIn("1000 rows", rows[-1]["message"])
        out, _ = self.malformed("./t", "-", "--format=csv", "--json", input=b"id,n\nx\n1,b\n2,c\n")
        self.assertEqual(json.loads(out), {"place": "./t", "records": 2, "replaced": 1, "skipped": 1})

    def test_bad_columns(self):
        self.assertIn("empty", self.refused(1, "table", "import", "./t", "-", "--format", "csv", input=b""))
        self.assertIn("line 1", self.refused(1, "table", "import", "./t", "-", "--format", "csv", input=b'a,"b\n1,2\n'))
        self.assertIn("CR", self.refused(1, "table", "import", "./t", "-", "--format", "csv", input=b"a,b\r1,2\r"))
        self.assertEqual(os.listdir(self.files), [])
        self.samepage("table", "import", "./t", "-", "--format", "csv", input=b"a,b\n")
        self.assertEqual(self.export("./t"), b"a,b\n")

    def test_other_columns_are_a_conflict(self):
        self.file("in.csv", b"id,name\n1,bolt\n")
        self.file("other.csv", b"name,id\nnut,2\n")
        self.file("lines.jsonl", b'{"id":1}\n')
        self.samepage("table", "import", "./t", "in.csv")
        self.assertIn("id,name", self.refused(5, "table", "import", "./t", "other.csv"))
        self.refused(5, "table", "import", "./t", "lines.jsonl", "--key", "id")
        self.assertEqual(of_csv(self.export("./t")), (["id", "name"], [["1", "bolt"]]))

    def test_wrong_usage(self):
        self.file("in.csv", b"id\n1\n")
        self.file("in.txt", b"id\n1\n")
        self.refused(2, "table", "import", "./t")
        self.assertIn("--format", self.refused(2, "table", "import", "./t", "in.txt"))
        self.refused(2, "table", "import", "./t", "in.txt", "--format", "xml")
        self.refused(2, "table", "import", "./t", "in.csv", "--strikt")
        for part in ("0/4", "5/4", "1", "1/0", "x/y", "/", "1/2/3", "-1/2"):
            self.assertIn("K/N", self.refused(2, "table", "import", "./t", "in.csv", "--part", part))
        self.refused(3, "table", "import", "./t", "nowhere.csv")
        self.assertEqual(sorted(os.listdir(self.files)), ["in.csv", "in.txt"])

    def test_a_name_is_memory_and_says_so(self):
        self.file("in.csv", b"id,name\n1,bolt\n")
        self.assertIn("./stock", self.refused(3, "table", "import", "stock", "in.csv"))
        process = self.start("table", "import", "stock", "in.csv", "--", PROGRAM, "table", "get", "stock", "1")
        out, err = self.finish(process)
        self.assertEqual(out, b"1,bolt\n")
        self.assertIn(b"./stock would be a file", err)
        self.assertEqual(self.names(), [])

    def test_json_lines(self):
        lines = [b'{"id": 1, "name": "bolt", "tags": ["a", {"b": null}]}',
                 b'{"name":"n\\u00fct","id":"x","price":1.50}', '{"id":-3,"ü":"漢"}'.encode()]
        self.samepage("table", "import", "./t", "-", "--format", "jsonl", "--key", "id",
                      input=b"\r\n".join(lines[:2]) + b"\n\n" + lines[2])
        self.assertEqual(self.samepage("table", "get", "./t", "x"), lines[1] + b"\n")
        self.assertEqual(sorted(self.export("./t").splitlines()), sorted(lines))
        self.assertIn("#columns", self.refused(3, "table", "export", "./t", "--format", "csv"))
        self.assertIn("--key", self.refused(2, "table", "import", "./t", "-", "--format", "jsonl", input=b""))

    def test_malformed_json_lines(self):
        self.file("in.jsonl", b'{"id":1}\n{"id":\n[1]\n{"no":1}\n{"id":1.5}\n{"id":""}\n{"id":"\xff"}\n'
                              b'{"id":{"a":1}}\n{"id":2}')
        _, told = self.malformed("./t", "in.jsonl", "--key", "id")
        for number, line in enumerate(told[:-1]):
            self.assertIn(f"in.jsonl line {number + 2}:", line)
        self.assertIn("7 rows of in.jsonl skipped; 2 records", told[-1])
        self.assertEqual(sorted(self.export("./t").splitlines()), [b'{"id":1}', b'{"id":2}'])

    def test_csv_as_json_lines(self):
        rows = some_rows(60)
        self.file("in.csv", as_csv(rows))
        self.samepage("table", "import", "./t", "in.csv")
        self.export("./t", "out.jsonl")
        seen = [json.loads(line) for line in self.read("out.jsonl").splitlines()]
        self.assertEqual([list(r) for r in seen], [COLUMNS] * 60)
        self.assertEqual(sorted(list(r.values()) for r in seen), sorted(rows))
        self.samepage("table", "import", "./u", "-", "--format", "csv", input=b"a,a\n1,2\n")
        self.assertIn('"a"', self.refused(1, "table", "export", "./u", "--format", "jsonl"))

    def test_an_export_says_that_records_expire(self):
        self.file("few.csv", as_csv(some_rows(3)))
        self.samepage("table", "import", "./t", "few.csv", "--expires-in", "24h")
        rows = [json.loads(line) for line in self.samepage("table", "scan", "./t", "--json").splitlines()]
        self.assertEqual(sum("expires_unix_ns" in r for r in rows), 3, "the names of the columns stay")
        out, err = self.finish(self.start("table", "export", "./t", "out.csv"))
        self.assertIn(b"3 of the records expire", err)
        seen = json.loads(self.samepage("table", "export", "./t", "out.csv", "--force", "--json"))
        self.assertEqual((seen["records"], seen["expiring"]), (3, 3))
        self.refused(2, "table", "import", "./t", "few.csv", "--expires-in", "0s")

    def test_records_that_are_no_rows_are_left_out(self):
        self.samepage("table", "import", "./t", "-", "--format", "csv", input=b"a,b\n1,2\n\xff,3\n")
        self.samepage("table", "put", "./t", "x", "one,two,three")
        self.samepage("table", "put", "./t", "y", "one,two\nthree,four")
        out, err = self.finish(self.start("table", "export", "./t"), 1)
        self.assertEqual(sorted(out.split()), [b"1,2", b"a,b", b"\xff,3"])
        self.assertIn(b'"x" is left out', err)
        self.assertIn(b"2 records of ./t left out; 2 written", err)
        out, err = self.finish(self.start("table", "export", "./t", "--format", "jsonl", "--json"), 1)
        self.assertEqual(out, b'{"a":"1","b":"2"}\n')
        self.assertEqual(len([json.loads(line) for line in err.splitlines()]), 4)

    def test_the_file_that_is_written(self):
        self.samepage("table", "import", "./t", "-", "--format", "csv", input=b"a,b\n1,2\n")
        self.assertEqual(self.export("./t", "out.csv"), b"")
        self.assertEqual(of_csv(self.read("out.csv")), (["a", "b"], [["1", "2"]]))
        self.assertIn("--force", self.refused(5, "table", "export", "./t", "out.csv"))
        self.samepage("table", "put", "./t", "3", "3,4")
        self.assertEqual(json.loads(self.export("./t", "out.csv", "--force", "--json")),
                         {"place": "./t", "records": 2, "left_out": 0})
        self.assertEqual(of_csv(self.read("out.csv"))[1], [["1", "2"], ["3", "4"]])
        self.refused(2, "table", "export", "./t", "./t", "--force", "--format", "csv")
        self.refused(1, "table", "export", "./t", "nowhere/out.csv")
        self.refused(1, "table", "export", "./t", ".", "--force", "--format", "csv")
        self.assertEqual(sorted(os.listdir(self.files)), ["out.csv", "t"])
        self.assertEqual(self.samepage("table", "count", "./t"), b"3\n")
        self.refused(3, "table", "export", "./nowhere", "other.csv")

    def test_progress_on_a_terminal(self):
        source, into = os.pipe()
        t = self.terminal("table", "import", "./t", "-", "--format", "csv", stdin=source)
        os.close(source)
        os.write(into, b"a\n")
        end = time.monotonic() + DEADLINE_S
        while not t.shows(b" a second", 0.05):  # one in 256 is looked at, from half a second on
            self.assertLess(time.monotonic(), end)
            os.write(into, b"".join(b"%d\n" % i for i in range(256)))
        self.assertIn(b"importing standard input", t.shown)
        os.close(into)
        t.wait_for(b"put into ./t")


class Together(Case):
    """A claim: importers that are killed anywhere and repeated, four at once, leave just the rows of the input, and a
    reader sees only whole ones meanwhile."""

    def setUp(self):
        super().setUp()
        rows = some_rows(4000)
        self.rows = {row[0]: row for row in rows}
        self.file("in.csv", as_csv(rows))
        self.file("columns.csv", as_csv([]))
        self.chance = random.Random(1)
        start = time.monotonic()
        self.samepage("table", "import", "./alone", "in.csv", "--part", "4/4")
        self.alone_s = time.monotonic() - start

    def import_part(self, place, number):
        return self.start("table", "import", place, "in.csv", "--part", f"{number}/4")

    def check_rows(self, place):
        for line in self.samepage("table", "scan", place, "--json").splitlines():
            record = json.loads(line)
            row = next(csv.reader(io.StringIO(record["value"], newline="")))
            self.assertEqual(row, COLUMNS if record["key"] == "#columns" else self.rows[record["key"]])

    def four_import(self, place, said):
        self.assertEqual(self.finish(self.start("table", "import", place, "columns.csv")), (b"", said))
        others = [self.import_part(place, number) for number in (1, 2, 3)]
        killed = 0
        for attempt in range(10):
            victim = self.import_part(place, 4)
            # Wherever that is; it is killed, or it has ended. Some at once.
            time.sleep(max(0, self.chance.random() - 0.2) * self.alone_s)
            victim.kill()
            killed += victim.wait(DEADLINE_S) == -9
            if attempt % 3 == 2:
                self.check_rows(place)
        self.assertGreater(killed, 0, "none was killed")
        for importer in others + [self.import_part(place, 4)]:
            self.assertEqual(self.finish(importer), (b"", said))
        self.assertEqual(of_csv(self.samepage("table", "export", place)), (COLUMNS, sorted(self.rows.values())))
        self.assertEqual(self.samepage("table", "count", place), b"4001\n")

    def test_into_a_file(self):
        self.four_import("./t", b"")

    def test_into_memory(self):
        self.start("table", "hold", "t", "--json").stdout.readline()
        self.four_import("t", b"samepage: t is memory, and goes with who holds it; ./t would be a file\n")


main()
