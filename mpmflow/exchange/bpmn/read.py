"""The way in: a `.bpmn` file, with or without simulation parameters, as a model with a list of what it does not say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from mpmflow.analysis.discover.remarks import HEAD, with_remarks
from mpmflow.analysis.results import Document as JsonDocument
from mpmflow.analysis.results import Result
from mpmflow.exchange.bpmn.document import Document, Kept, read_document
from mpmflow.exchange.bpmn.drafting import Draft, draft
from mpmflow.exchange.bpmn.parameters import Parameters
from mpmflow.exchange.bpmn.prosimos import read_prosimos
from mpmflow.exchange.bpmn.qbp import parameters_in
from mpmflow.exchange.bpmn.returned.marks import Marks, marks_in
from mpmflow.exchange.bpmn.returned.reading import read_back
from mpmflow.exchange.bpmn.ways import walk_kept
from mpmflow.exchange.bpmn.xml import parse_xml, read_bytes
from mpmflow.model.base import Roster
from mpmflow.model.model import Model

SHOWN = 30
"""So many things that the model does not say are named at the head of the text; the rest are counted there."""


@dataclass(frozen=True, eq=False)
class BpmnImport(Result):
    """What was made of a BPMN file.

    Attributes:
        model: workflows and teams.
        text: the same as a text, with comments that say what was read how and what is not in it.
        taken: id of an element of the file -> dotted name of what stands for it in the model.
        kept: what the model does not say, with its line, in the order of the file.
        notes: how the file was read, and what to edit first.
        counts: how many elements of each kind the file has.
    """

    schema: ClassVar[str] = "mpmflow/import/1"
    shown_by = ("exchange.bpmn.read", "import_words")

    model: Model
    text: str
    taken: Mapping[str, str]
    kept: tuple[Kept, ...]
    notes: tuple[str, ...]
    counts: Mapping[str, int] = field(repr=False)

    def body(self) -> JsonDocument:
        return {
            "workflows": list(self.model.workflows.names),
            "teams": list(self.model.all_teams.names),
            "taken": dict(sorted(self.taken.items())),
            "kept": [
                {"line": one.line, "element": one.element, "id": one.id, "name": one.name, "why": one.why}
                for one in self.kept
            ],
            "notes": list(self.notes),
            "counts": dict(sorted(self.counts.items())),
            "text": self.text,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """What the model does not say, one row each."""
        names = ("line", "element", "id", "name", "why")
        return {name: [getattr(one, name) for one in self.kept] for name in names}

    def __str__(self) -> str:
        return self.text


def import_words(found: BpmnImport) -> str:
    """The text of the model, whose comments say how it was read and what is not in it, under a line that counts."""
    count = len(found.kept)
    left = f"; {count} element{'' if count == 1 else 's'} of the diagram not in it" if count else ""
    return f"A model of {sum(found.counts.values())} elements{left}.\n\n{found.text}"


def read_bpmn(path: str | Path, *, parameters: str | Path | None = None) -> BpmnImport:
    """Read a BPMN 2.0 file.

    Args:
        path: the file; any version of any tool's export, as long as it is BPMN 2.0 XML.
        parameters: a JSON file of Prosimos or Simod with shares, times, people, hours and arrivals. Those of QBP and
            BPSim inside the file are read by themselves; where both say something, the JSON file holds.

    Raises:
        DataError: the file is no BPMN 2.0, not well-formed or not safe (a document type, too deep, too large), with
            its line; or the parameters are none.
        OSError: a file cannot be opened.
    """
    place = Path(path)
    document = read_document(parse_xml(read_bytes(place), place.name), place.name)
    given = parameters_in(document)
    if parameters is not None:
        beside = Path(parameters)
        given = _merged(given, read_prosimos(read_bytes(beside), beside.name))
    marks = marks_in(document.root)
    if marks.any:
        return _back(document, marks, given, parameters is not None)
    drawn = draft(document, given)
    model = Model(workflows=Roster(drawn.workflows), teams=Roster(drawn.teams))
    kept = tuple(walk_kept([*document.kept, *document.loose_notes]))
    notes = tuple(_notes(document, drawn, given))
    comments = {**drawn.remarks, HEAD: _head(place.name, kept, notes)}
    text = with_remarks(model.to_text(), comments)
    taken = dict(sorted(_accounted(document, drawn).items()))
    return BpmnImport(model, text, taken, kept, notes, Counter(document.counts))


def _back(document: Document, marks: Marks, given: Parameters, beside: bool) -> BpmnImport:
    """What came back in a diagram that mpmflow wrote."""
    found = read_back(document, marks, given)
    kept = tuple(walk_kept([*document.kept, *document.loose_notes]))
    notes = found.notes
    if beside:
        notes = (*notes, "The diagram holds figures of its own: the parameters beside it are used for new steps alone.")
    text = found.text
    if text is None:
        comments = {**found.remarks, HEAD: _head(document.name, kept, notes)}
        text = with_remarks(found.model.to_text(), comments)
    taken = dict(sorted(found.taken.items()))
    return BpmnImport(found.model, text, taken, kept, notes, Counter(document.counts))


def _merged(inside: Parameters, beside: Parameters) -> Parameters:
    return Parameters(
        inside.shares | beside.shares, inside.takes | beside.takes, inside.waits | beside.waits,
        inside.by | beside.by, inside.costs | beside.costs, inside.pools | beside.pools,
        beside.arrivals or inside.arrivals, inside.currency, [*dict.fromkeys([*inside.kept, *beside.kept])],
    )  # fmt: skip


def _accounted(document: Document, drawn: Draft) -> dict[str, str]:
    """What stands for each element: nodes as drafted, and of notes the statement above which they stand."""
    taken = dict(drawn.taken)
    for element in document.root.walk():
        if element.tag == "association":
            ends = [reference.rpartition(":")[2] for reference in (element.get("sourceRef"), element.get("targetRef"))]
            for one, other in (ends, ends[::-1]):
                if other in taken and one not in taken and one in _texts(document):
                    taken[one] = taken[other]
    return taken


def _texts(document: Document) -> set[str]:
    return {element.get("id") for element in document.root.walk() if element.tag == "textAnnotation"}


def _notes(document: Document, drawn: Draft, given: Parameters) -> list[str]:
    notes = []
    if drawn.rework:
        notes.append(f"Read as rework, for the way leads back: {', '.join(drawn.rework)}.")
    if drawn.guessed:
        notes.append(f"The file does not say how often which way is taken at {', '.join(drawn.guessed)}: the shares "
                     "there are equal until you write others.")  # fmt: skip
    times = [node for flow in drawn.workflows for node in flow.nodes() if node.kind == "step" and node.takes is None]
    if times and not given.takes:
        notes.append("The file says no times: add `takes` to the steps, or let `mpmflow fit` find them in a log.")
    if drawn.teams and not given.pools:
        notes.append("A diagram does not say how many people a team has: each has one until you write `people N`.")
    if drawn.workflows and all(flow.arrivals is None for flow in drawn.workflows):
        notes.append("A diagram does not say how many cases come: add `arrivals N per week` to the workflow.")
    notes += [f"Of the simulation parameters, not in the model: {one}." for one in given.kept]
    return notes


def _head(name: str, kept: tuple[Kept, ...], notes: tuple[str, ...]) -> list[str]:
    head = [f"Made from the BPMN diagram {name}.", *notes]
    if kept:
        head.append("Not in this file, by line of the diagram:")
        head += [f"  {one}." for one in kept[:SHOWN]]
        if len(kept) > SHOWN:
            head.append(f"  and {len(kept) - SHOWN} more, which `mpmflow import {name} --json` lists.")
    return head
