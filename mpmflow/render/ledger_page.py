"""What a ledger holds, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console, ConsoleOptions, RenderResult

from mpmflow.analysis.review.kept import Kept, KeptForecast, KeptModel, Merged, Settlement

from .note_blocks import ruled
from .risk_words import amount, chance, day, span

WIDE = 120
"""From this width on there is room for all columns."""
NARROW = 80
"""Below this width the day that knew nothing later is left out."""
Row = tuple[int, datetime, str | None, Kept]
"""Number, when it was recorded, by whom, what it says."""


class LedgerPage:
    """Entries one by one, with as many columns as the width has room for."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.max_width >= WIDE
        about = ["recorded", "by"] if wide else []
        made = ["as of"] if options.max_width >= NARROW else []
        titles = ["no.", *about, "what", *made, "for", "says", *(["range"] if wide else []), "may miss"]
        table = []
        for number, recorded, author, kept in self.rows:
            what, as_of, on, says, sure, miss = _cells(kept)
            who = [day(recorded.date()), author or ""] if wide else []
            table.append(
                [str(number), *who, what, *([as_of] if made else []), on, says, *([sure] if wide else []), miss]
            )
        texts = [place for place, title in enumerate(titles) if title in ("recorded", "by", "what", "as of", "for")]
        yield ruled(titles, table, left=texts)


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
