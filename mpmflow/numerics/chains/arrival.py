"""When a change arrives: how the flow at each node moves, period by period, after the routing of some nodes changed
at time 0.

Before time 0 cases flow steadily by the routing ``P0``; every decision taken from then on follows ``P1``. Completions
at the changed nodes go on at the old rate ``v0`` for the moment, so ``b = v0 dP`` extra cases per unit of time set
out at once, and each travels on by ``P1`` with the usual sojourn times. The extra arrival rates are therefore

    f(t) = b + sum over lags s of (z(s) f(t - s)) P1,        with long-run value  b (I - P1)^-1 = v1 - v0

where ``z_i(s)`` is the law of the sojourn at node i (a Markov renewal equation; Cinlar, *Introduction to Stochastic
Processes*, 1975, ch. 10). It is exact for any size of change, solved here on a lattice of equal time steps with
mean-preserving laws. No congestion: sojourn times are the same before and after.

Short-run and long-run effects may differ in sign. When more work is sent back, the steps behind the check get *fewer*
cases first and catch up later: `starves_until` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.linalg import splu
from scipy.special import gammainc, gammaincc

from mpmflow.numerics.faults import NumericsError

from .chain import Factor

Floats = NDArray[np.float64]

_DOUBLINGS = 6  # the horizon grows at most 64-fold
_SETTLED = 0.01  # an effect within 1 % of its long-run value counts as arrived
_PASSING = 0.1  # a long-run effect below this part of the trough is as good as none


@dataclass(frozen=True, eq=False)
class Arrival:
    """The effect of one change on the flow at every node, over time.

    `step` is the width of a time step; row k of `effect` (K, n), extra cases per unit of time, is the mean over the
    step from `k * step` on, so it belongs to `times[k]`, the middle of it. `long_run` (n,) is what it settles at.
    `settled` (n,): within 1 % at the end of the horizon.
    """

    step: float
    effect: Floats
    long_run: Floats
    settled: NDArray[np.bool_]

    @property
    def times(self) -> Floats:
        """Middles of the steps (K,)."""
        return np.asarray((np.arange(len(self.effect)) + 0.5) * self.step)

    @property
    def horizon(self) -> float:
        """Time from the change to the end of the last step."""
        return len(self.effect) * self.step

    def at(self, moments: ArrayLike) -> Floats:
        """The effect at some moments after the change (T, n): nothing before it, the long run beyond the horizon."""
        steps = np.floor(np.asarray(moments, dtype=float) / self.step)
        place = np.clip(steps, -1, len(self.effect)).astype(np.intp)
        found = self.effect[np.clip(place, 0, len(self.effect) - 1)]
        found = np.where((place < 0)[:, None], 0.0, found)
        return np.asarray(np.where((place >= len(self.effect))[:, None], self.long_run, found))


def arrival_of_flow(
    factor: Factor, push: ArrayLike, means: ArrayLike, scv: ArrayLike = 1.0, *, steps: int = 256, step: float = 0.0
) -> Arrival:
    """Follow what sets out at each node from time 0 on, `push` (n,), through the chain as it is then.

    Where the routing changes from `P0` to `P1`, `push = v0 (P1 - P0)`, and the long run is `v1 - v0`.

    Args:
        factor: the factorised chain after the change.
        push: extra cases per unit of time (or per case that begins) that set out to each node, negative for fewer.
        means, scv: (n,) or one number: mean and squared coefficient of variation of each node's sojourn (0 constant, 1
            exponential); laws between are gamma.
        steps: of the time lattice. Cost: about `steps**2 / 2` times the number of nodes that are reached.
        step: length of one; 0 chooses it from the mean remaining times, and lengthens it until every effect has
            settled, at most 64-fold.

    Errors are of the order of `step**2` against the square of the sojourn times; constants that are multiples of
    `step` are exact.

    One step of mean 1 is redone with chance 0.5 from now on. Half of the doubled flow is there at once, the rest
    comes round by round: f(t) = 1 - exp(-t / 2) / 2.

    >>> from .chain import chain_from_cells, factorise
    >>> redone = factorise(chain_from_cells(1, [0], [0], [0.5], [0], [0], [0.5], k=1))
    >>> arrival = arrival_of_flow(redone, [0.5], 1.0)
    >>> print(arrival.long_run, arrival.at([-1.0, 0.0, 2.0, 99.0]).round(1).ravel(), round(1 - np.exp(-1) / 2, 2))
    [1.] [0.  0.5 0.8 1. ] 0.82
    """
    chain = factor.chain
    size = chain.n
    flow = np.asarray(push, dtype=float)
    mean = np.broadcast_to(np.asarray(means, dtype=float), (size,))
    spread = np.broadcast_to(np.asarray(scv, dtype=float), (size,))
    if flow.shape != (size,) or not np.isfinite(flow).all():
        raise NumericsError(f"what sets out needs one finite number for each of the {size} nodes")
    if steps < 2 or step < 0.0:
        raise NumericsError("the time lattice needs at least two steps of a length above zero")
    if not (np.isfinite(mean).all() and (mean >= 0).all() and np.isfinite(spread).all() and (spread >= 0).all()):
        raise NumericsError("mean sojourn times and their scv must be finite and not negative")
    long_run = factor.solve_transposed(flow)
    reached = _reachable(chain.routing, flow)
    if not len(reached):
        return Arrival(step or max(float(mean.max(initial=0.0)), 1.0) / steps, np.zeros((steps, size)), long_run,
                       np.ones(size, dtype=bool))  # fmt: skip
    remaining = factor.values(mean)[flow != 0.0]
    length = step or max(3.0 * float(remaining.max()), 1e-12) / steps
    inner = chain.routing[reached][:, reached]
    for _ in range(_DOUBLINGS + 1):
        effect = np.zeros((steps, size))
        effect[:, reached] = _renew(flow[reached], inner, gamma_lattice(mean[reached], spread[reached], length, steps))
        peak = np.abs(effect).max(axis=0)
        scale = np.where(np.abs(long_run) > 1e-9 * peak, np.abs(long_run), peak)
        answer = Arrival(length, effect, long_run, np.abs(effect[-1] - long_run) <= _SETTLED * scale)
        if step or answer.settled.all():
            break
        length *= 2.0
    return answer


def reached_from(moments: ArrayLike, effect: ArrayLike, long_run: ArrayLike, fraction: float = 0.9) -> Floats:
    """The moment from which at least this part of the long-run effect stays reached (n,), by effects (T, n).

    nan where there is no long-run effect to reach a part of, or where it is not reached by the last moment.

    >>> print(reached_from([0, 1, 2, 3], [[0.2, 0.0], [0.95, 0.1], [0.8, 0.1], [0.97, 0.0]], [1.0, 0.0]))
    [ 3. nan]
    """
    when, table, settled = (np.asarray(one, dtype=float) for one in (moments, effect, long_run))
    matters = np.abs(settled) > 1e-9 * np.abs(table).max(axis=0, initial=0.0)
    short = table / np.where(matters, settled, np.nan) < fraction - 1e-12
    found = np.full(len(settled), np.nan)
    for column in np.flatnonzero(matters):
        below = np.flatnonzero(short[:, column])
        first = int(below[-1]) + 1 if len(below) else 0
        if first < len(when):
            found[column] = when[first]
    return found


def starves_until(moments: ArrayLike, effect: ArrayLike, long_run: ArrayLike, least: ArrayLike = 0.0) -> Floats:
    """The last moment at which fewer cases than before arrive, where that does not last (n,); else nan.

    A shortage counts while it is larger than `least` (n,), and where no more than a tenth of it is there to stay.

    >>> print(starves_until([0, 1, 2], [[-0.3, -0.2], [-0.1, -0.2], [0.0, -0.2]], [0.0, -0.2]))
    [ 1. nan]
    """
    when, table, settled = (np.asarray(one, dtype=float) for one in (moments, effect, long_run))
    trough = -table.min(axis=0)
    floor = np.maximum(np.broadcast_to(np.asarray(least, dtype=float), settled.shape), 1e-9 * np.abs(table).max(axis=0))
    found = np.full(len(settled), np.nan)
    for column in np.flatnonzero((trough > floor) & (settled >= -_PASSING * trough)):
        found[column] = when[np.flatnonzero(table[:, column] < -floor[column])[-1]]
    return found


def gamma_lattice(means: ArrayLike, scv: ArrayLike, step: float, count: int) -> Floats:
    """Laws of gamma sojourns on the lattice 0, step, 2 step, ..., first ``count`` probabilities (n, count), means
    preserved.

    ``p_k = [2 L(kh) - L((k-1)h) - L((k+1)h)] / h`` with ``L(x) = E min(X, x)`` (Gerber, *An Introduction to
    Mathematical Risk Theory*, 1979). scv 0 is a constant, split between its two neighbours on the lattice. Mass
    beyond the lattice is cut off.

    >>> print(gamma_lattice([1.5, 0.0], [0.0, 0.0], 1.0, 4))
    [[0.  0.5 0.5 0. ]
     [1.  0.  0.  0. ]]
    """
    mean = np.asarray(means, dtype=float)[:, None]
    spread = np.asarray(scv, dtype=float)[:, None]
    grid = np.arange(count + 1)[None, :] * step
    limited = np.minimum(mean, grid)
    random = ((spread > 1e-6) & (mean > 0))[:, 0]
    if random.any():
        shape = 1.0 / spread[random]
        point = grid / (mean[random] * spread[random])
        limited[random] = mean[random] * gammainc(shape + 1.0, point) + grid * gammaincc(shape, point)
    law = np.empty((mean.shape[0], count))
    law[:, 0] = 1.0 - limited[:, 1] / step
    law[:, 1:] = (2.0 * limited[:, 1:-1] - limited[:, :-2] - limited[:, 2:]) / step
    law[np.abs(law) < 1e-15] = 0.0
    return np.maximum(law, 0.0)


def _renew(push: Floats, routing: sparse.csr_array, kernel: Floats) -> Floats:
    """Solve the renewal equation step by step; sojourns of zero steps are solved within the step."""
    size, steps = kernel.shape
    transposed = sparse.csr_array(routing.T)
    at_once = splu(sparse.csc_array(sparse.eye_array(size) - transposed @ sparse.diags_array(kernel[:, 0])))
    lags = np.ascontiguousarray(kernel.T)
    longest = int(np.flatnonzero(lags.any(axis=1))[-1]) if lags.any() else 0
    flow = np.zeros((steps, size))
    for now in range(steps):
        depth = min(now, longest)
        finished = np.einsum("ij,ij->j", lags[1 : depth + 1], flow[now - depth : now][::-1])
        flow[now] = at_once.solve(push + transposed @ finished)
    return flow


def _reachable(routing: sparse.csr_array, push: Floats) -> NDArray[np.intp]:
    reached = push != 0.0
    links = sparse.csr_array((np.ones(routing.nnz), routing.indices, routing.indptr), shape=routing.shape).T
    edge = reached
    while edge.any():
        edge = (links @ edge.astype(float) > 0.0) & ~reached
        reached = reached | edge
    return np.flatnonzero(reached)
