"""From observations to the current model: shares, times and arrivals as they are now, with their uncertainty.

Shares of a decision get a Dirichlet posterior: the plan counts as ten decisions, every observed decision as one, and
a decision that lies eight periods back as half a one. Times and arrivals are means with the same forgetting. What
comes out is an ordinary model, so whatever can be asked of the plan can be asked of it; the posterior travels beside
it for intervals and draws.

Where a text states no time for a node (or no arrivals) there is no plan to deviate from. Then the first 20 periods
take its place, the same baseline that freezes control limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mpmflow.model.distributions import Constant, Gamma
from mpmflow.model.flow import goes_on, shares
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.process import Choose, Decision, Outcome, PoissonArrivals, Share, Step, Workflow
from mpmflow.model.quantities import Quantity
from mpmflow.numerics.estimates import (
    HALF_LIFE,
    PRIOR_SIZE,
    MeanEstimate,
    OutcomePosterior,
    forgetting,
    mean_estimate,
    outcome_posterior,
    plan_prior,
)

from .rules import BASELINE
from .whatif import apply

Floats = npt.NDArray[np.float64]
_DIGITS = 10**12  # a mean share becomes a fraction with a denominator up to this


@dataclass(frozen=True, slots=True, eq=False)
class SharesEstimate:
    """The outcomes of one decision: what was planned, what was counted, and what is known of them now.

    Attributes:
        decision: its name; `outcomes` the ids of its outcomes, J of them.
        plan: share of each outcome in the model, all visits together, (J,).
        counts: how often each was taken in each full period, (J, T).
        posterior: what is known of the shares now.
        passing: index of the outcome that just goes on, None without exactly one.
        varies: the shares change from visit to visit; `plan` is then their mean over visits.
    """

    decision: str
    outcomes: tuple[str, ...]
    plan: Floats
    counts: Floats
    posterior: OutcomePosterior
    passing: int | None
    varies: bool = False

    @property
    def mean(self) -> Floats:
        """Estimate of each share, (J,)."""
        return self.posterior.mean

    @property
    def decided(self) -> Floats:
        """Visits that were decided in each full period, (T,)."""
        return np.asarray(self.counts.sum(axis=0))

    def by_period(self, weight: float = PRIOR_SIZE) -> Floats:
        """Share of each outcome in each full period, shrunk towards the estimate by `weight` decisions, (J, T).

        A week with three decisions says little; without shrinking, its share would swing from 0 to 100 %.
        """
        return np.asarray((weight * self.mean[:, None] + self.counts) / (weight + self.decided))


@dataclass(frozen=True, slots=True, eq=False)
class TimeEstimate:
    """The time that cases spend at one node per visit, waiting in front of it included, in seconds.

    Attributes:
        node: its name; `name` the indicator that shows it, `S.time` of a step, `D.wait` of a decision.
        plan: mean in the reference; `planned` tells whether the model says so, or the baseline periods.
        belief: what is known of the mean now.
        sd: spread of single visits, as observed.
        visits, means: visits and mean time of each full period, (T,), nan without visits.
    """

    node: str
    name: str
    plan: float
    planned: bool
    belief: MeanEstimate
    sd: float
    visits: Floats
    means: Floats

    @property
    def mean(self) -> float:
        """Estimate of the mean."""
        return self.belief.mean


@dataclass(frozen=True, slots=True, eq=False)
class ArrivalsEstimate:
    """Cases that come, per second: reference, estimate, standard error, and the counts of each full period (T,)."""

    workflow: str
    plan: float
    planned: bool
    rate: float
    error: float
    counts: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Everything that observations say about a model.

    Attributes:
        reference: the model that everything is compared with.
        model: the model as it is now.
        shares, times, arrivals: what was estimated, by decision, node and workflow.
        periods: how many full periods there are; the last, cut one tells nothing yet.
    """

    reference: Model
    model: Model
    shares: Mapping[str, SharesEstimate]
    times: Mapping[str, TimeEstimate]
    arrivals: Mapping[str, ArrivalsEstimate]
    periods: int
    notes: tuple[str, ...] = field(default=())


def full_periods(observations: Observations) -> int:
    """How many periods are complete: all, but the last where `as_of` cuts it short."""
    count = len(observations.starts)
    if not count:
        return 0
    length = (observations.ends[-1] - observations.starts[-1]).total_seconds()
    # Months have no fixed length: the shortest has 28 of 30.4 days.
    shortest = observations.period if observations.period < 27 * 86400 else 0.91 * observations.period
    return count if length >= shortest - 1.0 else count - 1


def estimate(
    model: Model,
    observations: Observations,
    plan_times: Mapping[str, tuple[float, float]],
    reference: Literal["plan", "rework-free"] | tuple[int, int] = "plan",
) -> Estimate:
    """Estimate the current model, and lay the reference beside it.

    Args:
        plan_times: mean and variance of one visit's time at each node of the plan, in seconds; absent where the model
            states none.
        reference: the plan; the current state without its rework outcomes; or the periods from index to index
            (exclusive), estimated like the current state but without forgetting.

    Raises ValueError for a reference period in which nothing was observed.
    """
    periods = full_periods(observations)
    every = slice(0, periods)
    found = {row.decision: row for row in _decisions(model, observations, every, HALF_LIFE, PRIOR_SIZE)}
    times = {row.node: row for row in _times(model, observations, every, HALF_LIFE, plan_times)}
    arrivals = {row.workflow: row for row in _arrivals(model, observations, every, HALF_LIFE)}
    current = with_estimates(model, found, times, arrivals, plan_times, now=True)
    if reference == "plan":
        base = with_estimates(model, {}, times, arrivals, plan_times, now=False)
    elif reference == "rework-free":
        base = without_rework(current)
    else:
        then = slice(max(reference[0], 0), min(reference[1], periods))
        then_shares = {row.decision: row for row in _decisions(model, observations, then, None, 1.0)}
        then_times = {row.node: row for row in _times(model, observations, then, None, plan_times)}
        then_arrivals = {row.workflow: row for row in _arrivals(model, observations, then, None)}
        if not then_times and not any(row.counts.any() for row in then_shares.values()):
            raise ValueError("nothing was observed in the reference period, so nothing can be compared with it")
        filled = with_estimates(model, {}, times, arrivals, plan_times, now=False)
        base = with_estimates(filled, then_shares, then_times, then_arrivals, plan_times, now=True)
    return Estimate(base, current, found, times, arrivals, periods)


def _decisions(
    model: Model, observations: Observations, periods: slice, half_life: float | None, prior: float
) -> Iterable[SharesEstimate]:
    for node in _nodes(model, Decision, Choose):
        ids = tuple(f"{node.name}.{outcome.name}" for outcome in node.outcomes)
        if not any(name in observations.outcomes for name in ids):
            continue
        none = (0,) * len(observations.starts)
        counts = np.array([observations.outcomes.get(name, none)[periods] for name in ids], dtype=float)
        table = shares(node.outcomes)
        varies = any(len(set(row)) > 1 for row in table)
        plan = mean_over_visits(node.outcomes)
        trials = [outcome.share.counted.trials for outcome in node.outcomes if outcome.share and outcome.share.counted]
        worth = float(max(trials)) if trials else prior
        posterior = outcome_posterior(counts.T, plan_prior(plan, worth), half_life)
        pays = goes_on(node.outcomes)
        passing = None if pays is None else node.outcomes.index(pays)
        yield SharesEstimate(node.name, ids, plan, counts, posterior, passing, varies)


def mean_over_visits(outcomes: tuple[Outcome, ...]) -> Floats:
    """Share of each outcome over all visits; a case is taken to come back after every outcome that means rework or
    delay.

    Exact where the share is the same at every visit. Where it changes, this is what a log counts if no other decision
    sends cases back.

    >>> yes = Outcome(name="yes")
    >>> mean_over_visits((yes, Outcome(name="no", share=["1/2", "0"], target="x", rework=True))).round(4).tolist()
    [0.6667, 0.3333]
    """
    by_visit = np.array([[float(share) for share in row] for row in shares(outcomes)])
    back = np.array([outcome.rework or (outcome.delay is not None and bool(outcome.target)) for outcome in outcomes])
    chance, total = 1.0, np.zeros(len(outcomes))
    for visit in range(by_visit.shape[1]):
        row = by_visit[:, visit]
        again = float(row[back].sum())
        last = visit == by_visit.shape[1] - 1
        visits = chance / (1.0 - again) if last and again < 1.0 else chance
        total += visits * row
        chance *= again
    return np.asarray(total / total.sum())


def _times(
    model: Model,
    observations: Observations,
    periods: slice,
    half_life: float | None,
    plan_times: Mapping[str, tuple[float, float]],
) -> Iterable[TimeEstimate]:
    for node in _nodes(model, Step, Decision, Choose):
        seen = observations.durations.get(node.name)
        if seen is None or not sum(seen.visits[periods]):
            continue
        visits, seconds, squares = (
            np.asarray(figure[periods], dtype=float) for figure in (seen.visits, seen.seconds, seen.squares)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            means = np.where(visits > 0, seconds / visits, np.nan)
        planned = node.name in plan_times
        if planned:
            plan, variance = plan_times[node.name]
        else:
            first = slice(0, BASELINE) if visits[:BASELINE].sum() else slice(0, len(visits))
            plan = float(seconds[first].sum() / visits[first].sum())
            variance = max(0.0, float(squares[first].sum() / visits[first].sum()) - plan**2)
        scv = variance / plan**2 if plan else 0.0
        belief = mean_estimate(visits, seconds, squares, half_life=half_life, plan_mean=plan, plan_scv=scv)
        weight = forgetting(len(visits), half_life)
        number = float(weight @ visits)
        spread = float(weight @ squares) / number - (float(weight @ seconds) / number) ** 2
        name = f"{node.name}.time" if isinstance(node, Step) else f"{node.name}.wait"
        yield TimeEstimate(node.name, name, plan, planned, belief, max(spread, 0.0) ** 0.5, visits, means)


def _arrivals(
    model: Model, observations: Observations, periods: slice, half_life: float | None
) -> Iterable[ArrivalsEstimate]:
    for workflow in _workflows(model):
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
        weights = forgetting(len(counts), half_life)
        prior = PRIOR_SIZE / plan if plan else 0.0  # seconds in which the plan brings ten cases
        total = prior + float(weights.sum()) * span
        rate = (prior * plan + float(weights @ counts)) / total
        yield ArrivalsEstimate(workflow.name, plan, planned, rate, (rate / total) ** 0.5, counts)


def with_estimates(
    model: Model,
    found: Mapping[str, SharesEstimate],
    times: Mapping[str, TimeEstimate],
    arrivals: Mapping[str, ArrivalsEstimate],
    plan_times: Mapping[str, tuple[float, float]],
    now: bool,
) -> Model:
    """A model with estimates in the place of its numbers; with `now` false only what the text leaves open is filled in.

    An observed time is longer than the work: the case also waited. So the work stays as the model states it, and the
    rest goes into `waits`, which holds nobody and costs nothing; only where cases take less time than the work is the
    work shortened.
    """
    settings: dict[str, Any] = {}
    for row in times.values():
        if now or not row.planned:
            settings |= _time_settings(model, row, row.mean if now else row.plan, plan_times)
    for flow in arrivals.values():
        if now or not flow.planned:
            rate = Fraction(flow.rate if now else flow.plan).limit_denominator(_DIGITS**2)
            settings[f"{flow.workflow}.arrivals"] = PoissonArrivals(
                cases=rate * 604800, per=Quantity(value=1, unit="w")
            )
    for decision in found.values():
        if not decision.varies:
            settings |= dict(zip(decision.outcomes, exact_shares(decision.mean), strict=True))
    changed = apply(model, settings)
    tilted = {name: row.mean / row.plan for name, row in found.items() if row.varies}
    return _tilted(changed, tilted) if tilted else changed


def exact_shares(row: Floats) -> tuple[Fraction, ...]:
    """Shares as fractions that add up to exactly 1.

    >>> sum(exact_shares(np.array([0.1, 0.2, 0.7])))
    Fraction(1, 1)
    """
    parts = [Fraction(float(share)).limit_denominator(_DIGITS) for share in row]
    largest = int(np.argmax(row))
    parts[largest] = 1 - sum((part for index, part in enumerate(parts) if index != largest), Fraction(0))
    return tuple(parts)


def _time_settings(
    model: Model, row: TimeEstimate, mean: float, plan_times: Mapping[str, tuple[float, float]]
) -> dict[str, Any]:
    node = next(node for node in _nodes(model, Step, Decision, Choose) if node.name == row.node)
    waits = _mean_of(node.waits)
    work, work_variance = plan_times.get(row.node, (0.0, 0.0))
    work -= waits
    if mean >= work:
        return {f"{row.node}.waits": _waiting(mean - work, max(row.sd**2 - work_variance, 0.0))}
    return {f"{row.node}.waits": "0s", f"{row.node}.takes": _seconds(mean)}


def _mean_of(duration: Any) -> float:
    if duration is None:
        return 0.0
    from .plan_times import mean_and_variance

    return mean_and_variance(duration)[0]


def _waiting(mean: float, variance: float) -> Any:
    if mean > 0.0 and variance > (1e-6 * mean) ** 2:
        return Gamma(mean=_seconds(mean), sd=_seconds(variance**0.5))
    return Constant(value=_seconds(mean))


def _seconds(value: float) -> Quantity:
    return Quantity(value=Fraction(value).limit_denominator(10**6), unit="s")


def without_rework(model: Model) -> Model:
    """The model with every rework outcome taken out, the rest of each decision scaled up; the absolute burden's
    reference.

    A decision that knows nothing but rework keeps its shares: without them no case would leave it. Where shares
    change per visit a trace of the rework is left, below rounding, so that the process keeps its states and can be
    compared.
    """
    factors: dict[str, Floats] = {}
    for node in _nodes(model, Decision, Choose):
        varies = any(len(set(row)) > 1 for row in shares(node.outcomes))
        kept = np.array([(1e-18 if varies else 0.0) if outcome.rework else 1.0 for outcome in node.outcomes])
        if (kept < 1.0).any() and any(
            not outcome.rework and row[-1] > 0
            for outcome, row in zip(node.outcomes, shares(node.outcomes), strict=True)
        ):
            factors[node.name] = kept
    return _tilted(model, factors)


def _tilted(model: Model, factors: Mapping[str, Floats]) -> Model:
    """Every visit's shares multiplied by factors and scaled to 1 again."""

    def one(node: Decision | Choose) -> Decision | Choose:
        weights = [Fraction(float(factor)) for factor in factors[node.name]]
        table = shares(node.outcomes)
        rows = []
        for visit in range(len(table[0])):
            raw = [row[visit] * weight for row, weight in zip(table, weights, strict=True)]
            total = sum(raw, Fraction(0))
            rows.append([part / total if total else row[visit] for part, row in zip(raw, table, strict=True)])
        outcomes = tuple(
            outcome.model_copy(update={"share": Share(by_visit=_short([row[index] for row in rows]))})
            for index, outcome in enumerate(node.outcomes)
        )
        return node.model_copy(update={"outcomes": outcomes})

    def body(nodes: tuple[Any, ...]) -> tuple[Any, ...]:
        changed = []
        for node in nodes:
            if isinstance(node, Decision | Choose) and node.name in factors:
                node = one(node)
            elif hasattr(node, "branches"):
                branches = tuple(branch.model_copy(update={"body": body(branch.body)}) for branch in node.branches)
                node = node.model_copy(update={"branches": branches})
            changed.append(node)
        return tuple(changed)

    workflows = type(model.workflows)(
        workflow.model_copy(update={"body": body(workflow.body)}) for workflow in model.workflows
    )
    imports = tuple(found.model_copy(update={"model": _tilted(found.model, factors)}) for found in model.imports)
    return model.model_copy(update={"workflows": workflows, "imports": imports})


def _short(row: list[Fraction]) -> tuple[Fraction, ...]:
    return tuple(row) if len(set(row)) > 1 else tuple(row[:1])


def _workflows(model: Model) -> Iterable[Workflow]:
    yield from model.workflows
    for imported in model.imports:
        yield from _workflows(imported.model)


def _nodes(model: Model, *kinds: type) -> Iterable[Any]:
    for workflow in _workflows(model):
        for node in workflow.nodes():
            if isinstance(node, kinds):
                yield node
