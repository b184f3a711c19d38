"""What rules look at: the values of one indicator, one a period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mpmflow.model.quantities import Quantity

from .logic import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Observed values of one indicator (or of many, stacked), one a period.

    Attributes:
        values: shape (..., t), base units, nan where nothing was observed.
        period: seconds from one value to the next.
        counts: what stands behind each value, same shape: how many decisions if it is a share, how much exposure
            (seconds, cases) if it is a rate; None for other figures.
        counted: whether `counts` are decisions behind shares or exposure behind rates.
    """

    values: Floats
    period: float
    counts: Floats | None = None
    counted: Literal["shares", "rates"] = "shares"


def periods_in(span: Quantity, period: float) -> int:
    """How many periods a span covers: at least one, and enough to last for all of it.

    >>> periods_in(Quantity(value=2, unit="w"), 7 * 86400), periods_in(Quantity(value=10, unit="d"), 7 * 86400)
    (2, 2)
    """
    return max(1, int(np.ceil(float(span.base) / period - 1e-9)))
