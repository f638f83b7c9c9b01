# The exceptions: one class for each of samepage's errors, each also what Python calls that.
# SPDX-License-Identifier: MIT
from __future__ import annotations

import errno as _errno

from . import _samepage


class Error(Exception):
    """Whatever samepage refuses, or the system refuses it. The text says what to do next."""

    code: int = 0
    """The number, the same in all languages: samepage_e_not_found is 1."""
    name: str = ""
    """The name: "not_found"."""

    def __init__(self, message: str = "", operation: str = "", detail: str = "", system_code: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.detail = detail
        self.system_code = system_code
        if isinstance(self, OSError):
            setattr(self, "errno", system_code or getattr(self, "_errno", None))
            setattr(self, "strerror", message)

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[type[Error], tuple[str, str, str, int]]:
        return type(self), (self.message, self.operation, self.detail, self.system_code)


class NotFound(Error, FileNotFoundError):
    """Nothing of that name is held."""

    _errno = _errno.ENOENT


class AlreadyExists(Error, FileExistsError):
    """Something of that name is held already, or there is a record of that key."""

    _errno = _errno.EEXIST


class WrongKind(Error, TypeError):
    """It is an object of another kind."""


class WrongVersion(Error):
    """Its format is of another version."""


class Corrupt(Error):
    """Its bytes are not what they must be."""


class Denied(Error, PermissionError):
    """The system doesn't allow it, or it was opened to read."""

    _errno = _errno.EACCES


class NoSpace(Error, OSError):
    """There is no room left."""

    _errno = _errno.ENOSPC


class TooLarge(Error, ValueError):
    """It is larger than fits."""


class InvalidName(Error, ValueError):
    """That is not a name."""


class InvalidArgument(Error, ValueError):
    """An argument is outside its range."""


class TimedOut(Error, TimeoutError):
    """The time was up."""

    _errno = _errno.ETIMEDOUT


class Busy(Error, BlockingIOError):
    """It changed faster than it could be read."""

    _errno = _errno.EAGAIN


class Full(Error):
    """Nothing fits in any more."""


class Conflict(Error):
    """Somebody else changed it first."""


class LostName(Error):
    """Somebody removed the file of this object."""


class NotSupported(Error, NotImplementedError):
    """This system cannot do it."""


class Empty(Error):
    """Nothing has been stored yet, or no job is ready."""


class NotOwner(Error, RuntimeError):
    """This handle does not own it."""


class Closed(Error, ValueError):
    """The handle is closed, as with Python's files."""


class SystemRefused(Error, OSError):
    """The system refused; `errno` says what."""


class NoKey(Error, KeyError):
    """There is no record of that key."""


class Failed(Error):
    """The worker has said that it can't be done; `detail` says why."""


class Torn(Error):
    """Who was writing it has not finished: killed in the middle, or gave up."""


_CLASSES: dict[str, type[Error]] = {
    "not_found": NotFound,
    "already_exists": AlreadyExists,
    "wrong_kind": WrongKind,
    "wrong_version": WrongVersion,
    "corrupt": Corrupt,
    "denied": Denied,
    "no_space": NoSpace,
    "too_large": TooLarge,
    "invalid_name": InvalidName,
    "invalid_argument": InvalidArgument,
    "timed_out": TimedOut,
    "busy": Busy,
    "full": Full,
    "conflict": Conflict,
    "lost_name": LostName,
    "not_supported": NotSupported,
    "empty": Empty,
    "not_owner": NotOwner,
    "closed": Closed,
    "system": SystemRefused,
    "no_key": NoKey,
    "failed": Failed,
    "torn": Torn,
}
_BY_CODE: dict[int, type[Error]] = {}


def _make(code: int, message: str, operation: str, detail: str, system_code: int) -> Error:
    return _BY_CODE.get(code, Error)(message, operation, detail, system_code)


for _code, _name, _text in _samepage.errors():
    _class = _CLASSES[_name]
    _class.code, _class.name = _code, _name
    _BY_CODE[_code] = _class
_samepage.set_error_maker(_make)
