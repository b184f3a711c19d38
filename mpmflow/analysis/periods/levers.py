"""The levers of both periods with what they rest on: shares, times, arrivals, segments, and metrics that data tell of.

The interval of a change is that of a difference of two independent counts or means: of shares by the normal law with
`p (1 - p) / n` of each period (half a decision more of either kind, so that a share of nothing is not certain), of
times by the scatter of single visits, of arrivals by Poisson counts, of series by the scatter of the periods. It says
what luck alone does; that neighbouring weeks are alike is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from mpmflow.model.imports import with_imports
from mpmflow.model.model import Model, derived_indicators
from mpmflow.model.observations import Observations

from .answer import LeverChange
from .parts import kind_of
from .states import OTHERS, States, Window

SURE = 1.959964
"""Standard deviations on either side of a 95 % interval."""


def lever_changes(
    model: Model, observations: Observations, states: States, windows: tuple[Window, Window], column: str
) -> Iterator[LeverChange]:
    """Every lever that both periods show, in the order of the model."""
    labels = {row.name: row.label for one in with_imports(model) for row in derived_indicators(one)}
    effects = _effects(model)
    first, second = states.first, states.second
    counted = bool(observations.outcomes)
    for name, old in first.shares.items():
        new = second.shares.get(name)
        if new is None:
            continue
        sizes = [int(np.nansum(row.counts)) for row in (old, new)] if counted else None
        for index, outcome in enumerate(old.outcomes):
            if index == old.passing:
                continue
            levels = float(old.mean[index]), float(new.mean[index])
            spread = of_shares(levels, sizes) if sizes is not None else None
            kind, worse = kind_of(outcome, model, ()), None
            if outcome in effects and levels[0] != levels[1]:
                worse = levels[1] > levels[0]
            yield _lever(outcome, labels.get(outcome, outcome), kind, "%", levels, sizes, spread, worse)
    for name, before in first.times.items():
        after = second.times.get(name)
        if after is None:
            continue
        levels = before.mean, after.mean
        from_counts = name.partition(".")[0] in observations.durations
        sizes = [round(float(row.visits.sum())) for row in (before, after)] if from_counts else None
        errors = [row.belief.standard_error for row in (before, after)]
        spread = float(np.hypot(errors[0], errors[1])) if sizes is not None and np.isfinite(errors).all() else None
        worse = levels[1] > levels[0] if levels[0] != levels[1] else None
        yield _lever(name, labels.get(name, name), "process", "s", levels, sizes, spread, worse)
    for name, flow in first.arrivals.items():
        later = second.arrivals.get(name)
        if later is not None:
            place = f"{name}.arrivals"
            sizes = [int(row.counts.sum()) for row in (flow, later)]
            spread = float(np.hypot(flow.error, later.error))
            yield _lever(place, labels.get(place, place), "volume", "1/s", (flow.rate, later.rate), sizes, spread, None)
    totals = [sum(row) for row in zip(*((one.cases_before, one.cases_after) for one in states.segments), strict=True)]
    for segment in states.segments:
        name, levels = f"{column} = {segment.value}", (segment.before, segment.after)
        label = name if segment.value != OTHERS else f"{column}: all others"
        yield _lever(name, label, "mix", "%", levels, totals, of_shares(levels, totals), None)


def _effects(model: Model) -> set[str]:
    return {
        row.name
        for one in with_imports(model)
        for row in derived_indicators(one)
        if row.aspect == "share" and row.better == "lower"
    }


def of_shares(levels: tuple[float, float], sizes: list[int]) -> float:
    """Standard error of the difference of two shares."""
    variance = 0.0
    for level, size in zip(levels, sizes, strict=True):
        moved = (level * size + 0.5) / (size + 1.0)
        variance += moved * (1.0 - moved) / max(size, 1)
    return float(variance**0.5)


def _lever(
    name: str,
    label: str,
    kind: str,
    unit: str,
    levels: tuple[float, float],
    sizes: list[int] | None,
    spread: float | None,
    worse: bool | None,
) -> LeverChange:
    change = levels[1] - levels[0]
    return LeverChange(
        name,
        label,
        kind,  # type: ignore[arg-type]
        unit,
        levels[0],
        levels[1],
        sizes[0] if sizes is not None else None,
        sizes[1] if sizes is not None else None,
        change - SURE * spread if spread is not None else None,
        change + SURE * spread if spread is not None else None,
        worse,
    )


def data_levels(
    observations: Observations, windows: tuple[Window, Window], behind: Mapping[str, str], flows: Mapping[str, float]
) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """Name -> level of a series in both periods, and name -> the standard errors of these levels.

    Args:
        behind: metric that is a mean over cases -> the workflow whose finished cases stand behind each period's value.
        flows: metric that is counted per period -> by how much a period's value is multiplied.
    """
    levels: dict[str, tuple[float, float]] = {}
    errors: dict[str, tuple[float, float]] = {}
    for name, row in observations.series.items():
        ends = finished(observations, behind[name]) if name in behind else None
        found = []
        for window in windows:
            values = np.array([np.nan if value is None else value for value in row[slice(*window)]], dtype=float)
            weights = np.ones(len(values)) if ends is None else ends[slice(*window)]
            seen = ~np.isnan(values) & (weights > 0.0)
            if not seen.any():
                break
            values, weights = values[seen], weights[seen]
            mean = float(weights @ values / weights.sum())
            scale = flows.get(name, 1.0)
            size = float(weights.sum() ** 2 / (weights @ weights))
            spread = float(weights @ (values - mean) ** 2 / weights.sum())
            error = (spread / (size - 1.0)) ** 0.5 if size > 1.0 else float("nan")
            found.append((scale * mean, scale * error))
        if len(found) == 2:
            levels[name] = found[0][0], found[1][0]
            errors[name] = found[0][1], found[1][1]
    return levels, errors


def finished(observations: Observations, workflow: str) -> npt.NDArray[np.float64] | None:
    """How many cases of a workflow ended in each period; None where no log tells."""
    ends = [row for end, row in observations.finished.items() if end.partition(".")[0] == workflow]
    return np.asarray(np.sum(np.array(ends, dtype=float), axis=0)) if ends else None
