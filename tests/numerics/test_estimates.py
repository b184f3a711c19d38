"""Shares and means from data: posterior laws against scipy's own, coverage by simulation, and open cases counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mpmflow.numerics.statistics.censored import aalen_johansen, censored_shares, gamma_wait_shares
from mpmflow.numerics.statistics.estimates import (
    forgetting,
    mean_estimate,
    outcome_posterior,
    plan_prior,
    wilson_interval,
)
from mpmflow.numerics.statistics.pooling import pooled_shares

# --- shares of outcomes ----------------------------------------------------------------------------------------------


def test_a_plan_counts_as_ten_decisions():
    posterior = outcome_posterior([0, 0], plan_prior([0.2, 0.8]))
    assert posterior.alpha.tolist() == [2, 8]
    assert posterior.mean.tolist() == [0.2, 0.8]


def test_seventeen_of_eighty_five_counts_as_eighty_five():
    assert plan_prior([17 / 85, 68 / 85], size=85) == pytest.approx([17, 68])


def test_periods_count_half_after_eight_and_a_quarter_after_sixteen():
    assert forgetting(17)[[0, 8, 16]] == pytest.approx([0.25, 0.5, 1.0])
    counts = np.zeros((17, 2))
    counts[0] = [40, 0]
    counts[16] = [0, 10]
    assert outcome_posterior(counts, [0, 1]).counts == pytest.approx([10, 10])
    assert outcome_posterior(counts, [0, 1], half_life=None).counts == pytest.approx([40, 10])


def test_a_missing_period_is_nothing_seen():
    with_gap = outcome_posterior([[3, 7], [np.nan, np.nan], [4, 6]], [2, 8], half_life=1)
    assert with_gap.counts == pytest.approx([3 / 4 + 4, 7 / 4 + 6])


def test_each_share_has_its_beta_law():
    posterior = outcome_posterior([13, 20, 9], [2, 6, 2])
    low, high = posterior.interval(0.9)
    for outcome, alpha in enumerate([15, 26, 11]):
        law = stats.beta(alpha, 52 - alpha)
        assert (low[outcome], high[outcome]) == pytest.approx(law.interval(0.9))
        assert posterior.probability_worse(outcome, 0.3) == pytest.approx(law.sf(0.3))
        assert posterior.probability_worse(outcome, 0.3, higher_is_worse=False) == pytest.approx(law.cdf(0.3))


def test_mean_and_covariance_are_those_of_the_dirichlet_law():
    posterior = outcome_posterior([13, 20, 9], [2, 6, 2])
    law = stats.dirichlet([15, 26, 11])
    assert posterior.mean == pytest.approx(law.mean())
    assert posterior.covariance == pytest.approx(law.cov())
    assert posterior.sd == pytest.approx(np.sqrt(law.var()))


def test_draws_follow_mean_and_covariance_and_repeat_with_their_seed():
    posterior = outcome_posterior([13, 20, 9], [2, 6, 2])
    draws = posterior.draws(np.random.default_rng(4), 50_000)
    assert draws.sum(axis=1) == pytest.approx(np.ones(50_000))
    assert draws.mean(axis=0) == pytest.approx(posterior.mean, abs=1e-3)
    assert np.cov(draws.T) == pytest.approx(posterior.covariance, abs=1e-4)
    assert (draws == posterior.draws(np.random.default_rng(4), 50_000)).all()


def test_an_outcome_ruled_out_by_plan_and_never_seen_is_certain_to_be_absent():
    posterior = outcome_posterior([5, 15, 0], plan_prior([0.2, 0.8, 0.0]))
    low, high = posterior.interval()
    assert (low[2], high[2]) == (0.0, 0.0)
    assert posterior.probability_worse(2, 0.01) == 0.0
    assert not posterior.draws(np.random.default_rng(0), 100)[:, 2].any()
    assert outcome_posterior([5, 15, 4], plan_prior([0.2, 0.8, 0.0])).mean[2] > 0  # unless it is seen after all


def test_an_only_outcome_is_certain():
    assert outcome_posterior([7], [10]).interval()[0].tolist() == [1.0]


@pytest.mark.parametrize(
    ("counts", "prior", "message"),
    [
        ([1, 2, 3], [1, 1], "one column per outcome"),
        ([-1, 2], [1, 1], "not negative"),
        ([0, 0], [0, 0], "nothing is known"),
    ],
)
def test_figures_that_cannot_be_counts_are_refused(counts, prior, message):
    with pytest.raises(ValueError, match=message):
        outcome_posterior(counts, prior)


def test_a_plan_that_does_not_add_up_is_refused():
    with pytest.raises(ValueError, match=r"add up to 0\.9"):
        plan_prior([0.2, 0.7])


# --- one period's share ----------------------------------------------------------------------------------------------


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
@settings(max_examples=100, deadline=None)
def test_wilson_s_interval_is_scipy_s(events, level):
    hits, trials = events
    low, high = wilson_interval(hits, trials, level)
    exact = stats.binomtest(hits, trials).proportion_ci(level, method="wilson")
    assert (low, high) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_without_trials_nothing_is_known_and_a_gap_stays_a_gap():
    low, high = wilson_interval([0, np.nan], [0, 10])
    assert (low[0], high[0]) == (0, 1)
    assert np.isnan([low[1], high[1]]).all()


# --- means -----------------------------------------------------------------------------------------------------------


def sums(sample):
    return len(sample), sample.sum(), (sample**2).sum()


def test_mean_and_spread_are_those_of_the_sample():
    sample = np.array([2.0, 4.0, 9.0, 1.0, 4.0])
    estimate = mean_estimate(*sums(sample))
    assert estimate.mean == pytest.approx(sample.mean())
    assert estimate.sd == pytest.approx(sample.std(ddof=1))
    assert estimate.standard_error == pytest.approx(stats.sem(sample))


def test_the_interval_is_student_s_on_the_log_scale():
    sample = np.array([2.0, 4.0, 9.0, 1.0, 4.0])
    low, high = mean_estimate(*sums(sample)).interval(0.9)
    reach = stats.t(4).ppf(0.95) * stats.sem(sample) / 4.0
    assert (low, high) == pytest.approx((4 * np.exp(-reach), 4 * np.exp(reach)))
    assert mean_estimate(*sums(sample)).probability_above(high) == pytest.approx(0.05)


def test_a_plan_counts_as_ten_durations_and_fades_as_data_come():
    few = mean_estimate(2, 20, 200, plan_mean=4, plan_scv=1)
    assert few.count == 12
    assert few.mean == pytest.approx((20 + 40) / 12)
    assert mean_estimate(1000, 10_000, 200_000, plan_mean=4).mean == pytest.approx(9.94, abs=0.01)


def test_older_periods_fade():
    estimate = mean_estimate([10, 10], [20, 40], [50, 200], half_life=1)
    assert estimate.mean == pytest.approx((10 + 40) / 15)
    assert estimate.count == 15


def test_too_few_durations_give_a_mean_and_no_interval():
    estimate = mean_estimate(2, 6, 20)
    assert estimate.mean == 3
    assert not estimate.known
    assert np.isnan(estimate.interval()).all()
    assert np.isnan(estimate.probability_above(1))
    assert np.isnan(mean_estimate(0, 0, 0).mean)


def test_the_interval_covers_the_mean_of_long_tailed_durations_better_than_the_plain_one():
    """Log-normal durations with scv 1.7, samples of 15: the plain Student interval misses high far too often."""
    rng = np.random.default_rng(0)
    samples = rng.lognormal(0.0, 1.0, (4000, 15))
    truth = np.exp(0.5)
    log_scale = np.array([mean_estimate(*sums(sample)).interval() for sample in samples])
    plain = samples.mean(axis=1)[:, None] + np.outer(stats.sem(samples, axis=1), stats.t(14).ppf([0.025, 0.975]))
    covered, plainly = (((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean() for ends in (log_scale, plain))
    assert covered > plainly + 0.01
    assert covered > 0.87
    assert (log_scale[:, 0] > 0).all()


def test_draws_of_a_mean_follow_its_law():
    estimate = mean_estimate(20, 100, 800)
    draws = estimate.draws(np.random.default_rng(3), 40_000)
    assert np.quantile(draws, [0.025, 0.5, 0.975]) == pytest.approx(
        [*estimate.interval()[:1], 5, estimate.interval()[1]], rel=0.01
    )


def test_constant_durations_leave_no_doubt():
    estimate = mean_estimate(5, 10, 20)
    assert estimate.interval() == pytest.approx((2, 2))
    assert estimate.probability_above(1.9) == 1.0
    assert mean_estimate(5, 0, 0).interval() == (0.0, 0.0)


def test_sums_that_belong_to_different_cases_are_refused():
    with pytest.raises(ValueError, match="sum of squares is too small"):
        mean_estimate(3, 15, 40)


# --- a group of decisions --------------------------------------------------------------------------------------------


def test_pooling_lowers_the_error_of_rarely_seen_decisions():
    """Thirty decisions of 3 to 40 cases, true shares about .2: pooled shares err by two thirds of the raw ones'
    error.
    """
    rng = np.random.default_rng(1)
    raw, pooled = [], []
    for _ in range(60):
        truth = rng.beta(4, 16, 30)
        trials = rng.integers(3, 41, 30)
        events = rng.binomial(trials, truth)
        raw.append(np.mean((events / trials - truth) ** 2))
        pooled.append(np.mean((pooled_shares(events, trials).mean - truth) ** 2))
    assert np.sqrt(np.mean(pooled)) < 0.7 * np.sqrt(np.mean(raw))


def test_the_fitted_group_is_near_the_one_that_made_the_data():
    rng = np.random.default_rng(2)
    trials = np.full(400, 60)
    pooled = pooled_shares(rng.binomial(trials, rng.beta(6, 24, 400)), trials)
    assert pooled.group_mean == pytest.approx(0.2, abs=0.01)
    assert pooled.strength == pytest.approx(30, rel=0.25)


def test_a_decision_never_seen_gets_the_group_s_share():
    pooled = pooled_shares([2, 5, 9, 0], [10, 20, 40, 0])
    assert pooled.mean[3] == pytest.approx(pooled.group_mean)
    low, high = pooled.interval()
    assert high[3] - low[3] > high[2] - low[2]


def test_decisions_that_differ_keep_their_own_shares():
    pooled = pooled_shares([10, 500, 990], [1000, 1000, 1000])
    assert pooled.mean == pytest.approx([0.01, 0.5, 0.99], abs=0.005)


def test_two_decisions_are_no_group():
    with pytest.raises(ValueError, match="at least 3 decisions with data, there are 2"):
        pooled_shares([1, 2, 0], [4, 5, 0])


# --- open cases ------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_with_nothing_open_the_shares_are_the_plain_ones(seed):
    rng = np.random.default_rng(seed)
    outcomes = rng.integers(0, 3, 40)
    answer = aalen_johansen(rng.integers(0, 12, 40), outcomes, 3)
    assert answer.shares == pytest.approx(np.bincount(outcomes, minlength=3) / 40)
    assert answer.remaining == pytest.approx(0.0, abs=1e-12)
    assert answer.counts.sum() == pytest.approx(40)


def test_incidence_by_hand():
    """Six cases; days and outcomes 1:pass 2:open 3:rework 3:open 5:pass 6:open."""
    answer = aalen_johansen([1, 2, 3, 3, 5, 6], [0, -1, 1, -1, 0, -1], 2)
    assert answer.times.tolist() == [1, 3, 5]
    first = 1 / 6  # one of six
    second = (1 - first) * 1 / 4  # one of the four still watched on day 3
    third = (1 - first - second) * 1 / 2  # one of two
    assert answer.incidence == pytest.approx(np.array([[first, 0], [first, second], [first + third, second]]))
    assert answer.remaining == pytest.approx(1 - first - second - third)
    assert answer.shares[1] == pytest.approx(second / (first + second + third))
    assert (answer.closed, answer.open) == (3, 3)


def test_open_cases_bring_back_the_slow_rework_that_closed_cases_hide():
    """True rework .25, slow; cases begun evenly over the last twenty days."""
    rng = np.random.default_rng(6)
    closed_only, estimated = [], []
    for _ in range(40):
        rework = rng.random(300) < 0.25
        wait = np.where(rework, rng.gamma(2, 4.0, 300), rng.gamma(2, 1.5, 300))
        age = rng.uniform(0, 20, 300)
        outcome = np.where(wait <= age, rework.astype(int), -1)
        answer = aalen_johansen(np.minimum(wait, age), outcome, 2)
        closed_only.append((outcome == 1).sum() / (outcome >= 0).sum())
        estimated.append(answer.shares[1])
    assert np.mean(closed_only) < 0.205
    assert np.mean(estimated) == pytest.approx(0.25, abs=0.015)


def test_cases_that_come_into_sight_late_do_not_count_as_watched_before():
    """A log that begins in mid-flow shows only the slow ones of the old cases; entry times put that right."""
    rng = np.random.default_rng(7)
    rework = rng.random(40_000) < 0.25
    wait = np.where(rework, rng.exponential(8, 40_000), rng.exponential(2, 40_000))
    already = rng.uniform(0, 10, 40_000)
    seen = wait > already
    answer = aalen_johansen(wait[seen], rework[seen].astype(int), 2, entry=already[seen])
    assert rework[seen].mean() > 0.4
    assert answer.shares[1] == pytest.approx(0.25, abs=0.01)


def test_weights_are_like_repeated_cases():
    doubled = aalen_johansen([1, 1, 2, 3, 3], [0, 0, -1, 1, 1], 2)
    weighted = aalen_johansen([1, 2, 3], [0, -1, 1], 2, weights=[2, 1, 2])
    assert weighted.incidence == pytest.approx(doubled.incidence)
    assert weighted.closed == doubled.closed


def test_with_everything_open_the_shares_are_unknown():
    answer = aalen_johansen([3, 4], [-1, -1], 2)
    assert np.isnan(answer.shares).all()
    assert answer.counts.tolist() == [0, 0]
    assert answer.remaining == 1.0


def test_an_outcome_without_a_number_is_refused():
    with pytest.raises(ValueError, match=r"numbered 0\.\.1"):
        aalen_johansen([1.0], [2], 2)


def slow_rework(rng, count, window):
    """True rework .25, mean waits 8 and 3 days, cases begun evenly over the window: waits and outcomes seen today."""
    rework = rng.random(count) < 0.25
    wait = np.where(rework, rng.gamma(2, 4.0, count), rng.gamma(2, 1.5, count))
    age = rng.uniform(0, window, count)
    return np.minimum(wait, age), np.where(wait <= age, rework.astype(int), -1)


def test_after_a_short_follow_up_fitted_waits_come_nearer_than_a_split_in_proportion():
    rng = np.random.default_rng(8)
    split, fitted = [], []
    for _ in range(15):
        cases = slow_rework(rng, 300, 10)
        split.append(aalen_johansen(*cases, 2).shares[1])
        fitted.append(gamma_wait_shares(*cases, 2).shares[1])
    assert np.mean(split) < 0.215
    assert np.mean(fitted) == pytest.approx(0.25, abs=0.025)


def test_with_nothing_open_fitted_waits_leave_the_plain_shares():
    waits = [1, 2, 1, 3, 5, 4, 6]
    assert gamma_wait_shares(waits, [0, 0, 0, 0, 1, 1, 2], 4).shares == pytest.approx(
        [4 / 7, 2 / 7, 1 / 7, 0], abs=1e-4
    )


def test_fitted_shares_do_not_depend_on_the_unit_of_time():
    waits, outcomes = slow_rework(np.random.default_rng(9), 60, 10)
    in_days, in_hours = (gamma_wait_shares(waits * unit, outcomes, 2) for unit in (1, 24))
    assert in_hours.shares == pytest.approx(in_days.shares, abs=1e-4)
    assert in_days.incidence[-1].sum() <= 1 - in_days.remaining + 1e-9


def test_fitted_waits_allow_for_cases_that_come_into_sight_late():
    rng = np.random.default_rng(10)
    rework = rng.random(4000) < 0.25
    wait = np.where(rework, rng.exponential(8, 4000), rng.exponential(2, 4000))
    already = rng.uniform(0, 10, 4000)
    seen = wait > already
    answer = gamma_wait_shares(wait[seen], rework[seen].astype(int), 2, entry=already[seen])
    assert answer.shares[1] == pytest.approx(0.25, abs=0.05)
    assert rework[seen].mean() > 0.4


@pytest.mark.parametrize(
    ("count", "window", "method"), [(300, 60, "aalen-johansen"), (300, 6, "gamma waits"), (20, 60, "gamma waits")]
)
def test_the_method_follows_the_data_and_is_named(count, window, method):
    assert censored_shares(*slow_rework(np.random.default_rng(11), count, window), 2).method == method
