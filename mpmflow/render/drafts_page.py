"""A workflow that was drafted from a log, as a page: how much of the log it does, then its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpmflow.render.blocks import Verbatim

if TYPE_CHECKING:
    from rich.console import Group

    from mpmflow.analysis.discover.discover import Discovery


def discovery_page(found: Discovery) -> Group:
    """How much of the log the draft does, and the draft."""
    from rich.console import Group
    from rich.text import Text

    done = f"The draft does exactly what {found.replayed:.1%} of {found.cases:,} cases did."
    return Group(Text(done, style="bold"), Verbatim(found.text))
