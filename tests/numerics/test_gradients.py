"""Slopes against complex steps, interactions against differences, gains of whole improvements against solving anew."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.numerics.chains.chain import factorise
from mpmflow.numerics.chains.gradients import ExactChange, Improvement, Slopes, interactions, slopes
from mpmflow.numerics.chains.moments import Reward, moments, reward
from mpmflow.numerics.chains.outcomes import along, chain_from_outcomes, direction, outcomes_from
from mpmflow.numerics.faults import ChainError
from tests.numerics.reference import Process, dense_moments, processes, random_process

KINDS = ["from_pass", "proportional", "centred"]


def _gathered(process: Process, seed: int) -> Reward:
    rng = np.random.default_rng(seed)
    mean = rng.uniform(0.5, 3.0, process.n)
    extra = rng.uniform(0.0, 2.0, process.outcomes.count)
    return reward(
        mean,
        mean**2 * rng.uniform(1.0, 3.0, process.n),
        extra,
        extra**2 * rng.uniform(1.0, 2.0, len(extra)),
        rng.uniform(0.0, 1.0, process.k),
    )


def _found(process: Process, seed: int) -> tuple[Reward, Slopes]:
    gathered = _gathered(process, seed)
    return gathered, slopes(factorise(process.chain), gathered, process.outcomes)


def _complex_step(process: Process, gathered: Reward, delta: np.ndarray) -> tuple[float, float]:
    step = 1e-30
    assert gathered.outcome_mean is not None
    assert gathered.outcome_second is not None
    mean, second = dense_moments(
        process,
        process.outcomes.share + 1j * step * delta,
        gathered.mean.astype(complex),
        gathered.second.astype(complex),
        gathered.outcome_mean,
        gathered.outcome_second,
        gathered.terminal.astype(complex),
    )
    return mean.imag / step, second.imag / step


@settings(max_examples=25, deadline=None)
@given(processes(8), st.integers(0, 1000), st.sampled_from(KINDS))
def test_slopes_of_mean_spread_and_sd_equal_complex_steps_in_every_direction(
    process: Process, seed: int, kind: str
) -> None:
    gathered, found = _found(process, seed)
    for entry in range(process.outcomes.count):
        delta = direction(process.outcomes, [entry], kind)  # type: ignore[arg-type]
        assert abs(delta.sum()) < 1e-12
        mean, second = _complex_step(process, gathered, delta)
        scale, square = found.moments.mean, found.moments.second
        assert found.along(kind)[entry] == pytest.approx(mean, rel=1e-8, abs=1e-9 * scale)  # type: ignore[arg-type]
        assert found.along(kind, "second")[entry] == pytest.approx(second, rel=1e-8, abs=1e-9 * square)  # type: ignore[arg-type]
        sd_slope = (second - 2 * scale * mean) / (2 * found.moments.sd)
        assert found.along(kind, "sd")[entry] == pytest.approx(sd_slope, rel=1e-6, abs=1e-6 * found.moments.sd)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(5))
def test_slopes_in_a_nodes_amount_equal_central_differences(seed: int) -> None:
    process = random_process(seed)
    gathered, found = _found(process, seed)
    factor = factorise(process.chain)
    step = 1e-5

    def at(node: int, shift: float, stretch: float) -> tuple[float, float, float]:
        mean, second = gathered.mean.copy(), gathered.second.copy()
        second[node] = second[node] * (1 + stretch) ** 2 + 2 * shift * mean[node] + shift**2
        mean[node] = mean[node] * (1 + stretch) + shift
        other = Reward(mean, second, gathered.outcome_mean, gathered.outcome_second, gathered.terminal)
        m = moments(factor, other, process.outcomes)
        return m.mean, m.second, m.sd

    for node in range(process.n):
        shifted = (np.array(at(node, step, 0)) - np.array(at(node, -step, 0))) / (2 * step)
        assert shifted == pytest.approx(
            [found.node_mean[node], found.node_second[node], found.node_sd[node]], rel=1e-6, abs=1e-8
        )
        scaled = (np.array(at(node, 0, step)) - np.array(at(node, 0, -step))) / (2 * step)
        expected = [found.scale_mean[node], found.scale_second[node], found.scale_sd[node]]
        assert scaled == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_the_chance_of_an_end_is_a_reward_on_ending_and_has_slopes_too() -> None:
    decision = outcomes_from([0, 0, 0], [0, 1, 2], [0.2, 0.7, 0.1], payer=[1, -1, 1])
    chain = chain_from_outcomes(1, 2, decision)
    found = slopes(factorise(chain), reward([0.0], terminal=[1.0, 0.0]), decision)
    assert found.moments.mean == pytest.approx(7 / 8)
    # done = p / (1 - q): moving share from p to q costs (1 - q - p) / (1 - q)^2
    assert found.along("from_pass")[0] == pytest.approx(-(1 - 0.2 - 0.7) / 0.8**2)


def test_centred_slopes_balance_and_stand_in_ratio_to_proportional_ones() -> None:
    process = random_process(11)
    _, found = _found(process, 1)
    centred, proportional = found.along("centred"), found.along("proportional")
    share = process.outcomes.share
    balance = np.bincount(process.outcomes.row, weights=share * centred)
    assert balance == pytest.approx(np.zeros(process.n), abs=1e-10)
    assert centred == pytest.approx((1 - share) * proportional, rel=1e-9, abs=1e-12)


def test_a_share_at_its_bound_still_has_a_direction() -> None:
    sure = outcomes_from([0, 0, 0], [1, 2, 3], [1.0, 0.0, 0.0])
    raw = np.array([5.0, 1.0, 3.0])
    assert along(sure, raw).tolist() == [3.0, -4.0, -2.0]  # the two others pay evenly
    assert along(outcomes_from([0], [1], [1.0]), np.array([7.0])).tolist() == [0.0]


def test_beside_a_share_near_one_no_digit_is_lost() -> None:
    rare = outcomes_from([0, 0], [1, 2], [1 - 1e-13, 1e-13])
    assert along(rare, np.array([1.0, 4.0])) == pytest.approx([-3.0, 3.0], rel=1e-15)


def test_copies_of_one_lever_are_summed() -> None:
    twice = outcomes_from([0, 0, 1, 1], [1, 2, 0, 2], [0.5, 0.5, 0.5, 0.5], lever=[0, 1, 0, 1])
    assert twice.by_lever(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [4.0, 6.0]


@pytest.mark.parametrize("seed", range(4))
def test_interactions_equal_second_differences(seed: int) -> None:
    process = random_process(seed, n=6)
    gathered, found = _found(process, seed)
    entries = [0, 2, 5, process.outcomes.count - 1]
    moves = np.array([direction(process.outcomes, [entry], "proportional") for entry in entries])
    table = interactions(factorise(process.chain), found, moves)
    step = 1e-4

    def mean(delta: np.ndarray) -> float:
        return dense_moments(
            process,
            process.outcomes.share + delta,
            gathered.mean,
            gathered.second,
            gathered.outcome_mean,  # type: ignore[arg-type]
            gathered.outcome_second,  # type: ignore[arg-type]
            gathered.terminal,
        )[0].real

    for one, other in itertools.product(range(4), repeat=2):
        a, b = step * moves[one], step * moves[other]
        difference = (mean(a + b) - mean(a - b) - mean(b - a) + mean(-a - b)) / (4 * step**2)
        assert table[one, other] == pytest.approx(difference, rel=1e-4, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(processes(7), st.integers(0, 1000))
def test_the_gain_of_any_set_of_improvements_equals_solving_anew(process: Process, seed: int) -> None:
    gathered, found = _found(process, seed)
    rng = np.random.default_rng(seed)
    entries = rng.choice(process.outcomes.count, size=min(4, process.outcomes.count), replace=False)
    improvements = []
    for entry in entries:
        delta = direction(process.outcomes, [int(entry)], "proportional")
        size = -0.3 * process.outcomes.share[entry]
        improvements.append(Improvement(size * delta))
    change = ExactChange(factorise(process.chain), found, improvements)
    for count in range(len(entries) + 1):
        chosen = list(range(count))
        share = process.outcomes.share + sum((improvements[i].move for i in chosen), np.zeros(process.outcomes.count))
        if share.min() < 0:
            continue
        anew = dense_moments(
            process,
            share,
            gathered.mean,
            gathered.second,
            gathered.outcome_mean,  # type: ignore[arg-type]
            gathered.outcome_second,  # type: ignore[arg-type]
            gathered.terminal,
        )[0].real
        assert change.of(chosen) == pytest.approx(float(anew) - found.moments.mean, rel=1e-8, abs=1e-10)


def test_the_greedy_choice_takes_the_best_gain_per_effort_first_and_stops_when_nothing_helps() -> None:
    # Two checks in a row, sending back 30 % and 10 %; halving the first helps more, but costs ten times the effort.
    outcomes = outcomes_from([0, 0, 1, 1, 1], [0, 1, 0, 1, 2], [0.3, 0.7, 0.1, 0.0, 0.9])
    factor = factorise(chain_from_outcomes(2, 1, outcomes))
    found = slopes(factor, reward([1.0, 1.0], k=1), outcomes)
    first = Improvement(np.array([-0.15, 0.15, 0.0, 0.0, 0.0]), effort=10.0)
    second = Improvement(np.array([0.0, 0.0, -0.05, 0.0, 0.05]))
    worse = Improvement(np.array([0.0, 0.0, 0.05, 0.0, -0.05]))
    change = ExactChange(factor, found, [first, second, worse])
    assert abs(change.of([0])) > abs(change.of([1]))
    chosen = change.greedy(3)
    assert [choice.index for choice in chosen] == [1, 0]
    assert chosen[-1].total == pytest.approx(change.of([0, 1]))
    # E = (1 + 0.7) / 0.63 before, (1 + 0.85) / (0.85 * 0.95) after: each step of each round counted
    before = 1 / (0.7 * 0.9) + 1 / 0.9
    after = 1 / (0.85 * 0.95) + 1 / 0.95
    assert chosen[-1].total == pytest.approx(after - before, rel=1e-12)


def test_an_impossible_improvement_is_refused() -> None:
    outcomes = outcomes_from([0, 0], [0, 1], [0.3, 0.7])
    factor = factorise(chain_from_outcomes(1, 1, outcomes))
    found = slopes(factor, reward([1.0], k=1), outcomes)
    with pytest.raises(ChainError, match=r"outside 0\.\.1"):
        ExactChange(factor, found, [Improvement(np.array([-0.4, 0.4]))])
    with pytest.raises(ChainError, match="not to 0"):
        ExactChange(factor, found, [Improvement(np.array([-0.1, 0.0]))])


def test_a_change_that_closes_the_way_out_takes_for_ever() -> None:
    outcomes = outcomes_from([0, 0], [0, 1], [0.5, 0.5])
    factor = factorise(chain_from_outcomes(1, 1, outcomes))
    found = slopes(factor, reward([1.0], k=1), outcomes)
    assert ExactChange(factor, found, [Improvement(np.array([0.5, -0.5]))]).of([0]) == float("inf")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 0], [1, 2], [0.5, 0.4]), "add up to 0.9"),
        (([0, 1], [1, 2], [1.0, 1.0], [1, -1]), "same row"),
        (([0, 0], [1], [1.0]), "one length"),
    ],
)
def test_outcomes_that_do_not_fit_together_are_refused(arguments: tuple[list[float], ...], message: str) -> None:
    with pytest.raises(ChainError, match=message):
        outcomes_from(*arguments)  # type: ignore[arg-type]
