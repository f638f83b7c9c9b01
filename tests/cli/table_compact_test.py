# samepage table compact: what it says, gives back and leaves as it was.
# SPDX-License-Identifier: MIT
import json
import os

from support import Case, main

RECORDS = 4000


class TableCompact(Case):
    def setUp(self):
        super().setUp()
        rows = "".join(f"{i},{'v' * (i % 200)}\n" for i in range(RECORDS))
        with open(os.path.join(self.files, "rows.csv"), "w") as file:
            file.write("key,value\n" + rows)
        self.samepage("table", "import", "./stock", "./rows.csv", "--key", "key")
        self.keys = [str(i) for i in range(RECORDS)]

    def taken(self):
        return os.stat(os.path.join(self.files, "stock")).st_blocks * 512

    def test_what_is_free_goes_back_and_the_rest_stays(self):
        self.samepage("table", "erase", "./stock", *[k for k in self.keys if int(k) % 20 != 0])
        before = self.samepage("table", "scan", "./stock")
        taken = self.taken()
        said = self.samepage("table", "compact", "./stock").decode()
        self.assertRegex(said, r"^\./stock: \d+ records moved, [0-9.]+ .iB given back, [0-9.]+ .iB taken\n$")
        self.assertLess(self.taken(), taken * 3 / 4)
        self.assertEqual(sorted(self.samepage("table", "scan", "./stock").splitlines()), sorted(before.splitlines()))
        self.assertIn(b"nothing is wrong", self.samepage("table", "verify", "./stock"))
        again = json.loads(self.samepage("table", "compact", "./stock", "--json"))
        self.assertEqual(again["pending_bytes"], 0)
        self.assertEqual(again["bytes"], self.taken())

    def test_beside_another_holder_it_waits_and_says_so(self):
        self.samepage("table", "erase", "./stock", *[k for k in self.keys if int(k) % 20 != 0])
        self.start("hold", "./stock")
        self.wait_until(lambda: self.samepage("holders", "./stock", "--json").strip(), "a holder")
        said = self.samepage("table", "compact", "./stock").decode()
        self.assertRegex(said, r" 0 bytes given back, .*; [0-9.]+ .iB more are free, .* nobody else has it open\n$")

    def test_of_what_is_no_table(self):
        self.refused(3, "table", "compact", "./none")
        self.refused(3, "table", "compact", "none")
        self.samepage("cell", "set", "./cell", "1")
        self.refused(5, "table", "compact", "./cell")


main()
