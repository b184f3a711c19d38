"""What a process asks of its steps and teams: visits, shares, times, loads, summed over calls, copies and branches."""

from __future__ import annotations

from dataclasses import dataclass

from mpmflow.analysis.exact.arrays import LawBook, Solved
from mpmflow.analysis.exact.figures import Solution
from mpmflow.graphs.cells import ProcessCells
from mpmflow.model.process import Workflow


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """What a process asks of a team.

    Attributes:
        load: busy share of its people, by the work of all workflows; None without arrivals, or for a team of nobody.
        wait: mean seconds of one visit in its queue; None where waits are not counted, and beyond full load.
        work: its working seconds per case.
        delayed: chance that a visit has to wait at all.
        queue: visits waiting at a time, those of other workflows among them.
        wait_per_case: mean seconds that a case waits for it, over all its visits.
    """

    load: float | None
    wait: float | None
    work: float
    delayed: float | None = None
    queue: float | None = None
    wait_per_case: float | None = None


@dataclass(frozen=True, slots=True)
class StepFigures:
    """A step, decision or choose.

    Attributes:
        visits: executions per case.
        time: calendar seconds of one visit, its own `waits` included.
        wait: mean seconds of one visit in the queue of its team, 0 without one; None where waits are not counted, and
            beyond full load.
        cost: money of one visit.
    """

    visits: float
    time: float
    wait: float | None
    cost: float


def visits_of(solution: Solution, workflow: Workflow, process: ProcessCells) -> dict[str, float]:
    """Executions per case of every statement; 0 for what no case comes to."""
    found: dict[str, float] = {}
    for state, visits in solution.executions:
        if state.node and state.part in ("work", "call", "block"):
            found[state.node] = found.get(state.node, 0.0) + visits
    return found | dict.fromkeys(process.unreached, 0.0)


def shares_of(solved: Solved) -> dict[str, float]:
    """The share of every outcome, over all visits to its decision."""
    gathered: dict[str, tuple[set[float], float, float]] = {}
    _gather_shares(solved, 1.0, gathered)
    return {
        name: next(iter(seen)) if len(seen) == 1 or visits <= 0.0 else taken / visits
        for name, (seen, taken, visits) in gathered.items()
    }


def _gather_shares(solved: Solved, weight: float, found: dict[str, tuple[set[float], float, float]]) -> None:
    outcomes = solved.outcomes
    visits = (weight * solved.visits[outcomes.row]).tolist()
    for way, share, times in zip(solved.way.tolist(), outcomes.share.tolist(), visits, strict=True):
        name = solved.cells.ways[way].outcome
        if name is not None:
            seen, taken, all_ = found.get(name, (set(), 0.0, 0.0))
            found[name] = (seen | {share}, taken + times * share, all_ + times)
    for index, fold in solved.folds.items():
        inside = weight * float(solved.state_visits[index])
        for branch in fold.branches:
            _gather_shares(branch, inside, found)


def steps_of(solution: Solution, book: LawBook) -> dict[str, StepFigures]:
    """Every step, decision and choose, without waits."""
    visits: dict[str, float] = {}
    time: dict[str, float] = {}
    cost: dict[str, float] = {}
    for state, times in solution.executions:
        if state.part not in ("work", "wait") or not state.node:
            continue
        law = book.calendar(state.timing, state.node)
        if state.part == "wait":
            time.setdefault(state.node, law.mean)
        elif state.node in cost:
            visits[state.node] += times
        else:
            visits[state.node] = times
            time[state.node] = time.get(state.node, 0.0) + law.mean
            cost[state.node] = state.cost + state.rate * book.work(state.timing, state.node).mean
    return {name: StepFigures(visits[name], time[name], None, cost[name]) for name in cost}


def loads_of(solution: Solution) -> dict[str, float | None]:
    """The load that this workflow alone gives each of its teams; None without a rate, or for a team of nobody."""
    work = _work(solution)
    found: dict[str, float | None] = {}
    for crew in solution.process.teams:
        busy = work[crew.name] * crew.stretch
        found[crew.name] = solution.rate * busy / crew.people if solution.rate is not None and crew.people else None
    return found


def _work(solution: Solution) -> dict[str, float]:
    """Working seconds of each team per case."""
    found = {crew.name: 0.0 for crew in solution.process.teams}
    if not solution.amounts.work.any():
        return found
    for (state, visits), weight in zip(solution.executions, solution.weight.tolist(), strict=True):
        if state.team is not None:
            found[state.team] += visits * weight
    return found


def teams_of(solution: Solution, book: LawBook) -> dict[str, TeamFigures]:
    """Every team that works in it, by the work of this workflow alone, without waits."""
    loads, work = loads_of(solution), _work(solution)
    return {name: TeamFigures(loads[name], None, work[name]) for name in loads}
