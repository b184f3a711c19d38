"""The note of an evaluation: what it says, and that it fits every terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mpmflow import load
from mpmflow.analysis.risk.evaluate import evaluate
from mpmflow.analysis.risk.evaluation import Evaluation
from mpmflow.api import evaluate as evaluate_files
from mpmflow.model.levers import owner_of
from mpmflow.render.risk_text import evaluation as note
from mpmflow.render.risk_text import plain
from mpmflow.render.risk_words import told_lately
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
    text = " ".join(plain(evaluate(parse(REVIEW), observed(4, outcomes)), 80).split())
    assert "Where rework spreads" not in text
    assert "All is well: what was observed is about what was expected, and every target is likely to be met." in text


def test_a_target_of_which_nothing_is_known_is_not_among_those_that_will_be_met():
    """`responses` has a target and no data: nobody can say that every target is likely to be met."""
    text = REVIEW.replace("at most 4d", "at most 40d") + (
        "metric responses outcome unit people higher is better target at least 500 by 2026-06-30\n"
        "cause done -> responses { lag 1w, each +1 adds 20 }\n"
    )
    outcomes = {"ok.no": [10] * 10, "ok.never": [2] * 10, "ok.yes": [38] * 10}
    found = " ".join(plain(evaluate(parse(text), observed(10, outcomes)), 100).split())
    assert "every target that can be judged (not responses) is likely to be met" in found.lower()


def test_a_target_that_the_plan_itself_misses_is_called_so():
    outcomes = {"ok.no": [10] * 4, "ok.never": [2.5] * 4, "ok.yes": [37.5] * 4}
    model = parse(REVIEW.replace("at most 4d", "at most 3d"))
    text = " ".join(plain(evaluate(model, observed(4, outcomes)), 80).split())
    assert "Even by plan cycle time would be 3.44 d: the target asks for more." in text


def test_plain_text_is_what_str_gives(trouble):
    assert str(note(trouble)) == plain(trouble)
    assert "\x1b" not in plain(trouble)


@pytest.fixture(scope="module")
def webinar(root: Path) -> Evaluation:
    return evaluate_files(load(root / "examples" / "webinar" / "webinar.mpm"))


def test_a_range_has_its_unit_once_and_what_is_counted_needs_none(webinar):
    table = plain(webinar, 120).split("Which metrics will miss")[1].split("What to do first")[0]
    assert re.search(r"2\d\.\d to 1\d\d eur", table)
    assert re.search(r"7\d\d to 1,1\d\d ", table)
    assert "leads to" not in table


def test_the_two_sentences_at_the_top_do_not_repeat_each_other(trouble):
    top = plain(trouble, 100).split("What changed")[0]
    assert top.count("Drafts sent back") == 1


def test_a_long_question_is_written_out_once_and_named_briefly_from_then_on():
    text = REVIEW.replace('"Is it good?"', '"Is the draft good enough to be sent to the client?"')
    outcomes = {"ok.no": [10] * 10, "ok.never": [6] * 10, "ok.yes": [34] * 10}
    shown = " ".join(plain(evaluate(parse(text), observed(10, outcomes)), 120).split())
    assert "“never” at “Is the draft good enough to be sent to the client?” (“ok”)" in shown
    assert "“never” at “ok”" in shown


@pytest.mark.parametrize(
    ("reading", "told"),
    [("", True), ("per week", True), ("per 1w, up to 2026-12-31", False), ("per 13w, up to 2026-12-31", False),
     ("per 4w, up to 2026-12-31", False), ("in total from 2026-01-01 to 2026-12-31", False)],
    ids=["no span", "a week", "one week", "a quarter", "four weeks", "in total"],
)  # fmt: skip
def test_what_was_seen_in_one_week_does_not_stand_beside_the_forecast_of_several(trouble, reading, told):
    assert told_lately(replace(trouble.metrics[0], reading=reading)) is told


def test_a_team_goes_by_its_label_and_its_owner_answers_for_what_it_does():
    text = REVIEW.replace("review {", 'review { team ops "The back office" { people 2, owner "Olga" }', 1)
    text = text.replace("step draft", "step draft by ops", 1)
    assert text.count("by ops") == 1, "the process of the example has changed"
    outcomes = {"ok.no": [20] * 10, "ok.never": [3, 2] * 5, "ok.yes": [27, 28] * 5}
    found = evaluate(parse(text), observed(10, outcomes))
    assert found.labels["ops"] == "The back office"
    assert [row.label for row in found.spread if row.kind == "team"] == ["The back office"]
    assert owner_of(found.model, "draft.time") == "Olga"
    assert owner_of(found.model, "ok.no") is None


def test_events_that_nothing_claims_are_told_first_where_they_are_many():
    seen = observed(10, {"ok.no": [20] * 10, "ok.never": [3] * 10, "ok.yes": [27] * 10})
    many, few = (
        replace(seen, coverage=replace(seen.coverage, events=1000, unmatched=(("copy checked", count),)))
        for count in (260, 240)
    )
    top = " ".join(plain(evaluate(parse(REVIEW), many), 120).split("What changed")[0].split())
    assert "26% of the events are not used, for no statement claims them: “copy checked”. Say `seen as`" in top
    assert "not used" not in plain(evaluate(parse(REVIEW), few), 120).split("What changed")[0]


def test_a_thin_last_week_is_not_shown_as_if_it_said_much():
    outcomes = {"ok.no": [20] * 9 + [0], "ok.never": [3] * 10, "ok.yes": [27] * 9 + [1]}
    text = " ".join(plain(evaluate(parse(REVIEW), observed(10, outcomes)), 120).split())
    assert "40% of 50, 8 Mar" in text
    assert "The last full week holds 4 decisions and visits where 50 are usual" in text


def test_a_target_that_nobody_can_judge_is_neither_met_nor_missed():
    model = parse("metric leads output unit leads higher is better target at least 100 by 2025-12-31")
    text = " ".join(plain(evaluate(model, observed(12, series={"leads": [90.0] * 12})), 80).split())
    assert "Whether the target was met is not known for leads: see below." in text
    assert "Leads: its target was for 31 Dec 2025, before the first observation" in text


def test_without_a_metric_the_note_still_says_what_is_worse():
    model = parse("workflow w { step a\n decision ok { yes, no 20% -> a rework } }")
    text = " ".join(plain(evaluate(model, observed(12, series={"ok.no": [0.3] * 12})), 80).split())
    assert "Worse than expected: “no” at “ok” (29.6% instead of 20%). No metric shows yet what comes of it." in text


def test_notes_speak_in_words_with_the_dotted_name_behind_them():
    from mpmflow.render.risk_names import Names

    model = parse('workflow w "Review" { step take_back\n decision ok { yes, no 20% -> take_back rework } }')
    names = Names(evaluate(model, observed(12, series={"ok.no": [0.3] * 12})))
    assert (
        names.in_words("after ok.no or take_back, by w.scrap")
        == "after “no” at “ok” (ok.no) or “take back”, by “scrap”"
    )
