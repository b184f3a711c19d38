"""What every part of a model shares: immutability, exact numbers, names.

A model says what is *meant*; it knows no places in a text. Two models are equal when they mean the same,
whichever file, program or JSON document they came from.
"""

from __future__ import annotations

import re
from fractions import Fraction
from importlib import import_module
from typing import Annotated, Any, Generic, SupportsIndex, TypeVar, overload

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    PlainSerializer,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

NAME_PATTERN = r"^[^\W\d]\w*$"
DOTTED_PATTERN = r"^[^\W\d]\w*(\.[^\W\d]\w*)*$"
_RATIO = re.compile(r"^[+-]?\d+(/\d+)?$")

MOST_DIGITS = 400
"""How many digits numerator and denominator of a number may have: every float fits, a hostile file does not."""


def to_fraction(value: Any) -> Fraction:
    """Turn a number into the exact fraction that a reader would write down for it.

    A float becomes the shortest decimal that stands for it, so `0.2` is 1/5 and not the nearest binary number.

    >>> to_fraction(0.2), to_fraction("1/3"), to_fraction("1.25")
    (Fraction(1, 5), Fraction(1, 3), Fraction(5, 4))
    """
    if isinstance(value, bool):
        raise ValueError("a number is expected, not yes or no")
    if isinstance(value, Fraction | int):
        return _bounded(Fraction(value))
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError("a number must be finite")
        return Fraction(repr(value))
    if isinstance(value, str) and len(value) <= 2 * MOST_DIGITS + 2:
        text = value.strip()
        if _RATIO.match(text) or abs(_exponent(text)) <= MOST_DIGITS:
            return _bounded(Fraction(text))
    raise ValueError(f"{value!r} is not a number")


def _bounded(value: Fraction) -> Fraction:
    if max(abs(value.numerator), value.denominator) >= _TOO_LARGE:
        raise ValueError(f"a number has at most {MOST_DIGITS} digits above and below the line")
    return value


_TOO_LARGE = 10**MOST_DIGITS


def _exponent(text: str) -> int:
    _, _, exponent = text.lower().partition("e")
    try:
        return int(exponent or 0)
    except ValueError:
        return 0


def from_fraction(value: Fraction) -> int | float | str:
    """The JSON form of an exact number: a JSON number where that loses nothing, else a text such as "1/3".

    >>> from_fraction(Fraction(1, 5)), from_fraction(Fraction(3)), from_fraction(Fraction(1, 3))
    (0.2, 3, '1/3')
    """
    if value.denominator == 1 and abs(value.numerator) < 2**53:
        return value.numerator
    try:
        number = float(value)
    except OverflowError:
        return str(value)
    if number not in (float("inf"), float("-inf")) and Fraction(repr(number)) == value:
        return number
    return str(value)


Number = Annotated[
    Fraction,
    BeforeValidator(to_fraction, json_schema_input_type=int | float | str),
    PlainSerializer(from_fraction, return_type=int | float | str),
]
"""An exact number. Accepts integers, floats (as their shortest decimal) and texts such as `"1/3"`."""

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=200)]
"""A name of the language: letters, digits and `_`, not starting with a digit."""

DottedName = Annotated[str, StringConstraints(pattern=DOTTED_PATTERN, max_length=500)]
"""Names joined by dots, as in `brief_complete.no` or `legal.people`."""


_LINE_END = re.compile(r"[\r\n\0]+")
Line = Annotated[str, AfterValidator(lambda text: _LINE_END.sub(" ", text))]
"""A text between quotation marks. It ends on its line: line ends in it become blanks."""


class Part(BaseModel):
    """A frozen piece of a model. Unknown fields are refused, so a misspelt one is found at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Allow(Part):
    """A check that the author silences for one statement, with the reason that the language requires."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    reason: Line


class Statement(Part):
    """A named statement of the language, with the label that people read."""

    name: Name
    label: Line | None = None
    allow: tuple[Allow, ...] = ()

    @property
    def title(self) -> str:
        """The label, or the name made readable where there is none."""
        return self.label or self.name.replace("_", " ")


def upstairs(room: str, door: str) -> Any:
    """Open a function of a floor above, by name, on first use.

    A model offers a few questions that the floors above answer (`model.check()`, `workflow.graph`). It stays plain
    data all the same: nothing here imports those floors, and a model works without them until it is asked.
    """
    return getattr(import_module(f"mpmflow.{room}"), door)


T = TypeVar("T")


class Roster(tuple[T, ...], Generic[T]):
    """A tuple of named parts that also finds them by name: `model.workflows["webinar"]`.

    Raises KeyError with the names that exist when there is none of that name.
    """

    __slots__ = ()

    @overload
    def __getitem__(self, key: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[T, ...]: ...
    @overload
    def __getitem__(self, key: str) -> T: ...
    def __getitem__(self, key: SupportsIndex | slice | str) -> T | tuple[T, ...]:
        if not isinstance(key, str):
            return super().__getitem__(key)
        for part in self:
            if getattr(part, "name", None) == key:
                return part
        raise KeyError(f"{key!r} is not among {', '.join(self.names) or 'them: there are none'}")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parts, in order."""
        return tuple(str(getattr(part, "name", "")) for part in self)

    def get(self, name: str) -> T | None:
        """The part of that name, or None."""
        return next((part for part in self if getattr(part, "name", None) == name), None)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (item,) = source.__args__
        return core_schema.no_info_after_validator_function(cls, handler(tuple[item, ...]))  # type: ignore[valid-type]
