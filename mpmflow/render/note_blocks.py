"""What the sections of a note are made of: titles, lines and tables that look alike."""

from __future__ import annotations

from collections.abc import Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

MOST = 8
"""Rows of a table; the rest is counted."""


def heading(title: str, gloss: str = "") -> Text:
    """The title of a section, and what its figures are."""
    return Text.assemble((title, "bold underline"), (f"  {gloss}" if gloss else "", "dim"))


def paragraph(words: str, style: str = "") -> Padding:
    """A paragraph of the note."""
    return Padding(Text(words, style=style), (0, 0, 0, 2))


WORDS = ("indicator", "at", "mostly because of", "metric", "target", "for", "stands at", "95% range")
"""Columns that may fold; figures stay on their line."""


def columned(*columns: str) -> Table:
    """An empty table; texts stand left, figures right."""
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for number, column in enumerate(columns):
        left = number == 0 or column in (*WORDS, "state")
        least = 13 if column in ("indicator", "metric") else None  # so that no usual word is torn
        found.add_column(
            column,
            justify="left" if left else "right",
            no_wrap=column not in WORDS,
            overflow="fold",
            min_width=least,
        )
    return found


def ruled(titles: Sequence[str], rows: Sequence[Sequence[str | Text]], *, left: Sequence[int]) -> Table:
    """A table with a line under its titles, in which no word is torn; columns of texts (`left`) stand left."""
    from rich import box

    found = Table(box=box.SIMPLE, padding=(0, 0, 0, 1), pad_edge=False, show_edge=False, header_style="dim")
    for number, title in enumerate(titles):
        words = [word for cell in (title, *(row[number] for row in rows)) for word in str(cell).split()]
        found.add_column(
            title,
            justify="left" if number in left else "right",
            overflow="fold",
            min_width=min(24, max(map(len, words), default=0)),
        )
    for row in rows:
        found.add_row(*row)
    return found
