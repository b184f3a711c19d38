"""The answer split by a column of the log: for which kind of case an indicator is worse, and what each adds.

Every segment is judged like the whole: its own counts, the same plan as prior, its own forgetting. What it adds to a
figure of its workflow is its share of the cases times its own change; all of them leave a rest of the change of the
whole, for segments with few cases stay nearer to the plan than the whole does, and the mix of the cases moves too.
That rest is told, not spread out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mpmflow.analysis.exact.arrays import LawBook
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations

from .beliefs import Estimate, PlanTimes
from .estimate import estimate, full_periods, plan_times
from .figures import IndicatorFigure
from .indicators import Watch
from .process_change import ProcessChange
from .sources import sources_of
from .switching import Names

FEWEST = 10
"""Cases that a segment needs to be told of by itself."""
MOST = 24
"""Segments of one column that are told of, those with most cases."""
FIGURES = ("time", "cost", "yield", "first_pass", "rework")
DRAWS = 500


@dataclass(frozen=True, slots=True)
class SegmentFigure:
    """The cases with one value in a column of the log.

    Attributes:
        cases, share: how many came in the full periods, and their part of all of them.
        indicators: those that were observed in the segment, each with its own estimate, state and `segment`.
        adds: figure of a workflow (`time(claim)`) -> what the segment adds to the change of the whole.
    """

    column: str
    value: str
    cases: int
    share: float
    indicators: tuple[IndicatorFigure, ...] = ()
    adds: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "value": self.value,
            "cases": self.cases,
            "share": self.share,
            "indicators": [row.to_dict() for row in self.indicators],
            "adds": dict(self.adds),
        }


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments of one column.

    Attributes:
        segments: those with most cases first.
        rest: figure -> what they leave of the change of the whole.
        left_out: how many values have too few cases to be told of.
    """

    column: str
    segments: tuple[SegmentFigure, ...]
    rest: Mapping[str, float]
    left_out: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "segments": [one.to_dict() for one in self.segments],
            "rest": dict(self.rest),
            "left_out": self.left_out,
        }


def segments_of(
    model: Model,
    observations: Observations,
    whole: Mapping[str, ProcessChange],
    planned: PlanTimes,
    book: LawBook,
    seed: int,
) -> tuple[Segments, ...]:
    """Every column that the observations are split by, against the plan."""
    changes = {
        f"{function}({name})": split.change
        for name, change in whole.items()
        for function in FIGURES
        if (split := change.split(function)) is not None
    }
    found = []
    for column, values in observations.segments.items():
        counted = {value: _cases(one, full_periods(one)) for value, one in values.items()}
        total = sum(counted.values())
        told = sorted(
            (value for value, count in counted.items() if count >= FEWEST), key=lambda one: (-counted[one], one)
        )
        rows = tuple(
            _segment(model, values[value], column, value, counted[value], total, planned, book, seed)
            for value in told[:MOST]
        )
        rest = {
            figure: change - sum(row.adds.get(figure, 0.0) for row in rows)
            for figure, change in changes.items()
            if abs(change) > 0.0
        }
        found.append(Segments(column, rows, rest, len(counted) - len(rows)))
    return tuple(found)


def _cases(observations: Observations, periods: int) -> int:
    return int(sum(sum(counts[:periods]) for counts in observations.arrivals.values()))


def _segment(
    model: Model,
    observations: Observations,
    column: str,
    value: str,
    cases: int,
    total: int,
    planned: PlanTimes,
    book: LawBook,
    seed: int,
) -> SegmentFigure:
    found: Estimate = estimate(model, observations, planned)
    workflows = list(workflows_in_question(model).names)
    before = {name: to_chain(found.reference, name) for name in workflows}
    after = {name: to_chain(found.model, name) for name in workflows}
    names = time_names(found)
    changes = {name: ProcessChange(before[name], after[name], names, observations.period, book) for name in workflows}
    rng = np.random.default_rng(seed)
    sources = sources_of(found, plan_times(before.values(), book), plan_times(after.values(), book), rng, DRAWS)
    rows = Watch(model, observations, found, sources, changes).figures()
    share = cases / total if total else 0.0
    adds = {
        f"{function}({name})": share * split.change
        for name, change in changes.items()
        for function in FIGURES
        if (split := change.split(function)) is not None and split.change
    }
    told = f"{column} = {value}"
    seen = tuple(replace(row, segment=told) for row in rows if row.observed is not None or row.enough is not None)
    return SegmentFigure(column, value, cases, share, seen, adds)


def time_names(found: Estimate) -> Names:
    """How the observed times of an estimate are called as sources."""
    names: dict[tuple[str, str], str] = {}
    for row in found.times.values():
        for part in ("work", "wait") if row.part == "all" else (row.part,):
            names[(row.node, part)] = row.name
    return names
