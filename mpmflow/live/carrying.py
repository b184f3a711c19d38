"""What a store keeps when the model has changed: indicators with the same definition keep their history.

The definition of an indicator is its measure, its rules, and everything that its measure names: the workflows of its
decisions and steps, and the formulas of its metrics. Its label, owner or costs may change freely.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from mpmflow.model.expressions import Expression, Reference, walk
from mpmflow.model.imports import all_workflows
from mpmflow.model.measures import Indicator, Metric
from mpmflow.model.model import Model
from mpmflow.model.process import Workflow


def model_hash(model: Model) -> str:
    """The hash of everything that a model means; equal models have equal ones."""
    return hashlib.sha256(model.model_dump_json().encode()).hexdigest()


def watched_indicators(model: Model) -> tuple[Indicator, ...]:
    """The indicators that have rules, those of imported files included."""
    found = [indicator for indicator in model.declared_indicators if indicator.rules]
    for imported in model.imports:
        found += watched_indicators(imported.model)
    return tuple(found)


def definitions(model: Model) -> dict[str, str]:
    """The hash of the definition of each watched indicator."""
    workflows = {name: workflow for workflow in all_workflows(model) for name in _names(workflow)}
    metrics = {metric.name: metric for metric in _metrics(model)}
    return {
        indicator.name: _hash([_plain(indicator.measure), [_plain(rule) for rule in indicator.rules],
                               sorted(_rests_on(indicator.measure, workflows, metrics, set()))])
        for indicator in watched_indicators(model)
    }  # fmt: skip


def rests_on_log(model: Model) -> frozenset[str]:
    """The watched indicators whose measure names something of a workflow."""
    names = {name for workflow in all_workflows(model) for name in _names(workflow)}
    metrics = {metric.name: metric for metric in _metrics(model)}

    def touches(expression: Expression, seen: set[str]) -> bool:
        for name in _references(expression):
            if name.partition(".")[0] in names:
                return True
            metric = metrics.get(name)
            if metric is not None and metric.formula is not None and name not in seen:
                seen.add(name)
                if touches(metric.formula, seen):
                    return True
        return False

    return frozenset(one.name for one in watched_indicators(model) if touches(one.measure, set()))


def remarks(old: Mapping[str, str], new: Mapping[str, str], log_kept: bool, on_log: frozenset[str]) -> list[str]:
    """What is said of a store whose model has changed."""
    kept = [name for name in sorted(new) if old.get(name) == new[name] and (log_kept or name not in on_log)]
    fresh = [name for name in sorted(new) if name in old and name not in kept]
    said = ["The model has changed since this store was written."]
    if kept:
        said.append(f"Keeping their history, for their definition is the same: {', '.join(kept)}.")
    if fresh:
        said.append(f"Starting anew from the next period, for their definition has changed: {', '.join(fresh)}.")
    if set(new) - set(old):
        said.append(f"New: {', '.join(sorted(set(new) - set(old)))}.")
    if set(old) - set(new):
        said.append(f"Gone: {', '.join(sorted(set(old) - set(new)))}.")
    if not log_kept:
        said.append(
            "Events show other steps and outcomes than before, so the counts of the log start anew; feed the log again "
            "to have its history."
        )
    return said


def _rests_on(
    expression: Expression, workflows: Mapping[str, Workflow], metrics: Mapping[str, Metric], seen: set[str]
) -> Iterator[str]:
    for name in _references(expression):
        if name in seen:
            continue
        seen.add(name)
        metric, workflow = metrics.get(name), workflows.get(name.partition(".")[0])
        if metric is not None:
            yield _hash([name, None if metric.formula is None else _plain(metric.formula)])
            if metric.formula is not None:
                yield from _rests_on(metric.formula, workflows, metrics, seen)
        elif workflow is not None:
            yield _hash(_plain(workflow))


def _references(expression: Expression) -> Iterator[str]:
    for part in walk(expression):
        if isinstance(part, Reference):
            yield part.name


def _names(workflow: Workflow) -> Iterator[str]:
    yield workflow.name
    for node in workflow.nodes():
        if node.name is not None:
            yield node.name
    for team in workflow.teams:
        yield team.name


def _metrics(model: Model) -> Iterator[Metric]:
    yield from model.metrics
    for imported in model.imports:
        yield from _metrics(imported.model)


def _plain(part: Any) -> Any:
    return part.model_dump(mode="json")


def _hash(part: Any) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()
