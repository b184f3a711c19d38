"""Units: every formula, threshold, target, setting and observed value measures what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from mpmflow.model import rules, scenes
from mpmflow.model.distributions import Law
from mpmflow.model.levers import SharesError, made_up
from mpmflow.model.measures import Each, Saturating
from mpmflow.model.process import BatchArrivals, PoissonArrivals, RenewalArrivals
from mpmflow.model.quantities import Quantity

from ..findings import Finding, found
from ..measured import Type, fits, of_quantity, show
from ..names import Named
from .flow import percent
from .goals import all_targets, target_metric
from .subject import Subject


def expressions(subject: Subject) -> Iterator[Finding]:
    """Formulas of metrics and indicators."""
    for metric in subject.model.metrics:
        subject.units.of_name(metric.name)
    for indicator in subject.model.declared_indicators:
        subject.units.of_name(indicator.name)
    yield from subject.units.findings


def _value(
    subject: Subject, part: Any, clause: str, name: str, value: Quantity, measure: Type | None = None
) -> Iterator[Finding]:
    """A finding when a literal does not measure what `name` is."""
    type_ = measure or subject.units.of_name(name)
    given = of_quantity(value)
    if not fits(type_, given):
        assert type_.unit is not None
        assert given.unit is not None  # what cannot be told fits everything
        yield found(
            "unit-of-value",
            part,
            clause,
            value=str(value),
            name=name,
            unit=_words(type_, subject.names.find(name)),
            hint=_hint(subject, name, type_, given),
        )
    elif _is_share(subject.names.find(name)) and not 0 <= value.base <= 1:
        yield found("share-out-of-range", part, clause, text=str(value))


def _words(type_: Type, entry: Named | None) -> str:
    unit = type_.unit
    assert unit is not None
    if _is_share(entry):
        return "a share"
    text = show(unit)
    return text if text.startswith("a ") else f"measured in {text}"


def _hint(subject: Subject, name: str, type_: Type, given: Type) -> str:
    assert type_.unit is not None
    assert given.unit is not None
    if type_.unit.currencies and given.unit.currencies and type_.unit.currencies != given.unit.currencies:
        return "currencies are not converted; write all of them in one"
    entry = subject.names.find(name)
    if entry is not None and entry.kind == "metric" and entry.part.unit is None and entry.part.formula is None:
        return f"say the unit of the metric, as in `metric {name} … unit eur`"
    if type_.unit.is_time:
        return "write a time, as in `4d`"
    if type_.unit.currencies:
        return f"write money, as in `40 {type_.unit.currencies[0]}`"
    if _is_share(entry):
        return "write a percentage, as in `20%`"
    return "write the value in the unit of what it is about"


def _is_share(entry: Named | None) -> bool:
    return (
        entry is not None
        and not entry.aspect.endswith(".delay")
        and (
            entry.kind == "outcome"
            or (entry.kind == "lever" and entry.owner is not None and entry.part is not entry.owner)
        )
    )


def goal_values(subject: Subject) -> Iterator[Finding]:
    """Targets, promises, benchmarks, and what initiatives move."""
    for target, clause, same, metric in all_targets(subject):
        if metric is not None:
            yield from _value(subject, target, clause or "value", metric.name, same.value)
    for objective, _ in subject.model.objective_tree():
        known = [name for name in objective.measured_by if _measures(subject, name)]
        if objective.target is not None and known and target_metric(subject, objective) is None:
            yield from _value(subject, objective.target, "value", known[0], objective.target.value)
    for benchmark in subject.model.benchmarks:
        if _measures(subject, benchmark.metric):
            yield from _value(subject, benchmark, "value", benchmark.metric, benchmark.value)
    for initiative in subject.model.initiatives:
        for move in initiative.moves:
            if subject.names.find(move.lever) is not None:
                yield from _value(subject, move, "start", move.lever, move.start)
                yield from _value(subject, move, "goal", move.lever, move.goal)


def _measures(subject: Subject, name: str) -> bool:
    entry = subject.names.find(name)
    return entry is not None and entry.kind == "metric"


def measure_values(subject: Subject) -> Iterator[Finding]:
    """Expectations and thresholds of indicators, strengths of causes."""
    for indicator in subject.model.declared_indicators:
        measure = subject.units.of_name(indicator.name)
        if indicator.expect is not None:
            yield from _value(subject, indicator, "expect", indicator.name, indicator.expect, measure)
        for rule in indicator.rules:
            for part, clause, value in _levels(rule.condition):
                yield from _value(subject, part, clause, indicator.name, value, measure)
            if rule.clears is not None:
                yield from _value(subject, rule.clears, "value", indicator.name, rule.clears.value, measure)
    for cause in subject.model.causes:
        if isinstance(cause.strength, Saturating):
            for clause, name, value in (
                ("half", cause.source, cause.strength.half),
                ("most", cause.effect, cause.strength.most),
            ):
                if subject.names.find(name) is not None:
                    yield from _value(subject, cause.strength, clause, name, value)
        if isinstance(cause.strength, Each):
            for clause, name, value in (
                ("step", cause.source, cause.strength.step),
                ("adds", cause.effect, cause.strength.adds),
            ):
                type_ = subject.units.of_name(name)
                if not fits(type_, of_quantity(value)):
                    yield from _value(subject, cause.strength, clause, name, value)


def _levels(condition: rules.Condition) -> Iterator[tuple[Any, str, Quantity]]:
    if isinstance(condition, rules.Threshold):
        yield condition, "value", condition.value
    elif isinstance(condition, rules.Outside):
        yield condition, "low", condition.low
        yield condition, "high", condition.high
    elif isinstance(condition, (rules.Held, rules.Negation)):
        yield from _levels(condition.condition)
    elif isinstance(condition, (rules.Both, rules.Either)):
        yield from _levels(condition.left)
        yield from _levels(condition.right)


_SHAPES: dict[str, tuple[tuple[type, ...], str]] = {
    "delay": ((Quantity, Law), "a duration, such as `4h` or `1d to 3d`"),
    "takes": ((Quantity, Law), "a duration, such as `4h` or `1d to 3d`"),
    "waits": ((Quantity, Law), "a duration, such as `4h` or `1d to 3d`"),
    "arrivals": ((Quantity, PoissonArrivals, RenewalArrivals, BatchArrivals), "arrivals, such as `4 per week`"),
    "works": ((tuple,), "working hours, such as `mon-fri 09:00-17:00`"),
}


def setting_values(subject: Subject) -> Iterator[Finding]:
    """What scenarios set."""
    for scenario in subject.model.scenarios:
        for setting in scenario.settings:
            entry = subject.names.find(setting.lever)
            if entry is None or not entry.is_lever:
                continue
            aspect = "" if _is_share(entry) else entry.aspect.rpartition(".")[2]
            shapes, wanted = _SHAPES.get(aspect, ((Quantity,), "one number, such as `2` or `10%`"))
            if not isinstance(setting.value, shapes):
                yield found("setting-shape", setting, "value", name=setting.lever, wanted=wanted)
            elif isinstance(setting.value, Quantity):
                wrong = [*_value(subject, setting, "value", setting.lever, setting.value)]
                yield from wrong or _amount(setting, aspect, setting.value)
        yield from _made_up(subject, scenario)


_MONEY: dict[str, tuple[tuple[int, ...], str]] = {
    "cost": ((-1, 1), "money per time, such as `60 eur/h`"),
    "costs": ((1,), "money per visit, such as `400 eur`"),
}


def _amount(setting: scenes.Setting, aspect: str, value: Quantity) -> Iterator[Finding]:
    """What a setting of the right kind may still lack: whole people, a currency, a sign that makes sense."""
    if aspect == "people" and (value.unit not in ("", "people") or value.value.denominator != 1 or value.value < 0):
        yield found("not-a-count", setting, "value", what="people", least=0, text=str(value))
    elif aspect in _MONEY:
        powers, wanted = _MONEY[aspect]
        unit = value.measure
        if tuple(sorted(power for _, power in unit.powers)) != powers or len(unit.currencies) != 1:
            yield found("setting-shape", setting, "value", name=setting.lever, wanted=wanted)
        elif value.value < 0:
            yield found("negative-value", setting, "value", text=str(value), what="a cost")
    elif aspect in ("takes", "waits", "delay", "deadline"):
        if not value.measure.is_time:
            yield found("not-a-span", setting, "value", text=str(value))
        elif value.value < 0:
            yield found("negative-value", setting, "value", text=str(value), what="a length of time")
    elif aspect == "arrivals":
        if not value.measure.powers:
            yield found("setting-shape", setting, "value", name=setting.lever, wanted=_SHAPES[aspect][1])
        elif value.value < 0:
            yield found("negative-value", setting, "value", text=str(value), what="a rate")


def _made_up(subject: Subject, scenario: scenes.Scenario) -> Iterator[Finding]:
    """Shares that the other outcomes of their decision cannot make up for."""
    wanted: dict[str, dict[str, tuple[scenes.Setting, Fraction]]] = {}
    for setting in scenario.settings:
        entry = subject.names.find(setting.lever)
        value = setting.value
        if entry is None or not _is_share(entry) or not isinstance(value, Quantity):
            continue
        if value.measure.powers or not 0 <= value.base <= 1:
            return  # said already
        wanted.setdefault(entry.owner.name, {})[entry.aspect] = setting, value.base
    for name, shares in wanted.items():
        outcomes = subject.names.table[name].part.outcomes
        try:
            made_up(outcomes, {outcome: share for outcome, (_, share) in shares.items()})
        except SharesError as fault:
            setting = [*shares.values()][-1][0]
            yield found(
                "setting-shares", setting, "value", name=name, scenario=scenario.name, total=percent(fault.total)
            )


def test_values(subject: Subject) -> Iterator[Finding]:
    """Observed and expected values of tests, those of their example tables included."""
    for test in subject.model.tests:
        for given in test.given:
            if subject.names.find(given.name) is None:
                continue
            for entry in given.values:
                for part, clause, value in _observed(test, entry):
                    yield from _value(subject, part, clause, given.name, value)
        for expected in test.expects:
            if isinstance(expected, scenes.ExpectLevel) and subject.names.find(expected.name) is not None:
                levels = (
                    _column(test, expected.value)
                    if isinstance(expected.value, scenes.Cell)
                    else [(expected, "value", expected.value)]
                )
                for part, clause, value in levels:
                    yield from _value(subject, part, clause, expected.name, value)


def _observed(test: scenes.Test, entry: Any) -> list[tuple[Any, str, Quantity]]:
    if isinstance(entry, scenes.Cell):
        return _column(test, entry)
    if isinstance(entry, scenes.Ramp):
        step = _column(test, entry.step) if isinstance(entry.step, scenes.Cell) else []
        return [*_observed(test, entry.start), *step]
    return [(entry, "", entry.value)] if entry.value is not None else []


def _column(test: scenes.Test, cell: scenes.Cell) -> list[tuple[Any, str, Quantity]]:
    if test.examples is None or cell.column not in test.examples.columns:
        return []
    position = test.examples.columns.index(cell.column)
    return [(value, "", value) for row in test.examples.rows if isinstance(value := row[position], Quantity)]
