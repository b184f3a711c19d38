"""Rules of indicators: when to warn and when to alert."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .base import Line, Number, Part
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


Chart = Literal["limits", "western_electric", "nelson", "ewma", "cusum", "rule"]
"""What `out of control by` may name."""
CHARTS: tuple[Chart, ...] = ("limits", "western_electric", "nelson", "ewma", "cusum", "rule")


@dataclass(frozen=True, slots=True)
class RunRule:
    """A pattern of points on a control chart: `count` of the last `of` points have a shape.

    Shapes: `beyond` so many sigma on one side, `far` (beyond them on either side), `within` them, `one side` of the
    centre line, `rising or falling` steadily, `up and down` in turns.
    """

    count: int
    of: int
    shape: Literal["beyond", "far", "within", "one side", "rising or falling", "up and down"]
    sigma: float


_RUN_RULES: tuple[tuple[str, str], ...] = (
    (r"(?P<count>\d+) of (?P<of>\d+) beyond (?P<sigma>[\d.]+) sigma", "beyond"),
    (r"beyond (?P<sigma>[\d.]+) sigma", "beyond"),
    (r"(?P<count>\d+) in a row beyond (?P<sigma>[\d.]+) sigma", "far"),
    (r"(?P<count>\d+) in a row within (?P<sigma>[\d.]+) sigma", "within"),
    (r"(?P<count>\d+) in a row on one side", "one side"),
    (r"(?P<count>\d+) in a row rising or falling", "rising or falling"),
    (r"(?P<count>\d+) in a row up and down", "up and down"),
)
MOST_POINTS = 1000


def run_rule(text: str) -> RunRule:
    """The pattern that a text describes; ValueError says how one is written.

    >>> run_rule("2 of 3 beyond 2 sigma")
    RunRule(count=2, of=3, shape='beyond', sigma=2.0)
    """
    words = " ".join(text.split())
    for form, shape in _RUN_RULES:
        match = re.fullmatch(form, words)
        if match is None:
            continue
        found = match.groupdict()
        count = int(found.get("count") or 1)
        of = int(found.get("of") or count)
        try:
            sigma = float(found.get("sigma") or 0)
        except ValueError:
            break
        least = 3 if shape in ("rising or falling", "up and down") else 1
        if least <= count <= of <= MOST_POINTS:
            return RunRule(count, of, shape, sigma)  # type: ignore[arg-type]  # one of the table above
        break
    raise ValueError(
        f'"{text}" is no pattern of points; write "2 of 3 beyond 2 sigma", "8 in a row on one side", '
        '"6 in a row rising or falling", "14 in a row up and down", "15 in a row within 1 sigma" or '
        '"8 in a row beyond 1 sigma"'
    )


class OutOfControl(Part):
    """Control-chart rules: beyond three sigma, or eight in a row on one side of the centre line.

    `chart` names other ones: `limits` (beyond three sigma alone), `western_electric` and `nelson` (their sets of
    rules), `ewma`, `cusum`, and `rule` with a `pattern` of points such as "2 of 3 beyond 2 sigma".
    """

    kind: Literal["out_of_control"] = "out_of_control"
    chart: Chart | None = None
    pattern: Line | None = None

    @model_validator(mode="after")
    def _a_pattern_for_a_rule(self) -> OutOfControl:
        if (self.chart == "rule") != (self.pattern is not None):
            raise ValueError("a pattern of points goes with `by rule`, and `by rule` with a pattern")
        if self.pattern is not None:
            run_rule(self.pattern)
        return self

    @property
    def run_rule(self) -> RunRule | None:
        """The pattern of points, taken apart."""
        return run_rule(self.pattern) if self.pattern is not None else None


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
