"""The law behind observed times, some of which are still running: maximum likelihood, chosen by information criterion.

A time that is over counts with its density, one that is still running with the chance to last longer (right
censoring). Of the laws offered the one with the smallest Bayesian information criterion is best (Schwarz 1978),

    BIC = k log n - 2 log L

with k parameters and n times that are over. A law whose mean misses that of the times by more than a tenth and three
standard errors, or whose standard deviation is over twice theirs, is no candidate while nearly all times are over:
whoever computes with the law computes with these, and a lognormal law fitted to the body of the data may promise a tail
that is not there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from mpmflow.numerics.faults import NumericsError
from mpmflow.numerics.times import laws as times

from .censored import aalen_johansen
from .estimates import MeanEstimate

Floats = NDArray[np.float64]

OFFERED = ("constant", "exponential", "uniform", "triangular", "normal", "lognormal", "gamma", "weibull")
"""The laws of the language that have parameters, the simplest first."""
NEEDED = 3.0
"""Times that must be over before a law is fitted."""
STILL = 0.005
"""Times that differ by less than this share of their mean are one fixed time."""
_GROUPS = 2_000  # so many times tell a law as well as more of them
_FLOOR = 0.01  # times below this share of the mean count as that: a stamp of the same second says no more
_FEW_OPEN = 0.05
_MEAN_MISSED, _ERRORS, _WIDER = 0.1, 3.0, 2.0


@dataclass(frozen=True)
class FittedLaw:
    """A law with the parameters that fit best.

    Attributes:
        name: one of `OFFERED`.
        parameters: in the order of the language: (value); (mean); (low, high); (low, mode, high); (mean, sd), for
            normal those before it is cut at zero; weibull (shape, scale).
        closed, open: weight of the times that are over, and of those still running.
        criterion: BIC; smaller is better, by 2 perhaps, by 10 surely.
        distance: largest gap between the law's distribution function and the observed one (Kaplan-Meier), 0 to 1.
    """

    name: str
    parameters: tuple[float, ...]
    closed: float
    open: float
    criterion: float
    distance: float

    @property
    def law(self) -> times.Law:
        """The law itself."""
        return law_named(self.name, self.parameters)

    @property
    def mean(self) -> MeanEstimate:
        """What is known of the mean: as good as that many times that are over make it."""
        law = self.law
        return MeanEstimate(self.closed, law.mean, law.sd, law.sd / math.sqrt(self.closed))


def law_named(name: str, parameters: tuple[float, ...]) -> times.Law:
    """The law of that name; parameters as of `FittedLaw`."""
    made: dict[str, Callable[..., times.Law]] = {
        "constant": times.Constant,
        "exponential": times.Exponential,
        "uniform": times.Uniform,
        "triangular": times.Triangular,
        "normal": times.CutNormal,
        "lognormal": times.Lognormal,
        "gamma": times.Gamma,
        "weibull": times.Weibull,
    }
    return made[name](*parameters)


def fit_laws(
    values: ArrayLike, over: ArrayLike, weights: ArrayLike | None = None, offered: tuple[str, ...] = OFFERED
) -> tuple[FittedLaw, ...]:
    """Every law that can be fitted, the best first.

    Args:
        values: times, those still running up to now, (N,); not negative.
        over: whether each is over, (N,).
        weights: what each counts for, (N,); 1 if left out.

    Empty with fewer than 3 times that are over. Times that are all alike are a constant and nothing else.

    >>> fit_laws([2, 2, 2, 2], [True] * 4)[0].name
    'constant'
    >>> best = fit_laws(np.arange(1, 200) / 100, [True] * 199)[0]
    >>> best.name, [round(end, 2) for end in best.parameters]
    ('uniform', [0.01, 1.99])
    """
    data = _Data.of(values, over, weights)
    if data.closed < NEEDED:
        return ()
    if data.fixed:
        value = float(data.weight @ data.value / data.closed)
        return (FittedLaw("constant", (value,), data.closed, data.open, -math.inf, 0.0),)
    observed = aalen_johansen(data.all_values, data.all_kinds, 1, weights=data.all_weights)
    found = []
    for name in offered:
        if name == "constant":
            continue
        parameters, likelihood = _FITS[name](data)
        if not (math.isfinite(likelihood) and all(math.isfinite(one) for one in parameters)):
            continue
        law = law_named(name, parameters)
        if data.missed_by(law.mean, law.sd):
            continue
        before = np.concatenate([[0.0], observed.incidence[:-1, 0]])
        chance = law.cdf(observed.times)
        gap = max(np.abs(chance - observed.incidence[:, 0]).max(), np.abs(chance - before).max())
        criterion = len(parameters) * math.log(data.closed) - 2.0 * likelihood
        found.append(FittedLaw(name, parameters, data.closed, data.open, criterion, float(gap)))
    return tuple(sorted(found, key=lambda one: one.criterion))


def observed_quantiles(values: ArrayLike, over: ArrayLike, weights: ArrayLike | None, count: int) -> Floats:
    """Times that stand for all of them: quantiles in the middle of `count` equal parts (Kaplan-Meier), rising.

    The part that outlasts everything observed is told by the longest time of all.

    >>> observed_quantiles([1, 2, 3, 4], [True] * 4, None, 2).tolist()
    [1.0, 3.0]
    """
    data = _Data.of(values, over, weights, whole=True)
    found = aalen_johansen(data.all_values, data.all_kinds, 1, weights=data.all_weights)
    place = np.searchsorted(found.incidence[:, 0], (np.arange(count) + 0.5) / count - 1e-12)
    ends = np.append(found.times, data.all_values.max())
    return np.asarray(ends[place])


@dataclass(frozen=True)
class _Data:
    """Times over and running, at most `_GROUPS` of the former, none below the floor."""

    value: Floats
    weight: Floats
    running: Floats
    running_weight: Floats
    fixed: bool

    @classmethod
    def of(cls, values: ArrayLike, over: ArrayLike, weights: ArrayLike | None, whole: bool = False) -> _Data:
        value, done = np.asarray(values, dtype=float), np.asarray(over, dtype=bool)
        weight = np.ones(len(value)) if weights is None else np.asarray(weights, dtype=float)
        if not value.shape == done.shape == weight.shape or value.ndim != 1:
            raise NumericsError("every time needs to be said whether it is over, and what it counts for")
        if not (np.isfinite(value).all() and (value >= 0).all() and np.isfinite(weight).all() and (weight >= 0).all()):
            raise NumericsError("times and weights must be finite and not negative")
        kept = weight > 0
        value, done, weight = value[kept], done[kept], weight[kept]
        closed, heavy = value[done], weight[done]
        order = np.argsort(closed, kind="stable")
        closed, heavy = closed[order], heavy[order]
        mean = float(heavy @ closed / heavy.sum()) if len(closed) else 0.0
        longest = closed[-1] if len(closed) else 0.0
        still = len(closed) > 0 and longest - closed[0] <= STILL * mean
        # Of times that took nothing the running ones say nothing of how long.
        fixed = still and (mean == 0.0 or not (value[~done] > longest).any())
        if not whole and mean > 0.0:
            closed = np.maximum(closed, _FLOOR * mean)
            closed, heavy = _grouped(closed, heavy)
        return cls(closed, heavy, value[~done], weight[~done], bool(fixed))

    @property
    def closed(self) -> float:
        return float(self.weight.sum())

    @property
    def open(self) -> float:
        return float(self.running_weight.sum())

    @property
    def all_values(self) -> Floats:
        return np.concatenate([self.value, self.running])

    @property
    def all_kinds(self) -> NDArray[np.intp]:
        return np.concatenate([np.zeros(len(self.value), np.intp), np.full(len(self.running), -1, np.intp)])

    @property
    def all_weights(self) -> Floats:
        return np.concatenate([self.weight, self.running_weight])

    @property
    def mean(self) -> float:
        """Time watched per time that is over: the mean if the law were exponential."""
        return float((self.weight @ self.value + self.running_weight @ self.running) / self.closed)

    def missed_by(self, mean: float, sd: float) -> bool:
        """Whether nearly all times are over and a law of this mean and standard deviation cannot be theirs."""
        if self.open > _FEW_OPEN * self.closed:
            return False
        centre = float(self.weight @ self.value / self.closed)
        spread = math.sqrt(float(self.weight @ (self.value - centre) ** 2) / self.closed)
        error = spread / math.sqrt(self.closed)
        return abs(mean - self.mean) > max(_MEAN_MISSED * centre, _ERRORS * error) or sd > _WIDER * spread

    def likelihood(self, density: Floats, outlasting: Floats) -> float:
        """Log likelihood from log density of what is over and log chance to outlast of what is not."""
        return float(self.weight @ density + self.running_weight @ np.maximum(outlasting, -700.0))


def _grouped(value: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Neighbouring times as one with their weight, so that few are left; the first and the last stay as they are."""
    if len(value) <= _GROUPS:
        return value, weight
    inner = np.linspace(1, len(value) - 1, _GROUPS - 1).astype(int)[:-1]
    starts = np.unique(np.concatenate([[0], inner, [len(value) - 1]]))
    heavy = np.add.reduceat(weight, starts)
    return np.add.reduceat(weight * value, starts) / heavy, heavy


_Fit = tuple[tuple[float, ...], float]


def _exponential(data: _Data) -> _Fit:
    mean = data.mean
    return (mean,), data.likelihood(-math.log(mean) - data.value / mean, -data.running / mean)


def _uniform(data: _Data) -> _Fit:
    low, top = float(data.value.min()), float(max(data.value.max(), data.running.max(initial=0.0)))

    def likelihood(high: float) -> float:
        width = high - low
        with np.errstate(divide="ignore"):
            outlasting = np.log(np.clip((high - data.running) / width, 0.0, 1.0))
        return data.likelihood(np.full(len(data.value), -math.log(width)), outlasting)

    if not len(data.running):
        return (low, top), likelihood(top)
    found = optimize.minimize_scalar(
        lambda stretch: -likelihood(low + (top - low) * math.exp(stretch)), bounds=(1e-9, 3.0), method="bounded"
    )
    high = low + (top - low) * math.exp(float(found.x))
    return (low, high), likelihood(high)


def _triangular(data: _Data) -> _Fit:
    least, top = float(data.value.min()), float(max(data.value.max(), data.running.max(initial=0.0)))
    span = top - least

    def parameters(point: Floats) -> tuple[float, float, float]:
        low = least * float(special.expit(point[0]))
        high = top + span * math.exp(min(float(point[1]), 5.0))
        return low, low + (high - low) * float(special.expit(point[2])), high

    def likelihood(low: float, mode: float, high: float) -> float:
        width, value = high - low, data.value
        with np.errstate(divide="ignore", invalid="ignore"):
            rising = np.log(2.0 * (value - low) / (width * (mode - low)))
            falling = np.log(2.0 * (high - value) / (width * (high - mode)))
            past = (high - data.running) ** 2 / (width * (high - mode))
            before = 1.0 - (data.running - low) ** 2 / (width * (mode - low))
            outlasting = np.log(np.where(data.running <= low, 1.0, np.where(data.running < mode, before, past)))
            density = np.where(value < mode, rising, falling)
        return data.likelihood(density, outlasting)

    best: Floats | None = None
    score = -math.inf
    for mode in (-2.0, 0.0, 2.0):
        found = _climb(lambda point: likelihood(*parameters(point)), np.array([2.0, -3.0, mode]))
        reached = likelihood(*parameters(found))
        if reached > score:
            best, score = found, reached
    return (parameters(best), score) if best is not None else ((math.nan,) * 3, -math.inf)


def _normal(data: _Data) -> _Fit:
    centre, spread = _moments(data)

    def parts(point: Floats) -> tuple[float, float]:
        return centre + spread * float(point[0]), spread * _raised(point[1])

    def likelihood(mean: float, sd: float) -> float:
        kept = float(special.log_ndtr(mean / sd))
        density = -0.5 * ((data.value - mean) / sd) ** 2 - math.log(sd * math.sqrt(2 * math.pi)) - kept
        return data.likelihood(density, special.log_ndtr((mean - data.running) / sd) - kept)

    mean, sd = parts(_climb(lambda point: likelihood(*parts(point)), np.zeros(2)))
    # The language states normal times by a mean of at least zero.
    return ((mean, sd), likelihood(mean, sd)) if mean >= 0.0 else ((math.nan,), -math.inf)


def _lognormal(data: _Data) -> _Fit:
    logs = np.log(data.value)
    centre = float(data.weight @ logs / data.closed)
    spread = math.sqrt(max(float(data.weight @ (logs - centre) ** 2) / data.closed, 1e-12))
    running = np.log(np.maximum(data.running, 1e-300))

    def likelihood(point: Floats) -> float:
        mu, sigma = centre + spread * float(point[0]), spread * _raised(point[1])
        density = -0.5 * ((logs - mu) / sigma) ** 2 - logs - math.log(sigma * math.sqrt(2 * math.pi))
        return data.likelihood(density, special.log_ndtr((mu - running) / sigma))

    best = _climb(likelihood, np.zeros(2)) if len(data.running) else np.zeros(2)
    mu, sigma = centre + spread * float(best[0]), spread * _raised(best[1])
    mean = math.exp(min(mu + 0.5 * sigma**2, 700.0))
    return (mean, mean * math.sqrt(math.expm1(min(sigma**2, 700.0)))), likelihood(best)


def _gamma(data: _Data) -> _Fit:
    centre, spread = _moments(data)

    def parts(point: Floats) -> tuple[float, float]:
        return centre * _raised(point[0]), _raised(point[1]) * (centre / spread) ** 2

    def likelihood(mean: float, shape: float) -> float:
        rate = shape / mean
        density = shape * math.log(rate) + (shape - 1) * np.log(data.value) - rate * data.value
        with np.errstate(divide="ignore"):
            outlasting = np.log(special.gammaincc(shape, rate * data.running))
        return data.likelihood(density - math.lgamma(shape), outlasting)

    mean, shape = parts(_climb(lambda point: likelihood(*parts(point)), np.zeros(2)))
    return (mean, mean / math.sqrt(shape)), likelihood(mean, shape)


def _weibull(data: _Data) -> _Fit:
    centre, spread = _moments(data)
    logs = np.log(data.value)

    def parts(point: Floats) -> tuple[float, float]:
        return _raised(point[1]) * (centre / spread), centre * _raised(point[0])

    def likelihood(shape: float, scale: float) -> float:
        raised = np.exp(np.minimum(shape * (logs - math.log(scale)), 700.0))
        density = math.log(shape) - logs + shape * (logs - math.log(scale)) - raised
        outlasting = -np.exp(np.minimum(shape * np.log(np.maximum(data.running, 1e-300) / scale), 700.0))
        return data.likelihood(density, outlasting)

    shape, scale = parts(_climb(lambda point: likelihood(*parts(point)), np.zeros(2)))
    return (shape, scale), likelihood(shape, scale)


_FITS: dict[str, Callable[[_Data], _Fit]] = {
    "exponential": _exponential,
    "uniform": _uniform,
    "triangular": _triangular,
    "normal": _normal,
    "lognormal": _lognormal,
    "gamma": _gamma,
    "weibull": _weibull,
}


def _moments(data: _Data) -> tuple[float, float]:
    centre = float(data.weight @ data.value / data.closed)
    return centre, math.sqrt(max(float(data.weight @ (data.value - centre) ** 2) / data.closed, 1e-6 * centre**2))


def _raised(step: float) -> float:
    """A factor from its logarithm, within reason."""
    return math.exp(min(max(float(step), -5.0), 6.0))


def _climb(likelihood: Callable[[Floats], float], start: Floats) -> Floats:
    def surprise(point: Floats) -> float:
        value = likelihood(point)
        return -value if math.isfinite(value) else 1e300

    with np.errstate(over="ignore", invalid="ignore"):
        found = optimize.minimize(
            surprise, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-4, "maxiter": 600}
        )
    return np.asarray(found.x)
