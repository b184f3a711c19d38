"""The line of sight as a page of text: goal by goal what moves it, then what is done and what that is good for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mpmflow.render.numbers import duration
from mpmflow.render.risk_words import bare_change, change, day, upper

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

    from mpmflow.analysis.alignment.answer import (
        Across,
        Conflict,
        Effect,
        LevelCoverage,
        LineOfSight,
        ObjectiveSight,
        UpLink,
    )

MOST = 8
"""Effects that are told of each metric; the document has all."""
LEAST = 0.005
"""What is worth less than this part of the first one is only counted."""
VERDICTS = {
    "effective": "Moves an outcome",
    "output only": "Moves an output, but no outcome",
    "efficient only": "Efficient only: moves times and costs, but no output and no outcome",
    "nothing": "Moves nothing that is measured, or has no time, cost or share in the file",
}
RESTS = {
    "structural": "the process",
    "formula": "a formula",
    "experiment": "an experiment",
    "associated": "an association",
    "learned": "data, predictive",
    "declared": "somebody's word",
}


def sight_page(found: LineOfSight) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    title = f"Line of sight: {found.title}" if found.title else "Line of sight"
    asked = f"at the levels of {day(found.as_of)}" if found.as_of else "from the file alone, no data looked at"
    parts: list[RenderableType] = [Text.assemble((title, "bold"), f", {asked}")]
    for goal in found.objectives:
        parts.append(Text())
        parts.extend(_goal(found, goal))
    if len(found.objectives) > 1:
        parts.append(Text("\nLevel by level", style="bold"))
        parts.append(Padding(_levels(found.levels), (0, 0, 0, 2)))
    for title, sentences in (
        ("Up: does each goal move the one above?", [_up(found, link) for link in found.up]),
        ("Across: goals of one level", [sentence for pair in found.across for sentence in _across(found, pair)]),
        ("What reaches which goal", list(_reaches(found))),
        ("What is done, and what it is good for", list(_done(found))),
        ("What to look at", list(_findings(found))),
    ):
        if sentences:
            parts.append(Text(f"\n{title}", style="bold"))
            parts.extend(Padding(Text(sentence), (0, 0, 0, 2)) for sentence in sentences)
    return Group(*parts)


def _goal(found: LineOfSight, goal: ObjectiveSight) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    owner = f", {goal.owner}" if goal.owner else ""
    yield Text.assemble((upper(goal.label), "bold"), f" ({goal.name}): {goal.level.replace('_', ' ')}{owner}")
    yield from effects_of(found.units, goal)
    if goal.blind:
        yield Padding(Text("Nothing that is done reaches it: a blind goal.", style="yellow"), (0, 0, 0, 2))


def effects_of(units: Mapping[str, str], goal: ObjectiveSight) -> Iterator[RenderableType]:
    """What moves a goal's metrics, the weightiest first; those whose strength nobody knows in one line behind."""
    from rich.padding import Padding
    from rich.text import Text

    several = len(goal.measured_by) > 1
    for metric in goal.measured_by:
        mine = [effect for effect in goal.effects if effect.metric == metric]
        known = [effect for effect in mine if effect.strength == "known"]
        most = max((effect.worth or 0.0 for effect in known), default=0.0)
        told = [effect for effect in known if effect.worth is None or effect.worth >= LEAST * most][:MOST]
        rest = [effect for effect in mine if effect.strength != "known"]
        head = f"measured by {metric}" if not several else f"{metric}"
        if not mine:
            yield Padding(Text(f"{head}: nothing in the file moves it."), (0, 0, 0, 2))
            continue
        yield Padding(Text(f"{head}:"), (0, 0, 0, 2))
        if told:
            yield Padding(_table(units, told), (0, 0, 0, 4))
        if len(known) > len(told):
            yield Padding(Text(f"… and {len(known) - len(told)} more, each worth less.", "dim"), (0, 0, 0, 4))
        for sentence in _unknown(rest):
            yield Padding(Text(sentence), (0, 0, 0, 4))


def _table(units: Mapping[str, str], effects: Sequence[Effect]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for number, column in enumerate(("what moves it", "by", "adds", "", "after", "rests on")):
        table.add_column(column, justify="right" if number in (1, 2) else "left", no_wrap=number in (1, 2))
    for effect in effects:
        table.add_row(effect.source, *_cells(units, effect))
    return table


def _cells(units: Mapping[str, str], effect: Effect) -> tuple[str, str, str, str, str]:
    adds = bare_change(effect.change, units.get(effect.metric, "")) if effect.change is not None else "?"
    return effect.said, adds, _good(effect.helps), after(effect), RESTS.get(effect.evidence, effect.evidence)


def _good(helps: bool | None) -> str:
    return "" if helps is None else "better" if helps else "worse"


def after(effect: Effect) -> str:
    """How soon: the mean, and from when to when.

    `5 w (4 w to 6 w)` reads `35 d (28 to 42 d)`: days, for lags of one page should compare.
    """
    if effect.latest <= 0.0:
        return "at once"
    mean = duration(effect.lag, 2)
    low, high = duration(effect.soonest, 2), duration(effect.latest, 2)
    if low == high:
        return mean
    number, _, unit = low.partition(" ")
    return f"{mean} ({number} to {high})" if unit == high.partition(" ")[2] else f"{mean} ({low} to {high})"


def _unknown(effects: Sequence[Effect]) -> Iterator[str]:
    """Those that reach with a strength that is not known, by the reason."""
    by_reason: dict[str, list[str]] = {}
    for effect in effects:
        by_reason.setdefault(effect.why, []).append(effect.source)
    for reason, names in by_reason.items():
        shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        yield f"{shown}: {'reach' if len(names) > 1 else 'reaches'} it, but not known how strongly; {reason}."


def _up(found: LineOfSight, link: UpLink) -> str:
    if not link.reaches:
        return f"{link.child} → {link.parent}: no. No metric of {link.child} moves one of {link.parent}."
    if link.effect is None:
        return f"{link.child} → {link.parent}: yes, both are measured by {link.metric}."
    effect = link.effect
    if effect.strength != "known" or effect.change is None:
        reason = f"not known how strongly: {effect.why}"
        return f"{link.child} → {link.parent}: yes, {link.metric} moves {link.moves}; {reason}."
    adds = change(effect.change, found.units.get(effect.metric, ""))
    rests = RESTS.get(effect.evidence, effect.evidence)
    return f"{link.child} → {link.parent}: yes, {effect.said} adds {adds} after {after(effect)}; it rests on {rests}."


def _levels(levels: Sequence[LevelCoverage]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for number, head in enumerate(
        ("", "goals", "reached by what is done", "move the goal above", "with an initiative")
    ):
        table.add_column(head, justify="right" if number else "left")
    for row in levels:
        up = f"{len(row.moving_up)} of {len(row.below)}" if row.below else ""
        counts = str(len(row.goals)), str(len(row.reached)), up, str(len(row.undertaken))
        table.add_row(upper(row.level.replace("_", " ")), *counts)
    return table


def _across(found: LineOfSight, pair: Across) -> Iterator[str]:
    both = f"{pair.first} and {pair.second}"
    if pair.metrics:
        yield f"{both} are both measured by {', '.join(pair.metrics)}."
    if pair.teams:
        yield f"{both} need the same people: {', '.join(pair.teams)}."
    for conflict in pair.conflicts[:4]:
        yield _conflict(found, conflict)
    if len(pair.conflicts) > 4:
        yield f"… and {len(pair.conflicts) - 4} more levers help one of {both} and hurt the other."
    if pair.together and not pair.conflicts:
        yield f"{both} pull together: what helps the one helps the other ({_some(pair.together)})."


def _conflict(found: LineOfSight, conflict: Conflict) -> str:
    good, bad = conflict.helps, conflict.hurts
    told = [
        f"{effect.metric} {change(effect.change or 0.0, found.units.get(effect.metric, ''))}" for effect in (good, bad)
    ]
    return f"They pull apart at {good.source}: {good.said} means {told[0]} (better), but {told[1]} (worse)."


def _reaches(found: LineOfSight) -> Iterator[str]:
    """What is done by the goals that it reaches, those that reach most first."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in found.activities:
        groups.setdefault(row.objectives, []).append(row.name)
    for goals, names in sorted(groups.items(), key=lambda pair: (-len(pair[0]), pair[0])):
        if goals:
            yield f"{_some(names, 12)} → {_some(goals)}."


def _done(found: LineOfSight) -> Iterator[str]:
    for verdict, words in VERDICTS.items():
        names = [row.name for row in found.activities if row.verdict == verdict]
        if names:
            yield f"{words}: {_some(names, 12)}."


def _findings(found: LineOfSight) -> Iterator[str]:
    if found.blind:
        yield f"Blind goals, which nothing that is done reaches: {_some(found.blind)}."
    if found.vanity:
        yield f"Vanity metrics, which count activity or output but move no outcome: {_some(found.vanity)}."
    if found.orphans:
        yield f"Orphans, which reach no goal: {_some(found.orphans, 12)}."
    yield from found.notes


def _some(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
