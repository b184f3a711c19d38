"""Conditions over vectors: what each clause is in every period, with the figures that it compared.

A clause is true, false or unknown; it is unknown where a value it needs is missing or where there is too little
history for control limits. `above 35% or out of control` is true once the first half is, whatever the second would say.

`for SPAN` works as in alerting systems: the condition becomes true at some moment, is *pending* from then on, and
fires once it has held at every look for all of the span. Values come once a period, so `for 2w` over weekly values
fires at the third value in a row: two weeks lie between the first and the third.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from mpmflow.model.quantities import Quantity
from mpmflow.model.rules import Both, Condition, Either, Held, Moves, Negation, OutOfControl, Outside, Threshold
from mpmflow.model.units import parse_unit

from .charts import judged
from .logic import Bools, Floats, Ternary, Truth
from .series import Series, periods_in
from .wording import condition_text

_SLACK = 1e-12  # relative: a value that was computed as 0.25 within rounding is not above 25 %


@dataclass(frozen=True, slots=True, eq=False)
class ClauseTrace:
    """What one clause of a condition was in every period.

    Attributes:
        condition: the clause.
        now: what it is; `loose`: the same with every `for` taken as held already, which tells pending from false;
            `carried`: the same with every simple clause taken as it was last known.
        low, high: the levels that the value was compared with, where there are any.
        value: what was compared, where that is not the observed value itself (the mean of an EWMA chart, say).
        parts: the clauses it is made of.
    """

    condition: Condition
    now: Ternary
    loose: Ternary
    carried: Ternary
    low: float | Floats | None = None
    high: float | Floats | None = None
    value: Floats | None = None
    parts: tuple[ClauseTrace, ...] = ()

    @property
    def text(self) -> str:
        """The clause as the language writes it."""
        return condition_text(self.condition)

    @property
    def kind(self) -> str:
        """What kind of clause it is."""
        return self.condition.kind

    @property
    def truth(self) -> Truth:
        """1 true, 0 false, -1 unknown, in every period."""
        return self.now.codes


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause at one moment: `truth` is "true", "false" or "unknown"; `low` and `high` the levels it compares `value`
    with.
    """

    text: str
    kind: str
    truth: Literal["true", "false", "unknown"]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    fires: bool = False
    pending: bool = False
    parts: tuple[Clause, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Its part of a document."""
        return {
            "text": self.text,
            "kind": self.kind,
            "truth": self.truth,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "fires": self.fires,
            "pending": self.pending,
            "parts": [part.to_dict() for part in self.parts],
        }


def trace_condition(condition: Condition, series: Series, complete: bool | None = None) -> ClauseTrace:
    """What a condition and each of its parts is in every period; `complete` if it is known that no value is missing."""
    if complete is None:
        complete = not np.isnan(series.values).any()
    match condition:
        case Threshold():
            return threshold(condition, series, complete)
        case Outside():
            low, high = _number(condition.low), _number(condition.high)
            least, most = _just_below(low), _just_above(high)
            beyond = (series.values < least) | (series.values > most)
            if complete:
                return _atom(condition, Ternary(beyond, complete=True), low, high)
            inside = (series.values >= least) & (series.values <= most)
            return _atom(condition, Ternary(beyond, inside), low, high)
        case Moves():
            return _moves(condition, series)
        case OutOfControl():
            found = judged(condition, series)
            now = Ternary(found.signal, found.known & ~found.signal)
            return _atom(condition, now, found.low, found.high, found.value)
        case Held():
            inner = trace_condition(condition.condition, series, complete)
            back = periods_in(condition.span, series.period)
            now = inner.now.throughout(back)
            carried = now if inner.carried is inner.now else inner.carried.throughout(back)
            return ClauseTrace(condition, now, inner.loose, carried, parts=(inner,))
        case Negation():
            inner = trace_condition(condition.condition, series, complete)
            return ClauseTrace(condition, *_each(lambda one: ~one, inner), parts=(inner,))
        case Both() | Either():
            left = trace_condition(condition.left, series, complete)
            right = trace_condition(condition.right, series, complete)
            if isinstance(condition, Both):
                return ClauseTrace(condition, *_each(lambda one, two: one & two, left, right), parts=(left, right))
            return ClauseTrace(condition, *_each(lambda one, two: one | two, left, right), parts=(left, right))


def threshold(condition: Threshold, series: Series, complete: bool) -> ClauseTrace:
    """Above or below a level."""
    level = _number(condition.value)
    values = series.values
    if condition.side == "above":
        bound = _just_above(level)
        now = Ternary(values > bound, None if complete else values <= bound, complete)
        return _atom(condition, now, high=level)
    bound = _just_below(level)
    now = Ternary(values < bound, None if complete else values >= bound, complete)
    return _atom(condition, now, low=level)


def snapshot(trace: ClauseTrace, period: int, value: float | None) -> Clause:
    """A clause and its parts in one period of a single series; `value` is what was observed then."""
    compared = value if trace.value is None else _at(trace.value, period)
    return Clause(
        text=trace.text,
        kind=trace.kind,
        truth=word(trace.now, period),
        value=compared,
        low=_at(trace.low, period),
        high=_at(trace.high, period),
        pending=bool(trace.loose.yes[period] and not trace.now.yes[period]),
        parts=tuple(snapshot(part, period, value) for part in trace.parts),
    )


def word(truth: Ternary, period: int) -> Literal["true", "false", "unknown"]:
    """The truth of one period in words."""
    return "true" if truth.yes[period] else "false" if truth.no[period] else "unknown"


def _at(levels: float | Floats | None, period: int) -> float | None:
    if levels is None:
        return None
    level = float(levels if isinstance(levels, float) else levels[period])
    return None if np.isnan(level) else level


def _each(join: Callable[..., Ternary], *parts: ClauseTrace) -> tuple[Ternary, Ternary, Ternary]:
    """The three readings of a joined clause; readings that are the same thing are joined once."""
    now = join(*(part.now for part in parts))
    loose = now if all(part.loose is part.now for part in parts) else join(*(part.loose for part in parts))
    carried = now if all(part.carried is part.now for part in parts) else join(*(part.carried for part in parts))
    return now, loose, carried


def _atom(
    condition: Condition,
    now: Ternary,
    low: float | Floats | None = None,
    high: float | Floats | None = None,
    value: Floats | None = None,
) -> ClauseTrace:
    return ClauseTrace(condition, now, now, now.carried(), low, high, value)


def _number(quantity: Quantity) -> float:
    return _float(quantity.value, quantity.unit)


@lru_cache(maxsize=4096)
def _float(value: Fraction, unit: str) -> float:
    return float(value * parse_unit(unit).factor)


def _just_above(level: float) -> float:
    """The level that a value must be above, so that rounding passes none."""
    return level / (1.0 - _SLACK) if level >= 0.0 else level * (1.0 - _SLACK)


def _just_below(level: float) -> float:
    return -_just_above(-level)


def _moves(condition: Moves, series: Series) -> ClauseTrace:
    before = _before(series.values, periods_in(condition.span, series.period))
    sign = 1.0 if condition.direction == "rises" else -1.0
    needed = before + sign * float(condition.share) * np.abs(before)
    change = sign * (series.values - needed)
    slack = _SLACK * np.maximum(np.abs(needed), np.abs(series.values))
    with np.errstate(invalid="ignore"):
        moved = (change >= -slack) & (series.values != before)
    known: Bools = ~np.isnan(series.values) & ~np.isnan(before)
    now = Ternary(moved & known, known & ~moved)
    return _atom(condition, now, high=needed) if sign > 0 else _atom(condition, now, low=needed)


def _before(values: Floats, back: int) -> Floats:
    """The values of `back` periods ago."""
    moved = np.full_like(values, np.nan)
    if back < values.shape[-1]:
        moved[..., back:] = values[..., : values.shape[-1] - back]
    return moved
