"""Items on lines: what a formatter puts where, once it knows what stands in each item.

The printer knows nothing of statements. It decides whether a block fits on one line, puts columns under each other,
keeps single empty lines, and carries every comment to the place where it stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mpmflow.diagnostics.source import Span
from mpmflow.syntax.comments import Comment

__all__ = ["WIDTH", "Item", "Printer"]

WIDTH = 120
"""How many characters a line may have before its block is broken up."""


@dataclass(slots=True)
class Item:
    """Something that stands on a line of its own, or in a block of its own.

    `cells` is its one-line form, in columns (the last may be anything); None if it is always broken up. `head` and
    `children` are its broken form; without children it cannot be broken. `loose` keeps empty lines between the
    children.
    """

    span: Span | None
    kind: str
    cells: tuple[str, ...] | None
    head: str = ""
    children: list[Item] = field(default_factory=list)
    loose: bool = False

    @property
    def flat(self) -> str:
        return " ".join(cell for cell in self.cells or () if cell)


_ALIGNED = frozenset({"team", "metric", "cause"})


class Printer:
    def __init__(self, comments: Iterable[Comment]) -> None:
        self.comments = sorted(comments, key=lambda comment: comment.span.start)
        self.next = 0
        self.lines: list[str] = []

    # --- comments

    def _before(self, place: int | None) -> list[Comment]:
        """Takes the comments that stand before a place; all that are left if it is None."""
        start = self.next
        while self.next < len(self.comments) and (place is None or self.comments[self.next].span.start < place):
            self.next += 1
        return self.comments[start : self.next]

    def _any_between(self, start: int, end: int) -> bool:
        return any(start <= comment.span.start < end for comment in self.comments[self.next :])

    def _behind(self, span: Span | None, limit: int | None) -> list[Comment]:
        """Takes the comments that stand on the line on which a span ends, behind it."""
        if span is None or self.next >= len(self.comments):
            return []
        line_end = span.source.text.find("\n", span.end)
        line_end = line_end if line_end >= 0 else len(span.source.text)
        return self._before(line_end if limit is None else min(limit, line_end))

    def _append(self, comments: Sequence[Comment]) -> None:
        if comments:
            self.lines[-1] += "  " + " ".join(comment.text for comment in comments)

    # --- items

    def block(self, items: list[Item], indent: int, end: int | None, *, loose: bool) -> None:
        """The items of a block, each with its comments, and the comments that stand at the end of the block."""
        widths = self._columns(items)
        pad = "  " * indent
        previous: Span | None = None
        for number, item in enumerate(items):
            start = item.span.start if item.span is not None else None
            leading = self._before(start) if start is not None else []
            first = leading[0].span if leading else item.span
            if number and loose and self._gap(previous, first, items[number - 1], item):
                self.lines.append("")
            last = None
            for comment in leading:
                if last is not None and loose and _apart(last, comment.span):
                    self.lines.append("")
                self.lines.append(pad + comment.text)
                last = comment.span
            if last is not None and item.span is not None and loose and _apart(last, item.span):
                self.lines.append("")
            following = items[number + 1].span if number + 1 < len(items) else None
            limit = following.start if following is not None else end
            previous = self._item(item, indent, widths[number], limit) or previous
        last = previous
        for comment in self._before(end) if end is not None or indent == 0 else []:
            if last is not None and loose and _apart(last, comment.span):
                self.lines.append("")
            self.lines.append(pad + comment.text)
            last = comment.span

    def _gap(self, previous: Span | None, first: Span | None, before: Item, item: Item) -> bool:
        if previous is not None and first is not None:
            return _apart(previous, first)
        return (
            bool(before.children and not self._fits(before, 0))
            or bool(item.children and not self._fits(item, 0))
            or (before.kind != item.kind and item.kind not in ("done", "scrap"))
        )

    def _item(self, item: Item, indent: int, widths: tuple[int, ...], limit: int | None) -> Span | None:
        """One item; returns the span of the last thing printed, a comment perhaps."""
        if item.kind == "examples":
            return self._table(item, indent, limit)
        pad = "  " * indent
        span = item.span
        inner = span is not None and self._any_between(span.start, span.end)
        if self._fits(item, indent) and not (inner and item.children):
            behind = self._before(span.end) if span is not None and inner else []
            self.lines.append((pad + _aligned(item.cells or (), widths)).rstrip())
            behind += self._behind(span, limit)
            self._append(behind)
            return behind[-1].span if behind else span
        children = item.children
        if inner and all(child.span is not None for child in children):
            children = sorted(children, key=lambda child: child.span.start if child.span is not None else 0)
        self.lines.append(f"{pad}{item.head} {{")
        if span is not None and inner:
            first = next((child.span.start for child in children if child.span is not None), span.end)
            self._append(self._header(span, first))
        close = span.end - 1 if span is not None else None
        self.block(children, indent + 1, close, loose=item.loose)
        self.lines.append(pad + "}")
        behind = self._behind(span, limit)
        self._append(behind)
        return behind[-1].span if behind else span

    def _table(self, item: Item, indent: int, limit: int | None) -> Span | None:
        """The rows of a table, with the comments behind and between them."""
        pad = "  " * indent
        for number, row in enumerate(item.children):
            if number and row.span is not None:
                for comment in self._before(row.span.start):
                    if comment.own_line:
                        self.lines.append(pad + comment.text)
                    else:
                        self._append([comment])
            self.lines.append(pad + ("examples " if number == 0 else " " * 9) + row.flat)
        behind = self._behind(item.span, limit)
        self._append(behind)
        return behind[-1].span if behind else item.span

    def _header(self, span: Span, first: int) -> list[Comment]:
        """Takes the comments that stand behind the header of a statement: before its first clause and not on their
        own line.
        """
        taken: list[Comment] = []
        while self.next < len(self.comments):
            comment = self.comments[self.next]
            if comment.span.start >= first or comment.own_line:
                break
            taken.append(comment)
            self.next += 1
        return taken

    def _fits(self, item: Item, indent: int) -> bool:
        if item.cells is None:
            return False
        return not item.children or 2 * indent + len(item.flat) <= WIDTH

    def _columns(self, items: list[Item]) -> list[tuple[int, ...]]:
        """The widths of the columns for each item: of all outcomes together, of teams, metrics and causes line after
        line.
        """
        runs: list[list[int]] = []
        outcomes = [n for n, item in enumerate(items) if item.kind == "outcome"]
        if outcomes:
            runs.append(outcomes)
        run: list[int] = []
        for number, item in enumerate(items):
            if item.kind in _ALIGNED and self._one_line(item):
                near = run and items[run[-1]].kind == item.kind and _adjacent(items[run[-1]], item)
                if not near:
                    run = []
                    runs.append(run)
                run.append(number)
            else:
                run = []
        widths: list[tuple[int, ...]] = [()] * len(items)
        for one in runs:
            rows = [items[number].cells or () for number in one]
            columns = max((len(row) for row in rows), default=0)
            wide = tuple(max(len(row[c]) if c < len(row) else 0 for row in rows) for c in range(columns))
            for number in one:
                widths[number] = wide
        return widths

    def _one_line(self, item: Item) -> bool:
        span = item.span
        commented = span is not None and bool(item.children) and self._any_between(span.start, span.end)
        return self._fits(item, 0) and not commented


def _aligned(cells: tuple[str, ...], widths: tuple[int, ...]) -> str:
    if not widths:
        return " ".join(cell for cell in cells if cell)
    return " ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=False) if width).rstrip()


def _apart(one: Span, two: Span) -> bool:
    """Whether an empty line stands between two places."""
    return one.source.text.count("\n", one.end, two.start) > 1 if two.start > one.end else False


def _adjacent(one: Item, two: Item) -> bool:
    if one.span is None or two.span is None:
        return True
    return one.span.source.text.count("\n", one.span.end, two.span.start) <= 1
