"""Congestion by simulation: what holds to the last digit in every run, and how often its intervals hold the truth."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mpmflow.numerics.events.process import Arrivals, EventProcess, Fork, Gather, Pool, event_process
from mpmflow.numerics.events.runs import Tallies, replication, student_interval
from mpmflow.numerics.queues.erlang import erlang_c
from mpmflow.numerics.times.laws import Constant, Exponential, Gamma, Law, Lognormal, Uniform


def run(process: EventProcess, cases: int, seed: int, **more: Any) -> Tallies:
    return replication(process, (seed, 0, 0), more.pop("warmup", 0), cases, **more)


# ------------------------------------------------------------------------------------- every run, to the last digit


@st.composite
def offices(draw: st.DrawFn, fair: bool = False) -> EventProcess:
    """Up to five steps of up to three teams, rework to any step, losses, two kinds of cases.

    Teams may be overloaded, where only first come, first served is fair: others let somebody wait for ever.
    """
    n, teams = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    times = st.sampled_from(
        [Exponential(1.0), Constant(0.7), Gamma(1.0, 2.0), Lognormal(0.5, 0.8), Uniform(0.1, 2.0), None]
    )
    laws: list[Law | None] = [draw(times) for _ in range(n)]
    row, target, share = [], [], []
    for step in range(n):
        back, lost = draw(st.floats(0.0, 0.5)), draw(st.floats(0.0, 0.3))
        row += [step] * 3
        target += [step + 1 if step + 1 < n else -1, draw(st.integers(0, step)), -2]
        share += [1.0 - back - lost, back, lost]
    gaps = st.sampled_from([Exponential(1.5), Constant(1.0), Gamma(2.0, 3.0)])
    disciplines = st.sampled_from(("first_come",) if fair else ("first_come", "shortest", "oldest_case", "class"))
    return event_process(
        laws, row, target, share,
        [Arrivals(0, draw(gaps)), Arrivals(n - 1, draw(gaps), batch=draw(st.integers(1, 3)), priority=1)],
        [Pool(draw(st.integers(1, 3)), draw(disciplines)) for _ in range(teams)],
        [draw(st.integers(-1, teams - 1)) for _ in range(n)],
        ends=2,
    )  # fmt: skip


def arrival_times(process: EventProcess, cases: int, seed: int) -> np.ndarray:
    """When the first cases come: the same arrivals in front of nothing to do, where the clock stops with each."""
    idle = replace(process, laws=(None,) * process.n, way_target=np.full_like(process.way_target, -1))
    return np.array([run(idle, 1, seed, warmup=order).clock for order in range(cases)])


@settings(max_examples=20, deadline=None)
@given(offices(fair=True), st.integers(0, 9), st.integers(0, 25))
def test_littles_law_holds_in_any_window_once_its_edges_are_cut(process: EventProcess, seed: int, warmup: int) -> None:
    """The area under the number in process is the time that cases spend in the window, those at its edges in part."""
    cases = 40
    times = np.full(warmup + cases, np.nan)
    run(process, warmup + cases, seed, series=times)
    found = run(process, cases, seed, warmup=warmup)
    born = arrival_times(process, warmup + cases + 1, seed)
    # the window closes when the first case comes that does not count, or when all that count have ended
    opens, closes = born[warmup], min(born[-1], (born[:-1] + times)[warmup:].max())
    assert found.window == pytest.approx(closes - opens, rel=1e-12)
    spent = np.clip(born[:-1] + times, opens, closes) - np.clip(born[:-1], opens, closes)
    assert found.open_area.sum() == pytest.approx(spent.sum(), rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(offices(fair=True), st.integers(0, 99), st.integers(0, 20), st.booleans(), st.sampled_from([float("inf"), 12.0]))
def test_cases_that_came_are_done_or_lost_or_still_there(
    process: EventProcess, seed: int, warmup: int, drain: bool, horizon: float
) -> None:
    found = run(process, 60, seed, warmup=warmup, drain=drain, horizon=horizon)
    assert found.arrived == found.ended + found.left
    assert found.left >= 0
    assert (found.end_count.sum(axis=1) == found.count).all()
    assert (found.first_pass <= found.end_count).all()
    assert found.departed.sum() <= found.ended
    if drain and horizon == float("inf"):
        assert (found.left, found.arrived) == (0, warmup + 60)
        assert found.departed.sum() <= warmup + 60
    elif horizon == float("inf"):
        assert found.count.sum() == 60


@settings(max_examples=60, deadline=None)
@given(offices(), st.integers(0, 99))
def test_work_is_conserved_from_empty_to_empty(process: EventProcess, seed: int) -> None:
    """Servers are held for exactly the work that was brought, and nobody waits but in a queue."""
    found = run(process, 80, seed, drain=True)
    brought = np.zeros(len(process.pools))
    served = np.array([pool if law is not None else -1 for pool, law in zip(process.pool, process.laws, strict=True)])
    for pool in range(len(brought)):
        brought[pool] = (found.held_mean * found.visits)[served == pool].sum()
    assert found.busy_area == pytest.approx(brought, rel=1e-9, abs=1e-9)
    assert found.work_done == pytest.approx(brought, rel=1e-9, abs=1e-9)
    assert found.served.tolist() == [int(found.visits[served == pool].sum()) for pool in range(len(brought))]
    load = found.load([pool.servers for pool in process.pools])
    servers = np.array([pool.servers for pool in process.pools])
    assert load * servers * found.window == pytest.approx(brought, rel=1e-9, abs=1e-9)
    assert (load <= 1.0 + 1e-9).all()
    queued = [(found.wait_mean * found.waits)[served == pool].sum() for pool in range(len(brought))]
    assert found.queue_area == pytest.approx(queued, rel=1e-9, abs=1e-9)
    assert found.elapsed == pytest.approx(found.held_mean, rel=1e-12)  # no calendars: no pauses


# --------------------------------------------------------------------------- first passes, waste, pauses, departures


class TestWhatIsDoneAgainAndInVain:
    """Node 0 works 2 (cost 3, 1 an hour), then 30 % go back to it, 10 % are thrown away, the rest goes on to node 1."""

    @pytest.fixture
    def found(self) -> Tallies:
        process = event_process(
            [Constant(2.0), Constant(5.0)], [0, 0, 0, 1], [1, 0, -2, -1], [0.6, 0.3, 0.1, 1.0],
            [Arrivals(0, None, batch=20_000)], [Pool(1)], [-1, -1], ends=2, cost=[3.0, 7.0], cost_rate=[1.0, 0.0],
            touch=[True, True], rework=[False, True, False, False], waste=[False, True, True, False],
        )  # fmt: skip
        return run(process, 20_000, 3, drain=True)

    def test_first_passes_are_those_that_never_went_back(self, found: Tallies) -> None:
        passed = found.first_pass[0] / 20_000
        assert passed == pytest.approx([0.6, 0.1], abs=0.012)
        assert found.first_pass[0, 0] < found.end_count[0, 0]

    def test_waste_is_what_was_spent_before(self, found: Tallies) -> None:
        """All visits of node 0 but the last of those that go on: 1 / 0.7 visits, of which 0.6 / 0.7 are of use."""
        vain = 1 / 0.7 - 0.6 / 0.7
        assert found.wasted[0] == pytest.approx([5.0 * vain, 2.0 * vain], rel=0.02)
        useful = found.mean[0, 3] - 12.0 * found.end_count[0, 0] / 20_000
        assert found.wasted[0, 0] == pytest.approx(useful, rel=1e-9)

    def test_all_leave_within_a_run_that_ends_empty(self, found: Tallies) -> None:
        assert found.departed.tolist() == found.end_count.tolist()


def test_waste_in_a_branch_is_what_the_branch_spent() -> None:
    """0 costs 1 and forks (1) into 2 (cost 10, goes back once) and 3 (cost 100); behind them, 4 throws all away."""
    for thrown, vain in ((0.0, 20.0), (1.0, 121.0)):
        process = event_process(
            [Constant(1.0), None, Constant(1.0), Constant(1.0), None],
            [0, 2, 3, 4, 4], [1, 2, -1, -1, -2], [1, 1, 1, 1 - thrown, thrown],
            [Arrivals(0, None, batch=4)], ends=2, forks=[Fork(1, (2, 3), 4)],
            limit=[-1, 1, -1, -1, -1], over=[0, -1, 0, 0, 0], cost=[1.0, 0.0, 10.0, 100.0, 0.0],
            rework=[False, True, False, False, False], waste=[False, True, False, False, True],
        )  # fmt: skip
        found = run(process, 4, 1, drain=True)
        # over its limit the way leads elsewhere but says the same: both visits of node 2 were in vain
        assert found.wasted[0, 0] == pytest.approx(vain)
        assert found.first_pass.sum() == 0


def test_pauses_outside_the_hours_are_part_of_the_time_in_service() -> None:
    day = 86400.0
    hours = tuple((d * day, d * day + 8 * 3600.0) for d in range(7))
    process = event_process(
        [Constant(10 * 3600.0)], [0], [-1], [1.0], [Arrivals(0, None)], [Pool(1, calendar=hours)], [0]
    )
    found = run(process, 1, 1, drain=True)
    assert found.elapsed[0] == pytest.approx(26 * 3600.0)
    assert found.held_mean[0] == pytest.approx(10 * 3600.0)


def test_marks_and_figures_survive_merging() -> None:
    process = event_process(
        [Exponential(1.0)], [0, 0], [0, -1], [0.4, 0.6], [Arrivals(0, Exponential(3.0))], [Pool(1)], [0],
        cost=[1.0], rework=[True, False], waste=[True, False],
    )  # fmt: skip
    one, two = (run(process, 500, seed) for seed in (1, 2))
    both = one.merged(two)
    assert both.first_pass.tolist() == (one.first_pass + two.first_pass).tolist()
    assert both.departed.tolist() == (one.departed + two.departed).tolist()
    assert both.wasted[0] == pytest.approx((one.wasted[0] + two.wasted[0]) / 2)
    weight = one.visits[0] / (one.visits[0] + two.visits[0])
    assert both.elapsed[0] == pytest.approx(weight * one.elapsed[0] + (1 - weight) * two.elapsed[0])


def test_gatherings_keep_littles_law_too() -> None:
    process = event_process(
        [None, Exponential(0.2)], [0, 1], [1, -1], [1, 1], [Arrivals(0, Exponential(1.0))], [Pool(1)], [-1, 0],
        gathers=[Gather(0, 3)],
    )  # fmt: skip
    found = run(process, 300, 5, drain=True)
    assert found.left == 0
    assert found.open_area[0] == pytest.approx(found.mean[0, 0] * 300, rel=1e-9)


# ----------------------------------------------------------------------------------- intervals against the textbook

SEEDS = 200
LEVELS = (0.99, 0.8)


def pollaczek(rate: float, law: Law) -> float:
    return rate * law.second / (2 * (1 - rate * law.mean))


def queue(service: Law, gap: float, servers: int = 1) -> EventProcess:
    return event_process([service], [0], [-1], [1.0], [Arrivals(0, Exponential(gap))], [Pool(servers)], [0])


JACKSON = event_process(
    [Exponential(1 / m) for m in (0.8, 0.6, 1.1, 0.9, 0.7)],
    [0, 1, 2, 3, 3, 4], [1, 2, 3, 4, 1, -1], [1, 1, 1, 0.8, 0.2, 1],
    [Arrivals(0, Exponential(1.0))], [Pool(2), Pool(3), Pool(2), Pool(2), Pool(2)], range(5),
)  # fmt: skip
EXP = Exponential(1.0)
MODELS: dict[str, tuple[EventProcess, float, float]] = {
    # process, mean cycle time, load of the first team
    "one server": (queue(EXP, 1 / 0.5), 1 / 0.5, 0.5),
    "three servers": (queue(EXP, 1 / 1.8, 3), 1 + erlang_c(3, 1.8) / 1.2, 0.6),
    "any law": (queue(Lognormal(1.0, 1.0), 1 / 0.5), 1 + pollaczek(0.5, Lognormal(1.0, 1.0)), 0.5),
    "network": (JACKSON, 12.5125, 1 / 1.6),
}


@cache
def runs_of(model: str) -> list[list[Tallies]]:
    """Six replications of every seed, as `simulate` makes them."""
    process = MODELS[model][0]
    return [[replication(process, (seed, 0, number), 250, 2500) for number in range(6)] for seed in range(SEEDS)]


def misses(values: list[list[float]], truth: float, confidence: float) -> int:
    intervals = [student_interval(one, confidence) for one in values]
    return sum(not low < truth < high for low, high in intervals)


def too_many_or_too_few(missed: int, confidence: float) -> bool:
    """Whether so many misses would come less than once in 2,000 times, by the binomial law, to either side."""
    law = stats.binom(SEEDS, 1.0 - confidence)
    return bool(min(law.cdf(missed), law.sf(missed - 1)) < 1 / 4000)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.slow
class TestIntervals:
    """Of 200 intervals of 99 % about two miss the truth, of those of 80 % about forty: not many more and not fewer."""

    @pytest.mark.parametrize("confidence", LEVELS)
    def test_the_cycle_time_is_inside_as_often_as_it_should_be(self, model: str, confidence: float) -> None:
        values = [[one.mean[0, 0] for one in found] for found in runs_of(model)]
        missed = misses(values, MODELS[model][1], confidence)
        assert not too_many_or_too_few(missed, confidence), f"{missed} of {SEEDS} miss"

    @pytest.mark.parametrize("confidence", LEVELS)
    def test_so_is_the_load(self, model: str, confidence: float) -> None:
        process, _, load = MODELS[model]
        servers = [pool.servers for pool in process.pools]
        values = [[one.load(servers)[0] for one in found] for found in runs_of(model)]
        missed = misses(values, load, confidence)
        assert not too_many_or_too_few(missed, confidence), f"{missed} of {SEEDS} miss"

    def test_a_figure_four_per_cent_off_would_be_noticed(self, model: str) -> None:
        values = [[one.mean[0, 0] for one in found] for found in runs_of(model)]
        for off in (0.96, 1.04):
            assert too_many_or_too_few(misses(values, off * MODELS[model][1], 0.8), 0.8)

    def test_intervals_half_as_wide_would_be_noticed(self, model: str) -> None:
        values = [[one.mean[0, 0] for one in found] for found in runs_of(model)]
        middle = [float(np.mean(one)) for one in values]
        narrow = [[m + (v - m) / 2 for v in one] for one, m in zip(values, middle, strict=True)]
        assert too_many_or_too_few(misses(narrow, MODELS[model][1], 0.8), 0.8)
