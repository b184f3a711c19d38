"""What tests exercise: clauses, outcomes, causes; and the gaps, each with its place."""

from __future__ import annotations

import mpmflow as mpm
from mpmflow.testing import page

MODEL = """\
workflow w {
  step brief takes 1d
  decision complete { yes, no 20% -> brief rework }
}
metric cycle_time operational = time(w) unit d lower is better
metric leads output unit leads
cause cycle_time -> leads { lag 4w, each +1d adds -6 }
indicator back = rate(complete.no) { warn above 25% for 1w, clears below 22%, alert above 35% or below 2% }
"""


def states(block: str) -> dict[str, str]:
    coverage = mpm.rule_coverage(mpm.parse(f'{MODEL}test "t" {{\n{block}\n}}\n'))
    return {row.name: row.state for row in coverage.items}


def test_nothing_is_covered_without_a_test() -> None:
    coverage = mpm.rule_coverage(mpm.parse(MODEL))
    assert coverage.share == 0.0
    assert {row.state for row in coverage.items} == {"never evaluated"}
    assert len(coverage.items) == 6 + 2 + 1


def test_a_clause_counts_as_far_as_an_expectation_looks() -> None:
    seen = states("given complete.no = 20%, 30%, 30%, 50% every 1w from 2026-01-05\nexpect back is warn at 2026-01-19")
    assert seen["back/rules.0/condition"] == "both"
    assert seen["back/rules.0/condition/condition"] == "both"
    assert seen["back/rules.0/clears"] == "both"
    assert seen["back/rules.1/condition"] == "only ever false"  # 50 % comes later
    assert seen["back/rules.1/condition/right"] == "only ever false"


def test_a_clause_of_an_indicator_nobody_expects_anything_of_is_never_evaluated() -> None:
    seen = states("given complete.no = 50% every 1w from 2026-01-05\nexpect cycle_time above 1d")
    assert seen["back/rules.1/condition"] == "never evaluated"
    assert seen["complete.no"] == "only ever above plan"
    assert seen["complete.yes"] == "only ever up to plan"


def test_a_cause_counts_when_an_expected_forecast_comes_through_it() -> None:
    rows = "given leads = 100 + 0 x 7 every 1w from 2026-01-05\nexpect leads above 1"
    worse = states(f"given complete.no = 50% + 0% x 7 every 1w from 2026-01-05\n{rows}")
    assert worse["cause:cycle_time->leads"] == "only ever falls"
    assert states(rows)["cause:cycle_time->leads"] == "never evaluated"


def test_the_page_names_gaps_with_their_places() -> None:
    coverage = mpm.rule_coverage(mpm.parse(MODEL, name="w.mpm"))
    text = page.coverage(coverage)
    assert text.startswith("Coverage 0%\n  0 of 6 clauses of rules exercised both ways\n")
    assert "w.mpm:8:" in text
    assert "never evaluated: back: warn above 25% for 1w, clears below 22%: `above 25%`" in text
    assert "w.mpm:7:1: never evaluated: cause cycle_time -> leads" in text
