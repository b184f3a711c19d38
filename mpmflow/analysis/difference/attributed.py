"""Which change brings which part of a difference: parts that add up to it.

One change alone may do much, and next to another one little. The fair part of each is the mean of what it brings over
all orders in which the changes could be made (Shapley 1953, "A value for n-person games"). With few changes that is
worked out exactly, from every choice of them; with many it is the mean of two orders, that of the file and its reverse.
Either way the parts telescope: they add up to the whole difference, to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import combinations
from math import comb, isfinite
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
Values = Mapping[K, float | None]
Ask = Callable[[frozenset[str]], Values[K]]
Parts = dict[K, dict[str, float]]

EXACT = 5
"""With so many changes that matter, every choice of them is looked at: 2 ** 5 models."""
ROUNDING = 1e-12
"""Differences smaller than this part of a figure are none."""


def parts(ask: Ask[K], changes: Sequence[str]) -> Parts[K]:
    """The part of each change in each figure's difference; `ask` gives the figures with some of the changes made.

    Figures without a value on the way from the one to the other (a team that could not keep up) are left out.

    >>> def area(made):
    ...     return {"area": (3.0 if "wide" in made else 2.0) * (5.0 if "high" in made else 1.0)}
    >>> parts(area, ["wide", "high"])
    {'area': {'wide': 3.0, 'high': 10.0}}
    """
    known: dict[frozenset[str], Values[K]] = {}

    def value(made: frozenset[str]) -> Values[K]:
        if made not in known:
            known[made] = ask(made)
        return known[made]

    nothing, everything = frozenset[str](), frozenset(changes)
    before, after = value(nothing), value(everything)
    keys = [key for key in before if _moved(before[key], after.get(key))]
    idle = _idle(value, changes) if len(changes) > 2 else frozenset()
    busy = [one for one in changes if one not in idle]
    found: Parts[K] = {}
    orders = None if len(busy) <= EXACT else (busy, busy[::-1])
    for key in keys:

        def at(made: frozenset[str], key: K = key) -> float:
            answer = value(made | idle if made else made).get(key)
            return float("nan") if answer is None else answer

        own = _shapley(at, busy) if orders is None else _telescoped(at, orders)
        if all(isfinite(part) for part in own.values()):
            found[key] = own
    return found


def _moved(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return False
    return abs(after - before) > ROUNDING * max(abs(before), abs(after))


def _idle(value: Callable[[frozenset[str]], Values[K]], changes: Sequence[str]) -> frozenset[str]:
    """Changes that move nothing: alone, undone alone, and all of them together."""
    nothing, everything = frozenset[str](), frozenset(changes)
    idle = frozenset(
        one
        for one in changes
        if _same(value(nothing), value(frozenset({one}))) and _same(value(everything), value(everything - {one}))
    )
    together = _same(value(nothing), value(idle)) and _same(value(everything), value(everything - idle))
    return idle if together else frozenset()


def _same(one: Values[K], other: Values[K]) -> bool:
    return all((one.get(key) is None) == (other.get(key) is None) and not _moved(one.get(key), other.get(key))
               for key in {**one, **other})  # fmt: skip


def _shapley(at: Callable[[frozenset[str]], float], changes: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for change in changes:
        others = [one for one in changes if one != change]
        total = 0.0
        for size in range(len(others) + 1):
            weight = 1.0 / (len(changes) * comb(len(others), size))
            for made in combinations(others, size):
                total += weight * (at(frozenset({*made, change})) - at(frozenset(made)))
        found[change] = total
    return found


def _telescoped(at: Callable[[frozenset[str]], float], orders: Sequence[Sequence[str]]) -> dict[str, float]:
    found = dict.fromkeys(orders[0], 0.0)
    for order in orders:
        made: frozenset[str] = frozenset()
        for change in order:
            after = made | {change}
            found[change] += (at(after) - at(made)) / len(orders)
            made = after
    return found
