"""The rows of metrics: what was observed and is expected of each, against which target, by what and on which ways."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mpmflow.compiler.units import Units
from mpmflow.model.measures import Metric
from mpmflow.model.observations import Observations
from mpmflow.model.quantities import write_quantity
from mpmflow.numerics.statistics.estimates import forgetting

from .figures import MetricFigure
from .forecast import MetricForecast
from .outlook import Outlook
from .pathways import Pathway, Pathways
from .propagation import weakest

TOLD_WITHOUT_VALUE = 0.01
"""From this part of the futures on in which a metric has no value it is said."""


def metric_figure(
    metric: Metric,
    forecast: MetricForecast,
    outlook: Outlook,
    ways: Pathways,
    unit: str,
    data: npt.NDArray[np.float64] | None,
    cases: npt.NDArray[np.float64] | None,
) -> MetricFigure:
    """The row of one metric; `data` are its observed values, `cases` how many cases stand behind each of them."""
    target = forecast.target
    told: list[Pathway] = []
    for source in forecast.by:
        told += [path for path in ways.between(source, metric.name) if len(path.names) > 1]
    told = told[:6]
    evidence = weakest([path.evidence for path in told]) if told else None
    notes = []
    if forecast.forecast is None:
        notes.append("There is no data of this metric, so only its change is known, not its level.")
    if forecast.note:
        notes.append(forecast.note)
    if forecast.valueless >= TOLD_WITHOUT_VALUE:
        notes.append(
            f"In {forecast.valueless:.0%} of what may come it has no value, as where something is divided by 0; range "
            "and chances are of the rest."
        )
    observed = float(data[-1]) if data is not None and len(data) and not np.isnan(data[-1]) else None
    return MetricFigure(
        name=metric.name,
        label=metric.title,
        category=metric.category,
        unit=unit,
        better=metric.better,
        owner=metric.owner,
        on=forecast.reading.on,
        observed=observed,
        recent=_recent(data, cases),
        baseline=forecast.baseline,
        forecast=forecast.forecast,
        low=forecast.low,
        high=forecast.high,
        target=float(target.value.base) if target is not None else None,
        comparison=target.comparison if target is not None else None,
        target_text=f"{target.comparison} {write_quantity(target.value)}" if target is not None else None,
        reading=forecast.reading.words,
        p_miss=forecast.p_miss,
        reaches_on=forecast.arrives,
        change=forecast.change,
        by=forecast.by,
        paths=tuple(path.names for path in told),
        evidence=evidence,
        method="observed"
        if forecast.settled
        else "exact"
        if evidence in (None, "structural", "formula") and metric.name in outlook.formulas
        else "forecast",
        notes=tuple(notes),
        residual=forecast.residual,
    )


def unit_word(units: Units, metric: Metric) -> str:
    """The unit as written, else that of the formula."""
    if metric.unit is not None:
        return metric.unit
    unit = units.of_name(metric.name).unit
    return "" if unit is None or not unit.powers else str(unit)


def cases_behind(name: str, outlook: Outlook, observations: Observations) -> npt.NDArray[np.float64] | None:
    """How many cases ended in each period, for a figure that is a mean over them; None for any other."""
    place = next((place for place, metric in outlook.told_as.items() if metric == name), None)
    if place is None or place not in outlook.figures or outlook.figures[place][0] in ("throughput", "wip"):
        return None
    workflow = outlook.figures[place][1]
    ends = [row for end, row in observations.finished.items() if end.partition(".")[0] == workflow]
    return np.asarray(np.sum(np.array(ends, dtype=float), axis=0)[: outlook.known]) if ends else None


def _recent(data: npt.NDArray[np.float64] | None, cases: npt.NDArray[np.float64] | None) -> float | None:
    """Mean of what was observed, recent periods counting most, and each as much as it has cases."""
    if data is None or np.isnan(data).all():
        return None
    weights = forgetting(len(data)) * ~np.isnan(data)
    if cases is not None:
        weights = weights * cases
    return float(weights @ np.nan_to_num(data)) / float(weights.sum()) if weights.sum() > 0.0 else None
