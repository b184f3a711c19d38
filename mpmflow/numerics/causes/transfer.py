"""How one series foretells another: gain and lag with errors, and a test that is no older than its data.

The model is the transfer function of Box and Jenkins (Time Series Analysis, 1970, chapters 10 and 11):

    y[t] = base + gain * sum_k w[k] x[t-k] + u[t],      w: a dead time, then a gamma law, sums to 1;  u: AR(p)

Both series are filtered by the autoregression of u, which prewhitens: two series that merely drift side by side have
nothing in common afterwards (raw cross-correlation links independent AR(.8) series in about 40 % of pairs). A series
with a unit root is differenced first, and the other with it, which leaves gain and lag as they are. The base holds a
level, the season where there are two of them, and what is known of other influences.

Testing is out of sample. The history is cut into five stretches, and each is foretold with the kernel and the gain that
fit best in the other four, beside the base and the effect's own past. The statistic is the share of the squared error
that this takes away: an F statistic between the two forecasts. Its law under "no link" comes of the data: what the
base leaves is shuffled (D. Freedman and D. Lane, Journal of Business & Economic Statistics 1, 1983), which keeps the
source, the search over kernels and the stretches as they are. That is a statement about prediction, not about cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, stdtrit

from mpmflow.numerics.causes.lags import fixed_lag
from mpmflow.numerics.faults import NumericsError

Floats = NDArray[np.float64]
Known = NDArray[np.bool_]

NEEDED = 24
"""Periods with everything known; with fewer there is no answer."""
MOST_OWN_LAGS = 4
OWN_LAGS = 2
NEAR = 10
"""So many kernels that fit best are fitted with an autoregression beside them."""
ROUNDS = 2
WIDER = 1.3
"""Errors of a searched kernel with an estimated autoregression come out too small; with this factor 90 % intervals held
in 83 to 90 % of simulated histories of 52 to 156 periods.
"""
FIRST_SEEN = 0.05
"""The share of an effect that must have arrived for its delay to be over."""
_MEANS = (0.5, 1.0, 1.5, 2.2, 3.3, 5.0, 7.5, 11.0, 17.0)
_SPREADS = (0.5, 1.0)
STRETCHES = 5
DRAWS = (999, 9_999)
AT_ONCE = 500
FEW = 4
"""Draws go on to the larger number where no more than so many of the smaller one do as well as the source."""
_DICKEY_FULLER = -2.89
"""5 % point of the Dickey-Fuller t with a level, for about 100 periods (W. A. Fuller, 1976, table 8.5.2)."""


@dataclass(frozen=True, eq=False)
class Transfer:
    """What a source foretells of an effect.

    Attributes:
        gain, gain_error: what one more of the source adds to the effect in the long run, with its standard error.
        mean_lag, mean_lag_error: in periods.
        delay: periods before which nothing is seen.
        kernel: (L,) the share that arrives after 0, 1, … periods.
        p_value: of the out-of-sample test.
        gained: share of the one-step error's variance that the source takes away, out of sample; below 0 where it does
            harm.
        periods: how many are behind it.
        differenced: whether changes were looked at, not levels.
    """

    gain: float
    gain_error: float
    mean_lag: float
    mean_lag_error: float
    delay: int
    kernel: Floats
    p_value: float
    gained: float
    periods: int
    differenced: bool

    def interval(self, share: float = 0.9) -> tuple[float, float]:
        """Bounds of the gain that hold with this probability."""
        wide = float(stdtrit(max(self.periods - 4, 1), 0.5 * (1.0 + share))) * self.gain_error
        return self.gain - wide, self.gain + wide


def transfer(
    source: ArrayLike,
    effect: ArrayLike,
    *,
    longest: int,
    shortest: int = 0,
    others: ArrayLike | None = None,
    season: float | None = None,
    seed: int = 0,
    fit_below: float = 1.0,
    tested: bool = True,
) -> Transfer | None:
    """Learn how a source foretells an effect.

    Args:
        source, effect: (T,) one value a period, oldest first, nan where missing: a gap is a gap.
        longest, shortest: lags in periods within which the effect arrives.
        others: (T, k) contributions or drivers that are known to move the effect too; nan where missing.
        season: periods in a year; used where the history holds two of them.
        seed: of the draws behind the p-value.
        tested: whether a p-value is asked for; without, it is nan, and most of the work is saved.
        fit_below: with a larger p-value gain and lag are left unknown (nan), which saves most of the work.

    Returns None with fewer than `NEEDED` usable periods, or a source that never moves.

    >>> luck = np.random.default_rng(4)
    >>> x = luck.normal(size=160)
    >>> y = 5 + 2 * np.concatenate([np.zeros(3), x[:-3]]) + luck.normal(size=160)
    >>> found = transfer(x, y, longest=8)
    >>> found.delay, round(found.gain, 1), round(found.mean_lag), found.p_value < 1e-3
    (3, 2.1, 3, True)
    """
    x, y = (np.asarray(one, dtype=np.float64) for one in (source, effect))
    if x.ndim != 1 or x.shape != y.shape:
        raise NumericsError(f"source and effect are one series each, of one length, got {x.shape} and {y.shape}")
    if not 0 <= shortest <= longest:
        raise NumericsError(f"lags from {shortest} to {longest} periods are none: the shortest comes first")
    beside = np.zeros((len(y), 0)) if others is None else np.asarray(others, dtype=np.float64).reshape(len(y), -1)
    base = np.column_stack([_seasonal(len(y), season), beside])
    differenced = _drifts(y)
    if differenced:
        x, y, base = (np.diff(one, axis=0) for one in (x, y, base))
    rows = _Rows(x, y, base, _bank(shortest, longest), longest)
    if rows.count < NEEDED or not rows.moves:
        return None
    p_value, gained = rows.tested(seed) if tested else (np.nan, rows.gained())
    found = rows.fit() if not p_value > fit_below else _UNKNOWN
    return Transfer(**found, p_value=p_value, gained=gained, periods=rows.count, differenced=differenced)


def false_discovery(p_values: ArrayLike) -> Floats:
    """The q-value of each test: among the tests with at most this q, that share is false at most, on the average.

    Y. Benjamini and Y. Hochberg, Journal of the Royal Statistical Society B 57, 1995. nan stays nan and counts for
    nothing.

    >>> print(false_discovery([0.01, 0.04, 0.03, 0.5]).round(3))
    [0.04  0.053 0.053 0.5  ]
    """
    p = np.asarray(p_values, dtype=np.float64)
    found = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known])]
    ratio = p[order] * len(order) / np.arange(1, len(order) + 1)
    found[order] = np.minimum(np.minimum.accumulate(ratio[::-1])[::-1], 1.0)
    return found


_UNKNOWN: dict[str, Any] = {
    **dict.fromkeys(("gain", "gain_error", "mean_lag", "mean_lag_error"), np.nan),
    "delay": 0,
    "kernel": np.zeros(0),
}


@dataclass(frozen=True, eq=False)
class _Kernel:
    delay: int
    mean: float
    weights: Floats


@lru_cache(maxsize=32)
def _bank(shortest: int, longest: int) -> tuple[_Kernel, ...]:
    """Kernels on a grid: every dead time, and behind it every mean and spread that the longest lag has room for.

    A weight is the gamma law's share between one period and the next, so that an exponential law decays from its first
    period on.
    """
    found = []
    for delay in range(shortest, longest + 1):
        found.append(_Kernel(delay, float(delay), fixed_lag(delay)))
        for mean in _MEANS:
            if delay + mean > longest:
                break
            for spread in _SPREADS:
                shape = spread**-2
                reached = gammainc(shape, np.arange(longest - delay + 2.0) * shape / mean)
                weights = np.concatenate([np.zeros(delay), np.diff(reached) / reached[-1]])
                found.append(_Kernel(delay, float(weights @ np.arange(len(weights))), weights))
    return tuple(found)


def _seasonal(periods: int, season: float | None) -> Floats:
    """Two waves a year, where the history holds two years."""
    if season is None or season < 4 or periods < 2 * season:
        return np.zeros((periods, 0))
    angle = 2.0 * np.pi * np.arange(periods) / season
    return np.column_stack([wave(order * angle) for order in (1, 2) for wave in (np.sin, np.cos)])


def _drifts(series: Floats) -> bool:
    """Whether a series may have a unit root: the Dickey-Fuller test, with one own change beside, does not speak against
    it.
    """
    change = np.diff(series)
    rows = np.column_stack([np.ones(len(change) - 1), series[1:-1], change[:-1]])
    known = ~np.isnan(rows).any(axis=1) & ~np.isnan(change[1:])
    if known.sum() < 12:
        return False
    design, target = rows[known], change[1:][known]
    solved, *_ = np.linalg.lstsq(design, target, rcond=None)
    rest = target - design @ solved
    freedom = len(target) - 3
    spread = np.linalg.pinv(design.T @ design)[1, 1] * float(rest @ rest) / freedom
    return bool(spread > 0.0 and solved[1] / np.sqrt(spread) > _DICKEY_FULLER)


def _lags(series: Floats, count: int) -> Floats:
    """(T, count) the series 0, 1, … periods ago, nan before it begins."""
    found = np.full((len(series), count), np.nan)
    for lag in range(count):
        found[lag:, lag] = series[: len(series) - lag]
    return found


def _autoregression(rest: Floats) -> Floats:
    """Coefficients of an AR(p) of a series of mean zero with gaps; p by Akaike's criterion, 0 to `MOST_OWN_LAGS`."""
    table = _lags(rest, MOST_OWN_LAGS + 1)
    table = table[~np.isnan(table).any(axis=1)]
    if len(table) < 4 * MOST_OWN_LAGS:
        return np.zeros(0)
    products = table.T @ table
    slight = np.eye(MOST_OWN_LAGS) * (1e-10 * products[0, 0] + 1e-300)
    best, chosen = np.inf, np.zeros(0)
    for order in range(MOST_OWN_LAGS + 1):
        own = slice(1, order + 1)
        solved = np.linalg.solve(products[own, own] + slight[:order, :order], products[own, 0])
        left = float(products[0, 0] - products[0, own] @ solved)
        score = len(table) * np.log(max(left, 1e-300)) + 2.0 * order
        if score < best - 1e-9:
            best, chosen = score, solved
    return chosen


def _filtered(series: Floats, own: Floats) -> Floats:
    """The series, or each column of a table, with what its own past foretells taken off."""
    found = series.copy()
    for lag, weight in enumerate(own, start=1):
        found[lag:] -= weight * series[:-lag]
        found[:lag] = np.nan
    return found


class _Rows:
    """The regression, row by row a period in which everything is known."""

    def __init__(self, x: Floats, y: Floats, base: Floats, bank: tuple[_Kernel, ...], longest: int) -> None:
        self.bank = bank
        self.weights = np.zeros((longest + 1, len(bank)))
        for number, kernel in enumerate(bank):
            self.weights[: len(kernel.weights), number] = kernel.weights
        self.x, self.y, self.base = x, y, base
        self.width = longest + 1
        level = np.column_stack([np.ones(len(y)), base])
        known = ~np.isnan(level).any(axis=1) & ~np.isnan(y)
        self.count, self.moves = 0, False
        if known.sum() < NEEDED:
            return
        solved, *_ = np.linalg.lstsq(level[known], y[known], rcond=None)
        self._filter(_autoregression(y - level @ solved))

    def _filter(self, own: Floats) -> None:
        self.own = own
        y, x, base = (_filtered(one, own) for one in (self.y, self.x, self.base))
        past = _lags(x, self.width)
        # The filter is estimated; what it leaves of the effect's own past is conditioned on.
        base = np.column_stack([np.ones(len(y)), base, _lags(y, OWN_LAGS + 1)[:, 1:]])
        known = ~(np.isnan(y) | np.isnan(past).any(axis=1) | np.isnan(base).any(axis=1))
        self.target, self.past, self.known_base = y[known], past[known], base[known]
        self.count = int(known.sum())
        spread = np.ptp(self.past, axis=0) if self.count else np.zeros(1)
        self.moves = bool((spread > 1e-9 * max(1.0, float(np.abs(self.past).max(initial=0.0)))).all())

    def fit(self) -> dict[str, Any]:
        """Gain, lag and their errors from all rows.

        For every kernel that comes near, the autoregression of the rest is estimated beside it; how well each then fits
        says how likely it is (all kernels alike beforehand, gains fitted). The answer is the mean over kernels, and the
        errors hold what is doubtful about the kernel.
        """
        lags = _lags(self.x, self.width)
        base = np.column_stack([np.ones(len(self.y)), self.base])
        known = ~(np.isnan(lags).any(axis=1) | np.isnan(base).any(axis=1) | np.isnan(self.y))
        spread = np.where(known[:, None], lags, 0.0) @ self.weights
        spread[~known] = np.nan
        near = self._near(spread, base, known)
        fits = [self._fitted(spread[:, number], base, known) for number in near]
        gains, errors, left = np.array([one[:3] for one in fits]).T
        means = np.array([self.bank[number].mean for number in near])
        best = int(np.argmin(left))
        weight = np.exp(-0.5 * fits[best][3] * (np.log(left) - np.log(left[best])))
        weight /= weight.sum()
        gain = float(weight @ gains)
        kernel = np.asarray(self.weights[:, near] @ weight)
        arrived = np.cumsum(kernel)
        told = kernel[: int(np.searchsorted(arrived, 1.0 - 1e-6)) + 1]
        return {
            "gain": gain,
            "gain_error": WIDER * float(weight @ (errors**2 + (gains - gain) ** 2)) ** 0.5,
            "mean_lag": float(weight @ means),
            "mean_lag_error": WIDER * float(weight @ (means - float(weight @ means)) ** 2) ** 0.5,
            "delay": int(np.searchsorted(arrived, FIRST_SEEN)),
            "kernel": told / told.sum(),
        }

    def _near(self, spread: Floats, base: Floats, known: Known) -> list[int]:
        """Kernels that fit best before and after the filter: the best by either is among them."""
        found: dict[int, None] = {}
        for rows in ((base[known], spread[known], self.y[known]), (self.known_base, None, self.target)):
            design, wide, target = rows[0], rows[1] if rows[1] is not None else self.past @ self.weights, rows[2]
            basis, scale, _ = np.linalg.svd(design, full_matrices=False)
            basis = basis[:, scale > 1e-10 * scale[0]]
            wide, target = wide - basis @ (basis.T @ wide), target - basis @ (basis.T @ target)
            power = np.einsum("ij,ij->j", wide, wide)
            with np.errstate(divide="ignore", invalid="ignore"):
                explained = np.where(power > 0.0, (target @ wide) ** 2 / power, -1.0)
            found |= dict.fromkeys(np.argsort(-explained)[:NEAR].tolist())
        return sorted(found)

    def _fitted(self, spread: Floats, base: Floats, known: Known) -> tuple[float, float, float, int]:
        """One kernel by least squares, the rest's autoregression beside it: its gain, the error of that, the mean
        square that is left, and the degrees of freedom.
        """
        design = np.column_stack([base, spread])
        solved, *_ = np.linalg.lstsq(design[known], self.y[known], rcond=None)
        for _ in range(ROUNDS):
            own = _autoregression(self.y - design @ solved)
            wide, target = _filtered(design, own), _filtered(self.y, own)
            rows = ~(np.isnan(wide).any(axis=1) | np.isnan(target))
            solved, *_ = np.linalg.lstsq(wide[rows], target[rows], rcond=None)
        rest = target[rows] - wide[rows] @ solved
        freedom = max(len(rest) - wide.shape[1] - len(own), 1)
        left = float(rest @ rest) / len(rest)
        inverse = np.linalg.pinv(wide[rows].T @ wide[rows])
        error = float((left * len(rest) / freedom * inverse[-1, -1]) ** 0.5)
        return float(solved[-1]), error, left, freedom

    def tested(self, seed: int) -> tuple[float, float]:
        """P-value and share of the error taken away, each stretch foretold with the kernel and gain of the others."""
        spread, target = self._beside_base()
        gained = float(_gained(spread, target[:, None])[0])
        luck = np.random.default_rng(seed)
        as_good, drawn = 0, 0
        for draws in DRAWS:
            while drawn < draws:
                batch = min(AT_ONCE, draws - drawn)
                other = luck.permuted(np.repeat(target[:, None], batch, axis=1), axis=0)
                as_good += int((_gained(spread, other) >= gained).sum())
                drawn += batch
            if as_good > FEW:
                break
        return (1 + as_good) / (1 + drawn), gained

    def gained(self) -> float:
        """The share of the error that the source takes away, out of sample."""
        spread, target = self._beside_base()
        return float(_gained(spread, target[:, None])[0])

    def _beside_base(self) -> tuple[Floats, Floats]:
        """The source spread by every kernel, and the target, with what the base explains taken off."""
        basis, scale, _ = np.linalg.svd(self.known_base, full_matrices=False)
        basis = basis[:, scale > 1e-10 * scale[0]]
        spread = self.past @ self.weights
        return spread - basis @ (basis.T @ spread), self.target - basis @ (basis.T @ self.target)


def _gained(spread: Floats, targets: Floats) -> Floats:
    """For each target, a column, the share of its variance that is taken away where every stretch is foretold from the
    others: by the kernel and the gain that are best there.
    """
    rows = len(spread)
    edges = np.linspace(0, rows, STRETCHES + 1).astype(int)
    power, together = spread**2, np.zeros((STRETCHES, spread.shape[1], targets.shape[1]))
    own = np.stack([power[first:last].sum(axis=0) for first, last in pairwise(edges)])
    for number, (first, last) in enumerate(pairwise(edges)):
        together[number] = spread[first:last].T @ targets[first:last]
    all_power, all_together = own.sum(axis=0), together.sum(axis=0)
    taken = np.zeros(targets.shape[1])
    column = np.arange(targets.shape[1])
    for number in range(STRETCHES):
        learned = np.maximum(all_power - own[number], 1e-300)[:, None]
        product = all_together - together[number]
        best = np.argmax(product**2 / learned, axis=0)
        gain = product[best, column] / learned[best, 0]
        # error before minus error after: 2 gain z'y - gain^2 z'z
        taken += 2.0 * gain * together[number][best, column] - gain**2 * own[number][best]
    return np.asarray(taken / np.maximum(np.einsum("ij,ij->j", targets, targets), 1e-300))
