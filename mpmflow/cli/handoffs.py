"""`mpmflow handoffs FILE`: where work passes between teams, how long it waits, and what was promised."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from . import terminal
from .evidence import data_options
from .opening import open_model
from .options import question_options

if TYPE_CHECKING:
    from ..model.model import Model


@click.command(name="handoffs")
@question_options
@data_options
@click.option(
    "--for",
    "reader",
    metavar="WHO",
    help="Only what one partner or team may see, such as partner:agency; to be sent as it is.",
)
@click.option("--steps", is_flag=True, help="Also every hand-off from one step to another.")
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    log: object,
    series: str | None,
    as_of: datetime | None,
    reader: str | None,
    steps: bool,
) -> int:
    """Where work passes from one team or partner of FILE to another: how often, how long it waits, how often it comes
    back, whether promises (handoff A -> B within 2d) are kept; and who causes delay, and who bears it.

    From the event log, beside what the file was designed for; without data only the latter. A promise that is broken is
    an answer, not a failure: it ends with 0.
    """
    from .. import api

    model = open_model(file, root=root, quiet=quiet)
    name = side(reader, model) if reader is not None else None
    with terminal.busy("Looking at the hand-offs", quiet=quiet):
        found = api.handoffs(model, log=log, series=series, as_of=as_of.date() if as_of else None)
    if name is not None:
        view = api.partner_view(found, name)
        if as_json:
            terminal.show(view.to_json())
        else:
            from ..render.partner_page import partner_page

            terminal.show(partner_page(view))
    elif as_json:
        terminal.show(found.to_json())
    else:
        from ..render.handoffs_page import handoffs_page

        terminal.show(handoffs_page(found, steps=steps))
    return 0


def side(words: str, model: Model) -> str:
    """The name of the partner or team that `partner:agency`, `team:legal` or `agency` means.

    Raises BadParameter with the nearest names where there is none of that kind.
    """
    from ..diagnostics.suggest import nearest
    from ..model.imports import with_imports

    kind, colon, name = words.partition(":")
    kind, name = (kind, name) if colon else ("", words)
    if colon and kind not in ("partner", "team"):
        raise click.BadParameter(f'write partner:NAME or team:NAME, not "{words}"', param_hint="--for")
    teams = [team for one in with_imports(model) for team in one.all_teams]
    known = [team.name for team in teams if not kind or team.partner == (kind == "partner")]
    if name in known:
        return name
    what = {"partner": "partner", "team": "team", "": "partner or team"}[kind]
    near = nearest(name, known, most=3) or tuple(known[:8])
    there = f"there is {', '.join(near)}" if near else f"this file has no {what}"
    raise click.BadParameter(f'there is no {what} called "{name}"; {there}', param_hint="--for")
