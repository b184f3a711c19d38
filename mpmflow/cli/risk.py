"""`mpmflow risk FILE`: where rework and delay spread, which metric will miss its target, when, why, and what to do."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from . import terminal
from .opening import open_model
from .options import question_options

if TYPE_CHECKING:
    from ..analysis.risk.reference import Reference


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
@click.option(
    "--reference",
    metavar="WHAT",
    default="plan",
    show_default=True,
    help="What extra and worse are measured against: plan (the file as it is written), rework-free (the present "
    "state without its rework), or a period observed, as 2026-01-05..2026-03-01.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draws behind intervals.")
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    log: str | None,
    series: str | None,
    as_of: datetime | None,
    reference: str,
    seed: int,
) -> int:
    """From what was observed: how the indicators stand, where rework and delay spread, which lagging metrics will miss
    their targets, when, why, and what to do first.

    A risk that is found is an answer, not a failure: it ends with 0.
    """
    from .. import api

    against = period(reference)
    model = open_model(file, root=root, quiet=quiet)
    with terminal.busy("Reading the data and weighing the risks", quiet=quiet):
        evaluation = api.evaluate(
            model, log=log, series=series, as_of=as_of.date() if as_of else None, reference=against, seed=seed
        )
    if as_json:
        terminal.show(evaluation.to_json())
    else:
        from ..render import risk_text

        terminal.show(risk_text.evaluation(evaluation))
    return 0


def period(words: str) -> Reference:
    """What a reference says: one of its two words, or two dates with `..` between them.

    >>> period("2026-01-05..2026-03-01")
    (datetime.date(2026, 1, 5), datetime.date(2026, 3, 1))
    """
    if words == "plan":
        return "plan"
    if words == "rework-free":
        return "rework-free"
    first, _, last = words.partition("..")
    try:
        span = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise click.BadParameter(
            f'"{words}" is none of plan, rework-free, and a period such as 2026-01-05..2026-03-01',
            param_hint="--reference",
        ) from None
    if span[0] > span[1]:
        raise click.BadParameter(f"the period {words} ends before it begins", param_hint="--reference")
    return span
