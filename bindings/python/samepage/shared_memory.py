# SharedMemory: in place of multiprocessing.shared_memory's, with samepage's lifetime.
# SPDX-License-Identifier: MIT
from __future__ import annotations

import secrets
from typing import Any

from .errors import AlreadyExists
from .nouns import Region, reopen


class SharedMemory:
    """
    As multiprocessing.shared_memory.SharedMemory, with the same attributes and errors. The block lives until its last
    holder closes it, ends or is killed, and no longer: no resource tracker removes what others use, none has to, and
    unlink() leaves it to its holders. A name is samepage's: Region.open(name) sees the same bytes in any language.
    """

    def __init__(self, name: str | None = None, create: bool = False, size: int = 0, *, track: bool = True) -> None:
        if not size >= 0:
            raise ValueError("'size' must be a positive integer")
        if create and size == 0:
            raise ValueError("'size' must be a positive number different from zero")
        if name is None and not create:
            raise ValueError("'name' can only be None if create=True")
        del track  # nothing does
        self._region: Region = self._make(name, size) if create else Region.open(str(name))
        self._name = str(self._region.place)
        self._size = len(self._region)
        self._buf: memoryview | None = self._region.buf

    @staticmethod
    def _make(name: str | None, size: int) -> Region:
        if name is not None:
            return Region.create_new(name, size)
        while True:
            try:
                return Region.create_new("psm_" + secrets.token_hex(4), size)
            except AlreadyExists:
                pass

    @property
    def buf(self) -> memoryview:
        """The bytes; None when it is closed, as CPython's."""
        return self._buf  # type: ignore[return-value]

    @property
    def name(self) -> str:
        """What others open it by."""
        return self._name

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._size

    def close(self) -> None:
        """Lets go of the block. BufferError while memoryviews of buf are in use."""
        if self._buf is not None:
            self._buf.release()
            self._buf = None
        self._region.close()

    def unlink(self) -> None:
        """Nothing: the block goes with its last holder."""

    def __reduce__(self) -> tuple[Any, ...]:
        return reopen, (type(self), self._name, {})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r}, size={self._size})"
