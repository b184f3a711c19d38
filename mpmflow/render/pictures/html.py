"""A drawing as one page: no network, no other file; pan, zoom, search, what each part says of itself, light and dark.

Words of the file reach the page in two ways only: inside the SVG, escaped by Graphviz, and as JSON that the script
puts on the page as text, never as markup. A policy in the page's head forbids every request.
"""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files

from mpmflow.render import palette
from mpmflow.render.dot import Graph, Statement, plain
from mpmflow.render.pictures.mermaid import words_of
from mpmflow.render.policy import policy

LONGEST = 2000
"""Characters of one line of a remark; what is longer ends in an ellipsis."""
_TITLES = re.compile(r"<title>[^<]*</title>\n?")


def page(svg: str, title: str, graph: Graph) -> str:
    """The page of a drawing whose SVG has the ids of `Graph.numbered`."""
    here = files(__package__)
    style = here.joinpath("page.css").read_text(encoding="utf-8")
    script = "\n" + here.joinpath("page.js").read_text(encoding="utf-8")
    parts = {name: _part(one) for name, one in graph.numbered().items()}
    data = json.dumps(parts, ensure_ascii=False)
    # Inside a script element only these could end it or begin a remark; JSON may write them as numbers.
    data = data.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return _PAGE.format(
        title=escape(plain(title)), policy=policy(script), style=_colours() + style, script=script, data=data,
        picture=_TITLES.sub("", svg),
    )  # fmt: skip


def _part(one: Statement) -> dict[str, object]:
    """What the page knows of a part: its words, which are searched, and what it tells when asked."""
    words = words_of(one.attributes.get("label", ""))
    head, told = (one.details[0], one.details[1:]) if one.details else (" ".join(words), ())
    name = str(one.attributes.get("tooltip", "")) if one.kind == "node" else ""
    lines = [*words, *told] if one.kind == "edge" and one.details else told
    return {"head": _short(head or name), "name": _short(name), "told": [_short(line) for line in lines]}


def _short(text: str) -> str:
    text = plain(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _colours() -> str:
    """The dark colours as style rules on the light ones, so that one SVG serves both."""
    rules = [
        f':root[data-theme="dark"] #picture [{what}="{light}"] {{ {what}: {dark} }}'
        for light, dark in palette.DARK.items()
        for what in ("fill", "stroke")
    ]
    sheets = []
    for theme in palette.THEMES:
        of = {
            name: getattr(palette, name.upper()) for name in ("ground", "ink", "quiet", "hair", "accent", "block_fill")
        }
        values = "; ".join(
            f"--{name.replace('_', '-')}: {palette.DARK[light] if theme == 'dark' else light}"
            for name, light in of.items()
        )
        sheets.append(f':root[data-theme="{theme}"] {{ color-scheme: {theme}; {values} }}')
    return "\n".join([*sheets, *rules, ""])


_PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1 dir="auto">{title}</h1>
<label>Find <input id="find" type="search" autocomplete="off" aria-describedby="found"></label>
<output id="found" for="find"></output>
<span class="buttons">
<button type="button" id="smaller" aria-label="Zoom out" title="Zoom out (-)">&minus;</button>
<button type="button" id="larger" aria-label="Zoom in" title="Zoom in (+)">+</button>
<button type="button" id="whole" title="Show all of it (0)">Fit</button>
<button type="button" id="theme" title="Light or dark (D)">Dark</button>
</span>
</header>
<main id="picture" tabindex="0" aria-label="The picture: arrow keys move it, + and - zoom, 0 shows all of it">
{picture}</main>
<div id="remark" role="status" hidden></div>
<footer>Drag or arrow keys move, wheel or + and - zoom, 0 fits, / finds, Tab goes from part to part, D changes light and
dark.</footer>
<script type="application/json" id="parts">{data}</script>
<script>{script}</script>
</body>
</html>
"""
