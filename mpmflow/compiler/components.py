"""Loops in small graphs: strongly connected components and a shortest loop through a node, in pure Python."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence


def strong_components(ahead: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The strongly connected components, each sorted, those that lead nowhere first.

    Tarjan's algorithm (SIAM Journal on Computing 1, 1972) without recursion. Nodes that are no key are left out.

    >>> strong_components({"a": ["b"], "b": ["a", "c"], "c": []})
    [['c'], ['a', 'b']]
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    components: list[list[str]] = []
    for root in ahead:
        if root in index:
            continue
        work: list[tuple[str, int]] = [(root, 0)]
        while work:
            node, position = work.pop()
            if position == 0:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
            nexts = ahead[node]
            descended = False
            while position < len(nexts):
                other = nexts[position]
                position += 1
                if other not in ahead:
                    continue
                if other not in index:
                    work.append((node, position))
                    work.append((other, 0))
                    descended = True
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            if descended:
                continue
            if low[node] == index[node]:
                component = []
                while True:
                    other = stack.pop()
                    on_stack.discard(other)
                    component.append(other)
                    if other == node:
                        break
                components.append(sorted(component))
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
    return components


def cycle_within(start: str, ahead: Mapping[str, Sequence[str]], members: frozenset[str]) -> list[str]:
    """A shortest loop through `start` that stays among the members; `[start]` if it leads to itself.

    >>> cycle_within("a", {"a": ["b"], "b": ["a", "c"], "c": ["a"]}, frozenset("abc"))
    ['a', 'b']
    """
    came: dict[str, str] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for other in ahead[node]:
            if other == start:
                path = [node]
                while path[-1] != start:
                    path.append(came[path[-1]])
                return path[::-1]
            if other in members and other not in came:
                came[other] = node
                queue.append(other)
    return [start]
