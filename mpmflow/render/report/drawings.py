"""Drawings on the page: charts with their table, and diagrams of the model, both as SVG within the text."""

from __future__ import annotations

import re
from html import escape
from xml.etree import ElementTree

from mpmflow.render.picture import Diagram
from mpmflow.render.report.charts.chart import NARROW, WIDE, Chart, Frame
from mpmflow.render.report.charts.vega import SVG
from mpmflow.render.report.markup import Html, el, more, short, table

SMALLEST = 0.72
"""A diagram shrinks to this part of its size at most; then it scrolls, so that its words can be read."""
PIXELS = 4 / 3
"""Pixels in a point."""
TALL, WIDEST = 730, 1050
"""Pixels of a diagram that are seen at once; of a larger one a button shows all."""
_POINTS = re.compile(r"([\d.]+)pt")
_NEEDLESS = frozenset({"id", "class", "{http://www.w3.org/1999/xlink}title"})


def charted(chart: Chart, title: str) -> Html:
    """A chart that fits its room, what it shows in words, and its figures as a table that opens on demand.

    Where no library could draw it, the table stands open in its place.
    """
    wide, narrow = (_plot(svg, frame, kind, chart.summary) for svg, frame, kind in (
        (chart.wide, WIDE, "wide"), (chart.narrow, NARROW, "narrow")))  # fmt: skip
    spots = chart.across if chart.wide else (None,) * len(chart.rows)
    rows = zip(chart.rows, spots, strict=True)
    figures = table(f"{title}: the figures of the chart", chart.head, [row for row, _ in rows], left=range(1))
    if not chart.wide:
        return el("figure", el("p", chart.summary), figures, class_="chart")
    places = " ".join(f"{spot:g}" if spot is not None else "-" for spot in spots)
    hint = el("p", class_="readout", data_name=title)
    return el(
        "figure",
        el("div", wide, narrow, class_="plots"),
        hint,
        more("The figures as a table", figures),
        class_="chart",
        data_places=places,
    )


def _plot(svg: str, frame: Frame, kind: str, summary: str) -> Html:
    """A drawing with where its plot begins and how wide it is, as parts of the whole width."""
    return el(
        "div",
        _spoken(svg, summary),
        class_=f"plot {kind}",
        data_left=f"{frame.left / frame.whole:.4f}",
        data_span=f"{frame.width / frame.whole:.4f}",
    )


def _spoken(svg: str, summary: str) -> Html:
    """A drawing that says what it shows."""
    head = f'<svg role="img" aria-label="{escape(short(summary), quote=True)}" '
    return Html(svg.replace("<svg ", head, 1))


def sparkline(svg: str) -> Html:
    """A drawing in the size of a word; its figures stand beside it."""
    return Html(svg.replace("<svg ", '<svg class="spark" aria-hidden="true" focusable="false" ', 1))


def pictured(diagram: Diagram) -> Html:
    """A diagram in a room that scrolls where the diagram is larger."""
    svg = ElementTree.fromstring(diagram.svg())
    wide, high = (round(float(size[1]) * PIXELS) if (size := _POINTS.match(svg.get(side, ""))) else 600
                  for side in ("width", "height"))  # fmt: skip
    _quiet(svg)
    svg.attrib = {"viewBox": svg.get("viewBox", "")}
    ElementTree.register_namespace("", SVG)
    drawing = _spoken(ElementTree.tostring(svg, encoding="unicode"), diagram.title)
    style = f"max-inline-size:{wide}px;min-inline-size:{min(wide, round(SMALLEST * wide))}px"
    return el(
        "div",
        el("div", drawing, style=style),
        class_="picture",
        role="group",
        tabindex="0",
        aria_label=f"{diagram.title}: a picture that scrolls",
        data_start="left" if diagram.graph.defaults["graph"].get("rankdir") == "LR" else "middle",
        data_larger="yes" if high * SMALLEST > TALL or wide * SMALLEST > WIDEST else None,
    )


def _quiet(element: ElementTree.Element) -> None:
    """Without names of its own, which could be those of another drawing, and without remarks on pointing."""
    for child in list(element):
        if child.tag in (f"{{{SVG}}}title",):
            element.remove(child)
            continue
        _quiet(child)
        if child.tag == f"{{{SVG}}}a":
            child.tag = f"{{{SVG}}}g"
        for key in [key for key in child.attrib if key in _NEEDLESS or key.endswith("}href") or key.endswith("}space")]:
            del child.attrib[key]
