"""The lists of the simulation loop: a binary heap of what is due, and skew heaps of who waits.

A skew heap (Sleator & Tarjan 1986) lives on two links of the tokens themselves and needs no memory of its own. Import
this only from inside a function.
"""

# Typing stops at numba's decorator; the loop checks nothing twice.
from __future__ import annotations

from typing import Any

import numpy as np

from .sampling import compiled

# columns of the tokens
CASE, NODE, INSIDE, NEXT, OTHER = range(5)
SINCE, WORK, KEY = range(3)


@compiled
def grown_ints(array: Any) -> Any:
    """The array with twice as many rows."""
    bigger = np.empty((2 * array.shape[0], array.shape[1]), np.int64)
    bigger[: array.shape[0]] = array
    return bigger


@compiled
def grown_floats(array: Any) -> Any:
    """The array with twice as many rows."""
    bigger = np.empty((2 * array.shape[0], array.shape[1]))
    bigger[: array.shape[0]] = array
    return bigger


@compiled
def push(due: Any, what: Any, size: int, time: float, item: int) -> int:
    """Put an item into the heap of times; returns the new size."""
    i = size
    while i > 0:
        up = (i - 1) >> 1
        if due[up] <= time:
            break
        due[i] = due[up]
        what[i] = what[up]
        i = up
    due[i] = time
    what[i] = item
    return size + 1


@compiled
def pop(due: Any, what: Any, size: int) -> int:
    """Take the earliest item off the heap; returns the new size."""
    size -= 1
    time = due[size]
    item = what[size]
    i = 0
    while True:
        j = 2 * i + 1
        if j >= size:
            break
        if j + 1 < size and due[j + 1] < due[j]:
            j += 1
        if due[j] >= time:
            break
        due[i] = due[j]
        what[i] = what[j]
        i = j
    due[i] = time
    what[i] = item
    return size


@compiled
def before(number: Any, a: int, b: int) -> Any:
    """Whether token a is served before token b."""
    if number[a, KEY] != number[b, KEY]:
        return number[a, KEY] < number[b, KEY]
    return number[a, SINCE] < number[b, SINCE]


@compiled
def merged(token: Any, number: Any, a: int, b: int) -> int:
    """Skew heaps a and b (-1 for empty) as one."""
    if a < 0:
        return b
    if b < 0:
        return a
    if before(number, b, a):
        a, b = b, a
    root = a
    while True:
        parent = a
        a = token[parent, OTHER]
        token[parent, OTHER] = token[parent, NEXT]
        if a < 0:
            token[parent, NEXT] = b
            return root
        if before(number, b, a):
            a, b = b, a
        token[parent, NEXT] = a
