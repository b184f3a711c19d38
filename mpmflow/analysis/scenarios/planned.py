"""What metrics and indicators stand at by the model alone, before any data: formulas over the exact figures.

A metric without a formula comes from data and has no planned level; whatever rests on it has none either. Waits have
one where cases keep coming to a team that keeps up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.analyze import Analysis, WorkflowAnalysis
from mpmflow.analysis.formula import evaluate_expression
from mpmflow.compiler.functions import percentile
from mpmflow.model.expressions import Expression
from mpmflow.model.imports import with_imports
from mpmflow.model.measures import DerivedIndicator, Metric
from mpmflow.model.model import Model

Floats = npt.NDArray[np.float64]
WEEK = 7 * 86400.0
FIGURES_OF = {
    "time": "time.mean",
    "cost": "cost.mean",
    "yield": "yield",
    "first_pass": "first_pass",
    "rework": "rework",
    "scrap": "scrap",
    "late": "time.late",
    "wip": "wip",
}
"""Workflow functions and the figures that answer them; `throughput` counts per period and is not among them."""


def workflow_function(
    found: WorkflowAnalysis, function: str, statistic: str | None = None, period: float = WEEK
) -> float | None:
    """A workflow function by the exact figures: `time`, `cost`, …; or a statistic of it, `p90`, `median` or `sd`.

    Times in seconds, shares as fractions, `throughput` in cases per `period` seconds. None where it has no value:
    without arrivals or deadline, or a percentile of the cost, whose law is not known.
    """
    if statistic == "sd":
        return found.figures.get(f"{function}.sd")
    if statistic not in (None, "mean"):
        share = 50 if statistic == "median" else percentile(str(statistic))
        return found.percentile(share / 100) if function == "time" and share is not None else None
    if function == "throughput":
        rate = found["throughput_per_s"]
        return rate * period if rate is not None else None
    return found[FIGURES_OF[function]] if function in FIGURES_OF else None


@dataclass
class Planned:
    """The planned level of every name of a model; a lookup for `formula.evaluate_expression`.

    >>> from mpmflow.analysis.exact.analyze import analyze
    >>> from mpmflow.model.expressions import Function, Reference
    >>> from mpmflow.model.process import Step, Workflow
    >>> days = Metric(name="days", category="operational",
    ...               formula=Function(function="time", arguments=[Reference(name="w")]))
    >>> model = Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="2h")])], metrics=[days])
    >>> Planned(model, analyze(model)).level("days")
    7200.0
    """

    model: Model
    analysis: Analysis
    period: float = WEEK
    _open: set[str] = field(default_factory=set)

    def level(self, name: str) -> float | None:
        """The planned level of a metric, an indicator or a lever, in base units; None where there is none."""
        found = float(np.ravel(self.value(name))[-1])
        return found if np.isfinite(found) else None

    def levels(self) -> dict[str, float | None]:
        """The planned level of every metric, in the order of the model."""
        return {metric.name: self.level(metric.name) for metric in self._metrics.values()}

    @property
    def _metrics(self) -> Mapping[str, Metric]:
        return {metric.name: metric for model in with_imports(self.model) for metric in model.metrics}

    def value(self, name: str) -> Floats:
        """As `level`, for formulas: nan where there is none."""
        metric = self._metrics.get(name)
        if metric is not None:
            if metric.formula is None or name in self._open:
                return np.array([np.nan])
            return self._computed(name, metric.formula)
        for model in with_imports(self.model):
            indicator = model.indicators.get(name)
            if isinstance(indicator, DerivedIndicator):
                return np.array([self._derived(indicator)])
            if indicator is not None:
                if indicator.expect is not None:
                    return np.array([float(indicator.expect.base)])
                return self._computed(name, indicator.measure) if name not in self._open else np.array([np.nan])
        return np.array([np.nan])

    def _computed(self, name: str, expression: Expression) -> Floats:
        self._open.add(name)
        try:
            return np.atleast_1d(evaluate_expression(expression, self))
        finally:
            self._open.discard(name)

    def _derived(self, indicator: DerivedIndicator) -> float:
        for found in self.analysis.workflows.values():
            value: float | None = None
            if indicator.aspect == "share":
                value = found.shares.get(indicator.name)
            elif indicator.aspect == "rounds":
                value = found.visits.get(indicator.of)
            elif indicator.aspect == "time" and indicator.of in found.steps:
                value = found.steps[indicator.of].time
            elif indicator.aspect == "wait" and indicator.of in found.steps:
                value = found.steps[indicator.of].wait
            elif indicator.aspect == "load" and indicator.of in found.teams:
                value = found.teams[indicator.of].load
            elif indicator.aspect == "arrivals" and indicator.of == found.name:
                value = found.solution.rate
            elif indicator.aspect == "open" and indicator.of == found.name:
                value = found["wip"]
            if value is not None:
                return value
        return float("nan")

    def process(self, function: str, workflow: str, statistic: str | None) -> Floats:
        """A workflow function; see `workflow_function`."""
        found = self.analysis.workflows.get(workflow)
        value = workflow_function(found, function, statistic, self.period) if found is not None else None
        return np.array([np.nan if value is None else value])

    def counts(self, outcome: str) -> tuple[Floats, Floats] | None:
        """Nobody counted anything yet."""
        return None

    def column(self, function: str, column: str) -> Floats:
        """A column of a log has no planned value."""
        return np.array([np.nan])
