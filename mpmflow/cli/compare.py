"""`mpmflow compare FILE --from A..B --with C..D`: this campaign against the last, and what changed every figure."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from ..diagnostics.errors import DataError
from . import guard, terminal
from .evidence import log_options
from .opening import open_model
from .options import question_options


def _span(context: click.Context, parameter: click.Parameter, value: str) -> tuple[date, date]:
    """Two days with `..` between them."""
    from ..analysis.periods.spans import span_of

    try:
        return span_of(value)
    except DataError as error:
        raise click.BadParameter(error.message) from None


@click.command(name="compare")
@question_options
@click.option(
    "--from",
    "first",
    metavar="A..B",
    callback=_span,
    required=True,
    help="The period before, such as 2025-07-01..2025-12-31.",
)
@click.option("--with", "second", metavar="C..D", callback=_span, required=True, help="The period to compare it with.")
@click.option("--by", metavar="COLUMN", help="Tell apart what the mix of the values of this column of the log adds.")
@click.option("-o", "--output", metavar="DRAFT", type=click.Path(dir_okay=False), help="Write the drafted initiatives.")
@click.option("--overwrite", is_flag=True, help="With -o: a file that is there already may be replaced.")
@log_options
@click.option("--series", metavar="PATH", help="The series of metrics and indicators, instead of those of FILE.")
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    first: tuple[date, date],
    second: tuple[date, date],
    by: str | None,
    output: str | None,
    overwrite: bool,
    log: object,
    series: str | None,
) -> int:
    """What changed from one period to another, in every figure, and how much of it is due to which cases came (mix),
    how decisions went, how long things took, and how many cases came; with what may be luck.

    It ends in initiatives, drafted in the language, that bring back what got worse.
    """
    from .. import api

    if output is not None and Path(output).exists() and not overwrite:
        terminal.say(f"There is a file {output} already; --overwrite lets it be replaced.")
        return guard.CANNOT
    model = open_model(file, root=root, quiet=quiet)
    with terminal.busy("Reading the data and comparing", quiet=quiet):
        found = api.compare(model, first=first, second=second, log=log, series=series, by=by)
    if output is not None and found.draft.text:
        Path(output).write_text(found.draft.text, encoding="utf-8", newline="\n")
        terminal.say(f"Wrote {output}", quiet=quiet)
    elif output is not None:
        terminal.say(f"There is nothing to draft, so {output} was not written.", quiet=quiet)
    if as_json:
        terminal.show(found.to_json())
    else:
        from ..render.compare_page import compare_page

        terminal.show(compare_page(found))
    return 0
