"""Ready-made figures of marketing: by hand, by published examples, and as evaluations use them."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mpmflow as mpm
from mpmflow.analysis.formula import evaluate_expression
from mpmflow.compiler.functions import FUNCTIONS
from mpmflow.compiler.kpis import KPIS


class Nothing:
    """A lookup for formulas of figures alone."""

    period = 604800.0

    def value(self, name: str):
        raise KeyError(name)


def value(formula: str) -> float:
    """What a formula of figures comes to."""
    model = mpm.parse(f"metric x outcome = {formula}\n")
    return float(evaluate_expression(model.metrics["x"].formula, Nothing()))


BY_HAND = [
    ("roi(150k eur, 100k eur)", 0.5),
    ("romi(500k eur, 40%, 100k eur)", 1.0),  # 200k of margin for 100k of spend
    ("roas(500k eur, 100k eur)", 5.0),
    ("margin(80 eur, 60 eur)", 0.25),
    ("payback(300 eur, 25 eur)", 12.0),
    ("break_even(30k eur, 25 eur, 10 eur)", 2000.0),
    ("cost_per(2600 eur, 65)", 40.0),
    ("cac(90k eur, 300)", 300.0),
    ("conversion(30, 1200)", 0.025),
    ("win_rate(12, 36)", 0.25),
    ("pipeline_contribution(300k eur, 1.2M eur)", 0.25),
    ("pipeline_coverage(1.2M eur, 400k eur)", 3.0),
    ("pipeline_coverage(1.2M eur, 400k eur, 100k eur)", 4.0),
    ("pipeline_velocity(40, 9k eur, 25%, 60d)", 40 * 9000 * 0.25 / (60 * 86400)),  # 1,500 eur a day
    ("share_of(24, 96)", 0.25),
    ("relative_share(24, 32)", 0.75),
    ("clv(100 eur, 60%, 5%)", 1200.0),
    ("clv(100 eur, 60%, 10%, 5%)", 420.0),
    ("residual_clv(100 eur, 60%, 10%, 5%)", 360.0),
    ("clv_within(100 eur, 60%, 10%, 0%, 3)", 60 * (1 + 0.9 + 0.81)),
    ("churn(30, 1200)", 0.025),
    ("retention(30, 1200)", 0.975),
    ("gross_churn(6k eur, 2k eur, 200k eur)", 0.04),
    ("net_churn(6k eur, 2k eur, 12k eur, 200k eur)", -0.02),
    ("net_retention(6k eur, 2k eur, 12k eur, 200k eur)", 1.02),
    ("nps(45, 15, 100)", 0.3),
]


@pytest.mark.parametrize(("formula", "expected"), BY_HAND)
def test_a_figure_by_hand(formula: str, expected: float) -> None:
    assert value(formula) == pytest.approx(expected, rel=1e-12)


def test_every_figure_has_been_worked_out_by_hand() -> None:
    done = {formula.partition("(")[0] for formula, _ in BY_HAND} | {"growth"}
    assert done == {entry.name for entry in KPIS}


def test_lifetime_value_of_the_internet_provider() -> None:
    """Farris and others, Marketing Metrics, ch. 5: 19.95 a month less 1.50 of cost and 6 a year to keep the customer,
    0.5 % leave a month, 1 % discount a month: 1,209 with the payment of now, 1,191 without it.
    """
    margin = "19.95 eur - 1.50 eur - 6 eur / 12"
    assert value(f"clv({margin}, 100%, 0.5%, 1%)") == pytest.approx(1209, abs=0.5)
    assert value(f"residual_clv({margin}, 100%, 0.5%, 1%)") == pytest.approx(1191, abs=0.5)


@pytest.mark.parametrize(
    ("retention", "discount", "multiple"), [(0.9, 0.12, 4.09), (0.8, 0.10, 2.67), (0.6, 0.16, 1.07)]
)
def test_the_margin_multiple_of_gupta_and_lehmann(retention: float, discount: float, multiple: float) -> None:
    """The value of one of margin a year: retention / (1 + discount - retention)."""
    assert value(f"residual_clv(1 eur, 100%, {1 - retention:.6f}, {discount})") == pytest.approx(multiple, abs=0.005)


@given(st.integers(1, 60), st.integers(1, 30), st.integers(0, 20))
def test_lifetime_value_is_the_sum_of_its_payments(periods: int, churn: int, discount: int) -> None:
    """Payment t comes with the chance to have stayed t times, discounted t times."""
    kept = (1 - churn / 100) / (1 + discount / 100)
    within = value(f"clv_within(80 eur, 50%, {churn}%, {discount}%, {periods})")
    assert within == pytest.approx(sum(40.0 * kept**t for t in range(periods)), rel=1e-9)
    whole, rest = (value(f"{name}(80 eur, 50%, {churn}%, {discount}%)") for name in ("clv", "residual_clv"))
    assert whole == pytest.approx(rest + 40.0, rel=1e-9)
    assert within <= whole * (1 + 1e-12)
    assert value(f"clv_within(80 eur, 50%, {churn}%, {discount}%, 5000)") == pytest.approx(whole, rel=1e-6)


def test_deals_per_time_by_littles_law() -> None:
    """Forty deals that take sixty days are decided at 40 / 60 a day, and a quarter of them brings 9,000 each."""
    per_day = value("pipeline_velocity(40, 9k eur, 25%, 60d)") * 86400
    assert per_day == pytest.approx(40 / 60 * 0.25 * 9000)


def test_without_anybody_to_divide_by_there_is_no_figure() -> None:
    for formula in ("roi(1 eur, 0 eur)", "conversion(0, 0)", "win_rate(0, 0)", "clv(1 eur, 50%, 0%, 0%)"):
        assert np.isnan(value(formula)), formula


MODEL = """
metric sales  outcome  unit eur higher is better allow blind-metric "from the accounts"
metric spend  activity unit eur
metric yearly outcome = growth(sales, 4w)
metric return_ outcome = romi(sales, 40%, spend) higher is better target at least 50% by 2026-04-26
cause spend -> sales { lag 1w, each +1 eur adds 2 eur }
objective grow department { measured by return_, sales, yearly, owner "CMO" }
data { series "weekly.csv" { time week } }
"""


@pytest.fixture(scope="module")
def evaluation():
    days = np.array("2026-01-05", dtype="datetime64[D]") + 7 * np.arange(12)
    spend = np.array([100.0] * 10 + [140.0] * 2)
    weekly = {"week": days.astype(str).tolist(), "spend": spend.tolist(), "sales": [400.0] * 11 + [480.0]}
    return mpm.evaluate(mpm.parse(MODEL), series=pandas.DataFrame(weekly))


def test_what_moves_an_argument_moves_the_figure(evaluation) -> None:
    """The forecast is the formula of the forecasts; its change comes from the spend, also by way of the sales."""
    row, sales, spend = (evaluation.metric(name) for name in ("return_", "sales", "spend"))
    assert row.forecast == pytest.approx(sales.forecast * 0.4 / spend.forecast - 1, rel=1e-6)
    assert row.forecast < row.baseline  # more sales, but not as much more as was spent
    assert next(iter(row.by)) == "spend"
    assert sum(row.by.values()) == pytest.approx(row.change)


def test_growth_is_observed_over_its_span(evaluation) -> None:
    seen = [point.value for point in evaluation.course("yearly").seen]
    assert seen[:4] == [None] * 4
    assert seen[4:] == pytest.approx([0.0] * 7 + [0.2])


WRONG = [
    ("romi(spend, leads / leads, age)", "unit-mismatch"),
    ("romi(spend, age, spend)", "not-a-share-argument"),
    ("payback(spend, leads)", "unit-mismatch"),
    ("break_even(spend, 9 eur, 3d)", "unit-mismatch"),
    ("pipeline_velocity(leads, spend, 25%, leads)", "not-a-share-argument"),
    ("clv_within(spend, 50%, 3%, 1%, age)", "not-a-share-argument"),
    ("net_churn(spend, spend, age, spend)", "unit-mismatch"),
    ("clv(spend, 50%)", "wrong-arguments"),
    ("growth(spend, 4)", "wrong-arguments"),
]


@pytest.mark.parametrize(("formula", "code"), WRONG)
def test_what_does_not_fit_is_told(formula: str, code: str) -> None:
    text = "metric spend activity unit eur\nmetric leads output unit leads\nmetric age output unit d\n"
    with pytest.raises(mpm.MpmError) as caught:
        mpm.parse(f"{text}metric x outcome = {formula}\n")
    assert [one.code for one in caught.value.diagnostics if one.severity == "error"] == [code]


def test_a_wrong_call_is_told_the_names_of_the_arguments() -> None:
    assert FUNCTIONS["clv"].usage == ("clv(revenue, margin, churn)", "clv(revenue, margin, churn, discount)")
