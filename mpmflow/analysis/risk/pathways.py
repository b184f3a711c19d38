"""The ways from a source to a metric: the strongest few, how long they take, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass, field

from .outlook import Outlook
from .propagation import weakest


@dataclass(frozen=True, slots=True)
class Pathway:
    """One way: the places on it, its gain (target per source), mean lag in seconds, weakest evidence."""

    names: tuple[str, ...]
    gain: float
    lag: float
    evidence: str


@dataclass(frozen=True)
class Pathways:
    """The strongest ways from every source, looked for when they are asked for.

    Figures of workflows are left out of the names: `brief_complete.no -> cycle_time` says enough.
    """

    outlook: Outlook
    most: int = 2
    _found: dict[tuple[str, str], list[Pathway]] = field(default_factory=dict, repr=False)

    def between(self, source: str, target: str) -> list[Pathway]:
        """The strongest ways from a source to a metric, strongest first, `most` of them; empty if there is none."""
        key = (source, target)
        if key not in self._found:
            self._found[key] = self._ways(source, target)
        return self._found[key]

    def _ways(self, source: str, target: str) -> list[Pathway]:
        outlook, network = self.outlook, self.outlook.network
        if source not in network.place or target not in network.place:
            return []
        found = []
        for path in network.ways(source, target, self.most):
            told = tuple(network.nodes[node] for node in path.nodes if network.nodes[node] not in outlook.figures)
            evidence = weakest([network.edges[edge].evidence for edge in path.edges])
            found.append(Pathway(told, path.gain, path.lag * outlook.timeline.period, evidence))
        return sorted(found, key=lambda way: (-abs(way.gain), way.names))
