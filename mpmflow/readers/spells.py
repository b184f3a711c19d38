"""Event logs as spells: each case's way through the workflow, event by event, with what is still open at its end.

The rules are those of `tally`, told case by case instead of counted: which node holds the time between two events,
which outcomes were taken in silence, when a case that goes quiet counts as ended. In a parallel block the event before
is the last one of the same branch; of an open case inside a block, the branch of its last event is known and no other.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import ceil, nan
from pathlib import Path
from typing import Any

from mpmflow.model.flow import Place
from mpmflow.model.model import Model
from mpmflow.model.process import Choose, Decision, Work
from mpmflow.model.spells import NOBODY, OPEN, DecisionSpells, NodeSpells, Spells

from .case_events import Branches, CaseEvents, CaseReader, Event, OpenedLog, open_cases
from .periods import PATIENCE
from .ways import ENOUGH, START, Stop, Way, Ways, patient_marks


def read_spells(
    model: Model,
    *,
    folder: str | Path | None = None,
    log: str | Path | Any = None,
    as_of: date | datetime | str | None = None,
    patience: float = PATIENCE,
) -> Spells:
    """Read the spells of a model's logs.

    Args:
        folder: the folder of the model's file, where the paths of its `data` block start and which they do not leave.
        log: a path or frame that stands for the logs of the block; its columns are those of the first one.
        as_of: the day (its end) or moment up to which is known; None for the end of the last day in the logs.
        patience: see `logs.read_log`.

    Raises DataError: there is no log, it cannot be read, or the workflow knows none of its events.
    """
    logs = open_cases(model, folder, log, as_of, "to fit to")
    walk = _Walk(logs.ways, logs.until, patience)
    for part in logs.opened:
        walk.reader.read(part)
    if not walk.cases:
        raise logs.opened[0].shows_nothing()
    return walk.result(logs.opened)


class _Walk:
    """Follows every case through the workflow and writes down its spells."""

    def __init__(self, ways: Ways, until: int, patience: float) -> None:
        self.ways, self.until, self.patience = ways, until, patience
        self.patient = frozenset(patient_marks(ways))
        self.marks = (*sorted(ways.marks), START)
        self.code = {mark: number for number, mark in enumerate(self.marks)}
        self.branches = Branches(ways)
        self.reader = CaseReader()
        self.cases = self.reader.cases
        self.nodes: dict[str, NodeSpells] = defaultdict(NodeSpells)
        self.decisions: dict[str, DecisionSpells] = {}
        self.outcomes: dict[str, dict[str, int]] = {}
        self.delaying: set[str] = set()
        for flow in ways.flows.values():
            for place in flow.nodes.values():
                if isinstance(place.node, Decision | Choose):
                    numbers = {f"{place.id}.{one.name}": index for index, one in enumerate(place.node.outcomes)}
                    self.decisions[place.id], self.outcomes[place.id] = DecisionSpells(), numbers
                    self.delaying |= {f"{place.id}.{one.name}" for one in place.node.outcomes if one.delay}
        self.went_on: Counter[str] = Counter()
        self.passed_in_silence: set[str] = set()
        self.served: set[str] = set()
        self.deviations = 0
        self.ended = 0
        self.arrivals: dict[str, list[float]] = defaultdict(list)
        self._may: dict[str, tuple[str, ...]] = {}
        self._holds: dict[tuple[str, str], str | None] = {}
        self.notes = self.reader.notes

    # ------------------------------------------------------------------------------------------ walking

    def result(self, opened: Sequence[OpenedLog]) -> Spells:
        limits = self._limits()
        for number, case in enumerate(self.cases):
            self._follow(number, case, limits)
        for node in sorted(self.passed_in_silence & set(self.nodes) - self.served):
            del self.nodes[node]
            self.notes.append(
                f"The times at {node} are left out: some cases pass it without an event, nobody knows when."
            )
        events = [part.events for part in opened]
        unmatched = sum(
            rows
            for part in opened
            for (activity, *cells), rows in part.events.kinds
            if part.claims.mark(activity, dict(zip(part.claims.columns, cells, strict=True))) is None
        )
        return Spells(
            first=min(one.first for one in events) / 1000,
            until=self.until / 1000,
            nodes=dict(sorted(self.nodes.items())),
            decisions={name: spells for name, spells in self.decisions.items() if len(spells)},
            arrivals={name: array("d", sorted(found)) for name, found in sorted(self.arrivals.items())},
            ended=self.ended,
            cases=len(self.cases),
            events=sum(one.events for one in events),
            marks=self.marks,
            went_on=tuple(self.went_on[mark] for mark in self.marks),
            given_up=frozenset(self.code[mark] for mark in limits),
            resources=tuple(self.reader.people),
            timed=self.reader.timed,
            by_day=all(one.by_day for one in events),
            label=" and ".join(one.label for one in events),
            source=" and ".join(one.origin for one in events),
            unmatched=unmatched,
            deviations=self.deviations,
            notes=tuple(dict.fromkeys((*(note for one in events for note in one.notes), *self.notes))),
        )

    def _limits(self) -> dict[str, int]:
        """How long one waits after each mark, where a case may end in silence, for it to go on."""
        gaps: dict[str, list[int]] = defaultdict(list)
        for case in self.cases:
            for index in range(1, len(case.events)):
                before = self.branches.before(case.events, index)
                if before is not None and case.events[before].mark in self.patient:
                    gaps[case.events[before].mark].append(case.events[index].at - case.events[before].at)
        return {
            mark: sorted(found)[ceil(self.patience * len(found)) - 1]
            for mark, found in gaps.items()
            if len(found) >= ENOUGH
        }

    def _follow(self, number: int, case: CaseEvents, limits: Mapping[str, int]) -> None:
        told = _Told(number)
        first = case.events[0].mark if case.events else case.going_on.mark if case.going_on else START
        self.arrivals[self.ways.root_of(first)].append(case.began / 1000)
        for index, event in enumerate(case.events):
            before = self.branches.before(case.events, index)
            earlier = case.events[before] if before is not None else None
            self._step(told, earlier, event, beside=index > 0 and before != index - 1)
            if index:
                self._closings(told, case.events, index)
        if case.going_on is not None:
            self._going_on(told, case.events[-1] if case.events else None, case.going_on)
        elif case.events:
            self._last(told, case.events[-1], limits)

    def _step(self, told: _Told, earlier: Event | None, event: Event, *, beside: bool) -> None:
        """From one event of a case to the next."""
        before = earlier.mark if earlier else START
        entered = earlier.at if earlier else event.at
        self.went_on[before] += 1
        way = self.ways.between(before, event.mark)
        revealed = [outcome for outcome, scope in way.passed if scope or not beside] if way else []
        if "." in event.mark:
            revealed.append(event.mark)
        for outcome in revealed:
            self._decide(told, before, entered, event.at, outcome)
        if way is None:
            self.deviations += 1
            return
        decided = {outcome.partition(".")[0] for outcome in revealed}
        doubtful = {outcome.partition(".")[0] for outcome in way.unsure}
        if not beside:
            for decision in self._possible(before):
                if decision not in decided and decision not in doubtful:
                    self._wait(told, decision, before, entered, event.at, len(self.outcomes[decision]))
        node = self.ways.places[event.mark].id
        if event.began is not None:
            self.served.add(node)
            since = entered / 1000 if earlier and not self._delayed(before, way) else nan
            self._visit(told, node, before, since, event.began / 1000, event.at / 1000, event.who)
        elif earlier is not None and not self._delayed(before, way):
            holder = self._holder(before, event.mark, way)
            if holder is not None:
                who = event.who if holder == node else NOBODY
                self._visit(told, holder, before, entered / 1000, nan, event.at / 1000, who)

    def _delayed(self, before: str, way: Way) -> bool:
        """Whether the case also waited for the delay of an outcome, which is no time at a node."""
        return before in self.delaying or any(outcome in self.delaying for outcome in way.outcomes)

    def _holder(self, before: str, mark: str, way: Way) -> str | None:
        """The one place on the way that takes time, else the node that the event shows."""
        key = (before, mark)
        if key not in self._holds:
            shown = self.ways.places[mark]
            timed = list(dict.fromkeys(place.id for place in (*way.places, shown) if _takes_time(place)))
            holder = timed[0] if len(timed) == 1 else shown.id
            again = before == shown.id and mark != shown.id
            self._holds[key] = None if again else holder
            if not again:
                self.passed_in_silence |= {
                    place.id
                    for place in way.places
                    if place.id != holder and isinstance(place.node, Work) and not _takes_time(place)
                }
        return self._holds[key]

    def _closings(self, told: _Told, events: Sequence[Event], index: int) -> None:
        """What the branches of a block that is left here ended with, where their last decisions leave no event."""
        if not self.ways.silent_branches:
            return
        here, last = self.branches.scope(events[index].mark), self.branches.scope(events[index - 1].mark)
        for block, branch in self.ways.silent_branches:
            left = all(name != block for name, _ in here) and any(name == block for name, _ in last)
            if not left or (block, branch) in last:
                continue
            scope = ((block, branch),)
            found = next((one for one in reversed(events[:index]) if self.branches.fits(one.mark, scope)), None)
            way = self.ways.closing(found.mark, block, branch) if found else None
            for outcome, inside in way.passed if way and found else ():
                if inside[:1] == scope and found:
                    self._decide(told, found.mark, found.at, events[index].at, outcome)

    def _possible(self, mark: str) -> tuple[str, ...]:
        """The decisions that may be made before the next event."""
        if mark not in self._may:
            found: dict[str, None] = {}
            for stop, way in self.ways.after(mark).items():
                for outcome in (
                    *way.outcomes,
                    *way.unsure,
                    *([stop.name] if "." in stop.name and not stop.is_end else []),
                ):
                    found.setdefault(outcome.partition(".")[0])
            self._may[mark] = tuple(found)
        return self._may[mark]

    def _last(self, told: _Told, event: Event, limits: Mapping[str, int]) -> None:
        """What comes after a case's last event: an end, or nothing yet."""
        stops = self.ways.after(event.mark)
        ends = [stop for stop in stops if stop.is_end]
        if len(ends) == 1:
            quiet = limits.get(event.mark) if len(stops) > 1 else 0
            if quiet is not None and (len(stops) == 1 or event.at + quiet < self.until):
                self.ended += 1
                self.went_on[event.mark] += 1
                way = stops[ends[0]]
                for outcome, _ in way.passed:
                    self._decide(told, event.mark, event.at, event.at + quiet, outcome)
                decided = {outcome.partition(".")[0] for outcome in (*way.outcomes, *way.unsure)}
                for decision in self._possible(event.mark):
                    if decision not in decided:
                        elsewhere = len(self.outcomes[decision])
                        self._wait(told, decision, event.mark, event.at, event.at + quiet, elsewhere)
                return
        for decision in self._possible(event.mark):
            self._wait(told, decision, event.mark, event.at, self.until, OPEN)
        if event.mark in self.delaying:
            return
        going = [(stop, way) for stop, way in stops.items() if not stop.is_end]
        holders = {self._holder(event.mark, stop.name, way): None for stop, way in going if not self._delayed("", way)}
        places = [holder for holder in holders if holder is not None]
        for holder in places:
            self._visit(told, holder, event.mark, event.at / 1000, among=len(holders) + len(ends))

    def _going_on(self, told: _Told, earlier: Event | None, event: Event) -> None:
        """Work that has begun and is not over."""
        node = self.ways.places[event.mark].id
        before = earlier.mark if earlier else START
        entered = earlier.at if earlier else event.at
        way = self.ways.after(before).get(Stop(event.mark))
        since = entered / 1000 if earlier and way and not self._delayed(before, way) else nan
        self.served.add(node)
        self._visit(told, node, before, since, event.at / 1000, nan, event.who)
        for outcome in way.outcomes if way else ():
            self._decide(told, before, entered, event.at, outcome)
        if node in self.decisions:
            self._wait(told, node, before, entered, self.until, OPEN)

    # ------------------------------------------------------------------------------------------ writing down

    def _decide(self, told: _Told, before: str, entered: int, at: int, outcome: str) -> None:
        decision = outcome.partition(".")[0]
        self._wait(told, decision, before, entered, at, self.outcomes[decision][outcome])
        told.decided[decision] += 1

    def _wait(self, told: _Told, decision: str, before: str, entered: int, left: int, outcome: int) -> None:
        visit = told.decided[decision] + 1
        self.decisions[decision].add(
            told.case, visit, self.code[before], entered / 1000, max(left, entered) / 1000, outcome
        )

    def _visit(
        self,
        told: _Told,
        node: str,
        before: str,
        entered: float,
        began: float = nan,
        left: float = nan,
        who: int = NOBODY,
        among: int = 1,
    ) -> None:
        told.visited[node] += among == 1
        self.nodes[node].add(told.case, self.code[before], max(told.visited[node], 1), entered, began, left, who, among)


@dataclass(slots=True)
class _Told:
    """What was written down of one case so far."""

    case: int
    decided: Counter[str] = field(default_factory=Counter)
    visited: Counter[str] = field(default_factory=Counter)


def _takes_time(place: Place) -> bool:
    return isinstance(place.node, Work) and bool(place.node.takes or place.node.waits)
