"""Loops with memory: bounds (`at most N then -> T`) and shares that change per visit, made into copies of states.

What a case has counted belongs to the loop that it is in: a copy of a state is the state together with the counters of
the decisions in its strongly connected part. Where the case leaves that part it never comes back, and the counters no
longer matter. Counters in one part multiply, so the number of copies is bounded and more are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, connected_components

from mpmflow.graphs.cells import Cells
from mpmflow.graphs.faults import ModelFault
from mpmflow.numerics.chains.outcomes import Outcomes
from mpmflow.numerics.chains.unroll import Bound, Schedule, unroll
from mpmflow.numerics.faults import TooManyStatesError
from mpmflow.numerics.settings import DEFAULT

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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
    return _copied(cells, limit)


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


def _copied(cells: Cells, limit: int) -> Copies:
    """Copies by `mpmflow.numerics.chains.unroll`, which is told of every way as if it were taken.

    So a share of 0 has a slope too, and a bound or schedule counts whatever way leads back to it. The shares themselves
    are read from the counters of each copy afterwards.
    """
    ways, n = cells.ways, len(cells.states)
    row = np.array([way.row for way in ways], dtype=np.int64)
    target = _seats(np.array([way.target for way in ways], dtype=np.int64), n)
    payer = np.array([-1 if way.payer is None else way.payer for way in ways], dtype=np.int64)
    even = 1.0 / np.bincount(row, minlength=n)[row]
    bounds = [
        Bound(index, way.limit.times, int(_seats(np.array([way.limit.target]), n)[0]))
        for index, way in enumerate(ways)
        if way.limit is not None
    ]
    lengths: dict[int, int] = {}
    for way in ways:
        if way.varies:
            lengths[way.row] = max(lengths.get(way.row, 1), len(way.share))
    schedules = [Schedule(place, (tuple(even[row == place].tolist()),) * length) for place, length in lengths.items()]
    outcomes = Outcomes(row, target, even, payer, np.arange(len(ways)))
    try:
        found = unroll(n, len(cells.ends), outcomes, bounds, schedules, replace(DEFAULT, state_limit=limit))
    except TooManyStatesError as many:
        name = cells.states[next(way.row for way in ways if way.limit is not None or way.varies)].node
        what = f"what is counted makes {many.states:,} states, more than {limit:,}, for bounds in one loop multiply"
        raise ModelFault(name, what, "Lower a bound, separate the loops, or simulate instead.") from many
    visit = {place: found.counts[:, len(bounds) + seat] for seat, place in enumerate(lengths)}
    share = np.empty(found.outcomes.count)
    for at, (copy, index) in enumerate(zip(found.outcomes.row.tolist(), found.entry.tolist(), strict=True)):
        by_visit = ways[index].share
        counted = int(visit[ways[index].row][copy]) if ways[index].row in visit else 0
        share[at] = float(by_visit[min(max(counted, 0), len(by_visit) - 1)]) if by_visit else np.nan
    onward = found.outcomes.target
    start = int(np.argmax(found.start(cells.start)))
    return _reached(
        Copies(
            found.node,
            found.outcomes.row,
            np.where(onward >= found.n, found.n - 1 - onward, onward),
            found.entry,
            share,
            found.outcomes.payer,
            start,
        )
    )


def _seats(target: Ints, n: int) -> Ints:
    """Targets as the arrays number them: an end k is n + k."""
    return np.where(target < 0, n - 1 - target, target)


def _reached(copies: Copies) -> Copies:
    """Without the copies that no case can come to (a node behind a decision before that was ever visited)."""
    n = len(copies.state)
    inside = copies.target >= 0
    links = (np.ones(int(inside.sum())), (copies.row[inside], copies.target[inside]))
    reached = np.zeros(n, dtype=bool)
    reached[breadth_first_order(sparse.csr_array(links, shape=(n, n)), copies.start, return_predecessors=False)] = True
    seat = np.cumsum(reached) - 1
    kept = reached[copies.row]
    place = np.cumsum(kept) - 1
    target, payer = copies.target[kept], copies.payer[kept]
    return Copies(
        copies.state[reached],
        seat[copies.row[kept]],
        np.where(target >= 0, seat[target], target),
        copies.way[kept],
        copies.share[kept],
        np.where(payer >= 0, place[payer], -1),
        int(seat[copies.start]),
    )
