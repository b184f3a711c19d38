"""Where rework and delay spread: two states of one process compared node by node, and the difference shared among its
sources.

A process is an absorbing chain with routing ``P``, exit probabilities ``X`` and start row ``a``; ``N = (I - P)^-1``
and ``y = a N`` are the expected visits. State 0 is the reference (the plan), state 1 what holds now. Every total here
is the plain difference of two exact solves. Its split by source is the symmetric form of the performance-difference
formula for Markov chains (Cao, *Stochastic Learning and Optimization*, 2007)::

    y1 - y0 = y1 dP N0 = y0 dP N1 = 1/2 (y1 dP N0 + y0 dP N1)

Row ``i`` of ``dP`` is what changed at node ``i``, so each changed row has its own share and the shares add up to the
whole: nothing is rescaled. Where several decisions change together the symmetric form shares their interaction
evenly. Against the exact Shapley value the shares differ by .03 % (median; worst of 30 workflows .24 %) when log odds
move by about .3, by .18 % (1.7 %) when they move by .7, and by up to 4 % where every node leads to every other.

No congestion here: if waits move with the load, give them as part of the sojourn times, or attribute them with
:func:`mpmflow.numerics.chains.attribution.aumann_shapley`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from mpmflow.numerics.faults import NumericsError

from .chain import Chain, Factor, factorise

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Sources = Sequence[Sequence[int] | Integers]

_BLOCK = 128  # right-hand sides solved at once: enough to be fast, little enough to stay in the cache


@dataclass(frozen=True, eq=False)
class ReworkSpread:
    """Extra executions per case, by node and by source.

    ``targets`` (m,) are the nodes asked for; ``total`` (m,) is ``y1 - y0`` there; ``by_source`` (m, D) its shares;
    ``unattributed`` (m,) the share of changed rows that no source owns; ``by_start`` (m,) the share of a changed
    start row; ``residual`` (m,) what is left, rounding only.
    """

    targets: Integers
    total: Floats
    by_source: Floats
    unattributed: Floats
    by_start: Floats
    residual: Floats


@dataclass(frozen=True, eq=False)
class RewardSpread:
    """Change of metrics ``m = y c + y X b``, by source.

    ``before``, ``after``, ``total`` (m,); ``by_source`` (m, D); ``unattributed`` (m,) changed rows without an owner;
    ``by_exit`` (m, k) the share of changed exit rewards; ``by_start`` (m,) the share of a changed start row;
    ``residual`` (m,) rounding only.
    """

    before: Floats
    after: Floats
    total: Floats
    by_source: Floats
    unattributed: Floats
    by_exit: Floats
    by_start: Floats
    residual: Floats


@dataclass(frozen=True, eq=False)
class DelaySpread:
    """Extra time that cases spend at each node, split by way and by source.

    ``total = path + own + spill`` (m,): extra visits at the mean sojourn time, mean visits times the change of the
    node's own sojourn time, mean visits times the change of the wait. ``by_source`` (m, D) holds path and own
    together, ``path_by_source`` (m, D) the path alone; ``unattributed`` (m,) what no source owns: the spill, changed
    durations and changed rows without an owner. ``by_start`` (m,) and ``residual`` (m,) as in :class:`ReworkSpread`.
    """

    targets: Integers
    total: Floats
    path: Floats
    own: Floats
    spill: Floats
    by_source: Floats
    path_by_source: Floats
    unattributed: Floats
    by_start: Floats
    residual: Floats


class Comparison:
    """Two states of one process, factorised once, to be asked several times.

    Parameters: ``chain0`` the reference and ``chain1`` the current state, with the same nodes and exits; ``start``
    replaces both start rows (open cases at their nodes, say). ``visits0`` and ``visits1`` are the expected visits
    (n,) per case, or per whatever the start row counts. Raises ``NumericsError`` when the two chains do not have the
    same shape.
    """

    def __init__(self, chain0: Chain, chain1: Chain, start: ArrayLike | None = None) -> None:
        if chain0.routing.shape != chain1.routing.shape or chain0.exits.shape != chain1.exits.shape:
            raise NumericsError(
                "the two states must have the same nodes and exits: "
                f"{chain0.routing.shape[0]} nodes and {chain0.exits.shape[1]} exits before, "
                f"{chain1.routing.shape[0]} and {chain1.exits.shape[1]} after"
            )
        self.size: int = int(chain0.routing.shape[0])
        start0 = np.asarray(chain0.start if start is None else start, dtype=float)
        start1 = np.asarray(chain1.start if start is None else start, dtype=float)
        if start0.shape != (self.size,):
            raise NumericsError(f"the start row needs one entry per node ({self.size}), it has shape {start0.shape}")
        self.factor0: Factor = factorise(chain0)
        self.factor1: Factor = factorise(chain1)
        self.visits0: Floats = np.asarray(self.factor0.visits(start0), dtype=float)
        self.visits1: Floats = np.asarray(self.factor1.visits(start1), dtype=float)
        self.start_change: Floats = start1 - start0
        self.exits0 = sparse.csr_array(chain0.exits)
        self.exits1 = sparse.csr_array(chain1.exits)
        self.routing_change = _difference(_as_factorised(chain1), _as_factorised(chain0))
        self.exits_change = _difference(self.exits1, self.exits0)

    def rework(self, sources: Sources, targets: ArrayLike | None = None) -> ReworkSpread:
        """Extra executions by node and source; see :func:`rework_spread`."""
        nodes = _targets(targets, self.size)
        owners = _with_rest(_membership(sources, self.size))
        flow1 = (
            _scaled(owners, self.visits1) @ self.routing_change
        )  # row d: mass that source d moves, at today's visits
        flow0 = _scaled(owners, self.visits0) @ self.routing_change
        shares = np.zeros((len(nodes), owners.shape[0]))
        active = np.flatnonzero(np.diff(flow1.indptr) + np.diff(flow0.indptr))
        if len(nodes) < len(active):
            self._by_target(flow0, flow1, nodes, shares)
        else:
            self._by_active_source(flow0, flow1, nodes, active, shares)
        by_start = np.zeros(len(nodes))
        if self.start_change.any():
            before = self.factor0.solve_transposed(self.start_change)
            after = self.factor1.solve_transposed(self.start_change)
            by_start = 0.5 * (before + after)[nodes]
        total = self.visits1[nodes] - self.visits0[nodes]
        residual = total - shares.sum(axis=1) - by_start
        return ReworkSpread(nodes, total, shares[:, :-1], shares[:, -1], by_start, residual)

    def reward(
        self,
        before: ArrayLike,
        after: ArrayLike,
        sources: Sources,
        *,
        exit_before: ArrayLike | None = None,
        exit_after: ArrayLike | None = None,
        reward_sources: Sources | None = None,
    ) -> RewardSpread:
        """Change of one or several metrics by source; see :func:`reward_spread`."""
        reward0, reward1 = _columns(before, self.size, "node rewards"), _columns(after, self.size, "node rewards")
        exits = self.exits0.shape[1]
        width = reward0.shape[1]
        terminal0 = np.zeros((exits, width)) if exit_before is None else _columns(exit_before, exits, "exit rewards")
        terminal1 = terminal0 if exit_after is None else _columns(exit_after, exits, "exit rewards")
        if not (reward1.shape[1] == terminal0.shape[1] == terminal1.shape[1] == width):
            raise NumericsError("node and exit rewards before and after must have the same number of columns")
        value0 = _solve(self.factor0, reward0 + self.exits0 @ terminal0)
        value1 = _solve(self.factor1, reward1 + self.exits1 @ terminal1)
        y0, y1 = self.visits0[:, None], self.visits1[:, None]
        moved0 = self.routing_change @ value0 + self.exits_change @ terminal0
        moved1 = self.routing_change @ value1 + self.exits_change @ terminal1
        routed = 0.5 * (y1 * moved0 + y0 * moved1)
        priced = 0.5 * (y0 + y1) * (reward1 - reward0)
        owners = _with_rest(_membership(sources, self.size))
        price_owners = owners if reward_sources is None else _with_rest(_membership(reward_sources, self.size))
        if price_owners.shape != owners.shape:
            raise NumericsError("sources and reward_sources must list the same sources, in the same order")
        shares = (owners @ routed + price_owners @ priced).T
        reached = 0.5 * (self.exits0.T @ self.visits0 + self.exits1.T @ self.visits1)
        by_exit = (reached[:, None] * (terminal1 - terminal0)).T
        by_start = 0.5 * self.start_change @ (value0 + value1)
        metric0 = self.visits0 @ (reward0 + self.exits0 @ terminal0)
        metric1 = self.visits1 @ (reward1 + self.exits1 @ terminal1)
        total = metric1 - metric0
        residual = total - shares.sum(axis=1) - by_exit.sum(axis=1) - by_start
        return RewardSpread(metric0, metric1, total, shares[:, :-1], shares[:, -1], by_exit, by_start, residual)

    def delay(
        self,
        before: ArrayLike,
        after: ArrayLike,
        sources: Sources,
        *,
        duration_sources: Sources | None = None,
        wait_before: ArrayLike | None = None,
        wait_after: ArrayLike | None = None,
        targets: ArrayLike | None = None,
    ) -> DelaySpread:
        """Extra case-time by node and source; see :func:`delay_spread`."""
        nodes = _targets(targets, self.size)
        none = np.zeros(self.size)
        own0, own1 = _per_node(before, self.size), _per_node(after, self.size)
        wait0 = none if wait_before is None else _per_node(wait_before, self.size)
        wait1 = none if wait_after is None else _per_node(wait_after, self.size)
        time0, time1 = (own0 + wait0)[nodes], (own1 + wait1)[nodes]
        y0, y1 = self.visits0[nodes], self.visits1[nodes]
        rework = self.rework(sources, nodes)
        mean_time, mean_visits = 0.5 * (time0 + time1), 0.5 * (y0 + y1)
        path_by_source = rework.by_source * mean_time[:, None]
        own = mean_visits * (own1 - own0)[nodes]
        spill = mean_visits * (wait1 - wait0)[nodes]
        membership = _membership(sources if duration_sources is None else duration_sources, self.size)
        if membership.shape[0] != path_by_source.shape[1]:
            raise NumericsError("sources and duration_sources must list the same sources, in the same order")
        owned = membership[:, nodes].T.toarray() if len(nodes) else np.zeros((0, membership.shape[0]))
        own_by_source = owned * own[:, None]
        by_source = path_by_source + own_by_source
        unowned = np.where(owned.any(axis=1), 0.0, own)
        unattributed = rework.unattributed * mean_time + unowned + spill
        by_start = rework.by_start * mean_time
        total = y1 * time1 - y0 * time0
        residual = total - by_source.sum(axis=1) - unattributed - by_start
        path = rework.total * mean_time
        return DelaySpread(nodes, total, path, own, spill, by_source, path_by_source, unattributed, by_start, residual)

    def _by_target(self, flow0: sparse.csr_array, flow1: sparse.csr_array, nodes: Integers, shares: Floats) -> None:
        """Few nodes, many sources: one right-hand side per node."""
        for first in range(0, len(nodes), _BLOCK):
            block = nodes[first : first + _BLOCK]
            unit = np.zeros((self.size, len(block)))
            unit[block, np.arange(len(block))] = 1.0
            reach0, reach1 = _solve(self.factor0, unit), _solve(self.factor1, unit)
            shares[first : first + _BLOCK] = 0.5 * (flow1 @ reach0 + flow0 @ reach1).T

    def _by_active_source(
        self, flow0: sparse.csr_array, flow1: sparse.csr_array, nodes: Integers, active: Integers, shares: Floats
    ) -> None:
        """Few sources, many nodes: one right-hand side per source that changed anything."""
        for first in range(0, len(active), _BLOCK):
            block = active[first : first + _BLOCK]
            spread0 = self.factor0.solve_transposed(flow1[block].T.toarray())
            spread1 = self.factor1.solve_transposed(flow0[block].T.toarray())
            shares[:, block] = 0.5 * (spread0 + spread1)[nodes]


def rework_spread(
    chain0: Chain,
    chain1: Chain,
    sources: Sources,
    start: ArrayLike | None = None,
    targets: ArrayLike | None = None,
) -> ReworkSpread:
    """Expected extra executions of each node in state 1 against state 0, and which source they come from.

    ``sources``: one set of row numbers per source, usually the row of one decision (several when copies of the
    decision exist); no row may belong to two. ``start`` replaces both start rows. ``targets`` limits the answer to
    some nodes: the work is one right-hand side per source or per target, whichever are fewer. Exact for any size of
    change (source: see the module). Mass moved to or from exits counts too: scrap that takes cases away shows as
    negative extra executions downstream.

    A step is drafted (0), then checked (1). The check sends back 20 % in plan and 50 % now; drafts rise from 1.25 to 2:

    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> def draft_and_check(rework):
    ...     routing = csr_array(np.array([[0.0, 1.0], [rework, 0.0]]))
    ...     return Chain(routing, np.array([[0.0], [1.0 - rework]]), np.array([1.0, 0.0]))
    >>> spread = rework_spread(draft_and_check(0.2), draft_and_check(0.5), [[1]])
    >>> print(spread.total.round(6), spread.by_source[:, 0].round(6))
    [0.75 0.75] [0.75 0.75]
    """
    return Comparison(chain0, chain1, start).rework(sources, targets)


def reward_spread(
    chain0: Chain,
    chain1: Chain,
    before: ArrayLike,
    after: ArrayLike,
    sources: Sources,
    start: ArrayLike | None = None,
    *,
    exit_before: ArrayLike | None = None,
    exit_after: ArrayLike | None = None,
    reward_sources: Sources | None = None,
) -> RewardSpread:
    """How much of the change of a metric ``y c + y X b`` comes from each source.

    ``before`` and ``after`` are node rewards, (n,) or (n, m) for m metrics; ``exit_before`` and ``exit_after`` the
    rewards of ending at each exit, (k,) or (k, m), none if left out. A changed node reward belongs to the source that
    owns the node in ``reward_sources`` (``sources`` if left out). Four solves serve all sources and metrics. With
    ``u`` the value to go,

    ``M[m, d] = 1/2 (y1_d dP_d u0 + y0_d dP_d u1) + 1/2 (y0_d + y1_d) dc_d``, exits counted as nodes worth their reward.

    Of 100 cases 20 were sent back once more in plan, 50 are now, and a draft costs 100 instead of 90:

    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> def draft_and_check(rework):
    ...     routing = csr_array(np.array([[0.0, 1.0], [rework, 0.0]]))
    ...     return Chain(routing, np.array([[0.0], [1.0 - rework]]), np.array([1.0, 0.0]))
    >>> spread = reward_spread(draft_and_check(0.2), draft_and_check(0.5), [90, 0], [100, 0], [[1], [0]])
    >>> print(spread.total.round(6), spread.by_source.round(6))
    [87.5] [[71.25 16.25]]
    """
    return Comparison(chain0, chain1, start).reward(
        before, after, sources, exit_before=exit_before, exit_after=exit_after, reward_sources=reward_sources
    )


def delay_spread(
    chain0: Chain,
    chain1: Chain,
    before: ArrayLike,
    after: ArrayLike,
    sources: Sources,
    start: ArrayLike | None = None,
    *,
    duration_sources: Sources | None = None,
    wait_before: ArrayLike | None = None,
    wait_after: ArrayLike | None = None,
    targets: ArrayLike | None = None,
) -> DelaySpread:
    """Extra case-time at each node, ``D_j = y1_j t1_j - y0_j t0_j``, split exactly into path, own and spill, and by
    source.

    ``before`` and ``after`` are mean sojourn times per visit (n,), in one unit of time of the caller's choice. Queue
    waits may be part of them, or be given apart as ``wait_before`` and ``wait_after``: then their change is the
    ``spill``, which belongs to no single source here. A changed duration belongs to the source that owns the node in
    ``duration_sources`` (``sources`` if left out); the extra visits to their sources as in :func:`rework_spread`.

    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> def draft_and_check(rework):
    ...     routing = csr_array(np.array([[0.0, 1.0], [rework, 0.0]]))
    ...     return Chain(routing, np.array([[0.0], [1.0 - rework]]), np.array([1.0, 0.0]))
    >>> spread = delay_spread(draft_and_check(0.2), draft_and_check(0.5), [3, 1], [5, 1], [[1], [0]])
    >>> print(spread.total.round(6), spread.path.round(6), spread.own.round(6))
    [6.25 0.75] [3.   0.75] [3.25 0.  ]
    """
    return Comparison(chain0, chain1, start).delay(
        before,
        after,
        sources,
        duration_sources=duration_sources,
        wait_before=wait_before,
        wait_after=wait_after,
        targets=targets,
    )


def _as_factorised(chain: Chain) -> sparse.csr_array:
    """``P`` with the diagonal that the factor implies (1 minus all that leaves), so that shares close to rounding
    even where rows add up to 1 only within the tolerance."""
    cells = sparse.coo_array(chain.routing)
    off = cells.row != cells.col
    leaving = np.bincount(cells.row[off], weights=cells.data[off], minlength=chain.n) + chain.exits.sum(axis=1)
    node = np.arange(chain.n)
    rows, cols = np.concatenate([cells.row[off], node]), np.concatenate([cells.col[off], node])
    return sparse.csr_array((np.concatenate([cells.data[off], 1.0 - leaving]), (rows, cols)), shape=(chain.n, chain.n))


def _difference(after: sparse.csr_array, before: sparse.csr_array) -> sparse.csr_array:
    change = sparse.csr_array(after - before)
    change.eliminate_zeros()
    return change


def _membership(sources: Sources, size: int) -> sparse.csr_array:
    """Sources as a 0/1 matrix (D, n); a row with two owners would be counted twice, so it is refused."""
    rows = [np.asarray(source, dtype=np.intp).ravel() for source in sources]
    members = np.concatenate(rows) if rows else np.zeros(0, dtype=np.intp)
    if len(members) and (members.min() < 0 or members.max() >= size):
        raise NumericsError(f"a source names a node outside 0..{size - 1}")
    counts = np.bincount(members, minlength=size)
    if (counts > 1).any():
        twice = ", ".join(map(str, np.flatnonzero(counts > 1)[:5]))
        raise NumericsError(f"each node may belong to one source only; named more than once: {twice}")
    numbers = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    return sparse.csr_array((np.ones(len(members)), (numbers, members)), shape=(len(rows), size))


def _with_rest(membership: sparse.csr_array) -> sparse.csr_array:
    """One more source for all nodes that nobody owns: what they change is reported, not lost."""
    rest = 1.0 - np.asarray(membership.sum(axis=0)).ravel()
    return sparse.csr_array(sparse.vstack([membership, sparse.csr_array(rest[None, :])]))


def _scaled(owners: sparse.csr_array, weights: Floats) -> sparse.csr_array:
    return sparse.csr_array(owners @ sparse.diags_array(weights))


def _solve(factor: Factor, rewards: Floats) -> Floats:
    return np.asarray(factor.solve(rewards), dtype=float)


def _targets(targets: ArrayLike | None, size: int) -> Integers:
    return np.arange(size) if targets is None else np.atleast_1d(np.asarray(targets, dtype=np.intp))


def _columns(values: ArrayLike, size: int, what: str) -> Floats:
    array = np.asarray(values, dtype=float)
    table = array[:, None] if array.ndim == 1 else array
    if table.ndim != 2 or table.shape[0] != size:
        raise NumericsError(f"{what} need {size} rows, they have shape {array.shape}")
    return table


def _per_node(values: ArrayLike, size: int) -> Floats:
    array = np.asarray(values, dtype=float)
    if array.shape != (size,):
        raise NumericsError(f"times need one entry per node ({size}), they have shape {array.shape}")
    return array
