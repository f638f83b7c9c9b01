# Region, Cell, Lock, Channel with Subscriber, and Queue: what Python adds to the module's classes.
# SPDX-License-Identifier: MIT
from __future__ import annotations

import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from . import _samepage
from ._samepage import Job, Message
from .errors import Conflict, Empty

if TYPE_CHECKING:
    from ._samepage import Bytes
    from .waiting import Bell, Ringing

PATIENCE = 5.0
"""How many seconds a writer waits for another one, unless told otherwise."""

T = TypeVar("T")


def no_undo(_: object) -> None:
    pass


# ---- What costs an import of asyncio, by those who use it ----


async def by_bell(handle: Ringing, attempt: Callable[[float], T], timeout: float | None) -> T:
    from . import waiting

    return await waiting.by_bell(handle, attempt, timeout)


async def in_thread(act: Callable[[float | None], T], undo: Callable[[T], object], timeout: float | None,
                    sliced: bool = True) -> T:
    from . import waiting

    return await waiting.in_thread(act, undo, timeout, sliced)


# ---- What all have in common ----


def lasting(place: str | None, kind: str) -> str:
    """The place as other processes find it, whatever their working directory is."""
    if place is None:
        raise TypeError(f"this {kind} has no name: only forked children can have it")
    return os.path.abspath(place) if "/" in place else place


def reopen(noun: Callable[..., T], place: str, options: dict[str, Any]) -> T:
    """What unpickling a handle does."""
    return noun(place, **options)


def interruptibly(act: Callable[[], T]) -> T:
    """What act() gives. In the main thread it runs in another one, so that Ctrl-C ends the waiting."""
    if threading.current_thread() is not threading.main_thread():
        return act()
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(act())
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run, name="samepage waits", daemon=True)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


class HasBell:
    """A handle that event loops can wait for."""

    _bell: Bell | None = None

    def end_bell(self) -> None:
        if self._bell is not None:
            self._bell.end()


class Region(_samepage.Region):
    """
    Bytes under a name or in a file. It is a buffer: memoryview(region), numpy.frombuffer(region, "f8") and
    numpy.ndarray(shape, dtype, region) see the shared bytes themselves. It can't be closed before they are released.
    """

    @property
    def buf(self) -> memoryview:
        """All its bytes."""
        return memoryview(cast(bytes, self))

    def __reduce__(self) -> tuple[Any, ...]:
        return reopen, (type(self).open, lasting(self.place, "region"), {"read_only": self.read_only})


class Cell(HasBell, _samepage.Cell):
    """One value under a name or in a file: always whole, the newest wins, and one can wait for the next."""

    def update(self, change: Callable[[bytes | None], Bytes], timeout: float | None = PATIENCE) -> int:
        """Stores change(value), which gets None while there is none, and is called again when others were faster."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                seen, version = self.load_versioned()
            except Empty:
                made, version = change(None), 0
            else:
                made = change(seen)
            left = None if end is None else max(0.0, end - time.monotonic())
            try:
                return self.compare_exchange(version, made, left)
            except Conflict:
                if left == 0:
                    raise

    def changes(self, timeout: float | None = None) -> Iterator[bytes]:
        """The newest value, then each that is the newest when it is looked at; TimedOut after so long without one."""
        seen = 0
        while True:
            self.wait(seen, timeout)
            value, seen = self.load_versioned()
            yield value

    async def wait_async(self, seen: int, timeout: float | None = None) -> int:
        """wait(), on asyncio."""
        return await by_bell(self, lambda left: self.wait(seen, left), timeout)

    async def changes_async(self, timeout: float | None = None) -> AsyncIterator[bytes]:
        """changes(), on asyncio."""
        seen = 0
        while True:
            await self.wait_async(seen, timeout)
            value, seen = self.load_versioned()
            yield value

    def close(self) -> None:
        self.end_bell()
        super().close()

    def __exit__(self, *unused: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        options = {"read_only": self.read_only, "strategy": self.strategy}
        return reopen, (type(self).open, lasting(self.place, "cell"), options)


class Lock(_samepage.Lock):
    """
    A lock by name that survives its owner's death and says so:

        with Lock("ledger") as lock:
            if lock.owner_died:
                repair()
                lock.mark_repaired()

    A handle owns it, in whichever thread: who acquires it twice by one handle waits for himself.
    """

    async def acquire_async(self, timeout: float | None = None) -> None:
        """acquire(), on asyncio. Cancelled, it doesn't own it."""
        if not self.try_acquire():
            await in_thread(self.acquire, lambda _: self.release(), timeout)

    async def __aenter__(self: T) -> T:
        await self.acquire_async()  # type: ignore[attr-defined]
        return self

    async def __aexit__(self, *unused: object) -> None:
        if not self.closed:
            self.release()

    def __reduce__(self) -> tuple[Any, ...]:
        return reopen, (type(self).open, lasting(self.place, "lock"), {"strategy": self.strategy})


class Channel(HasBell, _samepage.Channel):
    """A stream of messages under a name or in a file that every subscriber sees."""

    async def send_async(self, message: Bytes, timeout: float | None = PATIENCE) -> int:
        """send(), on asyncio. Cancelled, it may have been sent."""
        return await in_thread(lambda left: self.send(message, left), no_undo, timeout)

    def close(self) -> None:
        self.end_bell()
        super().close()

    def __exit__(self, *unused: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        options = {"read_only": self.read_only, "strategy": self.strategy}
        return reopen, (type(self).open, lasting(self.place, "channel"), options)


@_samepage.Subscriber.set_class
class Subscriber(_samepage.Subscriber):
    """
    One reader's place in a channel, from Channel.subscribe(). `for message in subscriber` and `async for` go on for
    ever. One thread, or coroutine, at a time.
    """

    channel: Channel

    async def receive_async(self, timeout: float | None = None) -> Message:
        """receive(), on asyncio."""
        if self.channel.closed:
            return await in_thread(self.receive, no_undo, timeout)
        return await by_bell(self.channel, self.receive, timeout)

    def __aiter__(self) -> Subscriber:
        return self

    async def __anext__(self) -> Message:
        return await self.receive_async()


class Queue(HasBell, _samepage.Queue):
    """
    Jobs under a name or in a file, each handled by exactly one worker:

        for job in queue:
            with job:
                handle(job.data)

    A block's end acknowledges its job; an exception gives it back, and so does a worker's death.
    """

    def __iter__(self) -> Iterator[Job]:
        while True:
            yield self.take()

    async def __aiter__(self) -> AsyncIterator[Job]:
        while True:
            yield await self.take_async()

    def call(self, job: Bytes, timeout: float | None = None, reply_bytes_max: int = 4096) -> bytes:
        """
        Pushes a job and waits for the worker's reply. TimedOut: a job that nobody has taken is withdrawn. In the main
        thread another one waits, so that Ctrl-C ends it; the job may be handled nevertheless.
        """
        ask = super().call
        return interruptibly(lambda: ask(job, timeout, reply_bytes_max))

    async def push_async(self, job: Bytes, timeout: float | None = PATIENCE) -> int:
        """push(), on asyncio. Cancelled, it may have been pushed."""
        return await in_thread(lambda left: self.push(job, left), no_undo, timeout)

    async def take_async(self, timeout: float | None = None) -> Job:
        """take(), on asyncio."""
        return await by_bell(self, self.take, timeout)

    async def call_async(self, job: Bytes, timeout: float | None = None, reply_bytes_max: int = 4096) -> bytes:
        """call(), on asyncio. Cancelled, it may be handled nevertheless."""
        ask = super().call
        return await in_thread(lambda left: ask(job, left, reply_bytes_max), no_undo, timeout, sliced=False)

    def close(self) -> None:
        self.end_bell()
        super().close()

    def __exit__(self, *unused: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return reopen, (type(self).open, lasting(self.place, "queue"), {"strategy": self.strategy})
