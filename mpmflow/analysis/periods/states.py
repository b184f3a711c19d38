"""The process as two periods show it, each by itself: two models with the same steps, and what they rest on.

Shares are what was counted, times the means of the visits, arrivals cases per second; nothing is forgotten and the plan
adds nothing. What only one of the two periods shows is taken to be the same in both, so that nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import add

import numpy as np

from mpmflow.analysis.exact.arrays import LawBook
from mpmflow.analysis.exact.laws_of import Samples
from mpmflow.analysis.risk.beliefs import ArrivalsEstimate, PlanTimes, SharesEstimate, TimeEstimate
from mpmflow.analysis.risk.crowds import Crowds
from mpmflow.analysis.risk.current_model import with_estimates
from mpmflow.analysis.risk.enough_data import last_day
from mpmflow.analysis.risk.estimate import plan_times, seen_in
from mpmflow.analysis.risk.process_change import ProcessChange
from mpmflow.diagnostics.errors import DataError
from mpmflow.graphs.to_chain import to_chain
from mpmflow.model.imports import workflows_in_question
from mpmflow.model.model import Model
from mpmflow.model.observations import Durations, Observations

Window = tuple[int, int]
"""From which to which period, the last one exclusive."""
FEWEST = 10
"""Cases that a segment needs in either period to be a part of its own."""
OTHERS = "others"


@dataclass(frozen=True, eq=False)
class Seen:
    """What one period shows."""

    shares: Mapping[str, SharesEstimate]
    times: Mapping[str, TimeEstimate]
    arrivals: Mapping[str, ArrivalsEstimate]

    @property
    def something(self) -> bool:
        """Whether it shows anything of the process at all."""
        return bool(self.shares or self.times or self.arrivals)


@dataclass(frozen=True, eq=False)
class Segment:
    """The cases with one value in a column: their part of all cases in both periods, and their process in both."""

    value: str
    before: float
    after: float
    cases_before: int
    cases_after: int
    changes: Mapping[str, ProcessChange]


@dataclass(frozen=True, eq=False)
class States:
    """Both periods.

    Attributes:
        first, second: what each shows.
        changes: workflow -> its process in both.
        segments: the cases by the values of a column; () where none was asked for.
        period: seconds in which flows are counted.
    """

    first: Seen
    second: Seen
    changes: Mapping[str, ProcessChange]
    segments: tuple[Segment, ...]
    period: float


def window(observations: Observations, first: date, last: date) -> Window:
    """The periods that lie in a span of days with their start. Raises DataError where there is none."""
    inside = [index for index, start in enumerate(observations.starts) if first <= start.date() <= last]
    if not inside:
        raise DataError(
            f"no period starts from {first} to {last}, so there is nothing to compare; periods were observed from "
            f"{observations.starts[0].date()} to {last_day(observations, -1)}"
        )
    return inside[0], inside[-1] + 1


def states_of(
    model: Model,
    observations: Observations,
    first: Window,
    second: Window,
    *,
    period: float,
    by: str = "",
    samples: Samples | None = None,
) -> States:
    """The process in two windows of periods, and by the values of the column `by` of the log.

    Raises DataError where neither window shows anything.
    """
    book = LawBook(samples)
    workflows = list(workflows_in_question(model).names)
    planned = plan_times([to_chain(model, name) for name in workflows], book)
    makers = [_Maker(model, planned, observations, one) for one in (first, second)]
    pooled = _pooled(model, planned, observations, first, second)
    whole = [maker.model(pooled) for maker in makers]
    changes = _changes(whole[0], whole[1], makers, book, period)
    segments: tuple[Segment, ...] = ()
    if by:
        parts = observations.segments.get(by, {})
        segments = tuple(_segments(parts, makers, whole, book, period, (first, second), planned))
    return States(makers[0].seen, makers[1].seen, changes, segments, period)


class _Maker:
    """Makes models of what one window shows."""

    def __init__(self, model: Model, planned: PlanTimes, observations: Observations, window: Window) -> None:
        self.plan, self.planned, self.window = model, planned, window
        self.seen = Seen(*seen_in(model, observations, slice(*window), planned))

    def model(self, pooled: Seen) -> Model:
        """The plan with what both windows show together, and over it what this one shows."""
        base = with_estimates(self.plan, pooled.shares, pooled.times, pooled.arrivals, self.planned, now=True)
        seen = self.seen
        return with_estimates(base, seen.shares, seen.times, seen.arrivals, self.planned, now=True)


def _pooled(model: Model, planned: PlanTimes, observations: Observations, first: Window, second: Window) -> Seen:
    """What both windows show together, for what one of them lacks."""
    both = [Seen(*seen_in(model, observations, slice(*one), planned)) for one in (first, second)]
    merged = Seen(
        {**both[1].shares, **both[0].shares},
        {**both[1].times, **both[0].times},
        {**both[1].arrivals, **both[0].arrivals},
    )
    return merged


def _changes(
    before: Model, after: Model, makers: list[_Maker], book: LawBook, period: float
) -> dict[str, ProcessChange]:
    workflows = list(workflows_in_question(before).names)
    old = {name: to_chain(before, name) for name in workflows}
    new = {name: to_chain(after, name) for name in workflows}
    times = {**makers[0].seen.times, **makers[1].seen.times}
    crowds = Crowds(old, new, before, after, times, _names(times), book, "period", period)
    return {
        name: ProcessChange(
            crowds.before[name],
            crowds.after[name],
            crowds.names,
            period,
            book,
            crowds.flows,
            crowds.spill,
            crowds.settling(name),
        )
        for name in workflows
    }


def _names(times: Mapping[str, TimeEstimate]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for row in times.values():
        for part in ("work", "wait") if row.part == "all" else (row.part,):
            found[row.node, part] = row.name
    return found


def _segments(
    parts: Mapping[str, Observations],
    makers: list[_Maker],
    whole: list[Model],
    book: LawBook,
    period: float,
    windows: tuple[Window, Window],
    planned: PlanTimes,
) -> list[Segment]:
    cases = {value: [_cases(seen, one) for one in windows] for value, seen in parts.items()}
    totals = [sum(row[side] for row in cases.values()) for side in (0, 1)]
    if not all(totals):
        return []
    told = [value for value, row in cases.items() if max(row) >= FEWEST]
    told.sort(key=lambda value: (-sum(cases[value]), value))
    names = {key: name for maker in makers for key, name in _names(maker.seen.times).items()}
    workflows = workflows_in_question(whole[0]).names

    def of(value: str, seen_of: Observations, row: list[int]) -> Segment:
        models = []
        for maker, model, one in zip(makers, whole, windows, strict=True):
            seen = Seen(*seen_in(maker.plan, seen_of, slice(*one), planned))
            models.append(with_estimates(model, seen.shares, seen.times, {}, planned, now=True))
        changes = {
            name: ProcessChange(to_chain(models[0], name), to_chain(models[1], name), names, period, book)
            for name in workflows
        }
        return Segment(value, row[0] / totals[0], row[1] / totals[1], row[0], row[1], changes)

    found = [of(value, parts[value], cases[value]) for value in told]
    rest = [totals[side] - sum(cases[value][side] for value in told) for side in (0, 1)]
    if any(rest):
        found.append(of(OTHERS, _together([seen for value, seen in parts.items() if value not in told]), rest))
    return found


def _together(parts: Sequence[Observations]) -> Observations:
    """The decisions, times and arrivals of several segments as those of one."""

    def summed(rows: Iterable[Mapping[str, tuple[int, ...]]]) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for row in rows:
            for name, counts in row.items():
                found[name] = tuple(map(add, found[name], counts)) if name in found else counts
        return found

    durations: dict[str, Durations] = {}
    for part in parts:
        for node, one in part.durations.items():
            known = durations.get(node)
            durations[node] = (
                one
                if known is None
                else Durations(
                    tuple(map(add, known.visits, one.visits)),
                    tuple(map(add, known.seconds, one.seconds)),
                    tuple(map(add, known.squares, one.squares)),
                )
            )
    return replace(
        parts[0],
        outcomes=summed(part.outcomes for part in parts),
        durations=durations,
        arrivals=summed(part.arrivals for part in parts),
    )


def _cases(observations: Observations, window: Window) -> int:
    return int(sum(np.sum(counts[slice(*window)]) for counts in observations.arrivals.values()))
