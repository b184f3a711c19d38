"""What a report says: rows of an evaluation with their history and limits, level by level, and the past beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from jsonschema import validate

import mpmflow as mpm
from mpmflow.analysis.reporting.making import report_of
from mpmflow.analysis.reporting.past import past_of
from mpmflow.analysis.reporting.report import Report
from mpmflow.analysis.risk.evaluate import evaluate
from mpmflow.analysis.risk.evaluation import Evaluation
from mpmflow.exchange.schema import schema
from mpmflow.model.observations import OpenCase
from mpmflow.render.report.told import told
from mpmflow.render.report.words import summary_lines
from tests.analysis.risk_data import MONDAY, WEEK, observed

TEXT = """
workflow review "Review of drafts" {
  arrivals 20 per week
  deadline 10d
  step draft "Write the draft" takes exponential(2d)
  decision ok "Is it good?" { yes, no 20% -> draft rework, never 5% scrap }
  step send takes 1d
}
metric cycle_time operational = time(review) unit d lower is better target at most 4d by 2026-06-30
metric done output = throughput(review) higher is better
metric spend activity unit eur
indicator sent_back "Drafts sent back" = rate(ok.no) {
  warn above 25% for 2w, clears below 22%
  alert above 40% or out of control
}
indicator steady "Money that moves" = spend { warn rises 30% in 2w, alert outside 50 eur to 200 eur }
objective quick "Quick reviews" department { measured by cycle_time, owner "Editor" }
objective busy "Much is done" function { measured by done }
initiative course "A course in writing" { moves ok.no from 20% to 10% by 2026-12-31, costs 3k eur, serves quick }
commitment june "Reviews within four days" {
  by "Editor"
  promises cycle_time at most 4d by 2026-06-30
  if missed "a talk"
}
"""
NO = [10, 11, 9, 14, 15, 16, 21, 12, 10, 9]
SPEND = [100.0, 101.0, None, 140.0, 141.0, 100.0, 99.0, 98.0, 250.0, 100.0]


def evaluated(weeks: int) -> Evaluation:
    """The evaluation after so many of the ten weeks."""
    no = NO[:weeks]
    outcomes = {"ok.no": no, "ok.never": [2] * weeks, "ok.yes": [48 - one for one in no]}
    waiting = OpenCase("D-1", "review", "draft", MONDAY + (weeks - 1) * WEEK, MONDAY + (weeks - 1) * WEEK)
    times = {"draft": ([50] * weeks, ([2.5, 3.0] * 5)[:weeks])}
    return evaluate(mpm.parse(TEXT), observed(weeks, outcomes, {"spend": SPEND[:weeks]}, times, open_cases=[waiting]))


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluated(10)


@pytest.fixture(scope="module")
def report(evaluation: Evaluation) -> Report:
    return report_of(evaluation, told)


# ------------------------------------------------------------------------------------------ indicators over time
def test_an_indicator_has_every_period_with_its_last_day_its_count_and_its_state(report: Report) -> None:
    course = next(row for row in report.indicators if row.name == "sent_back").course
    assert course is not None
    assert [point.on for point in course.points] == [date(2026, 1, 11) + timedelta(weeks=week) for week in range(10)]
    assert [point.value for point in course.points] == pytest.approx([no / 50 for no in NO])
    assert {point.n for point in course.points} == {50}
    # Above 25 % three times in a row is two weeks, and two good weeks behind that clear it at 20 %.
    assert [point.state for point in course.points] == [
        "ok", "ok", "ok", "pending", "pending", "warn", "alert", "warn", "ok", "ok"
    ]  # fmt: skip


def test_levels_that_somebody_wrote_stand_beside_each_period(report: Report) -> None:
    course = next(row for row in report.indicators if row.name == "sent_back").course
    assert course is not None
    told = {(limit.level, limit.kind, limit.side): set(limit.values) for limit in course.limits}
    assert told[("warn", "threshold", "above")] == {0.25}
    assert told[("clears", "threshold", "below")] == {0.22}
    assert told[("alert", "threshold", "above")] == {0.4}


def test_a_level_that_moves_with_the_value_is_that_of_each_period(report: Report) -> None:
    course = next(row for row in report.indicators if row.name == "steady").course
    assert course is not None
    told = {(limit.level, limit.kind, limit.side): limit.values for limit in course.limits}
    assert told[("warn", "moves", "above")] == pytest.approx(
        [None, None, *(None if value is None else 1.3 * value for value in SPEND[:8])]
    )
    assert set(told[("alert", "outside", "below")]) == {50.0}
    assert set(told[("alert", "outside", "above")]) == {200.0}


def test_control_limits_are_told_once_their_baseline_is_over() -> None:
    weeks = 26
    no = [10, 11] * 13
    outcomes = {"ok.no": no, "ok.never": [2] * weeks, "ok.yes": [48 - one for one in no]}
    found = report_of(evaluate(mpm.parse(TEXT), observed(weeks, outcomes)), told)
    course = next(row for row in found.indicators if row.name == "sent_back").course
    assert course is not None
    high = next(limit.values for limit in course.limits if (limit.kind, limit.side) == ("control", "above"))
    assert all(value is not None for value in high)
    centre = sum(no[:20]) / (20 * 50)
    # A chart for shares: three standard deviations of a share of 50 answers above the mean of the baseline.
    assert high[-1] == pytest.approx(centre + 3 * (centre * (1 - centre) / 50) ** 0.5, rel=0.02)


def test_at_most_120_periods_are_told() -> None:
    weeks = 130
    outcomes = {"ok.no": [10] * weeks, "ok.never": [2] * weeks, "ok.yes": [38] * weeks}
    found = report_of(evaluate(mpm.parse(TEXT), observed(weeks, outcomes)), told)
    course = next(row for row in found.indicators if row.name == "sent_back").course
    assert course is not None
    assert len(course.points) == 120
    assert all(len(limit.values) == 120 for limit in course.limits)
    assert course.points[-1].on == date(2026, 1, 11) + timedelta(weeks=weeks - 1)


# ------------------------------------------------------------------------------------------ the rows
def test_what_needs_a_look_comes_first(report: Report) -> None:
    assert report.metrics[0].name == "cycle_time"
    assert report.metrics[0].standing == "in danger"
    in_trouble = [row.in_trouble for row in report.indicators]
    assert in_trouble == sorted(in_trouble, reverse=True)
    assert report.summary.metrics["in danger"] == ("cycle_time",)
    assert report.headline.startswith("Cycle time will")


def test_an_indicator_without_rules_claims_no_state(report: Report) -> None:
    assert next(row for row in report.indicators if row.name == "draft.time").state is None
    assert next(row for row in report.indicators if row.name == "sent_back").state == "ok"


def test_every_figure_is_that_of_the_evaluation(report: Report, evaluation: Evaluation) -> None:
    assert {row.name: row.figure for row in report.metrics} == {row.name: row for row in evaluation.metrics}
    assert {row.name for row in report.metrics if row.course} == {course.name for course in evaluation.courses}
    assert all(row in evaluation.spread for row in (*report.rework, *report.delay))
    assert report.commitments[0].figure == evaluation.commitments[0]
    assert report.provenance == evaluation.provenance


def test_the_way_leads_from_the_cause_to_the_metric_in_danger(report: Report, evaluation: Evaluation) -> None:
    assert {way.stops[-1].name for way in report.ways} == {"cycle_time"}
    row = evaluation.metric("cycle_time")
    for way in report.ways:
        assert way.adds == row.by[way.stops[0].name]
    adds = [way.adds for way in report.ways]
    assert adds == sorted(adds, reverse=True)


def test_an_objective_knows_what_hangs_on_it(report: Report) -> None:
    (quick,) = next(part for part in report.levels if part.level == "department").objectives
    assert (quick.metrics, quick.commitments, quick.initiatives) == (("cycle_time",), ("june",), ("course",))
    assert quick.figure.state == "at risk"
    assert report.initiatives[0].cost == 3000.0


def test_every_name_that_is_a_source_can_be_said_in_words(report: Report) -> None:
    for row in report.metrics:
        assert set(row.figure.by) <= set(report.words)
    assert report.called("ok.no") == "Drafts sent back"
    assert report.called("draft.time") == "Time of “Write the draft”"


def test_promises_in_danger_stand_at_the_top(report: Report) -> None:
    assert "Promises at risk: Reviews within four days." in list(summary_lines(report))


# ------------------------------------------------------------------------------------------ one level alone
def test_a_level_has_its_objectives_their_metrics_and_what_moves_these(evaluation: Evaluation) -> None:
    found = report_of(evaluation, told, level="department")
    assert [part.level for part in found.levels] == ["department"]
    assert [row.name for row in found.metrics] == ["cycle_time"]
    assert "steady" not in {row.name for row in found.indicators}
    assert [row.name for row in found.commitments] == ["june"]
    other = report_of(evaluation, told, level="function")
    assert [row.name for row in other.metrics] == ["done"]
    assert other.commitments == ()
    assert other.initiatives == () or {"ok.no"} & {name for row in other.metrics for name in row.figure.by}


def test_a_level_without_objectives_says_which_there_are(evaluation: Evaluation) -> None:
    with pytest.raises(ValueError, match="no objective for the level enterprise; it has some for department, function"):
        report_of(evaluation, told, level="enterprise")


def test_single_cases_are_left_to_departments_and_functions(evaluation: Evaluation) -> None:
    assert report_of(evaluation, told, level="department").open_cases == 1
    board = replace(evaluation, objectives=tuple(replace(one, level="enterprise") for one in evaluation.objectives))
    assert report_of(board, told, level="enterprise").open_cases == 0


# ------------------------------------------------------------------------------------------ document and table
@pytest.mark.parametrize("level", [None, "department"])
def test_the_document_keeps_to_its_schema(evaluation: Evaluation, level: str | None) -> None:
    document = json.loads(mpm.report(evaluation, level=level).to_json())
    validate(document, schema("report"))
    assert document["level"] == level


def test_the_same_evaluation_gives_the_same_bytes(evaluation: Evaluation) -> None:
    for form in ("json", "md", "csv"):
        assert mpm.report(evaluation).form(form) == mpm.report(evaluation).form(form)


def test_the_table_has_every_figure_in_the_unit_that_stands_beside_it(report: Report) -> None:
    table = report.rows()
    rows = list(zip(*table.values(), strict=True))
    names = list(table)

    def value(section: str, name: str, figure: str) -> tuple[float, str]:
        (row,) = [row for row in rows if (row[0], row[1], row[3]) == (section, name, figure)]
        return row[names.index("value")], row[names.index("unit")]

    metric = report.metrics[0].figure
    assert value("metric", "cycle_time", "forecast") == (pytest.approx((metric.forecast or 0) / 86400), "d")
    assert value("metric", "cycle_time", "target") == (4.0, "d")
    assert value("metric", "cycle_time", "p_miss") == (pytest.approx(100 * (metric.p_miss or 0)), "%")
    assert value("indicator", "sent_back", "observed") == (18.0, "%")
    assert value("initiative", "course", "cost") == (3000.0, "eur")
    assert value("delay", "draft", "extra_time")[1] == "h"


def test_parts_in_the_table_add_up_to_the_change(report: Report) -> None:
    table = report.rows()
    rows = list(zip(table["section"], table["name"], table["figure"], table["value"], strict=True))
    parts = sum(value for section, name, figure, value in rows if (name, figure) == ("cycle_time", "part"))
    (change,) = (value for section, name, figure, value in rows if (name, figure) == ("cycle_time", "change"))
    assert parts == pytest.approx(change, rel=1e-9)


def test_the_table_is_a_frame_of_any_library(evaluation: Evaluation) -> None:
    pytest.importorskip("polars", reason="optional: polars is not installed")
    frame = mpm.report(evaluation).to_frame()
    assert frame.columns == ["section", "name", "label", "figure", "of", "on", "value", "unit", "text"]
    assert str(frame["value"].dtype) == "Float64"
    assert str(frame["on"].dtype) == "Date"


# ------------------------------------------------------------------------------------------ forecasts of the past
def test_forecasts_of_the_past_stand_beside_what_came(evaluation: Evaluation, tmp_path: Path) -> None:
    earlier = evaluated(8)
    with mpm.Ledger(tmp_path / "book.db") as ledger:
        ledger.record(earlier)
        ledger.record(evaluation)
        ledger.settle("cycle_time", "3.5 d", "June report", on="2026-06-30")
        past = mpm.report(evaluation, ledger=ledger).report.past
        assert past == mpm.report(evaluation, ledger=tmp_path / "book.db").report.past
        then = mpm.report(earlier, ledger=ledger).report.past
    assert {row.made_on for row in past} == {earlier.as_of, evaluation.as_of}
    assert [row.made_on for row in past] == sorted((row.made_on for row in past), reverse=True)
    settled = [row for row in past if row.came is not None]
    assert {(row.metric, row.came, row.mark) for row in settled} == {("cycle_time", 3.5 * 86400, "kept")}
    assert {row.title for row in settled} <= {"", "Reviews within four days"}
    for row in settled:
        assert row.low is not None
        assert row.high is not None
        assert row.inside is (row.low <= 3.5 * 86400 <= row.high)
    assert {row.made_on for row in then} == {earlier.as_of}, "a report of a day knows no forecast that was made later"


def test_no_forecasts_of_the_past_are_none() -> None:
    assert past_of((), date(2026, 3, 1)) == ()


def test_a_ledger_that_is_not_there_is_not_begun(evaluation: Evaluation, tmp_path: Path) -> None:
    with pytest.raises(mpm.LedgerError, match="there is no such ledger"):
        mpm.report(evaluation, ledger=tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------ calls that cannot be
def test_a_report_needs_an_evaluation_of_a_model(evaluation: Evaluation) -> None:
    with pytest.raises(ValueError, match=r"not made by mpm\.evaluate"):
        mpm.report(replace(evaluation, model=None))
    with pytest.raises(ValueError, match="is no level of objectives; there are enterprise"):
        mpm.report(evaluation, level="board")
    with pytest.raises(ValueError, match="its own part alone"):
        mpm.report(evaluation, level="department", partner="agency")
