"""Charts of the report: round numbers in the right place, what is known and nothing else, the same bytes every time."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import import_module
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpmflow.analysis.reporting.parts import IndicatorCourse, IndicatorPoint, Limit, PastForecast
from mpmflow.analysis.reporting.report import Report
from mpmflow.analysis.risk.courses import Ahead, Course, Point
from mpmflow.analysis.risk.figures import IndicatorFigure
from mpmflow.render import palette
from mpmflow.render.report.charts import ticks, vega
from mpmflow.render.report.charts.chart import LEAST_APART, WIDE, Chart, apart
from mpmflow.render.report.charts.forecast_chart import forecast_chart
from mpmflow.render.report.charts.indicator_chart import COLOURS, RECENT, indicator_chart, spark
from mpmflow.render.report.charts.past_chart import past_chart
from mpmflow.render.report.drawings import charted
from mpmflow.render.report.sections.top import top

MONDAY = date(2026, 1, 4)
NUMBERS = st.floats(-1e9, 1e9).filter(lambda one: one == 0 or abs(one) > 1e-6)


def week(number: int) -> date:
    return MONDAY + timedelta(weeks=number)


def course(seen: int = 8, ahead: int = 4, unit: str = "eur") -> Course:
    """A level of 100 that rises by 10 a week, and a fan that widens by 5."""
    return Course(
        "spend", unit, "",
        tuple(Point(week(number), 100.0 + 10 * number) for number in range(seen)),
        tuple(
            Ahead(week(seen + step), *(100.0 + 10 * seen + 5 * step * side for side in (-2, -1, 0, 1, 2)))
            for step in range(ahead)
        ),
        (),
    )  # fmt: skip


def indicator(**figures: Any) -> IndicatorFigure:
    return IndicatorFigure(
        "d.no", "Briefs sent back", "%", **{"expected": 0.2, "state": "ok", "rule": "warn above 25%", **figures}
    )


def watched(states: str = "ok ok ok warn", level: float | None = 0.25) -> IndicatorCourse:
    points = tuple(
        IndicatorPoint(week(number), 0.2 + 0.02 * number, 40, state)  # type: ignore[arg-type]
        for number, state in enumerate(states.split())
    )
    return IndicatorCourse(points, (Limit("warn", "threshold", "above", (level,) * len(points), "warn above 25%"),))


def shown(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def words_of(svg: str) -> list[str]:
    return [one.text or "" for one in shown(svg).iter(f"{{{vega.SVG}}}text")]


def paths_of(svg: str, stroke: str) -> list[str]:
    return [one.get("d", "") for one in shown(svg).iter(f"{{{vega.SVG}}}path") if one.get("stroke") == stroke]


# ------------------------------------------------------------------------------------------ the grid
@given(NUMBERS, NUMBERS, st.sampled_from(["", "%", "eur", "d", "leads", "eur/leads", "cases/w"]), st.integers(2, 8))
def test_lines_of_the_grid_are_few_and_lie_within_it(one: float, other: float, unit: str, most: int) -> None:
    low, high = min(one, other), max(one, other)
    if high - low < 1e-6 * max(abs(low), abs(high), 1.0):
        return
    found, _ = ticks.of_values(low, high, unit, most)
    values = [value for value, _ in found]
    span = high - low
    assert len(values) <= most
    assert values == sorted(set(values))
    assert all(low - 1e-6 * span <= value <= high + 1e-6 * span for value in values)
    steps = {round((after - before) / span, 6) for before, after in pairwise(values)}
    assert len(steps) <= 1


@given(st.dates(date(2000, 1, 1), date(2080, 1, 1)), st.integers(1, 9000), st.integers(2, 8))
def test_dates_of_the_grid_are_few_and_lie_within_it(first: date, days: int, most: int) -> None:
    last = first + timedelta(days=days)
    found = ticks.of_days(first, last, most)
    assert len(found) <= most
    assert all(first <= one <= last for one, _ in found)
    assert [one for one, _ in found] == sorted({one for one, _ in found})


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.lists(NUMBERS, max_size=5))
def test_a_scale_holds_every_value_but_lone_spikes(history: list[float], held: list[float]) -> None:
    low, high = ticks.scale(history, held)
    assert low < high
    assert all(low <= value <= high for value in held)
    assert all(low <= value for value in history)
    above = [value for value in history if value > high]
    assert len(above) <= 1, "one of up to thirty"
    assert all(value > 1.299 * max(other for other in history if other <= high) for value in above)


def test_a_spike_that_would_leave_no_room_is_cut_and_said() -> None:
    calm = course(seen=40, ahead=0)
    points = (*calm.seen[:20], Point(week(20), 9000.0), *calm.seen[21:])
    chart = forecast_chart(Course("spend", "eur", "", points, (), ()), as_of=week(40), label="spend")
    assert chart is not None
    assert "9,000 eur" in words_of(chart.wide)
    assert "1,000" not in words_of(chart.wide), "the scale ends at about 600"
    triangles = [one for one in shown(chart.wide).iter(f"{{{vega.SVG}}}path") if one.get("fill") == palette.INK]
    assert len(triangles) == 1


@given(st.lists(st.floats(0, 1), min_size=2, max_size=5))
def test_words_beside_the_plot_keep_apart_and_in_order(values: list[float]) -> None:
    found = apart(WIDE, values, (0.0, 1.0))
    assert all(below - above > LEAST_APART - 4 for above, below in pairwise(sorted(found)))
    for (one, over), (other, under) in pairwise(sorted(zip(values, found, strict=True), reverse=True)):
        assert over < under or one - other < 1e-6


# ------------------------------------------------------------------------------------------ forecasts
def made(**given: Any) -> Chart:
    chart = forecast_chart(
        course(), as_of=week(7), label="spend", comparison="at most", target=150.0, on=week(11), **given
    )
    assert chart is not None
    return chart


def test_the_same_course_gives_the_same_bytes() -> None:
    assert made() == made()


def test_a_forecast_has_its_line_its_fan_and_its_target() -> None:
    chart = made()
    for svg in (chart.wide, chart.narrow):
        assert [path.count("L") for path in paths_of(svg, palette.INK)] == [7], "eight observations"
        fans = [one for one in shown(svg).iter(f"{{{vega.SVG}}}path") if one.get("fill") == palette.ACCENT]
        assert [one.get("fill-opacity") for one in fans] == ["0.18", "0.32"]
        assert "22 Feb 2026" in words_of(svg)
    assert {"at most", "150 eur"} <= set(words_of(chart.wide))
    assert "at most 150 eur" in words_of(chart.narrow)


def test_the_table_of_a_forecast_has_every_point_and_its_place() -> None:
    chart = made()
    assert len(chart.rows) == len(chart.across) == 12
    assert chart.rows[0] == ("4 Jan 2026", "100 eur", "", "", "")
    assert chart.rows[-1] == ("22 Mar 2026", "", "180 eur", "165 to 195 eur", "150 to 210 eur")
    assert (chart.across[0], chart.across[-1]) == (0.0, 1.0)


def test_a_forecast_is_said_in_words() -> None:
    assert made().summary == (
        "Chart of spend; observed up to 22 Feb 2026, when it was 170 eur; expected to be 180 eur on 22 Mar 2026, "
        "95% range 150 to 210 eur; wanted: at most 150 eur by 22 Mar 2026."
    )


def test_a_missing_value_breaks_the_line() -> None:
    seen = course()
    broken = Course(seen.name, seen.unit, "", (*seen.seen[:3], Point(week(3), None), *seen.seen[4:]), (), ())
    chart = forecast_chart(broken, as_of=week(7), label="spend")
    assert chart is not None
    (path,) = paths_of(chart.wide, palette.INK)
    assert path.count("M") == 2
    assert chart.rows[3][1] == "-"


def test_one_observation_alone_is_no_chart() -> None:
    assert forecast_chart(course(seen=1, ahead=0), as_of=week(0), label="spend") is None


# ------------------------------------------------------------------------------------------ indicators
def test_an_indicator_has_its_limit_its_expectation_and_its_states() -> None:
    chart = indicator_chart(indicator(state="warn"), watched(), "Briefs sent back")
    assert chart is not None
    assert {"warn above", "25%"} <= set(words_of(chart.wide))
    strip = [
        one.get("fill") for one in shown(chart.wide).iter(f"{{{vega.SVG}}}path") if one.get("fill") in COLOURS.values()
    ]
    assert strip == [COLOURS["warn"], COLOURS["ok"], COLOURS["warn"]], "the last value, and two stretches"
    assert chart.rows[-1] == ("25 Jan 2026", "26%", "40", "warning")
    assert chart.summary.endswith("states: ok from 4 Jan 2026, warn from 18 Jan 2026.")


def test_a_limit_that_moves_is_a_line_of_its_own() -> None:
    seen = watched()
    moving = Limit("alert", "moves", "above", (0.21, 0.22, None, 0.24), "alert rises by 2 points within 4w")
    chart = indicator_chart(indicator(), IndicatorCourse(seen.points, (moving,)), "Briefs sent back")
    assert chart is not None
    assert len(paths_of(chart.wide, COLOURS["alert"])) == 1
    assert "alert above" not in words_of(chart.wide)


def test_a_small_chart_shows_the_last_half_year() -> None:
    points = tuple(IndicatorPoint(week(number), 0.2 + number / 1000) for number in range(60))
    (path,) = paths_of(spark(indicator(), IndicatorCourse(points)), palette.INK)
    assert path.count("L") == RECENT - 1


def test_too_little_is_no_chart() -> None:
    few = IndicatorCourse((IndicatorPoint(week(0), 0.2), IndicatorPoint(week(1), None)))
    assert indicator_chart(indicator(), few, "Briefs sent back") is None
    assert spark(indicator(), few) == ""


# ------------------------------------------------------------------------------------------ past forecasts
def past(number: int, came: float | None, for_week: int | None = None) -> PastForecast:
    inside = None if came is None else 90 <= came <= 110
    on = week(number if for_week is None else for_week)
    return PastForecast("leads", "leads", "leads", week(number - 8), on, 100.0, 90.0, 110.0, came=came, inside=inside)


def test_past_forecasts_stand_with_what_came() -> None:
    chart = past_chart((past(0, 95.0), past(4, 120.0), past(8, None)), "leads")
    assert chart is not None
    fills = [one.get("fill") for one in shown(chart.wide).iter(f"{{{vega.SVG}}}path")]
    assert fills.count(palette.INK) == 1
    assert fills.count(palette.REWORK) == 1, "the one that came beyond its range"
    assert len(chart.rows) == 3
    assert "Of 2 forecasts whose time has come, 1 had what came in the 95% range" in chart.summary


def test_forecasts_for_one_day_stand_side_by_side() -> None:
    chart = past_chart((past(0, 95.0, 9), past(2, 95.0, 9), past(4, 95.0, 20)), "leads")
    assert chart is not None
    first, second, third = (spot for spot in chart.across if spot is not None)
    assert first < second < third


# ------------------------------------------------------------------------------------------ without the library
def test_without_the_library_the_table_stands_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        if name == "vl_convert":
            raise ModuleNotFoundError(name)
        return import_module(name)

    monkeypatch.setattr(vega, "import_module", missing)
    chart = made()
    assert chart.wide == chart.narrow == ""
    figure = charted(chart, "Spend")
    assert "<svg" not in figure
    assert "<details" not in figure
    assert "150 to 210 eur" in figure
    monkeypatch.setattr(vega, "find_spec", lambda name: None)
    said = top(Report("Webinars", date(2026, 3, 2), "All is well."))
    assert "Tables stand in the place of charts" in said
    with pytest.raises(vega.NoChartsError, match=r"pip install 'mpmflow\[report\]'"):
        vega.drawn({})
