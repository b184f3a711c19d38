"""`mpmflow draw FILE`: pictures of the workflow, of causes, objectives, hand-offs and metrics."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from .. import __version__
from . import guard, terminal
from .opening import open_model
from .options import question_options

VIEWS = ("workflow", "causes", "objectives", "handoffs", "metrics")
SCHEMA = "mpmflow/drawing/1"


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
    help="Where to write it; the ending says how: .svg .png .pdf .dot. May be given several times. "
    "Without it, DOT goes to standard output.",
)
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    view: str,
    workflow: str | None,
    outputs: Sequence[str],
) -> int:
    """Draw what FILE describes. Needs no other program, except for .pdf."""
    from .. import api
    from ..render.picture import PictureError

    model = open_model(file, root=root, quiet=quiet)
    try:
        with terminal.busy("Drawing", quiet=quiet):
            diagram = api.draw(model, view, workflow=workflow)
            for output in outputs:
                diagram.save(output)
    except PictureError as error:
        terminal.say(f"Cannot draw this: {error}")
        return guard.CANNOT
    if as_json:
        written = [{"path": output, "bytes": Path(output).stat().st_size} for output in outputs]
        document = {"schema": SCHEMA, "mpmflow": __version__, "view": view, "written": written, "dot": diagram.dot()}
        terminal.show(json.dumps(document, indent=2, ensure_ascii=False))
    elif not outputs:
        terminal.show(diagram.dot())
    else:
        for output in outputs:
            terminal.say(f"Wrote {output}", quiet=quiet)
    return 0
