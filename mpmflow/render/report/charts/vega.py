"""The only call to Vega: a specification in, the drawing out, the same bytes for the same specification.

Vega draws when the page is made, not when it is read: the page then needs no script to show a chart, prints as it is
seen, and no library has to be allowed to run in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from xml.etree import ElementTree

from mpmflow.diagnostics.errors import InternalError
from mpmflow.render import palette

SCHEMA = "https://vega.github.io/schema/vega/v6.json"
SVG = "http://www.w3.org/2000/svg"
FONT = "system-ui, sans-serif"
_PLACES = {"d", "x", "x1", "x2", "y", "y1", "y2", "r", "width", "height", "transform"}
_PAINT = {"fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linejoin"}
_KEPT = {*_PLACES, *_PAINT, "opacity", "text-anchor", "font-size", "font-weight"}
_NUMBER = re.compile(r"-?\d+\.\d{3,}")

Specification = dict[str, Any]


MISSING = "charts need the package vl-convert-python: pip install 'mpmflow[report]'"


class NoChartsError(ImportError):
    """The library that draws charts is not installed; the message says how to get it."""


def installed() -> bool:
    """Whether charts can be drawn."""
    return find_spec("vl_convert") is not None


def specification(width: int, height: int, edges: Mapping[str, int], parts: Mapping[str, Any]) -> Specification:
    """A drawing whose plot has that width and height, within edges of `left`, `right`, `top`, `bottom` pixels."""
    return {
        "$schema": SCHEMA,
        "width": width,
        "height": height,
        "padding": dict(edges),
        "autosize": "none",
        **parts,
    }


def drawn(chart: Specification) -> str:
    """The drawing as one `<svg>` element without size, names, or words of its own for screen readers: who puts it on a
    page says what it shows.

    Raises NoChartsError where the library is missing.
    """
    try:
        library = import_module("vl_convert")
    except ImportError as missing:
        raise NoChartsError(MISSING) from missing
    try:
        svg = str(library.vega_to_svg(chart))
    except ValueError as problem:
        raise InternalError(f"a chart could not be drawn: {problem}") from problem
    return _bare(svg)


def _bare(svg: str) -> str:
    """Only what draws: no roles, no classes, no empty paths, coordinates to a hundredth of a pixel."""
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(svg)
    _strip(root)
    box = root.get("viewBox", "")
    root.attrib.clear()
    root.set("viewBox", box)
    return ElementTree.tostring(root, encoding="unicode")


def _strip(element: ElementTree.Element) -> None:
    for child in list(element):
        _strip(child)
        tag = child.tag.removeprefix(f"{{{SVG}}}")
        seen = any(child.get(name, "none") != "none" for name in ("fill", "stroke"))
        if (tag == "path" and not (seen and child.get("d"))) or (tag == "g" and not len(child)):
            element.remove(child)
            continue
        for name in list(child.attrib):
            if name not in _KEPT:
                del child.attrib[name]
            else:
                child.set(name, _NUMBER.sub(lambda found: f"{float(found[0]):.2f}", child.attrib[name]))


# ------------------------------------------------------------------------------------------ marks that all charts use


def text(x: Any, y: Any, words: Any, **looks: Any) -> Specification:
    """A word on a chart, with a rim of the ground's colour so that a line behind it does not cross it."""
    encoded = {
        "x": x,
        "y": y,
        "text": words,
        "fill": {"value": palette.QUIET},
        "stroke": {"value": palette.GROUND},
        "strokeWidth": {"value": 4},
        "font": {"value": FONT},
        "fontSize": {"value": 12},
        "baseline": {"value": "middle"},
        **{name: {"value": value} for name, value in looks.items()},
    }
    return {"type": "text", "encode": {"enter": encoded}}


def each(rows: list[dict[str, Any]], mark: Specification) -> Specification:
    """A mark for every row of a table."""
    return {
        "type": "group",
        "data": [{"name": "rows", "values": rows}],
        "marks": [{**mark, "from": {"data": "rows"}}],
    }


def line(data: str, field: str, **looks: Any) -> Specification:
    """A line through the days of a table; it is broken where a value is missing."""
    encoded = {
        "x": {"scale": "x", "field": "on"},
        "y": {"scale": "y", "field": field},
        "defined": {"signal": f"isValid(datum.{field})"},
        **{name: {"value": value} for name, value in looks.items()},
    }
    return {"type": "line", "from": {"data": data}, "encode": {"enter": encoded}}


def symbol(x: Any, y: Any, **looks: Any) -> Specification:
    """A small sign at a place, with a rim of the ground's colour."""
    encoded = {
        "x": x,
        "y": y,
        "stroke": {"value": palette.GROUND},
        "strokeWidth": {"value": 1.5},
        **{name: {"value": value} for name, value in looks.items()},
    }
    return {"type": "symbol", "encode": {"enter": encoded}}


def rule(x: Any, y: Any, x2: Any, y2: Any, **looks: Any) -> Specification:
    """A straight line."""
    encoded = {"x": x, "y": y, "x2": x2, "y2": y2, **{name: {"value": value} for name, value in looks.items()}}
    return {"type": "rule", "encode": {"enter": encoded}}
