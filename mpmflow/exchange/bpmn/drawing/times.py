"""Times on a diagram: in words for people, as ISO 8601 for engines.

A timer of BPMN has one length; where a time varies it says the mean, and the words say "about".
"""

from __future__ import annotations

import math
from fractions import Fraction

from mpmflow.compiler.clauses import duration_text
from mpmflow.model import distributions as law
from mpmflow.model.quantities import Quantity


def mean_of(duration: law.Duration) -> Fraction | None:
    """The mean of a duration in seconds; None where the model alone does not say it, or no number does.

    Exact but for the Weibull law (scale times the gamma function of 1 + 1/shape, to nine digits) and for the normal
    law, where it is the mean before what is below 0 is cut.

    >>> mean_of(law.Uniform(low="1h", high="3h")), mean_of(law.Weibull(shape=2, scale="1000s"))
    (Fraction(7200, 1), Fraction(35449077, 40000))
    """
    if isinstance(duration, law.Constant):
        return duration.value.base
    if isinstance(duration, law.Uniform):
        return (duration.low.base + duration.high.base) / 2
    if isinstance(duration, law.Triangular):
        return (duration.low.base + duration.mode.base + duration.high.base) / 3
    if isinstance(duration, law.Exponential | law.Lognormal | law.Gamma | law.Normal):
        return duration.mean.base
    if isinstance(duration, law.Weibull) and duration.shape > Fraction(1, 150):
        return duration.scale.base * Fraction(repr(round(math.gamma(1 + 1 / float(duration.shape)), 9)))
    return None


def span_text(duration: law.Duration) -> str:
    """A duration as people read it on a timer.

    >>> span_text(law.Exponential(mean="2d")), span_text(law.Uniform(low="1h", high="3h"))
    ('about 2d', '1h to 3h')
    """
    if isinstance(duration, law.Constant | law.Uniform):
        return duration_text(duration)
    if isinstance(duration, law.Empirical):
        return "as observed"
    if isinstance(duration, law.Triangular):
        return f"about {duration.mode}"
    return f"about {duration.scale if isinstance(duration, law.Weibull) else duration.mean}"


def iso_span(value: law.Duration | Quantity) -> str:
    """A time as a span of ISO 8601; of one that varies its typical length, to the second.

    >>> iso_span(Quantity(value=5, unit="d")), iso_span(Quantity(value="1/3", unit="h"))
    ('P5D', 'PT1200S')
    """
    quantity = value if isinstance(value, Quantity) else value.value if isinstance(value, law.Constant) else None
    if quantity is not None and quantity.value.denominator == 1:
        number = quantity.value.numerator
        pattern = {"s": "PT{}S", "min": "PT{}M", "h": "PT{}H", "d": "P{}D", "w": "P{}W", "mo": "P{}M", "y": "P{}Y"}
        if quantity.unit in pattern:
            return pattern[quantity.unit].format(number)
    seconds = quantity.base if quantity is not None else mean_of(value) if not isinstance(value, Quantity) else None
    return f"PT{round(seconds)}S" if seconds is not None else "PT0S"
