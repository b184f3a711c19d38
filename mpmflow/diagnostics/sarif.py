"""Diagnostics as SARIF 2.1.0, the format that code hosts and review tools read.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, 2020. Columns are counted in Unicode
code points, which the document says (`columnKind`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from mpmflow.diagnostics.codes import CODES
from mpmflow.diagnostics.diagnostic import Diagnostic
from mpmflow.diagnostics.source import Span

__all__ = ["render_sarif"]

_LEVEL = {"error": "error", "warning": "warning", "info": "note"}


def render_sarif(diagnostics: Iterable[Diagnostic], *, version: str) -> str:
    """One run of one tool; the rules are those that fired, sorted by name, each with its page from the table of
    codes.
    """
    found = list(diagnostics)
    names = sorted({diagnostic.code for diagnostic in found})
    index = {name: number for number, name in enumerate(names)}
    run = {
        "tool": {"driver": {"name": "mpmflow", "version": version, "rules": [_rule(name) for name in names]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, index[diagnostic.code]) for diagnostic in found],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(name: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": name}
    code = CODES.get(name)
    if code is not None:
        rule["shortDescription"] = {"text": code.means or name}
        if code.why:
            rule["fullDescription"] = {"text": code.why}
        page = [code.means, code.why]
        if code.example:
            page.append(f"Example:\n\n{code.example.strip()}")
        if code.instead:
            page.append(f"Instead:\n\n{code.instead.strip()}")
        rule["help"] = {"text": "\n\n".join(part for part in page if part) or name}
        rule["defaultConfiguration"] = {"level": _LEVEL[code.severity]}
    return rule


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    text = diagnostic.message + (f"\n{diagnostic.help}" if diagnostic.help else "")
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": _LEVEL[diagnostic.severity],
        "message": {"text": text},
    }
    if diagnostic.span is not None:
        result["locations"] = [_location(diagnostic.span)]
    related = [(note, note.span) for note in diagnostic.notes if note.span is not None]
    if related:
        result["relatedLocations"] = [
            {**_location(span), "id": number, "message": {"text": note.text}}
            for number, (note, span) in enumerate(related)
        ]
    if diagnostic.replacement is not None and diagnostic.span is not None:
        change = {"deletedRegion": _region(diagnostic.span), "insertedContent": {"text": diagnostic.replacement}}
        artifact = {"artifactLocation": {"uri": _uri(diagnostic.span.file)}, "replacements": [change]}
        result["fixes"] = [
            {"description": {"text": diagnostic.help or diagnostic.message}, "artifactChanges": [artifact]}
        ]
    return result


def _location(span: Span) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.file)}, "region": _region(span)}}


def _region(span: Span) -> dict[str, int]:
    line, column = span.source.place(span.start)
    end_line, end_column = span.source.place(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _uri(name: str) -> str:
    return quote(name.replace("\\", "/"))
