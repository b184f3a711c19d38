"""What an evaluation says that can be judged later: forecasts of metrics, promises and scenarios, with their laws.

Beside each stands what anybody could have said on that day without a model, so that a review need not ask old data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.backtest.simple import climatology, persistence, seasonal
from mpmflow.analysis.risk.commitments import PromiseFigure
from mpmflow.analysis.risk.courses import LAW, Course, law_of
from mpmflow.analysis.risk.differences import MetricDifference
from mpmflow.analysis.risk.enough_data import metrics_of
from mpmflow.analysis.risk.evaluation import Evaluation, MetricFigure
from mpmflow.analysis.risk.prepared import targets_of
from mpmflow.compiler.clauses import formula_text
from mpmflow.model.measures import Metric, Target
from mpmflow.model.model import Model

from .judged import MIDDLES
from .kept import KeptForecast, Simple, span_of

Floats = npt.NDArray[np.float64]
DAY = 86_400.0
YEAR = 31_557_600.0
LeftOut = tuple[str, str]
"""What is not kept, and why."""


def forecasts_of(evaluation: Evaluation) -> tuple[tuple[KeptForecast, ...], tuple[LeftOut, ...]]:
    """The forecasts in an evaluation that a later day can judge, and what there is none of, with the reason.

    Raises ValueError for an evaluation that knows no model or not where it comes from: one that `evaluate` did not
    make, or made with `only_forecasts`.
    """
    model, origin = evaluation.model, evaluation.provenance
    if model is None or origin is None:
        raise ValueError("this evaluation was not made by mpm.evaluate: it does not know its model and data")
    said = {
        "as_of": evaluation.as_of,
        "model": origin.model,
        "data": origin.data,
        "seed": origin.seed,
        "version": origin.mpmflow,
        "reference": evaluation.reference,
        "draws": evaluation.draws,
    }
    found: list[KeptForecast] = []
    left: list[LeftOut] = []
    for name, one in _all(evaluation, model, said):
        if isinstance(one, str):
            left.append((name, one))
        else:
            found.append(one)
    return tuple(found), tuple(left)


def _all(evaluation: Evaluation, model: Model, said: Mapping[str, Any]) -> Iterator[tuple[str, KeptForecast | str]]:
    metrics = {metric.name: metric for metric in metrics_of(model)}
    targets = targets_of(model)
    courses = {course.name: course for course in evaluation.courses}
    rows = {row.name: row for row in evaluation.metrics}
    promised = {(promise.metric, promise.target) for one in model.commitments for promise in one.promises}
    for row in evaluation.metrics:
        course, target = courses.get(row.name), targets.get(row.name)
        if target is not None and (row.name, target) in promised:
            continue  # what it is held to is the promise, which is kept as such
        law = course.law if course is not None else ()
        why = _why_not(row, target, law, evaluation.as_of)
        yield row.name, why or _of_metric(row, metrics[row.name], target, law, course, evaluation.period, said)
    for commitment in evaluation.commitments:
        own = next((one.promises for one in model.commitments if one.name == commitment.name), ())
        wanted = {promise.metric: promise.target for promise in own}
        for promise in commitment.promises:
            name = f"{commitment.name}, {promise.metric}"
            if promise.on is None:
                yield name, "the promise names no date"
            elif promise.on <= evaluation.as_of or promise.came is not None:
                yield name, f"its day, {promise.on.isoformat()}, was over"
            else:
                metric, target = metrics[promise.metric], wanted[promise.metric]
                kept = _of_promise(promise, metric, target, courses.get(promise.metric), evaluation, said)
                about = {"commitment": commitment.name, "title": commitment.label, "owner": commitment.by}
                yield name, kept.model_copy(update={**about, "owner": commitment.by or kept.owner})
    for scenario in evaluation.scenarios:
        for figure in scenario.metrics:
            row, target = rows[figure.name], targets.get(figure.name)
            name = f"{scenario.name}, {figure.name}"
            if not figure.law or _why_not(row, target, figure.law, evaluation.as_of):
                yield name, "its level is not known, or its day was over"
                continue
            course = courses.get(figure.name)
            plain = _of_metric(row, metrics[row.name], target, figure.law, course, evaluation.period, said)
            yield name, plain.model_copy(update={**_then(figure), "scenario": scenario.name, "title": scenario.label})


def _why_not(row: MetricFigure, target: Target | None, law: tuple[float, ...], as_of: date) -> str:
    if row.on is None or row.on <= as_of or row.method == "observed":
        return f"its day, {row.on.isoformat() if row.on is not None else 'none'}, was over"
    if target is None and not law:
        return "it has no target, and no data that its level could be told from"
    return ""


def _foretold(
    row: MetricFigure | PromiseFigure, metric: Metric, target: Target | None, law: tuple[float, ...]
) -> dict[str, Any]:
    """What is kept alike of a metric and of a promise about one."""
    return {
        "metric": metric.name,
        "label": row.label,
        "unit": row.unit,
        "better": metric.better,
        "owner": metric.owner,
        "definition": definition_of(metric),
        "on": row.on,
        "reading": row.reading,
        "target": target,
        "target_text": row.target_text,
        "forecast": row.forecast,
        "low": row.low,
        "high": row.high,
        "law": law,
        "p_miss": row.p_miss,
    }


def _of_metric(
    row: MetricFigure,
    metric: Metric,
    target: Target | None,
    law: tuple[float, ...],
    course: Course | None,
    period: float,
    said: Mapping[str, Any],
) -> KeptForecast:
    assert row.on is not None
    return KeptForecast(
        **_foretold(row, metric, target, law),
        simple=simple_laws(course, row.on, period, in_total=_in_total(course, target)),
        **said,
    )


def _of_promise(
    promise: PromiseFigure,
    metric: Metric,
    target: Target,
    course: Course | None,
    evaluation: Evaluation,
    said: Mapping[str, Any],
) -> KeptForecast:
    assert promise.on is not None
    same = course is not None and span_of(promise.reading) == span_of(
        course.reading
    )  # a course is read as its own target
    simple = simple_laws(course, promise.on, evaluation.period, in_total=_in_total(course, target)) if same else {}
    return KeptForecast(
        **_foretold(promise, metric, target, promise.law),
        simple=simple,
        **said,
    )


def _then(figure: MetricDifference) -> dict[str, Any]:
    low, high = np.quantile(figure.law, [0.025, 0.975], method=MIDDLES).tolist()
    return {"forecast": figure.then, "low": low, "high": high, "p_miss": figure.p_miss}


def _in_total(course: Course | None, target: Target | None) -> bool:
    return course is not None and target is not None and target.start is not None and "in total" in course.reading


def definition_of(metric: Metric) -> str:
    """A metric's formula as a text has it, or that it comes from data."""
    return formula_text(metric.formula) if metric.formula is not None else "from data"


# ------------------------------------------------------------------------------------------ without a model
def simple_laws(course: Course | None, on: date, period: float, *, in_total: bool) -> dict[Simple, tuple[float, ...]]:
    """What anybody could have said of a day to come, knowing only the metric's own past; those that can be said.

    Args:
        course: the metric's past, read as its target reads it. period: seconds from one value to the next.
        in_total: whether values are totals so far: then the total goes on at the pace of the last period, give or take
            past changes of that pace (persistence), or at the pace of any past period (climatology).
    """
    if course is None or not course.seen:
        return {}
    seen = np.array([np.nan if point.value is None else point.value for point in course.seen])
    apart = max(1, round((on - course.seen[-1].on).days * DAY / period))
    if in_total:
        return _kept(_at_the_pace(seen, apart))
    due = len(seen) - 1 + apart
    return _kept(
        {
            "persistence": persistence(seen, due),
            "seasonal": seasonal(seen, due, round(YEAR / period)),
            "climatology": climatology(seen),
        }
    )


def _at_the_pace(totals: Floats, apart: int) -> dict[Simple, Floats | None]:
    known = totals[~np.isnan(totals)]
    if not len(known):
        return {}
    paces = np.diff(known, prepend=0.0)
    again, usual = persistence(paces, len(paces) - 1 + apart), climatology(paces)
    return {
        "persistence": known[-1] + apart * again if again is not None else None,
        "climatology": known[-1] + apart * usual if usual is not None else None,
    }


def _kept(laws: Mapping[Simple, Floats | None]) -> dict[Simple, tuple[float, ...]]:
    """Laws as they are kept: as they are where they are short, else by as many percentiles as a forecast has."""
    found: dict[Simple, tuple[float, ...]] = {}
    for name, law in laws.items():
        if law is not None:
            found[name] = tuple(np.sort(law).tolist()) if len(law) <= LAW else law_of(law)
    return found
