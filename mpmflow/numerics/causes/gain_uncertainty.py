"""How uncertain an influence's effect is when its gains are: by the delta method, edge by edge, and by draws.

The delta method uses the exact derivative of an effect in each gain, ``(K(l) onto the target, at the edge's head) x
(kernel) x (deviation at the edge's tail)``; it tells which edge the uncertainty comes from and is right while the
gains' errors are small against the gains, or no two uncertain edges follow each other. Draws have no such limit;
draws whose loops do not die out have no long run and come back as nan, to be counted, not averaged.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from mpmflow.numerics.faults import NumericsError

from .influence import Influence, Stability, long_run, long_run_onto, respond, response_kernels
from .loops import strong_parts

Floats = NDArray[np.float64]

_CELLS = 2_000_000  # cells of the block-diagonal system that serves many draws at once
_ALL_DIE_OUT = Stability(0.0, True, ())


def long_run_variance(influence: Influence, target: int, shocks: ArrayLike) -> Floats:
    """Variance of the long-run effect of lasting shocks (n,) on `target`, by edge (E,); the sum is the whole variance.

    Delta method for independent gains: `(effect of the edge's head on the target x deviation of its tail x sd)^2`.

    >>> from .influence import influence_from_edges
    >>> graph = influence_from_edges(3, [0, 1], [1, 2], [0.5, 2.0], [[1.0]] * 2, [0.1, 0.2])
    >>> print(long_run_variance(graph, 2, [10, 0, 0]))
    [4. 1.]
    """
    onward = long_run_onto(influence, target)
    state = long_run(influence, shocks)
    return np.asarray((onward[influence.target] * state[influence.source] * influence.gain_sd) ** 2)


def response_variance(influence: Influence, target: int, shocks: ArrayLike) -> Floats:
    """Variance of the deviation of `target` in each period, by edge: (T, E) from shocks (T, n). Delta method.

    Row sums are the variance of `respond(...)[:, target]`; no loop needs to die out.
    """
    state = respond(influence, shocks)
    if state.ndim != 2:
        raise NumericsError("the variance by edge is for one scenario: shocks need shape (periods, nodes)")
    periods, edges = len(state), len(influence.gain)
    if not edges:
        return np.zeros((periods, 0))
    onward = response_kernels(influence, target, periods - 1)[:, influence.target]
    arriving = np.zeros((periods, edges))
    for lag in np.unique(influence.cell_lag[influence.cell_lag < periods]).tolist():
        here = influence.cell_lag == lag
        edge = influence.cell_edge[here]
        arriving[lag:, edge] += influence.cell_weight[here] * state[: periods - lag, influence.source[edge]]
    slopes = np.zeros((periods, edges))
    for lag in np.flatnonzero(onward.any(axis=1)):
        slopes[lag:] += onward[lag] * arriving[: periods - lag]
    return np.asarray((slopes * influence.gain_sd) ** 2)


def draw_gains(influence: Influence, rng: Generator, count: int) -> Floats:
    """Independent normal draws of all gains, (count, E). The generator is the caller's, so is its seed."""
    return influence.gain + influence.gain_sd * rng.standard_normal((count, len(influence.gain)))


def stable_draws(influence: Influence, gains: ArrayLike) -> NDArray[np.bool_]:
    """Whether all loops die out under each draw of gains (count, E); the share of False is P(no long run)."""
    table = _draws(influence, gains)
    if influence.order is not None:
        return np.ones(len(table), dtype=bool)
    # Only edges inside loops matter, so the test runs on their part of the graph.
    parts = strong_parts(influence.size, influence.source, influence.target)
    label = np.full(influence.size, -1)
    for number, part in enumerate(parts):
        label[part] = number
    edge = np.flatnonzero((label[influence.source] >= 0) & (label[influence.source] == label[influence.target]))
    nodes, ends = np.unique(np.concatenate([influence.source[edge], influence.target[edge]]), return_inverse=True)
    cell = np.isin(influence.cell_edge, edge)
    loops = Influence(
        len(nodes),
        ends[: len(edge)].astype(np.intp),
        ends[len(edge) :].astype(np.intp),
        influence.gain[edge],
        np.zeros(len(edge)),
        np.searchsorted(edge, influence.cell_edge[cell]).astype(np.intp),
        influence.cell_lag[cell],
        influence.cell_weight[cell],
    )
    inside = table[:, edge]
    stable = _surely_stable(loops, inside)
    # Positive gains die out just when their sum does, which was just tested; gains of mixed signs can still hold one
    # another in check, which only eigenvalues tell.
    for draw in np.flatnonzero(~stable & (inside < 0.0).any(axis=1)).tolist():
        stable[draw] = loops.with_gains(inside[draw]).stability.stable
    return stable


def _surely_stable(loops: Influence, gains: Floats) -> NDArray[np.bool_]:
    """Whether even the sizes of the gains, all lags together, die out under each draw.

    For a matrix M without negative entries that is so just when `v = M v + 1` has a solution without negative entries
    (Berman & Plemmons, *Nonnegative Matrices*, 1979, ch. 6): one sparse solve for many draws instead of eigenvalues.
    """
    stable = np.zeros(len(gains), dtype=bool)
    for chunk in _chunks(loops, np.arange(len(gains)), 1):
        many = _side_by_side(loops, np.abs(gains[chunk]))
        size = many.size
        total = sparse.csc_array((many.gain, (many.target, many.source)), shape=(size, size))
        try:
            reach = splu(sparse.csc_array(sparse.eye_array(size) - total)).solve(np.ones(size))
        except RuntimeError:  # singular: some draw is exactly on the border, so each is judged by itself
            stable[chunk] = [loops.with_gains(np.abs(gain)).stability.stable for gain in gains[chunk]]
            continue
        stable[chunk] = reach.reshape(len(chunk), loops.size).min(axis=1) >= 1.0 - 1e-9
    return stable


def long_run_draws(influence: Influence, targets: ArrayLike, shocks: ArrayLike, gains: ArrayLike) -> Floats:
    """Long-run effect of lasting shocks (n,) on `targets` (m,) under each draw of gains (count, E): (count, m).

    Rows of draws whose loops do not die out are nan.

    >>> from .influence import influence_from_edges
    >>> graph = influence_from_edges(2, [0], [1], [2.0], [[1.0]], [0.5])
    >>> effects = long_run_draws(graph, [1], [10, 0], draw_gains(graph, np.random.default_rng(1), 4000))
    >>> print(effects.mean().round(0), effects.std().round(1))
    20.0 5.0
    """
    table = _draws(influence, gains)
    node = np.atleast_1d(np.asarray(targets, dtype=np.intp))
    outside = np.asarray(shocks, dtype=float)
    effects = np.full((len(table), len(node)), np.nan)
    stable = np.flatnonzero(stable_draws(influence, table))
    for chunk in _chunks(influence, stable, 1):
        many = _side_by_side(influence, table[chunk])
        # Every copy was just found to be stable: asking the whole once more would cost as much again.
        many.__dict__["stability"] = _ALL_DIE_OUT
        state = long_run(many, np.tile(outside, len(chunk)))
        effects[chunk] = state.reshape(len(chunk), influence.size)[:, node]
    return effects


def response_draws(influence: Influence, targets: ArrayLike, shocks: ArrayLike, gains: ArrayLike) -> Floats:
    """Deviation of `targets` (m,) in each period under each draw: (count, T, m) from shocks (T, n) and gains (count,
    E).

    Loops that grow are followed as far as the shocks go. Quantiles over the first axis are the forecast's band.
    """
    table = _draws(influence, gains)
    node = np.atleast_1d(np.asarray(targets, dtype=np.intp))
    outside = np.asarray(shocks, dtype=float)
    if outside.ndim != 2:
        raise NumericsError("draws are for one scenario: shocks need shape (periods, nodes)")
    answers = np.empty((len(table), len(outside), len(node)))
    for chunk in _chunks(influence, np.arange(len(table)), len(outside)):
        many = _side_by_side(influence, table[chunk])
        state = respond(many, np.tile(outside, (1, len(chunk))))
        by_draw = state.reshape(len(outside), len(chunk), influence.size)[:, :, node]
        answers[chunk] = by_draw.transpose(1, 0, 2)
    return answers


def _draws(influence: Influence, gains: ArrayLike) -> Floats:
    table = np.asarray(gains, dtype=float)
    edges = len(influence.gain)
    if table.ndim != 2 or table.shape[1] != edges:
        raise NumericsError(f"draws need one column for each of the {edges} edges, got shape {table.shape}")
    return table


def _chunks(influence: Influence, draws: NDArray[np.intp], periods: int) -> list[NDArray[np.intp]]:
    cells = len(influence.cell_weight) + influence.size * periods
    length = max(_CELLS // max(cells, 1), 1)
    return [draws[first : first + length] for first in range(0, len(draws), length)]


def _side_by_side(influence: Influence, gains: Floats) -> Influence:
    """Copies of the graph, one per draw, as one graph without links among them: one solve then serves all draws."""
    count, edges = gains.shape
    copy = np.arange(count)[:, None]
    return Influence(
        influence.size * count,
        (influence.source + influence.size * copy).ravel(),
        (influence.target + influence.size * copy).ravel(),
        gains.ravel(),
        np.zeros(count * edges),
        (influence.cell_edge + edges * copy).ravel(),
        np.tile(influence.cell_lag, count),
        np.tile(influence.cell_weight, count),
    )
