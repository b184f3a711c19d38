"""When rework arrives: from which day on most of the extra visits of a step are there, and where fewer come first.

A share that has changed sends extra cases on their way at once, but they reach the steps behind only as they get there,
and what is sent back first goes missing further on. `numerics.chains.arrival` follows that exactly, by the times of
today. When each source changed is not known to the day: it is taken to have stepped from its level in the reference to
that of today at the start of the period for which such a step comes nearest to its history. Waits for people are those
of today, so a queue that is still growing makes arrivals later than is told here.

Steps inside parallel blocks are left out, for a block is one state here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from mpmflow.model.observations import Observations
from mpmflow.numerics.chains.arrival import Arrival, arrival_of_flow, reached_from, starves_until

from .process_change import ProcessChange
from .sources import Source

Floats = npt.NDArray[np.float64]
STEPS = 256
"""Of the time lattice, from now to when all has settled."""
MOST_WORK = 200_000_000
"""Multiplications: about a second. Larger workflows are not followed."""
LEAST = 0.01
"""A shortage counts from this part of a step's visits on."""
_MOMENTS = 1024
_COUNTED = ("work", "call", "block")


@dataclass(frozen=True, slots=True)
class Coming:
    """How extra visits come to a node.

    Attributes:
        reaches_on: the day from which at least 90 % of them stay there; None if there are none.
        starves_until: the last day on which fewer cases come than in the reference (1 % of its visits and more), where
            that does not last.
        fewest: extra visits per case at the worst of that time, below 0.
    """

    reaches_on: date | None = None
    starves_until: date | None = None
    fewest: float | None = None


NEVER = Coming()
"""Nothing comes."""


def arrivals_of(
    change: ProcessChange, sources: Mapping[str, Source], observations: Observations, known: int
) -> dict[str, Coming] | None:
    """Node -> how its extra visits come; None where the workflow is too large to be followed."""
    compared = change.compared
    solved = compared.after
    begun = [_begun(sources.get(name), observations, known) for name in compared.sources]
    pushes: dict[float, Floats] = {}
    for number, start in enumerate(begun):
        push = np.asarray(compared.flow0[[number], : solved.n].toarray()).ravel()
        if push.any():
            pushes[start] = pushes.get(start, 0.0) + push
    pushes = {start: push for start, push in sorted(pushes.items()) if np.abs(push).max() > 1e-12}
    if not pushes:
        return {}
    if len(pushes) * solved.n * STEPS**2 / 2 > MOST_WORK:
        return None
    second = compared.amounts1.time_second[solved.state]
    mean = compared.time1
    with np.errstate(divide="ignore", invalid="ignore"):
        scv = np.nan_to_num(second / mean**2 - 1.0, nan=0.0, posinf=1.0, neginf=0.0)
    found = {
        start: arrival_of_flow(solved.factor, push, mean, np.maximum(scv, 0.0), steps=STEPS)
        for start, push in pushes.items()
    }
    return _by_node(change, found, observations.as_of)


def _begun(source: Source | None, observations: Observations, known: int) -> float:
    """The moment at which a source stepped to its level of today, seconds since the epoch; the first one if unknown."""
    starts = [start.timestamp() for start in observations.starts[:known]] + [observations.as_of.timestamp()]
    if source is None:
        return starts[0]
    past = source.history[:known] - source.reference
    past = np.where(np.isfinite(past), past, source.deviation)
    # Squares that a step at k leaves: what stood before it counts as it is, what came after it against the new level.
    before = np.concatenate([[0.0], np.cumsum(past**2)])
    behind = np.concatenate([[0.0], np.cumsum((past - source.deviation) ** 2)])
    return starts[int(np.argmin(before + (behind[-1] - behind)))]


def _by_node(change: ProcessChange, found: Mapping[float, Arrival], as_of: datetime) -> dict[str, Coming]:
    compared = change.compared
    solved = compared.after
    states = solved.cells.states
    counted = [row for row, index in enumerate(solved.state.tolist()) if states[index].part in _COUNTED]
    nodes = list(dict.fromkeys(states[solved.state[row]].node for row in counted))
    column = {node: number for number, node in enumerate(nodes)}
    member = np.zeros((solved.n, len(nodes)))
    for row in counted:
        member[row, column[states[solved.state[row]].node]] = 1.0
    now = as_of.timestamp()
    end = max(start + arrival.horizon for start, arrival in found.items())
    moments = np.linspace(now, max(end, now + 1.0), _MOMENTS + 1)
    effect, long_run = np.zeros((len(moments), len(nodes))), np.zeros(len(nodes))
    for start, arrival in found.items():
        effect += arrival.at(moments - start) @ member
        long_run += arrival.long_run @ member
    long_run[np.abs(long_run) <= 1e-12 * np.abs(compared.y0 @ member)] = 0.0
    reached = reached_from(moments, effect, long_run)
    starving = starves_until(moments, effect, long_run, LEAST * (compared.y0 @ member))
    return {
        node: Coming(
            _day(reached[number], as_of),
            _day(starving[number], as_of),
            float(effect[:, number].min()) if np.isfinite(starving[number]) else None,
        )
        for node, number in column.items()
    }


def _day(moment: float, as_of: datetime) -> date | None:
    """The day of a moment; the day of asking for one that has come."""
    if not np.isfinite(moment):
        return None
    if moment <= as_of.timestamp():
        return (as_of - timedelta(microseconds=1)).date()
    return datetime.fromtimestamp(moment, UTC).date()
