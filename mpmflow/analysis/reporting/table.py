"""A report as one long table, for spreadsheets and dataframes: a row for each figure, with its section, name and unit.

The columns are always the same, so that a filter on `section` and `figure` gives any table that the report shows:

    section   what part of the report: report, metric, indicator, rework, delay, team, action, case, …
    name      of what, as in the file; label: as people call it
    figure    which figure: forecast, p_miss, target, state, …; of: what it is a part of, or the source it comes from
    on        the day that it is for
    value     a number in the unit that stands beside it: shares in %, times in hours or as the metric says, money
              in its own currency; text: anything else
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from mpmflow.analysis.results import finite
from mpmflow.model.units import parse_unit

if TYPE_CHECKING:
    from .parts import ReportedIndicator, ReportedMetric
    from .report import Report

COLUMNS = ("section", "name", "label", "figure", "of", "on", "value", "unit", "text")


READ_AS = {"s": "h", "1/s": "cases/w", "cases/s": "cases/w"}
"""The unit in which people read what is kept in another one."""
PER_CASE = "visits per case"
UNREAD = ("", PER_CASE)
"""Units that need no conversion."""


class Row(NamedTuple):
    """One figure."""

    section: str
    name: str
    label: str
    figure: str
    of: str = ""
    on: date | None = None
    value: float | None = None
    unit: str = ""
    text: str = ""


def table_of(report: Report) -> Mapping[str, list[Any]]:
    """Column -> values, all of one length; `on` holds dates, `value` numbers or None, the rest texts."""
    found = list(_rows(report))
    return {name: [getattr(row, name) for row in found] for name in COLUMNS}


def _rows(report: Report) -> Iterator[Row]:
    yield Row("report", "", report.title, "headline", on=report.as_of, text=report.headline)
    for number, sentence in enumerate(report.sentences, start=1):
        yield Row("report", "", report.title, "sentence", str(number), report.as_of, text=sentence)
    for caution in report.cautions:
        yield Row("report", "", report.title, "caution", on=report.as_of, text=caution)
    for standing, names in report.summary.metrics.items():
        yield Row("report", "", report.title, "metrics", standing, report.as_of, float(len(names)))
    for state, count in report.summary.indicators.items():
        yield Row("report", "", report.title, "indicators", state, report.as_of, float(count))
    for metric in report.metrics:
        yield from _metric(metric)
    for indicator in report.indicators:
        yield from _indicator(indicator, report)
    yield from _ways(report)
    yield from _places(report)
    yield from _to_do(report)
    yield from _accountable(report)
    yield from _handed_over(report)
    for note in report.notes:
        yield Row("note", "", "", "note", on=report.as_of, text=note)
    if report.provenance is not None:
        for name, value in report.provenance.to_dict().items():
            if value is not None:
                yield Row("provenance", name, "", "value", text=str(value))


def _number(
    section: str,
    name: str,
    label: str,
    figure: str,
    value: float | None,
    unit: str,
    on: date | None = None,
    of: str = "",
) -> Iterator[Row]:
    """A row for a number, and none where it is not known."""
    known = finite(value)
    if known is not None:
        shown = READ_AS.get(unit, unit)
        read = known if shown in UNREAD else known / float(parse_unit(shown).factor)
        yield Row(section, name, label, figure, of, on, float(f"{read:.12g}"), shown)


def _metric(metric: ReportedMetric) -> Iterator[Row]:
    row = metric.figure
    head = ("metric", row.name, row.label)
    yield Row(*head, "standing", on=row.on, text=metric.standing)
    for figure in ("observed", "recent", "baseline", "forecast", "low", "high", "change"):
        yield from _number(*head, figure, getattr(row, figure), row.unit, row.on)
    if row.target is not None:
        yield from _number(*head, "target", row.target, row.unit, row.on, row.comparison or "")
    yield from _number(*head, "p_miss", row.p_miss, "%", row.on)
    if row.reaches_on is not None:
        yield Row(*head, "reaches_on", on=row.reaches_on)
    for source, part in row.by.items():
        yield from _number(*head, "part", part, row.unit, row.on, source)
    for figure, text in (("owner", row.owner), ("why", metric.why), ("reading", row.reading), ("method", row.method)):
        if text:
            yield Row(*head, figure, on=row.on, text=text)
    for note in row.notes:
        yield Row(*head, "note", on=row.on, text=note)
    if metric.course is not None:
        for point in metric.course.seen:
            yield from _number(*head, "seen", point.value, row.unit, point.on)
        for one in metric.course.ahead:
            for figure in ("low", "lower", "middle", "upper", "high"):
                yield from _number(*head, f"ahead {figure}", getattr(one, figure), row.unit, one.on)


def _indicator(indicator: ReportedIndicator, report: Report) -> Iterator[Row]:
    row = indicator.figure
    head = ("indicator", row.name, indicator.words)
    if indicator.state is not None:
        yield Row(*head, "state", on=row.since, text=indicator.state)
    if row.rule:
        yield Row(*head, "rule", text=row.rule)
    for figure in ("expected", "observed", "low", "high", "estimate", "estimate_low", "estimate_high"):
        yield from _number(*head, figure, getattr(row, figure), row.unit, report.as_of)
    yield from _number(*head, "n", row.n, "", report.as_of)
    yield from _number(*head, "p_worse", row.p_worse, "%", report.as_of)
    if row.owner:
        yield Row(*head, "owner", text=row.owner)
    if indicator.course is not None:
        for point in indicator.course.points:
            yield from _number(*head, "seen", point.value, row.unit, point.on, point.state or "")
            yield from _number(*head, "seen of", point.n, "", point.on)


def _ways(report: Report) -> Iterator[Row]:
    for number, way in enumerate(report.ways, start=1):
        head = ("way", way.stops[0].name, " → ".join(stop.words for stop in way.stops))
        yield from _number(*head, "adds", way.adds, way.unit, of=way.stops[-1].name)
        yield from _number(*head, "warning_time", way.warning_time, "s", of=way.stops[-1].name)
        yield Row(*head, "order", way.stops[-1].name, value=float(number))


def _places(report: Report) -> Iterator[Row]:
    for row in report.rework:
        head = ("rework", row.at, row.label)
        yield from _number(*head, "extra_visits", row.extra_visits, PER_CASE, report.as_of)
        for source, part in row.visits_by.items():
            yield from _number(*head, "part", part, PER_CASE, report.as_of, source)
        if row.reaches_on is not None:
            yield Row(*head, "reaches_on", on=row.reaches_on)
    for row in report.delay:
        head = ("delay", row.at, row.label)
        yield from _number(*head, "extra_time", row.extra_time, "s", report.as_of)
        for figure, value in (("more visits", row.path_time), ("longer", row.own_time), ("waits", row.pool_time)):
            yield from _number(*head, "part by way", value, "s", report.as_of, figure)
        for source, part in row.time_by.items():
            yield from _number(*head, "part", part, "s", report.as_of, source)
    for team in report.teams:
        head = ("team", team.name, report.called(team.name))
        for figure, value, unit in (
            ("load_before", team.load_before, "%"),
            ("load", team.load, "%"),
            ("p_overloaded", team.p_overloaded, "%"),
            ("wait_before", team.wait_before, "s"),
            ("wait", team.wait, "s"),
        ):
            yield from _number(*head, figure, value, unit, report.as_of)


def _to_do(report: Report) -> Iterator[Row]:
    units = {row.name: row.figure.unit for row in report.metrics}
    for number, one in enumerate(report.actions, start=1):
        action = one.action
        head = ("action", action.lever, report.called(action.lever))
        yield Row(*head, "order", value=float(number), text=one.words)
        yield from _number(*head, "from", action.start, action.unit)
        yield from _number(*head, "to", action.goal, action.unit)
        for name, gain in action.gains.items():
            yield from _number(*head, "gain", gain, units.get(name, ""), of=name)
        for figure, text in (("initiative", action.initiative), ("owner", action.owner)):
            if text:
                yield Row(*head, figure, text=text)
    for initiative in report.initiatives:
        head = ("initiative", initiative.name, initiative.label)
        yield from _number(*head, "cost", initiative.cost, initiative.currency)
        for move in initiative.moves:
            yield from _number(*head, "from", move.start, move.unit, move.by, move.lever)
            yield from _number(*head, "to", move.goal, move.unit, move.by, move.lever)
        if initiative.chosen is not None:
            yield Row(*head, "chosen", text="yes" if initiative.chosen else "no")
        if initiative.owner:
            yield Row(*head, "owner", text=initiative.owner)
    if report.choice is not None:
        choice = report.choice
        for words, plan in (("nothing", choice.nothing), ("nominal", choice.nominal), ("cautious", choice.cautious)):
            head = ("choice", words, ", ".join(report.called(name) for name in plan.initiatives))
            yield from _number(*head, "cost", plan.cost, choice.currency)
            yield from _number(*head, "misses_avoided", plan.misses_avoided, "")
            for name, p_miss in plan.p_miss.items():
                yield from _number(*head, "p_miss", p_miss, "%", of=name)
    if report.open_cases:
        yield Row("case", "", "", "open", on=report.as_of, value=float(report.open_cases))
        yield Row("case", "", "", "late for certain", on=report.as_of, value=float(report.late))
    for case in report.cases:
        head = ("case", case.case, report.called(case.at))
        yield Row(*head, "at", on=date.fromisoformat(case.since[:10]), text=case.at)
        for figure, value, unit in (
            ("age", case.age, "s"),
            ("p_late", case.p_late, "%"),
            ("remaining", case.remaining, "s"),
            ("p_rework", case.p_rework, "%"),
        ):
            yield from _number(*head, figure, value, unit, report.as_of)


def _accountable(report: Report) -> Iterator[Row]:
    for told in report.commitments:
        commitment = told.figure
        head = ("commitment", commitment.name, commitment.label)
        yield Row(*head, "state", on=report.as_of, text=commitment.state)
        for figure, text in (
            ("by", commitment.by),
            ("if_met", commitment.if_met),
            ("if_missed", commitment.if_missed),
            ("words", told.words),
        ):
            if text:
                yield Row(*head, figure, text=text)
        for promise in commitment.promises:
            yield from _number(*head, "target", promise.target, promise.unit, promise.on, promise.metric)
            for figure in ("forecast", "low", "high", "came"):
                value = getattr(promise, figure)
                yield from _number(*head, figure, value, promise.unit, promise.on, promise.metric)
            yield from _number(*head, "p_miss", promise.p_miss, "%", promise.on, promise.metric)
            if promise.note:
                yield Row(*head, "note", promise.metric, promise.on, text=promise.note)
    for past in report.past:
        head = ("past forecast", past.metric, past.label)
        made = past.made_on.isoformat()
        yield Row(*head, "mark", made, past.for_on, text=past.mark)
        for figure in ("middle", "low", "high", "came"):
            yield from _number(*head, figure, getattr(past, figure), past.unit, past.for_on, made)
        yield from _number(*head, "p_miss", past.p_miss, "%", past.for_on, made)
        if past.inside is not None:
            yield Row(*head, "inside", made, past.for_on, text="yes" if past.inside else "no")
        for figure, text in (("target", past.target_text), ("title", past.title), ("note", past.note)):
            if text:
                yield Row(*head, figure, made, past.for_on, text=text)
    for part in report.levels:
        for one in part.objectives:
            head = ("objective", one.figure.name, one.figure.label)
            yield Row(*head, "level", text=part.level)
            yield Row(*head, "state", text=one.figure.state)
            yield from _number(*head, "p_miss", one.figure.p_miss, "%")
            for figure, texts in (
                ("measured by", one.metrics),
                ("commitment", one.commitments),
                ("initiative", one.initiatives),
            ):
                for text in texts:
                    yield Row(*head, figure, text=text)
            for figure, words in (("owner", one.figure.owner), ("serves", one.serves)):
                if words:
                    yield Row(*head, figure, text=words)


def _handed_over(report: Report) -> Iterator[Row]:
    if report.own is not None:
        own = report.own
        head = ("own work", own.name, own.label)
        yield from _number(*head, "people", own.people, "")
        for figure, value, unit in (
            ("load", own.load, "%"),
            ("load_expected", own.load_expected, "%"),
            ("wait", own.wait, "s"),
            ("wait_expected", own.wait_expected, "s"),
        ):
            yield from _number(*head, figure, value, unit)
        for step in own.steps:
            yield from _number("own work", step.name, step.label, "visits", step.visits, PER_CASE)
            yield from _number("own work", step.name, step.label, "wait", step.wait, "s")
        for part, unit in ((own.delay, "s"), (own.rework, PER_CASE)):
            if part is not None:
                for figure, value in part.to_dict().items():
                    yield from _number(*head, figure, value, unit)
    for row in report.handoffs:
        head = ("hand-off", f"{row.giver} -> {row.taker}", f"{row.giver_label} → {row.taker_label}")
        for figure, value, unit in (
            ("per_period", row.designed.per_period, ""),
            ("wait", row.designed.wait, "s"),
            ("returns", row.designed.returns, "%"),
        ):
            yield from _number(*head, figure, value, unit, of="designed")
        seen = row.observed
        if seen is not None:
            yield from _number(*head, "n", seen.n, "", of="observed")
            yield from _number(*head, "per_period", seen.per_period, "", of="observed")
            yield from _number(*head, "open", seen.open, "", of="observed")
            for figure, found, unit in (
                ("wait", seen.wait, "s"),
                ("p90", seen.p90, "s"),
                ("returns", seen.returns, "%"),
            ):
                if found is not None:
                    for bound, value in (("", found.value), ("_low", found.low), ("_high", found.high)):
                        yield from _number(*head, f"{figure}{bound}", value, unit, of="observed")
        for promise in row.promises:
            yield Row(*head, "state", "promise", text=promise.state)
            yield from _number(*head, "within", promise.within, "s", of="promise")
            yield from _number(*head, "share", promise.share, "%", of="promise")
            yield from _number(*head, "p_broken", promise.p_broken, "%", of="promise")
            if promise.kept is not None:
                yield from _number(*head, "kept", promise.kept.value, "%", of="promise")
