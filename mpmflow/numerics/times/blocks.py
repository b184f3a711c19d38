"""Parallel blocks: the laws of the branches folded into one law of the block.

Each branch is analysed as a process of its own, all on one lattice; with `D_b(t)` the chance that branch b is done by
t and `S_b(t)` that it is scrapped by t, independent branches fold into

    wait for all       done  prod D_b                 scrap  prod (D_b + S_b) - prod D_b
    first              done  1 - prod (1 - D_b)       scrap  prod S_b
    all, but cancel    done  prod D_b                 scrap  1 - prod (1 - S_b)

In the first, a scrapped branch loses the case when all have ended; `first` goes on with the first branch that is
done, and loses the case when every branch is scrapped; in the last, the first scrap ends everything (the work of
cancelled branches up to then is not told by laws: simulate it). Exact for independent branches; people shared among
them make it approximate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mpmflow.numerics.chains.chain import Floats
from mpmflow.numerics.faults import ChainError

from .compound import Tabulated
from .lattice import TimeLaw
from .sojourn import CycleTime

Rule = Literal["all", "first", "cancel"]
Fold = Callable[[Floats, Floats], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A branch's laws on the block's lattice; make it with `branch`.

    Attributes:
        done, scrap: when it is done, when it is scrapped; their masses add up to 1.
        mean, second: exact, of the time until it ends in whatever way.
    """

    done: TimeLaw
    scrap: TimeLaw
    mean: float
    second: float


def branch(found: CycleTime, done: Sequence[int] = (0,)) -> Branch:
    """A branch from its cycle time; ends not named in `done` are scrap."""
    good = sorted(set(done))
    bad = sorted(set(range(len(found.ends))) - set(done))
    second = found.sd**2 + found.mean**2
    return Branch(_together(found, good), _together(found, bad), found.mean, second)


def _together(found: CycleTime, ends: Sequence[int]) -> TimeLaw:
    some = [found.ends[end] for end in ends]
    zero = np.zeros(found.lattice.points)
    return TimeLaw(
        found.lattice.step,
        np.sum([law.smooth for law in some], axis=0) if some else zero,
        np.sum([law.atoms for law in some], axis=0) if some else zero,
        min(1.0, sum(law.total for law in some)),
        found.all.error,
        found.all.blur,
    )


@dataclass(frozen=True, slots=True, eq=False)
class ParallelBlock:
    """A folded block.

    Attributes:
        done, scrap: laws of the time to each, with their masses.
        mean, second: of the time until the block ends in whatever way.
        mean_by_done, mean_by_scrap: slope of `mean` in each branch's `done` (`scrap`) law at each half-point, shape
            (B, M);
            weights for `sojourn.law_slopes` of that branch.
    """

    done: TimeLaw
    scrap: TimeLaw
    mean: float
    second: float
    mean_by_done: Floats
    mean_by_scrap: Floats

    @property
    def variance(self) -> float:
        """Variance of the block's time."""
        return max(0.0, self.second - self.mean**2)

    def as_laws(self) -> tuple[Tabulated | None, Tabulated | None]:
        """Duration laws given done and given scrap (None where that never happens), for the two outcomes of one node.

        What lies beyond the lattice is placed so that the mean over both is kept.
        """
        rest = self.mean - self.done.mean_within - self.scrap.mean_within
        laws = []
        for law in (self.done, self.scrap):
            own = law.mean_within + max(0.0, rest) * law.total
            laws.append(law.as_law(own / law.total) if law.total > 1e-12 else None)
        return laws[0], laws[1]


def fold_block(branches: Sequence[Branch], rule: Rule = "all") -> ParallelBlock:
    """Fold branches into one law; raises `ChainError` unless there are some and all share one lattice.

    The greater of two exponential times of mean 1 has mean 1.5, the lesser 0.5:

    >>> from mpmflow.numerics.times.laws import Exponential
    >>> from mpmflow.numerics.chains.outcomes import outcomes_from
    >>> from mpmflow.numerics.times.sojourn import cycle_time, timed_process
    >>> one = branch(cycle_time(timed_process(1, 1, outcomes_from([0], [1], [1.0]), [Exponential(1.0)])))
    >>> round(fold_block([one, one]).mean, 4), round(fold_block([one, one], "first").mean, 4)
    (1.5, 0.5)
    """
    if not len(branches):
        raise ChainError("a parallel block needs at least one branch")
    first = branches[0].done
    if any(one.done.step != first.step or len(one.done.smooth) != len(first.smooth) for one in branches):
        raise ChainError("the branches of a block must be analysed on one lattice: give the first one's to the others")
    fold = {"all": _fold_all, "first": _fold_first, "cancel": _fold_cancel}[rule]
    done, scrap = [one.done for one in branches], [one.scrap for one in branches]
    at_half = fold(*(np.array([law.at_half_points for law in laws]) for laws in (done, scrap)))
    before = fold(*(np.array([_at_points(law)[0] for law in laws]) for laws in (done, scrap)))
    after = fold(*(np.array([_at_points(law)[1] for law in laws]) for laws in (done, scrap)))
    masses = fold(*(np.array([[law.total] for law in laws]) for laws in (done, scrap)))
    error = sum(one.done.error for one in branches)
    blur = max(one.done.blur for one in branches)
    folded = []
    for half, left, right, mass in zip(at_half, before, after, masses, strict=True):
        jumps = np.maximum(right - left, 0.0)
        jumps[jumps < 1e-11] = 0.0
        smooth = np.maximum.accumulate(np.maximum(half - np.cumsum(jumps), 0.0))
        folded.append(TimeLaw(first.step, smooth, jumps, float(np.clip(mass[0], 0.0, 1.0)), error, blur))
    beyond, beyond_second = 0.0, 0.0
    if rule == "all":  # far out the greatest is late when any one is: add what each branch has beyond the lattice
        beyond = sum(one.mean - one.done.mean_within - one.scrap.mean_within for one in branches)
        beyond_second = sum(one.second - one.done.second_within - one.scrap.second_within for one in branches)
    by_done, by_scrap = _mean_slopes(branches, rule)
    return ParallelBlock(
        folded[0],
        folded[1],
        folded[0].mean_within + folded[1].mean_within + beyond,
        folded[0].second_within + folded[1].second_within + beyond_second,
        by_done,
        by_scrap,
    )


def _fold_all(done: Floats, scrap: Floats) -> tuple[Floats, Floats]:
    good = np.prod(done, axis=0)
    return good, np.prod(done + scrap, axis=0) - good


def _fold_first(done: Floats, scrap: Floats) -> tuple[Floats, Floats]:
    return 1.0 - np.prod(1.0 - done, axis=0), np.prod(scrap, axis=0)


def _fold_cancel(done: Floats, scrap: Floats) -> tuple[Floats, Floats]:
    return np.prod(done, axis=0), 1.0 - np.prod(1.0 - scrap, axis=0)


def _at_points(law: TimeLaw) -> tuple[Floats, Floats]:
    """Mass just before and at each point, shape (M,) each."""
    smooth = np.append(0.0, (law.smooth[:-1] + law.smooth[1:]) / 2.0)
    steps = np.cumsum(law.atoms)
    return smooth + steps - law.atoms, smooth + steps


def _mean_slopes(branches: Sequence[Branch], rule: Rule) -> tuple[Floats, Floats]:
    done = np.array([one.done.at_half_points for one in branches])
    scrap = np.array([one.scrap.at_half_points for one in branches])
    step = branches[0].done.step
    if rule == "all":
        both = -step * _without_each(done + scrap)
        return both, both
    if rule == "first":
        return -step * _without_each(1.0 - done), -step * _without_each(scrap)
    return -step * _without_each(done), -step * _without_each(1.0 - scrap)


def _without_each(factors: Floats) -> Floats:
    """Product over all branches but one, for each one, shape (B, M); no division, so zeros do no harm."""
    ones = np.ones((1, factors.shape[1]))
    before = np.cumprod(np.concatenate([ones, factors[:-1]]), axis=0)
    after = np.cumprod(np.concatenate([ones, factors[:0:-1]]), axis=0)[::-1]
    return np.asarray(before * after)
