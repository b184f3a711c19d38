"""What is not given is as expected: the planned values that stand in for what nobody observed.

They stand in only where an indicator or a formula reads them, and only for states and observed values: forecasts make
their own way from the plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mpmflow.analysis.exact.arrays import LawBook
from mpmflow.analysis.risk.current_model import mean_over_visits, nodes_in
from mpmflow.analysis.risk.enough_data import metrics_of
from mpmflow.analysis.risk.estimate import plan_times
from mpmflow.analysis.risk.levels import inputs_of
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.expressions import Expression
from mpmflow.model.flow import goes_on
from mpmflow.model.imports import all_workflows, workflows_in_question
from mpmflow.model.measures import Indicator
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.process import Choose, Decision, PoissonArrivals, Step

Row = tuple[float | None, ...]


def as_expected(model: Model, observations: Observations) -> Observations:
    """The observations with planned values where nothing is given: shares, times, arrivals, and indicators with
    `expect`.

    Of a decision with a given outcome, the outcome that just goes on makes up for it, as in a scenario. What has no
    plan (a team's load, a metric without a formula) stays unknown.
    """
    periods = len(observations.starts)
    given = dict(observations.series)
    formulas = {metric.name: metric.formula for metric in metrics_of(model) if metric.formula is not None}
    read = {name for expression in _expressions(model) for name in inputs_of(expression)}
    filled: dict[str, Row] = {}
    touched = set(given) | set(observations.outcomes)
    for node in nodes_in(model, Decision, Choose):
        ids = [f"{node.name}.{outcome.name}" for outcome in node.outcomes]
        if any(name in observations.outcomes for name in ids) or not read & set(ids):
            continue
        if touched & set(ids):
            touched |= set(ids)
        filled |= _shares(node, ids, given, periods)
    missing = {name for name in read if name not in given and name not in filled}
    for name, value in _levels(model, observations, missing).items():
        filled[name] = (value,) * periods
    for indicator in _indicators(model):
        if indicator.name in given or indicator.expect is None:
            continue
        if not _behind(indicator.measure, formulas) & touched:
            filled[indicator.name] = (float(indicator.expect.base),) * periods
    return replace(observations, series={**filled, **given})


def _behind(expression: Expression, formulas: Mapping[str, Expression]) -> set[str]:
    """Every name that an expression rests on, those behind the formulas of metrics included."""
    found: set[str] = set()
    waiting = list(inputs_of(expression))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            if name in formulas:
                waiting += inputs_of(formulas[name])
    return found


def _shares(node: Decision | Choose, ids: list[str], given: Mapping[str, Row], periods: int) -> dict[str, Row]:
    plan = mean_over_visits(node.outcomes)
    pays = goes_on(node.outcomes)
    payer = node.outcomes.index(pays) if pays is not None else None
    left = [index for index, name in enumerate(ids) if name not in given]
    movers = [payer] if payer in left else left
    rows: dict[int, list[float | None]] = {index: [] for index in left}
    for period in range(periods):
        said = [given[name][period] for name in ids if name in given]
        known = [share for share in said if share is not None]
        rest = 1.0 - sum(known) - sum(float(plan[index]) for index in left if index not in movers)
        weight = sum(float(plan[index]) for index in movers)
        for index in left:
            if len(known) < len(said):
                rows[index].append(None)
            elif index in movers:
                part = float(plan[index]) / weight if weight else 1.0 / len(movers)
                rows[index].append(min(1.0, max(0.0, rest * part)))
            else:
                rows[index].append(float(plan[index]))
    return {ids[index]: tuple(row) for index, row in rows.items()}


def _levels(model: Model, observations: Observations, missing: set[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for workflow in all_workflows(model):
        name = f"{workflow.name}.arrivals"
        if name in missing and isinstance(workflow.arrivals, PoissonArrivals):
            found[name] = float(workflow.arrivals.per_second)
    timed = list(nodes_in(model, Step, Decision, Choose))
    wanted = {f"{node.name}.{aspect}" for node in timed for aspect in ("time", "wait")} & missing
    if wanted:
        times = plan_times([to_chain(model, name) for name in workflows_in_question(model).names], LawBook())
        for node in timed:
            plan = times.get(node.name)
            if plan is not None and plan.stated:
                if f"{node.name}.time" in wanted:
                    found[f"{node.name}.time"] = plan.work
                if f"{node.name}.wait" in wanted:
                    found[f"{node.name}.wait"] = plan.wait
    return found


def _expressions(model: Model) -> Iterator[Expression]:
    for indicator in _indicators(model):
        yield indicator.measure
    for metric in metrics_of(model):
        if metric.formula is not None:
            yield metric.formula


def _indicators(model: Model) -> Iterator[Indicator]:
    yield from model.declared_indicators
    for imported in model.imports:
        yield from _indicators(imported.model)
