"""How waits and cycle times move with every share, duration, rate and arrival variability, by reverse mode.

One sweep back through the work-per-case formula gives the slopes of any weighted sum of waits (and of a cycle time
with them) in everything at once: beside the 1 + 2K solves that `queues` made, 1 + K more on the same factorisation,
and two per pool for the share of work that comes after it. Servers are whole: compare `queueing.one_more`.

Slopes in shares are raw (one more unit of share to an outcome, paid by nobody); `outcomes.along` makes directions of
them. For small changes only: a wait is steep near full load.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.numerics.chains.chain import Floats
from mpmflow.numerics.chains.outcomes import Outcomes
from mpmflow.numerics.faults import NumericsError

from .erlang import erlang_c, erlang_c_slope
from .pool_variability import Variability
from .queueing import Queues, owned_to_go


@dataclass(frozen=True, slots=True, eq=False)
class FlowSlopes:
    """Slopes of one figure in what makes up one class of cases.

    Attributes:
        share: raw, per outcome, shape (m,); None if no outcomes were given.
        held, held_second: per unit of a node's mean time and of its second moment (each with the other kept), (n,).
        stretch: per relative change of a node's time, all of it stretched, shape (n,).
        free: per unit of the time that holds nobody, shape (n,).
        rate, arrival_scv: per unit.
    """

    share: Floats | None
    held: Floats
    held_second: Floats
    stretch: Floats
    free: Floats
    rate: float
    arrival_scv: float


@dataclass(slots=True)
class _Back:
    """Slopes in the figures of the formula while they are gathered; (C, K) unless said otherwise."""

    mean: Floats
    second: Floats
    remaining: Floats
    times: Floats
    excess: Floats
    before: Floats  # (C, K, K)
    rate: Floats  # (C,)
    scv: Floats  # (C,)


def wait_slopes(
    found: Queues, weights: npt.ArrayLike, outcomes: Sequence[Outcomes | None] | None = None
) -> tuple[FlowSlopes, ...]:
    """Slopes of `sum_p weights[p] * wait[p]`, one record per class of cases.

    Args:
        found: from `queues` with the default formula, nothing overloaded.
        weights: of the pools, shape (K,): a unit vector for the wait of one pool.
        outcomes: of each class, every share of the rows they name; only these get share slopes.

    Raises:
        NumericsError: an overloaded pool (its wait has no slope), another formula, or shapes that do not fit.

    The wait of M/M/1, rho / (mu - lam), has slope 1 / (mu - lam)^2 in the rate:

    >>> from mpmflow.numerics.chains.chain import chain_from_cells, factorise
    >>> from mpmflow.numerics.queues.queueing import case_flow, queues
    >>> once = factorise(chain_from_cells(1, [], [], [], [0], [0], [1.0], k=1))
    >>> found = queues([case_flow(once, 0.5, [1.0], [0], held_second=[2.0])], [1])
    >>> round(wait_slopes(found, [1.0])[0].rate, 12)
    4.0
    """
    weight = np.asarray(weights, dtype=np.float64)
    if weight.shape != found.wait.shape:
        raise NumericsError(f"waits need one weight for each of the {len(found.wait)} pools, got shape {weight.shape}")
    back = _formula_back(found, weight)
    return tuple(_flow_back(found, c, back, _outcomes(outcomes, c), None) for c in range(len(found.flows)))


def cycle_slopes(
    found: Queues, flow: int = 0, outcomes: Sequence[Outcomes | None] | None = None
) -> tuple[FlowSlopes, ...]:
    """Slopes of the mean cycle time of one class, waiting included, in what makes up every class."""
    times = found.work[flow].times
    back = _formula_back(found, times)
    back.times[flow] += np.where(times > 0.0, found.wait, 0.0)
    return tuple(
        _flow_back(found, c, back, _outcomes(outcomes, c), flow if c == flow else None) for c in range(len(found.flows))
    )


def _outcomes(outcomes: Sequence[Outcomes | None] | None, flow: int) -> Outcomes | None:
    return None if outcomes is None else outcomes[flow]


def _formula_back(found: Queues, weight: Floats) -> _Back:
    """From waits back to first and second moments of work, visits, rates."""
    how = found.variability
    if how is None:
        raise NumericsError("slopes of waits are those of the default formula; ask `queues` for formula='work'")
    if not found.stable:
        full = int(np.argmax(found.load))
        raise NumericsError(f"pool {full} is loaded with {found.load[full]:.3g}: its wait grows without end")
    classes, pools = found.arrival_scv.shape
    rate = np.array([one.rate for one in found.flows])
    work = found.work
    mean = np.array([one.mean for one in work]).reshape(classes, pools)
    second = np.array([one.second for one in work]).reshape(classes, pools)
    remaining = np.array([one.remaining for one in work]).reshape(classes, pools)
    demand = second + (found.arrival_scv - 1.0) * mean**2
    remains = rate @ remaining
    used = found.offered > 0.0
    idle = np.where(used, found.servers - found.offered, 1.0)
    per_demand = np.where(used, found.delayed / (2.0 * idle * np.where(used, remains, 1.0)), 0.0)
    demand_back = weight * per_demand
    remains_back = np.where(used, -weight * found.wait / np.where(used, remains, 1.0), 0.0)
    slope_c = np.array(
        [erlang_c_slope(int(m), float(offer)) for m, offer in zip(found.servers, found.offered, strict=True)]
    )
    chance = np.array([erlang_c(int(m), float(offer)) for m, offer in zip(found.servers, found.offered, strict=True)])
    offered_back = np.where(
        used, weight * found.wait * (slope_c / np.where(chance > 0.0, chance, 1.0) + 1.0 / idle), 0.0
    )
    scv_back = np.outer(rate, demand_back) * mean**2
    back = _Back(
        mean=np.outer(rate, demand_back) * 2.0 * (found.arrival_scv - 1.0) * mean,
        second=np.outer(rate, demand_back),
        remaining=np.outer(rate, remains_back),
        times=np.zeros((classes, pools)),
        excess=np.zeros((classes, pools)),
        before=np.zeros((classes, pools, pools)),
        rate=demand @ demand_back + remaining @ remains_back,
        scv=np.zeros(classes),
    )
    offered_back = offered_back + _variability_back(found, how, back, scv_back, rate, mean)
    back.mean += np.outer(rate, offered_back)
    back.rate += mean @ offered_back
    return back


def _variability_back(
    found: Queues, how: Variability, back: _Back, scv_back: Floats, rate: Floats, mean: Floats
) -> Floats:
    """Through the chain of updates of the arrival variability; returns slopes in the offered work, shape (K,)."""
    classes, pools = scv_back.shape
    load = found.load
    offered_back, load_back, leaving_back = np.zeros(pools), np.zeros(pools), np.zeros(pools)
    after_back = np.zeros((classes, pools, pools))
    for place in range(pools - 1, -1, -1):
        q = int(how.order[place])
        others = np.arange(pools) != q
        own, other = (1.0 - load) ** 2, (1.0 - load[q]) ** 2
        near = np.where(others, own / (own + other), 0.0)
        omega = how.after[:, :, q]
        gap = how.departures[q] - how.steps[place]
        pull = omega * near * load[q] ** 2
        leaving_back[q] += float((scv_back * pull).sum())
        pull_back = scv_back * gap
        after_back[:, :, q] += np.where(others, pull_back * near * load[q] ** 2, 0.0)
        near_back = (pull_back * omega).sum(axis=0) * load[q] ** 2 * others
        load_back[q] += 2.0 * load[q] * float((pull_back * omega * near).sum())
        load_back += near_back * other / (own + other) ** 2 * -2.0 * (1.0 - load)
        load_back[q] += float((near_back * own / (own + other) ** 2).sum()) * 2.0 * (1.0 - load[q])
        scv_back = scv_back * (1.0 - pull)
    back.scv += scv_back.sum(axis=1)
    live = (how.departures > 0.0) & (found.offered > 0.0)  # where x_q is cut at 0 it no longer moves
    safe = np.where(live, found.offered, 1.0)
    scale = np.where(live, leaving_back / (safe**2 * np.sqrt(found.servers)), 0.0)
    times = np.array([one.times for one in found.work]).reshape(classes, pools)
    excess = np.array([one.excess for one in found.work]).reshape(classes, pools)
    total_excess = rate @ excess
    back.times += np.outer(rate, scale * total_excess)
    back.excess += np.outer(rate, scale * found.throughput)
    back.rate += times @ (scale * total_excess) + excess @ (scale * found.throughput)
    offered_back += np.where(live, -2.0 * scale * found.throughput * total_excess / safe, 0.0)
    if how.taboo:
        share = np.where(mean > 0.0, 1.0 / np.where(mean > 0.0, mean, 1.0), 0.0)
        back.before += -after_back * share[:, :, None]
        back.mean += (after_back * how.before_work).sum(axis=2) * share**2
    return np.asarray(offered_back + load_back / found.servers)


def _flow_back(found: Queues, c: int, back: _Back, outcomes: Outcomes | None, own_time: int | None) -> FlowSlopes:
    """From moments of one class's work back to its shares and times; `own_time` adds its time without waits."""
    flow, work = found.flows[c], found.work[c]
    factor, chain = flow.factor, flow.factor.chain
    member, visits, held = work.member, work.visits, flow.held
    mine = member * held[:, None]
    second_back = np.outer(visits, back.second[c])
    waiting = member * visits[:, None] * back.remaining[c]
    if flow.owned is not None:
        waiting = np.column_stack([one.T @ waiting[:, p] for p, one in enumerate(flow.owned)])
    pull = waiting + 2.0 * mine * second_back
    to_go_back = np.outer(visits, back.mean[c]) + factor.solve_transposed(pull)
    owned = owned_to_go(flow, work.to_go)
    per_visit = (member * (owned * back.remaining[c] + back.times[c])).sum(axis=1)
    spread = member @ back.excess[c]
    per_visit += spread * (flow.held_second - 2.0 * held**2)
    free = np.zeros(chain.n)
    held_back = (member * (to_go_back + second_back * (2.0 * work.to_go - 4.0 * mine))).sum(axis=1)
    held_back += -4.0 * spread * visits * held
    second_moment_back = (member * second_back).sum(axis=1) + spread * visits
    if own_time is not None:
        per_visit += held + flow.free
        held_back = held_back + visits
        free = visits.copy()
    visit_value = factor.values(per_visit)
    share: Floats | None = None
    if outcomes is not None:
        inside = outcomes.target < chain.n
        d, t = outcomes.row[inside], outcomes.target[inside]
        slope = visits[d] * visit_value[t]
        slope += np.einsum("op,op->o", to_go_back[d], work.to_go[t])
        slope += np.einsum("op,op->o", second_back[d], work.second_to_go[t])
        share = np.zeros(outcomes.count)
        share[inside] = slope
    how = found.variability
    if how is not None and how.taboo:
        for q, stopped in enumerate(how.taboo[c]):
            reward_back = back.before[c, :, q]
            if not reward_back.any():
                continue
            until = stopped.visits()
            held_back = held_back + until * (member @ reward_back)
            if share is not None and outcomes is not None:
                value = stopped.values(mine @ reward_back)
                goes_on = member[d, q] == 0.0
                share[np.flatnonzero(inside)[goes_on]] += until[d[goes_on]] * value[t[goes_on]]
    stretch = held_back * held + 2.0 * second_moment_back * flow.held_second
    return FlowSlopes(share, held_back, second_moment_back, stretch, free, float(back.rate[c]), float(back.scv[c]))
