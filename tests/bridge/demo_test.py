# samepage-bridge demo: as people and as programs get it; nothing of it stays.
# SPDX-License-Identifier: MIT
import json
import os

from support import Case, main


class Demo(Case):
    def test_it_plays_and_leaves_nothing(self):
        host = self.host("here")
        host.env["TMPDIR"] = self.folder
        out = host.ask_bridge("demo")[0]
        self.assertIn("lima$ samepage table get stock bolt\n12\n", out)
        self.assertIn("lima$ samepage table get stock bolt\n10\n", out)
        answer = json.loads(host.ask_bridge("demo", "--json")[0])
        self.assertEqual(list(answer), ["first_ms", "next_ms", "after_restart_ms"])
        self.assertEqual(os.listdir(self.folder), [])


main()
