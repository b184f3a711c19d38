"""Small changes of a model, one at a time: what somebody might have written by mistake.

Rules: a level a tenth higher or lower, above for below, a span a period longer or shorter, `clears` moved or dropped,
`and` for `or`, one half dropped, another chart, warn for alert. Process: an outcome's share a tenth larger, its effect
gone. Causes: twice the lag, the other sign, half as strong again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from mpmflow.analysis.rules import rule_text
from mpmflow.analysis.scenarios.whatif import LeverError, apply
from mpmflow.model.base import Roster
from mpmflow.model.measures import Cause, Each, Elasticity, Indicator, Lag, Saturating
from mpmflow.model.model import Model
from mpmflow.model.process import Branch, Decision, Node, Outcome, Parallel
from mpmflow.model.quantities import Quantity, write_quantity
from mpmflow.model.rules import (
    Both,
    Chart,
    Condition,
    Either,
    Held,
    Moves,
    Negation,
    OutOfControl,
    Outside,
    Rule,
    Threshold,
)

TENTH = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the model with it, and what was changed in words.

    Attributes:
        kind: see `results.Mutant`. name: the id of what is changed, with its place under `where`.
        indicator: the name of the indicator whose rules are changed, None for a change of the process or a cause.
    """

    kind: str
    name: str
    where: str
    before: str
    after: str
    model: Model
    indicator: str | None = None
    rules: tuple[Rule, ...] = ()


def changes_of(model: Model, periods: dict[str, Quantity]) -> Iterator[Change]:
    """Every change of a model, in the order of its text. `periods` has the spacing of each indicator's values."""
    for number, indicator in enumerate(model.declared_indicators):
        period = periods.get(indicator.name, Quantity(value=Fraction(1), unit="w"))
        for position, rule in enumerate(indicator.rules):
            before = f"{rule.level} {rule_text(rule)}"
            where = f"{indicator.name}/rules.{position}"
            for kind, path, changed in _of_rule(rule, period):
                if changed == rule:
                    continue
                after = "nothing" if changed is None else f"{changed.level} {rule_text(changed)}"
                kept = (changed,) if changed is not None else ()
                rules = (*indicator.rules[:position], *kept, *indicator.rules[position + 1 :])
                own = indicator.model_copy(update={"rules": rules})
                mutant = model.model_copy(update={"declared_indicators": _put(model, number, own)})
                yield Change(kind, indicator.name, where + path, before, after, mutant, indicator.name, rules)
    yield from _of_process(model)
    yield from _of_causes(model)


def _put(model: Model, number: int, indicator: Indicator) -> Roster[Indicator]:
    every = model.declared_indicators
    return Roster((*every[:number], indicator, *every[number + 1 :]))


# ------------------------------------------------------------------------------------------ rules
def _of_rule(rule: Rule, period: Quantity) -> Iterator[tuple[str, str, Rule | None]]:
    for kind, path, condition in _of_condition(rule.condition, period):
        yield kind, f"/condition{path}", rule.model_copy(update={"condition": condition})
    if rule.clears is not None:
        for factor in (1 + TENTH, 1 - TENTH):
            level = _scaled(rule.clears.value, factor)
            yield "clears", "/clears", rule.model_copy(update={"clears": _level(rule.clears, level)})
        yield "clears", "/clears", rule.model_copy(update={"clears": None})
    other = "alert" if rule.level == "warn" else "warn"
    yield "severity", "", rule.model_copy(update={"level": other})
    yield "logic", "", None


def _of_condition(condition: Condition, period: Quantity) -> Iterator[tuple[str, str, Condition]]:
    match condition:
        case Threshold():
            for factor in (1 + TENTH, 1 - TENTH):
                yield "level", "", _level(condition, _scaled(condition.value, factor))
            side = "below" if condition.side == "above" else "above"
            yield "side", "", condition.model_copy(update={"side": side})
        case Outside():
            apart = (condition.high.base - condition.low.base) * TENTH
            for end, amount in (("low", apart), ("low", -apart), ("high", apart), ("high", -apart)):
                old = getattr(condition, end)
                moved = Quantity(value=old.value + amount / old.measure.factor, unit=old.unit)
                yield "level", "", condition.model_copy(update={end: moved})
        case Moves():
            for factor in (Fraction(3, 2), Fraction(1, 2)):
                yield "level", "", condition.model_copy(update={"share": condition.share * factor})
            yield "span", "", condition.model_copy(update={"span": _scaled(condition.span, Fraction(2))})
            other = "falls" if condition.direction == "rises" else "rises"
            yield "side", "", condition.model_copy(update={"direction": other})
        case OutOfControl():
            chart: Chart | None = "limits" if condition.chart is None else None
            yield "chart", "", OutOfControl(chart=chart)
        case Held():
            longer = condition.span.base + period.base
            yield "span", "", condition.model_copy(update={"span": _of_seconds(longer, condition.span.unit)})
            shorter = condition.span.base - period.base
            less: Condition = condition.condition
            if shorter > 0:
                less = condition.model_copy(update={"span": _of_seconds(shorter, condition.span.unit)})
            yield "span", "", less
            yield from _inside(condition, "condition", period)
        case Negation():
            yield "logic", "", condition.condition
            yield from _inside(condition, "condition", period)
        case Both() | Either():
            other_kind = Either if isinstance(condition, Both) else Both
            yield "logic", "", other_kind(left=condition.left, right=condition.right)
            yield "logic", "/right", condition.left
            yield "logic", "/left", condition.right
            yield from _inside(condition, "left", period)
            yield from _inside(condition, "right", period)


def _inside(condition: Condition, part: str, period: Quantity) -> Iterator[tuple[str, str, Condition]]:
    for kind, path, changed in _of_condition(getattr(condition, part), period):
        yield kind, f"/{part}{path}", condition.model_copy(update={part: changed})


def _level(threshold: Threshold, value: Quantity) -> Threshold:
    return threshold.model_copy(update={"value": value})


def _scaled(quantity: Quantity, factor: Fraction) -> Quantity:
    """A quantity times a factor; zero, which no factor moves, by as much in its unit."""
    value = quantity.value * factor if quantity.value else factor - 1
    return Quantity(value=value, unit=quantity.unit)


def _of_seconds(seconds: Fraction, unit: str) -> Quantity:
    return Quantity(value=seconds / Quantity(value=Fraction(1), unit=unit).base, unit=unit)


# ------------------------------------------------------------------------------------------ process
def _of_process(model: Model) -> Iterator[Change]:
    for _, node in model.nodes():
        if not isinstance(node, Decision):
            continue
        for outcome in node.outcomes:
            name = f"{node.name}.{outcome.name}"
            if outcome.share is not None and outcome.share.first > 0:
                yield from _of_share(model, name, outcome)
            if outcome.rework or outcome.scrap or outcome.delay is not None:
                plain = {"rework": False, "scrap": False, "delay": None, "target": None, "at_most": None}
                changed = _with_outcome(model, node.name, outcome.model_copy(update=plain))
                effect = " ".join(outcome.effects)
                yield Change("effect", name, name, f"{name} {effect}", f"{name} goes on", changed)


def _of_share(model: Model, name: str, outcome: Outcome) -> Iterator[Change]:
    assert outcome.share is not None
    first = outcome.share.first
    for factor in (1 + TENTH, 1 - TENTH):
        try:
            changed = apply(model, {name: first * factor})
        except (LeverError, ValueError):
            continue
        yield Change("share", name, name, f"{name} {_percent(first)}", f"{name} {_percent(first * factor)}", changed)
        return


def _percent(share: Fraction) -> str:
    return write_quantity(Quantity(value=share * 100, unit="%"))


def _with_outcome(model: Model, decision: str, outcome: Outcome) -> Model:
    def one(node: Node) -> Node:
        if isinstance(node, Parallel):
            branches = tuple(Branch(body=tuple(map(one, branch.body))) for branch in node.branches)
            return node.model_copy(update={"branches": branches})
        if isinstance(node, Decision) and node.name == decision:
            outcomes = tuple(outcome if old.name == outcome.name else old for old in node.outcomes)
            return node.model_copy(update={"outcomes": outcomes})
        return node

    workflows = (flow.model_copy(update={"body": tuple(map(one, flow.body))}) for flow in model.workflows)
    return model.model_copy(update={"workflows": Roster(workflows)})


# ------------------------------------------------------------------------------------------ causes
def _of_causes(model: Model) -> Iterator[Change]:
    for number, cause in enumerate(model.causes):
        for kind, before, after, changed in _of_cause(cause):
            causes = (*model.causes[:number], changed, *model.causes[number + 1 :])
            name = f"cause:{cause.source}->{cause.effect}"
            yield Change(kind, name, name, before, after, model.model_copy(update={"causes": causes}))


def _of_cause(cause: Cause) -> Iterator[tuple[str, str, str, Cause]]:
    way = f"{cause.source} -> {cause.effect}"
    if cause.lag is not None:
        twice = Lag(low=_scaled(cause.lag.low, Fraction(2)), high=_scaled(cause.lag.high, Fraction(2)))
        if cause.lag.high.value == 0:
            month = Quantity(value=Fraction(4), unit="w")
            twice = Lag(low=month, high=month)
        yield "lag", f"{way}: {_lag(cause.lag)}", f"{way}: {_lag(twice)}", cause.model_copy(update={"lag": twice})
    for factor in (Fraction(-1), Fraction(3, 2)):
        if isinstance(cause.strength, Each):
            adds = _scaled(cause.strength.adds, factor)
            changed = cause.model_copy(update={"strength": cause.strength.model_copy(update={"adds": adds})})
            each = f"{way}: each {write_quantity(cause.strength.step)} adds"
            yield "strength", f"{each} {cause.strength.adds}", f"{each} {adds}", changed
        elif isinstance(cause.strength, Saturating):
            most = _scaled(cause.strength.most, factor)
            changed = cause.model_copy(update={"strength": cause.strength.model_copy(update={"most": most})})
            said = f"{way}: saturates at"
            yield "strength", f"{said} {cause.strength.most}", f"{said} {most}", changed
        elif isinstance(cause.strength, Elasticity):
            value = cause.strength.value * factor
            changed = cause.model_copy(update={"strength": Elasticity(value=value)})
            said = f"{way}: elasticity"
            yield "strength", f"{said} {float(cause.strength.value):g}", f"{said} {float(value):g}", changed


def _lag(lag: Lag) -> str:
    return f"lag {lag.low}" if lag.low == lag.high else f"lag {lag.low} to {lag.high}"
