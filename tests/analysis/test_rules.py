"""Rules as stories: a line of values, a line of states. `_` is a value that nobody observed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.analysis.rules import Series, follow, periods_in, rule_text, trace_condition
from mpmflow.model.quantities import Quantity
from mpmflow.model.rules import Both, Either, Held, Moves, Negation, OutOfControl, Outside, Rule, Threshold

WEEK = 7 * 86400.0
LETTER = {"ok": ".", "pending": "p", "warn": "w", "alert": "A", "unknown": "?"}


def weekly(text: str, counts: str | None = None) -> Series:
    def row(words: str) -> np.ndarray:
        return np.array([np.nan if word == "_" else float(word) for word in words.split()])

    return Series(row(text), WEEK, None if counts is None else row(counts))


def states(rules: list[Rule], values: str, counts: str | None = None) -> str:
    return " ".join(LETTER[state] for state in follow(rules, weekly(values, counts)).states)


def above(level: float) -> Threshold:
    return Threshold(side="above", value=level)


def below(level: float) -> Threshold:
    return Threshold(side="below", value=level)


def warn(condition, clears=None) -> Rule:
    return Rule(level="warn", condition=condition, clears=clears)


def alert(condition, clears=None) -> Rule:
    return Rule(level="alert", condition=condition, clears=clears)


def held(condition, weeks: int) -> Held:
    return Held(condition=condition, span=f"{weeks}w")


def test_a_level_is_passed_only_by_going_beyond_it():
    assert states([warn(above(25))], "24 25 26 25") == ". . w ."
    assert states([warn(below(10))], "11 10 9") == ". . w"
    assert states([warn(Outside(low=10, high=20))], "9 10 20 21") == "w . . w"


def test_rounding_of_a_computed_value_passes_no_level():
    assert states([warn(above(0.3))], f"{0.1 + 0.2!r}") == "."


def test_the_worst_rule_that_fires_gives_the_state():
    assert states([alert(above(35)), warn(above(25))], "20 30 40 30") == ". w A w"


@pytest.mark.parametrize(
    ("weeks", "story"),
    [
        (1, ". p w w . p"),
        (2, ". p p w . p"),
        (3, ". p p p . p"),
    ],
)
def test_for_waits_like_alerting_systems_do(weeks, story):
    """True at look 1: `for 2w` fires two weeks later, at look 3, and a fall in between starts the clock anew."""
    assert states([warn(held(above(25), weeks))], "20 30 30 30 20 30") == story


def test_the_language_reference_story():
    """20, 24, 31, 33, 34 %: warns on 2026-02-02, not before."""
    brief = [warn(held(above(0.25), 2), clears=below(0.22)), alert(Either(left=above(0.35), right=OutOfControl()))]
    assert states(brief, ".20 .24 .31 .33 .34") == ". . p p w"


def test_a_span_between_two_looks_is_rounded_up():
    assert periods_in(Quantity(value=8, unit="d"), WEEK) == 2
    assert periods_in(Quantity(value=1, unit="d"), WEEK) == 1


def test_clears_keeps_a_rule_from_flapping():
    rule = warn(above(25), clears=below(22))
    assert states([rule], "26 24 26 23 22 21 24 26") == "w w w w w . . w"


def test_a_gap_neither_fires_nor_clears():
    assert states([warn(above(25))], "30 _ _ 20 _ 30") == "w w w . ? w"


def test_a_gap_inside_the_waiting_time_means_it_was_not_seen_to_hold():
    assert states([warn(held(above(25), 2))], "30 30 _ 30 30 30") == "p p ? p p w"


def test_what_can_not_be_known_yet_does_not_keep_an_alert_alive():
    rule = alert(Either(left=above(35), right=OutOfControl()))
    assert states([rule], "20 40 20") == ". A ."


def test_three_values_in_and_or_not():
    unknown, true, false = OutOfControl(), above(0), above(99)
    series = weekly("5")

    def truth(condition):
        return int(trace_condition(condition, series).truth[0])

    assert [truth(Both(left=unknown, right=x)) for x in (true, false, unknown)] == [-1, 0, -1]
    assert [truth(Either(left=unknown, right=x)) for x in (true, false, unknown)] == [1, -1, -1]
    assert [truth(Negation(condition=x)) for x in (true, false, unknown)] == [0, 1, -1]


def test_moves_compare_with_the_value_a_span_ago():
    rises = warn(Moves(direction="rises", share="0.2", span="2w"))
    assert states([rises], "100 100 119 120 119 144") == ". . . w . w"
    falls = warn(Moves(direction="falls", share="0.5", span="1w"))
    assert states([falls], "100 50 26 13 _ 1") == ". w . w w w"
    assert states([rises], "0 0 0 1") == ". . . w"


def test_individuals_chart_has_the_textbook_limits():
    """By hand: mean 10, mean moving range 2 over root pi, so sigma is 1 and the limits are 7 and 13."""
    values = [10 + np.pi**-0.5 * (-1) ** t for t in range(20)]
    trace = follow([alert(OutOfControl())], Series(np.array([*values, 12.99, 13.01, 7.01, 6.99]), WEEK))
    clause = trace.rules[0].clause
    assert clause.low[-1] == pytest.approx(7.0, abs=1e-9)
    assert clause.high[-1] == pytest.approx(13.0, abs=1e-9)
    assert trace.states[20:] == ("ok", "alert", "ok", "alert")


def test_share_chart_follows_the_number_of_decisions():
    """Plan 20 %: with 100 decisions the upper limit is 0.2 + 3 sqrt(.16/100) = 0.32, with 25 it is 0.44."""
    base = " ".join([".19 .21"] * 10)
    counts = " ".join(["100"] * 20)
    assert states([alert(OutOfControl())], f"{base} .33 .33 .45", f"{counts} 100 25 25").split()[20:] == ["A", ".", "A"]


def test_eight_on_one_side_are_out_of_control():
    base = " ".join(["11 9"] * 10)
    assert states([alert(OutOfControl())], base + " 10.5" * 9).split()[20:] == [*".......", "A", "A"]
    gap = states([alert(OutOfControl())], base + " 10.5" * 4 + " _" + " 10.5" * 5).split()[20:]
    assert gap == [*"....", "?", *"...", "A", "A"]


def test_limits_need_the_whole_baseline_and_stay_frozen():
    jump = " ".join(["9 11"] * 9)
    assert states([alert(OutOfControl())], jump + " 90").split()[-1] == "."
    base = " ".join(["9 11"] * 10)
    assert states([alert(OutOfControl())], base + " 90" * 30).split()[20:] == ["A"] * 30


def test_since_is_when_the_current_state_began():
    trace = follow([warn(above(25))], weekly("30 20 30 _ 30"))
    assert trace.began() == 2
    assert trace.began(1) == 1
    assert trace.began(0) == 0


def test_explain_shows_every_clause_with_value_and_level():
    rule = alert(Either(left=held(above(25), 2), right=OutOfControl()), clears=below(22))
    (top,) = follow([rule], weekly("20 30")).clauses()
    assert top.text == "alert above 25 for 2w or out of control, clears below 22"
    (either,) = top.parts
    waiting, control = either.parts
    assert (waiting.truth, waiting.pending, control.truth) == ("false", True, "unknown")
    assert (waiting.parts[0].value, waiting.parts[0].high) == (30.0, 25.0)


def test_brackets_only_where_they_are_needed():
    condition = Both(left=Either(left=above(1), right=below(0)), right=Negation(condition=held(above(2), 1)))
    assert rule_text(warn(condition)) == "(above 1 or below 0) and not above 2 for 1w"


values_and_gaps = st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=40)


@given(values_and_gaps, st.integers(1, 5), st.integers(0, 9), st.integers(0, 9))
@settings(max_examples=150, deadline=None)
def test_the_fast_engine_agrees_with_a_slow_plain_one(values, weeks, level, clear):
    """Period by period, as an alerting system would: the vector engine must say the same."""
    rule = warn(held(above(level), weeks), clears=below(clear))
    firing, expected = False, []
    for t, value in enumerate(values):
        window = values[max(0, t - weeks) : t + 1]
        whole = len(window) == weeks + 1 and all(v is not None and v > level for v in window)
        if whole:
            firing = True
        elif value is not None and value <= level and value < clear:
            firing = False
        elif firing and value is not None and value < clear:
            firing = not (any(v is not None and v <= level for v in window))
        if firing:
            expected.append("warn")
        elif value is None:
            expected.append("unknown")
        else:
            expected.append("pending" if value > level else "ok")
    series = Series(np.array([np.nan if v is None else float(v) for v in values]), WEEK)
    assert list(follow([rule], series).states) == expected


@given(st.lists(values_and_gaps, min_size=2, max_size=4), st.integers(1, 3))
@settings(max_examples=50, deadline=None)
def test_stacked_series_are_followed_as_each_alone(rows, weeks):
    length = max(map(len, rows))
    padded = [[*row, *[None] * (length - len(row))] for row in rows]
    table = np.array([[np.nan if v is None else float(v) for v in row] for row in padded])
    rules = [warn(held(above(4), weeks), clears=below(3)), alert(Either(left=above(8), right=OutOfControl()))]
    together = follow(rules, Series(table, WEEK)).codes
    for row, codes in zip(table, together, strict=True):
        assert follow(rules, Series(row, WEEK)).codes.tolist() == codes.tolist()


@given(values_and_gaps, st.data())
@settings(max_examples=60, deadline=None)
def test_nothing_later_changes_an_earlier_state(values, data):
    rules = [warn(held(above(4), 2), clears=below(3)), alert(OutOfControl())]
    series = np.array([np.nan if v is None else float(v) for v in values])
    cut = data.draw(st.integers(1, len(values)))
    whole, part = follow(rules, Series(series, WEEK)), follow(rules, Series(series[:cut], WEEK))
    assert whole.states[:cut] == part.states
