"""Many scenarios of one workflow as a page: how far each figure reaches, and which scenario is best for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mpmflow.render.analysis_page import Fitted
from mpmflow.render.numbers import duration, percent, significant

if TYPE_CHECKING:
    from rich.console import Group

    from mpmflow.analysis.scenarios.sweep import Sweep

_SHARES = ("time.late", "yield", "first_pass", "rework", "scrap")
WEEK = 7 * 86400.0


def sweep_page(found: Sweep) -> Group:
    """The page, for a terminal of any width or a file."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    rows = []
    for name, column in found.figures.items():
        known = [float(value) for value in column if not math.isnan(value)]
        cells = [_shown(name, value) for value in ((min(known), max(known)) if known else (None, None))]
        rows.append([f"  {name}", _shown(name, found.today.get(name)), *cells, _best(found, name) if known else ""])
    title = f"{len(found):,} scenarios of {found.workflow}: {', '.join(found.levers)}"
    table = Fitted(["  figure", "today", "lowest", "highest", "best at"], rows)
    notes = [Padding(Text(f"{note[0].upper()}{note[1:]}.", style="dim"), (0, 0, 0, 2)) for note in found.notes if note]
    return Group(Text(title, style="bold"), table, *notes)


def _best(found: Sweep, figure: str) -> str:
    return ", ".join(f"{lever} {_lever(lever, value)}" for lever, value in found.best(figure).levers.items())


def _lever(lever: str, value: float) -> str:
    if lever.endswith(".scale"):
        return f"x {significant(value)}"
    kind = lever.rpartition(".")[2]
    if kind in ("takes", "waits", "delay", "deadline"):
        return duration(value)
    if kind == "arrivals":
        return f"{significant(value * WEEK)} per week"
    return significant(value) if kind in ("cost", "costs", "people") else percent(value)


def _shown(figure: str, value: float | None) -> str:
    if value is None or math.isnan(value):
        return "none"
    if figure in _SHARES or figure.startswith("ends."):
        return percent(value)
    if figure.startswith(("time.", "touch_time.")):
        return duration(value)
    return f"{significant(value * WEEK)} per week" if figure == "throughput_per_s" else significant(value)
