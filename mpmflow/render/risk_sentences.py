"""Sentences of an evaluation's note that other forms of it say too: why a metric moves, what an action gains, what all
of it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from rich.text import Text

from mpmflow.analysis.risk.evaluation import Action, Evaluation, MetricFigure
from mpmflow.analysis.risk.standing import unjudged

from .numbers import percent
from .risk_names import Names
from .risk_words import amount, bare_change, day, parts, uneven, unit_of, upper

GROUNDS = {
    "declared": "what somebody declared",
    "associated": "an association in data",
    "learned": "what was learned from the series",
    "experiment": "an experiment",
}
"""Evidence that a reader should know of before leaning on a figure, in words."""


def meaning(note: Evaluation) -> str:
    """What it means that something is measured against the reference."""
    return {
        "plan": "“By plan” is what would come if every share, time and number of arrivals were as the file states.",
        "rework-free": "“No rework” is what would come if everything were as it is now, but nothing came back.",
    }.get(note.reference, "“Before” is what would come if everything were as it was observed in that period.")


def why_it_moves(note: Evaluation, row: MetricFigure, names: Names) -> Text | None:
    """Where a metric's change comes from, if it is worth a sentence."""
    base = abs(row.baseline) if row.baseline else 0.0
    if not row.by or row.change is None or unjudged(row) or (base and abs(row.change) < 0.005 * base):
        return None
    words = parts(names, row)
    text = Text.assemble((f"{upper(row.label)} {bare_change(row.change, row.unit)}", "bold"), f": {words}.")
    if row.reaches_on is not None and row.reaches_on > note.as_of:
        text.append(f" Most of it is there by {day(row.reaches_on)}.")
    if row.evidence in GROUNDS:
        text.append(f" Its weakest link is {GROUNDS[row.evidence]}.", style="dim")
    if row.residual:
        text.append(f" Not shared out: {bare_change(row.residual, row.unit)}.", style="dim")
    return text


def actions_told(note: Evaluation, names: Names) -> list[tuple[Action, Text]]:
    """The actions of which a reader can see the move and the gain, each with its sentence; the best one first."""
    return [
        (action, _sentence(note, action, names))
        for action in note.actions
        if _gains(note, action) and _moves(note, action)
    ]


def _sentence(note: Evaluation, action: Action, names: Names) -> Text:
    unit = unit_of(note, action.lever)
    back = "back from" if action.why == "deviates" else "a fifth less, from"
    even = ", and as even as planned," if _uneven(note, action) else ""
    line = Text.assemble(
        (upper(names(action.lever)), "bold"),
        f": {back} {amount(action.start, unit)} to {amount(action.goal, unit)}{even} gives {_gains(note, action)}.",
    )
    if action.initiative:
        line.append(f" The initiative “{note.labels.get(action.initiative, action.initiative)}” does this.")
    if action.owner:
        line.append(f" Owner: {action.owner}.", style="dim")
    return line


def _moves(note: Evaluation, action: Action) -> bool:
    """Whether a reader can see that a move is one."""
    unit = unit_of(note, action.lever)
    return _uneven(note, action) or amount(action.start, unit) != amount(action.goal, unit)


def _uneven(note: Evaluation, action: Action) -> bool:
    """Whether the move also takes back that a time scatters more than planned."""
    rows = [row for row in note.indicators if row.name == action.lever]
    return action.why == "deviates" and any(uneven(row) for row in rows)


def _gains(note: Evaluation, action: Action) -> str:
    """The largest gains in words; "" where none is worth telling."""
    rows = {row.name: row for row in note.metrics}
    told = []
    for name, gain in action.gains.items():
        row = rows.get(name)
        base = abs(row.forecast) if row is not None and row.forecast else 0.0
        least = 0.002 if action.misses_avoided >= 0.005 else 0.01
        if row is not None and base and abs(gain) >= least * base and row.better is not None:
            told.append((row.target is None, -abs(gain) / base, f"{row.label} {bare_change(gain, row.unit)}"))
    return ", ".join(words for _, _, words in sorted(told)[:3])


def what_it_rests_on(note: Evaluation, names: Names) -> Iterator[str]:
    """How much was observed, and what of it the model does not know."""
    found = note.coverage
    facts = [_count(found.periods, f"full {period_word(note)}")]
    if found.events:
        facts = [f"{_count(found.cases, 'case')} with {_count(found.events, 'event')}", *facts]
    yield ", ".join(facts) + "."
    if found.unmatched:
        total = sum(count for _, count in found.unmatched)
        activities = ", ".join(name for name, _ in found.unmatched[:3])
        share = total / found.events if found.events else 0.0
        more = ", …" if len(found.unmatched) > 3 else ""
        yield f"No statement claims {total:,} events ({percent(share, 2)}): {activities}{more}."
    if found.deviations:
        total = sum(count for _, _, count in found.deviations)
        first, then, count = found.deviations[0]
        way = f"from {names.brief(first)} to {names.brief(then)}"
        times = "once" if count == 1 else f"{count} times"
        yield (
            f"{_count(total, 'step')} went ways that the workflow does not know; most often {way}"
            f" ({first} to {then}, {times})."
        )
    if found.detours:
        kinds: dict[str, int] = {}
        for one in found.detours:
            kinds[one.kind] = kinds.get(one.kind, 0) + one.events
        told = ", ".join(f"{kind} {times}" for kind, times in kinds.items())
        yield f"{_count(found.astray, 'case')} took such a way or stopped ({told}); observe lists them."


def period_word(note: Evaluation) -> str:
    """What one period is called."""
    return "week" if abs(note.period - 604800.0) < 1.0 else "period"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def dates_in_words(text: str) -> str:
    """A text with its ISO dates as people write them.

    >>> dates_in_words("The data end on 2026-03-08: empty.")
    'The data end on 8 Mar 2026: empty.'
    """
    return re.sub(r"\b\d{4}-\d\d-\d\d\b", lambda match: day(date.fromisoformat(match.group())), text)
