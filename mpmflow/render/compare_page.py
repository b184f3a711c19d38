"""Two periods side by side as a page of text: figures with what changed them, levers with their counts, the draft."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from mpmflow.render.risk_words import amount, bare, bare_change, day, rate_unit, upper

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

    from mpmflow.analysis.periods.answer import FigureChange, LeverChange, PeriodComparison

WORDS = {
    "mix": "mix",
    "rates": "decisions",
    "process": "times and costs",
    "volume": "arrivals",
    "data": "data alone",
}
"""What the kinds of parts are called on a page."""
SOURCES = 4
"""Sources that are told of each figure."""
LEAST = 0.02
"""What is less than this part of all parts together, in size, is not told."""
LEVERS = 12


def compare_page(found: PeriodComparison) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    first, second = _days(found.first), _days(found.second)
    counted = ""
    if any(found.cases):
        counted = f"{found.cases[0]:,} cases came in the first period, {found.cases[1]:,} in the second."
    parts: list[RenderableType] = [
        Text.assemble((found.title or "Two periods", "bold"), f": {second} against {first}"),
    ]
    if counted:
        parts.append(Padding(Text(counted), (0, 0, 0, 2)))
    if found.figures:
        parts.append(Text("\nWhat changed, and what it is due to", style="bold"))
        parts.append(Padding(_figures(found), (0, 0, 0, 2)))
        for sentence in _whys(found):
            parts.append(Padding(Text(sentence), (0, 0, 0, 2)))
    told = _told(found)
    if told:
        parts.append(Text("\nShares, times and arrivals behind it", style="bold"))
        parts.append(Padding(_levers(told), (0, 0, 0, 2)))
        if len(found.levers) > len(told):
            rest = len(found.levers) - len(told)
            parts.append(Padding(Text(f"… and {rest} more, which changed these figures least.", "dim"), (0, 0, 0, 2)))
    parts.append(Text("\nWhat to do next", style="bold"))
    parts.extend(Padding(Text(sentence), (0, 0, 0, 2)) for sentence in _next(found))
    if found.draft.text:
        parts.append(Text())
        parts.append(Text(found.draft.text.rstrip(), no_wrap=True, overflow="ignore"))  # a line to paste stays whole
    if found.notes:
        parts.append(Text("\nRemarks", style="bold"))
        parts.extend(Padding(Text(note), (0, 0, 0, 2)) for note in found.notes)
    return Group(*parts)


def _days(days: tuple[date, date]) -> str:
    return f"{day(days[0])} to {day(days[1])}"


def _figures(found: PeriodComparison) -> Table:
    from rich.table import Table

    kinds = [kind for kind in WORDS if any(row.kinds.get(kind) for row in found.figures)]
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    heads = ("figure", "before", "now", "change", *(WORDS[kind] for kind in kinds), "")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if 0 < number < len(heads) - 1 else "left")
    for row in found.figures:
        cells = [bare_change(row.kinds[kind], row.unit) if row.kinds.get(kind) else "" for kind in kinds]
        figures = bare(row.before, row.unit), bare(row.after, row.unit), bare_change(row.change, row.unit)
        table.add_row(row.name, *figures, *cells, _verdict(row))
    return table


def _verdict(row: FigureChange) -> str:
    if not row.change:
        return "the same"
    if row.luck:
        return "may be luck"
    if row.better is None:
        return ""
    change = row.change if row.seen_before is None or row.seen_after is None else row.seen_after - row.seen_before
    good = (change > 0.0) == (row.better == "higher")
    word = "better" if good else "worse"
    return word if row.luck is False else f"{word}; luck not ruled out"


def _whys(found: PeriodComparison) -> Iterator[str]:
    """Of each figure its largest sources, and what was observed beside."""
    for row in found.figures:
        whole = sum(abs(part) for part in row.by.values())
        told = [(name, part) for name, part in row.by.items() if abs(part) >= LEAST * whole][:SOURCES]
        if len(row.by) < 2 and row.seen_before is None:
            continue
        sources = ", ".join(f"{name} {bare_change(part, row.unit)}" for name, part in told)
        rest = sum(row.by.values()) - sum(part for _, part in told)
        if len(row.by) > len(told):
            left = len(row.by) - len(told)
            sources += f", {left} other{'s' if left > 1 else ''} {bare_change(rest, row.unit)}"
        seen = ""
        if row.seen_before is not None and row.seen_after is not None:
            seen = (
                f" Of the cases that ended in each period it was {bare(row.seen_before, row.unit)}, then "
                f"{bare(row.seen_after, row.unit)}."
            )
        title = row.label if "(" in row.label else upper(row.label)
        yield f"{title}: {sources}.{seen}" if sources else f"{title}:{seen}"


def _told(found: PeriodComparison) -> list[LeverChange]:
    """The levers that changed the figures most, in the order of the file."""

    def weight(row: LeverChange) -> float:
        return max(
            (
                abs(figure.by.get(row.name, 0.0)) / (sum(abs(part) for part in figure.by.values()) or 1.0)
                for figure in found.figures
            ),
            default=0.0,
        )

    ranked = sorted(found.levers, key=lambda row: (-weight(row), row.name))[:LEVERS]
    return [row for row in found.levers if row in ranked]


def _levers(rows: list[LeverChange]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for number, head in enumerate(("", "before", "of", "now", "of", "change", "95% from", "to", "")):
        table.add_column(head, justify="right" if 0 < number < 8 else "left", no_wrap=number > 0)
    for row in rows:
        unit = rate_unit(row.unit)
        counts = [f"{count:,}" if count is not None else "?" for count in (row.n_before, row.n_after)]
        ends = [bare_change(end, unit) if end is not None else "?" for end in (row.low, row.high)]
        table.add_row(
            row.name,
            bare(row.before, unit),
            counts[0],
            bare(row.after, unit),
            counts[1],
            bare_change(row.change, unit),
            *ends,
            _lever_verdict(row),
        )
    return table


def _lever_verdict(row: LeverChange) -> str:
    if row.luck is None:
        return "no counts"
    if row.luck:
        return "may be luck"
    return "" if row.worse is None else "worse" if row.worse else "better"


def _next(found: PeriodComparison) -> Iterator[str]:
    better = [row for row in found.levers if row.worse is False and row.luck is False]
    if better:
        kept = ", ".join(
            f"{row.name} ({amount(row.before, row.unit)}, now {amount(row.after, row.unit)})" for row in better[:4]
        )
        yield f"Keep up what got better: {kept}."
    if found.draft.reached:
        yield f"Initiatives that have come to their goal: {', '.join(found.draft.reached)}."
    if found.draft.text:
        yield "A draft to paste into the file; what got worse beyond luck is to come back to where it was:"
    else:
        yield "Nothing got worse beyond luck that an initiative could bring back."
