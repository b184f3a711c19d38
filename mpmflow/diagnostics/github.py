"""Diagnostics as workflow commands of GitHub Actions, which show them beside the changed lines.

Source: GitHub Docs, "Workflow commands for GitHub Actions": `::error file={name},line={line},col={col}::{message}`,
with `%`, line ends and, in properties, `:` and `,` written as percent codes.
"""

from __future__ import annotations

from collections.abc import Iterable

from mpmflow.diagnostics.diagnostic import Diagnostic

__all__ = ["render_github"]

_COMMAND = {"error": "error", "warning": "warning", "info": "notice"}


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """One line for each diagnostic, in the order given.

    >>> from mpmflow.diagnostics.source import Source
    >>> span = Source("a,b.mpm", "team x").span(5, 6)
    >>> print(render_github([Diagnostic("unused-team", "50% of it", "remove it", span, "warning")]), end="")
    ::warning file=a%2Cb.mpm,line=1,col=6,endLine=1,endColumn=6,title=unused-team::50%25 of it%0Aremove it
    """
    return "".join(_line(diagnostic) for diagnostic in diagnostics)


def _line(diagnostic: Diagnostic) -> str:
    properties: list[tuple[str, object]] = []
    if diagnostic.span is not None:
        source = diagnostic.span.source
        line, column = source.place(diagnostic.span.start)
        # Here the end is the last character itself, not the place behind it.
        end_line, end_column = source.place(max(diagnostic.span.start, diagnostic.span.end - 1))
        properties += [("file", diagnostic.span.file), ("line", line), ("col", column)]
        properties += [("endLine", end_line), ("endColumn", end_column)]
    properties.append(("title", diagnostic.code))
    text = "\n".join([diagnostic.message, *(note.text for note in diagnostic.notes), *filter(None, [diagnostic.help])])
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties)
    return f"::{_COMMAND[diagnostic.severity]} {listed}::{_escape(text)}\n"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
