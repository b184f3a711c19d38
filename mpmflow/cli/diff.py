"""`mpmflow diff OLD NEW`: two versions of a model; what changed in them and in every figure."""

from __future__ import annotations

from collections.abc import Sequence

import click

from . import guard, terminal
from .draw import THEMES, VIEWS
from .opening import open_model
from .options import quiet_option, root_option


@click.command(name="diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@root_option
@click.option("--json", "as_json", is_flag=True, help="Print the documented JSON and nothing else.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "md", "json"]),
    default="text",
    show_default=True,
    help="md is Markdown, for a merge request or a wiki.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 if the two do not mean the same (layout does not count).")
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="PATH",
    multiple=True,
    help="Draw both in one picture instead; the ending says how: .svg .png .pdf .dot .mmd .html. Several times if "
    "wanted.",
)
@click.option("--view", type=click.Choice(VIEWS), default="workflow", show_default=True, help="With -o: what to draw.")
@click.option("--workflow", metavar="NAME", help="With -o: which workflow, if there are several (default: the first).")
@click.option("--theme", type=click.Choice(THEMES), default="light", show_default=True, help="With -o: its colours.")
@quiet_option
def command(
    old: str,
    new: str,
    root: str | None,
    as_json: bool,
    form: str,
    exit_code: bool,
    outputs: Sequence[str],
    view: str,
    workflow: str | None,
    theme: str,
    quiet: bool,
) -> int:
    """What changed from the file OLD to the file NEW: statements that came, went, moved or were renamed, each clause
    with its lines; every figure before and after, and which change brings how much of it; and which forecasts made
    before can still be held against what comes. Reads no data.

    One of the two may be - for standard input: git show HEAD~1:webinar.mpm | mpmflow diff - webinar.mpm
    """
    from .. import api
    from ..render.picture import PictureError

    if old == new == "-":
        raise click.UsageError("only one of the two can come from standard input; name a file for the other")
    before, after = (open_model(file, root=root, quiet=quiet) for file in (old, new))
    with terminal.busy("Working out what follows from which change", quiet=quiet):
        found = api.diff(before, after)
    different = found.what == "meaning"
    try:
        for output in outputs:
            api.draw(found, view, workflow=workflow, theme="dark" if theme == "dark" else "light").save(output)
            terminal.say(f"Wrote {output}", quiet=quiet)
    except PictureError as error:
        terminal.say(f"Cannot draw this: {error}")
        return guard.CANNOT
    if as_json or form == "json":
        terminal.show(found.to_json())
    elif not outputs or form == "md":
        from ..render.blocks import as_markdown, blocks
        from ..render.diff_page import diff_page

        page = diff_page(found, old, new)
        terminal.show(as_markdown(blocks(page)) if form == "md" else page)
    return int(exit_code and different)
