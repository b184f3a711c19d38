"""Loops that remember: closed forms, and every copy checked against cases walked with counters of their own."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.numerics.chains.chain import factorise
from mpmflow.numerics.chains.gradients import slopes
from mpmflow.numerics.chains.moments import reward
from mpmflow.numerics.chains.outcomes import Outcomes, chain_from_outcomes, outcomes_from
from mpmflow.numerics.chains.unroll import Bound, Schedule, Unrolled, unroll
from mpmflow.numerics.faults import ChainError, NoExitError, TooManyStatesError
from mpmflow.numerics.settings import Settings
from tests.numerics.reference import Process, random_process

LOOP = outcomes_from([0, 0], [0, 1], [0.2, 0.8], payer=[1, -1])


def _visits(unrolled: Unrolled, nodes: int, start: int = 0) -> np.ndarray:
    chain = chain_from_outcomes(unrolled.n, unrolled.k, unrolled.outcomes, unrolled.start(start))
    return unrolled.gather(factorise(chain).visits(), nodes)


def _ends(unrolled: Unrolled) -> np.ndarray:
    return factorise(chain_from_outcomes(unrolled.n, unrolled.k, unrolled.outcomes, unrolled.start(0))).ends()


@pytest.mark.parametrize("times", [0, 1, 3, 10])
def test_at_most_so_many_rounds_make_a_finite_geometric_sum(times: int) -> None:
    # two ends: done, and the director, reached when the outcome comes up once more than allowed
    out = outcomes_from([0, 0], [0, 1], [0.2, 0.8])
    bounded = unroll(1, 2, out, [Bound(entry=0, times=times, then=2)])
    assert _visits(bounded, 1)[0] == pytest.approx(sum(0.2**j for j in range(times + 1)), rel=1e-14)
    assert _ends(bounded)[1] == pytest.approx(0.2 ** (times + 1), rel=1e-12)


def test_shares_by_visit_hold_the_last_one() -> None:
    by_visit = unroll(1, 1, LOOP, schedules=[Schedule(0, ((0.3, 0.7), (0.15, 0.85), (0.05, 0.95)))])
    assert by_visit.n == 3
    assert _visits(by_visit, 1)[0] == pytest.approx(1 + 0.3 * (1 + 0.15 / 0.95), rel=1e-14)


def test_the_director_may_send_a_case_on_after_the_bound() -> None:
    # draft 0, check 1: back 30 %, at most twice, then the director 2, who passes everything on to the end
    out = outcomes_from([0, 1, 1, 2], [1, 0, 3, 3], [1.0, 0.3, 0.7, 1.0])
    bounded = unroll(3, 1, out, [Bound(entry=1, times=2, then=2)])
    visits = _visits(bounded, 3)
    assert visits == pytest.approx([1.39, 1.39, 0.027], rel=1e-13)
    assert np.sum(bounded.node == 2) == 1  # outside the loop nothing is copied


def _walk(
    process: Process, bounds: list[Bound], schedules: list[Schedule], steps: int = 3000
) -> tuple[np.ndarray, np.ndarray]:
    """Visits and ends from cases that carry every counter all the way, whatever part of the process they are in."""
    out = process.outcomes
    visits, ends = np.zeros(process.n), np.zeros(process.k)
    cases: dict[tuple[int, tuple[int, ...]], float] = {(0, (0,) * (len(bounds) + len(schedules))): 1.0}
    for _ in range(steps):
        later: dict[tuple[int, tuple[int, ...]], float] = defaultdict(float)
        for (node, counts), mass in cases.items():
            visits[node] += mass
            now = list(counts)
            entries = np.flatnonzero(out.row == node)
            share = out.share[entries]
            for i, schedule in enumerate(schedules):
                if schedule.row == node:
                    seat = len(bounds) + i
                    share = np.array(schedule.shares[min(now[seat], len(schedule.shares) - 1)])
                    now[seat] = min(now[seat] + 1, len(schedule.shares))
            for entry, chance in zip(entries, share, strict=True):
                target, then = int(out.target[entry]), list(now)
                for i, bound in enumerate(bounds):
                    if bound.entry == entry:
                        target = bound.then if then[i] >= bound.times else target
                        then[i] = min(then[i] + 1, bound.times)
                if target >= process.n:
                    ends[target - process.n] += mass * chance
                elif mass * chance > 1e-16:
                    later[target, tuple(then)] += mass * chance
        cases = later
        if not cases:
            break
    return visits, ends


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_mixture_of_bounds_and_schedules_equals_walking_with_counters(seed: int) -> None:
    rng = np.random.default_rng(seed)
    process = random_process(seed, n=5, k=2, least_exit=0.25)
    out = process.outcomes
    entries = rng.choice(out.count, size=2, replace=False)
    bounds = [Bound(int(e), int(rng.integers(0, 4)), int(rng.integers(0, process.n + 2))) for e in entries]
    row = int(rng.integers(0, process.n))
    width = int((out.row == row).sum())
    shares = 0.8 * rng.dirichlet(np.ones(width), size=3) + 0.2 * np.eye(width)[-1]  # the last outcome is an end
    schedules = [Schedule(row, tuple(map(tuple, shares.tolist())))]
    try:
        unrolled = unroll(process.n, process.k, out, bounds, schedules)
        visits, ends = _visits(unrolled, process.n), _ends(unrolled)
    except NoExitError:
        return  # the bound leads back to its own decision for ever
    walked, ended = _walk(process, bounds, schedules)
    assert visits == pytest.approx(walked, rel=1e-9, abs=1e-12)
    assert ends == pytest.approx(ended, rel=1e-9, abs=1e-12)


def test_slopes_sum_over_the_copies() -> None:
    def mean(q: float) -> float:
        return sum(q**j for j in range(4))

    bounded = unroll(1, 1, LOOP, [Bound(entry=0, times=3, then=1)])
    factor = factorise(chain_from_outcomes(bounded.n, 1, bounded.outcomes, bounded.start(0)))
    found = slopes(factor, reward(bounded.spread([1.0]), k=1), bounded.outcomes)
    total = bounded.outcomes.by_lever(found.along("from_pass"), 2)[0]
    assert total == pytest.approx((mean(0.2 + 1e-6) - mean(0.2 - 1e-6)) / 2e-6, rel=1e-8)


def test_counters_in_one_part_multiply_and_too_many_are_refused() -> None:
    out = outcomes_from([0, 0, 1, 1], [0, 1, 0, 2], [0.5, 0.5, 0.5, 0.5])
    both = [Bound(0, 9, 2), Bound(2, 9, 2)]
    assert unroll(2, 1, out, both).n <= 2 * 10 * 10
    with pytest.raises(TooManyStatesError, match="simulate instead") as caught:
        unroll(2, 1, out, [Bound(0, 999, 2), Bound(2, 999, 2)], settings=Settings(state_limit=1000))
    assert caught.value.states == 2 * 1000 * 1000


def test_an_open_case_is_found_by_what_it_has_behind_it() -> None:
    bounded = unroll(1, 2, LOOP, [Bound(entry=0, times=2, then=2)])
    chain = chain_from_outcomes(bounded.n, 2, bounded.outcomes, bounded.start(0))
    to_director = factorise(chain).absorption()[:, 1]
    assert to_director[bounded.copy_of(0, {0: 2})] == pytest.approx(0.2)
    assert to_director[bounded.copy_of(0, {0: 7})] == pytest.approx(0.2)
    assert to_director[bounded.copy_of(0, {})] == pytest.approx(0.008)


def test_a_combination_that_no_case_can_have_is_refused() -> None:
    # the second decision can only be reached after the first was visited
    out = outcomes_from([0, 1, 1], [1, 0, 2], [1.0, 0.5, 0.5])
    both = unroll(2, 1, out, schedules=[Schedule(0, ((1.0,), (1.0,))), Schedule(1, ((0.5, 0.5), (0.1, 0.9)))])
    with pytest.raises(ChainError, match="no case at node 0"):
        both.copy_of(0, {0: 1, 1: 0})


@pytest.mark.parametrize(
    ("bounds", "schedules"),
    [
        ([Bound(9, 1, 1)], []),
        ([Bound(0, -1, 1)], []),
        ([Bound(0, 1, 9)], []),
        ([Bound(0, 1, 1), Bound(0, 2, 1)], []),
        ([], [Schedule(3, ((1.0,),))]),
        ([], [Schedule(0, ((0.5, 0.4),))]),
        ([], [Schedule(0, ((1.0,),))]),
        ([], [Schedule(0, ())]),
    ],
)
def test_bounds_and_schedules_must_fit(bounds: list[Bound], schedules: list[Schedule]) -> None:
    with pytest.raises(ChainError):
        unroll(1, 1, LOOP, bounds, schedules)


def test_a_process_without_memory_stays_as_it_is() -> None:
    process = random_process(3)
    same: Outcomes = unroll(process.n, process.k, process.outcomes).outcomes
    assert same.count == process.outcomes.count
    assert sorted(same.share.tolist()) == sorted(process.outcomes.share.tolist())
