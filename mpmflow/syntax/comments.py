"""The comments of a text, found without parsing it: `#` begins one wherever it stands outside a text in quotation
marks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mpmflow.diagnostics.source import Source, Span

__all__ = ["Comment", "comments_of"]

_FIND = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|(?P<comment>\#[^\n]*)')


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment: its words with the `#`, its place, and whether it has its line to itself."""

    text: str
    span: Span
    own_line: bool


def comments_of(source: Source) -> tuple[Comment, ...]:
    """All comments in the order of the text.

    >>> [c.text for c in comments_of(Source("a.mpm", 'step a "not # this" # but this\\n# and this'))]
    ['# but this', '# and this']
    """
    text = source.text
    found = []
    for match in _FIND.finditer(text):
        if match.lastgroup == "comment":
            start = match.start()
            line_start = text.rfind("\n", 0, start) + 1
            words = match.group().rstrip()
            found.append(Comment(words, Span(source, start, start + len(words)), not text[line_start:start].strip()))
    return tuple(found)
