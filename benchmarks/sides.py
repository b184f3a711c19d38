"""The same questions put to the engine, to bare SciPy, to dense numpy and to the Storm model checker.

Every side answers: visits of every step, chance of each end, expected time from every step, slope of the expected time
in the share of every outcome. Storm has no slopes of numeric models; they are put together by hand from its visits and
values, in numpy, which takes next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from mpmflow.numerics.chains.chain import factorise
from mpmflow.numerics.chains.outcomes import Outcomes, along, chain_from_outcomes, outcomes_from

Answers = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Visits, ends, time from every step, slopes."""


@dataclass(frozen=True)
class Plan:
    """A made-up campaign plan: steps in a row, three in ten followed by a question."""

    n: int
    outcomes: Outcomes
    time: np.ndarray
    start: int


def campaign(n: int, seed: int = 11, shuffled: bool = False, far: int = 0) -> Plan:
    """Steps 0..n-1; after a question the case is redone from 1 to 20 steps back, skips ahead, is scrapped, or goes on.

    The chance of ever being scrapped stays near one half whatever n is. `shuffled` gives the steps random numbers;
    `far` is how many of the questions send work back to any earlier step, which ties nearly all steps into one loop.
    """
    rng = np.random.default_rng(seed)
    asks = np.flatnonzero(rng.random(n) < 0.3)
    asks = asks[(asks > 0) & (asks < n - 1)]
    asked = np.zeros(n, dtype=bool)
    asked[asks] = True
    plain = np.flatnonzero(~asked)
    redo = rng.uniform(0.05, 0.3, len(asks))
    lost = rng.uniform(0.0, 1.4, len(asks)) / max(1, len(asks))
    skip = rng.uniform(0.0, 0.4, len(asks)) * (1 - redo - lost)
    back = np.maximum(0, asks - rng.integers(1, 21, len(asks)))
    chosen = rng.choice(len(asks), min(far, len(asks)), replace=False)
    back[chosen] = rng.integers(0, asks[chosen] + 1)
    ahead = np.minimum(n - 1, asks + rng.integers(2, 7, len(asks)))
    row = np.concatenate([plain, asks, asks, asks, asks])
    target = np.concatenate([plain + 1, asks + 1, ahead, back, np.full(len(asks), n + 1)])
    share = np.concatenate([np.ones(len(plain)), 1 - redo - lost - skip, skip, redo, lost])
    duration = rng.uniform(0.5, 2.0, n)
    name = rng.permutation(n) if shuffled else np.arange(n)
    target = np.where(target < n, name[np.minimum(target, n - 1)], target)
    order = np.lexsort((target, name[row]))
    times = np.empty(n)
    times[name] = duration
    return Plan(n, outcomes_from(name[row][order], target[order], share[order]), times, int(name[0]))


def ours(plan: Plan) -> Answers:
    """All answers by the engine, checks of its input included."""
    chain = chain_from_outcomes(plan.n, 2, plan.outcomes, plan.start)
    factor = factorise(chain)
    visits, to_go = factor.visits(), factor.values(plan.time)
    worth = np.append(to_go, [0.0, 0.0])[plan.outcomes.target]
    return visits, visits @ chain.exits, to_go, along(plan.outcomes, visits[plan.outcomes.row] * worth)


def bare(plan: Plan) -> Answers:
    """The same by hand with SuperLU in natural order, as one would write it."""
    out, n = plan.outcomes, plan.n
    inside = out.target < n
    node = np.arange(n)
    matrix = sparse.csc_matrix(
        (
            np.append(-out.share[inside], np.ones(n)),
            (np.append(out.row[inside], node), np.append(out.target[inside], node)),
        ),
        shape=(n, n),
    )
    factor = linalg.splu(matrix, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    start = np.zeros(n)
    start[plan.start] = 1.0
    visits, to_go = factor.solve(start, trans="T"), factor.solve(plan.time)
    ends = np.array(
        [np.bincount(out.row[out.target == n + k], out.share[out.target == n + k], n) @ visits for k in range(2)]
    )
    return visits, ends, to_go, by_hand(plan, visits, to_go)


def by_hand(plan: Plan, visits: np.ndarray, to_go: np.ndarray) -> np.ndarray:
    """Slope of the time in every share, the others of its decision paying in proportion."""
    out = plan.outcomes
    raw = visits[out.row] * np.append(to_go, [0.0, 0.0])[out.target]
    mean = np.bincount(out.row, out.share * raw, plan.n)[out.row]
    rest = 1.0 - out.share
    return np.where(rest > 0, (raw - mean) / np.where(rest > 0, rest, 1.0), 0.0)


def dense(plan: Plan) -> Answers:
    """The same with a full matrix."""
    out, n = plan.outcomes, plan.n
    inside = out.target < n
    matrix = np.eye(n)
    np.add.at(matrix, (out.row[inside], out.target[inside]), -out.share[inside])
    start = np.zeros(n)
    start[plan.start] = 1.0
    visits, to_go = np.linalg.solve(matrix.T, start), np.linalg.solve(matrix, plan.time)
    done = [visits[out.row[out.target == n + k]] @ out.share[out.target == n + k] for k in range(2)]
    return visits, np.array(done), to_go, by_hand(plan, visits, to_go)


def storm(plan: Plan, solver: str) -> Callable[[], Answers]:
    """A question to Storm about a model that is already built; `solver` is "default" or "elimination".

    The default is sound value iteration with a relative precision of 1e-6; elimination is exact to rounding. Raises
    ImportError where stormpy is not installed.
    """
    import stormpy
    from stormpy import analysis, environments

    if solver == "default":
        environment = environments.sound()
    else:
        environment = environments.Environment()
        settings = environment.solver() if callable(environment.solver) else environment.solver
        settings.set_linear_equation_solver_type(environments.EquationSolverType.ELIMINATION)
    model = _storm_model(plan)
    wanted = [
        stormpy.parse_properties(text)[0] for text in ('R{"time"}=? [F "end"]', 'P=? [F "done"]', 'P=? [F "lost"]')
    ]

    def ask() -> Answers:
        found = [
            stormpy.model_checking(model, one, environment=environment, only_initial_states=False) for one in wanted
        ]
        to_go = np.array(found[0].get_value_vector())[: plan.n]
        ends = np.array([float(one.get_value_vector()[plan.start]) for one in found[1:]])
        executions = analysis.compute_expected_number_of_visits(model, environment=environment)
        visits = np.array(executions.get_value_vector())[: plan.n]
        return visits, ends, to_go, by_hand(plan, visits, to_go)

    return ask


def _storm_model(plan: Plan) -> Any:
    from stormpy import datastructures, models

    n, out = plan.n, plan.outcomes
    cells = sparse.csr_array((out.share, (out.row, out.target)), shape=(n, n + 2))
    cells.sum_duplicates()
    row = [*np.repeat(np.arange(n), np.diff(cells.indptr)).tolist(), n, n + 1]
    col, share = [*cells.indices.tolist(), n, n + 1], [*cells.data.tolist(), 1.0, 1.0]
    builder = datastructures.SparseMatrixBuilder[float](rows=n + 2, columns=n + 2, entries=len(row))
    builder.add_next_values(row, col, share)
    label = models.StateLabeling(n + 2)
    for word, states in (("init", [plan.start]), ("done", [n]), ("lost", [n + 1]), ("end", [n, n + 1])):
        label.add_label(word)
        for state in states:
            label.add_label_to_state(word, state)
    time = models.SparseRewardModel[float](optional_state_reward_vector=[*plan.time.tolist(), 0.0, 0.0])
    parts = models.SparseModelComponents[float](
        transition_matrix=builder.build(), state_labeling=label, reward_models={"time": time}
    )
    return models.SparseDtmc[float](parts)
