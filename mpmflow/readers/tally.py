"""From counted successions to observations: outcomes, times, arrivals, ends and open cases per period.

The rules, in short. An event that shows an outcome counts it; an outcome without events is counted where the workflow
offers one way only from one event to the next. The time since the event before belongs to the one place on the way that
takes time in the workflow, else to the node whose event it is; a succession that the workflow does not know has none.
A case has ended when, after its last event, nothing can follow but one end; else it is open. A case that could end in
silence or go on is open until it has waited longer than `patience` of the cases that went on from there; then it counts
as ended, at the moment at which that became known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

from mpmflow.model.flow import Place
from mpmflow.model.observations import Durations, OpenCase
from mpmflow.model.process import Choose, Decision, Work, Workflow

from .counting import Case, Counted, Succession, Times
from .periods import DAY, Calendar, to_time
from .ways import START, Way, Ways

ENOUGH = 20
"""Cases that must have gone on from a mark before the slowest of them say how long one waits for a case to go on."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A case that has ended: in which workflow and how, when that became known, and how long it took."""

    case: Case
    workflow: str
    end: str
    good: bool
    known: int


@dataclass(slots=True)
class Tally:
    """What `Observations` says about a log, on one calendar, and the ended cases for whoever asks more of them."""

    outcomes: dict[str, tuple[int, ...]]
    durations: dict[str, Durations]
    waits: dict[str, tuple[float | None, ...]]
    arrivals: dict[str, tuple[int, ...]]
    open: dict[str, tuple[int, ...]]
    finished: dict[str, tuple[int, ...]]
    open_cases: tuple[OpenCase, ...]
    deviations: tuple[tuple[str, str, int], ...]
    ended: list[Ended] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def patient_marks(ways: Ways) -> tuple[str, ...]:
    """Marks after which a case may either end in silence, at one end, or go on with further events."""
    found = []
    for mark in sorted(ways.marks):
        stops = ways.after(mark)
        if len([stop for stop in stops if stop.is_end]) == 1 and len(stops) > 1:
            found.append(mark)
    return tuple(found)


def tally(counted: Counted, ways: Ways, workflows: list[Workflow], calendar: Calendar, patience: float | None) -> Tally:
    """Put a counted log on a calendar. `patience` as in `read_log`; None leaves every doubtful case open."""
    return _Tally(counted, ways, workflows, calendar, patience).result()


class _Tally:
    def __init__(
        self, counted: Counted, ways: Ways, workflows: list[Workflow], calendar: Calendar, patience: float | None
    ) -> None:
        self.counted, self.ways, self.calendar, self.patience = counted, ways, calendar, patience
        self.workflows = workflows
        self.fine = calendar.grid.fine
        self.outcomes: dict[str, list[int]] = defaultdict(self._zeros)
        self.times: dict[str, dict[int, Times]] = defaultdict(dict)
        self.waits: dict[str, dict[int, Times]] = defaultdict(dict)
        self.deviations: Counter[tuple[str, str]] = Counter()
        self.doubts: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
        self.passed: set[str] = set()
        """Places without a time in the workflow that were passed in silence, so that nobody knows when."""
        self.notes: list[str] = list(counted.notes)

    def _zeros(self) -> list[int]:
        return [0] * len(self.calendar)

    def result(self) -> Tally:
        for pair in self.counted.successions:
            self._succession(pair)
        for (period, mark, block, branch), count in sorted(self.counted.closings.items()):
            self._closing(self._index(period), mark, block, branch, count)
        for node in sorted(self.passed & set(self.times)):
            del self.times[node]
            self.notes.append(
                f"The times at {node} are left out: some cases pass it without an event, nobody knows when."
            )
        for found, services in ((self.times, self.counted.services), (self.waits, self.counted.waits)):
            for (period, mark), times in services.items():
                found[self.ways.places[mark].id].setdefault(self._index(period), Times()).add(times)
        arrivals, opened, finished, open_cases, ended = self._cases()
        self._notes()
        return Tally(
            outcomes=self._counted_outcomes(set(arrivals)),
            durations={node: self._durations(times) for node, times in sorted(self.times.items())},
            waits={f"{node}.wait": self._means(times) for node, times in sorted(self.waits.items())},
            arrivals={name: tuple(found) for name, found in sorted(arrivals.items())},
            open={name: tuple(found) for name, found in sorted(opened.items())},
            finished={name: tuple(found) for name, found in sorted(finished.items())},
            open_cases=tuple(sorted(open_cases, key=lambda case: (case.started, case.case))),
            deviations=tuple(
                (earlier, later, count)
                for (earlier, later), count in sorted(self.deviations.items(), key=lambda item: (-item[1], item[0]))
            ),
            ended=ended,
            notes=self.notes,
        )

    def _index(self, fine: int) -> int:
        return self.calendar.index(self.fine.start(fine))

    # ------------------------------------------------------------------------------------------ successions

    def _succession(self, pair: Succession) -> None:
        index = self._index(pair.period)
        if "." in pair.later:
            self.outcomes[pair.later][index] += pair.count
        way = self.ways.between(pair.earlier, pair.later)
        if way is None:
            self.deviations[pair.earlier, pair.later] += pair.count
        else:
            self._take(way, index, pair.count, pair.earlier, pair.later, pair.beside)
            self._time(pair, way, index)

    def _take(self, way: Way, index: int, count: int, earlier: str, later: str, beside: bool = False) -> None:
        """Count the outcomes of a way; beside a branch, only those inside it, for the rest was counted before."""
        for outcome, scope in way.passed:
            if not beside or scope:
                self.outcomes[outcome][index] += count
        if way.unsure:
            self.deviations[earlier, later] += count
            self.doubts[earlier, later, way.unsure] += count

    def _closing(self, index: int, mark: str, block: str, branch: int, count: int) -> None:
        way = self.ways.closing(mark, block, branch)
        for outcome, scope in way.passed if way else ():
            if scope[:1] == ((block, branch),):
                self.outcomes[outcome][index] += count

    def _time(self, pair: Succession, way: Way, index: int) -> None:
        """Add the time between two events to the one place on the way that takes time, else to what the event shows."""
        shown = self.ways.places[pair.later]
        if pair.earlier == shown.id and pair.later != shown.id:
            return  # The decision's own event came before: the time in front of it is counted already.
        timed = list(dict.fromkeys(place.id for place in (*way.places, shown) if _declares_time(place)))
        holder = timed[0] if len(timed) == 1 else shown.id
        for place in way.places:
            if place.id != holder and isinstance(place.node, Work) and not _declares_time(place):
                self.passed.add(place.id)
        if pair.gaps.count:
            self.times[holder].setdefault(index, Times()).add(pair.gaps)

    # ------------------------------------------------------------------------------------------ cases

    def _cases(
        self,
    ) -> tuple[dict[str, list[int]], dict[str, list[int]], dict[str, list[int]], list[OpenCase], list[Ended]]:
        arrivals: dict[str, list[int]] = {}
        finished: dict[str, list[int]] = {}
        open_cases: list[OpenCase] = []
        ended: list[Ended] = []
        limits = self._limits()
        given_up: Counter[str] = Counter()
        for case in self.counted.cases:
            workflow = self.ways.root_of(case.started or case.mark if case.mark == START else case.mark)
            if workflow not in arrivals:
                arrivals[workflow] = self._zeros()
            arrivals[workflow][self.calendar.index(case.began)] += 1
            end = None if case.started else self._end(case, workflow, limits, given_up)
            if end is None:
                at = self.ways.places[case.started].id if case.started else self.ways.waiting_at(case.mark)
                since = case.started_at if case.started else case.when
                open_cases.append(OpenCase(case.id, workflow, at, to_time(since), to_time(case.began)))
            else:
                ended.append(end)
        for workflow in arrivals:
            for end_id in self.ways.flows[workflow].ends:
                finished[f"{workflow}.{end_id}"] = self._zeros()
        for one in ended:
            name = f"{one.workflow}.{one.end}"
            if name not in finished:  # what a called workflow scraps ends here too, though the text names no such end
                finished[name] = self._zeros()
            finished[name][self.calendar.index(one.known)] += 1
        for mark, cases in sorted(given_up.items()):
            (stop,) = [stop for stop in self.ways.after(mark) if stop.is_end]
            self.notes.append(
                f"{cases} cases count as ended by {stop.name} though no event says so: after {mark} they waited longer "
                f"than {limits[mark] / DAY:.3g} d, in which {self.patience or 0:.0%} of those that went on had done so."
            )
        return arrivals, self._open(arrivals, ended), finished, open_cases, ended

    def _limits(self) -> dict[str, int]:
        """How long one waits after each mark for a case to go on: the nearest-rank quantile of those that did."""
        if self.patience is None:
            return {}
        return {
            mark: gaps[ceil(self.patience * len(gaps)) - 1]
            for mark, gaps in self.counted.gaps.items()
            if len(gaps) >= ENOUGH
        }

    def _end(self, case: Case, workflow: str, limits: dict[str, int], given_up: Counter[str]) -> Ended | None:
        """How a case has ended, None while it is open; what it passed on the way to the end is counted."""
        stops = self.ways.after(case.mark)
        ends = [stop for stop in stops if stop.is_end]
        if len(ends) != 1:
            return None
        stop, known = ends[0], case.when
        if len(stops) > 1:
            limit = limits.get(case.mark)
            if limit is None or case.when + limit >= self.calendar.until:
                return None
            known = case.when + limit
            given_up[case.mark] += 1
        self._take(stops[stop], self.calendar.index(known), 1, case.mark, stop.name)
        return Ended(case, workflow, stop.name.partition(".")[2], stop.good, known)

    def _open(self, arrivals: dict[str, list[int]], ended: list[Ended]) -> dict[str, list[int]]:
        """Cases open at the end of each period."""
        changes = {workflow: list(found) for workflow, found in arrivals.items()}
        for one in ended:
            changes[one.workflow][self.calendar.index(one.known)] -= 1
        for found in changes.values():
            for index in range(1, len(found)):
                found[index] += found[index - 1]
        return changes

    # ------------------------------------------------------------------------------------------ figures

    def _counted_outcomes(self, started: set[str]) -> dict[str, tuple[int, ...]]:
        """Counts of every outcome of the workflows that were seen, except those that no log can count."""
        seen = started | {self.ways.home[mark] for pair in self.counted.successions for mark in (pair.later,)}
        ids = [
            f"{node.name}.{outcome.name}"
            for workflow in self.workflows
            if workflow.name in seen
            for node in workflow.nodes()
            if isinstance(node, Decision | Choose)
            for outcome in node.outcomes
        ]
        hidden = set(self.ways.unseen)
        return {outcome: tuple(self.outcomes[outcome]) for outcome in sorted(ids) if outcome not in hidden}

    def _durations(self, times: dict[int, Times]) -> Durations:
        rows = [times.get(index, Times()) for index in range(len(self.calendar))]
        return Durations(
            tuple(row.count for row in rows),
            tuple(row.total / 1000 for row in rows),
            tuple(row.squares / 1_000_000 for row in rows),
        )

    def _means(self, times: dict[int, Times]) -> tuple[float | None, ...]:
        rows = [times.get(index, Times()) for index in range(len(self.calendar))]
        return tuple(row.total / 1000 / row.count if row.count else None for row in rows)

    def _notes(self) -> None:
        self.notes.extend(self._said())

    def _said(self) -> Iterator[str]:
        for (earlier, later, outcomes), count in sorted(self.doubts.items()):
            names = ", ".join(outcomes)
            yield f"{count} times {later} follows {earlier} and the workflow has several ways; not counted: {names}."
        for outcome in self.ways.unseen:
            yield (
                f"{outcome} cannot be counted in this log: it leads back to the same question without an event; "
                "`seen as` would show it."
            )


def _declares_time(place: Place) -> bool:
    return isinstance(place.node, Work) and bool(place.node.takes or place.node.waits)
