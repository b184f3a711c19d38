"""Durations, targets and strengths in the words of the language, for labels of graphs."""

from __future__ import annotations

from mpmflow.model import distributions as laws
from mpmflow.model.distributions import Duration
from mpmflow.model.measures import Target
from mpmflow.model.quantities import write_number, write_quantity


def write_duration(duration: Duration) -> str:
    """A duration as the language writes it.

    >>> from mpmflow.model.quantities import Quantity
    >>> write_duration(laws.Lognormal(mean=Quantity(value=3, unit="d"), sd=Quantity(value=2, unit="d")))
    'lognormal(mean 3d, sd 2d)'
    """
    if isinstance(duration, laws.Constant):
        return write_quantity(duration.value)
    if isinstance(duration, laws.Uniform):
        return f"{write_quantity(duration.low)} to {write_quantity(duration.high)}"
    if isinstance(duration, laws.Exponential):
        return f"exponential({write_quantity(duration.mean)})"
    if isinstance(duration, laws.Triangular):
        return "triangular({}, {}, {})".format(*map(write_quantity, (duration.low, duration.mode, duration.high)))
    if isinstance(duration, laws.Weibull):
        return f"weibull(shape {write_number(duration.shape)}, scale {write_quantity(duration.scale)})"
    if isinstance(duration, laws.Empirical):
        return f'empirical("{duration.file}", {duration.column})'
    return f"{duration.law}(mean {write_quantity(duration.mean)}, sd {write_quantity(duration.sd)})"


def write_target(target: Target) -> str:
    """A target as the language writes it, its date included."""
    words = [target.comparison, write_quantity(target.value)]
    if target.per is not None:
        words.append(f"per {write_quantity(target.per)}")
    if target.start is not None:
        words.append(f"in total from {target.start.isoformat()}")
    if target.by is not None:
        words.append(f"by {target.by.isoformat()}")
    return " ".join(words)
