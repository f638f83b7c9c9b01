# What there is, and who holds it.
# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import _samepage

if TYPE_CHECKING:
    from ._samepage import Place

KINDS = ("region", "cell", "lock", "channel", "queue", "table")


class Holder(NamedTuple):
    """A process that has an object open."""

    process: int
    command: str


class Entry(NamedTuple):
    """A live object."""

    place: str
    kind: str
    """"region", "cell" ...; "unknown": its header is damaged."""
    size_bytes: int
    location: str
    """Where the system keeps it, for people."""
    holders: list[Holder]
    """Those that can be seen."""
    holders_complete: bool


def _entry(place: str, kind: int, size_bytes: int, location: str, holders: list[tuple[int, str]],
           holders_complete: bool) -> Entry:
    name = KINDS[kind] if 0 <= kind < len(KINDS) else "unknown"
    return Entry(place, name, size_bytes, location, [Holder(*one) for one in holders], holders_complete)


def ls(*, global_: bool = False, holders: bool = False) -> list[Entry]:
    """
    The live objects under names of this user, or (global_) of the machine, by name; who holds them only if asked for.
    What killed processes have left is freed on the way.
    """
    return [_entry(*one) for one in _samepage.list_objects(global_, holders)]


def look_up(place: Place) -> Entry:
    """One object, with its holders. NotFound."""
    (found,) = _samepage.look_up_object(place)
    return _entry(*found)
