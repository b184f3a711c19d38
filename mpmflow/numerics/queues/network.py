"""Named alternatives to the work-per-case formula, for comparison: Jackson, M/G/m, and Whitt's network analyser.

All three look at single visits instead of whole cases. Per pool, visits of all classes and nodes are thrown together:
mean `tau` and variability `cs2` of one visit.

    jackson   W = C tau / (m (1 - rho))                      exact for product-form networks
    mgm       W = (1 + cs2) / 2 * jackson                    exact for M/G/1 without feedback
    qna       W = (ca2 + cs2) / 2 * jackson                  ca2 from the linear traffic-variability equations

"qna" takes immediate feedback out first: a case that comes back to the pool with nothing but free time in between
keeps its server for all its rounds; the wait is then shared among them. Source: Whitt, The Queueing Network Analyzer,
Bell System Technical Journal 62 (1983), equations 24-30 and 44-45.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mpmflow.numerics.chains.chain import Floats, factorise

from .pool_variability import stopped_at

if TYPE_CHECKING:
    from .queueing import CaseFlow, PoolWork

Ints = npt.NDArray[np.int64]


def network_waits(
    flows: Sequence[CaseFlow],
    work: Sequence[PoolWork],
    people: Ints,
    offered: Floats,
    delayed: Floats,
    through: Floats,
    formula: str,
) -> tuple[Floats, Floats]:
    """Wait of one visit per pool (K,) and the arrival variability used (C, K); see `queueing.queues`."""
    rate = np.array([one.rate for one in flows])
    second = rate @ np.array(
        [np.einsum("ip,i,i->p", w.member, w.visits, f.held_second) for f, w in _pairs(flows, work)]
    )
    safe = np.where(through > 0.0, through, 1.0)
    tau = offered / safe
    scv = np.where(tau > 0.0, second / safe / np.where(tau > 0.0, tau, 1.0) ** 2 - 1.0, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = delayed * tau / (people - offered)
    ones = np.ones((len(flows), len(people)))
    if formula == "jackson":
        return plain, ones
    if formula == "mgm":
        return plain * (1.0 + scv) / 2.0, ones
    share, outside, outside_scv = _between_pools(flows, work, people, through)
    back = np.diagonal(share).copy()
    scv = back + (1.0 - back) * scv
    tau = tau / (1.0 - back)
    share = share / (1.0 - back)[:, None]
    np.fill_diagonal(share, 0.0)
    arriving = through * (1.0 - back)
    arrivals = _arrival_variability(share, arriving, outside, outside_scv, scv, offered / people, people)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = delayed * tau / (people - offered)
        load = offered / people
        correction = np.exp(
            np.where(
                (people == 1) & (arrivals < 1.0),
                -2.0 * (1.0 - load) / (3.0 * load) * (1.0 - arrivals) ** 2 / (arrivals + scv),
                0.0,
            )
        )
    return whole * (arrivals + scv) / 2.0 * correction * (1.0 - back), ones * arrivals


def _pairs(flows: Sequence[CaseFlow], work: Sequence[PoolWork]) -> list[tuple[CaseFlow, PoolWork]]:
    return list(zip(flows, work, strict=True))


def _between_pools(
    flows: Sequence[CaseFlow], work: Sequence[PoolWork], people: Ints, through: Floats
) -> tuple[Floats, Floats, Floats]:
    """Share of the visits of pool p that go to pool q next (K, K); rate from outside (K,) and its variability."""
    pools = len(people)
    moved = np.zeros((pools, pools))
    outside = np.zeros(pools)
    varied = np.zeros(pools)
    for flow, brought in _pairs(flows, work):
        chain = flow.factor.chain
        first = factorise(stopped_at(chain, flow.pool >= 0)).values(brought.member)
        moved += flow.rate * (brought.member * brought.visits[:, None]).T @ (chain.routing @ first)
        share = chain.start @ first
        outside += flow.rate * share
        varied += flow.rate * share * (1.0 + share * (flow.arrival_scv - 1.0))
    safe = np.where(through > 0.0, through, 1.0)
    return moved / safe[:, None], outside, np.where(outside > 0.0, varied / np.where(outside > 0.0, outside, 1.0), 1.0)


def _arrival_variability(
    share: Floats, arriving: Floats, outside: Floats, outside_scv: Floats, scv: Floats, load: Floats, people: Ints
) -> Floats:
    """Solve Whitt's linear equations for the variability of arrivals, shape (K,)."""
    pools = len(load)
    rho = np.minimum(load, 1.0)
    safe = np.where(arriving > 0.0, arriving, 1.0)
    part = arriving[:, None] * share / safe
    first = np.where(arriving > 0.0, outside / safe, 1.0)
    streams = 1.0 / np.maximum(first**2 + (part**2).sum(axis=0), 1e-300)
    weight = 1.0 / (1.0 + 4.0 * (1.0 - rho) ** 2 * (streams - 1.0))
    leaving = 1.0 + (np.maximum(scv, 0.2) - 1.0) / np.sqrt(people)
    constant = 1.0 + weight * (
        first * outside_scv - 1.0 + (part * (1.0 - share + share * (rho**2 * leaving)[:, None])).sum(axis=0)
    )
    carried = weight * part * share * (1.0 - rho**2)[:, None]
    return np.maximum(0.0, np.linalg.solve(np.eye(pools) - carried.T, constant))
