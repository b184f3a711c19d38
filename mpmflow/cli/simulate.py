"""`mpmflow simulate FILE`: the figures of each workflow by simulation, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import click

from . import guard, terminal
from .opening import open_model
from .options import question_options


def _warmup(context: click.Context, option: click.Parameter, value: str) -> int | None:
    """A number of cases, or None for the word auto."""
    if value == "auto":
        return None
    if value.isdigit():
        return int(value)
    raise click.BadParameter(f'{value!r} is neither "auto" nor a number of cases such as 500')


@click.command(name="simulate")
@question_options
@click.option(
    "--cases",
    type=click.IntRange(1, 1_000_000_000),
    default=100_000,
    show_default=True,
    help="Cases to count, in all replications together.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed, the same answer.")
@click.option(
    "--warmup",
    metavar="CASES",
    callback=_warmup,
    default="auto",
    show_default=True,
    help="Cases to leave out at the start of each replication; auto finds a number from the data.",
)
@click.option(
    "--replications", type=click.IntRange(1, 400), help="Independent runs to spread the cases over (default: 20)."
)
@click.option(
    "--within",
    metavar="SHARE",
    help="Go on until half the interval of --figure is this share of it, such as 2%.",
)
@click.option(
    "--figure",
    metavar="NAME",
    help="Which figure that is (default: time.mean): time.p90, cost.mean, teams.legal.wait, …, or a metric of FILE.",
)
@click.option("--workflow", metavar="NAME", help="Whose figure that is (default: the first to which cases come).")
@click.option(
    "--scenario", "scenarios", metavar="NAME", multiple=True, help="Also this scenario of FILE, under the same luck."
)
@click.option("--workers", type=click.IntRange(1, 1024), help="Threads (default: one for each processor).")
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    cases: int,
    seed: int,
    warmup: int | None,
    replications: int | None,
    within: str | None,
    figure: str | None,
    workflow: str | None,
    scenarios: Sequence[str],
    workers: int | None,
) -> int:
    """The figures of each workflow in FILE by simulation, each with its 95 % interval: what analyze says, and what no
    formula follows, such as working hours, batches and priorities. Reads no data.

    Ctrl-C ends it early and shows what the replications that had finished say.
    """
    from .. import api

    if within is None and (figure or workflow):
        raise click.UsageError("--figure and --workflow say what --within is about: give it too, such as --within 2%")
    model = open_model(file, root=root, quiet=quiet)
    from ..analysis.scenarios.whatif import LeverError
    from ..analysis.simulation.simulate import EffortError
    from ..numerics.events.runs import compiles_first

    if compiles_first():
        message = "The simulation is compiled for this machine, once: that takes about a quarter of a minute."
        terminal.say(message, quiet=quiet)
    try:
        with terminal.progress("Simulating", quiet=quiet) as told:
            found = api.simulate(
                model,
                cases,
                seed,
                warmup="auto" if warmup is None else warmup,
                replications=replications,
                within=within,
                figure=figure or "time.mean",
                workflow=workflow,
                scenarios=tuple(dict.fromkeys(scenarios)),
                workers=workers,
                progress=told,
            )
    except LeverError as error:
        terminal.say(f"There is no such scenario: {error}")
        return guard.CANNOT
    except EffortError as error:
        raise click.UsageError(f"--{error}") from None
    if as_json:
        terminal.show(found.to_json())
    else:
        from ..render.simulation_page import simulation_page

        terminal.show(simulation_page(found))
    if not found.interrupted:
        return 0
    terminal.say(f"Stopped: the figures stand on {found.run.replications} replications, {found.cases:,} cases.")
    return guard.INTERRUPTED
