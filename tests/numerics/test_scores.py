"""Scores of forecasts: equal to an independent library, honest about luck, and recalibration that cannot run away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mpmflow.numerics.statistics.scores import (
    Recalibration,
    average,
    blocks,
    brier,
    crps,
    pinball,
    position,
    recalibration,
    reliability,
    skill,
)

REAL = st.floats(-1e4, 1e4, allow_subnormal=False)


@pytest.mark.parametrize("draws", [1, 2, 7, 400])
def test_scores_of_distributions_equal_those_of_scoringrules(draws: int) -> None:
    rules = pytest.importorskip("scoringrules", reason="optional: scoringrules")
    luck = np.random.default_rng(draws)
    law, came = luck.lognormal(size=(50, draws)), luck.lognormal(size=50)
    np.testing.assert_allclose(crps(law, came), rules.crps_ensemble(came, law, estimator="nrg"), rtol=0, atol=1e-12)


def test_scores_of_chances_equal_those_of_scoringrules() -> None:
    rules = pytest.importorskip("scoringrules", reason="optional: scoringrules")
    luck = np.random.default_rng(0)
    chance, came = luck.random(100), (luck.random(100) < 0.4).astype(float)
    np.testing.assert_allclose(brier(chance, came), rules.brier_score(came, chance), rtol=0, atol=1e-12)


@pytest.mark.parametrize("level", [0.05, 0.5, 0.9])
def test_scores_of_quantiles_equal_those_of_scoringrules(level: float) -> None:
    rules = pytest.importorskip("scoringrules", reason="optional: scoringrules")
    luck = np.random.default_rng(2)
    quantile, came = luck.standard_normal(100), luck.standard_normal(100)
    expected = rules.quantile_score(came, quantile, level)
    np.testing.assert_allclose(pinball(level, quantile, came), expected, rtol=0, atol=1e-12)


def test_twice_the_mean_score_of_all_quantiles_is_the_score_of_the_law() -> None:
    law = np.sort(np.random.default_rng(3).standard_normal(2_000))
    levels = (np.arange(2_000) + 0.5) / 2_000
    twice = 2.0 * np.mean([pinball(level, value, 0.3) for level, value in zip(levels, law, strict=True)])
    assert float(twice) == pytest.approx(float(crps(law, 0.3)), abs=1e-9)


def test_the_positions_of_truths_in_their_own_law_are_even() -> None:
    luck = np.random.default_rng(4)
    found = np.array([position(luck.standard_normal(400), one) for one in luck.standard_normal(4_000)])
    counts = np.histogram(found, bins=10, range=(0, 1))[0]
    assert ((counts - 400.0) ** 2 / 400.0).sum() < 27.9  # chi-squared with 9 degrees of freedom, 0.1 %


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says() -> None:
    luck, held = np.random.default_rng(5), 0
    for seed in range(200):
        found = average(luck.standard_normal(60), seed=seed)
        assert found is not None
        held += found.low <= 0.0 <= found.high
    assert 160 <= held <= 195
    short = average([1.0, 2.0], block=2)
    assert short is not None
    assert np.isnan(short.low)
    assert average([np.nan]) is None


def test_the_score_of_a_normal_forecast_is_the_closed_form() -> None:
    """Gneiting and Raftery (2007), section 4.2: at its centre a standard normal scores 2 phi(0) - 1/sqrt(pi)."""
    law = np.random.default_rng(1).standard_normal(200_000)
    assert float(crps(law, 0.0)) == pytest.approx(2 / np.sqrt(2 * np.pi) - 1 / np.sqrt(np.pi), abs=2e-3)


@given(arrays(float, st.integers(1, 20), elements=REAL), REAL, REAL)
def test_a_score_moves_with_its_unit_and_not_with_its_zero(law: np.ndarray, came: float, shift: float) -> None:
    own = float(crps(law, came))
    assert own >= -1e-6
    assert float(crps(law + shift, came + shift)) == pytest.approx(own, abs=1e-6)
    assert float(crps(3.0 * law, 3.0 * came)) == pytest.approx(3.0 * own, abs=1e-6)


def test_skill_is_one_for_the_perfect_and_nothing_for_the_same() -> None:
    other = np.abs(np.random.default_rng(2).standard_normal(60))
    perfect, same = skill(np.zeros(60), other), skill(other, other)
    assert perfect is not None
    assert same is not None
    assert (perfect.value, perfect.low, perfect.high) == (1.0, 1.0, 1.0)
    assert perfect.p_value < 0.001
    assert same.value == 0.0
    assert same.p_value > 0.5


def test_who_is_no_better_is_seldom_called_better() -> None:
    """At 10 %: about one in ten histories of luck, also where scores hang together in time."""
    luck = np.random.default_rng(3)
    called = 0
    for _ in range(100):
        noise = luck.standard_normal(64)
        together = np.convolve(noise, np.ones(4), "valid")
        found = skill(1.0 + 0.1 * together, np.full(61, 1.0), block=4)
        assert found is not None
        called += found.p_value < 0.1
    assert called <= 22


def test_where_nothing_can_be_compared_there_is_no_skill() -> None:
    assert skill([np.nan, 1.0], [1.0, np.nan]) is None
    assert skill([0.0], [0.0]) is None
    few = skill([1.0, 1.0], [2.0, 2.0], block=4)
    assert few is not None
    assert few.value == 0.5
    assert np.isnan(few.p_value)


def test_a_block_keeps_neighbours_together() -> None:
    chosen = blocks(10, 5, resamples=20)
    assert chosen.shape == (20, 10)
    assert all((row[1:5] - row[:4]) % 10 == pytest.approx(1) for row in chosen)


@pytest.mark.parametrize(("length", "block"), [(7, 3), (50, 1), (120, 50)])
def test_a_long_history_is_resampled_piece_by_piece_with_the_same_outcome(
    length: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    luck = np.random.default_rng(3)
    own, other = luck.random(length), luck.random(length)
    at_once = blocks(length, block), repr(average(own, block=block)), repr(skill(own, other, block=block))
    monkeypatch.setattr("mpmflow.numerics.statistics.scores.AT_ONCE", 333)
    assert (blocks(length, block) == at_once[0]).all()
    assert (repr(average(own, block=block)), repr(skill(own, other, block=block))) == at_once[1:]


def test_every_forecast_is_in_one_class_of_the_table() -> None:
    chance = np.linspace(0.0, 1.0, 101)
    rows = reliability(chance, np.zeros(101))
    assert sum(row.count for row in rows) == 101
    assert all(row.low <= row.said <= row.high for row in rows)


def test_the_truthful_are_left_nearly_alone_and_the_boastful_are_drawn_in() -> None:
    luck = np.random.default_rng(4)
    truth = luck.uniform(0.1, 0.9, 2_000)
    came = (luck.random(2_000) < truth).astype(float)
    logit = np.log(truth / (1 - truth))
    boastful = 1 / (1 + np.exp(-3 * logit))
    honest, drawn = recalibration(truth, came), recalibration(boastful, came)
    assert honest.slope == pytest.approx(1.0, abs=0.15)
    assert drawn.slope == pytest.approx(1 / 3, abs=0.06)
    assert brier(drawn.of(boastful), came).mean() < brier(boastful, came).mean()


def test_few_forecasts_move_little_and_one_sided_ones_stay_finite() -> None:
    few = recalibration([0.5, 0.5], [1, 1])
    always = recalibration([0.9] * 30, [1] * 30)
    assert float(few.of(0.5)) < 0.7
    assert 0.9 < float(always.of(0.9)) < 1.0
    assert recalibration([], []) == Recalibration(0.0, 1.0)
    assert recalibration([0.0, 1.0], [0, 1]).of([0.0, 1.0]).tolist() == pytest.approx([0.0, 1.0], abs=0.01)


def test_a_forecaster_who_is_always_wrong_is_not_turned_round() -> None:
    """A negative slope would make a warning of an all-clear: the map goes flat instead."""
    said = [0.9] * 40 + [0.1] * 40
    assert recalibration(said, [0] * 40 + [1] * 40).slope == 0.0
