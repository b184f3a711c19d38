"""Forecasts of the past, judged by what came: scores, skill over what anybody could have said, calibration.

Recalibration uses past folds only: the map that corrects a forecast is made of earlier ones whose outcome was known on
the evening on which that forecast was made. It is shown beside the raw figures, and is called a help only if it scored
better out of sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.results import Document, finite
from mpmflow.numerics.causes.transfer import false_discovery
from mpmflow.numerics.statistics.scores import (
    SHRINK,
    Recalibration,
    Reliability,
    Skill,
    brier,
    crps,
    recalibration,
    reliability,
    skill,
)

from .replay import Foretold, Replay
from .simple import climatology, persistence, seasonal

Floats = npt.NDArray[np.float64]
NEEDED_FORECASTS = 12
"""Forecasts of a metric whose outcome is known, at least; of fewer nothing is said."""
NEEDED_TO_CORRECT = 8
"""Past forecasts that a recalibration is made of, at least."""
LEAST_HELP = 0.02
"""A recalibration takes at least this share off the score out of sample, or it is left alone."""
YEAR = 31_557_600.0
Other = Literal["persistence", "seasonal", "climatology"]
OTHERS: tuple[Other, ...] = ("persistence", "seasonal", "climatology")


@dataclass(frozen=True, slots=True)
class Fold:
    """One forecast and what came. `low` and `high` hold 90 % of the draws; `corrected` are the recalibrated figures."""

    on: date
    due: date
    forecast: float
    low: float
    high: float
    came: float
    chance: float | None = None
    corrected: float | None = None
    missed: bool | None = None

    def to_dict(self) -> Document:
        return {
            "on": self.on.isoformat(),
            "due": self.due.isoformat(),
            "forecast": self.forecast,
            "low": self.low,
            "high": self.high,
            "came": self.came,
            "p_miss": self.chance,
            "p_miss_corrected": self.corrected,
            "missed": self.missed,
        }


@dataclass(frozen=True, slots=True)
class Scored:
    """A mean score of the forecasts, beside their recalibrated selves and others who answered the same questions.

    Attributes:
        mean: of all forecasts. corrected: of the recalibrated ones; raw: of the same ones as they were said.
        others: forecaster -> mean score. skills: forecaster -> skill over it. corrected_skill: of the recalibrated
            ones over the raw.
    """

    mean: float
    corrected: float | None
    raw: float | None
    others: Mapping[str, float]
    skills: Mapping[str, Skill]
    corrected_skill: Skill | None = None

    def to_dict(self) -> Document:
        return {
            "mean": self.mean,
            "corrected": finite(self.corrected),
            "raw_where_corrected": finite(self.raw),
            "others": dict(self.others),
            "skill": {name: skill_document(one) for name, one in self.skills.items()},
            "skill_of_correction": skill_document(self.corrected_skill) if self.corrected_skill else None,
        }


def skill_document(one: Skill) -> Document:
    """A skill as documents say it."""
    return {
        "value": finite(one.value),
        "low": finite(one.low),
        "high": finite(one.high),
        "p_value": finite(one.p_value),
        "forecasts": one.count,
    }


@dataclass(frozen=True, slots=True)
class MetricJudged:
    """How well a metric was foretold.

    Attributes:
        horizon: seconds from the evening of a forecast to the end of the period that it was for.
        folds: every forecast whose outcome is known. refused: why nothing more is said, "" where it is.
        crps: of the level, in the metric's unit. brier: of the chance to miss the target; None without one.
        inside: share of outcomes within the 90 % interval; `inside_corrected` likewise, recalibrated.
        bias: mean of what came minus what was foretold.
        q_value: that its skill over persistence is luck, corrected for all metrics looked at.
        reliability, reliability_corrected: what was said of misses beside how often they came.
        helps: whether recalibrating the chance of a miss scored better out of sample; None where it was not tried.
    """

    name: str
    label: str
    unit: str
    target: str | None
    horizon: float
    folds: tuple[Fold, ...] = ()
    refused: str = ""
    crps: Scored | None = None
    brier: Scored | None = None
    inside: float | None = None
    inside_corrected: float | None = None
    bias: float | None = None
    q_value: float | None = None
    reliability: tuple[Reliability, ...] = ()
    reliability_corrected: tuple[Reliability, ...] = ()
    helps: bool | None = None
    map: Recalibration | None = field(default=None, repr=False)

    @property
    def skill(self) -> Skill | None:
        """Over persistence, of the level."""
        return self.crps.skills.get("persistence") if self.crps is not None else None

    def to_dict(self) -> Document:
        return {
            "name": self.name,
            "label": self.label,
            "unit": self.unit,
            "target": self.target,
            "horizon": self.horizon,
            "refused": self.refused,
            "crps": self.crps.to_dict() if self.crps else None,
            "brier": self.brier.to_dict() if self.brier else None,
            "inside_90": finite(self.inside),
            "inside_90_corrected": finite(self.inside_corrected),
            "bias": finite(self.bias),
            "q_value": finite(self.q_value),
            "reliability": [_class(row) for row in self.reliability],
            "reliability_corrected": [_class(row) for row in self.reliability_corrected],
            "correction_helps": self.helps,
            "forecasts": [fold.to_dict() for fold in self.folds],
        }


def _class(row: Reliability) -> dict[str, Any]:
    return {"from": row.low, "to": row.high, "said": row.said, "came": row.came, "forecasts": row.count}


def judge(
    replayed: Replay, name: str, *, label: str, unit: str, target: str | None, ahead: int, step: int
) -> MetricJudged:
    """Judge the forecasts of one metric.

    Args:
        ahead: periods that they looked ahead. step: periods from one forecast to the next.
    """
    last = replayed.last
    plain = MetricJudged(name, label, unit, target, ahead * last.period)
    made = [one for one in replayed.foretold if one.metric == name]
    values = replayed.seen.get(name)
    if values is None:
        return replace(plain, refused="nothing was observed of it, so nobody knows what came")
    came = [(one, _came(one, values)) for one in made]
    known = [(one, figure) for one, figure in came if not np.isnan(figure)]
    if len(known) < NEEDED_FORECASTS:
        return replace(
            plain,
            refused=f"{len(known)} forecasts have an outcome that is known, and {NEEDED_FORECASTS} are needed",
        )
    asked, truth = [one for one, _ in known], np.array([figure for _, figure in known])
    block = max(1, -(-(ahead + max(len(one.weights) for one in asked) - 1) // step))
    season = round(YEAR / last.period)
    laws: dict[str, list[Floats | None]] = {other: [] for other in OTHERS}
    for one in asked:
        past = one.figures(one.known)
        laws["persistence"].append(persistence(past, one.due))
        laws["seasonal"].append(seasonal(past, one.due, season))
        laws["climatology"].append(climatology(past))
    better = _levels_corrected(asked, truth)
    own = np.array([float(crps(one.draws, figure)) for one, figure in known])
    corrected = _scores(better, truth)
    others: dict[str, Floats] = {other: _scores(found, truth) for other, found in laws.items()}
    found = replace(
        plain,
        crps=_scored(own, corrected, others, block),
        inside=float(np.mean([_within(one.draws, figure) for one, figure in known])),
        inside_corrected=_mean([_within(law, y) for law, y in zip(better, truth, strict=True) if law is not None]),
        bias=float(np.mean([figure - float(one.draws.mean()) for one, figure in known])),
    )
    chance = np.array([np.nan if one.chance is None else one.chance for one in asked])
    wrong = np.array([np.nan if one.target is None else float(_misses(one, y)) for one, y in known])
    fixed = np.full(len(asked), np.nan)
    if not np.isnan(chance).any():
        fixed = _chances_corrected(asked, chance, wrong)
        told: dict[str, Floats] = {
            other: np.array(
                [
                    np.nan if law is None else float(_misses(one, law).mean())
                    for one, law in zip(asked, laws[other], strict=True)
                ]
            )
            for other in OTHERS
        }
        scores: dict[str, Floats] = {other: brier(said, wrong) for other, said in told.items()}
        scored = _scored(brier(chance, wrong), brier(fixed, wrong), scores, block)
        tried = ~np.isnan(fixed)
        found = replace(
            found,
            brier=scored,
            reliability=reliability(chance, wrong),
            reliability_corrected=reliability(fixed[tried], wrong[tried]),
            helps=_helps(scored),
            map=recalibration(chance, wrong),
        )
    folds = tuple(
        Fold(
            on=replayed.evening(one.origin),
            due=replayed.evening(one.due + 1),
            forecast=float(one.draws.mean()),
            low=float(np.quantile(one.draws, 0.05)),
            high=float(np.quantile(one.draws, 0.95)),
            came=float(figure),
            chance=one.chance,
            corrected=finite(float(fixed[number])),
            missed=bool(wrong[number]) if one.target is not None else None,
        )
        for number, (one, figure) in enumerate(known)
    )
    return replace(found, folds=folds)


def with_q_values(judged: Sequence[MetricJudged]) -> tuple[MetricJudged, ...]:
    """The same, each p-value of skill over persistence corrected for all of them (Benjamini and Hochberg)."""
    own = [one.skill.p_value if one.skill is not None else np.nan for one in judged]
    corrected = false_discovery(own).tolist()
    return tuple(replace(one, q_value=finite(value)) for one, value in zip(judged, corrected, strict=True))


# ------------------------------------------------------------------------------------------ what came
def _came(one: Foretold, values: Floats) -> float:
    return float(one.figures(values[: one.due + 1])[-1]) if one.due < len(values) else np.nan


def _misses(one: Foretold, figure: Any) -> npt.NDArray[np.bool_]:
    assert one.target is not None
    level = float(one.target.value.base)
    slack = 1e-12 * abs(level)
    values = np.asarray(figure, dtype=float)
    return values < level - slack if one.target.comparison == "at least" else values > level + slack


def _within(law: Floats, figure: float) -> bool:
    low, high = np.quantile(law, [0.05, 0.95])
    return bool(low <= figure <= high)


def _mean(values: Sequence[bool]) -> float | None:
    return float(np.mean(values)) if values else None


# ------------------------------------------------------------------------------------------ recalibration
def _levels_corrected(asked: Sequence[Foretold], truth: Floats) -> list[Floats | None]:
    """Each forecast moved and stretched as those would have needed whose outcome was known when it was made."""
    middle = np.array([one.draws.mean() for one in asked])
    error = truth - middle
    spread = np.array([one.draws.std() for one in asked])
    spread = np.maximum(spread, 1e-9 * np.abs(error).max(initial=0.0) + 1e-300)
    due = np.array([one.due for one in asked])
    found: list[Floats | None] = []
    for number, one in enumerate(asked):
        past = due < one.origin
        count = int(past.sum())
        if count < NEEDED_TO_CORRECT:
            found.append(None)
            continue
        move = float(error[past].sum()) / (count + SHRINK)
        wide = (float((((error[past] - move) / spread[past]) ** 2).sum()) + SHRINK) / (count + SHRINK)
        found.append(middle[number] + move + (one.draws - middle[number]) * min(max(wide**0.5, 0.2), 5.0))
    return found


def _chances_corrected(asked: Sequence[Foretold], chance: Floats, wrong: Floats) -> Floats:
    """Each chance of a miss, recalibrated by those whose outcome was known when it was said; nan with too few."""
    found = np.full(len(asked), np.nan)
    for number, one in enumerate(asked):
        past = [index for index, old in enumerate(asked) if old.due < one.origin]
        if len(past) >= NEEDED_TO_CORRECT:
            found[number] = float(recalibration(chance[past], wrong[past]).of(chance[number]))
    return found


# ------------------------------------------------------------------------------------------ scores
def _scores(laws: Sequence[Floats | None], truth: Floats) -> Floats:
    return np.array([np.nan if law is None else float(crps(law, y)) for law, y in zip(laws, truth, strict=True)])


def _helps(scored: Scored) -> bool | None:
    if scored.corrected is None or scored.raw is None:
        return None
    return scored.corrected < (1.0 - LEAST_HELP) * scored.raw


def _scored(own: Floats, corrected: Floats, others: Mapping[str, Floats], block: int) -> Scored:
    tried = ~np.isnan(corrected)
    skills = {other: found for other, scores in others.items() if (found := skill(own, scores, block=block))}
    return Scored(
        mean=float(own.mean()),
        corrected=float(corrected[tried].mean()) if tried.any() else None,
        raw=float(own[tried].mean()) if tried.any() else None,
        others={other: float(np.nanmean(scores)) for other, scores in others.items() if not np.isnan(scores).all()},
        skills=skills,
        corrected_skill=skill(corrected, own, block=block),
    )
