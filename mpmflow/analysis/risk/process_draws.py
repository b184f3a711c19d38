"""Every draw of shares, times and arrivals solved anew: time, cost, yield, and the waits of the queues that they fill.

Visits are exact in every draw, and so are the loads of teams. Waits follow the load from their present level,

    W(rho) = W * r(rho) / r(rho now),    r = C(m, m rho) / (1 - rho)

with Erlang's C: what else the formula of a wait holds changes little beside it. Near and beyond full load a wait takes
long to grow, or has no end. It is then the mean of a reflected Brownian motion at the end of the horizon, which swings
as much as the present wait says and rises or falls by what the load leaves over,

    theta t Phi(a) + s sqrt(t) phi(a) + s^2 / (2 theta) * (2 Phi(a) - 1),    a = theta sqrt(t) / s,  theta = rho - 1

(the mean of the largest value up to t of a Brownian motion with that drift, Abate & Whitt 1987). At a load of 1 it
grows with the root of the time. A draw with a load of 1 or more is counted in `overloaded`. Where the present load is
that high already nothing says how much it swings: then waits are those of the fluid path, none below full load.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from mpmflow.analysis.exact.arrays import Solved
from mpmflow.graphs.cells import State

from .crowds import QUEUE, Crowd, Crowds, of_one_visit
from .process_change import ProcessChange
from .sources import Source

Floats = npt.NDArray[np.float64]
LARGEST_DENSE = 60
"""Processes with more rows than this are eliminated in compiled code."""
FULL = 1.0 - 1e-9


class ProcessDraws:
    """The draws of all workflows; `count` of them. Levers inside parallel blocks keep their slopes."""

    def __init__(
        self, changes: Mapping[str, ProcessChange], sources: Mapping[str, Source], crowds: Crowds, count: int
    ) -> None:
        self.changes, self.sources, self.crowds, self.count = changes, sources, crowds, count
        self._visited: dict[str, tuple[Floats, Floats, Floats]] = {}

    def figures(self, workflow: str) -> dict[str, Floats]:
        """Time, cost, yield, scrap, and what follows from them where cases keep coming, (D,) each."""
        change = self.changes[workflow]
        visits, ends, time = self._solved(workflow)
        solved = change.new.actual
        for row, index in enumerate(solved.state.tolist()):
            state = solved.cells.states[index]
            if state.part == "queue":
                time[:, row] = self.waits.get(change.names[state.node, "queue"].removesuffix(QUEUE), time[:, row])
        times, costs = np.einsum("dn,dn->d", visits, time), visits @ change.compared.cost1
        good = ends @ solved.good
        found = {"time": times, "cost": costs, "yield": good, "scrap": 1.0 - good}
        pace = self._pace(change)
        if pace is not None:
            found |= {"throughput": pace * good * change.period, "wip": pace * times}
        return found

    def _solved(self, workflow: str) -> tuple[Floats, Floats, Floats]:
        """Visits (D, n), chances of the ends (D, k) and times of one visit (D, n) of a workflow."""
        if workflow not in self._visited:
            change = self.changes[workflow]
            visits, ends = _visits(change.new.actual, self._shares(change.new.actual))
            self._visited[workflow] = visits, ends, self._times(change)
        return self._visited[workflow]

    def _shares(self, solved: Solved) -> Floats:
        outcomes = solved.outcomes
        share = np.tile(outcomes.share, (self.count, 1))
        for entry, way in enumerate(solved.way.tolist()):
            outcome = solved.cells.ways[way].outcome if way >= 0 else None
            source = self.sources.get(outcome) if outcome is not None else None
            if source is not None and source.now > 0.0:
                share[:, entry] = outcomes.share[entry] * source.draws / source.now
        of_row = sparse.csr_array((np.ones(outcomes.count), (np.arange(outcomes.count), outcomes.row)))
        return np.asarray(share / np.asarray(share @ of_row)[:, outcomes.row])

    def _times(self, change: ProcessChange) -> Floats:
        solved, names = change.new.actual, change.names
        time = np.tile(change.compared.time1, (self.count, 1))
        for row, index in enumerate(solved.state.tolist()):
            state = solved.cells.states[index]
            if state.part in ("work", "wait"):
                usual = f"{state.node}.{'wait' if state.part == 'wait' else 'time'}"
                name = names.get((state.node, state.part), usual)
                source = self.sources.get(name)
                if source is not None and source.now > 0.0:
                    both = names.get((state.node, "work")) == names.get((state.node, "wait")) == name
                    if not both or state.part == "wait":
                        time[:, row] += source.draws - source.now
        return time

    def _pace(self, change: ProcessChange) -> Floats | None:
        rate = self.sources.get(f"{change.name}.arrivals")
        if rate is not None:
            return rate.draws
        return None if change.rate is None else np.full(self.count, change.rate.after)

    # ------------------------------------------------------------------------------------------ queues
    @cached_property
    def loads(self) -> dict[str, Floats]:
        """Team -> its load in every draw, (D,)."""
        found: dict[str, Floats] = {}
        for crowd in self.crowds.crowds:
            found |= self._loads(crowd)
        return found

    def _loads(self, crowd: Crowd) -> dict[str, Floats]:
        queue = crowd.after.found
        total = {crew.name: np.zeros(self.count) for crew in crowd.after.crews}
        for stream, flow, work in zip(crowd.after.streams, queue.flows, queue.work, strict=True):
            change = self.changes[stream.name]
            pace = self._pace(change)
            if pace is None:
                pace = np.full(self.count, stream.rate)
            outside = dict.fromkeys(total, 0.0)
            now = change.new.actual.visits
            visits, _, time = self._solved(stream.name)
            for row, index in enumerate(change.new.actual.state.tolist()):
                team = self._team(stream.name, change.new.actual.cells.states[index])
                if team is not None:
                    total[team] += pace * visits[:, row] * np.maximum(time[:, row], 0.0)
                    outside[team] += flow.rate * float(now[row] * change.compared.time1[row])
            for team, known in outside.items():  # what branches of blocks hold follows the arrivals alone
                inside = flow.rate * float(work.mean[crowd.after.pools[team]]) - known
                if inside > 1e-9 * max(known, 1e-30):
                    total[team] += inside * pace / flow.rate
        return {crew.name: total[crew.name] / crew.people for crew in crowd.after.crews}

    def _team(self, workflow: str, state: State) -> str | None:
        return self.crowds.team_at(workflow, state.node) if state.part == "work" else None

    @property
    def overloaded(self) -> dict[str, float]:
        """Team -> in which part of the draws it has more work than people."""
        return {team: float((load >= FULL).mean()) for team, load in self.loads.items()}

    @cached_property
    def waits(self) -> dict[str, Floats]:
        """Team -> the wait of one visit in every draw, (D,)."""
        found: dict[str, Floats] = {}
        for crowd in self.crowds.crowds:
            for crew in crowd.after.crews:
                pool = crowd.after.pools[crew.name]
                now, wait = float(crowd.after.found.load[pool]), crowd.waits_after[crew.name].mean
                part = of_one_visit(crowd.after, crew.name)
                found[crew.name] = _wait(self.loads[crew.name], now, wait, crew.people, self.crowds.horizon, part)
        return found

    def effect(self, crowd: Crowd, workflow: str) -> Floats:
        """How much a workflow's waits change in every draw, as a factor on their expected change, (D,).

        `crowd` has today's queues as `before` and changed ones as `after`. Loads then differ from draw to draw as
        today's do, in proportion.
        """
        times = crowd.after.found.work[crowd.after.place(workflow)].times
        drawn, expected = np.zeros(self.count), 0.0
        for crew in crowd.after.crews:
            old, new = crowd.before.pools[crew.name], crowd.after.pools[crew.name]
            today, then = crowd.waits_before[crew.name].mean, crowd.waits_after[crew.name].mean
            before, after = float(crowd.before.found.load[old]), float(crowd.after.found.load[new])
            load = self.loads[crew.name] * (after / before if before else 1.0)
            part = of_one_visit(crowd.after, crew.name)
            later = _wait(load, after, then, crew.people, self.crowds.horizon, part)
            drawn += times[new] * (later - self.waits[crew.name])
            expected += float(times[new]) * (then - today)
        return drawn / expected if abs(expected) > 1e-9 else np.ones(self.count)


def _wait(load: Floats, now: float, wait: float, people: int, horizon: float, part: float = 1.0) -> Floats:
    """The wait at other loads, from the one at the present load; a case meets this part of it at one visit.

    >>> _wait(np.array([0.5, 0.8]), 0.5, 10.0, 1, 1e9).round(6).tolist()
    [10.0, 40.0]
    """
    if now >= FULL or now <= 0.0 or wait <= 0.0 or part <= 0.0:
        return np.asarray(part * horizon * np.maximum(load - 1.0, 0.0))
    swing = wait / float(_crowding(np.array([now]), people)[0])  # the wait at another load, over its crowding
    grown = np.maximum(wait, part * _piled(load - 1.0, 2.0 * swing / part, horizon))
    steady = swing * _crowding(np.minimum(load, FULL), people)
    return np.where(load < FULL, np.minimum(steady, grown), grown)


def _piled(drift: Floats, variance: float, time: float) -> Floats:
    """The mean of a reflected Brownian motion that began at 0, by its drift and variance per unit of time.

    >>> _piled(np.array([-0.1, 0.0, 0.1]), 2.0, 1e4).round(1).tolist()
    [10.0, 112.8, 1010.0]
    """
    spread = (variance * time) ** 0.5
    steep = drift * time / spread
    density = np.exp(-0.5 * steep**2) / (2.0 * np.pi) ** 0.5
    even = np.abs(steep) < 1e-6  # the last part is 0 over 0 there
    rest = variance / np.where(even, 1.0, 2.0 * drift) * (2.0 * special.ndtr(steep) - 1.0)
    return np.asarray(drift * time * special.ndtr(steep) + spread * density + np.where(even, spread * density, rest))


def _crowding(load: Floats, people: int) -> Floats:
    """Erlang's chance to wait over what is free, `C(m, m rho) / (1 - rho)`."""
    offered = people * load
    blocked = np.ones(len(load))
    for server in range(1, people + 1):
        blocked = offered * blocked / (server + offered * blocked)
    return np.asarray(blocked / (1.0 - load * (1.0 - blocked)) / (1.0 - load))


def _visits(solved: Solved, share: Floats) -> tuple[Floats, Floats]:
    """Expected executions (D, n) and chances of the ends (D, k) for each row of shares (D, m).

    Large processes are eliminated side by side in compiled code, which takes longer to load than a small one to solve.
    """
    n, k, outcomes = solved.n, solved.factor.chain.k, solved.outcomes
    start = solved.factor.chain.start
    if n > LARGEST_DENSE:
        from mpmflow.numerics.chains.batch import Scenarios

        batch = Scenarios(n, k, outcomes).solve(share, np.zeros(n), start)
        return batch.visits, batch.ends
    count = len(share)
    visits, ends = np.empty((count, n)), np.empty((count, k))
    block = max(1, 2_000_000 // (n * n))
    for first in range(0, count, block):
        some = slice(first, min(first + block, count))
        size = some.stop - some.start
        matrix, exits = np.tile(np.eye(n), (size, 1, 1)), np.zeros((size, n, k))
        for entry in range(outcomes.count):  # several outcomes may lead to one place, so their shares add up there
            row, to = int(outcomes.row[entry]), int(outcomes.target[entry])
            if to < n:
                matrix[:, to, row] -= share[some, entry]
            else:
                exits[:, row, to - n] += share[some, entry]
        right = np.broadcast_to(start[:, None], (size, n, 1))
        visits[some] = np.linalg.solve(matrix, right)[:, :, 0]
        ends[some] = np.einsum("dn,dnk->dk", visits[some], exits)
    return visits, ends
