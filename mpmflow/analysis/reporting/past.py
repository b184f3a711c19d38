"""What a ledger foretold, as rows of a report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from mpmflow.analysis.review.judged import Judged

from .parts import PastForecast


def past_of(judged: Iterable[Judged], as_of: date) -> tuple[PastForecast, ...]:
    """Forecasts that were made up to a day, beside what came of them; the latest first."""
    rows = [_row(one) for one in judged if one.forecast.as_of <= as_of]
    return tuple(sorted(rows, key=lambda row: (row.made_on, row.for_on or row.made_on, row.metric), reverse=True))


def _row(one: Judged) -> PastForecast:
    said = one.forecast
    inside = None
    if one.came is not None and said.low is not None and said.high is not None:
        inside = said.low <= one.came <= said.high
    return PastForecast(
        said.metric,
        said.label,
        said.unit,
        said.as_of,
        said.on,
        said.forecast,
        said.low,
        said.high,
        said.target_text,
        said.p_miss,
        one.came,
        one.missed,
        inside,
        one.mark,
        one.reached_on,
        said.title,
        one.why,
    )
