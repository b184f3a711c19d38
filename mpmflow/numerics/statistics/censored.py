"""Outcome shares while some cases are still open: open decisions are evidence too, and are never dropped.

Slow outcomes are missing among the decisions closed so far. With a true rework share of .25 and slow rework, closed
cases alone gave .179 after ten days and .215 after twenty; the Aalen-Johansen estimate gave .211 and .244, gamma
waits fitted to each outcome .235 and .250. `censored_shares` takes the former when there are data enough to need no
law, else the latter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import gammainc, gammaincc, gammaln, logsumexp

from mpmflow.numerics.faults import NumericsError

Floats = NDArray[np.float64]

OPEN = -1  # outcome of a decision that is not made yet
ENOUGH_CLOSED = 30  # decisions from which shares need no law of waiting
ENOUGH_FOLLOWED = 3.0  # longest wait followed, in mean waits of the slowest outcome

_SHAPE_SD, _MEAN_SD = 0.7, 1.5


@dataclass(frozen=True, eq=False)
class CensoredShares:
    """Outcome shares from decisions of which some are open.

    Attributes:
        times: waiting times at which decisions were made, rising, (m,).
        incidence: estimated chance to have ended in each outcome by then, (m, K): the cumulative incidence.
        remaining: estimated share that is not decided at the longest waiting time followed.
        shares: of the outcomes (K,), the remaining part split in proportion to what is decided; nan if nothing is.
        closed, open: numbers of decisions made and not made.
        method: "aalen-johansen" or "gamma waits".

    With "aalen-johansen" the split assumes that what is decided late falls like what was decided early: with a large
    `remaining` and one outcome much slower than the others its share is still too low.
    """

    times: Floats
    incidence: Floats
    remaining: float
    shares: Floats
    closed: float
    open: float
    method: str = "aalen-johansen"

    @property
    def counts(self) -> Floats:
        """Counts by outcome worth as much as the decisions made (K,): for `estimates.outcome_posterior`."""
        return np.where(np.isnan(self.shares), 0.0, self.shares) * self.closed


def aalen_johansen(
    times: ArrayLike,
    outcomes: ArrayLike,
    kinds: int,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> CensoredShares:
    """Cumulative incidence of competing outcomes under right censoring (Aalen & Johansen 1978).

    Args:
        times: waiting time until the decision, or until now if it is open, (N,); one unit, not negative.
        outcomes: 0..kinds-1, or -1 for open, (N,).
        entry: waiting time at which the case came under observation (N,), for logs that begin in mid-flow; 0 if
            left out.
        weights: what each case counts for (N,), say by age; 1 if left out.

    Decisions at the same time come before cases that drop out of sight then. Valid when a case's being still open
    says nothing else about its outcome (it was simply begun later).

    Three decided, and one open since day 2, when half of those watched longer went to rework (1):

    >>> answer = aalen_johansen([1, 2, 3, 4], [0, -1, 1, 0], kinds=2)
    >>> print(answer.shares, answer.remaining)
    [0.625 0.375] 0.0
    """
    waited, ended, begun, weight = _cases(times, outcomes, kinds, entry, weights)
    made = (ended >= 0) & (weight > 0)
    closed, waiting = float(weight[made].sum()), float(weight[ended == OPEN].sum())
    moment, place = np.unique(waited[made], return_inverse=True)
    if not len(moment):
        return CensoredShares(moment, np.zeros((0, kinds)), 1.0, np.full(kinds, np.nan), 0.0, waiting)
    decided = np.zeros((len(moment), kinds))
    np.add.at(decided, (place, ended[made]), weight[made])
    # Watched just before t: entered before it (or at the very start) and not gone before it.
    gone = _weight_before(waited, weight, moment)
    came = _weight_before(np.where(begun > 0, begun, -1.0), weight, moment)
    watched = came - gone
    hazard = decided / np.maximum(watched, decided.sum(axis=1))[:, None]
    stays = np.cumprod(1.0 - np.minimum(hazard.sum(axis=1), 1.0))
    before = np.concatenate([[1.0], stays[:-1]])
    incidence = np.cumsum(before[:, None] * hazard, axis=0)
    reached = incidence[-1]
    return CensoredShares(moment, incidence, float(stays[-1]), reached / reached.sum(), closed, waiting)


def gamma_wait_shares(
    times: ArrayLike,
    outcomes: ArrayLike,
    kinds: int,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> CensoredShares:
    """Outcome shares when each outcome's wait follows a gamma law of its own: the likeliest mixture, open cases
    included.

    A decided case counts with `share x density` of its outcome, an open one with the chance to wait so long under any
    of them. The maximum is the one that the EM algorithm climbs to (Dempster, Laird & Rubin 1977), found directly.
    Shapes are drawn gently towards exponential (sd .7 in log) and means towards the mean of all (sd 1.5), so that a
    handful of cases does not run away. Outcomes never decided get share 0. Arguments as in `aalen_johansen`;
    `remaining` is the model's.

    Eight quick passes, two slow reworks, six open for long: more of those are rework than the two show.

    >>> waits = [1, 1, 2, 2, 1, 3, 2, 1, 9, 12, 10, 11, 9, 12, 10, 8]
    >>> answer = gamma_wait_shares(waits, [0] * 8 + [1, 1] + [-1] * 6, kinds=2)
    >>> print(answer.shares.round(2))
    [0.5 0.5]
    """
    waited, ended, begun, weight = _cases(times, outcomes, kinds, entry, weights)
    made = (ended >= 0) & (weight > 0)
    closed, waiting = float(weight[made].sum()), float(weight[ended == OPEN].sum())
    moment = np.unique(waited[made])
    if not len(moment):
        return CensoredShares(moment, np.zeros((0, kinds)), 1.0, np.full(kinds, np.nan), 0.0, waiting, "gamma waits")
    seen = np.unique(ended[made])
    unit = float((weight * waited).sum() / closed) or 1.0  # exposure per decision: the mean wait if all were alike
    scaled, start = np.maximum(waited / unit, 1e-3), begun / unit
    undecided, late = (ended == OPEN) & (weight > 0), begun > 0
    place = np.searchsorted(seen, ended[made])
    found = np.bincount(place, weights=weight[made])

    def unpacked(point: Floats) -> tuple[Floats, Floats, Floats]:
        log_odds, log_mean, log_shape = point.reshape(3, len(seen))
        return log_odds - logsumexp(log_odds), np.exp(log_mean), np.exp(log_shape)

    def log_outlasting(point: Floats, moments: Floats) -> Floats:
        """Log chance to be undecided by each moment, any outcome."""
        log_share, mean, shape = unpacked(point)
        outlasts = gammaincc(shape, moments[:, None] * shape / mean)
        return np.asarray(logsumexp(log_share + np.log(np.maximum(outlasts, 1e-300)), axis=1))

    def surprise(point: Floats) -> float:
        log_share, mean, shape = unpacked(point)
        shape_here, rate, when = shape[place], (shape / mean)[place], scaled[made]
        density = shape_here * np.log(rate) + (shape_here - 1) * np.log(when) - rate * when - gammaln(shape_here)
        likelihood = weight[made] @ (log_share[place] + density)
        likelihood += weight[undecided] @ log_outlasting(point, scaled[undecided])
        likelihood -= weight[late] @ log_outlasting(point, start[late])
        held = (np.log(shape) / _SHAPE_SD) ** 2 + (np.log(mean) / _MEAN_SD) ** 2
        # Odds have a scale to spare: hold their mean at zero.
        return float(0.5 * held.sum() + point[: len(seen)].mean() ** 2 - likelihood)

    means = np.log(np.maximum(np.bincount(place, weights=weight[made] * scaled[made]) / found, 1e-3))
    first = np.concatenate([np.log(found) - np.log(found).mean(), means, np.zeros(len(seen))])
    with np.errstate(all="ignore"):  # a step too far has no likelihood, and is taken back
        best = minimize(surprise, first, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-11}).x
    log_share, mean, shape = unpacked(best)
    shares = np.zeros(kinds)
    shares[seen] = np.exp(log_share)
    incidence = np.zeros((len(moment), kinds))
    incidence[:, seen] = shares[seen] * gammainc(shape, moment[:, None] / unit * shape / mean)
    remaining = float(np.exp(log_outlasting(best, np.array([waited.max() / unit])))[0])
    return CensoredShares(moment, incidence, remaining, shares, closed, waiting, "gamma waits")


def censored_shares(
    times: ArrayLike,
    outcomes: ArrayLike,
    kinds: int,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> CensoredShares:
    """Outcome shares by the method that the data bear: `.method` says which.

    `aalen_johansen`, which supposes no law, from 30 decisions on if the longest wait followed is at least three times
    the mean wait of the slowest outcome (as seen among decided cases); or whenever nothing is open. Else
    `gamma_wait_shares`.

    >>> censored_shares([1, 2, 1], [0, 1, 0], 2).method
    'aalen-johansen'
    """
    waited, ended, _, weight = _cases(times, outcomes, kinds, entry, weights)
    made = (ended >= 0) & (weight > 0)
    if made.any() and ((ended == OPEN) & (weight > 0)).any():
        found = np.bincount(ended[made], weights=weight[made], minlength=kinds)
        total = np.bincount(ended[made], weights=(weight * waited)[made], minlength=kinds)
        slowest = float((total[found > 0] / found[found > 0]).max())
        if found.sum() < ENOUGH_CLOSED or float(waited.max()) < ENOUGH_FOLLOWED * slowest:
            return gamma_wait_shares(times, outcomes, kinds, entry, weights)
    return aalen_johansen(times, outcomes, kinds, entry, weights)


def _cases(
    times: ArrayLike, outcomes: ArrayLike, kinds: int, entry: ArrayLike | None, weights: ArrayLike | None
) -> tuple[Floats, NDArray[np.intp], Floats, Floats]:
    """Waiting times, outcomes, entries and weights as checked arrays."""
    waited, ended = np.asarray(times, dtype=float), np.asarray(outcomes, dtype=np.intp)
    begun = np.zeros(len(waited)) if entry is None else np.asarray(entry, dtype=float)
    weight = np.ones(len(waited)) if weights is None else np.asarray(weights, dtype=float)
    if not waited.shape == ended.shape == begun.shape == weight.shape or waited.ndim != 1:
        raise NumericsError("every case needs a waiting time, an outcome, an entry and a weight")
    if not (np.isfinite(waited).all() and (waited >= 0).all() and (begun >= 0).all() and (begun <= waited).all()):
        raise NumericsError(
            "waiting times must be finite, not negative, and not before the case came under observation"
        )
    if len(ended) and (ended.min() < OPEN or ended.max() >= kinds):
        raise NumericsError(f"outcomes are numbered 0..{kinds - 1}, and -1 for open cases")
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise NumericsError("weights must be finite and not negative")
    return waited, ended, begun, weight


def _weight_before(moments: Floats, weight: Floats, at: Floats) -> Floats:
    """Total weight of the cases whose moment lies strictly before each time."""
    order = np.argsort(moments, kind="stable")
    running = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(running[np.searchsorted(moments[order], at, side="left")])
