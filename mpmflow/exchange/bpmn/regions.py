"""What lies between a split and where its branches meet: dominators, and the parts of a process that are blocks.

A vertex dominates another if every way from the start to the other leads through it; it postdominates one if every way
from there to an end does (Cooper, Harvey & Kennedy 2001 give the iteration used here, on sets kept as bits).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


class Dominance:
    """Who dominates whom in a graph with one root.

    >>> ways = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}
    >>> found = Dominance("a", ways)
    >>> found.dominates("a", "d"), found.dominates("b", "d"), found.chain("d")
    (True, False, ['d', 'a'])
    """

    def __init__(self, root: str, ways: Mapping[str, Sequence[str]]) -> None:
        order = _reverse_postorder(root, ways)
        self.number = {key: place for place, key in enumerate(order)}
        before: list[list[int]] = [[] for _ in order]
        for key in order:
            for target in ways[key]:
                before[self.number[target]].append(self.number[key])
        everything = (1 << len(order)) - 1
        sets = [everything] * len(order)
        sets[0] = 1
        changed = True
        while changed:
            changed = False
            for place in range(1, len(order)):
                both = everything
                for other in before[place]:
                    both &= sets[other]
                both |= 1 << place
                if both != sets[place]:
                    sets[place], changed = both, True
        self.order = order
        self.sets = sets
        self.owner = {bits: order[place] for place, bits in enumerate(sets)}

    def dominates(self, one: str, other: str) -> bool:
        """Whether every way from the root to `other` leads through `one`; a vertex dominates itself."""
        if one not in self.number or other not in self.number:
            return False
        return bool(self.sets[self.number[other]] >> self.number[one] & 1)

    def nearest(self, key: str) -> str | None:
        """The nearest other vertex that dominates this one; None for the root and for what it does not reach."""
        place = self.number.get(key, 0)
        # The dominators of the nearest dominator are all of this vertex but itself.
        return self.owner.get(self.sets[place] & ~(1 << place))

    def chain(self, key: str) -> list[str]:
        """The vertex and its dominators, the nearest first; empty for one that the root does not reach."""
        found = [key] if key in self.number else []
        while found and (above := self.nearest(found[-1])) is not None:
            found.append(above)
        return found


def _reverse_postorder(root: str, ways: Mapping[str, Sequence[str]]) -> list[str]:
    seen, done = {root}, []
    stack = [(root, iter(ways[root]))]
    while stack:
        key, rest = stack[-1]
        for target in rest:
            if target not in seen:
                seen.add(target)
                stack.append((target, iter(ways[target])))
                break
        else:
            stack.pop()
            done.append(key)
    return done[::-1]


def turned(ways: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The same ways backwards."""
    back: dict[str, list[str]] = {key: [] for key in ways}
    for key, targets in ways.items():
        for target in targets:
            back[target].append(key)
    return back


def reach(start: str, ways: Mapping[str, Sequence[str]], within: Iterable[str]) -> set[str]:
    """What can be reached from a vertex without leaving a set; empty if the vertex is not in it."""
    allowed = within if isinstance(within, set | frozenset) else set(within)
    if start not in allowed:
        return set()
    seen, waiting = {start}, [start]
    while waiting:
        for target in ways[waiting.pop()]:
            if target in allowed and target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
