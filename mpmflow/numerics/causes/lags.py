"""Lag kernels: how an effect is spread over the periods after its cause, as weights of lag 0, 1, 2, ... periods.

A kernel has no negative weight and sums to 1. A lag that falls between two periods is split linearly between them, so
the mean lag is kept exactly; a span is the even mixture of its lags, each split so. Both are the mean-preserving
lattice law of sojourn times (Gerber 1979) with the period as its step. Lags and periods are given in one and the same
unit of time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincc

from mpmflow.numerics.faults import NumericsError

Floats = NDArray[np.float64]


def fixed_lag(lag: float, period: float = 1.0) -> Floats:
    """The kernel of one constant lag.

    Raises `NumericsError` for a negative lag or a period that is not above zero.

    >>> print(fixed_lag(10, period=7))
    [0.         0.57142857 0.42857143]
    """
    place = _in_periods(lag, period)
    whole = int(np.floor(place))
    part = place - whole
    kernel = np.zeros(whole + (2 if part > 0 else 1))
    kernel[whole] = 1.0 - part
    if part > 0:
        kernel[whole + 1] = part
    return kernel


def even_lag(low: float, high: float, period: float = 1.0) -> Floats:
    """The kernel of a lag that is evenly spread from `low` to `high`; the two may be equal.

    Weight of lag k: mean over the span of the hat function about k, integrated exactly, so ends inside a period count
    with the part of it that they cover. The mean lag is the middle of the span.

    One to three weeks, in weeks:

    >>> print(even_lag(1, 3))
    [0.   0.25 0.5  0.25]
    """
    first, last = _in_periods(low, period), _in_periods(high, period)
    if last < first:
        raise NumericsError(f"a lag from {low:g} to {high:g} ends before it begins; write the smaller one first")
    if last - first < 1e-9:
        return fixed_lag(0.5 * (first + last))
    # Between two whole lags the weights are straight lines: each stretch of the span counts with its middle.
    cell = np.arange(int(np.ceil(last)), dtype=np.float64)
    begin, end = np.clip(first, cell, cell + 1), np.clip(last, cell, cell + 1)
    covered = (end - begin) / (last - first)
    middle = 0.5 * (begin - cell + end - cell)
    kernel = np.append(covered * (1.0 - middle), 0.0)
    kernel[1:] += covered * middle
    return kernel


def gamma_lag(mean: float, sd: float, period: float = 1.0, rest: float = 1e-6) -> Floats:
    """The kernel of a gamma-shaped lag, cut where less than `rest` of it is left; the cut is shared out in proportion.

    sd 0 is a constant lag. The two parameters are what learned influences are fitted with.

    >>> kernel = gamma_lag(2.0, 1.0)
    >>> print(kernel[:5].round(3), round(float(kernel @ np.arange(len(kernel))), 3))
    [0.038 0.316 0.373 0.187 0.064] 2.0
    """
    middle, spread = _in_periods(mean, period), _in_periods(sd, period)
    if spread < 1e-6 * max(middle, 1e-300):
        return fixed_lag(middle)
    if middle == 0.0:
        raise NumericsError("a lag of mean 0 cannot spread; its sd must be 0 too")
    if not 0.0 < rest < 1.0:
        raise NumericsError("the rest that is cut off must be a share between 0 and 1")
    shape, scale = (middle / spread) ** 2, spread**2 / middle
    count = 8
    while gammaincc(shape, (count - 1) / scale) > rest:
        count *= 2
    grid = np.arange(count + 1.0)
    limited = middle * gammainc(shape + 1.0, grid / scale) + grid * gammaincc(shape, grid / scale)
    kernel = np.empty(count)
    kernel[0] = 1.0 - limited[1]
    kernel[1:] = 2.0 * limited[1:-1] - limited[:-2] - limited[2:]
    kernel = np.maximum(kernel, 0.0)
    kept = int(np.searchsorted(np.cumsum(kernel), 1.0 - rest)) + 1
    return np.asarray(kernel[:kept] / kernel[:kept].sum())


def _in_periods(time: float, period: float) -> float:
    if not (np.isfinite(period) and period > 0.0):
        raise NumericsError(f"a period must be longer than zero, got {period:g}")
    if not (np.isfinite(time) and time >= 0.0):
        raise NumericsError(f"a lag cannot be negative or endless, got {time:g}: an effect comes after its cause")
    return time / period
