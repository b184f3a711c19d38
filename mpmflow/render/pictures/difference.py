"""Two versions of a model in one picture: what came, what went, what changed.

Both versions are drawn as any picture is, and laid over each other: what both have stands once, as the new one has it.
What came is green with a thick line and a sign that says so; what went is grey and dashed; what changed
says what it was and what it is. Nothing is said by colour alone, so that a print in black and white reads the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from mpmflow.analysis.difference.diff import Diff
from mpmflow.analysis.difference.edits import Edit
from mpmflow.render import palette
from mpmflow.render.diff_words import changed_words
from mpmflow.render.dot import Attributes, Graph, Markup, Statement, padded, rows, stacked, with_legend, wrapped
from mpmflow.render.drawing import draw
from mpmflow.render.palette import Theme
from mpmflow.render.picture import Diagram, PictureError
from mpmflow.render.pictures.around import around as neighbourhood
from mpmflow.render.pictures.mermaid import words_of

if TYPE_CHECKING:
    from mpmflow.model.model import Model

_SMALL = f'COLOR="{palette.QUIET}" POINT-SIZE="9"'
_TITLE = f'COLOR="{palette.INK}" POINT-SIZE="10"'
_SIGNS = {
    "added": ("+ NEW", palette.GOOD, 'BORDER="2"'),
    "removed": ("- REMOVED", palette.QUIET, 'BORDER="1" STYLE="DASHED"'),
    "changed": ("CHANGED", palette.ACCENT, 'BORDER="1"'),
}
WIDE = 30
"""Characters of a line in a box that says what changed."""
MOST = 3
"""Changes of one thing that stand in its box; a page tells all of them."""


def draw_diff(
    found: Diff,
    view: str = "workflow",
    *,
    workflow: str | None = None,
    theme: str = "light",
    around: str | None = None,
    steps: int = 2,
) -> Diagram:
    """Both versions in one picture; arguments as of `draw`.

    Raises PictureError as `draw` does, where neither version can be drawn so.
    """
    pictures: list[Diagram | None] = []
    problems: list[PictureError] = []
    for model in (found.old, found.new):
        try:
            pictures.append(_drawn(model, view, workflow or _first(found), theme))
        except PictureError as problem:
            pictures.append(None)
            problems.append(problem)
    old, new = pictures
    known = new or old
    if known is None:
        raise problems[-1]
    empty = Graph(known.graph.name, *known.graph.defaults.values())
    graph = _over(old.graph if old is not None else empty, new.graph if new is not None else empty, known.graph, found)
    title = f"{known.title}: what changed"
    if around is not None:
        title, graph = f"{title}, around {around}", neighbourhood(graph, around, steps)
    return Diagram(title, with_legend(graph, _legend(found)), cast(Theme, theme))


def _drawn(model: Model, view: str, workflow: str | None, theme: str) -> Diagram:
    return draw(model, view, workflow=workflow if view == "workflow" else None, theme=theme)


def _first(found: Diff) -> str | None:
    """The workflow that is drawn unless one is named: the first that differs, else the first."""
    both = [*found.new.workflows, *found.old.workflows]
    touched = {one.id.partition(".")[0] for one in found.edits} | {
        one.within.partition(".")[0].partition("#")[0] for one in found.edits
    }
    for workflow in both:
        if workflow.name in touched or any(getattr(node, "name", None) in touched for node in workflow.nodes()):
            return workflow.name
    return both[0].name if both else None


# --- one drawing over the other


@dataclass
class _Part:
    """A node, or a frame with what it holds."""

    head: Statement
    inside: list[_Part] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        return (self.head.kind, self.head.name)


def _over(old: Graph, new: Graph, looks: Graph, found: Diff) -> Graph:
    edits = {one.id: one for one in found.edits}
    graph = Graph(looks.name, *({**defaults} for defaults in looks.defaults.values()))
    turned = old.defaults["graph"].get("rankdir") != looks.defaults["graph"].get("rankdir")
    before, after = _tree(old.statements, turned=turned), _tree(new.statements)
    there = {kind: {one.name: one for one in drawn.statements if one.kind == "node"}
             for kind, drawn in (("old", old), ("new", new))}  # fmt: skip
    for statement in _written(_merged(before, after, set(there["new"]))):
        if statement.kind == "close":
            graph.close()
        elif statement.kind == "open":
            graph.statements.append(statement)
        else:
            graph.statements.append(_node(there["old"].get(statement.name), there["new"].get(statement.name), edits))
    graph.statements += _edges(old.statements, new.statements, edits)
    return graph


def _tree(statements: Sequence[Statement], *, turned: bool = False) -> list[_Part]:
    """Nodes and frames as they nest; `turned` for a drawing that runs in the other direction."""
    rows_: list[list[_Part]] = [[]]
    for one in statements:
        if one.kind == "open":
            part = _Part(one)
            rows_[-1].append(part)
            rows_.append(part.inside)
        elif one.kind == "close":
            rows_.pop()
        elif one.kind == "node":
            if turned and one.attributes.get("fixedsize") == "true":
                sides = {"width": one.attributes["height"], "height": one.attributes["width"]}
                one = replace(one, attributes={**one.attributes, **sides})
            rows_[-1].append(_Part(one))
    return rows_[0]


def _merged(old: list[_Part], new: list[_Part], there: set[str]) -> list[_Part]:
    """The parts of the new drawing, with those that only the old one has behind what they stood behind."""
    before = {part.key: part for part in old}
    found: list[_Part] = []
    for part in new:
        twin = before.get(part.key)
        found.append(_Part(part.head, _merged(twin.inside if twin is not None else [], part.inside, there)))
    known = {part.key for part in found}
    position = 0
    for part in old:
        if part.key in known:
            position = next(index for index, one in enumerate(found) if one.key == part.key) + 1
            continue
        left = _left(part, there)
        if left is not None:
            found.insert(position, left)
            position += 1
    return found


def _left(part: _Part, there: set[str]) -> _Part | None:
    """What of a part only the old drawing has; a frame whose contents all stand elsewhere is gone."""
    if part.head.kind == "node":
        return part if part.head.name not in there else None
    inside = [one for one in (_left(inner, there) for inner in part.inside) if one is not None]
    return _Part(part.head, inside) if inside else None


def _written(parts: Iterable[_Part]) -> Iterator[Statement]:
    for part in parts:
        yield part.head
        if part.head.kind == "open":
            yield from _written(part.inside)
            yield Statement("close")


# --- boxes


def _node(old: Statement | None, new: Statement | None, edits: Mapping[str, Edit]) -> Statement:
    known = new or old
    assert known is not None
    if new is None:
        return _marked(known, _gone(known.attributes), "removed")
    if old is None:
        return _marked(known, _come(known.attributes), "added")
    edit = edits.get(str(known.attributes.get("tooltip", known.name)).removeprefix("decision "))
    said = _said(edit, old, new)
    return _marked(known, {**known.attributes}, "changed", said) if said else known


def _said(edit: Edit | None, old: Statement, new: Statement) -> list[str]:
    """What changed of one thing: its clauses, else the words in its box that were others."""
    if edit is not None:
        said = [f"was called {edit.was}"] if edit.was is not None else []
        said += ["stands elsewhere"] if edit.moved is not None else []
        return said + [changed_words(clause) for clause in edit.clauses]
    before, after = (words_of(one.attributes.get("label", "")) for one in (old, new))
    gone = [line for line in before if line not in after]
    return [f"before: {', '.join(gone)}"] if gone else []


def _marked(statement: Statement, drawn: Attributes, what: str, said: Sequence[str] = ()) -> Statement:
    """The same with a sign, and what changed under it."""
    words = [
        (line, _SMALL.replace(palette.QUIET, palette.INK)) for one in said[:MOST] for line in wrapped(one, WIDE, 3)
    ]
    words += [(f"… and {len(said) - MOST} more", _SMALL)] if len(said) > MOST else []
    label = drawn.get("label", "")
    bar = drawn.get("fixedsize") == "true" or drawn.get("shape") == "circle"
    if not bar:
        first = label if isinstance(label, Markup) else rows([(str(label), _TITLE)])
        drawn["label"] = stacked(first, _sign(what), rows(words))
    told = {"added": "new in this version", "removed": "not in the new version", "changed": "changed"}[what]
    head, rest = (statement.details[0], statement.details[1:]) if statement.details else (statement.name, ())
    return replace(statement, attributes=drawn, details=(head, told, *said, *rest))


def _sign(what: str) -> Markup:
    words, colour, looks = _SIGNS[what]
    text = rows([(words, f'COLOR="{colour}" POINT-SIZE="8"')])
    return Markup(
        f'<TABLE {looks} COLOR="{colour}" BGCOLOR="{palette.GROUND}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
        f"<TR><TD>{text}</TD></TR></TABLE>"
    )


def _come(drawn: Attributes) -> Attributes:
    return {**drawn, "color": palette.GOOD, "penwidth": 2.4}


def _gone(drawn: Attributes) -> Attributes:
    style = str(drawn.get("style", "filled")).replace(",bold", "").replace("bold", "")
    found = {**drawn, "color": palette.STEP_LINE, "fillcolor": palette.GROUND, "penwidth": 1.0,
             "style": f"{style},dashed".strip(",")}  # fmt: skip
    found["label"] = _grey(found.get("label", ""))
    return found


def _grey(label: str | int | float) -> str | int | float:
    """A label without any colour of its own."""
    if not isinstance(label, Markup):
        return label
    for colour in (palette.INK, palette.REWORK, palette.DELAY, palette.LOST, palette.GOOD, palette.ACCENT,
                   palette.DECISION_LINE):  # fmt: skip
        label = Markup(label.replace(f'"{colour}"', f'"{palette.QUIET}"'))
    return Markup(label.replace(f'BGCOLOR="{palette.DECISION_FILL}"', f'BGCOLOR="{palette.GROUND}"'))


# --- ways


def _edges(old: Sequence[Statement], new: Sequence[Statement], edits: Mapping[str, Edit]) -> Iterator[Statement]:
    """The ways of both: of two between the same boxes first those that look alike, then the others in their order."""
    left: dict[tuple[str, str], list[Statement]] = {}
    for one in old:
        if one.kind == "edge":
            left.setdefault(_ends(one), []).append(one)
    twins: list[tuple[Statement, Statement | None]] = []
    for same in (True, False):
        for one in (one for one in new if one.kind == "edge"):
            if any(known is one for known, _ in twins):
                continue
            others = left.get(_ends(one), [])
            twin = next((other for other in others if not same or _words(other) == _words(one)), None)
            if twin is not None:
                others.remove(twin)
                twins.append((one, twin))
            elif not same:
                twins.append((one, None))
    order = {id(one): number for number, one in enumerate(new)}
    for one, twin in sorted(twins, key=lambda pair: order[id(pair[0])]):
        if twin is None:
            yield _way(one, {**one.attributes, "color": palette.GOOD, "penwidth": 2.4}, "+ new", palette.GOOD)
        elif _words(twin) != _words(one):
            gone = [line for line in _words(twin) if line not in _words(one)]
            said = f"before: {', '.join(gone)}" if gone else "changed"
            yield _way(one, {**one.attributes}, said, palette.ACCENT, always=True)
        else:
            yield one
    for others in left.values():
        for one in others:
            drawn: Attributes = {**one.attributes, "color": palette.STEP_LINE, "penwidth": 0.9, "style": "dashed",
                                 "fontcolor": palette.QUIET}  # fmt: skip
            if "label" in drawn:
                drawn["label"] = _grey(drawn["label"])
            yield _way(one, drawn, "- removed", palette.QUIET)


def _ends(one: Statement) -> tuple[str, str]:
    """From where to where, whichever way round it is laid out."""
    return (one.target, one.name) if one.attributes.get("dir") == "back" else (one.name, one.target)


def _words(one: Statement) -> list[str]:
    return words_of(one.attributes.get("label", ""))


def _way(one: Statement, drawn: Attributes, said: str, colour: str, *, always: bool = False) -> Statement:
    """A way with a word on what became of it, where it has words or `always`."""
    label = drawn.get("label")
    if label is not None or always:
        first = label if isinstance(label, Markup) else rows([(str(label or ""), _SMALL)])
        more = rows([(line, f'COLOR="{colour}" POINT-SIZE="9"') for line in wrapped(said, WIDE)])
        drawn["label"] = padded(stacked(first, more), 3)
    return replace(one, attributes=drawn, details=(*one.details, said))


# --- what it means


def _legend(found: Diff) -> Markup:
    """The signs with what they mean, at the foot of the picture."""
    words = {
        "added": "only in the new version: thick and green",
        "removed": "only in the old version: dashed and grey",
        "changed": "in both, with what it was and is",
    }
    cells = "".join(f"<TD>{_sign(what)}</TD><TD>{rows([(said, _SMALL)])}</TD>" for what, said in words.items())
    signs = Markup(f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="1"><TR>{cells}</TR></TABLE>')
    counts = [
        f"{number} {word}"
        for what, word in (("added", "new"), ("removed", "removed"), ("changed", "changed"))
        if (number := sum(one.what == what for one in found.edits))
    ]
    title = f"What changed in the file: {', '.join(counts)}" if counts else "Nothing changed in the file"
    lines = [rows([(title, _TITLE)]), signs]
    inside = '<TR><TD HEIGHT="8"></TD></TR>'
    inside += "".join(f'<TR><TD ALIGN="LEFT" BALIGN="LEFT">{line}</TD></TR>' for line in lines)
    return Markup(f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{inside}</TABLE>')
