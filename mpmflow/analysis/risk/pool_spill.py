"""How much of a changed wait in front of a team each source is behind: Aumann-Shapley on the waits of the queues.

Rework, longer work and more cases fill the calendar of a team; then everything that this team does waits longer, in
other workflows too. Between the reference and the present all shares, times and rates move together along a straight
line, and a source's part of a wait is the integral of its part of the wait's gradient (`chains.attribution`). Shares
of a decision are counted against the outcome that just goes on, as everywhere in the spread.

Where a team has more work than people anywhere on the line, its wait has no value there; then its load, which is
smooth, is shared out instead, and the wait in the same proportion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mpmflow.analysis.congestion.network import Network
from mpmflow.numerics.chains.attribution import PathError, aumann_shapley
from mpmflow.numerics.chains.outcomes import Outcomes
from mpmflow.numerics.queues.queueing import CaseFlow, Queues, case_flow, queues
from mpmflow.numerics.queues.slopes import wait_slopes

from .switching import Names, source_of_state

Floats = npt.NDArray[np.float64]
CLOSED = 1e-6
ALIKE = 1e-9
"""A wait (or load) that changes by less than this part of itself stands still."""


@dataclass(frozen=True, slots=True)
class TeamSpill:
    """What is behind the change of a team's wait.

    Attributes:
        by: source -> its part of the change, as a share of it; they add up to 1. Empty where nothing changes.
        of: `wait`, or `load` where the team is overloaded on the way.
        residual: what the quadrature misses, as a share of the change; it stays with no source until the parts are
            scaled to 1.
    """

    by: Mapping[str, float]
    of: str
    residual: float


def pool_spill(before: Network, after: Network, names: Names) -> dict[str, TeamSpill]:
    """Team -> the sources behind the change of its wait. Both networks have the same rows, teams and people."""
    way = _Way(before, after, names)
    teams = [crew.name for crew in after.crews]
    if not way.groups:
        return dict.fromkeys(teams, TeamSpill({}, "wait", 0.0))
    try:
        found, of = aumann_shapley(way.waits, way.start, way.end, list(way.groups.values()), tol=CLOSED), "wait"
    except PathError:
        found, of = aumann_shapley(way.loads, way.start, way.end, list(way.groups.values()), tol=CLOSED), "load"
    spills = {}
    for pool, team in enumerate(teams):
        total, parts = float(found.total[pool]), found.by_group[pool]
        whole = float(parts.sum())
        still = abs(total) <= ALIKE * max(abs(float(found.before[pool])), abs(float(found.after[pool])))
        if still or not whole:
            spills[team] = TeamSpill({}, of, 0.0)
            continue
        by = {name: float(part) / whole for name, part in zip(way.groups, parts, strict=True) if part}
        spills[team] = TeamSpill(by, of, (total - whole) / total)
    return spills


class _Way:
    """The straight line from one state of some workflows to another, as one vector of all that makes their queues."""

    def __init__(self, before: Network, after: Network, names: Names) -> None:
        self.after = after
        self.start, self.end = _vector(before), _vector(after)
        self.groups: dict[str, list[int]] = {}
        self._weights: list[sparse.csr_array] = []
        moved = self.start != self.end
        at = 0
        for old, stream in zip(before.streams, after.streams, strict=True):
            entries, rows = stream.line.outcomes.count, stream.line.n
            self._weights.append(
                _against(stream.line.outcomes, 0.5 * (old.line.outcomes.share + stream.line.outcomes.share))
            )
            for entry, way in enumerate(stream.line.ways):
                if way.outcome is not None and moved[at + entry]:
                    self._add(way.outcome, at + entry)
            for row, state in enumerate(stream.line.states):
                for position in (at + entries + row, at + entries + rows + row):
                    if moved[position]:
                        self._add(source_of_state(state, names), position)
            at += entries + 2 * rows + 1
            if moved[at - 1]:
                self._add(f"{stream.name}.arrivals", at - 1)

    def _add(self, source: str, position: int) -> None:
        self.groups.setdefault(source, []).append(position)

    def waits(self, theta: Floats) -> tuple[Floats, Floats]:
        """Waits (K,) and their slopes in all that moves (K, p)."""
        found = self._queues(theta)
        pools = len(self.after.crews)
        if not found.stable:
            return found.wait, np.zeros((pools, len(theta)))
        lines = [stream.line.outcomes for stream in self.after.streams]
        table = np.zeros((pools, len(theta)))
        for pool in range(pools):
            slopes = wait_slopes(found, np.eye(pools)[pool], lines)
            table[pool] = np.concatenate(
                [
                    part
                    for slope, weights in zip(slopes, self._weights, strict=True)
                    for part in (weights @ _known(slope.share), slope.held, slope.held_second, [slope.rate])
                ]
            )
        return found.wait, table

    def loads(self, theta: Floats) -> tuple[Floats, Floats]:
        """Loads (K,) and their slopes."""
        found = self._queues(theta)
        pools = len(self.after.crews)
        table = np.zeros((pools, len(theta)))
        for pool in range(pools):
            parts: list[npt.ArrayLike] = []
            for stream, flow, work, weights in zip(
                self.after.streams, found.flows, found.work, self._weights, strict=True
            ):
                held = np.where(flow.pool == pool, flow.held, 0.0)
                ahead = np.append(flow.factor.values(held), np.zeros(stream.line.ends))
                outcomes = stream.line.outcomes
                share = flow.rate * work.visits[outcomes.row] * ahead[outcomes.target]
                own = flow.rate * np.where(flow.pool == pool, work.visits, 0.0)
                parts += [weights @ share, own, np.zeros(stream.line.n), [float(work.visits @ held)]]
            table[pool] = np.concatenate([np.asarray(part) for part in parts]) / found.servers[pool]
        return found.load, table

    def _queues(self, theta: Floats) -> Queues:
        flows: list[CaseFlow] = []
        at = 0
        for stream, flow in zip(self.after.streams, self.after.found.flows, strict=True):
            entries, rows = stream.line.outcomes.count, stream.line.n
            share = theta[at : at + entries]
            held = theta[at + entries : at + entries + rows]
            second = theta[at + entries + rows : at + entries + 2 * rows]
            rate = float(theta[at + entries + 2 * rows])
            at += entries + 2 * rows + 1
            flows.append(
                case_flow(
                    stream.line.factor(share), rate, held, flow.pool, second, flow.free, flow.arrival_scv, flow.owned
                )
            )
        return queues(flows, [crew.people for crew in self.after.crews])


def _vector(network: Network) -> Floats:
    parts: list[npt.ArrayLike] = []
    for stream, flow in zip(network.streams, network.found.flows, strict=True):
        parts += [stream.line.outcomes.share, flow.held, flow.held_second, [flow.rate]]
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])


def _against(outcomes: Outcomes, mean: Floats) -> sparse.csr_array:
    """The matrix that counts each outcome's slope against the outcome that makes up for it, (m, m).

    Where none does, against the mean of the row. Since the changes of a row add up to nothing, sums stay as they are.
    """
    rows: dict[int, list[int]] = {}
    for entry, row in enumerate(outcomes.row.tolist()):
        rows.setdefault(row, []).append(entry)
    to, of, weight = [], [], []
    for members in rows.values():
        payers = sorted({int(outcomes.payer[entry]) for entry in members if outcomes.payer[entry] >= 0})
        total = float(mean[members].sum()) or 1.0
        for entry in members:
            others = [(payers[0], 1.0)] if payers else [(other, float(mean[other]) / total) for other in members]
            for other, part in [(entry, -1.0), *others]:
                to.append(entry)
                of.append(other)
                weight.append(-part)
    return sparse.csr_array((weight, (to, of)), shape=(outcomes.count, outcomes.count))


def _known(share: Floats | None) -> Floats:
    assert share is not None
    return share
