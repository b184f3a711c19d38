"""Three-valued logic over vectors, by Kleene's tables: true, false, or unknown where nobody can say.

A vector of truths is kept as two masks, where it is true and where it is false. Comparing with nan makes neither, so
what is missing is unknown by itself, and `and`, `or` and `not` are single operations on bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]
TRUE, FALSE, UNKNOWN = np.int8(1), np.int8(0), np.int8(-1)


@dataclass(frozen=True, slots=True, eq=False)
class Ternary:
    """Truths, one a period along the last axis.

    Attributes:
        yes, no: where it is known to be true, and to be false.
        complete: True only if nothing is unknown; what rests on it may then skip the search for what was known last.

    >>> rain = Ternary(np.array([True, False, False]), np.array([False, True, False]))
    >>> (~rain | rain).codes.tolist(), (~rain & rain).codes.tolist()
    ([1, 1, -1], [0, 0, -1])
    """

    yes: Bools
    no: Bools
    complete: bool = False

    def __and__(self, other: Ternary) -> Ternary:
        return Ternary(self.yes & other.yes, self.no | other.no, self.complete and other.complete)

    def __or__(self, other: Ternary) -> Ternary:
        return Ternary(self.yes | other.yes, self.no & other.no, self.complete and other.complete)

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
        yes, no, width = self.yes, self.no, 1
        while width <= back:  # a window of width w, moved by up to w, makes one of up to 2 w
            step = min(width, back + 1 - width)
            yes, no = yes & shifted(yes, step), no | shifted(no, step)
            width += step
        return Ternary(yes, no)


def shifted(mask: Bools, back: int) -> Bools:
    """The mask of `back` periods ago; False before the first."""
    moved = np.zeros_like(mask)
    if back < mask.shape[-1]:
        moved[..., back:] = mask[..., : mask.shape[-1] - back]
    return moved
