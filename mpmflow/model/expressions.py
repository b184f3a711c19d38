"""Expressions of metrics and indicators, as trees of plain records.

Names are dotted as written (`spend`, `brief_complete.no`, `webinar`); what they refer to is found by the compiler.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, field_validator

from .base import DottedName, Part
from .quantities import Quantity

Operator = Literal["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "=", "!=", "and", "or"]


class Amount(Part):
    """A number with its unit, at least zero: `-5` is a `Unary` of 5, as it is written."""

    kind: Literal["amount"] = "amount"
    value: Quantity

    @field_validator("value")
    @classmethod
    def _not_negative(cls, value: Quantity) -> Quantity:
        if value.value < 0:
            raise ValueError(f'{value} is written as Unary(operator="-", operand=Amount(...)) in an expression')
        return value


class Reference(Part):
    """A metric, an indicator, a workflow, a lever or a column of the log, by its dotted name."""

    kind: Literal["reference"] = "reference"
    name: DottedName


class Function(Part):
    """A function of the language with its arguments: `time(webinar)`, `p90(x, 13w)`, `if(c, a, b)`."""

    kind: Literal["function"] = "function"
    function: str
    arguments: tuple[Expression, ...] = ()


class Unary(Part):
    """`-x` or `not x`."""

    kind: Literal["unary"] = "unary"
    operator: Literal["-", "not"]
    operand: Expression


class Binary(Part):
    """Two expressions joined by an operator."""

    kind: Literal["binary"] = "binary"
    operator: Operator
    left: Expression
    right: Expression


Expression = Annotated[Amount | Reference | Function | Unary | Binary, Field(discriminator="kind")]
"""Any expression of the language."""


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all its parts, outermost first."""
    yield expression
    if isinstance(expression, Function):
        for argument in expression.arguments:
            yield from walk(argument)
    elif isinstance(expression, Unary):
        yield from walk(expression.operand)
    elif isinstance(expression, Binary):
        yield from walk(expression.left)
        yield from walk(expression.right)


def references(expression: Expression) -> tuple[str, ...]:
    """The names that an expression mentions, in the order of their first mention.

    >>> references(Binary(operator="/", left=Reference(name="spend"), right=Reference(name="leads")))
    ('spend', 'leads')
    """
    return tuple(dict.fromkeys(part.name for part in walk(expression) if isinstance(part, Reference)))
