"""From workflows to what stands in a diagram: which shape each statement becomes, and which flows lie between them.

A step is a task, by its team: of one's own a user task, of a partner a manual task, nobody's a plain one. Time before
the work is a timer. A decision that takes time is a task and a gateway. A block forks and joins in parallel gateways,
`first` joins in a complex one. What would give a gateway two meanings gets an exclusive gateway in front that brings
flows together.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mpmflow.compiler.clauses import arrivals_text
from mpmflow.exchange.bpmn.drawing.shapes import Ids, Lane, Link, Pool, Shape
from mpmflow.exchange.bpmn.drawing.statements import node_text, team_text, workflow_text
from mpmflow.exchange.bpmn.drawing.times import iso_span, span_text
from mpmflow.model import distributions as law
from mpmflow.model import process
from mpmflow.model.flow import Arc, Flow, Place, arcs, goes_on


def part_name(node: process.Node) -> str:
    """What people read on a shape that is a statement: its label, else its name in words."""
    if isinstance(node, process.End):
        return (node.name or node.kind).replace("_", " ").capitalize()
    if isinstance(node, process.Choose | process.Parallel):
        return node.label or ""
    return node.title


def outcome_name(outcome: process.Outcome, *, then: bool = False) -> str:
    """What people read on the flow of an outcome, and on that which it becomes after `at most N`."""
    if then and outcome.at_most is not None:
        times = outcome.at_most.times
        return f"{outcome.title}, after {'once' if times == 1 else f'{times} times'}"
    return outcome.title


def pool_of(
    workflow: process.Workflow, teams: Mapping[str, process.Team], lost: frozenset[str], ids: Ids,
    processes: Mapping[str, str], *, called: bool = False, origin: str = "",
) -> Pool:  # fmt: skip
    """The pool of one workflow.

    Args:
        workflow: without loose arrows.
        teams: every team of the file by name.
        lost: workflows in which a case may be scrapped.
        ids: gives ids that are not taken in the file.
        processes: workflow -> id of its process.
        called: whether another workflow calls it; then it does not start by itself.
        origin: path of the file that it is imported from.
    """
    return _Drawer(workflow, teams, lost, ids, processes, called, origin).pool()


@dataclass(slots=True)
class _Drawer:
    workflow: process.Workflow
    teams: Mapping[str, process.Team]
    lost: frozenset[str]
    ids: Ids
    processes: Mapping[str, str]
    called: bool
    origin: str
    shapes: list[Shape] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    entry: dict[str, str] = field(default_factory=dict)
    exit: dict[str, str] = field(default_factory=dict)
    pending: dict[str, str] = field(default_factory=dict)
    merge: dict[tuple[str, int], str] = field(default_factory=dict)
    default: dict[str, str] = field(default_factory=dict)

    def pool(self) -> Pool:
        flow = arcs(self.workflow)
        for place in flow.nodes.values():
            if place.kind != "end":
                self.place(place, flow)
        for arc in flow.arcs:
            self.arc(arc, flow)
        self.in_lanes(flow)
        pool = self.ids.of(f"{self.workflow.name}.pool")
        own = self.processes[self.workflow.name]
        return Pool(pool, own, self.workflow.name, self.workflow.title, workflow_text(self.workflow), self.origin,
                    self.lanes(), tuple(self.shapes), tuple(self.links))  # fmt: skip

    # --- shapes

    def add(self, shape: Shape) -> str:
        self.shapes.append(shape)
        return shape.id

    def link(self, source: str, target: str) -> None:
        self.links.append(Link(self.ids.of(f"{source}.to.{target}"), source, target))

    def place(self, place: Place, flow: Flow) -> None:
        node = place.node
        if place.kind == "start":
            self.begin(place)
        elif isinstance(node, process.Step):
            self.step(node)
        elif isinstance(node, process.Decision | process.Choose):
            self.question(node)
        elif isinstance(node, process.Call):
            self.call(node)
        elif place.kind == "fork" and isinstance(node, process.Parallel):
            self.fork(node, flow)
        elif isinstance(node, process.Parallel):
            self.join(node, place.id, flow)

    def begin(self, place: Place) -> None:
        name, arrivals, every = self.workflow.name, self.workflow.arrivals, ""
        if isinstance(arrivals, process.RenewalArrivals) and isinstance(arrivals.gap, law.Constant) and not self.called:
            every = iso_span(arrivals.gap.value)
        label = _often(arrivals) if arrivals is not None and not self.called else ""
        shape = self.add(
            Shape(self.ids.of(f"{name}.start"), "startEvent", label, name, "start", event="timer" if every else "",
                  after=f"R/{every}" if every else "")
        )  # fmt: skip
        self.entry[place.id] = self.exit[place.id] = shape

    def waits(self, part: str, duration: law.Duration | None, team: str) -> str:
        """The timer before the work of a part; "" where it has none."""
        if duration is None:
            return ""
        return self.add(
            Shape(self.ids.of(f"{part}.waits"), "intermediateCatchEvent", f"Wait {span_text(duration)}", part, "waits",
                  team, event="timer", after=iso_span(duration))
        )  # fmt: skip

    def step(self, node: process.Step) -> None:
        team = node.by or ""
        if isinstance(node.waits, law.Constant) and node.takes is None and node.by is None and node.batch is None:
            shape = Shape(self.ids.of(node.name), "intermediateCatchEvent", part_name(node), node.name, "statement",
                          statement=node_text(node), event="timer", after=iso_span(node.waits))  # fmt: skip
            self.entry[node.name] = self.exit[node.name] = self.add(shape)
            return
        before = self.waits(node.name, node.waits, team)
        work = self.add(
            Shape(self.ids.of(node.name), self.task(node.by), part_name(node), node.name, "statement", team,
                  node_text(node))
        )  # fmt: skip
        self.chain(node.name, before, work)

    def question(self, node: process.Decision | process.Choose) -> None:
        team = node.by or ""
        before = self.waits(node.name, node.waits, team)
        work = ""
        if node.takes is not None or node.by is not None:
            name = f"Decide: {node.title}" if isinstance(node, process.Decision) else node.title
            work = self.add(
                Shape(self.ids.of(f"{node.name}.takes"), self.task(node.by), name, node.name, "takes", team)
            )
        gateway = self.add(
            Shape(self.ids.of(node.name), "exclusiveGateway", part_name(node), node.name, "statement", team,
                  node_text(node))
        )  # fmt: skip
        onward = goes_on(node.outcomes)
        if onward is not None:
            self.default[node.name] = onward.name
        self.chain(node.name, before, work, gateway)

    def chain(self, part: str, *ids: str) -> None:
        there = [one for one in ids if one]
        for source, target in itertools.pairwise(there):
            self.link(source, target)
        self.entry[part], self.exit[part] = there[0], there[-1]

    def task(self, by: str | None) -> str:
        if by is None or by not in self.teams:
            return "task"
        return "manualTask" if self.teams[by].partner else "userTask"

    def call(self, node: process.Call) -> None:
        shape = self.add(
            Shape(self.ids.of(node.name), "callActivity", part_name(node), node.name, "statement",
                  statement=node_text(node), calls=self.processes[node.workflow])
        )  # fmt: skip
        if node.workflow in self.lost:
            event = self.add(
                Shape(self.ids.of(f"{node.name}.lost"), "boundaryEvent", "Scrapped", node.name, "lost", event="error",
                      host=shape)
            )  # fmt: skip
            end = self.end("scrap", None, good=False)
            self.link(event, end)
        self.entry[node.name] = self.exit[node.name] = shape

    def fork(self, node: process.Parallel, flow: Flow) -> None:
        coming = [arc for arc in flow.arcs if arc.target == node.name]
        before = ""
        if len(coming) > 1:
            before = self.add(Shape(self.ids.of(f"{node.name}.enter"), "exclusiveGateway", "", node.name, "merge"))
        shape = self.add(
            Shape(self.ids.of(node.name), "parallelGateway", part_name(node), node.name, "statement",
                  statement=node_text(node))
        )  # fmt: skip
        self.chain(node.name, before, shape)

    def join(self, node: process.Parallel, place: str, flow: Flow) -> None:
        tag = "parallelGateway" if node.join == "all" else "complexGateway"
        name = "" if node.join == "all" else "The first that is done"
        for number in range(len(node.branches)):
            coming = [arc for arc in flow.arcs if arc.target == place and _branch(arc, node.name, flow) == number]
            if len(coming) > 1:
                self.merge[place, number] = self.add(
                    Shape(self.ids.of(f"{node.name}.branch_{number + 1}"), "exclusiveGateway", "", node.name, "merge")
                )
        shape = self.add(Shape(self.ids.of(f"{node.name}.join"), tag, name, node.name, "join"))
        for (block, _), merged in self.merge.items():
            if block == place:
                self.link(merged, shape)
        self.entry[place] = self.exit[place] = shape

    # --- flows

    def arc(self, arc: Arc, flow: Flow) -> None:
        source = self.exit[arc.source]
        outcome, then = arc.outcome, arc.kind == "after_limit"
        if flow.nodes[arc.target].kind == "end":
            target = self.ending(arc, flow)
        else:
            target = self.entry[arc.target]
            number = _branch(arc, flow.nodes[arc.target].node, flow)
            target = self.merge.get((arc.target, number), target) if number is not None else target
        if outcome is None:
            self.link(source, target)
            return
        name = outcome_name(outcome, then=then)
        part = f"{arc.source}.{outcome.name}" + (".then" if then else "")
        share = float(arc.share[0]) if arc.share else 0.0
        default = not then and self.default.get(arc.source) == outcome.name
        condition = "" if default else f'{arc.source} == "{_quoted(part.partition(".")[2])}"'
        aim = target
        if outcome.delay is not None and not then:
            aim = self.add(
                Shape(self.ids.of(f"{part}.delay"), "intermediateCatchEvent", f"Wait {span_text(outcome.delay)}",
                      part, "delay", event="timer", after=iso_span(outcome.delay))
            )  # fmt: skip
        self.links.append(Link(self.ids.of(part), source, aim, name, condition, part, share, default))
        if aim != target:
            self.link(aim, target)

    def ending(self, arc: Arc, flow: Flow) -> str:
        place = flow.nodes[arc.target]
        node = place.node if isinstance(place.node, process.End) else None
        key = place.id if place.good else f"{place.id} {arc.source}"
        if key not in self.pending:
            self.pending[key] = self.end(place.id, node, good=place.good)
        return self.pending[key]

    def end(self, name: str, node: process.End | None, *, good: bool) -> str:
        shown = part_name(node or process.End(kind="done" if good else "scrap"))
        statement = node_text(node) if node is not None else ""
        return self.add(
            Shape(self.ids.of(f"{self.workflow.name}.{name}"), "endEvent", shown, name, "end", statement=statement,
                  event="" if good else "error")
        )  # fmt: skip

    # --- lanes

    def in_lanes(self, flow: Flow) -> None:
        """Put everything that is no work into the lane of what leads to it, else of what it leads to."""
        if not any(shape.lane for shape in self.shapes):
            return
        by_id = {shape.id: shape for shape in self.shapes}
        before: dict[str, list[str]] = {}
        after: dict[str, list[str]] = {}
        for link in self.links:
            before.setdefault(link.target, []).append(link.source)
            after.setdefault(link.source, []).append(link.target)
        for shape in self.shapes:
            if shape.host:
                before.setdefault(shape.id, []).append(shape.host)
        settled = {one.id: one.lane for one in self.shapes if one.lane or one.kind == "task"}
        for ways in (before, after, before):
            changed = True
            while changed:
                changed = False
                for shape in self.shapes:
                    lanes = [settled[one] for one in ways.get(shape.id, ()) if one in settled]
                    if shape.id not in settled and lanes:
                        settled[shape.id] = lanes[0]
                        changed = True
        self.shapes = [replace(one, lane=settled.get(one.id, "")) for one in by_id.values()]

    def lanes(self) -> tuple[Lane, ...]:
        used = {shape.lane for shape in self.shapes}
        if used <= {""}:
            return ()
        found = []
        for name in [*(name for name in self.teams if name in used), *([""] if "" in used else [])]:
            team = self.teams.get(name)
            found.append(
                Lane(
                    self.ids.of(f"{self.workflow.name}.{name or 'nobody'}.lane"), name, team.title if team else "",
                    team_text(team) if team else "", tuple(one.id for one in self.shapes if one.lane == name),
                )
            )  # fmt: skip
        return tuple(found)


def _branch(arc: Arc, block: object, flow: Flow) -> int | None:
    """The number of the branch of a block from which an arc comes to its join; None for what is no such arc."""
    name = block.name if isinstance(block, process.Parallel) else block
    if not isinstance(name, str) or not arc.target.endswith(".join"):
        return None
    if arc.source == name:
        return arc.branch
    return next((number for where, number in flow.nodes[arc.source].scope if where == name), None)


def _often(arrivals: process.Arrivals) -> str:
    if not isinstance(arrivals, process.RenewalArrivals):
        return arrivals_text(arrivals)
    shown = span_text(arrivals.gap)
    return f"About every {shown.removeprefix('about ')}" if shown.startswith("about ") else f"Every {shown}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
