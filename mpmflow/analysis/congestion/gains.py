"""What mending a decision is worth where people wait: fewer rounds, and shorter queues for everybody.

Each of the first decisions of the exact ranking is mended once more with the queues solved again, wherever it stands:
a decision of a called workflow is mended for all its callers. Differences, exact but for the waiting formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.congestion.network import Network
from mpmflow.analysis.congestion.queued_blocks import waiting_per_row
from mpmflow.analysis.exact.ranking import PAIRED, Mending, MendingBoth, Move, mendings
from mpmflow.numerics.chains.chain import factorise
from mpmflow.numerics.chains.outcomes import chain_from_outcomes
from mpmflow.numerics.queues.queueing import queues

Floats = npt.NDArray[np.float64]
SOLVED_AGAIN = 20
"""So many decisions of the exact ranking are ranked with waits; the others follow in the order of their time alone."""


def ranking_with_waits(
    exact: tuple[tuple[Mending, ...], tuple[MendingBoth, ...]], network: Network, workflow: str
) -> tuple[tuple[Mending, ...], tuple[MendingBoth, ...]]:
    """The ranking of a workflow with what mending does to its time, waits included, as `time.mean`.

    What it does to the time alone is then called `time.without_wait`. Beyond full load only that is known, today or
    once mended; decisions whose mending would overload a team come last.
    """
    first, pairs = exact
    renamed = [replace(one, gains=_renamed(one.gains)) for one in first]
    today = network.time_by_formula(workflow)
    if today is None:
        return tuple(renamed), tuple(
            replace(both, gains=_renamed(both.gains), beyond=_renamed(both.beyond)) for both in pairs
        )
    moves = [dict(zip(*mendings(stream.solution), strict=True)) for stream in network.streams]

    def mended(*decisions: str) -> tuple[dict[str, float], tuple[str, ...]]:
        then, overloads = _time_if_mended(network, workflow, moves, decisions)
        return ({} if then is None else {"time.mean": then - today}), overloads

    again = []
    for one in renamed[:SOLVED_AGAIN]:
        gain, overloads = mended(one.decision)
        again.append(replace(one, gains={**gain, **one.gains}, overloads=overloads))
    again.sort(
        key=lambda one: (one.gains.get("time.mean", np.inf), one.gains.get("cost.mean", 0.0), one.decision),
    )
    by_name = {one.decision: one.gains for one in again}
    both = []
    alone = {frozenset(pair.decisions): pair for pair in pairs}
    for a, b in combinations([one.decision for one in again[:PAIRED]], 2):
        known = alone.get(frozenset((a, b)))
        if known is None:
            continue
        gain, overloads = mended(a, b)
        beyond = {
            figure: together - by_name[a][figure] - by_name[b][figure]
            for figure, together in gain.items()
            if figure in by_name[a] and figure in by_name[b]
        }
        both.append(
            MendingBoth((a, b), {**gain, **_renamed(known.gains)}, {**beyond, **_renamed(known.beyond)}, overloads)
        )
    both.sort(key=lambda pair: -abs(pair.beyond.get("time.mean", 0.0)))
    return (*again, *renamed[SOLVED_AGAIN:]), tuple(both)


def _renamed(gains: Mapping[str, float]) -> dict[str, float]:
    return {"time.without_wait" if figure == "time.mean" else figure: gain for figure, gain in gains.items()}


def _time_if_mended(
    network: Network, workflow: str, moves: Sequence[dict[str, Move]], decisions: Sequence[str]
) -> tuple[float | None, tuple[str, ...]]:
    """The mean time of a workflow if some decisions never had an outcome with an effect again.

    None where a team that it needs could not keep up then, with the teams that could not.
    """
    flows = list(network.found.flows)
    time: Floats | None = None
    visits = np.zeros(0)
    place = network.place(workflow)
    for number, stream in enumerate(network.streams):
        actual = stream.solution.actual
        change = np.zeros(actual.outcomes.count)
        for decision in decisions:
            if decision in moves[number]:
                at, by = moves[number][decision]
                np.add.at(change, at, by)
        if change.any():
            outer = stream.line.entry >= 0
            share = stream.line.outcomes.share.copy()
            share[outer] = np.maximum(share[outer] + change[stream.line.entry[outer]], 0.0)
            flows[number] = replace(flows[number], factor=stream.line.factor(share))
        if number == place:
            visits, time = actual.visits, stream.solution.amounts.time[actual.state]
            if change.any():
                share = np.maximum(actual.outcomes.share + change, 0.0)
                chain = chain_from_outcomes(
                    actual.n, len(actual.ends), actual.outcomes, actual.factor.chain.start, share
                )
                visits = factorise(chain).visits()
    found = queues(flows, network.found.servers, network.found.formula)
    moved = replace(network, found=found)
    if time is None or not moved.settled(workflow):
        return None, tuple(team for team, pool in network.pools.items() if found.overloaded[pool])
    actual = network.streams[place].solution.actual
    return float(visits @ (time + waiting_per_row(actual, moved.waits, network.solver.again()))), ()
