"""The choice under a budget as a section of the note: what to take, what it changes, the cautious choice beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mpmflow.analysis.risk.choice import Choice, Plan
from mpmflow.analysis.risk.evaluation import Evaluation

from .note_blocks import paragraph
from .risk_words import amount, chance

MOST = 4
"""Targets that have a column; those that the choice changes most."""


def choice_blocks(note: Evaluation, choice: Choice) -> Iterator[Text | Table | Padding]:
    """The section, block by block."""
    title, *told = choice_sentences(choice, lambda name: note.labels.get(name, name))
    yield Text(title, "bold")
    for sentence in told:
        yield paragraph(sentence)
    columns, rows = choice_table(choice, lambda name: note.labels.get(name, name))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*row)
    yield table
    for remark in choice_remarks(choice):
        yield paragraph(remark, "dim")
    yield Text()


def choice_table(choice: Choice, called: Callable[[str], str]) -> tuple[list[str], list[list[str]]]:
    """How likely targets are missed with nothing, with each initiative by itself, and with the sets that were chosen:
    the titles of its columns, and its rows.
    """
    rows = [("nothing", choice.nothing), *((_short(plan, called), plan) for plan in choice.alone)]
    together = [choice.nominal, choice.cautious]
    rows += [
        (_short(plan, called), plan)
        for position, plan in enumerate(together)
        if len(plan.initiatives) > 1 and plan.initiatives not in [one.initiatives for one in together[:position]]
    ]
    names = sorted(
        choice.nothing.p_miss,
        key=lambda name: (-max(choice.nothing.p_miss[name] - plan.p_miss[name] for _, plan in rows), name),
    )[:MOST]
    cells = [
        [
            words,
            amount(plan.cost, choice.currency) if plan.initiatives else "",
            *(chance(plan.p_miss[name]) for name in names),
        ]
        for words, plan in rows
    ]
    return ["likely to miss with …", "cost", *(called(name) for name in names)], cells


def choice_remarks(choice: Choice) -> Iterator[str]:
    """How many sets were looked at, and what could not be weighed."""
    how = "every set" if choice.method == "all sets" else "sets that grow by what gains most for its cost"
    yield f"Of {choice.tried} sets ({how}); gains of a set are worked out together."
    yield from choice.notes


def choice_sentences(choice: Choice, called: Callable[[str], str]) -> Iterator[str]:
    """What to take for how much, what that avoids, and the cautious choice beside it; `called` says names in words."""
    unit = choice.currency
    yield f"What to take for {amount(choice.budget, unit)}"
    if not choice.nominal.initiatives:
        yield "Nothing that the budget allows avoids a miss."
    else:
        told = f"{_named(choice.nominal, called)} for {amount(choice.nominal.cost, unit)}"
        yield f"{told}: {choice.nominal.misses_avoided:.2f} missed targets fewer are to be expected."
    if choice.cautious.initiatives == choice.nominal.initiatives:
        yield "It is also the choice that fares best in the worst fifth of all futures."
    else:
        cautious = _named(choice.cautious, called) if choice.cautious.initiatives else "Nothing"
        yield (
            f"{cautious} for {amount(choice.cautious.cost, unit)} fares better in the worst fifth of all futures: what "
            f"is missing to the targets is {choice.cautious.shortfall:.1%} of them there, against "
            f"{choice.nominal.shortfall:.1%}."
        )


def _named(plan: Plan, called: Callable[[str], str]) -> str:
    words = [f"“{called(name)}”" for name in plan.initiatives]
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"


def _short(plan: Plan, called: Callable[[str], str]) -> str:
    if len(plan.initiatives) == 1:
        return called(plan.initiatives[0])
    return " + ".join(plan.initiatives)
