"""Shares of a change that is not linear in its sources, and of a change in the chance to miss a target."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from mpmflow.numerics.chains.attribution import PathError, aumann_shapley, breach_probability, breach_shares


def waiting(theta):
    """Mean number waiting in a queue that several sources load, and its slope: steep near 1."""
    load = theta.sum()
    return load**2 / (1 - load), np.full(theta.size, (2 * load - load**2) / (1 - load) ** 2)


def test_a_linear_figure_is_shared_by_each_part_s_own_movement():
    shares = aumann_shapley(lambda x: (2 * x[0] - x[1], [2.0, -1.0]), [0.0, 0.0], [3.0, 4.0], [[0], [1]])
    assert shares.by_group == pytest.approx([6.0, -4.0])
    assert shares.nodes == 8
    assert shares.closed


def test_a_product_of_three_is_shared_in_the_known_closed_form():
    """From (0,0,0) to (a,b,c) each factor of a product gets a third of it."""

    def product(x):
        return x.prod(), [x[1] * x[2], x[0] * x[2], x[0] * x[1]]

    shares = aumann_shapley(product, np.zeros(3), [2.0, 5.0, 7.0], [[0], [1], [2]])
    assert shares.by_group == pytest.approx([70 / 3] * 3)


def test_the_wait_is_shared_by_how_much_load_each_source_brought():
    shares = aumann_shapley(waiting, [0.3, 0.3, 0.1], [0.4, 0.35, 0.1], [[0], [1], [2]])
    assert shares.by_group == pytest.approx([shares.total * 2 / 3, shares.total / 3, 0.0], rel=1e-6)


def test_points_double_until_the_shares_close():
    near = aumann_shapley(waiting, [0.5], [0.98], [[0]])
    assert near.closed
    assert near.nodes > 8
    assert abs(near.residual) <= 1e-6 * near.total


def test_shares_that_do_not_close_say_so_and_are_not_rescaled():
    steep = aumann_shapley(waiting, [0.0], [0.9999999], [[0]])
    assert not steep.closed
    assert steep.nodes == 64
    assert float(steep.by_group[0] + steep.residual) == pytest.approx(float(steep.total))
    assert abs(steep.residual) > 0.01 * steep.total


def test_an_overload_on_the_way_is_named_with_its_place():
    def queue(theta):
        return (np.inf, [np.inf]) if theta[0] >= 1 else (theta[0], [1.0])

    with pytest.raises(PathError, match="not finite at 100% of the way") as caught:
        aumann_shapley(queue, [0.5], [1.5], [[0]])
    assert caught.value.share == 1.0


def test_several_figures_are_shared_at_once_and_the_rest_is_reported():
    def figures(x):
        return [x.sum(), x[0] ** 2], [[1.0, 1.0, 1.0], [2 * x[0], 0.0, 0.0]]

    shares = aumann_shapley(figures, np.zeros(3), [1.0, 2.0, 4.0], [[0], [1]])
    assert shares.by_group == pytest.approx(np.array([[1.0, 2.0], [1.0, 0.0]]))
    assert shares.unattributed == pytest.approx([4.0, 0.0])


def test_a_parameter_in_two_groups_is_refused():
    with pytest.raises(ValueError, match="more than once: 0"):
        aumann_shapley(waiting, [0.1], [0.2], [[0], [0]])


@given(st.lists(st.floats(0.01, 0.2), min_size=4, max_size=4), st.lists(st.floats(0.01, 0.2), min_size=4, max_size=4))
@settings(max_examples=40, deadline=None)
def test_closure_and_signs_hold_for_any_two_states(before, after):
    forth = aumann_shapley(waiting, before, after, [[0], [1, 2], [3]])
    back = aumann_shapley(waiting, after, before, [[0], [1, 2], [3]])
    assert forth.by_group.sum() == pytest.approx(float(forth.total), abs=1e-6)
    assert back.by_group == pytest.approx(-forth.by_group, abs=1e-6)


# --- missing a target ------------------------------------------------------------------------------------------------


def test_at_least_and_at_most_look_at_opposite_sides():
    assert breach_probability(100, 10, 90, at_least=True) == pytest.approx(norm.cdf(-1))
    assert breach_probability(100, 10, 90, at_least=False) == pytest.approx(norm.cdf(1))


def test_without_spread_a_figure_misses_only_on_the_wrong_side():
    assert breach_probability([89, 90, 91], 0, 90, at_least=True).tolist() == [1, 0, 0]
    assert breach_probability([89, 90, 91], 0, 90, at_least=False).tolist() == [0, 0, 1]


def test_an_unknown_mean_gives_an_unknown_chance():
    assert np.isnan(breach_probability([np.nan], 0.0, 90, at_least=True)).all()


def test_a_negative_spread_is_refused():
    with pytest.raises(ValueError, match="cannot be negative"):
        breach_probability(1, -1, 0, at_least=True)


@given(
    st.lists(st.floats(-5, 5), min_size=3, max_size=3),
    st.lists(st.floats(0, 20), min_size=3, max_size=3),
    st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_shift_and_variance_shares_add_up_to_the_change_of_the_chance(shifts, widenings, at_least):
    shares = breach_shares(100.0, 9.0, shifts, widenings, 97.0, at_least)
    after = breach_probability(100 + sum(shifts), np.sqrt(9 + sum(widenings)), 97.0, at_least)
    assert shares.by_source.sum() == pytest.approx(float(after) - shares.before, abs=1e-9)
    assert abs(shares.residual) < 1e-9


def test_the_shares_are_those_of_the_general_method():
    """The two adaptive integrals agree with the general quadrature, source by source."""
    shifts, widenings = [-2.0, 1.0], [4.0, 16.0]

    def chance(theta):
        mean, variance = 100 + theta[:2].sum(), 25 + theta[2:].sum()
        score = (97 - mean) / np.sqrt(variance)
        by_mean, by_variance = -norm.pdf(score) / np.sqrt(variance), -norm.pdf(score) * score / (2 * variance)
        return norm.cdf(score), [by_mean, by_mean, by_variance, by_variance]

    general = aumann_shapley(chance, np.zeros(4), [*shifts, *widenings], [[0], [1], [2], [3]], tol=1e-11)
    shares = breach_shares(100.0, 25.0, shifts, widenings, 97.0, at_least=True)
    assert np.concatenate([shares.by_shift, shares.by_variance]) == pytest.approx(general.by_group, abs=1e-10)


def test_a_narrow_crossing_is_found():
    """With almost no spread the chance jumps from 0 to 1 in a thousandth of the way; the shares still close."""
    shares = breach_shares(100.0, 1e-6, [-10.0, -5.0], [0.0, 0.0], 99.0, at_least=True)
    assert shares.by_shift == pytest.approx([2 / 3, 1 / 3], abs=1e-8)


def test_a_plan_without_spread_is_allowed():
    shares = breach_shares(100.0, 0.0, [-3.0], [25.0], 99.0, at_least=True)
    assert shares.before == 0.0
    assert abs(shares.residual) < 1e-8


def test_sources_that_move_against_each_other_keep_their_own_signs():
    shares = breach_shares(100.0, 25.0, [-5.0, 5.0], [0.0, 0.0], 97.0, at_least=True)
    assert shares.by_shift[0] > 0 > shares.by_shift[1]
    assert shares.by_shift.sum() == pytest.approx(0.0)
