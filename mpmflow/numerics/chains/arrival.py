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
cases first and catch up later: ``lowest`` and ``starved`` show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.linalg import splu
from scipy.special import gammainc, gammaincc

from mpmflow.numerics.faults import NumericsError

from .chain import Chain, factorise

Floats = NDArray[np.float64]

_DOUBLINGS = 6  # the automatic horizon grows at most 64-fold
_SETTLED = 0.01  # an effect within 1 % of its long-run value counts as arrived


@dataclass(frozen=True, eq=False)
class Arrival:
    """The effect of a change on the flow at some nodes and exits, over time.

    Columns are the asked nodes, then the asked exits. ``step`` is the width of a time step; row k of ``effect`` (K,
    m), extra cases per unit of time, is the mean over the step from ``k * step`` on, so it belongs to ``times[k]``,
    the middle of it. ``long_run`` (m,) is what it settles at. ``settled`` (m,): within 1 % at the end of the horizon.
    """

    step: float
    times: Floats
    effect: Floats
    long_run: Floats
    settled: NDArray[np.bool_]

    @property
    def share(self) -> Floats:
        """Share of the long-run effect reached (K, m); nan where there is no long-run effect to be a share of."""
        return self.effect / np.where(_matters(self.long_run, self.effect), self.long_run, np.nan)

    @property
    def lowest(self) -> Floats:
        """Smallest effect on the way (m,): below zero although the long run is not means fewer cases for a while."""
        return np.asarray(self.effect.min(axis=0))

    @property
    def highest(self) -> Floats:
        """Largest effect on the way (m,)."""
        return np.asarray(self.effect.max(axis=0))

    @property
    def starved(self) -> NDArray[np.bool_]:
        """Where fewer cases than before arrive for a while although the long-run effect is not negative (m,)."""
        size = np.abs(self.effect).max(axis=0)
        not_fewer = (self.long_run > 0) | ~_matters(self.long_run, self.effect)
        return np.asarray(not_fewer & (self.lowest < -1e-9 * size))

    def reached(self, fraction: float) -> Floats:
        """Time from which at least this fraction of the long-run effect stays reached (m,); nan if not within the
        horizon.

        Between the middles of two steps the share is taken as a straight line; the answer is good to about half a step.
        """
        share = self.share
        dates = np.full(share.shape[1], np.nan)
        for column in np.flatnonzero(~np.isnan(share[0])):
            below = np.flatnonzero(share[:, column] < fraction - 1e-12)
            if not len(below):
                dates[column] = 0.0
            elif below[-1] + 1 < len(share):
                last = below[-1]
                low, high = share[last, column], share[last + 1, column]
                dates[column] = self.times[last] + self.step * (fraction - low) / (high - low)
        return dates

    @property
    def half(self) -> Floats:
        """Time at which half of the long-run effect has arrived (m,)."""
        return self.reached(0.5)

    @property
    def ninety(self) -> Floats:
        """Time at which 90 % of the long-run effect has arrived (m,)."""
        return self.reached(0.9)


def arrival_of_change(
    chain0: Chain,
    chain1: Chain,
    means: ArrayLike,
    scv: ArrayLike = 1.0,
    *,
    nodes: Sequence[int] = (),
    exits: Sequence[int] = (),
    rate: float = 1.0,
    step: float | None = None,
    steps: int = 512,
    laws: ArrayLike | None = None,
) -> Arrival:
    """Follow the effect of going from ``chain0`` to ``chain1`` at time 0 to the asked nodes and exits.

    ``means`` and ``scv`` (n,) or one number: mean and squared coefficient of variation of each node's sojourn (0
    constant, 1 exponential); laws between are gamma. ``laws`` (n, L) replaces them by probabilities of 0, 1, 2, ...
    steps, and then ``step`` must be given. ``rate`` is the number of new cases per unit of time. Without ``step`` the
    horizon is chosen from the mean remaining times and lengthened until every asked effect has settled, at most
    64-fold; else it is ``step * steps``. Cost: about ``steps**2 / 2`` times the number of reached nodes; a second for
    2,000 nodes. Errors are of the order of ``step**2`` against the square of the sojourn times; constants that are
    multiples of ``step`` are exact.

    One step of mean 1 is redone with chance 0.5 from now on. Half of the doubled flow is there at once, the rest
    comes round by round: f(t) = 1 - exp(-t / 2) / 2.

    >>> from .chain import chain_from_cells
    >>> def once(share):
    ...     return chain_from_cells(1, [0], [0], [share], [0], [0], [1 - share], k=1)
    >>> arrival = arrival_of_change(once(0.0), once(0.5), 1.0, nodes=[0])
    >>> print(arrival.long_run, arrival.half, arrival.ninety.round(2), round(2 * np.log(5), 2))
    [1.] [0.] [3.22] 3.22
    """
    size = chain0.n
    if chain1.n != size or chain1.k != chain0.k:
        raise NumericsError(
            "the two states must have the same nodes and exits: "
            f"{size} and {chain0.k} before, {chain1.n} and {chain1.k} after"
        )
    if steps < 2 or (step is not None and not step > 0.0):
        raise NumericsError("the time lattice needs at least two steps of a length above zero")
    if laws is not None and step is None:
        raise NumericsError("laws on a lattice need the length of its step")
    mean = np.broadcast_to(np.asarray(means, dtype=float), (size,))
    spread = np.broadcast_to(np.asarray(scv, dtype=float), (size,))
    if not (np.isfinite(mean).all() and (mean >= 0).all() and np.isfinite(spread).all() and (spread >= 0).all()):
        raise NumericsError("mean sojourn times and their scv must be finite and not negative")
    visits = rate * factorise(chain0).visits()
    factor1 = factorise(chain1)
    push = np.asarray(visits @ (chain1.routing - chain0.routing))
    push_out = np.asarray(visits @ (chain1.exits - chain0.exits))
    flow = factor1.solve_transposed(push)
    long_run = np.concatenate([flow[list(nodes)], (push_out + flow @ chain1.exits)[list(exits)]])
    reached = _reachable(chain1.routing, push)
    if not len(reached):
        length = step if step is not None else max(float(mean.max()), 1.0) / steps
        effect = np.tile(np.concatenate([np.zeros(len(nodes)), push_out[list(exits)]]), (steps, 1))
        return _arrival(length, effect, long_run)
    remaining = factor1.values(mean)[push != 0.0]
    length = step if step is not None else max(3.0 * float(remaining.max()), 1e-12) / steps
    for _ in range(_DOUBLINGS + 1):
        if laws is None:
            kernel = gamma_lattice(mean[reached], spread[reached], length, steps)
        else:
            kernel = _given(laws, size, steps)[reached]
        inner = chain1.routing[reached][:, reached]
        local = _renew(push[reached], inner, kernel)
        arriving = np.zeros((steps, size))
        arriving[:, reached] = local
        leaving = push_out + _completions(local, kernel) @ chain1.exits[reached]
        effect = np.concatenate([arriving[:, list(nodes)], leaving[:, list(exits)]], axis=1)
        answer = _arrival(length, effect, long_run)
        if step is not None or answer.settled.all():
            break
        length *= 2.0
    return answer


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


def _completions(flow: Floats, kernel: Floats) -> Floats:
    """Rate at which the extra visits end, step by step: flow convolved with each node's law."""
    steps = flow.shape[0]
    padded = 2 * steps
    spectrum = np.fft.rfft(flow, padded, axis=0) * np.fft.rfft(kernel.T, padded, axis=0)
    return np.asarray(np.fft.irfft(spectrum, padded, axis=0)[:steps])


def _arrival(step: float, effect: Floats, long_run: Floats) -> Arrival:
    scale = np.maximum(np.abs(long_run), 1e-9 * np.abs(effect).max(axis=0, initial=0.0))
    peak = np.abs(effect).max(axis=0, initial=0.0)
    size = np.where(_matters(long_run, effect), scale, peak)
    settled = np.abs(effect[-1] - long_run) <= _SETTLED * size
    times: Floats = (np.arange(len(effect), dtype=np.float64) + 0.5) * float(step)
    return Arrival(step, times, effect, long_run, settled)


def _matters(long_run: Floats, effect: Floats) -> NDArray[np.bool_]:
    """Whether a long-run effect is more than the rounding of effects that cancel."""
    return np.asarray(np.abs(long_run) > 1e-9 * np.abs(effect).max(axis=0, initial=0.0))


def _reachable(routing: sparse.csr_array, push: Floats) -> NDArray[np.intp]:
    reached = push != 0.0
    links = sparse.csr_array((np.ones(routing.nnz), routing.indices, routing.indptr), shape=routing.shape).T
    edge = reached
    while edge.any():
        edge = (links @ edge.astype(float) > 0.0) & ~reached
        reached = reached | edge
    return np.flatnonzero(reached)


def _given(laws: ArrayLike, size: int, steps: int) -> Floats:
    table = np.asarray(laws, dtype=float)
    if table.ndim != 2 or table.shape[0] != size or (table < 0).any() or (table.sum(axis=1) > 1 + 1e-9).any():
        raise NumericsError(
            f"laws need one row of probabilities for each of the {size} nodes, none negative, sum at most 1"
        )
    kernel = np.zeros((size, steps))
    width = min(steps, table.shape[1])
    kernel[:, :width] = table[:, :width]
    return kernel
