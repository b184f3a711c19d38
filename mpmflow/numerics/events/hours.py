"""Working hours in compiled loops: weekly intervals, what of a span is working time, when work is done.

Seconds throughout; time 0 lies `origin` seconds after a Monday 00:00. A pool without intervals always works; the
functions are asked only about pools that have some. Import this only from inside a function.
"""

# Typing stops at numba's decorator; `event_process` checks the intervals.
from __future__ import annotations

import math
from typing import Any

from mpmflow.numerics.compiling import helper

from .process import WEEK


@helper
def working(spans: Any, pool: Any, origin: float, time: float) -> Any:
    """Working time of a pool from its first Monday 00:00 to a time."""
    at = time + origin
    week = math.floor(at / WEEK)
    rest = at - week * WEEK
    done = 0.0
    for i in range(pool.opens, pool.closes):
        if rest <= spans[i, 0]:
            break
        done = spans[i, 2] + min(rest, spans[i, 1]) - spans[i, 0]
    return week * pool.week + done


@helper
def finishing(spans: Any, pool: Any, origin: float, time: float, work: float) -> Any:
    """When work that starts at a time is done, pauses included."""
    goal = working(spans, pool, origin, time) + work
    week = math.floor(goal / pool.week)
    rest = goal - week * pool.week
    if rest <= 0.0:
        week -= 1.0
        rest = pool.week
    for i in range(pool.opens, pool.closes):
        length = spans[i, 1] - spans[i, 0]
        if rest <= spans[i, 2] + length or i == pool.closes - 1:
            return max(time, week * WEEK + spans[i, 0] + rest - spans[i, 2] - origin)
    return time


@helper
def opened(spans: Any, pool: Any, origin: float, time: float) -> bool:
    """Whether a pool works at a time."""
    at = time + origin
    rest = at - math.floor(at / WEEK) * WEEK
    for i in range(pool.opens, pool.closes):  # noqa: SIM110 - numba knows no generator expressions
        if spans[i, 0] <= rest < spans[i, 1]:
            return True
    return False


@helper
def opening(spans: Any, pool: Any, origin: float, time: float) -> Any:
    """The next time after this one that a closed pool opens."""
    at = time + origin
    week = math.floor(at / WEEK)
    rest = at - week * WEEK
    for i in range(pool.opens, pool.closes):
        if spans[i, 0] > rest:
            return week * WEEK + spans[i, 0] - origin
    return (week + 1.0) * WEEK + spans[pool.opens, 0] - origin
