"""An assessment as a page of text: the score, factor by factor its points with evidence, benchmarks, what changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from mpmflow.render.numbers import percent, significant
from mpmflow.render.risk_words import amount, day

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

    from mpmflow.analysis.assessment.answer import Against, Assessment, BenchmarkRow, FactorScore, PointScore

RAISING = 5
"""Points that are told of what to do first."""


def assess_page(found: Assessment, full: bool = False) -> Group:
    """The page, for a terminal of any width or a file; `full` says of every point what would raise it."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    title = f"Assessment: {found.title}" if found.title else "Assessment"
    data = f", with data up to {day(found.as_of)}" if found.as_of else ""
    parts: list[RenderableType] = [
        Text.assemble((title, "bold"), f", {day(found.on)}{data}"),
        Padding(Text(f"By “{found.standard_title}” ({found.standard_source}). {found.standard_note}"), (0, 0, 0, 2)),
        Padding(Text.assemble("Score: ", (_score(found.score), "bold"), _since(found)), (0, 0, 0, 2)),
    ]
    for factor in found.factors:
        parts.append(Text())
        parts.append(Text.assemble((factor.title, "bold"), f": {_score(factor.score)}"))
        parts.append(Padding(_points(factor), (0, 0, 0, 2)))
    for title, sentences in (
        ("What would raise it most", list(_raising(found, full))),
        ("Benchmarks", [_benchmark(row) for row in found.benchmarks]),
        ("Since the last assessment", list(_changes(found.against)) if found.against is not None else []),
        ("Remarks", list(found.notes)),
    ):
        if sentences:
            parts.append(Text(f"\n{title}", style="bold"))
            parts.extend(Padding(Text(sentence), (0, 0, 0, 2)) for sentence in sentences)
    return Group(*parts)


def _score(score: float | None) -> str:
    return "not measured" if score is None else f"{score:.1f} of 4"


def _since(found: Assessment) -> str:
    against = found.against
    if against is None or against.score is None or found.score is None:
        return ""
    return f", {against.score:.1f} on {_day(against.on)}"


def _day(on: str) -> str:
    try:
        return day(date.fromisoformat(on))
    except ValueError:
        return on


def _points(factor: FactorScore) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for number, column in enumerate(("point", "level", "figure", "what that means")):
        table.add_column(column, justify="right" if number == 1 else "left", no_wrap=number < 3)
    for point in factor.points:
        level = "-" if point.level is None else str(point.level)
        words = point.words if point.level is not None else f"Not measured: {point.why}."
        table.add_row(point.name, level, figure(point), words)
    return table


def figure(point: PointScore) -> str:
    """The figure of a point as people read it: `3 of 7`, `76%`, `1.4 years`."""
    if point.value is None:
        return ""
    total = len(point.met) + len(point.lacking)
    if point.unit == "share":
        return f"{len(point.met)} of {total}" if total else percent(point.value)
    number = significant(point.value)
    if point.unit == "count":
        return number
    return f"{number} {point.unit.removesuffix('s') if number == '1' else point.unit}"


def _raising(found: Assessment, full: bool) -> Iterator[str]:
    """The points that weigh most below the top, each with what would raise it."""
    weighed = [
        (factor.weight * point.weight / sum(one.weight for one in factor.points) * (4 - point.level), point)
        for factor in found.factors
        for point in factor.points
        if point.level is not None and point.level < 4
    ]
    weighed.sort(key=lambda pair: (-pair[0], pair[1].name))
    told = weighed if full else weighed[:RAISING]
    for number, (_, point) in enumerate(told, start=1):
        yield f"{number}. {point.question} {point.raising}"
    if len(weighed) > len(told):
        yield f"… and {len(weighed) - len(told)} more points below the top; --full tells them all."


def _benchmark(row: BenchmarkRow) -> str:
    source = f", source: {row.source}" if row.source else ", without a source"
    label = f" ({row.label}{source})" if row.label else f" ({source.removeprefix(', ')})"
    if row.age is None:
        age = " It names no year, so nobody can say how old it is."
    elif row.old:
        age = f" That is {significant(row.age, 2)} years old: look for a new one."
    else:
        age = ""
    if row.level is None:
        stands = "where it stands is not known"
    else:
        word = "" if row.ahead is None else ", which is at least as good" if row.ahead else ", which is worse"
        stands = f"it stands at {amount(row.level, row.unit)}{word}"
    return f"{row.metric}: others reach {amount(row.value, row.unit)}{label}; {stands}.{age}"


MOST_ALONE = 4
"""More points that only one of two assessments has are told together."""


def _changes(against: Against) -> Iterator[str]:
    yield from against.notes
    rose = [change for change in against.changes if change.rose > 0]
    fell = [change for change in against.changes if change.rose < 0]
    for word, changes in (("Rose", rose), ("Fell", fell)):
        for change in changes:
            yield f"{word}: {change.name}, from level {change.level_before} to {change.level}."
    other = [change for change in against.changes if change.rose == 0]
    moved = [change.name for change in other if change.level is not None and change.level == change.level_before]
    if moved:
        yield f"Another figure at the same level: {', '.join(moved)}."
    sides = {
        "measured last time, not measured now": [one for one in other if one.level is None],
        "not measured last time, measured now": [one for one in other if one.level_before is None],
    }
    for words, changes in sides.items():
        alone = [one for one in changes if one.level != one.level_before]
        if len(alone) > MOST_ALONE:
            names = ", ".join(one.name for one in alone[:MOST_ALONE])
            yield f"{len(alone)} points were {words}: {names} and others."
            continue
        for change in alone:
            yield f"{change.name}: {_one_sided(change.level_before, change.level)}."
    if not against.changes:
        yield f"Nothing has changed since {_day(against.on)}."


def _one_sided(before: int | None, now: int | None) -> str:
    if now is None:
        return f"level {before} last time, not measured now"
    return f"not measured last time, level {now} now"
