"""DOT text, written by hand so that it is byte-stable: statements in the order they were added, attributes sorted.

Whatever comes from a file is escaped here, once; labels are plain text or the small markup that `rows` makes.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

Attributes = dict[str, str | int | float]


class Markup(str):
    """Text that is already in the HTML-like form of DOT and is written between angle brackets."""

    __slots__ = ()


def plain(text: str) -> str:
    """Text without the characters that XML cannot hold; line ends become blanks."""
    return "".join(character if character.isprintable() else " " for character in text)


def wrapped(text: str, width: int, lines: int = 4) -> list[str]:
    """Words in lines of about `width` characters, evenly filled; what is too long ends in an ellipsis."""
    words = [word[: 2 * width] + ("…" if len(word) > 2 * width else "") for word in plain(text).split()]
    count = max(1, -(-len(" ".join(words)) // width))
    while True:
        limit = max(width if count == 1 else 0, -(-len(" ".join(words)) // count) + 2)
        filled: list[str] = []
        for word in words:
            if filled and len(filled[-1]) + 1 + len(word) <= max(limit, 6):
                filled[-1] += f" {word}"
            else:
                filled.append(word)
        if len(filled) <= count + 1 or count > len(words):
            break
        count += 1
    return filled if len(filled) <= lines else [*filled[: lines - 1], filled[lines - 1] + " …"]


def rows(lines: Iterable[tuple[str, str]]) -> Markup:
    """Lines of a label, each with the attributes of its font: `rows([("Write copy", 'POINT-SIZE="11"')])`."""
    return Markup("<BR/>".join(f"<FONT {font}>{escape(plain(text))}</FONT>" for text, font in lines if text))


def padded(label: Markup, points: int = 2) -> Markup:
    """The label with air around it, so that a line beside it does not touch the words."""
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{points}">'
    return Markup(f"{table}<TR><TD>{label}</TD></TR></TABLE>")


def quoted(value: str | int | float) -> str:
    """A value as DOT writes it."""
    if isinstance(value, Markup):
        return f"<{value}>"
    if isinstance(value, int | float):
        return f"{value:g}"
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


class Graph:
    """A directed graph that writes itself as DOT."""

    def __init__(self, name: str, graph: Attributes, node: Attributes, edge: Attributes) -> None:
        self._lines = [f"digraph {quoted(name)} {{"]
        self._depth = 1
        for kind, attributes in (("graph", graph), ("node", node), ("edge", edge)):
            self._write(kind, attributes)

    def _write(self, head: str, attributes: Attributes) -> None:
        inside = ", ".join(f"{key}={quoted(value)}" for key, value in sorted(attributes.items()))
        self._lines.append("  " * self._depth + (f"{head} [{inside}]" if inside else head))

    def node(self, name: str, **attributes: str | int | float) -> None:
        """Add a node."""
        self._write(quoted(name), attributes)

    def edge(self, source: str, target: str, **attributes: str | int | float) -> None:
        """Add an edge."""
        self._write(f"{quoted(source)} -> {quoted(target)}", attributes)

    def open(self, name: str, **attributes: str | int | float) -> None:
        """Begin a cluster or a rank; what is added next stands inside until `close`."""
        self._lines.append("  " * self._depth + f"subgraph {quoted(name)} {{")
        self._depth += 1
        if attributes:
            self._write("graph", attributes)

    def close(self) -> None:
        """End the innermost cluster."""
        self._depth -= 1
        self._lines.append("  " * self._depth + "}")

    def __str__(self) -> str:
        return "\n".join([*self._lines, "}", ""])
