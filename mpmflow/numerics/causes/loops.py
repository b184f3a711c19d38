"""Loops among linear influences: layers to travel through if there are none, and how fast what goes round in one grows.

A loop dies out iff no eigenvalue of its companion matrix reaches size 1 (Luetkepohl, *New Introduction to Multiple
Time Series Analysis*, 2005, ch. 2). Only the strongly connected parts of the graph matter, so large graphs with few
loops cost little.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, eigs

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_DENSE = 1200  # companion matrices up to this size are solved densely
_POWERS = 10  # a larger one without an answer is bounded by the norm of its 2**10-th power


def travel_layers(size: int, source: Integers, target: Integers) -> list[Integers] | None:
    """Nodes in layers (Kahn), every edge leading from one to a later one; None if there is a loop.

    >>> [layer.tolist() for layer in travel_layers(3, np.array([2, 0]), np.array([0, 1]))]
    [[2], [0], [1]]
    >>> travel_layers(2, np.array([0, 1]), np.array([1, 0])) is None
    True
    """
    by_source = np.argsort(source, kind="stable")
    onward = target[by_source]
    first = np.searchsorted(source[by_source], np.arange(size + 1))
    waiting = np.bincount(target, minlength=size)
    layer = np.flatnonzero(waiting == 0)
    layers = []
    while len(layer):
        layers.append(layer.astype(np.intp))
        counts = first[layer + 1] - first[layer]
        begins = np.repeat(first[layer] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
        reached = onward[begins + np.arange(int(counts.sum()))]
        np.subtract.at(waiting, reached, 1)
        layer = np.unique(reached[waiting[reached] == 0])
    return layers if sum(map(len, layers)) == size else None


def strong_parts(size: int, source: Integers, target: Integers) -> list[Integers]:
    """Sets of nodes that lie on loops together, each in rising order; a node alone counts if it leads to itself."""
    if not len(source):
        return []
    links = sparse.csr_array((np.ones(len(source)), (source, target)), shape=(size, size))
    count, label = connected_components(links, directed=True, connection="strong")
    looping = np.bincount(label, minlength=count) > 1
    looping[label[source[source == target]]] = True
    members = np.flatnonzero(looping[label])
    members = members[np.argsort(label[members], kind="stable")]
    parts = np.split(members, np.flatnonzero(np.diff(label[members])) + 1) if len(members) else []
    return sorted((np.sort(part) for part in parts), key=lambda part: int(part[0]))


def growth(blocks: Mapping[int, sparse.csr_array]) -> float:
    """Factor by which what goes round grows per period: the spectral radius of the companion matrix.

    `blocks` holds the influences of each lag among the nodes of one part, `[target, source]`. Influences of lag 0
    work within the period; if they alone do not die out the growth is infinite.

    >>> quarter = sparse.csr_array(np.array([[0.25]]))
    >>> round(growth({2: quarter}), 9)  # a quarter after two periods is a half per period
    0.5
    """
    size = next(iter(blocks.values())).shape[0]
    identity = sparse.eye_array(size, format="csc")
    instant = blocks.get(0)
    if instant is not None and instant.nnz and largest_eigenvalue(instant) >= 1.0:
        return float("inf")
    lagged = {lag: block for lag, block in blocks.items() if lag > 0 and block.nnz}
    if not lagged:
        return 0.0
    depth = max(lagged)
    if instant is not None and instant.nnz:
        within = sparse.csc_array(identity - instant)
        solve = sparse.linalg.splu(within).solve
        lagged = {lag: sparse.csr_array(solve(block.toarray())) for lag, block in lagged.items()}
    empty = sparse.csr_array((size, size))
    top = sparse.hstack([lagged.get(lag, empty) for lag in range(1, depth + 1)], format="csr")
    if depth == 1:
        return largest_eigenvalue(top)
    below = sparse.eye_array(size * (depth - 1), size * depth, format="csr")
    return largest_eigenvalue(sparse.csr_array(sparse.vstack([top, below])))


def largest_eigenvalue(matrix: sparse.csr_array) -> float:
    """Size of the largest eigenvalue; for large matrices by Arnoldi iteration, else an upper bound from powers."""
    size = matrix.shape[0]
    if size <= _DENSE:
        return float(np.abs(np.linalg.eigvals(matrix.toarray())).max())
    try:
        found = eigs(matrix, k=1, which="LM", v0=np.ones(size), maxiter=5000, return_eigenvectors=False)
        return float(np.abs(found).max())
    except (ArpackNoConvergence, ArpackError):
        # ||A^m||^(1/m) is never below the spectral radius, so this errs on the side of calling a loop unstable.
        power, scale = np.abs(matrix), 0.0
        vector = np.ones(size)
        for _ in range(2**_POWERS):
            vector = power @ vector
            peak = float(vector.max())
            if peak == 0.0:
                return 0.0
            vector, scale = vector / peak, scale + np.log(peak)
        return float(np.exp(scale / 2**_POWERS))


def strongest_loop(size: int, source: Integers, target: Integers, gain: Floats) -> list[int]:
    """Nodes of one loop whose gains multiply to at least 1 in size, in the order of travel; empty if no single loop
    does.

    Bellman-Ford on `-log |gain|`: a loop of negative length is one that grows by itself. Starts at its smallest node.

    >>> strongest_loop(3, np.array([0, 1, 2]), np.array([1, 2, 1]), np.array([5.0, 2.0, 0.6]))
    [1, 2]
    """
    with np.errstate(divide="ignore"):
        length = -np.log(np.abs(gain)) - 1e-9  # a product of exactly 1 does not die out either
    distance = np.zeros(size)
    before = np.full(size, -1, dtype=np.intp)
    last = -1
    for _ in range(size + 1):
        order = np.lexsort((source, distance[source] + length, target))
        best = order[np.concatenate([[True], np.diff(target[order]) > 0])] if len(order) else order
        better = distance[source[best]] + length[best] < distance[target[best]] - 1e-15
        if not better.any():
            return []
        chosen = best[better]
        candidate = distance[source[chosen]] + length[chosen]
        distance[target[chosen]] = candidate
        before[target[chosen]] = source[chosen]
        last = int(target[chosen][0])
    for _ in range(size):  # step back far enough to be on the loop itself
        last = int(before[last])
    loop = [last]
    while before[loop[-1]] != last:
        loop.append(int(before[loop[-1]]))
    loop.reverse()
    start = loop.index(min(loop))
    return loop[start:] + loop[:start]
