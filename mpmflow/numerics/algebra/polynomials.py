"""Polynomials in a few variables with exact fractions: just what closed forms of processes need.

A polynomial is a dict from exponents to coefficients: `{(1, 0): Fraction(3), (0, 0): Fraction(-1)}` is 3 x - 1. No
zero coefficients are kept, so equal polynomials are equal dicts. Sizes stay small: every variable is the share of one
outcome and occurs at most once for each copy of its decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm

Exponents = tuple[int, ...]
Polynomial = dict[Exponents, Fraction]


def constant(value: Fraction | int, variables: int) -> Polynomial:
    """A number as a polynomial."""
    return {(0,) * variables: Fraction(value)} if value else {}


def variable(index: int, variables: int) -> Polynomial:
    """One of the variables itself."""
    return {tuple(int(place == index) for place in range(variables)): Fraction(1)}


def add(left: Polynomial, right: Polynomial, factor: Fraction | int = 1) -> Polynomial:
    """`left + factor * right`."""
    result = dict(left)
    for power, value in right.items():
        total = result.get(power, Fraction(0)) + factor * value
        if total:
            result[power] = total
        else:
            result.pop(power, None)
    return result


def multiply(left: Polynomial, right: Polynomial) -> Polynomial:
    """Product.

    >>> x = variable(0, 1)
    >>> multiply(add(x, constant(1, 1)), add(x, constant(-1, 1))) == {(2,): 1, (0,): -1}
    True
    """
    result: Polynomial = {}
    for one, a in left.items():
        for other, b in right.items():
            power = tuple(i + j for i, j in zip(one, other, strict=True))
            result[power] = result.get(power, Fraction(0)) + a * b
    return {power: value for power, value in result.items() if value}


def divide(left: Polynomial, right: Polynomial) -> Polynomial | None:
    """The exact quotient, or None when `right` does not divide `left`."""
    rest, quotient = dict(left), {}
    lead = max(right)
    while rest:
        top = max(rest)
        power = tuple(i - j for i, j in zip(top, lead, strict=True))
        if min(power, default=0) < 0:
            return None
        part = {power: rest[top] / right[lead]}
        quotient.update(part)
        rest = add(rest, multiply(part, right), -1)
    return quotient


def common_divisor(left: Polynomial, right: Polynomial) -> Polynomial:
    """A greatest common divisor, up to a number: Euclid's algorithm in the first variable, primitive at every step.

    >>> x, y = variable(0, 2), variable(1, 2)
    >>> found = common_divisor(multiply(x, y), multiply(x, x))
    >>> found == x
    True
    """
    if not left or not right:
        return scaled(left or right)
    variables = len(next(iter(left)))
    if variables == 0:
        return {(): Fraction(1)}
    if coprime(left, right):
        return constant(1, variables)
    a, b = _in_first(left), _in_first(right)
    content = common_divisor(_content(a), _content(b))
    a, b = _primitive(a), _primitive(b)
    if len(a) < len(b):
        a, b = b, a
    while b:
        a, b = b, _primitive(_pseudo_rest(a, b))
    return scaled(multiply(_from_first([content]), _from_first(a)))


_PRIME = 2**61 - 1
_POINT = (1_000_003, 7_368_787, 39_916_801, 433_494_437)


def coprime(left: Polynomial, right: Polynomial) -> bool:
    """A quick proof that two polynomials share no factor; False means that nothing is proven.

    Modulo a prime, and with numbers for all variables but one, a common factor keeps its degree in that one, unless the
    leading coefficients vanish. So if the images are coprime in every variable, so are the polynomials.

    >>> x, y = variable(0, 2), variable(1, 2)
    >>> coprime(x, add(x, y)), coprime(multiply(x, y), x)
    (True, False)
    """
    whole = scaled(left), scaled(right)
    for index in range(len(next(iter(left)))):
        images = [_image(part, index) for part in whole]
        if any(not image or not image[-1] for image in images) or _divisor_degree(*images):
            return False
    return True


def _image(polynomial: Polynomial, index: int) -> list[int]:
    """Coefficients in one variable modulo the prime, lowest first, with a fixed number for each other variable."""
    found = [0] * (max(power[index] for power in polynomial) + 1)
    for power, value in polynomial.items():
        term = int(value) % _PRIME
        for place, exponent in enumerate(power):
            if place != index and exponent:
                term = term * pow(_POINT[place % len(_POINT)] + place, exponent, _PRIME) % _PRIME
        found[power[index]] = (found[power[index]] + term) % _PRIME
    return found


def _divisor_degree(a: list[int], b: list[int]) -> int:
    """Degree of the greatest common divisor of two polynomials modulo the prime."""
    while b:
        inverse = pow(b[-1], -1, _PRIME)
        rest = list(a)
        while len(rest) >= len(b):
            factor, shift = rest[-1] * inverse % _PRIME, len(rest) - len(b)
            for degree, value in enumerate(b):
                rest[degree + shift] = (rest[degree + shift] - factor * value) % _PRIME
            while rest and not rest[-1]:
                rest.pop()
        a, b = b, rest
    return len(a) - 1


def scaled(polynomial: Polynomial) -> Polynomial:
    """The same up to a number: whole coefficients without a common factor, the leading one positive."""
    if not polynomial:
        return {}
    below = lcm(*(value.denominator for value in polynomial.values()))
    above = gcd(*(int(value * below) for value in polynomial.values()))
    factor = Fraction(below, above) * (-1 if polynomial[max(polynomial)] < 0 else 1)
    return {power: value * factor for power, value in polynomial.items()}


def evaluate(polynomial: Polynomial, point: Sequence[Fraction]) -> Fraction:
    """Value at a point."""
    total = Fraction(0)
    for power, value in polynomial.items():
        for base, exponent in zip(point, power, strict=True):
            value = value * base**exponent
        total += value
    return total


def in_one(polynomial: Polynomial, index: int, point: Mapping[int, Fraction]) -> list[Fraction]:
    """Coefficients in variable `index` (lowest first) with all others set to `point`."""
    result: list[Fraction] = []
    for power, value in polynomial.items():
        for place, exponent in enumerate(power):
            if place != index and exponent:
                value = value * point[place] ** exponent
        result += [Fraction(0)] * (power[index] + 1 - len(result))
        result[power[index]] += value
    while result and not result[-1]:
        result.pop()
    return result


def _in_first(polynomial: Polynomial) -> list[Polynomial]:
    """Coefficients (polynomials in the other variables) of the powers of the first variable, lowest first."""
    result: list[Polynomial] = []
    for power, value in polynomial.items():
        result += [{} for _ in range(power[0] + 1 - len(result))]
        result[power[0]][power[1:]] = value
    return result


def _from_first(coefficients: Sequence[Polynomial]) -> Polynomial:
    return {(degree, *power): value for degree, part in enumerate(coefficients) for power, value in part.items()}


def _content(coefficients: Sequence[Polynomial]) -> Polynomial:
    result: Polynomial = {}
    for part in coefficients:
        if part:
            result = common_divisor(result, part)
    return result


def _primitive(coefficients: list[Polynomial]) -> list[Polynomial]:
    while coefficients and not coefficients[-1]:
        coefficients = coefficients[:-1]
    if not coefficients:
        return []
    content = _content(coefficients)
    parts = [divide(part, content) or {} if part else {} for part in coefficients]
    return _in_first(scaled(_from_first(parts)))  # numbers in common go too, or they grow with every step


def _pseudo_rest(a: list[Polynomial], b: list[Polynomial]) -> list[Polynomial]:
    """What is left of a power of b's leading coefficient times a, divided by b."""
    rest = list(a)
    while len(rest) >= len(b):
        lead, shift = rest[-1], len(rest) - len(b)
        rest = [multiply(part, b[-1]) for part in rest]
        for degree, part in enumerate(b):
            rest[degree + shift] = add(rest[degree + shift], multiply(lead, part), -1)
        while rest and not rest[-1]:
            rest.pop()
    return rest
