# NDArray: NumPy's array in shared memory, opened by its name alone. Imported by the first that asks for one.
# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy

from . import _samepage
from .nouns import PATIENCE, lasting, reopen

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ._samepage import Place


class Writing:
    """`with array.writing() as writing:`. Left by an exception, the array is torn until the next one has finished."""

    torn = False
    """Who wrote before had not finished: what isn't written now may be half-written."""
    version = 0
    """Of what was written, once the block has ended."""

    def __init__(self, handle: _samepage.Array, timeout: float | None) -> None:
        self._handle = handle
        self._timeout = timeout

    def __enter__(self) -> Writing:
        self.torn = self._handle.begin_writing(self._timeout)
        return self

    def __exit__(self, kind: type[BaseException] | None, *unused: object) -> None:
        self.version = self._handle.end_writing(kind is None)


class NDArray(numpy.ndarray[Any, Any]):
    """
    NumPy's array, with its elements in shared memory: indexing and arithmetic see what others are just writing. Whole
    copies are copy()'s, and what is written `with array.writing():`. What is made of it (slices, sums) is a plain array
    of the same memory, or of its own. It is held as long as it, or a view of it, is there.
    """

    _handle: _samepage.Array | None = None  # of the whole array alone, not of what is made of it

    def writing(self, timeout: float | None = PATIENCE) -> Writing:
        """
        A block that writes in it: one at a time of all processes; copy() waits for its end. Killed in it, or left by
        an exception, the array is torn: copy() raises Torn, and the next block's `torn` is true.
        """
        return Writing(self._own(), timeout)

    def copy(  # type: ignore[override]  # its type is a plain array
        self, order: Any = "C", timeout: float | None = PATIENCE
    ) -> numpy.ndarray[Any, Any]:
        """
        An array of its own: what one writer has finished. Torn: the last one never did, killed or by an exception.
        TimedOut: somebody writes all the time; Busy: writers were faster in every try.
        """
        if self._handle is None:
            return numpy.array(self, order=order)
        bytes_ = numpy.empty(memoryview(cast(bytes, self._handle)).nbytes, "u1")
        self._handle.copy_into(bytes_.data, timeout)
        return numpy.ndarray(self.shape, self.dtype, bytes_, 0, self.strides)

    @property
    def place(self) -> str | None:
        """The name or path under which it is."""
        return self._own().place

    @property
    def version(self) -> int:
        """Larger with each writing; those that never finished are counted, too."""
        return self._own().version

    @property
    def created(self) -> bool:
        """Whether this handle made it."""
        return self._own().created

    def check_name(self) -> None:
        """LostName when somebody has removed the object's file."""
        self._own().check_name()

    def flush(self) -> None:
        """Brings a file's bytes to the disk."""
        self._own().flush()

    def _own(self) -> _samepage.Array:
        if self._handle is None:
            raise TypeError("this is a view, or made of an array; the array that samepage.ndarray() gave has that")
        return self._handle

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self._handle is None:
            return numpy.asarray(self).__reduce_ex__(protocol)
        return reopen, (ndarray, lasting(self._handle.place, "array"), {"read_only": self._handle.read_only})


def ndarray(
    place: Place, shape: int | tuple[int, ...] | None = None, dtype: DTypeLike = None, *, read_only: bool = False,
    timeout: float | None = 5
) -> NDArray:
    """
    With a shape: makes the array, of zeros (dtype: float64), or opens the one that exists, which must have that type
    and shape, else WrongKind. By its name alone: opens it, whatever it has; else NotFound.
    """
    if shape is None and dtype is not None:
        raise TypeError("a new array needs a shape, too; one that exists is opened by its name alone")
    sizes = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
    handle = _samepage.Array(place, None if shape is None else numpy.dtype(dtype).str, sizes, read_only, timeout)
    made = NDArray(handle.shape, handle.dtype, cast(bytes, handle), 0, handle.strides)
    made._handle = handle
    return made
