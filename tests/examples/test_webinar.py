"""The made-up webinar programme: the table comes of its script, and holds what its README tells."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from mpmflow import evaluate, load
from mpmflow.api import read
from mpmflow.model.observations import Observations
from mpmflow.readers.observe import observe


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "examples" / "webinar"


@pytest.fixture(scope="module")
def observed(folder: Path) -> Observations:
    return observe(load(folder / "webinar.mpm"), folder=folder)


def mean(values: tuple[float | None, ...]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known)


def test_the_file_checks_without_a_finding(folder: Path) -> None:
    assert read(folder / "webinar.mpm").diagnostics == ()


def test_the_script_makes_the_table(folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(folder / "make_weekly.py")], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert run.stdout == (folder / "weekly.csv").read_text(encoding="utf-8")


def test_every_column_is_a_metric_or_an_indicator_and_no_week_is_missing(observed: Observations) -> None:
    assert observed.coverage.notes == ()
    assert len(observed.starts) == 60
    assert observed.starts[-1].date() == date(2026, 3, 2)
    assert all(None not in values for values in observed.series.values())


def test_briefs_climb_leads_follow_and_revenue_does_not_know_yet(observed: Observations) -> None:
    briefs = observed.series["brief_complete.no"]
    new_year = [start.date() for start in observed.starts].index(date(2026, 1, 5))
    assert mean(briefs[:new_year]) == pytest.approx(0.20, abs=0.005)
    assert mean(briefs[-3:]) == pytest.approx(0.31, abs=0.01)
    leads = observed.series["leads"]
    assert mean(leads[-3:]) < mean(leads[:new_year]) - 5
    revenue = observed.series["revenue"]
    assert mean(revenue[-3:]) == pytest.approx(mean(revenue[:new_year]), rel=0.06)


def test_one_promise_was_kept_one_is_on_course_and_one_is_at_risk(folder: Path, observed: Observations) -> None:
    evaluation = evaluate(load(folder / "webinar.mpm"))
    states = {row.name: row.state for row in evaluation.commitments}
    assert states == {"cpl_june": "at risk", "full_autumn": "kept", "busy_summer": "on course"}
    days = [start.date() for start in observed.starts]
    last = days.index(date(2025, 12, 22))
    came = evaluation.commitment("full_autumn").promises[0].came
    assert came == pytest.approx(sum(observed.series["registrations"][last - 12 : last + 1]))
    assert round(came) == 2437


def test_the_promise_at_risk_can_be_brought_back(folder: Path) -> None:
    """What is said to suffice does: with the media as short as that, a miss is less than 20 % likely."""
    model = load(folder / "webinar.mpm")
    row = evaluate(model).commitment("cpl_june")
    (way,) = row.ways_back
    assert way.enough
    assert way.p_miss < 0.2 <= row.p_miss
