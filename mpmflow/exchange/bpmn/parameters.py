"""What a simulator was told about a diagram: shares, times, people, hours, arrivals; times as the language has them.

The readers of the three forms (`prosimos`, `qbp`, `bpsim`) fill one record. Numbers are rounded to what a person would
write: shares to a millionth, times to four digits after the point of their unit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from mpmflow.model import distributions as law
from mpmflow.model.distributions import Duration
from mpmflow.model.process import DAYS, Arrivals, Day, Works
from mpmflow.model.quantities import Quantity

_WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBER: dict[str, int] = {day: number for number, day in enumerate(DAYS)}
_UNITS = (("h", 3600), ("min", 60), ("s", 1))


@dataclass(slots=True)
class Pool:
    """People who can do the same work: how many, what an hour costs, when they work."""

    name: str
    people: int = 1
    hourly: Fraction | None = None
    works: tuple[Works, ...] = ()


@dataclass(slots=True)
class Parameters:
    """What was said.

    Attributes:
        shares: id of a sequence flow, or (gateway, node behind it) -> share.
        takes, waits: id of an activity or event -> time.
        by: id of an activity -> key of a pool.
        costs: id of an activity -> what one visit costs.
        pools: people by key.
        arrivals: of the process, where said.
        currency: of costs, "eur" where nothing is said.
        kept: what was said that a model cannot say, in words.
    """

    shares: dict[str | tuple[str, str], Fraction] = field(default_factory=dict)
    takes: dict[str, Duration] = field(default_factory=dict)
    waits: dict[str, Duration] = field(default_factory=dict)
    by: dict[str, str] = field(default_factory=dict)
    costs: dict[str, Fraction] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    arrivals: Arrivals | None = None
    currency: str = "eur"
    kept: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        """Note something once."""
        if sentence not in self.kept:
            self.kept.append(sentence)


def time(seconds: Fraction) -> Quantity:
    """A time in the largest of h, min and s in which it is at least 1, with at most four digits behind the point.

    >>> str(time(Fraction(7200))), str(time(Fraction(90))), str(time(Fraction(148296, 10)))
    ('2h', '1.5min', '4.1193h')
    """
    unit, length = next(((unit, length) for unit, length in _UNITS if seconds >= length), _UNITS[-1])
    return Quantity(value=round(seconds / length, 4), unit=unit)


def share(value: Fraction) -> Fraction:
    """A share, rounded to a millionth."""
    return round(value, 6)


def constant(seconds: Fraction) -> Duration:
    """Always this time."""
    return law.Constant(value=time(seconds))


def uniform(low: Fraction, high: Fraction) -> Duration:
    """Anything between; a constant where both are one."""
    return constant(low) if low >= high else law.Uniform(low=time(low), high=time(high))


def exponential(mean: Fraction) -> Duration:
    """Exponential with this mean."""
    return law.Exponential(mean=time(mean)) if mean > 0 else constant(mean)


def triangular(low: Fraction, mode: Fraction, high: Fraction) -> Duration:
    """Lowest, most likely and highest; in whatever order they were given."""
    low, mode, high = sorted((low, mode, high))
    return constant(low) if low == high else law.Triangular(low=time(low), mode=time(mode), high=time(high))


def spread(kind: Literal["normal", "lognormal", "gamma"], mean: Fraction, sd: Fraction) -> Duration:
    """Normal, lognormal or gamma with this mean and standard deviation; a constant without spread."""
    if sd <= 0 or mean <= 0:
        return constant(max(mean, Fraction(0)))
    if kind == "normal":
        return law.Normal(mean=time(mean), sd=time(sd))
    if kind == "lognormal":
        return law.Lognormal(mean=time(mean), sd=time(sd))
    return law.Gamma(mean=time(mean), sd=time(sd))


def root(value: Fraction) -> Fraction:
    """The square root, to nine digits: a standard deviation from a variance."""
    return Fraction(repr(round(float(value) ** 0.5, 9))) if value > 0 else Fraction(0)


def number(text: object) -> Fraction | None:
    """A finite number of at least zero, exactly as written; None for anything else.

    >>> number("0.25"), number(3), number("soon"), number("inf"), number(True)
    (Fraction(1, 4), Fraction(3, 1), None, None, None)
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return None
    written = repr(text) if isinstance(text, float) else str(text).strip()
    if not re.fullmatch(r"\d{1,30}(\.\d{0,40})?([eE][+-]?\d{1,2})?", written):
        return None
    return Fraction(written)


_ISO = re.compile(
    r"P(?:(?P<y>\d+(?:\.\d+)?)Y)?(?:(?P<mo>\d+(?:\.\d+)?)M)?(?:(?P<w>\d+(?:\.\d+)?)W)?(?:(?P<d>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<h>\d+(?:\.\d+)?)H)?(?:(?P<min>\d+(?:\.\d+)?)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)


def iso_duration(text: str) -> Quantity | None:
    """A duration of ISO 8601 in its own unit, or in hours where it has several; None for what is none.

    >>> str(iso_duration("P3D")), str(iso_duration("PT1H30M")), iso_duration("tomorrow")
    ('3d', '1.5h', None)
    """
    found = _ISO.fullmatch(text.strip()[:100])
    given = {unit: value for unit, value in found.groupdict().items() if value} if found else {}
    if not given:
        return None
    parts = [Quantity(value=Fraction(value), unit=unit) for unit, value in given.items()]
    return parts[0] if len(parts) == 1 else time(sum((part.base for part in parts), Fraction(0)))


def hours(periods: Sequence[tuple[str, str, str, str]]) -> tuple[Works, ...] | None:
    """Working hours from (first day, last day, from, to), days as `MONDAY`; () for always, None for what is none.

    Hours that end a minute or less before an hour end with it, as tools write the last second of it. Stretches that
    touch are one.

    >>> (week,) = hours([("MONDAY", "FRIDAY", "09:00:00", "16:59:59")])
    >>> week.days[0], week.days[-1], week.start, week.end
    ('mon', 'fri', '09:00', '17:00')
    >>> hours([("MONDAY", "SUNDAY", "00:00:00.000+00:00", "23:59:59.999+00:00")])
    ()
    """
    days: list[set[int]] = [set() for _ in DAYS]
    for first, last, begin, end in periods:
        opens, closes = _minute(begin), _minute(end)
        if opens is None or closes is None or not {first[:3].lower(), last[:3].lower()} <= _NUMBER.keys():
            return None
        if closes % 60 == 59 or closes == 0:
            closes = closes + 1 if closes else 24 * 60
        start = _NUMBER[first[:3].lower()]
        length = _NUMBER[last[:3].lower()] - start
        for step in range(length % 7 + 1):
            days[(start + step) % 7].update(range(opens, closes))
    stretches = [_stretches(minutes) for minutes in days]
    if not any(stretches):
        return None
    if all(one == [(0, 24 * 60)] for one in stretches):
        return ()
    found: list[Works] = []
    place = 0
    while place < 7:
        end_ = place
        while end_ + 1 < 7 and stretches[end_ + 1] == stretches[place]:
            end_ += 1
        named: Sequence[Day] = _WEEK[place : end_ + 1]
        found += [Works(days=tuple(named), start=_clock(low), end=_clock(high)) for low, high in stretches[place]]
        place = end_ + 1
    return tuple(found)


def _minute(text: str) -> int | None:
    found = re.match(r"([01]?\d|2[0-4]):([0-5]\d)", text.strip())
    return int(found[1]) * 60 + int(found[2]) if found else None


def _stretches(minutes: set[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for minute in sorted(minutes):
        if found and found[-1][1] == minute:
            found[-1] = (found[-1][0], minute + 1)
        else:
            found.append((minute, minute + 1))
    return found


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
