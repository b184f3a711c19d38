"""Waiting for people in an evaluation: the queues of the reference and of the present, and what moved them.

Where a log does not show the wait at a node, the queue's formula gives it, in both states (`congestion.network`); it
stands in the process as a state of its own, owned by a source such as `legal.queue` that is then shared out among
what really moved (`pool_spill`). Where the log shows the wait, or the whole time at a node, that is the wait: it is
not counted a second time. The plan, which knows no queues, then gets the wait that its own queues imply, and of the
difference as much is told as spill from elsewhere as the queues explain.

A team with more work than people has no wait in the long run. Its wait is then the one at the end of the horizon on
the fluid path, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.congestion.network import Network, networks
from mpmflow.analysis.congestion.queued_blocks import Wait, queued_cells, team_held
from mpmflow.analysis.exact.arrays import LawBook, Solver
from mpmflow.graphs.cells import Cells, Crew, ProcessCells, State
from mpmflow.graphs.work_time import Timing
from mpmflow.model.model import Model

from .beliefs import PlanTime, PlanTimes, TimeEstimate
from .pool_spill import TeamSpill, pool_spill
from .switching import Names, aligned

Floats = npt.NDArray[np.float64]
Base = Literal["plan", "rework-free", "period"]
QUEUE = ".queue"


@dataclass(frozen=True, eq=False)
class Crowd:
    """Workflows that share teams, in both states.

    Attributes:
        before, after: their queues.
        waits_before, waits_after: team -> wait of one visit, by the fluid path where there is no other.
        spills: team -> what moved its wait.
    """

    before: Network
    after: Network
    waits_before: Mapping[str, Wait]
    waits_after: Mapping[str, Wait]
    spills: Mapping[str, TeamSpill]


class Crowds:
    """All queues of an evaluation.

    Args:
        before, after: the cells of every workflow in both states, with the same steps and outcomes.
        reference, current: the models they were made of.
        times: what was observed of times; `base` says what the reference is.
        names: how observed times are called; queues are added to it under `names`.
        horizon: seconds to look ahead.

    Attributes:
        before, after: the cells with the waits in them.
        flows: source -> real source -> share: where the parts of queues, and those of observed waits that the queues
            explain, belong. Each adds up to 1; what is not in it keeps its own name.
        spill: source -> share of its change that is spill from elsewhere.
    """

    def __init__(
        self,
        before: Mapping[str, ProcessCells],
        after: Mapping[str, ProcessCells],
        reference: Model,
        current: Model,
        times: Mapping[str, TimeEstimate],
        names: Names,
        book: LawBook,
        base: Base,
        horizon: float,
    ) -> None:
        self.book, self.horizon = book, horizon
        self.observed = {row.node: row.name for row in times.values() if row.part in ("all", "wait")}
        self.plain = {
            name: replace(cells, cells=aligned(cells.cells, before[name].cells)) for name, cells in after.items()
        }
        self.plain_before = {
            name: replace(cells, cells=aligned(cells.cells, after[name].cells)) for name, cells in before.items()
        }
        self.crowds = self._crowds(reference, current, names)
        queued: dict[tuple[str, str], str] = {}
        self._team_at: dict[tuple[str, str], str] = {}
        for crowd in self.crowds:
            for stream in crowd.after.streams:
                for state in stream.line.states:
                    team = team_held(state, book)
                    if team is not None:
                        self._team_at[stream.name, state.node] = team
                        queued[state.node, "queue"] = team + QUEUE
        self.names: dict[tuple[str, str], str] = {**names, **queued}
        waits_before = {team: wait for crowd in self.crowds for team, wait in crowd.waits_before.items()}
        waits_after = {team: wait for crowd in self.crowds for team, wait in crowd.waits_after.items()}
        self.before = {
            name: self._with(cells, waits_before, self._added(name, base, waits_before, waits_after))
            for name, cells in self.plain_before.items()
        }
        self.after = {name: self._with(cells, waits_after, {}) for name, cells in self.plain.items()}
        self._flows()

    # ------------------------------------------------------------------------------------------ both states
    def _crowds(self, reference: Model, current: Model, names: Names) -> tuple[Crowd, ...]:
        old = {stream.name: network for network in self._networks(reference) for stream in network.streams}
        found = []
        for network in self._networks(current):
            first = old.get(network.streams[0].name)
            if first is None or [one.name for one in first.streams] != [one.name for one in network.streams]:
                continue
            if any(stream.name not in self.plain for stream in network.streams):
                continue
            before = first.with_cells({stream.name: self.plain_before[stream.name] for stream in first.streams})
            after = network.with_cells({stream.name: self.plain[stream.name] for stream in network.streams})
            if [crew.name for crew in before.crews] != [crew.name for crew in after.crews]:
                continue
            spills = pool_spill(before, after, names)
            found.append(Crowd(before, after, self._waits(before), self._waits(after), spills))
        return tuple(found)

    def _networks(self, model: Model) -> tuple[Network, ...]:
        return networks(model, {}, Solver(self.book))

    def _waits(self, network: Network) -> dict[str, Wait]:
        """Waits of a network; of an overloaded team the one that a case meets at the end of the horizon."""
        found = dict(network.waits)
        queue = network.found
        for team, wait in network.waits.items():
            if not np.isfinite(wait.mean):
                pool = network.pools[team]
                growth = max(float(queue.offered[pool] - queue.servers[pool]), 0.0)
                pile = growth * self.horizon / float(queue.servers[pool])
                found[team] = Wait(1.0, pile * of_one_visit(network, team))
        return found

    def _with(
        self, process: ProcessCells, waits: Mapping[str, Wait], added: Mapping[str, tuple[float, float]]
    ) -> ProcessCells:
        """A process with its queues, and with observed waits made longer by (mean, variance), node by node."""

        def timing(state: State) -> Timing | None:
            team = self._team_at.get((process.workflow, state.node)) if state.part == "work" else None
            if team is None or state.node in self.observed:
                return None
            return waits[team].timing

        cells = queued_cells(_lengthened(process.cells, added, self.book), timing)
        return replace(process, cells=cells)

    def _added(
        self, workflow: str, base: Base, before: Mapping[str, Wait], after: Mapping[str, Wait]
    ) -> dict[str, tuple[float, float]]:
        """What the reference's observed nodes wait beyond what its text (or the present) says, (mean, variance)."""
        found: dict[str, tuple[float, float]] = {}
        for (name, node), team in self._team_at.items():
            if name != workflow or node not in self.observed or base == "period":
                continue
            law = self.book.calendar(before[team].timing, node)
            if base == "plan":
                found[node] = (law.mean, law.variance)
            else:
                now = self.book.calendar(after[team].timing, node)
                found[node] = (law.mean - now.mean, law.variance - now.variance)
        return found

    # ------------------------------------------------------------------------------------------ what moved them
    def _flows(self) -> None:
        self.flows: dict[str, dict[str, float]] = {}
        self.spill: dict[str, float] = {}
        for crowd in self.crowds:
            for team, spill in crowd.spills.items():
                self.spill[team + QUEUE] = 1.0
                if spill.by:
                    self.flows[team + QUEUE] = dict(spill.by)
        waits_before = {team: wait for crowd in self.crowds for team, wait in crowd.waits_before.items()}
        waits_after = {team: wait for crowd in self.crowds for team, wait in crowd.waits_after.items()}
        spills = {team: spill for crowd in self.crowds for team, spill in crowd.spills.items()}
        for (workflow, node), team in self._team_at.items():
            if node not in self.observed or not spills[team].by:
                continue
            name = self.observed[node]
            whole = self._mean_at(self.after[workflow], node) - self._mean_at(self.before[workflow], node)
            moved = waits_after[team].mean - waits_before[team].mean
            share = min(max(moved / whole, 0.0), 1.0) if whole else 0.0
            if share > 0.0:
                self.spill[name] = share
                flow = {source: share * part for source, part in spills[team].by.items()}
                flow[name] = flow.get(name, 0.0) + 1.0 - share
                self.flows[name] = flow

    def _mean_at(self, process: ProcessCells, node: str) -> float:
        return sum(
            self.book.calendar(state.timing, node).mean
            for state in _states(process.cells)
            if state.node == node and state.part in ("work", "wait")
        )

    # ------------------------------------------------------------------------------------------ the present, changed
    def again(self, changed: Mapping[str, ProcessCells]) -> dict[str, ProcessCells]:
        """The present with the cells of some workflows replaced: all workflows whose queues feel it, with their waits.

        Observed waits change by what the queues say. Raises `ModelFault` for a team that is left without people.
        """
        found = {name: cells for name, cells in changed.items() if not self.queues_at(name)}
        for crowd in self.changed(changed):
            for stream in crowd.after.streams:
                added = {
                    node: (
                        crowd.waits_after[team].mean - crowd.waits_before[team].mean,
                        self._variance(crowd.waits_after[team]) - self._variance(crowd.waits_before[team]),
                    )
                    for (workflow, node), team in self._team_at.items()
                    if workflow == stream.name and node in self.observed
                }
                found[stream.name] = self._with(stream.process, crowd.waits_after, added)
        return found

    def changed(self, cells: Mapping[str, ProcessCells]) -> list[Crowd]:
        """The queues of today, as `before`, beside those with the cells of some workflows replaced, as `after`."""
        found = []
        for crowd in self.crowds:
            mine = {stream.name: self.plain[stream.name] for stream in crowd.after.streams}
            if not any(name in cells for name in mine):
                continue
            network = crowd.after.with_cells({name: cells.get(name, plain) for name, plain in mine.items()})
            for crew in _crews(stream.process for stream in network.streams):
                if crew.name in network.pools and crew.people != network.crews[network.pools[crew.name]].people:
                    network = network.with_people(crew.name, crew.people)
            found.append(Crowd(crowd.after, network, crowd.waits_after, self._waits(network), {}))
        return found

    def held(self, crowd: Crowd) -> dict[str, ProcessCells]:
        """The changed workflows of a crowd with the waits of today."""
        return {stream.name: self._with(stream.process, crowd.waits_before, {}) for stream in crowd.after.streams}

    def team_at(self, workflow: str, node: str) -> str | None:
        """The team that a visit of a node holds."""
        return self._team_at.get((workflow, node))

    def modelled(self, workflow: str) -> bool:
        """Whether some of its waits for people come from the queues alone, for no data show them."""
        return any(of == workflow and node not in self.observed for of, node in self._team_at)

    def settling(self, workflow: str) -> float:
        """Seconds that the queues of a workflow take to settle after a change, approximately; at most the horizon."""
        times = [
            float(crowd.after.found.relaxation[crowd.after.pools[team]])
            for crowd in self.crowds
            for (of, _), team in self._team_at.items()
            if of == workflow and team in crowd.after.pools
        ]
        return max((min(time, self.horizon) if np.isfinite(time) else self.horizon for time in times), default=0.0)

    def queues_at(self, workflow: str) -> bool:
        """Whether cases of a workflow wait for people."""
        return any(stream.name == workflow for crowd in self.crowds for stream in crowd.after.streams)

    def _variance(self, wait: Wait) -> float:
        return float(self.book.calendar(wait.timing, "").variance)


def of_one_visit(network: Network, team: str) -> float:
    """Which part of the wait for a team's pile of work a case meets at one visit: one over its visits."""
    queue, pool = network.found, network.pools[team]
    users = [
        (flow.rate, float(work.times[pool])) for flow, work in zip(queue.flows, queue.work, strict=True)
        if work.times[pool] > 0.0
    ]  # fmt: skip
    visits = sum(rate * times for rate, times in users)
    return sum(rate for rate, _ in users) / visits if visits else 0.0


def with_queues(planned: PlanTimes, model: Model, book: LawBook) -> dict[str, PlanTime]:
    """Planned times with the queues that the plan itself implies, where all its teams keep up."""
    found = dict(planned)
    for network in networks(model, {}, Solver(book)):
        for stream in network.streams:
            for state in stream.line.states:
                team = team_held(state, book)
                if team is not None and state.node in found and np.isfinite(network.waits[team].mean):
                    law = book.calendar(network.waits[team].timing, state.node)
                    found[state.node] = replace(found[state.node], queue=law.mean, queue_variance=law.variance)
    return found


def _lengthened(cells: Cells, added: Mapping[str, tuple[float, float]], book: LawBook) -> Cells:
    """The cells with the waits of some nodes made longer (or shorter, never below nothing)."""
    if not added:
        return cells
    states = []
    for state in cells.states:
        if state.block is not None:
            branches = tuple(_lengthened(branch, added, book) for branch in state.block.branches)
            state = replace(state, block=replace(state.block, branches=branches))
        elif state.part == "wait" and state.node in added:
            law = book.calendar(state.timing, state.node)
            mean, variance = added[state.node]
            state = replace(state, timing=_gamma(max(law.mean + mean, 0.0), max(law.variance + variance, 0.0)))
        states.append(state)
    return replace(cells, states=tuple(states))


def _gamma(mean: float, variance: float) -> Timing:
    if mean <= 0.0 or variance <= (1e-6 * mean) ** 2:
        return Timing("constant", (mean,))
    return Timing("gamma", (mean, variance**0.5))


def _states(cells: Cells) -> list[State]:
    found: list[State] = []
    for state in cells.states:
        found.append(state)
        if state.block is not None:
            for branch in state.block.branches:
                found += _states(branch)
    return found


def _crews(processes: Iterable[ProcessCells]) -> tuple[Crew, ...]:
    return tuple({crew.name: crew for process in processes for crew in process.teams}.values())
