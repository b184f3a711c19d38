"""The leading indicators of an evaluation: named ones and those that workflows give by themselves.

Observed is the last full period, as counted; nothing is smoothed there, so that anybody can count it again. What
forecasts use is the estimate beside it, and how likely it is that things are worse than expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.rules import Series, follow, rule_text
from mpmflow.model.measures import DerivedIndicator, Indicator
from mpmflow.model.model import Model, derived_indicators
from mpmflow.model.observations import Observations
from mpmflow.numerics.statistics.estimates import wilson_interval

from .beliefs import Estimate, SharesEstimate, TimeEstimate
from .current_model import mean_over_visits, outcomes_in
from .estimate import outcome_measured
from .figures import IndicatorFigure, Seen
from .process_change import ProcessChange
from .sources import Source
from .watched import Watched

Floats = npt.NDArray[np.float64]
ENOUGH = 10
"""So many decisions or visits make a period's figure worth showing by itself."""


class Watch:
    """Everything that was observed, period by period, and the indicators made of it."""

    def __init__(
        self,
        model: Model,
        observations: Observations,
        estimate: Estimate,
        sources: Mapping[str, Source],
        changes: Mapping[str, ProcessChange],
        by_plan: bool = True,
    ) -> None:
        self.by_plan = by_plan
        self.model, self.observations, self.estimate = model, observations, estimate
        self.sources, self.changes = sources, changes
        self.watched = Watched(model, observations)
        self.derived = {one.name: one for one in _derived(model)}
        self.shares: dict[str, tuple[SharesEstimate, int]] = {
            name: (row, index) for row in estimate.shares.values() for index, name in enumerate(row.outcomes)
        }
        self.times: dict[str, TimeEstimate] = {row.name: row for row in estimate.times.values()}

    def figures(self) -> tuple[IndicatorFigure, ...]:
        """All indicators: named ones first, then those of the workflows and teams, in the order of the text."""
        rows: list[IndicatorFigure] = []
        watched: dict[str, tuple[Indicator, IndicatorFigure]] = {}
        for indicator in self.watched.named:
            row = self._figure_of_named(indicator)
            rows.append(row)
            if row.measures is not None:
                watched.setdefault(row.measures, (indicator, row))
        for derived in self.derived.values():
            if derived.name in watched:
                indicator, row = watched[derived.name]
                own = {"name": derived.name, "measures": None, "better": indicator.better or derived.better, "do": ()}
                rows.append(replace(row, **own))  # type: ignore[arg-type]
            else:
                rows.append(
                    self._figure(derived.name, derived.label, derived, None, self.watched.values.get(derived.name))
                )
        return tuple(rows)

    def _figure_of_named(self, indicator: Indicator) -> IndicatorFigure:
        measured = outcome_measured(indicator.measure)
        known = measured is not None and (measured in self.derived or measured in self.sources)
        derived = self.derived.get(measured) if known and measured is not None else None
        name = measured if known else None
        row = self._figure(
            name or indicator.name, indicator.title, derived, indicator, self.watched.values_of(indicator)
        )
        return replace(row, name=indicator.name, measures=name)

    def _figure(
        self,
        name: str,
        label: str,
        derived: DerivedIndicator | None,
        indicator: Indicator | None,
        values: Floats | None,
    ) -> IndicatorFigure:
        better = (indicator.better if indicator else None) or (derived.better if derived else None)
        owner = (indicator.owner if indicator else None) or (derived.owner if derived else None)
        rules = indicator.rules if indicator else ()
        expected = self._expected(name, indicator)
        row = IndicatorFigure(
            name=name,
            label=label,
            unit=derived.unit if derived else "",
            better=better,
            owner=owner,
            expected=expected,
            rule="; ".join(f"{rule.level} {rule_text(rule)}" for rule in rules),
            do=tuple(indicator.do) if indicator else (),
        )
        row = self._with_estimate(row, name, expected, better)
        if values is None or not len(values):
            return row
        counts = self.watched.counted.get(name)
        if indicator is not None:
            trace = self.watched.trace(indicator)
        else:
            trace = follow((), Series(np.asarray(values, dtype=float), self.observations.period))
        last = float(values[-1])
        observed = None if np.isnan(last) else last
        low = high = n = None
        behind: Floats | None = None
        if counts is not None:
            behind = counts[1]
            n = int(behind[-1])
            if n:
                low, high = (float(end) for end in wilson_interval(counts[0][-1], counts[1][-1]))
        elif name in self.times and self.times[name].visits.dtype == float:
            behind = self.times[name].visits if name not in self.observations.series else None
            n = int(behind[-1]) if behind is not None else None
        return replace(
            row,
            observed=observed,
            n=n,
            enough=self._enough(values, behind),
            low=low,
            high=high,
            state=trace.state(),
            since=self.observations.starts[trace.began()].date(),
            history=tuple(None if np.isnan(value) else float(value) for value in values),
            clauses=trace.clauses(),
        )

    def _enough(self, values: Floats, behind: Floats | None) -> Seen | None:
        """The last period that rests on enough, where the very last one does not."""
        if behind is None or behind[-1] >= ENOUGH:
            return None
        good = np.flatnonzero(behind >= ENOUGH)
        if not len(good):
            return None
        last = int(good[-1])
        day = (self.observations.ends[last] - timedelta(microseconds=1)).date()
        return Seen(float(values[last]), int(behind[last]), day)

    def _expected(self, name: str, indicator: Indicator | None) -> float | None:
        """`expect`, else the model's own figure; by any other reference than the plan, the level there."""
        source = self.sources.get(name)
        if indicator is not None and indicator.expect is not None and (self.by_plan or source is None):
            return float(indicator.expect.base)
        if source is not None:
            return source.reference
        derived = self.derived.get(name)
        if derived is None:
            return None
        if derived.aspect in ("rounds", "wait", "time"):
            for change in self.changes.values():
                spread = change.nodes.get(derived.of)
                if spread is not None:
                    if derived.aspect == "rounds":
                        return spread.visits.before
                    if derived.aspect == "time" and spread.visits.before > 0:
                        return spread.time.before / spread.visits.before
            return None
        if derived.aspect == "share":
            return self._planned_share(name)
        whole = self.changes.get(derived.of)
        if whole is not None and whole.rate is not None:
            split = whole.split("wip") if derived.aspect == "open" else whole.rate
            return split.before if split is not None else None
        return None

    def _planned_share(self, name: str) -> float | None:
        decision, _, outcome = name.partition(".")
        outcomes = outcomes_in(self.estimate.reference).get(decision, ())
        for index, one in enumerate(outcomes):
            if one.name == outcome:
                return float(mean_over_visits(outcomes)[index])
        return None

    def _with_estimate(
        self, row: IndicatorFigure, name: str, expected: float | None, better: str | None
    ) -> IndicatorFigure:
        """The estimate of a share or time, its interval, and the probability that it is worse than expected."""
        higher_is_worse = better == "lower"
        if name in self.shares:
            shares, index = self.shares[name]
            low, high = shares.posterior.interval()
            worse = None
            if better is not None and expected is not None:
                worse = shares.posterior.probability_worse(index, expected, higher_is_worse)
            return replace(
                row,
                estimate=float(shares.mean[index]),
                estimate_low=float(low[index]),
                estimate_high=float(high[index]),
                half_life=shares.half_life,
                p_worse=worse,
            )
        if name in self.times:
            belief = self.times[name].belief
            interval: tuple[float | None, float | None] = belief.interval() if belief.known else (None, None)
            worse = None
            if better is not None and expected is not None and belief.known:
                above = belief.probability_above(expected)
                worse = above if higher_is_worse else 1.0 - above
            return replace(
                row,
                estimate=belief.mean,
                estimate_low=interval[0],
                estimate_high=interval[1],
                half_life=self.times[name].half_life,
                sd=self.times[name].sd,
                expected_sd=self.times[name].plan_sd,
                p_worse=worse,
            )
        source = self.sources.get(name)
        if source is not None:
            low, high = np.quantile(source.draws, [0.025, 0.975])
            flow = self.estimate.arrivals.get(name.removesuffix(".arrivals")) if source.kind == "arrivals" else None
            half_life = flow.half_life if flow is not None else None
            return replace(
                row, estimate=source.now, estimate_low=float(low), estimate_high=float(high), half_life=half_life
            )
        return row


def _derived(model: Model) -> list[DerivedIndicator]:
    found = list(derived_indicators(model))
    for imported in model.imports:
        found += _derived(imported.model)
    return found
