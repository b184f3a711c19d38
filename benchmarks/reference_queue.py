"""The reference process of `congestion.py` on every side: five teams in a row, one case in five goes back.

Poisson arrivals, one a unit of time; exponential service; shared loads up to .714. It is an open Jackson network, so
the mean cycle time is known: 12.5125.
"""

from __future__ import annotations

import random
from functools import cache

import numpy as np

from mpmflow.numerics.events.process import Arrivals, EventProcess, Pool, event_process
from mpmflow.numerics.events.runs import replication, simulate
from mpmflow.numerics.times.laws import Exponential

SPEED, PEOPLE, FROM, TO, BACK = [0.8, 0.6, 1.1, 0.9, 0.7], [2, 3, 2, 2, 2], 3, 1, 0.2
EXACT = 12.5125


@cache
def process() -> EventProcess:
    """The process for mpmflow."""
    return event_process(
        [Exponential(1 / speed) for speed in SPEED],
        [0, 1, 2, 3, 3, 4],
        [1, 2, 3, 4, TO, -1],
        [1, 1, 1, 1 - BACK, BACK, 1],
        [Arrivals(0, Exponential(1.0))],
        [Pool(count) for count in PEOPLE],
        range(5),
    )


def ours(cases: int) -> tuple[float, int]:
    """Mean cycle time and events, with every figure that mpmflow counts."""
    found = replication(process(), (2, 0, 0), cases // 20, cases)
    return float(found.mean[0, 0]), found.events


def side_by_side(cases: int, workers: int, parts: int = 4) -> tuple[float, int]:
    """The same cases in replications, spread over the processors by the library itself."""
    found = simulate(process(), cases // parts, warmup=cases // parts // 20, replications=parts, workers=workers)
    return found.mean(), found.total.events


def by_bare(cases: int) -> tuple[float, int]:
    """The same in a loop that knows nothing else."""
    from bare_queue import bare

    mean, events = bare(cases, cases // 20, np.array(SPEED), np.array(PEOPLE), FROM, TO, BACK)
    return float(mean), int(events)


def by_simpy(cases: int) -> tuple[float, int]:
    """The same in SimPy."""
    import simpy

    env = simpy.Environment()
    teams = [simpy.Resource(env, count) for count in PEOPLE]
    rng = random.Random(1)
    times: list[float] = []

    def case():  # type: ignore[no-untyped-def]
        born, at = env.now, 0
        while at < 5:
            with teams[at].request() as mine:
                yield mine
                yield env.timeout(rng.expovariate(SPEED[at]))
            at = TO if at == FROM and rng.random() < BACK else at + 1
        times.append(env.now - born)

    def source():  # type: ignore[no-untyped-def]
        for _ in range(cases):
            yield env.timeout(rng.expovariate(1.0))
            env.process(case())

    env.process(source())
    env.run()
    kept = times[cases // 20 :]
    return sum(kept) / len(kept), 7 * cases


def by_ciw(cases: int) -> tuple[float, int]:
    """The same in Ciw."""
    import ciw

    routing = [[0.0] * 5 for _ in range(5)]
    for at in range(4):
        routing[at][at + 1] = 1.0
    routing[FROM][FROM + 1], routing[FROM][TO] = 1 - BACK, BACK
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(1.0)] + [None] * 4,
        service_distributions=[ciw.dists.Exponential(speed) for speed in SPEED],
        number_of_servers=PEOPLE,
        routing=routing,
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(cases, method="Finish")
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for record in simulation.get_all_records():
        name = record.id_number
        first[name] = min(first.get(name, 1e99), record.arrival_date)
        if record.destination == -1:
            last[name] = record.exit_date
    times = [last[name] - first[name] for name in sorted(last)][cases // 20 :]
    return sum(times) / len(times), 7 * cases
