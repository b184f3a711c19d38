"""Small observations by hand, for tests of the evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from mpmflow.model.observations import Durations, Observations, OpenCase

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = timedelta(weeks=1)
DAY = 86400.0


def observed(
    weeks: int,
    outcomes: Mapping[str, Sequence[int]] | None = None,
    series: Mapping[str, Sequence[float | None]] | None = None,
    times: Mapping[str, tuple[Sequence[int], Sequence[float]]] | None = None,
    arrivals: Mapping[str, Sequence[int]] | None = None,
    open_cases: Sequence[OpenCase] = (),
    cut: float = 0.0,
) -> Observations:
    """Weeks from Monday 5 January 2026 on. `times`: node -> visits and mean days; `cut` shortens the last week."""
    starts = tuple(MONDAY + index * WEEK for index in range(weeks))
    ends = (*starts[1:], starts[-1] + WEEK - timedelta(days=cut))
    durations = {}
    for node, (visits, means) in (times or {}).items():
        seconds = [count * mean * DAY for count, mean in zip(visits, means, strict=True)]
        squares = [2.0 * count * (mean * DAY) ** 2 for count, mean in zip(visits, means, strict=True)]
        durations[node] = Durations(tuple(visits), tuple(seconds), tuple(squares))
    return Observations(
        starts=starts,
        ends=ends,
        as_of=ends[-1],
        period=7 * DAY,
        outcomes={name: tuple(row) for name, row in (outcomes or {}).items()},
        series={name: tuple(row) for name, row in (series or {}).items()},
        durations=durations,
        arrivals={name: tuple(row) for name, row in (arrivals or {}).items()},
        open_cases=tuple(open_cases),
    )
