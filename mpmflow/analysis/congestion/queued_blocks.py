"""Parallel blocks whose branches wait for people: a state of waiting in front of every visit that holds somebody.

Outside of blocks a wait is added to the time of a visit, and means add up. Inside, it changes which branch ends last,
so the law of the wait stands in the branch and the block is folded anew. Branches are independent, as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import LawBook, Solved, Solver
from mpmflow.analysis.exact.blocks import fold_block
from mpmflow.graphs.cells import Block, Cells, State, Way
from mpmflow.graphs.work_time import Timing

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait of a visit in front of a team: with chance `delayed` at all, `mean` seconds over all visits."""

    delayed: float
    mean: float

    @property
    def timing(self) -> Timing:
        """As the time of a state."""
        return Timing("queue", (self.delayed, self.mean))


Waits = Mapping[str, Wait]
"""Team -> what a visit waits for it."""


def team_held(state: State, book: LawBook) -> str | None:
    """The team of which a visit of this state holds somebody; None where it has none or takes no time."""
    if state.part != "work" or state.team is None or book.calendar(state.timing, state.node).mean <= 0.0:
        return None
    return state.team


def waiting_per_row(solved: Solved, waits: Waits, solver: Solver) -> Floats:
    """Seconds that waiting adds to a visit of each row of a solved workflow, shape (n,).

    A block's wait is on the rows where it joins: how much longer it takes.
    """
    by_state = np.zeros(len(solved.cells.states))
    for index, state in enumerate(solved.cells.states):
        team = team_held(state, solver.book)
        if team is not None and team in waits:
            by_state[index] = waits[team].mean
    for index, fold in solved.folds.items():
        block = solved.cells.states[index].block
        assert block is not None
        if not teams_inside(block, solver.book) & {team for team, wait in waits.items() if wait.mean > 0.0}:
            continue
        queued = fold_block(solver, queued_block(block, waits, solver.book), "actual")
        for place, before, after in (
            (index + 1, fold.time_passed, queued.time_passed),
            (index + 2, fold.time_lost, queued.time_lost),
        ):
            if before is not None and after is not None:
                by_state[place] = after.mean - before.mean
    return np.asarray(by_state[solved.state])


def teams_inside(block: Block, book: LawBook) -> set[str]:
    """Teams that work in the branches of a block."""
    found: set[str] = set()
    for branch in block.branches:
        for state in branch.states:
            team = team_held(state, book)
            if state.block is not None:
                found |= teams_inside(state.block, book)
            elif team is not None:
                found.add(team)
    return found


def queued_block(block: Block, waits: Waits, book: LawBook) -> Block:
    """The block with a state of waiting in front of every visit that holds somebody."""

    def timing(state: State) -> Timing | None:
        team = team_held(state, book)
        return waits[team].timing if team is not None and team in waits else None

    return replace(block, branches=tuple(queued_cells(branch, timing) for branch in block.branches))


def queued_cells(cells: Cells, timing: Callable[[State], Timing | None]) -> Cells:
    """The cells with a state of waiting in front of every state for which `timing` gives one, in branches too."""
    states: list[State] = []
    entry: list[int] = []
    work: list[int] = []
    for state in cells.states:
        entry.append(len(states))
        waiting = timing(state)
        if waiting is not None:
            states.append(State(state.node, "queue", waiting, workflow=state.workflow))
        if state.block is not None:
            branches = tuple(queued_cells(branch, timing) for branch in state.block.branches)
            state = replace(state, block=replace(state.block, branches=branches))
        work.append(len(states))
        states.append(state)
    ways: list[Way] = []
    place: dict[int, int] = {}
    by_row: dict[int, list[int]] = {}
    for index, way in enumerate(cells.ways):
        by_row.setdefault(way.row, []).append(index)

    def to(target: int) -> int:
        return entry[target] if target >= 0 else target

    for row in range(len(cells.states)):
        if entry[row] != work[row]:
            ways.append(Way(entry[row], work[row]))
        for index in by_row.get(row, []):
            place[index] = len(ways)
            way = cells.ways[index]
            limit = replace(way.limit, target=to(way.limit.target)) if way.limit is not None else None
            ways.append(replace(way, row=work[row], target=to(way.target), limit=limit))
    paid = tuple(way if way.payer is None else replace(way, payer=place[way.payer]) for way in ways)
    return Cells(tuple(states), paid, entry[cells.start], cells.ends, cells.good)
