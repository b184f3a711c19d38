"""Arrivals of a workflow, and the people of a team, as a log shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, gammaincinv

from mpmflow.model.spells import NodeSpells
from mpmflow.numerics.statistics.fitted_laws import FittedLaw, fit_laws

from .window import WEEK, Window

Floats = npt.NDArray[np.float64]

_DISPERSION_FROM = 4  # periods from which their scatter says whether cases come independently
_REGULAR = 0.02  # share of a team's visits from which somebody belongs to it


@dataclass(frozen=True, slots=True)
class ArrivalRate:
    """Cases per second.

    Attributes:
        count: cases it rests on, after forgetting; seconds: how long they took to come.
        dispersion: variance over mean of the cases of a period; 1 when cases come independently, as the Poisson law
            has it. Above 1 the interval is as much wider.
        together: share of the cases that came in the same second as another one.
    """

    count: float
    seconds: float
    dispersion: float
    together: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    def quantile(self, probability: float) -> float:
        """Quantile of the uncertain rate (a gamma law)."""
        shape = self.count / self.dispersion
        return float(gammaincinv(shape, probability)) * self.dispersion / self.seconds

    def probability_above(self, reference: float) -> float:
        """Probability that the true rate lies above a reference."""
        shape = self.count / self.dispersion
        return 1.0 - float(gammainc(shape, reference * self.seconds / self.dispersion))


def arrival_rate(moments: npt.ArrayLike, window: Window) -> ArrivalRate | None:
    """The rate at which cases came; None with fewer than two cases.

    The time starts with the first case, which therefore does not count itself.
    """
    moment = np.asarray(moments, dtype=float)
    kept = moment[window.weights(moment) > 0]
    if len(kept) < 2 or not window.until > kept[0]:
        return None
    weight = window.weights(kept)[1:]
    edges = np.arange(window.until, kept[0] - 1e-9, -window.period)[::-1]
    dispersion = 1.0
    if len(edges) > _DISPERSION_FROM:
        counts, _ = np.histogram(kept[1:], edges)
        age = window.weights(edges[:-1])
        mean = float(age @ counts / age.sum())
        variance = float(age @ (counts - mean) ** 2 / age.sum()) * len(counts) / (len(counts) - 1)
        dispersion = max(1.0, variance / mean) if mean > 0 else 1.0
    together = float((np.diff(kept) == 0.0).mean())
    return ArrivalRate(float(weight.sum()), window.span(float(kept[0])), dispersion, together)


def arrival_gaps(moments: npt.ArrayLike, window: Window) -> tuple[FittedLaw, ...]:
    """The laws that fit the gaps between two cases, the best first; the gap since the last case is still running."""
    moment = np.asarray(moments, dtype=float)
    kept = moment[window.weights(moment) > 0]
    if len(kept) < 2:
        return ()
    gaps = np.append(np.diff(kept), window.until - kept[-1])
    return fit_laws(gaps, np.append(np.ones(len(kept) - 1, dtype=bool), False), window.weights(kept))


@dataclass(frozen=True, slots=True)
class People:
    """How many people a team has, as far as a log can say.

    Attributes:
        at_once: how many worked at the same moment, in the week in which that was most often exceeded least: the
            median of the weekly peaks. Without beginnings of work, how many worked on the same day.
        most: the largest number ever at once (or on one day).
        named: how many did at least 2 % of the team's visits.
        weeks: weeks in which the team worked.
        timed: whether the log says when work began.
    """

    at_once: int
    most: int
    named: int
    weeks: int
    timed: bool


def people(spells: Iterable[NodeSpells], window: Window) -> People | None:
    """The people who do the work of these nodes; None where the log names nobody."""
    begun, over, who, timed = _stretches(spells, window)
    if not len(who):
        return None
    counts = np.bincount(who)
    named = int((counts >= max(_REGULAR * len(who), 1.0)).sum())
    week = (begun // WEEK).astype(int)
    peaks = []
    for one in np.unique(week):
        chosen = week == one
        if timed:
            peaks.append(_peak(begun[chosen], over[chosen], who[chosen]))
        else:
            days = (over[chosen] // 86400.0).astype(int)
            peaks.append(max(len(np.unique(who[chosen][days == day])) for day in np.unique(days)))
    return People(int(np.median(peaks)), max(peaks), named, len(peaks), timed)


def _stretches(spells: Iterable[NodeSpells], window: Window) -> tuple[Floats, Floats, npt.NDArray[np.intp], bool]:
    """Beginning, end and person of every visit that somebody worked on; and whether beginnings are known."""
    columns: list[Sequence[Floats]] = []
    for one in spells:
        began, left, who = np.asarray(one.began), np.asarray(one.left), np.asarray(one.who)
        over = ~np.isnan(left) & (who >= 0) & (window.weights(left) > 0)
        columns.append((began[over], left[over], who[over]))
    if not columns:
        return np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.intp), False
    began, left, who = (np.concatenate([part[index] for part in columns]) for index in range(3))
    timed = len(began) > 0 and float(np.isnan(began).mean()) < 0.5
    kept = ~np.isnan(began) if timed else np.ones(len(began), dtype=bool)
    return (began if timed else left)[kept], left[kept], who[kept].astype(np.intp), timed


def _peak(begun: Floats, over: Floats, who: npt.NDArray[np.intp]) -> int:
    """How many different people are at work at the same moment, at most."""
    busy = np.zeros(0)
    change = np.zeros(0)
    for person in np.unique(who):
        spans = sorted(zip(begun[who == person].tolist(), over[who == person].tolist(), strict=True))
        merged: list[list[float]] = []
        for start, end in spans:
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            elif end > start:
                merged.append([start, end])
        table = np.array(merged).reshape(-1, 2)
        busy = np.concatenate([busy, table[:, 0], table[:, 1]])
        change = np.concatenate([change, np.ones(len(table)), -np.ones(len(table))])
    order = np.lexsort((change, busy))  # who goes makes room before another one comes
    return int(np.cumsum(change[order]).max()) if len(order) else 1
