"""Commitments as an evaluation sees them: what was promised, how it stands, what follows, what would mend it.

A promise is read at its own date and held to its own level, whatever target the metric has beside it:

    kept, missed    the date has passed, and data show what came
    on course       a miss is unlikely: less than 20 %
    at risk         a miss has a chance of at least 20 %
    broken          of at least 99 %: nothing that is foretold would keep it any more
    unknown         nothing can be said; the note says why

A commitment with several promises stands as its worst one. What would bring it back is looked for in `ways_back`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from mpmflow.compiler.units import Units
from mpmflow.model.goals import Commitment, Promise
from mpmflow.model.measures import Metric
from mpmflow.model.model import Model
from mpmflow.model.quantities import write_quantity

from .courses import law_of
from .enough_data import metrics_of
from .forecast import MetricForecast
from .metric_rows import unit_word
from .prospects import Prospects
from .ways_back import AT_RISK, WayBack, WaysBack

if TYPE_CHECKING:
    from .figures import MetricFigure

State = Literal["kept", "missed", "on course", "at risk", "broken", "unknown"]
WORST_FIRST: tuple[State, ...] = ("missed", "broken", "at risk", "unknown", "on course", "kept")
IN_DANGER: frozenset[State] = frozenset({"at risk", "broken", "missed"})
"""States in which a commitment calls the actions that it names without a time."""
BROKEN = 0.99
"""From this chance to be missed on a promise is as good as missed, unless something is done."""


@dataclass(frozen=True, slots=True)
class PromiseFigure:
    """A metric's level that was promised for a date, and what is foretold of it.

    Attributes:
        on: the date of the promise; None where it names none.
        comparison, target, target_text: what was promised, in base units and as written.
        reading: over which periods the figure counts, in words.
        forecast, low, high, p_miss: expected figure, its 95 % interval, and the chance to miss; None where not known.
        law: 199 equally likely values of the figure, sorted; () where nothing is foretold.
        came: what came, where the date has passed and data show it.
        note: why nothing can be said, where that is so.
        state: how this promise stands by itself.
    """

    metric: str
    label: str
    unit: str
    on: date | None
    comparison: Literal["at least", "at most"]
    target: float
    target_text: str
    reading: str
    forecast: float | None
    low: float | None
    high: float | None
    p_miss: float | None
    law: tuple[float, ...] = field(repr=False)
    came: float | None
    note: str = ""

    @property
    def state(self) -> State:
        return state_of(self)

    def to_dict(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "label": self.label,
            "unit": self.unit,
            "on": self.on.isoformat() if self.on is not None else None,
            "comparison": self.comparison,
            "target": self.target,
            "target_text": self.target_text,
            "reading": self.reading,
            "forecast": self.forecast,
            "low": self.low,
            "high": self.high,
            "p_miss": self.p_miss,
            "came": self.came,
            "note": self.note,
            "state": self.state,
        }


@dataclass(frozen=True, slots=True)
class ReminderFigure:
    """An action that a commitment names: to be called on a day, or, without one, while the commitment is in danger."""

    action: str
    on: date | None

    def to_dict(self) -> dict[str, Any]:
        return {"action": self.action, "on": self.on.isoformat() if self.on is not None else None}


@dataclass(frozen=True, slots=True)
class CommitmentFigure:
    """A promise by a person: its state is that of the worst of what was promised.

    Attributes:
        by: who promises; `if_met`, `if_missed` what follows, in the words of the file.
        days_left: days from now to the earliest date that has not passed; None where there is none.
        ways_back: what would bring it back on course, where it is at risk or broken; see `ways_back`.
        do: the actions that it asks for, and when, the earliest first.
    """

    name: str
    label: str
    by: str | None
    if_met: str | None
    if_missed: str | None
    promises: tuple[PromiseFigure, ...]
    state: State
    days_left: int | None = None
    ways_back: tuple[WayBack, ...] = ()
    do: tuple[ReminderFigure, ...] = ()

    @property
    def worst(self) -> PromiseFigure | None:
        """The promise that the state is that of, of several the likeliest to be missed; None without any."""
        return min(self.promises, key=lambda one: (WORST_FIRST.index(one.state), -(one.p_miss or 0.0)), default=None)

    @property
    def p_miss(self) -> float | None:
        """The largest chance that one of its promises is missed; None where nothing can be said."""
        return max((one.p_miss for one in self.promises if one.p_miss is not None), default=None)

    @property
    def follows(self) -> str | None:
        """What follows by the words of the file, where that is settled or as good as settled."""
        if self.state == "kept":
            return self.if_met
        return self.if_missed if self.state in ("missed", "broken") else None

    def due(self, after: date, until: date) -> tuple[str, ...]:
        """The actions that are to be called: those without a day while it is in danger, those with one between two
        days (the first left out) while the promise is open. Each once.
        """
        danger, closed = self.state in IN_DANGER, self.state in ("kept", "missed")
        called = [one.action for one in self.do if one.on is not None and after < one.on <= until and not closed]
        called += [one.action for one in self.do if one.on is None and danger]
        return tuple(dict.fromkeys(called))

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "by": self.by,
            "if_met": self.if_met,
            "if_missed": self.if_missed,
            "promises": [promise.to_dict() for promise in self.promises],
            "state": self.state,
            "days_left": self.days_left,
            "p_miss": self.p_miss,
            "follows": self.follows,
            "ways_back": [way.to_dict() for way in self.ways_back],
            "do": [one.to_dict() for one in self.do],
        }


def commitment_figures(
    model: Model, prospects: Prospects, units: Units, rows: Sequence[MetricFigure], as_of: date
) -> tuple[CommitmentFigure, ...]:
    """Every commitment of a model, in the order of the text.

    `rows` are the metrics: a promise in the words of a metric's target has its chance, recalibrated where that was.
    """
    metrics = {metric.name: metric for metric in metrics_of(model)}
    held = {row.name: row for row in rows}
    promised: dict[str, list[tuple[Promise, MetricForecast]]] = {
        one.name: [
            (promise, prospects.forecaster.forecast(promise.metric, promise.target))
            for promise in one.promises
            if promise.metric in metrics
        ]
        for one in model.commitments
    }
    asked = {
        f"{name} {number}": forecast
        for name, found in promised.items()
        for number, (_, forecast) in enumerate(found, start=1)
    }
    ways = WaysBack(model, Prospects(prospects.forecaster, asked, prospects.model, prospects.crowds), as_of)
    return tuple(_figure(one, promised[one.name], metrics, held, units, ways, as_of) for one in model.commitments)


def _figure(
    commitment: Commitment,
    promised: Sequence[tuple[Promise, MetricForecast]],
    metrics: Mapping[str, Metric],
    held: Mapping[str, MetricFigure],
    units: Units,
    ways: WaysBack,
    as_of: date,
) -> CommitmentFigure:
    promises = tuple(
        _promise(promise, forecast, metrics[promise.metric], unit_word(units, metrics[promise.metric]), held)
        for promise, forecast in promised
    )
    state: State = min((promise.state for promise in promises), key=WORST_FIRST.index, default="unknown")
    ahead = [promise.on for promise in promises if promise.on is not None and promise.on >= as_of]
    names = [f"{commitment.name} {number}" for number in range(1, len(promises) + 1)]
    return CommitmentFigure(
        commitment.name,
        commitment.title,
        commitment.by,
        commitment.if_met,
        commitment.if_missed,
        promises,
        state,
        (min(ahead) - as_of).days if ahead else None,
        ways.of(names, max(ahead, default=None)) if state in ("at risk", "broken") else (),
        _reminders(commitment),
    )


def _promise(
    promise: Promise, found: MetricForecast, metric: Metric, unit: str, held: Mapping[str, MetricFigure]
) -> PromiseFigure:
    target, note = promise.target, found.note
    if found.forecast is None and not note:
        note = "There is no data of this metric, so only its change is known, not its level."
    row, p_miss = held.get(metric.name), found.p_miss
    if row is not None and row.p_miss_raw is not None and (row.p_miss_raw, row.on) == (p_miss, target.by):
        p_miss = row.p_miss
    return PromiseFigure(
        metric.name,
        metric.title,
        unit,
        target.by,
        target.comparison,
        float(target.value.base),
        f"{target.comparison} {write_quantity(target.value)}",
        found.reading.words,
        found.forecast if not found.note else None,
        found.low,
        found.high,
        p_miss,
        () if found.settled else law_of(found.draws),
        found.forecast if found.settled else None,
        note,
    )


def _reminders(commitment: Commitment) -> tuple[ReminderFigure, ...]:
    """What a commitment asks to be called: so long before each of its dates, and while it is in danger."""
    days = sorted({promise.target.by for promise in commitment.promises if promise.target.by is not None})
    found: dict[tuple[str, date | None], ReminderFigure] = {}
    for one in commitment.reminders:
        for action in one.actions:
            if not one.before:
                found[action, None] = ReminderFigure(action, None)
            for before in one.before:
                for due in days:
                    day = due - timedelta(days=round(float(before.base) / 86400.0))
                    found[action, day] = ReminderFigure(action, day)
    return tuple(sorted(found.values(), key=lambda one: (one.on is None, one.on or date.max, one.action)))


def state_of(promise: PromiseFigure) -> State:
    """How one promise stands."""
    if promise.p_miss is None:
        return "unknown"
    if promise.came is not None:
        return "missed" if promise.p_miss > 0.0 else "kept"
    return "broken" if promise.p_miss >= BROKEN else "at risk" if promise.p_miss >= AT_RISK else "on course"
