"""From a model's workflow to the cells of its chain: the one bridge from names to numbers.

Everything that a text leaves out has been filled in before (`mpmflow.model.flow`); here calls are copied in, delays
become states, teams' calendars turn days of work into seconds. Time is linear in the size of what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from mpmflow.graphs.cells import Block, Cells, Coming, Crew, Limit, Part, ProcessCells, State, Way
from mpmflow.graphs.faults import ModelFault
from mpmflow.graphs.work_time import ALWAYS, WorkTime, timing, weekly_hours, work_time
from mpmflow.model.distributions import Exponential
from mpmflow.model.flow import Arc, Flow, LooseEnd, Place, Scope, arcs, goes_on
from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model
from mpmflow.model.process import (
    BatchArrivals,
    Call,
    Choose,
    Decision,
    Parallel,
    PoissonArrivals,
    RenewalArrivals,
    Step,
    Team,
    Workflow,
)
from mpmflow.model.quantities import Quantity

STATE_LIMIT = 1_000_000
"""So many states may come of copying called workflows in; more is refused."""


def to_chain(model: Model, workflow: Workflow | str) -> ProcessCells:
    """The cells of one workflow of a model.

    Raises `ModelFault` for what has no meaning: an arrow to nowhere or out of a branch, an unknown team or workflow,
    shares that miss 100 %, a workflow that calls itself, a currency in a place of time.

    A step, checked; one in five is sent back:

    >>> from mpmflow.model.process import Outcome
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief")])
    >>> cells = to_chain(Model(workflows=[Workflow(name="w", body=[Step(name="brief"), check])]), "w").cells
    >>> [(way.row, way.target, str(way.share[0]), way.outcome) for way in cells.ways]
    [(0, 1, '1', None), (1, -1, '4/5', 'ok.yes'), (1, 0, '1/5', 'ok.no')]
    """
    known = Known(model)
    if isinstance(workflow, str):
        workflow = known.workflow(workflow, workflow)
    builder = _Builder(known)
    flow = known.flow(workflow)
    for end in flow.ends:
        builder.end(end, flow.nodes[end].good)
    frame = builder.allocate(flow, (), (workflow.name,))
    builder.connect(frame)
    used = builder.teams | {team for inner in builder.inner for team in inner.teams}
    crews = []
    for name, team in known.teams.items():
        if name in used:
            hours = known.hours(name)
            rate = float(team.cost.base) if team.cost else 0.0
            works = weekly_hours(team)
            crews.append(Crew(name, team.people, rate, hours.stretch, team.partner, works, team.serves))
    currencies = sorted(builder.currencies.union(*(inner.currencies for inner in builder.inner)))
    reached = builder.reached.union(*(inner.reached for inner in builder.inner))
    return ProcessCells(
        workflow.name,
        builder.cells(frame.entry_of_start()),
        _coming(workflow),
        float(workflow.deadline.base) if workflow.deadline else None,
        tuple(crews),
        tuple(currencies),
        tuple(
            place.id
            for place in flow.nodes.values()
            if place.kind not in ("start", "join", "end") and place.id not in reached
        ),
        any(crew.stretch != 1.0 for crew in crews),
        workflow.priority,
    )


def _coming(workflow: Workflow) -> Coming:
    arrivals = workflow.arrivals
    if isinstance(arrivals, PoissonArrivals):
        return Coming("poisson", float(arrivals.per_second))
    if isinstance(arrivals, RenewalArrivals):
        gap = timing(arrivals.gap)
        if isinstance(arrivals.gap, Exponential):
            return Coming("poisson", 1.0 / gap.parameters[0] if gap.parameters[0] else None)
        return Coming("every", None, gap)
    if isinstance(arrivals, BatchArrivals):
        return Coming("batch", None, None, arrivals.cases)
    return Coming()


class Known:
    """Names of a model and of what it imports, each found once; flows and work times are kept."""

    def __init__(self, model: Model) -> None:
        self.workflows: dict[str, Workflow] = {}
        self.teams: dict[str, Team] = {}
        for one in with_imports(model):
            for workflow in one.workflows:
                self.workflows.setdefault(workflow.name, workflow)
            for team in one.all_teams:
                self.teams.setdefault(team.name, team)
        self._flows: dict[str, Flow] = {}
        self._hours: dict[str, WorkTime] = {}

    def workflow(self, name: str, where: str) -> Workflow:
        """The workflow of that name; `where` names who asks."""
        found = self.workflows.get(name)
        if found is None:
            there = ", ".join(self.workflows) or "none"
            raise ModelFault(where, f"there is no workflow {name!r}", f"The workflows are: {there}.")
        return found

    def hours(self, team: str) -> WorkTime:
        """The work time of a known team."""
        if team not in self._hours:
            self._hours[team] = work_time(self.teams[team])
        return self._hours[team]

    def flow(self, workflow: Workflow) -> Flow:
        """The workflow's flow, without loose ends; raises `ModelFault` if it has any."""
        if workflow.name not in self._flows:
            flow = arcs(workflow)
            if flow.loose:
                raise _loose(flow.loose[0])
            self._flows[workflow.name] = flow
        return self._flows[workflow.name]


def _gathering(node: Step | Decision | Choose) -> tuple[int, float] | None:
    """Size and longest wait of a step's batch; a batch of one waits for nobody."""
    batch = node.batch if isinstance(node, Step) else None
    return (batch.size, float(batch.within.base)) if batch is not None and batch.size > 1 else None


def _loose(end: LooseEnd) -> ModelFault:
    where = f"{end.source}.{end.outcome.name}" if end.outcome else end.source
    if end.why == "unknown":
        return ModelFault(where, f"it leads to {end.name!r}, and there is no such node", "Name a node of the workflow.")
    if end.why == "leaves":
        mend = "In a branch use `done` to end the branch or `scrap` to lose the case."
        return ModelFault(where, f"it leads to {end.name!r}, out of its branch", mend)
    return ModelFault(where, f"it leads to {end.name!r}, into a parallel branch", "Lead to the block itself.")


@dataclass(slots=True)
class _Frame:
    """One workflow (or one branch of it) while its states are laid out.

    Attributes:
        entry, last: place -> the state where cases come in; where they leave.
        calls: call -> the frame of the called workflow.
        at_call: for a called workflow, how its ends are numbered in the caller.
    """

    flow: Flow
    scope: Scope
    stack: tuple[str, ...]
    places: list[Place]
    entry: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    calls: dict[str, _Frame] = field(default_factory=dict)
    start: str = ""
    ends: dict[str, int] = field(default_factory=dict)

    def entry_of_start(self) -> int:
        return self.entry[self.start] if self.start in self.entry else self.ends[self.start]


class _Builder:
    def __init__(self, known: Known) -> None:
        self.known = known
        self.states: list[State] = []
        self.ways: list[list[Way]] = []
        self.ends: dict[str, bool] = {}
        self.teams: set[str] = set()
        self.currencies: set[str] = set()
        self.reached: set[str] = set()
        self.inner: list[_Builder] = []
        self._leaving: dict[str, dict[str, list[Arc]]] = {}
        self._reachable: dict[str, set[str]] = {}

    # ------------------------------------------------------------------------------------------ laying out
    def end(self, name: str, good: bool) -> int:
        """The number of an end as a target."""
        self.ends.setdefault(name, good)
        return -1 - list(self.ends).index(name)

    def leaving(self, flow: Flow) -> dict[str, list[Arc]]:
        if flow.workflow not in self._leaving:
            self._leaving[flow.workflow] = flow.leaving()
        return self._leaving[flow.workflow]

    def reachable(self, flow: Flow) -> set[str]:
        """Places that a case can come to, whatever the shares."""
        if flow.workflow not in self._reachable:
            ways = self.leaving(flow)
            found, waiting = {flow.start}, [flow.start]
            while waiting:
                for arc in ways[waiting.pop()]:
                    if arc.target not in found:
                        found.add(arc.target)
                        waiting.append(arc.target)
            self._reachable[flow.workflow] = found
        return self._reachable[flow.workflow]

    def allocate(self, flow: Flow, scope: Scope, stack: tuple[str, ...]) -> _Frame:
        """Give a state to every place of a scope that can be reached, in the order of the text."""
        reachable = self.reachable(flow)
        places = [place for place in flow.nodes.values() if place.scope == scope and place.id in reachable]
        frame = _Frame(flow, scope, stack, places)
        for place in places:
            self.reached.add(place.id)
            if place.kind in ("step", "decision", "choose"):
                self._work(frame, place)
            elif place.kind == "call":
                self._call(frame, place)
            elif place.kind == "fork":
                self._fork(frame, place)
        if not scope:
            frame.start = self.leaving(flow)[flow.start][0].target
        return frame

    def add(self, state: State) -> int:
        if len(self.states) >= STATE_LIMIT:
            mend = "Call fewer workflows from each other, or analyse them one by one."
            raise ModelFault(state.workflow, f"its calls copy into more than {STATE_LIMIT:,} states", mend)
        self.states.append(state)
        self.ways.append([])
        return len(self.states) - 1

    def _work(self, frame: _Frame, place: Place) -> None:
        node = place.node
        assert isinstance(node, Step | Decision | Choose)
        workflow = frame.flow.workflow
        entry = None
        if node.waits is not None:
            entry = self.add(State(node.name, "wait", timing(node.waits), workflow=workflow))
        hours, rate = ALWAYS, 0.0
        if node.by is not None:
            team = self.known.teams.get(node.by)
            if team is None:
                there = ", ".join(self.known.teams) or "none"
                raise ModelFault(node.name, f"there is no team {node.by!r}", f"The teams are: {there}.")
            hours, rate = self.known.hours(node.by), self.money(team.cost, node.by, per_time=True)
            self.teams.add(node.by)
        work = self.add(
            State(
                node.name,
                "work",
                timing(node.takes, hours) if node.takes is not None else None,
                team=node.by,
                cost=self.money(node.costs, node.name),
                rate=rate,
                workflow=workflow,
                batch=_gathering(node),
            )
        )
        frame.entry[place.id] = work if entry is None else entry
        frame.last[place.id] = work
        if entry is not None:
            self.ways[entry].append(Way(entry, work))

    def money(self, amount: Quantity | None, where: str, per_time: bool = False) -> float:
        """A cost in its currency, or in its currency per second."""
        if amount is None:
            return 0.0
        measure = amount.measure
        powers = tuple((name, power) for name, power in measure.powers if name in measure.currencies or name == "time")
        wanted = 2 if per_time else 1
        if amount.value and (
            len(powers) != wanted or len(measure.currencies) != 1 or (per_time and ("time", -1) not in powers)
        ):
            example = "60 eur/h" if per_time else "400 eur"
            raise ModelFault(where, f"{amount} is no cost", f"A cost here looks like {example}.")
        self.currencies.update(measure.currencies)
        return float(amount.base)

    def _call(self, frame: _Frame, place: Place) -> None:
        node = place.node
        assert isinstance(node, Call)
        if node.workflow in frame.stack:
            loop = " -> ".join((*frame.stack[frame.stack.index(node.workflow) :], node.workflow))
            mend = "A workflow cannot contain itself; lead back with an arrow instead."
            raise ModelFault(node.name, f"the workflow calls itself: {loop}", mend)
        called = self.known.workflow(node.workflow, node.name)
        state = self.add(State(node.name, "call", workflow=frame.flow.workflow))
        frame.entry[place.id] = frame.last[place.id] = state
        frame.calls[place.id] = self.allocate(self.known.flow(called), (), (*frame.stack, node.workflow))

    def _fork(self, frame: _Frame, place: Place) -> None:
        node = place.node
        assert isinstance(node, Parallel)
        workflow = frame.flow.workflow
        entries = {arc.branch: arc.target for arc in self.leaving(frame.flow)[place.id]}
        branches = []
        for number in range(len(node.branches)):
            inner = _Builder(self.known)
            inner._leaving, inner._reachable = self._leaving, self._reachable
            inner.end("done", True)
            scope = (*frame.scope, (node.name, number))
            within = inner.allocate(frame.flow, scope, frame.stack)
            within.start = entries[number]
            within.ends[f"{node.name}.join"] = -1
            inner.connect(within)
            branches.append(inner.cells(within.entry_of_start()))
            self.inner += [inner, *inner.inner]
        block = Block(node.name, node.join, tuple(branches))
        frame.entry[place.id] = self.add(State(node.name, "block", workflow=workflow, block=block))
        frame.last[f"{place.id}.join"] = self.add(State(node.name, "joined", workflow=workflow))
        if any(len(branch.ends) > 1 for branch in branches):
            frame.last[f"{place.id}.lost"] = self.add(State(node.name, "lost", workflow=workflow))

    # ------------------------------------------------------------------------------------------ connecting
    def connect(self, frame: _Frame) -> None:
        """Add the ways of a laid-out scope."""
        leaving = self.leaving(frame.flow)
        for place in frame.places:
            if place.kind in ("start", "end"):
                if place.kind == "end":
                    self._name_end(frame, place)
                continue
            if place.kind == "fork":
                self._connect_fork(frame, place)
            elif place.kind == "call":
                self._connect_call(frame, place, leaving[place.id][0])
            elif place.kind in ("decision", "choose"):
                self._connect_outcomes(frame, place, leaving[place.id])
            else:
                source = frame.last[place.id]
                self.ways[source].append(Way(source, self.target(frame, leaving[place.id][0].target)))

    def _name_end(self, frame: _Frame, place: Place) -> None:
        if place.id not in frame.ends:
            frame.ends[place.id] = self.end(place.id, place.good)

    def target(self, frame: _Frame, place: str) -> int:
        if place in frame.entry:
            return frame.entry[place]
        if place not in frame.ends:
            end = frame.flow.nodes[place]
            frame.ends[place] = self.end(place, end.good)
        return frame.ends[place]

    def _connect_call(self, frame: _Frame, place: Place, onward: Arc) -> None:
        inner = frame.calls[place.id]
        after = self.target(frame, onward.target)
        for end in inner.flow.ends:
            inner.ends[end] = after if inner.flow.nodes[end].good else self._lost_end(frame)
        state = frame.entry[place.id]
        self.ways[state].append(Way(state, inner.entry_of_start()))
        self.connect(inner)

    def _lost_end(self, frame: _Frame) -> int:
        return frame.ends["scrap"] if "scrap" in frame.ends else self.end("scrap", False)

    def _connect_fork(self, frame: _Frame, place: Place) -> None:
        state, joined = frame.entry[place.id], frame.last[f"{place.id}.join"]
        self.ways[state].append(Way(state, joined, ()))
        lost = frame.last.get(f"{place.id}.lost")
        if lost is None:
            return
        self.ways[state].append(Way(state, lost, ()))
        block = self.states[state].block
        assert block is not None
        names = dict.fromkeys(end for branch in block.branches for end in branch.ends[1:])
        for name in names:
            there = name in frame.flow.nodes
            target = self.target(frame, name) if there else self._lost_end(frame)
            self.ways[lost].append(Way(lost, target, ()))

    def _connect_outcomes(self, frame: _Frame, place: Place, ways: list[Arc]) -> None:
        node = place.node
        assert isinstance(node, Decision | Choose)
        source = frame.last[place.id]
        _check_shares(node, ways)
        after = {arc.outcome.name: arc for arc in ways if arc.kind == "after_limit" and arc.outcome}
        pays = goes_on(node.outcomes)
        place_of_payer = next((place for place, outcome in enumerate(node.outcomes) if outcome is pays), None)
        row = self.ways[source]
        for arc in ways:
            outcome = arc.outcome
            if arc.kind == "after_limit" or outcome is None:
                continue
            target = self._delayed(frame, arc, arc.key)
            limit = None
            if outcome.at_most is not None and outcome.name in after:
                limit = Limit(outcome.at_most.times, self._delayed(frame, after[outcome.name], arc.key))
            share = arc.share if len(set(arc.share)) > 1 else arc.share[:1]
            payer = None if pays is outcome else place_of_payer
            row.append(Way(source, target, share, arc.key, outcome.rework, outcome.scrap, outcome.waste, payer, limit))

    def _delayed(self, frame: _Frame, arc: Arc, outcome: str) -> int:
        """Where an outcome leads: to its target, or to a state that holds the case for the delay first."""
        target = self.target(frame, arc.target)
        if arc.delay is None:
            return target
        part: Part = "delay"
        held = self.add(State(arc.source, part, timing(arc.delay), outcome, workflow=frame.flow.workflow))
        self.ways[held].append(Way(held, target))
        return held

    # ------------------------------------------------------------------------------------------ result
    def cells(self, start: int) -> Cells:
        """The cells, with the payers of each row numbered among all ways."""
        if start < 0:  # cases end at once: a chain needs a state all the same
            held = self.add(State("", "call"))
            self.ways[held].append(Way(held, start))
            start = held
        found: list[Way] = []
        for row in self.ways:
            first = len(found)
            found += [way if way.payer is None else _paid(way, first + way.payer) for way in row]
        return Cells(tuple(self.states), tuple(found), start, tuple(self.ends), tuple(self.ends.values()))


def _paid(way: Way, payer: int) -> Way:
    return Way(
        way.row, way.target, way.share, way.outcome, way.rework, way.scrap, way.waste, payer, way.limit
    )  # not `replace`, which is several times slower and runs once an outcome


def _check_shares(node: Decision | Choose, ways: list[Arc]) -> None:
    if sum(outcome.share is None for outcome in node.outcomes) > 1:
        names = " and ".join(outcome.name for outcome in node.outcomes if outcome.share is None)
        raise ModelFault(node.name, f"more than one outcome has no percentage: {names}", "Only one may take the rest.")
    columns = [arc.share for arc in ways if arc.kind == "outcome"]
    for visit in range(len(columns[0])):
        row = [column[visit] for column in columns]
        if sum(row) == 1 and all(share >= 0 for share in row):
            continue
        total = Fraction(sum(row)) - min(min(row), Fraction(0))
        at = f" at visit {visit + 1}" if len(columns[0]) > 1 else ""
        mend = "Leave one percentage out and that outcome takes the rest."
        raise ModelFault(node.name, f"its outcomes add up to {float(total):.6%}{at}, not to 100%", mend)
