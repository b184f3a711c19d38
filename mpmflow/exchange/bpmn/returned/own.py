"""The statements that mpmflow wrote into a diagram, as they are to be read now: by the shapes that stand for them.

A shape that was copied with its statement is a statement of its own with another name. Where the timer or the task of a
statement is gone, so is its time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mpmflow.exchange.bpmn.document import Document
from mpmflow.exchange.bpmn.returned.edits import Edits
from mpmflow.exchange.bpmn.returned.folding import fold
from mpmflow.exchange.bpmn.returned.marks import Marks, Named
from mpmflow.model import process


@dataclass(slots=True)
class Own:
    """What the drafter asks about an element.

    Attributes:
        marks: what stands in the diagram; none in one that mpmflow never saw.
        edits: compares it with the drawing.
        nodes: shape -> its statement as it is now.
        teams: lane -> its team as it is now.
        folded: element that went with its statement -> the statement.
        ends: name of an end -> the name itself, by what is read on it.
        taken: names that are given.
    """

    marks: Marks
    edits: Edits
    nodes: dict[str, Named] = field(default_factory=dict)
    teams: dict[str, process.Team] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def outcome(self, flow: str, decision: str) -> tuple[str, bool] | None:
        """The outcome of a decision that a flow is, and whether it is the way after `at most N`; None for a new one."""
        owner, _, outcome = self.marks.part_of.get(flow, "").partition(".")
        if not outcome or owner != decision:
            return None
        return outcome.removesuffix(".then"), outcome.endswith(".then")


def own_of(document: Document, marks: Marks) -> Own:
    """Fold the shapes of the statements of a diagram, and read the statements."""
    edits = Edits(document, marks)
    own = Own(marks, edits)
    shapes, flows = edits.shapes(), edits.flow_names()
    own.folded = fold(document, marks)
    own.taken |= {workflow.name for workflow in marks.workflows.values()}
    for scope in document.scopes:
        for shape in scope.nodes.values():
            role = marks.role_of.get(shape.id)
            if role == "end" and shape.name:
                own.ends[shape.name.casefold()] = shape.name
                own.taken.add(shape.name)
            statement = marks.nodes.get(shape.id)
            if role != "statement" or statement is None or isinstance(statement, process.End):
                continue
            if statement.name in own.taken:
                continue
            own.taken.add(statement.name)
            if isinstance(statement, process.Decision | process.Choose | process.Parallel):
                document.settled.add(shape.id)
            own.nodes[shape.id] = _whole(edits.node(statement, shapes, flows), own)
    teams = edits.teams()
    for lane, team in marks.teams.items():
        if lane in document.lanes:
            own.teams[lane] = teams[team.name]
            own.taken.add(team.name)
    return own


def _whole(node: Named, own: Own) -> Named:
    """A statement without the times whose shapes are gone."""
    if not isinstance(node, process.Work):
        return node
    own_shapes = {(own.marks.part_of[one], own.marks.role_of[one]) for one in own.folded}
    changes: dict[str, object] = {}
    alone = any(own.marks.part_of.get(one) == node.name and tag == "intermediateCatchEvent"
                for one, tag in _tags(own).items())  # fmt: skip
    if node.waits is not None and not alone and (node.name, "waits") not in own_shapes:
        changes["waits"] = None
    if isinstance(node, process.Decision | process.Choose):
        if (node.takes is not None or node.by is not None) and (node.name, "takes") not in own_shapes:
            changes |= {"takes": None, "by": None, "costs": None}
        changes["outcomes"] = tuple(
            one
            if one.delay is None or (f"{node.name}.{one.name}", "delay") in own_shapes
            else one.model_copy(update={"delay": None})
            for one in node.outcomes
        )
    lost = {key: value for key, value in changes.items() if value != getattr(node, key)}
    if lost:
        words = " and ".join(sorted({"outcomes": "the delay of an outcome", "waits": "its wait", "takes": "its time",
                                     "by": "its team", "costs": "its costs"}[key] for key in lost))  # fmt: skip
        own.edits.notes.append(f"`{node.name}` lost {words}: the shape that stood for it is gone or stands elsewhere.")
    return node.model_copy(update=lost)


def _tags(own: Own) -> dict[str, str]:
    return {
        shape.id: shape.tag
        for scope in own.edits.document.scopes
        for shape in scope.nodes.values()
        if own.marks.role_of.get(shape.id) == "statement"
    }
