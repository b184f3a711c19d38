"""Many scenarios of one workflow at once: shares, times and costs as arrays with the scenarios along the first axis.

The workflow is solved once as it is; its copies, calls and folded blocks then stand. Every scenario changes numbers
only, so one symbolic elimination serves them all (`chains.batch`). What changes the law of a parallel block
cannot be done this way: levers inside one, and figures of the whole law.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import Solved
from mpmflow.analysis.exact.figures import FIGURES, LEAST, Solution
from mpmflow.analysis.scenarios.axes import Axis
from mpmflow.analysis.scenarios.whatif import LeverError
from mpmflow.graphs.cells import State
from mpmflow.numerics.chains.batch import Batch, Scenarios

Floats = npt.NDArray[np.float64]
CELLS = 8_000_000
"""Numbers of one array that are worked on at a time; more scenarios are taken in portions."""
ROUNDING = 1e-12
"""By so much shares may miss 100 % before somebody is told: sums of decimals do."""


def supported(figure: str) -> bool:
    """Whether a figure can be had side by side.

    >>> supported("time.mean"), supported("visits.brief"), supported("time.p90")
    (True, True, False)
    """
    return figure in FIGURES or figure.startswith(("visits.", "ends."))


def executions_by_state(solved: Solved) -> Iterator[tuple[int, float, State]]:
    """Everything that is executed: the outer state where, how often in one execution of it, and what; the order is that
    of `Solved.executions`.
    """
    for index, state in enumerate(solved.cells.states):
        yield index, 1.0, state
        if index in solved.folds:
            for branch in solved.folds[index].branches:
                for inner, times in branch.executions():
                    yield index, times, inner


@dataclass
class SideBySide:
    """A solved workflow, ready for any number of scenarios."""

    solution: Solution
    _plans: dict[str, Scenarios] = field(default_factory=dict)

    def figures(self, axes: Sequence[Axis], names: Sequence[str]) -> dict[str, Floats]:
        """Figures of all scenarios, each of shape (S,); nan where one has no meaning or no case ever leaves.

        Raises `LeverError` where shares of a decision would leave 0 to 100 %; it names the scenario.
        """
        size = len(axes[0].values)
        wide = max(self.solution.actual.n, self.solution.actual.outcomes.count)
        step = max(128, CELLS // wide)
        parts = [
            self._portion([axis.part(slice(begin, begin + step)) for axis in axes], names, begin)
            for begin in range(0, size, step)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in names}

    def _portion(self, axes: Sequence[Axis], names: Sequence[str], begin: int) -> dict[str, Floats]:
        moved = self._moved_shares([axis for axis in axes if axis.kind == "share"], begin)
        with np.errstate(all="ignore"):  # a scenario without a way out is nan in the end, and harms no other
            found = _Portion(self, axes, moved, len(axes[0].values))
            answers = {name: np.broadcast_to(found.figure(name), (found.size,)).astype(np.float64) for name in names}
        return {name: np.where(np.isfinite(answer), answer, np.nan) for name, answer in answers.items()}

    def _moved_shares(self, axes: Sequence[Axis], begin: int) -> dict[int, Floats]:
        """Entry -> its share in every scenario, for the rows in which a share is set."""
        actual = self.solution.actual
        wanted: dict[int, Axis] = {}
        by_outcome = {axis.lever: axis for axis in axes}
        ways = actual.cells.ways
        for entry, seat in enumerate(actual.way.tolist()):
            outcome = ways[seat].outcome
            if outcome in by_outcome:
                wanted[entry] = by_outcome[outcome]
        found: dict[int, Floats] = {}
        rows = actual.outcomes.row
        for row in dict.fromkeys(int(rows[entry]) for entry in wanted):
            entries = np.flatnonzero(rows == row).tolist()
            found |= self._moved_row(entries, {entry: wanted[entry] for entry in entries if entry in wanted}, begin)
        return found

    def _moved_row(self, entries: Sequence[int], wanted: Mapping[int, Axis], begin: int) -> dict[int, Floats]:
        """The shares of one decision: the outcome that just goes on makes up for the change, else all that are not set,
        in proportion.
        """
        outcomes = self.solution.actual.outcomes
        share = outcomes.share
        pays = next((int(outcomes.payer[entry]) for entry in entries if outcomes.payer[entry] >= 0), -1)
        others = [entry for entry in entries if entry not in wanted]
        payers = [pays] if pays in others else others
        taken = sum(axis.values for axis in wanted.values()) + sum(
            share[entry] for entry in others if entry not in payers
        )
        left = 1.0 - np.asarray(taken)
        wrong = (left < -ROUNDING) | ((left > ROUNDING) if not payers else False)
        outside = np.any([(axis.values < 0.0) | (axis.values > 1.0) for axis in wanted.values()], axis=0)
        if np.any(wrong | outside):
            self._refuse(wanted, int(np.argmax(wrong | outside)), begin, left)
        left = np.maximum(left, 0.0)
        held = float(share[payers].sum())
        found = {entry: axis.values for entry, axis in wanted.items()}
        for entry in payers:
            found[entry] = left * (float(share[entry]) / held if held > 0.0 else 1.0 / len(payers))
        return found

    def _refuse(self, wanted: Mapping[int, Axis], scenario: int, begin: int, left: Floats) -> None:
        for axis in wanted.values():
            value = float(axis.values[scenario])
            if not 0.0 <= value <= 1.0:
                what = f"a share of {value:.6g}, in scenario {begin + scenario}, is not between 0% and 100%"
                raise LeverError(axis.lever, what)
        first = next(iter(wanted.values())).lever
        decision, total = first.rpartition(".")[0], f"{100.0 * (1.0 - float(left[scenario])):.6g}%"
        what = f"the outcomes of {decision} would add up to {total} in scenario {begin + scenario}, not to 100%"
        raise LeverError(first, what)

    def plan(self, name: str, solved: Solved) -> Scenarios:
        """The symbolic elimination of a reading, made once."""
        if name not in self._plans:
            self._plans[name] = Scenarios(solved.n, len(solved.ends), solved.outcomes)
        return self._plans[name]


class _Portion:
    """Some scenarios: each solve is made when a figure first needs it."""

    def __init__(self, whole: SideBySide, axes: Sequence[Axis], moved: Mapping[int, Floats], size: int) -> None:
        self.whole, self.solution, self.size, self.moved = whole, whole.solution, size, moved
        self.actual = whole.solution.actual
        self.amounts = _Amounts(whole.solution, axes)
        self.rate = _rate(whole.solution, axes)
        self.shares = self._shares(self.actual)
        self._known: dict[str, Batch] = {}

    def figure(self, name: str) -> Floats | float:
        """One figure, of shape (S,) or the same for all."""
        values = self.solution.values
        head, _, tail = name.partition(".")
        if head == "visits":
            return self._visits(tail)
        if head == "ends":
            return self._batch("time").ends[:, self.actual.ends.index(tail)]
        if name in values and values[name] is None and name not in ("throughput_per_s", "wip"):
            return float("nan")
        match name:
            case "time.mean" | "cost.mean":
                return self._batch(head).mean
            case "time.sd" | "cost.sd":
                return self._spread(head)
            case "touch_time.mean":
                return self._per_visit(self.amounts.work)
            case "yield":
                return self._batch("time").ends @ self.actual.good
            case "scrap":
                return self._batch("time").ends @ (1.0 - self.actual.good)
            case "first_pass":
                return self._first_pass()
            case "rework":
                return self._rework()
            case "throughput_per_s":
                return float("nan") if self.rate is None else self.rate * self.figure("yield")
            case "wip":
                return float("nan") if self.rate is None else self.rate * self.figure("time.mean")
        raise KeyError(name)  # pragma: no cover - `supported` says which there are

    # ------------------------------------------------------------------------------------------ solves
    def _shares(self, solved: Solved) -> Floats:
        """Shares of all entries of a reading with those that are set, shape (S, m)."""
        shares = np.repeat(solved.outcomes.share[None, :], self.size, axis=0)
        for entry, values in self.moved.items():
            shares[:, entry] = values
        return shares

    def _batch(self, reward: str) -> Batch:
        if reward not in self._known:
            mean, _ = self.amounts.reward(reward)
            self._known[reward] = self._solve("actual", self.actual, self.shares, mean)
        return self._known[reward]

    def _solve(self, name: str, solved: Solved, shares: Floats, reward: Floats) -> Batch:
        start = solved.factor.chain.start
        return self.whole.plan(name, solved).solve(shares, reward, start)

    def _spread(self, reward: str) -> Floats:
        """Standard deviation, from `s = N [E c^2 + 2 c (u - c)]`."""
        mean, second = self.amounts.reward(reward)
        first = self._batch(reward)
        ahead = first.values - mean
        squares = self._solve("actual", self.actual, self.shares, second + 2.0 * mean * ahead).mean
        variance = squares - first.mean**2
        return np.asarray(np.sqrt(np.where(variance > 1e-13 * squares, variance, 0.0)))

    # ------------------------------------------------------------------------------------------ figures
    def _state_visits(self, batch: Batch, solved: Solved) -> Floats:
        """Executions of each outer state, shape (S, states)."""
        found = np.zeros((self.size, len(solved.cells.states)))
        np.add.at(found.T, solved.state, batch.visits.T)
        return found

    def _per_visit(self, amount: Floats) -> Floats:
        return np.asarray((self._state_visits(self._batch("time"), self.actual) * amount).sum(axis=1))

    def _visits(self, node: str) -> Floats:
        weight = np.zeros(len(self.actual.cells.states))
        for index, times, state in executions_by_state(self.actual):
            if state.node == node and state.part in ("work", "call", "block"):
                weight[index] += times
        return self._per_visit(weight)

    def _first_pass(self) -> Floats:
        solved = self.solution.first_pass
        if solved is None:
            return np.asarray(self.figure("yield"))
        found = self._solve("first_pass", solved, self._shares(solved), np.zeros(solved.n))
        return np.asarray(found.ends @ solved.good)

    def _rework(self) -> Floats | float:
        """Share of the work that rework causes; see `mpmflow.analysis.exact.figures`."""
        free = self.solution.rework_free
        if free is None:
            return 0.0
        rework = np.array([way.rework for way in free.cells.ways], dtype=bool)[free.way]
        shares = self._shares(free)
        for row in dict.fromkeys(int(free.outcomes.row[entry]) for entry in self.moved):
            entries = np.flatnonzero(free.outcomes.row == row)
            now = self.shares[:, entries]
            kept = np.where(rework[entries], 0.0, now)
            left = kept.sum(axis=1, keepdims=True)
            shares[:, entries] = np.where(left > 0.0, kept / np.where(left > 0.0, left, 1.0), now)
        without = self._state_visits(self._solve("rework_free", free, shares, np.zeros(free.n)), free)
        visits = self._state_visits(self._batch("time"), self.actual)
        extra, whole = np.zeros(self.size), np.zeros(self.size)
        weights = self.amounts.weights()
        pairs = zip(executions_by_state(self.actual), executions_by_state(free), weights, strict=True)
        for (index, times, _), (_, reference, _), weight in pairs:
            done = visits[:, index] * times
            more = done - without[:, index] * reference
            extra += weight * np.where(more > LEAST * done, more, 0.0)
            whole += weight * done
        return np.where(whole > 0.0, extra / np.where(whole > 0.0, whole, 1.0), 0.0)


class _Amounts:
    """What a visit of each state takes and costs, shape (1, states), or (S, states) where levers move it."""

    def __init__(self, solution: Solution, axes: Sequence[Axis]) -> None:
        self.solution = solution
        amounts = solution.amounts
        self.states = solution.actual.cells.states
        self.size = len(axes[0].values)
        self.time, self.time_second = amounts.time[None, :], amounts.time_second[None, :]
        self.work, self.work_variance = amounts.work[None, :], amounts.work_variance[None, :]
        self.cost, self.cost_second = amounts.cost[None, :], amounts.cost_second[None, :]
        self.rate = amounts.rate[None, :]
        self._widened: set[str] = set()
        self.fixed = np.array([[state.cost for state in self.states]])
        priced: set[int] = set()
        for axis in axes:
            for index, state in enumerate(self.states):
                if self._touches(axis, state):
                    self._set(axis, index, state)
                    priced.add(index)
        if priced:
            self._price(sorted(priced))

    def reward(self, name: str) -> tuple[Floats, Floats]:
        """Mean and second moment of a visit of each row, shape (1 or S, n)."""
        pair = (self.time, self.time_second) if name == "time" else (self.cost, self.cost_second)
        rows = self.solution.actual.state
        return pair[0][:, rows], pair[1][:, rows]

    def weights(self) -> list[Floats]:
        """The work of one execution of everything that is executed, in the order of `executions_by_state`; 1 for each
        step and diamond in scenarios where nothing takes time.
        """
        inner = self.solution.weight if self.solution.amounts.work.any() else np.zeros(len(self.solution.weight))
        found: list[Floats] = []
        ones: list[float] = []
        last = -1
        pairs = zip(executions_by_state(self.solution.actual), inner.tolist(), strict=True)
        for (index, _, state), weight in pairs:
            itself, last = index != last, index  # what stands behind its block is inside it
            own = self.work[:, index] if state.part == "work" else np.zeros(1)
            found.append(np.broadcast_to(own if itself else np.array([weight]), (self.size,)))
            ones.append(float(state.part == "work"))
        timed = np.any([weight > 0.0 for weight in found], axis=0)
        return [np.where(timed, weight, one) for weight, one in zip(found, ones, strict=True)]

    def _touches(self, axis: Axis, state: State) -> bool:
        match axis.kind:
            case "takes":
                return state.part == "work" and axis.lever == f"{state.node}.takes"
            case "waits":
                return state.part == "wait" and axis.lever == f"{state.node}.waits"
            case "delay":
                return state.part == "delay" and axis.lever == f"{state.outcome}.delay"
            case "costs":
                return state.part == "work" and axis.lever == f"{state.node}.costs"
            case "cost":
                return state.part == "work" and state.team is not None and axis.lever == f"{state.team}.cost"
        return False

    def _set(self, axis: Axis, index: int, state: State) -> None:
        values = axis.values
        if axis.kind in ("costs", "cost"):
            name = "fixed" if axis.kind == "costs" else "rate"
            self._put(name, index, values * getattr(self, name)[:, index] if axis.scale else values)
            return
        stretch = state.timing.stretch if state.timing is not None else 1.0
        if axis.scale:
            time, second = self.time[:, index] * values, self.time_second[:, index] * values**2
            work, variance = self.work[:, index] * values, self.work_variance[:, index] * values**2
        else:  # a value is a fixed time
            time, second, work, variance = values * stretch, (values * stretch) ** 2, values, np.zeros(len(values))
        self._put("time", index, time)
        self._put("time_second", index, second)
        if axis.kind == "takes":
            self._put("work", index, work)
            self._put("work_variance", index, variance)

    def _put(self, name: str, index: int, values: Floats) -> None:
        if name not in self._widened:
            self._widened.add(name)
            setattr(self, name, np.repeat(getattr(self, name), self.size, axis=0))
        getattr(self, name)[:, index] = values

    def _price(self, touched: Sequence[int]) -> None:
        """Costs of the states where work, a price or an hourly rate has changed."""
        for index in touched:
            cost = self.fixed[:, index] + self.rate[:, index] * self.work[:, index]
            self._put("cost", index, cost)
            self._put("cost_second", index, cost**2 + self.rate[:, index] ** 2 * self.work_variance[:, index])


def _rate(solution: Solution, axes: Sequence[Axis]) -> Floats | float | None:
    """Cases per second in each scenario."""
    rate: Floats | float | None = solution.rate
    for axis in axes:
        if axis.kind == "arrivals":
            rate = axis.values if not axis.scale else None if rate is None else rate * axis.values
    return rate
