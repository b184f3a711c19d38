"""Metrics over time: what was observed of each, period by period, and the law of what is to come.

A course is read as its target reads the metric: a target "per 13w" makes it the sum (or mean) of the thirteen weeks
that end with each period, one "in total from" the sum so far, any other the single period. So a level, its target and
what came can be laid over each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from mpmflow.model.measures import Target

from .forecast import Forecaster, MetricForecast
from .levels import Places, spans_in
from .readings import Reading, Timeline, day_of, reading
from .watched import Watched

Floats = npt.NDArray[np.float64]

LAW = 199
"""So many equally likely values stand for a forecast: its percentiles in steps of half a point."""
BANDS = (0.025, 0.25, 0.5, 0.75, 0.975)
MOST_AHEAD = 60
"""Further periods than this are not drawn one by one."""


@dataclass(frozen=True, slots=True)
class Point:
    """What was observed of a metric at the end of a period; None where it was not."""

    on: date
    value: float | None

    def to_dict(self) -> dict[str, Any]:
        return {"on": self.on.isoformat(), "value": self.value}


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a metric will be at the end of a period to come: the middle, half of the draws, 95 % of them."""

    on: date
    low: float
    lower: float
    middle: float
    upper: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "on": self.on.isoformat(),
            "low": self.low,
            "lower": self.lower,
            "middle": self.middle,
            "upper": self.upper,
            "high": self.high,
        }


@dataclass(frozen=True, slots=True)
class Course:
    """A metric over time.

    Attributes:
        name, unit: as in its row.
        reading: over which periods each value counts, in words; "" for a level of one period.
        seen: what was observed, from the first period on.
        ahead: what is to come, up to the date that its forecast is for.
        law: 199 equally likely values, sorted, of the figure that the forecast is for; () where that time has passed.
    """

    name: str
    unit: str
    reading: str
    seen: tuple[Point, ...]
    ahead: tuple[Ahead, ...]
    law: tuple[float, ...] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "reading": self.reading,
            "seen": [point.to_dict() for point in self.seen],
            "ahead": [one.to_dict() for one in self.ahead],
            "law": list(self.law),
        }


def law_of(draws: Floats | None) -> tuple[float, ...]:
    """A forecast as equally likely values: its percentiles in the middle of 199 equal classes.

    >>> law = law_of(np.arange(1990.0))
    >>> len(law), round(law[0], 9), round(law[99], 9)
    (199, 4.997487437, 994.5)
    """
    if draws is None:
        return ()
    known = draws[np.isfinite(draws)]
    return tuple(np.quantile(known, (np.arange(LAW) + 0.5) / LAW).tolist()) if len(known) else ()


def course_of(forecaster: Forecaster, forecast: MetricForecast, watched: Watched, unit: str) -> Course | None:
    """The course of a metric; None where its level is not known."""
    if forecast.forecast is None and forecast.name not in watched.values:
        return None
    timeline, name, flow = forecaster.outlook.timeline, forecast.name, forecast.flow
    seen = []
    for period in range(timeline.known):
        read = _at(forecast.target, timeline.last_day(period), forecaster, flow, period)
        whole = read is not None and _reaches_back(forecast.target, read.on, timeline)
        value = _observed(forecaster, watched, name, read, flow) if read is not None and whole else None
        seen.append(Point(timeline.last_day(period), value))
    ahead = []
    scarce = forecaster.scarce(name)
    last = min(len(timeline), timeline.known + MOST_AHEAD)
    for period in range(timeline.known, last if forecast.forecast is not None else timeline.known):
        day = timeline.last_day(period)
        read = _at(forecast.target, day, forecaster, flow, period)
        draws = forecaster.draws_at(name, read) if read is not None and not scarce else None
        known = draws[np.isfinite(draws)] if draws is not None else np.empty(0)
        if len(known):
            ahead.append(Ahead(day, *(float(value) for value in np.quantile(known, BANDS))))
        if timeline.holding(forecast.reading.on) <= period:
            break
    law = () if forecast.settled else law_of(forecast.draws)
    return Course(name, unit, forecast.reading.words, tuple(seen), tuple(ahead), law)


def _at(target: Target | None, day: date, forecaster: Forecaster, flow: bool, period: int) -> Reading | None:
    """How a target would read the metric if it were for a day; None for a day before its total begins."""
    timeline = forecaster.outlook.timeline
    if target is None or (target.per is None and not (flow and target.start is not None)):
        return reading(None, timeline, flow, period)
    end = min(day, target.by) if target.by is not None and target.start is not None else day
    if target.start is not None and end < target.start:
        return None
    return reading(target.model_copy(update={"by": end}), timeline, flow, period)


def _reaches_back(target: Target | None, day: date, timeline: Timeline) -> bool:
    """Whether the span of a target that ends with a day lies within what is known: a part of it is no observation."""
    if target is None or target.per is None:
        return True
    return day_of(day)[1] - float(target.per.base) >= float(timeline.bounds[0]) - 1.0


def _observed(forecaster: Forecaster, watched: Watched, name: str, read: Reading, flow: bool) -> float | None:
    """A metric as it was observed at a reading; None where a period of it was not, or the span begins earlier."""
    used = np.flatnonzero(read.weights)
    own = watched.values.get(name)
    if len(used) == 1 or (own is not None and name not in forecaster.outlook.formulas):
        return _read(own, read, flow)
    if any(spans_in(formula) for formula in forecaster.formulas_below(name)):
        return None
    parts: dict[str, Floats] = {}
    for place in forecaster.inputs_below(name):
        data = watched.values.get(place, forecaster.outlook.observed_figures.get(place))
        value = _read(data, read, place in forecaster.flows)
        if value is None:
            return None
        parts[place] = np.asarray(value)
    outlook = forecaster.outlook
    figure = float(Places(parts.get, outlook.formulas, outlook.timeline.period).value(name))
    return figure if np.isfinite(figure) else None


def _read(values: Floats | None, read: Reading, flow: bool) -> float | None:
    if values is None:
        return None
    used = np.flatnonzero(read.weights)
    if used[-1] >= len(values):
        return None
    cut = Reading(read.weights[: len(values)], read.on, read.words)
    figure = float(cut.of(values, flow))
    return figure if np.isfinite(figure) else None
