"""Flows side by side in a channel: which track each takes, so that no two lie on each other and few cross.

What leads to the same shape may run on one track and so flows together, unless it comes from the same shape too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CROWDED = 200
"""So many runs of a channel are set against each other; further ones lie outside of them."""


@dataclass(slots=True)
class Run:
    """A straight part of a flow in a channel.

    Attributes:
        key: which part of which flow it is: (number of the flow, number of the part).
        source, target: the shapes that the flow connects.
        low, high: where it begins and ends, by lines across the channel.
        low_side, high_side: to which side the flow goes on there: -1 to the left or up, 1 to the right or down.
        track: its place in the channel, from 0.
    """

    key: tuple[int, int]
    source: str
    target: str
    low: int
    high: int
    low_side: int
    high_side: int
    track: int = 0

    def merges(self, other: Run) -> bool:
        """Whether both may lie on one track."""
        return self.target == other.target and self.source != other.source

    def ends(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return (self.low, self.low_side), (self.high, self.high_side)


def lay(runs: Sequence[Run]) -> int:
    """Give every run of one channel its track; returns how many tracks there are."""
    order: list[Run] = []
    for run in sorted(runs, key=lambda one: (one.low - one.high, one.low, one.key)):
        if len(order) > CROWDED:
            order.append(run)
            continue
        costs = [0.0]
        total = sum(_trouble(run, other) for other in order)
        costs[0] = total
        for other in order:
            total += _trouble(other, run) - _trouble(run, other)
            costs.append(total)
        order.insert(min(range(len(costs)), key=lambda place: (costs[place], place)), run)
    count = 0
    for place, run in enumerate(order):
        run.track = 0
        for other in order[:place]:
            if other.low <= run.high and run.low <= other.high:
                run.track = max(run.track, other.track + (0 if run.merges(other) and _flush(run, other) else 1))
        count = max(count, run.track + 1)
    return count


def _flush(one: Run, other: Run) -> bool:
    """Whether two runs to one target leave the channel at the same place, so that they flow together."""
    return any(here == there for here in one.ends() for there in other.ends())


def _trouble(before: Run, after: Run) -> float:
    """What it costs if one run lies left of (or above) another: crossings, and lines that would lie on each other."""
    cost = 0.0
    for place, side in before.ends():
        if side > 0 and after.low < place < after.high:
            cost += 1
        if side > 0 and any(place == there and turn < 0 for there, turn in after.ends()):
            cost += 8 if place % 2 else 0.5
    for place, side in after.ends():
        if side < 0 and before.low < place < before.high:
            cost += 1
    return cost
