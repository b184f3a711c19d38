"""Workflows whose cases keep coming and that need the same teams, and the queues in front of those teams.

Teams are known in the whole file: every workflow with a rate of arrivals, those of imported files too, brings work to
its teams, and workflows that share a team, even by way of others, are solved together. Work of a called workflow is
the caller's. A team's calendar stretches its work, as everywhere in the exact figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.congestion.in_a_row import InARow, in_a_row
from mpmflow.analysis.congestion.queued_blocks import Wait, Waits, team_held, waiting_per_row
from mpmflow.analysis.exact.arrays import LawBook, Solved, Solver
from mpmflow.analysis.exact.figures import Solution, arrival_rate, solve_process
from mpmflow.graphs.cells import Crew, ProcessCells
from mpmflow.graphs.faults import ModelFault
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model
from mpmflow.numerics.queues.queueing import CaseFlow, Formula, Queues, case_flow, one_more, owned_work, queues

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stream:
    """A workflow whose cases keep coming.

    Attributes:
        process, solution: its cells; solved without waits.
        rate, scv: arrivals per second; squared coefficient of variation of the gaps between them.
        line: its rows with branches in a row.
    """

    process: ProcessCells
    solution: Solution
    rate: float
    scv: float
    line: InARow

    @property
    def name(self) -> str:
        """Of the workflow."""
        return self.process.workflow


@dataclass(frozen=True, eq=False)
class Network:
    """Streams that are linked by the teams they share, with their queues.

    Attributes:
        streams: in the order of the text.
        crews: every team that some stream holds for a while; the pools of `found` in this order.
        found: loads and waits in the long run.
    """

    streams: tuple[Stream, ...]
    crews: tuple[Crew, ...]
    found: Queues
    solver: Solver = field(repr=False)

    @property
    def book(self) -> LawBook:
        """The laws of all times."""
        return self.solver.book

    @cached_property
    def pools(self) -> dict[str, int]:
        """Team -> its pool."""
        return {crew.name: pool for pool, crew in enumerate(self.crews)}

    def place(self, workflow: str) -> int:
        """The number of a stream."""
        return [stream.name for stream in self.streams].index(workflow)

    @cached_property
    def waits(self) -> Waits:
        """What a visit waits for each team; infinite, or no number, beyond full load."""
        columns = zip(self.crews, self.found.delayed.tolist(), self.found.wait.tolist(), strict=True)
        return {crew.name: Wait(delayed, mean) for crew, delayed, mean in columns}

    def settled(self, workflow: str) -> bool:
        """Whether all teams that a workflow needs keep up, so that its waits have a mean."""
        pool = self.found.flows[self.place(workflow)].pool
        return bool(np.all(np.isfinite(self.found.wait[np.unique(pool[pool >= 0])])))

    def time(self, workflow: str) -> float | None:
        """Mean seconds from start to end, waits included; None beyond full load.

        Where branches of a block wait for the same team, a case meets the same crowd in both of them: there it is the
        mean of drawn cases, for `time_by_formula` would wait for the longer of two waits that are one.
        """
        if self.settled(workflow) and self.crowded(workflow):
            from mpmflow.analysis.congestion.drawn import drawn_times

            return drawn_times(self, workflow).mean
        return self.time_by_formula(workflow)

    def time_by_formula(self, workflow: str) -> float | None:
        """As `time`, with the branches of every block independent: smooth in all levers."""
        if not self.settled(workflow):
            return None
        actual = self.streams[self.place(workflow)].solution.actual
        added = waiting_per_row(actual, self.waits, self.solver.again())
        return self.streams[self.place(workflow)].solution.time.mean + float(actual.visits @ added)

    def crowded(self, workflow: str) -> bool:
        """Whether branches of one block wait for the same team."""
        solved = self.streams[self.place(workflow)].solution.actual
        return _meeting(solved, self.book)

    # ------------------------------------------------------------------------------------------ the same, changed
    def with_people(self, team: str, people: int) -> Network:
        """With so many people in a team."""
        pool = self.pools[team]
        crews = tuple(replace(crew, people=people) if crew.name == team else crew for crew in self.crews)
        if people == self.crews[pool].people + 1:
            return replace(self, crews=crews, found=one_more(self.found, pool))
        servers = [crew.people for crew in crews]
        return replace(self, crews=crews, found=queues(self.found.flows, servers, self.found.formula))

    def with_cells(self, changed: Mapping[str, ProcessCells]) -> Network:
        """With the cells of some streams replaced, everything solved anew."""
        solver = self.solver.again()
        streams = tuple(
            stream_of(changed[stream.name], solver) if stream.name in changed else stream for stream in self.streams
        )
        return _solved(streams, self.crews, self.found.formula, solver)


def networks(
    model: Model, solved: Mapping[str, Solution], solver: Solver, formula: Formula = "work"
) -> tuple[Network, ...]:
    """The networks of a model and all that it imports; `solved` are workflows that were solved already.

    Raises `ModelFault` where cases keep coming to a team of nobody, or come without any time between them.
    """
    streams: dict[str, Stream] = {}
    for one in with_imports(model):
        for workflow in one.workflows:
            if workflow.arrivals is None or workflow.name in streams:
                continue
            known = solved.get(workflow.name)
            process = known.process if known is not None else to_chain(model, workflow)
            if process.teams and keeps_coming(process, solver.book):
                streams[workflow.name] = stream_of(process, solver, known)
    parts = [(part, _crews(part, solver.book)) for part in _linked(list(streams.values()))]
    return tuple(_solved(part, crews, formula, solver) for part, crews in parts if crews)


def keeps_coming(process: ProcessCells, book: LawBook) -> bool:
    """Whether a workflow's cases keep coming at some rate. Raises `ModelFault` for a rate without bound."""
    if process.coming.kind not in ("poisson", "every"):
        return False
    rate = arrival_rate(process, book)
    if rate is None:
        mend = "Write the time between two cases, such as `arrivals every 4h`."
        raise ModelFault(process.workflow, "its cases come with no time between them: there is no end of them", mend)
    return rate > 0.0


def stream_of(process: ProcessCells, solver: Solver, solution: Solution | None = None) -> Stream:
    """A workflow whose cases keep coming, solved."""
    solution = solution or solve_process(process, solver)
    rate = arrival_rate(process, solver.book)
    assert rate is not None
    gap = process.coming.gap
    scv = solver.book.calendar(gap, process.workflow).scv if process.coming.kind == "every" else 1.0
    return Stream(process, solution, rate, scv, in_a_row(solution.actual))


def flow_of(stream: Stream, pools: Mapping[str, int], book: LawBook) -> CaseFlow:
    """A stream as the queues see it: what each row holds of which pool, in calendar seconds."""
    states = stream.line.states
    held, second, pool = np.zeros(len(states)), np.zeros(len(states)), np.full(len(states), -1)
    for row, state in enumerate(states):
        team = team_held(state, book)
        if team is not None:
            law = book.calendar(state.timing, state.node)
            held[row], second[row], pool[row] = law.mean, law.second, pools[team]
    owned = owned_work(pool, len(pools), stream.line.branches) if stream.line.branches else None
    return case_flow(stream.line.factor(), stream.rate, held, pool, second, arrival_scv=stream.scv, owned=owned)


def _solved(streams: Sequence[Stream], crews: Sequence[Crew], formula: Formula, solver: Solver) -> Network:
    pools = {crew.name: pool for pool, crew in enumerate(crews)}
    flows = [flow_of(stream, pools, solver.book) for stream in streams]
    return Network(tuple(streams), tuple(crews), queues(flows, [crew.people for crew in crews], formula), solver)


def _crews(streams: Sequence[Stream], book: LawBook) -> tuple[Crew, ...]:
    """The teams that are held at all. Raises `ModelFault` for one without people."""
    held: dict[str, str] = {}
    for stream in streams:
        for state in stream.line.states:
            team = team_held(state, book)
            if team is not None:
                held.setdefault(team, state.node)
    crews = {crew.name: crew for stream in streams for crew in stream.process.teams}
    for name, node in held.items():
        if crews[name].people < 1:
            mend = f"Give it people, such as `people 1`, or let another team do `{node}`."
            raise ModelFault(name, f"nobody is in this team, and cases keep coming to its work at `{node}`", mend)
    return tuple(crews[name] for name in crews if name in held)


def _meeting(solved: Solved, book: LawBook) -> bool:
    for fold in solved.folds.values():
        seen: set[str | None] = set()
        for branch in fold.branches:
            own = {team_held(state, book) for state, _ in branch.executions()} - {None}
            if own & seen or _meeting(branch, book):
                return True
            seen |= own
    return False


def _linked(streams: list[Stream]) -> Iterator[list[Stream]]:
    """Streams in groups that share teams, in the order of the text."""
    left = [(stream, {crew.name for crew in stream.process.teams}) for stream in streams]
    while left:
        group, teams = [left[0][0]], set(left[0][1])
        left = left[1:]
        while True:
            near = [one for one in left if one[1] & teams]
            if not near:
                break
            left = [one for one in left if not one[1] & teams]
            group += [stream for stream, _ in near]
            teams = teams.union(*(own for _, own in near))
        order = [stream.name for stream in streams]
        yield sorted(group, key=lambda stream: order.index(stream.name))
