"""Working time and calendar time: what `1d` of work is, and how long it takes by the calendar.

Inside a workflow `d` and `w` of *work* mean a day and a week of the team's `works` calendar; without one the team is
always at work, a day has 24 hours and a week 7 days. A month and a year of work are as many such weeks as the month
and year of the calendar have. Waits, delays, deadlines and lags are calendar time.

In the exact analysis a stretch of work on a calendar takes as much longer as the calendar is open less: a week's
seconds over the week's working seconds. That is right on average over long works and approximate for short ones, which
is why results with such teams say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mpmflow.model import distributions as laws
from mpmflow.model.distributions import Duration
from mpmflow.model.process import DAYS, Team
from mpmflow.model.quantities import Quantity
from mpmflow.model.units import TIME_UNITS, TIME_WORDS

WEEK = Fraction(7 * 86400)


@dataclass(frozen=True, slots=True)
class WorkTime:
    """How much a day and a week of work are, in working seconds.

    Attributes:
        day: seconds of one day of work (the mean over the days on which the team works).
        week: seconds of one week of work.
    """

    day: Fraction = Fraction(86400)
    week: Fraction = WEEK

    @property
    def always(self) -> bool:
        """Whether the team is always at work, so that working time is calendar time."""
        return self.week is WEEK or self.week == WEEK

    @property
    def stretch(self) -> float:
        """Calendar seconds per working second, on average."""
        return 1.0 if self.week is WEEK else float(WEEK / self.week)

    def seconds(self, quantity: Quantity) -> float:
        """A time of work in working seconds."""
        unit = TIME_WORDS.get(quantity.unit, quantity.unit)
        if self.always or unit not in ("d", "w", "mo", "y"):
            return float(quantity.base)
        if unit == "d":
            return float(quantity.value * self.day)
        return float(quantity.value * TIME_UNITS[unit] / WEEK * self.week)


ALWAYS = WorkTime()


def work_time(team: Team | None) -> WorkTime:
    """The work time of a team; always at work without a team or a calendar. Overlapping hours count once.

    >>> from mpmflow.model.process import Works
    >>> office = Team(name="t", works=[Works(days=["mon", "tue"], start="09:00", end="17:00")])
    >>> work_time(office).seconds(Quantity(value=1, unit="d")), work_time(office).stretch
    (28800.0, 10.5)
    """
    if team is None or not team.works:
        return ALWAYS
    days = [sum(end - start for start, end in spans) for spans in _by_day(team).values()]
    return WorkTime(Fraction(sum(days), len(days)), Fraction(sum(days)))


def weekly_hours(team: Team) -> tuple[tuple[float, float], ...]:
    """When a team works, as spans in seconds since Monday 00:00 that do not touch; () for always.

    >>> from mpmflow.model.process import Works
    >>> split = [Works(days=["tue"], start="09:00", end="12:00"), Works(days=["mon"], start="23:00", end="24:00"),
    ...          Works(days=["tue"], start="00:00", end="01:00")]
    >>> [(start / 3600, end / 3600) for start, end in weekly_hours(Team(name="t", works=split))]
    [(23.0, 25.0), (33.0, 36.0)]
    """
    if not team.works:
        return ()
    spans = [
        (86400 * DAYS.index(day) + start, 86400 * DAYS.index(day) + end)
        for day, found in _by_day(team).items()
        for start, end in found
    ]
    joined = [(float(start), float(end)) for start, end in _union(spans)]
    return () if joined == [(0.0, float(WEEK))] else tuple(joined)


def _by_day(team: Team) -> dict[str, list[tuple[int, int]]]:
    spans: dict[str, list[tuple[int, int]]] = {}
    for works in team.works:
        hour, minute = (int(part) for part in works.start.split(":"))
        start = hour * 3600 + minute * 60
        for day in works.days:
            spans.setdefault(day, []).append((start, start + works.seconds_per_day))
    return {day: _union(found) for day, found in spans.items()}


def _union(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same time as spans that do not touch each other, in rising order."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


@dataclass(frozen=True, slots=True)
class Timing:
    """The law of a time with its parameters in seconds, as plain numbers.

    Attributes:
        law: constant, uniform, exponential, triangular, normal, lognormal, gamma, weibull or empirical.
        parameters: in seconds, in the order of the language: (value), (low, high), (mean), (low, mode, high),
            (mean, sd); weibull (shape, scale), its shape a pure number. Empirical: nothing, or a factor on all values.
            `queue`, the wait for a team, is no law of the text: chance to wait at all, mean over all visits.
        stretch: calendar seconds per second of these parameters; 1 for waits and delays.
        source: of an empirical law, file and column.
    """

    law: str
    parameters: tuple[float, ...]
    stretch: float = 1.0
    source: tuple[str, str] | None = None


def timing(duration: Duration, work: WorkTime = ALWAYS) -> Timing:
    """A duration as plain numbers: of work on a team's calendar, or (by default) of calendar time.

    >>> timing(laws.Constant(value="2h"))
    Timing(law='constant', parameters=(7200.0,), stretch=1.0, source=None)
    """
    seconds = work.seconds
    stretch = work.stretch
    if isinstance(duration, laws.Constant):
        return Timing("constant", (seconds(duration.value),), stretch)
    if isinstance(duration, laws.Uniform):
        return Timing("uniform", (seconds(duration.low), seconds(duration.high)), stretch)
    if isinstance(duration, laws.Exponential):
        return Timing("exponential", (seconds(duration.mean),), stretch)
    if isinstance(duration, laws.Triangular):
        bounds = (seconds(duration.low), seconds(duration.mode), seconds(duration.high))
        return Timing("triangular", bounds, stretch)
    if isinstance(duration, laws.Weibull):
        return Timing("weibull", (float(duration.shape), seconds(duration.scale)), stretch)
    if isinstance(duration, laws.Empirical):
        return Timing("empirical", (), stretch, (duration.file, duration.column))
    return Timing(duration.law, (seconds(duration.mean), seconds(duration.sd)), stretch)
