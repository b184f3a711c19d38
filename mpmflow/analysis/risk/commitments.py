"""Commitments as an evaluation sees them: what was promised, what is foretold of it, how likely it is missed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from mpmflow.compiler.units import Units
from mpmflow.model.goals import Commitment, Promise
from mpmflow.model.measures import Metric
from mpmflow.model.model import Model
from mpmflow.model.quantities import write_quantity

from .courses import law_of
from .enough_data import metrics_of
from .metric_rows import unit_word

if TYPE_CHECKING:
    from .forecast import Forecaster

State = Literal["kept", "missed", "on course", "at risk", "broken", "unknown"]
AT_RISK = 0.25
"""From this chance to be missed on a promise is at risk."""
BROKEN = 0.99
"""From this chance on it is as good as missed, unless something is done."""


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
        }


@dataclass(frozen=True, slots=True)
class CommitmentFigure:
    """A promise by a person: its state is that of the worst of what was promised.

    `kept` and `missed`: the date has passed, and data show what came. `on course`, `at risk` and `broken` go by the
    chance to miss. `unknown`: nothing can be said, and the promise's note says why.
    """

    name: str
    label: str
    by: str | None
    if_met: str | None
    if_missed: str | None
    promises: tuple[PromiseFigure, ...]
    state: State

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "by": self.by,
            "if_met": self.if_met,
            "if_missed": self.if_missed,
            "promises": [promise.to_dict() for promise in self.promises],
            "state": self.state,
        }


def commitment_figures(model: Model, forecaster: Forecaster, units: Units) -> tuple[CommitmentFigure, ...]:
    """Every commitment of a model, in the order of the text; each promise is read at its own date."""
    metrics = {metric.name: metric for metric in metrics_of(model)}
    return tuple(_figure(one, metrics, forecaster, units) for one in model.commitments)


def _figure(
    commitment: Commitment, metrics: dict[str, Metric], forecaster: Forecaster, units: Units
) -> CommitmentFigure:
    promises = tuple(
        _promise(promise, metrics[promise.metric], forecaster, unit_word(units, metrics[promise.metric]))
        for promise in commitment.promises
        if promise.metric in metrics
    )
    return CommitmentFigure(
        commitment.name,
        commitment.title,
        commitment.by,
        commitment.if_met,
        commitment.if_missed,
        promises,
        _worst([state_of(promise) for promise in promises]),
    )


def _promise(promise: Promise, metric: Metric, forecaster: Forecaster, unit: str) -> PromiseFigure:
    found, target = forecaster.forecast(metric.name, promise.target), promise.target
    note = found.note
    if found.forecast is None and not note:
        note = "There is no data of this metric, so only its change is known, not its level."
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
        found.p_miss,
        () if found.settled else law_of(found.draws),
        found.forecast if found.settled else None,
        note,
    )


def state_of(promise: PromiseFigure) -> State:
    """How one promise stands."""
    if promise.p_miss is None:
        return "unknown"
    if promise.came is not None:
        return "missed" if promise.p_miss > 0.0 else "kept"
    return "broken" if promise.p_miss >= BROKEN else "at risk" if promise.p_miss >= AT_RISK else "on course"


def _worst(states: list[State]) -> State:
    order: tuple[State, ...] = ("missed", "broken", "at risk", "unknown", "on course", "kept")
    return min(states, key=order.index) if states else "unknown"
