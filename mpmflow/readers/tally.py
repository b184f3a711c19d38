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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from mpmflow.model.flow import Place
from mpmflow.model.observations import Durations, OpenCase
from mpmflow.model.process import Choose, Decision, Work, Workflow

from .counted import Counted, EndedCase, Segment, Succession, Times
from .periods import DAY, Calendar, to_time
from .ways import START, Way, Ways

Part = Callable[[Segment], bool]
"""Whether a segment belongs to the part of a log that is tallied."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A case that has ended: in which workflow and how."""

    case: EndedCase
    workflow: str
    good: bool


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
    cases: int = 0
    events: int = 0
    unclear: frozenset[str] = frozenset()
    """Nodes whose times are left out, for some cases pass them without an event."""


def tally(
    counted: Counted,
    ways: Ways,
    workflows: list[Workflow],
    calendar: Calendar,
    patience: float | None,
    *,
    part: Part | None = None,
    whole: Tally | None = None,
) -> Tally:
    """Put a counted log on a calendar.

    Args:
        patience: as in `read_log`; None leaves every doubtful case open.
        part: which segments are meant; all of them where it is None.
        whole: the tally of all of them: a part has the same names, so that parts add up to it.
    """
    return _Tally(counted, ways, workflows, calendar, patience, part or (lambda _: True), whole).result()


class _Tally:
    def __init__(
        self,
        counted: Counted,
        ways: Ways,
        workflows: list[Workflow],
        calendar: Calendar,
        patience: float | None,
        part: Part,
        whole: Tally | None,
    ) -> None:
        self.counted, self.ways, self.calendar, self.patience = counted, ways, calendar, patience
        self.workflows, self.part, self.whole = workflows, part, whole
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
            if self.part(pair.segment):
                self._succession(pair)
        for (period, mark, block, branch, segment), count in sorted(self.counted.closings.items()):
            if self.part(segment):
                self._closing(self._index(period), mark, block, branch, count)
        unclear = self.passed & set(self.times) if self.whole is None else self.whole.unclear
        for node in sorted(unclear):
            self.times.pop(node, None)
            self.notes.append(
                f"The times at {node} are left out: some cases pass it without an event, nobody knows when."
            )
        for found, services in ((self.times, self.counted.services), (self.waits, self.counted.waits)):
            for (period, mark, segment), times in services.items():
                if not self.part(segment):
                    continue
                found[self.ways.places[mark].id].setdefault(self._index(period), Times()).add(times)
        arrivals, opened, finished, open_cases, ended = self._cases()
        self._notes()
        return Tally(
            outcomes=self._counted_outcomes(set(arrivals)),
            durations={node: self._durations(self.times[node]) for node in sorted(self._timed(self.times))},
            waits={f"{node}.wait": self._means(self.waits[node]) for node in sorted(self._waited())},
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
            cases=sum(sum(came) for came in arrivals.values()),
            events=sum(pair.count for pair in self.counted.successions if self.part(pair.segment)),
            unclear=frozenset(unclear),
        )

    def _timed(self, times: Iterable[str]) -> set[str]:
        return set(times) | set(self.whole.durations if self.whole else ())

    def _waited(self) -> set[str]:
        whole = self.whole.waits if self.whole else ()
        return set(self.waits) | {name.removesuffix(".wait") for name in whole}

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
        arrivals: dict[str, list[int]] = {name: self._zeros() for name in (self.whole.arrivals if self.whole else ())}
        leaving: dict[str, list[int]] = defaultdict(self._zeros)
        finished: dict[str, list[int]] = {name: self._zeros() for name in (self.whole.finished if self.whole else ())}
        for case in self.counted.open:
            if self.part(case.segment):
                workflow = self.ways.root_of(case.started or case.mark if case.mark == START else case.mark)
                arrivals.setdefault(workflow, self._zeros())[self.calendar.index(case.began)] += 1
        given_up: Counter[str] = Counter()
        for end in self.counted.endings:
            if not self.part(end.segment):
                continue
            workflow, known = self.ways.root_of(end.mark), self._index(end.known)
            arrivals.setdefault(workflow, self._zeros())[self._index(end.began)] += end.cases
            leaving[workflow][known] += end.cases
            # What a called workflow scraps ends here too, though the text may name no such end.
            stop, way = self.ways.ending(end.mark)
            finished.setdefault(f"{workflow}.{stop.name.partition('.')[2]}", self._zeros())[known] += end.cases
            self._take(way, known, end.cases, end.mark, stop.name)
            if len(self.ways.after(end.mark)) > 1:
                given_up[end.mark] += end.cases
        for workflow in arrivals:
            for end_id in self.ways.flows[workflow].ends:
                finished.setdefault(f"{workflow}.{end_id}", self._zeros())
        for mark, cases in sorted(given_up.items()):
            way_out = self.ways.ending(mark)[0].name
            self.notes.append(
                f"{cases} cases count as ended by {way_out} though no event says so: after {mark} "
                f"they waited longer than {self.counted.limits[mark] / DAY:.3g} d, in which {self.patience or 0:.0%} "
                "of those that went on had done so."
            )
        return arrivals, self._open(arrivals, leaving), finished, self._open_cases(), self._ended()

    def _open_cases(self) -> list[OpenCase]:
        found = []
        for case in self.counted.open:
            if not self.part(case.segment):
                continue
            workflow = self.ways.root_of(case.started or case.mark if case.mark == START else case.mark)
            at = self.ways.places[case.started].id if case.started else self.ways.waiting_at(case.mark)
            since = case.started_at if case.started else case.when
            found.append(OpenCase(case.id, workflow, at, to_time(since), to_time(case.began)))
        return found

    def _ended(self) -> list[Ended]:
        return [
            Ended(case, self.ways.root_of(case.mark), self.ways.ending(case.mark)[0].good)
            for case in self.counted.ended
            if self.part(case.segment)
        ]

    @staticmethod
    def _open(arrivals: dict[str, list[int]], leaving: dict[str, list[int]]) -> dict[str, list[int]]:
        """Cases open at the end of each period."""
        found = {}
        for workflow, came in arrivals.items():
            balance, counts = 0, []
            for more, less in zip(came, leaving[workflow], strict=True):
                balance += more - less
                counts.append(balance)
            found[workflow] = counts
        return found

    # ------------------------------------------------------------------------------------------ figures

    def _counted_outcomes(self, started: set[str]) -> dict[str, tuple[int, ...]]:
        """Counts of every outcome of the workflows that were seen, except those that no log can count."""
        if self.whole is not None:
            return {outcome: tuple(self.outcomes[outcome]) for outcome in self.whole.outcomes}
        seen = started | {self.ways.home[pair.later] for pair in self.counted.successions}
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
