"""What one series foretells of another: a published example, known answers, and no links from nothing."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mpmflow.numerics.causes.lags import gamma_lag
from mpmflow.numerics.causes.transfer import NEEDED, false_discovery, transfer
from mpmflow.numerics.faults import NumericsError


def autoregressive(luck: np.random.Generator, length: int, own: float) -> np.ndarray:
    found = np.zeros(length)
    for now, surprise in enumerate(luck.normal(size=length)):
        found[now] = own * found[now - 1] + surprise if now else surprise
    return found


def test_the_leading_indicator_of_box_and_jenkins_leads_by_three_periods(shared: Callable[[str], Path]) -> None:
    """Box and Jenkins (1976), series M: changes of sales follow those of the indicator from the third period on, and
    decay by a factor of about 0.72: gain 4.8 / (1 - 0.72) = 17, mean lag 3 + 0.72 / 0.28 = 5.6.
    """
    with shared("data/marketing/bjsales/bjsales.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lead, sales = ([float(row[name]) for row in rows] for name in ("lead", "sales"))
    found = transfer(lead, sales, longest=12)
    assert found is not None
    assert (found.delay, found.differenced) == (3, True)
    assert found.p_value <= 1e-3
    assert found.gained > 0.9
    assert found.gain == pytest.approx(17.0, rel=0.1)
    assert found.mean_lag == pytest.approx(5.6, abs=0.6)
    backwards = transfer(sales, lead, longest=12)
    assert backwards is not None
    assert backwards.p_value > 0.1


@pytest.mark.parametrize("kind", ["random walks", "autoregressive .8"])
def test_independent_series_are_rarely_linked(kind: str) -> None:
    """Raw correlation links four in ten such pairs."""
    linked = 0
    for seed in range(200):
        luck = np.random.default_rng([seed, kind == "random walks"])
        if kind == "random walks":
            x, y = luck.normal(size=(2, 78)).cumsum(axis=1)
        else:
            x, y = autoregressive(luck, 78, 0.8), autoregressive(luck, 78, 0.8)
        found = transfer(x, y, longest=5)
        assert found is not None
        linked += found.p_value <= 0.05
    assert linked <= 20


def test_gain_and_lag_of_a_known_kernel_are_recovered_with_the_errors_that_are_stated() -> None:
    true_gain, kernel = 3.0, gamma_lag(3.0, 1.5)
    inside, gains, lags, surely = 0, [], [], 0
    for seed in range(20):
        luck = np.random.default_rng(seed)
        x = luck.normal(size=124)
        rest = autoregressive(luck, 124, 0.5)
        y = 40.0 + true_gain * np.convolve(x, kernel)[:124] + rest
        found = transfer(x[20:], y[20:], longest=8)
        assert found is not None
        low, high = found.interval(0.9)
        inside += low <= true_gain <= high
        gains.append(found.gain)
        lags.append(found.mean_lag)
        surely += found.p_value <= 0.05
        assert found.kernel.sum() == pytest.approx(1.0, abs=1e-12)  # all of the effect arrives
    assert np.mean(gains) == pytest.approx(true_gain, abs=0.4)
    assert np.mean(lags) == pytest.approx(3.0, abs=0.4)
    assert inside >= 15  # 18 expected; fewer than 15 come once in thirty
    assert surely >= 17


def test_gaps_are_gaps() -> None:
    """Missing figures drop their rows; what is left has the same answer as long as enough is left."""
    luck = np.random.default_rng(8)
    x = luck.normal(size=160)
    y = 10.0 + 2.0 * np.roll(x, 2) + luck.normal(size=160)
    y[[30, 31, 90]] = np.nan
    x[[60, 120]] = np.nan
    found = transfer(x, y, longest=4)
    assert found is not None
    assert found.delay == 2
    assert found.gain == pytest.approx(2.0, abs=0.3)
    assert found.periods < 150
    filled = transfer(np.nan_to_num(x), np.nan_to_num(y), longest=4)
    assert filled is not None
    assert found.gained > filled.gained, "a gap read as zero would hide the link"


def test_a_season_that_both_have_is_no_link() -> None:
    week = np.arange(156)
    luck = np.random.default_rng(5)
    wave = 4.0 * np.sin(2 * np.pi * week / 52)
    x, y = (wave + luck.normal(size=156) for _ in range(2))
    found = transfer(x, y, longest=4, season=52.0)
    assert found is not None
    assert found.p_value > 0.05


def test_what_another_known_driver_explains_is_not_given_to_the_source() -> None:
    """x only follows z, and z moves y: beside z, x says nothing."""
    luck = np.random.default_rng(3)
    z = luck.normal(size=200)
    x = np.roll(z, 1) + 0.3 * luck.normal(size=200)
    y = 2.0 * np.roll(z, 2) + luck.normal(size=200)
    alone, beside = transfer(x, y, longest=3), transfer(x, y, longest=3, others=np.roll(z, 2))
    assert alone is not None
    assert beside is not None
    assert alone.p_value <= 1e-3
    assert beside.p_value > 0.05


def test_too_little_or_nothing_that_moves_has_no_answer() -> None:
    luck = np.random.default_rng(1)
    assert transfer(luck.normal(size=NEEDED), luck.normal(size=NEEDED), longest=4) is None
    assert transfer(np.ones(100), luck.normal(size=100), longest=4) is None
    assert transfer(np.full(100, np.nan), luck.normal(size=100), longest=4) is None
    with pytest.raises(NumericsError, match="lags from 3 to 2"):
        transfer(np.ones(50), np.ones(50), shortest=3, longest=2)
    with pytest.raises(NumericsError, match="one length"):
        transfer(np.ones(50), np.ones(49), longest=2)


def test_the_same_history_has_the_same_answer() -> None:
    x, y = np.random.default_rng(2).normal(size=(2, 80))
    one, two = transfer(x, y, longest=4), transfer(x, y, longest=4)
    assert one is not None
    assert two is not None
    assert (one.gain, one.p_value, one.gained) == (two.gain, two.p_value, two.gained)


def test_corrected_for_being_many() -> None:
    """The example of Benjamini and Hochberg (1995), section 3.2: at q = .05 four of fifteen tests are found."""
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p_values += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    found = false_discovery(p_values)
    assert (found <= 0.05).sum() == 4
    assert np.isnan(false_discovery([0.01, np.nan])[1])
    assert (np.diff(found) >= 0).all()
