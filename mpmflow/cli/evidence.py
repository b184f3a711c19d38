"""What every verb takes that looks at observations: where they are, up to when, and against what."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from ..diagnostics.errors import DataError
from . import terminal
from .options import day, together

if TYPE_CHECKING:
    from ..analysis.risk.evaluation import Evaluation
    from ..analysis.risk.reference import Reference
    from ..model.model import Model


def _ask(context: click.Context, option: click.Parameter, value: str | None) -> None:
    """Keep what is asked of a log until the log is known."""
    context.meta[f"{__name__}.{option.name}"] = value


def source_with_query(context: click.Context, _: click.Parameter, value: str | None) -> object:
    """The log with what is asked of it."""
    query, case = (context.meta.get(f"{__name__}.{name}") for name in ("query", "case_notion"))
    if query is None and case is None:
        return value
    from ..readers.tables import Data

    return Data(value, query, case)


log_options = together(
    click.option(
        "--log",
        metavar="SOURCE",
        callback=source_with_query,
        help="The event log, instead of the one that FILE names under data: a file (CSV, Parquet, XES, OCEL 2.0) or a "
        "database (sqlite:///crm.db, duckdb:///warehouse.duckdb).",
    ),
    click.option(
        "--query",
        metavar="SQL",
        is_eager=True,
        expose_value=False,
        callback=_ask,
        help="The rows of the log, where it is a database: one SELECT.",
    ),
    click.option(
        "--case-notion",
        metavar="NAME",
        is_eager=True,
        expose_value=False,
        callback=_ask,
        help="The column that is the case, or the type of object, where the log is object-centric (OCEL).",
    ),
)
"""Where the events are, for every verb that reads some: the verb is given `log`, with the query in it."""

data_options = together(
    log_options,
    click.option("--series", metavar="PATH", help="The series of metrics and indicators, instead of those of FILE."),
    click.option(
        "--as-of",
        metavar="DATE",
        callback=day,
        help="Judge as on the evening of that day, knowing nothing later (default: the last one observed).",
    ),
)
"""Where the observations are, and up to when."""

evidence_options = together(
    data_options,
    click.option(
        "--reference",
        metavar="WHAT",
        default="plan",
        show_default=True,
        help="What extra and worse are measured against: plan (the file as it is written), rework-free (the present "
        "state without its rework), or a period observed, as 2026-01-05..2026-03-01.",
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="Of the draws behind intervals."),
)


def evaluate(
    model: Model,
    *,
    log: object,
    series: str | None,
    as_of: datetime | None,
    reference: str,
    seed: int,
    quiet: bool,
    budget: str | None = None,
    by: tuple[str, ...] = (),
    calibrate: bool = False,
    scenarios: tuple[str, ...] = (),
) -> Evaluation:
    """The evaluation that these options ask for, with a bar while it is made."""
    from .. import api

    against = period(reference)
    with terminal.busy("Reading the data and weighing the risks", quiet=quiet):
        return api.evaluate(
            model,
            log=log,
            series=series,
            as_of=as_of.date() if as_of else None,
            reference=against,
            seed=seed,
            budget=budget,
            by=by,
            calibrate=calibrate,
            scenarios=scenarios,
        )


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


def budget(words: str | None) -> None:
    """Say at once that a budget is no money, before anything is read."""
    if words is None:
        return
    from ..analysis.risk.choice import budget_of

    try:
        budget_of(words)
    except DataError as error:
        raise click.BadParameter(str(error), param_hint="--budget") from None
