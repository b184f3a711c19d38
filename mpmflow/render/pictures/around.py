"""A part of a picture: one box and what is at most so many ways from it, in either direction."""

from __future__ import annotations

from collections.abc import Iterable

from mpmflow.render import palette
from mpmflow.render.dot import Graph, Statement, rows
from mpmflow.render.picture import PictureError

_REST = f'COLOR="{palette.QUIET}" POINT-SIZE="9"'

FEW = 120
"""So many boxes are laid out with curved ways, whatever the whole picture needed."""


def around(graph: Graph, name: str, steps: int) -> Graph:
    """The neighbourhood of a box; what it leaves out is counted at the ways that lead there.

    `name` is a name of the file, in any view; of a dotted one (`brief_complete.no`) the box that it belongs to.

    Raises PictureError where nothing of that name is in the picture.
    """
    nodes = [one.name for one in graph.statements if one.kind == "node"]
    centre = _box(graph, name)
    near = {centre}
    ways: dict[str, list[str]] = {node: [] for node in nodes}
    for one in graph.statements:
        if one.kind == "edge":
            ways[one.name].append(one.target)
            ways[one.target].append(one.name)
    edge = [centre]
    for _ in range(steps):
        edge = [other for node in edge for other in dict.fromkeys(ways[node]) if other not in near]
        near |= set(edge)
    return _cut(graph, near)


def _box(graph: Graph, name: str) -> str:
    """The box that a name of the file means in this view."""
    nodes = [one for one in graph.statements if one.kind == "node"]
    for wanted in dict.fromkeys((name, name.partition(".")[0])):
        for one in nodes:
            if one.name == wanted or one.attributes.get("tooltip") == wanted:
                return one.name
    from mpmflow.diagnostics.suggest import nearest

    known = [str(one.attributes.get("tooltip", one.name)) for one in nodes]
    close = nearest(name, known, most=3) or tuple(known[:5])
    raise PictureError(f"there is nothing called {name!r} in this picture; nearest: {', '.join(close)}")


def _cut(graph: Graph, near: set[str]) -> Graph:
    found = Graph(graph.name, *graph.defaults.values())
    if len(near) <= FEW:  # what makes a large picture possible is not wanted in a small one
        looks = found.defaults["graph"].items()
        found.defaults["graph"] = {key: value for key, value in looks if key not in ("splines", "nslimit", "nslimit1")}
    found.statements = _framed([one for one in graph.statements if _kept(one, near)])
    cut: dict[tuple[str, bool], set[str]] = {}
    for one in graph.statements:
        if one.kind == "edge" and (one.name in near) != (one.target in near):
            inner, outer, leaves = (one.name, one.target, True) if one.name in near else (one.target, one.name, False)
            if one.attributes.get("dir") == "back":
                leaves = not leaves
            cut.setdefault((inner, leaves), set()).add(outer)
    for number, ((inner, leaves), others) in enumerate(sorted(cut.items())):
        rest = f"…{number}"
        label = rows([(f"… {len(others)} more", _REST)])
        found.node(rest, {"shape": "plaintext", "label": label, "margin": "0.02,0.02", "height": 0.2})
        ends = (inner, rest) if leaves else (rest, inner)
        found.edge(*ends, {"color": palette.HAIR, "arrowsize": 0.5})
    return found


def _kept(one: Statement, near: set[str]) -> bool:
    return one.kind in ("open", "close") or (one.name in near and (one.kind == "node" or one.target in near))


def _framed(statements: Iterable[Statement]) -> list[Statement]:
    """Without the frames that hold nothing any more."""
    found: list[Statement] = []
    for one in statements:
        if one.kind == "close" and found and found[-1].kind == "open":
            found.pop()
        else:
            found.append(one)
    return found
