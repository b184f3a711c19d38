"""A page of the terminal taken apart: headings, paragraphs, tables; and the same as HTML and as Markdown.

Every answer is laid out once, for the terminal. Notebooks, mails and wikis get the same words and figures from here, so
that no form says something else. Words of a file reach HTML escaped and Markdown with its signs taken literally.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from mpmflow.render.analysis_page import Fitted
from mpmflow.render.dot import plain
from mpmflow.render.report.escaping import markdown_cell, markdown_text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.text import Text

WIDTH = 120
"""Columns of a page where nobody knows how wide the window is: as the command line has it in a pipe."""
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a page or of a section, and the quieter words behind it."""

    words: str
    gloss: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words in a row; `quiet` for what explains the figures."""

    words: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `right` says of each column whether it holds figures, which stand right."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A text whose lines stay as they are: a file, or a message with a caret under a word. Rich can lay it out."""

    words: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.text import Text

        yield Text(self.words.rstrip("\n"), no_wrap=True, overflow="ignore")


Block = Heading | Paragraph | Grid | Verbatim


def as_text(page: Any, width: int = WIDTH) -> str:
    """A page as plain text, without colours and without blanks at the ends of lines."""
    with (console := _console(width)).capture() as captured:
        console.print(page)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n")


def blocks(page: Any, width: int = 120) -> Iterator[Block]:
    """The parts of a page, in their order.

    >>> from rich.console import Group
    >>> from rich.text import Text
    >>> page = Group(Text("Title", style="bold"), Text("Words."), Fitted(["a"], [["1"]]))
    >>> [type(one).__name__ for one in blocks(page)]
    ['Heading', 'Paragraph', 'Grid']
    """
    yield from _parts(page, _console(width))


def _console(width: int) -> Console:
    from rich.console import Console

    return Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False, no_color=True)


def _parts(page: Any, console: Console, inside: bool = False) -> Iterator[Block]:
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    if isinstance(page, str):
        page = Verbatim(page) if "\n" in page.strip() else Text(page)
    if isinstance(page, Verbatim):
        yield page
    elif isinstance(page, Text):
        yield from _of_words(page, inside)
    elif isinstance(page, Padding):
        yield from _parts(page.renderable, console, True)
    elif isinstance(page, Fitted):
        yield Grid(
            tuple(head.strip() for head in page.heads),
            tuple(tuple(cell.strip() for cell in row) for row in page.rows),
            tuple(
                number > 0 and any(_DIGIT.search(row[number]) for row in page.rows) for number in range(len(page.heads))
            ),
        )
    elif isinstance(page, Table):
        columns = [[_words(cell) for cell in column.cells] for column in page.columns]
        yield Grid(
            tuple(_words(column.header) for column in page.columns),
            tuple(zip(*columns, strict=True)),
            tuple(column.justify == "right" for column in page.columns),
        )
    elif isinstance(page, Group):
        for part in page.renderables:
            yield from _parts(part, console, inside)
    elif hasattr(page, "__rich_console__"):
        for part in page.__rich_console__(console, console.options):
            yield from _parts(part, console, inside)
    else:
        yield Paragraph(str(page))


def _of_words(text: Text, inside: bool) -> Iterator[Block]:
    """Words that begin bold on a page of their own are a title, and what follows them in another style its gloss."""
    words = text.plain.strip()
    bold = [span.end for span in text.spans if span.start == 0 and "bold" in str(span.style)]
    if words and not inside and ("bold" in str(text.style) or bold):
        end = bold[0] if bold else len(text.plain)
        yield Heading(text.plain[:end].strip(), text.plain[end:].strip())
    elif words:
        quiet = "dim" in str(text.style) or any(span.start == 0 and "dim" in str(span.style) for span in text.spans)
        yield Paragraph(words, quiet)


def _words(cell: Any) -> str:
    return getattr(cell, "plain", None) or (cell if isinstance(cell, str) else as_text(cell))


# --- HTML


_PICTURE = "overflow-x:auto;margin:0.5em 0"
_SIZED = re.compile(r'<svg width="([^"]+)" height="[^"]+"')
_PRE = "margin:0.3em 0;overflow-x:auto"
_CELL = "padding:0.15em 0.9em 0.15em 0;border:none;vertical-align:top;max-width:38em;white-space:normal"


def as_html(parts: Iterable[Block], picture: str = "") -> str:
    """The parts as HTML for a notebook: no script, no style sheet, the colours of the page that it stands in. `picture`
    is an SVG of ours, on a ground of its own, as wide as there is room; it stands before the second title.

    >>> as_html([Heading("A <b> title"), Grid(("step", "time"), (("brief", "2 h"),), (False, True))])[:61]
    '<div class="mpmflow"><p style="margin:0.6em 0 0.2em"><strong>'
    """
    found = list(parts)
    made = [_html(part) for part in found]
    if picture:
        titles = [number for number, part in enumerate(found) if isinstance(part, Heading)]
        shown = f'<div style="{_PICTURE}">{_SIZED.sub(_fitting, picture, count=1)}</div>'
        made.insert(titles[1] if len(titles) > 1 else len(made), shown)
    return f'<div class="mpmflow">{"".join(made)}</div>'


def _fitting(head: re.Match[str]) -> str:
    """The size of a picture, which may be made smaller to fit."""
    return f'<svg width="{head[1]}" style="max-width:100%;height:auto"'


def _html(part: Block) -> str:
    if isinstance(part, Heading):
        gloss = f' <span style="opacity:0.75">{_escaped(part.gloss)}</span>' if part.gloss else ""
        return f'<p style="margin:0.6em 0 0.2em"><strong>{_escaped(part.words)}</strong>{gloss}</p>'
    if isinstance(part, Paragraph):
        quiet = ";opacity:0.75;font-size:0.92em" if part.quiet else ""
        return f'<p style="margin:0.15em 0;max-width:60em{quiet}">{_escaped(part.words)}</p>'
    if isinstance(part, Verbatim):
        lines = "\n".join(escape(plain(line)) for line in part.words.rstrip("\n").split("\n"))
        return f'<pre style="{_PRE}">{lines}</pre>'
    heads = "".join(_cell("th", head, right) for head, right in zip(part.heads, part.right, strict=True))
    head = f"<thead><tr>{heads}</tr></thead>" if any(part.heads) else ""
    rows = "".join(
        f"<tr>{''.join(_cell('td', cell, right) for cell, right in zip(row, part.right, strict=True))}</tr>"
        for row in part.rows
    )
    return f"<table>{head}<tbody>{rows}</tbody></table>"


def _cell(kind: str, words: str, right: bool) -> str:
    weight = ";font-weight:600" if kind == "th" else ""
    return f'<{kind} style="{_CELL}{weight};text-align:{"right" if right else "left"}">{_escaped(words)}</{kind}>'


def _escaped(words: str) -> str:
    return "<br>".join(escape(plain(line)) for line in words.split("\n"))


# --- Markdown


def as_markdown(parts: Iterable[Block]) -> str:
    """The parts as Markdown, for a merge request, a wiki or a mail.

    >>> table = Grid(("step", "time"), (("brief", "2 h"),), (False, True))
    >>> print(as_markdown([Heading("Title"), Paragraph("a|b"), table]))
    ## Title
    <BLANKLINE>
    a\\|b
    <BLANKLINE>
    | step | time |
    | --- | ---: |
    | brief | 2 h |
    <BLANKLINE>
    """
    found: list[str] = []
    listed = False
    for part in parts:
        entry = isinstance(part, Paragraph) and part.words[:2] in ("+ ", "- ", "~ ")
        if listed and not entry:
            found.append("")
        listed = entry
        if isinstance(part, Heading):
            found += [f"{'###' if found else '##'} {_literal(f'{part.words} {part.gloss}')}", ""]
        elif isinstance(part, Paragraph):
            words = plain(part.words)
            found += [f"- `{words[0]}` {markdown_cell(words[2:])}"] if entry else [markdown_text(words), ""]
        elif isinstance(part, Verbatim):
            found += [*(f"    {plain(line)}" for line in part.words.rstrip("\n").split("\n")), ""]
        else:
            found += [*_rows(part), ""]
    return "\n".join(found).rstrip("\n") + "\n"


def _rows(grid: Grid) -> Iterator[str]:
    yield f"| {' | '.join(_literal(head) for head in grid.heads)} |"
    yield f"| {' | '.join('---:' if right else '---' for right in grid.right)} |"
    for row in grid.rows:
        yield f"| {' | '.join(_literal(cell) for cell in row)} |"


def _literal(words: str) -> str:
    return markdown_cell(plain(words))
