"""From the tree of a file to the model it means: the only place where a literal becomes a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mpmflow.model import model
from mpmflow.model.base import Roster
from mpmflow.syntax import tree

from . import goals, measures, process, scenes
from .bridge import Bridge

__all__ = ["Bridge", "model_from_tree"]

_MAKERS: dict[type, tuple[str, Any]] = {
    tree.Team: ("teams", process.team),
    tree.Workflow: ("workflows", process.workflow),
    tree.Handoff: ("handoffs", process.handoff),
    tree.Metric: ("metrics", measures.metric),
    tree.Cause: ("causes", measures.cause),
    tree.Indicator: ("declared_indicators", measures.indicator),
    tree.Objective: ("objectives", goals.objective),
    tree.Initiative: ("initiatives", goals.initiative),
    tree.Commitment: ("commitments", goals.commitment),
    tree.Benchmark: ("benchmarks", goals.benchmark),
    tree.Scenario: ("scenarios", scenes.scenario),
    tree.Test: ("tests", scenes.test),
}

_PLAIN = ("handoffs", "causes", "benchmarks", "tests")


def model_from_tree(bridge: Bridge, file: tree.File, imported: Mapping[str, model.Model] | None = None) -> model.Model:
    """The model of a file; what has no meaning is left out or stood in for, and noted in `bridge.faults`.

    `imported` has the model of each imported path; an import without one is left out.
    """
    parts: dict[str, list[Any]] = {field: [] for field, _ in _MAKERS.values()}
    imports: list[model.Import] = []
    sources: list[Any] = []
    for statement in file.statements:
        if isinstance(statement, tree.Import):
            other = (imported or {}).get(statement.path.value)
            if other is not None:
                imports.append(bridge.part(model.Import, statement.span, path=statement.path.value, model=other))
        elif isinstance(statement, tree.Data):
            sources.extend(goals.data(bridge, statement))
        else:
            field, maker = _MAKERS[type(statement)]
            parts[field].append(maker(bridge, statement))
    fields: dict[str, Any] = {field: tuple(made) if field in _PLAIN else Roster(made) for field, made in parts.items()}
    return bridge.part(model.Model, file.span, imports=tuple(imports), data=tuple(sources), **fields)
