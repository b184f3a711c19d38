"""The simulation beside SimPy, Ciw and a bare compiled loop; the waiting formulas beside the simulation: in one run.

    pip install -r benchmarks/requirements.txt      # simpy and ciw; their rows say so without them
    python benchmarks/congestion.py                 # speed: one reference process on every side, two minutes
    python benchmarks/congestion.py --formulas      # 50 random workflows with shared teams, rework and losses: minutes
    python benchmarks/congestion.py --formulas --poisson --workflows 24
    python benchmarks/congestion.py --save docs/background    # both, as a page

Speed is told in ratios, of seconds of the processor, of sides that take turns; two processors against one by the clock
on the wall, the least of the turns, because other work on the machine only ever adds to it. Memory and start are those
of fresh processes. Random workflows have 6 to 14 steps, 2 to 5 shared teams of 1 to 4 people, rework and losses; loads
are between .5 and .95, service variability between .2 and 3, arrival variability .25, 1 or 4. Errors are relative to
the simulated mean; the row "noise" is half the 95 % interval of the simulation itself, below which no error means
anything.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

# ruff: noqa: E402 - paths are set before anything that they lead to is imported
import numpy as np
from measuring import machine, peak_memory, table, turns
from reference_queue import EXACT, by_bare, by_ciw, by_simpy, ours, side_by_side

from mpmflow.numerics.chains.chain import chain_from_cells, factorise
from mpmflow.numerics.events.case_times import case_times
from mpmflow.numerics.events.process import Arrivals, EventProcess, Pool, event_process
from mpmflow.numerics.events.runs import simulate
from mpmflow.numerics.queues.queueing import CaseFlow, Formula, case_flow, queues
from mpmflow.numerics.times.laws import Exponential, Gamma

FORMULAS: tuple[Formula, ...] = ("work", "qna", "mgm", "jackson")
Sides = dict[str, tuple[Callable[[int], tuple[float, int]], int]]


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


def error_rows(workflows: int, cases: int, poisson: bool) -> list[list[str]]:
    """Errors of every formula: median and 90th percentile, in per cent."""
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
    told = {
        "work": "mpmflow (`work`)",
        "qna": "QNA",
        "mgm": "M/G/m at each team by itself",
        "jackson": "Jackson: all exponential",
    }
    rows = [[told[name], _band(wait[name]), _band(cycle[name]), ""] for name in FORMULAS]
    rows[0][3] = _band(tail)
    return [*rows, ["noise of the simulation", _band(noise), _band(cycle_noise), ""]]


def _band(values: list[float]) -> str:
    return f"{100 * float(np.median(values)):.1f} / {100 * float(np.quantile(values, 0.9)):.1f}"


# ------------------------------------------------------------------------------------------------------------- speed
SIDES: Sides = {
    "mpmflow": (ours, 500_000),
    "a bare compiled loop": (by_bare, 500_000),
    "SimPy": (by_simpy, 10_000),
    "Ciw": (by_ciw, 3_000),
}


def speed_rows(rounds: int) -> list[list[str]]:
    """Cases a second of every side, and how many times as many mpmflow does."""
    there: Sides = {}
    missing = []
    for name, (run, cases) in SIDES.items():
        try:
            run(1_000)  # compiles, or says that it is not installed
            there[name] = run, cases
        except ImportError:
            missing.append(name)
    means: dict[str, float] = {}

    def turn(name: str) -> Callable[[], object]:
        run, cases = there[name]
        return lambda: means.update({name: run(cases)[0]})

    taken = turns([turn(name) for name in there], rounds)
    rows = []
    for side, (name, (_, cases)) in enumerate(there.items()):
        times = taken.ratio(0, side) * there["mpmflow"][1] / cases
        told = "" if side == 0 else f"{times:.2f}" if times < 10 else f"{times:.0f}"
        rows.append([name, f"{cases / taken.median(side):,.0f}", told, f"{means[name]:.2f}"])
    return rows + [[name, "not installed", "", ""] for name in missing]


def processor_rows(rounds: int, cases: int = 2_000_000) -> list[list[str]]:
    """Replications on one and on two processors: by the clock on the wall, and what both spend together."""
    runs = [lambda workers=workers: side_by_side(cases, workers) for workers in (1, 2)]  # type: ignore[misc]
    taken = turns(runs, rounds, clock=time.perf_counter)
    spent = turns(runs, 3, warm=False)
    gain, together = taken.least(0) / taken.least(1), spent.ratio(0, 1)
    crowd = f"; on average {os.getloadavg()[0]:.0f} programs wanted the processors meanwhile"
    return [
        ["two processors, by the clock", f"{gain:.2f} times one", f"{cases:,} cases in four replications{crowd}"],
        ["together they spend", f"{together:.2f} times one", "processor time: what running side by side costs"],
    ]


def fresh_rows(cases: int = 10_000_000) -> list[list[str]]:
    """Peak memory of many cases, and the start of a simulation, in fresh processes."""
    before = json.loads(_asked("--memory-of", "1000"))
    after = json.loads(_asked("--memory-of", str(cases)))
    rows = [["peak memory", f"{after} MiB", f"{cases:,} cases; {before} MiB of it for 1,000"]]
    with tempfile.TemporaryDirectory() as folder:
        first, again = (_start(folder) for _ in range(2))
        later = min(again, *(_start(folder) for _ in range(4)))
    rows.append(
        ["first start on a machine", f"{first:.1f} s", "compiles the loop; processor time of the whole process"]
    )
    return [*rows, ["every later start", f"{later:.2f} s", "Python, libraries, 2 x 1,000 cases, answer"]]


def _asked(*words: str) -> str:
    done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=True)
    return done.stdout


def _start(cache: str) -> float:
    """Processor time of a process that simulates once, with its machine code kept in this folder."""
    environment = {**os.environ, "MPMFLOW_CACHE": cache}
    process = subprocess.Popen(
        [sys.executable, __file__, "--start"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError("the process that was to show a start has failed")
    return used.ru_utime + used.ru_stime


PAGE = """\
# Congestion, measured

This page is written by `python benchmarks/congestion.py --save docs/background`. {machine}

{tables}"""

SPEED = """\
Five teams in a row, cases come by chance, serving times are exponential, one case in five goes back from the fourth
team to the second, loads reach .714. For this process the mean cycle time is known, {exact}; the last column is what
each side found. mpmflow counts all its figures meanwhile (waits, loads, costs, covariances, the whole law of the time,
by class, step, team and end); SimPy and the bare loop only the mean; Ciw a record of every visit.

- **A bare compiled loop** (`benchmarks/bare_queue.py`) knows this one process and nothing else. It says how fast one
  processor can be at all.
- **SimPy** and **Ciw** are the simulation libraries that one would take in Python.

Rates are of seconds of the processor; sides take turns in one process, and the ratio is the median over turns.

"""

ERRORS = """\
{workflows} random workflows: 6 to 14 steps, 2 to 5 shared teams of 1 to 4 people, rework and losses, loads from .5 to
.95, squared variation of serving times .2 to 3, of arrivals {arrivals}. `analyze` answers by formula, without a random
number; here its formula, and older ones, stand beside a simulation of 4 x {cases:,} cases. Errors in per cent of the
simulated mean, median / 90th percentile over the workflows. A formula that comes to the row "noise" is as right as this
simulation can tell.

"""


def speed_page(rounds: int) -> str:
    """Everything about speed, as markdown."""
    speed = table(
        "Speed", ["side", "cases a second", "mpmflow does so many times as many", "mean cycle time"], speed_rows(rounds)
    )
    title, _, rest = speed.partition("\n\n")
    rows = processor_rows(rounds) + fresh_rows()
    return f"{title}\n\n{SPEED.format(exact=EXACT)}{rest}\n" + table("Processors, memory, start", ["", "", ""], rows)


def error_page(workflows: int, cases: int, poisson: bool) -> str:
    """The formulas beside the simulation, as markdown."""
    head = ["formula", "total wait", "cycle time", "95 % quantile of the cycle time"]
    title, _, rest = table("Formulas beside the simulation", head, error_rows(workflows, cases, poisson)).partition(
        "\n\n"
    )
    arrivals = "1 (by chance)" if poisson else ".25, 1 or 4"
    return f"{title}\n\n{ERRORS.format(workflows=workflows, arrivals=arrivals, cases=cases)}{rest}"


def main() -> None:
    """Run what was asked for and print markdown."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--formulas", action="store_true", help="the waiting formulas beside the simulation")
    words.add_argument("--workflows", type=int, default=50)
    words.add_argument("--cases", type=int, default=40_000, help="of each of the four replications")
    words.add_argument("--poisson", action="store_true", help="arrivals by chance only")
    words.add_argument("--rounds", type=int, default=3, help="turns of every side")
    words.add_argument("--save", type=Path, help="a folder for the page, with speed and formulas")
    words.add_argument("--memory-of", type=int, default=0, help=argparse.SUPPRESS)
    words.add_argument("--start", action="store_true", help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.memory_of:
        ours(asked.memory_of)
        print(peak_memory())
        return
    if asked.start:
        print(side_by_side(2_000, 1, parts=2))
        return
    parts = []
    if asked.save or not asked.formulas:
        parts.append(speed_page(asked.rounds))
    if asked.save or asked.formulas:
        parts.append(error_page(asked.workflows, asked.cases, asked.poisson))
    page = "\n".join(parts)
    if asked.save:
        there = machine("numpy", "scipy", "numba", "simpy", "ciw")
        page = PAGE.format(machine=there, tables=page)
        (asked.save / "congestion-measured.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
