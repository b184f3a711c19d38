"""Event logs as observations: what happened, counted by the workflow's own words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.imports import all_workflows
from mpmflow.model.model import Model
from mpmflow.model.observations import Coverage, LogSource, Observations
from mpmflow.model.quantities import Quantity

from .claims import Claims, claims, plain
from .counted import Counted
from .counting import count
from .detours import detours, unfinished
from .events import Events, open_events
from .figures import CaseFigures, wanted_figures
from .periods import PATIENCE, Calendar, Grid, day_end, end_of, to_time
from .tally import Tally, tally
from .ways import Ways

Split = Mapping[str, Mapping[str, Observations]]
"""Column -> value -> what was observed of the cases that have it."""

MOST_VALUES = 500
"""A column with more values than this is no way to split a log."""


def read_log(
    model: Model,
    log: str | Path | Any,
    columns: LogSource | None = None,
    *,
    folder: Path | None = None,
    as_of: date | datetime | str | None = None,
    period: Quantity | str | Grid = "1w",
    patience: float | None = PATIENCE,
    by: str | Sequence[str] = (),
) -> Observations:
    """Count an event log by a model's workflows.

    Args:
        log: a path, the URL of a database, a dataframe of any library that narwhals takes, or a `tables.Data`.
        columns: the log's columns as the `data` block declares them; those of the model's first log when None.
        folder: where a path starts and must stay; None for a path of the caller's own.
        as_of: the day (its end) or moment up to which is read; None for the end of the last event's day.
        period: the spacing of the periods; weeks start on Mondays, months on their first day.
        patience: a case that may have ended without an event counts as ended once it has waited longer than this share
            of those that went on from there (at least 20 of them); None leaves it open.
        by: columns by whose values everything is split too: see `Observations.segments`.

    Returns the log part of observations: everything except the series of other files. Metrics whose formula is one
    figure of the cases (`time(W)`, `throughput(W)`, `mean(amount)`, see `figures`) are in `series` too.

    Times between two events hold waiting and work together; of logs that say start and complete they are the work
    alone, and `series["STEP.wait"]` holds the mean wait before it.

    Raises DataError, with file, column and row, for what cannot be read.
    """
    opened = open_log(model, log, columns, folder=folder, as_of=as_of, by=columns_of(by))
    grid = period if isinstance(period, Grid) else Grid.every(period)
    until = end_of(as_of) if as_of is not None else day_end(opened.events.last)
    return opened.observe(Calendar.over(grid, opened.events.first, until, opened.events.label), patience)


@dataclass(frozen=True, slots=True)
class OpenedLog:
    """A log whose columns are found and whose first and last moments are known, before it is laid on a calendar.

    `by` are the columns by whose values it is split; those of the frame stand behind the ones that claims look at.
    """

    model: Model
    events: Events
    claims: Claims
    numbers: tuple[str, ...]
    by: tuple[str, ...] = ()

    def observe(self, calendar: Calendar, patience: float | None = PATIENCE, *, alone: bool = True) -> Observations:
        """The observations on a calendar that holds all of the log; figures of the cases only where it stands alone.

        Raises DataError when a column that it is split by has too many values.
        """
        self._few_values()
        workflows = list(all_workflows(self.model))
        ways = Ways(workflows, self._marks())
        counted = count(
            self.events,
            self.claims,
            ways,
            calendar.grid.fine,
            until=calendar.until,
            patience=patience,
            one_by_one=alone and bool(wanted_figures(self.model).figures),
            by=[f"w{self._looks().index(column)}" for column in self.by],
        )

        def observed(found: Tally, coverage: Coverage, segments: Split) -> Observations:
            figures = CaseFigures(self.model, calendar, found, self.numbers).series() if alone else {}
            return Observations(
                starts=calendar.starts,
                ends=calendar.ends,
                as_of=to_time(calendar.until),
                period=calendar.grid.seconds,
                outcomes=found.outcomes,
                durations=found.durations,
                arrivals=found.arrivals,
                open=found.open,
                finished=found.finished,
                series=dict(sorted({**found.waits, **figures}.items())),
                open_cases=found.open_cases,
                coverage=coverage,
                sources=(self.events.origin,),
                segments=segments,
            )

        whole = tally(counted, ways, workflows, calendar, patience)
        segments: dict[str, dict[str, Observations]] = {}
        for index, column in enumerate(self.by):
            segments[column] = {}
            for value in sorted(_values(counted, index)):
                found = tally(
                    counted,
                    ways,
                    workflows,
                    calendar,
                    patience,
                    part=lambda segment, index=index, value=value: segment[index] == value,  # type: ignore[misc]
                    whole=whole,
                )
                coverage = Coverage(found.cases, found.events, deviations=found.deviations)
                segments[column][value] = observed(found, coverage, {})
        return observed(whole, self._coverage(counted, whole, calendar.until, ways), segments)

    def before(self, until: int) -> OpenedLog:
        """The same log as it was known at a moment. Raises DataError if it had no events yet."""
        return replace(self, events=self.events.before(until))

    def _looks(self) -> tuple[str, ...]:
        return (*self.claims.columns, *self.by)

    def _few_values(self) -> None:
        for index, column in enumerate(self._looks()):
            different = len({shown[1 + index] for shown, _ in self.events.kinds})
            if column in self.by and different > MOST_VALUES:
                raise DataError(
                    f"a log is split by a column with few values, at most {MOST_VALUES}; this one has {different:,}",
                    file=self.events.label,
                    column=column,
                )

    def _marks(self) -> set[str]:
        """What the log can show: every mark with `seen as`, and those whose name some activity has."""
        shown = {claim.mark for claim in self.claims.explicit}
        named = {self.claims.name(activity) for (activity, *_), _ in self.events.kinds if not self._explicit(activity)}
        return shown | {mark for mark in named if mark}

    def _explicit(self, activity: str) -> bool:
        return any(activity in claim.activities and not claim.where for claim in self.claims.explicit)

    def _coverage(self, counted: Counted, found: Tally, until: int, ways: Ways) -> Coverage:
        unmatched: Counter[str] = Counter()
        ignored: Counter[str] = Counter()
        for (activity, *cells), events in self.events.kinds:
            if self.claims.mark(activity, dict(zip(self.claims.columns, cells, strict=False))) is None:
                (ignored if plain(activity) in self.claims.ignored else unmatched)[activity] += events
        strayed = {case.id for case in counted.open if case.strayed}
        strayed |= {case.id for case in unfinished(counted, until)}
        return Coverage(
            # Where every event is claimed, the cases have been counted already.
            cases=self.events.cases if unmatched or ignored or self.events.lifecycle else found.cases,
            events=self.events.events,
            unmatched=_most_first(unmatched),
            ignored=_most_first(ignored),
            deviations=found.deviations,
            detours=detours(counted, ways, until),
            astray=counted.strayed + len(strayed),
            notes=(*self._notes(counted), *found.notes),
        )

    def _notes(self, counted: Counted) -> Sequence[str]:
        notes = list(self.events.notes)
        if self.events.by_day:
            notes.append("Times in the log are whole days: events of one day keep the order of the file.")
        if not self.events.lifecycle:
            notes.append("Times of steps and decisions run from the event before, so they hold waiting and work.")
        if counted.ties and not self.events.by_day and not self.events.lifecycle:
            foreign = self.events.lazy and not self.events.frame.implementation.is_polars()
            order = "their steps' names, for this engine knows no order of rows" if foreign else "the file"
            tied = "1 event has the same time as the one before it in its case: it keeps"
            if counted.ties > 1:
                tied = f"{counted.ties} events have the same time as the one before them in their case: they keep"
            notes.append(f"{tied} the order of {order}.")
        for activity, marks in self.claims.disputed:
            notes.append(f"{' and '.join(marks)} are both seen as {activity!r}; the first has it.")
        return notes


def columns_of(by: str | Sequence[str]) -> tuple[str, ...]:
    """The columns to split by, one or several, each once."""
    return tuple(dict.fromkeys([by] if isinstance(by, str) else by))


def _values(counted: Counted, index: int) -> set[str]:
    """The values of all cases in one of the columns by which a log is split."""
    rows = (counted.successions, counted.endings, counted.open)
    return {row.segment[index] for kind in rows for row in kind}


def _most_first(events: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(events.items(), key=lambda item: (-item[1], item[0])))


def open_log(
    model: Model,
    log: str | Path | Any,
    columns: LogSource | None = None,
    *,
    folder: Path | None = None,
    as_of: date | datetime | str | None = None,
    by: Sequence[str] = (),
) -> OpenedLog:
    """Open a log for a model; arguments as of `read_log`."""
    declared = columns or next((part for part in model.data if isinstance(part, LogSource)), LogSource(path=""))
    workflows = list(all_workflows(model))
    wanted = claims(workflows, declared.ignore)
    numbers = wanted_figures(model).columns
    events = open_events(
        log,
        declared,
        folder=folder,
        looks_at=(*wanted.columns, *by),
        numbers=numbers,
        until=end_of(as_of) if as_of is not None else None,
    )
    return OpenedLog(model, events, wanted, numbers, tuple(by))
