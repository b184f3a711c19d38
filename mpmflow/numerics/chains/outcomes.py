"""The outcomes of all decisions as arrays, and what it means to move one of their shares.

A share never moves alone: the outcomes of a row add up to 1, so every derivative goes along a direction that adds up
to 0. Three are in use; with raw slope `G_o` (what one more unit of share to outcome o would do if nobody paid for
it):

    from_pass      e_k - e_pass                    G_k - G_pass
    proportional   e_k - pi_without_k / (1-pi_k)   (G_k - sum pi_j G_j) / (1 - pi_k)
    centred        slope in the log-odds / pi_k    G_k - sum pi_j G_j
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mpmflow.numerics.faults import ChainError
from mpmflow.numerics.settings import DEFAULT, Settings

from .chain import Chain, chain_from_cells

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Along = Literal["from_pass", "proportional", "centred"]


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """All outcomes of a chain, one entry each; several entries may share a row and a target.

    Attributes:
        row: node that is decided at, shape (m,). A step that simply goes on has one outcome with share 1, or none
            here.
        target: where it leads, shape (m,): node 0..n-1, or n + k for end k.
        share: shape (m,), in 0..1; all entries of a row add up to 1.
        payer: for each entry, the entry of the same row that pays for it under "from_pass"; -1 for none, then the
            others pay in proportion. Shape (m,).
        lever: which named outcome an entry is a copy of, shape (m,); sums over copies go by it. Default: itself.
    """

    row: Ints
    target: Ints
    share: Floats
    payer: Ints
    lever: Ints

    @property
    def count(self) -> int:
        """Number of entries m."""
        return len(self.row)

    def by_lever(self, per_entry: Floats, levers: int | None = None) -> Floats:
        """Sum a figure per entry over the copies of each lever, shape (levers,)."""
        size = int(self.lever.max(initial=-1)) + 1 if levers is None else levers
        return np.bincount(self.lever, weights=per_entry, minlength=size).astype(np.float64)


def outcomes_from(
    row: Sequence[int] | npt.NDArray[Any],
    target: Sequence[int] | npt.NDArray[Any],
    share: Sequence[float] | npt.NDArray[Any],
    payer: Sequence[int] | npt.NDArray[Any] | None = None,
    lever: Sequence[int] | npt.NDArray[Any] | None = None,
) -> Outcomes:
    """Check and freeze lists of outcomes.

    Raises `ChainError` when the lists differ in length, a payer stands in another row, or a row misses 1 by over 1e-9.

    >>> outcomes_from([1, 1], [0, 2], [0.2, 0.8], payer=[1, -1]).count
    2
    """
    rows, targets = np.asarray(row, dtype=np.int64), np.asarray(target, dtype=np.int64)
    shares = np.asarray(share, dtype=np.float64)
    count = len(rows)
    payers = np.full(count, -1) if payer is None else np.asarray(payer, dtype=np.int64)
    levers = np.arange(count) if lever is None else np.asarray(lever, dtype=np.int64)
    if not count == len(targets) == len(shares) == len(payers) == len(levers):
        raise ChainError("rows, targets, shares, payers and levers of outcomes must have one length")
    paid = payers >= 0
    if bool(np.any(payers >= count)) or bool(np.any(rows[payers[paid]] != rows[paid])):
        raise ChainError("an outcome can only be paid for by another outcome of the same row")
    totals = np.bincount(rows, weights=shares) if count else np.zeros(0)
    wrong = np.flatnonzero((np.bincount(rows) > 0) & (np.abs(totals - 1.0) > 1e-9)) if count else totals
    if len(wrong):
        bad = int(wrong[0])
        raise ChainError(f"the outcomes at node {bad} add up to {totals[bad]:.12g}, not to 1", row=bad)
    return Outcomes(rows, targets, shares, payers, levers)


def chain_from_outcomes(
    n: int, k: int, outcomes: Outcomes, start: Any = 0, share: Floats | None = None, settings: Settings = DEFAULT
) -> Chain:
    """The chain whose every row is made of outcomes; `share` replaces the shares (same entries)."""
    shares = outcomes.share if share is None else share
    inside = outcomes.target < n
    return chain_from_cells(
        n,
        outcomes.row[inside],
        outcomes.target[inside],
        shares[inside],
        outcomes.row[~inside],
        outcomes.target[~inside] - n,
        shares[~inside],
        k,
        start,
        settings,
    )


def summed(index: Ints, amount: Floats, size: int) -> Floats:
    """Sum amounts by index, shape (size,): the amounts of all outcomes of each node, say.

    >>> summed(np.array([0, 2, 0]), np.array([1.0, 2.0, 3.0]), 3).tolist()
    [4.0, 0.0, 2.0]
    """
    return np.bincount(index, weights=amount, minlength=size).astype(np.float64, copy=False)


def along(outcomes: Outcomes, raw: Floats, kind: Along = "proportional") -> Floats:
    """Turn raw slopes per entry, shape (m,), into slopes along a direction, shape (m,).

    "proportional" at a share of exactly 1 lets the other outcomes pay evenly; an only outcome has slope 0. The sums
    leave the largest outcome of a row out, so that no digit is lost beside a share near 1.

    >>> decision = outcomes_from([0, 0], [1, 2], [0.25, 0.75], payer=[1, -1])
    >>> along(decision, np.array([3.0, 1.0]), "centred").tolist()
    [1.5, -0.5]
    """
    size = int(outcomes.row.max(initial=-1)) + 1
    relative, main = _relative_to_largest(outcomes, raw, size)
    mean = summed(outcomes.row, outcomes.share * relative, size)[outcomes.row]
    centred = relative - mean
    if kind == "centred":
        return centred
    others = 1.0 - outcomes.share
    rest = outcomes.share.copy()
    rest[main] = 0.0
    others[main] = summed(outcomes.row, rest, size)[outcomes.row[main]]
    proportional = np.zeros(outcomes.count)
    np.divide(centred, others, out=proportional, where=others > 0.0)
    sure = np.flatnonzero(others <= 0.0)
    if len(sure):
        width = np.bincount(outcomes.row, minlength=size)
        sure = sure[width[outcomes.row[sure]] > 1]  # most rows are steps with one way on, whose slope is 0
    if len(sure):
        even = summed(outcomes.row, relative, size)[outcomes.row[sure]] - relative[sure]
        proportional[sure] = relative[sure] - even / (width[outcomes.row[sure]] - 1)
    if kind == "proportional":
        return proportional
    if kind == "from_pass":
        return np.where(outcomes.payer >= 0, relative - relative[outcomes.payer], proportional)
    raise ValueError(f"a share moves from_pass, proportional or centred, not {kind!r}")


def direction(outcomes: Outcomes, entries: Sequence[int], kind: Along = "from_pass") -> Floats:
    """The direction itself, shape (m,): one more unit of share to each entry asked for, paid in its row.

    `entries` are copies of one lever, at most one a row. "centred" is pi_k (e_k - pi), the unit step of the log-odds,
    divided by pi_k. Adds up to 0 in every row.
    """
    delta = np.zeros(outcomes.count)
    for entry in entries:
        row = np.flatnonzero(outcomes.row == outcomes.row[entry])
        others = row[row != entry]
        if not len(others):
            continue
        share = outcomes.share[others]
        if kind == "from_pass" and outcomes.payer[entry] >= 0:
            delta[entry] += 1.0
            delta[outcomes.payer[entry]] -= 1.0
        elif kind == "centred":
            delta[entry] += share.sum()
            delta[others] -= share
        else:
            total = share.sum()
            delta[entry] += 1.0
            delta[others] -= share / total if total > 0.0 else 1.0 / len(others)
    return delta


def _relative_to_largest(outcomes: Outcomes, raw: Floats, size: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Slopes minus that of the largest outcome of the row (the first among equals), and which entries those are."""
    largest = np.zeros(size)
    np.maximum.at(largest, outcomes.row, outcomes.share)
    candidate = np.flatnonzero(outcomes.share >= largest[outcomes.row])[::-1]
    last = np.zeros(size, dtype=np.int64)
    last[outcomes.row[candidate]] = candidate  # the last write of a row wins: the first among equals
    main = np.zeros(outcomes.count, dtype=bool)
    main[last[outcomes.row]] = True
    return raw - raw[last[outcomes.row]], main
