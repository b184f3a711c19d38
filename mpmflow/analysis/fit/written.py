"""Fitted values as the language writes them: rounded to what the data bear, in the unit that was used before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from mpmflow.model import distributions as law
from mpmflow.model.process import Share
from mpmflow.model.quantities import Quantity
from mpmflow.model.units import TIME_UNITS, TIME_WORDS
from mpmflow.numerics.statistics.fitted_laws import FittedLaw

_SIZES = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
DIGITS = 3


def rounded(value: float, digits: int = DIGITS) -> Fraction:
    """A number with so many significant digits, exactly.

    >>> rounded(0.0123456), rounded(98765.0)
    (Fraction(123, 10000), Fraction(98800, 1))
    """
    if value == 0.0 or not math.isfinite(value):
        return Fraction(0)
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return Fraction(round(Fraction(value) * Fraction(10) ** places), 1) / Fraction(10) ** places


def unit_for(seconds: float, before: str | None, calendar: bool) -> str:
    """The unit in which a time reads well: the one used before if it does, else the largest that is not too large.

    With `calendar` days are left out: a day of work is no day.

    >>> unit_for(5400.0, None, False), unit_for(5400.0, "d", False), unit_for(200_000.0, None, True)
    ('h', 'h', 'h')
    """
    before = TIME_WORDS.get(before or "", before or "")
    size = _SIZES.get(before)
    if size is not None and 0.1 <= seconds / size < 1000 and not (calendar and before == "d"):
        return before
    for unit in ("d", "h", "min"):
        if seconds >= 0.9995 * _SIZES[unit] and not (calendar and unit == "d"):
            return unit
    return "s"


def time(seconds: float, unit: str) -> Quantity:
    """A time in a unit, with three digits."""
    return Quantity(value=rounded(seconds / _SIZES[unit]), unit=unit)


def unit_of(duration: law.Law | None) -> str | None:
    """The unit of the first time in a law, None if it has none."""
    for value in duration.__dict__.values() if duration is not None else ():
        if isinstance(value, Quantity) and value.unit in TIME_UNITS:
            return value.unit
    return None


def duration(found: FittedLaw, before: law.Law | None, calendar: bool) -> law.Law:
    """A fitted law as the model has it.

    >>> duration(FittedLaw("gamma", (7201.0, 3333.0), 50, 0, 0.0, 0.0), None, False)
    Gamma(law='gamma', mean=Quantity(value=Fraction(2, 1), unit='h'), sd=Quantity(value=Fraction(463, 500), unit='h'))
    """
    unit = unit_for(found.law.mean, unit_of(before), calendar)
    if found.name == "weibull":
        shape, scale = found.parameters
        return law.Weibull(shape=rounded(shape), scale=time(scale, unit))
    given = [time(one, unit) for one in found.parameters]
    if found.name == "constant":
        return law.Constant(value=given[0])
    if found.name == "exponential":
        return law.Exponential(mean=given[0])
    if found.name == "uniform":
        return law.Uniform(low=given[0], high=given[1])
    if found.name == "triangular":
        return law.Triangular(low=given[0], mode=given[1], high=given[2])
    kinds: dict[str, type[law.Normal] | type[law.Lognormal] | type[law.Gamma]] = {
        "normal": law.Normal,
        "lognormal": law.Lognormal,
        "gamma": law.Gamma,
    }
    return kinds[found.name](mean=given[0], sd=given[1])


def shares(
    table: Sequence[Sequence[float]], declared: Sequence[Share | None], count: float, resting: int
) -> tuple[Share | None, ...]:
    """Shares as percentages, one for each outcome that has one in the text.

    Args:
        table: fitted shares by visit and outcome, (V, K); rows add up to 1.
        declared: as the text has them; None for the outcome that takes the rest.
        count: decisions that they rest on: where all outcomes were written as counts, they are again.
        resting: the outcome that takes what rounding leaves, where every outcome has a percentage.

    >>> [str(one.by_visit) for one in shares([[2 / 3, 1 / 3]], [Share.of(1, 2), Share(by_visit=["1/2"])], 90, 0)]
    ['(Fraction(667, 1000),)', '(Fraction(333, 1000),)']
    """
    counted = [one.counted for one in declared if one is not None]
    if len(table) == 1 and counted and all(counted) and count >= 1:
        return _as_counts(table[0], declared, round(count), resting)
    smallest = min((share for row in table for share in row if share > 0), default=1.0)
    places = min(max(1, 1 - math.floor(math.log10(100 * smallest))), 3) if smallest < 0.1 else 1
    step = Fraction(1, 100 * 10**places)
    columns = [[round(Fraction(row[index]) / step) * step for row in table] for index in range(len(declared))]
    if all(one is not None for one in declared):
        for visit in range(len(table)):
            others = sum((column[visit] for index, column in enumerate(columns) if index != resting), Fraction(0))
            columns[resting][visit] = 1 - others
    return tuple(
        None if one is None else Share(by_visit=tuple(column)) for one, column in zip(declared, columns, strict=True)
    )


def _as_counts(
    row: Sequence[float], declared: Sequence[Share | None], trials: int, resting: int
) -> tuple[Share | None, ...]:
    hits = [round(share * trials) for share in row]
    if all(one is not None for one in declared):
        hits[resting] += trials - sum(hits)
    return tuple(None if one is None else Share.of(hit, trials) for one, hit in zip(declared, hits, strict=True))
