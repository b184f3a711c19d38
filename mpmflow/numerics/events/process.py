"""A process as the arrays that the simulation runs on; make it with `event_process`, which checks them.

Nodes of all parts stand in one list: those of the main flow and those of every branch of every parallel block. A way
leads to a node, or with `-1 - k` to end k: the end of the case in the main flow, the end of the branch in a branch,
where end 0 is good and the others lose it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mpmflow.numerics.faults import ChainError, NumericsError
from mpmflow.numerics.times.laws import Law

WEEK = 7 * 86400.0
"""Seconds of a week: calendars repeat after it, so a process with calendars counts in seconds."""

Discipline = Literal["first_come", "shortest", "oldest_case", "class"]
DISCIPLINES: tuple[Discipline, ...] = ("first_come", "shortest", "oldest_case", "class")


@dataclass(frozen=True, slots=True)
class Pool:
    """A team.

    Attributes:
        servers: how many visits it serves at once.
        discipline: who is next: first come; shortest service (known beforehand); the case that started first; the
            class with the smallest `priority`, first come within it. Nobody is interrupted for another.
        calendar: weekly working intervals (from, to) in seconds since Monday 00:00; () for always. Service stops at
            closing time and goes on at the next opening, so service times are working time.
    """

    servers: int
    discipline: Discipline = "first_come"
    calendar: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How the cases of one class come.

    Attributes:
        start: node where they start.
        gap: law of the time between arrivals, exponential for Poisson; None: one batch at time 0.
        batch: how many come at once.
        priority: smaller goes first in pools of discipline "class".
        deadline: cases that take longer are counted as late.
    """

    start: int
    gap: Law | None
    batch: int = 1
    priority: int = 0
    deadline: float = float("inf")


@dataclass(frozen=True, slots=True)
class Fork:
    """A parallel block: the visit of `node` splits into a branch from each of `entries`.

    Attributes:
        node: where the case forks.
        entries: first node of each branch.
        first: go on when the first branch ends well (the others run on); else when all have ended.
        joined: node where a whole case goes on.
        lost: node where a case goes on that lost a branch (for `first`: all of them); -1 if branches lose nothing.
    """

    node: int
    entries: tuple[int, ...]
    joined: int
    lost: int = -1
    first: bool = False


@dataclass(frozen=True, slots=True)
class Gather:
    """At `node` cases wait for each other: they go on together when `size` are there or `after` has passed."""

    node: int
    size: int
    after: float = float("inf")


@dataclass(frozen=True)
class EventProcess:
    """Checked input of `events.simulate`; only laws and arrays, so it travels to other processes.

    Attributes:
        laws: time of a visit per node, None for none.
        pool: serving pool per node, -1 for nobody, (n,).
        pools, classes, forks, gathers: see their records.
        way_begin: ways of node i are `way_begin[i]` to `way_begin[i + 1]`, (n + 1,).
        way_target: node or `-1 - end`, (w,).
        way_share: share at a case's first, second, ... visit; the last column holds from there on, (w, v).
        way_rework, way_waste: whether a case that takes the way does work again, and whether what it spent before is
            wasted, (w,).
        way_limit: how often a case may take a way, -1 without limit; way_over: where it leads then, (w,).
        cost: money per visit, cost_rate: money per unit of service time, (n,).
        touch: whether the time of the node counts as work on the case, (n,).
        ends: number of ends.
        place: identity of each node in the streams of luck, (n,): equal places in two variants have equal luck.
        origin: seconds since Monday 00:00 at time 0.
    """

    laws: tuple[Law | None, ...]
    pool: npt.NDArray[np.int64]
    pools: tuple[Pool, ...]
    classes: tuple[Arrivals, ...]
    forks: tuple[Fork, ...]
    gathers: tuple[Gather, ...]
    way_begin: npt.NDArray[np.int64]
    way_target: npt.NDArray[np.int64]
    way_share: npt.NDArray[np.float64]
    way_limit: npt.NDArray[np.int64]
    way_over: npt.NDArray[np.int64]
    cost: npt.NDArray[np.float64]
    cost_rate: npt.NDArray[np.float64]
    touch: npt.NDArray[np.bool_]
    ends: int
    way_rework: npt.NDArray[np.bool_]
    way_waste: npt.NDArray[np.bool_]
    place: npt.NDArray[np.int64] = field(repr=False)
    origin: float = 0.0

    @property
    def n(self) -> int:
        """Number of nodes, branches included."""
        return len(self.laws)


def event_process(
    laws: Sequence[Law | None],
    row: Sequence[int] | npt.NDArray[Any],
    target: Sequence[int] | npt.NDArray[Any],
    share: Sequence[Any] | npt.NDArray[Any],
    classes: Sequence[Arrivals],
    pools: Sequence[Pool] = (),
    pool: Sequence[int] | npt.NDArray[Any] | None = None,
    ends: int = 1,
    forks: Sequence[Fork] = (),
    gathers: Sequence[Gather] = (),
    limit: Sequence[int] | npt.NDArray[Any] | None = None,
    over: Sequence[int] | npt.NDArray[Any] | None = None,
    rework: Sequence[bool] | npt.NDArray[Any] | None = None,
    waste: Sequence[bool] | npt.NDArray[Any] | None = None,
    cost: npt.ArrayLike | None = None,
    cost_rate: npt.ArrayLike | None = None,
    touch: Sequence[bool] | npt.NDArray[Any] | None = None,
    place: Sequence[int] | npt.NDArray[Any] | None = None,
    origin: float = 0.0,
) -> EventProcess:
    """Check and freeze a process.

    Args:
        row, target, share: one entry a way; a share is a number, or one number per visit of a case (all ways with as
            many). A forking node has none: its block says where it goes on.
        limit, over: from the case's `limit + 1`st time on, the way leads to `over`.
        rework, waste: marks of the ways, default none: a case that takes one marked as rework, also over its limit,
            has not passed at once; one marked as waste makes vain what was spent before it: by the case, or, inside
            a branch, by that branch.
        touch: default, the nodes that a pool serves.

    Raises:
        ChainError: shares of a node that miss 1 at some visit, a target that is no node and no end; `.row` names it.
        NumericsError: anything else that does not fit.
    """
    n = len(laws)
    rows, targets = np.asarray(row, dtype=np.int64), np.asarray(target, dtype=np.int64)
    shares = np.asarray(share, dtype=np.float64)
    shares = shares[:, None] if shares.ndim == 1 else shares
    ways = len(rows)
    limits = np.full(ways, -1) if limit is None else np.asarray(limit, dtype=np.int64)
    overs = targets.copy() if over is None else np.asarray(over, dtype=np.int64)
    marks = [np.zeros(ways, dtype=bool) if one is None else np.asarray(one, dtype=bool) for one in (rework, waste)]
    if any(len(each) != ways for each in (targets, shares, limits, overs, *marks)):
        raise NumericsError("ways need as many rows as targets, shares, limits, places to go over the limit, and marks")
    for goes in (targets, np.where(limits >= 0, overs, targets)):
        bad = np.flatnonzero((goes >= n) | (goes < -ends))
        if len(bad):
            raise ChainError(f"a way leads to {int(goes[bad[0]])}: no node and no end", row=int(rows[bad[0]]))
    forking = {fork.node for fork in forks}
    totals = np.zeros((n, shares.shape[1]))
    np.add.at(totals, rows, shares)
    leaves = np.array([node not in forking for node in range(n)], dtype=bool)
    missing = np.flatnonzero((np.abs(totals - leaves[:, None]) > 1e-9).any(axis=1) | (shares.min(initial=0.0) < 0.0))
    if len(missing):
        node = int(missing[0])
        found = "none may leave a fork" if node in forking else f"they add up to {totals[node].tolist()}, not to 1"
        raise ChainError(f"the shares that leave node {node}: {found}", row=node)
    order = np.argsort(rows, kind="stable")
    served = np.full(n, -1) if pool is None else np.asarray(pool, dtype=np.int64)
    _check(n, served, tuple(pools), tuple(classes), tuple(forks), tuple(gathers))
    _check_losses(rows, targets, tuple(forks))
    return EventProcess(
        tuple(laws),
        served,
        tuple(pools),
        tuple(classes),
        tuple(forks),
        tuple(gathers),
        np.searchsorted(rows[order], np.arange(n + 1)).astype(np.int64),
        targets[order],
        np.ascontiguousarray(shares[order]),
        limits[order].astype(np.int64),
        overs[order],
        _amounts(cost, n),
        _amounts(cost_rate, n),
        served >= 0 if touch is None else np.asarray(touch, dtype=bool),
        ends,
        marks[0][order],
        marks[1][order],
        np.arange(n) if place is None else np.asarray(place, dtype=np.int64),
        float(origin),
    )


def _amounts(values: npt.ArrayLike | None, n: int) -> npt.NDArray[np.float64]:
    array = np.zeros(n) if values is None else np.asarray(values, dtype=np.float64)
    if array.shape != (n,):
        raise NumericsError(f"costs need one entry for each of the {n} nodes, got shape {array.shape}")
    return array


def _check(
    n: int,
    served: npt.NDArray[np.int64],
    pools: tuple[Pool, ...],
    classes: tuple[Arrivals, ...],
    forks: tuple[Fork, ...],
    gathers: tuple[Gather, ...],
) -> None:
    if served.shape != (n,) or bool(np.any(served >= len(pools))) or bool(np.any(served < -1)):
        raise NumericsError(f"every node needs a pool from 0 to {len(pools) - 1}, or -1 for nobody")
    if not classes:
        raise NumericsError("a simulation needs at least one class of cases")
    for pool in pools:
        if pool.servers < 1:
            raise NumericsError(f"a pool needs at least one server, got {pool.servers}")
        if pool.discipline not in DISCIPLINES:
            raise NumericsError(f"who is next can be {', '.join(DISCIPLINES)}, not {pool.discipline!r}")
        edges = [edge for span in pool.calendar for edge in span]
        if any(a >= b for a, b in pairwise(edges)) or (edges and not 0.0 <= edges[0] < edges[-1] <= WEEK):
            raise NumericsError("working intervals rise, do not touch each other, and lie within one week of seconds")
    nodes = [node for fork in forks for node in (fork.node, fork.joined, *fork.entries)]
    nodes += [gather.node for gather in gathers] + [one.start for one in classes]
    nodes += [fork.lost for fork in forks if fork.lost >= 0]
    if any(not 0 <= node < n for node in nodes):
        raise NumericsError(f"a class, a block or a gathering names a node outside 0..{n - 1}")
    if any(not fork.entries for fork in forks):
        raise NumericsError("a parallel block needs at least one branch")
    if any(gather.size < 1 for gather in gathers) or any(one.batch < 1 for one in classes):
        raise NumericsError("a batch holds at least one case")
    held = {fork.node for fork in forks} | {gather.node for gather in gathers}
    if any(served[node] >= 0 for node in held):
        raise NumericsError("a place that forks or gathers needs no team: give the work a node of its own")


def _check_losses(rows: npt.NDArray[np.int64], targets: npt.NDArray[np.int64], forks: tuple[Fork, ...]) -> None:
    """A block whose branches can lose the case needs a place for lost cases."""
    inner = {fork.node: [node for node in (fork.joined, fork.lost) if node >= 0] for fork in forks}
    for fork in forks:
        if fork.lost >= 0:
            continue
        seen, waiting = set(fork.entries), list(fork.entries)
        while waiting:
            node = waiting.pop()
            onward = inner.get(node) or targets[rows == node].tolist()
            if min(onward, default=0) < -1:
                raise NumericsError(
                    f"a branch of the block at node {fork.node} can lose its case, but nothing says where to"
                )
            fresh = [one for one in onward if one >= 0 and one not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
