"""A diagram as XML: what happens in it, in the order of the standard, and then where everything stands.

Made of lines, so that equal diagrams are equal to the byte and a change shows as a change of few lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from mpmflow import __version__
from mpmflow.exchange.bpmn.document import BPMN, OWN
from mpmflow.exchange.bpmn.drawing.layout import Box, Sheet
from mpmflow.exchange.bpmn.drawing.shapes import Lane, Link, Pool, Shape

COLLABORATION, SCRAPPED = "mpmflow.collaboration", "mpmflow.scrapped"
"""Ids that belong to no part of the model; names of the language have no dots, so these never clash."""

_SPACES = (
    ("bpmn", BPMN),
    ("bpmndi", "http://www.omg.org/spec/BPMN/20100524/DI"),
    ("dc", "http://www.omg.org/spec/DD/20100524/DC"),
    ("di", "http://www.omg.org/spec/DD/20100524/DI"),
    ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    ("mpm", OWN),
)


@dataclass(frozen=True, slots=True)
class Whole:
    """The text of the whole model, with the texts that it imports by path, and what the diagram of it was.

    `diagram` and `structure` are digests: of everything that the diagram says, and of what is connected with what.
    """

    text: str
    imports: tuple[tuple[str, str], ...] = ()
    diagram: str = ""
    structure: str = ""


class _Lines:
    def __init__(self) -> None:
        self.found = ['<?xml version="1.0" encoding="UTF-8"?>']
        self.depth = 0

    def add(self, tag: str, text: str | None = None, **attributes: object) -> None:
        """An element with a text, or an empty one."""
        shown = _attributes(attributes)
        inner = "/>" if text is None else f">{_text(text)}</{tag}>"
        self.found.append(f"{'  ' * self.depth}<{tag}{shown}{inner}")

    def open(self, tag: str, **attributes: object) -> None:
        self.found.append(f"{'  ' * self.depth}<{tag}{_attributes(attributes)}>")
        self.depth += 1

    def close(self, tag: str) -> None:
        self.depth -= 1
        self.found.append(f"{'  ' * self.depth}</{tag}>")


def _attributes(given: dict[str, object]) -> str:
    return "".join(
        f" {name.replace('__', ':')}={quoteattr(str(value))}"
        for name, value in given.items()
        if value not in ("", None)
    )


def _text(text: str) -> str:
    return escape(text).replace("\r", "&#13;")


def document(pools: Sequence[Pool], sheets: Sequence[Sheet], whole: Whole) -> str:
    """The file of some pools, each with its sheet."""
    lines = _Lines()
    spaces = {f"xmlns__{prefix}": space for prefix, space in _SPACES}
    lines.open("bpmn:definitions", **spaces, id="mpmflow.definitions", targetNamespace=OWN, exporter="mpmflow",
               exporterVersion=__version__)  # fmt: skip
    lines.open("bpmn:collaboration", id=COLLABORATION)
    lines.open("bpmn:extensionElements")
    for path, text in whole.imports:
        lines.add("mpm:import", text, path=path)
    lines.add("mpm:text", whole.text, diagram=whole.diagram, structure=whole.structure)
    lines.close("bpmn:extensionElements")
    for pool in pools:
        lines.add("bpmn:participant", id=pool.id, name=pool.name, processRef=pool.process)
    lines.close("bpmn:collaboration")
    if any(shape.event == "error" for pool in pools for shape in pool.shapes):
        lines.add("bpmn:error", id=SCRAPPED, name="Scrapped", errorCode="scrapped")
    for pool in pools:
        _process(lines, pool)
    lines.open("bpmndi:BPMNDiagram", id="mpmflow.diagram")
    lines.open("bpmndi:BPMNPlane", id="mpmflow.plane", bpmnElement=COLLABORATION)
    for pool, sheet in zip(pools, sheets, strict=True):
        _drawing(lines, pool, sheet)
    lines.close("bpmndi:BPMNPlane")
    lines.close("bpmndi:BPMNDiagram")
    lines.close("bpmn:definitions")
    return "\n".join(lines.found) + "\n"


# --- what happens


def _process(lines: _Lines, pool: Pool) -> None:
    lines.open("bpmn:process", id=pool.process, name=pool.name, isExecutable="true")
    lines.open("bpmn:extensionElements")
    lines.add("mpm:statement", pool.statement, of=pool.workflow, imported=pool.origin)
    lines.close("bpmn:extensionElements")
    if pool.lanes:
        lines.open("bpmn:laneSet", id=f"{pool.process}.lanes")
        for lane in pool.lanes:
            _lane(lines, lane)
        lines.close("bpmn:laneSet")
    leaving: dict[str, list[Link]] = {}
    coming: dict[str, list[Link]] = {}
    for link in pool.links:
        leaving.setdefault(link.source, []).append(link)
        coming.setdefault(link.target, []).append(link)
    for shape in pool.shapes:
        _shape(lines, shape, coming.get(shape.id, []), leaving.get(shape.id, []))
    for link in pool.links:
        _link(lines, link)
    lines.close("bpmn:process")


def _lane(lines: _Lines, lane: Lane) -> None:
    lines.open("bpmn:lane", id=lane.id, name=lane.name)
    if lane.statement:
        lines.open("bpmn:extensionElements")
        lines.add("mpm:statement", lane.statement, of=lane.team)
        lines.close("bpmn:extensionElements")
    for member in lane.members:
        lines.add("bpmn:flowNodeRef", member)
    lines.close("bpmn:lane")


def _shape(lines: _Lines, shape: Shape, coming: list[Link], leaving: list[Link]) -> None:
    tag = f"bpmn:{shape.tag}"
    more: dict[str, object] = {}
    if shape.kind == "gateway":
        more["gatewayDirection"] = _direction(len(coming), len(leaving))
        more["default"] = next((link.id for link in leaving if link.default), "")
    lines.open(tag, id=shape.id, name=shape.name, calledElement=shape.calls, attachedToRef=shape.host, **more)
    lines.open("bpmn:extensionElements")
    role = shape.role if shape.role != "statement" else ""
    if shape.statement:
        lines.add("mpm:statement", shape.statement, of=shape.part, role=role)
    else:
        lines.add("mpm:belongs", to=shape.part, role=role)
    lines.close("bpmn:extensionElements")
    for link in coming:
        lines.add("bpmn:incoming", link.id)
    for link in leaving:
        lines.add("bpmn:outgoing", link.id)
    if shape.event == "timer":
        lines.open("bpmn:timerEventDefinition", id=f"{shape.id}.timer")
        cycle = shape.after.startswith("R/")
        lines.add("bpmn:timeCycle" if cycle else "bpmn:timeDuration", shape.after, xsi__type="bpmn:tFormalExpression")
        lines.close("bpmn:timerEventDefinition")
    elif shape.event == "error":
        lines.add("bpmn:errorEventDefinition", id=f"{shape.id}.error", errorRef=SCRAPPED)
    elif shape.tag == "complexGateway":
        lines.add("bpmn:activationCondition", "activationCount >= 1", xsi__type="bpmn:tFormalExpression")
    lines.close(tag)


def _direction(coming: int, leaving: int) -> str:
    if leaving > 1:
        return "Mixed" if coming > 1 else "Diverging"
    return "Converging" if coming > 1 else "Unspecified"


def _link(lines: _Lines, link: Link) -> None:
    given = {"id": link.id, "name": link.name, "sourceRef": link.source, "targetRef": link.target}
    if not link.part and not link.condition:
        lines.add("bpmn:sequenceFlow", **given)
        return
    lines.open("bpmn:sequenceFlow", **given)
    lines.open("bpmn:extensionElements")
    lines.add("mpm:belongs", to=link.part)
    lines.close("bpmn:extensionElements")
    if link.condition:
        lines.add("bpmn:conditionExpression", link.condition, xsi__type="bpmn:tFormalExpression")
    lines.close("bpmn:sequenceFlow")


# --- where it stands


def _drawing(lines: _Lines, pool: Pool, sheet: Sheet) -> None:
    _placed(lines, pool.id, sheet.pool, isHorizontal="true")
    for lane, box in zip(pool.lanes, sheet.lanes, strict=True):
        _placed(lines, lane.id, box, isHorizontal="true")
    for shape in pool.shapes:
        marked = {"isMarkerVisible": "true"} if shape.tag == "exclusiveGateway" else {}
        _placed(lines, shape.id, sheet.shapes[shape.id], sheet.labels.get(shape.id), **marked)
    for link in pool.links:
        lines.open("bpmndi:BPMNEdge", id=f"{link.id}.edge", bpmnElement=link.id)
        for x, y in sheet.lines[link.id]:
            lines.add("di:waypoint", x=x, y=y)
        _label(lines, sheet.labels.get(link.id))
        lines.close("bpmndi:BPMNEdge")


def _placed(lines: _Lines, identity: str, box: Box, label: Box | None = None, **more: object) -> None:
    lines.open("bpmndi:BPMNShape", id=f"{identity}.shape", bpmnElement=identity, **more)
    lines.add("dc:Bounds", x=box.x, y=box.y, width=box.width, height=box.height)
    _label(lines, label)
    lines.close("bpmndi:BPMNShape")


def _label(lines: _Lines, box: Box | None) -> None:
    if box is not None:
        lines.open("bpmndi:BPMNLabel")
        lines.add("dc:Bounds", x=box.x, y=box.y, width=box.width, height=box.height)
        lines.close("bpmndi:BPMNLabel")
