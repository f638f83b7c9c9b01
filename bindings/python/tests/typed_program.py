# A program that uses all of the package, for type checkers: what each thing is, and what is no argument.
# SPDX-License-Identifier: MIT
import json
from typing import Any

from typing_extensions import assert_type

import samepage
from samepage import Cell, Change, Channel, Feed, Job, Lock, Message, Queue, Region, Subscriber, Table


def nouns() -> None:
    with Region("a", 10) as region:
        assert_type(region, Region)
        assert_type(region.buf, memoryview)
        assert_type(region.place, "str | None")
    cell = Cell.open("b", strategy="sleep", sole_writer=True)
    assert_type(cell, Cell)
    assert_type(cell.load(), bytes)
    assert_type(cell.store("text", timeout=None), int)
    cell.update(lambda old: (old or b"") + b"x")
    for value in cell.changes():
        assert_type(value, bytes)
    with Lock("c") as lock:
        assert_type(lock.owner_died, bool)
    channel = Channel("d")
    subscriber: Subscriber = channel.subscribe("oldest", registered=True)
    for message in subscriber:
        assert_type(message, Message)
        assert_type(message.data, bytes)
    with Queue("e") as queue:
        for job in queue:
            assert_type(job, Job)
            with job:
                job.reply(job.data)
        assert_type(queue.call(b"x", 1.5), bytes)


def tables() -> None:
    assert_type(Table("a"), "Table[bytes, bytes]")
    texts = Table("a", codec=str)
    assert_type(texts, "Table[str, str]")
    assert_type(texts["a"], str)
    assert_type(texts.get("a"), "str | None")
    assert_type(texts.went_back, bool)
    print(texts.checkpoint()["records"])
    assert_type(texts.compact(timeout=1)["given_bytes"], int)
    assert_type(texts.put_many(b"12345678", b"1", bytearray(8), expires_in=60), int)
    assert_type(texts.keep_history(1 << 20), int)
    feed = texts.subscribe("a", start="oldest")
    assert_type(feed, "Feed[str]")
    for change in feed:
        assert_type(change, "Change[str]")
        assert_type(change.key, "str | None")
    texts.subscribe(start="first")  # type: ignore[arg-type]
    objects = Table.open("a", codec=json, read_only=True, as_it_is=True, sole_writer=False)
    assert_type(objects, "Table[str, Any]")
    for key, value in objects.items():
        assert_type(key, str)
    texts.update({"a": "b"})
    texts["a"] = 5  # type: ignore[assignment]
    anything: Any = objects.setdefault("a", {})
    print(anything)


def arrays() -> None:
    frame = samepage.ndarray("f", (480, 640, 3), "u1")
    assert_type(frame, samepage.NDArray)
    with frame.writing() as writing:
        assert_type(writing.torn, bool)
        frame[0, 0, 0] = 7
    print(frame.copy(timeout=1).sum(), frame.version)
    samepage.ndarray(5)  # type: ignore[arg-type]


async def waiting() -> None:
    cell, queue = Cell("a"), Queue("b")
    assert_type(await cell.wait_async(0), int)
    assert_type(await queue.take_async(1), Job)
    async for job in queue:
        assert_type(job, Job)
    async with Lock("c"):
        pass
    async for change in Table("d").subscribe():
        assert_type(change.key, "bytes | None")


def errors() -> None:
    try:
        Cell.open(5)  # type: ignore[arg-type]
    except samepage.NotFound as missing:
        assert_type(missing.code, int)
        print(missing.errno)
    Cell("a", strategy="fast")  # type: ignore[arg-type]
    Channel("a").send(5)  # type: ignore[arg-type]
