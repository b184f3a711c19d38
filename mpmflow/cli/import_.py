"""`mpmflow import X.bpmn`: a BPMN 2.0 diagram as a model, with a list of what a model cannot say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import guard, terminal
from .options import json_option, quiet_option

if TYPE_CHECKING:
    from ..exchange.bpmn.read import BpmnImport

SHOWN = 12
"""So many things that were not taken over are named on the terminal; the text itself names more, `--json` all."""


@click.command(name="import")
@click.argument("file", metavar="FILE")
@click.option(
    "--parameters",
    metavar="PATH",
    help="Simulation parameters of Prosimos or Simod (JSON): shares, times, people, hours, arrivals. Those of QBP and "
    "BPSim inside FILE are taken over without it.",
)
@click.option("-o", "--output", metavar="PATH", help="Write the model there; without it, the text is printed.")
@click.option("--overwrite", is_flag=True, help="With -o: a file that is there already may be replaced.")
@json_option
@quiet_option
def command(file: str, parameters: str | None, output: str | None, overwrite: bool, as_json: bool, quiet: bool) -> int:
    """Read FILE, a BPMN 2.0 diagram (.bpmn), as a model: steps, questions, rework, work side by side, teams.

    What a model cannot say is listed with its line, never dropped in silence: on standard error, as comments in the
    text, and whole with --json.
    """
    from .. import api

    target = Path(output) if output not in (None, "-") else None
    if as_json and output == "-":
        raise click.UsageError("--json and -o - both print on standard output; choose one of them, or -o PATH")
    if target is not None and target.exists() and not overwrite:
        terminal.say(f"There is a file {target} already; --overwrite lets it be replaced.")
        return guard.CANNOT
    with terminal.busy("Reading the diagram", quiet=quiet):
        found = api.read_bpmn(file, parameters=parameters)
    if target is not None:
        target.write_text(found.text, encoding="utf-8", newline="\n")
        terminal.say(f"Wrote {target}", quiet=quiet)
    for line in remarks(found, file):
        terminal.say(line, quiet=quiet)
    if as_json:
        terminal.show(found.to_json(indent=2))
    elif target is None:
        terminal.show(found.text)
    return 0


def remarks(found: BpmnImport, file: str) -> list[str]:
    """What to say beside the text: how it was read, and what is not in it."""
    lines = list(found.notes)
    if found.kept:
        count = len(found.kept)
        lines.append(f"Not in the model: {count} element{'' if count == 1 else 's'} of the diagram.")
        lines += [f"  {one}" for one in found.kept[:SHOWN]]
        if count > SHOWN:
            lines.append(f"  and {count - SHOWN} more; mpmflow import {file} --json lists all")
    return lines
