"""The comments of a draft: what it was made from, how much it explains, what was left out, what to edit first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mpmflow.model.histories import Histories
from mpmflow.model.model import Model
from mpmflow.model.process import Choose, Decision, End, Parallel, Step

if TYPE_CHECKING:
    from .discover import LeftOut

WIDTH = 118
SHOWN = 6
"""So many ways and activities that were left out are named; the rest are counted."""

HEAD = ""
"""Key of the comment above everything."""


def remarks(
    histories: Histories,
    model: Model,
    replayed: float,
    left: Sequence[LeftOut],
    missing: Sequence[tuple[str, int]],
    unordered: bool,
) -> dict[str, list[str]]:
    """Comments by the statement they stand above (`step brief`), the head under "": sentences, not yet wrapped."""
    workflow = model.workflows[0]
    nodes = list(workflow.nodes())
    span = f"{histories.first:%Y-%m-%d} to {histories.last:%Y-%m-%d}"
    fitting = round(replayed * histories.cases)
    head = [
        f"A draft made from a log alone: {_many(histories.cases, 'case')}, {_many(histories.events, 'event')}, {span} "
        f"({histories.label}).",
        f"It can do exactly what {fitting:,} of {_many(histories.cases, 'case')} did, {_percent(replayed)}, from start "
        "to end.",
    ]
    if missing:
        named = ", ".join(f'"{_line(name)}" ({events:,})' for name, events in missing[:SHOWN])
        head.append(f"Activities left out, with their events: {named}{_more(len(missing), 'activities')}.")
    if left:
        named = "; ".join(_way(one) for one in left[:SHOWN])
        rest = sum(one.cases for one in left[SHOWN:])
        more = f"; and {_many(len(left) - SHOWN, 'way')} more, {rest:,} in all" if len(left) > SHOWN else ""
        head.append(f"Ways left out, with the cases that took them: {named}{more}.")
    head += [f"About the log: {note}" for note in histories.notes]
    head.append("Edit first:")
    edits = ["say what each question really asks: a name, a label, and outcomes in your own words"]
    if any(isinstance(node, End) for node in nodes):
        edits.append("turn `done` into `scrap` where a case that ends there is lost, and join ends that mean the same")
    elif any(isinstance(node, Decision) for node in nodes):
        edits.append("add `scrap` to outcomes by which a case is lost")
    if not histories.work and any(isinstance(node, Step | Decision) and node.waits for node in nodes):
        edits.append(
            "the log says when things were done, not how long they took: all times are waits; say `takes` and `by` a "
            "team where people work"
        )
    elif histories.work and not workflow.teams:
        edits.append("say which team does what with `by`; the log shows no clear teams")
    elif workflow.teams:
        edits.append(
            "a team's people are all who are named in the log, and its hours are missing: say how many work at once, "
            "and `works mon-fri 09:00-17:00`; cases wait for a team by its load, so its work has no `waits`"
        )
    edits.append("write an objective with an owner and a target for the metrics; `mpmflow check` names what is missing")
    head += [f"  {number}. {text}." for number, text in enumerate(edits, start=1)]
    if histories.path or model.data:
        head.append("Then `mpmflow fit` puts fitted figures with intervals in the place of these rounded ones.")
    comments: dict[str, list[str]] = {HEAD: head}
    for node in nodes:
        if isinstance(node, Parallel):
            comments[f"parallel {node.name}"] = ["The log shows these in either order, so they go on side by side."]
        if unordered and isinstance(node, Decision | Choose) and node.name.startswith("next_work"):
            comments[f"{node.kind} {node.name}"] = [
                f"No order of these {len(node.outcomes)} is shared by many cases, so what comes next is drawn anew "
                "each time by its share; which work came before is forgotten."
            ]
    return comments


def with_remarks(text: str, comments: Mapping[str, Sequence[str]]) -> str:
    """A text with comments above its statements.

    >>> print(with_remarks("workflow w {\\n  step brief\\n}\\n", {"": ["A draft."], "step brief": ["Who?"]}), end="")
    # A draft.
    <BLANKLINE>
    workflow w {
      # Who?
      step brief
    }
    """
    lines = [line for sentence in comments.get(HEAD, ()) for line in _wrapped(sentence, "")]
    if lines:
        lines.append("")
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        key = " ".join(line.split()[:2])
        for sentence in comments.get(key, ()) if key else ():
            lines += _wrapped(sentence, indent)
        lines.append(line)
    return "\n".join(lines) + "\n"


def _wrapped(sentence: str, indent: str) -> list[str]:
    lead = sentence[: len(sentence) - len(sentence.lstrip())]
    lines, line = [], f"{indent}# {lead}"
    hang = f"{indent}# {lead}" + ("   " if lead else "")
    fresh = True
    for word in sentence.split():
        if not fresh and len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line, fresh = hang, True
        line += word if fresh else f" {word}"
        fresh = False
    return [*lines, line]


def _way(one: LeftOut) -> str:
    if one.before is None:
        return f'beginning with "{_line(one.after)}" {one.cases:,}'
    if one.after is None:
        return f'ending after "{_line(one.before)}" {one.cases:,}'
    return f'"{_line(one.before)}" then "{_line(one.after)}" {one.cases:,}'


def _line(text: str | None) -> str:
    """An activity as one line of at most 60 characters."""
    plain = " ".join((text or "").split())
    return plain if len(plain) <= 60 else f"{plain[:57]}…"


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _more(count: int, words: str) -> str:
    return f" and {count - SHOWN} {words} more" if count > SHOWN else ""


def _percent(share: float) -> str:
    """A share as per cent that says 100 only when it is all.

    >>> _percent(0.9996), _percent(1.0), _percent(0.8349)
    ('99.9 %', '100 %', '83.4 %')
    """
    return "100 %" if share >= 1 else f"{int(share * 1000) / 10:.1f} %"
