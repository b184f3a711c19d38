"""What a figure is measured in, and which figures fit together.

Counts (`leads`, `people`) are units. A literal may leave them out: `at least 900` is 900 leads where leads are meant.
Currencies are never converted. `cases` is what workflows count; any other count may stand for it, because `launches`
are the cases of a workflow under another name.
"""

from __future__ import annotations

from dataclasses import dataclass

from mpmflow.model.quantities import Quantity
from mpmflow.model.units import NUMBER, TIME, Unit

__all__ = ["CASES", "TRUTH", "UNKNOWN", "Type", "counts_up", "fits", "of_quantity", "show", "two_currencies"]

CASES = Unit((("cases", 1),))


@dataclass(frozen=True, slots=True)
class Type:
    """What an expression is measured in.

    Attributes:
        unit: None where it cannot be known (a finding says why, or nothing is declared).
        truth: it is a condition, not a figure.
        literal: it is written as a number, so it may leave counts out.
        zero: it is a literal 0, which fits every unit.
        flow: it is counted per period (spend, leads, throughput), so that it adds up over time.
    """

    unit: Unit | None
    truth: bool = False
    literal: bool = False
    zero: bool = False
    flow: bool = False


UNKNOWN = Type(None)
TRUTH = Type(NUMBER, truth=True)


def show(unit: Unit) -> str:
    """A unit in the words of the language, for messages: `eur/leads`, `a time`, `a plain number`.

    >>> from mpmflow.model.units import parse_unit
    >>> show(parse_unit("eur/leads")), show(parse_unit("h")), show(parse_unit("%"))
    ('eur/leads', 'a time', 'a plain number or share')
    """
    if not unit.powers:
        return "a plain number or share"
    if unit.is_time:
        return "a time"
    return str(unit.base).replace("/s", "/time").replace("s*", "time*") if _has_time(unit) else str(unit.base)


def _has_time(unit: Unit) -> bool:
    return any(name == TIME for name, _ in unit.powers)


def fits(left: Type, right: Type) -> bool:
    """Whether two figures may be added, compared and set in each other's place."""
    if left.unit is None or right.unit is None or left.zero or right.zero:
        return True
    if left.unit.powers == right.unit.powers:
        return True
    if left.literal and left.unit.powers == right.unit.without_counts().powers:
        return True
    if right.literal and right.unit.powers == left.unit.without_counts().powers:
        return True
    return _stands_for_cases(left.unit, right.unit) or _stands_for_cases(right.unit, left.unit)


def _stands_for_cases(cases: Unit, other: Unit) -> bool:
    powers = dict(cases.powers)
    power = powers.pop("cases", 0)
    if not power or tuple(powers.items()) != other.without_counts().powers:
        return False
    counts = [p for name, p in other.powers if (name, p) not in other.without_counts().powers]
    return counts in ([], [power])


def of_quantity(quantity: Quantity) -> Type:
    """The type of a literal."""
    try:
        unit = quantity.measure
    except ValueError:
        return UNKNOWN
    return Type(unit, literal=True, zero=quantity.value == 0)


def counts_up(unit: Unit) -> bool:
    """Whether a metric from data in this unit is counted per period: money or one count, and nothing below a line."""
    return len(unit.powers) == 1 and unit.powers[0][1] == 1 and unit.powers[0][0] != TIME


def two_currencies(left: Unit, right: Unit) -> list[str]:
    """The two currencies when that is the whole difference, so that the message can say that none is converted."""
    both = [*left.currencies, *right.currencies]
    return both if len(both) == 2 and both[0] != both[1] else []
