# samepage write: into what exists, whole or not at all.
# SPDX-License-Identifier: MIT
import json
import os

from support import Case, main


class Write(Case):
    def test_text(self):
        self.share("share", "t", "something long", "--size", "32")
        self.samepage("write", "t", "short")
        self.assertEqual(self.samepage("read", "t", "--bytes", "15"), b"short\0ing long\0")
        self.samepage("write", "t", "-5", "--offset", "2")
        self.assertEqual(self.samepage("read", "t"), b"sh-5\n")
        self.samepage("write", "t", "")
        self.assertEqual(self.samepage("read", "t"), b"\n")
        self.samepage("write", "t", "x" * 31)
        self.assertEqual(json.loads(self.samepage("write", "t", "ab", "--json")),
                         {"place": "t", "size_bytes": 32, "written_bytes": 3})

    def test_bytes(self):
        self.share("share", "t", "0123456789", "--size", "32")
        self.samepage("write", "t", "-", "--offset", "3", input=b"\0\xff")
        self.samepage("write", "t", "--file", self.file("f", b"ZZ"), "--offset=8")
        self.assertEqual(self.samepage("read", "t", "--bytes", "11"), b"012\0\xff567ZZ\0")

    def test_too_much_changes_nothing(self):
        self.share("share", "t", "keep", "--size", "8")
        before = self.samepage("read", "t", "--raw")
        self.refused(7, "write", "t", "12345678")
        self.refused(7, "write", "t", "-", input=b"123456789")
        self.refused(7, "write", "t", "1234567", "--offset", "1")
        self.refused(7, "write", "t", "", "--offset", "8")
        self.refused(7, "write", "t", "", "--offset", str(2**64 - 1))
        self.assertEqual(self.samepage("read", "t", "--raw"), before)

    def test_only_what_exists(self):
        self.assertIn("samepage share", self.refused(3, "write", "t", "x"))
        self.refused(3, "write", "./t", "x")
        self.refused(2, "write", "t")
        self.assertEqual(self.names(), [])
        self.assertEqual(os.listdir(self.files), [])

    def test_a_file(self):
        self.file("f", b"0123456789")
        self.samepage("write", "./f", "-", "--offset", "5", input=b"abc")
        with open(os.path.join(self.files, "f"), "rb") as f:
            self.assertEqual(f.read(), b"01234abc89")
        self.refused(7, "write", "./f", "0123456789")


main()
