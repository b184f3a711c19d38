"""Mean, spread and shares of anything that a case gathers on its way: time, cost, any reward.

A visit to node i gathers a random amount with mean `m1_i` and second moment `m2_i`; an outcome o may gather more on
its way (the delay of "later -> again, 5 days") with moments `r1_o`, `r2_o`; ending as k may be worth `b_k`. All
amounts are independent given the way. With `A_o = r1_o + u[target]` the worth of an outcome, and shares `pi_o`,

    mean to go       u_i = m1_i + w_i,    w_i = sum_o pi_o A_o
    second moment    s_i = m2_i + 2 m1_i w_i + sum_o pi_o (r2_o + 2 r1_o u[target] + s[target])

both solved on the one factorisation (`u` of end k is `b_k`, `s` is `b_k` squared). Source: Kemeny & Snell 1960, ch.
3, with the rewards on transitions added. Exact; a reward in any unit, second moments in its square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mpmflow.numerics.faults import ChainError

from .chain import Factor, Floats
from .outcomes import Outcomes, summed


@dataclass(frozen=True, slots=True, eq=False)
class Reward:
    """What is gathered; make it with `reward`.

    Attributes:
        mean, second: per visit of a node, shape (n,): E c and E c squared.
        outcome_mean, outcome_second: per outcome taken, shape (m,), or None for nothing.
        terminal: on ending, shape (k,).
    """

    mean: Floats
    second: Floats
    outcome_mean: Floats | None
    outcome_second: Floats | None
    terminal: Floats


def reward(
    mean: npt.ArrayLike,
    second: npt.ArrayLike | None = None,
    outcome_mean: npt.ArrayLike | None = None,
    outcome_second: npt.ArrayLike | None = None,
    terminal: npt.ArrayLike | None = None,
    k: int = 0,
) -> Reward:
    """A reward; a second moment left out means a fixed amount (its mean squared). `terminal` defaults to k zeros.

    Raises `ChainError` when a second moment is below the square of its mean.

    >>> reward([2.0, 1.0], k=1).second.tolist()
    [4.0, 1.0]
    """
    first = np.asarray(mean, dtype=np.float64)
    squared = first**2 if second is None else np.asarray(second, dtype=np.float64)
    extra = None if outcome_mean is None else np.asarray(outcome_mean, dtype=np.float64)
    extra_squared = None if extra is None else extra**2
    if outcome_second is not None:
        extra_squared = np.asarray(outcome_second, dtype=np.float64)
    ends = np.zeros(k) if terminal is None else np.asarray(terminal, dtype=np.float64)
    if extra is None and outcome_second is not None:
        raise ChainError("a second moment on outcomes needs their mean beside it")
    for one, two, what in ((first, squared, "node"), (extra, extra_squared, "outcome")):
        if one is None or two is None:
            continue
        if one.shape != two.shape:
            raise ChainError(f"means and second moments per {what} differ in shape: {one.shape} and {two.shape}")
        wrong = np.flatnonzero(two < one**2 * (1.0 - 1e-9) - 1e-300)
        if len(wrong):
            raise ChainError(
                f"second moment of {what} {int(wrong[0])} is below the square of its mean", row=int(wrong[0])
            )
    return Reward(first, squared, extra, extra_squared, ends)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """First two moments of a reward.

    Attributes:
        mean, second, variance, sd: from the start (numbers).
        to_go, second_to_go: the same from each node, shape (n,).
        visits: expected executions, shape (n,).
    """

    mean: float
    second: float
    to_go: Floats
    second_to_go: Floats
    visits: Floats

    @property
    def variance(self) -> float:
        """`a s - (a u)^2`, never below 0."""
        return max(0.0, self.second - self.mean**2)

    @property
    def sd(self) -> float:
        """Standard deviation, in the unit of the reward."""
        return float(np.sqrt(self.variance))

    @property
    def sd_to_go(self) -> Floats:
        """Standard deviation of what is still to come from each node, shape (n,)."""
        return np.asarray(np.sqrt(np.maximum(0.0, self.second_to_go - self.to_go**2)))


def moments(factor: Factor, gathered: Reward, outcomes: Outcomes | None = None) -> Moments:
    """Mean and second moment of a reward from the start and from each node: three solves.

    `outcomes` is needed only when the reward has parts on outcomes. The start must add up to 1.

    A step of 1 hour, sent back with 20 %: a geometric number of rounds, mean 1.25, sd sqrt(0.3125).

    >>> from mpmflow.numerics.chains.chain import chain_from_cells, factorise
    >>> loop = factorise(chain_from_cells(1, [0], [0], [0.2], [0], [0], [0.8], k=1))
    >>> found = moments(loop, reward([1.0], k=1))
    >>> round(found.mean, 12), round(found.variance, 12)
    (1.25, 0.3125)
    """
    chain = factor.chain
    ways = on_way(factor, gathered, outcomes)
    right = gathered.mean + chain.exits @ gathered.terminal
    if ways is not None:
        taken, extra, extra_second = ways
        right = right + summed(taken.row, taken.share * extra, chain.n)
    to_go = factor.values(right)
    right = gathered.second + 2.0 * gathered.mean * (to_go - gathered.mean) + chain.exits @ gathered.terminal**2
    if ways is not None:
        ahead = np.concatenate([to_go, gathered.terminal])[taken.target]
        right = right + summed(taken.row, taken.share * (extra_second + 2.0 * extra * ahead), chain.n)
    second_to_go = factor.values(right)
    start = chain.start
    return Moments(float(start @ to_go), float(start @ second_to_go), to_go, second_to_go, factor.visits())


@dataclass(frozen=True, slots=True, eq=False)
class GivenEnd:
    """A reward among the cases that end in one way.

    Attributes:
        probability: share of cases that end so.
        mean, second: of the reward given that end (nan where the probability is 0).
        part: `E_i[C; end]` from each node, shape (n,); divided by `chance` it is the conditional mean to go.
        chance: chance of the end from each node, shape (n,).
    """

    probability: float
    mean: float
    second: float
    part: Floats
    chance: Floats

    @property
    def sd(self) -> float:
        """Standard deviation given that end."""
        return float(np.sqrt(max(0.0, self.second - self.mean**2)))


def given_end(factor: Factor, gathered: Reward, end: int | Sequence[int], outcomes: Outcomes | None = None) -> GivenEnd:
    """Moments of a reward given how the case ends (h-transform of the chain); several ends count as one.

    This is not the cost per completed case, which charges the lost cases to the others: `E[cost] / P(done)`.

    >>> from mpmflow.numerics.chains.chain import chain_from_cells, factorise
    >>> two = factorise(chain_from_cells(2, [0], [1], [0.5], [0, 1], [0, 1], [0.5, 1.0], k=2))
    >>> given_end(two, reward([1.0, 4.0], k=2), 1).mean
    5.0
    """
    chain = factor.chain
    kept = np.zeros(chain.k)
    kept[np.atleast_1d(np.asarray(end, dtype=np.int64))] = 1.0
    exits = chain.exits * kept
    chance = factor.values(exits.sum(axis=1))
    terminal = gathered.terminal
    ways = on_way(factor, gathered, outcomes)
    right = gathered.mean * chance + exits @ terminal
    if ways is not None:
        taken, extra, extra_second = ways
        flow = taken.share * np.concatenate([chance, kept])[taken.target]
        right = right + summed(taken.row, flow * extra, chain.n)
    part = factor.values(right)
    right = gathered.second * chance + 2.0 * gathered.mean * (part - gathered.mean * chance) + exits @ terminal**2
    if ways is not None:
        ahead = np.concatenate([part, kept * terminal])[taken.target]
        right = right + summed(taken.row, flow * extra_second + 2.0 * taken.share * extra * ahead, chain.n)
    second = factor.values(right)
    probability = float(chain.start @ chance)
    scale = 1.0 / probability if probability > 0.0 else float("nan")
    return GivenEnd(probability, float(chain.start @ part) * scale, float(chain.start @ second) * scale, part, chance)


def wasted(factor: Factor, waste: Factor, ends: int | Sequence[int], gathered: Reward) -> float:
    """What was spent and then not used: `sum_i v_i c_i h_i`, `h` the chance that a later outcome wastes it.

    `waste` is the factorised chain in which every wasting outcome (scrap among them) leads to one of the extra ends
    `ends` instead of on. Each execution counts once, however often it would be wasted again. Same unit as the reward.

    >>> from mpmflow.numerics.chains.chain import chain_from_cells, factorise
    >>> chain = factorise(chain_from_cells(1, [], [], [], [0, 0], [0, 1], [0.9, 0.1], k=2))
    >>> round(wasted(chain, chain, 1, reward([30.0], k=2)), 12)
    3.0
    """
    doomed = waste.values(waste.chain.exits[:, np.atleast_1d(np.asarray(ends, dtype=np.int64))].sum(axis=1))
    return float(factor.visits() @ (gathered.mean * doomed))


def repeats(factor: Factor, nodes: Sequence[int] | npt.NDArray[Any], block: int = 256) -> Floats:
    """Share of the executions of each asked node that are repeats, `1 - 1/N_jj`, shape (len(nodes),).

    One solve a node, `block` at a time. This is not rework by itself: a first visit after somebody else's rework is
    none.

    >>> from mpmflow.numerics.chains.chain import chain_from_cells, factorise
    >>> loop = factorise(chain_from_cells(1, [0], [0], [0.2], [0], [0], [0.8], k=1))
    >>> repeats(loop, [0]).round(12).tolist()
    [0.2]
    """
    asked = np.asarray(nodes, dtype=np.int64)
    result = np.empty(len(asked))
    for begin in range(0, len(asked), block):
        some = asked[begin : begin + block]
        unit = np.zeros((factor.chain.n, len(some)))
        unit[some, np.arange(len(some))] = 1.0
        result[begin : begin + block] = 1.0 - 1.0 / factor.solve(unit)[some, np.arange(len(some))]
    return result


def on_way(factor: Factor, gathered: Reward, outcomes: Outcomes | None) -> tuple[Outcomes, Floats, Floats] | None:
    """The parts of a reward on outcomes, with the outcomes, or None if it has none; checks all shapes."""
    chain = factor.chain
    if gathered.mean.shape != (chain.n,) or gathered.terminal.shape != (chain.k,):
        raise ChainError(
            f"the reward needs {chain.n} node means and {chain.k} terminal values, "
            f"got shapes {gathered.mean.shape} and {gathered.terminal.shape}"
        )
    if gathered.outcome_mean is None or gathered.outcome_second is None:
        return None
    if outcomes is None or gathered.outcome_mean.shape != (outcomes.count,):
        raise ChainError("a reward on outcomes needs the outcomes, one entry each")
    return outcomes, gathered.outcome_mean, gathered.outcome_second
