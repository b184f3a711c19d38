"""What an evaluation is computed from: the current model, both states of each workflow, network and forecaster.

`evaluate` tells all of it; a back-test asks the same forecaster at many moments of the past, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mpmflow.analysis.exact.arrays import LawBook
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.compiler.names import Names as ModelNames
from mpmflow.compiler.units import Units
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.goals import Objective
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.measures import Metric, Target
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations

from .beliefs import Estimate, PlanTimes
from .crowds import Base, Crowds, with_queues
from .enough_data import metrics_of
from .estimate import estimate, plan_times
from .forecast import Forecaster, draws_that_fit, flows_of
from .outlook import MOST_AHEAD, Outlook
from .process_change import ProcessChange
from .process_draws import ProcessDraws
from .readings import periods_needed
from .reference import Reference, understood, window_of
from .segments import time_names
from .sources import Source, sources_of

SLACK_AHEAD = 4
"""Periods that are looked ahead beyond the longest lag."""
FIGURES = ("time", "cost", "yield", "first_pass", "rework", "throughput")
"""Figures of every workflow that the spread tells of even where no metric asks for them."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """The parts of one evaluation, ready to be asked."""

    targets: Mapping[str, Target]
    planned: PlanTimes
    book: LawBook
    found: Estimate
    crowds: Crowds
    changes: Mapping[str, ProcessChange]
    sources: Mapping[str, Source]
    outlook: Outlook
    units: Units
    drawn: ProcessDraws
    forecaster: Forecaster


def prepare(
    model: Model,
    observations: Observations,
    targets: Mapping[str, Target],
    *,
    reference: Reference = "plan",
    seed: int = 0,
    draws: int | None = None,
    samples: Samples | None = None,
) -> Prepared:
    """Estimate, solve and draw, as far ahead as the last target lies; arguments as of `evaluate`."""
    reference = understood(reference)
    rng = np.random.default_rng(seed)
    book = LawBook(samples)
    workflows = list(workflows_in_question(model).names)
    planned_cells = [to_chain(model, name) for name in workflows]
    planned = with_queues(plan_times(planned_cells, book), model, book)
    window = window_of(reference, observations)
    found = estimate(model, observations, planned, reference if isinstance(reference, str) else window or (0, 0))
    before = {name: to_chain(found.reference, name) for name in workflows}
    after = {name: to_chain(found.model, name) for name in workflows}
    metrics = metrics_of(model)
    dated = _with_own_dates(model, targets)
    ahead = max(1, periods_needed(dated, observations, found.periods))
    if draws is None:
        draws = draws_that_fit(len(metrics) + len(FIGURES) * len(workflows), ahead)
    base: Base = "period" if window is not None else "rework-free" if reference == "rework-free" else "plan"
    horizon = ahead * observations.period
    crowds = Crowds(before, after, found.reference, found.model, found.times, time_names(found), book, base, horizon)
    before, after = crowds.before, crowds.after
    changes = {
        name: ProcessChange(
            before[name],
            after[name],
            crowds.names,
            observations.period,
            book,
            crowds.flows,
            crowds.spill,
            crowds.settling(name),
        )
        for name in workflows
    }
    sources = sources_of(found, plan_times(before.values(), book), plan_times(after.values(), book), rng, draws)
    outlook = _outlook(model, sources, changes, observations, found, dated, window)
    units = Units(ModelNames(model))
    counted = {name: units.of_name(name).flow or _sums_up(metrics, name) for name in outlook.places}
    flows = flows_of([*outlook.places, *outlook.with_data], counted, outlook.figures, targets)
    drawn = ProcessDraws(changes, sources, crowds, draws)
    forecaster = Forecaster(outlook, flows, rng, drawn)
    return Prepared(targets, planned, book, found, crowds, changes, sources, outlook, units, drawn, forecaster)


def _sums_up(metrics: Sequence[Metric], name: str) -> bool:
    """Whether a metric is the sum of a column of the log, which adds up over periods."""
    formula = next((metric.formula for metric in metrics if metric.name == name), None)
    return formula is not None and formula.kind == "function" and formula.function == "sum"


def targets_of(model: Model) -> dict[str, Target]:
    """Metric -> the target it is held to: its own, else that of an objective it measures first, else a promise."""
    found: dict[str, Target] = {}
    for metric in metrics_of(model):
        if metric.target is not None:
            found[metric.name] = metric.target
    units = Units(ModelNames(model))
    for objective, _ in model.objective_tree():
        meant = metric_meant(objective, units)
        if meant is not None and objective.target is not None:
            found.setdefault(meant, objective.target)
    for commitment in model.commitments:
        for promise in commitment.promises:
            found.setdefault(promise.metric, promise.target)
    return found


def metric_meant(objective: Objective, units: Units) -> str | None:
    """The metric that an objective's own target is about: the first of its metrics that has the target's unit."""
    if objective.target is None:
        return None
    wanted = objective.target.value.measure
    for name in objective.measured_by:
        unit = units.of_name(name).unit
        if unit is None or wanted.powers in (unit.powers, unit.without_counts().powers):
            return name
    return None


def _with_own_dates(model: Model, targets: Mapping[str, Target]) -> dict[str, Target]:
    """The targets, and what else is asked for at a date of its own: promises and the targets of objectives."""
    own = [objective.target for objective, _ in model.objective_tree() if objective.target is not None]
    own += [promise.target for commitment in model.commitments for promise in commitment.promises]
    return {**targets, **{f"own date {number}": target for number, target in enumerate(own)}}


def _outlook(
    model: Model,
    sources: Mapping[str, Source],
    changes: Mapping[str, ProcessChange],
    observations: Observations,
    found: Estimate,
    targets: Mapping[str, Target],
    window: tuple[int, int] | None,
) -> Outlook:
    """The network, looking ahead as far as the last target and the longest lag need."""
    ahead = max(1, min(MOST_AHEAD, periods_needed(targets, observations, found.periods)))
    outlook = Outlook(model, sources, changes, observations, found.periods, ahead, window)
    needed = min(MOST_AHEAD, max(ahead, outlook.longest_wait + SLACK_AHEAD))
    if needed > ahead:
        outlook = Outlook(model, sources, changes, observations, found.periods, needed, window)
    return outlook
