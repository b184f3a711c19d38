"""What the history says of influences: of those that a model calls `learned`, and of those that nobody has declared.

Every pair is fitted and tested by `numerics.causes.transfer`; all pairs that are asked about together are corrected for
being many (Benjamini and Hochberg), so that of the links that are found one in ten is false at most, on the average. A
link says that the source foretells the effect, not that it brings it about: whatever moves both will look the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, ClassVar, Literal

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from mpmflow.analysis.results import Document, Result, finite
from mpmflow.analysis.risk.influences import causes_of
from mpmflow.analysis.risk.watched import Watched
from mpmflow.graphs import attributes as at
from mpmflow.graphs.causes import cause_effect
from mpmflow.model.measures import Cause, Learned
from mpmflow.model.model import Model
from mpmflow.model.observations import Observations
from mpmflow.numerics.causes.lags import even_lag
from mpmflow.numerics.causes.transfer import NEEDED, Transfer, false_discovery, transfer

Floats = NDArray[np.float64]
Grade = Literal["strong", "fair", "none"]

FALSE_LINKS = 0.1
"""Of the links that are found together, this share is false at most, on the average."""
LEAST_SURE = 0.05
"""However few pairs are asked about, a link has at most this p-value of its own."""
LEAST_GAINED = 0.02
"""A link takes at least this share off the variance of the one-step error, out of sample."""
STRONG = 0.01
"""A link is strong if it would be found even with this share of false ones."""
LONGEST_LAG = 13
"""Periods that are looked back where no lag is declared, if the history has three times as many and more."""
MOST_LAGS = 60
HALVES = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Where half of a ceiling may be reached, in medians of the source."""
BENT = 0.01
"""A ceiling takes at least this share more off the variance of the one-step error than a straight line does."""
LATELY = 8
"""The gain of a bent influence is that at the mean of so many last periods."""
YEAR = 31_557_600.0
DAY = 86_400.0
MOST_PAIRS = 2_000
"""More pairs than this are not looked through in one go."""


@dataclass(frozen=True, slots=True)
class LearnedCause:
    """What the history says of one influence. Amounts are in base units, times in seconds.

    Attributes:
        source, effect: names.
        found: whether the link holds up: out of sample, and corrected for all pairs asked about with it.
        gain, low, high: what one more of the source adds to the effect in the long run, with its 90 % interval; None
            where nothing could be fitted.
        gain_error: standard error of the gain.
        delay, mean_lag, mean_lag_error: when the effect begins to show, and how long it takes on the average.
        kernel: the share of the effect that arrives after 0, 1, … periods.
        p_value, q_value: of the out-of-sample test, plain and corrected.
        gained: share of the variance of the one-step error that the source takes away, out of sample.
        periods: how many are behind it.
        half, ceiling: of an influence `learned with saturation`, where a ceiling foretells better than a straight line:
            the level of the source at which half of it is reached, and what it adds at most. The gain is then that at
            the mean of the last periods.
        grade: `strong`, `fair` or `none`.
        why: why nothing was found, "" where it was.
        step, unit, scale: how people say the gain: `step` more of the source add `gain * scale` of `unit`.
    """

    source: str
    effect: str
    found: bool = False
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    gain_error: float | None = None
    delay: float | None = None
    mean_lag: float | None = None
    mean_lag_error: float | None = None
    kernel: tuple[float, ...] = ()
    p_value: float | None = None
    q_value: float | None = None
    gained: float | None = None
    periods: int = 0
    grade: Grade = "none"
    why: str = ""
    half: float | None = None
    ceiling: float | None = None
    step: str = "+1"
    unit: str = ""
    scale: float = 1.0

    def to_dict(self) -> Document:
        return {
            "source": self.source,
            "effect": self.effect,
            "found": self.found,
            "gain": finite(self.gain),
            "low": finite(self.low),
            "high": finite(self.high),
            "delay": finite(self.delay),
            "mean_lag": finite(self.mean_lag),
            "mean_lag_error": finite(self.mean_lag_error),
            "p_value": finite(self.p_value),
            "q_value": finite(self.q_value),
            "gained": finite(self.gained),
            "periods": self.periods,
            "half": finite(self.half),
            "ceiling": finite(self.ceiling),
            "grade": self.grade,
            "why": self.why,
            "said": {"step": self.step, "unit": self.unit, "scale": self.scale},
        }


@dataclass(frozen=True, slots=True)
class LearnedCauses(Result):
    """Influences that were looked for together.

    Attributes:
        causes: those that were found first, the surest first; then the others.
        declared: whether the model calls them `learned`, or nobody has declared them.
        lines: the found ones as lines of the language.
        notes: what else a reader should know.
    """

    schema: ClassVar[str] = "mpmflow/causes/1"
    shown_by = ("render.causes_page", "causes_page")

    causes: tuple[LearnedCause, ...]
    declared: bool
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> tuple[LearnedCause, ...]:
        """Those that hold up."""
        return tuple(one for one in self.causes if one.found)

    def body(self) -> Document:
        return {
            "declared": self.declared,
            "causes": [one.to_dict() for one in self.causes],
            "lines": list(self.lines),
            "notes": list(self.notes),
        }

    def rows(self) -> Mapping[str, list[Any]]:
        documents = [one.to_dict() for one in self.causes]
        names = [name for name in LearnedCause("", "").to_dict() if name not in ("why", "said")]
        return {name: [document[name] for document in documents] for name in names}

    def __str__(self) -> str:
        return "\n".join(self.lines) if self.lines else "no link was found"


def learned_causes(model: Model, observations: Observations) -> tuple[LearnedCause, ...]:
    """The influences that a model calls `learned`, or gives no strength, in the order of the text, by their history."""
    watched = Watched(model, observations)
    wanted = [one for one in causes_of(model) if one.strength is None or one.strength.kind == "learned"]
    given = [one for one in causes_of(model) if one not in wanted]
    return _judged([_of_pair(one.source, one.effect, one, given, watched) for one in wanted])


def propose_causes(model: Model, observations: Observations) -> tuple[LearnedCause, ...]:
    """Links that nobody has declared, from what leads to metrics with data of their own, the surest first.

    Looked at are pairs along which an effect can travel: the source reaches the metric by what the model says, through
    others, or nothing at all is said of what moves the metric; and the metric does not lead back to the source. Pairs
    that the model joins directly are left alone.

    Raises ValueError for more than `MOST_PAIRS` pairs.
    """
    watched = Watched(model, observations)
    pairs = candidates(model, watched.values)
    if len(pairs) > MOST_PAIRS:
        raise ValueError(f"{len(pairs)} pairs are more than are looked through at once, which is {MOST_PAIRS}")
    given = [one for one in causes_of(model) if one.strength is not None and one.strength.kind != "learned"]
    judged = _judged([_of_pair(source, effect, None, given, watched) for source, effect in pairs])
    return tuple(sorted(judged, key=lambda one: (not one.found, one.q_value if one.q_value is not None else 2.0)))


def look_through(pairs: Sequence[tuple[str, str]], watched: Watched) -> tuple[LearnedCause, ...]:
    """What the history alone says of these pairs, whatever the model says of them; corrected for being many.

    Raises ValueError for more than `MOST_PAIRS` pairs.
    """
    if len(pairs) > MOST_PAIRS:
        raise ValueError(f"{len(pairs)} pairs are more than are looked through at once, which is {MOST_PAIRS}")
    return _judged([_of_pair(source, effect, None, (), watched) for source, effect in pairs])


def candidates(model: Model, values: Mapping[str, Floats]) -> list[tuple[str, str]]:
    """The pairs that `propose_causes` looks at, sorted."""
    graph = cause_effect(model)
    joined = nx.DiGraph(graph)
    effects = [
        name
        for name, data in graph.nodes(data=True)
        if data[at.KIND] == "metric"
        and data.get(at.TIMING) == "lagging"
        and name in values
        and not any(origin in ("structural", "formula") for _, _, origin in graph.in_edges(name, keys=True))
    ]
    sources = [
        name
        for name, data in graph.nodes(data=True)
        if name in values and (data.get(at.TIMING) == "leading" or name in effects) and _tells(data)
    ]
    found = []
    for effect in effects:
        above = nx.ancestors(joined, effect)
        below = nx.descendants(joined, effect)
        for source in sources:
            free = source != effect and source not in below and not joined.has_edge(source, effect)
            if free and (source in above or not above):
                found.append((source, effect))
    return sorted(found)


def _tells(data: Mapping[str, Any]) -> bool:
    """Whether an indicator says something of its own: of outcomes whose shares add up, those with an effect do."""
    return data.get(at.ASPECT) != "share" or data.get(at.BETTER) is not None


def _of_pair(source: str, effect: str, cause: Cause | None, given: Sequence[Cause], watched: Watched) -> LearnedCause:
    """One pair, fitted; corrected later."""
    plain = LearnedCause(source, effect)
    for name in (source, effect):
        if name not in watched.values:
            return replace(plain, why=f"nothing was observed of {name}")
    period = watched.observations.period
    shortest, longest = _window(cause, period, watched.periods)
    beside = [one for one in given if one.effect == effect and one.source in watched.values and one.source != source]
    found = transfer(
        watched.values[source],
        watched.values[effect],
        shortest=shortest,
        longest=longest,
        others=np.column_stack([_driver(one, watched) for one in beside]) if beside else None,
        season=7.0 if period <= DAY else YEAR / period,
        fit_below=1.0 if cause is not None else LEAST_SURE,
    )
    if found is None:
        known = int((~np.isnan(watched.values[source]) & ~np.isnan(watched.values[effect])).sum())
        if known >= NEEDED + longest and np.ptp(watched.values[source][~np.isnan(watched.values[source])]) == 0:
            return replace(plain, why=f"{source} never moved")
        why = (
            f"too little is known: {known} periods have both {source} and {effect}; looking back {longest} periods "
            f"needs {NEEDED + longest} in a row, or nearly"
        )
        return replace(plain, why=why)
    plain = replace(plain, p_value=found.p_value, gained=found.gained, periods=found.periods)
    if np.isnan(found.gain):
        return plain
    if cause is not None and isinstance(cause.strength, Learned) and cause.strength.saturating:
        bent = _with_ceiling(source, found, watched, (shortest, longest), beside, effect)
        if bent is not None:
            return replace(bent, p_value=found.p_value, gained=max(found.gained, bent.gained or 0.0))
    low, high = found.interval(0.9)
    return replace(
        plain,
        gain=found.gain,
        low=low,
        high=high,
        gain_error=found.gain_error,
        delay=found.delay * period,
        mean_lag=found.mean_lag * period,
        mean_lag_error=found.mean_lag_error * period,
        kernel=tuple(found.kernel.tolist()),
    )


def _with_ceiling(
    source: str, straight: Transfer, watched: Watched, lags: tuple[int, int], beside: Sequence[Cause], effect: str
) -> LearnedCause | None:
    """The same pair with the bend that foretells best out of sample; None where a straight line does as well."""
    level = watched.values[source]
    positive = level[np.isfinite(level) & (level > 0.0)]
    if not len(positive) or np.nanmin(level) < 0.0:
        return None
    period, middle = watched.observations.period, float(np.median(positive))
    others = np.column_stack([_driver(one, watched) for one in beside]) if beside else None
    season = 7.0 if period <= DAY else YEAR / period
    fits = []
    for factor in HALVES:
        half = factor * middle
        found = transfer(
            level / (level + half),
            watched.values[effect],
            shortest=lags[0],
            longest=lags[1],
            others=others,
            season=season,
            fit_below=1.0,
            tested=False,
        )
        if found is not None and found.gain * straight.gain > 0.0:
            fits.append((found.gained, half, found))
    if not fits:
        return None
    gained, half, found = max(fits, key=lambda one: one[0])
    if gained < straight.gained + BENT:
        return None
    now = float(np.nanmean(level[-LATELY:]))
    slope = half / (half + now) ** 2
    low, high = found.interval(0.9)
    return LearnedCause(
        source,
        effect,
        gain=found.gain * slope,
        low=low * slope,
        high=high * slope,
        gain_error=found.gain_error * slope,
        delay=found.delay * period,
        mean_lag=found.mean_lag * period,
        mean_lag_error=found.mean_lag_error * period,
        kernel=tuple(found.kernel.tolist()),
        gained=gained,
        periods=found.periods,
        half=half,
        ceiling=found.gain,
    )


def _window(cause: Cause | None, period: float, periods: int) -> tuple[int, int]:
    """The lags that are looked at, in periods."""
    if cause is None or cause.lag is None:
        return 0, longest_lag(periods)
    low, high = float(cause.lag.low.base) / period, float(cause.lag.high.base) / period
    longest = min(ceil(high - 1e-9), MOST_LAGS)
    return min(int(low + 1e-9), longest), longest


def longest_lag(periods: int) -> int:
    """Periods that are looked back in a history of so many, where no lag is declared.

    >>> longest_lag(52), longest_lag(208)
    (6, 13)
    """
    return max(1, min(LONGEST_LAG, periods // 8))


def _driver(cause: Cause, watched: Watched) -> Floats:
    """A declared source spread by its lag, as one more thing that moves the effect; its strength is fitted beside."""
    low, high = (float(cause.lag.low.base), float(cause.lag.high.base)) if cause.lag else (0.0, 0.0)
    kernel = even_lag(low, high, watched.observations.period)
    values = watched.values[cause.source]
    found = np.full(len(values), np.nan)
    for now in range(len(kernel) - 1, len(values)):
        found[now] = float(kernel @ values[now - len(kernel) + 1 : now + 1][::-1])
    return found


def _judged(pairs: Sequence[LearnedCause]) -> tuple[LearnedCause, ...]:
    """The pairs with their corrected p-values, and what follows of them."""
    corrected = false_discovery([np.nan if one.p_value is None else one.p_value for one in pairs])
    judged = []
    for one, q_value in zip(pairs, corrected.tolist(), strict=True):
        if one.p_value is None or one.gained is None:
            judged.append(one)
            continue
        found = q_value <= FALSE_LINKS and one.p_value <= LEAST_SURE and one.gained >= LEAST_GAINED
        why = "" if found else f"the history does not show that {one.source} foretells {one.effect}"
        grade: Grade = "none" if not found else "strong" if q_value <= STRONG else "fair"
        judged.append(replace(one, q_value=q_value, found=found, grade=grade, why=why))
    return tuple(judged)
