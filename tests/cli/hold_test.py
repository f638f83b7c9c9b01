# How long things are held: --for, --while-pid, -- CMD, Enter, Ctrl-C, signals; hold and region hold.
# SPDX-License-Identifier: MIT
import json
import os
import signal
import subprocess

from support import PROGRAM, Case, main


class Hold(Case):
    def test_for_a_time(self):
        self.assertEqual(self.samepage("share", "t", "x", "--for", "50ms"), b"")
        self.assertEqual(self.samepage("share", "t", "x", "--for=0"), b"")
        self.assertEqual(self.names(), [])

    def test_signals_end_it_well(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            holder = self.share("share", "t", "x")
            holder.send_signal(number)
            self.finish(holder)
            self.refused(3, "read", "t")

    def test_the_end_of_a_standard_input_that_is_no_terminal_ends_nothing(self):
        holder = self.share("share", "t", "-", input=b"x\n")
        self.assertEqual(self.samepage("read", "t"), b"x\n")
        self.assertIsNone(holder.poll())

    def test_enter_on_a_terminal(self):
        t = self.terminal("share", "hello", "text")
        t.wait_for(b"Now switch to the other application: samepage read hello (Enter ends)")
        self.assertEqual(self.samepage("read", "hello"), b"text\n")
        t.type(b"\n")
        self.assertEqual(t.process.wait(100), 0)
        self.refused(3, "read", "hello")

    def test_ctrl_c_on_a_terminal(self):
        t = self.terminal("share", "hello", "text", "--for", "1h")
        t.wait_for(b"(ends in 3600s)")
        t.type(b"\x03")
        self.assertEqual(t.process.wait(100), 0)

    def test_a_reader_that_holds(self):
        writer = self.share("share", "t", "kept")
        t = self.terminal("read", "t", "--hold")
        t.wait_for(b"kept")
        t.wait_for(b"Enter ends")
        writer.kill()
        writer.wait()
        self.assertEqual(self.samepage("read", "t"), b"kept\n")
        t.type(b"\n")
        self.assertEqual(t.process.wait(100), 0)
        self.refused(3, "read", "t")

    def test_while_another_process_lives(self):
        other = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(self.end, other)
        holder = self.share("share", "t", "x", "--while-pid", str(other.pid))
        self.assertEqual(self.samepage("read", "t"), b"x\n")
        other.kill()
        self.finish(holder)
        other.wait()
        self.refused(3, "share", "t", "x", "--while-pid", str(other.pid))
        self.refused(3, "share", "t", "x", "--while-pid", "0")
        self.refused(3, "share", "t", "x", "--while-pid", str(2**63))
        self.assertEqual(self.names(), [])

    def test_the_status_of_a_command(self):
        for script, status in (("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 137),
                               ("kill -TERM $$", 143)):
            self.finish(self.start("share", "t", "x", "--", "sh", "-c", script), status)
            self.assertEqual(self.names(), [])
        self.refused(127, "share", "t", "x", "--", "no-such-command-here")
        self.refused(126, "share", "t", "x", "--", self.file("no-program"))
        for words in (["share", "a\\b", "x"], ["hold", "nobody-has-it"], ["share", "t", "x", "--for", "1s"],
                      ["share", "t", "x", "--nonsense", "y"], ["read", "nobody-has-it"]):
            self.refused(125, *words, "--", "true")
        self.refused(125, "share", "t", "x", "--")

    def test_a_command_sees_it_and_gets_its_own_words(self):
        out = self.samepage("share", "t", "x", "--", "sh", "-c", '"$SAMEPAGE" read t; echo "$@"', "sh", "--json", "--",
                            "-5")
        self.assertEqual(out, b"x\n--json -- -5\n")

    def test_signals_go_on_to_the_command(self):
        process = self.start("share", "t", "x", "--", "sh", "-c",
                             'trap "exit 9" TERM; echo ready; while :; do sleep 0.01; done')
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.terminate()
        self.finish(process, 9)

    def test_ctrl_c_reaches_the_command_once(self):
        t = self.terminal("share", "t", "x", "--", "sh", "-c",
                          'n=0; trap "n=\\$((n+1)); echo got \\$n" INT; trap "exit 5" TERM; echo ready; '
                          'while :; do sleep 0.01; done')
        t.wait_for(b"ready")
        t.type(b"\x03")
        t.wait_for(b"got 1")
        t.process.terminate()
        self.assertEqual(t.process.wait(100), 5)
        self.assertNotIn(b"got 2", t.shown)

    def test_hold_keeps_what_exists(self):
        first, second = self.share("share", "a", "1"), self.share("share", "b", "2")
        holder = self.share("hold", "a", "b")
        self.assertEqual(holder.answer, {"holding": [{"place": "a"}, {"place": "b"}]})
        for process in (first, second):
            process.kill()
            process.wait()
        self.assertEqual(self.names(), ["a", "b"])
        self.assertEqual(self.samepage("read", "b"), b"2\n")
        self.refused(3, "hold", "a", "nobody-has-it", "--for", "1h")
        self.refused(2, "hold")
        holder.terminate()
        self.finish(holder)
        self.assertEqual(self.names(), [])

    def test_region_hold_creates(self):
        holder = self.share("region", "hold", "frame", "--size", "64K")
        self.assertEqual(holder.answer, {"place": "frame", "size_bytes": 65536, "created": True})
        self.samepage("write", "frame", "picture")
        self.assertEqual(self.samepage("read", "frame"), b"picture\n")
        self.assertEqual(self.share("region", "hold", "plain").answer["size_bytes"], 4096)
        self.file("f", b"12345")
        self.assertEqual(self.share("region", "hold", "./f").answer["size_bytes"], 5)
        self.refused(2, "region", "hold", "none", "--size", "0", "--for", "1h")

    def test_a_file_that_somebody_removed(self):
        holder = self.share("share", "t", "x")
        os.unlink(json.loads(self.samepage("info", "t", "--json"))["place"])
        out, err = holder.communicate(timeout=100)
        self.assertEqual(holder.returncode, 1)
        self.assertIn(b"lost_name", err)

    def test_bad_times(self):
        for text in ("", "x", "-1", "5x", "1.", "s", "99999999999999999999h", "300000d"):
            self.refused(2, "share", "t", "x", "--for", text)
        self.refused(2, "share", "t", "x", "--for")


main()
