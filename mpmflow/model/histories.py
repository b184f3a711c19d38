"""What the cases of a log did, without any workflow: their variants and times, as readers make them for discovery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .observations import Role


@dataclass(frozen=True, slots=True)
class Spread:
    """How a time scatters: the count of values, their mean and standard deviation in seconds."""

    count: int
    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Variant:
    """Cases that did the same things in the same order.

    Attributes:
        visits: the activities in order, as numbers into `Histories.activities`.
        cases: how many cases did so.
        begins, ends: mean seconds from the first visible moment of a case to the beginning and to the end of each
            visit. Without start rows a visit begins when it ends.
        example: one of the cases.
    """

    visits: tuple[int, ...]
    cases: int
    begins: tuple[float, ...]
    ends: tuple[float, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Histories:
    """The cases of a log, counted by what they did.

    Attributes:
        label: what to call the log.
        path: its file, None for a frame.
        columns: role -> the column that was read as such.
        activities: the names, most frequent first.
        variants: most frequent first.
        cases, events: all of the log, also those whose variants are not listed.
        unlisted: cases whose variants are not listed: too long, or too many different ones.
        first, last: the earliest and the latest moment.
        started: moments of the first and the last case's first event.
        work: per activity the time from start to completion; empty where the log has completions only.
        gaps: per activity the time from the completion before it in the case to its own beginning.
        resources: per activity who did it, how often; empty where the log does not say.
        notes: what was guessed or passed over, in sentences.
    """

    label: str
    path: str | None
    columns: Mapping[Role, str]
    activities: tuple[str, ...]
    variants: tuple[Variant, ...]
    cases: int
    events: int
    unlisted: int
    first: datetime
    last: datetime
    started: tuple[datetime, datetime]
    gaps: tuple[Spread, ...]
    work: tuple[Spread, ...] = ()
    resources: tuple[Mapping[str, int], ...] = ()
    notes: tuple[str, ...] = field(default=())
