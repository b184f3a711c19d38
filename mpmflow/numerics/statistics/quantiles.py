"""Quantiles of a sample with intervals that assume nothing of the law, and what counts say of a promised share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, betainc, betaln

from mpmflow.numerics.faults import NumericsError

JEFFREYS = 0.5
"""What Jeffreys' prior of a share adds to each of its two counts."""


def sample_quantile(values: npt.ArrayLike, share: float) -> float:
    """The value that this share of a sample does not exceed: the k-th smallest, k = ceil(n share).

    >>> sample_quantile([4.0, 1.0, 3.0, 2.0], 0.5), sample_quantile([4.0, 1.0, 3.0, 2.0], 0.9)
    (2.0, 4.0)
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    if len(ordered) == 0 or not 0.0 < share <= 1.0:
        raise NumericsError("a quantile needs values, and a share above 0 and at most 1")
    return float(ordered[int(np.ceil(share * len(ordered) - 1e-9)) - 1])


def quantile_interval(values: npt.ArrayLike, share: float, level: float = 0.95) -> tuple[float | None, float | None]:
    """An interval of the true quantile between two values of the sample; a bound is None where no value is far enough
    out to be sure of it.

    How many of n values lie below the true quantile is binomial, whatever the law (W. J. Conover, Practical
    Nonparametric Statistics, 3rd ed. 1999, section 3.2). Each side is missed with at most half of 1 - `level`.

    >>> quantile_interval(range(100), 0.5)
    (39.0, 60.0)
    >>> quantile_interval(range(10), 0.9)
    (6.0, None)
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    n, tail = len(ordered), 0.5 * (1.0 - level)
    if n == 0 or not (0.0 < share < 1.0 and 0.0 < level < 1.0):
        raise NumericsError("an interval of a quantile needs values, and a share and a level between 0 and 1")
    below = bdtr(np.arange(n), n, share)  # P(at most k of n lie below), k = 0 .. n - 1
    low = int(np.searchsorted(below, tail, side="right"))  # the largest rank r with P(fewer than r below) <= tail
    high = int(np.searchsorted(below, 1.0 - tail, side="left")) + 1
    return (
        float(ordered[low - 1]) if low >= 1 else None,
        float(ordered[high - 1]) if high <= n else None,
    )


def chance_below(kept: int, judged: int, share: float) -> float:
    """Probability that the true share lies below `share` after `kept` of `judged`, by a Beta law with Jeffreys' prior.

    >>> round(chance_below(9, 10, 0.9), 3), round(chance_below(90, 100, 0.8), 4)
    (0.561, 0.0037)
    """
    _counted(kept, judged)
    return float(betainc(kept + JEFFREYS, judged - kept + JEFFREYS, share))


def chance_of_a_miss(kept: int, judged: int, coming: int) -> float:
    """Probability that at least one of the next `coming` is missed after `kept` of `judged`, the true share unknown.

    By the beta-binomial law with Jeffreys' prior: 1 - B(a + m, b) / B(a, b).

    >>> chance_of_a_miss(10, 10, 0), round(chance_of_a_miss(10, 10, 1), 4), round(chance_of_a_miss(5, 10, 3), 3)
    (0.0, 0.0455, 0.844)
    """
    _counted(kept, judged)
    a, b = kept + JEFFREYS, judged - kept + JEFFREYS
    return max(0.0, float(-np.expm1(betaln(a + coming, b) - betaln(a, b))))


def _counted(kept: int, judged: int) -> None:
    if not 0 <= kept <= judged:
        raise NumericsError("what was kept must lie between 0 and what was judged")
