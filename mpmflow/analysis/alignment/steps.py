"""The steps in which people speak of a change: one percentage point, one hour, one day, one person, one euro."""

from __future__ import annotations

from dataclasses import dataclass

from mpmflow.model.units import parse_unit

HOUR, DAY, WEEK = 3600.0, 86400.0, 604800.0


@dataclass(frozen=True, slots=True)
class Step:
    """A change of a source by `size` base units, and how it is `said`."""

    size: float
    said: str


def natural_step(kind: str, unit: str, value: float | None = None) -> Step:
    """The step of a lever (by its kind) or of a metric (kind `metric`, by its unit).

    `unit` of a lever of money is its currency; `value` is where a time stands, for hours or minutes.

    >>> natural_step("share", ""), natural_step("work", "", 2 * HOUR).said, natural_step("wait", "", 9 * DAY).said
    (Step(size=0.01, said='+1 point'), '+1 h', '+1 d')
    >>> natural_step("metric", "leads").said, natural_step("metric", "d").size, natural_step("metric", "eur/leads").said
    ('+1 leads', 86400.0, '+1 eur per lead')
    """
    match kind:
        case "share":
            return Step(0.01, "+1 point")
        case "work" | "wait" | "delay":
            if value is not None and value < 2.0 * HOUR:
                return Step(60.0, "+1 min")
            return Step(DAY, "+1 d") if kind != "work" and value is not None and value >= DAY else Step(HOUR, "+1 h")
        case "money":
            return Step(1.0, f"+1 {unit}".rstrip())
        case "rate":
            return Step(1.0 / HOUR, f"+1 {unit}/h" if unit else "+1 per h")
        case "people":
            return Step(1.0, "+1 person")
        case "arrivals":
            return Step(1.0 / WEEK, "+1 per week")
    if unit == "%":
        return Step(0.01, "+1 point")
    measure = parse_unit(unit)
    if measure.is_time:
        return Step(float(measure.factor), f"+1 {unit}")
    if measure.is_money:
        return Step(1000.0, f"+1,000 {unit}")
    over, slash, under = unit.partition("/")
    said = f"+1 {over} per {under[:-1] if len(under) > 3 and under.endswith('s') else under}" if slash else f"+1 {unit}"
    return Step(float(measure.factor), said.rstrip())
