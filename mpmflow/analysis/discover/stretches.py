"""Cases as sequences of symbols, before and after what happens at the same time, or in no order, is folded into one.

A *symbol* is a place of the draft to be: an activity, a question whose answers are activities, a parallel block, or the
hub of a stretch without an order. Each visit is a symbol with the *exit* that it leaves by, which is the activity for a
question's answer and the symbol itself for all others. A way leads from an exit to a symbol.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

Activity = int
Symbol = tuple[str, int]
"""`("step", activity)`, `("question", n)`, `("block", n)`, `("hub", n)`, `("start", 0)` or `("end", 0)`."""
Place = tuple[()] | tuple[Symbol, int]
"""Where a way is: `()` for the workflow, or a block and the number of its branch."""
Way = tuple[Place, Symbol, Symbol]
"""Where, from which exit, to which symbol."""
START: Symbol = ("start", 0)
END: Symbol = ("end", 0)

EITHER_ORDER = 0.1
"""Two activities go on at the same time if each comes first in at least this share of the cases that have both."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A symbol in a case, and the exit it is left by; of a block, what its branches did."""

    symbol: Symbol
    exit: Symbol
    branches: tuple[tuple[Visit, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """Cases that did the same."""

    visits: tuple[Visit, ...]
    cases: int


@dataclass(frozen=True, slots=True)
class Folding:
    """What is folded: questions with their answers, blocks with the activities of their branches, hubs."""

    questions: tuple[tuple[Activity, ...], ...] = ()
    blocks: tuple[tuple[frozenset[Activity], ...], ...] = ()
    hubs: tuple[frozenset[Activity], ...] = ()
    asked: Mapping[Activity, int] = field(default_factory=dict)

    def symbol(self, activity: Activity) -> Symbol:
        """The place where an activity happens."""
        return ("question", self.asked[activity]) if activity in self.asked else ("step", activity)

    def visit(self, activity: Activity) -> Visit:
        """A visit of an activity that is in no block."""
        return Visit(self.symbol(activity), ("step", activity))

    def fold(self, activities: Sequence[Activity]) -> tuple[Visit, ...]:
        """The visits of a case: runs of a block's activities become one visit of the block."""
        inside = {one: number for number, block in enumerate(self.blocks) for branch in block for one in branch}
        wild = {one: number for number, hub in enumerate(self.hubs) for one in hub}
        found: list[Visit] = []
        run: list[Activity] = []
        last_hub: int | None = None

        def close() -> None:
            if run:
                number = inside[run[0]]
                parts = tuple(tuple(self.visit(one) for one in run if one in branch) for branch in self.blocks[number])
                found.append(Visit(("block", number), ("block", number), parts))
                run.clear()

        for one in activities:
            if run and inside.get(one) != inside[run[0]]:
                close()
            if one in inside:
                if not run and last_hub is not None:
                    found.append(Visit(("hub", last_hub), ("hub", last_hub)))
                    last_hub = None
                run.append(one)
                continue
            hub = wild.get(one)
            if hub is not None or last_hub is not None:
                # What belongs to no order is chosen anew each time, and so is the way out.
                number = last_hub if last_hub is not None else hub
                assert number is not None
                found.append(Visit(("hub", number), ("hub", number)))
                if hub is not None and hub != number:
                    found.append(Visit(("hub", hub), ("hub", hub)))
            last_hub = hub
            found.append(self.visit(one))
        close()
        if last_hub is not None:
            found.append(Visit(("hub", last_hub), ("hub", last_hub)))
        return tuple(found)


def ways(visits: Sequence[Visit], inside: Place = ()) -> Iterator[Way]:
    """The ways of a case."""
    exit_ = START
    for visit in visits:
        yield (inside, exit_, visit.symbol)
        exit_ = visit.exit
        for number, branch in enumerate(visit.branches):
            yield from ways(branch, (visit.symbol, number))
    yield (inside, exit_, END)


def beside(variants: Iterable[tuple[Sequence[Activity], int]]) -> list[tuple[frozenset[Activity], ...]]:
    """Blocks of activities that go on at the same time: each a tuple of branches.

    Two activities are concurrent if they follow each other directly in both orders, and either comes first in enough
    of the cases that have both. By first visits, a loop is no concurrency: there one always comes first. Activities
    that concurrency connects make up a block; those of it that no concurrency parts share a branch.
    """
    first: Counter[tuple[Activity, Activity]] = Counter()
    direct: set[tuple[Activity, Activity]] = set()
    for activities, count in variants:
        order = list(dict.fromkeys(activities))
        for one, two in combinations(order, 2):
            first[one, two] += count
        direct |= set(pairwise(activities))
    concurrent: dict[Activity, set[Activity]] = {}
    for one, two in list(first):
        both = first[one, two] + first[two, one]
        if min(first[one, two], first[two, one]) >= EITHER_ORDER * both and {(one, two), (two, one)} <= direct:
            concurrent.setdefault(one, set()).add(two)
            concurrent.setdefault(two, set()).add(one)
    blocks = []
    for component in _components(concurrent, concurrent):
        apart = {one: {two for two in component if two != one and two not in concurrent[one]} for one in component}
        branches = _components(apart, apart)
        if len(branches) > 1:
            blocks.append(tuple(branches))
    return sorted(blocks, key=lambda block: sorted(map(min, block)))


def _components(nodes: Iterable[Activity], near: Mapping[Activity, set[Activity]]) -> list[frozenset[Activity]]:
    left, found = set(nodes), []
    while left:
        reached, waiting = set(), [min(left)]
        while waiting:
            here = waiting.pop()
            if here not in reached:
                reached.add(here)
                waiting += near.get(here, ())
        left -= reached
        found.append(frozenset(reached))
    return sorted(found, key=min)
