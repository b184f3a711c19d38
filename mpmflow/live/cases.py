"""Cases as they come in, event by event: what each event adds to the counts, in whatever order it comes.

What is counted is what `readers.counting` counts in a whole log, by the same rules; a test holds the two together. An
event that comes last in its case adds to the counts; one that belongs between others takes back what those behind it
had added, and adds it anew. So the counts never depend on the order in which events came, and a case that has ended
need not be kept.

Events of a case at the same moment keep the order in which they came; in a log that says start and complete they are
in the order of what they show, as everywhere in mpmflow.

The module is long, for adding an event, taking it back and summing up must follow one and the same set of rules.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from operator import itemgetter
from typing import Any

from mpmflow.model.flow import Scope
from mpmflow.model.process import Workflow
from mpmflow.readers.claims import Claims
from mpmflow.readers.counted import Case as OpenCase
from mpmflow.readers.counted import Counted, EndedCase, Ending, Succession, Times
from mpmflow.readers.periods import Grid
from mpmflow.readers.ways import ENOUGH, START, Ways, patient_marks

from .rows import BEGUN, DONE, GOING_ON, Row

Event = tuple[int, int, int, int | None, str | None, tuple[float | None, ...] | None]
"""Moment, number of what it shows, life, start, key, values: see `Row`."""
Key = tuple[Any, ...]
MOST_EVENTS = 48
"""A case with more events than these is shortened: of what nothing can come between any more, the last of each mark
is enough."""
_moment = itemgetter(0)


class Case:
    """A case: its events in order. The first `settled` of them stand for all that came before; what those said of the
    whole case is in `began`, `reworked` and `values`."""

    __slots__ = ("began", "events", "reworked", "settled", "values")

    def __init__(self, events: list[Event] | None = None) -> None:
        self.events: list[Event] = [] if events is None else events
        self.settled = 0
        self.began: int | None = None
        self.reworked = False
        self.values: tuple[float | None, ...] | None = None

    def state(self) -> list[Any]:
        """What a store keeps of it."""
        if not self.settled:
            return self.events
        return [self.settled, self.began, self.reworked, self.values, self.events]

    @classmethod
    def of(cls, state: list[Any]) -> Case:
        """The case of what a store kept."""
        if not state or isinstance(state[0], list):
            return cls([_event(one) for one in state])
        settled, began, reworked, values, events = state
        case = cls([_event(one) for one in events])
        case.settled, case.began, case.reworked = settled, began, reworked
        case.values = tuple(values) if values is not None else None
        return case


def _event(state: Sequence[Any]) -> Event:
    ms, kind, life, start, key, values = state
    return (ms, kind, life, start, key, None if values is None else tuple(values))


class Cases:
    """All cases that are kept, and the counts of everything.

    Attributes:
        kinds: what events have shown (activity and cells), by number; `marks` what each of them is in the model, None
            for what nobody claims.
        cases: by id. changed: the ids whose state a store has not seen.
        sums: the counts by key, each a list of whole numbers; touched: the keys a store has not seen.
        first: the earliest moment of any event.
        grown: the log has shown something for the first time, so that all that came before may mean something else:
            what was passed in silence until then would have been seen.
    """

    def __init__(
        self,
        workflows: Sequence[Workflow],
        claims: Claims,
        grid: Grid,
        patience: float | None,
        one_by_one: bool,
    ) -> None:
        self.workflows, self.claims, self.grid = tuple(workflows), claims, grid
        self.fine = grid.fine
        self.patience, self.one_by_one = patience, one_by_one
        possible = {claim.mark for claim in claims.explicit} | set(claims.names.values())
        self.full = Ways(self.workflows, possible)
        self.scopes: dict[str, Scope] = {mark: place.scope for mark, place in self.full.places.items()}
        self.scoped = any(self.scopes.values())
        self.branches = Ways(self.workflows, ()).silent_branches if self.scoped else ()
        self.surely_over = frozenset(mark for mark in possible if _sure(self.full, mark))
        self.kinds: list[tuple[str, ...]] = []
        self.marks: list[str | None] = []
        self.numbers: dict[tuple[str, ...], int] = {}
        self.cases: dict[str, Case] = {}
        self.changed: set[str] = set()
        self.sums: dict[Key, list[int]] = {}
        self.touched: set[Key] = set()
        self.first: int | None = None
        self.in_pairs = False
        self.grown = False
        self.ways = Ways(self.workflows, {claim.mark for claim in claims.explicit})
        self.patient: frozenset[str] = frozenset()
        self._look_again(self.ways.marks)

    # ------------------------------------------------------------------------------------------ what events show

    def number(self, shown: tuple[str, ...]) -> int:
        """The number of what an event shows; a new one may bring a mark that the log had not shown before."""
        found = self.numbers.get(shown)
        if found is None:
            found = self.numbers[shown] = len(self.kinds)
            self.kinds.append(shown)
            mark = self.claims.mark(shown[0], dict(zip(self.claims.columns, shown[1:], strict=True)))
            self.marks.append(mark)
            # Whoever is seen by other columns too is known by its name only where the activity alone has one.
            named = None if self._explicit(shown[0]) else self.claims.name(shown[0])
            new = {one for one in (mark, named) if one is not None} - self.ways.marks
            if new:
                self.grown = True
                self._look_again(self.ways.marks | new)
        return found

    def _explicit(self, activity: str) -> bool:
        return any(activity in claim.activities and not claim.where for claim in self.claims.explicit)

    def _look_again(self, marks: Iterable[str]) -> None:
        """Find the ways anew for more marks. Where a case may end in silence is counted from now on, and in the cases
        that are kept."""
        self.ways = Ways(self.workflows, marks)
        self._again: dict[tuple[str, str], bool] = {}
        if self.patience is None:
            return
        patient = self.patient | set(patient_marks(self.ways)) | set(patient_marks(self.full))
        new, self.patient = patient - self.patient, patient
        for case in self.cases.values() if new else ():
            for at in range(case.settled, len(case.events)):
                ms, kind, life, *_ = case.events[at]
                before, _ = self._before(case.events, at)
                earlier = self.marks[case.events[before][1]] if before >= 0 else None
                if not life and earlier in new and self.marks[kind] is not None:
                    self._add(("g", self.fine.number(ms), earlier, ms - case.events[before][0]), 1)

    # ------------------------------------------------------------------------------------------ events

    def take(self, row: Row) -> bool:
        """Count one event; False if it is known already. The caller has seen to it that it is not too late."""
        case_id, shown, ms, life, start, key, values = row
        kind = self.numbers.get(shown)
        if kind is None:
            kind = self.number(shown)
        mark = self.marks[kind]
        if mark is None:
            self._add(("u", shown), 1)
            self._see(ms)
            return True
        event: Event = (ms, kind, life, start, key, values)
        case = self.cases.get(case_id)
        if case is None:
            case = self.cases[case_id] = Case()
        events = case.events
        if life or start is not None:
            self.in_pairs = True
        if events and ms > events[-1][0] and key is None and not self.in_pairs and not self.scoped:
            self._follow_on(events[-1], ms, mark)
            events.append(event)
            self.changed.add(case_id)
            return True
        if not events or (ms > events[-1][0] and key is None):
            at = len(events)
            events.append(event)
        else:
            if self._known(events, event):
                return False
            if start is not None:
                self._over(case, kind, start)
            at = self._position(events, event)
            if at < len(events):
                for later in range(max(at, case.settled), len(events)):
                    self._step(events, later, -1)
                events.insert(at, event)
                for later in range(max(at, case.settled) + 1, len(events)):
                    self._step(events, later, 1)
            else:
                events.append(event)
        self._step(events, at, 1)
        self.changed.add(case_id)
        self._see(ms if start is None else start)
        return True

    def _follow_on(self, last: Event, ms: int, later: str) -> None:
        """What `_step` adds for the usual event: the latest of its case, of a log with one moment an event and a model
        without parallel work."""
        period = (ms - self.fine.anchor) // self.fine.width
        earlier, gap = self.marks[last[1]], ms - last[0]
        found: Key = ("s", period, earlier, later, False)
        row = self.sums.get(found)
        if row is None or len(row) < 4:
            self._add(found, 1, 1, gap, gap * gap)
        else:
            row[0] += 1
            row[1] += 1
            row[2] += gap
            row[3] += gap * gap
            self.touched.add(found)
        if earlier in self.patient:
            self._add(("g", period, earlier, gap), 1)

    def knows(self, row: Row) -> bool:
        """Whether an event that came too late is one that was counted already."""
        case, kind = self.cases.get(row.case), self.numbers.get(row.shown)
        if case is None or kind is None:
            return False
        return self._known(case.events, (row.ms, kind, row.life, row.start, row.key, row.values))

    def _see(self, ms: int) -> None:
        if self.first is None or ms < self.first:
            self.first = ms

    @staticmethod
    def _known(events: list[Event], event: Event) -> bool:
        ms, kind, life, start, key, _ = event
        if key is not None:
            return any(one[4] == key for one in events)
        at = bisect_right(events, ms, key=_moment) - 1
        while at >= 0 and events[at][0] == ms:
            if events[at][1:4] == (kind, life, start):
                return True
            at -= 1
        return False

    def _over(self, case: Case, kind: int, start: int) -> None:
        """Work that went on has ended: the row with both times stands for it."""
        mark = self.marks[kind]
        case.events[:] = [
            one
            for one in case.events
            if not (one[2] == GOING_ON and one[0] == start and self.marks[one[1]] == mark)
        ]  # fmt: skip
        case.settled = min(case.settled, len(case.events))

    def _position(self, events: list[Event], event: Event) -> int:
        at = bisect_right(events, event[0], key=_moment)
        if self.in_pairs:
            mark = str(self.marks[event[1]])
            while at and events[at - 1][0] == event[0] and str(self.marks[events[at - 1][1]]) > mark:
                at -= 1
        return at

    def _before(self, events: list[Event], at: int) -> tuple[int, int]:
        """The positions of the event before (in a parallel branch the last one of that branch, or from before the
        block), and of the one right before; -1 where there is none."""
        last = at - 1
        while last >= 0 and events[last][2]:
            last -= 1
        if not self.scoped:
            return last, last
        return self._fitting(events, last, self.scopes.get(str(self.marks[events[at][1]]), ())), last

    def _fitting(self, events: list[Event], at: int, scope: Scope) -> int:
        while scope and at >= 0:
            if not events[at][2]:
                other = self.scopes.get(str(self.marks[events[at][1]]), ())
                if other[: len(scope)] == scope or scope[: len(other)] == other:
                    break
            at -= 1
        return at

    def _began(self, events: list[Event], at: int) -> int | None:
        """When the work of an event began, where that is known: by its own row or by the start row before it."""
        _, kind, _, start, _, _ = events[at]
        if start is not None or not self.in_pairs:
            return start
        mark = self.marks[kind]
        for before in range(at - 1, -1, -1):
            ms, other, life, own, _, _ = events[before]
            if self.marks[other] == mark and life != GOING_ON and own is None:
                return ms if life == BEGUN else None
        return None

    def _step(self, events: list[Event], at: int, sign: int) -> None:
        """Add (or take back) what one event says, given those before it."""
        ms, kind, life, _, _, _ = events[at]
        if life:
            return
        later = self.marks[kind]
        period = (ms - self.fine.anchor) // self.fine.width
        before, last = self._before(events, at)
        begun = self._began(events, at)
        if before < 0:
            self._add(("s", period, START, later, last != before), sign)
        else:
            earlier, gap = self.marks[events[before][1]], ms - events[before][0]
            if begun is None:
                self._add(("s", period, earlier, later, last != before), sign, sign, sign * gap, sign * gap * gap)
            else:
                self._add(("s", period, earlier, later, last != before), sign)
                if begun >= events[before][0]:
                    wait = begun - events[before][0]
                    self._add(("w", period, later), sign, sign * wait, sign * wait * wait)
            if earlier in self.patient:
                self._add(("g", period, earlier, gap), sign)
        if begun is not None and ms >= begun:
            took = ms - begun
            self._add(("v", period, later), sign, sign * took, sign * took * took)
        if self.branches and last >= 0:
            self._closings(events, at, last, period, sign)

    def _closings(self, events: list[Event], at: int, last: int, period: int, sign: int) -> None:
        here = self.scopes.get(str(self.marks[events[at][1]]), ())
        left = self.scopes.get(str(self.marks[events[last][1]]), ())
        for block, branch in self.branches:
            if any(name == block for name, _ in here) or all(name != block for name, _ in left):
                continue
            if (block, branch) in left:
                continue
            found = self._fitting(events, last, ((block, branch),))
            if found >= 0:
                self._add(("c", period, self.marks[events[found][1]], block, branch), sign)

    def _add(self, key: Key, *more: int) -> None:
        row = self.sums.get(key)
        if row is None:
            self.sums[key] = list(more)
        elif len(more) == 1:
            row[0] += more[0]
        else:
            row += [0] * (len(more) - len(row))
            for index, one in enumerate(more):
                row[index] += one
        self.touched.add(key)

    # ------------------------------------------------------------------------------------------ what is kept

    def settle(self, horizon: int) -> None:
        """Let go of what nothing can change any more: cases that surely ended before the horizon, and in long cases
        the events before it, but for the last of each mark."""
        over = []
        for name, case in self.cases.items():
            events = case.events
            if events and events[-1][0] < horizon and self._is_over(case):
                over.append(name)
            elif len(events) > MOST_EVENTS:
                self._shorten(name, case, horizon)
        for name in over:
            self._forget(name)

    def _is_over(self, case: Case) -> bool:
        if self.marks[case.events[-1][1]] not in self.surely_over or case.events[-1][2]:
            return False
        return not self.in_pairs or self._going_on(case.events) is None

    def _forget(self, name: str) -> None:
        case = self.cases.pop(name)
        self.changed.add(name)
        ms, kind, *_ = case.events[-1]
        mark, began = self.marks[kind], self._case_began(case, case.events)
        self._add(("e", mark, self.fine.number(began), self.fine.number(ms)), 1)
        if self.one_by_one:
            self._add(("d", mark, ms, ms - began, self._reworked(case), self._values(case)), 1)

    def _shorten(self, name: str, case: Case, horizon: int) -> None:
        old = [event for event in case.events if event[0] < horizon]
        kept: dict[tuple[object, ...], int] = {}
        for index, event in enumerate(old):
            kept[(index,) if event[2] == GOING_ON else (self.marks[event[1]], event[2])] = index
        if len(kept) == len(old):
            return
        case.began = self._case_began(case, case.events)
        case.reworked, case.values = self._reworked(case), self._values(case)
        stand = [old[index] for index in sorted(kept.values())]
        case.events, case.settled = stand + case.events[len(old) :], len(stand)
        self.changed.add(name)

    # ------------------------------------------------------------------------------------------ the whole

    def counted(self, until: int) -> Counted:
        """Everything before a moment at which a period ends, as `readers.counting.count` would have counted it."""
        found, last = Counted(), self.fine.number(until - 1)
        silent = set(self.ways.silent_branches) if self.branches else set()
        gaps: dict[str, dict[int, int]] = {}
        endings: dict[tuple[str, int, int], int] = {}
        for key, row in self.sums.items():
            if not row[0]:
                continue
            kind = key[0]
            if kind == "s" and key[1] <= last:
                _, period, earlier, later, beside = key
                times = Times(*row[1:4]) if len(row) > 1 else Times()
                found.successions.append(Succession(period, earlier, later, beside, row[0], times, 0))
            elif kind in "vw" and len(kind) == 1 and key[1] <= last:
                (found.services if kind == "v" else found.waits)[(key[1], key[2], ())] = Times(*row)
            elif kind == "c" and key[1] <= last and (key[3], key[4]) in silent:
                found.closings[(*key[1:], ())] = row[0]
            elif kind == "g" and key[1] <= last:
                row_of = gaps.setdefault(str(key[2]), {})
                row_of[key[3]] = row_of.get(key[3], 0) + row[0]
            elif kind == "e":
                endings[key[1:]] = row[0]
            elif kind == "d":
                _, mark, known, took, reworked, values = key
                one = EndedCase(mark, known, took, reworked, values or ())
                found.ended += [one] * row[0]
        found.successions.sort(key=lambda pair: (pair.period, pair.earlier, pair.later, pair.beside, pair.segment))
        self._limits(found, gaps)
        for name, case in self.cases.items():
            self._tail(found, endings, name, case, until)
        for (mark, began, known), cases in endings.items():
            found.endings.append(Ending(mark, began, known, cases))
        found.endings.sort(key=lambda end: (end.mark, end.began, end.known, end.segment))
        found.open.sort(key=lambda case: (case.began, case.id))
        return found

    def _limits(self, found: Counted, gaps: dict[str, dict[int, int]]) -> None:
        """How long one waits after each mark for a case to go on: the nearest-rank quantile of those that did."""
        for mark in patient_marks(self.ways) if self.patience is not None else ():
            rows = gaps.get(mark, {})
            gone_on = sum(rows.values())
            if gone_on >= ENOUGH:
                rank = ceil((self.patience or 0.0) * gone_on)
                for gap in sorted(rows):
                    rank -= rows[gap]
                    if rank <= 0:
                        found.limits[mark] = gap
                        break

    def _tail(
        self, found: Counted, endings: dict[tuple[str, int, int], int], name: str, case: Case, until: int
    ) -> None:
        """Where a case stands at a moment: it has ended, or it is open."""
        events = case.events
        whole = bool(events) and events[-1][0] < until
        if not whole:
            events = [_as_of(event, until) for event in events if event[0] < until or (event[3] or until) < until]
            events.sort(key=_moment)
        last = len(events) - 1
        while last >= 0 and events[last][2]:
            last -= 1
        going = self._going_on(events) if self.in_pairs else None
        if last < 0:
            if going is not None:
                ms, mark = going
                found.open.append(OpenCase(name, START, ms, ms, (), mark, ms))
            return
        when, kind, *_ = events[last]
        mark = str(self.marks[kind])
        began = self._case_began(case, events)
        works = going is not None and going[0] >= when
        known = when if _sure(self.ways, mark) else when + found.limits[mark] if mark in found.limits else None
        if known is None or known >= until or works:
            if works and going is not None:
                found.open.append(OpenCase(name, mark, when, began, (), going[1], going[0]))
            else:
                found.open.append(OpenCase(name, mark, when, began))
            return
        key = (mark, self.fine.number(began), self.fine.number(known))
        endings[key] = endings.get(key, 0) + 1
        if self.one_by_one:
            part = case if whole else _part(case, events)
            values = self._values(part) or ()
            found.ended.append(EndedCase(mark, known, when - began, self._reworked(part), values))

    def _going_on(self, events: list[Event]) -> tuple[int, str] | None:
        """The last work that began and has not ended: when, and its mark."""
        begun: dict[str, list[int]] = {}
        found: list[tuple[int, str]] = []
        for ms, kind, life, start, _, _ in events:
            mark = str(self.marks[kind])
            if life == GOING_ON:
                found.append((ms, mark))
            elif life == BEGUN:
                begun.setdefault(mark, []).append(ms)
            elif start is None and begun.get(mark):
                begun[mark].pop()
                found += [(one, mark) for one in begun.pop(mark)]
        found += [(one, mark) for mark, moments in begun.items() for one in moments]
        return max(found, default=None)

    def _case_began(self, case: Case, events: list[Event]) -> int:
        moments = [case.began] if case.began is not None else []
        if not self.in_pairs:
            return moments[0] if moments else events[0][0]
        for at in range(case.settled, len(events)):
            if not events[at][2]:
                begun = self._began(events, at)
                moments.append(events[at][0] if begun is None else begun)
        return min(moments)

    def _reworked(self, case: Case) -> bool:
        """Whether some work of the case was done again."""
        if case.reworked:
            return True
        rework = self.ways.rework
        for at in range(case.settled, len(case.events)):
            if case.events[at][2]:
                continue
            before, _ = self._before(case.events, at)
            earlier = START if before < 0 else str(self.marks[case.events[before][1]])
            later = str(self.marks[case.events[at][1]])
            pair = (earlier, later)
            again = self._again.get(pair)
            if again is None:
                way = self.ways.between(earlier, later)
                again = self._again[pair] = later in rework or bool(way and rework.intersection(way.outcomes))
            if again:
                return True
        return False

    @staticmethod
    def _values(case: Case) -> tuple[float | None, ...] | None:
        """The last known number of each column."""
        rows = [case.values] if case.values is not None else []
        rows += [event[5] for event in case.events[case.settled :] if event[5] is not None and event[2] == DONE]
        if not rows:
            return None
        return tuple(
            next((one for one in reversed(column) if one is not None), None) for column in zip(*rows, strict=True)
        )

    def unclaimed(self) -> Iterator[tuple[str, int]]:
        """Activities that no statement claims, with their events."""
        for key, row in self.sums.items():
            if key[0] == "u":
                yield key[1][0], row[0]


def _sure(ways: Ways, mark: str) -> bool:
    """Whether nothing can follow an event but one end."""
    stops = ways.after(mark)
    return len(stops) == 1 and next(iter(stops)).is_end


def _as_of(event: Event, until: int) -> Event:
    """A row with both times, at a moment at which its work went on still."""
    ms, kind, _, start, key, values = event
    return event if ms < until or start is None else (start, kind, GOING_ON, None, key, values)


def _part(case: Case, events: list[Event]) -> Case:
    part = Case(events)
    part.settled, part.began = min(case.settled, len(events)), case.began
    part.reworked, part.values = case.reworked, case.values
    return part
