"""Diagnostics as the document of `mpmflow check --format json`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mpmflow.diagnostics.diagnostic import Diagnostic
from mpmflow.diagnostics.source import Span

__all__ = ["SCHEMA", "render_json", "to_dict"]

SCHEMA = "mpmflow/check/1"


def to_dict(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic as plain data; `notes` and `replacement` stand in it only if there are any.

    Lines and columns count from 1, columns in characters; `end_column` is the place behind the last character. What has
    no place has null in file, line and column.
    """
    entry: dict[str, Any] = {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "help": diagnostic.help,
        **_place(diagnostic.span),
    }
    if diagnostic.notes:
        entry["notes"] = [{"message": note.text, **_place(note.span)} for note in diagnostic.notes]
    if diagnostic.replacement is not None:
        entry["replacement"] = diagnostic.replacement
    return entry


def render_json(diagnostics: Iterable[Diagnostic], *, version: str, allowed: int = 0) -> str:
    """The whole document, two blanks deep, in the order given, with a line end."""
    document = {
        "schema": SCHEMA,
        "mpmflow": version,
        "diagnostics": [to_dict(diagnostic) for diagnostic in diagnostics],
        "allowed": allowed,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    line, column = span.source.place(span.start)
    end_line, end_column = span.source.place(span.end)
    return {"file": span.file, "line": line, "column": column, "end_line": end_line, "end_column": end_column}
