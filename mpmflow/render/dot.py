"""DOT text, written by hand so that it is byte-stable: statements in the order they were added, attributes sorted.

Whatever comes from a file is escaped here, once; labels are plain text or the small markup that `rows` makes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Literal

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
    """Lines of a label, each with the attributes of its font: `rows([("Write copy", 'POINT-SIZE="11"')])`.

    Lines of one font stand in a row of their own: the port of Graphviz sets all lines of a text as close as the last
    line's font allows, and larger ones above it would touch.
    """
    fonts = groupby(((text, font) for text, font in lines if text), key=lambda line: line[1])
    blocks = [
        Markup("<BR/>".join(f"<FONT {font}>{escape(plain(text))}</FONT>" for text, _ in block)) for font, block in fonts
    ]
    return blocks[0] if len(blocks) == 1 else stacked(*blocks, points=0) if blocks else Markup("")


def padded(label: Markup, points: int = 4, ground: str = "") -> Markup:
    """The label with air around it, so that a line beside it does not touch the words; with a ground of its own, what
    is drawn before it does not go through them either.
    """
    colour = f' BGCOLOR="{ground}"' if ground else ""
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{points}"{colour}>'
    return Markup(f"{table}<TR><TD>{label}</TD></TR></TABLE>")


def quoted(value: str | int | float) -> str:
    """A value as DOT writes it."""
    if isinstance(value, Markup):
        return f"<{value}>"
    if isinstance(value, int | float):
        return f"{value:g}"
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def stacked(*parts: Markup, points: int = 1) -> Markup:
    """Labels one under the other, each in a row of its own with air around it."""
    cells = "".join(f"<TR><TD>{part}</TD></TR>" for part in parts if part)
    return Markup(f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{points}">{cells}</TABLE>')


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing of a graph: a `node`, an `edge` from `name` to `target`, or the `open` and `close` of a frame.

    `details` is what an interactive picture tells of it, a line each; the first is what it is called.
    """

    kind: Literal["node", "edge", "open", "close"]
    name: str = ""
    target: str = ""
    attributes: Attributes = field(default_factory=dict)
    details: tuple[str, ...] = ()


class Graph:
    """A directed graph as it is drawn: statements in their order, which other modules write as DOT or as Mermaid."""

    def __init__(self, name: str, graph: Attributes, node: Attributes, edge: Attributes) -> None:
        self.name = name
        self.defaults = {"graph": graph, "node": node, "edge": edge}
        self.statements: list[Statement] = []

    def node(self, name: str, looks: Attributes, details: Iterable[str] = ()) -> None:
        """Add a node."""
        self.statements.append(Statement("node", name, "", looks, tuple(details)))

    def edge(self, source: str, target: str, looks: Attributes, details: Iterable[str] = ()) -> None:
        """Add an edge."""
        self.statements.append(Statement("edge", source, target, looks, tuple(details)))

    def open(self, name: str, **attributes: str | int | float) -> None:
        """Begin a cluster or a rank; what is added next stands inside until `close`."""
        self.statements.append(Statement("open", name, "", attributes))

    def close(self) -> None:
        """End the innermost cluster."""
        self.statements.append(Statement("close"))

    def numbered(self) -> dict[str, Statement]:
        """Every node and edge by the id that it has in an interactive picture: `n0`, `n1`, …, `e0`, ….

        >>> graph = Graph("g", {}, {}, {})
        >>> graph.node("a", {}), graph.edge("a", "a", {})
        (None, None)
        >>> list(graph.numbered())
        ['n0', 'e0']
        """
        found: dict[str, Statement] = {}
        for kind in ("node", "edge"):
            of_kind = (one for one in self.statements if one.kind == kind)
            found |= {f"{kind[0]}{number}": one for number, one in enumerate(of_kind)}
        return found

    def dot(self, *, ids: bool = False) -> str:
        """The graph as DOT; with `ids` every node and edge carries its id (see `numbered`) and no tooltip."""
        lines = [f"digraph {quoted(self.name)} {{"]
        lines += [f"  {_line(kind, attributes)}" for kind, attributes in self.defaults.items()]
        named = {id(one): name for name, one in self.numbered().items()} if ids else {}
        depth = 1
        for one in self.statements:
            if one.kind == "close":
                depth -= 1
                lines.append("  " * depth + "}")
            elif one.kind == "open":
                lines.append("  " * depth + f"subgraph {quoted(one.name)} {{")
                depth += 1
                if one.attributes:
                    lines.append("  " * depth + _line("graph", one.attributes))
            else:
                attributes = one.attributes
                if ids:
                    attributes = {key: value for key, value in attributes.items() if key != "tooltip"}
                    attributes["id"] = named[id(one)]
                head = quoted(one.name) if one.kind == "node" else f"{quoted(one.name)} -> {quoted(one.target)}"
                lines.append("  " * depth + _line(head, attributes))
        return "\n".join([*lines, "}", ""])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Graph) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return self.dot()


def with_legend(graph: Graph, legend: Markup | None) -> Graph:
    """The graph with a legend at its foot, on the left."""
    if legend is not None:
        graph.defaults["graph"] = {**graph.defaults["graph"], "label": legend, "labelloc": "b", "labeljust": "l"}
    return graph


def _line(head: str, attributes: Attributes) -> str:
    inside = ", ".join(f"{key}={quoted(value)}" for key, value in sorted(attributes.items()))
    return f"{head} [{inside}]" if inside else head
