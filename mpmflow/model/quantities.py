"""Numbers with units, exactly as they were written: `2h`, `20k eur`, `60 eur/h`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from pydantic import field_validator, model_validator

from .base import MOST_DIGITS, Number, Part
from .units import TIME_UNITS, Unit, parse_unit, written_unit


class Quantity(Part):
    """An exact number in a unit.

    `value` counts in `unit`; `base` is the same amount in base units (seconds, fractions, the currency itself).
    From Python a quantity may be given as a text: `"2h"`, `"60 eur/h"`, `"20%"`.

    >>> Quantity(value=2, unit="h").base
    Fraction(7200, 1)
    >>> Quantity.model_validate("20%").base
    Fraction(1, 5)
    """

    value: Number
    unit: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        if isinstance(data, str):
            return split_quantity(data)
        if isinstance(data, int | float | Fraction) and not isinstance(data, bool):
            return {"value": data}
        return data

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, unit: str) -> str:
        return written_unit(unit)

    @property
    def measure(self) -> Unit:
        """The unit, taken apart."""
        return parse_unit(self.unit)

    @property
    def base(self) -> Fraction:
        """The amount in base units."""
        return self.value * parse_unit(self.unit).factor

    def __str__(self) -> str:
        return write_quantity(self)


MULTIPLIERS: dict[str, int] = {"k": 10**3, "M": 10**6}
"""Letters that may follow a number: thousand, million."""


_FIGURE = re.compile(r"[+-]?\d+/\d+|[\d+\-._]*")


def split_quantity(text: str) -> dict[str, Any]:
    """Take a text such as `"1.2M eur"` or `"1/3 h"` apart into value and unit; ValueError says what is wrong.

    >>> split_quantity("1.2M eur"), split_quantity("1/3 h")
    ({'value': Fraction(1200000, 1), 'unit': 'eur'}, {'value': Fraction(1, 3), 'unit': 'h'})
    """
    stripped = text.strip()
    match = _FIGURE.match(stripped)
    assert match is not None  # it may match nothing
    number, rest = match.group(), stripped[match.end() :]
    scale = 1
    if rest[:1] in MULTIPLIERS and (len(rest) == 1 or not rest[1].isalnum()):
        scale, rest = MULTIPLIERS[rest[0]], rest[1:]
    if len(number) > 2 * MOST_DIGITS + 2:
        raise ValueError(f"{text[:60]!r}… has more digits than a quantity may have")
    try:
        value = Fraction(number) * scale
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{text!r} is not a number with a unit, such as 2h or 60 eur/h") from None
    return {"value": value, "unit": rest.strip()}


def write_number(value: Fraction) -> str:
    """The shortest exact decimal of a number, or a ratio where no decimal is exact.

    >>> write_number(Fraction(1, 8)), write_number(Fraction(1, 3)), write_number(Fraction(1200000))
    ('0.125', '1/3', '1200000')
    """
    denominator, twos, fives = value.denominator, 0, 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    if denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = max(twos, fives)
    scaled = abs(value.numerator) * 10**digits // value.denominator
    text = str(scaled).rjust(digits + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


SHORT = 40
"""How many digits a decimal of the language has at most; what needs more is written as a ratio."""


def is_short(value: Fraction) -> bool:
    """Whether a number has an exact decimal of at most `SHORT` digits.

    >>> is_short(Fraction(1, 8)), is_short(Fraction(1, 3)), is_short(Fraction(1, 10**60))
    (True, False, False)
    """
    text = write_number(value)
    return "/" not in text and len(text.strip("-").replace(".", "")) <= SHORT


def write_quantity(quantity: Quantity) -> str:
    """The quantity as the language writes it: `2h`, `20%`, `1.2M eur`, `60 eur/h`, `900`."""
    unit, value = quantity.unit, quantity.value
    if unit == "%" or unit in TIME_UNITS:
        return write_number(value) + unit
    for letter in ("M", "k"):
        scaled = value / MULTIPLIERS[letter]
        if unit and abs(scaled) >= (10 if letter == "k" else 1) and len(write_number(scaled)) <= 5:
            return f"{write_number(scaled)}{letter} {unit}"
    return f"{write_number(value)} {unit}" if unit else write_number(value)
