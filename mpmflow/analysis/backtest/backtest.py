"""`backtest`: history replayed with a rolling origin, and everything that was said held against what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import Document, Provenance, Result, finite, provenance
from mpmflow.analysis.risk.enough_data import last_day, metrics_of, period_word, require_something
from mpmflow.analysis.risk.estimate import full_periods
from mpmflow.analysis.risk.prepared import targets_of
from mpmflow.analysis.risk.watched import Watched
from mpmflow.diagnostics.errors import DataError
from mpmflow.model.measures import Metric, Target
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.quantities import Quantity, write_quantity

from .alarms import Alarms, alarms_of, troubles
from .judged import NEEDED_FORECASTS, MetricJudged, judge, with_q_values
from .replay import Observe, Progress, Replay, replay
from .thresholds import CheapestLevel, cheapest_level

NEEDED_BEFORE = 8
"""Periods that are known before the first forecast, at least."""
USUAL_BEFORE = 13
"""Periods before the first forecast, where nobody says when to begin and the history has room."""
USUAL_HORIZON = 4
"""Periods that forecasts look ahead where nothing is said."""
FOLDS = 60
"""Forecasts at most, where nothing is said: as many as make no difference to wait for."""


@dataclass(frozen=True, slots=True)
class Backtest(Result):
    """What would have been said, and who was right. Times in seconds.

    Attributes:
        as_of: the last day of the history. period: length of its periods. horizon: how far forecasts looked ahead.
        origins: the evenings on which forecasts were made.
        metrics: how well each was foretold. alarms: how each indicator's rules did. levels: the cheapest levels of
            warnings.
        skipped: evenings on which nothing could be said, with the reason.
        notes: what else a reader should know.
    """

    schema: ClassVar[str] = "mpmflow/backtest/1"
    shown_by = ("render.backtest_page", "backtest_page")

    as_of: date
    period: float
    horizon: float
    origins: tuple[date, ...]
    metrics: tuple[MetricJudged, ...]
    alarms: tuple[Alarms, ...]
    levels: tuple[CheapestLevel, ...]
    skipped: tuple[tuple[date, str], ...]
    provenance: Provenance
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> MetricJudged:
        """A metric by its name. Raises KeyError, which names the ones there are."""
        for one in self.metrics:
            if one.name == name:
                return one
        raise KeyError(f"{name!r} was not foretold; there are: {', '.join(one.name for one in self.metrics)}")

    def body(self) -> Document:
        return {
            "as_of": self.as_of.isoformat(),
            "period": self.period,
            "horizon": self.horizon,
            "origins": [day.isoformat() for day in self.origins],
            "metrics": [one.to_dict() for one in self.metrics],
            "alarms": [one.to_dict() for one in self.alarms],
            "levels": [one.to_dict() for one in self.levels],
            "skipped": [{"on": day.isoformat(), "why": why} for day, why in self.skipped],
            "provenance": self.provenance.to_dict(),
            "notes": list(self.notes),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """A row for each forecast."""
        names = ("metric", "on", "due", "forecast", "low", "high", "came", "p_miss", "p_miss_corrected", "missed")
        table: dict[str, list[Any]] = {name: [] for name in names}
        for one in self.metrics:
            for fold in one.folds:
                row = (one.name, fold.on, fold.due, fold.forecast, fold.low, fold.high, fold.came, finite(fold.chance))
                for name, cell in zip(names, (*row, finite(fold.corrected), fold.missed), strict=True):
                    table[name].append(cell)
        return table

    def __str__(self) -> str:
        return f"{len(self.origins)} evenings of the past, {len(self.metrics)} metrics, {len(self.alarms)} alarms"


def backtest(
    model: Model,
    last: Observations,
    observe: Observe,
    *,
    since: date | None = None,
    every: Quantity | str | None = None,
    horizon: Quantity | str | None = None,
    folds: int | None = None,
    seed: int = 0,
    samples: Samples | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Replay a history and judge what would have been said.

    Args:
        last: what is known now. observe: what was known at a moment.
        since: the first evening on which something is said; after 13 periods, or 8 in a short history, unless said.
        every: time from one forecast to the next, whole periods; one unless said, more where `folds` asks for it.
        horizon: how far forecasts look ahead, whole periods, and how long alarms have; 4 periods unless said.
        folds: forecasts at most, spread evenly.
        seed: of the draws; the same seed gives the same bytes.
        progress: called with the evenings that are done and those that there are.

    Raises:
        DataError: the history is too short, and by how much; or a span is no whole number of periods.
        ModelFault: a workflow cannot be computed.
    """
    require_something(model, last)
    if folds is not None and folds < NEEDED_FORECASTS:
        raise DataError(f"of {folds} forecasts nothing can be said; ask for at least {NEEDED_FORECASTS}")
    periods, word = full_periods(last), period_word(last)
    ahead = _periods(horizon, "horizon", last) if horizon is not None else USUAL_HORIZON
    step = _periods(every, "every", last) if every is not None else 1
    needed = NEEDED_BEFORE + ahead + (NEEDED_FORECASTS - 1) * step
    if periods < needed:
        raise DataError(
            f"there are {periods} full {word}s, and a back-test needs {needed}: {NEEDED_BEFORE} before the first "
            f"forecast, {NEEDED_FORECASTS} forecasts{f' {step} {word}s apart' if step > 1 else ''}, and {ahead} to see "
            "what came of the last one"
        )
    first = _first(last, since, periods, needed)
    if periods - ahead < first:
        raise DataError(
            f"forecasts begin {last_day(last, first - 1)} and look {ahead} {word}s ahead, but the history ends "
            f"{last_day(last, periods - 1)}; begin earlier"
        )
    origins, notes = _origins(first, periods - ahead, step, folds)
    targets = targets_of(model)
    seen = Watched(model, last).values
    horizons = {metric.name: ahead for metric in metrics_of(model) if metric.name in seen}
    replayed = replay(
        model,
        observe,
        last,
        first=first,
        origins=origins,
        horizons=horizons,
        targets=targets,
        seed=seed,
        samples=samples,
        progress=progress,
    )
    judged = tuple(
        judge(
            replayed,
            metric.name,
            label=metric.title,
            unit=metric.unit or "",
            target=_said(targets.get(metric.name), ahead, word),
            ahead=ahead,
            step=min((later - earlier for earlier, later in pairwise(origins)), default=1),
        )
        for metric in metrics_of(model)
    )
    alarms, levels = _rules(model, replayed, targets, ahead)
    return Backtest(
        as_of=last_day(last, periods - 1),
        period=last.period,
        horizon=ahead * last.period,
        origins=tuple(last_day(last, origin - 1) for origin in origins),
        metrics=with_q_values(judged),
        alarms=alarms,
        levels=levels,
        skipped=replayed.failed,
        provenance=provenance(model, seed=seed),
        notes=(*notes, *_remarks(model, seen)),
    )


def _rules(
    model: Model, replayed: Replay, targets: Mapping[str, Target], within: int
) -> tuple[tuple[Alarms, ...], tuple[CheapestLevel, ...]]:
    """All indicators with rules: how their alarms did, and the level that would have cost least."""
    alarms: list[Alarms] = []
    levels: list[CheapestLevel] = []
    named = {indicator.name: indicator for indicator in Watched(model, replayed.last).named}
    for name in replayed.states:
        rows = alarms_of(model, replayed, named[name], targets, within)
        alarms += rows
        if all(row.refused for row in rows):
            continue
        for trouble in troubles(model, replayed, named[name], targets):
            found = cheapest_level(replayed, named[name], trouble, within)
            if found is not None and not trouble.itself:
                levels.append(found)
    return tuple(alarms), tuple(levels)


def _first(last: Observations, since: date | None, periods: int, needed: int) -> int:
    """How many periods are known on the first evening."""
    if since is None:
        return min(USUAL_BEFORE, NEEDED_BEFORE + periods - needed)
    moment = datetime(since.year, since.month, since.day, tzinfo=UTC) + timedelta(days=1)
    known = sum(1 for end in last.ends[:periods] if end <= moment)
    on = known if known and last.ends[known - 1] == moment else known + 1
    if on < NEEDED_BEFORE:
        raise DataError(
            f"on {since.isoformat()} {on} full {period_word(last)}s were known, and {NEEDED_BEFORE} are needed before "
            f"the first forecast; begin on {last_day(last, NEEDED_BEFORE - 1)} or later"
        )
    return on


def _origins(first: int, until: int, step: int, folds: int | None) -> tuple[list[int], list[str]]:
    """The evenings of forecasts, in periods known by then, and what to say of their number."""
    most = FOLDS if folds is None else folds
    # The last ones are the nearest to the present, so the spacing counts back from there.
    every = sorted(range(until, first - 1, -step))
    if len(every) <= most:
        return every, []
    chosen = sorted({every[round(number)] for number in np.linspace(0, len(every) - 1, most)})
    return chosen, [f"Of {len(every)} evenings {len(chosen)} were chosen for forecasts, spread evenly (--folds)."]


def _periods(span: Quantity | str, what: str, last: Observations) -> int:
    """How many periods a span is."""
    try:
        asked = Quantity.model_validate(span)
    except ValueError:
        asked = None
    if asked is None or not asked.measure.is_time or asked.base <= 0:
        raise DataError(f"{what} is a span of time such as 4w, not {str(span)[:60]!r}")
    count = float(asked.base) / last.period
    whole = round(count)
    if whole < 1 or abs(count - whole) > 0.02 * max(whole, 1):
        raise DataError(
            f"{what} is {write_quantity(asked)}, and observations come every {last.period / 86400:g} days: "
            "choose a whole number of such periods"
        )
    return whole


def _said(target: Target | None, ahead: int, word: str) -> str | None:
    """The target as it was asked of each forecast."""
    if target is None:
        return None
    text = f"{target.comparison} {write_quantity(target.value)}"
    if target.start is not None and target.by is not None:
        days = (target.by - target.start).days + 1
        return f"{text} in {days} days, in proportion in {ahead} {word}s"
    return f"{text} per {write_quantity(target.per)}" if target.per is not None else text


def _remarks(model: Model, seen: Mapping[str, Any]) -> list[str]:
    missing: Sequence[Metric] = [metric for metric in metrics_of(model) if metric.name not in seen]
    if not missing:
        return []
    names = ", ".join(metric.name for metric in missing)
    return [f"Nothing was observed of {names}, so nobody knows what came."]
