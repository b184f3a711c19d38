"""What an evaluation is measured against: the plan, the present state without its rework, or a period observed."""

from __future__ import annotations

from datetime import date
from typing import Literal

from mpmflow.diagnostics.errors import DataError
from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.observations import Observations

from .enough_data import last_day

Reference = Literal["plan", "rework-free"] | tuple[date, date]


def understood(reference: object) -> Reference:
    """The reference as asked for, dates as dates; a DataError with what there is otherwise."""
    if reference == "plan":
        return "plan"
    if reference == "rework-free":
        return "rework-free"
    if isinstance(reference, tuple | list) and len(reference) == 2:
        try:
            first, last = (one if isinstance(one, date) else date.fromisoformat(str(one)) for one in reference)
        except ValueError:
            pass
        else:
            if first > last:
                raise DataError(f"the reference period from {first} to {last} ends before it begins")
            return first, last
    near = nearest(str(reference), ("plan", "rework-free"))
    raise DataError(
        f"there is no reference {reference!r}; it is 'plan' (the model as it is written), 'rework-free' (the present "
        "state without its rework) or two dates, the first and the last day of a period that was observed"
        + (f"; did you mean {near[0]!r}?" if near else "")
    )


def window_of(reference: Reference, observations: Observations) -> tuple[int, int] | None:
    """The periods of a reference from date to date: those that lie in it with their start."""
    if isinstance(reference, str):
        return None
    first, last = reference
    inside = [index for index, start in enumerate(observations.starts) if first <= start.date() <= last]
    if not inside:
        raise DataError(
            f"no period starts from {first} to {last}, so there is nothing to compare with; periods were observed from "
            f"{observations.starts[0].date()} to {last_day(observations, -1)}"
        )
    return inside[0], inside[-1] + 1


def in_words(reference: Reference) -> str:
    """A reference as documents write it.

    >>> in_words((date(2026, 1, 5), date(2026, 3, 1)))
    '2026-01-05..2026-03-01'
    """
    return reference if isinstance(reference, str) else f"{reference[0].isoformat()}..{reference[1].isoformat()}"
