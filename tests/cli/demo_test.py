# samepage demo: the whole story, as people and as programs get it.
# SPDX-License-Identifier: MIT
import json
import os

from support import Case, main


class Demo(Case):
    def test_for_people(self):
        out, err = self.finish(self.start("demo", "--file", self.file("f", b"\1" + os.urandom(100000))))
        lines = out.decode().splitlines()
        self.assertIn("Hello world, I'm writing to a shared page file.", lines)
        self.assertTrue(any(line.startswith("$ kill -9 ") for line in lines))
        self.assertRegex(err, rb"^samepage: not_found: .*\n$")
        self.assertEqual(self.names(), [])

    def test_for_programs(self):
        path = self.file("f", os.urandom(100000))
        answer = json.loads(self.finish(self.start("demo", "--file", path, "--json"))[0])
        self.assertEqual(answer["checksum_written"], answer["checksum_read"])
        self.assertEqual((answer["file_bytes"], answer["name_gone"]), (100000, True))

    def test_beside_a_name_in_use(self):
        self.share("share", "hello", "mine")
        self.finish(self.start("demo", "--file", self.file("f", b"x")))
        self.assertEqual(self.samepage("read", "hello"), b"mine\n")


main()
