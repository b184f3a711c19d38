"""From variants to structure: what is kept, what goes on at the same time, what has no order, which answers belong to
one question. Each folding is kept only where it leaves less to read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, product

import networkx as nx

from mpmflow.model.histories import Histories

from .naming import answers, says
from .stretches import Activity, Folding, Place, Symbol, beside, ways
from .ways_kept import SHARE, Kept, keep

CROWDED = 3.0
"""More ways than this for each activity of a loop, and its order is more than anybody reads."""
FEWEST_CROWDED = 5
SAME = 0.25
"""So much of what comes before two answers to one question must be the same."""


@dataclass(frozen=True, slots=True)
class Structure:
    """A log's structure.

    Attributes:
        folding: blocks, hubs and questions.
        kept: the ways that are kept.
        counts: place -> (exit, symbol) -> how often a kept way was taken, by all listed cases.
        earlier: pairs of symbols of which the first comes first, in most cases that have both.
    """

    folding: Folding
    kept: Kept
    counts: dict[Place, dict[tuple[Symbol, Symbol], int]]
    earlier: frozenset[tuple[Symbol, Symbol]]


def structure(histories: Histories, *, share: float = SHARE) -> Structure:
    """Find the structure of a log that explains at least this share of its cases, where its listed variants can."""
    variants = [(variant.visits, variant.cases) for variant in histories.variants]

    def kept(folding: Folding) -> Kept:
        return keep(
            [(frozenset(ways(folding.fold(visits))), cases) for visits, cases in variants],
            histories.cases,
            share=share,
        )

    folding = Folding()
    best = kept(folding)

    def tried(trial: Folding) -> None:
        nonlocal folding, best
        found = kept(trial)
        if found.cost <= best.cost:
            folding, best = trial, found

    for pair in _pairs(histories):
        asked = {**folding.asked, **dict.fromkeys(pair, len(folding.questions))}
        tried(replace(folding, questions=(*folding.questions, pair), asked=asked))
    for hub in _crowded(best, folding):
        tried(replace(folding, hubs=(*folding.hubs, hub)))
    wild = frozenset[Activity]().union(*folding.hubs)
    for block in beside(variants[number] for number in best.variants):
        if wild.isdisjoint(one for branch in block for one in branch):
            tried(replace(folding, blocks=(*folding.blocks, block)))
    counts: dict[Place, Counter[tuple[Symbol, Symbol]]] = {}
    order: Counter[tuple[Symbol, Symbol]] = Counter()
    for visits, cases in variants:
        folded = folding.fold(visits)
        for place, exit_, symbol in ways(folded):
            if (place, exit_, symbol) in best.ways:
                counts.setdefault(place, Counter())[exit_, symbol] += cases
        for part in (folded, *(branch for visit in folded for branch in visit.branches)):
            for both in combinations(dict.fromkeys(visit.symbol for visit in part), 2):
                order[both] += cases
    earlier = frozenset((one, two) for one, two in order if order[one, two] > order[two, one])
    return Structure(folding, best, {place: dict(taken) for place, taken in counts.items()}, earlier)


def _crowded(kept: Kept, folding: Folding) -> Iterable[frozenset[Activity]]:
    """The activities of loops with far more ways than places."""
    graph = nx.DiGraph()
    for place, exit_, symbol in kept.ways:
        if place == ():
            kind, number = exit_
            graph.add_edge(folding.symbol(number) if kind == "step" else exit_, symbol)
    members = {number: frozenset(pair) for number, pair in enumerate(folding.questions)}
    for part in nx.strongly_connected_components(graph):
        crowded = graph.subgraph(part).number_of_edges() > CROWDED * len(part)
        if crowded and len(part) >= FEWEST_CROWDED and all(kind in ("step", "question") for kind, _ in part):
            yield frozenset().union(*({n} if kind == "step" else members[n] for kind, n in part))


def _pairs(histories: Histories) -> list[tuple[Activity, Activity]]:
    """A yes and a no to one question: told by their words, and by coming after the same."""
    before: dict[Activity, Counter[Activity]] = {}
    for variant in histories.variants:
        for earlier, later in pairwise((-1, *variant.visits)):
            before.setdefault(later, Counter())[earlier] += variant.cases
    found: list[tuple[float, Activity, Activity]] = []
    speaking = [[one for one in sorted(before) if says(histories.activities[one], yes=yes)] for yes in (True, False)]
    for one, two in product(*speaking):
        if one != two and answers(histories.activities, one, two) is not None:
            all_one, all_two = before[one].total(), before[two].total()
            same = sum(min(before[one][each] / all_one, before[two][each] / all_two) for each in before[one])
            if same >= SAME:
                found.append((-same, one, two))
    taken: set[Activity] = set()
    pairs = []
    for _, one, two in sorted(found):
        if not taken & {one, two}:
            taken |= {one, two}
            pairs.append((one, two))
    return pairs
