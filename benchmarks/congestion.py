"""Waiting formulas against simulation on random workflows, and the simulation's speed beside simpy and ciw.

    python benchmarks/congestion.py                    # 24 workflows, about a minute on two cores
    python benchmarks/congestion.py --workflows 49 --cases 60000
    python benchmarks/congestion.py --poisson          # Poisson arrivals only
    python benchmarks/congestion.py --speed            # only the speed

Each workflow has 6 to 14 steps, 2 to 5 shared teams of 1 to 4 people, rework and losses; loads are between .5 and .95,
service variability between .2 and 3, arrival variability .25, 1 or 4. Errors are relative to the simulated mean; the
line "noise" is half the 95 % interval of the simulation itself, below which no error means anything. `simpy` and
`ciw` take their turn when installed (see benchmarks/requirements.txt).
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mpmflow.numerics.chains.chain import chain_from_cells, factorise
from mpmflow.numerics.events.case_times import case_times
from mpmflow.numerics.events.process import Arrivals, EventProcess, Pool, event_process
from mpmflow.numerics.events.runs import replication, simulate
from mpmflow.numerics.queues.queueing import CaseFlow, Formula, case_flow, queues
from mpmflow.numerics.times.laws import Exponential, Gamma

FORMULAS: tuple[Formula, ...] = ("work", "qna", "mgm", "jackson")


@dataclass(frozen=True)
class Made:
    """A random workflow, for both sides."""

    flow: CaseFlow
    process: EventProcess
    servers: list[int]


def workflow(seed: int, poisson: bool) -> Made:
    """Steps in a row; after some of them cases go back, skip ahead or are lost."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(6, 15))
    teams = int(rng.integers(2, 6))
    pool = np.concatenate([np.arange(teams), rng.integers(0, teams, n - teams)])
    rng.shuffle(pool)
    servers = rng.integers(1, 5, teams).tolist()
    row, target, share = [], [], []
    for step in range(n):
        ways = {step + 1 if step + 1 < n else -1: 1.0}
        if step and rng.random() < 0.4:
            back, moved = int(rng.integers(max(0, step - 4), step)), rng.uniform(0.05, 0.35)
            ways = {key: value * (1 - moved) for key, value in ways.items()} | {back: moved}
        if rng.random() < 0.15:
            ways = {key: value * 0.95 for key, value in ways.items()} | {-2: 0.05}
        for goes, part in ways.items():
            row.append(step)
            target.append(goes)
            share.append(part)
    rows, targets, shares = np.array(row), np.array(target), np.array(share)
    inside = targets >= 0
    factor = factorise(
        chain_from_cells(
            n, rows[inside], targets[inside], shares[inside], rows[~inside], -1 - targets[~inside], shares[~inside], 2
        )
    )
    mean, scv = rng.uniform(0.5, 2.0, n), rng.uniform(0.2, 3.0, n)
    visits = factor.visits()
    for team in range(teams):
        mine = pool == team
        mean[mine] *= rng.uniform(0.5, 0.95) * servers[team] / float(visits[mine] @ mean[mine])
    arrival_scv = 1.0 if poisson else float(rng.choice([0.25, 1.0, 4.0]))
    flow = case_flow(factor, 1.0, mean, pool, mean**2 * (1 + scv), arrival_scv=arrival_scv)
    laws = [Gamma(float(m), float(m * s**0.5)) for m, s in zip(mean, scv, strict=True)]
    gap = Exponential(1.0) if arrival_scv == 1.0 else Gamma(1.0, arrival_scv**0.5)
    process = event_process(
        laws, rows, targets, shares, [Arrivals(0, gap)], [Pool(int(m)) for m in servers], pool, ends=2
    )
    return Made(flow, process, servers)


def errors(workflows: int, cases: int, poisson: bool) -> None:
    """Print the errors of every formula."""
    wait: dict[str, list[float]] = {name: [] for name in FORMULAS}
    cycle: dict[str, list[float]] = {name: [] for name in FORMULAS}
    tail, noise, cycle_noise = [], [], []
    for seed in range(workflows):
        made = workflow(seed, poisson)
        found = simulate(made.process, cases, warmup=cases // 5, seed=seed, replications=4)
        low, high = found.interval("wait")
        noise.append((high - low) / 2 / found.mean("wait"))
        low, high = found.interval("time")
        cycle_noise.append((high - low) / 2 / found.mean("time"))
        for name in FORMULAS:
            answer = queues([made.flow], made.servers, name)
            wait[name].append(abs(answer.waiting_time() / found.mean("wait") - 1))
            cycle[name].append(abs(answer.cycle_time() / found.mean("time") - 1))
        answer = queues([made.flow], made.servers)
        drawn = case_times(made.process, answer.wait, answer.delayed, cases=50_000, seed=seed)
        tail.append(abs(drawn.quantile(0.95) / found.total.quantile(0.95) - 1))
    kind = "Poisson arrivals" if poisson else "arrival scv .25, 1, 4"
    print(f"{workflows} workflows, {kind}, 4 x {cases} cases each; errors in %: median / 90th percentile")
    print(f"  {'formula':10}{'total wait':>18}{'cycle time':>18}")
    for name in FORMULAS:
        print(f"  {name:10}{_band(wait[name]):>18}{_band(cycle[name]):>18}")
    print(f"  {'noise':10}{_band(noise):>18}{_band(cycle_noise):>18}")
    print(f"  95 % quantile of the cycle time, one wait per team and case: {_band(tail)}")


def _band(values: list[float]) -> str:
    return f"{100 * float(np.median(values)):.1f} / {100 * float(np.quantile(values, 0.9)):.1f}"


# ---------------------------------------------------------------- speed: five teams in a row, 20 % back to the second
SPEED, PEOPLE = [0.8, 0.6, 1.1, 0.9, 0.7], [2, 3, 2, 2, 2]


def ours(cases: int) -> tuple[float, int]:
    """Mean cycle time and events."""
    process = event_process(
        [Exponential(1 / speed) for speed in SPEED],
        [0, 1, 2, 3, 3, 4],
        [1, 2, 3, 4, 1, -1],
        [1, 1, 1, 0.8, 0.2, 1],
        [Arrivals(0, Exponential(1.0))],
        [Pool(count) for count in PEOPLE],
        range(5),
    )
    found = replication(process, (2, 0, 0), cases // 20, cases)
    return float(found.mean[0, 0]), found.events


def by_simpy(cases: int) -> tuple[float, int]:
    """The same in simpy."""
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
            at = 1 if at == 3 and rng.random() < 0.2 else at + 1
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
    """The same in ciw."""
    import ciw

    routing = [[0.0] * 5 for _ in range(5)]
    for at in range(4):
        routing[at][at + 1] = 1.0
    routing[3][4], routing[3][1] = 0.8, 0.2
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


def speed() -> None:
    """Print cases and events a second."""
    ours(1000)  # compile, or load what was compiled before
    rows: list[tuple[str, Callable[[int], tuple[float, int]], int]] = [("mpmflow", ours, 1_000_000)]
    rows += [("simpy", by_simpy, 20_000), ("ciw", by_ciw, 5_000)]
    print("five teams in a row, 20 % back to the second; exact mean cycle time 12.5125")
    reference = 0.0
    for name, run, cases in rows:
        begin = time.perf_counter()
        try:
            mean, events = run(cases)
        except ImportError:
            print(f"  {name:8} not installed")
            continue
        seconds = time.perf_counter() - begin
        rate = cases / seconds
        reference = reference or rate
        beside = "" if name == "mpmflow" else f"   1/{reference / rate:,.0f} of mpmflow"
        print(f"  {name:8}{rate:>12,.0f} cases/s{events / seconds:>14,.0f} events/s   mean {mean:.3f}{beside}")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workflows", type=int, default=24)
    parser.add_argument("--cases", type=int, default=40_000)
    parser.add_argument("--poisson", action="store_true")
    parser.add_argument("--speed", action="store_true")
    asked = parser.parse_args()
    if not asked.speed:
        errors(asked.workflows, asked.cases, asked.poisson)
    speed()


if __name__ == "__main__":
    main()
