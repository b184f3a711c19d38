"""Where observations come from, as the `data` block declares it, and the plain records that readers make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .base import Allow, DottedName, Line, Part

Role = Literal["case", "activity", "time", "start", "resource", "lifecycle"]
ROLES: tuple[Role, ...] = ("case", "activity", "time", "start", "resource", "lifecycle")


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
    """An event log: one row per event. `path` is a file, or the URL of a database of which `query` asks the rows."""

    kind: Literal["log"] = "log"
    path: Line
    query: Line | None = None
    columns: tuple[Column, ...] = ()
    allow: tuple[Allow, ...] = ()

    def column(self, role: Role) -> str:
        """The file's column with that role; the role's own word where the block says nothing."""
        return next((column.source for column in self.columns if column.role == role), role)


class SeriesSource(Part):
    """A table of periods: one column a metric or indicator. `path` and `query` as of a log."""

    kind: Literal["series"] = "series"
    path: Line
    query: Line | None = None
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


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the data the model explains.

    `unmatched` counts events per activity that no statement claims; `deviations` counts direct successions of two
    known events between which the workflow has no way.
    """

    cases: int = 0
    events: int = 0
    unmatched: tuple[tuple[str, int], ...] = ()
    deviations: tuple[tuple[str, str, int], ...] = ()
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
