"""`test` blocks run: what is given, what is expected, what is said when it does not hold."""

from __future__ import annotations

import pytest

import mpmflow as mpm
from mpmflow.testing import assert_level, assert_state, given, page
from mpmflow.testing.cases import cases_of
from mpmflow.testing.clock import given_in
from mpmflow.testing.results import TestRun

MODEL = """\
workflow w "Campaign" {
  arrivals 3 per week
  team desk { people 2 }
  step brief by desk takes 1d
  decision complete "Is it complete?" by desk takes 1h { yes, no 20% -> brief rework }
  parallel assets {
    branch { step copy takes 1d }
    branch { step media takes 2d }
  }
  decision legal { approve, later 5% -> legal delay 2d, reject 5% scrap }
}
metric cycle_time operational = time(w) unit d lower is better
metric spend activity unit eur
metric leads output unit leads
metric cost_per_lead operational = spend / leads
indicator back "Sent back" = rate(complete.no) {
  expect 20%
  warn above 25% for 2w, clears below 22%
  alert above 35%
}
indicator price = cost_per_lead { warn above 50 eur/leads }
indicator coming = w.arrivals { warn below 2 per week }
indicator lost = legal.approve { warn below 85% }
"""


def run(block: str, rest: str = "") -> TestRun:
    return mpm.run_tests(mpm.parse(f'{MODEL}{rest}\ntest "t" {{\n{block}\n}}\n'))


def holds(*lines: str) -> bool:
    return bool(run("\n".join(lines)).passed)


WEEKS = "given complete.no = 20%, 24%, 31%, 33%, 34%, 30%, 24%, 21% every 1w from 2026-01-05"


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2026-01-05", "ok"),
        ("2026-01-18", "ok"),
        ("2026-01-19", "pending"),
        ("2026-01-25", "pending"),
        ("2026-02-02", "warn"),
        ("2026-02-16", "warn"),
        ("2026-02-23", "ok"),
        ("2026-03-02", "unknown"),
    ],
)
def test_a_state_is_that_of_the_evening_and_knows_nothing_later(day: str, state: str) -> None:
    assert holds(WEEKS, f"expect back is {state} at {day}")
    other = "ok" if state != "ok" else "warn"
    assert not holds(WEEKS, f"expect back is {other} at {day}")


def test_without_a_date_the_last_evening_is_meant() -> None:
    assert holds(WEEKS, "expect back is ok")


def test_within_a_span_one_evening_is_enough_and_none_before_the_day_counts() -> None:
    assert holds(WEEKS, "expect back is warn within 2w of 2026-01-20")
    assert not holds(WEEKS, "expect back is warn within 1w of 2026-01-20")
    assert not holds(WEEKS, "expect back is pending within 4w of 2026-02-02")


def test_silence_is_of_the_whole_test() -> None:
    assert holds(WEEKS, "expect no alert on back")
    assert not holds(WEEKS, "expect no warn on back")
    assert not holds("given complete.no = 20%, 40%, 20% every 1w from 2026-01-05", "expect no alert on back")


def test_a_missing_value_neither_fires_nor_clears() -> None:
    fires = "given complete.no = 30%, 30%, 30%, _, _, 21% every 1w from 2026-01-05"
    assert holds(fires, "expect back is warn at 2026-01-26", "expect back is warn at 2026-02-02")
    assert holds(fires, "expect back is ok at 2026-02-09")
    waits = "given complete.no = 30%, 30%, _, 30%, 30% every 1w from 2026-01-05"
    assert holds(waits, "expect back is unknown at 2026-01-19", "expect back is pending at 2026-02-02")


def test_what_is_not_given_is_as_expected() -> None:
    calm = "given spend = 100 eur every 1w from 2026-01-05"
    assert holds(calm, "expect back is ok", "expect coming is ok", "expect lost is ok")
    assert holds(calm, "expect complete.yes above 79%", "expect complete.yes below 81%")
    other_side = "given legal.reject = 20% every 1w from 2026-01-05"
    assert holds(other_side, "expect legal.approve below 76%", "expect legal.approve above 74%", "expect lost is warn")
    assert holds(calm, "expect price is unknown")


def test_a_formula_reads_what_is_given() -> None:
    rows = ("given spend = 4k eur, 6k eur every 1w from 2026-01-05", "given leads = 100, 100 every 1w from 2026-01-05")
    assert holds(*rows, "expect price is ok at 2026-01-05", "expect price is warn at 2026-01-12")
    assert holds(*rows, "expect price above 59 eur/leads", "expect price below 61 eur/leads")  # observed that week
    assert holds(
        *rows, "expect cost_per_lead above 45 eur/leads", "expect cost_per_lead below 55 eur/leads"
    )  # forecast


def test_a_metric_is_what_risk_forecasts_that_evening() -> None:
    def forecast(weeks: str) -> float:
        (case,) = run(f"{weeks}\nexpect cycle_time above 1d at 2026-02-02").cases
        return float(case.verdicts[0].got.split()[1].removesuffix("d,"))

    calm = WEEKS.replace("24%, 31%, 33%, 34%", "20%, 20%, 20%, 20%")  # what comes after 2026-02-02 is not known yet
    assert forecast(WEEKS) > forecast(calm) + 0.05
    assert forecast(calm) == forecast(calm.replace("30%, 24%", "90%, 90%"))
    assert holds(WEEKS, f"expect cycle_time above {forecast(calm)}d at 2026-02-02")
    assert not holds(calm, f"expect cycle_time above {forecast(WEEKS)}d at 2026-02-02")


def test_delay_and_rework_rise_where_cases_come_again() -> None:
    assert holds(WEEKS, "expect rework at brief rises at 2026-02-02", "expect delay at brief rises at 2026-02-02")
    assert holds(WEEKS, "expect delay at desk rises at 2026-02-02")
    assert not holds(WEEKS, "expect rework at brief falls at 2026-02-02")
    assert not holds(WEEKS, "expect delay at copy rises at 2026-02-02")
    better = "given complete.no = 5% + 0% x 5 every 1w from 2026-01-05"
    assert holds(better, "expect rework at brief falls")
    lost = "given legal.later = 40% + 0% x 5 every 1w from 2026-01-05"
    assert holds(lost, "expect delay at legal rises")


def test_series_of_two_spacings_share_the_finer_grid() -> None:
    rows = (
        "given spend = 4k eur, 6k eur every 2w from 2026-01-05",
        "given leads = 100, 100, 100, 200 every 1w from 2026-01-05",
    )
    assert holds(*rows, "expect price is ok at 2026-01-12", "expect price is warn at 2026-01-19", "expect price is ok")


def test_months_are_those_of_the_calendar() -> None:
    model = mpm.parse(f'{MODEL}test "t" {{ given spend = 1 eur + 1 eur x 3 every 1mo from 2026-01-31 }}')
    (case,) = cases_of(model)
    days = [start.date().isoformat() for start in given_in(case).starts]
    assert days == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]


def test_a_row_of_examples_is_a_test_of_its_own() -> None:
    block = """
      examples | share | state | day        |
               | 20%   | ok    | 2026-01-05 |
               | 40%   | ok    | 2026-01-05 |
               | 40%   | alert | 2026-01-05 |
      given complete.no = share + 0% x 3 every 1w from day
      expect back is state at 2026-01-26
    """
    found = run(block)
    assert [case.passed for case in found.cases] == [True, False, True]
    assert found.cases[1].name == "t [share 40%, state ok, day 2026-01-05]"


def test_a_cell_that_is_no_date_is_said() -> None:
    block = "examples | day |\n | soon |\n given complete.no = 20% every 1w from day\n expect back is ok"
    (case,) = run(block).cases
    assert case.fault == "`soon` in the examples is no date; write it as 2026-02-02"
    assert not case.passed


def test_a_failure_names_the_clause_that_decided() -> None:
    found = run(f"{WEEKS}\n  expect back is alert at 2026-02-02")
    text = page.failures(found)
    assert 'error[test-failed] "t": expected back is alert at 2026-02-02, got warn (34%)' in text
    assert "  expect back is alert at 2026-02-02\n" in text
    assert "  ^^^^" in text
    assert "note: warn above 25% for 2w, clears below 22%: fires" in text
    assert "above 25%: true, the value is 34%" in text
    assert "alert above 35%: does not fire" in text
    assert page.summary(found) == "1 failed"


def test_a_forecast_without_a_level_says_what_to_give() -> None:
    (case,) = run(f"{WEEKS}\nexpect leads above 3 leads at 2026-02-02").cases
    (verdict,) = case.verdicts
    assert (verdict.passed, verdict.got) == (False, "unknown")
    assert verdict.hint.startswith("Nothing given tells its level: give values of `leads`")


def test_titles_pick_tests() -> None:
    model = mpm.parse(MODEL + f'test "one" {{ {WEEKS} }}\ntest "Two" {{ {WEEKS} }}')
    assert [case.name for case in mpm.run_tests(model, match="two").cases] == ["Two"]


def test_helpers_in_python_say_what_a_block_says() -> None:
    model = mpm.parse(MODEL)
    seen = given(model, {"complete.no": ["20%", "24%", "31%", 0.33, "34%"]}, start="2026-01-05")
    assert_state(seen, "back", "warn", at="2026-02-02")
    assert_level(seen, "back", "above", "33%", at="2026-02-02")
    with pytest.raises(AssertionError, match="expected back is ok at 2026-02-02, got warn") as failed:
        assert_state(seen, "back", "ok", at="2026-02-02")
    assert "warn above 25% for 2w, clears below 22%: fires" in str(failed.value)
    with pytest.raises(KeyError, match="did you mean complete"):
        given(model, {"complete.on": ["20%"]})
    with pytest.raises(KeyError, match="no indicator with rules"):
        assert_state(seen, "leads", "ok")
