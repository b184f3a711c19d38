"""Texts and places in them.

A `Source` is one text with a name. A `Span` is a stretch of it: two offsets and the source, nothing more, so that a
parser can make one for every word without thinking about the price. Lines and columns are worked out when somebody
asks.

All offsets, lines and columns count characters (Unicode code points). Offsets start at 0, lines and columns at 1.
`end`, `end_line` and `end_column` name the place just behind the last character.

Line ends: `\\r\\n` and `\\r` become `\\n`, and a byte-order mark at the start is dropped, both when the source is made.
Line and column numbers are the same with or without that.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

__all__ = ["Source", "Span"]


@dataclass(frozen=True, slots=True)
class Source:
    """One text and the name under which messages speak of it.

    >>> source = Source("two.mpm", "one\\r\\ntwo")
    >>> source.text
    'one\\ntwo'
    >>> source.lines
    ('one', 'two')
    >>> source.place(5)
    (2, 2)
    """

    name: str
    text: str = field(repr=False)
    _starts: list[int] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        text = self.text.removeprefix("\ufeff")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text is not self.text:
            object.__setattr__(self, "text", text)

    @property
    def line_starts(self) -> list[int]:
        """The offset at which each line starts; the first entry is 0."""
        if not self._starts:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._starts.extend(starts)
        return self._starts

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends; a final line end opens no further line."""
        parts = self.text.split("\n")
        if parts and not parts[-1]:
            parts.pop()
        return tuple(parts)

    def line(self, number: int) -> str:
        """The text of one line, counted from 1; empty outside the text."""
        starts = self.line_starts
        if not 1 <= number <= len(starts):
            return ""
        start = starts[number - 1]
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[start:end]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset; offsets outside the text are moved to its ends."""
        offset = max(0, min(offset, len(self.text)))
        starts = self.line_starts
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column, both from 1; what lies outside is moved to the nearest place inside."""
        starts = self.line_starts
        line = max(1, min(line, len(starts)))
        return starts[line - 1] + max(0, min(column - 1, len(self.line(line))))

    def span(self, start: int, end: int) -> Span:
        """The stretch from one offset to another."""
        return Span(self, start, end)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source: `start` is its first character, `end` the place behind its last one.

    >>> span = Source("a.mpm", "team legal\\nteam sales").span(16, 21)
    >>> span.text, span.line, span.column, span.end_column, str(span)
    ('sales', 2, 6, 11, 'a.mpm:2:6')
    """

    source: Source
    start: int
    end: int

    @property
    def file(self) -> str:
        """The name of the source."""
        return self.source.name

    @property
    def line(self) -> int:
        """The line of the first character, from 1."""
        return self.source.place(self.start)[0]

    @property
    def column(self) -> int:
        """The column of the first character, from 1, in characters."""
        return self.source.place(self.start)[1]

    @property
    def end_line(self) -> int:
        """The line of the place behind the last character, from 1."""
        return self.source.place(self.end)[0]

    @property
    def end_column(self) -> int:
        """The column of the place behind the last character, from 1, in characters."""
        return self.source.place(self.end)[1]

    @property
    def text(self) -> str:
        """The words themselves."""
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of the other one."""
        return Span(self.source, self.start, max(self.end, other.end))

    def __str__(self) -> str:
        line, column = self.source.place(self.start)
        return f"{self.source.name}:{line}:{column}"
