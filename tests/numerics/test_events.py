"""The simulation against what is known: identities that hold on every run, closed forms, hand-made small cases."""

from __future__ import annotations

import math
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.numerics.chains.chain import chain_from_cells, factorise
from mpmflow.numerics.events import runs as events
from mpmflow.numerics.events.process import Arrivals, EventProcess, Fork, Gather, Pool, event_process
from mpmflow.numerics.events.runs import Tallies, mser5, replication, simulate
from mpmflow.numerics.faults import ChainError, NumericsError
from mpmflow.numerics.times.laws import (
    Constant,
    CutNormal,
    Empirical,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Triangular,
    Uniform,
    Weibull,
)

EXP = Exponential(1.0)


def once(service: Law, gap: Law, pool: Pool | None = None) -> EventProcess:
    """One visit in front of one team."""
    return event_process([service], [0], [-1], [1.0], [Arrivals(0, gap)], [pool or Pool(1)], [0])


def office(rate: float = 0.3, **more: Any) -> EventProcess:
    """Six nodes, three pools, rework, a loss; node 5 needs nobody."""
    laws = [EXP, Gamma(1.0, 0.5), Uniform(0.2, 1.0), Lognormal(1.0, 1.5), Constant(0.7), Exponential(2.0)]
    return event_process(
        laws,
        [0, 1, 1, 2, 3, 3, 3, 4, 5],
        [1, 2, 0, 3, 4, 1, -2, 5, -1],
        [1, 0.8, 0.2, 1, 0.7, 0.2, 0.1, 1, 1],
        [Arrivals(0, Exponential(1 / rate))],
        [Pool(2), Pool(2), Pool(1)],
        [0, 1, 0, 2, 1, -1],
        ends=2,
        **more,
    )


def batch(cases: int, **more: Any) -> Arrivals:
    return Arrivals(0, None, batch=cases, **more)


def run(process: EventProcess, cases: int, seed: int = 1, **more: Any) -> Tallies:
    return replication(process, (seed, 0, 0), more.pop("warmup", 0), cases, **more)


class TestEveryRun:
    """Identities of a run that starts and ends empty: no tolerance but rounding."""

    @pytest.fixture
    def found(self) -> Tallies:
        return run(office(cost=[3.0] * 6, cost_rate=[1.0, 2, 3, 4, 5, 0]), 3000, drain=True)

    def test_whoever_comes_goes(self, found: Tallies) -> None:
        assert (found.arrived, found.ended, found.left) == (3000, 3000, 0)
        assert found.count.sum() == found.end_count.sum() == found.histogram.sum() == 3000

    def test_little(self, found: Tallies) -> None:
        assert found.open_area[0] == pytest.approx(found.mean[0, 0] * 3000, rel=1e-11)
        waited = found.wait_mean @ found.waits
        assert found.queue_area.sum() == pytest.approx(waited, rel=1e-11)
        assert found.mean[0, 1] * 3000 == pytest.approx(waited, rel=1e-11)

    def test_busy_time_is_service_done(self, found: Tallies) -> None:
        assert found.busy_area == pytest.approx(found.work_done, rel=1e-11)
        assert found.mean[0, 2] * 3000 == pytest.approx(found.work_done.sum(), rel=1e-11)

    def test_flow_is_conserved_at_every_node(self, found: Tallies) -> None:
        v = found.visits
        assert v[0] - 3000 + v[2] == v[1] - (v[1] - v[2]) + v[0] - 3000  # what node 1 sends on arrives at 2
        assert v[4] == v[5] == found.end_count[0, 0]
        assert found.end_count[0, 1] + v[4] + (v[1] - v[0]) == v[3]  # of node 3: lost, on, back to 1

    def test_time_is_waiting_and_work_and_the_rest(self, found: Tallies) -> None:
        rest = found.held_mean[5] * found.visits[5] / 3000
        assert found.mean[0, 0] == pytest.approx(found.mean[0, 1] + found.mean[0, 2] + rest, rel=1e-11)

    def test_costs_follow_visits_and_work(self, found: Tallies) -> None:
        rate = np.array([1.0, 2, 3, 4, 5, 0])
        expected = 3.0 * found.visits.sum() + (rate * found.held_mean * found.visits).sum()
        assert found.mean[0, 3] * 3000 == pytest.approx(expected, rel=1e-11)

    def test_moments_and_merging_are_those_of_the_single_times(self) -> None:
        series = [np.empty(500), np.empty(500)]
        parts = [run(office(), 500, seed=s, series=one) for s, one in enumerate(series)]
        both, times = parts[0].merged(parts[1]), np.concatenate(series)
        assert both.mean[0, 0] == pytest.approx(times.mean(), rel=1e-12)
        assert both.covariance()[0, 0] == pytest.approx(times.var(ddof=1), rel=1e-10)
        assert both.quantile(0.9) == pytest.approx(np.quantile(times, 0.9), rel=0.02)


class TestWithoutQueues:
    def test_agrees_with_the_exact_engine(self) -> None:
        process = office()
        free = event_process(
            process.laws, [0, 1, 1, 2, 3, 3, 3, 4, 5], [1, 2, 0, 3, 4, 1, -2, 5, -1],
            [1, 0.8, 0.2, 1, 0.7, 0.2, 0.1, 1, 1], process.classes, ends=2,
        )  # fmt: skip
        chain = chain_from_cells(
            6, [0, 1, 1, 2, 3, 3, 4], [1, 2, 0, 3, 4, 1, 5], [1, 0.8, 0.2, 1, 0.7, 0.2, 1], [3, 5], [1, 0], [0.1, 1], 2
        )
        factor = factorise(chain)
        cases = 40_000
        found = run(free, cases)
        exact = factor.visits() @ np.array([law.mean for law in free.laws if law is not None])
        assert abs(found.mean[0, 0] - exact) < 3.3 * math.sqrt(found.covariance()[0, 0] / cases)
        assert found.visits / cases == pytest.approx(factor.visits(), rel=0.02)
        assert found.end_count[0, 1] / cases == pytest.approx(factor.ends()[1], abs=3.3 * 0.35 / math.sqrt(cases))

    @pytest.mark.parametrize(
        "law",
        [
            Uniform(1.0, 3.0),
            Exponential(2.0),
            Triangular(1.0, 2.0, 5.0),
            CutNormal(1.0, 1.0),
            Lognormal(2.0, 2.0),
            Gamma(2.0, 3.0),
            Gamma(2.0, 0.7),
            Weibull(0.8, 2.0),
            Empirical((1.0, 2.0, 5.0), (1.0, 2.0, 1.0)),
            Gamma(2.0, 3.0).scaled(2.5),
        ],
        ids=lambda law: type(law).__name__,
    )
    def test_every_law_is_drawn_as_it_says(self, law: Law) -> None:
        n = 40_000
        found = run(event_process([law], [0], [-1], [1.0], [Arrivals(0, EXP)]), n)
        assert abs(found.held_mean[0] - law.mean) < 4 * law.sd / math.sqrt(n)
        assert found.held_m2[0] / n == pytest.approx(law.variance, rel=0.15)
        if not len(law.atoms[0]):
            for share in (0.1, 0.5, 0.9):
                assert float(law.cdf(found.quantile(share))) == pytest.approx(share, abs=0.012)


class TestTextbookQueues:
    """One by one; how often intervals hold the truth is asked in `test_congestion`."""

    def test_batches_of_two(self) -> None:
        """M[2]/M/1: L = rho (1 + 2) / (2 (1 - rho))."""
        process = event_process([EXP], [0], [-1], [1.0], [Arrivals(0, Exponential(4.0), batch=2)], [Pool(1)], [0])
        low, high = simulate(process, 20_000, warmup=500, seed=3, replications=8).interval(confidence=0.999)
        assert low < 3.0 < high

    def test_time_in_one_server_queue_is_exponential(self) -> None:
        found = simulate(once(EXP, Exponential(2.0)), 20_000, warmup=500, seed=5, replications=8)
        for share in (0.5, 0.95):
            low, high = found.quantile_interval(share, confidence=0.999)
            assert low < -2.0 * math.log(1 - share) < high

    def test_the_network_of_the_formula(self) -> None:
        """Loads, visits and Little's law in steady state, several nodes to a pool."""
        found = simulate(office(0.5), 20_000, warmup=1000, seed=2, replications=4).total
        visits = found.visits / found.count[0]
        held = np.array([law.mean for law in office().laws if law is not None])
        load = np.array([0.5 * (visits * held)[[i for i in range(6) if office().pool[i] == p]].sum() for p in range(3)])
        assert found.load([1, 1, 1]) == pytest.approx(load, rel=0.03)
        assert found.open_area[0] / found.window == pytest.approx(0.5 * found.mean[0, 0], rel=0.05)


class TestWhoIsNext:
    """One clerk, four classes that come to him one after the other; the times can be told by hand."""

    def times(self, discipline: Any) -> list[float]:
        delays: list[Law | None] = [Constant(0.1), Constant(0.2), Constant(0.3), Constant(0.4)]
        laws = [*delays, Constant(3.0), Constant(3.0), Constant(1.0), Constant(2.0)]
        classes = [Arrivals(i, None, priority=p) for i, p in enumerate((2, 3, 2, 1))]
        process = event_process(
            laws, range(8), [4, 5, 6, 7, -1, -1, -1, -1], [1] * 8, classes, [Pool(1, discipline)], [-1] * 4 + [0] * 4
        )
        return [round(float(one), 9) for one in run(process, 4, drain=True).mean[:, 0]]

    def test_first_come(self) -> None:
        assert self.times("first_come") == [3.1, 6.1, 7.1, 9.1]

    def test_shortest_first(self) -> None:
        assert self.times("shortest") == [3.1, 9.1, 4.1, 6.1]

    def test_priority_by_class(self) -> None:
        assert self.times("class") == [3.1, 9.1, 6.1, 5.1]

    @pytest.mark.parametrize(("discipline", "mean"), [("first_come", 4.7), ("oldest_case", 3.7)])
    def test_the_oldest_case_overtakes(self, discipline: Any, mean: float) -> None:
        """Everybody goes to the clerk twice; by age each case is done before the next begins."""
        process = event_process(
            [Constant(1.0)] * 2, [0, 1], [1, -1], [1, 1], [Arrivals(0, Constant(0.3))], [Pool(1, discipline)], [0, 0]
        )
        assert run(process, 3, drain=True).mean[0, 0] == pytest.approx(mean)

    def test_disciplines_that_do_not_look_at_service_wait_alike(self) -> None:
        """Work conservation: the total work in an M/M/1 does not depend on who is next, shortest first waits less."""
        waits = {}
        for discipline in ("first_come", "oldest_case", "shortest"):
            process = once(EXP, Exponential(1.25), Pool(1, discipline))  # type: ignore[arg-type]
            waits[discipline] = run(process, 30_000, warmup=500).mean[0, 1]
        assert waits["oldest_case"] == pytest.approx(waits["first_come"], rel=1e-9)
        assert waits["shortest"] < 0.7 * waits["first_come"]


class TestWorkingHours:
    office_hours = tuple((day * 86400 + 9 * 3600.0, day * 86400 + 17 * 3600.0) for day in range(5))

    def time(self, origin: float, work: float, cases: int = 1) -> float:
        process = event_process(
            [Constant(work)], [0], [-1], [1], [batch(cases)], [Pool(1, calendar=self.office_hours)], [0], origin=origin
        )
        return float(run(process, cases, drain=True).mean[0, 0])

    def test_work_stops_at_closing_and_goes_on_at_opening(self) -> None:
        friday = 4 * 86400 + 16.5 * 3600
        assert self.time(friday, 3600.0) == pytest.approx(3 * 86400 - 7 * 3600)  # Monday 09:30
        assert self.time(friday, 1800.0) == pytest.approx(1800.0)
        assert self.time(9 * 3600, 40 * 3600.0) == pytest.approx(4 * 86400 + 8 * 3600)  # a whole week of work

    def test_who_comes_at_night_waits_for_the_morning(self) -> None:
        assert self.time(20 * 3600.0, 3600.0) == pytest.approx(14 * 3600)
        assert self.time(20 * 3600.0, 3600.0, cases=3) == pytest.approx(15 * 3600)

    def test_a_calendar_that_never_closes_changes_nothing(self) -> None:
        always = once(EXP, Exponential(1.25), Pool(1))
        open_ = once(EXP, Exponential(1.25), Pool(1, calendar=((0.0, 604800.0),)))
        assert run(open_, 5000).mean[0, 0] == pytest.approx(run(always, 5000).mean[0, 0], rel=1e-9)

    def test_all_work_is_done_whatever_the_hours(self) -> None:
        process = once(Exponential(1800.0), Exponential(4 * 3600.0), Pool(1, calendar=self.office_hours))
        found = run(process, 2000, drain=True)
        assert found.left == 0
        assert found.work_done[0] == pytest.approx(found.held_mean[0] * 2000)


class TestBlocks:
    """Nodes: 0 forks, 1 and 2 are the branches, 3 goes on whole, 4 goes on lost."""

    def block(self, laws: list[Law | None], lose: float = 0.0, cases: int = 1, **more: Any) -> Tallies:
        fork = Fork(0, (1, 2), joined=3, lost=4, **more)
        process = event_process(
            [None, *laws, None, None],
            [1, 2, 2, 3, 4], [-1, -1, -2, -1, -2], [1, 1 - lose, lose, 1, 1],
            [batch(cases)], ends=2, forks=[fork], touch=[True] * 5,
        )  # fmt: skip
        return run(process, cases, drain=True)

    def test_all_waits_for_the_last_and_first_for_the_first(self) -> None:
        two: list[Law | None] = [Constant(2.0), Constant(5.0)]
        assert self.block(two).mean[0].tolist() == [5.0, 0.0, 7.0, 0.0]
        assert self.block(two, first=True).mean[0].tolist() == [2.0, 0.0, 7.0, 0.0]  # the other still runs to its end

    def test_the_longest_of_two(self) -> None:
        found = self.block([Exponential(1.0), Exponential(1.0)], cases=40_000)
        assert found.mean[0, 0] == pytest.approx(1.5, abs=4 * 1.12 / 200)

    def test_a_lost_branch_loses_the_case_when_all_have_ended(self) -> None:
        found = self.block([Constant(5.0), Constant(2.0)], lose=0.3, cases=20_000)
        assert found.end_count[0, 1] / 20_000 == pytest.approx(0.3, abs=0.013)
        assert found.end_mean[0].tolist() == pytest.approx([5.0, 5.0])

    def test_first_is_lost_only_if_all_are(self) -> None:
        found = self.block([Constant(5.0), Constant(2.0)], lose=1.0, cases=10, first=True)
        assert found.end_count[0].tolist() == [10, 0]
        assert found.mean[0, 0] == pytest.approx(5.0)

    def test_blocks_inside_blocks(self) -> None:
        """0 forks into 1 and 2; 2 forks into 3 and 4, joins at 5; 6 is the end."""
        laws: list[Law | None] = [None, Constant(3.0), None, Constant(1.0), Constant(2.0), Constant(4.0), Constant(1.0)]
        process = event_process(
            laws, [1, 3, 4, 5, 6], [-1] * 5, [1] * 5, [batch(3)], forks=[Fork(0, (1, 2), 6), Fork(2, (3, 4), 5)]
        )
        found = run(process, 3, drain=True)
        assert found.mean[0, 0] == pytest.approx(7.0)
        assert found.visits.tolist() == [3] * 7

    def test_a_block_that_loses_needs_a_place_for_it(self) -> None:
        with pytest.raises(NumericsError, match="nothing says where to"):
            event_process(
                [None, EXP, None], [1, 1, 2], [-1, -2, -1], [0.5, 0.5, 1], [batch(1)], ends=2, forks=[Fork(0, (1,), 2)]
            )


class TestMemoryOfACase:
    def test_at_most_n_then_elsewhere(self) -> None:
        """Always back, at most 3 times, then to node 1."""
        process = event_process(
            [Constant(1.0), Constant(10.0)], [0, 1], [0, -1], [1, 1], [batch(5)], limit=[3, -1], over=[1, 0]
        )
        found = run(process, 5, drain=True)
        assert found.visits.tolist() == [20, 5]
        assert found.mean[0, 0] == pytest.approx(14.0)

    def test_shares_by_visit(self) -> None:
        """Back with 50 %, then 20 %, then never: 1 + .5 + .1 visits."""
        process = event_process([Constant(1.0)], [0, 0], [0, -1], [[0.5, 0.2, 0.0], [0.5, 0.8, 1.0]], [batch(30_000)])
        found = run(process, 30_000, drain=True)
        assert found.visits[0] / 30_000 == pytest.approx(1.6, abs=4 * 0.67 / 173)
        assert found.quantile(1.0) <= 3.06


class TestGathering:
    """Node 0 gathers, node 1 works."""

    def mean_time(self, size: int, after: float, cases: int = 6) -> float:
        process = event_process(
            [None, Constant(0.5)], [0, 1], [1, -1], [1, 1],
            [Arrivals(0, Constant(1.0))], gathers=[Gather(0, size, after)],
        )  # fmt: skip
        return float(run(process, cases, drain=True).mean[0, 0])

    def test_until_enough_are_there(self) -> None:
        assert self.mean_time(3, math.inf) == pytest.approx(0.5 + 1.0)  # waits 2, 1, 0
        assert self.mean_time(1, math.inf) == pytest.approx(0.5)

    def test_or_until_the_time_has_passed(self) -> None:
        assert self.mean_time(100, 1.5) == pytest.approx(0.5 + 1.0)  # pairs wait 1.5 and .5

    def test_who_is_never_enough_stays(self) -> None:
        process = event_process([None], [0], [-1], [1], [batch(5)], gathers=[Gather(0, 4)])
        found = run(process, 5, drain=True)
        assert (found.ended, found.left) == (4, 1)


class _OneByOne(Executor):
    """Runs each task at once."""

    def submit(self, call: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        task: Future[Any] = Future()
        task.set_result(call(*args, **kwargs))
        return task


@st.composite
def processes(draw: st.DrawFn) -> EventProcess:
    """Two classes through rework, a limited loop, a block inside a loop, a gathering; any discipline and hours."""
    disciplines = st.sampled_from(("first_come", "shortest", "oldest_case", "class"))
    hours = st.sampled_from(
        [(), ((32400.0, 61200.0), (118800.0, 147600.0)), ((0.0, 604800.0),), ((600000.0, 604800.0),)]
    )
    pools = [Pool(draw(st.integers(1, 3)), draw(disciplines), draw(hours)) for _ in range(2)]
    times = st.sampled_from([Exponential(600.0), Constant(900.0), Gamma(500.0, 900.0), Uniform(10.0, 2000.0), None])
    laws = [draw(times) for _ in range(8)]
    laws[1] = laws[6] = None
    back, lose = draw(st.floats(0.0, 0.6)), draw(st.floats(0.0, 0.4))
    # 0 work, 1 fork -> 2 | 3, whole -> 4, lost -> 5; 4 decides back to 0 (at most twice, then 6); 6 gathers; 7 ends
    return event_process(
        laws,
        [0, 2, 3, 3, 4, 4, 5, 6, 7], [1, -1, -1, -2, 0, 6, -2, 7, -1],
        [1, 1, 1 - lose, lose, back, 1 - back, 1, 1, 1],
        [Arrivals(0, Exponential(2000.0), priority=1), Arrivals(4, Exponential(3000.0), batch=draw(st.integers(1, 3)))],
        pools, [0, -1, 1, draw(st.integers(-1, 1)), 0, 1, -1, 1],
        ends=2,
        forks=[Fork(1, (2, 3), 4, 5, first=draw(st.booleans()))],
        gathers=[Gather(6, draw(st.integers(1, 4)), draw(st.sampled_from([0.0, 700.0, 90000.0])))],
        limit=[-1, -1, -1, -1, 2, -1, -1, -1, -1], over=[-9, -9, -9, -9, 6, -9, -9, -9, -9],
        touch=[True] * 8, origin=draw(st.floats(0.0, 604800.0)),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(processes(), st.integers(0, 99))
def test_nothing_is_lost_and_nothing_is_made_up(process: EventProcess, seed: int) -> None:
    found = run(process, 200, seed=seed, drain=True)
    assert (found.arrived, found.ended, found.left) == (200, 200, 0)
    assert found.open_area == pytest.approx(found.mean[:, 0] * found.count, rel=1e-9, abs=1e-6)
    served = process.pool >= 0
    queued = (found.wait_mean * found.waits)[served].sum()
    assert found.queue_area.sum() == pytest.approx(queued, rel=1e-9, abs=1e-6)
    assert found.work_done.sum() == pytest.approx((found.held_mean * found.visits)[served].sum(), rel=1e-9)
    assert (found.mean[:, 2] * found.count).sum() == pytest.approx(found.held_mean @ found.visits, rel=1e-9)
    assert found.busy_area.sum() >= found.work_done.sum() * (1 - 1e-9)  # pauses outside the hours are held too
    assert (found.mean[:, 1] * found.count).sum() == pytest.approx(found.wait_mean @ found.waits, rel=1e-9, abs=1e-6)


class TestRuns:
    def test_the_same_seed_gives_the_same_answer_whoever_works(self) -> None:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes, ThreadPoolExecutor(3) as threads:
            found = [
                simulate(office(), 300, seed=4, replications=3, executor=executor)
                for executor in (None, _OneByOne(), threads, processes)
            ]
        for other in found[1:]:
            assert other.warmup == found[0].warmup
            assert other.total.mean.tobytes() == found[0].total.mean.tobytes()
            assert other.total.co.tobytes() == found[0].total.co.tobytes()
        assert simulate(office(), 300, seed=5, replications=3).mean() != found[0].mean()

    def test_until_precise_enough(self) -> None:
        found = simulate(once(EXP, Exponential(2.0)), 1000, warmup=100, seed=1, replications=3, within=0.03)
        low, high = found.interval()
        assert (high - low) / 2 <= 0.03 * found.mean()
        assert len(found.replications) > 3
        again = simulate(once(EXP, Exponential(2.0)), 1000, 100, 1, 3, _OneByOne(), within=0.03)
        assert again.mean() == found.mean()

    def test_stopping_by_hand_keeps_what_is_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real, calls = events.wait, []

        def impatient(*args: Any, **kwargs: Any) -> Any:
            calls.append(1)
            if len(calls) > 1:
                raise KeyboardInterrupt
            return real(*args, **{**kwargs, "timeout": None})

        monkeypatch.setattr(events, "wait", impatient)
        found = simulate(office(), 2000, warmup=10, replications=50, workers=1)
        assert found.interrupted
        assert 1 <= len(found.replications) < 50
        assert found.total.count[0] == 2000 * len(found.replications)

    def test_an_overloaded_team_is_stopped_by_memory_or_horizon(self) -> None:
        full = once(EXP, Exponential(0.5))
        assert run(full, 10**7, most_tokens=1000).stopped == "memory"
        found = run(full, 10**7, horizon=100.0)
        assert (found.stopped, found.clock) == ("horizon", 100.0)
        assert found.arrived == found.ended + found.left

    def test_variants_share_their_luck(self) -> None:
        """A shorter last step under the same seed: the difference has hardly any noise."""
        slow, fast = (event_process([EXP, Exponential(m)], [0, 1], [1, -1], [1, 1], [batch(2000)]) for m in (1.0, 0.9))
        gains = [
            run(slow, 2000, seed=s, drain=True).mean[0, 0] - run(fast, 2000, seed=s, drain=True).mean[0, 0]
            for s in range(8)
        ]
        assert np.mean(gains) == pytest.approx(0.1, abs=0.005)
        assert np.std(gains) < 0.005  # without common luck it would be about .04

    def test_warm_up_is_found(self) -> None:
        series = np.concatenate([np.linspace(8, 1, 100), 1 + 0.2 * np.sin(np.arange(2000))])
        assert 60 <= mser5(series) <= 120
        assert simulate(once(EXP, Exponential(1.25)), 2000, replications=2).warmup >= 20

    def test_late_cases(self) -> None:
        process = event_process([EXP], [0], [-1], [1], [batch(20_000, deadline=1.0)])
        assert run(process, 20_000, drain=True).late[0] / 20_000 == pytest.approx(math.exp(-1), abs=0.014)

    def test_memory_follows_the_cases_in_process(self) -> None:
        assert run(once(EXP, Exponential(2.0)), 100_000).tokens < 50


class TestFaults:
    def test_each_says_what_is_wrong(self) -> None:
        with pytest.raises(ChainError, match="not to 1"):
            event_process([EXP], [0], [-1], [0.9], [batch(1)])
        with pytest.raises(ChainError, match="no node and no end"):
            event_process([EXP], [0], [4], [1.0], [batch(1)])
        with pytest.raises(NumericsError, match="working intervals"):
            event_process([EXP], [0], [-1], [1.0], [batch(1)], [Pool(1, calendar=((5.0, 2.0),))], [0])
        with pytest.raises(NumericsError, match="who is next"):
            event_process([EXP], [0], [-1], [1.0], [batch(1)], [Pool(1, "lifo")], [0])  # type: ignore[arg-type]
