"""Metrics over time: read as their targets read them, and of one piece with the forecasts."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pandas
import pytest

import mpmflow as mpm

MODEL = """
workflow w { arrivals 3 per week, step launch takes 1d }
metric spend activity unit eur
metric leads output unit leads target at least 60 per 4w by 2026-04-26
metric revenue outcome unit eur target at least 20k eur in total from 2026-02-02 by 2026-04-26
metric cost_per_lead operational = spend / leads lower is better target at most 12 eur per 4w by 2026-04-26
cause leads -> revenue { lag 1w, each +1 adds 100 eur }
objective grow department { measured by revenue, leads, cost_per_lead, owner "CEO" }
commitment fewer { by "CMO", promises leads at least 60 per 4w by 2026-04-26 }
commitment before { by "CMO", promises leads at least 60 per 4w by 2026-03-01 }
commitment modest { by "CMO", promises leads at least 50 per 4w by 2026-03-01 }
data { series "weekly.csv" { time week } }
"""


@pytest.fixture(scope="module")
def evaluation():
    rng = np.random.default_rng(3)
    days = np.array("2026-01-05", dtype="datetime64[D]") + 7 * np.arange(8)
    weekly = {
        "week": days.astype(str).tolist(),
        "spend": [100.0, 110, 90, 100, 120, 130, 110, 120],
        "leads": [10.0, 11, 12, 9, 14, 16, 13, 13],
        "revenue": (1400 + rng.integers(-99, 99, 8)).astype(float).tolist(),
    }
    return mpm.evaluate(mpm.parse(MODEL), series=pandas.DataFrame(weekly))


def test_a_target_per_span_makes_the_course_the_sum_of_whole_spans(evaluation) -> None:
    course = evaluation.course("leads")
    assert [point.value for point in course.seen] == [None, None, None, 42.0, 46.0, 51.0, 52.0, 56.0]
    assert course.seen[-1].on == date(2026, 3, 1)


def test_a_total_begins_with_its_first_day(evaluation) -> None:
    seen = evaluation.course("revenue").seen
    assert [point.value is None for point in seen] == [True] * 4 + [False] * 4
    assert all(later.value > earlier.value for earlier, later in pairwise(seen[4:]))


def test_a_formula_is_read_over_the_span_of_its_inputs(evaluation) -> None:
    """Cost per lead of four weeks is what was spent in them by the leads of them, not the mean of four ratios."""
    assert evaluation.course("cost_per_lead").seen[-1].value == pytest.approx(480 / 56)


def test_the_course_ends_where_the_forecast_is_and_says_the_same(evaluation) -> None:
    for course in evaluation.courses:
        row = evaluation.metric(course.name)
        assert course.ahead[-1].on == row.on
        assert course.ahead[-1].low == pytest.approx(row.low)
        assert course.ahead[-1].high == pytest.approx(row.high)


def test_the_law_gives_the_chance_to_miss(evaluation) -> None:
    row, law = evaluation.metric("leads"), evaluation.course("leads").law
    assert len(law) == 199
    assert list(law) == sorted(law)
    assert np.mean(np.array(law) < 60.0) == pytest.approx(row.p_miss, abs=0.01)


def test_a_promise_is_as_likely_missed_as_a_target_of_the_same_words(evaluation) -> None:
    promised = {one.name: one for one in evaluation.commitments}
    assert promised["fewer"].promises[0].p_miss == evaluation.metric("leads").p_miss


def test_a_promise_whose_date_has_passed_is_kept_or_missed(evaluation) -> None:
    promised = {one.name: one for one in evaluation.commitments}
    assert (promised["before"].state, promised["before"].promises[0].came) == ("missed", 56.0)
    assert (promised["modest"].state, promised["modest"].promises[0].came) == ("kept", 56.0)
