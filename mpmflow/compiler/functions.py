"""The functions of expressions, in one table: arguments, unit, meaning, formula.

Unit checks, documentation and the evaluator read the same entries, so a function means the same to all of them.
Ready-made KPIs are written out: `expand` turns a call into the expression that it stands for, and whoever computes
expressions need not know them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from mpmflow.model.expressions import Amount, Binary, Expression, Function
from mpmflow.model.quantities import Quantity

Argument = Literal["workflow", "spread", "value", "span", "truth", "column", "outcome"]
"""What an argument may be: the name of a workflow; a workflow function that has a spread (`time(W)`, `cost(W)`); any
value; a literal span of time such as `4w`; a condition; a named column of the log; `decision.outcome`."""

Family = Literal["workflow", "statistic", "series", "choice", "indicator", "kpi"]

UnitRule = Literal[
    "time", "money", "cases", "share", "count", "same", "rate of change", "quotient", "first", "branches"
]
"""The unit of the result: a time, the workflow's money, a number of cases, a share, a plain number, the unit of the
arguments (which must agree), the unit of the argument per time, first per second argument, that of the first argument
(the others being shares), that of both branches."""

Expansion = Callable[[tuple[Expression, ...]], Expression]


@dataclass(frozen=True, slots=True)
class ExpressionFunction:
    """One function of the expression language.

    Attributes:
        name: as it is written; `p90` stands for `p1` to `p99`.
        signatures: the lists of arguments that it takes; `...` as the last name repeats the one before.
        unit: how the unit of the result follows from those of the arguments.
        family: the section of the reference that it stands in.
        meaning: one sentence for readers.
        formula: the definition, in words or symbols.
        flow: whether the result is counted per period, so that a target on it must say over which span.
        expand: for a ready-made KPI, the expression that it stands for.
    """

    name: str
    signatures: tuple[tuple[str, ...], ...]
    unit: UnitRule
    family: Family
    meaning: str
    formula: str = ""
    flow: Literal["never", "always", "as argument"] = "never"
    expand: Expansion | None = None

    @property
    def usage(self) -> tuple[str, ...]:
        """How it is called, for messages: `mean(value, span)`."""
        return tuple(f"{self.name}({', '.join(signature)})" for signature in self.signatures)


def _of(operator: Literal["+", "-", "*", "/"], left: Expression, right: Expression) -> Expression:
    return Binary.model_construct(kind="binary", operator=operator, left=left, right=right)


_ONE: Expression = Amount.model_construct(kind="amount", value=Quantity.model_construct(value=Fraction(1), unit=""))


def _roi(a: tuple[Expression, ...]) -> Expression:
    return _of("/", _of("-", a[0], a[1]), a[1])


def _quotient(a: tuple[Expression, ...]) -> Expression:
    return _of("/", a[0], a[1])


def _win_rate(a: tuple[Expression, ...]) -> Expression:
    return _of("/", a[0], _of("+", a[0], a[1]))


def _clv(a: tuple[Expression, ...]) -> Expression:
    margin = _of("*", a[0], a[1])
    if len(a) == 3:
        return _of("/", margin, a[2])
    return _of("/", _of("*", margin, _of("+", _ONE, a[3])), _of("+", a[2], a[3]))


_STATISTIC = (("spread",), ("column",), ("value", "span"))
_SEVERAL = (("column",), ("value", "span"), ("value", "value", "..."))

_TABLE: tuple[ExpressionFunction, ...] = (
    ExpressionFunction(
        "time",
        (("workflow",),),
        "time",
        "workflow",
        "How long a case takes from start to end.",
        "mean over all cases, however they end; calendar time",
    ),
    ExpressionFunction(
        "cost",
        (("workflow",),),
        "money",
        "workflow",
        "What a case costs.",
        "mean over all cases of work x hourly cost + cost per visit",
    ),
    ExpressionFunction(
        "throughput",
        (("workflow",),),
        "cases",
        "workflow",
        "Cases that end well in a period.",
        "arrivals of a period x yield",
        flow="always",
    ),
    ExpressionFunction(
        "yield",
        (("workflow",),),
        "share",
        "workflow",
        "Share of cases that end well.",
        "cases ended by done / cases ended",
    ),
    ExpressionFunction(
        "first_pass",
        (("workflow",),),
        "share",
        "workflow",
        "Share of cases that end well without any rework.",
        "cases done without rework / cases ended",
    ),
    ExpressionFunction(
        "rework",
        (("workflow",),),
        "share",
        "workflow",
        "Share of the work that rework outcomes cause.",
        "work in visits due to rework / all work",
    ),
    ExpressionFunction(
        "scrap",
        (("workflow",),),
        "share",
        "workflow",
        "Share of cases that are lost.",
        "cases ended by scrap / cases ended",
    ),
    ExpressionFunction(
        "late",
        (("workflow",),),
        "share",
        "workflow",
        "Share of cases past the deadline.",
        "cases with time above the deadline / cases ended",
    ),
    ExpressionFunction(
        "wip",
        (("workflow",),),
        "cases",
        "workflow",
        "Cases that are open at a time.",
        "arrival rate x mean time (Little's law)",
    ),
    ExpressionFunction(
        "mean",
        (*_STATISTIC, ("value", "value", "...")),
        "same",
        "statistic",
        "The mean.",
        "sum / number",
        flow="as argument",
    ),
    ExpressionFunction(
        "median",
        (*_STATISTIC, ("value", "value", "...")),
        "same",
        "statistic",
        "The median.",
        "half of the values lie below it",
        flow="as argument",
    ),
    ExpressionFunction("min", _SEVERAL, "same", "statistic", "The smallest value.", flow="as argument"),
    ExpressionFunction("max", _SEVERAL, "same", "statistic", "The largest value.", flow="as argument"),
    ExpressionFunction("sum", _SEVERAL, "same", "statistic", "The sum.", flow="as argument"),
    ExpressionFunction(
        "sd",
        _STATISTIC,
        "same",
        "statistic",
        "The standard deviation.",
        "square root of the mean squared distance from the mean",
    ),
    ExpressionFunction(
        "p90",
        _STATISTIC,
        "same",
        "statistic",
        "The value that 90 of 100 stay at or below; p1 to p99 likewise.",
        flow="as argument",
    ),
    ExpressionFunction(
        "lag",
        (("value", "span"),),
        "same",
        "series",
        "The value that was observed a span ago.",
        "x(t - span)",
        flow="as argument",
    ),
    ExpressionFunction(
        "change", (("value", "span"),), "same", "series", "How much the value rose over a span.", "x(t) - x(t - span)"
    ),
    ExpressionFunction(
        "trend",
        (("value", "span"),),
        "rate of change",
        "series",
        "How fast the value rises: the straight line through a span of it.",
        "least-squares slope of x over time",
    ),
    ExpressionFunction(
        "if",
        (("truth", "value", "value"),),
        "branches",
        "choice",
        "The second argument where the first holds, else the third.",
        flow="as argument",
    ),
    ExpressionFunction(
        "rate",
        (("outcome",), ("outcome", "span")),
        "share",
        "indicator",
        "Share of a decision's visits that took an outcome, in one period or over a span.",
        "times taken / visits that were decided",
    ),
    ExpressionFunction(
        "roi",
        (("value", "value"),),
        "share",
        "kpi",
        "Return on investment: roi(gain, cost).",
        "(gain - cost) / cost",
        expand=_roi,
    ),
    ExpressionFunction(
        "cost_per",
        (("value", "value"),),
        "quotient",
        "kpi",
        "Cost of one thing, such as a lead or a sale: cost_per(cost, things).",
        "cost / things",
        expand=_quotient,
    ),
    ExpressionFunction(
        "conversion",
        (("value", "value"),),
        "share",
        "kpi",
        "Share that goes on to the next stage: conversion(converted, all).",
        "converted / all",
        expand=_quotient,
    ),
    ExpressionFunction(
        "win_rate",
        (("value", "value"),),
        "share",
        "kpi",
        "Share of decided opportunities that were won: win_rate(won, lost).",
        "won / (won + lost)",
        expand=_win_rate,
    ),
    ExpressionFunction(
        "clv",
        (("value", "value", "value"), ("value", "value", "value", "value")),
        "first",
        "kpi",
        "Customer lifetime value: clv(revenue, margin, churn) or clv(revenue, margin, churn, discount), "
        "revenue per customer and period, the other three shares (churn and discount of a period).",
        "revenue x margin x (1 + discount) / (churn + discount)",
        expand=_clv,
    ),
    ExpressionFunction(
        "cac",
        (("value", "value"),),
        "quotient",
        "kpi",
        "Cost to win one customer: cac(spend, new customers).",
        "spend / new customers",
        expand=_quotient,
    ),
    ExpressionFunction(
        "churn",
        (("value", "value"),),
        "share",
        "kpi",
        "Share of customers that left: churn(lost, customers at the start).",
        "lost / customers at the start",
        expand=_quotient,
    ),
)

FUNCTIONS: dict[str, ExpressionFunction] = {entry.name: entry for entry in _TABLE}
"""Every function by name; percentiles are entered once, as `p90`."""

WORKFLOW_FUNCTIONS: frozenset[str] = frozenset(entry.name for entry in _TABLE if entry.family == "workflow")
"""Functions whose value the workflow itself determines."""

SPREAD_FUNCTIONS: frozenset[str] = frozenset({"time", "cost"})
"""Workflow functions that have a whole distribution, so that `p90(time(W))` and `sd(cost(W))` have a meaning."""

_PERCENTILE = re.compile(r"^p([1-9]\d?)$")


def find_function(name: str) -> ExpressionFunction | None:
    """The entry of a function, or None; `p1` to `p99` all find the one of `p90`.

    >>> find_function("p75").meaning
    'The value that 90 of 100 stay at or below; p1 to p99 likewise.'
    >>> find_function("averge") is None
    True
    """
    return FUNCTIONS.get("p90" if _PERCENTILE.match(name) else name)


def percentile(name: str) -> int | None:
    """The percentage of a percentile function, None for any other.

    >>> percentile("p90"), percentile("mean")
    (90, None)
    """
    match = _PERCENTILE.match(name)
    return int(match.group(1)) if match else None


def expand(call: Function) -> Expression:
    """The expression that a ready-made KPI stands for; any other call, or one with too few arguments, as it is.

    >>> from mpmflow.model.expressions import Reference
    >>> ratio = expand(Function(function="cac", arguments=(Reference(name="spend"), Reference(name="customers"))))
    >>> ratio.operator, ratio.left.name
    ('/', 'spend')
    """
    entry = FUNCTIONS.get(call.function)
    if entry is None or entry.expand is None or len(call.arguments) not in map(len, entry.signatures):
        return call
    return entry.expand(call.arguments)
