"""Three-valued logic over vectors, by Kleene's tables: true, false, or unknown where nobody can say.

A vector of truths is kept as two masks, where it is true and where it is false. Comparing with nan makes neither, so
what is missing is unknown by itself, and `and`, `or` and `not` are single operations on bytes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]
TRUE, FALSE, UNKNOWN = np.int8(1), np.int8(0), np.int8(-1)


class Ternary:
    """Truths, one a period along the last axis.

    Attributes:
        yes, no: where it is known to be true, and to be false. Often nobody asks for `no`, so it may be given as a
            function, which is called when it is asked for.
        complete: True only if nothing is unknown: then `no` is all that is not `yes`.

    >>> rain = Ternary(np.array([True, False, False]), np.array([False, True, False]))
    >>> (~rain | rain).codes.tolist(), (~rain & rain).codes.tolist()
    ([1, 1, -1], [0, 0, -1])
    """

    __slots__ = ("_no", "complete", "yes")

    def __init__(self, yes: Bools, no: Bools | Callable[[], Bools] | None = None, complete: bool = False) -> None:
        self.yes, self.complete = yes, complete
        self._no: Bools | Callable[[], Bools] | None = no

    @property
    def no(self) -> Bools:
        """Where it is known to be false."""
        if self._no is None:
            self._no = ~self.yes
        elif callable(self._no):
            self._no = self._no()
        return self._no

    def __and__(self, other: Ternary) -> Ternary:
        if self.complete and other.complete:
            return Ternary(self.yes & other.yes, complete=True)
        return Ternary(self.yes & other.yes, lambda: self.no | other.no)

    def __or__(self, other: Ternary) -> Ternary:
        if self.complete and other.complete:
            return Ternary(self.yes | other.yes, complete=True)
        return Ternary(self.yes | other.yes, lambda: self.no & other.no)

    def __invert__(self) -> Ternary:
        return Ternary(self.no, self.yes, self.complete)

    @property
    def codes(self) -> Truth:
        """1 true, 0 false, -1 unknown."""
        return np.where(self.yes, TRUE, np.where(self.no, FALSE, UNKNOWN)).astype(np.int8)

    def carried(self) -> Ternary:
        """The last known truth in every period; unknown only before the first."""
        if self.complete:
            return self
        known = self.yes | self.no
        position = np.where(known, np.arange(known.shape[-1]), 0)
        last = np.maximum.accumulate(position, axis=-1)
        return Ternary(np.take_along_axis(self.yes, last, axis=-1), np.take_along_axis(self.no, last, axis=-1))

    def throughout(self, back: int) -> Ternary:
        """True where it was true in this period and in each of the `back` before it; false once it was false in one.

        Before the first period nothing is known.

        >>> held = Ternary(np.array([True, True, False, True]), np.array([False, False, True, False]), True)
        >>> held.throughout(1).codes.tolist()
        [-1, 1, 0, 0]
        """
        return Ternary(_windowed(self.yes, back, np.logical_and), lambda: _windowed(self.no, back, np.logical_or))


def _windowed(mask: Bools, back: int, join: np.ufunc) -> Bools:
    """Each period joined with the `back` before it; there is nothing before the first."""
    width = 1
    while width <= back:  # a window of width w, moved by up to w, makes one of up to 2 w
        step = min(width, back + 1 - width)
        mask = join(mask, shifted(mask, step))
        width += step
    return mask


def shifted(mask: Bools, back: int) -> Bools:
    """The mask of `back` periods ago; False before the first."""
    moved = np.empty_like(mask)
    moved[..., :back] = False
    moved[..., back:] = mask[..., : max(0, mask.shape[-1] - back)]
    return moved
