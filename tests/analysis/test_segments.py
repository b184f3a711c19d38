"""One channel sends briefs back and the other does not: the answer says which, and the parts meet the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mpmflow as mpm
from mpmflow.analysis.risk.evaluate import evaluate
from mpmflow.render.risk_text import plain

from .made_histories import PLAN, Week, observed_weeks, text, week

WEEKS = 16


def both(one: Week, two: Week) -> Week:
    """Two weeks as one log counts them."""
    outcomes = {name: one.outcomes[name] + two.outcomes[name] for name in {**one.outcomes, **two.outcomes}}
    times = {name: one.times[name] + two.times[name] for name in {**one.times, **two.times}}
    found = Week(one.outcomes.copy(), one.times.copy(), one.cases + two.cases)
    found.outcomes.update(outcomes)
    found.times.update(times)
    return found


@pytest.fixture(scope="module")
def answer():
    rng = np.random.default_rng(5)
    web = [week(rng, PLAN) for _ in range(WEEKS)]
    fairs = [week(rng, PLAN | {"ok.no": 0.45}) for _ in range(WEEKS)]
    whole = observed_weeks([both(one, two) for one, two in zip(web, fairs, strict=True)])
    few = replace(observed_weeks(web[:WEEKS]), arrivals={"w": (0,) * (WEEKS - 1) + (3,)})
    parts = {"web": observed_weeks(web), "fairs": observed_weeks(fairs), "phone": few}
    return evaluate(mpm.parse(text(60, WEEKS)), replace(whole, segments={"channel": parts}), draws=1000)


def segment(answer, value):
    return next(one for one in answer.segments[0].segments if one.value == value)


def test_the_segment_with_the_trouble_is_named(answer):
    rows = {value: {row.name: row for row in segment(answer, value).indicators} for value in ("web", "fairs")}
    assert rows["fairs"]["ok.no"].p_worse > 0.99
    assert rows["web"]["ok.no"].p_worse < 0.9
    assert rows["fairs"]["ok.no"].segment == "channel = fairs"
    assert "fairs" in plain(answer, 110).split("By channel")[1].split("Which metrics")[0]


def test_counts_of_the_segments_are_those_of_the_whole(answer):
    whole = answer.indicator("ok.no")
    parts = [next(row for row in one.indicators if row.name == "ok.no") for one in answer.segments[0].segments]
    assert sum(row.n for row in parts) == whole.n
    seen = sum(row.observed * row.n for row in parts) / whole.n
    assert seen == pytest.approx(whole.observed)


def test_what_segments_add_and_what_they_leave_is_the_whole(answer):
    found = answer.segments[0]
    figures = {row.at: row for row in answer.spread if row.kind == "metric"}
    for figure, name in (("time(w)", "days"), ("first_pass(w)", "first_pass(w)")):
        parts = sum(one.adds.get(figure, 0.0) for one in found.segments)
        assert parts + found.rest[figure] == pytest.approx(figures[name].change, rel=1e-9)
    time = {one.value: one.adds["time(w)"] for one in found.segments}
    assert time["fairs"] > 5 * abs(time["web"])
    assert abs(found.rest["time(w)"]) < 0.25 * abs(sum(time.values()))


def test_a_segment_with_few_cases_is_counted_not_judged(answer):
    assert {one.value for one in answer.segments[0].segments} == {"fairs", "web"}
    assert answer.segments[0].left_out == 1
    assert "One value has too few cases to be judged by itself." in plain(answer, 110)


def test_shares_of_the_cases_add_up(answer):
    assert sum(one.share for one in answer.segments[0].segments) == pytest.approx(1.0, abs=0.01)
