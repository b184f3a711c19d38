"""The links of a model as one network that is asked backwards: what reaches a metric, how strongly, by which ways.

The whole effect of everything on one metric is one adjoint solve. Where a link's strength is not known, the known part
is still a number, and who reaches the metric over an unknown link is told apart by sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from mpmflow.analysis.risk.propagation import LONGEST, weakest
from mpmflow.numerics.causes.influence import Influence, influence_from_edges, long_run
from mpmflow.numerics.causes.paths import PathFinder

from .links import Link

MOST_WAYS = 12
"""The strongest ways between two places, from which lags are read."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a lever or metric to a metric.

    Attributes:
        names: the places on it, figures of workflows left out.
        gain: product of the strengths on it, target per source in base units; None where one is not known.
        soonest, lag, latest: seconds, added up along the way.
        evidence: the weakest on it.
        why: why the gain is not known.
    """

    names: tuple[str, ...]
    gain: float | None
    soonest: float
    lag: float
    latest: float
    evidence: str
    why: str = ""


class Network:
    """The links as a graph; `links` as `links_of` gives them. Places that are `hidden` are not named on ways.

    Raises `UnstableLoopError` when asked for effects where influences go round and do not die out.
    """

    def __init__(self, links: Sequence[Link], hidden: frozenset[str] = frozenset()) -> None:
        self.hidden = hidden
        self.links = tuple(link for link in links if link.gain != 0.0)
        self.nodes = tuple(dict.fromkeys(name for link in self.links for name in (link.source, link.target)))
        self.place = {name: number for number, name in enumerate(self.nodes)}
        self._behind: dict[str, list[str]] = {}
        self._ahead: dict[str, list[Link]] = {}
        for link in self.links:
            self._behind.setdefault(link.target, []).append(link.source)
            self._ahead.setdefault(link.source, []).append(link)
        self._ways: dict[tuple[str, str], tuple[Way, ...]] = {}
        self._known = [link for link in self.links if link.gain is not None]
        # A way over an unknown strength is looked for as if that strength were 1.
        strengths = [(one, 1.0 if one.gain is None else one.gain) for one in self.links]
        self._finder = PathFinder(self._influence(strengths), LONGEST)
        self._backwards = self._influence([(one, one.gain or 0.0) for one in self._known], backwards=True)
        self._gains: dict[str, dict[str, float]] = {}

    def _influence(self, links: Iterable[tuple[Link, float]], backwards: bool = False) -> Influence:
        rows = [(self.place[one.source], self.place[one.target], gain) for one, gain in links]
        if backwards:
            rows = [(target, source, gain) for source, target, gain in rows]
        one = np.ones(1)
        return influence_from_edges(
            len(self.nodes),
            [row[0] for row in rows],
            [row[1] for row in rows],
            [row[2] for row in rows],
            [one] * len(rows),
        )

    def reaching(self, metric: str) -> frozenset[str]:
        """Everything that moves a metric, directly or through others; the metric itself only where it goes round."""
        return self._closure(self._behind.get(metric, ()))

    def in_doubt(self, metric: str) -> frozenset[str]:
        """Everything that has a way to a metric over a link whose strength is not known."""
        reached = self.reaching(metric) | {metric}
        return self._closure(link.source for link in self.links if link.gain is None and link.target in reached)

    def _closure(self, names: Iterable[str]) -> frozenset[str]:
        found = set(names)
        todo = list(found)
        while todo:
            for other in self._behind.get(todo.pop(), ()):
                if other not in found:
                    found.add(other)
                    todo.append(other)
        return frozenset(found)

    def gains_to(self, metric: str) -> Mapping[str, float]:
        """What one more of each place adds to a metric in the long run, over all ways of known strength together."""
        if metric not in self.place:
            return {}
        if metric not in self._gains:
            shock = np.zeros(len(self.nodes))
            shock[self.place[metric]] = 1.0
            settled = long_run(self._backwards, shock)
            self._gains[metric] = dict(zip(self.nodes, settled.tolist(), strict=True))
        return self._gains[metric]

    def ways(self, source: str, metric: str) -> tuple[Way, ...]:
        """The strongest ways from a place to a metric, known strengths first; `hidden` places are not named.

        Of levers, to which nothing leads, there may be many thousands: their ways are their own links and the ways from
        where those lead.
        """
        if source not in self.place or metric not in self.place or source == metric:
            return ()
        if source in self._behind:
            return self._searched(source, metric)
        found = []
        for link in self._ahead.get(source, ()):
            if link.target == metric:
                found.append(self._way((link,)))
            else:
                found += [self._before(link, way) for way in self._searched(link.target, metric)]
        return _strongest(found)

    def _searched(self, source: str, metric: str) -> tuple[Way, ...]:
        key = (source, metric)
        if key not in self._ways:
            paths = self._finder.strongest(self.place[source], self.place[metric], MOST_WAYS).paths
            self._ways[key] = _strongest([self._way([self.links[one] for one in path.edges]) for path in paths])
        return self._ways[key]

    def _way(self, links: Sequence[Link]) -> Way:
        names = (links[0].source, *(link.target for link in links))
        known = [link.gain for link in links if link.gain is not None]
        return Way(
            tuple(name for name in names if name not in self.hidden),
            prod(known) if len(known) == len(links) else None,
            sum(link.soonest for link in links),
            sum(link.lag for link in links),
            sum(link.latest for link in links),
            weakest([link.evidence for link in links]),
            next((link.why for link in links if link.gain is None), ""),
        )

    def _before(self, link: Link, way: Way) -> Way:
        """A way with a link before it."""
        return Way(
            (link.source, *way.names),
            None if link.gain is None or way.gain is None else link.gain * way.gain,
            link.soonest + way.soonest,
            link.lag + way.lag,
            link.latest + way.latest,
            weakest([link.evidence, way.evidence]),
            link.why if link.gain is None else way.why,
        )


def _strongest(ways: Sequence[Way]) -> tuple[Way, ...]:
    found = sorted(ways, key=lambda way: (way.gain is None, -abs(way.gain or 0.0), way.names))
    return tuple(found[:MOST_WAYS])


def lag_over(ways: Sequence[Way]) -> tuple[float, float, float]:
    """Soonest, mean and latest over several ways, the mean weighed with their strengths; alike where none is known.

    >>> quick = Way(("a", "m"), 3.0, 0.0, 1.0, 2.0, "declared")
    >>> lag_over([quick, Way(("a", "b", "m"), -1.0, 4.0, 5.0, 6.0, "declared")])
    (0.0, 2.0, 6.0)
    """
    known = [way for way in ways if way.gain]
    told = known or list(ways)
    weights = [abs(way.gain or 0.0) if known else 1.0 for way in told]
    mean = sum(weight * way.lag for weight, way in zip(weights, told, strict=True)) / sum(weights)
    return min(way.soonest for way in told), mean, max(way.latest for way in told)
