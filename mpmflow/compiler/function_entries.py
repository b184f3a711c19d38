"""What an entry in the table of functions says: arguments, unit, meaning, formula, and where a formula comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mpmflow.model.expressions import Expression

Argument = Literal["workflow", "spread", "value", "share", "number", "time", "span", "truth", "column", "outcome"]
"""What an argument may be: the name of a workflow; a workflow function that has a spread (`time(W)`, `cost(W)`); any
value; a value that is a share; one that is a plain number; one that is a time; a literal span of time such as `4w`; a
condition; a named column of the log; `decision.outcome`."""

Family = Literal["workflow", "statistic", "series", "choice", "indicator", "kpi"]

UnitRule = Literal[
    "time", "money", "cases", "share", "count", "same", "rate of change", "quotient", "first", "first per time",
    "branches",
]  # fmt: skip
"""The unit of the result: a time, the workflow's money, a number of cases, a share, a plain number, the unit of the
arguments (which must agree), the unit of the argument per time, first per second argument, that of the first argument
(the others being shares), that of the first two multiplied, per time, that of both branches."""

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
        arguments: for a ready-made KPI, what its arguments are, in order.
        valid: where the formula holds, and what to mind.
        source: where the field defines it so.
    """

    name: str
    signatures: tuple[tuple[str, ...], ...]
    unit: UnitRule
    family: Family
    meaning: str
    formula: str = ""
    flow: Literal["never", "always", "as argument"] = "never"
    expand: Expansion | None = None
    arguments: tuple[str, ...] = ()
    valid: str = ""
    source: str = ""

    @property
    def usage(self) -> tuple[str, ...]:
        """How it is called, for messages: `mean(value, span)`, `clv(revenue, margin, churn)`."""
        return tuple(
            f"{self.name}({', '.join(self.arguments[: len(signature)] or signature)})" for signature in self.signatures
        )
