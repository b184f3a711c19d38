"""Scenarios made today, from what was observed: how each forecast differs, and the interval of that difference."""

from __future__ import annotations

import pytest

import mpmflow as mpm
from mpmflow.analysis.risk.evaluate import evaluate
from mpmflow.analysis.scenarios.whatif import LeverError, apply

from .risk_data import DAY, observed
from .test_crowds import MODEL, TEXT, WEEKS, row, weekly

LAWYER = {"legal.people": 2}
CAUSES = """
metric deals outcome unit deals higher is better
cause days -> deals { lag 1w, each +1d adds -2, confidence 50% }
"""


def asked(*scenarios, model=MODEL, **shares):
    data = observed(WEEKS, outcomes=weekly(**shares), series={"deals": (100.0,) * WEEKS})
    return evaluate(model, data, scenarios=scenarios, draws=2000)


@pytest.fixture(scope="module")
def busier():
    return asked(LAWYER, {"ok.no": "10%"}, ok_no=0.25)


def difference(evaluation, metric, scenario=0):
    return next(one for one in evaluation.scenarios[scenario].metrics if one.name == metric)


def test_one_lawyer_more_gains_what_the_exact_engine_says(busier):
    share = {"ok.no": busier.indicator("ok.no").estimate}
    sound = {"sound.no": busier.indicator("sound.no").estimate}
    today, then = mpm.analyze(apply(MODEL, share | sound)), mpm.analyze(apply(MODEL, share | sound | LAWYER))
    for metric, workflow in (("days", "campaign"), ("contract_days", "contract")):
        exact = then[workflow]["time.mean"] - today[workflow]["time.mean"]
        assert difference(busier, metric).difference == pytest.approx(exact, rel=1e-6)


def test_the_interval_is_that_of_the_difference(busier):
    """The busier legal turns out to be, the more a second lawyer takes off; the interval holds the expected figure."""
    found = difference(busier, "contract_days")
    assert found.low < found.difference < found.high < 0.0
    assert found.p_better > 0.99
    assert found.p_miss < found.p_miss_today


def test_what_a_scenario_does_not_touch_is_left_out(busier):
    assert [one.name for one in busier.scenarios[0].metrics] == ["days", "contract_days"]
    assert [one.name for one in asked({"ok.no": 0.1}).scenarios[0].metrics] == []


def test_a_share_set_back_gains_what_the_action_says(busier):
    action = next(one for one in busier.actions if one.lever == "ok.no")
    assert difference(busier, "days", scenario=1).difference == pytest.approx(action.gains["days"], rel=1e-3)


def test_doubtful_causes_make_the_difference_doubtful():
    """A strength with 50 % confidence: the deals that a lawyer brings are known to half of themselves."""
    model = mpm.parse(TEXT.replace("quiet_days\n", "quiet_days, deals\n") + CAUSES)
    found = asked(LAWYER, model=model)
    deals = difference(found, "deals")
    assert deals.difference == pytest.approx(-2 * difference(found, "days").difference / DAY, rel=1e-6)
    assert deals.low < 0.3 * deals.difference
    assert deals.high > 1.7 * deals.difference


def test_days_and_deals_are_told_in_the_document(busier):
    told = busier.to_dict()["scenarios"][0]
    assert told["name"] == "scenario 1"
    assert told["metrics"][0]["difference"] < 0.0
    assert row(busier, "review").pool_time > 0.0


def test_a_lever_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(LeverError, match=r"legal\.people"):
        asked({"legal.poeple": 2})


def test_a_scenario_that_is_not_there_is_refused():
    with pytest.raises(LeverError, match="there is no scenario of that name"):
        asked("second_lawyer")
