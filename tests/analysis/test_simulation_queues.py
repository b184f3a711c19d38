"""`simulate` where people wait: closed forms, other simulators on the same model, and how often its intervals hold."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from scipy import stats

import mpmflow as mpm
from mpmflow.analysis.exact.analyze import analyze_workflow
from mpmflow.analysis.simulation.answer import Estimate, WorkflowSimulation
from mpmflow.analysis.simulation.simulate import estimate
from mpmflow.numerics.queues.erlang import erlang_c

HOUR = 3600.0


def near(value: float, found: Estimate, times: float = 1.6) -> bool:
    """Within 1.6 half intervals: a thousand to one for a figure that is right."""
    assert found.low is not None
    assert found.high is not None
    return abs(value - found.mean) <= times * (found.high - found.low) / 2.0


def counter(people: int, gap: str, service: str, back: float = 0.0) -> mpm.Model:
    """A team, and a share of the cases that comes back to it."""
    return mpm.parse(f"""
        team clerks {{ people {people} }}
        workflow w {{
          arrivals every exponential({gap})
          step serve by clerks takes {service}
          decision ok {{ yes, no {100 * back:.6f}% -> serve rework }}
        }}
    """)


@pytest.mark.parametrize(
    ("people", "work", "back"), [(1, 0.8, 0.0), (1, 0.6, 0.25), (3, 2.4, 0.0), (4, 2.2, 0.3), (2, 0.5, 0.5)]
)
def test_erlang_s_formula_with_and_without_coming_back(people: int, work: float, back: float) -> None:
    """M/M/c, also with feedback, which only makes the arrivals more: each visit waits C(c, a) s / (c - a)."""
    found = mpm.simulate(counter(people, "1h", f"exponential({work}h)", back), 400_000, seed=2)["w"]
    visits = 1.0 / (1.0 - back)
    load = work * visits
    wait = erlang_c(people, load) * work / (people - load) * HOUR
    assert near(wait, found["steps.serve.wait"])
    assert near(wait, found["teams.clerks.wait"])
    assert near((wait + work * HOUR) * visits, found["time.mean"])
    assert near(load / people, found["teams.clerks.load"])
    assert near(visits * wait / HOUR, found["teams.clerks.queue"])
    assert near((wait / HOUR + work) * visits, found["wip"])


@pytest.mark.parametrize(("law", "scv"), [("1h to 2h", 1 / 27), ("gamma(mean 90min, sd 180min)", 4.0), ("90min", 0.0)])
def test_pollaczek_and_khinchine_s_formula(law: str, scv: float) -> None:
    """M/G/1: the wait is (1 + scv) / 2 of that of M/M/1."""
    found = mpm.simulate(counter(1, "2h", law), 400_000, seed=3)["w"]
    assert near((1.0 + scv) / 2.0 * 0.75 * 1.5 / 0.25 * HOUR, found["steps.serve.wait"])


def test_shortest_first_takes_waits_away_and_leaves_the_work() -> None:
    text = "team t {{ people 1, serves {} }}\nworkflow w {{ arrivals every exponential(2h), step s by t takes {} }}"
    law = "gamma(mean 90min, sd 90min)"
    first, shortest = (mpm.simulate(mpm.parse(text.format(order, law)), 100_000)["w"]
                       for order in ("first come", "shortest first"))  # fmt: skip
    assert shortest["time.mean"].mean < 0.8 * first["time.mean"].mean
    assert shortest["touch_time.mean"].mean == pytest.approx(first["touch_time.mean"].mean, rel=0.01)


def test_priorities_by_cobham_s_formula() -> None:
    """M/M/1 with two classes: the first waits R / (1 - a), the second R / ((1 - a) (1 - a - b)); R = (a + b) s."""
    found = mpm.simulate(
        mpm.parse("""
            team desk { people 1, serves priority first }
            workflow urgent { arrivals every exponential(4h), priority 1, step a by desk takes exponential(1h) }
            workflow other  { arrivals every exponential(2h), step b by desk takes exponential(1h) }
        """),
        400_000,
        seed=8,
    )
    rest = 0.75 * HOUR
    assert near(rest / 0.75, found["urgent"]["steps.a.wait"])
    assert near(rest / (0.75 * 0.25), found["other"]["steps.b.wait"])


# --------------------------------------------------------------------------------------------- how often they hold


@cache
def simulated_often() -> list[WorkflowSimulation]:
    model = counter(1, "2h", "exponential(1h)")
    return [mpm.simulate(model, 3000, seed=seed, warmup=100, replications=12, workers=1)["w"] for seed in range(200)]


def coverage(truth: float, figure: str) -> int:
    return sum(truth in found[figure] for found in simulated_often())


@pytest.mark.slow
@pytest.mark.parametrize(("figure", "truth"), [("time.mean", 2 * HOUR), ("teams.clerks.load", 0.5)])
def test_intervals_of_a_hundred_hold_ninety_five_times(figure: str, truth: float) -> None:
    """200 simulations of M/M/1; fewer or more hits than binomial luck gives once in ten thousand are a mistake.

    A figure that is 4 % off is caught by the same count.
    """
    low, high = stats.binom.interval(0.9999, 200, 0.95)
    assert low <= coverage(truth, figure) <= high
    assert coverage(1.04 * truth, figure) < low


# ------------------------------------------------------------------------------------------------- other simulators

TWO_TEAMS = """
team desk { people 2 }
team legal { people 1 }
workflow w {
  arrivals every exponential(1h)
  step open by desk takes 30min to 90min
  step check by legal takes exponential(36min)
  decision ok { yes, no 20% -> open rework }
}
"""


def by_replications(run: Callable[[int], float], count: int = 8) -> Estimate:
    return estimate([run(seed) for seed in range(count)])


def agree(one: Estimate, other: Estimate) -> bool:
    """Whether two estimates could be of one figure: their difference lies within 1.6 of its own half interval."""
    halves = [(each.high or 0.0) - (each.low or 0.0) for each in (one, other)]
    return abs(one.mean - other.mean) <= 0.8 * (halves[0] ** 2 + halves[1] ** 2) ** 0.5


def test_simpy_finds_the_same() -> None:
    simpy = pytest.importorskip("simpy", reason="optional: simpy is not installed")

    def run(seed: int, cases: int = 3000, first: int = 200) -> float:
        luck, world, times = random.Random(seed), simpy.Environment(), []
        desk, legal = simpy.Resource(world, 2), simpy.Resource(world, 1)

        def case(number: int):  # type: ignore[no-untyped-def]
            came, again = world.now, True
            while again:
                with desk.request() as turn:
                    yield turn
                    yield world.timeout(luck.uniform(0.5, 1.5))
                with legal.request() as turn:
                    yield turn
                    yield world.timeout(luck.expovariate(1 / 0.6))
                again = luck.random() < 0.2
            if number >= first:
                times.append(world.now - came)

        def come():  # type: ignore[no-untyped-def]
            for number in range(first + cases):
                yield world.timeout(luck.expovariate(1.0))
                world.process(case(number))

        world.process(come())
        world.run()
        return HOUR * sum(times) / len(times)

    found = mpm.simulate(mpm.parse(TWO_TEAMS), 200_000)["w"]["time.mean"]
    assert agree(by_replications(run), found)


def test_ciw_finds_the_same() -> None:
    ciw = pytest.importorskip("ciw", reason="optional: ciw is not installed")
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(1.0), None],
        service_distributions=[ciw.dists.Uniform(0.5, 1.5), ciw.dists.Exponential(1 / 0.6)],
        number_of_servers=[2, 1],
        routing=[[0.0, 1.0], [0.2, 0.0]],
    )

    def run(seed: int, cases: int = 3000, first: int = 200) -> float:
        ciw.seed(seed)
        world = ciw.Simulation(network)
        world.simulate_until_max_customers(first + cases, method="Finish")
        came: dict[int, float] = {}
        gone: dict[int, float] = {}
        for record in world.get_all_records():
            number = record.id_number
            came[number] = min(came.get(number, record.arrival_date), record.arrival_date)
            gone[number] = max(gone.get(number, record.exit_date), record.exit_date)
        counted = [number for number in came if number > first]
        return HOUR * sum(gone[number] - came[number] for number in counted) / len(counted)

    found = mpm.simulate(mpm.parse(TWO_TEAMS), 200_000)["w"]["time.mean"]
    assert agree(by_replications(run), found)


# ------------------------------------------------------------------------------------ parameters mined from a log


def test_a_process_with_parameters_mined_from_a_log() -> None:
    """Purchase to pay: what hangs on no queue is exact, and the queues are those of its loads (a quarter at most)."""
    model = mpm.load(Path(__file__).with_name("purchasing.mpm"))
    found = mpm.simulate(model, 100_000, seed=11)["purchasing"]
    alone = analyze_workflow(model, model.workflows["purchasing"])
    for figure in ("touch_time.mean", "cost.mean", "first_pass", "rework"):
        value = alone[figure]
        assert value is not None
        assert near(value, found[figure])
    for name, team in alone.teams.items():
        assert team.load is not None
        assert near(team.load, found[f"teams.{name}.load"])
    assert near(alone.visits["amend_request"], found["visits.amend_request"])
    waits = found["time.mean"].mean - (alone["time.mean"] or 0.0)
    assert waits == pytest.approx(sum(found[f"teams.{name}.wait_per_case"].mean for name in alone.teams), abs=120.0)
    assert found["teams.buyers.wait"].mean > 10.0
