"""What was written on a diagram anew: names, times and lanes of what stands in it, compared with what mpmflow wrote.

The diagram wins: a label, a time of a timer, a team. All else of a statement stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mpmflow.exchange.bpmn.document import Document, Node
from mpmflow.exchange.bpmn.drawing.process import outcome_name, part_name
from mpmflow.exchange.bpmn.drawing.times import iso_span
from mpmflow.exchange.bpmn.parameters import iso_duration
from mpmflow.exchange.bpmn.returned.marks import Marks, Named
from mpmflow.model import process
from mpmflow.model.distributions import Constant, Duration

_DECIDE = "Decide: "


@dataclass(slots=True)
class Edits:
    """Statements as the diagram has them now.

    Attributes:
        document, marks: what was read.
        notes: what is new, a sentence each.
    """

    document: Document
    marks: Marks
    notes: list[str] = field(default_factory=list)

    def shapes(self) -> dict[tuple[str, str], Node]:
        """Shapes by the part that they belong to and their role; of copies the first."""
        found: dict[tuple[str, str], Node] = {}
        for scope in self.document.scopes:
            for node in scope.nodes.values():
                if node.id in self.marks.part_of:
                    found.setdefault((self.marks.part_of[node.id], self.marks.role_of[node.id]), node)
        return found

    def flow_names(self) -> dict[str, str]:
        """What stands on the flow of each outcome."""
        flows = (flow for scope in self.document.scopes for flow in scope.flows)
        found: dict[str, str] = {}
        for flow in flows:
            if flow.id in self.marks.part_of:
                found.setdefault(self.marks.part_of[flow.id], flow.name)
        return found

    def node(self, node: Named, shapes: dict[tuple[str, str], Node], flows: dict[str, str]) -> Named:
        """A statement with what its shapes and flows say now."""
        shape = shapes.get((node.name, "statement"))
        changes: dict[str, object] = {}
        if shape is not None:
            label = self.label(node, shape.name, part_name(node))
            work = shapes.get((node.name, "takes"))
            if work is not None and label == node.label:
                shown = f"{_DECIDE}{node.title}" if isinstance(node, process.Decision) else node.title
                if _plain(work.name) != _plain(shown):
                    label = work.name.removeprefix(_DECIDE) or None
            changes["label"] = label
        if isinstance(node, process.Work):
            changes |= self.work(node, shapes)
        if isinstance(node, process.Decision | process.Choose):
            changes["outcomes"] = tuple(self.outcome(node.name, one, shapes, flows) for one in node.outcomes)
        new = node.model_copy(update={key: value for key, value in changes.items() if value != getattr(node, key)})
        if new != node:
            self.notes.append(f"`{node.name}` was edited in the diagram: {_said(node, new)}.")
        return new

    def label(self, part: object, shown: str, expected: str) -> str | None:
        """The label of a part: as it was, where its shape still says so."""
        own: str | None = getattr(part, "label", None)
        return own if _plain(shown) == _plain(expected) else _plain(shown) or None

    def work(self, node: process.Work, shapes: dict[tuple[str, str], Node]) -> dict[str, object]:
        changes: dict[str, object] = {}
        timer = shapes.get((node.name, "waits"))
        own = shapes.get((node.name, "statement"))
        if timer is None and own is not None and own.kind == "catch":
            timer = own
        if timer is not None and node.waits is not None:
            changes["waits"] = time_now(timer, node.waits)
        doing = shapes.get((node.name, "takes")) or own
        if doing is not None and doing.kind == "task":
            team = self.team(doing.id)
            if team != (node.by or ""):
                changes["by"] = team or None
        return changes

    def team(self, shape: str) -> str:
        """The name of the team in whose lane a shape stands, "" for nobody's."""
        lane = self.document.lane_of.get(shape, "")
        return self.marks.teams[lane].name if lane in self.marks.teams else ""

    def outcome(
        self, decision: str, outcome: process.Outcome, shapes: dict[tuple[str, str], Node], flows: dict[str, str]
    ) -> process.Outcome:
        key = f"{decision}.{outcome.name}"
        changes: dict[str, object] = {}
        if key in flows:
            changes["label"] = self.label(outcome, flows[key], outcome_name(outcome))
        timer = shapes.get((key, "delay"))
        if timer is not None and outcome.delay is not None:
            changes["delay"] = time_now(timer, outcome.delay)
        return outcome.model_copy(
            update={name: value for name, value in changes.items() if value != getattr(outcome, name)}
        )

    def workflow(self, workflow: process.Workflow, key: str) -> process.Workflow:
        """A workflow with the name that its pool or process has now."""
        scope = next((one for one in self.document.scopes if one.id == key), None)
        pool = next((one for one in self.document.pools.values() if one.owner == key), None)
        names = [one.name for one in (pool, scope) if one is not None]
        edited = [name for name in names if _plain(name) != _plain(workflow.title)]
        return workflow.model_copy(update={"label": _plain(edited[0])}) if edited and edited[0] else workflow

    def teams(self) -> dict[str, process.Team]:
        """The teams of the lanes, with the names that the lanes have now."""
        found: dict[str, process.Team] = {}
        for key, team in self.marks.teams.items():
            lane = self.document.lanes.get(key)
            if lane is None:
                continue
            label = self.label(team, lane.name, team.title)
            if team.name not in found or label != team.label:
                found[team.name] = team if label == team.label else team.model_copy(update={"label": label})
        return found


def time_now(timer: Node, was: Duration) -> Duration:
    """What a timer says: as it was, where it still says so; else the span that it says now."""
    part = timer.part("timeDuration")
    said = part.text if part is not None else ""
    if said == iso_span(was):
        return was
    span = iso_duration(said)
    return Constant(value=span) if span is not None else was


def _plain(text: str) -> str:
    return " ".join(text.split())


_WORDS = {"label": "its name", "by": "its team", "waits": "its wait", "outcomes": "its outcomes"}


def _said(old: Named, new: Named) -> str:
    return ", ".join(words for key, words in _WORDS.items() if getattr(old, key, None) != getattr(new, key, None))
