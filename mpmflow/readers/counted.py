"""What was counted in a log: the small records that every engine gives, before they are laid on a calendar."""

from __future__ import annotations

from dataclasses import dataclass, field

from mpmflow.model.observations import Kind

Segment = tuple[str, ...]
"""The values of a case in the columns by which a log is split, in their order; empty without any."""


@dataclass(slots=True)
class Times:
    """Sums over spans of time, exact: how many, their milliseconds, and those squared."""

    count: int = 0
    total: int = 0
    squares: int = 0

    def add(self, other: Times) -> None:
        self.count += other.count
        self.total += other.total
        self.squares += other.squares


@dataclass(slots=True)
class Succession:
    """Events of one period with the same mark and the same mark before them.

    `earlier` is START for the first event of a case. `beside` holds where an event of a parallel branch came between:
    then `earlier` is the last event of the same branch, or from before the block. `gaps` holds the times since
    `earlier`, where no start row gives a better one, and `longest` the longest of all.
    """

    period: int
    earlier: str
    later: str
    beside: bool
    count: int
    gaps: Times
    longest: int
    segment: Segment = ()


@dataclass(slots=True)
class Astray:
    """How often, in how many cases, an event followed another where the workflow has no way, with one or two cases."""

    events: int = 0
    cases: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """An open case as it stands: its last mark and when that was, and when it began.

    `started` is the mark of work that began later than that and has not ended, `started_at` when it began.
    """

    id: str
    mark: str
    when: int
    began: int
    segment: Segment = ()
    started: str | None = None
    started_at: int = 0
    strayed: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """How many cases that have ended have the same last mark, began in the same period and are known to have ended in
    the same one."""

    mark: str
    began: int
    known: int
    cases: int
    segment: Segment = ()


@dataclass(frozen=True, slots=True)
class EndedCase:
    """One case that has ended: when that was known, how long it took, and the last known numbers of its columns."""

    mark: str
    known: int
    time: int
    reworked: bool
    values: tuple[float | None, ...]
    segment: Segment = ()


@dataclass(slots=True)
class Counted:
    """What was counted in a log, by period number of a grid of fixed width.

    Attributes:
        successions: every kind of pair.
        services: times from start to complete rows; `waits`: from the event before to the start row.
        closings: (period, mark, block, branch, segment) -> how often the block ended with that as the branch's last
            mark.
        astray: (kind, earlier, later) -> what follows where the workflow has no way; `strayed` counts the cases that
            have ended with such an event.
        endings: the cases that have ended; `ended` has them one by one, if that was asked.
        open: the others.
        ties: events at the same moment as the one before them in their case.
        limits: mark -> milliseconds after which a case that may have ended there counts as ended.
        notes: what a reader of the figures should know.
    """

    successions: list[Succession] = field(default_factory=list)
    services: dict[tuple[int, str, Segment], Times] = field(default_factory=dict)
    waits: dict[tuple[int, str, Segment], Times] = field(default_factory=dict)
    closings: dict[tuple[int, str, str, int, Segment], int] = field(default_factory=dict)
    astray: dict[tuple[Kind, str, str], Astray] = field(default_factory=dict)
    strayed: int = 0
    ties: int = 0
    endings: list[Ending] = field(default_factory=list)
    ended: list[EndedCase] = field(default_factory=list)
    open: list[Case] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
