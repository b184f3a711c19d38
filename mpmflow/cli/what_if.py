"""`mpmflow what-if FILE SCENARIO…`: scenarios side by side with today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from ..diagnostics.errors import MpmError
from . import evidence, terminal
from .opening import open_model
from .options import question_options

if TYPE_CHECKING:
    from ..model.scenes import Scenario


@click.command(name="what-if")
@question_options
@click.argument("scenarios", metavar="[SCENARIO…]", nargs=-1)
@click.option(
    "--forecast",
    is_flag=True,
    help="Also what each would do to the forecasts of metrics if it were made today, by the data of FILE.",
)
@click.option(
    "--budget",
    metavar="MONEY",
    help='Spread that much over channels, initiatives and people, such as "200k eur"; needs --improve or --reach.',
)
@click.option("--improve", metavar="METRIC", help="The metric that --budget is for.")
@click.option("--reach", metavar="METRIC", help="The metric whose target --budget is to make as likely as can be.")
@click.option(
    "--limit",
    "limits",
    metavar="CHANNEL=MONEY..MONEY",
    multiple=True,
    help="Least and most for a channel in each period, such as search=0 eur..5k eur.",
)
@evidence.data_options
@click.option(
    "--set",
    "settings",
    metavar="LEVER=VALUE",
    multiple=True,
    help="A change that FILE has no scenario for, such as legal.people=2; several together make one scenario.",
)
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    scenarios: Sequence[str],
    settings: Sequence[str],
    forecast: bool,
    budget: str | None,
    improve: str | None,
    reach: str | None,
    limits: Sequence[str],
    log: str | None,
    series: str | None,
    as_of: datetime | None,
) -> int:
    """What would change: scenarios of FILE beside today, in times, waits, loads, costs and planned metrics. Without a
    name and without --set all scenarios of FILE. Reads data only for forecasts (--forecast, --log, --series, --as-of).

    A team that a scenario overloads or relieves is named. With --budget the question is the other way round: which
    spending on channels, initiatives and people does most for one metric, by the data of FILE.
    """
    from .. import api

    for setting in settings:
        if not all(part.strip() for part in setting.partition("=")):
            raise click.UsageError(f"--set takes a lever and its value, such as legal.people=2, not {setting!r}")
    asked = [_settings(settings)] if settings else []
    if (improve or reach or limits) and budget is None:
        raise click.UsageError("--improve, --reach and --limit say what --budget is for; give it too")
    if budget is not None:
        if (improve is None) == (reach is None):
            raise click.UsageError("--budget is for one metric: name it with --improve, or with --reach for its target")
        if scenarios or settings or forecast:
            raise click.UsageError("--budget looks for the best spending by itself; ask about scenarios without it")
        bounds = _limits(limits)
        model = open_model(file, root=root, quiet=quiet)
        with terminal.busy("Weighing the ways to spend", quiet=quiet):
            spent = api.allocate(
                model,
                budget,
                improve or reach or "",
                aim="improve" if improve else "reach",
                limits=bounds,
                log=log,
                series=series,
                as_of=as_of.date() if as_of else None,
            )
        if as_json:
            terminal.show(spent.to_json())
        else:
            from ..render.allocation_page import allocation_page

            terminal.show(allocation_page(spent))
        return 0
    model = open_model(file, root=root, quiet=quiet)
    if not scenarios and not asked and not model.scenarios:
        raise click.UsageError(
            f"{file} has no scenario: write one, such as scenario more_people {{ TEAM.people = 2 }}, or name a change "
            "with --set"
        )
    with terminal.busy("Working out the scenarios", quiet=quiet):
        found = api.what_if(
            model,
            *dict.fromkeys(scenarios),
            *asked,
            forecast=forecast,
            log=log,
            series=series,
            as_of=as_of.date() if as_of else None,
        )
    if as_json:
        terminal.show(found.to_json())
    else:
        from ..render.what_if_page import what_if_page

        terminal.show(what_if_page(found))
    return 0


def _limits(limits: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The limits by channel."""
    found = {}
    for limit in limits:
        name, _, span = limit.partition("=")
        low, dots, high = span.partition("..")
        if not (name.strip() and dots and low.strip() and high.strip()):
            raise click.UsageError(
                f"--limit takes a channel with two amounts, such as search=0 eur..5k eur, not {limit!r}"
            )
        found[name.strip()] = (low.strip(), high.strip())
    return found


def _settings(settings: Sequence[str]) -> Scenario:
    """The settings together as a scenario; each must be one that the language can write."""
    from .. import api

    for setting in settings:
        try:
            api.parse_settings([setting])
        except MpmError:
            lever, _, value = setting.partition("=")
            raise click.UsageError(
                f"--set {lever.strip()}: {value.strip()!r} is no value; write a number of people such as 2, a share "
                "such as 10%, a time such as 4h or lognormal(mean 3d, sd 2d), money such as 100 eur/h, arrivals such "
                "as 3 per week, or hours such as mon-fri 09:00-17:00"
            ) from None
    return api.parse_settings(settings)
