"""The statements of one workflow: names, questions with shares, rework, branches side by side, and where ways lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from mpmflow.analysis.discover.naming import Names, identifier
from mpmflow.exchange.bpmn.blocks import Block, Branch, Layout, Leaf
from mpmflow.exchange.bpmn.document import Node, Scope
from mpmflow.exchange.bpmn.parameters import share
from mpmflow.exchange.bpmn.returned.answers import Answers
from mpmflow.exchange.bpmn.returned.marks import Named
from mpmflow.exchange.bpmn.ways import Graph, Vertex, Way, unread_timer, waiting
from mpmflow.model import process
from mpmflow.model.distributions import Constant, Duration
from mpmflow.model.quantities import Quantity

if TYPE_CHECKING:
    from mpmflow.exchange.bpmn.drafting import Drafter


class Writer:
    """Writes the statements of one workflow, in the order of its layout."""

    def __init__(self, drafter: Drafter, scope: Scope, graph: Graph, workflow: str, partner: bool) -> None:
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
            if vertex.kind == "work" or (vertex.asks and key not in self.name_of):
                self.say(vertex, "it stands where an arrow leaves work side by side; put it into the flow by hand")
                continue
            where = layout.resolve(key, None)
            name = self.name_of.get(where or "", "")
            self.found.taken[node.id] = name or self.workflow
        return body

    def own(self, vertex: Vertex) -> Named | None:
        """The statement that mpmflow wrote for this vertex, where it still fits what the vertex is."""
        found = self.drafter.own.nodes.get(vertex.node.id) if vertex.node is not None else None
        if vertex.node is None or found is None:
            return None
        if vertex.kind == "work":
            calls = self.callee(vertex.node) is not None
            return found if isinstance(found, process.Call if calls else process.Step) else None
        asks = vertex.kind == "exclusive" and isinstance(found, process.Decision | process.Choose)
        return found if asks or (vertex.kind == "parallel" and isinstance(found, process.Parallel)) else None

    # --- names

    def label_questions(self, items: Sequence[Leaf | Block], before: str) -> str:
        """Give every statement its name, in the order of the text; returns the name of the last work."""
        names = self.drafter.names
        for item in items:
            vertex = item.vertex
            if isinstance(item, Block):
                if len(item.branches) > 1 or vertex.kind == "inclusive" or vertex.settled:
                    own = self.own(vertex) if item.key == vertex.key else None
                    self.name_of[item.key] = own.name if own is not None else names.of(vertex.label or "side by side")
                for branch in item.branches:
                    before = self.label_questions(branch.items, before)
            elif vertex.kind in ("good", "bad"):
                if vertex.label:
                    known = self.drafter.own.ends.get(vertex.label.casefold())
                    self.name_of[vertex.key] = known or names.of(vertex.label)
            elif (own := self.own(vertex)) is not None:
                before = self.name_of[vertex.key] = own.name
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
            key = item.key
            if key in self.name_of:
                placed[key] = self.name_of[key]
            if isinstance(item, Block):
                for inner in item.inner:
                    placed.setdefault(inner, self.name_of.get(key, ""))
        body: list[process.Node] = []
        for number, item in enumerate(items):
            following = items[number + 1].key if number + 1 < len(items) else None
            place = Place(exit_, following, placed, top)
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

    def goes(self, vertex: Vertex, target: str, place: Place) -> str | None:
        """The target to write for a way; None where the text flows on to it by itself."""
        assert self.layout is not None
        key = self.layout.resolve(target, place.exit)
        if key is not None and key == place.following:
            return None
        if key is None or key == place.exit:
            return self.ending(place)
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
        return self.ending(place)

    def ending(self, place: Place) -> str | None:
        """The target to write where the sequence is left; None where it ends here, or flows on to its plain end."""
        following = self.graph.vertices.get(place.following or "")
        plain = following is not None and following.kind == "good" and not following.label
        return None if place.following is None or (place.top and plain) else "done"

    def work(self, vertex: Vertex, place: Place) -> process.Node:
        node = vertex.node
        assert node is not None
        name = self.name_of[vertex.key]
        target = self.goes(vertex, vertex.ways[0].target, place)
        self.found.taken[node.id] = name
        own = self.own(vertex)
        if isinstance(own, process.Call):
            called = self.drafter.workflow_of[self.callee(node) or ""]
            return own.model_copy(update={"workflow": called, "target": target})
        if own is not None:
            return own.model_copy(update={"target": target})
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

    def question(self, vertex: Vertex, place: Place) -> process.Node:
        name = self.name_of[vertex.key]
        own = self.own(vertex)
        if isinstance(own, process.Decision | process.Choose) and vertex.node is not None:
            self.found.taken[vertex.node.id] = name
            return Answers(self, vertex, place).written(own)
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

    def outcomes(self, vertex: Vertex, place: Place) -> tuple[list[process.Outcome], bool]:
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

    def block(self, item: Block, place: Place) -> list[process.Node]:
        vertex = item.vertex
        branches: list[process.Branch] = []
        own = self.own(vertex) if item.key == vertex.key else None
        for branch in item.branches:
            body = self.branch(item, branch)
            if body or own is not None:
                branches.append(process.Branch(body=tuple(body)))
            if branch.way.flow:
                self.found.taken.setdefault(branch.way.flow, self.name_of.get(item.key, self.workflow))
        if vertex.node is not None:
            self.found.taken.setdefault(vertex.node.id, self.name_of.get(item.key, self.workflow))
        target = self.goes(vertex, item.onward, place) if item.onward is not None else self.ending(place)
        if vertex.node is not None and item.key in self.name_of:
            self.comment(f"parallel {self.name_of[item.key]}", vertex.node.id)
        if own is not None:
            return [own.model_copy(update={"branches": tuple(branches), "target": target})]
        name = self.name_of.get(item.key) or self.drafter.names.of("side by side")
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
class Place:
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
