"""Control limits: which periods of a series are more than the usual up and down (Shewhart 1931; Nelson 1984).

Three charts: for single figures (limits from the moving range, which a drift does not widen), for shares of varying
denominators, and for counts per varying exposure. Two signals: a point beyond three sd, and eight points in a row on
one side of the centre; others are in `control_signals`. Series are (T,) or (T, m), oldest first, nan where a figure is
missing; a gap neither breaks a row of points nor lengthens it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mpmflow.numerics.faults import NumericsError

from .series import by_period

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEEDED_FOR_LIMITS = 8  # figures (and for single figures half as many neighbouring pairs) below which limits are unknown
RUN = 8

_ROUNDING = 1e-12
_RANGE_OF_TWO = 1.128379167095513  # mean range of two normal figures over their sd: 2 / sqrt(pi)


@dataclass(frozen=True, eq=False)
class ControlChart:
    """Limits and signals of one or several series.

    Attributes:
        centre: usual value, () or (m,).
        sd: usual standard deviation in each period, (T,) or (T, m).
        low, high: limits in each period, likewise.
        beyond: where a figure lies outside the limits.
        run: where a figure is at least the eighth in a row on one side of the centre.
        known: figures the limits rest on; below `needed` limits are nan and nothing is signalled.
    """

    centre: Floats
    sd: Floats
    low: Floats
    high: Floats
    beyond: Flags
    run: Flags
    known: NDArray[np.intp]
    needed: int = NEEDED_FOR_LIMITS

    @property
    def signal(self) -> Flags:
        """Either signal."""
        return np.asarray(self.beyond | self.run)


def individuals_chart(values: ArrayLike, baseline: int | None = None, sds: float = 3.0) -> ControlChart:
    """Chart of single figures: centre = mean, sd = mean moving range / 1.128.

    `baseline` takes the limits from the first so many periods, so that a later change cannot hide in them. Moving
    ranges are of neighbouring periods only; at least 8 figures and 4 ranges are needed. Right for figures that do not
    follow one another (strongly persistent series signal too often).

    >>> chart = individuals_chart([10, 12, 11, 9, 10, 11, 12, 10, 30], baseline=8)
    >>> print(chart.centre, chart.high[0].round(2), chart.beyond[-1])
    10.625 14.42 True
    """
    table, single = by_period(values)
    base = table[:baseline]
    known = (~np.isnan(base)).sum(axis=0)
    ranges = np.abs(np.diff(base, axis=0))
    pairs = (~np.isnan(ranges)).sum(axis=0)
    enough = (known >= NEEDED_FOR_LIMITS) & (2 * pairs >= NEEDED_FOR_LIMITS)
    centre = np.where(enough, np.nansum(base, axis=0) / np.maximum(known, 1), np.nan)
    sd = np.nansum(ranges, axis=0) / np.maximum(pairs, 1) / _RANGE_OF_TWO
    low, high = (np.broadcast_to(centre + sign * sds * sd, table.shape) for sign in (-1, 1))
    return _chart(single, table, centre, np.broadcast_to(sd, table.shape), low, high, known)


def share_chart(events: ArrayLike, trials: ArrayLike, baseline: int | None = None, sds: float = 3.0) -> ControlChart:
    """Chart of shares (p-chart): centre = all events over all trials, sd by each period's own number of trials.

    Limits stay within 0..1. A period without trials has no share. The normal limits are rough where fewer than about
    five events are expected in a period: there use `estimates.wilson_interval`.

    >>> chart = share_chart([10, 9, 11, 10, 12, 8, 10, 10, 60], [50] * 8 + [200], baseline=8)
    >>> print(chart.centre, chart.high[[0, 8]].round(3), chart.beyond[-1])
    0.2 [0.37  0.285] True
    """
    hits, single = by_period(events)
    count, _ = by_period(trials)
    if hits.shape != count.shape:
        raise NumericsError("events and trials need one figure per period and series each")
    with np.errstate(invalid="ignore"):
        if ((hits < 0) | (hits > count)).any():
            raise NumericsError("events must lie between 0 and the trials")
    seen = ~np.isnan(hits) & (count > 0)
    share = np.where(seen, hits / np.where(seen, count, 1.0), np.nan)
    base = slice(None, baseline)
    known = seen[base].sum(axis=0)
    total = np.where(seen, count, 0.0)[base].sum(axis=0)
    enough = (known >= NEEDED_FOR_LIMITS) & (total > 0)
    centre = np.where(seen, hits, 0.0)[base].sum(axis=0) / np.where(enough, total, np.nan)
    sd = np.sqrt(centre * (1.0 - centre) / np.where(seen, count, np.nan))
    low, high = np.maximum(centre - sds * sd, 0.0), np.minimum(centre + sds * sd, 1.0)
    return _chart(single, share, centre, sd, low, high, known)


def rate_chart(events: ArrayLike, exposure: ArrayLike, baseline: int | None = None, sds: float = 3.0) -> ControlChart:
    """Chart of counts per exposure (u-chart; with equal exposures a c-chart): centre = all events over all exposure,
    sd = sqrt(centre / exposure), as of Poisson counts.

    `exposure` is what an event may fall into: seconds, cases, pages; zero or nan where there was none. Limits are not
    below 0. The normal limits are rough where fewer than about five events are expected in a period.

    >>> chart = rate_chart([16, 14, 18, 16, 12, 20, 16, 16, 60], [1] * 8 + [2], baseline=8)
    >>> print(chart.centre, chart.high[[0, 8]].round(2), chart.beyond[-1])
    16.0 [28.   24.49] True
    """
    hits, single = by_period(events)
    size, _ = by_period(exposure)
    if hits.shape != size.shape:
        raise NumericsError("events and exposure need one figure per period and series each")
    with np.errstate(invalid="ignore"):
        if (hits < 0).any() or (size < 0).any():
            raise NumericsError("events and exposure are not below zero")
    seen = ~np.isnan(hits) & (size > 0)
    rate = np.where(seen, hits / np.where(seen, size, 1.0), np.nan)
    base = slice(None, baseline)
    known = seen[base].sum(axis=0)
    enough = known >= NEEDED_FOR_LIMITS
    total = np.where(seen, size, 0.0)[base].sum(axis=0)
    centre = np.where(seen, hits, 0.0)[base].sum(axis=0) / np.where(enough, total, np.nan)
    sd = np.sqrt(centre / np.where(seen, size, np.nan))
    return _chart(single, rate, centre, sd, np.maximum(centre - sds * sd, 0.0), centre + sds * sd, known)


def runs(values: ArrayLike, centre: ArrayLike, length: int = RUN) -> Flags:
    """Where a figure is at least the `length`-th in a row on one side of the centre; a figure on the centre ends the
    row.

    >>> print(runs([1, 2, np.nan, 3, -1, 1], 0, length=3))
    [False False False  True False False]
    """
    table, single = by_period(values)
    side = np.sign(distance(table, np.asarray(centre, dtype=float)))
    flags = np.zeros(table.shape, dtype=bool)
    row, before = np.zeros(table.shape[1], dtype=np.intp), np.zeros(table.shape[1])
    for period, now in enumerate(side):
        seen = ~np.isnan(now)
        row = np.where(seen, np.where((now != 0) & (now == before), row + 1, np.abs(np.nan_to_num(now))), row).astype(
            int
        )
        before = np.where(seen, now, before)
        flags[period] = seen & (row >= length)
    return np.asarray(flags[:, 0] if single else flags)


def distance(values: Floats, centre: Floats) -> Floats:
    """Distance from the centre, where rounding is none: the mean of equal figures may differ from them in the last
    digit.

    >>> distance(np.array([0.1, 0.3]), np.array(0.1 + 0.2)).tolist()
    [-0.20000000000000004, 0.0]
    """
    away = values - centre
    return np.where(np.abs(away) <= _ROUNDING * np.maximum(np.abs(values), np.abs(centre)), 0.0, away)


def _chart(
    single: bool, table: Floats, centre: Floats, sd: Floats, low: Floats, high: Floats, known: NDArray[np.intp]
) -> ControlChart:
    with np.errstate(invalid="ignore"):
        beyond = (distance(table, low) < 0.0) | (distance(table, high) > 0.0)
    run = runs(table, centre)
    if single:
        first = np.asarray(known[0])
        return ControlChart(centre[0], sd[:, 0], low[:, 0], high[:, 0], beyond[:, 0], run[:, 0], first)
    return ControlChart(centre, np.array(sd), np.array(low), np.array(high), beyond, run, np.asarray(known))
