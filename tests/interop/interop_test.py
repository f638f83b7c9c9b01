#!/usr/bin/env python3
# The article's two programs and samepage share "hello", every one with every other, and the name ends with its holder.
# SPDX-License-Identifier: MIT
"""interop_test.py --samepage PROGRAM --writer PROGRAM… --reader PROGRAM… [--run COMMAND…] [--other-samepage PROGRAM]

With --run the programs are Windows ones and COMMAND starts them under Wine; --other-samepage is then this system's own.
"""
import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

THERE = "It was there already"
TEXT = "Hello world, I'm writing to a shared page file."
PATIENCE = 90  # seconds after which something has hung; nothing here waits for it otherwise
NOT_FOUND = 3  # samepage's exit status

options = argparse.Namespace()
serial = 0


def fresh_name(word):
    global serial
    serial += 1
    return f"{word}-{os.getpid()}-{serial}"


def command(program, *arguments):
    return [*options.run, program, *arguments]


class Program:
    """A process whose lines are read with a limit."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen(command(program, *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.decode().rstrip("\r\n"))
        self.lines.put(None)

    def line(self):
        return self.lines.get(timeout=PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self.process.stdin.close()
        self.reader.join(PATIENCE)
        self.process.stdout.close()

    def enter(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.close()
        return self.process.wait(PATIENCE)


# Now and then Wine can't start a program while the machine is busy: it exits with 1 and has said nothing, which none of
# these programs does by itself. Then it is started again.
STARTS = 5


def finish(program, *arguments):
    for start in range(STARTS):
        done = subprocess.run(
            command(program, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
        )
        if not options.run or (done.returncode, done.stdout) != (1, b""):
            break
        time.sleep(start)
    return done.returncode, done.stdout.decode().replace("\r", "")


def started(program, *arguments):
    """A program and its first line."""
    for start in range(STARTS):
        running = Program(program, *arguments)
        first = running.line()
        if first is not None or not options.run:
            break
        running.__exit__()
        time.sleep(start)
    return running, first


def read(name):
    status, text = finish(options.samepage, "read", name)
    return text.rstrip("\n") if status == 0 else status


def written(writer, name, text=TEXT):
    """The article's first program, when its text is there."""
    program, first = started(writer, name, text)
    if program.line() != "Now switch to the other application":
        raise AssertionError(f"{writer} did not write: {first}")
    return program, first


def shared(name, text=TEXT):
    """samepage share, when its text is there."""
    program, first = started(options.samepage, "share", name, text, "--for", f"{PATIENCE}s", "--json")
    if first is None:
        raise AssertionError("samepage share said nothing")
    return program


class ArticleTest(unittest.TestCase):
    def test_article_to_article(self):
        for writer in options.writer:
            for reader in options.reader:
                with self.subTest(writer=writer, reader=reader):
                    name = fresh_name("hello")
                    program, first = written(writer, name)
                    with program:
                        self.assertEqual(first, "It is new")
                        self.assertEqual(finish(reader, name), (0, f"{THERE}\nString I read was: {TEXT}\n"))
                        self.assertEqual(program.enter(), 0)
                    # The reader makes it anew, and finds nothing in it.
                    self.assertEqual(finish(reader, name), (0, "It is new\nString I read was: \n"))

    def test_article_to_samepage(self):
        for writer in options.writer:
            with self.subTest(writer=writer):
                name = fresh_name("hello")
                self.assertEqual(read(name), NOT_FOUND)
                program, _ = written(writer, name)
                with program:
                    self.assertEqual(read(name), TEXT)
                    self.assertEqual(read("Local\\" + name), TEXT)
                    self.assertEqual(program.enter(), 0)
                self.assertEqual(read(name), NOT_FOUND)

    def test_samepage_to_article(self):
        for reader in options.reader:
            with self.subTest(reader=reader):
                name = fresh_name("hello")
                with shared(name):
                    self.assertEqual(finish(reader, name), (0, f"{THERE}\nString I read was: {TEXT}\n"))
                self.assertEqual(finish(reader, name), (0, "It is new\nString I read was: \n"))

    def test_a_long_text_is_read_up_to_254_bytes(self):
        name = fresh_name("long")
        with shared(name, "x" * 300):
            _, text = finish(options.reader[0], name)
        self.assertEqual(text.splitlines()[1], "String I read was: " + "x" * 254)

    def test_a_second_writer_writes_into_the_same(self):
        name = fresh_name("second")
        one, _ = written(options.writer[0], name, "first")
        with one:
            two, first = written(options.writer[-1], name, "second")
            with two:
                self.assertEqual(first, THERE)
                self.assertEqual(read(name), "second")
                self.assertEqual(one.enter(), 0)
                self.assertEqual(read(name), "second")  # the second still holds it
                self.assertEqual(two.enter(), 0)
        self.assertEqual(read(name), NOT_FOUND)

    def test_a_killed_holder_frees_the_name(self):
        for writer in options.writer:
            with self.subTest(writer=writer):
                name = fresh_name("killed")
                program, _ = written(writer, name)
                with program:
                    self.assertEqual(read(name), TEXT)
                    program.process.kill()
                    program.process.wait(PATIENCE)
                self.wait_until_free(name)

    @staticmethod
    def wait_until_free(name):
        # Linux frees it with the process. Wine's server learns of the death from a closed pipe, a moment later.
        while options.run and read(name) != NOT_FOUND:
            pass
        assert read(name) == NOT_FOUND

    def test_a_terminated_holder_frees_the_name(self):
        if not options.run:
            self.skipTest("TerminateProcess is Windows' own")
        for writer in options.writer:
            with self.subTest(writer=writer), tempfile.TemporaryDirectory() as folder:
                # taskkill knows programs by their file's name.
                own = os.path.join(folder, fresh_name("victim") + ".exe")
                shutil.copy(writer, own)
                name = fresh_name("terminated")
                program, _ = written(own, name)
                with program:
                    status, _ = finish("taskkill.exe", "/f", "/im", os.path.basename(own))
                    self.assertEqual(status, 0)
                    program.process.wait(PATIENCE)
                self.wait_until_free(name)

    def test_a_file_is_the_same_in_both_worlds(self):
        if not options.run:
            self.skipTest("there is one world only")
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            path = os.path.join(folder, "both.page")
            theirs = "Z:" + path.replace("/", "\\")
            with shared(theirs, "from Windows"):
                self.assertEqual(finish_here("read", path), (0, "from Windows\n"))
            self.assertEqual(finish_here("write", path, "from Linux"), (0, ""))
            self.assertEqual(read(theirs), "from Linux")


def finish_here(*arguments):
    done = subprocess.run(
        [options.other_samepage, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=PATIENCE
    )
    return done.returncode, done.stdout.decode()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samepage", required=True)
    parser.add_argument("--other-samepage")
    parser.add_argument("--writer", action="append", required=True)
    parser.add_argument("--reader", action="append", required=True)
    parser.add_argument("--run", action="append", default=[])
    parser.parse_args(namespace=options)
    unittest.main(argv=sys.argv[:1])


if __name__ == "__main__":
    main()
