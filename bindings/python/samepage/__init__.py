# What the package gives: the nouns and the errors.
# SPDX-License-Identifier: MIT
"""Data shared between processes by name: regions, cells, locks, channels, queues and tables."""
from __future__ import annotations

import os as _os
import typing as _typing

from . import _samepage, errors
from ._samepage import Change, Job, Loan, Message, RecordLock, Scan, Versioned, View
from .catalog import Entry, Holder, look_up, ls
from .errors import (AlreadyExists, Busy, Closed, Conflict, Corrupt, Denied, Empty, Error, Failed, Full,
                     InvalidArgument, InvalidName, LostName, NoKey, NoSpace, NotFound, NotOwner, NotSupported,
                     SystemRefused, TimedOut, TooLarge, Torn, WrongKind, WrongVersion)
from .nouns import Cell, Channel, Lock, Queue, Region, Subscriber
from .shared_memory import SharedMemory
from .table import Feed, Table

if _typing.TYPE_CHECKING:
    from .array import NDArray as NDArray, ndarray as ndarray

__version__ = _samepage.version

_os.register_at_fork(after_in_child=_samepage.after_fork)


def __getattr__(name: str) -> _typing.Any:
    """Arrays, which need NumPy, for those who ask for them."""
    if name not in ("NDArray", "ndarray"):
        raise AttributeError(f"module 'samepage' has no attribute {name!r}")
    try:
        from . import array
    except ModuleNotFoundError as missing:
        if missing.name != "numpy":
            raise
        raise ModuleNotFoundError(f"samepage.{name} needs NumPy: pip install numpy", name="numpy") from None
    return getattr(array, name)


__all__ = [
    "AlreadyExists", "Busy", "Cell", "Change", "Channel", "Closed", "Conflict", "Corrupt", "Denied", "Empty",
    "Entry", "Error", "errors", "Failed", "Feed", "Full", "Holder", "InvalidArgument", "InvalidName", "Job", "Loan",
    "Lock", "look_up", "LostName", "ls", "Message", "NoKey", "NoSpace", "NotFound", "NotOwner", "NotSupported",
    "Queue", "RecordLock", "Region", "Scan", "SharedMemory", "Subscriber", "SystemRefused", "Table", "TimedOut",
    "TooLarge", "Torn", "Versioned", "View", "WrongKind", "WrongVersion",
]
