"""`mpmflow explain FILE NAME`: why something stands where it does, back to the line in the file."""

from __future__ import annotations

from datetime import datetime

import click

from . import evidence, guard, terminal
from .opening import open_model
from .options import file_argument, json_option, quiet_option, root_option


@click.command(name="explain")
@file_argument
@click.argument("name", metavar="NAME")
@root_option
@json_option
@quiet_option
@evidence.evidence_options
def command(
    file: str,
    name: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    log: object,
    series: str | None,
    as_of: datetime | None,
    reference: str,
    seed: int,
) -> int:
    """Why NAME stands where it does: the rules of an indicator with the values that made them so, the parts of a metric
    by cause, what makes a step, decision or team slower, the metrics of an objective, what would mend a commitment;
    each with its line in FILE.

    NAME is as in FILE, with a dot for what belongs to it: brief_complete.no, legal_ok.wait, cycle_time.
    """
    model = open_model(file, root=root, quiet=quiet)
    evaluation = evidence.evaluate(
        model, log=log, series=series, as_of=as_of, reference=reference, seed=seed, quiet=quiet
    )
    try:
        found = evaluation.explain(name)
    except KeyError as error:
        terminal.say(f"There is nothing to explain: {error.args[0]}.")
        return guard.CANNOT
    if as_json:
        terminal.show(found.to_json())
    else:
        from ..render.explain_page import explanation_page

        terminal.show(explanation_page(found))
    return 0
