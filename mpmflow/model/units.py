"""Units and their algebra: every number of the language has one.

A unit is written as the language writes it: `h`, `eur`, `eur/h`, `leads`, `%`, `leads/w`. It stands for a product of
*dimensions* (time, one per currency, one per count such as `leads`) and a factor to the base of each dimension. The
base of time is the second, the base of a share is the fraction. A year is 365.25 days and a month a twelfth of it.
Currencies are never converted into each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

SECOND = Fraction(1)
TIME_UNITS: dict[str, Fraction] = {
    "s": SECOND,
    "min": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86400 * SECOND,
    "w": 7 * 86400 * SECOND,
    "mo": Fraction(36525, 100) * 86400 / 12,
    "y": Fraction(36525, 100) * 86400,
}
"""Seconds in each unit of time, from the shortest to the longest."""

TIME_WORDS: dict[str, str] = {
    "second": "s", "seconds": "s", "minute": "min", "minutes": "min", "hour": "h", "hours": "h", "day": "d",
    "days": "d", "week": "w", "weeks": "w", "month": "mo", "months": "mo", "year": "y", "years": "y",
}  # fmt: skip
"""Long words for the units of time, allowed wherever the short ones are."""

_CODES = (
    "aed ars aud bdt bgn bhd bob brl bwp cad chf clp cny cop crc czk dkk dop dzd egp etb eur fjd gbp gel ghs gtq hkd"
    " hnl huf idr ils inr iqd irr isk jmd jod jpy kes krw kwd kzt lbp lkr mad mdl mkd mmk mur mxn myr nad ngn nio nok"
    " npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sek sgd thb tnd try ttd twd tzs uah ugx usd uyu"
    " uzs vnd xaf xof zar zmw"
)
CURRENCIES: frozenset[str] = frozenset(_CODES.split())
"""ISO 4217 codes in lower case that the language knows as money."""

TIME, SHARE = "time", "share"

TAKEN_UNITS: frozenset[str] = frozenset(
    {"by", "at", "from", "to", "in", "of", "per", "then", "for", "and", "or", "not", "x", "every", "adds"}
)
"""Words that join a figure to what follows it, as in `3 per week` or `0 x 4`: they cannot be units."""

_WRITTEN = re.compile(r"%|(?:1/)?[^\W\d]\w*(?:/[^\W\d]\w*)*|")


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of powers of dimensions, with the factor that turns a number in this unit into base units.

    `powers` is sorted by dimension: `time`, a currency code, or the name of a count. A share (`%`) has no dimension.

    >>> parse_unit("eur/h")
    Unit(powers=(('eur', 1), ('time', -1)), factor=Fraction(1, 3600))
    """

    powers: tuple[tuple[str, int], ...] = ()
    factor: Fraction = Fraction(1)

    def __mul__(self, other: Unit) -> Unit:
        return Unit(_merge(self.powers, other.powers, 1), self.factor * other.factor)

    def __truediv__(self, other: Unit) -> Unit:
        return Unit(_merge(self.powers, other.powers, -1), self.factor / other.factor)

    def __pow__(self, exponent: int) -> Unit:
        powers = tuple((name, power * exponent) for name, power in self.powers) if exponent else ()
        return Unit(powers, self.factor**exponent)

    @property
    def base(self) -> Unit:
        """The same dimensions with factor one: what numbers are computed in."""
        return Unit(self.powers)

    @property
    def is_time(self) -> bool:
        return self.powers == ((TIME, 1),)

    @property
    def is_money(self) -> bool:
        return len(self.powers) == 1 and self.powers[0][1] == 1 and self.powers[0][0] in CURRENCIES

    @property
    def currencies(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.powers if name in CURRENCIES)

    def without_counts(self) -> Unit:
        """The unit with its counts left out, as a literal may leave them out: `43 eur` for eur per lead."""
        kept = tuple((name, power) for name, power in self.powers if name == TIME or name in CURRENCIES)
        return Unit(kept, self.factor)

    def measures_same_as(self, other: Unit) -> bool:
        """Whether both have the same dimensions, so that numbers in them may be compared and added."""
        return self.powers == other.powers

    def __str__(self) -> str:
        """Base units as text: `eur/s`, `leads`, `1` for a share or a pure number."""
        over = [_power_text(name, power) for name, power in self.powers if power > 0]
        under = [_power_text(name, -power) for name, power in self.powers if power < 0]
        if not over and not under:
            return "1"
        return "/".join(["*".join(over) or "1", *under])


def _power_text(name: str, power: int) -> str:
    text = "s" if name == TIME else name
    return text if power == 1 else f"{text}^{power}"


def _merge(a: tuple[tuple[str, int], ...], b: tuple[tuple[str, int], ...], sign: int) -> tuple[tuple[str, int], ...]:
    total = dict(a)
    for name, power in b:
        total[name] = total.get(name, 0) + sign * power
    return tuple(sorted((name, power) for name, power in total.items() if power))


def plain_unit(text: str) -> str:
    """A unit with its long words shortened and `per` as a stroke, so that one unit has one spelling.

    >>> plain_unit("leads per week"), plain_unit("days"), plain_unit("per month"), plain_unit("eur/h")
    ('leads/w', 'd', '1/mo', 'eur/h')
    """
    if text in TIME_UNITS or not text:
        return text
    if text == "1":
        return ""
    if text.startswith("per "):
        text = "1/" + text[4:]
    parts = text.replace(" per ", "/").split("/")
    return "/".join(TIME_WORDS.get(part.strip(), part.strip()) for part in parts)


def written_unit(text: str) -> str:
    """A unit in its one spelling, if the language has a form for it; ValueError says what is wrong.

    >>> written_unit("eur per hour"), written_unit("1/week")
    ('eur/h', '1/w')
    """
    plain = plain_unit(text)
    parse_unit(plain)
    if _WRITTEN.fullmatch(plain) is None:
        raise ValueError(f"{text!r} is not a unit of the language: words joined by `/`, such as eur/leads or 1/w")
    return plain


NUMBER = Unit()
SECONDS = Unit(((TIME, 1),))


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit:
    """Read a unit as the language writes it.

    `""` and `1` are pure numbers, `%` a share. Any word that is neither a unit of time nor a currency is a count.
    Raises ValueError when the text is no product of words.

    >>> parse_unit("%").factor, parse_unit("leads/w").powers
    (Fraction(1, 100), (('leads', 1), ('time', -1)))
    """
    unit = Unit()
    for position, part in enumerate(text.replace(" per ", "/").split("/")):
        for word in part.split("*"):
            factor = _word(word.strip())
            unit = unit * factor if position == 0 else unit / factor
    return unit


def _word(word: str) -> Unit:
    word, _, exponent = word.partition("^")
    word = TIME_WORDS.get(word, word)
    if word in TIME_UNITS:
        unit = Unit(((TIME, 1),), TIME_UNITS[word])
    elif word == "%":
        unit = Unit((), Fraction(1, 100))
    elif word in ("", "1"):
        unit = Unit()
    elif word in TAKEN_UNITS:
        raise ValueError(f"{word!r} joins figures to what follows, so it cannot be a unit")
    elif word.replace("_", "a").isalnum() and not word[0].isdigit():
        unit = Unit(((word, 1),))
    else:
        raise ValueError(f"{word!r} is not a unit")
    if not exponent:
        return unit
    if not exponent.isdigit() or len(exponent) > 2:
        raise ValueError(f"{exponent!r} is not a power of a unit")
    return unit ** int(exponent)
