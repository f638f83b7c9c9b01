# Waiting on asyncio: by a handle's descriptor where it has one, else in a thread.
# SPDX-License-Identifier: MIT
#
# Imported by the first that waits so: importing asyncio takes longer than all the rest of the package.
from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from .errors import Denied, Empty, Full, NotSupported, TimedOut

T = TypeVar("T")

# Deaths ring no bell, and a thread that nobody waits for any more has to notice: look this often, in seconds.
SLICE = 0.25

# Where there is no descriptor, look as often as that after a while, in seconds.
PAUSE_MAX = 0.01


class Ringing(Protocol):
    """A handle with a descriptor."""

    def fileno(self) -> int: ...
    def arm(self) -> object: ...


class Bell:
    """Wakes the coroutines of one event loop that wait for one handle. Its methods run in the loop's thread."""

    def __init__(self, handle: Ringing, loop: asyncio.AbstractEventLoop) -> None:
        self._handle = handle
        self._descriptor = -1
        self._waiters: set[asyncio.Future[None]] = set()
        self.loop = loop

    @property
    def is_used(self) -> bool:
        return bool(self._waiters) and not self.loop.is_closed()

    async def wait(self, seconds: float) -> None:
        """Until it rings, or for so long."""
        if self._descriptor < 0:
            # One of its own: the handle may be closed by any thread, and its number given to something else.
            try:
                self._descriptor = os.dup(self._handle.fileno())
            except OSError:
                # Closed just now, which the next look tells; or there are no more descriptors.
                await asyncio.sleep(min(seconds, PAUSE_MAX))
                return
            self.loop.add_reader(self._descriptor, self._ring)
        waiter: asyncio.Future[None] = self.loop.create_future()
        self._waiters.add(waiter)
        timer = self.loop.call_later(seconds, self._wake, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiters.discard(waiter)
            if not self._waiters:
                self._leave()

    def end(self) -> None:
        """The handle is about to be closed, by any thread."""
        if self.is_used:
            self.loop.call_soon_threadsafe(self._wake_all)

    def _ring(self) -> None:
        # First arm, then look: what comes after this rings again.
        try:
            self._handle.arm()
        except Exception:
            # It is closed, say. Whoever waits looks, and is told.
            self._leave()
        self._wake_all()

    def _leave(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            try:
                self.loop.remove_reader(descriptor)
            finally:
                os.close(descriptor)

    def _wake_all(self) -> None:
        for waiter in self._waiters:
            self._wake(waiter)

    @staticmethod
    def _wake(waiter: asyncio.Future[None]) -> None:
        if not waiter.done():
            waiter.set_result(None)


async def by_bell(handle: Ringing, attempt: Callable[[float], T], timeout: float | None) -> T:
    """What attempt(0) gives as soon as it isn't TimedOut or Empty. It is tried whenever the bell rings."""
    loop = asyncio.get_running_loop()
    end = None if timeout is None else loop.time() + timeout
    bell: Bell | None = getattr(handle, "_bell", None)
    if bell is None or (bell.loop is not loop and not bell.is_used):
        bell = Bell(handle, loop)
        setattr(handle, "_bell", bell)
    pause = 0.0005
    rings = bell.loop is loop
    while True:
        if rings:
            try:
                handle.fileno()
                handle.arm()
            except (NotSupported, Full, Denied):
                rings = False
        try:
            return attempt(0)
        except (TimedOut, Empty):
            left = SLICE if end is None else end - loop.time()
            if timeout == 0:
                raise
            if left <= 0:
                # Says that the time is up, which isn't what 0 says.
                return attempt(1e-9)
        if rings:
            await bell.wait(min(left, SLICE))
        else:
            # No descriptor here, or another loop has it: look again and again, ever more slowly.
            await asyncio.sleep(min(left, pause))
            pause = min(2 * pause, PAUSE_MAX)


async def in_thread(act: Callable[[float | None], T], undo: Callable[[T], object], timeout: float | None,
                    sliced: bool = True) -> T:
    """
    What act(timeout) gives, called in a thread of its own; in slices if it may be called again after TimedOut. What it
    gives when the coroutine has been cancelled meanwhile goes to undo().
    """
    loop = asyncio.get_running_loop()
    end = None if timeout is None else time.monotonic() + timeout
    done: asyncio.Future[None] = loop.create_future()
    guard = threading.Lock()
    got: list[T] = []  # what act() gave and nobody has taken. Under guard
    left = False       # the coroutine has gone. Under guard

    def deliver(failure: BaseException | None) -> None:
        if done.done():
            return
        if failure is not None:
            done.set_exception(failure)
        else:
            done.set_result(None)

    def is_left() -> bool:
        with guard:
            return left

    def undo_rest() -> None:
        with guard:
            rest = got[:]
            got.clear()
        for value in rest:
            undo(value)

    def run() -> None:
        failure: BaseException | None = None
        while not is_left():
            remaining = None if end is None else max(0.0, end - time.monotonic())
            try:
                value = act(remaining if not sliced else SLICE if remaining is None else min(remaining, SLICE))
                failure = None
                with guard:
                    got.append(value)
                break
            except (TimedOut, Empty) as late:
                failure = late
                if not sliced or remaining is not None and remaining <= SLICE:
                    break
            except BaseException as other:
                failure = other
                break
        # Here and not in the loop, which may be blocked until what was got is given back.
        if is_left():
            undo_rest()
            return
        try:
            loop.call_soon_threadsafe(deliver, failure)
        except RuntimeError:  # the loop is closed
            undo_rest()

    threading.Thread(target=run, name="samepage waits", daemon=True).start()
    try:
        await done
        with guard:
            return got.pop()
    finally:
        # Cancelled when all was there already, too: then nobody else would take it.
        with guard:
            left = True
        undo_rest()
