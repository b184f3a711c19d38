"""Parallel blocks: branches solved one by one and folded into the one state that stands for them in the chain.

Branches are independent. With `p_b` the chance that branch b ends well, `F_b(t)` the chance that it has done so by t
and `G_b(t)` that it has ended at all by t:

    all      passes with prod p_b, by t with prod F_b; has ended by t with prod G_b
    first    is lost with prod (1 - p_b), by t with prod (G_b - F_b); passes by t with 1 - prod (1 - F_b)

The case goes on (or is lost) at that time. Every branch runs to its own end, so costs and work add up whatever the
join. Time, work and cost of the block are kept apart for cases that pass and cases that it loses, because only the
former go on. Lost cases carry the end of the first branch, in the order of the text, that lost them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.amounts import amounts_of, cost_reward
from mpmflow.analysis.exact.branch_time import Spell, join_all, join_first
from mpmflow.graphs.cells import Block
from mpmflow.numerics.chains.moments import GivenEnd, given_end

if TYPE_CHECKING:
    from mpmflow.analysis.exact.arrays import Reading, Solved, Solver


@dataclass(frozen=True, slots=True)
class Amount:
    """Mean and second moment of something that is gathered, given how the block ends."""

    mean: float = 0.0
    second: float = 0.0

    @property
    def variance(self) -> float:
        return max(0.0, self.second - self.mean**2)


@dataclass(frozen=True, eq=False)
class Fold:
    """A block as one state.

    Attributes:
        branches: each solved in the same reading.
        passed, lost: chance that a case goes on; that the block loses it. They add up to 1, but for the first-pass
            reading, where the rest has been reworked in a branch.
        lost_shares: of the lost cases, the share of each end, in the order in which the ends first occur.
        time_passed, time_lost: time from fork to join, calendar seconds; None where nobody asked (other readings).
        cost_passed, cost_lost: money of all branches together.
    """

    branches: tuple[Solved, ...]
    passed: float
    lost: float
    lost_shares: tuple[float, ...]
    time_passed: Spell | None = None
    time_lost: Spell | None = None
    cost_passed: Amount = Amount()
    cost_lost: Amount = Amount()


def fold_block(solver: Solver, block: Block, reading: Reading) -> Fold:
    """Solve the branches of a block and fold them."""
    branches = tuple(solver.branch(cells, reading) for cells in block.branches)
    shares = [branch.end_shares for branch in branches]
    done = [1.0 if len(share) == 1 else min(1.0, float(share[0])) for share in shares]
    bad = [float(share[1 : len(branch.cells.ends)].sum()) for branch, share in zip(branches, shares, strict=True)]
    if block.join == "all":
        passed = math.prod(done)
        lost = math.prod(d + b for d, b in zip(done, bad, strict=True)) - passed if any(bad) else 0.0
    else:
        lost = math.prod(bad)
        passed = math.prod(d + b for d, b in zip(done, bad, strict=True)) - lost
    lost_shares = _lost_shares(block, branches, shares)
    if reading != "actual":
        return Fold(branches, passed, max(0.0, lost), lost_shares)
    spells = [solver.spell(branch) for branch in branches]
    joined = join_all(spells) if block.join == "all" else join_first(spells)
    cost_passed, cost_lost = _costs(block, branches, solver)
    return Fold(branches, passed, max(0.0, lost), lost_shares, *joined, cost_passed, cost_lost)


def _lost_shares(
    block: Block, branches: tuple[Solved, ...], shares: list[npt.NDArray[np.float64]]
) -> tuple[float, ...]:
    names = list(dict.fromkeys(end for branch in branches for end in branch.cells.ends[1:]))
    if not names:
        return ()
    weight = dict.fromkeys(names, 0.0)
    before = 1.0  # chance that no branch further up lost the case
    for branch, share in zip(branches, shares, strict=True):
        for k, end in enumerate(branch.cells.ends[1:], start=1):
            weight[end] += before * float(share[k])
        if block.join == "all":
            before *= float(share[0])
        else:
            break  # all branches have lost it: the first one names the end
    total = sum(weight.values())
    return tuple(weight[name] / total if total > 0.0 else 1.0 / len(names) for name in names)


def _costs(block: Block, branches: tuple[Solved, ...], solver: Solver) -> tuple[Amount, Amount]:
    """Cost of a block given that the case passes, and given that it is lost."""
    parts: list[tuple[GivenEnd, GivenEnd]] = []
    for branch in branches:
        money = cost_reward(branch, amounts_of(branch, solver.book))
        ends = list(range(1, len(branch.ends)))
        good = given_end(branch.factor, money, 0)
        parts.append((good, given_end(branch.factor, money, ends) if ends else good))
    whole = _independent(
        [_mixed(good, bad, len(branch.ends)) for (good, bad), branch in zip(parts, branches, strict=True)]
    )
    sure = (
        0 if block.join == "all" else 1
    )  # `all` passes only if every branch is done, `first` loses only if all are lost
    if any(pair[sure].probability <= 0.0 for pair in parts) or any(
        len(branch.ends) < 2 for branch in branches if sure == 1
    ):
        return (whole, whole)
    known = _independent([Amount(pair[sure].mean, pair[sure].second) for pair in parts])
    chance = math.prod(pair[sure].probability for pair in parts)
    if chance >= 1.0 - 1e-15:
        return (known, known)
    other = Amount(
        (whole.mean - chance * known.mean) / (1.0 - chance), (whole.second - chance * known.second) / (1.0 - chance)
    )
    return (known, other) if sure == 0 else (other, known)


def _mixed(good: GivenEnd, bad: GivenEnd, ends: int) -> Amount:
    parts = [part for part in ((good, bad) if ends > 1 else (good,)) if part.probability > 0.0]
    return Amount(
        sum(part.probability * part.mean for part in parts), sum(part.probability * part.second for part in parts)
    )


def _independent(amounts: list[Amount]) -> Amount:
    mean = sum(amount.mean for amount in amounts)
    return Amount(mean, sum(amount.variance for amount in amounts) + mean**2)
