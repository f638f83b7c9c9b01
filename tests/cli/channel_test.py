# samepage channel: send, listen, hold; what is lossless and what isn't; and what info, hold and ls say about channels.
# SPDX-License-Identifier: MIT
import base64
import json
import os
import signal
import subprocess

from support import DEADLINE_S, PROGRAM, Case, main


class Channel(Case):
    def info(self, place="news"):
        return json.loads(self.samepage("info", place, "--json"))

    def sleeps(self, count=1, place="news"):
        """Whether so many listeners are there, and wait for a message."""
        process = self.start("info", place, "--json")
        out, _ = process.communicate(timeout=DEADLINE_S)
        return process.returncode == 0 and json.loads(out).get("waiters", 0) >= count

    def listen(self, *words, place="news", count=1, **more):
        """Starts a listener and returns when it listens. `count`: how many listen then."""
        process = self.start("channel", "listen", place, *words, **more)
        self.wait_until(lambda: self.sleeps(count, place), "a listener waits for messages")
        return process

    def send(self, *words, input=None, place="news"):
        return self.samepage("channel", "send", place, *words, input=input)


class Messages(Channel):
    def test_a_text_and_lines(self):
        listener = self.listen("--count", "6")
        self.assertEqual(self.send("it rains"), b"")
        self.send("-", input=b"a\n\n-5 b")  # an empty line, and one without its end
        self.send("-", input=b"last\n")
        self.assertEqual(json.loads(self.send("--text", "-", "--json")),
                         {"place": "news", "messages": 1, "last_sequence": 6})
        self.assertEqual(self.finish(listener), (b"it rains\na\n\n-5 b\nlast\n-\n", b""))
        self.assertEqual(self.names(), [])

    def test_an_empty_input_has_no_message(self):
        self.share("channel", "hold", "news")
        self.assertEqual(json.loads(self.send("-", "--json", input=b"")), {"place": "news", "messages": 0})
        self.assertEqual(json.loads(self.send("-", "--json", "--raw", input=b""))["messages"], 1)
        self.assertEqual(json.loads(self.send("", "--json"))["last_sequence"], 2)

    def test_whatever_bytes_between_zeros(self):
        messages = [os.urandom(n * 37 % 3000).replace(b"\0", b"\1") for n in range(300)] + [b"", b"\n", b"a\nb"]
        listener = self.listen("--null", "--count", str(len(messages)))
        self.send("-", "--null", input=b"\0".join(messages) + b"\0")
        self.assertEqual(self.finish(listener)[0], b"".join(m + b"\0" for m in messages))

    def test_all_of_an_input_as_one_message(self):
        content = os.urandom(200000)
        listener = self.listen("--raw", "--count", "1")
        self.send("-", "--raw", input=content)
        self.assertEqual(self.finish(listener)[0], content)

    def test_json(self):
        listener = self.listen("--json", "--count", "3")
        self.send("-", "--null", input="grüße\0\0\xff\xfe".encode("latin-1"))
        messages = [json.loads(line) for line in self.finish(listener)[0].splitlines()]
        self.assertEqual(messages[1], {"sequence": 2, "missed": 0, "size_bytes": 0, "text": ""})
        self.assertEqual(base64.b64decode(messages[0]["base64"]), "grüße".encode("latin-1"))
        self.assertEqual(base64.b64decode(messages[2]["base64"]), b"\xff\xfe")

    def test_too_large_says_which_capacity_to_ask_for(self):
        listener = self.listen("--capacity", "10", "--count", "3", place="small")
        line = self.refused(7, "channel", "send", "small", "-", input=b"1\n2\n" + b"x" * 11 + b"\n4\n")
        self.assertIn("message 3 of the input has 11 bytes", line)
        self.assertIn("--capacity 11", line)
        self.assertIn("(2 sent before it)", line)
        self.send("x" * 10, place="small")
        self.assertEqual(self.finish(listener)[0], b"1\n2\n" + b"x" * 10 + b"\n")
        self.share("channel", "hold", "small", "--capacity", "10")
        large = b"x" * 11
        for words, input in ((["x" * 11], None), (["-", "--raw"], large), (["-", "--null"], large), (["-"], large)):
            self.assertIn("--capacity 11", self.refused(7, "channel", "send", "small", *words, input=input))
        # Longer than what is read at once, with an end and without.
        for input in (b"x" * 1000001 + b"\nmore\n", b"x" * 1000001):
            self.assertIn("--capacity 1000001", self.refused(7, "channel", "send", "small", "-", input=input))

    def test_wrong_words(self):
        self.share("channel", "hold", "news")
        for words in (["send", "news", "a", "--null"], ["send", "news", "a", "--text", "b"],
                      ["send", "news", "-", "--null", "--raw"], ["send", "news"], ["listen", "news", "--from", "0"],
                      ["listen", "news", "--from", "x"], ["listen", "news", "--from", "1x"],
                      ["listen", "news", "--null", "--raw"],
                      ["listen", "news", "--count", "x"], ["listen", "n", "--capacity", "0"],
                      ["hold", "n", "--capacity", "257M"], ["hold", "n", "--loans", "65"], ["send"], ["listen"]):
            self.refused(2, "channel", *words)
        self.samepage("channel", "listen", "news", "--json", "--raw", status=2)
        self.assertEqual(self.names(), ["news"])


class Lifetime(Channel):
    def test_on_a_name_that_nobody_holds_nothing_is_made(self):
        line = self.refused(3, "channel", "send", "news", "hello")
        for hint in ("samepage channel listen news", "samepage channel hold news", "--for 5s", "./news"):
            self.assertIn(hint, line)
        self.assertEqual(self.names(), [])

    def test_send_makes_and_holds_when_it_is_asked_to(self):
        self.send("hello", "--for", "20ms")
        self.assertEqual(self.names(), [])
        out = self.send("hello", "--", PROGRAM, "channel", "listen", "news", "--from", "oldest", "--count", "1")
        self.assertEqual(out, b"hello\n")
        self.finish(self.start("channel", "send", "news", "hello", "--", "sh", "-c", "exit 9"), 9)
        self.refused(125, "channel", "send", "news", "x", "--nonsense", "--", "true")
        other = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(self.end, other)
        holder = self.share("channel", "send", "news", "hello", "--while-pid", str(other.pid))
        self.assertEqual(self.names(), ["news"])
        other.kill()
        self.finish(holder)
        self.assertEqual(self.names(), [])

    def test_at_a_path_the_newest_messages_stay(self):
        for number in (1, 2, 3):
            self.send(f"message {number}", place="./news.page")
        out = self.samepage("channel", "listen", "./news.page", "--from", "oldest", "--count", "3")
        self.assertEqual(out, b"message 1\nmessage 2\nmessage 3\n")
        out = self.samepage("channel", "listen", "./news.page", "--from", "3", "--count", "1", "--json", "--lossy")
        self.assertEqual(json.loads(out), {"sequence": 3, "missed": 0, "size_bytes": 9, "text": "message 3"})

    def test_either_side_may_come_first(self):
        sender = self.start("channel", "send", "news", "hello", "--wait")
        listener = self.start("channel", "listen", "news", "--count", "1")
        self.assertEqual(self.finish(listener)[0], b"hello\n")
        self.finish(sender)
        for words in (["--wait", "20ms"], ["--wait=20ms", "--hold"]):
            self.assertIn("nobody listens to news", self.refused(4, "channel", "send", "news", "hello", *words))
        self.share("channel", "hold", "news")
        self.refused(4, "channel", "send", "news", "hello", "--wait", "20ms")

    def test_a_listener_that_made_the_channel_gets_all(self):
        for _ in range(10):
            listener = self.start("channel", "listen", "news", "--count", "1")
            self.wait_until(lambda: self.names() == ["news"], "the listener holds the channel")
            self.send("first")  # it may not have come to listening yet
            self.assertEqual(self.finish(listener)[0], b"first\n")

    def test_hold_ls_and_other_kinds(self):
        holder = self.share("channel", "hold", "news", "--capacity", "1K", "--loans", "2")
        self.assertEqual(holder.answer, {"place": "news", "capacity_bytes": 1024, "created": True})
        keeper = self.share("hold", "news")
        holder.kill()
        holder.wait()
        self.send("kept")
        row = json.loads(self.samepage("ls", "--json"))[0]
        self.assertEqual((row["kind"], row["capacity_bytes"], row["next_sequence"]), ("channel", 1024, 2))
        self.assertIn(b"1 sent, 0 listeners", self.samepage("ls"))
        self.assertEqual(self.samepage("channel", "listen", "news", "--from", "oldest", "--count", "1"), b"kept\n")
        self.assertIn("samepage channel listen news", self.refused(5, "cell", "get", "news"))
        self.share("share", "text", "x")
        self.refused(5, "channel", "listen", "text")
        self.refused(5, "channel", "send", "text", "x")
        keeper.terminate()
        self.finish(keeper)
        self.assertEqual(self.names(), ["text"])


class Listening(Channel):
    def test_from(self):
        self.share("channel", "hold", "news")
        self.send("-", input=b"1\n2\n3\n4\n")

        def heard(*words):
            return self.samepage("channel", "listen", "news", *words)

        for lossy in ([], ["--lossy"]):
            self.assertEqual(heard("--from", "oldest", "--count", "2", *lossy), b"1\n2\n")
            self.assertEqual(heard("--from", "3", "--count", "2", *lossy), b"3\n4\n")
        newest = self.listen("--from", "newest", "--count", "1", "--json")
        self.send("5")
        self.assertEqual(json.loads(self.finish(newest)[0])["sequence"], 5)
        ahead = self.listen("--from", "7", "--count", "1")
        self.send("-", input=b"6\n7\n")
        self.assertEqual(self.finish(ahead)[0], b"7\n")

    def test_it_waits_at_most_as_long_as_it_is_told(self):
        self.refused(3, "channel", "listen", "news", "--timeout", "0")
        self.refused(3, "channel", "listen", "./news", "--timeout", "0")
        self.assertEqual((self.names(), os.listdir(self.files)), ([], []), "who does not wait makes nothing")
        self.refused(4, "channel", "listen", "news", "--timeout", "20ms")
        self.share("channel", "hold", "news")
        self.send("-", input=b"1\n2\n3\n")
        for words in (["--timeout", "0"], ["--timeout", "250ms", "--lossy"], ["--timeout", "0", "--count", "0"],
                      ["--timeout", "0", "--count", "4"]):
            listener = self.start("channel", "listen", "news", "--from", "oldest", *words)
            out, err = self.finish(listener, 4)
            self.assertEqual(out, b"1\n2\n3\n")
            self.assertIn(b"timed_out", err)
        self.assertEqual(self.samepage("channel", "listen", "news", "--from", "2", "--count", "2", "--timeout", "0"),
                         b"2\n3\n")
        listener = self.listen("--timeout", "1h", "--count", "1")
        self.send("4")
        self.assertEqual(self.finish(listener)[0], b"4\n")

    def test_what_has_gone_is_said(self):
        self.share("channel", "hold", "news", "--capacity", "100")
        self.send("-", input=b"".join(b"%090d\n" % n for n in range(1, 1001)))
        oldest = self.info()["oldest_sequence"]
        self.assertGreater(oldest, 100)
        out, err = self.finish(self.start("channel", "listen", "news", "--from", "11", "--count", "1"))
        self.assertEqual(out, b"%090d\n" % oldest)
        self.assertEqual(err, b"samepage: missed %d messages before number %d\n" % (oldest - 11, oldest))
        out = self.samepage("channel", "listen", "news", "--from", "11", "--count", "1", "--json")
        self.assertEqual((json.loads(out)["sequence"], json.loads(out)["missed"]), (oldest, oldest - 11))

    def test_a_lossy_listener_that_stands_still_stops_nobody_and_is_told(self):
        listener = self.listen("--lossy", "--capacity", "100")
        listener.send_signal(signal.SIGSTOP)
        self.send("-", input=b"".join(b"%090d\n" % n for n in range(1, 5001)))
        listener.send_signal(signal.SIGCONT)
        err = listener.stderr.readline()
        self.assertRegex(err, rb"^samepage: missed [0-9]+ messages before number [0-9]+\n$")
        missed, number = int(err.split()[2]), int(err.split()[-1])
        self.wait_until(lambda: self.sleeps(), "it has caught up")
        listener.terminate()
        out, err = self.finish(listener)
        self.assertEqual(err, b"")
        # What was there before it stood still, if anything, then all from that number on.
        self.assertEqual([int(line) for line in out.split()],
                         list(range(1, number - missed)) + list(range(number, 5001)))

    def test_a_registered_listener_that_stands_still_is_named(self):
        holder = self.share("channel", "hold", "news", "--capacity", "100")
        listener = self.listen()
        listener.send_signal(signal.SIGSTOP)
        lines = b"".join(b"%090d\n" % n for n in range(1, 5001))
        line = self.refused(4, "channel", "send", "news", "-", "--timeout", "50ms", input=lines)
        self.assertIn(f"process {listener.pid}", line)
        sent = self.info()["next_sequence"] - 1
        self.assertIn(f"({sent} sent before it)", line)
        self.assertGreater(sent, 0)
        listeners = self.info()["listeners"]
        self.assertEqual([(one["pid"], one["live"], one["lag_messages"]) for one in listeners],
                         [(listener.pid, True, sent)])
        self.assertIn(f"process {listener.pid}, {sent} messages (".encode(), self.samepage("info", "news"))
        self.assertIn(b"1 listener, %d behind" % sent, self.samepage("ls"))
        self.assertIn("process", self.refused(7, "channel", "send", "news", "x" * 90, "--timeout", "0"))

        # A sender that waits goes on when it goes on, or dies.
        with open(self.file("lines", lines), "rb") as content:
            sender = self.start("channel", "send", "news", "-", "--json", stdin=content)
        self.assertIsNone(sender.poll())
        listener.kill()
        self.assertEqual(json.loads(self.finish(sender)[0])["messages"], 5000)
        self.assertEqual(self.info()["listeners"], [])
        self.assertIsNone(holder.poll())

    def test_a_slow_reader_loses_nothing(self):
        lines = b"".join(b"line %d %s\n" % (n, b"x" * (n % 97)) for n in range(30000))
        listener = self.listen("--capacity", "1K", "--count", "30000")
        with open(self.file("lines", lines), "rb") as content:
            sender = self.start("channel", "send", "news", "-", stdin=content)
        # Nobody reads yet: the pipe is full, then the channel, and the sender waits.
        self.wait_until(lambda: self.info()["listeners"][0]["lag_bytes"] > self.info()["ring_bytes"] / 2,
                        "the channel is full")
        self.assertIsNone(sender.poll())
        self.assertEqual(self.finish(listener)[0], lines)
        self.finish(sender)

    def test_a_reader_that_goes_ends_it_quietly(self):
        # Also when no message comes that could not be printed.
        for message in (None, b"x\n"):
            listener = self.listen()
            listener.stdout.close()
            listener.stdout = None
            if message:
                # It may notice before this one comes, and the name be gone.
                sender = self.start("channel", "send", "news", "-", stdin=subprocess.PIPE)
                sender.communicate(message, timeout=DEADLINE_S)
            self.assertEqual(self.finish(listener)[1], b"")
            self.assertEqual(self.names(), [])

    def test_ctrl_c(self):
        t = self.terminal("channel", "listen", "news")
        t.wait_for(b"Listening to news (Ctrl-C ends)")
        self.wait_until(lambda: self.sleeps(), "it listens")
        self.send("hello")
        t.wait_for(b"hello")
        t.type(b"\x03")
        self.assertEqual(t.process.wait(DEADLINE_S), 0)
        self.assertEqual(self.names(), [])

    def test_an_interrupt_ends_it_while_its_reader_reads_nothing(self):
        listener = self.listen()
        with open(self.file("lines", (b"x" * 99 + b"\n") * 50000), "rb") as lines:
            self.start("channel", "send", "news", "-", stdin=lines)
        # More than the channel and the pipe hold together.
        self.wait_until(lambda: self.info()["listeners"][0]["lag_messages"] > 0, "it lags")
        listener.terminate()
        self.assertEqual(listener.wait(DEADLINE_S), 0)
        self.assertEqual(listener.stderr.read(), b"")


class Bench(Channel):
    def test_it_measures(self):
        seen = json.loads(self.samepage("bench", "channel", "--time", "200ms", "--json"))
        self.assertEqual([one["waiting"] for one in seen["latency"]], ["polling", "asleep"])
        for one in seen["latency"]:
            self.assertGreater(one["round_trips"], 0)
            self.assertTrue(0 < one["p50_ns"] <= one["p99_ns"] <= one["p999_ns"], one)
        self.assertEqual([(one["message_bytes"], one["batch"]) for one in seen["throughput"]],
                         [(64, 1), (64, 64), (16384, 1)])
        self.assertTrue(all(one["messages_per_s"] > 0 for one in seen["throughput"]), seen)
        self.assertEqual(self.names(), [])
        table = self.samepage("bench", "channel", "--time", "0")
        self.assertIn(b"99.9 %", table)
        self.assertIn(b"MESSAGES/S", table)
        self.refused(3, "bench", "channel", "--second", "nobody")


class Death(Channel):
    def test_a_killed_sender_stops_nobody(self):
        listener = self.listen()
        killed = self.start("channel", "send", "news", "-", stdin=subprocess.PIPE)
        killed.stdin.write(b"from the killed one\nnot a whole line")
        killed.stdin.flush()
        self.assertEqual(listener.stdout.readline(), b"from the killed one\n")
        killed.kill()
        killed.wait()
        self.send("from another")
        self.assertEqual(listener.stdout.readline(), b"from another\n")
        self.assertIsNone(listener.poll())


main()
