"""How good forecasts were: scores of distributions and probabilities, skill with its doubt, recalibration.

Scores are the smaller the better, and proper: nobody gains by saying something else than he believes (Gneiting and
Raftery, Strictly proper scoring rules, prediction, and estimation, JASA 102, 2007). Skill compares two forecasters on
the same questions: 1 is perfect, 0 no better than the other, below 0 worse. Its doubt comes of a moving block
bootstrap (Künsch 1989), for forecasts that are made one after the other share their luck.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mpmflow.numerics.faults import NumericsError

Floats = NDArray[np.float64]

RESAMPLES = 2_000
AT_ONCE = 1_000_000
"""Resampled values that are held in memory at once."""
EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
"""Bounds of the classes of a reliability table: six, for a history has tens of forecasts and not thousands."""
SHRINK = 8.0
"""A recalibration starts from "as it is", which counts as much as so many forecasts."""
_SURE = 1e-3  # a probability nearer to 0 or 1 than this says no more than that when it is recalibrated


def crps(draws: ArrayLike, came: ArrayLike) -> Floats:
    """Continuous ranked probability score of forecasts given as draws, in the unit of what is foretold.

    Args:
        draws: (…, D) equally likely values. came: (…) what came.

    `mean |x - y| - ½ mean |x - x'|` over the draws: the area between the forecast's staircase and the truth's step.
    With one draw it is the absolute error. Formula: Gneiting and Raftery (2007), equation 21.

    >>> float(crps([1.0, 3.0], 2.0)), float(crps([5.0], 2.0))
    (0.5, 3.0)
    """
    table = np.sort(np.asarray(draws, dtype=float), axis=-1)
    truth = np.asarray(came, dtype=float)
    count = table.shape[-1]
    if not count:
        raise NumericsError("a forecast needs at least one draw")
    away = np.abs(table - truth[..., None]).mean(axis=-1)
    rank = 2.0 * np.arange(1, count + 1) - count - 1.0  # sum over all pairs of |x - x'|, by order statistics
    return np.asarray(away - (table @ rank) / count**2)


def brier(chance: ArrayLike, happened: ArrayLike) -> Floats:
    """Squared distance of a probability from what happened (0 or 1), each. G. W. Brier, 1950.

    >>> brier([0.9, 0.5], [1, 0]).round(12).tolist()
    [0.01, 0.25]
    """
    return np.asarray((np.asarray(chance, dtype=float) - np.asarray(happened, dtype=float)) ** 2)


def pinball(level: float, quantile: ArrayLike, came: ArrayLike) -> Floats:
    """Score of a quantile, in the unit of what is foretold: `level` times by how much it was too low, `1 - level` times
    by how much it was too high. Koenker and Bassett, 1978; twice its mean over all levels is the `crps`.

    >>> pinball(0.9, [10.0, 10.0], [12.0, 8.0]).round(12).tolist()
    [1.8, 0.2]
    """
    short = np.asarray(came, dtype=float) - np.asarray(quantile, dtype=float)
    return np.asarray(np.maximum(level * short, (level - 1.0) * short))


def position(draws: ArrayLike, came: float) -> float:
    """Where in a forecast the truth lies: the share of the draws below it, half of those equal to it.

    Truthful forecasts have positions that are even between 0 and 1 (probability integral transform; Dawid, 1984).

    >>> position([1.0, 2.0, 3.0, 4.0], 2.0)
    0.375
    """
    values = np.asarray(draws, dtype=float)
    return float((values < came).mean() + 0.5 * (values == came).mean())


@dataclass(frozen=True, slots=True)
class Average:
    """A mean with its 90 % interval by block bootstrap (nan with fewer than three blocks), and of how many."""

    value: float
    low: float
    high: float
    count: int


def average(values: ArrayLike, *, block: int = 1, seed: int = 0) -> Average | None:
    """The mean of values in the order of time, nan where missing; None without any.

    Args:
        block: so many neighbours are resampled together: as many as share what came.

    >>> average([1.0, 1.0, 1.0, float("nan")])
    Average(value=1.0, low=1.0, high=1.0, count=3)
    """
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    if not len(known):
        return None
    if len(known) < 3 * block:
        return Average(float(known.mean()), np.nan, np.nan, len(known))
    (drawn,) = _resampled_means(block, seed, known)
    low, high = np.quantile(drawn, [0.05, 0.95])
    return Average(float(known.mean()), float(low), float(high), len(known))


@dataclass(frozen=True, slots=True)
class Skill:
    """How much better one forecaster was than another on the same questions.

    `value` is 1 - mean score / mean score of the other; `low`, `high` its 90 % interval; `p_value` the probability to
    look so good by luck where it is in fact no better; `count` the questions that both answered.
    """

    value: float
    low: float
    high: float
    p_value: float
    count: int


def skill(scores: ArrayLike, others: ArrayLike, *, block: int = 1, seed: int = 0) -> Skill | None:
    """The skill of scores over those of another forecaster, where both are known; None where nothing can be compared.

    Args:
        scores, others: (T,) in the order of time, nan where missing.
        block: so many neighbours are resampled together: as many as share what came.

    The p-value is one-sided, of the mean difference, centred on no difference; it cannot fall below one in the number
    of resamples. With fewer than three blocks it is nan, and the interval too.

    >>> found = skill([1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0])
    >>> found.value, found.count
    (0.5, 4)
    """
    own, other = np.asarray(scores, dtype=float), np.asarray(others, dtype=float)
    both = ~np.isnan(own) & ~np.isnan(other)
    own, other = own[both], other[both]
    if not len(own) or not other.mean() > 0.0:
        return None
    value = 1.0 - float(own.mean() / other.mean())
    if len(own) < 3 * block:
        return Skill(value, np.nan, np.nan, np.nan, len(own))
    better = other - own
    own_means, other_means, differences = _resampled_means(block, seed, own, other, better)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = 1.0 - own_means / other_means
    drawn = drawn[np.isfinite(drawn)]  # the other may have been perfect in all that was drawn
    low, high = np.quantile(drawn, [0.05, 0.95]) if len(drawn) else (np.nan, np.nan)
    by_luck = differences - better.mean()
    p_value = (1.0 + float((by_luck >= better.mean()).sum())) / (1.0 + len(differences))
    return Skill(value, float(low), float(high), p_value, len(own))


def blocks(length: int, block: int, *, resamples: int = RESAMPLES, seed: int = 0) -> NDArray[np.intp]:
    """Positions (resamples, length) of a moving block bootstrap: neighbours stay together, the end joins the start."""
    return np.concatenate([chosen for _, chosen in _some_at_a_time(length, block, resamples=resamples, seed=seed)])


def _some_at_a_time(
    length: int, block: int, *, resamples: int = RESAMPLES, seed: int = 0
) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The rows of `blocks` in pieces that fit in memory, each with the number of its first row."""
    size = max(1, min(block, length))
    needed = -(-length // size)
    rows = max(1, AT_ONCE // max(1, length))
    luck = np.random.default_rng(seed)
    for first in range(0, resamples, rows):
        starts = luck.integers(0, length, size=(min(rows, resamples - first), needed))
        chosen = (starts[:, :, None] + np.arange(size)).reshape(len(starts), -1) % length
        yield first, np.asarray(chosen[:, :length])


def _resampled_means(block: int, seed: int, *columns: Floats) -> list[Floats]:
    """The means of columns of one length in each resample, some resamples at a time: all of them at once would need
    a table of 2,000 rows as long as a history of forecasts may be.
    """
    length = len(columns[0])
    means = [np.empty(RESAMPLES) for _ in columns]
    for first, chosen in _some_at_a_time(length, block, seed=seed):
        for column, mean in zip(columns, means, strict=True):
            mean[first : first + len(chosen)] = column[chosen].mean(axis=1)
    return means


@dataclass(frozen=True, slots=True)
class Reliability:
    """One class of a reliability table: forecasts that said between `low` and `high`."""

    low: float
    high: float
    said: float
    came: float
    count: int


def reliability(chance: ArrayLike, happened: ArrayLike) -> tuple[Reliability, ...]:
    """What was said beside how often it came, in classes; empty classes are left out.

    >>> [(row.said, row.came, row.count) for row in reliability([0.2, 0.2, 0.95], [0, 1, 1])]
    [(0.2, 0.5, 2), (0.95, 1.0, 1)]
    """
    said, came = np.asarray(chance, dtype=float), np.asarray(happened, dtype=float)
    rows = []
    for low, high in pairwise(EDGES):
        here = (said >= low) & ((said < high) | (high >= 1.0))
        if here.any():
            rows.append(Reliability(low, high, float(said[here].mean()), float(came[here].mean()), int(here.sum())))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Recalibration:
    """A map of probabilities, `logit p -> shift + slope * logit p`; shift 0 and slope 1 leave them as they are."""

    shift: float = 0.0
    slope: float = 1.0

    def of(self, chance: ArrayLike) -> Floats:
        """The probabilities that should have been said.

        >>> float(Recalibration().of(0.25))
        0.25
        """
        return np.asarray(1.0 / (1.0 + np.exp(-(self.shift + self.slope * _logit(chance)))))


def recalibration(chance: ArrayLike, happened: ArrayLike) -> Recalibration:
    """The logistic map (J. Platt, 1999) that fits past probabilities to what came, pulled towards leaving them alone.

    Two numbers only, with a normal prior about shift 0 and slope 1 as strong as eight forecasts: few forecasts move
    them little, and a history in which the same thing always came stays finite.

    >>> said = [0.9] * 20 + [0.1] * 20
    >>> came = [1] * 12 + [0] * 8 + [1] * 8 + [0] * 12
    >>> 0.55 < float(recalibration(said, came).of(0.9)) < 0.7
    True
    """
    x, y = _logit(chance), np.asarray(happened, dtype=float)
    design = np.column_stack([np.ones(len(x)), x])
    strength = np.diag([SHRINK / 4.0, SHRINK / 4.0])  # a forecast of one half carries information 1/4
    start = np.array([0.0, 1.0])

    def loss(theta: Floats) -> float:
        eta = design @ theta
        away = theta - start
        return float((np.logaddexp(0.0, eta) - y * eta).sum() + 0.5 * away @ strength @ away)

    theta = start.copy()
    for _ in range(100):
        said = 1.0 / (1.0 + np.exp(-(design @ theta)))
        slope = design.T @ (said - y) + strength @ (theta - start)
        curve = design.T @ (design * (said * (1.0 - said))[:, None]) + strength
        step = np.linalg.solve(curve, slope)
        size, here = 1.0, loss(theta)
        while loss(theta - size * step) > here and size > 1e-6:
            size *= 0.5
        theta = theta - size * step
        if np.abs(size * step).max() < 1e-10:
            break
    return Recalibration(float(theta[0]), float(max(theta[1], 0.0)))


def _logit(chance: ArrayLike) -> Floats:
    p = np.clip(np.asarray(chance, dtype=float), _SURE, 1.0 - _SURE)
    return np.asarray(np.log(p / (1.0 - p)))
