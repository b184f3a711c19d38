"""Scenarios against today, from what was observed: how each metric's forecast would differ, and how sure that is.

A difference is worked out in the same draws as the forecasts, so its interval is that of the difference itself: what is
uncertain of both alike does not widen it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from mpmflow.analysis.scenarios.comparison import called
from mpmflow.model.model import Model
from mpmflow.model.scenes import Scenario

from .courses import law_of
from .forecast import MetricForecast, chance_to_miss
from .prospects import Prospects

Asked = str | Scenario | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MetricDifference:
    """A metric's forecast today and in a scenario, for the same date.

    Attributes:
        today, then: expected figures; None where the level is not known, only its change.
        difference, low, high: then minus today, with its 95 % interval.
        p_better: probability that the scenario is better for the metric; None without a direction.
        p_miss_today, p_miss: probability to miss the target, today and then; None without one.
        law: 199 equally likely values of the figure then, sorted; () where its level is not known.
    """

    name: str
    today: float | None
    then: float | None
    difference: float
    low: float
    high: float
    p_better: float | None
    p_miss_today: float | None
    p_miss: float | None
    law: tuple[float, ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "today": self.today,
            "then": self.then,
            "difference": self.difference,
            "low": self.low,
            "high": self.high,
            "p_better": self.p_better,
            "p_miss_today": self.p_miss_today,
            "p_miss": self.p_miss,
        }


@dataclass(frozen=True, slots=True)
class Forecast:
    """What scenarios would do from the day of asking on; `labels` and `units` are those of the metrics."""

    as_of: date
    scenarios: tuple[ScenarioFigure, ...]
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    units: Mapping[str, str] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        return {"as_of": self.as_of.isoformat(), "scenarios": [one.to_dict() for one in self.scenarios]}


@dataclass(frozen=True, slots=True)
class ScenarioFigure:
    """A scenario from today on, and what it changes; metrics that it does not move are left out."""

    name: str
    label: str
    metrics: tuple[MetricDifference, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "label": self.label, "metrics": [row.to_dict() for row in self.metrics]}


def scenario_figures(
    model: Model, prospects: Prospects, asked: Sequence[Asked], better: Mapping[str, str | None]
) -> tuple[ScenarioFigure, ...]:
    """Scenarios of the model by name, scenarios, or mappings from lever to value, side by side with today.

    Raises `LeverError` for what there is not or cannot be set.
    """
    found = []
    for number, scenario in enumerate(asked, start=1):
        expected, drawn = prospects.settings((None, scenario)), prospects.drawn((None, scenario))
        name, label = called(model, scenario, number)
        rows = [
            _difference(metric, prospects.forecasts[metric], gain, drawn.get(metric), better.get(metric))
            for metric, gain in expected.items()
        ]
        found.append(ScenarioFigure(name, label, tuple(rows)))
    return tuple(found)


def _difference(name: str, forecast: MetricForecast, gain: float, drawn: Any, better: str | None) -> MetricDifference:
    changes = np.array([gain]) if drawn is None else np.asarray(drawn)
    low, high = (float(np.quantile(changes, share)) for share in (0.025, 0.975))
    good = None if better is None else float(((changes > 0.0) if better == "higher" else (changes < 0.0)).mean())
    p_miss = then = None
    if forecast.draws is not None:
        then = forecast.draws + (changes if len(changes) == len(forecast.draws) else gain)
    if forecast.target is not None and then is not None and forecast.p_miss is not None:
        p_miss = chance_to_miss(then, forecast.target)
    today = forecast.forecast
    return MetricDifference(
        name,
        today,
        None if today is None else today + gain,
        gain,
        low,
        high,
        good,
        forecast.p_miss,
        p_miss,
        law_of(then),
    )
