"""From the cells of workflows to one event process, in which they share their teams.

Each workflow is a class of cases with nodes of its own; a team is one pool for all of them. A state becomes a node; a
batch becomes a node before the work, where cases gather; the branches of a block stand behind the block's own nodes.
The order of nodes follows the text alone, so that two scenarios of one model share their luck case by case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import LawBook, Solver, without
from mpmflow.graphs.cells import Block, Cells, Crew, ProcessCells, State
from mpmflow.graphs.faults import ModelFault
from mpmflow.numerics.events.process import (
    Arrivals,
    Discipline,
    EventProcess,
    Fork,
    Gather,
    Pool,
    event_process,
)
from mpmflow.numerics.times.laws import Exponential, Law

ORDERS: dict[str, Discipline] = {
    "first come": "first_come",
    "oldest first": "oldest_case",
    "shortest first": "shortest",
    "priority first": "class",
}
"""Whom a team serves next: the words of the language, and those of the engine."""

LAST = 2**31
"""Priority of a workflow that says none: behind all that do."""


@dataclass(frozen=True, eq=False)
class Flow:
    """One workflow among the nodes of an event process.

    Attributes:
        process: its cells.
        executed: name -> the nodes that count its executions.
        waiting: name of a step -> the nodes of its own `waits`.
        gathering: name of a step -> the nodes where cases gather for it.
        working: name of a step -> the nodes of its work, as many as `executed` has.
        team: team -> the nodes of its work.
        state: node -> its state.
    """

    process: ProcessCells
    executed: dict[str, list[int]] = field(default_factory=dict)
    waiting: dict[str, list[int]] = field(default_factory=dict)
    gathering: dict[str, list[int]] = field(default_factory=dict)
    working: dict[str, list[int]] = field(default_factory=dict)
    team: dict[str, list[int]] = field(default_factory=dict)
    state: dict[int, State] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class EventModel:
    """An event process with its names.

    Attributes:
        process: what the engine runs; class c is `flows[c]`, pool p is `crews[p]`.
        rework_free: the same with rework outcomes taken out and nobody in the way, None where nothing is rework.
        weight: work of one execution of each node, in the unit in which rework is measured, (n,).
    """

    process: EventProcess
    rework_free: EventProcess | None
    flows: tuple[Flow, ...]
    crews: tuple[Crew, ...]
    weight: npt.NDArray[np.float64]


def event_model(processes: Sequence[ProcessCells], book: LawBook, *, by_calendar: bool = True) -> EventModel:
    """The event process of workflows that share their teams.

    Args:
        by_calendar: teams work in their hours. Otherwise they are always there, and work takes as much longer as their
            calendar is open less, which is what the formulas take it for.

    Raises `ModelFault` for a team without people that has something to do, and for a gap of nothing between arrivals.

    >>> from mpmflow.graphs.to_chain import to_chain
    >>> from mpmflow.model.model import Model
    >>> from mpmflow.model.process import PoissonArrivals, Step, Team, Workflow
    >>> work = [Step(name="brief", by="t", takes="2h"), Step(name="send")]
    >>> daily = PoissonArrivals(cases=3, per="1d")
    >>> model = Model(workflows=[Workflow(name="w", arrivals=daily, teams=[Team(name="t")], body=work)])
    >>> made = event_model([to_chain(model, "w")], LawBook())
    >>> made.process.laws, made.process.pool.tolist(), made.flows[0].executed
    ((Constant(value=7200.0), None), [0, -1], {'brief': [0], 'send': [1]})
    """
    crews: dict[str, Crew] = {}
    for process in processes:
        for crew in process.teams:
            crews.setdefault(crew.name, crew)
    layout = _Layout(book, by_calendar, {name: place for place, name in enumerate(crews)})
    flows = []
    classes = []
    for process in processes:
        flow = Flow(process)
        start = layout.lay(process.cells, flow)
        flows.append(flow)
        classes.append(_coming(process, start, book))
    for name, place in layout.pools.items():
        if crews[name].people < 1 and place in layout.pool:
            busy = dict.fromkeys(layout.states[node].node for node, pool in enumerate(layout.pool) if pool == place)
            what = f"it has no people, so every case would wait for ever at {', '.join(busy)}"
            raise ModelFault(name, what, "Give it people, such as `people 1`, or let another team do that work.")
    pools = [_pool(crew, by_calendar) for crew in crews.values()]
    process_ = layout.process(classes, pools)
    weight = np.array([0.0 if law is None else law.mean for law in layout.laws]) * np.array(layout.touch)
    if not weight.any():
        weight = np.array(layout.touch, dtype=np.float64)
    reworked = np.array(layout.rework, dtype=bool)
    free = layout.without_rework(classes) if reworked.any() else None
    return EventModel(process_, free, tuple(flows), tuple(crews.values()), weight)


def _pool(crew: Crew, by_calendar: bool) -> Pool:
    return Pool(max(1, crew.people), ORDERS[crew.serves], crew.hours if by_calendar else ())


def _coming(process: ProcessCells, start: int, book: LawBook) -> Arrivals:
    coming = process.coming
    gap: Law | None = None
    if coming.gap is not None:
        gap = book.calendar(coming.gap, process.workflow)
        if gap.mean <= 0.0:
            what = "its cases come without any time between them, endlessly many at once"
            raise ModelFault(
                process.workflow, what, "Write a gap such as `arrivals every 2d`, or `arrivals 20 at once`."
            )
    elif coming.rate:
        gap = Exponential(1.0 / coming.rate)
    late = process.deadline if process.deadline is not None else float("inf")
    priority = process.priority if process.priority is not None else LAST
    return Arrivals(start, gap, coming.cases or 1, priority, late)


class _Layout:
    """Nodes and ways while they are laid out."""

    def __init__(self, book: LawBook, by_calendar: bool, pools: dict[str, int]) -> None:
        self.book = book
        self.by_calendar = by_calendar
        self.pools = pools
        self.states: list[State] = []
        self.laws: list[Law | None] = []
        self.pool: list[int] = []
        self.touch: list[bool] = []
        self.forks: list[Fork] = []
        self.gathers: list[Gather] = []
        self.row: list[int] = []
        self.target: list[int] = []
        self.share: list[tuple[float, ...]] = []
        self.limit: list[int] = []
        self.over: list[int] = []
        self.rework: list[bool] = []
        self.waste: list[bool] = []
        self.ends = 1

    def lay(self, cells: Cells, flow: Flow) -> int:
        """Add the nodes and ways of a workflow or branch; returns the node where it starts."""
        self.ends = max(self.ends, len(cells.ends))
        entry: list[int] = []
        leave: list[int] = []
        for state in cells.states:
            if state.batch is not None:
                gathering = self._node(state, None)
                self.gathers.append(Gather(gathering, *state.batch))
                flow.gathering.setdefault(state.node, []).append(gathering)
                self._way(gathering, gathering + 1)
                entry.append(gathering)
                leave.append(self._state(state, flow))
            else:
                entry.append(self._state(state, flow))
                leave.append(entry[-1])
        for index, state in enumerate(cells.states):
            if state.block is not None:
                self._fork(cells, index, state.block, entry, flow)
        for number, way in enumerate(cells.ways):
            if cells.states[way.row].block is not None:
                continue  # where it goes on from a fork is said by the fork
            shares = tuple(map(float, way.share)) or (self._lost_share(cells, number),)
            target = way.target if way.target < 0 else entry[way.target]
            limit, over = -1, target
            if way.limit is not None:
                limit = way.limit.times
                over = way.limit.target if way.limit.target < 0 else entry[way.limit.target]
            self._way(leave[way.row], target, shares, limit, over, way.rework, way.waste)
        return entry[cells.start]

    def _state(self, state: State, flow: Flow) -> int:
        works = state.part == "work"
        law: Law | None = None
        if state.timing is not None:
            calendar = not self.by_calendar or state.team is None
            law = self.book.calendar(state.timing, state.node) if calendar else self.book.work(state.timing, state.node)
        node = self._node(state, law, works)
        if works and state.team is not None and law is not None:
            flow.team.setdefault(state.team, []).append(node)
        if state.node and state.part in ("work", "call", "block"):
            flow.executed.setdefault(state.node, []).append(node)
        if state.node and works:
            flow.state[node] = state
            flow.working.setdefault(state.node, []).append(node)
        if state.part == "wait":
            flow.waiting.setdefault(state.node, []).append(node)
        return node

    def _node(self, state: State, law: Law | None, works: bool = False) -> int:
        self.states.append(state)
        self.laws.append(law)
        self.touch.append(works)
        self.pool.append(self.pools[state.team] if works and state.team is not None and law is not None else -1)
        return len(self.states) - 1

    def _way(
        self,
        row: int,
        target: int,
        share: tuple[float, ...] = (1.0,),
        limit: int = -1,
        over: int | None = None,
        rework: bool = False,
        waste: bool = False,
    ) -> None:
        self.row.append(row)
        self.target.append(target)
        self.share.append(share)
        self.limit.append(limit)
        self.over.append(target if over is None else over)
        self.rework.append(rework)
        self.waste.append(waste)

    def _fork(self, cells: Cells, index: int, block: Block, entry: list[int], flow: Flow) -> None:
        after = cells.states[index + 2 : index + 3]
        lost = entry[index + 2] if after and after[0].part == "lost" else -1
        entries = tuple(self.lay(branch, flow) for branch in block.branches)
        self.forks.append(Fork(entry[index], entries, entry[index + 1], lost, block.join == "first"))

    def _lost_share(self, cells: Cells, number: int) -> float:
        """Share of one way out of the place where lost cases come to; they all carry one end, as a rule."""
        row = cells.ways[number].row
        ways = [place for place, way in enumerate(cells.ways) if way.row == row]
        if len(ways) == 1:
            return 1.0
        index = row - 2  # the states of a block stand beside each other: fork, joined, lost
        return Solver(self.book).fold(cells, index, "actual").lost_shares[ways.index(number)]

    def process(self, classes: list[Arrivals], pools: list[Pool]) -> EventProcess:
        return self._made(classes, pools, self.pool, self._shares())

    def without_rework(self, classes: list[Arrivals]) -> EventProcess:
        """Nobody waits for anybody in it: executions do not hang on time."""
        rows, marks, shares = np.array(self.row), np.array(self.rework, dtype=bool), self._shares()
        n = len(self.states)
        free = np.column_stack([without(column, rows, marks, n) for column in shares.T])
        gathers, self.gathers = self.gathers, []
        made = self._made(classes, [], [-1] * n, free)
        self.gathers = gathers
        return made

    def _shares(self) -> npt.NDArray[np.float64]:
        """One column a visit; the last share of a shorter row holds on."""
        longest = max((len(one) for one in self.share), default=1)
        return np.array([one + one[-1:] * (longest - len(one)) for one in self.share], dtype=np.float64)

    def _made(
        self, classes: list[Arrivals], pools: list[Pool], pool: list[int], shares: npt.NDArray[np.float64]
    ) -> EventProcess:
        states, works = self.states, self.touch
        return event_process(
            self.laws,
            self.row,
            self.target,
            shares,
            classes,
            pools,
            pool,
            self.ends,
            self.forks,
            self.gathers,
            self.limit,
            self.over,
            self.rework,
            self.waste,
            cost=[state.cost if works[node] else 0.0 for node, state in enumerate(states)],
            cost_rate=[state.rate if works[node] else 0.0 for node, state in enumerate(states)],
            touch=works,
        )


def offered(model: EventModel, work: npt.NDArray[np.float64]) -> Iterator[tuple[Crew, float | None]]:
    """Each team with its load: the work that comes to it over the work that its people can do, 1 or more is too much.

    `work` is the working time per case and node, (n,); None for a team without a workflow whose cases keep coming.
    """
    for crew in model.crews:
        asked: float | None = None
        for flow, coming in zip(model.flows, model.process.classes, strict=True):
            nodes = flow.team.get(crew.name)
            if nodes and coming.gap is not None:
                asked = (asked or 0.0) + coming.batch * float(work[nodes].sum()) / coming.gap.mean
        stretch = crew.stretch if crew.hours else 1.0
        yield crew, None if asked is None else asked * stretch / crew.people
