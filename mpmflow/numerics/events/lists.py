"""The lists of the simulation loop: a heap of what is due, and skew heaps of who waits.

The heap has four children to a node: half as deep as a binary one, and the earliest of four is found without a
branch that a processor could guess wrong. Behind its last item lie infinities, so no child is ever out of bounds. When
the earliest item is taken the place stays open, for most events put another item in. A skew heap (Sleator & Tarjan
1986) lives on two links of the tokens themselves and needs no memory of its own. Import this only from inside a
function.
"""

# Typing stops at numba's decorator; the loop checks nothing twice.
from __future__ import annotations

from typing import Any

from mpmflow.numerics.compiling import helper, inlined

BEYOND = 8
"""Infinities that the heap keeps behind its last item."""


@inlined
def sunk(due: Any, what: Any, size: int, time: float, item: int) -> None:
    """Put an item where the root was, and let it sink."""
    i = 0
    while True:
        j = 4 * i + 1
        if j >= size:
            break
        left, right = j, j + 2
        if due[j + 1] < due[j]:
            left = j + 1
        if due[j + 3] < due[j + 2]:
            right = j + 3
        j = right if due[right] < due[left] else left
        if due[j] >= time:
            break
        due[i] = due[j]
        what[i] = what[j]
        i = j
    due[i] = time
    what[i] = item


@inlined
def pushed(due: Any, what: Any, size: int, hole: int, time: float, item: int) -> int:
    """Put an item into the heap, in the open place if there is one; returns the new size."""
    if hole:
        sunk(due, what, size, time, item)
        return size
    i = size
    while i > 0:
        up = (i - 1) >> 2
        if due[up] <= time:
            break
        due[i] = due[up]
        what[i] = what[up]
        i = up
    due[i] = time
    what[i] = item
    return size + 1


@helper
def before(tokens: Any, a: int, b: int) -> Any:
    """Whether token a is served before token b."""
    if tokens[a].key != tokens[b].key:
        return tokens[a].key < tokens[b].key
    return tokens[a].since < tokens[b].since


@helper
def merged(tokens: Any, a: int, b: int) -> int:
    """Skew heaps a and b (-1 for empty) as one."""
    if a < 0:
        return b
    if b < 0:
        return a
    if before(tokens, b, a):
        a, b = b, a
    root = a
    while True:
        parent = a
        a = tokens[parent].other
        tokens[parent].other = tokens[parent].next
        if a < 0:
            tokens[parent].next = b
            return root
        if before(tokens, b, a):
            a, b = b, a
        tokens[parent].next = a
