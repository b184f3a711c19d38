"""Scenarios and tests."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from .base import Allow, DottedName, Line, Name, Part, Statement
from .distributions import Constant, Duration
from .process import Arrivals, Works
from .quantities import Quantity


def _setting(value: Any) -> Any:
    return Quantity.model_validate(value) if isinstance(value, str | int | float) else value


class Setting(Part):
    """One lever set to a value: `brief_complete.no = 10%`, `copy.takes = 4h to 8h`, `webinar.arrivals = 4 per week`.

    A constant time is a plain quantity; working hours are a tuple of `Works`.
    """

    lever: DottedName
    value: Annotated[Quantity | Duration | Arrivals | tuple[Works, ...], BeforeValidator(_setting)]

    @field_validator("value")
    @classmethod
    def _constants_are_quantities(cls, value: Any) -> Any:
        if isinstance(value, tuple) and len({works.days for works in value}) != 1:
            raise ValueError("working hours that are set in a scenario are those of the same days, as in mon-fri")
        return value.value if isinstance(value, Constant) else value


class Scenario(Statement):
    """A named set of changes to a model."""

    settings: tuple[Setting, ...] = ()


class Value(Part):
    """One observed value; None stands for a missing one."""

    kind: Literal["value"] = "value"
    value: Quantity | None


class Cell(Part):
    """The value of a column of the examples table."""

    kind: Literal["cell"] = "cell"
    column: Name


class Ramp(Part):
    """`start + step x times`: times + 1 values.

    A step that a column of the examples gives is subtracted if `down`; a step that is a quantity has its own sign.
    """

    kind: Literal["ramp"] = "ramp"
    start: Value | Cell
    step: Quantity | Cell
    down: bool = False
    times: Annotated[int, Field(ge=0, le=100_000)]


class Given(Part):
    """Observed values of an indicator or metric, one a date, `every` apart and starting at `start`."""

    name: DottedName
    values: Annotated[tuple[Annotated[Value | Cell | Ramp, Field(discriminator="kind")], ...], Field(min_length=1)]
    every: Quantity
    start: date | Cell


class Dated(Part):
    """What is expected `at` a day (its evening), or `within` a span that begins there: on one evening at least."""

    at: date | Cell | None = None
    within: Quantity | None = None

    @model_validator(mode="after")
    def _a_span_begins(self) -> Self:
        if self.within is not None and self.at is None:
            raise ValueError("`within` a span needs the day `at` which it begins")
        return self


class ExpectState(Dated):
    """`expect NAME is STATE`; `state` may be a column of the examples table."""

    kind: Literal["state"] = "state"
    name: DottedName
    state: Name


class ExpectLevel(Dated):
    """`expect NAME above|below VALUE`."""

    kind: Literal["level"] = "level"
    name: DottedName
    side: Literal["above", "below"]
    value: Quantity | Cell


class ExpectSpread(Dated):
    """`expect delay|rework at NODE rises|falls`."""

    kind: Literal["spread"] = "spread"
    what: Literal["delay", "rework"]
    node: Name
    direction: Literal["rises", "falls"]


class ExpectSilence(Part):
    """`expect no alert on NAME`, in the whole test."""

    kind: Literal["silence"] = "silence"
    level: Literal["warn", "alert"]
    name: DottedName


Expectation = Annotated[ExpectState | ExpectLevel | ExpectSpread | ExpectSilence, Field(discriminator="kind")]


def read_cell(value: Any) -> Any:
    """A text that is a quantity becomes one, so that a cell has one form: `"20%"` is 20 %, `"warn"` is a word.

    >>> read_cell("20%").base, read_cell("warn"), read_cell("2026-02-02")
    (Fraction(1, 5), 'warn', '2026-02-02')
    """
    if isinstance(value, str) and value[:1] in ("+", "-", *"0123456789"):
        try:
            return Quantity.model_validate(value)
        except ValueError:
            return value
    return value


TableCell = Annotated[Line | Quantity, Field(union_mode="left_to_right"), BeforeValidator(read_cell)]


class Examples(Part):
    """A table of examples: one row, one test. A cell is a quantity or a word."""

    columns: Annotated[tuple[Name, ...], Field(min_length=1)]
    rows: tuple[tuple[TableCell, ...], ...]

    @model_validator(mode="after")
    def _a_table(self) -> Examples:
        if "_" in self.columns:
            raise ValueError("a column cannot be called `_`, which stands for a missing value")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("every row of the examples has one cell for each column")
        return self


class Test(Part):
    """Observations that are given, and what the rules must make of them."""

    title: Line
    allow: tuple[Allow, ...] = ()
    examples: Examples | None = None
    given: tuple[Given, ...] = ()
    expects: tuple[Expectation, ...] = ()
