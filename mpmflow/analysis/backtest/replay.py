"""History once more: on each evening of the past, what was known, what the rules said, and what was foretold.

Nothing later than that evening is looked at: the observations of each origin are made anew from what had been written
down by then, so that a case that was still open counts as open. Forecasts come from the very parts that `risk` uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.risk.enough_data import metrics_of, require_something
from mpmflow.analysis.risk.estimate import full_periods
from mpmflow.analysis.risk.prepared import prepare
from mpmflow.analysis.risk.watched import Watched
from mpmflow.diagnostics.errors import DataError
from mpmflow.model.measures import Target
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.quantities import Quantity

Floats = npt.NDArray[np.float64]
Observe = Callable[[datetime], Observations]
"""The observations as they were known at a moment."""
Progress = Callable[[int, int], object]

DRAWS = 1_000
"""Draws behind each forecast: a probability is then known to 1.6 points, a score to well below its own luck."""


@dataclass(frozen=True, eq=False)
class Foretold:
    """One forecast of the past, beside what was known when it was made.

    Attributes:
        metric, origin, due: `origin` periods were known; it is for what ends with period `due` (from 0).
        draws: (D,) the forecast. chance: of missing the target, None without one.
        target: what it is held to, with its date at `due`.
        weights: how the figure is read: weight of period `due`, of the one before it, and so on. flow: whether it adds
            up over them.
        known: (origin,) values of the metric that had been observed, nan where missing.
    """

    metric: str
    origin: int
    due: int
    draws: Floats
    chance: float | None
    target: Target | None
    weights: Floats
    flow: bool
    known: Floats

    def figures(self, values: Floats) -> Floats:
        """The figure that ends with each period, (T,), from values (T,); nan where something is missing."""
        found = np.full(len(values), np.nan)
        width = len(self.weights)
        for end in range(width - 1, len(values)):
            window = values[end - width + 1 : end + 1][::-1]
            total = float(window[self.weights > 0.0] @ self.weights[self.weights > 0.0])
            found[end] = total if self.flow else total / float(self.weights.sum())
        return found


@dataclass(frozen=True, eq=False)
class Replay:
    """What was said in the past.

    Attributes:
        last: everything that is known now. seen: its values by name. periods: the full ones.
        told: indicator -> the value of each period as it was known on its evening, (T,); nan before the first origin.
        states: indicator -> state codes of each evening (positions in `rules.STATES`), -1 where nothing was asked.
        foretold: all forecasts, the oldest first.
        failed: evenings on which nothing could be foretold, with the reason.
    """

    last: Observations
    seen: Mapping[str, Floats]
    counted: Mapping[str, Floats]
    periods: int
    first: int
    told: Mapping[str, Floats] = field(default_factory=dict)
    states: Mapping[str, npt.NDArray[np.int8]] = field(default_factory=dict)
    foretold: tuple[Foretold, ...] = ()
    failed: tuple[tuple[date, str], ...] = ()

    def evening(self, origin: int) -> date:
        """The last day of the period with which `origin` periods are known."""
        return (end_of(self.last, origin - 1) - timedelta(microseconds=1)).date()


def replay(
    model: Model,
    observe: Observe,
    last: Observations,
    *,
    first: int,
    origins: Sequence[int],
    horizons: Mapping[str, int],
    targets: Mapping[str, Target],
    rules: bool = True,
    seed: int = 0,
    samples: Samples | None = None,
    progress: Progress | None = None,
) -> Replay:
    """Replay a history.

    Args:
        observe: what was known at a moment.
        last: what is known now.
        first: the first evening on which rules are asked, in periods known by then.
        origins: the evenings on which forecasts are made, likewise.
        horizons: metric -> periods ahead that it is foretold.
        targets: metric -> what it is held to.
        rules: whether indicators are followed, which needs the observations of every evening.
        progress: called with the evenings that are done and those that there are.
    """
    now = Watched(model, last)
    named = [indicator for indicator in now.named if indicator.rules] if rules else []
    told = {indicator.name: np.full(now.periods, np.nan) for indicator in named}
    states = {indicator.name: np.full(now.periods, -1, dtype=np.int8) for indicator in named}
    evenings = sorted({*origins, *(range(first, now.periods + 1) if named else ())})
    foretold: list[Foretold] = []
    failed: list[tuple[date, str]] = []
    for done, origin in enumerate(evenings):
        if progress is not None:
            progress(done, len(evenings))
        moment = last.ends[origin - 1]
        try:
            known = observe(moment)
            require_something(model, known)
            if full_periods(known) != origin:
                raise DataError("nothing had been observed yet")
        except DataError as fault:
            failed.append(((moment - timedelta(microseconds=1)).date(), str(fault)))
            continue
        watched = Watched(model, known)
        for indicator in named:
            told[indicator.name][origin - 1] = watched.values_of(indicator)[-1]
            states[indicator.name][origin - 1] = watched.trace(indicator).codes[-1]
        if origin in origins:
            foretold += _forecasts(model, known, last, watched, origin, horizons, targets, seed, samples)
    if progress is not None:
        progress(len(evenings), len(evenings))
    counted = {name: decided for name, (_, decided) in now.counted.items()}
    return Replay(last, now.values, counted, now.periods, first, told, states, tuple(foretold), tuple(failed))


def _forecasts(
    model: Model,
    known: Observations,
    last: Observations,
    watched: Watched,
    origin: int,
    horizons: Mapping[str, int],
    targets: Mapping[str, Target],
    seed: int,
    samples: Samples | None,
) -> list[Foretold]:
    asked = {name: target_at(targets.get(name), last, origin, ahead) for name, ahead in horizons.items()}
    ready = prepare(model, known, asked, seed=seed, draws=DRAWS, samples=samples)
    found = []
    for metric in metrics_of(model):
        if metric.name not in asked:
            continue
        told = ready.forecaster.forecast(metric.name, asked[metric.name])
        due = origin + horizons[metric.name] - 1
        if told.draws is None or told.forecast is None:
            continue
        values = watched.values.get(metric.name, np.full(origin, np.nan))
        # Months ahead are as long as a mean month, so the reading may lie one beside the period that is meant.
        used = np.flatnonzero(told.reading.weights)
        weights = told.reading.weights[used[0] : used[-1] + 1][::-1]
        held = targets.get(metric.name) is not None
        found.append(
            Foretold(
                metric.name,
                origin,
                due,
                told.draws,
                told.p_miss if held else None,
                asked[metric.name] if held else None,
                weights,
                told.flow,
                values[:origin],
            )
        )
    return found


def target_at(target: Target | None, last: Observations, origin: int, ahead: int) -> Target:
    """The target as it binds `ahead` periods after an evening.

    A level binds the one period there; `per SPAN` the span that ends there; of `in total from A by B` the even part of
    the periods in between. Without a target, something that is read in that one period.
    """
    start, end = end_of(last, origin - 1), end_of(last, origin + ahead - 1)
    day = (end - timedelta(microseconds=1)).date()
    if target is None:
        return Target(comparison="at most", value=Quantity(value=Fraction(0), unit=""), by=day)
    if target.start is not None and target.by is not None:
        whole = (_midnight(target.by) + timedelta(days=1) - _midnight(target.start)).total_seconds()
        part = Fraction((end - start).total_seconds() / whole).limit_denominator(1_000_000)
        value = target.value.model_copy(update={"value": target.value.value * part})
        return target.model_copy(update={"value": value, "start": start.date(), "by": day})
    return target.model_copy(update={"by": day})


def end_of(last: Observations, period: int) -> datetime:
    """The end of a period, of one in the future too; a table's last period is whole, however early somebody asks."""
    beyond = period - len(last.starts) + 1
    if beyond < 0:
        return last.starts[period + 1]
    return last.starts[-1] + timedelta(seconds=last.period * (beyond + 1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
