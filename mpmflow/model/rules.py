"""Rules of indicators: when to warn and when to alert."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Number, Part
from .quantities import Quantity


class Threshold(Part):
    """The observed value is above (or below) a level. Equality is neither."""

    kind: Literal["threshold"] = "threshold"
    side: Literal["above", "below"]
    value: Quantity


class Outside(Part):
    """The observed value is below `low` or above `high`."""

    kind: Literal["outside"] = "outside"
    low: Quantity
    high: Quantity


class Moves(Part):
    """The value rises (or falls) by at least this share of itself within a span: `rises 20% in 4w`."""

    kind: Literal["moves"] = "moves"
    direction: Literal["rises", "falls"]
    share: Number
    span: Quantity


class OutOfControl(Part):
    """Control-chart rules: beyond three sigma, or eight in a row on one side of the centre line."""

    kind: Literal["out_of_control"] = "out_of_control"


class Held(Part):
    """A condition that must have held for all of a span before it fires; until then it is pending."""

    kind: Literal["held"] = "held"
    condition: Condition
    span: Quantity


class Both(Part):
    """Both conditions hold."""

    kind: Literal["and"] = "and"
    left: Condition
    right: Condition


class Either(Part):
    """At least one of two conditions holds."""

    kind: Literal["or"] = "or"
    left: Condition
    right: Condition


class Negation(Part):
    """The condition does not hold. Unknown stays unknown."""

    kind: Literal["not"] = "not"
    condition: Condition


Condition = Annotated[
    Threshold | Outside | Moves | OutOfControl | Held | Both | Either | Negation, Field(discriminator="kind")
]
"""What an indicator's observed values can do that somebody wants to hear of."""


class Rule(Part):
    """A warning or an alert; `clears` is the level that the value must reach again before the rule is silent."""

    level: Literal["warn", "alert"]
    condition: Condition
    clears: Threshold | None = None
