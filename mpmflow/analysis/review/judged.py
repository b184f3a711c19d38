"""One forecast and what came of it: its mark and its scores.

A law is scored as it was kept, whole: the continuous ranked probability score, the pinball scores of five of its
quantiles, whether the truth lay in its middle half and in its middle 90 %, and where in it. A chance is scored by its
squared distance from what happened. All of it beside what anybody could have said without a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import numpy as np

from mpmflow.analysis.results import Document, finite
from mpmflow.analysis.risk.forecast import chance_to_miss
from mpmflow.numerics.statistics.scores import brier, crps, pinball, position

from .again import SaidAgain
from .kept import KeptForecast
from .truth import is_missed

Mark = Literal["kept", "missed", "late", "came", "ahead", "unscored"]
MIDDLES: Literal["hazen"] = "hazen"
"""How a quantile of a law is read: its values stand in the middle of equal classes (`law_of`)."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Said:
    """A forecast with how it entered the ledger: the hash of its content, when, and by whom."""

    id: str
    recorded: datetime
    author: str | None
    forecast: KeptForecast


@dataclass(frozen=True, slots=True)
class Told:
    """A truth: the figure, where it comes from, and what was said of it before (the latest last).

    `reached_on`: the later day on which the target was met after all.
    """

    figure: float
    source: str
    by_hand: bool = False
    earlier: tuple[str, ...] = ()
    reached_on: date | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """How good one forecast was; the smaller the better.

    Attributes:
        crps: in the metric's unit; pinball: quantile -> score, likewise. simple_crps: forecaster -> its own.
        inside_50, inside_90: whether the truth lay in the middle half, the middle 90 %. position: where in the law it
            lay, 0 to 1. brier: of the chance to miss. simple_brier: forecaster -> its own.
        again_crps, again_brier: of what today's model says.
    """

    crps: float | None = None
    pinball: Mapping[str, float] = field(default_factory=dict)
    inside_50: bool | None = None
    inside_90: bool | None = None
    position: float | None = None
    brier: float | None = None
    simple_crps: Mapping[str, float] = field(default_factory=dict)
    simple_brier: Mapping[str, float] = field(default_factory=dict)
    again_crps: float | None = None
    again_brier: float | None = None

    def to_dict(self) -> Document:
        return {
            "crps": finite(self.crps),
            "pinball": dict(self.pinball),
            "inside_50": self.inside_50,
            "inside_90": self.inside_90,
            "position": finite(self.position),
            "brier": finite(self.brier),
            "simple_crps": dict(self.simple_crps),
            "simple_brier": dict(self.simple_brier),
            "again_crps": finite(self.again_crps),
            "again_brier": finite(self.again_brier),
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """A forecast of the past and what came of it.

    Attributes:
        said: the forecast. mark: `kept` or `missed` its target; `late`: missed, and reached on `reached_on`; `came`: no
            target was set; `ahead`: its day is not over; `unscored`: `why` says why nothing can be said.
        came: the figure, `source` where it comes from, `by_hand` whether somebody brought it, `earlier` what was said
            of it before.
        scores: of the forecast. again: what today's model says in its place.
    """

    said: Said
    mark: Mark
    came: float | None = None
    source: str = ""
    by_hand: bool = False
    earlier: tuple[str, ...] = ()
    reached_on: date | None = None
    why: str = ""
    scores: Scores = field(default_factory=Scores)
    again: SaidAgain | None = None

    @property
    def forecast(self) -> KeptForecast:
        """What was said."""
        return self.said.forecast

    @property
    def missed(self) -> bool | None:
        """Whether its target was missed at its date; None where that is not known or there was none."""
        return None if self.mark not in ("kept", "missed", "late") else self.mark != "kept"

    def to_dict(self) -> Document:
        one = self.forecast
        return {
            "id": self.said.id,
            "recorded": self.said.recorded.isoformat(),
            "author": self.said.author,
            "metric": one.metric,
            "label": one.label,
            "unit": one.unit,
            "owner": one.owner,
            "commitment": one.commitment,
            "scenario": one.scenario,
            "title": one.title,
            "as_of": one.as_of.isoformat(),
            "on": one.on.isoformat(),
            "reading": one.reading,
            "target": float(one.target.value.base) if one.target is not None else None,
            "comparison": one.target.comparison if one.target is not None else None,
            "target_text": one.target_text,
            "forecast": one.forecast,
            "low": one.low,
            "high": one.high,
            "p_miss": one.p_miss,
            "model": one.model,
            "version": one.version,
            "mark": self.mark,
            "came": finite(self.came),
            "source": self.source,
            "by_hand": self.by_hand,
            "earlier": list(self.earlier),
            "reached_on": self.reached_on.isoformat() if self.reached_on is not None else None,
            "why": self.why,
            "again": None
            if self.again is None
            else {"forecast": self.again.forecast, "p_miss": self.again.p_miss},
            "scores": self.scores.to_dict(),
        }  # fmt: skip


def judge(said: Said, told: Told | None, *, why: str = "", due: bool = True, again: SaidAgain | None = None) -> Judged:
    """Hold a forecast against what came.

    Args:
        told: what came; None where nothing is known.
        due: whether its day is over. why: why nothing can be said, or what a reader should know.
    """
    one = said.forecast
    if told is None:
        return Judged(said, "unscored" if due else "ahead", why=why, again=again)
    mark: Mark = "came"
    if one.target is not None:
        mark = "kept" if not is_missed(told.figure, one.target) else "late" if told.reached_on else "missed"
    return Judged(
        said,
        mark,
        told.figure,
        told.source,
        told.by_hand,
        told.earlier,
        told.reached_on if mark == "late" else None,
        why or ("" if one.law else "No figure was foretold, only the target was kept."),
        scores_of(one, told.figure, again),
        again,
    )


def scores_of(one: KeptForecast, came: float, again: SaidAgain | None = None) -> Scores:
    """The scores of a forecast whose truth is known."""
    found: dict[str, Any] = {}
    simple = {name: np.asarray(law) for name, law in one.simple.items() if law}
    missed = None if one.target is None else float(is_missed(came, one.target))
    if one.law:
        quantiles = np.quantile(one.law, QUANTILES, method=MIDDLES)
        found = {
            "crps": float(crps(one.law, came)),
            "pinball": {
                f"{level:g}": float(pinball(level, quantile, came))
                for level, quantile in zip(QUANTILES, quantiles.tolist(), strict=True)
            },
            "inside_50": bool(quantiles[1] <= came <= quantiles[3]),
            "inside_90": bool(quantiles[0] <= came <= quantiles[4]),
            "position": position(one.law, came),
            "simple_crps": {name: float(crps(law, came)) for name, law in simple.items()},
        }
    if again is not None and again.law:
        found["again_crps"] = float(crps(again.law, came))
    if one.target is not None and missed is not None and one.p_miss is not None:
        found["brier"] = float(brier(one.p_miss, missed))
        found["simple_brier"] = {
            name: float(brier(chance_to_miss(law, one.target), missed)) for name, law in simple.items()
        }
        if again is not None and again.p_miss is not None:
            found["again_brier"] = float(brier(again.p_miss, missed))
    return Scores(**found)
