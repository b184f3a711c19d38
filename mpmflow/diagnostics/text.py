"""Diagnostics for the terminal: the place, the sentence, the line with carets under the words, the cure.

```
webinar.mpm:14:9: error[unknown-name] there is no step or end called `breif`
   |
14 |     no  20% -> breif rework
   |                ^^^^^
   = help: did you mean `brief`?
```
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from mpmflow.diagnostics.diagnostic import Diagnostic
from mpmflow.diagnostics.source import Span

__all__ = ["render_text", "summary"]

_TAB = 4
_WIDEST = 160
_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "info": "\x1b[1;36m"}
_BOLD, _BLUE, _OFF = "\x1b[1m", "\x1b[1;34m", "\x1b[0m"


def render_text(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """All diagnostics in the order given, each with its source line; ends with a line end unless there are none."""
    return "\n".join(_one(diagnostic, colour) for diagnostic in diagnostics)


def summary(diagnostics: Iterable[Diagnostic], allowed: int = 0) -> str:
    """One closing line: `2 errors, 1 warning (3 allowed)`; `no findings` when there are none.

    >>> summary([Diagnostic("x", "m", "", None)], allowed=1)
    '1 error (1 allowed)'
    """
    counts = {"error": 0, "warning": 0, "info": 0}
    for diagnostic in diagnostics:
        counts[diagnostic.severity] += 1
    plural = {"error": "errors", "warning": "warnings", "info": "remarks"}
    single = {"error": "error", "warning": "warning", "info": "remark"}
    parts = [f"{n} {single[kind] if n == 1 else plural[kind]}" for kind, n in counts.items() if n]
    text = ", ".join(parts) or "no findings"
    return f"{text} ({allowed} allowed)" if allowed else text


def _one(diagnostic: Diagnostic, colour: bool) -> str:
    def paint(style: str, text: str) -> str:
        return f"{style}{text}{_OFF}" if colour else text

    kind = paint(_COLOURS[diagnostic.severity], f"{diagnostic.severity}[{diagnostic.code}]")
    where = f"{_clean(str(diagnostic.span))}: " if diagnostic.span is not None else ""
    spans = [diagnostic.span, *(note.span for note in diagnostic.notes)]
    gutter = max((len(str(span.line)) for span in spans if span is not None), default=1)
    bar = paint(_BLUE, f"{'':{gutter}} |")
    lines = [f"{paint(_BOLD, where)}{kind} {paint(_BOLD, _clean(diagnostic.message))}"]
    if diagnostic.span is not None:
        lines += [bar, *_excerpt(diagnostic.span, gutter, "^", paint, _COLOURS[diagnostic.severity])]
    equals = paint(_BLUE, f"{'':{gutter}} =")
    for note in diagnostic.notes:
        if note.span is None:
            lines.append(f"{equals} note: {_clean(note.text)}")
        else:
            lines.append(f"{equals} note: {_clean(str(note.span))}: {_clean(note.text)}")
            lines += _excerpt(note.span, gutter, "-", paint, _BLUE)
    if diagnostic.help:
        first, *rest = diagnostic.help.splitlines()
        lines.append(f"{equals} {paint(_BOLD, 'help:')} {_clean(first)}")
        lines += [f"{'':{gutter}}         {_clean(line)}".rstrip() for line in rest]
    return "".join(line + "\n" for line in lines)


def _excerpt(span: Span, gutter: int, mark: str, paint: object, style: str) -> list[str]:
    """The line of a span, and the marks under it; of a span over several lines the first line."""
    number, column = span.source.place(span.start)
    line = span.source.line(number)
    length = max(1, min(span.end, span.start - (column - 1) + len(line)) - span.start)
    start = column - 1
    if len(line) > _WIDEST:
        # A long line is cut to a window round the words, so that the carets stay on the screen.
        left = max(0, min(start - 40, len(line) - _WIDEST))
        length = max(1, min(length, left + _WIDEST - start))
        head, tail = "…" if left else "", "…" if left + _WIDEST < len(line) else ""
        line = head + line[left : left + _WIDEST] + tail
        start = start - left + len(head)
    shown, at = _columns(line)
    end = min(start + length, len(line))
    first = at[start] if start < len(at) else at[-1]
    width = max(1, at[end] - first) if end > start else 1
    assert callable(paint)
    return [
        f"{paint(_BLUE, f'{number:>{gutter}} |')} {shown}".rstrip(),
        f"{paint(_BLUE, f'{chr(32):{gutter}} |')} {'':{first}}{paint(style, mark * width)}",
    ]


def _columns(line: str) -> tuple[str, list[int]]:
    """The line as a terminal shows it, and at which screen column each character starts (one entry more at the end)."""
    if line.isascii() and line.isprintable():
        return line, list(range(len(line) + 1))
    shown: list[str] = []
    at: list[int] = []
    column = 0
    for character in line:
        at.append(column)
        if character == "\t":
            step = _TAB - column % _TAB
            shown.append(" " * step)
        elif unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
            # Combining marks ride on the character before them; marks of direction would disorder the line.
            step = 0
            if unicodedata.category(character) != "Cf":
                shown.append(character)
        elif not character.isprintable() and character != " ":
            step = 1
            shown.append(" " if character.isspace() else "\N{REPLACEMENT CHARACTER}")
        else:
            step = 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
            shown.append(character)
        column += step
    at.append(column)
    return "".join(shown), at


def _clean(text: str) -> str:
    """Without control characters, which could rewrite what the terminal shows."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else (" " if c.isspace() else "\N{REPLACEMENT CHARACTER}") for c in text)
