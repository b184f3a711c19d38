"""A workflow drafted from a log alone, as a model and as a text to be edited.

The draft's structure comes of `structure`, its statements of `shape`. Then the draft is asked, case by case, whether it
can do what the log's cases did: that share is measured on the finished workflow, not on what it was made of.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from mpmflow.analysis.results import Document, Result
from mpmflow.model.base import Roster
from mpmflow.model.distributions import Duration
from mpmflow.model.expressions import Function, Reference
from mpmflow.model.histories import Histories, Spread
from mpmflow.model.measures import Metric
from mpmflow.model.model import Model
from mpmflow.model.observations import ROLES, Column, LogSource
from mpmflow.model.process import Choose, Decision, Step, Team, Workflow

from .laws import arrivals, duration, pooled
from .naming import Names, identifier
from .remarks import remarks, with_remarks
from .replay import Replay
from .shape import Script, body
from .stretches import Symbol
from .structure import Structure, structure
from .teams import teams_of
from .ways_kept import SHARE


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A way of the log that the draft does not have: `before` was followed by `after`, in this many cases.

    `before` is None for a case that begins with `after`, `after` None for one that ends with `before`.
    """

    before: str | None
    after: str | None
    cases: int


@dataclass(frozen=True, slots=True)
class Discovery(Result):
    """A drafted workflow.

    Attributes:
        model: the draft.
        text: the same as a text, with comments that say what was left out and what to edit first.
        cases, events: of the log.
        replayed: share of the cases that the drafted workflow can do exactly, from start to end.
        rework: the outcomes that lead back to work done before.
        left_out: ways of the log that the draft does not have, most taken first.
        activities_left_out: activities that only such ways reach, with their events.
        notes: what was guessed or passed over while the log was read.
    """

    schema: ClassVar[str] = "mpmflow/discovery/1"
    shown_by = ("render.drafts_page", "discovery_page")

    model: Model
    text: str
    cases: int
    events: int
    replayed: float
    rework: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    activities_left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = field(default=())

    def body(self) -> Document:
        return {
            "cases": self.cases,
            "events": self.events,
            "replayed": self.replayed,
            "rework": list(self.rework),
            "left_out": [{"before": one.before, "after": one.after, "cases": one.cases} for one in self.left_out],
            "activities_left_out": [{"activity": name, "events": events} for name, events in self.activities_left_out],
            "notes": list(self.notes),
            "text": self.text,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """Every outcome of the draft with its share and where it leads."""
        outcomes = [
            (node.name, outcome)
            for _, node in self.model.nodes()
            if isinstance(node, Decision | Choose)
            for outcome in node.outcomes
        ]
        return {
            "outcome": [f"{name}.{outcome.name}" for name, outcome in outcomes],
            "share": [float(outcome.share.first) if outcome.share else None for _, outcome in outcomes],
            "rework": [outcome.rework for _, outcome in outcomes],
            "to": [outcome.target for _, outcome in outcomes],
        }

    def __str__(self) -> str:
        return self.text


def discover(
    histories: Histories, *, path: str | None = None, query: str | None = None, share: float = SHARE
) -> Discovery:
    """Draft a workflow from what the cases of a log did.

    Args:
        histories: the cases, as `readers.follows` counts them.
        path: how the draft's `data` block should name the log; None for a log that is no file.
        query: what was asked of a database.
        share: of the cases that the draft should explain at least, where the log's listed variants can.

    Raises ValueError for a share outside 0 to 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"the share of cases to explain lies between 0 and 1, not at {share}")
    found = structure(histories, share=share)
    made, script = _model(histories, found, path, query)
    replayed = _replayed(made.workflows[0], histories, script, found)
    left = tuple(_left_out(histories, found))
    kept = _activities(found)
    events = Counter[int]()
    for variant in histories.variants:
        for activity in variant.visits:
            events[activity] += variant.cases
    missing = tuple(
        (histories.activities[one], events[one])
        for one in sorted(events, key=lambda one: (-events[one], one))
        if one not in kept
    )
    comments = remarks(histories, made, replayed, left, missing, bool(found.folding.hubs))
    return Discovery(
        model=made,
        text=with_remarks(made.to_text(), comments),
        cases=histories.cases,
        events=histories.events,
        replayed=replayed,
        rework=tuple(script.rework),
        left_out=left,
        activities_left_out=missing,
        notes=histories.notes,
    )


def _activities(found: Structure) -> set[int]:
    folding = found.folding
    kept: set[int] = set()
    for _, exit_, symbol in found.kept.ways:
        for kind, number in (exit_, symbol):
            if kind == "step":
                kept.add(number)
    # A question's answer that no kept case gives is left out with its ways.
    for members in folding.questions:
        kept -= {one for one in members if not any(way[1] == ("step", one) for way in found.kept.ways)}
    return kept


def _model(histories: Histories, found: Structure, path: str | None, query: str | None) -> tuple[Model, Script]:
    names = Names()
    workflow = names.of(_stem(histories.label))
    metrics = [names.unique("cycle_time"), names.unique("right_first_time")]
    folding = found.folding
    gaps = _gaps(histories, found)
    kept = _activities(found)
    teams = teams_of(histories, sorted(kept))
    called = [names.unique(team.name) for team in teams]
    assigned = {activity: name for team, name in zip(teams, called, strict=True) for activity in team.activities}
    plain = Counter(" ".join(name.replace("_", " ").casefold().split()) for name in histories.activities)
    script = Script(
        activities=histories.activities,
        names=names,
        questions=folding.questions,
        blocks=[len(block) for block in folding.blocks],
        ways=found.counts,
        earlier=found.earlier,
        late_start=_beginnings(histories),
        # What is waited for a team comes of its load: a wait beside it would be counted twice.
        waits=lambda members: _law(gaps, [one for one in members if one not in assigned]),
        takes=lambda members: _law(histories.work, members) if histories.work else None,
        team=assigned,
        unclear=frozenset(
            number
            for number, name in enumerate(histories.activities)
            if plain[" ".join(name.replace("_", " ").casefold().split())] > 1
        ),
    )
    statements = body(script)
    began, ended = histories.started
    made = Workflow(
        name=workflow,
        arrivals=arrivals(histories.cases, (ended - began).total_seconds()),
        teams=tuple(Team(name=assigned[team.activities[0]], label=team.label, people=team.people) for team in teams),
        body=statements,
    )
    measured = [
        ("time", metrics[0], "lower", "d"),
        *([("first_pass", metrics[1], "higher", "%")] * bool(script.rework)),
    ]
    return (
        Model(
            workflows=Roster((made,)),
            metrics=Roster(
                Metric(
                    name=name,
                    category="operational",
                    formula=Function(function=function, arguments=(Reference(name=workflow),)),
                    unit=unit,
                    better=better,  # type: ignore[arg-type]
                )
                for function, name, better, unit in measured
            ),
            data=(_source(histories, path, query),) if path is not None else (),
        ),
        script,
    )


def _beginnings(histories: Histories) -> frozenset[int]:
    """Activities that begin a case in most of their visits."""
    visits = Counter[int]()
    for variant in histories.variants:
        for activity in variant.visits:
            visits[activity] += variant.cases
    return frozenset(one for one, count in visits.items() if 2 * histories.gaps[one].count < count)


def _stem(label: str) -> str:
    """What a workflow is called after its log: the file's name without its endings."""
    stem = label.partition(".")[0]
    return "process" if identifier(stem) in ("events", "log", "the_log", "eventlog", "event_log", "data") else stem


def _law(spreads: Sequence[Spread], members: Iterable[int]) -> Duration | None:
    return duration(pooled(spreads[member] for member in members))


def _source(histories: Histories, path: str, query: str | None) -> LogSource:
    columns = tuple(
        Column(role=role, column=histories.columns[role] if histories.columns[role] != role else None)
        for role in ROLES
        if role in histories.columns
    )
    return LogSource(path=path, query=query, columns=columns)


def _gaps(histories: Histories, found: Structure) -> tuple[Spread, ...]:
    """The time before each activity; beside others, from what came before it in its own branch.

    A branch's activity is not kept waiting by those of the other branches. Its mean comes of the variants' mean times,
    its variation is taken to be that of the gap to the completion before it, whichever that was.
    """
    inside = {
        one: (number, branch)
        for number, block in enumerate(found.folding.blocks)
        for branch, members in enumerate(block)
        for one in members
    }
    totals: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for variant in histories.variants:
        for index, activity in enumerate(variant.visits):
            if activity not in inside or not index:
                continue
            before = index - 1
            while before > 0 and inside.get(variant.visits[before], inside[activity]) != inside[activity]:
                if inside[variant.visits[before]][0] != inside[activity][0]:
                    break
                before -= 1
            gap = max(variant.begins[index] - variant.ends[before], 0.0)
            totals[activity][0] += variant.cases
            totals[activity][1] += variant.cases * gap
    spreads = list(histories.gaps)
    for activity, (count, total) in totals.items():
        old, mean = spreads[activity], total / count
        variation = old.sd / old.mean if old.mean > 0 else 0.0
        spreads[activity] = Spread(int(count), mean, variation * mean)
    return tuple(spreads)


def _replayed(workflow: Workflow, histories: Histories, script: Script, found: Structure) -> float:
    """The share of the cases that the finished workflow can do from start to end."""
    mark = {}
    for node in workflow.nodes():
        if isinstance(node, Step):
            mark[node.name] = node.name
        if isinstance(node, Decision | Choose):
            mark |= {f"{node.name}.{one.name}": f"{node.name}.{one.name}" for one in node.outcomes if one.seen_as}
    by_activity: dict[int, str] = {}
    for (kind, number), name in script.named.items():
        if kind == "step" and name in mark:
            by_activity[number] = name
    numbers = {name: number for number, name in enumerate(histories.activities)}
    for node in workflow.nodes():
        if isinstance(node, Decision | Choose):
            for one in node.outcomes:
                for activity in one.seen_as.activities if one.seen_as else ():
                    by_activity[numbers[activity]] = f"{node.name}.{one.name}"
    replay = Replay(workflow, mark)
    fitting = sum(
        variant.cases
        for variant in histories.variants
        if all(one in by_activity for one in variant.visits) and replay.fits(by_activity[one] for one in variant.visits)
    )
    return fitting / histories.cases if histories.cases else 0.0


def _left_out(histories: Histories, found: Structure) -> Iterable[LeftOut]:
    """The ways that were not kept, in the words of the log; those to and from a folding are named by what it is."""

    def words(symbol: Symbol) -> str | None:
        kind, number = symbol
        if kind in ("start", "end"):
            return None
        if kind == "step":
            return histories.activities[number]
        if kind == "question":
            return " or ".join(histories.activities[one] for one in found.folding.questions[number])
        if kind == "block":
            return "what goes on side by side"
        return "the choice of the next work"

    for way, cases in found.kept.left_out:
        _, exit_, symbol = way
        before, after = words(exit_), words(symbol)
        if before or after:
            yield LeftOut(before, after, cases)
