"""The strongest paths between two nodes of a graph of influences: a few, best first, never all of them.

The number of paths grows without bound with the size of a graph (60 nodes in layers already have more than can be
listed), so they are searched best first with a bound that is never too low: the strongest way onward from each node,
found by one backward sweep.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mpmflow.numerics.faults import NumericsError

from .influence import Influence

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Path:
    """One way of influence.

    Attributes:
        nodes: from source to target.
        edges: the edges travelled, one fewer.
        gain: product of their gains: the part of the long-run effect that takes this way, loops on the way left out.
        lag: sum of their mean lags, in periods.
    """

    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    gain: float
    lag: float


@dataclass(frozen=True)
class Paths:
    """The strongest paths, strongest first; `complete` is False if the search gave up before it could be sure."""

    paths: tuple[Path, ...]
    complete: bool


class PathFinder:
    """Finds strongest paths in one graph; what a target needs is worked out once.

    Args:
        max_edges: longest path looked at where the graph has loops; without loops length does not matter.
        max_steps: partial paths looked at before a search gives up; then its answer is not `complete`.

    Gains of 0 carry nothing and are left out. Equal strengths are ordered by their nodes.

    >>> from .influence import influence_from_edges
    >>> graph = influence_from_edges(4, [0, 0, 1, 2], [1, 2, 3, 3], [0.5, 2.0, 0.8, -0.4], [[0, 1.0]] * 4)
    >>> [(path.nodes, path.gain, path.lag) for path in PathFinder(graph).strongest(0, 3).paths]
    [((0, 2, 3), -0.8, 2.0), ((0, 1, 3), 0.4, 2.0)]
    """

    def __init__(self, influence: Influence, max_edges: int = 20, max_steps: int = 100_000) -> None:
        if max_edges < 1:
            raise NumericsError("ask for paths of at least one edge")
        self.influence, self.max_edges, self.max_steps = influence, max_edges, max_steps
        edges = np.flatnonzero(influence.gain != 0.0)
        self._edges = edges[np.argsort(influence.source[edges], kind="stable")]
        self._first = np.searchsorted(influence.source[self._edges], np.arange(influence.size + 1)).tolist()
        self._strength = np.log(np.abs(influence.gain[self._edges]))
        self._head = influence.target[self._edges]
        self._onward: dict[int, list[Floats]] = {}

    def strongest(self, source: int, target: int, count: int = 5) -> Paths:
        """The `count` paths from `source` to `target` with the largest product of gains in size; no node twice."""
        influence = self.influence
        if count < 1:
            raise NumericsError("ask for at least one path")
        if not (0 <= source < influence.size and 0 <= target < influence.size):
            raise NumericsError(f"paths lead from and to a node in 0..{influence.size - 1}")
        if target not in self._onward:
            self._onward[target] = self._ways_onward(target)
        onward = self._onward[target]
        longest = influence.size if len(onward) == 1 else len(onward) - 1
        found: list[Path] = []
        # Entries: what the path can still reach at best (negated), its nodes, its edges, what it has so far.
        waiting: list[tuple[float, tuple[int, ...], tuple[int, ...], float]] = []
        if source != target and np.isfinite(onward[-1][source]):
            waiting.append((-float(onward[-1][source]), (source,), (), 0.0))
        steps = 0
        while waiting and len(found) < count:
            if steps >= self.max_steps:
                return Paths(tuple(found), False)
            steps += 1
            _, nodes, taken, so_far = heapq.heappop(waiting)
            if nodes[-1] == target:
                travelled = list(taken)
                product = float(np.prod(influence.gain[travelled]))
                found.append(Path(nodes, taken, product, float(influence.mean_lag[travelled].sum())))
                continue
            left = longest - len(taken) - 1
            if left < 0:
                continue
            reach = onward[0] if len(onward) == 1 else onward[left]
            for position in range(self._first[nodes[-1]], self._first[nodes[-1] + 1]):
                following = int(self._head[position])
                if following in nodes or not np.isfinite(reach[following]):
                    continue
                reached = so_far + float(self._strength[position])
                bound = -round(reached + float(reach[following]), 12)  # rounded, so that equal strengths are equal
                heapq.heappush(waiting, (bound, (*nodes, following), (*taken, int(self._edges[position])), reached))
        return Paths(tuple(found), True)

    def _ways_onward(self, target: int) -> list[Floats]:
        """Largest log strength of a way from each node to the target; with loops by number of edges left."""
        influence, strength = self.influence, self._strength
        tail, head = influence.source[self._edges], self._head
        best = np.full(influence.size, -np.inf)
        best[target] = 0.0
        layers = influence.layers
        if layers is None:
            onward = [best]
            for _ in range(min(self.max_edges, influence.size - 1)):
                longer = onward[-1].copy()
                np.maximum.at(longer, tail, strength + onward[-1][head])
                longer[target] = 0.0  # a path ends where it arrives
                onward.append(longer)
            return onward
        place = np.empty(influence.size, dtype=np.intp)
        place[np.concatenate(layers)] = np.arange(influence.size)
        for position in np.argsort(-place[tail], kind="stable").tolist():
            reached = strength[position] + best[head[position]]
            if reached > best[tail[position]] and tail[position] != target:
                best[tail[position]] = reached
        return [best]
