"""Sentences of an evaluation's note that other forms of it say too: why a metric moves, and what an action gains."""

from __future__ import annotations

from rich.text import Text

from mpmflow.analysis.risk.evaluation import Action, Evaluation, MetricFigure
from mpmflow.analysis.risk.standing import unjudged

from .risk_names import Names
from .risk_words import amount, bare_change, day, parts, uneven, unit_of, upper

GROUNDS = {
    "declared": "what somebody declared",
    "associated": "an association in data",
    "learned": "what was learned from the series",
    "experiment": "an experiment",
}
"""Evidence that a reader should know of before leaning on a figure, in words."""


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
