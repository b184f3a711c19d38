"""Slow and plain second opinions for the engines: dense algebra that takes complex numbers, and walking the whole law.

Nothing here shares code with the engines. `processes()` draws random ones for property tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from mpmflow.numerics.chains.chain import Chain
from mpmflow.numerics.chains.outcomes import Outcomes, chain_from_outcomes, outcomes_from


@dataclass(frozen=True)
class Process:
    """A random process: its outcomes, and how many nodes and ends it has."""

    n: int
    k: int
    outcomes: Outcomes

    @property
    def chain(self) -> Chain:
        return chain_from_outcomes(self.n, self.k, self.outcomes)


def random_process(seed: int, n: int = 8, k: int = 2, least_exit: float = 0.02) -> Process:
    """Nodes that go on, decisions with two to four outcomes back, ahead or out; every node can end."""
    rng = np.random.default_rng(seed)
    row, target, share, payer = [], [], [], []
    for node in range(n):
        width = int(rng.integers(1, 5)) if node < n - 1 else 1
        targets = (
            [min(n, node + 1)] + [int(rng.integers(0, n + k)) for _ in range(width - 1)] + [n + int(rng.integers(k))]
        )
        shares = rng.dirichlet(np.ones(len(targets))) * (1.0 - least_exit)
        shares[-1] += least_exit
        first = len(row)
        for position, (to, part) in enumerate(zip(targets, shares, strict=True)):
            row.append(node)
            target.append(to)
            share.append(float(part))
            payer.append(-1 if position == 0 else first)
    return Process(n, k, outcomes_from(row, target, share, payer))


def processes(most: int = 10) -> st.SearchStrategy[Process]:
    """Hypothesis strategy over random processes of up to `most` nodes."""
    return st.builds(random_process, st.integers(0, 2**32 - 1), st.integers(1, most), st.integers(1, 3))


def dense_routing(process: Process, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Routing (n, n) and exits (n, k) as dense arrays, for real or complex shares."""
    cells = np.zeros((process.n, process.n + process.k), dtype=share.dtype)
    np.add.at(cells, (process.outcomes.row, process.outcomes.target), share)
    return cells[:, : process.n], cells[:, process.n :]


def dense_moments(
    process: Process,
    share: np.ndarray,
    mean: np.ndarray,
    second: np.ndarray,
    extra: np.ndarray,
    extra_second: np.ndarray,
    terminal: np.ndarray,
    start: int = 0,
) -> tuple[complex, complex]:
    """Mean and second moment by dense solves over pairs (node, outcome); complex shares give complex-step slopes."""
    routing, exits = dense_routing(process, share)
    inverse = np.linalg.inv(np.eye(process.n) - routing)
    row, target = process.outcomes.row, process.outcomes.target
    right = mean + exits @ terminal
    np.add.at(right, row, share * extra)
    to_go = inverse @ right
    ahead = np.concatenate([to_go, terminal])[target]
    squares = second + exits @ terminal**2
    # (C + R + V)^2 = C^2 + R^2 + V^2 + 2CR + 2CV + 2RV, outcome by outcome
    np.add.at(squares, row, share * (extra_second + 2 * mean[row] * (extra + ahead) + 2 * extra * ahead))
    second_to_go = inverse @ squares
    return to_go[start], second_to_go[start]


def law_by_walk(process: Process, amount: np.ndarray, extra: np.ndarray, horizon: int, start: int = 0) -> np.ndarray:
    """Chance of (total gathered = t, end = k), whole amounts, shape (horizon + 1, k), by walking mass forward.

    Node amounts must be at least 1, so that every step moves on.
    """
    waiting = np.zeros((horizon + 1, process.n))
    waiting[0, start] = 1.0
    law = np.zeros((horizon + 1, process.k))
    for now in range(horizon + 1):
        for row, target, share, more in zip(
            process.outcomes.row, process.outcomes.target, process.outcomes.share, extra, strict=True
        ):
            then = now + int(amount[row]) + int(more)
            if then > horizon or waiting[now, row] == 0.0:
                continue
            mass = waiting[now, row] * share
            if target < process.n:
                waiting[then, target] += mass
            else:
                law[then, target - process.n] += mass
    return law
