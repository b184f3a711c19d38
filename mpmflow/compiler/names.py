"""What every name of a model refers to: one table for the model and all that it imports.

Names are unique in a file, whatever they name. Three kinds live in a smaller room: outcomes in their decision, ends in
their workflow, and a `call` without a name of its own in its workflow (it has the name of the workflow that it calls).
Behind a dot stands what a thing has: outcomes, `rounds` and `wait` of a decision, `load` and `people` of a team.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from mpmflow.diagnostics.suggest import nearest
from mpmflow.model.levers import CLAUSES
from mpmflow.model.model import Model
from mpmflow.model.observations import LogSource
from mpmflow.model.process import Call, Choose, Decision, End, Parallel, Step, Workflow

Kind = Literal[
    "team",
    "workflow",
    "step",
    "decision",
    "choose",
    "parallel",
    "call",
    "end",
    "outcome",
    "measure",
    "lever",
    "metric",
    "indicator",
    "objective",
    "initiative",
    "commitment",
    "scenario",
    "column",
]

NODE_KINDS: frozenset[str] = frozenset({"step", "decision", "choose", "parallel", "call"})
MEASURED: frozenset[str] = frozenset({"metric", "indicator", "outcome", "measure"})
"""Kinds that have observed values: metrics, named indicators, and what workflows give by themselves."""

WORDS: dict[str, str] = {
    "team": "a team",
    "workflow": "a workflow",
    "step": "a step",
    "decision": "a decision",
    "choose": "a choose",
    "parallel": "a parallel block",
    "call": "a call",
    "end": "an end",
    "outcome": "an outcome",
    "measure": "an indicator",
    "lever": "a setting",
    "metric": "a metric",
    "indicator": "an indicator",
    "objective": "an objective",
    "initiative": "an initiative",
    "commitment": "a commitment",
    "scenario": "a scenario",
    "column": "a column of the log",
}
"""Each kind with its article, for messages."""

MEASURES: dict[str, tuple[str, ...]] = {
    "decision": ("rounds", "wait"),
    "step": ("time", "wait"),
    "team": ("load",),
    "workflow": ("arrivals", "open"),
}
"""The indicators that each kind of thing has by itself, besides the outcomes of a decision."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a name refers to.

    Attributes:
        name: as it is referred to, dotted for what a thing has (`legal.load`).
        kind: what it is.
        part: the part of the model; for a dotted name that of the thing before the dot, for an outcome the outcome.
        workflow: the workflow it belongs to, None outside of one.
        aspect: what stands behind the dot, "" without one; `OUTCOME.delay` for how long an outcome makes a case wait.
        owner: the part before the dot, None without one.
    """

    name: str
    kind: Kind
    part: Any
    workflow: Workflow | None = None
    aspect: str = ""
    owner: Any = None

    @property
    def is_indicator(self) -> bool:
        """Whether it is an indicator: a named one, or one that a workflow gives by itself."""
        return self.kind in ("indicator", "outcome", "measure")

    @property
    def is_lever(self) -> bool:
        """Whether a scenario may set it."""
        return self.kind in ("outcome", "lever") or (self.kind == "measure" and self.aspect == "arrivals")

    @property
    def words(self) -> str:
        """What it is, with its article: `a metric`."""
        return WORDS[self.kind]


@dataclass(frozen=True, slots=True)
class Double:
    """A name that two things have: the later one and the earlier one, and whether one of them is imported."""

    later: Named
    earlier: Named
    imported: bool = False


class Names:
    """The names of a model and of all that it imports.

    Attributes:
        doubles: names that more than one thing has, in the order of the model.
        models: the model and its imports, the model first, each once.
    """

    def __init__(self, model: Model) -> None:
        self.table: dict[str, Named] = {}
        self.local: dict[str, dict[str, Named]] = {}
        self.columns: dict[str, Named] = {}
        self.doubles: list[Double] = []
        self.models: tuple[Model, ...] = tuple(_all_models(model))
        for number, one in enumerate(self.models):
            own = dict(self.table) if number else {}
            for entry in _entries(one):
                self._enter(entry, own)

    def _enter(self, entry: Named, imported_from: dict[str, Named]) -> None:
        if entry.kind == "column":
            self.columns.setdefault(entry.name, entry)
            return
        if entry.workflow is not None and entry.kind in NODE_KINDS | {"end"}:
            room = self.local.setdefault(entry.workflow.name, {})
            before = room.setdefault(entry.name, entry)
            if before is not entry:
                same_end = entry.kind == before.kind == "end" and entry.part.kind == before.part.kind
                if not same_end:
                    self.doubles.append(Double(entry, before))
                return
            if entry.kind == "end" or (entry.kind == "call" and entry.name == entry.part.workflow):
                return
        earlier = self.table.get(entry.name)
        if earlier is None:
            self.table[entry.name] = entry
        elif entry.name in imported_from:
            # Seen from the opened file, its own statement stands and the imported one clashes with it.
            self.doubles.append(Double(entry, earlier, imported=True))
        else:
            self.doubles.append(Double(entry, earlier))

    def find(self, name: str) -> Named | None:
        """What a name, dotted or not, refers to anywhere in the model; None when there is no such thing."""
        entry = self.table.get(name)
        if entry is not None:
            return entry
        before, dot, behind = name.partition(".")
        thing = self.table.get(before) if dot else None
        if thing is None:
            return None
        if thing.kind in ("decision", "choose"):
            for outcome in thing.part.outcomes:
                if outcome.name == behind:
                    kind: Kind = "outcome" if thing.kind == "decision" else "lever"
                    return Named(name, kind, outcome, thing.workflow, behind, thing.part)
                if behind == f"{outcome.name}.delay" and outcome.delay is not None:
                    return Named(name, "lever", outcome, thing.workflow, behind, thing.part)
        if behind in MEASURES.get(thing.kind, ()):
            return Named(name, "measure", thing.part, thing.workflow, behind, thing.part)
        if behind in CLAUSES.get(thing.kind, ()):
            return Named(name, "lever", thing.part, thing.workflow, behind, thing.part)
        return None

    def node(self, name: str) -> Named | None:
        """The node of that name in any workflow, calls included."""
        entry = self.table.get(name)
        if entry is not None and entry.kind in NODE_KINDS:
            return entry
        for room in self.local.values():
            if name in room and room[name].kind in NODE_KINDS:
                return room[name]
        return None

    def of_kind(self, kinds: Iterable[str]) -> Iterator[str]:
        """All names, dotted ones included, that have one of these kinds."""
        wanted = frozenset(kinds)
        for name, entry in self.table.items():
            if entry.kind in wanted:
                yield name
            if not wanted & {"outcome", "measure", "lever"}:
                continue
            behind = [*MEASURES.get(entry.kind, ())] if "measure" in wanted else []
            behind += CLAUSES.get(entry.kind, ()) if "lever" in wanted else ()
            if (entry.kind == "decision" and wanted & {"outcome", "lever"}) or (
                entry.kind == "choose" and "lever" in wanted
            ):
                behind += [outcome.name for outcome in entry.part.outcomes]
            if entry.kind in ("decision", "choose") and "lever" in wanted:
                behind += [f"{outcome.name}.delay" for outcome in entry.part.outcomes if outcome.delay is not None]
            yield from (f"{name}.{one}" for one in dict.fromkeys(behind))
        if "column" in wanted:
            yield from self.columns

    def nearest(self, name: str, kinds: Iterable[str]) -> tuple[str, ...]:
        """The names of these kinds that were probably meant; behind a dot first those of the same thing."""
        before, dot, behind = name.partition(".")
        known = list(self.of_kind(kinds))
        if dot and before in self.table:
            same = [one.partition(".")[2] for one in known if one.startswith(f"{before}.")]
            close = nearest(behind, same)
            if close or same:
                return tuple(f"{before}.{one}" for one in close or same[:4])
        return nearest(name, known)


def _all_models(model: Model, seen: list[Model] | None = None) -> Iterator[Model]:
    """The model and all that it imports, each once, in the order of the texts."""
    seen = [] if seen is None else seen
    if any(one is model or one == model for one in seen):
        return
    seen.append(model)
    yield model
    for imported in model.imports:
        yield from _all_models(imported.model, seen)


def _entries(model: Model) -> Iterator[Named]:
    for team in model.teams:
        yield Named(team.name, "team", team)
    for workflow in model.workflows:
        yield Named(workflow.name, "workflow", workflow, workflow)
        for team in workflow.teams:
            yield Named(team.name, "team", team, None)
        for node in workflow.nodes():
            yield from _node(node, workflow)
    for metric in model.metrics:
        yield Named(metric.name, "metric", metric)
    for indicator in model.declared_indicators:
        yield Named(indicator.name, "indicator", indicator)
    for objective, _ in model.objective_tree():
        yield Named(objective.name, "objective", objective)
    for initiative in model.initiatives:
        yield Named(initiative.name, "initiative", initiative)
    for commitment in model.commitments:
        yield Named(commitment.name, "commitment", commitment)
    for scenario in model.scenarios:
        yield Named(scenario.name, "scenario", scenario)
    for source in model.data:
        if isinstance(source, LogSource):
            for column in source.columns:
                if column.name is not None:
                    yield Named(column.name, "column", column, None, "", source)


def _node(node: Any, workflow: Workflow) -> Iterator[Named]:
    kinds: dict[type, Kind] = {Step: "step", Decision: "decision", Choose: "choose", Parallel: "parallel", Call: "call"}
    if isinstance(node, End):
        if node.name is not None:
            yield Named(node.name, "end", node, workflow)
    else:
        yield Named(node.name, kinds[type(node)], node, workflow)
