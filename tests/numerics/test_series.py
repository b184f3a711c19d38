"""Levels, trends, plain forecasts and control limits of series with gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mpmflow.numerics.statistics.control import individuals_chart, runs, share_chart
from mpmflow.numerics.statistics.series import level, linear_trend, persistence, seasonal_persistence

GAP = np.nan

gappy = st.lists(st.one_of(st.floats(-100, 100), st.just(GAP)), min_size=1, max_size=40)


# --- level -----------------------------------------------------------------------------------------------------------


def test_the_level_is_the_median_of_the_last_known_figures():
    answer = level([1000, 4, 6, GAP, 5, GAP], window=3)
    assert answer.value == 5
    assert answer.known == 3


def test_one_odd_period_does_not_move_the_level():
    steady = np.array([10, 11, 9, 10, 12, 9, 10, 11.0])
    odd = steady.copy()
    odd[4] = 500
    assert abs(level(odd).value - level(steady).value) <= 0.5


def test_the_spread_is_that_of_normal_figures():
    figures = np.random.default_rng(0).normal(20, 3, (4001, 2))
    answer = level(figures, window=4001)
    assert answer.sd == pytest.approx([3, 3], rel=0.05)
    assert answer.standard_error == pytest.approx(1.2533 * 3 / np.sqrt(4001) * np.ones(2), rel=0.05)


def test_two_figures_are_no_level_and_it_says_how_many_are_needed():
    answer = level([GAP, 3, 4])
    assert np.isnan(answer.value)
    assert (answer.known, answer.needed) == (2, 3)


def test_series_side_by_side_are_each_as_if_alone():
    table = np.array([[1, GAP], [2, 5], [GAP, 6], [4, 8], [9, GAP]])
    both = level(table)
    for column in range(2):
        assert both.value[column] == level(table[:, column]).value
    trends = linear_trend(np.tile(table, (3, 1)))
    assert trends.slope[1] == pytest.approx(float(linear_trend(np.tile(table, (3, 1))[:, 1]).slope))


@given(gappy)
@settings(max_examples=60, deadline=None)
def test_the_median_skips_gaps_whatever_their_pattern(values):
    answer = level(values, window=len(values))
    known = [value for value in values if not np.isnan(value)]
    if len(known) >= 3:
        assert answer.value == pytest.approx(np.median(known))
    else:
        assert np.isnan(answer.value)


# --- forecasts -------------------------------------------------------------------------------------------------------


def test_persistence_s_error_grows_with_the_distance_like_a_random_walk_s():
    walk = np.cumsum(np.random.default_rng(1).normal(0, 2, (20_000, 1)), axis=0)
    answer = persistence(walk, 9)
    assert (answer.mean == walk[-1]).all()
    assert answer.sd[[0, 3, 8], 0] == pytest.approx([2, 4, 6], rel=0.05)


def test_the_distance_counts_from_the_last_known_figure():
    series = np.append(np.arange(20.0), [GAP, GAP])
    answer = persistence(series, 2)
    assert answer.mean.tolist() == [19, 19]
    assert answer.sd.tolist() == [3, 4]  # a steady rise of 1: the error is the distance


def test_a_season_repeats():
    week = np.tile([5, 6, 7, 8, 9, 1, 0.0], 6)
    answer = seasonal_persistence(week, 10, season=7)
    assert answer.mean.tolist() == [5, 6, 7, 8, 9, 1, 0, 5, 6, 7]
    assert (answer.sd == 0).all()
    assert answer.pairs.tolist() == [35] * 7 + [28] * 3


def test_a_missing_last_season_falls_back_on_the_one_before():
    week = np.tile([5, 6, 7, 8, 9, 1, 0.0], 6)
    week[-6] = GAP
    assert seasonal_persistence(week, 7, season=7).mean[1] == 6


def test_too_few_pairs_leave_the_error_unknown_but_not_the_forecast():
    answer = persistence([3, 4, 5, 6, 7.0], 2)
    assert answer.mean.tolist() == [7, 7]
    assert np.isnan(answer.sd).all()
    assert answer.pairs.tolist() == [4, 3]
    assert answer.needed == 5


def test_a_series_of_gaps_has_no_forecast():
    assert np.isnan(persistence([GAP, GAP], 3).mean).all()
    assert np.isnan(seasonal_persistence([1.0, 2.0], 3, season=52).mean).all()


# --- trend -----------------------------------------------------------------------------------------------------------


def test_the_slope_is_least_squares():
    rng = np.random.default_rng(3)
    series = 3 + 0.5 * np.arange(30) + rng.normal(0, 1, 30)
    series[[4, 11, 12]] = GAP
    known = ~np.isnan(series)
    exact = stats.linregress(np.arange(30)[known], series[known])
    answer = linear_trend(series)
    assert answer.slope == pytest.approx(exact.slope)
    assert answer.end == pytest.approx(exact.intercept + 29 * exact.slope)
    assert answer.standard_error >= exact.stderr * (1 - 1e-12)
    reach = stats.t(known.sum() - 2).ppf(0.975) * answer.standard_error
    assert (answer.low, answer.high) == pytest.approx((answer.slope - reach, answer.slope + reach))


def test_independent_figures_alternating_about_the_line_are_not_widened():
    series = np.arange(20.0) + np.tile([1, -1], 10)
    exact = stats.linregress(np.arange(20), series)
    assert linear_trend(series).standard_error == pytest.approx(exact.stderr)


def test_figures_that_follow_one_another_widen_the_interval_to_an_honest_one():
    """Persistent noise (.6) without any trend: the plain interval claims one three times as often as it should."""
    rng = np.random.default_rng(4)
    noise = rng.normal(0, 1, (80, 2000))
    for period in range(1, 80):
        noise[period] += 0.6 * noise[period - 1]
    answer = linear_trend(noise)
    claimed = ((answer.low > 0) | (answer.high < 0)).mean()
    assert claimed < 0.1
    plain = np.array([stats.linregress(np.arange(80), noise[:, column]).pvalue < 0.05 for column in range(300)])
    assert plain.mean() > 0.2


def test_four_figures_are_no_trend():
    answer = linear_trend([1, 2, GAP, 3, 4])
    assert np.isnan([answer.slope, answer.low, answer.high]).all()
    assert (answer.known, answer.needed) == (4, 5)


# --- control limits --------------------------------------------------------------------------------------------------


def test_single_figures_have_limits_from_their_moving_range():
    figures = [10, 12, 11, 9, 10, 11, 12, 10]
    moving = np.abs(np.diff(figures)).mean()
    chart = individuals_chart(figures)
    assert chart.centre == pytest.approx(np.mean(figures))
    assert chart.high[0] == pytest.approx(np.mean(figures) + 3 * moving / 1.128, rel=1e-3)
    assert not chart.signal.any()


def test_a_gap_makes_no_moving_range_across_it():
    with_gap = individuals_chart([0, 1, 0, 1, 0, GAP, 9, 10, 9, 10, 9])
    assert with_gap.high[0] - with_gap.centre == pytest.approx(3 / 1.128, rel=1e-3)


def test_a_steady_process_seldom_leaves_its_limits():
    figures = np.random.default_rng(5).normal(0, 1, (200, 100))
    assert individuals_chart(figures).beyond.mean() == pytest.approx(0.0027, abs=0.0012)


def test_a_shift_is_seen_by_eight_in_a_row_before_any_point_is_beyond():
    figures = [10, 12, 8, 11, 9, 10, 12, 8, 11, 9, *[12, 11.5, 12, 11.5] * 3]
    chart = individuals_chart(figures, baseline=10)
    assert not chart.beyond.any()
    assert np.flatnonzero(chart.run)[0] == 10 + 7


def test_runs_skip_gaps_and_end_on_the_centre():
    assert runs([1, 1, GAP, 1], 0, length=3).tolist() == [False, False, False, True]
    assert runs([1, 1, 0, 1, 1], 0, length=3).tolist() == [False] * 5
    assert runs([0, 0, 0, 0], 0, length=3).tolist() == [False] * 4
    assert runs([1, 1, -1, -1, -1], 0, length=3).tolist() == [False] * 4 + [True]


def test_shares_of_few_cases_have_wider_limits():
    chart = share_chart([2, 3, 2, 1, 2, 2, 20, 2], [10, 10, 10, 10, 10, 10, 100, 10])
    assert chart.centre == pytest.approx(34 / 170)
    half = 3 * np.sqrt(0.2 * 0.8 / np.array([10, 100]))
    assert chart.high[[0, 6]] == pytest.approx(np.minimum(0.2 + half, 1))
    assert chart.low[[0, 6]] == pytest.approx(np.maximum(0.2 - half, 0))


def test_the_same_share_is_usual_in_a_small_week_and_a_signal_in_a_large_one():
    events, trials = [8] * 10 + [8, 120], [40] * 10 + [20, 300]
    chart = share_chart(events, trials, baseline=10)
    assert chart.beyond[-2:].tolist() == [False, True]  # 40 % both times, 20 % usual


def test_a_week_without_cases_has_no_share_and_no_limits():
    chart = share_chart([2] * 8 + [0], [10] * 8 + [0])
    assert np.isnan([chart.low[8], chart.high[8]]).all()
    assert not chart.signal[8]
    assert chart.known == 8


def test_too_few_periods_give_no_limits_and_no_signal():
    chart = individuals_chart([1, 2, 1, 2, 1, 2, 99])
    assert np.isnan(chart.centre)
    assert not chart.signal.any()
    assert (chart.known, chart.needed) == (7, 8)


def test_more_events_than_trials_are_refused():
    with pytest.raises(ValueError, match="between 0 and the trials"):
        share_chart([3], [2])


def test_an_endless_value_is_refused():
    with pytest.raises(ValueError, match="endless value"):
        level([1.0, np.inf])
