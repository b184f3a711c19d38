"""The simulation loop: one compiled function, a heap of what is due, lists of who waits.

Everything lives in rows of tables (`records`) whose places are used again, so memory follows the cases in process and
not the cases simulated. A *token* is a case at a place; a parallel block turns one into several and back. A token is
at any moment in exactly one list: ready to enter its node, waiting for a server, gathering, or in the heap. First
come, first served is a linked list, other disciplines a skew heap on the same links (`lists`).

What makes it fast: tables never change their place while the loop runs (when one is full the loop stops, Python doubles
the table, and the loop goes on), so nothing counts references; a visit costs one number of luck, one sinking in the
heap and sums without a division; means and deviations are made of the sums when all is over (`tables`).

The module is long because the loop is one: compiled code that passes its state round would be slower and no clearer.
Import it only from inside a function.
"""

# Typing stops at numba's decorator; `tables` builds and checks what goes in.
from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from mpmflow.numerics.compiling import compiled, inlined

from .hours import finishing, opened, opening
from .lists import merged, pushed, sunk
from .sampling import draw, mixed, started, uniform

OCTAVE = 64  # bins per doubling in histograms: 1.1 % wide
LOWEST = -32  # smallest time told apart, 2 ** -32
BINS = 80 * OCTAVE + 2  # up to 2 ** 48; the first bin holds zeros, the last what is beyond

VISIT, FORK, GATHER = range(3)
DONE, HORIZON, MEMORY, ASKED, FULL = range(5)
NOWHERE = -1_000_000_000  # the token is at its end, its case may not be


class Tables(NamedTuple):
    """The process as the loop reads it; rows are described in `records`, made in `tables.tables_of`."""

    nodes: Any
    ways: Any
    until: Any  # of each way: shares up to and with it, by visit, (w, v)
    laws: Any
    value: Any
    cumulated: Any  # of the empirical laws
    spans: Any  # working intervals: opens, closes, working time of the week before, (i, 3)
    forks: Any  # entries from, to; joined, lost, first, (f, 5)
    entries: Any
    gathers: Any  # size, (g,)
    patience: Any  # after, (g,)
    slots: int


class World(NamedTuple):
    """What changes while the loop runs."""

    state: Any
    due: Any
    what: Any
    tokens: Any
    cases: Any
    counters: Any
    blocks: Any
    pools: Any
    classes: Any
    crowds: Any


class Sums(NamedTuple):
    """What the loop counts: classes C, ends E, nodes n.

    moments (C, 5, 5): products of 1 and the deviations of time, wait, work and cost, below and on the diagonal;
    ends (C, E, 3): by end the cases, their deviations of time and the squares; passes (C, E, 2): by end the cases that
    did nothing again, and all that ended in the window; wasted (C, 2): cost and work; histogram (C, BINS) of the time;
    nodes: `records.SEEN`; series: times of the first cases that count.
    """

    moments: Any
    ends: Any
    passes: Any
    wasted: Any
    histogram: Any
    nodes: Any
    series: Any


@inlined
def bin_of(time: float) -> int:
    """The bin of a time in the histograms."""
    if time <= 0.0:
        return 0
    place = math.floor((math.log2(time) - LOWEST) * OCTAVE) + 1
    return min(max(place, 1), BINS - 1)


@inlined
def add_up(pool: Any, now: float) -> None:
    """Add queue and busy servers of a pool up to now."""
    passed = now - pool.changed
    pool.queue_area += passed * pool.length
    pool.busy_area += passed * pool.busy
    pool.changed = now


@inlined
def add_wait(spot: Any, case: Any, wait: float) -> None:
    """Add what a case that counts has waited in front of a node."""
    case.waited += wait
    spot.waits += 1
    spot.wait += wait
    spot.wait_squares += wait * wait


@inlined
def add_open(flow: Any, now: float) -> None:
    """Add the cases of a class in process up to now."""
    flow.open_area += (now - flow.changed) * flow.in_process
    flow.changed = now


@compiled
def start(tables: Tables, world: World, keys: Any) -> None:
    """Give every class its keys of luck (arrivals, routing, service) and put its first arrival into the heap."""
    state = world.state[0]
    for c in range(world.classes.shape[0]):
        flow = world.classes[c]
        flow.arrival = mixed(keys[0] + np.uint64(c))
        flow.route = mixed(keys[1] + np.uint64(c))
        flow.service = mixed(keys[2] + np.uint64(c))
        first = 0.0
        if flow.gap >= 0:
            first, flow.arrival = draw(tables.laws[flow.gap], tables.value, tables.cumulated, flow.arrival)
        state.size = pushed(world.due, world.what, state.size, 0, first, -1 - c)


@compiled
def advance(tables: Tables, world: World, sums: Sums, setting: Any, stop: Any) -> int:
    """Simulate until the counted cases have all ended, or a table is FULL; says which (see `runs.simulate`)."""
    nodes, ways, until = tables.nodes, tables.ways, tables.until
    laws, value, cumulated, spans = tables.laws, tables.value, tables.cumulated, tables.spans
    forks, entries, gathers, patience = tables.forks, tables.entries, tables.gathers, tables.patience
    due, what, tokens, cases, counters = world.due, world.what, world.tokens, world.cases, world.counters
    blocks, pools, classes, crowds, state = world.blocks, world.pools, world.classes, world.crowds, world.state[0]
    moments, ends, passes, wasted = sums.moments, sums.ends, sums.passes, sums.wasted
    histogram, seen, series = sums.histogram, sums.nodes, sums.series
    warmup, last, drain, wasteful = setting[0].warmup, setting[0].last, setting[0].drain, setting[0].wasteful
    horizon, origin = setting[0].horizon, setting[0].origin
    flows, teams = classes.shape[0], pools.shape[0]
    columns = until.shape[1]
    figure = np.ones(5)
    size, hole, events, now = state.size, state.hole, state.events, state.now
    ready, ready_last, pending = state.ready, state.ready_last, state.pending
    watching = state.watching
    result = DONE
    while True:
        entering = True
        t = ready
        if t >= 0:
            ready = tokens[t].next
            if ready < 0:
                ready_last = -1
        elif pending >= 0:
            # ------------------------------------------------------------ free servers take who is next
            # only now: a case that comes straight back competes with those that wait
            pool = pools[pending]
            while pool.length > 0 and pool.busy < pool.servers:
                if pool.week > 0.0 and not state.forced and not opened(spans, pool, origin, now):
                    if pool.expected == 0:
                        pool.expected = 1
                        size = pushed(due, what, size, hole, opening(spans, pool, origin, now), -1 - flows - pending)
                        hole = 0
                    break
                one = pool.head
                token = tokens[one]
                pool.head = token.next if pool.discipline == 0 else merged(tokens, token.next, token.other)
                add_up(pool, now)
                pool.length -= 1
                pool.busy += 1
                case = cases[token.case]
                if case.counted:
                    add_wait(seen[token.node], case, now - token.since)
                if watching:
                    pool.work_done += token.work
                    pool.served += 1
                finish = now + token.work
                if pool.week > 0.0:
                    finish = finishing(spans, pool, origin, now, token.work)
                    if case.counted:
                        seen[token.node].paused += finish - now - token.work
                size = pushed(due, what, size, hole, finish, one)
                hole = 0
            pending = -1
            continue
        else:
            # ------------------------------------------------------------ the next thing that is due
            if hole:
                size -= 1
                hole = 0
                later, item = due[size], what[size]
                due[size] = np.inf
                if size > 0:
                    sunk(due, what, size, later, item)
            if size == 0:
                break
            item = what[0]
            if due[0] > horizon:
                now = horizon
                result = HORIZON
                break
            if item < 0 and item >= -flows and (state.free_token < 0 or state.free_case < 0):
                result = FULL
                break
            now = due[0]
            hole = 1
            events += 1
            if events & 4095 == 0 and stop[0] != 0:
                result = ASKED
                break
            if item >= 0:
                t = item
                entering = False
                p = nodes[tokens[t].node].pool
                if p >= 0:
                    pool = pools[p]
                    add_up(pool, now)
                    pool.busy -= 1
                    pending = p
                    state.forced = 0
            elif item >= -flows:
                c = -1 - item
                flow = classes[c]
                order = state.arrived
                if drain and order >= last:
                    continue
                if order == warmup:
                    # the window opens: what was gathered before is forgotten
                    watching = 1
                    state.opened = now
                    for q in range(teams):
                        pool = pools[q]
                        pool.queue_area, pool.busy_area, pool.work_done = 0.0, 0.0, 0.0
                        pool.served = 0
                        pool.changed = now
                    for q in range(flows):
                        classes[q].open_area = 0.0
                        classes[q].changed = now
                if order == last and watching and not drain:
                    watching = 0
                    state.closed = now
                    for q in range(teams):
                        pool = pools[q]
                        add_up(pool, now)
                        pool.kept_queue, pool.kept_busy = pool.queue_area, pool.busy_area
                    for q in range(flows):
                        add_open(classes[q], now)
                        classes[q].kept_open = classes[q].open_area
                k = state.free_case
                case = cases[k]
                state.free_case = case.next
                case.flow = c
                case.tokens = 1
                case.order = order
                case.counted = 1 if warmup <= order < last else 0
                case.fresh = 1
                case.end = -1
                case.steps = 0
                case.born = now
                case.waited, case.worked, case.cost, case.ended = 0.0, 0.0, 0.0, 0.0
                case.route = mixed(flow.route + np.uint64(flow.made))
                case.service = mixed(flow.service + np.uint64(flow.made))
                for i in range(tables.slots):
                    counters[k, i] = 0
                flow.made += 1
                state.arrived = order + 1
                add_open(flow, now)
                flow.in_process += 1
                t = state.free_token
                token = tokens[t]
                state.free_token = token.next
                state.tokens_free -= 1
                state.live += 1
                state.most_live = max(state.most_live, state.live)
                token.case = k
                token.node = flow.start
                token.inside = -1
                token.spent_cost, token.spent_work, token.wasted_cost, token.wasted_work = 0.0, 0.0, 0.0, 0.0
                if flow.made % flow.batch != 0:
                    size = pushed(due, what, size, hole, now, item)
                    hole = 0
                elif flow.gap >= 0:
                    gap, flow.arrival = draw(laws[flow.gap], value, cumulated, flow.arrival)
                    size = pushed(due, what, size, hole, now + gap, item)
                    hole = 0
            elif item >= -flows - teams:
                pending = -1 - flows - item  # a pool opens
                state.forced = 1
                pools[pending].expected = 0
                continue
            else:
                g = -1 - flows - teams - item
                crowd = crowds[g]
                if crowd.size == 0 or crowd.due != now:
                    continue  # they left before
                t = -2 - g
        # ---------------------------------------------------------------- one token goes as far as it can now
        while True:
            if t < -1:
                # ---------------------------------------------------- a gathered crowd goes on, each by itself
                crowd = crowds[-2 - t]
                one = crowd.first
                crowd.first, crowd.size, crowd.due = -1, 0, np.inf
                while one >= 0:
                    token = tokens[one]
                    case = cases[token.case]
                    if case.counted:
                        add_wait(seen[token.node], case, now - token.since)
                    size = pushed(due, what, size, hole, now, one)
                    hole = 0
                    one = token.next
                break
            token = tokens[t]
            k = token.case
            case = cases[k]
            node = nodes[token.node]
            slot = node.slot
            if entering:
                # ---------------------------------------------------- the token enters its node
                if node.kind == FORK:
                    f = node.which
                    begin, end = forks[f, 0], forks[f, 1]
                    if state.free_block < 0 or state.tokens_free < end - begin - 1:
                        token.next = ready  # when there is room, it is the first to go on
                        ready = t
                        if ready_last < 0:
                            ready_last = t
                        result = FULL
                        break
                turn = case.steps
                case.steps = turn + 1
                if slot >= 0:
                    turn = counters[k, slot]
                    counters[k, slot] = turn + 1
                spot = seen[token.node]
                if case.counted:
                    spot.visits += 1
                    case.cost += node.cost
                    if wasteful:
                        token.spent_cost += node.cost
                if node.kind == FORK:
                    b = state.free_block
                    block = blocks[b]
                    state.free_block = block.parent
                    block.parent = token.inside
                    block.left = end - begin
                    block.fired = 0
                    block.fork = f
                    block.losses = 0
                    block.spent_cost, block.spent_work = token.spent_cost, token.spent_work
                    block.wasted_cost, block.wasted_work = token.wasted_cost, token.wasted_work
                    case.tokens += end - begin - 1
                    for i in range(begin, end):
                        one = t
                        if i > begin:
                            one = state.free_token
                            state.free_token = tokens[one].next
                        branch = tokens[one]
                        branch.case = k
                        branch.node = entries[i]
                        branch.inside = b
                        branch.next = -1
                        branch.spent_cost, branch.spent_work = 0.0, 0.0
                        branch.wasted_cost, branch.wasted_work = 0.0, 0.0
                        if ready_last < 0:
                            ready = one
                        else:
                            tokens[ready_last].next = one
                        ready_last = one
                    state.tokens_free -= end - begin - 1
                    state.live += end - begin - 1
                    state.most_live = max(state.most_live, state.live)
                    break
                if node.kind == GATHER:
                    g = node.which
                    crowd = crowds[g]
                    token.next = -1
                    token.since = now
                    if crowd.size == 0:
                        crowd.first = t
                        if patience[g] < np.inf and gathers[g] > 1:
                            crowd.due = now + patience[g]
                            size = pushed(due, what, size, hole, crowd.due, -1 - flows - teams - g)
                            hole = 0
                    else:
                        tokens[crowd.last].next = t
                    crowd.last = t
                    crowd.size += 1
                    if crowd.size < gathers[g]:
                        break
                    t = -2 - g
                    continue
                work, _ = draw(laws[token.node], value, cumulated, started(case.service, node.luck, turn))
                if case.counted:
                    if node.touch:
                        case.worked += work
                    case.cost += node.cost_rate * work
                    off = work - node.usual
                    spot.held += off
                    spot.held_squares += off * off
                    if wasteful:
                        token.spent_cost += node.cost_rate * work
                        if node.touch:
                            token.spent_work += work
                p = node.pool
                if p >= 0:
                    pool = pools[p]
                    add_up(pool, now)
                    always = pool.week == 0.0
                    if pool.length == 0 and pool.busy < pool.servers and (always or opened(spans, pool, origin, now)):
                        if case.counted:
                            spot.waits += 1
                        pool.busy += 1
                        if watching:
                            pool.work_done += work
                            pool.served += 1
                        finish = now + work
                        if not always:
                            finish = finishing(spans, pool, origin, now, work)
                            if case.counted:
                                spot.paused += finish - now - work
                        size = pushed(due, what, size, hole, finish, t)
                        hole = 0
                        break
                    token.work = work
                    token.since = now
                    token.next = -1
                    if pool.discipline == 0:
                        if pool.length == 0:
                            pool.head = t
                        else:
                            tokens[pool.tail].next = t
                        pool.tail = t
                    else:
                        token.other = -1
                        token.key = work
                        if pool.discipline == 2:
                            token.key = case.born
                        elif pool.discipline == 3:
                            token.key = classes[case.flow].priority
                        pool.head = merged(tokens, pool.head, t)
                    pool.length += 1
                    if (
                        not always
                        and pool.busy < pool.servers
                        and pool.expected == 0
                        and not opened(spans, pool, origin, now)
                    ):
                        pool.expected = 1
                        size = pushed(due, what, size, hole, opening(spans, pool, origin, now), -1 - flows - p)
                        hole = 0
                    break
                if work > 0.0:
                    size = pushed(due, what, size, hole, now + work, t)
                    hole = 0
                    break
            # -------------------------------------------------------- the token leaves its node
            way = node.way_begin
            if node.way_end - way > 1:
                turn, column = case.steps, 0
                if slot >= 0:
                    turn = counters[k, slot] - 1
                    column = min(turn, columns - 1)
                u, _ = uniform(started(case.route, node.luck, turn))
                while u >= until[way, column] and way < node.way_end - 1:
                    way += 1
            step = ways[way]
            target = step.target
            if step.limit >= 0:
                if counters[k, step.slot] >= step.limit:
                    target = step.over
                else:
                    counters[k, step.slot] += 1
            if step.rework:
                case.fresh = 0
            if step.waste:
                if token.inside < 0:
                    token.spent_cost, token.spent_work = case.cost, case.worked
                token.wasted_cost, token.wasted_work = token.spent_cost, token.spent_work
            # -------------------------------------------------------- ends of branches may end a block
            while target < 0 and token.inside >= 0:
                b = token.inside
                block = blocks[b]
                f = block.fork
                if wasteful:
                    block.spent_cost += token.spent_cost
                    block.spent_work += token.spent_work
                    block.wasted_cost += token.wasted_cost
                    block.wasted_work += token.wasted_work
                    token.spent_cost, token.spent_work = block.spent_cost, block.spent_work
                    token.wasted_cost, token.wasted_work = block.wasted_cost, block.wasted_work
                block.left -= 1
                goes_on = -1
                if target < -1:
                    block.losses += 1
                if forks[f, 4]:
                    if block.fired == 0 and target == -1:
                        block.fired = 1
                        goes_on = forks[f, 2]
                    elif block.fired == 0 and block.left == 0:
                        block.fired = 1
                        goes_on = forks[f, 3]
                elif block.left == 0:
                    goes_on = forks[f, 2] if block.losses == 0 else forks[f, 3]
                parent = block.parent
                if block.left == 0:
                    block.parent = state.free_block
                    state.free_block = b
                if goes_on < 0:
                    target = NOWHERE
                    break
                token.inside = parent
                target = goes_on
            if target >= 0:
                token.node = target
                entering = True
                if ready < 0:
                    continue
                token.next = -1  # others became ready before
                tokens[ready_last].next = t
                ready_last = t
                break
            flow = classes[case.flow]
            if target > NOWHERE:
                case.end = -1 - target
                case.ended = now
                add_open(flow, now)
                flow.in_process -= 1
                if watching:
                    passes[case.flow, case.end, 1] += 1
                if case.counted and wasteful:
                    wasted[case.flow, 0] += token.wasted_cost
                    wasted[case.flow, 1] += token.wasted_work
            token.next = state.free_token
            state.free_token = t
            state.tokens_free += 1
            state.live -= 1
            case.tokens -= 1
            if case.tokens > 0:
                break
            # -------------------------------------------------------- the case is over
            state.ended += 1
            case.next = state.free_case
            state.free_case = k
            if not case.counted:
                break
            state.counted += 1
            time = case.ended - case.born
            if flow.counted == 0:
                flow.usual_time, flow.usual_wait = time, case.waited
                flow.usual_work, flow.usual_cost = case.worked, case.cost
            flow.counted += 1
            figure[1] = time - flow.usual_time
            figure[2] = case.waited - flow.usual_wait
            figure[3] = case.worked - flow.usual_work
            figure[4] = case.cost - flow.usual_cost
            c = case.flow
            for i in range(5):
                for j in range(i + 1):
                    moments[c, i, j] += figure[i] * figure[j]
            passes[c, case.end, 0] += case.fresh
            ends[c, case.end, 0] += 1.0
            ends[c, case.end, 1] += figure[1]
            ends[c, case.end, 2] += figure[1] * figure[1]
            if time > flow.deadline:
                flow.late += 1
            histogram[c, bin_of(time)] += 1
            place = case.order - warmup
            if place < series.shape[0]:
                series[place] = time
            break
        if result == FULL or (state.counted == last - warmup and not drain):
            break
    state.size, state.hole, state.events, state.now = size, hole, events, now
    state.ready, state.ready_last, state.pending = ready, ready_last, pending
    state.watching = watching
    return result
