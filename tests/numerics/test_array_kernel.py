"""The plain numpy elimination against the compiled one and against dense solves."""

import numpy as np
import pytest

from mpmflow.numerics.chains.elimination import plan_elimination
from mpmflow.numerics.chains.outcomes import outcomes_from
from mpmflow.numerics.times import array_kernel, transforms
from mpmflow.numerics.times.laws import Exponential, Gamma
from mpmflow.numerics.times.sojourn import cycle_time
from mpmflow.numerics.times.transforms import timed_process


def rework_line(n: int, seed: int) -> transforms.TimedProcess:
    """A line of n steps, each with a way back, a way out and a way on."""
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.arange(n), 3)
    target = np.column_stack([rng.integers(0, np.arange(n) + 1), np.full(n, n + 1), np.arange(1, n + 1)]).ravel()
    share = rng.dirichlet([1.0, 0.3, 5.0], n).ravel()
    laws = tuple(
        Gamma(mean, mean) if index % 2 else Exponential(mean) for index, mean in enumerate(rng.uniform(1, 5, n))
    )
    return timed_process(n, 2, outcomes_from(rows, target, share), laws)


@pytest.mark.parametrize(("n", "seed"), [(1, 0), (2, 1), (7, 2), (20, 3)])
def test_both_kernels_give_the_same_law(n: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    process = rework_line(n, seed)
    assert len(process.plan.update) <= array_kernel.UPDATES
    plain = cycle_time(process).all
    monkeypatch.setattr(array_kernel, "UPDATES", -1)
    compiled = cycle_time(rework_line(n, seed)).all
    times = np.linspace(0.0, plain.quantile(0.999), 50)
    np.testing.assert_allclose(plain.cdf(times), compiled.cdf(times), atol=1e-12)


def test_visits_and_worths_equal_dense_solves() -> None:
    rng = np.random.default_rng(5)
    n, width = 9, 4
    process = rework_line(n, 5)
    out = process.outcomes
    inside = np.flatnonzero(out.target < n)
    plan = plan_elimination(n, out.row[inside], out.target[inside])
    cells = out.share[inside, None] * np.exp(2j * np.pi * rng.random((len(inside), width)))
    left, right = rng.random((n, width)) + 0j, rng.random((2, n, width)) + 0j
    v, u = left.copy(), right.copy()
    array_kernel.solve_frequencies(plan, plan.place[out.row[inside]], cells, v, u)
    for q in range(width):
        g = np.zeros((n, n), dtype=complex)
        np.add.at(g, (out.row[inside], out.target[inside]), cells[:, q])
        np.testing.assert_allclose(v[:, q] @ (np.eye(n) - g), left[:, q], atol=1e-12)
        np.testing.assert_allclose((np.eye(n) - g) @ u[:, :, q].T, right[:, :, q].T, atol=1e-12)
