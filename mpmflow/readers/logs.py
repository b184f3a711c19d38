"""Event logs as observations: what happened, counted by the workflow's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from mpmflow.model.model import Model
from mpmflow.model.observations import Coverage, LogSource, Observations
from mpmflow.model.quantities import Quantity

from .claims import Claims, all_workflows, claims
from .counting import Counted, count
from .events import Events, open_events
from .figures import CaseFigures, wanted_figures
from .periods import Calendar, Grid, day_end, end_of, to_time
from .tally import Tally, tally
from .ways import Ways

PATIENCE = 0.99
"""A case that could end in silence counts as ended once this share of those that went on had done so sooner."""


def read_log(
    model: Model,
    log: str | Path | Any,
    columns: LogSource | None = None,
    *,
    folder: Path | None = None,
    as_of: date | datetime | str | None = None,
    period: Quantity | str | Grid = "1w",
    patience: float | None = PATIENCE,
) -> Observations:
    """Count an event log by a model's workflows.

    Args:
        log: a path, the URL of a database, a dataframe of any library that narwhals takes, or a `tables.Given`.
        columns: the log's columns as the `data` block declares them; those of the model's first log when None.
        folder: where a path starts and must stay; None for a path of the caller's own.
        as_of: the day (its end) or moment up to which is read; None for the end of the last event's day.
        period: the spacing of the periods; weeks start on Mondays, months on their first day.
        patience: a case that may have ended without an event counts as ended once it has waited longer than this share
            of those that went on from there (at least 20 of them); None leaves it open.

    Returns the log part of observations: everything except the series of other files. Metrics whose formula is one
    figure of the cases (`time(W)`, `throughput(W)`, `mean(amount)`, see `figures`) are in `series` too.

    Times between two events hold waiting and work together; of logs that say start and complete they are the work
    alone, and `series["STEP.wait"]` holds the mean wait before it.

    Raises DataError, with file, column and row, for what cannot be read.
    """
    opened = open_log(model, log, columns, folder=folder, as_of=as_of)
    grid = period if isinstance(period, Grid) else Grid.every(period)
    until = end_of(as_of) if as_of is not None else day_end(opened.events.last)
    return opened.observe(Calendar.over(grid, opened.events.first, until, opened.events.label), patience)


@dataclass(frozen=True, slots=True)
class OpenedLog:
    """A log whose columns are found and whose first and last moments are known, before it is laid on a calendar."""

    model: Model
    events: Events
    claims: Claims
    numbers: tuple[str, ...]

    def observe(self, calendar: Calendar, patience: float | None = PATIENCE, *, alone: bool = True) -> Observations:
        """The observations on a calendar that holds all of the log; figures of the cases only where it stands alone."""
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
        )
        found = tally(counted, ways, workflows, calendar, patience)
        figures = CaseFigures(self.model, calendar, found, self.numbers)
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
            series=dict(sorted({**found.waits, **(figures.series() if alone else {})}.items())),
            open_cases=found.open_cases,
            coverage=self._coverage(counted, found),
            sources=(self.events.origin,),
        )

    def _marks(self) -> set[str]:
        """What the log can show: every mark with `seen as`, and those whose name some activity has."""
        shown = {claim.mark for claim in self.claims.explicit}
        named = {self.claims.name(activity) for (activity, *_), _ in self.events.kinds if not self._explicit(activity)}
        return shown | {mark for mark in named if mark}

    def _explicit(self, activity: str) -> bool:
        return any(activity in claim.activities and not claim.where for claim in self.claims.explicit)

    def _coverage(self, counted: Counted, found: Tally) -> Coverage:
        unmatched: dict[str, int] = {}
        for (activity, *cells), events in self.events.kinds:
            if self.claims.mark(activity, dict(zip(self.claims.columns, cells, strict=True))) is None:
                unmatched[activity] = unmatched.get(activity, 0) + events
        return Coverage(
            cases=self.events.cases,
            events=self.events.events,
            unmatched=tuple(sorted(unmatched.items(), key=lambda item: (-item[1], item[0]))),
            deviations=found.deviations,
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
            notes.append(
                f"{counted.ties} events have the same time as the one before them in their case: they keep the order "
                f"of {order}."
            )
        for activity, marks in self.claims.disputed:
            notes.append(f"{' and '.join(marks)} are both seen as {activity!r}; the first has it.")
        return notes


def open_log(
    model: Model,
    log: str | Path | Any,
    columns: LogSource | None = None,
    *,
    folder: Path | None = None,
    as_of: date | datetime | str | None = None,
) -> OpenedLog:
    """Open a log for a model; arguments as of `read_log`."""
    declared = columns or next((part for part in model.data if isinstance(part, LogSource)), LogSource(path=""))
    workflows = list(all_workflows(model))
    wanted = claims(workflows)
    numbers = wanted_figures(model).columns
    events = open_events(
        log,
        declared,
        folder=folder,
        looks_at=wanted.columns,
        numbers=numbers,
        until=end_of(as_of) if as_of is not None else None,
    )
    return OpenedLog(model, events, wanted, numbers)
