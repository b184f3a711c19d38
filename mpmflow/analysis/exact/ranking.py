"""Which decision to mend first: the exact gain of each, not its slope.

Mending takes all outcomes with an effect out of one decision. The change of the chain has rank one (or the number of
copies of the decision), so its effect on every figure follows exactly from one factorisation (Woodbury identity,
`mpmflow.numerics.chains.gradients.ExactChange`). Decisions inside parallel blocks are not ranked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import Solved
from mpmflow.analysis.exact.figures import Solution
from mpmflow.numerics.chains.gradients import ExactChange, Improvement, slopes
from mpmflow.numerics.chains.moments import reward
from mpmflow.numerics.chains.outcomes import Outcomes

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RANKED = 60
"""So many decisions are ranked by the exact gain of mending them; of more, those with the largest slopes."""
PAIRED = 6
"""So many of the first decisions of the ranking are looked at two by two."""


@dataclass(frozen=True, slots=True)
class Mending:
    """What a decision would gain if it never had an outcome with an effect (rework, delay, scrap, waste).

    `gains` are exact changes of figures, whatever the size: all such shares go to the outcome that just goes on, else
    to the others in proportion.

    `overloads` are teams of the workflow that could then not keep up: what is lost no more is more work for whoever
    comes after. Time with waits then has no mean, and only `time.without_wait` is among the gains.
    """

    decision: str
    gains: Mapping[str, float]
    overloads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MendingBoth:
    """What two decisions gain together, exactly.

    Attributes:
        decisions: the two, in the order of the ranking.
        gains: changes of figures when both are mended.
        beyond: by how much these differ from the two single gains added up: of the time, more than 0 says that the two
            mend in part the same hours, less than 0 that each makes the other more worth while.
        overloads: teams that could then not keep up, as for one decision.
    """

    decisions: tuple[str, str]
    gains: Mapping[str, float]
    beyond: Mapping[str, float]
    overloads: tuple[str, ...] = ()


Move = tuple[Ints, Floats]
"""Entries of the outcomes, and by how much their shares move."""


def ranking(solution: Solution) -> tuple[tuple[Mending, ...], tuple[MendingBoth, ...]]:
    """Exact gains of mending one decision at a time, the best first, and of the first ones two by two."""
    actual, amounts = solution.actual, solution.amounts
    names, moves = mendings(solution)
    if not names:
        return (), ()
    zero, k, state = np.zeros(actual.n), len(actual.ends), actual.state
    rewards = {
        "time.mean": reward(amounts.time[state], amounts.time_second[state], k=k),
        "touch_time.mean": reward(amounts.work[state], k=k),
        "cost.mean": reward(amounts.cost[state], amounts.cost_second[state], k=k),
        "yield": reward(zero, terminal=actual.good, k=k),
    }
    known = {figure: gathered for figure, gathered in rewards.items() if solution.values[figure] is not None}
    sloped = {figure: slopes(actual.factor, gathered, actual.outcomes) for figure, gathered in known.items()}
    if len(names) > RANKED:
        time = sloped["time.mean"].mean
        first_order = np.array([abs(float(by @ time[entries])) for entries, by in moves])
        kept = np.sort(np.argsort(-first_order, kind="stable")[:RANKED])
        names, moves = [names[i] for i in kept], [moves[i] for i in kept]
    improvements = [Improvement(_whole(move, actual.outcomes.count)) for move in moves]
    change = ExactChange(actual.factor, sloped["time.mean"], improvements)
    changes = {figure: change.valued(found) for figure, found in sloped.items()}

    def gains(chosen: list[int]) -> dict[str, float]:
        return {figure: one.of(chosen) for figure, one in changes.items()}

    single = [gains([index]) for index in range(len(names))]

    def worth(i: int) -> tuple[float, float, float, str]:
        return single[i]["time.mean"], single[i].get("cost.mean", 0.0), -single[i]["yield"], names[i]

    order = sorted(range(len(names)), key=worth)
    pairs = []
    for a, b in combinations(order[:PAIRED], 2):
        both = gains([a, b])
        beyond = {figure: gain - single[a][figure] - single[b][figure] for figure, gain in both.items()}
        pairs.append(MendingBoth((names[a], names[b]), both, beyond))
    pairs.sort(key=lambda pair: -abs(pair.beyond["time.mean"]))
    return tuple(Mending(names[index], single[index]) for index in order), tuple(pairs)


def _whole(move: Move, count: int) -> Floats:
    found = np.zeros(count)
    np.add.at(found, move[0], move[1])
    return found


def effects_of(solved: Solved) -> npt.NDArray[np.bool_]:
    """Which entries are outcomes with an effect: rework, scrap, waste or a delay; shape (m,)."""
    ways, states = solved.cells.ways, solved.cells.states
    delayed = [way.target >= 0 and states[way.target].part == "delay" for way in ways]
    found = [way.rework or way.scrap or way.waste or late for way, late in zip(ways, delayed, strict=True)]
    return np.array(found, dtype=bool)[solved.way]


def mendings(solution: Solution) -> tuple[list[str], list[Move]]:
    """Decisions that can be mended, in the order of the text, and how that moves their shares."""
    actual = solution.actual
    outcomes = actual.outcomes
    effect = effects_of(actual)
    first, last = _row_bounds(outcomes.row)
    rows_of: dict[str, dict[int, None]] = {}
    for entry in np.flatnonzero(effect & (outcomes.share > 0.0)).tolist():
        row = int(outcomes.row[entry])
        rows_of.setdefault(actual.cells.states[int(actual.state[row])].node, {})[row] = None
    names: list[str] = []
    moves: list[Move] = []
    for node, rows in rows_of.items():
        found = [_mended_row(outcomes, effect, first[row], last[row]) for row in rows]
        parts = [part for part in found if part is not None]
        if len(parts) == len(found):
            names.append(node)
            moves.append((np.concatenate([at for at, _ in parts]), np.concatenate([by for _, by in parts])))
    return names, moves


def _mended_row(outcomes: Outcomes, effect: npt.NDArray[np.bool_], begin: int, end: int) -> Move | None:
    """The move of one row; None where it has no outcome without an effect."""
    every = np.arange(begin, end)
    bad = effect[begin:end]
    if bool(bad.all()):
        return None
    by = np.where(bad, -outcomes.share[begin:end], 0.0)
    gone = -float(by.sum())
    payer = next((p for p in outcomes.payer[begin:end][bad].tolist() if p >= 0 and not effect[p]), None)
    if payer is not None:
        by[payer - begin] += gone
    else:
        held = np.where(bad, 0.0, outcomes.share[begin:end])
        total = float(held.sum())
        by += gone * (held / total if total > 0.0 else np.where(bad, 0.0, 1.0) / float((~bad).sum()))
    return every, by


def _row_bounds(row: Ints) -> tuple[dict[int, int], dict[int, int]]:
    """Where the entries of each row begin and end; they stand beside each other."""
    change = np.flatnonzero(np.diff(row)) + 1
    begins = np.concatenate([[0], change])
    ends = np.concatenate([change, [len(row)]])
    names = row[begins]
    return dict(zip(names.tolist(), begins.tolist(), strict=True)), dict(
        zip(names.tolist(), ends.tolist(), strict=True)
    )
