"""Laws made of other laws: one after the other, one of several, stretched, what remains at an age, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .laws import Constant, Empirical, Floats, Law, Upper, from_above, require


@dataclass(frozen=True)
class Mixture(Law):
    """One of `parts`, with chances `weights` that add up to 1: a wait that is often 0, for instance.

    >>> from mpmflow.numerics.times.laws import Exponential
    >>> Mixture((Constant(0.0), Exponential(4.0)), (0.75, 0.25)).mean
    1.0
    """

    parts: tuple[Law, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        fits = len(self.parts) == len(self.weights) > 0 and min(self.weights, default=-1.0) >= 0.0
        require(fits, "a mixture needs a weight of at least 0 for each part")
        require(
            abs(sum(self.weights) - 1.0) < 1e-9,
            f"the weights of a mixture add up to {sum(self.weights):.12g}, not to 1",
        )

    @property
    def mean(self) -> float:
        """Weighted mean."""
        return sum(w * part.mean for w, part in zip(self.weights, self.parts, strict=True))

    @property
    def second(self) -> float:
        """Weighted second moment."""
        return sum(w * part.second for w, part in zip(self.weights, self.parts, strict=True))

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """All atoms of the parts."""
        return _gather_atoms(
            [(part.atoms[0], w * part.atoms[1]) for w, part in zip(self.weights, self.parts, strict=True)]
        )

    def _upper(self, x: Floats) -> Upper:
        found = [part.upper(x) for part in self.parts]
        zero, one, two = (sum(w * f[i] for w, f in zip(self.weights, found, strict=True)) for i in range(3))
        return np.asarray(zero), np.asarray(one), np.asarray(two)

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws."""
        which = rng.choice(len(self.parts), size, p=np.asarray(self.weights) / sum(self.weights))
        result = np.empty(size)
        for index, part in enumerate(self.parts):
            hit = which == index
            result[hit] = part.sample(rng, int(hit.sum()))
        return result


@dataclass(frozen=True)
class Sum(Law):
    """Independent parts one after the other: work and then a wait. Moments exact.

    Distribution exact when all parts but one are fixed; else from a fine lattice (error below about 1e-5).

    >>> from mpmflow.numerics.times.laws import Uniform
    >>> Sum((Constant(1.0), Uniform(0.0, 2.0))).cdf([0.5, 2.0]).tolist()
    [0.0, 0.5]
    """

    parts: tuple[Law, ...]

    def __post_init__(self) -> None:
        require(len(self.parts) > 0, "a sum of durations needs at least one part")

    @property
    def mean(self) -> float:
        """Sum of the means."""
        return sum(part.mean for part in self.parts)

    @property
    def second(self) -> float:
        """Sum of the variances, plus the mean squared."""
        return sum(part.variance for part in self.parts) + self.mean**2

    @property
    def fixed(self) -> float:
        """The sum of the fixed parts."""
        return sum(part.value for part in self.parts if isinstance(part, Constant))

    @property
    def moving(self) -> tuple[Law, ...]:
        """The parts that are not fixed."""
        return tuple(part for part in self.parts if not isinstance(part, Constant))

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """Sums of atoms of the parts."""
        times, chances = np.zeros(1), np.ones(1)
        for part in self.parts:
            more, chance = part.atoms
            times, chances = _gather_atoms([((times[:, None] + more).ravel(), (chances[:, None] * chance).ravel())])
        return times, chances

    @cached_property
    def _whole(self) -> Law:
        moving = self.moving
        if not moving:
            return Constant(self.fixed)
        if len(moving) == 1:
            return moving[0]
        from .lattice import law_of_sum

        whole: Law = law_of_sum(moving)
        return whole

    def _upper(self, x: Floats) -> Upper:
        shift = self.fixed if self.moving else 0.0
        zero, one, two = self._whole.upper(x - shift)
        return zero, one + shift * zero, two + 2.0 * shift * one + shift**2 * zero

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws."""
        return np.asarray(sum(part.sample(rng, size) for part in self.parts))


@dataclass(frozen=True)
class Scaled(Law):
    """`factor` times another law."""

    law: Law
    factor: float

    def __post_init__(self) -> None:
        require(self.factor > 0.0, f"a duration can be stretched by a factor above 0, not by {self.factor:g}")

    @property
    def mean(self) -> float:
        """factor times the mean."""
        return self.factor * self.law.mean

    @property
    def second(self) -> float:
        """factor^2 times the second moment."""
        return self.factor**2 * self.law.second

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """The atoms, stretched."""
        times, chances = self.law.atoms
        return times * self.factor, chances

    def _upper(self, x: Floats) -> Upper:
        zero, one, two = self.law.upper(x / self.factor)
        return zero, one * self.factor, two * self.factor**2

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws."""
        return self.factor * self.law.sample(rng, size)


@dataclass(frozen=True)
class Residual(Law):
    """What remains of a duration that has already lasted `age`: `X - age` given `X > age`.

    `overdue` is true when (nearly) nothing lasts that long: the rest is then taken as 0, due now.
    """

    law: Law
    age: float

    def __post_init__(self) -> None:
        require(self.age >= 0.0, f"an age cannot be {self.age:g}")

    @property
    def overdue(self) -> bool:
        """Whether the age is beyond what the law allows (chance of lasting longer at most 1e-12)."""
        return self._at_age[0] <= 1e-12

    @cached_property
    def _at_age(self) -> tuple[float, float, float]:
        zero, one, two = (float(part) for part in self.law.upper(self.age))
        return zero, one - self.age * zero, two - 2.0 * self.age * one + self.age**2 * zero

    @property
    def mean(self) -> float:
        """Mean residual life."""
        return 0.0 if self.overdue else max(0.0, self._at_age[1] / self._at_age[0])

    @property
    def second(self) -> float:
        """Second moment of what remains."""
        return 0.0 if self.overdue else max(self.mean**2, self._at_age[2] / self._at_age[0])

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """The atoms still ahead."""
        if self.overdue:
            return np.zeros(1), np.ones(1)
        times, chances = self.law.atoms
        ahead = times > self.age
        return times[ahead] - self.age, chances[ahead] / self._at_age[0]

    def _upper(self, x: Floats) -> Upper:
        if self.overdue:
            return np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
        zero, one, two = self.law.upper(x + self.age)
        scale = 1.0 / self._at_age[0]
        return scale * zero, scale * (one - self.age * zero), scale * (two - 2.0 * self.age * one + self.age**2 * zero)

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws, by inverting the survival function to 1e-12 of the scale."""
        if self.overdue:
            return np.zeros(size)
        wanted = self._at_age[0] * (1.0 - rng.random(size))
        low = np.full(size, self.age)
        high = np.full(size, self.age + max(self.mean, 1e-300))
        while bool(np.any(self.law.survival(high) > wanted)):
            high = np.where(self.law.survival(high) > wanted, 2.0 * high - self.age, high)
        for _ in range(60):
            middle = (low + high) / 2.0
            later = self.law.survival(middle) >= wanted
            low, high = np.where(later, middle, low), np.where(later, high, middle)
        return high - self.age


@dataclass(frozen=True, eq=False)
class Tabulated(Law):
    """A law given by numbers: a piecewise straight smooth part and atoms, as lattice computations produce it.

    Attributes:
        times: rising, shape (p,), first at least 0.
        smooth: mass of the smooth part up to each time, shape (p,), first 0, straight in between.
        atom_times, atom_chances: the rest. All mass adds up to 1.
    """

    times: Floats
    smooth: Floats
    atom_times: Floats
    atom_chances: Floats

    def __post_init__(self) -> None:
        require(bool(np.all(np.diff(self.times) > 0)) and bool(np.all(np.diff(self.smooth) >= -1e-15)), "a table rises")
        total = float(self.smooth[-1]) + float(self.atom_chances.sum())
        require(abs(total - 1.0) < 1e-6, f"the mass of a tabulated law adds up to {total:.9g}, not to 1")

    @cached_property
    def _tails(self) -> tuple[Floats, Floats, Floats, Empirical | None]:
        left, right, mass = self.times[:-1], self.times[1:], np.diff(self.smooth)
        one = mass * (left + right) / 2.0
        two = mass * (left**2 + left * right + right**2) / 3.0
        weights = self.atom_chances
        spikes = Empirical(tuple(self.atom_times.tolist()), tuple(weights.tolist())) if weights.sum() > 0 else None
        return from_above(mass), from_above(one), from_above(two), spikes

    @property
    def mean(self) -> float:
        """Mean."""
        return float(self._tails[1][0] + self.atom_times @ self.atom_chances)

    @property
    def second(self) -> float:
        """Second moment."""
        return float(self._tails[2][0] + self.atom_times**2 @ self.atom_chances)

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """The atoms given."""
        return self.atom_times, self.atom_chances

    def _upper(self, x: Floats) -> Upper:
        zero, one, two, spikes = self._tails
        times = self.times
        point = np.clip(x, times[0], times[-1])
        place = np.clip(np.searchsorted(times, point, side="right") - 1, 0, len(times) - 2)
        right = times[place + 1]
        density = np.diff(self.smooth)[place] / (right - times[place])
        result = (
            zero[place + 1] + density * (right - point),
            one[place + 1] + density * (right**2 - point**2) / 2.0,
            two[place + 1] + density * (right**3 - point**3) / 3.0,
        )
        if spikes is None:
            return result
        weight = float(self.atom_chances.sum())
        more = spikes.upper(x)
        return result[0] + weight * more[0], result[1] + weight * more[1], result[2] + weight * more[2]

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Independent draws."""
        smooth = float(self.smooth[-1])
        draw = rng.random(size) * (smooth + float(self.atom_chances.sum()))
        result = np.interp(draw, self.smooth, self.times)
        spike = draw >= smooth
        if bool(spike.any()):
            place = np.searchsorted(np.cumsum(self.atom_chances), draw[spike] - smooth, side="right")
            result[spike] = self.atom_times[np.minimum(place, len(self.atom_times) - 1)]
        return result


def _gather_atoms(parts: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    times = np.concatenate([part[0] for part in parts])
    chances = np.concatenate([part[1] for part in parts])
    unique, seat = np.unique(times, return_inverse=True)
    return unique, np.bincount(seat, weights=chances, minlength=len(unique)).astype(np.float64)
