"""The levers that were observed: where each stood by the reference, where it stands now, how it got there, how sure
that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mpmflow.model.flow import goes_on
from mpmflow.model.process import Outcome
from mpmflow.numerics.statistics.estimates import PRIOR_SIZE

from .beliefs import Estimate, PlanTimes, SharesEstimate, TimeEstimate
from .current_model import mean_over_visits, outcomes_in

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Source:
    """One lever.

    Attributes:
        name: `decision.outcome`, `step.time`, `decision.wait`, `workflow.arrivals`.
        reference, now: its level by the reference and by the estimate, in base units.
        history: its level in each full period, shrunk a little towards the estimate where a period counts few, (T,).
        draws: draws of the current level, (D,); those of one decision's outcomes belong together.
        passing: an outcome that just goes on: it moves when others do, and is no cause of its own.
    """

    name: str
    kind: Literal["share", "time", "arrivals"]
    reference: float
    now: float
    history: Floats
    draws: Floats
    passing: bool = False

    @property
    def deviation(self) -> float:
        """How far it is from the reference."""
        return self.now - self.reference


def sources_of(
    estimate: Estimate, before: PlanTimes, after: PlanTimes, rng: np.random.Generator, draws: int
) -> dict[str, Source]:
    """Every observed lever, in the order of the model."""
    found: dict[str, Source] = {}
    reference, current = outcomes_in(estimate.reference), outcomes_in(estimate.model)
    for row in estimate.shares.values():
        old, new = mean_over_visits(reference[row.decision]), mean_over_visits(current[row.decision])
        drawn = row.posterior.draws(rng, draws)
        history = row.by_period()
        for index, name in enumerate(row.outcomes):
            found[name] = Source(
                name,
                "share",
                float(old[index]),
                float(new[index]),
                history[index],
                drawn[:, index],
                _pays(row, index),
            )
    for time in estimate.times.values():
        old_mean, new_mean = (_mean(planned, time) for planned in (before, after))
        found[time.name] = Source(
            time.name, "time", old_mean, new_mean, _smoothed(time), _or(time.belief.draws(rng, draws), new_mean)
        )
    for flow in estimate.arrivals.values():
        name = f"{flow.workflow}.arrivals"
        per_second = flow.counts / flow.seconds
        drawn = np.maximum(rng.normal(flow.rate, flow.error, draws), 0.0)
        found[name] = Source(name, "arrivals", flow.reference, flow.rate, per_second, drawn)
    for decision, outcomes in current.items():
        if decision not in estimate.shares:
            found |= _unobserved(decision, reference[decision], outcomes, estimate.periods, draws)
    return found


def _unobserved(
    decision: str, reference: tuple[Outcome, ...], current: tuple[Outcome, ...], periods: int, draws: int
) -> dict[str, Source]:
    """Shares that nobody observed, where the reference has others all the same: without rework there is none."""
    old, new = mean_over_visits(reference), mean_over_visits(current)
    if np.allclose(old, new, rtol=0.0, atol=1e-12):
        return {}
    pays = goes_on(current)
    found = {}
    for index, outcome in enumerate(current):
        name, level = f"{decision}.{outcome.name}", float(new[index])
        steady, drawn = np.full(periods, level), np.full(draws, level)
        found[name] = Source(name, "share", float(old[index]), level, steady, drawn, outcome is pays)
    return found


def _pays(row: SharesEstimate, index: int) -> bool:
    return row.passing == index


def _mean(planned: PlanTimes, time: TimeEstimate) -> float:
    found = planned[time.node]
    return {"all": found.mean, "work": found.work, "wait": found.wait}[time.part]


def _smoothed(time: TimeEstimate) -> Floats:
    means = np.where(time.visits > 0, time.means, 0.0)
    return np.asarray((PRIOR_SIZE * time.mean + time.visits * means) / (PRIOR_SIZE + time.visits))


def _or(draws: Floats, value: float) -> Floats:
    """Draws of a mean that is known well enough, else the mean itself. Wild tails of few observations are cut."""
    if not np.isfinite(draws).all():
        return np.full(len(draws), value)
    return np.asarray(np.clip(draws, 0.0, 20.0 * value if value > 0 else None))


def deviations(sources: Mapping[str, Source]) -> dict[str, float]:
    """Source -> how far it is from its reference; those that just make up for others are left out."""
    return {name: source.deviation for name, source in sources.items() if source.deviation and not source.passing}
