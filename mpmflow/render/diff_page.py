"""Two versions of a model as a page of text: what it comes to, what follows from which change, and what was changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mpmflow.analysis.difference.diff import HEADLINES, OF_TEAMS, Diff, FigureChange
from mpmflow.model.imports import workflows_in_question
from mpmflow.render.analysis_page import Fitted
from mpmflow.render.diff_words import FIGURES, Words

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

MOST = 40
"""Statements that differ on the page; the document has all."""


def diff_page(found: Diff, old: str = "the old version", new: str = "the new version") -> Group:
    """The page, for a terminal of any width or a file; `old` and `new` say what the two are called."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    def lines(sentences: Iterator[str]) -> list[RenderableType]:
        return [Padding(Text(sentence), (0, 0, 0, 2)) for sentence in sentences]

    words = Words(found)
    parts: list[RenderableType] = [Text(f"From {old} to {new}", style="bold")]
    parts += lines(_headline(found, words))
    if found.what != "meaning":
        return Group(*parts)
    for kind, title, head in (
        ("workflow", "What a case goes through", ["figure"]),
        ("team", "Teams", ["team", ""]),
        ("metric", "Planned metrics", ["metric"]),
    ):
        for name, rows in _tables(found, words, kind):
            heads = [f"  {head[0]}", *head[1:], "before", "now", "change"]
            parts += [Text(f"\n{title}{f': {name}' if name else ''}", style="bold"), Fitted(heads, rows)]
    for name, table in _brought(found, words):
        parts += [Text(f"\nWhat each change brings{f': {name}' if name else ''}", style="bold"), table]
    parts += [Text("\nWhat was changed", style="bold"), *lines(_edits(found, words))]
    forecasts = list(_forecasts(found, words))
    if forecasts:
        parts += [Text("\nForecasts made before", style="bold"), *lines(iter(forecasts))]
    notes = list(_notes(found))
    if notes:
        parts.append(Text(""))
        parts += [Padding(Text(note, style="dim"), (0, 0, 0, 2)) for note in notes]
    return Group(*parts)


def _headline(found: Diff, words: Words) -> Iterator[str]:
    if found.what == "nothing":
        yield "Nothing changed: the two are the same."
        return
    if found.what == "layout":
        yield "Only layout, comments or the order of statements changed: both mean the same, with the same figures."
        return
    came = [team for team in found.overload[1] if team not in found.overload[0]]
    gone = [team for team in found.overload[0] if team not in found.overload[1]]
    if came:
        yield f"{_listed(came)} now {'has' if len(came) == 1 else 'have'} more work than people: work piles up there."
    if gone:
        yield f"{_listed(gone)} can keep up with {'its' if len(gone) == 1 else 'their'} work again."
    said = bool(came or gone)
    titles = {one.name: one.title for model in (found.old, found.new) for one in workflows_in_question(model)}
    both = _in_both(found)
    for name, title in titles.items():
        if name not in both:
            said = True
            word = "new" if name in workflows_in_question(found.new).names else "gone"
            yield f"The workflow “{title}” is {word}."
    for one in found.figures:
        if one.kind == "workflow" and one.figure in _SENTENCES and one.moved and one.of in both:
            said = True
            about = f"{titles.get(one.of, one.of)}: " if len(titles) > 1 else ""
            yield about + _sentence(one, words)
    counted = _counted(found)
    yield f"{'' if said else 'No time, cost or load changed. '}{counted}"


_SENTENCES = {
    "time.mean": "A case takes {new} instead of {old} ({change}).",
    "time.late": "{new} miss the deadline instead of {old}.",
    "cost.mean": "A case costs {new} instead of {old} ({change}).",
    "first_pass": "{new} are right first time instead of {old}.",
    "throughput_per_s": "{new} end well per week instead of {old}.",
}


def _sentence(one: FigureChange, words: Words) -> str:
    """A figure before and now, with the strongest changes behind it; of one that a version lacks, which has it."""
    old, new = words.level(one, one.old), words.level(one, one.new)
    if one.difference is None:
        named = FIGURES[one.figure]
        return f"{named[0].upper()}{named[1:]}: {old} before, {new} now."
    why = words.because(one, 2)
    text = _SENTENCES[one.figure].format(old=old, new=new, change=words.difference(one, one.difference))
    return f"{text}{f' Because of {why}.' if why else ''}"


def _in_both(found: Diff) -> frozenset[str]:
    return frozenset.intersection(*(frozenset(workflows_in_question(one).names) for one in (found.old, found.new)))


def _counted(found: Diff) -> str:
    shown = []
    for what in ("added", "removed"):
        number = sum(one.what == what for one in found.edits)
        if number:
            shown.append(f"{number} {what}")
    changed = sum(one.what == "changed" and (bool(one.clauses) or one.moved is not None) for one in found.edits)
    shown += [f"{changed} changed"] if changed else []
    named = sum(one.was is not None for one in found.edits)
    shown += [f"{named} renamed"] if named else []
    return f"Statements: {_listed(shown)}."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _tables(found: Diff, words: Words, kind: str) -> Iterator[tuple[str, list[list[str]]]]:
    """The tables of a kind: one for each workflow, one for all teams, one for all metrics."""
    rows: dict[str, list[list[str]]] = {}
    wanted = {"workflow": HEADLINES, "team": OF_TEAMS, "metric": ("planned",)}[kind]
    shown = ""
    both = _in_both(found)
    workflows = len(both)
    of_kind = [
        one
        for one in found.figures
        if one.kind == kind and one.figure in wanted and one.moved and (kind != "workflow" or one.of in both)
    ]
    order = {name: number for number, name in enumerate(dict.fromkeys(one.of for one in of_kind))}
    for one in sorted(of_kind, key=lambda one: (order[one.of], wanted.index(one.figure))):
        cells = [words.level(one, one.old), words.level(one, one.new), words.difference(one, one.difference)]
        if kind == "workflow":
            rows.setdefault(one.of if workflows > 1 else "", []).append([f"  {FIGURES[one.figure]}", *cells])
        elif kind == "team":
            name, shown = ("" if one.of == shown else one.of), one.of
            rows.setdefault("", []).append([f"  {name}", FIGURES[one.figure], *cells])
        else:
            rows.setdefault("", []).append([f"  {words.title(one.of)}", *cells])
    yield from rows.items()


_COLUMNS = {
    "time.mean": "time",
    "time.late": "late",
    "cost.mean": "cost",
    "first_pass": "right first\ntime",
    "throughput_per_s": "end well\nper week",
}


def _brought(found: Diff, words: Words) -> Iterator[tuple[str, Fitted]]:
    """A table for each workflow whose figures moved: a row for each change, and the sum; where there are several."""
    both = _in_both(found)
    workflows = dict.fromkeys(one.of for one in found.figures if one.kind == "workflow" and one.of in both)
    for workflow in workflows:
        shown = [
            one
            for figure in _COLUMNS
            for one in found.figures
            if one.kind == "workflow" and one.of == workflow and one.figure == figure and one.by and one.moved
        ]
        changes = dict.fromkeys(change for one in shown for change in one.by)
        if len(changes) < 2:
            continue
        rows = [
            [f"  {words.change(key)}", *(words.difference(one, one.by.get(key)) for one in shown)] for key in changes
        ]
        rows.append(["  all together", *(words.difference(one, one.difference) for one in shown)])
        table = Fitted(["  change", *(_COLUMNS[one.figure] for one in shown)], rows)
        yield (workflow if len(workflows) > 1 else ""), table


def _edits(found: Diff, words: Words) -> Iterator[str]:
    signs = {"added": "+", "removed": "-", "changed": "~"}
    for one in found.edits[:MOST]:
        yield f"{signs[one.what]} {words.edit(one)}"
    if len(found.edits) > MOST:
        yield f"… and {len(found.edits) - MOST} more (--json has all)"


def _forecasts(found: Diff, words: Words) -> Iterator[str]:
    lost = [(name, one) for name, one in found.forecasts.items() if not one.same]
    kept = [name for name, one in found.forecasts.items() if one.same]
    for name, one in lost:
        why = "; ".join(said.removeprefix(f"{name}: ") for said in one.why)
        yield f"{words.title(name)} can no longer be compared: {why}."
    if kept and lost:
        yield f"Those of {_listed([words.title(name) for name in kept])} can still be held against what comes."
    elif kept:
        yield "All of them can still be held against what comes: every metric is defined as before."


def _notes(found: Diff) -> Iterator[str]:
    if any(one.by for one in found.figures):
        yield (
            "What a change brings is its effect on the average over the orders in which the changes could be made; "
            "the parts add up."
        )
    if any(_waits(one) for one in found.figures):
        yield "Waits follow a formula and are approximate; mpmflow analyze says how good it is."
    both = _in_both(found)
    shown = (one for one in found.figures if one.kind != "workflow" or one.of in both)
    if any((one.old is None) != (one.new is None) for one in shown):
        yield "“none”: the figure has no value in that version, or is not there."
    for note in found.notes:
        yield note[0].upper() + note[1:] + "."


def _waits(one: FigureChange) -> bool:
    return one.figure == "time.without_wait"
