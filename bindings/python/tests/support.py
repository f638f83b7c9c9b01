# What the tests of the Python binding share: names of their own, and other processes that play along.
# SPDX-License-Identifier: MIT
from __future__ import annotations

import atexit
import faulthandler
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from types import TracebackType

DEADLINE = 120.0
"""Seconds after which something that must happen has not happened. Nothing waits so long when all is well."""

faulthandler.dump_traceback_later(280, exit=True)

if "SAMEPAGE_TEST_CHILD" not in os.environ:
    _directory = tempfile.mkdtemp(prefix="samepage-python-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    os.environ["SAMEPAGE_DIR"] = _directory
    os.environ["SAMEPAGE_TEST_CHILD"] = "1"
    _owner = os.getpid()

    @atexit.register
    def _remove() -> None:
        if os.getpid() == _owner:
            shutil.rmtree(_directory, ignore_errors=True)


def until(condition: Callable[[], bool], what: str = "it") -> None:
    """Waits for a condition that another process or thread brings about."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"{what} didn't happen in {DEADLINE} s"
        time.sleep(0.002)


PRELUDE = """
import os, sys, json, signal
import samepage
from samepage import *
def say(*words): os.write(1, (" ".join(map(str, words)) + "\\n").encode())
def hear(): return sys.stdin.readline().strip()
"""


class Other:
    """Another Python process that runs `code`; say() and hear() in it are line() and tell() here."""

    def __init__(self, code: str, *arguments: str, errors: int | None = None) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", PRELUDE + code, *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=errors, text=True)

    def line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the other process ended: {self.process.wait(DEADLINE)}"
        return line.strip()

    def tell(self, words: str = "") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE)

    def end(self) -> int:
        return self.process.wait(DEADLINE)

    def __enter__(self) -> Other:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self.process.poll() is None and kind is None:
            self.end()
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
