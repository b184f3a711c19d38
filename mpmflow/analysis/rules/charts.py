"""`out of control`: which control chart a condition asks for, its limits frozen on the baseline.

The baseline are the first 20 periods from the first observed value on. Before it is over nothing is known; what comes
after is judged by its distance from the centre line in standard deviations. Shares and rates know how much stands
behind each value, so their limits are wider where there is less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mpmflow.model.rules import OutOfControl, RunRule
from mpmflow.numerics.statistics.control import ControlChart, distance, individuals_chart, rate_chart, share_chart
from mpmflow.numerics.statistics.control_signals import cusum, ewma, pattern

from .logic import Bools, Floats
from .series import Series

BASELINE = 20
"""Periods, from the first observed value on, that freeze the control limits."""

_FAR = 1e6
WESTERN_ELECTRIC = (
    RunRule(1, 1, "beyond", 3.0),
    RunRule(2, 3, "beyond", 2.0),
    RunRule(4, 5, "beyond", 1.0),
    RunRule(8, 8, "one side", 0.0),
)
"""The zone rules of the Western Electric Statistical Quality Control Handbook (1956)."""
NELSON = (
    RunRule(1, 1, "beyond", 3.0),
    RunRule(9, 9, "one side", 0.0),
    RunRule(6, 6, "rising or falling", 0.0),
    RunRule(14, 14, "up and down", 0.0),
    RunRule(2, 3, "beyond", 2.0),
    RunRule(4, 5, "beyond", 1.0),
    RunRule(15, 15, "within", 1.0),
    RunRule(8, 8, "far", 1.0),
)
"""The eight tests of L. S. Nelson, The Shewhart control chart: tests for special causes (1984)."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a chart says of each period: `signal` where it is out of control, `known` where it can say anything.

    `value` is what was compared with `low` and `high`, None where that is the observed value itself.
    """

    signal: Bools
    known: Bools
    low: Floats
    high: Floats
    value: Floats | None = None


def judged(condition: OutOfControl, series: Series) -> Judged:
    """The chart of a condition, over one series or many stacked ones."""
    shape = series.values.shape
    length = shape[-1]
    values = series.values.reshape(-1, length)
    counts = None if series.counts is None else series.counts.reshape(-1, length)
    low, high, value = (np.full(values.shape, np.nan) for _ in range(3))
    signal, known = np.zeros(values.shape, dtype=bool), np.zeros(values.shape, dtype=bool)
    seen = ~np.isnan(values)
    begins = np.where(seen.any(axis=1), seen.argmax(axis=1), length)
    for first in np.unique(begins[begins < length]):  # the baseline of a series begins with its first value
        rows = np.flatnonzero(begins == first)
        since = values[rows, first:].T
        chart = _chart(since, None if counts is None else counts[rows, first:].T, series.counted)
        told = ~np.isnan(chart.low) & ~np.isnan(since)
        told[:BASELINE] = False  # limits are frozen on the baseline, so they are not known before it is over
        found = _SIGNALS[condition.chart](condition, chart, np.where(told, _distance(since, chart), np.nan))
        signal[rows, first:], known[rows, first:] = (found.signal & told).T, told.T
        low[rows, first:], high[rows, first:] = found.low.T, found.high.T
        if found.value is not None:
            value[rows, first:] = found.value.T
    shown = None if condition.chart not in ("ewma", "cusum") else value.reshape(shape)
    return Judged(signal.reshape(shape), known.reshape(shape), low.reshape(shape), high.reshape(shape), shown)


def _distance(since: Floats, chart: ControlChart) -> Floats:
    """Distances from the centre in sds; where the baseline never moved, any distance is a very long way."""
    with np.errstate(divide="ignore", invalid="ignore"):
        away = distance(since, chart.centre)
        return np.asarray(np.where(away == 0.0, 0.0, np.clip(away / chart.sd, -_FAR, _FAR)))


def _chart(since: Floats, counts: Floats | None, counted: str) -> ControlChart:
    if counts is None:
        return individuals_chart(since, BASELINE)
    behind = np.where(np.isnan(since), 0.0, counts)
    return (share_chart if counted == "shares" else rate_chart)(since * counts, behind, BASELINE)


def _limits(condition: OutOfControl, chart: ControlChart, z: Floats) -> Judged:
    return Judged(chart.beyond, np.isfinite(z), chart.low, chart.high)


def _usual(condition: OutOfControl, chart: ControlChart, z: Floats) -> Judged:
    return Judged(chart.signal, np.isfinite(z), chart.low, chart.high)


def _by_patterns(*rules: RunRule) -> Callable[[OutOfControl, ControlChart, Floats], Judged]:
    def judge(condition: OutOfControl, chart: ControlChart, z: Floats) -> Judged:
        signal = np.zeros(z.shape, dtype=bool)
        for rule in rules or (condition.run_rule,):
            assert rule is not None
            signal |= pattern(z, rule.count, rule.of, rule.shape, rule.sigma)
        return Judged(signal, np.isfinite(z), chart.low, chart.high)

    return judge


def _ewma(condition: OutOfControl, chart: ControlChart, z: Floats) -> Judged:
    mean, limit = ewma(z)
    low, high = chart.centre - limit * chart.sd, chart.centre + limit * chart.sd
    return Judged(np.abs(mean) > limit, np.isfinite(z), low, high, chart.centre + mean * chart.sd)


def _cusum(condition: OutOfControl, chart: ControlChart, z: Floats) -> Judged:
    up, down, limit = cusum(z)
    ends = np.full(z.shape, limit)
    return Judged((up > limit) | (down > limit), np.isfinite(z), -ends, ends, np.where(up >= down, up, -down))


_SIGNALS: dict[str | None, Callable[[OutOfControl, ControlChart, Floats], Judged]] = {
    None: _usual,
    "limits": _limits,
    "western_electric": _by_patterns(*WESTERN_ELECTRIC),
    "nelson": _by_patterns(*NELSON),
    "rule": _by_patterns(),
    "ewma": _ewma,
    "cusum": _cusum,
}
