"""From a document to workflows and teams: who does what, what calls what, when it starts, what to say about each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mpmflow.analysis.discover.naming import Names, identifier
from mpmflow.diagnostics.errors import DataError
from mpmflow.exchange.bpmn.blocks import Layout, TooDeep
from mpmflow.exchange.bpmn.document import Document, Kept, Lane, Node, Scope
from mpmflow.exchange.bpmn.parameters import Parameters, Pool, iso_duration
from mpmflow.exchange.bpmn.returned.marks import Marks
from mpmflow.exchange.bpmn.returned.own import Own, own_of
from mpmflow.exchange.bpmn.ways import unread_timer, ways_of
from mpmflow.exchange.bpmn.writing import Writer
from mpmflow.model import process
from mpmflow.model.distributions import Constant
from mpmflow.model.flow import arcs
from mpmflow.model.quantities import Quantity


@dataclass(slots=True)
class Draft:
    """What was made of a document.

    Attributes:
        workflows, teams: the parts of the model.
        taken: id of an element of the file -> dotted name of what stands for it in the model.
        remarks: statement (`step brief`) -> sentences to stand above it.
        guessed: questions whose shares nobody gave.
        rework: outcomes that were read as rework, for a way leads back.
    """

    workflows: list[process.Workflow] = field(default_factory=list)
    teams: list[process.Team] = field(default_factory=list)
    taken: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    rework: list[str] = field(default_factory=list)


def draft(document: Document, given: Parameters, own: Own | None = None) -> Draft:
    """Make workflows of a document; what a model cannot say is added to `document.kept`.

    `own` is what mpmflow wrote into it: statements keep their names and all that the drawing does not show.
    """
    return Drafter(document, given, own or own_of(document, Marks())).draft()


class Drafter:
    """Makes the workflows and teams of one document; one `Writer` writes each workflow."""

    def __init__(self, document: Document, given: Parameters, own: Own) -> None:
        self.document = document
        self.given = given
        self.own = own
        self.marks = own.marks
        self.names = Names()
        self.names.given |= own.taken
        self.found = Draft()
        self.team_of: dict[str, str] = {}
        self.workflow_of: dict[str, str] = {}
        self.called: set[str] = set()
        self.calls: dict[str, set[str]] = {}

    def draft(self) -> Draft:
        for scope in self.document.scopes:
            if scope.id in self.marks.imported and scope.id in self.marks.workflows:
                self.workflow_of[scope.id] = self.marks.workflows[scope.id].name
        scopes = [scope for scope in self.document.scopes if scope.nodes and scope.id not in self.workflow_of]
        outer = [scope for scope in scopes if scope.parent is None]
        main = max(outer, key=_size, default=None)
        for scope in self.document.scopes:
            if not scope.nodes and scope.parent is None:
                self.document.keep(scope.element, "a process with nothing in it")
        for scope in [*outer, *(one for one in scopes if one.parent is not None)]:
            own = self.marks.workflows.get(scope.id)
            self.workflow_of[scope.id] = own.name if own is not None else self.names.of(self.title(scope))
        for scope in scopes:
            self.workflow(scope, main)
        self.pools()
        return self.found

    def title(self, scope: Scope) -> str:
        pool = next((one for one in self.document.pools.values() if one.owner == scope.id), None)
        return scope.name or (pool.name if pool else "") or self.document.name.rpartition(".")[0] or "process"

    # --- teams

    def team(self, key: str, name: str, *, partner: bool, pool: Pool | None = None) -> str:
        """The name of the team for a lane or pool, made when it is first needed; equal names are one team."""
        if key not in self.team_of and key in self.own.teams:
            self.team_of[key] = self.own.teams[key].name
            if self.team_of[key] not in {team.name for team in self.found.teams}:
                self.found.teams.append(self.own.teams[key])
        if key not in self.team_of:
            same = next((one for one in self.found.teams if (one.label or "").casefold() == name.casefold()), None)
            if same is not None and same.partner == partner:
                self.team_of[key] = same.name
                return same.name
            rate = Quantity(value=pool.hourly, unit=f"{self.given.currency}/h") if pool and pool.hourly else None
            named = name or "team"
            named = f"{named} team" if identifier(named) in self.names.given else named
            made = process.Team(
                name=self.names.of(named), label=name or None, partner=partner,
                people=pool.people if pool else 1, cost=rate, works=pool.works if pool else (),
            )  # fmt: skip
            self.found.teams.append(made)
            self.team_of[key] = made.name
        return self.team_of[key]

    def who(self, node: Node, scope: Scope, partner: bool) -> str | None:
        """The team that does the work of a node: that of the parameters, its lane, or its pool."""
        key = self.given.by.get(node.id)
        if key in self.given.pools:
            pool = self.given.pools[key]
            return self.team(key, pool.name or key, partner=False, pool=pool)
        if node.kind == "catch":
            sender = self.sender(node)
            if sender is not None:
                return self.team(sender.id, sender.name or "partner", partner=True)
            return None
        if node.kind == "throw":
            return None
        return self.side(node.id, scope, partner)

    def side(self, node: str, scope: Scope, partner: bool) -> str | None:
        """The team of the lane of a node; of a node of a sub-process, that of the sub-process; else of the pool."""
        place: Scope | None = scope
        while place is not None:
            lane = self.document.lane_of.get(node)
            if lane is not None and (self.document.lanes[lane].name or lane in self.own.teams):
                return self.team(lane, self.document.lanes[lane].name, partner=partner)
            if place.own is None:
                break
            node, place = place.own.id, place.parent
        root = scope
        while root.parent is not None:
            root = root.parent
        own = root.id in self.marks.workflows or [
            one for one in self.document.lanes.values() if one.owner == root.id and one.name
        ]
        for key, pool in self.document.pools.items():
            if pool.owner == root.id and pool.name and not own:
                return self.team(key, pool.name, partner=partner)
        return None

    def sender(self, node: Node) -> Lane | None:
        """The pool without an inside that sends the message which an event waits for."""
        sources = {source for source, target in self.document.messages if target == node.id}
        return next((pool for key, pool in self.document.pools.items() if key in sources and not pool.owner), None)

    def pools(self) -> None:
        """Say of every pool and lane what became of it."""
        document = self.document
        for key in self.own.teams:
            self.team(key, "", partner=False)
        for key, pool in document.pools.items():
            self.account(key, pool, "participant", "it takes part by messages alone, and nothing here waits for it")
        for key, lane in document.lanes.items():
            self.account(key, lane, "lane", "no work stands in it")
        used = set(self.given.by.values()) & self.team_of.keys()
        for key, people in self.given.pools.items():
            if key not in used and people.name:
                self.given.say(f"the people of {people.name} ({people.people}), who do no work of the diagram")

    def account(self, key: str, lane: Lane, element: str, why: str) -> None:
        if key in self.team_of:
            self.found.taken[key] = self.team_of[key]
        elif lane.owner in self.workflow_of and (
            element == "participant" or (not lane.name and lane.owner in self.marks.workflows)
        ):
            self.found.taken[key] = self.workflow_of[lane.owner]
        else:
            if any(one in self.given.by for one in lane.members):
                why = "the parameters say who does its work"
            self.document.kept.append(Kept(lane.line, element, lane.id, lane.name, why))

    # --- workflows

    def workflow(self, scope: Scope, main: Scope | None) -> None:
        root = scope
        while root.parent is not None:
            root = root.parent
        partner = main is not None and root is not main and root.id not in self.marks.workflows and any(
            pool.owner == root.id for pool in self.document.pools.values()
        )  # fmt: skip
        graph = ways_of(self.document, scope)
        name = self.workflow_of[scope.id]
        self.found.taken[scope.id] = name
        writer = Writer(self, scope, graph, name, partner)
        try:
            layout = Layout(graph, writer.say)
            body = writer.write(layout)
        except TooDeep:
            raise DataError("work side by side stands inside work side by side more than 30 times", row=scope.line,
                            file=self.document.name) from None  # fmt: skip
        arrivals = self.given.arrivals if scope is main else None
        heard = []
        for node in graph.starts:
            if node.kind != "start":
                continue
            self.found.taken.setdefault(node.id, f"{name}.start")
            gap = _every(node)
            if gap is not None and arrivals is None:
                arrivals = process.RenewalArrivals(gap=Constant(value=gap))
            elif text := unread_timer(node):
                self.document.keep(node.element, f"it starts by the clock ({text[:80]}); say `arrivals every …`")
            if node.name and node.id not in self.marks.part_of:
                heard.append(f'"{node.name}"')
        if heard:
            self.remark(f"workflow {name}", f"Starts with {', '.join(heard)}.")
        for text in self.document.notes_on.get(scope.id, ()):
            self.remark(f"workflow {name}", text)
        own = self.marks.workflows.get(scope.id)
        if own is not None:
            begins = own.arrivals or arrivals
            made = self.own.edits.workflow(own, scope.id).model_copy(update={"arrivals": begins, "body": tuple(body)})
        else:
            made = process.Workflow(name=name, label=self.title(scope), arrivals=arrivals, body=tuple(body))
        self.found.workflows.append(self.opened(made, scope))

    def opened(self, workflow: process.Workflow, scope: Scope) -> process.Workflow:
        """The workflow without loops that no case leaves: the last arrow back in such a loop leads to the end."""
        while True:
            flow = arcs(workflow)
            back: dict[str, list[str]] = {}
            for arc in flow.arcs:
                back.setdefault(arc.target, []).append(arc.source)
            ending, waiting = set(flow.ends), list(flow.ends)
            while waiting:
                for place in back.get(waiting.pop(), ()):
                    if place not in ending:
                        ending.add(place)
                        waiting.append(place)
            caught = [
                node.name
                for node in workflow.nodes()
                if not isinstance(node, process.End)
                and node.name not in ending
                and any(target is not None and target not in ending for target in _targets(node))
            ]
            if not caught:
                return workflow
            why = f"`{caught[-1]}` leads back into a loop that no case would leave; here it leads to the end"
            self.document.keep(scope.element, why)
            workflow = workflow.model_copy(update={"body": _to_the_end(workflow.body, caught[-1])})

    def remark(self, statement: str, sentence: str) -> None:
        self.found.remarks.setdefault(statement, []).append(sentence)

    def may_call(self, caller: str, callee: str) -> bool:
        """Whether a call makes no circle of workflows that call each other; notes it if so."""
        waiting, seen = [callee], {callee}
        while waiting:
            one = waiting.pop()
            if one == caller:
                return False
            for other in self.calls.get(one, ()):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        self.calls.setdefault(caller, set()).add(callee)
        return True


def _targets(node: process.Node) -> list[str | None]:
    """Where the arrows of a statement lead."""
    if isinstance(node, process.Decision | process.Choose):
        return [outcome.target for outcome in node.outcomes]
    return [] if isinstance(node, process.End) else [node.target]


def _to_the_end(body: tuple[process.Node, ...], name: str) -> tuple[process.Node, ...]:
    """The statements, with the one of that name leading to `done`."""
    changed: list[process.Node] = []
    for node in body:
        if isinstance(node, process.Parallel):
            branches = tuple(process.Branch(body=_to_the_end(one.body, name)) for one in node.branches)
            node = node.model_copy(update={"branches": branches})
        if isinstance(node, process.Decision | process.Choose) and node.name == name:
            last = max(number for number, one in enumerate(node.outcomes) if one.target is not None)
            outcomes = list(node.outcomes)
            outcomes[last] = outcomes[last].model_copy(update={"target": "done", "rework": False})
            node = node.model_copy(update={"outcomes": tuple(outcomes)})
        elif not isinstance(node, process.End) and node.name == name:
            node = node.model_copy(update={"target": "done"})
        changed.append(node)
    return tuple(changed)


def _size(scope: Scope) -> int:
    return sum(1 for node in scope.nodes.values() if node.kind in ("task", "sub", "call"))


def _every(node: Node) -> Quantity | None:
    cycle = node.part("timeCycle")
    found = re.fullmatch(r"R\d*/(P[0-9A-Z.]+)", cycle.text) if cycle is not None else None
    return iso_duration(found[1]) if found else None
