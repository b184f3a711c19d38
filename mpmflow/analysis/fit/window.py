"""What of a log speaks for the fit: from which day on, and how fast the past is forgotten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.numerics.statistics.estimates import HALF_LIFE

Floats = npt.NDArray[np.float64]

WEEK = 604800.0


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a log that counts, and for how much.

    What happened counts by when it was *begun*: were it by when it was over, what takes long would be forgotten less
    than what is done at once, and its share would be too high.

    Attributes:
        until: the moment up to which all is known, seconds since 1970.
        since: nothing begun before it counts; None for all.
        half_life: periods after which what was seen counts half; None forgets nothing.
        period: seconds of a period.
    """

    until: float
    since: float | None = None
    half_life: float | None = HALF_LIFE
    period: float = WEEK

    def weights(self, begun: npt.ArrayLike) -> Floats:
        """What things begun at these moments count for; what has no moment counts nothing.

        >>> Window(until=3 * WEEK, since=WEEK, half_life=1.0).weights([0.0, WEEK, 3 * WEEK]).tolist()
        [0.0, 0.25, 1.0]
        """
        moment = np.asarray(begun, dtype=float)
        with np.errstate(invalid="ignore"):
            kept = (moment < self.until) | (moment == self.until)
            if self.since is not None:
                kept &= moment >= self.since
        if self.half_life is None:
            return np.asarray(kept, dtype=float)
        age = np.where(kept, self.until - moment, 0.0)
        return np.asarray(np.where(kept, 0.5 ** (age / (self.half_life * self.period)), 0.0))

    def span(self, first: float) -> float:
        """The seconds from `first` (or `since`) to the end, those of the past counting less."""
        length = max(self.until - max(first, self.since if self.since is not None else first), 0.0)
        if self.half_life is None:
            return length
        scale = self.half_life * self.period / np.log(2.0)
        return float(scale * -np.expm1(-length / scale))
