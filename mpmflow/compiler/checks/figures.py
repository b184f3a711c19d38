"""Figures of workflows that have no answer as the workflow stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mpmflow.model.expressions import Expression, Function, Reference, walk
from mpmflow.model.process import BatchArrivals, Workflow

from ..findings import Finding, found
from .subject import Subject

_PER_TIME = frozenset({"throughput", "wip"})
"""Figures that exist only where cases keep coming."""


def unanswered(subject: Subject) -> Iterator[Finding]:
    """`late` without a deadline; `throughput` and `wip` of a workflow to which cases do not keep coming."""
    formulas: list[tuple[Any, str, Expression]] = [
        *((one, "formula", one.formula) for one in subject.model.metrics if one.formula is not None),
        *((one, "measure", one.measure) for one in subject.model.declared_indicators),
    ]
    for part, clause, formula in formulas:
        asked = {(call.function, name) for call in walk(formula) if isinstance(call, Function) for name in _of(call)}
        for function, name in sorted(asked):
            entry = subject.names.table.get(name)
            if entry is not None and entry.kind == "workflow":
                yield from _of_workflow(part, clause, function, entry.part)


def _of(call: Function) -> list[str]:
    return [argument.name for argument in call.arguments if isinstance(argument, Reference)]


def _of_workflow(part: Any, clause: str, function: str, workflow: Workflow) -> Iterator[Finding]:
    name, notes = workflow.name, (((workflow, "name"), f"`{workflow.name}` is here"),)
    if function == "late" and workflow.deadline is None:
        yield found("late-without-deadline", part, clause, name=name, notes=notes)
    elif function in _PER_TIME and workflow.arrivals is None:
        yield found("figure-without-arrivals", part, clause, name=name, function=function, why="has none", notes=notes)
    elif function in _PER_TIME and isinstance(workflow.arrivals, BatchArrivals):
        why = "starts all of its cases at once"
        yield found("figure-without-arrivals", part, clause, name=name, function=function, why=why, notes=notes)
