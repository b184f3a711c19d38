"""How uneven the arrivals at each pool are: what passes a busy team leaves it in the team's own rhythm.

The default waiting formula starts every pool with the variability of the arrivals of its cases and moves it towards
what the other pools make of the stream. Sources: Whitt 1983 (departures of a busy queue); the weights by nearness to
full load follow Dai, Nguyen & Reiman 1994.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mpmflow.numerics.chains.chain import Chain, Factor, Floats, factorise

if TYPE_CHECKING:
    from .queueing import CaseFlow, PoolWork

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TABOO_POOLS = 64
"""With more pools than this, half of a pool's work is taken to come after any other pool (`omega` = 0.5)."""


@dataclass(frozen=True, slots=True, eq=False)
class Variability:
    """How the arrival variability of each pool came about (default formula only).

    Attributes:
        order: pools in order of rising load.
        departures: `x_q`, variability that pool q gives to what leaves it, shape (K,).
        after: `omega`, share of the work of class c for p after a first visit to q, shape (C, K, K): [c, p, q].
        before_work: that class's work for p before q is first visited, shape (C, K, K).
        taboo: the factorised chains that stop at pool q, per class; () beyond `TABOO_POOLS` pools.
        steps: `ca2` before each update, shape (K updates, C, K).
        value: the result, shape (C, K).
    """

    order: Ints
    departures: Floats
    after: Floats
    before_work: Floats
    taboo: tuple[tuple[Factor, ...], ...]
    steps: Floats
    value: Floats


def pool_variability(
    flows: Sequence[CaseFlow], work: Sequence[PoolWork], people: Ints, offered: Floats, load: Floats, through: Floats
) -> Variability:
    """The variability of arrivals at each pool, per class.

    Pool q turns what passes it towards `x_q = max(0, 1 + n_q excess_q / (EB_q^2 sqrt m_q))`. For each pool p, over
    the other pools q in order of rising load: `ca2 += omega g rho_q^2 (x_q - ca2)`, where the busier pool counts
    more, `g = (1-rho_p)^2 / ((1-rho_p)^2 + (1-rho_q)^2)`, and omega is the share of p's work after a visit to q.
    """
    pools, classes = len(people), len(flows)
    rate = np.array([one.rate for one in flows])
    excess = rate @ np.array([one.excess for one in work]).reshape(classes, pools)
    with np.errstate(divide="ignore", invalid="ignore"):
        departures = np.where(offered > 0.0, 1.0 + through * excess / (offered**2 * np.sqrt(people)), 1.0)
    departures = np.maximum(0.0, departures)
    before = np.zeros((classes, pools, pools))
    after = np.full((classes, pools, pools), 0.5)
    taboo: list[tuple[Factor, ...]] = []
    if 1 < pools <= TABOO_POOLS:
        for c, (one, brought) in enumerate(zip(flows, work, strict=True)):
            stopped = tuple(factorise(stopped_at(one.factor.chain, one.pool == q)) for q in range(pools))
            taboo.append(stopped)
            held = brought.member * one.held[:, None]
            for q, factor in enumerate(stopped):
                before[c, :, q] = factor.visits() @ held
            with np.errstate(divide="ignore", invalid="ignore"):
                after[c] = np.where(brought.mean[:, None] > 0.0, 1.0 - before[c] / brought.mean[:, None], 0.0)
    order = np.argsort(load, kind="stable")
    value = np.repeat(np.array([one.arrival_scv for one in flows])[:, None], pools, axis=1)
    steps = np.zeros((pools, classes, pools))
    known = np.minimum(load, 1.0)
    for place, q in enumerate(order):
        steps[place] = value
        pull = after[:, :, q] * nearness(known, int(q)) * known[q] ** 2
        pull[:, q] = 0.0
        value = value + pull * (departures[q] - value)
    return Variability(order, departures, after, before, tuple(taboo), steps, value)


def nearness(load: Floats, q: int) -> Floats:
    """`g` of every pool p beside pool q, shape (K,): how much p feels q; 1/2 between two full pools.

    >>> nearness(np.array([0.5, 0.5]), 0).tolist()
    [0.5, 0.5]
    """
    own, other = (1.0 - load) ** 2, (1.0 - load[q]) ** 2
    total = own + other
    return np.where(total > 0.0, own / np.where(total > 0.0, total, 1.0), 0.5)


def stopped_at(chain: Chain, stop: Flags) -> Chain:
    """The chain that ends on entering a marked node."""
    routing = chain.routing.copy()
    routing.data = np.where(np.repeat(stop, np.diff(routing.indptr)), 0.0, routing.data)
    routing.eliminate_zeros()
    exits = np.where(stop[:, None], 0.0, chain.exits)
    exits[stop, 0] = 1.0
    return Chain(routing, exits, chain.start)
