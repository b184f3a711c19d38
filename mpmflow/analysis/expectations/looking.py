"""One set of given observations, looked at as a test does: states and values evening by evening, and what `risk` would
forecast on one of them, knowing nothing later.

States are followed once for all evenings, which gives the same as following them anew each evening, for no state
depends on what comes after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Literal

import numpy as np

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.risk.enough_data import metrics_of
from mpmflow.analysis.risk.evaluate import evaluate
from mpmflow.analysis.risk.evaluation import Evaluation
from mpmflow.analysis.risk.watched import Watched, indicator_traces
from mpmflow.analysis.rules import Clause, ClauseTrace, IndicatorTrace, State
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.model.process import Parallel, walk
from mpmflow.model.rules import Condition

from .planned_values import as_expected


@dataclass(frozen=True, slots=True)
class Use:
    """How a clause of a rule was used in a range of periods: how often it was true, false, unknown."""

    path: str
    condition: Condition
    true: int
    false: int
    unknown: int


DRAWS = 100
"""Of forecasts: expectations look at figures that no draw enters, not at intervals."""


class Look:
    """Given observations, and the questions that expectations ask of them.

    Args:
        model: the model whose rules and causes are tested.
        given: what is given, on one grid of full periods; `evenings` before the end of the last.
        samples: observed times of `empirical` durations.
    """

    def __init__(self, model: Model, given: Observations, samples: Samples | None = None) -> None:
        self.model, self.given, self.samples = model, given, samples
        self._forecasts: dict[int, Evaluation] = {}

    @cached_property
    def filled(self) -> Observations:
        """What is given, and as expected where nothing is."""
        return as_expected(self.model, self.given)

    @cached_property
    def metrics(self) -> frozenset[str]:
        """The names of all metrics."""
        return frozenset(metric.name for metric in metrics_of(self.model))

    @cached_property
    def traces(self) -> Mapping[str, IndicatorTrace]:
        """The rules of every named indicator, followed through the whole test."""
        return indicator_traces(self.model, self.filled)

    @cached_property
    def watched(self) -> Watched:
        """Every observed value by name."""
        return Watched(self.model, self.filled)

    def period_of(self, evening: date) -> int | None:
        """The last period that has begun on the evening of a day; None before the first."""
        end = datetime(evening.year, evening.month, evening.day, tzinfo=UTC) + timedelta(days=1)
        begun = sum(start < end for start in self.given.starts)
        return begun - 1 if begun else None

    def state(self, name: str, period: int) -> State:
        """The state of an indicator in a period."""
        return self.traces[name].state(period)

    def since(self, name: str, period: int) -> date:
        """The day on which its present state began."""
        return self.given.starts[self.traces[name].began(period)].date()

    def clauses(self, name: str, period: int) -> tuple[Clause, ...]:
        """Its rules in that period, clause by clause, with their values."""
        return self.traces[name].clauses(period)

    def fires(self, name: str, level: Literal["warn", "alert"]) -> int | None:
        """The first period in which a rule of that level fires; None if none ever does."""
        found = [np.flatnonzero(rule.firing) for rule in self.traces[name].rules if rule.level == level]
        firsts = [int(periods[0]) for periods in found if len(periods)]
        return min(firsts, default=None)

    def observed(self, name: str, period: int) -> float | None:
        """The observed value of an indicator or metric in a period; None where it is missing or was never given."""
        if name in self.traces:
            value = float(self.traces[name].series.values[period])
        elif name in self.watched.values:
            value = float(self.watched.values[name][period])
        else:
            return None
        return None if np.isnan(value) else value

    def forecast(self, evening: date) -> Evaluation:
        """What `risk` forecasts on the evening of a day, knowing nothing later: metrics and places of the spread alone.

        Raises DataError where nothing is given by then, ModelFault where a workflow has no figures.
        """
        period = self.period_of(evening)
        key = -1 if period is None else period
        if key not in self._forecasts:
            self._forecasts[key] = evaluate(
                self.model, self.until(evening), draws=DRAWS, samples=self.samples, only_forecasts=True
            )
        return self._forecasts[key]

    def until(self, evening: date) -> Observations:
        """What is given up to the evening of a day."""
        count = (self.period_of(evening) or 0) + 1
        end = datetime(evening.year, evening.month, evening.day, tzinfo=UTC) + timedelta(days=1)
        ends = (*self.given.ends[: count - 1], min(end, self.given.ends[count - 1]))
        series = {name: row[:count] for name, row in self.given.series.items()}
        return replace(self.given, starts=self.given.starts[:count], ends=ends, as_of=end, series=series)

    def spread(self, evening: date, node: str, what: Literal["delay", "rework"]) -> float | None:
        """Extra seconds (or extra visits) per case at a step, decision or team; at a parallel block, those of the place
        in it where they are largest. None where there is no such place.
        """
        places = {node}
        for workflow in workflows_in_question(self.model):
            for block in workflow.nodes():
                if isinstance(block, Parallel) and block.name == node:
                    inside = (inner for branch in block.branches for inner in walk(branch.body))
                    places |= {inner.name for inner in inside if inner.name is not None}
        rows = [row for row in self.forecast(evening).spread if row.at in places and row.kind != "metric"]
        extras = [row.extra_time if what == "delay" else row.extra_visits for row in rows]
        return max(extras, key=abs, default=None)

    def uses(self, name: str, last: int) -> Iterator[Use]:
        """How each clause of an indicator's rules was used up to a period; `path` is `rules.0/condition/left`, ….

        A condition with `for` counts as its own clause; so does what `clears` a rule.
        """
        for number, rule in enumerate(self.traces[name].rules):
            yield from _uses(rule.clause, f"rules.{number}/condition", last)
            if rule.clears is not None:
                yield from _uses(rule.clears, f"rules.{number}/clears", last)


def _uses(trace: ClauseTrace, path: str, last: int) -> Iterator[Use]:
    yes, no = trace.now.yes[: last + 1], trace.now.no[: last + 1]
    true, false = int(yes.sum()), int(no.sum())
    yield Use(path, trace.condition, true, false, len(yes) - true - false)
    names = ("condition",) if len(trace.parts) == 1 else ("left", "right")
    for name, part in zip(names, trace.parts, strict=False):
        yield from _uses(part, f"{path}/{name}", last)
