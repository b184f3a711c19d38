"""How much of the past speaks for the present: what the chosen memory finds in made histories."""

import numpy as np
import pytest

from mpmflow.numerics.faults import NumericsError
from mpmflow.numerics.statistics.estimates import HALF_LIFE, outcome_posterior
from mpmflow.numerics.statistics.memory import memory_of_arrivals, memory_of_mean, memory_of_shares

PLAN = np.array([2.0, 8.0])


def split(hits, of):
    return np.column_stack([hits, np.asarray(of) - np.asarray(hits)])


def test_a_level_that_stands_still_is_remembered_as_usual():
    rng = np.random.default_rng(1)
    kept = [memory_of_shares(split(rng.binomial(40, 0.2, 40), 40), PLAN) for _ in range(100)]
    assert sum(one.half_life == HALF_LIFE for one in kept) >= 95
    assert np.mean([one.dispersion for one in kept]) < 1.2


@pytest.mark.parametrize("weeks", [2, 3, 5])
def test_a_step_is_followed_within_two_weeks(weeks):
    counts = split([10] * 20 + [30] * weeks, 50)
    memory = memory_of_shares(counts, PLAN)
    estimate = outcome_posterior(counts / memory.dispersion, PLAN, memory.half_life).mean[0]
    usual = outcome_posterior(counts, PLAN).mean[0]
    assert memory.half_life < HALF_LIFE
    assert estimate > usual + 0.1


def test_after_a_wild_week_the_memory_comes_back():
    counts = split([10] * 15 + [40] + [10] * 6, 50)
    assert memory_of_shares(counts, PLAN).half_life == HALF_LIFE


def test_shares_that_swing_are_known_less_well_and_their_interval_still_holds_the_truth():
    """Each week has a share of its own about 20 %; a week's cases are no independent draws."""
    rng = np.random.default_rng(7)
    inside = plain = 0
    for _ in range(200):
        counts = split(rng.binomial(60, rng.beta(4, 16, 30)), 60)
        memory = memory_of_shares(counts, PLAN)
        for dispersion, count in ((memory.dispersion, "scaled"), (1.0, "plain")):
            posterior = outcome_posterior(counts / dispersion, PLAN, memory.half_life if count == "scaled" else 8.0)
            low, high = posterior.interval(0.9)
            hit = low[0] <= 0.2 <= high[0]
            inside, plain = (inside + hit, plain) if count == "scaled" else (inside, plain + hit)
    assert inside >= 160
    assert plain < inside - 15  # counted as independent, they promise too much


def test_arrivals_that_drop_are_forgotten_fast():
    assert memory_of_arrivals([20] * 20, 20.0).half_life == HALF_LIFE
    assert memory_of_arrivals([20] * 20 + [60] * 3, 20.0).half_life < HALF_LIFE


def test_a_mean_that_steps_is_followed_and_one_that_scatters_is_not():
    rng = np.random.default_rng(3)

    def sums(means):
        drawn = [rng.gamma(2.0, mean / 2.0, 30) for mean in means]
        return [30] * len(means), [one.sum() for one in drawn], [(one**2).sum() for one in drawn]

    assert memory_of_mean(*sums([5.0] * 30), 5.0, 0.5).half_life == HALF_LIFE
    assert memory_of_mean(*sums([5.0] * 20 + [10.0] * 3), 5.0, 0.5).half_life < HALF_LIFE


def test_missing_periods_tell_nothing():
    counts = split([10, 12, 9, 11, 10, 8], 50).astype(float)
    gaps = np.insert(counts, [2, 4], np.nan, axis=0)
    assert memory_of_shares(gaps, PLAN).half_life == memory_of_shares(counts, PLAN).half_life


@pytest.mark.parametrize("unit", [86400.0, 1.0, 0.01])
def test_the_memory_of_a_rare_visit_does_not_hang_on_the_unit_of_time(unit):
    """Every other week one visit, without a plan: a short memory then knows too little to foretell anything."""
    luck = np.random.default_rng(1)
    number = np.tile([1.0, 0.0], 20)
    for _ in range(10):
        times = number * luck.gamma(4.0, unit / 4.0, 40)
        assert memory_of_mean(number, times, times**2).half_life == HALF_LIFE


def test_a_week_without_a_count_of_arrivals_is_no_week_without_arrivals():
    steady = [20.0] * 30
    gaps = [np.nan if week in (26, 27, 28) else 20.0 for week in range(30)]
    assert memory_of_arrivals(gaps, 20.0) == memory_of_arrivals(steady, 20.0)


def test_counts_must_be_counts():
    with pytest.raises(NumericsError, match="none below zero"):
        memory_of_shares([[-1.0, 2.0]], PLAN)
    with pytest.raises(NumericsError, match="one column per outcome"):
        memory_of_shares([[1.0, 2.0, 3.0]], PLAN)
    with pytest.raises(NumericsError, match="planned to bring"):
        memory_of_arrivals([1.0], 0.0)
