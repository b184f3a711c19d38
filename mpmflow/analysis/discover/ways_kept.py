"""Which ways from one activity to the next a draft keeps: as few as explain most cases, whole cases at a time.

A case is explained when all of its ways are kept. Variants are taken in the order of the cases that each brings for
every way it adds, until most cases are explained, and on while a way more still explains enough of them. This filters a
directly-follows graph as split miner does (A. Augusto, R. Conforti, M. Dumas, M. La Rosa and A. Polyvyanyy, Split
miner, Knowledge and Information Systems 59, 2019), but never leaves a way that no whole case takes: every activity that
is kept lies on a way from start to end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .stretches import Way

SHARE = 0.8
"""At least this share of the cases should be explained."""
WORTH = 0.005
"""Beyond that, a way more must explain this share of the cases."""
WEIGHED = 300
"""Of so many variants, the most frequent ones, it is weighed which others each would explain with it."""
GREEDY = 1_000_000
"""Where variants times ways are more than this, variants are taken in the order of their rarest way instead."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The ways that are kept.

    Attributes:
        ways: the ways.
        variants: numbers of the variants that are explained.
        share: of the cases that they are.
        left_out: ways that are not kept, with the cases that take them, most first.
    """

    ways: frozenset[Way]
    variants: tuple[int, ...]
    share: float
    left_out: tuple[tuple[Way, int], ...]

    @property
    def cost(self) -> float:
        """How much there is to read, in ways: those that are kept, and the cases not explained at their worth."""
        return len(self.ways) + (1.0 - self.share) / WORTH


def keep(variants: Sequence[tuple[frozenset[Way], int]], cases: int, *, share: float = SHARE) -> Kept:
    """Choose the ways to keep.

    Args:
        variants: the set of ways of each, and how many cases it has.
        cases: all cases, those without a variant too.
        share: how many of them should be explained at least, where the variants can.

    >>> on, back = ((), ("step", 0), ("step", 1)), ((), ("step", 1), ("step", 0))
    >>> found = keep([(frozenset({on}), 999), (frozenset({on, back}), 1)], 1000)
    >>> found.ways == {on}, found.share, found.left_out == ((back, 1),)
    (True, 0.999, True)
    """
    taken: Counter[Way] = Counter()
    for ways, count in variants:
        for way in ways:
            taken[way] += count
    number = {way: bit for bit, way in enumerate(sorted(taken, key=lambda way: (-taken[way], repr(way))))}
    masks = [sum(1 << number[way] for way in ways) for ways, _ in variants]
    counts = [count for _, count in variants]
    have = (
        _greedy(masks, counts, cases, share)
        if len(masks) * len(number) <= GREEDY
        else _by_rarest(masks, counts, cases, share)
    )
    explained = tuple(index for index, mask in enumerate(masks) if mask & ~have == 0)
    kept = frozenset(way for way, bit in number.items() if have >> bit & 1)
    left = tuple((way, taken[way]) for way in number if way not in kept)
    return Kept(kept, explained, sum(counts[index] for index in explained) / cases if cases else 0.0, left)


def _greedy(masks: Sequence[int], counts: Sequence[int], cases: int, share: float) -> int:
    """Variants in the order of the cases that each brings for every way it adds, others that it completes included."""
    have, explained = 0, 0
    left = sorted(range(len(masks)), key=lambda index: (-counts[index], index))
    while True:
        explained += sum(counts[index] for index in left if not masks[index] & ~have)
        left = [index for index in left if masks[index] & ~have]
        if not left:
            return have
        weighed = [(masks[index] & ~have, counts[index]) for index in left[:WEIGHED]]
        best, worth = 0, 0.0
        for place, index in enumerate(left):
            new = masks[index] & ~have
            brings = sum(count for other, count in weighed if not other & ~new) if place < WEIGHED else counts[index]
            if brings / new.bit_count() > worth:
                best, worth = index, brings / new.bit_count()
        if explained >= share * cases and worth < WORTH * cases:
            return have
        have |= masks[best]


def _by_rarest(masks: Sequence[int], counts: Sequence[int], cases: int, share: float) -> int:
    """Ways are numbered from the most taken on, so a variant's highest bit is its rarest way."""
    have, explained = 0, 0
    for index in sorted(range(len(masks)), key=lambda index: (masks[index].bit_length(), index)):
        if explained >= share * cases and masks[index] & ~have:
            break
        have |= masks[index]
        explained += counts[index]
    return have
