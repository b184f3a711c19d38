"""Coordinates: from places on the grid and tracks in the channels to points on the page.

Columns are as wide as what stands in them, channels as wide as their tracks and the words on the flows need. All is
whole numbers, in points of the page, from the upper left corner.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from mpmflow.exchange.bpmn.drawing import words
from mpmflow.exchange.bpmn.drawing.labels import Field
from mpmflow.exchange.bpmn.drawing.placing import Grid, place
from mpmflow.exchange.bpmn.drawing.routing import DOWN, RIGHT, UP, Route, route
from mpmflow.exchange.bpmn.drawing.shapes import Pool, Shape
from mpmflow.exchange.bpmn.drawing.tracks import Run, lay

TASK, TASK_HEIGHT, GATEWAY, EVENT = 120, 80, 50, 36
HEAD = 30
"""Width of the strip with the name of a pool or lane."""

_TRACK = 12
_ASIDE = 40
_BETWEEN = 22
_ROOM = 80
"""How wide the words on a flow may be before they break."""
_MARGIN = 14
"""Between a lane and what stands in it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the page."""

    x: int
    y: int
    width: int
    height: int


@dataclass(slots=True)
class Sheet:
    """Where everything of one pool stands.

    Attributes:
        pool, lanes: their boxes, lanes in order.
        shapes: box of each shape by id.
        labels: box of the words beside a shape or flow, by id.
        lines: corners of each flow by id.
    """

    pool: Box
    lanes: list[Box] = field(default_factory=list)
    shapes: dict[str, Box] = field(default_factory=dict)
    labels: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


def size_of(shape: Shape) -> tuple[int, int]:
    """Width and height of a shape; a task grows with the words in it."""
    if shape.kind == "event":
        return EVENT, EVENT
    if shape.kind == "gateway":
        return GATEWAY, GATEWAY
    _, high = words.box(shape.name, TASK - 16, words.LARGE)
    return TASK, max(TASK_HEIGHT, high + 44)


def beside(shape: Shape) -> tuple[int, int]:
    """Width and height of the words that stand beside a gateway or an event."""
    return words.box(shape.name, TASK - 10, words.SMALL) if shape.kind != "task" else (0, 0)


def lay_out(pool: Pool, *, left: int = 0, top: int = 0) -> Sheet:
    """Lay a pool out with its upper left corner at a place."""
    grid = place(pool)
    return _Layout(pool, grid, route(pool, grid), left, top).sheet()


class _Layout:
    def __init__(self, pool: Pool, grid: Grid, routes: list[Route], left: int, top: int) -> None:
        self.pool = pool
        self.grid = grid
        self.routes = routes
        self.shape = {shape.id: shape for shape in pool.shapes}
        self.left = left + HEAD + (HEAD if pool.lanes else 0)
        self.origin = (left, top)
        self.offset: dict[tuple[int, int], int] = {}
        self.tracks: dict[tuple[bool, int], int] = {}
        self.lay_tracks()
        self.x, self.lead = self.across()
        self.y = self.down()

    # --- tracks

    def lay_tracks(self) -> None:
        channels: dict[tuple[bool, int], list[Run]] = {}
        for number, one in enumerate(self.routes):
            points = one.points
            for part, (here, there) in enumerate(itertools.pairwise(points)):
                upright = here[0] == there[0]
                line = here[0] if upright else here[1]
                if line % 2:
                    continue
                across = 1 if upright else 0
                before, after = points[part - 1], points[part + 2]
                ends = sorted(
                    ((end[across], _sign(beyond[1 - across] - end[1 - across])) for end, beyond in
                     ((here, before), (there, after)))
                )  # fmt: skip
                run = Run((number, part), one.source, one.target, ends[0][0], ends[1][0], ends[0][1], ends[1][1])
                channels.setdefault((upright, line), []).append(run)
        for channel, runs in sorted(channels.items()):
            self.tracks[channel] = lay(runs)
            for run in runs:
                self.offset[run.key] = run.track

    # --- measures

    def leaving(self) -> dict[str, list[tuple[Route, int]]]:
        """For each shape the named flows that leave it, with the side by which they do."""
        found: dict[str, list[tuple[Route, int]]] = {}
        for one in self.routes:
            (x1, y1), (x2, _) = one.points[0], one.points[1]
            side = RIGHT if x2 > x1 else DOWN if one.points[1][1] > y1 else UP
            found.setdefault(one.source, []).append((one, side))
        return found

    def across(self) -> tuple[list[int], dict[int, int]]:
        """The x of the left end of every channel and of the middle of every column, by line; and the room for words at
        the left end of each channel.
        """
        grid = self.grid
        wide = [0] * grid.columns
        lead = dict.fromkeys(range(grid.columns + 1), 0)
        out = self.leaving()
        for one, column in grid.column.items():
            shape = self.shape[one]
            wide[column] = max(wide[column], size_of(shape)[0], beside(shape)[0])
        for one, column in grid.column.items():
            for found, side in out.get(one, ()):
                if side == RIGHT and found.link.name:
                    slack = (wide[column] - max(size_of(self.shape[one])[0], beside(self.shape[one])[0])) // 2
                    lead[column + 1] = max(
                        lead[column + 1], words.box(found.link.name, _ROOM, words.SMALL)[0] + 16 - slack
                    )
        x, found_x = self.left, []
        for column in range(grid.columns + 1):
            tracks = self.tracks.get((True, 2 * column), 0)
            found_x.append(x)
            least = 24 if column in (0, grid.columns) else _ASIDE
            x += max(least, lead[column] + 16 + max(0, tracks - 1) * _TRACK + (14 if tracks else 0))
            if column < grid.columns:
                found_x.append(x + wide[column] // 2)
                x += wide[column]
        self.right = x
        return found_x, lead

    def down(self) -> list[int]:
        """The y of the upper end of every channel and of the middle of every row, by line."""
        grid = self.grid
        above, below = [12] * grid.rows, [12] * grid.rows
        hosts = {shape.host for shape in self.pool.shapes}
        out = self.leaving()
        for one, row in grid.row.items():
            shape = self.shape[one]
            _, height = size_of(shape)
            _, words_high = beside(shape)
            over = words_high + 4 if shape.kind == "gateway" and words_high else 0
            under = words_high + 4 if shape.kind == "event" and words_high else 0
            hosted = one in hosts
            above[row] = max(above[row], height // 2 + over)
            below[row] = max(below[row], height // 2 + under + (EVENT // 2 + 18 if hosted else 0))
            for found, side in out.get(one, ()):
                high = words.box(found.link.name, _ROOM, words.SMALL)[1]
                if side == DOWN and high:
                    below[row] = max(below[row], height // 2 + high + 8)
                elif side == UP and high:
                    above[row] = max(above[row], height // 2 + high + 8)
                elif high:
                    above[row] = max(above[row], high + 8)
        starts = {first for first, _ in grid.lane_rows}
        y, found_y = self.origin[1], []
        for row in range(grid.rows + 1):
            tracks = self.tracks.get((False, 2 * row), 0)
            found_y.append(y)
            least = _MARGIN if row in (0, grid.rows) else _BETWEEN
            y += max(least, 10 + tracks * _TRACK) + (_MARGIN if row in starts and row else 0)
            if row < grid.rows:
                found_y.append(y + above[row])
                y += above[row] + below[row]
        self.bottom = y
        return found_y

    def at(self, upright: bool, line: int, key: tuple[int, int]) -> int:
        """Where a part of a flow runs: x of an upright one, y of a flat one."""
        if line % 2:
            return (self.x if upright else self.y)[line]
        track = self.offset[key] * _TRACK
        if upright:
            return self.x[line] + self.lead[line // 2] + 14 + track
        border = line and line // 2 in {first for first, _ in self.grid.lane_rows}
        return self.y[line] + 10 + track + (_MARGIN if border else 0)

    # --- the sheet

    def sheet(self) -> Sheet:
        left, top = self.origin
        sheet = Sheet(Box(left, top, self.right - left, self.bottom - top))
        self.bands(sheet)
        for shape in self.pool.shapes:
            width, height = size_of(shape)
            anchor = shape.host or shape.id
            x, y = self.x[2 * self.grid.column[anchor] + 1], self.y[2 * self.grid.row[anchor] + 1]
            if shape.host:
                y += size_of(self.shape[shape.host])[1] // 2
            sheet.shapes[shape.id] = Box(x - width // 2, y - height // 2, width, height)
        for number, one in enumerate(self.routes):
            sheet.lines[one.link.id] = self.line(number, one, sheet)
        self.words(sheet)
        return sheet

    def bands(self, sheet: Sheet) -> None:
        if not self.pool.lanes:
            return
        left = self.origin[0] + HEAD
        tops = [self.y[2 * first] + _MARGIN for first, _ in self.grid.lane_rows]
        tops[0] = self.origin[1]
        for top, bottom in zip(tops, [*tops[1:], self.bottom], strict=True):
            sheet.lanes.append(Box(left, top, self.right - left, bottom - top))

    def line(self, number: int, one: Route, sheet: Sheet) -> list[tuple[int, int]]:
        points = one.points
        found: list[tuple[int, int]] = []
        for corner in range(len(points)):
            x = y = 0
            for part in (corner - 1, corner):
                if 0 <= part < len(points) - 1:
                    here, there = points[part], points[part + 1]
                    if here[0] == there[0]:
                        x = self.at(True, here[0], (number, part))
                        y = y or self.y[points[corner][1]]
                    else:
                        y = self.at(False, here[1], (number, part))
                        x = x or self.x[points[corner][0]]
            found.append((x, y))
        found[0] = _edge(sheet.shapes[one.link.source], found[0], found[1])
        found[-1] = _edge(sheet.shapes[one.target], found[-1], found[-2])
        return found

    def words(self, sheet: Sheet) -> None:
        field_ = Field([(one.x, one.y, one.width, one.height) for one in sheet.shapes.values()], sheet.lines)
        for shape in self.pool.shapes:
            if shape.kind == "task" or not shape.name:
                continue
            width, height = beside(shape)
            box = sheet.shapes[shape.id]
            middle = box.x + box.width // 2
            if shape.host:
                x, y = box.x + box.width + 2, box.y + box.height - 6
            elif shape.kind == "gateway":
                x, y = middle - width // 2, box.y - height - 3
            else:
                x, y = middle - width // 2, box.y + box.height + 3
            sheet.labels[shape.id] = Box(x, y, width, height)
            field_.take((x, y, width, height))
        for one in self.routes:
            if one.link.name:
                width, height = words.box(one.link.name, _ROOM, words.SMALL)
                x, y = field_.find(one.link.id, width, height)
                sheet.labels[one.link.id] = Box(x, y, width, height)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _edge(box: Box, middle: tuple[int, int], beyond: tuple[int, int]) -> tuple[int, int]:
    """Where a line from the middle of a shape to a place beyond leaves it."""
    x, y = middle
    if beyond[1] == y:
        return (box.x + box.width if beyond[0] > x else box.x), y
    return x, (box.y + box.height if beyond[1] > y else box.y)
