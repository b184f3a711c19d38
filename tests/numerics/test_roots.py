"""Roots between 0 and 1: none too many, none missed, however high the degree."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.numerics.algebra.polynomials import add, common_divisor, coprime, multiply, variable
from mpmflow.numerics.algebra.roots import roots_of_share

SHARES = st.fractions(0, 1, max_denominator=64)


def with_roots(roots: list[Fraction]) -> list[Fraction]:
    """Coefficients of the product of all (x - root)."""
    product = reduce(lambda done, root: multiply(done, {(1,): Fraction(1)} | ({(0,): -root} if root else {})), roots,
                     {(0,): Fraction(1)})  # fmt: skip
    return [product.get((power,), Fraction(0)) for power in range(len(roots) + 1)]


@settings(max_examples=60, deadline=None)
@given(st.lists(SHARES, max_size=6), st.lists(st.sampled_from([Fraction(-1), Fraction(3, 2), Fraction(9)]), max_size=3))
def test_every_root_between_0_and_1_is_found_once(inside: list[Fraction], outside: list[Fraction]) -> None:
    found = roots_of_share(with_roots([*inside, *outside]))
    assert found == pytest.approx(sorted({float(root) for root in inside}), abs=1e-15)


def test_no_roots_are_made_up_in_high_degrees() -> None:
    """(1 - x)^40 = 1/2 has one root; a floating-point finder gives several beside it."""
    coefficients = with_roots([Fraction(1)] * 40)
    coefficients[0] -= Fraction(1, 2)
    assert roots_of_share(coefficients) == pytest.approx([1 - 0.5 ** (1 / 40)], rel=1e-14)


def test_two_roots_that_nearly_touch_are_told_apart() -> None:
    first, second = Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**9)
    assert roots_of_share(with_roots([first, second])) == [float(first), float(second)]


@pytest.mark.parametrize("coefficients", [[], [Fraction(0)], [Fraction(2)], [Fraction(0), Fraction(0)]])
def test_constants_have_no_roots(coefficients: list[Fraction]) -> None:
    assert roots_of_share(coefficients) == []


POLYNOMIALS = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.integers(-5, 5).filter(bool).map(Fraction),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(POLYNOMIALS, POLYNOMIALS, POLYNOMIALS)
def test_a_proof_of_no_common_factor_is_never_wrong(one: dict, other: dict, factor: dict) -> None:
    if max(sum(power) for power in factor) > 0:
        assert not coprime(multiply(one, factor), multiply(other, factor))
    if coprime(one, other):
        assert max(sum(power) for power in common_divisor(one, other)) == 0


def test_what_shares_no_factor_is_seen_at_once() -> None:
    x, y = variable(0, 2), variable(1, 2)
    assert coprime(add(multiply(x, y), x), add(x, y))
