# samepage table: put, get, erase, scan, count, hold; and what info, hold and ls say about tables.
# SPDX-License-Identifier: MIT
import base64
import json
import os
import time

from support import PROGRAM, Case, main


class Table(Case):
    def hold(self, place, *words):
        holder = self.start("table", "hold", place, "--json", *words)
        self.assertTrue(json.loads(holder.stdout.readline())["created"])
        return holder

    def get(self, place, key):
        """Value and version."""
        seen = json.loads(self.samepage("table", "get", place, key, "--json"))
        self.assertEqual((seen["place"], seen["key"]), (place, key))
        return seen["value"], seen["version"]

    def test_records_are_put_got_and_erased(self):
        self.hold("stock")
        self.assertEqual(self.samepage("table", "count", "stock"), b"0\n")
        self.assertEqual(self.samepage("table", "put", "stock", "bolt", "12"), b"")
        put = json.loads(self.samepage("table", "put", "stock", "nut", "30", "--json"))
        self.assertEqual((put["place"], put["key"]), ("stock", "nut"))
        self.assertEqual(self.get("stock", "nut"), ("30", put["version"]))
        self.assertEqual(self.samepage("table", "get", "stock", "bolt", "nut"), b"12\n30\n")
        self.samepage("table", "put", "stock", "bolt", "11")
        self.assertEqual(self.samepage("table", "get", "stock", "bolt", "--raw"), b"11")
        self.assertEqual(json.loads(self.samepage("table", "count", "stock", "--json")),
                         {"place": "stock", "records": 2})
        self.assertEqual(self.samepage("table", "erase", "stock", "nut"), b"")
        self.assertEqual(self.samepage("table", "scan", "stock"), b"bolt\t11\n")

    def test_a_missing_key_is_named_with_its_place(self):
        self.samepage("table", "put", "./stock", "bolt", "12")
        line = self.refused(3, "table", "get", "./stock", "nut")
        self.assertRegex(line, r'no_key: \./stock .*"nut"')
        self.assertIn('"nut"', self.refused(3, "table", "erase", "./stock", "nut"))
        out, err = self.finish(self.start("table", "get", "./stock", "nut", "bolt", "washer"), 3)
        self.assertEqual(out, b"12\n")
        self.assertIn(b'"nut", nor of 1 more', err)
        out, err = self.finish(self.start("table", "erase", "./stock", "nut", "bolt", "--json"), 3)
        self.assertEqual(json.loads(out), {"place": "./stock", "erased": 1})
        self.assertEqual(json.loads(err)["error"], "no_key")
        self.assertEqual(self.samepage("table", "count", "./stock"), b"0\n")
        self.assertIn("(3000 bytes)", self.refused(3, "table", "get", "./stock", "ü" * 1500))

    def test_insert_refuses_what_is_there(self):
        self.samepage("table", "put", "./stock", "bolt", "12", "--insert")
        self.assertIn('"bolt"', self.refused(5, "table", "put", "./stock", "bolt", "13", "--insert"))
        self.assertEqual(self.get("./stock", "bolt")[0], "12")
        self.refused(2, "table", "put", "./stock", "bolt", "13", "--insert", "--if-version", "1")

    def test_put_on_an_expected_version(self):
        self.refused(5, "table", "put", "./stock", "bolt", "1", "--if-version", "7")
        self.samepage("table", "put", "./stock", "bolt", "1", "--if-version", "0")
        self.refused(5, "table", "put", "./stock", "bolt", "2", "--if-version", "0")
        version = self.get("./stock", "bolt")[1]
        out = self.samepage("table", "put", "./stock", "bolt", "2", "--if-version", str(version), "--json")
        self.assertGreater(json.loads(out)["version"], version)
        self.assertIn("conflict", self.refused(5, "table", "put", "./stock", "bolt", "3", "--if-version", str(version)))
        self.assertEqual(self.get("./stock", "bolt")[0], "2")
        self.refused(2, "table", "put", "./stock", "bolt", "3", "--if-version", "x")

    def test_records_expire(self):
        self.samepage("table", "put", "./t", "bolt", "12", "--expires-in", "24h")
        self.samepage("table", "put", "./t", "nut", "30")
        self.assertEqual(self.get("./t", "bolt")[0], "12")
        rows = {r["key"]: r for r in map(json.loads, self.samepage("table", "scan", "./t", "--json").splitlines())}
        self.assertGreater(rows["bolt"]["expires_unix_ns"], (time.time() + 3600) * 1e9)
        self.assertNotIn("expires_unix_ns", rows["nut"])
        watcher = self.start("table", "watch", "./t", "soon", "--count", "2", "--json")
        self.samepage("table", "put", "./t", "soon", "x", "--expires-in", "500ms")
        shown = [json.loads(line) for line in self.finish(watcher)[0].splitlines()]
        self.assertEqual([(s.get("value"), s.get("erased")) for s in shown], [("x", None), (None, True)])
        self.refused(3, "table", "get", "./t", "soon")
        self.samepage("table", "put", "./t", "soon", "y", "--insert")
        self.samepage("table", "put", "./t", "bolt", "11")
        self.assertNotIn(b"expires", self.samepage("table", "scan", "./t", "--json"))
        self.assertIn(b"nothing is wrong", self.samepage("table", "verify", "./t"))
        for bad in ("0s", "soon", "-1s"):
            self.refused(2, "table", "put", "./t", "k", "v", "--expires-in", bad)

    def test_values_are_bytes(self):
        value = bytes(range(256)) * 3000
        self.samepage("table", "put", "./t", "large", "-", input=value)
        self.assertEqual(self.samepage("table", "get", "./t", "large", "--raw"), value)
        self.assertEqual(self.samepage("table", "get", "./t", "large"), value + b"\n")
        seen = json.loads(self.samepage("table", "get", "./t", "large", "--json"))
        self.assertEqual(base64.b64decode(seen["base64"]), value)
        self.file("f", b"a\nb\0c")
        self.samepage("table", "put", "./t", "of a file", "--file", "f")
        self.assertEqual(self.samepage("table", "get", "./t", "of a file", "--raw"), b"a\nb\0c")
        self.samepage("table", "put", "./t", "empty", "")
        self.assertEqual(self.samepage("table", "get", "./t", "empty"), b"\n")
        self.samepage("table", "put", "./t", "dash", "--value", "-")
        self.assertEqual(self.samepage("table", "get", "./t", "dash"), b"-\n")

    def test_keys_and_values_that_look_like_options(self):
        self.samepage("table", "put", "./t", "-5", "-7")
        self.samepage("table", "put", "./t", "--other", "--thing")
        self.assertEqual(self.samepage("table", "get", "./t", "-5", "--other"), b"-7\n--thing\n")
        self.assertIn("did you mean --json", self.refused(2, "table", "get", "./t", "--jsn"))
        self.assertIn('"--jsn"', self.refused(3, "table", "get", "./t", "--", "--jsn"))
        self.samepage("table", "erase", "./t", "-5")
        self.assertEqual(self.samepage("table", "count", "./t"), b"1\n")

    def test_keys_are_bytes(self):
        key = b"\xff\xfe\n"
        self.samepage("table", "put", "./t", key, "x")
        self.assertEqual(self.samepage("table", "get", "./t", key), b"x\n")
        seen = json.loads(self.samepage("table", "scan", "./t", "--json"))
        self.assertEqual((base64.b64decode(seen["key_base64"]), seen["value"]), (key, "x"))
        self.samepage("table", "put", "./t", "k" * 65536, "long")
        self.assertEqual(self.samepage("table", "get", "./t", "k" * 65536), b"long\n")
        for bad in ("", "k" * 65537):
            self.assertIn("invalid_argument", self.refused(2, "table", "put", "./t", bad, "x"))

    def test_scan_with_a_prefix(self):
        for key in ("a1", "a2", "b1", "ab"):
            self.samepage("table", "put", "./t", key, key.upper())
        lines = self.samepage("table", "scan", "./t").splitlines()
        self.assertEqual(sorted(lines), [b"a1\tA1", b"a2\tA2", b"ab\tAB", b"b1\tB1"])
        self.assertEqual(sorted(self.samepage("table", "scan", "./t", "--prefix", "a", "--keys").split()),
                         [b"a1", b"a2", b"ab"])
        self.assertEqual(self.samepage("table", "scan", "./t", "--prefix=b", "--null"), b"b1\tB1\0")
        self.assertEqual(self.samepage("table", "scan", "./t", "--prefix", "c"), b"")
        self.assertEqual(self.samepage("table", "count", "./t", "--prefix", "a"), b"3\n")
        rows = [json.loads(line) for line in self.samepage("table", "scan", "./t", "--json").splitlines()]
        self.assertEqual({r["key"]: r["value"] for r in rows}, {k: k.upper() for k in ("a1", "a2", "b1", "ab")})
        rows = self.samepage("table", "scan", "./t", "--json", "--keys", "--prefix", "b").splitlines()
        self.assertEqual(set(json.loads(rows[0])), {"place", "key", "version"})
        self.finish(self.start("table", "scan", "./t", "--json", "--null"), 2)

    def test_watch_prints_each_new_value_of_a_key(self):
        watcher = self.start("table", "watch", "stock", "bolt", "--count", "3", "--json")
        self.wait_until(lambda: self.names() == ["stock"], "it makes the table and holds it")
        self.samepage("table", "put", "stock", "nut", "1")
        versions = []
        for value in ("12", "11"):
            self.samepage("table", "put", "stock", "bolt", value)
            seen = json.loads(watcher.stdout.readline())
            self.assertEqual((seen["place"], seen["key"], seen["value"]), ("stock", "bolt", value))
            versions.append(seen["version"])
        self.assertGreater(versions[1], versions[0])
        self.samepage("table", "erase", "stock", "bolt")
        self.assertEqual(json.loads(self.finish(watcher)[0]),
                         {"place": "stock", "key": "bolt", "version": 0, "erased": True})

    def test_watch_begins_with_what_is_there(self):
        self.samepage("table", "put", "./stock", "bolt", "12")
        self.assertEqual(self.samepage("table", "watch", "./stock", "bolt", "--count", "1"), b"12\n")
        self.refused(4, "table", "watch", "./stock", "nut", "--timeout", "20ms")
        self.refused(1, "table", "watch", "./stock")  # it keeps no history
        self.refused(2, "table", "watch", "./stock", "nut", "--prefix", "n")
        watcher = self.start("table", "watch", "changes", "--prefix", "b", "--count", "2", "--json")
        self.wait_until(lambda: self.names() == ["changes"], "it makes the table and holds it")
        self.wait_until(lambda: json.loads(self.samepage("info", "changes", "--json"))["history_bytes"] == 1 << 20,
                        "it makes the history")
        for words in (("put", "changes", "bolt", "12"), ("put", "changes", "nut", "1"), ("erase", "changes", "bolt")):
            self.samepage("table", *words)
        first, second = [json.loads(line) for line in self.finish(watcher)[0].splitlines()]
        self.assertEqual((first["key"], first["erased"], first["missed"]), ("bolt", False, 0))
        self.assertEqual((second["key"], second["erased"], second["version"]), ("bolt", True, first["version"]))
        self.refused(2, "table", "watch", "./stock", "")

    def test_on_a_name_that_nobody_holds_nothing_is_made(self):
        line = self.refused(3, "table", "put", "stock", "bolt", "1")
        self.assertIn("samepage table hold stock", line)
        self.assertIn("./stock", line)
        for words in (["get", "stock", "bolt"], ["erase", "stock", "bolt"], ["scan", "stock"], ["count", "stock"],
                      ["erase", "./stock", "bolt"], ["get", "./stock", "bolt"]):
            self.refused(3, "table", *words)
        self.assertEqual((self.names(), os.listdir(self.files)), ([], []))

    def test_put_makes_and_holds_when_it_is_asked_to(self):
        out = self.samepage("table", "put", "stock", "bolt", "12", "--", PROGRAM, "table", "get", "stock", "bolt")
        self.assertEqual(out, b"12\n")
        self.assertEqual(self.names(), [])

    def test_what_is_missing_is_said(self):
        self.assertIn("KEY", self.refused(2, "table", "put", "./t"))
        self.assertIn("VALUE", self.refused(2, "table", "put", "./t", "key"))
        self.refused(2, "table", "put", "./t", "key", "one", "two")
        for verb in ("get", "erase"):
            self.refused(2, "table", verb, "./t")
        self.assertIn("which verb", self.refused(2, "table"))
        self.assertIn(b"table import", self.samepage("table", "--help"))

    def test_info_hold_and_ls_know_it(self):
        holder = self.hold("stock")
        for key in "abc":
            self.samepage("table", "put", "stock", key, "1")
        seen = json.loads(self.samepage("info", "stock", "--json"))
        self.assertEqual([seen[k] for k in ("kind", "records", "writers_active")], ["table", 3, 0])
        self.assertGreater(seen["buckets"], 0)
        self.assertGreater(seen["size_bytes"], 0)
        self.assertEqual([seen[k] for k in ("deaths_recovered", "deaths_pending", "load_percent")], [0, 0, 0])
        self.assertIn(b"records  3, in ", self.samepage("info", "stock"))
        self.assertIn(b"3 records", self.samepage("ls"))
        self.assertEqual(json.loads(self.samepage("ls", "--json"))[0]["records"], 3)
        keeper = self.start("hold", "stock", "--json")
        keeper.stdout.readline()
        holder.kill()
        holder.wait()
        self.assertEqual(self.samepage("table", "count", "stock"), b"3\n")

    def test_verify_says_what_is_wrong(self):
        for i in range(20):
            self.samepage("table", "put", "./t", f"key {i}", "x" * i * 9)
        said = self.samepage("table", "verify", "./t")
        self.assertRegex(said, rb"^\./t: 20 records, nothing is wrong; .* are free\n$")
        seen = json.loads(self.samepage("table", "verify", "./t", "--json"))
        self.assertEqual([seen[k] for k in ("whole", "records", "wrong", "unjudged")], [True, 20, [], []])
        self.assertGreater(seen["free_bytes"], 0)
        with open(os.path.join(self.files, "t"), "r+b") as f:
            at = f.read().index(b"key 13")
            f.seek(at)
            f.write(b"kez")
        out, _ = self.finish(self.start("table", "verify", "./t"), 8)
        self.assertRegex(out, rb"(?m)^wrong: the record at 0x[0-9a-f]+ in bucket [0-9]+ has another hash than its key$")
        out, _ = self.finish(self.start("table", "verify", "./t", "--json"), 8)
        seen = json.loads(out)
        self.assertIs(seen["whole"], False)
        self.assertTrue(any("check sum" in sentence for sentence in seen["wrong"]), seen["wrong"])
        self.refused(3, "table", "verify", "stock")
        self.refused(2, "table", "verify", "./t", "--timeout", "soon")

    def test_other_kinds_are_refused_by_name(self):
        self.share("share", "text", "x")
        self.refused(5, "table", "put", "text", "k", "x")
        self.refused(5, "table", "hold", "text")
        self.hold("stock")
        self.assertIn("samepage table get stock", self.refused(5, "cell", "get", "stock"))

    def test_a_file_that_is_no_table(self):
        self.file("f", b"not a table at all\n" * 1000)
        for words in (["put", "./f", "k", "v"], ["get", "./f", "k"], ["scan", "./f"], ["count", "./f"]):
            self.refused(5, "table", *words)


main()
