"""Random times inside compiled loops: one table row a law, one number of state a stream; no global generator.

A stream is a 64-bit number; its numbers are the mixes of SplitMix64 (Steele, Lea & Flood 2014). `started(key, luck,
turn)` makes the stream of one visit from the key of its case, by a counter and without memory, so that a visit has the
same luck whatever happened before it: two variants of a process under the same seed differ by the variant and not by
chance (common random numbers). One mix serves a draw; keys are mixed themselves, so that neighbours share nothing.

Most laws are drawn by inversion (one number a draw, rising with it); gamma by Marsaglia & Tsang 2000; the inverse
normal is Wichura's AS 241, right to 1e-15. Import this only from inside a function: numba takes a second.
"""

# Typing stops at numba's decorator; `law_table` and the callers check shapes and types.
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from mpmflow.numerics.compiling import helper, inlined
from mpmflow.numerics.faults import LawError
from mpmflow.numerics.times.compound import Scaled
from mpmflow.numerics.times.laws import (
    Constant,
    CutNormal,
    Empirical,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Triangular,
    Uniform,
    Weibull,
)

from .records import LAW

NOTHING, CONSTANT, UNIFORM, EXPONENTIAL, TRIANGULAR, NORMAL, LOGNORMAL, GAMMA, WEIBULL, EMPIRICAL = range(10)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_PLACE = np.uint64(0xD6E8FEB86659FD93)
_STEP = np.uint64(0xDB4F0B9175AE2165)
_TO_UNIT = 1.0 / 9007199254740992.0


class LawTable(NamedTuple):
    """Laws as rows (`records.LAW`), and of all empirical ones the values with the share up to each."""

    row: Any
    value: Any
    until: Any


def law_table(laws: Sequence[Law | None]) -> LawTable:
    """The table of these laws; None takes no time.

    Raises `LawError` for a law that is none of the nine named ones or such a one scaled.

    >>> law_table([None, Constant(2.0), Exponential(3.0)]).row["kind"].tolist()
    [0, 1, 3]
    """
    table = np.zeros(len(laws), dtype=LAW)
    values: list[float] = []
    until: list[float] = []
    for row, law in zip(table, laws, strict=True):
        scale = 1.0
        while isinstance(law, Scaled):
            scale, law = scale * law.factor, law.law
        row["kind"], numbers = _numbers(law)
        if isinstance(law, Empirical):
            chance = np.asarray(law.weights or np.ones(len(law.values)), dtype=np.float64)
            order = np.argsort(np.asarray(law.values), kind="stable")
            row["begin"] = len(values)
            values.extend((np.asarray(law.values)[order] * scale).tolist())
            until.extend((np.cumsum(chance[order]) / chance.sum()).tolist())
            row["end"] = len(values)
        row["a"], row["b"], row["c"] = _stretched(int(row["kind"]), numbers, scale)
    return LawTable(table, np.array(values), np.array(until))


def _numbers(law: Law | None) -> tuple[int, tuple[float, float, float]]:
    match law:
        case None:
            return NOTHING, (0.0, 0.0, 0.0)
        case Constant(value):
            return (CONSTANT if value > 0.0 else NOTHING), (value, 0.0, 0.0)
        case Uniform(low, high):
            return UNIFORM, (low, high, 0.0)
        case Exponential(mean):
            return EXPONENTIAL, (mean, 0.0, 0.0)
        case Triangular(low, mode, high):
            return TRIANGULAR, (low, mode, high)
        case CutNormal(mean, sd):
            return NORMAL, (mean, sd, float(special.ndtr(mean / sd)))
        case Lognormal():
            return LOGNORMAL, (*law._logs, 0.0)
        case Gamma(mean, sd):
            shape = (mean / sd) ** 2
            return GAMMA, (shape, mean / shape, 0.0)
        case Weibull(shape, scale):
            return WEIBULL, (1.0 / shape, scale, 0.0)
        case Empirical():
            return EMPIRICAL, (0.0, 0.0, 0.0)
    raise LawError(f"a law of type {type(law).__name__} cannot be simulated; use one of the nine named ones")


def _stretched(kind: int, numbers: tuple[float, float, float], scale: float) -> tuple[float, float, float]:
    a, b, c = numbers
    if kind in (GAMMA, WEIBULL):
        return a, b * scale, c
    if kind == LOGNORMAL:
        return a + math.log(scale), b, c
    if kind == NORMAL:
        return a * scale, b * scale, c
    return a * scale, b * scale, c * scale


@inlined
def mixed(state: Any) -> Any:
    """The 64 bits that belong to a state."""
    z = state
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


def luck_of(places: Any) -> Any:
    """What the streams of visits at these places start from."""
    with np.errstate(over="ignore"):
        return (np.asarray(places, dtype=np.int64) + 1).astype(np.uint64) * _PLACE


@inlined
def started(key: Any, luck: Any, turn: int) -> Any:
    """The stream of one visit: of the case with this key, at the place with this `luck_of`, for this turn."""
    return key + luck + np.uint64(turn) * _GOLDEN


@inlined
def uniform(state: Any) -> tuple[float, Any]:
    """A number in [0, 1) and the next state."""
    return np.float64(np.int64(mixed(state) >> np.uint64(11))) * _TO_UNIT, state + _STEP


# Wichura's coefficients, highest power first: of the middle, of the tails, of the far tails; above and below the line
_MIDDLE = (
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0,
)  # fmt: skip
_MIDDLE_UNDER = (
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0,
)  # fmt: skip
_TAIL = (
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
    3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0,
)  # fmt: skip
_TAIL_UNDER = (
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0,
)  # fmt: skip
_FAR = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
    2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0,
)  # fmt: skip
_FAR_UNDER = (
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0,
)  # fmt: skip


@helper
def _ratio(above: Any, under: Any, r: float) -> Any:
    top, bottom = 0.0, 0.0
    for i in range(8):
        top = top * r + above[i]
        bottom = bottom * r + under[i]
    return top / bottom


@helper
def inverse_normal(p: float) -> Any:
    """Quantile of the standard normal (Wichura, Applied Statistics 37, 1988)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        return q * _ratio(_MIDDLE, _MIDDLE_UNDER, 0.180625 - q * q)
    r = math.sqrt(-math.log(max(1e-300, p if q < 0.0 else 1.0 - p)))
    size = _ratio(_TAIL, _TAIL_UNDER, r - 1.6) if r <= 5.0 else _ratio(_FAR, _FAR_UNDER, r - 5.0)
    return -size if q < 0.0 else size


@inlined
def draw(law: Any, value: Any, until: Any, state: Any) -> Any:
    """A time by one row of the table, and the next state."""
    if law.kind == EXPONENTIAL:
        u, state = uniform(state)
        return -law.a * math.log(1.0 - u), state
    if law.kind == NOTHING:
        return 0.0, state
    if law.kind == CONSTANT:
        return law.a, state
    if law.kind == EMPIRICAL:
        u, state = uniform(state)
        low = law.begin
        high = law.end - 1
        while low < high:
            middle = (low + high) // 2
            if until[middle] > u:
                high = middle
            else:
                low = middle + 1
        return value[low], state
    return _drawn(law.kind, law.a, law.b, law.c, state)


@helper
def _drawn(kind: int, a: float, b: float, c: float, state: Any) -> Any:
    u, state = uniform(state)
    if kind == UNIFORM:
        return a + (b - a) * u, state
    if kind == TRIANGULAR:
        if u * (c - a) < b - a:
            return a + math.sqrt(u * (c - a) * (b - a)), state
        return c - math.sqrt((1.0 - u) * (c - a) * (c - b)), state
    if kind == NORMAL:
        return max(0.0, a - b * inverse_normal(c * (1.0 - u))), state
    if kind == LOGNORMAL:
        return math.exp(a + b * inverse_normal(u)), state
    if kind == WEIBULL:
        return b * (-math.log(1.0 - u)) ** a, state
    return _gamma(a, b, u, state)


@helper
def _gamma(shape: float, scale: float, u: float, state: Any) -> tuple[float, Any]:
    boost = 1.0
    if shape < 1.0:
        v, state = uniform(state)
        boost = (1.0 - v) ** (1.0 / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = inverse_normal(u)
        cube = 1.0 + c * x
        accept, state = uniform(state)
        if cube > 0.0:
            cube = cube * cube * cube
            if math.log(1.0 - accept) < 0.5 * x * x + d - d * cube + d * math.log(cube):
                return d * cube * boost * scale, state
        u, state = uniform(state)
