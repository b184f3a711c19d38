"""Hand-offs as the model is written: how often they happen, how long work waits, how often it comes back.

How often a place is visited is exact; on the way from there to the next place with a team, decisions by nobody count
with their mean share over all visits. A hand-off's wait is what lies between the two: delays of outcomes, the time of
steps by nobody, the taker's own `waits`, and its queue as `analyze` has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import networkx as nx

from mpmflow.analysis.exact.analyze import WorkflowAnalysis
from mpmflow.analysis.exact.arrays import Solved
from mpmflow.graphs import attributes as at
from mpmflow.model.flow import Arc, Flow, arcs
from mpmflow.model.process import Parallel, Step, Work, Workflow

from .figures import Designed

SMALL = 1e-9
"""Less than this of a visit is not followed any further."""
ROUNDS = 10_000
"""So many steps a visit is followed at most: a loop that is left once in five hundred times has died out by then."""


@dataclass(frozen=True, slots=True)
class _Onward:
    """Where a visit leads: how often, seconds on the way (times how often), how much of it over rework."""

    mass: float = 0.0
    time: float = 0.0
    rework: float = 0.0

    def plus(self, mass: float, time: float, rework: float) -> _Onward:
        return _Onward(self.mass + mass, self.time + time, self.rework + rework)


@dataclass(frozen=True, slots=True)
class Leg:
    """A hand-off from one step or decision to another, by design.

    Attributes:
        per_visit: how often one visit to the source leads to it. per_case: visits of the source times that.
        fixed: mean seconds on the way that no queue makes; queue: mean seconds in the taker's queue, None beyond full
            load; delayed: chance to have to queue at all.
        returns: chance that the taker's next hand-off gives the work back to the giver as rework.
    """

    workflow: str
    source: str
    target: str
    giver: str
    taker: str
    label: str
    rework: bool
    per_visit: float
    per_case: float
    fixed: float
    queue: float | None
    delayed: float
    returns: float
    order: int = 0

    def late(self, within: float) -> float | None:
        """Chance to wait longer than a span, with the fixed part at its mean and an exponential queue."""
        if self.queue is None:
            return None
        if within < self.fixed:
            return 1.0
        if self.queue <= 0.0 or self.delayed <= 0.0:
            return 0.0
        return self.delayed * math.exp(-(within - self.fixed) * self.delayed / self.queue)


@dataclass
class _Routes:
    """How visits of one workflow go on, with mean shares over all visits."""

    workflow: Workflow
    found: WorkflowAnalysis
    flow: Flow = field(init=False)
    ways: dict[str, list[Arc]] = field(init=False)
    team: dict[str, str] = field(init=False)
    evenly: dict[str, int] = field(init=False)
    limited: dict[str, float] = field(init=False)
    delay: dict[str, float] = field(init=False)
    waits: dict[str, float] = field(init=False)
    known: dict[str, dict[str, _Onward]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.flow = arcs(self.workflow)
        self.ways = self.flow.leaving()
        nodes = list(self.workflow.nodes())
        self.team = {node.name: node.by for node in nodes if isinstance(node, Work) and node.by is not None}
        self.evenly = {
            node.name: len(node.branches) for node in nodes if isinstance(node, Parallel) and node.join == "first"
        }
        self.limited = {}
        _at_the_limit(self.found.solution.actual, 1.0, self.limited)
        book = self.found.solver.book
        self.delay, self.waits = {}, {}
        for state, _ in self.found.solution.executions:
            if state.part == "delay" and state.outcome is not None:
                self.delay[state.outcome] = book.calendar(state.timing, state.node).mean
            elif state.part == "wait":
                self.waits[state.node] = book.calendar(state.timing, state.node).mean

    def onward(self, source: str) -> dict[str, _Onward]:
        """The next places with a team behind one visit to a place."""
        if source not in self.known:
            self.known[source] = self._onward(source)
        return self.known[source]

    def _onward(self, source: str) -> dict[str, _Onward]:
        found: dict[str, _Onward] = {}
        wave = {source: _Onward(1.0)}
        for _ in range(ROUNDS):
            moved: dict[str, _Onward] = {}
            for place, here in wave.items():
                for arc in self.ways[place]:
                    share = self.share(arc)
                    mass = here.mass * share
                    if mass <= SMALL:
                        continue
                    time = here.time * share + mass * self.time_on(arc)
                    to = found if arc.target in self.team else moved
                    to[arc.target] = to.get(arc.target, _Onward()).plus(
                        mass, time, mass if arc.rework and arc.kind == "outcome" else here.rework * share
                    )
            wave = moved
            if not wave:
                break
        return found

    def share(self, arc: Arc) -> float:
        """How much of what is at an arc's source goes along it."""
        if arc.outcome is None:
            return 1.0 / self.evenly.get(arc.source, 1)
        name = f"{arc.source}.{arc.outcome.name}"
        planned = float(arc.outcome.share.by_visit[0]) if arc.outcome.share is not None else 0.0
        share, limited = self.found.shares.get(name, planned), self.limited.get(name, 0.0)
        visits = self.found.visits.get(arc.source, 0.0)
        bound = limited / visits if visits > 0.0 else 0.0
        return bound if arc.kind == "after_limit" else max(0.0, share - bound)

    def time_on(self, arc: Arc) -> float:
        """Mean seconds from the end of an arc's source to the beginning at its target, the target's queue left out."""
        name = f"{arc.source}.{arc.outcome.name}" if arc.outcome is not None and arc.kind == "outcome" else ""
        time = self.delay.get(name, 0.0)
        if arc.target in self.team:
            return time + self.waits.get(arc.target, 0.0)
        node = self.flow.nodes[arc.target].node
        step = self.found.steps.get(arc.target)
        return time + (step.time if isinstance(node, Step) and step is not None else 0.0)

    def returns(self, target: str, giver: str) -> float:
        """Chance that work at a node next leaves its team as rework for another team."""
        taker = self.team[target]
        chance, wave = 0.0, {target: 1.0}
        for _ in range(ROUNDS):
            moved: dict[str, float] = {}
            for place, mass in wave.items():
                for onto, way in self.onward(place).items():
                    if self.team[onto] == taker:
                        moved[onto] = moved.get(onto, 0.0) + mass * way.mass
                    elif self.team[onto] == giver:
                        chance += mass * way.rework
            wave = {place: mass for place, mass in moved.items() if mass > SMALL}
            if not wave:
                break
        return min(1.0, chance)


def legs(workflow: Workflow, analyses: Mapping[str, WorkflowAnalysis], graph: nx.MultiDiGraph) -> Iterator[Leg]:
    """The hand-offs of a workflow by design, in the order of the text.

    `graph` are the hand-offs of the model; see `mpmflow.graphs.handoffs`. Queues are those of the whole file, also for
    a workflow whose cases come only by a call.
    """
    found = analyses[workflow.name]
    crowd = {name: team for one in analyses.values() if one.waiting is not None for name, team in one.teams.items()}
    routes = _Routes(workflow, found)
    edges = sorted(graph.edges(keys=True, data=True), key=lambda edge: int(edge[3][at.ORDER]))
    for giver, taker, key, facts in edges:
        if facts[at.VIA] != workflow.name:
            continue
        source, _, target = key.partition("->")
        way = routes.onward(source).get(target, _Onward())
        step, team = found.steps.get(target), crowd.get(taker)
        held = step is not None and (step.wait != 0.0 if found.waiting is not None else step.time > 0.0)
        queue = team.wait if held and team is not None else 0.0  # where no cases keep coming, everybody is free
        visits = found.visits.get(source, 0.0)
        yield Leg(
            workflow.name,
            source,
            target,
            giver,
            taker,
            str(facts[at.LABEL]),
            bool(facts.get(at.REWORK)),
            way.mass,
            visits * way.mass,
            way.time / way.mass if way.mass > 0.0 else 0.0,
            queue,
            (team.delayed or 0.0) if held and team is not None else 0.0,
            routes.returns(target, giver),
            int(facts[at.ORDER]),
        )


def rate_of(leg: Leg, analyses: Mapping[str, WorkflowAnalysis]) -> float | None:
    """How often a hand-off happens in a second, over all workflows whose cases come by; None if none keep coming."""
    rates = [
        one.solution.rate * one.visits.get(leg.source, 0.0) * leg.per_visit
        for one in analyses.values()
        if one.solution.rate is not None and leg.source in one.visits
    ]
    return sum(rates) if rates else None


def designed(parts: list[Leg], analyses: Mapping[str, WorkflowAnalysis], period: float) -> Designed:
    """Some hand-offs as one: volumes added up, waits and returns weighed by them."""
    weights = [leg.per_case for leg in parts]
    rates = [rate_of(leg, analyses) for leg in parts]
    known = [rate for rate in rates if rate is not None]
    if len(known) == len(rates) and sum(known) > 0.0:
        weights = known
    whole = sum(weights)
    shares = [weight / whole if whole > 0.0 else 1.0 / len(parts) for weight in weights]
    one_workflow = len({leg.workflow for leg in parts}) == 1
    waits = [leg.fixed + leg.queue if leg.queue is not None else None for leg in parts]
    felt = [wait for wait, share in zip(waits, shares, strict=True) if share > 0.0]
    return Designed(
        sum(leg.per_case for leg in parts) if one_workflow else None,
        sum(known) * period if known else None,
        None if None in felt else sum(share * (wait or 0.0) for wait, share in zip(waits, shares, strict=True)),
        sum(share * leg.returns for leg, share in zip(parts, shares, strict=True)),
        sum(leg.per_case * leg.returns for leg in parts) if one_workflow else None,
    )


def designed_late(parts: list[Leg], within: float) -> float | None:
    """Share of some hand-offs that are late by design; None where a team cannot keep up."""
    whole = sum(leg.per_case for leg in parts)
    found = [(leg.per_case, leg.late(within)) for leg in parts if leg.per_case > 0.0]
    if whole <= 0.0 or any(late is None for _, late in found):
        return None
    return sum(weight * (late or 0.0) for weight, late in found) / whole


def _at_the_limit(solved: Solved, weight: float, found: dict[str, float]) -> None:
    """Outcome -> how often a case goes the way that is meant for after its bound (`at most N then -> T`)."""
    ways, outcomes = solved.cells.ways, solved.outcomes
    visits = solved.visits[outcomes.row] * outcomes.share * weight
    for entry, number in enumerate(solved.way.tolist()):
        way, row = ways[number], int(outcomes.target[entry])
        if way.outcome is None or way.limit is None:
            continue
        there = int(solved.state[row]) if row < solved.n else -1 - (row - solved.n)
        if there == way.limit.target and there != way.target:
            found[way.outcome] = found.get(way.outcome, 0.0) + float(visits[entry])
    for index, fold in solved.folds.items():
        inside = weight * float(solved.state_visits[index])
        for branch in fold.branches:
            _at_the_limit(branch, inside, found)
