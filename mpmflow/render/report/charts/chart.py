"""What a chart is before it stands on a page: its drawing, for wide and for narrow screens, and the same in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from mpmflow.render import palette
from mpmflow.render.report.charts import ticks, vega
from mpmflow.render.risk_words import bare

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The room that a chart has, in pixels: its plot and what is around it."""

    width: int
    height: int
    left: int = 48
    right: int = 80
    top: int = 28
    bottom: int = 26

    @property
    def slim(self) -> bool:
        """Whether there is no room for words beside the plot."""
        return self.right < 40

    @property
    def edges(self) -> dict[str, int]:
        return {"left": self.left, "right": self.right, "top": self.top, "bottom": self.bottom}

    @property
    def whole(self) -> int:
        """The width with the edges."""
        return self.left + self.width + self.right


WIDE = Frame(width=592, height=190)
NARROW = Frame(width=252, height=170, left=44, right=8, top=46)


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart for a page.

    Attributes:
        wide, narrow: the drawing as SVG; both "" where no library could draw it, and the page shows the table then.
        summary: what it shows, in words, for those who do not see it.
        head, rows: the same figures as a table.
        across: for each row, where it stands from left (0) to right (1) of the plot; None for a row that has no place.
    """

    wide: str
    narrow: str
    summary: str
    head: Cells
    rows: tuple[Cells, ...]
    across: tuple[float | None, ...] = ()


def on_both(draw: Callable[[Frame], vega.Specification]) -> tuple[str, str]:
    """The drawing in the wide and in the narrow frame; twice nothing where the library is missing."""
    try:
        return vega.drawn(draw(WIDE)), vega.drawn(draw(NARROW))
    except vega.NoChartsError:
        return "", ""


def scales(across: tuple[date, date], up: tuple[float, float]) -> list[vega.Specification]:
    """Days from left to right, by their number since the year 1; values from bottom to top."""
    days = [across[0].toordinal(), across[1].toordinal()]
    return [
        {"name": "x", "type": "linear", "domain": days, "range": "width", "zero": False, "nice": False},
        {
            "name": "y",
            "type": "linear",
            "domain": list(up),
            "range": "height",
            "zero": False,
            "nice": False,
            "clamp": True,
        },
    ]


def grid(frame: Frame, across: tuple[date, date], up: tuple[float, float], unit: str) -> list[vega.Specification]:
    """Lines at round values, dates below, and their words."""
    values, counted = ticks.of_values(*up, unit)
    days = ticks.of_days(*across, most=4 if frame.slim else 7)
    rows = [{"at": value, "words": words} for value, words in values]
    columns = [{"at": day.toordinal(), "words": words} for day, words in days]
    at_value, at_day, words = {"scale": "y", "field": "at"}, {"scale": "x", "field": "at"}, {"field": "words"}
    hair = {"stroke": palette.HAIR, "strokeWidth": 1, "strokeOpacity": 0.7}
    tick = {"stroke": palette.LINE, "strokeWidth": 1}
    bottom, below, under = ({"value": frame.height + down} for down in (0, 5, 16))
    found = [
        vega.each(rows, vega.rule({"value": 0}, at_value, {"value": frame.width}, at_value, **hair)),
        vega.each(rows, vega.text({"value": -8}, at_value, words, align="right", strokeWidth=0)),
        vega.each(columns, vega.rule(at_day, bottom, at_day, below, **tick)),
        vega.each(columns, vega.text(at_day, under, words, align="center", strokeWidth=0)),
    ]
    if counted:
        found.append(vega.text({"value": -8}, {"value": -15}, {"value": counted}, align="right"))
    return found


def place(day: date, across: tuple[date, date]) -> float:
    """Where a day stands, from left (0) to right (1).

    >>> place(date(2026, 1, 2), (date(2026, 1, 1), date(2026, 1, 5)))
    0.25
    """
    return round((day - across[0]).days / max(1, (across[1] - across[0]).days), 4)


def anchored(share: float) -> str:
    """On which side of its place a word stands so that it stays inside the plot."""
    return "left" if share < 0.2 else "right" if share > 0.8 else "center"


def cut(
    points: Sequence[tuple[date, float]], across: tuple[date, date], up: tuple[float, float], unit: str
) -> list[Any]:
    """Small triangles where values lie above the scale, and the highest of these in figures."""
    high = [(day, value) for day, value in points if value > up[1]]
    if not high:
        return []
    rows = [{"at": day.toordinal()} for day, _ in high]
    here = {"scale": "x", "field": "at"}, {"value": -6}
    day, most = max(high, key=lambda one: one[1])
    aside = {"align": "right", "dx": -8} if place(day, across) > 0.8 else {"align": "left", "dx": 8}
    return [
        vega.each(rows, vega.symbol(*here, shape="triangle-up", size=60, fill=palette.INK)),
        vega.text({"scale": "x", "value": day.toordinal()}, {"value": 7}, {"value": bare(most, unit)}, **aside),
    ]


LEAST_APART = 30
"""Pixels between two words beside the plot."""


def apart(frame: Frame, values: Sequence[float], up: tuple[float, float]) -> list[float]:
    """Where the words for some levels stand, from the top in pixels: each at its level, but none on another.

    >>> apart(WIDE, [0.0, 1.0, 1.0], (0.0, 2.0))
    [190.0, 110.0, 80.0]
    """
    at = [frame.height * (up[1] - value) / (up[1] - up[0]) for value in values]
    order = sorted(range(len(at)), key=lambda number: (at[number], -number))
    for _ in range(4 * len(at)):
        for above, below in pairwise(order):
            lack = LEAST_APART - (at[below] - at[above])
            if lack > 0:
                at[above] -= lack / 2
                at[below] += lack / 2
    return [round(one, 1) for one in at]


def level(
    frame: Frame, value: float, words: tuple[str, str], colour: str, *, top: float | None = None, row: int = 0,
    dash: tuple[int, int] = (6, 4),
) -> list[vega.Specification]:  # fmt: skip
    """A dashed line at a level, and what it is in two lines: beside the plot (`top` pixels down, unless at the level
    itself), or above it, in a `row` of its own, where the chart is narrow.
    """
    at = {"scale": "y", "value": value}
    line = vega.rule(
        {"value": 0}, at, {"value": frame.width}, at, stroke=colour, strokeWidth=1.5, strokeDash=list(dash)
    )
    if frame.slim:
        said = {"value": " ".join(words)}
        return [line, vega.text({"value": frame.width}, {"value": -35 + 14 * row}, said, align="right", fill=colour)]
    beside = {"value": frame.width + 10}
    here = at if top is None else {"value": top}
    return [
        line,
        vega.text(beside, here, {"value": words[0]}, align="left", dy=-7, fill=colour),
        vega.text(beside, here, {"value": words[1]}, align="left", dy=7, fill=colour, fontWeight=600),
    ]
