"""Forecasts that were made earlier, each as its range with the middle in it, and what came beside it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from mpmflow.analysis.reporting.parts import PastForecast
from mpmflow.render import palette
from mpmflow.render.report.charts import ticks, vega
from mpmflow.render.report.charts.chart import Chart, Frame, grid, on_both, scales
from mpmflow.render.report.words import PAST_COLUMNS, past_cells, past_sentence
from mpmflow.render.risk_words import day

AIR = timedelta(days=4)


def past_chart(rows: tuple[PastForecast, ...], label: str) -> Chart | None:
    """The chart of one metric's past forecasts; None where fewer than two can be drawn.

    Where several were made for one day, they stand side by side, the earliest on the left.
    """
    whole = [row for row in rows if row.middle is not None and row.for_on is not None]
    if len(whole) < 2:
        return None
    whole.sort(key=lambda row: (row.for_on or row.made_on, row.made_on))
    unit = whole[0].unit
    spots = _side_by_side(whole)
    across = (date.fromordinal(int(min(spots))) - AIR, date.fromordinal(int(max(spots))) + AIR)
    edges = [edge for row in whole for edge in (row.low, row.middle, row.high, row.came) if edge is not None]
    up = ticks.scale(edges)

    def draw(frame: Frame) -> vega.Specification:
        marks: list[Any] = grid(frame, across, up, unit)
        for row, spot in zip(whole, spots, strict=True):
            at = {"scale": "x", "value": spot}
            if row.low is not None and row.high is not None:
                ends = ({"scale": "y", "value": row.low}, {"scale": "y", "value": row.high})
                looks = {"stroke": palette.ACCENT, "strokeWidth": 7, "strokeOpacity": 0.3}
                marks.append(vega.rule(at, ends[0], at, ends[1], **looks))
            middle = {"scale": "y", "value": row.middle}
            marks.append(vega.symbol(at, middle, shape="stroke", size=80, stroke=palette.ACCENT, strokeWidth=2))
        for row, spot in zip(whole, spots, strict=True):
            if row.came is not None:
                here = {"scale": "x", "value": spot}, {"scale": "y", "value": row.came}
                outside = row.inside is False
                looks = {"shape": "diamond" if outside else "circle", "size": 80 if outside else 50}
                marks.append(vega.symbol(*here, fill=palette.REWORK if outside else palette.INK, **looks))
        return vega.specification(frame.width, frame.height, frame.edges,
                                  {"scales": scales(across, up), "marks": marks})  # fmt: skip

    wide, narrow = on_both(draw)
    cells = tuple(past_cells(row)[1:] for row in whole)
    summary = f"Past forecasts of {label} for {day(whole[0].for_on)} to {day(whole[-1].for_on)}. {past_sentence(rows)}"
    days = max(1, (across[1] - across[0]).days)
    places = tuple(round((spot - across[0].toordinal()) / days, 4) for spot in spots)
    return Chart(wide, narrow, summary, PAST_COLUMNS[1:], cells, places)


def _side_by_side(rows: list[PastForecast]) -> list[float]:
    """Where each forecast stands, in days: those for one day a little apart."""
    days = [(row.for_on or row.made_on).toordinal() for row in rows]
    wide = max(1, max(days) - min(days))
    apart = wide / 60 + 0.2
    found = []
    for number, one in enumerate(days):
        first = days.index(one)
        found.append(one + (number - first - (days.count(one) - 1) / 2) * apart)
    return found
