"""What can be said about a place in a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mpmflow.diagnostics.source import Span

__all__ = ["ERROR", "INFO", "WARNING", "Diagnostic", "Note", "Severity"]

Severity = Literal["error", "warning", "info"]

ERROR: Severity = "error"
WARNING: Severity = "warning"
INFO: Severity = "info"

_RANK = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Note:
    """One more sentence to a diagnostic, with a place of its own if it has one ("the block was opened here")."""

    span: Span | None
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding in a text: what is wrong, where, and how to mend it.

    `code` names the check (kebab-case words), `message` says what is wrong, `help` how to mend it (may be empty),
    `span` where it is (None for what concerns no place), `notes` further places that belong to it, in order.
    `replacement`, if given, is what could stand in place of the words under the span; an editor offers it as a quick
    fix.

    Made with `codes.diagnose(code, span, **facts)`, so that every wording stays in one table.
    """

    code: str
    message: str
    help: str
    span: Span | None
    severity: Severity = ERROR
    notes: tuple[Note, ...] = ()
    replacement: str | None = None

    @property
    def is_error(self) -> bool:
        """Whether the text has no meaning or no answer because of this."""
        return self.severity == ERROR

    @property
    def sort_key(self) -> tuple[str, int, int, int, str, str]:
        """Orders by file, place, weight, code, so that output is the same on every run."""
        if self.span is None:
            return ("", 0, 0, _RANK[self.severity], self.code, self.message)
        span = self.span
        return (span.file, span.start, span.end, _RANK[self.severity], self.code, self.message)
