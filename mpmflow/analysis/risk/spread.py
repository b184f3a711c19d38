"""Where rework and delay spread: two states of one workflow compared row by row, and shared among the sources.

Let `y0`, `y1` be the expected visits and `u0`, `u1` the values to go in the reference and now, and let outcome e of a
decision have changed its share by `d_e`. Since the changes of a decision add up to nothing, each is counted against the
outcome that just goes on (`pass`), and with `A_e` the value of taking outcome e

    part of e  =  1/2 ( y1 d_e (A0_e - A0_pass) + y0 d_e (A1_e - A1_pass) )

which adds up exactly to the change of the figure: it is the performance-difference formula for Markov chains (Cao,
2007), made symmetric. Where no outcome of a decision just goes on, the mean of its outcomes, by their mean share,
takes the place of `pass`; any weights would do for the sum. Changed times add `1/2 (y0 + y1)` times their change.

A parallel block is one row here; how its branches move its time and its ends is found by `switching`.
Visits inside a branch are the block's visits times the branch's own, and so is their change, split evenly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mpmflow.analysis.exact.amounts import amounts_of
from mpmflow.analysis.exact.arrays import Solved, Solver
from mpmflow.analysis.exact.blocks import Fold
from mpmflow.graphs.cells import Cells

from .switching import Names, by_switching, changed_sources, in_between, source_of_state

Floats = npt.NDArray[np.float64]
_BLOCK_FIGURES = ("passed", "lost", "time_passed", "time_lost", "cost_passed", "cost_lost")


@dataclass(frozen=True, slots=True)
class Split:
    """A change with its parts: `after - before = sum of parts + residual`."""

    before: float
    after: float
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def residual(self) -> float:
        """What the parts leave of the change: rounding, unless said otherwise."""
        return self.change - sum(self.parts.values())

    def times(self, other: Split) -> Split:
        """The split of a product: each factor's change at the mean of the other.

        >>> Split(2, 3, {"a": 1.0}).times(Split(10, 20, {"b": 10.0})).parts
        {'a': 15.0, 'b': 25.0}
        """
        mine, theirs = 0.5 * (self.before + self.after), 0.5 * (other.before + other.after)
        parts = {name: part * theirs for name, part in self.parts.items()}
        for name, part in other.parts.items():
            parts[name] = parts.get(name, 0.0) + part * mine
        return Split(self.before * other.before, self.after * other.after, parts)

    def plus(self, other: Split) -> Split:
        """The split of a sum."""
        parts = dict(self.parts)
        for name, part in other.parts.items():
            parts[name] = parts.get(name, 0.0) + part
        return Split(self.before + other.before, self.after + other.after, parts)

    def passed_on(self, flows: Mapping[str, Mapping[str, float]]) -> Split:
        """The split with the parts of some names passed on to others, by shares that add up to 1.

        >>> Split(0, 3, {"queue": 2.0, "a": 1.0}).passed_on({"queue": {"a": 0.25, "b": 0.75}}).parts
        {'a': 1.5, 'b': 1.5}
        """
        if not any(name in flows for name in self.parts):
            return self
        parts: dict[str, float] = {}
        for name, part in self.parts.items():
            for to, share in flows.get(name, {name: 1.0}).items():
                parts[to] = parts.get(to, 0.0) + share * part
        return Split(self.before, self.after, parts)


NOTHING = Split(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class NodeSpread:
    """What changes at one node: executions per case, and time per case split in three ways and by source.

    `path` by more visits, `own` by longer ones, `pool` by longer waits for the people who work there.
    """

    node: str
    visits: Split
    time: Split
    path: float
    own: float
    pool: float = 0.0

    def plus(self, other: NodeSpread) -> NodeSpread:
        """Both together, under this one's name."""
        return NodeSpread(
            self.node,
            self.visits.plus(other.visits),
            self.time.plus(other.time),
            self.path + other.path,
            self.own + other.own,
            self.pool + other.pool,
        )

    def passed_on(self, flows: Mapping[str, Mapping[str, float]]) -> NodeSpread:
        """With the parts of queues passed on to what moved them."""
        return replace(self, visits=self.visits.passed_on(flows), time=self.time.passed_on(flows))


class Compared:
    """Two states of one workflow (or branch) with the same rows.

    Args:
        before, after: the reference and the current state, solved.
        solver: gives the laws of times.
        names: how the time of each node is called as a source.
        spill: source of a time -> the share of its change that is longer waiting for people.

    Raises ValueError when the two do not have the same rows and ways.
    """

    def __init__(
        self, before: Solved, after: Solved, solver: Solver, names: Names, spill: Mapping[str, float] | None = None
    ) -> None:
        if not np.array_equal(before.state, after.state) or not np.array_equal(before.way, after.way):
            raise ValueError("the reference and the current state do not have the same steps and outcomes")
        self.before, self.after, self.solver, self.names = before, after, solver, names
        self.spill = spill or {}
        self.y0, self.y1 = before.visits, after.visits
        self.amounts0, self.amounts1 = amounts_of(before, solver.book), amounts_of(after, solver.book)
        self.time0, self.time1 = self.amounts0.time[before.state], self.amounts1.time[after.state]
        self.cost0, self.cost1 = self.amounts0.cost[before.state], self.amounts1.cost[after.state]
        self._changes()

    # ------------------------------------------------------------------------------------------ what changed
    def _changes(self) -> None:
        """Flows that each source moves, shape (D, n + k), at today's visits and at the reference's; changed rewards."""
        before, after, n = self.before, self.after, self.before.n
        outcomes = before.outcomes
        delta = after.outcomes.share - outcomes.share
        entries: list[tuple[str, int, float]] = []  # source, entry, change of its share
        rewards: list[tuple[str, int, float, float]] = []  # source, row, change of time, of cost
        folded: set[int] = set()
        for index in before.folds:
            folded |= self._block(index, entries, rewards)
        against = self._against(delta)
        for entry in np.flatnonzero(delta).tolist():
            way = before.cells.ways[before.way[entry]] if before.way[entry] >= 0 else None
            if (
                way is not None
                and way.outcome is not None
                and not (len(against[entry]) == 1 and against[entry][0][0] == entry)
            ):
                entries.append((way.outcome, entry, float(delta[entry])))
        for row in np.flatnonzero((self.time1 != self.time0) | (self.cost1 != self.cost0)).tolist():
            if row not in folded:
                state = after.cells.states[after.state[row]]
                source = source_of_state(state, self.names)
                longer, dearer = float(self.time1[row] - self.time0[row]), float(self.cost1[row] - self.cost0[row])
                rewards.append((source, row, longer, dearer))
        # A time may scatter otherwise though its mean stands still: no mean feels it, but percentiles do.
        uneven = [
            name
            for name in changed_sources(before.cells, after.cells, self.names)
            if name.endswith((".time", ".wait", ".delay", ".queue"))
        ]
        named = [name for name, *_ in entries] + [name for name, *_ in rewards]
        self.sources = tuple(dict.fromkeys([*named, *uneven]))
        seat = {name: number for number, name in enumerate(self.sources)}
        size = (len(self.sources), n + before.factor.chain.k)
        cells: tuple[list[int], list[int], list[float], list[int]] = ([], [], [], [])
        for name, entry, change in entries:
            opposed = () if int(before.outcomes.row[entry]) in folded else against[entry]
            moved = [(entry, 1.0)] + [(other, -weight) for other, weight in opposed]
            for other, weight in moved:
                cells[0].append(seat[name])
                cells[1].append(int(outcomes.target[other]))
                cells[2].append(change * weight)
                cells[3].append(int(outcomes.row[entry]))
        amount, rows = np.array(cells[2], dtype=float), np.array(cells[3], dtype=int)
        where = (np.array(cells[0], dtype=int), np.array(cells[1], dtype=int))
        self.flow0, self.flow1 = (
            sparse.csr_array((amount * visits[rows] if len(rows) else amount, where), shape=size)
            for visits in (self.y0, self.y1)
        )
        self.time_change, self.cost_change = (
            sparse.csr_array(
                (
                    np.array([found[which] for found in rewards], dtype=float),
                    (
                        np.array([seat[found[0]] for found in rewards], dtype=int),
                        np.array([found[1] for found in rewards], int),
                    ),
                ),
                shape=(len(self.sources), n),
            )
            for which in (2, 3)
        )

    def _against(self, delta: Floats) -> dict[int, list[tuple[int, float]]]:
        """For each changed entry, the entries of its row that it is counted against, with weights that sum to 1."""
        outcomes = self.before.outcomes
        found: dict[int, list[tuple[int, float]]] = {}
        by_row: dict[int, list[int]] = {}
        for entry, row in enumerate(outcomes.row.tolist()):
            by_row.setdefault(row, []).append(entry)
        mean = 0.5 * (outcomes.share + self.after.outcomes.share)
        for entry in np.flatnonzero(delta).tolist():
            row = by_row[int(outcomes.row[entry])]
            payers = sorted({int(outcomes.payer[other]) for other in row if outcomes.payer[other] >= 0})
            if payers:
                found[entry] = [(payers[0], 1.0)]
            else:
                total = float(mean[row].sum())
                found[entry] = [(other, float(mean[other]) / total) for other in row]
        return found

    def _block(
        self,
        index: int,
        entries: list[tuple[str, int, float]],
        rewards: list[tuple[str, int, float, float]],
    ) -> set[int]:
        """Changes of the rows of a parallel block, by the sources inside its branches."""
        before, after = self.before, self.after
        mine = {row: int(state) for row, state in enumerate(before.state) if _belongs(before.cells, index, int(state))}
        sources = changed_sources(_alone(before.cells, index), _alone(after.cells, index), self.names)
        if not sources:
            return set(mine)

        def figures(chosen: object) -> Floats:
            between = _alone(before.cells, index), _alone(after.cells, index)
            cells = in_between(*between, chosen, self.names)  # type: ignore[arg-type]
            return _figures(Solver(self.solver.book).fold(cells, 0, before.reading))

        start, end, parts = by_switching(figures, sources)
        changes = np.flatnonzero(end - start)
        at = {figure: number for number, figure in enumerate(_BLOCK_FIGURES)}
        for name, part in parts.items():
            if not part[changes].any():
                continue
            for row, state in mine.items():
                kind = before.cells.states[state].part
                if kind in ("joined", "lost"):
                    rewards.append(
                        (
                            name,
                            row,
                            float(part[at[f"time_{kind if kind == 'lost' else 'passed'}"]]),
                            float(part[at[f"cost_{kind if kind == 'lost' else 'passed'}"]]),
                        )
                    )
                row_entries = np.flatnonzero(before.outcomes.row == row).tolist()
                shares = self._block_shares(kind, row_entries, part, at)
                entries += [(name, entry, change) for entry, change in shares if change]
        return set(mine)

    def _block_shares(
        self, kind: str, row_entries: list[int], part: Floats, at: Mapping[str, int]
    ) -> list[tuple[int, float]]:
        cells = self.before.cells
        if kind == "lost":
            return [(entry, float(part[len(at) + position])) for position, entry in enumerate(row_entries)]
        if kind != "block":
            return []
        found: list[tuple[int, float | None]] = []
        left = 0.0
        for entry in row_entries:
            way = cells.ways[self.before.way[entry]] if self.before.way[entry] >= 0 else None
            if way is None:
                found.append((entry, None))
                continue
            there = cells.states[way.target].part if way.target >= 0 else "lost"
            change = float(part[at["passed" if there == "joined" else "lost"]])
            found.append((entry, change))
            left -= change
        return [(entry, left if change is None else change) for entry, change in found]

    # ------------------------------------------------------------------------------------------ answers
    @cached_property
    def rework_by_row(self) -> Floats:
        """Extra executions of each row by source, shape (n, D)."""
        n = self.before.n
        if not self.sources:
            return np.zeros((n, 0))
        old = self.before.factor.solve_transposed(self.flow1[:, :n].T.toarray())
        new = self.after.factor.solve_transposed(self.flow0[:, :n].T.toarray())
        return np.asarray(0.5 * (old + new))

    def linear(
        self, reward0: Floats, reward1: Floats, change: sparse.csr_array | None = None, terminal: Floats | None = None
    ) -> Split:
        """The split of `y c + y X b`: `change` (D, n) says whose a changed reward is; `terminal` (k,) is b."""
        k = self.before.factor.chain.k
        b = np.zeros(k) if terminal is None else terminal
        u0 = self.before.factor.solve(reward0 + self.before.factor.chain.exits @ b)
        u1 = self.after.factor.solve(reward1 + self.after.factor.chain.exits @ b)
        value0, value1 = np.concatenate([u0, b]), np.concatenate([u1, b])
        parts = 0.5 * (self.flow1 @ value0 + self.flow0 @ value1)
        if change is not None:
            parts = parts + 0.5 * (change @ (self.y0 + self.y1))
        start = self.before.factor.chain.start
        return Split(float(start @ u0), float(start @ u1), _parts(self.sources, parts))

    def time(self) -> Split:
        """Mean time of a case, in calendar seconds."""
        return self.linear(self.time0, self.time1, self.time_change)

    def cost(self) -> Split:
        """Mean cost of a case."""
        return self.linear(self.cost0, self.cost1, self.cost_change)

    def ending(self, weights: Floats) -> Split:
        """Chance to end in one of the ends, by weights of the ends (k,)."""
        zero = np.zeros(self.before.n)
        return self.linear(zero, zero, None, weights)

    def nodes(self) -> dict[str, NodeSpread]:
        """What changes at each node, those inside parallel blocks included; copies of a node added up."""
        rework = self.rework_by_row
        found: dict[str, NodeSpread] = {}
        states = self.before.cells.states
        for row, index in enumerate(self.before.state.tolist()):
            state = states[index]
            visits = Split(float(self.y0[row]), float(self.y1[row]), _parts(self.sources, rework[row]))
            time = Split(
                float(self.time0[row]),
                float(self.time1[row]),
                _parts(self.sources, np.asarray(self.time_change[:, [row]].toarray()).ravel()),
            )
            spent = visits.times(time)
            path = visits.change * 0.5 * (time.before + time.after)
            counted = visits if state.part in ("work", "call", "block") else NOTHING
            longer = 0.5 * (visits.before + visits.after) * time.change
            pool = longer * self.spill.get(source_of_state(state, self.names), 0.0)
            own = longer - pool
            if state.part in ("joined", "lost"):
                spent, path, own, pool = NOTHING, 0.0, 0.0, 0.0  # time inside a block is told of its branches' nodes
            _add(found, NodeSpread(state.node, counted, spent, path, own, pool))
            if index in self.before.folds and state.part == "block":
                for inner in self._inside(index):
                    for node in inner.nodes().values():
                        _add(found, _under(visits, node))
        return found

    def _inside(self, index: int) -> list[Compared]:
        pairs = zip(self.before.folds[index].branches, self.after.folds[index].branches, strict=True)
        return [Compared(old, new, self.solver, self.names, self.spill) for old, new in pairs]


def _under(visits: Split, node: NodeSpread) -> NodeSpread:
    """A node of a branch, seen from outside its block: all of it as often as the block is entered."""
    time = visits.times(node.time)
    entered = 0.5 * (visits.before + visits.after)
    own, pool = node.own * entered, node.pool * entered
    return NodeSpread(node.node, visits.times(node.visits), time, time.change - own - pool, own, pool)


def _add(found: dict[str, NodeSpread], new: NodeSpread) -> None:
    old = found.get(new.node)
    found[new.node] = new if old is None else old.plus(new)


def _parts(sources: tuple[str, ...], row: Floats) -> dict[str, float]:
    """The parts by name, without those that are nothing but rounding."""
    least = 1e-13 * float(np.abs(row).max(initial=0.0))
    return {name: float(part) for name, part in zip(sources, row, strict=True) if abs(part) > least}


def _belongs(cells: Cells, block: int, state: int) -> bool:
    """Whether a state is one of the up to three states of a block."""
    return state == block or (
        state in (block + 1, block + 2)
        and cells.states[state].part in ("joined", "lost")
        and cells.states[state].node == cells.states[block].node
    )


def _alone(cells: Cells, block: int) -> Cells:
    """Only the state of a block, so that changes inside it can be looked at apart from the rest."""
    return Cells((cells.states[block],), (), 0, cells.ends, cells.good)


def _figures(fold: Fold) -> Floats:
    """What of a block the rest of the chain sees, in the order of `_BLOCK_FIGURES`, then the shares of lost ends."""
    passed = fold.time_passed.mean if fold.time_passed is not None else 0.0
    lost = fold.time_lost.mean if fold.time_lost is not None else 0.0
    known = (fold.passed, fold.lost, passed, lost, fold.cost_passed.mean, fold.cost_lost.mean)
    return np.array([*known, *fold.lost_shares])
