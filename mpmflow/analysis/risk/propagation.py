"""How deviations travel along influences with lag, for many rows at once: one row a source, or one row a draw.

With gains `g` and lag weights `k` (sum 1) of each edge,

    x_m(t) = own deviation of m at t + sum over edges s -> m of g * sum over lags l of k(l) * x_s(t - l)

Nothing is curved, so the rows of single sources add up to the whole. Loops are followed round until nothing moves any
more; before the first period nothing deviates. Rows may have gains of their own, which is what draws of uncertain
gains are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
STRENGTH: tuple[str, ...] = ("structural", "formula", "experiment", "associated", "learned", "declared")
"""What an influence can rest on, from the firmest to the weakest."""


@dataclass(frozen=True, eq=False)
class Edge:
    """One influence.

    Attributes:
        gain, sd: what one more of the source adds to the target in the long run, both in base units; its uncertainty.
        kernel: weights of lag 0, 1, 2, … periods.
        evidence: one of `STRENGTH`.
    """

    source: str
    target: str
    gain: float
    kernel: Floats
    evidence: str
    sd: float = 0.0

    @property
    def mean_lag(self) -> float:
        """In periods."""
        return float(self.kernel @ np.arange(len(self.kernel)))

    @property
    def last_lag(self) -> int:
        """Periods until 99 % of the effect has come."""
        return int(np.searchsorted(np.cumsum(self.kernel), 0.99 - 1e-12))


class Network:
    """Influences between named places, in an order in which they can be followed."""

    def __init__(self, nodes: Sequence[str], edges: Sequence[Edge]) -> None:
        self.nodes = tuple(dict.fromkeys(nodes))
        self.edges = tuple(edges)
        self.incoming: dict[str, list[int]] = {node: [] for node in self.nodes}
        for number, edge in enumerate(self.edges):
            self.incoming[edge.target].append(number)
        self.order, self.loops = _order(self.nodes, self.edges)

    def follow(self, own: Mapping[str, Floats], gains: Mapping[int, Floats] | None = None) -> dict[str, Floats]:
        """Deviation of every place, from the own deviations of some: arrays (rows, periods) or (periods,).

        `gains` replaces the gain of edges by number, one for each row, shape (rows, 1).
        """
        found: dict[str, Floats] = {}
        zero: Floats = np.zeros(next(iter(own.values())).shape) if own else np.zeros(1)
        rounds = int(zero.shape[-1]) + 1 if self.loops else 1
        for _ in range(rounds):
            moved = 0.0
            for node in self.order:
                total = own.get(node, zero)
                for number in self.incoming[node]:
                    edge = self.edges[number]
                    before = found.get(edge.source)
                    if before is not None:
                        gain = edge.gain if gains is None or number not in gains else gains[number]
                        total = total + gain * lagged(before, edge.kernel)
                old = found.get(node)
                if self.loops and old is not None:
                    moved = max(
                        moved, float(np.abs(total - old).max(initial=0.0) / (np.abs(total).max(initial=0.0) or 1.0))
                    )
                elif self.loops:
                    moved = np.inf
                found[node] = total
            if moved <= 1e-12:
                break
        return found

    def longest_lag(self, to: str) -> float:
        """Periods until nearly all of what moves a place has arrived, by the longest way that goes round no loop."""
        return self._longest(to, frozenset())

    def _longest(self, node: str, seen: frozenset[str]) -> float:
        if node in seen:
            return 0.0
        ways = [
            self.edges[number].last_lag + self._longest(self.edges[number].source, seen | {node})
            for number in self.incoming[node]
            if self.edges[number].gain
        ]
        return max(ways, default=0.0)


def lagged(values: Floats, kernel: Floats) -> Floats:
    """Values spread over later periods by a kernel, along the last axis.

    >>> lagged(np.array([4.0, 0.0, 0.0]), np.array([0.0, 0.75, 0.25])).tolist()
    [0.0, 3.0, 1.0]
    """
    result = np.zeros(values.shape)
    length = values.shape[-1]
    for lag in np.flatnonzero(kernel).tolist():
        if lag < length:
            result[..., lag:] += kernel[lag] * values[..., : length - lag]
    return result


def weakest(evidence: Sequence[str]) -> str:
    """The weakest of several grades of evidence: what a whole path rests on.

    >>> weakest(["structural", "declared", "formula"])
    'declared'
    """
    return max(evidence, key=STRENGTH.index, default="structural")


def _order(nodes: Sequence[str], edges: Sequence[Edge]) -> tuple[tuple[str, ...], bool]:
    """Nodes so that influences lead onward where they can, and whether there are loops."""
    waiting = dict.fromkeys(nodes, 0)
    for edge in edges:
        waiting[edge.target] += 1
    ready = [node for node in nodes if not waiting[node]]
    order: list[str] = []
    left = dict(waiting)
    while len(order) < len(nodes):
        if not ready:  # a loop: go on with the first place in the order of the text
            ready = [next(node for node in nodes if node in left and node not in order)]
        node = ready.pop(0)
        order.append(node)
        left.pop(node, None)
        for edge in edges:
            if edge.source == node and edge.target in left:
                left[edge.target] -= 1
                if left[edge.target] == 0:
                    ready.append(edge.target)
    place = {node: number for number, node in enumerate(order)}
    return tuple(order), any(place[edge.source] >= place[edge.target] for edge in edges)
