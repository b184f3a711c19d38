"""Models made of estimates: the present state, the reference that texts leave open, the state without rework.

Whatever is estimated becomes an ordinary model, so that every question that a plan can be asked can be asked of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.scenarios.whatif import apply
from mpmflow.model.distributions import Constant, Gamma
from mpmflow.model.flow import shares
from mpmflow.model.imports import all_workflows
from mpmflow.model.model import Model
from mpmflow.model.process import Choose, Decision, Outcome, PoissonArrivals, Share
from mpmflow.model.quantities import Quantity

from .beliefs import ArrivalsEstimate, PlanTime, PlanTimes, SharesEstimate, TimeEstimate

Floats = npt.NDArray[np.float64]
_MOST_UNEVEN = 3.0  # standard deviation over mean that a wait may have before the work is taken to scatter instead
_DIGITS = 10**12  # a mean share becomes a fraction with a denominator up to this


def with_estimates(
    model: Model,
    found: Mapping[str, SharesEstimate],
    times: Mapping[str, TimeEstimate],
    arrivals: Mapping[str, ArrivalsEstimate],
    planned: PlanTimes,
    now: bool,
) -> Model:
    """A model with estimates in the place of its numbers; with `now` false only what the text leaves open is filled in.

    Where a log does not tell work from waiting, an observed time is longer than the work. The work then stays as the
    model states it, and the rest goes into `waits`, which holds nobody and costs nothing; only where cases take less
    time than the work is the work shortened.
    """
    settings: dict[str, Any] = {}
    for row in times.values():
        plan = planned.get(row.node, PlanTime())
        if now:
            settings |= _time_settings(row, row.mean, row.sd, plan)
        elif not row.planned:
            settings |= _time_settings(row, row.plan, row.sd, plan)
        elif not plan.wait and row.part != "work":
            settings[f"{row.node}.waits"] = "0s"  # both states get the same steps, so that they can be compared
    for flow in arrivals.values():
        if now or not flow.planned:
            rate = Fraction(flow.rate if now else flow.plan).limit_denominator(_DIGITS**2)
            settings[f"{flow.workflow}.arrivals"] = PoissonArrivals(
                cases=rate * 604800, per=Quantity(value=Fraction(1), unit="w")
            )
    for decision in found.values():
        if not decision.varies:
            settings |= dict(zip(decision.outcomes, exact_shares(decision.mean), strict=True))
    changed = apply(model, settings)
    tilted = {
        name: np.divide(row.mean, row.plan, out=np.ones(len(row.plan)), where=row.plan > 0)
        for name, row in found.items()
        if row.varies
    }
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


def _time_settings(row: TimeEstimate, mean: float, sd: float, plan: PlanTime) -> dict[str, Any]:
    variance = sd**2
    if row.part == "wait":
        return {f"{row.node}.waits": _lasting(mean, variance)}
    if row.part == "work":
        return {f"{row.node}.takes": _lasting(mean / plan.stretch, variance / plan.stretch**2)}
    if mean >= plan.work:
        waiting, scatter = mean - plan.work, max(variance - plan.work_variance, 0.0)
        if plan.work > 0.0 and scatter > (_MOST_UNEVEN * waiting) ** 2:
            # Next to no waiting cannot carry all of the scatter; then it is the work that scatters, about its mean.
            takes = _lasting(plan.work / plan.stretch, variance / plan.stretch**2)
            return {f"{row.node}.takes": takes, f"{row.node}.waits": _lasting(waiting, 0.0)}
        return {f"{row.node}.waits": _lasting(waiting, scatter)}
    return {f"{row.node}.waits": "0s", f"{row.node}.takes": _lasting(mean / plan.stretch, variance / plan.stretch**2)}


def _lasting(mean: float, variance: float) -> Any:
    if mean > 1e-3 and variance > (1e-6 * mean) ** 2:
        return Gamma(mean=_seconds(mean), sd=_seconds(variance**0.5))
    return Constant(value=_seconds(mean))


def _seconds(value: float) -> Quantity:
    return Quantity(value=Fraction(value).limit_denominator(10**6), unit="s")


def without_rework(model: Model) -> Model:
    """The model with every rework outcome taken out, the rest of each decision scaled up; the absolute burden's
    reference.

    A decision that knows nothing but rework keeps its shares: without them no case would leave it.
    """
    factors: dict[str, Floats] = {}
    for node in nodes_in(model, Decision, Choose):
        kept = np.array([0.0 if outcome.rework else 1.0 for outcome in node.outcomes])
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


def outcomes_in(model: Model) -> dict[str, tuple[Outcome, ...]]:
    """The outcomes of every decision and choose, by its name."""
    return {node.name: node.outcomes for node in nodes_in(model, Decision, Choose)}


def nodes_in(model: Model, *kinds: type) -> Iterable[Any]:
    for workflow in all_workflows(model):
        for node in workflow.nodes():
            if isinstance(node, kinds):
                yield node


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
