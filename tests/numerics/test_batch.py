"""Many scenarios side by side agree with one at a time, keep rare exits exact, and name what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.numerics.chains.batch import Scenarios
from mpmflow.numerics.chains.chain import factorise
from mpmflow.numerics.chains.elimination import plan_elimination
from mpmflow.numerics.chains.outcomes import chain_from_outcomes, outcomes_from
from mpmflow.numerics.faults import ChainError
from tests.numerics.reference import Process, processes


@settings(max_examples=20, deadline=None)
@given(processes(9), st.integers(0, 1000), st.sampled_from([1, 3, 130]))
def test_each_scenario_is_solved_as_if_it_were_alone(process: Process, seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    outcomes = process.outcomes
    share = outcomes.share * rng.uniform(0.5, 2.0, (count, outcomes.count))
    for scenario in share:
        scenario /= np.bincount(outcomes.row, weights=scenario)[outcomes.row]
    reward, extra = rng.uniform(0, 3, process.n), rng.uniform(0, 1, outcomes.count)
    terminal = rng.uniform(0, 1, process.k)
    start = rng.dirichlet(np.ones(process.n))
    found = Scenarios(process.n, process.k, outcomes).solve(share, reward, start, extra, terminal)
    for scenario in {0, count // 2, count - 1}:
        factor = factorise(chain_from_outcomes(process.n, process.k, outcomes, start, share[scenario]))
        gain = reward + np.bincount(outcomes.row, weights=share[scenario] * extra) + factor.chain.exits @ terminal
        assert found.visits[scenario] == pytest.approx(factor.visits(), rel=1e-11, abs=1e-14)
        assert found.values[scenario] == pytest.approx(factor.values(gain), rel=1e-11)
        assert found.mean[scenario] == pytest.approx(start @ factor.values(gain), rel=1e-11)
        assert found.ends[scenario] == pytest.approx(factor.ends(), rel=1e-11, abs=1e-14)


def test_rewards_and_starts_may_differ_between_scenarios() -> None:
    shape = Scenarios(2, 1, outcomes_from([0, 1], [1, 2], [1.0, 1.0]))
    found = shape.solve(np.ones((2, 2)), [[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]])
    assert found.mean.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("exit_share", [1e-9, 1e-12, 1e-13])
def test_rare_exits_keep_nine_digits_in_a_batch(exit_share: float) -> None:
    shape = Scenarios(2, 1, outcomes_from([0, 1, 1], [1, 0, 2], [1.0, 0.5, 0.5]))
    found = shape.solve([[1.0, 1 - exit_share, exit_share], [1.0, 0.5, 0.5]], [1.0, 1.0])
    assert found.visits[0] == pytest.approx(np.full(2, 1 / exit_share), rel=1e-9)
    assert found.visits[1].tolist() == [2.0, 2.0]


def test_a_scenario_without_a_way_out_is_infinite_and_harms_no_other() -> None:
    shape = Scenarios(1, 1, outcomes_from([0, 0], [0, 1], [0.5, 0.5]))
    found = shape.solve([[1.0, 0.0], [0.5, 0.5]], [1.0])
    assert not np.isfinite(found.visits[0, 0])
    assert found.visits[1, 0] == 2.0


def test_faults_are_told_with_scenario_and_node() -> None:
    shape = Scenarios(1, 1, outcomes_from([0, 0], [0, 1], [0.5, 0.5]))
    with pytest.raises(ChainError, match=r"in scenario 1 the shares at node 0 add up to 0\.9"):
        shape.solve([[0.5, 0.5], [0.4, 0.5]], [1.0])
    with pytest.raises(ChainError, match=r"shape \(S, 2\)"):
        shape.solve([[1.0]], [1.0])
    with pytest.raises(ChainError, match="the reward"):
        shape.solve([[0.5, 0.5]], [1.0, 2.0])
    with pytest.raises(ChainError, match="no outcome"):
        Scenarios(2, 1, outcomes_from([0], [1], [1.0]))


def test_the_plan_of_a_straight_process_has_no_fill_at_all() -> None:
    plan = plan_elimination(50, range(49), range(1, 50))
    assert plan.slots == 49
    assert len(plan.update) == 0
    assert sorted(plan.order.tolist()) == list(range(50))
