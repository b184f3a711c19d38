"""Cells of a table of periods: a number in the unit of its column, or a number that brings its own unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mpmflow.model.base import to_fraction
from mpmflow.model.expressions import Function
from mpmflow.model.measures import DerivedIndicator, Indicator, Metric
from mpmflow.model.model import Model
from mpmflow.model.quantities import Quantity
from mpmflow.model.units import NUMBER, Unit, parse_unit


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells under a name are read.

    Attributes:
        name: the metric or indicator.
        unit: what a bare number counts in.
        share: a bare number is a fraction, and every value lies between 0 and 1.
        per_period: a bare number is a count in the period, and the value a rate per second.
    """

    name: str
    unit: Unit = NUMBER
    share: bool = False
    per_period: bool = False

    def value(self, cell: Any, seconds: float) -> float | None:
        """The cell in base units, None where it is empty; `seconds` is the length of its period.

        Raises ValueError with what is wrong.

        >>> Reading("leads").value("1200", 604800.0), Reading("d.no", share=True).value("20%", 604800.0)
        (1200.0, 0.2)
        """
        if cell is None or cell != cell or (isinstance(cell, str) and not cell.strip()):
            return None
        try:
            amount, bare = to_fraction(cell.strip() if isinstance(cell, str) else cell), True
        except (ValueError, TypeError):
            amount, bare = self._with_unit(cell), False
        if self.share and not 0 <= amount <= 1:
            raise ValueError(f"{cell} is no share: write a fraction between 0 and 1, or a percentage such as 31%")
        if not bare:
            return float(amount)
        return float(amount) / seconds if self.per_period else float(amount * self.unit.factor)

    def _with_unit(self, cell: Any) -> Any:
        try:
            quantity = Quantity.model_validate(str(cell))
        except ValueError:
            raise ValueError(
                f"{str(cell)[:60]!r} is no number; write it with a decimal point and without blanks, as 1234.5, "
                "and leave the cell empty where nothing is known"
            ) from None
        if quantity.measure.without_counts().powers != self.unit.without_counts().powers:
            raise ValueError(f"{cell} is in another unit than {self.name}, which is in {_unit_text(self.unit)}")
        return quantity.base


def _unit_text(unit: Unit) -> str:
    return "plain numbers" if unit.powers == () else str(unit)


def readings(model: Model) -> dict[str, Reading]:
    """How each metric and indicator of a model, imported ones included, is read, by name."""
    found: dict[str, Reading] = {}
    for imported in model.imports:
        found |= readings(imported.model)
    for indicator in model.indicators:
        found[indicator.name] = _of_indicator(indicator)
    for metric in model.metrics:
        found[metric.name] = _of_metric(metric)
    return found


def _of_metric(metric: Metric) -> Reading:
    return Reading(metric.name, parse_unit(metric.unit) if metric.unit else NUMBER)


def _of_indicator(indicator: Indicator | DerivedIndicator) -> Reading:
    if isinstance(indicator, Indicator):
        measure = indicator.measure
        return Reading(indicator.name, share=isinstance(measure, Function) and measure.function == "rate")
    if indicator.aspect == "arrivals":
        return Reading(indicator.name, parse_unit(indicator.unit), per_period=True)
    if indicator.unit == "%":
        return Reading(indicator.name, share=indicator.aspect == "share")
    return Reading(indicator.name, parse_unit(indicator.unit))
