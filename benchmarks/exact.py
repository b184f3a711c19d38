"""The exact engine beside bare SciPy, dense numpy and the Storm model checker, in one run: ratios, not just seconds.

    pip install -r benchmarks/requirements.txt     # stormpy; its columns stay empty without it
    python benchmarks/exact.py                     # 1,000 to 1,000,000 steps, prints markdown
    python benchmarks/exact.py --largest 1e5 --save docs/background

All sides start from the same lists of cells and answer the same questions (`sides.py`). They take turns, warm.
Seconds are those of the processor, on one thread, because other work on the machine disturbs them least; the tables
show medians and medians of the ratios of turns. The engine's time holds building and checking the chain, bare SciPy's
building the matrix; Storm's model is built before. Peak memory is that of a fresh process with one side alone. `--save`
writes page and plot into a folder.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

# ruff: noqa: E402 - threads and paths are set before anything that reads them is imported
import numpy as np
from measuring import machine, peak_memory, table, turns
from plot import log_log
from scipy import sparse
from scipy.sparse import linalg
from sides import Answers, Plan, bare, campaign, dense, ours, storm

from mpmflow.numerics.chains.batch import Scenarios
from mpmflow.numerics.times.laws import Constant, Exponential, Gamma, Law, Lognormal, Uniform
from mpmflow.numerics.times.sojourn import cdf_slopes, cycle_time
from mpmflow.numerics.times.transforms import timed_process

PATIENCE = 60.0
"""A side is left out where it would take longer than this many seconds, going by the size before."""
SLOW = 2.0
"""A side that takes longer than this many seconds takes one turn instead of three."""
FAR = 20
"""In "long rework", so many questions send work back to any earlier step."""
KINDS: dict[str, dict[str, object]] = {
    "local rework": {},
    "long rework": {"far": FAR},
    "local rework, steps in random order": {"shuffled": True},
}


def sides_of(plan: Plan, left_out: set[str]) -> dict[str, Callable[[], Answers]]:
    """Those that are there and have patience left."""
    found: dict[str, Callable[[], Answers]] = {"mpmflow": lambda: ours(plan), "SciPy": lambda: bare(plan)}
    if plan.n <= 2_000:
        found["numpy dense"] = lambda: dense(plan)
    for solver in ("default", "elimination"):
        if f"Storm {solver}" not in left_out:
            try:
                found[f"Storm {solver}"] = storm(plan, solver)
            except ImportError:
                left_out.add(f"Storm {solver}")
    return found


NAMES = ("mpmflow", "SciPy", "numpy dense", "Storm default", "Storm elimination")
Points = dict[str, list[tuple[int, float]]]


def exact_rows(sizes: list[int], kind: str, patience: float) -> tuple[list[list[str]], Points]:
    """One row a size: seconds of each side and how many times the engine's; and the points of the plot."""
    rows: list[list[str]] = []
    points: Points = {}
    left_out: set[str] = set()
    for n in sizes:
        plan = campaign(n, **KINDS[kind])  # type: ignore[arg-type]
        left_out |= {name for name, seen in points.items() if seen[-1][1] * n / seen[-1][0] > patience}
        sides = sides_of(plan, left_out)
        exact = ours(plan)
        cells = {"mpmflow": ""}
        seconds: list[float] = []
        for name in [name for name in sides if name != "mpmflow"]:
            begin = time.process_time()
            answer = sides[name]()
            once = time.process_time() - begin
            apart = max(float(np.max(np.abs(a - b)) / np.max(np.abs(b))) for a, b in zip(answer, exact, strict=True))
            rounds = 1 if once > SLOW and name != "SciPy" else 3 if n >= 500_000 or name != "SciPy" else 15
            taken = turns([sides["mpmflow"], sides[name]], rounds, warm=rounds > 1)
            points.setdefault(name, []).append((n, taken.median(1)))
            seconds += taken.spent[0]
            cells[name] = f"{_seconds(taken.median(1))} ({_times(taken.ratio(0, 1))}; {apart:.0e})"
        points.setdefault("mpmflow", []).append((n, statistics.median(seconds)))
        cells["mpmflow"] = _seconds(statistics.median(seconds))
        for name in left_out & set(points):
            cells[name] = f"over {patience:.0f} s"
        print(f"  {kind}, {n:,}: {cells}", file=sys.stderr)
        rows.append([f"{n:,}", *(cells.get(name, "-") for name in NAMES)])
    return rows, {name: points[name] for name in NAMES if name in points}


def _seconds(value: float) -> str:
    return f"{value:.2g} s" if value < 10 else f"{value:.0f} s"


def _times(value: float) -> str:
    return f"{value:.2f}x" if value < 10 else f"{value:.0f}x"


def memory_rows(sizes: list[int]) -> list[list[str]]:
    """Peak memory of a fresh process, imports included."""
    rows = []
    for n in sizes:
        cells = [f"{n:,}"]
        for side in ("mpmflow", "SciPy"):
            run = [sys.executable, __file__, "--memory-of", str(n), "--side", side]
            cells.append(f"{json.loads(subprocess.run(run, capture_output=True, text=True, check=True).stdout)} MiB")
        rows.append(cells)
    return rows


def batch_rows(scenarios: int = 10_000, n: int = 200) -> list[list[str]]:
    """Visits and values of many scenarios beside loops of SuperLU and of dense solves (timed on a part and scaled)."""
    plan = campaign(n)
    out = plan.outcomes
    rng = np.random.default_rng(3)
    share = out.share * np.exp(0.3 * rng.standard_normal((scenarios, out.count)))
    share /= np.array([np.bincount(out.row, one, n) for one in share])[:, out.row]
    shape = Scenarios(n, 2, out)
    some = scenarios // 40
    inside = out.target < n
    node = np.arange(n)
    start = np.zeros(n)
    start[0] = 1.0

    def loop() -> None:
        for one in share[:some]:
            matrix = sparse.csc_matrix(
                (
                    np.append(-one[inside], np.ones(n)),
                    (np.append(out.row[inside], node), np.append(out.target[inside], node)),
                ),
                shape=(n, n),
            )
            factor = linalg.splu(matrix, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
            factor.solve(start, trans="T")
            factor.solve(plan.time)

    def full() -> None:
        matrix = np.broadcast_to(np.eye(n), (some, n, n)).copy()
        np.add.at(matrix, (slice(None), out.row[inside], out.target[inside]), -share[:some, inside])
        np.linalg.solve(matrix, plan.time[:, None])
        np.linalg.solve(matrix.swapaxes(1, 2), start[:, None])

    taken = turns([lambda: shape.solve(share, plan.time), loop, full], 5)
    scale = scenarios / some
    cells = [f"{scenarios:,} x {n}", _seconds(taken.median(0))]
    cells += [f"{_seconds(scale * taken.median(side))} ({_times(scale * taken.ratio(0, side))})" for side in (1, 2)]
    return [cells]


def law_rows() -> list[list[str]]:
    """The whole law of the time, its error and its slopes, for 20 and 200 steps."""
    rows = []
    for n in (20, 200):
        plan = campaign(n)
        kinds: list[Callable[[float], Law]] = [
            Exponential,
            lambda m: Gamma(m, 0.7 * m),
            lambda m: Lognormal(m, m),
            lambda m: Uniform(0.5 * m, 1.5 * m),
        ]
        smooth = [kinds[i % 4](float(m)) for i, m in enumerate(plan.time)]
        fixed = [Constant(round(4 * float(m)) / 4) for m in plan.time]
        for name, laws in (("random", smooth), ("fixed", fixed)):
            process = timed_process(n, 2, plan.outcomes, laws)
            found = cycle_time(process)

            def law(chosen: list[Law] = laws, size: int = n, made: Plan = plan) -> None:
                cycle_time(timed_process(size, 2, made.outcomes, chosen))

            taken = turns([law, lambda p=process, f=found: cdf_slopes(p, f, [f.mean])], 7)
            told = f"{found.error:.0e}"
            rows.append(
                [f"{n} {name}", f"{found.lattice.points:,}", _seconds(taken.median(0)), _seconds(taken.median(1)), told]
            )
    return rows


PAGE = """\
# The exact engine, measured

This page is written by `python benchmarks/exact.py --save docs/background`. {machine}

Made-up campaign plans: steps in a row, three in ten followed by a question that sends the case 1 to 20 steps back, lets
it skip ahead, drops it, or lets it go on. In "long rework" {far} of the questions send it back to any earlier step,
which ties nearly all steps into one loop. Every side answers the same: visits of every step, chance of each end,
expected time from every step, slope of the expected time in the share of every outcome.

- **mpmflow** builds and checks the chain, factorises it once, and answers all four from that one factorisation.
- **SciPy** is what one would write by hand: SuperLU in natural order, nothing checked. It is the yardstick for speed.
- **numpy dense** solves with a full matrix.
- **Storm** is a probabilistic model checker, asked through stormpy about a model built before the clock starts. Its
  default is sound value iteration (right to 1e-6); elimination is exact to rounding. It has no slopes of numeric
  models, so they are put together from its visits and values, in numpy.

Seconds are those of the processor, on one thread. In brackets: how many times as long as mpmflow it took (median over
turns in one process; below 1 it was faster), and the largest difference of any answer from mpmflow's, as a part of the
largest of them. "Over" means that the size before says so.

![seconds by number of steps](exact-engine-measured.svg)

{tables}"""


def main() -> None:
    """Run what was asked for and print markdown."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--largest", type=float, default=1e6)
    words.add_argument("--patience", type=float, default=PATIENCE)
    words.add_argument("--save", type=Path, help="a folder for the page and the plot")
    words.add_argument("--memory-of", type=int, default=0, help=argparse.SUPPRESS)
    words.add_argument("--side", default="mpmflow", help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.memory_of:
        plan = campaign(asked.memory_of)
        (ours if asked.side == "mpmflow" else bare)(plan)
        print(peak_memory())
        return
    sizes = [n for n in (1_000, 10_000, 100_000, 1_000_000) if n <= asked.largest]
    tables, drawn = [], {}
    for kind in KINDS:
        rows, points = exact_rows(sizes, kind, asked.patience)
        drawn[kind] = points
        tables.append(table(f"All four answers, {kind}", ["steps", *NAMES], rows))
    tables.append(table("Peak memory of a fresh process", ["steps", "mpmflow", "SciPy"], memory_rows(sizes)))
    tables.append(
        table("Scenarios x steps: visits and values", ["size", "mpmflow", "SciPy loop", "numpy dense"], batch_rows())
    )
    tables.append(
        table(
            "The whole law of the time",
            ["steps", "points", "law", "all slopes of one chance", "told error"],
            law_rows(),
        )
    )
    page = PAGE.format(
        machine=machine("numpy", "scipy", "numba", "stormpy"), far=FAR, tables="\n".join(tables).rstrip() + "\n"
    )
    if asked.save:
        (asked.save / "exact-engine-measured.md").write_text(page, encoding="utf-8")
        title = "All four answers, local rework: seconds by steps"
        (asked.save / "exact-engine-measured.svg").write_text(log_log(title, drawn["local rework"]), encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
