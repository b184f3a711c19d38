"""Linear influences with lag: how deviations of leading indicators reach lagging metrics, period by period.

Each edge leads from a source to a target with a gain (effect of one unit, already in the target's unit: an elasticity
is made linear by the caller) and a kernel of weights over lags that sum to 1. With `A_l` the gains times the weights of
lag l, deviations from the reference follow

    x_t = sum over l of A_l x_{t-l} + w_t

where `w_t` is what comes from outside. `respond` follows them over time for many rows at once (one row a source, or one
row a draw with gains of its own), `long_run` says where everything settles. Nothing is curved, so the rows of single
sources add up exactly to the whole. Loops are allowed if they die out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from mpmflow.numerics.faults import NumericsError

from .loops import Integers, growth, strong_parts, strongest_loop, travel_layers

Floats = NDArray[np.float64]

_DEEPEST = 5_000  # layers up to which a sweep, layer by layer, is quicker than factors
_ALL_HERE = 0.99  # an effect has come when this part of it has


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
            nodes that lie on those loops together in rising order; empty if stable.
    """

    growth: float
    stable: bool
    loop: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Influence:
    """A graph of linear influences; make it with `influence_from_edges`, which checks it.

    Attributes:
        size: number of nodes n.
        source, target, gain: one entry per edge, shape (E,).
        cell_edge, cell_lag, cell_weight: the kernels, one cell per edge and lag with a weight above 0, edge by edge.
    """

    size: int
    source: Integers
    target: Integers
    gain: Floats
    cell_edge: Integers
    cell_lag: Integers
    cell_weight: Floats

    @cached_property
    def mean_lag(self) -> Floats:
        """Mean lag of each edge in periods (E,)."""
        return np.bincount(self.cell_edge, self.cell_weight * self.cell_lag, minlength=len(self.gain)).astype(float)

    @cached_property
    def last_lag(self) -> Integers:
        """Periods until 99 % of the effect of each edge have come (E,)."""
        found = np.zeros(len(self.gain), dtype=np.intp)
        first = np.searchsorted(self.cell_edge, np.arange(len(self.gain) + 1))
        for edge in range(len(self.gain)):
            so_far = np.cumsum(self.cell_weight[first[edge] : first[edge + 1]])
            found[edge] = self.cell_lag[first[edge] + int(np.searchsorted(so_far, _ALL_HERE - 1e-12))]
        return found

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
    def layers(self) -> list[Integers] | None:
        """Nodes in layers, every influence leading from one to a later one; None if there are loops."""
        return travel_layers(self.size, self.source, self.target)

    @cached_property
    def parts(self) -> list[Integers]:
        """The nodes in an order in which they can be followed: one by one, those that lie on loops together at once."""
        loops = strong_parts(self.size, self.source, self.target)
        label = np.full(self.size, -1, dtype=np.intp)
        for number, part in enumerate(loops):
            label[part] = number
        alone = np.flatnonzero(label < 0)
        label[alone] = len(loops) + np.arange(len(alone))
        tail, head = label[self.source], label[self.target]
        onward = tail != head
        layers = travel_layers(len(loops) + len(alone), tail[onward], head[onward]) or []
        return [
            loops[number] if number < len(loops) else alone[number - len(loops)][None]
            for layer in layers
            for number in layer.tolist()
        ]

    @cached_property
    def incoming(self) -> dict[int, list[int]]:
        """Node -> the numbers of the edges that lead to it; nodes that nothing leads to are left out."""
        found: dict[int, list[int]] = {}
        for edge, node in enumerate(self.target.tolist()):
            found.setdefault(node, []).append(edge)
        return found

    @cached_property
    def kernels(self) -> list[list[tuple[int, float]]]:
        """Lag and weight of every cell, edge by edge."""
        found: list[list[tuple[int, float]]] = [[] for _ in range(len(self.gain))]
        for edge, lag, weight in zip(
            self.cell_edge.tolist(), self.cell_lag.tolist(), self.cell_weight.tolist(), strict=True
        ):
            found[edge].append((lag, weight))
        return found

    @cached_property
    def longest_wait(self) -> Integers:
        """Periods until nearly all of what moves a node has come, along the longest way (n,).

        Where influences go round, a way takes at most as many of them as there are nodes on the loop, less one.
        """
        live = self.gain != 0.0
        wait = np.zeros(self.size, dtype=np.intp)
        for part in self.parts:
            mine = set(part.tolist())
            edges = [edge for node in part.tolist() for edge in self.incoming.get(node, ()) if live[edge]]
            inside = [edge for edge in edges if int(self.source[edge]) in mine]
            for edge in edges:
                if int(self.source[edge]) not in mine:
                    node = self.target[edge]
                    wait[node] = max(wait[node], wait[self.source[edge]] + self.last_lag[edge])
            for _ in range(len(part) - 1):
                before = wait.copy()
                for edge in inside:
                    node = self.target[edge]
                    wait[node] = max(wait[node], before[self.source[edge]] + self.last_lag[edge])
        return wait

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
    def sweep(self) -> tuple[Integers, list[tuple[int, int, sparse.csr_array]]] | None:
        """An order of the nodes, and by layers what leads to each from those before; None with loops or if too deep."""
        layers = self.layers
        if layers is None or len(layers) > _DEEPEST:
            return None
        order = np.concatenate(layers) if layers else np.zeros(0, dtype=np.intp)
        place = np.empty(self.size, dtype=np.intp)
        place[order] = np.arange(self.size)
        whole = sparse.csr_array((self.gain, (place[self.target], place[self.source])), shape=(self.size, self.size))
        blocks, first = [], 0
        for layer in layers:
            last = first + len(layer)
            if first:
                blocks.append((first, last, whole[first:last]))
            first = last
        return order, blocks


def influence_from_edges(
    size: int,
    source: ArrayLike,
    target: ArrayLike,
    gain: ArrayLike,
    kernels: Sequence[ArrayLike],
) -> Influence:
    """Build and check a graph of influences.

    Args:
        size: number of nodes.
        source, target: node indices of each edge (E,); several edges between the same two nodes add up.
        gain: long-run effect on the target of one unit more of the source, (E,).
        kernels: for each edge its weights of lag 0, 1, 2, ... periods (see `lags`), none negative, sum 1.

    Raises:
        NumericsError: an index out of range, arrays of different length, a kernel that does not sum to 1.

    One more registration brings 0.2 leads a week later, spent evenly over weeks 1 and 2:

    >>> graph = influence_from_edges(2, [0], [1], [0.2], [[0, 0.5, 0.5]])
    >>> print(respond(graph, {0: np.array([1.0, 0, 0, 0])})[1], long_run(graph, [100, 0]))
    [0.  0.1 0.1 0. ] [100.  20.]
    """
    tail, head = np.asarray(source, dtype=np.intp).ravel(), np.asarray(target, dtype=np.intp).ravel()
    effect = np.asarray(gain, dtype=float).ravel()
    if not len(tail) == len(head) == len(effect) == len(kernels):
        raise NumericsError(
            "every edge needs a source, a target, a gain and a kernel; "
            f"got {len(tail)}, {len(head)}, {len(effect)}, {len(kernels)}"
        )
    if len(tail) and (min(tail.min(), head.min()) < 0 or max(tail.max(), head.max()) >= size):
        raise NumericsError(f"an edge names a node outside 0..{size - 1}")
    if not np.isfinite(effect).all():
        raise NumericsError("gains must be finite")
    weights = [np.asarray(kernel, dtype=float).ravel() for kernel in kernels]
    length = np.array([len(kernel) for kernel in weights], dtype=np.intp)
    edge = np.repeat(np.arange(len(weights)), length)
    weight = np.concatenate(weights) if weights else np.zeros(0)
    total = np.bincount(edge, weight, minlength=len(weights))
    faulty = ~(np.abs(total - 1.0) <= 1e-9)
    faulty[edge[~(weight >= 0.0)]] = True
    if faulty.any():
        number = int(np.flatnonzero(faulty)[0])
        raise NumericsError(
            f"the kernel of edge {number} must have weights that are not negative and sum to 1, they sum to "
            f"{total[number]:.9g}"
        )
    lag = np.arange(len(edge)) - np.repeat(np.cumsum(length) - length, length)
    kept = weight > 0.0
    return Influence(size, tail, head, effect, edge[kept].astype(np.intp), lag[kept].astype(np.intp), weight[kept])


def long_run(influence: Influence, shocks: ArrayLike) -> Floats:
    """Where every node settles when `shocks` (n,) or (n, r) last: `(I - sum A_l)^-1 w`.

    Without loops that is one sweep along the influences, else one sparse solve. Raises `UnstableLoopError` if a loop
    does not die out.
    """
    state = np.array(shocks, dtype=float)
    if influence.sweep is None:
        if not influence.stability.stable:
            raise UnstableLoopError(influence.stability.loop, influence.stability.growth)
        size = influence.size
        total = sparse.csc_array((influence.gain, (influence.target, influence.source)), shape=(size, size))
        return np.asarray(splu(sparse.csc_array(sparse.eye_array(size) - total)).solve(state))
    order, blocks = influence.sweep
    swept = state[order]
    for first, last, block in blocks:
        swept[first:last] += block @ swept
    state[order] = swept
    return state


def respond(
    influence: Influence, own: Mapping[int, Floats], gains: Mapping[int, Floats] | None = None
) -> dict[int, Floats]:
    """Deviations over time of every node that moves, from the own deviations of some.

    Args:
        own: node -> what comes to it from outside, (..., T); leading axes are rows, and broadcast. Before the first
            period nothing deviates.
        gains: edge number -> gains that take the place of its own, one for each row: shape (..., 1).

    Right for loops that grow, too: time is limited. A row whose influences go round within one period without dying out
    has no answer: its nodes on that loop, and those behind it, are nan.

    >>> graph = influence_from_edges(2, [0], [1], [2.0], [[0, 1.0]])
    >>> respond(graph, {0: np.array([1.0, 3.0])}, {0: np.array([[2.0], [0.5]])})[1].tolist()
    [[0.0, 2.0], [0.0, 0.5]]
    """
    found: dict[int, Floats] = {}
    gain: Mapping[int, Floats] = gains or {}
    single = influence.gain.tolist()
    source = influence.source.tolist()
    for part in influence.parts:
        members = part.tolist()
        base: dict[int, Floats] = {}
        inside: list[int] = []
        for node in members:
            total = own.get(node)
            for edge in influence.incoming.get(node, ()):
                if source[edge] in members:
                    inside.append(edge)
                    continue
                before = found.get(source[edge])
                if before is not None:
                    arriving = gain.get(edge, single[edge]) * _delayed(before, influence.kernels[edge])
                    total = arriving if total is None else total + arriving
            if total is not None:
                base[node] = total
        found |= _go_round(influence, members, inside, base, gain) if inside and base else base
    return found


def lagged(values: Floats, kernel: Floats) -> Floats:
    """Values spread over later periods by a kernel, along the last axis.

    >>> lagged(np.array([4.0, 0.0, 0.0]), np.array([0.0, 0.75, 0.25])).tolist()
    [0.0, 3.0, 1.0]
    """
    return _delayed(values, [(lag, float(kernel[lag])) for lag in np.flatnonzero(kernel).tolist()])


def _delayed(values: Floats, cells: Sequence[tuple[int, float]]) -> Floats:
    if len(cells) == 1 and cells[0] == (0, 1.0):
        return values
    result = np.zeros(values.shape)
    length = values.shape[-1]
    for lag, weight in cells:
        if lag < length:
            result[..., lag:] += weight * values[..., : length - lag]
    return result


def _go_round(
    influence: Influence, members: list[int], inside: list[int], base: dict[int, Floats], gains: Mapping[int, Floats]
) -> dict[int, Floats]:
    """The nodes of one part with loops, period by period; what acts within a period is solved within it."""
    factors = {edge: np.asarray(gains.get(edge, influence.gain[edge])) for edge in inside}
    factors = {edge: factor[..., 0] if factor.ndim else factor for edge, factor in factors.items()}
    rows = np.broadcast_shapes(
        *(array.shape[:-1] for array in base.values()), *(factor.shape for factor in factors.values())
    )
    periods = next(iter(base.values())).shape[-1]
    seat = {node: number for number, node in enumerate(members)}
    state = np.zeros((len(members), periods, *rows))
    for node, array in base.items():
        state[seat[node]] = np.moveaxis(np.broadcast_to(array, (*rows, periods)), -1, 0)
    later: list[tuple[int, int, int, Floats]] = []
    at_once: list[tuple[int, int, Floats]] = []
    for edge in inside:
        tail, head = seat[int(influence.source[edge])], seat[int(influence.target[edge])]
        for lag, weight in influence.kernels[edge]:
            if lag:
                later.append((tail, head, lag, weight * factors[edge]))
            else:
                at_once.append((tail, head, weight * factors[edge]))
    settle = _within_a_period(len(members), at_once)
    for now in range(periods):
        for tail, head, lag, factor in later:
            if lag <= now:
                state[head, now] += factor * state[tail, now - lag]
        if settle is not None:
            state[:, now] = np.einsum("...ij,j...->i...", settle, state[:, now])
    return {node: np.moveaxis(state[number], 0, -1) for node, number in seat.items()}


def _within_a_period(size: int, at_once: Sequence[tuple[int, int, Floats]]) -> Floats | None:
    """What influences without lag make of a period, (..., n, n): `(I - A_0)^-1`, nan where they do not die out."""
    if not at_once:
        return None
    rows = np.broadcast_shapes(*(np.shape(factor) for _, _, factor in at_once))
    within = np.zeros((*rows, size, size))
    for tail, head, factor in at_once:
        within[..., head, tail] += factor
    endless = np.asarray(np.abs(np.linalg.eigvals(within)).max(axis=-1) >= 1.0)[..., None, None]
    return np.where(endless, np.nan, np.linalg.inv(np.eye(size) - np.where(endless, 0.0, within)))
