"""A process as vertices and the ways between them: every drawing habit in one of a few forms.

Gateways that only bring arrows together vanish; arrows that leave an activity without a gateway get the one they mean;
events on the border of an activity become a question behind it; all ends of one name are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from mpmflow.analysis.discover.naming import says
from mpmflow.exchange.bpmn.document import Document, Flow, Kept, Node, Scope
from mpmflow.exchange.bpmn.parameters import iso_duration
from mpmflow.model.quantities import Quantity

Kind = Literal["work", "pass", "exclusive", "event", "parallel", "inclusive", "good", "bad"]

START, EXIT = " start", " exit"
_PLAIN_ENDS = frozenset(
    {"", "end", "ende", "end event", "endevent", "stop", "finish", "done", "fin", "fine", "complete"}
)


@dataclass(slots=True)
class Way:
    """One way out of a vertex: where to, what it is called, the flow that it was, and whether it is the default one."""

    target: str
    label: str = ""
    flow: str = ""
    default: bool = False
    to: str = ""
    delay: Quantity | None = None
    lines: tuple[str, ...] = ()


@dataclass(slots=True)
class Vertex:
    """A place where a case may be. A `settled` one is what it is, even with one way out."""

    key: str
    kind: Kind
    label: str = ""
    node: Node | None = None
    ways: list[Way] = field(default_factory=list)
    settled: bool = False

    @property
    def asks(self) -> bool:
        """Whether exactly one of several ways is taken here."""
        return self.kind in ("exclusive", "event") and len(self.ways) > 1

    @property
    def splits(self) -> bool:
        """Whether several ways are taken at once here."""
        return self.kind in ("parallel", "inclusive") and (len(self.ways) > 1 or self.settled)


@dataclass(slots=True)
class Graph:
    """The ways of one process, from `START` to `EXIT`.

    Attributes:
        vertices: those that a case can reach, in the order of the file.
        starts: events and activities with which it starts.
        taken: id of an element -> the vertex, or "key|target" for a way, that stands for it.
    """

    scope: Scope
    vertices: dict[str, Vertex]
    starts: tuple[Node, ...]


def ways_of(document: Document, scope: Scope) -> Graph:
    """Bring a process into vertices and ways; what finds no place is added to `document.kept`."""
    return _Builder(document, scope).graph()


class _Builder:
    def __init__(self, document: Document, scope: Scope) -> None:
        self.document = document
        self.scope = scope
        self.vertices: dict[str, Vertex] = {}
        self.links: dict[str, str] = {}

    def graph(self) -> Graph:
        nodes = [node for node in self.scope.nodes.values() if not self.apart(node)]
        for node in nodes:
            if node.kind == "catch" and node.event() == "link":
                self.links[_link(node)] = node.id
        for node in nodes:
            self.place(node)
        starts = self.begin(nodes)
        self.open_circles()
        reached = self.reached()
        for node in nodes:
            if node.id not in reached and node.kind != "boundary":
                self.document.keep(node.element, "nothing leads to it, so no case would ever come there; "
                                                 "draw an arrow to it and import again")  # fmt: skip
        self.vertices = {key: vertex for key, vertex in self.vertices.items() if key in reached}
        return Graph(self.scope, self.vertices, tuple(starts))

    def apart(self, node: Node) -> bool:
        """Whether a node stands outside of the flow."""
        if node.element.get("isForCompensation") == "true":
            self.document.keep(node.element, "it undoes work when something goes wrong, and stands outside of the flow")
            return True
        if node.kind == "sub" and node.element.get("triggeredByEvent") == "true":
            self.document.keep(node.element, "it starts by an event at any time; here it is a workflow of its own, "
                                             "which nothing calls")  # fmt: skip
            return True
        return False

    # --- vertices

    def add(self, key: str, kind: Kind, label: str = "", node: Node | None = None) -> Vertex:
        vertex = Vertex(key, kind, label, node)
        self.vertices[key] = vertex
        return vertex

    def place(self, node: Node) -> None:
        if node.kind in ("task", "sub", "call"):
            self.activity(node)
        elif node.kind in ("exclusive", "event", "parallel", "inclusive", "complex"):
            self.gateway(node)
        elif node.kind == "end":
            self.add(node.id, "pass", node=node).ways.append(Way(self.end(node)))
        elif node.kind == "start" or node.kind == "boundary":
            self.leave(self.add(node.id, "pass", node=node), node)
        elif node.event() == "link":
            vertex = self.add(node.id, "pass", node=node)
            there = self.links.get(_link(node)) if node.kind == "throw" else None
            if there:
                vertex.ways.append(Way(there))
            else:
                self.leave(vertex, node)
        elif node.incoming and all(self.raced(flow) for flow in node.incoming):
            self.leave(self.add(node.id, "pass", node=node), node)
        else:
            self.leave(self.add(node.id, "work", self.event_label(node), node), node)

    def raced(self, flow: Flow) -> bool:
        """Whether a flow comes from a gateway that waits for the first of several events."""
        return self.scope.nodes[flow.source].kind == "event"

    def event_label(self, node: Node) -> str:
        if node.name:
            return node.name
        kind = node.event()
        return {"": "Milestone", "timer": "Wait"}.get(kind, f"{kind.capitalize()} {_comes(node.kind)}")

    def activity(self, node: Node) -> None:
        vertex = self.add(node.id, "work", node.name or "Unnamed work", node)
        events = [one for one in node.boundary if one.event() != "compensate"]
        for one in node.boundary:
            if one not in events:
                self.document.keep(one.element, "it undoes work when something goes wrong, and stands outside of the "
                                                "flow")  # fmt: skip
        if not events:
            self.leave(vertex, node)
            return
        for one in events:
            if one.element.get("cancelActivity") == "false":
                self.document.keep(one.element, "it does not interrupt its activity; here the case goes its way "
                                                "instead of the usual one")  # fmt: skip
        after = self.add(f"{node.id} then", "exclusive")
        vertex.ways.append(Way(after.key))
        usual = self.add(f"{node.id} out", "pass")
        self.leave(usual, node)
        after.ways.append(Way(usual.key, "as usual", default=True))
        for one in events:
            after.ways.append(Way(one.id, self.event_label(one), to=one.id))

    def gateway(self, node: Node) -> None:
        kinds: dict[str, Kind] = {"exclusive": "exclusive", "event": "event", "parallel": "parallel"}
        kind = kinds.get(node.kind, "inclusive")
        ways = self.ways(node)
        if kind == "inclusive" and len(ways) > 1:
            self.document.keep(node.element, "any number of its ways may be taken at once; here each is asked by "
                                             "itself, side by side")  # fmt: skip
        elif node.kind == "complex" and len(node.incoming) > 1:
            self.document.keep(node.element, "its own rule of when to go on; here all that comes in is waited for")
        settled = kind in ("exclusive", "parallel") and node.id in self.document.settled
        split = kind if len(ways) > 1 or settled else "parallel" if kind == "parallel" else "pass"
        vertex = self.add(node.id, split, node.name, node)
        vertex.settled = settled
        vertex.ways = ways or [Way(self.plain_end())]
        if kind == "event":
            for way in vertex.ways:
                target = self.scope.nodes.get(way.target)
                if target is not None and target.kind in ("catch", "task"):
                    way.label = way.label or self.event_label(target)
                    way.delay = waiting(target) if target.kind == "catch" else None

    def ways(self, node: Node) -> list[Way]:
        default = node.element.get("default")
        return [
            Way(flow.target, flow.name or flow.condition, flow.id, bool(default) and flow.id == default, flow.target)
            for flow in node.outgoing
        ]

    def leave(self, vertex: Vertex, node: Node) -> None:
        """The ways out of an activity or event, with the gateway that they mean where they are several."""
        ways = self.ways(node)
        if len(ways) <= 1:
            vertex.ways += ways or [Way(self.plain_end())]
            return
        conditional = any(flow.condition for flow in node.outgoing) or any(way.default for way in ways)
        split = self.add(f"{node.id} split", "exclusive" if conditional else "parallel")
        split.ways = ways
        vertex.ways.append(Way(split.key))
        if conditional:
            self.document.keep(node.element, "several of its arrows with conditions may be taken at once; here exactly "
                                             "one is")  # fmt: skip

    # --- ends

    def plain_end(self) -> str:
        return self.end_vertex("good", "")

    def end(self, node: Node) -> str:
        kind = node.event()
        caught = self.scope.own is not None and any(one.event() == kind for one in self.scope.own.boundary)
        lost = (kind in ("error", "cancel") and not caught) or (
            says(node.name, yes=False) and node.id not in self.document.settled
        )
        if kind == "terminate" and self.several_at_once():
            self.document.keep(node.element, "it ends everything at once; here only its own branch ends")
        label = "" if node.name.casefold() in _PLAIN_ENDS else node.name
        return self.end_vertex("bad" if lost else "good", label)

    def several_at_once(self) -> bool:
        return any(node.kind in ("parallel", "inclusive", "complex") for node in self.scope.nodes.values())

    def end_vertex(self, kind: Literal["good", "bad"], label: str) -> str:
        key = f" {kind} {label.casefold()}"
        if key not in self.vertices:
            self.add(key, kind, label).ways.append(Way(EXIT))
        return key

    # --- the start

    def begin(self, nodes: list[Node]) -> list[Node]:
        start = self.add(START, "pass")
        starts = [node for node in nodes if node.kind == "start"]
        pointed = {way.target for vertex in self.vertices.values() for way in vertex.ways}
        alone = [node for node in nodes if node.kind not in ("boundary", "start") and node.id not in pointed]
        if starts:
            if len(starts) > 1:
                start.kind, start.label = "event", "How does it start?"
            idle = next((node for node in starts if not node.outgoing), None)
            if idle is not None and alone:
                self.document.keep(
                    idle.element, "no arrow leaves it; here it leads to the work to which no arrow leads"
                )
                vertex = self.vertices[idle.id]
                vertex.ways = [Way(node.id, node.name, to=node.id) for node in alone]
                vertex.kind = "parallel" if len(alone) > 1 else "pass"
        elif alone:
            starts = alone
            if len(alone) > 1:
                start.kind = "parallel"
        else:
            starts = nodes[:1]
        start.ways = [Way(node.id, node.name, to=node.id) for node in starts] or [Way(self.plain_end())]
        return starts

    def open_circles(self) -> None:
        """Give what goes round for ever a way out: the arrow that leads back leads to the end instead."""
        while True:
            back: dict[str, list[str]] = {}
            for key, vertex in self.vertices.items():
                for way in vertex.ways:
                    back.setdefault(way.target, []).append(key)
            ending, waiting = {EXIT}, [EXIT]
            while waiting:
                for key in back.get(waiting.pop(), ()):
                    if key not in ending:
                        ending.add(key)
                        waiting.append(key)
            reached = self.reached()
            caught = [key for key in self.vertices if key in reached and key not in ending]
            if not caught:
                return
            seen, key = {caught[0]}, caught[0]
            while self.vertices[key].ways[-1].target not in seen:
                key = self.vertices[key].ways[-1].target
                seen.add(key)
            vertex = self.vertices[key]
            node = vertex.node or self.scope.own
            self.document.keep(
                node.element if node is not None else self.scope.element,
                "it leads round in a circle that nothing leaves; here the circle is gone through once",
            )
            vertex.ways[-1].target = self.plain_end()

    def reached(self) -> set[str]:
        seen, waiting = {START}, [START]
        while waiting:
            for way in self.vertices[waiting.pop()].ways:
                if way.target != EXIT and way.target not in seen:
                    seen.add(way.target)
                    waiting.append(way.target)
        return seen


def _link(node: Node) -> str:
    definition = node.part("linkEventDefinition")
    return (definition.get("name") if definition is not None else "") or node.name


def _comes(kind: str) -> str:
    return "sent" if kind == "throw" else "received"


def waiting(node: Node) -> Quantity | None:
    """How long a timer waits, where it says so as a duration."""
    duration = node.part("timeDuration")
    return iso_duration(duration.text) if duration is not None else None


def unread_timer(node: Node) -> str:
    """What a timer says that is no duration; "" where there is nothing more to say."""
    for tag in ("timeDate", "timeCycle", "timeDuration"):
        part = node.part(tag)
        if part is not None and part.text and waiting(node) is None:
            return part.text
    return ""


def walk_kept(kept: list[Kept]) -> Iterator[Kept]:
    """The list in the order of the file, nothing twice."""
    yield from sorted(set(kept), key=lambda one: (one.line, one.element, one.id, one.why))
