"""The compiled walk of single cases through a process, behind `case_times`; import it only from inside a function."""

# Typing stops at numba's decorator; `case_times` checks what goes in.
from __future__ import annotations

import math
from typing import Any

import numpy as np

from mpmflow.numerics.compiling import compiled

from .kernel import FORK, NOWHERE, Tables
from .sampling import draw, mixed, started, uniform

# columns of the open blocks of a case
_PARENT, _LEFT, _BLOCK, _LOSSES = range(4)


@compiled
def walk(
    tables: Tables, start: int, flow: int, delayed: Any, wait: Any, keys: Any, time: Any, end: Any, waited: Any
) -> None:
    """Times, ends and waits of `len(time)` cases of a class; `wait` is the mean wait of who waits at all, (K,)."""
    nodes, ways, until, forks, entries = tables.nodes, tables.ways, tables.until, tables.forks, tables.entries
    laws, value, cumulated = tables.laws, tables.value, tables.cumulated
    pools = wait.shape[0]
    own_wait = np.empty(pools)
    counter = np.zeros(max(1, tables.slots), np.int64)
    # branches still to be walked: node, block; when they start; depth-first, so a block is done before what follows
    node_of = np.empty(64, np.int64)
    block_of = np.empty(64, np.int64)
    begins = np.empty(64)
    inside = np.empty((64, 4), np.int64)
    good = np.empty(64)  # earliest good end of a block's branches
    late = np.empty(64)  # latest end
    route = mixed(keys[1] + np.uint64(flow))
    service = mixed(keys[2] + np.uint64(flow))
    patience = mixed(keys[0] + np.uint64(flow))
    for number in range(time.shape[0]):
        for p in range(pools):
            u, _ = uniform(started(mixed(patience + np.uint64(number)), np.uint64(0), p))
            own_wait[p] = 0.0
            if u > 1.0 - delayed[p]:
                own_wait[p] = -wait[p] * math.log((1.0 - u) / delayed[p])
        counter[:] = 0
        route_key = mixed(route + np.uint64(number))
        service_key = mixed(service + np.uint64(number))
        waits = 0.0
        steps = 0
        blocks = 0
        waiting = 1
        node_of[0], block_of[0], begins[0] = start, -1, 0.0
        while waiting > 0:
            waiting -= 1
            node, b, now = node_of[waiting], block_of[waiting], begins[waiting]
            while True:
                turn = steps
                steps += 1
                spot = nodes[node]
                slot = spot.slot
                if slot >= 0:
                    turn = counter[slot]
                    counter[slot] = turn + 1
                if spot.kind == FORK:
                    f = spot.which
                    first, last = forks[f, 0], forks[f, 1]
                    if blocks == inside.shape[0]:
                        inside = np.concatenate((inside, np.empty_like(inside)))
                        good = np.concatenate((good, np.empty_like(good)))
                        late = np.concatenate((late, np.empty_like(late)))
                    while waiting + last - first > node_of.shape[0]:
                        node_of = np.concatenate((node_of, np.empty_like(node_of)))
                        block_of = np.concatenate((block_of, np.empty_like(block_of)))
                        begins = np.concatenate((begins, np.empty_like(begins)))
                    inside[blocks, _PARENT] = b
                    inside[blocks, _LEFT] = last - first
                    inside[blocks, _BLOCK] = f
                    inside[blocks, _LOSSES] = 0
                    good[blocks], late[blocks] = np.inf, now
                    for i in range(first, last):
                        node_of[waiting], block_of[waiting], begins[waiting] = entries[i], blocks, now
                        waiting += 1
                    blocks += 1
                    break
                work, _ = draw(laws[node], value, cumulated, started(service_key, spot.luck, turn))
                if spot.pool >= 0:
                    now += own_wait[spot.pool]
                    waits += own_wait[spot.pool]
                now += work
                way = spot.way_begin
                if spot.way_end - way > 1:
                    column = min(turn, until.shape[1] - 1) if slot >= 0 else 0
                    u, _ = uniform(started(route_key, spot.luck, turn))
                    while u >= until[way, column] and way < spot.way_end - 1:
                        way += 1
                step = ways[way]
                target = step.target
                if step.limit >= 0:
                    if counter[step.slot] >= step.limit:
                        target = step.over
                    else:
                        counter[step.slot] += 1
                while target < 0 and b >= 0:
                    f = inside[b, _BLOCK]
                    inside[b, _LEFT] -= 1
                    late[b] = max(late[b], now)
                    if target == -1:
                        good[b] = min(good[b], now)
                    else:
                        inside[b, _LOSSES] += 1
                    if inside[b, _LEFT] > 0:
                        target = NOWHERE
                        break
                    if forks[f, 4]:
                        whole = good[b] < np.inf
                        now = good[b] if whole else late[b]
                    else:
                        whole = inside[b, _LOSSES] == 0
                        now = late[b]
                    target = forks[f, 2] if whole else forks[f, 3]
                    b = inside[b, _PARENT]
                if target == NOWHERE:
                    break
                if target < 0:
                    time[number], end[number] = now, -1 - target
                    break
                node = target
        waited[number] = waits
