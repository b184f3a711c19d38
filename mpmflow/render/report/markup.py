"""Elements of a page. Text becomes markup here and nowhere else, so that what a file says can only ever be read.

A child that is `Html` stands as it is; any other text is escaped. Control characters, characters of no width and those
that turn the direction of writing become blanks; a name keeps its own direction by standing in a `<bdi>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from mpmflow.render.dot import plain

LONGEST = 600
"""Characters of one text; what is longer ends in an ellipsis."""
LONGEST_NAME = 160
"""Characters of a label."""
_EMPTY = frozenset({"meta", "link", "br", "hr", "input"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | Html | None


def short(text: str, most: int = LONGEST) -> str:
    """A text of at most so many printable characters.

    >>> short("one\\u202etwo\\n"), len(short("y" * 10_000))
    ('one two ', 600)
    """
    printable = plain(text)
    return printable if len(printable) <= most else printable[: most - 1] + "…"


def el(tag: str, *children: Child, **attributes: str | int | float | None) -> Html:
    """An element. Underscores of attributes are read as hyphens, one at the end is left out; None leaves out.

    >>> el("p", "1 < 2 ", el("b", "&"), class_="big", data_x=None)
    '<p class="big">1 &lt; 2 <b>&amp;</b></p>'
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_given(name, value), quote=True)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _EMPTY:
        return Html(f"<{tag}{given}>")
    return Html(f"<{tag}{given}>{joined(children)}</{tag}>")


def _given(name: str, value: str | int | float) -> str:
    """What an attribute holds: words that are read aloud no longer than others, anything else whole."""
    return short(str(value)) if name == "aria_label" else plain(str(value))


def joined(children: Iterable[Child]) -> Html:
    """Elements and texts one after the other."""
    return Html("".join(one if isinstance(one, Html) else escape(short(one)) for one in children if one))


def name(text: str | None) -> Html:
    """A label of the file, in its own direction of writing; nothing of nothing."""
    return el("bdi", short(text, LONGEST_NAME)) if text else Html("")


def chip(kind: str, words: str) -> Html:
    """A state: its words behind a sign of its own shape. `kind` is one of `bad`, `warn`, `wait`, `good`, `quiet`."""
    return el("span", words, class_=f"chip {kind}")


def described(pairs: Iterable[tuple[str, Child]]) -> Html:
    """Words and what they are, in two columns; pairs without a figure are left out."""
    rows = (
        el("div", el("dt", word), el("dd", figure), class_="pair")
        for word, figure in pairs
        if figure not in (None, "", "-")
    )
    return el("dl", *rows, class_="facts")


def table(
    title: str, head: Sequence[str], rows: Iterable[Sequence[Child]], *, left: Iterable[int] = (), kind: str = ""
) -> Html:
    """A table that scrolls by itself where it is wider than the page. The first cell of a row names it; columns are
    figures, which stand on the right, but those whose numbers are in `left`.
    """
    words = {0, *left}
    side = {number: "text" if number in words else "figure" for number in range(len(head))}
    top = el("tr", *(el("th", word, scope="col", class_=side[number]) for number, word in enumerate(head)))
    body = (
        el(
            "tr",
            *(
                el("td" if number else "th", cell, class_=side[number], scope=None if number else "row")
                for number, cell in enumerate(row)
            ),
        )
        for row in rows
    )
    whole = el("table", el("caption", title, class_="unseen"), el("thead", top), el("tbody", *body))
    return el("div", whole, class_=f"scroll {kind}".strip(), role="group", tabindex="0", aria_label=title)


def bar(share: float, kind: str = "") -> Html:
    """A bar that fills a part of its room, for the eye alone: the figure stands beside it."""
    width = f"inline-size:{100 * min(1.0, max(0.0, share)):.1f}%"
    return el("span", el("span", style=width), class_=f"bar {kind}".strip(), aria_hidden="true")


def more(words: str, *children: Child) -> Html:
    """What opens on demand."""
    return el("details", el("summary", words), *children)
