"""A leading indicator over time: what was observed and expected, the limits of its rules, and the states they gave.

The large chart has it all; the small one, for a row of a table, only the line, what was expected, and the last value.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from mpmflow.analysis.reporting.parts import IndicatorCourse, IndicatorPoint, Limit
from mpmflow.analysis.risk.figures import IndicatorFigure
from mpmflow.render import palette
from mpmflow.render.report.charts import ticks, vega
from mpmflow.render.report.charts.chart import Chart, Frame, apart, cut, grid, level, on_both, place, scales
from mpmflow.render.report.words import STATE_WORDS
from mpmflow.render.risk_words import bare, day, rate_unit

COLOURS = {
    "alert": palette.LOST,
    "warn": palette.REWORK,
    "pending": palette.DELAY,
    "ok": palette.GOOD,
    "unknown": palette.HAIR,
}
"""The colour of each state; its name stands beside it wherever it is used."""
STRIP = 7
"""Height of the strip that shows the states, in pixels."""
SPARK = Frame(width=132, height=30, left=2, right=6, top=4, bottom=4)
RECENT = 26
"""Periods that the small chart shows."""


def indicator_chart(row: IndicatorFigure, course: IndicatorCourse, label: str) -> Chart | None:
    """The large chart of an indicator; None where fewer than two values were observed.

    Limits that change from period to period are drawn as they went; of a level that stayed, its words stand beside it.
    """
    points, unit = course.points, rate_unit(row.unit)
    seen = [point for point in points if point.value is not None]
    if len(seen) < 2:
        return None
    across = (points[0].on, points[-1].on)
    limits = [limit for limit in course.limits if limit.level != "clears"]
    levels = [value for limit in limits for value in limit.values if value is not None]
    values = [point.value for point in seen if point.value is not None]
    up = ticks.scale(values, levels + values[-1:] + ([] if row.expected is None else [row.expected]))
    fixed, moving = _told_apart(limits)
    spells = _spells(points)

    def draw(frame: Frame) -> vega.Specification:
        marks: list[Any] = grid(frame, across, up, unit)
        if row.expected is not None:
            at = {"scale": "y", "value": row.expected}
            looks = {"stroke": palette.ACCENT, "strokeWidth": 1.25, "strokeDash": [2, 3]}
            marks.append(vega.rule({"value": 0}, at, {"value": frame.width}, at, **looks))
        for number, limit in enumerate(moving):
            marks.append(vega.line(f"limit{number}", "value", stroke=COLOURS[limit.level], strokeDash=[6, 4]))
        tops = apart(frame, [_last(limit) for limit in fixed], up)
        for number, (limit, top) in enumerate(zip(fixed, tops, strict=True)):
            control = limit.kind == "control"
            words = ("control limit" if control else f"{limit.level} {limit.side}", bare(_last(limit), unit))
            dash = (2, 2) if control else (6, 4)
            marks += level(frame, _last(limit), words, COLOURS[limit.level], top=top, row=number, dash=dash)
        marks.append(vega.line("seen", "value", stroke=palette.INK, strokeWidth=1.75, strokeJoin="round"))
        marks.append(_last_point(seen[-1], row))
        marks += cut([(point.on, point.value) for point in seen if point.value is not None], across, up, unit)
        marks.append(_strip(frame, spells))
        data = [{"name": "seen", "values": [{"on": point.on.toordinal(), "value": point.value} for point in points]}]
        data += [
            {
                "name": f"limit{number}",
                "values": [
                    {"on": point.on.toordinal(), "value": value}
                    for point, value in zip(points, limit.values, strict=True)
                ],
            }
            for number, limit in enumerate(moving)
        ]
        return vega.specification(frame.width, frame.height, frame.edges,
                                  {"data": data, "scales": scales(across, up), "marks": marks})  # fmt: skip

    wide, narrow = on_both(draw)
    head = ("last day", "observed", "of", "state")
    rows = tuple(
        (
            day(one.on),
            bare(one.value, unit),
            "" if one.n is None else str(one.n),
            STATE_WORDS[one.state] if one.state else "",
        )
        for one in points
    )
    return Chart(
        wide, narrow, _summary(row, label, seen, spells), head, rows, tuple(place(one.on, across) for one in points)
    )


def spark(row: IndicatorFigure, course: IndicatorCourse) -> str:
    """The last half year in the size of a word: the line, what was expected (dotted), the last value (a dot). "" where
    there is too little to show, or no library to draw it.
    """
    points = course.points[-RECENT:]
    seen = [point for point in points if point.value is not None]
    if len(seen) < 2:
        return ""
    across = (points[0].on, points[-1].on)
    values = [point.value for point in seen if point.value is not None]
    up = ticks.scale(values, values[-1:] + ([] if row.expected is None else [row.expected]))
    marks: list[Any] = []
    if row.expected is not None:
        at = {"scale": "y", "value": row.expected}
        marks.append(vega.rule({"value": 0}, at, {"value": SPARK.width}, at, stroke=palette.ACCENT, strokeDash=[2, 3]))
    marks.append(vega.line("seen", "value", stroke=palette.INK, strokeWidth=1.5, strokeJoin="round"))
    marks.append(_last_point(seen[-1], row))
    data = [{"name": "seen", "values": [{"on": point.on.toordinal(), "value": point.value} for point in points]}]
    chart = vega.specification(SPARK.width, SPARK.height, SPARK.edges,
                               {"data": data, "scales": scales(across, up), "marks": marks})  # fmt: skip
    try:
        return vega.drawn(chart)
    except vega.NoChartsError:
        return ""


def _told_apart(limits: Sequence[Limit]) -> tuple[list[Limit], list[Limit]]:
    """Limits that stand still, the lowest first, and those that move."""
    fixed = {
        (limit.level, limit.side, _last(limit)): limit
        for limit in limits
        if len({value for value in limit.values if value is not None}) == 1
    }
    moving = [limit for limit in limits if len({value for value in limit.values if value is not None}) > 1]
    return sorted(fixed.values(), key=_last), moving


def _last(limit: Limit) -> float:
    return next(value for value in reversed(limit.values) if value is not None)


def _spells(points: Sequence[IndicatorPoint]) -> list[tuple[str, float, float]]:
    """State, and from where to where in days, of each stretch in which it stayed the same; nothing without rules."""
    found: list[tuple[str, float, float]] = []
    for number, point in enumerate(points):
        before = points[number - 1].on.toordinal() if number else point.on.toordinal()
        if point.state is None:
            continue
        if found and found[-1][0] == point.state and found[-1][2] == before:
            found[-1] = (point.state, found[-1][1], point.on.toordinal())
        else:
            found.append((point.state, before, point.on.toordinal()))
    return found


def _strip(frame: Frame, spells: Sequence[tuple[str, float, float]]) -> vega.Specification:
    """The states as a strip at the foot of the plot."""
    rows = [
        {"start": start, "end": end, "colour": COLOURS[state], "full": 0.35 if state in ("ok", "unknown") else 0.9}
        for state, start, end in spells
    ]
    encoded = {
        "x": {"scale": "x", "field": "start"},
        "x2": {"scale": "x", "field": "end"},
        "y": {"value": frame.height - STRIP},
        "y2": {"value": frame.height},
        "fill": {"field": "colour"},
        "fillOpacity": {"field": "full"},
    }
    return vega.each(rows, {"type": "rect", "encode": {"enter": encoded}})


def _last_point(point: IndicatorPoint, row: IndicatorFigure) -> vega.Specification:
    colour = COLOURS[row.state] if row.rule and row.state in ("alert", "warn", "pending") else palette.INK
    at = {"scale": "x", "value": point.on.toordinal()}, {"scale": "y", "value": point.value}
    return vega.symbol(*at, size=46, fill=colour)


def _summary(
    row: IndicatorFigure, label: str, seen: Sequence[IndicatorPoint], spells: Sequence[tuple[str, float, float]]
) -> str:
    unit = rate_unit(row.unit)
    said = [f"Chart of {label} from {day(seen[0].on)} to {day(seen[-1].on)}; last {bare(seen[-1].value, unit)}"]
    if row.expected is not None:
        said.append(f"expected {bare(row.expected, unit)}")
    changes = [f"{state} from {day(date.fromordinal(int(start)))}" for state, start, _ in spells[-4:]]
    if changes:
        said.append(f"states: {', '.join(changes)}")
    return "; ".join(said) + "."
