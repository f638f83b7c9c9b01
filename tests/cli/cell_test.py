# samepage cell: set, get, hold, watch, cas; and what info, hold and ls say about cells.
# SPDX-License-Identifier: MIT
import base64
import json
import os
import subprocess
import unittest

from support import DEADLINE_S, PROGRAM, Case, main


class Cell(Case):
    def test_a_value_is_set_and_got(self):
        holder = self.start("cell", "hold", "temp", "--json")
        self.assertTrue(json.loads(holder.stdout.readline())["created"])
        self.refused(3, "cell", "get", "temp")  # empty
        self.assertEqual(self.samepage("cell", "set", "temp", "21.5"), b"")
        self.assertEqual(self.samepage("cell", "get", "temp"), b"21.5\n")
        self.samepage("cell", "set", "temp", "-3")
        self.assertEqual(json.loads(self.samepage("cell", "get", "temp", "--json")),
                         {"place": "temp", "version": 2, "value": "-3"})

    def test_on_a_name_that_nobody_holds_nothing_is_made(self):
        line = self.refused(3, "cell", "set", "temp", "21.5")
        self.assertIn('samepage cell hold temp', line)
        self.assertIn("./temp", line)
        self.refused(3, "cell", "cas", "temp", "0", "x")
        self.refused(3, "cell", "get", "temp")
        self.assertEqual(self.names(), [])

    def test_set_makes_and_holds_when_it_is_asked_to(self):
        self.samepage("cell", "set", "temp", "21.5", "--for", "20ms")
        self.assertEqual(self.names(), [])
        out = self.samepage("cell", "set", "temp", "21.5", "--", PROGRAM, "cell", "get", "temp")
        self.assertEqual(out, b"21.5\n")
        self.assertEqual(self.names(), [])

    def test_at_a_path_it_stays(self):
        for version in (1, 2, 3):
            out = self.samepage("cell", "set", "./temp.page", f"value {version}", "--json")
            self.assertEqual(json.loads(out), {"place": "./temp.page", "version": version})
        self.assertEqual(self.samepage("cell", "get", "./temp.page"), b"value 3\n")

    def test_cas(self):
        self.samepage("cell", "cas", "./c", "0", "first")
        self.refused(5, "cell", "cas", "./c", "0", "second")
        self.samepage("cell", "cas", "./c", "1", "second")
        self.assertEqual(self.samepage("cell", "get", "./c"), b"second\n")
        self.refused(2, "cell", "cas", "./c", "one", "x")
        self.refused(2, "cell", "cas", "./c", "1")
        self.assertIn("VERSION and VALUE", self.refused(2, "cell", "cas", "./c"))
        self.samepage("cell", "cas", "./c", "2", "--file", "-", input=b"third")
        self.assertEqual(self.samepage("cell", "get", "./c"), b"third\n")

    def test_too_large_names_the_capacity(self):
        self.samepage("cell", "set", "./small", "12345678", "--capacity", "8")
        self.assertIn("capacity of 9", self.refused(7, "cell", "set", "./small", "123456789"))
        self.samepage("cell", "set", "./one", "1", "--capacity", "1")
        self.assertIn("at most 1 byte\n", self.samepage("info", "./one").decode())

    def test_get_waits_for_the_first_value(self):
        holder = self.start("cell", "hold", "temp", "--json")
        holder.stdout.readline()
        self.refused(4, "cell", "get", "temp", "--wait=20ms")
        waiter = self.start("cell", "get", "temp", "--wait")
        self.samepage("cell", "set", "temp", "there")
        self.assertEqual(self.finish(waiter)[0], b"there\n")

    def test_get_waits_for_who_makes_it(self):
        for place in ("temp", "./temp.page"):
            self.assertIn("is not there", self.refused(4, "cell", "get", place, "--wait=20ms"))
            waiter = self.terminal("cell", "get", place, "--wait")
            waiter.wait_for(b"Waiting for")
            self.start("cell", "set", place, "there", "--hold", stdin=subprocess.PIPE)
            waiter.wait_for(b"there")
            self.assertEqual(waiter.process.wait(DEADLINE_S), 0)
        self.share("share", "text", "x")
        self.refused(5, "cell", "get", "text", "--wait")

    def test_bytes_go_in_and_come_out_exactly(self):
        content = bytes(range(256)) * 40
        path = self.file("bytes", content)
        self.samepage("cell", "set", "./b", "--file", path)
        self.assertEqual(self.samepage("cell", "get", "./b", "--raw"), content)
        self.assertEqual(base64.b64decode(json.loads(self.samepage("cell", "get", "./b", "--json"))["base64"]), content)
        for value in (b"", b"\n", b"\0", b"-"):
            self.samepage("cell", "set", "./b", "--file", "-", input=value)
            self.assertEqual(self.samepage("cell", "get", "./b", "--raw"), value)
        self.samepage("cell", "set", "./b", "-")
        self.assertEqual(self.samepage("cell", "get", "./b", "--raw"), b"-")
        self.refused(2, "cell", "set", "./b", "word", "--file", path)
        self.refused(2, "cell", "set", "./b")
        self.samepage("cell", "get", "./b", "--raw", "--json", status=2)
        self.refused(3, "cell", "set", "./b", "--file", "./missing")

    @unittest.skipIf(os.getuid() != 0, "mounting needs root")
    def test_watch_and_get_need_no_right_to_write(self):
        folder = os.path.join(self.files, "m")
        os.mkdir(folder)
        self.samepage("cell", "set", "./m/c", "kept")
        if subprocess.run(["mount", "--bind", "-o", "ro", folder, folder], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("this container may not mount")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        self.refused(6, "cell", "set", "./m/c", "x")
        self.assertEqual(self.samepage("cell", "get", "./m/c"), b"kept\n")
        self.assertEqual(self.samepage("cell", "watch", "./m/c", "--count", "1"), b"kept\n")

    def test_watch_shows_each_new_value_and_holds_the_cell(self):
        watcher = self.start("cell", "watch", "temp", "--count", "3", "--json")
        while self.names() != ["temp"]:
            self.assertIsNone(watcher.poll())
        for value in ("a", "b", "c"):
            self.samepage("cell", "set", "temp", value)
            self.assertEqual(json.loads(watcher.stdout.readline())["value"], value)
        self.finish(watcher)
        self.refused(3, "cell", "get", "temp")

    def test_watch_waits_at_most_as_long_as_it_is_told(self):
        self.refused(4, "cell", "watch", "temp", "--timeout", "20ms")
        self.samepage("cell", "set", "./temp", "kept")
        for words in ([], ["--count", "2"], ["--count", "0"]):
            out, err = self.finish(self.start("cell", "watch", "./temp", "--timeout", "250ms", *words), 4)
            self.assertEqual(out, b"kept\n")
            self.assertIn(b"timed_out", err)

    def test_info_hold_and_ls_know_it(self):
        holder = self.start("cell", "hold", "temp", "--json")
        holder.stdout.readline()
        self.samepage("cell", "set", "temp", "12345")
        seen = json.loads(self.samepage("info", "temp", "--json"))
        self.assertEqual((seen["kind"], seen["version"], seen["value_bytes"], seen["capacity_bytes"], seen["waiters"]),
                         ("cell", 1, 5, 4096, 0))
        self.assertIn(b"version  1\n", self.samepage("info", "temp"))
        self.assertEqual(json.loads(self.samepage("ls", "--json"))[0]["kind"], "cell")
        keeper = self.start("hold", "temp", "--json")
        keeper.stdout.readline()
        holder.kill()
        holder.wait()
        self.assertEqual(self.samepage("cell", "get", "temp"), b"12345\n")

    def test_other_kinds_are_refused_by_name(self):
        self.share("share", "text", "x")
        self.refused(5, "cell", "get", "text")
        holder = self.start("cell", "hold", "temp", "--json")
        holder.stdout.readline()
        self.assertIn("samepage cell get temp", self.refused(5, "read", "temp"))


main()
