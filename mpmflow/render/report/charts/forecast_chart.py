"""A metric over time: what was observed, what is to come as a fan that widens, and the target that it is held to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from mpmflow.analysis.risk.courses import Ahead, Course, Point
from mpmflow.render import palette
from mpmflow.render.report.charts import ticks, vega
from mpmflow.render.report.charts.chart import Chart, Frame, anchored, cut, grid, level, on_both, place, scales
from mpmflow.render.risk_words import bare, day, span

HEAD = ("day", "observed", "expected", "50% range", "95% range")


def forecast_chart(
    course: Course, *, as_of: date, label: str, comparison: str | None = None, target: float | None = None,
    on: date | None = None,
) -> Chart | None:  # fmt: skip
    """The chart of a metric's course; None where there is nothing to show: neither two observations nor a forecast.

    Args:
        course: what was observed and what is to come, in base units.
        as_of: the day that divides both, unless the period that it lies in was observed whole.
        label: what the metric is called, for the words.
        comparison, target, on: `at most` or `at least` which level, by when.
    """
    seen = [point for point in course.seen if point.value is not None]
    if len(seen) < 2 and not course.ahead:
        return None
    days = [point.on for point in seen] + [one.on for one in course.ahead] + ([on] if on is not None else []) + [as_of]
    across = (min(days), max(days))
    values = [point.value for point in seen if point.value is not None]
    held = [edge for one in course.ahead for edge in (one.low, one.high)] + ([] if target is None else [target])
    held += values[-1:]
    up = ticks.scale(values, held)
    wanted = f"{comparison} {bare(target, course.unit)}" if comparison is not None and target is not None else ""
    border = max([as_of, *(point.on for point in seen)])
    fan = _joined(seen[-1].on if seen else None, seen[-1].value if seen else None, course.ahead)

    def draw(frame: Frame) -> vega.Specification:
        marks: list[Any] = grid(frame, across, up, course.unit)
        marks += [_band("low", "high", 0.18), _band("lower", "upper", 0.32)]
        marks += _now(frame, border, across)
        marks.append(vega.line("fan", "middle", stroke=palette.ACCENT, strokeWidth=1.5, strokeDash=[4, 3]))
        marks.append(vega.line("seen", "value", stroke=palette.INK, strokeWidth=1.75, strokeJoin="round"))
        marks += cut([(point.on, point.value) for point in seen if point.value is not None], across, up, course.unit)
        if target is not None and comparison is not None:
            marks += level(frame, target, (comparison, bare(target, course.unit)), palette.REWORK)
            if on is not None:
                at = {"scale": "x", "value": on.toordinal()}, {"scale": "y", "value": target}
                marks.append(vega.symbol(*at, shape="diamond", size=90, fill=palette.REWORK))
        data = [
            {"name": "seen", "values": [_row(point.on, value=point.value) for point in course.seen]},
            {"name": "fan", "values": fan},
        ]
        return vega.specification(frame.width, frame.height, frame.edges,
                                  {"data": data, "scales": scales(across, up), "marks": marks})  # fmt: skip

    wide, narrow = on_both(draw)
    rows = _rows(course)
    spots = [place(point.on, across) for point in course.seen] + [place(one.on, across) for one in course.ahead]
    summary = _summary(course, label, seen[-1] if seen else None, wanted, on)
    return Chart(wide, narrow, summary, HEAD, rows, tuple(spots))


def _row(on: date, **figures: float | None) -> dict[str, Any]:
    return {"on": on.toordinal(), **figures}


def _joined(on: date | None, value: float | None, ahead: Sequence[Ahead]) -> list[dict[str, Any]]:
    """The fan; it opens at the last observation, so that nothing gapes between them."""
    edges = ("low", "lower", "middle", "upper", "high")
    start = [] if on is None or not ahead else [_row(on, **dict.fromkeys(edges, value))]
    return start + [
        _row(one.on, low=one.low, lower=one.lower, middle=one.middle, upper=one.upper, high=one.high) for one in ahead
    ]


def _band(low: str, high: str, opacity: float) -> vega.Specification:
    encoded = {
        "x": {"scale": "x", "field": "on"},
        "y": {"scale": "y", "field": low},
        "y2": {"scale": "y", "field": high},
        "fill": {"value": palette.ACCENT},
        "fillOpacity": {"value": opacity},
    }
    return {"type": "area", "from": {"data": "fan"}, "encode": {"enter": encoded}}


def _now(frame: Frame, border: date, across: tuple[date, date]) -> list[vega.Specification]:
    at = {"scale": "x", "value": border.toordinal()}
    align = anchored(place(border, across))
    return [
        vega.rule(at, {"value": -6}, at, {"value": frame.height}, stroke=palette.HAIR, strokeWidth=1.5),
        vega.text(at, {"value": -15}, {"value": day(border)}, align=align),
    ]


def _rows(course: Course) -> tuple[tuple[str, ...], ...]:
    unit = course.unit
    found = [(day(point.on), bare(point.value, unit), "", "", "") for point in course.seen]
    found += [
        (day(one.on), "", bare(one.middle, unit), span(one.lower, one.upper, unit), span(one.low, one.high, unit))
        for one in course.ahead
    ]
    return tuple(found)


def _summary(course: Course, label: str, last: Point | None, wanted: str, on: date | None) -> str:
    """What the chart shows, for those who do not see it."""
    said = [f"Chart of {label}"]
    if last is not None:
        said.append(f"observed up to {day(last.on)}, when it was {bare(last.value, course.unit)}")
    if course.ahead:
        end = course.ahead[-1]
        said.append(
            f"expected to be {bare(end.middle, course.unit)} on {day(end.on)}, "
            f"95% range {span(end.low, end.high, course.unit)}"
        )
    if wanted:
        said.append(f"wanted: {wanted}{f' by {day(on)}' if on else ''}")
    return "; ".join(said) + "."
