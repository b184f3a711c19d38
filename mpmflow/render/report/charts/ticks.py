"""Where the lines of a grid stand, and what is written beside them: round numbers in the unit that reads best, and
dates that people count by.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from mpmflow.model.units import parse_unit
from mpmflow.render.risk_words import MONTHS, bare, one_unit

STEPS = (1, 2, 5)
NEAR_ZERO = 0.45
"""A scale begins at nothing if what it shows reaches below this part of its top."""
ROOM = 1.3
"""A scale reaches so much above what nearly all of the past stayed below; higher spikes are cut, and marked."""
FEWEST = 12
"""Of fewer values none is a spike."""
AIR = 0.06
"""Part of the scale that stays free above and below."""
_SHOWN_MONTHS = (1, 2, 3, 6, 12, 24, 60)

Tick = tuple[float, str]


def scale(history: Sequence[float], held: Iterable[float] = ()) -> tuple[float, float]:
    """The lowest and highest value of a scale, with some air; from 0 where that is near.

    It holds every value of `held`, and of the `history` all but spikes that would leave no room for the rest: for the
    sake of three in a hundred, or of one, it reaches at most `ROOM` times as high as the others go.

    >>> scale([4.0, 10.0])
    (0.0, 10.6)
    >>> low, high = scale([90.0, 100.0])
    >>> round(low, 3), round(high, 3)
    (89.4, 100.6)
    >>> low, high = scale([1.0] * 60 + [80.0], held=[4.0])
    >>> round(low, 3), round(high, 3)
    (0.0, 4.24)
    """
    past = sorted(value for value in history if math.isfinite(value))
    usual = past[math.floor(0.97 * (len(past) - 1))] if len(past) >= FEWEST else 0.0
    top = ROOM * usual if usual > 0 else math.inf
    known = [min(value, top) for value in past] + [value for value in held if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if low == high:
        low, high = (0.0, 1.0) if not low else (low - abs(low) / 2, high + abs(high) / 2)
    air = AIR * (high - low)
    if 0.0 <= low <= NEAR_ZERO * high:
        return 0.0, high + AIR * high
    if NEAR_ZERO * low <= high <= 0.0:
        return low + AIR * low, 0.0
    return low - air, high + air


def of_values(low: float, high: float, unit: str, most: int = 5) -> tuple[list[Tick], str]:
    """Round numbers between two values, at most `most`, each with its words; and what they count, where that is left
    out of the words because it is long.

    >>> of_values(0.0, 0.16, "%")
    ([(0.0, '0%'), (0.05, '5%'), (0.1, '10%'), (0.15, '15%')], '')
    >>> of_values(0.0, 1296000.0, "d", most=4)
    ([(0.0, '0 d'), (432000.0, '5 d'), (864000.0, '10 d'), (1296000.0, '15 d')], '')
    >>> of_values(0.0, 900000.0, "eur", most=3)
    ([(0.0, '0'), (500000.0, '500k')], 'eur')
    """
    size, word = _size(max(abs(low), abs(high)), unit)
    first, last = low / size, high / size
    step = _step((last - first) / most)
    while math.floor(last / step + 1e-9) - math.ceil(first / step - 1e-9) + 1 > most:
        step = _step(step * 1.5)
    numbers = range(math.ceil(first / step - 1e-9), math.floor(last / step + 1e-9) + 1)
    found = [(number * step * size, _words(number * step * size, unit, word)) for number in numbers]
    if word or not any(" " in words for _, words in found):
        return found, ""
    return [(value, words.partition(" ")[0]) for value, words in found], found[-1][1].partition(" ")[2]


def of_days(first: date, last: date, most: int = 7) -> list[tuple[date, str]]:
    """Dates between two days that people count by: Mondays, first days of months, of quarters, of years.

    >>> of_days(date(2026, 1, 5), date(2026, 2, 9), most=4)
    [(datetime.date(2026, 1, 5), '5 Jan'), (datetime.date(2026, 1, 19), '19 Jan'), (datetime.date(2026, 2, 2), '2 Feb')]
    >>> [words for _, words in of_days(date(2017, 11, 20), date(2019, 3, 31), most=6)]
    ['Jan 2018', 'Apr', 'Jul', 'Oct', 'Jan 2019']
    """
    days = (last - first).days
    for weeks in (1, 2, 4):
        if days // (7 * weeks) < most and days <= 120:
            monday = first + timedelta(days=-first.weekday() % 7)
            found = [monday + timedelta(days=step) for step in range(0, (last - monday).days + 1, 7 * weeks)]
            return [(one, f"{one.day} {MONTHS[one.month - 1]}") for one in found]
    for months in _SHOWN_MONTHS:
        starts = [one for one in _months(first, last) if (one.year * 12 + one.month - 1) % months == 0]
        if len(starts) <= most:
            break
    if len(starts) > most:
        starts = starts[:: math.ceil(len(starts) / most)]
    return [(one, _month(one, number == 0)) for number, one in enumerate(starts)]


def _month(start: date, leading: bool) -> str:
    word = MONTHS[start.month - 1]
    return f"{word} {start.year}" if start.month == 1 or leading else word


def _months(first: date, last: date) -> Iterable[date]:
    year, month = first.year, first.month
    while date(year, month, 1) <= last:
        if date(year, month, 1) >= first:
            yield date(year, month, 1)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _size(largest: float, unit: str) -> tuple[float, str]:
    """What 1 on the scale is in base units, and the word of the unit where it is one of time."""
    measure = parse_unit(unit)
    if measure.is_time:
        word, size = one_unit(largest)
        return size, word
    return (0.01, "%") if unit == "%" else (float(measure.factor), "")


def _words(value: float, unit: str, word: str) -> str:
    """A round figure: times all in one unit, so that a column of them can be compared."""
    if parse_unit(unit).is_time:
        return f"{value / one_unit_size(word):.10g} {word}"
    return bare(value, unit)


def one_unit_size(word: str) -> float:
    """Seconds in a unit of time.

    >>> one_unit_size("h")
    3600.0
    """
    return float(parse_unit(word).factor)


def _step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, … that is not below a number."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (*STEPS, 10) if step * power >= least * (1 - 1e-9))
