"""What the tests of a model exercise: clauses of rules, outcomes of decisions, causes.

A clause counts once an expectation is about its indicator, over every period up to that expectation's evening; its
halves are `true` and `false`. An outcome counts where a test gives it, or moves it by giving another outcome of the
same decision; its halves are `above plan` and `up to plan`. A cause counts where an expected forecast is moved through
it; its halves are `rises` and `falls`, of its effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.expectations.looking import Look
from mpmflow.analysis.risk.current_model import mean_over_visits, nodes_in
from mpmflow.analysis.rules import condition_text, rule_text
from mpmflow.diagnostics.errors import DataError
from mpmflow.diagnostics.source import Span
from mpmflow.model import scenes
from mpmflow.model.model import Model
from mpmflow.model.process import Decision
from mpmflow.model.quantities import Quantity, write_quantity
from mpmflow.model.rules import Condition, Rule

from .cases import Case, CaseFault, cases_of
from .clock import evenings, given_in
from .results import Covered, Half

_NO_CHANGE = 1e-9


class _Tally:
    """How often each half of a thing came."""

    def __init__(self) -> None:
        self.first: dict[str, int] = {}
        self.second: dict[str, int] = {}

    def add(self, name: str, first: int, second: int) -> None:
        self.first[name] = self.first.get(name, 0) + first
        self.second[name] = self.second.get(name, 0) + second

    def halves(self, name: str, first: str, second: str) -> tuple[Half, Half]:
        return Half(first, self.first.get(name, 0)), Half(second, self.second.get(name, 0))


def coverage_of(model: Model, places: Mapping[str, Span], *, samples: Samples | None = None) -> list[Covered]:
    """Every clause, outcome and cause of a model with how far its own tests exercise it, in the order of the text."""
    clauses, outcomes, causes = _Tally(), _Tally(), _Tally()
    for case in cases_of(model):
        try:
            look = Look(model, given_in(case), samples)
        except CaseFault:  # the run says what is wrong with it
            continue
        for expected in case.test.expects:
            _clauses(look, case, expected, clauses)
        _outcomes(model, look, outcomes)
        _causes(look, case, causes)
    found = []
    for indicator in model.declared_indicators:
        for number, rule in enumerate(indicator.rules):
            for path, text in _paths(rule):
                name = f"{indicator.name}/rules.{number}/{path}"
                shown = f"{indicator.name}: {rule.level} {rule_text(rule)}" + ("" if not text else f": `{text}`")
                halves = clauses.halves(name, "true", "false")
                found.append(Covered("clause", name, shown, halves, places.get(name)))
    for node in nodes_in(model, Decision):
        for outcome, plan in zip(node.outcomes, mean_over_visits(node.outcomes), strict=True):
            name = f"{node.name}.{outcome.name}"
            share = write_quantity(Quantity(value=Fraction(f"{100 * float(plan):.2f}"), unit="%"))
            halves = outcomes.halves(name, "above plan", "up to plan")
            found.append(Covered("outcome", name, f"{name}, planned {share}", halves, places.get(name)))
    for cause in model.causes:
        name = f"cause:{cause.source}->{cause.effect}"
        halves = causes.halves(name, "rises", "falls")
        found.append(Covered("cause", name, f"cause {cause.source} -> {cause.effect}", halves, places.get(name)))
    return found


def _paths(rule: Rule) -> Iterator[tuple[str, str]]:
    """Every clause of a rule: its path, and its words where it is only a part."""
    yield from _inside(rule.condition, "condition", whole=True)
    if rule.clears is not None:
        yield "clears", f"clears {condition_text(rule.clears)}"


def _inside(condition: Condition, path: str, whole: bool = False) -> Iterator[tuple[str, str]]:
    yield path, "" if whole else condition_text(condition)
    for name in ("condition", "left", "right"):
        part = getattr(condition, name, None)
        if part is not None:
            yield from _inside(part, f"{path}/{name}")


def _clauses(look: Look, case: Case, expected: scenes.Expectation, tally: _Tally) -> None:
    if not isinstance(expected, (scenes.ExpectState, scenes.ExpectSilence)) or expected.name not in look.traces:
        return
    days = evenings(case, expected)
    last = look.period_of(days[-1]) if days else len(look.given.starts) - 1
    if last is not None:
        for use in look.uses(expected.name, last):
            tally.add(f"{expected.name}/{use.path}", use.true, use.false)


def _outcomes(model: Model, look: Look, tally: _Tally) -> None:
    for node in nodes_in(model, Decision):
        ids = [f"{node.name}.{outcome.name}" for outcome in node.outcomes]
        if not any(name in look.given.series for name in ids):
            continue
        for name, plan in zip(ids, mean_over_visits(node.outcomes), strict=True):
            row = look.given.series.get(name) or look.filled.series.get(name) or ()
            seen = [share for share in row if share is not None]
            given = name in look.given.series or any(abs(share - float(plan)) > _NO_CHANGE for share in seen)
            if given:
                above = sum(share > float(plan) + _NO_CHANGE for share in seen)
                tally.add(name, above, len(seen) - above)


def _causes(look: Look, case: Case, tally: _Tally) -> None:
    for expected in case.test.expects:
        if not isinstance(expected, scenes.ExpectLevel) or expected.name not in look.metrics:
            continue
        days = evenings(case, expected)
        day = days[0] if days else look.given.starts[-1].date()
        try:
            evaluation = look.forecast(day)
        except DataError:
            continue
        changes = {row.name: row.change or 0.0 for row in evaluation.metrics}
        figure = next((row for row in evaluation.metrics if row.name == expected.name), None)
        for path in figure.paths if figure is not None else ():
            for source, effect in pairwise(path):
                change = changes.get(effect, 0.0)
                if abs(change) > _NO_CHANGE:
                    tally.add(f"cause:{source}->{effect}", int(change > 0), int(change < 0))
