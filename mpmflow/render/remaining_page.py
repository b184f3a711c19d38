"""What an open case has left, as a page: the time still to come, and how it will end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpmflow.render.analysis_page import Fitted
from mpmflow.render.numbers import duration, percent

if TYPE_CHECKING:
    from rich.console import Group

    from mpmflow.analysis.exact.law_of_time import RemainingTime


def remaining_page(found: RemainingTime) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    since = f"{duration(found.age)} at {found.at}" + (
        f", {duration(found.elapsed)} under way" if found.elapsed is not None else ""
    )
    sentences = []
    if found.overdue:
        sentences.append("It is there for longer than the model thinks possible, so it is taken to be due now.")
    if found.late is not None:
        sentences.append(f"It misses the deadline with a chance of {percent(found.late)}.")
    ends = ", ".join(f"{name.replace('_', ' ')} {percent(share)}" for name, share in found.ends.items() if share)
    sentences.append(f"How it ends: {ends}.")
    rows = [[f"  {words}", _time(found.percentile(share))] for words, share in _SHARES]
    table = Fitted(["  ends", "from now on, within"], rows)
    title = Text(f"A case of {found.workflow}: {since}", style="bold")
    return Group(title, *(Padding(Text(one), (0, 0, 0, 2)) for one in sentences), table)


_SHARES = (("with a chance of one half", 0.5), ("with nine chances in ten", 0.9), ("with 95 in a hundred", 0.95))


def _time(seconds: float | None) -> str:
    return duration(seconds) if seconds is not None else "more than can be said"
