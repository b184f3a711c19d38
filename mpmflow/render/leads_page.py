"""Which indicators led which metrics, as a page: the pairs that hold up with their lags, then the others with why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpmflow.render.causes_page import why_not
from mpmflow.render.numbers import duration, percent

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

    from mpmflow.analysis.learned.leads import Lead, Leads

SHOWN = 12
"""So many pairs without a lead are listed; the document has them all."""


def leads_page(found: Leads) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich import box
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    held, others = found.found, [one for one in found.leads if not one.history.found]
    title = f"What led to what in {found.periods} periods: {len(held)} of {len(found.leads)} pairs hold up"
    parts: list[RenderableType] = [Text(title, style="bold")]
    if held:
        table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False, header_style="dim")
        for name in ("leads to", "by about", "the model says", "error less", "q"):
            table.add_column(name, no_wrap=name != "leads to")
        for one in held:
            table.add_row(*_row(one))
        parts.append(Padding(table, (0, 0, 0, 2)))
    if others:
        parts += [Text(""), Text("Not shown by the history", style="bold")]
        parts += [Padding(Text(why_not(one.history)), (0, 0, 0, 2)) for one in others[:SHOWN]]
        if len(others) > SHOWN:
            parts.append(Padding(Text(f"and {len(others) - SHOWN} pairs more; --json has them all"), (0, 0, 0, 2)))
    parts += [Padding(Text(note), (1, 0, 0, 2)) for note in found.notes]
    if found.leads:
        parts += [
            Text(""),
            Text(
                "A lead foretells; it need not bring about: what moves both looks the same. Each pair was tested on "
                "stretches of the history that it was not fitted to. q is the share of false leads among those that "
                "are at least as sure, at most, on the average.",
                style="dim",
            ),
        ]
    return Group(*parts)


def _row(one: Lead) -> tuple[str, ...]:
    found = one.history
    lag = duration(found.mean_lag, 2) if found.mean_lag is not None else "unknown"
    doubt = f" give or take {duration(1.645 * found.mean_lag_error, 2)}" if found.mean_lag_error else ""
    if one.model_lag is None:
        model = "nothing of it"
    else:
        said = "the same: " if one.agrees else "otherwise: " if one.agrees is False else ""
        model = f"{said}{duration(one.model_lag, 2)}"
    return (
        f"{found.source} -> {found.effect}",
        f"{lag}{doubt}",
        model,
        percent(max(found.gained or 0.0, 0.0), 2),
        percent(found.q_value, 2) if found.q_value is not None else "",
    )
