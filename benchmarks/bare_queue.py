"""The reference process of `congestion.py` in the barest compiled loop: what one core can do at all.

Written for this one process and nothing else: five teams, exponential times, one stream of luck, a binary heap of at
most eleven finishing times, the mean of the cycle time as its only figure. No classes, no memory that grows, no
figures by step or team, no luck by case. What mpmflow's loop takes longer is the price of everything else it does.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(nogil=True, error_model="numpy")
def bare(cases: int, warmup: int, speed: Any, people: Any, from_step: int, to_step: int, back: float) -> Any:
    """Mean cycle time of the cases after the warm-up, and the number of events."""
    np.random.seed(7)
    teams = len(speed)
    due = np.empty(64)
    who = np.empty(64, np.int64)
    size = 0
    step = np.zeros(cases, np.int64)
    born = np.empty(cases)
    behind = np.full(cases, -1, np.int64)
    first, last = np.full(teams, -1, np.int64), np.full(teams, -1, np.int64)
    busy = np.zeros(teams, np.int64)
    arrived, ended, events = 0, 0, 0
    total, now = 0.0, 0.0
    next_arrival = np.random.exponential(1.0)
    while ended < cases:
        events += 1
        served = -1
        if arrived < cases and (size == 0 or next_arrival < due[0]):
            now = next_arrival
            case, goes = arrived, 0
            born[case] = now
            arrived += 1
            next_arrival = now + np.random.exponential(1.0)
        else:
            now, case = due[0], who[0]
            size -= 1
            time, item, i = due[size], who[size], 0
            while 2 * i + 1 < size:
                j = 2 * i + 1
                if j + 1 < size and due[j + 1] < due[j]:
                    j += 1
                if due[j] >= time:
                    break
                due[i], who[i] = due[j], who[j]
                i = j
            due[i], who[i] = time, item
            team = step[case]
            served = first[team]
            if served >= 0:
                first[team] = behind[served]
            else:
                busy[team] -= 1
            goes = team + 1
            if team == from_step and np.random.random() < back:
                goes = to_step
        starts = case
        for turn in range(2):
            # first who was waiting at the team that is free again, then who has just come
            if turn == 0:
                if served < 0:
                    continue
                starts = served
            else:
                if goes == teams:
                    ended += 1
                    if case >= warmup:
                        total += now - born[case]
                    continue
                starts = case
                step[case] = goes
                if busy[goes] == people[goes]:
                    behind[case] = -1
                    if first[goes] < 0:
                        first[goes] = case
                    else:
                        behind[last[goes]] = case
                    last[goes] = case
                    continue
                busy[goes] += 1
            time = now + np.random.exponential(1.0 / speed[step[starts]])
            i = size
            size += 1
            while i > 0 and due[(i - 1) >> 1] > time:
                due[i], who[i] = due[(i - 1) >> 1], who[(i - 1) >> 1]
                i = (i - 1) >> 1
            due[i], who[i] = time, starts
    return total / (cases - warmup), events
