"""A diagram that mpmflow wrote, read back: its text where nobody edited it; else what is drawn, with what it carries.

Three cases. Unedited, or only tidied up on the page: the very text. Edited, but connected as it was: the text with the
names, teams and times that the diagram has now. Connected in another way: the process is read from the diagram, and
each statement keeps all that a drawing does not show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mpmflow.exchange.bpmn.document import Document
from mpmflow.exchange.bpmn.drafting import draft
from mpmflow.exchange.bpmn.drawing.digest import digests_of
from mpmflow.exchange.bpmn.drawing.process import part_name
from mpmflow.exchange.bpmn.parameters import Parameters
from mpmflow.exchange.bpmn.returned.edits import Edits
from mpmflow.exchange.bpmn.returned.marks import Marks
from mpmflow.exchange.bpmn.returned.own import own_of
from mpmflow.exchange.bpmn.returned.rest import compiled, with_rest
from mpmflow.model import process
from mpmflow.model.model import Model


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back.

    Attributes:
        model: the model.
        text: its text as it was written, None where it was edited.
        taken: element -> dotted name of what stands for it.
        notes: what was edited, and what no longer fits.
        remarks: statement -> sentences to stand above it.
    """

    model: Model
    text: str | None
    taken: Mapping[str, str]
    notes: tuple[str, ...]
    remarks: Mapping[str, list[str]] = field(default_factory=dict)


def read_back(document: Document, marks: Marks, given: Parameters) -> Returned:
    """Read a diagram in which mpmflow left marks."""
    diagram, structure = digests_of(document.root)
    whole = compiled(marks.text, marks.imports, document.name) if marks.text is not None else None
    model = whole.model if whole is not None else None
    if model is not None and marks.text is not None and diagram == marks.digest:
        return Returned(model, marks.text, _taken(document, marks), tuple(_beside(marks)))
    if model is not None and structure == marks.structure and not _ends_renamed(document, marks):
        return _relabelled(document, marks, model)
    return _redrawn(document, marks, model, given)


def _beside(marks: Marks) -> list[str]:
    return [f"It imports {', '.join(sorted(marks.imports))}: keep the file beside it."] if marks.imports else []


def _taken(document: Document, marks: Marks) -> dict[str, str]:
    """What stands for each element: what it was marked with, or for an arrow without a name its process."""
    taken = dict(marks.part_of)
    for scope in document.scopes:
        name = marks.part_of.get(scope.id, scope.id)
        for node in scope.nodes.values():
            taken.setdefault(node.id, name)
    for key, pool in document.pools.items():
        taken[key] = marks.part_of.get(pool.owner, key)
    for key, lane in document.lanes.items():
        taken.setdefault(key, marks.part_of.get(lane.owner, lane.owner))
    return taken


def _ends_renamed(document: Document, marks: Marks) -> bool:
    """Whether an end has another name: ends have names, not labels, so that arrows to it have to be read anew."""
    for scope in document.scopes:
        for node in scope.nodes.values():
            if marks.role_of.get(node.id) == "end":
                part = marks.part_of[node.id]
                kind: process.End = process.End(
                    kind="scrap" if node.event() == "error" else "done",
                    name=None if part in ("done", "scrap") else part,
                )
                if " ".join(node.name.split()) != " ".join(part_name(kind).split()):
                    return True
    return False


def _relabelled(document: Document, marks: Marks, model: Model) -> Returned:
    """The model with what the shapes say now, its statements in the order of its text."""
    edits = Edits(document, marks)
    shapes, flows = edits.shapes(), edits.flow_names()
    statements = {node.name: node for node in marks.nodes.values() if not isinstance(node, process.End)}

    def body(nodes: tuple[process.Node, ...]) -> tuple[process.Node, ...]:
        found: list[process.Node] = []
        for node in nodes:
            if isinstance(node, process.End):
                found.append(node)
                continue
            now = edits.node(statements.get(node.name, node), shapes, flows)
            if isinstance(node, process.Parallel) and isinstance(now, process.Parallel):
                branches = tuple(process.Branch(body=body(branch.body)) for branch in node.branches)
                now = now.model_copy(update={"branches": branches})
            found.append(now)
        return tuple(found)

    workflows = []
    for workflow in model.workflows:
        key = next((key for key, one in marks.workflows.items() if one.name == workflow.name), "")
        header = marks.workflows.get(key, workflow)
        made = edits.workflow(header, key).model_copy(
            update={"start": workflow.start, "teams": workflow.teams, "body": body(workflow.body)}
        )
        if made.label != workflow.label:
            edits.notes.append(f'The workflow `{workflow.name}` is now called "{made.title}" in the diagram.')
        workflows.append(made)
    teams = list(edits.teams().values())
    made_model, lost = with_rest(model, workflows, teams, marks.imports, document.name)
    if not edits.notes and not lost and made_model == model:
        edits.notes.append("What was edited in the diagram has no place in a workflow.")
    return Returned(made_model, None, _taken(document, marks), (*edits.notes, *lost, *_beside(marks)))


def _redrawn(document: Document, marks: Marks, model: Model | None, given: Parameters) -> Returned:
    """The process as it is drawn now, each statement with what it carries."""
    own = own_of(document, marks)
    drawn = draft(document, given, own)
    notes = ["Shapes or arrows were edited: the process is read from the diagram, with the figures that it carries."]
    if model is None:
        notes = ["The diagram holds statements, but not the text of the whole model: metrics and goals are not in it."]
    notes += own.edits.notes
    notes += [f"The statement at {key} in the diagram cannot be read." for key in marks.unread]
    if drawn.guessed:
        notes.append(f"The file does not say how often which way is taken at {', '.join(drawn.guessed)}: the shares "
                     "there are equal until you write others.")  # fmt: skip
    made, lost = with_rest(model, drawn.workflows, drawn.teams, marks.imports, document.name)
    taken = {**own.folded, **drawn.taken}
    for identity, part in marks.part_of.items():
        if identity in _ids(document):
            taken.setdefault(identity, part)
    return Returned(made, None, taken, (*notes, *lost, *_beside(marks)), drawn.remarks)


def _ids(document: Document) -> set[str]:
    return {element.get("id") for element in document.root.walk()}
