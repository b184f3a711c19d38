"""What each state of a solved process holds: time, working time and money per visit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.exact.arrays import LawBook, Solved
from mpmflow.numerics.chains.moments import Reward, reward

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Amounts:
    """Per visit of each state of the cells, shape (states,).

    Attributes:
        time, time_second: calendar seconds, mean and second moment. A block's own are on the states where it joins.
        work, work_variance: working seconds of the state's own team. A block's is the sum over its branches, all of
            it at the fork, its variance left out.
        cost, cost_second: money; a block's is where it joins, for it hangs on whether the case passes.
        rate: money per working second.
    """

    time: Floats
    time_second: Floats
    work: Floats
    work_variance: Floats
    cost: Floats
    cost_second: Floats
    rate: Floats


def amounts_of(solved: Solved, book: LawBook) -> Amounts:
    """The amounts of a process solved as it is."""
    size = len(solved.cells.states)
    found = np.zeros((7, size))
    time, time_second, work, variance, cost, cost_second, rate = found
    moments: dict[object, tuple[float, float, float, float]] = {}
    for index, state in enumerate(solved.cells.states):
        if state.part in ("joined", "lost"):
            fold = solved.folds[index - (1 if state.part == "joined" else 2)]
            joined = state.part == "joined"
            spell = fold.time_passed if joined else fold.time_lost
            amount = fold.cost_passed if joined else fold.cost_lost
            if spell is not None:
                time[index], time_second[index] = spell.mean, spell.second
            cost[index], cost_second[index] = amount.mean, amount.second
            continue
        if state.block is not None:
            for branch in solved.folds[index].branches:
                inner = amounts_of(branch, book)
                work[index] += float(branch.state_visits @ inner.work)
            continue
        if state.timing is not None:
            if state.timing not in moments:
                calendar, own = book.calendar(state.timing, state.node), book.work(state.timing, state.node)
                moments[state.timing] = (calendar.mean, calendar.second, own.mean, own.variance)
            time[index], time_second[index], mean, spread = moments[state.timing]
            if state.part == "work":
                work[index], variance[index] = mean, spread
        rate[index] = state.rate
        cost[index] = state.cost + state.rate * work[index]
        cost_second[index] = cost[index] ** 2 + state.rate**2 * variance[index]
    return Amounts(time, time_second, work, variance, cost, cost_second, rate)


def time_reward(solved: Solved, amounts: Amounts) -> Reward:
    """Calendar seconds as a reward of the chain."""
    return reward(amounts.time[solved.state], amounts.time_second[solved.state], k=len(solved.ends))


def cost_reward(solved: Solved, amounts: Amounts) -> Reward:
    """Money as a reward of the chain."""
    return reward(amounts.cost[solved.state], amounts.cost_second[solved.state], k=len(solved.ends))
