"""Indicators over time as a chart shows them: values, states, and the levels that their rules compare them with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.risk.readings import Timeline
from mpmflow.analysis.risk.watched import Watched
from mpmflow.analysis.rules import ClauseTrace, IndicatorTrace
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations

from .parts import IndicatorCourse, IndicatorPoint, Limit

Floats = npt.NDArray[np.float64]
MOST_POINTS = 120
"""Older periods than this many are not shown."""
KINDS: dict[str, Literal["threshold", "outside", "moves", "control"]] = {
    "threshold": "threshold",
    "outside": "outside",
    "moves": "moves",
    "out_of_control": "control",
}


def indicator_courses(model: Model, observations: Observations) -> Mapping[str, IndicatorCourse]:
    """Name -> course, for every indicator that was observed; what a named one measures has its course too."""
    watched = Watched(model, observations)
    found: dict[str, IndicatorCourse] = {}
    for indicator in watched.named:
        values = watched.values_of(indicator)
        measured = watched.measured(indicator)
        given = indicator.name in observations.series
        counts = None if given or measured is None else _behind(watched, observations, measured)
        course = _course(observations, values, counts, watched.trace(indicator) if indicator.rules else None)
        found[indicator.name] = course
        if measured is not None and not given:
            found.setdefault(measured, course)
    for name, values in watched.values.items():
        if name not in found:
            found[name] = _course(observations, values, _behind(watched, observations, name), None)
    return {name: course for name, course in found.items() if any(point.value is not None for point in course.points)}


def _behind(watched: Watched, observations: Observations, name: str) -> Floats | None:
    """What each value rests on: answers or visits; None where that is not counted."""
    if name in observations.series:
        return None
    if name in watched.counted:
        return watched.counted[name][1]
    node, _, aspect = name.rpartition(".")
    spent = observations.durations.get(node) if aspect in ("time", "wait") else None
    return np.asarray(spent.visits[: watched.periods], dtype=float) if spent is not None else None


def _course(
    observations: Observations, values: Floats, counts: Floats | None, trace: IndicatorTrace | None
) -> IndicatorCourse:
    first = max(0, len(values) - MOST_POINTS)
    timeline = Timeline.of(observations, len(values), 0)
    states = trace.states if trace is not None else (None,) * len(values)
    points = tuple(
        IndicatorPoint(
            timeline.last_day(period),
            None if np.isnan(values[period]) else float(values[period]),
            None if counts is None else int(counts[period]),
            states[period],
        )
        for period in range(first, len(values))
    )
    limits = tuple(_limits(trace, len(values), first)) if trace is not None else ()
    return IndicatorCourse(points, limits)


def _limits(trace: IndicatorTrace, periods: int, first: int) -> Iterator[Limit]:
    for rule in trace.rules:
        for clause in _simple(rule.clause):
            yield from _of_clause(rule.level, clause, rule.text, periods, first)
        if rule.clears is not None:
            yield from _of_clause("clears", rule.clears, rule.text, periods, first)


def _simple(clause: ClauseTrace) -> Iterator[ClauseTrace]:
    """The clauses that compare the observed value itself; an EWMA or CUSUM chart compares another figure."""
    if clause.parts:
        for part in clause.parts:
            yield from _simple(part)
    elif clause.value is None and clause.kind in KINDS:
        yield clause


def _of_clause(
    level: Literal["warn", "alert", "clears"], clause: ClauseTrace, text: str, periods: int, first: int
) -> Iterator[Limit]:
    sides: tuple[tuple[Literal["above", "below"], float | Floats | None], ...] = (
        ("above", clause.high),
        ("below", clause.low),
    )
    for side, given in sides:
        if given is None:
            continue
        levels = np.broadcast_to(np.asarray(given, dtype=float), (periods,))[first:]
        if np.isnan(levels).all():
            continue
        values = tuple(None if np.isnan(one) else float(one) for one in levels)
        yield Limit(level, KINDS[clause.kind], side, values, text)
