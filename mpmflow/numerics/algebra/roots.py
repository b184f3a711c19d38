"""Roots of a polynomial between 0 and 1, all of them and nothing else, from exact coefficients.

Floating-point root finders lose their way in the high degrees that copies of bounded loops make. Here the coefficients
in the Bernstein basis are halved until each piece has at most one change of sign: none means no root, one means exactly
one (Descartes' rule of signs; Lane & Riesenfeld 1981). Multiple roots are made simple first. Each root is then closed
in by halving with exact signs, to the last bit of a float.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import comb

from .polynomials import Polynomial, common_divisor, divide, scaled

_HALVINGS = 60


def roots_of_share(coefficients: Sequence[Fraction]) -> list[float]:
    """The roots in 0..1 of the polynomial with these coefficients (lowest first), rising, each once.

    A polynomial that is 0 everywhere has none here.

    >>> roots_of_share([Fraction(1, 8), Fraction(-3, 4), Fraction(1)])
    [0.25, 0.5]
    >>> roots_of_share([Fraction(1), Fraction(0), Fraction(1)])
    []
    """
    simple = _simple(coefficients)
    degree = len(simple) - 1
    if degree < 1:
        return []
    found = [Fraction(at) for at in (0, 1) if not _value(simple, Fraction(at))]
    # Bernstein coefficients: sum over k of C(i, k) / C(n, k) a_k
    pieces = [
        (
            Fraction(0),
            Fraction(1),
            [
                sum((Fraction(comb(i, k), comb(degree, k)) * simple[k] for k in range(i + 1)), Fraction(0))
                for i in range(degree + 1)
            ],
        )
    ]
    while pieces:
        low, high, shape = pieces.pop()
        changes = _changes(shape)
        if changes == 1:
            found.append(_closed_in(simple, low, high, shape))
        elif changes > 1:
            middle = (low + high) / 2
            left, right = _halved(shape)
            if not right[0]:
                found.append(middle)
            pieces += [(low, middle, left), (middle, high, right)]
    return sorted({float(root) for root in found})


def _simple(coefficients: Sequence[Fraction]) -> list[Fraction]:
    """The same roots, each of them once."""
    polynomial: Polynomial = {(power,): value for power, value in enumerate(coefficients) if value}
    if not polynomial:
        return []
    polynomial = scaled(polynomial)
    slope: Polynomial = {(power - 1,): power * value for (power,), value in polynomial.items() if power}
    if slope:
        polynomial = divide(polynomial, common_divisor(polynomial, slope)) or polynomial
    found = [Fraction(0)] * (max(power for (power,) in polynomial) + 1)
    for (power,), value in polynomial.items():
        found[power] = value
    return found


def _changes(shape: Sequence[Fraction]) -> int:
    signs = [value > 0 for value in shape if value]
    return sum(one != other for one, other in pairwise(signs))


def _halved(shape: list[Fraction]) -> tuple[list[Fraction], list[Fraction]]:
    """The Bernstein coefficients of both halves (de Casteljau)."""
    left, right, row = [shape[0]], [shape[-1]], shape
    while len(row) > 1:
        row = [(one + other) / 2 for one, other in pairwise(row)]
        left.append(row[0])
        right.append(row[-1])
    return left, right[::-1]


def _closed_in(simple: Sequence[Fraction], low: Fraction, high: Fraction, shape: Sequence[Fraction]) -> Fraction:
    """The one root strictly between; the ends themselves may be roots that were found before."""
    rising = next(value for value in reversed(shape) if value) > 0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        value = _value(simple, middle)
        if not value:
            return middle
        if (value > 0) == rising:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _value(coefficients: Sequence[Fraction], at: Fraction) -> Fraction:
    total = Fraction(0)
    for value in reversed(coefficients):
        total = total * at + value
    return total
