"""The functions of expressions, in one table: arguments, unit, meaning, formula.

Unit checks, documentation and the evaluator read the same entries, so a function means the same to all of them.
Ready-made KPIs (`kpis`) are written out: `expand` turns a call into the expression that it stands for, and whoever
computes expressions need not know them.
"""

from __future__ import annotations

import re

from mpmflow.model.expressions import Expression, Function

from .function_entries import ExpressionFunction
from .kpis import KPIS

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
    *KPIS,
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
