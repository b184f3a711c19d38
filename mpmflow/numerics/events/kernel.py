"""The simulation loop: one compiled function, a binary heap of what is due, lists of who waits.

Everything lives in arrays that grow by doubling and whose places are used again, so memory follows the cases in
process and not the cases simulated. A *token* is a case at a place; a parallel block turns one into several and back.
A token is at any moment in exactly one list: ready to enter its node, waiting for a server, gathering, or in the heap.
First come, first served is a linked list, other disciplines a skew heap on the same links (`event_lists`).

The module is long because the loop is one: compiled code that passes its state round would be slower and no clearer.
Import it only from inside a function.
"""

# Typing stops at numba's decorator; `events` builds and checks what goes in.
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .hours import Hours, finishing, opened, opening
from .lists import (
    CASE,
    INSIDE,
    KEY,
    NEXT,
    NODE,
    OTHER,
    SINCE,
    WORK,
    grown_floats,
    grown_ints,
    merged,
    pop,
    push,
)
from .sampling import NOTHING, LawTable, compiled, draw, mixed, started, uniform

OCTAVE = 64  # bins per doubling in histograms: 1.1 % wide
LOWEST = -32  # smallest time told apart, 2 ** -32
BINS = 80 * OCTAVE + 2  # up to 2 ** 48; the first bin holds zeros, the last what is beyond
FIGURES = 4  # time, wait, work, cost

# columns of the cases
KLASS, TOKENS, NUMBER, ORDER, END, STEPS = range(6)
BORN, WAITED, WORKED, COST, ENDED = range(5)
# columns of open blocks
PARENT, LEFT, FIRED, BLOCK, LOSSES = range(5)


class Tables(NamedTuple):
    """The process as the loop reads it; see `EventProcess` and `events.tables_of`."""

    law: LawTable
    kind: Any  # 0 visit, 1 fork, 2 gather
    which: Any  # index of the fork or gathering
    pool: Any
    way_begin: Any
    way_target: Any
    way_share: Any
    way_limit: Any
    way_over: Any
    way_slot: Any
    visit_slot: Any
    cost: Any
    cost_rate: Any
    touch: Any
    place: Any
    servers: Any
    discipline: Any
    hours: Hours
    fork_begin: Any
    fork_entry: Any
    fork_first: Any
    fork_joined: Any
    fork_lost: Any
    gather_size: Any
    gather_after: Any
    start: Any
    gap_row: Any
    batch: Any
    priority: Any
    deadline: Any
    slots: int


class Tally(NamedTuple):
    """What the loop counts, all mergeable. Classes C, ends E, nodes n, pools K.

    count (C,) cases; mean (C, 4), co (C, 4, 4) sums of products of deviations of time, wait, work, cost;
    end_count, end_mean, end_m2 (C, E) of the time by end; late (C,); histogram (C, BINS) of the time;
    visits (n,); wait_mean, wait_m2, waits (n,); held_mean, held_m2 (n,);
    queue_area, busy_area, work_done (K,), served (K,): over the window; open_area (C,);
    whole: arrived, ended, left over, events, tokens at most, stopped early (1 horizon, 2 memory, 3 asked to);
    span: start and end of the window, clock at the end.
    """

    count: Any
    mean: Any
    co: Any
    end_count: Any
    end_mean: Any
    end_m2: Any
    late: Any
    histogram: Any
    visits: Any
    waits: Any
    wait_mean: Any
    wait_m2: Any
    held_mean: Any
    held_m2: Any
    queue_area: Any
    busy_area: Any
    work_done: Any
    served: Any
    open_area: Any
    whole: Any
    span: Any
    series: Any


@compiled
def _seen(waits: Any, mean: Any, m2: Any, node: int, wait: float) -> None:
    """One more wait in front of a node."""
    waits[node] += 1
    delta = wait - mean[node]
    mean[node] += delta / waits[node]
    m2[node] += delta * (wait - mean[node])


@compiled
def _add_up(queue_area: Any, busy_area: Any, changed: Any, length: Any, busy: Any, p: int, now: float) -> None:
    """Add queue and busy servers of a pool up to now."""
    passed = now - changed[p]
    queue_area[p] += passed * length[p]
    busy_area[p] += passed * busy[p]
    changed[p] = now


@compiled
def bin_of(time: float) -> int:
    """The bin of a time in the histograms."""
    if time <= 0.0:
        return 0
    place = math.floor((math.log2(time) - LOWEST) * OCTAVE) + 1
    return min(max(place, 1), BINS - 1)


@compiled
def run(
    tables: Tables,
    tally: Tally,
    keys: Any,
    warmup: int,
    cases: int,
    drain: bool,
    horizon: float,
    most_tokens: int,
    stop: Any,
) -> None:
    """Simulate until the cases numbered warmup .. warmup + cases - 1 have all ended (see `events.simulate`)."""
    pools = tables.servers.shape[0]
    classes = tables.start.shape[0]
    forks = tables.fork_first.shape[0]
    gathers = tables.gather_size.shape[0]
    widest = 4
    for f in range(forks):
        widest = max(widest, tables.fork_begin[f + 1] - tables.fork_begin[f] + 4)
    at_once = 8
    for p in range(pools):
        at_once = max(at_once, tables.servers[p] + 8)
    for g in range(gathers):
        at_once = max(at_once, tables.gather_size[g] + 8)
    # tokens, cases and open blocks, each with the places that are free again
    token = np.full((256 + 2 * widest, 5), -1, np.int64)
    number = np.zeros((token.shape[0], 3))
    free_token = 0
    for i in range(token.shape[0] - 1):
        token[i, NEXT] = i + 1
    tokens_free = token.shape[0]
    case = np.zeros((128, 6), np.int64)
    sums = np.zeros((128, 5))
    counter = np.zeros((128, max(1, tables.slots)), np.int64)
    free_cases = np.empty((128, 1), np.int64)
    for i in range(128):
        free_cases[i, 0] = 127 - i
    cases_free = 128
    inside = np.zeros((64, 5), np.int64)
    free_inside = np.empty((64, 1), np.int64)
    for i in range(64):
        free_inside[i, 0] = 63 - i
    inside_free = 64
    room = 256 + 2 * at_once + classes
    due = np.empty(room)
    what = np.empty(room, np.int64)
    size = 0
    ready, ready_last = -1, -1
    head = np.full(pools, -1, np.int64)
    tail = np.full(pools, -1, np.int64)
    length = np.zeros(pools, np.int64)
    busy = np.zeros(pools, np.int64)
    changed = np.zeros(pools)  # when queue and busy of a pool were last added up
    expected = np.zeros(pools, np.int64)  # 1: an opening is in the heap
    crowd = np.full(max(1, gathers), -1, np.int64)
    crowd_last = np.full(max(1, gathers), -1, np.int64)
    crowd_size = np.zeros(max(1, gathers), np.int64)
    crowd_due = np.full(max(1, gathers), np.inf)
    in_process = np.zeros(classes, np.int64)
    open_changed = np.zeros(classes)
    arrival_state = np.empty(classes, np.uint64)
    made = np.zeros(classes, np.int64)
    for c in range(classes):
        arrival_state[c] = mixed(keys[0] + np.uint64(c))
        first = 0.0
        if tables.gap_row[c] >= 0:
            first, arrival_state[c] = draw(tables.law, tables.gap_row[c], arrival_state[c])
        size = push(due, what, size, first, -1 - c)
    arrived, ended, counted_ended, events = 0, 0, 0, 0
    last_counted = warmup + cases
    live, most_live = 0, 0
    now = 0.0
    watching = warmup == 0
    pending, forced = -1, False
    reason = 0
    tally.span[0] = 0.0
    tally.span[1] = -1.0
    kept_queue, kept_busy, kept_open = np.zeros(pools), np.zeros(pools), np.zeros(classes)
    while True:
        leaving = -1
        t = -1
        # ---------------------------------------------------------------- room for whatever the next move needs
        if tokens_free < widest:
            old = token.shape[0]
            if old >= most_tokens:
                reason = 2
                break
            token = grown_ints(token)
            number = grown_floats(number)
            for i in range(old, token.shape[0]):
                token[i, NEXT] = i + 1
            token[token.shape[0] - 1, NEXT] = free_token
            free_token = old
            tokens_free += token.shape[0] - old
        if size + at_once > room:
            bigger_due = np.empty(2 * room)
            bigger_what = np.empty(2 * room, np.int64)
            bigger_due[:size] = due[:size]
            bigger_what[:size] = what[:size]
            due, what, room = bigger_due, bigger_what, 2 * room
        # ---------------------------------------------------------------- free servers take who is next
        if ready < 0 and pending >= 0:
            # only now: a case that comes straight back competes with those that wait
            p = pending
            pending = -1
            while length[p] > 0 and busy[p] < tables.servers[p]:
                if not forced and not opened(tables.hours, p, now):
                    if expected[p] == 0:
                        expected[p] = 1
                        size = push(due, what, size, opening(tables.hours, p, now), -1 - classes - p)
                    break
                one = head[p]
                if tables.discipline[p] == 0:
                    head[p] = token[one, NEXT]
                else:
                    head[p] = merged(token, number, token[one, NEXT], token[one, OTHER])
                _add_up(tally.queue_area, tally.busy_area, changed, length, busy, p, now)
                length[p] -= 1
                busy[p] += 1
                k = token[one, CASE]
                if warmup <= case[k, ORDER] < last_counted:
                    wait = now - number[one, SINCE]
                    sums[k, WAITED] += wait
                    _seen(tally.waits, tally.wait_mean, tally.wait_m2, token[one, NODE], wait)
                if watching:
                    tally.work_done[p] += number[one, WORK]
                    tally.served[p] += 1
                size = push(due, what, size, finishing(tables.hours, p, now, number[one, WORK]), one)
            continue
        # ---------------------------------------------------------------- a token enters its node
        if ready >= 0:
            t = ready
            ready = token[t, NEXT]
            if ready < 0:
                ready_last = -1
            node = token[t, NODE]
            k = token[t, CASE]
            counts = warmup <= case[k, ORDER] < last_counted
            turn = case[k, STEPS]
            case[k, STEPS] += 1
            slot = tables.visit_slot[node]
            if slot >= 0:
                turn = counter[k, slot]
                counter[k, slot] = turn + 1
            if counts:
                tally.visits[node] += 1
                sums[k, COST] += tables.cost[node]
            kind = tables.kind[node]
            if kind == 1:
                f = tables.which[node]
                if inside_free == 0:
                    old = inside.shape[0]
                    inside = grown_ints(inside)
                    free_inside = grown_ints(free_inside)
                    for i in range(old, inside.shape[0]):
                        free_inside[inside_free, 0] = i
                        inside_free += 1
                inside_free -= 1
                b = free_inside[inside_free, 0]
                begin, end = tables.fork_begin[f], tables.fork_begin[f + 1]
                inside[b, PARENT] = token[t, INSIDE]
                inside[b, LEFT] = end - begin
                inside[b, FIRED] = 0
                inside[b, BLOCK] = f
                inside[b, LOSSES] = 0
                case[k, TOKENS] += end - begin - 1
                for i in range(begin, end):
                    if i == begin:
                        one = t
                    else:
                        one = free_token
                        free_token = token[one, NEXT]
                        tokens_free -= 1
                        live += 1
                    token[one, CASE] = k
                    token[one, NODE] = tables.fork_entry[i]
                    token[one, INSIDE] = b
                    token[one, NEXT] = -1
                    if ready_last < 0:
                        ready = one
                    else:
                        token[ready_last, NEXT] = one
                    ready_last = one
                most_live = max(most_live, live)
                continue
            if kind == 2:
                g = tables.which[node]
                token[t, NEXT] = -1
                number[t, SINCE] = now
                if crowd_size[g] == 0:
                    crowd[g] = t
                    if tables.gather_after[g] < np.inf and tables.gather_size[g] > 1:
                        crowd_due[g] = now + tables.gather_after[g]
                        size = push(due, what, size, crowd_due[g], -1 - classes - pools - g)
                else:
                    token[crowd_last[g], NEXT] = t
                crowd_last[g] = t
                crowd_size[g] += 1
                if crowd_size[g] < tables.gather_size[g]:
                    continue
                leaving = g
            else:
                work = 0.0
                if tables.law.kind[node] != NOTHING:
                    # the key of the case's service luck, then the stream of this visit
                    key = mixed(keys[2] + np.uint64(case[k, KLASS]))
                    state = started(mixed(key + np.uint64(case[k, NUMBER])), tables.place[node], turn)
                    work, state = draw(tables.law, node, state)
                number[t, WORK] = work
                number[t, SINCE] = now
                p = tables.pool[node]
                if counts:
                    if tables.touch[node]:
                        sums[k, WORKED] += work
                    sums[k, COST] += tables.cost_rate[node] * work
                    visited = tally.visits[node]
                    delta = work - tally.held_mean[node]
                    tally.held_mean[node] += delta / visited
                    tally.held_m2[node] += delta * (work - tally.held_mean[node])
                if p >= 0 and tables.law.kind[node] != NOTHING:
                    free_now = busy[p] < tables.servers[p] and length[p] == 0
                    if not (free_now and opened(tables.hours, p, now)):
                        _add_up(tally.queue_area, tally.busy_area, changed, length, busy, p, now)
                        token[t, NEXT] = -1
                        if tables.discipline[p] == 0:
                            if length[p] == 0:
                                head[p] = t
                            else:
                                token[tail[p], NEXT] = t
                            tail[p] = t
                        else:
                            token[t, OTHER] = -1
                            number[t, KEY] = work
                            if tables.discipline[p] == 2:
                                number[t, KEY] = sums[k, BORN]
                            elif tables.discipline[p] == 3:
                                number[t, KEY] = tables.priority[case[k, KLASS]]
                            head[p] = merged(token, number, head[p], t)
                        length[p] += 1
                        if busy[p] < tables.servers[p] and expected[p] == 0 and not opened(tables.hours, p, now):
                            expected[p] = 1
                            size = push(due, what, size, opening(tables.hours, p, now), -1 - classes - p)
                        continue
                    if counts:
                        _seen(tally.waits, tally.wait_mean, tally.wait_m2, node, 0.0)
                    _add_up(tally.queue_area, tally.busy_area, changed, length, busy, p, now)
                    busy[p] += 1
                    if watching:
                        tally.work_done[p] += work
                        tally.served[p] += 1
                    size = push(due, what, size, finishing(tables.hours, p, now, work), t)
                    continue
                if work > 0.0:
                    size = push(due, what, size, now + work, t)
                    continue
        else:
            # ------------------------------------------------------------ the next thing that is due
            if size == 0:
                break
            now = due[0]
            item = what[0]
            if now > horizon:
                now = horizon
                reason = 1
                break
            size = pop(due, what, size)
            events += 1
            if events & 4095 == 0 and stop[0] != 0:
                reason = 3
                break
            if item < 0:
                item = -1 - item
                if item < classes:
                    c = item
                    if drain and arrived >= last_counted:
                        continue
                    if arrived == warmup:
                        # the window opens: what was gathered before is forgotten
                        watching = True
                        tally.span[0] = now
                        for p in range(pools):
                            tally.queue_area[p] = 0.0
                            tally.busy_area[p] = 0.0
                            tally.work_done[p] = 0.0
                            tally.served[p] = 0
                            changed[p] = now
                        for q in range(classes):
                            tally.open_area[q] = 0.0
                            open_changed[q] = now
                    if arrived == last_counted and watching and not drain:
                        watching = False
                        tally.span[1] = now
                        for p in range(pools):
                            _add_up(tally.queue_area, tally.busy_area, changed, length, busy, p, now)
                        for q in range(classes):
                            tally.open_area[q] += (now - open_changed[q]) * in_process[q]
                            open_changed[q] = now
                        kept_queue = tally.queue_area.copy()
                        kept_busy = tally.busy_area.copy()
                        kept_open = tally.open_area.copy()
                    if cases_free == 0:
                        old = case.shape[0]
                        case = grown_ints(case)
                        sums = grown_floats(sums)
                        counter = grown_ints(counter)
                        free_cases = grown_ints(free_cases)
                        for i in range(old, case.shape[0]):
                            free_cases[cases_free, 0] = i
                            cases_free += 1
                    cases_free -= 1
                    k = free_cases[cases_free, 0]
                    case[k, KLASS] = c
                    case[k, TOKENS] = 1
                    case[k, NUMBER] = made[c]
                    case[k, ORDER] = arrived
                    case[k, END] = -1
                    case[k, STEPS] = 0
                    for i in range(5):
                        sums[k, i] = 0.0
                    sums[k, BORN] = now
                    for i in range(tables.slots):
                        counter[k, i] = 0
                    made[c] += 1
                    arrived += 1
                    tally.open_area[c] += (now - open_changed[c]) * in_process[c]
                    open_changed[c] = now
                    in_process[c] += 1
                    t = free_token
                    free_token = token[t, NEXT]
                    tokens_free -= 1
                    live += 1
                    most_live = max(most_live, live)
                    token[t, CASE] = k
                    token[t, NODE] = tables.start[c]
                    token[t, INSIDE] = -1
                    token[t, NEXT] = -1
                    ready, ready_last = t, t
                    if made[c] % tables.batch[c] != 0:
                        size = push(due, what, size, now, -1 - c)
                    elif tables.gap_row[c] >= 0:
                        gap, arrival_state[c] = draw(tables.law, tables.gap_row[c], arrival_state[c])
                        size = push(due, what, size, now + gap, -1 - c)
                    continue
                item -= classes
                if item >= pools:
                    item -= pools
                    if crowd_size[item] == 0 or crowd_due[item] != now:
                        continue  # they left before
                    leaving = item
                else:
                    pending = item  # a pool opens
                    forced = True
                    expected[item] = 0
                    continue
            else:
                t = item
                node = token[t, NODE]
                p = tables.pool[node]
                if p >= 0 and tables.kind[node] == 0:
                    _add_up(tally.queue_area, tally.busy_area, changed, length, busy, p, now)
                    busy[p] -= 1
                    pending = p
                    forced = False
        # ---------------------------------------------------------------- a gathered crowd goes on, each by itself
        if leaving >= 0:
            one = crowd[leaving]
            crowd[leaving], crowd_size[leaving], crowd_due[leaving] = -1, 0, np.inf
            while one >= 0:
                after = token[one, NEXT]
                k = token[one, CASE]
                if warmup <= case[k, ORDER] < last_counted:
                    sums[k, WAITED] += now - number[one, SINCE]
                    _seen(tally.waits, tally.wait_mean, tally.wait_m2, token[one, NODE], now - number[one, SINCE])
                size = push(due, what, size, now, one)
                one = after
            continue
        # ---------------------------------------------------------------- the token leaves its node
        k = token[t, CASE]
        node = token[t, NODE]
        begin, end = tables.way_begin[node], tables.way_begin[node + 1]
        way = begin
        if end - begin > 1:
            slot = tables.visit_slot[node]
            turn = counter[k, slot] - 1 if slot >= 0 else case[k, STEPS]
            column = min(turn, tables.way_share.shape[1] - 1) if slot >= 0 else 0
            key = mixed(keys[1] + np.uint64(case[k, KLASS]))
            u, state = uniform(started(mixed(key + np.uint64(case[k, NUMBER])), tables.place[node], turn))
            total = tables.way_share[way, column]
            while u >= total and way < end - 1:
                way += 1
                total += tables.way_share[way, column]
            while tables.way_share[way, column] <= 0.0 and way > begin:
                way -= 1  # rounding left a hair above the sum of the shares
        target = tables.way_target[way]
        if tables.way_limit[way] >= 0:
            slot = tables.way_slot[way]
            if counter[k, slot] >= tables.way_limit[way]:
                target = tables.way_over[way]
            else:
                counter[k, slot] += 1
        # ---------------------------------------------------------------- ends of branches may end a block
        while target < 0:
            end_number = -1 - target
            b = token[t, INSIDE]
            if b < 0:
                break
            f = inside[b, BLOCK]
            inside[b, LEFT] -= 1
            goes_on = -1
            if end_number > 0:
                inside[b, LOSSES] += 1
            if tables.fork_first[f]:
                if inside[b, FIRED] == 0 and end_number == 0:
                    inside[b, FIRED] = 1
                    goes_on = tables.fork_joined[f]
                elif inside[b, FIRED] == 0 and inside[b, LEFT] == 0:
                    inside[b, FIRED] = 1
                    goes_on = tables.fork_lost[f]
            elif inside[b, LEFT] == 0:
                goes_on = tables.fork_joined[f] if inside[b, LOSSES] == 0 else tables.fork_lost[f]
            parent = inside[b, PARENT]
            if inside[b, LEFT] == 0:
                free_inside[inside_free, 0] = b
                inside_free += 1
            if goes_on < 0:
                target = -1000000000  # this token is at its end
                break
            token[t, INSIDE] = parent
            target = goes_on
        if target >= 0:
            token[t, NODE] = target
            token[t, NEXT] = -1
            if ready_last < 0:
                ready = t
            else:
                token[ready_last, NEXT] = t
            ready_last = t
            continue
        counts = warmup <= case[k, ORDER] < last_counted
        if target > -1000000000:
            c = case[k, KLASS]
            case[k, END] = -1 - target
            sums[k, ENDED] = now
            tally.open_area[c] += (now - open_changed[c]) * in_process[c]
            open_changed[c] = now
            in_process[c] -= 1
        token[t, NEXT] = free_token
        free_token = t
        tokens_free += 1
        live -= 1
        case[k, TOKENS] -= 1
        if case[k, TOKENS] > 0:
            continue
        # ---------------------------------------------------------------- the case is over
        ended += 1
        free_cases[cases_free, 0] = k
        cases_free += 1
        if not counts:
            continue
        counted_ended += 1
        c = case[k, KLASS]
        time = sums[k, ENDED] - sums[k, BORN]
        tally.count[c] += 1
        n = tally.count[c]
        figures = (time, sums[k, WAITED], sums[k, WORKED], sums[k, COST])
        for i in range(FIGURES):
            delta = figures[i] - tally.mean[c, i]
            for j in range(i):
                tally.co[c, i, j] += delta * (figures[j] - tally.mean[c, j])
            tally.mean[c, i] += delta / n
            tally.co[c, i, i] += delta * (figures[i] - tally.mean[c, i])
        e = case[k, END]
        tally.end_count[c, e] += 1
        delta = time - tally.end_mean[c, e]
        tally.end_mean[c, e] += delta / tally.end_count[c, e]
        tally.end_m2[c, e] += delta * (time - tally.end_mean[c, e])
        if time > tables.deadline[c]:
            tally.late[c] += 1
        tally.histogram[c, bin_of(time)] += 1
        place = case[k, ORDER] - warmup
        if place < tally.series.shape[0]:
            tally.series[place] = time
        if counted_ended == cases and not drain:
            break
    if watching:
        tally.span[1] = now
        for p in range(pools):
            _add_up(tally.queue_area, tally.busy_area, changed, length, busy, p, now)
        for c in range(classes):
            tally.open_area[c] += (now - open_changed[c]) * in_process[c]
    elif tally.span[1] >= 0.0:
        tally.queue_area[:] = kept_queue
        tally.busy_area[:] = kept_busy
        tally.open_area[:] = kept_open
    tally.span[2] = now
    tally.whole[0] = arrived
    tally.whole[1] = ended
    tally.whole[2] = arrived - ended
    tally.whole[3] = events
    tally.whole[4] = most_live
    tally.whole[5] = reason
