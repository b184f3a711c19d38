"""From a laid out drawing to workflows: names, teams, questions with shares, rework, and what to say about each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from mpmflow.analysis.discover.naming import Names, identifier
from mpmflow.diagnostics.errors import DataError
from mpmflow.exchange.bpmn.blocks import Block, Branch, Layout, Leaf, TooDeep
from mpmflow.exchange.bpmn.document import Document, Kept, Lane, Node, Scope
from mpmflow.exchange.bpmn.parameters import Parameters, Pool, iso_duration, share
from mpmflow.exchange.bpmn.ways import Graph, Vertex, Way, unread_timer, waiting, ways_of
from mpmflow.model import process
from mpmflow.model.distributions import Constant, Duration
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


def draft(document: Document, given: Parameters) -> Draft:
    """Make workflows of a document; what a model cannot say is added to `document.kept`."""
    return _Drafter(document, given).draft()


class _Drafter:
    def __init__(self, document: Document, given: Parameters) -> None:
        self.document = document
        self.given = given
        self.names = Names()
        self.found = Draft()
        self.team_of: dict[str, str] = {}
        self.workflow_of: dict[str, str] = {}
        self.called: set[str] = set()
        self.calls: dict[str, set[str]] = {}

    def draft(self) -> Draft:
        scopes = [scope for scope in self.document.scopes if scope.nodes]
        outer = [scope for scope in scopes if scope.parent is None]
        main = max(outer, key=_size, default=None)
        for scope in self.document.scopes:
            if not scope.nodes and scope.parent is None:
                self.document.keep(scope.element, "a process with nothing in it")
        for scope in [*outer, *(one for one in scopes if one.parent is not None)]:
            self.workflow_of[scope.id] = self.names.of(self.title(scope))
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
            if lane is not None and self.document.lanes[lane].name:
                return self.team(lane, self.document.lanes[lane].name, partner=partner)
            if place.own is None:
                break
            node, place = place.own.id, place.parent
        root = scope
        while root.parent is not None:
            root = root.parent
        own = [one for one in self.document.lanes.values() if one.owner == root.id and one.name]
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
        elif element == "participant" and lane.owner in self.workflow_of:
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
        partner = main is not None and root is not main and any(
            pool.owner == root.id for pool in self.document.pools.values()
        )  # fmt: skip
        graph = ways_of(self.document, scope)
        name = self.workflow_of[scope.id]
        self.found.taken[scope.id] = name
        writer = _Writer(self, scope, graph, name, partner)
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
            if node.name:
                heard.append(f'"{node.name}"')
        if heard:
            self.remark(f"workflow {name}", f"Starts with {', '.join(heard)}.")
        for text in self.document.notes_on.get(scope.id, ()):
            self.remark(f"workflow {name}", text)
        title = self.title(scope)
        self.found.workflows.append(process.Workflow(name=name, label=title, arrivals=arrivals, body=tuple(body)))

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


def _size(scope: Scope) -> int:
    return sum(1 for node in scope.nodes.values() if node.kind in ("task", "sub", "call"))


def _every(node: Node) -> Quantity | None:
    cycle = node.part("timeCycle")
    found = re.fullmatch(r"R\d*/(P[0-9A-Z.]+)", cycle.text) if cycle is not None else None
    return iso_duration(found[1]) if found else None


class _Writer:
    """Writes one workflow."""

    def __init__(self, drafter: _Drafter, scope: Scope, graph: Graph, workflow: str, partner: bool) -> None:
        self.drafter = drafter
        self.found = drafter.found
        self.scope = scope
        self.graph = graph
        self.workflow = workflow
        self.partner = partner
        self.name_of: dict[str, str] = {}
        self.layout: Layout | None = None

    def say(self, vertex: Vertex, sentence: str) -> None:
        node = vertex.node or self.scope.own
        element = node.element if node is not None else self.scope.element
        self.drafter.document.keep(element, sentence)

    def write(self, layout: Layout) -> list[process.Node]:
        self.layout = layout
        self.label_questions(layout.items, "the_start")
        body = self.body(layout.items, None, top=True)
        for key, vertex in self.graph.vertices.items():
            node = vertex.node
            if node is None or node.id in self.found.taken:
                continue
            where = layout.resolve(key, None)
            name = self.name_of.get(where or "", "")
            self.found.taken[node.id] = name or self.workflow
        return body

    # --- names

    def label_questions(self, items: Sequence[Leaf | Block], before: str) -> str:
        """Give every statement its name, in the order of the text; returns the name of the last work."""
        names = self.drafter.names
        for item in items:
            vertex = item.vertex
            if isinstance(item, Block):
                if len(item.branches) > 1 or vertex.kind == "inclusive":
                    self.name_of.setdefault(vertex.key, names.of(vertex.label or "side by side"))
                for branch in item.branches:
                    before = self.label_questions(branch.items, before)
            elif vertex.kind in ("good", "bad"):
                if vertex.label:
                    self.name_of[vertex.key] = names.of(vertex.label)
            elif vertex.kind == "work":
                before = self.name_of[vertex.key] = self.work_name(vertex)
            elif vertex.label:
                self.name_of[vertex.key] = names.of(vertex.label)
            else:
                host = vertex.key.removesuffix(" then")
                how = host != vertex.key
                self.name_of[vertex.key] = names.unique(f"{self.name_of.get(host, before)}_ends" if how else
                                                        f"after_{before}")  # fmt: skip
        return before

    def work_name(self, vertex: Vertex) -> str:
        node = vertex.node
        callee = self.callee(node) if node is not None else None
        if callee is None:
            return self.drafter.names.of(vertex.label)
        target = self.drafter.workflow_of[callee]
        if target not in self.drafter.called:
            self.drafter.called.add(target)
            return target
        return self.drafter.names.of(vertex.label)

    def callee(self, node: Node) -> str | None:
        """The process that a sub-process or call stands for, where it is in the file and no circle comes of it."""
        drafter = self.drafter
        if node.kind == "sub" and node.inner is not None and node.inner.nodes:
            drafter.may_call(self.scope.id, node.inner.id)
            return node.inner.id
        if node.kind == "call":
            target = node.element.get("calledElement").rpartition(":")[2]
            if target in drafter.workflow_of and drafter.calls.get(self.scope.id, set()) >= {target}:
                return target
            if target in drafter.workflow_of and drafter.may_call(self.scope.id, target):
                return target
        return None

    # --- statements

    def body(self, items: Sequence[Leaf | Block], exit_: str | None, *, top: bool) -> list[process.Node]:
        placed: dict[str, str] = {}
        for item in items:
            key = item.vertex.key
            if key in self.name_of:
                placed[key] = self.name_of[key]
            if isinstance(item, Block):
                for inner in item.inner:
                    placed.setdefault(inner, self.name_of.get(key, ""))
        body: list[process.Node] = []
        for number, item in enumerate(items):
            following = items[number + 1].vertex.key if number + 1 < len(items) else None
            place = _Place(exit_, following, placed, top)
            if isinstance(item, Block):
                body += self.block(item, place)
            elif item.vertex.kind in ("good", "bad"):
                body.append(self.end(item.vertex))
            elif item.vertex.kind == "work":
                body.append(self.work(item.vertex, place))
            else:
                body.append(self.question(item.vertex, place))
        return body

    def end(self, vertex: Vertex) -> process.End:
        return process.End(kind="done" if vertex.kind == "good" else "scrap", name=self.name_of.get(vertex.key))

    def goes(self, vertex: Vertex, target: str, place: _Place) -> str | None:
        """The target to write for a way; None where the text flows on to it by itself."""
        assert self.layout is not None
        key = self.layout.resolve(target, place.exit)
        if key is not None and key == place.following:
            return None
        if key is None or key == place.exit:
            return None if place.following is None else "done"
        found = self.graph.vertices[key]
        if found.kind in ("good", "bad"):
            plain = "done" if found.kind == "good" else "scrap"
            if not place.top:
                if found.label:
                    self.say(found, f'the end "{found.label}" stands in work side by side, where it ends its branch')
                return None if plain == "done" and place.following is None else plain
            return self.name_of.get(key, plain)
        if place.placed.get(key):
            if key not in self.name_of or place.placed[key] != self.name_of[key]:
                self.say(vertex, f'an arrow leads from "{vertex.label}" into work side by side, to "{found.label}"; '
                                 "here it leads to the beginning of that work")  # fmt: skip
            return place.placed[key]
        self.say(vertex, f'an arrow leads from "{vertex.label}" out of work side by side, to "{found.label}"; here it '
                         "ends its branch")  # fmt: skip
        return None if place.following is None else "done"

    def work(self, vertex: Vertex, place: _Place) -> process.Node:
        node = vertex.node
        assert node is not None
        name = self.name_of[vertex.key]
        target = self.goes(vertex, vertex.ways[0].target, place)
        self.found.taken[node.id] = name
        self.comment(f"{'call' if (callee := self.callee(node)) else 'step'} {name}", node.id)
        if callee is not None:
            return process.Call(name=name, label=vertex.label, workflow=self.drafter.workflow_of[callee], target=target)
        given = self.drafter.given
        takes, waits = given.takes.get(node.id), given.waits.get(node.id)
        timer = waiting(node) if node.kind in ("catch", "throw") else None
        waits = waits or (Constant(value=timer) if timer is not None else None)
        if node.kind in ("catch", "throw") and waits is None and (text := unread_timer(node)):
            self.drafter.document.keep(node.element, f"it waits by the clock ({text[:80]}); say `waits …`")
        if node.kind == "call" and node.element.get("calledElement"):
            self.drafter.document.keep(node.element, f"it calls {node.element.get('calledElement')!r}, which is not in "
                                                     "this file (or calls itself); here it is a step")  # fmt: skip
        cost = given.costs.get(node.id)
        return process.Step(
            name=name, label=vertex.label, by=self.drafter.who(node, self.scope, self.partner),
            takes=_unless_zero(takes), waits=_unless_zero(waits), target=target,
            costs=Quantity(value=cost, unit=given.currency) if cost else None,
        )  # fmt: skip

    def comment(self, statement: str, identity: str) -> None:
        for text in self.drafter.document.notes_on.get(identity, ()):
            self.drafter.remark(statement, f'Note in the diagram: "{text}"')

    # --- questions

    def question(self, vertex: Vertex, place: _Place) -> process.Node:
        name = self.name_of[vertex.key]
        outcomes, given = self.outcomes(vertex, place)
        question = vertex.kind == "exclusive" and bool(vertex.label or vertex.key.endswith(" then"))
        kind = process.Decision if question or any(one.has_effect for one in outcomes) else process.Choose
        word = "decision" if kind is process.Decision else "choose"
        if vertex.node is not None:
            self.found.taken[vertex.node.id] = name
            self.comment(f"{word} {name}", vertex.node.id)
        if not given:
            self.found.guessed.append(name)
        label = vertex.label or None
        if vertex.key.endswith(" then"):
            host = self.graph.vertices[vertex.key.removesuffix(" then")]
            label = f"How does {host.label} end?"
        return kind(name=name, label=label, outcomes=tuple(outcomes))

    def outcomes(self, vertex: Vertex, place: _Place) -> tuple[list[process.Outcome], bool]:
        layout = self.layout
        assert layout is not None
        taken = Names()
        drawn: list[tuple[Way, process.Outcome]] = []
        for way in vertex.ways:
            key = layout.resolve(way.target, place.exit)
            to = self.graph.vertices.get(key or "")
            name, label = self.outcome_name(way, to, taken, vertex)
            lost = to is not None and to.kind == "bad" and (not place.top or not to.label)
            target = None if lost else self.goes(vertex, way.target, place)
            back = (
                key is not None and to is not None and to.kind not in ("good", "bad")
                and (layout.before.dominates(key, vertex.key) or layout.after.dominates(vertex.key, key))
                and (target is not None or key == place.following)
            )  # fmt: skip
            if back:
                self.found.rework.append(f"{self.name_of[vertex.key]}.{name}")
            delay = Constant(value=way.delay) if way.delay is not None else None
            made = process.Outcome(name=name, label=label, target=target, scrap=lost, rework=back, delay=delay)
            drawn.append((way, made))
            for identity in (way.flow, way.to):
                if identity and identity not in self.found.taken and (
                    identity == way.flow or self.passed(identity)
                ):  # fmt: skip
                    self.found.taken[identity] = f"{self.name_of[vertex.key]}.{name}"
        return self.shared(vertex, drawn)

    def passed(self, identity: str) -> bool:
        vertex = self.graph.vertices.get(identity)
        return vertex is not None and vertex.kind == "pass"

    def outcome_name(self, way: Way, to: Vertex | None, taken: Names, vertex: Vertex) -> tuple[str, str | None]:
        if way.label:
            name = _outcome(way.label)
            return taken.unique(name), way.label if way.label.casefold() != name.replace("_", " ") else None
        others = [_outcome(one.label) for one in vertex.ways if one is not way]
        if others in (["yes"], ["no"]):
            return taken.unique("no" if others == ["yes"] else "yes"), None
        if way.default and any(one.label for one in vertex.ways):
            return taken.unique("otherwise"), None
        if to is None or not to.label:
            return taken.unique("ends" if to is not None and to.kind in ("good", "bad") else "goes_on"), None
        return taken.unique(identifier(to.label)), None

    def shared(self, vertex: Vertex, drawn: list[tuple[Way, process.Outcome]]) -> tuple[list[process.Outcome], bool]:
        """Put shares to the outcomes: those that were given, and what is left in equal parts for the others."""
        table = self.drafter.given.shares
        gateway = vertex.node.id if vertex.node is not None else vertex.key.removesuffix(" split")
        known = [
            next((table[key] for key in (way.flow, (gateway, way.flow), (gateway, way.to)) if key in table), None)
            for way, _ in drawn
        ]
        given = [one for one in known if one is not None]
        total = sum(given, Fraction(0))
        unknown = len(known) - len(given)
        if given and total > 0 and (total > 1 or not unknown):
            if abs(total - 1) > Fraction(1, 1000):
                self.say(vertex, f"its shares add up to {float(total):.4g}; here they are made to add up to 1")
            known = [one / total if one is not None else Fraction(0) for one in known]
            unknown, total = 0, Fraction(1)
        if given and not total:
            known, unknown, given = [None] * len(known), len(known), []
        each = (1 - total if given else Fraction(1)) / unknown if unknown else Fraction(0)
        parts = [each if one is None else one for one in known]
        if all(one % Fraction(1, 100) == 0 for one in parts):
            return [
                one.model_copy(update={"share": _share(part)}) for part, (_, one) in zip(parts, drawn, strict=True)
            ], bool(given)
        rest = next((number for number, (way, _) in enumerate(drawn) if way.default), None)
        if rest is None:
            rest = next((k for k, (_, one) in enumerate(drawn) if one.target is None and not one.has_effect), -1)
        rest %= len(drawn)
        digits = share if given else _percent
        found = [
            one if number == rest else one.model_copy(update={"share": _share(digits(part))})
            for number, (part, (_, one)) in enumerate(zip(parts, drawn, strict=True))
        ]
        return found, bool(given)

    # --- blocks

    def block(self, item: Block, place: _Place) -> list[process.Node]:
        vertex = item.vertex
        branches: list[process.Branch] = []
        inner: list[list[process.Node]] = []
        for branch in item.branches:
            body = self.branch(item, branch)
            if body:
                inner.append(body)
                branches.append(process.Branch(body=tuple(body)))
            if branch.way.flow:
                self.found.taken.setdefault(branch.way.flow, self.name_of.get(vertex.key, self.workflow))
        if vertex.node is not None:
            self.found.taken[vertex.node.id] = self.name_of.get(vertex.key, self.workflow)
        target = None
        if item.onward is not None:
            target = self.goes(vertex, item.onward, place)
        elif place.following is not None:
            target = "done"
        if vertex.node is not None and vertex.key in self.name_of:
            self.comment(f"parallel {self.name_of[vertex.key]}", vertex.node.id)
        name = self.name_of.get(vertex.key) or self.drafter.names.of("side by side")
        if not branches:
            return [process.Step(name=name, label=vertex.label or None, target=target)]
        return [process.Parallel(name=name, label=vertex.label or None, branches=tuple(branches), target=target)]

    def branch(self, item: Block, branch: Branch) -> list[process.Node]:
        body = self.body(branch.items, branch.exit, top=False)
        if item.vertex.kind != "inclusive" or not body:
            return body
        to = self.graph.vertices.get(branch.items[0].vertex.key) if branch.items else None
        label = branch.way.label or (to.label if to is not None else "") or "this way"
        name = self.drafter.names.of(f"also {label}")
        table = self.drafter.given.shares
        key = next((k for k in (branch.way.flow, (item.vertex.key, branch.way.flow)) if k in table), None)
        chance = share(table[key]) if key is not None else Fraction(1, 2)
        if key is None:
            self.found.guessed.append(name)
        yes = process.Outcome(name="yes", share=_share(chance))
        no = process.Outcome(name="no", share=_share(1 - chance), target="done")
        return [process.Choose(name=name, label=label, outcomes=(yes, no)), *body]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a statement stands: what its sequence flows out to, what comes behind it, and what else it may name."""

    exit: str | None
    following: str | None
    placed: dict[str, str]
    top: bool


def _share(value: Fraction) -> process.Share:
    return process.Share(by_visit=(value,))


def _percent(value: Fraction) -> Fraction:
    return round(value, 2)


def _unless_zero(duration: Duration | None) -> Duration | None:
    return None if isinstance(duration, Constant) and duration.value.value == 0 else duration


_SIGNS = (("!=", " is not "), ("==", " is "), (">=", " at least "), ("<=", " at most "), (">", " above "),
          ("<", " below "), ("!", " not "), ("&&", " and "), ("||", " or "))  # fmt: skip


def _outcome(label: str) -> str:
    """The name of an outcome from what stands on its arrow, or from its condition.

    >>> _outcome("Yes"), _outcome("${!approved}"), _outcome("amount >= 1000")
    ('yes', 'not_approved', 'amount_at_least_1000')
    """
    for sign, words in _SIGNS:
        label = label.replace(sign, words)
    return identifier(label)
