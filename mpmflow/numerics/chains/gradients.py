"""What moves a figure, and by how much: slopes for every outcome at once, interactions, exact gains.

With visits `v` (one transposed solve) and value to go `u` (one solve) the slope of a mean in the share of an outcome
o at node d is `v_d A_o`, `A_o = r1_o + u[target]`, for all outcomes of all decisions together. The second moment
needs the second moment to go `s` and one adjoint solve `y = N^T (2 P^T (v m1) + 2 R1^T v)`:

    d mean / d pi_o     = v_d A_o
    d second / d pi_o   = v_d (s[target] + r2_o + 2 r1_o u[target] + 2 m1_d A_o) + y_d A_o

These are raw slopes; `outcomes.along` makes directions of them. Slopes are for small changes. What a whole improvement
gains is found exactly by the Woodbury identity: for a change `E D` of the rows R (D holds the moves, E picks the rows)

    gain = v_R (I - D N E)^-1 D A

Sources: Cao 2007 (performance differences of Markov chains), Hager 1989 (updating an inverse). All exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.numerics.faults import ChainError

from .chain import Factor, Floats
from .moments import Moments, Reward, moments, on_way
from .outcomes import Along, Outcomes, along, summed

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Slopes of a reward's mean and spread, from `slopes`.

    Attributes:
        moments: the figures themselves.
        worth: `A_o`, expected reward from taking outcome o to the end, shape (m,).
        mean, second, variance, sd: raw slopes per unit of share of each outcome, shape (m,). node_mean, node_second,
            ...: slopes per unit by which a node's mean amount shifts (its variance unchanged), (n,). scale_mean, ...:
            slopes per relative change of a node's amount (all of it stretched), shape (n,).
    """

    outcomes: Outcomes
    moments: Moments
    worth: Floats
    mean: Floats
    second: Floats
    node_mean: Floats
    node_second: Floats
    scale_mean: Floats
    scale_second: Floats

    @property
    def variance(self) -> Floats:
        """Raw slope of the variance in each share, shape (m,)."""
        return self.second - 2.0 * self.moments.mean * self.mean

    @property
    def sd(self) -> Floats:
        """Raw slope of the standard deviation, shape (m,); 0 where there is no spread at all."""
        return _sd_slope(self.variance, self.moments.sd)

    @property
    def node_sd(self) -> Floats:
        """Slope of the sd in each node's mean amount, shape (n,)."""
        return _sd_slope(self.node_second - 2.0 * self.moments.mean * self.node_mean, self.moments.sd)

    @property
    def scale_sd(self) -> Floats:
        """Slope of the sd in each node's scale, shape (n,)."""
        return _sd_slope(self.scale_second - 2.0 * self.moments.mean * self.scale_mean, self.moments.sd)

    def along(self, kind: Along = "proportional", of: str = "mean") -> Floats:
        """Slope of `of` ("mean", "second", "variance", "sd") along a direction, shape (m,)."""
        return along(self.outcomes, getattr(self, of), kind)


def slopes(factor: Factor, gathered: Reward, outcomes: Outcomes) -> Slopes:
    """Slopes of mean, second moment, variance and sd of one reward, in every share and every node: five solves in all.

    `outcomes` must hold every share of the rows it names; rows of plain steps may be left out.

    Sending back with share q makes 1 / (1 - q) rounds, so the slope from the passing outcome is 1 / (1 - q)^2:

    >>> from mpmflow.numerics.chains.moments import reward
    >>> from mpmflow.numerics.chains.outcomes import chain_from_outcomes, outcomes_from
    >>> from mpmflow.numerics.chains.chain import factorise
    >>> decision = outcomes_from([0, 0], [0, 1], [0.2, 0.8], payer=[1, -1])
    >>> found = slopes(factorise(chain_from_outcomes(1, 1, decision)), reward([1.0], k=1), decision)
    >>> round(float(found.along("from_pass")[0]), 12), round(1 / 0.8**2, 12)
    (1.5625, 1.5625)
    """
    chain = factor.chain
    found = moments(factor, gathered, outcomes)
    visits, to_go = found.visits, found.to_go
    ahead = np.concatenate([to_go, gathered.terminal])[outcomes.target]
    ahead_second = np.concatenate([found.second_to_go, gathered.terminal**2])[outcomes.target]
    pull = 2.0 * (chain.routing.T @ (visits * gathered.mean))
    worth = ahead
    extra_second = np.zeros(outcomes.count)
    ways = on_way(factor, gathered, outcomes)
    if ways is not None:
        worth = ahead + ways[1]
        extra_second = ways[2] + 2.0 * ways[1] * ahead
        inside = outcomes.target < chain.n
        flow = 2.0 * visits[outcomes.row] * outcomes.share * ways[1]
        pull = pull + summed(outcomes.target[inside], flow[inside], chain.n)
    adjoint = factor.solve_transposed(pull)
    here = gathered.mean[outcomes.row]
    weight = visits[outcomes.row]
    second = weight * (ahead_second + extra_second + 2.0 * here * worth) + adjoint[outcomes.row] * worth
    after = to_go - gathered.mean
    return Slopes(
        outcomes=outcomes,
        moments=found,
        worth=worth,
        mean=weight * worth,
        second=second,
        node_mean=visits,
        node_second=2.0 * visits * to_go + adjoint,
        scale_mean=visits * gathered.mean,
        scale_second=visits * (2.0 * gathered.second + 2.0 * gathered.mean * after) + adjoint * gathered.mean,
    )


def interactions(factor: Factor, found: Slopes, directions: npt.ArrayLike) -> Floats:
    """Second derivatives of the mean in pairs of levers, shape (D, D), symmetric: one solve a lever.

    `directions` has shape (D, m): each row a direction over the outcomes, as `outcomes.direction` gives it. Half the
    diagonal is the curvature of a single lever; an entry off it tells how much two improvements help or hinder each
    other.
    """
    moves = np.atleast_2d(np.asarray(directions, dtype=np.float64))
    outcomes, n = found.outcomes, factor.chain.n
    right = np.zeros((n, len(moves)))
    for lever, delta in enumerate(moves):
        right[:, lever] = summed(outcomes.row, delta * found.worth, n)
    changed = factor.solve(right)
    inside = outcomes.target < n
    flow = moves[:, inside] * found.moments.visits[outcomes.row[inside]]
    half = flow @ changed[outcomes.target[inside]]
    return np.asarray(half + half.T)


@dataclass(frozen=True, slots=True, eq=False)
class Improvement:
    """A feasible change of shares: entry `i` of the outcomes moves by `move[i]`; `effort` in any unit above 0."""

    move: Floats
    effort: float = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """One round of the greedy choice.

    Attributes:
        index: which improvement.
        change: exact change of the mean that it adds to those already chosen.
        total: exact change of the mean of all chosen so far.
    """

    index: int
    change: float
    total: float


class ExactChange:
    """Exact effect on a mean of any subset of given improvements, on one factorisation: one solve a changed row.

    >>> from mpmflow.numerics.chains.moments import reward
    >>> from mpmflow.numerics.chains.outcomes import chain_from_outcomes, outcomes_from
    >>> from mpmflow.numerics.chains.chain import factorise
    >>> decision = outcomes_from([0, 0], [0, 1], [0.2, 0.8])
    >>> factor = factorise(chain_from_outcomes(1, 1, decision))
    >>> halve = Improvement(np.array([-0.1, 0.1]))
    >>> change = ExactChange(factor, slopes(factor, reward([1.0], k=1), decision), [halve])
    >>> round(change.of([0]), 12), round(1 / 0.9 - 1 / 0.8, 12)
    (-0.138888888889, -0.138888888889)
    """

    def __init__(self, factor: Factor, found: Slopes, improvements: Sequence[Improvement], block: int = 256) -> None:
        """Prepare; raises `ChainError` when a move leaves 0..1 or does not add up to 0 in its row."""
        outcomes, n = found.outcomes, factor.chain.n
        self.improvements = tuple(improvements)
        self._outcomes = outcomes
        touched = np.zeros(outcomes.count, dtype=bool)
        for index, improvement in enumerate(self.improvements):
            self._check(improvement.move, f"improvement {index}", bounds=True)
            touched |= improvement.move != 0.0
        self._rows = np.unique(outcomes.row[touched])
        self._seat = np.full(n, -1)
        self._seat[self._rows] = np.arange(len(self._rows))
        self._visits = found.moments.visits[self._rows]
        self._worth = found.worth
        entries = np.flatnonzero(np.isin(outcomes.row, self._rows))
        self._entries = entries
        # reach[e, j]: expected visits to changed row j after taking outcome entry e (0 for an end)
        self._reach = np.zeros((len(entries), len(self._rows)))
        inside = outcomes.target[entries] < n
        for begin in range(0, len(self._rows), block):
            some = self._rows[begin : begin + block]
            unit = np.zeros((n, len(some)))
            unit[some, np.arange(len(some))] = 1.0
            solved = factor.solve(unit)
            self._reach[inside, begin : begin + block] = solved[outcomes.target[entries[inside]]]

    def valued(self, found: Slopes) -> ExactChange:
        """The same improvements for another figure of the same process, without solving again."""
        other = copy(self)
        other._worth = found.worth
        return other

    def _check(self, move: Floats, what: str, bounds: bool) -> None:
        if move.shape != (self._outcomes.count,):
            raise ChainError(f"{what} needs one move per outcome, shape ({self._outcomes.count},), got {move.shape}")
        totals = np.bincount(self._outcomes.row, weights=move)
        if len(totals) and float(np.abs(totals).max()) > 1e-9:
            row = int(np.argmax(np.abs(totals)))
            raise ChainError(f"the moves of {what} at node {row} add up to {totals[row]:g}, not to 0", row=row)
        moved = self._outcomes.share + move
        wrong = np.flatnonzero((moved < -1e-12) | (moved > 1.0 + 1e-12))
        if bounds and len(wrong):
            row = int(self._outcomes.row[wrong[0]])
            raise ChainError(f"{what} takes a share at node {row} to {moved[wrong[0]]:g}, outside 0..1", row=row)

    def of(self, indices: Sequence[int]) -> float:
        """Exact change of the mean when all improvements of `indices` are made together; moves of one row add.

        Returns infinity when they together close every way out of a loop; raises `ChainError` when a share leaves
        0..1.
        """
        if not len(indices):
            return 0.0
        move = np.sum([self.improvements[index].move for index in indices], axis=0)
        self._check(move, "the set of improvements", bounds=True)
        delta = move[self._entries]
        seats = self._seat[self._outcomes.row[self._entries]]
        size = len(self._rows)
        gain = summed(seats, delta * self._worth[self._entries], size)
        used = np.unique(seats[delta != 0.0])
        if not len(used):
            return 0.0
        coupling = np.zeros((size, size))
        np.add.at(coupling, seats, delta[:, None] * self._reach)
        small = np.eye(len(used)) - coupling[np.ix_(used, used)]
        if np.linalg.cond(small) > 1e14:
            return float("inf")
        return float(self._visits[used] @ np.linalg.solve(small, gain[used]))

    def greedy(self, most: int, lower_is_better: bool = True) -> tuple[Choice, ...]:
        """Choose up to `most` improvements one after the other, each time the largest gain per effort given the rest.

        Stops when nothing helps any more. Exact for every chosen set; the set itself is greedy, not proven best.
        """
        sign = -1.0 if lower_is_better else 1.0
        chosen: list[int] = []
        result: list[Choice] = []
        total = 0.0
        while len(chosen) < min(most, len(self.improvements)):
            best: tuple[float, int, float] | None = None
            for index, improvement in enumerate(self.improvements):
                if index in chosen or not self._fits([*chosen, index]):
                    continue
                change = self.of([*chosen, index]) - total
                rate = sign * change / improvement.effort
                if rate > 0.0 and (best is None or rate > best[0]):
                    best = (rate, index, change)
            if best is None:
                break
            chosen.append(best[1])
            total += best[2]
            result.append(Choice(best[1], best[2], total))
        return tuple(result)

    def _fits(self, indices: Sequence[int]) -> bool:
        moved = self._outcomes.share + np.sum([self.improvements[index].move for index in indices], axis=0)
        return bool(np.all(moved > -1e-12) and np.all(moved < 1.0 + 1e-12))


def _sd_slope(variance_slope: Floats, sd: float) -> Floats:
    return variance_slope / (2.0 * sd) if sd > 0.0 else np.zeros_like(variance_slope)
