"""`mpmflow risk FILE`: where rework and delay spread, which metric will miss its target, and what to do."""

from __future__ import annotations

from datetime import datetime

import click

from . import terminal
from .opening import open_model
from .options import question_options


@click.command(name="risk")
@question_options
@click.option("--log", metavar="PATH", help="The event log, instead of the one that FILE names under data.")
@click.option("--series", metavar="PATH", help="The series of metrics and indicators, instead of those of FILE.")
@click.option(
    "--as-of",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Judge as on the evening of that day, knowing nothing later (default: the last one observed).",
)
def command(
    file: str, root: str | None, as_json: bool, quiet: bool, log: str | None, series: str | None, as_of: datetime | None
) -> int:
    """From what was observed, how the indicators stand, where rework and delay spread, which lagging metrics will miss
    their targets, when, why, and what to do first.

    A risk that is found is an answer, not a failure: it ends with 0.
    """
    from .. import api

    model = open_model(file, root=root, quiet=quiet)
    with terminal.busy("Reading the data and weighing the risks", quiet=quiet):
        evaluation = api.evaluate(model, log=log, series=series, as_of=as_of.date() if as_of else None)
    if as_json:
        terminal.show(evaluation.to_json())
    else:
        from ..render import text

        terminal.show(text.evaluation(evaluation))
    return 0
