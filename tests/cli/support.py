# What the command line's tests share: an own directory of names each, processes with deadlines, terminals.
# SPDX-License-Identifier: MIT
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import time
import unittest

PROGRAM = os.environ["SAMEPAGE"]
DEADLINE_S = 100  # for what must come; a slow machine is no failure


def clean_signals():
    """In a child: signals as a terminal's program has them, whatever the test runner was started with."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)


class Terminal:
    """A process with a terminal of its own as its streams, but for those that are given."""

    def __init__(self, words, env, cwd, stdin=None, stdout=None):
        self.master, slave = pty.openpty()

        def own_terminal():
            clean_signals()
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(words, stdin=slave if stdin is None else stdin, stderr=slave,
                                        stdout=slave if stdout is None else stdout, env=env, cwd=cwd,
                                        preexec_fn=own_terminal)
        os.close(slave)
        self.shown = b""

    def shows(self, text, within_s):
        """Whether it shows the text in that time."""
        if text in self.shown:
            return True
        if select.select([self.master], [], [], within_s)[0]:
            try:
                piece = os.read(self.master, 65536)
            except OSError:  # the other side has closed it
                piece = b""
            assert piece, f"the process ended without showing {text}, only {self.shown}"
            self.shown += piece
        return text in self.shown

    def wait_for(self, text):
        end = time.monotonic() + DEADLINE_S
        while not self.shows(text, 1):
            assert time.monotonic() < end, f"{text} was not shown, only {self.shown}"

    def type(self, keys):
        os.write(self.master, keys)


class Case(unittest.TestCase):
    def setUp(self):
        base = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.dir = tempfile.mkdtemp(prefix="samepage-cli-test-", dir=base)
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.files = tempfile.mkdtemp(prefix="samepage-cli-files-", dir=base)
        self.addCleanup(shutil.rmtree, self.files, ignore_errors=True)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("SAMEPAGE_")}
        self.env.update(SAMEPAGE_DIR=self.dir, SAMEPAGE=PROGRAM, LC_ALL="C.UTF-8")

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait(DEADLINE_S)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()

    def start(self, *words, **more):
        """Starts samepage; it is killed at the end of the test, if it still runs then."""
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": self.env,
                "cwd": self.files, "preexec_fn": clean_signals, **more}
        process = subprocess.Popen([PROGRAM, *words], **more)
        self.addCleanup(self.end, process)
        return process

    def terminal(self, *words, **streams):
        t = Terminal([PROGRAM, *words], self.env, self.files, **streams)
        self.addCleanup(os.close, t.master)
        self.addCleanup(self.end, t.process)
        return t

    def finish(self, process, status=0, input=None):
        """Waits for its end, and for that status. Returns standard output and standard error."""
        out, err = process.communicate(input, timeout=DEADLINE_S)
        self.assertEqual(process.returncode, status, (process.args, (out or b"")[:500], (err or b"")[:2000]))
        return out, err

    def samepage(self, *words, status=0, input=None, messages=False, **more):
        """Runs samepage to its end and returns what it printed."""
        if input is not None:
            more["stdin"] = subprocess.PIPE
        out, err = self.finish(self.start(*words, **more), status, input)
        if status == 0 and not messages:
            self.assertEqual(err, b"", words)
        return out

    def refused(self, status, *words, **more):
        """Runs samepage, which must fail with that status and one line that says why. Returns the line."""
        input = more.pop("input", None)
        if input is not None:
            more["stdin"] = subprocess.PIPE
        out, err = self.finish(self.start(*words, **more), status, input)
        self.assertEqual(out, b"", words)
        self.assertTrue(err.startswith(b"samepage: ") and err.count(b"\n") == 1, (words, err))
        return err.decode(errors="replace")

    def share(self, *words, input=None, **more):
        """Starts samepage share (or another command that holds) and returns when it holds. Its answer is .answer."""
        if input is not None:
            more["stdin"] = subprocess.PIPE
        process = self.start(*words, "--json", **more)
        if input is not None:
            process.stdin.write(input)
            process.stdin.close()
            process.stdin = None
        line = process.stdout.readline()
        self.assertTrue(line, (words, process.stderr.read() if not line else b""))
        process.answer = json.loads(line)
        return process

    def wait_until(self, condition, what):
        end = time.monotonic() + DEADLINE_S
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.005)

    def names(self):
        return self.samepage("ls", "--names").decode().split("\n")[:-1]

    def file(self, name, content=b""):
        path = os.path.join(self.files, name)
        with open(path, "wb") as f:
            f.write(content)
        return path


def main():
    unittest.main(verbosity=1)
