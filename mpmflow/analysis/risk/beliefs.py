"""What is known of a process from observations, as records: of shares, times and arrivals, and of all of them
together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from mpmflow.model.model import Model
from mpmflow.numerics.statistics.estimates import PRIOR_SIZE, MeanEstimate, OutcomePosterior

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlanTime:
    """Time of one visit at a node as a model states it, calendar seconds: mean and variance of work, of waiting, and of
    the queue for people that the model implies.

    `stretch` is calendar time per working time; `stated` whether the text says anything of it at all.
    """

    work: float = 0.0
    work_variance: float = 0.0
    wait: float = 0.0
    wait_variance: float = 0.0
    queue: float = 0.0
    queue_variance: float = 0.0
    stretch: float = 1.0
    stated: bool = False

    @property
    def mean(self) -> float:
        return self.work + self.wait + self.queue

    @property
    def variance(self) -> float:
        return self.work_variance + self.wait_variance + self.queue_variance


PlanTimes = Mapping[str, PlanTime]
"""Node -> the time of one visit there."""


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
        half_life: periods after which a decision counts half; None if all count alike.
    """

    decision: str
    outcomes: tuple[str, ...]
    plan: Floats
    counts: Floats
    posterior: OutcomePosterior
    passing: int | None
    varies: bool = False
    half_life: float | None = None

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
    """The time of one visit at a node, in calendar seconds: all of it, or its work or its wait where a log tells them
    apart.

    Attributes:
        node: its name; `name` the indicator that shows it, `S.time` of a step, `D.wait` of a decision or of a wait.
        part: `all`, `work` or `wait`.
        plan: mean in the reference; `planned` tells whether the model says so, or the baseline periods.
        belief: what is known of the mean now.
        sd, plan_sd: spread of single visits, as observed and in the reference.
        visits, means: visits and mean time of each full period, (T,), nan without visits.
        half_life: periods after which a visit counts half; None if all count alike.
    """

    node: str
    name: str
    part: Literal["all", "work", "wait"]
    plan: float
    planned: bool
    belief: MeanEstimate
    sd: float
    plan_sd: float
    visits: Floats
    means: Floats
    half_life: float | None = None

    @property
    def mean(self) -> float:
        """Estimate of the mean."""
        return self.belief.mean


@dataclass(frozen=True, slots=True, eq=False)
class ArrivalsEstimate:
    """Cases that come, per second: in the plan, by the estimate, its standard error; cases of each full period (T,).

    `seconds` is the length of a period; `reference` the rate that everything is compared with; `half_life` the periods
    after which a period counts half, None if all count alike.
    """

    workflow: str
    plan: float
    planned: bool
    rate: float
    error: float
    counts: Floats
    seconds: float
    reference: float
    half_life: float | None = None


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
