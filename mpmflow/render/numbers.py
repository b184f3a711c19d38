"""Numbers as people read them. Rounding happens here and nowhere else."""

from __future__ import annotations

import math

_UNITS = (("y", 31557600.0), ("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))


def significant(value: float, digits: int = 3) -> str:
    """A number with about `digits` significant digits, without an exponent, thousands apart.

    >>> significant(0.012345), significant(1234567.0), significant(12.0)
    ('0.0123', '1,230,000', '12')
    """
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else ("more than can be said" if value > 0 else "less than can be said")
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    text = f"{rounded:,.{max(0, places)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float, digits: int = 3) -> str:
    """A share in per cent: `20%`, `0.13%`, `99.97%`; what is not quite nothing or all never reads so.

    >>> percent(0.2), percent(0.12345), percent(0.99996)
    ('20%', '12.3%', '99.996%')
    """
    while True:
        text = significant(100 * share, digits)
        if digits >= 9 or not ((share < 1 and text == "100") or (share > 0 and text == "0")):
            return f"{text}%"
        digits += 1


def duration(seconds: float, digits: int = 3) -> str:
    """A time in the unit that reads best: `3.2 d`, `4 h`, `25 min`.

    >>> duration(4 * 3600), duration(11.087 * 86400), duration(0)
    ('4 h', '11.1 d', '0 s')
    """
    for unit, size in _UNITS:
        if abs(seconds) >= size * (2 if unit == "y" else 1):
            return f"{significant(seconds / size, digits)} {unit}"
    return f"{significant(seconds, digits)} s"


def hours(seconds: float, digits: int = 3) -> str:
    """An amount of work: never in days, because a day of work is not a day of the calendar.

    >>> hours(35.6 * 3600), hours(600)
    ('35.6 h', '10 min')
    """
    return f"{significant(seconds / 3600, digits)} h" if seconds >= 3600 else duration(seconds, digits)
