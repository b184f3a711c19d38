"""What can be said when a pool gets more work than it can do: no wait, but how fast it falls behind and what mends it.

At a load of 1 or more there is no long run: work piles up at `offered - servers` per unit of time. All figures here
are exact for the given chain, but the dates, which follow the fluid path (what happens on average, chance left out):
its growth is about 20 % low near a load of 1, and it knows nothing of the time a pile takes to clear.

Moving the share of an outcome at node d along a direction `delta` changes the work of a case for a pool as a rank-1
change of the chain (Sherman & Morrison): `EB(t) = EB + t v_d A / (1 - t b)` with `A = delta u`, `b = delta N e_d`. It
rises or falls all the way, so the largest stable share is one division.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.numerics.chains.chain import Floats
from mpmflow.numerics.chains.outcomes import Along, Outcomes, direction

from .queueing import Queues

TARGET_LOAD = 0.85
"""Load that the recommended capacity keeps to."""


@dataclass(frozen=True, slots=True, eq=False)
class Overload:
    """Loads and what would be stable; from `overload`, with or without an overloaded pool.

    Attributes:
        load: offered work over servers, shape (K,).
        by_node: per class, work per unit of time over the pool's servers that each node brings, shape (n,); over the
            nodes of a pool and all classes it adds up to the pool's load.
        growth: work piling up per unit of time in each pool (0 when it keeps up), shape (K,).
        largest_rate: per class, the arrival rate that fills the first pool while the other classes stay as they are
            (stable below it); 0 when even without that class some pool it uses is full; infinite when it uses none.
        capacity: servers that keep each pool at or below `TARGET_LOAD`, shape (K,).
    """

    load: Floats
    by_node: tuple[Floats, ...]
    growth: Floats
    largest_rate: Floats
    capacity: npt.NDArray[np.int64]


def overload(found: Queues) -> Overload:
    """Loads by source and what the pools could bear.

    >>> from mpmflow.numerics.chains.chain import chain_from_cells, factorise
    >>> from mpmflow.numerics.queues.queueing import case_flow, queues
    >>> half = factorise(chain_from_cells(1, [0], [0], [0.5], [0], [0], [0.5], k=1))
    >>> full = overload(queues([case_flow(half, 0.75, [1.0], [0])], [1]))
    >>> full.load.tolist(), full.growth.tolist(), full.largest_rate.tolist(), full.capacity.tolist()
    ([1.5], [0.5], [0.5], [2])
    """
    people = found.servers
    by_node = tuple(
        one.rate * (work.member / people).sum(axis=1) * work.visits * one.held
        for one, work in zip(found.flows, found.work, strict=True)
    )
    largest = np.full(len(found.flows), np.inf)
    for c, (one, work) in enumerate(zip(found.flows, found.work, strict=True)):
        used = work.mean > 0.0
        if bool(used.any()):
            left = people[used] - (found.offered[used] - one.rate * work.mean[used])
            largest[c] = max(0.0, float((left / work.mean[used]).min()))
    needed = np.maximum(1, np.ceil(found.offered / TARGET_LOAD - 1e-9)).astype(np.int64)
    return Overload(found.load, by_node, np.maximum(0.0, found.offered - people), largest, needed)


@dataclass(frozen=True, slots=True, eq=False)
class StableShares:
    """For every outcome the span of its share in which no pool is full, all else as it is.

    Attributes:
        low, high: shape (m,): the load is below 1 for every share above `low` and below `high` (or equal to them
            where they are 0 and 1). Both nan where no share would do.
        pool: the pool that sets `high`, else `low`; -1 where all shares from 0 to 1 are stable or none is, shape (m,).
    """

    low: Floats
    high: Floats
    pool: npt.NDArray[np.int64]


def stable_shares(found: Queues, outcomes: Outcomes, flow: int = 0, kind: Along = "from_pass") -> StableShares:
    """The largest (and smallest) stable share of each outcome of a class, exactly: one solve a decision.

    Who pays for a moved share is said by `kind`, as in `outcomes.along` ("from_pass" or "proportional"). Where the
    payer runs out the share can rise no further, and `high` ends there. Outcomes that stand alone keep their share.

    One clerk, work of 1, 0.5 cases: 1 / (1 - q) rounds fill the clerk at q = 1/2.

    >>> from mpmflow.numerics.chains.chain import factorise
    >>> from mpmflow.numerics.chains.outcomes import chain_from_outcomes, outcomes_from
    >>> from mpmflow.numerics.queues.queueing import case_flow, queues
    >>> again = outcomes_from([0, 0], [0, 1], [0.2, 0.8], payer=[1, -1])
    >>> found = queues([case_flow(factorise(chain_from_outcomes(1, 1, again)), 0.5, [1.0], [0])], [1])
    >>> stable_shares(found, again).high.round(12).tolist()
    [0.5, 1.0]
    """
    one, work = found.flows[flow], found.work[flow]
    factor, n = one.factor, one.factor.chain.n
    room = (found.servers - (found.offered - one.rate * work.mean)) / one.rate  # work per case that a pool can bear
    low, high = np.zeros(outcomes.count), np.ones(outcomes.count)
    pool = np.full(outcomes.count, -1)
    ahead = np.vstack([work.to_go, np.zeros((factor.chain.k, len(found.servers)))])
    foreign = bool(np.any((work.mean == 0.0) & found.overloaded))
    for row in np.unique(outcomes.row):
        unit = np.zeros(n)
        unit[row] = 1.0
        reach = np.concatenate([factor.solve(unit), np.zeros(factor.chain.k)])
        for entry in np.flatnonzero(outcomes.row == row):
            move = direction(outcomes, [int(entry)], kind)
            share = float(outcomes.share[entry])
            if not move.any():
                low[entry], high[entry] = share, share
                continue
            touched = np.flatnonzero(move)
            falls = touched[move[touched] < 0.0]
            rises = touched[(move[touched] > 0.0)]
            most = float((outcomes.share[falls] / -move[falls]).min())
            least = -float((outcomes.share[rises] / move[rises]).min())
            for other in falls:  # going down, whoever pays takes the share and must not pass 1
                least = max(least, -(1.0 - float(outcomes.share[other])) / -float(move[other]))
            change = move[touched] @ ahead[outcomes.target[touched]] * work.visits[row]
            loop = float(move[touched] @ reach[outcomes.target[touched]])
            start, end, by = _span(work.mean, change, loop, room, least, most)
            if foreign or start > end:
                low[entry] = high[entry] = np.nan
                continue
            low[entry], high[entry], pool[entry] = share + start, share + end, by
    return StableShares(np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0), pool)


def _span(
    mean: Floats, change: Floats, loop: float, room: Floats, least: float, most: float
) -> tuple[float, float, int]:
    """The moves t in [least, most] with `mean + t change / (1 - t loop) < room` for every pool, and who bounds them."""
    start, end = least, most
    above, below = -1, -1
    if loop > 0.0 and 1.0 / loop < end:
        end = 1.0 / loop  # there the loop has no way out
    elif loop < 0.0 and 1.0 / loop > start:
        start = 1.0 / loop
    for p in range(len(mean)):
        spare = room[p] - mean[p]
        if change[p] == 0.0:
            if spare <= 0.0 and mean[p] > 0.0:
                return 1.0, 0.0, p
            continue
        slope = change[p] + loop * spare
        # (1 - t loop) stays above 0 in the span, so the condition is t (change + loop spare) < spare
        if slope > 0.0:
            bound = spare / slope
            if bound < end:
                end, above = bound, p
        elif slope < 0.0:
            bound = spare / slope
            if bound > start:
                start, below = bound, p
        elif spare <= 0.0:
            return 1.0, 0.0, p
    return start, end, above if above >= 0 else below


def passes_wait(found: Queues, longest: float, backlog: npt.ArrayLike | None = None) -> Floats:
    """Time until a case that arrives meets more than `longest` of waiting in each pool, on the fluid path, shape (K,).

    The pile of a pool is work not yet done, rounds to come included; an arriving case waits pile over servers in all
    its rounds together. `backlog` is today's pile (work, shape (K,)), default none. 0 where it has passed already,
    infinite where the pool keeps up.

    >>> from mpmflow.numerics.chains.chain import chain_from_cells, factorise
    >>> from mpmflow.numerics.queues.queueing import case_flow, queues
    >>> once = factorise(chain_from_cells(1, [], [], [], [0], [0], [1.0], k=1))
    >>> passes_wait(queues([case_flow(once, 1.25, [1.0], [0])], [1]), 10.0).tolist()
    [40.0]
    """
    pile = np.zeros(len(found.servers)) if backlog is None else np.asarray(backlog, dtype=np.float64)
    growth = found.offered - found.servers
    missing = longest * found.servers - pile
    with np.errstate(divide="ignore", invalid="ignore"):
        later = np.where(growth > 0.0, missing / np.where(growth > 0.0, growth, 1.0), np.inf)
    return np.where(missing <= 0.0, 0.0, later)
