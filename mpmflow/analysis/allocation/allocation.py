"""The answer to "where does this money do most": records and the document `mpmflow/allocation/1`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal

from mpmflow.analysis.results import Document, Provenance, Result, finite


@dataclass(frozen=True, slots=True)
class Mix:
    """One way to spend.

    Attributes:
        spending: channel -> money per period.
        initiatives: those that are taken.
        people: team -> how many more.
        cost: all of it up to the metric's date.
        forecast, low, high: the metric then: mean of the draws (the median where the mean has no meaning), 95 %
            interval.
        p_miss: chance to miss the target; None without one.
        worst: mean of the figure over the worst fifth of the draws.
    """

    spending: Mapping[str, float]
    initiatives: tuple[str, ...]
    people: Mapping[str, int]
    cost: float
    forecast: float
    low: float
    high: float
    p_miss: float | None
    worst: float

    def to_dict(self) -> Document:
        return {
            "spending": dict(self.spending),
            "initiatives": list(self.initiatives),
            "people": dict(self.people),
            "cost": self.cost,
            "forecast": finite(self.forecast),
            "low": finite(self.low),
            "high": finite(self.high),
            "p_miss": self.p_miss,
            "worst": finite(self.worst),
        }


@dataclass(frozen=True, slots=True)
class ChannelFigure:
    """A channel: money per period now and in both choices, the bounds it stayed within, and what more would bring.

    `worth` is what one more of the currency, spread over the periods, would add to the metric at the nominal choice;
    where it differs much from the other channels', a bound holds the channel.
    """

    name: str
    label: str
    now: float
    nominal: float
    cautious: float
    low: float
    high: float | None
    worth: float

    def to_dict(self) -> Document:
        return {
            "name": self.name,
            "label": self.label,
            "now": self.now,
            "nominal": self.nominal,
            "cautious": self.cautious,
            "low": self.low,
            "high": self.high,
            "worth": finite(self.worth),
        }


@dataclass(frozen=True)
class Allocation(Result):
    """A budget spread over channels, initiatives and people, so that one metric gains most.

    Attributes:
        metric, label, unit, better: what it is for.
        aim: `improve` (the metric itself) or `reach` (the chance to meet its target).
        budget, currency: what may be spent from the day of asking to `until`, the date that the metric is read for.
        periods, period: so many periods, of so many seconds, are paid for.
        today: how things stand if everything stays as it is; its `cost` is what the channels take anyway.
        nominal: best on the average. cautious: best in the worst fifth of the futures.
        channels: row by row.
        options: initiatives and teams that were weighed beside them, with what each costs.
        tried: how many ways to spend were worked out.
        notes: what was left out or is held by a bound, and why.
    """

    schema: ClassVar[str] = "mpmflow/allocation/1"

    as_of: date
    metric: str
    label: str
    unit: str
    better: Literal["higher", "lower"]
    aim: Literal["improve", "reach"]
    target_text: str | None
    budget: float
    currency: str
    until: date
    periods: int
    period: float
    today: Mix
    nominal: Mix
    cautious: Mix
    channels: tuple[ChannelFigure, ...]
    options: Mapping[str, float]
    tried: int
    draws: int
    notes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    provenance: Provenance | None = None

    def body(self) -> Document:
        return {
            "as_of": self.as_of.isoformat(),
            "metric": self.metric,
            "label": self.label,
            "unit": self.unit,
            "better": self.better,
            "aim": self.aim,
            "target": self.target_text,
            "budget": self.budget,
            "currency": self.currency,
            "until": self.until.isoformat(),
            "periods": self.periods,
            "period": self.period,
            "today": self.today.to_dict(),
            "nominal": self.nominal.to_dict(),
            "cautious": self.cautious.to_dict(),
            "channels": [row.to_dict() for row in self.channels],
            "options": dict(self.options),
            "tried": self.tried,
            "draws": self.draws,
            "notes": list(self.notes),
            "provenance": self.provenance.to_dict() if self.provenance is not None else None,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        documents = [row.to_dict() for row in self.channels]
        names = ("name", "label", "now", "nominal", "cautious", "low", "high", "worth")
        return {name: [document[name] for document in documents] for name in names}
