"""From a process to the tables of the loop, one run on them, and from its sums to figures that can be merged.

Import it only from inside a function: it loads the compiled loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .kernel import (
    ASKED,
    BINS,
    DONE,
    FORK,
    FULL,
    GATHER,
    HORIZON,
    MEMORY,
    Sums,
    Tables,
    World,
    advance,
    start,
)
from .lists import BEYOND
from .process import DISCIPLINES, EventProcess
from .records import BLOCK, CASE, CLASS, CROWD, NODE, POOL, SEEN, SETTING, STATE, TOKEN, WAY
from .sampling import NOTHING, law_table, luck_of

Rows = npt.NDArray[Any]

SLOTS = 1024
"""Processes with more nodes key luck by a case's steps instead of its visits of each node (less in common)."""
STOPPED = {DONE: "", HORIZON: "horizon", MEMORY: "memory", ASKED: "asked"}


def tables_of(process: EventProcess) -> Tables:
    """What of a process does not change while it runs."""
    n, gaps = process.n, [one.gap for one in process.classes]
    laws = law_table([*process.laws, *gaps])
    nodes = np.zeros(n, dtype=NODE)
    for index, fork in enumerate(process.forks):
        nodes["kind"][fork.node], nodes["which"][fork.node] = FORK, index
    for index, gather in enumerate(process.gathers):
        nodes["kind"][gather.node], nodes["which"][gather.node] = GATHER, index
    nodes["pool"] = np.where(laws.row["kind"][:n] == NOTHING, -1, process.pool)
    nodes["way_begin"], nodes["way_end"] = process.way_begin[:-1], process.way_begin[1:]
    nodes["touch"], nodes["cost"], nodes["cost_rate"] = process.touch, process.cost, process.cost_rate
    nodes["usual"] = [0.0 if law is None else law.mean for law in process.laws]
    nodes["luck"] = luck_of(process.place)
    owner = np.repeat(np.arange(n), np.diff(process.way_begin))
    varies = np.zeros(n, dtype=bool)
    varies[owner[(process.way_share != process.way_share[:, :1]).any(axis=1)]] = True
    random = np.array([law is not None for law in process.laws], dtype=bool) | (np.diff(process.way_begin) > 1)
    slotted = random if n <= SLOTS else varies
    nodes["slot"] = np.where(slotted, np.cumsum(slotted) - 1, -1)
    limited = process.way_limit >= 0
    ways = np.zeros(len(owner), dtype=WAY)
    ways["target"], ways["limit"], ways["over"] = process.way_target, process.way_limit, process.way_over
    ways["rework"], ways["waste"] = process.way_rework, process.way_waste
    ways["slot"] = np.where(limited, int(slotted.sum()) + np.cumsum(limited) - 1, -1)
    spans = [(a, b, sum(d - c for c, d in pool.calendar[:i])) for pool in process.pools
             for i, (a, b) in enumerate(pool.calendar)]  # fmt: skip
    forks = [(len(one.entries), one.joined, one.lost, one.first) for one in process.forks]
    places = np.cumsum([0, *(count for count, *_ in forks)])
    return Tables(
        nodes,
        ways,
        _shares_until(process, owner),
        laws.row,
        laws.value,
        laws.until,
        np.array(spans, dtype=np.float64).reshape(-1, 3),
        np.array([(a, b, *rest) for a, b, (_, *rest) in zip(places, places[1:], forks, strict=False)], dtype=np.int64)
        .reshape(-1, 5),
        np.array([entry for one in process.forks for entry in one.entries], dtype=np.int64),
        np.array([one.size for one in process.gathers], dtype=np.int64),
        np.array([one.after for one in process.gathers], dtype=np.float64),
        int(slotted.sum() + limited.sum()),
    )  # fmt: skip


def _shares_until(process: EventProcess, owner: Rows) -> Rows:
    """Shares added up within each node, (w, v); from the last way that is ever taken on, out of reach of any number.

    So rounding that leaves the sum a hair below 1 sends nobody into a way that has no share.
    """
    until: Rows = process.way_share.copy()
    for begin, end in zip(process.way_begin[:-1], process.way_begin[1:], strict=True):
        if end == begin:
            continue
        share = process.way_share[begin:end]
        until[begin:end] = np.cumsum(share, axis=0)
        ahead = np.cumsum(share[::-1], axis=0)[::-1] - share
        until[begin:end][ahead <= 0.0] = 2.0
    return until


def run(
    process: EventProcess,
    keys: Rows,
    warmup: int,
    cases: int,
    drain: bool,
    horizon: float,
    most_tokens: int,
    stop: npt.NDArray[np.int64],
    series: npt.NDArray[np.float64],
) -> dict[str, Any]:
    """One run; the fields of `runs.Tallies`."""
    tables = tables_of(process)
    classes, nodes = len(process.classes), process.n
    sums = Sums(
        np.zeros((classes, 5, 5)),
        np.zeros((classes, process.ends, 3)),
        np.zeros((classes, process.ends, 2), dtype=np.int64),
        np.zeros((classes, 2)),
        np.zeros((classes, BINS), dtype=np.int64),
        np.zeros(nodes, dtype=SEEN),
        series,
    )
    setting = np.zeros(1, dtype=SETTING)
    setting[0] = (warmup, warmup + cases, drain, process.way_waste.any(), horizon, process.origin)
    world = _begun(process, tables, keys)
    world.state["watching"] = warmup == 0
    while (reason := advance(tables, world, sums, setting, stop)) == FULL:
        if len(world.tokens) >= most_tokens:
            reason = MEMORY
            break
        world = _roomier(world)
    return _figures(tables, world, sums, reason)


def _begun(process: EventProcess, tables: Tables, keys: Rows) -> World:
    """An empty process, with the first arrival of every class due."""
    count = len(process.classes)
    pools = np.zeros(len(process.pools), dtype=POOL)
    pools["head"] = -1
    closes = 0
    for row, pool in zip(pools, process.pools, strict=True):
        row["servers"], row["discipline"] = pool.servers, DISCIPLINES.index(pool.discipline)
        row["opens"], closes = closes, closes + len(pool.calendar)
        row["closes"], row["week"] = closes, sum(b - a for a, b in pool.calendar)
    classes = np.zeros(count, dtype=CLASS)
    for c, (row, one) in enumerate(zip(classes, process.classes, strict=True)):
        row["start"], row["batch"], row["priority"] = one.start, one.batch, one.priority
        row["deadline"], row["gap"] = one.deadline, -1 if one.gap is None else process.n + c
    widest = max([4, *(len(fork.entries) for fork in process.forks)])
    room = 256 + 2 * widest
    crowds = np.zeros(len(process.gathers), dtype=CROWD)
    crowds["first"], crowds["due"] = -1, np.inf
    state = np.zeros(1, dtype=STATE)
    state["ready"] = state["ready_last"] = state["pending"] = -1
    state["tokens_free"], state["closed"] = room, -1.0
    size = count + len(pools) + len(crowds) + room
    due, what = np.full(size + BEYOND, np.inf), np.zeros(size + BEYOND, dtype=np.int64)
    world = World(
        state,
        due,
        what,
        _linked(np.zeros(room, dtype=TOKEN), "next", 0, -1),
        _linked(np.zeros(128, dtype=CASE), "next", 0, -1),
        np.zeros((128, max(1, tables.slots)), dtype=np.int64),
        _linked(np.zeros(64, dtype=BLOCK), "parent", 0, -1),
        pools,
        classes,
        crowds,
    )
    start(tables, world, keys)
    return world


def _linked(rows: Rows, link: str, begin: int, after: int) -> Rows:
    """The rows with those from `begin` on in the list of free ones, in front of `after`."""
    rows[link][begin:] = np.arange(begin + 1, len(rows) + 1)
    rows[link][-1] = after
    return rows


def _doubled(rows: Rows) -> Rows:
    bigger = np.zeros((2 * len(rows), *rows.shape[1:]), dtype=rows.dtype)
    bigger[: len(rows)] = rows
    return bigger


def _roomier(world: World) -> World:
    """Twice the room for whatever has run out of it."""
    state, tokens, cases = world.state[0], world.tokens, world.cases
    if state["free_case"] < 0:
        old = len(cases)
        cases = _linked(_doubled(cases), "next", old, -1)
        state["free_case"] = old
        world = world._replace(cases=cases, counters=_doubled(world.counters))
    if state["free_block"] < 0:
        old = len(world.blocks)
        world = world._replace(blocks=_linked(_doubled(world.blocks), "parent", old, -1))
        state["free_block"] = old
    old = len(tokens)
    more = np.full(len(world.due) + old, np.inf)
    more[: len(world.due)] = world.due
    what = np.zeros(len(more), dtype=np.int64)
    what[: len(world.what)] = world.what
    tokens = _linked(_doubled(tokens), "next", old, int(state["free_token"]))
    state["free_token"], state["tokens_free"] = old, int(state["tokens_free"]) + old
    return world._replace(tokens=tokens, due=more, what=what)


def _figures(tables: Tables, world: World, sums: Sums, reason: int) -> dict[str, Any]:
    """Means and deviations of what the loop has added up."""
    state, pools, classes, nodes = world.state[0], world.pools, world.classes, sums.nodes
    now, opened, closed = float(state["now"]), float(state["opened"]), float(state["closed"])
    queue_area, busy_area, open_area = pools["kept_queue"], pools["kept_busy"], classes["kept_open"]
    if state["watching"]:
        closed = now
        passed = now - pools["changed"]
        queue_area = pools["queue_area"] + passed * pools["length"]
        busy_area = pools["busy_area"] + passed * pools["busy"]
        open_area = classes["open_area"] + (now - classes["changed"]) * classes["in_process"]
    usual = np.stack([classes[f"usual_{name}"] for name in ("time", "wait", "work", "cost")], axis=1)
    total, crossed = sums.moments[:, 1:, 0], sums.moments[:, 1:, 1:]
    crossed = crossed + np.swapaxes(np.tril(crossed, -1), 1, 2)
    count = classes["counted"]
    some = np.maximum(1, count)
    by_end = sums.ends[:, :, 0]
    some_by_end = np.maximum(1.0, by_end)
    visits, waits = nodes["visits"], nodes["waits"]
    held = nodes["held"] / np.maximum(1, visits)
    wait = nodes["wait"] / np.maximum(1, waits)
    return {
        "count": count.copy(),
        "mean": np.where(count[:, None] > 0, usual + total / some[:, None], 0.0),
        "co": crossed - total[:, :, None] * total[:, None, :] / some[:, None, None],
        "end_count": by_end.astype(np.int64),
        "end_mean": np.where(by_end > 0, usual[:, :1] + sums.ends[:, :, 1] / some_by_end, 0.0),
        "end_m2": np.maximum(0.0, sums.ends[:, :, 2] - sums.ends[:, :, 1] ** 2 / some_by_end),
        "first_pass": sums.passes[:, :, 0].copy(),
        "departed": sums.passes[:, :, 1].copy(),
        "wasted": sums.wasted / some[:, None],
        "late": classes["late"].copy(),
        "histogram": sums.histogram,
        "visits": visits.copy(),
        "waits": waits.copy(),
        "wait_mean": wait,
        "wait_m2": np.maximum(0.0, nodes["wait_squares"] - wait * nodes["wait"]),
        "held_mean": np.where(visits > 0, tables.nodes["usual"] + held, 0.0),
        "held_m2": np.maximum(0.0, nodes["held_squares"] - held * nodes["held"]),
        "elapsed": np.where(visits > 0, tables.nodes["usual"] + held, 0.0) + nodes["paused"] / np.maximum(1, visits),
        "queue_area": queue_area.copy(),
        "busy_area": busy_area.copy(),
        "work_done": pools["work_done"].copy(),
        "served": pools["served"].copy(),
        "open_area": open_area.copy(),
        "window": max(0.0, closed - opened),
        "clock": now,
        "arrived": int(state["arrived"]),
        "ended": int(state["ended"]),
        "left": int(state["arrived"] - state["ended"]),
        "events": int(state["events"]),
        "tokens": int(state["most_live"]),
        "stopped": STOPPED[reason],
    }
