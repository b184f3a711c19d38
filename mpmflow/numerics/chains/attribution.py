"""Sharing a change among its sources when the figure is not linear in them: Aumann-Shapley along the straight path.

A figure ``m(theta)`` moved because many parameters moved together, from ``theta0`` to ``theta1``. The share of a
group is the integral of its part of the gradient along the straight line between the two (Aumann & Shapley, *Values
of Non-Atomic Games*, 1974; called integrated gradients elsewhere). The shares add up to the whole change, a group
that did not move gets nothing, and swapping the two states flips every sign. Computed by quadrature; what the
quadrature misses is reported, never shared out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from mpmflow.numerics.faults import NumericsError

Floats = NDArray[np.float64]
GradientFunction = Callable[[Floats], tuple[ArrayLike, ArrayLike]]


class PathError(NumericsError):
    """The figure has no finite value somewhere between the two states (a queue without steady state, say).

    ``share`` is how far along the way it happened, 0 at the reference and 1 at the current state.
    """

    def __init__(self, share: float) -> None:
        super().__init__(
            f"the figure is not finite at {share:.0%} of the way from the reference to the current state; "
            "attribute the loads instead of the waits when a team is overloaded on that way"
        )
        self.share = share


@dataclass(frozen=True, eq=False)
class PathShares:
    """Shares of a change along the straight path.

    ``before``, ``after`` and ``total`` have the shape of the figure, () or (m,); ``by_group`` that shape and (D,)
    behind it; ``unattributed`` the share of moved parameters in no group; ``residual`` what the quadrature misses;
    ``closed`` says whether the largest residual, against the size of what was shared out, is below the tolerance;
    ``nodes`` how many points the last quadrature used.
    """

    before: Floats
    after: Floats
    total: Floats
    by_group: Floats
    unattributed: Floats
    residual: Floats
    nodes: int
    closed: bool


def aumann_shapley(
    gradient_function: GradientFunction,
    theta0: ArrayLike,
    theta1: ArrayLike,
    groups: Sequence[Sequence[int]],
    tol: float = 1e-6,
    nodes: int = 8,
    max_nodes: int = 64,
) -> PathShares:
    """Shares of ``m(theta1) - m(theta0)`` by group of parameters, by Gauss-Legendre quadrature.

    ``gradient_function(theta)`` returns the pair (value, gradient): value a number or (m,), gradient (p,) or (m, p).
    ``groups`` are sets of positions in ``theta``, disjoint. The number of points doubles from ``nodes`` until the
    closure error is below ``tol`` or ``max_nodes`` is reached; then ``closed`` is False and ``residual`` says by how
    much. Raises :class:`PathError` where value or gradient is not finite. Valid for a figure that is smooth on the
    whole segment.

    A cost is the product of a price, 2 then 3, and a quantity, 10 then 20: the shared growth is halved between them.

    >>> shares = aumann_shapley(lambda x: (x[0] * x[1], [x[1], x[0]]), [2.0, 10.0], [3.0, 20.0], [[0], [1]])
    >>> print(shares.total, shares.by_group.round(9), shares.closed)
    40.0 [15. 25.] True
    """
    start = np.asarray(theta0, dtype=float)
    move = np.asarray(theta1, dtype=float) - start
    if start.ndim != 1 or move.shape != start.shape:
        raise NumericsError(
            f"the two states must be vectors of one length, they have shapes {start.shape} and {move.shape}"
        )
    members = _groups(groups, start.size)
    before, after = _value(gradient_function, start, 0.0)[0], _value(gradient_function, start + move, 1.0)[0]
    total = after - before
    rounding = 64 * np.finfo(float).eps * np.maximum(np.abs(before), np.abs(after))
    count = nodes
    while True:
        points, weights = np.polynomial.legendre.leggauss(count)
        integral = np.zeros((*before.shape, start.size))
        for point, weight in zip(0.5 * (points + 1.0), 0.5 * weights, strict=True):
            integral += weight * _value(gradient_function, start + point * move, float(point))[1]
        shares = integral * move @ members.T
        residual = total - shares.sum(axis=-1)
        scale = np.maximum(np.abs(total), np.abs(shares).sum(axis=-1))
        closed = bool(np.all(np.abs(residual) <= tol * scale + rounding))
        if closed or 2 * count > max_nodes:
            return PathShares(before, after, total, shares[..., :-1], shares[..., -1], residual, count, closed)
        count *= 2


@dataclass(frozen=True, eq=False)
class BreachShares:
    """Change of a breach probability by source.

    ``before`` and ``after`` are probabilities; ``by_shift`` (D,) is what each source adds by moving the mean,
    ``by_variance`` (D,) by widening or narrowing the spread, ``by_source`` their sum; ``residual`` what the
    quadrature misses.
    """

    before: float
    after: float
    by_shift: Floats
    by_variance: Floats
    residual: float

    @property
    def by_source(self) -> Floats:
        """Both ways together (D,)."""
        return self.by_shift + self.by_variance


def breach_probability(mean: ArrayLike, sd: ArrayLike, target: ArrayLike, at_least: bool) -> Floats:
    """Probability that a normal figure misses its target: falls below it (``at_least``) or rises above it (at most).

    Arrays broadcast. With sd 0 the figure is certain: it misses strictly on the wrong side, and meeting the target
    exactly is no miss. The figure should be near normal, as sums over many cases are; for other laws use draws.

    >>> print(breach_probability(100.0, 10.0, 90.0, at_least=True).round(6))
    0.158655
    """
    middle, spread, goal = np.broadcast_arrays(
        np.asarray(mean, dtype=float), np.asarray(sd, dtype=float), np.asarray(target, dtype=float)
    )
    if (spread < 0).any():
        raise NumericsError("a standard deviation cannot be negative")
    gap = (goal - middle) if at_least else (middle - goal)
    with np.errstate(divide="ignore", invalid="ignore"):
        uncertain = ndtr(gap / spread)
    return np.asarray(np.where(spread > 0, uncertain, np.where(np.isnan(gap), np.nan, (gap > 0).astype(float))))


def breach_shares(
    mean0: float,
    variance0: float,
    shifts: ArrayLike,
    variance_changes: ArrayLike,
    target: float,
    at_least: bool,
) -> BreachShares:
    """Which source makes a miss how much more likely: Aumann-Shapley on ``Phi((target - mean) / sd)``.

    The mean moves from ``mean0`` by the sum of ``shifts`` (D,), the variance from ``variance0`` by the sum of
    ``variance_changes`` (D,), both along one straight line. Only two integrals are needed for any number of sources;
    they are computed adaptively, because the probability can turn from 0 to 1 in a small part of the way.

    >>> shares = breach_shares(100.0, 25.0, [-5.0, 0.0], [0.0, 75.0], 95.0, at_least=True)
    >>> print(round(shares.before, 6), round(shares.after, 6), shares.by_source.round(6))
    0.158655 0.5 [0.235727 0.105618]
    """
    from scipy.integrate import quad_vec  # slow to import, and only needed here

    moves, widenings = np.asarray(shifts, dtype=float), np.asarray(variance_changes, dtype=float)
    if moves.ndim != 1 or moves.shape != widenings.shape:
        raise NumericsError("give one shift of the mean and one change of the variance per source")
    move, widening = float(moves.sum()), float(widenings.sum())
    variance1 = variance0 + widening
    if variance0 < 0 or variance1 < -1e-12 * max(variance0, float(np.abs(widenings).sum())):
        raise NumericsError("the variance must not be negative, before or after")
    variance1 = max(variance1, 0.0)
    sign = 1.0 if at_least else -1.0

    def slopes(share: float) -> Floats:
        """Derivative of the probability in the mean and in the variance."""
        variance = variance0 + share * (variance1 - variance0)
        if variance <= 0.0:
            return np.zeros(2)
        sd = np.sqrt(variance)
        score = sign * (target - mean0 - share * move) / sd
        density = np.exp(-0.5 * score * score) / np.sqrt(2.0 * np.pi)
        return np.array([-sign * density / sd, -0.5 * density * score / variance])

    turns = _turning_points(target - mean0, move, variance0, variance1)
    integral = quad_vec(slopes, 0.0, 1.0, epsabs=1e-12, epsrel=1e-10, points=turns, limit=2000)[0]
    by_shift, by_variance = integral[0] * moves, integral[1] * widenings
    before = float(breach_probability(mean0, np.sqrt(variance0), target, at_least))
    after = float(breach_probability(mean0 + move, np.sqrt(variance1), target, at_least))
    return BreachShares(before, after, by_shift, by_variance, after - before - float((by_shift + by_variance).sum()))


def _turning_points(gap: float, move: float, variance0: float, variance1: float) -> list[float]:
    """Where on the way the probability may turn fast: about the point where the mean passes the target, on the scale
    of the spread there, and near an end with hardly any variance. Quadrature that is not told would step over
    them."""
    turns: list[float] = []
    if move:
        crossing = gap / move
        spread = np.sqrt(max(variance0 + crossing * (variance1 - variance0), 0.0)) / abs(move)
        turns += [crossing + width * spread for width in (-40.0, -8.0, -2.0, 0.0, 2.0, 8.0, 40.0)]
    if min(variance0, variance1) < 0.01 * max(variance0, variance1):
        edge = [10.0**-power for power in range(1, 13)]
        turns += edge if variance0 < variance1 else [1.0 - near for near in edge]
    return sorted({turn for turn in turns if 0.0 < turn < 1.0})


def _groups(groups: Sequence[Sequence[int]], size: int) -> Floats:
    """Groups as a 0/1 matrix (D + 1, p), the last row for parameters in no group."""
    members = np.zeros((len(groups) + 1, size))
    for number, group in enumerate(groups):
        members[number, np.asarray(group, dtype=np.intp)] = 1.0
    counts = members.sum(axis=0)
    if (counts > 1).any():
        twice = ", ".join(map(str, np.flatnonzero(counts > 1)[:5]))
        raise NumericsError(f"each parameter may belong to one group only; named more than once: {twice}")
    members[-1] = 1.0 - counts
    return members


def _value(function: GradientFunction, theta: Floats, share: float) -> tuple[Floats, Floats]:
    value, gradient = function(theta)
    figure, slope = np.asarray(value, dtype=float), np.asarray(gradient, dtype=float)
    if slope.shape != (*figure.shape, theta.size):
        raise NumericsError(
            f"the gradient of a figure of shape {figure.shape} must have shape {(*figure.shape, theta.size)}"
        )
    if not (np.isfinite(figure).all() and np.isfinite(slope).all()):
        raise PathError(share)
    return figure, slope
