# What SIGINT and SIGTERM do to commands that stay: the end of those that have no other, else an end before its time.
# SPDX-License-Identifier: MIT
import json
import os
import signal

from support import Case, main

ENDLESS = (["cell", "watch", "t"], ["cell", "watch", "t", "--count", "0", "--timeout", "1h"],
           ["channel", "listen", "t"], ["channel", "listen", "t", "--count", "0"],
           ["channel", "listen", "t", "--lossy", "--timeout", "1h"],
           ["queue", "take", "t", "--count", "0"], ["queue", "take", "t", "--count", "0", "--timeout", "1h"],
           ["queue", "take", "t", "--count", "0", "--", "cat"], ["table", "watch", "t", "k"])
HOLDING = (["share", "t", "x"], ["share", "t", "x", "--for", "1h"], ["region", "hold", "t"], ["cell", "hold", "t"],
           ["channel", "hold", "t"], ["queue", "hold", "t"], ["table", "hold", "t"],
           ["table", "put", "t", "k", "v", "--hold"])
WITH_AN_END = (["cell", "watch", "t", "--count", "1"], ["channel", "listen", "t", "--count", "1"],
               ["queue", "take", "t"], ["queue", "take", "t", "--count", "2", "--timeout", "1h"],
               ["queue", "take", "t", "--", "cat"], ["table", "watch", "t", "k", "--count", "1"])


class Interrupt(Case):
    def end_one(self, words, number):
        process = self.start(*words)
        self.wait_until(lambda: self.names() == ["t"], f"{words} holds it")
        process.send_signal(number)
        out, err = process.communicate(timeout=100)
        self.assertEqual((out, err, self.names()), (b"", b"", []), words)
        return process.returncode

    def test_what_has_no_other_end_ends_well(self):
        for at, words in enumerate(ENDLESS):
            number = (signal.SIGTERM, signal.SIGINT)[at % 2]
            self.assertEqual(self.end_one(words, number), 0, words)

    def test_holding_ends_well(self):
        for at, words in enumerate(HOLDING):
            holder = self.share(*words)
            holder.send_signal((signal.SIGTERM, signal.SIGINT)[at % 2])
            self.assertEqual(self.finish(holder), (b"", b""), words)
            self.assertEqual(self.names(), [])

    def test_what_has_an_end_did_not_come_to_it(self):
        for at, words in enumerate(WITH_AN_END):
            number = (signal.SIGTERM, signal.SIGINT)[at % 2]
            self.assertEqual(self.end_one(words, number), -number, words)

    def test_after_some_of_what_was_to_be_done(self):
        for count, status in (([], 0), (["--count", "2"], -signal.SIGINT)):
            listener = self.start("channel", "listen", "news", *count)
            self.wait_until(lambda: self.names() == ["news"], "it listens")
            self.samepage("channel", "send", "news", "hello")
            self.assertEqual(listener.stdout.readline(), b"hello\n")
            listener.send_signal(signal.SIGINT)
            self.finish(listener, status)

    def test_while_nobody_reads_what_it_prints(self):
        value = b"x" * 300000  # more than a pipe holds
        self.samepage("cell", "set", "./cell", "--file", "-", input=value)
        self.samepage("queue", "push", "./queue", "-", input=value)
        for words in (["cell", "watch", "./cell"], ["queue", "take", "./queue", "--count", "0"]):
            for count, status in ((["--count", "0"], 0), (["--count", "1"], -signal.SIGTERM)):
                process = self.start(*words, *count)
                process.stdout.read(1)  # so it has begun, and has more to print than it can
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(100), status, words)
                self.assertEqual(process.stderr.read(), b"")
        jobs = self.samepage("queue", "ls", "./queue", "--json").splitlines()
        self.assertEqual([json.loads(job)["state"] for job in jobs], ["ready"], "given back")

    def test_a_worker_ends_when_its_command_has_ended_well_nevertheless(self):
        script = 'trap "exit 0" TERM; echo begun; while :; do sleep 0.01; done'
        for count, status in (("0", 0), ("3", -signal.SIGTERM), ("1", 0)):
            place = "./jobs" + count
            self.samepage("queue", "push", place, "-", input=b"a\nb\n")
            worker = self.start("queue", "take", place, "--count", count, "--json", "--", "sh", "-c", script)
            self.assertEqual(worker.stdout.readline(), b"begun\n")
            worker.send_signal(signal.SIGTERM)
            self.finish(worker, status)
            self.assertEqual(self.samepage("queue", "take", place, "--timeout", "0"), b"b\n", "a is done")

    def test_who_waits_for_input_ends(self):
        for verb in ("send", "push"):
            place, noun = "./" + verb, {"send": "channel", "push": "queue"}[verb]
            held = self.start(noun, verb, place, "-", "--hold", stdin=-1)
            self.wait_until(lambda: os.path.exists(os.path.join(self.files, verb)), "it has opened the place")
            held.send_signal(signal.SIGTERM)
            self.finish(held, -signal.SIGTERM)


main()
