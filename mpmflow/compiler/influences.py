"""What moves what: the influences that a file declares and those that follow from its workflows and formulas.

A workflow's figures (`time(W)`, `cost(W)`, …) are moved by all that the workflow can show while it runs: the shares of
its decisions, the times and waits of its steps, the loads of its teams, its arrivals. A formula is moved by whatever it
mentions. The evaluator derives these, so a declared influence of the same pair would be counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from mpmflow.model.expressions import Expression, Function, Reference
from mpmflow.model.expressions import walk as walk_expression
from mpmflow.model.measures import Indicator, Metric
from mpmflow.model.model import Model
from mpmflow.model.process import Call, Decision, Step, Workflow

from .functions import WORKFLOW_FUNCTIONS
from .names import Names

Origin = Literal["process", "formula", "declared", "alias"]


@dataclass(frozen=True, slots=True)
class Influence:
    """One influence.

    Attributes:
        source, effect: names of metrics or indicators.
        origin: `process` (a workflow's indicator on a figure of it), `formula` (a part of a formula on the whole),
            `declared` (a `cause`), `alias` (an indicator of a workflow on the named indicator that measures it).
        part: the part of the model that says so: the cause, the metric, the indicator.
    """

    source: str
    effect: str
    origin: Origin
    part: Any


class Influences:
    """All influences of a model and its imports, derived ones first.

    Attributes:
        all: every influence, in the order of the model.
        derived: those that follow from workflows and formulas, by pair.
    """

    def __init__(self, model: Model, names: Names) -> None:
        self.names = names
        self._indicators: dict[str, tuple[str, ...]] = {}
        self.all: list[Influence] = []
        for one in names.models:
            for metric in one.metrics:
                if metric.formula is not None:
                    self.all.extend(self._of(metric.formula, metric))
            for indicator in one.declared_indicators:
                self.all.extend(self._of(indicator.measure, indicator))
        self.derived: dict[tuple[str, str], Influence] = {(one.source, one.effect): one for one in self.all}
        for one in names.models:
            self.all.extend(Influence(cause.source, cause.effect, "declared", cause) for cause in one.causes)

    def _of(self, expression: Expression, part: Metric | Indicator) -> Iterator[Influence]:
        mentioned: dict[str, Origin] = {}
        for piece in walk_expression(expression):
            if isinstance(piece, Function) and piece.function in WORKFLOW_FUNCTIONS:
                for argument in piece.arguments:
                    entry = self.names.table.get(argument.name) if isinstance(argument, Reference) else None
                    if entry is not None and entry.kind == "workflow":
                        for name in self.of_workflow(entry.part):
                            mentioned.setdefault(name, "process")
            elif isinstance(piece, Reference):
                entry = self.names.find(piece.name)
                if entry is not None and entry.kind in ("metric", "indicator", "outcome", "measure"):
                    mentioned.setdefault(piece.name, "alias" if isinstance(part, Indicator) else "formula")
        yield from (Influence(name, part.name, origin, part) for name, origin in mentioned.items() if name != part.name)

    def of_workflow(self, workflow: Workflow, open_: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """The indicators that a workflow shows while it runs, those of the workflows that it calls included."""
        known = self._indicators.get(workflow.name)
        if known is not None:
            return known
        names: dict[str, None] = {}
        for node in workflow.nodes():
            if isinstance(node, Decision):
                for outcome in node.outcomes:
                    names[f"{node.name}.{outcome.name}"] = None
                names[f"{node.name}.rounds"] = names[f"{node.name}.wait"] = None
            elif isinstance(node, Step):
                names[f"{node.name}.time"] = names[f"{node.name}.wait"] = None
            elif isinstance(node, Call):
                called = self.names.table.get(node.workflow)
                if called is not None and called.kind == "workflow" and called.name not in open_ | {workflow.name}:
                    names.update(dict.fromkeys(self.of_workflow(called.part, open_ | {workflow.name})))
            by = self.names.table.get(getattr(node, "by", None) or "")
            if by is not None and by.kind == "team":
                names[f"{by.name}.load"] = None
        names[f"{workflow.name}.arrivals"] = names[f"{workflow.name}.open"] = None
        made = tuple(names)
        if not open_:
            self._indicators[workflow.name] = made
        return made

    def reachable_from(self, names: Iterable[str]) -> frozenset[str]:
        """Everything that these move, directly or through others, themselves included."""
        return _closure(names, self._ahead)

    def that_reach(self, names: Iterable[str]) -> frozenset[str]:
        """Everything that moves one of these, directly or through others, themselves included."""
        return _closure(names, self._behind)

    @cached_property
    def moved_by_indicators(self) -> frozenset[str]:
        """Everything that some leading indicator moves: one of a workflow, or a named one."""
        return self.reachable_from(name for name in self._ahead if self._is(name, ("indicator", "outcome", "measure")))

    @cached_property
    def moved_by_work(self) -> frozenset[str]:
        """Everything that work moves: what indicators show, and what activities (things that are done) cause."""
        activities = (
            name
            for name in self._ahead
            if self._is(name, ("metric",)) and self.names.table[name].part.category == "activity"
        )
        return self.moved_by_indicators | self.reachable_from(activities)

    def _is(self, name: str, kinds: tuple[str, ...]) -> bool:
        entry = self.names.find(name)
        return entry is not None and entry.kind in kinds

    @cached_property
    def _ahead(self) -> dict[str, list[str]]:
        ways: dict[str, list[str]] = {}
        for one in self.all:
            ways.setdefault(one.source, []).append(one.effect)
        return ways

    @cached_property
    def _behind(self) -> dict[str, list[str]]:
        ways: dict[str, list[str]] = {}
        for one in self.all:
            ways.setdefault(one.effect, []).append(one.source)
        return ways


def _closure(names: Iterable[str], ways: dict[str, list[str]]) -> frozenset[str]:
    seen = set(names)
    todo = list(seen)
    while todo:
        for other in ways.get(todo.pop(), ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return frozenset(seen)
