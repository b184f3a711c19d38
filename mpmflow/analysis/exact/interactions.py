"""How two levers help or hinder each other: second derivatives of the means in pairs of outcomes.

Two decisions that send cases back over the same steps do not add up: each makes every round of the other dearer. The
second derivative of a figure m in the shares of two outcomes, each moved while the other outcomes of its decision pay
in proportion, is

    d2 m = v D_a N D_b u + v D_b N D_a u

with visits `v`, values to go `u`, and `D` the change of the routing (`gradients.interactions`): exact,
one solve a lever. Outcomes inside parallel blocks change the law of a maximum and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.amounts import cost_reward, time_reward
from mpmflow.analysis.exact.figures import Solution
from mpmflow.analysis.exact.inner_levers import inner_levers
from mpmflow.numerics.chains.gradients import Slopes, interactions, slopes
from mpmflow.numerics.chains.moments import Reward, reward
from mpmflow.numerics.chains.outcomes import direction

Floats = npt.NDArray[np.float64]
MEANS = ("time.mean", "touch_time.mean", "cost.mean", "yield", "scrap")
"""Figures whose interactions are known."""
WATCHED = 40
"""So many outcomes are looked at in pairs unless some are named: those with the largest effects of their own."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """Two outcomes of different decisions, and how their effects on a figure depend on each other.

    Attributes:
        levers: their dotted names, in the order of the text.
        figure: what they move.
        second: second derivative, in units of the figure per share and share: how much the slope of the one rises when
            the other becomes more frequent.
        weight: by how much that counts here: `second` times both shares (or what they leave, if that is less).
    """

    levers: tuple[str, str]
    figure: str
    second: float
    weight: float


def interactions_of(
    solution: Solution, figure: str = "time.mean", levers: Sequence[str] | None = None
) -> tuple[Interaction, ...]:
    """Pairs of outcomes by how strongly they depend on each other, the strongest first.

    Args:
        figure: one of `MEANS`.
        levers: dotted names of outcomes; the `WATCHED` with the largest effects unless said. Of a decision with two
            outcomes the rarer one is taken, for the other is its mirror.

    Raises:
        KeyError: an unknown figure, or a lever that is no outcome outside parallel blocks.
    """
    if figure not in MEANS:
        raise KeyError(f"interactions of {figure!r} are not known; they are of {', '.join(MEANS)}")
    if solution.values[figure] is None:
        return ()
    entries = _entries(solution)
    found = slopes(solution.actual.factor, _reward(solution, figure), solution.actual.outcomes)
    if levers is None:
        levers = _watched(solution, entries, found)
    for name in levers:
        if name not in entries:
            raise KeyError(f"{name!r} is no outcome of a decision outside parallel blocks")
    outcomes = solution.actual.outcomes
    moves = np.array([direction(outcomes, entries[name], "proportional") for name in levers])
    if len(levers) < 2:
        return ()
    table = interactions(solution.actual.factor, found, moves)
    size = [_size(solution, entries[name]) for name in levers]
    pairs = []
    for a, first in enumerate(levers):
        for b in range(a + 1, len(levers)):
            if first.rpartition(".")[0] != levers[b].rpartition(".")[0]:
                second = float(table[a, b])
                pairs.append(Interaction((first, levers[b]), figure, second, second * size[a] * size[b]))
    return tuple(sorted(pairs, key=lambda pair: (-abs(pair.weight), pair.levers)))


def _reward(solution: Solution, figure: str) -> Reward:
    actual, amounts = solution.actual, solution.amounts
    if figure == "time.mean":
        return time_reward(actual, amounts)
    if figure == "cost.mean":
        return cost_reward(actual, amounts)
    k = len(actual.ends)
    if figure == "touch_time.mean":
        return reward(amounts.work[actual.state], k=k)
    return reward(np.zeros(actual.n), terminal=actual.good if figure == "yield" else 1.0 - actual.good, k=k)


def _entries(solution: Solution) -> dict[str, list[int]]:
    """Outcome -> its entries, for every outcome of the outer chain alone."""
    actual = solution.actual
    inner = set(inner_levers(actual.cells))
    found: dict[str, list[int]] = {}
    for entry, way in enumerate(actual.way.tolist()):
        name = actual.cells.ways[way].outcome if way >= 0 else None
        if name is not None and name not in inner:
            found.setdefault(name, []).append(entry)
    return found


def _size(solution: Solution, entries: list[int]) -> float:
    share = float(solution.actual.outcomes.share[entries].max())
    return min(share, 1.0 - share)


def _watched(solution: Solution, entries: dict[str, list[int]], found: Slopes) -> list[str]:
    """The outcomes whose own effects are largest, one of each pair of mirrors, in the order of the text."""
    outcomes = solution.actual.outcomes
    sloped = found.along("proportional")
    of_decision: dict[str, list[str]] = {}
    for name in entries:
        of_decision.setdefault(name.rpartition(".")[0], []).append(name)
    weight: dict[str, float] = {}
    for names in of_decision.values():
        rarest = sorted(names, key=lambda name: float(outcomes.share[entries[name]].max()))
        for name in rarest[:1] if len(names) == 2 else names:
            size = _size(solution, entries[name])
            if size > 0.0:
                weight[name] = abs(float(sloped[entries[name]].sum())) * size
    strongest = set(sorted(weight, key=lambda name: -weight[name])[:WATCHED])
    return [name for name in weight if name in strongest]
