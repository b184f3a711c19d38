"""Signals of control charts beyond a point outside its limits: patterns of points, EWMA and CUSUM.

All take distances from the centre in standard deviations, so that they stand on any chart of `control`. Series are (T,)
or (T, m), oldest first, nan where a figure is missing or not to be judged; a gap signals nothing, and what comes behind
it goes on where the last figure left off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mpmflow.numerics.faults import NumericsError

from .control import runs
from .series import by_period

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

EWMA_WEIGHT = 0.2
EWMA_SDS = 2.962
"""With a weight of 0.2 a false signal comes once in 500 periods (Lucas and Saccucci 1990)."""
CUSUM_SLACK = 0.5
CUSUM_LIMIT = 5.0
"""With a slack of half an sd a false signal comes once in 465 periods (Hawkins 1993), a shift by one sd is seen after
10."""


def ewma(z: ArrayLike, weight: float = EWMA_WEIGHT, sds: float = EWMA_SDS) -> tuple[Floats, Floats]:
    """Exponentially weighted moving average of distances from the centre, and the limit of its size, both in sds.

    Starts at the centre. The limit grows with the number of figures to its steady value, `sds * sqrt(weight / (2 -
    weight))` (Roberts 1959; Montgomery, Introduction to Statistical Quality Control, ch. 9).

    >>> mean, limit = ewma([0.0, 3.0, 3.0], weight=0.5, sds=3.0)
    >>> mean.tolist(), limit.round(3).tolist()
    ([0.0, 1.5, 2.25], [1.5, 1.677, 1.718])
    """
    table, single = by_period(z)
    if not 0.0 < weight <= 1.0:
        raise NumericsError("the weight of an EWMA chart lies above 0 and is at most 1")
    means, limits = np.empty_like(table), np.empty_like(table)
    mean, left = np.zeros(table.shape[1]), np.ones(table.shape[1])
    for period, now in enumerate(table):
        seen = ~np.isnan(now)
        mean = np.where(seen, mean + weight * (np.nan_to_num(now) - mean), mean)
        left = np.where(seen, left * (1.0 - weight) ** 2, left)
        means[period] = mean
        limits[period] = sds * np.sqrt(weight / (2.0 - weight) * (1.0 - left))
    return (means[:, 0], limits[:, 0]) if single else (means, limits)


def cusum(z: ArrayLike, slack: float = CUSUM_SLACK, limit: float = CUSUM_LIMIT) -> tuple[Floats, Floats, float]:
    """Upper and lower cumulative sums of what lies more than `slack` sds from the centre, and their limit, in sds.

    Each starts at zero and never falls below it (Page 1954; Montgomery, ch. 9). A signal is a sum beyond the limit.

    >>> up, down, limit = cusum([1.5, 2.5, -0.5])
    >>> up.tolist(), down.tolist(), limit
    ([1.0, 3.0, 2.0], [0.0, 0.0, 0.0], 5.0)
    """
    table, single = by_period(z)
    ups, downs = np.empty_like(table), np.empty_like(table)
    up, down = np.zeros(table.shape[1]), np.zeros(table.shape[1])
    for period, now in enumerate(table):
        seen, figure = ~np.isnan(now), np.nan_to_num(now)
        up = np.where(seen, np.maximum(0.0, up + figure - slack), up)
        down = np.where(seen, np.maximum(0.0, down - figure - slack), down)
        ups[period], downs[period] = up, down
    return (ups[:, 0], downs[:, 0], limit) if single else (ups, downs, limit)


def pattern(z: ArrayLike, count: int, of: int, shape: str, sigma: float = 0.0) -> Flags:
    """Where a pattern of points is complete.

    Args:
        z: distances from the centre, in sds.
        count, of: so many of the last so many figures, the last one among them.
        shape: `beyond` sigma sds on one and the same side; `far`, beyond them on either side; `within` them;
            `one side` of the centre; `rising or falling` steadily; `up and down` in turns.

    The last three are of figures in a row. Two of three beyond two sds on one side:

    >>> pattern([2.1, 0.0, 2.5, -2.2], 2, 3, "beyond", 2.0).tolist()
    [False, False, True, False]
    >>> pattern([1, 2, 3, 4, 5, 6], 6, 6, "rising or falling").tolist()
    [False, False, False, False, False, True]
    """
    table, single = by_period(z)
    if not 1 <= count <= of:
        raise NumericsError("a pattern is of at least one and at most all of its points")
    if shape == "one side":
        flags = runs(table, 0.0, count)
    elif shape in ("rising or falling", "up and down"):
        flags = _in_turns(table, count, shape == "up and down")
    elif shape == "beyond":
        flags = _some(table, table > sigma, count, of) | _some(table, table < -sigma, count, of)
    elif shape == "far":
        flags = _some(table, np.abs(table) > sigma, count, of)
    elif shape == "within":
        flags = _some(table, np.abs(table) < sigma, count, of)
    else:
        raise NumericsError(f"{shape!r} is no pattern of points on a control chart")
    return np.asarray(flags[:, 0] if single else flags)


def _some(table: Floats, marked: Flags, count: int, of: int) -> Flags:
    """Where a figure is marked and at least `count` of the last `of` figures are; gaps are passed over."""
    flags = np.zeros(table.shape, dtype=bool)
    recent = np.zeros((of, table.shape[1]), dtype=bool)
    for period in range(len(table)):
        seen = ~np.isnan(table[period])
        moved = np.concatenate([recent[1:], marked[None, period]])
        recent = np.where(seen, moved, recent)
        flags[period] = seen & marked[period] & (recent.sum(axis=0) >= count)
    return flags


def _in_turns(table: Floats, count: int, alternating: bool) -> Flags:
    """Where `count` figures in a row rose (or fell) steadily, or turned every time."""
    flags = np.zeros(table.shape, dtype=bool)
    last, direction = np.full(table.shape[1], np.nan), np.zeros(table.shape[1])
    row = np.zeros(table.shape[1], dtype=int)
    for period, now in enumerate(table):
        seen = ~np.isnan(now)
        step = np.sign(np.nan_to_num(now - last))
        goes_on = (step != 0) & (step == (-direction if alternating else direction))
        fresh = np.where(step != 0, 2, 1)
        row = np.where(seen, np.where(goes_on, row + 1, fresh), row)
        direction = np.where(seen, step, direction)
        last = np.where(seen, now, last)
        flags[period] = seen & (row >= count)
    return flags
