"""Which changes of a model its tests notice, and a test for each that they do not.

A change of rules is shown to the expectations about that indicator alone; a change of the process or of a cause to all.
Where none fails, a series is looked for that tells the two versions apart: found, it becomes a test block, which is run
with both before it is handed out; proven impossible, the change is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Any

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.expectations.differences import difference, rounded
from mpmflow.analysis.expectations.looking import Look
from mpmflow.analysis.risk.estimate import outcome_measured
from mpmflow.analysis.risk.evaluation import Evaluation
from mpmflow.analysis.risk.prepared import targets_of
from mpmflow.compiler.checks.rules import bounds
from mpmflow.compiler.checks.subject import Subject
from mpmflow.diagnostics.errors import DataError
from mpmflow.diagnostics.source import Span
from mpmflow.graphs.faults import ModelFault
from mpmflow.model import scenes
from mpmflow.model.expressions import Reference
from mpmflow.model.flow import arcs
from mpmflow.model.measures import Cause, Indicator, Learned, Metric
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.process import Choose, Decision, PoissonArrivals
from mpmflow.model.quantities import Quantity
from mpmflow.model.rules import Rule
from mpmflow.model.units import parse_unit
from mpmflow.numerics.faults import NumericsError

from .cases import Case, cases_of
from .clock import WEEK, given_in, step
from .judge import judge, verdict
from .mutants import Change, changes_of
from .results import Mutant

START = date(2026, 1, 5)
"""A Monday: where the values of proposed tests begin."""
_A_LITTLE = Fraction(51, 50)
_CLEARLY = 1e-4  # relative: forecasts of two versions that lie closer are not told apart by a proposed test
Prepared = Sequence[tuple[Case, Observations]]


def mutants_of(model: Model, places: Mapping[str, Span], *, samples: Samples | None = None) -> Iterator[Mutant]:
    """Every change of a model with its fate.

    Raises ValueError if a test fails on the model as it is: then a failure would say nothing about a change.
    """
    cases = list(cases_of(model))
    for case in cases:
        if not judge(model, case, places, samples=samples).passed:
            raise ValueError(
                f'the test "{case.name}" fails as it is; mend it before asking what the tests would notice'
            )
    prepared = [(case, given_in(case)) for case in cases]
    subject, situations = Subject(model), Situations(model, prepared, samples)
    periods, never_reached = _periods(model, prepared), _never_reached(model)
    for change in changes_of(model, periods):
        noticed = _noticed(change, prepared, samples)
        fate, remedy = "noticed", None
        if noticed is None and change.indicator is not None:
            fate, remedy = _of_rules(model, subject, change, periods)
        elif noticed is None:
            if change.name.partition(".")[0] in never_reached:
                fate = "equivalent"
            else:
                test = _of_forecasts(model, change, situations)
                fate, remedy = ("unseen", None) if test is None else ("missed", _text(test))
        place = places.get(change.where) or places.get(change.name)
        yield Mutant(change.kind, change.name, change.before, change.after, fate, noticed, remedy, place)


def _periods(model: Model, prepared: Prepared) -> dict[str, Quantity]:
    """The spacing of each indicator's values: the finest in a test that expects something of it."""
    found: dict[str, Quantity] = {}
    for case, _ in prepared:
        for expected in case.test.expects:
            name = getattr(expected, "name", "")
            for given in case.test.given if name else ():
                if name not in found or given.every.base < found[name].base:
                    found[name] = given.every
    return found


def _noticed(change: Change, prepared: Prepared, samples: Samples | None) -> str | None:
    """The first case that fails with a change."""
    for case, given in prepared:
        about = [one for one in case.test.expects if change.indicator in (None, getattr(one, "name", None))]
        if not about:
            continue
        look = Look(change.model, given, samples)
        try:
            if not all(verdict(look, case, expected).passed for expected in about):
                return case.name
        except (ModelFault, NumericsError):
            return case.name
    return None


def _never_reached(model: Model) -> frozenset[str]:
    """Nodes that no case comes to whatever a test gives: only ways of 0 % out of a `choose` lead there."""
    found: set[str] = set()
    for workflow in model.workflows:
        flow = arcs(workflow)
        chosen = {node.name for node in workflow.nodes() if isinstance(node, Choose)}
        reached, waiting = {flow.start}, [flow.start]
        while waiting:
            place = waiting.pop()
            for arc in flow.arcs:
                closed = arc.source in chosen and arc.share and not any(arc.share)
                if arc.source == place and not closed and arc.target not in reached:
                    reached.add(arc.target)
                    waiting.append(arc.target)
        found |= {node.name for node in workflow.nodes() if node.name is not None} - reached
    return frozenset(found)


def _text(test: scenes.Test) -> str:
    return Model(tests=(test,)).to_text()


def _tells(model: Model, mutant: Model, test: scenes.Test, samples: Samples | None = None) -> bool:
    """Whether a test passes on the model and fails on the changed one."""
    case = Case(test, 0)
    return judge(model, case, {}, samples=samples).passed and not judge(mutant, case, {}, samples=samples).passed


# ------------------------------------------------------------------------------------------ rules
def _of_rules(
    model: Model, subject: Subject, change: Change, periods: Mapping[str, Quantity]
) -> tuple[str, str | None]:
    indicator = next(one for one in model.declared_indicators if one.name == change.indicator)
    every = periods.get(indicator.name, WEEK)
    low, high = (_exact(end) for end in bounds(subject, indicator.measure))
    usual = indicator.expect.base if indicator.expect is not None else None
    unit = _unit(indicator)
    found = difference(indicator.rules, change.rules, float(every.base), low, high, usual, parse_unit(unit).factor)
    if found.values is None:
        return ("equivalent" if found.proven else "unseen"), None
    values = tuple(_shortened(found.values, unit))
    given = scenes.Given(name=_fed_by(model, indicator), values=values, every=every, start=START)
    day = step_day(every, len(found.values) - 1)
    title = f"{indicator.name}: {change.before}"
    for state in ("ok", "pending", "warn", "alert", "unknown"):
        expected = scenes.ExpectState(name=indicator.name, state=state, at=day)
        test = scenes.Test(title=title, given=(given,), expects=(expected,))
        if _tells(model, change.model, test):
            return "missed", _text(test)
    return "unseen", None


def _shortened(values: Sequence[Fraction | None], unit: str) -> Iterator[scenes.Value | scenes.Ramp]:
    """Values as a test writes them; four and more of the same stand as a run without a step."""
    for value, row in groupby(values):
        times = sum(1 for _ in row)
        one = scenes.Value(value=None if value is None else Quantity(value=value / parse_unit(unit).factor, unit=unit))
        if times > 3 and value is not None:
            yield scenes.Ramp(start=one, step=Quantity(value=Fraction(0), unit=unit), times=times - 1)
        else:
            yield from [one] * times


def _exact(end: float) -> Fraction | None:
    return None if end in (float("inf"), float("-inf")) else Fraction(end)


def step_day(every: Quantity, count: int, start: Any = START) -> date:
    """The day so many spans after a start, that of proposed tests unless said.

    >>> step_day(WEEK, 4).isoformat()
    '2026-02-02'
    """
    return step(datetime.combine(start, time(), UTC), every, count).date()


def _unit(indicator: Indicator) -> str:
    """The unit that the levels of an indicator are written in."""
    for rule in indicator.rules:
        unit = _unit_in(rule)
        if unit is not None:
            return unit
    return indicator.expect.unit if indicator.expect is not None else ""


def _unit_in(rule: Rule) -> str | None:
    waiting = [rule.condition]
    while waiting:
        part = waiting.pop(0)
        for name in ("value", "low"):
            level = getattr(part, name, None)
            if isinstance(level, Quantity):
                return level.unit
        waiting += [
            inner for name in ("condition", "left", "right") if (inner := getattr(part, name, None)) is not None
        ]
    return None


def _fed_by(model: Model, indicator: Indicator) -> str:
    """What a test gives to feed an indicator: the outcome that it measures, if it is nothing else, or itself."""
    outcome = outcome_measured(indicator.measure)
    if outcome is None or (isinstance(indicator.measure, Reference) and "." not in outcome):
        return indicator.name
    return outcome


# ------------------------------------------------------------------------------------------ forecasts
@dataclass(frozen=True, slots=True)
class Situation:
    """Observations that a proposed test may give, and what the model as it is makes of them."""

    given: tuple[scenes.Given, ...]
    observations: Observations
    day: date
    before: Evaluation


class Situations:
    """What might be given, looked at with the model as it is; each is worked out once, when it is asked for."""

    def __init__(self, model: Model, prepared: Prepared, samples: Samples | None) -> None:
        self.model, self.samples = model, samples
        self._left = _situations(model, prepared)
        self._made: list[Situation] = []

    def __iter__(self) -> Iterator[Situation]:
        yield from self._made
        for given in self._left:
            observations = given_in(Case(scenes.Test(title="", given=given), 0))
            day = max(step_day(one.every, len(one.values) - 1, one.start) for one in given)
            try:
                before = Look(self.model, observations, self.samples).forecast(day)
            except (DataError, ModelFault, NumericsError):
                continue
            self._made.append(Situation(given, observations, day, before))
            yield self._made[-1]


def _of_forecasts(model: Model, change: Change, situations: Situations) -> scenes.Test | None:
    """A test of a metric's forecast that a change of the process or of a cause fails."""
    for situation in situations:
        shell = scenes.Test(title=change.before, given=situation.given)
        try:
            after = Look(change.model, situation.observations, situations.samples).forecast(situation.day)
            changed = {row.name: row.forecast for row in after.metrics}
        except (ModelFault, NumericsError):  # the changed process has no figures, so any expectation of one fails
            changed = {row.name: -(row.forecast or 0.0) for row in situation.before.metrics}
        for row in situation.before.metrics:
            other = changed.get(row.name)
            metric = next((one for one in model.metrics if one.name == row.name), None)
            if row.forecast is None or other is None or metric is None:
                continue
            if abs(row.forecast - other) <= _CLEARLY * max(abs(row.forecast), abs(other)):
                continue
            expected = scenes.ExpectLevel(
                name=row.name,
                side="above" if row.forecast > other else "below",
                value=_between(row.forecast, other, metric.unit or row.unit),
                at=situation.day,
            )
            test = shell.model_copy(update={"expects": (expected,)})
            if _tells(model, change.model, test, situations.samples):
                return _leaner(model, change.model, test, situations.samples)
    return None


def _leaner(model: Model, mutant: Model, test: scenes.Test, samples: Samples | None) -> scenes.Test:
    """The test without what it need not give."""
    for given in test.given:
        less = test.model_copy(update={"given": tuple(one for one in test.given if one is not given)})
        if less.given and _tells(model, mutant, less, samples):
            test = less
    return test


def _between(one: float, two: float, unit: str) -> Quantity:
    factor = parse_unit(unit).factor
    low, high = sorted((Fraction(one).limit_denominator(10**9), Fraction(two).limit_denominator(10**9)))
    return Quantity(value=rounded(low / factor, high / factor), unit=unit)


def _situations(model: Model, prepared: Prepared) -> Iterator[tuple[scenes.Given, ...]]:
    """What might be given: what the tests give, then each decision going wrong, then the metrics with data as well."""
    seen = []
    for case, _ in prepared:
        if case.row is None and case.test.given and case.test.given not in seen:
            seen.append(case.test.given)
            yield case.test.given
    start = _start(model)
    data = tuple(
        scenes.Given(name=metric.name, values=_level_values(metric), every=WEEK, start=start)
        for metric in model.metrics
        if metric.formula is None
    )
    for _, node in model.nodes():
        if isinstance(node, Decision):
            for outcome in node.outcomes:
                if outcome.has_effect and outcome.share is not None and outcome.share.first > 0:
                    share = max(min(outcome.share.first * 2, (outcome.share.first + 1) / 2), Fraction(3, 10)) * 100
                    value = scenes.Value(value=Quantity(value=Fraction(round(share)), unit="%"))
                    steady = scenes.Ramp(start=value, step=Quantity(value=Fraction(0), unit="%"), times=7)
                    name = f"{node.name}.{outcome.name}"
                    worse = scenes.Given(name=name, values=(steady,), every=WEEK, start=start)
                    yield (worse,)
                    if data:
                        yield (worse, *data)
    if data:
        yield data
    for cause in model.causes:
        if isinstance(cause.strength, Learned):
            yield from _followed(model, cause, start)


def _start(model: Model) -> date:
    """Where forecasts of proposed tests begin: `START`, or earlier, half a year before the first target's date."""
    days = [target.by for target in targets_of(model).values() if target.by is not None]
    first = min(days, default=START + timedelta(weeks=26)) - timedelta(weeks=26)
    return min(START, first - timedelta(days=first.weekday()))


def _followed(model: Model, cause: Cause, start: date) -> Iterator[tuple[scenes.Given, ...]]:
    """Forty weeks in which the effect of a cause follows its source three weeks later: there is something to learn."""
    metrics = {metric.name: _usual_level(metric) for metric in model.metrics}
    for workflow in model.workflows:
        if isinstance(workflow.arrivals, PoissonArrivals):
            metrics[f"{workflow.name}.arrivals"] = (workflow.arrivals.per_second * WEEK.base, "1/w")
    if cause.source not in metrics or cause.effect not in metrics:
        return
    rows = []
    for name, late in ((cause.source, 0), (cause.effect, 3)):
        level, unit = metrics[name]
        week = [
            1
            + Fraction(((number - late) * 7 + (number - late) ** 2 * 3) % 11 - 5 - (5 if number - late > 33 else 0), 20)
            for number in range(40)
        ]
        values = tuple(scenes.Value(value=Quantity(value=_three_digits(level * one), unit=unit)) for one in week)
        rows.append(scenes.Given(name=name, values=values, every=WEEK, start=start - timedelta(weeks=40)))
    yield tuple(rows)


def _level_values(metric: Metric) -> tuple[scenes.Value, ...]:
    """Eight weeks about its usual level."""
    level, unit = _usual_level(metric)
    steady = [scenes.Value(value=Quantity(value=_three_digits(level * factor), unit=unit)) for factor in (1, _A_LITTLE)]
    return tuple(steady[number % 2] for number in range(8))


def _usual_level(metric: Metric) -> tuple[Fraction, str]:
    """A week's level that the metric's target asks for, or 100; and its unit."""
    target = metric.target
    level, unit = (target.value.value, target.value.unit) if target is not None else (Fraction(100), metric.unit or "")
    if target is not None and target.per is not None:
        level = level * WEEK.base / target.per.base
    elif target is not None and target.start is not None and target.by is not None:
        level = level * 7 / ((target.by - target.start).days + 1)
    return level, unit


def _three_digits(value: Fraction) -> Fraction:
    return Fraction(f"{float(value):.3g}")
