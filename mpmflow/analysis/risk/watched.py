"""What was observed, period by period, under every name; and the rules of named indicators followed through it.

This needs no process to be solved, so it is quick: whoever only wants states (a monitor, a test, a back-test) asks
here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.formula import Table, evaluate_expression
from mpmflow.analysis.rules import IndicatorTrace, Series, follow
from mpmflow.model.measures import Indicator, Metric
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.process import Choose, Decision, Step

from .current_model import nodes_in
from .estimate import full_periods, outcome_measured
from .levels import figure_name, figures_of

Floats = npt.NDArray[np.float64]


class Watched:
    """Observed values by name, with counts where there are any.

    Attributes:
        periods: full periods. values: name -> value per period, nan where missing: outcome shares, times, arrivals,
        open cases, all series, and
            metrics whose formula can be computed from these.
        counted: outcome -> how often it was taken and how many visits were decided, per period.
    """

    def __init__(self, model: Model, observations: Observations) -> None:
        self.model, self.observations = model, observations
        self.periods = full_periods(observations)
        self.values: dict[str, Floats] = {}
        self.counted: dict[str, tuple[Floats, Floats]] = {}
        self.named = tuple(_indicators(model))
        self._from_log()
        for name, given in observations.series.items():
            self.values[name] = np.array([np.nan if one is None else one for one in given[: self.periods]], dtype=float)
        metrics = [
            metric for metric in _metrics(model) if metric.formula is not None and metric.name not in self.values
        ]
        expressions = [indicator.measure for indicator in self.named]
        expressions += [metric.formula for metric in metrics if metric.formula is not None]
        figures = {
            figure: self.values[figure_name(*figure)]
            for expression in expressions
            for figure in figures_of(expression)
            if figure_name(*figure) in self.values
        }
        self.table = Table(self.periods, observations.period, self.values, self.counted, figures)
        for (
            _
        ) in metrics:  # a formula may rest on another one; after as many rounds as there are, all that can be is known
            for metric in metrics:
                assert metric.formula is not None
                found = np.broadcast_to(evaluate_expression(metric.formula, self.table), (self.periods,))
                if not np.isnan(found).all():
                    self.values[metric.name] = np.array(found)

    def _from_log(self) -> None:
        observations, periods = self.observations, self.periods
        none = (0,) * len(observations.starts)
        for node in nodes_in(self.model, Step, Decision, Choose):
            seen = observations.durations.get(node.name)
            if seen is not None:
                visits, seconds = (np.asarray(row[:periods], dtype=float) for row in (seen.visits, seen.seconds))
                with np.errstate(divide="ignore", invalid="ignore"):
                    means = np.where(visits > 0, seconds / visits, np.nan)
                work_alone = f"{node.name}.wait" in observations.series
                aspect = "time" if isinstance(node, Step) or work_alone else "wait"
                self.values[f"{node.name}.{aspect}"] = means
            if isinstance(node, Step):
                continue
            ids = [f"{node.name}.{outcome.name}" for outcome in node.outcomes]
            if not any(name in observations.outcomes for name in ids):
                continue
            counts = np.array([observations.outcomes.get(name, none)[:periods] for name in ids], dtype=float)
            decided = counts.sum(axis=0)
            for name, taken in zip(ids, counts, strict=True):
                with np.errstate(divide="ignore", invalid="ignore"):
                    self.values[name] = np.where(decided > 0, taken / decided, np.nan)
                self.counted[name] = (taken, decided)
        for workflow, cases in observations.arrivals.items():
            self.values[f"{workflow}.arrivals"] = np.asarray(cases[:periods], dtype=float) / observations.period
        for workflow, cases in observations.open.items():
            self.values[f"{workflow}.open"] = np.asarray(cases[:periods], dtype=float)

    def measured(self, indicator: Indicator) -> str | None:
        """The one name that an indicator measures and nothing else, if it is among the values."""
        name = outcome_measured(indicator.measure)
        return name if name is not None and name in self.values else None

    def values_of(self, indicator: Indicator) -> Floats:
        """Values of a named indicator in every full period: those given for it, else its measure of what was
        observed.
        """
        if indicator.name in self.observations.series:
            return self.values[indicator.name]
        measured = self.measured(indicator)
        if measured is not None:
            return self.values[measured]
        return np.broadcast_to(evaluate_expression(indicator.measure, self.table), (self.periods,)).astype(float)

    def trace(self, indicator: Indicator) -> IndicatorTrace:
        """The rules of an indicator, followed through all periods."""
        measured = self.measured(indicator)
        counts = self.counted.get(measured) if measured is not None else None
        decided = counts[1] if counts is not None and indicator.name not in self.observations.series else None
        values, period = self.values_of(indicator), self.observations.period
        came, dot, what = (measured or "").partition(".")
        if dot and what == "arrivals" and came in self.observations.arrivals and decided is None:
            return follow(indicator.rules, Series(values, period, np.full(self.periods, period), "rates"))
        return follow(indicator.rules, Series(values, period, decided))


def indicator_traces(model: Model, observations: Observations) -> Mapping[str, IndicatorTrace]:
    """Named indicator -> its rules and states in every full period; a share's outcome has the trace of its indicator
    too.
    """
    watched = Watched(model, observations)
    found: dict[str, IndicatorTrace] = {}
    for indicator in watched.named:
        found[indicator.name] = watched.trace(indicator)
    for indicator in watched.named:
        measured = watched.measured(indicator)
        if measured is not None:
            found.setdefault(measured, found[indicator.name])
    return found


def _indicators(model: Model) -> list[Indicator]:
    found = list(model.declared_indicators)
    for imported in model.imports:
        found += _indicators(imported.model)
    return found


def _metrics(model: Model) -> list[Metric]:
    found = list(model.metrics)
    for imported in model.imports:
        found += _metrics(imported.model)
    return found
