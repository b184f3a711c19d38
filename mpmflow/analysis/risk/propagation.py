"""The network of influences by name: its edges, what they rest on, and what `numerics.causes` answers about it.

Deviations travel along edges with gain and lag, many rows at once: one row a source, or one row a draw. Nothing is
curved, so the rows of single sources add up to the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mpmflow.graphs.faults import ModelFault
from mpmflow.numerics.causes.influence import influence_from_edges, long_run, respond
from mpmflow.numerics.causes.paths import Path, PathFinder

Floats = npt.NDArray[np.float64]
STRENGTH: tuple[str, ...] = ("structural", "formula", "experiment", "associated", "learned", "declared")
"""What an influence can rest on, from the firmest to the weakest."""
LONGEST = 12
"""Influences on a way that is told, where they go round."""


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


class Network:
    """Influences between named places.

    Raises `ModelFault`, which names the loop, where influences go round and do not die out.
    """

    def __init__(self, nodes: Sequence[str], edges: Sequence[Edge]) -> None:
        self.nodes = tuple(dict.fromkeys(nodes))
        self.edges = tuple(edges)
        self.place = {node: number for number, node in enumerate(self.nodes)}
        self.influence = influence_from_edges(
            len(self.nodes),
            [self.place[edge.source] for edge in self.edges],
            [self.place[edge.target] for edge in self.edges],
            [edge.gain for edge in self.edges],
            [edge.kernel for edge in self.edges],
        )
        stability = self.influence.stability
        if not stability.stable:
            loop = [self.nodes[node] for node in stability.loop]
            raise ModelFault(
                loop[0],
                "the influences of this loop do not die out, so there is no forecast: " + " -> ".join([*loop, loop[0]]),
                "Weaken an influence on it: the strengths along a loop must multiply to less than 1.",
            )

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The places so that influences lead onward where they can."""
        return tuple(self.nodes[node] for part in self.influence.parts for node in part.tolist())

    def follow(self, own: Mapping[str, Floats], gains: Mapping[int, Floats] | None = None) -> dict[str, Floats]:
        """Deviation of every place, from the own deviations of some: arrays (rows, periods) or (periods,).

        `gains` replaces the gain of edges by number, one for each row, shape (rows, 1). Places that nothing reaches
        stand still: 0 in every row.
        """
        nothing: Floats = np.zeros(next(iter(own.values())).shape) if own else np.zeros(1)
        found = respond(
            self.influence, {self.place[name]: path for name, path in own.items() if name in self.place}, gains
        )
        return {name: found.get(number, nothing) for name, number in self.place.items()}

    def settled(self, own: Mapping[str, float]) -> dict[str, float]:
        """Where every place settles if these own deviations last."""
        shocks = np.zeros(len(self.nodes))
        for name, deviation in own.items():
            if name in self.place:
                shocks[self.place[name]] = deviation
        return dict(zip(self.nodes, long_run(self.influence, shocks).tolist(), strict=True))

    def longest_lag(self, to: str) -> int:
        """Periods until nearly all of what moves a place has arrived, by the longest way."""
        return int(self.influence.longest_wait[self.place[to]])

    def ways(self, source: str, target: str, most: int) -> tuple[Path, ...]:
        """The strongest ways from one place to another, strongest first; their `edges` are numbers of `edges`."""
        return self._finder.strongest(self.place[source], self.place[target], most).paths

    @cached_property
    def _finder(self) -> PathFinder:
        return PathFinder(self.influence, LONGEST)


def weakest(evidence: Sequence[str]) -> str:
    """The weakest of several grades of evidence: what a whole path rests on.

    >>> weakest(["structural", "declared", "formula"])
    'declared'
    """
    return max(evidence, key=STRENGTH.index, default="structural")
