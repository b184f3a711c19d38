"""`mpmflow observe FILE`: the indicators over time as the data have them, and what of the data the file explains."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from . import terminal
from .evidence import log_options
from .opening import open_model
from .options import day, question_options

if TYPE_CHECKING:
    from ..analysis.observed.indicators import Observed


@click.command(name="observe")
@question_options
@log_options
@click.option("--series", metavar="PATH", help="The series of metrics and indicators, instead of those of FILE.")
@click.option(
    "--as-of",
    metavar="DATE",
    callback=day,
    help="What was known on the evening of that day (default: the last one observed).",
)
@click.option(
    "--by", metavar="COLUMN", multiple=True, help="Also for each value of this column of the log; repeatable."
)
@click.option(
    "--period", metavar="SPAN", help="How long a period is, such as 1d or 1mo (default: as the series, else 1w)."
)
@click.option("--last", metavar="N", type=click.IntRange(1), default=6, show_default=True, help="Periods on the page.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a row for each indicator, period and segment, as CSV.")
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    log: object,
    series: str | None,
    as_of: datetime | None,
    by: Sequence[str],
    period: str | None,
    last: int,
    as_csv: bool,
) -> int:
    """The indicators of FILE over time, as the log and the series have them: shares of outcomes, rounds, waits and
    times, arrivals, open cases, loads; for all cases, and for each value of a column.

    It also says which events nobody claims, and which ways cases took that the workflow does not have. Nothing is
    estimated or judged; that is what risk does.
    """
    from .. import api

    if as_json and as_csv:
        raise click.UsageError("--json and --csv are two forms of the same answer: ask for one of them")
    model = open_model(file, root=root, quiet=quiet)
    with terminal.busy("Counting what happened", quiet=quiet):
        found = api.observe(
            model, log=log, series=series, as_of=as_of.date() if as_of else None, by=tuple(by), period=period
        )
    if as_json:
        terminal.show(found.to_json())
    elif as_csv:
        terminal.show(table_of(found))
    else:
        from ..render.observed_page import observed_page

        terminal.show(observed_page(found, last=last))
    return 0


def table_of(found: Observed) -> str:
    """All figures as CSV text, an empty cell for what is not known."""
    rows = found.rows()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows)
    for row in zip(*rows.values(), strict=True):
        writer.writerow([cell.isoformat() if isinstance(cell, datetime) else cell for cell in row])
    return out.getvalue()
