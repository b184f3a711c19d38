"""The two ways of `mpmflow fit` that need no declared number: a workflow drafted from a log, and what the history says
of causes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from . import evidence, guard, terminal
from .opening import open_model
from .options import together

discovering_options = together(
    click.option(
        "--discover",
        metavar="LOG",
        callback=evidence.source_with_query,
        help="Draft a workflow from a log alone, without FILE; -o writes it, else it is printed.",
    ),
    click.option(
        "--column",
        "columns",
        metavar="ROLE=NAME",
        multiple=True,
        help="With --discover: the column that is the case, activity, time, start, resource or lifecycle.",
    ),
    click.option(
        "--share",
        metavar="SHARE",
        default="80%",
        show_default=True,
        help="With --discover: of the cases that the draft should explain at least.",
    ),
    click.option("--causes", is_flag=True, help="What the history says of the causes that FILE calls learned."),
    click.option(
        "--propose-causes", is_flag=True, help="Links that FILE does not declare and the history shows, to paste."
    ),
)


def drafted(
    log: Any,
    output: str | None,
    overwrite: bool,
    columns: Sequence[str],
    share: str,
    as_json: bool,
    quiet: bool,
) -> int:
    """Draft a workflow from a log; returns the exit code."""
    from .. import api

    if as_json and output == "-":
        raise click.UsageError("--json and -o - both print on standard output; choose one of them, or -o PATH")
    named = dict(map(_column, columns))
    least = _share(share)
    target = Path(output) if output not in (None, "-") else None
    if target is not None and target.exists() and not overwrite:
        terminal.say(f"There is a file {target} already; --overwrite lets it be replaced.")
        return guard.CANNOT
    home = target.parent if target is not None else Path()
    with terminal.busy("Reading the log and drafting a workflow", quiet=quiet):
        found = api.discover(log, columns=named, share=least, home=home)
    if target is not None:
        target.write_text(found.text, encoding="utf-8", newline="\n")
        terminal.say(f"Wrote {target}", quiet=quiet)
    done = f"The draft does exactly what {found.replayed:.1%} of {found.cases:,} cases did"
    terminal.say(f"{done}; see mpmflow draw {target} -o draft.svg" if target else f"{done}.", quiet=quiet)
    if as_json:
        terminal.show(found.to_json())
    elif target is None:
        terminal.show(found.text)
    return 0


def learned(file: str, root: str | None, log: Any, propose: bool, as_json: bool, quiet: bool) -> int:
    """What the history says of causes, declared or not; returns the exit code."""
    from .. import api

    model = open_model(file, root=root, quiet=quiet)
    with terminal.busy("Looking through the history", quiet=quiet):
        try:
            found = api.learn_causes(model, log=log, propose=propose)
        except ValueError as error:
            terminal.say(f"The causes cannot be looked for: {error}.")
            return guard.CANNOT
    if as_json:
        terminal.show(found.to_json())
    else:
        from ..render.causes_page import causes_page

        terminal.show(causes_page(found))
    return 0


def _column(text: str) -> tuple[str, str]:
    from ..model.observations import ROLES

    role, sign, name = text.partition("=")
    if not sign or not name or role.strip() not in ROLES:
        raise click.BadParameter(
            f'"{text}" is not like case=case_id: a role ({", ".join(ROLES)}), =, and a column', param_hint="--column"
        )
    return role.strip(), name


def _share(text: str) -> float:
    """A share as a percentage or a fraction.

    >>> _share("80%"), _share("0.9")
    (0.8, 0.9)
    """
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = 0.0
    if not 0.0 < value <= 1.0:
        raise click.BadParameter(f'"{text}" is no share between 0 and 1, such as 80%', param_hint="--share")
    return value
