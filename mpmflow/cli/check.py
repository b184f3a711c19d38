"""`mpmflow check FILE…`: every mistake of a file, in one pass."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

from .. import __version__
from ..diagnostics.diagnostic import Diagnostic
from ..diagnostics.errors import UnreadableError
from . import terminal
from .options import files_argument, json_option, quiet_option, root_option

FORMATS = ("text", "json", "sarif", "github")


@click.command(name="check")
@files_argument
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How findings are written.")
@json_option
@root_option
@quiet_option
def command(files: Sequence[str], form: str, as_json: bool, root: str | None, quiet: bool) -> int:
    """Find every mistake in FILE… and in what they import: what has no meaning, and what will not do what it seems to.

    "-" reads standard input. No data is read. Ends with 0 if there is nothing to say, 1 with findings, 2 if a file
    cannot be read.
    """
    from .. import api

    found: list[Diagnostic] = []
    seen: set[Diagnostic] = set()
    allowed = 0
    unreadable = False
    for file in files:
        try:
            compiled = api.read(file, root=root)
        except UnreadableError as error:
            unreadable = True
            diagnostics: Iterable[Diagnostic] = error.diagnostics
        else:
            diagnostics = compiled.diagnostics
            allowed += compiled.allowed
        # Two files may import the same third one: its findings are told once.
        found.extend(finding for finding in diagnostics if finding not in seen)
        seen.update(diagnostics)

    terminal.show(written(found, "json" if as_json else form, allowed))
    if form == "text" and not as_json:
        from ..diagnostics.text import summary

        terminal.say(summary(found, allowed), quiet=quiet)
    if unreadable:
        return 2
    return 1 if found else 0


def written(found: Sequence[Diagnostic], form: str, allowed: int) -> str:
    """The findings in one of the forms; each form lives in a file of its own."""
    if form == "json":
        from ..diagnostics.json import render_json

        return render_json(found, version=__version__, allowed=allowed)
    if form == "sarif":
        from ..diagnostics.sarif import render_sarif

        return render_sarif(found, version=__version__)
    if form == "github":
        from ..diagnostics.github import render_github

        return render_github(found)
    from ..diagnostics.text import render_text

    return render_text(found, colour=terminal.watched(sys.stdout))
