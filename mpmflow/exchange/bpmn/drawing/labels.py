"""Where the words on a flow stand: near its beginning, on no shape, on no other words and, if it can be, on no line."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

Rectangle = tuple[int, int, int, int]
"""x and y of the upper left corner, width, height."""

_CELL = 120
_REACH = 800
"""Words stand no farther from the beginning of their flow."""
_SPREAD = 600
"""Places come in the order of what they cost, but for so much."""


class Field:
    """What is on the page already, by squares, so that only what is near is looked at."""

    def __init__(self, shapes: Sequence[Rectangle], lines: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        self.lines = lines
        self.boxes: dict[tuple[int, int], list[Rectangle]] = {}
        self.runs: dict[tuple[int, int], list[tuple[Rectangle, str]]] = {}
        for one in shapes:
            self.take(one)
        for key, points in lines.items():
            for here, there in itertools.pairwise(points):
                (x1, y1), (x2, y2) = sorted((here, there))
                run = (x1, min(y1, y2), x2 - x1, abs(y2 - y1))
                for cell in _cells(run):
                    self.runs.setdefault(cell, []).append((run, key))

    def take(self, box: Rectangle) -> None:
        """Note that something stands in a place."""
        for cell in _cells(box):
            self.boxes.setdefault(cell, []).append(box)

    def find(self, key: str, width: int, height: int) -> tuple[int, int]:
        """The best place for the words of a flow; it is taken then."""
        best, least = (0, 0), float("inf")
        for place in self.places(key, width, height):
            if place[2] - _SPREAD > least:
                break
            trouble = self.trouble(place, width, height, key) if place[2] < least else least
            if trouble < least:
                best, least = (place[0], place[1]), trouble
        self.take((best[0], best[1], width, height))
        return best[0], best[1]

    def places(self, key: str, width: int, height: int) -> Iterator[tuple[int, int, float]]:
        """Places along the flow, the better the nearer to its beginning, each with what it costs."""
        points, gone = self.lines[key], 0
        for here, there in itertools.pairwise(points):
            (x1, y1), (x2, y2) = here, there
            length = abs(x2 - x1) + abs(y2 - y1)
            for along in range(0, max(1, min(length, _REACH - gone)), 12):
                far = gone + along
                if y1 == y2:
                    x = x1 + 9 + along if x2 > x1 else x1 - 9 - along - width
                    over = max(0, along + 9 + width - length)
                    yield x, y1 - height - 2, far + over * 4.0
                    yield x, y1 + 4, far + over * 4.0 + 15
                else:
                    y = y1 + 4 + along if y2 > y1 else y1 - 4 - along - height
                    over = max(0, along + 4 + height - length)
                    yield x1 + 5, y, far + over * 2.0 + 4
                    yield x1 - 4 - width, y, far + over * 2.0 + 10
            gone += length
        # Where a short flow has no room of its own: farther off, rather than on something else.
        (x1, y1), (x2, y2) = points[0], points[-1]
        for off in range(20, 200, 12):
            for x in (min(x1, x2) + 4, (x1 + x2 - width) // 2):
                yield x, y1 - height - off, 2_000.0 + off
                yield x, y1 + off, 2_000.0 + off

    def trouble(self, place: tuple[int, int, float], width: int, height: int, key: str) -> float:
        """What it costs to put words there."""
        x, y, cost = place
        box = (x, y, width, height)
        wide = (x - 1, y - 1, width + 2, height + 2)
        seen: set[tuple[Rectangle, str]] = set()
        for cell in _cells(wide):
            for other in self.boxes.get(cell, ()):
                if _meet(wide, other):
                    cost += 100_000
            for run, owner in self.runs.get(cell, ()):
                if (run, owner) not in seen and _meet(box, run):
                    seen.add((run, owner))
                    cost += 3_000 if owner != key else 1_500
        # Words stand where their flow is alone: what runs within a finger's breadth could be meant, too.
        near = (x - 8, y - 8, width + 16, height + 16)
        owners = {owner for cell in _cells(near) for run, owner in self.runs.get(cell, ()) if _meet(near, run)}
        return cost + 400 * len(owners - {key})


def _cells(box: Rectangle) -> Iterator[tuple[int, int]]:
    x, y, width, height = box
    for column in range(x // _CELL, (x + width) // _CELL + 1):
        for row in range(y // _CELL, (y + height) // _CELL + 1):
            yield column, row


def _meet(one: Rectangle, other: Rectangle) -> bool:
    return (one[0] <= other[0] + other[2] and other[0] <= one[0] + one[2]
            and one[1] <= other[1] + other[3] and other[1] <= one[1] + one[3])  # fmt: skip
