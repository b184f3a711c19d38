"""A solved workflow with the branches of its parallel blocks in a row: the form in which queues see it.

A case brings the same work to every team whether branches run side by side or one after the other, so for loads a
block is a stretch of chain like any other: fork, first branch, second branch, …, and a gate where the case goes on or
is lost. What follows of a branch does not depend on how the branch ended: the shares at the gate are those of the
whole block.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import Solved
from mpmflow.graphs.cells import State, Way
from mpmflow.numerics.chains.chain import Factor, factorise
from mpmflow.numerics.chains.outcomes import Outcomes, chain_from_outcomes

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FORWARD = Way(0, 0)
"""The way of an entry that no text has: from fork to first branch, from one branch to the next, out of the gate."""


@dataclass(frozen=True, eq=False)
class InARow:
    """The rows of a solved workflow, those of branches among them.

    Attributes:
        states: of each row, the state that it is (a copy of); a gate is the state of its block.
        outcomes: rows, targets (n + k for end k), shares, payers; `lever` is the entry itself.
        ways: of each entry, the way of the text, shape (m,).
        entry: of each entry, the entry of the solved workflow's outcomes, -1 inside branches, shape (m,).
        branches: as `queueing.owned_work` takes them.
        start, ends: the row where cases start; how many ends there are.
    """

    states: tuple[State, ...]
    outcomes: Outcomes
    ways: tuple[Way, ...]
    entry: Ints
    branches: tuple[tuple[tuple[int, ...], int, int], ...]
    start: int
    ends: int

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.states)

    def factor(self, share: Floats | None = None) -> Factor:
        """The factorised chain; `share` replaces the shares, entry by entry."""
        return factorise(chain_from_outcomes(self.n, self.ends, self.outcomes, self.start, share))

    @cached_property
    def named(self) -> dict[str, list[int]]:
        """Outcome id -> its entries; several where it stands in copies of a loop, or in a workflow called twice."""
        found: dict[str, list[int]] = {}
        for index, way in enumerate(self.ways):
            if way.outcome is not None:
                found.setdefault(way.outcome, []).append(index)
        return found


@dataclass
class _Layout:
    states: list[State] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    payer: list[int] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    entry: list[int] = field(default_factory=list)
    branches: list[tuple[int, tuple[int, ...], int, int]] = field(default_factory=list)

    def add_row(self, state: State) -> int:
        self.states.append(state)
        return len(self.states) - 1

    def add(
        self, row: int, target: int, share: float = 1.0, way: Way = FORWARD, payer: int = -1, seat: int = -1
    ) -> int:
        self.row.append(row)
        self.target.append(target)
        self.share.append(share)
        self.ways.append(way)
        self.payer.append(payer)
        self.entry.append(seat)
        return len(self.row) - 1

    def lay(self, solved: Solved, depth: int) -> tuple[int, list[int]]:
        """Lay out a workflow (depth 0) or a branch; the row where it starts, and the entries that lead to its ends.

        A target below 0 is end -1 - k, until somebody says where that is.
        """
        outside = depth == 0
        seats = [self.add_row(solved.cells.states[index]) for index in solved.state.tolist()]
        leaves = list(seats)
        for row, index in enumerate(solved.state.tolist()):
            if index in solved.folds:
                leaves[row] = self.block(solved, index, seats[row], depth)
        ending: list[int] = []
        outcomes, first = solved.outcomes, len(self.row)
        columns = (outcomes.row, outcomes.target, outcomes.share, outcomes.payer, solved.way)
        for seat, (row, target, share, payer, way) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            inside = target < solved.n
            at = self.add(
                leaves[row],
                seats[target] if inside else -1 - (target - solved.n),
                share,
                solved.cells.ways[way],
                first + payer if payer >= 0 else -1,
                seat if outside else -1,
            )
            if not inside:
                ending.append(at)
        return seats[int(np.argmax(solved.factor.chain.start))], ending

    def block(self, solved: Solved, index: int, fork: int, depth: int) -> int:
        """Lay out the branches of a block behind its fork; the gate at their end."""
        gate = self.add_row(replace(solved.cells.states[index], part="joined"))
        laid = []
        for branch in solved.folds[index].branches:
            begin = len(self.states)
            start, ending = self.lay(branch, depth + 1)
            laid.append((tuple(range(begin, len(self.states))), start, ending))
        self.add(fork, laid[0][1])
        for number, (nodes, _, ending) in enumerate(laid):
            after = laid[number + 1][1] if number + 1 < len(laid) else gate
            for at in ending:
                self.target[at] = after
            self.branches.append((depth, nodes, after, gate))
        return gate


def in_a_row(solved: Solved) -> InARow:
    """Lay a solved workflow out. Other readings of the same cells give the same rows and entries.

    >>> from mpmflow.analysis.exact.arrays import LawBook, Solver
    >>> from mpmflow.graphs.to_chain import to_chain
    >>> from mpmflow.model.model import Model
    >>> from mpmflow.model.process import Branch, Parallel, Step, Workflow
    >>> both = Parallel(name="both", branches=[Branch(body=[Step(name=name)]) for name in ("copy", "media")])
    >>> workflow = Workflow(name="w", body=[Step(name="brief"), both])
    >>> row = in_a_row(Solver(LawBook()).solve(to_chain(Model(workflows=[workflow]), "w").cells))
    >>> [state.node for state in row.states]
    ['brief', 'both', 'both', 'both', 'copy', 'media']
    >>> row.factor().visits().tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    made = _Layout()
    start, _ = made.lay(solved, 0)
    n = len(made.states)
    target = np.array(made.target, dtype=np.int64)
    outcomes = Outcomes(
        np.array(made.row, dtype=np.int64),
        np.where(target < 0, n - 1 - target, target),
        np.array(made.share, dtype=np.float64),
        np.array(made.payer, dtype=np.int64),
        np.arange(len(made.row)),
    )
    return InARow(
        tuple(made.states),
        outcomes,
        tuple(made.ways),
        np.array(made.entry, dtype=np.int64),
        tuple(one[1:] for one in sorted(made.branches, key=lambda one: one[0])),
        start,
        len(solved.ends),
    )
