"""`mpmflow analyze FILE`: the figures of each workflow as designed, and what every lever does to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from . import guard, terminal
from .opening import open_model
from .options import question_options

if TYPE_CHECKING:
    from ..analysis.exact.analyze import Waits
    from ..model.model import Model


@click.command(name="analyze")
@question_options
@click.argument("more", metavar="[LEVER…]", nargs=-1)
@click.option(
    "--formula",
    "levers",
    metavar="LEVER…",
    multiple=True,
    help="A figure as a formula in the shares of up to four outcomes instead, such as brief_complete.no; of more, the "
    "slope of each alone.",
)
@click.option("--figure", metavar="NAME", help="Of which figure (default: time.mean); also visits.NODE, ends.END.")
@click.option(
    "--target", metavar="VALUE", help="With --formula: at which shares the figure is this, such as 5d or 90%."
)
@click.option(
    "--waits",
    type=click.Choice(["work", "qna", "jackson", "mgm", "none"]),
    default="work",
    show_default=True,
    help="How waits for people are worked out: the closest formula, one of three older ones to compare it with, or "
    "none: times as if everybody were free.",
)
@click.option("--workflow", metavar="NAME", help="With --formula: of which workflow (default: the first).")
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    more: Sequence[str],
    levers: Sequence[str],
    figure: str | None,
    target: str | None,
    waits: Waits,
    workflow: str | None,
) -> int:
    """The figures of each workflow in FILE as it is designed: visits, time, cost, rework, load of teams, waits in front
    of them, and what every lever does to every figure. Reads no data.

    A figure that is not exact says so.
    """
    from .. import api

    chosen = [name for text in (*levers, *(more if levers else ())) for name in text.split(",") if name]
    if not chosen and (more or figure or target or workflow):
        given = f"{more[0]!r}" if more else "--figure, --target or --workflow"
        raise click.UsageError(f"{given} needs --formula with the outcomes to be chosen, such as brief_complete.no")
    model = open_model(file, root=root, quiet=quiet)
    if chosen:
        return _formula(model, chosen, figure or "time.mean", target, workflow, as_json=as_json, quiet=quiet)
    with terminal.busy("Working out the figures", quiet=quiet):
        analysis = api.analyze(model, waits=waits)
    if not analysis.workflows:
        terminal.say(f"There is nothing to analyze: {file} has no workflow; write one, as in workflow webinar {{ … }}")
        return guard.CANNOT
    if as_json:
        terminal.show(analysis.to_json())
    else:
        from ..render.analysis_page import analysis_page

        terminal.show(analysis_page(analysis))
    return 0


def _formula(
    model: Model,
    chosen: Sequence[str],
    figure: str,
    target: str | None,
    workflow: str | None,
    *,
    as_json: bool,
    quiet: bool,
) -> int:
    from .. import api
    from ..analysis.scenarios.whatif import LeverError

    try:
        with terminal.busy("Working out the formula", quiet=quiet):
            found = api.formula(model, chosen, figure, target=target, workflow=workflow)
    except (LeverError, KeyError) as error:
        terminal.say(f"There is no such formula: {error.args[0]}")
        return guard.CANNOT
    if as_json:
        terminal.show(found.to_json())
    else:
        from ..render.formula_page import formula_page

        terminal.show(formula_page(found))
    return 0
