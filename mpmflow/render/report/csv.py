"""The report as CSV: one long table, a row a figure, that a spreadsheet opens without being told how.

`mpmflow.analysis.reporting.table` says what its columns hold. Numbers are written in full and stay numbers; what others
wrote is a text and nothing else, whatever it begins with. Lines end as RFC 4180 says.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from mpmflow.analysis.reporting.report import Report

from .escaping import cell

MARK = "\ufeff"
"""Begins a file: without it Excel takes UTF-8 for the letters of the machine's own language, and “ä” for two."""


def csv_table(report: Report) -> str:
    """The table as text, without the mark that begins a file."""
    table = report.rows()
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(table)
    for row in zip(*table.values(), strict=True):
        writer.writerow([_written(value) for value in row])
    return out.getvalue()


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, int | float) else cell(str(value))
