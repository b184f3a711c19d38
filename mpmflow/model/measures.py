"""Metrics, causes between them, and indicators."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator

from .base import Allow, DottedName, Line, Name, Number, Part, Statement
from .expressions import Expression
from .quantities import Quantity
from .rules import Rule
from .units import written_unit

Category = Literal["activity", "output", "operational", "outcome"]
Better = Literal["higher", "lower"]


class Target(Part):
    """A level that a metric should reach.

    For a flow, `per` is the span that ends at the date, and `start` the date from which it counts in total; with
    neither, the target binds the one period of its date.
    """

    comparison: Literal["at least", "at most"]
    value: Quantity
    per: Quantity | None = None
    start: date | None = None
    by: date | None = None


class Metric(Statement):
    """A measurable performance standard: computed by `formula`, or taken from data where there is none.

    Categories: `activity` (things done), `output` (result of the process), `operational` (efficiency), `outcome`
    (business consequence).
    """

    category: Category
    formula: Expression | None = None
    unit: str | None = None
    better: Better | None = None
    target: Target | None = None
    owner: Line | None = None

    @field_validator("unit")
    @classmethod
    def _one_spelling(cls, unit: str | None) -> str | None:
        return written_unit(unit) or None if unit is not None else None


class Each(Part):
    """`each +1d adds -6`: a change of the source by `step` changes the target by `adds`."""

    kind: Literal["each"] = "each"
    step: Quantity
    adds: Quantity


class Elasticity(Part):
    """One per cent more of the source is `value` per cent more of the target."""

    kind: Literal["elasticity"] = "elasticity"
    value: Number


class Saturating(Part):
    """The source adds `most * x / (half + x)` at its level x: half of the ceiling at `half`, never more than `most`."""

    kind: Literal["saturating"] = "saturating"
    most: Quantity
    half: Quantity

    def at(self, level: float) -> float:
        """What the source adds at a level, both in base units; below 0 it adds nothing."""
        return float(self.most.base) * max(level, 0.0) / (float(self.half.base) + max(level, 0.0))


class Learned(Part):
    """The strength comes from data; with `saturating` a ceiling is looked for too."""

    kind: Literal["learned"] = "learned"
    saturating: bool = False


Strength = Annotated[Each | Elasticity | Saturating | Learned, Field(discriminator="kind")]


class Lag(Part):
    """How much later the effect comes: a constant, or spread evenly between `low` and `high`."""

    low: Quantity
    high: Quantity


class Evidence(Part):
    """What a declared influence rests on: somebody's word, an association in data, or an experiment."""

    grade: Literal["declared", "associated", "experiment"]
    note: Line | None = None


class Cause(Part):
    """An influence of one metric or indicator on another."""

    allow: tuple[Allow, ...] = ()
    source: DottedName
    effect: DottedName
    lag: Lag | None = None
    strength: Strength | None = None
    confidence: Number | None = None
    evidence: Evidence | None = None

    @property
    def grade(self) -> Literal["high", "medium", "low"]:
        """Its confidence in words: high from 80 %, medium from 50 % or where nothing is said, else low."""
        if self.confidence is None:
            return "medium"
        return "high" if self.confidence * 100 >= 80 else "medium" if self.confidence * 100 >= 50 else "low"


class Indicator(Statement):
    """A leading indicator with a name: what it measures, what is expected, and when to warn or alert."""

    measure: Expression
    expect: Quantity | None = None
    better: Better | None = None
    rules: tuple[Rule, ...] = ()
    missed_warning_costs: Quantity | None = None
    false_alarm_costs: Quantity | None = None
    owner: Line | None = None
    do: tuple[Name, ...] = ()


class DerivedIndicator(Part):
    """An indicator that the workflow gives by itself: the share of an outcome, a wait, a load.

    `name` is dotted (`brief_complete.no`, `legal.load`); `aspect` says what is measured of `of`.
    """

    name: DottedName
    label: str
    of: Name
    aspect: Literal["share", "rounds", "wait", "time", "load", "arrivals", "open"]
    unit: str
    better: Better | None = None
    owner: Line | None = None
