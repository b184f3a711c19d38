"""What came of forecasts, from what is observed today: read over the same periods as they were to be read.

The figure is the one that an evaluation calls observed, so that a forecast and its truth cannot be counted differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.risk.enough_data import metrics_of, require_something
from mpmflow.analysis.risk.estimate import full_periods
from mpmflow.analysis.risk.forecast import chance_to_miss
from mpmflow.analysis.risk.prepared import prepare
from mpmflow.analysis.risk.readings import Timeline
from mpmflow.model.measures import Target
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations

from .kept import KeptForecast

DRAWS = 10
"""Nothing is foretold here: the draws of the parts that are used anyway are as few as can be."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came: a figure, or why there is none. `due`: whether its time is over in the data."""

    figure: float | None
    due: bool
    why: str = ""


class Truth:
    """Answers what came of the metrics of a model.

    Args:
        forecasts: those that will be asked for.
        asked: the day that was asked for: of a week that goes on then, a table may have the row, but its day has not
            come; None for all that there is.
    """

    def __init__(
        self,
        model: Model,
        observations: Observations,
        forecasts: Sequence[KeptForecast],
        *,
        samples: Samples | None = None,
        asked: date | None = None,
    ) -> None:
        require_something(model, observations)
        self._late: dict[tuple[str, Target], date | None] = {}
        self._reads: dict[tuple[str, Target], tuple[float | None, str]] = {}
        self.metrics = {metric.name for metric in metrics_of(model)}
        periods = full_periods(observations)
        last = Timeline.of(observations, periods, 1).last_day(periods - 1)
        self.known_until: date = min(last, asked or last)
        """The last day of the last full period, and not after the day that was asked for."""
        wanted = [one for one in forecasts if one.metric in self.metrics and one.on <= self.known_until]
        self.ready = prepare(model, observations, latest_targets(wanted), draws=DRAWS, samples=samples)

    def came(self, forecast: KeptForecast) -> Came:
        """What came of a forecast."""
        if forecast.on > self.known_until:
            return Came(None, False)
        if forecast.metric not in self.metrics:
            return Came(None, True, f"The model has no metric {forecast.metric} today.")
        figure, why = self._read(forecast.metric, forecast.held_to)
        return Came(figure, True, why)

    def reached(self, forecast: KeptForecast) -> date | None:
        """The first later day on which a target that was missed is met, the figure read as its target reads it."""
        if forecast.target is None or forecast.metric not in self.metrics:
            return None
        asked = (forecast.metric, forecast.held_to)
        if asked not in self._late:
            self._late[asked] = self._first_after(forecast.metric, forecast.target, forecast.on)
        return self._late[asked]

    def _first_after(self, metric: str, wanted: Target, on: date) -> date | None:
        timeline = self.ready.outlook.timeline
        for period in range(timeline.known):
            day = timeline.last_day(period)
            if not on < day <= self.known_until or timeline.holding(on) == period:
                continue
            target = wanted.model_copy(update={"by": day})
            figure, _ = self._read(metric, target)
            if figure is not None and not is_missed(figure, target):
                return day
        return None

    def _read(self, metric: str, target: Target) -> tuple[float | None, str]:
        read = self._reads.get((metric, target))
        if read is None:
            found = self.ready.forecaster.forecast(metric, target)
            why = "" if found.settled else found.note or "What came then was not observed."
            read = self._reads[metric, target] = (found.forecast if found.settled else None, why)
        return read


def is_missed(figure: float, target: Target) -> bool:
    """Whether a figure is on the wrong side of a target."""
    return chance_to_miss(np.array([figure]), target) > 0.0


def latest_targets(forecasts: Iterable[KeptForecast]) -> dict[str, Target]:
    """Metric -> the target to prepare an evaluation for: one in total before any other, then the one farthest ahead."""
    found: dict[str, Target] = {}
    for one in sorted(forecasts, key=lambda one: (one.held_to.start is not None, one.on)):
        found[one.metric] = one.held_to
    return found
