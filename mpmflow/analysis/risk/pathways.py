"""The ways from a source to a metric: the strongest few, how long they take, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass

from .outlook import Outlook
from .propagation import weakest

MOST_STEPS = 20_000
LONGEST = 12


@dataclass(frozen=True, slots=True)
class Pathway:
    """One way: the places on it, its gain (target per source), mean lag in seconds, weakest evidence."""

    names: tuple[str, ...]
    gain: float
    lag: float
    evidence: str


def pathways(outlook: Outlook, source: str) -> dict[str, list[Pathway]]:
    """Every place that a source moves -> its ways there, strongest first; no place twice on a way.

    Figures of workflows are left out of the names: `brief_complete.no -> cycle_time` says enough. In a very dense
    network the search stops after some thousands of steps; what it has found by then is among the shortest.
    """
    onward: dict[str, list[int]] = {}
    for number, edge in enumerate(outlook.network.edges):
        if edge.gain:
            onward.setdefault(edge.source, []).append(number)
    found: dict[str, list[Pathway]] = {}
    waiting: list[tuple[tuple[str, ...], float, float, tuple[str, ...]]] = [((source,), 1.0, 0.0, ())]
    steps = 0
    while waiting and steps < MOST_STEPS:
        names, gain, lag, evidence = waiting.pop(0)
        steps += 1
        for number in onward.get(names[-1], ()):
            edge = outlook.network.edges[number]
            if edge.target in names or len(names) > LONGEST:
                continue
            way = ((*names, edge.target), gain * edge.gain, lag + edge.mean_lag, (*evidence, edge.evidence))
            waiting.append(way)
            if edge.target not in outlook.figures:
                told = tuple(name for name in way[0] if name not in outlook.figures)
                path = Pathway(told, way[1], way[2] * outlook.timeline.period, weakest(way[3]))
                found.setdefault(edge.target, []).append(path)
    for ways in found.values():
        ways.sort(key=lambda path: (-abs(path.gain), path.names))
    return found
