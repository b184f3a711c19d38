"""Metrics, causes, indicators, rules and expressions: from the tree to the model."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mpmflow.model import expressions, measures, rules
from mpmflow.model.quantities import Quantity
from mpmflow.syntax import tree

from . import figures
from .bridge import Bridge, make
from .process import allows, label, word

MAX_DEPTH = 250


def expression(bridge: Bridge, written: tree.Expression, depth: int = 0) -> Any:
    """An expression; `+x` is x."""
    if depth > MAX_DEPTH:
        bridge.fault("too-deep", written.span, limit=MAX_DEPTH)
        return make(expressions.Amount, value=make(Quantity, value=Fraction(0), unit=""))
    if isinstance(written, (tree.Quantity, tree.Rate)):
        return bridge.part(expressions.Amount, written.span, value=figures.quantity(bridge, written))
    if isinstance(written, tree.Reference):
        return bridge.part(expressions.Reference, written.span, name=written.name)
    if isinstance(written, tree.FunctionCall):
        arguments = tuple(expression(bridge, argument, depth + 1) for argument in written.arguments)
        made = bridge.part(expressions.Function, written.span, function=written.name.text, arguments=arguments)
        bridge.mark(made, function=written.name)
        return made
    if isinstance(written, tree.Unary):
        operand = expression(bridge, written.operand, depth + 1)
        if written.op == "+":
            return operand
        return bridge.part(expressions.Unary, written.span, operator=written.op, operand=operand)
    return _binary(bridge, written, depth)


def _binary(bridge: Bridge, written: tree.Binary, depth: int) -> Any:
    """A chain such as `a + b + c` leans to the left and may be long, so it is walked without recursion."""
    chain: list[tree.Binary] = []
    left: tree.Expression = written
    while isinstance(left, tree.Binary):
        chain.append(left)
        left = left.left
    made = expression(bridge, left, depth + 1)
    for link in reversed(chain):
        right = expression(bridge, link.right, depth + 1)
        made = bridge.part(
            expressions.Binary, link.span, operator="=" if link.op == "==" else link.op, left=made, right=right
        )
    return made


def metric(bridge: Bridge, written: tree.Metric) -> measures.Metric:
    """A metric. One without a category is reported and taken for an output."""
    if written.category is None:
        bridge.fault(
            "missing-part",
            written.name.span,
            name=written.name.text,
            kind="metric",
            what="category",
            cure="say `activity`, `output`, `operational` or `outcome` behind its name",
        )
    unit = figures.unit_of(bridge, written.unit.text, written.unit.span) or None if written.unit is not None else None
    made = bridge.part(
        measures.Metric,
        written.span,
        name=written.name.text,
        label=label(written.label),
        allow=allows(bridge, written.allows),
        category=word(written.category) or "output",
        formula=expression(bridge, written.formula) if written.formula else None,
        unit=unit,
        better=written.better,
        target=figures.target(bridge, written.target) if written.target else None,
        owner=label(written.owner),
    )
    bridge.mark(
        made,
        name=written.name,
        category=written.category,
        formula=written.formula,
        unit=written.unit,
        target=written.target,
        owner=written.owner,
    )
    return made


def cause(bridge: Bridge, written: tree.Cause) -> measures.Cause:
    """An influence with lag, strength, confidence and evidence."""
    lag = None
    if isinstance(written.lag, tree.Between):
        low, high = (figures.span_of_time(bridge, one) for one in (written.lag.low, written.lag.high))
        if low.base > high.base:
            bridge.fault("bounds-out-of-order", written.lag.span, bounds=[str(low), str(high)])
            low, high = high, low
        lag = bridge.part(measures.Lag, written.lag.span, low=low, high=high)
    elif written.lag is not None:
        constant = figures.span_of_time(bridge, written.lag)
        lag = bridge.part(measures.Lag, written.lag.span, low=constant, high=constant)
    evidence = None
    if written.evidence:
        evidence = bridge.part(
            measures.Evidence,
            written.evidence.span,
            grade=written.evidence.grade.text,
            note=label(written.evidence.note),
        )
    made = bridge.part(
        measures.Cause,
        written.span,
        allow=allows(bridge, written.allows),
        source=written.source.text,
        effect=written.target.text,
        lag=lag,
        strength=_strength(bridge, written.strength) if written.strength else None,
        confidence=figures.share(bridge, written.confidence) if written.confidence else None,
        evidence=evidence,
    )
    bridge.mark(
        made,
        source=written.source,
        effect=written.target,
        lag=written.lag,
        strength=written.strength,
        confidence=written.confidence,
        evidence=written.evidence,
    )
    return made


def _strength(bridge: Bridge, written: tree.Each | tree.Elasticity | tree.Saturates | tree.Learned) -> Any:
    if isinstance(written, tree.Learned):
        return bridge.part(measures.Learned, written.span, saturating=written.saturating)
    if isinstance(written, tree.Elasticity):
        figure = figures.quantity(bridge, written.value)
        if figure.unit not in ("", "%"):
            bridge.fault("not-a-number", written.value.span, text=str(figure))
        return bridge.part(measures.Elasticity, written.span, value=figure.base)
    if isinstance(written, tree.Saturates):
        half = figures.quantity(bridge, written.half)
        if half.value <= 0:
            bridge.fault("bad-saturation", written.half.span, text=str(half))
            half = make(Quantity, value=Fraction(1), unit=half.unit)
        ceiling = bridge.part(measures.Saturating, written.span, most=figures.quantity(bridge, written.most), half=half)
        bridge.mark(ceiling, most=written.most, half=written.half)
        return ceiling
    step = figures.quantity(bridge, written.change)
    if step.value == 0:
        bridge.fault("zero-step", written.change.span)
        step = make(Quantity, value=Fraction(1), unit=step.unit)
    made = bridge.part(measures.Each, written.span, step=step, adds=figures.quantity(bridge, written.adds))
    bridge.mark(made, step=written.change, adds=written.adds)
    return made


def indicator(bridge: Bridge, written: tree.Indicator) -> measures.Indicator:
    """A named indicator; one without a formula measures nothing and is reported."""
    if written.formula is None:
        bridge.fault(
            "missing-part",
            written.name.span,
            name=written.name.text,
            kind="indicator",
            what="formula",
            cure="say what it measures, as in `= rate(brief_complete.no)`",
        )
        zero = make(expressions.Amount, value=make(Quantity, value=Fraction(0), unit=""))
    made = bridge.part(
        measures.Indicator,
        written.span,
        name=written.name.text,
        label=label(written.label),
        allow=allows(bridge, written.allows),
        measure=expression(bridge, written.formula) if written.formula else zero,
        expect=figures.maybe_quantity(bridge, written.expect),
        better=written.better,
        rules=tuple(_rule(bridge, rule) for rule in written.rules),
        missed_warning_costs=figures.money(bridge, written.missed_cost) if written.missed_cost else None,
        false_alarm_costs=figures.money(bridge, written.false_alarm_cost) if written.false_alarm_cost else None,
        owner=label(written.owner),
        do=tuple(action.text for action in written.actions),
    )
    bridge.mark(
        made,
        name=written.name,
        measure=written.formula,
        expect=written.expect,
        missed_warning_costs=written.missed_cost,
        false_alarm_costs=written.false_alarm_cost,
        owner=written.owner,
    )
    return made


def _rule(bridge: Bridge, written: tree.Rule) -> rules.Rule:
    clears = None
    if written.clears:
        clears = _threshold(bridge, written.clears)
    made = bridge.part(
        rules.Rule, written.span, level=written.level, condition=_condition(bridge, written.condition, 0), clears=clears
    )
    bridge.mark(made, condition=written.condition, clears=written.clears)
    return made


def _threshold(bridge: Bridge, written: tree.Threshold) -> rules.Threshold:
    made = bridge.part(rules.Threshold, written.span, side=written.side, value=figures.quantity(bridge, written.value))
    bridge.mark(made, value=written.value)
    return made


def _out_of_control(bridge: Bridge, written: tree.OutOfControl) -> rules.OutOfControl:
    """A control chart; a pattern that is none is reported, and the usual chart taken."""
    chart, pattern = word(written.chart), label(written.pattern)
    if chart == "rule" and pattern is None:
        bridge.fault("bad-pattern", written.span, unsaid=chart)
        chart = None
    elif chart != "rule" and written.pattern is not None:
        bridge.fault("bad-pattern", written.pattern.span, chart=chart or "…")
        pattern = None
    elif pattern is not None:
        try:
            rules.run_rule(pattern)
        except ValueError:
            bridge.fault("bad-pattern", written.pattern.span if written.pattern else None, text=pattern)
            chart = pattern = None
    return bridge.part(rules.OutOfControl, written.span, chart=chart, pattern=pattern)


def _condition(bridge: Bridge, written: tree.Condition, depth: int) -> Any:
    if depth > MAX_DEPTH:
        bridge.fault("too-deep", written.span, limit=MAX_DEPTH)
        return make(rules.OutOfControl)
    if isinstance(written, tree.Threshold):
        return _threshold(bridge, written)
    if isinstance(written, tree.Outside):
        low, high = figures.quantity(bridge, written.low), figures.quantity(bridge, written.high)
        if low.measure.powers == high.measure.powers and low.base > high.base:
            bridge.fault("bounds-out-of-order", written.span, bounds=[str(low), str(high)])
        made = bridge.part(rules.Outside, written.span, low=low, high=high)
        bridge.mark(made, low=written.low, high=written.high)
        return made
    if isinstance(written, tree.Change):
        share = figures.share(bridge, written.by, limit=None)
        return bridge.part(
            rules.Moves,
            written.span,
            direction=written.direction,
            share=share,
            span=figures.span_of_time(bridge, written.within, zero=False),
        )
    if isinstance(written, tree.OutOfControl):
        return _out_of_control(bridge, written)
    if isinstance(written, tree.Not):
        return bridge.part(rules.Negation, written.span, condition=_condition(bridge, written.condition, depth + 1))
    if isinstance(written, tree.Held):
        return bridge.part(
            rules.Held,
            written.span,
            condition=_condition(bridge, written.condition, depth + 1),
            span=figures.span_of_time(bridge, written.time),
        )
    kind: Any = rules.Both if isinstance(written, tree.AllOf) else rules.Either
    made = _condition(bridge, written.conditions[0], depth + 1)
    for condition in written.conditions[1:]:
        made = bridge.part(kind, written.span, left=made, right=_condition(bridge, condition, depth + 1))
    return made
