"""`mpmflow risk FILE`: where rework and delay spread, which metric will miss its target, when, why, and what to do."""

from __future__ import annotations

from datetime import datetime

import click

from . import evidence, terminal
from .opening import open_model
from .options import question_options


@click.command(name="risk")
@question_options
@evidence.evidence_options
@click.option(
    "--by", metavar="COLUMN", multiple=True, help="Judge the cases with each value of this column too; repeatable."
)
@click.option(
    "--calibrate",
    is_flag=True,
    help="Correct each chance to miss a target by how such chances did in this history, where that would have helped.",
)
@click.option("--budget", metavar="MONEY", help="Which initiatives of FILE to take for that much, such as '20k eur'.")
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    log: object,
    series: str | None,
    as_of: datetime | None,
    reference: str,
    seed: int,
    by: tuple[str, ...],
    calibrate: bool,
    budget: str | None,
) -> int:
    """From what was observed: how the indicators stand, where rework and delay spread, which lagging metrics will miss
    their targets, when, why, and what to do first.

    A risk that is found is an answer, not a failure: it ends with 0.
    """
    evidence.budget(budget)
    model = open_model(file, root=root, quiet=quiet)
    evaluation = evidence.evaluate(
        model,
        log=log,
        series=series,
        as_of=as_of,
        reference=reference,
        seed=seed,
        budget=budget,
        by=by,
        calibrate=calibrate,
        quiet=quiet,
    )
    if as_json:
        terminal.show(evaluation.to_json())
    else:
        from ..render import risk_text

        terminal.show(risk_text.evaluation(evaluation))
    return 0
