"""The compiled walk of single cases through a process, behind `case_times`; import it only from inside a function."""

# Typing stops at numba's decorator; `case_times` checks what goes in.
from __future__ import annotations

import math
from typing import Any

import numpy as np

from .kernel import Tables
from .sampling import NOTHING, compiled, draw, mixed, started, uniform

# columns of the open blocks of a case
_PARENT, _LEFT, _BLOCK, _LOSSES = range(4)


@compiled
def walk(tables: Tables, flow: int, delayed: Any, wait: Any, keys: Any, time: Any, end: Any, waited: Any) -> None:
    """Times, ends and waits of `len(time)` cases of a class; `wait` is the mean wait of who waits at all, (K,)."""
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
            u, _ = uniform(started(mixed(patience + np.uint64(number)), p, 0))
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
        node_of[0], block_of[0], begins[0] = tables.start[flow], -1, 0.0
        while waiting > 0:
            waiting -= 1
            node, b, now = node_of[waiting], block_of[waiting], begins[waiting]
            while True:
                turn = steps
                steps += 1
                slot = tables.visit_slot[node]
                if slot >= 0:
                    turn = counter[slot]
                    counter[slot] = turn + 1
                if tables.kind[node] == 1:
                    f = tables.which[node]
                    first, last = tables.fork_begin[f], tables.fork_begin[f + 1]
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
                        node_of[waiting], block_of[waiting], begins[waiting] = tables.fork_entry[i], blocks, now
                        waiting += 1
                    blocks += 1
                    break
                work = 0.0
                if tables.law.kind[node] != NOTHING:
                    work, _ = draw(tables.law, node, started(service_key, tables.place[node], turn))
                    p = tables.pool[node]
                    if p >= 0:
                        now += own_wait[p]
                        waits += own_wait[p]
                now += work
                begin, after = tables.way_begin[node], tables.way_begin[node + 1]
                way = begin
                if after - begin > 1:
                    column = min(turn, tables.way_share.shape[1] - 1) if slot >= 0 else 0
                    u, _ = uniform(started(route_key, tables.place[node], turn))
                    total = tables.way_share[way, column]
                    while u >= total and way < after - 1:
                        way += 1
                        total += tables.way_share[way, column]
                    while tables.way_share[way, column] <= 0.0 and way > begin:
                        way -= 1
                target = tables.way_target[way]
                if tables.way_limit[way] >= 0:
                    used = tables.way_slot[way]
                    if counter[used] >= tables.way_limit[way]:
                        target = tables.way_over[way]
                    else:
                        counter[used] += 1
                while target < 0 and b >= 0:
                    f = inside[b, _BLOCK]
                    inside[b, _LEFT] -= 1
                    late[b] = max(late[b], now)
                    if target == -1:
                        good[b] = min(good[b], now)
                    else:
                        inside[b, _LOSSES] += 1
                    if inside[b, _LEFT] > 0:
                        target = -1000000000
                        break
                    if tables.fork_first[f]:
                        whole = good[b] < np.inf
                        now = good[b] if whole else late[b]
                    else:
                        whole = inside[b, _LOSSES] == 0
                        now = late[b]
                    target = tables.fork_joined[f] if whole else tables.fork_lost[f]
                    b = inside[b, _PARENT]
                if target == -1000000000:
                    break
                if target < 0:
                    time[number], end[number] = now, -1 - target
                    break
                node = target
        waited[number] = waits
