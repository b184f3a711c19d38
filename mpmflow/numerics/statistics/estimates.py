"""Shares of outcomes and mean durations from counts per period, with what is known beforehand and what has been
forgotten.

Shares have a Dirichlet posterior: the plan counts as 10 decisions, periods count half as much every 8 periods that
pass. Means have a Student law on the log scale, which keeps them above zero and allows for the long right tail of
durations. Intervals are equal-tailed. The figures are right for decisions that do not depend on one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, ndtri, stdtr, stdtrit

from mpmflow.numerics.faults import NumericsError

Floats = NDArray[np.float64]

PRIOR_SIZE = 10.0  # the plan counts as much as this many decisions
HALF_LIFE = 8.0  # periods after which an observation counts half
NEEDED_FOR_A_MEAN = 3.0  # observations below which the spread of a mean is unknown


def forgetting(periods: int, half_life: float | None = HALF_LIFE) -> Floats:
    """Weights of `periods` periods, oldest first, the last one 1: halved every `half_life` periods, None forgets
    nothing.

    >>> print(forgetting(3, half_life=1))
    [0.25 0.5  1.  ]
    """
    if half_life is None:
        return np.ones(periods)
    if not half_life > 0.0:
        raise NumericsError(f"a half-life must be longer than zero periods, got {half_life:g}")
    return np.asarray(0.5 ** (np.arange(periods)[::-1] / half_life))


@dataclass(frozen=True, eq=False)
class OutcomePosterior:
    """What is known of the outcome shares of one decision: a Dirichlet law.

    Attributes:
        prior: pseudo-decisions per outcome before the data, (K,).
        counts: observed decisions per outcome after forgetting, (K,).

    An outcome with neither prior nor counts has share 0 for certain.
    """

    prior: Floats
    counts: Floats

    @property
    def alpha(self) -> Floats:
        """Parameters of the Dirichlet law (K,)."""
        return self.prior + self.counts

    @property
    def size(self) -> float:
        """Decisions it is worth, prior included."""
        return float(self.alpha.sum())

    @property
    def mean(self) -> Floats:
        """Expected shares (K,)."""
        return self.alpha / self.size

    @property
    def covariance(self) -> Floats:
        """Covariance of the shares (K, K); rows sum to 0."""
        mean = self.mean
        return np.asarray((np.diag(mean) - np.outer(mean, mean)) / (self.size + 1.0))

    @property
    def sd(self) -> Floats:
        """Standard deviation of each share (K,)."""
        return np.sqrt(self.mean * (1.0 - self.mean) / (self.size + 1.0))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Equal-tailed interval of each share by itself: lower and upper ends (K,), from the Beta marginals."""
        tail = 0.5 * (1.0 - _level(level))
        return self.quantile(tail), self.quantile(1.0 - tail)

    def quantile(self, probability: float) -> Floats:
        """Quantile of each share by itself (K,)."""
        alpha, rest = self.alpha, self.size - self.alpha
        certain = (alpha <= 0.0) | (rest <= 0.0)
        value = betaincinv(np.where(certain, 1.0, alpha), np.where(certain, 1.0, rest), probability)
        return np.asarray(np.where(certain, self.mean, value))

    def probability_worse(self, outcome: int, reference: float, higher_is_worse: bool = True) -> float:
        """Probability that the true share of an outcome is above the reference (or below it).

        >>> round(outcome_posterior([13, 29], plan_prior([0.2, 0.8])).probability_worse(0, 0.2), 3)
        0.929
        """
        alpha, rest = float(self.alpha[outcome]), float(self.size - self.alpha[outcome])
        if alpha <= 0.0 or rest <= 0.0:
            share = float(self.mean[outcome])
            return float(share > reference if higher_is_worse else share < reference)
        below = float(betainc(alpha, rest, min(max(reference, 0.0), 1.0)))
        return 1.0 - below if higher_is_worse else below

    def draws(self, rng: Generator, count: int) -> Floats:
        """Shares drawn from the posterior (count, K), rows sum to 1. The generator is the caller's."""
        gammas = rng.standard_gamma(self.alpha, (count, len(self.alpha)))
        # Tiny parameters can round every gamma of a row to zero; the mean is then as good as any draw.
        total = gammas.sum(axis=1, keepdims=True)
        return np.asarray(np.where(total > 0.0, gammas / np.where(total > 0.0, total, 1.0), self.mean))


def plan_prior(plan: ArrayLike, size: float = PRIOR_SIZE) -> Floats:
    """A plan as prior counts: its shares times the decisions it is worth, 10 unless it says more ("17 of 85" is worth
    85).

    >>> print(plan_prior([17 / 85, 68 / 85], size=85))
    [17. 68.]
    """
    shares = np.asarray(plan, dtype=float)
    if shares.ndim != 1 or (shares < 0).any() or abs(shares.sum() - 1.0) > 1e-6:
        raise NumericsError(
            f"the planned shares of a decision must not be negative and add up to 1, they add up to {shares.sum():g}"
        )
    if not size >= 0.0:
        raise NumericsError(f"a plan cannot be worth fewer than zero decisions, got {size:g}")
    return np.asarray(shares * size)


def outcome_posterior(counts: ArrayLike, prior: ArrayLike, half_life: float | None = HALF_LIFE) -> OutcomePosterior:
    """Posterior of outcome shares.

    Args:
        counts: decisions by outcome (K,), or by period and outcome (T, K), oldest period first; nan is a missing
            figure and counts as nothing seen. Fractions are allowed (censored decisions shared out).
        prior: pseudo-decisions by outcome (K,), from `plan_prior` or a pooled estimate. An outcome with prior 0 has
            share 0 until it is seen.
        half_life: in periods; for counts of one period nothing is forgotten.

    >>> posterior = outcome_posterior([13, 29], plan_prior([0.2, 0.8]))
    >>> low, high = posterior.interval()
    >>> print(posterior.mean.round(3), low.round(3), high.round(3))
    [0.288 0.712] [0.175 0.583] [0.417 0.825]
    """
    table = np.asarray(counts, dtype=float)
    if table.ndim == 1:
        table = table[None, :]
    before = np.asarray(prior, dtype=float)
    if table.ndim != 2 or before.shape != (table.shape[1],):
        raise NumericsError(f"counts need one column per outcome ({before.size}), they have shape {np.shape(counts)}")
    seen = np.where(np.isnan(table), 0.0, table)
    if not (np.isfinite(seen).all() and (seen >= 0).all() and np.isfinite(before).all() and (before >= 0).all()):
        raise NumericsError("counts and prior counts must be finite and not negative")
    remembered = forgetting(len(seen), half_life) @ seen
    if not (before.sum() + remembered.sum() > 0.0):
        raise NumericsError("without prior and without decisions nothing is known of the shares")
    return OutcomePosterior(before, np.asarray(remembered))


def wilson_interval(events: ArrayLike, trials: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of the true share behind `events` of `trials` in one period, no prior (Wilson 1927). Arrays broadcast.

    Good from very few trials on, unlike the textbook share +- 2 sd. Without trials it is 0 to 1: nothing is known.

    >>> low, high = wilson_interval([0, 5, 0], [10, 10, 0])
    >>> print(low.round(3), high.round(3))
    [0.    0.237 0.   ] [0.278 0.763 1.   ]
    """
    hits, count = np.broadcast_arrays(np.asarray(events, dtype=float), np.asarray(trials, dtype=float))
    if (hits < 0).any() or (hits > count).any():
        raise NumericsError("events must lie between 0 and the trials")
    z = float(ndtri(0.5 + 0.5 * _level(level)))
    safe = np.where(count > 0, count, 1.0)
    share = hits / safe
    centre = (share + z * z / (2 * safe)) / (1 + z * z / safe)
    half = z / (1 + z * z / safe) * np.sqrt(share * (1 - share) / safe + z * z / (4 * safe * safe))
    low = np.where(count > 0, np.maximum(centre - half, 0.0), 0.0)
    high = np.where(count > 0, np.minimum(centre + half, 1.0), 1.0)
    low, high = np.where((count > 0) & (hits == 0), 0.0, low), np.where((count > 0) & (hits == count), 1.0, high)
    unknown = np.isnan(hits) | np.isnan(count)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


@dataclass(frozen=True)
class MeanEstimate:
    """What is known of a mean duration (or any mean that is above zero).

    Attributes:
        count: observations it rests on, after forgetting, prior included.
        mean, sd: of the observations. `sd` is nan when too few are known.
        standard_error: `sd / sqrt(count)`.

    The uncertain mean follows `mean * exp(standard_error / mean * t)` with Student's t of `count - 1` degrees of
    freedom: the delta method on the log scale. Long-tailed durations need it: on the plain scale the interval of a
    small sample reaches below zero and misses high. With fewer than 3 observations all but the mean itself is nan,
    unknown. With few observations the law has heavy tails: use its quantiles, not means over its draws.
    """

    count: float
    mean: float
    sd: float
    standard_error: float

    @property
    def known(self) -> bool:
        """Whether there were enough observations for an interval (3)."""
        return bool(np.isfinite(self.standard_error))

    def quantile(self, probability: float) -> float:
        """Quantile of the uncertain mean; nan if unknown."""
        if not self.known or self.mean == 0.0:
            return self.mean if self.known else float("nan")
        deviation = float(stdtrit(self.count - 1.0, probability))
        return float(self.mean * np.exp(self.standard_error / self.mean * deviation))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Equal-tailed interval of the mean; nan if unknown."""
        tail = 0.5 * (1.0 - _level(level))
        return self.quantile(tail), self.quantile(1.0 - tail)

    def probability_above(self, reference: float) -> float:
        """Probability that the true mean lies above a reference; nan if unknown."""
        if not self.known:
            return float("nan")
        if self.standard_error == 0.0 or reference <= 0.0:
            return float(self.mean > reference)
        score = np.log(reference / self.mean) * self.mean / self.standard_error
        return float(1.0 - stdtr(self.count - 1.0, score))

    def draws(self, rng: Generator, count: int) -> Floats:
        """Draws of the uncertain mean (count,); nan if unknown. The generator is the caller's."""
        if not self.known or self.mean == 0.0:
            return np.full(count, self.mean if self.known else np.nan)
        deviations = rng.standard_t(self.count - 1.0, count)
        return np.asarray(self.mean * np.exp(self.standard_error / self.mean * deviations))


def mean_estimate(
    count: ArrayLike,
    total: ArrayLike,
    squares: ArrayLike,
    *,
    half_life: float | None = HALF_LIFE,
    plan_mean: float | None = None,
    plan_scv: float = 1.0,
    plan_size: float = PRIOR_SIZE,
) -> MeanEstimate:
    """Estimate of a mean from sums: number, sum and sum of squares, of one period or (T,) periods, oldest first.

    A plan, if given, counts as `plan_size` observations of mean `plan_mean` and squared coefficient of variation
    `plan_scv`. Values must not be negative. nan periods count as nothing seen. All periods share one mean after
    forgetting.

    Durations 2, 4 and 9 days:

    >>> estimate = mean_estimate(3, 15, 101)
    >>> low, high = estimate.interval()
    >>> print(estimate.mean, round(estimate.sd, 3), round(low, 2), round(high, 2))
    5.0 3.606 0.83 29.99
    """
    sums = [np.atleast_1d(np.asarray(figure, dtype=float)) for figure in (count, total, squares)]
    if not sums[0].shape == sums[1].shape == sums[2].shape or sums[0].ndim != 1:
        raise NumericsError("number, sum and sum of squares need one figure per period each")
    missing = np.isnan(np.stack(sums)).any(axis=0)
    numbers, totals, square_sums = (np.where(missing, 0.0, figure) for figure in sums)
    if (numbers < 0).any() or (totals < 0).any() or (square_sums < 0).any():
        raise NumericsError("numbers and sums must not be negative")
    weight = forgetting(len(numbers), half_life)
    size, first, second = float(weight @ numbers), float(weight @ totals), float(weight @ square_sums)
    if plan_mean is not None:
        if not (plan_mean >= 0 and plan_scv >= 0 and plan_size >= 0):
            raise NumericsError("a planned mean, its scv and what it is worth must not be negative")
        size += plan_size
        first += plan_size * plan_mean
        second += plan_size * plan_mean**2 * (1.0 + plan_scv)
    if size <= 0.0:
        return MeanEstimate(0.0, float("nan"), float("nan"), float("nan"))
    mean = first / size
    if second < first * mean * (1.0 - 1e-9):
        raise NumericsError(
            "the sum of squares is too small for this number and sum: check that all three are of the same cases"
        )
    if size < NEEDED_FOR_A_MEAN:
        return MeanEstimate(size, mean, float("nan"), float("nan"))
    sd = float(np.sqrt(max(second / size - mean * mean, 0.0) * size / (size - 1.0)))
    return MeanEstimate(size, mean, sd, sd / float(np.sqrt(size)))


def _level(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise NumericsError(f"a confidence level lies between 0 and 1, got {level:g}; write 95 % as 0.95")
    return level
