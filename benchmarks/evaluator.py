"""The evaluator: ten thousand futures of a large workflow, influences over a large graph; beside others, in one run.

    python benchmarks/evaluator.py                 # prints markdown
    python benchmarks/evaluator.py --save docs/background

First: how long an evaluation of a workflow of 200 steps takes, with 10,000 draws of its posterior through every metric,
once everything is compiled. Second: where a lasting push settles in a graph of influences with a million edges, by
`numerics.causes.influence.long_run`, by a sweep in compiled code that knows the order of the nodes, and by a sweep over
a networkx graph. All three get their graph made ready before; seconds are those of the processor, on one thread.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

# ruff: noqa: E402 - threads and paths are set before anything that reads them is imported
import networkx as nx
import numba
import numpy as np
from measuring import machine, table, turns

import mpmflow as mpm
from mpmflow.analysis.risk.evaluate import evaluate
from mpmflow.model.observations import Observations
from mpmflow.numerics.causes.influence import influence_from_edges, long_run

LAYERS, INTO = 20, 3
WEEKS = 20


def workflow(steps: int) -> str:
    """The text of a workflow with a decision after every fourth step, and eight metrics of it."""
    lines = ["workflow large {", "  arrivals 50 per week", "  deadline 400d"]
    for at in range(steps):
        if at % 5 == 4:
            lines.append(f"  decision n{at} {{ on, back {3 + at % 7}% -> n{at - 3} rework, lost 0.5% scrap }}")
        else:
            lines.append(f"  step n{at} takes exponential({1 + at % 9}h) costs {10 + at % 30} eur")
    lines.append("}")
    for number, figure in enumerate(("time", "cost", "yield", "rework", "first_pass", "throughput", "scrap", "wip")):
        lines.append(f"metric m{number} operational = {figure}(large)")
    return "\n".join(lines)


def counted(steps: int) -> Observations:
    """Weeks in which every decision sent back half as many again as planned."""
    rng = np.random.default_rng(5)
    outcomes: dict[str, tuple[int, ...]] = {}
    for at in range(4, steps, 5):
        back = rng.binomial(50, 1.5 * (3 + at % 7) / 100, WEEKS)
        outcomes[f"n{at}.back"] = tuple(back.tolist())
        outcomes[f"n{at}.lost"] = (0,) * WEEKS
        outcomes[f"n{at}.on"] = tuple((50 - back).tolist())
    first = datetime(2026, 1, 5, tzinfo=UTC)
    starts = tuple(first + timedelta(weeks=week) for week in range(WEEKS))
    ends = (*starts[1:], starts[-1] + timedelta(weeks=1))
    return Observations(starts=starts, ends=ends, as_of=ends[-1], period=604800.0, outcomes=outcomes)


def evaluation_rows(steps: int) -> list[list[str]]:
    """Seconds of an evaluation after the first, with 10,000 draws."""
    model, observations = mpm.parse(workflow(steps)), counted(steps)
    evaluate(model, observations, draws=10_000)
    rows = []
    for draws in (10_000, 1_000):
        begin = time.process_time()
        answer = evaluate(model, observations, draws=draws)
        taken = time.process_time() - begin
        rows.append([f"{steps}", f"{len(answer.metrics)}", f"{draws:,}", f"{taken:.1f} s"])
    return rows


@numba.njit  # type: ignore[untyped-decorator]
def _sweep(first: np.ndarray, onward: np.ndarray, gain: np.ndarray, state: np.ndarray) -> np.ndarray:
    for node in range(len(first) - 1):
        for edge in range(first[node], first[node + 1]):
            state[onward[edge]] += gain[edge] * state[node]
    return state


def influence_rows(edges: int) -> list[list[str]]:
    """One lasting push at every source of a layered graph: processor seconds of the three, ratios, how far apart."""
    width = edges // ((LAYERS - 1) * INTO)
    size = width * LAYERS
    rng = np.random.default_rng(3)
    target = np.repeat(np.arange(width, size), INTO)
    source = (target // width - 1) * width + rng.integers(0, width, len(target))
    gain = rng.uniform(-0.2, 0.8, len(target))
    push = np.zeros(size)
    push[:width] = 1.0
    ours = influence_from_edges(size, source, target, gain, [np.ones(1)] * len(gain))
    order = np.argsort(source, kind="stable")
    first, onward, sorted_gain = np.searchsorted(source[order], np.arange(size + 1)), target[order], gain[order]
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(size))
    graph.add_weighted_edges_from(zip(source.tolist(), target.tolist(), gain.tolist(), strict=True))

    def through_networkx() -> np.ndarray:
        state = dict(enumerate(push.tolist()))
        for node in nx.topological_sort(graph):
            level = state[node]
            for _, head, weight in graph.out_edges(node, data="weight"):
                state[head] += weight * level
        return np.array([state[node] for node in range(size)])

    def ours_once() -> np.ndarray:
        return long_run(ours, push)

    def compiled() -> np.ndarray:
        return np.asarray(_sweep(first, onward, sorted_gain, push.copy()))

    exact = ours_once()
    apart = max(float(np.abs(other - exact).max()) for other in (compiled(), through_networkx()))
    quick = turns([ours_once, compiled], 15)
    slow = turns([ours_once, through_networkx], 2)
    return [
        ["mpmflow, `long_run`", f"{quick.median(0):.3f} s", "1"],
        ["compiled sweep (numba)", f"{quick.median(1):.3f} s", f"{quick.ratio(0, 1):.2f}"],
        ["sweep over networkx", f"{slow.median(1):.1f} s", f"{slow.ratio(0, 1):.0f}"],
        ["largest difference", f"{apart:.0e}", ""],
    ]


def page(steps: int, edges: int) -> str:
    """The whole page."""
    parts = [
        "# The evaluator, measured",
        "Made by `python benchmarks/evaluator.py`, which says what is measured and how. Seconds hang on the machine, "
        "ratios less so.",
        machine(),
        table(
            f"An evaluation of {steps} steps, everything compiled",
            ["steps", "metrics", "draws", "processor time"],
            evaluation_rows(steps),
        ),
        table(
            f"Where a lasting push settles, {edges:,} influences",
            ["", "processor time", "times that of mpmflow"],
            influence_rows(edges),
        ),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Measure and print; with `--save`, write the page too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--edges", type=float, default=1e6)
    parser.add_argument("--save", type=Path)
    asked = parser.parse_args()
    text = page(asked.steps, int(asked.edges))
    print(text)
    if asked.save:
        (asked.save / "evaluator-measured.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
