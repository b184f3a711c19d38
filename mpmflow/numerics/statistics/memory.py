"""How much of the past still speaks for the present: the half-life that foretold the periods best.

For every half-life h on offer the past before each period foretells that period. With what is remembered

    a_t(h) = prior + sum_{s<t} 2^(-(t-1-s)/h) n_s

the chance of the counts `n_t` is Dirichlet-multinomial for the outcomes of a decision, negative binomial for arrivals,
and normal for the mean of a period's durations. The logarithms of these chances are added up, an old period counting
half as much every `EVIDENCE` periods, and the half-life with the largest sum is taken. The usual one (8 periods) has
a head start of `HEAD_START`, so that chance alone does not shorten the memory.

So a level that stands still is remembered long and known well; after a step the memory shortens within a few periods,
and the estimate becomes as uncertain as the little that it then rests on. Figures that swing more from period to
period than independent cases would (overdispersion) shorten it too, which widens their intervals as it should.

The same forecasts tell how much more a figure scatters than independent cases would: the mean of their squared errors
over what the law foretells, `dispersion` (McCullagh & Nelder 1989: quasi-likelihood). It is 1 for independent cases;
at 4, hundred decisions tell as much as twenty-five would.

Sources: Dawid 1984 (prequential principle); Raftery, Karny & Ettler 2010 (forgetting in dynamic model averaging).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from mpmflow.numerics.faults import NumericsError

from .estimates import HALF_LIFE, PRIOR_SIZE

Floats = NDArray[np.float64]

MEMORIES = (2.0, 4.0, 8.0, 16.0, 32.0)
"""Half-lives on offer, in periods."""
MEMORIES_OF_ARRIVALS = MEMORIES[1:]
"""Arrivals come and go with campaigns and seasons, so a good forecast of next week says little of next quarter."""
EVIDENCE = 12.0
"""Periods after which a forecast that went right or wrong counts half in the choice."""
HEAD_START = 3.0
"""Log of the odds that another half-life must win by: it must have foretold some twenty times better."""
USUAL_ERRORS = 10.0
"""So many forecasts are taken to have gone as expected before the first one: dispersion is not found in a few."""
MOST_ERROR = 16.0
"""A squared error (four standard deviations) above which more of it says nothing more: one wild period is no law."""
_NEEDED = 3.0  # observations before a mean foretells anything


@dataclass(frozen=True, slots=True)
class Memory:
    """How the past speaks for the present.

    Attributes:
        half_life: periods after which an observation counts half; None if nothing is forgotten.
        dispersion: how many observations tell as much as one independent observation would, at least 1.
    """

    half_life: float | None = HALF_LIFE
    dispersion: float = 1.0


USUAL = Memory()


def memory_of_shares(counts: ArrayLike, prior: ArrayLike) -> Memory:
    """The memory for the outcome shares of a decision.

    Args:
        counts: decisions by period and outcome (T, K), oldest first; nan is a period without figures.
        prior: pseudo-decisions by outcome (K,), as for `outcome_posterior`.

    Twenty weeks at one in five, then five weeks at three in five, fifty decisions each:

    >>> stepped = memory_of_shares([[10, 40]] * 20 + [[30, 20]] * 5, [2, 8])
    >>> still = memory_of_shares([[10, 40]] * 25, [2, 8])
    >>> stepped.half_life, still.half_life, still.dispersion
    (2.0, 8.0, 1.0)
    """
    table = np.nan_to_num(_table(counts))
    before = np.asarray(prior, dtype=float)
    if table.shape[1:] != before.shape:
        raise NumericsError(f"counts need one column per outcome ({before.size}), they have shape {table.shape}")
    possible = before + table.sum(axis=0) > 0.0
    known = np.where(before > 0.0, before, 1e-9)[possible]
    seen = table[:, possible]

    total = seen.sum(axis=1)

    def foretold(past: Floats) -> tuple[Floats, Floats]:
        alpha = known + past
        size = alpha.sum(axis=1)
        chance = gammaln(size) - gammaln(size + total) + (gammaln(alpha + seen) - gammaln(alpha)).sum(axis=1)
        expected = total[:, None] * alpha / size[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            pearson = ((seen - expected) ** 2 / expected).sum(axis=1) * (size + 1.0) / (size + total)
        return chance, np.where(total > 0.0, pearson / max(len(known) - 1, 1), np.nan)

    return _best(seen, foretold)


def memory_of_arrivals(counts: ArrayLike, expected: float) -> Memory:
    """The memory for the rate of arrivals: counts per period (T,), and how many a period was planned to bring.

    nan is a period without figures.
    """
    table = _table(np.asarray(counts, dtype=float)[:, None])
    known = np.isfinite(table[:, 0])
    seen = np.nan_to_num(table)
    if not expected > 0.0:
        raise NumericsError(f"a period is planned to bring some cases, got {expected:g}")

    number = seen[:, 0]

    def foretold(past: Floats) -> tuple[Floats, Floats]:
        cases, periods = PRIOR_SIZE + past[:, 0], PRIOR_SIZE / expected + past[:, 1]
        chance = gammaln(cases + number) - gammaln(cases) - gammaln(number + 1.0)
        chance = chance + cases * np.log(periods / (periods + 1.0)) - number * np.log(periods + 1.0)
        mean = cases / periods
        error = (number - mean) ** 2 / (mean * (1.0 + 1.0 / periods))
        return np.where(known, chance, np.nan), np.where(known, error, np.nan)

    return _best(np.column_stack([number, known]), foretold, MEMORIES_OF_ARRIVALS)


def memory_of_mean(
    count: ArrayLike, total: ArrayLike, squares: ArrayLike, plan_mean: float | None = None, plan_scv: float = 1.0
) -> Memory:
    """The memory for a mean duration: number, sum and sum of squares per period (T,), as for `mean_estimate`."""
    sums = np.column_stack([np.nan_to_num(np.asarray(one, dtype=float)) for one in (count, total, squares)])
    planned = np.zeros(3)
    if plan_mean is not None:
        planned = PRIOR_SIZE * np.array([1.0, plan_mean, plan_mean**2 * (1.0 + plan_scv)])
    number = sums[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = sums[:, 1] / number

        def foretold(past: Floats) -> tuple[Floats, Floats]:
            size, first, second = (planned + past).T
            mean = first / size
            variance = (second / size - mean**2) * size / np.maximum(size - 1.0, 1.0)
            error = variance * (1.0 / size + 1.0 / number)
            square = (seen - mean) ** 2 / error
            said = (number > 0.0) & (size >= _NEEDED) & (error > 0.0)
            return np.where(said, -0.5 * (np.log(error) + square), np.nan), np.where(said, square, np.nan)

        return _best(sums, foretold)


def _best(
    sums: Floats, foretold: Callable[[Floats], tuple[Floats, Floats]], memories: Sequence[float] = MEMORIES
) -> Memory:
    """The half-life whose past foretold best; `sums` (T, S) is what is remembered of each period.

    `foretold` gives, of each period, the log of its chance and its squared error over the expected one (nan: none).
    Only periods of which every half-life says something are compared: a density has a unit, so saying nothing is
    neither better nor worse than saying something.
    """
    periods = len(sums)
    if periods < 2:
        return USUAL
    weight = 0.5 ** (np.arange(periods)[::-1] / EVIDENCE)
    found = [foretold(_remembered(sums, half_life)) for half_life in memories]
    by_all = np.isfinite([chance for chance, _ in found]).all(axis=0)
    scores = [float(weight[by_all] @ chance[by_all]) for chance, _ in found]
    usual = list(memories).index(HALF_LIFE)
    best = int(np.argmax(scores))
    chosen = best if scores[best] > scores[usual] + HEAD_START else usual
    errors = np.minimum(found[chosen][1], MOST_ERROR)
    told = np.isfinite(errors)
    size = USUAL_ERRORS + float(weight[told].sum())
    dispersion = (USUAL_ERRORS + float(weight[told] @ errors[told])) / size
    return Memory(memories[chosen], max(1.0, dispersion))


def _remembered(sums: Floats, half_life: float) -> Floats:
    """What is remembered before each period, (T, S)."""
    keep = 0.5 ** (1.0 / half_life)
    found = np.zeros(sums.shape)
    for period in range(1, len(sums)):
        found[period] = keep * found[period - 1] + sums[period - 1]
    return found


def _table(counts: ArrayLike | Sequence[Sequence[float]]) -> Floats:
    table = np.asarray(counts, dtype=float)
    if table.ndim != 2 or (np.nan_to_num(table) < 0.0).any():
        raise NumericsError("counts have a row for each period and a column for each outcome, none below zero")
    return table
