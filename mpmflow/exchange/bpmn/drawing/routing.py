"""Ways for the flows of a pool on its grid, so that none leads through a shape.

Between the columns and between the rows lie channels. Lines are counted through: line `2c` is the channel before
column `c`, line `2c + 1` the middle of the column, and the same for rows. A flow may run in any channel, and along the
middle of a row or column through places that are free. The cheapest way is sought, A* over (place, direction), where
length, bends, crossings and doubled lines cost.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush

from mpmflow.exchange.bpmn.drawing.placing import Grid
from mpmflow.exchange.bpmn.drawing.shapes import Link, Pool, Shape

RIGHT, DOWN, LEFT, UP = range(4)
_BEFORE = 4
_STEP = ((1, 0), (0, 1), (-1, 0), (0, -1))
_LENGTH = (1.0, 0.8, 1.0, 0.8)
_BEND, _CROSSING, _DOUBLED, _SHARED = 1.5, 0.7, 60.0, 0.4
_LEAVING = 3.0
"""What it costs to leave by a side that another flow leaves by."""
_FAN, _TOGETHER = 8, 0.01
"""More flows than this of one shape run together as far as they can, as the teeth of a comb do: it costs next to
nothing there. So many lines side by side could not be told apart."""
_MOST = 3.0
"""More than this a step never costs because of others, so that a busy channel is not searched for ever."""
MOST_SEARCHED = 60_000
"""So many places are looked at for the flows of a pool; then the others go by the nearest channels, unsearched."""
_FAR, _HURRY = 20, 1.7
"""Flows that reach farther are sought more boldly: the way found may be a little longer than the cheapest."""

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Route:
    """The way of a flow: its corners by line numbers, the middle of source and target included."""

    link: Link
    source: str
    target: str
    points: tuple[Point, ...]


@dataclass(slots=True)
class _Load:
    """The flows along one stretch of a line, counted."""

    total: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    targets: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def strangers(self, source: str, target: str) -> int:
        """How many share neither source nor target with a flow."""
        return self.total - self.sources[source] - self.targets[target] + self.pairs[source, target]


_NONE = _Load()


@dataclass(slots=True)
class _Used:
    """Which flows run along a stretch of a line, by (place, whether it is horizontal)."""

    along: dict[tuple[Point, bool], _Load] = field(default_factory=dict)

    def add(self, route: Route) -> None:
        for one, other in itertools.pairwise(route.points):
            for stretch in _stretches(one, other):
                load = self.along.setdefault(stretch, _Load())
                load.total += 1
                load.sources[route.source] += 1
                load.targets[route.target] += 1
                load.pairs[route.source, route.target] += 1


def _stretches(one: Point, other: Point) -> list[tuple[Point, bool]]:
    """The stretches of length one between two places of a line, each named by its left or upper end."""
    (x1, y1), (x2, y2) = sorted((one, other))
    if y1 == y2:
        return [((x, y1), True) for x in range(x1, x2)]
    return [((x1, y), False) for y in range(y1, y2)]


def route(pool: Pool, grid: Grid) -> list[Route]:
    """The way of every flow, in the order of the pool."""
    return _Router(pool, grid).routes()


class _Router:
    def __init__(self, pool: Pool, grid: Grid) -> None:
        self.pool = pool
        self.grid = grid
        self.shape = {shape.id: shape for shape in pool.shapes}
        self.at = {one: (2 * grid.column[one] + 1, 2 * grid.row[one] + 1) for one in grid.column}
        self.blocked = set(self.at.values())
        self.used = _Used()
        self.searched = 0
        self.hosts = {shape.host for shape in pool.shapes if shape.host}
        leaving = Counter(self.shape[link.source].host or link.source for link in pool.links)
        arriving = Counter(link.target for link in pool.links)
        self.leaving = {one: _LEAVING if count <= _FAN else _TOGETHER for one, count in leaving.items()}
        self.shared = {one: _SHARED if count <= _FAN else _TOGETHER for one, count in arriving.items()}

    def routes(self) -> list[Route]:
        found: dict[str, Route] = {}
        for link in sorted(self.pool.links, key=self.turn):
            source, target = self.shape[link.source], self.shape[link.target]
            route = Route(link, source.host or source.id, target.id, tuple(self.search(link, source, target)))
            self.used.add(route)
            found[link.id] = route
        return [found[link.id] for link in self.pool.links]

    def turn(self, link: Link) -> tuple[int, float, int]:
        """When a flow is laid: straight ones first, then short ones, those that lead back last."""
        (x1, y1), (x2, y2) = self.ends(link)
        straight = y1 == y2 and x1 < x2 and not any((x, y1) in self.blocked for x in range(x1 + 1, x2))
        return (0 if straight else 2 if link.id in self.grid.back else 1, -link.weight if straight else 0,
                abs(x1 - x2) + abs(y1 - y2))  # fmt: skip

    def ends(self, link: Link) -> tuple[Point, Point]:
        return self.at[self.shape[link.source].host or link.source], self.at[link.target]

    def leaves(self, shape: Shape, back: bool) -> Mapping[int, float]:
        """The sides by which a flow may leave a shape, with what it costs."""
        if shape.host:
            return {DOWN: 0.0}
        if shape.kind == "event":
            return {RIGHT: 0.0}
        if shape.kind == "gateway":
            return {RIGHT: 0.6 if back else 0.0, DOWN: 0.0, **({} if shape.name else {UP: 0.0})}
        sides = {RIGHT: 0.0, DOWN: 1.0, UP: 1.0}
        if shape.id in self.hosts:
            del sides[DOWN]
        return sides

    def arrives(self, shape: Shape) -> Mapping[int, float]:
        """The directions in which a flow may arrive at a shape: rightwards is at its left side."""
        if shape.kind == "event":
            return {RIGHT: 0.0, **({DOWN: 0.5} if shape.tag == "endEvent" else {})}
        if shape.kind == "gateway":
            return {RIGHT: 0.0, UP: 0.5, **({} if shape.name else {DOWN: 0.5})}
        sides = {RIGHT: 0.0, UP: 0.5, DOWN: 0.5}
        if shape.id in self.hosts:
            del sides[UP]
        return sides

    def search(self, link: Link, source: Shape, target: Shape) -> list[Point]:
        start, goal = self.ends(link)
        if self.searched > MOST_SEARCHED:
            return _by_channels(start, goal, bool(source.host))
        wide, high = 2 * self.grid.columns, 2 * self.grid.rows
        leaving = self.leaves(source, link.id in self.grid.back)
        arriving = self.arrives(target)
        best: dict[tuple[Point, int], float] = {}
        came: dict[tuple[Point, int], tuple[Point, int]] = {}
        heap: list[tuple[float, float, Point, int]] = []
        hurry = _HURRY if abs(start[0] - goal[0]) + abs(start[1] - goal[1]) > _FAR else 1.0

        def reach(cost: float, place: Point, way: int, before: tuple[Point, int] | None) -> None:
            state = (place, way)
            if cost < best.get(state, 1e18):
                best[state] = cost
                if before is not None:
                    came[state] = before
                ahead = hurry * (abs(place[0] - goal[0]) + 0.8 * abs(place[1] - goal[1]))
                heappush(heap, (cost + ahead, cost, place, way))

        # A way that has not begun yet is a state of its own, so that a flow may come back to where it starts.
        for way, extra in leaving.items():
            reach(extra, start, way + _BEFORE, None)
        final: tuple[Point, int] | None = None
        while heap:
            _, cost, place, way = heappop(heap)
            if cost > best[place, way]:
                continue
            self.searched += 1
            if self.searched > MOST_SEARCHED:
                return _by_channels(start, goal, bool(source.host))
            if place == goal and way < _BEFORE:
                final = (place, way)
                break
            for turn in (way, (way + 1) % 4, (way + 3) % 4) if way < _BEFORE else (way - _BEFORE,):
                step = _STEP[turn]
                there = (place[0] + step[0], place[1] + step[1])
                if not (0 <= there[0] <= wide and 0 <= there[1] <= high):
                    continue
                more = self.cost(link, place, there, way % _BEFORE, turn)
                if there == goal:
                    if turn not in arriving:
                        continue
                    more += arriving[turn]
                elif there in self.blocked:
                    continue
                reach(cost + more, there, turn, (place, way))
        assert final is not None, "the channels reach every side of every shape"
        return _corners(final, came)

    def cost(self, link: Link, place: Point, there: Point, way: int, turn: int) -> float:
        flat = turn in (RIGHT, LEFT)
        cost = _LENGTH[turn] + (_BEND if turn != way else 0.0)
        (stretch,) = _stretches(place, there)
        middle = (place[1] if flat else place[0]) % 2 == 1
        source, target = self.shape[link.source].host or link.source, link.target
        load = self.used.along.get(stretch, _NONE)
        if load.total and not middle:
            cost += min(0.05 * load.total, _MOST)
        elif load.total:
            alike = load.pairs[source, target]
            cost += _DOUBLED * min(alike + load.strangers(source, target), 1)
            cost += self.leaving[source] * min(load.sources[source] - alike, 2)
            cost += self.shared[target] * min(load.targets[target] - alike, 3)
        if turn == way:
            beside = (place[0], place[1] - 1) if flat else (place[0] - 1, place[1])
            loads = (self.used.along.get((place, not flat), _NONE), self.used.along.get((beside, not flat), _NONE))
            cost += min(_CROSSING * max(one.strangers(source, target) for one in loads), _MOST)
        return cost


def _by_channels(start: Point, goal: Point, downwards: bool) -> list[Point]:
    """The way by the channels beside the source and before the target, which are always free."""
    (x1, y1), (x2, y2) = start, goal
    if downwards:
        return [start, (x1, y1 + 1), (x2 - 1, y1 + 1), (x2 - 1, y2), goal]
    if x1 + 2 == x2:
        return [start, goal] if y1 == y2 else [start, (x1 + 1, y1), (x1 + 1, y2), goal]
    between = y1 - 1 if y2 < y1 else y1 + 1
    return [start, (x1 + 1, y1), (x1 + 1, between), (x2 - 1, between), (x2 - 1, y2), goal]


def _corners(final: tuple[Point, int], came: dict[tuple[Point, int], tuple[Point, int]]) -> list[Point]:
    states = [final]
    while states[-1] in came:
        states.append(came[states[-1]])
    points = [place for place, _ in reversed(states)]
    kept = [points[0]]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        if (before[0] == here[0]) != (here[0] == after[0]):
            kept.append(here)
    return [*kept, points[-1]]
