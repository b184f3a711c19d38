"""The one table of codes: every wording of the project, and what its page says.

To add a check: write a `Code` in the file of its theme (`codes_*.py`), and call `diagnose("its-name", span, fact=…)`
where it is found. The table is complete when each code has an example that earns it and an `instead` that does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mpmflow.diagnostics.codes_answers import ANSWERS
from mpmflow.diagnostics.codes_flow import FLOW
from mpmflow.diagnostics.codes_goals import GOALS
from mpmflow.diagnostics.codes_names import NAMES
from mpmflow.diagnostics.codes_reading import READING
from mpmflow.diagnostics.codes_rules import RULES
from mpmflow.diagnostics.codes_syntax import SYNTAX
from mpmflow.diagnostics.codes_values import VALUES
from mpmflow.diagnostics.diagnostic import Diagnostic, Note
from mpmflow.diagnostics.source import Span
from mpmflow.diagnostics.wording import Code, fill

__all__ = ["CODES", "diagnose", "page"]

_THEMES: tuple[tuple[Code, ...], ...] = (READING, SYNTAX, VALUES, NAMES, FLOW, GOALS, RULES, ANSWERS)

CODES: dict[str, Code] = {code.name: code for theme in _THEMES for code in theme}
"""All codes by name, theme by theme."""


def diagnose(
    code: str,
    span: Span | None,
    *,
    notes: Iterable[Note] = (),
    replacement: str | None = None,
    **facts: Any,
) -> Diagnostic:
    """A diagnostic of the table, its sentences filled with facts.

    Raises KeyError for a code or a fact that the templates do not find: that is a mistake in the program, not in a
    text.
    """
    entry = CODES[code]
    return Diagnostic(
        code=code,
        message=fill(entry.message, facts),
        help=fill(entry.help, facts).strip(),
        span=span,
        severity=entry.severity,
        notes=tuple(notes),
        replacement=replacement,
    )


def page(code: str) -> str:
    """The reference page of a code, as Markdown."""
    entry = CODES[code]
    parts = [f"# {entry.name}", f"*{entry.severity}*", entry.means, entry.why and f"**Why it matters.** {entry.why}"]
    if entry.apart:
        parts.append(f"**What earns it.** {entry.apart}")
    if entry.example:
        parts.append(f"## Example\n\n```mpm\n{entry.example.strip()}\n```")
    if entry.instead:
        parts.append(f"## Instead\n\n```mpm\n{entry.instead.strip()}\n```")
    return "\n\n".join(part for part in parts if part) + "\n"
