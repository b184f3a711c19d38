"""The chain behind the figures with its names on it, and every number as an exact fraction.

What the engines solve in floating point is written out here for those who want to solve it again elsewhere (a model
checker) or with symbols in it (a closed form): rows, ways, ends, and what a visit of each row takes and costs. Loops
with memory stand in copies, called workflows are copied in, and a parallel block is the state that it was folded to.

Shares are those of the text. Means are the simplest fraction that rounds to the engine's number, so that 2 hours at
60 eur an hour are 120 eur and not a binary neighbour of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mpmflow.analysis.exact.arrays import Solved
from mpmflow.analysis.exact.figures import Solution
from mpmflow.graphs.cells import State, Way

_SIMPLE = (1_000, 1_000_000, 1_000_000_000)


@dataclass(frozen=True, slots=True)
class ExactWay:
    """A way out of a row.

    Attributes:
        row: the row that it leaves.
        target: a row, or `-1 - k` for end k.
        share: how often it is taken.
        way: what it is a copy of; see `mpmflow.graphs.cells`.
    """

    row: int
    target: int
    share: Fraction
    way: Way


@dataclass(frozen=True, eq=False)
class ExactChain:
    """A workflow's chain, as it is.

    Attributes:
        workflow: its name.
        states: of each row, the state that it is (a copy of).
        copy: of each row, which copy of its state it is, from 1, and how many there are.
        ways: those of one row beside each other, rows in rising order; ways with share 0 are among them.
        start: the row where cases start.
        ends: names; `good[k]` says whether end k ends a case well.
        time, work: calendar and working seconds of a visit of each row, on average.
        cost: money of a visit of each row, on average.
        visits: node -> executions of it in a visit of each row: 1 in its own rows, and at a folded block what its
            branches do there.
        folded: names of the parallel blocks that stand here as one state.
    """

    workflow: str
    states: tuple[State, ...]
    copy: tuple[tuple[int, int], ...]
    ways: tuple[ExactWay, ...]
    start: int
    ends: tuple[str, ...]
    good: tuple[bool, ...]
    time: tuple[Fraction, ...]
    work: tuple[Fraction, ...]
    cost: tuple[Fraction, ...]
    visits: dict[str, dict[int, Fraction]]
    folded: tuple[str, ...]


def simplest(value: float) -> Fraction:
    """The simplest of the fractions that round to a number, as far as one with a denominator below 1e9 does.

    >>> simplest(1 / 60), simplest(7200.0), float(simplest(0.1 + 0.2)) == 0.1 + 0.2
    (Fraction(1, 60), Fraction(7200, 1), True)
    """
    whole = Fraction(value)
    for limit in _SIMPLE:
        found = whole.limit_denominator(limit)
        if float(found) == value:
            return found
    return whole


def exact_chain(solution: Solution) -> ExactChain:
    """The chain of a solved workflow, written out.

    >>> from mpmflow.analysis.exact.arrays import LawBook, Solver
    >>> from mpmflow.analysis.exact.figures import solve_process
    >>> from mpmflow.graphs.to_chain import to_chain
    >>> from mpmflow.model.model import Model
    >>> from mpmflow.model.process import Decision, Outcome, Step, Workflow
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief")])
    >>> workflow = Workflow(name="w", body=[Step(name="brief", takes="2h"), check])
    >>> chain = exact_chain(solve_process(to_chain(Model(workflows=[workflow]), "w"), Solver(LawBook())))
    >>> [(way.row, way.target, str(way.share)) for way in chain.ways]
    [(0, 1, '1'), (1, -1, '4/5'), (1, 0, '1/5')]
    """
    solved, amounts = solution.actual, solution.amounts
    states = tuple(solved.cells.states[index] for index in solved.state.tolist())
    cost = _costs(solution)
    return ExactChain(
        solution.process.workflow,
        states,
        _copies(solved.state.tolist()),
        tuple(_ways(solved)),
        int(np.argmax(solved.factor.chain.start)),
        solved.ends,
        tuple(bool(flag) for flag in solved.good),
        tuple(simplest(float(amounts.time[index])) for index in solved.state.tolist()),
        tuple(simplest(float(amounts.work[index])) for index in solved.state.tolist()),
        tuple(cost[index] for index in solved.state.tolist()),
        _visits(solved),
        tuple(dict.fromkeys(state.node for state in states if state.block is not None)),
    )


def _copies(state: list[int]) -> tuple[tuple[int, int], ...]:
    total: dict[int, int] = {}
    for index in state:
        total[index] = total.get(index, 0) + 1
    seen: dict[int, int] = {}
    found = []
    for index in state:
        seen[index] = seen.get(index, 0) + 1
        found.append((seen[index], total[index]))
    return tuple(found)


def _ways(solved: Solved) -> Iterator[ExactWay]:
    n = solved.n
    rows, targets = solved.outcomes.row.tolist(), solved.outcomes.target.tolist()
    shares, seats = solved.outcomes.share.tolist(), solved.way.tolist()
    left = Fraction(1)
    for entry, (row, target, seat) in enumerate(zip(rows, targets, seats, strict=True)):
        way = solved.cells.ways[seat]
        if entry == 0 or rows[entry - 1] != row:
            left = Fraction(1)
        if way.share:
            share = next(exact for exact in way.share if float(exact) == shares[entry])
        elif entry + 1 < len(rows) and rows[entry + 1] == row:
            share = simplest(shares[entry])
        else:  # ways out of a block follow from its branches: the last one takes the rest, so that all add up
            share = left
        left -= share
        yield ExactWay(row, target if target < n else n - 1 - target, share, way)


def _costs(solution: Solution) -> list[Fraction]:
    """Money per visit of each state of the cells."""
    amounts = solution.amounts
    found = []
    for index, state in enumerate(solution.actual.cells.states):
        if state.part in ("joined", "lost", "block"):
            found.append(simplest(float(amounts.cost[index])))
        else:
            found.append(simplest(state.cost) + simplest(state.rate) * simplest(float(amounts.work[index])))
    return found


def _visits(solved: Solved) -> dict[str, dict[int, Fraction]]:
    found: dict[str, dict[int, Fraction]] = {}
    for row, index in enumerate(solved.state.tolist()):
        state = solved.cells.states[index]
        if state.node and state.part in ("work", "call", "block"):
            at = found.setdefault(state.node, {})
            at[row] = at.get(row, Fraction(0)) + 1
        if index in solved.folds:
            for branch in solved.folds[index].branches:
                for inner, times in branch.executions():
                    if inner.node and inner.part in ("work", "call", "block"):
                        at = found.setdefault(inner.node, {})
                        at[row] = at.get(row, Fraction(0)) + simplest(times)
    return found
