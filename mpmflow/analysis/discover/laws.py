"""Times of a log as durations of the language: simple laws with rounded figures, to be fitted later."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from mpmflow.model.distributions import Constant, Duration, Exponential, Gamma, Lognormal
from mpmflow.model.histories import Spread
from mpmflow.model.process import PoissonArrivals
from mpmflow.model.quantities import Quantity

_UNITS = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0), ("s", 1.0))
FEW = 3
"""With fewer values than this a mean is all that is said of a time."""


def duration(spread: Spread) -> Duration | None:
    """The law with this mean and spread: constant where it hardly varies, exponential where the standard deviation is
    about the mean, gamma below that, lognormal above. None for no time at all.

    >>> duration(Spread(40, 7200.0, 7000.0)).model_dump(mode="json")["law"]
    'exponential'
    """
    if spread.count == 0 or spread.mean < 0.5:
        return None
    mean = time(spread.mean)
    variation = spread.sd / spread.mean
    if spread.count < FEW or variation < 0.05:
        return Constant(value=mean)
    if 0.8 <= variation <= 1.25:
        return Exponential(mean=mean)
    kind = Gamma if variation < 0.8 else Lognormal
    return kind(mean=mean, sd=time(spread.sd))


def time(seconds: float) -> Quantity:
    """A time with two figures, in the largest unit of which there is more than one.

    >>> str(time(94_375)), str(time(5_400)), str(time(40))
    ('1.1d', '1.5h', '40s')
    """
    unit, size = next((one for one in _UNITS if seconds >= 0.995 * one[1]), _UNITS[-1])
    return Quantity(value=two_figures(seconds / size), unit=unit)


def two_figures(value: float) -> Fraction:
    """A number rounded to two figures.

    >>> two_figures(0.0345), two_figures(12345)
    (Fraction(7, 200), Fraction(12000, 1))
    """
    return Fraction(f"{value:.2g}")


def pooled(spreads: Iterable[Spread]) -> Spread:
    """Several times as one."""
    parts = [part for part in spreads if part.count]
    count = sum(part.count for part in parts)
    if not count:
        return Spread(0, 0.0, 0.0)
    mean = sum(part.count * part.mean for part in parts) / count
    square = sum(part.count * (part.sd**2 + (part.mean - mean) ** 2) for part in parts) / count
    return Spread(count, mean, square**0.5)


def arrivals(cases: int, seconds: float) -> PoissonArrivals | None:
    """So many cases in that time: per week, per day or per hour, what makes a number above one. None for fewer than two
    cases or no time.

    >>> arrivals(101, 10 * 604800.0).model_dump(mode="json")["cases"]
    10
    """
    if cases < 2 or seconds <= 0:
        return None
    rate = (cases - 1) / seconds
    sizes = {"y": 31_557_600.0, "w": 604_800.0, "d": 86_400.0, "h": 3_600.0}
    fitting = [unit for unit in ("w", "d", "h") if rate * sizes[unit] <= 300] or ["h"]
    unit = "y" if rate * sizes[fitting[0]] < 1 else fitting[0]
    return PoissonArrivals(cases=two_figures(rate * sizes[unit]), per=Quantity(value=Fraction(1), unit=unit))
