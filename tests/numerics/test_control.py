"""Control limits of series with gaps."""

from __future__ import annotations

import numpy as np
import pytest

from mpmflow.numerics.statistics.control import individuals_chart, runs, share_chart

GAP = np.nan


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
        individuals_chart([1.0, np.inf])
