"""Promises that mean something: with a consequence, on a figure that will be there, and not easier than the target."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from mpmflow.model.imports import with_imports
from mpmflow.model.measures import Target
from mpmflow.model.observations import SeriesSource

from ..findings import Finding, found
from .goals import target_metric
from .subject import Subject


def consequences(subject: Subject) -> Iterator[Finding]:
    """Commitments from which nothing follows."""
    for commitment in subject.model.commitments:
        if commitment.if_met is None and commitment.if_missed is None:
            yield found("promise-without-consequence", commitment, "name", name=commitment.name)


def evidence(subject: Subject) -> Iterator[Finding]:
    """Promises on metrics that nothing computes and no series of the file can show."""
    if any(isinstance(source, SeriesSource) for one in with_imports(subject.model) for source in one.data):
        return
    plain = {metric.name for one in subject.names.models for metric in one.metrics if metric.formula is None}
    for commitment in subject.model.commitments:
        for promise in commitment.promises:
            if promise.metric in plain:
                yield found("promise-without-data", promise, "metric", name=promise.metric, by=commitment.name)


def beside_targets(subject: Subject) -> Iterator[Finding]:
    """Promises that ask for less than the target of their metric, or for it later."""
    targets = _targets(subject)
    for commitment in subject.model.commitments:
        for promise in commitment.promises:
            for target in targets.get(promise.metric, ()):
                finding = _beside(commitment.name, promise.metric, promise.target, target)
                if finding is not None:
                    yield finding
                    break


def _beside(by: str, name: str, promised: Target, target: Target) -> Finding | None:
    """What is wrong with a promise beside a target that is read in the same way."""
    same = promised.comparison == target.comparison and (promised.per, promised.start) == (target.per, target.start)
    if not same or not promised.value.measure.measures_same_as(target.value.measure):
        return None
    sign = 1 if target.comparison == "at least" else -1
    more = sign * (promised.value.base - target.value.base)
    days = (promised.by or date.max, target.by or date.max)
    if days[0] > days[1] and target.by is not None and promised.by is not None and more <= 0:
        days_said = (promised.by.isoformat(), target.by.isoformat())
        return found("late-promise", promised, "by", name=name, by=by, promised=days_said[0], target=days_said[1])
    if more < 0 and days[0] == days[1]:
        return found(
            "lax-promise", promised, "value", name=name, by=by, promised=_level(promised), target=_level(target)
        )
    return None


def _level(target: Target) -> str:
    return f"{target.comparison} {target.value}"


def _targets(subject: Subject) -> dict[str, list[Target]]:
    """The targets of each metric: its own, and those of the objectives that are about it."""
    wanted: dict[str, list[Target]] = {}
    for one in subject.names.models:
        for metric in one.metrics:
            if metric.target is not None:
                wanted.setdefault(metric.name, []).append(metric.target)
        for objective, _ in one.objective_tree():
            meant = target_metric(subject, objective)
            if meant is not None and objective.target is not None:
                wanted.setdefault(meant.name, []).append(objective.target)
    return wanted
