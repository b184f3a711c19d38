"""A period as it is asked for: two days, or a text with `..` between them."""

from __future__ import annotations

from datetime import date, datetime

from mpmflow.diagnostics.errors import DataError


def span_of(asked: object) -> tuple[date, date]:
    """The first and the last day of a period. Raises DataError, which says how to write one.

    >>> span_of("2026-01-05..2026-03-29")
    (datetime.date(2026, 1, 5), datetime.date(2026, 3, 29))
    """
    ends = asked.split("..") if isinstance(asked, str) else asked
    if isinstance(ends, tuple | list) and len(ends) == 2:
        try:
            first, last = (_day(end) for end in ends)
        except ValueError:
            pass
        else:
            if last < first:
                raise DataError(f"the period {first}..{last} ends before it begins")
            return first, last
    raise DataError(f"{asked!r} is no period; write one as '2026-01-05..2026-03-29', or give two dates")


def _day(end: object) -> date:
    if isinstance(end, datetime):
        return end.date()
    return end if isinstance(end, date) else date.fromisoformat(str(end))
