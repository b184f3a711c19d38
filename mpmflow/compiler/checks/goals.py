"""Goals that somebody can be held to: with an owner, a target, a date, and a figure that can be found again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mpmflow.model.goals import Objective
from mpmflow.model.measures import Metric, Target
from mpmflow.model.model import Model

from ..findings import Finding, found
from ..measured import fits, of_quantity
from .subject import Subject


def objectives(subject: Subject) -> Iterator[Finding]:
    """Objectives without an owner, or without a target on any metric."""
    metrics = {metric.name: metric for one in subject.names.models for metric in one.metrics}
    for objective, _ in subject.model.objective_tree():
        if objective.owner is None:
            yield found("objective-without-owner", objective, "name", name=objective.name)
        targeted = any(metrics[name].target for name in objective.measured_by if name in metrics)
        if objective.target is None and not targeted:
            yield found(
                "objective-without-target",
                objective,
                "name",
                name=objective.name,
                metric=next(iter(objective.measured_by), None),
            )


def targets(subject: Subject) -> Iterator[Finding]:
    """Targets without a date, and targets on flows that do not say over which span they count."""
    for part, clause, target, metric in all_targets(subject):
        if target.by is None:
            yield found("target-without-date", part, clause, target=_words(target))
        flow = metric is not None and subject.units.of_name(metric.name).flow
        if metric is not None and flow and target.per is None and target.start is None:
            yield found(
                "target-reading", part, clause, name=metric.name, value=str(target.value), bound=target.comparison
            )


def _words(target: Target) -> str:
    per = f" per {target.per}" if target.per is not None else ""
    start = f" in total from {target.start}" if target.start is not None else ""
    return f"{target.comparison} {target.value}{per}{start}"


def all_targets(subject: Subject) -> Iterator[tuple[Any, str, Target, Metric | None]]:
    """Every target with the part and clause it stands in, and the metric that it is about."""
    model = subject.model
    for metric in model.metrics:
        if metric.target is not None:
            yield metric.target, "", metric.target, metric
    for objective, _ in model.objective_tree():
        if objective.target is not None:
            yield objective.target, "", objective.target, target_metric(subject, objective)
    for commitment in model.commitments:
        for promise in commitment.promises:
            entry = subject.names.table.get(promise.metric)
            yield (
                promise.target,
                "",
                promise.target,
                entry.part if entry is not None and entry.kind == "metric" else None,
            )


def target_metric(subject: Subject, objective: Objective) -> Metric | None:
    """The metric that an objective's target is about: the first of its metrics that the target's unit fits."""
    if objective.target is None:
        return None
    value = of_quantity(objective.target.value)
    for name in objective.measured_by:
        entry = subject.names.table.get(name)
        if entry is not None and entry.kind == "metric" and fits(subject.units.of_named(entry), value):
            return entry.part  # type: ignore[no-any-return]
    return None


def initiatives(subject: Subject) -> Iterator[Finding]:
    """Initiatives and commitments on metrics for which no target is set."""
    targeted = _targeted(subject)
    known = {metric.name for one in subject.names.models for metric in one.metrics}
    for initiative in subject.model.initiatives:
        moved = [move.lever for move in initiative.moves if move.lever in known]
        for name in moved:
            if name not in targeted:
                yield found(
                    "metric-without-target", initiative, "name", name=name, what="initiative", by=initiative.name
                )
        if moved:
            continue
        served = [_find(subject.model, name) for name in initiative.serves]
        metrics = [name for objective in served if objective is not None for name in objective.measured_by]
        if metrics and not any(name in targeted for name in metrics):
            yield found(
                "metric-without-target", initiative, "name", name=metrics[0], what="initiative", by=initiative.name
            )
    for commitment in subject.model.commitments:
        if commitment.by is None:
            yield found("unowned-promise", commitment, "name", name=commitment.name)
        for promise in commitment.promises:
            if promise.metric in known and promise.metric not in targeted:
                yield found(
                    "metric-without-target",
                    promise,
                    "metric",
                    name=promise.metric,
                    what="commitment",
                    by=commitment.name,
                )


def _targeted(subject: Subject) -> set[str]:
    """Metrics for which a target is set: their own, or that of an objective that they measure."""
    found_: set[str] = set()
    for one in subject.names.models:
        found_ |= {metric.name for metric in one.metrics if metric.target is not None}
        for objective, _ in one.objective_tree():
            metric = target_metric(subject, objective)
            if metric is not None:
                found_.add(metric.name)
    return found_


def _find(model: Model, name: str) -> Objective | None:
    return next((objective for objective, _ in model.objective_tree() if objective.name == name), None)


def benchmarks(subject: Subject) -> Iterator[Finding]:
    """Benchmarks that nobody could look up."""
    for benchmark in subject.model.benchmarks:
        if benchmark.source is None:
            yield found(
                "benchmark-without-source", benchmark, "metric", name=benchmark.metric, value=str(benchmark.value)
            )
