"""Durations: constants and the laws of random time that the language offers.

Parameters are quantities of time, so that `4h` stays `4h` when a model is printed. Turning `d` and `w` of *work* into
calendar hours needs a team's calendar and happens where the process is compiled into a chain, not here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from .base import Line, Number, Part
from .quantities import Quantity


def _time(quantity: Quantity) -> Quantity:
    if not quantity.measure.is_time:
        raise ValueError(f"a duration needs a unit of time (s, min, h, d, w, mo, y), not {quantity}")
    if quantity.value < 0:
        raise ValueError(f"a duration cannot be negative: {quantity}")
    return quantity


class Law(Part):
    """A law of a random duration. Every quantity in it is a time of at least zero."""

    @field_validator("*")
    @classmethod
    def _times_only(cls, value: Any) -> Any:
        return _time(value) if isinstance(value, Quantity) else value


class Constant(Law):
    """Always the same time."""

    law: Literal["constant"] = "constant"
    value: Quantity


class Uniform(Law):
    """Any time between two bounds, all equally likely: `2h to 4h`."""

    law: Literal["uniform"] = "uniform"
    low: Quantity
    high: Quantity


class Exponential(Law):
    """The exponential law with this mean."""

    law: Literal["exponential"] = "exponential"
    mean: Quantity


class Triangular(Law):
    """Lowest, most likely and highest time."""

    law: Literal["triangular"] = "triangular"
    low: Quantity
    mode: Quantity
    high: Quantity


class Normal(Law):
    """The normal law, cut at zero: times below zero do not occur, the rest keeps its shape."""

    law: Literal["normal"] = "normal"
    mean: Quantity
    sd: Quantity


class Lognormal(Law):
    """The lognormal law; `mean` and `sd` are those of the time itself, not of its logarithm."""

    law: Literal["lognormal"] = "lognormal"
    mean: Quantity
    sd: Quantity


class Gamma(Law):
    """The gamma law with this mean and standard deviation."""

    law: Literal["gamma"] = "gamma"
    mean: Quantity
    sd: Quantity


class Weibull(Law):
    """The Weibull law: `shape` is a pure number, `scale` a time."""

    law: Literal["weibull"] = "weibull"
    shape: Number
    scale: Quantity


class Empirical(Law):
    """The observed times of a column of a file, each equally likely."""

    law: Literal["empirical"] = "empirical"
    file: Line
    column: Line


def _duration_from_text(value: Any) -> Any:
    if isinstance(value, str | Quantity):
        return {"law": "constant", "value": value}
    return value


Duration = Annotated[
    Annotated[
        Constant | Uniform | Exponential | Triangular | Normal | Lognormal | Gamma | Weibull | Empirical,
        Field(discriminator="law"),
    ],
    BeforeValidator(_duration_from_text),
]
"""A constant or random time. From Python a text such as `"2h"` stands for a constant."""
