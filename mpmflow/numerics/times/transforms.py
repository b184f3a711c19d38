"""The transforms of a timed process on the circle of a lattice, block by block: what `sojourn` is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import linalg

from mpmflow.numerics.chains.chain import Chain, Factor, Floats, factorise
from mpmflow.numerics.chains.elimination import Plan, plan_elimination
from mpmflow.numerics.chains.moments import Moments, Reward, moments, reward
from mpmflow.numerics.chains.outcomes import Outcomes, chain_from_outcomes, summed
from mpmflow.numerics.faults import ChainError
from mpmflow.numerics.settings import Settings
from mpmflow.numerics.times import array_kernel

from .compound import Sum
from .lattice import Complexes, Lattice, OnLattice, on_lattice
from .laws import Constant, Law

NOTHING = Constant(0.0)


@dataclass(frozen=True, eq=False)
class TimedProcess:
    """A process with its duration laws; make it with `timed_process`.

    Attributes:
        n, k: numbers of nodes and ends.
        outcomes: of every node, plain steps included.
        laws: of each node's time, n of them.
        outcome_laws: of the time on each outcome, m of them.
        start: where cases start, shape (n,), sum 1.
    """

    n: int
    k: int
    outcomes: Outcomes
    laws: tuple[Law, ...]
    outcome_laws: tuple[Law, ...]
    start: Floats

    @cached_property
    def chain(self) -> Chain:
        """Routing and exits."""
        return chain_from_outcomes(self.n, self.k, self.outcomes, self.start)

    @cached_property
    def factor(self) -> Factor:
        """The chain, factorised."""
        return factorise(self.chain)

    @cached_property
    def time(self) -> Reward:
        """Time as a reward, for exact moments and their slopes."""
        return reward(
            [law.mean for law in self.laws],
            [law.second for law in self.laws],
            [law.mean for law in self.outcome_laws],
            [law.second for law in self.outcome_laws],
            k=self.k,
        )

    @cached_property
    def moments(self) -> Moments:
        """Exact mean and second moment of the time."""
        return moments(self.factor, self.time, self.outcomes)

    @cached_property
    def plan(self) -> Plan:
        """Symbolic elimination of the routing, one cell an outcome."""
        inside = self.outcomes.target < self.n
        return plan_elimination(self.n, self.outcomes.row[inside], self.outcomes.target[inside])

    @cached_property
    def parts(self) -> tuple[Law, ...]:
        """The different laws that occur, sums taken apart."""
        return tuple(dict.fromkeys(part for law in (*self.laws, *self.outcome_laws) for part in parts_of(law)))

    @property
    def fixed_times(self) -> Floats:
        """Every time that some law takes with positive chance, for the choice of the step."""
        return np.unique(np.concatenate([part.atoms[0] for part in self.parts]))

    @property
    def only_fixed(self) -> bool:
        """Whether no law has a smooth part."""
        return all(float(part.atoms[1].sum()) > 1.0 - 1e-12 for part in self.parts)

    @cached_property
    def purely_fixed(self) -> Floats:
        """Chance, from each node to the end, that every time on the way is one of those fixed ones, shape (n,)."""
        atomic = {law: math.prod(float(part.atoms[1].sum()) for part in parts_of(law)) for law in self._all_laws}
        here = np.array([atomic[law] for law in self.laws])
        way = np.array([atomic[law] for law in self.outcome_laws])
        out = self.outcomes
        weight = here[out.row] * out.share * way
        inside = out.target < self.n
        cells = sparse.csc_array((weight[inside], (out.row[inside], out.target[inside])), shape=(self.n, self.n))
        right = summed(out.row[~inside], weight[~inside], self.n)
        return np.asarray(linalg.spsolve(sparse.csc_array(sparse.eye_array(self.n)) - cells, right)).reshape(self.n)

    @property
    def _all_laws(self) -> dict[Law, None]:
        return dict.fromkeys((*self.laws, *self.outcome_laws))


def timed_process(
    n: int,
    k: int,
    outcomes: Outcomes,
    laws: Sequence[Law | None],
    outcome_laws: Sequence[Law | None] | None = None,
    start: npt.ArrayLike | int = 0,
) -> TimedProcess:
    """Check and freeze a process with its times; None stands for no time at all.

    Raises `ChainError` when numbers do not fit, a node has no outcome, or the start does not add up to 1.
    """
    on_way = [None] * outcomes.count if outcome_laws is None else list(outcome_laws)
    if len(laws) != n or len(on_way) != outcomes.count:
        raise ChainError(
            f"{n} nodes and {outcomes.count} outcomes need as many laws, got {len(laws)} and {len(on_way)}"
        )
    missing = np.setdiff1d(np.arange(n), outcomes.row)
    if len(missing):
        raise ChainError(
            f"node {int(missing[0])} has no outcome: the law of a time needs every row", row=int(missing[0])
        )
    begin = np.zeros(n)
    if np.ndim(start) == 0:
        begin[int(np.asarray(start))] = 1.0
    else:
        begin = np.asarray(start, dtype=np.float64)
        if begin.shape != (n,) or abs(float(begin.sum()) - 1.0) > 1e-9:
            raise ChainError(f"the law of a time needs a start of shape ({n},) that adds up to 1")
    every = tuple(NOTHING if law is None else law for law in (*laws, *on_way))
    return TimedProcess(n, k, outcomes, every[:n], every[n:], begin)


def parts_of(law: Law) -> tuple[Law, ...]:
    """The independent parts of a sum, to be laid on a lattice one by one; any other law is its own only part."""
    return tuple(simple for part in law.parts for simple in parts_of(part)) if isinstance(law, Sum) else (law,)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One block of frequencies.

    Attributes:
        at: which frequencies.
        here, way: transforms of the nodes' and outcomes' times, shapes (n, B), (m, B).
        arrivals: V, shape (n, B).
        to_go: U for each right-hand side, shape (R, n, B).
    """

    at: slice
    here: Complexes
    way: Complexes
    arrivals: Complexes
    to_go: Complexes


class Transforms:
    """A timed process on a lattice: transforms of its laws, and `blocks` of solved frequencies.

    Takes 8 bytes for each point and each different law (0.7 GB for 10,000 laws on 8,640 points).
    """

    def __init__(
        self,
        process: TimedProcess,
        lattice: Lattice,
        settings: Settings,
        atoms_only: bool = False,
        signed: bool = False,
        stretch: bool = False,
    ) -> None:
        """Lay all laws on the lattice; `atoms_only` leaves smooth parts out, `stretch` prepares slopes in durations."""
        self.process, self.lattice, self.settings = process, lattice, settings
        different = tuple(dict.fromkeys((*process.laws, *process.outcome_laws)))
        seat = {law: index for index, law in enumerate(different)}
        count = lattice.points // 2 + 1
        self._law = np.ones((len(different), count), dtype=np.complex128)
        self._law_stretch = np.zeros((len(different) if stretch else 0, count), dtype=np.complex128)
        self._displaced = np.zeros(len(different))
        for index, law in enumerate(different):
            laid = [on_lattice(part, lattice, stretch, signed) for part in parts_of(law)]
            self._displaced[index] = sum(part.displaced for part in laid)
            whole = [lattice.forward(part.atoms if atoms_only else part.mass) for part in laid]
            for transform in whole:
                self._law[index] *= transform
            if stretch:
                self._law_stretch[index] = _product_slope(laid, whole, lattice)
        self._node = np.array([seat[law] for law in process.laws])
        self._outcome = np.array([seat[law] for law in process.outcome_laws], dtype=np.int64)

    def displaced(self, visits: Floats) -> float:
        """Variance that fixed times off the lattice gain on a case's way, in steps squared."""
        out = self.process.outcomes
        nodes = visits @ self._displaced[self._node]
        ways = (visits[out.row] * out.share) @ self._displaced[self._outcome]
        return float(nodes + ways)

    def stretch_of_nodes(self, at: slice) -> Complexes:
        """Slopes of the nodes' transforms per relative change of their durations, shape (n, B)."""
        return self._law_stretch[self._node, at]

    def blocks(self, ends: Floats) -> Iterator[Block]:
        """Solve all frequencies; `ends` (R, k) weighs the ends of each right-hand side (R may be 0)."""
        process, plan, out = self.process, self.process.plan, self.process.outcomes
        inside = np.flatnonzero(out.target < process.n)
        outside = np.flatnonzero(out.target >= process.n)
        cell_place = plan.place[out.row[inside]]
        worth = out.share[outside] * ends[:, out.target[outside] - process.n]
        gather = [
            sparse.csr_array((some, (out.row[outside], np.arange(len(outside)))), shape=(process.n, len(outside)))
            for some in worth
        ]
        count = self.lattice.points // 2 + 1
        small = len(plan.update) <= array_kernel.UPDATES
        size = array_kernel.WIDTH if small else self.settings.block
        for begin in range(0, count, size):
            at = slice(begin, min(begin + size, count))
            here, way = self._law[self._node, at], self._law[self._outcome, at]
            cells = out.share[inside, None] * here[out.row[inside]] * way[inside]
            left = np.repeat(process.start[:, None], at.stop - at.start, axis=1).astype(np.complex128)
            right = np.zeros((len(worth), process.n, at.stop - at.start), dtype=np.complex128)
            for side, matrix in enumerate(gather):
                right[side] = here * (matrix @ way[outside])
            if small:
                array_kernel.solve_frequencies(plan, cell_place, cells, left, right)
            else:
                left, right = _compiled(plan, cell_place, cells, left, right)
            yield Block(at, here, way, left, right)

    def masses(self) -> Floats:
        """Masses of the time to each end from the start, shape (k, M)."""
        process, out = self.process, self.process.outcomes
        outside = np.flatnonzero(out.target >= process.n)
        gather = sparse.csr_array(
            (out.share[outside], (out.target[outside] - process.n, np.arange(len(outside)))),
            shape=(process.k, len(outside)),
        )
        found = np.empty((process.k, self.lattice.points // 2 + 1), dtype=np.complex128)
        for block in self.blocks(np.zeros((0, process.k))):
            leaving = block.arrivals * block.here
            found[:, block.at] = gather @ (leaving[out.row[outside]] * block.way[outside])
        return self.lattice.backward(found)

    def after(self, block: Block, ends: Floats) -> Complexes:
        """W: transform of the time from leaving each node to the end, for the right-hand sides, shape (R, n, B)."""
        process, out = self.process, self.process.outcomes
        gather = sparse.csr_array((out.share, (out.row, np.arange(out.count))), shape=(process.n, out.count))
        return np.array([gather @ (block.way * self.ahead(block, ends)[side]) for side in range(len(ends))])

    def ahead(self, block: Block, ends: Floats) -> Complexes:
        """U of each outcome's target (1, or its weight, for an end), shape (R, m, B)."""
        width = block.at.stop - block.at.start
        worth = np.repeat(ends[:, :, None], width, axis=2).astype(np.complex128)
        return np.concatenate([block.to_go, worth], axis=1)[:, self.process.outcomes.target]


def _compiled(plan: Plan, cell_place: Any, cells: Complexes, left: Complexes, right: Complexes) -> Any:
    """Left and right solved by the compiled loop, which keeps real and imaginary parts apart."""
    from mpmflow.numerics.chains.kernels import solve_frequencies

    parts = [np.ascontiguousarray(part) for array in (left, right) for part in (array.real, array.imag)]
    solve_frequencies(
        plan.order,
        plan.cell_slot,
        cell_place,
        plan.slots,
        plan.ahead_start,
        plan.ahead_place,
        plan.ahead_slot,
        plan.sender_start,
        plan.sender_place,
        plan.sender_slot,
        plan.update,
        np.ascontiguousarray(cells.real),
        np.ascontiguousarray(cells.imag),
        *parts,
    )
    return parts[0] + 1j * parts[1], parts[2] + 1j * parts[3]


def _product_slope(laid: Sequence[OnLattice], whole: Sequence[Complexes], lattice: Lattice) -> Complexes:
    """Slope of a product of transforms when all its parts are stretched alike."""
    total = np.zeros(lattice.points // 2 + 1, dtype=np.complex128)
    for index, part in enumerate(laid):
        if part.stretch is None:
            continue
        product = lattice.forward(part.stretch)
        for other in (*whole[:index], *whole[index + 1 :]):
            product = product * other
        total += product
    return total
