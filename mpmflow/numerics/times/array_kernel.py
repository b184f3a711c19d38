"""The elimination of `kernels.solve_frequencies` in plain numpy, for processes so small that numba is not worth it.

Loading numba takes about a second; following a plan of a few hundred updates with whole arrays takes milliseconds.
Both give the same numbers up to rounding, and a test holds them together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

UPDATES = 600
"""Up to so many updates a plan is followed in plain numpy."""

WIDTH = 1024
"""So many frequencies at a time: a row of them stays in the processor's cache."""


def solve_frequencies(plan: Any, cell_place: Any, cells: Any, left: Any, right: Any) -> None:
    """Solve V (I - G) = left and (I - G) U = right in place, all frequencies at once.

    Args:
        plan: the order of elimination and its updates (`elimination.Plan`).
        cell_place: for each entry of G, the place of its row in that order.
        cells: the entries of G, shape (m, B), complex.
        left: shape (n, B); right: shape (R, n, B); both complex, both overwritten.
    """
    width, order = cells.shape[1], plan.order.tolist()
    ahead_start, sender_start = plan.ahead_start.tolist(), plan.sender_start.tolist()
    ahead = list(zip(plan.ahead_place.tolist(), plan.ahead_slot.tolist(), strict=True))
    senders = list(zip(plan.sender_place.tolist(), plan.sender_slot.tolist(), strict=True))
    update = plan.update.tolist()
    entry = np.zeros((plan.slots, width), dtype=np.complex128)
    pivot = np.ones((len(order), width), dtype=np.complex128)
    for cell, (slot, place) in enumerate(zip(plan.cell_slot.tolist(), cell_place.tolist(), strict=True)):
        if slot >= 0:
            entry[slot] += cells[cell]
        else:
            pivot[place] -= cells[cell]
    at = 0
    for place, node in enumerate(order):
        pivot[place] = 1.0 / pivot[place]
        onward = ahead[ahead_start[place] : ahead_start[place + 1]]
        for later, slot in senders[sender_start[place] : sender_start[place + 1]]:
            entry[slot] *= pivot[place]
            weight = entry[slot]
            right[:, order[later]] += weight * right[:, node]
            for _, source in onward:
                target = update[at]
                at += 1
                if target >= 0:
                    entry[target] += weight * entry[source]
                else:
                    pivot[later] -= weight * entry[source]
        left[node] *= pivot[place]
        for later, slot in onward:
            left[order[later]] += entry[slot] * left[node]
    for place in range(len(order) - 1, -1, -1):
        node = order[place]
        for later, slot in ahead[ahead_start[place] : ahead_start[place + 1]]:
            right[:, node] += entry[slot] * right[:, order[later]]
        right[:, node] *= pivot[place]
        for later, slot in senders[sender_start[place] : sender_start[place + 1]]:
            left[node] += entry[slot] * left[order[later]]
