"""The indicators as they were observed: per period, all together, and for each segment of the cases.

Nothing is estimated here: a figure is what the log and the tables say, and None where they say nothing.

* `D.OUTCOME`: how often the outcome was taken, out of all answers to the decision in the period.
* `D.rounds`: answers for each one that was not rework: the visits a case pays until it is through, in a steady state.
* `NODE.time`, `NODE.wait`: the mean over visits that ended in the period. Where a log has one moment for an event, the
  time holds the wait before it (of a decision it is called its wait).
* `W.arrivals`, `W.END`: cases that came, and that ended so; `W.open`: cases open at the end of the period.
* `T.load`: time that visits of the team's work took, out of the hours of its people, counted in the period in which
  the visit ended. Needs a log that says start and complete.
* every metric and indicator that a table has, or that is a figure of the cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from mpmflow.analysis.results import Document, Result, finite
from mpmflow.compiler.names import Names
from mpmflow.compiler.units import Units
from mpmflow.model.expressions import Function
from mpmflow.model.measures import DerivedIndicator
from mpmflow.model.model import Model
from mpmflow.model.observations import Coverage, Detour, Observations
from mpmflow.model.process import Choose, Decision, Team, Work, Workflow
from mpmflow.model.units import parse_unit

WEEK = 604_800.0
SHARES = ("late", "yield", "first_pass", "scrap", "rework", "rate")
"""Functions whose values are shares."""

UNITS = {"share": "share", "load": "share", "wait": "s", "time": "s", "rounds": "rounds"}
"""Aspects of what a workflow gives by itself -> the unit of an observed value. Arrivals of a table may be any rate."""

Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class ObservedIndicator:
    """One indicator over time.

    Attributes:
        name: as in the language, `brief_complete.no`.
        unit: `share`, `rounds`, `s`, `cases`, a currency (`eur`), money for something (`eur/leads`), or empty for
            anything else that a table brought, in base units.
        values: per period, None where nothing was seen.
        counts: what each value rests on: answers, visits or cases; None where that is not known.
        whole: the value over all periods together: shares and means of everything, sums of arrivals and ends, what is
            open in the end; None for what a table brought.
    """

    name: str
    unit: str
    values: Values
    counts: tuple[int | None, ...]
    whole: float | None

    def to_dict(self) -> Document:
        return {
            "name": self.name,
            "unit": self.unit,
            "values": [finite(value) for value in self.values],
            "counts": list(self.counts),
            "whole": finite(self.whole),
        }


@dataclass(frozen=True, slots=True)
class ObservedSegment:
    """The indicators of the cases that have a value in a column; the value is empty for those without any."""

    column: str
    value: str
    cases: int
    indicators: tuple[ObservedIndicator, ...]

    def __getitem__(self, name: str) -> ObservedIndicator:
        """An indicator of these cases by its name. Raises KeyError, which names the ones there are."""
        return _named(self.indicators, name)


@dataclass(frozen=True, slots=True)
class Observed(Result):
    """What was observed of a model.

    Attributes:
        observations: the counts that all this comes from, with `.coverage`, `.open_cases` and `.segments`.
        indicators: by name, in the order of the text.
        segments: by column and value.
    """

    schema: ClassVar[str] = "mpmflow/observed/1"
    shown_by = ("render.observed_page", "observed_page")

    observations: Observations
    indicators: tuple[ObservedIndicator, ...]
    segments: tuple[ObservedSegment, ...] = field(default=())

    def __getitem__(self, name: str) -> ObservedIndicator:
        """An indicator by its name. Raises KeyError, which names the ones there are."""
        return _named(self.indicators, name)

    @property
    def coverage(self) -> Coverage:
        return self.observations.coverage

    def body(self) -> Document:
        seen = self.observations
        return {
            "as_of": seen.as_of.isoformat(),
            "period": seen.period,
            "starts": [start.isoformat() for start in seen.starts],
            "ends": [end.isoformat() for end in seen.ends],
            "indicators": [one.to_dict() for one in self.indicators],
            "segments": [
                {
                    "column": part.column,
                    "value": part.value,
                    "cases": part.cases,
                    "indicators": [one.to_dict() for one in part.indicators],
                }
                for part in self.segments
            ],
            "coverage": coverage_document(seen.coverage),
            "sources": list(seen.sources),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """A row for each indicator and period of the whole (its segment is null), then of each segment."""
        names = ("column", "segment", "start", "end", "indicator", "unit", "value", "count")
        table: dict[str, list[Any]] = {name: [] for name in names}
        parts: list[tuple[str | None, str | None, tuple[ObservedIndicator, ...]]] = [(None, None, self.indicators)]
        parts += [(part.column, part.value, part.indicators) for part in self.segments]
        for column, value, indicators in parts:
            for one in indicators:
                spans = zip(self.observations.starts, self.observations.ends, strict=True)
                for (start, end), seen, count in zip(spans, one.values, one.counts, strict=True):
                    row = (column, value, start, end, one.name, one.unit, finite(seen), count)
                    for name, cell in zip(names, row, strict=True):
                        table[name].append(cell)
        return table

    def __str__(self) -> str:
        seen = self.coverage
        return (
            f"{len(self.indicators)} indicators over {len(self.observations.starts)} periods, "
            f"from {seen.cases} cases with {seen.events} events"
        )


def coverage_document(seen: Coverage) -> Document:
    """How much of the data the model explains, as the documents say it."""
    return {
        "cases": seen.cases,
        "events": seen.events,
        "unmatched_activities": [{"activity": name, "events": count} for name, count in seen.unmatched],
        "ignored_activities": [{"activity": name, "events": count} for name, count in seen.ignored],
        "astray": seen.astray,
        "detours": [detour_document(one) for one in seen.detours],
        "notes": list(seen.notes),
    }


def detour_document(one: Detour) -> Document:
    """A way that the workflow does not have, as the documents say it."""
    return {
        "kind": one.kind,
        "from": one.earlier,
        "to": one.later or None,
        "events": one.events,
        "cases": one.cases,
        "missing": list(one.missing),
        "examples": list(one.examples),
    }


def observed(model: Model, observations: Observations) -> Observed:
    """The indicators of a model in its observations, and in those of each segment."""
    segments = [
        ObservedSegment(column, value, part.coverage.cases, tuple(_Table(model, part).indicators()))
        for column, values in observations.segments.items()
        for value, part in values.items()
    ]
    return Observed(observations, tuple(_Table(model, observations).indicators()), tuple(segments))


class _Table:
    def __init__(self, model: Model, seen: Observations) -> None:
        self.model, self.seen = model, seen
        self.workflows = list(_all(model, lambda one: one.workflows))
        self.units = Units(Names(model))
        self.teams = list(_all(model, lambda one: one.all_teams))

    def indicators(self) -> Iterator[ObservedIndicator]:
        given = dict(self.seen.series)
        for one in self._from_log():
            if one.name in given:
                values = given.pop(one.name)
                # A table's value stands over the log's; the wait of a start and complete log is in neither count.
                yield ObservedIndicator(one.name, one.unit, values, (None,) * len(values), None)
            else:
                yield one
        for name, values in given.items():
            yield ObservedIndicator(name, self._unit(name), values, (None,) * len(values), None)

    def _unit(self, name: str) -> str:
        """The unit of what a table brought, or of a figure of the cases that a metric asks for."""
        watched = next((one for one in _all(self.model, lambda one: one.indicators) if one.name == name), None)
        if isinstance(watched, DerivedIndicator):
            return UNITS.get(watched.aspect, "")
        metric = next((one for one in _all(self.model, lambda one: one.metrics) if one.name == name), None)
        asked = metric.formula if metric is not None else watched.measure if watched is not None else None
        if isinstance(asked, Function) and asked.function in SHARES:
            return "share"
        unit = metric.unit if metric is not None else None
        if unit == "%" or (unit and parse_unit(unit).is_time):
            return "share" if unit == "%" else "s"
        known = self.units.of_name(name).unit
        return str(known.base) if known is not None and known.currencies else ""

    def _from_log(self) -> Iterator[ObservedIndicator]:
        for workflow in self.workflows:
            for node in workflow.nodes():
                if isinstance(node, Decision | Choose):
                    yield from self._answers(node)
                if isinstance(node, Work):
                    yield from self._times(node)
            yield from self._cases(workflow)
        for team in self.teams:
            yield from self._load(team)

    def _answers(self, node: Decision | Choose) -> Iterator[ObservedIndicator]:
        taken = {one.name: self.seen.outcomes.get(f"{node.name}.{one.name}") for one in node.outcomes}
        known = {name: counts for name, counts in taken.items() if counts is not None}
        if not known:
            return
        answers = tuple(sum(counts) for counts in zip(*known.values(), strict=True))
        for name, counts in known.items():
            yield _ratio(f"{node.name}.{name}", "share", counts, answers, answers)
        if isinstance(node, Decision):
            reworked = [known[one.name] for one in node.outcomes if one.rework and one.name in known]
            through = tuple(total - sum(back) for total, *back in zip(answers, *reworked, strict=True))
            yield _ratio(f"{node.name}.rounds", "rounds", answers, through, answers)

    def _times(self, node: Work) -> Iterator[ObservedIndicator]:
        spent = self.seen.durations.get(node.name)
        if spent is None:
            return
        work_alone = f"{node.name}.wait" in self.seen.series
        aspect = "wait" if isinstance(node, Decision | Choose) and not work_alone else "time"
        yield _ratio(f"{node.name}.{aspect}", "s", spent.seconds, spent.visits, spent.visits)

    def _cases(self, workflow: Workflow) -> Iterator[ObservedIndicator]:
        name = workflow.name
        came = self.seen.arrivals.get(name)
        if came is None:
            return
        yield _count(f"{name}.arrivals", came, sum(came))
        for end, cases in self.seen.finished.items():
            if end.partition(".")[0] == name:
                yield _count(end, cases, sum(cases))
        waiting = self.seen.open[name]
        yield _count(f"{name}.open", waiting, waiting[-1])

    def _load(self, team: Team) -> Iterator[ObservedIndicator]:
        nodes = [
            node.name
            for workflow in self.workflows
            for node in workflow.nodes()
            if isinstance(node, Work) and node.by == team.name and f"{node.name}.wait" in self.seen.series
        ]
        spent = [self.seen.durations[name] for name in nodes if name in self.seen.durations]
        if not spent or not team.people:
            return
        busy = tuple(sum(seconds) for seconds in zip(*(one.seconds for one in spent), strict=True))
        visits = tuple(sum(counts) for counts in zip(*(one.visits for one in spent), strict=True))
        hours = sum(len(works.days) * works.seconds_per_day for works in team.works) / WEEK if team.works else 1.0
        spans = zip(self.seen.starts, self.seen.ends, strict=True)
        there = tuple((end - start).total_seconds() * hours * team.people for start, end in spans)
        yield _ratio(f"{team.name}.load", "share", busy, there, visits)


def _ratio(
    name: str, unit: str, parts: tuple[float, ...], wholes: tuple[float, ...], counts: tuple[int, ...]
) -> ObservedIndicator:
    values = tuple(part / whole if whole else None for part, whole in zip(parts, wholes, strict=True))
    total = sum(wholes)
    return ObservedIndicator(name, unit, values, counts, sum(parts) / total if total else None)


def _count(name: str, cases: tuple[int, ...], whole: int) -> ObservedIndicator:
    return ObservedIndicator(name, "cases", tuple(float(one) for one in cases), cases, float(whole))


def _all(model: Model, of: Callable[[Model], Any]) -> Iterator[Any]:
    yield from of(model)
    for imported in model.imports:
        yield from _all(imported.model, of)


def _named(indicators: Sequence[ObservedIndicator], name: str) -> ObservedIndicator:
    for one in indicators:
        if one.name == name:
            return one
    raise KeyError(f"{name!r} was not observed; there are: {', '.join(one.name for one in indicators)}")
