"""Where observations come from, as the `data` block declares it, and the plain records that readers make of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import Field, model_validator

from .base import Allow, DottedName, Line, Part

Role = Literal["case", "activity", "time", "start", "resource", "lifecycle"]
ROLES: tuple[Role, ...] = ("case", "activity", "time", "start", "resource", "lifecycle")


Query = Annotated[Line, Field(pattern=r"(?i)^[ \t]*(?:select|with)\b")]
"""What is asked of a database; a statement that changes something has no place in a model."""

_URL = re.compile(r"(?:sqlite|duckdb):///([^?]*)")


def file_behind(path: str) -> str:
    """The file that a source names: itself, or the one in the URL of a database.

    >>> file_behind("sqlite:///crm.db?table=events"), file_behind("events.csv")
    ('crm.db', 'events.csv')
    """
    found = _URL.match(path)
    return unquote(found[1]) if found else path


class Column(Part):
    """A column of a file: its role, or an own name with a type, and what it is called in the file."""

    role: Role | None = None
    name: DottedName | None = None
    type: Literal["number", "text", "time"] | None = None
    column: Line | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Column:
        if (self.role is None) == (self.name is None):
            raise ValueError("a column has a role or a name of its own, one of the two")
        if self.role is not None and self.type is not None:
            raise ValueError("a column with a role has the type of its role")
        return self

    @property
    def source(self) -> str:
        """The column's name in the file: as given, else the own name, else the role."""
        return self.column or self.name or self.role or ""


class LogSource(Part):
    """An event log: one row per event. `path` is a file, or the URL of a database of which `query` asks the rows.

    `ignore` are activities that are of no interest, though the log has them.
    """

    kind: Literal["log"] = "log"
    path: Line
    query: Query | None = None
    columns: tuple[Column, ...] = ()
    ignore: tuple[Line, ...] = ()
    allow: tuple[Allow, ...] = ()

    def column(self, role: Role) -> str:
        """The file's column with that role; the role's own word where the block says nothing."""
        return next((column.source for column in self.columns if column.role == role), role)


class SeriesSource(Part):
    """A table of periods: one column a metric or indicator. `path` and `query` as of a log."""

    kind: Literal["series"] = "series"
    path: Line
    query: Query | None = None
    columns: tuple[Column, ...] = ()
    allow: tuple[Allow, ...] = ()


DataSource = Annotated[LogSource | SeriesSource, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Durations:
    """Times that cases spent at one node, per period: the sufficient figures of their mean and spread.

    `visits[t]` is how many visits ended in period t, `seconds[t]` their total time and `squares[t]` the total of
    their squares (seconds squared).
    """

    visits: tuple[int, ...]
    seconds: tuple[float, ...]
    squares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that has not ended: the node it waits at, when it came there and when it started."""

    case: str
    workflow: str
    at: str
    since: datetime
    started: datetime


Kind = Literal["skipped", "inserted", "out of order", "unfinished"]


@dataclass(frozen=True, slots=True)
class Detour:
    """Cases that took a way which the workflow does not have.

    Attributes:
        kind: `skipped`: the workflow leads from `earlier` to `later`, but past events that are not there; `inserted`:
            `later` is one event too many, without which the ones around it would follow each other, or the same event
            once more; `out of order`: the workflow has `later` elsewhere, not behind `earlier`; `unfinished`: the case
            stands behind `earlier` longer than any case ever did that went on from there.
        earlier, later: what was seen, as in `Coverage.deviations`; `later` is empty where nothing came.
        missing: what was skipped: the events of the shortest way from the one to the other.
        events, cases: how often this was seen, and in how many cases.
        examples: the ids of one or two of the cases.
    """

    kind: Kind
    earlier: str
    later: str
    events: int
    cases: int
    missing: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the data the model explains: every event is a step, an outcome, ignored or unmatched.

    Attributes:
        cases, events: all of the log. In a segment: its cases with an event that somebody claims, and those events.
        unmatched: events per activity that no statement claims. ignored: those that the `data` block says to ignore.
        deviations: direct successions of two known events, `(earlier, later, how often)`, between which the workflow
            has no way, or several that only differ in silence.
        detours: the ways that cases took and the workflow does not have, each with its kind and examples.
        astray: cases with a detour, unfinished ones among them.
    """

    cases: int = 0
    events: int = 0
    unmatched: tuple[tuple[str, int], ...] = ()
    ignored: tuple[tuple[str, int], ...] = ()
    deviations: tuple[tuple[str, str, int], ...] = ()
    detours: tuple[Detour, ...] = ()
    astray: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observations:
    """What was observed, on one grid of periods; index t of every tuple is the period `starts[t]` … `ends[t]`.

    Times are UTC. Period ends are exclusive. Only what was known at `as_of` is in here.

    Attributes
    ----------
    starts, ends : bounds of the periods, contiguous, all `period` seconds long (the last may be cut by `as_of`).
    as_of : the moment up to which things are known (exclusive end of that day).
    outcomes : outcome id (`decision.outcome`) -> how often it was taken, per period.
    durations : node name -> times spent there.
    arrivals, open : workflow -> cases that came in the period; cases open at its end.
    finished : end id (`done`, `scrap`, own names) per workflow, as `workflow.end` -> cases that ended so.
    series : metric or indicator name -> observed value per period in base units, None where missing.
    segments : column -> value -> the observations of the cases that have it there (the first value that is known of a
        case; empty for those without any). Of one column, the outcomes, durations, arrivals, open and finished cases
        of all values add up to those of the whole. The segments have no series of other files.
    """

    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]
    as_of: datetime
    period: float
    outcomes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    durations: Mapping[str, Durations] = field(default_factory=dict)
    arrivals: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    open: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    finished: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    series: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    open_cases: tuple[OpenCase, ...] = ()
    coverage: Coverage = Coverage()
    sources: tuple[str, ...] = ()
    segments: Mapping[str, Mapping[str, Observations]] = field(default_factory=dict)
