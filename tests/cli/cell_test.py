# samepage cell: set, get, hold, watch, cas; and what info, hold and ls say about cells.
# SPDX-License-Identifier: MIT
import json

from support import PROGRAM, Case, main


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

    def test_too_large_names_the_capacity(self):
        self.samepage("cell", "set", "./small", "12345678", "--capacity", "8")
        self.assertIn("capacity of 9", self.refused(7, "cell", "set", "./small", "123456789"))

    def test_get_waits_for_the_first_value(self):
        holder = self.start("cell", "hold", "temp", "--json")
        holder.stdout.readline()
        self.refused(4, "cell", "get", "temp", "--wait=20ms")
        waiter = self.start("cell", "get", "temp", "--wait")
        self.samepage("cell", "set", "temp", "there")
        self.assertEqual(self.finish(waiter)[0], b"there\n")

    def test_watch_shows_each_new_value_and_holds_the_cell(self):
        watcher = self.start("cell", "watch", "temp", "--count", "3", "--json")
        while self.names() != ["temp"]:
            self.assertIsNone(watcher.poll())
        for value in ("a", "b", "c"):
            self.samepage("cell", "set", "temp", value)
            self.assertEqual(json.loads(watcher.stdout.readline())["value"], value)
        self.finish(watcher)
        self.refused(3, "cell", "get", "temp")

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
