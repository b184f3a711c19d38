"""Event logs as passages: when work went from one team to another, and how long the taker let it lie.

The giver is the last event of another team before the taker's, events of nobody in between passed over. Behind a
`parallel` every branch hands over, and the clock starts when the last one is done: the taker cannot begin before.
Behind a `first` the branch hands over that was done first. What the log cannot show is counted, not guessed.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from math import nan
from pathlib import Path
from typing import Any

from mpmflow.model.flow import Scope
from mpmflow.model.model import Model
from mpmflow.model.passages import UNKNOWN, Passages
from mpmflow.model.process import Choose, Decision, Parallel, Work

from .case_events import Branches, CaseEvents, CaseLogs, CaseReader, Event, open_cases
from .ways import Stop, Way


def read_passages(
    model: Model,
    *,
    folder: str | Path | None = None,
    log: str | Path | Any = None,
    as_of: date | datetime | str | None = None,
) -> Passages:
    """Read the passages of a model's logs.

    Args:
        folder: the folder of the model's file, where the paths of its `data` block start and which they do not leave.
        log: a path or frame that stands for the logs of the block; its columns are those of the first one.
        as_of: the day (its end) or moment up to which is known; None for the end of the last day in the logs.

    Raises DataError: there is no log, it cannot be read, or the workflow knows none of its events.
    """
    logs = open_cases(model, folder, log, as_of, "to see hand-offs in")
    reader = CaseReader()
    for part in logs.opened:
        reader.read(part)
    if not reader.cases:
        raise logs.opened[0].shows_nothing()
    return _Walk(logs).result(reader.cases)


@dataclass(slots=True)
class _Passage:
    """One passage: nodes, moments in milliseconds, and the teams of both sides."""

    source: str
    target: str
    given: int
    taken: int | None
    began: bool
    rework: bool
    giver: str
    taker: str


_Route = tuple[tuple[tuple[str, str], ...], bool]
"""The seams between teams on a way, and whether it goes over rework."""


class _Walk:
    """Follows cases and writes their passages down."""

    def __init__(self, logs: CaseLogs) -> None:
        self.logs, self.ways, self.branches = logs, logs.ways, Branches(logs.ways)
        self.team: dict[str, str] = {}
        self.bounds: dict[str, str] = {}
        self.joins: dict[str, str] = {}
        self.count: dict[str, int] = {}
        for workflow in logs.workflows:
            for node in workflow.nodes():
                if isinstance(node, Work) and node.by is not None:
                    self.team[node.name] = node.by
                if isinstance(node, Decision | Choose):
                    bound = ((f"{node.name}.{one.name}", one.at_most) for one in node.outcomes)
                    self.bounds |= {name: at_most.target for name, at_most in bound if at_most is not None}
                if isinstance(node, Parallel):
                    self.joins[node.name], self.count[node.name] = node.join, len(node.branches)
        self.unseen: Counter[tuple[str, str]] = Counter()
        self._seams: dict[tuple[str, str, str], _Route | None] = {}
        self.blurred = self.astray = self.undecided = 0

    def result(self, cases: Sequence[CaseEvents]) -> Passages:
        nodes = tuple(self.team)
        seat = {name: number for number, name in enumerate(nodes)}
        integers = {name: array("q") for name in ("case", "source", "target", "began", "rework", "back")}
        given, taken = array("d"), array("d")
        came: Counter[str] = Counter()
        for number, case in enumerate(cases):
            first = case.events[0] if case.events else case.going_on
            assert first is not None
            came[self.ways.root_of(first.mark)] += 1
            found = sorted(self._follow(case), key=lambda one: one.given)
            ended = self._ended(case)
            for index, one in enumerate(found):
                integers["case"].append(number)
                integers["source"].append(seat[one.source])
                integers["target"].append(seat[one.target])
                integers["began"].append(int(one.began))
                integers["rework"].append(int(one.rework))
                integers["back"].append(_comes_back(one, found[index + 1 :], ended))
                given.append(one.given / 1000)
                taken.append(nan if one.taken is None else one.taken / 1000)
        events = [part.events for part in self.logs.opened]
        return Passages(
            nodes,
            first=min(one.first for one in events) / 1000,
            until=self.logs.until / 1000,
            given=given,
            taken=taken,
            cases=dict(sorted(came.items())),
            unseen=dict(sorted(self.unseen.items())),
            blurred=self.blurred,
            astray=self.astray,
            undecided=self.undecided,
            label=" and ".join(one.label for one in events),
            source_of=" and ".join(one.origin for one in events),
            by_day=all(one.by_day for one in events),
            **integers,
        )

    def _ended(self, case: CaseEvents) -> bool:
        """Whether a case can be over: nothing is being worked on, and an end can be reached in silence."""
        if case.going_on is not None or not case.events:
            return False
        return any(stop.is_end for stop in self.ways.after(case.events[-1].mark))

    def _node(self, mark: str) -> str:
        return self.ways.places[mark].id

    # ------------------------------------------------------------------------------------------ taken up

    def _follow(self, case: CaseEvents) -> Iterator[_Passage]:
        events = [*case.events, *([case.going_on] if case.going_on is not None else [])]
        for index, event in enumerate(events):
            going_on = event is case.going_on
            if self._node(event.mark) not in self.team:
                continue
            for giver, last, clock in self._givers(events, index):
                yield from self._passed(events, giver, last, events[clock].at, event, going_on)
        if case.events and case.going_on is None:
            yield from self._waiting(case.events)

    def _givers(self, events: Sequence[Event], index: int) -> Iterator[tuple[int, int, int]]:
        """Who hands over to an event: the giver's event, the last event on its way, and the one that stops the wait."""
        clock = self.branches.before(events, index)
        if clock is None:
            return
        here = self.branches.scope(events[index].mark)
        there = self.branches.scope(events[clock].mark)
        inside = there[: len(here) + 1]
        if len(there) <= len(here) or there[: len(here)] != here or self.joins.get(inside[-1][0]) != "all":
            giver = self._with_team(events, clock, ())
            if giver is not None:
                yield giver, clock, clock
            return
        for _, last in sorted(self._last_of_branches(events, clock, here, inside[-1][0]).items()):
            giver = self._with_team(events, last, self.branches.scope(events[last].mark)[: len(here) + 1])
            if giver is not None:
                yield giver, last, clock

    def _last_of_branches(self, events: Sequence[Event], start: int, outer: Scope, block: str) -> dict[int, int]:
        """The last event of each branch of a block, in the round that the event `start` belongs to."""
        found: dict[int, int] = {}
        for index in range(start, -1, -1):
            scope = self.branches.scope(events[index].mark)
            if scope[: len(outer)] != outer:
                if outer[: len(scope)] == scope:
                    break
                continue
            if len(scope) <= len(outer) or scope[len(outer)][0] != block:
                break
            found.setdefault(scope[len(outer)][1], index)
        return found

    def _with_team(self, events: Sequence[Event], index: int | None, within: Scope) -> int | None:
        """This event, or the nearest before it that somebody did, inside of a branch where one is given."""
        while index is not None and self._node(events[index].mark) not in self.team:
            index = self.branches.before(events, index)
            if index is not None and self.branches.scope(events[index].mark)[: len(within)] != within:
                return None
        return index

    def _passed(
        self, events: Sequence[Event], giver: int, last: int, given: int, event: Event, going_on: bool
    ) -> Iterator[_Passage]:
        """From the giver's event, over the last one on the way, to the taker's."""
        key = (events[giver].mark, events[last].mark, event.mark)
        if key not in self._seams:
            self._seams[key] = self._route(*key)
        route = self._seams[key]
        source, target = self._node(events[giver].mark), self._node(event.mark)
        if route is None:
            self.astray += self.team[source] != self.team[target]
            return
        seams, over_rework = route
        if len(seams) != 1:
            self.unseen.update(seams)
            return
        (seam,) = seams
        self.blurred += seam[0] != source
        began = event.began is not None and seam[1] == target
        taken = event.began if began and event.began is not None else event.at
        rework = over_rework or (giver != last and self._reworked_before(events, giver, last))
        giving, taking = (self.team[one] for one in seam)
        yield _Passage(*seam, given, max(taken, given), began or going_on, rework, giving, taking)

    def _route(self, giver: str, last: str, mark: str) -> _Route | None:
        """Where the team changes from one mark to another, and whether that goes over rework; None without a way."""
        way = self.ways.between(last, mark)
        if way is None:
            return None
        chain = self._chain(self._node(giver), way, self._node(mark))
        seams = tuple((one, two) for one, two in pairwise(chain) if self.team[one] != self.team[two])
        return seams, self._is_rework((giver, last, *way.outcomes), way, self._node(mark))

    def _is_rework(self, outcomes: Iterable[str], way: Way, target: str) -> bool:
        """Whether one of some outcomes is rework; behind its bound (`at most N then -> T`) it is not."""
        passed = {target, *(place.id for place in way.places)}
        return any(one in self.ways.rework and self.bounds.get(one) not in passed for one in outcomes)

    def _chain(self, source: str, way: Way, target: str) -> list[str]:
        """The nodes with a team on a way, those without an event of their own too."""
        silent = [place.id for place in way.places if place.id in self.team and place.id not in (source, target)]
        return [source, *silent, target]

    def _reworked_before(self, events: Sequence[Event], giver: int, last: int) -> bool:
        """Whether work by nobody between two events of a case was come to over rework."""
        passed_by = [index for index in range(giver, last) if self._node(events[index].mark) not in self.team]
        marks = [events[index].mark for index in (giver, *passed_by, last)]
        outcomes = set(marks)
        for one, two in pairwise(marks):
            way = self.ways.between(one, two)
            outcomes.update(way.outcomes if way is not None else ())
        return not outcomes.isdisjoint(self.ways.rework)

    # ------------------------------------------------------------------------------------------ still waiting

    def _waiting(self, events: Sequence[Event]) -> Iterator[_Passage]:
        """Work of an open case that was handed over and that nobody has taken up."""
        last = len(events) - 1
        if any(stop.is_end for stop in self.ways.after(events[last].mark)):
            return
        scope = self.branches.scope(events[last].mark)
        if not scope:
            yield from self._due(events, last, None)
            return
        block = scope[0][0]
        done = self._last_of_branches(events, last, (), block)
        before = next((k for k in range(last, -1, -1) if not self.branches.scope(events[k].mark)), None)
        fronts = [(done.get(number, before), number) for number in range(self.count.get(block, 0))]
        joined = [
            front is not None and number in done and bool(self._beyond(events[front].mark, block))
            for front, number in fronts
        ]
        if all(joined) and self.joins.get(block) == "all":
            for front, _ in fronts:
                if front is not None:
                    yield from self._due(events, front, None, events[last].at)
            return
        for (front, number), at_join in zip(fronts, joined, strict=True):
            if front is not None and not at_join:
                yield from self._due(events, front, (block, number))

    def _beyond(self, mark: str, block: str) -> list[Stop]:
        """The stops that can be reached from a mark outside of a block."""
        return [
            stop
            for stop in self.ways.after(mark)
            if stop.is_end or all(name != block for name, _ in self.branches.scope(stop.name))
        ]

    def _due(
        self, events: Sequence[Event], front: int, branch: tuple[str, int] | None, given: int | None = None
    ) -> Iterator[_Passage]:
        """Who has to go on after an event, if that is one team only; in a block, within one of its branches."""
        giver = self._with_team(events, front, ())
        if giver is None:
            return
        outer = len(self.branches.scope(events[front].mark)) if branch is None else 0
        groups: dict[tuple[str, int] | None, set[tuple[str, str] | None]] = {}
        rework: dict[tuple[str, str], bool] = {}
        for stop, way in self.ways.after(events[front].mark).items():
            scope = self.branches.scope(stop.name)
            if stop.is_end or (branch is not None and scope[:1] != (branch,)):
                continue
            chain = self._chain(self._node(events[giver].mark), way, self._node(stop.name))
            seams = [(one, two) for one, two in pairwise(one for one in chain if one in self.team)
                     if self.team[one] != self.team[two]]  # fmt: skip
            seam = seams[0] if seams else None
            if seam is not None:
                marks = (events[giver].mark, events[front].mark, *way.outcomes)
                over = self._is_rework(marks, way, self._node(stop.name))
                over = over or (giver != front and self._reworked_before(events, giver, front))
                rework[seam] = rework.get(seam, True) and over
            groups.setdefault(scope[outer] if len(scope) > outer else None, set()).add(seam)
        if len(groups) > 1 and len({key[0] if key is not None else None for key in groups}) > 1:
            self.undecided += 1
            return
        for due in groups.values():
            if len(due) > 1:
                self.undecided += 1
                continue
            (seam,) = due
            if seam is not None:
                moment = given if given is not None else events[front].at
                yield _Passage(*seam, moment, None, False, rework[seam], self.team[seam[0]], self.team[seam[1]])


def _comes_back(one: _Passage, later: Sequence[_Passage], ended: bool) -> int:
    """Whether the taker's next hand-off gives the work back to the giver as rework."""
    after = one.taken if one.taken is not None else one.given
    onward = next((other for other in later if other.giver == one.taker and other.given >= after), None)
    if onward is not None:
        return int(onward.taker == one.giver and onward.rework)
    return 0 if ended and one.taken is not None else UNKNOWN
