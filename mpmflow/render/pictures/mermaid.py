"""A drawing as a flowchart of Mermaid: the same boxes, words and lines, laid out by whoever shows it.

Names of the file become `n0`, `n1`, … because Mermaid gives words such as `end` a meaning of their own; words of the
file become text in which every character that means something to Mermaid, to Markdown or to HTML is written as its
number.
"""

from __future__ import annotations

import re
from html import unescape

from mpmflow.render import palette
from mpmflow.render.dot import Attributes, Graph, Markup, plain

_SHAPES = {"diamond": ("{", "}"), "circle": ("((", "))"), "plain": ("[", "]"), "plaintext": ("[", "]")}
_LINE_ENDS = re.compile(r"<BR/>|</TR>")
_TAG = re.compile(r"<[^>]*>")
_SAFE = re.compile(r"[^\w .,:;?!%+/()€$'-]")


def flowchart(graph: Graph, title: str, theme: str = "light") -> str:
    """The drawing as Mermaid text, with a title for screen readers.

    >>> one = Graph("g", {"rankdir": "LR"}, {}, {})
    >>> one.node("end", {"label": 'say "x"'})
    >>> print(flowchart(one, "An example").splitlines()[2].strip())
    n0["say #34;x#34;"]
    """
    defaults = graph.defaults
    names = {one.name: f"n{number}" for number, one in enumerate(graph.statements) if one.kind == "node"}
    lines = [f"flowchart {defaults['graph'].get('rankdir', 'TB')}", f"  accTitle: {_title(title)}"]
    styles: dict[str, list[str]] = {}
    ways: dict[str, list[int]] = {}
    framed: list[str] = []
    depth, frames, count = 1, 0, 0
    for one in graph.statements:
        pad = "  " * depth
        look = {**defaults.get(one.kind, {}), **one.attributes}
        if one.kind == "open":
            lines.append(f'{pad}subgraph s{frames}["{_text(look.get("label", "")) or " "}"]')
            fill, hair = (_colour(each, theme) for each in (palette.BLOCK_FILL, palette.HAIR))
            framed.append(f"  style s{frames} fill:{fill},stroke:{hair},color:{_colour(palette.QUIET, theme)}")
            frames += 1
            depth += 1
        elif one.kind == "close":
            depth -= 1
            lines.append("  " * depth + "end")
        elif one.kind == "node":
            name = names[one.name]
            left, right = _shape(look)
            lines.append(f'{pad}{name}{left}"{_text(look.get("label", one.name)) or " "}"{right}')
            styles.setdefault(_node_style(look, theme), []).append(name)
        else:
            ends = (names[one.name], names[one.target])
            if look.get("dir") == "back":
                ends = ends[::-1]
            said = _text(look.get("label", ""))
            words = f'|"{said}"|' if said else ""
            lines.append(f"{pad}{ends[0]} {_arrow(look)}{words} {ends[1]}")
            ways.setdefault(_edge_style(look, theme), []).append(count)
            count += 1
    said = _text(defaults["graph"].get("label", ""))
    if said:
        lines.append(f'  legend["{said}"]')
        styles.setdefault(_node_style({"fillcolor": palette.GROUND, "color": palette.HAIR}, theme), []).append("legend")
    for number, (style, members) in enumerate(sorted(styles.items())):
        lines += [f"  classDef c{number} {style}", f"  class {','.join(members)} c{number}"]
    lines += [f"  linkStyle {','.join(map(str, found))} {style}" for style, found in sorted(ways.items()) if style]
    return "\n".join([*lines, *framed, ""])


def words_of(label: str | int | float) -> list[str]:
    """The lines of a label, without its markup.

    >>> words_of(Markup('<FONT COLOR="#1e293b">a &amp; b</FONT><BR/>c'))
    ['a & b', 'c']
    >>> words_of(Markup('<TR><TD>a</TD><TD>b</TD><TD BGCOLOR="#ffffff">c</TD></TR>'))  # shades of a legend
    ['a b, c']
    """
    if not isinstance(label, Markup):
        return [line for line in (plain(part) for part in str(label).split("\n")) if line.strip()]
    beside = label.replace("</TR></TABLE></TD><TD", "</TABLE></TD><TD").replace(":</FONT></TD><TD", ":</FONT></TD> <TD")
    beside = beside.replace("</TD><TD BGCOLOR", "</TD>, <TD BGCOLOR").replace("</TD><TD", "</TD> <TD")
    lines = _LINE_ENDS.sub("\n", beside).split("\n")
    return [text for text in (" ".join(unescape(_TAG.sub("", line)).split()) for line in lines) if text]


def _text(label: str | int | float) -> str:
    """Words that Mermaid shows as they are; a line's end is the only markup in them."""
    return "<br/>".join(_SAFE.sub(lambda found: f"#{ord(found[0])};", line) for line in words_of(label))


def _title(title: str) -> str:
    """A title on one line: there Mermaid takes everything as it is, but for what begins a statement or a remark."""
    return re.sub(r"[;#%{}<>\[\]|\"]", " ", plain(title)).strip() or "Diagram"


def _shape(look: Attributes) -> tuple[str, str]:
    shape = str(look.get("shape", "ellipse"))
    return (
        _SHAPES.get(shape) or ("(", ")") if "rounded" in str(look.get("style", "")) else _SHAPES.get(shape, ("[", "]"))
    )


def _arrow(look: Attributes) -> str:
    style = str(look.get("style", ""))
    if look.get("arrowhead") == "none":
        return "---"
    if style in ("dashed", "dotted"):
        return "-.->"
    return "==>" if float(look.get("penwidth", 1)) >= 2 else "-->"


def _node_style(look: Attributes, theme: str) -> str:
    fill = str(look.get("fillcolor", palette.GROUND))
    line = str(look.get("color", palette.STEP_LINE))
    width = float(look.get("penwidth", 1)) + (2 if float(look.get("peripheries", 1)) > 1 else 0)
    ink = palette.INK if look.get("shape") != "circle" else fill
    parts = [f"fill:{_colour(fill, theme)}", f"stroke:{_colour(line, theme)}", f"color:{_colour(ink, theme)}"]
    return ",".join([*parts, f"stroke-width:{width:g}px"])


def _edge_style(look: Attributes, theme: str) -> str:
    colour = str(look.get("color", palette.LINE))
    dashes = {"dashed": ",stroke-dasharray:6 4", "dotted": ",stroke-dasharray:2 4"}.get(str(look.get("style", "")), "")
    width = float(look.get("penwidth", 1))
    return f"stroke:{_colour(colour, theme)},stroke-width:{width:g}px{dashes}"


def _colour(colour: str, theme: str) -> str:
    return palette.DARK.get(colour, colour) if theme == "dark" else colour
