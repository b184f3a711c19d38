"""The law of the time with waits in it: single cases walk through a workflow, one wait drawn per team and case.

Everything is walked as it is written: branches, bounds, shares by visit. Teams with `works` have their work stretched,
as in all figures of `analyze`. The draws have a fixed seed, so that the same model gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mpmflow.analysis.congestion.network import Network
from mpmflow.analysis.congestion.queued_blocks import team_held
from mpmflow.analysis.exact.arrays import LawBook, Solved
from mpmflow.numerics.events.case_times import DRAWS, CaseTimes, case_times
from mpmflow.numerics.events.process import Arrivals, EventProcess, Fork, Pool, event_process
from mpmflow.numerics.times.laws import Law

SEED = 0
"""Of the draws behind percentiles and lateness."""


def drawn_times(network: Network, workflow: str, draws: int = DRAWS) -> CaseTimes:
    """Times of single cases of a workflow whose teams all keep up."""
    stream = network.streams[network.place(workflow)]
    process = walked(stream.solution.actual, network.pools, network.book)
    return case_times(process, network.found.wait, network.found.delayed, draws, SEED)


def walked(solved: Solved, pools: dict[str, int], book: LawBook) -> EventProcess:
    """A solved workflow as a process to walk through: laws by the calendar, teams without hours of their own."""
    made = _Nodes(pools, book)
    start = made.lay(solved)
    width = max((len(share) for share in made.shares), default=1)
    shares = np.array([[*share, *[share[-1]] * (width - len(share))] for share in made.shares]).reshape(-1, width)
    return event_process(
        made.laws,
        made.rows,
        made.targets,
        shares,
        [Arrivals(start, None)],
        [Pool(1) for _ in pools],
        made.pool,
        ends=made.ends,
        forks=made.forks,
        limit=made.limits,
        over=made.overs,
    )


@dataclass
class _Nodes:
    pools: dict[str, int]
    book: LawBook
    laws: list[Law | None] = field(default_factory=list)
    pool: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    shares: list[tuple[float, ...]] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)
    overs: list[int] = field(default_factory=list)
    forks: list[Fork] = field(default_factory=list)
    ends: int = 1

    def lay(self, solved: Solved) -> int:
        """Lay out a workflow or a branch; the node where it starts."""
        cells, first = solved.cells, len(self.laws)
        self.ends = max(self.ends, len(cells.ends))
        for state in cells.states:
            law = self.book.calendar(state.timing, state.node)
            self.laws.append(law if law.mean > 0.0 else None)
            team = team_held(state, self.book)
            self.pool.append(self.pools[team] if team is not None else -1)
        lost_shares: dict[int, tuple[float, ...]] = {
            index + 2: fold.lost_shares for index, fold in solved.folds.items() if fold.lost_shares
        }
        taken: dict[int, int] = {}
        for way in cells.ways:
            if way.row in solved.folds:
                continue
            share = tuple(float(part) for part in way.share)
            if not share:
                seat = taken.get(way.row, 0)
                taken[way.row] = seat + 1
                share = (lost_shares[way.row][seat],)
            self.rows.append(first + way.row)
            self.targets.append(_seat(way.target, first))
            self.shares.append(share)
            self.limits.append(way.limit.times if way.limit is not None else -1)
            self.overs.append(_seat(way.limit.target if way.limit is not None else way.target, first))
        for index, fold in solved.folds.items():
            block = cells.states[index].block
            assert block is not None
            entries = tuple(self.lay(branch) for branch in fold.branches)
            follows = cells.states[index + 2 : index + 3]
            lost = first + index + 2 if follows and follows[0].part == "lost" else -1
            self.forks.append(Fork(first + index, entries, first + index + 1, lost, block.join == "first"))
        return first + cells.start


def _seat(target: int, first: int) -> int:
    return first + target if target >= 0 else target
