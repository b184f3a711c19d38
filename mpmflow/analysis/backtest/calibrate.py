"""Chances of missing a target, recalibrated by how such chances did in the past, where that helps.

Each chance is held against past forecasts over the same distance. It is changed only if changing the past ones, each by
what was known before it, brought them nearer to what came; else it stays as it was drawn, and the note says what was
tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.risk.enough_data import period_word
from mpmflow.analysis.risk.estimate import full_periods
from mpmflow.analysis.risk.figures import MetricFigure
from mpmflow.analysis.risk.prepared import targets_of
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations

from .backtest import NEEDED_BEFORE
from .judged import NEEDED_FORECASTS, MetricJudged, judge
from .replay import Observe, Progress, end_of, replay

FOLDS = 24
"""Past forecasts that a recalibration is made of, at most."""


@dataclass(frozen=True, eq=False)
class Calibrator:
    """Recalibrates the chances of an evaluation by its own history; call it with the metrics."""

    model: Model
    last: Observations
    observe: Observe
    seed: int = 0
    samples: Samples | None = None
    progress: Progress | None = None

    def __call__(self, rows: Sequence[MetricFigure]) -> tuple[MetricFigure, ...]:
        """The same metrics with the chances that past ones suggest, and a note of what was found."""
        periods, word = full_periods(self.last), period_word(self.last)
        ahead = {row.name: self._ahead(row, periods) for row in rows if row.p_miss is not None and row.on is not None}
        ahead = {name: count for name, count in ahead.items() if count > 0}
        told: dict[str, MetricFigure] = {}
        for row in rows:
            needed = NEEDED_BEFORE + ahead.get(row.name, 0) + NEEDED_FORECASTS - 1
            if row.name in ahead and periods < needed:
                told[row.name] = _noted(
                    row,
                    f"Not recalibrated: its target is {ahead.pop(row.name)} {word}s ahead, and the history has "
                    f"{periods} {word}s; {needed} would show how such forecasts did.",
                )
        for name, judged in self._judged(ahead, periods).items():
            row = next(row for row in rows if row.name == name)
            told[name] = _by_history(row, judged, word, ahead[name])
        return tuple(told.get(row.name, row) for row in rows)

    def _ahead(self, row: MetricFigure, periods: int) -> int:
        """How many periods ahead a metric's forecast lies; 0 or less where it lies in the past."""
        assert row.on is not None
        end = datetime(row.on.year, row.on.month, row.on.day, tzinfo=UTC) + timedelta(days=1)
        return int(np.ceil((end - end_of(self.last, periods - 1)).total_seconds() / self.last.period - 1e-9))

    def _judged(self, ahead: dict[str, int], periods: int) -> dict[str, MetricJudged]:
        """How forecasts of these metrics did, each over its own distance."""
        if not ahead:
            return {}
        until = periods - min(ahead.values())
        # The last ones are the nearest to the present; the farthest target needs enough of them that have come true.
        room = periods - max(ahead.values()) - NEEDED_BEFORE
        step = max(1, min(-(-(until - NEEDED_BEFORE + 1) // FOLDS), room // (NEEDED_FORECASTS - 1)))
        start = periods - max(ahead.values())
        origins = sorted({*range(start, NEEDED_BEFORE - 1, -step), *range(start, until + 1, step)})
        replayed = replay(
            self.model,
            self.observe,
            self.last,
            first=periods,
            origins=origins,
            horizons=ahead,
            targets=targets_of(self.model),
            rules=False,
            seed=self.seed,
            samples=self.samples,
            progress=self.progress,
        )
        return {
            name: judge(replayed, name, label=name, unit="", target=None, ahead=count, step=step)
            for name, count in ahead.items()
        }


def _by_history(row: MetricFigure, judged: MetricJudged, word: str, ahead: int) -> MetricFigure:
    """A metric with what its past forecasts suggest."""
    assert row.p_miss is not None
    scored = judged.brier
    if judged.refused or scored is None:
        return _noted(row, f"Not recalibrated: {judged.refused or 'it had no target to miss'}.")
    past = f"{len(judged.folds)} past forecasts {ahead} {word}s ahead"
    if scored.corrected is None or scored.raw is None:
        return _noted(row, f"Not recalibrated: of {past} too few had come true before the others were made.")
    scores = f"Brier score {scored.raw:.3f} as they were told, {scored.corrected:.3f} corrected"
    if not judged.helps or judged.map is None:
        return _noted(row, f"Not recalibrated: it would not have brought {past} nearer to what came ({scores}).")
    chance = float(judged.map.of(row.p_miss))
    note = f"Recalibrated from {row.p_miss:.0%} to {chance:.0%} by {past} ({scores})."
    return replace(_noted(row, note), p_miss=chance, p_miss_raw=row.p_miss)


def _noted(row: MetricFigure, note: str) -> MetricFigure:
    return replace(row, notes=(*row.notes, note))
