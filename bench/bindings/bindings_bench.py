# What the bindings' calls take, beside the C functions and beside multiprocessing.
# SPDX-License-Identifier: MIT
#
# Operations: a cell's load and store, a table's get and put, a message sent and received, a job pushed, taken and
# acknowledged, of 64 bytes each, and a lock acquired and released, in C, Python and Node; a table's beside
# multiprocessing.Manager().dict(), and beside multiprocessing.shared_memory under a lock; a NumPy array handed to
# another process, by samepage.ndarray() with a cell that says when, and by multiprocessing.Queue.
# All in one run, in short slices, in turn; what is printed is the median, and of ratios the median of the rounds'.
# C_CALLS, NODE: the programs. PYTHONPATH, NODE_PATH: where the packages are. BENCH_TINY: only whether it runs.
from __future__ import annotations

import multiprocessing
import multiprocessing.shared_memory
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy

import samepage

HERE = pathlib.Path(__file__).parent
TINY = "BENCH_TINY" in os.environ
ROUNDS = 1 if TINY else 15
CALLS = 50 if TINY else 20_000
SIZES = [1 << 10] if TINY else [1 << 10, 1 << 16, 1 << 20, 1 << 24, 1 << 28, 1 << 30]
VALUE = b"x" * 64


class Caller:
    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen([*words, "bench"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def time(self, verb: str, calls: int) -> float:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{calls} {verb}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def per_call(act: Callable[[], object], calls: int) -> float:
    begin = time.perf_counter_ns()
    for _ in range(calls):
        act()
    return (time.perf_counter_ns() - begin) / calls


def calls_of_the_bindings() -> None:
    with (samepage.Cell("bench") as cell, samepage.Table("bench.table") as table, samepage.Channel("bench.channel"),
          samepage.Queue("bench.queue")):
        lock = samepage.Lock("bench.lock")
        cell.store(VALUE)
        table["key"] = VALUE
        callers = {"C": Caller(os.environ["C_CALLS"]), "Python": Caller(sys.executable, str(HERE / "calls.py")),
                   "Node": Caller(os.environ["NODE"], str(HERE / "calls.js"))}
        print("| 64 bytes, ns a call | C | Python | over C | Node | over C |\n|---|---|---|---|---|---|")
        for verb in ("cell.load", "cell.store", "table.get", "table.put", "lock.acquire, release",
                     "channel.send, receive", "queue.push, take, acknowledge"):
            rounds = [{name: caller.time(verb, CALLS) for name, caller in callers.items()} for _ in range(ROUNDS + 2)]
            rounds = rounds[2:]  # warm
            cells = [f"{statistics.median(r['C'] for r in rounds):.0f}"]
            for name in ("Python", "Node"):
                cells.append(f"{statistics.median(r[name] for r in rounds):.0f}")
                cells.append(f"{statistics.median(r[name] - r['C'] for r in rounds):.0f}")
            print(f"| {verb} | {' | '.join(cells)} |")
        for caller in callers.values():
            caller.end()
        lock.close()


def beside_multiprocessing() -> None:
    shared = multiprocessing.shared_memory.SharedMemory(create=True, size=64)
    lock = multiprocessing.Lock()
    try:
        with multiprocessing.Manager() as manager, samepage.Table("beside") as table:
            served = manager.dict()

            def get_shared() -> bytes:
                with lock:
                    return bytes(shared.buf[:64])

            def put_shared() -> None:
                with lock:
                    shared.buf[:64] = VALUE

            def put_served() -> None:
                served[b"key"] = VALUE

            def put_table() -> None:
                table[b"key"] = VALUE

            put_served(), put_table()
            rows: list[tuple[str, Callable[[], object], Callable[[], object], Callable[[], object]]] = [
                ("get", lambda: table[b"key"], lambda: served[b"key"], get_shared),
                ("put", put_table, put_served, put_shared)]
            print("\n| 64 bytes, ns a call | Table | Manager().dict() | × | SharedMemory and a Lock | × |")
            print("|---|---|---|---|---|---|")
            for name, ours, theirs, bare in rows:
                rounds = [(per_call(ours, CALLS), per_call(theirs, max(1, CALLS // 100)), per_call(bare, CALLS))
                          for _ in range(ROUNDS + 1)][1:]
                median = [statistics.median(r[i] for r in rounds) for i in range(3)]
                more = [statistics.median(r[i] / r[0] for r in rounds) for i in (1, 2)]
                print(f"| {name} | {median[0]:.0f} | {median[1]:.0f} | {more[0]:.0f} | {median[2]:.0f} | "
                      f"{more[1]:.2f} |")
    finally:
        shared.close()
        shared.unlink()


def takes_arrays(queue, said) -> None:  # type: ignore[no-untyped-def]
    """The other process: gets an array by the way that it is told, and says its first and last element."""
    bell = samepage.Cell.open("bell")
    array = samepage.ndarray("handed")
    seen = 0
    while (way := said.recv()) != "end":
        if way == "queue":
            got = queue.get()
        else:
            seen = bell.wait(seen)
            got = array.copy() if way == "copy" else array
        said.send((int(got[0]), int(got[-1])))


def hand_over() -> None:
    context = multiprocessing.get_context("fork")
    print("\n| an array handed over, µs | in place | copied | multiprocessing.Queue | × in place | × copied |")
    print("|---|---|---|---|---|---|")
    for size in SIZES:
        source = numpy.zeros(size, "u1")
        with samepage.Cell("bell") as bell:
            array = samepage.ndarray("handed", size, "u1")
            queue: multiprocessing.Queue[object] = context.Queue()
            mine, theirs = context.Pipe()
            process = context.Process(target=takes_arrays, args=(queue, theirs))
            process.start()

            def hand(way: str, number: int) -> float:
                source[0] = source[-1] = number % 200
                mine.send(way)
                begin = time.perf_counter_ns()
                if way == "queue":
                    queue.put(source)
                else:
                    with array.writing():
                        array[:] = source
                    bell.store(b"")
                got = mine.recv()
                taken = time.perf_counter_ns() - begin
                assert got == (number % 200, number % 200)
                return taken / 1000

            rounds = ROUNDS if size < 1 << 28 else min(ROUNDS, 5)
            seen = [[hand(way, number) for way in ("in place", "copy", "queue")] for number in range(rounds + 1)][1:]
            median = [statistics.median(s[i] for s in seen) for i in range(3)]
            more = [statistics.median(s[2] / s[i] for s in seen) for i in range(2)]
            shift, unit = (30, "GiB") if size >= 1 << 30 else (20, "MiB") if size >= 1 << 20 else (10, "KiB")
            name = f"{size >> shift} {unit}"
            print(f"| {name} | {median[0]:.0f} | {median[1]:.0f} | {median[2]:.0f} | {more[0]:.1f} | {more[1]:.1f} |",
                  flush=True)
            mine.send("end")
            process.join()
            queue.close()
            del array


def main() -> None:
    folder = tempfile.mkdtemp(prefix="samepage-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    os.environ["SAMEPAGE_DIR"] = folder
    try:
        calls_of_the_bindings()
        beside_multiprocessing()
        hand_over()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
