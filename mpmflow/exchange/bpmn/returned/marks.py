"""What mpmflow wrote into a diagram beside BPMN: to which part an element belongs, as what, and the part as a text."""

from __future__ import annotations

from dataclasses import dataclass, field

from mpmflow.exchange.bpmn.document import BPMN, OWN
from mpmflow.exchange.bpmn.drawing.statements import read_node, read_team, read_workflow
from mpmflow.exchange.bpmn.xml import Element
from mpmflow.model import process

Named = process.Step | process.Decision | process.Choose | process.Parallel | process.Call
"""Statements with a name and a place of their own."""

MOST_TEXT = 5_000_000
"""So many characters of statements are read; more than any diagram holds."""


@dataclass(slots=True)
class Marks:
    """The marks of one diagram.

    Attributes:
        text: the text of the whole model, None in a diagram that has none.
        imports: texts of imported files by path.
        digest, structure: what the diagram was when it was written.
        part_of: element -> the part that it belongs to, such as `brief` or `legal_ok.fix`.
        role_of: element -> as what, "statement" where it is the part itself.
        nodes, teams, workflows: element -> the part that its text declares.
        imported: processes that come from an imported file, with its path.
        unread: ids of elements whose text cannot be read.
    """

    text: str | None = None
    imports: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    structure: str = ""
    part_of: dict[str, str] = field(default_factory=dict)
    role_of: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, process.Node] = field(default_factory=dict)
    teams: dict[str, process.Team] = field(default_factory=dict)
    workflows: dict[str, process.Workflow] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether mpmflow had a hand in this diagram."""
        return self.text is not None or bool(self.part_of)


def marks_in(root: Element) -> Marks:
    """The marks of a diagram; one that mpmflow never saw has none."""
    found, left = Marks(), MOST_TEXT
    for element in root.walk():
        if element.space != BPMN:
            continue
        for inner in element.children:
            if inner.tag != "extensionElements" or inner.space != BPMN:
                continue
            for mark in inner.children:
                if mark.space == OWN:
                    left -= sum(map(len, mark.texts))
                    _take(found, element, mark, left)
    return found


def _take(found: Marks, element: Element, mark: Element, left: int) -> None:
    text, identity = "".join(mark.texts), element.get("id")
    if mark.tag == "text":
        found.text = text
        found.digest, found.structure = mark.get("diagram"), mark.get("structure")
    elif mark.tag == "import" and mark.get("path"):
        found.imports[mark.get("path")] = text
    elif mark.tag == "belongs" and mark.get("to"):
        found.part_of[identity] = mark.get("to")
        found.role_of[identity] = mark.get("role") or "statement"
    elif mark.tag == "statement" and mark.get("of"):
        found.part_of[identity] = mark.get("of")
        found.role_of[identity] = mark.get("role") or "statement"
        read = left > 0
        if element.tag == "process":
            made = read_workflow(text)
            copied = made is not None and made.name in {one.name for one in found.workflows.values()}
            read = read and not copied and _put(found.workflows, identity, made)
            if mark.get("imported"):
                found.imported[identity] = mark.get("imported")
        elif element.tag == "lane":
            read = read and _put(found.teams, identity, read_team(text))
        else:
            read = read and _put(found.nodes, identity, read_node(text))
        if not read:
            found.unread.append(identity)
            del found.part_of[identity], found.role_of[identity]


def _put(where: dict[str, process.Node] | dict[str, process.Team] | dict[str, process.Workflow], key: str,
         part: object) -> bool:  # fmt: skip
    if part is not None:
        where[key] = part  # type: ignore[assignment]
    return part is not None
