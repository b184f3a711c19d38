"""From a model to the tree that means it, and so to text in canonical style.

What a text said in several ways comes out in one: long words of time are short, working hours of the same days share a
line, `1200000 eur` is `1.2M eur`. Reading the text again gives an equal model.
A number without a short decimal is written as a ratio: `1/3`, and in a formula, where that would divide, as a rate
(`900 per 13w`). Long because the language has many forms: one short function each, and nothing else.
"""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Any

from mpmflow.model import distributions as law
from mpmflow.model import expressions, goals, measures, observations, process, rules, scenes
from mpmflow.model.alliances import Handoff
from mpmflow.model.base import NAME_PATTERN, Allow
from mpmflow.model.model import Model
from mpmflow.model.quantities import MULTIPLIERS, SHORT, Quantity, is_short, write_number
from mpmflow.model.units import TIME_UNITS
from mpmflow.syntax import tree
from mpmflow.syntax.words import begins_clause

__all__ = ["model_to_text", "tree_from_model"]

_WORD = re.compile(NAME_PATTERN)
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


def model_to_text(model: Model) -> str:
    """The model as `.mpm` text in canonical style.

    >>> from mpmflow.model.process import Step, Workflow
    >>> print(model_to_text(Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="2h")])])), end="")
    workflow w {
      step brief takes 2h
    }
    """
    from mpmflow.syntax.format import format_tree

    return format_tree(tree_from_model(model))


def tree_from_model(model: Model) -> tree.File:
    """The tree of a model; imported files are named, not repeated."""
    statements: list[Any] = [tree.Import(tree.Text(one.path)) for one in model.imports]
    statements += [_team(team) for team in model.teams]
    statements += [_workflow(workflow) for workflow in model.workflows]
    statements += [_handoff(promise) for promise in model.handoffs]
    statements += [_metric(metric) for metric in model.metrics]
    statements += [_cause(cause) for cause in model.causes]
    statements += [_indicator(indicator) for indicator in model.declared_indicators]
    statements += [_objective(objective) for objective in model.objectives]
    statements += [_initiative(initiative) for initiative in model.initiatives]
    statements += [_commitment(commitment) for commitment in model.commitments]
    statements += [_benchmark(benchmark) for benchmark in model.benchmarks]
    for allow, sources in groupby(model.data, key=lambda source: source.allow):
        statements.append(tree.Data(tuple(map(_source, sources)), _allows(allow)))
    statements += [_scenario(scenario) for scenario in model.scenarios]
    statements += [_test(test) for test in model.tests]
    return tree.File(tuple(statements))


# --- marks ---


def _word(text: str | None) -> tree.Word | None:
    return None if text is None else tree.Word(text)


def _text(text: str | None) -> tree.Text | None:
    return None if text is None else tree.Text(text)


def _name_or_text(text: str | None) -> tree.Word | tree.Text | None:
    if text is None:
        return None
    return tree.Word(text) if _WORD.match(text) else tree.Text(text)


def _day(day: date | None) -> tree.Word | None:
    return None if day is None else tree.Word(day.isoformat())


def _allows(allow: tuple[Allow, ...]) -> tuple[tree.Allow, ...]:
    return tuple(tree.Allow(tree.Word(one.code), tree.Text(one.reason)) for one in allow)


def figure(value: Fraction) -> str:
    """A number as the language writes it: a decimal where that is exact and short, else a ratio.

    >>> figure(Fraction(1, 8)), figure(Fraction(1, 3)), figure(Fraction(-5))
    ('0.125', '1/3', '-5')
    """
    return write_number(value) if is_short(value) else f"{value.numerator}/{value.denominator}"


def _number(value: Fraction, unit: str) -> str:
    """The digits with the multiplier that makes them short: `1.2M`, `20k`."""
    if unit and unit != "%" and unit not in TIME_UNITS and not begins_clause(unit):
        for letter in ("M", "k"):
            scaled = figure(value / MULTIPLIERS[letter])
            if abs(value) >= MULTIPLIERS[letter] * (10 if letter == "k" else 1) and len(scaled) <= 5:
                return scaled + letter
    return figure(value)


def _quantity(quantity: Quantity) -> tree.Quantity:
    unit = quantity.unit
    return tree.Quantity(_number(quantity.value, unit), unit or None)


def _value(quantity: Quantity) -> tree.Quantity | tree.Rate:
    """A figure; what has only a unit below the line is a rate (`3 per week`), and so is what needs one to be exact
    (`900 leads per 13w`).
    """
    over, below, per = quantity.unit.partition("/")
    value, times = quantity.value, 1
    split = not is_short(value) and max(abs(value.numerator), value.denominator) < 10**SHORT
    if not below or (over != "1" and not split):
        return _quantity(quantity)
    if split:
        value, times = Fraction(value.numerator), value.denominator
    over = "" if over == "1" else over
    return tree.Rate(tree.Quantity(_number(value, over), over or None), tree.Quantity(str(times), per))


def _maybe(quantity: Quantity | None) -> tree.Quantity | None:
    return None if quantity is None else _quantity(quantity)


def _percent(share: Fraction) -> tree.Quantity:
    """A share as a percentage, or as the ratio itself where no percentage is exact."""
    return tree.Quantity(figure(share * 100), "%") if is_short(share * 100) else tree.Quantity(figure(share))


def _target(target: measures.Target) -> tree.Target:
    return tree.Target(
        target.comparison, _quantity(target.value), _maybe(target.per), _day(target.start), _day(target.by)
    )


def _duration(duration: Any) -> tree.Duration:
    if isinstance(duration, law.Constant):
        return _quantity(duration.value)
    if isinstance(duration, law.Uniform):
        return tree.Between(_quantity(duration.low), _quantity(duration.high))
    if isinstance(duration, law.Empirical):
        column = _name_or_text(duration.column)
        assert column is not None
        return tree.Distribution(
            tree.Word("empirical"), (tree.Argument(tree.Text(duration.file)), tree.Argument(column))
        )
    named = not isinstance(duration, (law.Exponential, law.Triangular))
    arguments = []
    for field, value in duration.__dict__.items():
        if field != "law":
            written = _quantity(value) if isinstance(value, Quantity) else tree.Quantity(figure(value))
            arguments.append(tree.Argument(written, tree.Word(field) if named else None))
    return tree.Distribution(tree.Word(duration.law), tuple(arguments))


def _maybe_duration(duration: Any) -> tree.Duration | None:
    return None if duration is None else _duration(duration)


# --- the process ---


def _arrivals(arrivals: Any) -> tree.Arrivals:
    if isinstance(arrivals, process.PoissonArrivals):
        return tree.ArrivalRate(_arrival_rate(arrivals))
    if isinstance(arrivals, process.RenewalArrivals):
        return tree.ArrivalEvery(_duration(arrivals.gap))
    return tree.ArrivalBatch(tree.Quantity(str(arrivals.cases)))


def _arrival_rate(arrivals: process.PoissonArrivals) -> tree.Rate:
    return tree.Rate(tree.Quantity(figure(arrivals.cases)), _quantity(arrivals.per))


def _works(works: tuple[process.Works, ...]) -> tuple[tree.Works, ...]:
    lines = []
    for days, same in groupby(works, key=lambda one: one.days):
        shown = days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}"
        hours = tuple(tree.Word(f"{one.start}-{one.end}") for one in same)
        lines.append(tree.Works(tree.Word(shown), hours))
    return tuple(lines)


def _team(team: process.Team) -> tree.Team:
    return tree.Team(
        "partner" if team.partner else "team",
        tree.Word(team.name),
        _text(team.label),
        tree.Quantity(str(team.people)) if team.people != 1 else None,
        _maybe(team.cost),
        _works(team.works),
        tree.Word(team.serves) if team.serves != "first come" else None,
        _text(team.owner),
        _allows(team.allow),
    )


def _handoff(promise: Handoff) -> tree.Handoff:
    return tree.Handoff(
        tree.Word(promise.giver),
        tree.Word(promise.taker),
        _text(promise.label),
        _quantity(promise.within),
        _percent(promise.share) if promise.share is not None else None,
        _text(promise.owner),
        _allows(promise.allow),
    )


def _workflow(workflow: process.Workflow) -> tree.Workflow:
    teams: tuple[Any, ...] = (*map(_team, workflow.teams), *map(_handoff, workflow.handoffs))
    start: tuple[Any, ...] = (tree.Start(tree.Word(workflow.start)),) if workflow.start is not None else ()
    return tree.Workflow(
        tree.Word(workflow.name),
        _text(workflow.label),
        _arrivals(workflow.arrivals) if workflow.arrivals is not None else None,
        _maybe(workflow.deadline),
        tree.Quantity(str(workflow.priority)) if workflow.priority is not None else None,
        _text(workflow.owner),
        teams + start + tuple(map(_node, workflow.body)),
        _allows(workflow.allow),
    )


def _node(node: Any) -> tree.Flow:
    if isinstance(node, process.End):
        return tree.Done(_word(node.name)) if node.kind == "done" else tree.Scrap(_word(node.name))
    name, label, allows = tree.Word(node.name), _text(node.label), _allows(node.allow)
    if isinstance(node, process.Step):
        batch = tree.Batch(tree.Quantity(str(node.batch.size)), _quantity(node.batch.within)) if node.batch else None
        return tree.Step(name, label, batch=batch, target=_word(node.target), allows=allows, **_work(node))
    if isinstance(node, (process.Decision, process.Choose)):
        kind = tree.Decision if isinstance(node, process.Decision) else tree.Choose
        return kind(name, label, outcomes=_outcomes(node.outcomes), allows=allows, **_work(node))
    if isinstance(node, process.Parallel):
        branches = tuple(tree.Branch(tuple(map(_node, branch.body))) for branch in node.branches)
        kind_word = "parallel" if node.join == "all" else "first"
        return tree.Parallel(kind_word, name, label, _word(node.target), branches, allows)
    assert isinstance(node, process.Call)
    own = None if node.name == node.workflow else name
    return tree.Call(tree.Word(node.workflow), label, own, _word(node.target), _text(node.owner), allows)


def _work(node: process.Work) -> dict[str, Any]:
    return {
        "by": _word(node.by),
        "takes": _maybe_duration(node.takes),
        "waits": _maybe_duration(node.waits),
        "costs": _maybe(node.costs),
        "owner": _text(node.owner),
        "seen": _seen(node.seen_as),
    }


def _seen(seen: process.Seen | None) -> tree.Seen | None:
    if seen is None:
        return None
    where = []
    for column, value in seen.where:
        name = _name_or_text(column)
        assert name is not None
        where.append(tree.Where(name, tree.Text(value)))
    return tree.Seen(tuple(map(tree.Text, seen.activities)), tuple(where))


def _outcomes(outcomes: tuple[process.Outcome, ...]) -> tuple[tree.Outcome, ...]:
    return tuple(
        tree.Outcome(
            tree.Word(one.name),
            _text(one.label),
            share,
            _word(one.target),
            _effects(one),
            tree.Limit(tree.Quantity(str(one.at_most.times)), tree.Word(one.at_most.target)) if one.at_most else None,
            _seen(one.seen_as),
            _allows(one.allow),
        )
        for one, share in zip(outcomes, _shares(outcomes), strict=True)
    )


def _shares(outcomes: tuple[process.Outcome, ...]) -> list[tree.Share | None]:
    written: list[tree.Share | None] = []
    for one in outcomes:
        if one.share is None:
            written.append(None)
        elif one.share.counted is not None:
            counted = one.share.counted
            written.append(tree.Counts(tree.Quantity(str(counted.hits)), tree.Quantity(str(counted.trials))))
        else:
            written.append(tree.Percents(tuple(map(_percent, one.share.by_visit))))
    return written


def _effects(outcome: process.Outcome) -> tuple[tree.Effect, ...]:
    return tuple(tree.Effect(word, _duration(outcome.delay) if word == "delay" else None) for word in outcome.effects)


# --- measures ---


def _expression(expression: Any) -> tree.Expression:
    if isinstance(expression, expressions.Amount):
        return _value(expression.value)
    if isinstance(expression, expressions.Reference):
        return tree.Reference(expression.name)
    if isinstance(expression, expressions.Function):
        return tree.FunctionCall(tree.Word(expression.function), tuple(map(_expression, expression.arguments)))
    if isinstance(expression, expressions.Unary):
        return tree.Unary(expression.operator, _expression(expression.operand))
    chain: list[expressions.Binary] = []
    left: Any = expression
    while isinstance(left, expressions.Binary):
        chain.append(left)
        left = left.left
    made = _expression(left)
    for link in reversed(chain):
        made = tree.Binary(link.operator, made, _expression(link.right))
    return made


def _metric(metric: measures.Metric) -> tree.Metric:
    return tree.Metric(
        tree.Word(metric.name),
        _text(metric.label),
        tree.Word(metric.category),
        _expression(metric.formula) if metric.formula is not None else None,
        _word(metric.unit),
        metric.better,
        _target(metric.target) if metric.target is not None else None,
        _text(metric.owner),
        _allows(metric.allow),
    )


def _cause(cause: measures.Cause) -> tree.Cause:
    lag: tree.Quantity | tree.Between | None = None
    if cause.lag is not None:
        low, high = _quantity(cause.lag.low), _quantity(cause.lag.high)
        lag = low if cause.lag.low == cause.lag.high else tree.Between(low, high)
    strength: tree.Each | tree.Elasticity | tree.Saturates | tree.Learned | None = None
    if isinstance(cause.strength, measures.Each):
        step = _quantity(cause.strength.step)
        sign = "" if step.number.startswith("-") else "+"
        strength = tree.Each(tree.Quantity(sign + step.number, step.unit), _quantity(cause.strength.adds))
    elif isinstance(cause.strength, measures.Elasticity):
        strength = tree.Elasticity(tree.Quantity(figure(cause.strength.value)))
    elif isinstance(cause.strength, measures.Saturating):
        strength = tree.Saturates(_quantity(cause.strength.most), _quantity(cause.strength.half))
    elif cause.strength is not None:
        strength = tree.Learned(cause.strength.saturating)
    evidence = None
    if cause.evidence is not None:
        evidence = tree.Evidence(tree.Word(cause.evidence.grade), _text(cause.evidence.note))
    confidence = None if cause.confidence is None else _percent(cause.confidence)
    return tree.Cause(
        tree.Word(cause.source), tree.Word(cause.effect), lag, strength, confidence, evidence, _allows(cause.allow)
    )


def _indicator(indicator: measures.Indicator) -> tree.Indicator:
    return tree.Indicator(
        tree.Word(indicator.name),
        _text(indicator.label),
        _expression(indicator.measure),
        _value(indicator.expect) if indicator.expect is not None else None,
        tuple(map(_rule, indicator.rules)),
        _maybe(indicator.missed_warning_costs),
        _maybe(indicator.false_alarm_costs),
        _text(indicator.owner),
        tuple(map(tree.Word, indicator.do)),
        indicator.better,
        _allows(indicator.allow),
    )


def _rule(rule: rules.Rule) -> tree.Rule:
    clears = tree.Threshold(rule.clears.side, _value(rule.clears.value)) if rule.clears is not None else None
    return tree.Rule(rule.level, _condition(rule.condition), clears)


def _condition(condition: Any) -> tree.Condition:
    if isinstance(condition, rules.Threshold):
        return tree.Threshold(condition.side, _value(condition.value))
    if isinstance(condition, rules.Outside):
        return tree.Outside(_value(condition.low), _value(condition.high))
    if isinstance(condition, rules.Moves):
        return tree.Change(condition.direction, _percent(condition.share), _quantity(condition.span))
    if isinstance(condition, rules.OutOfControl):
        chart = tree.Word(condition.chart) if condition.chart is not None else None
        return tree.OutOfControl(chart, tree.Text(condition.pattern) if condition.pattern is not None else None)
    if isinstance(condition, rules.Negation):
        return tree.Not(_condition(condition.condition))
    if isinstance(condition, rules.Held):
        return tree.Held(_condition(condition.condition), _quantity(condition.span))
    parts: list[tree.Condition] = []
    kind, left = type(condition), condition
    while type(left) is kind:
        parts.append(_condition(left.right))
        left = left.left
    joined = (_condition(left), *reversed(parts))
    return tree.AllOf(joined) if kind is rules.Both else tree.AnyOf(joined)


# --- goals and data ---


def _objective(objective: goals.Objective) -> tree.Objective:
    return tree.Objective(
        tree.Word(objective.name),
        _text(objective.label),
        tree.Word(objective.level),
        tuple(map(tree.Word, objective.measured_by)),
        _target(objective.target) if objective.target is not None else None,
        _text(objective.owner),
        tuple(map(_objective, objective.children)),
        _allows(objective.allow),
    )


def _initiative(initiative: goals.Initiative) -> tree.Initiative:
    moves = tuple(
        tree.Move(tree.Word(move.lever), _value(move.start), _value(move.goal), _day(move.by))
        for move in initiative.moves
    )
    return tree.Initiative(
        tree.Word(initiative.name),
        _text(initiative.label),
        moves,
        _maybe(initiative.costs),
        _text(initiative.owner),
        tuple(map(tree.Word, initiative.serves)),
        _allows(initiative.allow),
    )


def _commitment(commitment: goals.Commitment) -> tree.Commitment:
    promises = tuple(tree.Promise(tree.Word(one.metric), _target(one.target)) for one in commitment.promises)
    return tree.Commitment(
        tree.Word(commitment.name),
        _text(commitment.label),
        _text(commitment.by),
        promises,
        _text(commitment.if_met),
        _text(commitment.if_missed),
        tuple(map(_reminder, commitment.reminders)),
        _allows(commitment.allow),
    )


def _reminder(reminder: goals.Reminder) -> tree.Reminder:
    return tree.Reminder(tuple(map(tree.Word, reminder.actions)), tuple(map(_quantity, reminder.before)))


def _benchmark(benchmark: goals.Benchmark) -> tree.Benchmark:
    return tree.Benchmark(
        tree.Word(benchmark.metric),
        _value(benchmark.value),
        _text(benchmark.label),
        _text(benchmark.source),
        _allows(benchmark.allow),
    )


def _source(source: observations.LogSource | observations.SeriesSource) -> tree.Log | tree.Series:
    columns: list[tree.RoleColumn | tree.OwnColumn] = []
    for column in source.columns:
        behind = _name_or_text(column.column)
        if column.role is not None:
            columns.append(tree.RoleColumn(column.role, behind))
        else:
            columns.append(tree.OwnColumn(tree.Word(column.name or ""), column.type, behind))
    path, query = tree.Text(source.path), _text(source.query)
    if isinstance(source, observations.LogSource):
        return tree.Log(path, tuple(columns), query, tuple(map(tree.Text, source.ignore)))
    return tree.Series(path, tuple(columns), query)


# --- scenarios and tests ---


def _scenario(scenario: scenes.Scenario) -> tree.Scenario:
    settings = tuple(tree.Setting(tree.Word(one.lever), _setting(one.value)) for one in scenario.settings)
    return tree.Scenario(tree.Word(scenario.name), _text(scenario.label), settings, _allows(scenario.allow))


def _setting(value: Any) -> Any:
    if isinstance(value, Quantity):
        return _value(value)
    if isinstance(value, tuple):
        return _works(value)[0]
    if isinstance(value, process.PoissonArrivals):
        return _arrival_rate(value)
    if isinstance(value, (process.RenewalArrivals, process.BatchArrivals)):
        return _arrivals(value)
    return _duration(value)


def _test(test: scenes.Test) -> tree.Test:
    body: list[Any] = []
    if test.examples is not None:
        header = tuple(map(tree.Word, test.examples.columns))
        rows = tuple(tree.Row(tuple(map(_cell, row))) for row in test.examples.rows)
        body.append(tree.Examples(header, rows))
    for given in test.given:
        values = tuple(map(_observed, given.values))
        body.append(tree.Given(tree.Word(given.name), values, _quantity(given.every), _moment(given.start)))
    body += [_expect(expected) for expected in test.expects]
    return tree.Test(tree.Text(test.title), tuple(body), _allows(test.allow))


def _cell(cell: Quantity | str) -> tree.Cell:
    if isinstance(cell, Quantity):
        return _value(cell)
    return tree.Word(cell) if _WORD.match(cell) or _DATE.match(cell) else tree.Text(cell)


def _moment(moment: date | scenes.Cell | None) -> tree.Word | None:
    return tree.Word(moment.column) if isinstance(moment, scenes.Cell) else _day(moment)


def _observed(value: Any) -> Any:
    if isinstance(value, scenes.Cell):
        return tree.Word(value.column)
    if isinstance(value, scenes.Value):
        return tree.Missing() if value.value is None else _value(value.value)
    times = tree.Quantity(str(value.times))
    if isinstance(value.step, scenes.Cell):
        return tree.Run(_observed(value.start), "-" if value.down else "+", tree.Word(value.step.column), times)
    step = _quantity(value.step)
    down = step.number.startswith("-")
    return tree.Run(
        _observed(value.start), "-" if down else "+", tree.Quantity(step.number.lstrip("-"), step.unit), times
    )


def _expect(expected: scenes.Expectation) -> tree.Expect:
    claim: tree.IsState | tree.Compares | tree.Spreads | tree.Silent
    if isinstance(expected, scenes.ExpectSilence):
        return tree.Expect(tree.Silent(expected.level, tree.Word(expected.name)))
    if isinstance(expected, scenes.ExpectState):
        claim = tree.IsState(tree.Word(expected.name), tree.Word(expected.state))
    elif isinstance(expected, scenes.ExpectLevel):
        level = tree.Word(expected.value.column) if isinstance(expected.value, scenes.Cell) else _value(expected.value)
        claim = tree.Compares(tree.Word(expected.name), expected.side, level)
    else:
        claim = tree.Spreads(expected.what, tree.Word(expected.node), expected.direction)
    return tree.Expect(claim, _moment(expected.at), _maybe(expected.within))
