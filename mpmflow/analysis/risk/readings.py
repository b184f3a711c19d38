"""Over which periods a figure is read: the one period of a date, a span that ends there, or a total from one date to
another.

Flows (spend, leads, throughput) are counted per period and add up; everything else has a level, and over several
periods its mean is read. A period that a span covers in part counts with that part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from mpmflow.model.measures import Target
from mpmflow.model.observations import Observations
from mpmflow.model.quantities import write_quantity

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Timeline:
    """Periods of the past and of the future: `bounds` (n + 1,) in seconds since the epoch, the first `known` observed.

    Future periods are as long as the mean period.
    """

    bounds: Floats
    known: int
    period: float

    @classmethod
    def of(cls, observations: Observations, known: int, ahead: int) -> Timeline:
        """The known periods and `ahead` more."""
        starts = [start.timestamp() for start in observations.starts[:known]]
        first_ahead = observations.ends[known - 1].timestamp() if known else observations.as_of.timestamp()
        if known and first_ahead - starts[-1] < 0.9 * observations.period:
            first_ahead = starts[-1] + observations.period  # a table's last period, cut short by the day of asking
        future = first_ahead + observations.period * np.arange(ahead + 1)
        return cls(np.array([*starts, *future]), known, observations.period)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def last_day(self, period: int) -> date:
        """The last day of a period."""
        end = datetime.fromtimestamp(float(self.bounds[period + 1]), UTC)
        return (end - timedelta(microseconds=1)).date()

    def holding(self, day: date) -> int:
        """The period in which a day ends; the first or last one for days outside."""
        moment = _end(day)
        return int(np.clip(np.searchsorted(self.bounds, moment, side="left") - 1, 0, len(self) - 1))

    def cover(self, start: float, end: float) -> Floats:
        """Which part of each period lies between two moments, (n,)."""
        low, high = self.bounds[:-1], self.bounds[1:]
        return np.asarray(np.clip(np.minimum(high, end) - np.maximum(low, start), 0.0, None) / (high - low))


@dataclass(frozen=True, eq=False)
class Reading:
    """How a metric is read: `weights` (n,) of the periods, the day it is for, and the same in words."""

    weights: Floats
    on: date
    words: str

    def of(self, values: Floats, flow: bool) -> Floats:
        """The figure from values (…, n): the sum of a flow, the mean of anything else.

        >>> two = Reading(np.array([0.0, 1.0, 1.0]), date(2026, 1, 1), "")
        >>> float(two.of(np.array([9.0, 1.0, 3.0]), True)), float(two.of(np.array([9.0, 1.0, 3.0]), False))
        (4.0, 2.0)
        """
        used = np.flatnonzero(self.weights)
        total = values[..., used] @ self.weights[used]
        return np.asarray(total if flow else total / self.weights[used].sum())


def reading(target: Target | None, timeline: Timeline, flow: bool, otherwise: int) -> Reading:
    """The reading that a target asks for; without target or date, the period `otherwise`."""
    weights = np.zeros(len(timeline))
    each = "per week" if abs(timeline.period - 604800) < 1 else "per period"
    if target is None or target.by is None:
        weights[otherwise] = 1.0
        return Reading(weights, timeline.last_day(otherwise), each if flow else "")
    if flow and target.start is not None:
        weights = timeline.cover(_start(target.start), _end(target.by))
        words = f"in total from {target.start.isoformat()} to {target.by.isoformat()}"
    elif target.per is not None:
        weights = timeline.cover(_end(target.by) - float(target.per.base), _end(target.by))
        words = f"per {write_quantity(target.per)}, up to {target.by.isoformat()}"
    else:
        weights[timeline.holding(target.by)] = 1.0
        words = each if flow else ""
    if not weights.any():
        weights[timeline.holding(target.by)] = 1.0
    return Reading(weights, target.by, words)


def periods_needed(targets: Mapping[str, Target], observations: Observations, known: int) -> int:
    """How many periods ahead the last target's date lies."""
    if not known:
        return 0
    end = observations.ends[known - 1].timestamp()
    latest = max((_end(target.by) for target in targets.values() if target.by is not None), default=end)
    return max(0, int(np.ceil((latest - end) / observations.period)))


def day_of(day: date) -> tuple[float, float]:
    """The moments at which a day begins and ends, seconds since the epoch."""
    return _start(day), _end(day)


def _start(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _end(day: date) -> float:
    return _start(day) + 86400.0
