# Tables from Python: a mapping, codecs, versions, scans, many processes.
# SPDX-License-Identifier: MIT
import collections.abc
import json
import os
import pickle
import tempfile
import threading
import time
import unittest

from support import DEADLINE, Other, until

import samepage
from samepage import Table

MARK_AT = 12624


class TableTest(unittest.TestCase):
    def test_is_a_mapping(self) -> None:
        with Table("stock") as table:
            self.assertIsInstance(table, collections.abc.MutableMapping)
            self.assertEqual((len(table), list(table), bool(table)), (0, [], False))
            table["bolt"] = b"12"
            table[b"nut"] = "7"
            self.assertEqual((table["bolt"], table[b"nut"], len(table)), (b"12", b"7", 2))
            self.assertEqual(dict(table), {b"bolt": b"12", b"nut": b"7"})
            self.assertEqual(sorted(table.items()), [(b"bolt", b"12"), (b"nut", b"7")])
            self.assertEqual(sorted(table.values()), [b"12", b"7"])
            self.assertEqual(sorted(table.keys()), [b"bolt", b"nut"])
            self.assertTrue("bolt" in table and b"bolt" in table and "screw" not in table)
            self.assertEqual(table, {b"bolt": b"12", b"nut": b"7"})
            with self.assertRaises(KeyError):
                table["screw"]
            with self.assertRaises(KeyError):
                del table["screw"]
            self.assertIsNone(table.get("screw"))
            self.assertEqual(table.get("screw", 5), 5)
            self.assertEqual(table.pop(b"nut"), b"7")
            self.assertEqual(table.pop(b"nut", None), None)
            self.assertEqual(table.setdefault(b"nut", b"1"), b"1")
            self.assertEqual(table.setdefault(b"nut", b"2"), b"1")
            table.update({b"a": b"1"}, )
            self.assertEqual(len(table.popitem()), 2)
            table.clear()
            self.assertEqual(len(table), 0)

    def test_all_sizes(self) -> None:
        with Table("sizes") as table:
            for size in (0, 1, 4095, 4096, 4097, 100_000, 3_000_000):
                value = bytes(i % 251 for i in range(min(size, 1000))) * (size // 1000) if size > 1000 else b"x" * size
                table["k"] = value
                self.assertEqual(table["k"], value)
            table["k" * 65536] = b"long"
            self.assertEqual(table["k" * 65536], b"long")
            for key in (b"", b"k" * 65537):
                with self.assertRaises(ValueError):
                    table[key] = b""

    def test_codecs(self) -> None:
        with Table("texts", codec=str) as table:
            table["ä"] = "ö"
            self.assertEqual((table["ä"], list(table), table.codec), ("ö", ["ä"], str))
            with self.assertRaisesRegex(TypeError, "str.*json"):
                table["a"] = b"bytes"  # type: ignore[assignment]
        with Table("objects", codec=json) as table:
            table["a"] = {"x": [1, None, "é"]}
            self.assertEqual(table["a"], {"x": [1, None, "é"]})
            self.assertEqual(dict(table.items()), {"a": {"x": [1, None, "é"]}})
            with self.assertRaises(TypeError):
                table["a"] = {1, 2}
        with Table("pickles", codec=pickle) as table:
            table["a"] = {1, 2}
            self.assertEqual(table["a"], {1, 2})
        with Table("bytes") as table:
            with self.assertRaisesRegex(TypeError, "bytes or str.*codec=json or codec=pickle"):
                table["a"] = 5  # type: ignore[assignment]
            table["a"] = memoryview(b"abc")
            self.assertEqual(table["a"], b"abc")
        with self.assertRaisesRegex(TypeError, "codec is bytes, str"):
            Table("wrong", codec=int)  # type: ignore[call-overload]
        with self.assertRaises(samepage.NotFound):
            Table.open("wrong")

    def test_what_does_not_decode_is_told(self) -> None:
        with Table("raw") as raw, Table.open("raw", codec=json) as objects, Table.open("raw", codec=str) as texts:
            raw[b"\xff"] = b"\xff{"
            self.assertEqual(list(texts), ["\udcff"])
            self.assertIn(list(texts)[0], texts)
            with self.assertRaises(UnicodeDecodeError):
                texts["\udcff"]
            with self.assertRaises(ValueError):
                list(objects.values())
            with self.assertRaises(ValueError):
                objects.get("\udcff")

    def test_versions(self) -> None:
        with Table("versions") as table:
            self.assertEqual(table.version("a"), 0)
            first = table.insert("a", b"1")
            with self.assertRaises(FileExistsError):
                table.insert("a", b"2")
            second = table.compare_exchange("a", first, b"2")
            self.assertGreater(second, first)
            with self.assertRaises(samepage.Conflict):
                table.compare_exchange("a", first, b"3")
            value, version = table.get_versioned("a")
            self.assertEqual((value, version, table.version("a")), (b"2", second, second))
            self.assertTrue(table.erase("a"))
            self.assertFalse(table.erase("a"))
            with self.assertRaises(samepage.NoKey):
                table.get_versioned("a")

    def test_add(self) -> None:
        with Table("sums") as table:
            self.assertEqual((table.add("n"), table.add("n", 41), table.add("n", -2)), (1, 42, 40))
            self.assertEqual(int.from_bytes(table["n"], "little"), 40)
            table["text"] = b"text"
            with self.assertRaises(samepage.Error):
                table.add("text")

    def test_records_expire(self) -> None:
        day = 86400.0
        with Table("expiring", str) as table:
            with self.assertRaises(samepage.NoKey):
                table.expires_at("a")
            table.put("a", "1", expires_in=day)
            at = table.expires_at("a")
            assert at is not None
            self.assertTrue(time.time() + day / 2 < at < time.time() + 2 * day)
            table.update_one("a", lambda value: "2")
            self.assertEqual(table.expires_at("a"), at, "a change leaves the moment")
            table.compare_exchange("a", table.version("a"), "3", expires_in=2 * day)
            self.assertGreater(table.expires_at("a") or 0, at)
            table["a"] = "4"
            self.assertIsNone(table.expires_at("a"))
            table.insert("b", "1", expires_in=day)
            self.assertIsNotNone(table.expires_at("b"))
            table.add("n", 1, expires_in=day)
            table.add("n", 1)
            self.assertIsNotNone(table.expires_at("n"))
            version = table.put("c", "1", expires_in=0.001)
            self.assertEqual(table.wait("c", version), 0)
            self.assertNotIn("c", table)
            with self.assertRaises(ValueError):
                table.put("a", "1", expires_in=-1)

    def test_scan(self) -> None:
        with Table("scanned") as table:
            expected = {f"{k:05}": str(k) for k in range(3000)}
            for key, value in expected.items():
                table[key] = value
            self.assertEqual({k.decode(): v.decode() for k, v in table.scan()}, expected)
            self.assertEqual(len(list(table.scan("012"))), 100)
            self.assertEqual(sorted(table.scan_values("0001")), [str(k).encode() for k in range(10, 20)])
            for key, value, version in table.scan_versioned("00001"):
                self.assertEqual(table.version(key), version)
            scan = table.scan()
            next(scan)
            scan.close()
            with self.assertRaises(StopIteration):
                next(scan)
            for key in table:
                del table[key]
            self.assertEqual(len(table), 0)

    def test_scan_outlives_the_table(self) -> None:
        table = Table("outlived")
        table["a"] = b"1"
        scan = table.scan()
        table.close()
        self.assertEqual(list(scan), [(b"a", b"1")])
        with self.assertRaises(samepage.NotFound):
            Table.open("outlived")

    def test_many_processes(self) -> None:
        with Table("many", codec=str) as table:
            code = """
t = Table.open('many', codec=str)
me = sys.argv[1]
for i in range(300):
    t[f'{me}-{i}'] = str(i)
    t.add('sum')
    if i % 3 == 0: del t[f'{me}-{i}']
"""
            others = [Other(code, str(number)) for number in range(3)]
            for other in others:
                with other:
                    self.assertEqual(other.end(), 0)
            self.assertEqual(table.add("sum", 0), 900)
            self.assertEqual({key for key in table if key != "sum"},
                             {f"{p}-{i}" for p in range(3) for i in range(300) if i % 3})

    def test_killed_writer_leaves_whole_records(self) -> None:
        with Table("killed") as table:
            with Other("""
t = Table.open('killed')
say('on')
i = 0
while True:
    i += 1
    t[str(i % 50)] = bytes([i % 256]) * (i % 5000)
""") as other:
                other.line()
                until(lambda: table.changes > 500)
                other.kill()
            for _, value in table.items():
                self.assertEqual(value, value[:1] * len(value))
            for number in range(50):
                table[str(number)] = b"mine"
            self.assertEqual(set(table.values()), {b"mine"})

    def test_wait(self) -> None:
        with Table("waited") as table:
            with Other("""
t = Table.open('waited')
for value in t.changes_of('a', 60):
    say(value)
    if value == b'last': break
""") as other:
                self.assertEqual(other.line(), "None")
                table["a"] = b"first"
                self.assertEqual(other.line(), "b'first'")
                table["b"] = b"other"
                table["a"] = b"last"
                self.assertEqual(other.line(), "b'last'")
            with self.assertRaises(TimeoutError):
                table.wait("a", table.version("a"), 0.05)
            changes = table.changes
            thread = threading.Thread(target=lambda: table.put("c", b""))
            thread.start()
            self.assertEqual(table.wait_any(changes, DEADLINE), changes + 1)
            thread.join(DEADLINE)

    def test_update_one(self) -> None:
        with Table("updated", codec=json) as table:
            self.assertIsNone(table.get("n"))
            code = """
t = Table.open('updated', codec=json)
for _ in range(200): t.update_one('n', lambda n: (n or 0) + 1)
"""
            others = [Other(code) for _ in range(2)]
            for _ in range(200):
                table.update_one("n", lambda n: (n or 0) + 1)
            for other in others:
                with other:
                    self.assertEqual(other.end(), 0)
            self.assertEqual(table["n"], 600)

    def test_files_stay_and_can_be_read_only(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "stock.page")
            with Table(path, codec=str) as table:
                table["bolt"] = "12"
            with Table.open(path, codec=str, read_only=True) as table:
                self.assertEqual(table["bolt"], "12")
                with self.assertRaises(PermissionError):
                    table["bolt"] = "13"

    def test_locked_keys_are_kept_from_others(self) -> None:
        with Table("locked", codec=str) as table, Table.open("locked", codec=str) as other:
            with table.lock("bolt") as lock:
                self.assertFalse(lock.owner_died)
                table["bolt"] = "12"
                other["nut"] = "7"
                with self.assertRaises(samepage.TimedOut):
                    other.put("bolt", "13", 0.01)
                with self.assertRaises(samepage.TimedOut):
                    other.lock("bolt", 0)
                with self.assertRaises(samepage.TimedOut):
                    other.lock_all(timeout=0.01)
                self.assertEqual(other["bolt"], "12")
            self.assertTrue(lock.closed)
            with self.assertRaises(samepage.Closed):
                lock.release()
            everything = other.lock_all()
            with self.assertRaises(samepage.TimedOut):
                table.put("bolt", "13", 0)
            everything.release()
            table["bolt"] = "13"
            dropped = table.lock("bolt")
            del dropped
            other["bolt"] = "14"
            for call in (lambda: table.lock(), lambda: table.lock(1), lambda: table.lock_all("x")):
                with self.assertRaises(TypeError):
                    call()  # type: ignore[call-arg,arg-type]

    def test_a_killed_owner_is_told(self) -> None:
        with Table("owned") as table:
            with Other("t = samepage.Table.open('owned'); lock = t.lock('a'); say('locked'); hear()") as owner:
                self.assertEqual(owner.line(), "locked")
                with self.assertRaises(samepage.TimedOut):
                    table.lock("a", 0)
                owner.kill()
            with table.lock("a", DEADLINE) as lock:
                self.assertTrue(lock.owner_died)
            with table.lock("a", DEADLINE) as lock:
                self.assertTrue(lock.owner_died)
                lock.mark_repaired()
            with table.lock("a") as lock:
                self.assertFalse(lock.owner_died)

    def test_verify(self) -> None:
        with Table("verified") as table:
            table["a"] = b"1"
            self.assertEqual((table.verify(), table.verify(timeout=0)), (1, 1))
            info = table.info()
            self.assertEqual((info["deaths_pending"], info["deaths_recovered"]), (0, 0))
            self.assertLess(info["load"], 0.1)
            with self.assertRaises(TypeError):
                table.verify("soon")  # type: ignore[arg-type]

    def test_checkpoints(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            place = os.path.join(folder, "stock.page")
            with Table(place, codec=str) as table:
                table["bolt"] = "old"
                made = table.checkpoint()
                self.assertEqual((made["records"], made["size_bytes"]), (1, os.path.getsize(place + ".checkpoint")))
                self.assertGreater(made["stall"], 0)
                self.assertFalse(table.went_back)
                info = table.info()
                self.assertEqual((info["is_clean"], info["returned_unix_ns"]), (False, 0))
                self.assertGreater(info["checkpoint_unix_ns"], 0)
                table["bolt"] = "new"
                self.assertEqual(table.checkpoint(timeout=DEADLINE)["records"], 1)
                table["bolt"] = "newer"
                with self.assertRaises(TypeError):
                    table.checkpoint("soon")  # type: ignore[arg-type]
            # What a power failure leaves: the mark (docs/format.md) is that of another boot.
            with open(place, "r+b") as file:
                file.seek(MARK_AT)
                file.write((4711).to_bytes(8, "little"))
            with Table.open(place, codec=str, read_only=True, as_it_is=True) as left:
                self.assertEqual(left["bolt"], "newer")
            with Table.open(place, codec=str) as table:
                self.assertTrue(table.went_back)
                self.assertEqual(table["bolt"], "new")
                info = table.info()
                self.assertEqual(info["returned_to_unix_ns"], info["checkpoint_unix_ns"])
        with Table("named") as table:
            with self.assertRaises(samepage.NotSupported):
                table.checkpoint()

    def test_compacting(self) -> None:
        with Table("compact") as table:
            for k in range(20000):
                table[f"{k}"] = bytes(200)
            for k in range(20000):
                if k % 10 != 0:
                    del table[f"{k}"]
            before = table.info()["size_bytes"]
            with Table.open("compact"):
                done = table.compact()
                self.assertEqual(done["given_bytes"], 0)
                self.assertGreater(done["pending_bytes"], 0)
                self.assertGreater(done["records_moved"], 0)
            done = table.compact(timeout=DEADLINE)
            self.assertEqual(sorted(done), ["given_bytes", "pending_bytes", "records_moved", "size_bytes"])
            self.assertGreater(done["given_bytes"], 0)
            self.assertLess(done["size_bytes"], before)
            self.assertEqual(table.verify(), 2000)
            with self.assertRaises(TypeError):
                table.compact("soon")  # type: ignore[arg-type]
        with self.assertRaises(samepage.Closed):
            table.compact()

    def test_a_codec_that_closes_the_table(self) -> None:
        class Closing:
            @staticmethod
            def dumps(value: object) -> bytes:
                table.close()
                return b""

            @staticmethod
            def loads(value: bytes) -> object:
                table.close()
                return value

        table = Table("codec", codec=Closing)
        with self.assertRaises(samepage.Closed):
            table["a"] = 1
        with Table("codec") as raw:
            raw["a"], raw["b"] = b"1", b"2"
            table = Table("codec", codec=Closing)
            self.assertEqual(table["a"], b"1")
            self.assertTrue(table.closed)
            table = Table("codec", codec=Closing)
            self.assertEqual(len(list(table.items())), 2)

    def test_refuses_what_is_no_argument(self) -> None:
        with Table("garbage") as table:
            calls = [lambda: table[1], lambda: table.get(), lambda: table.put("a"), lambda: table.put(None, b""),
                     lambda: table.version(1.5), lambda: table.scan(5), lambda: table.add("a", "b"),
                     lambda: table.wait("a"), lambda: table.compare_exchange("a", None, b""),
                     lambda: table.get("a", nothing=1), lambda: 1 in table]
            for number, call in enumerate(calls):
                with self.subTest(number), self.assertRaises((TypeError, ValueError)):
                    call()  # type: ignore[no-untyped-call]
        for call in (lambda: table["a"], lambda: len(table), lambda: list(table), lambda: "a" in table,
                     lambda: table.put("a", b""), lambda: table.scan(), lambda: table.changes):
            with self.assertRaises(samepage.Closed):
                call()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    unittest.main()
