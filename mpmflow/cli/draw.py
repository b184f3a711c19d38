"""`mpmflow draw FILE`: pictures of the workflow, of causes, objectives, hand-offs and metrics, with their risk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import __version__
from . import evidence, guard, terminal
from .opening import open_model
from .options import question_options
from .replacing import diagram_in_the_way, overwrite_option

if TYPE_CHECKING:
    from ..analysis.alliances.handoffs import Handoffs
    from ..analysis.risk.evaluation import Evaluation
    from ..model.model import Model

VIEWS = ("workflow", "causes", "objectives", "handoffs", "metrics")
THEMES = ("light", "dark")
SCHEMA = "mpmflow/drawing/1"
CROWDED = 120
"""With more boxes than this in a picture, ways to a smaller one are named."""


@click.command(name="draw")
@question_options
@click.option("--view", type=click.Choice(VIEWS), default="workflow", show_default=True, help="What to draw.")
@click.option("--workflow", metavar="NAME", help="Which workflow, if FILE has several (default: the first).")
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="PATH",
    multiple=True,
    help="Where to write it; the ending says how: .svg .png .pdf .dot .mmd (Mermaid) .html (pan, zoom, search) .bpmn "
    "(for modelling tools). May be given several times. Without it, DOT goes to standard output.",
)
@click.option("--theme", type=click.Choice(THEMES), default="light", show_default=True, help="Its colours.")
@click.option("--around", metavar="NAME", help="Only what is at most --steps ways from that step, metric, team, ….")
@click.option("--steps", type=click.IntRange(0), default=2, show_default=True, help="How far --around reaches.")
@click.option("--collapse", is_flag=True, help="Fold blocks and straight stretches of a workflow's steps into one box.")
@overwrite_option
@click.option("--risk", is_flag=True, help="Paint on it what `mpmflow risk` finds; the options below say from what.")
@evidence.evidence_options
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    view: str,
    workflow: str | None,
    outputs: Sequence[str],
    theme: str,
    around: str | None,
    steps: int,
    collapse: bool,
    overwrite: bool,
    risk: bool,
    log: object,
    series: str | None,
    as_of: datetime | None,
    reference: str,
    seed: int,
) -> int:
    """Draw what FILE describes. Needs no other program, except for .pdf.

    With --risk the picture shows where extra time and misses are (the darker, the more), how many cases take each way
    (the thicker, the more), the states of rules, and the way from the headline's cause to what it moves.
    """
    from .. import api
    from ..render.picture import PictureError

    if not risk and (log is not None or series is not None or as_of is not None):
        raise click.UsageError("--log, --series and --as-of say what risk is judged from: add --risk")
    if in_the_way := diagram_in_the_way(outputs, overwrite):
        terminal.say(in_the_way)
        return guard.CANNOT
    model = open_model(file, root=root, quiet=quiet)
    asked: Model | Evaluation | Handoffs = model
    if risk:
        asked = evidence.evaluate(
            model, log=log, series=series, as_of=as_of, reference=reference, seed=seed, quiet=quiet
        )
        if view == "handoffs":
            asked = api.handoffs(asked, log=log)
    try:
        with terminal.busy("Drawing", quiet=quiet):
            diagram = api.draw(
                asked,
                view,
                workflow=workflow,
                theme="dark" if theme == "dark" else "light",
                around=around,
                steps=steps,
                collapse=collapse,
            )
            for output in outputs:
                diagram.save(output)
            bpmn = any(Path(output).suffix.lower() == ".bpmn" for output in outputs)
            notes = diagram.bpmn_notes() if bpmn else ()
    except PictureError as error:
        terminal.say(f"Cannot draw this: {error}")
        return guard.CANNOT
    boxes = sum(one.kind == "node" for one in diagram.graph.statements)
    if boxes > CROWDED:
        less = "" if collapse or view != "workflow" else "--collapse folds blocks and stretches of steps, "
        terminal.say(f"This picture has {boxes} boxes: {less}--around NAME shows a part of it", quiet=quiet)
    if as_json:
        written = [{"path": output, "bytes": Path(output).stat().st_size} for output in outputs]
        document = {"schema": SCHEMA, "mpmflow": __version__, "view": view, "written": written}
        document |= {"notes": list(notes), "dot": diagram.dot()}
        terminal.show(json.dumps(document, indent=2, ensure_ascii=False))
    elif not outputs:
        terminal.show(diagram.dot())
    else:
        for line in (*(f"Wrote {output}" for output in outputs), *notes):
            terminal.say(line, quiet=quiet)
    return 0
