"""The compiled loops behind `batch` and `sojourn`; import them only from inside a function, for numba takes a second.

Both follow a `Plan`. The innermost index runs over scenarios (or frequencies), so that the processor works on
neighbours. Real numbers: pivots are sums of what leaves (no subtraction). Complex numbers: pivots are diagonals, real
and imaginary parts kept apart because complex division would not vectorise.
"""

# Typing stops at numba's decorator; the callers in batch.py and sojourn.py check shapes and types.
from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from mpmflow.numerics.compiling import compiled

_compiled = partial(compiled, fastmath={"contract", "nsz"})


@_compiled
def solve_scenarios(
    order: Any,
    cell_slot: Any,
    slots: int,
    ahead_start: Any,
    ahead_place: Any,
    ahead_slot: Any,
    sender_start: Any,
    sender_place: Any,
    sender_slot: Any,
    update: Any,
    cells: Any,
    leaving: Any,
    start: Any,
    reward: Any,
    visits: Any,
    values: Any,
    width: int,
) -> None:
    """Visits and values to go of every scenario: cells (S, m), leaving (S, n), start and reward (1 or S, n)."""
    scenarios, m = cells.shape
    n = order.shape[0]
    cell = np.zeros((slots, width))
    out = np.zeros((n, width))
    inverse = np.zeros((n, width))
    v = np.zeros((n, width))
    u = np.zeros((n, width))
    weight = np.zeros(width)
    for begin in range(0, scenarios, width):
        size = min(width, scenarios - begin)
        cell[:, :] = 0.0
        for b in range(size):
            scenario = begin + b
            for c in range(m):
                if cell_slot[c] >= 0:
                    cell[cell_slot[c], b] += cells[scenario, c]
            start_row = scenario if start.shape[0] > 1 else 0
            reward_row = scenario if reward.shape[0] > 1 else 0
            for p in range(n):
                out[p, b] = leaving[scenario, order[p]]
                v[p, b] = start[start_row, order[p]]
                u[p, b] = reward[reward_row, order[p]]
        at = 0
        for p in range(n):
            for b in range(size):
                weight[b] = out[p, b]
            for a in range(ahead_start[p], ahead_start[p + 1]):
                slot = ahead_slot[a]
                for b in range(size):
                    weight[b] += cell[slot, b]
            for b in range(size):
                inverse[p, b] = 1.0 / weight[b]
            for s in range(sender_start[p], sender_start[p + 1]):
                slot = sender_slot[s]
                r = sender_place[s]
                for b in range(size):
                    weight[b] = cell[slot, b] * inverse[p, b]
                    cell[slot, b] = weight[b]
                    out[r, b] += weight[b] * out[p, b]
                    u[r, b] += weight[b] * u[p, b]
                for a in range(ahead_start[p], ahead_start[p + 1]):
                    target = update[at]
                    at += 1
                    if target >= 0:
                        source = ahead_slot[a]
                        for b in range(size):
                            cell[target, b] += weight[b] * cell[source, b]
            for b in range(size):
                v[p, b] *= inverse[p, b]
            for a in range(ahead_start[p], ahead_start[p + 1]):
                slot = ahead_slot[a]
                j = ahead_place[a]
                for b in range(size):
                    v[j, b] += cell[slot, b] * v[p, b]
        for back in range(n):
            p = n - 1 - back
            for a in range(ahead_start[p], ahead_start[p + 1]):
                slot = ahead_slot[a]
                j = ahead_place[a]
                for b in range(size):
                    u[p, b] += cell[slot, b] * u[j, b]
            for b in range(size):
                u[p, b] *= inverse[p, b]
            for s in range(sender_start[p], sender_start[p + 1]):
                slot = sender_slot[s]
                r = sender_place[s]
                for b in range(size):
                    v[p, b] += cell[slot, b] * v[r, b]
        for b in range(size):
            for p in range(n):
                visits[begin + b, order[p]] = v[p, b]
                values[begin + b, order[p]] = u[p, b]


@_compiled
def solve_frequencies(
    order: Any,
    cell_slot: Any,
    cell_place: Any,
    slots: int,
    ahead_start: Any,
    ahead_place: Any,
    ahead_slot: Any,
    sender_start: Any,
    sender_place: Any,
    sender_slot: Any,
    update: Any,
    cells_re: Any,
    cells_im: Any,
    left_re: Any,
    left_im: Any,
    right_re: Any,
    right_im: Any,
) -> None:
    """Solve V (I - G) = left and (I - G) U = right in place, for one block of frequencies.

    cells (m, B) are the entries of G; left (n, B); right (R, n, B) with R at least 0. Real and imaginary parts apart.
    """
    m, width = cells_re.shape
    n = order.shape[0]
    sides = right_re.shape[0]
    g_re = np.zeros((slots, width))
    g_im = np.zeros((slots, width))
    d_re = np.ones((n, width))
    d_im = np.zeros((n, width))
    w_re = np.zeros(width)
    w_im = np.zeros(width)
    for c in range(m):
        slot = cell_slot[c]
        if slot >= 0:
            for b in range(width):
                g_re[slot, b] += cells_re[c, b]
                g_im[slot, b] += cells_im[c, b]
        else:
            p = cell_place[c]
            for b in range(width):
                d_re[p, b] -= cells_re[c, b]
                d_im[p, b] -= cells_im[c, b]
    at = 0
    for p in range(n):
        for b in range(width):
            size = d_re[p, b] * d_re[p, b] + d_im[p, b] * d_im[p, b]
            d_re[p, b] = d_re[p, b] / size
            d_im[p, b] = -d_im[p, b] / size
        node = order[p]
        for s in range(sender_start[p], sender_start[p + 1]):
            slot = sender_slot[s]
            r = sender_place[s]
            for b in range(width):
                w_re[b] = g_re[slot, b] * d_re[p, b] - g_im[slot, b] * d_im[p, b]
                w_im[b] = g_re[slot, b] * d_im[p, b] + g_im[slot, b] * d_re[p, b]
                g_re[slot, b] = w_re[b]
                g_im[slot, b] = w_im[b]
            later = order[r]
            for k in range(sides):
                for b in range(width):
                    right_re[k, later, b] += w_re[b] * right_re[k, node, b] - w_im[b] * right_im[k, node, b]
                    right_im[k, later, b] += w_re[b] * right_im[k, node, b] + w_im[b] * right_re[k, node, b]
            for a in range(ahead_start[p], ahead_start[p + 1]):
                target = update[at]
                at += 1
                source = ahead_slot[a]
                if target >= 0:
                    for b in range(width):
                        g_re[target, b] += w_re[b] * g_re[source, b] - w_im[b] * g_im[source, b]
                        g_im[target, b] += w_re[b] * g_im[source, b] + w_im[b] * g_re[source, b]
                else:
                    for b in range(width):
                        d_re[r, b] -= w_re[b] * g_re[source, b] - w_im[b] * g_im[source, b]
                        d_im[r, b] -= w_re[b] * g_im[source, b] + w_im[b] * g_re[source, b]
        for b in range(width):
            x = left_re[node, b]
            y = left_im[node, b]
            left_re[node, b] = x * d_re[p, b] - y * d_im[p, b]
            left_im[node, b] = x * d_im[p, b] + y * d_re[p, b]
        for a in range(ahead_start[p], ahead_start[p + 1]):
            slot = ahead_slot[a]
            j = order[ahead_place[a]]
            for b in range(width):
                left_re[j, b] += g_re[slot, b] * left_re[node, b] - g_im[slot, b] * left_im[node, b]
                left_im[j, b] += g_re[slot, b] * left_im[node, b] + g_im[slot, b] * left_re[node, b]
    for back in range(n):
        p = n - 1 - back
        node = order[p]
        for k in range(sides):
            for a in range(ahead_start[p], ahead_start[p + 1]):
                slot = ahead_slot[a]
                j = order[ahead_place[a]]
                for b in range(width):
                    right_re[k, node, b] += g_re[slot, b] * right_re[k, j, b] - g_im[slot, b] * right_im[k, j, b]
                    right_im[k, node, b] += g_re[slot, b] * right_im[k, j, b] + g_im[slot, b] * right_re[k, j, b]
            for b in range(width):
                x = right_re[k, node, b]
                y = right_im[k, node, b]
                right_re[k, node, b] = x * d_re[p, b] - y * d_im[p, b]
                right_im[k, node, b] = x * d_im[p, b] + y * d_re[p, b]
        for s in range(sender_start[p], sender_start[p + 1]):
            slot = sender_slot[s]
            r = order[sender_place[s]]
            for b in range(width):
                left_re[node, b] += g_re[slot, b] * left_re[r, b] - g_im[slot, b] * left_im[r, b]
                left_im[node, b] += g_re[slot, b] * left_im[r, b] + g_im[slot, b] * left_re[r, b]
