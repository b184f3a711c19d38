"""`mpmflow analyze FILE`: the exact figures of each workflow, and what every lever does to them."""

from __future__ import annotations

import click

from . import terminal
from .opening import open_model
from .options import question_options


@click.command(name="analyze")
@question_options
def command(file: str, root: str | None, as_json: bool, quiet: bool) -> int:
    """The figures of each workflow in FILE as it is designed: visits, time, cost, rework, load of teams, and what every
    lever does to every figure. Reads no data.

    A figure that is not exact says so.
    """
    from .. import api

    model = open_model(file, root=root, quiet=quiet)
    with terminal.busy("Working out the figures", quiet=quiet):
        analysis = api.analyze(model)
    if as_json:
        terminal.show(analysis.to_json())
    else:
        from ..render.analysis_page import analysis_page

        terminal.show(analysis_page(analysis))
    return 0
