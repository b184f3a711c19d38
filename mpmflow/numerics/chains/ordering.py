"""In which order to eliminate the nodes of a process: cheap, vectorised, and only when the given order will not do.

A process is written top to bottom, so its own order is nearly topological, and elimination in that order fills in
little. The envelope of the matrix (every place between the first entry of a row or column and the diagonal) bounds
the fill from above for elimination without pivoting (George & Liu 1981, ch. 4) and costs two passes over the entries;
it decides whether another order is looked for at all.

The other order: strongly connected parts one after the other along the flow, and inside a part reverse postorder of a
depth-first search, which puts a node before its successors except along rework.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

Ints = npt.NDArray[np.int64]


def row_of_entry(matrix: sparse.csr_array) -> Ints:
    """Row index of every stored entry of a CSR matrix, shape (nnz,)."""
    counts = np.diff(matrix.indptr)
    return np.repeat(np.arange(matrix.shape[0]), counts)


def strong_parts(routing: sparse.csr_array) -> tuple[int, Ints]:
    """Strongly connected parts, numbered along the flow: an entry (i, j) has `part[i] <= part[j]`.

    Returns the number of parts and the part of each node, shape (n,). Linear time (Pearce's algorithm in SciPy).

    >>> strong_parts(sparse.csr_array([[0, 1, 0], [0.5, 0, 0.5], [0, 0, 0]]))[1].tolist()
    [0, 0, 1]
    """
    count, label = csgraph.connected_components(routing, directed=True, connection="strong")
    label = label.astype(np.int64)
    if routing.nnz == 0:
        return int(count), label
    rows = row_of_entry(routing)
    if bool(np.all(label[rows] >= label[routing.indices])):
        return int(count), count - 1 - label
    if bool(np.all(label[rows] <= label[routing.indices])):
        return int(count), label
    # SciPy promises nothing about the numbering: order the condensation by a search of its own.
    between = label[rows] != label[routing.indices]
    flow = sparse.csr_array(
        (np.ones(int(between.sum())), (label[rows][between], label[routing.indices][between])), shape=(count, count)
    )
    return int(count), _reverse_postorder(flow)[label]


def envelope(matrix: Any) -> float:
    """Bound on the entries of the factors in natural order, over the entries of the matrix.

    `matrix` is square with a full diagonal. 1 means no fill at all.
    """
    n = int(matrix.shape[0])
    by_column = sparse.csc_array(matrix)
    by_column.sort_indices()
    positions = np.arange(n)
    column = np.repeat(positions, np.diff(by_column.indptr))
    leftmost = np.empty(n, dtype=np.int64)
    leftmost[by_column.indices[::-1]] = column[::-1]  # the last write of a row wins: its first column
    topmost = by_column.indices[by_column.indptr[:-1]]
    below = positions - np.minimum(leftmost, positions)
    above = positions - np.minimum(topmost, positions)
    return (float(below.sum()) + float(above.sum()) + n) / max(1, int(by_column.nnz))


def flow_order(routing: sparse.csr_array, part: Ints) -> Ints:
    """Elimination order, shape (n,): position -> node; parts along the flow, reverse postorder inside each.

    >>> flow_order(sparse.csr_array([[0, 0, 0], [0, 0, 1], [1, 0, 0]]), np.array([2, 0, 1])).tolist()
    [1, 2, 0]
    """
    return np.lexsort((_reverse_postorder(routing), part))


def _reverse_postorder(routing: sparse.csr_array) -> Ints:
    """Rank of each node in the reverse postorder of one depth-first search over all nodes, shape (n,).

    SciPy's search gives preorder and parents. Postorder follows without a loop over nodes: going from one node of the
    preorder to the next closes as many nodes as the depth falls by, plus one; openings and closings at one depth
    alternate like brackets, so sorting both by depth pairs them.
    """
    n = routing.shape[0]
    data = np.concatenate([routing.data, np.ones(n)])
    indices = np.concatenate([routing.indices, np.arange(n)])
    indptr = np.append(routing.indptr, routing.nnz + n)
    searched = sparse.csr_array((data, indices, indptr), shape=(n + 1, n + 1))  # node n leads to every node
    order, parent = csgraph.depth_first_order(searched, n, directed=True, return_predecessors=True)
    count = n + 1
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    jump = np.zeros(count, dtype=np.int64)
    jump[1:] = place[parent[order[1:]]]
    depth = np.ones(count, dtype=np.int64)
    depth[0] = 0
    while bool(jump.any()):  # pointer doubling: log2(depth) rounds
        depth += depth[jump]
        jump = jump[jump]
    closes = np.append(depth[:-1] - depth[1:] + 1, depth[-1] + 1)
    total = np.cumsum(closes)
    within = np.arange(count) - np.repeat(total - closes, closes)
    closed_depth = np.repeat(depth, closes) - within
    postorder = np.empty(count, dtype=np.int64)
    postorder[np.argsort(depth, kind="stable")] = np.argsort(closed_depth, kind="stable")
    rank = np.empty(count, dtype=np.int64)
    rank[order] = n - postorder
    return rank[:n] - 1
