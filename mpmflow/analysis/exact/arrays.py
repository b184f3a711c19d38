"""From the cells of a process to its solved chain: shares, times and costs as arrays, every row with its name.

Three readings of one process are solved, because the figures compare them:

    actual        as it is
    first_pass    a rework outcome ends the case: what still ends well has passed at once
    rework_free   rework outcomes are taken out and the rest of the decision renormalised

A parallel block is solved branch by branch and then stands in the chain as one state; `blocks` folds
it. Bounds (`at most`) and shares that change per visit are made into copies of states by `counters`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.laws_of import Samples, law_of
from mpmflow.graphs.cells import Cells, State
from mpmflow.graphs.faults import ModelFault
from mpmflow.graphs.work_time import Timing
from mpmflow.numerics.chains.chain import Factor, factorise
from mpmflow.numerics.chains.outcomes import Outcomes, chain_from_outcomes
from mpmflow.numerics.faults import NoExitError
from mpmflow.numerics.times.laws import Constant, Law

if TYPE_CHECKING:
    from mpmflow.analysis.exact.blocks import Fold
    from mpmflow.analysis.exact.branch_time import BranchSpell

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Reading = Literal["actual", "first_pass", "rework_free"]
REWORKED = "reworked"
"""The extra last end of the first-pass reading."""
NOTHING = Constant(0.0)


@dataclass
class LawBook:
    """The laws of a model's timings, each made once; with the moments that the chain needs."""

    samples: Samples | None = None
    _laws: dict[tuple[Timing, bool], Law] = field(default_factory=dict)
    _seen: dict[tuple[int, bool], tuple[Timing, Law]] = field(default_factory=dict)

    def work(self, timing: Timing | None, where: str = "") -> Law:
        """The law in working seconds."""
        return self._find(timing, False, where)

    def calendar(self, timing: Timing | None, where: str = "") -> Law:
        """The law in calendar seconds."""
        return self._find(timing, True, where)

    def _find(self, timing: Timing | None, stretched: bool, where: str) -> Law:
        if timing is None:
            return NOTHING
        seen = self._seen.get((id(timing), stretched))  # a state asks for its timing many times: hash it but once
        if seen is not None:
            return seen[1]
        key = (timing, stretched and timing.stretch != 1.0)
        found = self._laws.get(key)
        if found is None:
            found = law_of(timing, self.samples, where)
            if key[1]:
                found = found.scaled(timing.stretch)
            self._laws[key] = found
        self._seen[id(timing), stretched] = (timing, found)
        return found


@dataclass(frozen=True, eq=False)
class Solved:
    """One reading of a process (or of a branch), factorised.

    Attributes:
        cells: what it was made of.
        reading: which of the three.
        state: which of the cells' states each row is a copy of, shape (n,).
        way: which of the cells' ways each entry of `outcomes` is a copy of, shape (m,).
        outcomes: rows, targets and shares, shape (m,).
        factor: the factorised chain, n rows and k ends.
        ends: names of the ends; of the first-pass reading with `reworked` last.
        good: shape (k,), 1 for an end that ends a case well.
        visits: expected executions of each row per case, shape (n,).
        folds: state of a block -> its branches, solved.
    """

    cells: Cells
    reading: Reading
    state: Ints
    way: Ints
    outcomes: Outcomes
    factor: Factor
    ends: tuple[str, ...]
    good: Floats
    visits: Floats
    folds: dict[int, Fold]

    @property
    def n(self) -> int:
        return len(self.state)

    @property
    def end_shares(self) -> Floats:
        """Chance of each end, shape (k,)."""
        return np.asarray(self.visits @ self.factor.chain.exits)

    @property
    def state_visits(self) -> Floats:
        """Executions of each state of the cells, copies added up, shape (states,)."""
        return np.bincount(self.state, weights=self.visits, minlength=len(self.cells.states)).astype(np.float64)

    def executions(self) -> Iterator[tuple[State, float]]:
        """Every state with its executions per case, those inside parallel blocks behind their block.

        The order is the same for every reading of the same cells.
        """
        for index, (state, visits) in enumerate(zip(self.cells.states, self.state_visits.tolist(), strict=True)):
            yield state, visits
            if index in self.folds:
                for branch in self.folds[index].branches:
                    for inner, times in branch.executions():
                        yield inner, visits * times


@dataclass
class Solver:
    """Solves cells; blocks and their branches only once while their cells stay the same objects.

    What was found is kept beside the object that it was found for, so that its id cannot be given to another one.
    """

    book: LawBook
    _folds: dict[tuple[int, Reading], tuple[object, Fold]] = field(default_factory=dict)
    _branches: dict[tuple[int, Reading], tuple[object, Solved]] = field(default_factory=dict)
    _spells: dict[int, tuple[object, BranchSpell]] = field(default_factory=dict)

    def solve(self, cells: Cells, reading: Reading = "actual") -> Solved:
        """Solve one reading.

        Raises `ModelFault` for a loop without a way out, and for what no engine can compute.
        """
        from mpmflow.analysis.exact.counters import unrolled

        folds = {
            index: self.fold(cells, index, reading)
            for index, state in enumerate(cells.states)
            if state.block is not None
        }
        copies = unrolled(cells)
        row, way = copies.row, copies.way
        n, k = len(copies.state), len(cells.ends)
        share = copies.share
        if folds:
            share = np.where(np.isnan(share), _block_shares(cells, folds)[way], share)
        target = np.where(copies.target < 0, n - 1 - copies.target, copies.target)
        rework = np.array([one.rework for one in cells.ways], dtype=bool)[way]
        ends, good = cells.ends, np.array(cells.good, dtype=np.float64)
        target = np.where(target < 0, n - 1 - target, target)
        payer = copies.payer
        if reading == "first_pass":
            ends, good, k = (*ends, REWORKED), np.append(good, 0.0), k + 1
            target = np.where(rework, n + k - 1, target)
            row, target, way, share = _reworked_inside(folds, copies.state, row, target, way, share, n + k - 1)
            payer = np.append(payer, np.full(len(row) - len(payer), -1))
        elif reading == "rework_free":
            share = without(share, row, rework, n)
        outcomes = Outcomes(row, target, share, payer, way)
        try:
            factor = factorise(chain_from_outcomes(n, k, outcomes, copies.start))
        except NoExitError as stuck:
            names = dict.fromkeys(cells.states[copies.state[node]].node for node in stuck.nodes)
            loop = ", ".join(names)
            mend = "Give one of them an outcome that leaves the loop."
            raise ModelFault(next(iter(names)), f"cases that come to {loop} never leave again", mend) from stuck
        return Solved(cells, reading, copies.state, way, outcomes, factor, ends, good, factor.visits(), folds)

    def again(self) -> Solver:
        """Another solver that knows the same laws and what was found so far, and keeps what it finds to itself."""
        return Solver(self.book, dict(self._folds), dict(self._branches), dict(self._spells))

    def branch(self, cells: Cells, reading: Reading) -> Solved:
        """A solved branch of a block."""
        key = (id(cells), reading)
        if key not in self._branches:
            self._branches[key] = (cells, self.solve(cells, reading))
        return self._branches[key][1]

    def spell(self, branch: Solved) -> BranchSpell:
        """The time of a branch that was solved as it is."""
        from mpmflow.analysis.exact.branch_time import spell_of

        if id(branch.cells) not in self._spells:
            self._spells[id(branch.cells)] = (branch.cells, spell_of(branch, self.book))
        return self._spells[id(branch.cells)][1]

    def fold(self, cells: Cells, index: int, reading: Reading) -> Fold:
        """The folded block that stands at a state."""
        from mpmflow.analysis.exact.blocks import fold_block

        block = cells.states[index].block
        assert block is not None
        key = (id(block), reading)
        if key not in self._folds:
            self._folds[key] = (block, fold_block(self, block, reading))
        return self._folds[key][1]


def without(share: Floats, row: Ints, taken_out: npt.NDArray[np.bool_], n: int) -> Floats:
    """Shares with some ways taken out and the others of their row renormalised.

    A row that has nothing but them keeps what it has: without its rework it would have no way on at all.
    """
    kept = np.where(taken_out, 0.0, share)
    left = np.bincount(row, weights=kept, minlength=n)[row]
    return np.where(left > 0.0, kept / np.where(left > 0.0, left, 1.0), share)


def _block_shares(cells: Cells, folds: dict[int, Fold]) -> Floats:
    """The shares of the ways out of forks and out of `lost`, one a way; nan for all others."""
    share = np.full(len(cells.ways), np.nan)
    leaving: dict[int, list[int]] = {}
    for number, way in enumerate(cells.ways):
        if not way.share:
            leaving.setdefault(way.row, []).append(number)
    for index, fold in folds.items():
        share[leaving[index]] = [fold.passed, fold.lost][: len(leaving[index])]
        if index + 2 in leaving:  # the states of a block stand beside each other: fork, joined, lost
            share[leaving[index + 2]] = fold.lost_shares
    return share


def _reworked_inside(
    folds: dict[int, Fold], state: Ints, row: Ints, target: Ints, way: Ints, share: Floats, end: int
) -> tuple[Ints, Ints, Ints, Floats]:
    """First-pass reading: what a block neither passes nor loses has been reworked inside it."""
    more = [(index, at) for index in folds for at in np.flatnonzero(state == index).tolist()]
    if not more:
        return row, target, way, share
    left = [max(0.0, 1.0 - folds[index].passed - folds[index].lost) for index, _ in more]
    return (
        np.append(row, [at for _, at in more]),
        np.append(target, np.full(len(more), end)),
        np.append(way, np.full(len(more), -1)),
        np.append(share, left),
    )
