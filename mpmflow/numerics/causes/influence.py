"""Linear influences with lag: how deviations of leading indicators reach lagging metrics, period by period.

Each edge leads from a source to a target with a gain (effect of one unit, already in the target's unit: an elasticity
is made linear by the caller), a kernel of weights over lags that sum to 1, and the sd of the gain. With `A_l` the
gains times the weights of lag l, deviations from the reference follow

    x_t = sum over l of A_l x_{t-l} + w_t

where `w_t` is what comes from outside. Responses by recursion; the long run by one sparse solve with `I - sum A_l`.
Contributions `K(l) w(t - l)` sum exactly, because nothing here is curved. Loops are allowed if they die out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from mpmflow.numerics.faults import NumericsError

from .loops import Integers, growth, strong_parts, strongest_loop, travel_order

Floats = NDArray[np.float64]


class UnstableLoopError(NumericsError):
    """Influences go round and do not die out; `.nodes` lie on the loop, in the order of travel where it is one loop."""

    def __init__(self, nodes: Sequence[int], growth: float) -> None:
        self.nodes = tuple(nodes)
        self.growth = growth
        shown = " -> ".join(str(node) for node in [*self.nodes[:8], *self.nodes[:1]])
        super().__init__(
            f"the influences of loop {shown} do not die out (each period multiplies them by {growth:.3g}), so there is "
            "no long-run effect: weaken an influence on the loop, or ask for a response over a limited time."
        )


@dataclass(frozen=True, eq=False)
class Stability:
    """Whether all loops die out.

    Attributes:
        growth: factor per period of the slowest loop to die out; 0 without loops.
        stable: `growth < 1`.
        loop: nodes of the loop that does not die out, in the order of travel if a single one is to blame, else all
        nodes
            that lie on those loops together in rising order; empty if stable.
    """

    growth: float
    stable: bool
    loop: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Influence:
    """A graph of linear influences; make it with `influence_from_edges`, which checks it.

    Attributes:
        size: number of nodes n.
        source, target, gain, gain_sd: one entry per edge, shape (E,).
        cell_edge, cell_lag, cell_weight: the kernels, one cell per edge and lag with a weight above 0.
    """

    size: int
    source: Integers
    target: Integers
    gain: Floats
    gain_sd: Floats
    cell_edge: Integers
    cell_lag: Integers
    cell_weight: Floats

    def with_gains(self, gain: ArrayLike) -> Influence:
        """The same influences with other gains (E,)."""
        return replace(self, gain=np.asarray(gain, dtype=float))

    @cached_property
    def mean_lag(self) -> Floats:
        """Mean lag of each edge in periods (E,)."""
        return np.bincount(self.cell_edge, self.cell_weight * self.cell_lag, minlength=len(self.gain)).astype(float)

    @cached_property
    def matrices(self) -> dict[int, sparse.csr_array]:
        """`A_l` by lag, `[target, source]`, lags without any weight left out."""
        value = self.gain[self.cell_edge] * self.cell_weight
        row, col = self.target[self.cell_edge], self.source[self.cell_edge]
        found = {}
        for lag in np.unique(self.cell_lag).tolist():
            here = self.cell_lag == lag
            found[lag] = sparse.csr_array((value[here], (row[here], col[here])), shape=(self.size, self.size))
        return found

    @cached_property
    def order(self) -> Integers | None:
        """Nodes in an order in which every influence leads onward; None if there are loops."""
        return travel_order(self.size, self.source, self.target)

    @cached_property
    def stability(self) -> Stability:
        """Whether all loops die out; computed once. Gains of either sign are allowed."""
        live = self.gain != 0.0
        worst, blamed = 0.0, None
        for part in strong_parts(self.size, self.source[live], self.target[live]):
            rate = growth({lag: matrix[part][:, part] for lag, matrix in self.matrices.items()})
            if rate > worst:
                worst, blamed = rate, part
        if worst < 1.0 or blamed is None:
            return Stability(worst, True, ())
        place = np.full(self.size, -1)
        place[blamed] = np.arange(len(blamed))
        inside = live & (place[self.source] >= 0) & (place[self.target] >= 0)
        loop = strongest_loop(len(blamed), place[self.source[inside]], place[self.target[inside]], self.gain[inside])
        nodes = blamed[loop] if loop else blamed
        return Stability(worst, False, tuple(int(node) for node in nodes))

    @cached_property
    def _long_run_solver(self) -> Callable[[Floats, str], Floats]:
        if not self.stability.stable:
            raise UnstableLoopError(self.stability.loop, self.stability.growth)
        total = sparse.csr_array((self.gain, (self.target, self.source)), shape=(self.size, self.size))
        return _solver(total, self.order)

    @cached_property
    def _instant_solver(self) -> Callable[[Floats, str], Floats] | None:
        if 0 not in self.matrices:
            return None
        instant = self.cell_edge[self.cell_lag == 0]
        return _solver(self.matrices[0], travel_order(self.size, self.source[instant], self.target[instant]))


def influence_from_edges(
    size: int,
    source: ArrayLike,
    target: ArrayLike,
    gain: ArrayLike,
    kernels: Sequence[ArrayLike],
    gain_sd: ArrayLike | None = None,
) -> Influence:
    """Build and check a graph of influences.

    Args:
        size: number of nodes.
        source, target: node indices of each edge (E,); several edges between the same two nodes add up.
        gain: long-run effect on the target of one unit more of the source, (E,).
        kernels: for each edge its weights of lag 0, 1, 2, ... periods (see `lags`), none negative, sum 1.
        gain_sd: sd of each gain (E,), 0 if left out.

    Raises:
        NumericsError: an index out of range, arrays of different length, a kernel that does not sum to 1.

    One more registration brings 0.2 leads a week later, spent evenly over weeks 1 and 2:

    >>> graph = influence_from_edges(2, [0], [1], [0.2], [[0, 0.5, 0.5]])
    >>> print(impulse_response(graph, 0, 3)[:, 1], long_run(graph, [100, 0]))
    [0.  0.1 0.1 0. ] [100.  20.]
    """
    tail, head = np.asarray(source, dtype=np.intp).ravel(), np.asarray(target, dtype=np.intp).ravel()
    effect = np.asarray(gain, dtype=float).ravel()
    sd = np.zeros(len(effect)) if gain_sd is None else np.asarray(gain_sd, dtype=float).ravel()
    if not len(tail) == len(head) == len(effect) == len(sd) == len(kernels):
        raise NumericsError(
            "every edge needs a source, a target, a gain, an sd and a kernel; "
            f"got {len(tail)}, {len(head)}, {len(effect)}, {len(sd)}, {len(kernels)}"
        )
    if len(tail) and (min(tail.min(), head.min()) < 0 or max(tail.max(), head.max()) >= size):
        raise NumericsError(f"an edge names a node outside 0..{size - 1}")
    if not (np.isfinite(effect).all() and np.isfinite(sd).all() and (sd >= 0).all()):
        raise NumericsError("gains must be finite, and their sd finite and not negative")
    weights = [np.asarray(kernel, dtype=float).ravel() for kernel in kernels]
    for number, kernel in enumerate(weights):
        if not (np.isfinite(kernel).all() and (kernel >= 0).all() and abs(kernel.sum() - 1.0) <= 1e-9):
            raise NumericsError(
                f"the kernel of edge {number} must have weights that are not negative and sum to 1, they sum to "
                f"{kernel.sum():.9g}"
            )
    edge = np.repeat(np.arange(len(weights)), [len(kernel) for kernel in weights])
    lag = np.concatenate([np.arange(len(kernel)) for kernel in weights]) if weights else np.zeros(0)
    weight = np.concatenate(weights) if weights else np.zeros(0)
    kept = weight > 0.0
    return Influence(size, tail, head, effect, sd, edge[kept].astype(np.intp), lag[kept].astype(np.intp), weight[kept])


def unstable_loop(influence: Influence) -> tuple[int, ...]:
    """Nodes of a loop that does not die out; empty if all loops do. See `Stability.loop`.

    >>> graph = influence_from_edges(3, [0, 1, 1], [1, 0, 2], [2.0, 0.6, 9.0], [[0, 1.0]] * 3)
    >>> unstable_loop(graph), round(graph.stability.growth, 6)
    ((0, 1), 1.095445)
    """
    return influence.stability.loop


def loop_without_lag(influence: Influence) -> tuple[int, ...]:
    """Nodes that influence one another round a loop within the same instant; empty if every loop has some lag.

    >>> loop_without_lag(influence_from_edges(2, [0, 1], [1, 0], [0.5, 0.5], [[1.0], [1.0]]))
    (0, 1)
    """
    instant = influence.mean_lag == 0.0
    parts = strong_parts(influence.size, influence.source[instant], influence.target[instant])
    return tuple(int(node) for node in parts[0]) if parts else ()


def respond(influence: Influence, shocks: ArrayLike) -> Floats:
    """Deviations `x` over time when `shocks` come from outside, both (T, n) or (T, n, r) for r scenarios.

    Row 0 is the first period; before it nothing deviates. Also right for loops that grow: the horizon is limited.
    """
    return _recursion(influence, _over_time(shocks, influence.size), "N")


def impulse_response(influence: Influence, source: int, horizon: int) -> Floats:
    """What one unit at `source` in period 0 does to every node in periods 0..horizon: shape (horizon + 1, n).

    Sums over time to `long_run` of one unit. Its cumulative sum is the response to a lasting change.
    """
    shocks = np.zeros((horizon + 1, influence.size))
    shocks[0, source] = 1.0
    return respond(influence, shocks)


def response_kernels(influence: Influence, target: int, horizon: int) -> Floats:
    """`K(l)` onto one target from every node: what one unit at node s does to `target` l periods later, (horizon + 1,
    n).

    One recursion backwards serves all sources.
    """
    shocks = np.zeros((horizon + 1, influence.size))
    shocks[0, target] = 1.0
    return _recursion(influence, shocks, "T")


def long_run(influence: Influence, shocks: ArrayLike) -> Floats:
    """Where every node settles when `shocks` (n,) or (n, r) last: `(I - sum A_l)^-1 w`, one sparse solve.

    Without loops the solve is one sweep along the influences. Raises `UnstableLoopError` if a loop does not die out.
    """
    return influence._long_run_solver(np.asarray(shocks, dtype=float), "N")


def long_run_onto(influence: Influence, target: int) -> Floats:
    """Long-run effect on `target` of one lasting unit at every node (n,), by one transposed solve."""
    unit = np.zeros(influence.size)
    unit[target] = 1.0
    return influence._long_run_solver(unit, "T")


def contributions(influence: Influence, target: int, shocks: ArrayLike) -> Floats:
    """How much of the deviation of `target` in each period comes from each node's shocks: (T, n), from shocks (T, n).

    `sum over l of K(l) w(t - l)`; the row sums are exactly `respond(...)[:, target]`.

    >>> graph = influence_from_edges(3, [0, 1], [2, 2], [0.5, -1.0], [[0, 1.0], [1.0]])
    >>> print(contributions(graph, 2, [[4, 0, 0], [4, 1, 0]]))
    [[ 0.  0.  0.]
     [ 2. -1.  0.]]
    """
    outside = _over_time(shocks, influence.size)
    kernels = response_kernels(influence, target, len(outside) - 1)
    shares = np.zeros(outside.shape)
    for lag in np.flatnonzero(kernels.any(axis=1)):
        shares[lag:] += kernels[lag] * outside[: len(outside) - lag]
    return shares


def extended(shocks: ArrayLike, horizon: int, hold: bool | ArrayLike = True) -> Floats:
    """Shocks (T, n) with `horizon` more periods: held at the last value where `hold` (bool or (n,)), else zero."""
    past = np.asarray(shocks, dtype=float)
    if past.ndim != 2 or not len(past) or not np.isfinite(past).all():
        raise NumericsError("shocks need one row per period and one column per node, at least one row and no gaps")
    future = np.where(np.broadcast_to(np.asarray(hold, dtype=bool), past.shape[1:]), past[-1], 0.0)
    return np.concatenate([past, np.tile(future, (horizon, 1))])


def forecast(influence: Influence, shocks: ArrayLike, horizon: int, hold: bool | ArrayLike = True) -> Floats:
    """Deviations of all nodes in the `horizon` periods after the last known one, (horizon, n).

    `shocks` (T, n) are the known past deviations of the sources. The future is assumed to stay at the last of them
    where `hold` is true; `hold=False` lets them end now. For the parts by source use `contributions` on `extended`
    shocks.

    >>> graph = influence_from_edges(2, [0], [1], [0.5], [[0, 0, 1.0]])
    >>> past = [[10, 0], [20, 0]]
    >>> print(forecast(graph, past, 3)[:, 1], forecast(graph, past, 3, hold=False)[:, 1])
    [ 5. 10. 10.] [ 5. 10.  0.]
    """
    outside = extended(shocks, horizon, hold)
    return respond(influence, outside)[len(outside) - horizon :]


def unexplained(influence: Influence, observed: ArrayLike) -> Floats:
    """What the influences leave unexplained, `w_t = x_t - sum A_l x_{t-l}`, from observed deviations (T, n).

    The inverse of `respond`. A gap (nan) makes what depends on it unknown too, and nothing else.
    """
    seen = _over_time(observed, influence.size, gaps=True)
    missing = np.isnan(seen)
    filled = np.where(missing, 0.0, seen)
    rest, unknown = seen.copy(), missing.astype(float)
    for lag, matrix in influence.matrices.items():
        past = slice(0, max(len(seen) - lag, 0))
        linked = sparse.csr_array((np.abs(matrix.data) > 0, matrix.indices, matrix.indptr), shape=matrix.shape)
        rest[lag:] -= (matrix @ filled[past].T).T
        unknown[lag:] += (linked.astype(float) @ missing[past].astype(float).T).T
    return np.asarray(np.where(unknown > 0, np.nan, rest))


def _recursion(influence: Influence, shocks: Floats, kind: str) -> Floats:
    moves = {
        lag: matrix if kind == "N" else sparse.csr_array(matrix.T) for lag, matrix in influence.matrices.items() if lag
    }
    settle = influence._instant_solver
    state = np.zeros(shocks.shape)
    for now in range(len(shocks)):
        total = shocks[now].copy()
        for lag, matrix in moves.items():
            if lag <= now:
                total += matrix @ state[now - lag]
        state[now] = total if settle is None else settle(total, kind)
    return state


def _solver(matrix: sparse.csr_array, order: Integers | None) -> Callable[[Floats, str], Floats]:
    """Solves with `I - matrix` and its transpose; along `order` there is nothing to eliminate, only to sweep."""
    system = sparse.csc_array(sparse.eye_array(matrix.shape[0]) - matrix)
    if order is None:
        factor = splu(system)
        return lambda right, kind: np.asarray(factor.solve(right, kind))
    swept = splu(
        sparse.csc_array(system[order][:, order]), permc_spec="NATURAL", diag_pivot_thresh=0.0, relax=1, panel_size=1
    )

    def solve(right: Floats, kind: str) -> Floats:
        result = np.empty(right.shape)
        result[order] = swept.solve(right[order], kind)
        return result

    return solve


def _over_time(values: ArrayLike, size: int, gaps: bool = False) -> Floats:
    table = np.asarray(values, dtype=float)
    if table.ndim not in (2, 3) or table.shape[1] != size:
        raise NumericsError(f"values over time need one row per period and {size} columns, got shape {table.shape}")
    if not gaps and not np.isfinite(table).all():
        raise NumericsError("shocks have gaps or endless values; fill or leave out what is unknown")
    return table
