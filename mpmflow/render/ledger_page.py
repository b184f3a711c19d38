"""What a ledger holds, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from mpmflow.analysis.review.kept import Kept, KeptForecast, KeptModel, Merged, Settlement

from .risk_words import amount, chance, day, span

if TYPE_CHECKING:
    from rich.table import Table

Row = tuple[int, datetime, str | None, Kept]
"""Number, when it was recorded, by whom, what it says."""


def ledger_table(rows: Sequence[Row]) -> Table:
    """Entries one by one, as many columns as people read."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False, header_style="dim")
    for name in ("no.", "recorded", "by", "what", "as of", "for", "says", "range", "may miss"):
        table.add_column(name, justify="right" if name in ("no.", "says", "range", "may miss") else "left")
    for number, recorded, author, kept in rows:
        table.add_row(str(number), day(recorded.date()), author or "", *_cells(kept))
    return table


def _cells(kept: Kept) -> tuple[str, ...]:
    match kept:
        case KeptForecast():
            about = f" (promise {kept.commitment})" if kept.commitment else ""
            about += f" (if {kept.scenario})" if kept.scenario else ""
            says, sure = amount(kept.forecast, kept.unit), span(kept.low, kept.high, kept.unit)
            return kept.label + about, day(kept.as_of), day(kept.on), says, sure, chance(kept.p_miss)
        case Settlement():
            return f"{kept.metric} came, says {kept.source}", "", day(kept.on), kept.written, "", ""
        case KeptModel():
            return f"model {kept.hash[:8]}", "", "", "", "", ""
        case Merged():
            return f"taken in: {kept.new} of {kept.count}", "", "", "", "", ""
    return "", "", "", "", "", ""
