"""Working hours in compiled loops: weekly intervals, what of a span is working time, when work is done.

Seconds throughout; time 0 lies `origin` seconds after a Monday 00:00. A pool without intervals always works. Import
this only from inside a function.
"""

# Typing stops at numba's decorator; `event_process` checks the intervals.
from __future__ import annotations

import math
from typing import Any, NamedTuple

from .sampling import compiled

WEEK = 604800.0


class Hours(NamedTuple):
    """Working hours of all pools: of pool p the intervals `begin[p]` to `begin[p + 1]` of `opens`, `closes`.

    `done` is the working time of the week before each interval, `total` that of a week, `origin` where time 0 lies.
    """

    begin: Any
    opens: Any
    closes: Any
    done: Any
    total: Any
    origin: float


@compiled
def working(hours: Hours, pool: int, time: float) -> Any:
    """Working time of a pool from its first Monday 00:00 to a time."""
    at = time + hours.origin
    week = math.floor(at / WEEK)
    rest = at - week * WEEK
    done = 0.0
    for i in range(hours.begin[pool], hours.begin[pool + 1]):
        if rest <= hours.opens[i]:
            break
        done = hours.done[i] + min(rest, hours.closes[i]) - hours.opens[i]
    return week * hours.total[pool] + done


@compiled
def finishing(hours: Hours, pool: int, time: float, work: float) -> Any:
    """When work that starts at a time is done, pauses included."""
    begin = hours.begin[pool]
    end = hours.begin[pool + 1]
    if begin == end:
        return time + work
    goal = working(hours, pool, time) + work
    total = hours.total[pool]
    week = math.floor(goal / total)
    rest = goal - week * total
    if rest <= 0.0:
        week -= 1.0
        rest = total
    for i in range(begin, end):
        length = hours.closes[i] - hours.opens[i]
        if rest <= hours.done[i] + length or i == end - 1:
            return max(time, week * WEEK + hours.opens[i] + rest - hours.done[i] - hours.origin)
    return time


@compiled
def opened(hours: Hours, pool: int, time: float) -> bool:
    """Whether a pool works at a time."""
    begin = hours.begin[pool]
    end = hours.begin[pool + 1]
    if begin == end:
        return True
    at = time + hours.origin
    rest = at - math.floor(at / WEEK) * WEEK
    for i in range(begin, end):  # noqa: SIM110 - numba knows no generator expressions
        if hours.opens[i] <= rest < hours.closes[i]:
            return True
    return False


@compiled
def opening(hours: Hours, pool: int, time: float) -> Any:
    """The next time after this one that a closed pool opens."""
    at = time + hours.origin
    week = math.floor(at / WEEK)
    rest = at - week * WEEK
    for i in range(hours.begin[pool], hours.begin[pool + 1]):
        if hours.opens[i] > rest:
            return week * WEEK + hours.opens[i] - hours.origin
    return (week + 1.0) * WEEK + hours.opens[hours.begin[pool]] - hours.origin
