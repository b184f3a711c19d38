"""Which column and which row each shape of a pool stands in.

A column holds what is equally far from the start; ways back do not count. The shapes are taken apart into chains: the
first is the way that most cases take, each further one begins where a way leaves those that are placed. Every stretch
of a chain that stays in one lane gets a row of its lane in which its columns are free, as near as may be to where it
comes from: most cases go straight, exceptions stand below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from mpmflow.exchange.bpmn.drawing.shapes import Link, Pool


@dataclass(slots=True)
class Grid:
    """Places in a pool.

    Attributes:
        column, row: of each shape on the grid; rows count from the top of the pool through all lanes. What stands on
            the border of another shape is not on the grid.
        columns, rows: how many there are.
        lane_rows: for each lane from the top, its first row and how many it has.
        back: ids of the flows that lead back.
    """

    column: dict[str, int] = field(default_factory=dict)
    row: dict[str, int] = field(default_factory=dict)
    columns: int = 0
    rows: int = 0
    lane_rows: list[tuple[int, int]] = field(default_factory=list)
    back: frozenset[str] = frozenset()


def place(pool: Pool) -> Grid:
    """Give every shape its column and row; no two stand in one place."""
    return _Placer(pool).grid()


class _Placer:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.host = {shape.id: shape.host for shape in pool.shapes if shape.host}
        self.shapes = [shape for shape in pool.shapes if not shape.host]
        self.order = {shape.id: number for number, shape in enumerate(self.shapes)}
        self.leaving: dict[str, list[Link]] = {shape.id: [] for shape in self.shapes}
        for link in pool.links:
            self.leaving[self.host.get(link.source, link.source)].append(link)
        self.lane_of = {shape.id: shape.lane for shape in self.shapes}
        self.taken: dict[str, set[tuple[int, int]]] = {}

    def grid(self) -> Grid:
        back = self.ways_back()
        column = self.ranks(back)
        rows = self.rows(column, back)
        names = [lane.team for lane in self.pool.lanes] or [""]
        found = Grid(column=column, columns=max(column.values(), default=0) + 1, back=frozenset(back))
        for name in names:
            held = [rows[one] for one in rows if self.lane_of[one] == name or not self.pool.lanes]
            low, high = min(held, default=0), max(held, default=0)
            found.lane_rows.append((found.rows, high - low + 1))
            for one in rows:
                if self.lane_of[one] == name or not self.pool.lanes:
                    found.row[one] = found.rows + rows[one] - low
            found.rows += high - low + 1
        return found

    def ways_back(self) -> set[str]:
        """Flows that lead to a shape from which they come, found by walking in the order of the text."""
        back: set[str] = set()
        state: dict[str, int] = {}
        for root in self.shapes:
            if root.id in state:
                continue
            state[root.id] = 1
            stack = [(root.id, iter(self.leaving[root.id]))]
            while stack:
                here, rest = stack[-1]
                for link in rest:
                    seen = state.get(link.target)
                    if seen == 1:
                        back.add(link.id)
                    elif seen is None:
                        state[link.target] = 1
                        stack.append((link.target, iter(self.leaving[link.target])))
                        break
                else:
                    state[here] = 2
                    stack.pop()
        return back

    def ranks(self, back: set[str]) -> dict[str, int]:
        """The length of the longest way from the start, ways back left out; shapes without work follow closely."""
        coming: dict[str, int] = dict.fromkeys(self.order, 0)
        for links in self.leaving.values():
            for link in links:
                if link.id not in back:
                    coming[link.target] += 1
        ready = [one.id for one in self.shapes if not coming[one.id]]
        rank = dict.fromkeys(self.order, 0)
        while ready:
            here = ready.pop()
            for link in self.leaving[here]:
                if link.id in back:
                    continue
                rank[link.target] = max(rank[link.target], rank[here] + 1)
                coming[link.target] -= 1
                if not coming[link.target]:
                    ready.append(link.target)
        return rank

    def rows(self, column: dict[str, int], back: set[str]) -> dict[str, int]:
        rows: dict[str, int] = {}
        waiting = [one.id for one in self.shapes]
        for start in waiting:
            if start in rows:
                continue
            heads: list[tuple[str, str | None, int]] = [(start, None, 0)]
            while heads:
                head, source, aside = heads.pop(0)
                if head in rows:
                    continue
                chain = self.chain(head, rows, back)
                self.settle(chain, source, aside, column, rows)
                for one in chain:
                    onward = [link for link in self.leaving[one] if link.id not in back]
                    first = max(onward, key=lambda link: link.weight, default=None)
                    heads += [(link.target, one, int(link is not first)) for link in onward if link.target not in rows]
                heads.sort(key=lambda head: (column[head[0]], self.order[head[0]]))
        return rows

    def chain(self, head: str, rows: dict[str, int], back: set[str]) -> list[str]:
        """From a shape on, along the way that most cases take, to the first shape that has its row already."""
        chain = [head]
        while True:
            ways = [
                link for link in self.leaving[chain[-1]]
                if link.id not in back and link.target not in rows and link.target not in chain
                and link.source not in self.host
            ]  # fmt: skip
            if not ways:
                return chain
            onward = max(ways, key=lambda link: (link.weight, -self.order[link.target]))
            if onward.weight < 0.5 and any(link.target in rows for link in self.leaving[chain[-1]]):
                return chain
            chain.append(onward.target)

    def settle(
        self, chain: list[str], source: str | None, aside: int, column: dict[str, int], rows: dict[str, int]
    ) -> None:
        """Give each stretch of a chain that stays in one lane its row: that of its source, or `aside` rows below."""
        before = source
        start = 0
        while start < len(chain):
            end = start
            while end + 1 < len(chain) and self.lane_of[chain[end + 1]] == self.lane_of[chain[start]]:
                end += 1
            stretch = chain[start : end + 1]
            lane = self.lane_of[chain[start]] if self.pool.lanes else ""
            here = before is not None and self.lane_of[before] == self.lane_of[stretch[0]]
            wanted = rows[before] + (aside if before == source else 0) if here and before is not None else 0
            taken = self.taken.setdefault(lane, set())
            first, last = column[stretch[0]], column[stretch[-1]]
            row = next(
                row for row in _nearby(wanted) if all((place, row) not in taken for place in range(first, last + 1))
            )
            for one in stretch:
                rows[one] = row
            taken.update((place, row) for place in range(first, last + 1))
            before, start = stretch[-1], end + 1


def _nearby(row: int) -> Iterator[int]:
    """A row, the three below it, those above it, then all below; never above the first."""
    yield from range(row, row + 4)
    yield from range(row - 1, -1, -1)
    yield from count(row + 4)
