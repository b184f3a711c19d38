"""`mpmflow export FILE`: the workflow for a model checker, the model as BPMN or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from .. import __version__
from . import guard, terminal
from .opening import open_model
from .options import question_options
from .replacing import diagram_in_the_way, overwrite_option

SCHEMA = "mpmflow/export/1"


@click.command(name="export")
@question_options
@click.option("--workflow", metavar="NAME", help="Which workflow, if FILE has several (default: the first).")
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="PATH",
    multiple=True,
    help="Where to write it; the ending says how: .bpmn (a BPMN 2.0 diagram of all workflows), .prism (a PRISM model, "
    "with its properties beside it in .props), .props (the properties alone), .json (the whole model). May be given "
    "several times. Without it, the PRISM model goes to standard output.",
)
@overwrite_option
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    workflow: str | None,
    outputs: Sequence[str],
    overwrite: bool,
) -> int:
    """Write FILE for other programs.

    A BPMN diagram opens in modelling tools such as Camunda Modeler, Signavio or bpmn.io, and "mpmflow import" reads it
    back, with what was edited there.

    A PRISM model with its properties lets anyone check a figure of "mpmflow analyze" again with a model checker such
    as Storm or PRISM. The JSON document holds the whole model; "mpmflow schema model" says what is in it.
    """
    from .. import api
    from ..exchange.export import ExportError

    if in_the_way := diagram_in_the_way(outputs, overwrite):
        terminal.say(in_the_way)
        return guard.CANNOT
    model = open_model(file, root=root, quiet=quiet)
    written: list[Path] = []
    try:
        with terminal.busy("Exporting", quiet=quiet):
            exported = api.export(model, workflow=workflow)
            for output in outputs:
                written += exported.save(output)
            text = "" if outputs else exported.prism
            notes = exported.diagram.notes if any(path.suffix.lower() == ".bpmn" for path in written) else ()
    except ExportError as error:
        terminal.say(f"Cannot export this: {error}")
        return guard.CANNOT
    if as_json:
        files = [{"path": str(path), "bytes": path.stat().st_size} for path in written]
        document = {
            "schema": SCHEMA,
            "mpmflow": __version__,
            "workflow": exported.workflow or None,
            "written": files,
            "notes": list(notes),
            "prism": text or None,
        }
        terminal.show(json.dumps(document, indent=2, ensure_ascii=False))
    elif outputs:
        for line in (*(f"Wrote {path}" for path in written), *notes):
            terminal.say(line, quiet=quiet)
    else:
        terminal.show(text)
        terminal.say("The properties that ask for its figures come with -o FILE.prism.", quiet=quiet)
    return 0
