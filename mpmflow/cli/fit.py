"""`mpmflow fit FILE --log L`: the numbers of a model as its log has them, beside the declared ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from . import discovering, guard, terminal
from .evidence import log_options
from .opening import open_model
from .options import day, json_option, quiet_option, root_option, together


def _memory(context: click.Context, option: click.Parameter, value: str) -> float | None:
    """A number of weeks, or None for the word all."""
    if value == "all":
        return None
    try:
        weeks = float(value)
    except ValueError:
        weeks = 0.0
    if not 0.0 < weeks < float("inf"):
        raise click.BadParameter(f'{value!r} is neither "all" nor a number of weeks such as 8')
    return weeks


fitting_options = together(
    log_options,
    click.option(
        "-o",
        "--output",
        metavar="PATH",
        help='Write FILE with the fitted numbers, their intervals in comments; "-" prints it.',
    ),
    click.option("--overwrite", is_flag=True, help="With -o: a file that is there already may be replaced."),
    click.option(
        "--memory",
        metavar="WEEKS",
        default="8",
        show_default=True,
        callback=_memory,
        help="What is so old counts half of what is new; all: the whole log counts alike.",
    ),
    click.option("--from", "since", metavar="DATE", callback=day, help="Only what began on that day or later counts."),
    click.option(
        "--to", "until", metavar="DATE", callback=day, help="Know nothing later than the evening of that day."
    ),
    click.option(
        "--empirical",
        is_flag=True,
        help="With -o PATH: times that no law describes well are kept as observed, in a CSV file beside it.",
    ),
)


@click.command(name="fit")
@click.argument("file", metavar="FILE", required=False)
@root_option
@fitting_options
@discovering.discovering_options
@json_option
@quiet_option
def command(
    file: str | None,
    root: str | None,
    log: Any,
    output: str | None,
    overwrite: bool,
    memory: float | None,
    since: datetime | None,
    until: datetime | None,
    empirical: bool,
    discover: Any,
    columns: Sequence[str],
    share: str,
    causes: bool,
    propose_causes: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Shares, times, arrivals, people and hours as the log of FILE has them, with 90 % intervals, beside the declared
    numbers: which of them does the log contradict?

    Cases that are still open count as open. With -o the fitted numbers are written into a copy of FILE, everything else
    in it unchanged. Numbers that the log contradicts are an answer, not a failure: it ends with 0.

    Without FILE, --discover LOG drafts a workflow from a log alone. --causes and --propose-causes ask the history which
    indicators and metrics foretell which metrics.
    """
    if discover is not None:
        if file is not None or log is not None:
            raise click.UsageError("--discover takes the log and nothing else: mpmflow fit --discover LOG -o draft.mpm")
        return discovering.drafted(discover, output, overwrite, columns, share, as_json, quiet)
    if columns:
        raise click.UsageError(
            "--column belongs to --discover; the columns of a log are said in the data block of FILE"
        )
    if file is not None and (causes or propose_causes):
        if output is not None:
            raise click.UsageError("-o writes what was fitted: leave --causes or --propose-causes away, or -o")
        return discovering.learned(file, root, log, propose_causes, as_json, quiet)
    if file is None:
        raise click.UsageError(
            "Name the file whose numbers are to be fitted: mpmflow fit FILE --log PATH; or draft one from a log alone: "
            "mpmflow fit --discover LOG"
        )
    return fitted(file, root, log, output, overwrite, memory, since, until, empirical, as_json, quiet)


def fitted(
    file: str,
    root: str | None,
    log: Any,
    output: str | None,
    overwrite: bool,
    memory: float | None,
    since: datetime | None,
    until: datetime | None,
    empirical: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Fit a file to its log; returns the exit code."""
    from .. import api

    if empirical and output in (None, "-"):
        raise click.UsageError("--empirical writes a file of times beside the text: say where with -o PATH")
    if as_json and output == "-":
        raise click.UsageError("--json and -o - both print on standard output; choose one of them, or -o PATH")
    if since and until and since > until:
        raise click.BadParameter(f"{since.date()} lies after --to {until.date()}", param_hint="--from")
    target = Path(output) if output not in (None, "-") else None
    times = f"{target.stem}-times.csv" if empirical and target is not None else None
    if target is not None and not overwrite:
        for path in (target, *([target.parent / times] if times else [])):
            if path.exists():
                terminal.say(f"There is a file {path} already; --overwrite lets it be replaced.")
                return guard.CANNOT
    model = open_model(file, root=root, quiet=quiet)
    with terminal.busy("Reading the log and fitting the model", quiet=quiet):
        found = api.fit(
            model,
            log,
            memory=memory,
            since=since.date() if since else None,
            until=until.date() if until else None,
            empirical=times,
        )
    if target is not None:
        for path in found.save(target, overwrite=True):
            terminal.say(f"Wrote {path}", quiet=quiet)
    if output == "-":
        terminal.show(found.text)
    elif as_json:
        terminal.show(found.to_json())
    else:
        from ..render.fit_page import fit_page

        terminal.show(fit_page(found))
    return 0
