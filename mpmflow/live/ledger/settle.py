"""A truth that somebody brings: its figure in the unit of the metric, for a date that forecasts were made for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from mpmflow.analysis.review.kept import KeptForecast, Settlement
from mpmflow.diagnostics.errors import LedgerError
from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.quantities import Quantity, write_quantity
from mpmflow.model.units import parse_unit

SHOWN = 6
"""Names or dates that a message lists."""


def settlement_of(
    forecasts: Sequence[KeptForecast],
    metric: str,
    value: str | float,
    source: str,
    *,
    on: date | str | None = None,
    reading: str | None = None,
) -> Settlement:
    """The settlement that is meant, for the forecasts that a ledger has.

    Raises LedgerError: nothing was foretold of the metric or for that date, or the unit is another.
    """
    own = [one for one in forecasts if one.metric == metric]
    if not own:
        there = sorted({one.metric for one in forecasts})
        near = nearest(metric, there)
        cure = f"did you mean {near[0]}?" if near else f"there are: {', '.join(there[:SHOWN]) or 'none'}"
        raise LedgerError(f"nothing was foretold of {metric[:80]!r}; {cure}")
    if not source.strip():
        raise LedgerError("say where the figure comes from, such as a report or a person")
    asked = _quantity(value, own[-1].unit, metric)
    day = _day(own, on)
    chosen = _reading(own, day, reading)
    return Settlement(
        metric=metric,
        on=day,
        reading=chosen,
        value=float(asked.base),
        written=write_quantity(asked),
        source=source.strip(),
    )


def _day(own: Sequence[KeptForecast], on: date | str | None) -> date:
    days = sorted({one.on for one in own})
    told = ", ".join(day.isoformat() for day in days[:SHOWN]) + (" and later" if len(days) > SHOWN else "")
    if on is None:
        if len(days) > 1:
            raise LedgerError(f"forecasts of {own[0].metric} were made for {told}; say which one: --on")
        return days[0]
    try:
        day = on if isinstance(on, date) else date.fromisoformat(on)
    except ValueError:
        raise LedgerError(f"{on!r} is no day of the calendar; write one as 2026-03-31") from None
    if day not in days and day < days[0]:
        raise LedgerError(f"no forecast of {own[0].metric} is for {day} or earlier; there are: {told}")
    return day


def _reading(own: Sequence[KeptForecast], day: date, reading: str | None) -> str:
    """How the figure is read: as the forecasts for that day say, or for a later day, as the last one before it."""
    near = [one for one in own if one.on == day] or [one for one in own if one.on <= day]
    last = max(one.on for one in near)
    readings = sorted({one.reading for one in near if one.on == last})
    if reading is not None:
        if reading not in readings:
            raise LedgerError(f"no forecast for {day} is read {reading!r}; there are: {_quoted(readings)}")
        return reading
    if len(readings) > 1:
        raise LedgerError(
            f"forecasts for {day} are read in more ways than one: {_quoted(readings)}; say which: --reading"
        )
    return readings[0]


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f'"{word or "of one period"}"' for word in words)


def _quantity(value: str | float, unit: str, metric: str) -> Quantity:
    """The figure as a quantity; a bare number is in the metric's unit."""
    try:
        found = Quantity.model_validate(value)
    except ValueError:
        raise LedgerError(f"{str(value)[:60]!r} is no figure such as {'37' + (f' {unit}' if unit else '')}") from None
    wanted = parse_unit(unit)
    if not found.unit:
        if unit == "%" and found.value:
            number = str(value).strip()
            raise LedgerError(f"{metric} is a share: write {number}% for what you mean")
        return found.model_copy(update={"unit": unit})
    if found.measure.powers not in (wanted.powers, wanted.without_counts().powers):
        measured = f"is measured in {unit}" if unit else "has no unit"
        raise LedgerError(f"{metric} {measured}, not in {found.unit}")
    return found
