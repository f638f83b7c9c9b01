# samepage table checkpoint: what commands say and do before and after a power failure.
# SPDX-License-Identifier: MIT
import json
import os
import struct

from support import Case, main

MARK_AT = 12624  # docs/format.md
ANOTHER_BOOT = 4711


class TableCheckpoint(Case):
    def path(self, name):
        return os.path.join(self.files, name)

    def lose_power(self):
        """As a restart of the machine finds it while somebody had changed it."""
        with open(self.path("stock"), "r+b") as file:
            file.seek(MARK_AT)
            file.write(struct.pack("<Q", ANOTHER_BOOT))

    def put(self, key, value):
        self.samepage("table", "put", "./stock", key, value)

    def test_it_is_as_of_the_checkpoint_and_says_so_once(self):
        self.put("bolt", "12")
        made = self.samepage("table", "checkpoint", "./stock").decode()
        self.assertRegex(made, r"^\./stock: 1 record, .* in \./stock\.checkpoint; writers waited [0-9.]+ ms\n$")
        self.put("bolt", "13")
        self.put("nut", "100")
        self.lose_power()
        out, err = self.finish(self.start("table", "get", "./stock", "bolt"))
        self.assertEqual(out, b"12\n")
        self.assertRegex(err.decode(), r"the power failed .* checkpoint of \d{4}-\d\d-\d\d .*\./stock\.aside")
        out, err = self.finish(self.start("table", "count", "./stock"))
        self.assertEqual((out, err), (b"1\n", b""))
        self.assertEqual(self.samepage("table", "get", "./stock.checkpoint", "bolt"), b"12\n")
        self.assertIn(b"2 records, nothing is wrong", self.samepage("table", "verify", "./stock.aside"))
        info = self.samepage("info", "./stock").decode()
        self.assertIn("checkpoint of ", info)
        self.assertIn("went back", info)
        seen = json.loads(self.samepage("info", "./stock", "--json"))
        self.assertEqual(seen["returned_to_unix_ns"], seen["checkpoint_unix_ns"])

    def test_without_a_checkpoint_it_is_refused_but_not_lost(self):
        self.put("bolt", "12")
        self.assertIn("no checkpoint", self.samepage("info", "./stock").decode())
        self.lose_power()
        for words in (["get", "./stock", "bolt"], ["put", "./stock", "bolt", "13"], ["export", "./stock"],
                      ["checkpoint", "./stock"]):
            said = self.refused(8, "table", *words)
            self.assertIn("there is no checkpoint to go back to", said)
            self.assertIn("table checkpoint --as-it-is", said)
        self.assertIn(b"1 record, nothing is wrong", self.samepage("table", "verify", "./stock"))
        self.refused(8, "table", "get", "./stock", "bolt")
        self.samepage("table", "checkpoint", "./stock", "--as-it-is")
        self.assertEqual(self.samepage("table", "get", "./stock", "bolt"), b"12\n")

    def test_what_can_be_read_is_saved(self):
        self.file("in.jsonl", b'{"id":"bolt"}\n{"id":"nut"}\n')
        self.samepage("table", "import", "./stock", "in.jsonl", "--key", "id")
        self.lose_power()
        saved = self.samepage("table", "export", "./stock", "--as-it-is")
        self.assertEqual(sorted(saved.splitlines()), [b'{"id":"bolt"}', b'{"id":"nut"}'])

    def test_names_and_what_is_not_there_have_none(self):
        self.refused(3, "table", "checkpoint", "./none")
        self.refused(3, "table", "checkpoint", "none")
        self.assertEqual(os.listdir(self.files), [])
        self.put("bolt", "12")
        made = json.loads(self.samepage("table", "checkpoint", "./stock", "--json"))
        self.assertEqual((made["place"], made["records"]), ("./stock", 1))
        self.assertEqual(made["bytes"], os.path.getsize(self.path("stock.checkpoint")))


main()
