# samepage table import of DBF: the types of dBase and FoxPro, code pages, what is deleted, missing, cut or garbage.
# SPDX-License-Identifier: MIT
import json
import random
import struct
import subprocess

from support import PROGRAM, Case, main

NULLABLE, BINARY, SYSTEM = 2, 4, 1
STOCK = [("ARTICLE", "N", 6), ("NAME", "C", 12), ("PRICE", "N", 8, 2), ("SINCE", "D", 8), ("OLD", "L", 1)]
ROWS = [b"%6s%-12s%8s%8s%1s" % row for row in ((b"4711", b"bolt", b"0.25", b"20260131", b"T"),
                                              (b"4712", b' nut, 3/4"', b"-1.5", b"20261231", b"f"),
                                              (b"4713", b"", b"", b"", b""))]
CSV = b'ARTICLE,NAME,PRICE,SINCE,OLD\n4711,bolt,0.25,2026-01-31,T\n4712," nut, 3/4""",-1.5,2026-12-31,F\n4713,,,,\n'


def dbf(fields, records, kind=0x03, language=0, count=None):
    """A file. A record is its bytes; one that begins with '*' behind a '!' is deleted."""
    body = b"".join(b"*" + r[2:] if r.startswith(b"!*") else b" " + r for r in records)
    described = b""
    for name, letter, size, *more in fields:
        decimals, flags = (*more, 0, 0)[:2]
        described += struct.pack("<11sc4xBBB13x", name if isinstance(name, bytes) else name.encode(), letter.encode(),
                                 size % 256, size // 256 if letter == "C" else decimals, flags)
    end = b"\r" + (bytes(263) if kind == 0x30 else b"")
    head = struct.pack("<B3BIHH16xBB2x", kind, 126, 1, 31, len(records) if count is None else count,
                       32 + len(described) + len(end), 1 + sum(f[2] for f in fields), 0, language)
    return head + described + end + body + b"\x1a"


def has_shapelib():
    tried = subprocess.run([PROGRAM, "table", "import", "./none", "nowhere.dbf"], capture_output=True)
    return b"shapelib" not in tried.stderr


class Dbf(Case):
    def setUp(self):
        super().setUp()
        if not has_shapelib():
            self.skipTest("built without shapelib")

    def put(self, content, *words, place="./t", status=0):
        """Imports it. Returns what was said, line by line."""
        self.file("in.dbf", content)
        return self.finish(self.start("table", "import", place, "in.dbf", *words), status)[1].decode().splitlines()

    def rows(self, place="./t"):
        columns, *rows = self.samepage("table", "export", place).split(b"\n")[:-1]
        return columns, sorted(rows)

    def one(self, field, content, *words, kind=0x03, language=0, said=0):
        """What becomes of a field's bytes, behind a key."""
        place = f"./one{len(content)}-{random.random()}"
        lines = self.put(dbf([("K", "C", 1), field], [b"k" + content], kind, language), *words, place=place)
        self.assertEqual(len(lines), said, lines)
        value = self.samepage("table", "get", place, "k")[:-1]
        self.assertTrue(value.startswith(b"k,"), value)
        return value[2:]

    def test_export_gives_the_columns_and_rows(self):
        self.assertEqual(self.put(dbf(STOCK, ROWS)), [])
        columns, *rows = CSV.split(b"\n")[:-1]
        self.assertEqual(self.rows(), (columns, sorted(rows)))
        self.assertEqual(self.samepage("table", "get", "./t", "4711"), rows[0] + b"\n")
        # As CSV it goes into the same table.
        self.samepage("table", "import", "./t", "-", "--format", "csv", input=CSV)
        self.assertEqual(self.rows(), (columns, sorted(rows)))

    def test_the_types_of_dbase(self):
        for letter, content, text in (
                ("C", b"  both  ", b"  both"), ("C", b"nul\0\0\0", b"nul"), ("C", b"a\0b ", b"a\0b"),
                ("N", b"   1 ", b"1"), ("N", b"-.5", b"-.5"), ("N", b"+7", b"+7"), ("N", b"    ", b""),
                ("N", b"1e-7", b"1e-7"), ("F", b" 3.250", b"3.250"), ("N", b"9" * 20, b"9" * 20),
                ("L", b"T", b"T"), ("L", b"y", b"T"), ("L", b"N", b"F"), ("L", b"f", b"F"), ("L", b"?", b""),
                ("L", b" ", b""), ("D", b"19991231", b"1999-12-31"), ("D", b"20240229", b"2024-02-29"),
                ("D", b" " * 8, b""), ("D", b"0" * 8, b"")):
            self.assertEqual(self.one(("V", letter, len(content)), content), text, (letter, content))
        long = b"x" * 300
        self.assertEqual(self.one(("V", "C", 300), long), long)

    def test_the_types_of_foxpro(self):
        day = 2461072  # 2026-01-31
        for letter, content, text in (
                ("I", struct.pack("<i", -5), b"-5"), ("I", struct.pack("<i", 2 ** 31 - 1), b"2147483647"),
                ("Y", struct.pack("<q", 12345), b"1.2345"), ("Y", struct.pack("<q", -5), b"-0.0005"),
                ("Y", struct.pack("<q", -2 ** 63), b"-922337203685477.5808"),
                ("B", struct.pack("<d", 0.1), b"0.1"), ("B", struct.pack("<d", -2.5e300), b"-2.5e+300"),
                ("T", struct.pack("<II", day, 45296000), b"2026-01-31T12:34:56"),
                ("T", struct.pack("<II", day, 86399999), b"2026-02-01T00:00:00"), ("T", b" " * 8, b""),
                ("T", bytes(8), b"")):
            self.assertEqual(self.one(("V", letter, len(content)), content, kind=0x30), text, (letter, content))
        fields = [("K", "C", 1), ("A", "I", 4, 0, NULLABLE), ("B", "C", 2, 0, NULLABLE), ("C", "I", 4, 0, NULLABLE),
                  ("_NullFlags", "0", 1, 0, SYSTEM)]
        self.put(dbf(fields, [b"1" + bytes(4) + b"b " + bytes(4) + b"\5", b"2" + bytes(4) + b"  " + bytes(4) + b"\2"],
                     kind=0x30))
        self.assertEqual(self.rows(), (b"K,A,B,C", [b"1,,b,", b"2,0,,0"]))

    def test_deleted_records_are_left_out_and_told(self):
        said = self.put(dbf(STOCK, [ROWS[0], b"!*" + ROWS[1], ROWS[2], b"!*" + ROWS[2]]))
        self.assertEqual(len(said), 1, said)
        self.assertIn("2 records of in.dbf are marked as deleted", said[0])
        self.assertEqual([r[:4] for r in self.rows()[1]], [b"4711", b"4713"])

    def test_memos_stay_empty_and_that_is_told(self):
        said = self.put(dbf([("K", "C", 2), ("NOTES", "M", 10), ("PICTURE", "G", 4)], [b"a         17" + b"\1\0\0\0"],
                            kind=0xf5))
        self.assertEqual(len(said), 1, said)
        self.assertIn("NOTES (M), PICTURE (G)", said[0])
        self.assertEqual(self.rows(), (b"K,NOTES,PICTURE", [b"a,,"]))

    def test_code_pages(self):
        for language, name in ((0x57, "cp1252"), (0x03, "cp1252"), (0x01, "cp437"), (0x02, "cp850"), (0x65, "cp866"),
                               (0xc8, "cp1250"), (0xc9, "cp1251"), (0x7b, "cp932"), (0x7a, "cp936")):
            text = {"cp866": "Болт", "cp1251": "Болт", "cp932": "ボルト ソ", "cp936": "螺栓"}.get(name, "ünö")
            content = text.encode(name)
            self.assertEqual(self.one(("V", "C", len(content)), content, language=language), text.encode(), name)
        self.assertEqual(self.one(("V", "C", 2, 0, BINARY), b"\xfc\xff", language=0x57), b"\xfc\xff")
        self.assertEqual(self.one(("V", "C", 1), b"\xfc", "--encoding", "ISO-8859-1", language=1), "ü".encode())
        self.assertEqual(self.one(("V", "C", 1), b"\xfc", said=1), b"\xfc", "it doesn't say")
        self.assertEqual(self.one(("V", "C", 1), b"\xfc", language=0xee, said=1), b"\xfc", "it is unknown")
        self.assertEqual(self.one(("V", "C", 1), b"u", language=0xee), b"u")
        self.file("in.cpg", b"UTF-8")
        self.assertEqual(self.one(("V", "C", 2), "ü".encode()), "ü".encode())
        self.file("in.cpg", b"88591")
        self.assertEqual(self.one(("V", "C", 1), b"\xfc"), "ü".encode())
        self.put(dbf([("K", "C", 1), ("STÜCK".encode("cp850"), "N", 2)], [b"k 3"]), "--encoding", "CP850")
        self.assertEqual(self.rows(), ("K,STÜCK".encode(), [b"k,3"]))
        words = ("table", "import", "./t", "in.dbf", "--encoding")
        self.assertIn("no code page cp-none", self.refused(2, *words, "cp-none"))

    def test_malformed_records_are_skipped_and_told(self):
        fields = [("K", "N", 3), ("NAME", "C", 4), ("PRICE", "N", 3), ("SINCE", "D", 8), ("OLD", "L", 1),
                  ("AT", "T", 8)]
        good = b"name  120260131T" + bytes(8)
        late = b"name  120260131T" + struct.pack("<II", 2461072, 86400000)
        records = [b"  1" + good, b"  2" + good.replace(b"  1", b"***"), b"  3" + good.replace(b"0131", b"0231"),
                   b"  4" + good.replace(b"T", b"x"), b"   " + good, b"  6\xff\xffme" + good[4:], b"  7" + late,
                   b"nan" + good, b"  9" + good]
        said = self.put(dbf(fields, records, kind=0x30, language=0x7b), status=1)
        expected = [(2, "PRICE"), (3, "SINCE"), (4, "OLD"), (5, "key is empty"), (6, "CP932"), (7, "AT"), (8, "K")]
        self.assertEqual(len(said), len(expected) + 1, said)
        for (number, why), line in zip(expected, said):
            self.assertIn(f"in.dbf record {number}: its", line)
            self.assertIn(why, line)
            self.assertTrue(line.endswith("; skipped"), line)
        self.assertIn("7 rows of in.dbf skipped; 2 records put", said[-1])
        self.assertEqual(len(self.rows()[1]), 2)
        self.file("in.dbf", dbf(fields, records[:3], kind=0x30))
        self.assertIn("in.dbf record 2", self.refused(1, "table", "import", "./u", "in.dbf", "--strict"))
        _, err = self.finish(self.start("table", "import", "./u", "in.dbf", "--json"), 1)
        self.assertEqual(json.loads(err.splitlines()[0])["record"], 2)

    def test_cut_files(self):
        whole = dbf(STOCK, ROWS)
        begin = len(whole) - 1 - 3 * (1 + len(ROWS[0]))
        for size in (0, 1, 31, 32, begin - 1):
            self.file("in.dbf", whole[:size])
            self.assertIn("in.dbf", self.refused(1, "table", "import", "./none", "in.dbf"), size)
            self.refused(3, "table", "count", "./none")
        for size, there in ((begin, 0), (begin + 1, 0), (begin + 36, 1), (len(whole) - 2, 2), (len(whole) - 1, 3)):
            said = self.put(whole[:size], place=f"./cut{size}", status=0 if there == 3 else 1)
            self.assertEqual(len(self.rows(f"./cut{size}")[1]), there)
            if there < 3:
                self.assertIn(f"in.dbf record {there + 1}: the file ends before it", said[0])
                self.assertIn("3 records", said[0])
        self.put(dbf(STOCK, ROWS, count=2))
        self.assertEqual(len(self.rows()[1]), 2, "what is behind the last record is none")
        self.put(dbf(STOCK, []), place="./empty")
        self.assertEqual(self.rows("./empty"), (CSV.split(b"\n")[0], []))

    def test_what_is_no_dbf(self):
        for content, why in ((b"a,b\n1,2\n" * 20, "first byte is 0x61"), (b"\x04" + dbf(STOCK, ROWS)[1:], "0x04"),
                             (b"\x03" * 200, "cut short"), (dbf(STOCK, ROWS)[:10] + b"\x30\0" + dbf(STOCK, ROWS)[12:],
                                                            "its fields have 35 bytes together, and its records 47")):
            self.file("in.dbf", content)
            self.assertIn(why, self.refused(1, "table", "import", "./t", "in.dbf"))
        self.refused(3, "table", "import", "./t", "nowhere.dbf")
        self.assertIn("standard input", self.refused(2, "table", "import", "./t", "-", "--format", "dbf", input=b""))
        self.assertIn("did you mean NAME?", self.refused(2, "table", "import", "./t", self.file("a.dbf", dbf(
            STOCK, ROWS)), "--key", "NAM"))
        self.file("in.csv", b"a\n1\n")
        self.refused(2, "table", "import", "./t", "in.csv", "--encoding", "UTF-8")
        self.refused(2, "table", "export", "./t", "out.dbf")
        self.refused(3, "table", "count", "./t")

    def test_other_names_and_keys(self):
        self.file("IN.DBF", dbf(STOCK, ROWS))
        self.file("in.dbf", b"another")
        self.samepage("table", "import", "./t", "IN.DBF", "--key", "SINCE", status=1)
        self.assertEqual(self.samepage("table", "get", "./t", "2026-01-31"), CSV.split(b"\n")[1] + b"\n")
        self.file("stock", dbf(STOCK, ROWS))
        self.samepage("table", "import", "./u", "stock", "--format", "dbf")
        self.assertEqual(len(self.rows("./u")[1]), 3)

    def test_parts(self):
        records = [b"%6d%-34s" % (number, b"part of it") for number in range(1000)]
        records[500:500] = [b"!*" + records[0]]
        self.file("parts.dbf", dbf([("K", "N", 6), ("V", "C", 34)], records, count=1002))
        told = []
        for number in (1, 2, 3):
            process = self.start("table", "import", "./t", "parts.dbf", "--json", "--part", f"{number}/3")
            out, err = self.finish(process, 1)
            told.append((json.loads(out)["records"], err.count(b"deleted"), err.count(b"the file ends")))
        self.assertEqual(sorted(told), [(332, 1, 1), (334, 0, 1), (334, 0, 1)])
        self.assertEqual(len(self.rows()[1]), 1000)

    def test_any_bytes_end_well(self):
        chance = random.Random(7)
        whole = dbf([*STOCK, ("AT", "T", 8), ("N", "I", 4), ("D", "B", 8), ("Y", "Y", 8)],
                    [row + bytes(range(28)) for row in ROWS], kind=0x30)
        for round in range(60):
            broken = bytearray(whole)
            for _ in range(chance.randrange(1, 6)):
                broken[chance.randrange(len(whole) if round % 2 else 320)] = chance.randrange(256)
            self.file("in.dbf", bytes(broken[:chance.choice([len(whole), chance.randrange(len(whole))])]))
            process = self.start("table", "import", f"./t{round}", "in.dbf")
            process.communicate()
            self.assertIn(process.returncode, (0, 1), bytes(broken))


class Absent(Case):
    def test_a_build_without_shapelib_says_so(self):
        if has_shapelib():
            self.skipTest("built with shapelib")
        self.assertIn("libshp-dev", self.refused(1, "table", "import", "./t", self.file("in.dbf", b"")))


main()
