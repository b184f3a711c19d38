"""Slopes of the levers that stand inside parallel blocks, by central differences.

Such a lever changes the law of a maximum. The block is folded anew with the lever moved up and down, everything else
is solved as ever; the slopes are right to about 1e-8 of the figure. Blocks that the lever does not touch are not folded
again. Percentiles and lateness are not solved again: they follow from the differences of the blocks' laws and shares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import cast

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import Solver
from mpmflow.analysis.exact.figures import FIGURES, Solution, solve_process
from mpmflow.analysis.exact.sojourn_of import Quotient, WholeTime, slopes_by_laws
from mpmflow.graphs.cells import Block, Cells, State, Way
from mpmflow.graphs.work_time import Timing

Floats = npt.NDArray[np.float64]
STEP = 1e-5
"""By how much a share, or by which part of itself another lever, is moved."""
DIFFERENCE_BUDGET = 10_000
"""Levers inside parallel blocks times states of the process; beyond it (some ten seconds) those levers are left out,
with a note."""


def inner_levers(cells: Cells, inside: bool = False) -> tuple[str, ...]:
    """Levers that occur inside a parallel block, in the order of the text."""
    found: dict[str, None] = {}
    for index, state in enumerate(cells.states):
        if inside:
            found |= dict.fromkeys(_levers_of_state(state))
            found |= dict.fromkeys(cells.outcomes_of[index])
        if state.block is not None:
            for branch in state.block.branches:
                found |= dict.fromkeys(inner_levers(branch, True))
    return tuple(found)


def _levers_of_state(state: State) -> list[str]:
    found = []
    if state.timing is not None:
        found.append(_time_lever(state))
    if state.cost:
        found.append(f"{state.node}.costs")
    if state.rate:
        found.append(f"{state.team}.cost")
    return found


def _time_lever(state: State) -> str:
    words = {"work": f"{state.node}.takes", "wait": f"{state.node}.waits"}
    return words.get(state.part, f"{state.outcome}.delay")


def slopes_by_difference(
    solution: Solution, solver: Solver, inner: tuple[str, ...], whole: WholeTime | None = None
) -> tuple[list[str], Floats, dict[str, Floats]]:
    """Names, values and slopes of levers, each moved a little up and down, everything else solved anew.

    At a share of 0 or 1 the difference is one-sided, of the second order. A lever whose value is 0 and that is
    stretched (no time, no cost) has no slope and is left out. Percentiles and lateness move with the laws of the blocks
    and the shares, along the slopes of `whole` in those.
    """
    process = solution.process

    def moved(name: str, change: float) -> Solution:
        return solve_process(replace(process, cells=moved_cells(process.cells, name, change)), solver.again())

    names: list[str] = []
    values: list[float] = []
    columns: dict[str, list[float]] = {figure: [] for figure in FIGURES}
    quotients: list[Quotient] = []
    for name in inner:
        value, is_share = value_of(process.cells, name, solver)
        if value <= 0.0 and not is_share:
            continue
        if is_share and not STEP <= value <= 1.0 - STEP:
            step = STEP if value < STEP else -STEP
            near, far = moved(name, step), moved(name, 2.0 * step)
            quotient = [(4.0, near), (-3.0, solution), (-1.0, far)], 2.0 * step
        else:
            up, down = moved(name, STEP), moved(name, -STEP)
            quotient = [(1.0, up), (-1.0, down)], 2.0 * STEP * (1.0 if is_share else value)
        found = _quotient(*quotient)
        quotients.append([(weight / quotient[1], one.actual) for weight, one in quotient[0]])
        names.append(name)
        values.append(value)
        for figure, column in columns.items():
            column.append(found.get(figure, float("nan")))
    slopes = {figure: np.array(column) for figure, column in columns.items()}
    if whole is not None and names:
        slopes |= slopes_by_laws(whole, process.deadline, solver.book, solution.actual, quotients)
    return names, np.array(values), slopes


def _quotient(parts: list[tuple[float, Solution]], width: float) -> dict[str, float]:
    """A difference quotient of every figure that all of these have."""
    found = {}
    for figure in FIGURES:
        values = [(weight, one.values[figure]) for weight, one in parts]
        if all(value is not None for _, value in values):
            found[figure] = sum(weight * value for weight, value in values if value is not None) / width
    return found


def _everywhere(cells: Cells) -> Iterator[Cells]:
    yield cells
    for state in cells.states:
        if state.block is not None:
            for branch in state.block.branches:
                yield from _everywhere(branch)


def value_of(cells: Cells, name: str, solver: Solver) -> tuple[float, bool]:
    """The present value of a lever, and whether it is a share."""
    for part in _everywhere(cells):
        if name in part.ways_of:
            return float(part.ways[part.ways_of[name][0]].share[0]), True
        for state in part.states:
            if state.timing is not None and name == _time_lever(state):
                law = solver.book.work if state.part == "work" else solver.book.calendar
                return law(state.timing, state.node).mean, False
            if state.cost and name == f"{state.node}.costs":
                return state.cost, False
            if state.rate and name == f"{state.team}.cost":
                return state.rate, False
    return 0.0, False


def moved_cells(cells: Cells, name: str, change: float) -> Cells:
    """The cells with one lever moved everywhere: a share by so much, anything else by this part of itself.

    Parts that it does not touch stay the same objects, so that their folds are found again.
    """
    states = tuple(_moved_state(state, name, change) for state in cells.states)
    ways = _moved_ways(cells.ways, cells.ways_of[name], change) if name in cells.ways_of else cells.ways
    same = ways is cells.ways and all(new is old for new, old in zip(states, cells.states, strict=True))
    return cells if same else Cells(states, ways, cells.start, cells.ends, cells.good)


def _moved_state(state: State, name: str, change: float) -> State:
    if state.block is not None:
        branches = tuple(moved_cells(branch, name, change) for branch in state.block.branches)
        if all(new is old for new, old in zip(branches, state.block.branches, strict=True)):
            return state
        return replace(state, block=Block(state.block.name, state.block.join, branches))
    if name not in _levers_of_state(state):
        return state
    if state.timing is not None and name == _time_lever(state):
        return replace(state, timing=_scaled(state.timing, 1.0 + change))
    if name == f"{state.node}.costs":
        return replace(state, cost=state.cost * (1.0 + change))
    return replace(state, rate=state.rate * (1.0 + change))


def _scaled(timing: Timing, factor: float) -> Timing:
    given = timing.parameters
    if timing.law == "weibull":
        return replace(timing, parameters=(given[0], given[1] * factor))
    return replace(timing, parameters=tuple(value * factor for value in given) or (factor,))


def _moved_ways(ways: tuple[Way, ...], moved: list[int], change: float) -> tuple[Way, ...]:
    """The ways with some shares moved, the others of their rows paying in proportion."""
    found = list(ways)
    for index in moved:
        row = [other for other, way in enumerate(ways) if way.row == ways[index].row]
        length = max(len(ways[other].share) for other in row)
        columns = {other: [_at(ways[other], visit) for visit in range(length)] for other in row}
        for visit in range(length):
            rest = sum(columns[other][visit] for other in row if other != index)
            for other in row:
                if other != index and len(row) > 1:
                    part = columns[other][visit] / rest if rest > 0.0 else 1.0 / (len(row) - 1)
                    columns[other][visit] -= change * part
            if len(row) > 1:
                columns[index][visit] += change
        for other in row:
            found[other] = replace(ways[other], share=cast(tuple[Fraction, ...], tuple(columns[other])))
    return tuple(found)


def _at(way: Way, visit: int) -> float:
    return float(way.share[min(visit, len(way.share) - 1)])
