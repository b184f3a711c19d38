"""`mpmflow sight FILE`: which goals everything that is done reaches, by how much, how soon, and on what evidence."""

from __future__ import annotations

from datetime import datetime

import click

from . import evidence, terminal
from .opening import open_model
from .options import question_options


@click.command(name="sight")
@question_options
@click.option(
    "--observed",
    is_flag=True,
    help="Take the levels of metrics and the strengths of learned causes from the data of FILE.",
)
@evidence.data_options
def command(
    file: str,
    root: str | None,
    as_json: bool,
    quiet: bool,
    observed: bool,
    log: object,
    series: str | None,
    as_of: datetime | None,
) -> int:
    """For each goal of FILE what can move it, by how much and how soon; whether each goal moves the one above; where
    goals of one level pull apart; what is efficient but not effective, and what reaches no goal at all.

    The file alone is enough. What only data know, such as the strength of a cause that is learned, is then left open;
    --observed, --log, --series or --as-of fill it in.
    """
    from .. import api

    model = open_model(file, root=root, quiet=quiet)
    evaluation = None
    if observed or log is not None or series is not None or as_of is not None:
        evaluation = evidence.evaluate(
            model, log=log, series=series, as_of=as_of, reference="plan", seed=0, quiet=quiet
        )
    found = api.line_of_sight(model, evaluation)
    if as_json:
        terminal.show(found.to_json())
    else:
        from ..render.sight_page import sight_page

        terminal.show(sight_page(found))
    return 0
