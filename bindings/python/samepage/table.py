# Table: records under keys, as a mutable mapping; and Feed, its changes as they come.
# SPDX-License-Identifier: MIT
from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, ItemsView, Iterator, Mapping, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

from . import _samepage
from .errors import AlreadyExists, Conflict, NoKey
from .nouns import PATIENCE, HasBell, by_bell, in_thread, interruptibly, lasting, no_undo, reopen

if TYPE_CHECKING:
    from ._samepage import Bytes, Change, Place, Strategy

K = TypeVar("K")
V = TypeVar("V")


class Codec(Protocol):
    """json, pickle, or whatever makes bytes or str of objects and objects of bytes."""

    @property
    def dumps(self) -> Callable[..., Any]: ...
    @property
    def loads(self) -> Callable[..., Any]: ...


class TableItems(ItemsView[K, V]):
    """One scan instead of a get for each key."""

    _mapping: Table[K, V]

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return self._mapping.scan()


class TableValues(ValuesView[V]):
    _mapping: Table[Any, V]

    def __iter__(self) -> Iterator[V]:
        return self._mapping.scan_values()


class Table(HasBell, _samepage.Table[K, V], MutableMapping[K, V]):
    """
    Records under keys, in memory or in a file: a mapping that many processes change at once.

    codec says what values are: bytes (the default: str goes in too, as UTF-8, and bytes come out), str, or what has
    dumps() and loads(): json, pickle. Keys are bytes with codec=bytes, else str; either goes in. Only who trusts all
    writers may say pickle: it runs what they wrote.

    Each act is whole by itself; two acts (pop, popitem) aren't one. Iterating gives a key that is there throughout
    exactly once, and others at most once.
    """

    if TYPE_CHECKING:
        @overload
        def __init__(
            self: Table[bytes, bytes], place: Place, codec: type[bytes] = bytes, *, read_only: bool = False,
            strategy: Strategy = "spin_then_sleep", timeout: float | None = 5, as_it_is: bool = False,
            sole_writer: bool = False
        ) -> None: ...
        @overload
        def __init__(
            self: Table[str, str], place: Place, codec: type[str], *, read_only: bool = False,
            strategy: Strategy = "spin_then_sleep", timeout: float | None = 5, as_it_is: bool = False,
            sole_writer: bool = False
        ) -> None: ...
        @overload
        def __init__(
            self: Table[str, Any], place: Place, codec: Codec, *, read_only: bool = False,
            strategy: Strategy = "spin_then_sleep", timeout: float | None = 5, as_it_is: bool = False,
            sole_writer: bool = False
        ) -> None: ...
        def __init__(self, place: Place, codec: Any = bytes, **options: Any) -> None: ...
        @overload
        @classmethod
        def create_new(
            cls, place: Place, codec: type[bytes] = bytes, *, read_only: bool = False,
            strategy: Strategy = "spin_then_sleep", timeout: float | None = 5, as_it_is: bool = False,
            sole_writer: bool = False
        ) -> Table[bytes, bytes]: ...
        @overload
        @classmethod
        def create_new(
            cls, place: Place, codec: type[str], *, read_only: bool = False,
            strategy: Strategy = "spin_then_sleep", timeout: float | None = 5, as_it_is: bool = False,
            sole_writer: bool = False
        ) -> Table[str, str]: ...
        @overload
        @classmethod
        def create_new(
            cls, place: Place, codec: Codec, *, read_only: bool = False,
            strategy: Strategy = "spin_then_sleep", timeout: float | None = 5, as_it_is: bool = False,
            sole_writer: bool = False
        ) -> Table[str, Any]: ...
        @classmethod
        def create_new(cls, place: Place, codec: Any = bytes, **options: Any) -> Any: ...
        @overload
        @classmethod
        def open(
            cls, place: Place, codec: type[bytes] = bytes, *, read_only: bool = False,
            strategy: Strategy = "spin_then_sleep", timeout: float | None = 5, as_it_is: bool = False,
            sole_writer: bool = False
        ) -> Table[bytes, bytes]: ...
        @overload
        @classmethod
        def open(
            cls, place: Place, codec: type[str], *, read_only: bool = False,
            strategy: Strategy = "spin_then_sleep", timeout: float | None = 5, as_it_is: bool = False,
            sole_writer: bool = False
        ) -> Table[str, str]: ...
        @overload
        @classmethod
        def open(
            cls, place: Place, codec: Codec, *, read_only: bool = False,
            strategy: Strategy = "spin_then_sleep", timeout: float | None = 5, as_it_is: bool = False,
            sole_writer: bool = False
        ) -> Table[str, Any]: ...
        @classmethod
        def open(cls, place: Place, codec: Any = bytes, **options: Any) -> Any: ...

    def items(self) -> ItemsView[K, V]:
        return TableItems(self)

    def values(self) -> ValuesView[V]:
        return TableValues(self)

    def setdefault(self, key: K, default: V = None) -> V:  # type: ignore[assignment]
        while True:
            try:
                return self[key]
            except KeyError:
                pass
            try:
                self.insert(key, default)
                return self[key]
            except (AlreadyExists, NoKey):
                pass  # others were faster

    def update_one(self, key: K, change: Callable[[V | None], V], timeout: float | None = PATIENCE) -> int:
        """
        Puts change(value), which gets None where there is none, and is called again when others were faster. A record
        that is there expires when it would have.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            seen: V | None = None
            version = 0
            try:
                seen, version = self.get_versioned(key)
            except NoKey:
                pass
            made = change(seen)
            left = None if end is None else max(0.0, end - time.monotonic())
            try:
                return self.compare_exchange(key, version, made, left, expires_in=0)
            except Conflict:
                if left == 0:
                    raise

    def changes_of(self, key: K, timeout: float | None = None) -> Iterator[V | None]:
        """The value, None while there is none, and again after each change; TimedOut after so long without one."""
        seen = 0
        value: V | None = None
        while True:
            try:
                value, seen = self.get_versioned(key)
            except NoKey:
                value, seen = None, 0
            yield value
            self.wait(key, seen, timeout)

    async def wait_async(self, key: K, seen: int, timeout: float | None = None) -> int:
        """wait(), on asyncio."""
        version = self.version(key)
        if version != seen:
            return version
        return await in_thread(lambda left: self.wait(key, seen, left), no_undo, timeout)

    async def wait_any_async(self, seen: int, timeout: float | None = None) -> int:
        """wait_any(), on asyncio."""
        return await by_bell(self, lambda left: self.wait_any(seen, left), timeout)

    def verify(self, timeout: float | None = 5) -> int:
        act = super().verify
        return interruptibly(lambda: act(timeout))

    def checkpoint(self, timeout: float | None = 5) -> dict[str, Any]:
        act = super().checkpoint
        return interruptibly(lambda: act(timeout))

    def compact(self, timeout: float | None = 5) -> dict[str, int]:
        act = super().compact
        return interruptibly(lambda: act(timeout))

    if TYPE_CHECKING:
        def subscribe(self, prefix: Bytes = b"", start: Literal["newest", "oldest"] = "newest") -> Feed[K]: ...

    def close(self) -> None:
        self.end_bell()
        super().close()

    def __exit__(self, *unused: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<samepage.Table {self.place!r}{' closed' if self.closed else ''}>"

    def __reduce__(self) -> tuple[Any, ...]:
        options = {"codec": self.codec, "read_only": self.read_only, "strategy": self.strategy}
        codec = self.codec
        # Modules can't be pickled.
        if not isinstance(codec, type) and hasattr(codec, "__spec__"):
            options["codec"] = None
            return reopen_with_module, (type(self), lasting(self.place, "table"), options, codec.__name__)
        return reopen, (type(self).open, lasting(self.place, "table"), options)


@_samepage.Feed.set_class
class Feed(_samepage.Feed[K]):
    """
    The changes of a table, from Table.subscribe(): `for change in feed` and `async for` go on for ever. The value isn't
    in a change: table.get() gives it, or a later one, or none any more. To have a copy and keep it right: subscribe
    first, then copy what a scan shows, then get each key that comes. Nobody waits for a feed: change.missed says how
    many changes it was too slow for; who keeps a copy scans anew then. One thread, or coroutine, at a time.
    """

    async def next_async(self, timeout: float | None = None) -> Change[K]:
        """next(), on asyncio."""
        if self.table.closed:
            return await in_thread(self.next, no_undo, timeout)
        return await by_bell(self.table, self.next, timeout)

    def __aiter__(self) -> AsyncIterator[Change[K]]:
        return self

    async def __anext__(self) -> Change[K]:
        return await self.next_async()


def reopen_with_module(noun: type[Table[K, V]], place: str, options: dict[str, Any], name: str) -> Table[K, V]:
    import importlib

    options["codec"] = importlib.import_module(name)
    make: Callable[..., Table[K, V]] = getattr(noun, "open")
    return reopen(make, place, options)
