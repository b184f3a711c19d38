"""The note of an evaluation: what it says, and that it fits every terminal."""

from __future__ import annotations

import pytest

from mpmflow.analysis.evaluation import Evaluation
from mpmflow.analysis.risk import evaluate
from mpmflow.render.risk_text import evaluation as note
from mpmflow.render.risk_text import plain
from tests.analysis.risk_data import observed
from tests.analysis.test_evaluate import REVIEW, parse


@pytest.fixture(scope="module")
def trouble() -> Evaluation:
    outcomes = {"ok.no": [20] * 10, "ok.never": [3, 2] * 5, "ok.yes": [27, 28] * 5}
    times = {"send": ([30] * 10, [3.0] * 10)}
    return evaluate(parse(REVIEW), observed(10, outcomes, times=times))


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_no_line_is_wider_than_the_terminal(trouble, width):
    assert max(map(len, plain(trouble, width).splitlines())) <= width


def test_the_note_opens_with_what_it_comes_to(trouble):
    text = " ".join(plain(trouble, 100).split())
    assert "review on 15 Mar 2026, measured against the plan" in text
    assert "Cycle time will very likely miss the target" in text or "Cycle time will almost certainly miss" in text
    assert "at most 4 d wanted" in text


def test_the_sections_stand_in_the_order_in_which_a_manager_asks(trouble):
    text = plain(trouble, 100)
    titles = [
        "What changed",
        "Where rework spreads",
        "Where delay spreads",
        "Which metrics will miss, when and why",
        "What to do first",
        "What this rests on",
    ]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_a_named_indicator_stands_for_the_one_it_measures(trouble):
    table = plain(trouble, 120).split("What changed")[1].split("Where rework")[0]
    assert table.count("Drafts sent back") == 1
    assert "40% of 50" in table
    assert "warn" in table


def test_the_initiative_that_would_help_is_named(trouble):
    assert "The initiative “A course in writing” does this." in " ".join(plain(trouble, 100).split())


def test_a_quiet_week_says_so():
    outcomes = {"ok.no": [10] * 4, "ok.never": [2.5] * 4, "ok.yes": [37.5] * 4}
    text = plain(evaluate(parse(REVIEW), observed(4, outcomes)), 80)
    assert "Where rework spreads" not in text
    assert "What to do first" in text or "Nothing stands out" in text


def test_plain_text_is_what_str_gives(trouble):
    assert str(note(trouble)) == plain(trouble)
    assert "\x1b" not in plain(trouble)
