"""What a verb does not write over unless told to: a diagram may hold what others have edited in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

overwrite_option = click.option(
    "--overwrite", is_flag=True, help="With -o: a .bpmn file that is there already may be replaced."
)


def diagram_in_the_way(outputs: Sequence[str], overwrite: bool) -> str:
    """What to say of the first diagram that would be written over; "" if there is none, or it may be."""
    for output in () if overwrite else outputs:
        if output.lower().endswith(".bpmn") and Path(output).exists():
            return (
                f"There is a file {output} already, and what was edited in it would be lost; --overwrite lets it be "
                "replaced."
            )
    return ""
