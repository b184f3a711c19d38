"""Mean, spread, shares by end, waste and repeats, against closed forms and against the whole law walked out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.numerics.chains.chain import chain_from_cells, factorise
from mpmflow.numerics.chains.moments import given_end, moments, repeats, reward, wasted
from mpmflow.numerics.faults import ChainError
from tests.numerics.reference import Process, law_by_walk, processes, random_process


def test_a_geometric_number_of_rounds_has_the_textbook_spread() -> None:
    back = 0.2
    loop = factorise(chain_from_cells(1, [0], [0], [back], [0], [0], [1 - back], k=1))
    found = moments(loop, reward([3.0], k=1))
    assert found.mean == pytest.approx(3 / (1 - back), rel=1e-14)
    assert found.variance == pytest.approx(9 * back / (1 - back) ** 2, rel=1e-13)


def test_exponential_steps_in_a_row_make_an_erlang_law() -> None:
    chain = chain_from_cells(3, [0, 1], [1, 2], [1.0, 1.0], [2], [0], [1.0], k=1)
    found = moments(factorise(chain), reward([2.0] * 3, [8.0] * 3, k=1))
    assert (found.mean, found.variance) == pytest.approx((6.0, 12.0))
    assert found.sd_to_go == pytest.approx(np.sqrt([12.0, 8.0, 4.0]))


def test_a_random_number_of_random_amounts_follows_walds_second_identity() -> None:
    back, mean, variance = 0.4, 2.0, 5.0
    loop = factorise(chain_from_cells(1, [0], [0], [back], [0], [0], [1 - back], k=1))
    found = moments(loop, reward([mean], [variance + mean**2], k=1))
    rounds, spread = 1 / (1 - back), back / (1 - back) ** 2
    assert found.variance == pytest.approx(rounds * variance + mean**2 * spread, rel=1e-13)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 5))
def test_moments_over_all_cases_and_by_end_agree_with_the_law_walked_out(seed: int, start: int) -> None:
    process = random_process(seed, n=6, k=2, least_exit=0.25)
    rng = np.random.default_rng(seed)
    amount = rng.integers(1, 4, process.n).astype(float)
    extra = rng.integers(0, 3, process.outcomes.count).astype(float)
    law = law_by_walk(process, amount, extra, horizon=600, start=start)
    time = np.arange(601)
    factor = factorise(process.chain.started(start))
    gathered = reward(amount, outcome_mean=extra, k=2)
    found = moments(factor, gathered, process.outcomes)
    assert law.sum() == pytest.approx(1.0, abs=1e-12)
    assert found.mean == pytest.approx(float(time @ law.sum(axis=1)), rel=1e-10)
    assert found.second == pytest.approx(float(time**2 @ law.sum(axis=1)), rel=1e-10)
    for end in range(2):
        chance = law[:, end].sum()
        if chance > 1e-9:
            part = given_end(factor, gathered, end, process.outcomes)
            assert part.probability == pytest.approx(chance, rel=1e-10)
            assert part.mean == pytest.approx(float(time @ law[:, end]) / chance, rel=1e-9)
            assert part.second == pytest.approx(float(time**2 @ law[:, end]) / chance, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(processes(8))
def test_the_ends_share_the_mean_out_completely(process: Process) -> None:
    factor = factorise(process.chain)
    gathered = reward(np.linspace(1, 2, process.n), terminal=np.arange(process.k, dtype=float))
    parts = [given_end(factor, gathered, end) for end in range(process.k)]
    total = sum(part.probability * part.mean for part in parts if part.probability > 0)
    assert total == pytest.approx(moments(factor, gathered).mean, rel=1e-11)


def test_cost_given_done_is_not_cost_per_completed_case() -> None:
    # 30 for the draft, half are scrapped, 70 more for the rest.
    chain = chain_from_cells(2, [0], [1], [0.5], [0, 1], [1, 0], [0.5, 1.0], k=2)
    factor, cost = factorise(chain), reward([30.0, 70.0], k=2)
    assert given_end(factor, cost, 0).mean == pytest.approx(100.0)
    assert moments(factor, cost).mean / factor.ends()[0] == pytest.approx(130.0)


def test_an_end_that_never_happens_has_no_mean() -> None:
    factor = factorise(chain_from_cells(1, [], [], [], [0], [0], [1.0], k=2))
    part = given_end(factor, reward([1.0], k=2), 1)
    assert part.probability == 0.0
    assert np.isnan(part.mean)


def test_waste_counts_each_execution_once() -> None:
    # draft 10 -> check 1: a fifth is thrown away and drafted anew, the rest is done.
    plain = chain_from_cells(2, [0, 1], [1, 0], [1.0, 0.2], [1], [0], [0.8], k=1)
    marked = chain_from_cells(2, [0], [1], [1.0], [1, 1], [0, 1], [0.8, 0.2], k=2)
    spent = wasted(factorise(plain), factorise(marked), 1, reward([10.0, 1.0], k=1))
    assert spent == pytest.approx(1.25 * 11 * 0.2)


def test_the_chance_of_a_repeat_is_told_for_the_nodes_asked() -> None:
    plain = chain_from_cells(3, [0, 1, 2], [1, 2, 1], [1.0, 1.0, 0.2], [2], [0], [0.8], k=1)
    assert repeats(factorise(plain), [0, 1, 2], block=2) == pytest.approx([0.0, 0.2, 0.2], abs=1e-15)


def test_a_reward_that_cannot_be_is_refused() -> None:
    with pytest.raises(ChainError, match="below the square"):
        reward([2.0], [3.0])
    with pytest.raises(ChainError, match="needs the outcomes"):
        moments(
            factorise(chain_from_cells(1, [], [], [], [0], [0], [1.0], k=1)), reward([1.0], outcome_mean=[2.0], k=1)
        )
    with pytest.raises(ChainError, match="terminal values"):
        moments(factorise(chain_from_cells(1, [], [], [], [0], [0], [1.0], k=1)), reward([1.0]))
