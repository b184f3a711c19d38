"""The exact engine beside bare SciPy on the same arrays, in one run: ratios, not just seconds.

    python benchmarks/exact.py                 # 1,000 to 100,000 steps, batches, laws of time
    python benchmarks/exact.py --largest 1e6   # up to a million steps
    python benchmarks/exact.py --shuffled      # the same steps in random order

Both sides start from the same lists of cells and answer the same questions: visits of every step, the chance of each
end, expected time from every step, and the slope of the expected time in the share of every outcome. They take turns;
the table shows the median of each and their ratio. Peak memory is that of a fresh process that runs the engine alone.
Rows of a probabilistic model checker appear when `stormpy` is installed (see benchmarks/requirements.txt).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mpmflow.numerics.batch import Scenarios
from mpmflow.numerics.chain import factorise
from mpmflow.numerics.laws import Constant, Exponential, Gamma, Law, Lognormal, Uniform
from mpmflow.numerics.outcomes import Outcomes, along, chain_from_outcomes, outcomes_from
from mpmflow.numerics.sojourn import cdf_slopes, cycle_time
from mpmflow.numerics.transforms import timed_process


@dataclass(frozen=True)
class Plan:
    """A made-up campaign plan: steps in a row, three in ten followed by a question."""

    n: int
    outcomes: Outcomes
    time: np.ndarray
    start: int


def campaign(n: int, seed: int = 11, shuffled: bool = False) -> Plan:
    """Steps 0..n-1; after a question the case is redone from 1 to 20 steps back, skips ahead, is scrapped, or goes on.

    The chance of ever being scrapped stays near one half whatever n is. `shuffled` gives the steps random numbers.
    """
    rng = np.random.default_rng(seed)
    asks = np.flatnonzero(rng.random(n) < 0.3)
    asks = asks[(asks > 0) & (asks < n - 1)]
    asked = np.zeros(n, dtype=bool)
    asked[asks] = True
    plain = np.flatnonzero(~asked)
    redo = rng.uniform(0.05, 0.3, len(asks))
    lost = rng.uniform(0.0, 1.4, len(asks)) / max(1, len(asks))
    skip = rng.uniform(0.0, 0.4, len(asks)) * (1 - redo - lost)
    back = np.maximum(0, asks - rng.integers(1, 21, len(asks)))
    ahead = np.minimum(n - 1, asks + rng.integers(2, 7, len(asks)))
    row = np.concatenate([plain, asks, asks, asks, asks])
    target = np.concatenate([plain + 1, asks + 1, ahead, back, np.full(len(asks), n + 1)])
    share = np.concatenate([np.ones(len(plain)), 1 - redo - lost - skip, skip, redo, lost])
    duration = rng.uniform(0.5, 2.0, n)
    name = rng.permutation(n) if shuffled else np.arange(n)
    target = np.where(target < n, name[np.minimum(target, n - 1)], target)
    order = np.lexsort((target, name[row]))
    times = np.empty(n)
    times[name] = duration
    return Plan(n, outcomes_from(name[row][order], target[order], share[order]), times, int(name[0]))


def ours(plan: Plan) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """All answers by the engine, checks of its input included."""
    chain = chain_from_outcomes(plan.n, 2, plan.outcomes, plan.start)
    factor = factorise(chain)
    visits, to_go = factor.visits(), factor.values(plan.time)
    worth = np.append(to_go, [0.0, 0.0])[plan.outcomes.target]
    return visits, visits @ chain.exits, to_go, along(plan.outcomes, visits[plan.outcomes.row] * worth)


def bare(plan: Plan) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The same by hand with SuperLU in natural order, as one would write it."""
    out, n = plan.outcomes, plan.n
    inside = out.target < n
    node = np.arange(n)
    matrix = sparse.csc_matrix(
        (
            np.append(-out.share[inside], np.ones(n)),
            (np.append(out.row[inside], node), np.append(out.target[inside], node)),
        ),
        shape=(n, n),
    )
    factor = linalg.splu(matrix, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    start = np.zeros(n)
    start[plan.start] = 1.0
    visits, to_go = factor.solve(start, trans="T"), factor.solve(plan.time)
    ends = np.array(
        [np.bincount(out.row[out.target == n + k], out.share[out.target == n + k], n) @ visits for k in range(2)]
    )
    raw = visits[out.row] * np.append(to_go, [0.0, 0.0])[out.target]
    mean = np.bincount(out.row, out.share * raw, n)[out.row]
    rest = 1.0 - out.share
    return visits, ends, to_go, np.where(rest > 0, (raw - mean) / np.where(rest > 0, rest, 1.0), 0.0)


def turns(sides: list[Callable[[], object]], rounds: int) -> list[float]:
    """Median seconds of each side, taking turns after one warm-up."""
    spent: list[list[float]] = [[] for _ in sides]
    for turn in range(rounds + 1):
        for side, run in enumerate(sides):
            begin = time.perf_counter()
            run()
            if turn:
                spent[side].append(time.perf_counter() - begin)
    return [statistics.median(times) for times in spent]


def exact_rows(sizes: list[int], shuffled: bool) -> list[list[str]]:
    """One row a size: seconds of both sides, ratio, agreement, memory."""
    rows = []
    for n in sizes:
        plan = campaign(n, shuffled=shuffled)
        mine, theirs = ours(plan), bare(plan)
        apart = max(float(np.max(np.abs(a - b)) / np.max(np.abs(b))) for a, b in zip(mine, theirs, strict=True))
        here, there = turns([lambda p=plan: ours(p), lambda p=plan: bare(p)], 3 if n >= 500_000 else 7)
        rows.append(
            [f"{n:,}", f"{here:.4f}", f"{there:.4f}", f"{here / there:.2f}", f"{apart:.0e}", f"{_memory(n)} MiB"]
        )
    return rows


def _memory(n: int) -> int:
    run = [sys.executable, __file__, "--memory-of", str(n)]
    return int(json.loads(subprocess.run(run, capture_output=True, text=True, check=True).stdout))


def _peak() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def batch_row(scenarios: int = 10_000, n: int = 200) -> list[str]:
    """Visits and values of many scenarios beside a loop of SuperLU solves (timed on a part and scaled)."""
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

    here, part = turns([lambda: shape.solve(share, plan.time), loop], 5)
    there = part * scenarios / some
    return [f"{scenarios:,} x {n}", f"{here:.3f}", f"{there:.2f}", f"{there / here:.1f}"]


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
        for name, laws in (("smooth", smooth), ("fixed", fixed)):
            process = timed_process(n, 2, plan.outcomes, laws)
            found = cycle_time(process)

            def law(chosen: list[Law] = laws, size: int = n, made: Plan = plan) -> None:
                cycle_time(timed_process(size, 2, made.outcomes, chosen))

            here, there = turns([law, lambda p=process, f=found: cdf_slopes(p, f, [f.mean])], 5)
            rows.append([f"{n} {name}", str(found.lattice.points), f"{here:.3f}", f"{there:.3f}", f"{found.error:.0e}"])
    return rows


def storm_rows(sizes: list[int]) -> list[list[str]]:
    """Expected time by Storm's default solver on the same cells, where stormpy is installed."""
    try:
        import stormpy
        from stormpy import datastructures, models
    except ImportError:
        return []
    rows = []
    for n in sizes:
        plan = campaign(n)
        out = plan.outcomes
        cells = sparse.csr_array((out.share, (out.row, out.target)), shape=(n, n + 2))
        cells.sum_duplicates()
        row = [*np.repeat(np.arange(n), np.diff(cells.indptr)).tolist(), n, n + 1]
        col, share = [*cells.indices.tolist(), n, n + 1], [*cells.data.tolist(), 1.0, 1.0]
        builder = datastructures.SparseMatrixBuilder[float](rows=n + 2, columns=n + 2, entries=len(row))
        builder.add_next_values(row, col, share)
        label = models.StateLabeling(n + 2)
        for word, states in (("init", [0]), ("end", [n, n + 1])):
            label.add_label(word)
            for state in states:
                label.add_label_to_state(word, state)
        gain = models.SparseRewardModel[float](optional_state_reward_vector=[*plan.time.tolist(), 0.0, 0.0])
        parts = models.SparseModelComponents[float](
            transition_matrix=builder.build(), state_labeling=label, reward_models={"time": gain}
        )
        model = models.SparseDtmc[float](parts)
        wanted = stormpy.parse_properties('R{"time"}=? [F "end"]')[0]
        answers: list[float] = []

        def check(m: object = model, w: object = wanted, into: list[float] = answers) -> None:
            into.append(float(stormpy.model_checking(m, w, only_initial_states=True).get_value(0)))

        def time_alone(p: Plan = plan) -> None:
            factorise(chain_from_outcomes(p.n, 2, p.outcomes, p.start)).values(p.time)

        here, there = turns([time_alone, check], 3)
        exact = float(ours(plan)[2][0])
        rows.append(
            [f"{n:,}", f"{here:.4f}", f"{there:.3f}", f"{there / here:.0f}", f"{abs(answers[-1] / exact - 1):.0e}"]
        )
    return rows


def table(title: str, head: list[str], rows: list[list[str]]) -> None:
    """Print one markdown table."""
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def main() -> None:
    """Run what was asked for and print markdown."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--largest", type=float, default=1e5)
    words.add_argument("--shuffled", action="store_true")
    words.add_argument("--memory-of", type=int, default=0, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.memory_of:
        ours(campaign(asked.memory_of))
        print(_peak())
        return
    sizes = [n for n in (1_000, 10_000, 100_000, 1_000_000) if n <= asked.largest]
    title = "Visits, ends, expected time from every step, slopes of every share"
    head = ["steps", "mpmflow s", "SciPy s", "ratio", "largest difference", "peak memory"]
    table(title + (" (steps in random order)" if asked.shuffled else ""), head, exact_rows(sizes, asked.shuffled))
    table("Scenarios x steps, visits and values", ["size", "mpmflow s", "SciPy loop s", "times faster"], [batch_row()])
    table("Whole law of the time", ["steps", "points", "law s", "all slopes s", "told error"], law_rows())
    storm = storm_rows([n for n in sizes if n <= 100_000])
    if storm:
        table(
            "Expected time alone, Storm default", ["steps", "mpmflow s", "Storm s", "times faster", "difference"], storm
        )
    else:
        print("\nStorm rows left out: stormpy is not installed.")


if __name__ == "__main__":
    main()
