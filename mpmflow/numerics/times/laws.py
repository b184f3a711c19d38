"""Duration laws as numbers: moments, distribution, E min(X, x), what remains at an age, and random draws.

Every law is a non-negative random time in the caller's unit. One primitive per law carries all the rest: the upper
partial moments `upper(x) = (P(X > x), E[X; X > x], E[X^2; X > x])` in closed form, from which

    cdf            F(x) = 1 - P(X > x)
    excess         E (X - x)+ = E[X; X > x] - x P(X > x)
    limited mean   L(x) = E min(X, x) = mean - excess           (what a lattice law is made of)
    residual at a  X - a given X > a: the same three numbers at a + y, shifted and divided by P(X > a)

Sources: Johnson, Kotz & Balakrishnan 1994; limited expected values as in Klugman, Panjer & Willmot, Loss Models.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy import special

from mpmflow.numerics.faults import LawError

Floats = npt.NDArray[np.float64]
Upper = tuple[Floats, Floats, Floats]


def require(holds: bool, message: str) -> None:
    """Raise `LawError` with the message unless the parameters hold."""
    if not holds:
        raise LawError(message)


def from_above(amount: Floats) -> Floats:
    """Sums from each place to the end, with a last 0: shape (p,) to (p + 1,).

    >>> from_above(np.array([1.0, 2.0])).tolist()
    [3.0, 2.0, 0.0]
    """
    return np.append(np.cumsum(amount[::-1])[::-1], 0.0)


class Law:
    """Base of the duration laws. A new law defines `mean`, `second`, `_upper`, `sample`, and `atoms` if it has any."""

    @property
    def mean(self) -> float:
        """E X."""
        raise TypeError(f"{type(self).__name__} must define its mean")  # pragma: no cover - every law does

    @property
    def second(self) -> float:
        """E X^2."""
        raise TypeError(f"{type(self).__name__} must define its second moment")  # pragma: no cover - every law does

    def _upper(self, x: Floats) -> Upper:
        raise TypeError(f"{type(self).__name__} must define its upper moments")  # pragma: no cover - every law does

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws, shape (size,)."""
        raise TypeError(f"{type(self).__name__} must define its draws")  # pragma: no cover - every law does

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """Times that occur with positive chance, and those chances; both empty for a smooth law."""
        return np.zeros(0), np.zeros(0)

    @property
    def variance(self) -> float:
        """Var X, never below 0."""
        return max(0.0, self.second - self.mean**2)

    @property
    def sd(self) -> float:
        """Standard deviation."""
        return math.sqrt(self.variance)

    @property
    def scv(self) -> float:
        """Squared coefficient of variation, Var X / (E X)^2; 0 for a law that is always 0."""
        return self.variance / self.mean**2 if self.mean > 0.0 else 0.0

    def upper(self, x: npt.ArrayLike) -> Upper:
        """`P(X > x)`, `E[X; X > x]`, `E[X^2; X > x]`, each in the shape of x. Below 0 the whole law is above."""
        point = np.asarray(x, dtype=np.float64)
        chance, first, second = self._upper(np.maximum(point, 0.0))
        below = point < 0.0
        return np.where(below, 1.0, chance), np.where(below, self.mean, first), np.where(below, self.second, second)

    def survival(self, x: npt.ArrayLike) -> Floats:
        """P(X > x)."""
        return self.upper(x)[0]

    def cdf(self, x: npt.ArrayLike) -> Floats:
        """P(X <= x); right-continuous."""
        return 1.0 - self.upper(x)[0]

    def excess(self, x: npt.ArrayLike) -> Floats:
        """E (X - x)+."""
        point = np.asarray(x, dtype=np.float64)
        chance, first, _ = self.upper(point)
        return np.maximum(first - point * chance, 0.0)

    def limited_mean(self, x: npt.ArrayLike) -> Floats:
        """E min(X, x) for x at least 0, to rounding of the mean.

        >>> Uniform(0.0, 2.0).limited_mean([1.0, 5.0]).tolist()
        [0.75, 1.0]
        """
        return np.asarray(np.clip(self.mean - self.excess(x), 0.0, np.maximum(np.asarray(x, dtype=np.float64), 0.0)))

    def scaled(self, factor: float) -> Law:
        """The law of `factor * X`."""
        from .compound import Scaled

        return Scaled(self, factor)

    def residual(self, age: float) -> Law:
        """The law of what remains at an age; see `compound.Residual` and its `.overdue`.

        >>> Uniform(0.0, 4.0).residual(2.0).mean
        1.0
        >>> Constant(2.0).residual(3.0).mean
        0.0
        """
        from .compound import Residual

        return Residual(self, age)


@dataclass(frozen=True)
class Constant(Law):
    """Always `value`."""

    value: float

    def __post_init__(self) -> None:
        require(self.value >= 0.0, f"a fixed duration cannot be {self.value:g}")

    @property
    def mean(self) -> float:
        """The value."""
        return self.value

    @property
    def second(self) -> float:
        """The value squared."""
        return self.value**2

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """The one time."""
        return np.array([self.value]), np.ones(1)

    def _upper(self, x: Floats) -> Upper:
        above = (x < self.value).astype(np.float64)
        return above, above * self.value, above * self.value**2

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """The value, `size` times; draws nothing."""
        return np.full(size, self.value)


@dataclass(frozen=True)
class Uniform(Law):
    """Evenly spread from `low` to `high`."""

    low: float
    high: float

    def __post_init__(self) -> None:
        require(0.0 <= self.low < self.high, f"a uniform law needs 0 <= low < high, got {self.low:g} and {self.high:g}")

    @property
    def mean(self) -> float:
        """Middle of the span."""
        return (self.low + self.high) / 2.0

    @property
    def second(self) -> float:
        """(low^2 + low high + high^2) / 3."""
        return (self.low**2 + self.low * self.high + self.high**2) / 3.0

    def _upper(self, x: Floats) -> Upper:
        point = np.clip(x, self.low, self.high)
        width = self.high - self.low
        return (
            (self.high - point) / width,
            (self.high**2 - point**2) / (2.0 * width),
            (self.high**3 - point**3) / (3.0 * width),
        )

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws."""
        return rng.uniform(self.low, self.high, size)


@dataclass(frozen=True)
class Exponential(Law):
    """Memoryless with the given mean; a second moment of twice the mean squared."""

    average: float

    def __post_init__(self) -> None:
        require(self.average > 0.0, f"an exponential law needs a mean above 0, got {self.average:g}")

    @property
    def mean(self) -> float:
        """The mean."""
        return self.average

    @property
    def second(self) -> float:
        """2 mean^2."""
        return 2.0 * self.average**2

    def _upper(self, x: Floats) -> Upper:
        chance = np.exp(-x / self.average)
        m = self.average
        return chance, chance * (x + m), chance * (x**2 + 2.0 * m * x + 2.0 * m**2)

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws."""
        return rng.exponential(self.average, size)


@dataclass(frozen=True)
class Triangular(Law):
    """Density rising straight from `low` to `mode` and falling straight to `high`."""

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        require(
            0.0 <= self.low <= self.mode <= self.high and self.low < self.high,
            f"a triangular law needs 0 <= low <= mode <= high, got {self.low:g}, {self.mode:g}, {self.high:g}",
        )

    @property
    def mean(self) -> float:
        """(low + mode + high) / 3."""
        return (self.low + self.mode + self.high) / 3.0

    @property
    def second(self) -> float:
        """(low^2 + mode^2 + high^2 + low mode + low high + mode high) / 6."""
        a, c, b = self.low, self.mode, self.high
        return (a * a + b * b + c * c + a * b + a * c + b * c) / 6.0

    def _upper(self, x: Floats) -> Upper:
        a, c, b = self.low, self.mode, self.high
        # falling side, from p to b: density k (b - t)
        p = np.clip(x, c, b)
        k = 2.0 / ((b - a) * (b - c)) if b > c else 0.0
        r = b - p
        fall = (
            k * r**2 / 2.0,
            k * (b * r**2 / 2.0 - r**3 / 3.0),
            k * (b * b * r**2 / 2.0 - 2.0 * b * r**3 / 3.0 + r**4 / 4.0),
        )
        # rising side, from q to c: density j (t - a); moments about a, then moved
        q = np.clip(x, a, c) - a
        w = c - a
        j = 2.0 / ((b - a) * w) if w > 0.0 else 0.0
        zero, one, two = (j * (w ** (i + 2) - q ** (i + 2)) / (i + 2) for i in range(3))
        rise = (zero, one + a * zero, two + 2.0 * a * one + a * a * zero)
        return fall[0] + rise[0], fall[1] + rise[1], fall[2] + rise[2]

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws."""
        return rng.triangular(self.low, self.mode, self.high, size)


@dataclass(frozen=True)
class CutNormal(Law):
    """A normal law with the given mean and sd *before* cutting, given that it is above 0 (truncated, not clipped).

    The mean after cutting is larger: `mean + sd phi(b) / Phi(b)` with `b = mean / sd`.

    >>> round(CutNormal(0.0, 1.0).mean, 6)  # half-normal: sqrt(2 / pi)
    0.797885
    """

    location: float
    spread: float

    def __post_init__(self) -> None:
        require(self.spread > 0.0, f"a normal law needs an sd above 0, got {self.spread:g}")
        require(
            self.location > -8.0 * self.spread,
            f"a normal law with mean {self.location:g} and sd {self.spread:g} is practically never above 0",
        )

    @cached_property
    def _whole(self) -> tuple[float, float]:
        _, first, second = self._upper(np.zeros(1))
        return float(first[0]), float(second[0])

    @property
    def mean(self) -> float:
        """Mean after cutting."""
        return self._whole[0]

    @property
    def second(self) -> float:
        """Second moment after cutting."""
        return self._whole[1]

    def _upper(self, x: Floats) -> Upper:
        m, s = self.location, self.spread
        z = (x - m) / s
        kept = special.ndtr(m / s)
        density = np.exp(-(z**2) / 2.0) / math.sqrt(2.0 * math.pi) / kept
        chance = special.ndtr(-z) / kept
        return chance, m * chance + s * density, (m * m + s * s) * chance + s * (x + m) * density

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws, by inverting the upper tail."""
        kept = special.ndtr(self.location / self.spread)
        return np.asarray(np.maximum(0.0, self.location - self.spread * special.ndtri(kept * (1.0 - rng.random(size)))))


@dataclass(frozen=True)
class _ByMeanAndSd(Law):
    """A law above 0 that is told by its mean and sd."""

    average: float
    spread: float
    word: ClassVar[str]

    def __post_init__(self) -> None:
        require(self.average > 0.0 and self.spread > 0.0, f"a {self.word} law needs mean and sd above 0, {_pair(self)}")

    @property
    def mean(self) -> float:
        """The mean."""
        return self.average

    @property
    def second(self) -> float:
        """mean^2 + sd^2."""
        return self.average**2 + self.spread**2


@dataclass(frozen=True)
class Lognormal(_ByMeanAndSd):
    """Lognormal with the given mean and sd of the time itself (not of its logarithm)."""

    word = "lognormal"

    @cached_property
    def _logs(self) -> tuple[float, float]:
        variance = math.log1p((self.spread / self.average) ** 2)
        return math.log(self.average) - variance / 2.0, math.sqrt(variance)

    def _upper(self, x: Floats) -> Upper:
        mu, sigma = self._logs
        with np.errstate(divide="ignore"):
            z = (mu - np.log(x)) / sigma
        return special.ndtr(z), self.average * special.ndtr(z + sigma), self.second * special.ndtr(z + 2.0 * sigma)

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws."""
        return rng.lognormal(*self._logs, size)


@dataclass(frozen=True)
class Gamma(_ByMeanAndSd):
    """Gamma with the given mean and sd; an Erlang law when (mean / sd)^2 is whole."""

    word = "gamma"

    def _upper(self, x: Floats) -> Upper:
        shape = (self.average / self.spread) ** 2
        y = x * shape / self.average
        return (
            special.gammaincc(shape, y),
            self.average * special.gammaincc(shape + 1.0, y),
            self.second * special.gammaincc(shape + 2.0, y),
        )

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws."""
        shape = (self.average / self.spread) ** 2
        return rng.gamma(shape, self.average / shape, size)


@dataclass(frozen=True)
class Weibull(Law):
    """P(X > x) = exp(-(x / scale)^shape)."""

    shape: float
    scale: float

    def __post_init__(self) -> None:
        require(self.shape > 0.0 and self.scale > 0.0, "a Weibull law needs shape and scale above 0")

    @property
    def mean(self) -> float:
        """scale Gamma(1 + 1/shape)."""
        return self.scale * math.gamma(1.0 + 1.0 / self.shape)

    @property
    def second(self) -> float:
        """scale^2 Gamma(1 + 2/shape)."""
        return self.scale**2 * math.gamma(1.0 + 2.0 / self.shape)

    def _upper(self, x: Floats) -> Upper:
        y = (x / self.scale) ** self.shape
        return (
            np.exp(-y),
            self.mean * special.gammaincc(1.0 + 1.0 / self.shape, y),
            self.second * special.gammaincc(1.0 + 2.0 / self.shape, y),
        )

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws."""
        return self.scale * rng.weibull(self.shape, size)


@dataclass(frozen=True)
class Empirical(Law):
    """One of the observed `values`, with equal chance or in proportion to `weights`."""

    values: tuple[float, ...]
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        require(len(self.values) > 0, "an empirical law needs at least one value")
        require(all(value >= 0.0 and math.isfinite(value) for value in self.values), "durations are finite, at least 0")
        if self.weights:
            fits = len(self.weights) == len(self.values) and min(self.weights) >= 0.0 and sum(self.weights) > 0.0
            require(fits, "an empirical law needs a weight of at least 0 for each value")

    @cached_property
    def _sorted(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        value = np.asarray(self.values, dtype=np.float64)
        weight = np.asarray(self.weights, dtype=np.float64) if self.weights else np.ones(len(value))
        unique, seat = np.unique(value, return_inverse=True)
        chance = np.bincount(seat, weights=weight) / weight.sum()
        return unique, chance, from_above(chance), from_above(chance * unique), from_above(chance * unique**2)

    @property
    def mean(self) -> float:
        """Mean of the values."""
        return float(self._sorted[3][0])

    @property
    def second(self) -> float:
        """Mean of the squares."""
        return float(self._sorted[4][0])

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """The distinct values and their shares."""
        return self._sorted[0], self._sorted[1]

    def _upper(self, x: Floats) -> Upper:
        value, _, zero, one, two = self._sorted
        place = np.searchsorted(value, x, side="right")
        return zero[place], one[place], two[place]

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws with replacement."""
        return rng.choice(self._sorted[0], size, p=self._sorted[1])


def _pair(law: Any) -> str:
    return f"got {law.average:g} and {law.spread:g}"
