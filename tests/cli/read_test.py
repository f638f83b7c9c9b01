# samepage read: text, bytes, tables, JSON; waiting; and ends of files and pipes in the middle of it.
# SPDX-License-Identifier: MIT
import base64
import json
import os
import signal
import subprocess

from support import Case, main


class Read(Case):
    def test_text(self):
        self.share("share", "t", "one two three")
        self.assertEqual(self.samepage("read", "t"), b"one two three\n")
        self.assertEqual(self.samepage("read", "t", "--max", "7"), b"one two\n")
        self.assertEqual(self.samepage("read", "t", "--max", "254"), b"one two three\n")
        self.assertEqual(self.samepage("read", "t", "--offset", "4"), b"two three\n")
        self.assertEqual(self.samepage("read", "t", "--offset", "4", "--max=3"), b"two\n")
        self.assertEqual(self.samepage("read", "t", "--offset", "4096"), b"\n")
        self.refused(2, "read", "t", "--offset", "4097")

    def test_text_without_an_end(self):
        self.share("share", "t", "-", input=b"12345678")
        self.assertEqual(self.samepage("read", "t"), b"12345678\n")
        self.share("share", "u", "-", input=b"line\n")
        self.assertEqual(self.samepage("read", "u"), b"line\n")

    def test_bytes(self):
        content = b"a\0b\xff" + bytes(12)
        self.share("share", "t", "-", input=content)
        self.assertEqual(self.samepage("read", "t", "--raw"), content)
        self.assertEqual(self.samepage("read", "t", "--raw", "--offset", "2"), content[2:])
        self.assertEqual(self.samepage("read", "t", "--bytes", "3"), b"a\0b")
        self.assertEqual(self.samepage("read", "t", "--raw", "--bytes", "2", "--offset=1"), b"\0b")
        self.assertEqual(self.samepage("read", "t", "--bytes", "16"), content)
        self.refused(2, "read", "t", "--bytes", "17")
        self.refused(2, "read", "t", "--bytes", "16", "--offset", "1")
        self.refused(2, "read", "t", "--bytes", str(2**64 - 1), "--offset", "1")
        self.refused(2, "read", "t", "--bytes", "-1")
        self.refused(2, "read", "t", "--raw", "--hex")

    def test_hex(self):
        self.share("share", "t", "-", input=b"0123456789abcdef" + bytes(64) + b"xyz")
        self.assertEqual(self.samepage("read", "t", "--hex").decode(),
                         "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
                         "00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
                         "*\n"
                         "00000050  78 79 7a                                          |xyz|\n"
                         "00000053\n")
        self.assertIn(b"00000051  79 7a", self.samepage("read", "t", "--hex", "--offset", "81"))

    def test_json(self):
        self.share("share", "t", "ü\"\\")
        self.assertEqual(json.loads(self.samepage("read", "t", "--json")),
                         {"place": "t", "size_bytes": 4096, "offset_bytes": 0, "text": "ü\"\\"})
        for content in (b"\xff", b"\xff\xfe", b"\xff\xfe\0", b"ab\xc3"):
            holder = self.share("share", "u", "-", input=content)
            answer = json.loads(self.samepage("read", "u", "--json", "--raw"))
            self.assertEqual(base64.b64decode(answer["base64"], validate=True), content)
            self.assertNotIn("text", answer)
            holder.terminate()
            self.finish(holder)

    def test_wait_for_what_comes(self):
        reader = self.start("read", "t", "--wait", "1h")
        empty = self.share("region", "hold", "t")
        self.assertIsNone(reader.poll())
        self.samepage("write", "t", "here it is")
        self.assertEqual(self.finish(reader), (b"here it is\n", b""))
        self.assertIsNone(empty.poll())
        self.assertEqual(self.samepage("read", "t", "--wait"), b"here it is\n")
        self.assertEqual(self.samepage("read", "--wait", "t"), b"here it is\n")

    def test_wait_for_a_file(self):
        missing, empty = self.start("read", "./m", "--wait", "1h"), self.start("read", self.file("e"), "--wait", "1h")
        for reader, path in ((missing, "./m"), (empty, "./e")):
            self.assertIsNone(reader.poll())
            self.samepage("share", path, "filled", "--", "true")
            self.assertEqual(self.finish(reader)[0], b"filled\n")
        self.refused(2, "read", "./", "--wait", "1h")

    def test_closed_streams(self):
        self.share("share", "t", "x")
        for script, status in (('"$SAMEPAGE" read t >&-', 1), ('"$SAMEPAGE" read nobody-has-it 2>&-', 3),
                               ('"$SAMEPAGE" read nobody-has-it 2>/dev/full', 3), ('"$SAMEPAGE" write t - <&-', 1),
                               ('"$SAMEPAGE" share ./f y --for 1ms <&- 2>&-', 0)):
            ended = subprocess.run(["sh", "-c", script], env=self.env, cwd=self.files, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.assertEqual(ended.returncode, status, script)
        self.assertEqual(self.samepage("read", "t"), b"x\n")
        self.assertEqual(self.samepage("read", "./f"), b"y\n")

    def test_who_waits_sees_the_whole(self):
        content = os.urandom(3 << 20).replace(b"\0", b"\1")
        for _ in range(5):
            reader = self.start("read", "t", "--wait", "1h", "--raw")
            writer = self.share("share", "t", "--file", self.file("f", content))
            self.assertTrue(self.finish(reader)[0] == content)
            writer.kill()
            writer.wait()

    def test_wait_in_vain(self):
        self.assertIn("not there", self.refused(4, "read", "t", "--wait", "20ms"))
        self.share("region", "hold", "t")
        self.assertIn("holds nothing", self.refused(4, "read", "t", "--wait", "20ms"))
        reader = self.start("read", "u", "--wait")
        reader.send_signal(signal.SIGINT)
        self.finish(reader, -signal.SIGINT)
        self.refused(2, "read", "a\\b", "--wait", "1h")

    def test_a_file_cut_short_meanwhile(self):
        path = self.file("f", b"x" * (8 << 20))
        reader = self.start("read", path, "--raw")
        first = reader.stdout.read(1)  # it has begun; the pipe is full long before its end
        os.truncate(path, 0)
        out, err = self.finish(reader, 8)
        self.assertTrue(len(out) < 8 << 20 and set(first + out) == {ord("x")})
        self.assertIn(b"samepage: corrupt: somebody has cut", err)

    def test_a_closed_pipe_is_no_error(self):
        path = self.file("f", b"x" * (8 << 20))
        reader = self.start("read", path)
        reader.stdout.read(1)
        reader.stdout.close()
        reader.stdout = None
        self.assertEqual(self.finish(reader)[1], b"")

    def test_a_full_disk_is_one(self):
        self.share("share", "t", "x")
        with open("/dev/full", "wb") as full:
            reader = self.start("read", "t", stdout=full)
            self.assertIn(b"cannot write", self.finish(reader, 1)[1])
            self.finish(self.start("ls", "--json", stdout=full), 1)

    def test_larger_than_a_window(self):
        path = self.file("sparse")
        os.truncate(path, (200 << 20) + 5)
        with open(path, "r+b") as f:
            f.seek((128 << 20) - 2)
            f.write(b"over the border")
        self.assertEqual(self.samepage("read", path, "--offset", str((128 << 20) - 2)), b"over the border\n")
        self.samepage("write", path, "again and again", "--offset", str((64 << 20) - 3))
        self.assertEqual(self.samepage("read", path, "--offset", str((64 << 20) - 3)), b"again and again\n")
        self.assertEqual(self.samepage("read", path, "--raw", "--offset", "200M"), bytes(5))


main()
