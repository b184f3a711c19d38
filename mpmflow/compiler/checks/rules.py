"""Rules that can fire, do not contradict each other, and tests that can fail."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from mpmflow.model import rules, scenes
from mpmflow.model.expressions import Amount, Binary, Expression, Function, Reference
from mpmflow.model.measures import Indicator

from ..findings import Finding, found
from .subject import Subject

_LEVELS = {"warn": "warning", "alert": "alert"}
ANYTHING = (-math.inf, math.inf)
SHARES = frozenset({"rate", "yield", "first_pass", "rework", "scrap", "late"})
SAME = frozenset({"mean", "median", "min", "max", "lag"})


def bounds(subject: Subject, expression: Expression) -> tuple[float, float]:
    """The range that the values of an expression lie in: shares from 0 to 1, times and counts from 0."""
    if isinstance(expression, Amount):
        value = float(expression.value.base)
        return value, value
    if isinstance(expression, Reference):
        return _bounds_of_name(subject, expression.name)
    if isinstance(expression, Function):
        if expression.function in SHARES:
            return 0.0, 1.0
        if expression.function in ("time", "cost", "throughput", "wip", "sd"):
            return 0.0, math.inf
        if (expression.function in SAME or expression.function.startswith("p")) and expression.arguments:
            return bounds(subject, expression.arguments[0]) if len(expression.arguments) <= 2 else ANYTHING
        return ANYTHING
    if isinstance(expression, Binary):
        (a, b), (c, d) = bounds(subject, expression.left), bounds(subject, expression.right)
        if expression.operator == "+":
            return a + c, b + d
        if expression.operator in ("*", "/") and a >= 0 and c >= 0:
            return (0.0, math.inf) if expression.operator == "/" or math.inf in (b, d) else (a * c, b * d)
    return ANYTHING


def _bounds_of_name(subject: Subject, name: str) -> tuple[float, float]:
    entry = subject.names.find(name)
    if entry is None:
        return ANYTHING
    if entry.kind == "outcome":
        return 0.0, 1.0
    if entry.kind == "measure":
        return 0.0, math.inf
    unit = subject.units.of_named(entry).unit
    if (
        entry.kind == "metric"
        and entry.part.formula is None
        and unit is not None
        and unit.powers
        and not unit.currencies
    ):
        return 0.0, math.inf
    return ANYTHING


def _samples(indicator: Indicator, low: float, high: float, extra: list[float]) -> list[float]:
    """Values between which no condition changes: every level, every gap between levels, and both ends."""
    levels = sorted({level for rule in indicator.rules for level in _levels(rule.condition)} | set(extra))
    points = [*levels, *((a + b) / 2 for a, b in pairwise(levels))]
    if levels:
        width = max(abs(levels[0]), abs(levels[-1]), 1.0)
        points += [levels[0] - width, levels[-1] + width]
    points += [end for end in (low, high) if math.isfinite(end)] or [0.0]
    return sorted({point for point in points if low <= point <= high})


def _levels(condition: rules.Condition) -> Iterator[float]:
    if isinstance(condition, rules.Threshold):
        yield float(condition.value.base)
    elif isinstance(condition, rules.Outside):
        yield float(condition.low.base)
        yield float(condition.high.base)
    elif isinstance(condition, (rules.Held, rules.Negation)):
        yield from _levels(condition.condition)
    elif isinstance(condition, (rules.Both, rules.Either)):
        yield from _levels(condition.left)
        yield from _levels(condition.right)


def may_hold(condition: rules.Condition, value: float, low: float) -> tuple[bool, bool]:
    """Whether a condition can hold, and whether it can fail, while the value is this; history may be anything."""
    if isinstance(condition, rules.Threshold):
        level = float(condition.value.base)
        holds = value > level if condition.side == "above" else value < level
        return holds, not holds
    if isinstance(condition, rules.Outside):
        holds = value < float(condition.low.base) or value > float(condition.high.base)
        return holds, not holds
    if isinstance(condition, rules.Moves):
        impossible = condition.direction == "falls" and low >= 0 and condition.share > 1
        return not impossible, True
    if isinstance(condition, rules.Held):
        can, cannot = may_hold(condition.condition, value, low)
        return can, cannot or condition.span.value > 0
    if isinstance(condition, rules.Negation):
        can, cannot = may_hold(condition.condition, value, low)
        return cannot, can
    if isinstance(condition, rules.OutOfControl):
        return True, True
    a, b = may_hold(condition.left, value, low), may_hold(condition.right, value, low)
    if isinstance(condition, rules.Both):
        return a[0] and b[0], a[1] or b[1]
    return a[0] or b[0], a[1] and b[1]


def conditions(subject: Subject) -> Iterator[Finding]:
    """Rules that can never fire, and rules of one indicator that contradict each other or what is expected."""
    for indicator in subject.model.declared_indicators:
        if not indicator.rules or subject.units.of_name(indicator.name).unit is None:
            continue
        low, high = bounds(subject, indicator.measure)
        clears = [float(rule.clears.value.base) for rule in indicator.rules if rule.clears is not None]
        expected = [] if indicator.expect is None else [float(indicator.expect.base)]
        samples = _samples(indicator, low, high, clears + expected)
        dead: set[int] = set()
        for position, rule in enumerate(indicator.rules):
            if not any(may_hold(rule.condition, value, low)[0] for value in samples):
                dead.add(position)
                level, reason = _LEVELS[rule.level], _reason(low, high, rule.condition)
                yield found("dead-rule", rule, "condition", name=indicator.name, level=level, reason=reason)
        alive = [rule for position, rule in enumerate(indicator.rules) if position not in dead]
        yield from _contradictions(indicator, alive, samples, low)


def _reason(low: float, high: float, condition: rules.Condition) -> str | None:
    if (low, high) == (0.0, 1.0):
        asked = _without_waiting(condition)
        level = asked.value if isinstance(asked, rules.Threshold) else None
        if level is not None and not level.unit and 1 < level.base <= 100:
            bare = f"{float(level.base):g}"
            return f"it lies between 0% and 100%, and {bare} is {100 * float(level.base):g}%; write `{bare}%`"
        return "it lies between 0% and 100%"
    return "it is never below zero" if low == 0.0 else None


def _certain(condition: rules.Condition, value: float, low: float) -> bool:
    can, cannot = may_hold(condition, value, low)
    return can and not cannot


def _without_waiting(condition: rules.Condition) -> rules.Condition:
    """The condition without its `for`, as it stands when the value stays where it is."""
    if isinstance(condition, rules.Held):
        return _without_waiting(condition.condition)
    if isinstance(condition, (rules.Both, rules.Either)):
        parts = {"left": _without_waiting(condition.left), "right": _without_waiting(condition.right)}
        return condition.model_copy(update=parts)
    return condition


def _contradictions(
    indicator: Indicator, alive: list[rules.Rule], samples: list[float], low: float
) -> Iterator[Finding]:
    for rule in alive:
        lasting = _without_waiting(rule.condition)
        if rule.clears is not None and any(
            _certain(lasting, value, low) and may_hold(rule.clears, value, low)[0] for value in samples
        ):
            yield found("clears-while-firing", rule, "clears", name=indicator.name, level=_LEVELS[rule.level])
        if indicator.expect is not None and _certain(lasting, float(indicator.expect.base), low):
            yield found(
                "fires-as-expected",
                rule,
                "condition",
                name=indicator.name,
                level=_LEVELS[rule.level],
                expected=str(indicator.expect),
                notes=(((indicator, "expect"), "this is expected"),),
            )
    alerts = [rule for rule in alive if rule.level == "alert"]
    for warn in (rule for rule in alive if rule.level == "warn"):
        seen = [value for value in samples if may_hold(warn.condition, value, low)[0]]
        for alert in alerts:
            if seen and all(_certain(alert.condition, value, low) for value in seen):
                yield found(
                    "rules-contradict",
                    warn,
                    "condition",
                    name=indicator.name,
                    notes=(((alert, "condition"), "this alert always holds with it"),),
                )
                break


def tests(subject: Subject) -> Iterator[Finding]:
    """Tests in which nothing could fail."""
    for test in subject.model.tests:
        if not test.expects:
            yield found("test-without-effect", test, "title", name=test.title, why="it expects nothing")
            continue
        starts = [given.start for given in test.given if isinstance(given.start, date)]
        reasons = [_why_idle(subject, test, expected, starts) for expected in test.expects]
        if all(reason is not None for reason in reasons):
            yield found("test-without-effect", test, "title", name=test.title, why=reasons[0])


def _why_idle(subject: Subject, test: scenes.Test, expected: scenes.Expectation, starts: list[date]) -> str | None:
    """Why an expectation cannot fail; None when it can."""
    if not test.given:
        return "nothing is given, so everything is as expected"
    if isinstance(expected, (scenes.ExpectSilence, scenes.ExpectState)):
        entry = subject.names.table.get(expected.name)
        if entry is None or entry.kind != "indicator":
            return None
        indicator: Indicator = entry.part
        if isinstance(expected, scenes.ExpectSilence):
            if not any(rule.level == expected.level for rule in indicator.rules):
                return f"`{expected.name}` has no {expected.level} rule"
            return None
        if not indicator.rules:
            return f"`{expected.name}` has no rules"
    at = expected.at
    if isinstance(at, date) and starts and len(starts) == len(test.given) and at < min(starts):
        return f"at {at} nothing has been observed yet"
    return None
