"""`mpmflow leads FILE`: which indicators led which metrics in the history, by how long, how well."""

from __future__ import annotations

from datetime import datetime

import click

from . import guard, terminal
from .evidence import data_options
from .opening import open_model
from .options import question_options


@click.command(name="leads")
@question_options
@data_options
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    log: object,
    series: str | None,
    as_of: datetime | None,
) -> int:
    """Which indicators of FILE led which metrics in the history: by how long, how well, and whether the model gives the
    same lag.

    Each pair is tested on stretches of the history that it was not fitted to, and all together are corrected for being
    many. A lead foretells; whether it brings about is not for data alone to say.
    """
    from .. import api

    model = open_model(file, root=root, quiet=quiet)
    with terminal.busy("Looking through the history", quiet=quiet):
        try:
            found = api.leads(model, log=log, series=series, as_of=as_of.date() if as_of else None)
        except ValueError as error:
            terminal.say(f"The leads cannot be looked for: {error}.")
            return guard.CANNOT
    if as_json:
        terminal.show(found.to_json())
    else:
        from ..render.leads_page import leads_page

        terminal.show(leads_page(found))
    return 0
