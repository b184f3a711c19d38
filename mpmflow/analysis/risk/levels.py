"""What every name of a model stands at, in the reference and now, and how it moved in the past.

Three kinds of places exist in the network of influences: *sources* (levers: shares, times, arrivals), *figures* of
workflows (`time(webinar)`), and *metrics* with the indicators that causes start from. Formulas read all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.formula import evaluate_expression
from mpmflow.compiler.functions import SPREAD_FUNCTIONS, WORKFLOW_FUNCTIONS, expand
from mpmflow.model.expressions import Amount, Binary, Expression, Function, Reference, Unary

Floats = npt.NDArray[np.float64]


def figure_name(function: str, workflow: str, statistic: str | None = None) -> str:
    """The name of a workflow's figure as a place of the network.

    >>> figure_name("time", "webinar"), figure_name("time", "webinar", "p90")
    ('time(webinar)', 'p90(time(webinar))')
    """
    inner = f"{function}({workflow})"
    return f"{statistic}({inner})" if statistic else inner


def inputs_of(expression: Expression) -> tuple[str, ...]:
    """The places that an expression reads: names, figures of workflows, statistics of columns; in order, once each."""
    return tuple(dict.fromkeys(_inputs(expression)))


def figures_of(expression: Expression) -> tuple[tuple[str, str, str | None], ...]:
    """The workflow figures that an expression reads, as (function, workflow, statistic)."""
    return tuple(dict.fromkeys(_figures(expression)))


def _inputs(expression: Expression) -> Iterator[str]:
    match expression:
        case Reference():
            yield expression.name
        case Unary():
            yield from _inputs(expression.operand)
        case Binary():
            yield from _inputs(expression.left)
            yield from _inputs(expression.right)
        case Function():
            meaning = expand(expression)
            if meaning is not expression:
                yield from _inputs(meaning)
                return
            first = expression.arguments[0] if expression.arguments else None
            figure = _figure(expression)
            if figure is not None:
                yield figure_name(*figure)
            elif expression.function != "rate" and len(expression.arguments) == 1 and isinstance(first, Reference):
                yield f"{expression.function}({first.name})"
            else:
                for argument in expression.arguments:
                    yield from _inputs(argument)
        case Amount():
            return


def _figures(expression: Expression) -> Iterator[tuple[str, str, str | None]]:
    match expression:
        case Unary():
            yield from _figures(expression.operand)
        case Binary():
            yield from _figures(expression.left)
            yield from _figures(expression.right)
        case Function():
            meaning = expand(expression)
            if meaning is not expression:
                yield from _figures(meaning)
                return
            figure = _figure(expression)
            if figure is not None:
                yield figure
            else:
                for argument in expression.arguments:
                    yield from _figures(argument)


def _figure(call: Function) -> tuple[str, str, str | None] | None:
    first = call.arguments[0] if call.arguments else None
    if call.function in WORKFLOW_FUNCTIONS and isinstance(first, Reference):
        return call.function, first.name, None
    if len(call.arguments) == 1 and isinstance(first, Function) and first.function in SPREAD_FUNCTIONS:
        (inner,) = first.arguments
        if isinstance(inner, Reference):
            return first.function, inner.name, None if call.function == "mean" else call.function
    return None


def spans_in(expression: Expression) -> bool:
    """Whether an expression looks back in time, so that it cannot be read from totals."""
    match expression:
        case Unary():
            return spans_in(expression.operand)
        case Binary():
            return spans_in(expression.left) or spans_in(expression.right)
        case Function():
            second = expression.arguments[1] if len(expression.arguments) > 1 else None
            timed = isinstance(second, Amount) and second.value.measure.is_time
            return timed or any(spans_in(argument) for argument in expression.arguments)
        case _:
            return False


@dataclass(frozen=True)
class Places:
    """A lookup for formulas over the values of places; what is not among them is not known, which is nan.

    `formulas` are computed from the places in their turn, so that a metric of metrics needs no order.
    """

    values: Callable[[str], Floats | None]
    formulas: Mapping[str, Expression]
    period: float

    def value(self, name: str) -> Floats:
        formula = self.formulas.get(name)
        if formula is not None:
            return evaluate_expression(formula, self)
        found = self.values(name)
        return np.asarray(np.nan) if found is None else found

    def process(self, function: str, workflow: str, statistic: str | None) -> Floats:
        return self.value(figure_name(function, workflow, statistic))

    def counts(self, outcome: str) -> tuple[Floats, Floats] | None:
        return None

    def column(self, function: str, column: str) -> Floats:
        return self.value(f"{function}({column})")
