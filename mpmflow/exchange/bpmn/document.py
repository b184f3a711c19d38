"""What stands in a BPMN file, by meaning: pools, lanes, processes with their nodes and flows, and all the rest.

Elements go by namespace, never by prefix. Everything that is an element of BPMN is counted; what is neither taken over
nor part of something that is, is `kept`: listed with its line, so that nothing is dropped in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mpmflow.diagnostics.errors import DataError
from mpmflow.exchange.bpmn.xml import Element

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_DRAWING = (
    "http://www.omg.org/spec/BPMN/20100524/DI",
    "http://www.omg.org/spec/DD/20100524/DC",
    "http://www.omg.org/spec/DD/20100524/DI",
    "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
    "http://bpmn.io/schema/bpmn/biocolor/1.0",
)
_XML_OWN = ("http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace")

MOST_NODES = 5_000
"""How many activities, events and gateways a file may have."""

_TASKS_WORDS = "task userTask serviceTask manualTask sendTask receiveTask scriptTask businessRuleTask"
TASKS = frozenset(_TASKS_WORDS.split())
SUBS = frozenset({"subProcess", "transaction", "adHocSubProcess"})
GATEWAYS = {
    "exclusiveGateway": "exclusive",
    "parallelGateway": "parallel",
    "inclusiveGateway": "inclusive",
    "eventBasedGateway": "event",
    "complexGateway": "complex",
}
EVENTS = {
    "startEvent": "start",
    "endEvent": "end",
    "intermediateCatchEvent": "catch",
    "intermediateThrowEvent": "throw",
    "implicitThrowEvent": "throw",
    "boundaryEvent": "boundary",
}

# Parts of something else: said, or listed, with the element that they belong to.
_PARTS_WORDS = (
    "definitions process collaboration laneSet childLaneSet flowNodeRef incoming outgoing sourceRef targetRef "
    "conditionExpression timeDuration timeDate timeCycle condition text documentation extensionElements import "
    "extension rootElement itemDefinition message error escalation signal interface operation inMessageRef "
    "outMessageRef errorRef escalationRef category categoryValue categoryValueRef partnerEntity partnerRole "
    "participantRef endPoint resource resourceParameter loopCardinality completionCondition loopCondition "
    "inputDataItem outputDataItem loopDataInputRef loopDataOutputRef activationCondition expression script "
    "dataState"
)
_PARTS = frozenset(_PARTS_WORDS.split())
_DETAILS_WORDS = (
    "ioSpecification dataInput dataOutput inputSet outputSet dataInputRefs dataOutputRefs optionalInputRefs "
    "optionalOutputRefs whileExecutingInputRefs whileExecutingOutputRefs inputSetRefs outputSetRefs "
    "dataInputAssociation dataOutputAssociation assignment transformation from to property potentialOwner "
    "performer humanPerformer resourceRole resourceRef resourceAssignmentExpression formalExpression "
    "resourceParameterBinding association monitoring auditing ioBinding correlationProperty correlationKey "
    "correlationSubscription messageFlowAssociation participantAssociation participantMultiplicity relationship "
    "rendering correlationPropertyRetrievalExpression correlationPropertyRef correlationPropertyBinding "
    "messagePath dataPath supportedInterfaceRef standardLoopCharacteristics multiInstanceLoopCharacteristics"
)
_DETAILS = frozenset(_DETAILS_WORDS.split())
_WHY_DETAIL = {
    "ioSpecification": "data that goes in and out",
    "dataInputAssociation": "data that goes in",
    "dataOutputAssociation": "data that comes out",
    "property": "data of the process",
    "potentialOwner": "who may do the work in an engine",
    "humanPerformer": "who does the work in an engine",
    "performer": "who does the work in an engine",
    "association": "a line between two things",
    "standardLoopCharacteristics": "the work is repeated; here it is done once a visit",
    "multiInstanceLoopCharacteristics": "the work is done for each of several things; here it is done once a visit",
}
_WHY = {
    "dataObject": "data has no place in a workflow",
    "dataObjectReference": "data has no place in a workflow",
    "dataStoreReference": "data has no place in a workflow",
    "dataStore": "data has no place in a workflow",
    "group": "a frame in the drawing",
    "messageFlow": "cases of two processes do not wait for each other here",
    "conversation": "conversations have no place in a workflow",
    "choreography": "choreographies have no place in a workflow",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """Something of the file that the model does not say.

    Attributes:
        line: where it stands in the file.
        element: its name in BPMN.
        id: its id there, "" if it has none.
        name: what people read on it.
        why: why it is not in the model, or what stands there instead.
    """

    line: int
    element: str
    id: str
    name: str
    why: str

    def __str__(self) -> str:
        shown = f' "{self.name}"' if self.name else f" {self.id}" if self.id else ""
        return f"line {self.line}: {self.element}{shown}: {self.why}"


@dataclass(slots=True)
class Flow:
    """A sequence flow. `condition` is the text of its condition."""

    id: str
    source: str
    target: str
    name: str
    condition: str
    line: int
    element: Element


@dataclass(slots=True)
class Node:
    """An activity, event or gateway. `kind`: task, sub, call, an event's or a gateway's kind."""

    id: str
    kind: str
    name: str
    line: int
    element: Element
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    boundary: list[Node] = field(default_factory=list)
    inner: Scope | None = None

    @property
    def tag(self) -> str:
        return self.element.tag

    def event(self) -> str:
        """What kind of event it is: `timer`, `message`, `error` …; "" for one without a definition."""
        found = [one.tag for one in self.element.children if one.tag.endswith("EventDefinition")]
        return found[0].removesuffix("EventDefinition") if found else ""

    def part(self, tag: str) -> Element | None:
        """The first element of that name in it."""
        return next((one for one in self.element.walk() if one.tag == tag and one.space == BPMN), None)


@dataclass(slots=True)
class Scope:
    """A process, or a sub-process, with its own nodes and flows."""

    id: str
    name: str
    line: int
    element: Element
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    parent: Scope | None = None
    own: Node | None = None


@dataclass(slots=True)
class Lane:
    """A lane, or a pool: whose work it is. `owner` is the process whose lane it is."""

    id: str
    name: str
    line: int
    owner: str
    members: tuple[str, ...] = ()


@dataclass(slots=True)
class Document:
    """A file.

    Attributes:
        scopes: processes and sub-processes, in order, outer before inner.
        pools: id -> pool; its `owner` is its process, "" for a pool that shows nothing of its inside.
        lane_of: node -> innermost lane.
        notes_on: element -> texts of annotations and documentation.
        messages: (source, target) of message flows.
        kept: what was not taken over, so far.
        counts: every element of BPMN by name.
        settled: ids of ends that are good or bad as they are drawn, whatever their names say, and of gateways that ask
            or split even where one way leaves them.
    """

    root: Element
    name: str
    scopes: list[Scope] = field(default_factory=list)
    pools: dict[str, Lane] = field(default_factory=dict)
    lanes: dict[str, Lane] = field(default_factory=dict)
    lane_of: dict[str, str] = field(default_factory=dict)
    notes_on: dict[str, list[str]] = field(default_factory=dict)
    loose_notes: list[Kept] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    settled: set[str] = field(default_factory=set)

    def keep(self, element: Element, why: str) -> None:
        """List an element as not taken over."""
        self.kept.append(Kept(element.line, element.tag, element.get("id"), _title(element), why))


def read_document(root: Element, name: str) -> Document:
    """Take a file apart. Raises DataError for XML that is no BPMN, or has no process."""
    if root.space != BPMN or root.tag != "definitions":
        said = "an older or another kind of BPMN" if "bpmn" in root.space.lower() else "no BPMN 2.0"
        raise DataError(
            f"this is XML, but {said}: its first element is <{root.tag[:60]}>, not <definitions> of {BPMN}; "
            "export it as BPMN 2.0 XML",
            file=name, row=root.line)  # fmt: skip
    found = Document(root, name)
    for element in _own(root):
        found.counts[element.tag] += 1
    _pools(found)
    for process in root.children:
        if process.space == BPMN and process.tag == "process":
            _scope(found, process, None, None)
    if sum(len(scope.nodes) for scope in found.scopes) > MOST_NODES:
        raise DataError(f"there are more than {MOST_NODES} activities, events and gateways", file=name)
    _rest(found, _notes(found))
    return found


def _own(root: Element) -> Iterator[Element]:
    return (element for element in root.walk() if element.space == BPMN)


def _title(element: Element) -> str:
    return " ".join(element.attributes.get("name", "").split())


def _pools(found: Document) -> None:
    for element in _own(found.root):
        if element.tag == "participant":
            process = _local(element.get("processRef"))
            found.pools[element.get("id") or f"pool{element.line}"] = Lane(
                element.get("id"), _title(element), element.line, process
            )
        elif element.tag == "messageFlow":
            found.messages.append((_local(element.get("sourceRef")), _local(element.get("targetRef"))))


def _local(reference: str) -> str:
    return reference.rpartition(":")[2]


def _scope(found: Document, element: Element, parent: Scope | None, own: Node | None) -> Scope:
    scope = Scope(element.get("id"), _title(element), element.line, element, parent=parent, own=own)
    found.scopes.append(scope)
    flows: list[Element] = []
    for child in element.children:
        if child.space != BPMN:
            continue
        tag = child.tag
        kind = "task" if tag in TASKS else "sub" if tag in SUBS else "call" if tag == "callActivity" else ""
        kind = kind or GATEWAYS.get(tag, "") or EVENTS.get(tag, "")
        if kind:
            identity = child.get("id") or f"{tag}{child.line}"
            if identity in scope.nodes:
                raise DataError(f"two elements have the id {identity!r}", file=found.name, row=child.line)
            scope.nodes[identity] = Node(identity, kind, _title(child), child.line, child)
        elif tag == "sequenceFlow":
            flows.append(child)
        elif tag == "laneSet":
            _lanes(found, scope, child)
    for child in flows:
        source, target = _local(child.get("sourceRef")), _local(child.get("targetRef"))
        if source not in scope.nodes or target not in scope.nodes:
            found.keep(child, "an arrow from or to something that is not there")
            continue
        condition = next((one.text for one in child.children if one.tag == "conditionExpression"), "")
        flow = Flow(child.get("id"), source, target, _title(child), condition, child.line, child)
        scope.flows.append(flow)
        scope.nodes[source].outgoing.append(flow)
        scope.nodes[target].incoming.append(flow)
    for node in list(scope.nodes.values()):
        if node.kind == "boundary":
            host = scope.nodes.get(_local(node.element.get("attachedToRef")))
            if host is None or host.kind not in ("task", "sub", "call"):
                found.keep(node.element, "it is attached to no activity of its process")
            else:
                host.boundary.append(node)
    for node in scope.nodes.values():
        if node.kind == "sub":
            node.inner = _scope(found, node.element, scope, node)
    return scope


def _lanes(found: Document, scope: Scope, lane_set: Element) -> None:
    for lane in lane_set.children:
        if lane.space != BPMN or lane.tag != "lane":
            continue
        identity = lane.get("id") or f"lane{lane.line}"
        inner = [one for one in lane.children if one.tag == "childLaneSet"]
        members = tuple(one.text for one in lane.children if one.tag == "flowNodeRef")
        found.lanes[identity] = Lane(lane.get("id"), _title(lane), lane.line, scope.id, members)
        for member in members:
            found.lane_of[_local(member)] = identity
        for deeper in inner:
            _lanes(found, scope, deeper)  # after the outer lane: the innermost one counts


def _notes(found: Document) -> set[str]:
    """Find the notes in the diagram and what they stand at; returns the ids of all of them."""
    texts: dict[str, Element] = {}
    for element in _own(found.root):
        if element.tag == "textAnnotation":
            texts[element.get("id")] = element
    tied: set[str] = set()
    for element in _own(found.root):
        if element.tag == "association":
            one, two = _local(element.get("sourceRef")), _local(element.get("targetRef"))
            for text, what in ((one, two), (two, one)):
                if text in texts and what not in texts:
                    tied.add(text)
                    found.notes_on.setdefault(what, []).append(_said(texts[text]))
        for child in element.children:
            if child.space == BPMN and child.tag == "documentation" and child.text and element.get("id"):
                found.notes_on.setdefault(element.get("id"), []).append(child.text)
    for identity, element in texts.items():
        if identity not in tied:
            found.loose_notes.append(Kept(element.line, "textAnnotation", identity, _said(element), "a note"))
    return set(texts) - {""}


def _said(annotation: Element) -> str:
    return " ".join(" ".join(one.text for one in annotation.children if one.tag == "text").split())


def _rest(found: Document, tied: set[str]) -> None:
    """List what is nowhere taken up: elements without a place in a workflow, and settings of other programs."""
    taken = TASKS | SUBS | GATEWAYS.keys() | EVENTS.keys() | _PARTS
    taken |= {"callActivity", "sequenceFlow", "participant", "lane", "textAnnotation"}
    details: dict[str, list[Element]] = {}
    programs: dict[str, list[Element]] = {}
    for element in found.root.walk():
        if element.space == BPMN:
            if element.tag in _DETAILS:
                details.setdefault(element.tag, []).append(element)
            elif element.tag not in taken and not element.tag.endswith("EventDefinition"):
                found.keep(element, _WHY.get(element.tag, "nothing in the language stands for it"))
        elif element.space not in _DRAWING:
            programs.setdefault(element.space, []).append(element)
        for key in element.attributes:
            if key.startswith("{"):
                space = key[1:].partition("}")[0]
                if space not in _DRAWING and space not in _XML_OWN:
                    programs.setdefault(space, []).append(element)
    for tag, elements in details.items():
        if tag in _WHY_DETAIL:
            for element in elements:
                if not tied & {_local(element.get("sourceRef")), _local(element.get("targetRef"))}:
                    found.keep(element, _WHY_DETAIL[tag])
        else:
            often = f" ({len(elements)} of them)" if len(elements) > 1 else ""
            found.keep(elements[0], f"a detail for engines that run the diagram{often}")
    for space, elements in programs.items():
        if space not in TAKEN_SETTINGS:
            first = elements[0]
            where = space or "without a namespace"
            why = f"settings of another program ({where}), {len(elements)} in all, this is the first"
            found.kept.append(Kept(first.line, first.tag, first.get("id"), _title(first), why))


QBP = ("http://www.qbp-simulator.com/Schema201212", "http://www.qbp-simulator.com/Schema201112")
OWN = "urn:mpmflow:bpmn:1"
"""The namespace of what mpmflow says beside BPMN."""

BPSIM = ("http://www.bpsim.org/schemas/1.0", "http://www.bpsim.org/schemas/2.0")
TAKEN_SETTINGS = frozenset((*QBP, *BPSIM, OWN))
"""Namespaces whose settings are read: those of simulation parameters, and our own."""
