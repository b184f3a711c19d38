"""Rules of indicators over a series of periods: what holds, what is pending, what fires, since when, and why.

Logic is three-valued. A clause is true, false or unknown; it is unknown where a value it needs is missing or where
there is too little history for control limits. `and`, `or` and `not` follow Kleene's tables: `above 35% or out of
control` is true once the first half is, whatever the second would say.

`for SPAN` works as in alerting systems: the condition becomes true at some moment, is *pending* from then on, and
fires once it has held at every look for all of the span. Values come once a period, so `for 2w` over weekly values
fires at the third value in a row: two weeks lie between the first and the third.

A rule that fires goes on firing until its condition is known to be false and, where it says `clears`, the value has
passed that level. What is unknown keeps what was known last, so a gap in the data neither fires nor clears. A part
that has never been known (control limits before the end of the baseline) cannot have fired and holds nothing up.

Everything is computed for all periods at once, along the last axis of an array: many series with the same rules may be
stacked in front of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from mpmflow.model.quantities import Quantity, write_quantity
from mpmflow.model.rules import Both, Condition, Either, Held, Moves, Negation, OutOfControl, Outside, Rule, Threshold
from mpmflow.numerics.statistics.control import individuals_chart, share_chart

State = Literal["ok", "pending", "warn", "alert", "unknown"]
STATES: tuple[State, ...] = ("ok", "pending", "warn", "alert", "unknown")
BASELINE = 20
"""Periods, from the first observed value on, that freeze the control limits."""

Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]
TRUE, FALSE, UNKNOWN = np.int8(1), np.int8(0), np.int8(-1)
_SLACK = 1e-12  # relative: a value that was computed as 0.25 within rounding is not above 25 %


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Observed values of one indicator (or of many, stacked), one a period.

    Attributes:
        values: shape (..., t), base units, nan where nothing was observed.
        period: seconds from one value to the next.
        counts: how many decisions stand behind each value if it is a share, same shape; None for other figures.
    """

    values: Floats
    period: float
    counts: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ClauseTrace:
    """What one clause of a condition was in every period.

    `truth` is 1 true, 0 false, -1 unknown; `loose` the same with every `for` taken as held already, which tells
    pending from false; `low` and `high` are the levels that the value was compared with, where there are any.
    """

    text: str
    kind: str
    truth: Truth
    loose: Truth
    carried: Truth
    low: Floats | None = None
    high: Floats | None = None
    parts: tuple[ClauseTrace, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class RuleTrace:
    """One rule in every period: its clauses, whether it fires, whether it is pending."""

    level: Literal["warn", "alert"]
    text: str
    clause: ClauseTrace
    firing: Bools
    pending: Bools


@dataclass(frozen=True, slots=True, eq=False)
class IndicatorTrace:
    """An indicator in every period: `codes` are positions in `STATES`, shape (..., t)."""

    series: Series
    rules: tuple[RuleTrace, ...]
    codes: npt.NDArray[np.int8]

    def state(self, period: int = -1) -> State:
        """The state in a period (of a single series)."""
        return STATES[int(self.codes[period])]

    @property
    def states(self) -> tuple[State, ...]:
        """The states of a single series, in order."""
        return tuple(STATES[int(code)] for code in self.codes)

    def began(self, period: int = -1) -> int:
        """The period in which the state of `period` began, going back while it is the same."""
        last = period % len(self.codes)
        different = np.flatnonzero(self.codes[:last] != self.codes[last])
        return int(different[-1]) + 1 if len(different) else 0

    def clauses(self, period: int = -1) -> tuple[Clause, ...]:
        """The clause trees of all rules in one period, with their values: the answer to `explain`."""
        value = float(self.series.values[period])
        shown = None if np.isnan(value) else value
        return tuple(
            Clause(
                text=f"{rule.level} {rule.text}",
                kind="rule",
                truth=_truth_word(rule.clause.truth[period]),
                fires=bool(rule.firing[period]),
                pending=bool(rule.pending[period]),
                value=shown,
                parts=(_snapshot(rule.clause, period, shown),),
            )
            for rule in self.rules
        )


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause at one moment: `truth` is "true", "false" or "unknown"; `low` and `high` the levels it compares with."""

    text: str
    kind: str
    truth: Literal["true", "false", "unknown"]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    fires: bool = False
    pending: bool = False
    parts: tuple[Clause, ...] = field(default=())


def follow(rules: Sequence[Rule], series: Series) -> IndicatorTrace:
    """Follow the rules of an indicator through all periods of its series.

    The state is the worst that fires; with nothing firing it is unknown where no value was observed, pending where a
    `for` is being waited out, else ok. Without rules an observed indicator is always ok.

    A share that was planned at 20 % is looked at weekly; the rule waits for two weeks:

    >>> rule = Rule(level="warn", condition=Held(condition=Threshold(side="above", value="25%"), span="2w"))
    >>> weekly = Series(np.array([0.20, 0.24, 0.31, 0.33, 0.34]), period=7 * 86400)
    >>> follow([rule], weekly).states
    ('ok', 'ok', 'pending', 'pending', 'warn')
    """
    seen = ~np.isnan(series.values)
    codes = np.where(seen, np.int8(0), np.int8(4)).astype(np.int8)
    traces = tuple(_follow_rule(rule, series) for rule in rules)
    for trace in traces:
        codes = np.where(seen & trace.pending & (codes == 0), np.int8(1), codes)
    for code, level in ((2, "warn"), (3, "alert")):
        for trace in traces:
            if trace.level == level:
                codes = np.where(trace.firing, np.int8(code), codes)
    return IndicatorTrace(series, traces, codes.astype(np.int8))


def _follow_rule(rule: Rule, series: Series) -> RuleTrace:
    clause = trace_condition(rule.condition, series)
    fires = clause.truth == TRUE
    silent = (clause.carried != TRUE) & (clause.truth != TRUE)
    if rule.clears is not None:
        silent &= _threshold(rule.clears, series).truth == TRUE
    firing = _latch(fires, silent)
    pending = (clause.loose == TRUE) & ~firing
    return RuleTrace(rule.level, rule_text(rule), clause, firing, pending)


def _latch(sets: Bools, resets: Bools) -> Bools:
    """True from a set on until a reset; setting wins."""
    event = sets | resets
    position = np.where(event, np.arange(event.shape[-1]), -1)
    last = np.maximum.accumulate(position, axis=-1)
    was_set = np.take_along_axis(sets, np.maximum(last, 0), axis=-1)
    return np.asarray(was_set & (last >= 0))


def trace_condition(condition: Condition, series: Series) -> ClauseTrace:
    """What a condition and each of its parts is in every period."""
    match condition:
        case Threshold():
            return _threshold(condition, series)
        case Outside():
            low, high = float(condition.low.base), float(condition.high.base)
            beyond = _less(series.values, low) | _less(high, series.values)
            return _atom(condition, series, beyond, ~np.isnan(series.values), low=low, high=high)
        case Moves():
            return _moves(condition, series)
        case OutOfControl():
            return _out_of_control(condition, series)
        case Held():
            return _held(condition, series)
        case Negation():
            inner = trace_condition(condition.condition, series)
            truth, loose, carried = _not(inner.truth), _not(inner.loose), _not(inner.carried)
            return ClauseTrace(condition_text(condition), "not", truth, loose, carried, parts=(inner,))
        case Both() | Either():
            left, right = trace_condition(condition.left, series), trace_condition(condition.right, series)
            join = _and if isinstance(condition, Both) else _or
            return ClauseTrace(
                condition_text(condition),
                condition.kind,
                join(left.truth, right.truth),
                join(left.loose, right.loose),
                join(left.carried, right.carried),
                parts=(left, right),
            )


def _threshold(condition: Threshold, series: Series) -> ClauseTrace:
    level = float(condition.value.base)
    if condition.side == "above":
        return _atom(condition, series, _less(level, series.values), ~np.isnan(series.values), high=level)
    return _atom(condition, series, _less(series.values, level), ~np.isnan(series.values), low=level)


def _moves(condition: Moves, series: Series) -> ClauseTrace:
    back = periods_in(condition.span, series.period)
    before = _shifted(series.values, back, np.nan)
    sign = 1.0 if condition.direction == "rises" else -1.0
    needed = before + sign * float(condition.share) * np.abs(before)
    change = sign * (series.values - needed)
    slack = _SLACK * np.maximum(np.abs(needed), np.abs(series.values))
    moved = (change >= -slack) & (series.values != before)
    known = ~np.isnan(series.values) & ~np.isnan(before)
    limits = {"high": needed} if sign > 0 else {"low": needed}
    return _atom(condition, series, moved, known, **limits)


def _out_of_control(condition: OutOfControl, series: Series) -> ClauseTrace:
    shape = series.values.shape
    length = shape[-1]
    values = series.values.reshape(-1, length)
    counts = None if series.counts is None else series.counts.reshape(-1, length)
    low, high = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    truth = np.full(values.shape, UNKNOWN, dtype=np.int8)
    seen = ~np.isnan(values)
    begins = np.where(seen.any(axis=1), seen.argmax(axis=1), length)
    for first in np.unique(begins[begins < length]):  # the baseline of a series begins with its first value
        rows = np.flatnonzero(begins == first)
        since = values[rows, first:].T
        if counts is None:
            chart = individuals_chart(since, BASELINE)
        else:
            decided = counts[rows, first:].T
            chart = share_chart(since * decided, np.where(np.isnan(since), 0.0, decided), BASELINE)
        known = ~np.isnan(chart.low) & ~np.isnan(since)
        known[:BASELINE] = False  # limits are frozen on the baseline, so they are not known before it is over
        judged = np.where(known, np.where(chart.signal, TRUE, FALSE), UNKNOWN).astype(np.int8)
        low[rows, first:], high[rows, first:], truth[rows, first:] = chart.low.T, chart.high.T, judged.T
    found: Truth = truth.reshape(shape)
    text = condition_text(condition)
    return ClauseTrace(text, condition.kind, found, found, _carry(found), low.reshape(shape), high.reshape(shape))


def _held(condition: Held, series: Series) -> ClauseTrace:
    inner = trace_condition(condition.condition, series)
    truth, carried = inner.truth, inner.carried
    for back in range(1, periods_in(condition.span, series.period) + 1):
        truth = _and(truth, _shifted(inner.truth, back, UNKNOWN))
        carried = _and(carried, _shifted(inner.carried, back, UNKNOWN))
        if back > series.values.shape[-1]:
            break
    return ClauseTrace(condition_text(condition), "held", truth, inner.loose, carried, parts=(inner,))


def _atom(
    condition: Condition,
    series: Series,
    holds: Bools,
    known: Bools,
    low: float | Floats | None = None,
    high: float | Floats | None = None,
) -> ClauseTrace:
    truth = np.where(known, np.where(holds, TRUE, FALSE), UNKNOWN).astype(np.int8)
    shape = series.values.shape
    least = None if low is None else np.broadcast_to(np.asarray(low, float), shape)
    most = None if high is None else np.broadcast_to(np.asarray(high, float), shape)
    return ClauseTrace(condition_text(condition), condition.kind, truth, truth, _carry(truth), least, most)


def _carry(truth: Truth) -> Truth:
    """The last known truth in every period; unknown only before the first."""
    position = np.where(truth != UNKNOWN, np.arange(truth.shape[-1]), 0)
    last = np.maximum.accumulate(position, axis=-1)
    return np.asarray(np.take_along_axis(truth, last, axis=-1))


def _shifted(values: npt.NDArray, back: int, fill: object) -> npt.NDArray:  # type: ignore[type-arg]
    """The values of `back` periods ago."""
    moved = np.full_like(values, fill)
    if back < values.shape[-1]:
        moved[..., back:] = values[..., : values.shape[-1] - back]
    return moved


def _less(left: float | Floats, right: float | Floats) -> Bools:
    """Smaller by more than rounding; false where a value is missing."""
    with np.errstate(invalid="ignore"):
        return np.asarray(left < right - _SLACK * np.maximum(np.abs(left), np.abs(right)))


def _and(left: Truth, right: Truth) -> Truth:
    either_false = (left == FALSE) | (right == FALSE)
    both_true = (left == TRUE) & (right == TRUE)
    return np.where(either_false, FALSE, np.where(both_true, TRUE, UNKNOWN)).astype(np.int8)


def _or(left: Truth, right: Truth) -> Truth:
    return _not(_and(_not(left), _not(right)))


def _not(truth: Truth) -> Truth:
    return np.where(truth == UNKNOWN, UNKNOWN, 1 - truth).astype(np.int8)


def periods_in(span: Quantity, period: float) -> int:
    """How many periods a span covers: at least one, and enough to last for all of it.

    >>> periods_in(Quantity(value=2, unit="w"), 7 * 86400), periods_in(Quantity(value=10, unit="d"), 7 * 86400)
    (2, 2)
    """
    return max(1, int(np.ceil(float(span.base) / period - 1e-9)))


def rule_text(rule: Rule) -> str:
    """A rule as the language writes it, without its level.

    >>> rule_text(Rule(level="warn", condition=Threshold(side="above", value="25%"),
    ...                clears=Threshold(side="below", value="22%")))
    'above 25%, clears below 22%'
    """
    text = condition_text(rule.condition)
    return f"{text}, clears {condition_text(rule.clears)}" if rule.clears else text


def condition_text(condition: Condition) -> str:
    """A condition as the language writes it, with the brackets that it needs."""
    match condition:
        case Threshold():
            return f"{condition.side} {write_quantity(condition.value)}"
        case Outside():
            return f"outside {write_quantity(condition.low)} to {write_quantity(condition.high)}"
        case Moves():
            share = write_quantity(Quantity(value=condition.share * 100, unit="%"))
            return f"{condition.direction} {share} in {write_quantity(condition.span)}"
        case OutOfControl():
            return "out of control"
        case Held():
            return f"{_bracketed(condition.condition, Both, Either, Negation)} for {write_quantity(condition.span)}"
        case Negation():
            return f"not {_bracketed(condition.condition, Both, Either)}"
        case Both():
            return f"{_bracketed(condition.left, Either)} and {_bracketed(condition.right, Either)}"
        case Either():
            return f"{condition_text(condition.left)} or {condition_text(condition.right)}"


def _bracketed(condition: Condition, *weaker: type) -> str:
    text = condition_text(condition)
    return f"({text})" if isinstance(condition, weaker) else text


def _truth_word(truth: np.int8) -> Literal["true", "false", "unknown"]:
    return "true" if truth == TRUE else "false" if truth == FALSE else "unknown"


def _snapshot(trace: ClauseTrace, period: int, value: float | None) -> Clause:
    def level(levels: Floats | None) -> float | None:
        return None if levels is None or np.isnan(levels[period]) else float(levels[period])

    return Clause(
        text=trace.text,
        kind=trace.kind,
        truth=_truth_word(trace.truth[period]),
        value=value,
        low=level(trace.low),
        high=level(trace.high),
        pending=bool(trace.loose[period] == TRUE and trace.truth[period] != TRUE),
        parts=tuple(_snapshot(part, period, value) for part in trace.parts),
    )
