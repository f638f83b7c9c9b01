# samepage table lock: a key or all of a table, the command's status, its own puts, and what is told of a dead owner.
# SPDX-License-Identifier: MIT
import subprocess
import sys

from support import PROGRAM, Case, main


class TableLock(Case):
    def owner(self, *what):
        """A process that has locked until its standard input ends."""
        owner = self.start("table", "lock", "./stock", *what, "--", sys.executable, "-c",
                           "import sys; print('in', flush=True); sys.stdin.read()", stdin=subprocess.PIPE)
        self.assertEqual(owner.stdout.readline(), b"in\n")
        return owner

    def let_go(self, owner):
        owner.stdin.close()
        owner.stdin = None
        self.finish(owner)

    def test_the_command_writes_and_others_wait(self):
        put = [PROGRAM, "table", "put", "./stock", "bolt", "12"]
        self.samepage("table", "lock", "./stock", "bolt", "--", *put)
        self.samepage("table", "lock", "./stock", "--all", "--", *put)
        self.samepage("table", "lock", "./stock", "nut", "--", PROGRAM, "table", "lock", "./stock", "bolt", "--", *put)
        for what in (["bolt"], ["--all"]):
            self.samepage("table", "lock", "./stock", *what, "--", PROGRAM, "table", "erase", "./stock", "bolt")
            self.samepage("table", "put", "./stock", "bolt", "12")
            owner = self.owner(*what)
            said = self.refused(5, "table", "lock", "./stock", "bolt", "-n", "--", "echo", "x")
            self.assertIn(f"conflict: ./stock: process {owner.pid}", said)
            self.refused(4, "table", "lock", "./stock", "--all", "--timeout", "20ms", "--", "echo", "x")
            self.refused(9, "table", "lock", "./stock", "bolt", "-n", "-E", "9", "--", "echo", "x")
            self.assertEqual(self.samepage("table", "get", "./stock", "bolt"), b"12\n")
            for refused in (["put", "./stock", "bolt", "1"], ["put", "./stock", "bolt", "1", "--insert"],
                            ["put", "./stock", "bolt", "1", "--if-version", "1"], ["erase", "./stock", "bolt"]):
                for time in ("0", "10ms", "150ms"):
                    self.assertIn(f"process {owner.pid}", self.refused(4, "table", *refused, "--timeout", time))
            waiter = self.start("table", "lock", "./stock", "bolt", "--", *put[:-1], "13")
            self.let_go(owner)
            self.finish(waiter)
            self.assertEqual(self.samepage("table", "get", "./stock", "bolt"), b"13\n")
            self.samepage("table", "put", "./stock", "bolt", "12")

    def test_statuses_are_passed_on(self):
        self.samepage("table", "lock", "stock", "bolt", "--", "sh", "-c", "exit 7", status=7)
        self.refused(127, "table", "lock", "stock", "bolt", "--", "no-such-command-here")
        self.refused(2, "table", "lock", "stock", "bolt")
        self.refused(125, "table", "lock", "stock", "--", "true")
        self.refused(125, "table", "lock", "stock", "bolt", "--all", "--", "true")
        self.refused(125, "table", "lock", "stock", "bolt", "-E", "256", "--", "true")
        self.assertEqual(self.names(), [])

    def test_a_dead_owner_is_told_until_a_command_ends_well(self):
        for what in (["bolt"], ["--all"]):
            owner = self.owner(*what)
            owner.kill()
            owner.wait()
            self.samepage("table", "put", "./stock", "bolt", "12")
            say = ["table", "lock", "./stock", *what, "--", "sh", "-c", "echo ${SAMEPAGE_OWNER_DIED:-no}; exit $0"]
            for status in (3, 0):
                out, err = self.finish(self.start(*say, str(status)), status)
                self.assertEqual(out, b"1\n")
                self.assertIn(b"died with the lock", err)
            out, err = self.finish(self.start(*say, "0"))
            self.assertEqual((out, err), (b"no\n", b""))


main()
