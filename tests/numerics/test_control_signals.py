"""Control charts against published limits and signals, mostly of the NIST/SEMATECH e-Handbook of Statistical Methods,
section 6.3 (https://www.itl.nist.gov/div898/handbook/pmc/section3/pmc3.htm).
"""

from __future__ import annotations

import numpy as np
import pytest

from mpmflow.numerics.faults import NumericsError
from mpmflow.numerics.statistics.control import individuals_chart, rate_chart, share_chart
from mpmflow.numerics.statistics.control_signals import cusum, ewma, pattern


def test_individuals_chart_of_the_flow_rates() -> None:
    """NIST 6.3.2.2: ten flow rates, mean 50.81, mean moving range 1.8778, limits 45.8159 and 55.8041."""
    rates = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    chart = individuals_chart(rates)
    assert float(chart.centre) == pytest.approx(50.81)
    assert (chart.low[0], chart.high[0]) == pytest.approx((45.8159, 55.8041), abs=0.002)  # 1.128 is rounded there
    assert not chart.beyond.any()


def test_p_chart_of_the_wafers() -> None:
    """NIST 6.3.3.2: thirty wafers of fifty chips, mean 0.2313, limits 0.0524 and 0.4102; wafers 15 and 23 are out."""
    bad = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
    chart = share_chart(bad, [50] * 30)
    assert float(chart.centre) == pytest.approx(0.2313, abs=5e-5)
    assert (chart.low[0], chart.high[0]) == pytest.approx((0.0524, 0.4102), abs=1e-4)
    assert (np.flatnonzero(chart.beyond) + 1).tolist() == [15, 23]


def test_c_chart_of_the_wafers() -> None:
    """NIST 6.3.3.1: 25 wafers with 400 defects, mean 16, limits 4 and 28; wafer 24 with 31 is out, 28 is not."""
    found = [16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14, 16, 15, 13, 14, 16, 11, 20, 11, 19, 16, 31, 13]
    chart = rate_chart(found, [1.0] * 25)
    assert sum(found) == 400
    assert (float(chart.centre), chart.low[0], chart.high[0]) == (16.0, 4.0, 28.0)
    assert (np.flatnonzero(chart.beyond) + 1).tolist() == [24]


def test_a_u_chart_is_wider_where_less_stands_behind_a_rate() -> None:
    chart = rate_chart([16] * 8 + [8, 8], [1.0] * 8 + [0.5, 0.125])
    assert float(chart.centre) == pytest.approx(144 / 8.625)
    assert chart.high[8] < chart.high[9]
    assert not chart.beyond[8]
    assert chart.beyond[9]


def test_ewma_chart_of_the_handbook() -> None:
    """NIST 6.3.2.4: centre 50, sd 2.0539, weight 0.3; limits 52.5884 and 47.4115, all twenty points inside."""
    values = np.array([
        52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5,
        49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1,
    ])  # fmt: skip
    told = [
        50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33,
        50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99,
    ]  # fmt: skip
    mean, limit = ewma((values - 50.0) / 2.0539, weight=0.3, sds=3.0)
    assert (50.0 + 2.0539 * mean).tolist() == pytest.approx(told, abs=0.0051)
    assert 50.0 + 2.0539 * limit[-1] == pytest.approx(52.5884, abs=2e-4)
    assert 50.0 - 2.0539 * limit[-1] == pytest.approx(47.4115, abs=2e-4)
    assert not (np.abs(mean) > limit).any()


def test_tabular_cusum_of_the_concentrations() -> None:
    """Montgomery and Runger, Applied Statistics and Probability for Engineers, table 16-8: target 99, K = 1, H = 10."""
    values = np.array([
        102.0, 94.8, 98.3, 98.4, 102.0, 98.5, 99.0, 97.7, 100.0, 98.1,
        101.3, 98.7, 101.1, 98.4, 97.0, 96.7, 100.3, 101.4, 97.2, 101.0,
    ])  # fmt: skip
    high = [2.0, 0, 0, 0, 2.0, 0.5, 0, 0, 0, 0, 1.3, 0, 1.1, 0, 0, 0, 0.3, 1.7, 0, 1.0]
    low = [0, 3.2, 2.9, 2.5, 0, 0, 0, 0.3, 0, 0, 0, 0, 0, 0, 1.0, 2.3, 0, 0, 0.8, 0]
    up, down, limit = cusum((values - 99.0) / 2.0, slack=0.5, limit=5.0)
    assert (2.0 * up).tolist() == pytest.approx(high, abs=1e-9)
    assert (2.0 * down).tolist() == pytest.approx(low, abs=1e-9)
    assert 2.0 * limit == 10.0
    assert not ((up > limit) | (down > limit)).any()


def test_cusum_of_the_handbook_signals_from_group_fourteen_on() -> None:
    """NIST 6.3.2.3: target 325, k = 0.3175, h = 4.1959, in the units of the measurements."""
    values = np.array([
        324.93, 324.68, 324.73, 324.35, 325.35, 325.23, 324.13, 324.53, 325.23, 324.60,
        324.63, 325.15, 328.33, 327.25, 327.83, 328.50, 326.68, 327.78, 326.88, 328.35,
    ])  # fmt: skip
    up, down, limit = cusum(values - 325.0, slack=0.3175, limit=4.1959)
    assert up[[4, 12, 13, 14, 15, 19]].tolist() == pytest.approx([0.03, 3.01, 4.94, 7.45, 10.63, 19.04], abs=0.02)
    assert (np.flatnonzero(up > limit) + 1).tolist() == list(range(14, 21))
    assert not (down > limit).any()


@pytest.mark.parametrize(
    ("story", "count", "of", "shape", "sigma", "signals"),
    [
        ("0 2.1 0 2.1 0", 2, 3, "beyond", 2.0, [4]),
        ("0 2.1 0 -2.1 0", 2, 3, "beyond", 2.0, []),
        ("2.1 _ 2.1", 2, 2, "beyond", 2.0, [3]),
        ("1.1 1.1 0 1.1 1.1", 4, 5, "beyond", 1.0, [5]),
        ("1.1 -1.1 1.1 -1.1", 4, 4, "far", 1.0, [4]),
        (".1 -.1 .9 -.9 1.1", 4, 4, "within", 1.0, [4]),
        ("1 1 1 -1 1 1 1", 3, 3, "one side", 0.0, [3, 7]),
        ("1 2 3 3 4 5", 3, 3, "rising or falling", 0.0, [3, 6]),
        ("3 2 1 _ 0", 4, 4, "rising or falling", 0.0, [5]),
        ("1 2 1 2 2 1", 4, 4, "up and down", 0.0, [4]),
    ],
)
def test_patterns_of_points(story: str, count: int, of: int, shape: str, sigma: float, signals: list[int]) -> None:
    z = [float("nan") if word == "_" else float(word) for word in story.split()]
    assert (np.flatnonzero(pattern(z, count, of, shape, sigma)) + 1).tolist() == signals


def test_what_is_no_chart_is_refused() -> None:
    with pytest.raises(NumericsError):
        pattern([1.0], 1, 1, "sideways")
    with pytest.raises(NumericsError):
        pattern([1.0], 3, 2, "beyond", 1.0)
    with pytest.raises(NumericsError):
        ewma([1.0], weight=0.0)
    with pytest.raises(NumericsError):
        rate_chart([-1.0], [1.0])


def test_false_alarms_are_as_rare_as_said() -> None:
    """In control, an EWMA chart signals once in about 500 periods, a CUSUM once in about 465."""
    z = np.random.default_rng(1).standard_normal((1500, 400))
    mean, limit = ewma(z)
    up, down, decision = cusum(z)
    for flags, usual in ((np.abs(mean) > limit, 500.0), ((up > decision) | (down > decision), 465.0)):
        first = np.where(flags.any(axis=0), flags.argmax(axis=0) + 1.0, 1500.0)
        rate = flags.any(axis=0).sum() / first.sum()
        assert 1.0 / rate == pytest.approx(usual, rel=0.2)
