"""The law of the cycle time with waiting: exact where theory is, beside the simulation elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mpmflow.numerics.chains.chain import chain_from_cells, factorise
from mpmflow.numerics.events.case_times import case_times
from mpmflow.numerics.events.process import Arrivals, Fork, Gather, Pool, event_process
from mpmflow.numerics.events.runs import simulate
from mpmflow.numerics.faults import NumericsError
from mpmflow.numerics.queues.queueing import case_flow, queues
from mpmflow.numerics.times.laws import Constant, Exponential, Gamma

EXP = Exponential(1.0)


def test_several_servers_wait_as_theory_says() -> None:
    """M/M/3 at load .8: waiting longer than t has chance C exp(-(3 - 2.4) t)."""
    chain = factorise(chain_from_cells(1, [], [], [], [0], [0], [1.0], k=1))
    found = queues([case_flow(chain, 2.4, [1.0], [0], [2.0])], [3])
    process = event_process([EXP], [0], [-1], [1.0], [Arrivals(0, EXP)], [Pool(3)], [0])
    times = case_times(process, found.wait, found.delayed, cases=100_000)
    assert times.waited.mean() == pytest.approx(found.wait[0], rel=0.02)
    assert np.mean(times.waited > 1.0) == pytest.approx(found.delayed[0] * math.exp(-0.6), abs=0.006)
    assert times.mean == pytest.approx(found.cycle_time(), rel=0.01)


def test_rework_at_one_team_beside_the_simulation() -> None:
    laws = [Gamma(1.0, 0.5), EXP]
    process = event_process(
        laws, [0, 1, 1], [1, 0, -1], [1, 0.3, 0.7], [Arrivals(0, Exponential(3.6))], [Pool(1)], [0, 0]
    )
    chain = factorise(chain_from_cells(2, [0, 1], [1, 0], [1, 0.3], [1], [0], [0.7], k=1))
    found = queues([case_flow(chain, 1 / 3.6, [1.0, 1.0], [0, 0], [1.25, 2.0])], [1])
    times = case_times(process, found.wait, found.delayed)
    referee = simulate(process, 40_000, warmup=2000, seed=1, replications=6)
    assert times.mean == pytest.approx(referee.mean(), rel=0.04)
    # rounds that follow each other at once do not meet quite the same crowd: the tail is on the safe side
    simulated = referee.total.quantile(0.95)
    assert simulated * 0.97 < times.quantile(0.95) < simulated * 1.12
    low, high = times.quantile_interval(0.95)
    assert low < times.quantile(0.95) < high < low * 1.03


def test_blocks_are_walked_as_they_are() -> None:
    fork = Fork(0, (1, 2), joined=3, lost=4)
    process = event_process(
        [None, EXP, EXP, None, None], [1, 2, 2, 3, 4], [-1, -1, -2, -1, -2], [1, 0.9, 0.1, 1, 1],
        [Arrivals(0, None)], [Pool(1)], [-1, 0, -1, -1, -1], ends=2, forks=[fork],
    )  # fmt: skip
    times = case_times(process, [0.0], [0.0], cases=60_000, seed=3)
    assert times.mean == pytest.approx(1.5, abs=0.02)
    assert np.mean(times.end) == pytest.approx(0.1, abs=0.006)
    first = event_process(
        [None, EXP, EXP, None],
        [1, 2, 3],
        [-1, -1, -1],
        [1, 1, 1],
        [Arrivals(0, None)],
        forks=[Fork(0, (1, 2), 3, first=True)],
    )
    assert case_times(first, [], [], cases=60_000).mean == pytest.approx(0.5, abs=0.01)


def test_loops_with_a_limit_and_deadlines() -> None:
    process = event_process(
        [Constant(1.0), Constant(10.0)], [0, 1], [0, -1], [1, 1], [Arrivals(0, None)], limit=[3, -1], over=[1, 0]
    )
    times = case_times(process, [], [], cases=10)
    assert times.time.tolist() == [14.0] * 10
    assert (times.later_than(13.9), times.later_than(14.0)) == (1.0, 0.0)


def test_the_same_seed_gives_the_same_times() -> None:
    process = event_process([EXP], [0], [-1], [1.0], [Arrivals(0, EXP)], [Pool(1)], [0])
    one, two, three = (case_times(process, [1.0], [0.5], cases=500, seed=s).time for s in (1, 1, 2))
    assert one.tobytes() == two.tobytes() != three.tobytes()


def test_no_law_without_a_wait() -> None:
    process = event_process([EXP], [0], [-1], [1.0], [Arrivals(0, EXP)], [Pool(1)], [0])
    with pytest.raises(NumericsError, match="overloaded"):
        case_times(process, [math.inf], [1.0])
    gathering = event_process([None], [0], [-1], [1.0], [Arrivals(0, EXP)], gathers=[Gather(0, 2)])
    with pytest.raises(NumericsError, match="gather"):
        case_times(gathering, [], [])
