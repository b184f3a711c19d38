"""When rework arrives: dates by hand, places that starve first, and what is said of both."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta

import numpy as np
import pytest
from rich.console import Console

from mpmflow import parse
from mpmflow.analysis.risk import arrivals
from mpmflow.analysis.risk.evaluate import evaluate
from mpmflow.render.explain_page import ExplainPage
from mpmflow.render.risk_text import plain
from tests.analysis.risk_data import MONDAY, observed

LINE = """
workflow line {
  arrivals 50 per week
  step draft takes 10d
  decision ok "Is it good?" { yes, no 20% -> draft rework }
  step print takes 5d
  step mail takes 1d
}
metric out output = throughput(line) higher is better
"""


def line(no: list[int], of: int = 100, text: str = LINE):
    return evaluate(parse(text), observed(len(no), {"ok.no": no, "ok.yes": [of - count for count in no]}))


def places(evaluation):
    return {row.at: row for row in evaluation.spread if row.kind not in ("metric", "team")}


SUDDEN = [20] * 30 + [60]
"""The share of what is sent back triples in the last week."""


def test_what_is_sent_back_arrives_round_by_round():
    """A round takes 10 days and returns `no` of what came: 90 % is there after the first n with no**n <= 10 %."""
    evaluation = line(SUDDEN)
    no = evaluation.indicator("ok.no").estimate
    begun = (MONDAY + 30 * timedelta(weeks=1)).date()
    rounds = int(np.ceil(np.log(0.1) / np.log(no))) - 1
    assert rounds >= 1
    assert places(evaluation)["draft"].reaches_on == begun + timedelta(days=10 * rounds)
    assert places(evaluation)["ok"].reaches_on == begun + timedelta(days=10 * (rounds + 1))


def test_the_steps_behind_get_fewer_first_though_nothing_changes_for_them_in_the_long_run():
    found = places(line(SUDDEN))
    assert found["print"].extra_visits == pytest.approx(0.0, abs=1e-12)
    assert found["print"].reaches_on is None
    assert found["draft"].starves_until is None
    assert found["print"].starves_until > line(SUDDEN).as_of
    assert found["mail"].starves_until - found["print"].starves_until == pytest.approx(
        timedelta(days=5), abs=timedelta(days=1)
    )
    assert -1.0 < found["mail"].fewest < -0.05


def test_what_came_long_ago_is_there_already():
    found = places(line([20] * 4 + [60] * 40))
    assert found["draft"].reaches_on == line([20] * 4 + [60] * 40).as_of
    assert found["print"].starves_until is None


def test_where_nothing_changes_nothing_comes():
    row = places(line([0] * 6, text=LINE.replace("20%", "0%")))["draft"]
    assert (row.reaches_on, row.starves_until, row.fewest) == (None, None, None)


def test_the_note_the_page_and_the_document_say_so():
    evaluation = line(SUDDEN)
    mail = places(evaluation)["mail"]
    note = " ".join(plain(evaluation, 100).split())
    assert "“mail” gets fewer visits than by plan, at the worst" in note.replace("Mail", "mail")
    assert "Most of this is there by" in note
    out = io.StringIO()
    Console(file=out, width=100).print(ExplainPage(evaluation, evaluation.explain("mail")))
    page = " ".join(out.getvalue().split())
    assert "fewer visits come here than by plan" in page
    document = json.loads(evaluation.to_json())
    row = next(row for row in document["spread"] if row["at"] == "mail")["rework"]
    assert date.fromisoformat(row["starves_until"]) == mail.starves_until
    assert row["fewest"] == pytest.approx(mail.fewest)
    assert evaluation.explain("mail").figures["starves_until"] == mail.starves_until.isoformat()


def test_a_workflow_too_large_to_follow_is_named_and_its_dates_left_out(monkeypatch):
    monkeypatch.setattr(arrivals, "MOST_WORK", 1000)
    evaluation = line(SUDDEN)
    assert places(evaluation)["draft"].reaches_on is None
    assert any("When extra visits arrive is not told of line" in note for note in evaluation.coverage.notes)


def test_a_change_is_dated_where_a_step_fits_best():
    """Three weeks after it, a change of a ten-day round has come further than right after it."""
    late = places(line([20] * 27 + [60] * 4))["draft"].reaches_on
    assert late < places(line(SUDDEN))["draft"].reaches_on
