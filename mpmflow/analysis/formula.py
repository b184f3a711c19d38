"""Expressions of metrics and indicators, computed: one value a period, in base units, nan where it cannot be known.

The last axis of every array is time; any axes before it (draws, say) are carried along. What a name stands for is
asked of a `Lookup`, so that the same expression can be computed from what was observed, from a forecast, or from
thousands of draws of one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mpmflow.compiler.functions import SPREAD_FUNCTIONS, WORKFLOW_FUNCTIONS, expand, percentile
from mpmflow.model.expressions import Amount, Binary, Expression, Function, Reference, Unary
from mpmflow.model.quantities import Quantity

Floats = npt.NDArray[np.float64]
_HALF = 0.5  # a statistic over a span needs at least this part of its values


class Lookup(Protocol):
    """What the names of an expression stand for, one value a period; nan where it is not known."""

    @property
    def period(self) -> float:
        """Seconds from one value to the next."""

    def value(self, name: str) -> Floats:
        """A metric, an indicator or any other dotted name."""

    def process(self, function: str, workflow: str, statistic: str | None) -> Floats:
        """A workflow function, or a statistic of it: `time`, `time` with "p90" or "sd"."""

    def counts(self, outcome: str) -> tuple[Floats, Floats] | None:
        """How often an outcome was taken and how many visits were decided, per period; None if nobody counted."""

    def column(self, function: str, column: str) -> Floats:
        """A statistic of a column of the log."""


def evaluate_expression(expression: Expression, lookup: Lookup) -> Floats:
    """The value of an expression in every period.

    Division by zero and whatever rests on a missing value is nan. Comparisons give 1 and 0. Statistics over a span
    use the values that were observed, if at least half of them were; a sum needs them all.

    Raises KeyError for a name that the lookup does not know.
    """
    match expression:
        case Amount():
            return np.asarray(float(expression.value.base))
        case Reference():
            return lookup.value(expression.name)
        case Unary():
            inner = evaluate_expression(expression.operand, lookup)
            return -inner if expression.operator == "-" else _where_known(1.0 - (inner != 0.0), inner)
        case Binary():
            left, right = (evaluate_expression(part, lookup) for part in (expression.left, expression.right))
            return _OPERATORS[expression.operator](left, right)
        case Function():
            return _call(expression, lookup)


def _call(call: Function, lookup: Lookup) -> Floats:
    name, arguments = call.function, call.arguments
    meaning = expand(call)
    if meaning is not call:
        return evaluate_expression(meaning, lookup)
    if name in WORKFLOW_FUNCTIONS:
        return lookup.process(name, _name(arguments[0]), None)
    if name == "rate":
        return _rate(call, lookup)
    if name == "if":
        condition, then, otherwise = (evaluate_expression(part, lookup) for part in arguments)
        return _where_known(np.where(condition != 0.0, then, otherwise), condition)
    first = arguments[0]
    if len(arguments) == 1:
        if isinstance(first, Function) and first.function in SPREAD_FUNCTIONS:
            return lookup.process(first.function, _name(first.arguments[0]), None if name == "mean" else name)
        return lookup.column(name, _name(first))
    second = arguments[1]
    if len(arguments) == 2 and isinstance(second, Amount) and second.value.measure.is_time:
        values = np.atleast_1d(evaluate_expression(first, lookup))
        return over_span(name, values, periods_of(second.value, lookup.period), lookup.period)
    several = np.broadcast_arrays(*(evaluate_expression(part, lookup) for part in arguments))
    return _STATISTICS[name](np.stack(several, axis=-1))


def _rate(call: Function, lookup: Lookup) -> Floats:
    outcome = _name(call.arguments[0])
    counted = lookup.counts(outcome)
    if len(call.arguments) == 1:
        return lookup.value(outcome)
    span = call.arguments[1]
    assert isinstance(span, Amount)
    width = periods_of(span.value, lookup.period)
    if counted is None:
        return over_span("mean", lookup.value(outcome), width, lookup.period)
    taken, decided = (_window(part, width).sum(axis=-1) for part in counted)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(decided > 0, taken / decided, np.nan)


def over_span(function: str, values: Floats, width: int, period: float) -> Floats:
    """A function over the last `width` periods, in every period: a statistic, `lag`, `change` or `trend`.

    >>> over_span("mean", np.array([1.0, 3.0, np.nan, 5.0]), 2, 1.0).tolist()
    [1.0, 2.0, 3.0, 5.0]
    >>> over_span("change", np.array([1.0, 3.0, 6.0]), 2, 1.0).tolist()
    [nan, nan, 5.0]
    """
    if function in ("lag", "change"):
        before = np.full_like(values, np.nan)
        before[..., width:] = (
            values[..., : values.shape[-1] - width] if width < values.shape[-1] else before[..., width:]
        )
        return before if function == "lag" else values - before
    window = _window(values, width)
    if function == "sum":
        return np.asarray(window.sum(axis=-1))
    seen = ~np.isnan(window)
    enough = seen.sum(axis=-1) >= max(1.0, _HALF * width)
    if function == "trend":
        return np.where(enough & (seen.sum(axis=-1) >= 2), _slope(window, seen, period), np.nan)
    padded = np.where(enough[..., None], window, 0.0)  # so that an empty window raises no warning
    return np.where(enough, _STATISTICS[function](padded), np.nan)


def _slope(window: Floats, seen: npt.NDArray[np.bool_], period: float) -> Floats:
    """Least-squares slope per second of the observed values of each window."""
    time = np.arange(window.shape[-1]) * period
    weight = seen.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        number = weight.sum(axis=-1)
        middle = (weight * time).sum(axis=-1) / number
        away = (time - middle[..., None]) * weight
        return np.asarray((away * np.where(seen, window, 0.0)).sum(axis=-1) / (away * time).sum(axis=-1))


def _window(values: Floats, width: int) -> Floats:
    """The last `width` values of every period along a new last axis; nan before the first period."""
    filled = np.concatenate([np.full((*values.shape[:-1], width - 1), np.nan), values], axis=-1)
    return np.lib.stride_tricks.sliding_window_view(filled, width, axis=-1)


def periods_of(span: Quantity, period: float) -> int:
    """The number of periods nearest to a span, at least one."""
    return max(1, round(float(span.base) / period))


def _name(argument: Expression) -> str:
    if not isinstance(argument, Reference):
        raise KeyError("a name is expected here, not an expression")
    return argument.name


def _where_known(value: Floats, *needed: Floats) -> Floats:
    unknown = np.isnan(needed[0])
    for other in needed[1:]:
        unknown = unknown | np.isnan(other)
    return np.where(unknown, np.nan, value)


def _compared(compare: Callable[[Floats, Floats], npt.NDArray[np.bool_]]) -> Callable[[Floats, Floats], Floats]:
    return lambda left, right: _where_known(compare(left, right).astype(float), left, right)


def _divided(left: Floats, right: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(right == 0.0, np.nan, np.divide(left, right))


def _powered(left: Floats, right: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        result = np.power(left, right)
    return np.where(np.isfinite(result), result, np.nan)


def _both(left: Floats, right: Floats) -> Floats:
    false = (left == 0.0) | (right == 0.0)
    return np.where(false, 0.0, _where_known(np.ones(np.broadcast(left, right).shape), left, right))


def _either(left: Floats, right: Floats) -> Floats:
    true = ((left != 0.0) & ~np.isnan(left)) | ((right != 0.0) & ~np.isnan(right))
    return np.where(true, 1.0, _where_known(np.zeros(np.broadcast(left, right).shape), left, right))


_OPERATORS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": lambda left, right: np.asarray(left + right),
    "-": lambda left, right: np.asarray(left - right),
    "*": lambda left, right: np.asarray(left * right),
    "/": _divided,
    "^": _powered,
    "<": _compared(np.less),
    "<=": _compared(np.less_equal),
    ">": _compared(np.greater),
    ">=": _compared(np.greater_equal),
    "=": _compared(np.equal),
    "!=": _compared(np.not_equal),
    "and": _both,
    "or": _either,
}


class _Statistics(dict[str, Callable[[Floats], Floats]]):
    """Statistics along the last axis, ignoring missing values; `p1` to `p99` are made on demand."""

    def __missing__(self, name: str) -> Callable[[Floats], Floats]:
        share = percentile(name)
        if share is None:
            raise KeyError(f"{name} is no function of several values")
        return lambda values: np.asarray(np.nanpercentile(values, share, axis=-1))


_STATISTICS = _Statistics(
    mean=lambda values: np.asarray(np.nanmean(values, axis=-1)),
    median=lambda values: np.asarray(np.nanmedian(values, axis=-1)),
    min=lambda values: np.asarray(np.nanmin(values, axis=-1)),
    max=lambda values: np.asarray(np.nanmax(values, axis=-1)),
    sum=lambda values: np.asarray(np.sum(values, axis=-1)),
    sd=lambda values: (
        np.asarray(np.nanstd(values, axis=-1, ddof=1)) if values.shape[-1] > 1 else np.zeros(values.shape[:-1])
    ),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A lookup over plain dictionaries, for observed values: what is not in it is not known, which is nan."""

    periods: int
    period: float
    values: dict[str, Floats]
    counted: dict[str, tuple[Floats, Floats]]
    figures: dict[tuple[str, str, str | None], Floats]

    def value(self, name: str) -> Floats:
        return self.values.get(name, np.full(self.periods, np.nan))

    def process(self, function: str, workflow: str, statistic: str | None) -> Floats:
        return self.figures.get((function, workflow, statistic), np.full(self.periods, np.nan))

    def counts(self, outcome: str) -> tuple[Floats, Floats] | None:
        return self.counted.get(outcome)

    def column(self, function: str, column: str) -> Floats:
        return self.values.get(f"{function}({column})", np.full(self.periods, np.nan))
