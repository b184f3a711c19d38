"""Closed forms: exact against dense fractions, reduced to lowest terms, break-even shares solved."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.numerics.algebra.polynomials import add, common_divisor, constant, divide, multiply, scaled, variable
from mpmflow.numerics.algebra.rational import ExactOutcome, Variable, closed_form
from mpmflow.numerics.faults import ChainError, NoExitError

F = Fraction


def _exact(seed: int, n: int = 6) -> list[ExactOutcome]:
    """Random decisions in hundredths, each with an outcome to an end."""
    rng = np.random.default_rng(seed)
    result = []
    for node in range(n):
        cuts = rng.multinomial(90, rng.dirichlet(np.ones(3)))
        targets = [int(rng.integers(0, n + 1)), min(n, node + 1), int(rng.integers(0, n))]
        for target, part in zip(targets, cuts, strict=True):
            result.append(ExactOutcome(node, target, F(int(part), 100), F(int(rng.integers(0, 3)))))
        result.append(ExactOutcome(node, n + 1, F(10, 100)))
    return result


def _by_floats(n: int, outcomes: list[ExactOutcome], share: list[float], rewards: list[int]) -> float:
    matrix, right = np.eye(n), np.array(rewards, dtype=float)
    for outcome, chance in zip(outcomes, share, strict=True):
        right[outcome.row] += chance * float(outcome.reward)
        if outcome.target < n:
            matrix[outcome.row, outcome.target] -= chance
        elif outcome.target == n:
            right[outcome.row] += chance * 2.0
    return float(np.linalg.solve(matrix, right)[0])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_the_formula_holds_wherever_its_shares_are_moved(seed: int, count: int) -> None:
    n = 6
    outcomes = _exact(seed, n)
    rng = np.random.default_rng(seed)
    rewards = rng.integers(0, 5, n).tolist()
    rows = rng.choice(n, size=count, replace=False)
    variables = [Variable(f"x{i}", (4 * int(row),), (4 * int(row) + 3,)) for i, row in enumerate(rows)]
    form = closed_form(n, 2, outcomes, rewards, variables, terminal=[2, 0])
    share = [float(outcome.share) for outcome in outcomes]
    assert float(form.at()) == pytest.approx(_by_floats(n, outcomes, share, rewards), rel=1e-10)
    moved = {f"x{i}": outcomes[4 * int(row)].share + F(int(rng.integers(-3, 9)), 100) for i, row in enumerate(rows)}
    for i, row in enumerate(rows):
        share[4 * int(row)], share[4 * int(row) + 3] = (
            float(moved[f"x{i}"]),
            share[4 * int(row) + 3] - float(moved[f"x{i}"] - outcomes[4 * int(row)].share),
        )
    assert float(form.at(moved)) == pytest.approx(_by_floats(n, outcomes, share, rewards), rel=1e-9)


def test_two_checks_in_a_row_give_the_formula_one_would_write() -> None:
    # draft 2 h -> check a sends back a -> check b sends back b, both to the draft
    outcomes = [
        ExactOutcome(0, 1, F(1)),
        ExactOutcome(1, 0, F(1, 5)),
        ExactOutcome(1, 2, F(4, 5)),
        ExactOutcome(2, 0, F(1, 10)),
        ExactOutcome(2, 3, F(9, 10)),
    ]
    form = closed_form(3, 1, outcomes, [2, 0, 0], [Variable("a", (1,)), Variable("b", (3,))])
    assert str(form) == "2 / (a*b - a - b + 1)"
    assert form.at() == F(2) / (F(4, 5) * F(9, 10))
    assert form.at({"a": 0}) == F(2) / F(9, 10)
    assert form.break_even("a", 4, {"b": F(0)}) == pytest.approx((0.5,))
    assert form.break_even("a", 1) == ()  # less than one draft is never needed


def test_others_pay_in_proportion_unless_told() -> None:
    outcomes = [ExactOutcome(0, 0, F(1, 5)), ExactOutcome(0, 1, F(3, 5)), ExactOutcome(0, 2, F(1, 5))]
    done = closed_form(1, 2, outcomes, [0], [Variable("b", (0,))], terminal=[1, 0])
    assert str(done) == "3/4"  # done and scrap share what is left as 3 to 1, whatever is sent back
    paid = closed_form(1, 2, outcomes, [0], [Variable("b", (0,), (1,))], terminal=[1, 0])
    assert paid.at({"b": F(3, 10)}) == F(1, 2) / F(7, 10)


def test_copies_of_one_outcome_move_together() -> None:
    outcomes = [
        ExactOutcome(0, 1, F(1, 5)),
        ExactOutcome(0, 2, F(4, 5)),
        ExactOutcome(1, 2, F(1)),
    ]
    twice = [*outcomes[:2], ExactOutcome(1, 1, F(1, 5)), ExactOutcome(1, 2, F(4, 5))]
    form = closed_form(2, 1, twice, [1, 1], [Variable("q", (0, 2))])
    assert form.at({"q": F(1, 2)}) == 2
    assert form.break_even("q", F(5, 4)) == pytest.approx((0.2,))


def test_what_cannot_be_is_refused() -> None:
    loop = [ExactOutcome(0, 0, F(1, 5)), ExactOutcome(0, 1, F(4, 5))]
    with pytest.raises(ChainError, match="one to four"):
        closed_form(1, 1, loop, [1], [])
    with pytest.raises(ChainError, match="not to 1"):
        closed_form(1, 1, loop[:1], [1], [Variable("b", (0,))])
    with pytest.raises(ChainError, match="none of them twice"):
        closed_form(1, 1, loop, [1], [Variable("b", (0,)), Variable("c", (0,))])
    with pytest.raises(ChainError, match="two outcomes of one decision"):
        closed_form(1, 1, loop, [1], [Variable("b", (0, 1))])
    with pytest.raises(ChainError, match="itself a variable"):
        closed_form(1, 1, loop, [1], [Variable("b", (0,), (1,)), Variable("c", (1,))])
    with pytest.raises(ChainError, match="does not exist"):
        closed_form(1, 1, [ExactOutcome(0, 5, F(1))], [1], [Variable("b", (0,))])
    with pytest.raises(ChainError, match="infinite"):
        closed_form(1, 1, loop, [1], [Variable("b", (0,))]).at({"b": 1})
    stuck = [ExactOutcome(0, 1, F(1, 2)), ExactOutcome(0, 2, F(1, 2)), ExactOutcome(1, 1, F(1))]
    with pytest.raises(NoExitError):
        closed_form(2, 1, stuck, [1, 1], [Variable("b", (0,))])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=12, max_size=12))
def test_a_common_factor_is_found(numbers: list[int]) -> None:
    x, y = variable(0, 2), variable(1, 2)

    def plane(a: int, b: int, c: int, d: int) -> dict[tuple[int, ...], Fraction]:
        return add(add(multiply(x, y), x, a), add(constant(c, 2), y, b), 1) if d else add(x, constant(c, 2))

    one, two, three = (plane(*numbers[i : i + 4]) for i in (0, 4, 8))
    found = common_divisor(multiply(one, three), multiply(two, three))
    assert divide(found, scaled(three)) is not None
    assert divide(multiply(one, three), found) is not None
    assert divide(multiply(two, three), found) is not None
