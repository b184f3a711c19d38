"""Series of periods as tables: a row for each period, oldest first, a column for each series, nan where none is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mpmflow.numerics.faults import NumericsError

Floats = NDArray[np.float64]


def by_period(values: ArrayLike) -> tuple[Floats, bool]:
    """Values as (T, m), and whether they were a single series.

    Raises NumericsError for another shape, and for an endless value.

    >>> table, single = by_period([1.0, 2.0])
    >>> table.tolist(), single
    ([[1.0], [2.0]], True)
    """
    array = np.asarray(values, dtype=float)
    if array.ndim not in (1, 2):
        raise NumericsError(f"a series has one row per period and one column per series, got shape {array.shape}")
    if np.isinf(array).any():
        raise NumericsError("a series holds an endless value; leave it out as nan if it is unknown")
    return (array[:, None], True) if array.ndim == 1 else (array, False)
