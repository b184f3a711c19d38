"""How large a log may become as a table.

What stands once in a file may stand in every row of the table: the attributes of a trace, the values of an object. And
a table has a cell for every column in every row, also where a row says nothing. A small file can be made to fill a
machine so. Honest tables take about as much as their file.
"""

from __future__ import annotations

from collections.abc import Mapping

from mpmflow.diagnostics.errors import DataError

MOST_COLUMNS = 2000
CELL = 16
"""Bytes that a cell takes, beside its text."""
HARMLESS = 1 << 30
"""Below so many bytes no ratio is asked for."""
TABLE_RATIO = 50


class Growth:
    """The columns and the size of a table while its rows come in.

    Attributes:
        columns: in the order in which they were met.
        weight: bytes that the table takes so far, about.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.columns: dict[str, None] = {}
        self.weight = 0

    def add(self, row: Mapping[str, str | None], read: int, line: int | None = None) -> None:
        """Count a row in, of a file of which so many bytes have been read. Raises DataError beyond the bounds."""
        if not self.columns.keys() >= row.keys():
            self.columns |= dict.fromkeys(row)
            if len(self.columns) > MOST_COLUMNS:
                raise DataError(
                    f"there are more than {MOST_COLUMNS} different attributes, as no log has", file=self.name, row=line
                )
        self.weight += CELL * len(self.columns) + sum(len(text) for text in row.values() if text is not None)
        if self.weight > max(HARMLESS, TABLE_RATIO * read):
            raise DataError(
                f"as a table, this log is more than {TABLE_RATIO} times as large as its file, as no log is: what it "
                "says once would be repeated in too many rows",
                file=self.name,
                row=line,
            )
