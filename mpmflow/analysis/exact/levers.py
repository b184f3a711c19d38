"""What every lever does to every figure: gradients by adjoints, exact, one solve for all levers of a figure.

With visits `v` and the value to go `u` of a figure, the slope in the share of an outcome o at decision d is
`v_d u[target of o]`, taken along the direction in which the other outcomes of that decision pay in proportion. The
second moments need one adjoint solve more (`chains.gradients`). Rework compares two chains: the slope of the
rework-free one passes through the renormalisation of its shares.

Levers inside a parallel block change the law of a maximum; their slopes are central differences of the exact figures,
with an error near 1e-8 of the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.amounts import cost_reward, time_reward
from mpmflow.analysis.exact.arrays import Solved, Solver
from mpmflow.analysis.exact.figures import FIGURES, LEAST, Solution, spread
from mpmflow.analysis.exact.inner_levers import DIFFERENCE_BUDGET, inner_levers, slopes_by_difference
from mpmflow.analysis.exact.sojourn_of import WholeTime
from mpmflow.analysis.results import Document
from mpmflow.graphs.cells import State
from mpmflow.numerics.chains.gradients import Slopes, slopes
from mpmflow.numerics.chains.outcomes import along, summed

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
OF_THE_LAW = ("time.p50", "time.p90", "time.p95", "time.late")
MOVED = (*FIGURES[:2], *OF_THE_LAW, *FIGURES[2:])
"""The figures that levers move, in the order of the documents."""


@dataclass(frozen=True, eq=False)
class Levers:
    """Levers and their slopes.

    Attributes:
        names: dotted names, (l,).
        values: present value of each: a share, seconds, money, money per second, cases per second.
        gradients: figure -> slope per unit of each lever, (l,); nan where the lever cannot move the figure.
        figures: the figures themselves.
        left_out: levers inside parallel blocks that were too many to work out.
    """

    names: tuple[str, ...]
    values: Floats
    gradients: dict[str, Floats]
    figures: Mapping[str, float | None]
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def effect(self, lever: str, figure: str) -> tuple[float, float | None] | None:
        """Gradient and elasticity of one figure in one lever; None where the lever cannot move it.

        The elasticity (per cent of the figure per per cent of the lever) is None where the figure is 0.
        """
        if figure not in self.gradients:
            return None
        index = self.names.index(lever)
        gradient = float(self.gradients[figure][index])
        return None if np.isnan(gradient) else (gradient, self._elasticity(figure, gradient, float(self.values[index])))

    def _elasticity(self, figure: str, gradient: float, value: float) -> float | None:
        level = self.figures[figure]
        return gradient * value / level if level else None

    def __iter__(self) -> Iterator[tuple[str, float, dict[str, tuple[float, float | None]]]]:
        """Each lever: name, value, and figure -> (gradient, elasticity)."""
        columns = [(figure, gradient.tolist()) for figure, gradient in self.gradients.items()]
        for index, (name, value) in enumerate(zip(self.names, self.values.tolist(), strict=True)):
            effects = {}
            for figure, column in columns:
                gradient = column[index]
                if gradient == gradient:
                    effects[figure] = (gradient, self._elasticity(figure, gradient, value))
            yield name, value, effects

    def to_list(self) -> list[Document]:
        """Their part of a document, column by column: long workflows have a hundred thousand of these numbers."""
        columns = []
        for figure, gradient in self.gradients.items():
            level = self.figures[figure]
            elastic = gradient * self.values / level if level else np.full(len(gradient), np.nan)
            columns.append((figure, gradient.tolist(), _finite_list(gradient), _finite_list(elastic)))
        return [
            {
                "lever": name,
                "value": value,
                "effects": {
                    figure: {"gradient": gradient[seat], "elasticity": elasticity[seat]}
                    for figure, raw, gradient, elasticity in columns
                    if raw[seat] == raw[seat]
                },
            }
            for seat, (name, value) in enumerate(zip(self.names, self.values.tolist(), strict=True))
        ]


def _finite_list(column: Floats) -> list[float | None]:
    kept = np.isfinite(column)
    found: list[float | None] = column.tolist()
    for place in np.flatnonzero(~kept).tolist():
        found[place] = None
    return found


class _Collected:
    """Levers as they are found, group by group."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.values: list[Floats] = []
        self.columns: dict[str, list[Floats]] = {figure: [] for figure in MOVED}

    def add(self, names: list[str], values: Floats, found: dict[str, Floats]) -> None:
        self.names += names
        self.values.append(values)
        for figure, column in self.columns.items():
            column.append(found.get(figure, np.full(len(names), np.nan)))


def levers_of(
    solution: Solution,
    solver: Solver,
    law: Mapping[str, tuple[Floats, Floats]] | None = None,
    law_figures: Mapping[str, float | None] | None = None,
    by_moments: Mapping[str, tuple[float, float]] | None = None,
    whole: WholeTime | None = None,
) -> Levers:
    """Every lever of a solved process: outcomes, `takes`, `waits`, delays, `costs`, hourly costs, arrivals.

    `law` are slopes of percentiles and lateness, as `sojourn_of.law_slopes` gives them, `law_figures` those figures
    themselves. `by_moments` are slopes of these figures in the mean and the sd of the time, for a law that has nothing
    else; `whole` is the law, for levers inside parallel blocks.
    """
    inner = inner_levers(solution.process.cells)
    found = _Collected()
    slope = _Slopes(solution, law or {})
    figures = {**solution.values, **{figure: (law_figures or {}).get(figure) for figure in OF_THE_LAW}}
    for group in (_outcomes, _takes, _waits, _delays, _costs, _team_costs):
        names, values, effects = group(solution, slope, solver)
        kept = np.array([name not in inner for name in names], dtype=bool)
        if names:
            found.add(
                [name for name in names if name not in inner],
                values[kept],
                {figure: column[kept] for figure, column in slope.with_flows(effects).items()},
            )
    left_out: tuple[str, ...] = ()
    if inner and len(inner) * len(solution.executions) > DIFFERENCE_BUDGET:
        left_out = tuple(inner)
    elif inner:
        found.add(*slopes_by_difference(solution, solver, inner, whole))
    if solution.rate is not None and solution.process.coming.kind in ("poisson", "every"):
        effects = {
            "throughput_per_s": np.array([solution.values["yield"] or 0.0]),
            "wip": np.array([solution.time.mean]),
        }
        found.add([f"{solution.process.workflow}.arrivals"], np.array([solution.rate]), effects)
    known = {
        figure: np.concatenate(columns) if columns else np.zeros(0)
        for figure, columns in found.columns.items()
        if figures[figure] is not None
    }
    for figure, (by_mean, by_sd) in (by_moments or {}).items():
        if figures.get(figure) is not None and "time.sd" in known:
            known[figure] = by_mean * known["time.mean"] + by_sd * known["time.sd"]
    values = np.concatenate(found.values) if found.values else np.zeros(0)
    return Levers(tuple(found.names), values, known, figures, left_out)


class _Slopes:
    """Raw slopes of all figures in shares, and in the time, work and money of states, of the outer chain."""

    def __init__(self, solution: Solution, law: Mapping[str, tuple[Floats, Floats]]) -> None:
        self.solution = solution
        self.law = law
        actual, amounts = solution.actual, solution.amounts
        self.time = slopes(actual.factor, time_reward(actual, amounts), actual.outcomes)
        self.cost = slopes(actual.factor, cost_reward(actual, amounts), actual.outcomes)
        self.touch = _raw(actual, amounts.work[actual.state])
        self.good = _raw(actual, None, actual.good)
        self.bad = _raw(actual, None, 1.0 - actual.good)
        self.first_pass = self.good
        if solution.first_pass is not None:
            self.first_pass = _raw(solution.first_pass, None, solution.first_pass.good)[: actual.outcomes.count]
        self.rework = self._rework()

    def _rework(self) -> Floats:
        """Raw slope of the rework share in each outcome."""
        solution = self.solution
        actual, reference = solution.actual, solution.rework_free
        if reference is None:
            return np.zeros(actual.outcomes.count)
        counted = np.where(self.counts, solution.weight, 0.0)
        now = _raw(actual, _outer(actual, counted)[actual.state])
        whole = _raw(actual, _outer(actual, solution.weight)[actual.state])
        before = _raw(reference, _outer(reference, counted)[reference.state])
        before = _through_renormalisation(actual, reference, before)
        share = solution.values["rework"] or 0.0
        return (now - before - share * whole) / self.all_work

    @property
    def counts(self) -> npt.NDArray[np.bool_]:
        """Which executions count as rework when they grow: those that rework has already, or may have."""
        visits = np.array([times for _, times in self.solution.executions])
        return self.solution.extra >= -LEAST * visits

    @property
    def all_work(self) -> float:
        visits = np.array([times for _, times in self.solution.executions])
        return float(self.solution.weight @ visits) or 1.0

    def with_flows(self, found: dict[str, Floats]) -> dict[str, Floats]:
        """The effects, with those on throughput and work in process that follow from them."""
        rate = self.solution.rate
        if rate is not None:
            if "yield" in found:
                found["throughput_per_s"] = rate * found["yield"]
            if "time.mean" in found:
                found["wip"] = rate * found["time.mean"]
        return found


def _raw(solved: Solved, per_row: Floats | None, terminal: Floats | None = None) -> Floats:
    """Raw slopes of the mean of a reward in every share of a reading, shape (m,)."""
    chain = solved.factor.chain
    ends = np.zeros(chain.k) if terminal is None else terminal
    right = chain.exits @ ends if per_row is None else per_row + chain.exits @ ends
    ahead = np.concatenate([solved.factor.values(right), ends])
    return np.asarray(solved.visits[solved.outcomes.row] * ahead[solved.outcomes.target])


def _outer(solved: Solved, per_execution: Floats) -> Floats:
    """A figure per execution, shape (states,); what is inside a block is added up at its state, per execution of it."""
    seat = 0

    def gather(part: Solved) -> Floats:
        nonlocal seat
        found = np.zeros(len(part.cells.states))
        for index in range(len(part.cells.states)):
            found[index] = per_execution[seat]
            seat += 1
            if index in part.folds:
                for branch in part.folds[index].branches:
                    found[index] += float(branch.state_visits @ gather(branch))
        return found

    return gather(solved)


def _through_renormalisation(actual: Solved, reference: Solved, raw: Floats) -> Floats:
    """Slopes in the shares as they are, from slopes in the shares of the rework-free reading."""
    outcomes = actual.outcomes
    rework = np.array([way.rework for way in actual.cells.ways], dtype=bool)[actual.way]
    left = summed(outcomes.row, np.where(rework, 0.0, outcomes.share), actual.n)[outcomes.row]
    mean = summed(outcomes.row, np.where(rework, 0.0, reference.outcomes.share * raw), actual.n)[outcomes.row]
    scaled = np.where(rework, 0.0, (raw - mean) / np.where(left > 0.0, left, 1.0))
    return np.where(left > 0.0, scaled, raw)


# ------------------------------------------------------------------------------------------- groups of levers
Group = tuple[list[str], Floats, dict[str, Floats]]


def _numbered(labels: list[str | None]) -> tuple[list[str], Ints]:
    """Distinct names in the order of their first mention, and the number of each label; -1 for None."""
    numbers: dict[str, int] = {}
    seats = [-1 if label is None else numbers.setdefault(label, len(numbers)) for label in labels]
    return list(numbers), np.array(seats, dtype=np.int64)


def _outcomes(solution: Solution, slope: _Slopes, solver: Solver) -> Group:
    actual = solution.actual
    names, of_way = _numbered([way.outcome for way in actual.cells.ways])
    lever = of_way[actual.way]
    named = lever >= 0
    outcomes = actual.outcomes

    def by_lever(raw: Floats) -> Floats:
        sloped = along(outcomes, raw)
        return np.bincount(lever[named], weights=sloped[named], minlength=len(names)).astype(np.float64)

    weight = actual.visits[outcomes.row]
    plain = np.bincount(lever[named], minlength=len(names))
    seen = np.bincount(lever[named], weights=weight[named], minlength=len(names))
    taken = np.bincount(lever[named], weights=(weight * outcomes.share)[named], minlength=len(names))
    even = np.bincount(lever[named], weights=outcomes.share[named], minlength=len(names))
    values = np.where(seen > 0.0, taken / np.where(seen > 0.0, seen, 1.0), even / np.maximum(plain, 1))
    first = np.full(len(names), np.nan)
    first[lever[named][::-1]] = outcomes.share[named][::-1]
    same = np.ones(len(names), dtype=bool)
    np.logical_and.at(same, lever[named], outcomes.share[named] == first[lever[named]])
    values = np.where(same, first, values)  # a share that is the same at every visit is shown to the last digit
    return (
        names,
        values,
        {
            "time.mean": by_lever(slope.time.mean),
            "time.sd": by_lever(slope.time.sd),
            "touch_time.mean": by_lever(slope.touch),
            "cost.mean": by_lever(slope.cost.mean),
            "cost.sd": by_lever(slope.cost.sd),
            "yield": by_lever(slope.good),
            "scrap": by_lever(slope.bad),
            "first_pass": by_lever(slope.first_pass),
            "rework": by_lever(slope.rework),
            **{figure: by_lever(shares) for figure, (shares, _) in slope.law.items()},
        },
    )


def _takes(solution: Solution, slope: _Slopes, solver: Solver) -> Group:
    amounts = solution.amounts
    states = solution.actual.cells.states
    names, lever = _numbered(
        [
            f"{state.node}.takes" if state.part == "work" and state.timing and amounts.time[index] > 0.0 else None
            for index, state in enumerate(states)
        ]
    )
    values = _first(lever, amounts.work, len(names))
    by_state = _by_state(solution.actual)
    visits = solution.actual.state_visits
    money, spread = amounts.rate * amounts.work, 2.0 * amounts.rate**2 * amounts.work_variance
    rows = solution.actual.state
    cost = slope.cost
    second = by_state(cost.node_second * money[rows] + solution.actual.visits * spread[rows])
    mean = by_state(cost.node_mean * money[rows])
    found = {
        "time.mean": by_state(slope.time.scale_mean),
        "time.sd": by_state(slope.time.scale_sd),
        "touch_time.mean": visits * amounts.work,
        "cost.mean": mean,
        "cost.sd": _sd(cost, second - 2.0 * cost.moments.mean * mean),
        "rework": _rework_of_work(solution, slope),
        **{figure: by_state(stretches) for figure, (_, stretches) in slope.law.items()},
    }
    return names, values, {figure: _per_unit(lever, column, values) for figure, column in found.items()}


def _rework_of_work(solution: Solution, slope: _Slopes) -> Floats:
    """Slope of the rework share per relative change of a state's work, shape (states,)."""
    size = len(solution.actual.cells.states)
    share = solution.values["rework"] or 0.0
    if solution.rework_free is None or not any(solution.amounts.work):
        return np.zeros(size)
    outer = np.cumsum([0, *(_width(solution.actual, index) for index in range(size))])[
        :-1
    ]  # where each outer state stands among the executions
    visits = np.array([times for _, times in solution.executions])
    change = solution.weight * (np.maximum(solution.extra, 0.0) - share * visits) / slope.all_work
    return np.asarray(change[outer])


def _width(solved: Solved, index: int) -> int:
    fold = solved.folds.get(index)
    if fold is None:
        return 1
    return 1 + sum(sum(_width(branch, inner) for inner in range(len(branch.cells.states))) for branch in fold.branches)


def _waits(solution: Solution, slope: _Slopes, solver: Solver) -> Group:
    return _calendar_only(solution, slope, lambda state: f"{state.node}.waits" if state.part == "wait" else None)


def _delays(solution: Solution, slope: _Slopes, solver: Solver) -> Group:
    return _calendar_only(solution, slope, lambda state: f"{state.outcome}.delay" if state.part == "delay" else None)


def _calendar_only(solution: Solution, slope: _Slopes, name: Callable[[State], str | None]) -> Group:
    times = solution.amounts.time
    states = solution.actual.cells.states
    names, lever = _numbered([name(state) if times[index] > 0.0 else None for index, state in enumerate(states)])
    values = _first(lever, times, len(names))
    by_state = _by_state(solution.actual)
    found = {"time.mean": by_state(slope.time.scale_mean), "time.sd": by_state(slope.time.scale_sd)}
    found |= {figure: by_state(stretches) for figure, (_, stretches) in slope.law.items()}
    return names, values, {figure: _per_unit(lever, column, values) for figure, column in found.items()}


def _costs(solution: Solution, slope: _Slopes, solver: Solver) -> Group:
    states = solution.actual.cells.states
    fixed = np.array([state.cost for state in states])
    names, lever = _numbered([f"{state.node}.costs" if state.cost else None for state in states])
    by_state = _by_state(solution.actual)
    found = {"cost.mean": by_state(slope.cost.node_mean), "cost.sd": by_state(slope.cost.node_sd)}
    kept = lever >= 0
    effects = {
        figure: np.bincount(lever[kept], weights=column[kept], minlength=len(names)).astype(np.float64)
        for figure, column in found.items()
    }
    return names, _first(lever, fixed, len(names)), effects


def _team_costs(solution: Solution, slope: _Slopes, solver: Solver) -> Group:
    """Hourly costs; those of teams that work inside a parallel block as well are found by differences."""
    amounts, actual = solution.amounts, solution.actual
    states = actual.cells.states
    names, lever = _numbered([f"{state.team}.cost" if state.team and state.rate else None for state in states])
    rows, cost = actual.state, slope.cost
    by_state = _by_state(actual)
    mean = by_state(cost.node_mean * amounts.work[rows])
    spread = (2.0 * amounts.rate * amounts.work_variance)[rows]
    second = by_state(cost.node_second * amounts.work[rows] + actual.visits * spread)
    found = {"cost.mean": mean, "cost.sd": _sd(cost, second - 2.0 * cost.moments.mean * mean)}
    kept = lever >= 0
    effects = {
        figure: np.bincount(lever[kept], weights=column[kept], minlength=len(names)).astype(np.float64)
        for figure, column in found.items()
    }
    return names, _first(lever, amounts.rate, len(names)), effects


def _sd(found: Slopes, variance: Floats) -> Floats:
    sd = spread(found.moments)
    return variance / (2.0 * sd) if sd > 0.0 else np.zeros_like(variance)


def _by_state(solved: Solved) -> Callable[[Floats], Floats]:
    size = len(solved.cells.states)
    return lambda per_row: summed(solved.state, per_row, size)


def _first(lever: Ints, per_state: Floats, size: int) -> Floats:
    """The figure of the first state of each lever, shape (size,)."""
    found = np.zeros(size)
    kept = np.flatnonzero(lever >= 0)[::-1]
    found[lever[kept]] = per_state[kept]
    return found


def _per_unit(lever: Ints, relative: Floats, values: Floats) -> Floats:
    """Slopes per unit of each lever, from slopes per relative change of each state."""
    kept = lever >= 0
    return np.bincount(lever[kept], weights=relative[kept], minlength=len(values)) / values
