# samepage share: what it makes, what it writes, how its values are taken.
# SPDX-License-Identifier: MIT
import os
import subprocess

from support import Case, main

SENTENCE = "Hello world, I'm writing to a shared page file."


class Share(Case):
    def test_the_article(self):
        writer = self.share("share", "hello", SENTENCE)
        self.assertEqual(writer.answer, {"place": "hello", "size_bytes": 4096, "created": True})
        self.assertEqual(self.samepage("read", "hello"), SENTENCE.encode() + b"\n")
        writer.kill()
        writer.wait()
        self.refused(3, "read", "hello")
        self.assertEqual(self.names(), [])

    def test_noun_and_verb_do_the_same(self):
        reading = [os.environ["SAMEPAGE"], "region", "read", "t"]
        self.assertEqual(self.samepage("region", "share", "t", "x", "--", *reading), b"x\n")

    def read_back(self, *words, **more):
        return self.samepage("share", "t", *words, "--", os.environ["SAMEPAGE"], "read", "t", **more)

    def test_values_that_begin_with_a_dash_are_values(self):
        for value in ("-5", "-x", "--5", "---", "-1.5e3", "-xyzzy=1", "--xyzzy"):
            self.assertEqual(self.read_back(value), value.encode() + b"\n")
            self.assertEqual(self.read_back(value, "--size", "64"), value.encode() + b"\n")
        for value in ("--json", "--for", "-", "--", "", "[a,b]", "{x}", "%%", "a,b", '"', "-h"):
            self.assertEqual(self.read_back("--text", value), value.encode() + b"\n")
            self.assertEqual(self.read_back("--text=" + value), value.encode() + b"\n")
        for value in ("", "[a,b]", "[]", "{x}", "%%", "true", "'q'", "ü€😀", " "):
            self.assertEqual(self.read_back(value), value.encode() + b"\n")

    def test_a_slip_is_no_value(self):
        self.assertIn("--for", self.refused(2, "share", "t", "--fro", "1s"))
        self.assertIn("--size", self.refused(2, "share", "t", "--sizes"))
        self.assertIn("quotes", self.refused(2, "share", "t", "two", "words"))
        self.assertEqual(self.names(), [])

    def test_sizes(self):
        for text, size in (("64", 64), ("4K", 4096), ("8k", 8192), ("1M", 1 << 20), ("2MiB", 2 << 20)):
            self.assertEqual(self.share("share", "t" + text, "--size", text).answer["size_bytes"], size)
        long = "x" * 5000
        self.assertEqual(self.share("share", "long", long).answer["size_bytes"], 5001)
        self.assertEqual(self.samepage("read", "long"), long.encode() + b"\n")

    def test_bytes_go_in_exactly(self):
        content = bytes(range(256)) * 33
        for words, more in ((["-"], {"input": content}), (["--file", "-"], {"input": content}),
                            (["--file", self.file("f", content)], {})):
            holder = self.share("share", "t", *words, **more)
            self.assertEqual(holder.answer["size_bytes"], len(content))
            self.assertEqual(self.samepage("read", "t", "--raw"), content)
            self.finish_by_signal(holder)
        with open(self.file("g", content), "rb") as f:
            f.read(0)
            os.lseek(f.fileno(), 100, os.SEEK_SET)  # a shell's redirection that has been read from already
            self.share("share", "t", "-", stdin=f)
            self.assertEqual(self.samepage("read", "t", "--raw"), content[100:])

    def finish_by_signal(self, holder):
        holder.terminate()
        self.finish(holder)

    def test_a_large_pipe(self):
        content = os.urandom(1 << 20) * 18 + b"end"  # more than is kept in memory
        self.share("share", "t", "-", input=content)
        self.assertTrue(self.samepage("read", "t", "--raw") == content)

    def test_an_empty_pipe(self):
        self.assertEqual(self.share("share", "t", "-", input=b"").answer["size_bytes"], 4096)
        self.assertEqual(self.samepage("read", "t"), b"\n")

    def test_terminate(self):
        self.share("share", "t", "old and longer")
        self.samepage("write", "t", "-", "--terminate", input=b"new")
        self.assertEqual(self.samepage("read", "t"), b"new\n")
        self.samepage("write", "t", "-", input=b"N")
        self.assertEqual(self.samepage("read", "t"), b"New\n")

    def test_an_existing_one_keeps_its_size(self):
        self.share("share", "t", "first", "--size", "64")
        second = self.share("share", "t", "second", "--size", "1M")
        self.assertEqual((second.answer["size_bytes"], second.answer["created"]), (64, False))
        self.assertIn("--size 101", self.refused(7, "share", "t", "x" * 100))
        self.assertEqual(self.samepage("read", "t"), b"second\n")

    def test_more_than_the_size_that_is_asked_for(self):
        self.refused(7, "share", "t", "x" * 100, "--size", "100")
        self.refused(7, "share", "./t", "x" * 100, "--size", "100")
        self.assertEqual(self.names(), [])
        self.assertEqual(os.listdir(self.files), [])

    def test_paths_stay(self):
        self.samepage("share", "./t.page", "stays", "--", "true")
        self.assertEqual(os.path.getsize(os.path.join(self.files, "t.page")), 4096)
        self.assertEqual(self.samepage("read", "./t.page"), b"stays\n")
        self.file("small", b"abc")
        self.samepage("share", "./small", "--", "true")
        self.assertEqual(self.samepage("read", "./small", "--raw"), b"abc")
        self.samepage("share", "./small", "wxyz", "--", "true")
        self.assertEqual(self.samepage("read", "./small", "--raw"), b"wxyz\0")
        self.samepage("share", "./small", "--size", "8", "--", "true")
        self.assertEqual(self.samepage("read", "./small", "--raw"), b"wxyz" + bytes(4))
        self.file("empty")
        self.samepage("share", "./empty", "x", "--", "true")
        self.assertEqual(self.samepage("read", "./empty"), b"x\n")

    def test_two_contents(self):
        self.refused(2, "share", "t", "x", "--file", "y")
        self.refused(2, "share", "t", "--text", "x", "--file", "y")
        self.assertIn("nowhere", self.refused(3, "share", "t", "--file", "nowhere"))
        self.refused(1, "share", "t", "--file", self.files)
        self.assertEqual(self.names(), [])

    def test_progress_on_a_terminal(self):
        t = self.terminal("share", "t", "-", stdin=subprocess.PIPE)
        while not t.shows(b"reading standard input", 0.01):
            t.process.stdin.write(b"x")
            t.process.stdin.flush()
        t.process.stdin.close()
        t.wait_for(b"Now switch")
        self.assertRegex(self.samepage("read", "t"), rb"^x+\n$")


main()
