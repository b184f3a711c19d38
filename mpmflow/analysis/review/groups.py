"""Scores of many forecasts together: by metric, by owner, by version of the model, and of all.

Forecasts whose spans overlap share their luck, so intervals resample as many neighbours together as overlap. Scores in
a unit are averaged within one metric only; across metrics the other forecaster of each metric is the measure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.backtest.judged import skill_document
from mpmflow.analysis.results import Document, finite
from mpmflow.numerics.statistics.scores import Average, Reliability, Skill, average, reliability, skill

from .judged import QUANTILES, Judged
from .kept import SIMPLE

Floats = npt.NDArray[np.float64]
By = Literal["all", "metric", "owner", "model"]


@dataclass(frozen=True, slots=True)
class Group:
    """The scores of forecasts that have something in common.

    Attributes:
        by, name, label: what they share. unit: of its scores, "" across metrics.
        forecasts: how many have a truth; questions: how many different things were foretold, for a metric that is
            foretold ten times for one day has one truth. kept, missed, late: by target, each question once.
        crps: mean, of one metric; pinball: quantile -> mean. brier: of the chances to miss.
        inside_50, inside_90: share of truths in the middle half and the middle 90 % of what was foretold.
        crps_skill, brier_skill: forecaster without a model -> skill over it.
        again_crps, again_brier: skill of today's model over what was said; None where it was not asked.
    """

    by: By
    name: str
    label: str
    unit: str
    forecasts: int
    questions: int
    kept: int
    missed: int
    late: int
    crps: Average | None = None
    pinball: Mapping[str, float] = field(default_factory=dict)
    brier: Average | None = None
    inside_50: Average | None = None
    inside_90: Average | None = None
    crps_skill: Mapping[str, Skill] = field(default_factory=dict)
    brier_skill: Mapping[str, Skill] = field(default_factory=dict)
    again_crps: Skill | None = None
    again_brier: Skill | None = None

    def to_dict(self) -> Document:
        return {
            "by": self.by,
            "name": self.name,
            "label": self.label,
            "unit": self.unit,
            "forecasts": self.forecasts,
            "questions": self.questions,
            "kept": self.kept,
            "missed": self.missed,
            "late": self.late,
            "crps": _average(self.crps),
            "pinball": dict(self.pinball),
            "brier": _average(self.brier),
            "inside_50": _average(self.inside_50),
            "inside_90": _average(self.inside_90),
            "crps_skill": {name: skill_document(one) for name, one in self.crps_skill.items()},
            "brier_skill": {name: skill_document(one) for name, one in self.brier_skill.items()},
            "again_crps": skill_document(self.again_crps) if self.again_crps else None,
            "again_brier": skill_document(self.again_brier) if self.again_brier else None,
        }


def _average(one: Average | None) -> Document | None:
    if one is None:
        return None
    return {"mean": one.value, "low": finite(one.low), "high": finite(one.high), "forecasts": one.count}


@dataclass(frozen=True, slots=True)
class QuantileKept:
    """A quantile of the forecasts, and the share of truths that lay at or below it."""

    level: float
    came: Average

    def to_dict(self) -> Document:
        return {"said": self.level, "came": _average(self.came)}


# ------------------------------------------------------------------------------------------ which forecasts count
def known(judged: Sequence[Judged]) -> list[Judged]:
    """Forecasts with a truth, those for the earliest day first."""
    found = [one for one in judged if one.came is not None]
    return sorted(found, key=lambda one: (one.forecast.on, one.forecast.as_of, one.forecast.metric, one.said.id))


def _once(rows: Sequence[Judged], own: Callable[[Judged], object]) -> list[Judged]:
    """A metric's own target and a promise of the same are one forecast; where both are kept, one counts."""
    found: dict[object, Judged] = {}
    for row in rows:
        one = row.forecast
        key = (own(row), one.metric, one.as_of, one.on, one.target, one.scenario, one.model, one.version)
        found.setdefault(key, row)
    return list(found.values())


def block_of(rows: Sequence[Judged]) -> int:
    """How many forecasts share their luck at most: those whose days lie between the making and the day of one."""
    due = np.array([row.forecast.on.toordinal() for row in rows])
    made = np.array([row.forecast.as_of.toordinal() for row in rows])
    shared = np.searchsorted(due, due, side="right") - np.searchsorted(due, made, side="right")
    return max(1, int(shared.max(initial=1)))


# ------------------------------------------------------------------------------------------ the groups
def groups_of(judged: Sequence[Judged]) -> tuple[Group, ...]:
    """All groups: everything together, then each metric, owner and version of the model in the order of their names."""
    rows = known(judged)
    if not rows:
        return ()
    kinds: tuple[tuple[By, Callable[[Judged], str | None], Callable[[Judged], str]], ...] = (
        ("all", lambda one: "all", lambda one: "all"),
        ("metric", lambda one: one.forecast.metric, lambda one: one.forecast.label),
        ("owner", lambda one: one.forecast.owner, lambda one: one.forecast.owner or ""),
        ("model", lambda one: one.forecast.model, model_label),
    )
    found = []
    for by, key, label in kinds:
        together: dict[str, list[Judged]] = {}
        for row in _once(rows, key):
            name = key(row)
            if name is not None:
                together.setdefault(name, []).append(row)
        order = sorted(together, key=lambda name: _first(together[name]) if by == "model" else name)
        found += [_group(by, name, label(together[name][-1]), together[name]) for name in order]
    return tuple(found)


def model_label(one: Judged) -> str:
    """A version of the model in words: the start of its hash."""
    return f"model {one.forecast.model[:8]}"


def _first(rows: Sequence[Judged]) -> str:
    return min(f"{row.forecast.as_of.isoformat()} {row.forecast.model}" for row in rows)


def _group(by: By, name: str, label: str, rows: list[Judged]) -> Group:
    block = block_of(rows)
    metrics = [row.forecast.metric for row in rows]
    alone = len(set(metrics)) == 1
    own = _column(row.scores.crps for row in rows)
    chances = _column(row.scores.brier for row in rows)
    marks = list({(row.forecast.question, row.forecast.target_text): row.mark for row in rows}.values())
    levels = [f"{level:g}" for level in QUANTILES]
    mean_pinball = {
        level: float(np.nanmean(scores))
        for level in levels
        if alone and not np.isnan(scores := _column(row.scores.pinball.get(level) for row in rows)).all()
    }
    crps_skill: dict[str, Skill] = {}
    brier_skill: dict[str, Skill] = {}
    for other in SIMPLE:
        scores = _column(row.scores.simple_crps.get(other) for row in rows)
        if (found := _skill(own, scores, metrics, block)) is not None:
            crps_skill[other] = found
        scores = _column(row.scores.simple_brier.get(other) for row in rows)
        if (found := skill(chances, scores, block=block)) is not None:
            brier_skill[other] = found
    again = _column(row.scores.again_crps for row in rows)
    return Group(
        by,
        name,
        label,
        rows[0].forecast.unit if alone else "",
        len(rows),
        len({row.forecast.question for row in rows}),
        kept=marks.count("kept"),
        missed=marks.count("missed"),
        late=marks.count("late"),
        crps=average(own, block=block) if alone else None,
        pinball=mean_pinball,
        brier=average(chances, block=block),
        inside_50=average(_column(row.scores.inside_50 for row in rows), block=block),
        inside_90=average(_column(row.scores.inside_90 for row in rows), block=block),
        crps_skill=crps_skill,
        brier_skill=brier_skill,
        again_crps=_skill(again, own, metrics, block),
        again_brier=skill(_column(row.scores.again_brier for row in rows), chances, block=block),
    )


def _skill(own: Floats, others: Floats, metrics: Sequence[str], block: int) -> Skill | None:
    """Skill of scores in the units of their metrics: each in what the other scores on that metric."""
    own, others = own.copy(), others.copy()
    both = ~np.isnan(own) & ~np.isnan(others)
    for metric in set(metrics):
        here = both & np.array([one == metric for one in metrics])
        measure = float(others[here].mean()) if here.any() else 0.0
        rest = np.array([one == metric for one in metrics])
        own[rest], others[rest] = (own[rest] / measure, others[rest] / measure) if measure > 0.0 else (np.nan, np.nan)
    return skill(own, others, block=block)


def _column(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else float(value) for value in values])


# ------------------------------------------------------------------------------------------ calibration
def chances_kept(judged: Sequence[Judged]) -> tuple[Reliability, ...]:
    """What was said of misses beside how often they came."""
    rows = [row for row in _once(known(judged), lambda one: None) if row.scores.brier is not None]
    return (
        reliability(_column(row.forecast.p_miss for row in rows), _column(row.missed for row in rows)) if rows else ()
    )


def quantiles_kept(judged: Sequence[Judged]) -> tuple[QuantileKept, ...]:
    """How often the truth lay at or below each quantile that was foretold."""
    rows = [row for row in _once(known(judged), lambda one: None) if row.scores.position is not None]
    block = block_of(rows) if rows else 1
    positions = _column(row.scores.position for row in rows)
    found = []
    for level in QUANTILES:
        share = average((positions <= level).astype(float), block=block)
        if share is not None:
            found.append(QuantileKept(level, share))
    return tuple(found)
