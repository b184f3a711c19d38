"""An answer without a page of its own, as its table."""

from __future__ import annotations

from typing import Any

from mpmflow.analysis.results import Result
from mpmflow.render.analysis_page import Fitted
from mpmflow.render.numbers import significant

MOST = 40
"""Rows of the table; `to_frame()` has all."""


def table_page(found: Result) -> Fitted:
    """The rows of an answer with readable numbers."""
    columns = found.rows()
    rows = [[_cell(value) for value in row] for row in zip(*columns.values(), strict=True)]
    left_out = len(rows) - MOST
    if left_out > 0:
        rows = [*rows[:MOST], [f"… and {left_out} more (to_frame() has all)", *[""] * (len(columns) - 1)]]
    return Fitted(list(columns), rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return significant(value) if isinstance(value, float) else str(value)
