"""What today's model would have said on the evenings of the past, asked for the same dates as the forecasts then.

Nothing later than each evening is looked at, except in the model itself: who changed it may have known what came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from mpmflow.analysis.backtest.replay import DRAWS, Progress
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.risk.courses import law_of
from mpmflow.analysis.risk.enough_data import metrics_of, require_something
from mpmflow.analysis.risk.prepared import prepare
from mpmflow.diagnostics.errors import DataError
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations

from .kept import KeptForecast
from .truth import latest_targets

ObserveDay = Callable[[date], Observations]
"""What was known on the evening of a day."""
MOST_EVENINGS = 60
"""Evenings that are asked again at most, spread evenly."""


@dataclass(frozen=True, slots=True)
class SaidAgain:
    """What today's model says in the place of a forecast of the past."""

    forecast: float
    law: tuple[float, ...]
    p_miss: float | None


def said_again(
    model: Model,
    observe: ObserveDay,
    forecasts: Sequence[KeptForecast],
    *,
    seed: int = 0,
    samples: Samples | None = None,
    progress: Progress | None = None,
) -> tuple[dict[int, SaidAgain], tuple[str, ...]]:
    """Ask a model again what forecasts of the past were asked: position -> what it says; and what could not be asked.

    Args:
        forecasts: those that hold as things stood; of scenarios nothing is asked.
        progress: called with the evenings that are done and those that there are.
    """
    there = {metric.name for metric in metrics_of(model)}
    evenings: dict[date, dict[int, KeptForecast]] = {}
    for number, one in enumerate(forecasts):
        if one.scenario is None and one.metric in there:
            evenings.setdefault(one.as_of, {})[number] = one
    chosen = _spread(sorted(evenings))
    notes = []
    if len(chosen) < len(evenings):
        notes.append(f"Of {len(evenings)} evenings {len(chosen)}, spread evenly, were put to today's model.")
    found: dict[int, SaidAgain] = {}
    for done, day in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen))
        try:
            found |= _evening(model, observe(day), evenings[day], seed, samples)
        except DataError as fault:
            notes.append(f"Today's model could not be asked as on {day.isoformat()}: {fault}.")
    if progress is not None:
        progress(len(chosen), len(chosen))
    return found, tuple(notes)


def _evening(
    model: Model, known: Observations, asked: Mapping[int, KeptForecast], seed: int, samples: Samples | None
) -> dict[int, SaidAgain]:
    require_something(model, known)
    ready = prepare(model, known, latest_targets(asked.values()), seed=seed, draws=DRAWS, samples=samples)
    found = {}
    for number, one in asked.items():
        told = ready.forecaster.forecast(one.metric, one.held_to)
        if told.draws is not None and told.forecast is not None and not told.settled:
            chance = told.p_miss if one.target is not None else None
            found[number] = SaidAgain(told.forecast, law_of(told.draws), chance)
    return found


def _spread(days: list[date]) -> list[date]:
    if len(days) <= MOST_EVENINGS:
        return days
    return [days[place] for place in sorted({round(one) for one in np.linspace(0, len(days) - 1, MOST_EVENINGS)})]
