"""Working hours: the time of a week that lies within them, and the hours that a log's stamps show.

All clock times are in UTC, as everywhere in the language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mpmflow.model.process import DAYS, Works

Floats = npt.NDArray[np.float64]

DAY, HOUR, WEEK = 86400.0, 3600.0, 604800.0
_MONDAY = 4 * DAY  # 1970-01-05
_STAMPS, _WEEKS = 40, 2  # below, a calendar would be guessed
_DAY_OFF = 0.15  # a day with fewer stamps than this share of the busiest day's is off
_EDGE = 0.01  # share of the stamps that may lie before, and as many after, the hours
_INSIDE = 0.9
_EVIDENCE = 10.0  # log of the odds against stamps at any hour


@dataclass(frozen=True, eq=False)
class WeekHours:
    """Weekly working hours as seconds after Monday 00:00, (I,) openings and closings; none: always at work."""

    opens: Floats
    closes: Floats

    @classmethod
    def of(cls, works: Sequence[Works]) -> WeekHours:
        """The hours of a team; hours that overlap count once.

        >>> float(WeekHours.of([Works(days=["mon"], start="09:00", end="17:00")]).worked(0.0, 14 * 86400.0)) / 3600
        16.0
        """
        spans: list[tuple[float, float]] = []
        for one in works:
            hour, minute = (int(part) for part in one.start.split(":"))
            start = hour * HOUR + minute * 60
            for day in one.days:
                opens = DAYS.index(day) * DAY + start
                spans.append((opens, opens + one.seconds_per_day))
        merged: list[list[float]] = []
        for opens, closes in sorted(spans):
            if merged and opens <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], closes)
            else:
                merged.append([opens, closes])
        table = np.array(merged).reshape(-1, 2)
        return cls(table[:, 0], table[:, 1])

    def worked(self, begun: npt.ArrayLike, left: npt.ArrayLike) -> Any:
        """Working seconds between two moments (seconds since 1970); all of them where somebody is always at work."""
        start, end = np.asarray(begun, dtype=float), np.asarray(left, dtype=float)
        if not len(self.opens):
            return end - start
        return self._until(end) - self._until(start)

    def _until(self, moment: Floats) -> Any:
        at = moment - _MONDAY
        week = np.floor(at / WEEK)
        rest = (at - week * WEEK)[..., None]
        return week * (self.closes - self.opens).sum() + np.clip(rest - self.opens, 0.0, self.closes - self.opens).sum(
            axis=-1
        )

    def share_inside(self, moments: npt.ArrayLike) -> float:
        """The share of moments that lie within the hours, both ends included."""
        if not len(self.opens):
            return 1.0
        rest = ((np.asarray(moments, dtype=float) - _MONDAY) % WEEK)[:, None]
        return float(((rest >= self.opens) & (rest <= self.closes)).any(axis=1).mean())

    @property
    def week(self) -> float:
        """Working seconds of a week."""
        return float((self.closes - self.opens).sum()) if len(self.opens) else WEEK


@dataclass(frozen=True, slots=True)
class FoundHours:
    """Working hours that stamps show.

    Attributes:
        works: the hours; stamps: how many they rest on; inside: the share of the stamps that lies within them.
        evidence: log of the odds against stamps at any hour of the week alike.
    """

    works: tuple[Works, ...]
    stamps: int
    inside: float
    evidence: float


def found_hours(moments: npt.ArrayLike, by_day: bool = False) -> FoundHours | None:
    """The weekly hours in which the stamps of a log lie; None where they are too few, or lie at any hour.

    A day belongs to them that has at least 15 % as many stamps as the busiest, with the full hours around all but the
    first and the last per cent of its stamps. `by_day`: the log knows days only.

    Half-hours from nine to five, Monday to Friday, eight weeks long:

    >>> stamps = [_MONDAY + week * WEEK + day * DAY + 9 * HOUR + half * 1800.0
    ...     for week in range(8) for day in range(5) for half in range(16)]
    >>> [(one.days[0], one.days[-1], one.start, one.end) for one in found_hours(stamps).works]
    [('mon', 'fri', '09:00', '17:00')]
    """
    moment = np.sort(np.asarray(moments, dtype=float))
    if len(moment) < _STAMPS or moment[-1] - moment[0] < _WEEKS * WEEK:
        return None
    rest = (moment - _MONDAY) % WEEK
    day = (rest // DAY).astype(int)
    counts = np.bincount(day, minlength=7)
    at_work = counts >= _DAY_OFF * counts.max()
    works = tuple(_works(run, rest[np.isin(day, run)] % DAY, by_day) for run in _runs(at_work))
    hours = WeekHours.of(works)
    inside = hours.share_inside(moment)
    if hours.week >= WEEK or inside < _INSIDE:
        return None
    within = inside * len(moment)
    outside = len(moment) - within
    gain = within * np.log(inside / hours.week * WEEK)
    if outside > 0:
        gain += outside * np.log((1.0 - inside) / (WEEK - hours.week) * WEEK)
    evidence = float(gain - (1 + 2 * len(works)) * np.log(len(moment)))
    return FoundHours(works, len(moment), inside, evidence) if evidence > _EVIDENCE else None


def _runs(at_work: npt.NDArray[np.bool_]) -> list[list[int]]:
    """Working days that follow each other, Sunday before Monday included."""
    if at_work.all():
        return [list(range(7))]
    free = int(np.argmin(at_work))
    runs: list[list[int]] = [[]]
    for step in range(1, 8):
        day = (free + step) % 7
        if at_work[day]:
            runs[-1].append(day)
        elif runs[-1]:
            runs.append([])
    return sorted(run for run in runs if run)


def _works(days: list[int], clock: Floats, by_day: bool) -> Works:
    start, end = 0, 24
    if not by_day:
        low, high = np.quantile(clock, [_EDGE, 1.0 - _EDGE])
        start, end = int(low // HOUR), min(int(-(-high // HOUR)), 24)
        if end <= start:
            end = start + 1
    names: tuple[Any, ...] = tuple(DAYS[day] for day in days)
    return Works(days=names, start=f"{start:02d}:00", end=f"{end:02d}:00")


def works_text(works: Sequence[Works]) -> str:
    """Hours as the language writes them, those of the same days together.

    >>> works_text([Works(days=["mon", "tue"], start="09:00", end="12:00")])
    'mon-tue 09:00-12:00'
    """
    parts = []
    for one in works:
        days = one.days[0] if len(one.days) == 1 else f"{one.days[0]}-{one.days[-1]}"
        parts.append(f"{days} {one.start}-{one.end}")
    return ", ".join(parts)
