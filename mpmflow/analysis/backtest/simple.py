"""What anybody could have said without a model: as it was last, as it was a year ago, as it usually is.

Each is a law made of what was known by then, so that all are scored by the same formula as the forecast beside them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ENOUGH = 5
"""Past changes that a law of surprises is made of, at least."""


def persistence(known: Floats, due: int) -> Floats | None:
    """The last known figure, give or take every past change over the same distance, up or down; None without enough.

    >>> persistence(np.array([1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0]), 7).tolist()
    [2.0, 0.0, 2.0, 0.0, 2.0, 0.0, 0.0, 2.0, 0.0, 2.0, 0.0, 2.0]
    """
    seen = np.flatnonzero(~np.isnan(known))
    return _from(known, int(seen[-1]), due) if len(seen) else None


def seasonal(known: Floats, due: int, season: int) -> Floats | None:
    """The figure of the same time a year before, give or take what changed from year to year; None without enough."""
    same = due - season
    if season < 2 or not 0 <= same < len(known) or np.isnan(known[same]):
        return None
    return _from(known, same, due)


def climatology(known: Floats) -> Floats | None:
    """All that was ever seen; None without enough."""
    seen = known[~np.isnan(known)]
    return seen if len(seen) >= ENOUGH else None


def _from(known: Floats, at: int, due: int) -> Floats | None:
    apart = due - at
    changes = known[apart:] - known[:-apart] if apart < len(known) else np.zeros(0)
    changes = changes[~np.isnan(changes)]
    if len(changes) < ENOUGH:
        return None
    return np.asarray(known[at] + np.concatenate([changes, -changes]))
