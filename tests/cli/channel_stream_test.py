# Two publishers and three subscribers stream a large file's lines; one of each is killed on the way.
# SPDX-License-Identifier: MIT
#
# Claim: the surviving subscribers print the same bytes; in them are all lines of the surviving publisher, in order, and
# of the killed one all up to some line, in order. What the killed subscriber printed is the beginning of the same.
import contextlib
import glob
import itertools
import json
import os
import signal
import subprocess
import threading

from support import DEADLINE_S, Case, main

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LINES = int(os.environ.get("SAMEPAGE_STREAM_LINES", "20000"))


def text_lines():
    """The lines of this project's own sources, again and again."""
    paths = sorted(path for folder in ("src", "cli", "tests", "include")
                   for path in glob.glob(os.path.join(ROOT, folder, "**", "*.[ch]pp"), recursive=True))
    lines = []
    for path in paths:
        with open(path, "rb") as source:
            lines += source.read().splitlines(keepends=True)
    assert len(lines) > 5000, "the sources are not there"
    return itertools.cycle([line if line.endswith(b"\n") else line + b"\n" for line in lines])


def published(name, first, count=None):
    """What that publisher sends: its lines from number `first` on."""
    lines = itertools.islice(text_lines(), first, None if count is None else first + count)
    return (b"%s %d %s" % (name, number, line) for number, line in enumerate(lines, first))


class Stream(Case):
    def listen(self, name):
        with open(os.path.join(self.files, name), "wb") as output:
            return self.start("channel", "listen", "lines", stdout=output)

    def printed(self, name):
        with open(os.path.join(self.files, name), "rb") as output:
            return output.read()

    def listeners(self):
        out, _ = self.start("info", "lines", "--json").communicate(timeout=DEADLINE_S)
        return len(json.loads(out).get("listeners", [])) if out else 0

    def feed(self, process, lines):
        """Writes the lines to the process in a thread, until it dies."""
        def write():
            try:
                for line in lines:
                    process.stdin.write(line)
            except (BrokenPipeError, ValueError):
                pass

        thread = threading.Thread(target=write)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(process.kill)  # before the thread is joined
        return thread

    def test_one_of_each_is_killed_on_the_way(self):
        listeners = [self.listen(name) for name in ("one", "two", "killed")]
        self.wait_until(lambda: self.listeners() == 3, "all three listen")
        survivor = self.start("channel", "send", "lines", "-", stdin=subprocess.PIPE)
        killed = self.start("channel", "send", "lines", "-", stdin=subprocess.PIPE)
        half = self.feed(survivor, published(b"survivor", 0, LINES // 2))
        endless = self.feed(killed, published(b"killed", 0))
        # On the way: all have had much from the one that is to die, which has more to send, as has the other.
        self.wait_until(lambda: all(self.printed(name).count(b"\nkilled ") > LINES // 4
                                    for name in ("one", "two", "killed")), "the stream goes")
        killed.kill()
        listeners[2].kill()
        endless.join(DEADLINE_S)
        with contextlib.suppress(BrokenPipeError):  # what the dead one hasn't read
            killed.stdin.close()
        half.join(DEADLINE_S)
        self.feed(survivor, published(b"survivor", LINES // 2, LINES - LINES // 2)).join(DEADLINE_S)
        self.finish(survivor)
        self.samepage("channel", "send", "lines", "the end")
        for name, listener in zip(("one", "two"), listeners):
            self.wait_until(lambda: self.printed(name).endswith(b"\nthe end\n"), "the end is printed")
            self.assertIsNone(listener.poll())
            listener.send_signal(signal.SIGTERM)
            self.assertEqual(listener.wait(DEADLINE_S), 0)
            self.assertEqual(listener.stderr.read(), b"")

        one, two, third = (self.printed(name) for name in ("one", "two", "killed"))
        self.assertTrue(one == two, "the two survivors printed the same")
        self.assertTrue(one.startswith(third), "the killed subscriber had printed the same until then")
        lines = one.splitlines(keepends=True)
        from_killed = [line for line in lines if line.startswith(b"killed ")]
        from_survivor = [line for line in lines if line.startswith(b"survivor ")]
        self.assertEqual(len(from_killed) + len(from_survivor) + 1, len(lines), "there is nothing else")
        self.assertTrue(from_survivor == list(published(b"survivor", 0, LINES)), "all lines of the survivor, in order")
        self.assertTrue(from_killed == list(published(b"killed", 0, len(from_killed))), "the other's, in order")


main()
