"""From observations to the current model: shares, times and arrivals as they are now, with their uncertainty.

Shares of a decision get a Dirichlet posterior: the plan counts as ten decisions, every observed decision as one, and
one that lies a half-life back as half a one. The half-life is eight periods unless another one has foretold this
figure's periods clearly better (`numerics.statistics.memory`): after a step the past is forgotten faster. Times and
arrivals are means with the same forgetting. What comes out is an ordinary model, so whatever can be asked of the plan
can be asked of it; the posterior travels beside it for intervals and draws.

Where a text states no time for a node (or no arrivals) there is no plan to deviate from. Then the first 20 periods
take its place, the same baseline that freezes control limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import LawBook
from mpmflow.analysis.rules import BASELINE
from mpmflow.diagnostics.errors import DataError
from mpmflow.graphs.cells import ProcessCells
from mpmflow.model.expressions import Expression, Function, Reference
from mpmflow.model.flow import goes_on, shares
from mpmflow.model.imports import all_workflows
from mpmflow.model.model import Model
from mpmflow.model.observations import Durations, Observations
from mpmflow.model.process import Choose, Decision, PoissonArrivals, Step
from mpmflow.numerics.statistics.estimates import (
    PRIOR_SIZE,
    MeanEstimate,
    forgetting,
    mean_estimate,
    outcome_posterior,
    plan_prior,
)
from mpmflow.numerics.statistics.memory import Memory, memory_of_arrivals, memory_of_mean, memory_of_shares

from .beliefs import ArrivalsEstimate, Estimate, PlanTime, PlanTimes, SharesEstimate, TimeEstimate
from .current_model import mean_over_visits, nodes_in, with_estimates, without_rework

Floats = npt.NDArray[np.float64]
UNCOUNTED = 30.0
"""So many decisions (or visits) a period's share or mean time from a table is taken to rest on, for tables have no
counts.
"""


EVERYTHING = Memory(half_life=None)
"""What is told of a reference period: all of it counts alike."""


def plan_times(processes: Iterable[ProcessCells], book: LawBook) -> dict[str, PlanTime]:
    """The time of one visit at every step, decision and choose."""
    found: dict[str, PlanTime] = {}
    waiting = [state for process in processes for state in process.cells.states]
    while waiting:
        state = waiting.pop()
        if state.block is not None:
            waiting += [inner for branch in state.block.branches for inner in branch.states]
        elif state.part in ("work", "wait"):
            law = book.calendar(state.timing, state.node)
            old = found.get(state.node, PlanTime())
            stated = old.stated or state.timing is not None
            if state.part == "wait":
                found[state.node] = replace(old, wait=law.mean, wait_variance=law.variance, stated=stated)
            else:
                stretch = state.timing.stretch if state.timing is not None else 1.0
                found[state.node] = replace(
                    old, work=law.mean, work_variance=law.variance, stretch=stretch, stated=stated
                )
    return found


def full_periods(observations: Observations) -> int:
    """How many periods tell something: all, but a last one that `as_of` cuts short while a log is still being written.

    A row of a table is what its period came to, however early in the period somebody asks.
    """
    count = len(observations.starts)
    if not count:
        return 0
    length = (observations.ends[-1] - observations.starts[-1]).total_seconds()
    # Months have no fixed length: the shortest has 28 of 30.4 days.
    shortest = observations.period if observations.period < 27 * 86400 else 0.91 * observations.period
    from_log = observations.outcomes or observations.durations or observations.arrivals
    in_table = not from_log and any(row[-1] is not None for row in observations.series.values())
    return count if length >= shortest - 1.0 or in_table else count - 1


def estimate(
    model: Model,
    observations: Observations,
    planned: PlanTimes,
    reference: Literal["plan", "rework-free"] | tuple[int, int] = "plan",
) -> Estimate:
    """Estimate the current model, and lay the reference beside it.

    Args:
        planned: time of one visit at each node of the plan, see `plan_times`.
        reference: the plan; the current state without its rework outcomes; or the periods from index to index
            (exclusive), estimated like the current state but without forgetting.

    Raises DataError for a reference period in which nothing was observed.
    """
    periods = full_periods(observations)
    every = slice(0, periods)
    found = {row.decision: row for row in _decisions(model, observations, every, True, PRIOR_SIZE)}
    times = {row.name: row for row in _times(model, observations, every, True, planned)}
    arrivals = {row.workflow: row for row in _arrivals(model, observations, every, True)}
    current = with_estimates(model, found, times, arrivals, planned, now=True)
    if reference == "plan":
        base = with_estimates(model, {}, times, arrivals, planned, now=False)
    elif reference == "rework-free":
        base = without_rework(current)
        arrivals = {name: replace(row, reference=row.rate) for name, row in arrivals.items()}
    else:
        then = slice(max(reference[0], 0), min(reference[1], periods))
        then_shares = {row.decision: row for row in _decisions(model, observations, then, False, 1.0)}
        then_times = {row.name: row for row in _times(model, observations, then, False, planned)}
        then_arrivals = {row.workflow: row for row in _arrivals(model, observations, then, False)}
        decided = any(row.counts.any() for row in then_shares.values())
        if not then_times and not decided and not _told(observations, then):
            raise DataError(
                "nothing was observed in the reference period, so nothing can be compared with it; choose dates from "
                f"{observations.starts[0].date()} to {(observations.as_of - timedelta(microseconds=1)).date()}"
            )
        filled = with_estimates(model, {}, times, arrivals, planned, now=False)
        arrivals = {
            name: replace(row, reference=then_arrivals[name].rate if name in then_arrivals else row.plan)
            for name, row in arrivals.items()
        }
        base = with_estimates(filled, then_shares, then_times, then_arrivals, planned, now=True)
    return Estimate(base, current, found, times, arrivals, periods)


def seen_in(
    model: Model, observations: Observations, periods: slice, planned: PlanTimes
) -> tuple[dict[str, SharesEstimate], dict[str, TimeEstimate], dict[str, ArrivalsEstimate]]:
    """Shares by decision, times by indicator and arrivals by workflow as some periods have them by themselves.

    Nothing is forgotten and the plan adds nothing: a share is what was counted. What was not seen is left out.
    """
    found: dict[str, SharesEstimate] = {}
    for row in _decisions(model, observations, periods, False, 1.0):
        counts = np.nansum(row.counts, axis=1)
        if counts.sum() > 0.0:
            bare = outcome_posterior(counts, np.zeros(len(counts)), None)
            found[row.decision] = replace(row, posterior=bare)
    times: dict[str, TimeEstimate] = {}
    for time in _times(model, observations, periods, False, planned):
        count = float(time.visits.sum())
        mean = float(np.nansum(time.visits * np.nan_to_num(time.means))) / count
        error = time.sd / count**0.5 if count >= 2.0 else float("nan")
        times[time.name] = replace(time, belief=MeanEstimate(count, mean, time.sd, error))
    arrivals: dict[str, ArrivalsEstimate] = {}
    for flow in _arrivals(model, observations, periods, False):
        seconds = len(flow.counts) * flow.seconds
        rate = float(flow.counts.sum()) / seconds
        arrivals[flow.workflow] = replace(flow, rate=rate, error=(rate / seconds) ** 0.5)
    return found, times, arrivals


def _told(observations: Observations, periods: slice) -> bool:
    """Whether a table has a value in these periods."""
    return any(value is not None for row in observations.series.values() for value in row[periods])


def _decisions(
    model: Model, observations: Observations, periods: slice, forget: bool, prior: float
) -> Iterable[SharesEstimate]:
    aliases = shares_by_other_names(model)
    for node in nodes_in(model, Decision, Choose):
        ids = tuple(f"{node.name}.{outcome.name}" for outcome in node.outcomes)
        plan = mean_over_visits(node.outcomes)
        pays = goes_on(node.outcomes)
        passing = None if pays is None else node.outcomes.index(pays)
        counts = _counts(observations, ids, plan, passing, periods, aliases)
        if counts is None:
            continue
        table = shares(node.outcomes)
        varies = any(len(set(row)) > 1 for row in table)
        trials = [outcome.share.counted.trials for outcome in node.outcomes if outcome.share and outcome.share.counted]
        worth = float(max(trials)) if trials else prior
        planned = plan_prior(plan, worth)
        memory = memory_of_shares(counts.T, planned) if forget else EVERYTHING
        posterior = outcome_posterior(counts.T / memory.dispersion, planned, memory.half_life)
        yield SharesEstimate(node.name, ids, plan, counts, posterior, passing, varies, memory.half_life)


def _counts(
    observations: Observations,
    ids: tuple[str, ...],
    plan: Floats,
    passing: int | None,
    periods: slice,
    aliases: Mapping[str, tuple[str, ...]],
) -> Floats | None:
    """How often each outcome was taken, per period; from counts, else from shares in a table, else None."""
    if any(name in observations.outcomes for name in ids):
        none = (0,) * len(observations.starts)
        return np.array([observations.outcomes.get(name, none)[periods] for name in ids], dtype=float)
    given = {}
    for index, name in enumerate(ids):
        for other in (name, *aliases.get(name, ())):
            if other in observations.series:
                observed = observations.series[other][periods]
                given[index] = np.array([np.nan if share is None else share for share in observed], dtype=float)
    if not given:
        return None
    length = len(next(iter(given.values())))
    table = np.tile(plan[:, None], (1, length))
    for index, row in given.items():
        table[index] = row
    known = ~np.isnan(table).any(axis=0)
    rest = 1.0 - table[list(given)].sum(axis=0)
    payers = (
        [passing] if passing is not None and passing not in given else [i for i in range(len(ids)) if i not in given]
    )
    fixed = [i for i in range(len(ids)) if i not in given and i not in payers]
    weight = plan[payers] if plan[payers].sum() > 0 else np.ones(len(payers))
    if payers:
        table[payers] = (rest - plan[fixed].sum()) * (weight / weight.sum())[:, None]
    table = np.clip(table, 0.0, 1.0)
    with np.errstate(invalid="ignore"):
        return np.where(known, UNCOUNTED * table / table.sum(axis=0), 0.0)


def shares_by_other_names(model: Model) -> dict[str, tuple[str, ...]]:
    """Outcome id -> named indicators that measure nothing but its share."""
    found: dict[str, tuple[str, ...]] = {}
    for indicator in model.declared_indicators:
        outcome = outcome_measured(indicator.measure)
        if outcome:
            found[outcome] = (*found.get(outcome, ()), indicator.name)
    return found


def outcome_measured(measure: Expression) -> str | None:
    """The outcome whose share of one period an expression is, if that is all it is."""
    if isinstance(measure, Function) and measure.function == "rate" and len(measure.arguments) == 1:
        measure = measure.arguments[0]
    return measure.name if isinstance(measure, Reference) else None


def _times(
    model: Model, observations: Observations, periods: slice, forget: bool, planned: PlanTimes
) -> Iterable[TimeEstimate]:
    for node in nodes_in(model, Step, Decision, Choose):
        plan = planned.get(node.name, PlanTime())
        step = isinstance(node, Step)
        seen = observations.durations.get(node.name)
        waits = observations.series.get(f"{node.name}.wait")
        if seen is not None:
            sums = _sums(seen, periods)
            if waits is None:
                name = f"{node.name}.{'time' if step else 'wait'}"
                yield from _time(node.name, name, "all", plan.mean, plan.variance, plan.stated, sums, forget)
            else:
                yield from _time(
                    node.name, f"{node.name}.time", "work", plan.work, plan.work_variance, plan.stated, sums, forget
                )
        elif f"{node.name}.time" in observations.series:
            sums = _sums_of_means(observations.series[f"{node.name}.time"][periods], plan.work_variance)
            yield from _time(
                node.name, f"{node.name}.time", "work", plan.work, plan.work_variance, plan.stated, sums, forget
            )
        if waits is not None:
            waiting, scatter = plan.wait + plan.queue, plan.wait_variance + plan.queue_variance
            sums = _sums_of_means(waits[periods], scatter)
            yield from _time(node.name, f"{node.name}.wait", "wait", waiting, scatter, plan.stated, sums, forget)


def _sums(seen: Durations, periods: slice) -> tuple[Floats, Floats, Floats]:
    visits, seconds, squares = (
        np.asarray(figure[periods], dtype=float) for figure in (seen.visits, seen.seconds, seen.squares)
    )
    return visits, seconds, squares


def _sums_of_means(means: Sequence[float | None], variance: float) -> tuple[Floats, Floats, Floats]:
    """Means of periods as if each were of `UNCOUNTED` visits; without a planned spread, as spread as they are long."""
    values = np.array([np.nan if value is None else value for value in means], dtype=float)
    seen = ~np.isnan(values)
    visits = np.where(seen, UNCOUNTED, 0.0)
    mean = np.where(seen, values, 0.0)
    spread = np.where(seen, variance if variance > 0.0 else mean**2, 0.0)
    return visits, visits * mean, visits * (mean**2 + spread)


def _time(
    node: str,
    name: str,
    part: Literal["all", "work", "wait"],
    plan: float,
    variance: float,
    planned: bool,
    sums: tuple[Floats, Floats, Floats],
    forget: bool,
) -> Iterable[TimeEstimate]:
    visits, seconds, squares = sums
    if not visits.sum():
        return
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.where(visits > 0, seconds / visits, np.nan)
    if not planned:
        first = slice(0, BASELINE) if visits[:BASELINE].sum() else slice(0, len(visits))
        plan = float(seconds[first].sum() / visits[first].sum())
        variance = max(0.0, float(squares[first].sum() / visits[first].sum()) - plan**2)
    scv = variance / plan**2 if plan else 0.0
    memory = memory_of_mean(visits, seconds, squares, plan, scv) if forget else EVERYTHING
    known = (figure / memory.dispersion for figure in sums)
    belief = mean_estimate(*known, half_life=memory.half_life, plan_mean=plan, plan_scv=scv)
    weight = forgetting(len(visits), memory.half_life)
    number = float(weight @ visits)
    spread = float(weight @ squares) / number - (float(weight @ seconds) / number) ** 2
    yield TimeEstimate(
        node, name, part, plan, planned, belief, max(spread, 0.0) ** 0.5, variance**0.5, visits, means, memory.half_life
    )


def _arrivals(model: Model, observations: Observations, periods: slice, forget: bool) -> Iterable[ArrivalsEstimate]:
    for workflow in all_workflows(model):
        counts = np.asarray(observations.arrivals.get(workflow.name, ())[periods], dtype=float)
        if not counts.sum():
            continue
        planned = isinstance(workflow.arrivals, PoissonArrivals)
        span = observations.period
        if isinstance(workflow.arrivals, PoissonArrivals):
            plan = float(workflow.arrivals.per_second)
        elif workflow.arrivals is None:
            plan = float(counts[:BASELINE].mean()) / span
        else:
            continue  # gaps with a law, or one batch: not to be replaced by a rate
        memory = memory_of_arrivals(counts, plan * span) if forget and plan else EVERYTHING
        weights = forgetting(len(counts), memory.half_life)
        prior = PRIOR_SIZE / plan if plan else 0.0  # seconds in which the plan brings ten cases
        total = prior + float(weights.sum()) * span
        rate = (prior * plan + float(weights @ counts)) / total
        error = (memory.dispersion * rate / total) ** 0.5
        yield ArrivalsEstimate(workflow.name, plan, planned, rate, error, counts, span, plan, memory.half_life)
