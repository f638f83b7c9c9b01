# What bad input gets: a clear line, the right status, and nothing lost or changed.
# SPDX-License-Identifier: MIT
import os
import subprocess
import unittest

from support import Case, main


class Names(Case):
    def test_bad_names(self):
        for name in (b"", b"x" * 201, b".", b"..", b"a\\b", b"\\", b"a\nb", b"\x7f", b"\xff", b"\xc0\xaf",
                     b"ab\xe2\x82", b"\xed\xa0\x80", b"Local\\", b"Local\\..", b"Global\\", b"Global\\a/b",
                     b"Local\\a\\b"):
            for words in (["share", name, "x"], ["read", name], ["write", name, "x"], ["hold", name], ["info", name],
                          ["region", "hold", name]):
                text = self.refused(2, *words)
                self.assertIn("invalid_name", text, name)
        self.assertEqual(self.names(), [])
        self.assertEqual(os.listdir(self.files), [])

    def test_names_that_are_good(self):
        for name in ("x" * 200, "...", "a b", "ü" * 100, "-", "%", "a'b\"c"):
            self.share("share", name, "x")
            self.assertEqual(self.samepage("read", name), b"x\n")
            self.assertEqual(self.samepage("read", "Local\\" + name), b"x\n")
            self.assertIn(name, self.names())

    def test_a_name_that_looks_like_an_option(self):
        self.assertIn("no option", self.refused(2, "share", "-x", "text"))
        self.share("share", "Local\\-x", "text")
        self.assertEqual(self.samepage("read", "--raw", "--bytes=4", "Local\\-x"), b"text")

    def test_global_without_its_directory(self):
        text = self.refused(6, "share", "--global", "t", "x")
        self.assertIn("install -d", text)
        self.refused(6, "share", "Global\\t", "x")


class Sizes(Case):
    def test_bad_sizes(self):
        for size in ("0", "-1", "-4K", "", "x", "1.5K", "4Q", "18446744073709551616", "99999999999999999999",
                     "16777216T", " 4"):
            self.refused(2, "share", "t", "--size", size)
        for size in ("18446744073709551615", "9223372036854775808", "8388608T", "1000T"):
            text = self.refused(7, "share", "t", "--size", size)
            self.assertRegex(text, "no_space|too_large")
        self.assertEqual(self.names(), [])


class Files(Case):
    COMMANDS = (["read"], ["info"], ["share", "x"], ["write", "x"], ["region", "hold"], ["hold"])

    def every_command(self, status, path):
        for first, *rest in self.COMMANDS:
            words = [first, "hold", path] if first == "region" else [first, path, *rest]
            self.refused(status, *words)

    def test_a_directory(self):
        os.mkdir(os.path.join(self.files, "d"))
        self.every_command(2, "./d")
        self.every_command(2, "./d/")
        self.assertEqual(os.listdir(os.path.join(self.files, "d")), [])

    def test_a_fifo(self):
        os.mkfifo(os.path.join(self.files, "f"))
        self.every_command(2, "./f")

    def test_a_missing_directory(self):
        self.every_command(3, "./no/where")

    def test_what_is_below_a_file(self):
        self.file("f", b"x")
        for words in (["read", "./f/g"], ["share", "./f/g", "x"]):
            out, err = self.start(*words).communicate(timeout=100)
            self.assertIn(b"samepage: ", err)

    def test_an_empty_file(self):
        self.file("f")
        self.assertIn("size", self.refused(2, "read", "./f"))
        self.assertEqual(os.path.getsize(os.path.join(self.files, "f")), 0)

    def test_a_directory_of_names_that_is_not_there(self):
        self.env["SAMEPAGE_DIR"] = os.path.join(self.files, "nowhere")
        for words in (["share", "t", "x"], ["read", "t"], ["ls"], ["clean"]):
            self.assertIn("make that directory", self.refused(1, *words))
        self.env["SAMEPAGE_DIR"] = self.file("a-file")
        self.assertNotEqual(self.start("share", "t", "x").wait(100), 0)
        self.assertEqual(sorted(os.listdir(self.files)), ["a-file"])


@unittest.skipIf(os.getuid() != 0, "mounting needs root")
class Mounts(Case):
    def setUp(self):
        super().setUp()
        self.mount = os.path.join(self.files, "m")
        os.mkdir(self.mount)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=1777", "samepage-test", self.mount],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("this container may not mount")
        self.addCleanup(subprocess.run, ["umount", "-l", self.mount], check=True)

    def test_full_is_said_before_anything_is_visible(self):
        self.env["SAMEPAGE_DIR"] = self.mount
        kept = self.share("share", "kept", "x", "--size", "512K")
        for words in (["share", "t", "--size", "2M"], ["share", "t", "-"]):
            text = self.refused(7, *words, input=b"x" * (2 << 20))
            self.assertIn("no_space", text)
        self.assertEqual(self.names(), ["kept"])
        self.refused(7, "share", "./m/file", "x", "--size", "2M")
        self.assertEqual(os.path.exists(os.path.join(self.mount, "file")), False)
        self.assertEqual(self.samepage("read", "kept"), b"x\n")
        kept.terminate()
        self.finish(kept)
        self.assertEqual(self.share("share", "t", "--size", "512K").answer["created"], True)

    def test_a_read_only_mount(self):
        with open(os.path.join(self.mount, "f"), "wb") as f:
            f.write(b"read me")
        subprocess.run(["mount", "-o", "remount,ro", self.mount], check=True)
        self.assertEqual(self.samepage("read", "./m/f"), b"read me\n")
        self.refused(6, "write", "./m/f", "x")
        self.refused(6, "share", "./m/new", "x")
        self.assertEqual(self.samepage("read", "./m/f", "--raw"), b"read me")


main()
