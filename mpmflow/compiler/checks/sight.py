"""Line of sight: from what is done to what it is for, and from what can be seen early to what must be met late."""

from __future__ import annotations

from collections.abc import Iterator

from mpmflow.model.expressions import Function, Reference, walk
from mpmflow.model.goals import Objective
from mpmflow.model.measures import Metric
from mpmflow.model.process import Decision

from ..findings import Finding, found
from ..functions import WORKFLOW_FUNCTIONS
from .subject import Subject


def orphans(subject: Subject) -> Iterator[Finding]:
    """Metrics that no objective uses, nobody promises, and that move nothing: throw them away or link them."""
    model = subject.model
    used = {name for objective, _ in model.objective_tree() for name in objective.measured_by}
    used |= {promise.metric for commitment in model.commitments for promise in commitment.promises}
    used |= {influence.source for influence in subject.influences.all}
    for metric in model.metrics:
        if metric.name not in used:
            yield found("orphan-metric", metric, "name", name=metric.name)


def blind_metrics(subject: Subject) -> Iterator[Finding]:
    """Outcome metrics that no leading indicator reaches: nobody will see them coming."""
    visible = subject.influences.moved_by_indicators
    for metric in subject.model.metrics:
        if metric.category == "outcome" and metric.name not in visible:
            near = [one.source for one in subject.influences.all if one.effect == metric.name]
            yield found("blind-metric", metric, "name", name=metric.name, causes=near)


def unmeasured_decisions(subject: Subject) -> Iterator[Finding]:
    """Decisions of which no indicator moves any metric."""
    metrics = {metric.name for one in subject.names.models for metric in one.metrics}
    moving = subject.influences.that_reach(metrics)
    for workflow, node in subject.model.nodes():
        if isinstance(node, Decision):
            own = [f"{node.name}.{one}" for one in [*(outcome.name for outcome in node.outcomes), "rounds", "wait"]]
            if not any(name in moving for name in own):
                yield found("unmeasured-decision", node, "name", name=node.name, workflow=workflow.name)


def objectives(subject: Subject) -> Iterator[Finding]:
    """Objectives that nothing below them can move."""
    metrics = {metric.name: metric for one in subject.names.models for metric in one.metrics}
    for objective, _ in subject.model.objective_tree():
        own = [name for name in objective.measured_by if name in metrics]
        if not own:
            if not objective.measured_by:
                yield found("unmeasured-objective", objective, "name", name=objective.name)
            continue
        if all(metrics[name].category == "activity" for name in own):
            yield found("activity-objective", objective, "measured_by", name=objective.name, metrics=own)
        below = _metrics_below(objective)
        if objective.children:
            if below and not subject.influences.reachable_from(below) & set(own):
                yield found(
                    "no-line-of-sight",
                    objective,
                    "name",
                    name=objective.name,
                    metrics=own,
                    children=sorted(child.name for child in objective.children),
                    below=sorted(below),
                )
        elif not any(_movable(subject, metrics[name]) for name in own):
            yield found("out-of-reach", objective, "name", name=objective.name, metrics=own)


def _metrics_below(objective: Objective) -> set[str]:
    found_: set[str] = set()
    for child in objective.children:
        found_ |= set(child.measured_by) | _metrics_below(child)
    return found_


def _movable(subject: Subject, metric: Metric) -> bool:
    """Whether something that is done, or seen while it is done, moves the metric."""
    return metric.category == "activity" or metric.name in subject.influences.moved_by_work


def lagging_as_leading(subject: Subject) -> Iterator[Finding]:
    """Indicators that measure only what comes after the process: they tell when it is too late to act."""
    for indicator in subject.model.declared_indicators:
        lagging: list[str] = []
        leading = False
        for part in walk(indicator.measure):
            if isinstance(part, Function) and part.function in WORKFLOW_FUNCTIONS:
                leading |= part.function == "wip"
                if part.function != "wip":
                    lagging.append(f"{part.function}(…)")
            elif isinstance(part, Reference):
                entry = subject.names.find(part.name)
                if entry is None or entry.kind == "workflow":
                    leading |= entry is None
                elif entry.kind == "metric" and entry.part.category != "activity":
                    lagging.append(part.name)
                else:
                    leading = True
        if lagging and not leading:
            yield found("lagging-indicator", indicator, "measure", name=indicator.name, lagging=lagging)
