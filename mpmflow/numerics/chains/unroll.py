"""Loops that remember: "at most 3 times, then to the director", "15 % at first, 8 % from the second visit on".

Such a loop is no longer a Markov chain on its nodes, but it is one on nodes with counters: how often the bounded
outcome was taken, how often the decision was visited. A counter matters only inside the strongly connected part of
its decision (who left that part never comes back), so only that part is copied, once for each state of its counters;
several counters in one part multiply. Figures of a node are sums over its copies, and slopes of a share are sums over
the copies of its outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mpmflow.numerics.faults import ChainError, TooManyStatesError
from mpmflow.numerics.settings import DEFAULT, Settings

from .chain import Floats
from .ordering import strong_parts
from .outcomes import Ints, Outcomes, summed


@dataclass(frozen=True, slots=True)
class Bound:
    """Outcome `entry` leads where it leads at most `times` times in a case; from then on it leads to `then`.

    `then` is a node 0..n-1 or n + k for end k. `times` may be 0.
    """

    entry: int
    times: int
    then: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Shares that depend on the visit: `shares[j]` holds at visit j + 1, the last one at all later visits.

    Each `shares[j]` lists the outcomes of `row` in the order of their entries and adds up to 1.
    """

    row: int
    shares: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unrolled:
    """A process on copies.

    Attributes:
        n, k: numbers of copies and of ends.
        outcomes: of the copies; levers are those of the original outcomes, so `by_lever` sums over copies.
        node: original node of each copy, shape (n,).
        entry: original outcome of each entry, shape (m,): to carry rewards and laws over.
        bounded: entries that stand for an outcome beyond its bound, shape (m,).
        counts: counters of each copy, as (bounds taken and schedule visits) in the order given, -1 where none matters.
    """

    n: int
    k: int
    outcomes: Outcomes
    node: Ints
    entry: Ints
    bounded: npt.NDArray[np.bool_]
    counts: npt.NDArray[np.int64]

    def spread(self, per_node: npt.ArrayLike) -> Floats:
        """A figure per node, given to each of its copies, shape (n,)."""
        return np.asarray(per_node, dtype=np.float64)[self.node]

    def gather(self, per_copy: Floats, nodes: int) -> Floats:
        """Sum a figure over the copies of each node (visits), shape (nodes,)."""
        return summed(self.node, per_copy, nodes)

    def start(self, start: npt.ArrayLike | int) -> Floats:
        """A start for the copies: fresh cases, whose counters are all 0."""
        fresh = np.all(self.counts <= 0, axis=1)
        place = np.zeros(int(self.node.max()) + 1, dtype=np.int64)
        place[self.node[fresh]] = np.flatnonzero(fresh)
        result = np.zeros(self.n)
        if np.ndim(start) == 0:
            result[place[int(np.asarray(start))]] = 1.0
        else:
            result[place] = np.asarray(start, dtype=np.float64)
        return result

    def copy_of(self, node: int, counts: Mapping[int, int]) -> int:
        """The copy for a case at `node` whose counter c stands at `counts[c]` (counters left out stand at 0).

        Counters that do not matter at the node are ignored; a count beyond the last is taken as the last. Raises
        `ChainError` for a combination that no case can have.
        """
        of_node = np.flatnonzero(self.node == node)
        wanted = np.array([counts.get(c, 0) for c in range(self.counts.shape[1])], dtype=np.int64)
        there = self.counts[of_node]
        target = np.where(there[0] >= 0, np.minimum(wanted, self.counts.max(axis=0)), -1)
        hit = np.flatnonzero(np.all(there == target, axis=1))
        if not len(hit):
            raise ChainError(f"no case at node {node} can have the counts {dict(counts)}", row=node)
        return int(of_node[hit[0]])


def unroll(
    n: int,
    k: int,
    outcomes: Outcomes,
    bounds: Sequence[Bound] = (),
    schedules: Sequence[Schedule] = (),
    settings: Settings = DEFAULT,
) -> Unrolled:
    """Copy the parts with counters, as often as cases can tell them apart.

    Raises:
        TooManyStatesError: more copies than `settings.state_limit`.
        ChainError: a bound or schedule that names no outcome, or shares that do not add up to 1.

    Send back 20 %, at most once, then to the end: visits 1 + 0.2.

    >>> from mpmflow.numerics.chains.chain import factorise
    >>> from mpmflow.numerics.chains.outcomes import chain_from_outcomes, outcomes_from
    >>> once = unroll(1, 1, outcomes_from([0, 0], [0, 1], [0.2, 0.8]), [Bound(entry=0, times=1, then=1)])
    >>> chain = chain_from_outcomes(once.n, 1, once.outcomes, once.start(0))
    >>> once.gather(factorise(chain).visits(), 1).tolist()
    [1.2]
    """
    entries: list[list[int]] = [[] for _ in range(n)]
    for entry, row in enumerate(outcomes.row.tolist()):
        entries[row].append(entry)
    _check(n, k, outcomes, entries, bounds, schedules)
    part = _parts(n, outcomes, entries, bounds, schedules)
    sizes = [bound.times + 1 for bound in bounds] + [len(schedule.shares) for schedule in schedules]
    rows = [int(outcomes.row[bound.entry]) for bound in bounds] + [schedule.row for schedule in schedules]
    counters_of: dict[int, list[int]] = {}
    for counter, row in enumerate(rows):
        counters_of.setdefault(int(part[row]), []).append(counter)
    bound_at = {bound.entry: counter for counter, bound in enumerate(bounds)}
    schedule_at = {schedule.row: len(bounds) + i for i, schedule in enumerate(schedules)}

    def fresh(node: int) -> tuple[int, ...]:
        return (0,) * len(counters_of.get(int(part[node]), ()))

    def needed() -> int:
        return sum(prod(sizes[counter] for counter in counters_of.get(int(p), ())) for p in part)

    targets = outcomes.target.tolist()
    base = outcomes.share.tolist()
    leads: dict[tuple[int, tuple[int, ...]], list[tuple[Any, float, int, bool]]] = {}
    waiting = [(node, fresh(node)) for node in range(n)]
    while waiting:
        state = waiting.pop()
        if state in leads:
            continue
        node, counts = state
        counters = counters_of.get(int(part[node]), [])
        at = dict(zip(counters, counts, strict=True))
        share_of = dict(zip(entries[node], (base[entry] for entry in entries[node]), strict=True))
        after_visit = dict(at)
        if node in schedule_at:
            counter = schedule_at[node]
            shares = schedules[counter - len(bounds)].shares
            share_of = dict(zip(entries[node], shares[at[counter]], strict=True))
            after_visit[counter] = min(at[counter] + 1, sizes[counter] - 1)
        ways: list[tuple[Any, float, int, bool]] = []
        for entry in entries[node]:
            target, then, beyond = targets[entry], dict(after_visit), False
            if entry in bound_at:
                counter = bound_at[entry]
                beyond = at[counter] >= bounds[counter].times
                target = bounds[counter].then if beyond else target
                then[counter] = min(at[counter] + 1, sizes[counter] - 1)
            goal: Any = target
            if target < n:
                same = part[target] == part[node]
                goal = (target, tuple(then[counter] for counter in counters) if same else fresh(target))
                if share_of[entry] > 0.0:
                    waiting.append(goal)
            ways.append((goal, share_of[entry], entry, beyond))
        leads[state] = ways
        if len(leads) > settings.state_limit:
            raise TooManyStatesError(needed(), settings.state_limit)
    return _number(n, k, outcomes, leads, part, counters_of, len(sizes))


def _number(
    n: int,
    k: int,
    outcomes: Outcomes,
    leads: Mapping[tuple[int, tuple[int, ...]], list[tuple[Any, float, int, bool]]],
    part: Ints,
    counters_of: Mapping[int, list[int]],
    counters: int,
) -> Unrolled:
    """Number the copies part by part, counters rising: they only grow, so this is the order of the flow."""
    states = sorted(leads, key=lambda state: (int(part[state[0]]), state[1], state[0]))
    seat = {state: index for index, state in enumerate(states)}
    row: list[int] = []
    target: list[int] = []
    share: list[float] = []
    payer: list[int] = []
    entry_of: list[int] = []
    bounded: list[bool] = []
    for index, state in enumerate(states):
        first = {entry: len(row) + offset for offset, (_, _, entry, _) in enumerate(leads[state])}
        for goal, chance, entry, beyond in leads[state]:
            row.append(index)
            if isinstance(goal, tuple):
                # an outcome that never happens here may lead to a copy that nobody reaches: any copy of the node will
                # do
                target.append(seat.get(goal, seat[goal[0], (0,) * len(goal[1])]))
            else:
                target.append(len(states) + goal - n)
            share.append(chance)
            paid = int(outcomes.payer[entry])
            payer.append(first[paid] if paid >= 0 else -1)
            entry_of.append(entry)
            bounded.append(beyond)
    counts = np.full((len(states), counters), -1, dtype=np.int64)
    for index, (node, standing) in enumerate(states):
        counts[index, counters_of.get(int(part[node]), [])] = standing
    copied = Outcomes(
        np.array(row, dtype=np.int64),
        np.array(target, dtype=np.int64),
        np.array(share, dtype=np.float64),
        np.array(payer, dtype=np.int64),
        outcomes.lever[entry_of],
    )
    node_of = np.array([node for node, _ in states], dtype=np.int64)
    return Unrolled(len(states), k, copied, node_of, np.array(entry_of, dtype=np.int64), np.array(bounded), counts)


def _parts(
    n: int, outcomes: Outcomes, entries: list[list[int]], bounds: Sequence[Bound], schedules: Sequence[Schedule]
) -> Ints:
    """Strongly connected parts, over every arrow that can carry a case at some visit."""
    live = outcomes.share > 0.0
    for schedule in schedules:
        live[entries[schedule.row]] = np.max(np.array(schedule.shares), axis=0) > 0.0
    kept = live & (outcomes.target < n)
    rows = [*outcomes.row[kept].tolist(), *(int(outcomes.row[b.entry]) for b in bounds if b.then < n)]
    cols = [*outcomes.target[kept].tolist(), *(b.then for b in bounds if b.then < n)]
    return strong_parts(sparse.csr_array((np.ones(len(rows)), (rows, cols)), shape=(n, n)))[1]


def _check(
    n: int,
    k: int,
    outcomes: Outcomes,
    entries: list[list[int]],
    bounds: Sequence[Bound],
    schedules: Sequence[Schedule],
) -> None:
    seen: set[int] = set()
    for bound in bounds:
        if not 0 <= bound.entry < outcomes.count or bound.entry in seen:
            raise ChainError(f"a bound names outcome {bound.entry}, which does not exist or already has one")
        if bound.times < 0 or not 0 <= bound.then < n + k:
            raise ChainError(f"outcome {bound.entry} needs a bound of at least 0 and a target that exists")
        seen.add(bound.entry)
    rows: set[int] = set()
    for schedule in schedules:
        if not 0 <= schedule.row < n or schedule.row in rows or not schedule.shares:
            raise ChainError(
                f"a schedule names node {schedule.row}, which does not exist or already has one, or is empty"
            )
        rows.add(schedule.row)
        for visit, shares in enumerate(schedule.shares):
            fits = len(shares) == len(entries[schedule.row]) and min(shares) >= 0.0
            if not fits or abs(sum(shares) - 1.0) > 1e-9:
                raise ChainError(
                    f"at visit {visit + 1} the shares of node {schedule.row} need one entry for each of its "
                    f"{len(entries[schedule.row])} outcomes, adding up to 1; got {shares}",
                    row=schedule.row,
                )
