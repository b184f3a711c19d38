"""Which decision to mend first: the exact gain of each, not its slope.

Mending takes all outcomes with an effect out of one decision. The change of the chain has rank one (or the number of
copies of the decision), so its effect on every figure follows exactly from one factorisation (Woodbury identity,
`mpmflow.numerics.gradients.ExactChange`). Decisions inside parallel blocks are not ranked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mpmflow.analysis.figures import Solution
from mpmflow.numerics.gradients import ExactChange, Improvement, slopes
from mpmflow.numerics.moments import reward

RANKED = 60
"""So many decisions are ranked by the exact gain of mending them; of more, those with the largest slopes."""


@dataclass(frozen=True, slots=True)
class Mending:
    """What a decision would gain if it never had an outcome with an effect (rework, delay, scrap, waste).

    `gains` are exact changes of figures, whatever the size: all such shares go to the outcome that just goes on, else
    to the others in proportion.
    """

    decision: str
    gains: Mapping[str, float]


def ranking(solution: Solution) -> Iterator[Mending]:
    """Exact gains of mending one decision at a time, by the Woodbury identity on the outer chain."""
    actual, amounts = solution.actual, solution.amounts
    ways = actual.cells.ways
    outcomes = actual.outcomes
    effect = np.array(
        [
            way.rework
            or way.scrap
            or way.waste
            or (way.target >= 0 and actual.cells.states[way.target].part == "delay")
            for way in ways
        ],
        dtype=bool,
    )[actual.way]
    by_row: dict[str, list[int]] = {}
    for entry in np.flatnonzero(effect & (outcomes.share > 0.0)).tolist():
        node = actual.cells.states[ways[int(actual.way[entry])].row].node
        by_row.setdefault(node, []).append(entry)
    names, moves = [], []
    first, last = _row_bounds(outcomes.row)
    for node, entries in by_row.items():
        move = np.zeros(outcomes.count)
        whole = True
        for row in dict.fromkeys(int(outcomes.row[entry]) for entry in entries):
            every = np.arange(first[row], last[row])
            bad, good = every[effect[every]], every[~effect[every]]
            if not len(good):
                whole = False
                break
            gone = float(outcomes.share[bad].sum())
            move[bad] -= outcomes.share[bad]
            payer = next((int(p) for p in outcomes.payer[bad].tolist() if p >= 0 and not effect[p]), None)
            if payer is not None:
                move[payer] += gone
            else:
                held = float(outcomes.share[good].sum())
                move[good] += gone * (outcomes.share[good] / held if held > 0.0 else 1.0 / len(good))
        if whole:
            names.append(node)
            moves.append(move)
    if not names:
        return
    zero = np.zeros(actual.n)
    k = len(actual.ends)
    state = actual.state
    rewards = {
        "time.mean": reward(amounts.time[state], amounts.time_second[state], k=k),
        "touch_time.mean": reward(amounts.work[state], k=k),
        "cost.mean": reward(amounts.cost[state], amounts.cost_second[state], k=k),
        "yield": reward(zero, terminal=actual.good, k=k),
    }
    sloped = {figure: slopes(actual.factor, gathered, outcomes) for figure, gathered in rewards.items()}
    if len(names) > RANKED:
        first_order = np.array([abs(float(move @ sloped["time.mean"].mean)) for move in moves])
        kept = np.sort(np.argsort(-first_order, kind="stable")[:RANKED])
        names, moves = [names[i] for i in kept], [moves[i] for i in kept]
    improvements = [Improvement(move) for move in moves]
    gains: list[dict[str, float]] = [{} for _ in names]
    for figure, found in sloped.items():
        if solution.values[figure] is None:
            continue
        change = ExactChange(actual.factor, found, improvements)
        for index in range(len(names)):
            gains[index][figure] = change.of([index])
    order = sorted(
        range(len(names)),
        key=lambda i: (
            gains[i]["time.mean"],
            gains[i].get("cost.mean", 0.0),
            -gains[i]["yield"],
            names[i],
        ),
    )
    for index in order:
        yield Mending(names[index], gains[index])


def _row_bounds(row: Any) -> tuple[dict[int, int], dict[int, int]]:
    """Where the entries of each row begin and end; they stand beside each other."""
    change = np.flatnonzero(np.diff(row)) + 1
    begins = np.concatenate([[0], change])
    ends = np.concatenate([change, [len(row)]])
    names = row[begins]
    return dict(zip(names.tolist(), begins.tolist(), strict=True)), dict(
        zip(names.tolist(), ends.tolist(), strict=True)
    )
