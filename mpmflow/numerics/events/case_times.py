"""The law of the cycle time with waiting in it: single cases walk through the process with the waits of `queues`.

A case meets the same crowd at every visit of a team, because crowds change slowly against single cases (Reiman 1984,
the snapshot principle). So one wait is drawn per pool *and case* and met at each of its visits: none with chance
1 - C, else exponential with mean W / C, where W is the mean wait and C the chance to wait at all. Error of the 95 %
quantile against simulation: median 1.5 %, where independent draws at every visit miss by 5.5 % (9 % when loads pass
.85). Parallel blocks, bounded loops and shares that change by visit are walked as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from mpmflow.numerics.faults import NumericsError

from .process import EventProcess

Floats = npt.NDArray[np.float64]

DRAWS = 200_000
"""Cases that walk by default: a 95 % quantile is then known to about half a percent."""


@dataclass(frozen=True, slots=True, eq=False)
class CaseTimes:
    """Times of single cases.

    Attributes:
        time: rising, (cases,). end: number of the end of each, in the same order. waited: of it in queues, added up
            over all branches of a block.
        seed: that made them.
    """

    time: Floats
    end: npt.NDArray[np.int64]
    waited: Floats
    seed: int

    @property
    def mean(self) -> float:
        """Mean time; the exact chain with waits says it better."""
        return float(self.time.mean())

    def quantile(self, share: float, end: int | None = None) -> float:
        """Time within which this share of the cases ends; of those of one end only, if given."""
        time = self._of(end)
        return float(np.quantile(time, share)) if len(time) else float("nan")

    def quantile_interval(self, share: float, confidence: float = 0.95, end: int | None = None) -> tuple[float, float]:
        """Where the quantile lies for an endless number of draws: two order statistics (binomial).

        It says how noisy the drawing is and nothing of the model.
        """
        time = self._of(end)
        count = len(time)
        if not count:
            return float("nan"), float("nan")
        half = float(special.ndtri(0.5 + confidence / 2.0)) * math.sqrt(count * share * (1.0 - share))
        low = max(0, math.floor(count * share - half) - 1)
        high = min(count - 1, math.ceil(count * share + half))
        return float(time[low]), float(time[high])

    def later_than(self, deadline: float) -> float:
        """Share of the cases that take longer."""
        return float(1.0 - np.searchsorted(self.time, deadline, side="right") / len(self.time))

    def _of(self, end: int | None) -> Floats:
        return self.time if end is None else self.time[self.end == end]


def case_times(
    process: EventProcess,
    wait: npt.ArrayLike,
    delayed: npt.ArrayLike,
    cases: int = DRAWS,
    seed: int = 0,
    flow: int = 0,
) -> CaseTimes:
    """Draw the times of single cases of a class.

    Args:
        process: from `event_process`; its calendars, disciplines and arrivals play no part, so laws are calendar time.
        wait, delayed: of each pool, as in `queueing.Queues`.

    Raises:
        NumericsError: waits that are no numbers (an overloaded pool has none), or a place where cases gather.

    One clerk, load 0.5: the time of an M/M/1 is exponential with mean 2.

    >>> from mpmflow.numerics.events.process import Arrivals, Pool, event_process
    >>> from mpmflow.numerics.times.laws import Exponential
    >>> counter = Arrivals(start=0, gap=Exponential(2.0))
    >>> clerk = event_process([Exponential(1.0)], [0], [-1], [1.0], [counter], [Pool(1)], [0])
    >>> found = case_times(clerk, wait=[1.0], delayed=[0.5], cases=50_000)
    >>> low, high = found.quantile_interval(0.9, confidence=0.999)
    >>> low < 4.605 < high
    True
    """
    from .case_walk import walk
    from .tables import tables_of

    pools = len(process.pools)
    mean, chance = np.asarray(wait, dtype=np.float64), np.asarray(delayed, dtype=np.float64)
    if mean.shape != (pools,) or chance.shape != (pools,):
        raise NumericsError(f"waits need one entry for each of the {pools} pools, got {mean.shape} and {chance.shape}")
    used = np.isin(np.arange(pools), process.pool)
    if not bool(np.all(np.isfinite(mean[used]))):
        raise NumericsError("a pool without a finite wait is overloaded: the time of a case has no law in the long run")
    if process.gathers:
        raise NumericsError("cases that gather wait for each other and not alone; simulate instead")
    positive = used & (chance > 0.0) & (mean > 0.0)
    of_waiting = np.where(positive, mean / np.where(positive, chance, 1.0), 0.0)
    time, end, waited = np.empty(cases), np.empty(cases, dtype=np.int64), np.empty(cases)
    keys = np.random.SeedSequence(seed, spawn_key=(0, 0)).generate_state(3, np.uint64)
    start = process.classes[flow].start
    walk(tables_of(process), start, flow, np.where(positive, chance, 0.0), of_waiting, keys, time, end, waited)
    order = np.argsort(time, kind="stable")
    return CaseTimes(time[order], end[order], waited[order], seed)
