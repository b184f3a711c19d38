"""Changes that no test notices are found, and the tests that are proposed do notice."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpmflow as mpm
from mpmflow.analysis.expectations.differences import difference, rounded
from mpmflow.model.quantities import Quantity
from mpmflow.model.rules import Either, Held, OutOfControl, Rule, Threshold
from mpmflow.testing.results import Mutant

WEEK = 604800.0
MODEL = """\
workflow w {
  step brief takes 1d
  decision complete { yes, no 20% -> brief rework }
}
metric cycle_time operational = time(w) unit d lower is better
"""
STRONG = """
  given complete.no = 26%, 30%, 30%, 24%, 21% every 1w from 2026-01-05
  expect back is pending at 2026-01-05
  expect back is pending at 2026-01-12
  expect back is warn at 2026-01-19
  expect back is warn at 2026-01-26
  expect back is ok at 2026-02-02
}
test "below" {
  given complete.no = 24% + 0% x 3 every 1w from 2026-01-05
  expect back is ok
"""


def mutants(rules: str, block: str) -> dict[str, Mutant]:
    """What was changed into what -> its fate."""
    model = mpm.parse(f'{MODEL}indicator back = rate(complete.no) {{ {rules} }}\ntest "t" {{\n{block}\n}}\n')
    return {one.after: one for one in mpm.mutate(model).mutants if one.name == "back"}


RULE = "warn above 25% for 2w, clears below 22%"


def test_a_strong_test_notices_every_change_of_a_rule() -> None:
    assert {one.fate for one in mutants(RULE, STRONG).values()} == {"noticed"}


@pytest.mark.parametrize(
    ("left_out", "missed"),
    [
        ("expect back is pending at 2026-01-12", "warn above 25% for 1w, clears below 22%"),
        ("expect back is warn at 2026-01-26", "warn above 25% for 2w"),
        ("expect back is warn at 2026-01-26", "warn above 25% for 2w, clears below 24.2%"),
        ("expect back is ok at 2026-02-02", "warn above 25% for 2w, clears below 19.8%"),
        ("expect back is ok\n", "warn above 22.5% for 2w, clears below 22%"),
    ],
)
def test_a_weakened_test_misses_a_change_and_is_told_which(left_out: str, missed: str) -> None:
    weak = STRONG.replace(left_out, "")
    if "given" not in weak.split('"below"')[1] or "expect" not in weak.split('"below"')[1]:
        weak = weak[: weak.index('}\ntest "below"')]
    found = mutants(RULE, weak)
    assert found[missed].fate == "missed"
    assert found[missed].remedy is not None


def test_a_proposed_test_passes_as_it_is_and_fails_with_the_change() -> None:
    weak = "given complete.no = 20% every 1w from 2026-01-05\nexpect back is ok"
    rules = "warn above 25% for 2w, clears below 22%, alert above 35% or out of control"
    found = [one for one in mutants(rules, weak).values() if one.fate == "missed"]
    assert len(found) >= 10
    for one in found:
        with_it = f"{MODEL}indicator back = rate(complete.no) {{ {rules} }}\n{one.remedy}"
        assert mpm.run_tests(mpm.parse(with_it)).passed
        kept = "" if one.after == "nothing" else one.after
        changed = with_it.replace(one.before, kept, 1)
        assert changed != with_it
        assert not mpm.run_tests(mpm.parse(changed)).passed


def test_a_change_that_can_never_show_is_proven_to_be_none() -> None:
    """No share is above 100 %, so a dead rule may read 110 % as well; and an alert hides a warning behind it."""
    dead = mutants("warn above 100%", "given complete.no = 20% every 1w from 2026-01-05\nexpect back is ok")
    assert dead["warn above 110%"].fate == "equivalent"
    assert dead["warn above 90%"].fate == "missed"
    hidden = mutants(
        "alert above 30%, warn above 40%",
        "given complete.no = 31% every 1w from 2026-01-05\nexpect back is alert",
    )
    assert hidden["warn above 44%"].fate == "equivalent"
    assert hidden["nothing"].fate in ("equivalent", "noticed")


def test_forecasts_notice_shares_effects_lags_and_strengths() -> None:
    text = f"""{MODEL}
metric leads output unit leads
cause cycle_time -> leads {{ lag 4w, each +1d adds -60 }}
test "t" {{
  given complete.no = 40% + 0% x 7 every 1w from 2026-01-05
  given leads = 100, 102, 100, 102, 100, 102, 100, 102 every 1w from 2026-01-05
  expect leads above 1 at 2026-02-23
}}
"""
    found = mpm.mutate(mpm.parse(text))
    fates = {(one.kind, one.after): one.fate for one in found.mutants}
    assert set(fates.values()) == {"missed"}
    assert {kind for kind, _ in fates} == {"share", "effect", "lag", "strength"}
    for one in found.mutants:
        assert mpm.run_tests(mpm.parse(text + (one.remedy or ""))).passed


def test_tests_that_fail_are_not_asked() -> None:
    text = f'{MODEL}indicator back = rate(complete.no) {{ {RULE} }}\ntest "t" {{ given complete.no = 20% every 1w '
    with pytest.raises(ValueError, match='the test "t" fails as it is'):
        mpm.mutate(mpm.parse(text + "from 2026-01-05\nexpect back is warn }"))


# --- the search for a difference


def above(level: str) -> Threshold:
    return Threshold(side="above", value=level)


def test_the_shortest_series_is_found() -> None:
    one = [Rule(level="warn", condition=Held(condition=above("25%"), span="3w"))]
    two = [Rule(level="warn", condition=Held(condition=above("25%"), span="4w"))]
    found = difference(one, two, WEEK, Fraction(0), Fraction(1))
    assert found.values is not None
    assert len(found.values) == 4


def test_charts_are_told_apart_by_stories() -> None:
    one = [Rule(level="alert", condition=Either(left=above("35%"), right=OutOfControl()))]
    two = [Rule(level="alert", condition=above("35%"))]
    found = difference(one, two, WEEK, Fraction(0), Fraction(1), Fraction(1, 5))
    assert found.values is not None
    assert len(found.values) > 20


def test_a_proof_holds_with_any_truth_of_a_chart() -> None:
    one = [Rule(level="alert", condition=Either(left=OutOfControl(), right=above("100%")))]
    two = [Rule(level="alert", condition=Either(left=OutOfControl(), right=above("110%")))]
    assert difference(one, two, WEEK, Fraction(0), Fraction(1)).proven


@settings(max_examples=100)
@given(st.fractions(0, 1000, max_denominator=500), st.fractions(0, 1000, max_denominator=500))
def test_a_round_figure_lies_between(one: Fraction, two: Fraction) -> None:
    low, high = sorted((one, two))
    if low < high:
        assert low < rounded(low, high) < high


def test_values_read_well_in_their_unit() -> None:
    rules = [Rule(level="warn", condition=above(level)) for level in ("2.5d", "2.75d")]
    found = difference(rules[:1], rules[1:], WEEK, Fraction(0), None, None, Quantity(value=1, unit="d").base)
    assert found.values == (Fraction(26, 10) * 86400,)
