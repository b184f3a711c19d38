"""The fake clock: what a case gives, laid on one grid of periods.

A value dated on a day is known on the evening of that day. Series of one spacing lie on one grid; where spacings
differ, the finest is the grid and a rarer value stands for every period until its next one is due.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from mpmflow.model import scenes
from mpmflow.model.observations import Observations
from mpmflow.model.quantities import Quantity

from .cases import Case, CaseFault

MOST_PERIODS = 100_000
WEEK = Quantity(value=Fraction(1), unit="w")
_MONTHS = {"mo": 1, "y": 12}


def given_in(case: Case) -> Observations:
    """What a case gives, through the last evening that it gives or asks about; all periods are full ones.

    Raises CaseFault for a cell that fits nowhere, two series of one name, or more periods than a test may have.
    """
    rows = {}
    for given in case.test.given:
        if given.name in rows:
            raise CaseFault(f"`{given.name}` is given twice; write all its values in one line")
        start = datetime.combine(case.day(given.start), time(), UTC)
        rows[given.name] = (start, given.every, values_of(case, given))
    asked = [day for expected in case.test.expects for day in evenings(case, expected)]
    finest = min((every for _, every, _ in rows.values()), key=lambda every: every.base, default=WEEK)
    first = min((start for start, _, _ in rows.values()), default=_midnight(min(asked, default=date(2026, 1, 5))))
    lasts = [step(start, every, len(values) - 1) for start, every, values in rows.values()]
    end = max([*lasts, *(_midnight(day) for day in asked), first])
    starts = _grid(first, finest, end)
    series = {name: _laid(starts, *row) for name, row in rows.items()}
    ends = (*starts[1:], step(first, finest, len(starts)))
    return Observations(starts, ends, ends[-1], float(finest.base), series=series)


def evenings(case: Case, expected: scenes.Expectation) -> tuple[date, ...]:
    """The first and the last evening that an expectation looks at; none for one without a date."""
    if isinstance(expected, scenes.ExpectSilence) or expected.at is None:
        return ()
    first = case.day(expected.at)
    if expected.within is None:
        return (first,)
    return first, (_midnight(first) + timedelta(seconds=float(expected.within.base))).date()


def values_of(case: Case, given: scenes.Given) -> tuple[float | None, ...]:
    """The values that are given, in base units, None for a missing one."""
    found: list[float | None] = []
    for entry in given.values:
        if isinstance(entry, scenes.Ramp):
            found += _ramp(case, entry)
            continue
        value = case.value(entry) if isinstance(entry, scenes.Cell) else entry.value
        if value is None or value == "_":
            found.append(None)
        else:
            found.append(float(case.number_of(value).base))
    return tuple(found)


def _ramp(case: Case, ramp: scenes.Ramp) -> list[float | None]:
    start = ramp.start if isinstance(ramp.start, scenes.Cell) else ramp.start.value
    if start is None or case.value(start) == "_":
        return [None] * (ramp.times + 1)
    first, each = case.number_of(start).base, case.number_of(ramp.step).base
    each = -each if ramp.down else each
    return [float(first + each * number) for number in range(ramp.times + 1)]


def step(start: datetime, every: Quantity, count: int) -> datetime:
    """The moment so many spans after another one; months and years are those of the calendar.

    >>> step(datetime(2026, 1, 31, tzinfo=UTC), Quantity(value=1, unit="mo"), 1).date().isoformat()
    '2026-02-28'
    """
    months = _MONTHS.get(every.unit)
    if months is None or every.value.denominator != 1:
        return start + timedelta(seconds=float(every.base * count))
    year, month = divmod(start.year * 12 + start.month - 1 + months * int(every.value) * count, 12)
    for day in (start.day, 30, 29, 28):
        try:
            return start.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")  # pragma: no cover


def _grid(first: datetime, every: Quantity, end: datetime) -> tuple[datetime, ...]:
    count = int((end - first).total_seconds() / float(every.base)) + 2
    if count > MOST_PERIODS:
        raise CaseFault(
            f"from {first.date()} to {end.date()} there are more than {MOST_PERIODS:,} periods of {every}; a date is "
            "probably wrong, or the period too short"
        )
    moments = (step(first, every, number) for number in range(count + 1))
    return tuple(moment for moment in moments if moment <= end)


def _laid(
    starts: Sequence[datetime], first: datetime, every: Quantity, values: Sequence[float | None]
) -> tuple[float | None, ...]:
    row: list[float | None] = [None] * len(starts)
    for number, value in enumerate(values):
        at = max(0, bisect_right(starts, step(first, every, number)) - 1)
        due = bisect_right(starts, step(first, every, number + 1) - timedelta(microseconds=1))
        for position in range(at, max(due, at + 1)):
            row[position] = value
    return tuple(row)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
