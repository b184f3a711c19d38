"""Event logs case by case: what each case did in order, for readers that follow cases instead of counting them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import narwhals as nw

from mpmflow.diagnostics.errors import DataError
from mpmflow.model.flow import Scope
from mpmflow.model.imports import all_workflows
from mpmflow.model.model import Model
from mpmflow.model.observations import LogSource
from mpmflow.model.process import Workflow
from mpmflow.model.spells import NOBODY

from .claims import Claims, claims
from .engines import collected
from .events import Events, open_events
from .periods import day_end, end_of
from .ways import Ways


@dataclass(frozen=True, slots=True)
class Event:
    """An event that shows a mark: when it was over, when it began (None if not said), and who did it."""

    mark: str
    at: int
    began: int | None
    who: int


@dataclass(slots=True)
class CaseEvents:
    """The events of a case in order, and the work that began after them and goes on."""

    events: list[Event]
    going_on: Event | None = None

    @property
    def began(self) -> int:
        starts = [event.began if event.began is not None else event.at for event in self.events]
        return min(starts) if starts else self.going_on.at if self.going_on else 0


@dataclass(frozen=True, slots=True)
class OpenedLog:
    """A log with what each of its activities shows."""

    events: Events
    claims: Claims

    def marks(self) -> set[str]:
        """What this log can show: marks with `seen as`, and those that some activity is called like."""
        explicit = {claim.mark for claim in self.claims.explicit}
        alone = {name for claim in self.claims.explicit if not claim.where for name in claim.activities}
        named = {self.claims.name(activity) for (activity, *_), _ in self.events.kinds if activity not in alone}
        return explicit | {mark for mark in named if mark}

    def shows_nothing(self) -> DataError:
        """What to say of a log without an event that the workflow knows."""
        shown = ", ".join(sorted({repr(activity) for (activity, *_), _ in self.events.kinds})[:5])
        return DataError(
            f"no event of it is one that the workflow knows; it has {shown}. Name them with `seen as`",
            file=self.events.label,
        )


@dataclass(frozen=True, slots=True)
class CaseLogs:
    """The logs of a model, opened: the moment (in milliseconds) up to which all is known, the ways of its workflows."""

    opened: tuple[OpenedLog, ...]
    until: int
    workflows: tuple[Workflow, ...]
    ways: Ways


def open_cases(
    model: Model, folder: str | Path | None, log: str | Path | Any, as_of: date | datetime | str | None, purpose: str
) -> CaseLogs:
    """Open the logs of a model's `data` block, or the one given instead, whose columns are those of the block's first.

    Raises DataError: there is no log (`purpose` says for what one is needed), or it cannot be read.
    """
    declared = [part for part in model.data if isinstance(part, LogSource)]
    home = Path(folder) if folder is not None else Path.cwd()
    given = [(part.path, part, home) for part in declared] if log is None else []
    if log is not None:
        given = [(log, declared[0] if declared else LogSource(path=""), None)]  # type: ignore[list-item]
    if not given:
        raise DataError(
            f"there is no log {purpose}: give one with --log PATH, or name it in the file, as in "
            '`data { log "events.csv" { case case_id, activity, time timestamp } }`'
        )
    workflows = tuple(all_workflows(model))
    wanted = claims(workflows)
    until_asked = end_of(as_of) if as_of is not None else None
    opened = tuple(
        OpenedLog(open_events(path, part, folder=start, looks_at=wanted.columns, until=until_asked), wanted)
        for path, part, start in given
    )
    until = until_asked if until_asked is not None else day_end(max(part.events.last for part in opened))
    return CaseLogs(opened, until, workflows, Ways(workflows, {mark for part in opened for mark in part.marks()}))


class CaseReader:
    """Gathers the cases of logs.

    Attributes:
        cases: in the order of each log's case ids; those without a known event are left out.
        people: who did something -> number, as events count them.
        timed: whether some events say when work began.
        notes: what was passed over, in sentences.
    """

    def __init__(self) -> None:
        self.cases: list[CaseEvents] = []
        self.people: dict[str, int] = {}
        self.timed = False
        self.notes: list[str] = []

    def read(self, part: OpenedLog) -> None:
        """Take the cases of one log."""
        frame = part.events.frame
        present = frame.collect_schema().names()
        looks = [f"w{index}" for index in range(len(part.claims.columns))]
        told = [name for name in ("lifecycle", "resource") if name in present]
        columns = ["case", "ms", "row", "activity", *looks, *told]
        chosen = collected(frame.select(nw.col("case").cast(nw.String), *columns[1:]))
        rows = chosen.sort("case", "ms", "row").iter_rows(named=False)
        self._cases(rows, {name: index for index, name in enumerate(columns)}, looks, part)

    def _cases(
        self,
        rows: Iterator[tuple[Any, ...]],
        place: Mapping[str, int],
        looks: Sequence[str],
        part: OpenedLog,
    ) -> None:
        texts = [place["activity"], *(place[name] for name in looks)]
        life, who = place.get("lifecycle"), place.get("resource")
        known: dict[tuple[Any, ...], str | None] = {}
        other: Counter[str] = Counter()
        current: Any = None
        events: list[Event] = []
        begun: dict[str, Event] = {}
        for row in rows:
            if row[place["case"]] != current:
                self._keep(events, begun)
                current, events, begun = row[place["case"]], [], {}
            shown = tuple(row[index] for index in texts)
            if shown not in known:
                known[shown] = part.claims.mark(shown[0], dict(zip(part.claims.columns, shown[1:], strict=True)))
            mark = known[shown]
            if mark is None:
                continue
            word = str(row[life]).lower() if life is not None else "complete"
            at = int(row[place["ms"]])
            person = row[who] if who is not None else None
            number = self.people.setdefault(person, len(self.people)) if person else NOBODY
            if word == "start":
                begun[mark] = Event(mark, at, at, number)
                self.timed = True
            elif word == "complete":
                first = begun.pop(mark, None)
                events.append(
                    Event(mark, at, first.at if first else None, number if person or not first else first.who)
                )
            else:
                other[word] += 1
        self._keep(events, begun)
        for word, found in sorted(other.items()):
            self.notes.append(f"{found} rows say {word!r}, neither start nor complete, and are passed over.")

    def _keep(self, events: list[Event], begun: Mapping[str, Event]) -> None:
        going_on = max(begun.values(), key=lambda event: event.at, default=None)
        if going_on is not None and events and going_on.at < events[-1].at:
            going_on = None
        if events or going_on:
            self.cases.append(CaseEvents(events, going_on))


class Branches:
    """Which event of a case came before which, where branches of a parallel block run side by side."""

    def __init__(self, ways: Ways) -> None:
        self.ways = ways

    def scope(self, mark: str) -> Scope:
        """The branches in which a mark's place stands."""
        place = self.ways.places.get(mark)
        return place.scope if place else ()

    def fits(self, mark: str, scope: Scope) -> bool:
        """Whether a mark lies in this scope, or around it: not in a branch beside it."""
        other = self.scope(mark)
        return other[: len(scope)] == scope or scope[: len(other)] == other

    def before(self, events: Sequence[Event], index: int) -> int | None:
        """The event before: in a parallel branch the last one of that branch, or from before the block."""
        scope = self.scope(events[index].mark)
        if not scope:
            return index - 1 if index else None
        return next((found for found in range(index - 1, -1, -1) if self.fits(events[found].mark, scope)), None)
