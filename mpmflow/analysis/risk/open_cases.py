"""Cases that have not ended: how long they will still take, whether they will be late, whether they will be reworked.

From the node where a case stands, the chain of the current estimate says what is left. The time at that node counts
only as far as it has not passed yet (the law of what remains of a duration at its age); the law of all that is left
is taken as a gamma law with that mean and spread, so lateness is approximate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc

from mpmflow.analysis.exact.amounts import amounts_of, time_reward
from mpmflow.analysis.exact.arrays import LawBook, Solved
from mpmflow.model.observations import OpenCase
from mpmflow.numerics.chains.moments import moments
from mpmflow.numerics.times.laws import Law

from .figures import OpenCaseFigure
from .process_change import ProcessChange

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a case that has just come to a node: laws of the node, mean and variance after it, risk of
    rework.
    """

    laws: tuple[Law, ...]
    after_mean: float
    after_variance: float
    p_rework: float | None


def open_case_figures(
    cases: Sequence[OpenCase], changes: Mapping[str, ProcessChange], as_of: datetime
) -> tuple[OpenCaseFigure, ...]:
    """Every open case, those that will most likely be late first, then those that have waited longest."""
    standings = {name: _standings(change) for name, change in changes.items()}
    rows = [_figure(case, standings.get(case.workflow, {}), changes.get(case.workflow), as_of) for case in cases]
    return tuple(sorted(rows, key=lambda row: (-(row.p_late or 0.0), -row.age, row.case)))


def _figure(
    case: OpenCase, standings: Mapping[str, Standing], change: ProcessChange | None, as_of: datetime
) -> OpenCaseFigure:
    age = max(0.0, (as_of - case.since).total_seconds())
    plain = OpenCaseFigure(case.case, case.workflow, case.at, case.since.date().isoformat(), age)
    standing = standings.get(case.at)
    if standing is None or change is None:
        return plain
    mean, variance = standing.after_mean, standing.after_variance
    left = age
    for law in standing.laws:  # waiting first, then the work: what has passed is taken off the first, then the next
        rest = law.residual(left) if left > 0.0 else law
        mean += rest.mean
        variance += rest.variance
        left = max(0.0, left - law.mean)
    deadline = change.new.process.deadline
    p_late = None
    if deadline is not None:
        elapsed = max(0.0, (as_of - case.started).total_seconds())
        p_late = _longer(mean, variance, deadline - elapsed)
    return OpenCaseFigure(case.case, case.workflow, case.at, plain.since, age, p_late, mean, standing.p_rework)


def _longer(mean: float, variance: float, left: float) -> float:
    """Probability that a gamma-like rest takes longer than what is left; certain where nothing is left."""
    if left <= 0.0:
        return 1.0
    if mean <= 0.0:
        return 0.0
    if variance <= 1e-12 * mean**2:
        return float(mean > left)
    shape = mean**2 / variance
    return float(gammaincc(shape, left * mean / variance))


def _standings(change: ProcessChange) -> dict[str, Standing]:
    book = change.solver.book
    return _inside(change.new.actual, change.new.first_pass, book, 0.0, 0.0, 0.0)


def _inside(
    solved: Solved,
    first: Solved | None,
    book: LawBook,
    later_mean: float,
    later_variance: float,
    later_rework: float,
) -> dict[str, Standing]:
    """Standings at the nodes of a process or branch, with what comes after it."""
    amounts = amounts_of(solved, book)
    left = moments(solved.factor, time_reward(solved, amounts))
    mean, variance = left.to_go, left.sd_to_go**2
    own = amounts.time[solved.state]
    spread = np.maximum(amounts.time_second[solved.state] - own**2, 0.0)
    reworked = None
    if first is not None and "reworked" in first.ends:
        reworked = first.factor.absorption()[:, first.ends.index("reworked")]
    cells = solved.cells
    row_of: dict[int, int] = {}
    for row, index in enumerate(solved.state.tolist()):
        row_of.setdefault(index, row)
    found: dict[str, Standing] = {}
    for node, entries in cells.entries_of.items():
        entry = entries[0]
        if entry not in row_of:
            continue
        row = row_of[entry]
        rows = [row]
        state = cells.states[entry]
        if state.part == "wait" and entry + 1 in row_of:
            rows.append(row_of[entry + 1])
        laws = tuple(book.calendar(cells.states[solved.state[one]].timing, node) for one in rows)
        p_rework = None
        if reworked is not None:
            p_rework = 1.0 - (1.0 - float(reworked[row])) * (1.0 - later_rework)
        elif first is None:
            p_rework = later_rework or 0.0
        found[node] = Standing(
            laws,
            max(0.0, float(mean[row]) - sum(float(own[one]) for one in rows)) + later_mean,
            max(0.0, float(variance[row]) - sum(float(spread[one]) for one in rows)) + later_variance,
            p_rework,
        )
        if state.part == "block" and entry in solved.folds:
            joined = row_of.get(entry + 1)
            after = float(mean[joined] - own[joined]) if joined is not None else 0.0
            after_variance = float(variance[joined] - spread[joined]) if joined is not None else 0.0
            after_rework = float(reworked[joined]) if reworked is not None and joined is not None else 0.0
            inner_first = first.folds.get(entry) if first is not None else None
            for number, branch in enumerate(solved.folds[entry].branches):
                inner = inner_first.branches[number] if inner_first is not None else None
                found |= _inside(
                    branch,
                    inner,
                    book,
                    after + later_mean,
                    max(after_variance, 0.0) + later_variance,
                    1.0 - (1.0 - after_rework) * (1.0 - later_rework),
                )
    return found
