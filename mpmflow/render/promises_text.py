"""Promises in words: how each stands, what follows from it, and what would bring it back on course.

The sentences are plain text, for every form that tells an evaluation; the note lays them out as its section.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rich.padding import Padding
from rich.text import Text

from mpmflow.analysis.risk.commitments import IN_DANGER, WORST_FIRST, CommitmentFigure, PromiseFigure
from mpmflow.analysis.risk.evaluation import Evaluation
from mpmflow.analysis.risk.ways_back import AT_RISK, WayBack

from .note_blocks import heading, paragraph
from .numbers import percent
from .risk_names import Names, words
from .risk_words import amount, bare, chance, day, upper

STYLES = {
    "missed": "bold red", "broken": "bold red", "at risk": "bold yellow", "unknown": "dim", "on course": "green",
    "kept": "green",
}  # fmt: skip
"""How the word of a state looks."""
LIMIT = f"On course means that a miss is less than {AT_RISK:.0%} likely."


def promise_blocks(note: Evaluation, names: Names) -> Iterator[Text | Padding]:
    """The section of the note, the promises in danger first and in full."""
    if not note.commitments:
        return
    yield heading("Promises")
    rows = sorted(note.commitments, key=lambda row: (WORST_FIRST.index(row.state), -(row.p_miss or 0.0), row.name))
    for row in rows:
        line = Text.assemble((upper(row.label), "bold"), ": ", (row.state, STYLES[row.state]), ".")
        line.append(f" {' '.join(standing(row))}")
        if row.state in IN_DANGER:
            back = " ".join(ways_back(note, row, names))
            line.append(f" {back}" if back else "")
        yield Padding(line, (0, 0, 0, 2))
    if any(row.state in ("at risk", "broken") for row in rows):
        yield paragraph(LIMIT, "dim")
    yield Text()


def standing(row: CommitmentFigure) -> Iterator[str]:
    """Who promised what, how it stands, and what follows from it, a sentence each."""
    worst = row.worst
    if worst is None:
        yield "It promises nothing that can be looked at."
        return
    who = row.by or "Nobody by name"
    left = ""
    if row.days_left is not None and worst.came is None:
        left = " today" if row.days_left == 0 else f" in {row.days_left} day{'s' if row.days_left != 1 else ''}"
    yield f"{who} promised {promised(worst)}{f', due{left}' if left else ''}: {outcome(worst)}."
    others = [one for one in row.promises if one is not worst]
    if others:
        told = "; ".join(f"{promised(one)} ({one.state}, {outcome(one)})" for one in others)
        yield f"Promised beside it: {told}."
    if row.follows:
        sure = "What follows" if row.state != "broken" else "What follows then"
        yield f"{sure}: {row.follows}."
    elif row.state == "at risk" and row.if_missed:
        yield f"If it is missed: {row.if_missed}."


def promised(one: PromiseFigure) -> str:
    """What was promised: `leads at least 60 per 4w by 26 Apr 2026`."""
    level = f"{one.label} {one.comparison} {bare(one.target, one.unit)}"
    span = ""
    if one.reading.startswith("in total from"):
        span = f" in total from {day(date.fromisoformat(one.reading.split(' ')[3]))}"
    elif one.reading.startswith("per ") and ", up to" in one.reading:
        span = f" {one.reading.partition(',')[0]}"
    return f"{level}{span}{f' by {day(one.on)}' if one.on is not None else ''}"


def outcome(one: PromiseFigure) -> str:
    """What came or is expected: `38.3 eur expected, 43% likely to miss`."""
    if one.came is not None:
        return f"{bare(one.came, one.unit)} came"
    if one.p_miss is None:
        return f"nothing can be said. {one.note.rstrip('.')}" if one.note else "nothing can be said"
    return f"{bare(one.forecast, one.unit)} expected, {chance(one.p_miss)} likely to miss"


def ways_back(note: Evaluation, row: CommitmentFigure, names: Names) -> Iterator[str]:
    """What would bring a promise back on course, in a sentence; that nothing does, where that is so."""
    if row.state not in ("at risk", "broken"):
        return
    if not row.ways_back:
        yield "Nothing that the file says of the process or its initiatives would bring it back."
        return
    enough = [way for way in row.ways_back if way.enough]
    if enough:
        yield f"It would be back on course with {', or with '.join(way_back(note, way, names) for way in enough)}."
    else:
        strongest = row.ways_back[0]
        left = f"which leaves it {chance(strongest.p_miss)} likely to miss"
        yield f"No single thing would bring it back; most does {way_back(note, strongest, names)}, {left}."


def way_back(note: Evaluation, way: WayBack, names: Names) -> str:
    """One way back: `the initiative “One-page brief template” for 8k eur`."""
    if way.initiatives:
        named = " and ".join(f"“{note.labels.get(name, name)}”" for name in way.initiatives)
        many = "initiatives" if len(way.initiatives) > 1 else "initiative"
        return f"the {many} {named}{f' for {amount(way.cost, way.currency)}' if way.cost is not None else ''}"
    node, _, aspect = way.lever.rpartition(".")
    if way.kind == "people":
        price = f" for {amount(way.cost, way.currency)} until then" if way.cost is not None else ""
        goal = f"{way.goal or 0.0:.0f} {'person' if way.goal == 1 else 'people'}"
        return f"{goal} instead of {way.start or 0.0:.0f} in {words(node)}{price}"
    unit = "%" if way.kind == "share" else "s"
    lever = way.lever if way.kind == "share" else f"{node}.{'time' if aspect == 'takes' else 'wait'}"
    less = percent(-(way.move or 0.0), 2)
    what = _without_the_rest(note, lever, way, names) if way.kind == "time" else names(lever)
    return f"{what} at {amount(way.goal, unit)} instead of {amount(way.start, unit)} ({less} less)"


def _without_the_rest(note: Evaluation, lever: str, way: WayBack, names: Names) -> str:
    """A time in words. Where it was observed together with waiting or with work, the lever is only its own part."""
    row = next((row for row in note.indicators if row.name == lever), None)
    level = row.estimate if row is not None else None
    if level is None or abs((way.start or 0.0) - level) <= 0.01 * level:
        return names(lever)
    return f"{names(lever)}, without {'waits' if way.lever.endswith('.takes') else 'work'},"


def reminders(row: CommitmentFigure) -> str:
    """Which actions it calls and when; "" without any."""
    by_action: dict[str, list[str]] = {}
    for one in row.do:
        when = f"on {day(one.on)}" if one.on is not None else "while it is in danger"
        by_action.setdefault(one.action, []).append(when)
    told = "; ".join(f"{action} {' and '.join(when)}" for action, when in by_action.items())
    return f"Calls {told}." if told else ""
