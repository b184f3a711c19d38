"""One workflow in two states, and every figure of it before, after, and by source.

Means and chances are sums over visits and have a closed split (`spread`). The share of rework, spreads, percentiles and
lateness have none and are split by switching (`switching`), which needs two evaluations a source. All splits add up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.analysis.exact.figures import Solution, solve_process
from mpmflow.analysis.exact.sojourn_of import ROW_LIMIT, WIDEST, WholeTime, timed, whole_time
from mpmflow.compiler.functions import percentile
from mpmflow.graphs.cells import Cells, ProcessCells
from mpmflow.numerics.settings import Settings
from mpmflow.numerics.times.lattice import Lattice
from mpmflow.numerics.times.sojourn import cycle_time, lattice_for

from .spread import NOTHING, Compared, NodeSpread, Split
from .switching import Names, aligned, by_switching, in_between, stretched

Floats = npt.NDArray[np.float64]
Figure = Callable[[Solution], float | None]
QUICK = Settings(lattice_points=512)
"""Percentiles and lateness are computed many times here, so on a lattice that is coarser than that of `analyze`:
right to about 1e-4 of the figure where times are smooth.
"""
COMMON = Settings(lattice_points=640)
"""The same step for the lattice that all states share, which reaches further."""
_ROOM = 1.25  # the common lattice reaches this much further than the longer of the two states needs
_STRETCH = 0.05  # a time is made this much longer to find a slope: well above the lattice's error
MOST_SWITCHES = 40
"""With more sources than this, percentiles and lateness are not split: each split solves the whole law twice a
source.
"""


class ProcessChange:
    """A workflow in the reference state and in the current one.

    Args:
        before, after: the cells of both states; they have the same steps and outcomes.
        names: how times are called as sources.
        period: seconds of a period, in which throughput is counted.
        flows, spill: what moved the waits for people, see `crowds.Crowds`.
        settling: seconds that queues take to settle after a change; what other workflows do arrives with that lag.
    """

    def __init__(
        self,
        before: ProcessCells,
        after: ProcessCells,
        names: Names,
        period: float,
        book: LawBook | None = None,
        flows: Mapping[str, Mapping[str, float]] | None = None,
        spill: Mapping[str, float] | None = None,
        settling: float = 0.0,
    ) -> None:
        self.name = after.workflow
        self.period = period
        self.names = names
        self.flows = flows or {}
        self.settling = settling
        self.solver = Solver(book or LawBook())
        old, new = aligned(before.cells, after.cells), aligned(after.cells, before.cells)
        self.old: Solution = solve_process(replace(before, cells=old), self.solver)
        self.new: Solution = solve_process(replace(after, cells=new), self.solver)
        self.compared = Compared(self.old.actual, self.new.actual, self.solver, names, spill)
        self._known: dict[tuple[str, str | None], Split | None] = {}
        self._slopes: dict[tuple[str, str | None, str], float] = {}
        self._laws: dict[int, tuple[Solution, WholeTime]] = {}
        self._between: dict[frozenset[str], Solution] = {}

    @cached_property
    def nodes(self) -> Mapping[str, NodeSpread]:
        """What changes at each node."""
        return {node: spread.passed_on(self.flows) for node, spread in self.compared.nodes().items()}

    @cached_property
    def rate(self) -> Split | None:
        """Cases that come per second; None without arrivals."""
        old, new = self.old.rate, self.new.rate
        if old is None or new is None:
            return None
        return Split(old, new, {f"{self.name}.arrivals": new - old} if new != old else {})

    def split(self, function: str, statistic: str | None = None) -> Split | None:
        """A figure before, after and by source; None where it has no meaning (throughput without arrivals).

        `function` is one of the language's workflow functions, `statistic` "sd", "p90" and the like of time or cost.
        """
        key = (function, statistic)
        if key not in self._known:
            found = self._split(function, statistic)
            self._known[key] = found.passed_on(self.flows) if found is not None else None
        return self._known[key]

    def _split(self, function: str, statistic: str | None) -> Split | None:
        if statistic in ("median",):
            statistic = "p50"
        compared, good = self.compared, self.new.actual.good
        match function, statistic:
            case "time", None:
                return compared.time()
            case "cost", None:
                return compared.cost() if len(self.new.process.currencies) < 2 else None
            case "yield", None:
                return compared.ending(good)
            case "scrap", None:
                return compared.ending(1.0 - good)
            case "first_pass", None:
                return self._first_pass()
            case "throughput", None:
                return self._per_period(compared.ending(good))
            case "wip", None:
                return self.rate.times(compared.time()) if self.rate is not None else None
            case "rework", None:
                return self._switched(lambda found: found.values["rework"])
            case (("time" | "cost"), "sd"):
                return self._switched(lambda found: found.values[f"{function}.sd"])
            case "late", None:
                deadline = self.new.process.deadline
                return self._of_the_law(lambda found: self.late(found, deadline)) if deadline is not None else None
            case "time", str() if percentile(statistic) is not None:
                share = (percentile(statistic) or 0) / 100.0
                return self._of_the_law(lambda found: self.law(found).percentile(share))
        return None

    def late(self, found: Solution, deadline: float) -> float:
        """Share of all cases that take longer than the deadline."""
        return self.law(found).later_than(deadline)

    def law(self, found: Solution) -> WholeTime:
        """The law of the time of all cases, on a quick lattice that all states of this process share."""
        known = self._laws.get(id(found))
        if known is None:
            known = self._laws[id(found)] = (found, self._law(found))
        return known[1]

    def _law(self, found: Solution) -> WholeTime:
        lattice, deadline = self._lattice, found.process.deadline
        mean, sd = found.time.mean, found.time.sd
        longest = max(mean + QUICK.lattice_span * sd, 1.02 * (deadline or 0.0))
        if lattice is None or found.actual.folds or sd <= 1e-12 * mean or longest > lattice.step * lattice.points:
            return whole_time(found.actual, self.solver.book, mean, sd, deadline, QUICK)
        process = timed(found.actual, self.solver.book)
        cycle = cycle_time(process, QUICK, deadline or 0.0, lattice)
        if cycle.error > WIDEST:
            return whole_time(found.actual, self.solver.book, mean, sd, deadline, QUICK)
        return WholeTime("bounded", cycle.error, cycle.all.blur, None, cycle, process)

    @cached_property
    def _lattice(self) -> Lattice | None:
        """One lattice for the states in between, so that a law is laid on it once; None where fixed times choose it."""
        wider = max((self.old, self.new), key=lambda one: one.time.mean + QUICK.lattice_span * one.time.sd)
        if wider.actual.n > ROW_LIMIT or wider.time.sd <= 0.0:
            return None
        process = timed(wider.actual, self.solver.book)
        if process.fixed_times.any():
            return None
        reach = _ROOM * max(
            wider.time.mean + QUICK.lattice_span * wider.time.sd, 1.02 * (wider.process.deadline or 0.0)
        )
        return lattice_for(process, wider.time.mean, wider.time.sd, reach, COMMON)

    def _first_pass(self) -> Split:
        if self.old.first_pass is None or self.new.first_pass is None:
            return self.compared.ending(self.new.actual.good)
        compared = Compared(self.old.first_pass, self.new.first_pass, self.solver, self.names)
        return compared.ending(self.new.first_pass.good)

    def _per_period(self, share: Split) -> Split | None:
        return None if self.rate is None else self.rate.times(share).times(Split(self.period, self.period))

    def _of_the_law(self, figure: Figure) -> Split | None:
        if len(self.compared.sources) > MOST_SWITCHES:
            before, after = figure(self.old), figure(self.new)
            return None if before is None or after is None else Split(before, after)
        return self._switched(figure)

    def _switched(self, figure: Figure) -> Split | None:
        def value(chosen: Collection[str]) -> Floats:
            found = figure(self.solution(chosen))
            return np.asarray(np.nan if found is None else found, dtype=float)

        before, after, parts = by_switching(value, self.compared.sources)
        if np.isnan(before) or np.isnan(after):
            return None
        return Split(float(before), float(after), {name: float(part) for name, part in parts.items()})

    def solution(self, chosen: Collection[str]) -> Solution:
        """The process with some sources at their current level and the others at that of the reference."""
        if not chosen:
            return self.old
        if len(set(chosen)) == len(self.compared.sources):
            return self.new
        key = frozenset(chosen)
        if key not in self._between:
            self._between[key] = self._solved_between(key)
        return self._between[key]

    def _solved_between(self, chosen: frozenset[str]) -> Solution:
        cells: Cells = in_between(self.old.process.cells, self.new.process.cells, chosen, self.names)
        process = ProcessCells(
            self.name,
            cells,
            self.new.process.coming,
            self.new.process.deadline,
            self.new.process.teams,
            self.new.process.currencies,
        )
        return solve_process(process, self.solver.again())

    def slope_in_time(self, function: str, statistic: str | None, source: str, mean: float) -> float:
        """How much a figure of the current state changes for each second that a time gets longer, in proportion."""
        if mean <= 0.0:
            return 0.0
        key = (function, statistic, source)
        if key not in self._slopes:
            self._slopes[key] = self._slope(function, statistic, source, mean)
        return self._slopes[key]

    def _slope(self, function: str, statistic: str | None, source: str, mean: float) -> float:
        cells = stretched(self.new.process.cells, source, 1.0 + _STRETCH, self.names)
        longer = solve_process(replace(self.new.process, cells=cells), Solver(self.solver.book))
        before, after = (self.value(found, function, statistic) for found in (self.new, longer))
        return 0.0 if before is None or after is None else (after - before) / (_STRETCH * mean)

    def value(self, found: Solution, function: str, statistic: str | None = None) -> float | None:
        """A figure of one solution, at the current rate of arrivals."""
        values, rate = found.values, self.rate.after if self.rate is not None else None
        match function, statistic:
            case (("time" | "cost"), None):
                return values[f"{function}.mean"]
            case (("time" | "cost"), "sd"):
                return values[f"{function}.sd"]
            case "time", str():
                return self.law(found).percentile(
                    (percentile("p50" if statistic == "median" else statistic) or 0) / 100.0
                )
            case "throughput", None:
                return None if rate is None else rate * (values["yield"] or 0.0) * self.period
            case "wip", None:
                return None if rate is None else rate * (values["time.mean"] or 0.0)
            case "late", None:
                deadline = self.new.process.deadline
                return None if deadline is None else self.late(found, deadline)
            case _, None:
                return values.get(function)
        return None

    def team_spread(self) -> dict[str, NodeSpread]:
        """Team -> extra visits, extra time, and its three ways, summed over the nodes that it works at."""
        at: dict[str, str] = {}
        waiting = list(self.new.process.cells.states)
        while waiting:
            state = waiting.pop()
            if state.block is not None:
                waiting += [inner for branch in state.block.branches for inner in branch.states]
            elif state.team is not None:
                at[state.node] = state.team
        found: dict[str, NodeSpread] = {}
        for node, spread in self.nodes.items():
            team = at.get(node)
            if team is not None:
                found[team] = found.get(team, NodeSpread(team, NOTHING, NOTHING, 0.0, 0.0)).plus(spread)
        return found
