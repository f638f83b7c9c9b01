# What the bindings' calls take, beside the C functions and beside multiprocessing.
# SPDX-License-Identifier: MIT
#
# Operations: a cell's load and store, a table's get and put, a message sent and received, a job pushed, taken and
# acknowledged, of 64 bytes each, and a lock acquired and released, in C, Python and Node; a table's beside
# multiprocessing.Manager().dict(); values exchanged by two processes, pinned apart, by a table and by
# multiprocessing.shared_memory with a Lock or Semaphores; a NumPy array handed to another process, by
# samepage.ndarray() with a cell that says when, and by multiprocessing.Queue.
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
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext

import numpy

import samepage

HERE = pathlib.Path(__file__).parent
TINY = "BENCH_TINY" in os.environ
ROUNDS = 1 if TINY else 15
CALLS = 50 if TINY else 20_000
SIZES = [1 << 10] if TINY else [1 << 10, 1 << 16, 1 << 20, 1 << 24, 1 << 28, 1 << 30]
VALUE = b"x" * 64
CORES = os.sched_getaffinity(0)


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


def beside_manager() -> None:
    with multiprocessing.Manager() as manager, samepage.Table("beside") as table:
        served = manager.dict()

        def put_served() -> None:
            served[b"key"] = VALUE

        def put_table() -> None:
            table[b"key"] = VALUE

        put_served(), put_table()
        rows: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
            ("get", lambda: table[b"key"], lambda: served[b"key"]), ("put", put_table, put_served)]
        print("\n| 64 bytes, ns a call | Table | Manager().dict() | × |\n|---|---|---|---|")
        for name, ours, theirs in rows:
            rounds = [(per_call(ours, CALLS), per_call(theirs, max(1, CALLS // 100))) for _ in range(ROUNDS + 1)][1:]
            print(compared(name, rounds))


def compared(name: str, rounds: list[tuple[float, float]]) -> str:
    ours, theirs = (statistics.median(r[i] for r in rounds) for i in range(2))
    more = sorted(r[1] / r[0] for r in rounds)
    quarter = len(more) // 4
    middle = f"{statistics.median(more):.3g} ({more[quarter]:.3g} to {more[-1 - quarter]:.3g})"
    return f"| {name} | {ours:.0f} | {theirs:.0f} | {middle} |"


class ByTable:
    """How two processes exchange values by a table: get and put at any time, hand and take in turn."""

    def __init__(self) -> None:
        self.table = samepage.Table.open("exchange")
        self.seen = {b"question": 0, b"answer": 0}

    def get(self) -> bytes:
        return self.table[b"value"]

    def put(self, value: bytes) -> None:
        self.table[b"value"] = value

    def hand(self, key: bytes, value: bytes) -> None:
        self.table[key] = value

    def take(self, key: bytes) -> bytes:
        self.seen[key] = self.table.wait(key, self.seen[key])
        return self.table[key]


class ByBlock:
    """The same by multiprocessing's SharedMemory, with a Lock or, in turn, with Semaphores."""

    def __init__(self, block: multiprocessing.shared_memory.SharedMemory, context: BaseContext) -> None:
        self.block, self.lock = block, context.Lock()
        self.bells = {b"question": context.Semaphore(0), b"answer": context.Semaphore(0)}
        self.at = {b"question": slice(64, 128), b"answer": slice(128, 192)}

    def get(self) -> bytes:
        with self.lock:
            return bytes(self.block.buf[:64])

    def put(self, value: bytes) -> None:
        with self.lock:
            self.block.buf[:64] = value

    def hand(self, key: bytes, value: bytes) -> None:
        self.block.buf[self.at[key]] = value
        self.bells[key].release()

    def take(self, key: bytes) -> bytes:
        self.bells[key].acquire()
        return bytes(self.block.buf[self.at[key]])


VALUES = [bytes([number]) * 64 for number in range(256)]


def get_checked(way: ByTable | ByBlock, calls: int) -> None:
    for _ in range(calls):
        value = way.get()
        assert value == VALUES[value[0]]


def put_all(way: ByTable | ByBlock, calls: int) -> None:
    for number in range(calls):
        way.put(VALUES[number & 255])


def ask(way: ByTable | ByBlock, calls: int) -> None:
    for number in range(calls):
        way.hand(b"question", VALUES[number & 255])
        assert way.take(b"answer") == VALUES[number & 255]


def pin(number: int) -> None:
    os.sched_setaffinity(0, {sorted(CORES)[number]})


def exchanges(block_way: ByBlock, said: Connection) -> None:
    """The other process: answers so many questions, or gets or puts until it is told to end."""
    pin(-1)
    ways = [ByTable(), block_way]
    while (order := said.recv()) is not None:
        act, number, calls = order
        said.send("begun")
        if act == "answer":
            for _ in range(calls):
                ways[number].hand(b"answer", ways[number].take(b"question"))
            continue
        while not said.poll():
            (get_checked if act == "get" else put_all)(ways[number], 500)
        said.send(said.recv())


def exchange() -> None:
    context = multiprocessing.get_context("fork")
    block = multiprocessing.shared_memory.SharedMemory(create=True, size=192)
    try:
        with samepage.Table("exchange"):
            mine, theirs = context.Pipe()
            ways = [ByTable(), ByBlock(block, context)]
            for way in ways:
                way.put(VALUES[0])
            process = context.Process(target=exchanges, args=(ways[1], theirs))
            process.start()
            pin(0)

            def time_of(act: Callable[[ByTable | ByBlock, int], None], other: str, number: int) -> float:
                calls = max(1, CALLS // 10) if other == "answer" else CALLS
                mine.send((other, number, calls))
                mine.recv()
                begin = time.perf_counter_ns()
                act(ways[number], calls)
                taken = (time.perf_counter_ns() - begin) / calls
                if other != "answer":
                    mine.send("end")
                    mine.recv()
                return taken / 2 if other == "answer" else taken

            print("\n| two processes, 64 bytes, ns | Table | SharedMemory | × |\n|---|---|---|---|")
            rows = (("handed over, one way", ask, "answer"), ("get, the other puts", get_checked, "put"),
                    ("put, the other gets", put_all, "get"))
            for name, act, other in rows:
                rounds = [(time_of(act, other, 0), time_of(act, other, 1)) for _ in range(ROUNDS + 1)][1:]
                print(compared(name, rounds), flush=True)
            mine.send(None)
            process.join()
    finally:
        os.sched_setaffinity(0, CORES)
        block.close()
        block.unlink()


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
        beside_manager()
        exchange()
        hand_over()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
