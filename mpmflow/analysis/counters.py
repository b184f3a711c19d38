"""Loops with memory: bounds (`at most N then -> T`) and shares that change per visit, made into copies of states.

What a case has counted belongs to the loop that it is in: a copy of a state is the state together with the counters of
the decisions in its strongly connected part. Where the case leaves that part it never comes back, and the counters no
longer matter. Counters in one part multiply, so the number of copies is bounded and more are refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from mpmflow.graphs.cells import Cells
from mpmflow.graphs.faults import ModelFault
from mpmflow.numerics.settings import DEFAULT

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Count = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Copies:
    """States and ways with their copies.

    Attributes:
        state: which state each row is a copy of, shape (n,).
        row, target: of each entry, shape (m,); a target is a row, or `-1 - k` for end k.
        way: which way each entry is a copy of, shape (m,).
        share: shape (m,); nan for the ways of a parallel block, which follow from its branches.
        payer: the entry of the same row that makes up for a change of this one, -1 for all others, shape (m,).
        start: the row where cases start.
    """

    state: Ints
    row: Ints
    target: Ints
    way: Ints
    share: Floats
    payer: Ints
    start: int


def unrolled(cells: Cells, limit: int = DEFAULT.state_limit) -> Copies:
    """The copies of a process's states; each state itself where nothing is counted.

    Raises `ModelFault` when more than `limit` states come of it, and for something counted inside a parallel block
    that a case can enter again: what it counted there the time before cannot be carried along.
    """
    ways = cells.ways
    if not any(way.limit is not None or way.varies for way in ways):
        _refuse_counting_blocks(cells, None)
        share = [float(way.share[0]) if way.share else np.nan for way in ways]
        return Copies(
            np.arange(len(cells.states)),
            np.array([way.row for way in ways], dtype=np.int64),
            np.array([way.target for way in ways], dtype=np.int64),
            np.arange(len(ways)),
            np.array(share, dtype=np.float64),
            np.array([-1 if way.payer is None else way.payer for way in ways], dtype=np.int64),
            cells.start,
        )
    part = _parts(cells)
    _refuse_counting_blocks(cells, part)
    return _Walk(cells, part, limit).copies()


def _parts(cells: Cells) -> Ints:
    """The strongly connected part of each state, by every way there is, those after a bound among them."""
    size = len(cells.states)
    links = [(way.row, way.target) for way in cells.ways if way.target >= 0]
    links += [(way.row, way.limit.target) for way in cells.ways if way.limit is not None and way.limit.target >= 0]
    row, col = np.array(links, dtype=np.int64).reshape(-1, 2).T
    graph = sparse.csr_array((np.ones(len(row)), (row, col)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=True, connection="strong")[1], dtype=np.int64)


def _refuse_counting_blocks(cells: Cells, part: Ints | None) -> None:
    counting = [index for index, state in enumerate(cells.states) if state.block and _counts(state.block.branches)]
    if not counting:
        return
    part = _parts(cells) if part is None else part
    size = np.bincount(part)
    for index in counting:
        if size[part[index]] > 1:
            name = cells.states[index].node
            what = (
                "something in its branches counts the visits of a case (`at most`, or `then` between percentages), and "
                "a case can come to the block again"
            )
            raise ModelFault(name, what, "No exact figure exists for that form; simulate it instead.")


def _counts(branches: Sequence[Cells]) -> bool:
    return any(
        any(way.limit is not None or way.varies for way in branch.ways)
        or any(state.block is not None and _counts(state.block.branches) for state in branch.states)
        for branch in branches
    )


class _Walk:
    """Walks through all copies that a case can come to, from the start on."""

    def __init__(self, cells: Cells, part: Ints, limit: int) -> None:
        self.cells, self.limit = cells, limit
        self.part = part.tolist()
        self.leaving: list[list[int]] = [[] for _ in cells.states]
        for index, way in enumerate(cells.ways):
            self.leaving[way.row].append(index)
        # Seats of the counters within each part's tuple: of a row for its visits, of a way for how often it was taken.
        self.visits_seat: dict[int, int] = {}
        self.taken_seat: dict[int, int] = {}
        self.cap: dict[int, list[int]] = {}
        for index, way in enumerate(cells.ways):
            caps = self.cap.setdefault(self.part[way.row], [])
            if way.varies and way.row not in self.visits_seat:
                self.visits_seat[way.row] = len(caps)
                caps.append(max(len(cells.ways[other].share) for other in self.leaving[way.row]) - 1)
            if way.limit is not None:
                self.taken_seat[index] = len(caps)
                caps.append(way.limit.times)

    def copies(self) -> Copies:
        cells = self.cells
        fresh = {part: (0,) * len(caps) for part, caps in self.cap.items()}
        first = (cells.start, fresh.get(self.part[cells.start], ()))
        seat: dict[tuple[int, Count], int] = {first: 0}
        found = [first]
        waiting = deque(found)
        row: list[int] = []
        target: list[int] = []
        way_of: list[int] = []
        share: list[float] = []
        payer: list[int] = []
        while waiting:
            state, count = waiting.popleft()
            own = self.part[state]
            base = len(row)
            for index in self.leaving[state]:
                way = cells.ways[index]
                visit = count[self.visits_seat[state]] if state in self.visits_seat else 0
                after = list(count)
                if state in self.visits_seat:
                    self._advance(after, self.visits_seat[state], own)
                onward = way.target
                if way.limit is not None:
                    seat_taken = self.taken_seat[index]
                    if count[seat_taken] >= way.limit.times:
                        onward = way.limit.target
                    self._advance(after, seat_taken, own)
                if onward >= 0:
                    there = self.part[onward]
                    key = (onward, tuple(after) if there == own else fresh.get(there, ()))
                    if key not in seat:
                        seat[key] = len(found)
                        found.append(key)
                        waiting.append(key)
                        if len(found) > self.limit:
                            name = cells.states[state].node
                            what = f"its loop makes more than {self.limit:,} states, for bounds in one loop multiply"
                            raise ModelFault(name, what, "Lower a bound, separate the loops, or simulate instead.")
                    onward = seat[key]
                row.append(seat[(state, count)])
                target.append(onward)
                way_of.append(index)
                share.append(float(way.share[min(visit, len(way.share) - 1)]) if way.share else np.nan)
                payer.append(-1 if way.payer is None else base + way.payer - self.leaving[state][0])
        return Copies(
            np.array([state for state, _ in found], dtype=np.int64),
            np.array(row, dtype=np.int64),
            np.array(target, dtype=np.int64),
            np.array(way_of, dtype=np.int64),
            np.array(share, dtype=np.float64),
            np.array(payer, dtype=np.int64),
            0,
        )

    def _advance(self, count: list[int], seat: int, part: int) -> None:
        count[seat] = min(count[seat] + 1, self.cap[part][seat])
