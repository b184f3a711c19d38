"""The rows of the tables that the compiled loops read and write: a node, a way, a team, a token, a case.

A row lies in memory as a whole, so that looking at one case touches one or two cache lines. All numbers are 64 bits
wide; places in other tables are whole numbers with -1 for none.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def _row(whole: str, real: str = "", bits: str = "") -> np.dtype[Any]:
    """The type of a row with these fields: whole numbers, real numbers, keys of luck."""
    fields = [(name, np.int64) for name in whole.split()]
    fields += [(name, np.float64) for name in real.split()]  # type: ignore[misc]
    return np.dtype([*fields, *((name, np.uint64) for name in bits.split())])


LAW = _row("kind begin end", "a b c")
"""A law of times: its kind, the span of an empirical one in the table of values, and its numbers (`law_table`)."""

NODE = _row("kind which pool way_begin way_end slot touch", "cost cost_rate usual", "luck")
"""A node. kind: visit, fork or gathering, and `which`; pool: who serves it (only if it takes time); slot: where a case
counts its visits; usual: mean time, from which deviations are added up; luck: its place in the streams."""

WAY = _row("target limit over slot rework waste")
"""A way out of a node: where to, how often at most, where to then, where a case counts it, what it is marked as."""

POOL = _row(
    "servers discipline opens closes head tail length busy expected served",
    "week changed queue_area busy_area work_done kept_queue kept_busy",
)
"""A team. opens to closes: its intervals; week: working time of a week, 0 for always; head, tail, length: who waits;
expected: whether its opening is in the heap; changed: up to when the areas are added up; kept: areas of the window."""

CLASS = _row(
    "start gap batch priority made in_process counted late",
    "deadline changed open_area kept_open usual_time usual_wait usual_work usual_cost",
    "arrival route service",
)
"""A class of cases. gap: row of the law between arrivals, -1 for one batch; usual_*: figures of its first counted case,
from which deviations are added up; arrival: state of its arrivals; route, service: keys of its luck."""

TOKEN = _row("case node inside next other", "since work key spent_cost spent_work wasted_cost wasted_work")
"""A case at a place. inside: the open block; next, other: links of the lists; since: when it came; key: its turn;
spent and wasted: of it, by it in its branch, kept only where ways are marked as waste."""

CASE = _row("flow tokens order counted fresh end steps next", "born waited worked cost ended", "route service")
"""A case. tokens: how many places it is at; order: which one it was to come; fresh: whether nothing was done again;
route, service: keys of its luck."""

BLOCK = _row("parent left fired fork losses", "spent_cost spent_work wasted_cost wasted_work")
"""An open block: the block around it, branches still running, whether it went on, branches lost;
spent and wasted before it and in the branches that have ended."""

CROWD = _row("size first last", "due")
"""Who waits at a gathering, and when they go on at the latest."""

SEEN = _row("visits waits", "wait wait_squares held held_squares paused")
"""What was counted at a node: visits; waits with their sum and squares; service times as deviations from usual; time in
service outside working hours."""

STATE = _row(
    "size hole free_token tokens_free free_case free_block ready ready_last pending forced arrived ended counted "
    "events live most_live watching",
    "now opened closed",
)
"""Where the loop stands between two calls: sizes of its lists, the clock, the window."""

SETTING = _row("warmup last drain wasteful", "horizon origin")
"""What was asked for: cases from `warmup` to before `last` count; wasteful: some way is marked as waste."""
