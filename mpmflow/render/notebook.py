"""What a notebook shows of an answer, a model, a monitor: the words that the command line prints, as text and HTML.

Answers stand a floor below and know no page; each names the door of its own (`Result.shown_by`), which is opened here.
Nothing in the HTML runs, and it brings no style sheet: it takes the colours of the notebook, light or dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from rich.console import Group
from rich.text import Text

from mpmflow.analysis.results import Result
from mpmflow.compiler.names import Names
from mpmflow.compiler.units import Units
from mpmflow.model.base import upstairs
from mpmflow.model.model import Model
from mpmflow.render.analysis_page import Fitted
from mpmflow.render.blocks import Block, Heading, Paragraph, as_html, as_text, blocks
from mpmflow.render.picture import Diagram, PictureError
from mpmflow.render.risk_words import amount, rate_unit
from mpmflow.render.table_page import table_page

Bundle = dict[str, Any]
FOLDED, LARGEST = 60, 400
"""With more steps and decisions than this a workflow is folded, or not drawn unless asked."""


def page_of(answer: Result) -> Any:
    """An answer laid out for people: its own page, else its table."""
    return upstairs(*answer.shown_by)(answer) if answer.shown_by is not None else table_page(answer)


def bundle(answer: Result) -> Bundle:
    """An answer in the forms that notebooks know."""
    page = page_of(answer)
    return {"text/plain": as_text(page), "text/html": as_html(blocks(page), picture=_picture_of(answer))}


def _picture_of(answer: Result) -> str:
    """The picture of an answer that is best seen: two versions of a model in one."""
    from mpmflow.analysis.difference.diff import Diff

    if isinstance(answer, Diff) and answer.what == "meaning":
        from mpmflow.render.pictures.difference import draw_diff

        with suppress(PictureError):
            return draw_diff(answer).svg()
    return ""


def model_bundle(model: Model) -> Bundle:
    """A model: what it holds, and its first workflow as a picture (else its goals, else its causes)."""
    titles = ", ".join(workflow.title for workflow in model.workflows) or "A model"
    held = ", ".join(_counts(model)) or "nothing yet"
    lines = [f"{titles}: {held}."]
    if len(model.workflows) > 1:
        name = model.workflows[1].name
        lines.append(f'The picture shows the first workflow; mpm.draw(model, workflow="{name}") shows another.')
    diagram = _diagram(model)
    svg = diagram.svg() if diagram is not None else ""
    parts: list[Block] = [Heading(titles), *(Paragraph(line) for line in (f"It has {held}.", *lines[1:]))]
    return {"text/plain": lines[0], "text/html": as_html(parts, picture=svg)}


def _counts(model: Model) -> Iterator[str]:
    kinds = [node.kind for _, node in model.nodes()]
    for number, word in (
        (len(model.workflows), "workflow"),
        (kinds.count("step"), "step"),
        (kinds.count("decision"), "decision"),
        (len(model.all_teams), "team"),
        (len(model.metrics), "metric"),
        (len(model.causes), "cause"),
        (len(model.declared_indicators), "named indicator"),
        (sum(1 for _ in model.objective_tree()), "objective"),
        (len(model.initiatives), "initiative"),
        (len(model.commitments), "commitment"),
        (len(model.scenarios), "scenario"),
        (len(model.tests), "test"),
        (len(model.imports), "imported file"),
    ):
        if number:
            yield f"{number} {word}{'' if number == 1 else 's'}"


def _diagram(model: Model) -> Diagram | None:
    from mpmflow.render.drawing import draw

    size = sum(1 for _ in model.workflows[0].nodes()) if model.workflows else 0
    if size > LARGEST:
        return None
    for view in ("workflow", "objectives", "causes"):
        with suppress(PictureError):
            return draw(model, view, collapse=view == "workflow" and size > FOLDED)
    return None


def monitor_bundle(model: Model, states: Mapping[str, str], values: Mapping[str, float | None], until: str) -> Bundle:
    """A monitor: each indicator with its state and what it was last; `until` is the end of its last full period."""
    units = Units(Names(model))
    rows = []
    for name, state in states.items():
        unit = units.of_name(name).unit
        shown = str(unit) if unit is not None and unit.powers else "%" if unit is not None else ""
        rows.append([name, state, amount(values.get(name), rate_unit(shown))])
    page = Group(
        Text(f"Watching {len(rows)} indicator{'' if len(rows) == 1 else 's'}" + (f", up to {until}" if until else "")),
        *([Fitted(["indicator", "state", "last seen"], rows)] if rows else []),
    )
    return {"text/plain": as_text(page), "text/html": as_html(blocks(page))}
