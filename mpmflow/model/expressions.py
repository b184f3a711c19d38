"""Expressions of metrics and indicators, as trees of plain records.

Names are dotted as written (`spend`, `brief_complete.no`, `webinar`); what they refer to is found by the compiler.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, field_validator

from .base import DottedName, Name, Part
from .quantities import SHORT, Quantity, is_short

Operator = Literal["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "=", "!=", "and", "or"]


class Amount(Part):
    """A number with its unit, as a formula writes one: at least zero, and a finite decimal.

    `-5` is a `Unary` of 5, and a third is a `Binary` of 1 and 3. A rate such as `900 per 13w` is one number.
    """

    kind: Literal["amount"] = "amount"
    value: Quantity

    @field_validator("value")
    @classmethod
    def _not_negative(cls, value: Quantity) -> Quantity:
        if value.value < 0:
            raise ValueError(f'{value} is written as Unary(operator="-", operand=Amount(...)) in an expression')
        rate = "/" in value.unit and max(value.value.numerator, value.value.denominator) < 10**SHORT
        if not is_short(value.value) and not rate:
            raise ValueError(f'{value} is written as Binary(operator="/", left=..., right=...) in an expression')
        return value


class Reference(Part):
    """A metric, an indicator, a workflow, a lever or a column of the log, by its dotted name."""

    kind: Literal["reference"] = "reference"
    name: DottedName

    @field_validator("name")
    @classmethod
    def _no_connective(cls, name: str) -> str:
        if name in ("and", "or", "not"):
            raise ValueError(f"{name!r} joins conditions in an expression, so it names nothing there")
        return name


class Function(Part):
    """A function of the language with its arguments: `time(webinar)`, `p90(x, 13w)`, `if(c, a, b)`."""

    kind: Literal["function"] = "function"
    function: Name
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
