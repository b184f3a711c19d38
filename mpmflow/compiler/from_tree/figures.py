"""Numbers, dates and durations: a literal becomes a number here and nowhere else.

Every number is exact: `20%` is 20 in the unit `%` and 1/5 in base units, `1.2M eur` is 1200000 eur.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

from mpmflow.diagnostics.source import Span
from mpmflow.diagnostics.suggest import nearest
from mpmflow.model import distributions as law
from mpmflow.model.base import MOST_DIGITS
from mpmflow.model.measures import Target
from mpmflow.model.quantities import MULTIPLIERS, SHORT, Quantity
from mpmflow.model.units import TAKEN_UNITS, TIME_UNITS, parse_unit, plain_unit
from mpmflow.syntax import tree

from .bridge import Bridge, make

MAX_DIGITS = SHORT
MAX_EXPONENT = 30
_NUMBER = re.compile(r"^([+-]?)(\d[\d_]*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?([kM]?)$")
_RATIO = re.compile(r"^([+-]?)(\d+)/(\d+)$")

ONE_WEEK = Quantity.model_construct(value=Fraction(1), unit="w")
NOTHING = Fraction(0)


def number(bridge: Bridge, text: str, span: Span | None) -> Fraction:
    """The exact number that a literal stands for, with its multiplier; 0 and a fault when it is out of bounds."""
    ratio = _RATIO.match(text)
    if ratio is not None:
        sign, above, below = ratio.groups()
        if max(len(above), len(below)) > MOST_DIGITS:
            bridge.fault("number-too-long", span, limit=MOST_DIGITS)
        elif int(below):
            return Fraction(int(above), -int(below) if sign == "-" else int(below))
        else:
            bridge.fault("not-a-number", span, text=text)
        return NOTHING
    match = _NUMBER.match(text)
    if match is None:
        bridge.fault("not-a-number", span, text=text[:40])
        return NOTHING
    sign, whole, decimals, exponent, letter = match.groups()
    whole, decimals = whole.replace("_", ""), decimals or ""
    if (
        len(whole) + len(decimals) > MAX_DIGITS
        or (exponent and len(exponent) > 4)
        or abs(int(exponent or 0)) > MAX_EXPONENT
    ):
        bridge.fault("number-too-long", span, limit=MAX_DIGITS)
        return NOTHING
    value = Fraction(int(whole + decimals), 10 ** len(decimals)) if decimals else Fraction(int(whole))
    if exponent:
        value *= Fraction(10) ** int(exponent)
    if letter:
        value *= MULTIPLIERS[letter]
    return -value if sign == "-" else value


def quantity(bridge: Bridge, written: tree.Quantity | tree.Rate) -> Quantity:
    """A number with its unit; `3 per week` is 3 in the unit `1/w`, `900 per 13w` is 900/13 in it."""
    if isinstance(written, tree.Rate):
        inner, per = quantity(bridge, written.quantity), quantity(bridge, written.per)
        value = inner.value
        if per.value <= 0 or not per.unit:
            bridge.fault("not-a-span", written.per.span, text=_text(written.per))
        else:
            value = value / per.value
        return bridge.part(Quantity, written.span, value=value, unit=f"{inner.unit or '1'}/{per.unit or 'w'}")
    value = number(bridge, written.number, written.span)
    unit = unit_of(bridge, written.unit or "", written.span)
    if written.unit and not unit:
        value = NOTHING  # zero fits everything, so that a word that is no unit is reported once
    return bridge.part(Quantity, written.span, value=value, unit=unit)


def unit_of(bridge: Bridge, text: str, span: Span | None) -> str:
    """A unit in its one spelling; none and a fault for a word that joins figures."""
    plain = plain_unit(text)
    taken = next((word for word in plain.split("/") if word in TAKEN_UNITS), None)
    if taken is None:
        return plain
    bridge.fault("not-a-unit", span, word=taken)
    return ""


def maybe_quantity(bridge: Bridge, written: tree.Quantity | tree.Rate | None) -> Quantity | None:
    """A number with its unit where there is one."""
    return None if written is None else quantity(bridge, written)


def share(bridge: Bridge, written: tree.Quantity, *, limit: int | None = 1) -> Fraction:
    """A share as a fraction: `20%` is 1/5, and so is `0.2`. A fault outside 0 to 100 %, or, if `limit` is
    None (a change, which may be of more), when it is not above 0.
    """
    figure = quantity(bridge, written)
    if figure.unit not in ("", "%"):
        bridge.fault("not-a-share", written.span, text=_text(written))
        return NOTHING
    value = figure.base
    if limit is None:
        if value <= 0:
            bridge.fault("not-a-change", written.span, text=_text(written))
    elif not 0 <= value <= limit:
        bridge.fault("share-out-of-range", written.span, text=_text(written))
        return max(NOTHING, min(Fraction(limit), value))
    return value


def count(bridge: Bridge, written: tree.Quantity, what: str, *, least: int = 1) -> int:
    """A whole number of things, at least `least`; a unit of its own is let pass if it is a count (`3 people`)."""
    figure = quantity(bridge, written)
    unit = parse_unit(figure.unit)
    if figure.unit == "%" or unit.without_counts().powers or figure.value.denominator != 1 or figure.value < least:
        bridge.fault("not-a-count", written.span, what=what, least=least, text=_text(written))
        return least
    return int(figure.value)


def span_of_time(bridge: Bridge, written: tree.Quantity, *, zero: bool = True) -> Quantity:
    """A length of time; a fault when the unit is none of time, or when it is negative (or zero, if that is asked)."""
    figure = quantity(bridge, written)
    if not parse_unit(figure.unit).is_time:
        bridge.fault("not-a-span", written.span, text=_text(written))
        return make(Quantity, value=NOTHING if zero else Fraction(1), unit="w")
    if figure.value < 0 or (figure.value == 0 and not zero):
        bridge.fault("negative-value", written.span, text=_text(written), what="a length of time")
        return make(Quantity, value=abs(figure.value) or Fraction(1), unit=figure.unit)
    return figure


def money(bridge: Bridge, written: tree.Quantity, *, per_time: bool = False, per_visit: bool = False) -> Quantity:
    """An amount of money: of one visit, of a person and time, or as such."""
    figure = quantity(bridge, written)
    unit = parse_unit(figure.unit)
    powers = dict(unit.powers)
    currency = len(unit.currencies) == 1 and powers.get(unit.currencies[0]) == 1
    is_amount, is_rate = currency and len(powers) == 1, currency and powers.get("time") == -1 and len(powers) == 2
    if not (is_rate if per_time else is_amount):
        expected = "money per time" if per_time else "an amount of money"
        hint, form = None, None
        if per_visit and is_rate:
            hint = f"`costs` is money per visit; money per time belongs to the team: `cost {_text(written)}`"
        elif per_time and is_amount:
            hint = (
                f"`cost` is what a person costs per time; money per visit belongs to the step: `costs {_text(written)}`"
            )
        else:
            form = "60 eur/h" if per_time else "400 eur"
        bridge.fault("not-money", written.span, text=_text(written), expected=expected, hint=hint, form=form)
        return make(Quantity, value=NOTHING, unit="eur/h" if per_time else "eur")
    if figure.value < 0:
        bridge.fault("negative-value", written.span, text=_text(written), what="a cost")
    return figure


def day(bridge: Bridge, written: tree.Word | None) -> date | None:
    """A date of the calendar, or None where none is written. For one that does not exist the nearest before stands in,
    so that it is reported once.
    """
    if written is None:
        return None
    year, month, number = (int(part) for part in written.text.split("-"))
    try:
        return date(year, month, number)
    except ValueError:
        if written.span is None or written.span.text == written.text:  # else it is reported as no date at all
            bridge.fault("no-such-date", written.span, text=written.text)
    year, month = min(max(year, date.min.year), date.max.year), min(max(month, 1), 12)
    return date(year, month, min(max(number, 1), monthrange(year, month)[1]))


def target(bridge: Bridge, written: tree.Target) -> Target:
    """`at least 900 per 13w by 2026-09-30`."""
    bound: Literal["at least", "at most"] = "at least" if written.bound.endswith("least") else "at most"
    made = bridge.part(
        Target,
        written.span,
        comparison=bound,
        value=quantity(bridge, written.value),
        per=span_of_time(bridge, written.per, zero=False) if written.per else None,
        start=day(bridge, written.total_from),
        by=day(bridge, written.by),
    )
    bridge.mark(made, value=written.value, per=written.per, start=written.total_from, by=written.by)
    return made


# --- durations ---

_LAWS: dict[str, tuple[type[law.Law], tuple[str, ...], str]] = {
    "exponential": (law.Exponential, ("mean",), "exponential(2d)"),
    "triangular": (law.Triangular, ("low", "mode", "high"), "triangular(2h, 4h, 2d)"),
    "normal": (law.Normal, ("mean", "sd"), "normal(mean 3d, sd 1d)"),
    "lognormal": (law.Lognormal, ("mean", "sd"), "lognormal(mean 3d, sd 2d)"),
    "gamma": (law.Gamma, ("mean", "sd"), "gamma(mean 3d, sd 2d)"),
    "weibull": (law.Weibull, ("shape", "scale"), "weibull(shape 1.5, scale 2d)"),
    "empirical": (law.Empirical, ("file", "column"), 'empirical("times.csv", hours)'),
}
"""The laws by their word in the language, with their parameters in order and a call that is right."""


def duration(bridge: Bridge, written: tree.Duration) -> Any:
    """A constant or random time."""
    if isinstance(written, tree.Quantity):
        return bridge.part(law.Constant, written.span, value=span_of_time(bridge, written))
    if isinstance(written, tree.Between):
        low, high = span_of_time(bridge, written.low), span_of_time(bridge, written.high)
        _in_order(bridge, written.span, low, high)
        return bridge.part(law.Uniform, written.span, low=low, high=high)
    return _distribution(bridge, written)


def _distribution(bridge: Bridge, written: tree.Distribution) -> Any:
    name = written.name.text
    if name not in _LAWS:
        bridge.fault(
            "unknown-name",
            written.name.span,
            kind="distribution",
            name=name,
            nearest=nearest(name, _LAWS),
            known=sorted(_LAWS),
        )
        return _no_time(bridge, written)
    kind, wanted, usage = _LAWS[name]
    fields: dict[str, Any] = {}
    for position, argument in enumerate(written.arguments):
        field = argument.name.text if argument.name else wanted[position] if position < len(wanted) else ""
        if field not in wanted or field in fields:
            bridge.fault("distribution-arguments", argument.span or written.span, name=name, usage=usage, reason="")
            return _no_time(bridge, written)
        fields[field] = _parameter(bridge, field, argument.value)
    if len(fields) < len(wanted) or any(value is None for value in fields.values()):
        bridge.fault("distribution-arguments", written.span, name=name, usage=usage, reason="")
        return _no_time(bridge, written)
    if name == "empirical":
        bridge.files.append((fields["file"], written.span))
    elif name == "triangular":
        _in_order(bridge, written.span, fields["low"], fields["mode"], fields["high"])
    elif name == "weibull" and not 0 < fields["shape"] <= 100:
        bridge.fault(
            "distribution-arguments", written.span, name=name, usage=usage, reason="its shape is between 0 and 100"
        )
        fields["shape"] = Fraction(1)
    elif name in ("lognormal", "gamma") and fields["mean"].value == 0:
        bridge.fault("distribution-arguments", written.span, name=name, usage=usage, reason="its mean is above zero")
    return bridge.part(kind, written.span, **fields)


def _parameter(bridge: Bridge, field: str, written: tree.Quantity | tree.Text | tree.Word) -> Any:
    if field in ("file", "column"):
        if field == "file" and not isinstance(written, tree.Text):
            return None
        return None if isinstance(written, tree.Quantity) else str(written)
    if not isinstance(written, tree.Quantity):
        return None
    if field == "shape":
        return None if written.unit else number(bridge, written.number, written.span)
    return span_of_time(bridge, written)


def _in_order(bridge: Bridge, span: Span | None, *times: Quantity) -> None:
    if any(low.base > high.base for low, high in pairwise(times)):
        bridge.fault("bounds-out-of-order", span, bounds=[str(time) for time in times])


def _no_time(bridge: Bridge, written: tree.Distribution) -> law.Constant:
    return bridge.part(law.Constant, written.span, value=make(Quantity, value=NOTHING, unit="h"))


def _text(written: tree.Quantity) -> str:
    unit = written.unit or ""
    apart = "" if not unit or unit == "%" or unit in TIME_UNITS else " "
    return f"{written.number}{apart}{unit}"
