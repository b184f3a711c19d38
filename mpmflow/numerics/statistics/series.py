"""Robust basics for periodic series with gaps: level, trend, and forecasts that any better method has to beat.

Series are (T,) or (T, m), one row per period, oldest first, nan where a figure is missing; all columns are worked on
at once, and answers lose the first axis or change it to the horizon. With too few known figures an answer is nan,
unknown: each result says how many were known and how many are needed. Control limits are in `control`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from mpmflow.numerics.faults import NumericsError

Floats = NDArray[np.float64]
Counts = NDArray[np.intp]

NEEDED_FOR_A_LEVEL = 3
NEEDED_FOR_A_TREND = 5
NEEDED_FOR_AN_ERROR = 5  # pairs of known figures behind the error of a forecast at one horizon

_NORMAL_MAD = 1.482602218505602  # sd of a normal law over its median absolute deviation
_MEDIAN_LOSS = 1.2533141373155003  # standard error of a median over that of a mean, normal law: sqrt(pi / 2)


@dataclass(frozen=True, eq=False)
class Level:
    """Where a series stands now.

    Attributes:
        value: median of the last known figures.
        sd: their spread, from the median absolute deviation, as an sd for a normal law.
        standard_error: of the value.
        known: figures used; at least `needed` or all else is nan.
    """

    value: Floats
    sd: Floats
    standard_error: Floats
    known: Counts
    needed: int = NEEDED_FOR_A_LEVEL


def level(values: ArrayLike, window: int = 8) -> Level:
    """The level of each series: the median of its last `window` known figures, unmoved by a single odd period.

    The standard error holds for figures that scatter independently about one level.

    >>> answer = level([9, 12, np.nan, 11, 300, 10, 12], window=6)
    >>> print(answer.value, answer.sd.round(2), answer.known)
    11.5 1.48 6
    """
    table, single = by_period(values)
    if window < 1:
        raise NumericsError("a level needs a window of at least one period")
    seen = ~np.isnan(table)
    recent = seen & (np.cumsum(seen[::-1], axis=0)[::-1] <= window)
    known = recent.sum(axis=0)
    figures = np.where(recent, table, np.nan)
    middle = _median(figures)
    spread = _NORMAL_MAD * _median(np.abs(figures - middle))
    enough = known >= NEEDED_FOR_A_LEVEL
    middle, spread = np.where(enough, middle, np.nan), np.where(enough, spread, np.nan)
    error = _MEDIAN_LOSS * spread / np.sqrt(np.maximum(known, 1))
    return Level(_one(single, middle), _one(single, spread), _one(single, error), _count(single, known))


@dataclass(frozen=True, eq=False)
class Persistence:
    """A forecast that things stay as they last were, with the error such forecasts made in the past.

    Attributes, each (H,) or (H, m) for horizons 1..H:
        mean: the forecast.
        sd: root mean square of the past errors over the same distance; nan with fewer than `needed` pairs.
        pairs: how many past pairs of figures that rests on.
    """

    mean: Floats
    sd: Floats
    pairs: Counts
    needed: int = NEEDED_FOR_AN_ERROR


def persistence(values: ArrayLike, horizon: int) -> Persistence:
    """Forecast each series by its last known figure.

    If the last figures are missing, the distance counts from the last known one, and the error is that of the longer
    distance. Past pairs overlap, so the sd is itself uncertain by more than its number of pairs suggests.

    >>> answer = persistence([1, 2, 1, 2, 1, 2, 1, 2], 2)
    >>> print(answer.mean, answer.sd, answer.pairs)
    [2. 2.] [1. 0.] [7 6]
    """
    return seasonal_persistence(values, horizon, 1)


def seasonal_persistence(values: ArrayLike, horizon: int, season: int) -> Persistence:
    """Forecast each series by its last known figure of the same season: `season` = 52 for weeks of a year, 7 for
    weekdays.

    >>> answer = seasonal_persistence([5, 9, 6, 9, 5, 9, 6, 9, 5, 9, np.nan, np.nan], 2, season=2)
    >>> print(answer.mean, answer.sd)
    [5. 9.] [0. 0.]
    """
    table, single = by_period(values)
    if season < 1 or horizon < 1:
        raise NumericsError("a season and a horizon are at least one period long")
    periods, width = table.shape
    seen = ~np.isnan(table)
    mean = np.full((horizon, width), np.nan)
    distance = np.zeros((horizon, width), dtype=np.intp)
    for ahead in range(1, horizon + 1):
        same = np.arange((periods - 1 + ahead) % season, periods, season)
        if not len(same):
            continue
        found = seen[same]
        last = len(same) - 1 - np.argmax(found[::-1], axis=0)
        column = np.flatnonzero(found.any(axis=0))
        row = same[last[column]]
        mean[ahead - 1, column] = table[row, column]
        distance[ahead - 1, column] = periods - 1 + ahead - row
    sd = np.full((horizon, width), np.nan)
    pairs = np.zeros((horizon, width), dtype=np.intp)
    for apart in np.unique(distance[distance > 0]).tolist():
        if apart >= periods:
            continue
        change = table[apart:] - table[:-apart]
        count = (~np.isnan(change)).sum(axis=0)
        square = np.nansum(change**2, axis=0)
        error = np.where(count >= NEEDED_FOR_AN_ERROR, np.sqrt(square / np.maximum(count, 1)), np.nan)
        here = distance == apart
        sd[here] = np.broadcast_to(error, here.shape)[here]
        pairs[here] = np.broadcast_to(count, here.shape)[here]
    return Persistence(_one(single, mean), _one(single, sd), _count(single, pairs))


@dataclass(frozen=True, eq=False)
class Trend:
    """A straight line through a series.

    Attributes:
        slope: change per period.
        end: value of the line in the last period.
        standard_error: of the slope, widened for residuals that follow one another.
        low, high: interval of the slope.
        known: figures used; at least `needed` or all else is nan.
    """

    slope: Floats
    end: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    known: Counts
    needed: int = NEEDED_FOR_A_TREND


def linear_trend(values: ArrayLike, confidence: float = 0.95) -> Trend:
    """Least-squares line through each series, with a Student interval of its slope.

    Figures that hang together from period to period tell less than as many independent ones: with lag-1 correlation r
    > 0 of the residuals the standard error is multiplied by sqrt((1 + r) / (1 - r)), r at most .9 (Santer et al.
    2000). In short series r comes out too low, so treat a bare exclusion of zero with care.

    >>> answer = linear_trend([1, 3, np.nan, 7, 9, 11.5])
    >>> print(answer.slope.round(3), answer.known, (answer.low > 0).item())
    2.07 5 True
    """
    table, single = by_period(values)
    if not 0.0 < confidence < 1.0:
        raise NumericsError(f"a confidence level lies between 0 and 1, got {confidence:g}; write 95 % as 0.95")
    seen = ~np.isnan(table)
    known = seen.sum(axis=0)
    count = np.maximum(known, 1)
    period = np.where(seen, np.arange(len(table), dtype=float)[:, None], np.nan)
    centre, middle = np.nansum(period, axis=0) / count, np.nansum(table, axis=0) / count
    away = np.where(seen, period - centre, 0.0)
    height = np.where(seen, table - middle, 0.0)
    spread = (away**2).sum(axis=0)
    enough = (known >= NEEDED_FOR_A_TREND) & (spread > 0)
    slope = np.where(enough, (away * height).sum(axis=0) / np.where(enough, spread, 1.0), np.nan)
    residual = np.where(seen, height - slope * away, 0.0)
    squares = (residual**2).sum(axis=0)
    freedom = np.maximum(known - 2, 1)
    neighbours = (residual[1:] * residual[:-1]).sum(axis=0)
    linked = (seen[1:] & seen[:-1]).sum(axis=0)
    safe = np.where(squares > 0, squares, 1.0)
    follow = np.where((linked > 0) & (squares > 0), neighbours / np.maximum(linked, 1) / (safe / count), 0.0)
    follow = np.clip(follow, 0.0, 0.9)
    error = np.sqrt(squares / freedom / np.where(enough, spread, np.nan)) * np.sqrt((1 + follow) / (1 - follow))
    reach = stdtrit(freedom, 0.5 + 0.5 * confidence) * error
    end = middle + slope * (len(table) - 1 - centre)
    low, high = slope - reach, slope + reach
    slope, end, error, low, high = (_one(single, answer) for answer in (slope, end, error, low, high))
    return Trend(slope, end, error, low, high, _count(single, known))


def by_period(values: ArrayLike) -> tuple[Floats, bool]:
    """Values as (T, m), and whether they were a single series."""
    array = np.asarray(values, dtype=float)
    if array.ndim not in (1, 2):
        raise NumericsError(f"a series has one row per period and one column per series, got shape {array.shape}")
    if np.isinf(array).any():
        raise NumericsError("a series holds an endless value; leave it out as nan if it is unknown")
    return (array[:, None], True) if array.ndim == 1 else (array, False)


def _median(figures: Floats) -> Floats:
    """Median over the first axis without nan; nan where all are, and no warning about it."""
    if not figures.size:
        return np.full(figures.shape[1:], np.nan)
    ordered = np.sort(figures, axis=0)  # nan last
    known = (~np.isnan(figures)).sum(axis=0)
    low, high = np.maximum((known - 1) // 2, 0), np.minimum(known // 2, len(figures) - 1)
    column = np.arange(figures.shape[1])
    return np.asarray(np.where(known > 0, 0.5 * (ordered[low, column] + ordered[high, column]), np.nan))


def _one(single: bool, answer: Floats) -> Floats:
    return np.asarray(answer[..., 0] if single else answer)


def _count(single: bool, counts: Counts) -> Counts:
    return np.asarray(counts[..., 0] if single else counts, dtype=np.intp)
