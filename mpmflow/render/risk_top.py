"""The first lines of the note of an evaluation: which targets are in danger, and what is behind it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from mpmflow.analysis.risk.evaluation import Evaluation, MetricFigure
from mpmflow.analysis.risk.standing import harm_of, is_worse, shown_once, troubled, unjudged

from .risk_names import Names
from .risk_words import amount, bare_change, chance, day, instead, likely, target, uneven, upper

NOTICEABLE = 0.005
"""An effect is told if it takes this part of a metric's level away."""
MOST_CAUSES = 3


def sentences(note: Evaluation, names: Names) -> Iterator[Text]:
    """What it comes to, in a few sentences; one calm one where nothing is wrong."""
    held = [row for row in note.metrics if row.target is not None]
    in_danger = troubled(held)
    causes = _causes(note, in_danger)
    if in_danger:
        yield _first(in_danger[0])
        others = [_other(row) for row in in_danger[1:4]]
        if others:
            yield Text(f"Also in danger: {'; '.join(others)}.")
    elif causes or any(is_worse(row) for row in note.indicators):
        near = [row for row in held if row.p_miss is not None and row.p_miss >= 0.2]
        if near:
            closest = ", ".join(f"{row.label} ({chance(row.p_miss)})" for row in near[:4])
            yield Text(f"No target is more likely to be missed than met; closest to it: {closest}.")
        elif any(row.p_miss is not None for row in held) and not any(unjudged(row) for row in held):
            yield Text(f"{_all_met(held)} is likely to be met, or was met.")
    for name in causes:
        yield _cause(note, name, names)
    if in_danger and _beyond(in_danger[0]) and note.reference == "plan":
        row = in_danger[0]
        yield Text(f"Even by plan {row.label} would be {amount(row.baseline, row.unit)}: the target asks for more.")
    if not in_danger and not causes:
        worse = [row for row in shown_once(note.indicators) if is_worse(row)]
        if worse:
            told = "; ".join(f"{names.full(row.measures or row.name)} ({instead(row)})" for row in worse[:3])
            yield Text(f"Worse than expected: {told}. No metric shows yet what comes of it.")
        else:
            yield Text(_calm(held))
    dark = [row.label for row in held if unjudged(row)]
    if dark:
        yield Text(f"Whether the target was met is not known for {', '.join(dark)}: see below.", style="dim")


def _beyond(row: MetricFigure) -> bool:
    """Whether a target is missed even by the reference."""
    if row.baseline is None or row.target is None:
        return False
    return row.baseline < row.target if row.comparison == "at least" else row.baseline > row.target


def _calm(held: list[MetricFigure]) -> str:
    near = [f"{row.label} ({chance(row.p_miss)})" for row in held if row.p_miss is not None and row.p_miss >= 0.2]
    if any(row.p_miss is not None for row in held) and not near and not any(unjudged(row) for row in held):
        targets = _all_met(held)
        well = f"what was observed is about what was expected, and {targets[0].lower()}{targets[1:]}"
        return f"All is well: {well} is likely to be met."
    if near:
        return (
            "What was observed is about what was expected. No target is more likely to be missed than met; "
            f"closest to it: {', '.join(near[:4])}."
        )
    return "Nothing stands out: what was observed is about what was expected."


def _all_met(held: list[MetricFigure]) -> str:
    """Every target, or those of which something is known, with the ones that are not."""
    dark = [row.label for row in held if row.p_miss is None]
    return f"Every target that can be judged (not {', '.join(dark)})" if dark else "Every target"


def _first(row: MetricFigure) -> Text:
    if row.method == "observed":
        return Text.assemble(
            (f"{upper(row.label)} has missed the target", "bold"),
            f": {amount(row.forecast, row.unit)} {reading(row, 'on')}, {target(row)} wanted.",
        )
    return Text.assemble(
        (f"{upper(row.label)} {likely(row.p_miss or 0.0)} miss the target", "bold"),
        f": {amount(row.forecast, row.unit)} expected {reading(row, 'for')}, {target(row)} wanted"
        f" ({chance(row.p_miss)} likely to miss).",
    )


def _other(row: MetricFigure) -> str:
    if row.method == "observed":
        return f"{row.label}, missed already ({amount(row.forecast, row.unit)}, {target(row)} wanted)"
    return f"{row.label} ({chance(row.p_miss)}: {amount(row.forecast, row.unit)}, {target(row)} wanted)"


def _causes(note: Evaluation, in_danger: list[MetricFigure]) -> list[str]:
    """What is behind it: the two largest harms to the metric in most danger, then what stands out otherwise."""
    found: list[str] = []
    known = {row.name for row in note.indicators} | {row.name for row in note.metrics}
    for row in in_danger[:1]:
        bad = [name for name, part in row.by.items() if name != row.name and harm_of(row, part) >= NOTICEABLE]
        found += [name for name in bad if name in known][:2]
    found += [headline.root for headline in note.headlines]
    return list(dict.fromkeys(found))[: MOST_CAUSES if in_danger else 2]


def _cause(note: Evaluation, name: str, names: Names) -> Text:
    source = next((row for row in note.indicators if row.name == name), None)
    head = upper(names.full(name))
    if source is not None:
        head += f": {instead(source)}{', and more uneven' if uneven(source) else ''}"
        if source.state in ("alert", "warn", "pending"):
            head += f", {source.state} since {day(source.since)}"
    else:
        head += ": moved without a cause in the file"
    told = []
    hurt = [row for row in note.metrics if row.name != name and harm_of(row, row.by.get(name, 0.0)) >= NOTICEABLE]
    hurt.sort(key=lambda row: (row.target is None, -harm_of(row, row.by.get(name, 0.0)), row.name))
    for row in hurt[:3]:
        ahead = row.reaches_on is not None and row.reaches_on > note.as_of
        told.append(f"{row.label} {bare_change(row.by[name], row.unit)}{f' by {day(row.reaches_on)}' if ahead else ''}")
    effect = f" Effect: {', '.join(told)}." if told else ""
    return Text.assemble((f"{head}.", "bold"), effect)


def against(note: Evaluation) -> str:
    """What the note is measured against, in words."""
    return {"plan": "the plan", "rework-free": "the same process without rework"}.get(
        note.reference, f"the period {note.reference.replace('..', ' to ')}"
    )


def than(note: Evaluation) -> str:
    """The same as a few words behind a figure: more `by plan`, `without rework`, `before`."""
    return {"plan": "by plan", "rework-free": "without rework"}.get(note.reference, "before")


def reading(row: MetricFigure, before: str = "") -> str:
    """Which day or span a figure is for."""
    words = row.reading
    if words.startswith("in total"):
        return words
    when = f"{before} {day(row.on)}".strip() if row.on is not None else ""
    if words.startswith("per ") and "up to" in words:
        return f"{words.partition(',')[0]} to {day(row.on)}"
    return f"{words} {before} {day(row.on)}".strip() if words else when


def reading_short(row: MetricFigure) -> str:
    """The same for a table: `31 Mar 2019`, `13w to 30 Sep 2026`, `total to 31 Dec 2026`."""
    if row.reading.startswith("in total"):
        return f"total to {day(row.on)}"
    span, _, _ = row.reading.partition(",")
    return f"{span.removeprefix('per ')} to {day(row.on)}" if "up to" in row.reading else day(row.on)
