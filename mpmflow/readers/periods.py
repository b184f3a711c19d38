"""Moments and periods: how a date in a file, an as-of day and a spacing become one grid of time.

Inside this room a moment is an integer, the milliseconds since 1970-01-01 00:00 UTC, so that sums of times are exact
and the same on every machine. A date without a time is the start of that day, except for an as-of day, which means its
end. A time without a zone is read as UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.quantities import Quantity

SECOND = 1000
DAY = 86_400 * SECOND
WEEK = 7 * DAY
MONDAY = 4 * DAY
"""The first Monday after the epoch, 1970-01-05: weeks are counted from here, so that they start on Mondays."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PATIENCE = 0.99
"""A case that could end in silence counts as ended once this share of those that went on had done so sooner."""
MOST_PERIODS = 50_000
"""More periods than this come of a wrong date, not of a long history."""


def moment(text: str) -> int | None:
    """The moment that an ISO 8601 text means, or None when it is no date and no time.

    >>> moment("1970-01-01T01:00:00+01:00"), moment("1970/01/02"), moment("02/01/1970")
    (0, 86400000, None)
    """
    text = text.strip()
    if text[4:5] == "/" == text[7:8]:
        # Year first, as process-mining tools write it; other orders with a slash are read differently by country.
        text = text.replace("/", "-", 2)
    try:
        return to_moment(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def to_moment(value: date | datetime) -> int:
    """A date (its start) or a time as a moment; parts of a millisecond are cut off."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    since = value - EPOCH
    return since.days * DAY + since.seconds * SECOND + since.microseconds // 1000


def to_time(ms: int) -> datetime:
    """A moment as a time in UTC."""
    return EPOCH + timedelta(milliseconds=ms)


def end_of(as_of: date | datetime | str) -> int:
    """The moment before which everything is known: a day means its end, a time means itself.

    >>> to_time(end_of("2026-03-02")).isoformat(), to_time(end_of("2026-03-02T12:00")).isoformat()
    ('2026-03-03T00:00:00+00:00', '2026-03-02T12:00:00+00:00')
    """
    if isinstance(as_of, str):
        text = as_of.strip()
        try:
            as_of = date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
        except ValueError:
            raise DataError(f"{text!r} is no date that observations could end at; write it as 2026-03-02") from None
    return to_moment(as_of) if isinstance(as_of, datetime) else to_moment(as_of) + DAY


def day_end(ms: int) -> int:
    """The end of the day in which a moment lies."""
    return ms // DAY * DAY + DAY


@dataclass(frozen=True, slots=True)
class Grid:
    """Periods of equal length, or of whole months, laid over all of time and numbered.

    Attributes:
        anchor: the start of period 0.
        width: milliseconds of a period; 0 where periods are months.
        months: months of a period; 0 where they have a width.
    """

    anchor: int = MONDAY
    width: int = WEEK
    months: int = 0

    @classmethod
    def every(cls, period: Quantity | str) -> Grid:
        """The grid of a span such as `1w`: weeks start on Mondays, months and years on their first day.

        >>> to_time(Grid.every("1w").start(0)).isoformat(), Grid.every("1mo").months
        ('1970-01-05T00:00:00+00:00', 1)
        """
        try:
            span = Quantity.model_validate(period)
        except ValueError:
            raise DataError(f"a period is a span of time such as 1w or 1d, not {str(period)[:60]!r}") from None
        if not span.measure.is_time or span.base <= 0:
            raise DataError(f"a period is a span of time such as 1w or 1d, not {span}")
        months = span.base / Quantity.model_validate("1mo").base
        if months.denominator == 1:
            return cls(0, 0, int(months))
        return cls(MONDAY, max(1, int(span.base * SECOND)))

    @property
    def seconds(self) -> float:
        """The length of a period in seconds; of months, their mean length."""
        return float(self.months * Quantity.model_validate("1mo").base) if self.months else self.width / SECOND

    def number(self, ms: int) -> int:
        """The period in which a moment lies."""
        if not self.months:
            return (ms - self.anchor) // self.width
        time, first = to_time(ms), to_time(self.anchor)
        count = (time.year - first.year) * 12 + time.month - first.month
        early = (time.day, time.time()) < (first.day, first.time())
        return (count - early) // self.months

    def start(self, number: int) -> int:
        """The moment at which a period starts."""
        if not self.months:
            return self.anchor + number * self.width
        first = to_time(self.anchor)
        year, month = divmod(first.year * 12 + first.month - 1 + number * self.months, 12)
        return to_moment(first.replace(year=year, month=month + 1))

    @property
    def word(self) -> str:
        """What a period is called: `day`, `week`, `month`, or a number of them."""
        count, one = (self.months, "month") if self.months else (self.width // DAY, "day")
        if one == "day" and count % 7 == 0:
            count, one = count // 7, "week"
        return one if count == 1 else f"period of {count} {one}s"

    @property
    def fine(self) -> Grid:
        """A grid of fixed width that every period is made of: itself, or days where periods are months."""
        return Grid(0, DAY) if self.months else self


def spacing(moments: Sequence[int]) -> Grid | tuple[int, str]:
    """The grid on which rising moments lie, or the first index that lies on none, with the reason.

    The shortest gap is the spacing and every other gap a multiple of it; else all moments share a day of the month and
    lie whole months apart. One moment alone lies on a grid of weeks.

    >>> spacing([0, DAY, 3 * DAY]).width == DAY
    True
    >>> spacing([to_moment(date(2026, month, 1)) for month in (1, 2, 4)]).months
    1
    """
    if len(moments) < 2:
        return Grid(moments[0] if moments else MONDAY)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    width = min(gaps)
    if all(gap % width == 0 for gap in gaps):
        return Grid(moments[0], width)
    times = [to_time(ms) for ms in moments]
    if all((time.day, time.time()) == (times[0].day, times[0].time()) for time in times) and times[0].day <= 28:
        counts = [time.year * 12 + time.month for time in times]
        steps = [later - earlier for earlier, later in pairwise(counts)]
        if all(step % min(steps) == 0 for step in steps):
            return Grid(moments[0], 0, min(steps))
    usual = max(sorted(set(gaps)), key=gaps.count)
    wrong = next((index for index, gap in enumerate(gaps) if gap % usual), gaps.index(width))
    return (
        wrong + 1,
        f"most rows are {span_text(usual)} apart, this one is {span_text(gaps[wrong])} after the one before",
    )


def around(moments: Sequence[int]) -> Grid:
    """The grid of days, weeks or months that rising moments without an even spacing come nearest to.

    >>> around([to_moment(date(2026, month, day)) for month, day in ((1, 31), (2, 28), (3, 31))]).months
    1
    """
    gaps = sorted(later - earlier for earlier, later in pairwise(moments))
    usual = gaps[len(gaps) // 2]
    if usual >= 25 * DAY:
        return Grid(0, 0, max(1, round(usual / (30.44 * DAY))))
    if usual >= 5 * DAY:
        return Grid()
    return Grid(0, DAY)


def span_text(ms: int) -> str:
    """A span of time as the language writes it, in the largest unit that is whole, or in days.

    >>> span_text(2 * WEEK), span_text(36 * 3600 * SECOND)
    ('2w', '36h')
    """
    for unit, length in (("w", WEEK), ("d", DAY), ("h", 3600 * SECOND), ("min", 60 * SECOND), ("s", SECOND)):
        if ms % length == 0:
            return f"{ms // length}{unit}"
    return f"{ms / SECOND:g}s"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The periods of one set of observations: numbers `first` … `last` of a grid, known up to `until`."""

    grid: Grid
    first: int
    last: int
    until: int

    @classmethod
    def over(cls, grid: Grid, earliest: int, until: int, file: str | None = None) -> Calendar:
        """Every period from the one that holds `earliest` to the one that ends at or after `until` (exclusive).

        `file` is named in the DataError that is raised when there are more than `MOST_PERIODS`.
        """
        first = grid.number(earliest)
        last = max(first, grid.number(until - 1))
        if last - first >= MOST_PERIODS:
            raise DataError(
                f"from {to_time(earliest).date()} to {to_time(until).date()} there are {last - first + 1:,} "
                f"periods of {span_text(grid.width) if grid.width else 'months'}, more than {MOST_PERIODS:,}: "
                "a date is probably wrong, or the period too short",
                file=file,
            )
        return cls(grid, first, last, until)

    def __len__(self) -> int:
        return self.last - self.first + 1

    @property
    def starts(self) -> tuple[datetime, ...]:
        return tuple(to_time(self.grid.start(number)) for number in range(self.first, self.last + 1))

    @property
    def ends(self) -> tuple[datetime, ...]:
        return tuple(
            to_time(min(self.until, self.grid.start(number + 1))) for number in range(self.first, self.last + 1)
        )

    def index(self, ms: int) -> int:
        """The position of a moment's period, from 0."""
        return self.grid.number(ms) - self.first
