"""Time in equal steps: which step to take, duration laws on it, and the law of a total read back from it.

A duration `X` becomes masses on the points 0, h, 2h, ... that keep its mean (Gerber 1982), from `E(x) = E (X - x)+`:

    p_k = [E((k-1) h) - 2 E(k h) + E((k+1) h)] / h

Each such duration gains some variance, g h^2 with g near 1/6, which over hundreds of visits would show. So where h is
not small the smooth part is sharpened by `p - g/2 (second difference of p)`, which takes just that off again; where
it would reach below 0, the mass at -1 is laid on 0, 1, 2 by the weights 3, -3, 1, which keep mean and variance too.
(Transforms stay within the unit circle, so this is stable over any number of visits.) Fixed durations that are
multiples of the step stay exact.

A mass function on points, summed up to k, belongs to the half-point `(k + 1/2) h` of a smooth law, where it is read
with the correction `(p_{k+1} - p_k) / 24` (midpoint rule). Transforms run on a circle of radius r < 1, which damps
what wraps round by r^M (Abate & Whitt 1992).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft

from mpmflow.numerics.faults import LawError
from mpmflow.numerics.settings import DEFAULT, Settings

from .compound import Sum, Tabulated
from .laws import Floats, Law, from_above

Complexes = npt.NDArray[np.complex128]

# A law whose sd is this many steps wide gains less than 1e-4 of its variance from the lattice.
FINE = 40.0


@dataclass(frozen=True, slots=True)
class Lattice:
    """Points 0, step, ..., (points - 1) * step, and the circle of the transforms.

    Attributes:
        step: h, in the caller's unit of time.
        points: M, a multiple of 3 (see `coarser`).
        contour: r**M.
        sharpened: laws with an sd below this are sharpened; by default FINE steps.
    """

    step: float
    points: int
    contour: float = DEFAULT.lattice_contour
    sharpened: float | None = None

    @property
    def sharpens_below(self) -> float:
        """Laws with an sd below this are sharpened."""
        return FINE * self.step if self.sharpened is None else self.sharpened

    @property
    def reach(self) -> float:
        """Largest time that the lattice can tell."""
        return self.step * (self.points - 0.5)

    @property
    def damping(self) -> Floats:
        """r**k of each point, shape (M,)."""
        return np.asarray(np.exp(math.log(self.contour) / self.points * np.arange(self.points)))

    @property
    def half_points(self) -> Floats:
        """Times (k + 1/2) h, shape (M,)."""
        return np.asarray(self.step * (np.arange(self.points) + 0.5), dtype=np.float64)

    def forward(self, mass: Floats) -> Complexes:
        """Transforms on the circle, (..., M) to (..., M // 2 + 1)."""
        return np.asarray(fft.rfft(mass * self.damping))

    def backward(self, transform: Complexes) -> Floats:
        """Masses from transforms, (..., M // 2 + 1) to (..., M)."""
        return np.asarray(fft.irfft(transform, self.points) / self.damping)

    def coarser(self) -> Lattice:
        """Steps three times as wide: their half-points are half-points of this lattice, so the two compare directly."""
        return Lattice(self.step * 3.0, self.points // 3, self.contour, self.sharpens_below)


def choose_lattice(
    reach: float, fixed: npt.ArrayLike = (), only_fixed: bool = False, settings: Settings = DEFAULT
) -> Lattice:
    """A lattice up to `reach` on which the `fixed` times lie, if the allowed number of points suffices.

    When all times are fixed their common measure is itself the step: nothing in between can occur.

    >>> choose_lattice(100.0, [2.0, 3.0, 0.5], only_fixed=True).step
    0.5
    """
    if not (reach > 0.0 and math.isfinite(reach)):
        raise LawError(f"a lattice needs a finite reach above 0, got {reach:g}")
    step = reach / settings.lattice_points
    measure = common_measure(fixed, reach / settings.lattice_limit)
    if measure is not None and only_fixed:
        step = measure
    elif measure is not None:
        cuts = measure / step
        step = measure / (3.0 * round(cuts / 3.0) if cuts >= 1.5 else 1.0)
    thirds = int(fft.next_fast_len(math.ceil(reach / step / 3.0) + 1, real=True))
    return Lattice(step, 3 * thirds, settings.lattice_contour)


def common_measure(times: npt.ArrayLike, least: float) -> float | None:
    """Largest time of which all given times are multiples; None if it is below `least` or no time is above 0.

    >>> common_measure([1.5, 4.0], 0.01)
    0.5
    >>> common_measure([1.0, 3.141592653589793], 0.001) is None
    True
    """
    found = 0.0
    for time in np.unique(np.asarray(times, dtype=np.float64)).tolist():
        a, b = found, time
        while b > least * 1e-3:
            a, b = b, math.fmod(a, b)
            if a - b < 1e-9 * a:  # fmod of 0.3 by 0.1 gives 0.1 less a rounding
                b = 0.0
        found = a
        if time > 0.0 and found < least:
            return None
    return found if found > 0.0 else None


@dataclass(frozen=True, slots=True, eq=False)
class OnLattice:
    """One duration law on a lattice.

    Attributes:
        mass: all of it, shape (M,); the smooth part sharpened, so an entry may be slightly negative.
        atoms: the atoms alone, shape (M,), none negative.
        chance: of the atoms together, on the lattice or beyond.
        displaced: variance that atoms off the lattice gained, in steps squared; 0 when they all lie on it.
        stretch: change of `mass` per relative change of the duration, shape (M,), or None.
    """

    mass: Floats
    atoms: Floats
    chance: float
    displaced: float
    stretch: Floats | None


@lru_cache(maxsize=96)
def on_lattice(law: Law, lattice: Lattice, with_stretch: bool = False, signed: bool = False) -> OnLattice:
    """Lay a law on a lattice; what lies beyond its reach is left out. The same law is laid on the same lattice once.

    An atom between two points is shared by them, which keeps its mean; `signed` takes three points with weights of
    either sign, which keeps the variance too and serves where the total is smooth in the end.
    """
    points, step = lattice.points, lattice.step
    times, chances = law.atoms
    atoms, stretch_atoms, displaced = _lay_atoms(times, chances, lattice)
    chance = float(chances.sum())
    mass = _lay_signed(times, chances, lattice) if signed and displaced > 0.0 else atoms.copy()
    stretch = stretch_atoms if with_stretch else None
    if chance < 1.0 - 1e-12:
        last = _last_point(law, lattice)
        x = step * np.arange(last + 3, dtype=np.float64)  # one point more than kept on each side of a second difference
        above, first, second = _smooth_upper(law, x)
        excess = np.maximum(first - x * above, 0.0)
        spread = _second_difference(excess, law.mean - float(times @ chances) + step * (1.0 - chance)) / step
        gained = 0.0
        if law.sd < lattice.sharpens_below:
            limited = law.second - float(times**2 @ chances) - second[-1] + x[-1] ** 2 * above[-1]  # E min(X, x)^2
            k = np.arange(len(x), dtype=np.float64)
            gained = float(k[:-1] ** 2 @ spread) + k[-1] ** 2 * (excess[-2] - excess[-1]) / step - limited / step**2
            gained = min(max(gained, 0.0), (1.0 - chance) / 4.0)
        mass[: last + 1] += _sharpen(spread, gained)[: last + 1]
        if stretch is not None:
            mean = law.mean - float(times @ chances)
            stretch[: last + 1] += _sharpen(_second_difference(first, mean) / step, gained)[: last + 1]
    for shared in (mass, atoms, stretch):
        if shared is not None:
            shared.flags.writeable = False
    return OnLattice(mass[:points], atoms, chance, displaced, stretch)


def _second_difference(values: Floats, before: float) -> Floats:
    padded = np.concatenate([[before], values])
    return np.asarray(padded[:-2] - 2.0 * padded[1:-1] + padded[2:])


def _smooth_upper(law: Law, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Upper partial moments of the smooth part alone."""
    zero, one, two = law.upper(x)
    times, chances = law.atoms
    if not len(times):
        return zero, one, two
    place = np.searchsorted(times, x, side="right")
    parts = [from_above(chances * times**power)[place] for power in range(3)]
    return zero - parts[0], one - parts[1], two - parts[2]


def _sharpen(mass: Floats, gained: float) -> Floats:
    """Take the variance that a law gained on the lattice, in steps squared, off again; mass and mean stay."""
    result = mass - gained / 2.0 * _second_difference(np.append(mass, 0.0), 0.0)
    width = min(3, len(result))
    result[:width] -= gained / 2.0 * mass[0] * np.array([3.0, -3.0, 1.0])[:width]
    return result


def _last_point(law: Law, lattice: Lattice) -> int:
    """Last point worth computing: beyond it less than 1e-17 of the law is left, and the spreading of the last mass."""
    last, limit = 8, lattice.points - 1
    while last < limit and float(law.survival(last * lattice.step)) > 1e-17:
        last *= 2
    return min(last + 3, limit)


def _lay_atoms(times: Floats, chances: Floats, lattice: Lattice) -> tuple[Floats, Floats, float]:
    atoms, stretch = np.zeros(lattice.points + 2), np.zeros(lattice.points + 2)
    inside = times < lattice.step * (lattice.points - 1)
    place = times[inside] / lattice.step
    weight = chances[inside]
    nearest = np.round(place)
    place = np.where(np.abs(place - nearest) < 1e-7 * np.maximum(1.0, nearest), nearest, place)
    low = np.floor(place).astype(np.int64)
    part = place - low
    np.add.at(atoms, low, weight * (1.0 - part))
    np.add.at(atoms, low + 1, weight * part)
    moved = weight * place
    on = part == 0.0
    np.add.at(stretch, low + 1, np.where(on, moved / 2.0, moved))
    np.add.at(stretch, np.where(on, np.maximum(low - 1, 0), low), np.where(on, -moved / 2.0, -moved))
    displaced = float(weight @ (part * (1.0 - part)))
    return atoms[: lattice.points], stretch[: lattice.points], displaced


def _lay_signed(times: Floats, chances: Floats, lattice: Lattice) -> Floats:
    atoms = np.zeros(lattice.points + 3)
    inside = times < lattice.step * (lattice.points - 1)
    place = times[inside] / lattice.step
    middle = np.round(place).astype(np.int64)
    part = np.where(np.abs(place - middle) < 1e-7 * np.maximum(1, middle), 0.0, place - middle)
    edge = (middle == 0) & (part != 0.0)
    middle, part = middle + edge, part - edge
    np.add.at(
        atoms, middle, chances[inside] * part * (part - 1.0) / 2.0
    )  # stored one place up, to hold a zero weight at -1
    np.add.at(atoms, middle + 1, chances[inside] * (1.0 - part**2))
    np.add.at(atoms, middle + 2, chances[inside] * part * (part + 1.0) / 2.0)
    return atoms[1 : lattice.points + 1]


@dataclass(frozen=True, slots=True, eq=False)
class TimeLaw:
    """Law of a total time, read back from a lattice; of all cases, or of those that end in one way.

    Attributes:
        step: of the lattice.
        smooth: mass of the smooth part up to the half-points, shape (M,), rising.
        atoms: mass at the points, shape (M,).
        total: all the mass there is: 1, or the chance of that end.
        error: bound on the error of `cdf`, apart from `blur`.
        blur: times of jumps are right to this; 0 when jumps are exact.
    """

    step: float
    smooth: Floats
    atoms: Floats
    total: float
    error: float
    blur: float

    @property
    def at_half_points(self) -> Floats:
        """Mass up to the half-points, shape (M,)."""
        return self.smooth + np.cumsum(self.atoms)

    @property
    def reach(self) -> float:
        """Largest time told; beyond it `cdf` stays as it is."""
        return self.step * (len(self.smooth) - 0.5)

    def cdf(self, t: npt.ArrayLike) -> Floats:
        """Chance that the time is at most t (and the end is this one); right-continuous."""
        time = np.asarray(t, dtype=np.float64)
        half = self.step * (np.arange(len(self.smooth)) + 0.5)
        smooth = np.interp(time, np.append(0.0, half), np.append(0.0, self.smooth))
        steps = np.append(0.0, np.cumsum(self.atoms))
        place = np.clip(np.floor(time / self.step + 1e-9) + 1, 0, len(self.atoms)).astype(np.int64)
        return np.asarray(np.minimum(smooth + steps[place], self.total))

    def survival(self, t: npt.ArrayLike) -> Floats:
        """Chance that the time is longer than t (and the end is this one)."""
        return np.asarray(self.total - self.cdf(t))

    def quantile(self, share: float) -> float:
        """Time within which `share` of this law's own cases end; infinite beyond `reach`, nan without cases."""
        if not 0.0 <= share <= 1.0:
            raise LawError(f"a quantile is asked for a share between 0 and 1, not for {share:g}")
        if self.total <= 0.0:
            return math.nan
        wanted = share * self.total - 1e-12
        halves = self.at_half_points
        k = int(np.searchsorted(halves, wanted))
        if k >= len(halves):
            return math.inf
        before = float(self.smooth[k - 1]) if k else 0.0
        jumps = float(self.atoms[:k].sum())
        middle = (before + float(self.smooth[k])) / 2.0 if k else 0.0
        at = k * self.step
        if k and wanted <= before + jumps + (middle - before):
            rise = middle - before
            return at - self.step / 2.0 * (1.0 - (wanted - before - jumps) / rise if rise > 0.0 else 0.0)
        jumps += float(self.atoms[k])
        if wanted <= middle + jumps:
            return at
        rise = float(self.smooth[k]) - middle
        return at + self.step / 2.0 * ((wanted - middle - jumps) / rise if rise > 0.0 else 0.0)

    def density(self, t: float) -> float:
        """Density of the smooth part at t."""
        k = int(np.clip(round(t / self.step), 1, len(self.smooth) - 1))
        return float(self.smooth[k] - self.smooth[k - 1]) / self.step

    @property
    def mean_within(self) -> float:
        """Integral of the survival function up to `reach`: the mean but for what lies beyond."""
        return self.step * float(np.sum(self.total - self.at_half_points))

    @property
    def second_within(self) -> float:
        """Integral of 2 t times the survival function up to `reach`."""
        k = np.arange(len(self.smooth))
        return self.step**2 * float((2.0 * k + 1.0) @ (self.total - self.at_half_points))

    def as_law(self, mean: float | None = None) -> Tabulated:
        """As a duration law with mass 1 (the time given this end), to stand in another process.

        What lies beyond `reach` is spread evenly above it, so far that the mean is `mean` if one is given.
        """
        scale = 1.0 / self.total
        smooth, atoms = self.smooth * scale, self.atoms * scale
        times = np.append(0.0, self.step * (np.arange(len(smooth)) + 0.5))
        table = np.append(0.0, smooth)
        left = 1.0 - float(smooth[-1]) - float(atoms.sum())
        if left > 1e-15:
            missing = (mean - self.mean_within * scale) if mean is not None else 0.0
            times = np.append(times, self.reach + max(2.0 * missing / left, self.step))
            table = np.append(table, table[-1] + left)
        kept = atoms > 0.0
        return Tabulated(times, table, np.asarray(self.step * np.flatnonzero(kept), dtype=np.float64), atoms[kept])


def read_back(lattice: Lattice, smooth: Floats, atoms: Floats, total: float, error: float, blur: float) -> TimeLaw:
    """Make a `TimeLaw` of the masses of its smooth part and of its jumps, shape (M,) each."""
    jumps = np.where(atoms < 1e-11, 0.0, atoms)  # below it is rounding of the transform
    rest = max(0.0, total - float(jumps.sum()))
    up_to = np.maximum.accumulate(np.clip(read_smooth(smooth), 0.0, rest))
    return TimeLaw(lattice.step, up_to, jumps, total, error, blur)


def read_smooth(mass: Floats) -> Floats:
    """Masses of a smooth law summed to the half-points, with the midpoint correction, shape (..., M)."""
    up_to = np.cumsum(mass, axis=-1)
    up_to[..., :-1] += np.diff(mass, axis=-1) / 24.0
    return up_to


def law_of_sum(parts: Sequence[Law], settings: Settings = DEFAULT) -> Tabulated:
    """The law of a sum of independent durations as a table, mean kept."""
    total = Sum(tuple(parts))
    lattice = choose_lattice(total.mean + settings.lattice_span * total.sd, total.atoms[0], False, settings)
    laid = [on_lattice(part, lattice) for part in parts]
    mass = lattice.backward(np.prod([lattice.forward(part.mass) for part in laid], axis=0))
    atoms = np.zeros(lattice.points)
    if math.prod(part.chance for part in laid) > 1e-12:
        atoms = lattice.backward(np.prod([lattice.forward(part.atoms) for part in laid], axis=0))
    return read_back(lattice, mass - atoms, atoms, 1.0, 0.0, 0.0).as_law(total.mean)
