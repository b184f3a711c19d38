"""`mpmflow backtest FILE`: what would have been said on the evenings of the past, and who was right."""

from __future__ import annotations

from datetime import datetime

import click

from . import terminal
from .evidence import data_options
from .opening import open_model
from .options import day, question_options


@click.command(name="backtest")
@question_options
@data_options
@click.option(
    "--from",
    "since",
    metavar="DATE",
    callback=day,
    help="The first evening on which something is said (default: after 13 periods).",
)
@click.option("--every", metavar="SPAN", help="Time from one forecast to the next, such as 2w (default: one period).")
@click.option(
    "--horizon",
    metavar="SPAN",
    help="How far forecasts look ahead, and how early an alarm may come, such as 4w (default: four periods).",
)
@click.option(
    "--period", metavar="SPAN", help="How long a period is, such as 1d or 1mo (default: as the series, else 1w)."
)
@click.option(
    "--folds",
    metavar="N",
    type=click.IntRange(12),
    help="Forecasts at most, spread evenly over the history (at least 12; default: 60).",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draws behind forecasts.")
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    log: object,
    series: str | None,
    as_of: datetime | None,
    since: datetime | None,
    every: str | None,
    horizon: str | None,
    period: str | None,
    folds: int | None,
    seed: int,
) -> int:
    """Replay the history of FILE: on each evening of the past only what was known then is looked at, and what risk
    would have said is held against what came.

    Forecasts are scored beside what anybody could have said (as it was last, as a year ago, as it usually is); alarms
    count as hits, missed and false, with the time and the money that they won; and for each warning the level is told
    that would have cost least.
    """
    from .. import api

    model = open_model(file, root=root, quiet=quiet)
    with terminal.progress("Replaying the history", quiet=quiet) as tell:
        found = api.backtest(
            model,
            log=log,
            series=series,
            as_of=as_of.date() if as_of else None,
            since=since.date() if since else None,
            every=every,
            horizon=horizon,
            period=period,
            folds=folds,
            seed=seed,
            progress=tell,
        )
    if as_json:
        terminal.show(found.to_json())
    else:
        from ..render.backtest_page import backtest_page

        terminal.show(backtest_page(found))
    return 0
