"""Control charts through the language: `out of control by …` in a file, states out of a series."""

from __future__ import annotations

import numpy as np
import pytest

import mpmflow as mpm
from mpmflow.analysis.rules import Series, follow
from mpmflow.diagnostics.errors import MpmError

CALM = "19%, 21%, " * 10  # mean 20 %, moving ranges of 2 points: sd = 2 / 1.128 = 1.77 points
MODEL = """\
workflow w {{
  step brief takes 1d
  decision complete {{ yes, no 20% -> brief rework }}
}}
metric speed operational = time(w) unit d
indicator back = rate(complete.no) {{ alert out of control{by} }}
test "t" {{
  given complete.no = {calm}{values} every 1w from 2026-01-05
  expect back is {state}
}}
"""


def passes(by: str, values: str, state: str) -> bool:
    text = MODEL.format(by=by, calm=CALM, values=values, state=state)
    return bool(mpm.run_tests(mpm.parse(text)).passed)


@pytest.mark.parametrize(
    ("by", "quiet", "loud"),
    [
        ("", "25%", "25.5%"),
        ("", "20.5% + 0% x 5", "20.5% + 0% x 6"),
        (" by limits", "20.5% + 0% x 9", "14.5%"),
        (" by western_electric", "23.7%, 20%, 20%, 23.7%", "23.7%, 20%, 23.7%"),
        (" by western_electric", "22%, 22%, 20%, 22%", "22%, 22%, 20%, 22%, 22%"),
        (" by nelson", "20.1%, 20.2%, 20.3%, 20.4%", "20.1%, 20.2%, 20.3%, 20.4%, 20.5%, 20.6%"),
        (" by ewma", "22% + 0% x 3", "22% + 0% x 11"),
        (" by cusum", "22% + 0% x 3", "22% + 0% x 11"),
        (' by rule "2 of 3 beyond 2 sigma"', "23.7%, 16%", "23.7%, 20%, 23.7%"),
        (' by rule "3 in a row rising or falling"', "20%, 21%", "20%, 21%, 22%"),
        (' by rule "4 in a row beyond 1 sigma"', "22%, 18%, 22%", "22%, 18%, 22%, 18%"),
    ],
)
def test_each_chart_signals_when_its_rule_says(by: str, quiet: str, loud: str) -> None:
    assert passes(by, quiet, "ok")
    assert passes(by, loud, "alert")


def test_before_the_baseline_is_over_no_chart_says_anything() -> None:
    text = MODEL.format(by=" by ewma", calm="", values="19%, 21%, 80%, 80%, 80%", state="ok")
    assert mpm.run_tests(mpm.parse(text)).passed


def test_the_failure_tells_the_mean_of_an_ewma_chart_and_its_limits() -> None:
    text = MODEL.format(by=" by ewma", calm=CALM, values="26%, 26%", state="ok")
    (case,) = mpm.run_tests(mpm.parse(text)).cases
    clause = case.verdicts[0].why[0].parts[0]
    assert clause.value == pytest.approx(0.2 + 0.06 * (1 - 0.8**2))
    assert clause.high is not None
    assert 0.2 < clause.high < clause.value


def test_a_baseline_that_never_moved_makes_any_change_a_signal() -> None:
    values = np.array([0.2] * 30 + [0.21])  # the mean of these differs from 0.2 in its last digit
    for by in ("", " by limits", " by cusum", " by ewma", " by nelson"):
        model = mpm.parse(MODEL.format(by=by, calm="", values="20%", state="ok"))
        states = follow(model.declared_indicators["back"].rules, Series(values, 604800.0)).states
        assert set(states[:-1]) == {"ok"}
        assert states[-1] == "alert"


def test_arrivals_of_a_log_have_the_limits_of_counts() -> None:
    """Nine a week on average, so the limits are 0 and 18 a week, however little the baseline happened to vary."""
    text = MODEL.format(by="", calm="", values="20%", state="ok").replace("rate(complete.no)", "w.arrivals")
    rules = (
        mpm.parse(text.replace("workflow w {", "workflow w {\n  arrivals 9 per week")).declared_indicators["back"].rules
    )
    week = 604800.0
    counts = np.array([9.0] * 20 + [18.0, 19.0])
    series = Series(counts / week, week, np.full(22, week), "rates")
    assert follow(rules, series).states[-2:] == ("ok", "alert")


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (' by rule "2 of 3 above 2 sigma"', "`2 of 3 above 2 sigma` is no pattern of points on a control chart"),
        (' by rule "4 of 3 beyond 2 sigma"', "`4 of 3 beyond 2 sigma` is no pattern"),
        (" by rule", "`out of control by rule` needs a pattern of points behind it"),
        (' by ewma "often"', "`out of control by ewma` takes no text"),
        (" by shewhart", "`by` names the control chart, and `shewhart` is none"),
    ],
)
def test_what_is_no_chart_is_said(by: str, said: str) -> None:
    with pytest.raises(MpmError, match=said):
        mpm.parse(MODEL.format(by=by, calm="", values="20%", state="ok"))


def test_a_chart_is_written_back_as_it_was_read() -> None:
    for by in (" by ewma", ' by rule "8 in a row on one side"', ""):
        model = mpm.parse(MODEL.format(by=by, calm="", values="20%", state="ok"))
        assert f"alert out of control{by}\n" in model.to_text()
        assert mpm.parse(model.to_text()) == model
        assert mpm.Model.model_validate_json(model.model_dump_json()) == model
