"""The exact figures of one process: ends, moments, yields, rework, waste; from the three solved readings.

Definitions, per case:

    yield        share that ends well                    scrap   share that ends badly
    first_pass   share that ends well without any rework outcome
    rework       share of the work (working time; executions where nothing takes time) that rework outcomes cause:
                 sum over nodes of work x max(0, visits - visits without rework) / sum of work x visits. "Without
                 rework" takes the rework outcomes out and renormalises the rest of their decision.
    waste        what was spent on a case before an outcome with the effect `waste`: sum of visits x amount x chance
                 that such an outcome comes later. Each execution counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.amounts import Amounts, amounts_of, cost_reward, time_reward
from mpmflow.analysis.exact.arrays import LawBook, Solved, Solver
from mpmflow.graphs.cells import Cells, ProcessCells, State
from mpmflow.numerics.chains.chain import factorise
from mpmflow.numerics.chains.moments import Moments, moments
from mpmflow.numerics.chains.outcomes import Outcomes, chain_from_outcomes

Floats = npt.NDArray[np.float64]
LEAST = 1e-12
"""Executions that differ by less than this share are the same: it is rounding."""

FIGURES = (
    "time.mean",
    "time.sd",
    "touch_time.mean",
    "cost.mean",
    "cost.sd",
    "yield",
    "scrap",
    "first_pass",
    "rework",
    "throughput_per_s",
    "wip",
)
"""The figures that levers move, in the order of the documents."""


@dataclass(frozen=True, eq=False)
class Solution:
    """A process solved in its three readings.

    Attributes:
        actual, first_pass, rework_free: the readings; the last two are None where nothing is rework.
        amounts: time, work and money per state.
        time, cost: moments of the reward of the outer chain.
        values: the figures of `FIGURES`, None where they have no meaning (no arrivals).
        executions: every state with its visits per case, those inside blocks too.
        extra: executions that rework causes, one for each of `executions`.
        weight: the work of one execution of each, in the unit in which rework is measured.
    """

    process: ProcessCells
    actual: Solved
    first_pass: Solved | None
    rework_free: Solved | None
    amounts: Amounts
    time: Moments
    cost: Moments
    rate: float | None
    values: dict[str, float | None]
    executions: tuple[tuple[State, float], ...]
    extra: Floats
    weight: Floats


def arrival_rate(process: ProcessCells, book: LawBook) -> float | None:
    """Cases per second in the long run, None without arrivals or with one batch."""
    coming = process.coming
    if coming.gap is None:
        return coming.rate
    mean = book.calendar(coming.gap, process.workflow).mean
    return 1.0 / mean if mean > 0.0 else None


def solve_process(process: ProcessCells, solver: Solver) -> Solution:
    """Solve a process and work out its figures. Raises `ModelFault` as `Solver.solve` does."""
    cells, book = process.cells, solver.book
    actual = solver.solve(cells)
    reworks = has_rework(cells)
    first_pass = solver.solve(cells, "first_pass") if reworks else None
    rework_free = solver.solve(cells, "rework_free") if reworks else None
    amounts = amounts_of(actual, book)
    time = moments(actual.factor, time_reward(actual, amounts))
    cost = moments(actual.factor, cost_reward(actual, amounts))
    executions = tuple(actual.executions())
    weight = work_weights(executions, book)
    visits = np.array([times for _, times in executions])
    extra = np.zeros(len(executions))
    if rework_free is not None:
        reference = np.array([times for _, times in rework_free.executions()])
        extra = visits - reference
        extra[np.abs(extra) <= LEAST * visits] = 0.0
    shares = actual.end_shares
    good, bad = float(shares @ actual.good), float(shares @ (1.0 - actual.good))
    whole = float(weight @ visits)
    rate = arrival_rate(process, book)
    currencies = len(process.currencies) < 2
    values: dict[str, float | None] = {
        "time.mean": time.mean,
        "time.sd": spread(time),
        "touch_time.mean": float(actual.state_visits @ amounts.work),
        "cost.mean": cost.mean if currencies else None,
        "cost.sd": spread(cost) if currencies else None,
        "yield": good,
        "scrap": bad,
        "first_pass": float(first_pass.end_shares @ first_pass.good) if first_pass is not None else good,
        "rework": float(weight @ np.maximum(extra, 0.0)) / whole if whole > 0.0 else 0.0,
        "throughput_per_s": rate * good if rate is not None else None,
        "wip": rate * time.mean if rate is not None else None,
    }
    return Solution(
        process, actual, first_pass, rework_free, amounts, time, cost, rate, values, executions, extra, weight
    )


def spread(found: Moments) -> float:
    """The standard deviation; 0 where the variance is nothing but rounding of the second moment."""
    return found.sd if found.variance > 1e-13 * found.second else 0.0


def has_rework(cells: Cells) -> bool:
    """Whether some outcome, inside parallel blocks too, is rework."""
    return any(way.rework for way in cells.ways) or any(
        has_rework(branch) for state in cells.states if state.block is not None for branch in state.block.branches
    )


def work_weights(executions: Sequence[tuple[State, float]], book: LawBook) -> Floats:
    """Working seconds of one execution of each state; 1 for each step and diamond where nothing takes time."""
    found = np.array(
        [book.work(state.timing, state.node).mean if state.part == "work" else 0.0 for state, _ in executions]
    )
    if found.any():
        return found
    return np.array([1.0 if state.part == "work" else 0.0 for state, _ in executions])


def wasted(solution: Solution, book: LawBook) -> tuple[float, float]:
    """Money and working seconds spent per case and then not used.

    An outcome inside a parallel block wastes what its own branch spent before it; one behind the block wastes what all
    branches spent.
    """
    if not _wastes(solution.actual.cells):
        return 0.0, 0.0
    return _wasted(solution.actual, book, 0.0)


def _wastes(cells: Cells) -> bool:
    return any(way.waste for way in cells.ways) or any(
        _wastes(branch) for state in cells.states if state.block is not None for branch in state.block.branches
    )


def _wasted(solved: Solved, book: LawBook, later: float) -> tuple[float, float]:
    """What one run through a process (or branch) wastes; `later` is the chance that something behind it does."""
    outcomes, n, k = solved.outcomes, solved.n, len(solved.ends)
    waste = np.array([way.waste for way in solved.cells.ways], dtype=bool)[solved.way]
    # A further end takes every wasting outcome: its chance is the chance that the work so far comes to nothing.
    target = np.where(waste, n + k, outcomes.target)
    split = Outcomes(outcomes.row, target, outcomes.share, np.full(len(target), -1), solved.way)
    factor = factorise(chain_from_outcomes(n, k + 1, split, solved.factor.chain.start))
    doomed = factor.values(factor.chain.exits @ np.append(later * solved.good, 1.0))
    amounts = amounts_of(solved, book)
    own = np.array([state.part not in ("block", "joined", "lost") for state in solved.cells.states])
    visits = np.bincount(solved.state, weights=solved.visits * doomed, minlength=len(own)) * own
    money, work = float(visits @ amounts.cost), float(visits @ amounts.work)
    for row, index in enumerate(solved.state.tolist()):
        fold = solved.folds.get(index)
        if fold is None:
            continue
        block = solved.cells.states[index].block
        assert block is not None
        joined = outcomes.target[(outcomes.row == row)][0]
        for number, branch in enumerate(fold.branches):
            others = [float(other.end_shares[0]) for place, other in enumerate(fold.branches) if place != number]
            passes = float(np.prod(others)) if block.join == "all" else 1.0
            inner_money, inner_work = _wasted(branch, book, passes * float(doomed[joined]))
            money += float(solved.visits[row]) * inner_money
            work += float(solved.visits[row]) * inner_work
    return money, work
