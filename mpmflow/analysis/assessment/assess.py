"""Scores a plan against a standard: each point with its figure, its level, its evidence, and what would raise it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from math import ceil, isfinite
from typing import Any

from mpmflow.analysis.alignment.sight import direction_of, looking
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.results import provenance
from mpmflow.analysis.review.review import Review
from mpmflow.analysis.risk.enough_data import metrics_of
from mpmflow.analysis.risk.evaluation import Evaluation
from mpmflow.compiler.origins import origin_of
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.quantities import write_quantity
from mpmflow.model.standards import LEVELS, MEASURES, Factor, Measure, Point, Standard

from .answer import Against, Assessment, BenchmarkRow, Evidence, FactorScore, PointChange, PointScore
from .facts import Facts, Finding
from .measures import age_in_years, measured, year_of

NAMED = 3
"""So many parts that lack something are named in a sentence; the record has all."""


def assess(
    model: Model,
    standard: Standard,
    *,
    on: date,
    evaluation: Evaluation | None = None,
    previous: Mapping[str, Any] | None = None,
    given: Mapping[str, float] | None = None,
    review: Review | None = None,
    samples: Samples | None = None,
) -> Assessment:
    """A model against a standard.

    Args:
        on: the day of the assessment: ages of benchmarks count from it.
        evaluation: gives present levels, learned strengths and forecasts.
        previous: an earlier assessment as a document, to say what rose and fell.
        given: figures of measures that come from elsewhere, such as `rule_coverage`.
        review: what a ledger says of promises that came due.
    """
    sight = looking(model, evaluation, samples)
    facts = Facts(model, sight, on, evaluation, previous, given, review)
    factors = tuple(_factor(factor, facts) for factor in standard.factors)
    known = [(factor.weight, factor.score) for factor in factors if factor.score is not None]
    score = sum(weight * score for weight, score in known) / sum(weight for weight, _ in known) if known else None
    found = Assessment(
        on,
        standard.name,
        standard.title,
        standard.source,
        standard.note,
        fingerprint(standard),
        score,
        factors,
        _benchmarks(facts, standard),
        None,
        evaluation.as_of if evaluation is not None else None,
        tuple(_notes(facts)),
        next((workflow.title for workflow in workflows_in_question(model)), ""),
        provenance(model),
    )
    if previous is None:
        return found
    return replace(found, against=compared(found, previous))


def fingerprint(standard: Standard) -> str:
    """SHA-256 of all that a standard says: scores by another standard are not comparable."""
    return hashlib.sha256(repr(standard).encode()).hexdigest()


def _factor(factor: Factor, facts: Facts) -> FactorScore:
    points = tuple(_point(point, facts) for point in factor.points)
    known = [(point.weight, point.level) for point in points if point.level is not None]
    score = sum(weight * level for weight, level in known) / sum(weight for weight, _ in known) if known else None
    return FactorScore(factor.name, factor.title, factor.weight, score, points)


def _point(point: Point, facts: Facts) -> PointScore:
    measure = MEASURES[point.measure]
    found = measured(point.measure, facts)
    level = point.level(found.value) if found.value is not None else None
    ahead = point.thresholds[level] if level is not None and level < LEVELS else None
    return PointScore(
        point.name,
        point.question,
        point.measure,
        measure.means,
        point.weight,
        found.value,
        measure.unit,
        level,
        point.words[level] if level is not None else "",
        tuple(Evidence(name, _place(facts.model, name)) for name in found.met),
        tuple(Evidence(name, _place(facts.model, name)) for name in found.lacking),
        ahead,
        _raising(point, measure, found, level, ahead, facts.model),
        found.why,
    )


def _place(model: Model, name: str) -> str | None:
    """Where a part is written, as `file:line`."""
    place = origin_of(model).place(name) or origin_of(model).place(name.partition(" ")[0])
    return f"{place.file}:{place.line}" if place is not None else None


def _raising(
    point: Point, measure: Measure, found: Finding, level: int | None, ahead: float | None, model: Model
) -> str:
    """What would raise the level, in words: how many more, which, and how."""
    if level is None:
        return f"It cannot be measured: {found.why}." if found.why else ""
    if ahead is None:
        return ""
    if measure.unit == "share" and (found.met or found.lacking):
        total = len(found.met) + len(found.lacking)
        more = max(1, ceil(ahead * total - 1e-9) - len(found.met))
        return f"Level {level + 1} needs {more} more of {total}: {_listed(found.lacking, model)}. {measure.mend}"
    if measure.unit == "share":
        return f"Level {level + 1} needs {ahead:.0%}. {measure.mend}"
    if measure.unit == "count":
        return f"Level {level + 1} needs {ahead:g}. {measure.mend}"
    which = f": {_listed(found.lacking, model)}" if found.lacking else ""
    return f"Level {level + 1} needs at most {ahead:g} {measure.unit}{which}. {measure.mend}"


def _listed(names: tuple[str, ...], model: Model) -> str:
    told = []
    for name in names[:NAMED]:
        place = _place(model, name)
        shown = name.partition(":")[2] or name
        told.append(f"{shown} ({place})" if place else shown)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(told) + more


def _benchmarks(facts: Facts, standard: Standard) -> tuple[BenchmarkRow, ...]:
    metrics = {metric.name: metric for metric in metrics_of(facts.model)}
    found = []
    for benchmark in facts.model.benchmarks:
        year = year_of(benchmark.label, benchmark.source)
        age = age_in_years(year, facts.on) if year is not None else None
        metric = metrics.get(benchmark.metric)
        level = facts.sight.level(benchmark.metric) if metric is not None else float("nan")
        value = float(benchmark.value.base)
        better = direction_of(facts.model, metric) if metric is not None else None
        known = isfinite(level)
        found.append(
            BenchmarkRow(
                benchmark.metric,
                value,
                write_quantity(benchmark.value),
                benchmark.label,
                benchmark.source,
                year,
                age,
                age is not None and age > standard.benchmark_years,
                level if known else None,
                (level >= value if better == "higher" else level <= value) if known and better else None,
                facts.sight.units.get(benchmark.metric, ""),
                _place(facts.model, f"benchmark:{benchmark.metric}"),
            )
        )
    return tuple(found)


def _notes(facts: Facts) -> list[str]:
    notes = []
    if facts.evaluation is None and facts.model.data:
        notes.append(
            "No data were looked at: what only data know, such as present levels, learned strengths and forecasts, "
            "counts as not known."
        )
    return notes


def compared(found: Assessment, previous: Mapping[str, Any]) -> Against:
    """What changed since an earlier assessment, given as the document that `to_dict` makes."""
    notes = []
    before = previous["standard"]
    if before.get("fingerprint") != found.fingerprint:
        notes.append(
            "The standard is another one than last time, so levels and scores are not comparable throughout; points "
            "are set side by side where name and measure are the same."
        )
    if (before_data := previous.get("as_of") is not None) != (found.as_of is not None):
        which = "only the last one" if before_data else "only this one"
        notes.append(f"Of the two assessments {which} looked at data, so some figures differ for that alone.")
    old = {point["name"]: point for factor in previous["factors"] for point in factor["points"]}
    changes = []
    for point in found.points:
        was = old.pop(point.name, None)
        if was is not None and was.get("measure") != point.measure:
            was = None
        level, value = (was.get("level"), was.get("value")) if was is not None else (None, None)
        same = value is not None and point.value is not None and abs(value - point.value) <= 1e-9
        if level != point.level or not (same or value == point.value):
            changes.append(PointChange(point.name, level, point.level, value, point.value))
    changes += [PointChange(name, was.get("level"), None, was.get("value"), None) for name, was in old.items()]
    changes.sort(key=lambda change: (-abs((change.level or 0) - (change.level_before or 0)), change.name))
    return Against(str(previous["on"]), previous.get("score"), tuple(changes), tuple(notes))
