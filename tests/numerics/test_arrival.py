"""When a change arrives: closed forms, a simulation by hand, and the starvation that comes before the catching up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma

from mpmflow.numerics.chains.arrival import arrival_of_flow, gamma_lattice, reached_from, starves_until
from mpmflow.numerics.chains.chain import chain_from_cells, factorise


def again(share):
    """One step that is repeated with a given chance."""
    return chain_from_cells(1, [0], [0], [share], [0], [0], [1 - share], k=1)


DRAFT, CHECK, PUBLISH = range(3)


def launch(rework):
    return chain_from_cells(
        3, [DRAFT, CHECK, CHECK], [CHECK, DRAFT, PUBLISH], [1, rework, 1 - rework], [PUBLISH], [0], [1], k=1
    )


def after(before, now, means, scv=1.0, rate=1.0, **more):
    """The effect of going from the one routing to the other, with so many new cases per unit of time."""
    push = rate * factorise(before).visits() @ (now.routing - before.routing)
    return arrival_of_flow(factorise(now), push, means, scv, **more)


def until(arrival, fraction):
    return reached_from(arrival.times, arrival.effect, arrival.long_run, fraction)


def test_one_repeated_step_follows_its_exponential():
    """Laplace: f(t) = q/(1-q) (1 - q exp(-(1-q) t))."""
    share = 0.4
    arrival = after(again(0.0), again(share), 1.0, step=0.01, steps=1200)
    exact = share / (1 - share) * (1 - share * np.exp(-(1 - share) * arrival.times))
    assert arrival.effect[:, 0] == pytest.approx(exact, abs=2e-5)
    assert arrival.long_run == pytest.approx([2 / 3])


def test_a_change_travels_down_a_line_of_constants_and_arrives_on_the_day():
    """A third of the cases takes a detour of 2 + 3 days before the last step."""

    def detour(share):
        return chain_from_cells(4, [0, 0, 1, 2], [1, 3, 2, 3], [share, 1 - share, 1, 1], [3], [0], [1.0], k=1)

    arrival = after(detour(0.0), detour(1 / 3), [1, 2, 3, 1], 0.0, rate=30, step=0.5, steps=40)
    day = arrival.times
    assert arrival.effect[:, 1] == pytest.approx(np.full(40, 10.0))
    assert arrival.effect[:, 2] == pytest.approx(np.where(day > 2, 10.0, 0.0))
    assert arrival.effect[:, 3] == pytest.approx(np.where(day > 5, 0.0, -10.0), abs=1e-12)
    assert until(arrival, 0.5)[2] == pytest.approx(2.25)
    starving = starves_until(day, arrival.effect, arrival.long_run)
    assert np.isnan(starving[:3]).all()
    assert starving[3] == pytest.approx(4.75)


def test_steps_behind_a_check_starve_first_although_nothing_changes_in_the_long_run():
    arrival = after(launch(0.2), launch(0.5), [5, 1, 1], rate=10, steps=512)
    assert arrival.long_run == pytest.approx([7.5, 7.5, 0], abs=1e-9)
    assert arrival.effect[:, PUBLISH].min() == pytest.approx(-3.75, rel=0.02)  # of 12.5 checks 30 % fewer pass at once
    ends = starves_until(arrival.times, arrival.effect, arrival.long_run)
    assert np.isnan(ends[DRAFT])
    assert ends[PUBLISH] > 10.0
    assert np.isnan(until(arrival, 0.9)[PUBLISH])
    assert arrival.settled.all()


def test_a_shortage_that_stays_is_no_starving_and_a_small_one_need_not_count():
    effect = [[-0.3, -0.5, -0.01], [-0.1, -0.5, 0.2]]
    assert np.isnan(starves_until([0, 1], effect, [0.0, -0.5, 0.2], [0.0, 0.0, 0.05])).tolist() == [False, True, True]


def test_the_long_run_is_the_difference_of_visits():
    arrival = after(launch(0.2), launch(0.5), 1.0)
    assert arrival.long_run == pytest.approx(factorise(launch(0.5)).visits() - factorise(launch(0.2)).visits())
    assert arrival.effect[-1, :2] == pytest.approx(arrival.long_run[:2], rel=0.01)


def test_half_and_ninety_per_cent_are_dates_after_which_it_stays_so():
    arrival = after(again(0.0), again(0.9), 1.0, step=0.05, steps=2000)
    assert until(arrival, 0.5)[0] == pytest.approx(np.log(0.9 / 0.5) / 0.1, abs=0.05)
    assert until(arrival, 0.9)[0] == pytest.approx(np.log(0.9 / 0.1) / 0.1, abs=0.1)


def test_a_date_beyond_the_horizon_is_unknown():
    arrival = after(again(0.0), again(0.99), 1.0, step=0.05, steps=20)
    assert np.isnan(until(arrival, 0.9)[0])
    assert not arrival.settled[0]


def test_before_the_change_there_is_nothing_and_beyond_the_horizon_the_long_run():
    arrival = after(again(0.0), again(0.5), 1.0, step=0.5, steps=4)
    assert arrival.horizon == 2.0
    assert arrival.at([-0.1, 0.6, 5.0])[:, 0] == pytest.approx([0.0, arrival.effect[1, 0], 1.0])


def test_the_automatic_horizon_is_long_enough_for_a_loop_that_is_hardly_ever_left():
    assert after(again(0.5), again(0.99), 1.0).settled.all()


def test_a_change_that_reaches_nobody_is_zero_for_ever():
    arrival = after(launch(0.3), launch(0.3), 1.0)
    assert not arrival.effect.any()
    assert not arrival.long_run.any()


def test_two_changes_add_up():
    """Nothing is curved once the routing is that of today: causes can be followed one by one."""
    chain = factorise(launch(0.5))
    whole, one, other = (
        arrival_of_flow(chain, push, [5, 1, 1], step=0.1, steps=200).effect
        for push in ([0.3, 0, -0.3], [0.2, 0, 0], [0.1, 0, -0.3])
    )
    assert whole == pytest.approx(one + other, abs=1e-12)


def test_what_makes_no_sense_is_refused_with_words():
    chain = factorise(again(0.1))
    with pytest.raises(ValueError, match="at least two steps"):
        arrival_of_flow(chain, [0.1], 1.0, steps=1)
    with pytest.raises(ValueError, match="one finite number for each of the 1 nodes"):
        arrival_of_flow(chain, [0.1, 0.2], 1.0)


def test_a_walk_by_hand_agrees():
    """2,000,000 cases in a steady stream, moved by hand with the same draws before and after."""
    rng = np.random.default_rng(7)
    cases, rate, horizon = 2_000_000, 20_000.0, 12.0
    begun = np.sort(rng.uniform(-60, 40, cases))
    seen = {}
    for name, change in (("before", 0.2), ("after", 0.5)):
        stream = np.random.default_rng(8)
        clock, open_cases = begun.copy(), np.arange(cases)
        drafts = []
        while len(open_cases):
            drafts.append(clock[open_cases].copy())
            clock[open_cases] += stream.gamma(2.0, 0.75, len(open_cases)) + stream.exponential(0.5, len(open_cases))
            chance = np.where(clock[open_cases] >= 0, change, 0.2)
            open_cases = open_cases[stream.random(len(open_cases)) < chance]
        seen[name] = np.histogram(np.concatenate(drafts), bins=12, range=(0, horizon))[0] / (rate / cases * cases)
    extra = seen["after"] - seen["before"]
    arrival = after(launch(0.2), launch(0.5), [1.5, 0.5, 1], [0.5, 1, 1], step=0.02, steps=600)
    exact = arrival.effect[:, 0].reshape(12, 50).mean(axis=1)
    assert extra == pytest.approx(exact, abs=0.03)


@given(st.floats(0.2, 5), st.floats(0.1, 3), st.floats(0.05, 0.5))
@settings(max_examples=30, deadline=None)
def test_lattice_laws_keep_the_mean_and_follow_the_law(mean, scv, step):
    count = int(60 * mean * (1 + scv) / step)
    law = gamma_lattice([mean], [scv], step, count)[0]
    assert law.sum() == pytest.approx(1.0, abs=1e-6)
    assert law @ np.arange(count) * step == pytest.approx(mean, rel=1e-5)
    if scv <= 1:
        exact = gamma.cdf((np.arange(count) + 0.5) * step, 1 / scv, scale=mean * scv)
        assert np.abs(np.cumsum(law) - exact).max() < 0.6 * step / mean
