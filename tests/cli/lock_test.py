# samepage lock: flock(1) by name: -n, -w, -E, the command's status, and what is told of a dead owner.
# SPDX-License-Identifier: MIT
import json
import subprocess
import sys

from support import Case, main


class Lock(Case):
    def owner(self, *more):
        """A process that owns the lock until its standard input ends."""
        owner = self.start("lock", "gate", *more, "--", sys.executable, "-c",
                           "import sys; print('in', flush=True); sys.stdin.read()", stdin=subprocess.PIPE)
        self.assertEqual(owner.stdout.readline(), b"in\n")
        return owner

    def test_runs_the_command_and_passes_its_status_on(self):
        self.assertEqual(self.samepage("lock", "gate", "--", "echo", "inside"), b"inside\n")
        self.samepage("lock", "gate", "--", "sh", "-c", "exit 7", status=7)
        self.samepage("lock", "gate", "--", "sh", "-c", "kill -9 $$", status=137)
        self.assertEqual(self.names(), [])

    def test_contention_and_time_out(self):
        owner = self.owner()
        said = self.refused(5, "lock", "gate", "-n", "--", "echo", "x")
        self.assertIn(f"conflict: gate: process {owner.pid}", said)
        self.assertNotIn("timed_out", said)
        self.refused(4, "lock", "gate", "-w", "20ms", "--", "echo", "x")
        self.refused(9, "lock", "gate", "-n", "-E", "9", "--", "echo", "x")
        self.refused(0, "lock", "gate", "-w", "1ms", "-E", "0", "--", "echo", "x")
        seen = json.loads(self.samepage("info", "gate", "--json"))
        self.assertEqual((seen["kind"], seen["owned"], seen["owner"]), ("lock", True, owner.pid))
        waiter = self.start("lock", "gate", "--", "echo", "next")
        owner.stdin.close()
        owner.stdin = None
        self.finish(owner)
        self.assertEqual(self.finish(waiter)[0], b"next\n")

    def test_a_dead_owner_is_told_until_a_command_ends_well(self):
        holder = self.start("lock", "gate", "--", "sh", "-c", "exit 0")
        self.finish(holder)
        owner = self.owner()
        keeper = self.start("hold", "gate", "--json")
        keeper.stdout.readline()
        owner.kill()
        owner.wait()
        say = ["lock", "gate", "--", "sh", "-c", "echo ${SAMEPAGE_OWNER_DIED:-no}; exit $0"]
        for status in (3, 0):
            out, err = self.finish(self.start(*say, str(status)), status)
            self.assertEqual(out, b"1\n")
            self.assertIn(b"died with the lock", err)
        out, err = self.finish(self.start(*say, "0"))
        self.assertEqual((out, err), (b"no\n", b""))

    def test_wrong_usage(self):
        self.refused(2, "lock", "gate")
        self.assertIn("-- before a command", self.refused(2, "lock", "gate", "true"))
        self.refused(125, "lock", "gate", "-E", "256", "--", "true")
        self.refused(127, "lock", "gate", "--", "no-such-command-here")
        self.share("share", "text", "x")
        self.refused(125, "lock", "text", "--", "true")


main()
