"""`mpmflow assess FILE`: the plan against a standard, point by point, and against the last assessment."""

from __future__ import annotations

from datetime import datetime

import click

from . import evidence, terminal
from .ledger import opened
from .opening import open_model
from .options import day, question_options


def _figures(context: click.Context, parameter: click.Parameter, lines: tuple[str, ...]) -> dict[str, float]:
    """Each line as a name and a number; a percentage as a fraction."""
    found = {}
    for line in lines:
        name, _, words = line.partition("=")
        number = words.strip()
        try:
            found[name.strip()] = float(number[:-1]) / 100.0 if number.endswith("%") else float(number)
        except ValueError:
            raise click.BadParameter(f'"{line}" is no figure of a measure; write promises_kept=80%') from None
    return found


@click.command(name="assess")
@question_options
@click.option(
    "--standard",
    metavar="FILE",
    default="example",
    show_default=True,
    help="The standard, as TOML; example is the one that comes with mpmflow.",
)
@click.option("--against", metavar="JSON", help="An earlier assessment, as --json printed it: what rose and what fell.")
@click.option("--on", metavar="DATE", callback=day, help="The day of the assessment, for ages (default: today).")
@click.option("--observed", is_flag=True, help="Look at the data of FILE too: levels, learned strengths, forecasts.")
@click.option(
    "--given",
    metavar="MEASURE=FIGURE",
    multiple=True,
    callback=_figures,
    help="A figure that comes from elsewhere, such as promises_kept=80%; repeatable.",
)
@click.option("--ledger", "path", metavar="PATH", help="A ledger: then promises that came due count.")
@click.option("--full", is_flag=True, help="Say of every point below the top what would raise it, not of five.")
@evidence.data_options
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    standard: str,
    against: str | None,
    on: datetime | None,
    observed: bool,
    given: dict[str, float],
    path: str | None,
    full: bool,
    log: object,
    series: str | None,
    as_of: datetime | None,
) -> int:
    """How mature the plan in FILE is, against a standard: each point with its figure, what it rests on in FILE, and
    what would raise it.

    A standard is a TOML file that anybody may write. A low score is an answer, not a failure: it ends with 0.
    """
    from .. import api

    model = open_model(file, root=root, quiet=quiet)
    evaluation = None
    if observed or log is not None or series is not None or as_of is not None:
        evaluation = evidence.evaluate(
            model, log=log, series=series, as_of=as_of, reference="plan", seed=0, quiet=quiet
        )
    review = None
    if path is not None:
        with opened(path) as ledger:
            review = ledger.review(
                model, log=log, series=series, as_of=as_of.date() if as_of is not None else None, again=False
            )
    found = api.assess(
        model,
        standard=standard,
        previous=against,
        evaluation=evaluation,
        on=on.date() if on is not None else None,
        given=given,
        review=review,
    )
    if as_json:
        terminal.show(found.to_json(indent=1))
    else:
        from ..render.assess_page import assess_page

        terminal.show(assess_page(found, full=full))
    return 0
