"""What measures look at: the model, its line of sight, and whatever else is given; and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from mpmflow.analysis.alignment.answer import LineOfSight
from mpmflow.analysis.alignment.sight import Sight
from mpmflow.analysis.review.review import Review
from mpmflow.analysis.risk.evaluation import Evaluation
from mpmflow.analysis.risk.prepared import metric_meant
from mpmflow.compiler.names import Names
from mpmflow.compiler.units import Units
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.measures import Metric
from mpmflow.model.model import Model
from mpmflow.model.process import Decision


@dataclass(frozen=True, slots=True)
class Finding:
    """What a measure found.

    Attributes:
        value: the figure; None where there is nothing to measure.
        met, lacking: the parts of the model that have what is asked, and those that lack it.
        why: why there is no figure, or what stands behind it, in words.
    """

    value: float | None
    met: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    why: str = ""


def share(names: Iterable[str], has: Callable[[str], object], nothing: str) -> Finding:
    """The share of some parts that have something; `nothing` says that there are no such parts.

    >>> share(["a", "b"], {"a"}.__contains__, "there is nothing")
    Finding(value=0.5, met=('a',), lacking=('b',), why='')
    """
    asked = tuple(dict.fromkeys(names))
    met = tuple(name for name in asked if has(name))
    if not asked:
        return Finding(None, why=nothing)
    return Finding(len(met) / len(asked), met, tuple(name for name in asked if name not in met))


@dataclass(frozen=True, eq=False)
class Facts:
    """One model with all that is known of it.

    Attributes:
        on: the day of the assessment.
        given: figures of measures that nothing here can work out, by name.
        previous: the assessment that this one is compared with, as a document.
        review: what a ledger says of promises that came due.
    """

    model: Model
    sight: Sight
    on: date
    evaluation: Evaluation | None = None
    previous: Mapping[str, Any] | None = None
    given: Mapping[str, float] | None = None
    review: Review | None = None

    @cached_property
    def line(self) -> LineOfSight:
        """The line of sight."""
        return self.sight.answer()

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metrics of the file itself, by name."""
        return {metric.name: metric for metric in self.model.metrics}

    @cached_property
    def goal_metrics(self) -> tuple[str, ...]:
        """The metrics that measure a goal."""
        used = (name for goal, _ in self.model.objective_tree() for name in goal.measured_by)
        return tuple(name for name in dict.fromkeys(used) if name in self.metrics)

    @cached_property
    def promised(self) -> frozenset[str]:
        """The metrics that a commitment promises."""
        return frozenset(promise.metric for one in self.model.commitments for promise in one.promises)

    @cached_property
    def targeted(self) -> Mapping[str, str]:
        """Metric with a target -> the statement that has it: itself, a goal, or a commitment."""
        found = {metric.name: metric.name for metric in self.model.metrics if metric.target is not None}
        units = Units(Names(self.model))
        for goal, _ in self.model.objective_tree():
            meant = metric_meant(goal, units)
            if meant is not None:
                found.setdefault(meant, goal.name)
        for one in self.model.commitments:
            for promise in one.promises:
                found.setdefault(promise.metric, one.name)
        return found

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions of the workflows that figures are worked out of."""
        workflows = workflows_in_question(self.model)
        return tuple(node for one in workflows for node in one.nodes() if isinstance(node, Decision))
