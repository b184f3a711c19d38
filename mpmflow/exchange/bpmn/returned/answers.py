"""The outcomes of a decision that mpmflow wrote, as the flows of its gateway are now.

Each outcome keeps its share, its effects and its names in the log; where it leads to, the diagram says. A new flow is a
new outcome that nobody has counted yet; one that is gone is gone, and the outcome that goes on takes its share.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from mpmflow.analysis.discover.naming import Names
from mpmflow.exchange.bpmn.drawing.process import outcome_name
from mpmflow.exchange.bpmn.ways import Vertex, Way
from mpmflow.model import process
from mpmflow.model.flow import goes_on, shares

if TYPE_CHECKING:
    from mpmflow.exchange.bpmn.writing import Place, Writer


class Answers:
    """The outcomes of one decision."""

    def __init__(self, writer: Writer, vertex: Vertex, place: Place) -> None:
        self.writer = writer
        self.vertex = vertex
        self.place = place

    def written(self, own: process.Decision | process.Choose) -> process.Decision | process.Choose:
        """The decision with its outcomes."""
        known = {outcome.name: outcome for outcome in own.outcomes}
        named, after = self.meant(own)
        found: list[process.Outcome] = []
        names = Names()
        names.given |= known.keys()
        for way in self.vertex.ways:
            if way.flow in after:
                continue
            name = named.get(way.flow)
            found.append(self.led(known[name], way) if name is not None else self.new(own, way, names))
            self.writer.found.taken.setdefault(way.flow, f"{own.name}.{found[-1].name}")
        bounds = {name: way for way in self.vertex.ways if (name := after.get(way.flow)) is not None}
        found = [self.limited(own, outcome, bounds.get(outcome.name)) for outcome in found]
        for flow, name in after.items():
            self.writer.found.taken.setdefault(flow, f"{own.name}.{name}")
        found.sort(key=lambda outcome: list(known).index(outcome.name) if outcome.name in known else len(known))
        gone = [name for name in known if name not in {outcome.name for outcome in found}]
        for name in gone:
            self.note(f"`{own.name}.{name}` is gone from the diagram, and its share goes to the outcome that goes on.")
        if gone or any(total != 1 for total in map(sum, zip(*shares(tuple(found)), strict=True))):
            found = _filled(found)
        return own.model_copy(update={"outcomes": tuple(found)})

    def meant(self, own: process.Decision | process.Choose) -> tuple[dict[str, str], dict[str, str]]:
        """The outcome that each flow is, by its mark or else by what is read on it; and those after `at most N`."""
        named: dict[str, str] = {}
        after: dict[str, str] = {}
        left = {outcome.name: outcome for outcome in own.outcomes}
        for way in self.vertex.ways:
            name, then = self.writer.drafter.own.outcome(way.flow, own.name) or ("", False)
            if then:
                after[way.flow] = name
            elif name in left:
                named[way.flow] = name
                del left[name]
        for way in self.vertex.ways:
            if way.flow not in named and way.flow not in after:
                name = next((name for name, one in left.items() if way.label in (outcome_name(one), name)), "")
                if name:
                    named[way.flow] = name
                    del left[name]
        return named, after

    def note(self, sentence: str) -> None:
        self.writer.drafter.own.edits.notes.append(sentence)

    def led(self, outcome: process.Outcome, way: Way) -> process.Outcome:
        """An outcome that was there, leading to where its flow leads."""
        target, bad = self.target(way)
        if outcome.scrap:
            return outcome if bad else outcome.model_copy(update={"scrap": False, "target": target})
        return outcome.model_copy(update={"target": target})

    def target(self, way: Way) -> tuple[str | None, bool]:
        """The target to write, and whether it is an end that loses the case."""
        layout = self.writer.layout
        assert layout is not None
        key = layout.resolve(way.target, self.place.exit)
        to = self.writer.graph.vertices.get(key or "")
        if to is not None and to.kind == "bad":
            return self.writer.name_of.get(to.key, "scrap"), True
        return self.writer.goes(self.vertex, way.target, self.place), False

    def new(self, own: process.Decision | process.Choose, way: Way, names: Names) -> process.Outcome:
        """An outcome that somebody drew."""
        layout = self.writer.layout
        assert layout is not None
        to = self.writer.graph.vertices.get(layout.resolve(way.target, self.place.exit) or "")
        name, label = self.writer.outcome_name(way, to, names, self.vertex)
        target, bad = self.target(way)
        lost = bad and target == "scrap"
        self.note(f"`{own.name}.{name}` is new in the diagram: its share is 0% until you write one.")
        return process.Outcome(name=name, label=label, share=process.Share(by_visit=(Fraction(0),)), scrap=lost,
                               target=None if lost else target)  # fmt: skip

    def limited(
        self, own: process.Decision | process.Choose, outcome: process.Outcome, way: Way | None
    ) -> process.Outcome:
        """An outcome with where it leads after `at most N`."""
        if outcome.at_most is None:
            return outcome
        if way is None:
            self.note(f"`{own.name}.{outcome.name}` has no bound any more: the flow for what comes after "
                      f"{outcome.at_most.times} times is gone.")  # fmt: skip
            return outcome.model_copy(update={"at_most": None})
        target, _ = self.target(way)
        bound = outcome.at_most.model_copy(update={"target": target or self.following()})
        return outcome.model_copy(update={"at_most": bound})

    def following(self) -> str:
        """The name of what comes next, for a target that must be named."""
        following = self.place.following
        if following is None or following == self.place.exit:
            return "done"
        return self.writer.name_of.get(following, "done")


def _filled(found: list[process.Outcome]) -> list[process.Outcome]:
    """Outcomes whose shares add up again: the one that goes on, else the first, takes what is left."""
    if not found or any(outcome.share is None for outcome in found):
        return found
    resting = goes_on(tuple(found)) or found[0]
    return [outcome.model_copy(update={"share": None}) if outcome is resting else outcome for outcome in found]
