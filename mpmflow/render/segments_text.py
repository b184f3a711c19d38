"""Segments as a section of the note: for which kind of case an indicator is worse, and what each adds to the whole."""

from __future__ import annotations

from collections.abc import Iterator

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mpmflow.analysis.risk.evaluation import Evaluation, IndicatorFigure
from mpmflow.analysis.risk.segments import SegmentFigure, Segments

from .note_blocks import MOST, paragraph
from .numbers import percent
from .risk_names import Names
from .risk_words import bare, chance, one_unit, rate_unit, signed, upper

WORSE = 0.9
"""An indicator is told of where this is the probability that it is worse than expected, or more."""


def segment_blocks(note: Evaluation, found: Segments, names: Names) -> Iterator[Text | Table | Padding]:
    """The section of one column, block by block."""
    yield Text.assemble((f"By {found.column}", "bold"), ("  segments judged like the whole", "dim"))
    rows = [(one, row) for one in found.segments for row in one.indicators if _worse(row)]
    rows.sort(key=lambda pair: (pair[1].state not in ("alert", "warn"), -(pair[1].p_worse or 0.0), -pair[0].cases))
    if not rows:
        yield paragraph("No indicator is clearly worse than expected in any of them.")
    else:
        table = _table(found.column, "cases", "indicator", "expected", "now about", "worse?", "state")
        for one, row in rows[:MOST]:
            unit = rate_unit(row.unit)
            table.add_row(
                _value(one),
                f"{one.cases:,}",
                upper(names.brief(row.name)),
                bare(row.expected, unit),
                bare(row.estimate, unit),
                chance(row.p_worse),
                row.state if row.rule else "no rule",
            )
        yield table
        if len(rows) > MOST:
            yield paragraph(f"… and {len(rows) - MOST} more.", "dim")
    yield from _parts(note, found)
    if found.left_out:
        alone = found.left_out == 1
        who = (
            "One value has too few cases to be judged by itself."
            if alone
            else (f"{found.left_out} values have too few cases to be judged by themselves.")
        )
        yield paragraph(who, "dim")
    yield Text()


def _parts(note: Evaluation, found: Segments) -> Iterator[Padding]:
    """What segments add to the change of the mean time, the whole and the rest beside it."""
    for figure, rest in found.rest.items():
        if not figure.startswith("time("):
            continue
        whole = rest + sum(one.adds.get(figure, 0.0) for one in found.segments)
        unit, size = one_unit(whole)
        most = sorted(found.segments, key=lambda one: -abs(one.adds.get(figure, 0.0)))[:4]
        told = ", ".join(
            f"{_value(one)} {signed(one.adds.get(figure, 0.0) / size)} ({percent(one.share, 2)} of the cases)"
            for one in most
        )
        title = note.labels.get(figure[5:-1], figure[5:-1])
        yield paragraph(
            f"Time of “{title}” {signed(whole / size)} {unit}: {told}; what segments leave of it {signed(rest / size)}."
        )


def _worse(row: IndicatorFigure) -> bool:
    return row.state in ("alert", "warn") or (row.p_worse is not None and row.p_worse >= WORSE)


def _value(one: SegmentFigure) -> str:
    return one.value or "(none)"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number in (0, 2, 6) else "right")
    return table
